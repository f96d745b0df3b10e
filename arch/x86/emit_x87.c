/* emit_x87.c - x87 arithmetic and comparison: leaves for what is ordinary */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/emit_x87.h"

#define LEAF(name) x87_leaf_##name

/* The forms of an operation, by where its second operand is. Reversed: for FSUBR and FDIVR. */
enum form { FORM_REG, FORM_SINGLE, FORM_DOUBLE, FORM_INT, N_FORMS };

#define FORMS(name) {LEAF(name##_reg), LEAF(name##_single), LEAF(name##_double), LEAF(name##_int)}
#define FORMS_REVERSED(name)                                                                       \
    {LEAF(name##_reg), LEAF(name##r_single), LEAF(name##r_double), LEAF(name##r_int)}

/* By the reg field. */
static const ir_helper arith[8][N_FORMS] = {
    FORMS(add), FORMS(mul), FORMS(com), FORMS(com),
    FORMS(sub), FORMS_REVERSED(sub), FORMS(div), FORMS_REVERSED(div),
};

enum { OP_COM = 2, OP_COMP = 3, OP_SUBR = 5, OP_DIVR = 7 };

/* Loads the operand: bits of a floating-point number, or an integer, sign-extended. */
static ir_val load_operand(struct x86_tr *t, const struct x86_insn *in, const struct x87_mem *m,
                           enum form f)
{
    unsigned size = in->op[0].size;
    ir_val v = ir_temp(t->b);

    ir_ld(t->b, x86_ir_size(size), v, m->at.addr, m->at.off);
    if (f == FORM_INT)
        ir_1(t->b, size == 2 ? IR_SEXT16 : IR_SEXT32, IR_64, v, v);
    return v;
}

X87_EMIT(arith_mem)
{
    static const u8 forms[8] = {
        [0] = FORM_SINGLE, [2] = FORM_INT, [4] = FORM_DOUBLE, [6] = FORM_INT};
    enum form f = (enum form)forms[in->opcode & 7];
    unsigned op = in->reg;

    if (!x87_guard(t, in, 1, 0, X87_MASKED, IR_NONE))
        return;
    struct x87_mem m = x87_mem(t, in, in->op[0].size, false);
    ir_val v = load_operand(t, in, &m, f);
    x87_emit_note(t, in, &m);
    ir_leaf(t->b, IR_NONE, arith[op][f], x86_temp_imm(t, x87_phys(t, 0)), v);
    t->x87.c1_clear = op == OP_COM || op == OP_COMP;
    if (op == OP_COMP)
        x87_emit_pop(t);
}

/* D8: to ST(0); DC: to ST(i); DE: and pop */
X87_EMIT(arith_reg)
{
    unsigned op = in->reg, i = in->rm, a, b;
    bool to_i = (in->opcode & 7) != 0;

    if (!x87_guard(t, in, 1 | 1 << i, 0, X87_MASKED, IR_NONE))
        return;
    a = x87_phys(t, op == OP_SUBR || op == OP_DIVR ? i : 0);
    b = x87_phys(t, op == OP_SUBR || op == OP_DIVR ? 0 : i);
    x87_emit_note(t, in, NULL);
    ir_leaf(t->b, IR_NONE, arith[op][FORM_REG],
            x86_temp_imm(t, a | b << 8 | x87_phys(t, to_i ? i : 0) << 16), IR_NONE);
    t->x87.c1_clear = false;
    if ((in->opcode & 7) == 6)
        x87_emit_pop(t);
}

static void compare_with(struct x86_tr *t, const struct x86_insn *in, unsigned i, bool quiet)
{
    x87_emit_note(t, in, NULL);
    ir_leaf(t->b, IR_NONE, LEAF(com_reg),
            x86_temp_imm(t, x87_phys(t, 0) | x87_phys(t, i) << 8 | (u64)quiet << 16), IR_NONE);
    t->x87.c1_clear = true;
}

/* FCOM D8 D0+i, FCOMP D8 D8+i, FUCOM DD E0+i, FUCOMP DD E8+i and aliases: bit 3 says pop (also of
 * DE D0). */
X87_EMIT(com_reg)
{
    unsigned escape = in->opcode & 7;

    if (!x87_guard(t, in, 1 | 1 << in->rm, 0, X87_MASKED, IR_NONE))
        return;
    compare_with(t, in, in->rm, escape == 5);
    if ((in->modrm & 8) || escape == 6)
        x87_emit_pop(t);
}

/* FCOMPP DE D9, FUCOMPP DA E9 */
X87_EMIT(com_pp)
{
    if (!x87_guard(t, in, 3, 0, X87_MASKED, IR_NONE))
        return;
    compare_with(t, in, 1, (in->opcode & 7) == 2);
    x87_emit_pop(t);
    x87_emit_pop(t);
}

/* FUCOMI DB E8+i, FCOMI DB F0+i, with pop: DF */
X87_EMIT(comi)
{
    ir_val v;

    if (!x87_guard(t, in, 1 | 1 << in->rm, 0, X87_MASKED, IR_NONE))
        return;
    v = ir_temp(t->b);
    x87_emit_note(t, in, NULL);
    ir_leaf(t->b, v, LEAF(comi),
            x86_temp_imm(t, x87_phys(t, 0) | x87_phys(t, in->rm) << 8 | (u64)(in->reg == 5) << 16),
            IR_NONE);
    t->x87.c1_clear = true;
    if ((in->opcode & 7) == 7)
        x87_emit_pop(t);
    x86_set_cc(t, CC_FLAGS, 4, v, v);
}

X87_EMIT(ftst)
{
    if (!x87_guard(t, in, 1, 0, X87_MASKED, IR_NONE))
        return;
    x87_emit_note(t, in, NULL);
    ir_leaf(t->b, IR_NONE, LEAF(com_int), x86_temp_imm(t, x87_phys(t, 0)), x86_temp_imm(t, 0));
    t->x87.c1_clear = true;
}

/* FSQRT D9 FA, FRNDINT D9 FC */
X87_EMIT(one_operand)
{
    if (!x87_guard(t, in, 1, 0, X87_MASKED, IR_NONE))
        return;
    x87_emit_note(t, in, NULL);
    ir_leaf(t->b, IR_NONE, in->modrm == 0xfa ? LEAF(fsqrt) : LEAF(frndint),
            x86_temp_imm(t, x87_phys(t, 0)), IR_NONE);
    t->x87.c1_clear = false;
}
