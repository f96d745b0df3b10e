/* security.c - the Secure and the Non-secure state, and the registers that each has of its own */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, B1.5 (the Security Extensions), B3.15.4 (banked system registers).
 *
 * The words of struct arm_cpu are the present state's, so that nobody has to ask which; the other's
 * are in `other`. Only monitor mode sees both: it is Secure, and SCR.NS says whose registers its
 * MRC and MCR are for.
 */
#include "arch/arm/security.h"

#include "emu/check.h"

static const ir_val banked[ARM_N_BANKED] = {
    IR_WORD(struct arm_cpu, csselr),     IR_WORD(struct arm_cpu, sctlr),
    IR_WORD(struct arm_cpu, actlr),      IR_WORD(struct arm_cpu, ttbr0),
    IR_WORD(struct arm_cpu, ttbr1),      IR_WORD(struct arm_cpu, ttbcr),
    IR_WORD(struct arm_cpu, dacr),       IR_WORD(struct arm_cpu, mair0),
    IR_WORD(struct arm_cpu, mair1),      IR_WORD(struct arm_cpu, amair0),
    IR_WORD(struct arm_cpu, amair1),     IR_WORD(struct arm_cpu, dfsr),
    IR_WORD(struct arm_cpu, ifsr),       IR_WORD(struct arm_cpu, adfsr),
    IR_WORD(struct arm_cpu, aifsr),      IR_WORD(struct arm_cpu, dfar),
    IR_WORD(struct arm_cpu, ifar),       IR_WORD(struct arm_cpu, par),
    IR_WORD(struct arm_cpu, contextidr), IR_WORD(struct arm_cpu, fcseidr),
    IR_WORD(struct arm_cpu, tpidrurw),   IR_WORD(struct arm_cpu, tpidruro),
    IR_WORD(struct arm_cpu, tpidrprw),   IR_WORD(struct arm_cpu, vbar),
};

static void exchange(struct arm_cpu *a)
{
    for (unsigned i = 0; i < ARRAY_SIZE(banked); i++) {
        u64 *word = (u64 *)a + banked[i], v = *word;
        *word = a->other[i];
        a->other[i] = v;
    }
}

void arm_security_reset(struct arm_cpu *a)
{
    for (unsigned i = 0; i < ARRAY_SIZE(banked); i++)
        a->other[i] = ((u64 *)a)[banked[i]];
    a->held_ns = !arm_is_secure(a);
}

void arm_update_security(struct arm_cpu *a)
{
    u64 ns = !arm_is_secure(a);
    if (a->held_ns == ns || !arm_has(a, ARM_SECURITY))
        return;
    exchange(a);
    a->held_ns = ns;
    arm_set_root(a);
    a->base.attention = true;
}

static bool for_the_other(const struct arm_cpu *a)
{
    return (a->psr & PSR_M) == ARM_MON && (a->scr & ARM_SCR_NS);
}

u64 *arm_banked_word(struct arm_cpu *a, ir_val word)
{
    if (UNLIKELY(for_the_other(a)))
        for (unsigned i = 0; i < ARRAY_SIZE(banked); i++)
            if (banked[i] == word)
                return &a->other[i];
    return (u64 *)a + word;
}

bool arm_security_lend(struct arm_cpu *a)
{
    if (!for_the_other(a))
        return false;
    exchange(a);
    return true;
}

void arm_security_give_back(struct arm_cpu *a, bool lent)
{
    if (lent)
        exchange(a);
}

/* B1.5.1, B9.3.11: without the Virtualization Extensions the Non-secure state changes CPSR.A and F
 * only where SCR lets it. */
u32 arm_psr_locked(const struct arm_cpu *a)
{
    if (!arm_has(a, ARM_SECURITY) || arm_has(a, ARM_VIRT) || arm_is_secure(a))
        return 0;
    return (a->scr & ARM_SCR_AW ? 0 : PSR_A) | (a->scr & ARM_SCR_FW ? 0 : PSR_F);
}

/* B4.1.111: what the Non-secure state may have of the coprocessors. */
u32 arm_nonsecure_cpacr(const struct arm_cpu *a, u32 cpacr)
{
    if (!arm_has(a, ARM_SECURITY) || arm_is_secure(a))
        return cpacr;
    if (!(a->nsacr & 1u << 10))
        cpacr &= ~(15u << 20);
    return a->nsacr & 1u << 15 ? cpacr | 1u << 31 : cpacr;
}
