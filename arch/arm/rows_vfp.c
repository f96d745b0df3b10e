/* rows_vfp.c - VFP instructions, in A32's form */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, A7.5 to A7.9. z says double precision; a register's number is d with its fifth bit D (n and N,
 * m and M), which is below the others for a single register, and above them for a double one.
 */
#include "arch/arm/emit_vfp.h"
#include "arch/arm/model.h"

const struct arm_row arm_rows_vfp[] = {
    /* A7.5 Floating-point data-processing */
    {"cccc 1110 0D00 nnnn dddd 101z N0M0 mmmm", "VMLA", arm_vfp_accumulate, 0, ROW_VFP, 0},
    {"cccc 1110 0D00 nnnn dddd 101z N1M0 mmmm", "VMLS", arm_vfp_accumulate, 1, ROW_VFP, 0},
    {"cccc 1110 0D01 nnnn dddd 101z N0M0 mmmm", "VNMLS", arm_vfp_accumulate, 2, ROW_VFP, 0},
    {"cccc 1110 0D01 nnnn dddd 101z N1M0 mmmm", "VNMLA", arm_vfp_accumulate, 3, ROW_VFP, 0},
    {"cccc 1110 0D10 nnnn dddd 101z N0M0 mmmm", "VMUL", arm_vfp_binary, VFP_MUL, ROW_VFP, 0},
    {"cccc 1110 0D10 nnnn dddd 101z N1M0 mmmm", "VNMUL", arm_vfp_binary, VFP_NMUL, ROW_VFP, 0},
    {"cccc 1110 0D11 nnnn dddd 101z N0M0 mmmm", "VADD", arm_vfp_binary, VFP_ADD, ROW_VFP, 0},
    {"cccc 1110 0D11 nnnn dddd 101z N1M0 mmmm", "VSUB", arm_vfp_binary, VFP_SUB, ROW_VFP, 0},
    {"cccc 1110 1D00 nnnn dddd 101z N0M0 mmmm", "VDIV", arm_vfp_binary, VFP_DIV, ROW_VFP, 0},
    {"cccc 1110 1D01 nnnn dddd 101z N0M0 mmmm", "VFNMS", arm_vfp_fused, 2, ROW_VFP, ARM_VFP4},
    {"cccc 1110 1D01 nnnn dddd 101z N1M0 mmmm", "VFNMA", arm_vfp_fused, 3, ROW_VFP, ARM_VFP4},
    {"cccc 1110 1D10 nnnn dddd 101z N0M0 mmmm", "VFMA", arm_vfp_fused, 0, ROW_VFP, ARM_VFP4},
    {"cccc 1110 1D10 nnnn dddd 101z N1M0 mmmm", "VFMS", arm_vfp_fused, 1, ROW_VFP, ARM_VFP4},
    {"cccc 1110 1D11 iiii dddd 101z x0x0 iiii", "VMOV (immediate)", arm_vfp_imm, 0, ROW_VFP, 0},
    {"cccc 1110 1D11 0000 dddd 101z 01M0 mmmm", "VMOV (register)", arm_vfp_unary, VFP_MOV, ROW_VFP, 0},
    {"cccc 1110 1D11 0000 dddd 101z 11M0 mmmm", "VABS", arm_vfp_unary, VFP_ABS, ROW_VFP, 0},
    {"cccc 1110 1D11 0001 dddd 101z 01M0 mmmm", "VNEG", arm_vfp_unary, VFP_NEG, ROW_VFP, 0},
    {"cccc 1110 1D11 0001 dddd 101z 11M0 mmmm", "VSQRT", arm_vfp_unary, VFP_SQRT, ROW_VFP, 0},
    {"cccc 1110 1D11 0010 dddd 1010 T1M0 mmmm", "VCVTB, VCVTT (from half)", arm_vfp_half, 0, ROW_VFP, ARM_HALF},
    {"cccc 1110 1D11 0011 dddd 1010 T1M0 mmmm", "VCVTB, VCVTT (to half)", arm_vfp_half, 1, ROW_VFP, ARM_HALF},
    {"cccc 1110 1D11 0100 dddd 101z E1M0 mmmm", "VCMP, VCMPE", arm_vfp_compare, 0, ROW_VFP, 0},
    {"cccc 1110 1D11 0101 dddd 101z E1x0 xxxx", "VCMP, VCMPE (with zero)", arm_vfp_compare, 1, ROW_VFP, 0},
    {"cccc 1110 1D11 0111 dddd 101z 11M0 mmmm", "VCVT (double, single)", arm_vfp_resize, 0, ROW_VFP, 0},
    {"cccc 1110 1D11 1000 dddd 101z s1M0 mmmm", "VCVT (from integer)", arm_vfp_from_int, 0, ROW_VFP, 0},
    {"cccc 1110 1D11 110s dddd 101z Z1M0 mmmm", "VCVT, VCVTR (to integer)", arm_vfp_to_int, 0, ROW_VFP, 0},
    {"cccc 1110 1D11 101u dddd 101z w1I0 iiii", "VCVT (from fixed point)", arm_vfp_from_fixed, 0, ROW_VFP, 0},
    {"cccc 1110 1D11 111u dddd 101z w1I0 iiii", "VCVT (to fixed point)", arm_vfp_to_fixed, 0, ROW_VFP, 0},

    /* A7.6 Extension register load/store; A7.9 64-bit transfers */
    {"cccc 1100 010L TTTT dddd 1010 00M1 mmmm", "VMOV (two core registers and two singles)", arm_vfp_move_pair, 0, ROW_VFP, 0},
    {"cccc 1100 010L TTTT dddd 1011 00M1 mmmm", "VMOV (two core registers and a double)", arm_vfp_move_pair, 1, ROW_VFP, 0},
    {"cccc 1101 UD0L nnnn dddd 101z iiii iiii", "VLDR, VSTR", arm_vfp_load_store, 0, ROW_VFP, 0},
    {"cccc 110P UDWL nnnn dddd 101z iiii iiii", "VLDM, VSTM", arm_vfp_multiple, 0, ROW_VFP, 0},

    /* A7.8 8, 16 and 32-bit transfers */
    {"cccc 1110 000L nnnn dddd 1010 Nxx1 xxxx", "VMOV (core register and single)", arm_vfp_move_core, 0, ROW_VFP, 0},
    {"cccc 1110 1110 rrrr dddd 1010 xxx1 xxxx", "VMSR", arm_vmsr, 0, 0, 0},
    {"cccc 1110 1111 rrrr dddd 1010 xxx1 xxxx", "VMRS", arm_vmrs, 0, 0, 0},
    {"cccc 1110 1BQ0 nnnn dddd 1011 N0E1 xxxx", "VDUP (core register)", arm_vfp_dup, 0, ROW_VFP | ROW_NEON, 0},
    {"cccc 1110 0oo0 nnnn dddd 1011 Npp1 xxxx", "VMOV (core register to scalar)", arm_vfp_to_scalar, 0, ROW_VFP, 0},
    {"cccc 1110 Uoo1 nnnn dddd 1011 Npp1 xxxx", "VMOV (scalar to core register)", arm_vfp_from_scalar, 0, ROW_VFP, 0},
    {0},
};
