/* neon.c - Advanced SIMD: the loops over elements, and permutations */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/arm/neon.h"

#include <string.h>

/* ---- elements ---- */

static u64 get(const u64 *regs, unsigned size, unsigned i)
{
    const u8 *p = (const u8 *)regs + ((size_t)i << size);
    u64 v = 0;
    memcpy(&v, p, (size_t)1 << size);
    return v;
}

static void put(u64 *regs, unsigned size, unsigned i, u64 v)
{
    memcpy((u8 *)regs + ((size_t)i << size), &v, (size_t)1 << size);
}

static unsigned count(const struct neon_args *g)
{
    return (g->q ? 16u : 8u) >> g->size;
}

static struct neon_op op_of(struct cpu *c, const struct neon_args *g, unsigned size)
{
    return (struct neon_op){arm_of(c), 8u << size, g->u, g->imm};
}

static neon_fn *function(u64 fn)
{
    return (neon_fn *)(uintptr_t)fn;
}

/* Results are gathered here: an operand may be the destination too. */
struct result {
    u64 r[2];
};

static void finish(struct cpu *c, const struct neon_args *g, const struct result *r, bool q)
{
    memcpy(&arm_of(c)->d[g->d], r->r, q ? 16 : 8);
}

#define BEGIN                                                                                      \
    struct neon_args g = neon_unpack(args);                                                        \
    u64 *regs = arm_of(c)->d;                                                                      \
    struct result r;                                                                               \
    (void)unused;

u64 neon_same(struct cpu *c, u64 args, u64 fn, u64 unused)
{
    BEGIN
    struct neon_op o = op_of(c, &g, g.size);
    for (unsigned i = 0; i < count(&g); i++)
        put(r.r, g.size, i, function(fn)(&o, get(&regs[g.n], g.size, i), get(&regs[g.m], g.size, i),
                                         get(&regs[g.d], g.size, i)));
    finish(c, &g, &r, g.q);
    return 0;
}

u64 neon_unary(struct cpu *c, u64 args, u64 fn, u64 unused)
{
    BEGIN
    struct neon_op o = op_of(c, &g, g.size);
    for (unsigned i = 0; i < count(&g); i++)
        put(r.r, g.size, i,
            function(fn)(&o, get(&regs[g.m], g.size, i), 0, get(&regs[g.d], g.size, i)));
    finish(c, &g, &r, g.q);
    return 0;
}

u64 neon_pairs(struct cpu *c, u64 args, u64 fn, u64 unused)
{
    BEGIN
    struct neon_op o = op_of(c, &g, g.size);
    unsigned half = (8u >> g.size) / 2;
    for (unsigned i = 0; i < 2 * half; i++) {
        const u64 *from = &regs[i < half ? g.n : g.m];
        unsigned k = 2 * (i % half);
        put(r.r, g.size, i, function(fn)(&o, get(from, g.size, k), get(from, g.size, k + 1), 0));
    }
    finish(c, &g, &r, false);
    return 0;
}

u64 neon_pairs_long(struct cpu *c, u64 args, u64 fn, u64 unused)
{
    BEGIN
    struct neon_op o = op_of(c, &g, g.size);
    for (unsigned i = 0; i < count(&g) / 2; i++)
        put(r.r, g.size + 1, i,
            function(fn)(&o, get(&regs[g.m], g.size, 2 * i), get(&regs[g.m], g.size, 2 * i + 1),
                         get(&regs[g.d], g.size + 1, i)));
    finish(c, &g, &r, g.q);
    return 0;
}

u64 neon_long(struct cpu *c, u64 args, u64 fn, u64 unused)
{
    BEGIN
    struct neon_op o = op_of(c, &g, g.size);
    for (unsigned i = 0; i < 8u >> g.size; i++)
        put(r.r, g.size + 1, i,
            function(fn)(&o, get(&regs[g.n], g.size, i), get(&regs[g.m], g.size, i),
                         get(&regs[g.d], g.size + 1, i)));
    finish(c, &g, &r, true);
    return 0;
}

u64 neon_wide(struct cpu *c, u64 args, u64 fn, u64 unused)
{
    BEGIN
    struct neon_op o = op_of(c, &g, g.size);
    for (unsigned i = 0; i < 8u >> g.size; i++)
        put(r.r, g.size + 1, i,
            function(fn)(&o, get(&regs[g.n], g.size + 1, i), get(&regs[g.m], g.size, i), 0));
    finish(c, &g, &r, true);
    return 0;
}

u64 neon_narrow(struct cpu *c, u64 args, u64 fn, u64 unused)
{
    BEGIN
    struct neon_op o = op_of(c, &g, g.size + 1);
    for (unsigned i = 0; i < 8u >> g.size; i++)
        put(r.r, g.size, i,
            function(fn)(&o, get(&regs[g.n], g.size + 1, i), get(&regs[g.m], g.size + 1, i), 0));
    finish(c, &g, &r, false);
    return 0;
}

