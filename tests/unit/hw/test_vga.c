/* test_vga.c - the VGA: write modes, chained memory, text and graphics as pixels, VBE */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "hw/vga.h"

enum { LFB = 0xe0000000, MMIO = 0xe2000000, ROM = 0xe3000000, WINDOW = 0xa0000 };
enum { SEQ = 0x3c4, GFX = 0x3ce, CRTC = 0x3d4 };

static struct board *b;
static struct screen screen;
static u8 rom[8192];

/* A BIOS with a font: character c has the lines c, c + 1, ... but for the two that are known. */
static const u8 *make_rom(void)
{
    u8 *font = rom + 1000;
    for (unsigned i = 2 * 16; i < 4096; i++)
        font[i] = i / 16 + i % 16;
    memset(font, 0, 32);
    memcpy(font + 18, (u8[]){0x7e, 0x81, 0xa5, 0x81, 0x81, 0xbd, 0x99, 0x81, 0x81, 0x7e}, 10);
    rom[0] = 0x55, rom[1] = 0xaa;
    return rom;
}

static void config(unsigned offset, u32 value)
{
    board_out32(b, 0xcf8, UINT32_C(0x80001000) | offset);
    board_out32(b, 0xcfc, value);
}

static void set_up(void)
{
    b = board_new();
    struct config_file bios = {.data = (u8 *)make_rom(), .size = sizeof(rom) - 100};
    struct pci_bus *pci = pci_bus_new(b->m);
    cr_assert(vga_new(b->m, pci, &bios));
    board_reset(b);
    config(0x10, LFB);
    config(0x18, MMIO);
    config(0x30, ROM | 1);
    config(4, 3);
    vga_set_text_mode(b->m, &bios);
}

static void tear_down(void)
{
    screen_fini(&screen);
    board_delete(b);
}

TestSuite(vga, .init = set_up, .fini = tear_down);

static void reg(u16 port, u8 index, u8 value)
{
    bus_write(b->m->io, port, index | value << 8, 2);
}

static u8 get(u32 offset)
{
    return bus_read(b->m->mem, WINDOW + offset, 1);
}

static void put(u32 offset, u8 v)
{
    bus_write(b->m->mem, WINDOW + offset, v, 1);
}

static void planar(void)
{
    reg(SEQ, 4, 0x06);
    reg(GFX, 5, 0);
    reg(GFX, 6, 0x05);
    reg(SEQ, 2, 0x0f);
}

static u8 plane(unsigned p, u32 offset)
{
    reg(GFX, 4, p);
    return get(offset);
}

static void vbe(u16 index, u16 value)
{
    bus_write(b->m->io, 0x1ce, index, 2);
    bus_write(b->m->io, 0x1cf, value, 2);
}

static u16 vbe_get(u16 index)
{
    bus_write(b->m->io, 0x1ce, index, 2);
    return bus_read(b->m->io, 0x1cf, 2);
}

static void vbe_mode(u16 width, u16 height, u16 bpp)
{
    vbe(4, 0);
    vbe(1, width);
    vbe(2, height);
    vbe(3, bpp);
    vbe(4, 0x41);
}

static u32 pixel(u32 x, u32 y)
{
    return screen.pixels[y * screen.width + x];
}

static void render(u32 width, u32 height)
{
    b->m->screen.render(b->m->screen.opaque, &screen);
    cr_assert_eq(screen.width, width);
    cr_assert_eq(screen.height, height);
}

static void expect_planes(u32 offset, u8 p0, u8 p1, u8 p2, u8 p3)
{
    u8 want[4] = {p0, p1, p2, p3};
    for (unsigned p = 0; p < 4; p++)
        cr_expect_eq(plane(p, offset), want[p], "plane %u at %u: %02x", p, offset,
                     plane(p, offset));
}

/* ---- memory ---- */

