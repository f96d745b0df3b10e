/* test_lan9118.c - Ethernet by FIFOs: frames both ways, filters, levels, interrupts, transceiver, EEPROM */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "board.h"
#include "hw/lan9118.h"

#define BASE UINT64_C(0x4e000000)
enum { RX = 0x00, TX = 0x20, RX_STATUS = 0x40, RX_PEEK = 0x44, TX_STATUS = 0x48, ID = 0x50, IRQ_CFG = 0x54,
       INT_STS = 0x58, INT_EN = 0x5c, BYTE_TEST = 0x64, FIFO_INT = 0x68, RX_CFG = 0x6c, TX_CFG = 0x70, HW_CFG = 0x74,
       RX_DP_CTL = 0x78, RX_INF = 0x7c, TX_INF = 0x80, PMT = 0x84, GPT_CFG = 0x8c, GPT_CNT = 0x90, FREE_RUN = 0x9c,
       RX_DROP = 0xa0, CSR_CMD = 0xa4, CSR_DATA = 0xa8, E2P_CMD = 0xb0, E2P_DATA = 0xb4 };
enum { MAC_CR = 1, ADDRH, ADDRL, HASHH, HASHL, MII_ACC, MII_DATA };
enum { RSFL = 8, TX_IOC = 1 << 21, GPT = 1 << 19, IRQ_EN = 1 << 8, MOST = 2048 };
#define SW_INT (1u << 31)
#define CR_NORMAL 0x0010000c

static const u8 mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
static const u8 broadcast[6] = {255, 255, 255, 255, 255, 255};
static struct board *b;
static struct probe irq;
static u8 sent[MOST];
static u32 sent_len, n_sent, resumed;

static void sink(void *opaque, const u8 *frame, u32 len)
{
    (void)opaque;
    memcpy(sent, frame, len);
    sent_len = len;
    n_sent++;
}

static void resume(void *opaque)
{
    (void)opaque;
    resumed++;
}

static void write_mac(unsigned r, u32 value)
{
    board_write(b, BASE + CSR_DATA, value);
    board_write(b, BASE + CSR_CMD, 1u << 31 | r);
}

static u32 read_mac(unsigned r)
{
    board_write(b, BASE + CSR_CMD, 3u << 30 | r);
    return board_read(b, BASE + CSR_DATA);
}

static u16 read_phy(unsigned r)
{
    write_mac(MII_ACC, 1 << 11 | r << 6 | 1);
    return read_mac(MII_DATA);
}

static void write_phy(unsigned r, u16 value)
{
    write_mac(MII_DATA, value);
    write_mac(MII_ACC, 1 << 11 | r << 6 | 3);
}

