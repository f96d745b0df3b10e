/* emit_move.c - moves, exchanges, conditional moves */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/emit.h"
#include "arch/x86/translate_int.h"

static bool whole_gpr(const struct x86_operand *o)
{
    return o->kind == OPD_REG && o->size >= 4;
}

static u64 cut(u64 v, unsigned size)
{
    return size >= 8 ? v : v & (((u64)1 << 8 * size) - 1);
}

X86_EMIT(mov)
{
    const struct x86_operand *d = &in->op[0], *s = &in->op[1];

    if (whole_gpr(d) && s->kind == OPD_MEM) {
        struct x86_mem m = x86_mem_operand(t, in, d->size, false);
        ir_ld(t->b, x86_ir_size(d->size), X86_GPR(d->reg), m.addr, m.off);
    } else if (whole_gpr(d) && s->kind == OPD_IMM) {
        ir_movi(t->b, X86_GPR(d->reg), cut(s->imm, d->size));
    } else if (d->kind == OPD_MEM) {
        ir_val v = x86_read_raw(t, in, 1);
        x86_write_operand(t, in, 0, v);
    } else {
        x86_write_operand(t, in, 0, x86_read_raw(t, in, 1));
    }
}

/* Memory takes the 16 bits, a register all of them zero-extended. */
X86_EMIT(mov_from_seg)
{
    if (in->op[1].reg >= SEG_LDTR)
        x86_emit_undefined(t, in);
    else
        x86_write_operand(t, in, 0, x86_read_operand(t, in, 1));
}

X86_EMIT(movzx)
{
    const struct x86_operand *d = &in->op[0], *s = &in->op[1];
    ir_val v;

    if (d->size >= 4 && s->kind == OPD_MEM) {
        struct x86_mem m = x86_mem_operand(t, in, s->size, false);
        ir_ld(t->b, x86_ir_size(s->size), X86_GPR(d->reg), m.addr, m.off);
    } else if (d->size >= 4 && s->kind == OPD_REG) {
        ir_1(t->b, IR_MOV, x86_ir_size(s->size), X86_GPR(d->reg), X86_GPR(s->reg));
    } else {
        v = x86_read_operand(t, in, 1);
        x86_write_gpr(t, d->reg, d->size, v);
    }
}

/* MOVSX, and MOVSXD, whose source may be as wide as the destination. */
X86_EMIT(movsx)
{
    static const u8 ops[] = {IR_SEXT8, IR_SEXT16, IR_SEXT32};
    const struct x86_operand *d = &in->op[0], *s = &in->op[1];
    ir_val v = x86_read_raw(t, in, 1), r;

    if (s->size >= d->size) {
        x86_write_gpr(t, d->reg, d->size, v);
        return;
    }
    r = d->size >= 4 ? X86_GPR(d->reg) : ir_temp(t->b);
    ir_1(t->b, (enum ir_opcode)ops[x86_ir_size(s->size)], x86_ir_size(d->size), r, v);
    if (d->size < 4)
        x86_write_gpr(t, d->reg, d->size, r);
}

X86_EMIT(lea)
{
    unsigned reg = in->op[0].reg, size = in->op[0].size;
    enum ir_size s = x86_ir_size(MIN(size, in->addrsize));
    struct x86_mem m;

    if (size >= 4 && in->addrsize >= 4 && in->base < 16 && in->index < 16) {
        ir_lea(t->b, s, X86_GPR(reg), X86_GPR(in->base), X86_GPR(in->index), in->scale, in->disp);
        return;
    }
    if (size >= 4 && in->addrsize >= 4 && in->base < 16) {
        ir_2i(t->b, IR_ADD, s, X86_GPR(reg), X86_GPR(in->base), in->disp);
        return;
    }
    if (in->base >= 0xfe && in->index == 0xff && size >= 4) {
        ir_movi(t->b, X86_GPR(reg), cut(in->disp, MIN(size, in->addrsize)));
        return;
    }
    m = x86_mem_offset(t, in);
    x86_write_gpr(t, reg, size, m.off ? x86_mem_word(t, m) : m.addr);
}

X86_EMIT(nop)
{
    (void)t, (void)in;
}

/* F3 90; with REX.B it still exchanges. */
X86_EMIT(pause)
{
    if (in->rex_b)
        x86_op_xchg(t, in);
}

X86_EMIT(xchg)
{
    ir_val addr, x, y;

    if (in->opcode == 0x90 && !in->rex_b)
        return;
    x = x86_read_for_write(t, in, 0, &addr);
    y = x86_read_operand(t, in, 1);
    x86_write_back(t, in, 0, addr, y);
    x86_write_operand(t, in, 1, x);
}

X86_EMIT(xadd)
{
    unsigned size = in->op[0].size;
    ir_val addr, x = x86_read_for_write(t, in, 0, &addr);
    ir_val y = x86_read_operand(t, in, 1), r = ir_temp(t->b);

    ir_2(t->b, IR_ADD, x86_ir_size(size), r, x, y);
    if (in->op[0].kind == OPD_MEM)
        x86_write_back(t, in, 0, addr, r);
    x86_set_cc(t, CC_ADD, size, x, y);
    x86_write_operand(t, in, 1, x);
    if (in->op[0].kind != OPD_MEM)
        x86_write_operand(t, in, 0, r);
}

