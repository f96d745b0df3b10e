/* test_security.c - monitor mode, the two security states and their registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "common_arm.h"

enum { NS = 1, SCR_IRQ = 2, SCR_FIQ = 4, SCR_SCD = 1 << 7, SCR_HCE = 1 << 8 };
#define READ_SCR(t) MRC(15, 0, t, 1, 1, 0)
#define WRITE_SCR(t) MCR(15, 0, t, 1, 1, 0)
#define READ_TPIDRPRW(t) MRC(15, 0, t, 13, 0, 4)
#define WRITE_TPIDRPRW(t) MCR(15, 0, t, 13, 0, 4)
#define WRITE_VBAR(t) MCR(15, 0, t, 12, 0, 0)

/* Monitor vectors; then SVC mode of the Non-secure state at AT_CODE2. */
static void go_nonsecure(struct bare *s, u32 scr)
{
    s->a->mvbar = AT_MVECTORS;
    bare_at(s, ARM_MON, AT_CODE);
    s->a->r[0] = scr;
    s->a->r[1] = AT_HVECTORS; /* the Non-secure VBAR here */
    s->a->r[2] = 3 << 10;
    BARE_RUN(s, 4, WRITE_SCR(0), WRITE_VBAR(1), MCR(15, 0, 2, 1, 1, 2));
    bare_at(s, ARM_SVC, AT_CODE2);
}

BARE_TEST(security, starts_secure, "cortex-a15")
{
    cr_expect(arm_is_secure(s->a));
    BARE_RUN(s, 3, READ_SCR(3), MOVW(4, 1));
    cr_expect_eq(s->a->r[4], 1);
    cr_expect_eq(s->a->r[3], 0);
}

/* SCR.NS in monitor mode chooses whose registers MRC and MCR are for; each state has its own. */
BARE_TEST(security, banked_registers, "cortex-a15")
{
    bare_at(s, ARM_MON, AT_CODE);
    s->a->scr = 0;
    BARE_RUN(s, 20, MOVW(0, 0x111), WRITE_TPIDRPRW(0), MOVW(1, NS), WRITE_SCR(1), MOVW(0, 0x222), WRITE_TPIDRPRW(0),
             READ_TPIDRPRW(3), MOVW(1, 0), WRITE_SCR(1), READ_TPIDRPRW(4));
    cr_expect_eq(s->a->r[3], 0x222);
    cr_expect_eq(s->a->r[4], 0x111);
    s->a->scr = NS;
    bare_at(s, ARM_SVC, AT_CODE2);
    bare_put(s, AT_CODE2, (const u32[]){READ_TPIDRPRW(5), A32_LOOP}, 2);
    bare_steps(s, 4);
    cr_expect_eq(s->a->r[5], 0x222);
    cr_expect_eq(s->a->tpidrprw, 0x222);
    bare_at(s, ARM_MON, AT_CODE);
    cr_expect_eq(s->a->tpidrprw, 0x111, "monitor mode is Secure");
}

/* The Secure state's registers are undefined for the other. */
BARE_TEST(security, secure_registers_are_hidden, "cortex-a15")
{
    go_nonsecure(s, NS);
    cr_expect(!arm_is_secure(s->a));
    bare_put(s, AT_CODE2, (const u32[]){READ_SCR(3), A32_LOOP}, 2);
    bare_steps(s, 3);
    cr_expect_eq(s->a->base.pc, AT_HVECTORS + 4, "by its own VBAR");
    cr_expect_eq(s->a->psr & PSR_M, ARM_UND);
}

BARE_TEST(security, smc_and_back, "cortex-a15")
{
    /* The monitor: changes the state's side, counts in r7, and returns. */
    bare_put(s, AT_MVECTORS + 8, (const u32[]){0xe2877001, A32_MOVS_PC_LR}, 2);
    go_nonsecure(s, NS);
    s->a->r[7] = 0;
    bare_put(s, AT_CODE2, (const u32[]){A32_SMC, MOVW(8, 5), A32_SMC, MOVW(8, 6), A32_LOOP}, 5);
    bare_steps(s, 12);
    cr_expect_eq(s->a->r[7], 2);
    cr_expect_eq(s->a->r[8], 6);
    cr_expect_eq(s->a->psr & PSR_M, ARM_SVC);
    cr_expect(!arm_is_secure(s->a));
}

BARE_TEST(security, smc_switched_off, "cortex-a15")
{
    go_nonsecure(s, NS | SCR_SCD);
    bare_put(s, AT_CODE2, (const u32[]){A32_SMC, A32_LOOP}, 2);
    bare_steps(s, 3);
    cr_expect_eq(s->a->base.pc, AT_HVECTORS + 4);
}

/* An exception in monitor mode is one of the Secure state: SCR.NS is cleared. */
BARE_TEST(security, exception_in_monitor_mode, "cortex-a15")
{
    bare_at(s, ARM_MON, AT_CODE);
    BARE_RUN(s, 4, MOVW(1, NS), WRITE_SCR(1), A32_SVC);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 8);
    cr_expect_eq(s->a->scr & NS, 0);
    cr_expect(arm_is_secure(s->a));
}

