/* test_ns16550.c - the serial port, by the PC16550D data sheet */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "board.h"
#include "hw/ns16550.h"

static struct board *b;
static struct probe irq4;
static char sent[64];
static unsigned n_sent;

static void sink(void *opaque, const u8 *data, u32 len)
{
    (void)opaque;
    for (u32 i = 0; i < len && n_sent < sizeof(sent); i++)
        sent[n_sent++] = data[i];
}

static void set_up(void)
{
    b = board_new();
    irq4 = (struct probe){0};
    n_sent = 0;
    ns16550_new(b->m, "serial0", 0x3f8, probe_irq(&irq4));
    board_reset(b);
    port_attach(b->m->port[0], sink, NULL);
    board_out(b, 0x3fc, 0x08); /* OUT2 */
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(ns16550, .init = set_up, .fini = tear_down);

static void type(const char *text)
{
    cr_assert(port_post(b->m->port[0], (const u8 *)text, strlen(text)));
    cr_assert(door_deliver_due(b->m->door));
}

Test(ns16550, sends)
{
    board_out(b, 0x3f8, 'h');
    board_out(b, 0x3f8, 'i');
    cr_assert_eq(n_sent, 2);
    cr_assert(!memcmp(sent, "hi", 2));
    cr_assert_eq(board_in(b, 0x3fd), 0x60);
}

Test(ns16550, divisor_latch)
{
    board_out(b, 0x3fb, 0x83);
    board_out(b, 0x3f8, 0x0c);
    board_out(b, 0x3f9, 0x01);
    cr_assert_eq(board_in(b, 0x3f8), 0x0c);
    cr_assert_eq(board_in(b, 0x3f9), 0x01);
    board_out(b, 0x3fb, 0x03);
    cr_assert_eq(n_sent, 0);
    cr_assert_eq(board_in(b, 0x3f9), 0);
}

Test(ns16550, transmitter_empty_interrupt)
{
    board_out(b, 0x3f9, 0x02);
    cr_assert(irq4.level, "enabling it with an empty transmitter interrupts");
    cr_assert_eq(board_in(b, 0x3fa), 0x02);
    cr_assert_not(irq4.level, "reading IIR clears it");
    cr_assert_eq(board_in(b, 0x3fa), 0x01);
    board_out(b, 0x3f8, 'x');
    cr_assert(irq4.level);
    unsigned rises = irq4.rises;
    board_out(b, 0x3f8, 'y');
    cr_assert_eq(irq4.rises, rises + 1, "each write makes an edge");
}

Test(ns16550, receives_with_fifo_trigger_and_timeout)
{
    board_out(b, 0x3fa, 0x41); /* FIFOs, trigger level 4 */
    board_out(b, 0x3f9, 0x01);
    type("ab");
    cr_assert(irq4.level);
    cr_assert_eq(board_in(b, 0x3fa), 0xcc, "below the level: time-out");
    type("cd");
    cr_assert_eq(board_in(b, 0x3fa), 0xc4);
    cr_assert_eq(board_in(b, 0x3fd) & 1, 1);
    cr_assert_eq(board_in(b, 0x3f8), 'a');
    cr_assert_eq(board_in(b, 0x3fa), 0xcc);
    cr_assert_eq(board_in(b, 0x3f8), 'b');
    cr_assert_eq(board_in(b, 0x3f8), 'c');
    cr_assert(irq4.level);
    cr_assert_eq(board_in(b, 0x3f8), 'd');
    cr_assert_not(irq4.level);
    cr_assert_eq(board_in(b, 0x3fd), 0x60);
}

Test(ns16550, overrun_and_line_status_interrupt)
{
    board_out(b, 0x3f9, 0x05);
    cr_assert_eq(port_room(b->m->port[0]), 1);
    type("ab"); /* no FIFO */
    cr_assert_eq(board_in(b, 0x3fa), 0x06);
    cr_assert_eq(board_in(b, 0x3fd), 0x63);
    cr_assert_eq(board_in(b, 0x3fa), 0x04, "reading LSR clears the error");
    cr_assert_eq(board_in(b, 0x3f8), 'b', "the new character overwrote the old");
    board_out(b, 0x3fa, 0x01);
    cr_assert_eq(port_room(b->m->port[0]), 16);
    type("0123456789abcdefX");
    cr_assert_eq(board_in(b, 0x3fd) & 2, 2);
    for (unsigned i = 0; i < 16; i++)
        cr_assert_eq(board_in(b, 0x3f8), "0123456789abcdef"[i]);
    cr_assert_eq(board_in(b, 0x3fd) & 1, 0);
}

Test(ns16550, fifo_identification)
{
    cr_assert_eq(board_in(b, 0x3fa) & 0xc0, 0);
    board_out(b, 0x3fa, 0x01);
    cr_assert_eq(board_in(b, 0x3fa) & 0xc0, 0xc0);
    board_out(b, 0x3fa, 0x00);
    cr_assert_eq(board_in(b, 0x3fa) & 0xc0, 0);
}

Test(ns16550, loopback)
{
    cr_assert_eq(board_in(b, 0x3fe), 0xb0);
    board_out(b, 0x3fc, 0x10 | 0x0a);
    cr_assert_eq(board_in(b, 0x3fe) & 0xf0, 0x90, "RTS is CTS, OUT2 is DCD");
    board_out(b, 0x3f8, 'q');
    cr_assert_eq(n_sent, 0);
    cr_assert_eq(board_in(b, 0x3f8), 'q');
    board_out(b, 0x3f9, 0x0f);
    cr_assert_not(irq4.level);
}

Test(ns16550, modem_status_interrupt_and_deltas)
{
    board_out(b, 0x3fc, 0x08);
    board_in(b, 0x3fe);
    board_out(b, 0x3fc, 0x18); /* loopback: CTS and DSR fall, DCD stays */
    cr_assert_eq(board_in(b, 0x3fe), 0x83);
    cr_assert_eq(board_in(b, 0x3fe), 0x80);
    board_out(b, 0x3f9, 0x08);
    board_out(b, 0x3fc, 0x08);
    cr_assert(irq4.level);
    cr_assert_eq(board_in(b, 0x3fa), 0x00);
    board_in(b, 0x3fe);
    cr_assert_not(irq4.level);
}

Test(ns16550, out2_gates_the_interrupt)
{
    board_out(b, 0x3f9, 0x02);
    cr_assert(irq4.level);
    board_out(b, 0x3fc, 0x00);
    cr_assert_not(irq4.level);
}

Test(ns16550, scratch)
{
    board_out(b, 0x3ff, 0x5a);
    cr_assert_eq(board_in(b, 0x3ff), 0x5a);
}
