/* bus.c - an address space: mapped regions, made flat for lookup */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/bus.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/machine.h"
#include "emu/tlb.h"

struct mapping {
    struct region region; /* as mapped; start may move */
    bool enabled;
};

struct bus {
    const char *name;
    u64 size; /* 0: the whole 64-bit space */
    struct machine *machine;
    struct mapping *map;
    u32 n_maps;
    struct region *flat; /* covers [0, size) without gaps, in address order */
    u32 n_flat, last;
};

static u64 last_address(const struct bus *b)
{
    return b->size - 1;
}

static bool covers(const struct mapping *m, u64 addr)
{
    return m->enabled && addr >= m->region.start && addr - m->region.start < m->region.size;
}

/* What is visible at addr, as the part of the mapping that starts there (its end is set by the
 * caller). */
static struct region visible_at(const struct bus *b, u64 addr)
{
    for (u32 i = b->n_maps; i-- > 0;) {
        const struct region *r = &b->map[i].region;
        if (!covers(&b->map[i], addr))
            continue;
        struct region v = *r;
        v.start = addr;
        v.ram_offset += addr - r->start;
        v.mmio_offset = addr - r->start;
        return v;
    }
    return (struct region){.kind = REGION_NONE, .start = addr, .name = "unmapped"};
}

static bool continues(const struct region *a, const struct region *n)
{
    u64 step = n->start - a->start;
    return a->kind == n->kind && a->ram == n->ram && a->ops == n->ops && a->opaque == n->opaque &&
           a->name == n->name && (!a->ram || a->ram_offset + step == n->ram_offset) &&
           (!a->ops || a->mmio_offset + step == n->mmio_offset);
}

static int by_address(const void *a, const void *b)
{
    u64 x = *(const u64 *)a, y = *(const u64 *)b;
    return (x > y) - (x < y);
}

static u32 boundaries(const struct bus *b, u64 *at)
{
    u32 n = 0;
    at[n++] = 0;
    for (u32 i = 0; i < b->n_maps; i++) {
        const struct region *r = &b->map[i].region;
        if (!b->map[i].enabled || r->start > last_address(b))
            continue;
        at[n++] = r->start;
        if (r->size <= last_address(b) - r->start)
            at[n++] = r->start + r->size;
    }
    qsort(at, n, sizeof(*at), by_address);
    return n;
}

static void flatten(struct bus *b)
{
    u64 *at = xcalloc(2 * b->n_maps + 1, sizeof(*at));
    u32 n = boundaries(b, at);
    b->flat = xrealloc(b->flat, n * sizeof(*b->flat));
    b->n_flat = b->last = 0;
    for (u32 i = 0; i < n; i++) {
        if (i && at[i] == at[i - 1])
            continue;
        struct region r = visible_at(b, at[i]);
        if (!b->n_flat || !continues(&b->flat[b->n_flat - 1], &r))
            b->flat[b->n_flat++] = r;
    }
    for (u32 i = 0; i < b->n_flat; i++) {
        u64 end = i + 1 < b->n_flat ? b->flat[i + 1].start - 1 : last_address(b);
        b->flat[i].size = end - b->flat[i].start + 1;
    }
    free(at);
}

static void changed(struct bus *b)
{
    flatten(b);
    if (b->machine && b->machine->cpu && b->machine->cpu->tlb)
        tlb_flush(b->machine->cpu);
}

struct bus *bus_new(const char *name, u64 size, struct machine *m)
{
    struct bus *b = xcalloc(1, sizeof(*b));
    b->name = name;
    b->size = size;
    b->machine = m;
    flatten(b);
    return b;
}

void bus_delete(struct bus *b)
{
    if (!b)
        return;
    free(b->map);
    free(b->flat);
    free(b);
}

static int add(struct bus *b, struct region r)
{
    CHECK(r.size > 0);
    b->map = xrealloc(b->map, (b->n_maps + 1) * sizeof(*b->map));
    b->map[b->n_maps] = (struct mapping){r, true};
    b->n_maps++;
    changed(b);
    return (int)b->n_maps - 1;
}