BARE_TEST(security, fiq_to_the_monitor, "cortex-a15")
{
    go_nonsecure(s, NS | SCR_FIQ);
    bare_put(s, AT_CODE2, (const u32[]){MOVW(8, 5), A32_LOOP}, 2);
    s->a->base.lines = 1u << CPU_LINE_FIQ; /* CPSR.F is set, and does not count without SCR.FW */
    bare_steps(s, 2);
    cr_expect_eq(s->a->base.pc, AT_MVECTORS + 0x1c);
    cr_expect_eq(s->a->psr & PSR_M, ARM_MON);
    cr_expect_eq(s->a->r[ARM_LR], AT_CODE2 + 4);
}

/* Without the Virtualization Extensions CPSR.F itself is locked instead. */
BARE_TEST(security, fiq_mask_locked, "cortex-a9")
{
    go_nonsecure(s, NS | SCR_FIQ);
    arm_set_cpsr(s->a, ARM_SVC | PSR_I);
    bare_put(s, AT_CODE2, (const u32[]){0xf10c01c0 /* CPSID AIF */, 0xe10f3000 /* MRS r3, CPSR */, A32_LOOP}, 3);
    bare_steps(s, 3);
    cr_expect_eq(s->a->r[3] & (PSR_A | PSR_I | PSR_F), PSR_I);
}

BARE_TEST(security, monitor_mode_is_entered_by_smc_only, "cortex-a15")
{
    go_nonsecure(s, NS);
    bare_put(s, AT_CODE2, (const u32[]){0xf1020016 /* CPS #MON */, MOVW(8, 5), A32_LOOP}, 3);
    bare_steps(s, 4);
    cr_expect_eq(s->a->psr & PSR_M, ARM_SVC);
}

/* NSACR keeps floating point from the Non-secure state. */
BARE_TEST(security, nsacr, "cortex-a15")
{
    s->a->cpacr = 15 << 20;
    s->a->fpexc = 1u << 30;
    go_nonsecure(s, NS);
    bare_put(s, AT_CODE2, (const u32[]){0xeeb70a00 /* VMOV.F32 s0, #1.0 */, MRC(15, 0, 3, 1, 0, 2), A32_LOOP}, 3);
    bare_steps(s, 4);
    cr_expect_eq(s->a->r[3], 15 << 20);
    s->a->nsacr = 0;
    bare_at(s, ARM_SVC, AT_CODE2);
    bare_steps(s, 1);
    cr_expect_eq(s->a->base.pc, AT_HVECTORS + 4);
    bare_at(s, ARM_SVC, AT_CODE2 + 4);
    bare_steps(s, 2);
    cr_expect_eq(s->a->r[3], 0);
}

/* HVC is of the Non-secure state, and SCR.HCE switches it on. */
BARE_TEST(security, hvc_enabled, "cortex-a15")
{
    s->a->hvbar = AT_HVECTORS;
    BARE_RUN(s, 2, A32_HVC);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 4);
    go_nonsecure(s, NS);
    bare_put(s, AT_CODE2, (const u32[]){A32_HVC, A32_LOOP}, 2);
    bare_steps(s, 1);
    cr_expect_eq(s->a->base.pc, AT_HVECTORS + 4);
    s->a->scr |= SCR_HCE;
    bare_at(s, ARM_SVC, AT_CODE2);
    bare_steps(s, 1);
    cr_expect_eq(s->a->base.pc, AT_HVECTORS + 0x14);
    cr_expect_eq(s->a->psr & PSR_M, ARM_HYP);
    cr_expect_eq(s->a->hsr >> 26, 0x12);
}

/* What a board does without is not there, and not announced. */
BARE_TEST(security, board_without, "cortex-a15")
{
    cr_expect_eq(bare_sysreg(s, "id_pfr1"), 0x11011);
    s->a->base.states = CPU_NO_HYP | CPU_NO_SECURE;
    s->a->base.arch->reset(&s->a->base);
    cr_expect_eq(s->a->psr & PSR_M, ARM_SVC);
    s->a->vbar = AT_VECTORS;
    BARE_RUN(s, 2, MRC(15, 0, 3, 0, 1, 1), A32_SMC);
    cr_expect_eq(s->a->r[3], 0x10001);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 4);
    s->a->base.states = CPU_NO_SECURE;
    s->a->base.arch->reset(&s->a->base);
    cr_expect_eq(s->a->psr & PSR_M, ARM_HYP);
    s->a->base.states = CPU_START_NONSECURE;
    s->a->base.arch->reset(&s->a->base);
    cr_expect_eq(s->a->psr & PSR_M, ARM_HYP);
    cr_expect_eq(s->a->scr, NS | SCR_HCE);
}
