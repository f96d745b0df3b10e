/* e1000_tx.c - the gigabit card sends: descriptors to frames */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: 8254x SDM, 3.3 to 3.5. A packet is fetched when its last descriptor is there, so none is
 * ever half taken; what is sent is gone when the tail is written. A queue that would keep the guest
 * waiting for long goes on a little later.
 */
#include <string.h>

#include "hw/e1000.h"

enum { DESCRIPTOR = 16, GO_BYTES = 1 << 20, GO_COST = 256, GO_PAUSE_NS = 10000 };
enum { TCTL_EN = 2, TCTL_PSP = 8 };
#define D_EOP (1u << 24)
#define D_INSERT_SUM (1u << 26) /* legacy; in the others: */
#define D_SEGMENT (1u << 26)
#define D_REPORT (1u << 27)
#define D_EXTENDED (1u << 29)
#define D_TAG (1u << 30)
#define D_DELAY (1u << 31)
#define C_TCP (1u << 24)
#define C_IPV4 (1u << 25)
enum { D_TYPE_SHIFT = 20, D_DATA = 1, D_DONE = 1, POPTS_IP = 1, POPTS_L4 = 2 };

struct descriptor {
    u64 address;
    u32 command, status;
};

static u32 ring_size(const struct e1000 *s)
{
    return s->tdlen / DESCRIPTOR;
}

static u64 place(const struct e1000 *s, u32 at)
{
    return ((u64)s->tdbah << 32 | s->tdbal) + (u64)at * DESCRIPTOR;
}

static void fetch(struct e1000 *s, u32 at, struct descriptor *d)
{
    bus_read_bytes(s->dev.machine->mem, place(s, at), d, sizeof(*d));
}

static bool is_context(const struct descriptor *d)
{
    return (d->command & D_EXTENDED) && (d->command >> D_TYPE_SHIFT & 15) != D_DATA;
}

static u32 length(const struct descriptor *d)
{
    return d->command & (d->command & D_EXTENDED ? 0xfffff : 0xffff);
}

/* Takes the descriptor at the head; says that it is done, if the driver wants to know. */
static void finish(struct e1000 *s, struct descriptor *d)
{
    if (d->command & D_REPORT) {
        d->status |= D_DONE;
        bus_write_bytes(s->dev.machine->mem, place(s, s->tdh) + 12, &d->status, 4, false);
        if ((d->command & D_DELAY) && s->tidv)
            e1000_interrupt_later(s, &s->tx_due, &s->tx_latest, s->tidv, s->tadv);
        else
            e1000_interrupt(s, E1000_TXDW);
    }
    s->tdh = (s->tdh + 1) % ring_size(s);
}

static void take_context(struct e1000 *s, struct descriptor *d)
{
    struct e1000_context *c = &s->context[d->command & D_SEGMENT ? 1 : 0];
    c->offsets = d->address;
    c->command = d->command;
    c->sizes = d->status;
    finish(s, d);
}

/* ---- frames ---- */

static void count(struct e1000 *s, const u8 *frame, u32 len)
{
    e1000_count(s, E1000_GPTC);
    e1000_count(s, E1000_TPT);
    e1000_count_bytes(s, E1000_GOTC, len + NIC_FCS);
    e1000_count_bytes(s, E1000_TOT, len + NIC_FCS);
    e1000_count_size(s, E1000_PTC64, len + NIC_FCS);
    if (nic_is_broadcast(frame))
        e1000_count(s, E1000_BPTC);
    else if (nic_is_multicast(frame))
        e1000_count(s, E1000_MPTC);
}

static void send_frame(void *opaque, u8 *frame, u32 len)
{
    struct e1000 *s = opaque;
    if (len < NIC_HEADER)
        return;
    if (s->tagged && len + 4 <= NET_FRAME_MAX) {
        memmove(frame + 16, frame + 12, len - 12);
        nic_put16(frame + 12, s->vet);
        nic_put16(frame + 14, s->tag);
        len += 4;
    }
    if (len < NIC_MIN_FRAME && (s->tctl & TCTL_PSP)) {
        memset(frame + len, 0, NIC_MIN_FRAME - len);
        len = NIC_MIN_FRAME;
    }
    count(s, frame, len);
    if (e1000_loops_back(s))
        e1000_take_frame(s, frame, len);
    else if (s->port)
        net_port_send(s->port, frame, len);
}

