/* rtl8139_cplus.c - the card's C+ mode: rings of descriptors, checksums, large sends */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: RTL8139C+ data sheet, 9.2 (transmit) and 9.3 (receive). A ring has at most 64
 * descriptors. A packet is fetched when all of it is there, so none is ever half taken.
 */
#include <string.h>

#include "hw/rtl8139.h"

enum { RING = 64, DESCRIPTOR = 16 };
#define D_OWN (1u << 31)
#define D_END (1u << 30) /* of the ring */
#define D_FIRST (1u << 29)
#define D_LAST (1u << 28)
#define TX_LARGE (1u << 27)
enum { TX_IP_SUM = 1 << 18, TX_UDP_SUM = 1 << 17, TX_TCP_SUM = 1 << 16, TX_LENGTH = 0xffff };
enum { TX_MSS_SHIFT = 16, TX_MSS = 0x7ff, TX_TAG = 1 << 17 };
enum { RX_SIZE = 0x1fff, RX_TAGGED = 1 << 16, RX_FLAGS_SHIFT = 12 }; /* MAR: bit 15 to 27 */
enum { RX_TCP = 1 << 17, RX_UDP = 2 << 17, RX_IP = 3 << 17 };
enum { RX_IP_BAD = 1 << 16, RX_UDP_BAD = 1 << 15, RX_TCP_BAD = 1 << 14 };

struct descriptor {
    u32 command, vlan;
    u64 address;
};

static bool fetch(struct rtl8139 *s, u64 ring, u8 at, struct descriptor *d)
{
    return bus_read_bytes(s->dev.machine->mem, ring + at * DESCRIPTOR, d, sizeof(*d));
}

static void write_back(struct rtl8139 *s, u64 ring, u8 at, const struct descriptor *d)
{
    bus_write_bytes(s->dev.machine->mem, ring + at * DESCRIPTOR, d, 8, false);
}

static u8 following(const struct descriptor *d, u8 at)
{
    return d->command & D_END ? 0 : (at + 1) % RING;
}

/* ---- transmit ---- */

struct packet {
    struct descriptor first;
    u32 len;
    u8 end;  /* the descriptor behind it */
};

/* False when a descriptor of it is not the card's yet. */
static bool gather(struct rtl8139 *s, u64 ring, u8 at, struct packet *p)
{
    struct descriptor d;
    p->len = 0;
    for (unsigned n = 0; n < RING; n++) {
        if (!fetch(s, ring, at, &d) || !(d.command & D_OWN))
            return false;
        if (!n)
            p->first = d;
        u32 want = MIN(d.command & TX_LENGTH, (u32)(NIC_PACKET_MAX - 4 - p->len));
        bus_read_bytes(s->dev.machine->mem, d.address, s->packet + p->len, want);
        p->len += want;
        at = following(&d, at);
        if (d.command & D_LAST) {
            p->end = at;
            return true;
        }
    }
    return false; /* a ring without any end of a packet */
}

static void release(struct rtl8139 *s, u64 ring, u8 at, u8 end)
{
    struct descriptor d;
    for (unsigned n = 0; n < RING && fetch(s, ring, at, &d); n++) {
        d.command &= ~D_OWN;
        write_back(s, ring, at, &d);
        at = following(&d, at);
        if (at == end)
            return;
    }
}

static void insert_tag(struct rtl8139 *s, struct packet *p)
{
    if (!(p->first.vlan & TX_TAG) || p->len < 12)
        return;
    memmove(s->packet + 16, s->packet + 12, p->len - 12);
    nic_put16(s->packet + 12, 0x8100);
    nic_put16(s->packet + 14, p->first.vlan << 8 | (p->first.vlan >> 8 & 0xff));
    p->len += 4;
}

/* The card finds the headers itself, and puts in the sum of the pseudo header too. */
static void plan_sums(struct rtl8139 *s, u32 command, const struct nic_layers *l,
                      struct nic_offload *o)
{
    bool large = o->segment;
    o->ip = l->ipv4 && (large || (command & TX_IP_SUM));
    o->l4 = large || (l->tcp && (command & TX_TCP_SUM)) || (l->udp && (command & TX_UDP_SUM));
    o->udp = l->udp;
    o->ip_start = l->l3;
    o->ip_at = l->l3 + 10;
    o->ip_end = l->l4 - 1;
    o->l4_start = l->l4;
    o->l4_at = l->l4 + (l->tcp ? 16 : 6);
    o->l4_end = large ? 0 : l->end - 1;
    if (o->ip)
        nic_put16(s->packet + o->ip_at, 0);
    if (o->l4)
        nic_put16(s->packet + o->l4_at,
                  nic_fold(nic_pseudo_sum(s->packet, l, large ? 0 : l->end - l->l4)));
}

static struct nic_offload plan(struct rtl8139 *s, const struct packet *p)
{
    struct nic_layers l = nic_parse(s->packet, p->len);
    struct nic_offload o = {0};
    u32 command = p->first.command;

