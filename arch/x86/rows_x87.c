/* rows_x87.c - the x87 instructions: rows laid out as in SDM vol. 2, appendix A.5 (escape opcodes) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/features.h"
#include "arch/x86/translate_int.h"
#include "arch/x86/x87.h"

#define H(name) ((u64)(uintptr_t)x87_##name)

static ir_helper helper(const struct x86_insn *in)
{
    return (ir_helper)(uintptr_t)in->row->arg;
}

static u64 info_of(const struct x86_tr *t, const struct x86_insn *in)
{
    u64 info = (u64)(in->opcode & 7) << 8 | in->modrm;
    if (t->mode & MODE_CS64)
        info |= X87_CODE64;
    if (in->opsize == 2)
        info |= X87_OP16;
    if (!(t->mode & MODE_PE) || t->mode & MODE_VM)
        info |= X87_REAL;
    if (in->mod != 3)
        info |= X87_MEM | (u64)in->seg << X87_SEG_SHIFT;
    return info;
}

static unsigned operand_bytes(const struct x86_insn *in)
{
    if (in->op[0].size)
        return in->op[0].size;
    return (in->opsize == 2 ? 14 : 28) + (in->opcode == 0xdd ? 80 : 0); /* environment; whole state */
}

static void call_mem(struct x86_tr *t, const struct x86_insn *in, bool write, bool with_offset)
{
    ir_val la = x86_mem_addr(t, in, operand_bytes(in), write), ea = la;
    bool has_base = in->seg == SEG_FS || in->seg == SEG_GS;
    if (with_offset && (has_base || !x86_seg_is_flat(t, in->seg, write)))
        ea = x86_effective_address(t, in);
    ir_call(t->b, IR_NONE, helper(in), x86_temp_imm(t, info_of(t, in)), la, ea);
}

/* Control instructions do not become "the last instruction" (SDM vol. 1, 8.1.8). */
static void note_ip(struct x86_tr *t, const struct x86_insn *in)
{
    ir_movi(t->b, IR_WORD(struct x86_cpu, fpu_ip), in->pc);
}

static void emit_load(struct x86_tr *t, const struct x86_insn *in)
{
    call_mem(t, in, false, true);
    note_ip(t, in);
}

static void emit_store(struct x86_tr *t, const struct x86_insn *in)
{
    call_mem(t, in, true, true);
    note_ip(t, in);
}

static void emit_reg(struct x86_tr *t, const struct x86_insn *in)
{
    ir_call(t->b, IR_NONE, helper(in), x86_temp_imm(t, info_of(t, in)), IR_NONE, IR_NONE);
    note_ip(t, in);
}

static void emit_control_load(struct x86_tr *t, const struct x86_insn *in)
{
    call_mem(t, in, false, false);
}

static void emit_control_store(struct x86_tr *t, const struct x86_insn *in)
{
    call_mem(t, in, true, false);
}

static void emit_control(struct x86_tr *t, const struct x86_insn *in)
{
    ir_call(t->b, IR_NONE, helper(in), x86_temp_imm(t, info_of(t, in)), IR_NONE, IR_NONE);
}

static void emit_fnstsw_ax(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val v = ir_temp(t->b);
    (void)in;
    ir_call(t->b, v, x87_fnstsw_ax, IR_NONE, IR_NONE, IR_NONE);
    x86_write_gpr(t, RAX, 2, v);
}

static void emit_comi(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val v = ir_temp(t->b);
    ir_call(t->b, v, x87_comi, x86_temp_imm(t, info_of(t, in)), IR_NONE, IR_NONE);
    note_ip(t, in);
    x86_set_cc(t, CC_FLAGS, 4, v, v);
}

static void emit_fcmov(struct x86_tr *t, const struct x86_insn *in) /* arg: condition */
{
    ir_val cond = x86_emit_cond(t, in->row->arg);
    ir_call(t->b, IR_NONE, x87_fcmov, x86_temp_imm(t, info_of(t, in)), cond, IR_NONE);
    note_ip(t, in);
}

static void emit_fwait(struct x86_tr *t, const struct x86_insn *in)
{
    (void)in;
    if (t->mode & MODE_MP && t->mode & MODE_TS)
        x86_emit_raise(t, EXC_NM);
    else
        ir_call(t->b, IR_NONE, x87_fwait, IR_NONE, IR_NONE, IR_NONE);
}

#define LOAD(enc, name, opd, fn) {enc, name, opd, emit_load, H(fn), ROW_X87, 0}
#define STORE(enc, name, opd, fn) {enc, name, opd, emit_store, H(fn), ROW_X87, 0}
#define REG(enc, name, fn) {enc, name, "", emit_reg, H(fn), ROW_X87, 0}
#define CMOV(enc, name, cc) {enc, name, "", emit_fcmov, cc, ROW_X87, X86_FEATURE_CMOV}
#define COMI(enc, name) {enc, name, "", emit_comi, 0, ROW_X87, X86_FEATURE_CMOV}

