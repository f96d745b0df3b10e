/* timeline.c - move a machine along its history, both ways */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "replay/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "replay/timeline_int.h"

#define DEFAULT_SNAPSHOT_STEPS ((u64)1 << 25)
#define DEFAULT_DIGEST_STEPS ((u64)1 << 24)
#define DEFAULT_MEMORY (512 * MiB) /* and the size of the guest's memory */
#define MOST_OF_A_RAM (2 * GiB)    /* of a disk's overlay far less is used than there is */
#define STEP_RATHER ((u64)1 << 12) /* forward: running this far is cheaper than restoring */

/* Making and ending. */

static struct timeline *timeline_new(struct machine *m, const struct timeline_options *o)
{
    struct timeline *t = xcalloc(1, sizeof(*t));

    t->machine = m;
    t->store = snapshot_store_new(m);
    if (o)
        t->o = *o;
    if (!t->o.snapshot_steps)
        t->o.snapshot_steps = DEFAULT_SNAPSHOT_STEPS;
    if (!t->o.digest_steps)
        t->o.digest_steps = DEFAULT_DIGEST_STEPS;
    if (!t->o.memory_budget) {
        t->o.memory_budget = DEFAULT_MEMORY;
        for (u32 i = 0; i < m->n_rams; i++)
            t->o.memory_budget += MIN(m->ram[i]->size, MOST_OF_A_RAM);
    }
    for (unsigned i = 0; i < NEAR_PLACES; i++)
        t->near[i] = NEVER;
    timeline_cells_init(t);
    t->line = &t->main;
    t->main.start = t->main.head = t->main.shown = now_of(t);
    return t;
}

static void keep_start(struct timeline *t)
{
    struct kept k = {.icount = now_of(t),
                     .idle_ns = t->machine->clock.idle_ns,
                     .kind = KEPT_START,
                     .file_index = -1,
                     .verified = true};
    k.snap = snapshot_take(t->store);
    t->main.kept = xmalloc(sizeof(k));
    t->main.kept[0] = k;
    t->main.n_kept = t->main.cap_kept = 1;
}

struct timeline *timeline_new_live(struct machine *m, struct rec_writer *w,
                                   const struct timeline_options *o)
{
    struct timeline *t = timeline_new(m, o);

    t->main.open = true;
    if (w) {
        t->recorder = recorder_new(m, w, t->o.digest_steps, t->o.snapshot_steps);
        rec_put_digest(w, now_of(t), machine_digest(m));
    }
    if (keeps_history(t))
        keep_start(t);
    timeline_enter_head(t);
    timeline_cells_arrive(t);
    return t;
}

/* The stop at the end of a recording, as the machine gave it when it was made. */
static struct stop end_of(const struct rec_reader *r)
{
    static const enum stop_kind kinds[] = {
        [REC_END_CUT_SHORT] = STOP_UNTIL, [REC_END_POWEROFF] = STOP_POWEROFF,
        [REC_END_RESET] = STOP_RESET,     [REC_END_EXIT] = STOP_EXIT,
        [REC_END_CRASH] = STOP_CRASH,     [REC_END_QUIT] = STOP_UNTIL,
        [REC_END_HALTED] = STOP_HALTED,
    };
    return (struct stop){
        .kind = kinds[rec_end(r)], .icount = rec_length(r), .code = rec_end_code(r)};
}

static bool fits(struct timeline *t)
{
    const struct door *door = t->machine->door;
    u32 n = rec_n_sources(t->reader);
    bool same = n == door_n_sources(door);

    for (u32 i = 0; same && i < n; i++)
        same = !strcmp(rec_source_name(t->reader, i), door_source_name(door, i));
    if (!same)
        return error_report(
            "%s: the recorded machine has other inputs than this one; was it made by another "
            "version of Hindsight?",
            rec_path(t->reader));
    if (rec_n_digests(t->reader) && rec_digest(t->reader, 0).icount == now_of(t) &&
        rec_digest(t->reader, 0).digest != machine_digest(t->machine))
        return error_report(
            "%s: the recorded machine starts in another state than this one; was it made by "
            "another version of Hindsight?",
            rec_path(t->reader));
    return true;
}

