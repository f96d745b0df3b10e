/* rows_t32.c - T32's instructions of 32 bits, but VFP and Advanced SIMD */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, A6.3, in its order; where encodings overlap the special ones come first. Rows are drawn
 * as one word, the first halfword on top.
 */
#include "arch/arm/emit.h"
#include "arch/arm/model.h"

#define LOAD(acc) ((acc) | ACC_LOAD)

const struct arm_row arm_rows_t32[] = {
    /* A6.3.6 Load/store dual, load/store exclusive, table branch */
    {"111010000100 nnnn mmmm dddd iiiiiiii", "STREX", arm_strex, ACC_W, 0, 0},
    {"111010000101 nnnn dddd !!!! iiiiiiii", "LDREX", arm_ldrex, ACC_W, 0, 0},
    {"111010001100 nnnn mmmm !!!! 0100 dddd", "STREXB", arm_strex, ACC_B, 0, 0},
    {"111010001100 nnnn mmmm !!!! 0101 dddd", "STREXH", arm_strex, ACC_H, 0, 0},
    {"111010001100 nnnn mmmm DDDD 0111 dddd", "STREXD", arm_strex, ACC_D, 0, 0},
    {"111010001101 nnnn !!!! xxxx 000H mmmm", "TBB, TBH", arm_t32_tbb, 0, 0, 0},
    {"111010001101 nnnn dddd !!!! 0100 !!!!", "LDREXB", arm_ldrex, ACC_B, 0, 0},
    {"111010001101 nnnn dddd !!!! 0101 !!!!", "LDREXH", arm_ldrex, ACC_H, 0, 0},
    {"111010001101 nnnn dddd DDDD 0111 !!!!", "LDREXD", arm_ldrex, ACC_D, 0, 0},
    {"1110100P U1W0 nnnn dddd DDDD iiiiiiii", "STRD (immediate)", arm_t32_dual, ACC_D, 0, 0},
    {"1110100P U1W1 nnnn dddd DDDD iiiiiiii", "LDRD (immediate, literal)", arm_t32_dual, LOAD(ACC_D), 0, 0},

    /* A6.3.5 Load/store multiple; with op 00 and 11 SRS and RFE */
    {"1110100 00 0W0 !!0! xx xx xxxx xxxk kkkk", "SRS (decrement before)", arm_srs, 0, 0, 0},
    {"1110100 00 0W1 nnnn !!xx xxxx xxxx xxxx", "RFE (decrement before)", arm_rfe, 0, 0, 0},
    {"1110100 11 0W0 !!0! xx xx xxxx xxxk kkkk", "SRS (increment after)", arm_srs, 1, 0, 0},
    {"1110100 11 0W1 nnnn !!xx xxxx xxxx xxxx", "RFE (increment after)", arm_rfe, 1, 0, 0},
    {"1110100 01 0WL nnnn rrrr rrrr rrrr rrrr", "LDM, STM (increment after)", arm_ldm_stm, 1, 0, 0},
    {"1110100 10 0WL nnnn rrrr rrrr rrrr rrrr", "LDMDB, STMDB", arm_ldm_stm, 0, 0, 0},

    /* A6.3.11 Data-processing (shifted register) */
    {"11101010110 0 nnnn x iii dddd ii T0 mmmm", "PKHBT, PKHTB", arm_pkh, 0, 0, 0},
    {"1110101 oooo S nnnn x iii dddd ii tt mmmm", "data-processing (shifted register)", arm_t32_alu_reg, 0, 0, 0},

    /* A6.3.4 Branches and miscellaneous control */
    {"11110 011100r nnnn 10x0 mmmm xx1M xxxx", "MSR (banked)", arm_msr_banked, 0, ROW_PRIV, ARM_VIRT},
    {"11110 011100r nnnn 10x0 kkkk xxxx xxxx", "MSR (register)", arm_msr, 0, 0, 0},
    {"11110 0111010 !!!! 10x0 x000 00000000", "NOP", arm_nop, 0, 0, 0},
    {"11110 0111010 !!!! 10x0 x000 iiiiiiii", "YIELD, WFE, WFI, SEV, DBG", arm_hint, 0, 0, 0},
    {"11110 0111010 !!!! 10x0 x ppM AIF kkkkk", "CPS", arm_cps, 2, ROW_UNCOND, 0},
    {"11110 0111011 !!!! 10x0 !!!! 0010 !!!!", "CLREX", arm_clrex, 0, 0, 0},
    {"11110 0111011 !!!! 10x0 !!!! 0100 oooo", "DSB", arm_barrier, 0, 0, 0},
    {"11110 0111011 !!!! 10x0 !!!! 0101 oooo", "DMB", arm_barrier, 0, 0, 0},
    {"11110 0111011 !!!! 10x0 !!!! 0110 oooo", "ISB", arm_barrier, 1, 0, 0},
    {"11110 0111100 mmmm 10x0 !!!! xxxx xxxx", "BXJ", arm_bx, 0, 0, 0},
    {"11110 0111101 !!!0 10x0 !!!! 00000000", "ERET", arm_t32_subs_pc, 0, 0, 0},
    {"11110 0111101 nnnn 10x0 !!!! iiiiiiii", "SUBS PC, LR", arm_t32_subs_pc, 0, 0, 0},
    {"11110 011111r mmmm 10x0 dddd xx1M xxxx", "MRS (banked)", arm_mrs_banked, 0, ROW_PRIV, ARM_VIRT},
    {"11110 011111r !!!! 10x0 dddd xxxx xxxx", "MRS", arm_mrs, 0, 0, 0},
    {"11110 1111110 iiii 1000 iiii iiii iiii", "HVC", arm_hvc, 0, ROW_UNCOND, 0},
    {"11110 1111111 iiii 1000 xxxx xxxx xxxx", "SMC", arm_smc, 0, ROW_PRIV, 0},
    {"11110 1111111 iiii 1010 iiii iiii iiii", "UDF", arm_udf, 0, 0, 0},
    {"11110 S kkkk iiiiii 10j0j iiiiiiiiiii", "B (conditional)", arm_t32_b_cond, 0, ROW_UNCOND, 0},
    {"11110 S iiiiiiiiii 10j1j iiiiiiiiiii", "B", arm_t32_b, 0, 0, 0},
    {"11110 S iiiiiiiiii 11j0j iiiiiiiiiii", "BLX (immediate)", arm_t32_blx, 0, 0, 0},
    {"11110 S iiiiiiiiii 11j1j iiiiiiiiiii", "BL", arm_t32_bl, 0, 0, 0},

    /* A6.3.1 Data-processing (modified immediate) */
    {"11110 i 0 oooo S nnnn 0 iii dddd iiiiiiii", "data-processing (modified immediate)", arm_t32_alu_imm, 0, 0, 0},

    /* A6.3.3 Data-processing (plain binary immediate) */
    {"11110 i 100000 1111 0 iii dddd iiiiiiii", "ADR (add)", arm_t32_adr, ALU_ADD, 0, 0},
    {"11110 i 101010 1111 0 iii dddd iiiiiiii", "ADR (subtract)", arm_t32_adr, ALU_SUB, 0, 0},
    {"11110 i 100000 nnnn 0 iii dddd iiiiiiii", "ADDW", arm_t32_add_imm12, ALU_ADD, 0, 0},
    {"11110 i 101010 nnnn 0 iii dddd iiiiiiii", "SUBW", arm_t32_add_imm12, ALU_SUB, 0, 0},
    {"11110 i 100100 jjjj 0 iii dddd iiiiiiii", "MOVW", arm_movw, 0, 0, 0},
    {"11110 i 101100 jjjj 0 iii dddd iiiiiiii", "MOVT", arm_movt, 0, 0, 0},
    {"11110 x 110010 nnnn 0000 dddd 00x sssss", "SSAT16", arm_saturate16, 0, 0, 0},
    {"11110 x 111010 nnnn 0000 dddd 00x sssss", "USAT16", arm_saturate16, 1, 0, 0},
    {"11110 x 1100T0 nnnn 0 iii dddd ii x sssss", "SSAT", arm_saturate, 0, 0, 0},
    {"11110 x 1110T0 nnnn 0 iii dddd ii x sssss", "USAT", arm_saturate, 1, 0, 0},
    {"11110 x 110100 nnnn 0 lll dddd ll x wwwww", "SBFX", arm_bitfield, 1, 0, 0},
    {"11110 x 110110 nnnn 0 lll dddd ll x mmmmm", "BFI, BFC", arm_bfi, 0, 0, 0},
    {"11110 x 111100 nnnn 0 lll dddd ll x wwwww", "UBFX", arm_bitfield, 0, 0, 0},

    /* A6.3.7 to A6.3.9 Load: word, halfword, byte; with d 15 the narrow ones are memory hints */
    {"1111100 XX0 X1 1111 1111 XXXX XXXX XXXX", "PLD, PLI (literal)", arm_preload, 0, 0, 0},
    {"1111100 X10 X1 nnnn 1111 XXXX XXXX XXXX", "PLD, PLI (immediate)", arm_preload, 0, 0, 0},
    {"1111100 X00 X1 nnnn 1111 1100 XXXX XXXX", "PLD, PLI (negative immediate)", arm_preload, 0, 0, 0},
    {"1111100 X00 X1 nnnn 1111 0000 00XX mmmm", "PLD, PLI (register)", arm_preload, 0, 0, 0},
    {"1111100 0U00 1 1111 dddd iiii iiii iiii", "LDRB (literal)", arm_t32_mem_literal, LOAD(ACC_B), 0, 0},
    {"1111100 0U01 1 1111 dddd iiii iiii iiii", "LDRH (literal)", arm_t32_mem_literal, LOAD(ACC_H), 0, 0},
    {"1111100 0U10 1 1111 dddd iiii iiii iiii", "LDR (literal)", arm_t32_mem_literal, LOAD(ACC_W), 0, 0},
    {"1111100 1U00 1 1111 dddd iiii iiii iiii", "LDRSB (literal)", arm_t32_mem_literal, LOAD(ACC_SB), 0, 0},
    {"1111100 1U01 1 1111 dddd iiii iiii iiii", "LDRSH (literal)", arm_t32_mem_literal, LOAD(ACC_SH), 0, 0},

#define SINGLE(size, sign, l, acc, name)                                                                       \
    {"1111100" sign "1" size l "nnnn dddd iiii iiii iiii", name " (12-bit immediate)", arm_t32_mem_imm12, acc, 0, 0}, \
    {"1111100" sign "0" size l "nnnn dddd 1PUW iiii iiii", name " (8-bit immediate)", arm_t32_mem_imm8, acc, 0, 0}, \
    {"1111100" sign "0" size l "nnnn dddd 0000 00ii mmmm", name " (register)", arm_t32_mem_reg, acc, 0, 0}
    SINGLE("00", "0", "0", ACC_B, "STRB"),
    SINGLE("01", "0", "0", ACC_H, "STRH"),
    SINGLE("10", "0", "0", ACC_W, "STR"),
    SINGLE("00", "0", "1", LOAD(ACC_B), "LDRB"),
    SINGLE("01", "0", "1", LOAD(ACC_H), "LDRH"),
    SINGLE("10", "0", "1", LOAD(ACC_W), "LDR"),
    SINGLE("00", "1", "1", LOAD(ACC_SB), "LDRSB"),
    SINGLE("01", "1", "1", LOAD(ACC_SH), "LDRSH"),
#undef SINGLE

    /* A6.3.12 Data-processing (register) */
    {"11111010 0tt S nnnn 1111 dddd 0000 mmmm", "LSL, LSR, ASR, ROR (register)", arm_t32_shift, 0, 0, 0},
    {"11111010 0000 nnnn 1111 dddd 1xrr mmmm", "SXTAH, SXTH", arm_extend, 3, 0, 0},
    {"11111010 0001 nnnn 1111 dddd 1xrr mmmm", "UXTAH, UXTH", arm_extend, 7, 0, 0},
    {"11111010 0010 nnnn 1111 dddd 1xrr mmmm", "SXTAB16, SXTB16", arm_extend, 0, 0, 0},
    {"11111010 0011 nnnn 1111 dddd 1xrr mmmm", "UXTAB16, UXTB16", arm_extend, 4, 0, 0},
    {"11111010 0100 nnnn 1111 dddd 1xrr mmmm", "SXTAB, SXTB", arm_extend, 2, 0, 0},
    {"11111010 0101 nnnn 1111 dddd 1xrr mmmm", "UXTAB, UXTB", arm_extend, 6, 0, 0},
    {"11111010 1ooo nnnn 1111 dddd 0kkk mmmm", "parallel addition and subtraction", arm_parallel, 1, 0, 0},
    {"11111010 1000 nnnn 1111 dddd 10oo mmmm", "QADD, QDADD, QSUB, QDSUB", arm_qadd, 1, 0, 0},
    /* m is given twice */
    {"11111010 1001 nnnn 1111 dddd 1000 mmmm", "REV", arm_rev, 0, 0, 0},
    {"11111010 1001 nnnn 1111 dddd 1001 mmmm", "REV16", arm_rev, 1, 0, 0},
    {"11111010 1001 nnnn 1111 dddd 1010 mmmm", "RBIT", arm_rev, 2, 0, 0},
    {"11111010 1001 nnnn 1111 dddd 1011 mmmm", "REVSH", arm_rev, 3, 0, 0},
    {"11111010 1010 nnnn 1111 dddd 1000 mmmm", "SEL", arm_sel, 0, 0, 0},
    {"11111010 1011 nnnn 1111 dddd 1000 mmmm", "CLZ", arm_clz, 0, 0, 0},

    /* A6.3.16 Multiply, multiply accumulate, and absolute difference */
    {"11111011 0000 nnnn 1111 dddd 0000 mmmm", "MUL", arm_mul, 0, 0, 0},
    {"11111011 0000 nnnn aaaa dddd 0000 mmmm", "MLA", arm_mul, 1, 0, 0},
    {"11111011 0000 nnnn aaaa dddd 0001 mmmm", "MLS", arm_mls, 0, 0, 0},
    {"11111011 0001 nnnn 1111 dddd 00vy mmmm", "SMULBB to SMULTT", arm_smlaxy, 0, 0, 0},
    {"11111011 0001 nnnn aaaa dddd 00vy mmmm", "SMLABB to SMLATT", arm_smlaxy, 1, 0, 0},
    {"11111011 0010 nnnn aaaa dddd 000v mmmm", "SMLAD, SMUAD", arm_smlad, 0, 0, 0},
    {"11111011 0011 nnnn 1111 dddd 000y mmmm", "SMULWB, SMULWT", arm_smlaw, 0, 0, 0},
    {"11111011 0011 nnnn aaaa dddd 000y mmmm", "SMLAWB, SMLAWT", arm_smlaw, 1, 0, 0},
    {"11111011 0100 nnnn aaaa dddd 000v mmmm", "SMLSD, SMUSD", arm_smlad, 1, 0, 0},
    {"11111011 0101 nnnn aaaa dddd 000r mmmm", "SMMLA, SMMUL", arm_smmla, 0, 0, 0},
    {"11111011 0110 nnnn aaaa dddd 000r mmmm", "SMMLS", arm_smmla, 1, 0, 0},
    {"11111011 0111 nnnn aaaa dddd 0000 mmmm", "USADA8, USAD8", arm_usada8, 0, 0, 0},

    /* A6.3.17 Long multiply, long multiply accumulate, and divide */
    {"11111011 1000 nnnn llll hhhh 0000 mmmm", "SMULL", arm_mull, 2, 0, 0},
    {"11111011 1001 nnnn !!!! dddd 1111 mmmm", "SDIV", arm_div, 1, 0, ARM_DIV},
    {"11111011 1010 nnnn llll hhhh 0000 mmmm", "UMULL", arm_mull, 0, 0, 0},
    {"11111011 1011 nnnn !!!! dddd 1111 mmmm", "UDIV", arm_div, 0, 0, ARM_DIV},
    {"11111011 1100 nnnn llll hhhh 0000 mmmm", "SMLAL", arm_mull, 3, 0, 0},
    {"11111011 1100 nnnn llll hhhh 10vy mmmm", "SMLALBB to SMLALTT", arm_smlalxy, 0, 0, 0},
    {"11111011 1100 nnnn llll hhhh 110v mmmm", "SMLALD", arm_smlald, 0, 0, 0},
    {"11111011 1101 nnnn llll hhhh 110v mmmm", "SMLSLD", arm_smlald, 1, 0, 0},
    {"11111011 1110 nnnn llll hhhh 0000 mmmm", "UMLAL", arm_mull, 1, 0, 0},
    {"11111011 1110 nnnn llll hhhh 0110 mmmm", "UMAAL", arm_umaal, 0, 0, 0},

    /* A6.3.18 Coprocessor instructions */
    {"11101100 0100 TTTT dddd 111p oooo mmmm", "MCRR", arm_mcrr, 0, 0, 0},
    {"11101100 0101 TTTT dddd 111p oooo mmmm", "MRRC", arm_mrrc, 0, 0, 0},
    {"11101110 ooo0 nnnn dddd 111p qqq1 mmmm", "MCR", arm_mcr, 0, 0, 0},
    {"11101110 ooo1 nnnn dddd 111p qqq1 mmmm", "MRC", arm_mrc, 0, 0, 0},
    {0},
};