Test(vga, write_mode_0)
{
    planar();
    put(5, 0xa5);
    expect_planes(5, 0xa5, 0xa5, 0xa5, 0xa5);
    reg(SEQ, 2, 0x05);
    put(5, 0x3c);
    expect_planes(5, 0x3c, 0xa5, 0x3c, 0xa5);

    reg(SEQ, 2, 0x0f);
    reg(GFX, 0, 0x02); /* set/reset: plane 1 set, plane 0 reset; the others from the program */
    reg(GFX, 1, 0x03);
    reg(GFX, 3, 0x01); /* rotated by one */
    put(6, 0x81);
    expect_planes(6, 0x00, 0xff, 0xc0, 0xc0);

    reg(GFX, 1, 0);
    reg(GFX, 8, 0x0f); /* only the low bits, the others from the latches */
    reg(GFX, 3, 0x18); /* exclusive or */
    get(5);
    put(5, 0xff);
    expect_planes(5, 0x33, 0xaa, 0x33, 0xaa);
    reg(GFX, 3, 0x08);
    reg(GFX, 8, 0xff);
    get(5);
    put(7, 0xf0);
    expect_planes(7, 0x30, 0xa0, 0x30, 0xa0);
    reg(GFX, 3, 0x10);
    get(5);
    put(7, 0xf0);
    expect_planes(7, 0xf3, 0xfa, 0xf3, 0xfa);
}

Test(vga, write_modes_1_to_3)
{
    planar();
    for (unsigned p = 0; p < 4; p++) {
        reg(SEQ, 2, 1 << p);
        put(10, 0x11 << p);
    }
    reg(SEQ, 2, 0x0f);
    reg(GFX, 5, 1);
    get(10);
    put(20, 0); /* the latches */
    expect_planes(20, 0x11, 0x22, 0x44, 0x88);

    reg(GFX, 5, 2);
    reg(GFX, 8, 0xf0);
    get(10);
    put(21, 0x09); /* a colour */
    expect_planes(21, 0xf1, 0x02, 0x04, 0xf8);

    reg(GFX, 5, 3);
    reg(GFX, 8, 0x3c);
    reg(GFX, 0, 0x06);
    get(10);
    put(22, 0x0f); /* bits: those of 0x3c & 0x0f */
    expect_planes(22, 0x11, 0x2e, 0x4c, 0x80);
}

Test(vga, read_mode_1)
{
    planar();
    reg(GFX, 5, 2);
    reg(GFX, 8, 0xf0);
    get(50000); /* zeros into the latches */
    put(0, 0x05);
    reg(GFX, 5, 0x08);
    reg(GFX, 2, 0x05);
    reg(GFX, 7, 0x0f);
    cr_expect_eq(get(0), 0xf0);
    reg(GFX, 7, 0x02); /* only plane 1 counts, and it is 0 everywhere */
    cr_expect_eq(get(0), 0xff);
}

Test(vga, chained)
{
    reg(SEQ, 4, 0x0e);
    reg(SEQ, 2, 0x0f);
    reg(GFX, 5, 0x40);
    reg(GFX, 6, 0x05);
    reg(GFX, 8, 0xff);
    const struct region *r = bus_find(b->m->mem, WINDOW);
    cr_assert_eq(r->kind, REGION_RAM, "mode 13h is plain RAM");
    for (unsigned i = 0; i < 64; i++)
        put(40000 + i, i + 1);
    /* Byte n is in plane n & 3 at place n & ~3. */
    planar();
    cr_assert_eq(bus_find(b->m->mem, WINDOW)->kind, REGION_MMIO);
    expect_planes(40000, 1, 2, 3, 4);
    expect_planes(40004, 5, 6, 7, 8);
    expect_planes(40001, 0, 0, 0, 0);
    /* And it is the same where the chain is not plain. */
    reg(SEQ, 4, 0x0e);
    reg(SEQ, 2, 0x02);
    cr_assert_eq(bus_find(b->m->mem, WINDOW)->kind, REGION_MMIO);
    cr_expect_eq(get(40002), 3);
    put(40000, 0x77); /* plane 0 is masked */
    put(40001, 0x66);
    cr_expect_eq(get(40000), 1);
    cr_expect_eq(get(40001), 0x66);
}

Test(vga, windows)
{
    planar();
    put(0, 0x12);
    cr_expect_eq(get(0x10000), 0xff, "outside of 64 KiB");
    reg(GFX, 6, 0x0d);
    cr_expect_eq(get(0), 0xff);
    cr_expect_eq(get(0x18000), 0x12);
    reg(GFX, 6, 0x09);
    cr_expect_eq(get(0x10000), 0x12);
    cr_expect_eq(get(0x18000), 0xff);
    board_out(b, 0x3c2, 0x65); /* the RAM is switched off */
    cr_expect_eq(get(0x10000), 0xff);
}

/* ---- registers ---- */

