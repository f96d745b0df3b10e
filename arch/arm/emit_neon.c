/* emit_neon.c - Advanced SIMD data processing */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, A7.4. What an instruction does to its elements is in its row's struct neon_row;
 * here registers are put together and checked: of a 128-bit operand the number is even.
 */
#include "arch/arm/emit_neon.h"
#include "arch/arm/emit_vfp.h"

#define F(letter) insn_field(in, letter)

static const struct neon_row *row_of(const struct arm_insn *in)
{
    return (const struct neon_row *)(uintptr_t)in->row->arg;
}

static struct neon_args registers(const struct arm_insn *in)
{
    return (struct neon_args){.d = (u8)arm_vfp_double(F('d'), F('D')),
                              .n = (u8)arm_vfp_double(F('n'), F('N')),
                              .m = (u8)arm_vfp_double(F('m'), F('M')),
                              .q = F('Q'),
                              .size = F('s')};
}

static void apply(struct arm_tr *t, ir_helper loop, struct neon_args g, u64 b)
{
    if (loop != neon_tbl && arm_neon_vop(t, loop, (neon_fn *)(uintptr_t)b, g))
        return;
    ir_val args = ir_temp(t->b), fn = ir_temp(t->b);
    ir_movi(t->b, args, neon_pack(g));
    ir_movi(t->b, fn, b);
    ir_leaf(t->b, IR_NONE, loop, args, fn);
}

static void apply_row(struct arm_tr *t, const struct neon_row *r, struct neon_args g)
{
    if (r->flags & NEON_FORCE_U)
        g.u = true;
    if (r->flags & NEON_SWAPPED) {
        u8 n = g.n;
        g.n = g.m;
        g.m = n;
    }
    apply(t, r->loop, g, (u64)(uintptr_t)r->fn);
}

/* False (undefined) when a register that has to be even is odd, or there is no such size. */
static bool sound(struct arm_tr *t, const struct neon_row *r, const struct neon_args *g)
{
    unsigned q = g->q ? 1 : 0, f = r->flags;
    bool odd = (g->d & ((f & NEON_WIDE_D) || q)) || (g->n & ((f & NEON_WIDE_N) || q)) ||
               (g->m & ((f & NEON_WIDE_M) || q));
    bool ok = !odd && (r->sizes >> g->size & 1) && !((f & NEON_NO_Q) && q);
    if (!ok)
        arm_undefined(t);
    return ok;
}

/* Of one length; or d or n, or m, are twice as long, and the row has no Q. */
void arm_neon_same(struct arm_tr *t, const struct arm_insn *in)
{
    const struct neon_row *r = row_of(in);
    struct neon_args g = registers(in);
    g.u = (r->flags & NEON_U) && F('U');
    if (r->flags & NEON_F32)
        g.size = F('s') & 1 ? 3 : 2; /* there are no doubles */
    if (sound(t, r, &g))
        apply_row(t, r, g);
}

/* m and its index share a field (A7.4.3): of halfwords 8 registers and 4 elements, of words 16
 * and 2. */
void arm_neon_scalar(struct arm_tr *t, const struct arm_insn *in)
{
    const struct neon_row *r = row_of(in);
    struct neon_args g = registers(in);
    bool is_long = r->loop == neon_scalar_long;
    g.q = !is_long && F('U');
    g.u = is_long && (r->flags & NEON_U) && F('U');
    if (g.size == 1) {
        g.imm = (u8)(F('M') << 1 | F('m') >> 3);
        g.m = F('m') & 7;
    } else {
        g.imm = (u8)F('M');
        g.m = (u8)F('m');
    }
    u8 m = g.m;
    g.m = 0; /* it may be odd */
    bool ok = sound(t, r, &g);
    g.m = m;
    if (ok)
        apply_row(t, r, g);
}

/* ---- shifts by constants: L:imm6 says the size by its highest bit, and how far (A7.4.4) ---- */

static bool shift_size(const struct arm_insn *in, unsigned *size, unsigned *low)
{
    unsigned v = F('L') << 6 | F('i');
    *size = F('L') ? 3 : 31 - (unsigned)__builtin_clz(v >> 3 ? v >> 3 : 1);
    *low = v & ((8u << *size) - 1);
    return v >> 3; /* else it is another instruction */
}

