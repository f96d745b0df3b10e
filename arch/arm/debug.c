/* debug.c - what a debugger sees of the processor, and the monitor's texts */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The features are those of gdb's manual, "ARM Features"; The quad registers of
 * Advanced SIMD gdb is to make itself of those of VFP where a description has none, but 13 does not. */
#include <inttypes.h>
#include <string.h>

#include "arch/arm/cp15.h"
#include "arch/arm/vfp.h"

#define CORE(name) {name, 32, "uint32", NULL, false}
static const struct debug_reg core_regs[] = {
    CORE("r0"), CORE("r1"), CORE("r2"), CORE("r3"), CORE("r4"), CORE("r5"), CORE("r6"), CORE("r7"),
    CORE("r8"), CORE("r9"), CORE("r10"), CORE("r11"), CORE("r12"), {"sp", 32, "data_ptr", NULL, false},
    CORE("lr"), {"pc", 32, "code_ptr", NULL, false}, CORE("cpsr"),
};

#define D(n) {"d" #n, 64, "ieee_double", NULL, false}
static const struct debug_reg vfp_regs[] = {
    D(0), D(1), D(2), D(3), D(4), D(5), D(6), D(7), D(8), D(9), D(10), D(11), D(12), D(13), D(14), D(15),
    D(16), D(17), D(18), D(19), D(20), D(21), D(22), D(23), D(24), D(25), D(26), D(27), D(28), D(29), D(30),
    D(31), {"fpscr", 32, "int", "float", false},
};

#define Q(n) {"q" #n, 128, "neon_q", "vector", false}
static const struct debug_reg neon_regs[] = {
    Q(0), Q(1), Q(2), Q(3), Q(4), Q(5), Q(6), Q(7), Q(8), Q(9), Q(10), Q(11), Q(12), Q(13), Q(14), Q(15),
};

static const char neon_types[] =
    "<vector id=\"v16u8\" type=\"uint8\" count=\"16\"/>"
    "<vector id=\"v8u16\" type=\"uint16\" count=\"8\"/>"
    "<vector id=\"v4u32\" type=\"uint32\" count=\"4\"/>"
    "<vector id=\"v2u64\" type=\"uint64\" count=\"2\"/>"
    "<vector id=\"v4f32\" type=\"ieee_single\" count=\"4\"/>"
    "<vector id=\"v2f64\" type=\"ieee_double\" count=\"2\"/>"
    "<union id=\"neon_q\">"
    "<field name=\"u8\" type=\"v16u8\"/><field name=\"u16\" type=\"v8u16\"/>"
    "<field name=\"u32\" type=\"v4u32\"/><field name=\"u64\" type=\"v2u64\"/>"
    "<field name=\"f32\" type=\"v4f32\"/><field name=\"f64\" type=\"v2f64\"/>"
    "</union>";

#define SYS(name) {name, 32, "uint32", "system", false}
#define SYS_RO(name) {name, 32, "uint32", "system", true}
static const struct debug_reg system_regs[] = {
    SYS("spsr"), SYS("fpexc"), SYS("sctlr"), SYS("cpacr"), SYS("vbar"), {"ttbr0", 64, "uint64", "system", false},
    {"ttbr1", 64, "uint64", "system", false}, SYS("ttbcr"), SYS("dacr"), SYS("dfsr"), SYS("ifsr"), SYS("dfar"),
    SYS("ifar"), SYS("contextidr"), SYS("tpidrurw"), SYS("tpidruro"), SYS("tpidrprw"), SYS("sp_usr"),
    SYS("lr_usr"), SYS("sp_svc"), SYS("lr_svc"), SYS("sp_irq"), SYS("lr_irq"), SYS("sp_abt"), SYS("lr_abt"),
    SYS("sp_und"), SYS("lr_und"), {"icount", 64, "uint64", "system", true},
};

static const struct debug_feature core = {"org.gnu.gdb.arm.core", NULL, core_regs, ARRAY_SIZE(core_regs)};
static const struct debug_feature vfp = {"org.gnu.gdb.arm.vfp", NULL, vfp_regs, ARRAY_SIZE(vfp_regs)};
static const struct debug_feature neon = {"org.gnu.gdb.arm.neon", neon_types, neon_regs,
                                          ARRAY_SIZE(neon_regs)};
static const struct debug_feature system_feature = {"org.hindsight.arm.system", NULL, system_regs,
                                                    ARRAY_SIZE(system_regs)};
