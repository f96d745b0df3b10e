/* emit_alu.c - addition to division */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/emit.h"
#include "arch/x86/translate_int.h"

/* ---- the eight of opcodes 00 to 3F ---- */

static bool is_logic(unsigned op)
{
    return op == ALU_OR || op == ALU_AND || op == ALU_XOR;
}

static enum ir_opcode alu_ir(unsigned op)
{
    switch (op) {
    case ALU_ADD: return IR_ADD;
    case ALU_OR: return IR_OR;
    case ALU_AND: return IR_AND;
    case ALU_XOR: return IR_XOR;
    default: return IR_SUB;
    }
}

/* A register of 32 or 64 bits: computed in place. */
static void alu_gpr(struct x86_tr *t, const struct x86_insn *in, unsigned op)
{
    const struct x86_operand *d = &in->op[0], *src = &in->op[1];
    enum ir_size s = x86_ir_size(d->size);
    ir_val x = X86_GPR(d->reg), y;

    if (is_logic(op) && src->kind == OPD_IMM) {
        ir_2i(t->b, alu_ir(op), s, x, x, src->imm);
        x86_set_cc(t, CC_LOGIC, d->size, x, x);
        return;
    }
    if (op == ALU_XOR && src->kind == OPD_REG && src->reg == d->reg) {
        ir_movi(t->b, x, 0);
        x86_set_cc(t, CC_LOGIC, d->size, x, x);
        return;
    }
    y = x86_read_raw(t, in, 1);
    if (is_logic(op)) {
        ir_2(t->b, alu_ir(op), s, x, x, y);
        x86_set_cc(t, CC_LOGIC, d->size, x, x);
        return;
    }
    x86_set_cc(t, op == ALU_ADD ? CC_ADD : CC_SUB, d->size, x, y);
    if (src->kind == OPD_IMM)
        ir_2i(t->b, alu_ir(op), s, x, x, src->imm);
    else
        ir_2(t->b, alu_ir(op), s, x, x, y);
}

static void alu_set_cc(struct x86_tr *t, unsigned op, unsigned size, ir_val x, ir_val y, ir_val r)
{
    if (is_logic(op))
        x86_set_cc(t, CC_LOGIC, size, r, r);
    else
        x86_set_cc(t, op == ALU_ADD ? CC_ADD : CC_SUB, size, x, y);
}

/* Everything else: memory, and parts of registers. */
static void alu_rmw(struct x86_tr *t, const struct x86_insn *in, unsigned op)
{
    const struct x86_operand *d = &in->op[0];
    enum ir_size s = x86_ir_size(d->size);
    bool mem = d->kind == OPD_MEM;
    struct x86_mem m = {IR_NONE, 0};
    ir_val x, y, r = ir_temp(t->b);

    if (mem) {
        m = x86_mem_operand(t, in, d->size, true);
        x = x86_load_to_modify(t, m, d->size);
    } else {
        x = x86_read_raw(t, in, 0);
    }
    y = x86_read_raw(t, in, 1);
    ir_2(t->b, alu_ir(op), s, r, x, y);
    if (mem)
        ir_st(t->b, s, m.addr, m.off, r);
    alu_set_cc(t, op, d->size, x, y, r);
    if (!mem)
        x86_write_operand(t, in, 0, r);
}

/* The carry out of each place, in a word whose upper bits mean nothing: both bits are set, or one of
 * them and the sum's is not. Of a subtraction, the borrow. */
static ir_val carries(struct x86_tr *t, ir_val x, ir_val y, ir_val r, bool subtract)
{
    ir_val both = ir_temp(t->b), any = ir_temp(t->b);

    if (subtract) {
        ir_val n = ir_temp(t->b);
        ir_1(t->b, IR_NOT, IR_64, n, x);
        x = n;
    }
    ir_2(t->b, IR_AND, IR_64, both, x, y);
    ir_2(t->b, IR_OR, IR_64, any, x, y);
    ir_2(t->b, subtract ? IR_AND : IR_ANDN, IR_64, any, any, r);
    ir_2(t->b, IR_OR, IR_64, both, both, any);
    return both;
}

static void carry(struct x86_tr *t, const struct x86_insn *in, bool subtract)
{
    const struct x86_operand *d = &in->op[0];
    enum ir_size s = x86_ir_size(d->size);
    enum ir_opcode op = subtract ? IR_SUB : IR_ADD;
    ir_val cf = x86_emit_cond(t, 2), r = ir_temp(t->b), addr;
    ir_val x = x86_read_for_write(t, in, 0, &addr);
    ir_val y = x86_read_raw(t, in, 1);

    ir_2(t->b, op, s, r, x, y);
    ir_2(t->b, op, s, r, r, cf);
    if (d->kind == OPD_MEM)
        ir_st(t->b, s, addr, 0, r);
    x86_set_cc(t, CC_CARRY, d->size, r, carries(t, x, y, r, subtract));
    if (d->kind != OPD_MEM)
        x86_write_operand(t, in, 0, r);
}

