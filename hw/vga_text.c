/* vga_text.c - text modes: characters drawn, and read */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: FreeVGA, "VGA Text Mode Operation". What blinks does so by the machine's time. */
#include <string.h>

#include "hw/vga_internal.h"

enum { FRAME_HZ = 60, CURSOR_FRAMES = 16, BLINK_FRAMES = 32 };
enum { CURSOR_OFF = 0x20, GLYPH_BYTES = 32 };

/* The upper half of code page 437, and the pictures of its control characters. */
static const u16 low_437[32] = {
    ' ',    0x263a, 0x263b, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022, 0x25d8, 0x25cb, 0x25d9,
    0x2642, 0x2640, 0x266a, 0x266b, 0x263c, 0x25ba, 0x25c4, 0x2195, 0x203c, 0x00b6, 0x00a7,
    0x25ac, 0x21a8, 0x2191, 0x2193, 0x2192, 0x2190, 0x221f, 0x2194, 0x25b2, 0x25bc,
};
static const u16 high_437[129] = {
    0x2302,
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7,
    0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5,
    0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
    0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192,
    0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba,
    0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556,
    0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510,
    0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567,
    0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b,
    0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
    0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4,
    0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229,
    0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
    0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

/* ---- drawing ---- */

static u64 frame_of(const struct vga *s)
{
    return clock_ticks(clock_ns(&s->dev.machine->clock), FRAME_HZ);
}

/* Where a character set begins in plane 2, by its number: three bits of the font register. */
static u32 font_at(u8 low, u8 high)
{
    return (u32)(low & 3) << 14 | (u32)(high & 1) << 13;
}

struct text_line {
    const struct vga *s;
    u32 font[2];      /* of characters without and with attribute bit 3 */
    u32 row_line;
    u32 cursor;       /* address counter of the cursor; none when out of range */
    bool blink, blank_now; /* attribute bit 7 blinks, and is dark */
    bool underline;
};

static bool cursor_on(const struct vga *s, u32 row_line)
{
    u8 start = s->crtc[CRTC_CURSOR_START], end = s->crtc[CRTC_CURSOR_END] & 31;
    return !(start & CURSOR_OFF) && row_line >= (start & 31u) && row_line <= end &&
           frame_of(s) / CURSOR_FRAMES % 2 == 0;
}

static struct text_line text_line(const struct vga *s, u32 row_line)
{
    u8 font = s->seq[SEQ_FONT];
    struct text_line l = {.s = s, .row_line = row_line, .cursor = UINT32_MAX};
    l.font[0] = font_at(font, font >> 4);
    l.font[1] = font_at(font >> 2, font >> 5);
    if (cursor_on(s, row_line))
        l.cursor = (u32)s->crtc[CRTC_CURSOR_HIGH] << 8 | s->crtc[CRTC_CURSOR_LOW];
    l.blink = s->attr[ATTR_MODE] & ATTR_BLINK;
    l.blank_now = l.blink && frame_of(s) / BLINK_FRAMES % 2;
    l.underline = (s->crtc[CRTC_UNDERLINE] & 31) == row_line;
    return l;
}

/* Nine dots of one character, the leftmost in bit 8. */
static unsigned glyph_line(const struct text_line *l, u8 code, u8 attribute)
{
    const struct vga *s = l->s;
    u32 font = l->font[attribute >> 3 & 1] + code * GLYPH_BYTES + l->row_line;
    unsigned bits = (vga_planes(s, font) >> 16 & 0xff) << 1;
    if ((s->attr[ATTR_MODE] & ATTR_LINE_GRAPHICS) && code >= 0xc0 && code <= 0xdf)
        bits |= bits >> 1 & 1;
    if (l->blank_now && (attribute & 0x80))
        bits = 0;
    if (l->underline && (attribute & 7) == 1)
        bits = 0x1ff;
    return bits;
}

void vga_text_line(const struct vga *s, const struct vga_timing *t, u32 counter, u32 row_line,
                   const u32 color[16], u32 *line)
{
    struct text_line l = text_line(s, row_line);
    for (u32 c = 0; c <= t->columns; c++) {
        u32 planes = vga_planes(s, vga_crtc_address(s, counter + c, row_line));
        u8 code = planes, attribute = planes >> 8;
        unsigned bits = glyph_line(&l, code, attribute);
        if (((counter + c) & 0xffff) == l.cursor)
            bits = 0x1ff;
        u32 fore = color[attribute & 15], back = color[attribute >> 4 & (l.blink ? 7 : 15)];
        for (u32 i = 0; i < t->dots; i++)
            *line++ = bits >> (8 - i) & 1 ? fore : back;
    }
}

/* ---- reading ---- */

static void put_utf8(struct buf *out, u16 c)
{
    if (c >= 0x800) {
        buf_put_u8(out, 0xe0 | c >> 12);
        buf_put_u8(out, 0x80 | (c >> 6 & 63));
    } else if (c >= 0x80) {
        buf_put_u8(out, 0xc0 | c >> 6);
    }
    buf_put_u8(out, c >= 0x80 ? 0x80 | (c & 63) : c);
}

static u16 code_437(u8 c)
{
    return c < 32 ? low_437[c] : c < 127 ? c : high_437[c - 127];
}

static void put_row(const struct vga *s, u32 counter, u32 columns, struct buf *out)
{
    size_t end = out->len;
    for (u32 c = 0; c < columns; c++) {
        u16 code = code_437(vga_planes(s, vga_crtc_address(s, counter + c, 0)));
        put_utf8(out, code == 0xa0 ? ' ' : code);
        if (code != ' ' && code != 0xa0)
            end = out->len;
    }
    out->len = end; /* without trailing blanks */
    buf_put_u8(out, '\n');
}

bool vga_text(void *opaque, struct buf *out)
{
    const struct vga *s = opaque;
    struct vga_timing t = vga_crtc_timing(s);
    if (!vga_is_text(s) || t.columns < 8 || t.lines < 8)
        return false;
    u32 lines = t.row_lines << t.doubled;
    for (u32 row = 0; row < (t.lines + lines - 1) / lines; row++)
        put_row(s, t.start + row * t.step, t.columns, out);
    return true;
}
