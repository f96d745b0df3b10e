/* vga_mode3.c - 80x25 text for a kernel that is started without firmware, which would have set
 * it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: IBM's mode tables, as FreeVGA and any VGA BIOS has them: mode 3, 720x400. All is done as
 * a program does it, by ports and through the window. */
#include <string.h>

#include "hw/vga_internal.h"

enum { FONT_BYTES = 4096, FONT_LINES = 16 };

static void write_group(struct bus *io, u16 port, const u8 *value, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        bus_write(io, port, i | value[i] << 8, 2);
}

static void set_registers(struct bus *io)
{
    static const u8 seq[5] = {0x03, 0x00, 0x03, 0x00, 0x02};
    static const u8 gfx[9] = {0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff};
    static const u8 crtc[25] = {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00,
                                0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
                                0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff};
    static const u8 attr[21] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a,
                                0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00};
    bus_write(io, 0x3c2, 0x67, 1);
    write_group(io, 0x3c4, seq, sizeof(seq));
    bus_write(io, 0x3d4, 0x0011, 2); /* opens the first registers */
    write_group(io, 0x3d4, crtc, sizeof(crtc));
    write_group(io, 0x3ce, gfx, sizeof(gfx));
    bus_read(io, 0x3da, 1);
    for (unsigned i = 0; i < sizeof(attr); i++) {
        bus_write(io, 0x3c0, i, 1);
        bus_write(io, 0x3c0, attr[i], 1);
    }
    bus_write(io, 0x3c0, ATTR_INDEX_ON, 1);
}

/* The EGA's 64 colours: of each primary two thirds, one third, or both. */
static void set_colors(struct bus *io)
{
    bus_write(io, 0x3c6, 0xff, 1);
    bus_write(io, 0x3c8, 0, 1);
    for (unsigned i = 0; i < 64; i++)
        for (int bit = 2; bit >= 0; bit--)
            bus_write(io, 0x3c9, (i >> bit & 1) * 0x2a + (i >> (bit + 3) & 1) * 0x15, 1);
}

/* The 8x16 font in a VGA BIOS: known by its first two characters, a blank and a face. */
static const u8 *find_font(const struct config_file *bios)
{
    static const u8 first[2 * FONT_LINES] = {[16] = 0, 0, 0x7e, 0x81, 0xa5, 0x81, 0x81, 0xbd,
                                             0x99, 0x81, 0x81, 0x7e, 0};
    return bios->data && bios->size >= FONT_BYTES
               ? memmem(bios->data, bios->size - FONT_BYTES + sizeof(first), first, sizeof(first))
               : NULL;
}

static void load_font(struct machine *m, const u8 *font)
{
    bus_write(m->io, 0x3c4, 0x0402, 2); /* plane 2 alone, one byte after the other, at 0xa0000 */
    bus_write(m->io, 0x3c4, 0x0604, 2);
    bus_write(m->io, 0x3ce, 0x0005, 2);
    bus_write(m->io, 0x3ce, 0x0406, 2);
    for (unsigned c = 0; c < 256; c++)
        for (unsigned y = 0; y < FONT_LINES; y++)
            bus_write(m->mem, VGA_WINDOW + 32 * c + y, font[FONT_LINES * c + y], 1);
    bus_write(m->io, 0x3c4, 0x0302, 2);
    bus_write(m->io, 0x3c4, 0x0204, 2);
    bus_write(m->io, 0x3ce, 0x1005, 2);
    bus_write(m->io, 0x3ce, 0x0e06, 2);
}

void vga_set_text_mode(struct machine *m, const struct config_file *bios)
{
    const u8 *font = find_font(bios);
    set_registers(m->io);
    set_colors(m->io);
    if (font)
        load_font(m, font);
    for (unsigned i = 0; i < 80 * 25; i++)
        bus_write(m->mem, 0xb8000 + 2 * i, 0x0720, 2);
}
