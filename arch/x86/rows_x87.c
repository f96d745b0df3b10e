/* rows_x87.c - the x87 instructions, laid out as in SDM vol. 2, appendix A.5 (escape opcodes) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/emit_x87.h"
#include "arch/x86/features.h"

#define H(name) ((u64)(uintptr_t)x87_##name)

#define MEM(enc, name, opd, emit, fn) {enc, name, opd, x87_emit_##emit, H(fn), ROW_X87, 0}
#define REG(enc, name, emit, fn) {enc, name, "", x87_emit_##emit, H(fn), ROW_X87, 0}
#define ARITH(enc, name, opd) MEM(enc, name, opd, arith_mem, arith_mem)
#define TO_TOP(enc, name) REG(enc, name, arith_reg, arith_reg)
#define TO_STI(enc, name) REG(enc, name, arith_reg, arith_rev)
#define COM(enc, name) REG(enc, name, com_reg, com_reg)
#define BY_HELPER(enc, name, fn) REG(enc, name, reg, fn)
#define CMOV(enc, name, cc) {enc, name, "", x87_emit_fcmov, cc, ROW_X87, X86_FEATURE_CMOV}
#define COMI(enc, name) {enc, name, "", x87_emit_comi, H(comi), ROW_X87, X86_FEATURE_CMOV}

const struct x86_row x86_rows_x87[] = {
    {"9B", "FWAIT", "", x87_emit_fwait, 0, 0, 0},

    ARITH("D8 /0", "FADD", "Md"), ARITH("D8 /1", "FMUL", "Md"),
    ARITH("D8 /2", "FCOM", "Md"), ARITH("D8 /3", "FCOMP", "Md"),
    ARITH("D8 /4", "FSUB", "Md"), ARITH("D8 /5", "FSUBR", "Md"),
    ARITH("D8 /6", "FDIV", "Md"), ARITH("D8 /7", "FDIVR", "Md"),
    TO_TOP("D8 C0+i", "FADD"), TO_TOP("D8 C8+i", "FMUL"),
    COM("D8 D0+i", "FCOM"), COM("D8 D8+i", "FCOMP"),
    TO_TOP("D8 E0+i", "FSUB"), TO_TOP("D8 E8+i", "FSUBR"),
    TO_TOP("D8 F0+i", "FDIV"), TO_TOP("D8 F8+i", "FDIVR"),

    MEM("D9 /0", "FLD", "Md", fld, fld_mem), MEM("D9 /2", "FST", "Md", fst, fst_mem),
    MEM("D9 /3", "FSTP", "Md", fst, fst_mem),
    {"D9 /4", "FLDENV", "M", x87_emit_control_load, H(fldenv), ROW_X87, 0},
    {"D9 /5", "FLDCW", "Mw", x87_emit_fldcw, H(fldcw), ROW_X87, 0},
    {"D9 /6", "FNSTENV", "M", x87_emit_control_store, H(fnstenv), ROW_X87, 0},
    {"D9 /7", "FNSTCW", "Mw", x87_emit_fnstcw, H(fnstcw), ROW_X87, 0},
    REG("D9 C0+i", "FLD", fld_sti, fld_sti), REG("D9 C8+i", "FXCH", fxch, fxch),
    REG("D9 D0", "FNOP", fnop, fnop),
    REG("D9 E0", "FCHS", sign, fchs), REG("D9 E1", "FABS", sign, fabs),
    REG("D9 E4", "FTST", ftst, ftst),
    BY_HELPER("D9 E5", "FXAM", fxam), REG("D9 E8", "FLD1", fld_const, fld_const),
    BY_HELPER("D9 E9", "FLDL2T", fld_const),
    BY_HELPER("D9 EA", "FLDL2E", fld_const), BY_HELPER("D9 EB", "FLDPI", fld_const),
    BY_HELPER("D9 EC", "FLDLG2", fld_const), BY_HELPER("D9 ED", "FLDLN2", fld_const),
    REG("D9 EE", "FLDZ", fld_const, fld_const), BY_HELPER("D9 F0", "F2XM1", f2xm1),
    BY_HELPER("D9 F1", "FYL2X", fyl2x),
    BY_HELPER("D9 F2", "FPTAN", fptan), BY_HELPER("D9 F3", "FPATAN", fpatan),
    BY_HELPER("D9 F4", "FXTRACT", fxtract),
    BY_HELPER("D9 F5", "FPREM1", fprem1), REG("D9 F6", "FDECSTP", rotate, fdecstp),
    REG("D9 F7", "FINCSTP", rotate, fincstp), BY_HELPER("D9 F8", "FPREM", fprem),
    BY_HELPER("D9 F9", "FYL2XP1", fyl2xp1), REG("D9 FA", "FSQRT", one_operand, fsqrt),
    BY_HELPER("D9 FB", "FSINCOS", fsincos),
    REG("D9 FC", "FRNDINT", one_operand, frndint), BY_HELPER("D9 FD", "FSCALE", fscale),
    BY_HELPER("D9 FE", "FSIN", fsin),
    BY_HELPER("D9 FF", "FCOS", fcos),

    ARITH("DA /0", "FIADD", "Md"), ARITH("DA /1", "FIMUL", "Md"),
    ARITH("DA /2", "FICOM", "Md"), ARITH("DA /3", "FICOMP", "Md"),
    ARITH("DA /4", "FISUB", "Md"), ARITH("DA /5", "FISUBR", "Md"),
    ARITH("DA /6", "FIDIV", "Md"), ARITH("DA /7", "FIDIVR", "Md"),
    CMOV("DA C0+i", "FCMOVB", 2), CMOV("DA C8+i", "FCMOVE", 4), CMOV("DA D0+i", "FCMOVBE", 6),
    CMOV("DA D8+i", "FCMOVU", 10), REG("DA E9", "FUCOMPP", com_pp, com_pp),

    MEM("DB /0", "FILD", "Md", fild, fild),
    {"DB /1", "FISTTP", "Md", x87_emit_fist, H(fisttp), ROW_X87, X86_FEATURE_SSE3},
    MEM("DB /2", "FIST", "Md", fist, fist), MEM("DB /3", "FISTP", "Md", fist, fist),
    MEM("DB /5", "FLD", "Mt", fld, fld_mem), MEM("DB /7", "FSTP", "Mt", fst, fst_mem),
    CMOV("DB C0+i", "FCMOVNB", 3), CMOV("DB C8+i", "FCMOVNE", 5), CMOV("DB D0+i", "FCMOVNBE", 7),
    CMOV("DB D8+i", "FCMOVNU", 11),
    {"DB E0", "FNENI", "", x87_emit_control, H(fnop_8087), ROW_X87, 0},
    {"DB E1", "FNDISI", "", x87_emit_control, H(fnop_8087), ROW_X87, 0},
    {"DB E2", "FNCLEX", "", x87_emit_control, H(fnclex), ROW_X87, 0},
    {"DB E3", "FNINIT", "", x87_emit_control, H(fninit), ROW_X87, 0},
    {"DB E4", "FNSETPM", "", x87_emit_control, H(fnop_8087), ROW_X87, 0},
    COMI("DB E8+i", "FUCOMI"), COMI("DB F0+i", "FCOMI"),

    ARITH("DC /0", "FADD", "Mq"), ARITH("DC /1", "FMUL", "Mq"),
    ARITH("DC /2", "FCOM", "Mq"), ARITH("DC /3", "FCOMP", "Mq"),
    ARITH("DC /4", "FSUB", "Mq"), ARITH("DC /5", "FSUBR", "Mq"),
    ARITH("DC /6", "FDIV", "Mq"), ARITH("DC /7", "FDIVR", "Mq"),
    TO_STI("DC C0+i", "FADD"), TO_STI("DC C8+i", "FMUL"),
    COM("DC D0+i", "FCOM"), COM("DC D8+i", "FCOMP"), /* aliases */
    TO_STI("DC E0+i", "FSUBR"), TO_STI("DC E8+i", "FSUB"),
    TO_STI("DC F0+i", "FDIVR"), TO_STI("DC F8+i", "FDIV"),

    MEM("DD /0", "FLD", "Mq", fld, fld_mem),
    {"DD /1", "FISTTP", "Mq", x87_emit_fist, H(fisttp), ROW_X87, X86_FEATURE_SSE3},
    MEM("DD /2", "FST", "Mq", fst, fst_mem), MEM("DD /3", "FSTP", "Mq", fst, fst_mem),
    {"DD /4", "FRSTOR", "M", x87_emit_control_load, H(frstor), ROW_X87, 0},
    {"DD /6", "FNSAVE", "M", x87_emit_control_store, H(fnsave), ROW_X87, 0},
    {"DD /7", "FNSTSW", "Mw", x87_emit_fnstsw, H(fnstsw), ROW_X87, 0},
    REG("DD C0+i", "FFREE", ffree, ffree), REG("DD C8+i", "FXCH", fxch, fxch) /* alias */,
    REG("DD D0+i", "FST", fst_sti, fst_sti), REG("DD D8+i", "FSTP", fst_sti, fst_sti),
    COM("DD E0+i", "FUCOM"), COM("DD E8+i", "FUCOMP"),

    ARITH("DE /0", "FIADD", "Mw"), ARITH("DE /1", "FIMUL", "Mw"),
    ARITH("DE /2", "FICOM", "Mw"), ARITH("DE /3", "FICOMP", "Mw"),
    ARITH("DE /4", "FISUB", "Mw"), ARITH("DE /5", "FISUBR", "Mw"),
    ARITH("DE /6", "FIDIV", "Mw"), ARITH("DE /7", "FIDIVR", "Mw"),
    TO_STI("DE C0+i", "FADDP"), TO_STI("DE C8+i", "FMULP"),
    COM("DE D0+i", "FCOMP") /* alias */, REG("DE D9", "FCOMPP", com_pp, com_pp),
    TO_STI("DE E0+i", "FSUBRP"), TO_STI("DE E8+i", "FSUBP"),
    TO_STI("DE F0+i", "FDIVRP"), TO_STI("DE F8+i", "FDIVP"),

    MEM("DF /0", "FILD", "Mw", fild, fild),
    {"DF /1", "FISTTP", "Mw", x87_emit_fist, H(fisttp), ROW_X87, X86_FEATURE_SSE3},
    MEM("DF /2", "FIST", "Mw", fist, fist), MEM("DF /3", "FISTP", "Mw", fist, fist),
    MEM("DF /4", "FBLD", "Mt", load, fbld), MEM("DF /5", "FILD", "Mq", fild, fild),
    MEM("DF /6", "FBSTP", "Mt", store, fbstp), MEM("DF /7", "FISTP", "Mq", fist, fist),
    REG("DF C0+i", "FFREEP", ffree, ffreep), REG("DF C8+i", "FXCH", fxch, fxch) /* alias */,
    REG("DF D0+i", "FSTP", fst_sti, fst_sti),
    REG("DF D8+i", "FSTP", fst_sti, fst_sti), /* aliases */
    {"DF E0", "FNSTSW", "", x87_emit_fnstsw_ax, 0, ROW_X87, 0},
    COMI("DF E8+i", "FUCOMIP"), COMI("DF F0+i", "FCOMIP"),
    {0},
};