static bool is_left(const struct neon_row *r)
{
    return r->fn == neon_shl_imm || r->fn == neon_sli_imm || r->fn == neon_qshl_imm ||
           r->fn == neon_qshlu_imm;
}

void arm_neon_shift(struct arm_tr *t, const struct arm_insn *in)
{
    const struct neon_row *r = row_of(in);
    struct neon_args g = registers(in);
    unsigned size, low;
    if (!shift_size(in, &size, &low)) {
        arm_undefined(t);
        return;
    }
    g.n = 0;
    g.size = (u8)size;
    g.imm = (u8)(is_left(r) ? low : (8u << size) - low);
    g.u = (r->flags & NEON_U) && F('U');
    if (sound(t, r, &g))
        apply_row(t, r, g);
}

void arm_neon_shift_narrow(struct arm_tr *t, const struct arm_insn *in)
{
    const struct neon_row *r = row_of(in);
    struct neon_args g = registers(in);
    unsigned size, low;
    if (F('L') || !shift_size(in, &size, &low) || size > 2) {
        arm_undefined(t);
        return;
    }
    g.n = 0;
    g.q = false;
    g.size = (u8)size;
    g.imm = (u8)((8u << size) - low);
    g.u = (r->flags & NEON_U) && F('U');
    if (sound(t, r, &g))
        apply_row(t, r, g);
}

/* VSHLL, and with 0 VMOVL */
void arm_neon_shift_long(struct arm_tr *t, const struct arm_insn *in)
{
    const struct neon_row *r = row_of(in);
    struct neon_args g = registers(in);
    unsigned size, low;
    if (F('L') || !shift_size(in, &size, &low) || size > 2) {
        arm_undefined(t);
        return;
    }
    g.q = false;
    g.n = g.m;
    g.size = (u8)size;
    g.imm = (u8)low;
    g.u = F('U');
    if (sound(t, r, &g))
        apply_row(t, r, g);
}

/* VCVT of fixed point: imm6 is 64 minus the bits behind the point. */
void arm_neon_fixed(struct arm_tr *t, const struct arm_insn *in)
{
    const struct neon_row *r = row_of(in);
    struct neon_args g = registers(in);
    if (F('i') < 32) {
        arm_undefined(t);
        return;
    }
    g.n = 0;
    g.size = 2;
    g.imm = (u8)(64 - F('i'));
    g.u = F('U');
    if (sound(t, r, &g))
        apply_row(t, r, g);
}

/* VSHLL by the size of the element */
void arm_neon_shll_max(struct arm_tr *t, const struct arm_insn *in)
{
    const struct neon_row *r = row_of(in);
    struct neon_args g = registers(in);
    g.q = false;
    g.n = g.m;
    g.imm = (u8)(8u << g.size);
    if (sound(t, r, &g))
        apply_row(t, r, g);
}

/* ---- two registers, miscellaneous ---- */

/* u: the bit that some have for unsigned; e: what is reversed. */
void arm_neon_misc(struct arm_tr *t, const struct arm_insn *in)
{
    const struct neon_row *r = row_of(in);
    struct neon_args g = registers(in);
    g.n = 0;
    g.u = F('u');
    if (r->fn == neon_rev) {
        /* The row's element is reversed within 8 << (3 - e) bytes. */
        g.imm = g.size;
        g.size = (u8)(3 - F('e'));
        if (F('e') == 3 || g.imm >= g.size) {
            arm_undefined(t);
            return;
        }
    }
    if (sound(t, r, &g))
        apply_row(t, r, g);
}

void arm_neon_misc_narrow(struct arm_tr *t, const struct arm_insn *in)
{
    const struct neon_row *r = row_of(in);
    struct neon_args g = registers(in);
    g.n = 0;
    g.q = false;
    g.u = F('u');
    if (sound(t, r, &g))
        apply_row(t, r, g);
}

