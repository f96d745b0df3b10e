/* test_pl061.c - general-purpose inputs and outputs, and a button */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/pl061.h"

#define BASE UINT64_C(0x09030000)
enum { ALL = 0x3fc, DIR = 0x400, IS = 0x404, IBE = 0x408, IEV = 0x40c, IE = 0x410, RIS = 0x414, MIS = 0x418, IC = 0x41c };

static struct board *b;
static struct pl061 *gpio;
static struct probe irq;

static void set_up(void)
{
    b = board_new();
    irq = (struct probe){0};
    gpio = pl061_new(b->m, BASE, probe_irq(&irq));
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(pl061, .init = set_up, .fini = tear_down);

Test(pl061, the_address_masks_the_data)
{
    board_write(b, BASE + DIR, 0x0f);
    board_write(b, BASE + ALL, 0xff);
    cr_assert_eq(board_read(b, BASE + ALL), 0x0f, "inputs cannot be written");
    board_write(b, BASE + (0x03 << 2), 0);
    cr_assert_eq(board_read(b, BASE + ALL), 0x0c);
    pl061_set_input(gpio, 7, true);
    cr_assert_eq(board_read(b, BASE + ALL), 0x8c);
    cr_assert_eq(board_read(b, BASE + (0x80 << 2)), 0x80);
}

Test(pl061, edges_are_remembered)
{
    board_write(b, BASE + IEV, 0x02);
    board_write(b, BASE + IE, 0x03);
    pl061_set_input(gpio, 0, true);
    cr_assert_not(irq.level, "pin 0 waits for its fall");
    pl061_set_input(gpio, 1, true);
    cr_assert(irq.level);
    cr_assert_eq(board_read(b, BASE + MIS), 2);
    board_write(b, BASE + IC, 2);
    cr_assert_not(irq.level);
    pl061_set_input(gpio, 1, false);
    cr_assert_not(irq.level);
    pl061_set_input(gpio, 0, false);
    cr_assert_eq(board_read(b, BASE + RIS), 1);
}

Test(pl061, levels_are_followed)
{
    board_write(b, BASE + IS, 4);
    board_write(b, BASE + IEV, 4);
    board_write(b, BASE + IE, 4);
    pl061_set_input(gpio, 2, true);
    board_write(b, BASE + IC, 4);
    cr_assert(irq.level);
    pl061_set_input(gpio, 2, false);
    cr_assert_not(irq.level);
}

Test(pl061, a_button_is_pressed_and_let_go)
{
    board_write(b, BASE + IBE, 8);
    board_write(b, BASE + IE, 8);
    pl061_press(gpio, 3);
    cr_assert(irq.level);
    cr_assert_eq(board_read(b, BASE + ALL), 8);
    board_write(b, BASE + IC, 8);
    board_run(b, 100000000);
    cr_assert_eq(board_read(b, BASE + ALL), 0);
    cr_assert(irq.level && irq.rises == 2);
}
