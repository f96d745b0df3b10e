/* i440fx.c - the host bridge: what is visible between 640 KiB and 1 MiB */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Intel 440FX PCIset (82441FX PMC) data sheet, 3.2.17 (PAM) and 3.2.24 (SMRAM). */
#include "hw/i440fx.h"

#include <string.h>

#include "emu/check.h"
#include "emu/engine.h"
#include "emu/tlb.h"

enum { R_PAM = 0x59, R_SMRAM = 0x72 };
enum { PAM_READ = 1, PAM_WRITE = 2 };
enum { SMRAM_OPEN = 0x40, SMRAM_CLOSED = 0x20, SMRAM_LOCKED = 0x10, SMRAM_ENABLE = 0x08 };
enum { N_SEGMENTS = 13 };

#define I440FX_STATE(F, A, S, T) S(T, struct pci_function, pci_function_state, pci, 1)

struct segment {
    struct i440fx *owner;
    u32 base, size;
    int ram, rom, write_only; /* handles of its mappings, one enabled at a time */
};

struct i440fx {
    struct device dev;
    STATE_MEMBERS(I440FX_STATE)
    struct ram *ram;
    struct segment segment[N_SEGMENTS];
    int smram;
};
STATE_DESC(i440fx_state, "i440fx", struct i440fx, I440FX_STATE);

/* A segment whose reads go to the ROM and whose writes go to the RAM behind it: shadowing by
 * copying in place. The ROM is what lies under this mapping. */
static u64 read_shadowed(void *opaque, u64 offset, unsigned size)
{
    struct segment *g = opaque;
    struct bus *mem = g->owner->dev.machine->mem;
    bus_enable(mem, g->write_only, false);
    u64 v = bus_read(mem, g->base + offset, size);
    bus_enable(mem, g->write_only, true);
    return v;
}

static void write_shadow(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct segment *g = opaque;
    ram_write(g->owner->dev.machine->cpu, g->owner->ram, g->base + offset, &value, size);
}

static const struct mmio_ops write_only_ops = {read_shadowed, write_shadow, 1, 8};

static u8 pam_of(const struct i440fx *s, unsigned segment)
{
    /* PAM0's high half is 0xf0000; PAM1 to PAM6 have two segments each, from 0xc0000. */
    if (segment == 12)
        return s->pci->config[R_PAM] >> 4 & 3;
    return s->pci->config[R_PAM + 1 + segment / 2] >> (segment & 1 ? 4 : 0) & 3;
}

static void update_maps(struct i440fx *s)
{
    struct bus *mem = s->dev.machine->mem;
    for (unsigned i = 0; i < N_SEGMENTS; i++) {
        struct segment *g = &s->segment[i];
        u8 pam = pam_of(s, i);
        bus_enable(mem, g->ram, pam == (PAM_READ | PAM_WRITE));
        bus_enable(mem, g->rom, pam == PAM_READ);
        bus_enable(mem, g->write_only, pam == PAM_WRITE);
    }
    u8 smram = s->pci->config[R_SMRAM];
    bus_enable(mem, s->smram,
               (smram & SMRAM_ENABLE) && (smram & SMRAM_OPEN) && !(smram & SMRAM_CLOSED));
}

static void written(void *opaque, unsigned offset, unsigned size)
{
    struct i440fx *s = opaque;
    if (offset < R_SMRAM + 1 && offset + size > R_PAM) {
        if (s->pci->config[R_SMRAM] & SMRAM_LOCKED) {
            s->pci->config[R_SMRAM] &= ~SMRAM_OPEN;
            s->pci->writable[R_SMRAM] = 0;
        }
        update_maps(s);
    }
}

static void set_writable(struct i440fx *s)
{
    for (unsigned i = 0; i < 7; i++)
        s->pci->writable[R_PAM + i] = i ? 0x33 : 0x30;
    s->pci->writable[R_SMRAM] = s->pci->config[R_SMRAM] & SMRAM_LOCKED ? 0 : 0x78;
}

static void reset(struct device *d)
{
    struct i440fx *s = (struct i440fx *)d;
    u8 *config = s->pci->config;
    pci_reset(s->pci);
    pci_put16(config, PCI_COMMAND, 0x0006);
    pci_put16(config, PCI_STATUS, 0x0280);
    memset(config + R_PAM, 0, 7);
    config[R_SMRAM] = 0x02;
    set_writable(s);
    update_maps(s);
}

static void after_load(struct device *d)
{
    set_writable((struct i440fx *)d);
    update_maps((struct i440fx *)d);
}

static const struct device_type i440fx_type = {
    .name = "i440fx",
    .state = &i440fx_state,
    .reset = reset,
    .after_load = after_load,
};

static void map_segment(struct i440fx *s, unsigned i)
{
    struct machine *m = s->dev.machine;
    struct segment *g = &s->segment[i];
    g->owner = s;
    g->base = i == 12 ? 0xf0000 : 0xc0000 + i * 0x4000;
    g->size = i == 12 ? 0x10000 : 0x4000;
    g->ram = bus_map_ram(m->mem, "shadow-ram", g->base, g->size, s->ram, g->base, false);
    g->rom = bus_map_ram(m->mem, "shadow-rom", g->base, g->size, s->ram, g->base, true);
    g->write_only = bus_map_mmio(m->mem, "shadow-copy", g->base, g->size, &write_only_ops, g);
}

struct device *i440fx_new(struct machine *m, struct pci_bus *bus, struct ram *ram)
{
    CHECK(ram->size >= MiB);
    struct i440fx *s = xcalloc(1, sizeof(*s));
    s->ram = ram;
    device_attach(m, &s->dev, &i440fx_type);
    pci_attach(bus, s->pci, PCI_DEVFN(0, 0), 0x8086, 0x1237, 0x0600, 2);
    /* By these firmware knows the board as the one that QEMU has, with fw_cfg. */
    pci_put32(s->pci->config, PCI_SUBSYSTEM, 0x11001af4);
    s->pci->written = written;
    s->pci->opaque = s;
    for (unsigned i = 0; i < N_SEGMENTS; i++)
        map_segment(s, i);
    s->smram = bus_map_ram(m->mem, "smram", 0xa0000, 0x20000, ram, 0xa0000, false);
    set_writable(s);
    update_maps(s);
    return &s->dev;
}
