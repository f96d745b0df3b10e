/* test_engine.c - budgets, faults, breakpoints, code that changes, instructions that must be alone
 * */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "tests/unit/emu/toy.h"

static struct toy_machine *new_machine(void)
{
    struct toy_machine *t = toy_new(0);
    t->cpu->base.attention = false; /* of the reset */
    return t;
}

static enum engine_leave run(struct toy_machine *t, u64 steps)
{
    return engine_run(t->m->engine, &t->cpu->base, steps, true);
}

static struct toy_asm code(struct toy_machine *t)
{
    return (struct toy_asm){t, 0x1000};
}

static u64 counting_loop(struct toy_machine *t) /* r0 counts its rounds: 4 instructions each */
{
    struct toy_asm a = code(t);
    TOY(&a, TOY_MOVI, 1, IMM32(1));
    u64 loop = a.at;
    TOY(&a, TOY_ADD, 0, 1);
    TOY(&a, TOY_ADD, 2, 0);
    TOY(&a, TOY_ADD, 3, 2);
    TOY(&a, TOY_JMP, REL16(loop - (a.at + 3)));
    return loop;
}

Test(engine, runs_exactly_as_many_steps_as_asked)
{
    for (u64 n = 0; n < 60; n++) {
        struct toy_machine *t = new_machine();
        u64 loop = counting_loop(t);
        cr_assert_eq(run(t, n), ENGINE_BUDGET);
        cr_assert_eq(t->m->clock.icount, n);
        u64 in_loop = n ? n - 1 : 0;
        cr_assert_eq(t->cpu->r[0], (in_loop + 3) / 4);
        if (n)
            cr_assert_eq(t->cpu->base.pc, loop + in_loop % 4 * 3);
        toy_delete(t);
    }
}

Test(engine, shorter_variants_are_few)
{
    struct toy_machine *t = new_machine();
    struct toy_asm a = code(t);
    for (unsigned i = 0; i < 60; i++)
        TOY(&a, TOY_NOP);
    TOY(&a, TOY_JMP, REL16(0x1000 - (a.at + 3)));
    for (unsigned n = 1; n < 61; n++) {
        t->cpu->base.pc = 0x1000;
        cr_assert_eq(run(t, n), ENGINE_BUDGET);
        cr_assert_eq(t->cpu->base.pc, 0x1000 + n);
    }
    u64 made = engine_stats(t->m->engine).blocks_made;
    for (unsigned n = 1; n < 61; n++) {
        t->cpu->base.pc = 0x1000;
        cr_assert_eq(run(t, n), ENGINE_BUDGET);
    }
    cr_assert_eq(engine_stats(t->m->engine).blocks_made, made);
    cr_assert_lt(made, 150);
    toy_delete(t);
}

Test(engine, a_fault_in_the_middle_is_exact)
{
    struct toy_machine *t = new_machine();
    toy_map_identity(t);
    toy_poke(t, TOY_LEAF + 0x20 * 8, 0);
    struct toy_asm a = code(t);
    TOY(&a, TOY_MOVI, 1, IMM32(0x20000));
    TOY(&a, TOY_ADD, 2, 1);
    u64 at = a.at;
    TOY(&a, TOY_ADDM, 1, 2, 0);
    TOY(&a, TOY_MOVI, 2, IMM32(0));
    cr_assert_eq(run(t, 100), ENGINE_EXCEPTION);
    cr_assert_eq(t->m->clock.icount, 2);
    cr_assert_eq(t->cpu->base.pc, at);
    cr_assert_eq(t->cpu->new_va, 0x20000);
    cr_assert_eq(t->cpu->r[2], 0x20000);
    cr_assert_eq(t->cpu->cc_x, 0x20000); /* the flags of ADD, not of ADDM */
    cr_assert_null(t->cpu->base.block);
    toy_delete(t);
}

