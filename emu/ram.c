/* ram.c - page-tracked bulk memory: which pages were written, hashed, executed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/ram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "emu/check.h"
#include "emu/log.h"
#include "emu/state.h"

struct ram *ram_new(const char *name, u64 size)
{
    struct ram *r = xcalloc(1, sizeof(*r));
    r->name = xstrdup(name);
    r->size = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    r->n_pages = (u32)(r->size >> PAGE_BITS);
    /* Untouched pages cost the host nothing. */
    r->host = mmap(NULL, MAX(r->size, PAGE_SIZE), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (r->host == MAP_FAILED) {
        error_report("this host cannot give %llu MiB of memory for %s; try a smaller -m",
                     (unsigned long long)(r->size / MiB), name);
        abort();
    }
    r->flags = xcalloc(r->n_pages, 1);
    r->hash = xcalloc(r->n_pages, sizeof(u64));
    r->marked_hash = xcalloc(r->n_pages, sizeof(u64));
    struct ram_pages *lists[] = {&r->unsaved, &r->unhashed, &r->executed, &r->changed};
    for (unsigned i = 0; i < ARRAY_SIZE(lists); i++)
        lists[i]->page = xcalloc(r->n_pages, sizeof(u32));
    return r;
}

void ram_delete(struct ram *r)
{
    if (!r)
        return;
    munmap(r->host, MAX(r->size, PAGE_SIZE));
    free(r->unsaved.page);
    free(r->unhashed.page);
    free(r->executed.page);
    free(r->changed.page);
    free(r->marked_hash);
    free(r->hash);
    free(r->flags);
    free(r->name);
    free(r);
}

static void list_add(struct ram *r, struct ram_pages *l, u32 page, u8 flag)
{
    if (r->flags[page] & flag)
        return;
    r->flags[page] |= flag;
    l->page[l->n++] = page;
}

void ram_prepare_write(struct ram *r, u32 page)
{
    if (LIKELY(r->flags[page] & PAGE_WRITABLE))
        return;
    CHECK(page < r->n_pages);
    list_add(r, &r->unsaved, page, PAGE_UNSAVED);
    list_add(r, &r->unhashed, page, PAGE_UNHASHED);
    r->flags[page] |= PAGE_WRITABLE;
}

void ram_mark_executed(struct ram *r, u32 page)
{
    list_add(r, &r->executed, page, PAGE_EXECUTED);
}

static bool is_zero(const u8 *p)
{
    return !p[0] && !memcmp(p, p + 1, PAGE_SIZE - 1);
}

/* The sum is independent of order, so that it can be kept up to date page by page. */
static u64 page_hash(const struct ram *r, u32 page)
{
    const u8 *p = r->host + ((u64)page << PAGE_BITS);
    return is_zero(p) ? 0 : digest_bytes(p, PAGE_SIZE, page);
}

u64 ram_digest(struct ram *r)
{
    for (u32 i = 0; i < r->unhashed.n; i++) {
        u32 page = r->unhashed.page[i];
        u64 h = page_hash(r, page);
        if (h != r->hash[page] && !(r->flags[page] & PAGE_CHANGED)) {
            list_add(r, &r->changed, page, PAGE_CHANGED);
            r->marked_hash[page] = r->hash[page];
        }
        r->hash_sum += h - r->hash[page];
        r->hash[page] = h;
        r->flags[page] &= (u8) ~(PAGE_WRITABLE | PAGE_UNHASHED);
    }
    r->unhashed.n = 0;
    return digest_bytes(&r->hash_sum, sizeof(r->hash_sum), r->size);
}

void ram_mark(struct ram *r)
{
    for (u32 i = 0; i < r->changed.n; i++)
        r->flags[r->changed.page[i]] &= (u8)~PAGE_CHANGED;
    r->changed.n = 0;
}

u32 ram_changed(const struct ram *r)
{
    u32 n = 0;
    for (u32 i = 0; i < r->changed.n; i++)
        n += r->hash[r->changed.page[i]] != r->marked_hash[r->changed.page[i]];
    return n;
}

static int by_number(const void *a, const void *b)
{
    u32 x = *(const u32 *)a, y = *(const u32 *)b;
    return (x > y) - (x < y);
}

static void drain(struct ram *r, struct ram_pages *l, u8 clear,
                  void (*fn)(void *opaque, struct ram *r, u32 page), void *opaque)
{
    qsort(l->page, l->n, sizeof(u32), by_number);
    u32 n = l->n;
    l->n = 0;
    for (u32 i = 0; i < n; i++)
        r->flags[l->page[i]] &= (u8)~clear;
    if (!fn)
        return;
    for (u32 i = 0; i < n; i++)
        fn(opaque, r, l->page[i]);
}

void ram_drain_unsaved(struct ram *r, void (*fn)(void *opaque, struct ram *r, u32 page), void *opaque)
{
    drain(r, &r->unsaved, PAGE_UNSAVED | PAGE_WRITABLE, fn, opaque);
}

void ram_drain_executed(struct ram *r, void (*fn)(void *opaque, struct ram *r, u32 page), void *opaque)
{
    drain(r, &r->executed, PAGE_EXECUTED, fn, opaque);
}
