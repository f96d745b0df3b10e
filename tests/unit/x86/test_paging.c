/* test_paging.c - page walks: formats, permissions, A and D bits, error codes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "arch/x86/paging.h"
#include "common_sys.h"

enum { P = 1, W = 2, U = 4, A = 0x20, D = 0x40, PS = 0x80, G = 0x100 };
#define NX ((u64)1 << 63)

static bool walk(struct sys *s, u64 va, enum mem_access access, enum mmu_mode mode, struct page_walk *w)
{
    return x86_walk(&s->x->base, va, access, mode, 0, w);
}

/* 4-level tables at AT_TABLES with one 4 KiB page at 0x400000. */
static struct sys *long_page(u64 pte, u64 upper)
{
    struct sys *s = sys_new("max");
    sys_long(s);
    sys_put_int(s, AT_TABLES + 0x2000 + 2 * 8, (AT_TABLES + 0x3000) | upper, 8);
    sys_put_int(s, AT_TABLES + 0x3000, pte, 8);
    return s;
}

static const struct { const char *what; u64 pte, upper, cr0, cr4; enum mem_access access; enum mmu_mode mode; int fault; }
    cases[] = {
    {"kernel reads", 0x5000 | P, P | W | U, 0, 0, MEM_READ, MMU_KERNEL, -1},
    {"not present", 0x5000, P | W | U, 0, 0, MEM_READ, MMU_KERNEL, 0},
    {"not present, user write", 0x5000, P | W | U, 0, 0, MEM_WRITE, MMU_USER, PF_WRITE | PF_USER},
    {"directory not present", 0x5000 | P, 0, 0, 0, MEM_READ, MMU_USER, PF_USER},
    {"user reads kernel page", 0x5000 | P | W, P | W | U, 0, 0, MEM_READ, MMU_USER, PF_PRESENT | PF_USER},
    {"user reads, upper level kernel", 0x5000 | P | W | U, P | W, 0, 0, MEM_READ, MMU_USER, PF_PRESENT | PF_USER},
    {"user writes read-only", 0x5000 | P | U, P | W | U, 0, 0, MEM_WRITE, MMU_USER, PF_PRESENT | PF_WRITE | PF_USER},
    {"upper level read-only", 0x5000 | P | W | U, P | U, 0, 0, MEM_WRITE, MMU_USER, PF_PRESENT | PF_WRITE | PF_USER},
    {"kernel writes read-only, WP", 0x5000 | P, P | W | U, CR0_WP, 0, MEM_WRITE, MMU_KERNEL, PF_PRESENT | PF_WRITE},
    {"kernel writes read-only, no WP", 0x5000 | P, P | W | U, 0, 0, MEM_WRITE, MMU_KERNEL, -1},
    {"execute NX", 0x5000 | P | U | NX, P | W | U, 0, 0, MEM_EXEC, MMU_USER, PF_PRESENT | PF_USER | PF_FETCH},
    {"execute, upper NX", 0x5000 | P | U, P | W | U | NX, 0, 0, MEM_EXEC, MMU_USER, PF_PRESENT | PF_USER | PF_FETCH},
    {"read NX", 0x5000 | P | U | NX, P | W | U, 0, 0, MEM_READ, MMU_USER, -1},
    {"SMEP", 0x5000 | P | U, P | W | U, 0, CR4_SMEP, MEM_EXEC, MMU_KERNEL, PF_PRESENT | PF_FETCH},
    {"SMEP, kernel page", 0x5000 | P, P | W | U, 0, CR4_SMEP, MEM_EXEC, MMU_KERNEL, -1},
    {"SMAP", 0x5000 | P | U, P | W | U, 0, CR4_SMAP, MEM_READ, MMU_KERNEL, PF_PRESENT},
    {"SMAP, open", 0x5000 | P | U, P | W | U, 0, CR4_SMAP, MEM_READ, MMU_KERNEL_OPEN, -1},
    {"SMAP does not stop fetches", 0x5000 | P | U, P | W | U, 0, CR4_SMAP, MEM_EXEC, MMU_KERNEL, -1},
    {"SMAP, no WP", 0x5000 | P | U, P | W | U, 0, CR4_SMAP, MEM_WRITE, MMU_KERNEL, PF_PRESENT | PF_WRITE},
    {"reserved bit", 0x5000 | P | (u64)1 << 45, P | W | U, 0, 0, MEM_READ, MMU_KERNEL, PF_PRESENT | PF_RESERVED},
    {"reserved bit above", 0x5000 | P, P | W | U | (u64)1 << 45, 0, 0, MEM_READ, MMU_USER,
     PF_PRESENT | PF_RESERVED | PF_USER},
    {"bit 51 is ignored when not present", 0x5000 | (u64)1 << 51, P | W | U, 0, 0, MEM_READ, MMU_KERNEL, 0},
};

