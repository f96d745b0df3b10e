/* test_mc146818.c - the real-time clock, by the MC146818A data sheet */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "hw/mc146818.h"
#include "hw/rtc_date.h"

static struct board *b;
static struct probe irq8;

static void start(const char *base)
{
    b = board_new();
    free(b->config.rtc_base);
    b->config.rtc_base = xstrdup(base);
    irq8 = (struct probe){0};
    mc146818_new(b->m, probe_irq(&irq8));
    board_reset(b);
}

static void set_up(void)
{
    start("2024-02-28T23:59:58");
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(mc146818, .init = set_up, .fini = tear_down);

static u8 get(u8 index)
{
    board_out(b, 0x70, index);
    return board_in(b, 0x71);
}

static void put(u8 index, u8 value)
{
    board_out(b, 0x70, index);
    board_out(b, 0x71, value);
}

#define SECOND UINT64_C(1000000000)

Test(mc146818, shows_the_date_in_bcd)
{
    cr_assert_eq(get(0), 0x58);
    cr_assert_eq(get(2), 0x59);
    cr_assert_eq(get(4), 0x23);
    cr_assert_eq(get(6), 4, "a Wednesday");
    cr_assert_eq(get(7), 0x28);
    cr_assert_eq(get(8), 0x02);
    cr_assert_eq(get(9), 0x24);
    cr_assert_eq(get(0x32), 0x20);
    cr_assert_eq(get(0x0d), 0x80);
}

Test(mc146818, runs_over_a_leap_day)
{
    board_run(b, 2 * SECOND);
    cr_assert_eq(get(7), 0x29);
    cr_assert_eq(get(8), 0x02);
    cr_assert_eq(get(6), 5);
    board_run(b, 86400 * SECOND);
    cr_assert_eq(get(7), 0x01);
    cr_assert_eq(get(8), 0x03);
}

Test(mc146818, binary_and_12_hours)
{
    put(0x0b, 0x04); /* binary, 12 hours */
    cr_assert_eq(get(0), 58);
    cr_assert_eq(get(4), 0x80 | 11);
    board_run(b, 2 * SECOND);
    cr_assert_eq(get(4), 12, "midnight is 12 AM");
}

Test(mc146818, set_stops_and_takes)
{
    put(0x0b, 0x82);
    put(0, 0x30);
    put(2, 0x15);
    put(4, 0x08);
    put(7, 0x31);
    put(8, 0x12);
    put(9, 0x99);
    put(0x32, 0x19);
    board_run(b, 5 * SECOND);
    cr_assert_eq(get(0), 0x30);
    cr_assert_not(get(0x0a) & 0x80, "no update while SET is on");
    put(0x0b, 0x02);
    cr_assert_eq(get(0), 0x30);
    board_run(b, SECOND);
    cr_assert_eq(get(0), 0x31);
    cr_assert_eq(get(9), 0x99);
    cr_assert_eq(get(6), 6, "1999-12-31 was a Friday");
}

Test(mc146818, update_in_progress_is_seen_before_the_update)
{
    board_run_to(b, SECOND - 2228001);
    cr_assert_not(get(0x0a) & 0x80);
    board_run_to(b, SECOND - 2228000);
    cr_assert(get(0x0a) & 0x80);
    cr_assert_eq(get(0), 0x58);
    board_run_to(b, SECOND);
    cr_assert_not(get(0x0a) & 0x80);
    cr_assert_eq(get(0), 0x59);
}

Test(mc146818, update_interrupt_each_second)
{
    get(0x0c);
    put(0x0b, 0x12);
    board_run_to(b, SECOND - 1);
    cr_assert_not(irq8.level);
    board_run_to(b, SECOND);
    cr_assert(irq8.level);
    cr_assert_eq(get(0x0c) & 0xbf, 0x90);
    cr_assert_not(irq8.level);
    cr_assert_eq(get(0x0c), 0);
    board_run_to(b, 2 * SECOND);
    cr_assert_eq(irq8.rises, 2);
}

Test(mc146818, periodic_interrupt_at_the_selected_rate)
{
    put(0x0a, 0x26); /* 1024 Hz */
    put(0x0b, 0x42);
    unsigned n = 0;
    for (unsigned i = 0; i < 10000; i++) {
        board_run(b, 100000);
        if (irq8.level) {
            n++;
            cr_assert(get(0x0c) & 0x40);
        }
    }
    cr_assert_eq(n, 1024);
    put(0x0a, 0x2f); /* 2 Hz */
    get(0x0c);
    unsigned before = irq8.rises;
    for (unsigned i = 0; i < 100; i++) {
        board_run(b, SECOND / 10);
        get(0x0c);
    }
    cr_assert_eq(irq8.rises - before, 20);
}

Test(mc146818, alarm_with_wild_cards)
{
    put(1, 0x00);
    put(3, 0xff); /* every minute, at second 0 */
    put(5, 0xc0);
    put(0x0b, 0x22);
    board_run_to(b, 2 * SECOND - 1);
    cr_assert_not(irq8.level);
    board_run_to(b, 2 * SECOND);
    cr_assert(irq8.level);
    cr_assert_eq(get(0x0c) & 0xa0, 0xa0);
    board_run_to(b, 62 * SECOND - 1);
    cr_assert_not(irq8.level);
    board_run_to(b, 62 * SECOND);
    cr_assert(irq8.level);
}

Test(mc146818, flags_are_set_without_being_enabled)
{
    get(0);
    get(0x0c);
    put(1, 0x00), put(3, 0x05), put(5, 0x00);
    board_run(b, 4 * 60 * SECOND);
    cr_assert_eq(get(0x0c) & 0x30, 0x10, "updates, but not yet the alarm");
    board_run(b, 2 * 60 * SECOND);
    cr_assert_eq(get(0x0c) & 0x30, 0x30);
    cr_assert_eq(irq8.rises, 0);
}

Test(mc146818, memory_survives_reset)
{
    put(0x40, 0xa5);
    put(0x0b, 0x72);
    board_reset(b);
    cr_assert_eq(get(0x40), 0xa5);
    cr_assert_eq(get(0x0b), 0x02, "the interrupt enables are cleared");
}

Test(mc146818, base_text)
{
    bool fixed;
    i64 s;
    cr_assert(rtc_date_check("utc", &fixed, &s) && !fixed);
    cr_assert(rtc_date_check("1970-01-01", &fixed, &s) && fixed && s == 0);
    cr_assert(rtc_date_check("2000-03-01T00:00:01", &fixed, &s) && s == 951868801);
    cr_assert_not(rtc_date_check("2000-13-01", &fixed, &s));
    cr_assert_not(rtc_date_check("2000-01-01T25:00:00", &fixed, &s));
    cr_assert_not(rtc_date_check("2000-01-01junk", &fixed, &s));
    cr_assert_not(rtc_date_check("yesterday", &fixed, &s));
}

static u32 asked;

static void tap(void *opaque, const struct door_event *ev)
{
    (void)opaque, (void)ev;
    asked++;
}

Test(mc146818, host_clock_is_asked_once)
{
    board_delete(b);
    start("utc");
    b->config.rtc_clock = RTC_CLOCK_HOST;
    asked = 0;
    door_set_tap(b->m->door, tap, NULL);
    cr_assert_eq(asked, 0);
    u8 year = get(9);
    cr_assert_eq(asked, 1);
    cr_assert_geq(year, 0x24);
    board_run(b, 10 * SECOND);
    get(0);
    cr_assert_eq(asked, 1);
}
