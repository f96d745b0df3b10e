/* sse_emit.c - emit functions of the MMX and SSE rows: one per shape of operands */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an instruction does with vectors is a function (struct vec_fn), which an IR op names; the
 * JIT may put the host's instruction in its place. Where it may raise (an exception is unmasked in
 * MXCSR), or works on MMX registers, it is called as a helper that may leave the block. A memory
 * operand is first loaded into a temporary, or into the scratch words for a helper. A load that may
 * fault comes before the first write of the instruction.
 */
#include "arch/x86/sse_emit.h"
#include "arch/x86/x87.h"
#include "emu/check.h"
#include "emu/vec_host.h"

#define FN(name) (&(const struct vec_fn){x86_sse_##name, VEC_##name})

static ir_helper helper(const struct x86_insn *in)
{
    return (ir_helper)(uintptr_t)in->row->arg;
}

static const struct vec_fn *function(const struct x86_insn *in)
{
    return (const struct vec_fn *)(uintptr_t)in->row->arg;
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

/* Does the instruction leave the block by an exception in its midst, or change x87 state? */
static bool by_helper(const struct x86_tr *t, const struct x86_insn *in)
{
    unsigned host = function(in)->host;
    return host == VEC_NONE || ((t->mode & MODE_UNMASKED) && vec_is_fp(host));
}

static bool aligned(const struct x86_insn *in, unsigned size)
{
    return size == 16 && !(in->row->flags & ROW_NO_ALIGN);
}

/* Memory of 4, 8 or 16 bytes into a vector, zeros above. */
static void load_to(struct x86_tr *t, const struct x86_insn *in, unsigned size, ir_val to)
{
    struct x86_mem m = x86_mem_operand(t, in, size, false);
    ir_vld(t->b, size == 16 ? IR_128 : x86_ir_size(size), to, m.addr, m.off, aligned(in, size));
}

static ir_val source(struct x86_tr *t, const struct x86_insn *in, unsigned n, bool scratch)
{
    const struct x86_operand *o = &in->op[n];
    if (o->kind != OPD_MEM)
        return word_of(o);
    if (o->size < 4) { /* PMOVSXBQ, PMOVZXBQ */
        struct x86_mem m = x86_mem_operand(t, in, o->size, false);
        ir_ld(t->b, x86_ir_size(o->size), X86_SSE_SCRATCH, m.addr, m.off);
        return X86_SSE_SCRATCH;
    }
    ir_val to = scratch ? X86_SSE_SCRATCH : ir_vec_temp(t->b);
    load_to(t, in, o->size, to);
    return to;
}

static u8 immediate(const struct x86_insn *in)
{
    for (unsigned i = 1; i < in->n_ops; i++)
        if (in->op[i].kind == OPD_IMM)
            return in->op[i].imm & 0xff;
    return 0;
}

/* What ir_vec_args() gives to a function, for a helper. */
static ir_val operands(struct x86_tr *t, ir_val dst, ir_val src, u64 imm, unsigned size)
{
    return x86_temp_imm(t, dst | (u64)src << 16 | imm << 32 | (u64)size << 40);
}

/* ---- with functions ---- */

void sse_emit_op(struct x86_tr *t, const struct x86_insn *in)
{
    bool call = by_helper(t, in), unary = in->n_ops < 2 || in->op[1].kind == OPD_IMM;
    ir_val dst = word_of(&in->op[0]), src = unary ? dst : source(t, in, 1, call);
    if (call)
        ir_call(t->b, IR_NONE, function(in)->fn, operands(t, dst, src, immediate(in), 8), IR_NONE,
                IR_NONE);
    else
        ir_vec(t->b, function(in), dst, src, immediate(in));
}

void sse_emit_shift(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val ops = operands(t, word_of(&in->op[0]), X86_SSE_SCRATCH, 0, 8);
    ir_movi(t->b, X86_SSE_SCRATCH, immediate(in));
    ir_call(t->b, IR_NONE, function(in)->fn, ops, IR_NONE, IR_NONE);
}

/* A scalar result of one or two vectors. */
static ir_val get(struct x86_tr *t, const struct x86_insn *in, bool two, unsigned size)
{
    bool call = by_helper(t, in);
    ir_val src = source(t, in, 1, call), v = ir_temp(t->b), dst = two ? word_of(&in->op[0]) : src;
    if (call)
        ir_call(t->b, v, function(in)->fn, operands(t, dst, src, 0, size), IR_NONE, IR_NONE);
    else
        ir_vget(t->b, function(in), x86_ir_size(size), v, dst, src, 0);
    return v;
}

void sse_emit_to_gpr(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val v = get(t, in, false, in->op[0].size);
    x86_write_operand(t, in, 0, v);
}

void sse_emit_from_gpr(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val v = x86_read_operand(t, in, 1), dst = word_of(&in->op[0]);
    unsigned size = in->op[1].size;
    if (by_helper(t, in))
        ir_call(t->b, IR_NONE, function(in)->fn, operands(t, dst, dst, 0, size), v, IR_NONE);
    else
        ir_vput(t->b, function(in), x86_ir_size(size), dst, v, 0);
}

void sse_emit_flags(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val v = get(t, in, true, 4);
    x86_set_cc(t, CC_FLAGS, 4, v, v);
}

void sse_emit_string(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val src = source(t, in, 1, true), v = ir_temp(t->b), flags = ir_temp(t->b);
    ir_val ops = operands(t, word_of(&in->op[0]), src, immediate(in), 8);
    ir_call(t->b, v, helper(in), ops, x86_temp_imm(t, in->rexw), IR_NONE);
    if (in->opcode & 1) { /* PCMPxSTRI */
        ir_val index = ir_temp(t->b);
        ir_2i(t->b, IR_SHR, IR_64, index, v, 32);
        x86_write_gpr(t, RCX, 4, index);
    }
    ir_1(t->b, IR_MOV, IR_32, flags, v);
    x86_set_cc(t, CC_FLAGS, 4, flags, flags);
}

/* From memory it is element 0. */
void sse_emit_insertps(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val src = source(t, in, 1, false);
    u8 imm = immediate(in) & (in->op[1].kind == OPD_MEM ? 0x3f : 0xff);
    ir_vec(t->b, function(in), word_of(&in->op[0]), src, imm);
}

void sse_emit_masked(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val off = x86_read_gpr(t, RDI, in->addrsize);
    struct x86_mem m =
        x86_seg_mem(t, in->seg, (struct x86_mem){off, 0}, is_mm(&in->op[0]) ? 8 : 16, true);
    ir_val ops = operands(t, word_of(&in->op[0]), word_of(&in->op[1]), 0, 8);
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

void sse_emit_address_end(struct x86_tr *t, const struct x86_insn *in)
{
    sse_emit_address(t, in);
    x86_emit_end(t, in, false);
}

/* ---- moves ---- */

static void set_mm_exponent(struct x86_tr *t, const struct x86_operand *o)
{
    ir_movi(t->b, word_of(o) + 1, 0xffff);
}

static void load_mm(struct x86_tr *t, const struct x86_insn *in)
{
    const struct x86_operand *d = &in->op[0], *s = &in->op[1];
    if (s->kind == OPD_MEM) {
        struct x86_mem m = x86_mem_operand(t, in, s->size, false);
        ir_ld(t->b, x86_ir_size(s->size), word_of(d), m.addr, m.off);
    } else if (s->kind == OPD_REG) {
        ir_1(t->b, IR_MOV, x86_ir_size(s->size), word_of(d), X86_GPR(s->reg));
    } else {
        ir_mov(t->b, word_of(d), word_of(s));
    }
    set_mm_exponent(t, d);
}

void sse_emit_load(struct x86_tr *t, const struct x86_insn *in)
{
    const struct x86_operand *d = &in->op[0], *s = &in->op[1];
    if (is_mm(d))
        load_mm(t, in);
    else if (s->kind == OPD_MEM)
        load_to(t, in, s->size, word_of(d));
    else if (s->kind == OPD_REG)
        ir_vput(t->b, FN(MOVD), x86_ir_size(s->size), word_of(d), X86_GPR(s->reg), 0);
    else if (is_mm(s))
        ir_vput(t->b, FN(MOVD), IR_64, word_of(d), word_of(s), 0);
    else
        ir_vec(t->b, s->size == 16 ? FN(MOVAPS) : FN(MOVQ), word_of(d), word_of(s), 0);
}

void sse_emit_store(struct x86_tr *t, const struct x86_insn *in)
{
    const struct x86_operand *d = &in->op[0];
    const struct x86_operand *s = &in->op[1];
    ir_val from = word_of(s);
    if (d->kind == OPD_MEM) {
        struct x86_mem m = x86_mem_operand(t, in, d->size, true);
        if (is_mm(s))
            ir_st(t->b, x86_ir_size(d->size), m.addr, m.off, from);
        else
            ir_vst(t->b, d->size == 16 ? IR_128 : x86_ir_size(d->size), m.addr, m.off, from,
                   aligned(in, d->size));
    } else if (d->kind == OPD_REG) {
        x86_write_gpr(t, d->reg, d->size, from);
    } else if (is_mm(d)) {
        ir_mov(t->b, word_of(d), from);
        set_mm_exponent(t, d);
    } else {
        ir_vec(t->b, d->size == 16 ? FN(MOVAPS) : FN(MOVQ), word_of(d), from, 0);
    }
}

/* The second operand: from memory 8 bytes. */
static ir_val part(struct x86_tr *t, const struct x86_insn *in)
{
    if (in->op[1].kind != OPD_MEM)
        return word_of(&in->op[1]);
    ir_val v = ir_vec_temp(t->b);
    load_to(t, in, 8, v);
    return v;
}

void sse_emit_low(struct x86_tr *t, const struct x86_insn *in)
{
    const struct x86_operand *d = &in->op[0];
    ir_val v = part(t, in);
    ir_vec(t->b, d->size == 4 ? FN(MOVSS) : FN(MOVSD), word_of(d), v, 0);
}

void sse_emit_high(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val v = part(t, in);
    ir_vec(t->b, FN(MOVLHPS), word_of(&in->op[0]), v, 0);
}

void sse_emit_low_high(struct x86_tr *t, const struct x86_insn *in)
{
    ir_vec(t->b, FN(MOVHLPS), word_of(&in->op[0]), word_of(&in->op[1]), 0);
}

void sse_emit_store_high(struct x86_tr *t, const struct x86_insn *in)
{
    struct x86_mem m = x86_mem_operand(t, in, 8, true);
    ir_st(t->b, IR_64, m.addr, m.off, word_of(&in->op[1]) + 1);
}

static void insert_mm(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val v = x86_read_operand(t, in, 1), to = word_of(&in->op[0]);
    ir_insert(t->b, to, v, (immediate(in) & 3) * 16, 16);
    set_mm_exponent(t, &in->op[0]);
}

void sse_emit_insert(struct x86_tr *t, const struct x86_insn *in)
{
    unsigned size = in->row->arg ? in->row->arg : in->op[1].size;
    if (is_mm(&in->op[0])) {
        insert_mm(t, in);
        return;
    }
    ir_val v = x86_read_operand(t, in, 1);
    const struct vec_fn *f = size == 1 ? FN(PINSRB) : size == 2 ? FN(PINSRW) : FN(PINSRD);
    ir_vput(t->b, f, size == 8 ? IR_64 : IR_32, word_of(&in->op[0]), v,
            immediate(in) & (16 / size - 1));
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

void sse_emit_logic_mm(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val src, to = word_of(&in->op[0]);
    enum ir_opcode op = (enum ir_opcode)in->row->arg;
    if (in->op[1].kind == OPD_MEM) {
        struct x86_mem m = x86_mem_operand(t, in, 8, false);
        src = X86_SSE_SCRATCH;
        ir_ld(t->b, IR_64, src, m.addr, m.off);
    } else {
        src = word_of(&in->op[1]);
    }
    if (op == IR_XOR && src == to)
        ir_movi(t->b, to, 0);
    else if (op == IR_ANDN)
        ir_2(t->b, op, IR_64, to, src, to);
    else
        ir_2(t->b, op, IR_64, to, to, src);
    set_mm_exponent(t, &in->op[0]);
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

void sse_emit_fxrstor(struct x86_tr *t, const struct x86_insn *in)
{
    sse_emit_state(t, in);
    x86_emit_end(t, in, false);
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

void sse_emit_xrstor(struct x86_tr *t, const struct x86_insn *in)
{
    sse_emit_xstate(t, in);
    if (!t->ended)
        x86_emit_end(t, in, false);
}