Test(engine, a_fetch_fault_is_exact)
{
    struct toy_machine *t = new_machine();
    toy_map_identity(t);
    toy_poke(t, TOY_LEAF + 2 * 8, 0);
    struct toy_asm a = {t, 0x1ffa};
    TOY(&a, TOY_ADD, 1, 1);
    TOY(&a, TOY_ADD, 1, 1);
    t->cpu->base.pc = 0x1ffa;
    cr_assert_eq(run(t, 100), ENGINE_EXCEPTION); /* the next page, by its first byte */
    cr_assert_eq(t->m->clock.icount, 2);
    cr_assert_eq(t->cpu->base.pc, 0x2000);
    a.at = 0x1fff;
    TOY(&a, TOY_ADD, 1, 1);
    t->cpu->base.pc = 0x1fff;
    cr_assert_eq(run(t, 100), ENGINE_EXCEPTION); /* by an instruction that runs over */
    cr_assert_eq(t->m->clock.icount, 2);
    cr_assert_eq(t->cpu->base.pc, 0x1fff);
    cr_assert_eq(t->cpu->new_va, 0x2000);
    toy_delete(t);
}

Test(engine, an_instruction_over_two_pages_follows_the_mapping_of_the_second)
{
    struct toy_machine *t = new_machine();
    toy_map_identity(t);
    struct toy_asm a = {t, 0x1ffe};
    TOY(&a, TOY_MOVI, 5, IMM32(0x11111111));
    TOY(&a, TOY_JMP, REL16(-3));
    a.at = 0x6000;
    TOY(&a, IMM32(0x22222222), TOY_JMP, REL16(-3));
    t->cpu->base.pc = 0x1ffe;
    run(t, 1);
    cr_assert_eq(t->cpu->r[5], 0x11111111);
    toy_poke(t, TOY_LEAF + 2 * 8, 0x6000 | PTE_P);
    t->cpu->base.pc = 0x1ffe;
    run(t, 1);
    cr_assert_eq(t->cpu->r[5], 0x22222222);
    toy_poke(t, TOY_LEAF + 2 * 8, 0x2000 | PTE_P);
    t->cpu->base.pc = 0x1ffe;
    run(t, 1);
    cr_assert_eq(t->cpu->r[5], 0x11111111);
    cr_assert_eq(engine_stats(t->m->engine).blocks_live, 2); /* both are kept */
    toy_poke(t, 0x2000, 0x33333333);
    t->cpu->base.pc = 0x1ffe;
    run(t, 1);
    cr_assert_eq(t->cpu->r[5], 0x33333333);
    toy_delete(t);
}

Test(engine, a_device_access_sees_the_exact_time)
{
    struct toy_machine *t = new_machine();
    struct toy_asm a = code(t);
    TOY(&a, TOY_MOVI, 1, IMM32(TOY_MMIO));
    for (unsigned i = 0; i < 5; i++)
        TOY(&a, TOY_NOP);
    TOY(&a, TOY_LD64, 2, 1, 0);
    TOY(&a, TOY_NOP);
    cr_assert_eq(run(t, 100), ENGINE_ATTENTION);
    cr_assert_eq(t->m->clock.icount, 7);
    cr_assert_eq(t->timer->reads, 1);
    cr_assert_eq(t->cpu->r[2], (u64)(6 << t->m->clock.shift) ^ 1);
    toy_delete(t);
}

Test(engine, a_block_is_cut_where_it_must_always_be_left)
{
    struct toy_machine *t = new_machine();
    struct toy_asm a = code(t);
    TOY(&a, TOY_MOVI, 1, IMM32(TOY_MMIO));
    u64 loop = a.at;
    TOY(&a, TOY_NOP, TOY_NOP);
    TOY(&a, TOY_LD64, 2, 1, 0);
    TOY(&a, TOY_JMP, REL16(loop - (a.at + 3)));
    while (t->m->clock.icount < 1000) {
        t->cpu->base.attention = false;
        run(t, 1000 - t->m->clock.icount);
    }
    u64 missed = engine_stats(t->m->engine).lookups_missed;
    cr_assert_lt(missed, 40);
    cr_assert_eq(t->timer->reads, 1 + (999 - 3) / 4);
    toy_delete(t);
}

