/* table.h - inside snapshot/: shared pages, and the tree that says which page holds what */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A table is a tree of nodes of 64, as deep as the ram is large. Nodes and pages are
 * reference-counted; NULL stands for zeros at all levels. A node that only one table holds may be
 * changed in place, any other is copied first, so that a table made from another one costs the
 * nodes that lead to what changed, however large the ram is.
 *
 * Counts are atomic because a thread may encode a snapshot, and drop the last reference to it,
 * while the machine goes on. Contents never change once a second holder exists, so they need no
 * lock.
 */
#ifndef SNAPSHOT_TABLE_H
#define SNAPSHOT_TABLE_H

#include "emu/types.h"
#include "snapshot/pool.h"

struct table {
    void *root;      /* a node; a page if there is no level */
    unsigned levels; /* of nodes */
    u32 n_pages;
};

bool page_is_zero(const u8 *data);
struct page *page_new(struct page_pool *pool, const u8 *data); /* NULL for zeros */
struct page *page_ref(struct page *p);
void page_unref(struct page *p);

void table_init(struct table *t, u32 n_pages, const struct table *from); /* NULL: zeros */
void table_fini(struct table *t);
struct page *table_get(const struct table *t, u32 page);   /* borrowed; NULL for zeros */
void table_set(struct table *t, u32 page, struct page *p); /* takes over the reference */

/* Calls fn for each page number whose page differs (by identity) between a and b, ascending. Either
 * may be NULL for zeros. */
typedef void (*table_fn)(void *opaque, u32 page, struct page *a, struct page *b);
void table_each_difference(const struct table *a, const struct table *b, table_fn fn, void *opaque);

#endif
