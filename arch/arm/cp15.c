/* cp15.c - the system registers, a row each */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, B4.1 (in its order of functional groups, B3.17) and the processors' TRMs. The order of
 * the rows is that in which a debugger sees the registers.
 */
#include "arch/arm/cp15.h"

#include "arch/arm/debugreg.h"
#include "arch/arm/model.h"
#include "arch/arm/pmu.h"
#include "arch/arm/security.h"
#include "arch/arm/traps.h"
#include "emu/check.h"
#include "emu/log.h"

#define W(field) IR_WORD(struct arm_cpu, field)
#define CP15(o, n, m, q) CPU_ARM_SYSREG(15, o, n, m, q)
#define CP15_64(o, m) CPU_ARM_SYSREG64(15, o, m)
#define CP14_64(o, m) CPU_ARM_SYSREG64(14, o, m)
#define CP14(o, n, m, q) CPU_ARM_SYSREG(14, o, n, m, q)

static u64 *field_of(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return arm_banked_word(a, r->word);
}

/* ---- identification ---- */

static u64 read_id(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return *(const u32 *)((const u8 *)&a->model->id + r->value);
}

/* ID_PFR1 says what is there for the board's processor. */
static u64 read_pfr1(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    return a->model->id.pfr1 & ~(arm_has(a, ARM_SECURITY) ? 0u : 0xf0u) & ~(arm_has(a, ARM_VIRT) ? 0u : 0xf000u);
}

static u64 read_midr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    return arm_below_hyp(a) ? a->vpidr : a->model->id.midr;
}

static u64 read_mpidr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    return arm_below_hyp(a) ? a->vmpidr : a->model->id.mpidr;
}

static u64 read_ccsidr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    switch (*arm_banked_word(a, W(csselr)) & 15) {
    case 0: return a->model->id.ccsidr[0];
    case 1: return a->model->id.ccsidr[1];
    case 2: return a->model->id.ccsidr[2];
    }
    return 0;
}

static u64 read_cbar(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    return (u32)a->base.peripherals;
}

/* ---- control and translation ---- */

/* The mapping may be another: the words are in place, the TLB is told. */
static void write_mapping(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    *field_of(a, r) = v;
    arm_set_root(a);
}

static void write_dacr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    a->dacr = v;
    arm_update_mode(a);
}

#define SCTLR_WRITABLE 0x7ed43ce7u /* of those that the processors here have (B4.1.130) */

static void write_sctlr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    u64 *f = field_of(a, r);
    *f = (*f & ~(u64)SCTLR_WRITABLE) | (v & SCTLR_WRITABLE);
    arm_set_root(a);
}

/* There are no coprocessors but cp10 and cp11. Bits that NSACR takes away are read-only in the Non-secure state. */
static void write_cpacr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    u32 may = arm_nonsecure_cpacr(a, 0x40f00000) & 0x40f00000;
    bool ase_fixed = arm_nonsecure_cpacr(a, 0) >> 31;
    (void)r;
    may |= ase_fixed ? 0 : 1u << 31;
    a->cpacr = (a->cpacr & ~(u64)may) | (v & may);
}

static u64 read_cpacr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    return arm_nonsecure_cpacr(a, (u32)a->cpacr);
}

static void write_scr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    a->scr = v & (arm_has(a, ARM_VIRT) ? 0x3ff : 0x7f);
    arm_update_security(a);
    arm_set_root(a);
}

/* Without the Security Extensions all that there is is allowed (as QEMU has it). */
static u64 read_nsacr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    return arm_has(a, ARM_SECURITY) ? a->nsacr : 3 << 10;
}

static void write_nsacr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    a->nsacr = v & (1u << 15 | 3 << 10);
}

/* ISR: what is pending, here or by a hypervisor. */
static u64 read_isr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    u32 lines = a->base.lines;
    (void)r;
    cpu_alone(&a->base);
    bool irq = lines >> CPU_LINE_IRQ & 1, fiq = lines >> CPU_LINE_FIQ & 1, abort = false;
    if (arm_below_hyp(a)) {
        irq = a->hcr & HCR_IMO ? a->hcr & HCR_VI : irq;
        fiq = a->hcr & HCR_FMO ? a->hcr & HCR_VF : fiq;
        abort = (a->hcr & HCR_AMO) && (a->hcr & HCR_VA);
    }
    return (u32)abort << 8 | (u32)irq << 7 | (u32)fiq << 6;
}

