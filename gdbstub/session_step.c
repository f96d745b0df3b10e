/* session_step.c - steps that pass over interrupt handlers, ranges, conditional breakpoints in
 * reverse */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plain step is one step of icount, so no interrupt is ever lost: if one is due, the step takes
 * it. That is the truth, but not what one wants while following a piece of code, so `monitor sstep`
 * makes the step go on until the handler has come back to where it was entered from, and then
 * execute the instruction. A fault or INT of the stepped instruction itself is not passed over: it
 * is what the instruction does. Backwards the same is done from the other side.
 */
#include "gdbstub/session_step.h"

struct spot { /* tells a return to the interrupted code from a nested execution of it */
    u64 pc, sp;
};

static struct spot spot_of(struct session *s)
{
    struct cpu *c = session_machine(s)->cpu;
    const struct arch_debug *d = c->arch->debug;
    struct spot spot = {.pc = c->arch->linear_pc(c)};
    const struct debug_view *v = d->view(c);
    if (v->n_expedited > 1) {
        u8 value[16] = {0};
        unsigned n = d->read(c, v, v->expedited[1], value);
        for (unsigned i = 0; i < MIN(n, 8u); i++)
            spot.sp |= (u64)value[i] << (8 * i);
    }
    return spot;
}

static bool same_spot(struct spot a, struct spot b)
{
    return a.pc == b.pc && a.sp == b.sp;
}

static i64 handler_depth(struct session *s)
{
    struct cpu *c = session_machine(s)->cpu;
    return c->arch->debug->handler_depth(c);
}

/* May the next step take an interrupt? Something from outside that is due now can raise one. */
static bool interrupt_next(struct session *s)
{
    struct machine *m = session_machine(s);
    u64 icount, idle_ns;
    if (m->cpu->halted || m->cpu->arch->interrupt_ready(m->cpu) || door_has_posts(m->door))
        return true;
    return door_next(m->door, &icount, &idle_ns) && icount <= m->clock.icount;
}

static bool reached(const struct move *mv)
{
    return mv->end == MOVE_STOP && mv->stop.kind == STOP_UNTIL;
}

/* Of a move of one step: a breakpoint that is not to stop is as good as none. */
static struct move settled(struct session *s, struct move mv)
{
    return session_break_refused(s, &mv) ? session_place(s, STOP_UNTIL) : mv;
}

/* Is there a breakpoint here that the next step executes? A seek does not tell. */
static bool at_break(struct session *s)
{
    struct machine *m = session_machine(s);
    if (!watch_break_at(m->watch, m->cpu->arch->linear_pc(m->cpu)) ||
        m->cpu->arch->interrupt_ready(m->cpu))
        return false;
    struct move mv = session_place(s, STOP_BREAK);
    return !session_break_refused(s, &mv);
}

/* Runs the handler that was just entered until it is back at `home`. */
static struct move finish_handler(struct session *s, struct spot home)
{
    struct machine *m = session_machine(s);
    struct timeline *t = session_timeline(s);
    struct move mv;
    watch_add_break(m->watch, home.pc);
    for (;;) {
        mv = timeline_forward(t, NEVER);
        if (mv.end != MOVE_STOP || mv.stop.kind != STOP_BREAK)
            break;
        struct spot here = spot_of(s);
        if (same_spot(here, home)) {
            mv.stop.kind = STOP_UNTIL;
            break;
        }
        if (here.pc != home.pc && !session_break_refused(s, &mv))
            break;
        if (session_stop_asked(s)) {
            mv = session_place(s, STOP_USER);
            break;
        }
    }
    watch_remove_break(m->watch, home.pc);
    return mv;
}

static struct move step_over_handlers(struct session *s)
{
    struct timeline *t = session_timeline(s);
    for (;;) {
        struct spot home = spot_of(s);
        i64 depth = handler_depth(s);
        bool may = interrupt_next(s);
        struct move mv = timeline_forward(t, timeline_now(t) + 1);
        mv = settled(s, mv);
        if (!may || handler_depth(s) <= depth || !reached(&mv))
            return mv;
        mv = finish_handler(s, home);
        if (!reached(&mv))
            return mv;
        if (session_stop_asked(s))
            return session_place(s, STOP_USER);
    }
}

