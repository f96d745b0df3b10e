/* debugcon.c - ports that firmware writes its messages to: logged line by line, or to a stream */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As Bochs has it at port 0xe9, and SeaBIOS expects it at 0x402: reading yields 0xe9. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/items.h"
#include "emu/log.h"
#include "hw/firmware.h"
#include "hw/pc_devices.h"

#define DEBUGCON_STATE(F, A, S, T) F(T, u64, written) /* bytes, ever */

struct debugcon {
    struct device dev;
    STATE_MEMBERS(DEBUGCON_STATE)
    struct port *port; /* NULL: into the log */
    char line[240]; /* not of the guest's state: it goes nowhere but into the log */
    unsigned len;
};
STATE_DESC(debugcon_state, "debugcon", struct debugcon, DEBUGCON_STATE);

static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)offset, (void)size;
    return 0xe9;
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)offset, (void)size;
    struct debugcon *s = opaque;
    char c = (char)value;
    s->written++;
    if (s->port) {
        port_send(s->port, value);
        return;
    }
    if (c == '\n' || s->len == sizeof(s->line)) {
        LOG(LOG_INFO, "%.*s", (int)s->len, s->line);
        s->len = 0;
    }
    if (c != '\n')
        s->line[s->len++] = c >= 32 && c < 127 ? c : c == '\t' ? ' ' : '?';
}

static const struct mmio_ops ops = {read_port, write_port, 1, 1};

static const struct device_type debugcon_type = {
    .name = "debugcon",
    .state = &debugcon_state,
};

struct device *debugcon_new(struct machine *m, u16 port)
{
    struct debugcon *s = xcalloc(1, sizeof(*s));
    bus_map_mmio(m->io, "debugcon", port, 1, &ops, s);
    device_attach(m, &s->dev, &debugcon_type);
    return &s->dev;
}

/* It listens to nothing. */
static void receive(void *opaque, const u8 *data, u32 len)
{
    (void)opaque, (void)data, (void)len;
}

struct given {
    unsigned long iobase;
    char chardev[32];
};

static bool take(struct given *g, const struct item *it)
{
    char *end;
    if (item_is(it, "id"))
        return true;
    if (item_is(it, "chardev"))
        return *it->value && snprintf(g->chardev, sizeof(g->chardev), "%s", it->value) <
                                 (int)sizeof(g->chardev);
    if (!item_is(it, "iobase"))
        return false;
    g->iobase = strtoul(it->value, &end, 0);
    return *it->value && !*end && g->iobase <= 0xffff;
}

static bool has_port(const struct machine *m, const char *name)
{
    for (u32 i = 0; i < m->n_ports; i++)
        if (!strcmp(port_name(m->port[i]), name))
            return true;
    return false;
}

/* The port is named by the stream, so that who replays can say where it goes. */
bool debugcon_add(struct machine *m, const char *text)
{
    static const struct port_ops port_ops = {.receive = receive};
    struct given g = {.iobase = 0xe9};
    char name[48];
    struct item it;

    for (const char *p = pc_device_properties(text); item_next(&p, &it);)
        if (!take(&g, &it))
            return error_report("-device %.200s: it has iobase, which is a port, and chardev", text);
    if (!*g.chardev)
        return error_report("-device %.200s: chardev=ID is missing", text);
    snprintf(name, sizeof(name), "debugcon:%s", g.chardev);
    if (has_port(m, name) || m->n_ports == MACHINE_MAX_PORTS)
        return error_report("-device %.200s: this stream is taken, or there are too many", text);
    struct debugcon *s = xcalloc(1, sizeof(*s));
    s->port = port_new(m, name, &port_ops, s);
    bus_map_mmio(m->io, "isa-debugcon", g.iobase, 1, &ops, s);
    device_attach(m, &s->dev, &debugcon_type);
    return true;
}
