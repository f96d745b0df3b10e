/* test_tlb.c - the TLB as a transparent cache, and slow accesses */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/emu/toy.h"

/* Runs fn as the handler of an instruction would be: true if it raised a fault. */
static struct {
    struct toy_machine *t;
    u64 va, value;
    unsigned size;
} arg;

static bool faults(void (*fn)(struct cpu *c))
{
    struct cpu *c = &arg.t->cpu->base;
    jmp_buf here;
    c->leave = &here;
    bool raised = setjmp(here) != 0;
    if (!raised)
        fn(c);
    c->leave = NULL;
    return raised;
}

static void do_read(struct cpu *c)
{
    arg.value = mem_read(c, arg.va, arg.size, MMU_KERNEL);
}

static void do_write(struct cpu *c)
{
    mem_write(c, arg.va, arg.value, arg.size, MMU_KERNEL);
}

static void do_probe(struct cpu *c)
{
    mem_probe(c, arg.va, arg.size, MEM_WRITE, MMU_KERNEL);
}

static u64 read_ok(struct toy_machine *t, u64 va, unsigned size)
{
    arg.t = t;
    arg.va = va;
    arg.size = size;
    cr_assert_not(faults(do_read), "read %llx", (unsigned long long)va);
    return arg.value;
}

static bool write_faults(struct toy_machine *t, u64 va, u64 value, unsigned size)
{
    arg.t = t;
    arg.va = va;
    arg.size = size;
    arg.value = value;
    return faults(do_write);
}

static void set_pte(struct toy_machine *t, u64 va, u64 pte) /* as a guest's store */
{
    cr_assert_not(write_faults(t, TOY_LEAF + (va >> 12) * 8, pte, 8));
}

static struct toy_machine *paged(void)
{
    struct toy_machine *t = toy_new(0);
    toy_map_identity(t);
    return t;
}

Test(tlb, reads_and_writes_of_every_size_and_alignment)
{
    struct toy_machine *t = paged();
    set_pte(t, 0x21000, 0x25000 | PTE_P | PTE_W); /* so that neighbours are not neighbours */
    u64 seed = 1;
    u8 model[0x2000] = {0};
    for (unsigned i = 0; i < 20000; i++) {
        unsigned size = 1u << (toy_random(&seed) & 3);
        u64 off =
            toy_random(&seed) & 1 ? 0xff0 + (toy_random(&seed) & 31) : toy_random(&seed) % 0x1ff8;
        u64 v = toy_random(&seed);
        cr_assert_not(write_faults(t, 0x20000 + off, v, size));
        memcpy(model + off, &v, size);
        off = (toy_random(&seed) & 1) ? 0xff0 + (toy_random(&seed) & 31) : off;
        u64 expect = 0;
        memcpy(&expect, model + off, size);
        cr_assert_eq(read_ok(t, 0x20000 + off, size), expect);
        if (!(toy_random(&seed) & 63))
            tlb_flush(&t->cpu->base);
    }
    cr_assert_eq(memcmp(t->ram->host + 0x20000, model, 0x1000), 0);
    cr_assert_eq(memcmp(t->ram->host + 0x25000, model + 0x1000, 0x1000), 0);
    toy_delete(t);
}

Test(tlb, accessed_and_dirty_bits)
{
    struct toy_machine *t = paged();
    read_ok(t, 0x20000, 1);
    cr_assert_eq(toy_pte(t, 0x20000) & (PTE_A | PTE_D), PTE_A);
    write_faults(t, 0x20000, 1, 1);
    cr_assert_eq(toy_pte(t, 0x20000) & (PTE_A | PTE_D), PTE_A | PTE_D);
    toy_delete(t);
}

