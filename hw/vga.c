/* vga.c - the VGA's registers, its ports, and its place on the PCI bus */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: IBM's VGA as FreeVGA describes it ("VGA I/O Ports" and the register pages); QEMU's
 * docs/specs/standard-vga for the PCI side: BAR 0 the frame buffer, BAR 2 the registers as memory.
 * There is no EDID block, which is optional.
 *
 * It draws nothing by itself: vga_render.c makes the picture of the present state for who asks.
 */
#include "hw/vga.h"

#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "emu/tlb.h"
#include "hw/vga_internal.h"

#define NAME "vga"

STATE_DESC(vga_state, NAME, struct vga, VGA_STATE);

/* ---- register groups ---- */

static void write_seq(struct vga *s, u8 value)
{
    static const u8 bits[8] = {0x03, 0x3d, 0x0f, 0x3f, 0x0e};
    unsigned i = s->seq_index & 7;
    s->seq[i] = value & bits[i];
    vga_update_window(s);
}

static void write_gfx(struct vga *s, u8 value)
{
    static const u8 bits[16] = {0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff};
    unsigned i = s->gfx_index & 15;
    s->gfx[i] = value & bits[i];
    vga_update_window(s);
}

/* Registers 0 to 7 can be protected, but for a bit of the split line in 7. */
static void write_crtc(struct vga *s, u8 value)
{
    unsigned i = s->crtc_index & 31;
    if (i <= CRTC_OVERFLOW && (s->crtc[CRTC_RETRACE_END] & 0x80)) {
        if (i == CRTC_OVERFLOW)
            s->crtc[i] = (s->crtc[i] & ~0x10) | (value & 0x10);
        return;
    }
    s->crtc[i] = value;
}

static void write_attr(struct vga *s, u8 value)
{
    unsigned i = s->attr_index & 31;
    if (!s->attr_data)
        s->attr_index = value & 0x3f;
    else if (i >= 16)
        s->attr[i] = value;
    else if (!(s->attr_index & ATTR_INDEX_ON)) /* the palette is the screen's while it shows */
        s->attr[i] = value & 0x3f;
    s->attr_data = !s->attr_data;
}

static bool dac_is_8bit(const struct vga *s)
{
    return vga_vbe_on(s) && (s->vbe[VBE_ENABLE] & VBE_8BIT_DAC);
}

static u8 read_dac(struct vga *s)
{
    u8 v = s->dac[3 * s->dac_read + s->dac_part % 3];
    if (++s->dac_part >= 3) {
        s->dac_part = 0;
        s->dac_read++;
    }
    return v;
}

static void write_dac(struct vga *s, u8 value)
{
    s->dac_latch[s->dac_part % 3] = dac_is_8bit(s) ? value : value & 0x3f;
    if (++s->dac_part >= 3) {
        memcpy(s->dac + 3 * s->dac_write, s->dac_latch, 3);
        s->dac_part = 0;
        s->dac_write++;
    }
}

/* ---- ports ---- */

static u8 read_status1(struct vga *s)
{
    s->attr_data = false;
    return vga_crtc_status(s, machine_now_ns(s->dev.machine));
}

/* With the numbers of a colour display: 0x3c0 to 0x3df. */
static u8 read_register(struct vga *s, unsigned port)
{
    enum { COLOR_MONITOR = 0x10, READ_MODE = 3 };
    switch (port) {
    case 0x3c0: return s->attr_index;
    case 0x3c1: return s->attr[s->attr_index & 31];
    case 0x3c2: return COLOR_MONITOR;
    case 0x3c3: return 1;
    case 0x3c4: return s->seq_index;
    case 0x3c5: return s->seq[s->seq_index & 7];
    case 0x3c6: return s->dac_mask;
    case 0x3c7: return s->dac_reading ? READ_MODE : 0;
    case 0x3c8: return s->dac_write;
    case 0x3c9: return read_dac(s);
    case 0x3ca: return s->feature;
    case 0x3cc: return s->misc;
    case 0x3ce: return s->gfx_index;
    case 0x3cf: return s->gfx[s->gfx_index & 15];
    case 0x3d4: return s->crtc_index;
    case 0x3d5: return s->crtc[s->crtc_index & 31];
    case 0x3da: return read_status1(s);
    default: return 0xff;
    }
}

