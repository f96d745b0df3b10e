/* pci.c - PCI bus 0: configuration space, base addresses, interrupt pins */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: PCI Local Bus Specification 2.1: 3.7.4.1 (configuration mechanism #1), chapter 6. */
#include "hw/pci.h"

#include "emu/check.h"
#include "emu/log.h"

#define BUS_STATE(F, A, S, T) F(T, u32, address)

struct pci_bus {
    struct device dev;
    STATE_MEMBERS(BUS_STATE)
    struct pci_function *function[256]; /* by devfn */
    void (*route)(void *opaque, int pirq, bool level);
    void *route_opaque;
    u64 memory, memory_bytes; /* the window; 0 bytes: all */
    void (*send_msi)(void *opaque, u64 addr, u32 data);
    void *msi_opaque;
    const struct mmio_ops *cf9;
    void *cf9_opaque;
};
STATE_DESC(bus_state, "pci", struct pci_bus, BUS_STATE);

static const struct state_field function_fields[] = {
    PCI_FUNCTION_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct pci_function)};
const struct state_desc pci_function_state = {"function", function_fields,
                                              ARRAY_SIZE(function_fields)};

u32 pci_config_read(struct pci_function *f, unsigned offset, unsigned size)
{
    u32 v = 0;
    for (unsigned i = 0; i < size; i++)
        v |= (u32)f->config[(offset + i) & 255] << (8 * i);
    return v;
}

void pci_config_write(struct pci_function *f, unsigned offset, u32 value, unsigned size)
{
    bool maps = false;
    for (unsigned i = 0; i < size; i++) {
        unsigned o = (offset + i) & 255;
        u8 v = value >> (8 * i), w = f->writable[o], c = f->clearable[o];
        f->config[o] = ((f->config[o] & ~w) | (v & w)) & ~(v & c);
        maps |= o == PCI_COMMAND || (o >= PCI_BAR0 && o < PCI_BAR0 + 24) || (o & ~3u) == PCI_ROM;
    }
    if (maps)
        pci_update_maps(f);
    if (f->written)
        f->written(f->opaque, offset, size);
}

static struct bus *bar_space(struct pci_function *f, const struct pci_bar *bar)
{
    struct machine *m = f->bus->dev.machine;
    return bar->io ? m->io : m->mem;
}

static bool in_window(const struct pci_bus *b, u64 base, u64 size)
{
    return !b->memory_bytes ||
           (base >= b->memory && size <= b->memory_bytes && base - b->memory <= b->memory_bytes - size);
}

static void update_map(struct pci_function *f, struct pci_bar *bar, u32 raw, bool on)
{
    u32 base = raw & ~(bar->size - 1);
    /* A register that was filled with ones to learn its size decodes nothing that matters. */
    on = on && base && base <= ~(bar->size - 1) - bar->size &&
         (bar->io ? base + bar->size <= 0x10000 : in_window(f->bus, base, bar->size));
    on = on && (f->config[PCI_COMMAND] & (bar->io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY));
    if (on)
        bus_move(bar_space(f, bar), bar->map, base);
    bus_enable(bar_space(f, bar), bar->map, on);
}

void pci_update_maps(struct pci_function *f)
{
    for (unsigned i = 0; i < 6; i++)
        if (f->bar[i].size)
            update_map(f, &f->bar[i], pci_get32(f, PCI_BAR0 + 4 * i), true);
    if (f->rom.size)
        update_map(f, &f->rom, pci_get32(f, PCI_ROM), f->config[PCI_ROM] & 1);
}

/* Of a mapping that is there; `at` is its register. */
static void declare(struct pci_function *f, struct pci_bar *bar, unsigned at, u32 fixed)
{
    CHECK(bar->size && !(bar->size & (bar->size - 1)));
    bus_enable(bar_space(f, bar), bar->map, false);
    pci_put32(f->writable, at, ~(bar->size - 1) & ~fixed);
    f->config[at] = bar->flags;
    f->writable[PCI_COMMAND] |= bar->io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
}

