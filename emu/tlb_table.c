/* tlb_table.c - page tables that walks have read, and what a store to one changes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A table is nearly always read at one level, for one range of linear addresses, if in several
 * address spaces. Then a store to one of its entries concerns just what that entry maps. A table
 * that is found elsewhere too (one that maps itself, two entries of a directory that lead to it) is
 * unclear: a change of it flushes all.
 *
 * A page stays a table until all is flushed, or until it does not look like one any more: it is
 * overwritten as a whole, or often stored to while no walk reads it. What depends on it is then
 * dropped, and it may be stored to directly again. If it was a table all the same, the next walk
 * marks it anew.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/block.h"
#include "emu/check.h"
#include "emu/tlb_int.h"

#define STORES_MANY 32 /* without a walk between them */

/* ---- the records ---- */

static struct tlb_table *table_of(struct soft_tlb *s, struct ram *r, u32 page)
{
    u32 i = tlb_note(s, r, page)->table;
    CHECK(i);
    return &s->table[i - 1];
}

static u32 take_record(struct soft_tlb *s)
{
    if (s->free_table) {
        u32 i = s->free_table - 1;
        s->free_table = s->table[i].next_free;
        return i;
    }
    if (s->n_tables == s->max_tables) {
        s->max_tables = s->max_tables ? 2 * s->max_tables : 64;
        s->table = xrealloc(s->table, s->max_tables * sizeof(*s->table));
    }
    return s->n_tables++;
}

static void unmark(struct soft_tlb *s, struct tlb_table *t)
{
    t->ram->flags[t->page] &= (u8)~PAGE_TABLE;
    tlb_note(s, t->ram, t->page)->table = 0;
    t->ram = NULL;
}

void tlb_table_forget_all(struct soft_tlb *s)
{
    for (u32 i = 0; i < s->n_tables; i++)
        if (s->table[i].ram)
            unmark(s, &s->table[i]);
    s->n_tables = s->free_table = 0;
}

/* ---- what an entry maps ---- */

static u64 entry_span(const struct tlb_table *t)
{
    return (u64)1 << t->shift;
}

static unsigned n_entries(const struct tlb_table *t)
{
    return (unsigned)PAGE_SIZE / t->size;
}

static u64 extended(u64 va, unsigned bits)
{
    return bits >= 64 ? va : (u64)((i64)(va << (64 - bits)) >> (64 - bits));
}

static u64 entry_va(const struct tlb_table *t, unsigned i)
{
    return extended(t->base + ((u64)i << t->shift), t->bits);
}

/* Where the first entry of the table that has this one is for. */
static u64 base_of(const struct tlb_use *use, unsigned i)
{
    u64 mask = use->bits >= 64 ? UINT64_MAX : ((u64)1 << use->bits) - 1;
    return (use->va & mask & ~(((u64)1 << use->shift) - 1)) - ((u64)i << use->shift);
}

/* ---- marking ---- */

static struct tlb_table *mark(struct cpu *c, struct ram *r, u32 page, unsigned i, unsigned size,
                              const struct tlb_use *use)
{
    struct soft_tlb *s = tlb_soft(c);
    u32 k = take_record(s);
    struct tlb_table *t = &s->table[k];
    *t = (struct tlb_table){.ram = r, .page = page, .base = base_of(use, i), .shift = use->shift,
                            .size = (u8)size, .bits = use->bits};
    r->flags[page] |= PAGE_TABLE;
    tlb_note(s, r, page)->table = k + 1;
    tlb_protect_page(c, r, page);
    return t;
}

void tlb_table_read(struct cpu *c, struct ram *r, u32 page, unsigned off, unsigned size,
                    const struct tlb_use *use)
{
    struct soft_tlb *s = tlb_soft(c);
    unsigned i = off / size;
    struct tlb_table *t;
    if (LIKELY(r->flags[page] & PAGE_TABLE)) {
        t = table_of(s, r, page);
        if (UNLIKELY(t->base != base_of(use, i) || t->shift != use->shift || t->size != size))
            t->unclear = true;
    } else {
        t = mark(c, r, page, i, size, use);
    }
    if (UNLIKELY(use->whole))
        t->unclear = true;
    t->stores = 0;
    t->spaces |= 1u << s->now;
    if (use->exec)
        t->fetched[i / 64] |= (u64)1 << (i % 64);
}

/* Of the entries [from, to). */
static void note_fetches(struct tlb_table *t, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i = (i | 63) + 1) {
        unsigned n = MIN(to - i, 64 - i % 64);
        t->fetched[i / 64] |= UINT64_MAX >> (64 - n) << (i % 64);
    }
}

void tlb_table_root(struct cpu *c, const struct tlb_root *root)
{
    const struct region *kind;
    u32 page;
    struct ram *r = root->high_bytes ? tlb_ram_at(c, root->high_pa, &page, &kind) : NULL;
    if (!r)
        return;
    struct tlb_use use = {.va = root->split, .shift = root->shift, .bits = root->bits};
    unsigned off = (unsigned)PAGE_OFFSET(root->high_pa), first = off / root->size;
    tlb_table_read(c, r, page, off, root->size, &use);
    struct tlb_table *t = table_of(tlb_soft(c), r, page);
    note_fetches(t, first, first + root->high_bytes / root->size);
}

