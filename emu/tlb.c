/* tlb.c - the soft TLB's slow paths: fills, devices, page crossing, code and table pages,
 * watchpoints */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every access that is not a hit in the TLB comes here. It is first *resolved*: both of its pages
 * are walked, which may raise a fault, and nothing else happens. Then, if anything outside of the
 * block may have to see its effect, cpu_alone() is called. Only then it is made.
 */
#include "emu/tlb.h"

#include <string.h>

#include "emu/bus.h"
#include "emu/check.h"
#include "emu/engine.h"
#include "emu/machine.h"
#include "emu/tlb_int.h"
#include "emu/touched.h"
#include "emu/watch.h"

#define PAGE_BASE(a) TLB_PAGE(a)
#define RELEASE_BYTES 256 /* stored at once: the page is hardly a table any more */

/* One page's part of an access, resolved. */
struct place {
    u64 va, pa;
    unsigned n;
    struct ram *ram; /* NULL: on the bus */
    u32 page;
    bool dropped;    /* a store to ROM or to nothing */
    bool device;     /* a store to ROM that a device hears of */
    bool watched;    /* by a debugger or the guest itself */
};

/* ---- filling ---- */

/* NULL also when something else is in the page. */
struct ram *tlb_ram_at(struct cpu *c, u64 pa, u32 *page, const struct region **region)
{
    const struct region *r = bus_find(c->machine->mem, pa);
    u64 base = PAGE_BASE(pa);
    *region = r;
    if (!r->ram || base < r->start || r->size - (base - r->start) < PAGE_SIZE)
        return NULL;
    u64 off = r->ram_offset + (base - r->start);
    if (PAGE_OFFSET(off))
        return NULL;
    *page = (u32)(off >> PAGE_BITS);
    return r->ram;
}

static bool is_watched(struct cpu *c, u64 va)
{
    return (c->machine->watch && watch_page(c->machine->watch, va)) ||
           (c->arch->page_watched && c->arch->page_watched(c, va));
}

/* Whether an access of one kind may let those of another kind go unnoticed from now on. */
static bool may_grant(const struct cpu *c, u64 va, enum mem_access granted, enum mem_access access)
{
    return granted == access || !c->touched || touched_has(c->touched, granted, va);
}

/* Enters what the walk allows. A store that is about to happen makes its page writable; otherwise
 * direct stores are allowed only where nobody waits to hear of the first one. */
static void fill(struct cpu *c, const struct place *p, enum mem_access access, enum mmu_mode mode,
                 const struct page_walk *w, bool rom)
{
    struct soft_tlb *s = tlb_soft(c);
    struct tlb_entry *e = tlb_claim(s, p->va, mode, p->ram, p->page);
    u8 *flags = &p->ram->flags[p->page];
    if (access == MEM_EXEC) {
        e->exec = PAGE_BASE(p->va);
        ram_mark_executed(p->ram, p->page);
    }
    if (p->watched)
        return;
    if (w->read && may_grant(c, p->va, MEM_READ, access))
        e->read = PAGE_BASE(p->va);
    if (!w->write || rom || (*flags & (PAGE_CODE | PAGE_TABLE)))
        return;
    if (access == MEM_WRITE)
        ram_prepare_write(p->ram, p->page);
    if ((*flags & PAGE_WRITABLE) && may_grant(c, p->va, MEM_WRITE, access))
        tlb_allow_write(s, e, mode);
}

static void resolve(struct cpu *c, u64 va, unsigned n, enum mem_access access, enum mmu_mode mode,
                    struct place *p)
{
    struct page_walk w = {0};
    if (!c->arch->walk(c, va, access, mode, 0, &w))
        c->arch->raise_walk_fault(c, va, &w);
    if (c->touched)
        touched_add(c->touched, access, va);
    const struct region *region;
    *p = (struct place){.va = va, .pa = w.pa, .n = n, .watched = is_watched(c, va)};
    p->ram = tlb_ram_at(c, w.pa, &p->page, &region);
    bool rom = region->kind == REGION_ROM || (p->ram && p->ram->readonly_to_guest);
    p->device = rom && region->ops;
    p->dropped = (rom && !p->device) || region->kind == REGION_NONE;
    if (p->ram && !w.wrapped)
        fill(c, p, access, mode, &w, rom);
    else if (p->ram && access == MEM_EXEC)
        ram_mark_executed(p->ram, p->page);
}

