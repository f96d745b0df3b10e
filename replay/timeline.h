/* timeline.h - move a machine along its history, both ways */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A timeline owns the machine's history: the events, the snapshots, and where it ends (the head).
 * It serves a finished recording, one that is being made, and a plain run whose history is kept in
 * memory, alike. Anywhere before the head the door is fed from the history and output is muted up
 * to where it was already shown; at the head of a live timeline the machine runs on and history
 * grows.
 *
 * Positions are icounts (see machine.h for what "the state at n" is). Breakpoints and watchpoints
 * belong to machine->watch, never to a snapshot.
 *
 * A debugger's write in the past, or after the guest's end, opens a *branch*: from there the
 * machine runs without recorded input. Any seek, or a move backwards past its start, drops the
 * branch and returns to the history.
 */
#ifndef REPLAY_TIMELINE_H
#define REPLAY_TIMELINE_H

#include "emu/machine.h"
#include "replay/recording.h"
#include "snapshot/snapshot.h"

struct timeline;

struct timeline_options {
    bool history; /* keep what is needed to go back (run: when a debugger may come) */
    bool auto_snapshots;
    bool sparse; /* nobody is there who goes back often: no more of them than the automatic ones */
    u64 snapshot_steps; /* distance of automatic snapshots; 0: default */
    u64 memory_budget;  /* bytes of pages held in memory by snapshots; 0: default */
    u64 digest_steps;   /* distance of recorded digests; 0: default */
};

/* A live timeline; w (may be NULL) is where it is recorded, owned from here. The machine was just
 * started. */
struct timeline *timeline_new_live(struct machine *m, struct rec_writer *w,
                                   const struct timeline_options *o);
/* A finished recording; r stays the caller's. NULL (reported) if the machine does not fit it. */
struct timeline *timeline_new_replay(struct machine *m, struct rec_reader *r,
                                     const struct timeline_options *o);
/* Ends a live recording (REC_END_QUIT if the guest did not end). False (reported) if it could not
 * be written. */
bool timeline_finish(struct timeline *t);
void timeline_delete(struct timeline *t);

u64 timeline_now(const struct timeline *t);
u64 timeline_head(const struct timeline *t);     /* the end of known history */
u64 timeline_start(const struct timeline *t);    /* the earliest place that can be gone to: 0 */
bool timeline_is_live(const struct timeline *t); /* at the head there is more to come */
bool timeline_at_head(const struct timeline *t);
bool timeline_in_branch(const struct timeline *t);
/* The reset button of a guest that has ended: it goes on from its end with that. False: it has not
 * ended, or the machine is not there, or a reset is the end too (-no-reboot). */
bool timeline_restart(struct timeline *t);

/* Why a move ended, beyond what struct stop says. */
enum move_end {
    MOVE_STOP,   /* as stop says */
    MOVE_END,    /* the end of a finished recording, or the guest's own end */
    MOVE_START,  /* the beginning of history */
    MOVE_FAILED, /* reported: a damaged recording, a diverged replay */
};
struct move {
    enum move_end end;
    struct stop stop;
};

/* Exactly to n (clipped to [start, head]). Interruptible (then STOP_USER somewhere on the way). */
struct move timeline_seek(struct timeline *t, u64 n);
/* Forward to `until` (NEVER: as far as it goes), breakpoints and watchpoints armed. */
struct move timeline_forward(struct timeline *t, u64 until);
/* Backward to the last place before now, and not before `until`, where a breakpoint stands (state
 * whose next step executes it) or right before a watched access. Without a hit: to `until` (0:
 * MOVE_START). reverse-stepi is until = now - 1. Inside a branch it works within it, and past its
 * start it drops it. A branch whose registers are again those it began with (gdb's `call f()` is
 * over) is dropped at once, and the move made from its start. */
struct move timeline_backward(struct timeline *t, u64 until);

/* A debugger's write, at the head or in the past (see above). False: see
 * machine_debug_write_*(). */
bool timeline_write_mem(struct timeline *t, u64 va, const void *data, u32 n);
bool timeline_write_phys(struct timeline *t, u64 pa, const void *data, u32 n);
bool timeline_write_reg(struct timeline *t, const struct debug_view *v, u32 regno, const u8 *value,
                        u32 n);

/* Named snapshots: places in history. Those of a live recording are stored in it. */
bool timeline_savevm(struct timeline *t, const char *name);
struct move timeline_loadvm(struct timeline *t, const char *name);
bool timeline_delvm(struct timeline *t, const char *name);

struct timeline_snapshot_info {
    u64 icount, own_bytes;
    u64 ns;           /* of virtual time; NEVER: not known */
    const char *name; /* "" for automatic ones */
    bool in_file;
};
u32 timeline_n_snapshots(const struct timeline *t);
struct timeline_snapshot_info timeline_snapshot_info(const struct timeline *t,
                                                     u32 i); /* by icount */

/* Compare the machine with each recorded digest that a run forward passes. On by default for a
 * recording. */
void timeline_set_digest_check(struct timeline *t, bool on);
/* The last recorded digest that was compared and was right, as its icount; 0 if none. */
u64 timeline_last_good(const struct timeline *t);
/* After MOVE_FAILED by divergence: where it was noticed and what differs, in words; NULL if
 * none. */
const char *timeline_divergence(const struct timeline *t);

#endif
