/* x87_guard.c - what a block knows of the x87 unit, and the helpers for when that does not hold */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registers are a stack, so code cannot say which register it means; but in one place it mostly
 * means the same each time. A block is made for the TOP that there was when it was made. Its first
 * x87 instruction tests for it, for a pending exception and for the tags that it needs; the others
 * know, from what the ones before have found and done. Whatever does not hold leads to the helper,
 * which does everything, and out of the block.
 */
#include "arch/x86/emit_x87.h"
#include "emu/engine.h"

/* ---- by the helper ---- */

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
    ir_movi(t->b, X87_WORD(fpu_ip), in->pc);
}

X87_EMIT(load)
{
    call_mem(t, in, false, true);
    note_ip(t, in);
}

X87_EMIT(store)
{
    call_mem(t, in, true, true);
    note_ip(t, in);
}

X87_EMIT(reg)
{
    ir_call(t->b, IR_NONE, helper(in), x86_temp_imm(t, info_of(t, in)), IR_NONE, IR_NONE);
    note_ip(t, in);
}

X87_EMIT(control_load)
{
    call_mem(t, in, false, false);
}

X87_EMIT(control_store)
{
    call_mem(t, in, true, false);
}

X87_EMIT(control)
{
    ir_call(t->b, IR_NONE, helper(in), x86_temp_imm(t, info_of(t, in)), IR_NONE, IR_NONE);
}

static void call_comi(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val v = ir_temp(t->b);
    ir_call(t->b, v, x87_comi, x86_temp_imm(t, info_of(t, in)), IR_NONE, IR_NONE);
    note_ip(t, in);
    x86_set_cc(t, CC_FLAGS, 4, v, v);
}

static void call_fcmov(struct x86_tr *t, const struct x86_insn *in) /* arg: condition */
{
    ir_val cond = x86_emit_cond(t, in->row->arg);
    ir_call(t->b, IR_NONE, x87_fcmov, x86_temp_imm(t, info_of(t, in)), cond, IR_NONE);
    note_ip(t, in);
}

static bool is_store(const struct x86_insn *in)
{
    return in->row->emit == x87_emit_fst || in->row->emit == x87_emit_fist;
}

static void call_helper(struct x86_tr *t, const struct x86_insn *in)
{
    if (in->row->emit == x87_emit_comi)
        call_comi(t, in);
    else if (in->row->emit == x87_emit_fcmov)
        call_fcmov(t, in);
    else if (in->row->emit == x87_emit_fldcw)
        x87_emit_control_load(t, in);
    else if (in->mod == 3)
        x87_emit_reg(t, in);
    else if (is_store(in))
        x87_emit_store(t, in);
    else
        x87_emit_load(t, in);
}

static u64 help_leave_early(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    engine_leave_early(c);
    return 0;
}

/* What the block knows of the flags is what it knows on the way that goes on. */
static void leave_by_helper(struct x86_tr *t, const struct x86_insn *in)
{
    int cc_op = t->cc_op;
    call_helper(t, in);
    ir_call(t->b, IR_NONE, help_leave_early, IR_NONE, IR_NONE, IR_NONE);
    ir_exit(t->b, in->next_pc);
    t->cc_op = cc_op;
}

/* ---- what must hold ---- */

static unsigned rotated(unsigned mask, unsigned by)
{
    return (mask << by | mask >> (8 - by)) & 0xff;
}

/* Adds a word's bits (after XOR with what they should be) to those that should all be zero. */
static ir_val gather(struct x86_tr *t, ir_val odd, ir_val word, u64 bits, u64 should_be)
{
    ir_val v = ir_temp(t->b);
    ir_2i(t->b, IR_AND, IR_32, v, word, bits);
    if (should_be)
        ir_2i(t->b, IR_XOR, IR_32, v, v, should_be);
    if (odd != IR_NONE)
        ir_2(t->b, IR_OR, IR_32, v, v, odd);
    return v;
}

bool x87_guard(struct x86_tr *t, const struct x86_insn *in, unsigned full, unsigned empty,
               unsigned how, ir_val extra)
{
    struct x86_x87_known *k = &t->x87;
    unsigned top = k->top_known ? k->top : t->x->fpu_top & 7;
    unsigned is_full = rotated(full, top) & ~k->full & 0xff;
    unsigned is_empty = rotated(empty, top) & ~k->empty & 0xff;

    if ((t->mode & MODE_ONE_INSN) || (is_full & (k->empty | is_empty)) || (is_empty & k->full)) {
        call_helper(t, in);
        return false;
    }
    ir_val odd = extra;
    if (!k->top_known && !(how & X87_NO_STACK))
        odd = gather(t, odd, X87_WORD(fpu_top), 7, top);
    if (!k->no_error)
        odd = gather(t, odd, X87_WORD(fpu_sw), SW_ES, 0);
    if (!k->masked && (how & X87_MASKED))
        odd = gather(t, odd, X87_WORD(fpu_cw), FP_ALL, FP_ALL);
    if (is_full | is_empty)
        odd = gather(t, odd, X87_WORD(fpu_tag_empty), is_full | is_empty, is_empty);
    if (odd != IR_NONE) {
        unsigned go = ir_label(t->b);
        ir_bri(t->b, IR_BR_EQ, IR_32, odd, 0, go);
        leave_by_helper(t, in);
        ir_bind(t->b, go);
    }
    k->kept = k->no_error = true;
    k->masked |= (how & X87_MASKED) != 0;
    if (!(how & X87_NO_STACK)) {
        k->top_known = true;
        k->top = (u8)top;
        k->full |= (u8)is_full;
        k->empty |= (u8)is_empty;
    }
    return true;
}