Test(engine, attention_leaves_at_the_next_boundary)
{
    struct toy_machine *t = new_machine();
    counting_loop(t);
    t->cpu->base.attention = true;
    cr_assert_eq(run(t, 100), ENGINE_ATTENTION);
    cr_assert_eq(t->m->clock.icount, 0);
    toy_delete(t);
}

/* ---- breakpoints ---- */

Test(engine, breakpoints_stop_before_their_instruction)
{
    struct toy_machine *t = new_machine();
    u64 loop = counting_loop(t);
    run(t, 41);
    watch_add_break(t->m->watch, loop + 6); /* into the middle of a block that exists */
    cr_assert_eq(run(t, 100), ENGINE_BREAK);
    cr_assert_eq(t->cpu->base.pc, loop + 6);
    cr_assert_eq(t->m->clock.icount, 43);
    cr_assert_eq(run(t, 100), ENGINE_BREAK); /* not the first instruction: a round later */
    cr_assert_eq(t->m->clock.icount, 47);
    cr_assert_eq(engine_run(t->m->engine, &t->cpu->base, 100, false), ENGINE_BREAK);
    cr_assert_eq(t->m->clock.icount, 47);
    watch_set_armed(t->m->watch, false);
    cr_assert_eq(run(t, 100), ENGINE_BUDGET);
    cr_assert_eq(t->m->clock.icount, 147);
    watch_set_armed(t->m->watch, true);
    watch_remove_break(t->m->watch, loop + 6);
    cr_assert_eq(run(t, 100), ENGINE_BUDGET);
    toy_delete(t);
}

Test(engine, a_breakpoint_at_a_block_that_others_link_to)
{
    struct toy_machine *t = new_machine();
    u64 loop = counting_loop(t);
    run(t, 41);
    watch_add_break(t->m->watch, loop);
    cr_assert_eq(run(t, 100), ENGINE_BREAK);
    cr_assert_eq(t->m->clock.icount, 45);
    watch_remove_break(t->m->watch, loop);
    cr_assert_eq(run(t, 100), ENGINE_BUDGET);
    watch_add_break(t->m->watch, loop);
    cr_assert_eq(run(t, 100), ENGINE_BREAK);
    toy_delete(t);
}

Test(engine, removed_breakpoints_leave_no_short_blocks)
{
    struct toy_machine *t = new_machine();
    u64 loop = counting_loop(t);
    watch_add_break(t->m->watch, loop + 3);
    watch_set_armed(t->m->watch, false);
    run(t, 41);
    u64 cut = engine_stats(t->m->engine).blocks_live;
    watch_remove_break(t->m->watch, loop + 3);
    run(t, 40);
    t->cpu->base.pc = loop;
    u64 made = engine_stats(t->m->engine).blocks_made;
    run(t, 40);
    cr_assert_eq(engine_stats(t->m->engine).blocks_made, made);
    cr_assert_leq(engine_stats(t->m->engine).blocks_live, cut);
    toy_delete(t);
}

/* ---- code that changes ---- */

Test(engine, a_store_ahead_in_the_same_block_takes_effect)
{
    struct toy_machine *t = new_machine();
    struct toy_asm a = code(t);
    TOY(&a, TOY_MOVI, 1, IMM32(0x1000 + 6 + 6 + 4 + 2));
    TOY(&a, TOY_MOVI, 2, IMM32(0x77));
    TOY(&a, TOY_ST32, 1, 2, 0);
    TOY(&a, TOY_MOVI, 3, IMM32(0x11));
    run(t, 4);
    if (t->m->clock.icount < 4) {
        t->cpu->base.attention = false;
        run(t, 4 - t->m->clock.icount);
    }
    cr_assert_eq(t->cpu->r[3], 0x77);
    cr_assert_eq(t->m->clock.icount, 4);
    toy_delete(t);
}

Test(engine, data_beside_code_is_written_without_dropping_it)
{
    struct toy_machine *t = new_machine();
    counting_loop(t);
    run(t, 49);
    struct engine_stats before = engine_stats(t->m->engine);
    u64 generation = t->cpu->base.tlb->changes;
    toy_poke(t, 0x1100, 5);
    cr_assert_eq(t->cpu->base.tlb->changes, generation);
    run(t, 48);
    cr_assert_eq(engine_stats(t->m->engine).blocks_made, before.blocks_made);
    toy_delete(t);
}