void tlb_table_root_left(struct cpu *c, const struct tlb_root *root, u32 space)
{
    const struct region *kind;
    u32 page;
    struct ram *r = root->high_bytes ? tlb_ram_at(c, root->high_pa, &page, &kind) : NULL;
    if (r && (r->flags[page] & PAGE_TABLE))
        table_of(tlb_soft(c), r, page)->spaces &= ~(1u << space);
}

/* ---- dropping ---- */

/* Is anything of [va, va + size) being executed? */
static bool executing(const struct cpu *c, u64 va, u64 size)
{
    const struct block *b = c->block;
    return b && (TLB_PAGE(b->lpc) - va < size || (b->len2 && TLB_PAGE(b->lpc) + PAGE_SIZE - va < size));
}

/* Is it the table of a root? Its high half matters only where it is the present one: when another
 * root is entered the high halves are compared. */
static bool is_root(const struct soft_tlb *s, const struct tlb_table *t)
{
    return t->base == 0 && (t->bits < 64 ? t->shift + (t->size == 8 ? 9u : 10u) >= t->bits
                                         : entry_va(t, n_entries(t) - 1) >= s->tlb.split);
}

static void entry_changed(struct cpu *c, const struct tlb_table *t, unsigned i)
{
    struct soft_tlb *s = tlb_soft(c);
    if (t->unclear) {
        tlb_flush(c);
        return;
    }
    u64 va = entry_va(t, i);
    bool here = t->spaces >> s->now & 1, code = t->fetched[i / 64] >> (i % 64) & 1;
    if (tlb_is_high(s, va) && !here && is_root(s, t)) {
        for (u32 set = t->spaces; set; set &= set - 1)
            tlb_drop_space(s, (u32)__builtin_ctz(set));
        return;
    }
    tlb_drop(s, va, entry_span(t), t->spaces, code);
}

static bool any_fetched(const struct tlb_table *t)
{
    u64 any = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(t->fetched); i++)
        any |= t->fetched[i];
    return any;
}

bool tlb_table_release(struct cpu *c, struct ram *r, u32 page)
{
    struct soft_tlb *s = tlb_soft(c);
    struct tlb_table *t = table_of(s, r, page);
    u64 span = entry_span(t) * n_entries(t);
    if (t->unclear || (is_root(s, t) && (t->spaces >> s->now & 1)) ||
        executing(c, entry_va(t, 0), span)) {
        if (c->block)
            return false;
        tlb_flush(c);
        return true;
    }
    if (is_root(s, t))
        for (u32 set = t->spaces; set; set &= set - 1)
            tlb_drop_space(s, (u32)__builtin_ctz(set));
    else
        tlb_drop(s, entry_va(t, 0), span, t->spaces, any_fetched(t));
    unmark(s, t);
    t->next_free = s->free_table;
    s->free_table = (u32)(t - s->table) + 1;
    return true;
}

/* ---- stores ---- */

static u64 load_entry(const u8 *p, unsigned size)
{
    u64 v = 0;
    memcpy(&v, p, size);
    return v;
}

/* Only present entries are cached, and in any architecture those that are zero are not. */
static bool was_cached(const struct cpu *c, u64 entry)
{
    return c->arch->table_present ? entry & c->arch->table_present : entry;
}

static const u8 *host_of(const struct tlb_table *t)
{
    return t->ram->host + ((u64)t->page << PAGE_BITS);
}

bool tlb_table_store_is_special(struct cpu *c, struct ram *r, u32 page, unsigned off, unsigned n)
{
    const struct tlb_table *t = table_of(tlb_soft(c), r, page);
    if (!c->block)
        return false;
    if (t->unclear)
        return true;
    for (unsigned i = off / t->size; i * t->size < off + n; i++)
        if (was_cached(c, load_entry(host_of(t) + i * t->size, t->size)) &&
            executing(c, entry_va(t, i), entry_span(t)))
            return true;
    return false;
}

void tlb_table_before_store(struct cpu *c, struct ram *r, u32 page, unsigned off, unsigned n,
                            struct tlb_table_store *st)
{
    struct tlb_table *t = table_of(tlb_soft(c), r, page);
    st->t = NULL;
    st->off = off & ~(t->size - 1u);
    st->n = ((off + n + t->size - 1u) & ~(t->size - 1u)) - st->off;
    if (st->n > sizeof(st->old) || ++t->stores > STORES_MANY) {
        if (tlb_table_release(c, r, page))
            return;
        if (st->n > sizeof(st->old)) { /* it is the last effect of its block */
            tlb_flush(c);
            return;
        }
    }
    st->t = t;
    memcpy(st->old, host_of(t) + st->off, st->n);
}

void tlb_table_after_store(struct cpu *c, const struct tlb_table_store *st)
{
    const struct tlb_table *t = st->t;
    if (!t)
        return;
    unsigned size = t->size;
    for (unsigned at = 0; at < st->n; at += size) {
        u64 old = load_entry(st->old + at, size), now = load_entry(host_of(t) + st->off + at, size);
        if (old == now || !was_cached(c, old))
            continue;
        entry_changed(c, t, (st->off + at) / size);
        if (!t->ram) /* all was flushed */
            return;
    }
}
