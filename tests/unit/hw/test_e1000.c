/* test_e1000.c - Intel's gigabit card by its registers and rings */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "hw/e1000.h"
#include "nic.h"

enum { MEM = 0x10000000, IO = 0xc000, TX = 0x20000, RX = 0x21000, DATA = 0x40000, BUFFERS = 0x60000 };
enum { CTRL = 0, STATUS = 8, EECD = 0x10, EERD = 0x14, MDIC = 0x20, ICR = 0xc0, ITR = 0xc4 };
enum { ICS = 0xc8, IMS = 0xd0, IMC = 0xd8, RCTL = 0x100, TCTL = 0x400, RDBAL = 0x2800 };
enum { RDLEN = 0x2808, RDH = 0x2810, RDT = 0x2818, RDTR = 0x2820, RADV = 0x282c, TDBAL = 0x3800 };
enum { TDLEN = 0x3808, TDH = 0x3810, TDT = 0x3818, TIDV = 0x3820, RXCSUM = 0x5000, MTA = 0x5200 };
enum { EOP = 1, IC = 4, RS = 8, DEXT = 0x20, VLE = 0x40, IDE = 0x80, RING = 64 };
#define EN 2u
#define BAM 0x8000u

static struct wire *w;
static struct board *b;
static unsigned tail;

static void out(unsigned r, u32 v)
{
    board_write(b, MEM + r, v);
}

static u32 in(unsigned r)
{
    return board_read(b, MEM + r);
}

static void set_up(void)
{
    static const u32 bar[6] = {MEM, 0, IO | 1};
    w = wire_new(e1000_new, bar);
    b = w->b;
    tail = 0;
}

static void tear_down(void)
{
    wire_delete(w);
}

TestSuite(e1000, .init = set_up, .fini = tear_down);

static void start(void)
{
    out(TDBAL, TX);
    out(TDLEN, RING * 16);
    out(TCTL, 0x0a);
    out(RDBAL, RX);
    out(RDLEN, RING * 16);
    for (unsigned i = 0; i < RING; i++)
        wire_put64(w, RX + 16 * i, BUFFERS + 2048 * i);
    out(RDT, RING - 1);
    out(RCTL, EN | BAM);
    out(IMS, 0xffff);
}

/* ---- registers ---- */

static unsigned clock_bit(bool in_bit)
{
    out(EECD, 0x42 | (in_bit ? 4 : 0));
    out(EECD, 0x43 | (in_bit ? 4 : 0));
    unsigned v = in(EECD) >> 3 & 1;
    out(EECD, 0x42);
    return v;
}

static u16 read_eeprom(unsigned at)
{
    u32 command = 6u << 6 | at;
    u16 v = 0;
    out(EECD, 0x40);
    cr_assert(in(EECD) & 0x80, "granted");
    out(EECD, 0x42);
    for (int i = 8; i >= 0; i--)
        clock_bit(command >> i & 1);
    for (unsigned i = 0; i < 16; i++)
        v = v << 1 | clock_bit(false);
    out(EECD, 0);
    return v;
}

Test(e1000, eeprom)
{
    u16 sum = 0;
    for (unsigned i = 0; i < 64; i++) {
        u16 v = read_eeprom(i);
        out(EERD, i << 8 | 1);
        cr_assert_eq(in(EERD), (u32)v << 16 | i << 8 | 0x10);
        sum += v;
    }
    cr_assert_eq(sum, 0xbaba);
    cr_assert_eq(read_eeprom(0), 0x5452);
    cr_assert_eq(in(0x5400), 0x12005452);
    cr_assert_eq(in(0x5404), 0x80005634);
}

/* It keeps what is written when writing was allowed. */
Test(e1000, eeprom_write)
{
    u32 words[2] = {5u << 6 | 0x20, 4u << 6 | 0x30}; /* WRITE 0x20, EWEN */
    for (unsigned allowed = 0; allowed < 2; allowed++) {
        for (unsigned k = allowed; k < 2; k--) {
            out(EECD, 0x42);
            for (int i = 8; i >= 0; i--)
                clock_bit(words[k] >> i & 1);
            for (int i = 15; i >= 0 && !k; i--)
                clock_bit(0x1234 >> i & 1);
            out(EECD, 0x40);
        }
        cr_assert_eq(read_eeprom(0x20) == 0x1234, allowed);
    }
}

