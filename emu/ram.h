/* ram.h - page-tracked bulk memory: guest RAM, ROM, video memory, disk overlays */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A page that nobody needs to hear about may be written directly through the soft TLB; that is the
 * flag PAGE_WRITABLE. Taking a snapshot or a digest clears it (after which the caller flushes the
 * TLB's write permissions), so that the first write to each page comes through ram_prepare_write(),
 * which puts the page on the lists below. So bookkeeping costs follow the pages written, never the
 * size of memory.
 *
 * PAGE_CODE and PAGE_TABLE keep a page from ever becoming directly writable: each write to it goes
 * through the slow path, which tells the engine (translated code may be stale) or drops what the TLB
 * has from it (a page table that a walk has used; see tlb.h for why).
 */
#ifndef EMU_RAM_H
#define EMU_RAM_H

#include "emu/types.h"

#define PAGE_BITS 12
#define PAGE_SIZE ((u64)1 << PAGE_BITS)
#define PAGE_OFFSET(a) ((a) & (PAGE_SIZE - 1))

enum page_flag {
    PAGE_WRITABLE = 1,  /* a TLB entry may allow direct writes */
    PAGE_UNSAVED = 2,   /* written since ram_drain_unsaved() */
    PAGE_UNHASHED = 4,  /* written since the last ram_digest() */
    PAGE_CODE = 8,      /* has translated code: owned by the block cache */
    PAGE_TABLE = 16,    /* was read by a page walk that the TLB may depend on: owned by the TLB */
    PAGE_EXECUTED = 32, /* instructions were fetched from it since ram_drain_executed() */
    PAGE_CHANGED = 64,  /* had another content at some ram_digest() since ram_mark() */
};

struct ram_pages { /* a list of page numbers, each at most once; owned by the ram */
    u32 *page;
    u32 n;
};

struct ram {
    char *name;
    u8 *host; /* page-aligned, zeroed at start; size is a multiple of PAGE_SIZE */
    u64 size;
    u32 n_pages;
    u8 *flags; /* enum page_flag, one byte a page */
    struct ram_pages unsaved, unhashed, executed, changed;
    u64 *hash; /* per page, of its content and number; 0 for a page of zeros */
    u64 hash_sum;
    u64 *marked_hash; /* at ram_mark(); of pages with PAGE_CHANGED */
    bool readonly_to_guest; /* ROM: guest stores are dropped by the bus */
    void *code;             /* the block cache's own, per ram */
    void *tlb;              /* and the TLB's */
};

/* size is rounded up to whole pages. Aborts when the host has no memory. */
struct ram *ram_new(const char *name, u64 size);
void ram_delete(struct ram *r);

/* Must precede every change of host[] in that page, whoever makes it. Cheap when already writable.
 * Does not deal with PAGE_CODE and PAGE_TABLE: use ram_write() unless you are the TLB's slow path.
 */
void ram_prepare_write(struct ram *r, u32 page);

/* Digest of the whole content; re-hashes only pages written since the last call and takes their
 * PAGE_WRITABLE away: the caller must flush the TLB's write permissions (machine_digest() does). */
u64 ram_digest(struct ram *r);

/* How many pages have another content at the last ram_digest() than they had at the last one before
 * ram_mark(), or zeros if there was none. It depends on these two states only, whatever happened in
 * between. Costs the pages that were written. */
void ram_mark(struct ram *r);
u32 ram_changed(const struct ram *r);

/* Calls fn for every page written since the last drain (in ascending order), and starts a new
 * period: clears PAGE_UNSAVED and PAGE_WRITABLE. The caller flushes the TLB's write permissions. */
void ram_drain_unsaved(struct ram *r, void (*fn)(void *opaque, struct ram *r, u32 page), void *opaque);
void ram_drain_executed(struct ram *r, void (*fn)(void *opaque, struct ram *r, u32 page), void *opaque);
void ram_mark_executed(struct ram *r, u32 page);

#endif
