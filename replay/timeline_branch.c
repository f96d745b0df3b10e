/* timeline_branch.c - a debugger's writes, and the branches they open */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "replay/timeline_int.h"

static void open_branch(struct timeline *t)
{
    struct line *b = &t->branch;
    u64 now = now_of(t);

    timeline_leave_head(t); /* of a guest that has ended */
    CHECK(!b->open);
    *b = (struct line){.start = now, .head = now, .shown = now, .open = true};
    t->line = b;
    t->cursor = 0;
    timeline_keep(t, KEPT_START);
    timeline_enter_head(t);
}

/* Nothing was written: as if it had not been opened. */
static void close_branch(struct timeline *t, u64 cursor)
{
    line_fini(&t->branch);
    timeline_use_line(t, &t->main);
    t->lost = false;
    t->cursor = cursor;
}

void timeline_drop_branch(struct timeline *t)
{
    if (!timeline_in_branch(t))
        return;
    line_fini(&t->branch);
    timeline_use_line(t, &t->main);
}

static bool equal_registers(const struct timeline *t, u8 (*a)[16], bool fill)
{
    struct cpu *c = t->machine->cpu;
    const struct arch_debug *d = c->arch->debug;
    const struct debug_view *v = d->view(c);
    u32 n = v->n_features ? v->features[0]->n_regs
                          : 0; /* the core feature: general registers, pc, flags */

    for (u32 i = 0; i < n && i < 64; i++) {
        u8 value[16] = {0};
        d->read(c, v, i, value);
        if (fill)
            memcpy(a[i], value, sizeof(value));
        else if (memcmp(a[i], value, sizeof(value)))
            return false;
    }
    return true;
}

bool timeline_branch_is_over(struct timeline *t)
{
    u8 now[64][16] = {{0}};
    struct kept *start = line_find(&t->branch, t->branch.start);

    if (!start || !t->machine->cpu->arch->debug->read || now_of(t) == t->branch.start || t->feeding)
        return false;
    equal_registers(t, now, true);
    struct snapshot *here = snapshot_take(t->store);
    bool same = snapshot_restore(start->snap) && equal_registers(t, now, false);
    CHECK(snapshot_restore(here));
    snapshot_unref(here);
    return same;
}

/* A write is made at an open head: at the main one, or at a branch's. In a branch's past, what came
 * after goes. */
struct place {
    u64 cursor;
    bool opened;
};

static struct place make_writable(struct timeline *t)
{
    struct place p = {t->cursor, false};

    if (!t->feeding && !t->line->ended)
        return p;
    if (timeline_in_branch(t)) {
        struct line *b = &t->branch;
        history_truncate(&b->history, t->cursor);
        while (b->n_kept && b->kept[b->n_kept - 1].icount > now_of(t))
            snapshot_unref(b->kept[--b->n_kept].snap);
        b->ended = false;
        b->shown = b->head = now_of(t);
        timeline_enter_head(t);
        return p;
    }
    p.opened = true;
    open_branch(t);
    return p;
}

static bool written(struct timeline *t, struct place p, bool ok)
{
    if (p.opened && !ok)
        close_branch(t, p.cursor);
    else if (p.opened)
        notice("a debugger's write at icount %" PRIu64
               " opens a branch there: the machine goes on without the "
               "recorded input; going back before it, or 'monitor goto', returns to history",
               t->branch.start);
    return ok;
}

static bool may_write(const struct timeline *t)
{
    return !t->lost && (keeps_history(t) || !t->feeding);
}

bool timeline_write_mem(struct timeline *t, u64 va, const void *data, u32 n)
{
    if (!may_write(t))
        return false;
    struct place p = make_writable(t);
    return written(t, p, machine_debug_write_mem(t->machine, va, data, n));
}

bool timeline_write_phys(struct timeline *t, u64 pa, const void *data, u32 n)
{
    if (!may_write(t))
        return false;
    struct place p = make_writable(t);
    return written(t, p, machine_debug_write_phys(t->machine, pa, data, n));
}

bool timeline_write_reg(struct timeline *t, const struct debug_view *v, u32 regno, const u8 *value,
                        u32 n)
{
    if (!may_write(t))
        return false;
    struct place p = make_writable(t);
    return written(t, p, machine_debug_write_reg(t->machine, v, regno, value, n));
}