const struct x86_row x86_rows_x87[] = {
    {"9B", "FWAIT", "", emit_fwait, 0, 0, 0},

    LOAD("D8 /0", "FADD", "Md", arith_mem), LOAD("D8 /1", "FMUL", "Md", arith_mem),
    LOAD("D8 /2", "FCOM", "Md", arith_mem), LOAD("D8 /3", "FCOMP", "Md", arith_mem),
    LOAD("D8 /4", "FSUB", "Md", arith_mem), LOAD("D8 /5", "FSUBR", "Md", arith_mem),
    LOAD("D8 /6", "FDIV", "Md", arith_mem), LOAD("D8 /7", "FDIVR", "Md", arith_mem),
    REG("D8 C0+i", "FADD", arith_reg), REG("D8 C8+i", "FMUL", arith_reg),
    REG("D8 D0+i", "FCOM", com_reg), REG("D8 D8+i", "FCOMP", com_reg),
    REG("D8 E0+i", "FSUB", arith_reg), REG("D8 E8+i", "FSUBR", arith_reg),
    REG("D8 F0+i", "FDIV", arith_reg), REG("D8 F8+i", "FDIVR", arith_reg),

    LOAD("D9 /0", "FLD", "Md", fld_mem), STORE("D9 /2", "FST", "Md", fst_mem),
    STORE("D9 /3", "FSTP", "Md", fst_mem),
    {"D9 /4", "FLDENV", "M", emit_control_load, H(fldenv), ROW_X87, 0},
    {"D9 /5", "FLDCW", "Mw", emit_control_load, H(fldcw), ROW_X87, 0},
    {"D9 /6", "FNSTENV", "M", emit_control_store, H(fnstenv), ROW_X87, 0},
    {"D9 /7", "FNSTCW", "Mw", emit_control_store, H(fnstcw), ROW_X87, 0},
    REG("D9 C0+i", "FLD", fld_sti), REG("D9 C8+i", "FXCH", fxch), REG("D9 D0", "FNOP", fnop),
    REG("D9 E0", "FCHS", fchs), REG("D9 E1", "FABS", fabs), REG("D9 E4", "FTST", ftst),
    REG("D9 E5", "FXAM", fxam), REG("D9 E8", "FLD1", fld_const), REG("D9 E9", "FLDL2T", fld_const),
    REG("D9 EA", "FLDL2E", fld_const), REG("D9 EB", "FLDPI", fld_const),
    REG("D9 EC", "FLDLG2", fld_const), REG("D9 ED", "FLDLN2", fld_const),
    REG("D9 EE", "FLDZ", fld_const), REG("D9 F0", "F2XM1", f2xm1), REG("D9 F1", "FYL2X", fyl2x),
    REG("D9 F2", "FPTAN", fptan), REG("D9 F3", "FPATAN", fpatan), REG("D9 F4", "FXTRACT", fxtract),
    REG("D9 F5", "FPREM1", fprem1), REG("D9 F6", "FDECSTP", fdecstp),
    REG("D9 F7", "FINCSTP", fincstp), REG("D9 F8", "FPREM", fprem),
    REG("D9 F9", "FYL2XP1", fyl2xp1), REG("D9 FA", "FSQRT", fsqrt), REG("D9 FB", "FSINCOS", fsincos),
    REG("D9 FC", "FRNDINT", frndint), REG("D9 FD", "FSCALE", fscale), REG("D9 FE", "FSIN", fsin),
    REG("D9 FF", "FCOS", fcos),

    LOAD("DA /0", "FIADD", "Md", arith_mem), LOAD("DA /1", "FIMUL", "Md", arith_mem),
    LOAD("DA /2", "FICOM", "Md", arith_mem), LOAD("DA /3", "FICOMP", "Md", arith_mem),
    LOAD("DA /4", "FISUB", "Md", arith_mem), LOAD("DA /5", "FISUBR", "Md", arith_mem),
    LOAD("DA /6", "FIDIV", "Md", arith_mem), LOAD("DA /7", "FIDIVR", "Md", arith_mem),
    CMOV("DA C0+i", "FCMOVB", 2), CMOV("DA C8+i", "FCMOVE", 4), CMOV("DA D0+i", "FCMOVBE", 6),
    CMOV("DA D8+i", "FCMOVU", 10), REG("DA E9", "FUCOMPP", com_pp),

    LOAD("DB /0", "FILD", "Md", fild),
    {"DB /1", "FISTTP", "Md", emit_store, H(fisttp), ROW_X87, X86_FEATURE_SSE3},
    STORE("DB /2", "FIST", "Md", fist), STORE("DB /3", "FISTP", "Md", fist),
    LOAD("DB /5", "FLD", "Mt", fld_mem), STORE("DB /7", "FSTP", "Mt", fst_mem),
    CMOV("DB C0+i", "FCMOVNB", 3), CMOV("DB C8+i", "FCMOVNE", 5), CMOV("DB D0+i", "FCMOVNBE", 7),
    CMOV("DB D8+i", "FCMOVNU", 11),
    {"DB E0", "FNENI", "", emit_control, H(fnop_8087), ROW_X87, 0},
    {"DB E1", "FNDISI", "", emit_control, H(fnop_8087), ROW_X87, 0},
    {"DB E2", "FNCLEX", "", emit_control, H(fnclex), ROW_X87, 0},
    {"DB E3", "FNINIT", "", emit_control, H(fninit), ROW_X87, 0},
    {"DB E4", "FNSETPM", "", emit_control, H(fnop_8087), ROW_X87, 0},
    COMI("DB E8+i", "FUCOMI"), COMI("DB F0+i", "FCOMI"),

    LOAD("DC /0", "FADD", "Mq", arith_mem), LOAD("DC /1", "FMUL", "Mq", arith_mem),
    LOAD("DC /2", "FCOM", "Mq", arith_mem), LOAD("DC /3", "FCOMP", "Mq", arith_mem),
    LOAD("DC /4", "FSUB", "Mq", arith_mem), LOAD("DC /5", "FSUBR", "Mq", arith_mem),
    LOAD("DC /6", "FDIV", "Mq", arith_mem), LOAD("DC /7", "FDIVR", "Mq", arith_mem),
    REG("DC C0+i", "FADD", arith_rev), REG("DC C8+i", "FMUL", arith_rev),
    REG("DC D0+i", "FCOM", com_reg), REG("DC D8+i", "FCOMP", com_reg), /* aliases */
    REG("DC E0+i", "FSUBR", arith_rev), REG("DC E8+i", "FSUB", arith_rev),
    REG("DC F0+i", "FDIVR", arith_rev), REG("DC F8+i", "FDIV", arith_rev),

    LOAD("DD /0", "FLD", "Mq", fld_mem),
    {"DD /1", "FISTTP", "Mq", emit_store, H(fisttp), ROW_X87, X86_FEATURE_SSE3},
    STORE("DD /2", "FST", "Mq", fst_mem), STORE("DD /3", "FSTP", "Mq", fst_mem),
    {"DD /4", "FRSTOR", "M", emit_control_load, H(frstor), ROW_X87, 0},
    {"DD /6", "FNSAVE", "M", emit_control_store, H(fnsave), ROW_X87, 0},
    {"DD /7", "FNSTSW", "Mw", emit_control_store, H(fnstsw), ROW_X87, 0},
    REG("DD C0+i", "FFREE", ffree), REG("DD C8+i", "FXCH", fxch) /* alias */,
    REG("DD D0+i", "FST", fst_sti), REG("DD D8+i", "FSTP", fst_sti),
    REG("DD E0+i", "FUCOM", com_reg), REG("DD E8+i", "FUCOMP", com_reg),

    LOAD("DE /0", "FIADD", "Mw", arith_mem), LOAD("DE /1", "FIMUL", "Mw", arith_mem),
    LOAD("DE /2", "FICOM", "Mw", arith_mem), LOAD("DE /3", "FICOMP", "Mw", arith_mem),
    LOAD("DE /4", "FISUB", "Mw", arith_mem), LOAD("DE /5", "FISUBR", "Mw", arith_mem),
    LOAD("DE /6", "FIDIV", "Mw", arith_mem), LOAD("DE /7", "FIDIVR", "Mw", arith_mem),
    REG("DE C0+i", "FADDP", arith_rev), REG("DE C8+i", "FMULP", arith_rev),
    REG("DE D0+i", "FCOMP", com_reg) /* alias */, REG("DE D9", "FCOMPP", com_pp),
    REG("DE E0+i", "FSUBRP", arith_rev), REG("DE E8+i", "FSUBP", arith_rev),
    REG("DE F0+i", "FDIVRP", arith_rev), REG("DE F8+i", "FDIVP", arith_rev),

    LOAD("DF /0", "FILD", "Mw", fild),
    {"DF /1", "FISTTP", "Mw", emit_store, H(fisttp), ROW_X87, X86_FEATURE_SSE3},
    STORE("DF /2", "FIST", "Mw", fist), STORE("DF /3", "FISTP", "Mw", fist),
    LOAD("DF /4", "FBLD", "Mt", fbld), LOAD("DF /5", "FILD", "Mq", fild),
    STORE("DF /6", "FBSTP", "Mt", fbstp), STORE("DF /7", "FISTP", "Mq", fist),
    REG("DF C0+i", "FFREEP", ffreep), REG("DF C8+i", "FXCH", fxch) /* alias */,
    REG("DF D0+i", "FSTP", fst_sti), REG("DF D8+i", "FSTP", fst_sti), /* aliases */
    {"DF E0", "FNSTSW", "", emit_fnstsw_ax, 0, ROW_X87, 0},
    COMI("DF E8+i", "FUCOMIP"), COMI("DF F0+i", "FCOMIP"),
    {0},
};
