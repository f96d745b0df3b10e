/* rows_neon.c - Advanced SIMD instructions, in A32's form */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A7.4 and A7.7. */
#include "arch/arm/emit.h"

const struct arm_row arm_rows_neon[] = {
    {0},
};
