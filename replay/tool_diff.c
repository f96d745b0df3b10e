/* tool_diff.c - the first difference between two recordings, in words */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is different from outside is said first: the configuration, then the first input event.
 * Where the inputs are equal up to a digest that differs, both recordings are replayed side by
 * side, and the step at which their states part is found by bisection: digests of a deterministic
 * run, once different, are taken to stay so.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/config.h"
#include "replay/differences.h"
#include "replay/event_words.h"
#include "replay/timeline_int.h"
#include "replay/tools.h"

#define MOST 24

static bool diff_config(struct rec_reader *a, struct rec_reader *b, struct buf *out)
{
    const char *p = rec_config_text(a), *q = rec_config_text(b);

    while (*p || *q) {
        size_t n = strcspn(p, "\n"), k = strcspn(q, "\n");
        if (n != k || memcmp(p, q, n)) {
            buf_printf(out, "the machines are configured differently:\n  %s: ", rec_path(a));
            config_print_line(p, n, out);
            buf_printf(out, "\n  %s: ", rec_path(b));
            config_print_line(q, k, out);
            buf_put_u8(out, '\n');
            return true;
        }
        p += n + (p[n] == '\n');
        q += k + (q[k] == '\n');
    }
    if (rec_n_sources(a) != rec_n_sources(b)) {
        buf_printf(out, "the machines have different inputs\n");
        return true;
    }
    for (u32 i = 0; i < rec_n_sources(a); i++) {
        if (strcmp(rec_source_name(a, i), rec_source_name(b, i))) {
            buf_printf(out, "the machines have different inputs\n");
            return true;
        }
    }
    return false;
}

