/* test_jit.c - the JIT against the interpreter, on garbage and on programs that change themselves */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "emu/block.h"
#include "emu/jit.h"
#include "emu/tlb.h"
#include "tests/unit/emu/toy.h"

#define SAMPLES 150
#define DISTANCE 467
#define SELFMOD 0 /* this seed: not garbage, but a program that changes itself */
#define SEEDS 16

struct how {
    const char *warm;   /* options of the JIT; NULL: interpreted */
    unsigned max_insns;
    u64 piece;          /* steps per machine_run(), at most; 0: all */
    u64 code_bytes;
    bool disturb;       /* flush, digest, set and remove breakpoints, watch */
};

static struct toy_machine *start(const struct how *h, u64 seed)
{
    struct toy_machine *t = toy_new(h->max_insns);
    struct engine *e = t->m->engine;
    jit_delete(e->jit);
    e->jit = h->warm ? jit_new(e, h->code_bytes ? h->code_bytes : MiB, h->warm) : NULL;
    if (seed == SELFMOD)
        toy_selfmod(t);
    else
        toy_chaos(t, seed);
    return t;
}

static void disturb(struct toy_machine *t, u64 *rng)
{
    u64 r = toy_random(rng);
    if (!(r & 7))
        tlb_flush(t->m->cpu);
    if (!(r >> 4 & 31))
        engine_flush(t->m->engine);
    if (!(r >> 9 & 15))
        machine_digest(t->m);
    if (!(r >> 13 & 7)) {
        u64 at = (t->m->cpu->pc + (r >> 32 & 63)) & 0xfffff;
        watch_add_break(t->m->watch, at);
        if (r >> 16 & 1)
            watch_remove_break(t->m->watch, at);
    }
    if (!(r >> 17 & 15))
        watch_add(t->m->watch, r >> 24 & 0x3ffff, 8, WATCH_ACCESS);
    if (!(r >> 21 & 63))
        watch_clear(t->m->watch);
}

static void run_to(struct toy_machine *t, u64 until, const struct how *h, u64 *rng)
{
    while (t->m->clock.icount < until) {
        u64 piece = h->piece ? 1 + toy_random(rng) % h->piece : until;
        struct stop s = machine_run(t->m, MIN(until, t->m->clock.icount + piece));
        cr_assert(s.kind == STOP_UNTIL || s.kind == STOP_BREAK || s.kind == STOP_WATCH, "stop %d", s.kind);
        if (h->disturb)
            disturb(t, rng);
    }
    cr_assert_eq(t->m->clock.icount, until);
}

static u64 compiled, regions; /* of all machines */

static void compare(const struct how *h, u64 seed)
{
    const struct how plain = {0};
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
        cr_assert_fail("seed %llu: differs at %llu\n%s", (unsigned long long)seed,
                       (unsigned long long)(i * DISTANCE), buf_cstr(&out));
    }
    compiled += jit_compiled(b->m->engine->jit);
    regions += jit_regions(b->m->engine->jit);
    toy_delete(a);
    toy_delete(b);
}

static void compare_seeds(const struct how *h)
{
    for (u64 seed = SELFMOD; seed <= SEEDS; seed++)
        compare(h, seed);
    cr_assert_gt(compiled, 100);
}

Test(jit, everything_compiled)
{
    compare_seeds(&(struct how){.warm = "jit,warm=1"});
}

Test(jit, regions)
{
    compare_seeds(&(struct how){.warm = "jit,warm=1,heat=1"});
    cr_assert_gt(regions, 100);
}

Test(jit, regions_in_pieces)
{
    compare_seeds(&(struct how){.warm = "jit,warm=1,heat=1", .piece = 40});
    compare_seeds(&(struct how){.warm = "jit,warm=1,heat=2", .piece = 3});
    compare_seeds(&(struct how){.warm = "jit,warm=2,heat=3", .piece = 900, .max_insns = 2});
    cr_assert_gt(regions, 100);
}

Test(jit, regions_disturbed)
{
    compare_seeds(&(struct how){.warm = "jit,warm=1,heat=1", .piece = 900, .disturb = true});
    compare_seeds(&(struct how){.warm = "jit,warm=1,heat=4", .piece = 200, .disturb = true});
    cr_assert_gt(regions, 100);
}

Test(jit, only_what_is_warm)
{
    compare_seeds(&(struct how){.warm = "jit,warm=3"});
}

Test(jit, one_insn_blocks)
{
    compare_seeds(&(struct how){.warm = "jit,warm=1", .max_insns = 1});
}

Test(jit, three_insn_blocks)
{
    compare_seeds(&(struct how){.warm = "jit,warm=1", .max_insns = 3});
}

Test(jit, in_pieces)
{
    compare_seeds(&(struct how){.warm = "jit,warm=1", .piece = 60});
}

Test(jit, disturbed)
{
    compare_seeds(&(struct how){.warm = "jit,warm=1", .piece = 90, .disturb = true});
}

/* When the memory for code is full, everything is forgotten, and made again. */
Test(jit, little_memory)
{
    compare_seeds(&(struct how){.warm = "jit,warm=1", .code_bytes = 1});
}
