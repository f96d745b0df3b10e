/* pci_ecam.c - a PCI host bridge whose configuration space is memory: "pci-host-ecam-generic" */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: PCI Express Base Specification 2.0, 7.2.2 (ECAM); Linux
 * Documentation/devicetree/bindings/pci/ host-generic-pci.yaml. The bus is conventional PCI to its
 * devices: bus 0 alone, no MSI. Devices are seen in the window of memory, at the addresses that
 * their registers have, and in the window of ports.
 */
#include "hw/pci_ecam.h"

#include "emu/check.h"

enum { CONFIG_BYTES = 256 /* a conventional function's; the rest of its 4 KiB is nowhere */ };

#define PCI_ECAM_STATE(F, A, S, T) S(T, struct pci_function, pci_function_state, pci, 1)

struct pci_ecam {
    struct device dev; /* the bridge's own function, 00:00.0 */
    STATE_MEMBERS(PCI_ECAM_STATE)
    struct pci_bus *bus;
    struct irq irq[PCI_ECAM_PINS];
};
STATE_DESC(pci_ecam_state, "pci_ecam", struct pci_ecam, PCI_ECAM_STATE);

/* Bits 27 to 20 are the bus, 19 to 12 device and function. */
static struct pci_function *function_at(struct pci_ecam *s, u64 offset)
{
    if (offset >> 20 || (offset & 0xfff) >= CONFIG_BYTES)
        return NULL;
    return pci_function_of(s->bus, (u8)(offset >> 12));
}

static u64 read_config(void *opaque, u64 offset, unsigned size)
{
    struct pci_function *f = function_at(opaque, offset);
    return f ? pci_config_read(f, offset & 0xff, size) : UINT64_MAX;
}

static void write_config(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pci_function *f = function_at(opaque, offset);
    if (f)
        pci_config_write(f, offset & 0xff, (u32)value, size);
}

static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    struct pci_ecam *s = opaque;
    return bus_read(s->dev.machine->io, offset, size);
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pci_ecam *s = opaque;
    bus_write(s->dev.machine->io, offset, value, size);
}

static const struct mmio_ops config_ops = {read_config, write_config, 1, 4};
static const struct mmio_ops port_ops = {read_port, write_port, 1, 4};

/* Pins are swizzled by the slot's number, where a PC's bridge counts from the slot before. */
static void route(void *opaque, int pirq, bool level)
{
    struct pci_ecam *s = opaque;
    irq_set(s->irq[(pirq + 1) % PCI_ECAM_PINS], level);
}

static void reset(struct device *d)
{
    pci_reset(((struct pci_ecam *)d)->pci);
}

static const struct device_type pci_ecam_type = {
    .name = "pci_ecam",
    .state = &pci_ecam_state,
    .reset = reset,
};

struct pci_bus *pci_ecam_new(struct machine *m, const struct pci_ecam_windows *w,
                             const struct irq irq[PCI_ECAM_PINS])
{
    struct pci_ecam *s = xcalloc(1, sizeof(*s));
    s->bus = pci_bus_new_in(m, w->memory, w->memory_bytes);
    for (unsigned i = 0; i < PCI_ECAM_PINS; i++)
        s->irq[i] = irq[i];
    pci_set_router(s->bus, route, s);
    bus_map_mmio(m->mem, "pci-config", w->config, w->config_bytes, &config_ops, s);
    bus_map_mmio(m->mem, "pci-ports", w->ports, PCI_ECAM_PORTS, &port_ops, s);
    device_attach(m, &s->dev, &pci_ecam_type);
    /* QEMU's identity, which drivers may know. */
    pci_attach(s->bus, s->pci, PCI_DEVFN(0, 0), 0x1b36, 0x0008, 0x0600, 0);
    pci_put32(s->pci->config, PCI_SUBSYSTEM, 0x11001af4);
    return s->bus;
}
