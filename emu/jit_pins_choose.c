/* jit_pins_choose.c - which words of the CPU struct a loop has in registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/ir_live.h"
#include "emu/jit_region.h"
#include "emu/machine.h"

static u64 uses_of(const struct emit *e, ir_val v)
{
    u64 uses = 0;
    for (unsigned m = 0; m < e->n_members; m++) {
        u64 n = 0;
        u32 end = m + 1 < e->n_members ? e->member[m + 1].first : e->n_ops;
        for (u32 i = e->member[m].first; i < end; i++)
            n += ir_reads(&e->ops[i], v) + ir_writes(&e->ops[i], v);
        uses += n * (1 + jit_region_heat(e->j, e->member[m].b));
    }
    return uses;
}

static bool is_written(const struct emit *e, ir_val v)
{
    for (u32 i = 0; i < e->n_ops; i++)
        if (ir_writes(&e->ops[i], v))
            return true;
    return false;
}

static bool holds_reg(const struct jit_pins *p, u8 reg)
{
    for (unsigned i = 0; i < p->n; i++)
        if (p->reg[i] == reg)
            return true;
    return false;
}

/* What is pinned between blocks stays where it is; the others are loaded where the region is
 * entered. */
static void assign(struct emit *e, const u16 *word, unsigned n)
{
    const struct jit_pins *common = &e->j->pins;
    for (unsigned i = 0; i < n; i++)
        if (common->of[word[i]] != HR_NONE)
            jit_pins_add(&e->own, word[i], common->of[word[i]]);
    for (unsigned i = 0; i < n; i++) {
        unsigned r = 0;
        if (common->of[word[i]] != HR_NONE)
            continue;
        while (holds_reg(&e->own, jit_pin_regs[r]))
            r++;
        jit_pins_add(&e->own, word[i], jit_pin_regs[r]);
        e->own.written[e->own.n - 1] = is_written(e, word[i]);
    }
}

static void make_own_thunks(struct emit *e)
{
    for (u32 i = 0; i < e->n_ops; i++) {
        const struct ir_op *o = &e->ops[i];
        if (o->op == IR_CALL && !e->own.call)
            jit_make_call(e->j, &e->a, &e->own);
        if ((o->op == IR_LEAF || ir_is_vec(o) || o->op == IR_VOP) && !e->own.leaf)
            jit_make_leaf(e->j, &e->a, &e->own);
        if (o->op == IR_LD && !e->own.read[o->size])
            jit_make_memory(e->j, &e->a, &e->own, o->size, false);
        if (o->op == IR_ST && !e->own.store[o->size])
            jit_make_memory(e->j, &e->a, &e->own, o->size, true);
        if (o->op == IR_VLD && !e->own.vec_read)
            jit_vec_make_access(e->j, &e->a, &e->own, false);
        if (o->op == IR_VST && !e->own.vec_write)
            jit_vec_make_access(e->j, &e->a, &e->own, true);
    }
}

/* With its budget in memory a loop has one register more. That pays where a word is used more often
 * than blocks are entered, and entering takes little of the time. */
static bool gives_budget_up(const struct emit *e, u64 uses)
{
    u64 entered = 0, insns = 0;
    for (unsigned m = 0; m < e->n_members; m++) {
        u64 heat = 1 + jit_region_heat(e->j, e->member[m].b);
        entered += heat;
        insns += heat * e->member[m].b->n_insns;
    }
    return uses > entered && insns > 12 * entered;
}

/* Of the architecture's words those that the members use most, when they are others than between
 * blocks. */
void jit_pins_choose(struct emit *e)
{
    const u16 *words = e->j->engine->machine->cpu->arch->hot_words;
    u64 uses[JIT_PINS];
    u16 best[JIT_PINS];
    unsigned n = 0;
    bool others = false;
    for (unsigned w = 0; words && words[w]; w++) {
        u64 u = uses_of(e, words[w]);
        unsigned at = n;
        while (at > 0 && uses[at - 1] < u)
            at--;
        if (!u || at == JIT_PINS)
            continue;
        n = MIN(n + 1, JIT_PINS);
        memmove(&uses[at + 1], &uses[at], (n - at - 1) * sizeof(uses[0]));
        memmove(&best[at + 1], &best[at], (n - at - 1) * sizeof(best[0]));
        uses[at] = u;
        best[at] = words[w];
    }
    if (n > JIT_COMMON_PINS && !gives_budget_up(e, uses[n - 1]))
        n = JIT_COMMON_PINS;
    for (unsigned i = 0; i < n; i++)
        others |= e->j->pins.of[best[i]] == HR_NONE;
    if (!others)
        return;
    jit_pins_clear(&e->own);
    assign(e, best, n);
    e->pins = &e->own;
    make_own_thunks(e);
}
