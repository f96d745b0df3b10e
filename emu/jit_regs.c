/* jit_regs.c - a block's registers: temporaries, and copies of words that are read again */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Temporaries live in registers as far as they go, the others in memory. What is left over holds
 * copies of words of the CPU struct; what was written to them is stored late (jit_late.c). Where
 * paths meet no copies are kept.
 */
#include "emu/ir_live.h"
#include "emu/jit_emit.h"

#define A_PAGE UINT16_MAX /* owner of a register that a group of accesses took */

static const u8 pool[JIT_POOL_REGS] = {JIT_POOL, JIT_POOL + 1, JIT_POOL + 2};

/* ---- planning, backwards ---- */

static unsigned plan_temps(struct ir_live *l, const struct ir_op *o)
{
    const ir_val v[4] = {o->a, o->b, o->c, o->d};
    unsigned plan = 0;
    if (ir_is_temp(o->d) && ir_writes(o, o->d)) {
        plan |= ir_live_has(l, o->d) ? 0 : DIES_D;
        ir_live_set(l, o->d, false);
    }
    /* What an op reads and writes lives on. */
    for (unsigned k = 0; k < 3; k++)
        if (ir_is_temp(v[k]) && ir_reads(o, v[k]) && !ir_live_has(l, v[k]) && v[k] != o->d)
            plan |= 1u << k;
    for (unsigned k = 0; k < 4; k++)
        if (ir_is_temp(v[k]) && ir_reads(o, v[k]))
            ir_live_set(l, v[k], true);
    return plan;
}

static bool may_copy(const struct emit *e, ir_val v)
{
    return v < JIT_WORDS && v != IR_NONE && !ir_is_temp(v) && e->pins->of[v] == HR_NONE;
}

static void overwritten(struct emit *e, ir_val vec)
{
    if (vec + 1 < JIT_WORDS)
        e->seen[vec] = e->seen[vec + 1] = 0;
}

static unsigned plan_words(struct emit *e, const struct ir_op *o)
{
    ir_val v[4] = {o->a, o->b, o->c, o->d};
    unsigned plan = 0;
    if (e->j->passes_off & JIT_PASS_WORDS)
        return 0;
    if (ir_is_vec(o))
        v[0] = v[1] = IR_NONE;
    if (o->op == IR_VST)
        v[1] = IR_NONE;
    if (o->op == IR_VLD)
        v[3] = IR_NONE;
    if (o->op == IR_VOP)
        v[0] = v[1] = v[3] = IR_NONE;
    if (o->op == IR_VOP)
        overwritten(e, o->d);
    if (o->op == IR_VLD || o->op == IR_VEC || o->op == IR_VPUT)
        overwritten(e, o->op == IR_VLD ? o->d : o->a);
    if (o->op == IR_CALL || o->op == IR_LEAF)
        e->epoch++;
    for (unsigned k = 0; k < 4; k++)
        if (may_copy(e, v[k]) && e->seen[v[k]] == e->epoch)
            plan |= AGAIN_A << k;
    if (may_copy(e, v[3]) && ir_writes(o, v[3]))
        e->seen[v[3]] = 0;
    for (unsigned k = 0; k < 4; k++)
        if (may_copy(e, v[k]) && ir_reads(o, v[k]))
            e->seen[v[k]] = e->epoch;
    return plan;
}

/* A temporary that lives where a branch goes to is in memory from its definition on: so no two paths can
 * disagree on where it is. */
static unsigned plan_place(struct ir_live *across, const struct ir_op *o)
{
    if (!ir_is_temp(o->d) || !ir_writes(o, o->d) || !ir_live_has(across, o->d))
        return 0;
    if (!ir_reads(o, o->d))
        ir_live_set(across, o->d, false);
    return IN_MEMORY;
}

/* A block that is entered in more ways than one. */
static bool begins_path(const struct emit *e, u32 i)
{
    return e->ops[i].op == JIT_ENTER && e->member[e->ops[i].aux].join;
}

void jit_regs_plan(struct emit *e)
{
    struct ir_live l = {0}, across = {0}, at[JIT_MAX_OPS];
    e->epoch++;
    for (u32 i = e->n_ops; i-- > 0;) {
        const struct ir_op *o = &e->ops[i];
        bool leaves = o->op == IR_EXIT || o->op == IR_EXIT_IND || o->op == IR_EXIT_PC;
        if (leaves || o->op == IR_JUMP)
            l = across = (struct ir_live){0};
        if (ir_branches(o)) {
            ir_live_join(&l, &at[i + o->aux]);
            ir_live_join(&across, &at[i + o->aux]);
        }
        if (begins_path(e, i))
            e->epoch++;
        e->plan[i] = (u16)(plan_place(&across, o) | plan_temps(&l, o) | plan_words(e, o));
        if (e->target[i]) {
            at[i] = l;
            ir_live_join(&across, &l);
            e->epoch++;
        }
    }
    jit_regs_forget_all(e);
}

/* ---- who is where ---- */

static u8 reg_of(const struct emit *e, ir_val v)
{
    for (unsigned i = 0; i < ARRAY_SIZE(pool); i++)
        if (e->owner[pool[i]] == v && v != IR_NONE)
            return pool[i];
    return HR_NONE;
}

