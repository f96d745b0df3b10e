/* test_fpu_state.c - who may use the x87 unit and SSE, error signalling, images that a host cannot
 * be asked for */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <fenv.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/cpu.h"
#include "arch/x86/cpuid.h"
#include "arch/x86/x86.h"
#include "emu/check.h"
#include "emu/config.h"
#include "emu/machine.h"

/* A processor in real mode with code at 1000. */
struct bench {
    struct machine_config config;
    struct machine *m;
    struct x86_cpu *x;
    struct ram *ram;
};

enum { CODE = 0x1000, DATA = 0x2000 };

static struct bench *bench_new(const u8 *code, unsigned n)
{
    struct bench *b = xcalloc(1, sizeof(*b));
    config_init(&b->config);
    b->m = machine_new(&b->config);
    struct cpu *c = x86_cpu_new("max", true);
    b->x = x86_of(c);
    machine_set_cpu(b->m, c);
    b->ram = machine_add_ram(b->m, "ram", 0x10000);
    bus_map_ram(b->m->mem, "ram", 0, 0x10000, b->ram, 0, false);
    machine_start(b->m);
    b->x->seg[SEG_CS].selector = 0x20;
    b->x->seg[SEG_CS].base = 0x200;
    b->x->cr0 = CR0_ET | CR0_NE;
    b->x->cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
    b->x->base.pc = CODE - 0x200;
    x86_update_mode(b->x);
    ram_write(c, b->ram, CODE, code, n);
    return b;
}

static void bench_delete(struct bench *b)
{
    machine_delete(b->m);
    config_fini(&b->config);
    free(b);
}

/* Runs n instructions; the vector of the exception that came first, or -1. */
static int run(struct bench *b, u64 n)
{
    u64 end = b->m->clock.icount + n;
    x86_update_mode(b->x);
    while (b->m->clock.icount < end) {
        enum engine_leave why = engine_run(b->m->engine, &b->x->base, end - b->m->clock.icount, true);
        b->x->base.attention = false;
        if (why == ENGINE_EXCEPTION)
            return b->x->exc_vector;
    }
    return -1;
}

static u16 word(struct bench *b, u32 pa)
{
    u16 v;
    memcpy(&v, b->ram->host + pa, 2);
    return v;
}

#define BENCH(...) bench_new((const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))

Test(fpu_state, real_mode_environment)
{
    /* FNINIT; FLDPI; FADD dword [2000]; FNSTENV [2010]; o32 FNSTENV [2030] */
    struct bench *b = BENCH(0xdb, 0xe3, 0xd9, 0xeb, 0xd8, 0x06, 0x00, 0x20, 0xd9, 0x36, 0x10, 0x20,
                            0x66, 0xd9, 0x36, 0x30, 0x20);
    cr_assert_eq(run(b, 5), -1);
    cr_expect_eq(word(b, 0x2010), 0x37f);
    cr_expect_eq(word(b, 0x2012), 7 << 11);
    cr_expect_eq(word(b, 0x2014), 0x3fff);
    cr_expect_eq(word(b, 0x2016), CODE + 4);
    cr_expect_eq(word(b, 0x2018), 0x006); /* D8 06 */
    cr_expect_eq(word(b, 0x201a), DATA);
    cr_expect_eq(word(b, 0x201c), 0);
    cr_expect_eq(word(b, 0x203c), CODE + 4);
    cr_expect_eq(word(b, 0x203e), 0xffff);
    cr_expect_eq(word(b, 0x2040), 0x006);
    cr_expect_eq(word(b, 0x2044), DATA);
    bench_delete(b);
}

static int vector_with(u64 cr0_set, u64 cr4_clear, const u8 *code, unsigned n)
{
    struct bench *b = bench_new(code, n);
    b->x->cr0 |= cr0_set;
    b->x->cr4 &= ~cr4_clear;
    int v = run(b, 1);
    bench_delete(b);
    return v;
}

