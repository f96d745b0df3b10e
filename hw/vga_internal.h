/* vga_internal.h - what the files of the VGA share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_VGA_INTERNAL_H
#define HW_VGA_INTERNAL_H

#include "hw/vga.h"

#define VGA_RAM_BYTES (16 * MiB)
#define VGA_WINDOW 0xa0000
#define VGA_BANK (64 * KiB)

enum vga_seq { SEQ_RESET, SEQ_CLOCKING, SEQ_MAP_MASK, SEQ_FONT, SEQ_MEMORY };
enum { CLOCKING_8_DOTS = 1, CLOCKING_HALF = 8, CLOCKING_OFF = 0x20 };
enum { MEMORY_NOT_ODD_EVEN = 4, MEMORY_CHAIN4 = 8 };

enum vga_crtc {
    CRTC_H_TOTAL = 0x00,
    CRTC_H_END = 0x01,
    CRTC_V_TOTAL = 0x06,
    CRTC_OVERFLOW = 0x07,
    CRTC_PRESET_ROW = 0x08,
    CRTC_ROW_LINES = 0x09,
    CRTC_CURSOR_START = 0x0a,
    CRTC_CURSOR_END = 0x0b,
    CRTC_START_HIGH = 0x0c,
    CRTC_START_LOW = 0x0d,
    CRTC_CURSOR_HIGH = 0x0e,
    CRTC_CURSOR_LOW = 0x0f,
    CRTC_RETRACE_START = 0x10,
    CRTC_RETRACE_END = 0x11,
    CRTC_V_END = 0x12,
    CRTC_OFFSET = 0x13,
    CRTC_UNDERLINE = 0x14,
    CRTC_MODE = 0x17,
    CRTC_LINE_COMPARE = 0x18,
};

enum vga_gfx {
    GFX_SET_RESET,
    GFX_ENABLE_SET_RESET,
    GFX_COMPARE,
    GFX_FUNCTION,
    GFX_READ_MAP,
    GFX_MODE,
    GFX_MISC,
    GFX_DONT_CARE,
    GFX_BIT_MASK
};
enum { GFX_MODE_READ_COMPARE = 8, GFX_MODE_ODD_EVEN = 16, GFX_MODE_INTERLEAVED = 32,
       GFX_MODE_256 = 64 };

enum { ATTR_MODE = 0x10, ATTR_PLANES = 0x12, ATTR_PAN = 0x13, ATTR_COLOR_SELECT = 0x14 };
enum { ATTR_GRAPHICS = 1, ATTR_MONO = 2, ATTR_LINE_GRAPHICS = 4, ATTR_BLINK = 8,
       ATTR_PAN_COMPATIBLE = 32, ATTR_PALETTE_54 = 128 };
enum { ATTR_INDEX_ON = 0x20 };

enum { MISC_COLOR = 1, MISC_RAM = 2 };

enum vga_vbe { /* docs: Bochs's "VBE Display API" */
    VBE_ID,
    VBE_XRES,
    VBE_YRES,
    VBE_BPP,
    VBE_ENABLE,
    VBE_BANK,
    VBE_VIRT_WIDTH,
    VBE_VIRT_HEIGHT,
    VBE_X_OFFSET,
    VBE_Y_OFFSET,
    VBE_MEMORY_64K,
    VBE_REGISTERS
};
enum { VBE_ENABLED = 1, VBE_GET_CAPS = 2, VBE_8BIT_DAC = 0x20, VBE_NO_CLEAR = 0x80 };

#define VGA_STATE(F, A, S, T)                                                                      \
    S(T, struct pci_function, pci_function_state, pci, 1)                                          \
    F(T, u8, misc)                                                                                 \
    F(T, u8, feature)                                                                              \
    F(T, u8, seq_index)                                                                            \
    A(T, u8, seq, 8)                                                                               \
    F(T, u8, crtc_index)                                                                           \
    A(T, u8, crtc, 32)                                                                             \
    F(T, u8, gfx_index)                                                                            \
    A(T, u8, gfx, 16)                                                                              \
    F(T, u8, attr_index)                                                                           \
    F(T, bool, attr_data)    /* the next write to 0x3c0 is of data */                              \
    A(T, u8, attr, 32)                                                                             \
    F(T, u8, dac_mask)                                                                             \
    F(T, u8, dac_read)       /* entry, */                                                          \
    F(T, u8, dac_write)                                                                            \
    F(T, u8, dac_part)       /* and which of its colours is next */                                \
    F(T, bool, dac_reading)  /* the last index written was that to read at */                      \
    A(T, u8, dac_latch, 3)                                                                         \
    A(T, u8, dac, 768)                                                                             \
    F(T, u32, latch)         /* a byte of each plane */                                            \
    F(T, u16, vbe_index)                                                                           \
    A(T, u16, vbe, 11)                                                                             \
    F(T, u8, vbe_low)        /* of a data word that came as two bytes */

