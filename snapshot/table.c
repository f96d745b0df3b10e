/* table.c - shared pages, and the tree that says which page holds what */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "snapshot/table.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"

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
        atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    return p;
}

void page_unref(struct page *p)
{
    if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
        return;
    pool_give(p);
}

static void leaf_unref(struct leaf *l)
{
    if (!l || atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (u32 i = 0; i < LEAF_PAGES; i++)
        page_unref(l->page[i]);
    free(l);
}

/* A leaf with the same content that nobody else holds; drops the reference to l. */
static struct leaf *leaf_own(struct leaf *l)
{
    if (l && atomic_load_explicit(&l->refs, memory_order_acquire) == 1)
        return l;
    struct leaf *copy = xcalloc(1, sizeof(*copy));
    atomic_init(&copy->refs, 1);
    for (u32 i = 0; l && i < LEAF_PAGES; i++)
        copy->page[i] = page_ref(l->page[i]);
    leaf_unref(l);
    return copy;
}

void table_init(struct table *t, u32 n_pages, const struct table *from)
{
    t->n_pages = n_pages;
    t->n_leaves = (n_pages + LEAF_PAGES - 1) / LEAF_PAGES;
    t->leaf = xcalloc(MAX(t->n_leaves, 1u), sizeof(*t->leaf));
    for (u32 i = 0; from && i < t->n_leaves; i++) {
        t->leaf[i] = from->leaf[i];
        if (t->leaf[i])
            atomic_fetch_add_explicit(&t->leaf[i]->refs, 1, memory_order_relaxed);
    }
}

void table_fini(struct table *t)
{
    for (u32 i = 0; i < t->n_leaves; i++)
        leaf_unref(t->leaf[i]);
    free(t->leaf);
    *t = (struct table){0};
}

struct page *table_get(const struct table *t, u32 page)
{
    CHECK(page < t->n_pages);
    const struct leaf *l = t->leaf[page / LEAF_PAGES];
    return l ? l->page[page % LEAF_PAGES] : NULL;
}

void table_set(struct table *t, u32 page, struct page *p)
{
    CHECK(page < t->n_pages);
    struct leaf **l = &t->leaf[page / LEAF_PAGES];
    if (!*l && !p)
        return;
    *l = leaf_own(*l);
    page_unref((*l)->page[page % LEAF_PAGES]);
    (*l)->page[page % LEAF_PAGES] = p;
}

void table_each_difference(const struct table *a, const struct table *b, table_fn fn, void *opaque)
{
    u32 n_leaves = a ? a->n_leaves : b ? b->n_leaves : 0;

    for (u32 i = 0; i < n_leaves; i++) {
        const struct leaf *x = a ? a->leaf[i] : NULL, *y = b ? b->leaf[i] : NULL;
        if (x == y)
            continue;
        for (u32 k = 0; k < LEAF_PAGES; k++) {
            struct page *p = x ? x->page[k] : NULL, *q = y ? y->page[k] : NULL;
            if (p != q)
                fn(opaque, i * LEAF_PAGES + k, p, q);
        }
    }
}