Test(engine, the_same_bytes_again_keep_their_blocks)
{
    struct toy_machine *t = new_machine();
    counting_loop(t);
    run(t, 49);
    u64 made = engine_stats(t->m->engine).blocks_made;
    toy_poke(t, 0x1000, toy_peek(t, 0x1000));
    machine_ram_replaced(t->m, t->ram, 1);
    run(t, 48);
    cr_assert_eq(engine_stats(t->m->engine).blocks_made, made);
    cr_assert_eq(engine_stats(t->m->engine).blocks_dropped, 0);
    cr_assert(t->ram->flags[1] & PAGE_CODE);
    toy_delete(t);
}

Test(engine, a_page_of_old_code_becomes_plain_data)
{
    struct toy_machine *t = new_machine();
    counting_loop(t);
    run(t, 49);
    cr_assert(engine_page_has_code(t->m->engine, t->ram, 1, 0, 1));
    cr_assert_not(engine_page_has_code(t->m->engine, t->ram, 1, 0x40, 0xfc0));
    toy_poke(t, 0x1000, 0);
    cr_assert_not(t->ram->flags[1] & PAGE_CODE);
    cr_assert_not(engine_page_has_code(t->m->engine, t->ram, 1, 0, 4096));
    toy_delete(t);
}

Test(engine, code_memory_is_bounded)
{
    struct toy_machine *t = new_machine();
    t->m->engine->code_limit = 100 * KiB;
    struct toy_asm a = code(t);
    while (a.at < 0x30000)
        TOY(&a, TOY_ADD, 1, 2, TOY_JMP, 0, 0);
    t->cpu->base.pc = 0x1000;
    run(t, 40000);
    cr_assert_eq(t->m->clock.icount, 40000);
    struct engine_stats s = engine_stats(t->m->engine);
    cr_assert_lt(s.code_bytes, 110 * KiB);
    cr_assert_gt(s.blocks_made, 10000);
    toy_delete(t);
}

Test(engine, code_in_rom_and_where_nothing_is)
{
    struct toy_machine *t = new_machine();
    bus_write_bytes(t->m->mem, TOY_ROM, (const u8[]){TOY_MOVI, 4, IMM32(99), TOY_NOP}, 7, true);
    t->cpu->base.pc = TOY_ROM;
    run(t, 2);
    cr_assert_eq(t->cpu->r[4], 99);
    t->cpu->base.pc = 0x80000; /* reads as all ones: undefined */
    cr_assert_eq(run(t, 5), ENGINE_EXCEPTION);
    cr_assert_eq(t->cpu->new_cause, TOY_CAUSE_UNDEFINED);
    cr_assert_eq(t->cpu->base.pc, 0x80000);
    t->cpu->base.pc = TOY_MMIO;
    cr_assert_eq(run(t, 5), ENGINE_EXCEPTION);
    cr_assert_eq(t->timer->reads, 0); /* a fetch does not touch devices */
    toy_delete(t);
}

Test(engine, the_mode_is_part_of_a_translation)
{
    struct toy_machine *t = new_machine();
    struct toy_asm a = code(t);
    TOY(&a, TOY_ADD, 15, 14);
    TOY(&a, TOY_MODE);
    TOY(&a, TOY_XORI, 1, IMM32(3));
    TOY(&a, TOY_JMP, REL16(0x1000 - (a.at + 3)));
    t->cpu->r[14] = 1;
    u64 expect = 0;
    for (u64 n = 1; n <= 40; n++) { /* the same jump goes to blocks of either mode in turn */
        expect = n & 2 ? expect + 3 : expect ^ 3;
        if (n % 10 == 0) {
            run(t, 40);
            cr_assert_eq(t->cpu->r[1], expect);
        }
    }
    toy_delete(t);
}