static unsigned resolve_both(struct cpu *c, u64 va, unsigned size, enum mem_access access,
                             enum mmu_mode mode, struct place *p)
{
    unsigned first = (unsigned)(PAGE_SIZE - PAGE_OFFSET(va));
    if (size <= first) {
        resolve(c, va, size, access, mode, &p[0]);
        return 1;
    }
    resolve(c, va, first, access, mode, &p[0]);
    resolve(c, va + first, size - first, access, mode, &p[1]);
    return 2;
}

/* ---- what has to be alone ---- */

static u8 *host_of(const struct place *p)
{
    return p->ram->host + ((u64)p->page << PAGE_BITS) + PAGE_OFFSET(p->pa);
}

static bool code_hit(struct cpu *c, struct ram *r, u32 page, unsigned off, unsigned n)
{
    return (r->flags[page] & PAGE_CODE) && c->machine->engine &&
           engine_page_has_code(c->machine->engine, r, page, off, n);
}

static bool store_is_special(struct cpu *c, const struct place *p)
{
    unsigned off = (unsigned)PAGE_OFFSET(p->pa);
    if (!p->ram || p->device)
        return !p->dropped;
    return !p->dropped && (code_hit(c, p->ram, p->page, off, p->n) ||
                           ((p->ram->flags[p->page] & PAGE_TABLE) &&
                            tlb_table_store_is_special(c, p->ram, p->page, off, p->n)));
}

/* Tells the watchers of an access that will not fault any more; it is then the last effect of its
 * block. */
static void tell_watchers(struct cpu *c, const struct place *p, unsigned n_places, u64 va,
                          unsigned size, bool write)
{
    bool watched = p[0].watched || (n_places > 1 && p[1].watched);
    if (!watched)
        return;
    struct watch *w = c->machine->watch;
    if (w && watch_access(w, va, size, write))
        cpu_alone(c);
    if (!c->arch->page_watched || !c->arch->watched_access)
        return;
    if (c->arch->page_watched(c, va) || c->arch->page_watched(c, va + size - 1)) {
        cpu_alone(c);
        c->arch->watched_access(c, va, size, write);
    }
}

/* ---- reading ---- */

static u64 load_bus(struct cpu *c, u64 pa, unsigned n)
{
    u64 v = 0;
    if (!(n & (n - 1)))
        return bus_read(c->machine->mem, pa, n);
    for (unsigned i = 0; i < n; i++)
        v |= bus_read(c->machine->mem, pa + i, 1) << (8 * i);
    return v;
}

static u64 load_place(struct cpu *c, const struct place *p)
{
    u64 v = 0;
    if (!p->ram)
        return load_bus(c, p->pa, p->n);
    memcpy(&v, host_of(p), p->n);
    return v;
}

u64 mem_read_slow(struct cpu *c, u64 va, unsigned size, enum mmu_mode mode)
{
    struct place p[2];
    unsigned n = resolve_both(c, va, size, MEM_READ, mode, p);
    if (!p[0].ram || (n > 1 && !p[1].ram))
        cpu_alone(c);
    tell_watchers(c, p, n, va, size, false);
    u64 v = load_place(c, &p[0]);
    if (n > 1)
        v |= load_place(c, &p[1]) << (8 * p[0].n);
    return v;
}

/* ---- writing ---- */

