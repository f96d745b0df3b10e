/* test_pl031.c - the clock counts seconds, and interrupts when they match */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "board.h"
#include "hw/pl031.h"

#define BASE UINT64_C(0x09010000)
#define S UINT64_C(1000000000)
enum { DR = 0, MR = 4, LR = 8, CR = 0xc, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c };
enum { START = 1772281800 /* 2026-02-28 12:30:00 */ };

static struct board *b;
static struct probe irq;

static void set_up(void)
{
    b = board_new();
    free(b->config.rtc_base);
    b->config.rtc_base = xstrdup("2026-02-28T12:30:00");
    irq = (struct probe){0};
    pl031_new(b->m, BASE, probe_irq(&irq));
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(pl031, .init = set_up, .fini = tear_down);

Test(pl031, counts_seconds)
{
    cr_assert_eq(board_read(b, BASE + DR), START);
    board_run_to(b, 5 * S - 1);
    cr_assert_eq(board_read(b, BASE + DR), START + 4);
    board_run_to(b, 5 * S);
    cr_assert_eq(board_read(b, BASE + DR), START + 5);
    cr_assert_eq(board_read(b, BASE + CR), 1);
}

Test(pl031, is_set)
{
    board_write(b, BASE + LR, 1000);
    board_run(b, 3 * S);
    cr_assert_eq(board_read(b, BASE + DR), 1003);
    cr_assert_eq(board_read(b, BASE + LR), 1000);
}

Test(pl031, alarm)
{
    board_write(b, BASE + MR, START + 2);
    board_write(b, BASE + IMSC, 1);
    board_run_to(b, 2 * S - 1);
    cr_assert_not(irq.level);
    board_run_to(b, 2 * S);
    cr_assert(irq.level);
    cr_assert_eq(board_read(b, BASE + MIS), 1);
    board_run(b, 5 * S);
    cr_assert_eq(irq.rises, 1);
    board_write(b, BASE + ICR, 1);
    cr_assert_not(irq.level);
    cr_assert_eq(board_read(b, BASE + RIS), 0);
}
