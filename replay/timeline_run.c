/* timeline_run.c - be somewhere on a line of history, and run from there */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "replay/timeline_int.h"

#define FINE_PER_AUTO 8

/* The door. */

static bool feed_peek(void *opaque, struct door_event *ev)
{
    struct timeline *t = opaque;
    return history_get(&t->line->history, t->cursor, ev);
}

static void feed_pop(void *opaque)
{
    struct timeline *t = opaque;
    t->cursor++;
}

static void feed_diverged(void *opaque, const char *message)
{
    timeline_fail(opaque, "%s", message);
}

static void feed(struct timeline *t)
{
    struct door_feed f = {feed_peek, feed_pop, feed_diverged, t};
    door_set_feed(t->machine->door, &f);
    t->feeding = true;
    if (t->recorder)
        recorder_set_on(t->recorder, false);
}

static void head_event(void *opaque, const struct door_event *ev)
{
    struct timeline *t = opaque;
    if (t->recorder && t->line == &t->main)
        recorder_event(t->recorder, ev);
    if (!keeps_history(t))
        return;
    history_add(&t->line->history, ev);
    t->cursor++;
}

/* A branch sends to nobody and gets nothing: it would confuse those whom history talks to. */
static void mute_nets(struct timeline *t, bool muted)
{
    struct machine *m = t->machine;
    m->unplugged = t->line != &t->main;
    for (u32 i = 0; i < m->n_nets; i++)
        net_port_set_muted(m->net[i], muted || m->unplugged);
}

void timeline_enter_head(struct timeline *t)
{
    CHECK(t->line->open);
    door_set_feed(t->machine->door, NULL);
    door_set_tap(t->machine->door, head_event, t);
    t->feeding = t->lost = t->inexact = false;
    snapshot_unref(t->line->head_snap);
    t->line->head_snap = NULL;
    if (t->recorder)
        recorder_set_on(t->recorder, t->line == &t->main);
    mute_nets(t, false);
}

void timeline_leave_head(struct timeline *t)
{
    struct line *l = t->line;

    if (t->feeding || t->lost)
        return;
    CHECK(!l->head_snap);
    l->head = now_of(t);
    l->head_snap = snapshot_take(t->store);
    l->head_events = t->cursor;
    feed(t);
}

bool timeline_return_to_head(struct timeline *t)
{
    struct line *l = t->line;

    CHECK(l->open && l->head_snap);
    timeline_cells_leave(t);
    if (!snapshot_restore(l->head_snap)) {
        timeline_fail(t, "the head of history cannot be restored");
        return false;
    }
    t->cursor = l->head_events;
    timeline_enter_head(t);
    return true;
}

void timeline_use_line(struct timeline *t, struct line *l)
{
    t->line = l;
    t->lost = true;
    t->inexact = false;
    timeline_cells_leave(t);
    feed(t);
}

/* What came from a file is used only if it gives the state that the file says it gives. */
static bool is_good(struct timeline *t, struct kept *k)
{
    if (k->verified)
        return true;
    k->verified = machine_digest(t->machine) == rec_snapshot(t->reader, k->file_index).digest;
    return k->verified;
}

bool timeline_restore(struct timeline *t, struct kept *k)
{
    if (!timeline_load(t, k))
        return false;
    timeline_cells_leave(t);
    if (!snapshot_restore(k->snap) || !is_good(t, k)) {
        t->lost = true;
        timeline_fail(t, "the recording's snapshot at icount %" PRIu64 " is damaged", k->icount);
        return false;
    }
    t->cursor = k->events;
    t->lost = t->inexact = false;
    feed(t); /* anew: it had perhaps diverged */
    timeline_cells_arrive(t);
    return true;
}

/* Results. */

void timeline_fail(struct timeline *t, const char *fmt, ...)
{
    va_list ap;
    char *text;

    va_start(ap, fmt);
    CHECK(vasprintf(&text, fmt, ap) >= 0);
    va_end(ap);
    if (!t->failed)
        error_report("the replay fails at icount %" PRIu64 ": %s", now_of(t), text);
    t->failed = true;
    t->lost = t->feeding; /* whatever comes next begins at a snapshot */
    free(t->divergence);
    t->divergence = text;
}

struct stop timeline_stop(struct timeline *t, enum stop_kind kind)
{
    return (struct stop){.kind = kind, .icount = now_of(t)};
}

static bool is_end(enum stop_kind k)
{
    return k == STOP_POWEROFF || k == STOP_RESET || k == STOP_EXIT || k == STOP_CRASH ||
           k == STOP_HALTED;
}

struct move timeline_move(struct timeline *t, struct stop stop)
{
    struct line *l = t->line;

    if (t->failed || stop.kind == STOP_DIVERGED)
        return (struct move){MOVE_FAILED, timeline_stop(t, STOP_DIVERGED)};
    if (!is_end(stop.kind))
        return (struct move){MOVE_STOP, stop};
    if (!t->feeding) {
        l->head = stop.icount;
        l->ended = true;
        l->end = stop;
        return (struct move){MOVE_END, stop};
    }
    if (stop.icount == l->head)
        return (struct move){MOVE_END, l->ended || !l->open ? l->end : stop};
    timeline_fail(t, "the guest ends at icount %" PRIu64 ", but history goes on to %" PRIu64,
                  stop.icount, l->head);
    return (struct move){MOVE_FAILED, timeline_stop(t, STOP_DIVERGED)};
}

/* Running. */

bool timeline_break_here(const struct timeline *t)
{
    struct cpu *c = t->machine->cpu;
    return !c->halted && watch_break_at(t->machine->watch, c->arch->linear_pc(c)) &&
           !c->arch->interrupt_ready(c);
}

