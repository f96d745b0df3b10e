/* pool.h - inside snapshot/: memory for pages of snapshots */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages come and go by tens of thousands, from two threads. A general allocator costs them two
 * faults of the host each, as most are fresh memory; so they are cut from large pieces that the host
 * gives at once, and come back to a list. The pieces go back with the pool.
 */
#ifndef SNAPSHOT_POOL_H
#define SNAPSHOT_POOL_H

#include <pthread.h>
#include <stdatomic.h>

#include "emu/ram.h"
#include "emu/types.h"

struct page_pool {
    pthread_mutex_t lock; /* of all below but `pages` */
    struct page *free;    /* linked by their first bytes of data */
    struct slab *slabs;
    u32 left;             /* pages never used yet, in the newest slab */
    _Atomic u64 pages;    /* that are held */
};

struct page {
    _Atomic u32 refs;
    struct page_pool *pool;
    u8 data[PAGE_SIZE];
};

void pool_init(struct page_pool *p);
void pool_fini(struct page_pool *p); /* no page may be held */
struct page *pool_take(struct page_pool *p); /* one reference; its content is undefined */
void pool_give(struct page *page);           /* by whoever dropped the last reference */

#endif