Test(tlb, clearing_a_bit_without_a_flush_shows_at_once)
{
    struct toy_machine *t = paged();
    write_faults(t, 0x20000, 1, 1);
    set_pte(t, 0x20000, 0x20000 | PTE_P | PTE_W);
    cr_assert_eq(toy_pte(t, 0x20000) & PTE_A, 0);
    read_ok(t, 0x20000, 1);
    cr_assert_eq(toy_pte(t, 0x20000) & (PTE_A | PTE_D), PTE_A);
    write_faults(t, 0x20000, 1, 1);
    cr_assert_eq(toy_pte(t, 0x20000) & PTE_D, PTE_D);
    set_pte(t, 0x20000, 0x20000 | PTE_P); /* write-protected */
    cr_assert(write_faults(t, 0x20000, 2, 1));
    set_pte(t, 0x20000, 0);
    arg.va = 0x20000;
    cr_assert(faults(do_read));
    set_pte(t, 0x20000, 0x21000 | PTE_P);
    t->ram->host[0x21000] = 0x77;
    cr_assert_eq(read_ok(t, 0x20000, 1), 0x77);
    toy_delete(t);
}

Test(tlb, dma_and_the_debugger_into_page_tables_too)
{
    struct toy_machine *t = paged();
    t->ram->host[0x21000] = 0x77;
    cr_assert_eq(read_ok(t, 0x20000, 1), 0);
    u64 pte = 0x21000 | PTE_P;
    bus_write_bytes(t->m->mem, TOY_LEAF + 0x20 * 8, &pte, 8, false);
    cr_assert_eq(read_ok(t, 0x20000, 1), 0x77);
    pte = 0x20000 | PTE_P;
    cr_assert_eq(mem_debug_write(&t->cpu->base, TOY_LEAF + 0x20 * 8, &pte, 8), 8);
    cr_assert_eq(read_ok(t, 0x20000, 1), 0);
    toy_delete(t);
}

Test(tlb, a_page_becoming_a_table_loses_direct_writes)
{
    struct toy_machine *t = paged();
    /* 0x22000 is an ordinary page that is written directly; then it becomes a leaf table. */
    write_faults(t, 0x22000 + 0x20 * 8, 0x20000 | PTE_P | PTE_W, 8);
    write_faults(t, 0x22000 + 0x22 * 8, 0x22000 | PTE_P | PTE_W, 8);
    write_faults(t, TOY_ROOT + 1 * 8, 0x22000 | PTE_P | PTE_W, 8);
    cr_assert_eq(read_ok(t, 0x200000 + 0x20000, 1), 0);
    t->ram->host[0x23000] = 0x33;
    write_faults(t, 0x22000 + 0x20 * 8, 0x23000 | PTE_P | PTE_W, 8);
    cr_assert_eq(read_ok(t, 0x200000 + 0x20000, 1), 0x33);
    toy_delete(t);
}

Test(tlb, entries_that_were_not_present_need_no_flush)
{
    struct toy_machine *t = paged();
    set_pte(t, 0x23000, 0);
    read_ok(t, 0x20000, 1); /* the leaf table is in use again */
    u64 generation = t->cpu->base.tlb->changes;
    set_pte(t, 0x23000, 0x23000 | PTE_P);
    cr_assert_eq(t->cpu->base.tlb->changes, generation);
    read_ok(t, 0x23000, 1);
    set_pte(t, 0x23000, 0); /* dropped; but no code was fetched there */
    cr_assert_eq(t->cpu->base.tlb->changes, generation);
    arg.va = 0x23000;
    cr_assert(faults(do_read));
    struct code_page p;
    cr_assert(tlb_code_page(&t->cpu->base, 0x24000, &p));
    set_pte(t, 0x24000, 0x25000 | PTE_P | PTE_W);
    cr_assert_gt(t->cpu->base.tlb->changes, generation);
    cr_assert(tlb_code_page(&t->cpu->base, 0x24000, &p));
    cr_assert_eq(p.page, 0x25);
    toy_delete(t);
}

