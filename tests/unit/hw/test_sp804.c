/* test_sp804.c - the dual timer, and the A9's private one: counters that go down */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/a9mpcore.h"
#include "hw/sp804.h"

#define BASE UINT64_C(0x10011000)
#define A9 UINT64_C(0x1e000000)
enum { LOAD = 0, VALUE = 4, CONTROL = 8, INT_CLR = 0xc, MIS = 0x14, US = 1000 };
enum { ONE_SHOT = 1, SIZE_32 = 2, INT = 0x20, PERIODIC = 0x40, ENABLE = 0x80 };

static struct board *b;
static struct probe irq, private;

static void set_up(void)
{
    b = board_new();
    irq = private = (struct probe){0};
    sp804_new(b->m, BASE, probe_irq(&irq));
    a9mpcore_new(b->m, A9, (struct a9mpcore_irqs){.timer = probe_irq(&private)});
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(sp804, .init = set_up, .fini = tear_down);

Test(sp804, periodic)
{
    board_write(b, BASE + LOAD, 99);
    board_write(b, BASE + CONTROL, ENABLE | PERIODIC | SIZE_32 | INT);
    board_run(b, 40 * US);
    cr_assert_eq(board_read(b, BASE + VALUE), 59);
    board_run(b, 59 * US - 1);
    cr_assert_not(irq.level);
    board_run(b, 1);
    cr_assert(irq.level);
    cr_assert_eq(board_read(b, BASE + VALUE), 0);
    board_run(b, US);
    cr_assert_eq(board_read(b, BASE + VALUE), 99, "it is loaded again");
    board_write(b, BASE + INT_CLR, 1);
    cr_assert_not(irq.level);
    board_run(b, 99 * US);
    cr_assert_eq(irq.rises, 2);
}

Test(sp804, one_shot)
{
    board_write(b, BASE + 0x20 + CONTROL, ENABLE | ONE_SHOT | SIZE_32 | INT);
    board_write(b, BASE + 0x20 + LOAD, 10);
    board_run(b, 1000 * US);
    cr_assert_eq(irq.rises, 1);
    cr_assert_eq(board_read(b, BASE + 0x20 + VALUE), 0);
    board_write(b, BASE + 0x20 + INT_CLR, 1);
    board_run(b, 1000 * US);
    cr_assert_not(irq.level);
}

Test(sp804, free_running)
{
    board_write(b, BASE + CONTROL, 0);
    board_write(b, BASE + LOAD, 0xffffffff);
    board_write(b, BASE + CONTROL, ENABLE | SIZE_32);
    board_run(b, 5000 * US);
    cr_assert_eq(board_read(b, BASE + VALUE), 0xffffffff - 5000);
    cr_assert_eq(irq.rises, 0);
}

Test(sp804, private_timer)
{
    u64 timer = A9 + 0x600;
    board_write(b, timer, 999); /* 10 us at 100 MHz */
    board_write(b, timer + 8, 7);
    board_run(b, 9990 - 1);
    cr_assert_not(private.level);
    board_run(b, 1);
    cr_assert(private.level);
    board_write(b, timer + 12, 1);
    cr_assert_not(private.level);
    board_run(b, 25000);
    cr_assert_eq(private.rises, 2);
    cr_assert_eq(board_read(b, timer + 4), 999 - 499);
}
