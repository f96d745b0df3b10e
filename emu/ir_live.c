/* ir_live.c - what ops read and write, and removing those whose result nobody sees */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/ir_live.h"
#include "emu/vec_host.h"

#include <string.h>

#define REMOVED IR_N_OPS

/* The operands that an op reads, of a, b, c and (INSERT) d. */
enum { READS_A = 1, READS_B = 2, READS_C = 4, READS_D = 8 };

static unsigned reads_of(const struct ir_op *o)
{
    unsigned b = o->b_imm ? 0 : READS_B;
    if (o->op < IR_ADD)
        return READS_A;
    if (o->op <= IR_BR_LES)
        return READS_A | b;
    switch (o->op) {
    case IR_LEA:
    case IR_CC:
        return READS_A | b;
    case IR_VGET:
    case IR_VOP:
        return 0;
    case IR_VST:
        return READS_A | READS_C;
    case IR_VEC:
    case IR_VPUT:
        return READS_C;
    case IR_SELECT:
    case IR_CALL:
    case IR_ST:
        return READS_A | READS_B | READS_C;
    case IR_LD:
    case IR_VLD:
    case IR_LEAF:
        return READS_A | READS_B;
    case IR_INSERT:
        return READS_A | READS_D;
    case IR_EXTRACT:
    case IR_EXIT_IND:
        return READS_A;
    default:
        return 0;
    }
}

bool ir_leaves(const struct ir_op *o)
{
    return ir_is_load(o) || ir_is_store(o) || o->op == IR_CALL || o->op == IR_EXIT ||
           o->op == IR_EXIT_IND || o->op == IR_EXIT_PC;
}

bool ir_branches(const struct ir_op *o)
{
    return o->op == IR_JUMP || (o->op >= IR_BR_EQ && o->op <= IR_BR_LES);
}

/* ---- vectors: two words ---- */

static bool reads_vec_a(const struct ir_op *o)
{
    return ir_is_vec(o);
}

static bool reads_vec_b(const struct ir_op *o)
{
    return o->op == IR_VEC || o->op == IR_VGET || o->op == IR_VST;
}

static bool is_of(ir_val word, ir_val vec)
{
    return word == vec || word == vec + 1;
}

static bool is_part(ir_val v, ir_val of, bool pair)
{
    return v != IR_NONE && (v == of || (pair && v == of + 1));
}

bool ir_vop_to_word(const struct ir_op *o)
{
    unsigned form = vec_host_ops[o->aux].form;
    return o->op == IR_VOP && (form == VEC_F_GET || form == VEC_F_FLAGS);
}

static bool vop_reads_d(const struct ir_op *o)
{
    return (o->size == IR_32 && !ir_is_temp(o->d)) || (o->b_imm & VOP_ADDS); /* its other half */
}

/* Of the word that it loads into. */
static bool keeps_half(const struct ir_op *o)
{
    return o->op == IR_VLD && (o->b_imm & VEC_PART) && o->size == IR_32 && !ir_is_temp(o->d);
}

static bool vop_reads(const struct ir_op *o, ir_val v)
{
    bool wide = o->size == IR_128, pairs = wide && !(o->b_imm & VOP_LOW);
    return !ir_vop_is_constant(o) && (is_part(v, o->a, pairs) || is_part(v, o->b, pairs) ||
                                      (vop_reads_d(o) && is_part(v, o->d, wide)));
}

bool ir_reads(const struct ir_op *o, ir_val v)
{
    unsigned r = reads_of(o);
    return (o->op == IR_VOP && vop_reads(o, v)) || (keeps_half(o) && v == o->d) ||
           ((r & READS_A) && o->a == v) || ((r & READS_B) && o->b == v) ||
           ((r & READS_C) && o->c == v) || ((r & READS_D) && o->d == v) ||
           (reads_vec_a(o) && is_of(v, o->a)) || (reads_vec_b(o) && is_of(v, o->b));
}

static bool has_result(const struct ir_op *o)
{
    return !ir_branches(o) && !ir_is_store(o) && o->op != IR_EXIT && o->op != IR_EXIT_IND &&
           o->op != IR_EXIT_PC;
}

bool ir_writes(const struct ir_op *o, ir_val v)
{
    if (o->op == IR_CC)
        return v >= o->d && v <= o->d + 2;
    if (o->op == IR_VEC || o->op == IR_VPUT)
        return is_of(v, o->a);
    if (o->op == IR_VLD)
        return o->b_imm & VEC_PART ? is_part(v, o->d, o->size == IR_128) : is_of(v, o->d);
    if (o->op == IR_VOP)
        return is_part(v, o->d, o->size == IR_128);
    return has_result(o) && o->d == v;
}

