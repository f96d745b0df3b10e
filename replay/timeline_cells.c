/* timeline_cells.c - what each stretch of history touched, so that a search can leave it out */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The main line is divided into cells of snapshot_steps. While the machine runs through one from
 * end to end, whichever way it came there, the pages it accesses are noted (emu/touched.h). What
 * was noted stays true: history does not change. A cell that was never run through in one go is not
 * known, and is searched.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/tlb.h"
#include "emu/touched.h"
#include "emu/watch.h"
#include "replay/timeline_int.h"

#define MAX_CELLS (1 << 14) /* 48 MiB of notes; later cells stay unknown */

static void begin(struct timeline *t, u64 cell)
{
    struct cells *s = &t->cells;

    if (!s->now)
        s->now = xmalloc(sizeof(*s->now));
    memset(s->now, 0, sizeof(*s->now));
    s->running = cell;
    t->machine->cpu->touched = s->now;
    tlb_flush(t->machine->cpu);
}

void timeline_cells_leave(struct timeline *t)
{
    t->machine->cpu->touched = NULL;
    t->cells.running = NEVER;
}

static void keep(struct timeline *t, u64 cell)
{
    struct cells *s = &t->cells;

    if (cell >= s->n) {
        s->cell = xrealloc(s->cell, (cell + 1) * sizeof(*s->cell));
        memset(&s->cell[s->n], 0, (cell + 1 - s->n) * sizeof(*s->cell));
        s->n = cell + 1;
    }
    s->cell[cell] = s->now;
    s->now = NULL;
}

void timeline_cells_arrive(struct timeline *t)
{
    struct cells *s = &t->cells;
    u64 now = now_of(t), cell = now / t->o.snapshot_steps;

    if (t->line != &t->main || !keeps_history(t) || !t->o.auto_snapshots || t->inexact ||
        now % t->o.snapshot_steps)
        return;
    if (cell && s->running == cell - 1)
        keep(t, cell - 1);
    timeline_cells_leave(t);
    if (cell < MAX_CELLS && (cell >= s->n || !s->cell[cell]))
        begin(t, cell);
}

u64 timeline_cells_skip(const struct timeline *t, u64 hi)
{
    const struct cells *s = &t->cells;

    while (hi && t->line == &t->main) {
        u64 cell = (hi - 1) / t->o.snapshot_steps;
        if (cell >= s->n || !s->cell[cell] || watch_may_stop(t->machine->watch, s->cell[cell]))
            break;
        hi = cell * t->o.snapshot_steps;
    }
    return hi;
}

void timeline_cells_init(struct timeline *t)
{
    t->cells.running = NEVER;
}

void timeline_cells_fini(struct timeline *t)
{
    timeline_cells_leave(t);
    for (u64 i = 0; i < t->cells.n; i++)
        free(t->cells.cell[i]);
    free(t->cells.cell);
    free(t->cells.now);
}