static const struct debug_feature *const features[] = {&core, &vfp, &system_feature, &neon};
static const u16 expedited[] = {15, 13, 11, 14, 16};
static const struct debug_view arm_view = {"arm", NULL, features, ARRAY_SIZE(features), expedited,
                                           ARRAY_SIZE(expedited), 15, true};

enum { N_CORE = ARRAY_SIZE(core_regs), N_VFP = ARRAY_SIZE(vfp_regs), N_SYSTEM = ARRAY_SIZE(system_regs) };
enum { N_NEON = ARRAY_SIZE(neon_regs) };
enum { CORE_PC = 15, CORE_CPSR = 16, VFP_FPSCR = 32 };

static const struct debug_view *view(struct cpu *c)
{
    (void)c;
    return &arm_view;
}

/* ---- system registers ---- */

/* Where the register of a mode is now. */
static u64 *banked(struct arm_cpu *a, enum arm_bank bank, bool lr)
{
    if (arm_bank_of(a->psr & PSR_M) == bank)
        return &a->r[lr ? ARM_LR : ARM_SP];
    return lr ? &a->bank_lr[bank] : &a->bank_sp[bank];
}

/* In the order of system_regs; NULL: the last one. */
static u64 *system_word(struct arm_cpu *a, unsigned n)
{
    static const u8 banks[] = {ARM_BANK_USR, ARM_BANK_SVC, ARM_BANK_IRQ, ARM_BANK_ABT, ARM_BANK_UND};
    u64 *const words[] = {&a->spsr, &a->fpexc, &a->sctlr, &a->cpacr, &a->vbar, &a->ttbr0, &a->ttbr1, &a->ttbcr,
                          &a->dacr, &a->dfsr, &a->ifsr, &a->dfar, &a->ifar, &a->contextidr, &a->tpidrurw,
                          &a->tpidruro, &a->tpidrprw};
    if (n < ARRAY_SIZE(words))
        return words[n];
    n -= ARRAY_SIZE(words);
    return n < 2 * ARRAY_SIZE(banks) ? banked(a, banks[n / 2], n & 1) : NULL;
}

/* ---- reading and writing ---- */

static u64 get_core(const struct arm_cpu *a, unsigned n)
{
    return n == CORE_PC ? a->base.pc : n == CORE_CPSR ? arm_get_cpsr(a) : a->r[n];
}

static unsigned put(u8 *out, u64 v, unsigned bits)
{
    memcpy(out, &v, bits / 8);
    return bits / 8;
}

static unsigned put_quad(u8 *out, const u64 *d)
{
    memcpy(out, d, 16);
    return 16;
}

static unsigned read(struct cpu *c, const struct debug_view *v, u32 n, u8 out[16])
{
    struct arm_cpu *a = arm_of(c);
    (void)v;
    if (n < N_CORE)
        return put(out, get_core(a, n), 32);
    n -= N_CORE;
    if (n < N_VFP)
        return n == VFP_FPSCR ? put(out, arm_get_fpscr(a), 32) : put(out, a->d[n], 64);
    n -= N_VFP;
    if (n >= N_SYSTEM)
        return n - N_SYSTEM < N_NEON ? put_quad(out, &a->d[2 * (n - N_SYSTEM)]) : 0;
    const u64 *word = system_word(a, n);
    return put(out, word ? *word : c->machine->clock.icount, system_regs[n].bits);
}

static void set_core(struct arm_cpu *a, unsigned n, u32 v)
{
    if (n == CORE_PC)
        a->base.pc = v & (a->psr & PSR_T ? ~1u : ~3u);
    else if (n == CORE_CPSR)
        arm_set_cpsr(a, arm_mode_exists(a, v & PSR_M) ? v : (v & ~PSR_M) | (u32)(a->psr & PSR_M));
    else
        a->r[n] = v;
}