Test(fpu_state, availability) /* SDM vol. 3, tables 2-3 and 13-1 */
{
    static const u8 fld1[] = {0xd9, 0xe8}, fwait[] = {0x9b}, paddb[] = {0x0f, 0xfc, 0xc1},
                    addps[] = {0x0f, 0x58, 0xc1}, movnti[] = {0x0f, 0xc3, 0x06, 0x00, 0x20},
                    fxsave[] = {0x0f, 0xae, 0x06, 0x00, 0x20},
                    misaligned[] = {0x0f, 0x28, 0x06, 0x08, 0x20},
                    unaligned[] = {0x0f, 0x10, 0x06, 0x08, 0x20};
    cr_expect_eq(vector_with(0, 0, fld1, 2), -1);
    cr_expect_eq(vector_with(CR0_TS, 0, fld1, 2), EXC_NM);
    cr_expect_eq(vector_with(CR0_EM, 0, fld1, 2), EXC_NM);
    cr_expect_eq(vector_with(CR0_TS, 0, fwait, 1), -1);
    cr_expect_eq(vector_with(CR0_TS | CR0_MP, 0, fwait, 1), EXC_NM);
    cr_expect_eq(vector_with(CR0_EM, 0, fwait, 1), -1);
    cr_expect_eq(vector_with(CR0_EM, 0, paddb, 3), EXC_UD);
    cr_expect_eq(vector_with(CR0_TS, 0, paddb, 3), EXC_NM);
    cr_expect_eq(vector_with(0, CR4_OSFXSR, paddb, 3), -1);
    cr_expect_eq(vector_with(CR0_EM, 0, addps, 3), EXC_UD);
    cr_expect_eq(vector_with(CR0_TS, 0, addps, 3), EXC_NM);
    cr_expect_eq(vector_with(0, CR4_OSFXSR, addps, 3), EXC_UD);
    cr_expect_eq(vector_with(CR0_EM | CR0_TS, CR4_OSFXSR, movnti, 5), -1);
    cr_expect_eq(vector_with(CR0_TS, 0, fxsave, 5), EXC_NM);
    cr_expect_eq(vector_with(0, 0, misaligned, 5), EXC_GP);
    cr_expect_eq(vector_with(0, 0, unaligned, 5), -1);
}

static void set_level(void *opaque, int line, bool level)
{
    cr_expect_eq(line, 13);
    *(int *)opaque = level;
}

Test(fpu_state, error_signal)
{
    /* FNINIT; FLDCW [2000]; FLD1; FLDZ; FDIVP; FNSTSW AX; FWAIT; FNCLEX; NOP */
    static const u8 code[] = {0xdb, 0xe3, 0xd9, 0x2e, 0x00, 0x20, 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0xdf, 0xe0,
                              0x9b, 0xdb, 0xe2, 0x90};
    static const u16 cw = 0x37b; /* zero divide unmasked */
    struct bench *b = bench_new(code, sizeof(code));
    ram_write(&b->x->base, b->ram, DATA, &cw, 2);
    cr_expect_eq(run(b, 6), -1, "only a waiting instruction reports it");
    cr_expect_eq((u16)b->x->gpr[RAX], 0x8084 | 6 << 11);
    cr_expect_eq(b->x->st[6].exp, 0, "operands are unchanged");
    cr_expect_eq(run(b, 1), EXC_MF);
    cr_expect_eq(b->x->base.pc, CODE - 0x200 + 14);
    bench_delete(b);

    int level = -1;
    b = bench_new(code, sizeof(code));
    ram_write(&b->x->base, b->ram, DATA, &cw, 2);
    b->x->cr0 &= ~(u64)CR0_NE;
    b->x->base.ferr.set = set_level;
    b->x->base.ferr.opaque = &level;
    b->x->base.ferr.line = 13;
    cr_expect_eq(run(b, 6), -1);
    cr_expect_eq(level, -1);
    cr_expect_eq(run(b, 1), -1);
    cr_expect_eq(level, 1);
    cr_expect_eq(run(b, 1), -1);
    cr_expect_eq(level, 0);
    cr_expect_eq(b->x->fpu_sw, 0);
    bench_delete(b);
}

Test(fpu_state, simd_exception) /* MXCSR is set, the register is not */
{
    /* LDMXCSR [2000]; DIVPS XMM0, XMM1 */
    static const u8 code[] = {0x0f, 0xae, 0x16, 0x00, 0x20, 0x0f, 0x5e, 0xc1};
    static const u32 mxcsr = 0x1d80;
    for (int osxmmexcpt = 0; osxmmexcpt < 2; osxmmexcpt++) {
        struct bench *b = bench_new(code, sizeof(code));
        ram_write(&b->x->base, b->ram, DATA, &mxcsr, 4);
        b->x->cr4 = CR4_OSFXSR | (osxmmexcpt ? CR4_OSXMMEXCPT : 0);
        b->x->xmm[0] = (struct x86_xmm){.q = {0x3f8000003f800000, 0x3f8000003f800000}};
        b->x->xmm[1] = (struct x86_xmm){.q = {0x4040000040400000, 0x0000000040400000}}; /* 3, 3, 3, 0 */
        cr_expect_eq(run(b, 2), osxmmexcpt ? EXC_XM : EXC_UD);
        cr_expect_eq(b->x->mxcsr, 0x1d84, "no inexact flag besides");
        cr_expect_eq(b->x->xmm[0].q[0], 0x3f8000003f800000);
        bench_delete(b);
    }
}

