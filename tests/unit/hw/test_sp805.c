/* test_sp805.c - watchdogs: Arm's module, and the Cortex-A9's own; and its global timer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/a9mpcore.h"
#include "hw/sp805.h"

#define BASE UINT64_C(0x1000f000)
#define A9 UINT64_C(0x1e000000)
#define DOG (A9 + 0x620)
#define GLOBAL (A9 + 0x200)
enum { LOAD = 0, VALUE = 4, CONTROL = 8, INT_CLR = 0xc, RIS = 0x10, MIS = 0x14, LOCK = 0xc00, ID = 0xfe0 };
enum { INT = 1, RESET = 2, US = 1000 };

static struct board *b;
static struct probe irq, dog, global;

static void set_up(void)
{
    b = board_new();
    irq = dog = global = (struct probe){0};
    sp805_new(b->m, BASE, 1000000, probe_irq(&irq));
    a9mpcore_new(b->m, A9, (struct a9mpcore_irqs){.watchdog = probe_irq(&dog), .global = probe_irq(&global)});
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(sp805, .init = set_up, .fini = tear_down);

Test(sp805, barks_and_bites)
{
    board_write(b, BASE + LOAD, 99);
    board_write(b, BASE + CONTROL, INT | RESET);
    board_run(b, 40 * US);
    cr_assert_eq(board_read(b, BASE + VALUE), 59);
    board_run(b, 59 * US - 1);
    cr_assert_not(irq.level);
    board_run(b, 1);
    cr_assert(irq.level && board_read(b, BASE + RIS) && board_read(b, BASE + MIS));
    cr_assert_eq(b->m->request, REQUEST_NONE);
    board_run(b, 100 * US);
    cr_assert_eq(b->m->request, REQUEST_RESET);
}

Test(sp805, is_fed)
{
    board_write(b, BASE + LOAD, 99);
    board_write(b, BASE + CONTROL, INT | RESET);
    for (unsigned i = 0; i < 5; i++) {
        board_run(b, 150 * US);
        cr_assert(irq.level);
        board_write(b, BASE + INT_CLR, 1);
        cr_assert_not(irq.level);
        cr_assert_eq(board_read(b, BASE + VALUE), 99, "it starts again");
    }
    cr_assert_eq(b->m->request, REQUEST_NONE);
    cr_assert_eq(irq.rises, 5);
}

Test(sp805, only_interrupts)
{
    board_write(b, BASE + LOAD, 9);
    board_write(b, BASE + CONTROL, INT);
    board_run(b, 1000 * US);
    cr_assert(irq.level);
    cr_assert_eq(b->m->request, REQUEST_NONE);
    board_write(b, BASE + CONTROL, 0);
    cr_assert_not(irq.level);
}

Test(sp805, lock)
{
    board_write(b, BASE + LOCK, 0);
    cr_assert_eq(board_read(b, BASE + LOCK), 1);
    board_write(b, BASE + LOAD, 5);
    cr_assert_eq(board_read(b, BASE + LOAD), 0xffffffff);
    board_write(b, BASE + LOCK, 0x1acce551);
    board_write(b, BASE + LOAD, 5);
    cr_assert_eq(board_read(b, BASE + LOAD), 5);
    cr_assert_eq(board_read(b, BASE + ID), 5);
}

Test(sp805, private_watchdog_as_a_timer)
{
    board_write(b, DOG, 999); /* 10 us at 100 MHz */
    board_write(b, DOG + 8, 7);
    board_run(b, 9990 - 1);
    cr_assert_not(dog.level);
    board_run(b, 1);
    cr_assert(dog.level);
    board_write(b, DOG + 0xc, 1);
    cr_assert_not(dog.level);
    board_run(b, 10000);
    cr_assert_eq(dog.rises, 2);
    cr_assert_eq(b->m->request, REQUEST_NONE);
}

Test(sp805, private_watchdog)
{
    board_write(b, DOG, 999);
    board_write(b, DOG + 8, 9);
    board_write(b, DOG + 8, 1);
    cr_assert_eq(board_read(b, DOG + 8), 9, "it stays a watchdog");
    board_write(b, DOG + 4, 5000);
    cr_assert_eq(board_read(b, DOG + 4), 999, "whose counter is not written");
    board_run(b, 9980);
    board_write(b, DOG, 999);
    board_run(b, 9989);
    cr_assert_eq(b->m->request, REQUEST_NONE, "it was fed");
    board_run(b, 1);
    cr_assert_eq(b->m->request, REQUEST_RESET);
    board_reset(b);
    cr_assert_eq(board_read(b, DOG + 0x10), 1, "a reset does not make it forget");
    board_write(b, DOG + 0x10, 1);
    cr_assert_eq(board_read(b, DOG + 0x10), 0);
}

Test(sp805, private_watchdog_is_disabled)
{
    board_write(b, DOG, 999);
    board_write(b, DOG + 8, 9);
    board_write(b, DOG + 0x14, 0x12345678);
    board_write(b, DOG + 0x14, 0x1);
    board_write(b, DOG + 0x14, 0x87654321);
    cr_assert_eq(board_read(b, DOG + 8), 9);
    board_write(b, DOG + 0x14, 0x12345678);
    board_write(b, DOG + 0x14, 0x87654321);
    cr_assert_eq(board_read(b, DOG + 8), 1);
    board_run(b, 100000);
    cr_assert_eq(b->m->request, REQUEST_NONE);
}

Test(sp805, global_timer)
{
    board_write(b, GLOBAL + 4, 1);
    board_write(b, GLOBAL + 8, 1);
    board_run(b, 1000);
    cr_assert_eq(board_read(b, GLOBAL), 100);
    cr_assert_eq(board_read(b, GLOBAL + 4), 1);
    board_write(b, GLOBAL + 0x10, 500);
    board_write(b, GLOBAL + 0x14, 1);
    board_write(b, GLOBAL + 0x18, 300);
    board_write(b, GLOBAL + 8, 0xf);
    board_run(b, 4000 - 1);
    cr_assert_not(global.level);
    board_run(b, 1);
    cr_assert(global.level && board_read(b, GLOBAL + 0xc) == 1);
    cr_assert_eq(board_read(b, GLOBAL + 0x10), 800, "it moves on by itself");
    board_write(b, GLOBAL + 0xc, 1);
    cr_assert_not(global.level);
    board_run(b, 3000);
    cr_assert_eq(global.rises, 2);
}
