/* common_guest.c - a guest to record: loops, stores, is interrupted, sends, asks, receives */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common_guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/emu/common_small.c"

/* The main loop: counts, stores, asks, reads the clock. */
static const u8 loop[] = {
    SMALL_STI,   SMALL_INC, SMALL_STORE, SMALL_INC,   SMALL_STORE, SMALL_LOAD, SMALL_NOP,
    SMALL_CLOCK, SMALL_ASK, SMALL_INC,   SMALL_STORE, SMALL_JMP,   1,
};
/* Nothing comes in. */
static const u8 plain[] = {SMALL_STI, SMALL_INC,   SMALL_STORE, SMALL_LOAD,
                           SMALL_INC, SMALL_STORE, SMALL_JMP,   1};
/* Idles between interrupts. */
static const u8 idler[] = {SMALL_STI, SMALL_INC, SMALL_STORE, SMALL_HLT, SMALL_NOP, SMALL_JMP, 1};
/* Ends by itself. */
static const u8 ender[] = {
    SMALL_STI, SMALL_INC,   SMALL_SEND,     SMALL_HLT, SMALL_INC, SMALL_SEND, SMALL_HLT,
    SMALL_INC, SMALL_STORE, SMALL_POWEROFF, SMALL_NOP, SMALL_NOP, SMALL_JMP,  10,
};
static const u8 handler[] = {SMALL_INC, SMALL_STORE, SMALL_SEND, SMALL_IRET};

void guest_new(struct small *g, enum guest_kind kind)
{
    static const struct {
        const u8 *code;
        unsigned n;
        u64 period;
    } guests[] = {
        [GUEST_LOOP] = {loop, sizeof(loop), 2000},    [GUEST_IDLER] = {idler, sizeof(idler), 5000},
        [GUEST_ENDER] = {ender, sizeof(ender), 700},  [GUEST_PLAIN] = {plain, sizeof(plain), 20000},
        [GUEST_DEAF] = {plain, sizeof(plain), 20000},
    };

    memset(g, 0, sizeof(*g));
    small_new(g, guests[kind].code, guests[kind].n, handler, sizeof(handler));
    g->timer->period = guests[kind].period;
    device_set_deadline(&g->timer->base, guests[kind].period);
    if (kind ==
        GUEST_DEAF) /* the same state, but another machine: its timer interrupt goes nowhere */
        g->timer->irq = (struct irq){NULL, NULL, 0};
}

char *temp_path(const char *name)
{
    return xasprintf("/tmp/hindsight-test-%d-%s", (int)getpid(), name);
}

void read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    CHECK(f);
    u8 piece[65536];
    for (size_t n; (n = fread(piece, 1, sizeof(piece), f));)
        buf_put(out, piece, n);
    fclose(f);
}

void write_file(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    CHECK(f && fwrite(data, 1, n, f) == n);
    fclose(f);
}

u32 random_below(u64 *seed, u32 n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % n;
}

void silence(void)
{
    CHECK(freopen("/dev/null", "w", stderr));
}

void record_to(const char *path, enum guest_kind kind, u64 steps, const struct timeline_options *o,
               bool typing)
{
    struct small g;
    guest_new(&g, kind);
    struct rec_writer *w = rec_create(path, &g.config, g.m->door);
    CHECK(w);
    struct timeline *t = timeline_new_live(g.m, w, o);
    struct move mv = {0};
    for (u64 at = steps / 10; at <= steps && mv.end == MOVE_STOP; at += steps / 10) {
        mv = timeline_forward(t, at);
        if (typing && mv.end == MOVE_STOP)
            port_post(g.console->port, (const u8 *)"ls\r", 3);
    }
    CHECK(timeline_finish(t));
    timeline_delete(t);
    small_delete(&g);
}

const struct timeline_options *test_options(void)
{
    static const struct timeline_options o = {
        .history = true,
        .auto_snapshots = true,
        .snapshot_steps = 1024,
        .digest_steps = 2048,
    };
    return &o;
}