/* HCR decides about interrupts and translation, which are looked at anew behind each write. */
static void write_hcr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    a->hcr = v & 0x0fffffff;
    arm_set_root(a);
}

static void write_vbar(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    *field_of(a, r) = v & 0xffffffe0;
}

static u64 read_low(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return (u32)*field_of(a, r);
}

/* In 32 bits only the low half of a 64-bit register is written. */
static void write_low(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    u64 *f = field_of(a, r);
    *f = (*f & ~UINT64_C(0xffffffff)) | (u32)v;
    arm_set_root(a);
}

/* ATS: bit 0 of the row's value says that it is for a store, the others are an enum arm_ats. */
static void write_ats(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    bool lent = arm_security_lend(a);
    u64 par = arm_translate_address(a, (u32)v, r->value & 1 ? MEM_WRITE : MEM_READ, (enum arm_ats)(r->value >> 1));
    arm_security_give_back(a, lent);
    *arm_banked_word(a, W(par)) = par;
}

static void write_nothing(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)a, (void)r, (void)v;
}

/* ---- the rows ---- */

#define ID(name, n, m, q, member)                                                                          \
    {CP15(0, n, m, q), name, CP_PR, 0, 0, IR_NONE, read_id, NULL, offsetof(struct arm_ids, member)}
#define PLAIN(name, number, access, field) {number, name, access, CP_PLAIN, 0, W(field), NULL, NULL, 0}
#define PLAIN_IF(name, number, feature, field)                                                             \
    {number, name, CP_PRW, CP_PLAIN, feature, W(field), NULL, NULL, 0}
#define HYP(name, number, field) {number, name, CP_HRW, CP_PLAIN, ARM_VIRT, W(field), NULL, NULL, 0}
#define MAPS(name, number, access, feature, field) {number, name, access, 0, feature, W(field), NULL, write_mapping, 0}
#define CACHE(name, m, q) {CP15(0, 7, m, q), name, CP_PW, CP_NOTHING, 0, IR_NONE, NULL, write_nothing, 0}
#define TLBI(name, m, q) {CP15(0, 8, m, q), name, CP_PW, CP_NOTHING, 0, IR_NONE, NULL, write_nothing, 0}
#define TLBI_HYP(name, m, q) {CP15(4, 8, m, q), name, CP_HW, CP_NOTHING, ARM_VIRT, IR_NONE, NULL, write_nothing, 0}
#define ATS(name, q, how) {CP15(0, 7, 8, q), name, CP_PW, 0, 0, IR_NONE, NULL, write_ats, how}
#define ATS_HYP(name, o, q, how)                                                                           \
    {CP15(o, 7, 8, q), name, CP_HW | ((o) ? 0 : CP_SW), 0, ARM_VIRT, IR_NONE, NULL, write_ats, how}
#define PMU(name, m, q, access, feature, read, write, value)                                                \
    {CP15(0, 9, m, q), name, access, CP_CLOCK, feature, IR_NONE, read, write, value}
#define CONST(name, number, access) {number, name, access, 0, 0, IR_NONE, NULL, write_nothing, 0}
#define DBGVALUE(name, n, m, q, array, mask)                                                               \
    {CP14(0, n, m, q), name, CP_PRW, 0, ARM_DEBUG, W(array) + (m), NULL, arm_write_dbgvalue, mask}