Test(tlb, a_store_over_two_pages_is_all_or_nothing)
{
    struct toy_machine *t = paged();
    set_pte(t, 0x21000, 0x21000 | PTE_P);
    memset(t->ram->host + 0x20ff8, 0xee, 16);
    cr_assert(write_faults(t, 0x20ffc, UINT64_MAX - 1, 8));
    cr_assert_eq(t->cpu->new_va, 0x21000);
    for (unsigned i = 0; i < 16; i++)
        cr_assert_eq(t->ram->host[0x20ff8 + i], 0xee);
    toy_delete(t);
}

Test(tlb, rom_and_nothing_drop_stores)
{
    struct toy_machine *t = paged();
    t->rom->host[0] = 0x12;
    cr_assert_eq(read_ok(t, TOY_ROM, 1), 0x12);
    cr_assert_not(write_faults(t, TOY_ROM, 0x34, 1));
    cr_assert_eq(read_ok(t, TOY_ROM, 1), 0x12);
    cr_assert_not(write_faults(t, 0x80000, 0x34, 4));
    cr_assert_eq(read_ok(t, 0x80000, 4), 0xffffffff);
    toy_delete(t);
}

Test(tlb, snapshots_and_digests_see_every_write)
{
    struct toy_machine *t = paged();
    write_faults(t, 0x20000, 1, 8);
    u64 a = machine_digest(t->m);
    write_faults(t, 0x20000, 2, 8);
    u64 b = machine_digest(t->m);
    write_faults(t, 0x20000, 1, 8);
    u64 c = machine_digest(t->m);
    cr_assert_neq(a, b);
    cr_assert_eq(a, c);
    ram_drain_unsaved(t->ram, NULL, NULL);
    tlb_flush_writes(&t->cpu->base);
    write_faults(t, 0x20000, 5, 8);
    cr_assert(t->ram->flags[0x20] & PAGE_UNSAVED);
    toy_delete(t);
}

Test(tlb, accessed_bits_are_written_pages)
{
    struct toy_machine *t = paged();
    machine_digest(t->m);
    ram_drain_unsaved(t->ram, NULL, NULL);
    read_ok(t, 0x20000, 1);
    cr_assert(t->ram->flags[TOY_LEAF >> 12] & PAGE_UNSAVED);
    cr_assert(t->ram->flags[TOY_LEAF >> 12] & PAGE_UNHASHED);
    toy_delete(t);
}

Test(tlb, probe_checks_both_pages_and_changes_no_memory)
{
    struct toy_machine *t = paged();
    arg.t = t;
    arg.va = 0x20ff0;
    arg.size = 32;
    cr_assert_not(faults(do_probe));
    set_pte(t, 0x21000, 0x21000 | PTE_P);
    arg.va = 0x20ff0;
    arg.size = 32;
    cr_assert(faults(do_probe));
    cr_assert_eq(t->cpu->new_va, 0x21000);
    arg.va = TOY_MMIO;
    cr_assert_not(faults(do_probe));
    cr_assert_eq(t->timer->last, 0);
    cr_assert_eq(t->timer->reads, 0);
    toy_delete(t);
}

static u8 *direct;

static void do_direct(struct cpu *c)
{
    direct = mem_direct(c, arg.va, arg.size, MEM_WRITE, MMU_KERNEL);
}

Test(tlb, direct_pointers)
{
    struct toy_machine *t = paged();
    arg.t = t;
    arg.size = 16;
    arg.va = 0x20010;
    cr_assert_not(faults(do_direct));
    cr_assert_eq(direct, t->ram->host + 0x20010);
    cr_assert(t->ram->flags[0x20] & PAGE_UNSAVED);
    arg.va = TOY_MMIO;
    cr_assert_not(faults(do_direct));
    cr_assert_null(direct);
    arg.va = TOY_LEAF;
    cr_assert_not(faults(do_direct));
    cr_assert_null(direct);
    arg.va = TOY_ROM;
    cr_assert_not(faults(do_direct));
    cr_assert_null(direct);
    watch_add(t->m->watch, 0x20800, 1, WATCH_READ);
    arg.va = 0x20010;
    cr_assert_not(faults(do_direct));
    cr_assert_null(direct);
    set_pte(t, 0x24000, 0x24000 | PTE_P);
    arg.va = 0x24000;
    cr_assert(faults(do_direct));
    toy_delete(t);
}

