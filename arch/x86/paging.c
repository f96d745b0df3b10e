/* paging.c - linear to physical addresses: 32-bit, PAE and 4-level paging */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDM vol. 3, chapter 4. */
#include "arch/x86/paging.h"

#include "arch/x86/features.h"
#include "arch/x86/segment.h"
#include "arch/x86/translate.h"

enum { /* page table entries (tables 4-5, 4-6, 4-14 to 4-20) */
    PTE_P = 1 << 0, PTE_W = 1 << 1, PTE_U = 1 << 2, PTE_A = 1 << 5, PTE_D = 1 << 6, PTE_PS = 1 << 7,
};
#define PTE_NX ((u64)1 << 63)
#define PHYS_MASK (((u64)1 << X86_PHYS_BITS) - 1)
#define RESERVED_HIGH (0x000fffffffffffffULL & ~PHYS_MASK)
/* In page_walk.fault beside the error code. */
#define FAULT_NOT_CANONICAL ((u64)1 << 32)
#define FAULT_FETCH ((u64)1 << 33)

struct level {
    u64 pa;     /* of the entry, and */
    u64 entry;  /* what it holds */
};

struct walk {
    struct x86_cpu *x;
    bool debug, exec;
    u64 va;
    u8 entry_size;
    struct level level[4];
    unsigned n;
    u64 allowed;  /* AND of the entries' W and U */
    bool nx;
    u64 pa;       /* of the page */
    u64 page_mask; /* offset bits */
};

enum step { STEP_OK, STEP_ABSENT, STEP_RESERVED };

/* The entry maps 2^shift bytes. */
static enum step read_entry(struct walk *k, u64 pa, unsigned shift, u64 reserved)
{
    struct tlb_use use = {.va = k->va, .shift = (u8)shift, .bits = k->x->efer & EFER_LMA ? 48 : 64, .exec = k->exec};
    u64 e = tlb_walk_read(&k->x->base, pa, k->entry_size, k->debug ? NULL : &use);
    k->level[k->n++] = (struct level){pa, e};
    if (!(e & PTE_P))
        return STEP_ABSENT;
    if (e & reserved)
        return STEP_RESERVED;
    k->allowed &= e;
    k->nx |= k->entry_size == 8 && (e & PTE_NX);
    return STEP_OK;
}

static enum step page_at(struct walk *k, u64 entry, unsigned bits, u64 reserved)
{
    k->page_mask = ((u64)1 << bits) - 1;
    k->pa = entry & PHYS_MASK & ~k->page_mask & ~(u64)0xfff;
    return entry & reserved ? STEP_RESERVED : STEP_OK;
}

/* 32-bit paging, with 4 MiB pages and PSE-36 (4.3). */
static enum step walk_32(struct walk *k, u64 va)
{
    struct x86_cpu *x = k->x;
    k->entry_size = 4;
    enum step s = read_entry(k, (x->cr3 & 0xfffff000) + (va >> 22 & 0x3ff) * 4, 22, 0);
    if (s != STEP_OK)
        return s;
    u64 e = k->level[0].entry;
    if ((e & PTE_PS) && (x->cr4 & CR4_PSE)) {
        bool pse36 = x86_has(x, X86_FEATURE_PSE36);
        k->page_mask = 0x3fffff;
        k->pa = (e & 0xffc00000) | (pse36 ? (e >> 13 & 0xff) << 32 : 0);
        return e & (pse36 ? 1 << 21 : 0x3fe000) ? STEP_RESERVED : STEP_OK;
    }
    s = read_entry(k, (e & 0xfffff000) + (va >> 12 & 0x3ff) * 4, 12, 0);
    return s == STEP_OK ? page_at(k, k->level[1].entry, 12, 0) : s;
}

/* The page directory and the page table of PAE and 4-level paging. */
static enum step walk_directory(struct walk *k, u64 table, u64 va, u64 reserved)
{
    enum step s = read_entry(k, table + (va >> 21 & 0x1ff) * 8, 21, reserved);
    if (s != STEP_OK)
        return s;
    u64 e = k->level[k->n - 1].entry;
    if (e & PTE_PS)
        return page_at(k, e, 21, 0x1fe000);
    s = read_entry(k, (e & PHYS_MASK & ~(u64)0xfff) + (va >> 12 & 0x1ff) * 8, 12, reserved);
    return s == STEP_OK ? page_at(k, k->level[k->n - 1].entry, 12, 0) : s;
}

static enum step walk_pae(struct walk *k, u64 va, u64 reserved)
{
    u64 pdpte = k->x->pdpte[va >> 30 & 3];
    if (!(pdpte & PTE_P))
        return STEP_ABSENT;
    return walk_directory(k, pdpte & PHYS_MASK & ~(u64)0xfff, va, reserved | 0x7ff0000000000000ULL);
}

