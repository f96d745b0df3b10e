/* jit_late.c - words of the CPU struct that are stored late: where somebody could see them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Most of what code writes is written again before anybody looks: the flags above all. So words
 * that a register holds anyway, and the flags' words when their operands are in registers, are not
 * stored where they change. What is missing is known at each place of the code; it is stored out of
 * the way, where a slow path or an exit begins, and in line before what would lose it: a register's
 * next use, C code, and where paths meet.
 */
#include "emu/ir_live.h"
#include "emu/jit_emit.h"

static unsigned index_of(u8 reg)
{
    CHECK(reg >= JIT_POOL && reg < JIT_POOL + JIT_POOL_REGS);
    return reg - JIT_POOL;
}

static bool is_late(const struct emit *e)
{
    return !(e->j->passes_off & JIT_PASS_LATE);
}

/* ---- who sees the flags ---- */

static ir_val flags_of(const struct emit *e)
{
    ir_val cc = 0;
    for (u32 i = 0; i < e->n_ops; i++) {
        if (e->ops[i].op != IR_CC)
            continue;
        if (cc && e->ops[i].d != cc)
            return 0;
        cc = e->ops[i].d;
    }
    return cc;
}

static bool reads_flags(const struct ir_op *o, ir_val cc)
{
    return ir_reads(o, cc) || ir_reads(o, cc + 1) || ir_reads(o, cc + 2);
}

/* ---- storing ---- */

static void store_cc(struct emit *e, const struct jit_late *l)
{
    struct asm_buf *a = &e->a;
    u8 x = l->x;
    if (l->undone) {
        x = HR_CX;
        asm_mov(a, IR_64, HR_CX, l->x);
        if (l->y == HR_NONE)
            asm_alu_imm(a, l->undo, l->undo_size, rm_reg(HR_CX), l->imm);
        else
            asm_alu(a, l->undo, l->undo_size, HR_CX, rm_reg(l->y));
    }
    asm_store(a, IR_64, JIT_WORD(l->cc), x);
    if (l->y == HR_NONE)
        asm_store_imm(a, JIT_WORD(l->cc + 1), l->imm);
    else
        asm_store(a, IR_64, JIT_WORD(l->cc + 1), l->y);
    asm_store_imm(a, JIT_WORD(l->cc + 2), l->kind);
}

void jit_late_store(struct emit *e, const struct jit_late *l)
{
    for (unsigned i = 0; i < JIT_POOL_REGS; i++)
        if (l->dirty >> i & 1)
            asm_store(&e->a, IR_64, JIT_WORD(l->word[i]), (u8)(JIT_POOL + i));
    if (l->cc)
        store_cc(e, l);
}

void jit_late_flush(struct emit *e)
{
    jit_late_store(e, &e->late);
    e->late = (struct jit_late){0};
}

static void flush_cc(struct emit *e)
{
    store_cc(e, &e->late);
    e->late.cc = 0;
}

/* ---- registers ---- */

void jit_late_dirty(struct emit *e, u8 reg, ir_val v)
{
    if (!is_late(e)) {
        asm_store(&e->a, IR_64, JIT_WORD(v), reg);
        return;
    }
    e->late.dirty |= (u8)(1 << index_of(reg));
    e->late.word[index_of(reg)] = v;
}

bool jit_late_is_dirty(const struct emit *e, u8 reg)
{
    return e->late.dirty >> index_of(reg) & 1;
}

void jit_late_drop(struct emit *e, u8 reg)
{
    e->late.dirty &= (u8)~(1 << index_of(reg));
}

static bool cc_uses(const struct emit *e, u8 reg)
{
    return e->late.cc && reg != HR_NONE && (e->late.x == reg || e->late.y == reg);
}

static void store_word(struct emit *e, u8 reg)
{
    asm_store(&e->a, IR_64, JIT_WORD(e->late.word[index_of(reg)]), reg);
    jit_late_drop(e, reg);
}

void jit_late_reuse(struct emit *e, u8 reg, bool other_word)
{
    if (cc_uses(e, reg)) {
        CHECK(!e->late.undone); /* that needs a scratch register */
        flush_cc(e);
    }
    if (other_word && jit_late_is_dirty(e, reg))
        store_word(e, reg);
}

/* ---- the flags ---- */

static bool stays(const struct emit *e, ir_val v)
{
    return v < JIT_WORDS && e->pins->of[v] != HR_NONE;
}

