/* tool_dump.c - the log of a recording, event by event, and two of them side by side */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "replay/event_words.h"
#include "replay/tools.h"

#define PIECE (64 * KiB) /* of output before it is handed on */

/* ---- which events ---- */

/* Is the source, a file's word, one of those asked for? "serial" means each serialN, too. */
static bool is_named(const char *source, const char *name, size_t n)
{
    return !strncmp(source, name, n) && (!source[n] || source[n] == ':' ||
                                         (source[n] >= '0' && source[n] <= '9'));
}

static bool wants_source(const struct tool_events *f, const char *source)
{
    if (!f->sources)
        return true;
    for (const char *p = f->sources; *p;) {
        size_t n = strcspn(p, ",");
        if (n && is_named(source, p, n))
            return true;
        p += n + (p[n] == ',');
    }
    return false;
}

static bool unknown_source(struct rec_reader *r, const char *name, size_t n)
{
    struct buf all = {0};

    for (u32 i = 0; i < rec_n_sources(r); i++) {
        const char *s = rec_source_name(r, i);
        buf_printf(&all, "%s", i ? ", " : "");
        event_text((const u8 *)s, strlen(s), 32, &all);
    }
    error_report("%s: --source %.*s: the recording has no such source; it has %s", rec_path(r),
                 (int)MIN(n, (size_t)64), name, buf_cstr(&all));
    buf_fini(&all);
    return false;
}

static bool sources_ok(struct rec_reader *r, const struct tool_events *f)
{
    for (const char *p = f->sources ? f->sources : ""; *p;) {
        size_t n = strcspn(p, ",");
        u32 i = 0;
        while (i < rec_n_sources(r) && !(n && is_named(rec_source_name(r, i), p, n)))
            i++;
        if (i == rec_n_sources(r))
            return unknown_source(r, p, n);
        p += n + (p[n] == ',');
    }
    return true;
}

/* The next wanted event at or behind *index, which moves behind it. */
static bool next_event(struct rec_reader *r, const struct tool_events *f, u64 *index,
                       struct door_event *ev)
{
    while (rec_event(r, *index, ev)) {
        ++*index;
        if (ev->icount >= f->to)
            return false;
        if (ev->icount >= f->from && wants_source(f, rec_source_name(r, ev->source)))
            return true;
    }
    return false;
}

/* ---- one event ---- */

/* Text inside JSON quotes. */
static void put_json(const char *s, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        u8 c = s[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 32 || c >= 127)
            buf_printf(out, "\\u%04x", c);
        else
            buf_put_u8(out, c);
    }
}

static void put_event_json(const char *source, const struct door_event *ev, struct buf *out)
{
    struct buf words = {0};

    event_words(source, ev, &words);
    buf_printf(out, "{\"icount\": %" PRIu64 ", \"idle_ns\": %" PRIu64 ", \"source\": \"",
               ev->icount, ev->idle_ns);
    put_json(source, strlen(source), out);
    buf_printf(out, "\", \"hex\": \"");
    event_hex(ev, UINT32_MAX, out);
    buf_printf(out, "\", \"words\": \"");
    put_json((const char *)words.data, words.len, out);
    buf_printf(out, "\"}");
    buf_fini(&words);
}

/* A source's name is the file's: it may hold anything. */
static void put_event_line(const char *source, const struct door_event *ev, struct buf *out)
{
    struct buf name = {0};

    event_text((const u8 *)source, strlen(source), 32, &name);
    buf_printf(out, "%14" PRIu64 "  %-10s ", ev->icount, buf_cstr(&name));
    event_words(source, ev, out);
    buf_fini(&name);
}

bool tool_dump(struct rec_reader *r, const struct tool_events *f, struct buf *out)
{
    struct door_event ev;

    if (!sources_ok(r, f))
        return false;
    for (u64 i = 0; next_event(r, f, &i, &ev);) {
        const char *source = rec_source_name(r, ev.source);
        if (f->json)
            put_event_json(source, &ev, out);
        else
            put_event_line(source, &ev, out);
        buf_put_u8(out, '\n');
        if (out->len >= PIECE && f->flush)
            f->flush(out);
    }
    return true;
}

/* ---- two logs ---- */