Test(paging, permissions)
{
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct sys *s = long_page(cases[i].pte, cases[i].upper);
        struct page_walk w;
        s->x->cr0 = (s->x->cr0 & ~(u64)CR0_WP) | cases[i].cr0;
        s->x->cr4 |= cases[i].cr4;
        bool ok = walk(s, 0x400123, cases[i].access, cases[i].mode, &w);
        cr_assert_eq(ok, cases[i].fault < 0, "%s", cases[i].what);
        if (ok)
            cr_assert_eq(w.pa, 0x5123, "%s", cases[i].what);
        else
            cr_assert_eq((u32)w.fault, (u32)cases[i].fault, "%s: %llx", cases[i].what,
                         (unsigned long long)w.fault);
        /* Faults set no bits; reads set A; writes A and D. */
        u64 want = cases[i].pte | (!ok ? 0 : cases[i].access == MEM_WRITE ? A | D : A);
        cr_assert_eq(sys_get(s, AT_TABLES + 0x3000, 8), want, "%s", cases[i].what);
        sys_delete(s);
    }
}

Test(paging, nx_is_reserved_without_nxe)
{
    struct sys *s = long_page(0x5000 | P | NX, P | W | U);
    struct page_walk w;
    s->x->efer &= ~(u64)EFER_NXE;
    cr_assert(!walk(s, 0x400000, MEM_READ, MMU_KERNEL, &w));
    cr_assert_eq(w.fault, PF_PRESENT | PF_RESERVED);
    sys_delete(s);
}

Test(paging, write_only_when_dirty)
{
    struct sys *s = long_page(0x5000 | P | W | U, P | W | U);
    struct page_walk w;
    cr_assert(walk(s, 0x400000, MEM_READ, MMU_USER, &w));
    cr_assert(w.read && !w.write, "a store must come back to set D");
    cr_assert(walk(s, 0x400000, MEM_WRITE, MMU_USER, &w));
    cr_assert(w.write);
    cr_assert(walk(s, 0x400000, MEM_READ, MMU_USER, &w));
    cr_assert(w.write);
    sys_delete(s);
}

Test(paging, debug_walk_changes_nothing)
{
    struct sys *s = long_page(0x5000 | P, P);
    struct page_walk w;
    cr_assert(x86_walk(&s->x->base, 0x400000, MEM_WRITE, MMU_USER, WALK_DEBUG, &w));
    cr_assert_eq(w.pa, 0x5000);
    cr_assert_eq(sys_get(s, AT_TABLES + 0x3000, 8), 0x5000 | P);
    sys_delete(s);
}

Test(paging, large_pages_in_long_mode)
{
    struct sys *s = sys_new("max");
    struct page_walk w;
    sys_long(s);
    cr_assert(walk(s, 0x345678, MEM_READ, MMU_USER, &w));
    cr_assert_eq(w.pa, 0x345678);
    sys_put_int(s, AT_TABLES + 0x2000 + 8, 0x200000 | P | PS | 0x2000, 8); /* bit 13 is reserved */
    cr_assert(!walk(s, 0x345678, MEM_READ, MMU_KERNEL, &w));
    cr_assert_eq(w.fault, PF_PRESENT | PF_RESERVED);
    sys_put_int(s, AT_TABLES + 0x1000, 0x40000000 | P | PS, 8); /* 1 GiB */
    cr_assert(walk(s, 0x12345678, MEM_READ, MMU_KERNEL, &w));
    cr_assert_eq(w.pa, 0x52345678);
    sys_put_int(s, AT_TABLES, (AT_TABLES + 0x1000) | P | PS, 8); /* PML4E.PS is reserved */
    cr_assert(!walk(s, 0x12345678, MEM_READ, MMU_KERNEL, &w));
    cr_assert_eq(w.fault, PF_PRESENT | PF_RESERVED);
    sys_delete(s);
}