/*
 * The RAM is one range of bytes, as the linear frame buffer shows it. Where the planes' bytes are
 * in it is ours to say: the four bytes of one place side by side, so that they are one access; and
 * places in an order (vga_place()) in which a chained access finds its byte at its own address.
 * Then a program that draws in mode 13h writes to plain RAM.
 */
struct vga {
    struct device dev;
    STATE_MEMBERS(VGA_STATE)
    struct ram *ram, *rom;
    int window; /* the RAM at VGA_WINDOW, where and while that can be plain; -1: there is no such window */
};

static inline u32 vga_place(u32 offset)
{
    return (offset >> 16 << 18 | (offset & 3) << 16 | (offset & 0xfffc)) & (VGA_RAM_BYTES - 1);
}

/* The four bytes of a place, plane 0 the lowest. */
static inline u32 vga_planes(const struct vga *s, u32 offset)
{
    u32 v;
    __builtin_memcpy(&v, s->ram->host + vga_place(offset), 4);
    return v;
}

/* Bit p of n becomes byte p, 0 or 0xff. */
static inline u32 vga_expand(u32 n)
{
    return ((n & 15) * 0x00204081 & 0x01010101) * 0xff;
}

/* vga_memory.c: the window at 0xa0000, with what the graphics controller does on the way. */
extern const struct mmio_ops vga_memory_ops;
/* After a change of registers that may decide whether the window is plain RAM. */
void vga_update_window(struct vga *s);

/* vga_vbe.c: Bochs's registers; its ports, and by number. */
extern const struct mmio_ops vga_vbe_ops;
u16 vga_vbe_read(struct vga *s, unsigned index);
void vga_vbe_write(struct vga *s, unsigned index, u16 value);
struct vga_linear { /* the picture in linear modes; all bounded */
    u32 width, height, bpp;
    u32 line_bytes; /* of a plane, where bpp is 4 */
    u32 start;      /* first byte */
};
static inline bool vga_vbe_on(const struct vga *s)
{
    return s->vbe[VBE_ENABLE] & VBE_ENABLED;
}
struct vga_linear vga_vbe_view(const struct vga *s);

/* vga_crtc.c: what the CRTC's registers say of the picture. */
struct vga_timing {
    u32 columns;     /* characters in a line, */
    u32 dots;        /* each so wide */
    bool half;       /* the dot clock is halved: each dot shows twice */
    u32 lines;       /* scan lines shown */
    u32 row_lines;   /* in a row of characters */
    bool doubled;    /* each scan line shows twice */
    u32 split;       /* the line behind which memory is shown from 0 on */
    u32 start;       /* memory address of the first character, */
    u32 step;        /* and from row to row */
};
struct vga_timing vga_crtc_timing(const struct vga *s);
/* From the address counter to an offset in the planes; line: within the row. */
u32 vga_crtc_address(const struct vga *s, u32 counter, u32 line);
/* Input status 1 at this time: bit 0 not displaying, bit 3 vertical retrace. */
u8 vga_crtc_status(const struct vga *s, u64 ns);
/* Is there a picture at all, and is it text? */
bool vga_is_blank(const struct vga *s);
bool vga_is_text(const struct vga *s);

/* vga_render.c, vga_text.c: see emu/screen.h. */
void vga_render(void *opaque, struct screen *out);
bool vga_text(void *opaque, struct buf *out);
/* One scan line of text mode into `line`, which has room for all columns at 9 dots and one more.
 * counter: of the line's first character. */
void vga_text_line(const struct vga *s, const struct vga_timing *t, u32 counter, u32 row_line,
                   const u32 color[16], u32 *line);

#endif