#define BREAKPOINT(i)                                                                                      \
    DBGVALUE("dbgbvr" #i, 0, i, 4, dbgbvr, 0xffffffff), DBGVALUE("dbgbcr" #i, 0, i, 5, dbgbcr, 0x1fffe1e7)
#define WATCHPOINT(i)                                                                                      \
    DBGVALUE("dbgwvr" #i, 0, i, 6, dbgwvr, 0xfffffffc), DBGVALUE("dbgwcr" #i, 0, i, 7, dbgwcr, 0x1f1fffff)

const struct arm_sysreg arm_sysregs[] = {
    /* B3.17.2 Identification registers */
    {CP15(0, 0, 0, 0), "midr", CP_PR, 0, 0, IR_NONE, read_midr, NULL, 0},
    ID("ctr", 0, 0, 1, ctr),
    CONST("tcmtr", CP15(0, 0, 0, 2), CP_PR),
    CONST("tlbtr", CP15(0, 0, 0, 3), CP_PR),
    {CP15(0, 0, 0, 4), "midr_4", CP_PR, 0, 0, IR_NONE, read_midr, NULL, 0},
    {CP15(0, 0, 0, 5), "mpidr", CP_PR, 0, 0, IR_NONE, read_mpidr, NULL, 0},
    CONST("revidr", CP15(0, 0, 0, 6), CP_PR),
    {CP15(0, 0, 0, 7), "midr_7", CP_PR, 0, 0, IR_NONE, read_midr, NULL, 0},
    ID("id_pfr0", 0, 1, 0, pfr0), {CP15(0, 0, 1, 1), "id_pfr1", CP_PR, 0, 0, IR_NONE, read_pfr1, NULL, 0}, ID("id_dfr0", 0, 1, 2, dfr0),
    ID("id_afr0", 0, 1, 3, afr0), ID("id_mmfr0", 0, 1, 4, mmfr[0]), ID("id_mmfr1", 0, 1, 5, mmfr[1]),
    ID("id_mmfr2", 0, 1, 6, mmfr[2]), ID("id_mmfr3", 0, 1, 7, mmfr[3]), ID("id_isar0", 0, 2, 0, isar[0]),
    ID("id_isar1", 0, 2, 1, isar[1]), ID("id_isar2", 0, 2, 2, isar[2]), ID("id_isar3", 0, 2, 3, isar[3]),
    ID("id_isar4", 0, 2, 4, isar[4]),
    CONST("id_isar5", CP15(0, 0, 2, 5), CP_PR), CONST("id_isar6", CP15(0, 0, 2, 6), CP_PR),
    CONST("id_isar7", CP15(0, 0, 2, 7), CP_PR),
    {CP15(1, 0, 0, 0), "ccsidr", CP_PR, 0, 0, IR_NONE, read_ccsidr, NULL, 0},
    {CP15(1, 0, 0, 1), "clidr", CP_PR, 0, 0, IR_NONE, read_id, NULL, offsetof(struct arm_ids, clidr)},
    CONST("aidr", CP15(1, 0, 0, 7), CP_PR),
    PLAIN("csselr", CP15(2, 0, 0, 0), CP_PRW, csselr),

    /* B3.17.3 Virtual memory control registers */
    {CP15(0, 1, 0, 0), "sctlr", CP_PRW, 0, 0, W(sctlr), NULL, write_sctlr, 0},
    PLAIN("actlr", CP15(0, 1, 0, 1), CP_PRW, actlr),
    {CP15(0, 1, 0, 2), "cpacr", CP_PRW, 0, 0, W(cpacr), read_cpacr, write_cpacr, 0},
    {CP15(0, 2, 0, 0), "ttbr0", CP_PRW, 0, 0, W(ttbr0), read_low, write_low, 0},
    {CP15(0, 2, 0, 1), "ttbr1", CP_PRW, 0, 0, W(ttbr1), read_low, write_low, 0},
    MAPS("ttbcr", CP15(0, 2, 0, 2), CP_PRW, 0, ttbcr),
    MAPS("ttbr0_64", CP15_64(0, 2), CP_PRW, ARM_LPAE, ttbr0),
    MAPS("ttbr1_64", CP15_64(1, 2), CP_PRW, ARM_LPAE, ttbr1),
    {CP15(0, 3, 0, 0), "dacr", CP_PRW, 0, 0, W(dacr), NULL, write_dacr, 0},
    PLAIN("prrr", CP15(0, 10, 2, 0), CP_PRW, mair0),
    PLAIN("nmrr", CP15(0, 10, 2, 1), CP_PRW, mair1),
    PLAIN("amair0", CP15(0, 10, 3, 0), CP_PRW, amair0),
    PLAIN("amair1", CP15(0, 10, 3, 1), CP_PRW, amair1),
    CONST("tlb_lockdown", CP15(0, 10, 0, 0), CP_PRW),
    PLAIN("contextidr", CP15(0, 13, 0, 1), CP_PRW, contextidr),
    CONST("fcseidr", CP15(0, 13, 0, 0), CP_PRW),

    /* B3.17.4 Fault handling registers */
    PLAIN("dfsr", CP15(0, 5, 0, 0), CP_PRW, dfsr), PLAIN("ifsr", CP15(0, 5, 0, 1), CP_PRW, ifsr),
    PLAIN("adfsr", CP15(0, 5, 1, 0), CP_PRW, adfsr), PLAIN("aifsr", CP15(0, 5, 1, 1), CP_PRW, aifsr),
    PLAIN("dfar", CP15(0, 6, 0, 0), CP_PRW, dfar), PLAIN("ifar", CP15(0, 6, 0, 2), CP_PRW, ifar),

    /* B3.17.6 Cache maintenance, branch predictor and barriers: nothing is cached */
    {CP15(0, 7, 0, 4), "wfi", CP_PW, CP_NOTHING, 0, IR_NONE, NULL, write_nothing, 0} /* a NOP in v7 (B4.2.1) */,
    CACHE("icialluis", 1, 0), CACHE("bpiallis", 1, 6), CACHE("iciallu", 5, 0), CACHE("icimvau", 5, 1),
    {CP15(0, 7, 5, 4), "cp15isb", CP_ALL & ~(CP_UR | CP_PR), CP_NOTHING, 0, IR_NONE, NULL, write_nothing, 0},
    CACHE("bpiall", 5, 6), CACHE("bpimva", 5, 7), CACHE("dcimvac", 6, 1), CACHE("dcisw", 6, 2),
    CACHE("dccmvac", 10, 1), CACHE("dccsw", 10, 2),
    {CP15(0, 7, 10, 4), "cp15dsb", CP_ALL & ~(CP_UR | CP_PR), CP_NOTHING, 0, IR_NONE, NULL, write_nothing, 0},
    {CP15(0, 7, 10, 5), "cp15dmb", CP_ALL & ~(CP_UR | CP_PR), CP_NOTHING, 0, IR_NONE, NULL, write_nothing, 0},
    CACHE("dccmvau", 11, 1), CACHE("nop", 13, 1), CACHE("dccimvac", 14, 1), CACHE("dccisw", 14, 2),

    /* B3.17.7 TLB maintenance: the TLB holds nothing stale */
    TLBI("tlbiallis", 3, 0), TLBI("tlbimvais", 3, 1), TLBI("tlbiasidis", 3, 2), TLBI("tlbimvaais", 3, 3),
    TLBI("itlbiall", 5, 0), TLBI("itlbimva", 5, 1), TLBI("itlbiasid", 5, 2), TLBI("dtlbiall", 6, 0),
    TLBI("dtlbimva", 6, 1), TLBI("dtlbiasid", 6, 2), TLBI("tlbiall", 7, 0), TLBI("tlbimva", 7, 1),
    TLBI("tlbiasid", 7, 2), TLBI("tlbimvaa", 7, 3),
    TLBI_HYP("tlbiallhis", 3, 0), TLBI_HYP("tlbimvahis", 3, 1), TLBI_HYP("tlbiallnsnhis", 3, 4),
    TLBI_HYP("tlbiallh", 7, 0), TLBI_HYP("tlbimvah", 7, 1), TLBI_HYP("tlbiallnsnh", 7, 4),

    /* B3.17.8 Address translation */
    ATS("ats1cpr", 0, 0), ATS("ats1cpw", 1, 1), ATS("ats1cur", 2, 2), ATS("ats1cuw", 3, 3),
    ATS_HYP("ats12nsopr", 0, 4, 4), ATS_HYP("ats12nsopw", 0, 5, 5), ATS_HYP("ats12nsour", 0, 6, 6),
    ATS_HYP("ats12nsouw", 0, 7, 7), ATS_HYP("ats1hr", 4, 0, 8), ATS_HYP("ats1hw", 4, 1, 9),
    {CP15(0, 7, 4, 0), "par", CP_PRW, 0, 0, W(par), read_low, write_low, 0},
    PLAIN("par_64", CP15_64(0, 7), CP_PRW, par),

    /* B3.17.9 Miscellaneous: thread identifiers */
    PLAIN("tpidrurw", CP15(0, 13, 0, 2), CP_ALL, tpidrurw),
    PLAIN("tpidruro", CP15(0, 13, 0, 3), CP_PRW | CP_UR, tpidruro),
    PLAIN("tpidrprw", CP15(0, 13, 0, 4), CP_PRW, tpidrprw),

    /* B3.17.10 Performance monitors: see pmu.c */
    PMU("pmcr", 12, 0, CP_PRW, 0, arm_read_pmcr, arm_write_pmcr, 0),
    {CP15(0, 9, 12, 1), "pmcntenset", CP_PRW, CP_CLOCK, 0, W(pmcnten), NULL, arm_write_pmcnten, 1},
    {CP15(0, 9, 12, 2), "pmcntenclr", CP_PRW, CP_CLOCK, 0, W(pmcnten), NULL, arm_write_pmcnten, 0},
    PMU("pmovsr", 12, 3, CP_PRW, 0, arm_read_pmovsr, arm_write_pmovsr, 0),
    PMU("pmswinc", 12, 4, CP_PW, 0, NULL, arm_write_pmswinc, 0),
    {CP15(0, 9, 12, 5), "pmselr", CP_PRW, 0, 0, W(pmselr), NULL, arm_write_pmselr, 0},
    PMU("pmceid0", 12, 6, CP_PR, 0, arm_read_pmceid, NULL, 0), CONST("pmceid1", CP15(0, 9, 12, 7), CP_PR),
    PMU("pmccntr", 13, 0, CP_PRW, 0, arm_read_pmccntr, arm_write_pmccntr, 0),
    PMU("pmxevtyper", 13, 1, CP_PRW, 0, arm_read_pmxevtyper, arm_write_pmxevtyper, 0),
    PMU("pmxevcntr", 13, 2, CP_PRW, 0, arm_read_pmxevcntr, arm_write_pmxevcntr, 0),
    PLAIN("pmuserenr", CP15(0, 9, 14, 0), CP_PRW | CP_UR, pmuserenr),
    {CP15(0, 9, 14, 1), "pmintenset", CP_PRW, 0, 0, W(pminten), NULL, arm_write_pminten, 1},
    {CP15(0, 9, 14, 2), "pmintenclr", CP_PRW, 0, 0, W(pminten), NULL, arm_write_pminten, 0},
    PMU("pmovsset", 14, 3, CP_PRW, ARM_VIRT, arm_read_pmovsr, arm_write_pmovsr, 1),

    /* B3.17.11 Security Extensions */
    {CP15(0, 1, 1, 0), "scr", CP_SRW, 0, ARM_SECURITY, W(scr), NULL, write_scr, 0},
    {CP15(0, 1, 1, 1), "sder", CP_SRW, 0, ARM_SECURITY, W(sder), NULL, NULL, 0},
    {CP15(0, 1, 1, 2), "nsacr", CP_PR | CP_SW, 0, 0, W(nsacr), read_nsacr, write_nsacr, 0},
    {CP15(0, 12, 0, 0), "vbar", CP_PRW, 0, 0, W(vbar), NULL, write_vbar, 0},
    {CP15(0, 12, 0, 1), "mvbar", CP_SRW, 0, ARM_SECURITY, W(mvbar), NULL, write_vbar, 0},
    {CP15(0, 12, 1, 0), "isr", CP_PR, CP_CLOCK, 0, IR_NONE, read_isr, NULL, 0},

    /* B3.17.12 Virtualization Extensions */
    HYP("vpidr", CP15(4, 0, 0, 0), vpidr), HYP("vmpidr", CP15(4, 0, 0, 5), vmpidr),
    MAPS("hsctlr", CP15(4, 1, 0, 0), CP_HRW, ARM_VIRT, hsctlr), HYP("hactlr", CP15(4, 1, 0, 1), hactlr),
    {CP15(4, 1, 1, 0), "hcr", CP_HRW, 0, ARM_VIRT, W(hcr), NULL, write_hcr, 0}, HYP("hdcr", CP15(4, 1, 1, 1), hdcr),
    {CP15(4, 1, 1, 2), "hcptr", CP_HRW, 0, ARM_VIRT, W(hcptr), NULL, NULL, 0},
    HYP("hstr", CP15(4, 1, 1, 3), hstr), {CP15(4, 1, 1, 7), "hacr", CP_HRW, 0, ARM_VIRT, IR_NONE, NULL, write_nothing, 0},
    MAPS("htcr", CP15(4, 2, 0, 2), CP_HRW, ARM_VIRT, htcr), MAPS("vtcr", CP15(4, 2, 1, 2), CP_HRW, ARM_VIRT, vtcr),
    MAPS("httbr", CP15_64(4, 2), CP_HRW, ARM_VIRT, httbr),
    MAPS("vttbr", CP15_64(6, 2), CP_HRW, ARM_VIRT, vttbr),
    {CP15(4, 5, 1, 0), "hadfsr", CP_HRW, 0, ARM_VIRT, IR_NONE, NULL, write_nothing, 0},
    {CP15(4, 5, 1, 1), "haifsr", CP_HRW, 0, ARM_VIRT, IR_NONE, NULL, write_nothing, 0},
    HYP("hsr", CP15(4, 5, 2, 0), hsr), HYP("hdfar", CP15(4, 6, 0, 0), hdfar),
    HYP("hifar", CP15(4, 6, 0, 2), hifar), HYP("hpfar", CP15(4, 6, 0, 4), hpfar),
    HYP("hmair0", CP15(4, 10, 2, 0), hmair0), HYP("hmair1", CP15(4, 10, 2, 1), hmair1),
    HYP("hamair0", CP15(4, 10, 3, 0), hamair0), HYP("hamair1", CP15(4, 10, 3, 1), hamair1),
    {CP15(4, 12, 0, 0), "hvbar", CP_HRW, 0, ARM_VIRT, W(hvbar), NULL, write_vbar, 0},
    HYP("htpidr", CP15(4, 13, 0, 2), htpidr),

    /* IMPLEMENTATION DEFINED: L2 and diagnostics registers that kernels and firmware touch; they remember */
    PLAIN("l2ctlr", CP15(1, 9, 0, 2), CP_PRW, impl[0]), PLAIN("l2ectlr", CP15(1, 9, 0, 3), CP_PRW, impl[1]),
    PLAIN("l2actlr", CP15(1, 15, 0, 0), CP_PRW, impl[2]), PLAIN("power", CP15(0, 15, 0, 0), CP_PRW, impl[3]),
    PLAIN("diagnostic", CP15(0, 15, 0, 1), CP_PRW, impl[4]),
    {CP15(4, 15, 0, 0), "cbar", CP_PR, 0, 0, IR_NONE, read_cbar, NULL, 0},

    /* C11 Debug registers: see debugreg.c */
    {CP14(0, 0, 0, 0), "dbgdidr", CP_PR | CP_UR, 0, 0, IR_NONE, read_id, NULL, offsetof(struct arm_ids, didr)},
    {CP14(0, 0, 1, 0), "dbgdscrint", CP_PR | CP_UR, 0, 0, IR_NONE, arm_read_dbgdscr, NULL, 0},
    CONST("dbgdrar", CP14(0, 1, 0, 0), CP_PR | CP_UR), CONST("dbgdsar", CP14(0, 2, 0, 0), CP_PR | CP_UR),
    CONST("dbgdrar_64", CP14_64(0, 1), CP_PR | CP_UR), CONST("dbgdsar_64", CP14_64(0, 2), CP_PR | CP_UR),
    CONST("dbgdtrint", CP14(0, 0, 5, 0), CP_ALL), CONST("dbgdtrrxext", CP14(0, 0, 0, 2), CP_PRW),
    CONST("dbgdtrtxext", CP14(0, 0, 3, 2), CP_PRW),
    {CP14(0, 0, 2, 2), "dbgdscrext", CP_PRW, 0, ARM_DEBUG, W(dbgdscr), arm_read_dbgdscr, arm_write_dbgdscr, 0},
    PLAIN_IF("dbgwfar", CP14(0, 0, 6, 0), ARM_DEBUG, dbgwfar),
    {CP14(0, 0, 7, 0), "dbgvcr", CP_PRW, 0, ARM_DEBUG, W(dbgvcr), NULL, arm_write_dbgvalue, 0xdededcdf},
    {CP14(0, 1, 0, 4), "dbgoslar", CP_PW, 0, ARM_DEBUG, IR_NONE, NULL, arm_write_dbgoslar, 0},
    {CP14(0, 1, 1, 4), "dbgoslsr", CP_PR, 0, ARM_DEBUG, W(dbgoslsr), NULL, NULL, 0},
    PLAIN_IF("dbgosdlr", CP14(0, 1, 3, 4), ARM_DEBUG, dbgosdlr), PLAIN_IF("dbgprcr", CP14(0, 1, 4, 4), ARM_DEBUG, dbgprcr),
    {CP14(0, 7, 8, 6), "dbgclaimset", CP_PRW, 0, ARM_DEBUG, IR_NONE, arm_read_dbgclaimset, arm_write_dbgclaimset, 0},
    {CP14(0, 7, 9, 6), "dbgclaimclr", CP_PRW, 0, ARM_DEBUG, W(dbgclaim), NULL, arm_write_dbgclaimclr, 0},
    CONST("dbgauthstatus", CP14(0, 7, 14, 6), CP_PR), CONST("dbgdevid2", CP14(0, 7, 0, 7), CP_PR),
    {CP14(0, 7, 1, 7), "dbgdevid1", CP_PR, 0, ARM_DEBUG, IR_NONE, read_id, NULL, offsetof(struct arm_ids, devid[1])},
    {CP14(0, 7, 2, 7), "dbgdevid", CP_PR, 0, ARM_DEBUG, IR_NONE, read_id, NULL, offsetof(struct arm_ids, devid[0])},
    BREAKPOINT(0), BREAKPOINT(1), BREAKPOINT(2), BREAKPOINT(3), BREAKPOINT(4), BREAKPOINT(5),
    DBGVALUE("dbgbxvr4", 1, 4, 1, dbgbxvr, 0xff), DBGVALUE("dbgbxvr5", 1, 5, 1, dbgbxvr, 0xff),
    WATCHPOINT(0), WATCHPOINT(1), WATCHPOINT(2), WATCHPOINT(3),

    /* A2.9, A2.10: ThumbEE, and the trivial implementation of Jazelle */
    PLAIN("teecr", CP14(6, 0, 0, 0), CP_PRW | CP_UR, teecr), PLAIN("teehbr", CP14(6, 1, 0, 0), CP_ALL, teehbr),
    CONST("jidr", CP14(7, 0, 0, 0), CP_ALL & ~(CP_UW | CP_PW)), CONST("joscr", CP14(7, 1, 0, 0), CP_PRW),
    CONST("jmcr", CP14(7, 2, 0, 0), CP_ALL & ~CP_UR),
};

const unsigned arm_n_sysregs = ARRAY_SIZE(arm_sysregs);

/* ---- access ---- */

static const struct arm_sysreg *search(const struct arm_cpu *a, u32 number)
{
    for (unsigned i = 0; i < ARRAY_SIZE(arm_sysregs); i++)
        if (arm_sysregs[i].number == number && (!arm_sysregs[i].feature || arm_has(a, arm_sysregs[i].feature)))
            return &arm_sysregs[i];
    return NULL;
}

/* What was found is remembered, also that there is no row; it does not change. */
static const struct arm_sysreg *find(struct arm_cpu *a, u32 number)
{
    struct arm_sysreg_found *f = &a->found[(number ^ number >> 4 ^ number >> 8) % ARRAY_SIZE(a->found)];
    if (f->number != number) {
        f->reg = search(a, number);
        f->number = number;
    }
    return f->reg;
}

static u8 needed(const struct arm_cpu *a, bool write)
{
    unsigned mode = a->psr & PSR_M;
    if (mode == ARM_USR)
        return write ? CP_UW : CP_UR;
    u8 may = CP_PRW;
    if (mode == ARM_HYP || (mode == ARM_MON && (a->scr & ARM_SCR_NS)))
        may |= CP_HRW;
    if (arm_is_secure(a))
        may |= CP_SRW;
    return may & (write ? CP_PW | CP_HW | CP_SW : CP_PR | CP_HR | CP_SR);
}

/* PMUSERENR.EN opens the performance monitors to USR mode (B6.2.1). */
static bool may_access(const struct arm_cpu *a, const struct arm_sysreg *r, bool write)
{
    bool pmu = (r->number >> 8 & 0xff) == 9 && r->number >> 16 == 15;
    if (pmu && (a->psr & PSR_M) == ARM_USR && (a->pmuserenr & 1))
        return r->access & (write ? CP_PW : CP_PR);
    return r->access & needed(a, write);
}

/* The word that an access of 32 bits is to, and nothing else. */
static ir_val plain_word(const struct arm_sysreg *r, bool write)
{
    if ((r->number & 15) == 8)
        return IR_NONE;
    bool readable = !(r->flags & CP_CLOCK) && (!r->read || r->read == read_low);
    return r->flags & CP_PLAIN || (!write && readable) ? r->word : IR_NONE;
}

/* Whether the performance monitors are open to USR mode, what monitor mode sees, and what HYP mode wants to know of is
 * looked at when the instruction is executed. */
struct arm_sysreg_use arm_cp_lookup(struct arm_cpu *a, u32 number, bool write)
{
    const struct arm_sysreg *r = find(a, number);
    if (!r)
        return (struct arm_sysreg_use){.reg = a->base.sysregs != NULL, .ends = write, .word = IR_NONE};
    bool pmu = (number >> 8 & 0xff) == 9, mon = (a->psr & PSR_M) == ARM_MON, asks = a->base.mode & MODE_CP_TRAP;
    if (!may_access(a, r, write))
        return (struct arm_sysreg_use){.reg = pmu || mon || asks, .ends = true, .word = IR_NONE};
    return (struct arm_sysreg_use){.reg = true, .nothing = write && (r->flags & CP_NOTHING) && !asks,
                                   .ends = r->flags & CP_CLOCK || pmu,
                                   .word = mon || asks || pmu ? IR_NONE : plain_word(r, write)};
}

static u64 read_row(struct arm_cpu *a, const struct arm_sysreg *r)
{
    if (r->read)
        return r->read(a, r);
    return r->word == IR_NONE ? 0 : *field_of(a, r);
}

static NORETURN void no_such(struct arm_cpu *a, u64 number, bool write)
{
    cpu_sync_position(&a->base);
    LOG(LOG_INFO, "%s of p%u, %u, c%u, c%u, %u at %#llx", write ? "write" : "read", (unsigned)number >> 16,
        (unsigned)number >> 12 & 15, (unsigned)number >> 8 & 15, (unsigned)number >> 4 & 15,
        (unsigned)number & 15, (unsigned long long)a->base.pc);
    arm_raise_undef(a);
}

/* What the board is asked for. */
static u32 board_number(const struct arm_cpu *a, u64 number)
{
    return (u32)number | ((a->psr & PSR_M) == ARM_USR ? CPU_ARM_SYSREG_USER : 0);
}

static bool by_board(struct arm_cpu *a, u64 x, bool write)
{
    struct cpu *c = &a->base;
    if (!c->sysregs)
        return false;
    arm_check_timer_trap(a, x, write);
    if (write)
        cpu_alone(c);
    else
        cpu_sync_position(c); /* the clock reads exactly; the run loop has nothing to do */
    return true;
}

/* Registers of the board may depend on the clock, and may raise interrupts. x: see traps.h. From PL0 what is undefined
 * is so before it can be trapped; from PL1 only what is no register at all. */
u64 arm_help_cp_read(struct cpu *c, u64 x, u64 b, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    u32 number = ARM_CP_NUMBER(x);
    const struct arm_sysreg *r = find(a, number);
    u64 v = 0;
    (void)b, (void)d;
    if (!r || may_access(a, r, false) || (a->psr & PSR_M) != ARM_USR)
        arm_check_trap(a, x, false);
    if (r && may_access(a, r, false))
        return read_row(a, r);
    if (!r && by_board(a, x, false) && c->sysregs->read(c->sysregs_opaque, board_number(a, number), &v))
        return v;
    no_such(a, number, false);
}

u64 arm_help_cp_write(struct cpu *c, u64 x, u64 v, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    u32 number = ARM_CP_NUMBER(x);
    const struct arm_sysreg *r = find(a, number);
    (void)d;
    if (!r || may_access(a, r, true) || (a->psr & PSR_M) != ARM_USR)
        arm_check_trap(a, x, true);
    if (r && may_access(a, r, true)) {
        if (r->write)
            r->write(a, r, v);
        else if (r->word != IR_NONE)
            *field_of(a, r) = v;
        return 0;
    }
    if (!r && by_board(a, x, true) && c->sysregs->write(c->sysregs_opaque, board_number(a, number), v))
        return 0;
    no_such(a, number, true);
}

bool arm_sysreg_peek(struct arm_cpu *a, const struct arm_sysreg *r, u64 *v)
{
    if (!(r->access & (CP_PR | CP_HR | CP_SR)) || (r->feature && !arm_has(a, r->feature)))
        return false;
    *v = read_row(a, r);
    return true;
}
