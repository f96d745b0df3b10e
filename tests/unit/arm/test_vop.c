/* test_vop.c - loops of VFP and Advanced SIMD: compiled with their vectors in registers they do what the interpreter does */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single instructions are compared with qemu-arm by tests/fuzz_arm; here is what only loops have: regions, a second copy of
 * a loop's code, copies of registers that live from round to round, flags that gather in the host's MXCSR. */
#include <criterion/criterion.h>
#include <string.h>

#include "arch/arm/vfp.h"
#include "common_arm.h"

enum { ROUNDS = 300, BODY = 12, LOOPS = 120 };

/* The registers that an encoding has: doubles, singles; or pairs of doubles. */
enum { DOUBLES = 1, SINGLES = 2, PAIRS = 4, LONG = 8 /* d is a pair, n and m are doubles */, PLACE = 16 /* bits 0 to 5: words from r1 on */ };

static const struct { u32 bits; u8 regs; } rows[] = {
    {0xee000b00, DOUBLES}, {0xee000b40, DOUBLES}, {0xee100b40, DOUBLES}, {0xee100b00, DOUBLES}, /* VMLA, VMLS, VNMLA, VNMLS */
    {0xee200b00, DOUBLES}, {0xee200b40, DOUBLES}, {0xee300b00, DOUBLES}, {0xee300b40, DOUBLES}, /* VMUL, VNMUL, VADD, VSUB */
    {0xee800b00, DOUBLES}, {0xeea00b00, DOUBLES}, {0xeea00b40, DOUBLES}, {0xee900b40, DOUBLES}, /* VDIV, VFMA, VFMS, VFNMA */
    {0xee000a00, SINGLES}, {0xee200a00, SINGLES}, {0xee300a40, SINGLES}, {0xeea00a00, SINGLES}, {0xee800a00, SINGLES},
    {0xeeb10b40, DOUBLES}, {0xeeb00bc0, DOUBLES}, {0xeeb10bc0, DOUBLES}, {0xeeb00b40, DOUBLES}, /* VNEG, VABS, VSQRT, VMOV */
    {0xeeb40b40, DOUBLES}, {0xeef1fa10, 0}, {0xeeb40ac0, SINGLES},                              /* VCMP, VMRS, VCMPE */
    {0xf2000d40, PAIRS}, {0xf2200d40, PAIRS}, {0xf2000d50, PAIRS}, {0xf3000d50, PAIRS},         /* F32: VADD, VSUB, VMLA, VMUL */
    {0xf2000c50, PAIRS}, {0xf2000f40, PAIRS}, {0xf2200f40, PAIRS}, {0xf3200e40, PAIRS},         /* VFMA, VMAX, VMIN, VCGT */
    {0xf2000d00, DOUBLES}, {0xf2000d10, DOUBLES}, {0xf3000d00, DOUBLES},                        /* of 64 bits; VPADD */
    {0xf2200840, PAIRS}, {0xf3100840, PAIRS}, {0xf2100950, PAIRS}, {0xf3000150, PAIRS},         /* VADD.I32, VSUB.I16, VMUL.I16, VEOR */
    {0xf3100150, PAIRS}, {0xf3000640, PAIRS}, {0xf3100340, PAIRS}, {0xf2b00840, PAIRS},         /* VBSL, VMAX.U8, VCGT.U16, VEXT */
    {0xf3800c00, LONG}, {0xf2900800, LONG}, {0xf3b601c0, PAIRS}, {0xf2200800, DOUBLES},         /* VMULL.U8, VMLAL.S16, VZIP.16 */
    {0xed910b00, DOUBLES | PLACE}, {0xed810b00, DOUBLES | PLACE}, {0xed910a00, SINGLES | PLACE}, {0xed810a00, SINGLES | PLACE},
    {0xf4210a8f, PAIRS}, {0xf4010a8f, PAIRS}, {0xec910b04, PAIRS}, {0xf4a10c8f, DOUBLES},       /* VLD1, VST1, VLDM, VLD1 to all */
};

