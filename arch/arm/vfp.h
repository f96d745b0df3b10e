/* vfp.h - floating-point arithmetic as FPSCR says */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A2.6 and A2.7. */
#ifndef ARCH_ARM_VFP_H
#define ARCH_ARM_VFP_H

#include "arch/arm/cpu.h"
#include "emu/fp.h"

enum { /* FPSCR (A2.6.3) */
       FPSCR_IOC = 1 << 0, FPSCR_DZC = 1 << 1, FPSCR_OFC = 1 << 2, FPSCR_UFC = 1 << 3, FPSCR_IXC = 1 << 4,
       FPSCR_IDC = 1 << 7, FPSCR_LEN_STRIDE = 0x370000, FPSCR_RMODE_SHIFT = 22, FPSCR_FZ = 1 << 24,
       FPSCR_DN = 1 << 25, FPSCR_AHP = 1 << 26, FPSCR_QC = 1 << 27 };
#define FPSCR_WRITABLE 0xfff7009fu /* LEN and STRIDE are kept, and then VFP is not executed (no short vectors) */

/* FPSCR as a register. Setting it does not update the mode. */
u32 arm_get_fpscr(const struct arm_cpu *a);
void arm_set_fpscr(struct arm_cpu *a, u32 v);

/* A context by FPSCR; or the standard one of Advanced SIMD (A2.7.6): flush to zero, default NaN, to nearest. */
struct fp_ctx arm_fp_begin(const struct arm_cpu *a, bool standard);
void arm_fp_end(struct arm_cpu *a, const struct fp_ctx *c); /* gathers the flags */
/* An operand; a denormal one is zero when they are flushed. */
struct fp_num arm_fp_operand(struct fp_ctx *c, const struct fp_format *f, u64 bits);

/* The operations on bits of a format. */
typedef u64 arm_fp_op(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b);
arm_fp_op arm_fp_add, arm_fp_sub, arm_fp_mul, arm_fp_div, arm_fp_sqrt, arm_fp_max, arm_fp_min;
/* a + b * c, rounded once. */
u64 arm_fp_fma(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 x, u64 y);
/* A6.. FPCompare: N, Z, C and V in bits 31 to 28. quiet: only a signalling NaN is invalid. */
u32 arm_fp_compare(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b, bool quiet);
u64 arm_fp_convert(struct fp_ctx *c, const struct fp_format *to, const struct fp_format *from, u64 v);
/* Half precision, with the alternative format if FPSCR.AHP says so. */
u64 arm_fp_from_half(struct fp_ctx *c, const struct fp_format *to, u32 half, bool ahp);
u32 arm_fp_to_half(struct fp_ctx *c, const struct fp_format *from, u64 v, bool ahp);
/* Integers and fixed-point numbers with so many bits behind the point. */
u64 arm_fp_from_int(struct fp_ctx *c, const struct fp_format *f, bool negative, u64 magnitude, unsigned fraction);
u64 arm_fp_to_int(struct fp_ctx *c, const struct fp_format *f, u64 v, unsigned bits, bool is_signed, unsigned fraction,
                  bool to_zero);

#endif