int bus_map_ram(struct bus *b, const char *name, u64 base, u64 size, struct ram *ram, u64 offset,
                bool rom)
{
    CHECK(!PAGE_OFFSET(base) && !PAGE_OFFSET(size) && !PAGE_OFFSET(offset));
    CHECK(offset <= ram->size && size <= ram->size - offset);
    return add(b, (struct region){.kind = rom ? REGION_ROM : REGION_RAM,
                                  .start = base,
                                  .size = size,
                                  .ram = ram,
                                  .ram_offset = offset,
                                  .name = name});
}

int bus_map_mmio(struct bus *b, const char *name, u64 base, u64 size, const struct mmio_ops *ops,
                 void *opaque)
{
    return add(b, (struct region){.kind = REGION_MMIO,
                                  .start = base,
                                  .size = size,
                                  .ops = ops,
                                  .opaque = opaque,
                                  .name = name});
}

int bus_map_rom_device(struct bus *b, const char *name, u64 base, u64 size, struct ram *ram,
                       const struct mmio_ops *ops, void *opaque)
{
    int handle = bus_map_ram(b, name, base, size, ram, 0, true);
    b->map[handle].region.ops = ops;
    b->map[handle].region.opaque = opaque;
    flatten(b);
    return handle;
}

void bus_enable(struct bus *b, int handle, bool on)
{
    CHECK(handle >= 0 && (u32)handle < b->n_maps);
    if (b->map[handle].enabled == on)
        return;
    b->map[handle].enabled = on;
    changed(b);
}

void bus_move(struct bus *b, int handle, u64 base)
{
    CHECK(handle >= 0 && (u32)handle < b->n_maps);
    struct region *r = &b->map[handle].region;
    CHECK(!r->ram || !PAGE_OFFSET(base));
    if (r->start == base)
        return;
    r->start = base;
    changed(b);
}

void bus_set_ram_offset(struct bus *b, int handle, u64 offset)
{
    CHECK(handle >= 0 && (u32)handle < b->n_maps);
    struct region *r = &b->map[handle].region;
    CHECK(r->ram && !PAGE_OFFSET(offset) && offset <= r->ram->size &&
          r->size <= r->ram->size - offset);
    if (r->ram_offset == offset)
        return;
    r->ram_offset = offset;
    changed(b);
}

static bool in_region(const struct region *r, u64 addr)
{
    return addr >= r->start && addr - r->start < r->size;
}

static const struct region nowhere = {.kind = REGION_NONE, .name = "outside"};

const struct region *bus_find(struct bus *b, u64 addr)
{
    if (LIKELY(in_region(&b->flat[b->last], addr)))
        return &b->flat[b->last];
    if (addr > last_address(b))
        return &nowhere;
    u32 lo = 0, hi = b->n_flat; /* flat[lo].start <= addr < flat[hi].start */
    while (hi - lo > 1) {
        u32 mid = lo + (hi - lo) / 2;
        if (b->flat[mid].start <= addr)
            lo = mid;
        else
            hi = mid;
    }
    b->last = lo;
    return &b->flat[lo];
}

/*
 * The largest access a device takes at this offset: aligned, no larger than what is left. One
 * smaller than the device's minimum is widened: the device sees the aligned access of its minimum
 * size that contains it, whose other bytes are zero when it is a write.
 */
static unsigned piece_size(u64 offset, unsigned left, unsigned max)
{
    unsigned n = MIN(max, 8u);
    while (n > left || (offset & (n - 1)))
        n >>= 1;
    return n;
}

static u64 low_bytes(unsigned n)
{
    return n >= 8 ? UINT64_MAX : ((u64)1 << (8 * n)) - 1;
}

static u64 mmio_read(const struct region *r, u64 offset, unsigned n)
{
    unsigned min = r->ops->min_size ? r->ops->min_size : 1;
    if (!r->ops->read)
        return low_bytes(n);
    if (n >= min)
        return r->ops->read(r->opaque, offset, n) & low_bytes(n);
    u64 base = offset & ~(u64)(min - 1);
    return (r->ops->read(r->opaque, base, min) >> (8 * (offset - base))) & low_bytes(n);
}