void pci_add_bar(struct pci_function *f, unsigned n, bool io, u32 size, const char *name,
                 const struct mmio_ops *ops, void *opaque)
{
    CHECK(n < 6);
    struct pci_bar *bar = &f->bar[n];
    *bar = (struct pci_bar){.size = size, .io = io, .flags = io};
    bar->map = bus_map_mmio(bar_space(f, bar), name, 0, size, ops, opaque);
    declare(f, bar, PCI_BAR0 + 4 * n, io ? 3 : 15);
}

void pci_add_ram_bar(struct pci_function *f, unsigned n, const char *name, struct ram *ram)
{
    CHECK(n < 6);
    struct pci_bar *bar = &f->bar[n];
    *bar = (struct pci_bar){.size = ram->size, .flags = 8};
    bar->map = bus_map_ram(bar_space(f, bar), name, 0, ram->size, ram, 0, false);
    declare(f, bar, PCI_BAR0 + 4 * n, 15);
}

void pci_add_rom(struct pci_function *f, const char *name, struct ram *rom)
{
    struct pci_bar *bar = &f->rom;
    *bar = (struct pci_bar){.size = rom->size};
    bar->map = bus_map_ram(bar_space(f, bar), name, 0, rom->size, rom, 0, true);
    declare(f, bar, PCI_ROM, 0);
    f->writable[PCI_ROM] |= 1;
}

void pci_reset(struct pci_function *f)
{
    pci_put16(f->config, PCI_COMMAND, 0);
    for (unsigned i = 0; i < 6; i++)
        if (f->bar[i].size)
            pci_put32(f->config, PCI_BAR0 + 4 * i, f->bar[i].flags);
    if (f->rom.size)
        pci_put32(f->config, PCI_ROM, 0);
    f->config[PCI_INT_LINE] = 0;
    f->intx = false;
    pci_update_maps(f);
}

int pci_pirq_of(u8 devfn, unsigned pin)
{
    return ((devfn >> 3) - 1 + pin) & 3;
}

static void drive_pirq(struct pci_bus *b, int pirq)
{
    bool level = false;
    for (unsigned i = 0; i < 256; i++) {
        struct pci_function *f = b->function[i];
        if (f && f->intx && f->config[PCI_INT_PIN] &&
            pci_pirq_of(i, f->config[PCI_INT_PIN] - 1) == pirq)
            level = true;
    }
    if (b->route)
        b->route(b->route_opaque, pirq, level);
}

void pci_set_intx(struct pci_function *f, bool level)
{
    if (f->intx == level || !f->config[PCI_INT_PIN])
        return;
    f->intx = level;
    drive_pirq(f->bus, pci_pirq_of(f->devfn, f->config[PCI_INT_PIN] - 1));
}

void pci_set_router(struct pci_bus *b, void (*set)(void *opaque, int pirq, bool level),
                    void *opaque)
{
    b->route = set;
    b->route_opaque = opaque;
}

void pci_set_msi(struct pci_bus *b, void (*send)(void *opaque, u64 addr, u32 data), void *opaque)
{
    b->send_msi = send;
    b->msi_opaque = opaque;
}

bool pci_has_msi(const struct pci_bus *b)
{
    return b->send_msi != NULL;
}

void pci_send_msi(struct pci_function *f, u64 addr, u32 data)
{
    if (f->bus->send_msi && (f->config[PCI_COMMAND] & PCI_COMMAND_MASTER))
        f->bus->send_msi(f->bus->msi_opaque, addr, data);
}

void pci_set_cf9(struct pci_bus *b, const struct mmio_ops *ops, void *opaque)
{
    b->cf9 = ops;
    b->cf9_opaque = opaque;
}

