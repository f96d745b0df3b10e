/* test_engine_partition.c - I2: how a run is cut into blocks and pieces is invisible */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program is garbage: it jumps, stores into its own code and page tables, faults, takes
 * interrupts, talks to a device, while the device scribbles over memory. Each way of running it
 * must agree with the plain one at every sampled icount.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/unit/emu/toy.h"

#define SAMPLES 300
#define DISTANCE 467
#define SELFMOD 0 /* this seed: not garbage, but a program that changes itself */

struct how {
    const char *name;
    unsigned max_insns;
    u64 piece;        /* steps per machine_run(), at most; 0: all */
    bool flush_tlb, flush_code, digests, small_cache, breaks, watches;
    unsigned passes_off;
};

static void disturb(struct toy_machine *t, const struct how *h, u64 *rng)
{
    u64 r = toy_random(rng);
    if (h->flush_tlb && !(r & 3))
        tlb_flush(t->m->cpu);
    if (h->flush_code && !(r >> 4 & 15))
        engine_flush(t->m->engine);
    if (h->digests && !(r >> 8 & 7))
        machine_digest(t->m);
    if (h->breaks && !(r >> 12 & 3)) {
        u64 at = (t->m->cpu->pc + (r >> 32 & 63)) & 0xfffff;
        watch_add_break(t->m->watch, at);
        if (r >> 16 & 1)
            watch_remove_break(t->m->watch, at);
    }
    if (h->watches && !(r >> 12 & 15))
        watch_add(t->m->watch, r >> 24 & 0x3ffff, 8, WATCH_ACCESS);
    if (h->watches && !(r >> 18 & 63))
        watch_clear(t->m->watch);
}

static void run_to(struct toy_machine *t, u64 until, const struct how *h, u64 *rng)
{
    while (t->m->clock.icount < until) {
        u64 piece = h->piece ? 1 + toy_random(rng) % h->piece : until;
        struct stop s = machine_run(t->m, MIN(until, t->m->clock.icount + piece));
        cr_assert(s.kind == STOP_UNTIL || s.kind == STOP_BREAK || s.kind == STOP_WATCH, "stop %d",
                  s.kind);
        cr_assert_eq(s.icount, t->m->clock.icount);
        disturb(t, h, rng);
    }
    cr_assert_eq(t->m->clock.icount, until);
}

static struct toy_machine *start(const struct how *h, u64 seed)
{
    struct toy_machine *t = toy_new(h->max_insns);
    t->m->engine->passes_off = h->passes_off;
    if (h->small_cache)
        t->m->engine->code_limit = 20000;
    if (seed == SELFMOD)
        toy_selfmod(t);
    else
        toy_chaos(t, seed);
    return t;
}

static void compare(const struct how *h, u64 seed)
{
    const struct how plain = {.name = "plain"};
    struct toy_machine *a = start(&plain, seed), *b = start(h, seed);
    u64 rng = seed * 77;
    for (u64 i = 1; i <= SAMPLES; i++) {
        run_to(a, i * DISTANCE, &plain, &rng);
        run_to(b, i * DISTANCE, h, &rng);
        if (machine_digest(a->m) == machine_digest(b->m))
            continue;
        struct buf x = {0}, y = {0}, out = {0};
        machine_save(a->m, &x);
        machine_save(b->m, &y);
        machine_diff(a->m, &x, &y, &out, 20);
        cr_assert_fail("%s, seed %llu: differs at %llu\n%s", h->name, (unsigned long long)seed,
                       (unsigned long long)(i * DISTANCE), buf_cstr(&out));
    }
    toy_delete(a);
    toy_delete(b);
}

static void compare_seeds(const struct how *h)
{
    for (u64 seed = SELFMOD; seed <= 12; seed++)
        compare(h, seed);
}

Test(partition, same_again)
{
    compare_seeds(&(struct how){.name = "same again"});
}

Test(partition, one_insn_blocks)
{
    compare_seeds(&(struct how){.name = "1-insn blocks", .max_insns = 1});
}

Test(partition, three_insn_blocks)
{
    compare_seeds(&(struct how){.name = "3-insn blocks", .max_insns = 3});
}

Test(partition, single_steps)
{
    compare_seeds(&(struct how){.name = "single steps", .piece = 1});
}

Test(partition, random_pieces)
{
    compare_seeds(&(struct how){.name = "random pieces", .piece = 40});
}

Test(partition, tlb_flushes)
{
    compare_seeds(&(struct how){.name = "TLB flushes", .piece = 30, .flush_tlb = true});
}

Test(partition, code_flushes)
{
    compare_seeds(&(struct how){.name = "code flushes", .piece = 20, .flush_code = true});
}

Test(partition, everything)
{
    compare_seeds(&(struct how){.name = "everything",
                                .max_insns = 7,
                                .piece = 25,
                                .flush_tlb = true,
                                .flush_code = true,
                                .digests = true});
}

Test(partition, small_code_cache)
{
    compare_seeds(&(struct how){.name = "small cache", .small_cache = true});
}

Test(partition, breakpoints)
{
    compare_seeds(&(struct how){.name = "breakpoints", .piece = 50, .breaks = true});
}

Test(partition, watchpoints)
{
    compare_seeds(&(struct how){.name = "watchpoints", .piece = 50, .watches = true});
}

Test(partition, passes_off)
{
    compare_seeds(&(struct how){.name = "no passes", .passes_off = ~0u});
    for (unsigned pass = 1; pass <= IR_PASS_DEAD; pass *= 2)
        compare(&(struct how){.name = "one pass off", .passes_off = pass}, 20 + pass);
    for (unsigned pass = 1; pass <= IR_PASS_DEAD; pass *= 2)
        compare(&(struct how){.name = "one pass on", .passes_off = ~pass, .piece = 9}, 20 + pass);
}

/* The garbage must exercise what it is for. */
Test(partition, chaos_is_rich)
{
    u64 causes[4] = {0}, reads = 0, walks = 0, dropped = 0, left = 0;
    for (u64 seed = 1; seed <= 12; seed++) {
        struct toy_machine *t = start(&(struct how){0}, seed);
        for (u64 i = 1; i <= SAMPLES * DISTANCE / 5; i++) {
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
    struct toy_machine *t = start(&(struct how){0}, SELFMOD);
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
