/* tlb.h - the soft TLB, and guest memory access by linear address */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The TLB is a cache in the strict sense: nothing a guest or a digest can see depends on what is in
 * it. A real TLB is not so: if a guest clears an accessed bit and does not flush, whether the bit
 * is set again depends on whether the old entry is still cached, and a restored snapshot, which
 * starts with an empty TLB, would differ from the run that it was taken in (I2, I3). Here every
 * page that a walk read is marked PAGE_TABLE; a store to such a page that changes an entry which a
 * walk may have cached drops what depends on that entry, at once (tlb_table.c). Architectures allow
 * a TLB that never holds anything stale. So INVLPG and the like have nothing to do, and neither has
 * a change of address space: the TLB keeps the entries of several (tlb_space.c).
 *
 * What such a store drops may be the page that is being executed. Then it is the last effect of its
 * block (cpu_alone()): the next instruction is fetched anew, wherever its block ends. Other drops
 * are seen by the next access to the pages concerned, be it of the same block, and no later fetch
 * within the block could notice them; so there the block goes on (I2).
 *
 * Code is remembered outside of the TLB, by the links between blocks and the jump cache; and these
 * live on when an exec entry is merely replaced. So each table page notes which of its entries were
 * used to fetch, and a change of one of these counts as a change of code: `low` or `high`, after
 * which half of the address space it is in. Remembered is only what is right for the present
 * address space. When it is left for another whose high half is the same, what was remembered of
 * that stays.
 */
#ifndef EMU_TLB_H
#define EMU_TLB_H

#include "emu/cpu.h"
#include "emu/ram.h"
#include "emu/types.h"

#define TLB_BITS 12 /* measured: with 10 gzip took 1.4 times as long, for pages that met in an entry */
#define TLB_SIZE (1u << TLB_BITS)

struct tlb_entry {
    u64 read, write, exec; /* page address that may be accessed directly, or TLB_NONE */
    u8 *addend;            /* host address = addend + va (computed in uintptr_t) */
    struct ram *ram;       /* the page behind it */
    u32 page;
    u32 listed;            /* tlb_space.c: in which lists of what is in use */
    u64 va;                /* page address, or TLB_NONE: holds nothing */
    u64 unused;            /* a power of two: the JIT finds an entry by a shift */
};
#define TLB_NONE UINT64_MAX

struct tlb {
    struct tlb_entry *entry[MMU_MODES]; /* TLB_SIZE each */
    u64 split;     /* where the high half of the address space begins */
    u64 low, high; /* grow when code there may have become something else, */
    u64 changes;   /* and this when either does, or when blocks themselves changed */
};

/* An address space: all that translation depends on and that a change of the TLB's own making does
 * not flush. */
struct tlb_root {
    u64 id[5];      /* tells it from others */
    u64 split;      /* see struct tlb; where one entry of the top table ends and another begins */
    u64 high_id;    /* the high half is the same as another's if this is, and */
    u64 high_pa;    /* the entries there, in RAM; */
    u32 high_bytes; /* 0: there are none to be compared */
    u8 shift;       /* of these entries, each of `size` bytes: log2 of what one maps; */
    u8 size;
    u8 bits;        /* addresses are sign-extended from so many bits; 64: not */
};

struct tlb *tlb_new(void);
void tlb_delete(struct tlb *t);
void tlb_flush(struct cpu *c);            /* everything; forgets PAGE_TABLE marks and code lookups */
/* From now on addresses are translated by this root; what is known of it is kept from the last
 * time. After tlb_flush() the root is unknown until this is called, which need not be done. */
void tlb_set_root(struct cpu *c, const struct tlb_root *root);
void tlb_flush_page(struct cpu *c, u64 va);
/* What accesses of this mode are allowed has changed, in all address spaces. */
void tlb_flush_mode(struct cpu *c, enum mmu_mode mode);
void tlb_flush_writes(struct cpu *c);     /* write permissions only (snapshots, digests) */
void tlb_flush_watched(struct cpu *c);    /* watchpoints or guest debug registers changed */

void tlb_protect_page(struct cpu *c, struct ram *r, u32 page); /* no direct writes to it from now on */