static void write_register(struct vga *s, unsigned port, u8 value)
{
    switch (port) {
    case 0x3c0: write_attr(s, value); break;
    case 0x3c2:
        s->misc = value & 0xef;
        vga_update_window(s);
        break;
    case 0x3c4: s->seq_index = value & 7; break;
    case 0x3c5: write_seq(s, value); break;
    case 0x3c6: s->dac_mask = value; break;
    case 0x3c7:
    case 0x3c8:
        s->dac_reading = port == 0x3c7;
        *(s->dac_reading ? &s->dac_read : &s->dac_write) = value;
        s->dac_part = 0;
        break;
    case 0x3c9: write_dac(s, value); break;
    case 0x3ce: s->gfx_index = value & 15; break;
    case 0x3cf: write_gfx(s, value); break;
    case 0x3d4: s->crtc_index = value & 31; break;
    case 0x3d5: write_crtc(s, value); break;
    case 0x3da: s->feature = value & 0x0b; break;
    default: break;
    }
}

/* 0x3d0 to 0x3df are at 0x3b0 when the display is said to be monochrome. */
static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    struct vga *s = opaque;
    (void)size;
    return offset >= 0x10 && !(s->misc & MISC_COLOR) ? 0xff : read_register(s, 0x3c0 + offset);
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct vga *s = opaque;
    (void)size;
    if (offset < 0x10 || (s->misc & MISC_COLOR))
        write_register(s, 0x3c0 + offset, value);
}

static u64 read_mono_port(void *opaque, u64 offset, unsigned size)
{
    struct vga *s = opaque;
    (void)size;
    return s->misc & MISC_COLOR ? 0xff : read_register(s, 0x3d4 + offset);
}

static void write_mono_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct vga *s = opaque;
    (void)size;
    if (!(s->misc & MISC_COLOR))
        write_register(s, 0x3d4 + offset, value);
}

static const struct mmio_ops port_ops = {read_port, write_port, 1, 1};
static const struct mmio_ops mono_port_ops = {read_mono_port, write_mono_port, 1, 1};

/* ---- BAR 2 ---- */

enum { AT_PORTS = 0x400, AT_VBE = 0x500, AT_EXTENSION = 0x600, REGISTERS_BYTES = 0x1000 };
enum { EXTENSION_BYTES = 8, LITTLE_ENDIAN_FRAMEBUFFER = 0x1e1e1e1e };

static u16 read_memory_word(struct vga *s, unsigned offset)
{
    if (offset - AT_PORTS < 0x20)
        return read_register(s, 0x3c0 + offset - AT_PORTS) |
               read_register(s, 0x3c1 + offset - AT_PORTS) << 8;
    if (offset - AT_VBE < 2 * VBE_REGISTERS)
        return vga_vbe_read(s, (offset - AT_VBE) / 2);
    if (offset - AT_EXTENSION < 4)
        return offset == AT_EXTENSION ? EXTENSION_BYTES : 0;
    if (offset - AT_EXTENSION < EXTENSION_BYTES)
        return LITTLE_ENDIAN_FRAMEBUFFER & 0xffff;
    return 0;
}

static u64 read_registers(void *opaque, u64 offset, unsigned size)
{
    struct vga *s = opaque;
    if (size == 1 && offset - AT_PORTS < 0x20)
        return read_register(s, 0x3c0 + offset - AT_PORTS);
    u16 v = read_memory_word(s, offset & ~1u);
    return size == 1 ? v >> (8 * (offset & 1)) & 0xff : v;
}

static void write_registers(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct vga *s = opaque;
    if (offset - AT_PORTS < 0x20)
        for (unsigned i = 0; i < size; i++)
            write_register(s, 0x3c0 + offset - AT_PORTS + i, value >> (8 * i));
    else if (offset - AT_VBE < 2 * VBE_REGISTERS && size == 2)
        vga_vbe_write(s, (offset - AT_VBE) / 2, value);
}

