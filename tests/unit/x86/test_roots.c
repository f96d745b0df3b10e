/* test_roots.c - address spaces and page tables: the TLB never holds anything stale */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two machines do the same: random stores to page tables, changes of CR3, accesses. One of them
 * forgets its TLB before each of them. Whatever happens must be the same, A and D bits included.
 */
#include <criterion/criterion.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/paging.h"
#include "common_sys.h"
#include "emu/engine.h"

enum { P = 1, W = 2, U = 4, A = 0x20, D = 0x40, PS = 0x80 };

#define N_TABLES 12               /* pages from AT_TABLES on; the first three are roots */
#define N_DATA 16                 /* pages from AT_DATA on */
#define AT_DATA 0x100000

enum paging { FOUR_LEVELS, PAE, TWO_LEVELS };

static u64 random_u64(u64 *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* ---- one machine ---- */

struct act {
    enum { STORE, DMA, ROOT, READ, WRITE, FETCH, CLEAR, ACTS } what;
    u64 va, value;
    unsigned size;
    enum mmu_mode mode;
};

struct outcome {
    bool fault;
    u64 value;
};

/* As the instruction of a block would make it. */
static u64 make(struct sys *s, const struct act *a)
{
    struct cpu *c = &s->x->base;
    struct code_page p;
    switch (a->what) {
    case STORE: mem_write(c, a->va, a->value, a->size, MMU_KERNEL); return 0;
    case DMA: sys_put_int(s, a->va, a->value, a->size); return 0;
    case ROOT: x86_write_cr(s->x, 3, a->value); return 0;
    case READ: return mem_read(c, a->va, a->size, a->mode);
    case WRITE: mem_write(c, a->va, a->value, a->size, a->mode); return 0;
    case FETCH:
        c->mmu = a->mode;
        return tlb_code_page(c, a->va & ~(u64)0xfff, &p) ? p.page : 0;
    default: {
        u8 *to = mem_direct(c, a->va & ~(u64)0xfff, 4096, MEM_WRITE, MMU_KERNEL);
        for (unsigned i = 0; i < 4096; i += 8)
            if (!to)
                mem_write(c, (a->va & ~(u64)0xfff) + i, 0, 8, MMU_KERNEL);
        if (to)
            memset(to, 0, 4096);
        return 0;
    }
    }
}

static struct outcome attempt(struct sys *s, const struct act *a, bool forget)
{
    struct outcome o = {0};
    jmp_buf here;
    if (forget)
        tlb_flush(&s->x->base);
    s->x->base.leave = &here;
    if (setjmp(here))
        o.fault = true;
    else
        o.value = make(s, a);
    s->x->base.leave = NULL;
    return o;
}

/* ---- page tables ---- */

static unsigned entry_size(enum paging p)
{
    return p == TWO_LEVELS ? 4 : 8;
}

/* What is to be added to the address of a table to get where it is mapped, by an entry that random stores leave
 * alone. */
static u64 window(enum paging p)
{
    return p == TWO_LEVELS ? 0xffc00000 : (p == PAE ? 0xffe00000 : 0xffffffffffe00000) - AT_TABLES;
}

static u64 table(unsigned i)
{
    return AT_TABLES + i * 0x1000;
}

static void put(struct sys *s, enum paging p, unsigned t, unsigned i, u64 entry)
{
    sys_put_int(s, table(t) + i * entry_size(p), entry, entry_size(p));
}

/* Every root leads to the window by its last entry. */
static struct sys *start(enum paging p)
{
    struct sys *s = sys_new("max");
    if (p == FOUR_LEVELS)
        sys_long(s);
    else
        sys_protected(s);
    memset(s->ram->host + AT_TABLES, 0, N_TABLES * 0x1000 + 0x2000);
    u64 large = (p == TWO_LEVELS ? 0 : AT_TABLES) | P | W | PS | A | D;
    for (unsigned root = 0; root < 3; root++) {
        if (p == TWO_LEVELS) {
            put(s, p, root, 1023, large);
        } else if (p == PAE) { /* the tables of pointers are at the start of pages, the roots' directories behind */
            for (unsigned i = 0; i < 4; i++)
                put(s, p, root, i, table(i == 3 ? 3 : 4 + (root + i) % 4) | P);
            put(s, p, 3, 511, large);
        } else {
            put(s, p, root, 511, table(N_TABLES) | P | W | A);
            put(s, p, N_TABLES, 511, table(N_TABLES + 1) | P | W | A);
            put(s, p, N_TABLES + 1, 511, large);
        }
    }
    if (p == TWO_LEVELS)
        s->x->cr4 = CR4_PSE;
    else
        s->x->cr4 = CR4_PAE | CR4_SMAP;
    s->x->cr3 = AT_TABLES;
    s->x->cr0 |= CR0_PG | CR0_WP;
    if (p == PAE)
        cr_assert(x86_load_pdptes(s->x, AT_TABLES, false));
    tlb_flush(&s->x->base);
    x86_set_root(s->x);
    return s;
}

/* ---- random acts ---- */

/* Small numbers of each, so that things meet; the high half is used as much as the low one. */
static u64 random_va(u64 *seed, enum paging p)
{
    u64 r = random_u64(seed), off = r >> 32 & 0xff8, leaf = r & 3;
    if (p == TWO_LEVELS)
        return (r >> 8 & 1 ? 0xc0000000 : 0) + ((r >> 4 & 1) << 22) + (leaf << 12) + off;
    if (p == PAE)
        return ((r >> 8 & 3) << 30) + ((r >> 4 & 1) << 21) + (leaf << 12) + off;
    return (r >> 8 & 1 ? 0xffff800000000000 : 0) + ((r >> 6 & 1) << 39) + ((r >> 5 & 1) << 30) +
           ((r >> 4 & 1) << 21) + (leaf << 12) + off;
}

static u64 random_entry(u64 *seed, enum paging p)
{
    u64 r = random_u64(seed), flags = r & (P | W | U | A | D);
    if (r >> 8 & 3)
        flags |= P;
    if (!(r >> 10 & 15)) /* a large page: all of it is RAM, or it is nothing */
        return flags | PS;
    u64 to = r >> 16 & 1 ? table((unsigned)(r >> 20) % N_TABLES) : AT_DATA + (r >> 20) % N_DATA * 0x1000;
    if (p != TWO_LEVELS && !(r >> 60))
        flags |= (u64)1 << 63;
    return to | flags;
}

static struct act random_act(u64 *seed, enum paging p)
{
    u64 r = random_u64(seed);
    struct act a = {.size = entry_size(p), .va = random_va(seed, p), .mode = (enum mmu_mode)((r >> 8) % 3)};
    unsigned used = r >> 16 & 1 ? p == PAE ? 0 : p == TWO_LEVELS ? 768 : 256 : 0; /* of the high half */
    u64 entry = table((unsigned)(r >> 20) % N_TABLES) + (used + (r >> 30) % 5) * a.size;
    switch (r & 15) {
    case 0: case 1: case 2: case 3:
        a.what = r >> 4 & 7 ? STORE : DMA;
        a.va = entry + (a.what == STORE ? window(p) : 0);
        a.value = random_entry(seed, p);
        break;
    case 4: case 5:
        a.what = ROOT;
        a.value = table((unsigned)(r >> 40) % 3);
        break;
    case 6:
        a.what = r >> 4 & 15 ? READ : CLEAR;
        a.va = window(p) + table(4 + (unsigned)(r >> 20) % (N_TABLES - 4));
        break;
    case 7: case 8: a.what = FETCH; break;
    case 9: case 10: case 11:
        a.what = WRITE;
        a.value = random_entry(seed, p); /* into a table perhaps */
        break;
    default: a.what = READ;
    }
    return a;
}

/* The tables of the PAE roots' pointers stay as they are: the pointers are loaded with CR3 only. */
static bool harmful(const struct act *a, enum paging p)
{
    u64 pa = a->what == DMA ? a->va : a->va - window(p);
    if (a->what != STORE && a->what != DMA)
        return false;
    return p == PAE && pa >= AT_TABLES && pa < AT_TABLES + 3 * 0x1000;
}

static void run_alike(enum paging p, u64 seed, unsigned n)
{
    struct sys *keeps = start(p), *forgets = start(p);
    unsigned faults = 0;
    for (unsigned i = 0; i < n; i++) {
        struct act a = random_act(&seed, p);
        if (harmful(&a, p))
            continue;
        struct outcome o = attempt(keeps, &a, false), want = attempt(forgets, &a, true);
        cr_assert(o.fault == want.fault && o.value == want.value,
                  "paging %d, act %u (kind %d at %llx): %d %llx, not %d %llx", p, i, a.what,
                  (unsigned long long)a.va, o.fault, (unsigned long long)o.value, want.fault,
                  (unsigned long long)want.value);
        faults += o.fault;
        if (i % 64 == 63)
            cr_assert_eq(memcmp(keeps->ram->host, forgets->ram->host, keeps->ram->size), 0,
                         "paging %d: memory differs after act %u", p, i);
    }
    cr_assert(faults > n / 100 && faults < n / 10 * 9, "%u faults in %u acts", faults, n);
    sys_delete(keeps);
    sys_delete(forgets);
}

Test(roots, four_levels)
{
    for (u64 seed = 1; seed <= 6; seed++)
        run_alike(FOUR_LEVELS, seed * 0x9e3779b97f4a7c15, 4000);
}

Test(roots, pae)
{
    for (u64 seed = 1; seed <= 6; seed++)
        run_alike(PAE, seed * 0x9e3779b97f4a7c15, 4000);
}

Test(roots, two_levels)
{
    for (u64 seed = 1; seed <= 6; seed++)
        run_alike(TWO_LEVELS, seed * 0x9e3779b97f4a7c15, 4000);
}

/* ---- by hand ---- */

static struct outcome act_on(struct sys *s, int what, u64 va, u64 value)
{
    struct act a = {.what = what, .va = va, .value = value, .size = 8, .mode = MMU_KERNEL};
    return attempt(s, &a, false);
}

static void store_entry(struct sys *s, enum paging p, unsigned t, unsigned i, u64 entry)
{
    cr_assert_not(act_on(s, STORE, window(p) + table(t) + i * 8, entry).fault);
}

/* Roots with equal high halves: what was found by one is used under the other, without a walk of it. So a
 * change of the other's top entry must be noticed all the same. */
static void top_entry_changes(int how)
{
    const u64 va = 0xffff800000000000;
    struct sys *s = start(FOUR_LEVELS);
    for (unsigned chain = 0; chain < 2; chain++) {
        for (unsigned level = 0; level < 2; level++)
            put(s, FOUR_LEVELS, 4 + 3 * chain + level, 0, table(5 + 3 * chain + level) | P | W | A);
        put(s, FOUR_LEVELS, 6 + 3 * chain, 0, (AT_DATA + chain * 0x1000) | P | W | A | D);
        sys_put_int(s, AT_DATA + chain * 0x1000, 0x11 + chain, 8);
    }
    for (unsigned root = 0; root < 2; root++)
        put(s, FOUR_LEVELS, root, 256, table(4) | P | W | A);
    u64 first = act_on(s, how, va, 0).value;
    act_on(s, ROOT, 0, table(1));
    u64 high = s->x->base.tlb->high;
    cr_assert_eq(act_on(s, how, va, 0).value, first);
    store_entry(s, FOUR_LEVELS, 1, 256, table(7) | P | W | A);
    cr_assert_gt(s->x->base.tlb->high, high, "what is remembered of code must die");
    cr_assert_eq(act_on(s, how, va, 0).value, first + 1);
    act_on(s, ROOT, 0, table(0));
    cr_assert_eq(act_on(s, how, va, 0).value, first);
    sys_delete(s);
}

Test(roots, the_top_entry_of_another_root)
{
    top_entry_changes(READ);
    top_entry_changes(FETCH);
}

Test(roots, a_change_of_root_keeps_the_high_half)
{
    struct sys *s = start(FOUR_LEVELS);
    struct cpu *c = &s->x->base;
    act_on(s, READ, window(FOUR_LEVELS) + AT_TABLES, 0);
    u64 high = c->tlb->high, low = c->tlb->low;
    act_on(s, ROOT, 0, table(1));
    cr_assert_eq(c->tlb->high, high);
    cr_assert_gt(c->tlb->low, low);
    cr_assert_eq(tlb_slot(c, window(FOUR_LEVELS) + AT_TABLES, MMU_KERNEL)->read, window(FOUR_LEVELS) + AT_TABLES);
    put(s, FOUR_LEVELS, 2, 300, P | A); /* the third root differs */
    act_on(s, ROOT, 0, table(2));
    cr_assert_gt(c->tlb->high, high);
    cr_assert_neq(tlb_slot(c, window(FOUR_LEVELS) + AT_TABLES, MMU_KERNEL)->read, window(FOUR_LEVELS) + AT_TABLES);
    sys_delete(s);
}

static struct sys *prober;

static bool probe_faults(u64 va)
{
    jmp_buf here;
    prober->x->base.leave = &here;
    bool fault = setjmp(here);
    if (!fault)
        mem_probe(&prober->x->base, va, 4, MEM_WRITE, MMU_KERNEL);
    prober->x->base.leave = NULL;
    return fault;
}

/* An access that runs over the end of 4 GiB goes on at 0, and is not remembered to be at 4 GiB. */
Test(roots, over_the_end_of_32_bits)
{
    struct sys *s = prober = start(PAE);
    put(s, PAE, 4, 0, table(8) | P | W | A);
    put(s, PAE, 8, 0, AT_DATA | P | W | A | D);
    cr_assert_not(probe_faults(0xfffffffe));
    store_entry(s, PAE, 8, 0, 0);
    cr_assert(probe_faults(0xfffffffe));
    sys_delete(s);
}

/* ---- code ---- */

/* In turn in two address spaces, each of which has another page at 4 MiB, calls what is there; then exchanges
 * it for a third by a store to the table, and calls it again. Nothing is ever invalidated. */
SYS_ASM(in_turn, "mov $200, %ecx\n"
                 "1: mov $0x210000, %eax\n mov %rax, %cr3\n call *%rbx\n add %rax, %rsi\n"
                 "mov $0x200000, %eax\n mov %rax, %cr3\n call *%rbx\n add %rax, %rsi\n"
                 "mov $0x102007, %eax\n mov %rax, 0x203000\n call *%rbx\n add %rax, %rsi\n"
                 "mov $0x100007, %eax\n mov %rax, 0x203000\n call *%rbx\n add %rax, %rsi\n"
                 "dec %ecx\n jnz 1b\n hlt")

static struct sys *two_spaces(const char *accel)
{
    setenv("HINDSIGHT_ACCEL", accel, 1);
    struct sys *s = sys_new("max");
    sys_long(s);
    memcpy(s->ram->host + 0x210000, s->ram->host + 0x200000, 0x3000);
    for (unsigned i = 0; i < 2; i++) {
        u64 t = 0x200000 + i * 0x10000;
        sys_put_int(s, t, (t + 0x1000) | 7, 8);
        sys_put_int(s, t + 0x1000, (t + 0x2000) | 7, 8);
        sys_put_int(s, t + 0x2000 + 2 * 8, (t + 0x3000) | 7, 8);
        sys_put_int(s, t + 0x3000, (0x100000 + i * 0x1000) | 7, 8);
    }
    for (unsigned i = 0; i < 3; i++) { /* mov $1 << 8*i, %eax; ret */
        u8 code[] = {0xb8, i == 0, i == 1, i == 2, 0, 0xc3};
        sys_put(s, 0x100000 + i * 0x1000, code, sizeof(code));
    }
    s->x->gpr[RBX] = 0x400000;
    SYS_ASM_PROGRAM(s, in_turn);
    return s;
}

Test(roots, code_is_that_of_the_present_space)
{
    static const char *const accel[] = {"interp", "jit,warm=1"};
    u64 steps[2];
    for (unsigned i = 0; i < 2; i++) {
        struct sys *s = two_spaces(accel[i]);
        sys_run(s);
        cr_assert(s->x->base.halted);
        cr_assert_eq(s->x->gpr[RSI], 200 * (0x100 + 1 + 0x10000 + 1), "%s: %llx", accel[i],
                     (unsigned long long)s->x->gpr[RSI]);
        steps[i] = s->m->clock.icount;
        sys_delete(s);
    }
    cr_assert_eq(steps[0], steps[1]);
}

/* The page that is being executed is exchanged for another by its own store: the next instruction is the other's. */
Test(roots, code_that_maps_itself_away)
{
    /* mov %rax, 0x203000; then add $1, or add $2, to RSI; hlt */
    static const u8 store[] = {0x48, 0x89, 0x04, 0x25, 0x00, 0x30, 0x20, 0x00};
    static const char *const accel[] = {"interp", "jit,warm=1"};
    for (unsigned i = 0; i < 2; i++) {
        struct sys *s = two_spaces(accel[i]);
        for (unsigned k = 0; k < 2; k++) {
            u8 tail[] = {0x48, 0x83, 0xc6, (u8)(1 + k), 0xf4};
            sys_put(s, 0x100000 + k * 0x1000, store, sizeof(store));
            sys_put(s, 0x100000 + k * 0x1000 + sizeof(store), tail, sizeof(tail));
        }
        s->x->cr3 = 0x200000;
        tlb_flush(&s->x->base);
        s->x->base.pc = 0x400000;
        s->x->gpr[RAX] = 0x101007;
        s->x->gpr[RSI] = 0;
        sys_run(s);
        cr_assert_eq(s->x->gpr[RSI], 2, "%s", accel[i]);
        sys_delete(s);
    }
}