Test(e1000, transceiver)
{
    out(MDIC, 2u << 26 | 1 << 21 | 1 << 16);
    cr_assert_eq(in(MDIC) >> 28, 1, "ready, no error");
    cr_assert_eq(in(MDIC) & 0x24, 0x24, "negotiated, link");
    out(MDIC, 2u << 26 | 1 << 21 | 2 << 16);
    cr_assert_eq(in(MDIC) & 0xffff, 0x0141);
    out(MDIC, 1u << 26 | 1 << 21 | 4 << 16 | 0x0c01);
    out(MDIC, 2u << 26 | 1 << 21 | 4 << 16);
    cr_assert_eq(in(MDIC) & 0xffff, 0x0c01);
    out(MDIC, 2u << 26 | 2 << 21);
    cr_assert(in(MDIC) >> 30 & 1, "no such transceiver");
    cr_assert_eq(in(STATUS) & 3, 3);
}

Test(e1000, by_ports)
{
    board_out32(b, IO, 0x5404);
    cr_assert_eq(board_in32(b, IO + 4), 0x80005634);
    board_out32(b, IO, RDLEN);
    board_out32(b, IO + 4, 0x12345678);
    cr_assert_eq(in(RDLEN), 0x00045600);
    board_out32(b, IO, 0x20000);
    cr_assert_eq(board_in32(b, IO + 4), 0);
}

Test(e1000, reset)
{
    start();
    out(MTA, 5);
    out(CTRL, 1u << 26);
    cr_assert_eq(in(CTRL) & 1u << 26, 0);
    cr_assert_eq(in(RCTL), 0);
    cr_assert_eq(in(IMS), 0);
    cr_assert_eq(in(MTA), 5);
    cr_assert_eq(in(0x5404), 0x80005634);
}

/* ---- interrupts ---- */

Test(e1000, causes)
{
    out(IMS, 4);
    out(ICS, 4);
    cr_assert(w->level);
    cr_assert_eq(in(ICR), 4);
    cr_assert_not(w->level);
    cr_assert_eq(in(ICR), 0, "reading takes it back");
    out(IMC, 4);
    out(ICS, 4);
    cr_assert_not(w->level);
    out(IMS, 4);
    cr_assert(w->level);
}

Test(e1000, throttle)
{
    out(ITR, 100); /* 25.6 us */
    out(IMS, 4);
    for (unsigned i = 0; i < 3; i++) {
        out(ICS, 4);
        cr_assert_eq(w->level, i == 0, "%u", i);
        board_run(b, i ? 25600 - 101 : 0);
        cr_assert_eq(w->level, i == 0);
        board_run(b, i ? 1 : 0);
        cr_assert(w->level);
        in(ICR);
        board_run(b, 100);
    }
}

/* ---- sending ---- */

static void queue(u64 address, u32 command, u32 status)
{
    wire_put64(w, TX + 16 * tail, address);
    wire_put32(w, TX + 16 * tail + 8, command);
    wire_put32(w, TX + 16 * tail + 12, status);
    tail = (tail + 1) % RING;
}

static bool is_done(unsigned i)
{
    return w->ram->host[TX + 16 * (i % RING) + 12] & 1;
}

Test(e1000, legacy)
{
    start();
    u32 n = wire_tcp(w->ram->host + DATA, 500);
    queue(DATA, 300 | (u32)RS << 24, 0);
    out(TDT, tail);
    cr_assert_eq(w->n, 0, "its end is not there yet");
    cr_assert_not(is_done(0));
    queue(DATA + 300, (n - 300) | (u32)(EOP | RS) << 24, 0);
    out(TDT, tail);
    cr_assert_eq(w->n, 1);
    cr_assert_eq(w->len[0], n);
    cr_assert(!memcmp(w->frame[0], w->ram->host + DATA, n));
    cr_assert(is_done(0) && is_done(1));
    cr_assert_eq(in(TDH), tail);
    cr_assert_eq(in(ICR), 3, "sent, and the queue is empty");
    queue(DATA, 30 | (u32)EOP << 24, 0);
    out(TDT, tail);
    cr_assert_eq(w->len[1], 60, "filled up");
    cr_assert_not(is_done(2), "not asked for");
    /* The sum of 14 to the end, put at 24. */
    queue(DATA, 34 | 24 << 16 | (u32)(EOP | IC) << 24, 14 << 8);
    out(TDT, tail);
    u32 sum = 0;
    for (unsigned i = 14; i < 34; i += 2)
        sum += w->frame[2][i] << 8 | w->frame[2][i + 1];
    cr_assert_eq((sum & 0xffff) + (sum >> 16), 0xffff);
}