static const struct mmio_ops registers_ops = {read_registers, write_registers, 1, 2};

/* ---- the device ---- */

static void reset(struct device *d)
{
    struct vga *s = (struct vga *)d;
    pci_reset(s->pci);
    pci_put16(s->pci->config, PCI_STATUS, 0x0280);
    memset(&s->misc, 0, offsetof(struct vga, ram) - offsetof(struct vga, misc));
    s->dac_mask = 0xff;
    s->gfx[GFX_BIT_MASK] = 0xff;
    s->vbe[VBE_ID] = 0xb0c5;
    vga_update_window(s);
}

static void after_load(struct device *d)
{
    struct vga *s = (struct vga *)d;
    pci_update_maps(s->pci);
    vga_update_window(s);
}

static void info(struct device *d, struct buf *out)
{
    struct vga *s = (struct vga *)d;
    struct vga_timing t = vga_crtc_timing(s);
    struct vga_linear v = vga_vbe_view(s);
    if (vga_is_blank(s))
        buf_printf(out, "blank\n");
    else if (vga_vbe_on(s))
        buf_printf(out, "linear: %ux%u, %u bits a pixel\n", v.width, v.height, v.bpp);
    else
        buf_printf(out, "%s: %u characters of %u dots, %u lines\n",
                   vga_is_text(s) ? "text" : "graphics", t.columns, t.dots, t.lines);
}

static const struct device_type vga_type = {
    .name = NAME,
    .state = &vga_state,
    .reset = reset,
    .after_load = after_load,
    .info = info,
};

static bool add_rom(struct vga *s, const struct config_file *bios)
{
    u64 size = 4 * KiB;
    if (!bios->data)
        return true;
    if (!bios->size || bios->size > 256 * KiB)
        return error_report("%s: a VGA BIOS has at most 256 KiB; this has %zu bytes", bios->path,
                            bios->size);
    while (size < bios->size)
        size *= 2;
    s->rom = machine_add_ram(s->dev.machine, "vga-rom", size);
    s->rom->readonly_to_guest = true;
    ram_write(NULL, s->rom, 0, bios->data, bios->size);
    pci_add_rom(s->pci, "vga-rom", s->rom);
    return true;
}

static struct vga *add(struct machine *m, struct pci_bus *bus, u8 devfn)
{
    struct vga *s = xcalloc(1, sizeof(*s));
    device_attach(m, &s->dev, &vga_type);
    s->ram = machine_add_ram(m, "vga-ram", VGA_RAM_BYTES);
    pci_attach(bus, s->pci, devfn, 0x1234, 0x1111, 0x0300, 2);
    pci_put32(s->pci->config, PCI_SUBSYSTEM, 0x11001af4);
    s->pci->writable[PCI_COMMAND] |= PCI_COMMAND_IO; /* of the ports that are always there */
    pci_add_ram_bar(s->pci, VGA_BAR_FRAMEBUFFER, "vga-framebuffer", s->ram);
    pci_add_bar(s->pci, VGA_BAR_REGISTERS, false, REGISTERS_BYTES, "vga-registers", &registers_ops,
                s);
    bus_map_mmio(m->io, NAME, 0x3c0, 0x20, &port_ops, s);
    bus_map_mmio(m->io, "vga-mono", 0x3b4, 8, &mono_port_ops, s);
    bus_map_mmio(m->io, "vga-vbe", 0x1ce, 4, &vga_vbe_ops, s);
    s->window = -1;
    m->screen = (struct screen_source){vga_render, vga_text, s};
    return s;
}

bool vga_new(struct machine *m, struct pci_bus *bus, const struct config_file *bios)
{
    struct vga *s = add(m, bus, VGA_DEVFN);
    bus_map_mmio(m->mem, "vga-memory", VGA_WINDOW, 0x20000, &vga_memory_ops, s);
    s->window = bus_map_ram(m->mem, "vga-window", VGA_WINDOW, VGA_BANK, s->ram, 0, false);
    bus_enable(m->mem, s->window, false);
    return add_rom(s, bios);
}

void vga_new_card(struct machine *m, struct pci_bus *bus, u8 devfn)
{
    add(m, bus, devfn);
}
