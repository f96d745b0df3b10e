/* session.h - one debugging session: is the machine running, and on whose behalf */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The main loop owns control: packet handlers and monitor commands only *ask* for a move, and are
 * told when it ended.
 *
 *     while (!session_quit(s)) {
 *         if (session_wants_move(s)) session_move(s);   // runs the timeline, polling the host
 *         else host_loop_poll(loop, NEVER);
 *     }
 *
 * While a move runs, host callbacks come in between two steps. They may read the machine (a
 * monitor's `info`), and may call session_stop().
 */
#ifndef GDBSTUB_SESSION_H
#define GDBSTUB_SESSION_H

#include "emu/machine.h"
#include "replay/timeline.h"

struct session;

enum move_kind {
    MOVE_CONTINUE,
    MOVE_STEP,
    MOVE_RANGE,
    MOVE_REVERSE_CONTINUE,
    MOVE_REVERSE_STEP,
    MOVE_SEEK,
    MOVE_LOADVM
};

struct move_request {
    enum move_kind kind;
    u64 arg;              /* MOVE_SEEK: icount; MOVE_STEP, MOVE_REVERSE_STEP: how many, 0 means 1 */
    u64 range_start, range_end; /* MOVE_RANGE: step until pc leaves [start, end) */
    char name[64];        /* MOVE_LOADVM: of the snapshot */
};

struct session_listener { /* a debugger or a monitor; told in the order of being added */
    void (*stopped)(void *opaque, const struct move *mv); /* a move ended */
    void (*resumed)(void *opaque);                        /* somebody else started a move */
    void (*exited)(void *opaque,
                   const struct move *mv); /* the guest is over and the program ends */
    void *opaque;
    /* The machine is at a breakpoint: is it to stop (are its conditions true)? If all listeners
     * that have this say no, the move goes on, in either direction. */
    bool (*break_wanted)(void *opaque, u64 pc);
    /* The move this listener asked for came to a watched access, and would end behind it: is it to
     * end on the side that it came from? */
    bool (*watch_before)(void *opaque, const struct stop *stop, bool backward);
    /* While the machine runs forward: it was reset, or its power button was pressed. */
    void (*happened)(void *opaque, enum machine_event what);
};

/* What is done with a snapshot of that name without anybody's move ending: at once if the machine
 * is stopped; else a `continue` pauses for it, and other moves come to their end first. */
struct session_aside {
    enum session_aside_kind { ASIDE_NONE, ASIDE_SAVEVM, ASIDE_LOADVM } kind;
    char name[64];
    void (*done)(void *opaque, bool ok); /* may be NULL */
    void *opaque;
};

struct session *session_new(struct machine *m, struct timeline *t, bool no_shutdown);
void session_delete(struct session *s);
struct machine *session_machine(struct session *s);
struct timeline *session_timeline(struct session *s);

void session_add_listener(struct session *s, const struct session_listener *l);
void session_remove_listener(struct session *s, void *opaque);

bool session_running(const struct session *s);
/* Starts a move; false if one is running. `by` is the asking listener's opaque. */
bool session_request(struct session *s, const struct move_request *r, void *by);
enum move_kind session_move_kind(const struct session *s); /* of the move that runs, or ran last */
void session_stop(
    struct session *s); /* ends the running move at the next step boundary; signal-safe */
/* A debugger is attached: the end of the guest or recording is a stop to look at, not the program's
 * end. */
void session_hold(struct session *s, int delta);
bool session_wants_move(const struct session *s);
void session_move(struct session *s);
void session_request_quit(struct session *s, int exit_code);
/* The same because of a signal: listeners may want to know. */
void session_signalled(struct session *s, int exit_code);
bool session_was_signalled(const struct session *s);
bool session_quit(const struct session *s);
int session_exit_code(const struct session *s);
/* The main loop does it with session_move(), as a move. False if another one is waiting. */
bool session_aside(struct session *s, const struct session_aside *a);
bool session_aside_waits(const struct session *s);
void session_aside_forget(struct session *s, void *opaque); /* whoever waits for it goes away */
/* How the last move ended; false if there was none yet. */
bool session_last_move(const struct session *s, struct move *mv);
/* The reset that happens, or ends the guest, was asked for from outside. */
bool session_reset_by_button(const struct session *s);
/* Steps pass over interrupt handlers, in both directions (`monitor sstep`). */
void session_set_sstep_over(struct session *s, bool over);
bool session_sstep_over(const struct session *s);
/* A place in time at which continuing, either way, stops (QEMU's replay_break); NEVER: none. */
void session_set_replay_break(struct session *s, u64 icount);
u64 session_replay_break(const struct session *s);

#endif