/* ---- what is done the quick way ---- */

struct x87_mem x87_mem(struct x86_tr *t, const struct x86_insn *in, unsigned size, bool write)
{
    struct x86_mem offset = x86_mem_offset(t, in);
    return (struct x87_mem){x86_seg_mem(t, in->seg, offset, size, write), offset};
}

static void note_selector(struct x86_tr *t, ir_val to, unsigned seg)
{
    ir_val from = (ir_val)(IR_WORD(struct x86_cpu, seg[0].selector) +
                           seg * (sizeof(struct x86_segment) / 8));
    ir_extract(t->b, to, from, 0, 16);
}

/* Selectors cannot change within a block. */
void x87_emit_note(struct x86_tr *t, const struct x86_insn *in, const struct x87_mem *m)
{
    struct x86_x87_known *k = &t->x87;

    ir_movi(t->b, X87_WORD(fpu_opcode), (u64)(in->opcode & 7) << 8 | in->modrm);
    ir_movi(t->b, X87_WORD(fpu_ip), in->pc);
    if (!k->cs_noted)
        note_selector(t, X87_WORD(fpu_cs), SEG_CS);
    k->cs_noted = true;
    if (!m)
        return;
    if (k->ds_noted != 1 + in->seg)
        note_selector(t, X87_WORD(fpu_ds), in->seg);
    k->ds_noted = 1 + in->seg;
    if (m->offset.off)
        ir_2i(t->b, IR_ADD, IR_64, X87_WORD(fpu_dp), m->offset.addr, m->offset.off);
    else
        ir_mov(t->b, X87_WORD(fpu_dp), m->offset.addr);
}

void x87_emit_clear_c1(struct x86_tr *t)
{
    if (!t->x87.c1_clear)
        ir_2i(t->b, IR_AND, IR_64, X87_WORD(fpu_sw), X87_WORD(fpu_sw), ~(u64)SW_C1);
    t->x87.c1_clear = true;
}

void x87_emit_push(struct x86_tr *t)
{
    struct x86_x87_known *k = &t->x87;
    unsigned reg = k->top = (k->top - 1) & 7;

    ir_movi(t->b, X87_WORD(fpu_top), reg);
    ir_2i(t->b, IR_AND, IR_64, X87_WORD(fpu_tag_empty), X87_WORD(fpu_tag_empty), ~((u64)1 << reg));
    k->full |= (u8)(1 << reg);
    k->empty &= (u8)~(1 << reg);
}

void x87_emit_pop(struct x86_tr *t)
{
    struct x86_x87_known *k = &t->x87;
    unsigned reg = k->top;

    k->top = (k->top + 1) & 7;
    ir_2i(t->b, IR_OR, IR_64, X87_WORD(fpu_tag_empty), X87_WORD(fpu_tag_empty), (u64)1 << reg);
    ir_movi(t->b, X87_WORD(fpu_top), k->top);
    k->empty |= (u8)(1 << reg);
    k->full &= (u8)~(1 << reg);
}

/* ---- MMX ---- */

static u64 help_mmx_pending(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    x86_raise(x86_of(c), EXC_MF);
}

void x86_emit_mmx_begin(struct x86_tr *t)
{
    unsigned none;

    if (t->x87.no_error)
        return;
    none = ir_label(t->b);
    ir_bri(t->b, IR_BR_EQ, IR_32, gather(t, IR_NONE, X87_WORD(fpu_sw), SW_ES, 0), 0, none);
    ir_call(t->b, IR_NONE, help_mmx_pending, IR_NONE, IR_NONE, IR_NONE);
    ir_bind(t->b, none);
    t->x87.no_error = true;
}

/* SDM vol. 1, 9.5.1: TOP becomes 0 and all tags valid; after EMMS, all empty. */
void x86_emit_mmx_end(struct x86_tr *t, const struct x86_insn *in)
{
    struct x86_x87_known *k = &t->x87;

    if (in->opcode == 0x77) { /* EMMS */
        k->top_known = false;
        k->full = k->empty = 0;
        return;
    }
    if (!k->top_known || k->top || k->full != 0xff) {
        ir_movi(t->b, X87_WORD(fpu_top), 0);
        ir_movi(t->b, X87_WORD(fpu_tag_empty), 0);
    }
    k->top_known = true;
    k->top = k->empty = 0;
    k->full = 0xff;
}