static struct move step_plainly(struct session *s, u64 count)
{
    struct timeline *t = session_timeline(s);
    u64 now = timeline_now(t);
    u64 until = count < NEVER - now ? now + count : NEVER;
    for (;;) {
        struct move mv = timeline_forward(t, until);
        if (!session_break_refused(s, &mv))
            return mv;
        if (session_stop_asked(s))
            return session_place(s, STOP_USER);
        if (timeline_now(t) >= until)
            return session_place(s, STOP_UNTIL);
    }
}

struct move session_step(struct session *s, u64 count)
{
    if (!session_sstep_over(s))
        return step_plainly(s, count);
    struct move mv;
    do {
        mv = step_over_handlers(s);
    } while (--count && reached(&mv) && !session_stop_asked(s));
    return mv;
}

struct move session_step_range(struct session *s, u64 start, u64 end)
{
    struct cpu *c = session_machine(s)->cpu;
    for (;;) {
        struct move mv = session_step(s, 1);
        if (!reached(&mv))
            return mv;
        u64 pc = c->arch->linear_pc(c);
        if (pc < start || pc >= end)
            return mv;
        if (session_stop_asked(s))
            return session_place(s, STOP_USER);
    }
}

/* One step back, exactly. */
static struct move step_back(struct session *s)
{
    struct timeline *t = session_timeline(s);
    u64 now = timeline_now(t);
    struct move mv = now ? timeline_backward(t, now - 1)
                         : (struct move){.end = MOVE_START, .stop = {.kind = STOP_UNTIL}};
    if (mv.end == MOVE_START && timeline_now(t) < now)
        return session_place(
            s, STOP_UNTIL); /* a step was made: that it was the last is not news yet */
    return mv;
}

/*
 * We are inside a handler at `now`, whose end was stepped back over. Finds where it was entered:
 * the last place before with the depth that `after` has. Looks at ever larger windows, each from
 * its start, since going forward is cheap. Stops early at a user's breakpoint in the handler.
 */
static struct move find_entry(struct session *s, u64 now, i64 depth, bool *found)
{
    struct timeline *t = session_timeline(s);
    u64 end = now, size = 64, first = timeline_start(t);
    *found = false;
    while (end > first) {
        u64 start = end - first > size ? end - size : first;
        u64 entry = NEVER, hit = NEVER;
        struct move mv = timeline_seek(t, start);
        for (; reached(&mv) && timeline_now(t) < end; mv = timeline_seek(t, timeline_now(t) + 1)) {
            if (session_stop_asked(s))
                return session_place(s, STOP_USER);
            if (handler_depth(s) <= depth)
                entry = timeline_now(t), hit = NEVER;
            else if (at_break(s))
                hit = timeline_now(t);
        }
        if (!reached(&mv))
            return mv;
        *found = entry != NEVER;
        if (hit != NEVER) {
            mv = timeline_seek(t, hit);
            *found = false;
            return reached(&mv) ? session_place(s, STOP_BREAK) : mv;
        }
        if (entry != NEVER)
            return timeline_seek(t, entry);
        end = start;
        size *= 2;
    }
    return timeline_seek(t, now);
}

static struct move step_back_over_handlers(struct session *s)
{
    struct timeline *t = session_timeline(s);
    for (;;) {
        i64 depth = handler_depth(s);
        struct move mv = step_back(s);
        if (!reached(&mv) || handler_depth(s) <= depth || timeline_in_branch(t))
            return mv;
        u64 inside = timeline_now(t);
        bool found;
        mv = find_entry(s, inside, depth, &found);
        if (!reached(&mv))
            return mv;
        if (!found ||
            !interrupt_next(s)) /* the instruction's own fault or INT: its handler is stepped */
            return timeline_seek(t, inside);
        if (session_stop_asked(s))
            return session_place(s, STOP_USER);
        /* Here the interrupt was about to be taken: to who passes over it, where we came from. */
    }
}