/* A destination in memory is written in either case; a register, or the accumulator, only when it
 * changes. */
X86_EMIT(cmpxchg)
{
    const struct x86_operand *d = &in->op[0];
    enum ir_size s = x86_ir_size(d->size);
    ir_val addr, x = x86_read_for_write(t, in, 0, &addr);
    ir_val eq = ir_temp(t->b), v = ir_temp(t->b), acc = ir_temp(t->b);
    ir_val src = x86_read_operand(t, in, 1);

    ir_2(t->b, IR_EQ, s, eq, X86_GPR(RAX), x);
    ir_select(t->b, v, eq, src, x);
    if (d->kind == OPD_MEM)
        x86_write_back(t, in, 0, addr, v);
    x86_set_cc(t, CC_SUB, d->size, X86_GPR(RAX), x);
    if (d->size >= 4) {
        ir_select(t->b, acc, eq, X86_GPR(RAX), x);
    } else {
        ir_mov(t->b, acc, X86_GPR(RAX));
        ir_insert(t->b, acc, x, 0, d->size * 8u);
        ir_select(t->b, acc, eq, X86_GPR(RAX), acc);
    }
    ir_mov(t->b, X86_GPR(RAX), acc);
    if (d->kind == OPD_REG && d->size == 4)
        ir_select(t->b, X86_GPR(d->reg), eq, src, X86_GPR(d->reg));
    else if (d->kind != OPD_MEM)
        x86_write_back(t, in, 0, addr, v);
}

static void set_zf(struct x86_cpu *x, bool zf)
{
    x86_help_fold_flags(&x->base, 0, 0, 0);
    x->cc_x = (x->cc_x & ~(u64)FL_ZF) | (zf ? FL_ZF : 0);
}

static u64 help_cmpxchg8b(struct cpu *c, u64 va, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    u64 have, want = (u32)x->gpr[RAX] | x->gpr[RDX] << 32;

    (void)b, (void)d;
    mem_probe(c, va, 8, MEM_WRITE, (enum mmu_mode)c->mmu);
    have = x86_ld(x, va, 8);
    x86_st(x, va, have == want ? (u32)x->gpr[RBX] | x->gpr[RCX] << 32 : have, 8);
    set_zf(x, have == want);
    if (have != want) {
        x->gpr[RAX] = (u32)have;
        x->gpr[RDX] = have >> 32;
    }
    return 0;
}

static u64 help_cmpxchg16b(struct cpu *c, u64 va, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    u64 low, high;
    bool equal;

    (void)b, (void)d;
    if (va & 15)
        x86_raise_error(x, EXC_GP, 0);
    mem_probe(c, va, 16, MEM_WRITE, (enum mmu_mode)c->mmu);
    low = x86_ld(x, va, 8);
    high = x86_ld(x, va + 8, 8);
    equal = low == x->gpr[RAX] && high == x->gpr[RDX];
    x86_st(x, va, equal ? x->gpr[RBX] : low, 8);
    x86_st(x, va + 8, equal ? x->gpr[RCX] : high, 8);
    set_zf(x, equal);
    if (!equal) {
        x->gpr[RAX] = low;
        x->gpr[RDX] = high;
    }
    return 0;
}

X86_EMIT(cmpxchg8b)
{
    bool wide = in->opsize == 8;
    ir_val va;

    if (wide && !x86_has(t->x, (unsigned)in->row->arg)) {
        x86_emit_undefined(t, in);
        return;
    }
    va = x86_mem_addr(t, in, wide ? 16 : 8, true);
    ir_call(t->b, IR_NONE, wide ? help_cmpxchg16b : help_cmpxchg8b, va, IR_NONE, IR_NONE);
    t->cc_op = CC_FLAGS;
}

/* The source is read, and a 32-bit destination zero-extended, whatever the condition. */
X86_EMIT(cmov)
{
    unsigned size = in->op[0].size, reg = in->op[0].reg, cc = in->opcode & 15;
    ir_val v = x86_read_raw(t, in, 1), k = x86_emit_cond(t, cc & ~1u), r;

    r = size == 8 ? X86_GPR(reg) : ir_temp(t->b);
    if (cc & 1)
        ir_select(t->b, r, k, X86_GPR(reg), v);
    else
        ir_select(t->b, r, k, v, X86_GPR(reg));
    if (size < 8)
        x86_write_gpr(t, reg, size, r);
}

X86_EMIT(setcc)
{
    x86_write_operand(t, in, 0, x86_emit_cond(t, in->opcode & 15));
}

X86_EMIT(xlat)
{
    ir_val off = x86_read_gpr(t, RAX, 1), v = ir_temp(t->b);
    struct x86_mem m;

    ir_2(t->b, IR_ADD, x86_ir_size(in->addrsize), off, off, X86_GPR(RBX));
    m = x86_seg_mem(t, in->seg, (struct x86_mem){off, 0}, 1, false);
    ir_ld(t->b, IR_8, v, m.addr, m.off);
    x86_write_gpr(t, RAX, 1, v);
}