Test(engine, a_flush_in_the_middle_of_a_block_fetches_again)
{
    struct toy_machine *t = new_machine();
    toy_map_identity(t);
    struct toy_asm a = code(t);
    TOY(&a, TOY_MOVI, 1, IMM32(TOY_LEAF + 8)); /* of this page */
    TOY(&a, TOY_MOVI, 2, IMM32(0x1000 | PTE_P | PTE_W));
    TOY(&a, TOY_ST64, 1, 2, 0);
    TOY(&a, TOY_NOP);
    TOY(&a, TOY_LD64, 3, 1, 0);
    TOY(&a, TOY_JMP, REL16(-3));
    machine_run(t->m, 20);
    cr_assert_eq(t->cpu->r[3] & PTE_A, PTE_A);
    toy_delete(t);
}

/* ---- repeated instructions ---- */

Test(engine, repeated_instructions_count_each_iteration)
{
    for (u64 piece = 1; piece < 120; piece += 7) {
        struct toy_machine *t = new_machine();
        struct toy_asm a = code(t);
        TOY(&a, TOY_MOVI, 1, IMM32(0x20fe0));
        TOY(&a, TOY_MOVI, 2, IMM32(100));
        TOY(&a, TOY_MOVI, 3, IMM32(0x5a));
        TOY(&a, TOY_FILL);
        TOY(&a, TOY_MOVI, 4, IMM32(1));
        while (!t->cpu->r[4]) {
            u64 before = t->m->clock.icount;
            t->cpu->base.attention = false;
            run(t, piece);
            cr_assert_leq(t->m->clock.icount - before, piece);
            if (t->cpu->r[2] && t->m->clock.icount > 3)
                cr_assert_eq(t->m->clock.icount, 3 + 100 - t->cpu->r[2]);
            if (t->m->clock.icount >= 104 && piece > 1)
                break;
        }
        cr_assert_geq(t->m->clock.icount, 104);
        cr_assert_eq(t->ram->host[0x20fdf], 0);
        for (unsigned i = 0; i < 100; i++)
            cr_assert_eq(t->ram->host[0x20fe0 + i], 0x5a);
        cr_assert_eq(t->ram->host[0x20fe0 + 100], 0);
        toy_delete(t);
    }
}

/* ---- watchpoints ---- */

Test(engine, a_watchpoint_stops_right_after_its_instruction)
{
    struct toy_machine *t = new_machine();
    struct toy_asm a = code(t);
    TOY(&a, TOY_MOVI, 1, IMM32(0x20000));
    TOY(&a, TOY_MOVI, 2, IMM32(7));
    TOY(&a, TOY_ST64, 1, 2, 8);
    TOY(&a, TOY_ST64, 1, 2, 16);
    TOY(&a, TOY_MOVI, 5, IMM32(5));
    TOY(&a, TOY_JMP, REL16(-3));
    watch_add(t->m->watch, 0x20010, 4, WATCH_WRITE);
    struct stop s = machine_run(t->m, 1000);
    cr_assert_eq(s.kind, STOP_WATCH);
    cr_assert_eq(s.icount, 4);
    cr_assert_eq(s.watch.access_addr, 0x20010);
    cr_assert_eq(t->cpu->r[5], 0);
    cr_assert_eq(toy_peek(t, 0x20010), 7);
    toy_delete(t);
}

Test(engine, the_guests_own_watch_is_called_once_an_access)
{
    struct toy_machine *t = new_machine();
    struct toy_asm a = code(t);
    TOY(&a, TOY_MOVI, 1, IMM32(0x20ffc));
    TOY(&a, TOY_NOP, TOY_NOP);
    TOY(&a, TOY_ST64, 1, 2, 0); /* into the watched page by its end only */
    TOY(&a, TOY_LD64, 3, 1, 8);
    TOY(&a, TOY_MOVI, 6, IMM32(0x20000));
    TOY(&a, TOY_LD64, 3, 6, 0); /* beside it */
    TOY(&a, TOY_JMP, REL16(-3));
    t->cpu->guest_watch = 0x21000;
    tlb_flush_watched(&t->cpu->base);
    machine_run(t->m, 50);
    cr_assert_eq(t->cpu->guest_watch_hits, 2);
    toy_delete(t);
}