struct move session_reverse_step(struct session *s, u64 count)
{
    struct timeline *t = session_timeline(s);
    u64 now = timeline_now(t), start = timeline_start(t);
    if (count > 1 && !session_sstep_over(s)) {
        u64 until = now - start > count ? now - count : start;
        struct move mv = session_backward(s, until);
        bool exact = until == now - count;
        return mv.end == MOVE_START && exact && now ? session_place(s, STOP_UNTIL) : mv;
    }
    struct move mv;
    do {
        mv = session_sstep_over(s) ? step_back_over_handlers(s) : step_back(s);
    } while (--count && reached(&mv) && !at_break(s) && !session_stop_asked(s));
    return mv;
}

/* The last stop in [start, end) of a forward run, as a place to go back to. */
struct last_stop {
    bool any;
    struct stop stop;
};

static void remember(struct last_stop *last, struct stop stop, u64 end)
{
    if (stop.kind == STOP_WATCH)
        stop.icount--; /* backwards, one stops before the access */
    if (stop.icount < end) {
        last->any = true;
        last->stop = stop;
    }
}

/* Runs [start, end) with conditions looked at on the way. */
static struct move search_window(struct session *s, u64 start, u64 end, struct last_stop *last)
{
    struct timeline *t = session_timeline(s);
    struct move mv = timeline_seek(t, start);
    if (!reached(&mv))
        return mv;
    if (at_break(s))
        remember(last, (struct stop){.kind = STOP_BREAK, .icount = start}, end);
    while (timeline_now(t) < end) {
        mv = timeline_forward(t, end);
        if (mv.end != MOVE_STOP || mv.stop.kind == STOP_USER || mv.stop.kind == STOP_DIVERGED)
            return mv;
        if (mv.stop.kind == STOP_UNTIL)
            break;
        if (!session_break_refused(s, &mv))
            remember(last, mv.stop, end);
        if (mv.stop.kind == STOP_WATCH && at_break(s)) /* one stop is told at a place */
            remember(last, session_place(s, STOP_BREAK).stop, end);
        if (session_stop_asked(s))
            return session_place(s, STOP_USER);
    }
    return session_place(s, STOP_UNTIL);
}

/*
 * A condition that is mostly false would make a backward search restart at every hit. After a few,
 * windows that double are run forward instead, and the last true hit in one is taken: the cost is
 * then that of the distance.
 */
static struct move search_backward(struct session *s, u64 until)
{
    struct timeline *t = session_timeline(s);
    u64 end = timeline_now(t), size = 4096;
    while (end > until) {
        u64 start = end - until > size ? end - size : until;
        struct last_stop last = {0};
        struct move mv = search_window(s, start, end, &last);
        if (!reached(&mv))
            return mv;
        if (last.any) {
            mv = timeline_seek(t, last.stop.icount);
            if (reached(&mv))
                mv.stop = last.stop;
            return mv;
        }
        end = start;
        size *= 2;
    }
    struct move mv = timeline_seek(t, until);
    if (reached(&mv) && until == timeline_start(t))
        mv.end = MOVE_START;
    return mv;
}

struct move session_backward(struct session *s, u64 until)
{
    struct timeline *t = session_timeline(s);
    for (unsigned refused = 0;; refused++) {
        if (timeline_now(t) <= timeline_start(t))
            return (struct move){.end = MOVE_START,
                                 .stop = {.kind = STOP_UNTIL, .icount = timeline_now(t)}};
        struct move mv = timeline_backward(t, until);
        if (!session_break_refused(s, &mv))
            return mv;
        if (session_stop_asked(s))
            return session_place(s, STOP_USER);
        if (timeline_now(t) <= until)
            return until == timeline_start(t)
                       ? (struct move){.end = MOVE_START, .stop = session_place(s, STOP_UNTIL).stop}
                       : session_place(s, STOP_UNTIL);
        if (refused >= 4 && !timeline_in_branch(t))
            return search_backward(s, until);
    }
}
