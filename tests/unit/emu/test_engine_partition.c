/* test_engine_partition.c - I2: how a run is cut into blocks and pieces is invisible */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program is garbage: it jumps, stores into its own code and page tables, faults, takes
 * interrupts, talks to a device, while the device scribbles over memory. Each way of running it
 * must agree with the plain one at every sampled icount.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/unit/emu/common_chaos.h"

#define SAMPLES 300

static void compare(const struct chaos_how *h, u64 seed)
{
    chaos_compare(h, seed, SAMPLES, NULL);
}

static void compare_seeds(const struct chaos_how *h)
{
    for (u64 seed = CHAOS_SELFMOD; seed <= 12; seed++)
        compare(h, seed);
}

Test(partition, same_again)
{
    compare_seeds(&(struct chaos_how){.name = "same again"});
}

Test(partition, one_insn_blocks)
{
    compare_seeds(&(struct chaos_how){.name = "1-insn blocks", .max_insns = 1});
}

Test(partition, three_insn_blocks)
{
    compare_seeds(&(struct chaos_how){.name = "3-insn blocks", .max_insns = 3});
}

Test(partition, single_steps)
{
    compare_seeds(&(struct chaos_how){.name = "single steps", .piece = 1});
}

Test(partition, random_pieces)
{
    compare_seeds(&(struct chaos_how){.name = "random pieces", .piece = 40});
}

Test(partition, tlb_flushes)
{
    compare_seeds(&(struct chaos_how){.name = "TLB flushes", .piece = 30, .flush_tlb = true});
}

Test(partition, code_flushes)
{
    compare_seeds(&(struct chaos_how){.name = "code flushes", .piece = 20, .flush_code = true});
}

Test(partition, everything)
{
    compare_seeds(&(struct chaos_how){.name = "everything",
                                .max_insns = 7,
                                .piece = 25,
                                .flush_tlb = true,
                                .flush_code = true,
                                .digests = true});
}

Test(partition, small_code_cache)
{
    compare_seeds(&(struct chaos_how){.name = "small cache", .small_cache = true});
}

Test(partition, breakpoints)
{
    compare_seeds(&(struct chaos_how){.name = "breakpoints", .piece = 50, .breaks = true});
}

Test(partition, watchpoints)
{
    compare_seeds(&(struct chaos_how){.name = "watchpoints", .piece = 50, .watches = true});
}

Test(partition, passes_off)
{
    compare_seeds(&(struct chaos_how){.name = "no passes", .passes_off = ~0u});
    for (unsigned pass = 1; pass <= IR_PASS_DEAD; pass *= 2)
        compare(&(struct chaos_how){.name = "one pass off", .passes_off = pass}, 20 + pass);
    for (unsigned pass = 1; pass <= IR_PASS_DEAD; pass *= 2)
        compare(&(struct chaos_how){.name = "one pass on", .passes_off = ~pass, .piece = 9}, 20 + pass);
}

/* The garbage must exercise what it is for. */
Test(partition, chaos_is_rich)
{
    u64 causes[4] = {0}, reads = 0, walks = 0, dropped = 0, left = 0;
    for (u64 seed = 1; seed <= 12; seed++) {
        struct toy_machine *t = chaos_new(&(struct chaos_how){0}, seed);
        for (u64 i = 1; i <= SAMPLES * CHAOS_DISTANCE / 5; i++) {
            machine_run(t->m, i * 5);
            causes[t->cpu->cause & 3]++;
        }
        reads += t->timer->reads;
        walks += t->cpu->walks;
        dropped += engine_stats(t->m->engine).blocks_dropped;
        left += engine_stats(t->m->engine).blocks_made;
        toy_delete(t);
    }
    cr_log_info("causes %llu %llu %llu, device reads %llu, walks %llu, dropped %llu, made %llu",
                (unsigned long long)causes[1], (unsigned long long)causes[2],
                (unsigned long long)causes[3], (unsigned long long)reads, (unsigned long long)walks,
                (unsigned long long)dropped, (unsigned long long)left);
    for (unsigned i = 1; i <= 3; i++)
        cr_assert_gt(causes[i], 100, "cause %u", i);
    cr_assert_gt(reads, 100);
    cr_assert_gt(walks, 1000);
    cr_assert_gt(dropped, 20);
}

Test(partition, selfmod_does_it)
{
    struct toy_machine *t = chaos_new(&(struct chaos_how){0}, CHAOS_SELFMOD);
    machine_run(t->m, 20000);
    struct engine_stats s = engine_stats(t->m->engine);
    cr_log_info("dropped %llu, made %llu, walks %llu", (unsigned long long)s.blocks_dropped,
                (unsigned long long)s.blocks_made, (unsigned long long)t->cpu->walks);
    cr_assert_gt(s.blocks_dropped, 1000);
    cr_assert_gt(t->cpu->walks, 1000);
    cr_assert_eq(t->cpu->cause, TOY_CAUSE_PAGE);
    cr_assert_geq(t->cpu->base.pc, 0x1000);
    toy_delete(t);
}
