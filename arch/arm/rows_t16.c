/* rows_t16.c - T32's instructions of 16 bits */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A6.2, in its order. */
#include "arch/arm/emit.h"

#define LOAD(acc) ((acc) | ACC_LOAD)

const struct arm_row arm_rows_t16[] = {
    /* A6.2.1 Shift (immediate), add, subtract, move, and compare */
    {"00011I0 mmm nnn ddd", "ADD (register, 3-bit immediate)", arm_t16_add3, ALU_ADD, 0, 0},
    {"00011I1 mmm nnn ddd", "SUB (register, 3-bit immediate)", arm_t16_add3, ALU_SUB, 0, 0},
    {"000tt iiiii mmm ddd", "LSL, LSR, ASR (immediate), MOV", arm_t16_shift_imm, 0, 0, 0},
    {"00100 ddd iiiiiiii", "MOV (immediate)", arm_t16_add_imm, ALU_MOV, 0, 0},
    {"00101 ddd iiiiiiii", "CMP (immediate)", arm_t16_add_imm, ALU_CMP, 0, 0},
    {"00110 ddd iiiiiiii", "ADD (8-bit immediate)", arm_t16_add_imm, ALU_ADD, 0, 0},
    {"00111 ddd iiiiiiii", "SUB (8-bit immediate)", arm_t16_add_imm, ALU_SUB, 0, 0},

    /* A6.2.2 Data-processing */
    {"010000 0000 mmm ddd", "AND", arm_t16_alu, ALU_AND, 0, 0},
    {"010000 0001 mmm ddd", "EOR", arm_t16_alu, ALU_EOR, 0, 0},
    {"010000 0010 mmm ddd", "LSL (register)", arm_t16_shift_reg, SHIFT_LSL, 0, 0},
    {"010000 0011 mmm ddd", "LSR (register)", arm_t16_shift_reg, SHIFT_LSR, 0, 0},
    {"010000 0100 mmm ddd", "ASR (register)", arm_t16_shift_reg, SHIFT_ASR, 0, 0},
    {"010000 0101 mmm ddd", "ADC", arm_t16_alu, ALU_ADC, 0, 0},
    {"010000 0110 mmm ddd", "SBC", arm_t16_alu, ALU_SBC, 0, 0},
    {"010000 0111 mmm ddd", "ROR (register)", arm_t16_shift_reg, SHIFT_ROR, 0, 0},
    {"010000 1000 mmm ddd", "TST", arm_t16_alu, ALU_TST, 0, 0},
    {"010000 1001 mmm ddd", "RSB", arm_t16_rsb, 0, 0, 0},
    {"010000 1010 mmm ddd", "CMP (register)", arm_t16_alu, ALU_CMP, 0, 0},
    {"010000 1011 mmm ddd", "CMN", arm_t16_alu, ALU_CMN, 0, 0},
    {"010000 1100 mmm ddd", "ORR", arm_t16_alu, ALU_ORR, 0, 0},
    {"010000 1101 nnn ddd", "MUL", arm_t16_mul, 0, 0, 0},
    {"010000 1110 mmm ddd", "BIC", arm_t16_alu, ALU_BIC, 0, 0},
    {"010000 1111 mmm ddd", "MVN", arm_t16_alu, ALU_MVN, 0, 0},

    /* A6.2.3 Special data instructions and branch and exchange */
    {"01000100 d mmmm ddd", "ADD (high registers)", arm_t16_hi, ALU_ADD, 0, 0},
    {"01000101 d mmmm ddd", "CMP (high registers)", arm_t16_hi, ALU_CMP, 0, 0},
    {"01000110 d mmmm ddd", "MOV (high registers)", arm_t16_hi, ALU_MOV, 0, 0},
    {"01000111 0 mmmm xxx", "BX", arm_bx, 0, 0, 0},
    {"01000111 1 mmmm xxx", "BLX (register)", arm_blx_reg, 0, 0, 0},

    /* A6.2.4 Load/store single data item */
    {"01001 ddd iiiiiiii", "LDR (literal)", arm_t16_literal, 0, 0, 0},
    {"0101000 mmm nnn ddd", "STR (register)", arm_t16_mem_reg, ACC_W, 0, 0},
    {"0101001 mmm nnn ddd", "STRH (register)", arm_t16_mem_reg, ACC_H, 0, 0},
    {"0101010 mmm nnn ddd", "STRB (register)", arm_t16_mem_reg, ACC_B, 0, 0},
    {"0101011 mmm nnn ddd", "LDRSB (register)", arm_t16_mem_reg, LOAD(ACC_SB), 0, 0},
    {"0101100 mmm nnn ddd", "LDR (register)", arm_t16_mem_reg, LOAD(ACC_W), 0, 0},
    {"0101101 mmm nnn ddd", "LDRH (register)", arm_t16_mem_reg, LOAD(ACC_H), 0, 0},
    {"0101110 mmm nnn ddd", "LDRB (register)", arm_t16_mem_reg, LOAD(ACC_B), 0, 0},
    {"0101111 mmm nnn ddd", "LDRSH (register)", arm_t16_mem_reg, LOAD(ACC_SH), 0, 0},
    {"01100 iiiii nnn ddd", "STR (immediate)", arm_t16_mem_imm, ACC_W, 0, 0},
    {"01101 iiiii nnn ddd", "LDR (immediate)", arm_t16_mem_imm, LOAD(ACC_W), 0, 0},
    {"01110 iiiii nnn ddd", "STRB (immediate)", arm_t16_mem_imm, ACC_B, 0, 0},
    {"01111 iiiii nnn ddd", "LDRB (immediate)", arm_t16_mem_imm, LOAD(ACC_B), 0, 0},
    {"10000 iiiii nnn ddd", "STRH (immediate)", arm_t16_mem_imm, ACC_H, 0, 0},
    {"10001 iiiii nnn ddd", "LDRH (immediate)", arm_t16_mem_imm, LOAD(ACC_H), 0, 0},
    {"10010 ddd iiiiiiii", "STR (SP)", arm_t16_mem_sp, ACC_W, 0, 0},
    {"10011 ddd iiiiiiii", "LDR (SP)", arm_t16_mem_sp, LOAD(ACC_W), 0, 0},

    {"10100 ddd iiiiiiii", "ADR", arm_t16_adr, 0, 0, 0},
    {"10101 ddd iiiiiiii", "ADD (SP plus immediate)", arm_t16_add_sp, 0, 0, 0},

    /* A6.2.5 Miscellaneous 16-bit instructions */
    {"10110000 0 iiiiiii", "ADD (SP)", arm_t16_adjust_sp, IR_ADD, 0, 0},
    {"10110000 1 iiiiiii", "SUB (SP)", arm_t16_adjust_sp, IR_SUB, 0, 0},
    {"101100 i1 iiiii nnn", "CBZ", arm_t16_cbz, 0, ROW_UNCOND, 0},
    {"101110 i1 iiiii nnn", "CBNZ", arm_t16_cbz, 1, ROW_UNCOND, 0},
    {"10110010 oo mmm ddd", "SXTH, SXTB, UXTH, UXTB", arm_t16_extend, 0, 0, 0},
    {"1011010 R rrrrrrrr", "PUSH", arm_t16_push, 0, 0, 0},
    {"10110110 010 1 E xxx", "SETEND", arm_setend, 0, ROW_UNCOND, 0},
    {"10110110 011 p x AIF", "CPS", arm_cps, 1, ROW_UNCOND, 0},
    {"10111010 00 mmm ddd", "REV", arm_rev, 0, 0, 0},
    {"10111010 01 mmm ddd", "REV16", arm_rev, 1, 0, 0},
    {"10111010 11 mmm ddd", "REVSH", arm_rev, 3, 0, 0},
    {"1011110 R rrrrrrrr", "POP", arm_t16_pop, 0, 0, 0},
    {"1011101010 iiiiii", "HLT (semihosting)", arm_hlt, 0, ROW_UNCOND, 0},
    {"10111110 iiiiiiii", "BKPT", arm_bkpt, 0, ROW_UNCOND, 0},
    {"10111111 0000 0000", "NOP", arm_nop, 0, 0, 0},
    {"10111111 iiii 0000", "YIELD, WFE, WFI, SEV", arm_hint, 1, 0, 0},
    {"10111111 iiii iiii", "IT", arm_t16_it, 0, ROW_UNCOND, 0},

    {"11000 nnn rrrrrrrr", "STM", arm_t16_ldm_stm, 0, 0, 0},
    {"11001 nnn rrrrrrrr", "LDM", arm_t16_ldm_stm, 1, 0, 0},

    /* A6.2.6 Conditional branch, and Supervisor Call */
    {"11011110 iiiiiiii", "UDF", arm_udf, 0, 0, 0},
    {"11011111 iiiiiiii", "SVC", arm_svc, 0, 0, 0},
    {"1101 kkkk iiiiiiii", "B (conditional)", arm_t16_b_cond, 0, ROW_UNCOND, 0},
    {"11100 iiiiiiiiiii", "B", arm_t16_b, 0, 0, 0},
    {0},
};
