/* session.c - one debugging session: moves are asked for, made, and told of */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gdbstub/session.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "gdbstub/session_step.h"

#define MAX_LISTENERS 16

struct session {
    struct machine *machine;
    struct timeline *timeline;
    bool no_shutdown;

    bool running; /* a move is asked for, or being made */
    bool moving;  /* being made */
    volatile bool stop_asked;
    struct move_request request;
    void *asker; /* whose */
    struct session_aside aside; /* waits to be done, unless of no kind */
    struct move last;           /* how the last move ended */
    bool has_moved, reset_by_button, signalled;

    int holds;
    bool quit;
    int exit_code;
    bool sstep_over;
    u64 replay_break;

    struct session_listener listener[MAX_LISTENERS];
    unsigned n_listeners;
};

static void machine_happened(void *opaque, enum machine_event what)
{
    struct session *s = opaque;
    enum move_kind kind = s->request.kind;

    bool forward = kind == MOVE_CONTINUE || kind == MOVE_STEP || kind == MOVE_RANGE;

    if (what == MACHINE_RESET_BUTTON)
        s->reset_by_button = true;
    bool live = s->moving && !door_is_fed(s->machine->door);
    if (what == MACHINE_WATCHDOG && live && s->machine->watchdog == WATCHDOG_PAUSE)
        session_stop(s);
    if (what == MACHINE_WATCHDOG && live && s->machine->watchdog == WATCHDOG_DEBUG)
        notice("the watchdog's time is over");
    for (unsigned i = 0; i < s->n_listeners && s->moving && forward; i++)
        if (s->listener[i].happened)
            s->listener[i].happened(s->listener[i].opaque, what);
    if (what == MACHINE_WAS_RESET)
        s->reset_by_button = false;
}

struct session *session_new(struct machine *m, struct timeline *t, bool no_shutdown)
{
    struct session *s = xcalloc(1, sizeof(*s));
    s->machine = m;
    s->timeline = t;
    s->no_shutdown = no_shutdown;
    s->replay_break = NEVER;
    m->happened = machine_happened;
    m->happened_opaque = s;
    return s;
}

void session_delete(struct session *s)
{
    if (s)
        s->machine->happened = NULL;
    free(s);
}

struct machine *session_machine(struct session *s)
{
    return s->machine;
}

struct timeline *session_timeline(struct session *s)
{
    return s->timeline;
}

void session_add_listener(struct session *s, const struct session_listener *l)
{
    CHECK(s->n_listeners < MAX_LISTENERS);
    s->listener[s->n_listeners++] = *l;
}

void session_remove_listener(struct session *s, void *opaque)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < s->n_listeners; i++)
        if (s->listener[i].opaque != opaque)
            s->listener[kept++] = s->listener[i];
    s->n_listeners = kept;
}

enum news { NEWS_STOPPED, NEWS_RESUMED, NEWS_EXITED };

/* A listener may add or remove listeners, or ask for the next move: what is told is a copy of the
 * list. */
static void tell(struct session *s, enum news news, const struct move *mv, const void *except)
{
    struct session_listener l[MAX_LISTENERS];
    unsigned n = s->n_listeners;
    memcpy(l, s->listener, sizeof(l));
    for (unsigned i = 0; i < n; i++) {
        if (except && l[i].opaque == except)
            continue;
        if (news == NEWS_STOPPED && l[i].stopped)
            l[i].stopped(l[i].opaque, mv);
        if (news == NEWS_RESUMED && l[i].resumed)
            l[i].resumed(l[i].opaque);
        if (news == NEWS_EXITED && l[i].exited)
            l[i].exited(l[i].opaque, mv);
    }
}

bool session_running(const struct session *s)
{
    return s->running;
}

bool session_wants_move(const struct session *s)
{
    return (s->running || s->aside.kind) && !s->moving && !s->quit;
}

bool session_request(struct session *s, const struct move_request *r, void *by)
{
    if (s->running || s->quit)
        return false;
    s->request = *r;
    s->asker = by;
    s->running = s->has_moved = true;
    s->stop_asked = false;
    s->machine->interrupted = false; /* left over from a move that ended by itself */
    tell(s, NEWS_RESUMED, NULL, by);
    return true;
}

enum move_kind session_move_kind(const struct session *s)
{
    return s->request.kind;
}

