/* tlb_space.c - the soft TLB's entries: of several address spaces, and how they are dropped */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries for user code are kept apart for each address space: entering another exchanges a
 * pointer. The kernel's entries are those of the present space; but kernels map the same in the
 * high half of each. So when the top entries of both roots are the same there, only the low half's
 * are dropped: the user pages that the kernel accessed, a few. The entries of the high half then
 * depend on the new root's table as well as they did on the old one's; so that is marked to be one.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/tlb_int.h"

enum { LISTED = 1, LISTED_LOW = 2 };

static void clear_entry(struct tlb_entry *e)
{
    e->read = e->write = e->exec = e->va = TLB_NONE;
    e->ram = NULL;
}

/* ---- arrays ---- */

static void array_init(struct tlb_array *a, u32 n)
{
    a->entry = aligned_alloc(64, n * sizeof(*a->entry));
    CHECK(a->entry);
    a->filled = xcalloc(n, sizeof(*a->filled));
    a->n_entries = n;
    for (u32 i = 0; i < n; i++) {
        clear_entry(&a->entry[i]);
        a->entry[i].listed = 0;
    }
}

static void array_fini(struct tlb_array *a)
{
    free(a->entry);
    free(a->filled);
}

static void array_clear(struct tlb_array *a)
{
    for (u32 i = 0; i < a->n_filled; i++) {
        struct tlb_entry *e = &a->entry[a->filled[i]];
        clear_entry(e);
        e->listed = 0;
    }
    a->n_filled = 0;
}

static void array_drop(struct tlb_array *a, u64 va, u64 size)
{
    if (size > 4 * PAGE_SIZE) {
        for (u32 i = 0; i < a->n_filled; i++) {
            struct tlb_entry *e = &a->entry[a->filled[i]];
            if (e->va - va < size)
                clear_entry(e);
        }
        return;
    }
    for (u64 at = va; at - va < size; at += PAGE_SIZE)
        for (u32 i = (at >> PAGE_BITS) & (TLB_SIZE - 1); i < a->n_entries; i += TLB_SIZE)
            if (a->entry[i].va == at)
                clear_entry(&a->entry[i]);
}

/* ---- the whole ---- */

static void enter_space(struct soft_tlb *s, u32 i)
{
    struct tlb_space *sp = &s->space[i];
    if (!sp->user.entry)
        array_init(&sp->user, TLB_SIZE);
    sp->used = ++s->clock;
    s->now = i;
    s->tlb.entry[MMU_USER] = sp->user.entry;
}

struct tlb *tlb_new(void)
{
    struct soft_tlb *s = xcalloc(1, sizeof(*s));
    array_init(&s->kernel, 2 * TLB_SIZE);
    _Static_assert(MMU_KERNEL == 0 && MMU_USER == 1 && MMU_KERNEL_OPEN == 2 && MMU_MODES == 3, "see below");
    s->tlb.entry[MMU_KERNEL] = s->kernel.entry;
    s->tlb.entry[MMU_KERNEL_OPEN] = s->kernel.entry + TLB_SIZE;
    s->tlb.split = UINT64_MAX;
    s->tlb.low = s->tlb.high = s->tlb.changes = 1; /* 0 is never current */
    enter_space(s, 0);
    return &s->tlb;
}

void tlb_delete(struct tlb *t)
{
    if (!t)
        return;
    struct soft_tlb *s = CONTAINER_OF(t, struct soft_tlb, tlb);
    for (u32 i = 0; i < s->n_rams; i++) {
        free(s->ram[i]->tlb);
        s->ram[i]->tlb = NULL;
    }
    for (u32 i = 0; i < TLB_SPACES; i++)
        array_fini(&s->space[i].user);
    array_fini(&s->kernel);
    free(s->table);
    free(s);
}

static void changed(struct soft_tlb *s, bool low, bool high)
{
    s->tlb.low += low;
    s->tlb.high += high;
    s->tlb.changes++;
}

void tlb_drop_space(struct soft_tlb *s, u32 i)
{
    array_clear(&s->space[i].user);
    s->space[i].known = false;
}

static void clear_kernel(struct soft_tlb *s)
{
    array_clear(&s->kernel);
    s->n_low = 0;
}

void tlb_flush(struct cpu *c)
{
    struct soft_tlb *s = tlb_soft(c);
    for (u32 i = 0; i < TLB_SPACES; i++)
        tlb_drop_space(s, i);
    clear_kernel(s);
    tlb_table_forget_all(s);
    changed(s, true, true);
}

/* Only to be polite to the guest: its stores to page tables have dropped what they change
 * already. */
void tlb_flush_page(struct cpu *c, u64 va)
{
    struct soft_tlb *s = tlb_soft(c);
    tlb_drop(s, TLB_PAGE(va), PAGE_SIZE, 1u << s->now, true);
}