static unsigned write(struct cpu *c, const struct debug_view *v, u32 n, const u8 *in)
{
    struct arm_cpu *a = arm_of(c);
    u64 value = 0;
    unsigned bits = 32;
    (void)v;
    if (n < N_CORE) {
        memcpy(&value, in, 4);
        set_core(a, n, (u32)value);
    } else if (n - N_CORE < N_VFP) {
        n -= N_CORE;
        bits = vfp_regs[n].bits;
        memcpy(&value, in, bits / 8);
        if (n == VFP_FPSCR)
            arm_set_fpscr(a, (u32)value);
        else
            a->d[n] = value;
    } else if (n - (N_CORE + N_VFP + N_SYSTEM) < N_NEON) {
        memcpy(&a->d[2 * (n - (N_CORE + N_VFP + N_SYSTEM))], in, 16);
        bits = 128;
    } else {
        n -= N_CORE + N_VFP;
        u64 *word = n < N_SYSTEM ? system_word(a, n) : NULL;
        if (!word)
            return 0;
        bits = system_regs[n].bits;
        memcpy(&value, in, bits / 8);
        *word = value;
        tlb_flush(c);
    }
    arm_update_mode(a);
    arm_set_root(a);
    c->attention = true;
    return bits / 8;
}

/* ---- monitor texts ---- */

static const char *mode_name(unsigned mode)
{
    switch (mode) {
    case ARM_USR: return "usr";
    case ARM_FIQ: return "fiq";
    case ARM_IRQ: return "irq";
    case ARM_SVC: return "svc";
    case ARM_MON: return "mon";
    case ARM_ABT: return "abt";
    case ARM_HYP: return "hyp";
    case ARM_UND: return "und";
    case ARM_SYS: return "sys";
    }
    return "?";
}

static void info_registers(struct cpu *c, struct buf *out)
{
    struct arm_cpu *a = arm_of(c);
    u32 psr = arm_get_cpsr(a);
    for (unsigned i = 0; i < 16; i++)
        buf_printf(out, "R%02u=%08x%c", i, i == ARM_PC ? (u32)c->pc : (u32)a->r[i], i % 4 == 3 ? '\n' : ' ');
    buf_printf(out, "PSR=%08x %c%c%c%c %c%c%c %s %s\n", psr, psr & PSR_N ? 'N' : '-', psr & PSR_Z ? 'Z' : '-',
               psr & PSR_C ? 'C' : '-', psr & PSR_V ? 'V' : '-', psr & PSR_A ? 'A' : '-', psr & PSR_I ? 'I' : '-',
               psr & PSR_F ? 'F' : '-', psr & PSR_T ? "T32" : "A32", mode_name(psr & PSR_M));
    buf_printf(out, "SPSR=%08x HLT=%d\n", (u32)a->spsr, c->halted);
    for (unsigned i = 0; i < 32; i++)
        buf_printf(out, "d%02u=%016" PRIx64 "%c", i, a->d[i], i % 2 ? '\n' : ' ');
    buf_printf(out, "FPSCR=%08x FPEXC=%08x\n", arm_get_fpscr(a), (u32)a->fpexc);
    for (unsigned i = 0; i < arm_n_sysregs; i++) {
        u64 v;
        if (arm_sysreg_peek(a, &arm_sysregs[i], &v) && v)
            buf_printf(out, "%s=%0*" PRIx64 "\n", arm_sysregs[i].name, v >> 32 ? 16 : 8, v);
    }
}

/* Runs of pages that are mapped alike. */
struct run {
    u64 va, pa, bytes;
};

static void end_run(struct run *r, struct buf *out)
{
    if (r->bytes)
        buf_printf(out, "%08" PRIx64 "-%08" PRIx64 " %010" PRIx64 "\n", r->va, r->va + r->bytes - 1, r->pa);
    r->bytes = 0;
}

static void info_mem(struct cpu *c, struct buf *out)
{
    struct run r = {0};
    for (u64 va = 0; va < UINT64_C(1) << 32; va += PAGE_SIZE) {
        u64 pa;
        bool mapped = mem_debug_translate(c, va, &pa);
        if (!mapped || !r.bytes || pa != r.pa + r.bytes)
            end_run(&r, out);
        if (!mapped)
            continue;
        if (!r.bytes)
            r = (struct run){.va = va, .pa = pa};
        r.bytes += PAGE_SIZE;
    }
    end_run(&r, out);
}

static void info_tlb(struct cpu *c, struct buf *out)
{
    info_mem(c, out);
}

static i64 handler_depth(struct cpu *c)
{
    return (i64)arm_of(c)->handler_depth;
}

const struct arch_debug arm_debug = {
    .view = view,
    .read = read,
    .write = write,
    .info_registers = info_registers,
    .info_mem = info_mem,
    .info_tlb = info_tlb,
    .handler_depth = handler_depth,
};
