/* encode.c - a snapshot as bytes: its state, and the pages that differ from its parent */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * docs/recording-format.md describes the bytes. Most pages that changed did so in a few words, so a
 * page is usually a patch on the parent's; what remains is compressed by who writes it to a file.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "snapshot/store.h"

enum entry_kind { ENTRY_ZERO, ENTRY_DATA, ENTRY_PATCH, ENTRY_SAME };

#define PAGE_WORDS ((u32)(PAGE_SIZE / 8))
#define PATCH_MAX (PAGE_SIZE * 3 / 4) /* a longer patch is not worth it */

static const u8 zero_page[PAGE_SIZE];

/* Pages of this snapshot by content, so that equal ones are written once. */
struct known {
    struct {
        const struct page *page;
        u64 hash;
        u32 index;
    } * slot;
    u32 mask, n;
};

struct encoding {
    struct buf *out;
    struct known known;
    u32 last; /* page number before, for deltas */
};

static void known_init(struct known *k, u64 n_pages)
{
    u64 size = 64;
    while (size < n_pages * 2)
        size *= 2;
    k->slot = xcalloc(size, sizeof(*k->slot));
    k->mask = size - 1;
    k->n = 0;
}

/* The index of an earlier page with this content; or adds it and returns -1. */
static i64 known_find(struct known *k, const struct page *p)
{
    u64 hash = digest_bytes(p->data, PAGE_SIZE, 0);
    u32 i = hash & k->mask;

    for (; k->slot[i].page; i = (i + 1) & k->mask)
        if (k->slot[i].hash == hash && !memcmp(k->slot[i].page->data, p->data, PAGE_SIZE))
            return k->slot[i].index;
    k->slot[i].page = p;
    k->slot[i].hash = hash;
    k->slot[i].index = k->n++;
    return -1;
}

/* Two pages may have one content: the bytes must not say which snapshots there were in memory.
 * Zeros have no page. */
static bool differs(const struct page *a, const struct page *b)
{
    return !a || !b || memcmp(a->data, b->data, PAGE_SIZE);
}

static u32 same_words(const u8 *a, const u8 *b, u32 pos, bool same)
{
    u32 end = pos;
    while (end < PAGE_WORDS && !memcmp(a + end * 8, b + end * 8, 8) == same)
        end++;
    return end - pos;
}

static void encode_patch(struct buf *out, const u8 *from, const u8 *to)
{
    for (u32 pos = 0; pos < PAGE_WORDS;) {
        u32 skip = same_words(from, to, pos, true);
        buf_put_varint(out, skip);
        pos += skip;
        if (pos == PAGE_WORDS)
            break;
        u32 n = same_words(from, to, pos, false);
        buf_put_varint(out, n);
        buf_put(out, to + pos * 8, n * 8);
        pos += n;
    }
}

static void encode_page(void *opaque, u32 number, struct page *parent, struct page *p)
{
    struct encoding *e = opaque;
    struct buf *out = e->out;

    if (!differs(parent, p))
        return;
    buf_put_varint(out, number - e->last);
    e->last = number;
    if (!p) {
        buf_put_u8(out, ENTRY_ZERO);
        return;
    }
    i64 same = known_find(&e->known, p);
    if (same >= 0) {
        buf_put_u8(out, ENTRY_SAME);
        buf_put_varint(out, same);
        return;
    }
    size_t start = out->len;
    buf_put_u8(out, ENTRY_PATCH);
    encode_patch(out, parent ? parent->data : zero_page, p->data);
    if (out->len - start <= PATCH_MAX)
        return;
    out->len = start;
    buf_put_u8(out, ENTRY_DATA);
    buf_put(out, p->data, PAGE_SIZE);
}

static void count_page(void *opaque, u32 page, struct page *a, struct page *b)
{
    (void)page;
    *(u64 *)opaque += differs(a, b);
}

void snapshot_encode(const struct snapshot *s, const struct snapshot *parent, struct buf *out)
{
    struct encoding e = {.out = out};

    known_init(&e.known, snapshot_pages_since(s, parent));
    buf_put_varint(out, s->icount);
    buf_put_varint(out, s->state.len);
    buf_put(out, s->state.data, s->state.len);
    buf_put_varint(out, s->n_tables);
    for (u32 i = 0; i < s->n_tables; i++) {
        const struct table *from = parent ? &parent->table[i] : NULL;
        u64 n = 0;
        table_each_difference(from, &s->table[i], count_page, &n);
        buf_put_str(out, s->store->machine->ram[i]->name);
        buf_put_varint(out, s->table[i].n_pages);
        buf_put_varint(out, n);
        e.last = 0;
        table_each_difference(from, &s->table[i], encode_page, &e);
    }
    free(e.known.slot);
}

