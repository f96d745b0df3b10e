/* piix3_ide.c - the south bridge's IDE controller: two channels, bus-master DMA */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: Intel 82371SB (PIIX3) data sheet, 2.3 (configuration) and 2.6 (bus master registers);
 * "Programming Interface for Bus Master IDE Controller", revision 1.0. The channels are at their
 * legacy ports always; timings and the decode enable bits are only remembered.
 */
#include "hw/piix3_ide.h"

#include <string.h>

#include "emu/check.h"
#include "hw/ide.h"

enum { R_IDETIM = 0x40, R_SIDETIM = 0x44, BAR_BUS_MASTER = 4, BUS_MASTER_PORTS = 16 };
enum { BM_START = 1, BM_TO_MEMORY = 8 };                      /* command */
enum { BM_ACTIVE = 1, BM_ERROR = 2, BM_INTERRUPT = 4, BM_CAPABLE = 0x60 }; /* status */
enum { PRD_END = 0x8000, MAX_PRDS = 8192 };

#define BUS_MASTER_STATE(F, A, S, T)                                                               \
    F(T, u8, command)                                                                              \
    F(T, u8, status)                                                                               \
    F(T, u32, table)                                                                               \
    F(T, u32, next)       /* descriptor to be fetched; from table on */                            \
    F(T, u32, address)    /* of the descriptor in use: what is left of it */                       \
    F(T, u32, room)                                                                                \
    F(T, bool, last)      /* and it ends the table */

struct bus_master {
    STATE_MEMBERS(BUS_MASTER_STATE)
};

static const struct state_field bus_master_fields[] = {
    BUS_MASTER_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct bus_master)};
static const struct state_desc bus_master_state = {"bus-master", bus_master_fields,
                                                   ARRAY_SIZE(bus_master_fields)};

#define PIIX3_IDE_STATE(F, A, S, T)                                                                \
    S(T, struct pci_function, pci_function_state, pci, 1)                                          \
    S(T, struct bus_master, bus_master_state, master, 2)                                           \
    S(T, struct ide_channel, ide_channel_state, channel, 2)

struct piix3_ide {
    struct device dev;
    STATE_MEMBERS(PIIX3_IDE_STATE)
};
STATE_DESC(piix3_ide_state, "piix3_ide", struct piix3_ide, PIIX3_IDE_STATE);

static struct bus_master *master_of(struct piix3_ide *s, struct ide_channel *c)
{
    return &s->master[c - s->channel];
}

static void reschedule(void *opaque)
{
    struct piix3_ide *s = opaque;
    device_set_deadline(&s->dev, MIN(s->channel[0].due, s->channel[1].due));
}

static void tick(struct device *d)
{
    struct piix3_ide *s = (struct piix3_ide *)d;
    u64 now = machine_now_ns(d->machine);
    for (unsigned i = 0; i < 2; i++)
        if (s->channel[i].due <= now)
            ide_tick(&s->channel[i]);
    reschedule(s);
}

static void interrupted(void *opaque, struct ide_channel *c)
{
    master_of(opaque, c)->status |= BM_INTERRUPT;
}

/* ---- the transfer ---- */

static bool dma_ready(void *opaque, struct ide_channel *c)
{
    struct piix3_ide *s = opaque;
    struct bus_master *b = master_of(s, c);
    return (b->command & BM_START) && (s->pci->config[PCI_COMMAND] & PCI_COMMAND_MASTER);
}

/* The next descriptor: address, count (0 is 64 KiB), end bit. The table does not cross 64 KiB. */
static bool fetch(struct piix3_ide *s, struct bus_master *b)
{
    struct { u32 address; u16 count, flags; } prd;
    if (b->last || !bus_read_bytes(s->dev.machine->mem, b->next, &prd, sizeof(prd)))
        return false;
    b->next = (b->table & 0xffff0000) | ((b->next + 8) & 0xffff);
    b->address = prd.address & ~1u;
    b->room = prd.count & ~1u ? prd.count & ~1u : 0x10000;
    b->last = prd.flags & PRD_END;
    return true;
}

static bool move_piece(struct piix3_ide *s, struct ide_channel *c, u64 addr, u32 n)
{
    struct ide_drive *d = ide_selected(c);
    if (c->write)
        return disk_write_from_memory(d->disk, c->offset, addr, n);
    if (c->from_disk || !d->cd)
        return disk_read_to_memory(d->disk, c->offset, addr, n);
    u32 from = (u32)MIN(c->offset, (u64)IDE_BUFFER);
    bus_write_bytes(s->dev.machine->mem, addr, c->buffer + from, MIN(n, IDE_BUFFER - from), false);
    return true;
}

/* When the table ends first, the bus master stops and the drive waits for ever (the guest resets
 * it); when the drive is done first, the bus master stays active. */
