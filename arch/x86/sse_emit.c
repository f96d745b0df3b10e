/* sse_emit.c - emit functions of the MMX and SSE rows: one per shape of operands */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registers are named to helpers by word number; a memory operand is first loaded into the scratch
 * words. A load that may fault comes before the first write of the instruction. The commonest moves
 * and logic need no call.
 */
#include "arch/x86/sse_emit.h"
#include "arch/x86/x87.h"
#include "emu/check.h"

static ir_helper helper(const struct x86_insn *in)
{
    return (ir_helper)(uintptr_t)in->row->arg;
}

static bool is_mm(const struct x86_operand *o)
{
    return o->kind == OPD_MM;
}

/* The first word of a register operand. */
static ir_val word_of(const struct x86_operand *o)
{
    CHECK(o->kind == OPD_XMM || o->kind == OPD_MM);
    return is_mm(o) ? X86_MM(o->reg) : X86_XMM(o->reg);
}

/* Memory of up to 16 bytes into words lo and hi (hi only if there are more than 8); lo is written
 * last. */
static void load_to(struct x86_tr *t, const struct x86_insn *in, unsigned size, ir_val lo,
                    ir_val hi)
{
    struct x86_mem m = x86_mem_operand(t, in, size, false);
    if (size == 16) {
        ir_val v = ir_temp(t->b);
        ir_ld(t->b, IR_64, v, m.addr, m.off);
        ir_ld(t->b, IR_64, hi, m.addr, m.off + 8);
        ir_mov(t->b, lo, v);
    } else {
        ir_ld(t->b, x86_ir_size(size), lo, m.addr, m.off);
    }
}

static ir_val source(struct x86_tr *t, const struct x86_insn *in, unsigned n)
{
    const struct x86_operand *o = &in->op[n];
    struct x86_mem m;
    if (o->kind != OPD_MEM)
        return word_of(o);
    m = x86_mem_operand(t, in, o->size, false);
    ir_ld(t->b, o->size == 16 ? IR_64 : x86_ir_size(o->size), X86_SSE_SCRATCH, m.addr, m.off);
    if (o->size == 16)
        ir_ld(t->b, IR_64, X86_SSE_SCRATCH + 1, m.addr, m.off + 8);
    return X86_SSE_SCRATCH;
}

static u64 immediate(const struct x86_insn *in)
{
    for (unsigned i = 1; i < in->n_ops; i++)
        if (in->op[i].kind == OPD_IMM)
            return in->op[i].imm & 0xff;
    return 0;
}

static ir_val operands(struct x86_tr *t, ir_val dst, ir_val src, u64 imm)
{
    return x86_temp_imm(t, dst | (u64)src << 16 | imm << 32);
}

/* ---- with helpers ---- */

void sse_emit_op(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val src = source(t, in, 1);
    ir_val ops = operands(t, word_of(&in->op[0]), src, immediate(in));
    ir_call(t->b, IR_NONE, helper(in), ops, IR_NONE, IR_NONE);
}

void sse_emit_shift(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val ops = operands(t, word_of(&in->op[0]), X86_SSE_SCRATCH, 0);
    ir_movi(t->b, X86_SSE_SCRATCH, immediate(in));
    ir_call(t->b, IR_NONE, helper(in), ops, IR_NONE, IR_NONE);
}

void sse_emit_to_gpr(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val src = source(t, in, 1), v = ir_temp(t->b);
    ir_val ops = operands(t, 0, src, immediate(in));
    ir_call(t->b, v, helper(in), ops, IR_NONE, x86_temp_imm(t, in->op[0].size));
    x86_write_operand(t, in, 0, v);
}

void sse_emit_from_gpr(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val v = x86_read_operand(t, in, 1);
    ir_val ops = operands(t, word_of(&in->op[0]), X86_SSE_SCRATCH, 0);
    ir_call(t->b, IR_NONE, helper(in), ops, v, x86_temp_imm(t, in->op[1].size));
}

void sse_emit_flags(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val src = source(t, in, 1), v = ir_temp(t->b);
    ir_val ops = operands(t, word_of(&in->op[0]), src, 0);
    ir_call(t->b, v, helper(in), ops, IR_NONE, IR_NONE);
    x86_set_cc(t, CC_FLAGS, 4, v, v);
}