static struct nic_offload plan_legacy(const struct descriptor *d)
{
    struct nic_offload o = {.l4 = d->command & D_INSERT_SUM};
    o.l4_at = d->command >> 16 & 0xff;
    o.l4_start = d->status >> 8 & 0xff;
    return o;
}

static struct nic_offload plan(const struct e1000 *s, const struct descriptor *d)
{
    if (!(d->command & D_EXTENDED))
        return plan_legacy(d);
    bool segment = d->command & D_SEGMENT;
    const struct e1000_context *c = &s->context[segment];
    unsigned options = d->status >> 8 & 0xff;
    return (struct nic_offload){
        .ip = options & POPTS_IP,
        .ip_start = c->offsets & 0xff,
        .ip_at = c->offsets >> 8 & 0xff,
        .ip_end = c->offsets >> 16 & 0xffff,
        .l4 = options & POPTS_L4,
        .l4_start = c->offsets >> 32 & 0xff,
        .l4_at = c->offsets >> 40 & 0xff,
        .l4_end = c->offsets >> 48 & 0xffff,
        .tcp = c->command & C_TCP,
        .udp = !(c->command & C_TCP),
        .ipv4 = c->command & C_IPV4,
        .segment = segment,
        .header = c->sizes >> 8 & 0xff,
        .mss = c->sizes >> 16,
    };
}

/* ---- packets ---- */

struct packet {
    struct descriptor first, last;
    u32 n, len;
};

/* False when its end is not in the queue yet. */
static bool gather(struct e1000 *s, struct packet *p)
{
    u32 at = s->tdh;
    p->n = p->len = 0;
    while (at != s->tdt) {
        fetch(s, at, &p->last);
        if (!p->n++)
            p->first = p->last;
        u32 n = MIN(length(&p->last), NIC_PACKET_MAX - p->len);
        if (n)
            bus_read_bytes(s->dev.machine->mem, p->last.address, s->packet + p->len, n);
        p->len += n;
        if (p->last.command & D_EOP)
            return true;
        at = (at + 1) % ring_size(s);
    }
    return false;
}

/* Returns what it cost, as if in bytes. */
static u32 send_packet(struct e1000 *s, const struct packet *p)
{
    struct nic_offload o = plan(s, &p->first);
    u32 pieces = o.segment && o.mss ? p->len / o.mss + 1 : 1;
    s->tagged = (s->ctrl & E1000_CTRL_VME) && (p->last.command & D_TAG);
    s->tag = p->last.status >> 16;
    if (p->len < NIC_PACKET_MAX) /* else more than any packet can have */
        nic_offload_send(&o, s->packet, p->len, s->scratch, send_frame, s);
    if (o.segment)
        e1000_count(s, E1000_TSCTC);
    for (u32 i = 0; i < p->n; i++) {
        struct descriptor d;
        fetch(s, s->tdh, &d);
        finish(s, &d);
    }
    return p->len + GO_COST * (pieces + p->n);
}

static bool is_sound(const struct e1000 *s)
{
    return s->tdh < ring_size(s) && s->tdt < ring_size(s);
}

void e1000_transmit(struct e1000 *s)
{
    u64 cost = 0;
    u32 was = s->tdh;

    s->tx_resume = NEVER;
    if (!(s->tctl & TCTL_EN) || !e1000_can_dma(s) || !is_sound(s))
        return;
    while (s->tdh != s->tdt && cost < GO_BYTES) {
        struct descriptor d;
        struct packet p;
        fetch(s, s->tdh, &d);
        if (is_context(&d)) {
            take_context(s, &d);
            cost += GO_COST;
            continue;
        }
        if (!gather(s, &p))
            break;
        cost += send_packet(s, &p);
    }
    if (cost >= GO_BYTES && s->tdh != s->tdt)
        s->tx_resume = machine_now_ns(s->dev.machine) + GO_PAUSE_NS;
    if (s->tdh == s->tdt && s->tdh != was)
        e1000_interrupt(s, E1000_TXQE | (s->txdctl >> 25 ? E1000_TXD_LOW : 0));
    e1000_schedule(s);
}
