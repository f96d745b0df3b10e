/* system_ports.c - port 0x92, the x87 error latch, and IDE channels without drives */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: IBM PS/2 Hardware Interface Technical Reference, "System control port A"; Intel 82371SB
 * data sheet, 2.5.5 (coprocessor error, port 0xf0). Address line 20 always passes; its switch is
 * only remembered. ATA-2, 4.2: D7 of an IDE channel is pulled down, so that one without a drive
 * does not look busy for ever.
 */
#include "hw/system_ports.h"

#include "emu/check.h"

enum { PORT92_RESET = 1, PORT92_A20 = 2 };

#define SYSTEM_PORTS_STATE(F, A, S, T)                                                             \
    F(T, u8, port92)                                                                               \
    F(T, bool, ferr) /* level of FERR# */

struct system_ports {
    struct device dev;
    STATE_MEMBERS(SYSTEM_PORTS_STATE)
    struct irq irq13;
};
STATE_DESC(system_ports_state, "system-ports", struct system_ports, SYSTEM_PORTS_STATE);

static u64 read_port92(void *opaque, u64 offset, unsigned size)
{
    (void)offset, (void)size;
    return ((struct system_ports *)opaque)->port92;
}

static void write_port92(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)offset, (void)size;
    struct system_ports *s = opaque;
    if ((value & PORT92_RESET) && !(s->port92 & PORT92_RESET))
        machine_request(s->dev.machine, REQUEST_RESET, 0);
    s->port92 = value & (PORT92_RESET | PORT92_A20);
}

static u64 read_port_f0(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)offset, (void)size;
    return 0xff;
}

/* A write takes the interrupt back and asserts IGNNE#. */
static void write_port_f0(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)value, (void)size;
    struct system_ports *s = opaque;
    if (offset == 0)
        irq_lower(s->irq13);
}

static void set_ferr(void *opaque, int line, bool level)
{
    (void)line;
    struct system_ports *s = opaque;
    if (level && !s->ferr)
        irq_raise(s->irq13);
    s->ferr = level;
}

static u64 read_no_drive(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)offset, (void)size;
    return 0x7f;
}

static const struct mmio_ops no_drive_ops = {read_no_drive, NULL, 1, 1};
static const struct mmio_ops port92_ops = {read_port92, write_port92, 1, 1};
static const struct mmio_ops port_f0_ops = {read_port_f0, write_port_f0, 1, 1};

static void reset(struct device *d)
{
    struct system_ports *s = (struct system_ports *)d;
    s->port92 = PORT92_A20;
    s->ferr = false;
    irq_lower(s->irq13);
}

static const struct device_type system_ports_type = {
    .name = "system-ports",
    .state = &system_ports_state,
    .reset = reset,
};

struct device *system_ports_new(struct machine *m, struct irq irq13)
{
    struct system_ports *s = xcalloc(1, sizeof(*s));
    s->irq13 = irq13;
    bus_map_mmio(m->io, "port92", 0x92, 1, &port92_ops, s);
    bus_map_mmio(m->io, "x87-error", 0xf0, 2, &port_f0_ops, s);
    bus_map_mmio(m->io, "ide-no-drive", 0x1f0, 8, &no_drive_ops, s);
    bus_map_mmio(m->io, "ide-no-drive", 0x170, 8, &no_drive_ops, s);
    bus_map_mmio(m->io, "ide-no-drive", 0x3f6, 1, &no_drive_ops, s);
    bus_map_mmio(m->io, "ide-no-drive", 0x376, 1, &no_drive_ops, s);
    device_attach(m, &s->dev, &system_ports_type);
    if (m->cpu) {
        m->cpu->ferr.set = set_ferr;
        m->cpu->ferr.opaque = s;
    }
    return &s->dev;
}