static void clear_user(struct soft_tlb *s)
{
    for (u32 i = 0; i < TLB_SPACES; i++)
        array_clear(&s->space[i].user);
}

void tlb_flush_mode(struct cpu *c, enum mmu_mode mode)
{
    struct soft_tlb *s = tlb_soft(c);
    if (mode == MMU_USER)
        clear_user(s);
    for (u32 i = 0; i < s->kernel.n_filled && mode != MMU_USER; i++)
        if ((s->kernel.filled[i] >= TLB_SIZE) == (mode == MMU_KERNEL_OPEN))
            clear_entry(&s->kernel.entry[s->kernel.filled[i]]);
    changed(s, true, true);
}

static void each_entry(struct soft_tlb *s, void (*fn)(struct tlb_entry *e))
{
    for (u32 i = 0; i < s->kernel.n_filled; i++)
        fn(&s->kernel.entry[s->kernel.filled[i]]);
    for (u32 k = 0; k < TLB_SPACES; k++)
        for (u32 i = 0; i < s->space[k].user.n_filled; i++)
            fn(&s->space[k].user.entry[s->space[k].user.filled[i]]);
}

static void forbid_write(struct tlb_entry *e)
{
    e->write = TLB_NONE;
}

static void forbid_data(struct tlb_entry *e)
{
    e->read = e->write = TLB_NONE;
}

void tlb_flush_writes(struct cpu *c)
{
    each_entry(tlb_soft(c), forbid_write);
}

void tlb_flush_watched(struct cpu *c)
{
    each_entry(tlb_soft(c), forbid_data);
}

/* ---- dropping ---- */

static void drop_kernel(struct soft_tlb *s, u64 va, u64 size)
{
    if (tlb_is_high(s, va) || size <= 4 * PAGE_SIZE) {
        array_drop(&s->kernel, va, size);
        return;
    }
    for (u32 i = 0; i < s->n_low; i++) {
        struct tlb_entry *e = &s->kernel.entry[s->low[i]];
        if (e->va - va < size)
            clear_entry(e);
    }
}

void tlb_drop(struct soft_tlb *s, u64 va, u64 size, u32 spaces, bool code)
{
    bool high = tlb_is_high(s, va), here = high || (spaces >> s->now & 1);
    if (here)
        drop_kernel(s, va, size);
    for (u32 set = spaces; set; set &= set - 1)
        array_drop(&s->space[__builtin_ctz(set)].user, va, size);
    if (here && code)
        changed(s, !high, high);
}

static void drop_low_kernel(struct soft_tlb *s)
{
    for (u32 i = 0; i < s->n_low; i++) {
        struct tlb_entry *e = &s->kernel.entry[s->low[i]];
        if (!tlb_is_high(s, e->va) || e->va == TLB_NONE)
            clear_entry(e);
        e->listed &= ~(u32)LISTED_LOW;
    }
    s->n_low = 0;
}

/* ---- address spaces ---- */

static bool same_high_half(struct cpu *c, const struct tlb_root *a, const struct tlb_root *b)
{
    const struct region *kind;
    u32 page_a, page_b;
    if (a->high_id != b->high_id || a->high_bytes != b->high_bytes)
        return false;
    if (!a->high_bytes || a->high_pa == b->high_pa)
        return true;
    const struct ram *ra = tlb_ram_at(c, a->high_pa, &page_a, &kind);
    const struct ram *rb = tlb_ram_at(c, b->high_pa, &page_b, &kind);
    CHECK(PAGE_OFFSET(a->high_pa) + a->high_bytes <= PAGE_SIZE &&
          PAGE_OFFSET(b->high_pa) + b->high_bytes <= PAGE_SIZE);
    return ra && rb &&
           !memcmp(ra->host + ((u64)page_a << PAGE_BITS) + PAGE_OFFSET(a->high_pa),
                   rb->host + ((u64)page_b << PAGE_BITS) + PAGE_OFFSET(b->high_pa), a->high_bytes);
}

/* The one that has this root, or the one that was not used for the longest time. */
static u32 find_space(struct cpu *c, const struct tlb_root *root)
{
    struct soft_tlb *s = tlb_soft(c);
    u32 oldest = s->now ? 0 : 1;
    for (u32 i = 0; i < TLB_SPACES; i++) {
        struct tlb_space *sp = &s->space[i];
        if (sp->known && !memcmp(sp->root.id, root->id, sizeof(root->id)))
            return i;
        if (i != s->now && sp->used < s->space[oldest].used)
            oldest = i;
    }
    if (s->space[oldest].known)
        tlb_table_root_left(c, &s->space[oldest].root, oldest);
    tlb_drop_space(s, oldest);
    return oldest;
}

