/* snapshot.c - take and restore whole-machine snapshots at the cost of what changed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "snapshot/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/tlb.h"
#include "snapshot/store.h"

static const u8 zero_page[PAGE_SIZE];

struct snapshot_store *snapshot_store_new(struct machine *m)
{
    struct snapshot_store *st = xcalloc(1, sizeof(*st));
    st->machine = m;
    pool_init(&st->pool);
    pthread_mutex_init(&st->lock, NULL);
    return st;
}

static void free_snapshot(struct snapshot *s)
{
    for (u32 i = 0; i < s->n_tables; i++)
        table_fini(&s->table[i]);
    buf_fini(&s->state);
    free(s);
}

void snapshot_store_delete(struct snapshot_store *st)
{
    for (struct snapshot *s = st->first, *next; s; s = next) {
        next = s->next;
        free_snapshot(s);
    }
    pool_fini(&st->pool);
    pthread_mutex_destroy(&st->lock);
    free(st);
}

struct snapshot *snapshot_new(struct snapshot_store *st, const struct snapshot *from)
{
    struct machine *m = st->machine;
    struct snapshot *s = xcalloc(1, sizeof(*s));

    atomic_init(&s->refs, 1);
    s->store = st;
    s->n_tables = m->n_rams;
    for (u32 i = 0; i < m->n_rams; i++)
        table_init(&s->table[i], m->ram[i]->n_pages, from ? &from->table[i] : NULL);

    pthread_mutex_lock(&st->lock);
    s->next = st->first;
    if (s->next)
        s->next->prev = s;
    st->first = s;
    pthread_mutex_unlock(&st->lock);
    return s;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
    if (s)
        atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void snapshot_unref(struct snapshot *s)
{
    if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    struct snapshot_store *st = s->store;
    pthread_mutex_lock(&st->lock);
    if (s->prev)
        s->prev->next = s->next;
    else
        st->first = s->next;
    if (s->next)
        s->next->prev = s->prev;
    pthread_mutex_unlock(&st->lock);
    free_snapshot(s);
}

static void set_base(struct snapshot_store *st, struct snapshot *s)
{
    snapshot_ref(s);
    snapshot_unref(st->base);
    st->base = s;
}

/* Taking. */

struct taking {
    struct snapshot *s;
    struct table *table;
};

static const u8 *content(const struct page *p)
{
    return p ? p->data : zero_page;
}

static void take_page(void *opaque, struct ram *r, u32 page)
{
    struct taking *t = opaque;
    const u8 *now = r->host + (u64)page * PAGE_SIZE;
    const struct page *was = table_get(t->table, page);

    if (was && !memcmp(now, was->data, PAGE_SIZE))
        return; /* written, but to what it was */
    struct page *p = page_new(&t->s->store->pool, now);
    if (p || was)
        table_set(t->table, page, p);
    t->s->own_pages += p != NULL;
}

struct snapshot *snapshot_take(struct snapshot_store *st)
{
    struct machine *m = st->machine;
    struct snapshot *s = snapshot_new(st, st->base);

    for (u32 i = 0; i < m->n_rams; i++) {
        struct taking t = {s, &s->table[i]};
        ram_drain_unsaved(m->ram[i], take_page, &t);
    }
    if (m->cpu)
        tlb_flush_writes(m->cpu);
    s->icount = m->clock.icount;
    machine_save(m, &s->state);
    set_base(st, s);
    return s;
}

/* Restoring. */

struct restoring {
    struct machine *machine;
    struct ram *ram;
    const struct table *target;
    u32 *unsaved;
    u32 n_unsaved;
};

static void put_page(struct restoring *r, u32 page, const struct page *p)
{
    u8 *host = r->ram->host + (u64)page * PAGE_SIZE;

    if (!memcmp(host, content(p), PAGE_SIZE))
        return;
    ram_prepare_write(r->ram, page);
    memcpy(host, content(p), PAGE_SIZE);
    machine_ram_replaced(r->machine, r->ram, page);
}

static void put_difference(void *opaque, u32 page, struct page *base, struct page *target)
{
    (void)base;
    put_page(opaque, page, target);
}

static void collect_unsaved(void *opaque, struct ram *ram, u32 page)
{
    struct restoring *r = opaque;
    (void)ram;
    r->unsaved[r->n_unsaved++] = page;
}

static void ignore_unsaved(void *opaque, struct ram *ram, u32 page)
{
    (void)opaque;
    (void)ram;
    (void)page;
}

