/* recorder.h - inside replay/: what goes from a live machine into a recording, and when */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPLAY_RECORDER_H
#define REPLAY_RECORDER_H

#include "emu/machine.h"
#include "replay/recording.h"
#include "snapshot/snapshot.h"

struct recorder;

/* Takes over w and the taps of the machine's ports. Distances are those of digests and of
 * automatic snapshots in memory, of which some go into the file. */
struct recorder *recorder_new(struct machine *m, struct rec_writer *w, u64 digest_steps,
                              u64 snapshot_steps);
/* Writes the end; false (reported) if the file is not good. Frees. */
bool recorder_finish(struct recorder *r, enum rec_end end, u64 icount, int code);

/* Off while the machine re-runs its past or a branch: output is not recorded twice. */
void recorder_set_on(struct recorder *r, bool on);
void recorder_event(struct recorder *r, const struct door_event *ev);
/* The next icount after now at which recorder_mark() wants to be called. */
u64 recorder_next_mark(const struct recorder *r, u64 now);
void recorder_mark(struct recorder *r); /* the machine is at such a place */
/* The machine is at a place of an automatic snapshot: does the file want it? Depends on what was
 * recorded and on the machine's state only. */
bool recorder_wants_snapshot(struct recorder *r);
void recorder_snapshot(struct recorder *r, struct snapshot *s); /* if so: of the machine as it is */
/* The host is about to wait for input in real time. */
void recorder_idle(struct recorder *r);
/* A named one, of the machine as it is; `past`: of a place where `events` had been delivered,
 * before the head. */
void recorder_savevm(struct recorder *r, struct snapshot *s, const char *name, bool past,
                     u64 events);
void recorder_delvm(struct recorder *r, const char *name);
bool recorder_failed(const struct recorder *r); /* it was reported */

#endif
