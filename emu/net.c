/* net.c - the wire between a network card and the host */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/net.h"

#include <stdlib.h>

#include "emu/check.h"
#include "emu/machine.h"

struct net_port {
    char *id, *source_name;
    struct machine *machine;
    struct net_port_ops ops;
    void *opaque;
    int source;
    u32 posted; /* frames in the door that the card has not got yet */
    void (*sink)(void *opaque, const u8 *frame, u32 len);
    void (*resume)(void *opaque);
    void *sink_opaque;
    void (*tap)(void *opaque, bool sent, const u8 *frame, u32 len);
    void *tap_opaque;
    bool muted;
    bool blocked; /* the card said that it has no room, and has not resumed since */
};

static void see(struct net_port *p, bool sent, const u8 *frame, u32 len)
{
    if (p->tap && !p->muted)
        p->tap(p->tap_opaque, sent, frame, len);
}

static void deliver(void *opaque, const u8 *frame, u32 len)
{
    struct net_port *p = opaque;
    bool live = !door_is_fed(p->machine->door); /* else it comes from a recording, and ours waits */
    p->posted -= live && p->posted > 0;
    if (!len || len > NET_FRAME_MAX)
        return;
    see(p, false, frame, len);
    p->ops.receive(p->opaque, frame, len);
    if (live && p->resume && !p->muted)
        p->resume(p->sink_opaque);
}

struct net_port *net_port_new(struct machine *m, const char *id, const struct net_port_ops *ops,
                              void *opaque)
{
    CHECK(m->n_nets < MACHINE_MAX_NETS);
    struct net_port *p = xcalloc(1, sizeof(*p));
    p->id = xstrdup(id);
    p->source_name = xasprintf("net:%s", id);
    p->machine = m;
    p->ops = *ops;
    p->opaque = opaque;
    p->source = door_add_source(m->door, p->source_name, deliver, NULL, p);
    m->net[m->n_nets++] = p;
    return p;
}

void net_port_delete(struct net_port *p)
{
    free(p->id);
    free(p->source_name);
    free(p);
}

const char *net_port_id(const struct net_port *p)
{
    return p->id;
}

void net_port_send(struct net_port *p, const u8 *frame, u32 len)
{
    CHECK(len && len <= NET_FRAME_MAX);
    see(p, true, frame, len);
    if (p->sink && !p->muted)
        p->sink(p->sink_opaque, frame, len);
}

void net_port_resume(struct net_port *p)
{
    if (p->muted || door_is_fed(p->machine->door))
        return;
    p->blocked = false;
    if (p->resume)
        p->resume(p->sink_opaque);
}

void net_port_attach(struct net_port *p, void (*sink)(void *opaque, const u8 *frame, u32 len),
                     void (*resume)(void *opaque), void *opaque)
{
    p->sink = sink;
    p->resume = resume;
    p->sink_opaque = opaque;
}

bool net_port_room(struct net_port *p)
{
    if (door_is_fed(p->machine->door) || p->posted || p->muted || p->blocked)
        return false;
    p->blocked = !p->ops.room(p->opaque);
    return !p->blocked;
}

bool net_port_post(struct net_port *p, const u8 *frame, u32 len)
{
    CHECK(len && len <= NET_FRAME_MAX);
    if (!door_post(p->machine->door, p->source, frame, len))
        return false;
    p->posted++;
    if (p->machine->cpu)
        p->machine->cpu->attention = true; /* it may come from the guest's own step */
    return true;
}

void net_port_set_tap(struct net_port *p,
                      void (*tap)(void *opaque, bool sent, const u8 *frame, u32 len), void *opaque)
{
    p->tap = tap;
    p->tap_opaque = opaque;
}

void net_port_set_muted(struct net_port *p, bool muted)
{
    p->muted = muted;
}
