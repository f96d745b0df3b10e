/* test_rtl8139.c - RealTek's card by its registers, in both of its modes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "hw/rtl8139.h"
#include "nic.h"

enum { IO = 0xc000, MEM = 0x10000000, RING = 0x10000, TX = 0x30000, RX = 0x31000, DATA = 0x40000 };
#define OWN (1u << 31)
#define END (1u << 30)
#define FIRST (1u << 29)
#define LAST (1u << 28)

static struct wire *w;
static struct board *b;

static void set_up(void)
{
    static const u32 bar[6] = {IO | 1, MEM};
    w = wire_new(rtl8139_new, bar);
    b = w->b;
}

static void tear_down(void)
{
    wire_delete(w);
}

TestSuite(rtl8139, .init = set_up, .fini = tear_down);

static void out16(unsigned r, u16 v)
{
    bus_write(b->m->io, IO + r, v, 2);
}

static u16 in16(unsigned r)
{
    return bus_read(b->m->io, IO + r, 2);
}

static void out8(unsigned r, u8 v)
{
    board_out(b, IO + r, v);
}

static void out32(unsigned r, u32 v)
{
    board_out32(b, IO + r, v);
}

/* ---- the EEPROM, as drivers read it ---- */

static unsigned clock_bit(bool in)
{
    out8(0x50, 0x88 | (in ? 2 : 0));
    out8(0x50, 0x8c | (in ? 2 : 0));
    return board_in(b, IO + 0x50) & 1;
}

static u16 read_eeprom(unsigned at, unsigned address_bits)
{
    u32 command = 6u << address_bits | at;
    u16 v = 0;
    out8(0x50, 0x80);
    for (int i = 4 + address_bits; i >= 0; i--)
        clock_bit(command >> i & 1);
    for (unsigned i = 0; i < 16; i++)
        v = v << 1 | clock_bit(false);
    out8(0x50, 0);
    return v;
}

Test(rtl8139, eeprom_and_address)
{
    cr_assert_eq(read_eeprom(0, 6), 0x8129);
    cr_assert_neq(read_eeprom(0, 8), 0x8129, "it has six bits of address");
    cr_assert_eq(read_eeprom(7, 6), 0x5452);
    cr_assert_eq(read_eeprom(9, 6), 0x5634);
    for (unsigned i = 0; i < 6; i++)
        cr_assert_eq(board_in(b, IO + i), wire_mac[i]);
    cr_assert_eq(bus_read(b->m->mem, MEM, 4), 0x12005452, "the same by memory");
    cr_assert_eq(board_in32(b, IO + 0x40) & 0x7cc00000, 0x74800000, "an 8139C+");
}

Test(rtl8139, media)
{
    cr_assert_eq(board_in(b, IO + 0x58) & 0x0c, 0, "link, 100");
    cr_assert_eq(in16(0x64) & 0x24, 0x24, "negotiated, link");
    out16(0x62, 0x8000);
    cr_assert_eq(in16(0x62) & 0x8000, 0, "the reset is over");
}

/* ---- the old mode ---- */

static void start(u32 rcr)
{
    out8(0x37, 0x10);
    cr_assert_eq(board_in(b, IO + 0x37) & 0x10, 0);
    out8(0x37, 0x0c);
    out32(0x30, RING);
    out32(0x44, rcr);
    out16(0x3c, 0xffff);
}

static void fill(u8 *frame, u32 n, u8 with)
{
    memset(frame, with, n);
    memcpy(frame, wire_mac, 6);
}

Test(rtl8139, four_buffers)
{
    start(0x0f);
    for (unsigned i = 0; i < 6; i++) {
        memset(w->ram->host + TX, 0x10 + i, 100);
        out32(0x20 + 4 * (i % 4), TX);
        cr_assert(board_in32(b, IO + 0x10 + 4 * (i % 4)) & 0x2000, "ours");
        out32(0x10 + 4 * (i % 4), 100 + i);
        cr_assert_eq(board_in32(b, IO + 0x10 + 4 * (i % 4)) & 0xffff, 0xa000 + 100 + i, "sent");
    }
    cr_assert_eq(w->n, 6);
    cr_assert_eq(w->len[5], 105);
    cr_assert_eq(w->frame[3][50], 0x13);
    cr_assert(w->level);
    cr_assert_eq(in16(0x3e), 4);
    out16(0x3e, 4);
    cr_assert_not(w->level);
    cr_assert_eq(in16(0x60), 0xf00f);
}

