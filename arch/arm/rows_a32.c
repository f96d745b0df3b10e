/* rows_a32.c - A32: all instructions but VFP and Advanced SIMD */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, chapter A5, in its order; where encodings overlap the special ones come first. */
#include "arch/arm/emit.h"
#include "arch/arm/model.h"

#define LOAD(acc) ((acc) | ACC_LOAD)

const struct arm_row arm_rows_a32[] = {
    /* A5.2.12 Miscellaneous instructions */
    {"cccc 00010r00 mmmm dddd xx1M 0000 xxxx", "MRS (banked)", arm_mrs_banked, 0, ROW_PRIV, ARM_VIRT},
    {"cccc 00010r10 mmmm !!!! xx1M 0000 nnnn", "MSR (banked)", arm_msr_banked, 0, ROW_PRIV, ARM_VIRT},
    {"cccc 00010r00 !!!! dddd xx0x 0000 xxxx", "MRS", arm_mrs, 0, 0, 0},
    {"cccc 00010r10 kkkk !!!! xx0x 0000 nnnn", "MSR (register)", arm_msr, 0, 0, 0},
    {"cccc 00010010 !!!! !!!! !!!! 0001 mmmm", "BX", arm_bx, 0, 0, 0},
    {"cccc 00010110 !!!! dddd !!!! 0001 mmmm", "CLZ", arm_clz, 0, 0, 0},
    {"cccc 00010010 !!!! !!!! !!!! 0010 mmmm", "BXJ", arm_bx, 0, 0, 0},
    {"cccc 00010010 !!!! !!!! !!!! 0011 mmmm", "BLX (register)", arm_blx_reg, 0, 0, 0},
    {"cccc 00010oo0 nnnn dddd xxxx 0101 mmmm", "QADD, QSUB, QDADD, QDSUB", arm_qadd, 0, 0, 0},
    {"cccc 00010110 xxxx xxxx xxxx 0110 !!!0", "ERET", arm_eret, 0, 0, ARM_VIRT},
    {"cccc 00010000 iiii iiii iiii 0111 iiii", "HLT (semihosting)", arm_hlt, 0, 0, 0},
    {"cccc 00010010 iiii iiii iiii 0111 iiii", "BKPT", arm_bkpt, 0, 0, 0},
    {"cccc 00010100 iiii iiii iiii 0111 iiii", "HVC", arm_hvc, 0, 0, 0},
    {"cccc 00010110 xxxx xxxx xxxx 0111 iiii", "SMC", arm_smc, 0, ROW_PRIV, 0},

    /* A5.2.7 Halfword multiply and multiply accumulate */
    {"cccc 00010000 dddd aaaa mmmm 1yv0 nnnn", "SMLABB to SMLATT", arm_smlaxy, 1, 0, 0},
    {"cccc 00010010 dddd aaaa mmmm 1y00 nnnn", "SMLAWB, SMLAWT", arm_smlaw, 1, 0, 0},
    {"cccc 00010010 dddd xxxx mmmm 1y10 nnnn", "SMULWB, SMULWT", arm_smlaw, 0, 0, 0},
    {"cccc 00010100 hhhh llll mmmm 1yv0 nnnn", "SMLALBB to SMLALTT", arm_smlalxy, 0, 0, 0},
    {"cccc 00010110 dddd xxxx mmmm 1yv0 nnnn", "SMULBB to SMULTT", arm_smlaxy, 0, 0, 0},

    /* A5.2.5 Multiply and multiply accumulate */
    {"cccc 0000000S dddd xxxx mmmm 1001 nnnn", "MUL", arm_mul, 0, 0, 0},
    {"cccc 0000001S dddd aaaa mmmm 1001 nnnn", "MLA", arm_mul, 1, 0, 0},
    {"cccc 00000100 hhhh llll mmmm 1001 nnnn", "UMAAL", arm_umaal, 0, 0, 0},
    {"cccc 00000110 dddd aaaa mmmm 1001 nnnn", "MLS", arm_mls, 0, 0, 0},
    {"cccc 0000100S hhhh llll mmmm 1001 nnnn", "UMULL", arm_mull, 0, 0, 0},
    {"cccc 0000101S hhhh llll mmmm 1001 nnnn", "UMLAL", arm_mull, 1, 0, 0},
    {"cccc 0000110S hhhh llll mmmm 1001 nnnn", "SMULL", arm_mull, 2, 0, 0},
    {"cccc 0000111S hhhh llll mmmm 1001 nnnn", "SMLAL", arm_mull, 3, 0, 0},

    /* A5.2.10 Synchronization primitives */
    {"cccc 00010B00 nnnn dddd xxxx 1001 mmmm", "SWP, SWPB", arm_swp, 0, 0, 0},
    {"cccc 00011000 nnnn dddd !!!! 1001 mmmm", "STREX", arm_strex, ACC_W, 0, 0},
    {"cccc 00011001 nnnn dddd !!!! 1001 !!!!", "LDREX", arm_ldrex, ACC_W, 0, 0},
    {"cccc 00011010 nnnn dddd !!!! 1001 mmmm", "STREXD", arm_strex, ACC_D, 0, 0},
    {"cccc 00011011 nnnn dddd !!!! 1001 !!!!", "LDREXD", arm_ldrex, ACC_D, 0, 0},
    {"cccc 00011100 nnnn dddd !!!! 1001 mmmm", "STREXB", arm_strex, ACC_B, 0, 0},
    {"cccc 00011101 nnnn dddd !!!! 1001 !!!!", "LDREXB", arm_ldrex, ACC_B, 0, 0},
    {"cccc 00011110 nnnn dddd !!!! 1001 mmmm", "STREXH", arm_strex, ACC_H, 0, 0},
    {"cccc 00011111 nnnn dddd !!!! 1001 !!!!", "LDREXH", arm_ldrex, ACC_H, 0, 0},

    /* A5.2.8 Extra load/store instructions (and A5.2.9, unprivileged) */
    {"cccc 000PU0W0 nnnn dddd xxxx 1011 mmmm", "STRH (register)", arm_a32_extra_reg, ACC_H, 0, 0},
    {"cccc 000PU0W1 nnnn dddd xxxx 1011 mmmm", "LDRH (register)", arm_a32_extra_reg, LOAD(ACC_H), 0, 0},
    {"cccc 000PU1W0 nnnn dddd iiii 1011 iiii", "STRH (immediate)", arm_a32_extra_imm, ACC_H, 0, 0},
    {"cccc 000PU1W1 nnnn dddd iiii 1011 iiii", "LDRH (immediate)", arm_a32_extra_imm, LOAD(ACC_H), 0, 0},
    {"cccc 000PU0W0 nnnn dddd xxxx 1101 mmmm", "LDRD (register)", arm_a32_extra_reg, LOAD(ACC_D), 0, 0},
    {"cccc 000PU0W1 nnnn dddd xxxx 1101 mmmm", "LDRSB (register)", arm_a32_extra_reg, LOAD(ACC_SB), 0, 0},
    {"cccc 000PU1W0 nnnn dddd iiii 1101 iiii", "LDRD (immediate)", arm_a32_extra_imm, LOAD(ACC_D), 0, 0},
    {"cccc 000PU1W1 nnnn dddd iiii 1101 iiii", "LDRSB (immediate)", arm_a32_extra_imm, LOAD(ACC_SB), 0, 0},
    {"cccc 000PU0W0 nnnn dddd xxxx 1111 mmmm", "STRD (register)", arm_a32_extra_reg, ACC_D, 0, 0},
    {"cccc 000PU0W1 nnnn dddd xxxx 1111 mmmm", "LDRSH (register)", arm_a32_extra_reg, LOAD(ACC_SH), 0, 0},
    {"cccc 000PU1W0 nnnn dddd iiii 1111 iiii", "STRD (immediate)", arm_a32_extra_imm, ACC_D, 0, 0},
    {"cccc 000PU1W1 nnnn dddd iiii 1111 iiii", "LDRSH (immediate)", arm_a32_extra_imm, LOAD(ACC_SH), 0, 0},

    /* A5.2.11 MSR (immediate), and hints */
    {"cccc 00110010 0000 !!!! xxxx 0000 0000", "NOP", arm_nop, 0, 0, 0},
    {"cccc 00110010 0000 !!!! xxxx iiii iiii", "YIELD, WFE, WFI, SEV, DBG", arm_hint, 0, 0, 0},
    {"cccc 00110r10 kkkk !!!! iiii iiii iiii", "MSR (immediate)", arm_msr_imm, 0, 0, 0},
    {"cccc 00110000 iiii dddd iiii iiii iiii", "MOVW", arm_movw, 0, 0, 0},
    {"cccc 00110100 iiii dddd iiii iiii iiii", "MOVT", arm_movt, 0, 0, 0},

    /* A5.2.1 to A5.2.3 Data-processing */
    {"cccc 000oooo S nnnn dddd iiii itt0 mmmm", "data-processing (register)", arm_a32_alu_reg, 0, 0, 0},
    {"cccc 000oooo S nnnn dddd ssss 0tt1 mmmm", "data-processing (shifted register)", arm_a32_alu_shift, 0, 0, 0},
    {"cccc 001oooo S nnnn dddd iiii iiii iiii", "data-processing (immediate)", arm_a32_alu_imm, 0, 0, 0},

    /* A5.3 Load/store word and unsigned byte */
    {"cccc 010PUBWL nnnn dddd iiii iiii iiii", "LDR, STR, LDRB, STRB (immediate)", arm_a32_mem_imm, 0, 0, 0},
    {"cccc 011PUBWL nnnn dddd iiii itt0 mmmm", "LDR, STR, LDRB, STRB (register)", arm_a32_mem_reg, 0, 0, 0},

    /* A5.4 Media instructions */
    {"cccc 01100kkk nnnn dddd !!!! ooo1 mmmm", "parallel addition and subtraction", arm_parallel, 0, 0, 0},
    {"cccc 01101000 nnnn dddd iiii iT01 mmmm", "PKHBT, PKHTB", arm_pkh, 0, 0, 0},
    {"cccc 0110101s ssss dddd iiii iT01 nnnn", "SSAT", arm_saturate, 0, 0, 0},
    {"cccc 0110111s ssss dddd iiii iT01 nnnn", "USAT", arm_saturate, 1, 0, 0},
    {"cccc 01101010 ssss dddd !!!! 0011 nnnn", "SSAT16", arm_saturate16, 0, 0, 0},
    {"cccc 01101110 ssss dddd !!!! 0011 nnnn", "USAT16", arm_saturate16, 1, 0, 0},
    {"cccc 01101eee nnnn dddd rrxx 0111 mmmm", "SXTAB16 to UXTAH", arm_extend, 0, 0, 0},
    {"cccc 01101000 nnnn dddd !!!! 1011 mmmm", "SEL", arm_sel, 0, 0, 0},
    {"cccc 01101011 !!!! dddd !!!! 0011 mmmm", "REV", arm_rev, 0, 0, 0},
    {"cccc 01101011 !!!! dddd !!!! 1011 mmmm", "REV16", arm_rev, 1, 0, 0},
    {"cccc 01101111 !!!! dddd !!!! 0011 mmmm", "RBIT", arm_rev, 2, 0, 0},
    {"cccc 01101111 !!!! dddd !!!! 1011 mmmm", "REVSH", arm_rev, 3, 0, 0},
    {"cccc 01110000 dddd aaaa mmmm 0sv1 nnnn", "SMLAD, SMLSD, SMUAD, SMUSD", arm_smlad, 0, 0, 0},
    {"cccc 01110001 dddd !!!! mmmm 0001 nnnn", "SDIV", arm_div, 1, 0, ARM_DIV},
    {"cccc 01110011 dddd !!!! mmmm 0001 nnnn", "UDIV", arm_div, 0, 0, ARM_DIV},
    {"cccc 01110100 hhhh llll mmmm 0sv1 nnnn", "SMLALD, SMLSLD", arm_smlald, 0, 0, 0},
    {"cccc 01110101 dddd aaaa mmmm 00r1 nnnn", "SMMLA, SMMUL", arm_smmla, 0, 0, 0},
    {"cccc 01110101 dddd aaaa mmmm 11r1 nnnn", "SMMLS", arm_smmla, 1, 0, 0},
    {"cccc 01111000 dddd aaaa mmmm 0001 nnnn", "USADA8, USAD8", arm_usada8, 0, 0, 0},
    {"cccc 0111101w wwww dddd llll l101 nnnn", "SBFX", arm_bitfield, 1, 0, 0},
    {"cccc 0111110m mmmm dddd llll l001 nnnn", "BFI, BFC", arm_bfi, 0, 0, 0},
    {"cccc 0111111w wwww dddd llll l101 nnnn", "UBFX", arm_bitfield, 0, 0, 0},
    {"cccc 01111111 iiii iiii iiii 1111 iiii", "UDF", arm_udf, 0, 0, 0},

    /* A5.5 Branch, branch with link, and block data transfer */
    {"cccc 100PUSWL nnnn rrrr rrrr rrrr rrrr", "LDM, STM", arm_ldm_stm, 0, 0, 0},
    {"cccc 1010 iiii iiii iiii iiii iiii iiii", "B", arm_a32_b, 0, 0, 0},
    {"cccc 1011 iiii iiii iiii iiii iiii iiii", "BL", arm_a32_bl, 0, 0, 0},

    /* A5.6 Coprocessor instructions (cp10 and cp11: rows_vfp.c) and Supervisor Call */
    {"cccc 11000100 TTTT dddd 111p oooo mmmm", "MCRR", arm_mcrr, 0, 0, 0},
    {"cccc 11000101 TTTT dddd 111p oooo mmmm", "MRRC", arm_mrrc, 0, 0, 0},
    {"cccc 1110ooo0 nnnn dddd 111p qqq1 mmmm", "MCR", arm_mcr, 0, 0, 0},
    {"cccc 1110ooo1 nnnn dddd 111p qqq1 mmmm", "MRC", arm_mrc, 0, 0, 0},
    {"cccc 1111 iiii iiii iiii iiii iiii iiii", "SVC", arm_svc, 0, 0, 0},
    {0},
};