/* Long enough for the JIT to compile it. What MXCSR says counts in the guest only, and its flags come back. */
Test(fpu_state, mxcsr_in_a_loop)
{
    /* LDMXCSR [2000]; MOV CX, 200; L: ADDSS XMM0, XMM1; LOOP L */
    static const u8 code[] = {0x0f, 0xae, 0x16, 0x00, 0x20, 0xb9, 0xc8, 0x00, 0xf3, 0x0f, 0x58, 0xc1, 0xe2, 0xfa};
    static const int host_rounding[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    for (u32 rounding = 0; rounding < 4; rounding++) {
        struct bench *b = bench_new(code, sizeof(code));
        u32 mxcsr = 0x1f80 | rounding << 13;
        volatile float sum = 0;
        float step = 0.1f;
        ram_write(&b->x->base, b->ram, DATA, &mxcsr, 4);
        b->x->xmm[0] = (struct x86_xmm){.q = {0, 7}};
        memcpy(b->x->xmm[1].q, &step, sizeof(step));
        cr_expect_eq(run(b, 402), -1);
        cr_expect_eq(fegetround(), FE_TONEAREST, "the host's rounding");
        fesetround(host_rounding[rounding]);
        for (unsigned i = 0; i < 200; i++)
            sum += step;
        fesetround(FE_TONEAREST);
        cr_expect_eq(b->x->mxcsr, mxcsr | 0x20, "inexact");
        cr_expect(!memcmp(b->x->xmm[0].q, (const void *)&sum, sizeof(sum)));
        cr_expect_eq(b->x->xmm[0].q[0] >> 32, 0);
        cr_expect_eq(b->x->xmm[0].q[1], 7);
        bench_delete(b);
    }
}

Test(fpu_state, mxcsr_from_a_file) /* reserved bits would be a fault of the host */
{
    /* L: ADDSS XMM0, XMM1; JMP L */
    static const u8 code[] = {0xf3, 0x0f, 0x58, 0xc1, 0xeb, 0xfa};
    struct bench *b = bench_new(code, sizeof(code));
    b->x->mxcsr = 0xffffffff;
    b->x->base.arch->after_load(&b->x->base);
    b->x->base.attention = false;
    cr_expect_eq(b->x->mxcsr, 0xffff);
    cr_expect_eq(run(b, 200), -1);
    bench_delete(b);
}

Test(fpu_state, xsave_round_trip)
{
    /* XSAVE [2040]; PXOR XMM2, XMM2; FNINIT; XRSTOR [2040] */
    static const u8 code[] = {0x0f, 0xae, 0x26, 0x40, 0x20, 0x66, 0x0f, 0xef, 0xd2, 0xdb, 0xe3, 0x0f, 0xae, 0x2e,
                              0x40, 0x20};
    for (int enabled = 0; enabled < 2; enabled++) {
        struct bench *b = bench_new(code, sizeof(code));
        ((struct x86_model *)b->x->model)->words[WORD_1C] |= 1u << 26;
        b->x->cr4 |= enabled ? CR4_OSXSAVE : 0;
        b->x->xcr0 = 3;
        b->x->gpr[RAX] = 2;
        b->x->gpr[RDX] = 0;
        b->x->xmm[2] = (struct x86_xmm){.q = {5, 6}};
        b->x->fpu_cw = 0x27f;
        cr_expect_eq(run(b, 1), enabled ? -1 : EXC_UD);
        if (enabled) {
            cr_expect_eq(word(b, 0x2040 + 512), 2);
            cr_expect_eq(run(b, 3), -1);
            cr_expect_eq(b->x->xmm[2].q[0], 5);
            cr_expect_eq(b->x->fpu_cw, 0x37f, "x87 state was not asked for");
        }
        bench_delete(b);
    }
}