Test(e1000, vlan)
{
    start();
    out(0x38, 0x8100);
    out(CTRL, 1u << 30);
    wire_tcp(w->ram->host + DATA, 100);
    queue(DATA, 154 | (u32)(EOP | VLE) << 24, 0x123u << 16);
    out(TDT, tail);
    cr_assert_eq(w->len[0], 158);
    cr_assert(!memcmp(w->frame[0] + 12, "\x81\x00\x01\x23\x08\x00", 6));
    /* And taken out on the way in. */
    wire_receive(w, w->frame[0], 158);
    cr_assert_eq(wire_get16(w, RX + 8), 158);
    cr_assert_eq(w->ram->host[RX + 12] & 8, 8);
    cr_assert_eq(wire_get16(w, RX + 14), 0x123);
}

static u16 pseudo(const u8 *f, u32 with)
{
    u32 v = 6 + with;
    for (unsigned i = 26; i < 34; i += 2)
        v += f[i] << 8 | f[i + 1];
    return (v & 0xffff) + (v >> 16);
}

static void put_pseudo(u8 *f, u32 with)
{
    u16 v = pseudo(f, with);
    f[50] = v >> 8;
    f[51] = v;
}

static const u64 tcp_offsets = 14 | 24 << 8 | 33 << 16 | (u64)34 << 32 | (u64)50 << 40;

Test(e1000, checksums)
{
    start();
    u32 n = wire_tcp(w->ram->host + DATA, 333);
    put_pseudo(w->ram->host + DATA, n - 34);
    queue(tcp_offsets, (u32)(DEXT | RS) << 24, 0);
    queue(DATA, n | 1 << 20 | (u32)(DEXT | EOP) << 24, 3 << 8);
    out(TDT, tail);
    cr_assert_eq(w->n, 1);
    cr_assert(is_done(0));
    cr_assert_eq(w->len[0], n);
    cr_assert(wire_sums_ok(w->frame[0], n));
}

Test(e1000, segmentation)
{
    start();
    u32 n = wire_tcp(w->ram->host + DATA, 4000);
    put_pseudo(w->ram->host + DATA, 0);
    queue(tcp_offsets, 4000 | (u32)(DEXT | 4 | 1 | 2) << 24, 54 << 8 | 1460u << 16);
    queue(DATA, 1000 | 1 << 20 | (u32)(DEXT | 4) << 24, 3 << 8);
    queue(DATA + 1000, (n - 1000) | 1 << 20 | (u32)(DEXT | 4 | EOP | RS) << 24, 3 << 8);
    out(TDT, tail);
    cr_assert_eq(w->n, 3);
    u32 at = 0;
    for (unsigned i = 0; i < 3; i++) {
        const u8 *f = w->frame[i];
        cr_assert(wire_sums_ok(f, w->len[i]), "piece %u", i);
        cr_assert_eq((u32)(f[38] << 24 | f[39] << 16 | f[40] << 8 | f[41]), 0xfffffff0 + at);
        cr_assert_eq(f[47], i == 2 ? 0x19 : 0x10, "FIN and PSH with the last");
        cr_assert_eq(f[18] << 8 | f[19], 0x1fff + i, "identification");
        cr_assert(!memcmp(f + 54, w->ram->host + DATA + 54 + at, w->len[i] - 54));
        at += w->len[i] - 54;
    }
    cr_assert_eq(at, 4000);
}

Test(e1000, delayed)
{
    start();
    in(ICR);
    out(IMC, 2);
    out(TIDV, 10);
    out(0x382c, 15); /* TADV */
    wire_tcp(w->ram->host + DATA, 100);
    for (unsigned i = 0; i < 2; i++) {
        queue(DATA, 154 | (u32)(EOP | RS | IDE) << 24, 0);
        out(TDT, tail);
        cr_assert_not(w->level);
        board_run(b, 10 * 1024 - 1);
    }
    cr_assert(w->level, "the second moved it on, but not beyond TADV");
}