Test(vga, registers)
{
    reg(CRTC, 0x11, 0x8e); /* protected, but for one bit */
    reg(CRTC, 1, 0x12);
    reg(CRTC, 7, 0x0f);
    board_out(b, CRTC, 1);
    cr_expect_eq(board_in(b, CRTC + 1), 0x4f);
    board_out(b, CRTC, 7);
    cr_expect_eq(board_in(b, CRTC + 1), 0x0f);
    cr_expect_eq(board_in(b, 0x3b5), 0xff, "no monochrome ports");
    board_out(b, 0x3c2, 0x66);
    cr_expect_eq(board_in(b, 0x3b5), 0x0f);
    cr_expect_eq(board_in(b, CRTC + 1), 0xff);
    cr_expect_eq(board_in(b, 0x3cc), 0x66);

    board_out(b, 0x3c8, 200);
    for (unsigned i = 0; i < 6; i++)
        board_out(b, 0x3c9, 0xc1 + i);
    board_out(b, 0x3c7, 201);
    cr_expect_eq(board_in(b, 0x3c7), 3);
    cr_expect_eq(board_in(b, 0x3c9), 4);
    cr_expect_eq(board_in(b, 0x3c9), 5);
    cr_expect_eq(board_in(b, 0x3c9), 6);
}

Test(vga, pci)
{
    board_out32(b, 0xcf8, 0x80001000);
    cr_expect_eq(board_in32(b, 0xcfc), 0x11111234);
    board_out32(b, 0xcf8, 0x80001008);
    cr_expect_eq(board_in32(b, 0xcfc), 0x03000002);
    config(0x10, UINT32_MAX);
    cr_expect_eq(board_in32(b, 0xcfc), 0xff000008, "16 MiB, prefetchable");
    config(0x30, 0xfffffffe);
    cr_expect_eq(board_in32(b, 0xcfc), 0xffffe000, "a ROM of 8 KiB");
    config(0x30, ROM | 1);
    cr_expect_eq(board_read(b, ROM) & 0xffff, 0xaa55);
    bus_write(b->m->mem, ROM, 0, 4);
    cr_expect_eq(board_read(b, ROM) & 0xffff, 0xaa55);
    config(0x30, ROM);
    cr_expect_eq(board_read(b, ROM), 0xffffffff);
}

/* Mode 3: 449 lines of 900 dots at 28.322 MHz, of which lines 412 and 413 are the retrace. */
Test(vga, retrace)
{
    const u64 line = 900 * UINT64_C(1000000) / 28322;
    board_run_to(b, 10 * line + 1000);
    cr_expect_eq(board_in(b, 0x3da) & 9, 0);
    board_run_to(b, 10 * line + 800 * UINT64_C(1000000) / 28322);
    cr_expect_eq(board_in(b, 0x3da) & 9, 1);
    board_run_to(b, 405 * line);
    cr_expect_eq(board_in(b, 0x3da) & 9, 1);
    board_run_to(b, 413 * line);
    cr_expect_eq(board_in(b, 0x3da) & 9, 9);
    board_run_to(b, 415 * line);
    cr_expect_eq(board_in(b, 0x3da) & 9, 1);
    board_run_to(b, 459 * line + 1000);
    cr_expect_eq(board_in(b, 0x3da) & 9, 0);
}

/* ---- text ---- */

static void text(unsigned column, unsigned row, u8 code, u8 attribute)
{
    bus_write(b->m->mem, 0xb8000 + 2 * (80 * row + column), code | attribute << 8, 2);
}

/* Line y of a cell shows `bits`, nine dots of which the leftmost is bit 8. */
static void expect_dots(unsigned column, unsigned y, unsigned bits, u32 fore, u32 back)
{
    for (unsigned i = 0; i < 9; i++)
        cr_expect_eq(pixel(9 * column + i, y), bits >> (8 - i) & 1 ? fore : back,
                     "column %u, line %u, dot %u: %06x", column, y, i, pixel(9 * column + i, y));
}

Test(vga, text_pixels)
{
    reg(CRTC, 0x0a, 0x20); /* no cursor */
    text(0, 0, 'A', 0x07);
    text(1, 0, 0xc4, 0x1e); /* its ninth dot is its eighth */
    text(79, 24, 0x55, 0x4f);
    render(720, 400);
    for (unsigned y = 0; y < 16; y++) {
        expect_dots(0, y, ('A' + y) << 1, 0xaaaaaa, 0);
        unsigned line = (0xc4 + y) & 0xff;
        expect_dots(1, y, line << 1 | (line & 1), 0xffff55, 0x0000aa);
        expect_dots(79, 384 + y, (0x55 + y) << 1, 0xffffff, 0xaa0000);
        expect_dots(2, y, (' ' + y) << 1, 0xaaaaaa, 0);
    }
}

