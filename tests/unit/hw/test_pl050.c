/* test_pl050.c - keyboard and mouse behind Arm's interface */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/pl050.h"
#include "hw/ps2.h"

#define KEYBOARD UINT64_C(0x10006000)
#define MOUSE UINT64_C(0x10007000)
enum { CR = 0, STAT = 4, DATA = 8, CLKDIV = 0xc, IR = 0x10, ID = 0xfe0 };
enum { ENABLE = 4, TX_INT = 8, RX_INT = 16, FORCE_CLOCK = 1, RX_FULL = 16, TX_EMPTY = 64, CLOCK_IN = 2, PARITY = 4 };

static struct board *b;
static struct probe keyboard, mouse;

static void set_up(void)
{
    b = board_new();
    keyboard = mouse = (struct probe){0};
    pl050_keyboard_new(b->m, KEYBOARD, probe_irq(&keyboard));
    pl050_mouse_new(b->m, MOUSE, probe_irq(&mouse));
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(pl050, .init = set_up, .fini = tear_down);

static void deliver(void)
{
    while (door_deliver_due(b->m->door))
        ;
}

static void expect(u64 base, const u8 *bytes, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        cr_assert(board_read(b, base + STAT) & RX_FULL, "byte %u does not come", i);
        cr_assert_eq(board_read(b, base + DATA), bytes[i]);
    }
    cr_assert_not(board_read(b, base + STAT) & RX_FULL, "there is one more");
}

Test(pl050, commands_are_answered)
{
    board_write(b, KEYBOARD + CR, ENABLE | RX_INT);
    cr_assert(board_read(b, KEYBOARD + STAT) & TX_EMPTY);
    cr_assert_not(keyboard.level);
    board_write(b, KEYBOARD + DATA, 0xff);
    cr_assert(keyboard.level && board_read(b, KEYBOARD + IR) == 1);
    expect(KEYBOARD, (const u8[]){PS2_ACK, PS2_SELF_TEST_PASSED}, 2);
    cr_assert_not(keyboard.level);
    cr_assert(board_read(b, KEYBOARD + STAT) & PARITY, "odd parity of 0xaa is 1");
    board_write(b, MOUSE + CR, ENABLE);
    board_write(b, MOUSE + DATA, 0xf2);
    expect(MOUSE, (const u8[]){PS2_ACK, 0}, 2);
    cr_assert_not(mouse.rises);
}

Test(pl050, keys_come_in_set_2)
{
    board_write(b, KEYBOARD + CR, ENABLE | RX_INT);
    cr_assert(hid_post_key(b->m->hid, 0x1e, true));
    cr_assert(hid_post_key(b->m->hid, 0x1e, false));
    deliver();
    cr_assert(keyboard.level);
    expect(KEYBOARD, (const u8[]){0x1c, 0xf0, 0x1c}, 3);
}

Test(pl050, a_clock_held_low_keeps_bytes_back)
{
    board_write(b, KEYBOARD + CR, ENABLE | FORCE_CLOCK);
    hid_post_key(b->m->hid, 0x1e, true);
    deliver();
    cr_assert_not(board_read(b, KEYBOARD + STAT) & (RX_FULL | CLOCK_IN));
    board_write(b, KEYBOARD + CR, ENABLE);
    expect(KEYBOARD, (const u8[]){0x1c}, 1);
}

Test(pl050, the_mouse_moves)
{
    board_write(b, MOUSE + CR, ENABLE | RX_INT);
    board_write(b, MOUSE + DATA, 0xf4);
    expect(MOUSE, (const u8[]){PS2_ACK}, 1);
    cr_assert(hid_post_mouse(b->m->hid, 5, 3, 0));
    deliver();
    cr_assert(mouse.level);
    expect(MOUSE, (const u8[]){0x28, 5, (u8)-3}, 3);
}

Test(pl050, nothing_without_enable)
{
    board_write(b, KEYBOARD + DATA, 0xff);
    board_write(b, KEYBOARD + CR, ENABLE | TX_INT);
    cr_assert(keyboard.level && board_read(b, KEYBOARD + IR) == 2, "there is room to send");
    cr_assert_not(board_read(b, KEYBOARD + STAT) & RX_FULL);
}

Test(pl050, identity)
{
    static const u8 id[] = {0x50, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    for (unsigned i = 0; i < sizeof(id); i++)
        cr_assert_eq(board_read(b, MOUSE + ID + 4 * i), id[i]);
    board_write(b, MOUSE + CLKDIV, 7);
    cr_assert_eq(board_read(b, MOUSE + CLKDIV), 7);
}