static void set_up(void)
{
    b = board_new();
    irq = (struct probe){0};
    n_sent = resumed = 0;
    lan9118_new(b->m, BASE, probe_irq(&irq), "net0", mac);
    net_port_attach(b->m->net[0], sink, resume, NULL);
    board_reset(b);
    board_write(b, BASE + TX_CFG, 2);
    write_mac(MAC_CR, CR_NORMAL);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(lan9118, .init = set_up, .fini = tear_down);

static void make_frame(u8 *frame, const u8 *to, u32 len)
{
    for (u32 i = 0; i < len; i++)
        frame[i] = i * 7;
    memcpy(frame, to, 6);
    frame[12] = 8;
    frame[13] = 0;
}

/* False: there is no room. */
static bool receive(const u8 *to, u32 len)
{
    u8 frame[MOST];
    make_frame(frame, to, len);
    if (!net_port_room(b->m->net[0]))
        return false;
    cr_assert(net_port_post(b->m->net[0], frame, len));
    return door_deliver_due(b->m->door);
}

static unsigned statuses(void)
{
    return board_read(b, BASE + RX_INF) >> 16;
}

Test(lan9118, identity)
{
    cr_assert_eq(board_read(b, BASE + ID) >> 16, 0x0118);
    cr_assert_eq(board_read(b, BASE + BYTE_TEST), 0x87654321);
    cr_assert(board_read(b, BASE + PMT) & 1, "ready");
    cr_assert_eq(read_mac(ADDRL), 0x12005452, "from the EEPROM");
    cr_assert_eq(read_mac(ADDRH), 0x5634);
    cr_assert_eq(board_read(b, BASE + TX_INF) & 0xffff, 4608);
}

Test(lan9118, receives)
{
    u8 frame[MOST], got[MOST];
    cr_assert(receive(mac, 100));
    cr_assert_eq(statuses(), 1);
    u32 status = board_read(b, BASE + RX_PEEK);
    cr_assert_eq(status >> 16, 104, "with its check sequence");
    cr_assert_eq(board_read(b, BASE + RX_STATUS), status);
    cr_assert_eq(statuses(), 0);
    for (unsigned i = 0; i < 26; i++) {
        u32 v = board_read(b, BASE + RX);
        memcpy(got + 4 * i, &v, 4);
    }
    make_frame(frame, mac, 100);
    cr_assert_arr_eq(got, frame, 100);
    cr_assert_eq(board_read(b, BASE + RX_INF), 0);
}

Test(lan9118, offset_alignment_and_fast_forward)
{
    board_write(b, BASE + RX_CFG, 1u << 30 | 2 << 8); /* ends of 16 bytes, 2 bytes before */
    receive(mac, 60);
    receive(broadcast, 61);
    cr_assert_eq(board_read(b, BASE + RX_INF), 2 << 16 | (80 + 80));
    cr_assert_eq(board_read(b, BASE + RX) >> 16, 0x5452);
    board_write(b, BASE + RX_DP_CTL, 1u << 31);
    cr_assert_eq(board_read(b, BASE + RX_INF) & 0xffff, 80);
    cr_assert_eq(board_read(b, BASE + RX) >> 16, 0xffff, "the next packet");
    board_read(b, BASE + RX_STATUS);
    cr_assert(board_read(b, BASE + RX_STATUS) >> 13 & 1, "broadcast");
}

Test(lan9118, short_frames_are_padded)
{
    receive(mac, 20);
    cr_assert_eq(board_read(b, BASE + RX_STATUS) >> 16, 64);
}

/* As room says; and it says that there is some when a packet was read. */
Test(lan9118, no_room)
{
    unsigned n = 0;
    while (receive(mac, 1514))
        n++;
    cr_assert_eq(n, 10560 / 1520);
    cr_assert_eq(board_read(b, BASE + RX_DROP), 0);
    resumed = 0;
    board_write(b, BASE + RX_DP_CTL, 1u << 31);
    cr_assert_gt(resumed, 0);
    cr_assert(receive(mac, 1514));
}

Test(lan9118, filters)
{
    static const u8 group[6] = {1, 0, 0x5e, 1, 2, 3}, other[6] = {2, 2, 2, 2, 2, 2};
    receive(group, 60);
    receive(other, 60);
    cr_assert_eq(statuses(), 0);
    receive(broadcast, 60);
    cr_assert_eq(statuses(), 1);
    write_mac(MAC_CR, CR_NORMAL | 1 << 11);
    receive(broadcast, 60);
    cr_assert_eq(statuses(), 1, "no broadcasts");
    u32 bit = nic_hash(group) >> 26;
    write_mac(bit & 32 ? HASHH : HASHL, 1u << (bit & 31));
    write_mac(MAC_CR, CR_NORMAL | 1 << 13);
    receive(group, 60);
    receive(mac, 60);
    receive(other, 60);
    cr_assert_eq(statuses(), 3, "hash for groups, perfect for us");
    write_mac(MAC_CR, CR_NORMAL | 1 << 18);
    receive(other, 60);
    cr_assert_eq(statuses(), 4, "promiscuous");
    write_mac(MAC_CR, CR_NORMAL & ~4u);
    receive(mac, 60);
    cr_assert_eq(statuses(), 4, "it does not listen");
}

/* A frame in two buffers, with offsets, padding between and an interrupt at its end. */
Test(lan9118, sends)
{
    u8 frame[100];
    u32 v, tag = 0xabcd << 16;
    make_frame(frame, broadcast, 100);
    board_write(b, BASE + IRQ_CFG, IRQ_EN);
    board_write(b, BASE + INT_EN, TX_IOC);
    board_write(b, BASE + TX, 1u << 24 | 2 << 16 | 1 << 13 | 14); /* 16 bytes, first, 2 bytes before */
    board_write(b, BASE + TX, tag | 100);
    for (unsigned i = 0; i < 4; i++) {
        v = 0;
        memcpy((u8 *)&v + (i ? 0 : 2), frame + (i ? 4 * i - 2 : 0), i ? 4 : 2);
        board_write(b, BASE + TX, v);
    }
    cr_assert_eq(n_sent, 0);
    board_write(b, BASE + TX, 1u << 31 | 1 << 12 | 86);
    board_write(b, BASE + TX, tag | 100);
    for (unsigned i = 0; i < 22; i++) {
        v = 0;
        memcpy(&v, frame + 14 + 4 * i, MIN(4, 86 - 4 * i));
        board_write(b, BASE + TX, v);
    }
    cr_assert(n_sent == 1 && sent_len == 100);
    cr_assert_arr_eq(sent, frame, 100);
    cr_assert(irq.level);
    cr_assert_eq(board_read(b, BASE + TX_INF), 1 << 16 | 4608);
    cr_assert_eq(board_read(b, BASE + TX_STATUS), tag);
    board_write(b, BASE + INT_STS, TX_IOC);
    cr_assert_not(irq.level);
}

Test(lan9118, sends_what_agrees)
{
    board_write(b, BASE + TX, 3 << 12 | 60);
    board_write(b, BASE + TX, 64);
    for (unsigned i = 0; i < 15; i++)
        board_write(b, BASE + TX, 0);
    cr_assert_eq(n_sent, 0);
    cr_assert(board_read(b, BASE + INT_STS) >> 13 & 1, "transmitter error");
}

/* RSFL is there for as long as a status is, and the line stays low for the interval. */
Test(lan9118, interrupts)
{
    board_write(b, BASE + FIFO_INT, 0xff000000);
    board_write(b, BASE + INT_EN, RSFL);
    board_write(b, BASE + IRQ_CFG, 10u << 24 | IRQ_EN);
    receive(mac, 60);
    receive(mac, 60);
    cr_assert(irq.level);
    board_read(b, BASE + RX_STATUS);
    board_write(b, BASE + INT_STS, RSFL);
    cr_assert(irq.level, "there is one more");
    board_read(b, BASE + RX_STATUS);
    board_write(b, BASE + INT_STS, RSFL);
    cr_assert_not(irq.level);
    receive(mac, 60);
    cr_assert_not(irq.level, "100 us");
    board_run(b, 99999);
    cr_assert_not(irq.level);
    board_run(b, 1);
    cr_assert(irq.level);
    board_write(b, BASE + INT_EN, 0);
    board_run(b, 1000000);
    board_write(b, BASE + INT_EN, SW_INT);
    cr_assert(irq.level && board_read(b, BASE + INT_STS) >> 31);
}

Test(lan9118, timers)
{
    board_write(b, BASE + IRQ_CFG, IRQ_EN);
    board_write(b, BASE + INT_EN, GPT);
    board_write(b, BASE + GPT_CFG, 1 << 29 | 50); /* 5 ms */
    board_run(b, 2000000);
    cr_assert_eq(board_read(b, BASE + GPT_CNT), 30);
    board_run(b, 2999999);
    cr_assert_not(irq.level);
    board_run(b, 1);
    cr_assert(irq.level);
    board_write(b, BASE + INT_STS, GPT);
    board_run(b, 5000000);
    cr_assert_eq(irq.rises, 2);
    cr_assert_eq(board_read(b, BASE + FREE_RUN), 250000);
}

Test(lan9118, transceiver)
{
    cr_assert(read_phy(2) == 7 && (read_phy(3) & 0xfff0) == 0xc0d0);
    cr_assert_eq(read_phy(1) & 0x24, 0x24, "negotiated, link up");
    write_phy(0, 0x4100);
    receive(mac, 60);
    cr_assert_eq(statuses(), 0, "in loopback nothing comes in");
    u8 frame[60];
    make_frame(frame, mac, 60);
    board_write(b, BASE + TX, 3 << 12 | 60);
    board_write(b, BASE + TX, 60);
    for (unsigned i = 0; i < 15; i++) {
        u32 v;
        memcpy(&v, frame + 4 * i, 4);
        board_write(b, BASE + TX, v);
    }
    cr_assert(!n_sent && statuses() == 1, "but what is sent");
    write_phy(0, 0x8000);
    cr_assert_eq(read_phy(0), 0x3000);
    write_mac(MII_ACC, 2 << 11 | 1);
    cr_assert_eq(read_mac(MII_DATA), 0xffff, "there is no other");
}

Test(lan9118, no_cable, .init = NULL)
{
    b = board_new();
    lan9118_new(b->m, BASE, probe_irq(&irq), NULL, mac);
    board_reset(b);
    cr_assert_eq(read_phy(1) & 0x24, 0);
}

Test(lan9118, eeprom)
{
    board_write(b, BASE + E2P_DATA, 0x99);
    board_write(b, BASE + E2P_CMD, 11u << 28 | 6);
    board_write(b, BASE + E2P_CMD, 8u << 28 | 6);
    cr_assert_eq(board_read(b, BASE + E2P_DATA), 0x56, "it was locked");
    board_write(b, BASE + E2P_CMD, 10u << 28);
    board_write(b, BASE + E2P_DATA, 0x99);
    board_write(b, BASE + E2P_CMD, 11u << 28 | 6);
    board_write(b, BASE + E2P_CMD, 15u << 28);
    cr_assert_eq(read_mac(ADDRH), 0x9934);
    cr_assert(board_read(b, BASE + E2P_CMD) >> 8 & 1, "loaded");
}

Test(lan9118, soft_reset)
{
    receive(mac, 60);
    board_write(b, BASE + HW_CFG, 1);
    cr_assert_eq(board_read(b, BASE + RX_INF), 0);
    cr_assert_eq(read_mac(ADDRL), 0x12005452);
    cr_assert_eq(board_read(b, BASE + HW_CFG) & 0xf0001, 0x50000);
}
