/* rows_vfp.c - VFP instructions, in A32's form */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A7.5 to A7.9. */
#include "arch/arm/emit.h"

const struct arm_row arm_rows_vfp[] = {
    {0},
};
