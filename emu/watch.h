/* watch.h - where a debugger wants to be told: breakpoints and watchpoints of the machine */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses are linear (after segmentation, before paging). A breakpoint stops the machine in the
 * state whose next step executes the instruction at that address; a watchpoint in the state right
 * after the step that made the access. Neither is guest state, and neither may change it (I4).
 * There is no limit to their number; adding one twice counts, and takes two removals.
 */
#ifndef EMU_WATCH_H
#define EMU_WATCH_H

#include "emu/types.h"

struct machine;
struct touched;
struct watch;

enum watch_kind { WATCH_WRITE = 1, WATCH_READ = 2, WATCH_ACCESS = 3 };

struct watch_hit {
    enum watch_kind kind; /* of the watchpoint that was hit */
    u64 addr;             /* of the watchpoint */
    u64 access_addr;      /* of the access, and */
    u8 access_size;       /* its size; 0 when no watchpoint was hit */
    bool access_write;
};

struct watch *watch_new(struct machine *m);
void watch_delete(struct watch *w);

void watch_add_break(struct watch *w, u64 addr);
bool watch_remove_break(struct watch *w, u64 addr); /* false if there was none */
void watch_add(struct watch *w, u64 addr, u64 len, enum watch_kind kind);
bool watch_remove(struct watch *w, u64 addr, u64 len, enum watch_kind kind);
void watch_clear(struct watch *w);
bool watch_any(const struct watch *w);

/* Off: nothing stops (seeks run so), without forgetting what is set and without dropping
 * translations. */
void watch_set_armed(struct watch *w, bool armed);

/* Can anything that is set have stopped the machine in a stretch that accessed these pages? */
bool watch_may_stop(const struct watch *w, const struct touched *pages);

/* For the engine. */
bool watch_break_at(const struct watch *w, u64 addr);           /* regardless of armed */
bool watch_is_armed(const struct watch *w);
bool watch_break_in(const struct watch *w, u64 start, u64 len); /* any in [start, start+len) */
bool watch_page(const struct watch *w, u64 addr);               /* any watchpoint in addr's page */
/* Records the first hit of a step; true if it hit an armed one. */
bool watch_access(struct watch *w, u64 addr, unsigned size, bool write);
struct watch_hit watch_take_hit(struct watch *w); /* and forgets it */

#endif