Test(rtl8139, receive_ring)
{
    u8 frame[200];
    start(0x0f);
    cr_assert(board_in(b, IO + 0x37) & 1, "empty");
    fill(frame, 200, 0x77);
    cr_assert(wire_receive(w, frame, 200));
    cr_assert_not(board_in(b, IO + 0x37) & 1);
    cr_assert_eq(wire_get32(w, RING), (204u << 16) | 0x4001, "status and length");
    cr_assert(!memcmp(w->ram->host + RING + 4, frame, 200));
    cr_assert_eq(in16(0x3a), 208);
    cr_assert_eq(in16(0x3e), 1);
    w->resumed = 0;
    out16(0x38, 208 - 16);
    cr_assert_eq(w->resumed, 1);
    cr_assert(board_in(b, IO + 0x37) & 1, "empty again");
    /* A short one is filled up to the least; a broadcast is said to be one. */
    memset(frame, 0xff, 6);
    wire_receive(w, frame, 42);
    cr_assert_eq(wire_get32(w, RING + 208), (64u << 16) | 0x2001);
    cr_assert_eq(w->ram->host[RING + 212 + 42], 0);
}

/* CRC-32 of "123456789" is known. */
Test(rtl8139, check_sequence)
{
    struct nic_crc *c = xcalloc(1, sizeof(*c));
    nic_crc_init(c);
    cr_assert_eq(nic_fcs(c, (const u8 *)"123456789", 9), 0xcbf43926);
    free(c);
}

Test(rtl8139, ring_wraps)
{
    u8 frame[1500];
    for (unsigned wrap = 0; wrap < 2; wrap++) {
        start(wrap ? 0x8f : 0x0f);
        u32 at = 0;
        for (unsigned i = 0; i < 12; i++) {
            fill(frame, 1500, i);
            memset(w->ram->host + RING + 8192, 0xaa, 2048);
            cr_assert(wire_receive(w, frame, 1500));
            cr_assert_eq(wire_get16(w, RING + at + 2), 1504);
            u32 first = at + 4 + 1500 > 8192 && !wrap ? 8192 - at - 4 : 1500;
            cr_assert(!memcmp(w->ram->host + RING + at + 4, frame, first));
            cr_assert(!memcmp(w->ram->host + RING, frame + first, 1500 - first));
            cr_assert(wrap || w->ram->host[RING + 8192] == 0xaa, "nothing behind the ring");
            at = (at + 1508) % 8192;
            cr_assert_eq(in16(0x3a), at);
            out16(0x38, at - 16);
        }
    }
}

Test(rtl8139, overflow)
{
    u8 frame[1514];
    start(0x0f);
    fill(frame, 1514, 1);
    unsigned n = 0;
    while (wire_receive(w, frame, 1514))
        n++;
    cr_assert_eq(n, 5);
    cr_assert_eq(in16(0x3e), 0x11);
    cr_assert_eq(board_in32(b, IO + 0x4c), 1, "missed");
    out16(0x38, 1520 - 16);
    cr_assert(net_port_room(w->port));
}

Test(rtl8139, filters)
{
    u8 frame[100];
    start(0x02);
    fill(frame, 100, 3);
    frame[5]++;
    wire_receive(w, frame, 100);
    memset(frame, 0xff, 6);
    wire_receive(w, frame, 100);
    static const u8 group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb};
    memcpy(frame, group, 6);
    wire_receive(w, frame, 100);
    cr_assert_eq(in16(0x3a), 0, "none was for us");
    out32(0x44, 0x04);
    /* As Linux computes it: the highest six bits of ether_crc(). */
    u32 bit = nic_hash(group) >> 26;
    cr_assert_eq(nic_hash((const u8[]){0x01, 0x00, 0x5e, 0x00, 0x00, 0x01}) >> 26, 0x1f);
    out8(0x08 + bit / 8, 1u << bit % 8);
    wire_receive(w, frame, 100);
    cr_assert_eq(wire_get16(w, RING), 0x8001);
    out32(0x44, 0x01);
    frame[0] = 0;
    wire_receive(w, frame, 100);
    cr_assert_eq(in16(0x3a), 216, "all");
}

