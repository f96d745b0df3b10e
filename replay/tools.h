/* tools.h - the verbs that only read recordings: info, dump, diff; and verify */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPLAY_TOOLS_H
#define REPLAY_TOOLS_H

#include "emu/buf.h"
#include "replay/recording.h"
#include "replay/timeline.h"

/* Text for `hindsight info`, appended to out. */
void tool_info(struct rec_reader *r, struct buf *out);
/* One line (or one JSON object) per event with from <= icount < to, appended to out. */
void tool_dump(struct rec_reader *r, u64 from, u64 to, bool json, struct buf *out);

/* The first difference between two recordings, in words, appended to out; true if there is one. The
 * makers build a machine for a recording (floor 7 knows how), so that differing states can be named
 * by field. */
struct tool_maker {
    struct machine *(*make)(void *opaque, struct rec_reader *r); /* NULL: reported */
    void (*drop)(void *opaque, struct machine *m);
    void *opaque;
};
bool tool_diff(struct rec_reader *a, struct rec_reader *b, const struct tool_maker *mk,
               struct buf *out);
/* Checks every byte of the file, then replays checking every digest. On a bad one it says between
 * which digests the first bad step is, and names the fields that differ from the next recorded
 * snapshot. True if all are good; else it was reported, and out says more. Progress on stderr when
 * it is a terminal. */
bool tool_verify(struct rec_reader *r, struct machine *m, struct buf *out);

#endif