/* Reading back. */

u64 snapshot_encoded_max(const struct snapshot_store *st)
{
    const struct machine *m = st->machine;
    u64 n = 64 * MiB; /* the state record and all headers are far smaller */
    for (u32 i = 0; i < m->n_rams; i++)
        n += m->ram[i]->n_pages * (PAGE_SIZE + 16);
    return n;
}

struct decoding {
    struct snapshot *s;
    const struct snapshot *parent;
    struct reader *in;
    struct page **known; /* borrowed from the tables of s */
    u64 n_known, cap_known;
};

static void remember(struct decoding *d, struct page *p)
{
    if (d->n_known == d->cap_known) {
        d->cap_known = MAX(d->cap_known * 2, (u64)1024);
        d->known = xrealloc(d->known, d->cap_known * sizeof(*d->known));
    }
    d->known[d->n_known++] = p;
}

static bool decode_patch(struct reader *in, u8 *page)
{
    for (u64 pos = 0; pos < PAGE_WORDS;) {
        u64 skip = reader_varint(in);
        if (in->bad || skip > PAGE_WORDS - pos)
            return false;
        pos += skip;
        if (pos == PAGE_WORDS)
            break;
        u64 n = reader_varint(in);
        if (in->bad || !n || n > PAGE_WORDS - pos)
            return false;
        reader_get(in, page + pos * 8, n * 8);
        pos += n;
    }
    return !in->bad;
}

/* A page's content into *p (NULL: zeros); false when ill-formed. */
static bool decode_page(struct decoding *d, u32 ram, u32 number, struct page **p)
{
    struct page_pool *pool = &d->s->store->pool;
    const struct page *from = d->parent ? table_get(&d->parent->table[ram], number) : NULL;
    u8 data[PAGE_SIZE];
    u64 index;

    *p = NULL;
    switch (reader_u8(d->in)) {
    case ENTRY_ZERO:
        return !d->in->bad;
    case ENTRY_SAME:
        index = reader_varint(d->in);
        if (d->in->bad || index >= d->n_known)
            return false;
        *p = page_ref(d->known[index]);
        return true;
    case ENTRY_DATA:
        reader_get(d->in, data, PAGE_SIZE);
        break;
    case ENTRY_PATCH:
        memcpy(data, from ? from->data : zero_page, PAGE_SIZE);
        if (!decode_patch(d->in, data))
            return false;
        break;
    default:
        return false;
    }
    if (d->in->bad)
        return false;
    *p = page_new(pool, data);
    remember(d, *p); /* zeros too: a hostile file may have put them so */
    return true;
}

static bool decode_ram(struct decoding *d, u32 ram)
{
    const struct ram *r = d->s->store->machine->ram[ram];
    char *name = reader_str(d->in);
    bool ok = !strcmp(name, r->name);
    u64 n_pages = reader_varint(d->in), n = reader_varint(d->in), number = 0;

    free(name);
    if (!ok || d->in->bad || n_pages != r->n_pages || n > n_pages)
        return false;
    for (u64 i = 0; i < n; i++) {
        u64 delta = reader_varint(d->in);
        struct page *p;
        if (d->in->bad || delta >= n_pages - number || (i && !delta))
            return false;
        number += delta;
        if (!decode_page(d, ram, number, &p))
            return false;
        d->s->own_pages += p != NULL;
        table_set(&d->s->table[ram], number, p);
    }
    return true;
}

static bool decode_all(struct decoding *d)
{
    struct snapshot *s = d->s;

    s->icount = reader_varint(d->in);
    u64 n = reader_varint(d->in);
    const u8 *state = n <= reader_left(d->in) ? reader_bytes(d->in, n) : NULL;
    if (!state)
        return false;
    buf_put(&s->state, state, n);
    if (reader_varint(d->in) != s->n_tables)
        return false;
    for (u32 i = 0; i < s->n_tables; i++)
        if (!decode_ram(d, i))
            return false;
    return !d->in->bad;
}

struct snapshot *snapshot_decode(struct snapshot_store *st, struct snapshot *parent,
                                 struct reader *in)
{
    struct decoding d = {.s = snapshot_new(st, parent), .parent = parent, .in = in};
    bool ok = decode_all(&d);

    free(d.known);
    if (ok)
        return d.s;
    LOG(LOG_INFO, "ill-formed snapshot, or one of another machine");
    snapshot_unref(d.s);
    return NULL;
}
