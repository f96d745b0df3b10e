/* cpu.c - what every processor has: input lines, and leaving a block in the middle */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/cpu.h"

#include "emu/block.h"
#include "emu/check.h"
#include "emu/irq.h"
#include "emu/machine.h"

static const struct state_field cpu_fields[] = {
    CPU_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct cpu)};
const struct state_desc cpu_state = {"cpu", cpu_fields, ARRAY_SIZE(cpu_fields)};

static void set_line(void *opaque, int line, bool level)
{
    struct cpu *c = opaque;
    u32 bit = UINT32_C(1) << line;
    u32 lines = level ? c->lines | bit : c->lines & ~bit;
    if (lines == c->lines)
        return;
    c->lines = lines;
    c->attention = true;
}

struct irq cpu_irq(struct cpu *c, enum cpu_line line)
{
    return (struct irq){set_line, c, (int)line};
}

static u32 steps_unused(const struct cpu *c)
{
    return c->block->n_insns - c->at->insn;
}

void cpu_sync_position(struct cpu *c)
{
    if (!c->block)
        return;
    c->machine->clock.icount = c->icount_end - c->budget - steps_unused(c);
    c->pc = c->block->insns[c->at->insn].pc;
}

/* Leaves the block before the instruction being executed; its steps are given back. */
static NORETURN void leave_block(struct cpu *c, int why)
{
    CHECK(c->leave);
    if (c->block) {
        cpu_sync_position(c);
        c->budget += steps_unused(c);
        c->block = NULL;
    }
    longjmp(*c->leave, why);
}

void cpu_raise(struct cpu *c)
{
    leave_block(c, LEAVE_FAULT);
}

void cpu_alone(struct cpu *c)
{
    if (!c->block)
        return;
    if (steps_unused(c) > 1) {
        block_was_left(c->machine->engine, c->block, c->at->insn);
        leave_block(c, LEAVE_ALONE);
    }
    /* Not pc: a helper may have set it to where the instruction goes. */
    c->machine->clock.icount = c->icount_end - c->budget - 1;
    c->attention = true;
}