/* A store to a RAM page by whoever: bookkeeping before, consequences after. */
static void store_ram(struct cpu *c, struct ram *r, u32 page, unsigned off, const void *data, unsigned n)
{
    bool code = c && code_hit(c, r, page, off, n), table = c && (r->flags[page] & PAGE_TABLE);
    struct tlb_table_store st;
    if (table)
        tlb_table_before_store(c, r, page, off, n, &st);
    ram_prepare_write(r, page);
    memcpy(r->host + ((u64)page << PAGE_BITS) + off, data, n);
    if (code)
        engine_page_written(c->machine->engine, r, page, off, n);
    if (table)
        tlb_table_after_store(c, &st);
}

static void store_place(struct cpu *c, const struct place *p, u64 value)
{
    if (p->dropped)
        return;
    if (p->ram && !p->device) {
        store_ram(c, p->ram, p->page, (unsigned)PAGE_OFFSET(p->pa), &value, p->n);
        return;
    }
    if (!(p->n & (p->n - 1))) {
        bus_write(c->machine->mem, p->pa, value, p->n);
        return;
    }
    for (unsigned i = 0; i < p->n; i++)
        bus_write(c->machine->mem, p->pa + i, (value >> (8 * i)) & 0xff, 1);
}

void mem_write_slow(struct cpu *c, u64 va, u64 value, unsigned size, enum mmu_mode mode)
{
    struct place p[2];
    unsigned n = resolve_both(c, va, size, MEM_WRITE, mode, p);
    if (store_is_special(c, &p[0]) || (n > 1 && store_is_special(c, &p[1])))
        cpu_alone(c);
    tell_watchers(c, p, n, va, size, true);
    store_place(c, &p[0], value);
    if (n > 1)
        store_place(c, &p[1], value >> (8 * p[0].n));
}

void ram_write(struct cpu *c, struct ram *r, u64 off, const void *data, size_t n)
{
    CHECK(off <= r->size && n <= r->size - off);
    const u8 *from = data;
    while (n) {
        unsigned in_page = (unsigned)PAGE_OFFSET(off);
        unsigned k = (unsigned)MIN((u64)n, PAGE_SIZE - in_page);
        store_ram(c, r, (u32)(off >> PAGE_BITS), in_page, from, k);
        off += k;
        from += k;
        n -= k;
    }
}

/* ---- for helpers ---- */

static void probe_page(struct cpu *c, u64 va, unsigned n, enum mem_access access, enum mmu_mode mode)
{
    struct tlb_entry *e = tlb_slot(c, va, mode);
    u64 tag = access == MEM_READ ? e->read : access == MEM_WRITE ? e->write : e->exec;
    if (tag == PAGE_BASE(va))
        return;
    struct place p;
    resolve(c, va, n, access, mode, &p);
    if (access == MEM_WRITE && (p.watched || store_is_special(c, &p)))
        cpu_alone(c);
}

void mem_probe(struct cpu *c, u64 va, unsigned size, enum mem_access access, enum mmu_mode mode)
{
    while (size) {
        unsigned k = (unsigned)MIN((u64)size, PAGE_SIZE - PAGE_OFFSET(va));
        probe_page(c, va, k, access, mode);
        va += k;
        size -= k;
    }
}

u8 *mem_direct(struct cpu *c, u64 va, unsigned size, enum mem_access access, enum mmu_mode mode)
{
    CHECK(PAGE_OFFSET(va) + size <= PAGE_SIZE);
    struct tlb_entry *e = tlb_slot(c, va, mode);
    const u64 *tag = access == MEM_READ ? &e->read : access == MEM_WRITE ? &e->write : &e->exec;
    struct place p;
    if (*tag == PAGE_BASE(va))
        return e->addend + va;
    resolve(c, va, size, access, mode, &p);
    if (*tag == PAGE_BASE(va))
        return e->addend + va;
    if (access != MEM_WRITE || size < RELEASE_BYTES || !p.ram || p.dropped || p.device ||
        !(p.ram->flags[p.page] & PAGE_TABLE) || !tlb_table_release(c, p.ram, p.page))
        return NULL;
    resolve(c, va, size, access, mode, &p); /* it may be one of the tables that lead to it */
    return *tag == PAGE_BASE(va) ? e->addend + va : NULL;
}

