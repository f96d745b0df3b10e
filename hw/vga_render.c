/* vga_render.c - the VGA's picture, from its registers and memory as they are now */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: FreeVGA, "VGA Sequencer Operation", "VGA Display Generation", "Attribute Controller
 * Registers", "DAC Operation". The picture is what the monitor gets: one pixel for each dot and
 * scan line, so that mode 13h has 640x400. Nothing of the machine is changed.
 */
#include <string.h>

#include "hw/vga_internal.h"

enum { MAX_DOTS = 257 * 9 };

/* ---- colours ---- */

static u32 dac_color(const struct vga *s, u8 index)
{
    const u8 *c = s->dac + 3 * (index & s->dac_mask);
    if (vga_vbe_on(s) && (s->vbe[VBE_ENABLE] & VBE_8BIT_DAC))
        return (u32)c[0] << 16 | c[1] << 8 | c[2];
    u32 r = c[0] & 63, g = c[1] & 63, b = c[2] & 63;
    return (r << 2 | r >> 4) << 16 | (g << 2 | g >> 4) << 8 | (b << 2 | b >> 4);
}

/* What the attribute controller makes of the sixteen values of four planes. */
static void palette16(const struct vga *s, u32 color[16])
{
    for (unsigned i = 0; i < 16; i++) {
        u8 v = s->attr[i & s->attr[ATTR_PLANES]] & 0x3f, select = s->attr[ATTR_COLOR_SELECT];
        if (s->attr[ATTR_MODE] & ATTR_PALETTE_54)
            v = (v & 15) | (select & 3) << 4;
        color[i] = dac_color(s, v | (select >> 2 & 3) << 6);
    }
}

/* ---- linear modes ---- */

static u32 linear_pixel(const u8 *p, u32 bpp, const u32 color[256])
{
    u16 w = bpp == 15 || bpp == 16 ? p[0] | p[1] << 8 : 0;
    switch (bpp) {
    case 15:
        return (w >> 10 & 31) * 0x21 >> 2 << 16 | (w >> 5 & 31) * 0x21 >> 2 << 8 |
               (w & 31) * 0x21 >> 2;
    case 16:
        return (w >> 11 & 31) * 0x21 >> 2 << 16 | (w >> 5 & 63) * 0x41 >> 4 << 8 |
               (w & 31) * 0x21 >> 2;
    case 24:
    case 32: return (u32)p[2] << 16 | p[1] << 8 | p[0];
    default: return color[*p];
    }
}

static void render_linear(const struct vga *s, const struct vga_linear *v, struct screen *out)
{
    u32 color[256], bytes = (v->bpp + 7) / 8;
    for (unsigned i = 0; i < 256; i++)
        color[i] = dac_color(s, i);
    for (u32 y = 0; y < v->height; y++) {
        u64 at = v->start + (u64)y * v->line_bytes;
        if (at + (u64)v->width * bytes > VGA_RAM_BYTES)
            return; /* the rest is not there: black */
        const u8 *p = s->ram->host + at;
        u32 *to = out->pixels + (size_t)y * v->width;
        for (u32 x = 0; x < v->width; x++, p += bytes)
            to[x] = linear_pixel(p, v->bpp, color);
    }
}

/* Eight pixels of four planes, a byte of each. */
static void eight_pixels(u32 planes, const u32 color[16], u32 *to)
{
    for (unsigned i = 0; i < 8; i++, planes <<= 1)
        to[i] = color[(planes >> 7 & 1) | (planes >> 14 & 2) | (planes >> 21 & 4) |
                      (planes >> 28 & 8)];
}

static void render_linear_planes(const struct vga *s, const struct vga_linear *v,
                                 struct screen *out)
{
    u32 color[16], eight[8];
    palette16(s, color);
    for (u32 y = 0; y < v->height; y++) {
        u32 *to = out->pixels + (size_t)y * v->width, at = v->start + y * v->line_bytes;
        for (u32 x = 0; x < v->width; x += 8) {
            eight_pixels(vga_planes(s, at + x / 8), color, eight);
            memcpy(to + x, eight, MIN(8, v->width - x) * sizeof(u32));
        }
    }
}

