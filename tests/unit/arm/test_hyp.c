/* test_hyp.c - HYP mode: what it is told of, and the interrupts that it makes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "common_arm.h"

enum { EC_WFX = 1, EC_CP15 = 3, EC_CP15_64 = 4, EC_CP14 = 5, EC_FP = 7, EC_VMRS = 8, EC_SMC = 0x13 };

/* SVC mode of the Non-secure state at AT_CODE, with a hypervisor's vectors. */
static void below_hyp(struct bare *s)
{
    s->a->scr = 0x101; /* NS, HCE */
    s->a->hvbar = AT_HVECTORS;
    s->a->nsacr = 3 << 10;
    s->a->cpacr = 15 << 20;
    s->a->fpexc = 1u << 30;
    bare_at(s, ARM_MON, AT_CODE);
    bare_at(s, ARM_SVC, AT_CODE);
    s->a->vbar = AT_VECTORS;
}

static void expect_trap(struct bare *s, unsigned ec, u32 iss, const char *what)
{
    cr_expect_eq(s->a->psr & PSR_M, ARM_HYP, "%s: mode %#x", what, (unsigned)(s->a->psr & PSR_M));
    cr_expect_eq(s->a->base.pc, AT_HVECTORS + 0x14, "%s: pc %#llx", what, (unsigned long long)s->a->base.pc);
    cr_expect_eq(s->a->elr_hyp, AT_CODE, "%s: ELR %#llx", what, (unsigned long long)s->a->elr_hyp);
    cr_expect_eq(s->a->hsr, (ec << 26 | 1u << 25 | iss), "%s: HSR %#llx", what, (unsigned long long)s->a->hsr);
}

#define AL (1u << 24 | 14u << 20)
#define ISS(o, n, m, q, t, read) (AL | (q) << 17 | (o) << 14 | (n) << 10 | (t) << 5 | (m) << 1 | (read))

/* Each bit of HCR with an instruction that it traps, and with one that it does not. */
BARE_TEST(hyp, hcr_traps, "cortex-a15")
{
    static const struct {
        const char *what;
        u32 hcr, insn, iss;
        u32 other; /* goes on */
    } traps[] = {
        {"TVM", 1 << 26, MCR(15, 0, 3, 3, 0, 0), ISS(0u, 3u, 0u, 0u, 3u, 0u), MRC(15, 0, 3, 3, 0, 0)},
        {"TTLB", 1 << 25, MCR(15, 0, 3, 8, 7, 0), ISS(0u, 8u, 7u, 0u, 3u, 0u), MCR(15, 0, 3, 7, 5, 0)},
        {"TPU", 1 << 24, MCR(15, 0, 3, 7, 5, 0), ISS(0u, 7u, 5u, 0u, 3u, 0u), MCR(15, 0, 3, 7, 10, 1)},
        {"TPC", 1 << 23, MCR(15, 0, 3, 7, 10, 1), ISS(0u, 7u, 10u, 1u, 3u, 0u), MCR(15, 0, 3, 7, 10, 2)},
        {"TSW", 1 << 22, MCR(15, 0, 3, 7, 10, 2), ISS(0u, 7u, 10u, 2u, 3u, 0u), MCR(15, 0, 3, 7, 10, 1)},
        {"TAC", 1 << 21, MRC(15, 0, 4, 1, 0, 1), ISS(0u, 1u, 0u, 1u, 4u, 1u), MRC(15, 0, 4, 1, 0, 0)},
        {"TIDCP", 1 << 20, MRC(15, 1, 4, 9, 0, 2), ISS(1u, 9u, 0u, 2u, 4u, 1u), MRC(15, 0, 4, 9, 12, 0)},
        {"TID3", 1 << 18, MRC(15, 0, 4, 0, 1, 0), ISS(0u, 0u, 1u, 0u, 4u, 1u), MRC(15, 0, 4, 0, 0, 0)},
        {"TID2", 1 << 17, MRC(15, 1, 4, 0, 0, 1), ISS(1u, 0u, 0u, 1u, 4u, 1u), MRC(15, 0, 4, 0, 1, 0)},
        {"TID1", 1 << 16, MRC(15, 0, 4, 0, 0, 3), ISS(0u, 0u, 0u, 3u, 4u, 1u), MRC(15, 0, 4, 0, 0, 5)},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(traps); i++) {
        below_hyp(s);
        s->a->hcr = traps[i].hcr;
        bare_at(s, ARM_SVC, AT_CODE);
        BARE_RUN(s, 1, traps[i].insn, MOVW(8, 1));
        expect_trap(s, EC_CP15, traps[i].iss, traps[i].what);
        s->a->hcr = traps[i].hcr;
        bare_at(s, ARM_SVC, AT_CODE);
        s->a->r[8] = 0;
        BARE_RUN(s, 3, traps[i].other, MOVW(8, 1));
        cr_expect_eq(s->a->r[8], 1, "%s, the other", traps[i].what);
    }
}