/* ---- page walks ---- */

u64 tlb_walk_read(struct cpu *c, u64 pa, unsigned size, const struct tlb_use *use)
{
    u32 page;
    const struct region *region;
    struct ram *r = tlb_ram_at(c, pa, &page, &region);
    unsigned off = (unsigned)PAGE_OFFSET(pa);
    u64 v = 0;
    if (!r)
        return size >= 8 ? UINT64_MAX : UINT32_MAX;
    if (use)
        tlb_table_read(c, r, page, off, size, use);
    memcpy(&v, r->host + ((u64)page << PAGE_BITS) + off, size);
    return v;
}

/* Accessed and dirty bits: what the TLB holds stays right, so nothing is flushed. */
void tlb_walk_write(struct cpu *c, u64 pa, u64 value, unsigned size)
{
    u32 page;
    const struct region *region;
    struct ram *r = tlb_ram_at(c, pa, &page, &region);
    unsigned off = (unsigned)PAGE_OFFSET(pa);
    if (!r || region->kind == REGION_ROM || r->readonly_to_guest)
        return;
    bool code = code_hit(c, r, page, off, size);
    if (code)
        cpu_alone(c);
    ram_prepare_write(r, page);
    memcpy(r->host + ((u64)page << PAGE_BITS) + off, &value, size);
    if (code)
        engine_page_written(c->machine->engine, r, page, off, size);
}

bool tlb_code_page(struct cpu *c, u64 page_va, struct code_page *out)
{
    struct tlb_entry *e = tlb_slot(c, page_va, c->mmu);
    if (LIKELY(e->exec == page_va)) {
        *out = (struct code_page){e->ram, e->page, e->addend + page_va};
        return true;
    }
    struct place p;
    resolve(c, page_va, (unsigned)PAGE_SIZE, MEM_EXEC, c->mmu, &p);
    if (p.ram)
        *out = (struct code_page){p.ram, p.page, host_of(&p)};
    return p.ram;
}

/* ---- the debugger ---- */

bool mem_debug_translate(struct cpu *c, u64 va, u64 *pa)
{
    struct page_walk w = {0};
    /* As a supervisor who may touch everything: a debugger is not bound by SMAP and the like. */
    if (!c->arch->walk(c, va, MEM_READ, MMU_KERNEL_OPEN, WALK_DEBUG, &w))
        return false;
    *pa = w.pa;
    return true;
}

/* The page behind va and how much of [va, va+n) is in it; NULL when unmapped or a device. */
static struct ram *debug_page(struct cpu *c, u64 va, size_t n, u64 *off, size_t *k)
{
    u64 pa;
    if (!mem_debug_translate(c, va, &pa))
        return NULL;
    const struct region *r = bus_find(c->machine->mem, pa);
    if (!r->ram)
        return NULL;
    *off = r->ram_offset + (pa - r->start);
    *k = (size_t)MIN(MIN((u64)n, PAGE_SIZE - PAGE_OFFSET(va)), r->size - (pa - r->start));
    return r->ram;
}

size_t mem_debug_read(struct cpu *c, u64 va, void *out, size_t n)
{
    size_t done = 0, k;
    for (u64 off; done < n; done += k) {
        struct ram *r = debug_page(c, va + done, n - done, &off, &k);
        if (!r)
            break;
        memcpy((u8 *)out + done, r->host + off, k);
    }
    return done;
}

size_t mem_debug_write(struct cpu *c, u64 va, const void *data, size_t n)
{
    size_t done = 0, k;
    for (u64 off; done < n; done += k) {
        struct ram *r = debug_page(c, va + done, n - done, &off, &k);
        if (!r)
            break;
        ram_write(c, r, off, (const u8 *)data + done, k);
    }
    return done;
}