static enum step walk_4level(struct walk *k, u64 va, u64 reserved)
{
    u64 table = k->x->cr3 & PHYS_MASK & ~(u64)0xfff;
    enum step s = read_entry(k, table + (va >> 39 & 0x1ff) * 8, 39, reserved | PTE_PS);
    if (s != STEP_OK)
        return s;
    bool huge = x86_has(k->x, X86_FEATURE_PDPE1GB);
    table = k->level[0].entry & PHYS_MASK & ~(u64)0xfff;
    s = read_entry(k, table + (va >> 30 & 0x1ff) * 8, 30, reserved | (huge ? 0 : PTE_PS));
    if (s != STEP_OK)
        return s;
    u64 e = k->level[1].entry;
    if (e & PTE_PS)
        return page_at(k, e, 30, 0x3fffe000);
    return walk_directory(k, e & PHYS_MASK & ~(u64)0xfff, va, reserved);
}

static void set_bits(struct walk *k, bool dirty)
{
    for (unsigned i = 0; i < k->n; i++) {
        struct level *l = &k->level[i];
        u64 e = l->entry | PTE_A | (dirty && i == k->n - 1 ? PTE_D : 0);
        if (e != l->entry)
            tlb_walk_write(&k->x->base, l->pa, e, k->entry_size);
        l->entry = e;
    }
}

/* What the mapping allows (4.6). write is what the permissions say, the dirty bit aside. */
static void permissions(const struct walk *k, enum mmu_mode mode, struct page_walk *w)
{
    const struct x86_cpu *x = k->x;
    bool user_page = k->allowed & PTE_U, writable = k->allowed & PTE_W;
    if (mode == MMU_USER) {
        w->read = user_page;
        w->write = user_page && writable;
        w->exec = user_page && !k->nx;
        return;
    }
    bool closed = user_page && (x->cr4 & CR4_SMAP) && mode != MMU_KERNEL_OPEN;
    w->read = !closed;
    w->write = !closed && (writable || !(x->cr0 & CR0_WP));
    w->exec = !k->nx && !(user_page && (x->cr4 & CR4_SMEP));
}

static bool fail(const struct x86_cpu *x, enum mem_access access, enum mmu_mode mode, u64 why,
                 struct page_walk *w)
{
    bool tells_fetch = (x->cr4 & CR4_SMEP) || ((x->cr4 & CR4_PAE) && (x->efer & EFER_NXE));
    w->fault = why;
    if (access == MEM_WRITE)
        w->fault |= PF_WRITE;
    if (mode == MMU_USER)
        w->fault |= PF_USER;
    if (access == MEM_EXEC)
        w->fault |= FAULT_FETCH | (tells_fetch ? PF_FETCH : 0);
    return false;
}

static enum step walk_levels(struct walk *k, u64 va)
{
    const struct x86_cpu *x = k->x;
    if (!(x->cr4 & CR4_PAE))
        return walk_32(k, va);
    k->entry_size = 8;
    u64 reserved = RESERVED_HIGH | (x->efer & EFER_NXE ? 0 : PTE_NX);
    return x->efer & EFER_LMA ? walk_4level(k, va, reserved) : walk_pae(k, va, reserved);
}

bool x86_walk(struct cpu *c, u64 va, enum mem_access access, enum mmu_mode mode, unsigned flags,
              struct page_walk *w)
{
    struct x86_cpu *x = x86_of(c);
    bool debug = flags & WALK_DEBUG;
    *w = (struct page_walk){.read = true, .write = true, .exec = true};
    if (!(x->efer & EFER_LMA)) {
        w->wrapped = va >> 32;
        va = (u32)va;
    }
    if (!(x->cr0 & CR0_PG)) {
        w->pa = va;
        return true;
    }
    if ((x->efer & EFER_LMA) && !x86_canonical(va)) {
        w->fault = FAULT_NOT_CANONICAL;
        return false;
    }
    struct walk k = {.x = x, .debug = debug, .exec = access == MEM_EXEC, .va = va, .allowed = PTE_W | PTE_U};
    enum step s = walk_levels(&k, va);
    if (s == STEP_ABSENT)
        return fail(x, access, mode, 0, w);
    if (s == STEP_RESERVED)
        return fail(x, access, mode, PF_PRESENT | PF_RESERVED, w);
    w->pa = (k.pa & ~k.page_mask) | (va & k.page_mask);
    if (debug)
        return true;
    permissions(&k, mode, w);
    if (!(access == MEM_WRITE ? w->write : access == MEM_EXEC ? w->exec : w->read))
        return fail(x, access, mode, PF_PRESENT, w);
    set_bits(&k, access == MEM_WRITE);
    w->write = w->write && (k.level[k.n - 1].entry & PTE_D);
    return true;
}

