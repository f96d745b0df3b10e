/* rows_neon.c - Advanced SIMD instructions, in A32's form */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A7.4 and A7.7. s is the element's size; D, N and M are fifth bits of register numbers. */
#include "arch/arm/emit_neon.h"
#include "arch/arm/model.h"

/* Which sizes there are: of 8, 16, 32 and 64 bits. */
enum { B = 1, H = 2, W = 4, L = 8, BHW = B | H | W, HW = H | W, ALL = BHW | L };

#define OF(loop, fn, sizes, flags) (u64)(uintptr_t)&(const struct neon_row){neon_##loop, neon_##fn, sizes, flags}
#define SAME(u, a, b, name, fn, sizes, flags)                                                              \
    {"1111 001" u "0Dss nnnn dddd " a " NQM" b " mmmm", name, arm_neon_same, OF(same, fn, sizes, flags), ROW_NEON, 0}
#define PAIR(u, a, b, name, fn, sizes, flags)                                                              \
    {"1111 001" u "0Dss nnnn dddd " a " NQM" b " mmmm", name, arm_neon_same, OF(pairs, fn, sizes, (flags) | NEON_NO_Q), ROW_NEON, 0}
#define LOGIC(u, size, name, fn)                                                                           \
    {"1111 001" u "0D" size " nnnn dddd 0001 NQM1 mmmm", name, arm_neon_same, OF(same, fn, B, 0), ROW_NEON, 0}
#define FLOAT(u, op, a, b, name, loop, fn, flags)                                                          \
    {"1111 001" u "0D" op "s nnnn dddd " a " NQM" b " mmmm", name, arm_neon_same, OF(loop, fn, W, (flags) | NEON_F32), ROW_NEON, 0}
#define LONG(u, a, name, loop, fn, sizes, flags)                                                           \
    {"1111 001" u "1Dss nnnn dddd " a " N0M0 mmmm", name, arm_neon_same, OF(loop, fn, sizes, flags), ROW_NEON, 0}
#define SCALAR(u, a, name, loop, fn, sizes, flags)                                                         \
    {"1111 001" u "1Dss nnnn dddd " a " N1M0 mmmm", name, arm_neon_scalar, OF(loop, fn, sizes, flags), ROW_NEON, 0}
#define SHIFT(u, a, name, fn, flags)                                                                       \
    {"1111 001" u "1Dii iiii dddd " a " LQM1 mmmm", name, arm_neon_shift, OF(unary, fn, ALL, flags), ROW_NEON, 0}
#define NARROW(u, a, q, name, fn, flags)                                                                   \
    {"1111 001" u "1Dii iiii dddd " a " L" q "M1 mmmm", name, arm_neon_shift_narrow, OF(narrow1, fn, BHW, (flags) | NEON_WIDE_M), ROW_NEON, 0}
#define MISC(a, b, name, fn, sizes)                                                                        \
    {"1111 0011 1D11 ss" a " dddd " b "QM0 mmmm", name, arm_neon_misc, OF(unary, fn, sizes, 0), ROW_NEON, 0}
#define MISC_NARROW(b, name, fn, flags)                                                                    \
    {"1111 0011 1D11 ss10 dddd " b "M0 mmmm", name, arm_neon_misc_narrow, OF(narrow1, fn, BHW, (flags) | NEON_WIDE_M), ROW_NEON, 0}