static void compare(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val x = x86_read_raw(t, in, 0);

    x86_set_cc(t, CC_SUB, in->op[0].size, x, x86_read_raw(t, in, 1));
}

X86_EMIT(alu)
{
    unsigned op = (unsigned)in->row->arg;
    const struct x86_operand *d = &in->op[0];

    if (op == ALU_CMP)
        compare(t, in);
    else if (op == ALU_ADC || op == ALU_SBB)
        carry(t, in, op == ALU_SBB);
    else if (d->kind == OPD_REG && d->size >= 4)
        alu_gpr(t, in, op);
    else
        alu_rmw(t, in, op);
}

X86_EMIT(test)
{
    const struct x86_operand *a = &in->op[0], *b = &in->op[1];
    ir_val x = x86_read_raw(t, in, 0), r;

    if (a->kind == OPD_REG && b->kind == OPD_REG && a->reg == b->reg) {
        x86_set_cc(t, CC_LOGIC, a->size, x, x);
        return;
    }
    r = ir_temp(t->b);
    if (b->kind == OPD_IMM)
        ir_2i(t->b, IR_AND, x86_ir_size(a->size), r, x, b->imm);
    else
        ir_2(t->b, IR_AND, x86_ir_size(a->size), r, x, x86_read_raw(t, in, 1));
    x86_set_cc(t, CC_LOGIC, a->size, r, r);
}

/* ---- one operand ---- */

static void inc_dec(struct x86_tr *t, const struct x86_insn *in, u64 n, enum x86_cc kind)
{
    const struct x86_operand *d = &in->op[0];
    enum ir_size s = x86_ir_size(d->size);
    ir_val cf = x86_cf_word(t), addr, x, r;

    if (d->kind == OPD_REG && d->size >= 4) {
        ir_2i(t->b, IR_ADD, s, X86_GPR(d->reg), X86_GPR(d->reg), n);
        x86_set_cc(t, kind, d->size, X86_GPR(d->reg), cf);
        return;
    }
    x = x86_read_for_write(t, in, 0, &addr);
    r = ir_temp(t->b);
    ir_2i(t->b, IR_ADD, s, r, x, n);
    x86_write_back(t, in, 0, addr, r);
    x86_set_cc(t, kind, d->size, r, cf);
}

X86_EMIT(inc)
{
    inc_dec(t, in, 1, CC_INC);
}

X86_EMIT(dec)
{
    inc_dec(t, in, (u64)-1, CC_DEC);
}

X86_EMIT(neg)
{
    ir_val addr, x = x86_read_for_write(t, in, 0, &addr), r = ir_temp(t->b);

    ir_1(t->b, IR_NEG, x86_ir_size(in->op[0].size), r, x);
    x86_write_back(t, in, 0, addr, r);
    x86_set_cc(t, CC_SUB, in->op[0].size, x86_temp_imm(t, 0), x);
}

X86_EMIT(not)
{
    ir_val addr, x = x86_read_for_write(t, in, 0, &addr), r = ir_temp(t->b);

    ir_1(t->b, IR_NOT, x86_ir_size(in->op[0].size), r, x);
    x86_write_back(t, in, 0, addr, r);
}

/* ---- multiplication and division ---- */

static void mul_byte(struct x86_tr *t, const struct x86_insn *in, bool is_signed)
{
    ir_val y = x86_read_operand(t, in, 0), x = x86_read_gpr(t, RAX, 1);
    ir_val r = ir_temp(t->b), high = ir_temp(t->b);

    if (is_signed) {
        ir_val sx = ir_temp(t->b), sy = ir_temp(t->b);
        ir_1(t->b, IR_SEXT8, IR_16, sx, x);
        ir_1(t->b, IR_SEXT8, IR_16, sy, y);
        x = sx;
        y = sy;
    }
    ir_2(t->b, IR_MUL, IR_16, r, x, y);
    ir_2i(t->b, IR_SHR, IR_16, high, r, 8);
    x86_set_cc(t, is_signed ? CC_IMUL : CC_MUL, 1, r, high);
    x86_write_gpr(t, RAX, 2, r);
}

static void mul(struct x86_tr *t, const struct x86_insn *in, bool is_signed)
{
    unsigned size = in->op[0].size;
    enum ir_size s = x86_ir_size(size);
    ir_val y, low, high;

    if (size == 1) {
        mul_byte(t, in, is_signed);
        return;
    }
    y = x86_read_operand(t, in, 0);
    low = ir_temp(t->b);
    high = ir_temp(t->b);
    ir_2(t->b, IR_MUL, s, low, X86_GPR(RAX), y);
    ir_2(t->b, is_signed ? IR_MULHS : IR_MULHU, s, high, X86_GPR(RAX), y);
    x86_set_cc(t, is_signed ? CC_IMUL : CC_MUL, size, low, high);
    x86_write_gpr(t, RAX, size, low);
    x86_write_gpr(t, RDX, size, high);
}