/* ---- VGA graphics: one scan line, dot by dot ---- */

struct line {
    const struct vga *s;
    const struct vga_timing *t;
    const u32 *color16, *color256;
};

/* As the CGA had it: two bits a pixel, four pixels of the even byte, then of the odd one. */
static void interleaved_pixels(u32 planes, const u32 color[16], u32 *to)
{
    for (unsigned i = 0; i < 8; i++) {
        unsigned low = planes >> (i & 4 ? 8 : 0) & 0xff, high = planes >> (i & 4 ? 24 : 16) & 0xff;
        unsigned shift = 6 - 2 * (i & 3);
        to[i] = color[(low >> shift & 3) | (high >> shift & 3) << 2];
    }
}

static void graphics_line(const struct line *l, u32 counter, u32 row_line, u32 *to)
{
    u8 mode = l->s->gfx[GFX_MODE];
    for (u32 c = 0; c <= l->t->columns; c++, to += 8) {
        u32 planes = vga_planes(l->s, vga_crtc_address(l->s, counter + c, row_line));
        if (mode & GFX_MODE_256)
            for (unsigned i = 0; i < 8; i++)
                to[i] = l->color256[planes >> (8 * (i / 2)) & 0xff];
        else if (mode & GFX_MODE_INTERLEAVED)
            interleaved_pixels(planes, l->color16, to);
        else
            eight_pixels(planes, l->color16, to);
    }
}

/* How many dots the picture is moved to the left. */
static u32 panning(const struct vga *s, const struct vga_timing *t)
{
    u32 pan = s->attr[ATTR_PAN] & 15;
    if (t->dots == 9)
        return pan >= 8 ? 0 : pan + 1;
    return pan & 7;
}

static void put_line(const struct vga_timing *t, const u32 *dots, u32 *to, u32 width)
{
    for (u32 x = 0; x < width; x++)
        to[x] = dots[t->half ? x / 2 : x];
}

static void render_vga(const struct vga *s, const struct vga_timing *t, struct screen *out)
{
    u32 color16[16], color256[256], dots[MAX_DOTS];
    struct line l = {s, t, color16, color256};
    bool text = vga_is_text(s);
    u32 row = t->start, row_line = s->crtc[CRTC_PRESET_ROW] & 31, pan = panning(s, t);

    palette16(s, color16);
    for (unsigned i = 0; i < 256; i++)
        color256[i] = dac_color(s, i);
    for (u32 y = 0; y < out->height; y++) {
        if (text)
            vga_text_line(s, t, row, row_line, color16, dots);
        else
            graphics_line(&l, row, row_line, dots);
        put_line(t, dots + pan, out->pixels + (size_t)y * out->width, out->width);
        if (!t->doubled || (y & 1)) {
            row_line = (row_line + 1) & 31;
            if (row_line == t->row_lines % 32) {
                row_line = 0;
                row += t->step;
            }
        }
        if (y == t->split) {
            row = row_line = 0;
            if (s->attr[ATTR_MODE] & ATTR_PAN_COMPATIBLE)
                pan = 0;
        }
    }
}

void vga_render(void *opaque, struct screen *out)
{
    const struct vga *s = opaque;
    struct vga_timing t = vga_crtc_timing(s);
    struct vga_linear v = vga_vbe_view(s);

    if (vga_vbe_on(s)) {
        screen_resize(out, v.width, v.height);
        if (!vga_is_blank(s))
            (v.bpp == 4 ? render_linear_planes : render_linear)(s, &v, out);
    } else if (t.columns < 8 || t.lines < 8) { /* not set up yet */
        screen_resize(out, 640, 400);
    } else {
        screen_resize(out, MIN(t.columns * t.dots << t.half, SCREEN_MAX_WIDTH), t.lines);
        if (!vga_is_blank(s))
            render_vga(s, &t, out);
    }
}