Test(paging, no_1g_pages_in_qemu64)
{
    struct sys *s = sys_new("qemu64");
    struct page_walk w;
    sys_long(s);
    sys_put_int(s, AT_TABLES + 0x1000, 0x40000000 | P | PS, 8);
    cr_assert(!walk(s, 0x12345678, MEM_READ, MMU_KERNEL, &w));
    cr_assert_eq(w.fault, PF_PRESENT | PF_RESERVED);
    sys_delete(s);
}

Test(paging, two_levels)
{
    struct sys *s = sys_new("max");
    struct page_walk w;
    sys_protected(s);
    s->x->cr3 = AT_TABLES;
    s->x->cr0 |= CR0_PG;
    sys_put_int(s, AT_TABLES + 4 * 1, (AT_TABLES + 0x1000) | P | W | U, 4);
    sys_put_int(s, AT_TABLES + 0x1000 + 4 * 3, 0x7000 | P | W | U, 4);
    cr_assert(walk(s, 0x403abc, MEM_WRITE, MMU_USER, &w));
    cr_assert_eq(w.pa, 0x7abc);
    cr_assert_eq(sys_get(s, AT_TABLES + 4, 4), (AT_TABLES + 0x1000) | P | W | U | A);
    cr_assert_eq(sys_get(s, AT_TABLES + 0x1000 + 12, 4), 0x7000 | P | W | U | A | D);
    cr_assert(!walk(s, 0x404000, MEM_EXEC, MMU_USER, &w));
    cr_assert_eq((u32)w.fault, PF_USER, "without NX and SMEP a fetch is not told apart");
    /* 4 MiB pages exist with CR4.PSE; bits 13 to 20 are address bits 32 to 39. */
    sys_put_int(s, AT_TABLES + 4 * 2, 0x00c06000 | P | PS, 4);
    s->x->cr4 |= CR4_PSE;
    cr_assert(walk(s, 0x812345, MEM_READ, MMU_KERNEL, &w));
    cr_assert_eq(w.pa, 0x300c12345ULL);
    sys_put_int(s, AT_TABLES + 4 * 2, 0x00c00000 | 1 << 21 | P | PS, 4);
    cr_assert(!walk(s, 0x812345, MEM_READ, MMU_KERNEL, &w));
    cr_assert_eq(w.fault, PF_PRESENT | PF_RESERVED);
    sys_delete(s);
}

Test(paging, pae)
{
    struct sys *s = sys_new("max");
    struct page_walk w;
    sys_protected(s);
    s->x->cr4 |= CR4_PAE;
    s->x->efer |= EFER_NXE;
    sys_put_int(s, AT_TABLES + 8 * 3, (AT_TABLES + 0x1000) | P, 8);
    sys_put_int(s, AT_TABLES + 0x1000 + 8, (AT_TABLES + 0x2000) | P | W | U, 8);
    sys_put_int(s, AT_TABLES + 0x2000 + 8, 0x7000 | P | W | U | NX, 8);
    sys_put_int(s, AT_TABLES + 0x1000 + 16, 0x80600000 | P | W | PS, 8);
    cr_assert(x86_load_pdptes(s->x, AT_TABLES, false));
    s->x->cr3 = AT_TABLES;
    s->x->cr0 |= CR0_PG;
    cr_assert(walk(s, 0xc0201234, MEM_READ, MMU_USER, &w));
    cr_assert_eq(w.pa, 0x7234);
    cr_assert(!w.exec);
    cr_assert(walk(s, 0xc0412345, MEM_READ, MMU_KERNEL, &w));
    cr_assert_eq(w.pa, 0x80612345);
    cr_assert(!walk(s, 0x1000, MEM_READ, MMU_KERNEL, &w));
    cr_assert_eq(w.fault, 0);
    /* The registers were loaded: a change in memory is not seen, and a reserved bit fails the load.
     */
    sys_put_int(s, AT_TABLES + 8 * 3, P | 2, 8);
    cr_assert(walk(s, 0xc0201234, MEM_READ, MMU_USER, &w));
    cr_assert(!x86_load_pdptes(s->x, AT_TABLES, false));
    sys_delete(s);
}