Test(vga, text_blinks_by_the_guests_time)
{
    text(3, 1, 'x', 0x87);
    reg(CRTC, 0x0e, 0);
    reg(CRTC, 0x0f, 85);
    board_run_to(b, 1000);
    render(720, 400);
    expect_dots(3, 16, 'x' << 1, 0xaaaaaa, 0);
    expect_dots(5, 16 + 13, 0x1ff, 0xaaaaaa, 0); /* the cursor: lines 13 and 14 */
    expect_dots(5, 16 + 15, (' ' + 15) << 1, 0xaaaaaa, 0);
    board_run_to(b, NS_PER_S * 33 / 60);
    render(720, 400);
    expect_dots(3, 16, 0, 0xaaaaaa, 0);
    board_run_to(b, NS_PER_S * 17 / 60);
    render(720, 400);
    expect_dots(5, 16 + 13, (' ' + 13) << 1, 0xaaaaaa, 0);
}

Test(vga, text_is_read)
{
    struct buf out = {0};
    static const char hello[] = "Hello, \x81\xc9\xfe";
    for (unsigned i = 0; hello[i]; i++)
        text(i + 2, 1, hello[i], 7);
    cr_assert(b->m->screen.text(b->m->screen.opaque, &out));
    const char *at = buf_cstr(&out);
    const char *want = "\n  Hello, \xc3\xbc\xe2\x95\x94\xe2\x96\xa0\n\n";
    cr_expect(!strncmp(at, want, strlen(want)), "%s", at);
    unsigned lines = 0;
    for (; *at; at++)
        lines += *at == '\n';
    cr_expect_eq(lines, 25);
    /* Scrolled by the start address. */
    buf_clear(&out);
    reg(CRTC, 0x0d, 80);
    b->m->screen.text(b->m->screen.opaque, &out);
    cr_expect(!strncmp(buf_cstr(&out), want + 1, strlen(want) - 1));
    reg(GFX, 6, 5);
    board_in(b, 0x3da);
    board_out(b, 0x3c0, 0x30);
    board_out(b, 0x3c0, 0x01);
    cr_expect_not(b->m->screen.text(b->m->screen.opaque, &out), "graphics");
    buf_fini(&out);
}

/* ---- graphics ---- */

static void attribute(u8 index, u8 value)
{
    board_in(b, 0x3da);
    board_out(b, 0x3c0, index);
    board_out(b, 0x3c0, value);
    board_out(b, 0x3c0, 0x20);
}

static void crtc(const u8 *value)
{
    reg(CRTC, 0x11, 0);
    for (unsigned i = 0; i < 25; i++)
        reg(CRTC, i, value[i]);
}

Test(vga, mode_12h)
{
    static const u8 values[25] = {0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0x00,
                                  0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xea, 0x8c,
                                  0xdf, 0x28, 0x00, 0xe7, 0x04, 0xe3, 0xff};
    planar();
    reg(SEQ, 1, 1);
    crtc(values);
    attribute(0x10, 1);
    attribute(0x13, 0);
    for (unsigned p = 0; p < 4; p++) {
        reg(SEQ, 2, 1 << p);
        for (unsigned i = 0; i < 80; i++)
            put(80 * 100 + i, 0);
    }
    reg(SEQ, 2, 0x0c);
    put(80 * 100 + 79, 0x01);
    reg(SEQ, 2, 0x02);
    put(80 * 100, 0x80);
    render(640, 480);
    cr_expect_eq(pixel(639, 100), 0xff5555); /* colour 12 */
    cr_expect_eq(pixel(638, 100), 0);
    cr_expect_eq(pixel(0, 100), 0x00aa00);
    cr_expect_eq(pixel(1, 100), 0);
    attribute(0x13, 1); /* moved to the left by a dot */
    render(640, 480);
    cr_expect_eq(pixel(638, 100), 0xff5555);
    cr_expect_eq(pixel(0, 100), 0);
}

