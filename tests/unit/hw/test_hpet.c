/* test_hpet.c - the high precision event timers by their registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/hpet.h"

enum { CONFIG = HPET_BASE + 0x10, STATUS = HPET_BASE + 0x20, COUNTER = HPET_BASE + 0xf0 };
enum { T0 = HPET_BASE + 0x100, T1 = T0 + 0x20, T2 = T0 + 0x40, COMPARATOR = 8 };
enum { LEVEL = 2, ENABLE = 4, PERIODIC = 8, SET = 0x40, BITS32 = 0x100, ROUTE2 = 2 << 9 };

static struct board *b;
static struct hpet *hpet;
static struct probe irq0, irq8, pin2;

static void set_up(void)
{
    b = board_new();
    irq0 = irq8 = pin2 = (struct probe){0};
    hpet = hpet_new(b->m, probe_irq(&irq0), probe_irq(&irq8), probe_irq(&pin2));
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(hpet, .init = set_up, .fini = tear_down);

static u64 read64(u64 addr)
{
    return bus_read(b->m->mem, addr, 8);
}

Test(hpet, identity)
{
    cr_assert_eq(read64(HPET_BASE), UINT64_C(0x0098968080000000) | (HPET_ID & 0x7fffffff));
    cr_assert_eq(read64(T0), UINT64_C(0x0000000400000030));
    cr_assert_eq(read64(T2 + COMPARATOR), UINT64_MAX);
}

Test(hpet, counter_runs_while_it_is_on)
{
    board_run(b, 1000);
    cr_assert_eq(read64(COUNTER), 0);
    board_write(b, CONFIG, 1);
    board_run(b, 1000);
    cr_assert_eq(read64(COUNTER), 100);
    board_write(b, CONFIG, 0);
    board_run(b, 1000);
    cr_assert_eq(read64(COUNTER), 100);
    board_write(b, COUNTER, 7);
    board_write(b, COUNTER + 4, 1);
    cr_assert_eq(read64(COUNTER), UINT64_C(0x100000007));
    board_write(b, CONFIG, 1);
    board_run(b, 30);
    cr_assert_eq(read64(COUNTER), UINT64_C(0x10000000a));
}

Test(hpet, one_shot_by_legacy_replacement)
{
    board_write(b, T0, ENABLE);
    board_write(b, T0 + COMPARATOR, 50);
    board_write(b, T0 + COMPARATOR + 4, 0);
    board_write(b, CONFIG, 3);
    board_run(b, 499);
    cr_assert_eq(irq0.rises, 0);
    board_run(b, 1);
    cr_assert_eq(irq0.rises, 1);
    board_run(b, 100000);
    cr_assert_eq(irq0.rises, 1);
    board_write(b, T0 + COMPARATOR, 20); /* the past: not until it comes round */
    board_run(b, 100000);
    cr_assert_eq(irq0.rises, 1);
    cr_assert_eq(irq8.rises + pin2.rises, 0);
}

/* As Linux sets it up. */
Test(hpet, periodic)
{
    board_write(b, CONFIG, 3);
    board_write(b, T1, ENABLE | PERIODIC | SET | BITS32);
    board_write(b, T1 + COMPARATOR, 1000);
    board_write(b, T1 + COMPARATOR, 100);
    board_run(b, 10000);
    cr_assert_eq(irq8.rises, 1);
    cr_assert_eq(read64(T1 + COMPARATOR), 1100);
    board_run(b, 3000);
    cr_assert_eq(irq8.rises, 4);
    board_write(b, T1, 0);
    board_run(b, 3000);
    cr_assert_eq(irq8.rises, 4);
}

/* With two halves TC_SET is said for each; the period is what is written without it. */
Test(hpet, wide_periodic)
{
    board_write(b, CONFIG, 3);
    board_write(b, T1, ENABLE | PERIODIC | SET);
    bus_write(b->m->mem, T1 + COMPARATOR, UINT64_C(0x200001000), 8);
    cr_assert_eq(read64(T1 + COMPARATOR), UINT64_C(0x200001000));
    board_write(b, T1, ENABLE | PERIODIC | SET);
    board_write(b, T1 + COMPARATOR, 1000);
    cr_assert_eq(read64(T1 + COMPARATOR), UINT64_C(0x2000003e8));
    board_write(b, T1, ENABLE | PERIODIC | SET);
    board_write(b, T1 + COMPARATOR + 4, 0);
    cr_assert_eq(read64(T1 + COMPARATOR), 1000);
    bus_write(b->m->mem, T1 + COMPARATOR, 100, 8);
    cr_assert_eq(read64(T1 + COMPARATOR), 1000, "without TC_SET it is the period");
    board_run(b, 10000);
    cr_assert_eq(irq8.rises, 1);
    cr_assert_eq(read64(T1 + COMPARATOR), 1100);
}

Test(hpet, a_narrow_timer_matches_each_time_round)
{
    board_write(b, COUNTER, 0xfffffff0);
    board_write(b, T0, ENABLE | BITS32);
    board_write(b, T0 + COMPARATOR, 5);
    board_write(b, CONFIG, 3);
    board_run(b, 210);
    cr_assert_eq(irq0.rises, 1);
    board_run(b, UINT64_C(10) << 32);
    cr_assert_eq(irq0.rises, 2);
}

/* Twice round while nobody looked, and nobody asked for an interrupt. */
Test(hpet, a_narrow_timer_that_is_enabled_late_waits_for_the_next_time)
{
    board_write(b, T0, BITS32);
    board_write(b, T0 + COMPARATOR, 5);
    board_write(b, CONFIG, 3);
    board_run(b, UINT64_C(100000000000));
    board_write(b, T0, BITS32 | ENABLE);
    board_run(b, 1000);
    cr_assert_eq(irq0.rises, 0);
    board_run(b, UINT64_C(28850000000));
    cr_assert_eq(irq0.rises, 1);
}

Test(hpet, level_triggered_by_its_route)
{
    board_write(b, T2, ENABLE | LEVEL | ROUTE2);
    board_write(b, T2 + COMPARATOR, 10);
    board_write(b, T2 + COMPARATOR + 4, 0);
    board_write(b, CONFIG, 1);
    board_run(b, 100);
    cr_assert(pin2.level);
    cr_assert_eq(board_read(b, STATUS), 4);
    board_write(b, STATUS, 3);
    cr_assert(pin2.level);
    board_write(b, STATUS, 4);
    cr_assert_not(pin2.level);
    cr_assert_eq(board_read(b, STATUS), 0);
    board_write(b, T2, ENABLE | 5 << 9);
    cr_assert_eq(board_read(b, T2) >> 9 & 31, 0, "there is no such route");
}

Test(hpet, takes_the_lines_of_pit_and_rtc)
{
    struct irq pit = hpet_pit_irq(hpet), rtc = hpet_rtc_irq(hpet);
    irq_raise(pit);
    cr_assert(irq0.level);
    board_write(b, CONFIG, 3);
    cr_assert_not(irq0.level);
    irq_raise(rtc);
    cr_assert_not(irq8.level);
    board_write(b, CONFIG, 1);
    cr_assert(irq0.level && irq8.level);
    irq_lower(pit);
    cr_assert_not(irq0.level);
}