/* Slow paths: fill, devices, page crossing, watchpoints, code and table pages. They may raise a
 * guest fault or leave the block; nothing has been stored then. Page-crossing stores check both
 * pages first. */
u64 mem_read_slow(struct cpu *c, u64 va, unsigned size, enum mmu_mode mode);
void mem_write_slow(struct cpu *c, u64 va, u64 value, unsigned size, enum mmu_mode mode);

static inline struct tlb_entry *tlb_slot(struct cpu *c, u64 va, enum mmu_mode mode)
{
    return &c->tlb->entry[mode][(va >> PAGE_BITS) & (TLB_SIZE - 1)];
}

/* Guest memory as an instruction accesses it; size 1, 2, 4 or 8; little-endian; any alignment. */
static inline u64 mem_read(struct cpu *c, u64 va, unsigned size, enum mmu_mode mode)
{
    struct tlb_entry *e = tlb_slot(c, va, mode);
    if (LIKELY(e->read == (va & ~(PAGE_SIZE - 1)) && PAGE_OFFSET(va) + size <= PAGE_SIZE)) {
        u64 v = 0;
        __builtin_memcpy(&v, e->addend + va, size);
        return v;
    }
    return mem_read_slow(c, va, size, mode);
}

static inline void mem_write(struct cpu *c, u64 va, u64 value, unsigned size, enum mmu_mode mode)
{
    struct tlb_entry *e = tlb_slot(c, va, mode);
    if (LIKELY(e->write == (va & ~(PAGE_SIZE - 1)) && PAGE_OFFSET(va) + size <= PAGE_SIZE)) {
        __builtin_memcpy(e->addend + va, &value, size);
        return;
    }
    mem_write_slow(c, va, value, size, mode);
}

/* Faults now if [va, va+size) is not accessible so (size up to a page), and touches nothing else. A
 * device there is fine. For instructions that must not fault half-way: for MEM_WRITE it also leaves
 * the block now if a store there would have to be made alone. */
void mem_probe(struct cpu *c, u64 va, unsigned size, enum mem_access access, enum mmu_mode mode);

/* A direct host pointer for bulk work on [va, va+size) within one page, or NULL when accesses there
 * must be made one by one (device, watched, code, table page). Faults like an access of the first
 * byte. */
u8 *mem_direct(struct cpu *c, u64 va, unsigned size, enum mem_access access, enum mmu_mode mode);

/* For arch->walk: reads and writes of page table entries (4 or 8 bytes, aligned) at physical
 * addresses. A read says what the entry is for, which marks the page PAGE_TABLE; `use` is NULL in
 * a debug walk. Writes set A/D bits. Non-RAM reads as all ones. */
struct tlb_use {
    u64 va;
    u8 shift;    /* log2 of the bytes that an entry of this table maps */
    u8 bits;     /* as in struct tlb_root */
    bool exec;   /* for a fetch */
    bool whole;  /* a change of any entry concerns every address (Arm's stage 2) */
};
u64 tlb_walk_read(struct cpu *c, u64 pa, unsigned size, const struct tlb_use *use);
void tlb_walk_write(struct cpu *c, u64 pa, u64 value, unsigned size);

/* Physical stores from outside the CPU (DMA, loaders, debugger) end here: dirty tracking, stale
 * code, page tables. off/n lie in the ram. c may be NULL before there is a CPU. */
void ram_write(struct cpu *c, struct ram *r, u64 off, const void *data, size_t n);

/* The debugger's accesses by linear address: no side effects on the guest, devices not touched.
 * They return the number of bytes done before the first unmapped page. Writes also go to read-only
 * pages. */
size_t mem_debug_read(struct cpu *c, u64 va, void *out, size_t n);
size_t mem_debug_write(struct cpu *c, u64 va, const void *data, size_t n);
/* Linear to physical without side effects; false if unmapped. */
bool mem_debug_translate(struct cpu *c, u64 va, u64 *pa);

/* Fetch for the block cache and the translators: walks for MEM_EXEC (raising faults), marks the
 * page executed, returns where the page is, or NULL when it is not RAM or ROM. `page_va` is
 * page-aligned. */
struct code_page {
    struct ram *ram;
    u32 page;
    const u8 *host;
};
bool tlb_code_page(struct cpu *c, u64 page_va, struct code_page *out);

#endif
