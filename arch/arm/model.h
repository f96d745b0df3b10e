/* model.h - the processors there are: what they have, and how they identify themselves */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_ARM_MODEL_H
#define ARCH_ARM_MODEL_H

#include "arch/arm/cpu.h"

enum arm_feature {
    ARM_NONE,
    ARM_DIV,       /* SDIV and UDIV, in A32 and T32 */
    ARM_VFP3,      /* VFPv3 with 32 registers, and Advanced SIMD */
    ARM_HALF,      /* half-precision conversions */
    ARM_VFP4,      /* VFPv4: fused multiply-add */
    ARM_LPAE,      /* the Long-descriptor translation table format */
    ARM_SECURITY,  /* the Security Extensions: SMC, monitor mode */
    ARM_VIRT,      /* the Virtualization Extensions: HVC, HYP mode, ERET, banked MRS */
    ARM_TIMER,     /* the generic timer */
    ARM_DEBUG,     /* v7.1 Debug, by coprocessor 14 */
    ARM_MP,        /* the Multiprocessing Extensions: PLDW */
};

/* Identification registers (B4.1), by their names; the values are those of the processors' Technical
 * Reference Manuals. */
struct arm_ids {
    u32 midr, ctr, mpidr, fpsid, mvfr0, mvfr1, sctlr_reset, pfr0, pfr1, dfr0, afr0, mmfr[4], isar[5], clidr,
        ccsidr[3], counters, didr, devid[2];
};

struct arm_model {
    const char *name, *description;
    u32 features; /* bits by enum arm_feature */
    struct arm_ids id;
};

static inline bool arm_has(const struct arm_cpu *a, unsigned feature)
{
    return a->features >> feature & 1;
}

/* B1.5.1: monitor mode is Secure; without the Security Extensions all is Non-secure. */
static inline bool arm_is_secure(const struct arm_cpu *a)
{
    return arm_has(a, ARM_SECURITY) && ((a->psr & PSR_M) == ARM_MON || !(a->scr & 1));
}

/* NULL (reported): there is none of this name. Owned by the caller. */
struct arm_model *arm_model_parse(const char *text);

#endif
