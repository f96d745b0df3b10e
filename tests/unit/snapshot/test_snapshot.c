/* test_snapshot.c - take, restore, encode and decode, against plain copies of memory */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/tlb.h"
#include "snapshot/snapshot.h"
#include "tests/unit/emu/common_small.c"

#define N_SNAPSHOTS 24
#define BIG_PAGES 3000u

struct copy {
    struct snapshot *s;
    u8 *ram;
    u64 digest, icount;
};

struct setup {
    struct small g;
    struct ram *big; /* a second ram, with more than one leaf */
    struct snapshot_store *store;
};

static u32 below(u64 *seed, u32 n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % n;
}

static void set_up(struct setup *s)
{
    static const u8 program[] = {SMALL_STI, SMALL_INC, SMALL_STORE, SMALL_JMP, 1},
                    handler[] = {SMALL_IRET};
    memset(s, 0, sizeof(*s));
    small_new(&s->g, program, sizeof(program), handler, sizeof(handler));
    s->big = machine_add_ram(s->g.m, "big", BIG_PAGES * PAGE_SIZE);
    s->store = snapshot_store_new(s->g.m);
}

static void tear_down(struct setup *s)
{
    snapshot_store_delete(s->store);
    small_delete(&s->g);
}

/* Some pages change a little, some wholly, some become zeros, some come to be equal to each
 * other. */
static void scribble(struct setup *s, u64 *seed)
{
    u8 page[PAGE_SIZE];
    for (u32 i = below(seed, 60); i-- > 0;) {
        u64 at = below(seed, BIG_PAGES) * PAGE_SIZE;
        u32 n = PAGE_SIZE;
        switch (below(seed, 4)) {
        case 0:
            at += below(seed, PAGE_SIZE - 16);
            n = 1 + below(seed, 16);
            for (u32 k = 0; k < n; k++)
                page[k] = below(seed, 256);
            break;
        case 1:
            memset(page, 0, n);
            break;
        case 2:
            memset(page, 1 + below(seed, 3), n);
            break;
        default:
            for (u32 k = 0; k < n; k++)
                page[k] = below(seed, 256);
        }
        ram_write(&s->g.cpu->base, s->big, at, page, n);
    }
    machine_run(s->g.m, s->g.m->clock.icount + below(seed, 1000));
}

static struct copy copy_of(struct setup *s)
{
    struct copy c = {.ram = malloc(s->big->size), .icount = s->g.m->clock.icount};
    c.digest = machine_digest(s->g.m);
    c.s = snapshot_take(s->store);
    memcpy(c.ram, s->big->host, s->big->size);
    return c;
}

static void must_be(struct setup *s, const struct copy *c)
{
    cr_assert_eq(s->g.m->clock.icount, c->icount);
    cr_assert(!memcmp(s->big->host, c->ram, s->big->size));
    cr_assert_eq(machine_digest(s->g.m), c->digest);
}

Test(snapshot, restores_in_any_order)
{
    struct setup s;
    struct copy c[N_SNAPSHOTS];
    u64 seed = 1;

    set_up(&s);
    for (int i = 0; i < N_SNAPSHOTS; i++) {
        scribble(&s, &seed);
        c[i] = copy_of(&s);
    }
    for (int i = 0; i < 300; i++) {
        int k = below(&seed, N_SNAPSHOTS);
        if (below(&seed, 2))
            scribble(&s, &seed);
        cr_assert(snapshot_restore(c[k].s));
        must_be(&s, &c[k]);
        if (below(&seed, 4) == 0) { /* another one on top of an old one */
            scribble(&s, &seed);
            snapshot_unref(c[k].s);
            free(c[k].ram);
            c[k] = copy_of(&s);
        }
    }
    for (int i = 0; i < N_SNAPSHOTS; i++) {
        cr_assert_eq(snapshot_digest(c[i].s), c[i].digest);
        free(c[i].ram);
    }
    tear_down(&s);
}

Test(snapshot, costs_what_changed)
{
    struct setup s;
    u8 byte = 1;

    set_up(&s);
    struct snapshot *a = snapshot_take(s.store);
    u64 held = snapshot_store_bytes(s.store);
    struct snapshot *b = snapshot_take(s.store);
    cr_assert_eq(snapshot_own_bytes(b), 0);
    ram_write(&s.g.cpu->base, s.big, 5 * PAGE_SIZE, &byte, 1);
    struct snapshot *c = snapshot_take(s.store);
    cr_assert_eq(snapshot_own_bytes(c), PAGE_SIZE);
    cr_assert_eq(snapshot_pages_since(c, a), 1);
    cr_assert_eq(snapshot_store_bytes(s.store), held + PAGE_SIZE);
    byte = 0; /* zeros again: nothing is held for it */
    ram_write(&s.g.cpu->base, s.big, 5 * PAGE_SIZE, &byte, 1);
    struct snapshot *d = snapshot_take(s.store);
    cr_assert_eq(snapshot_own_bytes(d), 0);
    snapshot_unref(c);
    cr_assert_eq(snapshot_store_bytes(s.store), held);
    snapshot_unref(a);
    snapshot_unref(b);
    snapshot_unref(d);
    tear_down(&s);
}

Test(snapshot, chains_of_differences_are_decoded)
{
    struct setup s;
    struct copy c[N_SNAPSHOTS];
    struct snapshot *decoded = NULL;
    u64 seed = 2;

    set_up(&s);
    for (int i = 0; i < N_SNAPSHOTS; i++) {
        scribble(&s, &seed);
        c[i] = copy_of(&s);
    }
    for (int i = 0; i < N_SNAPSHOTS; i++) {
        struct buf out = {0};
        snapshot_encode(c[i].s, i ? c[i - 1].s : NULL, &out);
        cr_assert_leq(out.len, snapshot_encoded_max(s.store));
        struct reader in = reader_of(out.data, out.len);
        struct snapshot *next = snapshot_decode(s.store, decoded, &in);
        cr_assert(next != NULL);
        cr_assert_eq(reader_left(&in), 0);
        snapshot_unref(decoded);
        decoded = next;
        buf_fini(&out);
        cr_assert(snapshot_restore(decoded));
        must_be(&s, &c[i]);
        free(c[i].ram);
    }
    tear_down(&s);
}

Test(snapshot, hostile_bytes_are_refused)
{
    struct setup s;
    struct buf out = {0};
    u64 seed = 3;
    int refused = 0;

    set_up(&s);
    for (int i = 0; i < 10; i++)
        scribble(&s, &seed);
    struct snapshot *a = snapshot_take(s.store);
    scribble(&s, &seed);
    struct snapshot *b = snapshot_take(s.store);
    snapshot_encode(b, a, &out);
    for (int i = 0; i < 3000; i++) {
        struct buf bad = {0};
        buf_put(&bad, out.data, i % 3 ? out.len : below(&seed, out.len));
        for (u32 k = below(&seed, 4); bad.len && k-- > 0;)
            bad.data[below(&seed, i % 2 ? bad.len : MIN(bad.len, (size_t)400))] = below(&seed, 256);
        struct reader in = reader_of(bad.data, bad.len);
        struct snapshot *x = snapshot_decode(s.store, i % 5 ? a : NULL, &in);
        refused += !x;
        if (x && !snapshot_restore(x))
            refused++;
        cr_assert(snapshot_restore(a));
        snapshot_unref(x);
        buf_fini(&bad);
    }
    cr_assert_gt(refused, 900);
    buf_fini(&out);
    tear_down(&s);
}
