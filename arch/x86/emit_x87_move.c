/* emit_x87_move.c - x87 loads, stores, moves within the stack, and control */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/emit_x87.h"

/* ---- loads ---- */

/* The second part of an operand of ten bytes. Linear addresses wrap outside of 64-bit code. */
static struct x86_mem second_part(struct x86_tr *t, struct x86_mem m)
{
    if (t->mode & MODE_CS64)
        return (struct x86_mem){m.addr, m.off + 8};
    ir_val r = ir_temp(t->b);
    ir_lea(t->b, IR_32, r, m.addr, IR_NONE, 0, m.off + 8);
    return (struct x86_mem){r, 0};
}

static void fld_extended(struct x86_tr *t, const struct x86_insn *in)
{
    unsigned to = x87_phys(t, 7);
    struct x87_mem m = x87_mem(t, in, 10, false);
    struct x86_mem high = second_part(t, m.at);
    ir_val mant = ir_temp(t->b), exp = ir_temp(t->b);

    ir_ld(t->b, IR_64, mant, m.at.addr, m.at.off);
    ir_ld(t->b, IR_16, exp, high.addr, high.off);
    ir_mov(t->b, X87_MANT(to), mant);
    ir_mov(t->b, X87_EXP(to), exp);
    x87_emit_note(t, in, &m);
    x87_emit_clear_c1(t);
    x87_emit_push(t);
}

static void load_by(struct x86_tr *t, const struct x86_insn *in, ir_helper leaf, bool is_signed)
{
    unsigned to = x87_phys(t, 7), size = in->op[0].size;
    struct x87_mem m = x87_mem(t, in, size, false);
    ir_val v = ir_temp(t->b);

    ir_ld(t->b, x86_ir_size(size), v, m.at.addr, m.at.off);
    if (is_signed && size < 8)
        ir_1(t->b, size == 2 ? IR_SEXT16 : IR_SEXT32, IR_64, v, v);
    x87_emit_note(t, in, &m);
    ir_leaf(t->b, IR_NONE, leaf, x86_temp_imm(t, to), v);
    t->x87.c1_clear = true;
    x87_emit_push(t);
}

X87_EMIT(fld)
{
    unsigned size = in->op[0].size;

    if (!x87_guard(t, in, 0, 1 << 7, size == 10 ? 0 : X87_MASKED, IR_NONE))
        return;
    if (size == 10)
        fld_extended(t, in);
    else
        load_by(t, in, size == 4 ? x87_leaf_load_single : x87_leaf_load_double, false);
}

X87_EMIT(fild)
{
    if (x87_guard(t, in, 0, 1 << 7, 0, IR_NONE))
        load_by(t, in, x87_leaf_load_int, true);
}

static void load_words(struct x86_tr *t, const struct x86_insn *in, ir_val mant, ir_val exp)
{
    unsigned to = x87_phys(t, 7);

    x87_emit_note(t, in, NULL);
    ir_mov(t->b, X87_MANT(to), mant);
    ir_mov(t->b, X87_EXP(to), exp);
    x87_emit_clear_c1(t);
    x87_emit_push(t);
}

X87_EMIT(fld_sti)
{
    if (x87_guard(t, in, 1 << in->rm, 1 << 7, 0, IR_NONE))
        load_words(t, in, X87_MANT(x87_phys(t, in->rm)), X87_EXP(x87_phys(t, in->rm)));
}

/* FLD1, FLDZ; the others depend on the rounding. */
X87_EMIT(fld_const)
{
    bool one = in->modrm == 0xe8;

    if (x87_guard(t, in, 0, 1 << 7, 0, IR_NONE))
        load_words(t, in, x86_temp_imm(t, one ? (u64)1 << 63 : 0),
                   x86_temp_imm(t, one ? 0x3fff : 0));
}

/* ---- stores ---- */

/* Bits are added to the status word; C1 is set or cleared by them. */
static void add_status(struct x86_tr *t)
{
    ir_val v = ir_temp(t->b);

    ir_2i(t->b, IR_AND, IR_64, v, X87_WORD(fpu_sw), ~(u64)SW_C1);
    ir_2(t->b, IR_OR, IR_64, X87_WORD(fpu_sw), v, X87_WORD(fpu_new_sw));
    t->x87.c1_clear = false;
}

static void store_by(struct x86_tr *t, const struct x86_insn *in, ir_helper leaf, u64 how, bool pop)
{
    unsigned size = in->op[0].size;
    ir_val v = ir_temp(t->b);
    struct x87_mem m;

    if (!x87_guard(t, in, 1, 0, X87_MASKED, IR_NONE))
        return;
    ir_leaf(t->b, v, leaf, x86_temp_imm(t, x87_phys(t, 0)), x86_temp_imm(t, how));
    m = x87_mem(t, in, size, true);
    ir_st(t->b, x86_ir_size(size), m.at.addr, m.at.off, v);
    x87_emit_note(t, in, &m);
    add_status(t);
    if (pop)
        x87_emit_pop(t);
}