Test(vga, mode_13h)
{
    static const u8 values[25] = {0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0x00,
                                  0x41, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
                                  0x8f, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff};
    reg(SEQ, 1, 1);
    reg(SEQ, 2, 0x0f);
    reg(SEQ, 4, 0x0e);
    reg(GFX, 5, 0x40);
    reg(GFX, 6, 0x05);
    crtc(values);
    attribute(0x10, 0x41);
    attribute(0x13, 0);
    board_out(b, 0x3c8, 77);
    board_out(b, 0x3c9, 63);
    board_out(b, 0x3c9, 32);
    board_out(b, 0x3c9, 1);
    for (unsigned i = 0; i < 64000; i++)
        put(i, 0);
    put(320 * 50 + 33, 77);
    put(320 * 199 + 319, 77);
    render(640, 400);
    for (unsigned i = 0; i < 4; i++)
        cr_expect_eq(pixel(66 + i % 2, 100 + i / 2), 0xff8204);
    cr_expect_eq(pixel(65, 100), 0);
    cr_expect_eq(pixel(68, 100), 0);
    cr_expect_eq(pixel(66, 102), 0);
    cr_expect_eq(pixel(639, 399), 0xff8204);
    /* The same picture unchained: bytes, each four pixels further. */
    planar();
    reg(GFX, 5, 0x40);
    reg(CRTC, 0x14, 0);
    reg(CRTC, 0x17, 0xe3);
    reg(SEQ, 2, 0x02);
    put(80 * 20 + 5, 77); /* plane 1: pixel 21 of line 20 */
    render(640, 400);
    cr_expect_eq(pixel(42, 40), 0xff8204);
    cr_expect_eq(pixel(41, 40), 0);
}

Test(vga, cga_mode_4)
{
    static const u8 values[25] = {0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, 0xbf, 0x1f, 0x00,
                                  0xc1, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
                                  0x8f, 0x14, 0x00, 0x96, 0xb9, 0xa2, 0xff};
    reg(SEQ, 1, 9);
    reg(SEQ, 2, 3);
    reg(SEQ, 4, 2);
    reg(GFX, 5, 0x30);
    reg(GFX, 6, 0x0f);
    crtc(values);
    attribute(0x10, 1);
    attribute(0x13, 0);
    for (unsigned i = 0; i < 0x4000; i++)
        put(0x18000 + i, 0);
    put(0x18000, 0x1b);          /* pixels 0, 1, 2, 3 of line 0 */
    put(0x18000 + 79, 0x02);     /* the last of it */
    put(0x18000 + 0x2000, 0xc0); /* line 1 */
    render(640, 400);
    static const u32 color[4] = {0, 0x0000aa, 0x00aa00, 0x00aaaa};
    for (unsigned i = 0; i < 8; i++)
        cr_expect_eq(pixel(i, 0), color[i / 2], "%u: %06x", i, pixel(i, 0));
    cr_expect_eq(pixel(0, 1), 0, "each line shows twice");
    cr_expect_eq(pixel(2, 1), 0x0000aa);
    cr_expect_eq(pixel(0, 2), 0x00aaaa);
    cr_expect_eq(pixel(638, 0), 0x00aa00);
}

/* ---- VBE ---- */

Test(vga, vbe_registers)
{
    cr_expect_eq(vbe_get(0), 0xb0c5);
    vbe(0, 0xb0c2);
    cr_expect_eq(vbe_get(0), 0xb0c2);
    vbe(0, 0x1234);
    cr_expect_eq(vbe_get(0), 0xb0c2);
    cr_expect_eq(vbe_get(10), 256);
    vbe(4, 2);
    cr_expect_geq(vbe_get(1), 1920);
    cr_expect_eq(vbe_get(3), 32);
    vbe_mode(800, 600, 32);
    cr_expect_eq(vbe_get(6), 800);
    cr_expect_eq(vbe_get(7), 16 * 1024 * 1024 / 3200);
    /* The aligned data port, and the memory BAR. */
    bus_write(b->m->io, 0x1ce, 2, 2);
    cr_expect_eq(bus_read(b->m->io, 0x1d0, 2), 600);
    cr_expect_eq(bus_read(b->m->mem, MMIO + 0x500 + 2, 2), 800);
    bus_write(b->m->mem, MMIO + 0x500 + 2 * 9, 7, 2);
    cr_expect_eq(vbe_get(9), 7);
    cr_expect_eq(board_read(b, MMIO + 0x600), 8);
    cr_expect_eq(board_read(b, MMIO + 0x604), 0x1e1e1e1e);
    cr_expect_eq(bus_read(b->m->mem, MMIO + 0x40c, 1), 0x67, "the miscellaneous register");
}

