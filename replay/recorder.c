/* recorder.c - what goes from a live machine into a recording, and when */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything here is placed by steps and by pages written: two recordings of one guest are the same
 * file. A snapshot goes into the file when it is far enough from the last one, and the farther the
 * more pages differ, so that the file grows with time at a bounded rate whatever the guest writes.
 */
#include "replay/recorder.h"

#include <stdlib.h>

#include "emu/check.h"

#define FLUSH_STEPS ((u64)1 << 22) /* events are handed over after so many steps: some ms */
/* Snapshots in the file: least distance, and more for each page that differs, in units of that of
 * automatic snapshots: by default 2^28 steps and 2^17 a page. */
#define FILE_DISTANCE 8
#define FILE_PAGES_PER_DISTANCE 256

struct recorder {
    struct machine *machine;
    struct rec_writer *w;
    u64 digest_steps, snapshot_steps;
    bool on, failed;
    struct snapshot *last; /* the last one put: parent of the next */
    u64 last_auto;         /* icount of the last automatic one put */
};

static void check(struct recorder *r, bool ok)
{
    r->failed |= !ok;
}

static void port_tap(void *opaque, struct port *p, u8 byte)
{
    struct recorder *r = opaque;
    struct machine *m = r->machine;
    u32 port = 0;

    if (!r->on)
        return;
    while (port + 1 < m->n_ports && m->port[port] != p)
        port++;
    check(r, rec_put_output(r->w, port, m->clock.icount, &byte, 1));
}

struct recorder *recorder_new(struct machine *m, struct rec_writer *w, u64 digest_steps,
                              u64 snapshot_steps)
{
    struct recorder *r = xcalloc(1, sizeof(*r));
    r->machine = m;
    r->w = w;
    r->digest_steps = digest_steps;
    r->snapshot_steps = snapshot_steps;
    for (u32 i = 0; i < m->n_ports; i++)
        port_set_tap(m->port[i], port_tap, r);
    return r;
}

bool recorder_finish(struct recorder *r, enum rec_end end, u64 icount, int code)
{
    for (u32 i = 0; i < r->machine->n_ports; i++)
        port_set_tap(r->machine->port[i], NULL, NULL);
    bool ok = rec_finish(r->w, end, icount, code);
    snapshot_unref(r->last);
    free(r);
    return ok;
}

void recorder_set_on(struct recorder *r, bool on)
{
    r->on = on;
}

void recorder_event(struct recorder *r, const struct door_event *ev)
{
    check(r, rec_put_event(r->w, ev));
}

static u64 after(u64 now, u64 distance)
{
    return (now / distance + 1) * distance;
}

u64 recorder_next_mark(const struct recorder *r, u64 now)
{
    return MIN(after(now, FLUSH_STEPS), after(now, r->digest_steps));
}

static void put(struct recorder *r, struct snapshot *s, const char *name)
{
    check(r, rec_put_snapshot(r->w, s, r->last, name));
    snapshot_ref(s);
    snapshot_unref(r->last);
    r->last = s;
    machine_digest(r->machine);
    for (u32 i = 0; i < r->machine->n_rams; i++)
        ram_mark(r->machine->ram[i]);
}

void recorder_mark(struct recorder *r)
{
    u64 now = r->machine->clock.icount;

    if (now % r->digest_steps == 0)
        check(r, rec_put_digest(r->w, now, machine_digest(r->machine)));
    if (now % FLUSH_STEPS == 0 && rec_has_unflushed(r->w))
        check(r, rec_push(r->w));
}

/* Pages are counted by their digests, not by what snapshots in memory share: which of these
 * there were must not show. */
bool recorder_wants_snapshot(struct recorder *r)
{
    struct machine *m = r->machine;
    u64 far = m->clock.icount - r->last_auto, pages = 0;

    if (far < FILE_DISTANCE * r->snapshot_steps)
        return false;
    machine_digest(m); /* brings those of the pages up to date */
    for (u32 i = 0; i < m->n_rams; i++)
        pages += ram_changed(m->ram[i]);
    return pages * (r->snapshot_steps / FILE_PAGES_PER_DISTANCE) <= far;
}

void recorder_snapshot(struct recorder *r, struct snapshot *s)
{
    put(r, s, NULL);
    r->last_auto = r->machine->clock.icount;
}

void recorder_idle(struct recorder *r)
{
    if (rec_has_unflushed(r->w))
        check(r, rec_flush(r->w)); /* there is time now */
}

void recorder_savevm(struct recorder *r, struct snapshot *s, const char *name, bool past,
                     u64 events)
{
    if (past) /* what comes next is not a difference to it */
        check(r, rec_put_past_snapshot(r->w, s, r->last, name, events));
    else
        put(r, s, name);
    check(r, rec_flush(r->w));
}

void recorder_delvm(struct recorder *r, const char *name)
{
    check(r, rec_put_unname(r->w, name));
}

bool recorder_failed(const struct recorder *r)
{
    return r->failed;
}
