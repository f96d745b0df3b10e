/* emit_neon.h - the emit functions of Advanced SIMD */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_ARM_EMIT_NEON_H
#define ARCH_ARM_EMIT_NEON_H

#include "arch/arm/emit.h"
#include "arch/arm/neon.h"

/* A row's arg: which loop and operation; the tables are in emit_neon.c. */
struct neon_row {
    ir_helper loop;
    neon_fn *fn;
    u8 sizes;   /* a bit for each size (log2 of bytes) that there is */
    u8 flags;
};
enum { NEON_NO_Q = 1, /* 64 bits only */
       NEON_U = 2,    /* U is unsigned; else the row's letter says nothing */
       NEON_FORCE_U = 4, NEON_WIDE_D = 8 /* d is 128 bits */, NEON_WIDE_N = 16, NEON_WIDE_M = 32,
       NEON_SWAPPED = 64 /* n and m change places */, NEON_F32 = 128 /* singles; the size bit means something else */ };

arm_emit arm_neon_same, arm_neon_scalar, arm_neon_shift, arm_neon_shift_narrow, arm_neon_shift_long,
    arm_neon_fixed, arm_neon_misc, arm_neon_misc_narrow, arm_neon_shll_max, arm_neon_imm, arm_neon_ext, arm_neon_tbl,
    arm_neon_dup, arm_neon_permute, arm_neon_half;
/* emit_neon_vop.c: false: it is none of those that are there. */
bool arm_neon_vop(struct arm_tr *t, ir_helper loop, neon_fn *fn, struct neon_args g);
/* All elements of d are the lowest of a word. */
void arm_neon_spread(struct arm_tr *t, unsigned d, bool q, unsigned size, ir_val word);
/* emit_neon_mem.c */
arm_emit arm_neon_multiple, arm_neon_single, arm_neon_all;

#endif
