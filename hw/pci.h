/* pci.h - PCI bus 0: configuration space, base addresses, interrupt pins */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PCI_H
#define HW_PCI_H

#include "emu/bus.h"
#include "emu/device.h"
#include "emu/irq.h"
#include "emu/machine.h"

#define PCI_DEVFN(slot, function) ((slot) << 3 | (function))

enum { /* PCI 2.1, 6.1: offsets in configuration space */
       PCI_VENDOR = 0x00,
       PCI_DEVICE = 0x02,
       PCI_COMMAND = 0x04,
       PCI_STATUS = 0x06,
       PCI_REVISION = 0x08,
       PCI_PROG_IF = 0x09,
       PCI_CLASS = 0x0a,
       PCI_HEADER_TYPE = 0x0e,
       PCI_BAR0 = 0x10,
       PCI_SUBSYSTEM = 0x2c,
       PCI_ROM = 0x30,
       PCI_INT_LINE = 0x3c,
       PCI_INT_PIN = 0x3d,
};
enum { PCI_COMMAND_IO = 1, PCI_COMMAND_MEMORY = 2, PCI_COMMAND_MASTER = 4 };

struct pci_bus;

#define PCI_FUNCTION_STATE(F, A, S, T)                                                             \
    A(T, u8, config, 256)                                                                          \
    F(T, bool, intx) /* level of its interrupt pin */

struct pci_bar {
    u32 size; /* a power of two; 0: none */
    bool io;
    u8 flags; /* its low bits, which the guest cannot change */
    int map;  /* bus handle */
};

/* One function of a device. A device embeds it and lists its state as
 * S(T, struct pci_function, pci_function_state, pci, 1). */
struct pci_function {
    STATE_MEMBERS(PCI_FUNCTION_STATE)
    u8 writable[256]; /* which bits the guest may change, */
    u8 clearable[256]; /* and which it clears by writing ones */
    struct pci_bar bar[6], rom;
    struct pci_bus *bus;
    u8 devfn;
    void (*written)(void *opaque, unsigned offset, unsigned size); /* after a write; may be NULL */
    void *opaque;
};

extern const struct state_desc pci_function_state;

/* A PC's, with its configuration ports; or one of which memory is seen in this window only, and
 * whose bridge sees to its configuration. */
struct pci_bus *pci_bus_new(struct machine *m);
struct pci_bus *pci_bus_new_in(struct machine *m, u64 memory, u64 memory_bytes);
struct pci_function *pci_function_of(struct pci_bus *b, u8 devfn); /* NULL: there is none */

/* Puts a function on the bus; its identity goes into config. After this the device may open more
 * registers. */
void pci_attach(struct pci_bus *b, struct pci_function *f, u8 devfn, u16 vendor, u16 device,
                u16 class, u8 revision);
/* Function 0 of the first slot, from `slot` on, that is free; 0 when there is none. */
u8 pci_free_slot(const struct pci_bus *b, unsigned slot);
/* Declares base address register n. */
void pci_add_bar(struct pci_function *f, unsigned n, bool io, u32 size, const char *name,
                 const struct mmio_ops *ops, void *opaque);
/* One that shows a RAM of that size, which is a power of two: prefetchable memory. */
void pci_add_ram_bar(struct pci_function *f, unsigned n, const char *name, struct ram *ram);
/* The expansion ROM, also of such a size. */
void pci_add_rom(struct pci_function *f, const char *name, struct ram *rom);
/* From the device's reset: command register and base addresses cleared. */
void pci_reset(struct pci_function *f);
/* From its after_load: maps what the registers say. */
void pci_update_maps(struct pci_function *f);

/* The function's interrupt pin (PCI_INT_PIN says which of INTA to INTD). */
void pci_set_intx(struct pci_function *f, bool level);
/* Where the bus's four interrupt lines go: the PIRQs of the bridge. Device slot's pin is rotated by
 * slot - 1. */
void pci_set_router(struct pci_bus *b, void (*set)(void *opaque, int pirq, bool level),
                    void *opaque);
int pci_pirq_of(u8 devfn, unsigned pin);

/* Where messages (writes of 32 bits that are interrupts) go; without, functions offer none. */
void pci_set_msi(struct pci_bus *b, void (*send)(void *opaque, u64 addr, u32 data), void *opaque);
bool pci_has_msi(const struct pci_bus *b);
void pci_send_msi(struct pci_function *f, u64 addr, u32 data); /* if it may be bus master */

/* Port 0xcf9, which lies inside the configuration address port. */
void pci_set_cf9(struct pci_bus *b, const struct mmio_ops *ops, void *opaque);

u32 pci_config_read(struct pci_function *f, unsigned offset, unsigned size);
void pci_config_write(struct pci_function *f, unsigned offset, u32 value, unsigned size);

static inline u16 pci_get16(const struct pci_function *f, unsigned offset)
{
    return f->config[offset] | f->config[offset + 1] << 8;
}

static inline void pci_put16(u8 *bytes, unsigned offset, u16 value)
{
    bytes[offset] = value;
    bytes[offset + 1] = value >> 8;
}

static inline u32 pci_get32(const struct pci_function *f, unsigned offset)
{
    return pci_get16(f, offset) | (u32)pci_get16(f, offset + 2) << 16;
}

static inline void pci_put32(u8 *bytes, unsigned offset, u32 value)
{
    pci_put16(bytes, offset, value);
    pci_put16(bytes, offset + 2, value >> 16);
}

#endif