/* Is x about to be replaced by the sum or difference whose flags these are? Then x can be had from
 * that. */
static bool can_undo(const struct emit *e, const struct ir_op *o)
{
    const struct ir_op *n = o + 1;
    if (e->i + 1 >= e->n_ops || e->target[e->i + 1] || (n->op != IR_ADD && n->op != IR_SUB) ||
        n->size < IR_32 || n->d != o->a || n->a != o->a || n->b_imm != o->b_imm || !stays(e, o->a))
        return false;
    if (o->b_imm)
        return n->imm == o->imm;
    return n->b == o->b && o->b != o->a && stays(e, o->b);
}

bool jit_late_cc(struct emit *e, const struct ir_op *o)
{
    u64 kind = o->b_imm ? o->aux : o->imm;
    e->late.cc = 0; /* what was there nobody can have seen */
    if (!is_late(e) || e->x.mem || !fits_imm32(kind) || (o->b_imm ? !fits_imm32(o->imm) : e->y.mem))
        return false;
    struct jit_late *l = &e->late;
    l->cc = o->d;
    l->x = e->x.base;
    l->y = o->b_imm ? HR_NONE : e->y.base;
    l->imm = (i32)o->imm;
    l->kind = (i32)kind;
    l->undone = can_undo(e, o);
    if (l->undone) {
        l->undo = o[1].op == IR_ADD ? ALU_SUB : ALU_ADD;
        l->undo_size = o[1].size;
        l->undone_by = e->i + 1;
    }
    return true;
}

/* ---- what a loop's copies agree on ---- */

/* The op that made the flags that there are before op `end`, or -1. */
static int last_flags(const struct ir_op *ops, u32 end)
{
    for (u32 i = end; i-- > 0;) {
        if (ops[i].op == IR_CC)
            return (int)i;
        if (ops[i].op == IR_LEAF)
            return -1;
    }
    return -1;
}

/* It has just one branch, at its end, and two exits, one of which leads back to it. */
bool jit_late_ends_with_branch(const struct block *b)
{
    u32 back = 0, branches = 0, n = b->n_ops;
    for (u32 i = 0; i < n; i++) {
        const struct ir_op *o = &b->ops[i];
        back += o->op == IR_EXIT && ((const struct block_link *)(uintptr_t)o->imm)->pc == b->pc;
        branches += ir_branches(o);
    }
    return back == 1 && branches == 1 && n > 3 && ir_branches(&b->ops[n - 3]) && b->ops[n - 3].aux == 2 &&
           b->ops[n - 3].op != IR_JUMP &&
           b->ops[n - 2].op == IR_EXIT && b->ops[n - 1].op == IR_EXIT;
}

bool jit_late_keeps_flags(const struct jit *j, const struct block *b)
{
    if ((j->passes_off & (JIT_PASS_LATE | JIT_PASS_FUSE)) || !jit_late_ends_with_branch(b))
        return false;
    int made = last_flags(b->ops, b->n_ops - 3);
    if (made < 0)
        return false;
    const struct ir_op *cc = &b->ops[made];
    for (u32 i = (u32)made + 1; i < b->n_ops; i++) {
        const struct ir_op *o = &b->ops[i];
        if (ir_writes(o, cc->a) || (!cc->b_imm && ir_writes(o, cc->b)) || reads_flags(o, cc->d))
            return false;
        for (unsigned w = 0; w < 3; w++)
            if (ir_writes(o, cc->d + w))
                return false;
    }
    for (u32 i = 0; i < b->n_ops; i++)
        if (b->ops[i].op == IR_CALL || (b->ops[i].op == IR_CC && b->ops[i].d != cc->d))
            return false;
    return true;
}

/* Only what stays in its registers is carried. */
static void plan_carrying(struct emit *e)
{
    const struct block *b = e->member[0].b;
    e->carries = false;
    if (!e->twice || !jit_late_keeps_flags(e->j, b))
        return;
    const struct ir_op *o = &b->ops[last_flags(b->ops, b->n_ops - 3)];
    u64 kind = o->b_imm ? o->aux : o->imm;
    if (!stays(e, o->a) || !fits_imm32(kind) || (o->b_imm ? !fits_imm32(o->imm) : !stays(e, o->b)))
        return;
    e->carries = true;
    e->carried = (struct jit_late){.cc = o->d, .x = e->pins->of[o->a], .imm = (i32)o->imm, .kind = (i32)kind,
                                   .y = o->b_imm ? HR_NONE : e->pins->of[o->b]};
}