#define PERMUTE(b, name, loop, sizes)                                                                      \
    {"1111 0011 1D11 ss10 dddd " b "QM0 mmmm", name, arm_neon_permute,                                     \
     (u64)(uintptr_t)&(const struct neon_row){neon_##loop, NULL, sizes, 0}, ROW_NEON, 0}

const struct arm_row arm_rows_neon[] = {
    /* A7.4.1 Three registers of the same length */
    SAME("U", "0000", "0", "VHADD", hadd, BHW, NEON_U), SAME("U", "0000", "1", "VQADD", qadd, ALL, NEON_U),
    SAME("U", "0001", "0", "VRHADD", rhadd, BHW, NEON_U),
    LOGIC("0", "00", "VAND", and), LOGIC("0", "01", "VBIC", bic), LOGIC("0", "10", "VORR, VMOV", orr),
    LOGIC("0", "11", "VORN", orn), LOGIC("1", "00", "VEOR", eor), LOGIC("1", "01", "VBSL", bsl),
    LOGIC("1", "10", "VBIT", bit), LOGIC("1", "11", "VBIF", bif),
    SAME("U", "0010", "0", "VHSUB", hsub, BHW, NEON_U), SAME("U", "0010", "1", "VQSUB", qsub, ALL, NEON_U),
    SAME("U", "0011", "0", "VCGT", cgt, BHW, NEON_U), SAME("U", "0011", "1", "VCGE", cge, BHW, NEON_U),
    SAME("U", "0100", "0", "VSHL (register)", shl, ALL, NEON_U), SAME("U", "0100", "1", "VQSHL (register)", qshl, ALL, NEON_U),
    SAME("U", "0101", "0", "VRSHL", rshl, ALL, NEON_U), SAME("U", "0101", "1", "VQRSHL", qrshl, ALL, NEON_U),
    SAME("U", "0110", "0", "VMAX", max, BHW, NEON_U), SAME("U", "0110", "1", "VMIN", min, BHW, NEON_U),
    SAME("U", "0111", "0", "VABD", abd, BHW, NEON_U), SAME("U", "0111", "1", "VABA", aba, BHW, NEON_U),
    SAME("0", "1000", "0", "VADD", add, ALL, 0), SAME("1", "1000", "0", "VSUB", sub, ALL, 0),
    SAME("0", "1000", "1", "VTST", tst, BHW, 0), SAME("1", "1000", "1", "VCEQ", ceq, BHW, 0),
    SAME("0", "1001", "0", "VMLA", mla, BHW, 0), SAME("1", "1001", "0", "VMLS", mls, BHW, 0),
    SAME("0", "1001", "1", "VMUL", mul, BHW, 0), SAME("1", "1001", "1", "VMUL (polynomial)", pmul, B, 0),
    PAIR("U", "1010", "0", "VPMAX", max, BHW, NEON_U), PAIR("U", "1010", "1", "VPMIN", min, BHW, NEON_U),
    SAME("0", "1011", "0", "VQDMULH", qdmulh, HW, 0), SAME("1", "1011", "0", "VQRDMULH", qrdmulh, HW, 0),
    PAIR("0", "1011", "1", "VPADD", add, BHW, 0),
    {"1111 0010 0D0s nnnn dddd 1100 NQM1 mmmm", "VFMA", arm_neon_same, OF(same, ffma, W, NEON_F32), ROW_NEON, ARM_VFP4},
    {"1111 0010 0D1s nnnn dddd 1100 NQM1 mmmm", "VFMS", arm_neon_same, OF(same, ffms, W, NEON_F32), ROW_NEON, ARM_VFP4},
    FLOAT("0", "0", "1101", "0", "VADD.F32", same, fadd, 0), FLOAT("0", "1", "1101", "0", "VSUB.F32", same, fsub, 0),
    FLOAT("1", "0", "1101", "0", "VPADD.F32", pairs, fadd, NEON_NO_Q), FLOAT("1", "1", "1101", "0", "VABD.F32", same, fabd, 0),
    FLOAT("0", "0", "1101", "1", "VMLA.F32", same, fmla, 0), FLOAT("0", "1", "1101", "1", "VMLS.F32", same, fmls, 0),
    FLOAT("1", "0", "1101", "1", "VMUL.F32", same, fmul, 0),
    FLOAT("0", "0", "1110", "0", "VCEQ.F32", same, fceq, 0), FLOAT("1", "0", "1110", "0", "VCGE.F32", same, fcge, 0),
    FLOAT("1", "1", "1110", "0", "VCGT.F32", same, fcgt, 0), FLOAT("1", "0", "1110", "1", "VACGE", same, facge, 0),
    FLOAT("1", "1", "1110", "1", "VACGT", same, facgt, 0),
    FLOAT("0", "0", "1111", "0", "VMAX.F32", same, fmax, 0), FLOAT("0", "1", "1111", "0", "VMIN.F32", same, fmin, 0),
    FLOAT("1", "0", "1111", "0", "VPMAX.F32", pairs, fmax, NEON_NO_Q), FLOAT("1", "1", "1111", "0", "VPMIN.F32", pairs, fmin, NEON_NO_Q),
    FLOAT("0", "0", "1111", "1", "VRECPS", same, recps, 0), FLOAT("0", "1", "1111", "1", "VRSQRTS", same, rsqrts, 0),

    /* Those that have size 11 where others have none: before the groups below */
    {"1111 0010 1D11 nnnn dddd iiii NQM0 mmmm", "VEXT", arm_neon_ext, 0, ROW_NEON, 0},
    {"1111 0011 1D11 nnnn dddd 10ll NoM0 mmmm", "VTBL, VTBX", arm_neon_tbl, 0, ROW_NEON, 0},
    {"1111 0011 1D11 iiii dddd 1100 0QM0 mmmm", "VDUP (scalar)", arm_neon_dup, 0, ROW_NEON, 0},

    /* A7.4.5 Two registers, miscellaneous */
    {"1111 0011 1D11 ss00 dddd 000e eQM0 mmmm", "VREV64, VREV32, VREV16", arm_neon_misc, OF(unary, rev, H | W | L, 0), ROW_NEON, 0},
    {"1111 0011 1D11 ss00 dddd 0010 uQM0 mmmm", "VPADDL", arm_neon_misc, OF(pairs_long, paddl, BHW, 0), ROW_NEON, 0},
    MISC("00", "0100 0", "VCLS", cls, BHW), MISC("00", "0100 1", "VCLZ", clz, BHW), MISC("00", "0101 0", "VCNT", cnt, B),
    MISC("00", "0101 1", "VMVN (register)", mvn, B),
    {"1111 0011 1D11 ss00 dddd 0110 uQM0 mmmm", "VPADAL", arm_neon_misc, OF(pairs_long, padal, BHW, 0), ROW_NEON, 0},
    MISC("00", "0111 0", "VQABS", qabs, BHW), MISC("00", "0111 1", "VQNEG", qneg, BHW),
    MISC("01", "0000 0", "VCGT (zero)", cgt0, BHW), MISC("01", "0000 1", "VCGE (zero)", cge0, BHW),
    MISC("01", "0001 0", "VCEQ (zero)", ceq0, BHW), MISC("01", "0001 1", "VCLE (zero)", cle0, BHW),
    MISC("01", "0010 0", "VCLT (zero)", clt0, BHW), MISC("01", "0011 0", "VABS", abs, BHW), MISC("01", "0011 1", "VNEG", neg, BHW),
    MISC("01", "0100 0", "VCGT.F32 (zero)", fcgt0, W), MISC("01", "0100 1", "VCGE.F32 (zero)", fcge0, W),
    MISC("01", "0101 0", "VCEQ.F32 (zero)", fceq0, W), MISC("01", "0101 1", "VCLE.F32 (zero)", fcle0, W),
    MISC("01", "0110 0", "VCLT.F32 (zero)", fclt0, W), MISC("01", "0111 0", "VABS.F32", fabs, W), MISC("01", "0111 1", "VNEG.F32", fneg, W),
    PERMUTE("0000 0", "VSWP", swap, B), PERMUTE("0000 1", "VTRN", trn, BHW), PERMUTE("0001 0", "VUZP", uzp, BHW),
    PERMUTE("0001 1", "VZIP", zip, BHW),
    MISC_NARROW("0010 00", "VMOVN", movn, 0), MISC_NARROW("0010 01", "VQMOVUN", qmovun, 0), MISC_NARROW("0010 1u", "VQMOVN", qmovn, 0),
    {"1111 0011 1D11 ss10 dddd 0011 00M0 mmmm", "VSHLL (by the element's size)", arm_neon_shll_max, OF(long, shll_imm, BHW, NEON_WIDE_D), ROW_NEON, 0},
    {"1111 0011 1D11 0110 dddd 0110 00M0 mmmm", "VCVT (to half)", arm_neon_half, OF(narrow1, to_half, H, NEON_WIDE_M), ROW_NEON, ARM_HALF},
    {"1111 0011 1D11 0110 dddd 0111 00M0 mmmm", "VCVT (from half)", arm_neon_half, OF(long, from_half, H, NEON_WIDE_D), ROW_NEON, ARM_HALF},
    MISC("11", "0100 0", "VRECPE", recpe, W), MISC("11", "0100 1", "VRSQRTE", rsqrte, W),
    MISC("11", "0101 0", "VRECPE.F32", frecpe, W), MISC("11", "0101 1", "VRSQRTE.F32", frsqrte, W),
    {"1111 0011 1D11 ss11 dddd 0110 uQM0 mmmm", "VCVT (from integer)", arm_neon_misc, OF(unary, from_int, W, 0), ROW_NEON, 0},
    {"1111 0011 1D11 ss11 dddd 0111 uQM0 mmmm", "VCVT (to integer)", arm_neon_misc, OF(unary, to_int, W, 0), ROW_NEON, 0},

    /* A7.4.6 One register and a modified immediate value */
    {"1111 001i 1D00 0iii dddd kkkk 0Qo1 iiii", "VMOV, VMVN, VORR, VBIC (immediate)", arm_neon_imm, 0, ROW_NEON, 0},

    /* A7.4.4 Two registers and a shift amount */
    SHIFT("U", "0000", "VSHR", shr_imm, NEON_U), SHIFT("U", "0001", "VSRA", sra_imm, NEON_U),
    SHIFT("U", "0010", "VRSHR", rshr_imm, NEON_U), SHIFT("U", "0011", "VRSRA", rsra_imm, NEON_U),
    SHIFT("1", "0100", "VSRI", sri_imm, 0), SHIFT("0", "0101", "VSHL (immediate)", shl_imm, 0),
    SHIFT("1", "0101", "VSLI", sli_imm, 0), SHIFT("1", "0110", "VQSHLU", qshlu_imm, 0),
    SHIFT("U", "0111", "VQSHL (immediate)", qshl_imm, NEON_U),
    NARROW("0", "1000", "0", "VSHRN", shrn_imm, 0), NARROW("0", "1000", "1", "VRSHRN", rshrn_imm, 0),
    NARROW("1", "1000", "0", "VQSHRUN", qshrun_imm, 0), NARROW("1", "1000", "1", "VQRSHRUN", qrshrun_imm, 0),
    NARROW("U", "1001", "0", "VQSHRN", qshrn_imm, NEON_U), NARROW("U", "1001", "1", "VQRSHRN", qrshrn_imm, NEON_U),
    {"1111 001U 1Dii iiii dddd 1010 L0M1 mmmm", "VSHLL, VMOVL", arm_neon_shift_long, OF(long, shll_imm, BHW, NEON_WIDE_D), ROW_NEON, 0},
    {"1111 001U 1Dii iiii dddd 1110 0QM1 mmmm", "VCVT (from fixed point)", arm_neon_fixed, OF(unary, from_fixed, W, NEON_U), ROW_NEON, 0},
    {"1111 001U 1Dii iiii dddd 1111 0QM1 mmmm", "VCVT (to fixed point)", arm_neon_fixed, OF(unary, to_fixed, W, NEON_U), ROW_NEON, 0},

    /* A7.4.2 Three registers of different lengths */
    LONG("U", "0000", "VADDL", long, addl, BHW, NEON_U | NEON_WIDE_D), LONG("U", "0001", "VADDW", wide, addw, BHW, NEON_U | NEON_WIDE_D | NEON_WIDE_N),
    LONG("U", "0010", "VSUBL", long, subl, BHW, NEON_U | NEON_WIDE_D), LONG("U", "0011", "VSUBW", wide, subw, BHW, NEON_U | NEON_WIDE_D | NEON_WIDE_N),
    LONG("0", "0100", "VADDHN", narrow, addhn, BHW, NEON_WIDE_N | NEON_WIDE_M), LONG("1", "0100", "VRADDHN", narrow, raddhn, BHW, NEON_WIDE_N | NEON_WIDE_M),
    LONG("U", "0101", "VABAL", long, abal, BHW, NEON_U | NEON_WIDE_D),
    LONG("0", "0110", "VSUBHN", narrow, subhn, BHW, NEON_WIDE_N | NEON_WIDE_M), LONG("1", "0110", "VRSUBHN", narrow, rsubhn, BHW, NEON_WIDE_N | NEON_WIDE_M),
    LONG("U", "0111", "VABDL", long, abdl, BHW, NEON_U | NEON_WIDE_D),
    LONG("U", "1000", "VMLAL", long, mlal, BHW, NEON_U | NEON_WIDE_D), LONG("0", "1001", "VQDMLAL", long, qdmlal, HW, NEON_WIDE_D),
    LONG("U", "1010", "VMLSL", long, mlsl, BHW, NEON_U | NEON_WIDE_D), LONG("0", "1011", "VQDMLSL", long, qdmlsl, HW, NEON_WIDE_D),
    LONG("U", "1100", "VMULL", long, mull, BHW, NEON_U | NEON_WIDE_D), LONG("0", "1101", "VQDMULL", long, qdmull, HW, NEON_WIDE_D),
    LONG("0", "1110", "VMULL (polynomial)", long, pmull, B, NEON_WIDE_D),

    /* A7.4.3 Two registers and a scalar; U is Q where both are of one length */
    SCALAR("U", "0000", "VMLA (scalar)", scalar, mla, HW, 0), SCALAR("U", "0001", "VMLA.F32 (scalar)", scalar, fmla, W, 0),
    SCALAR("U", "0010", "VMLAL (scalar)", scalar_long, mlal, HW, NEON_U | NEON_WIDE_D),
    SCALAR("0", "0011", "VQDMLAL (scalar)", scalar_long, qdmlal, HW, NEON_WIDE_D),
    SCALAR("U", "0100", "VMLS (scalar)", scalar, mls, HW, 0), SCALAR("U", "0101", "VMLS.F32 (scalar)", scalar, fmls, W, 0),
    SCALAR("U", "0110", "VMLSL (scalar)", scalar_long, mlsl, HW, NEON_U | NEON_WIDE_D),
    SCALAR("0", "0111", "VQDMLSL (scalar)", scalar_long, qdmlsl, HW, NEON_WIDE_D),
    SCALAR("U", "1000", "VMUL (scalar)", scalar, mul, HW, 0), SCALAR("U", "1001", "VMUL.F32 (scalar)", scalar, fmul, W, 0),
    SCALAR("U", "1010", "VMULL (scalar)", scalar_long, mull, HW, NEON_U | NEON_WIDE_D),
    SCALAR("0", "1011", "VQDMULL (scalar)", scalar_long, qdmull, HW, NEON_WIDE_D),
    SCALAR("U", "1100", "VQDMULH (scalar)", scalar, qdmulh, HW, 0), SCALAR("U", "1101", "VQRDMULH (scalar)", scalar, qrdmulh, HW, 0),

    /* A7.7 Element or structure load/store */
    {"1111 0100 1D 10 nnnn dddd 11NN ssTa mmmm", "VLD1 to VLD4 (to all lanes)", arm_neon_all, 0, ROW_NEON, 0},
    {"1111 0100 1D L0 nnnn dddd ssNN kkkk mmmm", "VLD1 to VLD4, VST1 to VST4 (one lane)", arm_neon_single, 0, ROW_NEON, 0},
    {"1111 0100 0D L0 nnnn dddd tttt ssaa mmmm", "VLD1 to VLD4, VST1 to VST4 (multiple)", arm_neon_multiple, 0, ROW_NEON, 0},
    {0},
};
