/* emit_vfp.h - the emit functions of VFP and Advanced SIMD, and how they reach registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_ARM_EMIT_VFP_H
#define ARCH_ARM_EMIT_VFP_H

#include "arch/arm/emit.h"

enum arm_vfp_op { VFP_ADD, VFP_SUB, VFP_MUL, VFP_NMUL, VFP_DIV, VFP_MOV, VFP_ABS, VFP_NEG, VFP_SQRT };

arm_emit arm_vfp_accumulate, arm_vfp_binary, arm_vfp_fused, arm_vfp_imm, arm_vfp_unary, arm_vfp_half, arm_vfp_compare,
    arm_vfp_resize, arm_vfp_from_int, arm_vfp_to_int, arm_vfp_from_fixed, arm_vfp_to_fixed;
arm_emit arm_vfp_move_pair, arm_vfp_load_store, arm_vfp_multiple, arm_vfp_move_core, arm_vmsr, arm_vmrs, arm_vfp_dup,
    arm_vfp_to_scalar, arm_vfp_from_scalar;

/* emit_vfp.c: register numbers from a field and its fifth bit, and values. */
static inline unsigned arm_vfp_single(u32 field, u32 bit)
{
    return field << 1 | bit;
}
static inline unsigned arm_vfp_double(u32 field, u32 bit)
{
    return bit << 4 | field;
}
/* emit_vec_mem.c: a single register, and n (up to 16) double ones from d on; faults unless addr is a multiple of align. */
void arm_vec_load_s(struct arm_tr *t, unsigned s, ir_val addr, unsigned align);
void arm_vec_store_s(struct arm_tr *t, unsigned s, ir_val addr, unsigned align);
void arm_vec_load(struct arm_tr *t, unsigned d, unsigned n, ir_val addr, unsigned align);
void arm_vec_store(struct arm_tr *t, unsigned d, unsigned n, ir_val addr, unsigned align);
ir_val arm_vfp_get_s(struct arm_tr *t, unsigned n);
void arm_vfp_set_s(struct arm_tr *t, unsigned n, ir_val v);
/* VFPExpandImm (A7.5.1). */
u64 arm_vfp_expand_imm(u32 imm8, bool is_double);

#endif
