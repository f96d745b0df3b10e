/* common_chaos.c - garbage programs of the toy machine, run in two ways that must agree */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/emu/common_chaos.h"

#include <criterion/criterion.h>
#include <string.h>

#include "emu/jit.h"

struct toy_machine *chaos_new(const struct chaos_how *h, u64 seed)
{
    struct toy_machine *t = toy_new(h->max_insns);
    struct engine *e = t->m->engine;

    if (h->accel) {
        bool interp = !strcmp(h->accel, "interp");
        jit_delete(e->jit);
        e->jit = interp ? NULL : jit_new(e, h->jit_bytes ? h->jit_bytes : MiB, h->accel);
    }
    e->passes_off |= h->passes_off;
    if (h->small_cache)
        e->code_limit = 20000;
    if (seed == CHAOS_SELFMOD)
        toy_selfmod(t);
    else
        toy_chaos(t, seed);
    return t;
}

static void disturb(struct toy_machine *t, const struct chaos_how *h, u64 *rng)
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
    if (h->watches && !(r >> 18 & 15))
        watch_add(t->m->watch, r >> 24 & 0x3ffff, 8, WATCH_ACCESS);
    if (h->watches && !(r >> 42 & 63))
        watch_clear(t->m->watch);
}

static void run_to(struct toy_machine *t, u64 until, const struct chaos_how *h, u64 *rng)
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

static void differ(struct toy_machine *a, struct toy_machine *b, const struct chaos_how *h, u64 seed)
{
    struct buf x = {0}, y = {0}, out = {0};

    machine_save(a->m, &x);
    machine_save(b->m, &y);
    machine_diff(a->m, &x, &y, &out, 20);
    cr_assert_fail("%s, seed %llu: differs at %llu\n%s", h->name ? h->name : h->accel,
                   (unsigned long long)seed, (unsigned long long)a->m->clock.icount, buf_cstr(&out));
}

void chaos_compare(const struct chaos_how *h, u64 seed, unsigned samples, struct chaos_jit *jit)
{
    const struct chaos_how plain = {.name = "plain", .accel = h->accel ? "interp" : NULL};
    struct toy_machine *a = chaos_new(&plain, seed), *b = chaos_new(h, seed);
    u64 rng = seed * 77;

    for (u64 i = 1; i <= samples; i++) {
        run_to(a, i * CHAOS_DISTANCE, &plain, &rng);
        run_to(b, i * CHAOS_DISTANCE, h, &rng);
        if (machine_digest(a->m) != machine_digest(b->m))
            differ(a, b, h, seed);
    }
    if (jit) {
        jit->blocks += jit_compiled(b->m->engine->jit);
        jit->regions += jit_regions(b->m->engine->jit);
    }
    toy_delete(a);
    toy_delete(b);
}
