/* verify.c - replay a recording at full speed and check every digest in it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recording has digests at intervals and whole states, its snapshots, more rarely. When a digest
 * is wrong the bad interval is known; our own state is then compared with the first recorded
 * snapshot from there on, which names what went wrong, though some of it may be a consequence. To
 * have the first bad step itself, record again and compare the two recordings: tool_diff.c bisects
 * down to the step.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/log.h"
#include "replay/differences.h"
#include "replay/timeline_int.h"
#include "replay/tools.h"

#define PROGRESS_STEPS ((u64)1 << 27)
#define MOST 24

static void progress(u64 now, u64 length)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rverified %" PRIu64 " of %" PRIu64 " steps (%d %%) ", now, length,
                (int)(length ? now * 100.0 / length : 100));
}

static void progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%60s\r", "");
}

static struct move run(struct timeline *t, u64 length)
{
    struct move mv;
    do {
        u64 next = timeline_now(t) + PROGRESS_STEPS;
        mv = timeline_forward(t, next < length ? next : NEVER);
        progress(timeline_now(t), length);
    } while (mv.end == MOVE_STOP && mv.stop.kind == STOP_UNTIL && timeline_now(t) < length);
    progress_end();
    return mv;
}

/* The index of the first recorded snapshot at or after n, or -1. */
static i64 snapshot_from(struct rec_reader *r, u64 n)
{
    for (u64 i = 0; i < rec_n_snapshots(r); i++)
        if (rec_snapshot(r, i).icount >= n)
            return i;
    return -1;
}

/* Where the bad interval is, and what differs by its end. The machine stands where the bad digest
 * was found. */
static void locate(struct timeline *t, struct rec_reader *r, struct buf *out)
{
    u64 bad = timeline_now(t);
    i64 i = snapshot_from(r, bad);

    buf_printf(out, "the first bad step is after icount %" PRIu64 " and not after %" PRIu64 "\n",
               timeline_last_good(t), bad);
    if (i < 0) {
        buf_printf(out, "the recording has no snapshot from there on to compare with\n");
        return;
    }
    u64 at = rec_snapshot(r, i).icount;
    struct snapshot *theirs = rec_load_snapshot(r, i, t->store);
    if (!theirs)
        return;
    t->failed = t->lost = false; /* go on, wrong as it is */
    timeline_set_digest_check(t, false);
    struct move mv = timeline_forward(t, at);
    if (mv.end == MOVE_FAILED || timeline_now(t) != at) {
        buf_printf(out, "the replay cannot go on to the recorded snapshot at icount %" PRIu64 "\n",
                   at);
    } else {
        struct snapshot *ours = snapshot_take(t->store);
        struct buf text = {0};
        u64 n = differences_print(t->machine, ours, theirs, MOST, &text);
        buf_printf(out,
                   "at icount %" PRIu64 ", replayed and recorded state differ in %" PRIu64
                   " fields and pages (here, recorded):\n",
                   at, n);
        buf_put(out, text.data, text.len);
        buf_fini(&text);
        snapshot_unref(ours);
    }
    snapshot_unref(theirs);
}

bool tool_verify(struct rec_reader *r, struct machine *m, struct buf *out)
{
    struct timeline_options o = {.auto_snapshots = false};
    u64 length = rec_length(r);

    if (!rec_check_chunks(r))
        return false;
    struct timeline *t = timeline_new_replay(m, r, &o);
    if (!t)
        return false;
    watch_clear(m->watch);
    struct move mv = run(t, length);
    bool ok = mv.end == MOVE_END && timeline_now(t) == length;
    if (ok) {
        buf_printf(out, "verified: %" PRIu64 " steps, %" PRIu64 " digests, %" PRIu64 " events%s\n",
                   length, rec_n_digests(r), rec_n_events(r),
                   rec_end(r) == REC_END_CUT_SHORT ? " (the recording was cut short there)" : "");
    } else if (mv.end == MOVE_FAILED) {
        buf_printf(out, "%s\n",
                   timeline_divergence(t) ? timeline_divergence(t) : "the replay failed");
        locate(t, r, out);
    } else {
        buf_printf(out, "interrupted at icount %" PRIu64 "\n", timeline_now(t));
    }
    timeline_delete(t);
    return ok;
}