void arm_neon_half(struct arm_tr *t, const struct arm_insn *in)
{
    const struct neon_row *r = row_of(in);
    struct neon_args g = registers(in);
    g.q = false;
    g.size = 1;
    if (r->loop == neon_long)
        g.n = g.m;
    else
        g.n = 0;
    if (sound(t, r, &g))
        apply_row(t, r, g);
}

void arm_neon_permute(struct arm_tr *t, const struct arm_insn *in)
{
    const struct neon_row *r = row_of(in);
    struct neon_args g = registers(in);
    g.n = 0;
    if (!g.q && g.size == 2 && (r->loop == neon_zip || r->loop == neon_uzp)) {
        arm_undefined(t); /* it would be VTRN */
        return;
    }
    if (sound(t, r, &g))
        apply(t, r->loop, g, 0);
}

/* ---- the rest ---- */

/* AdvSIMDExpandImm (A7.4.6); false: undefined. */
static bool expand(unsigned cmode, bool op, u64 imm, u64 *v)
{
    const u64 both = UINT64_C(0x0000000100000001), four = UINT64_C(0x0001000100010001);
    switch (cmode >> 1) {
    case 0: case 1: case 2: case 3: *v = (imm << 8 * (cmode >> 1)) * both; return true;
    case 4: case 5: *v = (imm << 8 * (cmode >> 1 & 1)) * four; return true;
    case 6: *v = (cmode & 1 ? imm << 16 | 0xffff : imm << 8 | 0xff) * both; return true;
    }
    if (cmode == 14 && !op) {
        *v = imm * UINT64_C(0x0101010101010101);
    } else if (cmode == 14) {
        *v = 0;
        for (unsigned i = 0; i < 8; i++)
            *v |= imm >> i & 1 ? UINT64_C(0xff) << 8 * i : 0;
    } else {
        *v = arm_vfp_expand_imm((u32)imm, false) * both;
        return !op;
    }
    return true;
}

/* a:i:g is the constant; k cmode; o op: with some cmodes VORR and VBIC, with some VMVN. */
void arm_neon_imm(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned cmode = F('k'), d = arm_vfp_double(F('d'), F('D'));
    bool op = F('o'), q = F('Q'), logic = (cmode & 1) && cmode < 12;
    u64 v;
    if ((q && (d & 1)) || !expand(cmode, op, F('i'), &v)) {
        arm_undefined(t);
        return;
    }
    if (op && cmode != 14)
        v = ~v;
    for (unsigned i = 0; i <= (q ? 1u : 0u); i++) {
        ir_val value = ir_temp(t->b);
        ir_movi(t->b, value, v);
        if (logic)
            ir_2(t->b, op ? IR_AND : IR_OR, IR_64, ARM_D(d + i), ARM_D(d + i), value);
        else
            ir_mov(t->b, ARM_D(d + i), value);
    }
}

void arm_neon_ext(struct arm_tr *t, const struct arm_insn *in)
{
    static const struct neon_row any = {NULL, NULL, 1, 0};
    struct neon_args g = registers(in);
    g.imm = (u8)F('i');
    g.size = 0;
    if (!g.q && g.imm > 7)
        arm_undefined(t);
    else if (sound(t, &any, &g))
        apply(t, neon_ext, g, 0);
}

/* l: registers in the table, minus 1; o: VTBX */
void arm_neon_tbl(struct arm_tr *t, const struct arm_insn *in)
{
    struct neon_args g = registers(in);
    g.u = F('o');
    g.q = false;
    if (g.n + F('l') + 1 > 32)
        arm_undefined(t); /* UNPREDICTABLE */
    else
        apply(t, neon_tbl, g, F('l') + 1);
}

/* The lowest set bit of i says the size, what is above it which element. */
void arm_neon_dup(struct arm_tr *t, const struct arm_insn *in)
{
    struct neon_args g = registers(in);
    unsigned i = F('i');
    if (!(i & 7) || (g.q && (g.d & 1))) {
        arm_undefined(t);
        return;
    }
    g.size = (u8)__builtin_ctz(i);
    g.imm = (u8)(i >> (g.size + 1));
    apply(t, neon_dup, g, 0);
}