void session_stop(struct session *s)
{
    if (!s->running)
        return;
    s->stop_asked = true;
    if (s->moving)
        machine_interrupt(s->machine);
}

bool session_stop_asked(const struct session *s)
{
    return s->stop_asked;
}

void session_hold(struct session *s, int delta)
{
    s->holds += delta;
    CHECK(s->holds >= 0);
}

void session_request_quit(struct session *s, int exit_code)
{
    if (s->quit)
        return;
    s->quit = true;
    s->exit_code = exit_code;
    if (s->moving) {
        s->stop_asked = true;
        machine_interrupt(s->machine);
        return; /* session_move() tells when the move has ended */
    }
    s->running = false;
    struct move mv = session_place(s, STOP_USER);
    tell(s, NEWS_EXITED, &mv, NULL);
}

void session_signalled(struct session *s, int exit_code)
{
    s->signalled |= !s->quit;
    session_request_quit(s, exit_code);
}

bool session_was_signalled(const struct session *s)
{
    return s->signalled;
}

bool session_quit(const struct session *s)
{
    return s->quit && !s->moving;
}

int session_exit_code(const struct session *s)
{
    return s->exit_code;
}

void session_set_sstep_over(struct session *s, bool over)
{
    s->sstep_over = over;
}

bool session_sstep_over(const struct session *s)
{
    return s->sstep_over;
}

void session_set_replay_break(struct session *s, u64 icount)
{
    s->replay_break = icount;
}

u64 session_replay_break(const struct session *s)
{
    return s->replay_break;
}

bool session_last_move(const struct session *s, struct move *mv)
{
    *mv = s->last;
    return s->has_moved && !s->running;
}

bool session_reset_by_button(const struct session *s)
{
    return s->reset_by_button;
}

/* ---- asides ---- */

bool session_aside(struct session *s, const struct session_aside *a)
{
    if (s->aside.kind || s->quit)
        return false;
    s->aside = *a;
    if (s->moving && s->request.kind == MOVE_CONTINUE)
        machine_interrupt(s->machine);
    return true;
}

bool session_aside_waits(const struct session *s)
{
    return s->aside.kind && !s->quit;
}

void session_aside_forget(struct session *s, void *opaque)
{
    if (s->aside.opaque == opaque)
        s->aside.done = NULL;
}

static void make_aside(struct session *s)
{
    struct session_aside a = s->aside;
    bool ok;

    if (a.kind == ASIDE_SAVEVM)
        ok = timeline_savevm(s->timeline, a.name);
    else
        ok = timeline_loadvm(s->timeline, a.name).end != MOVE_FAILED;
    s->aside.kind = ASIDE_NONE;
    if (a.done)
        a.done(a.opaque, ok);
}

struct move session_place(struct session *s, enum stop_kind kind)
{
    return (struct move){.end = MOVE_STOP,
                         .stop = {.kind = kind, .icount = timeline_now(s->timeline)}};
}

bool session_break_refused(struct session *s, const struct move *mv)
{
    if (mv->end != MOVE_STOP || mv->stop.kind != STOP_BREAK)
        return false;
    struct cpu *c = s->machine->cpu;
    u64 pc = c->arch->linear_pc(c);
    bool asked = false;
    for (unsigned i = 0; i < s->n_listeners; i++) {
        const struct session_listener *l = &s->listener[i];
        if (!l->break_wanted)
            continue;
        if (l->break_wanted(l->opaque, pc))
            return false;
        asked = true;
    }
    return asked;
}

static struct move run_forward(struct session *s)
{
    for (;;) {
        u64 now = timeline_now(s->timeline);
        u64 until = s->replay_break > now ? s->replay_break : NEVER;
        struct move mv = timeline_forward(s->timeline, until);
        if (!session_break_refused(s, &mv))
            return mv;
        if (s->stop_asked)
            return session_place(s, STOP_USER);
    }
}

static struct move run_backward(struct session *s)
{
    u64 now = timeline_now(s->timeline), start = timeline_start(s->timeline);
    u64 until = s->replay_break < now ? MAX(s->replay_break, start) : start;
    struct move mv = session_backward(s, until);
    /* At the beginning of history because the user asked for that place: that is no news. */
    if (mv.end == MOVE_START && s->replay_break == mv.stop.icount && now > mv.stop.icount)
        return session_place(s, STOP_UNTIL);
    return mv;
}