BARE_TEST(hyp, wide_and_by_line, "cortex-a15")
{
    below_hyp(s);
    s->a->hcr = 1 << 26; /* TVM */
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, MCRR(15, 1, 4, 5, 2));
    expect_trap(s, EC_CP15_64, AL | 1 << 16 | 5 << 10 | 4 << 5 | 2 << 1, "TTBR1");
    s->a->hcr = 0;
    s->a->hstr = 1 << 13;
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, MRC(15, 0, 6, 13, 0, 4));
    expect_trap(s, EC_CP15, ISS(0u, 13u, 0u, 4u, 6u, 1u), "HSTR.T13");
    s->a->hstr = 0;
    s->a->hcptr = 1u << 31;
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, MRC(15, 0, 6, 1, 0, 2));
    expect_trap(s, EC_CP15, ISS(0u, 1u, 0u, 2u, 6u, 1u), "HCPTR.TCPAC");
    s->a->hcptr = 0;
    s->a->hdcr = 1 << 6;
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, MRC(15, 0, 6, 9, 13, 0));
    expect_trap(s, EC_CP15, ISS(0u, 9u, 13u, 0u, 6u, 1u), "HDCR.TPM");
    s->a->hdcr = 1 << 9;
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, MRC(14, 0, 6, 0, 2, 2));
    expect_trap(s, EC_CP14, ISS(0u, 0u, 2u, 2u, 6u, 1u), "HDCR.TDA");
}

BARE_TEST(hyp, fp_traps, "cortex-a15")
{
    below_hyp(s);
    s->a->hcptr = 3 << 10;
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, 0xeeb70a00 /* VMOV.F32 s0, #1.0 */);
    expect_trap(s, EC_FP, AL | 10, "VFP");
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, 0xeef13a10 /* VMRS r3, FPSCR */);
    expect_trap(s, EC_FP, AL | 10, "VMRS");
    s->a->hcptr = 1 << 15;
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, 0xf2800050 /* VMOV.I32 q0, #0 */);
    expect_trap(s, EC_FP, AL | 1 << 5, "Advanced SIMD");
    s->a->hcptr = 0;
    s->a->hcr = 1 << 18; /* TID3 */
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, 0xeef73a10 /* VMRS r3, MVFR0 */);
    expect_trap(s, EC_VMRS, AL | 7 << 14 | 7 << 10 | 3 << 5 | 1, "MVFR0");
}

/* WFI and WFE trap when they would wait; SEV and an interrupt that is pending let them pass. */
BARE_TEST(hyp, waiting, "cortex-a15")
{
    below_hyp(s);
    s->a->hcr = 3 << 13;
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, A32_WFI);
    expect_trap(s, EC_WFX, AL, "WFI");
    s->a->event = 0;
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, A32_WFE);
    expect_trap(s, EC_WFX, AL | 1, "WFE");
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 3, A32_SEV, A32_WFE, MOVW(8, 7));
    cr_expect_eq(s->a->r[8], 7);
    cr_expect_eq(s->a->event, 0);
    s->a->base.lines = 1u << CPU_LINE_IRQ;
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 3, A32_WFI, MOVW(8, 9));
    cr_expect_eq(s->a->r[8], 9);
}

BARE_TEST(hyp, smc_trap, "cortex-a15")
{
    below_hyp(s);
    s->a->hcr = 1 << 19;
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, A32_SMC);
    expect_trap(s, EC_SMC, AL, "SMC");
}

/* HCR.IMO sends interrupts up, whatever CPSR.I is; HCR.VI makes one for below, which CPSR.I masks. */
BARE_TEST(hyp, interrupts, "cortex-a15")
{
    below_hyp(s);
    s->a->hcr = 1 << 4;
    s->a->base.lines = 1u << CPU_LINE_IRQ;
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 1, A32_NOP);
    cr_expect_eq(s->a->base.pc, AT_HVECTORS + 0x18);
    cr_expect_eq(s->a->elr_hyp, AT_CODE);
    s->a->base.lines = 0;
    s->a->hcr = 1 << 4 | 1 << 7;
    bare_at(s, ARM_SVC, AT_CODE);
    BARE_RUN(s, 4, A32_NOP, MRC(15, 0, 3, 12, 1, 0), 0xf1080080 /* CPSIE I */);
    cr_expect_eq(s->a->r[3], 1 << 7);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 0x18);
    cr_expect_eq(s->a->psr & PSR_M, ARM_IRQ);
}

/* The identity that a hypervisor gives, and the real one. */
BARE_TEST(hyp, identity, "cortex-a15")
{
    below_hyp(s);
    s->a->vpidr = 0x1234;
    BARE_RUN(s, 2, MRC(15, 0, 3, 0, 0, 0));
    cr_expect_eq(s->a->r[3], 0x1234);
    bare_at(s, ARM_HYP, AT_CODE);
    bare_steps(s, 2);
    cr_expect_eq(s->a->r[3], 0x412fc0f1);
}
