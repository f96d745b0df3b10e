/* vga_memory.c - the VGA's memory window: latches, write modes, chained and odd/even addresses */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: IBM VGA reference as in FreeVGA, "Accessing the VGA Display Memory" and "Graphics
 * Registers". */
#include "emu/tlb.h"
#include "hw/vga_internal.h"

enum { MAP_128K, MAP_64K, MAP_MONO, MAP_COLOR };

static u8 memory_map(const struct vga *s)
{
    return s->gfx[GFX_MISC] >> 2 & 3;
}

static u32 bank(const struct vga *s)
{
    return vga_vbe_on(s) ? (s->vbe[VBE_BANK] & 0xff) * (u32)VGA_BANK : 0;
}

/* Where an address of the window is in the planes, before chaining; false: nowhere. */
static bool decode(const struct vga *s, u32 address, u32 *offset)
{
    static const struct {
        u32 start, size;
    } maps[] = {{0, 0x20000}, {0, 0x10000}, {0x10000, 0x8000}, {0x18000, 0x8000}};
    u8 map = memory_map(s);
    if (!(s->misc & MISC_RAM) || address - maps[map].start >= maps[map].size)
        return false;
    *offset = bank(s) + ((address - maps[map].start) & 0xffff);
    return true;
}

/* ---- reading ---- */

/* A bit for each pixel whose colour is the one that is looked for. */
static u8 compare(const struct vga *s, u32 planes)
{
    u32 d = (planes ^ vga_expand(s->gfx[GFX_COMPARE])) & vga_expand(s->gfx[GFX_DONT_CARE]);
    return ~(d | d >> 8 | d >> 16 | d >> 24);
}

static u8 read_byte(struct vga *s, u32 address)
{
    u32 offset;
    if (!decode(s, address, &offset))
        return 0xff;
    unsigned plane = s->gfx[GFX_READ_MAP] & 3;
    if (s->seq[SEQ_MEMORY] & MEMORY_CHAIN4) {
        plane = offset & 3;
        offset &= ~3u;
    } else if (s->gfx[GFX_MODE] & GFX_MODE_ODD_EVEN) {
        plane = (plane & 2) | (offset & 1);
        offset &= ~1u;
    }
    s->latch = vga_planes(s, offset);
    if (s->gfx[GFX_MODE] & GFX_MODE_READ_COMPARE)
        return compare(s, s->latch);
    return s->latch >> (8 * plane);
}

static u64 read_window(void *opaque, u64 offset, unsigned size)
{
    u64 v = 0;
    for (unsigned i = 0; i < size; i++)
        v |= (u64)read_byte(opaque, (u32)offset + i) << (8 * i);
    return v;
}

/* ---- writing ---- */

static u32 combine(const struct vga *s, u32 v)
{
    switch (s->gfx[GFX_FUNCTION] >> 3 & 3) {
    case 1: return v & s->latch;
    case 2: return v | s->latch;
    case 3: return v ^ s->latch;
    default: return v;
    }
}

static u8 rotate(const struct vga *s, u8 v)
{
    unsigned n = s->gfx[GFX_FUNCTION] & 7;
    return v >> n | v << (8 - n);
}

/* What the four planes are given. */
static u32 planes_of(const struct vga *s, u8 v)
{
    u32 set = vga_expand(s->gfx[GFX_SET_RESET]), wide, bits = s->gfx[GFX_BIT_MASK];
    switch (s->gfx[GFX_MODE] & 3) {
    case 0: {
        u32 enabled = vga_expand(s->gfx[GFX_ENABLE_SET_RESET]);
        wide = (rotate(s, v) * 0x01010101u & ~enabled) | (set & enabled);
        break;
    }
    case 1: return s->latch;
    case 2: wide = vga_expand(v); break;
    default:
        wide = set;
        bits &= rotate(s, v);
        break;
    }
    bits *= 0x01010101;
    return (combine(s, wide) & bits) | (s->latch & ~bits);
}

static void write_byte(struct vga *s, u32 address, u8 value)
{
    u32 offset, planes = s->seq[SEQ_MAP_MASK];
    if (!decode(s, address, &offset))
        return;
    if (s->seq[SEQ_MEMORY] & MEMORY_CHAIN4) {
        planes &= 1u << (offset & 3);
        offset &= ~3u;
    } else if (!(s->seq[SEQ_MEMORY] & MEMORY_NOT_ODD_EVEN)) {
        planes &= offset & 1 ? 0xa : 0x5;
        offset &= ~1u;
    }
    u32 mask = vga_expand(planes), old = vga_planes(s, offset);
    u32 new = (old & ~mask) | (planes_of(s, value) & mask);
    if (new != old)
        ram_write(s->dev.machine->cpu, s->ram, vga_place(offset), &new, 4);
}

static void write_window(void *opaque, u64 offset, u64 value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        write_byte(opaque, (u32)offset + i, value >> (8 * i));
}

const struct mmio_ops vga_memory_ops = {read_window, write_window, 1, 4};

/* ---- plain RAM ---- */

/* Every plane is written as the program says, and read too. That a read does not fill the latches
 * then is not seen by who does not change the mode in between. */
static bool is_plain(const struct vga *s)
{
    if (!(s->misc & MISC_RAM) || memory_map(s) != MAP_64K)
        return false;
    if (vga_vbe_on(s))
        return vga_vbe_view(s).bpp >= 8;
    return (s->seq[SEQ_MEMORY] & MEMORY_CHAIN4) && (s->seq[SEQ_MAP_MASK] & 15) == 15 &&
           !(s->gfx[GFX_MODE] & (3 | GFX_MODE_READ_COMPARE)) &&
           !(s->gfx[GFX_ENABLE_SET_RESET] & 15) && !(s->gfx[GFX_FUNCTION] & 31) &&
           s->gfx[GFX_BIT_MASK] == 0xff;
}

void vga_update_window(struct vga *s)
{
    struct bus *mem = s->dev.machine->mem;
    bool plain = is_plain(s);
    if (s->window < 0)
        return;
    if (plain)
        bus_set_ram_offset(mem, s->window, bank(s));
    bus_enable(mem, s->window, plain);
}