void x86_raise_walk_fault(struct cpu *c, u64 va, const struct page_walk *w)
{
    struct x86_cpu *x = x86_of(c);
    if (w->fault == FAULT_NOT_CANONICAL)
        x86_raise_error(x, x86_at_stack_access(c) ? EXC_SS : EXC_GP, 0);
    /* Code is fetched by whole pages; CR2 gets the address of the first byte that was wanted. */
    u64 pc = c->arch->linear_pc(c);
    if ((w->fault & FAULT_FETCH) && (pc & ~(PAGE_SIZE - 1)) == va)
        va = pc;
    u32 error = (u32)w->fault | (x86_at_rmw_load(c) ? PF_WRITE : 0);
    x86_raise_pf(x, x->efer & EFER_LMA ? va : (u32)va, error);
}

/* 4.4.1: the four PDPTE registers are loaded by MOV CR3 and some writes of CR0 and CR4. */
bool x86_load_pdptes(struct x86_cpu *x, u64 cr3, bool raise)
{
    u64 e[4];
    for (unsigned i = 0; i < 4; i++) {
        e[i] = tlb_walk_read(&x->base, (cr3 & 0xffffffe0) + i * 8, 8, NULL);
        if (!(e[i] & PTE_P) || !(e[i] & (~PHYS_MASK | 0x1e6)))
            continue;
        if (raise)
            x86_raise_error(x, EXC_GP, 0);
        return false;
    }
    for (unsigned i = 0; i < 4; i++)
        x->pdpte[i] = e[i];
    return true;
}

/* ---- address spaces ---- */

/* The TLB never holds anything stale (emu/tlb.h), so of CR3 only the address counts. */
void x86_set_root(struct x86_cpu *x)
{
    struct tlb_root r = {.split = UINT64_MAX, .bits = 64};
    u64 table = x->cr3 & PHYS_MASK & ~(u64)0xfff;
    if (!(x->cr0 & CR0_PG)) {
        r.id[0] = UINT64_MAX;
    } else if (!(x->cr4 & CR4_PAE)) {
        r = (struct tlb_root){.id = {table}, .split = 0xc0000000, .high_pa = table + 768 * 4,
                              .high_bytes = 256 * 4, .shift = 22, .size = 4, .bits = 64};
    } else if (!(x->efer & EFER_LMA)) {
        r.split = 0xc0000000;
        r.id[0] = x->cr3 & 0xffffffe0;
        for (unsigned i = 0; i < 4; i++)
            r.id[1 + i] = x->pdpte[i];
        r.high_id = x->pdpte[3];
    } else {
        r = (struct tlb_root){.id = {table}, .split = 0xffff800000000000, .high_pa = table + 256 * 8,
                              .high_bytes = 256 * 8, .shift = 39, .size = 8, .bits = 48};
    }
    tlb_set_root(&x->base, &r);
}

/* ---- the monitor's views ---- */

static void each_page(struct x86_cpu *x, u64 start, u64 end, x86_page_fn fn, void *opaque)
{
    u64 va = start;
    do {
        u64 canon = x->efer & EFER_LMA ? (u64)((i64)(va << 16) >> 16) : va;
        struct walk k = {.x = x, .debug = true, .allowed = PTE_W | PTE_U};
        enum step s = walk_levels(&k, canon);
        u64 span = s == STEP_OK ? k.page_mask + 1 : 0;
        if (s == STEP_OK) {
            struct x86_page p = {.va = canon, .pa = k.pa & ~k.page_mask, .size = span,
                                 .entry = k.level[k.n - 1].entry,
                                 .write = k.allowed & PTE_W, .user = k.allowed & PTE_U, .nx = k.nx};
            if (!fn(opaque, &p))
                return;
        } else {
            /* Nothing is mapped by the entry that stopped the walk: skip all that it would have. */
            unsigned top = !(x->cr4 & CR4_PAE) ? 22 : x->efer & EFER_LMA ? 39 : 30;
            unsigned down = !(x->cr4 & CR4_PAE) ? 10 : 9;
            unsigned level = k.n ? k.n - 1 : 0;
            if ((x->cr4 & CR4_PAE) && !(x->efer & EFER_LMA))
                level = k.n;
            span = (u64)1 << (top - down * MIN(level, (top - 12) / down));
        }
        va = (va & ~(span - 1)) + span;
    } while (va < end && va != 0);
}

void x86_each_page(struct x86_cpu *x, x86_page_fn fn, void *opaque)
{
    if (!(x->cr0 & CR0_PG))
        return;
    each_page(x, 0, x->efer & EFER_LMA ? (u64)1 << 48 : (u64)1 << 32, fn, opaque);
}