/* mov eax, [rbx] */
Test(paging, faults_reach_the_guest)
{
    struct sys *s = long_page(0, P | W | U);
    SYS_PROGRAM(s, 0x8b, 0x03);
    s->x->gpr[RBX] = 0x400ffe; /* both pages absent: the first is reported */
    sys_put_int(s, AT_TABLES + 0x3000, 0x5000 | P, 8);
    s->x->gpr[RAX] = 0x77;
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_PF);
    cr_assert_eq(s->x->cr2, 0x401000);
    cr_assert_eq(sys_stack(s, 0), 0);
    cr_assert_eq(sys_stack(s, 1), AT_CODE);
    cr_assert_eq(s->x->gpr[RAX], 0x77);
    sys_delete(s);

    s = sys_new("max");
    sys_long(s);
    SYS_PROGRAM(s, 0x8b, 0x03);
    s->x->gpr[RBX] = (u64)1 << 47;
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_GP, "not canonical");
    sys_delete(s);
}

/* CR2 of a fetch is exact, also for an instruction whose second half is missing. */
Test(paging, fetch_faults)
{
    static const u8 code[] = {0xb8, 0x11}; /* mov eax, imm32: cut by the page's end */
    struct sys *s = long_page(0x5000 | P, P | W | U);
    sys_put(s, 0x5ffe, code, 2);
    s->x->base.pc = 0x401234;
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_PF);
    cr_assert_eq(s->x->cr2, 0x401234, "%llx", (unsigned long long)s->x->cr2);
    cr_assert_eq(sys_stack(s, 0), PF_FETCH);
    cr_assert_eq(sys_stack(s, 1), 0x401234);
    s->x->base.pc = 0x400ffe;
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_PF);
    cr_assert_eq(s->x->cr2, 0x401000);
    cr_assert_eq(sys_stack(s, 1), 0x400ffe);
    sys_delete(s);
}

/* A store to a page table entry in use takes effect at once. */
Test(paging, tables_are_never_stale)
{
    struct sys *s = long_page(0x5000 | P | W, P | W | U);
    sys_put_int(s, 0x5000, 0x55, 4);
    sys_put_int(s, 0x6000, 0x66, 4);
    SYS_PROGRAM(s, 0x8b, 0x03,              /* mov eax, [rbx] */
                0x48, 0x89, 0x0f,           /* mov [rdi], rcx */
                0x8b, 0x13, 0xf4);          /* mov edx, [rbx]; hlt */
    s->x->gpr[RBX] = 0x400000;
    s->x->gpr[RDI] = AT_TABLES + 0x3000;
    s->x->gpr[RCX] = 0x6000 | P | W;
    sys_run(s);
    cr_assert_eq(s->x->gpr[RAX], 0x55);
    cr_assert_eq(s->x->gpr[RDX], 0x66);
    cr_assert_eq(sys_get(s, AT_TABLES + 0x3000, 8), 0x6000 | P | W | A);
    sys_delete(s);
}

static bool count(void *opaque, const struct x86_page *p)
{
    u64 *n = opaque;
    n[0]++;
    n[1] += p->size;
    return true;
}

Test(paging, each_page)
{
    struct sys *s = long_page(0x5000 | P | W, P | W | U);
    u64 n[2] = {0};
    x86_each_page(s->x, count, n);
    cr_assert_eq(n[0], 512); /* 511 large ones, and one small */
    cr_assert_eq(n[1], 511 * 2 * MiB + 4096);
    sys_delete(s);
}
