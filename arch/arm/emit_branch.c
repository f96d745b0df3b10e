/* emit_branch.c - branches, and IT */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A2.3.2 (how the pc is written), A8.8. */
#include "arch/arm/emit.h"

#define F(letter) insn_field(in, letter)

static u32 sign_extend(u32 v, unsigned bits)
{
    return (u32)((i32)(v << (32 - bits)) >> (32 - bits));
}

/* The address to come back to; bit 0 says T32. */
static void set_link(struct arm_tr *t, const struct arm_insn *in)
{
    ir_movi(t->b, ARM_R(ARM_LR), (u32)in->next_pc | in->thumb);
}

/* ---- A32 ---- */

void arm_a32_b(struct arm_tr *t, const struct arm_insn *in)
{
    arm_jump(t, arm_pc(t) + sign_extend(F('i') << 2, 26));
}

void arm_a32_bl(struct arm_tr *t, const struct arm_insn *in)
{
    set_link(t, in);
    arm_a32_b(t, in);
}

/* BLX to T32; h is bit 1 of the offset. */
void arm_a32_blx(struct arm_tr *t, const struct arm_insn *in)
{
    u32 target = arm_pc(t) + sign_extend(F('i') << 2, 26) + 2 * F('h');
    set_link(t, in);
    arm_jump_switch(t, target);
}

void arm_bx(struct arm_tr *t, const struct arm_insn *in)
{
    arm_write_pc(t, arm_reg(t, F('m')), true);
}

void arm_blx_reg(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val target = arm_reg_copy(t, F('m'));
    set_link(t, in);
    arm_write_pc(t, target, true);
}

/* ---- T32 ---- */

static void jump_if(struct arm_tr *t, const struct arm_insn *in, unsigned cond, u32 target)
{
    unsigned no = ir_label(t->b);
    u8 it_next = t->it_next;
    arm_skip_unless(t, cond, no);
    arm_jump(t, target);
    ir_bind(t->b, no);
    t->it_next = it_next;
    arm_jump(t, (u32)in->next_pc);
}

void arm_t16_b(struct arm_tr *t, const struct arm_insn *in)
{
    arm_jump(t, arm_pc(t) + sign_extend(F('i') << 1, 12));
}

void arm_t16_b_cond(struct arm_tr *t, const struct arm_insn *in)
{
    jump_if(t, in, F('k'), arm_pc(t) + sign_extend(F('i') << 1, 9));
}

/* arg: 1 when not zero */
void arm_t16_cbz(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned no = ir_label(t->b);
    ir_bri(t->b, in->row->arg ? IR_BR_EQ : IR_BR_NE, IR_32, ARM_R(F('n')), 0, no);
    arm_jump(t, arm_pc(t) + 2 * F('i'));
    ir_bind(t->b, no);
    arm_jump(t, (u32)in->next_pc);
}

void arm_t16_it(struct arm_tr *t, const struct arm_insn *in)
{
    if (in->in_it)
        arm_undefined(t); /* UNPREDICTABLE */
    else
        t->it_next = F('i');
}

/* S:I1:I2:imm10:imm11, where I1 and I2 are J1 and J2, inverted unless S: j is J1:J2 (A8.8.18) */
static u32 offset25(const struct arm_insn *in)
{
    u32 s = F('S'), i = (F('j') ^ (s ? 0 : 3)) & 3;
    return sign_extend(s << 24 | i << 22 | F('i') << 1, 25);
}

void arm_t32_b(struct arm_tr *t, const struct arm_insn *in)
{
    arm_jump(t, arm_pc(t) + offset25(in));
}

/* S:J2:J1:imm6:imm11; k is the condition */
void arm_t32_b_cond(struct arm_tr *t, const struct arm_insn *in)
{
    u32 j = F('j');
    u32 off = F('S') << 20 | (j & 1) << 19 | (j >> 1) << 18 | F('i') << 1;
    if (F('k') >= 14)
        arm_undefined(t); /* these are other instructions */
    else
        jump_if(t, in, F('k'), arm_pc(t) + sign_extend(off, 21));
}

void arm_t32_bl(struct arm_tr *t, const struct arm_insn *in)
{
    set_link(t, in);
    arm_jump(t, arm_pc(t) + offset25(in));
}

/* To A32: the offset counts from a word's start. */
void arm_t32_blx(struct arm_tr *t, const struct arm_insn *in)
{
    u32 target = (arm_pc(t) & ~3u) + (offset25(in) & ~3u);
    set_link(t, in);
    arm_jump_switch(t, target);
}

/* TBB, and TBH (H): the table is at n, which may be the pc. */
void arm_t32_tbb(struct arm_tr *t, const struct arm_insn *in)
{
    bool half = F('H');
    ir_val index = arm_reg(t, F('m'));
    ir_val addr = arm_2(t, IR_ADD, arm_reg(t, F('n')), half ? arm_2i(t, IR_SHL, index, 1) : index);
    ir_val v = arm_load(t, half ? 2 : 1, false, addr, 0);
    arm_write_pc(t, arm_2i(t, IR_ADD, arm_2i(t, IR_SHL, v, 1), arm_pc(t)), false);
}
