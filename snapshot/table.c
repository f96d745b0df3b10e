/* table.c - shared pages, and the tree that says which page holds what */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "snapshot/table.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"

#define NODE_BITS 6
#define NODE_SIZE (1u << NODE_BITS)

struct node {
    _Atomic u32 refs;
    void *child[NODE_SIZE]; /* nodes; of the last level: pages */
};

bool page_is_zero(const u8 *data)
{
    const u64 *w = (const u64 *)data;
    for (size_t i = 0; i < PAGE_SIZE / 8; i += 8)
        if (w[i] | w[i + 1] | w[i + 2] | w[i + 3] | w[i + 4] | w[i + 5] | w[i + 6] | w[i + 7])
            return false;
    return true;
}

struct page *page_new(struct page_pool *pool, const u8 *data)
{
    if (page_is_zero(data))
        return NULL;
    struct page *p = pool_take(pool);
    memcpy(p->data, data, PAGE_SIZE);
    return p;
}

struct page *page_ref(struct page *p)
{
    if (p)
        pool_hold(p);
    return p;
}

void page_unref(struct page *p)
{
    if (p)
        pool_drop(p);
}

/* What is below `levels` levels: a node, or a page. */

static void *ref(void *what, unsigned levels)
{
    struct node *n = what;

    if (!levels)
        return page_ref(what);
    if (n)
        atomic_fetch_add_explicit(&n->refs, 1, memory_order_relaxed);
    return n;
}

static void unref(void *what, unsigned levels)
{
    struct node *n = what;

    if (!levels) {
        page_unref(what);
        return;
    }
    if (!n || atomic_fetch_sub_explicit(&n->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; i < NODE_SIZE; i++)
        if (n->child[i])
            unref(n->child[i], levels - 1);
    free(n);
}

/* A node with the same content that nobody else holds; drops the reference to n. */
static struct node *own(struct node *n, unsigned levels)
{
    if (n && atomic_load_explicit(&n->refs, memory_order_acquire) == 1)
        return n;
    struct node *copy = xcalloc(1, sizeof(*copy));
    atomic_init(&copy->refs, 1);
    for (unsigned i = 0; n && i < NODE_SIZE; i++)
        if (n->child[i])
            copy->child[i] = ref(n->child[i], levels - 1);
    unref(n, levels);
    return copy;
}

/* Where the way to the page goes on, in a node with so many levels below its top. */
static unsigned index_at(u32 page, unsigned levels)
{
    return page >> (levels - 1) * NODE_BITS & (NODE_SIZE - 1);
}

void table_init(struct table *t, u32 n_pages, const struct table *from)
{
    *t = (struct table){.n_pages = n_pages};
    while (n_pages > (u64)1 << t->levels * NODE_BITS)
        t->levels++;
    if (from)
        t->root = ref(from->root, t->levels);
}

void table_fini(struct table *t)
{
    unref(t->root, t->levels);
    *t = (struct table){0};
}

struct page *table_get(const struct table *t, u32 page)
{
    void *at = t->root;

    CHECK(page < t->n_pages);
    for (unsigned levels = t->levels; levels && at; levels--)
        at = ((struct node *)at)->child[index_at(page, levels)];
    return at;
}

void table_set(struct table *t, u32 page, struct page *p)
{
    void **at = &t->root;

    CHECK(page < t->n_pages);
    for (unsigned levels = t->levels; levels; levels--) {
        if (!*at && !p)
            return;
        struct node *n = *at = own(*at, levels);
        at = &n->child[index_at(page, levels)];
    }
    page_unref(*at);
    *at = p;
}

static void each_difference(void *a, void *b, unsigned levels, u32 first, table_fn fn, void *opaque)
{
    const struct node *x = a, *y = b;

    if (a == b)
        return;
    if (!levels) {
        fn(opaque, first, a, b);
        return;
    }
    for (unsigned i = 0; i < NODE_SIZE; i++) {
        void *p = x ? x->child[i] : NULL, *q = y ? y->child[i] : NULL;
        if (p != q)
            each_difference(p, q, levels - 1, first + (i << (levels - 1) * NODE_BITS), fn, opaque);
    }
}

void table_each_difference(const struct table *a, const struct table *b, table_fn fn, void *opaque)
{
    unsigned levels = a ? a->levels : b ? b->levels : 0;
    each_difference(a ? a->root : NULL, b ? b->root : NULL, levels, 0, fn, opaque);
}
