/* pool.h - inside snapshot/: memory for pages of snapshots */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages come and go by tens of thousands, from two threads. A general allocator costs them two
 * faults of the host each, as most are fresh memory; so they are cut from large pieces that the
 * host gives at once, and come back to a list. The pieces go back with the pool.
 *
 * A piece is aligned to its size, and counts the references to its pages in one place at its
 * beginning: a page table is copied or dropped by changing the counts of all pages in it, and they
 * would else be as many cache misses.
 */
#ifndef SNAPSHOT_POOL_H
#define SNAPSHOT_POOL_H

#include <pthread.h>
#include <stdatomic.h>

#include "emu/ram.h"
#include "emu/types.h"

struct page_pool {
    pthread_mutex_t lock; /* of all below but `pages` */
    struct page **free;   /* used last first: it is likely in the cache */
    u64 n_free, cap_free;
    struct slab *slabs;
    u32 left;             /* pages never used yet, in the newest slab */
    _Atomic u64 pages;    /* that are held */
};

struct page {
    u8 data[PAGE_SIZE]; /* aligned to a page */
};

void pool_init(struct page_pool *p);
void pool_fini(struct page_pool *p); /* no page may be held */
struct page *pool_take(struct page_pool *p); /* one reference; its content is undefined */
void pool_hold(struct page *page);           /* one reference more */
void pool_drop(struct page *page);           /* one less; with the last it goes back */

#endif
