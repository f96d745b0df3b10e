/* test_pl011.c - the UART as its manual has it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/pl011.h"

#define BASE UINT64_C(0x09000000)
enum { DR = 0, FR = 0x18, LCR_H = 0x2c, CR = 0x30, IFLS = 0x34, IMSC = 0x38, RIS = 0x3c, MIS = 0x40, ICR = 0x44,
       ID = 0xfe0 };
enum { RXFE = 0x10, RXFF = 0x40, TXFE = 0x80, RX = 0x10, TX = 0x20, RT = 0x40, OE = 0x400, FEN = 0x10, LBE = 0x80 };

static struct board *b;
static struct probe irq;
static u8 sent[16];
static unsigned n_sent;

static void out(void *opaque, struct port *p, u8 byte)
{
    (void)opaque, (void)p;
    sent[n_sent++ % sizeof(sent)] = byte;
}

static void set_up(void)
{
    b = board_new();
    irq = (struct probe){0};
    n_sent = 0;
    pl011_new(b->m, "serial0", BASE, probe_irq(&irq));
    port_set_tap(b->m->port[0], out, NULL);
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(pl011, .init = set_up, .fini = tear_down);

/* By the UART's own way back. */
static void loop_back(const char *text)
{
    board_write(b, BASE + CR, 0x301 | LBE);
    for (; *text; text++)
        board_write(b, BASE + DR, (u8)*text);
}

Test(pl011, sends)
{
    board_write(b, BASE + IMSC, TX);
    cr_assert_not(irq.level, "nothing has been sent yet");
    board_write(b, BASE + DR, 'a');
    board_write(b, BASE + DR, 'b');
    cr_assert(n_sent == 2 && sent[0] == 'a' && sent[1] == 'b');
    cr_assert(irq.level && (board_read(b, BASE + FR) & TXFE));
    cr_assert_eq(board_read(b, BASE + MIS), TX);
    board_write(b, BASE + ICR, TX);
    cr_assert_not(irq.level);
}

Test(pl011, receives_with_a_fifo)
{
    board_write(b, BASE + LCR_H, FEN);
    board_write(b, BASE + IMSC, RX | RT);
    cr_assert(board_read(b, BASE + FR) & RXFE);
    loop_back("0123456");
    cr_assert_eq(board_read(b, BASE + MIS), RT, "below the level of a half");
    loop_back("7");
    cr_assert_eq(board_read(b, BASE + MIS), RX);
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(board_read(b, BASE + DR), '0' + i);
    cr_assert_not(irq.level);
    cr_assert(board_read(b, BASE + FR) & RXFE);
    cr_assert_eq(board_read(b, BASE + DR), 0);
}

Test(pl011, overrun)
{
    loop_back("x");
    cr_assert(board_read(b, BASE + FR) & RXFF, "without a FIFO one is all");
    loop_back("y");
    cr_assert(board_read(b, BASE + RIS) & OE);
    cr_assert_eq(board_read(b, BASE + DR), 0x800 | 'x');
    board_write(b, BASE + ICR, OE);
    cr_assert_not(board_read(b, BASE + RIS) & OE);
}

Test(pl011, identity)
{
    static const u8 id[] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    for (unsigned i = 0; i < sizeof(id); i++)
        cr_assert_eq(board_read(b, BASE + ID + 4 * i), id[i]);
}