Test(rtl8139, loopback)
{
    start(0x0f);
    out32(0x40, 0x60000);
    memcpy(w->ram->host + TX, wire_mac, 6);
    out32(0x20, TX);
    out32(0x10, 80);
    cr_assert_eq(w->n, 0);
    cr_assert_eq(wire_get16(w, RING + 2), 84);
}

/* TCTR counts at 33 MHz; the interrupt comes when it is what TimerInt says. */
Test(rtl8139, timer)
{
    start(0);
    out32(0x48, 0);
    out32(0x54, 33333);
    board_run(b, 999000);
    cr_assert_eq(in16(0x3e), 0);
    board_run(b, 2000);
    cr_assert_eq(in16(0x3e), 0x4000);
    cr_assert(w->level);
    u32 now = board_in32(b, IO + 0x48);
    cr_assert(now > 33333 && now < 33400);
}

/* ---- C+ mode ---- */

static void descriptor(u64 at, u32 command, u32 vlan, u64 address)
{
    wire_put32(w, at, command);
    wire_put32(w, at + 4, vlan);
    wire_put64(w, at + 8, address);
}

static void start_cplus(u16 cpcr)
{
    start(0x0f);
    out16(0xe0, cpcr | 3);
    out32(0x20, TX);
    out32(0x24, 0);
    out32(0xe4, RX);
    out32(0xe8, 0);
    out8(0x37, 0x0c);
}

Test(rtl8139, cplus_send)
{
    u8 frame[1500];
    start_cplus(0);
    u32 n = wire_tcp(frame, 700);
    memcpy(w->ram->host + DATA, frame, n);
    frame[14 + 10] = 0x55; /* whatever is there is not counted */
    descriptor(TX, OWN | FIRST | 40 | 0x50000, 0, DATA);
    out8(0xd9, 0x40);
    cr_assert_eq(w->n, 0, "its end is not there yet");
    descriptor(TX + 16, OWN | LAST | END | (n - 40) | 0x50000, 0, DATA + 40);
    out8(0xd9, 0x40);
    cr_assert_eq(w->n, 1);
    cr_assert_eq(w->len[0], n);
    cr_assert(wire_sums_ok(w->frame[0], n));
    cr_assert_not(wire_get32(w, TX) & OWN);
    cr_assert_not(wire_get32(w, TX + 16) & OWN);
    cr_assert(in16(0x3e) & 4);
    /* The ring has come round; a tag is put in. */
    descriptor(TX, OWN | FIRST | LAST | 100, 0x20000 | 0x3412, DATA);
    out8(0xd9, 0x40);
    cr_assert_eq(w->len[1], 104);
    cr_assert(!memcmp(w->frame[1] + 12, "\x81\x00\x12\x34\x08\x00", 6));
}

Test(rtl8139, cplus_large_send)
{
    start_cplus(0);
    u32 n = wire_tcp(w->ram->host + DATA, 3500);
    descriptor(TX, OWN | FIRST | LAST | END | 1u << 27 | 1400u << 16 | n, 0, DATA);
    out8(0xd9, 0x40);
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
    cr_assert_eq(at, 3500);
}