static void set_muted(struct timeline *t, bool muted)
{
    log_set_repeating(muted);
    for (u32 i = 0; i < t->machine->n_ports; i++)
        port_set_muted(t->machine->port[i], muted);
    mute_nets(t, muted);
    for (u32 i = 0; i < t->machine->n_audios; i++)
        audio_set_muted(t->machine->audio[i], muted);
}

/* Output of a place is shown once, when it is first passed. */
static struct stop run(struct timeline *t, u64 until)
{
    struct line *l = t->line;
    struct machine *m = t->machine;
    struct stop stop;

    do {
        bool muted = now_of(t) < l->shown;
        set_muted(t, muted);
        stop = machine_run(m, muted ? MIN(until, l->shown) : until);
        l->shown = MAX(l->shown, now_of(t));
    } while (stop.kind == STOP_UNTIL && now_of(t) < until);
    set_muted(t, false);
    t->inexact = stop.kind == STOP_USER && t->feeding && m->cpu->halted;
    return stop;
}

static u64 next_digest(const struct timeline *t, u64 now)
{
    u64 lo = 0, hi;

    if (!t->check_digests || !t->reader || t->line != &t->main)
        return NEVER;
    for (hi = rec_n_digests(t->reader); lo < hi;) {
        u64 mid = lo + (hi - lo) / 2;
        if (rec_digest(t->reader, mid).icount <= now)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < rec_n_digests(t->reader) ? lo : NEVER;
}

static u64 next_auto(const struct timeline *t, u64 now)
{
    if (!t->o.auto_snapshots || (!keeps_history(t) && !t->recorder))
        return NEVER;
    return (now / t->o.snapshot_steps + 1) * t->o.snapshot_steps;
}

/* Who stops here will go back from here, often before the next automatic one. */
static u64 next_fine(const struct timeline *t, u64 now)
{
    u64 distance = MAX(t->o.snapshot_steps / FINE_PER_AUTO, (u64)1);
    bool wanted = t->o.auto_snapshots && keeps_history(t) && !t->o.sparse;
    return wanted ? (now / distance + 1) * distance : NEVER;
}

static bool recording(const struct timeline *t)
{
    return t->recorder && !t->feeding && t->line == &t->main;
}

static u64 next_mark(const struct timeline *t)
{
    u64 now = now_of(t), digest = next_digest(t, now);
    u64 next = MIN(MIN(next_auto(t, now), next_fine(t, now)), timeline_next_near(t, now));

    if (digest != NEVER)
        next = MIN(next, rec_digest(t->reader, digest).icount);
    if (recording(t))
        next = MIN(next, recorder_next_mark(t->recorder, now));
    return next;
}

static void check_digest(struct timeline *t)
{
    u64 i = now_of(t) ? next_digest(t, now_of(t) - 1) : NEVER;

    if (i == NEVER || rec_digest(t->reader, i).icount != now_of(t))
        return;
    u64 wanted = rec_digest(t->reader, i).digest, got = machine_digest(t->machine);
    if (got == wanted) {
        t->last_good = MAX(t->last_good, now_of(t));
        return;
    }
    timeline_fail(t,
                  "the state differs from the recording's (digest %016" PRIx64
                  ", recorded %016" PRIx64 "); it went wrong after icount %" PRIu64,
                  got, wanted, i ? rec_digest(t->reader, i - 1).icount : 0);
}

static void auto_snapshot(struct timeline *t)
{
    bool in_file = recording(t) && recorder_wants_snapshot(t->recorder);

    if (!keeps_history(t) && !in_file)
        return;
    struct kept *k = timeline_keep(t, KEPT_AUTO);
    if (in_file)
        recorder_snapshot(t->recorder, k->snap);
    timeline_drop_fine(t);
    timeline_cells_arrive(t);
}

/* What is to be done at this place. A stop of any kind may have ended the run right here. */
static void at_mark(struct timeline *t)
{
    u64 now = now_of(t);

    if (t->inexact)
        return;
    check_digest(t);
    if (t->failed)
        return;
    if (recording(t))
        recorder_mark(t->recorder);
    if (next_auto(t, now - 1) == now)
        auto_snapshot(t);
    else if (timeline_next_near(t, now - 1) == now)
        timeline_keep(t, KEPT_NEAR);
    else if (next_fine(t, now - 1) == now)
        timeline_keep(t, KEPT_FINE);
    if (t->recorder && recorder_failed(t->recorder))
        t->failed = true;
}

/* In history: did the guest end here, and was it then started again? */
static bool is_restarted(const struct timeline *t, enum stop_kind kind)
{
    struct door_event ev;

    if (!is_end(kind) || !t->feeding || t->failed)
        return false;
    for (u64 i = t->cursor; history_get(&t->line->history, i, &ev) && ev.icount == now_of(t); i++)
        if (machine_is_reset_button(t->machine, &ev))
            return true;
    return false;
}

struct stop timeline_advance(struct timeline *t, u64 until)
{
    for (;;) {
        u64 mark = next_mark(t), before = now_of(t);
        struct stop stop = run(t, MIN(until, mark));
        if (now_of(t) == mark && mark > before && stop.kind != STOP_DIVERGED)
            at_mark(t);
        if (t->recorder && recorder_failed(t->recorder))
            t->failed = true;
        if (is_restarted(t, stop.kind))
            stop = timeline_stop(t, STOP_UNTIL);
        if (stop.kind != STOP_UNTIL || now_of(t) >= until || t->failed)
            return stop;
    }
}
