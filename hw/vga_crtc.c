/* vga_crtc.c - what the VGA's timing registers say: size of the picture, addresses, retrace */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: FreeVGA, "CRT Controller Registers", "VGA Text Mode Operation", "VGA Sequencer
 * Operation". */
#include "hw/vga_internal.h"

enum { VBE_FRAME_HZ = 60 };

/* Bits 8 and 9 of line numbers are in other registers. */
static u32 line_number(const struct vga *s, unsigned low, unsigned bit8, unsigned bit9)
{
    u8 overflow = s->crtc[CRTC_OVERFLOW];
    return s->crtc[low] | (overflow >> bit8 & 1) << 8 | (overflow >> bit9 & 1) << 9;
}

struct vga_timing vga_crtc_timing(const struct vga *s)
{
    u8 rows = s->crtc[CRTC_ROW_LINES], clocking = s->seq[SEQ_CLOCKING];
    struct vga_timing t = {
        .columns = s->crtc[CRTC_H_END] + 1u,
        .dots = (clocking & CLOCKING_8_DOTS) || !vga_is_text(s) ? 8 : 9,
        .half = clocking & CLOCKING_HALF,
        .lines = line_number(s, CRTC_V_END, 1, 6) + 1,
        .row_lines = (rows & 31) + 1u,
        .doubled = rows & 128,
        .split = s->crtc[CRTC_LINE_COMPARE] | (s->crtc[CRTC_OVERFLOW] >> 4 & 1) << 8 |
                 (rows >> 6 & 1) << 9,
        .start = (u32)s->crtc[CRTC_START_HIGH] << 8 | s->crtc[CRTC_START_LOW],
        .step = s->crtc[CRTC_OFFSET] * 2u,
    };
    t.start += s->crtc[CRTC_PRESET_ROW] >> 5 & 3; /* byte panning */
    return t;
}

u32 vga_crtc_address(const struct vga *s, u32 counter, u32 line)
{
    u8 mode = s->crtc[CRTC_MODE];
    u32 a = counter & 0xffff;
    if (s->crtc[CRTC_UNDERLINE] & 0x40) /* double words */
        a = a << 2 | (a >> 14 & 3);
    else if (!(mode & 0x40)) /* words */
        a = a << 1 | (a >> (mode & 0x20 ? 15 : 13) & 1);
    /* As the CGA and Hercules had it, lines of one row are in different parts of memory. */
    if (!(mode & 1))
        a = (a & ~0x2000u) | (line & 1) << 13;
    if (!(mode & 2))
        a = (a & ~0x4000u) | (line >> 1 & 1) << 14;
    return a & 0xffff;
}

bool vga_is_text(const struct vga *s)
{
    return !vga_vbe_on(s) && !(s->gfx[GFX_MISC] & 1) && !(s->attr[ATTR_MODE] & ATTR_GRAPHICS);
}

bool vga_is_blank(const struct vga *s)
{
    if (!(s->attr_index & ATTR_INDEX_ON) || (s->seq[SEQ_CLOCKING] & CLOCKING_OFF))
        return true;
    return !vga_vbe_on(s) && ((s->seq[SEQ_RESET] & 3) != 3 || !(s->crtc[CRTC_MODE] & 0x80));
}

/* ---- time ---- */

static u64 dot_clock(const struct vga *s)
{
    u64 hz = (s->misc >> 2 & 3) == 1 ? 28322000 : 25175000;
    return s->seq[SEQ_CLOCKING] & CLOCKING_HALF ? hz / 2 : hz;
}

u8 vga_crtc_status(const struct vga *s, u64 ns)
{
    enum { NOT_DISPLAYING = 1, RETRACE = 8 };
    if (vga_vbe_on(s)) { /* a twentieth of a frame is not shown */
        u64 frame = NS_PER_S / VBE_FRAME_HZ;
        return ns % frame >= frame - frame / 20 ? NOT_DISPLAYING | RETRACE : 0;
    }
    struct vga_timing t = vga_crtc_timing(s);
    u32 total = s->crtc[CRTC_H_TOTAL] + 5u;
    u32 lines = line_number(s, CRTC_V_TOTAL, 0, 5) + 2;
    u64 character = clock_ticks(ns, dot_clock(s)) / t.dots;
    u32 line = character / total % lines, column = character % total;
    u32 from = line_number(s, CRTC_RETRACE_START, 2, 7);
    u32 length = (s->crtc[CRTC_RETRACE_END] - from) & 15;
    bool shown = line < t.lines && column < t.columns;
    return (shown ? 0 : NOT_DISPLAYING) | (line - from < length ? RETRACE : 0);
}