struct timeline *timeline_new_replay(struct machine *m, struct rec_reader *r,
                                     const struct timeline_options *o)
{
    struct timeline *t = timeline_new(m, o);

    t->reader = t->main.history.reader = r;
    if (!fits(t)) {
        timeline_delete(t);
        return NULL;
    }
    t->main.head = rec_length(r);
    t->main.end = end_of(r);
    t->check_digests = true;
    keep_start(t);
    timeline_keep_file(t);
    timeline_use_line(t, &t->main);
    t->lost = false; /* the machine was just started: it is there */
    timeline_cells_arrive(t);
    return t;
}

static enum rec_end end_kind(const struct line *l)
{
    if (!l->ended)
        return REC_END_QUIT;
    switch (l->end.kind) {
    case STOP_POWEROFF:
        return REC_END_POWEROFF;
    case STOP_RESET:
        return REC_END_RESET;
    case STOP_EXIT:
        return REC_END_EXIT;
    case STOP_HALTED:
        return REC_END_HALTED;
    default:
        return REC_END_CRASH;
    }
}

bool timeline_finish(struct timeline *t)
{
    struct recorder *r = t->recorder;

    if (!r)
        return true;
    t->recorder = NULL;
    return recorder_finish(r, end_kind(&t->main), timeline_head(t), t->main.end.code);
}

void timeline_delete(struct timeline *t)
{
    if (!t)
        return;
    timeline_finish(t);
    door_set_feed(t->machine->door, NULL);
    door_set_tap(t->machine->door, NULL, NULL);
    timeline_cells_fini(t);
    line_fini(&t->branch);
    line_fini(&t->main);
    snapshot_store_delete(t->store);
    free(t->divergence);
    free(t);
}

/* Looking. */

u64 timeline_now(const struct timeline *t)
{
    return now_of(t);
}

u64 timeline_head(const struct timeline *t)
{
    return t->line == &t->main && !t->feeding ? now_of(t) : t->main.head;
}

u64 timeline_start(const struct timeline *t)
{
    return keeps_history(t) ? t->main.start : timeline_head(t);
}

bool timeline_is_live(const struct timeline *t)
{
    return t->main.open && (!t->main.ended || t->main.restarts);
}

bool timeline_restart(struct timeline *t)
{
    struct line *l = t->line;

    if (!l->open || !l->ended || t->feeding || t->lost || t->machine->config->no_reboot)
        return false;
    return l->restarts = true;
}

bool timeline_at_head(const struct timeline *t)
{
    if (t->line != &t->main || t->lost)
        return false;
    return !t->feeding || (!t->main.open && now_of(t) >= t->main.head);
}

bool timeline_in_branch(const struct timeline *t)
{
    return t->line == &t->branch;
}

void timeline_set_digest_check(struct timeline *t, bool on)
{
    t->check_digests = on;
}

u64 timeline_last_good(const struct timeline *t)
{
    return t->last_good;
}

const char *timeline_divergence(const struct timeline *t)
{
    return t->divergence;
}

/* Moves. During one, waiting for the host is watched: then what was recorded is brought to the disk
 * first. */

static void poll_host(void *opaque, u64 timeout_ns)
{
    struct timeline *t = opaque;
    if (timeout_ns && !t->feeding && t->line == &t->main)
        recorder_idle(t->recorder);
    t->host.poll(t->host.opaque, timeout_ns);
}

static u64 host_now(void *opaque)
{
    struct timeline *t = opaque;
    return t->host.now_ns(t->host.opaque);
}

void timeline_begin(struct timeline *t)
{
    struct machine *m = t->machine;

    t->failed = t->recorder && recorder_failed(t->recorder);
    if (!t->recorder || !m->host_attached)
        return;
    t->host = m->host;
    m->host = (struct host_ops){poll_host, host_now, t};
}

