/* timeline_int.h - inside replay/: what the parts of the timeline share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *     timeline.c            making, ending, and the moves: seek, forward
 *     timeline_run.c        being somewhere: run with the feed, stop at marks, go to a snapshot
 *     timeline_reverse.c    the move backward
 *     timeline_branch.c     a debugger's writes, and branches
 *     timeline_snapshots.c  which snapshots are kept, and the named ones
 *     timeline_cells.c      what each stretch touched: searches leave out those that cannot matter
 *
 * History is a *line*: a list of events, and snapshots on it. The main line is a recording, or
 * grows with a live machine; a branch is a line that grows from one of its places. The machine is
 * always somewhere on the current line: at its open head, where events come from outside and are
 * added to it, or before, where the door is fed with the line's events from `cursor` on.
 */
#ifndef REPLAY_TIMELINE_INT_H
#define REPLAY_TIMELINE_INT_H

#include "replay/history.h"
#include "replay/recorder.h"
#include "replay/timeline.h"

enum kept_kind {
    KEPT_START, /* the beginning of a line; never dropped */
    KEPT_AUTO,  /* at a multiple of snapshot_steps */
    KEPT_FINE,  /* between these; dropped when the next of them is passed */
    KEPT_NEAR,  /* dropped on the approach to a place that was sought */
    KEPT_NAMED,
};

struct kept {           /* a snapshot on a line */
    u64 icount, events; /* events delivered before it */
    enum kept_kind kind;
    struct snapshot *snap; /* NULL: only in the file */
    i64 file_index;        /* in the recording that is replayed, or -1 */
    bool in_file;
    bool verified; /* made here, or loaded and found to have the recorded digest */
    u64 idle_ns;   /* of its clock; NEVER: not known */
    char name[64];
};

struct line {
    struct history history;
    struct kept *kept; /* by icount, one at each at most */
    u64 n_kept, cap_kept;
    u64 start, head;
    bool open;                  /* at the head there is more to come */
    bool ended;                 /* by the guest, at the head */
    bool restarts;              /* then: it goes on from there with a reset */
    struct stop end;            /* then: how; of a recording: always */
    u64 shown;                  /* output before this was shown */
    struct snapshot *head_snap; /* when the machine is elsewhere */
    u64 head_events;
};

struct cells {             /* of the main line, each snapshot_steps long */
    struct touched **cell; /* owned; NULL: not known */
    u64 n;
    struct touched *now;   /* of the one that is being run through */
    u64 running;           /* its number, or NEVER */
};

#define NEAR_PLACES 5

struct timeline {
    struct machine *machine;
    struct snapshot_store *store;
    struct timeline_options o;
    struct rec_reader *reader; /* of a finished recording; borrowed */
    struct recorder *recorder; /* of a live one */
    struct line main, branch, *line;
    struct cells cells;
    bool feeding; /* before the head, or the line is closed */
    bool lost;    /* the machine is not on the line: the next thing is to restore a snapshot */
    bool inexact; /* stopped in the middle of idling: not the state at this icount */
    u64 cursor;   /* events delivered */
    u64 near[NEAR_PLACES]; /* places where to drop a snapshot when passing; NEVER: none */
    bool check_digests;
    u64 last_good;
    bool failed; /* the move fails; what and why was reported */
    char *divergence;
    struct host_ops host; /* the real ones during a move: idling is watched */
};

static inline u64 now_of(const struct timeline *t)
{
    return t->machine->clock.icount;
}

static inline bool keeps_history(const struct timeline *t)
{
    return t->o.history || t->reader;
}

/* timeline_run.c */
void timeline_enter_head(
    struct timeline *t); /* events come from outside, and are added to the line */
void timeline_leave_head(
    struct timeline *t); /* keeps the head; the door is fed from the cursor on */
bool timeline_return_to_head(struct timeline *t);
void timeline_use_line(struct timeline *t, struct line *l); /* the machine is then lost */
bool timeline_restore(struct timeline *t, struct kept *k);  /* false: failed */
/* Runs to `until`, through all marks on the way; ends early as machine_run() does, or when
 * t->failed. */
struct stop timeline_advance(struct timeline *t, u64 until);
bool timeline_break_here(
    const struct timeline *t); /* would the next step execute a breakpoint's instruction? */
PRINTF_LIKE(2, 3) void timeline_fail(struct timeline *t, const char *fmt, ...);
struct move timeline_move(struct timeline *t, struct stop stop);    /* what a stop means here */
struct stop timeline_stop(struct timeline *t, enum stop_kind kind); /* a stop here */

/* timeline.c: to n on the current line. */
struct move timeline_go(struct timeline *t, u64 n);
void timeline_begin(struct timeline *t);
struct move timeline_end(struct timeline *t, struct move mv);

/* timeline_branch.c */
void timeline_drop_branch(struct timeline *t);
bool timeline_branch_is_over(struct timeline *t); /* its registers are those it began with */

/* timeline_snapshots.c */
void line_fini(struct line *l);
struct kept *line_find(const struct line *l, u64 icount);   /* the one at exactly icount */
struct kept *line_before(const struct line *l, u64 icount); /* the last one with less, or NULL */
bool timeline_load(struct timeline *t, struct kept *k);     /* sees to it that k->snap is there */
struct kept *timeline_base(struct timeline *t, u64 n);      /* the cheapest one to reach n from */
u64 timeline_cost(const struct kept *k, u64 n);             /* in steps */
struct kept *timeline_keep(struct timeline *t, enum kept_kind kind); /* the machine as it is now */
void timeline_drop_fine(struct timeline *t);
void timeline_plan_near(struct timeline *t, u64 n);
u64 timeline_next_near(const struct timeline *t, u64 now);
void timeline_thin(struct timeline *t);
void timeline_keep_file(struct timeline *t); /* entries for what is in the recording */

/* timeline_cells.c */
void timeline_cells_init(struct timeline *t);
void timeline_cells_arrive(
    struct timeline *t); /* the machine is here, by running or by a restore */
void timeline_cells_leave(
    struct timeline *t); /* it is to go elsewhere, or is changed from outside */
void timeline_cells_fini(struct timeline *t);
/* The end of what is to be searched for a stop before hi on the current line: hi or less. */
u64 timeline_cells_skip(const struct timeline *t, u64 hi);

#endif
