/* jit_region.c - hot blocks that lead to each other, compiled as one piece */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/jit_region.h"

#include <stdlib.h>

#define MAX_OPS 1200        /* of a region */
#define WILD_PART 16        /* a guess that is wrong more often than once in so many times is none */
#define STEADY 8
#define COLD_PART 32        /* a member was executed at least the head's times divided by this */

u32 jit_region_heat(const struct jit *j, const struct block *b)
{
    if (!b->compiled)
        return b->runs;
    return b->heat && *b->heat >= 0 && *b->heat <= (i32)j->heat ? j->heat - (u32)*b->heat : j->heat;
}

/* ---- choosing ---- */

struct chooser {
    struct jit *j;
    struct jit_region *r;
    u32 n_ops;
    u32 edge[JIT_MAX_MEMBERS]; /* a set of members that it leads to */
};

static int index_of(const struct jit_region *r, const struct block *b)
{
    for (unsigned i = 0; i < r->n; i++)
        if (r->member[i] == b)
            return (int)i;
    return -1;
}

static struct block *target(struct chooser *c, const struct block *from, const struct ir_op *o)
{
    const struct block_link *link = (const struct block_link *)(uintptr_t)o->imm;
    return o->op == IR_EXIT ? block_near(c->j->engine, from, link->pc) : NULL;
}

/* Such a loop is better left alone, with registers of its own. */
static bool is_steady_loop(const struct block *b)
{
    for (const struct jit_region_ref *ref = b->regions; ref; ref = ref->next)
        if (ref->region->member[0] == b)
            return ref->region->steady;
    return false;
}

static bool may_add(const struct chooser *c, const struct block *b)
{
    return !is_steady_loop(b) && index_of(c->r, b) < 0 && c->r->n < JIT_MAX_MEMBERS && c->n_ops + b->n_ops < MAX_OPS &&
           jit_region_heat(c->j, b) >= MAX(c->j->heat / COLD_PART, 1u);
}

static void add(struct chooser *c, struct block *b)
{
    c->r->member[c->r->n++] = b;
    c->n_ops += b->n_ops + 1;
}

/* Of where b leads, the hottest that is no member yet. */
static struct block *hottest(struct chooser *c, const struct block *b)
{
    struct block *best = NULL;
    for (u32 i = 0; i < b->n_ops; i++) {
        struct block *t = target(c, b, &b->ops[i]);
        if (t && may_add(c, t) && (!best || jit_region_heat(c->j, t) > jit_region_heat(c->j, best)))
            best = t;
    }
    return best;
}

/* Follows the hottest way as long as it goes, then begins again where another leaves. */
static void gather(struct chooser *c, struct block *head)
{
    add(c, head);
    for (unsigned from = 0; from < c->r->n; from++)
        for (struct block *b = hottest(c, c->r->member[from]); b; b = hottest(c, b))
            add(c, b);
}

static void find_edges(struct chooser *c)
{
    for (unsigned i = 0; i < c->r->n; i++) {
        const struct block *b = c->r->member[i];
        c->edge[i] = 0;
        for (u32 k = 0; k < b->n_ops; k++) {
            const struct block *t = target(c, b, &b->ops[k]);
            int to = t ? index_of(c->r, t) : -1;
            if (to >= 0)
                c->edge[i] |= 1u << to;
        }
    }
}

/* The members from which the head can be reached; it itself only if it is in a loop. */
static u32 reaching(const struct chooser *c)
{
    u32 set = 0, before;
    do {
        before = set;
        for (unsigned i = 0; i < c->r->n; i++)
            if (c->edge[i] & (set | 1))
                set |= 1u << i;
    } while (set != before);
    return set;
}

/* Does the loop go round STEADY times and more before it is left? Where it leads to was then executed
 * so much more seldom. */
static bool is_steady(struct chooser *c)
{
    u32 left = 0;
    for (unsigned i = 0; i < c->r->n; i++) {
        const struct block *b = c->r->member[i];
        for (u32 k = 0; k < b->n_ops; k++) {
            const struct block *t = target(c, b, &b->ops[k]);
            if (t && index_of(c->r, t) < 0)
                left = MAX(left, jit_region_heat(c->j, t));
        }
    }
    return left <= c->j->heat / STEADY;
}