static u64 next(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* A register's number, in its field and its fifth bit. */
static u32 reg(u64 *state, u32 low, u32 bit, bool single, bool pair)
{
    u32 n = next(state) % 12;
    if (pair)
        n &= ~1u;
    return single ? (n >> 1) << low | (n & 1) << bit : (n & 15) << low | (n >> 4) << bit;
}

static bool is_memory(u32 bits)
{
    return bits >> 24 == 0xf4 || (bits >> 24 & 0xfe) == 0xec;
}

static u32 instruction(u64 *state)
{
    unsigned i = next(state) % ARRAY_SIZE(rows), r = rows[i].regs;
    u32 v = rows[i].bits;
    bool single = r & SINGLES, pair = r & PAIRS;
    if (!r)
        return v;
    v |= reg(state, 12, 22, single, pair || (r & LONG));
    if (r & PLACE)
        return v | (next(state) % 32 * 2);
    if (is_memory(v))
        return v;
    if ((v & 0xfeb00000) != 0xeeb00000 && (v & 0xffb00c00) != 0xf3b00000)
        v |= reg(state, 16, 7, single, pair);
    return v | reg(state, 0, 5, single, pair);
}

static void prepare(struct bare *s, u64 seed)
{
    u64 state = seed;
    s->a->cpacr = 0xf00000;
    s->a->fpexc = 1u << 30;
    for (unsigned i = 0; i < 32; i++)
        s->a->d[i] = (next(&state) & 0x800fffff800fffff) | UINT64_C(0x3f8000003f800000);
    for (unsigned i = 0; i < 64; i++)
        bare_set(s, AT_DATA + 8 * i, (next(&state) & 0x803fffff803fffff) | UINT64_C(0x3f8000003f800000), 8);
    arm_set_fpscr(s->a, seed % 4 == 3 ? (u32)next(&state) & 0x03c00000 : 0);
    s->a->r[0] = ROUNDS;
    s->a->r[1] = AT_DATA + 8;
    bare_at(s, ARM_SVC, AT_CODE);
}

static struct bare *run(u64 seed, const char *accel, unsigned insns)
{
    struct bare *s = bare_new("cortex-a15", accel, insns);
    u64 state = seed;
    unsigned n = 3 + seed % (BODY - 2);
    u32 code[BODY + 3];
    for (unsigned i = 0; i < n; i++)
        code[i] = instruction(&state);
    code[n] = 0xe2500001;                           /* SUBS r0, r0, #1 */
    code[n + 1] = 0x1a000000 | (0xffffff & -(n + 3)); /* BNE */
    code[n + 2] = A32_LOOP;
    bare_put(s, AT_CODE, code, n + 3);
    prepare(s, seed);
    bare_steps(s, (u64)ROUNDS * (n + 2) + 3);
    return s;
}

static void compare(u64 seed, struct bare *x, struct bare *y, const char *what)
{
    cr_expect_eq(x->a->base.pc, y->a->base.pc, "loop %u, %s: pc", (unsigned)seed, what);
    cr_expect_eq(arm_get_fpscr(x->a), arm_get_fpscr(y->a), "loop %u, %s: FPSCR %08x, interpreted %08x", (unsigned)seed, what,
                 arm_get_fpscr(x->a), arm_get_fpscr(y->a));
    for (unsigned i = 0; i < 32; i++)
        cr_expect_eq(x->a->d[i], y->a->d[i], "loop %u, %s: d%u %llx, interpreted %llx", (unsigned)seed, what, i,
                     (unsigned long long)x->a->d[i], (unsigned long long)y->a->d[i]);
    for (unsigned i = 0; i < 64; i++)
        cr_expect_eq(bare_get(x, AT_DATA + 8 * i, 8), bare_get(y, AT_DATA + 8 * i, 8), "loop %u, %s: memory", (unsigned)seed, what);
    cr_expect_eq(arm_get_cpsr(x->a), arm_get_cpsr(y->a), "loop %u, %s: CPSR", (unsigned)seed, what);
}

Test(vop, loops)
{
    unsigned ended = 0;
    for (u64 seed = 1; seed <= LOOPS; seed++) {
        struct bare *interpreted = run(seed, "interp", 64), *jit = run(seed, "jit,warm=1,heat=20", 64),
                    *plain = run(seed, "jit,warm=1,off=vector", 64);
        compare(seed, jit, interpreted, "jit");
        compare(seed, plain, interpreted, "jit without vectors");
        ended += interpreted->a->r[0] == 0;
        bare_delete(interpreted);
        bare_delete(jit);
        bare_delete(plain);
    }
    cr_expect_gt(ended, LOOPS * 9 / 10, "only %u loops went on to their end", ended);
}
