/* jit_members.c - what is compiled as one piece: the members' ops, and how they lead to each other */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A loop that is one block may be made twice: for the first time around, and for all others. The
 * second copy is entered from the ends of both only, so what these agree on holds at its beginning:
 * that vectors are in registers, and which flags were not stored yet (jit_late.c).
 */
#include "emu/ir_live.h"
#include "emu/jit_region.h"

#define MAX_TWICE 200 /* ops of a block that is made twice */

static void add_member(struct emit *e, struct block *b)
{
    u32 first = e->n_ops;
    CHECK(e->n_members < JIT_MAX_MEMBERS && first + b->n_ops < JIT_MAX_OPS);
    e->ops[first] = (struct ir_op){.op = JIT_ENTER, .size = IR_64, .a = IR_NONE, .b = IR_NONE, .c = IR_NONE,
                                   .d = IR_NONE, .aux = (u16)e->n_members};
    memcpy(&e->ops[first + 1], b->ops, b->n_ops * sizeof(b->ops[0]));
    e->n_ops += 1 + b->n_ops;
    e->member[e->n_members++] = (struct jit_member){.b = b, .first = first};
    memset(&e->target[first], 0, 1 + b->n_ops);
    memset(&e->goes[first], JIT_AWAY, 1 + b->n_ops);
    memset(&e->jump[first], 0, (1 + b->n_ops) * sizeof(e->jump[0]));
    for (u32 i = first + 1; i < e->n_ops; i++) {
        u32 to = i + e->ops[i].aux;
        if (ir_branches(&e->ops[i]))
            e->target[to] = (u8)MIN(e->target[to] + 1, 2);
    }
}

/* Of two copies the second. */
static int member_at(const struct emit *e, u64 pc)
{
    unsigned m = e->n_members;
    while (m-- > 0)
        if (e->member[m].b->pc == pc)
            break;
    return (int)m;
}

/* Where exits go that stay in the region, and which members have more than one way in. */
static void connect(struct emit *e)
{
    unsigned ways[JIT_MAX_MEMBERS] = {1}; /* the first is entered from elsewhere */
    bool from_before[JIT_MAX_MEMBERS] = {false};
    for (u32 i = 0; i < e->n_ops && jit_stays(e); i++) {
        if (e->ops[i].op != IR_EXIT)
            continue;
        u64 pc = ((const struct block_link *)(uintptr_t)e->ops[i].imm)->pc;
        int m = member_at(e, pc);
        if (m < 0)
            continue;
        e->goes[i] = (u8)m;
        ways[m]++;
        from_before[m] |= m && i < e->member[m].first && i + 2 >= e->member[m].first &&
                          i >= e->member[m - 1].first;
    }
    for (unsigned m = 0; m < e->n_members; m++)
        e->member[m].join = ways[m] != 1 || !from_before[m];
}

/* Does it have vectors, and leave them in registers from its beginning to its end? */
static bool keeps_vectors(const struct jit *j, const struct block *b)
{
    bool any = false;
    for (u32 i = 0; i < b->n_ops; i++) {
        const struct ir_op *o = &b->ops[i];
        if (o->op == IR_CALL || o->op == IR_LEAF || (ir_is_vec(o) && !j->vec_native[o->aux]))
            return false;
        any |= ir_is_vec(o) || o->op == IR_VOP || o->op == IR_VLD || o->op == IR_VST;
    }
    return any;
}

unsigned jit_members_copies(const struct jit *j, const struct jit_region *r)
{
    if (!r->loop || !r->steady || r->counted || r->n != 1 || r->member[0]->n_ops > MAX_TWICE)
        return 1;
    return keeps_vectors(j, r->member[0]) || jit_late_keeps_flags(j, r->member[0]) ? 2 : 1;
}

void jit_members_gather(struct emit *e)
{
    const struct jit_region *r = e->region;
    e->n_members = e->n_ops = 0;
    for (unsigned i = 0; i < r->n; i++)
        add_member(e, r->member[i]);
    e->twice = jit_members_copies(e->j, r) == 2;
    if (e->twice)
        add_member(e, r->member[0]);
    connect(e);
}
