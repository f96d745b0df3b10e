/* net_queue.c - frames for a card that has no room now */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TCP's window bounds what waits here, and whoever sends without a window must live with loss.
 * Nothing that was posted is ever lost; what is dropped here the guest's history never knew of.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/host/net.h"
#include "emu/log.h"

#define FULL_BYTES (1 * MiB)
#define MAX_BYTES (8 * MiB)

struct net_queue_frame {
    struct net_queue_frame *next;
    u32 len;
    u8 data[];
};

void net_queue_init(struct net_queue *q, struct net_port *port)
{
    *q = (struct net_queue){.port = port};
    q->last = &q->first;
}

static void drop_first(struct net_queue *q)
{
    struct net_queue_frame *f = q->first;
    q->first = f->next;
    if (!q->first)
        q->last = &q->first;
    q->bytes -= f->len;
    free(f);
}

void net_queue_fini(struct net_queue *q)
{
    while (q->first)
        drop_first(q);
}

bool net_queue_is_full(const struct net_queue *q)
{
    return q->bytes >= FULL_BYTES;
}

void net_queue_flush(struct net_queue *q)
{
    while (q->first && net_port_room(q->port) &&
           net_port_post(q->port, q->first->data, q->first->len))
        drop_first(q);
}

void net_queue_put(struct net_queue *q, const u8 *frame, u32 len)
{
    if (!len || len > NET_FRAME_MAX)
        return;
    if (!q->first && net_port_room(q->port) && net_port_post(q->port, frame, len))
        return;
    if (q->bytes + len > MAX_BYTES) {
        if (!q->dropped++)
            LOG(LOG_INFO, "%s: the guest takes no frames: they are dropped", net_port_id(q->port));
        return;
    }
    struct net_queue_frame *f = xmalloc(sizeof(*f) + len);
    f->next = NULL;
    f->len = len;
    memcpy(f->data, frame, len);
    *q->last = f;
    q->last = &f->next;
    q->bytes += len;
}