void jit_late_again(struct emit *e)
{
    e->late = (struct jit_late){0};
    jit_regs_forget_all(e);
    if (e->carries)
        e->late = e->carried;
}

/* ---- before an op ---- */

static bool all_is_seen(const struct emit *e, const struct ir_op *o)
{
    switch (o->op) {
    case IR_CALL:
    case IR_LEAF:
    case IR_JUMP:
    case IR_EXIT_IND:
    case IR_EXIT_PC:
        return true;
    case IR_EXIT:
        return !jit_exit_keeps_late(e, o);
    }
    return ir_branches(o) && !jit_exit_keeps_late(e, o);
}

static bool touches_cc(const struct emit *e, const struct ir_op *o)
{
    for (unsigned i = 0; i < 3; i++)
        if (ir_reads(o, e->late.cc + i) || (o->op != IR_CC && ir_writes(o, e->late.cc + i)))
            return true;
    return false;
}

static bool loses_cc(const struct emit *e, const struct ir_op *o, u32 i)
{
    if (o->op == JIT_ENTER || o->op == IR_CC || (e->late.undone && e->late.undone_by == i) || !ir_writes(o, o->d))
        return false;
    struct host_rm d = jit_where(e, o->d);
    return !d.mem && cc_uses(e, d.base);
}

static bool cc_is_seen(const struct emit *e, const struct ir_op *o)
{
    const struct ir_op *n = o + 1;
    if (touches_cc(e, o) || loses_cc(e, o, e->i))
        return true;
    /* The next op may be made together with a comparison: then the host's flags must live. */
    bool pair = o->op >= IR_EQ && o->op <= IR_LES && e->i + 1 < e->n_ops && n->op == IR_SELECT;
    return pair && (touches_cc(e, n) || loses_cc(e, n, e->i + 1));
}

/* A vector operand that integer ops wrote is read from memory. */
static bool is_in_vec(const struct ir_op *o, ir_val v)
{
    const ir_val vec[] = {o->a, o->b, o->d};
    for (unsigned i = 0; i < ARRAY_SIZE(vec); i++)
        if (v == vec[i] || v == vec[i] + 1)
            return true;
    return false;
}

static void store_vec_words(struct emit *e, const struct ir_op *o)
{
    for (u8 reg = JIT_POOL; reg < JIT_POOL + JIT_POOL_REGS; reg++)
        if (jit_late_is_dirty(e, reg) && is_in_vec(o, e->late.word[index_of(reg)]))
            store_word(e, reg);
}

static void store_words(struct emit *e)
{
    for (u8 reg = JIT_POOL; reg < JIT_POOL + JIT_POOL_REGS; reg++)
        if (jit_late_is_dirty(e, reg))
            store_word(e, reg);
}

void jit_late_before(struct emit *e, const struct ir_op *o)
{
    if (!e->flags_seen[e->i])
        e->late.cc = 0;
    if (!e->late.dirty && !e->late.cc)
        return;
    if (e->carries && jit_exit_goes_round(e, o))
        store_words(e);
    else if (e->target[e->i] || all_is_seen(e, o))
        jit_late_flush(e);
    else if (e->late.cc && cc_is_seen(e, o))
        flush_cc(e);
    if (ir_is_vec(o) || o->op == IR_VST || o->op == IR_VLD || o->op == IR_VOP)
        store_vec_words(e, o);
}

/* ---- planning ---- */

/* Backwards: what is seen before an op, from what is seen after it. Who leaves the block sees all,
 * and so does who finds at its beginning that the budget is too small for it. */
void jit_late_plan(struct emit *e)
{
    ir_val cc = flags_of(e);
    bool seen = true;
    plan_carrying(e);
    for (u32 i = e->n_ops; i-- > 0;) {
        const struct ir_op *o = &e->ops[i];
        if (!cc || ir_leaves(o) || o->op == IR_LEAF || o->op == JIT_ENTER || reads_flags(o, cc))
            seen = true;
        else if (o->op == IR_CC || o->op == IR_JUMP)
            seen = false;
        if (ir_branches(o))
            seen |= e->flags_seen[i + o->aux];
        e->flags_seen[i] = seen;
    }
}
