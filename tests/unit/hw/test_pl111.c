/* test_pl111.c - pictures of all depths, and the ends of frames */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/pl111.h"

#define BASE UINT64_C(0x10020000)
#define MEMORY UINT64_C(0x4c000000)
enum { UPBASE = 0x10, CONTROL = 0x18, IMSC = 0x1c, RIS = 0x20, MIS = 0x24, ICR = 0x28, PALETTE = 0x200, ID = 0xfe0 };
enum { ON = 0x801, BGR = 0x100, BIG_BYTES = 0x200, BIG_PIXELS = 0x400, WIDTH = 32, HEIGHT = 4 };

static struct board *b;
static struct probe irq;
static struct pl111 *lcd;
static struct screen screen;

static void set_up(void)
{
    b = board_new();
    irq = (struct probe){0};
    bus_map_ram(b->m->mem, "ram", MEMORY, 64 * KiB, machine_add_ram(b->m, "ram", 64 * KiB), 0, false);
    lcd = pl111_new(b->m, BASE, 25000000, probe_irq(&irq));
    board_reset(b);
    board_write(b, BASE, (WIDTH / 16 - 1) << 2);
    board_write(b, BASE + 4, HEIGHT - 1);
    board_write(b, BASE + UPBASE, MEMORY);
}

static void tear_down(void)
{
    screen_fini(&screen);
    board_delete(b);
}

TestSuite(pl111, .init = set_up, .fini = tear_down);

static u32 pixel(unsigned bpp, u32 more, unsigned x, unsigned y)
{
    board_write(b, BASE + CONTROL, ON | bpp << 1 | more);
    pl111_render(lcd, &screen);
    cr_assert(screen.width == WIDTH && screen.height == HEIGHT);
    return screen.pixels[y * WIDTH + x];
}

Test(pl111, direct_colours)
{
    board_write(b, MEMORY + WIDTH * 4 + 4, 0x00112233);
    cr_assert_eq(pixel(5, 0, 1, 1), 0x332211, "red is in the lowest bits");
    cr_assert_eq(pixel(5, BGR, 1, 1), 0x112233);
    board_write(b, MEMORY + WIDTH * 2 * 2, 0xf800001f);
    cr_assert(pixel(6, 0, 0, 2) == 0xff0000 && pixel(6, 0, 1, 2) == 0x0000ff);
    cr_assert_eq(pixel(6, BGR, 0, 2), 0x0000ff);
    cr_assert_eq(pixel(6, BIG_BYTES, 0, 2), 0x0000ff, "the upper half is first");
    board_write(b, MEMORY, 0x7c0003e0);
    cr_assert(pixel(4, 0, 0, 0) == 0x00ff00 && pixel(4, 0, 1, 0) == 0x0000ff);
    board_write(b, MEMORY, 0x0f0000f0);
    cr_assert(pixel(7, 0, 0, 0) == 0x00ff00 && pixel(7, 0, 1, 0) == 0x0000ff);
}

Test(pl111, palette)
{
    board_write(b, BASE + PALETTE + 4, 0x001f7c00); /* 2: blue, 3: red */
    board_write(b, MEMORY, 0x00000302);
    cr_assert(pixel(3, 0, 0, 0) == 0x0000ff && pixel(3, 0, 1, 0) == 0xff0000);
    cr_assert_eq(pixel(3, BIG_BYTES, 3, 0), 0x0000ff);
    board_write(b, MEMORY, 0x32);
    cr_assert(pixel(2, 0, 0, 0) == 0x0000ff && pixel(2, BIG_PIXELS, 0, 0) == 0xff0000);
    board_write(b, MEMORY, 0x0b);
    cr_assert(pixel(1, 0, 0, 0) == 0xff0000 && pixel(1, 0, 1, 0) == 0x0000ff && pixel(1, 0, 2, 0) == 0);
    cr_assert(pixel(1, BIG_PIXELS, 3, 0) == 0xff0000 && pixel(1, BIG_PIXELS, 2, 0) == 0x0000ff);
    board_write(b, BASE + PALETTE, 0x03e00000);
    board_write(b, MEMORY, 0x80000001);
    cr_assert(pixel(0, 0, 0, 0) == 0x00ff00 && pixel(0, 0, 31, 0) == 0x00ff00 && pixel(0, 0, 1, 0) == 0);
}

Test(pl111, off_is_black)
{
    board_write(b, MEMORY, 0xffffffff);
    board_write(b, BASE + CONTROL, 5 << 1 | 1);
    cr_assert_not(pl111_is_on(lcd), "without power");
    pl111_render(lcd, &screen);
    cr_assert_eq(screen.pixels[0], 0);
    cr_assert_eq(pixel(5, 0, 0, 0), 0xffffff);
    board_reset(b);
    pl111_render(lcd, &screen);
    cr_assert(screen.width == 640 && screen.height == 480);
}

/* Where there is no memory there is white. */
Test(pl111, base_in_nowhere)
{
    board_write(b, BASE + UPBASE, 0xfffffff8);
    cr_assert_eq(pixel(5, 0, 5, 3), 0xffffff);
}

Test(pl111, frames)
{
    u64 columns = WIDTH + 3, lines = HEIGHT + 1;
    board_write(b, BASE + 8, 1 << 26); /* the clock is not divided: 40 ns */
    board_write(b, BASE + IMSC, 8);
    board_write(b, BASE + CONTROL, ON | 5 << 1);
    board_run(b, columns * lines * 40 - 1);
    cr_assert_not(irq.level || board_read(b, BASE + RIS));
    board_run(b, 1);
    cr_assert(irq.level);
    cr_assert(board_read(b, BASE + RIS) == 12 && board_read(b, BASE + MIS) == 8);
    board_write(b, BASE + ICR, 12);
    cr_assert_not(irq.level);
    board_run(b, 10 * columns * lines * 40);
    cr_assert_eq(irq.rises, 2);
    board_write(b, BASE + ICR, 12);
    board_write(b, BASE + CONTROL, 0);
    board_run(b, 1000000000);
    cr_assert_eq(irq.rises, 2);
    cr_assert_eq(board_read(b, BASE + ID), 0x11);
}