/* Nonzero if ten bytes there are in two pages: then both must be seen to be writable first. */
static ir_val crosses_page(struct x86_tr *t, struct x86_mem m)
{
    ir_val r = x86_mem_word(t, m);

    ir_2i(t->b, IR_AND, IR_32, r, r, PAGE_SIZE - 1);
    ir_2i(t->b, IR_LEU, IR_32, r, r, PAGE_SIZE - 10);
    ir_2i(t->b, IR_XOR, IR_32, r, r, 1);
    return r;
}

/* What makes the second store be alone in its block has the first one made again then. */
static void fst_extended(struct x86_tr *t, const struct x86_insn *in)
{
    struct x87_mem m;
    struct x86_mem high;
    unsigned reg;

    if (!x86_seg_is_flat(t, in->seg, true)) {
        x87_emit_store(t, in);
        return;
    }
    m = x87_mem(t, in, 10, true);
    if (!x87_guard(t, in, 1, 0, 0, crosses_page(t, m.at)))
        return;
    reg = x87_phys(t, 0);
    high = second_part(t, m.at);
    ir_st(t->b, IR_64, m.at.addr, m.at.off, X87_MANT(reg));
    ir_st(t->b, IR_16, high.addr, high.off, X87_EXP(reg));
    x87_emit_note(t, in, &m);
    x87_emit_clear_c1(t);
    x87_emit_pop(t);
}

X87_EMIT(fst)
{
    unsigned size = in->op[0].size;

    if (size == 10)
        fst_extended(t, in);
    else
        store_by(t, in, size == 4 ? x87_leaf_store_single : x87_leaf_store_double, 0, in->reg & 1);
}

/* FIST, FISTP; FISTTP (/1) cuts */
X87_EMIT(fist)
{
    bool cut = in->reg == 1;
    store_by(t, in, x87_leaf_store_int, in->op[0].size | (u64)cut << 8, in->reg & 1);
}

/* ---- within the stack ---- */

X87_EMIT(fst_sti)
{
    unsigned from, to, escape = in->opcode & 7;
    bool pop = escape == 7 || (in->modrm & 8);

    if (!x87_guard(t, in, 1, 0, 0, IR_NONE))
        return;
    from = x87_phys(t, 0);
    to = x87_phys(t, in->rm);
    x87_emit_note(t, in, NULL);
    x87_emit_clear_c1(t);
    if (from != to) {
        ir_mov(t->b, X87_MANT(to), X87_MANT(from));
        ir_mov(t->b, X87_EXP(to), X87_EXP(from));
        if (!(t->x87.full >> to & 1))
            ir_2i(t->b, IR_AND, IR_64, X87_WORD(fpu_tag_empty), X87_WORD(fpu_tag_empty),
                  ~((u64)1 << to));
        t->x87.full |= (u8)(1 << to);
        t->x87.empty &= (u8)~(1 << to);
    }
    if (pop)
        x87_emit_pop(t);
}

static void swap_words(struct x86_tr *t, ir_val a, ir_val b)
{
    ir_val v = ir_temp(t->b), w = ir_temp(t->b);

    ir_mov(t->b, v, a);
    ir_mov(t->b, w, b);
    ir_mov(t->b, a, w);
    ir_mov(t->b, b, v);
}

X87_EMIT(fxch)
{
    unsigned a, b;

    if (!x87_guard(t, in, 1 | 1 << in->rm, 0, 0, IR_NONE))
        return;
    a = x87_phys(t, 0);
    b = x87_phys(t, in->rm);
    x87_emit_note(t, in, NULL);
    x87_emit_clear_c1(t);
    if (a == b)
        return;
    swap_words(t, X87_MANT(a), X87_MANT(b));
    swap_words(t, X87_EXP(a), X87_EXP(b));
}

/* FCHS D9 E0, FABS D9 E1 */
X87_EMIT(sign)
{
    ir_val exp;

    if (!x87_guard(t, in, 1, 0, 0, IR_NONE))
        return;
    exp = X87_EXP(x87_phys(t, 0));
    x87_emit_note(t, in, NULL);
    x87_emit_clear_c1(t);
    if (in->modrm == 0xe0)
        ir_2i(t->b, IR_XOR, IR_64, exp, exp, 0x8000);
    else
        ir_2i(t->b, IR_AND, IR_64, exp, exp, 0x7fff);
}

