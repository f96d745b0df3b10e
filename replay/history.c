/* history.c - the events of a line of history */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "replay/history.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"

void history_fini(struct history *h)
{
    history_truncate(h, 0);
    free(h->event);
    *h = (struct history){0};
}

u64 history_count(const struct history *h)
{
    return h->reader ? rec_n_events(h->reader) : h->n;
}

bool history_get(const struct history *h, u64 index, struct door_event *ev)
{
    if (h->reader)
        return rec_event(h->reader, index, ev);
    if (index >= h->n)
        return false;
    *ev = h->event[index];
    return true;
}

void history_add(struct history *h, const struct door_event *ev)
{
    CHECK(!h->reader);
    if (h->n == h->cap) {
        h->cap = MAX(h->cap * 2, (u64)64);
        h->event = xrealloc(h->event, h->cap * sizeof(*h->event));
    }
    u8 *data = xmalloc(MAX(ev->len, 1u));
    if (ev->len)
        memcpy(data, ev->data, ev->len);
    h->event[h->n] = *ev;
    h->event[h->n++].data = data;
}

void history_truncate(struct history *h, u64 n)
{
    CHECK(!n || !h->reader);
    while (h->n > n)
        free((u8 *)h->event[--h->n].data);
}
