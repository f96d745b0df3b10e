/* translate_slow.c - what instructions seldom do, at the end of their block */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list of registers is loaded from an aligned address, stored within one page, and a branch stays
 * in its instruction set: nearly always. What is done else is put behind all of the block's code,
 * so that no paths meet in the middle of it; where they meet, nothing is known of what registers
 * hold.
 */
#include "arch/arm/translate.h"
#include "emu/engine.h"

enum { ROOM_OPS = 512, ROOM_LABELS = 64, ROOM_EXITS = 64 }; /* for the rest of the block */

bool arm_slow_has_room(const struct arm_tr *t)
{
    return t->n_slow < ARRAY_SIZE(t->slow) && t->b->n_ops + ROOM_OPS < IR_MAX_OPS &&
           t->b->n_labels + ROOM_LABELS < IR_MAX_LABELS && t->b->n_exits + t->n_slow + ROOM_EXITS < UINT8_MAX;
}

static unsigned later(struct arm_tr *t, struct arm_slow s)
{
    s.label = ir_label(t->b);
    s.insn = t->b->n_insns - 1;
    s.pc = (u32)t->in->pc;
    s.next_pc = (u32)t->in->next_pc;
    t->slow[t->n_slow++] = s;
    return s.label;
}

unsigned arm_slow_misaligned(struct arm_tr *t, ir_val addr, i32 off, bool write)
{
    return later(t, (struct arm_slow){.kind = ARM_SLOW_MISALIGNED, .a = addr, .off = off, .arg = write});
}

unsigned arm_slow_store_list(struct arm_tr *t, unsigned base, i32 off, u32 regs, i32 back)
{
    return later(t, (struct arm_slow){.kind = ARM_SLOW_STORE_LIST, .a = ARM_R(base), .off = off, .arg = regs,
                                      .back = back});
}

unsigned arm_slow_switch(struct arm_tr *t, ir_val target)
{
    return later(t, (struct arm_slow){.kind = ARM_SLOW_SWITCH, .a = target});
}

/* Both pages are asked for before anything is stored. */
static u64 help_store_list(struct cpu *c, u64 va, u64 regs, u64 pc)
{
    struct arm_cpu *a = arm_of(c);
    unsigned size = 4 * (unsigned)__builtin_popcountll(regs), first = PAGE_SIZE - PAGE_OFFSET(va);
    if (va & 3)
        arm_raise_misaligned(c, va, true);
    mem_probe(c, va, MIN(first, size), MEM_WRITE, c->mmu);
    if (size > first)
        mem_probe(c, (u32)(va + first), size - first, MEM_WRITE, c->mmu);
    for (unsigned i = 0; i < 16; i++) {
        if (!(regs >> i & 1))
            continue;
        u32 v = i == ARM_PC ? (u32)pc : (u32)a->r[i];
        mem_write(c, (u32)va, c->mode & MODE_E ? __builtin_bswap32(v) : v, 4, c->mmu);
        va += 4;
    }
    engine_leave_early(c);
    return 0;
}

static ir_val address(struct arm_tr *t, const struct arm_slow *s)
{
    return s->off ? arm_2i(t, IR_ADD, s->a, (u32)s->off) : s->a;
}

static void emit(struct arm_tr *t, const struct arm_slow *s)
{
    u32 pc = s->pc + (t->mode & MODE_T ? 4 : 8);
    switch (s->kind) {
    case ARM_SLOW_MISALIGNED:
        arm_call(t, IR_NONE, arm_help_misaligned, address(t, s), arm_imm(t, s->arg), IR_NONE);
        ir_exit(t->b, s->pc);
        return;
    case ARM_SLOW_STORE_LIST:
        arm_call(t, IR_NONE, help_store_list, address(t, s), arm_imm(t, s->arg), arm_imm(t, pc));
        if (s->back)
            ir_2i(t->b, IR_ADD, IR_32, s->a, s->a, (u32)s->back);
        ir_exit(t->b, s->next_pc);
        return;
    case ARM_SLOW_SWITCH:
        arm_call(t, IR_NONE, arm_help_switch, s->a, IR_NONE, IR_NONE);
        ir_exit_pc(t->b);
        return;
    }
}

void arm_slow_emit(struct arm_tr *t)
{
    for (unsigned i = 0; i < t->n_slow; i++) {
        u32 first = t->b->n_ops;
        t->b->next_temp = 64; /* beyond those that come here */
        ir_bind(t->b, t->slow[i].label);
        emit(t, &t->slow[i]);
        for (u32 k = first; k < t->b->n_ops; k++)
            t->b->ops[k].insn = t->slow[i].insn;
    }
}