/* Memory is the base's, but for the unsaved pages. Writing makes pages unsaved again: hence the
 * second drain. */
static void restore_ram(struct snapshot *s, u32 index)
{
    struct snapshot *base = s->store->base;
    struct ram *ram = s->store->machine->ram[index];
    struct restoring r = {.machine = s->store->machine, .ram = ram, .target = &s->table[index]};

    r.unsaved = xmalloc((ram->unsaved.n + 1) * sizeof(*r.unsaved));
    ram_drain_unsaved(ram, collect_unsaved, &r);
    for (u32 i = 0; i < r.n_unsaved; i++)
        put_page(&r, r.unsaved[i], table_get(r.target, r.unsaved[i]));
    table_each_difference(base ? &base->table[index] : NULL, r.target, put_difference, &r);
    ram_drain_unsaved(ram, ignore_unsaved, NULL);
    free(r.unsaved);
}

bool snapshot_restore(struct snapshot *s)
{
    struct machine *m = s->store->machine;
    struct reader in = reader_of(s->state.data, s->state.len);

    CHECK(s->n_tables == m->n_rams);
    for (u32 i = 0; i < s->n_tables; i++)
        restore_ram(s, i);
    set_base(s->store, s);
    bool ok = machine_load(m, &in) && !reader_left(&in) && !in.bad;
    if (m->cpu)
        tlb_flush(m->cpu);
    return ok && m->clock.icount == s->icount;
}

/* Looking. */

/* The clock comes first in what machine_save() saves. */
u64 snapshot_idle_ns(const struct snapshot *s)
{
    struct reader in = reader_of(s->state.data, s->state.len);
    reader_u64(&in);
    return reader_u64(&in);
}

u64 snapshot_icount(const struct snapshot *s)
{
    return s->icount;
}

const struct buf *snapshot_state(const struct snapshot *s)
{
    return &s->state;
}

u64 snapshot_own_bytes(const struct snapshot *s)
{
    return s->own_pages * PAGE_SIZE;
}

u64 snapshot_store_bytes(const struct snapshot_store *st)
{
    return st->pool.pages * PAGE_SIZE;
}

static bool machine_is_at(const struct snapshot *s)
{
    struct machine *m = s->store->machine;
    struct buf state = {0};

    if (s->store->base != s)
        return false;
    for (u32 i = 0; i < m->n_rams; i++)
        if (m->ram[i]->unsaved.n)
            return false;
    machine_save(m, &state);
    bool same = state.len == s->state.len && !memcmp(state.data, s->state.data, state.len);
    buf_fini(&state);
    return same;
}

/* The machine itself computes digests, so it has to be there: usually it still is. */
u64 snapshot_digest(const struct snapshot *cs)
{
    struct snapshot *s = (struct snapshot *)cs; /* the digest is a cache */

    if (s->has_digest)
        return s->digest;
    if (machine_is_at(s)) {
        s->digest = machine_digest(s->store->machine);
    } else {
        struct snapshot *here = snapshot_take(s->store);
        bool ok = snapshot_restore(s);
        s->digest = ok ? machine_digest(s->store->machine) : 0;
        CHECK(snapshot_restore(here));
        snapshot_unref(here);
    }
    s->has_digest = true;
    return s->digest;
}

static void count_page(void *opaque, u32 page, struct page *a, struct page *b)
{
    (void)page;
    (void)a;
    (void)b;
    ++*(u64 *)opaque;
}

u64 snapshot_pages_since(const struct snapshot *s, const struct snapshot *parent)
{
    u64 n = 0;
    for (u32 i = 0; i < s->n_tables; i++)
        table_each_difference(parent ? &parent->table[i] : NULL, &s->table[i], count_page, &n);
    return n;
}

struct differences {
    const struct ram *ram;
    snapshot_page_fn fn;
    void *opaque;
};

static void report_page(void *opaque, u32 page, struct page *a, struct page *b)
{
    const struct differences *d = opaque;
    if (memcmp(content(a), content(b), PAGE_SIZE))
        d->fn(d->opaque, d->ram, page, content(a), content(b));
}

void snapshot_each_difference(const struct snapshot *a, const struct snapshot *b,
                              snapshot_page_fn fn, void *opaque)
{
    for (u32 i = 0; i < MIN(a->n_tables, b->n_tables); i++) {
        if (a->table[i].n_pages != b->table[i].n_pages)
            continue; /* of another machine */
        struct differences d = {a->store->machine->ram[i], fn, opaque};
        table_each_difference(&a->table[i], &b->table[i], report_page, &d);
    }
}
