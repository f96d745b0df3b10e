/* port.c - where a guest's character stream meets the host */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/port.h"

#include <stdlib.h>

#include "emu/check.h"
#include "emu/machine.h"

struct port {
    char *name;
    struct machine *machine;
    struct port_ops ops;
    void *opaque;
    int source;
    u32 posted; /* bytes in the door that the guest side has not got yet */
    void (*sink)(void *opaque, const u8 *data, u32 len);
    void *sink_opaque;
    void (*tap)(void *opaque, struct port *p, u8 byte);
    void *tap_opaque;
    bool muted;
};

static void port_deliver(void *opaque, const u8 *data, u32 len)
{
    struct port *p = opaque;
    if (!door_is_fed(p->machine->door)) /* else it comes from a recording, and ours still waits */
        p->posted -= MIN(p->posted, len);
    p->ops.receive(p->opaque, data, len);
}

struct port *port_new(struct machine *m, const char *name, const struct port_ops *ops, void *opaque)
{
    CHECK(m->n_ports < MACHINE_MAX_PORTS);
    struct port *p = xcalloc(1, sizeof(*p));
    p->name = xstrdup(name);
    p->machine = m;
    p->ops = *ops;
    p->opaque = opaque;
    p->source = door_add_source(m->door, p->name, port_deliver, NULL, p);
    m->port[m->n_ports++] = p;
    return p;
}

void port_delete(struct port *p)
{
    free(p->name);
    free(p);
}

const char *port_name(const struct port *p)
{
    return p->name;
}

void port_send(struct port *p, u8 byte)
{
    if (p->tap)
        p->tap(p->tap_opaque, p, byte);
    if (p->sink && !p->muted)
        p->sink(p->sink_opaque, &byte, 1);
}

void port_attach(struct port *p, void (*sink)(void *opaque, const u8 *data, u32 len), void *opaque)
{
    p->sink = sink;
    p->sink_opaque = opaque;
}

u32 port_room(struct port *p)
{
    if (door_is_fed(p->machine->door) || !p->ops.room)
        return 0;
    u32 room = p->ops.room(p->opaque);
    return room > p->posted ? room - p->posted : 0;
}

bool port_post(struct port *p, const u8 *data, u32 len)
{
    if (!door_post(p->machine->door, p->source, data, len))
        return false;
    p->posted += len;
    return true;
}

void port_set_tap(struct port *p, void (*tap)(void *opaque, struct port *p, u8 byte), void *opaque)
{
    p->tap = tap;
    p->tap_opaque = opaque;
}

void port_set_muted(struct port *p, bool muted)
{
    p->muted = muted;
}
