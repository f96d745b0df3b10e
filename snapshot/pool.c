/* pool.c - memory for pages of snapshots */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "snapshot/pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "emu/check.h"
#include "emu/log.h"

#define SLAB_BYTES (2 * MiB)
#define SLAB_PAGES ((u32)((SLAB_BYTES - sizeof(struct slab)) / sizeof(struct page)))

struct slab {
    struct slab *next;
    struct page page[];
};

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
    pthread_mutex_destroy(&p->lock);
}

static void add_slab(struct page_pool *p)
{
    struct slab *s = mmap(NULL, SLAB_BYTES, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (s == MAP_FAILED) {
        error_report("this host has no more memory for snapshots");
        abort();
    }
    s->next = p->slabs;
    p->slabs = s;
    p->left = SLAB_PAGES;
}

struct page *pool_take(struct page_pool *p)
{
    pthread_mutex_lock(&p->lock);
    struct page *page = p->free;
    if (page) {
        memcpy(&p->free, page->data, sizeof(p->free));
    } else {
        if (!p->left)
            add_slab(p);
        page = &p->slabs->page[--p->left];
    }
    pthread_mutex_unlock(&p->lock);
    atomic_fetch_add_explicit(&p->pages, 1, memory_order_relaxed);
    atomic_init(&page->refs, 1);
    page->pool = p;
    return page;
}

void pool_give(struct page *page)
{
    struct page_pool *p = page->pool;

    atomic_fetch_sub_explicit(&p->pages, 1, memory_order_relaxed);
    pthread_mutex_lock(&p->lock);
    memcpy(page->data, &p->free, sizeof(p->free));
    p->free = page;
    pthread_mutex_unlock(&p->lock);
}