Test(rtl8139, cplus_receive)
{
    u8 frame[1600];
    start_cplus(0x20);
    cr_assert_not(net_port_room(w->port), "no descriptor");
    descriptor(RX, OWN | 1600, 0, DATA);
    descriptor(RX + 16, OWN | 600, 0, DATA + 0x1000);
    descriptor(RX + 32, OWN | END | 600, 0, DATA + 0x2000);
    out16(0x3c, 0xffff);
    cr_assert(w->resumed && net_port_room(w->port));
    u32 n = wire_tcp(frame, 600);
    wire_receive(w, frame, n);
    cr_assert_eq(wire_get32(w, RX), FIRST | LAST | 1 << 26 | 1 << 17 | 1 << 16 | 1 << 14 | (n + 4),
                 "TCP, and both sums are wrong");
    cr_assert(!memcmp(w->ram->host + DATA, frame, n));
    /* One that needs two descriptors. */
    n = wire_tcp(frame, 900);
    frame[24] = 0x5b; /* computed by hand */
    frame[25] = 0x3a;
    wire_receive(w, frame, n);
    cr_assert_eq(wire_get32(w, RX + 16) & (OWN | FIRST | LAST | 0x3fff), FIRST | (n + 4));
    cr_assert_eq(wire_get32(w, RX + 32) & (OWN | END | FIRST | LAST), END | LAST);
    cr_assert(!memcmp(w->ram->host + DATA + 0x2000, frame + 600, n - 600));
    out16(0x3e, 0xffff);
    wire_receive(w, frame, n);
    cr_assert_eq(in16(0x3e), 0x10, "the ring is used up");
}

Test(rtl8139, tally)
{
    u8 frame[100];
    start_cplus(0);
    descriptor(RX, OWN | END | 1600, 0, DATA);
    memset(frame, 0xff, sizeof(frame));
    wire_receive(w, frame, 100);
    descriptor(TX, OWN | FIRST | LAST | END | 100, 0, DATA);
    out8(0xd9, 0x40);
    out32(0x14, 0);
    out32(0x10, DATA | 8);
    cr_assert_eq(board_in32(b, IO + 0x10) & 8, 0, "done");
    cr_assert_eq(wire_get32(w, DATA), 1);
    cr_assert_eq(wire_get32(w, DATA + 8), 1);
    cr_assert_eq(wire_get32(w, DATA + 48), 1, "broadcasts");
}

/* Rings that make no sense end. */
Test(rtl8139, hostile_rings)
{
    start_cplus(0);
    for (unsigned i = 0; i < 64; i++)
        descriptor(TX + 16 * i, OWN | 0xffff, 0, DATA);
    out8(0xd9, 0xc0);
    cr_assert_eq(w->n, 0);
    for (unsigned i = 0; i < 64; i++)
        descriptor(TX + 16 * i, OWN | FIRST | LAST | 1u << 27 | 54, 0, DATA);
    out8(0xd9, 0xc0);
    out32(0x20, 0xfffffff0); /* where there is no memory */
    out32(0x24, 0xffffffff);
    out8(0xd9, 0x40);
    out32(0xe4, 0xffffff00);
    cr_assert_not(net_port_room(w->port));
}

Test(rtl8139, without_bus_mastering)
{
    u8 frame[100];
    start(0x0f);
    board_out32(b, 0xcf8, 0x80001804);
    board_out32(b, 0xcfc, 3);
    fill(frame, 100, 1);
    cr_assert(wire_receive(w, frame, 100), "it would drop it");
    out32(0x10, 80);
    cr_assert_eq(w->n, 0);
    cr_assert_eq(in16(0x3a), 0);
}

/* A state that no sound machine has is loaded without harm, and a sound one as it was. */
Test(rtl8139, load)
{
    struct buf state = {0}, again = {0};
    start_cplus(0);
    out32(0x54, 1000);
    state_save(w->card->type->state, w->card, &state);
    w->card->type->after_load(w->card);
    state_save(w->card->type->state, w->card, &again);
    cr_assert(!memcmp(state.data, again.data, state.len), "loading changes nothing");
    memset(again.data, 0xff, again.len);
    struct reader in = reader_of(again.data, again.len);
    state_load(w->card->type->state, w->card, &in);
    w->card->type->after_load(w->card);
    u8 frame[100];
    fill(frame, 100, 1);
    wire_receive(w, frame, 100);
    out8(0xd9, 0xff);
    out32(0x10, 50);
    board_run(b, 1000000);
    buf_fini(&state);
    buf_fini(&again);
}
