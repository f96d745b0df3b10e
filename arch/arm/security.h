/* security.h - the Secure and the Non-secure state */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_ARM_SECURITY_H
#define ARCH_ARM_SECURITY_H

#include "arch/arm/cpu.h"
#include "arch/arm/model.h"

/* B4.1.129 SCR */
enum { ARM_SCR_NS = 1 << 0, ARM_SCR_IRQ = 1 << 1, ARM_SCR_FIQ = 1 << 2, ARM_SCR_EA = 1 << 3, ARM_SCR_FW = 1 << 4,
       ARM_SCR_AW = 1 << 5, ARM_SCR_SCD = 1 << 7, ARM_SCR_HCE = 1 << 8 };

/* The other state's registers become as these are; for reset. */
void arm_security_reset(struct arm_cpu *a);
/* After a change of SCR.NS, or into or out of monitor mode: the registers are those of the state
 * that it is now. */
void arm_update_security(struct arm_cpu *a);
/* Where MRC and MCR find a register that is kept in this word. */
u64 *arm_banked_word(struct arm_cpu *a, ir_val word);
/* For an operation on the registers that MRC and MCR are for: puts them in place, and back. */
bool arm_security_lend(struct arm_cpu *a);
void arm_security_give_back(struct arm_cpu *a, bool lent);
u32 arm_psr_locked(const struct arm_cpu *a); /* bits of the CPSR that do not change now */
u32 arm_nonsecure_cpacr(const struct arm_cpu *a, u32 cpacr); /* CPACR as it counts now */

#endif
