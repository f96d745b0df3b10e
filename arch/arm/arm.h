/* arm.h - the Arm processor as the rest of the program makes it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_ARM_ARM_H
#define ARCH_ARM_ARM_H

#include "emu/cpu.h"

/* A CPU by its -cpu text: MODEL[,feature=on|off]. Reports and returns NULL when it is not known. */
struct cpu *arm_cpu_new(const char *model);
/* Models, for -cpu help. */
void arm_cpu_list(struct buf *out);

/* System registers that boards serve (struct cpu_sysreg_ops) are numbered so: the MCR or MRC fields
 * for 32-bit registers (opc2 0 to 7), and for MCRR and MRRC crn is 0 and opc2 is 8. */
#define ARM_SYSREG(coproc, opc1, crn, crm, opc2)                                                   \
    ((u32)(coproc) << 16 | (u32)(opc1) << 12 | (u32)(crn) << 8 | (u32)(crm) << 4 | (u32)(opc2))
#define ARM_SYSREG64(coproc, opc1, crm) ARM_SYSREG(coproc, opc1, 0, crm, 8)

/* What a board may do to the processor before it runs: where and in what state a kernel starts. */
struct arm_start {
    u64 pc;       /* bit 0: Thumb */
    u32 r[4];     /* r0 to r3 */
    bool hyp;     /* in HYP mode, if the processor has it; else SVC */
};
void arm_cpu_start(struct cpu *c, const struct arm_start *s);

/* PSCI calls (Arm DEN 0022) by HVC or SMC, as the board's firmware; default: none, and the calls
 * are undefined. */
enum arm_psci { ARM_PSCI_NONE, ARM_PSCI_HVC, ARM_PSCI_SMC };
void arm_cpu_set_psci(struct cpu *c, enum arm_psci conduit);
/* Base of the private peripheral block (A9, A15: CBAR), as the board places it. */
void arm_cpu_set_cbar(struct cpu *c, u64 base);
bool arm_cpu_has_hyp(const struct cpu *c);

#endif
