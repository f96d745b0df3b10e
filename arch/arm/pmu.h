/* pmu.h - performance monitors: for cp15.c's rows */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_ARM_PMU_H
#define ARCH_ARM_PMU_H

#include "arch/arm/cp15.h"

typedef u64 arm_sysreg_read(struct arm_cpu *a, const struct arm_sysreg *r);
typedef void arm_sysreg_write(struct arm_cpu *a, const struct arm_sysreg *r, u64 v);

arm_sysreg_read arm_read_pmcr, arm_read_pmccntr, arm_read_pmovsr, arm_read_pmceid,
    arm_read_pmxevtyper, arm_read_pmxevcntr;
arm_sysreg_write arm_write_pmcr, arm_write_pmccntr, arm_write_pmcnten, arm_write_pminten,
    arm_write_pmovsr, arm_write_pmswinc, arm_write_pmselr, arm_write_pmxevtyper,
    arm_write_pmxevcntr;

#endif