Test(tlb, the_debugger_changes_nothing)
{
    struct toy_machine *t = paged();
    u8 b[0x3000];
    set_pte(t, 0x20000, 0x20000 | PTE_P);
    set_pte(t, 0x22000, 0);
    tlb_flush(&t->cpu->base);
    u64 digest = machine_digest(t->m), walks = t->cpu->walks, pa;
    cr_assert_eq(mem_debug_read(&t->cpu->base, 0x20800, b, sizeof(b)), 0x1800);
    cr_assert_eq(mem_debug_read(&t->cpu->base, TOY_MMIO, b, 1), 0);
    cr_assert(mem_debug_translate(&t->cpu->base, 0x20123, &pa));
    cr_assert_eq(pa, 0x20123);
    cr_assert_not(mem_debug_translate(&t->cpu->base, 0x22000, &pa));
    cr_assert_eq(machine_digest(t->m), digest);
    cr_assert_eq(t->cpu->walks, walks);
    cr_assert_eq(t->timer->reads, 0);
    cr_assert_eq(mem_debug_write(&t->cpu->base, 0x20ffe, "abcd", 4), 4); /* read-only, and over the seam */
    cr_assert_eq(memcmp(t->ram->host + 0x20ffe, "abcd", 4), 0);
    toy_delete(t);
}

Test(tlb, watchpoints_do_not_change_what_is_read)
{
    struct toy_machine *t = paged();
    write_faults(t, 0x20010, 0x1122334455667788, 8);
    watch_add(t->m->watch, 0x20014, 2, WATCH_ACCESS);
    watch_take_hit(t->m->watch);
    cr_assert_eq(read_ok(t, 0x20010, 4), 0x55667788);
    cr_assert_eq(watch_take_hit(t->m->watch).access_size, 0);
    cr_assert_eq(read_ok(t, 0x20010, 8), 0x1122334455667788);
    cr_assert_eq(watch_take_hit(t->m->watch).access_size, 8);
    write_faults(t, 0x20015, 0xff, 1);
    struct watch_hit h = watch_take_hit(t->m->watch);
    cr_assert_eq(h.access_addr, 0x20015);
    cr_assert(h.access_write);
    watch_clear(t->m->watch);
    cr_assert_eq(read_ok(t, 0x20010, 8), 0x1122ff4455667788);
    cr_assert_eq(watch_take_hit(t->m->watch).access_size, 0);
    toy_delete(t);
}

Test(tlb, the_map_changing_is_seen_at_once)
{
    struct toy_machine *t = paged();
    t->ram->host[0x20000] = 1;
    cr_assert_eq(read_ok(t, 0x20000, 1), 1);
    t->rom->host[0] = 9;
    int h = bus_map_ram(t->m->mem, "over", 0x20000, PAGE_SIZE, t->rom, 0, true);
    cr_assert_eq(read_ok(t, 0x20000, 1), 9);
    bus_enable(t->m->mem, h, false);
    cr_assert_eq(read_ok(t, 0x20000, 1), 1);
    toy_delete(t);
}

Test(tlb, a_device_in_the_middle_of_a_ram_page)
{
    struct toy_machine *t = paged();
    static const struct mmio_ops nothing = {NULL, NULL, 1, 8};
    bus_map_mmio(t->m->mem, "hole", 0x20100, 0x10, &nothing, NULL);
    cr_assert_not(write_faults(t, 0x200f8, UINT64_C(0x0807060504030201), 8));
    cr_assert_not(write_faults(t, 0x20100, 0x55, 1));
    cr_assert_eq(read_ok(t, 0x20100, 1), 0xff);
    cr_assert_eq(read_ok(t, 0x200fc, 8), 0xffffffff08070605);
    cr_assert_eq(t->ram->host[0x20100], 0);
    toy_delete(t);
}