static bool dma_move(void *opaque, struct ide_channel *c)
{
    struct piix3_ide *s = opaque;
    struct bus_master *b = master_of(s, c);
    unsigned fetched = 0;

    while (c->left) {
        if (!b->room && (fetched++ == MAX_PRDS || !fetch(s, b))) {
            b->status &= ~BM_ACTIVE;
            return true;
        }
        u32 n = (u32)MIN((u64)b->room, c->left);
        if (!move_piece(s, c, b->address, n)) {
            b->status = (b->status | BM_ERROR) & ~BM_ACTIVE;
            return false;
        }
        b->address += n;
        b->room -= n;
        c->offset += n;
        c->left -= n;
    }
    if (b->last && !b->room)
        b->status &= ~BM_ACTIVE;
    return true;
}

/* ---- registers ---- */

static void write_command(struct piix3_ide *s, unsigned n, u8 value)
{
    struct bus_master *b = &s->master[n];
    bool was = b->command & BM_START;
    b->command = value & (BM_START | BM_TO_MEMORY);
    if (!(value & BM_START)) {
        b->status &= ~BM_ACTIVE;
        if (was && s->channel[n].phase == IDE_DMA) { /* in the middle: it waits to be started */
            s->channel[n].due = NEVER;
            reschedule(s);
        }
    } else if (!was) {
        b->status |= BM_ACTIVE;
        b->next = b->table;
        b->room = 0;
        b->last = false;
        ide_dma_started(&s->channel[n]);
    }
}

static u8 read_byte(struct piix3_ide *s, unsigned offset)
{
    const struct bus_master *b = &s->master[offset / 8];
    switch (offset % 8) {
    case 0: return b->command;
    case 2: return b->status;
    case 4: case 5: case 6: case 7: return b->table >> (8 * (offset % 4));
    default: return 0;
    }
}

static void write_byte(struct piix3_ide *s, unsigned offset, u8 value)
{
    struct bus_master *b = &s->master[offset / 8];
    unsigned shift = 8 * (offset % 4);
    switch (offset % 8) {
    case 0: write_command(s, offset / 8, value); break;
    case 2:
        b->status = (b->status & (BM_ACTIVE | BM_ERROR | BM_INTERRUPT) & ~(value & 6)) |
                    (value & BM_CAPABLE);
        break;
    case 4: case 5: case 6: case 7:
        b->table = ((b->table & ~((u32)0xff << shift)) | (u32)value << shift) & ~3u;
        break;
    default: break;
    }
}

static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    u64 v = 0;
    for (unsigned i = 0; i < size; i++)
        v |= (u64)read_byte(opaque, (offset + i) & 15) << (8 * i);
    return v;
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        write_byte(opaque, (offset + i) & 15, value >> (8 * i));
}

static const struct mmio_ops bus_master_ops = {read_port, write_port, 1, 4};

/* ---- the device ---- */

static void reset(struct device *d)
{
    struct piix3_ide *s = (struct piix3_ide *)d;
    pci_reset(s->pci);
    pci_put16(s->pci->config, PCI_STATUS, 0x0280);
    memset(s->pci->config + R_IDETIM, 0, 5);
    memset(s->master, 0, sizeof(s->master));
    for (unsigned i = 0; i < 2; i++)
        ide_reset(&s->channel[i]);
}

static void after_load(struct device *d)
{
    struct piix3_ide *s = (struct piix3_ide *)d;
    pci_update_maps(s->pci);
    for (unsigned i = 0; i < 2; i++)
        ide_after_load(&s->channel[i]);
}

static const struct device_type piix3_ide_type = {
    .name = "piix3_ide",
    .state = &piix3_ide_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
};

static void add_channel(struct piix3_ide *s, unsigned n, struct irq line,
                        const struct piix3_ide_drive drive[2])
{
    static const u16 command[2] = {0x1f0, 0x170}, control[2] = {0x3f6, 0x376};
    struct machine *m = s->dev.machine;
    struct ide_channel *c = &s->channel[n];

    ide_init(c, m, line);
    c->dma_ready = dma_ready;
    c->dma_move = dma_move;
    c->reschedule = reschedule;
    c->interrupted = interrupted;
    c->opaque = s;
    for (unsigned i = 0; i < 2; i++)
        ide_set_drive(c, i, drive[i].disk, drive[i].cd, 2 * n + i);
    bus_map_mmio(m->io, "ide", command[n], 8, &ide_command_ops, c);
    bus_map_mmio(m->io, "ide-control", control[n], 1, &ide_control_ops, c);
}

struct device *piix3_ide_new(struct machine *m, struct pci_bus *bus, struct irq irq14,
                             struct irq irq15, const struct piix3_ide_drive drive[4])
{
    struct piix3_ide *s = xcalloc(1, sizeof(*s));
    s->dev.prompt = true;
    device_attach(m, &s->dev, &piix3_ide_type);
    pci_attach(bus, s->pci, PIIX3_IDE_DEVFN, 0x8086, 0x7010, 0x0101, 0);
    s->pci->config[PCI_PROG_IF] = 0x80; /* bus master; the ports are fixed */
    pci_add_bar(s->pci, BAR_BUS_MASTER, true, BUS_MASTER_PORTS, "bus-master", &bus_master_ops, s);
    memset(s->pci->writable + R_IDETIM, 0xff, 5);
    add_channel(s, 0, irq14, drive);
    add_channel(s, 1, irq15, drive + 2);
    return &s->dev;
}