    if (command & TX_LARGE) { /* the size of the pieces is where else the sums are asked for */
        o.segment = o.tcp = l.tcp;
        o.ipv4 = l.ipv4;
        o.mss = command >> TX_MSS_SHIFT & TX_MSS;
        o.header = l.tcp ? l.l4 + (s->packet[l.l4 + 12] >> 4) * 4 : 0;
        command = 0;
    }
    plan_sums(s, command, &l, &o);
    return o;
}

static bool transmit_one(struct rtl8139 *s, u64 ring, u8 *at)
{
    struct packet p;
    if (!gather(s, ring, *at, &p))
        return false;
    release(s, ring, *at, p.end);
    *at = p.end;
    if (!(p.first.command & D_FIRST) || p.len < NIC_HEADER)
        return true;
    insert_tag(s, &p);
    struct nic_offload o = plan(s, &p);
    nic_offload_send(&o, s->packet, p.len, s->scratch, rtl8139_send, s);
    return true;
}

void rtl8139_cplus_transmit(struct rtl8139 *s, bool high)
{
    u64 ring = high ? s->cplus_tx_high : s->cplus_tx;
    u8 *at = high ? &s->cplus_tx_high_at : &s->cplus_tx_at;
    unsigned n = 0;

    if (!(s->cplus & RTL_CP_TX) || !(s->command & RTL_CR_TE) || !rtl8139_can_dma(s))
        return;
    while (n < RING && transmit_one(s, ring, at))
        n++;
    rtl8139_interrupt(s, n ? RTL_TOK | RTL_TDU : RTL_TDU);
}

/* ---- receive ---- */

static u32 checked(struct rtl8139 *s, const u8 *frame, u32 len)
{
    struct nic_layers l = nic_parse(frame, len);
    if (!(s->cplus & RTL_CP_RX_SUM) || !l.ipv4)
        return 0;
    u32 flags = l.tcp ? RX_TCP : l.udp ? RX_UDP : RX_IP;
    if (!nic_ip_sum_ok(frame, &l))
        flags |= RX_IP_BAD;
    if ((l.tcp || l.udp) && !nic_l4_sum_ok(frame, &l))
        flags |= l.tcp ? RX_TCP_BAD : RX_UDP_BAD;
    return flags;
}

/* The frame as it will be in memory, its VLAN tag taken out, in s->frame; its length. */
static u32 prepare(struct rtl8139 *s, const u8 *frame, u32 len, u32 *tag)
{
    bool tagged = (s->cplus & RTL_CP_RX_VLAN) && nic_get16(frame + 12) == 0x8100;
    u32 skip = tagged ? 4 : 0;
    *tag = tagged ? RX_TAGGED | frame[15] << 8 | frame[14] : 0;
    memcpy(s->frame, frame, 12);
    memcpy(s->frame + 12, frame + 12 + skip, len - 12 - skip);
    len -= skip;
    u32 fcs = nic_fcs(&s->crc, s->frame, len);
    memcpy(s->frame + len, &fcs, NIC_FCS);
    return len + NIC_FCS;
}

/* How many descriptors so many bytes need; 0 when they are not there. */
static unsigned count_descriptors(struct rtl8139 *s, u32 bytes)
{
    struct descriptor d;
    u8 at = s->cplus_rx_at;
    for (unsigned n = 1; n <= RING; n++) {
        if (!fetch(s, s->cplus_rx, at, &d) || !(d.command & D_OWN))
            return 0;
        u32 size = d.command & RX_SIZE;
        if (size >= bytes)
            return n;
        bytes -= size;
        at = following(&d, at);
    }
    return 0;
}

bool rtl8139_cplus_room(struct rtl8139 *s)
{
    return count_descriptors(s, 1514 + NIC_FCS) > 0;
}

static void put(struct rtl8139 *s, const u8 *bytes, u32 total, unsigned n, u32 flags, u32 tag)
{
    u32 left = total;
    for (unsigned i = 0; i < n; i++) {
        struct descriptor d;
        fetch(s, s->cplus_rx, s->cplus_rx_at, &d);
        u32 piece = MIN(d.command & RX_SIZE, left);
        bus_write_bytes(s->dev.machine->mem, d.address, bytes + (total - left), piece, false);
        left -= piece;
        d.command = (d.command & D_END) | flags | total;
        d.command |= (i ? 0 : D_FIRST) | (i + 1 < n ? 0 : D_LAST);
        d.vlan = tag;
        write_back(s, s->cplus_rx, s->cplus_rx_at, &d);
        s->cplus_rx_at = following(&d, s->cplus_rx_at);
    }
}

bool rtl8139_cplus_receive(struct rtl8139 *s, const u8 *frame, u32 len, u16 flags)
{
    u32 tag, sums = checked(s, frame, len), total = prepare(s, frame, len, &tag);
    unsigned n = count_descriptors(s, total);
    if (n)
        put(s, s->frame, total, n, (u32)flags << RX_FLAGS_SHIFT | sums, tag);
    return n > 0;
}
