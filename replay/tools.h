/* tools.h - the verbs that only read recordings: info, dump, diff; and verify */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPLAY_TOOLS_H
#define REPLAY_TOOLS_H

#include "emu/buf.h"
#include "replay/recording.h"
#include "replay/timeline.h"

/* Text for `hindsight info`, appended to out. */
void tool_info(struct rec_reader *r, struct buf *out);
/* Which events, and how they are shown. */
struct tool_events {
    u64 from, to;        /* from <= icount < to */
    const char *sources; /* a comma list of names, "serial" for each serialN; NULL: all */
    bool json;
    void (*flush)(struct buf *out); /* empties it; called now and then; may be NULL */
};
/* One line (or one JSON object) per event, appended to out. False (reported): a source is not
 * known. */
bool tool_dump(struct rec_reader *r, const struct tool_events *f, struct buf *out);
/* The first event that differs, and how. The machines may be different ones. False (reported): a
 * source is known to neither. */
bool tool_compare(struct rec_reader *a, struct rec_reader *b, const struct tool_events *f,
                  struct buf *out, bool *differ);

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
