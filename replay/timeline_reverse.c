/* timeline_reverse.c - the move backward: search history for the last stop before here */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A machine runs forward only. So each interval between two snapshots, the newest first, is run
 * with stops armed and the last one remembered; the first interval that has one decides.
 */
#include "emu/check.h"
#include "replay/timeline_int.h"

struct hit {
    bool found;
    struct stop stop; /* its icount is the place to go to */
};

/* What happened on the way through an interval. */
enum searched { SEARCHED, SEARCH_INTERRUPTED, SEARCH_FAILED };

static void note_break(struct timeline *t, struct hit *h)
{
    h->found = true;
    h->stop = timeline_stop(t, STOP_BREAK);
}

/* From here to hi; the state at hi itself belongs to the next interval. */
static enum searched search_to(struct timeline *t, u64 hi, struct hit *h, struct move *mv)
{
    if (timeline_break_here(t))
        note_break(t, h);
    while (now_of(t) < hi) {
        *mv = timeline_move(t, timeline_advance(t, hi));
        if (mv->end == MOVE_FAILED)
            return SEARCH_FAILED;
        if (mv->end == MOVE_STOP && mv->stop.kind == STOP_USER)
            return SEARCH_INTERRUPTED;
        if (mv->stop.kind == STOP_WATCH) {
            h->found = true;
            h->stop = mv->stop;
            h->stop.icount--; /* right before the access */
        }
        /* At one place a breakpoint counts as later than a watched access that led there. */
        if (mv->end == MOVE_STOP && mv->stop.kind != STOP_UNTIL && now_of(t) < hi &&
            timeline_break_here(t))
            note_break(t, h);
    }
    return SEARCHED;
}

/* Unarmed, so that nothing before `from` is found. */
static enum searched skip_to(struct timeline *t, u64 from, struct move *mv)
{
    if (now_of(t) >= from)
        return SEARCHED;
    *mv = timeline_go(t, from);
    if (mv->end == MOVE_FAILED)
        return SEARCH_FAILED;
    return now_of(t) == from ? SEARCHED : SEARCH_INTERRUPTED;
}

/* The last stop on the current line in [until, hi). What cannot contain one is not run. */
static enum searched search(struct timeline *t, u64 until, u64 hi, struct hit *h, struct move *mv)
{
    while ((hi = timeline_cells_skip(t, hi)) > until) {
        struct kept *k = timeline_base(t, hi - 1);
        u64 lo = k->icount;
        if (!timeline_restore(t, k)) {
            *mv = (struct move){MOVE_FAILED, timeline_stop(t, STOP_DIVERGED)};
            return SEARCH_FAILED;
        }
        enum searched s = skip_to(t, MAX(lo, until), mv);
        watch_set_armed(t->machine->watch, true);
        if (s == SEARCHED)
            s = search_to(t, hi, h, mv);
        if (s != SEARCHED || h->found)
            return s;
        hi = lo;
    }
    return SEARCHED;
}

static bool anything_set(const struct timeline *t)
{
    return watch_any(t->machine->watch);
}

/* To the hit, or to `until` without one. */
static struct move settle(struct timeline *t, u64 until, const struct hit *h)
{
    struct move mv = timeline_go(t, h->found ? h->stop.icount : until);

    if (mv.end != MOVE_STOP || mv.stop.kind != STOP_UNTIL)
        return mv;
    if (h->found)
        mv.stop = h->stop;
    else if (until == t->main.start)
        mv.end = MOVE_START;
    return mv;
}

static struct move backward(struct timeline *t, u64 until)
{
    struct hit h = {0};
    struct move mv;
    u64 lowest = MAX(until, t->line->start), now = now_of(t);

    timeline_leave_head(t);
    if (anything_set(t) && search(t, lowest, now, &h, &mv) != SEARCHED)
        return mv;
    if (h.found || t->line == &t->main || until >= t->line->start)
        return settle(t, lowest, &h);

    /* Past the beginning of a branch. */
    u64 start = t->branch.start;
    timeline_drop_branch(t);
    if (anything_set(t) && search(t, until, start, &h, &mv) != SEARCHED)
        return mv;
    return settle(t, until, &h);
}

struct move timeline_backward(struct timeline *t, u64 until)
{
    if (!keeps_history(t) || (now_of(t) <= t->main.start && t->line == &t->main))
        return (struct move){MOVE_START, timeline_stop(t, STOP_UNTIL)};
    timeline_begin(t);
    until = MAX(until, t->main.start);
    if (timeline_in_branch(t) && timeline_branch_is_over(t)) {
        u64 start = t->branch.start;
        timeline_drop_branch(t);
        struct move mv = timeline_go(t, start);
        if (mv.end == MOVE_FAILED || mv.stop.kind == STOP_USER || now_of(t) != start)
            return timeline_end(t, mv);
        until = MIN(until, start > t->main.start ? start - 1 : start);
    }
    if (now_of(t) <= until)
        return timeline_end(t, (struct move){until == t->main.start ? MOVE_START : MOVE_STOP,
                                             timeline_stop(t, STOP_UNTIL)});
    return timeline_end(t, backward(t, until));
}