/* A queue of packets that become very many frames does not keep the guest for ever. */
Test(e1000, long_queue)
{
    start();
    out(TCTL, 0);
    for (unsigned i = 0; i < 14; i++) {
        queue(tcp_offsets, (u32)(DEXT | 4 | 1 | 2) << 24, 54 << 8 | 65000u << 16);
        queue(DATA, 65000 | 1 << 20 | (u32)(DEXT | 4) << 24, 0);
        queue(DATA, 30000 | 1 << 20 | (u32)(DEXT | 4 | EOP) << 24, 0);
    }
    out(TDT, tail);
    out(TCTL, 2);
    cr_assert_neq(in(TDH), tail);
    cr_assert_eq(w->n, 22);
    board_run(b, 1000000);
    cr_assert_eq(w->n, 28);
    cr_assert_eq(in(TDH), tail);
}

/* ---- receiving ---- */

static u8 *fill(u8 *frame, u32 n, u8 with)
{
    memset(frame, with, n);
    memcpy(frame, wire_mac, 6);
    return frame;
}

Test(e1000, receive)
{
    u8 frame[3000];
    start();
    cr_assert(net_port_room(w->port));
    wire_receive(w, fill(frame, 500, 0x42), 500);
    cr_assert_eq(wire_get16(w, RX + 8), 504, "with its check sequence");
    cr_assert_eq(w->ram->host[RX + 12] & 0x83, 3, "done, end of packet");
    cr_assert(!memcmp(w->ram->host + BUFFERS, frame, 500));
    cr_assert_eq(in(RDH), 1);
    cr_assert_eq(in(ICR) & 0x80, 0x80);
    /* Smaller buffers: several for one frame. */
    out(RCTL, EN | BAM | 2 << 16 | 1 << 26);
    wire_receive(w, fill(frame, 1200, 0x17), 1200);
    cr_assert_eq(in(RDH), 4);
    cr_assert_eq(wire_get16(w, RX + 16 + 8), 512);
    cr_assert_eq(w->ram->host[RX + 16 + 12] & 3, 1);
    cr_assert_eq(wire_get16(w, RX + 48 + 8), 1200 - 1024);
    cr_assert_eq(w->ram->host[RX + 48 + 12] & 3, 3);
    cr_assert(!memcmp(w->ram->host + BUFFERS + 3 * 2048, frame + 1024, 176));
    /* A long one only when long ones are allowed. */
    wire_receive(w, fill(frame, 3000, 1), 3000);
    cr_assert_eq(in(RDH), 4);
    out(RCTL, EN | 0x20);
    wire_receive(w, frame, 3000);
    cr_assert_eq(in(RDH), 6);
}

Test(e1000, receive_until_full)
{
    u8 frame[100];
    start();
    fill(frame, 100, 9);
    for (unsigned i = 0; i < RING - 1; i++)
        cr_assert(wire_receive(w, frame, 100));
    cr_assert_eq(in(ICR) & 0x10, 0x10, "few are left");
    cr_assert_not(wire_receive(w, frame, 100));
    cr_assert_eq(in(ICR) & 0x40, 0x40, "overrun");
    cr_assert_eq(in(0x4010), 1, "missed");
    cr_assert_eq(in(0x4010), 0, "reading clears it");
    cr_assert_eq(in(0x4074), RING - 1, "good ones");
    cr_assert_eq(in(0x4088), (RING - 1) * 104, "bytes");
    w->resumed = 0;
    out(RDT, 5);
    cr_assert_eq(w->resumed, 1);
    cr_assert(net_port_room(w->port));
}

Test(e1000, checked)
{
    u8 frame[600];
    start();
    out(RXCSUM, 0x300);
    u32 n = wire_tcp(frame, 400);
    wire_receive(w, frame, n);
    cr_assert_eq(w->ram->host[RX + 12], 0x63, "both were checked,");
    cr_assert_eq(w->ram->host[RX + 13], 0x60, "and both are wrong");
    put_pseudo(frame, 420);
    memcpy(w->ram->host + DATA, frame, n);
    queue(tcp_offsets, (u32)DEXT << 24, 0);
    queue(DATA, n | 1 << 20 | (u32)(DEXT | EOP) << 24, 3 << 8);
    out(TDT, tail);
    wire_receive(w, w->frame[0], n);
    cr_assert_eq(w->ram->host[RX + 16 + 12], 0x63);
    cr_assert_eq(w->ram->host[RX + 16 + 13], 0, "both are right");
}