Test(vga, vbe_32)
{
    bus_write(b->m->mem, LFB + 100, 0x12345678, 4);
    vbe_mode(640, 480, 32);
    cr_expect_eq(board_read(b, LFB + 100), 0, "cleared");
    bus_write(b->m->mem, LFB + 4 * (640 * 479 + 639), 0xff123456, 4);
    render(640, 480);
    cr_expect_eq(pixel(639, 479), 0x123456);
    vbe(6, 1000);
    vbe(8, 3);
    vbe(9, 2);
    bus_write(b->m->mem, LFB + 4 * (1000 * 2 + 3), 0xabcdef, 4);
    render(640, 480);
    cr_expect_eq(pixel(0, 0), 0xabcdef);
    vbe(9, 0xffff); /* beyond the memory: black, and no more */
    render(640, 480);
    cr_expect_eq(pixel(639, 479), 0);
    vbe(4, 0);
    render(720, 400);
}

Test(vga, vbe_banks)
{
    vbe_mode(640, 480, 8);
    reg(GFX, 6, 0x05);
    vbe(5, 3);
    put(0x1234, 0x99);
    cr_expect_eq(bus_read(b->m->mem, LFB + 0x31234, 1), 0x99);
    vbe(5, 0);
    cr_expect_eq(get(0x1234), 0);
    cr_expect_eq(bus_find(b->m->mem, WINDOW)->kind, REGION_RAM);
    vbe(5, 255);
    put(0xffff, 0x42);
    cr_expect_eq(bus_read(b->m->mem, LFB + 0xffffff, 1), 0x42);
    vbe(5, 256);
    put(0, 0x43);
    cr_expect_eq(bus_read(b->m->mem, LFB, 1), 0x43);
}

Test(vga, vbe_colours)
{
    vbe_mode(320, 200, 16);
    bus_write(b->m->mem, LFB, 0xf81f07e0, 4);
    render(320, 200);
    cr_expect_eq(pixel(0, 0), 0x00ff00);
    cr_expect_eq(pixel(1, 0), 0xff00ff);
    vbe_mode(320, 200, 15);
    bus_write(b->m->mem, LFB, 0x7fff4000, 4);
    render(320, 200);
    cr_expect_eq(pixel(0, 0), 0x840000);
    cr_expect_eq(pixel(1, 0), 0xffffff);
    vbe_mode(320, 200, 24);
    bus_write(b->m->mem, LFB, 0x44332211, 4);
    render(320, 200);
    cr_expect_eq(pixel(0, 0), 0x332211);
    cr_expect_eq(pixel(1, 0), 0x000044);
    vbe_mode(320, 200, 4);
    planar();
    reg(SEQ, 2, 0x04);
    reg(GFX, 8, 0xff);
    put(40 * 199 + 39, 1);
    render(320, 200);
    cr_expect_eq(pixel(319, 199), 0xaa0000);
    cr_expect_eq(pixel(318, 199), 0);
}

/* ---- state ---- */

Test(vga, looking_changes_nothing)
{
    struct buf before = {0}, after = {0};
    text(0, 0, 'A', 0x07);
    machine_save(b->m, &before);
    u64 sum = ram_digest(b->m->ram[0]);
    render(720, 400);
    machine_save(b->m, &after);
    cr_expect(before.len == after.len && !memcmp(before.data, after.data, before.len));
    cr_expect_eq(ram_digest(b->m->ram[0]), sum);
    buf_fini(&before);
    buf_fini(&after);
}

Test(vga, a_saved_state_comes_back)
{
    struct buf state = {0};
    vbe_mode(640, 480, 8);
    reg(GFX, 6, 0x05);
    vbe(5, 2);
    machine_save(b->m, &state);
    board_reset(b);
    cr_expect_eq(board_read(b, LFB), 0xffffffff);
    struct reader r = reader_of(state.data, state.len);
    cr_assert(machine_load(b->m, &r));
    put(7, 0x5a);
    cr_expect_eq(bus_read(b->m->mem, LFB + 0x20007, 1), 0x5a);
    render(640, 480);
    buf_fini(&state);
}