void sse_emit_string(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val src = source(t, in, 1), v = ir_temp(t->b), flags = ir_temp(t->b);
    ir_val ops = operands(t, word_of(&in->op[0]), src, immediate(in));
    ir_call(t->b, v, helper(in), ops, x86_temp_imm(t, in->rexw), IR_NONE);
    if (in->opcode & 1) { /* PCMPxSTRI */
        ir_val index = ir_temp(t->b);
        ir_2i(t->b, IR_SHR, IR_64, index, v, 32);
        x86_write_gpr(t, RCX, 4, index);
    }
    ir_1(t->b, IR_MOV, IR_32, flags, v);
    x86_set_cc(t, CC_FLAGS, 4, flags, flags);
}

void sse_emit_insertps(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val src = source(t, in, 1);
    ir_val ops = operands(t, word_of(&in->op[0]), src, immediate(in));
    ir_call(t->b, IR_NONE, helper(in), ops, x86_temp_imm(t, in->op[1].kind == OPD_MEM), IR_NONE);
}

void sse_emit_masked(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val off = x86_read_gpr(t, RDI, in->addrsize);
    struct x86_mem m =
        x86_seg_mem(t, in->seg, (struct x86_mem){off, 0}, is_mm(&in->op[0]) ? 8 : 16, true);
    ir_val ops = operands(t, word_of(&in->op[0]), word_of(&in->op[1]), 0);
    ir_call(t->b, IR_NONE, helper(in), ops, x86_mem_word(t, m), IR_NONE);
}

void sse_emit_address(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val la = x86_mem_addr(t, in, in->op[0].size, false);
    ir_call(t->b, IR_NONE, helper(in), la, IR_NONE, IR_NONE);
}

void sse_emit_address_write(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val la = x86_mem_addr(t, in, in->op[0].size, true);
    ir_call(t->b, IR_NONE, helper(in), la, IR_NONE, IR_NONE);
}

/* ---- moves ---- */

static void set_mm_exponent(struct x86_tr *t, const struct x86_operand *o)
{
    ir_movi(t->b, word_of(o) + 1, 0xffff);
}

void sse_emit_load(struct x86_tr *t, const struct x86_insn *in)
{
    const struct x86_operand *d = &in->op[0], *s = &in->op[1];
    ir_val to = word_of(d);
    if (s->kind == OPD_MEM)
        load_to(t, in, s->size, to, to + 1);
    else if (s->kind == OPD_REG)
        ir_1(t->b, IR_MOV, x86_ir_size(s->size), to, X86_GPR(s->reg));
    else
        ir_mov(t->b, to, word_of(s));

    if (is_mm(d))
        set_mm_exponent(t, d);
    else if (s->size != 16)
        ir_movi(t->b, to + 1, 0);
    else if (s->kind == OPD_XMM)
        ir_mov(t->b, to + 1, word_of(s) + 1);
}

static void store_16(struct x86_tr *t, const struct x86_insn *in, ir_val from)
{
    struct x86_mem m = x86_mem_operand(t, in, 16, true);
    if (in->row->flags & ROW_NO_ALIGN) {
        ir_val ops = operands(t, from, X86_SSE_SCRATCH, 0);
        ir_call(t->b, IR_NONE, x86_sse_STORE16, ops, x86_mem_word(t, m), IR_NONE);
        return;
    }
    ir_st(t->b, IR_64, m.addr, m.off, from);
    ir_st(t->b, IR_64, m.addr, m.off + 8, from + 1);
}

void sse_emit_store(struct x86_tr *t, const struct x86_insn *in)
{
    const struct x86_operand *d = &in->op[0];
    ir_val from = word_of(&in->op[1]);
    if (d->kind == OPD_MEM && d->size == 16) {
        store_16(t, in, from);
    } else if (d->kind == OPD_MEM) {
        struct x86_mem m = x86_mem_operand(t, in, d->size, true);
        ir_st(t->b, x86_ir_size(d->size), m.addr, m.off, from);
    } else if (d->kind == OPD_REG) {
        x86_write_gpr(t, d->reg, d->size, from);
    } else {
        ir_mov(t->b, word_of(d), from);
        if (is_mm(d))
            set_mm_exponent(t, d);
        else if (d->size == 16)
            ir_mov(t->b, word_of(d) + 1, from + 1);
        else
            ir_movi(t->b, word_of(d) + 1, 0);
    }
}

void sse_emit_low(struct x86_tr *t, const struct x86_insn *in)
{
    const struct x86_operand *d = &in->op[0], *s = &in->op[1];
    if (s->kind == OPD_MEM)
        load_to(t, in, 8, word_of(d), IR_NONE);
    else if (d->size == 4)
        ir_insert(t->b, word_of(d), word_of(s), 0, 32);
    else
        ir_mov(t->b, word_of(d), word_of(s));
}

void sse_emit_high(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val to = word_of(&in->op[0]) + 1;
    if (in->op[1].kind == OPD_MEM)
        load_to(t, in, 8, to, IR_NONE);
    else
        ir_mov(t->b, to, word_of(&in->op[1]));
}

