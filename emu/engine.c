/* engine.c - run guest code for a number of steps: blocks in, blocks out, and how they are left */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/engine.h"

#include <stdlib.h>
#include <string.h>

#include "emu/accel.h"
#include "emu/block.h"
#include "emu/check.h"
#include "emu/interp.h"
#include "emu/jit.h"
#include "emu/machine.h"
#include "emu/watch.h"

struct engine *engine_new(struct machine *m, const struct engine_config *cfg)
{
    const char *text = cfg->accel ? cfg->accel : "interp";
    struct accel a;
    CHECK(accel_parse("-accel", text, &a)); /* was looked at where it came from */
    struct engine *e = xcalloc(1, sizeof(*e));
    e->machine = m;
    unsigned max_insns = cfg->max_insns ? cfg->max_insns : a.max_insns;
    e->max_insns = max_insns ? MIN(max_insns, (unsigned)IR_MAX_INSNS) : IR_MAX_INSNS;
    e->code_limit = cfg->code_bytes ? cfg->code_bytes : a.code_bytes;
    e->dump = cfg->dump;
    e->passes_off = cfg->passes_off | a.passes_off;
    e->ir = xcalloc(1, sizeof(*e->ir));
    block_init(e);
    /* The blocks themselves are larger than what the JIT makes of those that are hot. */
    u64 jit_bytes = e->code_limit / 8 * 3;
    if (a.jit && (e->jit = jit_new(e, jit_bytes, text)))
        e->code_limit -= jit_bytes;
    return e;
}

/* Before the machine's CPU and rams are. */
void engine_delete(struct engine *e)
{
    if (!e)
        return;
    block_delete_all(e);
    jit_delete(e->jit);
    free(e->rams);
    free(e->ir);
    free(e);
}

u64 engine_steps_left(const struct cpu *c)
{
    return c->budget + 1;
}

void engine_take_steps(struct cpu *c, u64 n)
{
    CHECK(n >= 1 && n - 1 <= c->budget);
    c->budget -= n - 1;
}

bool engine_pay_step(struct cpu *c)
{
    if (!c->budget)
        return false;
    c->budget--;
    return true;
}

void engine_leave_early(struct cpu *c)
{
    c->budget += c->block->n_insns - 1 - c->at->insn;
}

static void sync_icount(struct engine *e, const struct cpu *c)
{
    e->machine->clock.icount = c->icount_end - c->budget;
}

static bool stops_here(const struct engine *e, const struct block *b)
{
    return b->breaks && !(e->first && e->skip_break) && watch_is_armed(e->machine->watch);
}

/* Lets those who looked for this block find it by themselves the next time. */
static void remember(struct engine *e, struct cpu *c, struct block *b, struct block_link *from)
{
    if (b->breaks)
        return;
    block_remember(e, b);
    if (!from)
        return;
    from->to = b;
    from->changes = c->tlb->changes;
    if (e->jit)
        jit_link(e->jit, from, b);
}

static struct block *next_block(struct engine *e, struct cpu *c)
{
    u64 lpc = c->arch->linear_pc(c);
    struct jump_entry *j = jump_slot(e, lpc);
    if (j->lpc == lpc && j->block->mode == c->mode && j->block->pc == c->pc)
        return j->block;
    return block_get(e, c, e->max_insns);
}

static void execute(struct engine *e, struct cpu *c, struct block *b)
{
    if (e->jit && jit_is_hot(e->jit, b)) {
        block_sync(e); /* finding it may have dropped others */
        jit_run(e->jit, c, b);
    } else {
        interp_run(e, c, b);
    }
}

/* Runs blocks until there is a reason to leave. */
static enum engine_leave run_blocks(struct engine *e, struct cpu *c)
{
    for (;; e->first = false) {
        block_reap(e);
        if (UNLIKELY(e->alone)) {
            e->alone = false;
            e->miss = NULL;
            sync_icount(e, c);
            interp_run(e, c, block_get(e, c, 1));
            continue;
        }
        if (c->attention)
            return ENGINE_ATTENTION;
        if (!c->budget)
            return ENGINE_BUDGET;
        sync_icount(e, c);
        block_sync(e);
        struct block *b = next_block(e, c);
        block_sync(e);
        struct block_link *from = e->miss;
        e->miss = NULL;
        if (stops_here(e, b))
            return ENGINE_BREAK;
        remember(e, c, b, from);
        if (b->n_insns > c->budget)
            b = block_get(e, c, (unsigned)c->budget);
        execute(e, c, b);
    }
}

enum engine_leave engine_run(struct engine *e, struct cpu *c, u64 steps, bool skip_break)
{
    jmp_buf here, *volatile outer = c->leave;
    enum engine_leave why;

    c->budget = steps;
    c->icount_end = e->machine->clock.icount + steps;
    e->first = true;
    e->skip_break = skip_break;
    e->alone = false;
    e->miss = NULL;
    c->leave = &here;
    switch (setjmp(here)) {
    case LEAVE_FAULT:
        why = ENGINE_EXCEPTION;
        break;
    case LEAVE_ALONE:
        e->alone = true;
        e->first = false;
        if (c->arch->left)
            c->arch->left(c);
        /* fall through */
    default:
        why = run_blocks(e, c);
    }
    c->leave = outer;
    sync_icount(e, c);
    return why;
}
