/* test_i8254.c - the interval timer, by the 82C54 data sheet */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/i8254.h"

static struct board *b;
static struct probe irq0;

static void set_up(void)
{
    b = board_new();
    irq0 = (struct probe){0};
    i8254_new(b->m, probe_irq(&irq0));
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(i8254, .init = set_up, .fini = tear_down);

static u64 tick;

/* To the middle of the n-th CLK tick from the last mark. */
static void mark(void)
{
    tick = clock_ticks(b->m->clock.icount, I8254_HZ);
}

static void to_tick(u64 n)
{
    board_run_to(b, clock_ns_of_tick(tick + n, I8254_HZ));
}

static void load(unsigned counter, u8 control, u16 count)
{
    board_out(b, 0x43, counter << 6 | 0x30 | control);
    board_out(b, 0x40 + counter, count);
    board_out(b, 0x40 + counter, count >> 8);
}

static u16 latch(unsigned counter)
{
    board_out(b, 0x43, counter << 6);
    u16 low = board_in(b, 0x40 + counter);
    return low | board_in(b, 0x40 + counter) << 8;
}

static u8 status(unsigned counter)
{
    board_out(b, 0x43, 0xe0 | 2 << counter);
    return board_in(b, 0x40 + counter);
}

Test(i8254, mode0_interrupts_on_terminal_count)
{
    mark();
    load(0, 0, 4);
    cr_assert_eq(status(0), 0x70, "OUT low, count not yet loaded, mode 0");
    to_tick(1);
    cr_assert_eq(status(0), 0x30);
    cr_assert_eq(latch(0), 4);
    to_tick(4);
    cr_assert_eq(latch(0), 1);
    cr_assert_not(irq0.level);
    to_tick(5); /* N + 1 pulses after the count was written */
    cr_assert_eq(latch(0), 0);
    cr_assert(irq0.level);
    to_tick(6);
    cr_assert_eq(latch(0), 0xffff, "it counts on");
    cr_assert(irq0.level);
    to_tick(100000);
    cr_assert_eq(irq0.rises, 1);
}

Test(i8254, mode0_first_byte_of_a_new_count_stops)
{
    mark();
    load(0, 0, 10);
    to_tick(20);
    cr_assert(irq0.level);
    board_out(b, 0x40, 3);
    cr_assert_not(irq0.level);
    to_tick(50);
    cr_assert_not(irq0.level);
    board_out(b, 0x40, 0);
    to_tick(53);
    cr_assert_not(irq0.level);
    to_tick(54);
    cr_assert(irq0.level);
}

Test(i8254, mode2_divides)
{
    mark();
    load(0, 4, 4);
    cr_assert(irq0.level);
    static const u16 value[] = {4, 3, 2, 1, 4, 3, 2, 1, 4};
    for (unsigned i = 0; i < ARRAY_SIZE(value); i++) {
        to_tick(1 + i);
        cr_assert_eq(latch(0), value[i]);
        cr_assert_eq(irq0.level, value[i] != 1, "OUT is low for one pulse");
    }
}

Test(i8254, mode2_interrupts_at_its_rate)
{
    mark();
    load(0, 4, 11932); /* 100 Hz, nearly */
    unsigned before = irq0.rises;
    to_tick(1 + 11932 * 50);
    cr_assert_eq(irq0.rises - before, 50);
}

Test(i8254, mode2_new_count_comes_with_the_next_period)
{
    mark();
    load(0, 4, 10);
    to_tick(4);
    board_out(b, 0x40, 6);
    board_out(b, 0x40, 0);
    to_tick(10);
    cr_assert_eq(latch(0), 1);
    to_tick(11);
    cr_assert_eq(latch(0), 6);
    to_tick(16);
    cr_assert_eq(latch(0), 1);
    to_tick(17);
    cr_assert_eq(latch(0), 6);
}

Test(i8254, mode3_even_and_odd)
{
    mark();
    load(0, 6, 4);
    static const u16 even[] = {4, 2, 4, 2, 4};
    for (unsigned i = 0; i < ARRAY_SIZE(even); i++) {
        to_tick(1 + i);
        cr_assert_eq(latch(0), even[i]);
        cr_assert_eq(irq0.level, i % 4 < 2);
    }
    mark();
    load(0, 6, 5);
    static const u16 odd[] = {4, 2, 0, 4, 2, 4};
    for (unsigned i = 0; i < ARRAY_SIZE(odd); i++) {
        to_tick(1 + i);
        cr_assert_eq(latch(0), odd[i]);
        cr_assert_eq(irq0.level, i % 5 < 3, "high for (N + 1) / 2 counts");
    }
}

Test(i8254, mode4_strobes_once)
{
    mark();
    load(0, 8, 3);
    to_tick(3);
    cr_assert(irq0.level);
    to_tick(4);
    cr_assert_not(irq0.level);
    unsigned rises = irq0.rises;
    to_tick(5);
    cr_assert(irq0.level);
    cr_assert_eq(irq0.rises, rises + 1);
    to_tick(70000);
    cr_assert_eq(irq0.rises, rises + 1, "no strobe when it wraps");
}

Test(i8254, mode1_one_shot_by_gate)
{
    load(2, 2, 5);
    cr_assert(board_in(b, 0x61) & 0x20, "OUT is high until the trigger");
    mark();
    board_out(b, 0x61, 1);
    to_tick(1);
    cr_assert_not(board_in(b, 0x61) & 0x20);
    to_tick(5);
    cr_assert_not(board_in(b, 0x61) & 0x20);
    to_tick(6);
    cr_assert(board_in(b, 0x61) & 0x20);
    board_out(b, 0x61, 0);
    mark();
    board_out(b, 0x61, 1); /* again */
    to_tick(3);
    cr_assert_not(board_in(b, 0x61) & 0x20);
    to_tick(6);
    cr_assert(board_in(b, 0x61) & 0x20);
}

Test(i8254, mode5_strobe_by_gate)
{
    load(2, 10, 4);
    to_tick(100);
    mark();
    board_out(b, 0x61, 1);
    to_tick(4);
    cr_assert(board_in(b, 0x61) & 0x20);
    to_tick(5);
    cr_assert_not(board_in(b, 0x61) & 0x20);
    to_tick(6);
    cr_assert(board_in(b, 0x61) & 0x20);
}

Test(i8254, gate_stops_mode0_counting)
{
    mark();
    board_out(b, 0x61, 1);
    load(2, 0, 100);
    to_tick(11);
    cr_assert_eq(latch(2), 90);
    board_out(b, 0x61, 0);
    to_tick(500);
    cr_assert_eq(latch(2), 90);
    board_out(b, 0x61, 1);
    to_tick(589);
    cr_assert_not(board_in(b, 0x61) & 0x20);
    to_tick(590);
    cr_assert(board_in(b, 0x61) & 0x20);
}

Test(i8254, latch_holds_until_read)
{
    mark();
    load(0, 4, 1000);
    to_tick(11);
    board_out(b, 0x43, 0x00);
    to_tick(200);
    board_out(b, 0x43, 0x00); /* a second latch is ignored */
    cr_assert_eq(board_in(b, 0x40), 990 & 0xff);
    cr_assert_eq(board_in(b, 0x40), 990 >> 8);
    cr_assert_eq(latch(0), 801);
}

Test(i8254, read_back_status_then_count)
{
    mark();
    load(0, 4, 1000);
    to_tick(11);
    board_out(b, 0x43, 0xc2); /* status and count of counter 0 */
    cr_assert_eq(board_in(b, 0x40), 0xb4, "OUT high, loaded, both bytes, mode 2");
    cr_assert_eq(board_in(b, 0x40), 990 & 0xff);
    cr_assert_eq(board_in(b, 0x40), 990 >> 8);
}

Test(i8254, bcd_counts)
{
    mark();
    load(0, 1, 0x0100);
    to_tick(2);
    cr_assert_eq(latch(0), 0x0099);
    load(0, 5, 0); /* 10000 */
    mark();
    to_tick(2);
    cr_assert_eq(latch(0), 0x9999);
}

Test(i8254, count_zero_is_65536)
{
    mark();
    load(0, 4, 0);
    to_tick(1);
    cr_assert_eq(latch(0), 0);
    to_tick(2);
    cr_assert_eq(latch(0), 0xffff);
    unsigned rises = irq0.rises;
    to_tick(1 + 65536);
    cr_assert_eq(irq0.rises, rises + 1);
}

Test(i8254, no_edge_is_lost_in_long_steps)
{
    b->m->clock.shift = 10;
    mark();
    load(0, 4, 3);
    unsigned before = irq0.rises;
    for (unsigned i = 0; i < 1000; i++) { /* steps of 1024 ns, more than one CLK each */
        b->m->clock.icount++;
        for (struct device *d = b->m->device[0]; d->deadline <= machine_now_ns(b->m);)
            d->type->tick(d);
    }
    u64 ticks = clock_ticks(machine_now_ns(b->m), I8254_HZ) - tick;
    cr_assert_eq(irq0.rises - before, (ticks - 1) / 3);
}
