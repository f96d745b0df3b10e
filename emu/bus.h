/* bus.h - an address space: what answers at which physical address or port */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Regions are mapped in order, and a later one covers an earlier one where they overlap. Accesses
 * of any size and alignment may be made; the bus cuts or widens them to what a device declares,
 * little-endian, so that a device sees only sizes it knows. An address where nothing is mapped
 * reads as all ones.
 */
#ifndef EMU_BUS_H
#define EMU_BUS_H

#include "emu/ram.h"
#include "emu/types.h"

struct bus;
struct machine;

struct mmio_ops {
    u64 (*read)(void *opaque, u64 offset, unsigned size);
    void (*write)(void *opaque, u64 offset, u64 value, unsigned size);
    u8 min_size, max_size; /* bytes: 1, 2, 4 or 8; 0 means 1 and 4 */
};

enum region_kind { REGION_NONE, REGION_RAM, REGION_ROM, REGION_MMIO };

struct region { /* as bus_find() reports it: the visible part that contains an address */
    enum region_kind kind;
    u64 start, size;   /* of the visible part */
    struct ram *ram;   /* RAM, ROM */
    u64 ram_offset;    /* of `start` in it */
    const struct mmio_ops *ops; /* MMIO; ROM: guest stores go there, NULL: nowhere */
    void *opaque;
    u64 mmio_offset;   /* of `start` from the device's base */
    const char *name;
};

/* The machine's TLB and code lookups are flushed whenever the map changes; machine may be NULL. */
struct bus *bus_new(const char *name, u64 size, struct machine *m);
void bus_delete(struct bus *b);

/* Mapping returns a handle for bus_move()/bus_enable(). Addresses and sizes of RAM are
 * page-aligned; for REGION_ROM guest writes are dropped. name and ops must outlive the bus. */
int bus_map_ram(struct bus *b, const char *name, u64 base, u64 size, struct ram *ram, u64 offset,
                bool rom);
int bus_map_mmio(struct bus *b, const char *name, u64 base, u64 size, const struct mmio_ops *ops,
                 void *opaque);
/* Read and executed from as ROM, while stores go to a device: flash memory. */
int bus_map_rom_device(struct bus *b, const char *name, u64 base, u64 size, struct ram *ram,
                       const struct mmio_ops *ops, void *opaque);
void bus_enable(struct bus *b, int handle, bool on);
void bus_move(struct bus *b, int handle, u64 base);
/* Another part of its RAM, page-aligned, shows there. */
void bus_set_ram_offset(struct bus *b, int handle, u64 offset);

const struct region *bus_find(struct bus *b, u64 addr); /* never NULL; kind REGION_NONE if unmapped */

/* Guest-like accesses: they reach devices and have their side effects. size 1, 2, 4, 8. */
u64 bus_read(struct bus *b, u64 addr, unsigned size);
void bus_write(struct bus *b, u64 addr, u64 value, unsigned size);

/* DMA and loaders: RAM and ROM only; parts that are neither read as 0xff and are not written.
 * bus_write_bytes() also writes ROM when rom is true (loaders only). False if a part was left out.
 */
bool bus_read_bytes(struct bus *b, u64 addr, void *out, size_t n);
bool bus_write_bytes(struct bus *b, u64 addr, const void *data, size_t n, bool rom);

/* For `info mtree` and gdb's memory map: calls fn for each visible region in address order. */
void bus_each(struct bus *b, void (*fn)(void *opaque, const struct region *r), void *opaque);

#endif