u64 neon_narrow1(struct cpu *c, u64 args, u64 fn, u64 unused)
{
    BEGIN
    struct neon_op o = op_of(c, &g, g.size + 1);
    for (unsigned i = 0; i < 8u >> g.size; i++)
        put(r.r, g.size, i, function(fn)(&o, get(&regs[g.m], g.size + 1, i), 0, 0));
    finish(c, &g, &r, false);
    return 0;
}

u64 neon_scalar(struct cpu *c, u64 args, u64 fn, u64 unused)
{
    BEGIN
    struct neon_op o = op_of(c, &g, g.size);
    u64 scalar = get(&regs[g.m], g.size, g.imm);
    for (unsigned i = 0; i < count(&g); i++)
        put(r.r, g.size, i,
            function(fn)(&o, get(&regs[g.n], g.size, i), scalar, get(&regs[g.d], g.size, i)));
    finish(c, &g, &r, g.q);
    return 0;
}

u64 neon_scalar_long(struct cpu *c, u64 args, u64 fn, u64 unused)
{
    BEGIN
    struct neon_op o = op_of(c, &g, g.size);
    u64 scalar = get(&regs[g.m], g.size, g.imm);
    for (unsigned i = 0; i < 8u >> g.size; i++)
        put(r.r, g.size + 1, i,
            function(fn)(&o, get(&regs[g.n], g.size, i), scalar, get(&regs[g.d], g.size + 1, i)));
    finish(c, &g, &r, true);
    return 0;
}

/* ---- permutations ---- */

u64 neon_ext(struct cpu *c, u64 args, u64 b, u64 unused)
{
    BEGIN
    unsigned bytes = g.q ? 16 : 8;
    u8 both[32];
    (void)b;
    memcpy(both, &regs[g.n], bytes);
    memcpy(both + bytes, &regs[g.m], bytes);
    memcpy(r.r, both + g.imm, bytes);
    finish(c, &g, &r, g.q);
    return 0;
}

u64 neon_tbl(struct cpu *c, u64 args, u64 length, u64 unused)
{
    BEGIN
    for (unsigned i = 0; i < 8; i++) {
        u64 at = get(&regs[g.m], 0, i);
        put(r.r, 0, i,
            at < 8 * length ? get(&regs[g.n], 0, (unsigned)at)
            : g.u           ? get(&regs[g.d], 0, i)
                            : 0);
    }
    finish(c, &g, &r, false);
    return 0;
}

static void exchange(u64 *a, unsigned i, u64 *b, unsigned k, unsigned size)
{
    u64 v = get(a, size, i);
    put(a, size, i, get(b, size, k));
    put(b, size, k, v);
}

u64 neon_trn(struct cpu *c, u64 args, u64 b, u64 unused)
{
    BEGIN
    (void)b, (void)r;
    for (unsigned i = 0; i < count(&g); i += 2)
        exchange(&regs[g.d], i + 1, &regs[g.m], i, g.size);
    return 0;
}

/* Both registers behind each other, in the order that `from` says. */
static void permute(u64 *regs, const struct neon_args *g, bool zip)
{
    unsigned n = count(g);
    u64 in[2][2], out[2][2];
    memcpy(in[0], &regs[g->d], g->q ? 16 : 8);
    memcpy(in[1], &regs[g->m], g->q ? 16 : 8);
    for (unsigned i = 0; i < 2 * n; i++) {
        unsigned reg = zip ? i & 1 : i * 2 / (2 * n), at = zip ? i / 2 : 0;
        if (zip) {
            put(out[i / n], g->size, i % n, get(in[reg], g->size, at));
        } else { /* the even ones to d, the odd ones to m */
            unsigned from = 2 * (i % n) + i / n;
            put(out[i / n], g->size, i % n, get(in[from / n], g->size, from % n));
        }
    }
    memcpy(&regs[g->d], out[0], g->q ? 16 : 8);
    memcpy(&regs[g->m], out[1], g->q ? 16 : 8);
}

u64 neon_zip(struct cpu *c, u64 args, u64 b, u64 unused)
{
    BEGIN
    (void)b, (void)r;
    permute(regs, &g, true);
    return 0;
}

u64 neon_uzp(struct cpu *c, u64 args, u64 b, u64 unused)
{
    BEGIN
    (void)b, (void)r;
    permute(regs, &g, false);
    return 0;
}

u64 neon_swap(struct cpu *c, u64 args, u64 b, u64 unused)
{
    BEGIN
    (void)b, (void)r;
    for (unsigned i = 0; i < (g.q ? 2u : 1u); i++)
        exchange(&regs[g.d], i, &regs[g.m], i, 3);
    return 0;
}

u64 neon_dup(struct cpu *c, u64 args, u64 b, u64 unused)
{
    BEGIN
    u64 v = get(&regs[g.m], g.size, g.imm);
    (void)b;
    for (unsigned i = 0; i < count(&g); i++)
        put(r.r, g.size, i, v);
    finish(c, &g, &r, g.q);
    return 0;
}