static void keep_only(struct jit_region *r, u32 set)
{
    unsigned n = 0;
    for (unsigned i = 0; i < r->n; i++)
        if (set >> i & 1)
            r->member[n++] = r->member[i];
    r->n = n;
}

bool jit_region_is_wild(const struct jit *j, const struct block *b, u32 op)
{
    for (u32 i = 0; i < b->n_sites; i++)
        if (b->sites[i].op == op)
            return b->sites[i].misses > jit_region_heat(j, b) / WILD_PART;
    return false;
}

static bool has_wild_op(const struct jit *j, const struct block *b)
{
    for (u32 i = 0; i < b->n_sites; i++)
        if (jit_region_is_wild(j, b, b->sites[i].op))
            return true;
    return false;
}

bool jit_region_choose(struct jit *j, struct block *b, struct jit_region *out)
{
    struct chooser c = {.j = j, .r = out};
    out->n = 0;
    out->loop = out->counted = out->steady = false;
    if (b->limit != j->engine->max_insns || !b->ram || b->len2 || b->breaks)
        return false;
    gather(&c, b);
    find_edges(&c);
    u32 back = reaching(&c);
    out->loop = back & 1;
    if (out->loop) {
        keep_only(out, back);
        out->steady = is_steady(&c);
    }
    return out->loop || out->n > 1 || has_wild_op(j, b);
}

/* ---- who is in which ---- */

/* What is remembered of it counts as part of its blocks. */
static u64 bytes_of(const struct jit_region *r)
{
    return sizeof(*r) + r->n * sizeof(struct jit_region_ref);
}

void jit_region_attach(struct jit *j, const struct jit_region *made)
{
    struct jit_region *r = xmalloc(sizeof(*r));
    *r = *made;
    j->engine->stats.code_bytes += bytes_of(r);
    for (unsigned i = 0; i < r->n; i++) {
        struct jit_region_ref *ref = xmalloc(sizeof(*ref));
        *ref = (struct jit_region_ref){r, r->member[i]->regions};
        r->member[i]->regions = ref;
    }
}

static void detach(struct block *b, const struct jit_region *r)
{
    struct jit_region_ref **p = &b->regions;
    while ((*p)->region != r)
        p = &(*p)->next;
    struct jit_region_ref *ref = *p;
    *p = ref->next;
    free(ref);
}

/* The head is compiled anew when it is warm again. */
static void forget(struct jit *j, struct jit_region *r)
{
    struct block *head = r->member[0];
    jit_unlink(j, head);
    head->compiled = false;
    head->runs = 0;
    head->heat = NULL;
    jit_prepare(j, head);
    j->engine->stats.code_bytes -= bytes_of(r);
    for (unsigned i = 0; i < r->n; i++)
        detach(r->member[i], r);
    free(r);
}

void jit_forget_regions(struct jit *j, struct block *b)
{
    while (b->regions)
        forget(j, b->regions->region);
}

static void check(struct jit *j, struct block *b)
{
    for (struct jit_region_ref *ref = b->regions; ref; ref = ref->next) {
        struct jit_region *r = ref->region;
        bool right = true;
        if (r->member[0] != b)
            continue;
        for (unsigned i = 1; i < r->n && right; i++)
            right = block_claim(j->engine, r->member[i]);
        if (!right)
            forget(j, r);
        return;
    }
}

/* Members that are found right on the way may be heads themselves: they wait for their turn. */
void jit_check_regions(struct jit *j, struct block *b)
{
    struct jit_checks *c = &j->checks;
    if (!b->regions)
        return;
    if (c->n == c->max) {
        c->max = MAX(2 * c->max, 64u);
        c->block = xrealloc(c->block, c->max * sizeof(*c->block));
    }
    c->block[c->n++] = b;
    if (c->busy)
        return;
    c->busy = true;
    while (c->n)
        check(j, c->block[--c->n]);
    c->busy = false;
}