static struct move move_once(struct session *s)
{
    const struct move_request *r = &s->request;
    switch (r->kind) {
    case MOVE_CONTINUE:
        return run_forward(s);
    case MOVE_REVERSE_CONTINUE:
        return run_backward(s);
    case MOVE_STEP:
        return session_step(s, MAX(r->arg, 1));
    case MOVE_REVERSE_STEP:
        return session_reverse_step(s, MAX(r->arg, 1));
    case MOVE_RANGE:
        return session_step_range(s, r->range_start, r->range_end);
    case MOVE_SEEK:
        return timeline_seek(s->timeline, r->arg);
    case MOVE_LOADVM:
        return timeline_loadvm(s->timeline, r->name);
    }
    CHECK(!"a move of no kind");
    return session_place(s, STOP_USER);
}

static bool asker_wants_before(struct session *s, const struct stop *stop, bool backward)
{
    for (unsigned i = 0; i < s->n_listeners; i++) {
        const struct session_listener *l = &s->listener[i];
        if (l->opaque == s->asker && l->watch_before && l->watch_before(l->opaque, stop, backward))
            return true;
    }
    return false;
}

/* From behind a watched access, in the direction of the move, to before it. */
static struct move other_side(struct session *s, struct move mv)
{
    bool backward =
        s->request.kind == MOVE_REVERSE_CONTINUE || s->request.kind == MOVE_REVERSE_STEP;
    if (mv.end != MOVE_STOP || mv.stop.kind != STOP_WATCH ||
        !asker_wants_before(s, &mv.stop, backward))
        return mv;
    u64 now = timeline_now(s->timeline), before = backward ? now + 1 : now - 1;
    struct move back = timeline_seek(s->timeline, before);
    if (timeline_now(s->timeline) != before || back.end != MOVE_STOP)
        return back;
    mv.stop.icount = before;
    return mv;
}

static struct move make_move(struct session *s)
{
    for (;;) {
        struct move mv = s->stop_asked ? session_place(s, STOP_USER) : other_side(s, move_once(s));
        if (!s->aside.kind || s->quit)
            return mv;
        bool paused = s->request.kind == MOVE_CONTINUE && mv.end == MOVE_STOP &&
                      mv.stop.kind == STOP_USER && !s->stop_asked;
        bool moves = s->aside.kind == ASIDE_LOADVM;
        make_aside(s);
        if (!paused)
            return moves ? session_place(s, STOP_USER) : mv;
    }
}

/* Does the program end with this move, nobody being there to look at the end of the guest? */
static bool ends_program(const struct session *s, const struct move *mv)
{
    if (s->holds || mv->end == MOVE_STOP || mv->end == MOVE_START)
        return false;
    if (mv->end == MOVE_FAILED)
        return true;
    switch (s->request.kind) {
    case MOVE_CONTINUE:
        break;
    default: /* somebody is looking at single steps: not the time to leave */
        return false;
    }
    switch (mv->stop.kind) {
    case STOP_POWEROFF:
    case STOP_RESET:
    case STOP_CRASH:
        return !s->no_shutdown;
    default:
        return true;
    }
}

static int code_of(const struct move *mv)
{
    if (mv->end == MOVE_FAILED)
        return 1;
    switch (mv->stop.kind) {
    case STOP_EXIT:
        return mv->stop.code & 0xff;
    case STOP_CRASH:
    case STOP_DIVERGED:
        return 1;
    default:
        return 0;
    }
}

void session_move(struct session *s)
{
    if (!session_wants_move(s))
        return;
    s->moving = true;
    if (!s->running) {
        make_aside(s);
        s->moving = false;
        return;
    }
    struct move mv = make_move(s);
    s->moving = false;
    s->running = false;
    s->last = mv;
    LOG(LOG_DEBUG, "move %d ended: %d, stop %d", s->request.kind, mv.end, mv.stop.kind);
    if (s->quit) {
        tell(s, NEWS_EXITED, &mv, NULL);
    } else if (ends_program(s, &mv)) {
        s->quit = true;
        s->exit_code = code_of(&mv);
        tell(s, NEWS_EXITED, &mv, NULL);
    } else {
        tell(s, NEWS_STOPPED, &mv, NULL);
    }
}