void ir_replace_reads(struct ir_op *o, ir_val from, ir_val to)
{
    unsigned r = reads_of(o);
    if ((r & READS_A) && o->a == from)
        o->a = to;
    if ((r & READS_B) && o->b == from)
        o->b = to;
    if ((r & READS_C) && o->c == from)
        o->c = to;
}

/* ---- liveness ---- */

struct live {
    struct ir_live temps;
    bool flags;
};

struct backward {
    struct ir_block *b;
    bool temps;
    u16 cc;
    struct live at[IR_MAX_LABELS];
    bool target[IR_MAX_OPS];
};

static void use(const struct backward *w, struct live *l, ir_val v)
{
    if (ir_is_temp(v))
        ir_live_set(&l->temps, v, true);
    else if (w->cc && v >= w->cc && v <= w->cc + 2)
        l->flags = true;
}

static void use_operands(const struct backward *w, struct live *l, const struct ir_op *o)
{
    unsigned r = reads_of(o);
    if (r & READS_A)
        use(w, l, o->a);
    if (r & READS_B)
        use(w, l, o->b);
    if (r & READS_C)
        use(w, l, o->c);
    if (r & READS_D)
        use(w, l, o->d);
    if (reads_vec_a(o))
        use(w, l, o->a);
    if (reads_vec_b(o))
        use(w, l, o->b);
    if (keeps_half(o))
        use(w, l, o->d);
    if (o->op != IR_VOP || ir_vop_is_constant(o))
        return;
    use(w, l, o->a);
    use(w, l, o->b);
    if (vop_reads_d(o))
        use(w, l, o->d);
}

static void join(struct live *l, const struct live *other)
{
    ir_live_join(&l->temps, &other->temps);
    l->flags |= other->flags;
}

static bool is_dead(const struct backward *w, const struct live *l, const struct ir_op *o)
{
    if (o->op == IR_CC)
        return w->cc && o->d == w->cc && !l->flags;
    return w->temps && has_result(o) && !ir_leaves(o) && o->op != IR_LEAF && !ir_is_vec(o) && o->op != IR_VOP && ir_is_temp(o->d) &&
           !ir_live_has(&l->temps, o->d);
}

/* Liveness before an op from that after it. */
static void step_back(const struct backward *w, struct live *l, const struct ir_op *o)
{
    if (o->op == IR_EXIT || o->op == IR_EXIT_IND || o->op == IR_EXIT_PC || o->op == IR_JUMP)
        memset(l, 0, sizeof(*l));
    if (ir_branches(o))
        join(l, &w->at[o->aux]);
    if (has_result(o) && ir_is_temp(o->d))
        ir_live_set(&l->temps, o->d, false);
    if (o->op == IR_CC && o->d == w->cc)
        l->flags = false;
    if (ir_leaves(o))
        l->flags = true;
    use_operands(w, l, o);
}

static void note_labels(struct backward *w, u32 i, const struct live *l)
{
    for (u32 k = 0; w->target[i] && k < w->b->n_labels; k++)
        if (w->b->labels[k] == i)
            w->at[k] = *l;
}

static bool one_set_of_flags(const struct ir_block *b, u16 cc)
{
    for (u32 i = 0; i < b->n_ops; i++)
        if (b->ops[i].op == IR_CC && b->ops[i].d != cc)
            return false;
    return true;
}

static void compact(struct ir_block *b)
{
    u16 place[IR_MAX_OPS + 1];
    u32 n = 0;
    for (u32 i = 0; i < b->n_ops; i++) {
        place[i] = (u16)n;
        if (b->ops[i].op != REMOVED)
            b->ops[n++] = b->ops[i];
    }
    place[b->n_ops] = (u16)n;
    for (u32 k = 0; k < b->n_labels; k++)
        if (b->labels[k] <= b->n_ops)
            b->labels[k] = place[b->labels[k]];
    for (u32 k = 0; k < b->n_insns; k++)
        b->insns[k].first_op = place[MIN(b->insns[k].first_op, b->n_ops)];
    b->n_ops = n;
}

void ir_remove_dead(struct ir_block *b, bool temps, u16 cc)
{
    struct backward w = {.b = b, .temps = temps, .cc = one_set_of_flags(b, cc) ? cc : 0};
    struct live l = {0};
    bool any = false;
    for (u32 k = 0; k < b->n_labels; k++)
        if (b->labels[k] < IR_MAX_OPS)
            w.target[b->labels[k]] = true;
    for (u32 i = b->n_ops; i-- > 0;) {
        struct ir_op *o = &b->ops[i];
        if (is_dead(&w, &l, o)) {
            o->op = REMOVED;
            any = true;
        } else {
            step_back(&w, &l, o);
        }
        note_labels(&w, i, &l);
    }
    if (any)
        compact(b);
}
