/* test_i8259.c - the interrupt controllers, by the 8259A data sheet */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/i8259.h"

static struct board *b;
static struct i8259 *pic;
static struct probe intr;

static void init_chip(u16 port, u8 icw1, u8 vector, u8 cascade, u8 icw4)
{
    board_out(b, port, icw1);
    board_out(b, port + 1, vector);
    board_out(b, port + 1, cascade);
    board_out(b, port + 1, icw4);
    board_out(b, port + 1, 0);
}

static void set_up(void)
{
    b = board_new();
    intr = (struct probe){0};
    pic = i8259_new(b->m, probe_irq(&intr));
    board_reset(b);
    init_chip(0x20, 0x11, 0x20, 4, 1);
    init_chip(0xa0, 0x11, 0x28, 2, 1);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(i8259, .init = set_up, .fini = tear_down);

static void raise(int n)
{
    irq_raise(i8259_irq(pic, n));
}

static void lower(int n)
{
    irq_lower(i8259_irq(pic, n));
}

static u8 isr(u16 port)
{
    board_out(b, port, 0x0b);
    return board_in(b, port);
}

static u8 irr(u16 port)
{
    board_out(b, port, 0x0a);
    return board_in(b, port);
}

Test(i8259, edge_interrupt_is_taken_once)
{
    raise(4);
    cr_assert(intr.level);
    cr_assert_eq(irr(0x20), 0x10);
    cr_assert_eq(i8259_acknowledge(pic), 0x24);
    cr_assert_eq(isr(0x20), 0x10);
    cr_assert_eq(irr(0x20), 0);
    cr_assert_not(intr.level);
    board_out(b, 0x20, 0x20);
    cr_assert_eq(isr(0x20), 0);
    cr_assert_not(intr.level, "the input is still high, but that is no edge");
    lower(4);
    raise(4);
    cr_assert(intr.level);
}

Test(i8259, edge_that_falls_before_the_acknowledge_is_spurious_irq7)
{
    raise(3);
    lower(3);
    cr_assert_not(intr.level);
    cr_assert_eq(i8259_acknowledge(pic), 0x27);
    cr_assert_eq(isr(0x20), 0, "a spurious interrupt sets no ISR bit");
}

Test(i8259, level_interrupt_repeats_until_lowered)
{
    board_out(b, 0x4d0, 0xff);
    cr_assert_eq(board_in(b, 0x4d0), 0xf8, "IRQ 0, 1 and 2 cannot be levels");
    board_out(b, 0x4d1, 0xff);
    cr_assert_eq(board_in(b, 0x4d1), 0xde, "nor can 8 and 13");
    raise(5);
    cr_assert_eq(i8259_acknowledge(pic), 0x25);
    cr_assert_not(intr.level);
    board_out(b, 0x20, 0x20);
    cr_assert(intr.level);
    cr_assert_eq(i8259_acknowledge(pic), 0x25);
    lower(5);
    board_out(b, 0x20, 0x20);
    cr_assert_not(intr.level);
}

Test(i8259, fully_nested_priority)
{
    raise(5);
    cr_assert_eq(i8259_acknowledge(pic), 0x25);
    raise(6);
    cr_assert_not(intr.level);
    raise(1);
    cr_assert(intr.level);
    cr_assert_eq(i8259_acknowledge(pic), 0x21);
    cr_assert_eq(isr(0x20), 0x22);
    board_out(b, 0x20, 0x20); /* non-specific: the highest in service */
    cr_assert_eq(isr(0x20), 0x20);
    cr_assert_not(intr.level);
    board_out(b, 0x20, 0x65); /* specific */
    cr_assert(intr.level);
    cr_assert_eq(i8259_acknowledge(pic), 0x26);
}

Test(i8259, slave_vectors_and_cascade)
{
    raise(12);
    cr_assert_eq(i8259_acknowledge(pic), 0x2c);
    cr_assert_eq(isr(0x20), 0x04);
    cr_assert_eq(isr(0xa0), 0x10);
    raise(9);
    cr_assert_not(intr.level, "fully nested: the master does not take the slave again");
    board_out(b, 0xa0, 0x20);
    cr_assert_not(intr.level);
    board_out(b, 0x20, 0x20);
    cr_assert(intr.level);
    cr_assert_eq(i8259_acknowledge(pic), 0x29);
}

Test(i8259, special_fully_nested_lets_the_slave_through)
{
    init_chip(0x20, 0x11, 0x20, 4, 0x11);
    raise(12);
    cr_assert_eq(i8259_acknowledge(pic), 0x2c);
    raise(9);
    cr_assert(intr.level);
    cr_assert_eq(i8259_acknowledge(pic), 0x29);
    cr_assert_eq(isr(0xa0), 0x12);
}

Test(i8259, mask_holds_back_and_remembers)
{
    board_out(b, 0x21, 0x10);
    raise(4);
    cr_assert_not(intr.level);
    cr_assert_eq(irr(0x20), 0x10);
    board_out(b, 0x21, 0);
    cr_assert(intr.level);
    cr_assert_eq(board_in(b, 0x21), 0);
}

Test(i8259, automatic_eoi)
{
    init_chip(0x20, 0x11, 0x20, 4, 3);
    raise(3);
    cr_assert_eq(i8259_acknowledge(pic), 0x23);
    cr_assert_eq(isr(0x20), 0);
    lower(3);
    raise(3);
    cr_assert(intr.level);
}

Test(i8259, rotation_on_eoi_and_set_priority)
{
    raise(0);
    raise(1);
    cr_assert_eq(i8259_acknowledge(pic), 0x20);
    board_out(b, 0x20, 0xa0); /* rotate on non-specific EOI: IRQ 0 is now lowest */
    lower(0);
    raise(0);
    cr_assert_eq(i8259_acknowledge(pic), 0x21);
    board_out(b, 0x20, 0x20);
    cr_assert_eq(i8259_acknowledge(pic), 0x20);
    board_out(b, 0x20, 0x20);
    board_out(b, 0x20, 0xc3); /* set priority: 3 is lowest, 4 highest */
    raise(3);
    raise(6);
    cr_assert_eq(i8259_acknowledge(pic), 0x26);
}

Test(i8259, special_mask_mode)
{
    raise(2 + 1);
    cr_assert_eq(i8259_acknowledge(pic), 0x23);
    raise(6);
    cr_assert_not(intr.level);
    board_out(b, 0x21, 0x08);
    board_out(b, 0x20, 0x68); /* set special mask mode: 3 in service no longer counts */
    cr_assert(intr.level);
    cr_assert_eq(i8259_acknowledge(pic), 0x26);
    board_out(b, 0x20, 0x48);
    raise(7);
    cr_assert_not(intr.level);
}

Test(i8259, poll_acknowledges)
{
    board_out(b, 0x20, 0x0c);
    cr_assert_eq(board_in(b, 0x20), 0);
    raise(6);
    board_out(b, 0x20, 0x0c);
    cr_assert_eq(board_in(b, 0x20), 0x86);
    cr_assert_eq(isr(0x20), 0x40);
    cr_assert_not(intr.level);
}

Test(i8259, initialization_clears_requests_of_edges)
{
    raise(4);
    init_chip(0x20, 0x11, 0x40, 4, 1);
    cr_assert_not(intr.level);
    cr_assert_eq(irr(0x20), 0);
    lower(4);
    raise(4);
    cr_assert_eq(i8259_acknowledge(pic), 0x44);
}