struct side {
    struct rec_reader *r;
    u64 index; /* of the next event */
    bool has;  /* the one that is compared */
    struct door_event ev;
    const char *source;
};

static void advance(struct side *s, const struct tool_events *f)
{
    s->has = next_event(s->r, f, &s->index, &s->ev);
    s->source = s->has ? rec_source_name(s->r, s->ev.source) : "";
}

static bool same_bytes(const struct door_event *a, const struct door_event *b)
{
    return a->len == b->len && (!a->len || !memcmp(a->data, b->data, a->len));
}

static bool same(const struct side *a, const struct side *b)
{
    return a->ev.icount == b->ev.icount && a->ev.idle_ns == b->ev.idle_ns &&
           !strcmp(a->source, b->source) && same_bytes(&a->ev, &b->ev);
}

/* What it is that differs, in words. */
static void put_how(const struct side *a, const struct side *b, struct buf *out)
{
    const struct door_event *x = &a->ev, *y = &b->ev;
    u32 at = 0;

    if (!a->has || !b->has) {
        buf_printf(out, "the %s log has no such event", a->has ? "second" : "first");
    } else if (strcmp(a->source, b->source)) {
        buf_printf(out, "the sources differ");
    } else if (!same_bytes(x, y)) {
        while (at < MIN(x->len, y->len) && x->data[at] == y->data[at])
            at++;
        if (at < MIN(x->len, y->len))
            buf_printf(out, "byte %u is %02x and %02x", at, x->data[at], y->data[at]);
        else
            buf_printf(out, "one has %u bytes, the other %u", x->len, y->len);
        if (x->icount != y->icount)
            buf_printf(out, ", and the places differ");
    } else if (x->icount != y->icount) {
        bool later = y->icount > x->icount;
        buf_printf(out, "the same, %" PRIu64 " steps %s in the second",
                   later ? y->icount - x->icount : x->icount - y->icount,
                   later ? "later" : "earlier");
    } else {
        buf_printf(out, "the same, after %" PRIu64 " and %" PRIu64 " ns of idle time", x->idle_ns,
                   y->idle_ns);
    }
}

static void put_side(const struct side *s, bool json, struct buf *out)
{
    if (json) {
        if (s->has)
            put_event_json(s->source, &s->ev, out);
        else
            buf_printf(out, "null");
        return;
    }
    buf_printf(out, "  %s:\n  ", rec_path(s->r));
    if (s->has)
        put_event_line(s->source, &s->ev, out);
    else
        buf_printf(out, "%14s  no further event", "-");
    buf_put_u8(out, '\n');
}

static void put_difference(const struct side *a, const struct side *b, u64 equal, bool json,
                           struct buf *out)
{
    struct buf how = {0};

    put_how(a, b, &how);
    if (json) {
        buf_printf(out, "{\"equal\": %" PRIu64 ", \"how\": \"%s\", \"first\": ", equal,
                   buf_cstr(&how));
        put_side(a, true, out);
        buf_printf(out, ", \"second\": ");
        put_side(b, true, out);
        buf_printf(out, "}\n");
    } else {
        buf_printf(out, "after %" PRIu64 " equal event%s the next differs: %s\n", equal,
                   equal == 1 ? "" : "s", buf_cstr(&how));
        put_side(a, false, out);
        put_side(b, false, out);
    }
    buf_fini(&how);
}

bool tool_compare(struct rec_reader *a, struct rec_reader *b, const struct tool_events *f,
                  struct buf *out, bool *differ)
{
    struct side x = {.r = a}, y = {.r = b};
    u64 equal = 0;

    *differ = true;
    if (!sources_ok(a, f) && !sources_ok(b, f))
        return false;
    for (;; equal++) {
        advance(&x, f);
        advance(&y, f);
        if (!x.has && !y.has)
            break;
        if (x.has && y.has && same(&x, &y))
            continue;
        put_difference(&x, &y, equal, f->json, out);
        return true;
    }
    *differ = false;
    if (f->json)
        buf_printf(out, "{\"equal\": %" PRIu64 "}\n", equal);
    else
        buf_printf(out, "no difference: %" PRIu64 " equal event%s\n", equal, equal == 1 ? "" : "s");
    return true;
}
