/* timeline_snapshots.c - which snapshots are kept, where they are dropped, and the named ones */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three rules place snapshots: automatic ones at multiples of snapshot_steps, so that every place
 * is near one; near ones on the approach to a place that was sought from behind, finer and finer,
 * because the next place sought is most often a step before this one; and named ones where the user
 * says. Thinning drops what is least missed: a snapshot whose neighbours are near each other and
 * which is far from here. All of it depends on positions and sizes only.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "replay/timeline_int.h"

#define LOAD_COST ((u64)1 << 22) /* loading from the file, in steps that could be run meanwhile */
#define MAX_NEAR 64

/* Distances at which near snapshots are dropped before the place that is sought. */
static const u64 near_distance[NEAR_PLACES] = {1 << 22, 1 << 19, 1 << 16, 1 << 12, 1 << 8};

static void kept_fini(struct kept *k)
{
    snapshot_unref(k->snap);
}

void line_fini(struct line *l)
{
    for (u64 i = 0; i < l->n_kept; i++)
        kept_fini(&l->kept[i]);
    free(l->kept);
    snapshot_unref(l->head_snap);
    history_fini(&l->history);
    *l = (struct line){0};
}

/* The index of the first with at least that icount. */
static u64 lower_bound(const struct line *l, u64 icount)
{
    u64 lo = 0, hi = l->n_kept;
    while (lo < hi) {
        u64 mid = lo + (hi - lo) / 2;
        if (l->kept[mid].icount < icount)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct kept *line_find(const struct line *l, u64 icount)
{
    u64 i = lower_bound(l, icount);
    return i < l->n_kept && l->kept[i].icount == icount ? &l->kept[i] : NULL;
}

struct kept *line_before(const struct line *l, u64 icount)
{
    u64 i = lower_bound(l, icount);
    return i ? &l->kept[i - 1] : NULL;
}

static struct kept *insert(struct line *l, const struct kept *k)
{
    u64 i = lower_bound(l, k->icount);

    if (l->n_kept == l->cap_kept) {
        l->cap_kept = MAX(l->cap_kept * 2, (u64)64);
        l->kept = xrealloc(l->kept, l->cap_kept * sizeof(*l->kept));
    }
    memmove(&l->kept[i + 1], &l->kept[i], (l->n_kept - i) * sizeof(*l->kept));
    l->n_kept++;
    l->kept[i] = *k;
    return &l->kept[i];
}

static void drop(struct line *l, u64 i)
{
    kept_fini(&l->kept[i]);
    memmove(&l->kept[i], &l->kept[i + 1], (l->n_kept - i - 1) * sizeof(*l->kept));
    l->n_kept--;
}

/* From the file. */

void timeline_keep_file(struct timeline *t)
{
    for (u64 i = 0; i < rec_n_snapshots(t->reader); i++) {
        struct rec_snapshot s = rec_snapshot(t->reader, i);
        struct kept *there = line_find(&t->main, s.icount);
        struct kept k = {.icount = s.icount,
                         .events = s.events,
                         .idle_ns = s.idle_ns,
                         .file_index = i,
                         .in_file = true,
                         .kind = s.name[0] ? KEPT_NAMED : KEPT_AUTO};
        memcpy(k.name, s.name, sizeof(k.name));
        if (!there)
            there = insert(&t->main, &k);
        else if (there->file_index < 0)
            there->file_index = i, there->in_file = true;
        if (s.name[0])
            memcpy(there->name, s.name, sizeof(k.name));
    }
}

static struct kept *of_file_index(const struct line *l, i64 index)
{
    for (u64 i = 0; i < l->n_kept; i++)
        if (l->kept[i].file_index == index)
            return &l->kept[i];
    return NULL;
}

/* The chain that snapshot `index` is a difference to, from the last one already in memory. Each
 * link is kept: it shares nearly all its pages with the next. */
static struct snapshot *load_chain(struct timeline *t, i64 index)
{
    u64 n = 0;
    i64 *chain = xcalloc(index + 1, sizeof(*chain));
    struct snapshot *s = NULL;
    struct kept *k;

    for (i64 i = index; i >= 0; i = rec_snapshot(t->reader, i).parent) {
        k = of_file_index(&t->main, i);
        if (k && k->snap && k->kind != KEPT_START) {
            s = snapshot_ref(k->snap);
            break;
        }
        chain[n++] = i;
    }
    while (n--) {
        struct snapshot *next = rec_load_link(t->reader, chain[n], s, t->store);
        snapshot_unref(s);
        s = next;
        if (!s)
            break;
        k = of_file_index(&t->main, chain[n]);
        if (k && !k->snap) {
            k->snap = snapshot_ref(s);
            k->verified = false;
        }
    }
    free(chain);
    return s;
}

bool timeline_load(struct timeline *t, struct kept *k)
{
    if (k->snap)
        return true;
    CHECK(t->reader && k->file_index >= 0);
    struct snapshot *s = load_chain(t, k->file_index);
    if (!s) {
        timeline_fail(t, "the snapshot at icount %" PRIu64 " cannot be read", k->icount);
        return false;
    }
    snapshot_unref(s); /* k has it too */
    return k->snap != NULL;
}

/* Choosing. */

u64 timeline_cost(const struct kept *k, u64 n)
{
    return n - k->icount + (k->snap ? 0 : LOAD_COST);
}

struct kept *timeline_base(struct timeline *t, u64 n)
{
    struct line *l = t->line;
    struct kept *best = NULL;

    for (u64 i = lower_bound(l, n + 1); i-- > 0;) {
        struct kept *k = &l->kept[i];
        if (!best || timeline_cost(k, n) < timeline_cost(best, n))
            best = k;
        if (k->snap)
            break; /* earlier ones only cost more */
    }
    CHECK(best);
    return best;
}

/* Keeping. */

struct kept *timeline_keep(struct timeline *t, enum kept_kind kind)
{
    struct kept *k = line_find(t->line, now_of(t));

    if (k && k->snap)
        return k;
    struct snapshot *s = snapshot_take(t->store);
    if (k) {
        k->snap = s;
        k->verified = true;
    } else {
        struct kept new = {.icount = now_of(t),
                           .idle_ns = t->machine->clock.idle_ns,
                           .events = t->cursor,
                           .kind = kind,
                           .snap = s,
                           .file_index = -1,
                           .verified = true};
        insert(t->line, &new);
    }
    timeline_thin(t);
    return line_find(t->line, now_of(t));
}

void timeline_drop_fine(struct timeline *t)
{
    struct line *l = t->line;
    for (u64 i = l->n_kept; i-- > 0;)
        if (l->kept[i].kind == KEPT_FINE && l->kept[i].icount != now_of(t))
            drop(l, i);
}

void timeline_plan_near(struct timeline *t, u64 n)
{
    for (unsigned i = 0; i < NEAR_PLACES; i++) {
        u64 far = near_distance[i], near = i + 1 < NEAR_PLACES ? near_distance[i + 1] : 1;
        t->near[i] = NEVER;
        if (n < t->line->start + far)
            continue;
        struct kept *k = line_before(t->line, n - near + 1);
        if (!k || !k->snap || k->icount < n - far)
            t->near[i] = n - far;
    }
}

u64 timeline_next_near(const struct timeline *t, u64 now)
{
    u64 next = NEVER;
    for (unsigned i = 0; i < NEAR_PLACES; i++)
        if (t->near[i] > now)
            next = MIN(next, t->near[i]);
    return next;
}

static bool may_drop(const struct timeline *t, const struct line *l, u64 i)
{
    const struct kept *k = &l->kept[i];
    if (!k->snap || k->kind == KEPT_START || (k->kind == KEPT_NAMED && k->file_index < 0))
        return false;
    return l != t->line || k->icount != now_of(t);
}

/* How much k would be missed: a small number says little. */
static double worth(const struct timeline *t, const struct line *l, u64 i)
{
    u64 icount = l->kept[i].icount, now = now_of(t);
    u64 next = i + 1 < l->n_kept ? l->kept[i + 1].icount : MAX(icount, l->head);
    u64 away = icount > now ? icount - now : now - icount;
    return (double)(next - l->kept[i - 1].icount) / ((double)away + 1);
}

/* Drops one; false if there is nothing to drop. near_only: of the near ones. */
static bool drop_one(struct timeline *t, struct line *l, bool near_only)
{
    u64 least = NEVER;
    double least_worth = 0;

    for (u64 i = 1; i < l->n_kept; i++) {
        if (!may_drop(t, l, i) || (near_only && l->kept[i].kind != KEPT_NEAR))
            continue;
        double w = worth(t, l, i);
        if (least == NEVER || w < least_worth) {
            least = i;
            least_worth = w;
        }
    }
    if (least == NEVER)
        return false;
    struct kept *k = &l->kept[least];
    if (k->file_index >= 0) { /* it can be had again */
        snapshot_unref(k->snap);
        k->snap = NULL;
    } else {
        drop(l, least);
    }
    return true;
}

static void forget_all_but_here(struct timeline *t)
{
    struct line *l = t->line;
    for (u64 i = l->n_kept; i-- > 0;)
        if (l->kept[i].icount != now_of(t))
            drop(l, i);
}

void timeline_thin(struct timeline *t)
{
    struct line *l = t->line;
    u64 n_near = 0;

    if (!keeps_history(t)) { /* only recorded: what is needed is in the file */
        forget_all_but_here(t);
        return;
    }
    for (u64 i = 0; i < l->n_kept; i++)
        n_near += l->kept[i].kind == KEPT_NEAR;
    if (n_near > MAX_NEAR)
        drop_one(t, l, true);
    while (snapshot_store_bytes(t->store) > t->o.memory_budget)
        if (!drop_one(t, l, false) && (l == &t->main || !drop_one(t, &t->main, false)))
            break;
}

/* Named ones. */

static struct kept *of_name(struct timeline *t, const char *name)
{
    for (u64 i = 0; i < t->main.n_kept; i++)
        if (!strcmp(t->main.kept[i].name, name))
            return &t->main.kept[i];
    return NULL;
}

static bool name_is_good(const char *name)
{
    return name[0] && strlen(name) < sizeof(((struct kept *)0)->name);
}

/* Stopped while it idles, the machine may be past the state at this icount: back to that.
 * Quickly, and with nobody being let in meanwhile. */
static void make_exact(struct timeline *t)
{
    bool attached = t->machine->host_attached;

    t->machine->host_attached = false;
    timeline_seek(t, now_of(t));
    t->machine->host_attached = attached;
}

bool timeline_savevm(struct timeline *t, const char *name)
{
    if (!name_is_good(name))
        return error_report("savevm: the name must have 1 to 63 characters");
    if (timeline_in_branch(t))
        return error_report(
            "savevm %s: snapshots are places in history, and this is a branch; go to a place "
            "in history first",
            name);
    if (t->inexact && !t->lost)
        make_exact(t);
    if (t->lost || t->inexact || (!keeps_history(t) && !t->recorder))
        return error_report("savevm %s: this run keeps no history here", name);
    if (of_name(t, name))
        timeline_delvm(t, name);
    struct kept *k = timeline_keep(t, KEPT_NAMED);
    if (k->name[0])
        return error_report("savevm %s: there is a snapshot '%s' at this very place", name,
                            k->name);
    if (k->kind != KEPT_START)
        k->kind = KEPT_NAMED;
    strcpy(k->name, name);
    if (t->recorder && !k->in_file) {
        recorder_savevm(t->recorder, k->snap, name, t->feeding, k->events);
        k->in_file = true;
        return !recorder_failed(t->recorder);
    }
    return true;
}

struct move timeline_loadvm(struct timeline *t, const char *name)
{
    struct kept *k = name[0] ? of_name(t, name) : NULL;

    if (k)
        return timeline_seek(t, k->icount);
    error_report("loadvm %s: there is no snapshot of that name; see info snapshots", name);
    return (struct move){MOVE_FAILED, timeline_stop(t, STOP_USER)};
}

bool timeline_delvm(struct timeline *t, const char *name)
{
    struct kept *k = name[0] ? of_name(t, name) : NULL;

    if (!k)
        return error_report("delvm %s: there is no snapshot of that name; see info snapshots",
                            name);
    if (t->recorder && k->in_file) {
        recorder_delvm(t->recorder, name);
        k->in_file = false; /* in it still, but under no name */
    }
    k->name[0] = 0;
    if (k->kind == KEPT_NAMED)
        k->kind = KEPT_AUTO;
    return true;
}

u32 timeline_n_snapshots(const struct timeline *t)
{
    return t->main.n_kept;
}

struct timeline_snapshot_info timeline_snapshot_info(const struct timeline *t, u32 i)
{
    CHECK(i < t->main.n_kept);
    const struct kept *k = &t->main.kept[i];
    struct timeline_snapshot_info info = {
        .icount = k->icount, .ns = NEVER, .name = k->name, .in_file = k->in_file};
    if (k->idle_ns != NEVER)
        info.ns = (k->icount << t->machine->clock.shift) + k->idle_ns;
    if (k->snap)
        info.own_bytes = snapshot_own_bytes(k->snap);
    else
        info.own_bytes = rec_snapshot(t->reader, k->file_index).file_bytes;
    return info;
}