static bool same_event(const struct door_event *a, const struct door_event *b)
{
    return a->icount == b->icount && a->idle_ns == b->idle_ns && a->source == b->source &&
           a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static void describe(struct rec_reader *r, const struct door_event *ev, struct buf *out)
{
    if (!ev) {
        buf_printf(out, "  %s: no further event\n", rec_path(r));
        return;
    }
    buf_printf(out, "  %s: at icount %" PRIu64 " (idle %" PRIu64 " ns), %s ", rec_path(r),
               ev->icount, ev->idle_ns, rec_source_name(r, ev->source));
    event_words(rec_source_name(r, ev->source), ev, out);
    buf_put_u8(out, '\n');
}

/* The first event that differs: its icount, or NEVER. */
static u64 diff_events(struct rec_reader *a, struct rec_reader *b, struct buf *out)
{
    struct door_event x, y;

    for (u64 i = 0;; i++) {
        bool has_x = rec_event(a, i, &x), has_y = rec_event(b, i, &y);
        if (!has_x && !has_y)
            return NEVER;
        if (has_x && has_y && same_event(&x, &y))
            continue;
        u64 at = MIN(has_x ? x.icount : NEVER, has_y ? y.icount : NEVER);
        buf_printf(out, "input event %" PRIu64 " is the first that differs:\n", i);
        describe(a, has_x ? &x : NULL, out);
        describe(b, has_y ? &y : NULL, out);
        return at;
    }
}

/* Icounts of the last digest that is equal and of the first that is not; false if none differs. */
static bool diff_digests(struct rec_reader *a, struct rec_reader *b, u64 *good, u64 *bad)
{
    u64 i = 0, k = 0;

    *good = 0;
    while (i < rec_n_digests(a) && k < rec_n_digests(b)) {
        struct rec_digest x = rec_digest(a, i), y = rec_digest(b, k);
        if (x.icount == y.icount && x.digest != y.digest) {
            *bad = x.icount;
            return true;
        }
        if (x.icount == y.icount)
            *good = x.icount;
        i += x.icount <= y.icount;
        k += y.icount <= x.icount;
    }
    return false;
}

/* Two replays, side by side. */
struct pair {
    struct machine *m[2];
    struct timeline *t[2];
};

static bool open_pair(struct pair *p, struct rec_reader *a, struct rec_reader *b,
                      const struct tool_maker *mk)
{
    struct rec_reader *r[2] = {a, b};
    struct timeline_options o = {.auto_snapshots = true};

    for (int i = 0; i < 2; i++) {
        p->m[i] = mk->make(mk->opaque, r[i]);
        p->t[i] = p->m[i] ? timeline_new_replay(p->m[i], r[i], &o) : NULL;
        if (!p->t[i])
            return false;
        timeline_set_digest_check(p->t[i], false);
    }
    return true;
}

static void close_pair(struct pair *p, const struct tool_maker *mk)
{
    for (int i = 0; i < 2; i++) {
        timeline_delete(p->t[i]);
        if (p->m[i])
            mk->drop(mk->opaque, p->m[i]);
    }
}

/* 1: equal at n; 0: different; -1: could not go there. */
static int compare_at(struct pair *p, u64 n)
{
    for (int i = 0; i < 2; i++) {
        struct move mv = timeline_seek(p->t[i], n);
        if (mv.end == MOVE_FAILED || timeline_now(p->t[i]) != n)
            return -1;
    }
    return machine_digest(p->m[0]) == machine_digest(p->m[1]);
}

static void bisect(struct pair *p, u64 good, u64 bad, struct buf *out)
{
    int equal = compare_at(p, bad);

    if (equal) {
        buf_printf(
            out,
            equal < 0
                ? "one of them cannot be replayed to there\n"
                : "replayed here, their states are equal there: one was made by another version, "
                  "or by a program that is not deterministic; verify says which\n");
        return;
    }
    while (bad - good > 1) {
        u64 mid = good + (bad - good) / 2;
        equal = compare_at(p, mid);
        if (equal < 0) {
            buf_printf(out, "one of them cannot be replayed to icount %" PRIu64 "\n", mid);
            return;
        }
        if (equal)
            good = mid;
        else
            bad = mid;
    }
    if (compare_at(p, bad) < 0)
        return;
    struct snapshot *x = snapshot_take(p->t[0]->store), *y = snapshot_take(p->t[1]->store);
    if (good == bad)
        buf_printf(out, "they begin in states that differ in:\n");
    else
        buf_printf(out,
                   "the states part in the step from icount %" PRIu64 " to %" PRIu64
                   "; after it they differ in:\n",
                   good, bad);
    differences_print(p->m[0], x, y, MOST, out);
    snapshot_unref(x);
    snapshot_unref(y);
}

static bool diff_ends(struct rec_reader *a, struct rec_reader *b, struct buf *out)
{
    if (rec_end(a) == rec_end(b) && rec_length(a) == rec_length(b) &&
        rec_end_code(a) == rec_end_code(b))
        return false;
    buf_printf(out,
               "they end differently: %s after %" PRIu64 " steps, %s after %" PRIu64
               " steps; up to there they "
               "are the same\n",
               rec_path(a), rec_length(a), rec_path(b), rec_length(b));
    return true;
}

bool tool_diff(struct rec_reader *a, struct rec_reader *b, const struct tool_maker *mk,
               struct buf *out)
{
    struct buf events = {0};
    u64 good = 0, bad = NEVER;

    if (diff_config(a, b, out))
        return true;
    u64 event_at = diff_events(a, b, &events);
    bool digests = diff_digests(a, b, &good, &bad);
    if (event_at != NEVER && event_at <= bad)
        buf_put(out, events.data, events.len);
    buf_fini(&events);
    if (event_at <= bad && event_at != NEVER)
        return true;
    if (!digests)
        return diff_ends(a, b, out);
    buf_printf(out,
               "with the same input, the states differ: equal at icount %" PRIu64
               ", different at %" PRIu64 "\n",
               good, bad);
    if (mk) {
        struct pair p = {0};
        if (open_pair(&p, a, b, mk))
            bisect(&p, good, bad, out);
        close_pair(&p, mk);
    }
    return true;
}
