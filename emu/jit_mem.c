/* jit_mem.c - LD, ST and what calls C: the inline lookup in the TLB, and the ways to the slow paths */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/jit_emit.h"

#define ENTRY_BITS 6 /* log2 of an entry's size */
_Static_assert(sizeof(struct tlb_entry) == 1 << ENTRY_BITS, "an entry's place is a shifted page number");

/* The address: the register that it is in, which may be the base's own, or RAX. */
static u8 address(struct emit *e, const struct ir_op *o, struct host_rm index)
{
    bool short_form = o->form == IR_FORM_BASE32 || o->form == IR_FORM_INDEX32;
    bool indexed = o->form == IR_FORM_INDEX || o->form == IR_FORM_INDEX32;
    if (o->form == IR_FORM_BASE && !o->imm && !e->x.mem)
        return e->x.base;
    jit_sum(e, HR_AX, short_form ? IR_32 : IR_64, o->form == IR_FORM_ABS ? NULL : &e->x,
            indexed ? &index : NULL, o->aux, o->imm);
    return HR_AX;
}

/* RCX becomes what to add to the address; goes to the stub when the TLB does not know the page. The end of
 * an access in another page than its start is never what the start's entry holds (see interp.c). */
static u8 *look_up(struct emit *e, u8 va, unsigned size, size_t tag)
{
    struct asm_buf *a = &e->a;
    asm_mov(a, IR_32, HR_CX, va);
    asm_shift_imm(a, SHIFT_SHR, IR_32, rm_reg(HR_CX), PAGE_BITS - ENTRY_BITS);
    asm_alu_imm(a, ALU_AND, IR_32, rm_reg(HR_CX), (TLB_SIZE - 1) << ENTRY_BITS);
    asm_alu(a, ALU_ADD, IR_64, HR_CX, rm_mem(HR_SP, 0));
    if (size == IR_8)
        asm_mov(a, IR_64, HR_DX, va);
    else
        asm_lea(a, IR_64, HR_DX, rm_mem(va, (1 << size) - 1));
    asm_alu_imm(a, ALU_AND, IR_64, rm_reg(HR_DX), -(i32)PAGE_SIZE);
    asm_alu(a, ALU_CMP, IR_64, HR_DX, rm_mem(HR_CX, (i32)tag));
    u8 *miss = asm_jcc(a, CC_NE, NULL);
    asm_load(a, IR_64, HR_CX, rm_mem(HR_CX, (i32)offsetof(struct tlb_entry, addend)));
    return miss;
}

static struct jit_stub *add_stub(struct emit *e, const struct ir_op *o, u8 *jump)
{
    struct jit_stub *s = &e->stub[e->n_stubs++];
    *s = (struct jit_stub){.op = o, .jump = jump};
    return s;
}

void jit_emit_ld(struct emit *e, const struct ir_op *o)
{
    u8 va = address(e, o, e->y);
    struct host_rm d = jit_define(e, o->d);
    u8 reg = jit_target(d);
    struct jit_stub *s = add_stub(e, o, look_up(e, va, o->size, offsetof(struct tlb_entry, read)));
    asm_movzx(&e->a, o->size, reg, rm_index(HR_CX, va, 0, 0));
    s->va = va;
    s->value = rm_reg(reg);
    s->back = e->a.at;
    jit_finish(e, d, reg);
}

void jit_emit_st(struct emit *e, const struct ir_op *o)
{
    u8 va = address(e, o, e->z);
    struct jit_stub *s = add_stub(e, o, look_up(e, va, o->size, offsetof(struct tlb_entry, write)));
    u8 value = jit_in_reg(e, e->y, o->size, HR_DX);
    asm_store(&e->a, o->size, rm_index(HR_CX, va, 0, 0), value);
    s->va = va;
    s->value = e->y;
    s->back = e->a.at;
}

void jit_emit_at(struct emit *e, const struct ir_op *o, u8 scratch)
{
    struct asm_buf *a = &e->a;
    asm_movi(a, scratch, (uintptr_t)e->b);
    asm_store(a, IR_64, rm_mem(HR_BP, (i32)offsetof(struct cpu, block)), scratch);
    asm_alu_imm(a, ALU_ADD, IR_64, rm_reg(scratch), (i32)((const u8 *)o - (const u8 *)e->b));
    asm_store(a, IR_64, rm_mem(HR_BP, (i32)offsetof(struct cpu, at)), scratch);
}

/* R13 and R14 are kept by C code, and all else that a block has in registers by the thunks. */
void jit_emit_stub(struct emit *e, const struct jit_stub *s)
{
    struct asm_buf *a = &e->a;
    bool write = s->op->op == IR_ST;
    asm_patch(s->jump, a->at);
    jit_emit_at(e, s->op, HR_CX);
    if (s->va != HR_AX)
        asm_mov(a, IR_64, HR_AX, s->va);
    if (write)
        jit_into(e, HR_DX, s->value, IR_64);
    asm_call(a, write ? e->j->store[s->op->size] : e->j->read[s->op->size]);
    if (!write && s->value.base != HR_AX)
        asm_mov(a, IR_64, s->value.base, HR_AX);
    asm_jmp(a, s->back);
}
