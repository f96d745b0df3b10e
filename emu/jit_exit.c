/* jit_exit.c - the ways into a compiled block and out of it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/jit_emit.h"
#include "emu/machine.h"

static const u8 *runs_at(const struct emit *e, const u8 *written)
{
    return written + e->a.delta;
}

/* A block is paid for when it is entered. When it cannot be, pc is where it starts. */
void jit_emit_entry(struct emit *e)
{
    struct asm_buf *a = &e->a;
    u8 *skip = asm_jmp(a, NULL);
    u8 *short_of_steps = a->at;
    asm_alu_imm(a, ALU_ADD, IR_64, rm_reg(HR_15), (i32)e->b->n_insns);
    u8 *attention = a->at;
    asm_movi(a, HR_AX, e->b->pc);
    asm_store(a, IR_64, JIT_CPU(pc), HR_AX);
    asm_jmp(a, e->j->leave);
    asm_patch(skip, a->at);
    e->b->code = runs_at(e, a->at);
    asm_alu_imm(a, ALU_CMP, IR_8, JIT_CPU(attention), 0);
    asm_jcc(a, CC_NE, attention);
    asm_alu_imm(a, ALU_SUB, IR_64, rm_reg(HR_15), (i32)e->b->n_insns);
    asm_jcc(a, CC_B, short_of_steps);
}

static struct host_rm in_slot(struct emit *e, const struct jit_slot *s, size_t member, unsigned behind)
{
    /* Relative to the end of an instruction that has `behind` bytes from here on. */
    i64 distance = ((const u8 *)s + member) - (runs_at(e, e->a.at) + behind);
    CHECK(fits_i32(distance));
    return (struct host_rm){.base = HR_NONE, .index = HR_NONE, .mem = true, .disp = (i32)distance};
}

/* A helper may have changed the mode. */
static u8 *check_mode(struct emit *e, const struct jit_slot *s)
{
    if (!e->called)
        return NULL;
    asm_load(&e->a, IR_32, HR_AX, JIT_CPU(mode));
    asm_alu(&e->a, ALU_CMP, IR_32, HR_AX, in_slot(e, s, offsetof(struct jit_slot, mode), 6));
    return asm_jcc(&e->a, CC_NE, NULL);
}

void jit_emit_exit(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    struct block_link *link = (struct block_link *)(uintptr_t)o->imm;
    struct jit_slot *s = &e->j->data->slot[e->j->n_slots++];
    u8 *other_mode = check_mode(e, s);
    asm_jmp_rm(a, in_slot(e, s, offsetof(struct jit_slot, to), 6));
    if (other_mode)
        asm_patch(other_mode, a->at);
    *s = (struct jit_slot){.to = runs_at(e, a->at), .out = runs_at(e, a->at), .from = e->b};
    link->slot = s;
    asm_movi(a, HR_AX, (uintptr_t)link);
    asm_jmp(a, e->j->leave_miss);
}

/* The jump cache, as next_block() in engine.c looks it up. RAX is pc, and the linear address too. */
static void look_up_jump(struct emit *e)
{
    struct asm_buf *a = &e->a;
    asm_mov(a, IR_64, HR_CX, HR_AX);
    asm_shift_imm(a, SHIFT_SHR, IR_64, rm_reg(HR_CX), JUMP_BITS);
    asm_alu(a, ALU_XOR, IR_32, HR_CX, rm_reg(HR_AX));
    asm_alu_imm(a, ALU_AND, IR_32, rm_reg(HR_CX), (1 << JUMP_BITS) - 1);
    asm_shift_imm(a, SHIFT_SHL, IR_32, rm_reg(HR_CX), 4);
    _Static_assert(sizeof(struct jump_entry) == 1 << 4, "shifted by its size");
    asm_movi(a, HR_DX, (uintptr_t)e->j->engine->jump);
    asm_alu(a, ALU_ADD, IR_64, HR_DX, rm_reg(HR_CX));
    asm_alu(a, ALU_CMP, IR_64, HR_AX, rm_mem(HR_DX, (i32)offsetof(struct jump_entry, lpc)));
    asm_jcc(a, CC_NE, e->j->leave);
    asm_load(a, IR_64, HR_DX, rm_mem(HR_DX, (i32)offsetof(struct jump_entry, block)));
    asm_alu(a, ALU_CMP, IR_64, HR_AX, rm_mem(HR_DX, (i32)offsetof(struct block, pc)));
    asm_jcc(a, CC_NE, e->j->leave);
    asm_load(a, IR_32, HR_CX, JIT_CPU(mode));
    asm_alu(a, ALU_CMP, IR_32, HR_CX, rm_mem(HR_DX, (i32)offsetof(struct block, mode)));
    asm_jcc(a, CC_NE, e->j->leave);
    asm_jmp_rm(a, rm_mem(HR_DX, (i32)offsetof(struct block, code)));
}

void jit_emit_exit_ind(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    (void)o;
    jit_into(e, HR_AX, e->x, IR_64);
    asm_store(a, IR_64, JIT_CPU(pc), HR_AX);
    if (e->b->lpc != e->b->pc) /* there is a code segment base */
        asm_jmp(a, e->j->leave);
    else
        look_up_jump(e);
}

void jit_emit_exit_pc(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    u32 linear = e->j->engine->machine->cpu->arch->linear_modes;
    (void)o;
    if (!linear) {
        asm_jmp(a, e->j->leave);
        return;
    }
    asm_load(a, IR_32, HR_CX, JIT_CPU(mode));
    asm_alu_imm(a, ALU_AND, IR_32, rm_reg(HR_CX), (i32)linear);
    asm_jcc(a, CC_E, e->j->leave);
    asm_load(a, IR_64, HR_AX, JIT_CPU(pc));
    look_up_jump(e);
}
