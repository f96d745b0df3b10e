/* emit.h - the emit functions that the rows name, and what they share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One function serves the encodings of an instruction in both instruction sets, by using the same letters
 * for their fields: d n m s a registers; h l the high and low half of a 64-bit result; i an immediate; t a
 * shift's type; S whether flags are set; P U W L of loads and stores; r a register list.
 */
#ifndef ARCH_ARM_EMIT_H
#define ARCH_ARM_EMIT_H

#include "arch/arm/translate.h"

enum arm_alu { /* the opcodes of A5.2.1, and ORN of T32 */
    ALU_AND, ALU_EOR, ALU_SUB, ALU_RSB, ALU_ADD, ALU_ADC, ALU_SBC, ALU_RSC, ALU_TST, ALU_TEQ, ALU_CMP,
    ALU_CMN, ALU_ORR, ALU_MOV, ALU_BIC, ALU_MVN, ALU_ORN,
};
enum arm_shift { SHIFT_LSL, SHIFT_LSR, SHIFT_ASR, SHIFT_ROR };

/* The second operand, and the carry out of the shifter: IR_NONE when C stays as it is. */
struct arm_operand {
    ir_val value, carry;
};
struct arm_operand arm_operand_imm(struct arm_tr *t, u32 value, int carry);
/* A5.2.4, A8.4: by a constant of five bits, where 0 means 32 for LSR and ASR, and RRX for ROR. */
struct arm_operand arm_shift_imm(struct arm_tr *t, ir_val x, unsigned type, unsigned n, bool carry);
struct arm_operand arm_shift_reg(struct arm_tr *t, ir_val x, unsigned type, ir_val amount, bool carry);
/* d = n op y; comparisons only set flags. */
void arm_alu(struct arm_tr *t, enum arm_alu op, bool s, unsigned d, ir_val x, struct arm_operand y);

typedef void arm_emit(struct arm_tr *t, const struct arm_insn *in);

/* emit_alu.c */
arm_emit arm_a32_alu_imm, arm_a32_alu_reg, arm_a32_alu_shift;
arm_emit arm_t32_alu_imm, arm_t32_alu_reg, arm_t32_shift, arm_t32_add_imm12, arm_t32_adr;
arm_emit arm_t16_shift_imm, arm_t16_add3, arm_t16_add_imm, arm_t16_alu, arm_t16_shift_reg, arm_t16_hi,
    arm_t16_adr, arm_t16_add_sp, arm_t16_adjust_sp, arm_t16_rsb, arm_t16_mul;
arm_emit arm_movw, arm_movt, arm_clz, arm_rev, arm_bitfield, arm_bfi, arm_extend, arm_t16_extend;

/* emit_mul.c */
arm_emit arm_mul, arm_mls, arm_mull, arm_umaal, arm_div, arm_smlaxy, arm_smlaw, arm_smlalxy, arm_smlad,
    arm_smlald, arm_smmla, arm_usada8;

/* emit_media.c */
arm_emit arm_parallel, arm_pkh, arm_sel, arm_saturate, arm_saturate16, arm_qadd;

/* emit_mem.c; arg: an arm_access */
enum arm_access { ACC_W, ACC_B, ACC_H, ACC_SB, ACC_SH, ACC_D, ACC_LOAD = 8, ACC_USER = 16 };
arm_emit arm_a32_mem_imm, arm_a32_mem_reg, arm_a32_extra_imm, arm_a32_extra_reg;
arm_emit arm_t32_mem_imm12, arm_t32_mem_imm8, arm_t32_mem_reg, arm_t32_mem_literal, arm_t32_dual;
arm_emit arm_t16_mem_reg, arm_t16_mem_imm, arm_t16_mem_sp, arm_t16_literal;
arm_emit arm_ldrex, arm_strex, arm_clrex, arm_swp, arm_preload;

/* emit_multiple.c */
arm_emit arm_ldm_stm, arm_t16_push, arm_t16_pop, arm_t16_ldm_stm, arm_srs, arm_rfe;

/* emit_branch.c */
arm_emit arm_a32_b, arm_a32_bl, arm_a32_blx, arm_bx, arm_blx_reg;
arm_emit arm_t16_b, arm_t16_b_cond, arm_t16_cbz, arm_t16_it, arm_t32_b, arm_t32_b_cond, arm_t32_bl,
    arm_t32_blx, arm_t32_tbb;

/* emit_system.c */
arm_emit arm_nop, arm_hint, arm_svc, arm_hlt, arm_bkpt, arm_hvc, arm_smc, arm_eret, arm_udf, arm_barrier, arm_setend,
    arm_cps, arm_mrs, arm_msr, arm_msr_imm, arm_mrs_banked, arm_msr_banked, arm_mcr, arm_mrc, arm_mcrr,
    arm_mrrc, arm_t32_subs_pc;

#endif
