/* tlb_int.h - what the TLB's files share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_TLB_INT_H
#define EMU_TLB_INT_H

#include "emu/machine.h"
#include "emu/tlb.h"

#define TLB_PAGE(a) ((a) & ~(PAGE_SIZE - 1))
#define TLB_SPACES 16 /* address spaces whose entries for user code are kept */

/* Entries, and a list of those that hold something, so that a flush costs what was filled. */
struct tlb_array {
    struct tlb_entry *entry; /* TLB_SIZE for each mode */
    u16 *filled;
    u32 n_entries, n_filled;
};

struct tlb_space {
    struct tlb_root root;
    bool known;              /* root is what the entries are of; else it is not known by what */
    u64 used;                /* when it was last entered */
    struct tlb_array user;
};

/* A page that walks read entries in. */
struct tlb_table {
    struct ram *ram;         /* NULL: not in use */
    u32 page;
    u32 next_free;
    u64 base;                /* what its first entry maps, not sign-extended */
    u8 shift, size, bits;    /* see struct tlb_use */
    bool unclear;            /* it was read at several levels or places: any change concerns all */
    u16 stores;              /* into it since it was last read in a walk */
    u32 spaces;              /* a set: those in which it was read */
    u64 fetched[16];         /* a set of entries: those that were read for a fetch */
};

/* Of one page of RAM. Direct stores to it are allowed at va[0] in some of the spaces and at va[1]
 * in the kernel's entries, if at all. */
struct tlb_note {
    u64 va[2];
    u32 arrays;              /* a set of spaces, and TLB_KERNEL */
    u32 table;               /* number + 1, or 0 */
};
#define TLB_KERNEL (1u << TLB_SPACES)
#define TLB_MANY(kind) (1u << (30 + (kind))) /* also elsewhere */

struct soft_tlb {
    struct tlb tlb;          /* first: struct cpu points to it */
    struct tlb_array kernel; /* the modes MMU_KERNEL and MMU_KERNEL_OPEN; their high half serves all spaces */
    u16 low[2 * TLB_SIZE];   /* entries of it that hold something of the low half */
    u32 n_low;
    struct tlb_space space[TLB_SPACES];
    u32 now;                 /* the present one */
    u64 clock;
    struct tlb_table *table;
    u32 n_tables, max_tables, free_table; /* number + 1, or 0 */
    struct ram *ram[MACHINE_MAX_RAMS];    /* those with notes */
    u32 n_rams;
};

static inline struct soft_tlb *tlb_soft(const struct cpu *c)
{
    return CONTAINER_OF(c->tlb, struct soft_tlb, tlb);
}

static inline bool tlb_is_high(const struct soft_tlb *s, u64 va)
{
    return va >= s->tlb.split;
}

/* tlb.c: the RAM or ROM page that wholly backs the page at pa, or NULL. */
struct region;
struct ram *tlb_ram_at(struct cpu *c, u64 pa, u32 *page, const struct region **region);

/* tlb_space.c */
struct tlb_note *tlb_note(struct soft_tlb *s, struct ram *r, u32 page);
/* An entry for the page at va, holding nothing, or what it holds for this page of RAM already. */
struct tlb_entry *tlb_claim(struct soft_tlb *s, u64 va, enum mmu_mode mode, struct ram *r, u32 page);
void tlb_allow_write(struct soft_tlb *s, struct tlb_entry *e, enum mmu_mode mode);
/* Drops [va, va + size), which is in one half, in these spaces; code: what was remembered of code
 * too. */
void tlb_drop(struct soft_tlb *s, u64 va, u64 size, u32 spaces, bool code);
void tlb_drop_space(struct soft_tlb *s, u32 i);

/* tlb_table.c */
void tlb_table_read(struct cpu *c, struct ram *r, u32 page, unsigned off, unsigned size,
                    const struct tlb_use *use);
/* A page that one address space has as its root: changes of the high half's entries count as
 * changes of code. */
void tlb_table_root(struct cpu *c, const struct tlb_root *root);
void tlb_table_root_left(struct cpu *c, const struct tlb_root *root, u32 space); /* nothing of it is kept there */
void tlb_table_forget_all(struct soft_tlb *s);
/* May a store to [off, off+n) of this PAGE_TABLE page change how the rest of the block is
 * fetched? */
bool tlb_table_store_is_special(struct cpu *c, struct ram *r, u32 page, unsigned off, unsigned n);
/* Around a store to a PAGE_TABLE page: what was there, and what follows. */
struct tlb_table_store {
    struct tlb_table *t;
    unsigned off, n;         /* whole entries */
    u8 old[24];
};
void tlb_table_before_store(struct cpu *c, struct ram *r, u32 page, unsigned off, unsigned n,
                            struct tlb_table_store *st);
void tlb_table_after_store(struct cpu *c, const struct tlb_table_store *st);
/* All of the page is about to be overwritten: it need not be a table any more, if the rest of the
 * block does not depend on it. False: it does. */
bool tlb_table_release(struct cpu *c, struct ram *r, u32 page);

#endif