void pci_attach(struct pci_bus *b, struct pci_function *f, u8 devfn, u16 vendor, u16 device,
                u16 class, u8 revision)
{
    CHECK(!b->function[devfn]);
    b->function[devfn] = f;
    f->bus = b;
    f->devfn = devfn;
    pci_put16(f->config, PCI_VENDOR, vendor);
    pci_put16(f->config, PCI_DEVICE, device);
    pci_put16(f->config, PCI_CLASS, class);
    f->config[PCI_REVISION] = revision;
    pci_put16(f->writable, PCI_COMMAND,
              0x0144); /* master, parity, SERR#; the rest when there are BARs */
    pci_put16(f->clearable, PCI_STATUS, 0xf900);
    f->writable[PCI_INT_LINE] = 0xff;
}

struct pci_function *pci_function_of(struct pci_bus *b, u8 devfn)
{
    return b->function[devfn];
}

u8 pci_free_slot(const struct pci_bus *b, unsigned slot)
{
    while (slot < 32 && b->function[PCI_DEVFN(slot, 0)])
        slot++;
    return slot < 32 ? PCI_DEVFN(slot, 0) : 0;
}

/* Configuration mechanism #1: a whole dword at 0xcf8 is the address; smaller
 * accesses pass it by. */
static struct pci_function *selected(struct pci_bus *b)
{
    if (!(b->address >> 31) || (b->address >> 16 & 0xff))
        return NULL;
    return b->function[b->address >> 8 & 0xff];
}

static u64 read_address(void *opaque, u64 offset, unsigned size)
{
    struct pci_bus *b = opaque;
    if (offset == 0 && size == 4)
        return b->address;
    if (offset == 1 && size == 1 && b->cf9)
        return b->cf9->read(b->cf9_opaque, 0, 1);
    return UINT64_MAX;
}

static void write_address(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pci_bus *b = opaque;
    if (offset == 0 && size == 4)
        b->address = value & 0x80fffffc;
    else if (offset == 1 && size == 1 && b->cf9)
        b->cf9->write(b->cf9_opaque, 0, value, 1);
}

static u64 read_data(void *opaque, u64 offset, unsigned size)
{
    struct pci_bus *b = opaque;
    struct pci_function *f = selected(b);
    return f ? pci_config_read(f, (b->address & 0xfc) + offset, size) : UINT64_MAX;
}

static void write_data(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pci_bus *b = opaque;
    struct pci_function *f = selected(b);
    if (f)
        pci_config_write(f, (b->address & 0xfc) + offset, value, size);
}

static const struct mmio_ops address_ops = {read_address, write_address, 1, 4};
static const struct mmio_ops data_ops = {read_data, write_data, 1, 4};

static void reset(struct device *d)
{
    ((struct pci_bus *)d)->address = 0;
}

static void info(struct device *d, struct buf *out)
{
    struct pci_bus *b = (struct pci_bus *)d;
    for (unsigned i = 0; i < 256; i++) {
        struct pci_function *f = b->function[i];
        if (f)
            buf_printf(out, "00:%02x.%x %04x: %04x:%04x\n", i >> 3, i & 7, pci_get16(f, PCI_CLASS),
                       pci_get16(f, PCI_VENDOR), pci_get16(f, PCI_DEVICE));
    }
}

static const struct device_type bus_type = {
    .name = "pci",
    .state = &bus_state,
    .reset = reset,
    .info = info,
};

struct pci_bus *pci_bus_new(struct machine *m)
{
    struct pci_bus *b = pci_bus_new_in(m, 0, 0);
    bus_map_mmio(m->io, "pci-address", 0xcf8, 4, &address_ops, b);
    bus_map_mmio(m->io, "pci-data", 0xcfc, 4, &data_ops, b);
    return b;
}

struct pci_bus *pci_bus_new_in(struct machine *m, u64 memory, u64 memory_bytes)
{
    struct pci_bus *b = xcalloc(1, sizeof(*b));
    b->memory = memory;
    b->memory_bytes = memory_bytes;
    device_attach(m, &b->dev, &bus_type);
    return b;
}