void sse_emit_low_high(struct x86_tr *t, const struct x86_insn *in)
{
    ir_mov(t->b, word_of(&in->op[0]), word_of(&in->op[1]) + 1);
}

void sse_emit_store_high(struct x86_tr *t, const struct x86_insn *in)
{
    struct x86_mem m = x86_mem_operand(t, in, 8, true);
    ir_st(t->b, IR_64, m.addr, m.off, word_of(&in->op[1]) + 1);
}

void sse_emit_insert(struct x86_tr *t, const struct x86_insn *in)
{
    const struct x86_operand *d = &in->op[0];
    unsigned size = in->row->arg ? in->row->arg : in->op[1].size;
    unsigned per_word = 8 / size, n = is_mm(d) ? per_word : 2 * per_word;
    unsigned i = immediate(in) & (n - 1);
    ir_val v = x86_read_operand(t, in, 1);
    ir_val to = word_of(d) + i / per_word;
    if (size == 8)
        ir_mov(t->b, to, v);
    else
        ir_insert(t->b, to, v, i % per_word * size * 8, size * 8);
    if (is_mm(d))
        set_mm_exponent(t, d);
}

void sse_emit_extract(struct x86_tr *t, const struct x86_insn *in)
{
    const struct x86_operand *s = &in->op[1];
    unsigned size = in->row->arg ? in->row->arg : in->op[0].size;
    unsigned per_word = 8 / size, n = is_mm(s) ? per_word : 2 * per_word;
    unsigned i = immediate(in) & (n - 1);
    ir_val v = ir_temp(t->b), from = word_of(s) + i / per_word;
    if (size == 8)
        ir_mov(t->b, v, from);
    else
        ir_extract(t->b, v, from, i % per_word * size * 8, size * 8);
    x86_write_operand(t, in, 0, v);
}

void sse_emit_logic(struct x86_tr *t, const struct x86_insn *in)
{
    const struct x86_operand *d = &in->op[0];
    ir_val src = source(t, in, 1), to = word_of(d);
    enum ir_opcode op = (enum ir_opcode)in->row->arg;
    for (unsigned i = 0; i < (is_mm(d) ? 1 : 2); i++) {
        if (op == IR_XOR && src == to)
            ir_movi(t->b, to + i, 0);
        else if (op == IR_ANDN)
            ir_2(t->b, op, IR_64, to + i, src + i, to + i);
        else
            ir_2(t->b, op, IR_64, to + i, to + i, src + i);
    }
    if (is_mm(d))
        set_mm_exponent(t, d);
}

void sse_emit_dq_to_q(struct x86_tr *t, const struct x86_insn *in)
{
    ir_mov(t->b, word_of(&in->op[0]), word_of(&in->op[1]));
    set_mm_exponent(t, &in->op[0]);
}

void sse_emit_movnti(struct x86_tr *t, const struct x86_insn *in)
{
    x86_write_operand(t, in, 0, x86_read_operand(t, in, 1));
}

void sse_emit_emms(struct x86_tr *t, const struct x86_insn *in)
{
    (void)in;
    ir_call(t->b, IR_NONE, x87_emms, IR_NONE, IR_NONE, IR_NONE);
}

/* ---- the state images: the helper checks the whole area against the segment ---- */

static ir_val state_info(struct x86_tr *t, const struct x86_insn *in)
{
    return x86_temp_imm(t, in->rexw | (u64)in->seg << X87_SEG_SHIFT |
                               (t->mode & MODE_CS64 ? X87_CODE64 : 0));
}

void sse_emit_state(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val off = x86_effective_address(t, in);
    ir_call(t->b, IR_NONE, helper(in), state_info(t, in), off, IR_NONE);
}

void sse_emit_xstate(struct x86_tr *t, const struct x86_insn *in)
{
    if (!(t->mode & MODE_OSXSAVE)) {
        x86_emit_undefined(t, in);
        return;
    }
    if (t->mode & MODE_TS) {
        x86_emit_raise(t, EXC_NM);
        return;
    }
    ir_val off = x86_effective_address(t, in);
    ir_val high = ir_temp(t->b), mask = ir_temp(t->b);
    ir_2i(t->b, IR_SHL, IR_64, high, X86_GPR(RDX), 32);
    ir_1(t->b, IR_MOV, IR_32, mask, X86_GPR(RAX));
    ir_2(t->b, IR_OR, IR_64, mask, mask, high);
    ir_call(t->b, IR_NONE, helper(in), state_info(t, in), off, mask);
}
