/* stage2.h - stage 2 of the translation */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_ARM_STAGE2_H
#define ARCH_ARM_STAGE2_H

#include "arch/arm/cpu.h"

struct arm_stage2 {
    u64 pa;
    bool read, write, exec, device;
    unsigned level, fault; /* where the descriptor is; why it failed: the status of the
                              Long-descriptor format */
};

/* Does it apply to the present mode's accesses? */
bool arm_stage2_on(const struct arm_cpu *a);
/* From an intermediate physical address, to which va led. False: s->fault. */
bool arm_stage2_walk(struct arm_cpu *a, u64 ipa, u64 va, bool exec, bool debug,
                     struct arm_stage2 *s);
/* ISV, SAS, SSE and SRT of HSR for the instruction at the pc, or 0 (B3.13.6). */
u32 arm_stage2_syndrome(const struct arm_cpu *a);

#endif
