/* vga_vbe.c - Bochs's VBE registers: linear modes of any size */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Bochs's "VBE Display API" (the vgabios package's vbe_display_api.txt), and QEMU's
 * docs/specs/standard-vga. An index register at 0x1ce and data at 0x1cf, of 16 bits; and the data
 * again at 0x1d0 for who wants it aligned.
 */
#include <string.h>

#include "emu/screen.h"
#include "emu/tlb.h"
#include "hw/vga_internal.h"

enum { FIRST_ID = 0xb0c0, LAST_ID = 0xb0c5 };

static u32 depth(const struct vga *s)
{
    u16 bpp = s->vbe[VBE_BPP];
    return bpp == 4 || bpp == 15 || bpp == 16 || bpp == 24 || bpp == 32 ? bpp : 8;
}

static u32 line_bytes(u32 width, u32 bpp)
{
    return bpp == 4 ? width / 8 : width * ((bpp + 7) / 8);
}

/* The registers hold what was written: whatever it is, the picture stays within bounds. That it
 * also lies within the memory is looked at line by line. */
struct vga_linear vga_vbe_view(const struct vga *s)
{
    struct vga_linear v = {.bpp = depth(s)};
    v.width = MIN(MAX(s->vbe[VBE_XRES], 1), SCREEN_MAX_WIDTH);
    v.height = MIN(MAX(s->vbe[VBE_YRES], 1), SCREEN_MAX_HEIGHT);
    v.line_bytes = line_bytes(MAX(s->vbe[VBE_VIRT_WIDTH], v.width), v.bpp);
    v.start = s->vbe[VBE_Y_OFFSET] * v.line_bytes + line_bytes(s->vbe[VBE_X_OFFSET], v.bpp);
    return v;
}

static u16 caps(unsigned index, u16 value)
{
    switch (index) {
    case VBE_XRES: return SCREEN_MAX_WIDTH;
    case VBE_YRES: return SCREEN_MAX_HEIGHT;
    case VBE_BPP: return 32;
    default: return value;
    }
}

u16 vga_vbe_read(struct vga *s, unsigned index)
{
    if (index >= VBE_REGISTERS)
        return 0;
    if (index == VBE_MEMORY_64K)
        return VGA_RAM_BYTES / (64 * KiB);
    if (s->vbe[VBE_ENABLE] & VBE_GET_CAPS)
        return caps(index, s->vbe[index]);
    return s->vbe[index];
}

/* Pages of zeros are left alone: they cost nothing in a snapshot. */
static void clear(struct vga *s)
{
    static const u8 zeros[PAGE_SIZE];
    struct vga_linear v = vga_vbe_view(s);
    u64 bytes = (u64)v.line_bytes * v.height;
    if (v.bpp == 4)
        bytes = 4 * ((bytes + VGA_BANK - 1) & ~(VGA_BANK - 1));
    for (u64 at = 0; at < MIN(bytes, VGA_RAM_BYTES); at += PAGE_SIZE)
        if (memcmp(s->ram->host + at, zeros, PAGE_SIZE))
            ram_write(s->dev.machine->cpu, s->ram, at, zeros, PAGE_SIZE);
}

static void update_virtual(struct vga *s)
{
    s->vbe[VBE_VIRT_WIDTH] = MAX(s->vbe[VBE_VIRT_WIDTH], s->vbe[VBE_XRES]);
    u32 bytes = vga_vbe_view(s).line_bytes, planes = depth(s) == 4 ? 4 : 1;
    s->vbe[VBE_VIRT_HEIGHT] = MIN(VGA_RAM_BYTES / planes / MAX(bytes, 1u), (u64)UINT16_MAX);
}

static void enable(struct vga *s, u16 value)
{
    bool was = vga_vbe_on(s);
    s->vbe[VBE_ENABLE] = value;
    if (!vga_vbe_on(s)) {
        s->vbe[VBE_BANK] = 0;
        return;
    }
    if (was)
        return;
    s->vbe[VBE_VIRT_WIDTH] = s->vbe[VBE_XRES];
    s->vbe[VBE_X_OFFSET] = s->vbe[VBE_Y_OFFSET] = s->vbe[VBE_BANK] = 0;
    update_virtual(s);
    if (!(value & VBE_NO_CLEAR))
        clear(s);
}

void vga_vbe_write(struct vga *s, unsigned index, u16 value)
{
    switch (index) {
    case VBE_ID:
        if (value >= FIRST_ID && value <= LAST_ID)
            s->vbe[VBE_ID] = value;
        break;
    case VBE_ENABLE: enable(s, value); break;
    case VBE_VIRT_WIDTH:
        s->vbe[index] = value;
        update_virtual(s);
        break;
    case VBE_XRES: case VBE_YRES: case VBE_BPP: case VBE_BANK: case VBE_X_OFFSET:
    case VBE_Y_OFFSET: s->vbe[index] = value; break;
    default: return;
    }
    vga_update_window(s);
}

/* ---- ports ---- */

/* The bus cuts what is not aligned: a word at 0x1cf comes as two bytes. */
enum { AT_INDEX = 0, AT_DATA = 1, AT_DATA_HIGH = 2 };

static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    struct vga *s = opaque;
    if (offset == AT_INDEX)
        return s->vbe_index;
    u16 data = vga_vbe_read(s, s->vbe_index);
    if (size == 2)
        return offset == AT_DATA_HIGH ? data : UINT16_MAX;
    return offset == AT_DATA ? data & 0xff : offset == AT_DATA_HIGH ? data >> 8 : 0xff;
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct vga *s = opaque;
    if (offset == AT_INDEX)
        s->vbe_index = value;
    else if (offset == AT_DATA)
        s->vbe_low = value;
    else if (offset == AT_DATA_HIGH)
        vga_vbe_write(s, s->vbe_index, size == 2 ? value : value << 8 | s->vbe_low);
}

const struct mmio_ops vga_vbe_ops = {read_port, write_port, 1, 2};