static void mmio_write(const struct region *r, u64 offset, u64 value, unsigned n)
{
    unsigned min = r->ops->min_size ? r->ops->min_size : 1;
    if (!r->ops->write)
        return;
    if (n >= min) {
        r->ops->write(r->opaque, offset, value & low_bytes(n), n);
        return;
    }
    u64 base = offset & ~(u64)(min - 1);
    r->ops->write(r->opaque, base, (value & low_bytes(n)) << (8 * (offset - base)), min);
}

/* How much of an access at addr one region and one device access take; *r is a copy, because the
 * access may change the map. */
static unsigned piece_at(struct bus *b, u64 addr, unsigned left, struct region *r)
{
    *r = *bus_find(b, addr);
    if (r->size && left > r->size - (addr - r->start))
        left = (unsigned)(r->size - (addr - r->start));
    if (!r->ops)
        return left;
    return piece_size(addr - r->start + r->mmio_offset, left,
                      r->ops->max_size ? r->ops->max_size : 4);
}

u64 bus_read(struct bus *b, u64 addr, unsigned size)
{
    u64 value = 0;
    for (unsigned done = 0, n; done < size; done += n, addr += n) {
        struct region r;
        n = piece_at(b, addr, size - done, &r);
        u64 v = low_bytes(n), off = addr - r.start;
        if (r.ram)
            memcpy(&v, r.ram->host + r.ram_offset + off, n);
        else if (r.kind == REGION_MMIO)
            v = mmio_read(&r, r.mmio_offset + off, n);
        value |= (v & low_bytes(n)) << (8 * done);
    }
    return value;
}

void bus_write(struct bus *b, u64 addr, u64 value, unsigned size)
{
    for (unsigned done = 0, n; done < size; done += n, addr += n) {
        struct region r;
        n = piece_at(b, addr, size - done, &r);
        u64 v = value >> (8 * done), off = addr - r.start;
        if (r.kind == REGION_RAM && !r.ram->readonly_to_guest)
            ram_write(b->machine ? b->machine->cpu : NULL, r.ram, r.ram_offset + off, &v, n);
        else if (r.ops)
            mmio_write(&r, r.mmio_offset + off, v, n);
    }
}

static size_t span(const struct region *r, u64 addr, size_t n)
{
    u64 left = r->size - (addr - r->start);
    return r->size && n > left ? (size_t)left : n;
}

bool bus_read_bytes(struct bus *b, u64 addr, void *out, size_t n)
{
    bool whole = true;
    for (size_t done = 0, k; done < n; done += k) {
        const struct region *r = bus_find(b, addr + done);
        k = span(r, addr + done, n - done);
        if (r->ram)
            memcpy((u8 *)out + done, r->ram->host + r->ram_offset + (addr + done - r->start), k);
        else
            memset((u8 *)out + done, 0xff, k);
        whole &= r->ram != NULL;
    }
    return whole;
}

bool bus_write_bytes(struct bus *b, u64 addr, const void *data, size_t n, bool rom)
{
    bool whole = true;
    for (size_t done = 0, k; done < n; done += k) {
        const struct region *r = bus_find(b, addr + done);
        k = span(r, addr + done, n - done);
        bool ok = r->ram && (rom || (r->kind == REGION_RAM && !r->ram->readonly_to_guest));
        if (ok)
            ram_write(b->machine ? b->machine->cpu : NULL, r->ram,
                      r->ram_offset + (addr + done - r->start), (const u8 *)data + done, k);
        whole &= ok;
    }
    return whole;
}

void bus_each(struct bus *b, void (*fn)(void *opaque, const struct region *r), void *opaque)
{
    for (u32 i = 0; i < b->n_flat; i++)
        if (b->flat[i].kind != REGION_NONE)
            fn(opaque, &b->flat[i]);
}