/* DF: and pop */
X87_EMIT(ffree)
{
    unsigned reg;

    if (!x87_guard(t, in, 0, 0, 0, IR_NONE))
        return;
    reg = x87_phys(t, in->rm);
    x87_emit_note(t, in, NULL);
    x87_emit_clear_c1(t);
    ir_2i(t->b, IR_OR, IR_64, X87_WORD(fpu_tag_empty), X87_WORD(fpu_tag_empty), (u64)1 << reg);
    t->x87.empty |= (u8)(1 << reg);
    t->x87.full &= (u8)~(1 << reg);
    if ((in->opcode & 7) == 7)
        x87_emit_pop(t);
}

/* FDECSTP D9 F6, FINCSTP D9 F7 */
X87_EMIT(rotate)
{
    if (!x87_guard(t, in, 0, 0, 0, IR_NONE))
        return;
    x87_emit_note(t, in, NULL);
    x87_emit_clear_c1(t);
    t->x87.top = (u8)x87_phys(t, in->modrm == 0xf7 ? 1 : 7);
    ir_movi(t->b, X87_WORD(fpu_top), t->x87.top);
}

X87_EMIT(fcmov)
{
    unsigned to, from;
    ir_val cond;

    if (!x87_guard(t, in, 1 | 1 << in->rm, 0, 0, IR_NONE))
        return;
    to = x87_phys(t, 0);
    from = x87_phys(t, in->rm);
    cond = x86_emit_cond(t, (unsigned)in->row->arg);
    x87_emit_note(t, in, NULL);
    ir_select(t->b, X87_MANT(to), cond, X87_MANT(from), X87_MANT(to));
    ir_select(t->b, X87_EXP(to), cond, X87_EXP(from), X87_EXP(to));
}

/* ---- control ---- */

X87_EMIT(fnop)
{
    if (x87_guard(t, in, 0, 0, X87_NO_STACK, IR_NONE))
        x87_emit_note(t, in, NULL);
}

X87_EMIT(fwait)
{
    unsigned none;
    ir_val v;

    t->x87.kept = true;
    if (t->mode & MODE_MP && t->mode & MODE_TS) {
        x86_emit_raise(t, EXC_NM);
        return;
    }
    if (t->x87.no_error)
        return;
    none = ir_label(t->b);
    v = ir_temp(t->b);
    ir_2i(t->b, IR_AND, IR_32, v, X87_WORD(fpu_sw), SW_ES);
    ir_bri(t->b, IR_BR_EQ, IR_32, v, 0, none);
    ir_call(t->b, IR_NONE, x87_fwait, IR_NONE, IR_NONE, IR_NONE);
    ir_bind(t->b, none);
    (void)in;
}

static ir_val status_word(struct x86_tr *t)
{
    ir_val v = ir_temp(t->b);

    ir_2i(t->b, IR_SHL, IR_64, v, X87_WORD(fpu_top), 11);
    ir_2(t->b, IR_OR, IR_64, v, v, X87_WORD(fpu_sw));
    t->x87.kept = true;
    return v;
}

X87_EMIT(fnstsw_ax)
{
    (void)in;
    x86_write_gpr(t, RAX, 2, status_word(t));
}

static void store_control(struct x86_tr *t, const struct x86_insn *in, ir_val v)
{
    struct x86_mem m = x86_mem_operand(t, in, 2, true);
    ir_st(t->b, IR_16, m.addr, m.off, v);
    t->x87.kept = true;
}

X87_EMIT(fnstsw)
{
    store_control(t, in, status_word(t));
}

X87_EMIT(fnstcw)
{
    store_control(t, in, X87_WORD(fpu_cw));
}

/* The helper, when an exception that is noted would no longer be masked. */
X87_EMIT(fldcw)
{
    struct x86_mem m;
    ir_val v, odd;

    if (!x87_guard(t, in, 0, 0, X87_NO_STACK, IR_NONE))
        return;
    m = x86_mem_operand(t, in, 2, false);
    v = ir_temp(t->b);
    odd = ir_temp(t->b);
    ir_ld(t->b, IR_16, v, m.addr, m.off);
    ir_2(t->b, IR_ANDN, IR_32, odd, X87_WORD(fpu_sw), v);
    ir_2i(t->b, IR_AND, IR_32, odd, odd, FP_ALL);
    if (!x87_guard(t, in, 0, 0, X87_NO_STACK, odd))
        return;
    ir_2i(t->b, IR_AND, IR_32, v, v, 0x1f3f);
    ir_2i(t->b, IR_OR, IR_64, X87_WORD(fpu_cw), v, 0x40);
    t->x87.masked = false;
}
