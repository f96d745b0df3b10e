/* input.c - the door: posts and answers, from the host or from a recorded future */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/input.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/clock.h"
#include "emu/log.h"

struct source {
    const char *name;
    door_deliver deliver;
    door_answer answer;
    void *opaque;
};

struct post {
    struct post *next;
    u32 source, len;
    u8 data[];
};

struct door {
    struct clock *clock;
    struct source *source;
    u32 n_sources;
    struct post *first, **last; /* posted, not yet delivered */
    struct door_feed feed;
    bool fed, diverged;
    void (*tap)(void *opaque, const struct door_event *ev);
    void *tap_opaque;
};

struct door *door_new(struct clock *clock)
{
    struct door *d = xcalloc(1, sizeof(*d));
    d->clock = clock;
    d->last = &d->first;
    return d;
}

void door_delete(struct door *d)
{
    for (struct post *p = d->first, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    free(d->source);
    free(d);
}

int door_add_source(struct door *d, const char *name, door_deliver deliver, door_answer answer,
                    void *opaque)
{
    CHECK(!deliver != !answer);
    for (u32 i = 0; i < d->n_sources; i++)
        CHECK(strcmp(d->source[i].name, name));
    d->source = xrealloc(d->source, (d->n_sources + 1) * sizeof(*d->source));
    d->source[d->n_sources] = (struct source){name, deliver, answer, opaque};
    return d->n_sources++;
}

u32 door_n_sources(const struct door *d)
{
    return d->n_sources;
}

const char *door_source_name(const struct door *d, u32 source)
{
    return source < d->n_sources ? d->source[source].name : "unknown";
}

void door_set_feed(struct door *d, const struct door_feed *feed)
{
    d->fed = feed != NULL;
    d->feed = feed ? *feed : (struct door_feed){0};
    d->diverged = false;
}

void door_set_tap(struct door *d, void (*tap)(void *opaque, const struct door_event *ev), void *opaque)
{
    d->tap = tap;
    d->tap_opaque = opaque;
}

bool door_is_fed(const struct door *d)
{
    return d->fed;
}

bool door_diverged(const struct door *d)
{
    return d->diverged;
}

PRINTF_LIKE(2, 3) static void diverge(struct door *d, const char *fmt, ...)
{
    char message[256];
    va_list ap;

    if (d->diverged)
        return;
    d->diverged = true;
    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    if (d->feed.diverged)
        d->feed.diverged(d->feed.opaque, message);
}

static void tap(struct door *d, u32 source, const void *data, u32 len)
{
    struct door_event ev = {d->clock->icount, d->clock->idle_ns, source, len, data};
    if (d->tap)
        d->tap(d->tap_opaque, &ev);
}

void door_tap_event(struct door *d, int source, const void *data, u32 len)
{
    CHECK(!d->fed);
    tap(d, source, data, len);
}

bool door_post(struct door *d, int source, const void *data, u32 len)
{
    CHECK((u32)source < d->n_sources && d->source[source].deliver);
    if (d->fed)
        return false;
    struct post *p = xmalloc(sizeof(*p) + len);
    p->next = NULL;
    p->source = source;
    p->len = len;
    if (len)
        memcpy(p->data, data, len);
    *d->last = p;
    d->last = &p->next;
    return true;
}

bool door_has_posts(const struct door *d)
{
    return !d->fed && d->first;
}

/* The feed's next event, unless it is one that should have happened already. */
static bool peek_valid(struct door *d, struct door_event *ev)
{
    const struct clock *c = d->clock;

    if (!d->fed || d->diverged || !d->feed.peek(d->feed.opaque, ev))
        return false;
    if (ev->source >= d->n_sources) {
        diverge(d, "the recording has an event of source %u, which this machine does not have",
                ev->source);
        return false;
    }
    if (ev->icount < c->icount || (ev->icount == c->icount && ev->idle_ns < c->idle_ns)) {
        diverge(d, "the recorded %s of '%s' at icount %" PRIu64 " (idle %" PRIu64
                " ns) was passed without happening (now icount %" PRIu64 ", idle %" PRIu64 " ns)",
                d->source[ev->source].answer ? "question" : "input", d->source[ev->source].name,
                ev->icount, ev->idle_ns, c->icount, c->idle_ns);
        return false;
    }
    return true;
}

static void answer_from_feed(struct door *d, u32 source, void *out, u32 len)
{
    struct door_event ev;
    const char *name = d->source[source].name;

    memset(out, 0, len);
    if (d->diverged)
        return;
    bool valid = peek_valid(d, &ev);
    if (d->diverged)
        return;
    if (!valid) {
        diverge(d, "the guest asks '%s' after the end of the recording's events", name);
    } else if (ev.source != source || ev.icount != d->clock->icount ||
               ev.idle_ns != d->clock->idle_ns || ev.len != len) {
        diverge(d, "the guest asks '%s' for %u bytes at icount %" PRIu64 ", but the recording's next "
                "event is '%s', %u bytes, at icount %" PRIu64, name, len, d->clock->icount,
                d->source[ev.source].name, ev.len, ev.icount);
    } else {
        if (len)
            memcpy(out, ev.data, len);
        d->feed.pop(d->feed.opaque);
    }
}

void door_ask(struct door *d, int source, void *out, u32 len)
{
    CHECK((u32)source < d->n_sources && d->source[source].answer);
    if (d->fed) {
        answer_from_feed(d, source, out, len);
        return;
    }
    d->source[source].answer(d->source[source].opaque, out, len);
    tap(d, source, out, len);
}

static bool deliver_from_feed(struct door *d)
{
    struct door_event ev;

    if (!peek_valid(d, &ev) || d->source[ev.source].answer || ev.icount != d->clock->icount ||
        ev.idle_ns != d->clock->idle_ns)
        return false;
    const struct source *s = &d->source[ev.source];
    u8 *data = xmalloc(ev.len); /* pop may invalidate what peek gave */
    if (ev.len)
        memcpy(data, ev.data, ev.len);
    d->feed.pop(d->feed.opaque);
    s->deliver(s->opaque, data, ev.len);
    free(data);
    return true;
}

/* One event only: what it causes (a deadline, a reset) comes before the next one, live and replayed
 * alike. */
bool door_deliver_due(struct door *d)
{
    if (d->fed)
        return deliver_from_feed(d);
    struct post *p = d->first;
    if (!p)
        return false;
    d->first = p->next;
    if (!d->first)
        d->last = &d->first;
    tap(d, p->source, p->data, p->len);
    d->source[p->source].deliver(d->source[p->source].opaque, p->data, p->len);
    free(p);
    return true;
}

bool door_next(struct door *d, u64 *icount, u64 *idle_ns)
{
    struct door_event ev;

    if (!peek_valid(d, &ev) || d->source[ev.source].answer)
        return false;
    *icount = ev.icount;
    *idle_ns = ev.idle_ns;
    return true;
}

void door_declare_diverged(struct door *d, const char *message)
{
    if (d->fed)
        diverge(d, "%s", message);
}