struct move timeline_end(struct timeline *t, struct move mv)
{
    if (t->host.poll)
        t->machine->host = t->host;
    t->host = (struct host_ops){0};
    /* Re-run to the very head: from here the machine is live again. */
    if (t->feeding && !t->lost && !t->inexact && t->line->open && now_of(t) == t->line->head)
        timeline_return_to_head(t);
    watch_set_armed(t->machine->watch, true);
    return mv;
}

static bool is_worth_restoring(const struct timeline *t, u64 n)
{
    struct kept *base = timeline_base((struct timeline *)t, n);
    return timeline_cost(base, n) + STEP_RATHER < n - now_of(t);
}

struct move timeline_go(struct timeline *t, u64 n)
{
    struct line *l = t->line;

    if (l->open && (t->feeding || t->lost) && n == l->head)
        return timeline_return_to_head(t)
                   ? timeline_move(t, timeline_stop(t, STOP_UNTIL))
                   : (struct move){MOVE_FAILED, timeline_stop(t, STOP_DIVERGED)};
    if (!t->lost && !t->inexact && n == now_of(t))
        return timeline_move(t, timeline_stop(t, STOP_UNTIL));
    timeline_leave_head(t);
    bool restore = t->lost || n < now_of(t) || n == now_of(t) || is_worth_restoring(t, n);
    if (restore && !timeline_restore(t, timeline_base(t, n)))
        return timeline_move(t, timeline_stop(t, STOP_DIVERGED));

    watch_set_armed(t->machine->watch, false);
    timeline_plan_near(t, n);
    struct stop stop = now_of(t) < n ? timeline_advance(t, n) : timeline_stop(t, STOP_UNTIL);
    for (unsigned i = 0; i < NEAR_PLACES; i++)
        t->near[i] = NEVER;
    watch_set_armed(t->machine->watch, true);
    return timeline_move(t, stop);
}

struct move timeline_seek(struct timeline *t, u64 n)
{
    if (!keeps_history(t))
        return (struct move){n < now_of(t) ? MOVE_START : MOVE_STOP, timeline_stop(t, STOP_UNTIL)};
    timeline_begin(t);
    timeline_drop_branch(t);
    n = MAX(n, t->main.start);
    n = MIN(n, timeline_head(t));
    return timeline_end(t, timeline_go(t, n));
}

/* The door is fed: up to the head, or to `until` before it. */
static struct move forward_in_history(struct timeline *t, u64 until)
{
    struct line *l = t->line;

    if (now_of(t) < l->head) {
        struct move mv = timeline_move(t, timeline_advance(t, MIN(until, l->head)));
        if (mv.end != MOVE_STOP || mv.stop.kind != STOP_UNTIL || now_of(t) < l->head)
            return mv;
    }
    if (!l->open)
        return (struct move){MOVE_END, l->end};
    if (!timeline_return_to_head(t))
        return (struct move){MOVE_FAILED, timeline_stop(t, STOP_DIVERGED)};
    return timeline_move(t, timeline_stop(t, STOP_UNTIL));
}

struct move timeline_forward(struct timeline *t, u64 until)
{
    struct move mv = timeline_move(t, timeline_stop(t, STOP_UNTIL));

    timeline_begin(t);
    if (t->lost || t->failed)
        return timeline_end(t, (struct move){MOVE_FAILED, timeline_stop(t, STOP_DIVERGED)});
    if (now_of(t) >= until)
        return timeline_end(t, mv);
    watch_set_armed(t->machine->watch, true);
    if (t->feeding)
        mv = forward_in_history(t, until);
    if (!t->feeding && t->line->restarts) {
        machine_post_reset(t->machine);
        t->line->ended = t->line->restarts = false;
    }
    if (!t->feeding && mv.end == MOVE_STOP && mv.stop.kind == STOP_UNTIL && now_of(t) < until)
        mv = t->line->ended ? (struct move){MOVE_END, t->line->end}
                            : timeline_move(t, timeline_advance(t, until));
    return timeline_end(t, mv);
}
