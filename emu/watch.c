/* watch.c - breakpoints and watchpoints of a machine */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/watch.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/engine.h"
#include "emu/machine.h"
#include "emu/tlb.h"
#include "emu/touched.h"

struct breakpoint {
    u64 addr;
    u32 count;
};

struct watchpoint {
    u64 addr, last; /* inclusive */
    u32 count;
    enum watch_kind kind;
};

struct watch {
    struct machine *machine;
    struct breakpoint *brk; /* sorted by address */
    size_t n_brk, cap_brk;
    struct watchpoint *wp;  /* in the order of being set: the first that matches is reported */
    size_t n_wp, cap_wp;
    struct watch_hit hit;
    bool armed;
};

struct watch *watch_new(struct machine *m)
{
    struct watch *w = xcalloc(1, sizeof(*w));
    w->machine = m;
    w->armed = true;
    return w;
}

void watch_delete(struct watch *w)
{
    free(w->brk);
    free(w->wp);
    free(w);
}

/* Index of the first breakpoint at or after addr. */
static size_t find_break(const struct watch *w, u64 addr)
{
    size_t lo = 0, hi = w->n_brk;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->brk[mid].addr < addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void break_changed(struct watch *w, u64 addr)
{
    if (w->machine->engine)
        engine_break_changed(w->machine->engine, addr);
}

static void watches_changed(struct watch *w)
{
    if (w->machine->cpu && w->machine->cpu->tlb)
        tlb_flush_watched(w->machine->cpu);
}

void watch_add_break(struct watch *w, u64 addr)
{
    size_t i = find_break(w, addr);
    if (i < w->n_brk && w->brk[i].addr == addr) {
        w->brk[i].count++;
        return;
    }
    if (w->n_brk == w->cap_brk) {
        w->cap_brk = w->cap_brk ? w->cap_brk * 2 : 16;
        w->brk = xrealloc(w->brk, w->cap_brk * sizeof(*w->brk));
    }
    memmove(&w->brk[i + 1], &w->brk[i], (w->n_brk - i) * sizeof(*w->brk));
    w->brk[i] = (struct breakpoint){addr, 1};
    w->n_brk++;
    break_changed(w, addr);
}

bool watch_remove_break(struct watch *w, u64 addr)
{
    size_t i = find_break(w, addr);
    if (i == w->n_brk || w->brk[i].addr != addr)
        return false;
    if (--w->brk[i].count)
        return true;
    w->n_brk--;
    memmove(&w->brk[i], &w->brk[i + 1], (w->n_brk - i) * sizeof(*w->brk));
    break_changed(w, addr);
    return true;
}

static u64 last_of(u64 addr, u64 len)
{
    u64 last = addr + (len ? len - 1 : 0);
    return last < addr ? UINT64_MAX : last;
}

static struct watchpoint *find_watch(struct watch *w, u64 addr, u64 len, enum watch_kind kind)
{
    for (size_t i = 0; i < w->n_wp; i++)
        if (w->wp[i].addr == addr && w->wp[i].last == last_of(addr, len) && w->wp[i].kind == kind)
            return &w->wp[i];
    return NULL;
}

void watch_add(struct watch *w, u64 addr, u64 len, enum watch_kind kind)
{
    struct watchpoint *p = find_watch(w, addr, len, kind);
    if (p) {
        p->count++;
        return;
    }
    if (w->n_wp == w->cap_wp) {
        w->cap_wp = w->cap_wp ? w->cap_wp * 2 : 16;
        w->wp = xrealloc(w->wp, w->cap_wp * sizeof(*w->wp));
    }
    w->wp[w->n_wp++] = (struct watchpoint){addr, last_of(addr, len), 1, kind};
    watches_changed(w);
}

bool watch_remove(struct watch *w, u64 addr, u64 len, enum watch_kind kind)
{
    struct watchpoint *p = find_watch(w, addr, len, kind);
    if (!p)
        return false;
    if (--p->count)
        return true;
    w->n_wp--;
    memmove(p, p + 1, (&w->wp[w->n_wp] - p) * sizeof(*p));
    watches_changed(w);
    return true;
}

void watch_clear(struct watch *w)
{
    size_t n_brk = w->n_brk;
    bool had_watches = w->n_wp > 0;

    w->n_brk = w->n_wp = 0;
    w->hit = (struct watch_hit){0};
    for (size_t i = 0; i < n_brk; i++)
        break_changed(w, w->brk[i].addr);
    if (had_watches)
        watches_changed(w);
}

bool watch_any(const struct watch *w)
{
    return w->n_brk || w->n_wp;
}

void watch_set_armed(struct watch *w, bool armed)
{
    w->armed = armed;
    if (!armed)
        w->hit = (struct watch_hit){0};
}

bool watch_is_armed(const struct watch *w)
{
    return w->armed;
}

static bool may_hit(const struct watchpoint *p, const struct touched *pages)
{
    u64 page = p->addr & ~(PAGE_SIZE - 1);
    for (;; page += PAGE_SIZE) {
        if ((p->kind & WATCH_WRITE) && touched_has(pages, MEM_WRITE, page))
            return true;
        if ((p->kind & WATCH_READ) && touched_has(pages, MEM_READ, page))
            return true;
        if (page >= (p->last & ~(PAGE_SIZE - 1)))
            return false;
    }
}

bool watch_may_stop(const struct watch *w, const struct touched *pages)
{
    for (size_t i = 0; i < w->n_brk; i++)
        if (touched_has(pages, MEM_EXEC, w->brk[i].addr))
            return true;
    for (size_t i = 0; i < w->n_wp; i++)
        if (may_hit(&w->wp[i], pages))
            return true;
    return false;
}

bool watch_break_at(const struct watch *w, u64 addr)
{
    if (LIKELY(!w->n_brk))
        return false;
    size_t i = find_break(w, addr);
    return i < w->n_brk && w->brk[i].addr == addr;
}

bool watch_break_in(const struct watch *w, u64 start, u64 len)
{
    if (LIKELY(!w->n_brk) || !len)
        return false;
    size_t i = find_break(w, start);
    return i < w->n_brk && w->brk[i].addr <= last_of(start, len);
}

bool watch_page(const struct watch *w, u64 addr)
{
    u64 first = addr & ~(PAGE_SIZE - 1), last = first + (PAGE_SIZE - 1);
    for (size_t i = 0; i < w->n_wp; i++)
        if (w->wp[i].addr <= last && w->wp[i].last >= first)
            return true;
    return false;
}

bool watch_access(struct watch *w, u64 addr, unsigned size, bool write)
{
    enum watch_kind wanted = write ? WATCH_WRITE : WATCH_READ;

    if (!w->armed)
        return false;
    for (size_t i = 0; i < w->n_wp; i++) {
        const struct watchpoint *p = &w->wp[i];
        if (!(p->kind & wanted) || p->addr > last_of(addr, size) || p->last < addr)
            continue;
        if (!w->hit.access_size)
            w->hit = (struct watch_hit){p->kind, p->addr, addr, size, write};
        return true;
    }
    return false;
}

struct watch_hit watch_take_hit(struct watch *w)
{
    struct watch_hit hit = w->hit;
    w->hit = (struct watch_hit){0};
    return hit;
}