static u8 free_reg(const struct emit *e)
{
    for (unsigned i = 0; i < ARRAY_SIZE(pool); i++)
        if (e->owner[pool[i]] == IR_NONE)
            return pool[i];
    return HR_NONE;
}

/* A register that holds a copy only; HR_NONE if there is none. */
static u8 evicted_reg(struct emit *e)
{
    for (unsigned i = 0; i < ARRAY_SIZE(pool); i++) {
        u8 reg = pool[(e->evict + i) % ARRAY_SIZE(pool)];
        if (ir_is_temp(e->owner[reg]) || e->owner[reg] == A_PAGE)
            continue;
        e->evict += i + 1;
        return reg;
    }
    return HR_NONE;
}

struct host_rm jit_where(const struct emit *e, ir_val v)
{
    u8 reg = v < JIT_WORDS ? e->pins->of[v] : HR_NONE;
    if (reg == HR_NONE)
        reg = reg_of(e, v);
    return reg == HR_NONE ? JIT_WORD(v) : rm_reg(reg);
}

static struct host_rm operand(struct emit *e, ir_val v, bool again)
{
    struct host_rm at = jit_where(e, v);
    u8 reg = again && at.mem ? free_reg(e) : HR_NONE;
    if (reg == HR_NONE)
        return at;
    jit_late_reuse(e, reg, true);
    asm_load(&e->a, IR_64, reg, at);
    e->owner[reg] = v;
    return rm_reg(reg);
}

static void release(struct emit *e, ir_val v)
{
    u8 reg = reg_of(e, v);
    if (reg == HR_NONE)
        return;
    e->owner[reg] = IR_NONE;
    jit_late_drop(e, reg);
}

void jit_regs_operands(struct emit *e, const struct ir_op *o)
{
    unsigned plan = e->plan[e->i];
    e->x = operand(e, o->a, plan & AGAIN_A && ir_reads(o, o->a));
    e->y = operand(e, o->b, plan & AGAIN_B && ir_reads(o, o->b));
    e->z = operand(e, o->c, plan & AGAIN_C && ir_reads(o, o->c));
    if (plan & DIES_A)
        release(e, o->a);
    if (plan & DIES_B)
        release(e, o->b);
    if (plan & DIES_C)
        release(e, o->c);
}

struct host_rm jit_define(struct emit *e, ir_val v)
{
    e->through = IR_NONE;
    bool temp = ir_is_temp(v);
    if (temp && e->plan[e->i] & IN_MEMORY)
        release(e, v);
    if (temp ? e->plan[e->i] & IN_MEMORY : !may_copy(e, v))
        return jit_where(e, v);
    u8 reg = reg_of(e, v);
    /* What a fault would have to find in memory must not be forgotten before the op is done. */
    bool again = (e->plan[e->i] & AGAIN_D) || (!temp && reg != HR_NONE && jit_late_is_dirty(e, reg));
    if (reg == HR_NONE && (temp || again))
        reg = free_reg(e);
    if (reg == HR_NONE && (temp || again))
        reg = evicted_reg(e);
    if (!temp && !again)
        release(e, v);
    if (reg == HR_NONE || (!temp && !again))
        return JIT_WORD(v);
    jit_late_reuse(e, reg, e->owner[reg] != v);
    e->owner[reg] = v;
    e->through = temp ? IR_NONE : v;
    return rm_reg(reg);
}

void jit_regs_after(struct emit *e, const struct ir_op *o)
{
    if (e->plan[e->i] & DIES_D)
        release(e, o->d);
}

void jit_regs_changed(struct emit *e, ir_val v)
{
    release(e, v);
}

void jit_regs_forget_words(struct emit *e)
{
    CHECK(!e->late.dirty);
    for (unsigned i = 0; i < ARRAY_SIZE(pool); i++)
        if (!ir_is_temp(e->owner[pool[i]]) && e->owner[pool[i]] != A_PAGE)
            e->owner[pool[i]] = IR_NONE;
}

void jit_regs_forget_all(struct emit *e)
{
    CHECK(!e->late.dirty && !e->late.cc);
    for (unsigned i = 0; i < ARRAY_SIZE(e->owner); i++)
        e->owner[i] = IR_NONE;
}

/* Not one that an operand of the op in hand is in. */
u8 jit_regs_take_page(struct emit *e)
{
    u8 best = HR_NONE;
    for (unsigned i = 0; i < ARRAY_SIZE(pool); i++) {
        u8 reg = pool[i];
        ir_val owner = e->owner[reg];
        bool used = rm_is(e->x, reg) || rm_is(e->y, reg) || rm_is(e->z, reg);
        if (!used && !ir_is_temp(owner) && owner != A_PAGE && (best == HR_NONE || owner == IR_NONE))
            best = reg;
    }
    if (best == HR_NONE)
        return HR_NONE;
    jit_late_reuse(e, best, true);
    e->owner[best] = A_PAGE;
    return best;
}

void jit_regs_free_page(struct emit *e, u8 reg)
{
    e->owner[reg] = IR_NONE;
}

u32 jit_regs_pages(const struct emit *e)
{
    u32 set = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(pool); i++)
        if (e->owner[pool[i]] == A_PAGE)
            set |= 1u << pool[i];
    return set;
}