void tlb_set_root(struct cpu *c, const struct tlb_root *root)
{
    struct soft_tlb *s = tlb_soft(c);
    const struct tlb_space *was = &s->space[s->now];
    if (was->known && !memcmp(was->root.id, root->id, sizeof(root->id)))
        return;
    if (root->split != s->tlb.split) {
        tlb_flush(c);
        s->tlb.split = root->split;
    } else {
        bool same = was->known && same_high_half(c, &was->root, root);
        if (!same)
            clear_kernel(s);
        drop_low_kernel(s);
        changed(s, true, !same);
    }
    u32 i = find_space(c, root);
    enter_space(s, i);
    s->space[i].root = *root;
    s->space[i].known = true;
    tlb_table_root(c, root);
}

/* ---- filling ---- */

struct tlb_note *tlb_note(struct soft_tlb *s, struct ram *r, u32 page)
{
    if (UNLIKELY(!r->tlb)) {
        CHECK(s->n_rams < ARRAY_SIZE(s->ram));
        r->tlb = xcalloc(r->n_pages, sizeof(struct tlb_note));
        s->ram[s->n_rams++] = r;
    }
    return (struct tlb_note *)r->tlb + page;
}

struct tlb_entry *tlb_claim(struct soft_tlb *s, u64 va, enum mmu_mode mode, struct ram *r, u32 page)
{
    struct tlb_array *a = mode == MMU_USER ? &s->space[s->now].user : &s->kernel;
    struct tlb_entry *e = &s->tlb.entry[mode][(va >> PAGE_BITS) & (TLB_SIZE - 1)];
    u64 base = TLB_PAGE(va);
    if (e->va != base || e->ram != r || e->page != page)
        clear_entry(e);
    u16 i = (u16)(e - a->entry);
    if (!(e->listed & LISTED)) {
        e->listed |= LISTED;
        a->filled[a->n_filled++] = i;
    }
    if (mode != MMU_USER && !(e->listed & LISTED_LOW) && !tlb_is_high(s, base)) {
        e->listed |= LISTED_LOW;
        s->low[s->n_low++] = i;
    }
    e->va = base;
    e->ram = r;
    e->page = page;
    e->addend = (u8 *)((uintptr_t)r->host + ((u64)page << PAGE_BITS) - base);
    return e;
}

/* ---- who may store directly ---- */

/* Calls off direct stores at va, where it is this page; true if there were any allowed. */
static bool forbid_at(struct tlb_array *a, u64 va, const struct ram *r, u32 page, bool really)
{
    bool any = false;
    for (u32 i = (va >> PAGE_BITS) & (TLB_SIZE - 1); i < a->n_entries; i += TLB_SIZE) {
        struct tlb_entry *e = &a->entry[i];
        if (e->page != page || e->ram != r || e->write == TLB_NONE)
            continue;
        any = true;
        if (really)
            e->write = TLB_NONE;
    }
    return any;
}

static bool forbid_noted(struct soft_tlb *s, const struct tlb_note *n, bool kernel, const struct ram *r,
                         u32 page, bool really)
{
    if (kernel)
        return (n->arrays & TLB_KERNEL) && forbid_at(&s->kernel, n->va[1], r, page, really);
    bool any = false;
    for (u32 set = n->arrays & (TLB_KERNEL - 1); set; set &= set - 1)
        any |= forbid_at(&s->space[__builtin_ctz(set)].user, n->va[0], r, page, really);
    return any;
}

void tlb_allow_write(struct soft_tlb *s, struct tlb_entry *e, enum mmu_mode mode)
{
    struct tlb_note *n = tlb_note(s, e->ram, e->page);
    bool kernel = mode != MMU_USER;
    u32 kind = kernel ? TLB_KERNEL : TLB_KERNEL - 1, bit = kernel ? TLB_KERNEL : 1u << s->now;
    if (n->va[kernel] != e->va) {
        if (forbid_noted(s, n, kernel, e->ram, e->page, false))
            n->arrays |= TLB_MANY(kernel);
        n->arrays &= ~kind;
        n->va[kernel] = e->va;
    }
    n->arrays |= bit;
    e->write = e->va;
}

static void forbid_everywhere(struct tlb_array *a, const struct ram *r, u32 page)
{
    for (u32 i = 0; i < a->n_filled; i++) {
        struct tlb_entry *e = &a->entry[a->filled[i]];
        if (e->page == page && e->ram == r)
            e->write = TLB_NONE;
    }
}

void tlb_protect_page(struct cpu *c, struct ram *r, u32 page)
{
    struct soft_tlb *s = tlb_soft(c);
    struct tlb_note *n = tlb_note(s, r, page);
    if (n->arrays & TLB_MANY(1))
        forbid_everywhere(&s->kernel, r, page);
    else
        forbid_noted(s, n, true, r, page, true);
    if (n->arrays & TLB_MANY(0)) {
        for (u32 i = 0; i < TLB_SPACES; i++)
            forbid_everywhere(&s->space[i].user, r, page);
    } else {
        forbid_noted(s, n, false, r, page, true);
    }
    n->arrays = 0;
}
