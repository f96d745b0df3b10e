/* history.h - inside replay/: the events of a line of history, and the door's feed from them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPLAY_HISTORY_H
#define REPLAY_HISTORY_H

#include "emu/input.h"
#include "emu/types.h"
#include "replay/recording.h"

/* Events in order: a recording's, or kept here as they come. */
struct history {
    struct rec_reader *reader; /* borrowed; NULL: the list below */
    struct door_event *event;  /* data owned */
    u64 n, cap;
};

void history_fini(struct history *h);
u64 history_count(const struct history *h);
bool history_get(const struct history *h, u64 index,
                 struct door_event *ev);                          /* false past the end */
void history_add(struct history *h, const struct door_event *ev); /* not to a recording's */
void history_truncate(struct history *h, u64 n);

#endif