X86_EMIT(mul)
{
    mul(t, in, false);
}

X86_EMIT(imul)
{
    mul(t, in, true);
}

/* IMUL with a register destination: two operands, or three with an immediate. */
X86_EMIT(imul2)
{
    unsigned size = in->op[0].size;
    enum ir_size s = x86_ir_size(size);
    ir_val x = x86_read_raw(t, in, in->n_ops - 2), y = x86_read_raw(t, in, in->n_ops - 1);
    ir_val low = ir_temp(t->b), high = ir_temp(t->b);

    ir_2(t->b, IR_MUL, s, low, x, y);
    ir_2(t->b, IR_MULHS, s, high, x, y);
    x86_set_cc(t, CC_IMUL, size, low, high);
    x86_write_gpr(t, in->op[0].reg, size, low);
}

static void put_gpr(struct x86_cpu *x, unsigned reg, unsigned size, u64 v)
{
    if (size == 8)
        x->gpr[reg] = v;
    else if (size == 4)
        x->gpr[reg] = (u32)v;
    else
        x->gpr[reg] = (x->gpr[reg] & ~(u64)0xffff) | (u16)v;
}

static void put_quotient(struct x86_cpu *x, unsigned size, u64 q, u64 r)
{
    if (size == 1) {
        put_gpr(x, RAX, 2, (u8)q | (u8)r << 8);
        return;
    }
    put_gpr(x, RAX, size, q);
    put_gpr(x, RDX, size, r);
}

static u128 dividend(const struct x86_cpu *x, unsigned size)
{
    u64 a = x->gpr[RAX], d = x->gpr[RDX];

    switch (size) {
    case 1: return (u16)a;
    case 2: return (u32)((u16)a | (u32)(u16)d << 16);
    case 4: return (u32)a | (u64)(u32)d << 32;
    default: return a | (u128)d << 64;
    }
}

static u64 help_div(struct cpu *c, u64 y, u64 size, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    unsigned bits = 8 * (unsigned)size;
    u128 n = dividend(x, (unsigned)size);

    (void)d;
    if (y == 0 || n >> bits >= y)
        x86_raise(x, EXC_DE);
    if (n >> 64)
        put_quotient(x, 8, (u64)(n / y), (u64)(n % y));
    else
        put_quotient(x, (unsigned)size, (u64)n / y, (u64)n % y);
    return 0;
}

static u64 help_idiv(struct cpu *c, u64 y, u64 size, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    unsigned bits = 8 * (unsigned)size, shift = 128 - 2 * bits;
    i128 n = (i128)(dividend(x, (unsigned)size) << shift) >> shift;
    i64 divisor = (i64)(y << (64 - bits)) >> (64 - bits);
    i128 q, limit = (i128)1 << (bits - 1);

    (void)d;
    if (divisor == 0 || (divisor == -1 && shift == 0 && n == (i128)((u128)1 << 127)))
        x86_raise(x, EXC_DE);
    q = n / divisor;
    if (q >= limit || q < -limit)
        x86_raise(x, EXC_DE);
    put_quotient(x, (unsigned)size, (u64)q, (u64)(n % divisor));
    return 0;
}

/* The flags, all undefined, stay as they are. Argument: 1 for IDIV. */
X86_EMIT(div)
{
    ir_val y = x86_read_operand(t, in, 0);

    ir_call(t->b, IR_NONE, in->row->arg ? help_idiv : help_div, y, x86_temp_imm(t, in->op[0].size),
            IR_NONE);
}

/* ---- sign extension of the accumulator ---- */

X86_EMIT(cbw)
{
    ir_val r = ir_temp(t->b);

    if (in->opsize == 8) {
        ir_1(t->b, IR_SEXT32, IR_64, X86_GPR(RAX), X86_GPR(RAX));
    } else if (in->opsize == 4) {
        ir_1(t->b, IR_SEXT16, IR_32, X86_GPR(RAX), X86_GPR(RAX));
    } else {
        ir_1(t->b, IR_SEXT8, IR_16, r, X86_GPR(RAX));
        x86_write_gpr(t, RAX, 2, r);
    }
}

X86_EMIT(cwd)
{
    ir_val r = ir_temp(t->b);

    ir_2i(t->b, IR_SAR, x86_ir_size(in->opsize), r, X86_GPR(RAX), in->opsize * 8u - 1);
    x86_write_gpr(t, RDX, in->opsize, r);
}
