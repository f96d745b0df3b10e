/* jit_temps.c - where a block's temporaries live: in host registers as far as they go */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/ir_live.h"
#include "emu/jit_emit.h"

#define LIVE_WORDS ((IR_TEMPS + 63) / 64)
#define POOL (1u << HR_13 | 1u << HR_14)

struct live {
    u64 temp[LIVE_WORDS];
};

static bool is_temp(ir_val v)
{
    return v > IR_NONE && v < IR_NONE + IR_TEMPS;
}

static bool is_live(const struct live *l, ir_val v)
{
    unsigned i = v - IR_NONE;
    return l->temp[i / 64] >> (i % 64) & 1;
}

static void set_live(struct live *l, ir_val v, bool on)
{
    unsigned i = v - IR_NONE;
    u64 bit = (u64)1 << (i % 64);
    l->temp[i / 64] = on ? l->temp[i / 64] | bit : l->temp[i / 64] & ~bit;
}

static unsigned step_back(struct live *l, const struct ir_op *o)
{
    const ir_val v[4] = {o->a, o->b, o->c, o->d};
    unsigned dies = 0;
    if (is_temp(o->d) && ir_writes(o, o->d)) {
        dies |= is_live(l, o->d) ? 0 : DIES_D;
        set_live(l, o->d, false);
    }
    for (unsigned k = 0; k < 4; k++) {
        if (!is_temp(v[k]) || !ir_reads(o, v[k]))
            continue;
        /* What an op reads and writes (INSERT) lives on. */
        if (!is_live(l, v[k]) && (k == 3 || v[k] != o->d))
            dies |= k < 3 ? 1u << k : 0;
    }
    for (unsigned k = 0; k < 4; k++)
        if (is_temp(v[k]) && ir_reads(o, v[k]))
            set_live(l, v[k], true);
    return dies;
}

/* Temporaries that live where a branch goes to are in memory throughout: so no two paths can
 * disagree on where they are. */
static void note_label(struct emit *e, const struct live *l)
{
    for (unsigned t = 0; t < IR_TEMPS; t++)
        e->in_memory[t] |= l->temp[t / 64] >> (t % 64) & 1;
}

void jit_temps_plan(struct emit *e)
{
    struct live l = {0}, at[IR_MAX_OPS];
    for (u32 i = e->b->n_ops; i-- > 0;) {
        const struct ir_op *o = &e->b->ops[i];
        bool leaves = o->op == IR_EXIT || o->op == IR_EXIT_IND || o->op == IR_EXIT_PC;
        if (leaves || o->op == IR_JUMP)
            l = (struct live){0};
        if (ir_branches(o))
            for (unsigned w = 0; w < LIVE_WORDS; w++)
                l.temp[w] |= at[i + o->aux].temp[w];
        e->dies[i] = (u8)step_back(&l, o);
        if (e->target[i]) {
            at[i] = l;
            note_label(e, &l);
        }
    }
    memset(e->reg, HR_NONE, sizeof(e->reg));
    e->free = POOL;
}

static struct host_rm in_memory(ir_val v)
{
    return rm_mem(HR_BP, v * 8);
}

struct host_rm jit_where(const struct emit *e, ir_val v)
{
    if (is_temp(v)) {
        u8 reg = e->reg[v - IR_NONE];
        return reg == HR_NONE ? in_memory(v) : rm_reg(reg);
    }
    if (v < JIT_WORDS && e->j->pin[v] != HR_NONE)
        return rm_reg(e->j->pin[v]);
    return in_memory(v);
}

struct host_rm jit_define(struct emit *e, ir_val v)
{
    unsigned t = v - IR_NONE;
    if (is_temp(v) && e->reg[t] == HR_NONE && !e->in_memory[t] && e->free) {
        e->reg[t] = (u8)__builtin_ctz(e->free);
        e->free &= e->free - 1;
    }
    return jit_where(e, v);
}

static void release(struct emit *e, ir_val v)
{
    u8 *reg = &e->reg[v - IR_NONE];
    if (*reg != HR_NONE)
        e->free |= 1u << *reg;
    *reg = HR_NONE;
}

void jit_temps_release(struct emit *e, unsigned dies)
{
    const struct ir_op *o = &e->b->ops[e->i];
    if (dies & DIES_A)
        release(e, o->a);
    if (dies & DIES_B)
        release(e, o->b);
    if (dies & DIES_C)
        release(e, o->c);
    if (dies & DIES_D)
        release(e, o->d);
}

void jit_temps_release_all(struct emit *e)
{
    memset(e->reg, HR_NONE, sizeof(e->reg));
    e->free = POOL;
}