Test(e1000, filters)
{
    u8 frame[100];
    start();
    out(RCTL, EN);
    fill(frame, 100, 1);
    frame[5]++;
    wire_receive(w, frame, 100);
    memset(frame, 0xff, 6);
    wire_receive(w, frame, 100);
    static const u8 group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb};
    memcpy(frame, group, 6);
    wire_receive(w, frame, 100);
    cr_assert_eq(in(RDH), 0);
    /* 13.5.1: bits 47:36 of the address are 0xfb0. */
    out(MTA + 4 * (0xfb0 >> 5), 1u << (0xfb0 & 31));
    wire_receive(w, frame, 100);
    cr_assert_eq(in(RDH), 1);
    cr_assert_eq(w->ram->host[RX + 12] & 0x80, 0x80, "not by an exact filter");
    out(RCTL, EN | 8);
    frame[0] = 2;
    wire_receive(w, frame, 100);
    cr_assert_eq(in(RDH), 2, "all");
}

Test(e1000, receive_timers)
{
    u8 frame[100];
    start();
    out(RDTR, 20);
    out(RADV, 30);
    in(ICR);
    fill(frame, 100, 1);
    wire_receive(w, frame, 100);
    board_run(b, 15 * 1024);
    wire_receive(w, frame, 100);
    board_run(b, 15 * 1024 - 1);
    cr_assert_not(w->level);
    board_run(b, 1);
    cr_assert(w->level, "RADV");
    in(ICR);
    wire_receive(w, frame, 100);
    out(RDTR, 20 | 1u << 31);
    cr_assert(w->level, "at once");
}

Test(e1000, loopback)
{
    start();
    out(RCTL, EN | BAM | 3 << 6);
    u32 n = wire_tcp(w->ram->host + DATA, 100);
    queue(DATA, n | (u32)EOP << 24, 0);
    out(TDT, tail);
    cr_assert_eq(w->n, 0);
    cr_assert_eq(in(RDH), 1);
    cr_assert(!memcmp(w->ram->host + BUFFERS, w->ram->host + DATA, n));
}

/* ---- hostile ---- */

Test(e1000, hostile_rings)
{
    u8 frame[100];
    start();
    fill(frame, 100, 1);
    out(TDT, 0xffff);
    out(RDT, 0xffff);
    wire_receive(w, frame, 100);
    out(TDLEN, 0);
    out(RDLEN, 0);
    out(TDT, 0);
    wire_receive(w, frame, 100);
    out(TDLEN, 0xfff80);
    out(TDH, 1);
    out(TDT, 0); /* all, of which most is not memory */
    out(TDH, 0);
    for (unsigned i = 0; i < RING; i++) /* no end of any packet */
        queue(DATA, 0xfffff | 1 << 20 | (u32)DEXT << 24, 0);
    out(TDLEN, RING * 16);
    out(TDT, RING - 1);
    cr_assert_eq(in(TDH), 0);
    /* Offsets beyond the packet, no room for headers, pieces of nothing. */
    tail = 0;
    queue(~(u64)0, (u32)(DEXT | 4 | 1 | 2) << 24, 0xff00);
    queue(DATA, 60 | 1 << 20 | (u32)(DEXT | 4 | EOP) << 24, 3 << 8);
    queue(~(u64)0, (u32)DEXT << 24, 0);
    queue(DATA, 60 | 1 << 20 | (u32)(DEXT | EOP) << 24, 3 << 8);
    queue(DATA, 20 | 255 << 16 | (u32)(IC | EOP) << 24, 255 << 8);
    out(TDT, tail);
    cr_assert_eq(in(TDH), tail);
}

Test(e1000, load)
{
    struct buf state = {0}, again = {0};
    start();
    state_save(w->card->type->state, w->card, &state);
    w->card->type->after_load(w->card);
    state_save(w->card->type->state, w->card, &again);
    cr_assert(!memcmp(state.data, again.data, state.len), "loading changes nothing");
    memset(again.data, 0xff, again.len);
    struct reader r = reader_of(again.data, again.len);
    state_load(w->card->type->state, w->card, &r);
    w->card->type->after_load(w->card);
    u8 frame[100];
    fill(frame, 100, 1);
    wire_receive(w, frame, 100);
    out(TDT, 5);
    board_run(b, 1000000);
    buf_fini(&state);
    buf_fini(&again);
}