/* A5.7 Unconditional instructions */
const struct arm_row arm_rows_a32_uncond[] = {
    {"1111 00010000 ppM0 xxxx xxxA IF0k kkkk", "CPS", arm_cps, 0, 0, 0},
    {"1111 00010000 xxx1 xxxx xxEx 0000 xxxx", "SETEND", arm_setend, 0, 0, 0},
    {"1111 0100 X101 nnnn !!!! XXXX XXXX XXXX", "PLI (immediate, literal)", arm_preload, 0, 0, 0},
    {"1111 0101 XX01 nnnn !!!! XXXX XXXX XXXX", "PLD, PLDW (immediate, literal)", arm_preload, 0, 0, 0},
    {"1111 0110 X101 nnnn !!!! XXXX XXX0 mmmm", "PLI (register)", arm_preload, 0, 0, 0},
    {"1111 0111 XX01 nnnn !!!! XXXX XXX0 mmmm", "PLD, PLDW (register)", arm_preload, 0, 0, 0},
    {"1111 0100 X001 XXXX XXXX XXXX XXXX XXXX", "unallocated memory hint", arm_nop, 0, 0, 0},
    {"1111 0110 X001 XXXX XXXX XXXX XXX0 XXXX", "unallocated memory hint", arm_nop, 0, 0, 0},
    {"1111 0101 0111 !!!! !!!! xxxx 0001 !!!!", "CLREX", arm_clrex, 0, 0, 0},
    {"1111 0101 0111 !!!! !!!! xxxx 0100 oooo", "DSB", arm_barrier, 0, 0, 0},
    {"1111 0101 0111 !!!! !!!! xxxx 0101 oooo", "DMB", arm_barrier, 0, 0, 0},
    {"1111 0101 0111 !!!! !!!! xxxx 0110 oooo", "ISB", arm_barrier, 1, 0, 0},
    {"1111 100PU1W0 !!0! xxxx x!x! xxxk kkkk", "SRS", arm_srs, 0, 0, 0},
    {"1111 100PU0W1 nnnn xxxx !x!x xxxx xxxx", "RFE", arm_rfe, 0, 0, 0},
    {"1111 101h iiii iiii iiii iiii iiii iiii", "BLX (immediate)", arm_a32_blx, 0, 0, 0},
    {0},
};
