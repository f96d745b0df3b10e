/* pool.c - memory for pages of snapshots */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "snapshot/pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "emu/check.h"
#include "emu/log.h"

#define SLAB_BYTES (2 * MiB)
#define SLAB_PAGES ((u32)(SLAB_BYTES / PAGE_SIZE - 1))

struct slab {
    struct slab *next;
    struct page_pool *pool;
    _Atomic u32 refs[SLAB_PAGES];
    _Alignas(PAGE_SIZE) struct page page[SLAB_PAGES];
};
_Static_assert(sizeof(struct slab) == SLAB_BYTES, "a page's slab is found by its address");

static struct slab *slab_of(const struct page *page)
{
    return (struct slab *)((uintptr_t)page & ~(uintptr_t)(SLAB_BYTES - 1));
}

static _Atomic u32 *refs_of(struct page *page)
{
    struct slab *s = slab_of(page);
    return &s->refs[page - s->page];
}

void pool_init(struct page_pool *p)
{
    *p = (struct page_pool){0};
    pthread_mutex_init(&p->lock, NULL);
}

void pool_fini(struct page_pool *p)
{
    CHECK(!p->pages);
    for (struct slab *s = p->slabs, *next; s; s = next) {
        next = s->next;
        munmap(s, SLAB_BYTES);
    }
    free(p->free);
    pthread_mutex_destroy(&p->lock);
}

/* NULL when the host has no more memory. */
static struct slab *map_aligned(void)
{
    u8 *p = mmap(NULL, 2 * SLAB_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    u64 before = -(uintptr_t)p & (SLAB_BYTES - 1);
    if (before)
        munmap(p, before);
    munmap(p + before + SLAB_BYTES, SLAB_BYTES - before);
    return (struct slab *)(p + before);
}

static void add_slab(struct page_pool *p)
{
    struct slab *s = map_aligned();

    if (!s) {
        error_report("this host has no more memory for snapshots");
        abort();
    }
    /* Without this the host gives page by page. (A huge page is dearer: the host has to make
     * one.) */
#ifdef MADV_POPULATE_WRITE
    madvise(s, SLAB_BYTES, MADV_POPULATE_WRITE);
#endif
    s->next = p->slabs;
    s->pool = p;
    p->slabs = s;
    p->left = SLAB_PAGES;
}

struct page *pool_take(struct page_pool *p)
{
    struct page *page;

    pthread_mutex_lock(&p->lock);
    if (p->n_free) {
        page = p->free[--p->n_free];
    } else {
        if (!p->left)
            add_slab(p);
        page = &p->slabs->page[--p->left];
    }
    pthread_mutex_unlock(&p->lock);
    atomic_fetch_add_explicit(&p->pages, 1, memory_order_relaxed);
    atomic_init(refs_of(page), 1);
    return page;
}

static void give(struct page_pool *p, struct page *page)
{
    atomic_fetch_sub_explicit(&p->pages, 1, memory_order_relaxed);
    pthread_mutex_lock(&p->lock);
    if (p->n_free == p->cap_free) {
        p->cap_free = MAX(p->cap_free * 2, (u64)SLAB_PAGES);
        p->free = xrealloc(p->free, p->cap_free * sizeof(struct page *));
    }
    p->free[p->n_free++] = page;
    pthread_mutex_unlock(&p->lock);
}

void pool_hold(struct page *page)
{
    atomic_fetch_add_explicit(refs_of(page), 1, memory_order_relaxed);
}

void pool_drop(struct page *page)
{
    if (atomic_fetch_sub_explicit(refs_of(page), 1, memory_order_acq_rel) == 1)
        give(slab_of(page)->pool, page);
}
