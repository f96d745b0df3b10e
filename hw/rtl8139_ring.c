/* rtl8139_ring.c - the card's old mode: four transmit buffers, one receive ring */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: RTL8139C data sheet, 6.3 (TSD), 6.4 (TSAD), 6.7 (RBSTART, CAPR, CBR), 6.10 (RCR), 7. */
#include "hw/rtl8139.h"

enum { TSD_SIZE = 0x1fff, TSD_OWN = 0x2000, TSD_TOK = 0x8000, TSD_KEPT = 0x003f1fff };
enum { HEADER = 4, READ_BIAS = 16 };

/* ---- transmit ---- */

static void transmit_one(struct rtl8139 *s, u32 *tsd, u32 address)
{
    u32 n = *tsd & TSD_SIZE;
    if (n >= NIC_HEADER) {
        bus_read_bytes(s->dev.machine->mem, address, s->packet, n);
        rtl8139_send(s, s->packet, n);
    }
    *tsd = (*tsd & TSD_KEPT) | TSD_OWN | TSD_TOK;
    rtl8139_interrupt(s, RTL_TOK);
}

/* They take turns; one is to be sent when the driver has taken OWN back. */
void rtl8139_ring_transmit(struct rtl8139 *s)
{
    for (unsigned n = 0; n < 4; n++) {
        unsigned i = s->tx_next;
        if (!(s->command & RTL_CR_TE) || !rtl8139_can_dma(s) || (s->tx_status[i] & TSD_OWN))
            return;
        s->tx_next = (i + 1) % 4;
        transmit_one(s, &s->tx_status[i], s->tx_address[i]);
    }
}

/* ---- receive ---- */

/* Without WRAP a frame is cut at the ring's end; a ring of 64 KiB has no slack behind it. */
static u32 ring_size(const struct rtl8139 *s)
{
    return 8192u << (s->rx_config >> 11 & 3);
}

static u32 used(const struct rtl8139 *s)
{
    return (s->rx_write - (u16)(s->rx_read + READ_BIAS)) & (ring_size(s) - 1);
}

bool rtl8139_ring_is_empty(const struct rtl8139 *s)
{
    return !used(s);
}

static u32 space_for(u32 len)
{
    return (HEADER + len + NIC_FCS + 3) & ~3u;
}

bool rtl8139_ring_room(const struct rtl8139 *s, u32 len)
{
    return space_for(len) < ring_size(s) - used(s);
}

/* At the ring's place `at`: beyond its end when the driver has said that there is memory, else from
 * its beginning on. */
static void put(struct rtl8139 *s, u32 at, const void *data, u32 n)
{
    u32 size = ring_size(s), first = n;
    struct bus *mem = s->dev.machine->mem;
    if (!(s->rx_config & RTL_RCR_WRAP) || size == 65536) {
        at &= size - 1;
        first = MIN(n, size - at);
    }
    bus_write_bytes(mem, s->rx_start + (u64)at, data, first, false);
    if (first < n)
        bus_write_bytes(mem, s->rx_start, (const u8 *)data + first, n - first, false);
}

bool rtl8139_ring_receive(struct rtl8139 *s, const u8 *frame, u32 len, u16 flags)
{
    if (!rtl8139_ring_room(s, len))
        return false;
    u32 at = s->rx_write & (ring_size(s) - 1);
    u16 status = RTL_RX_OK | flags;
    u32 header = status | (len + NIC_FCS) << 16, fcs = nic_fcs(&s->crc, frame, len);
    put(s, at, &header, HEADER);
    put(s, at + HEADER, frame, len);
    put(s, at + HEADER + len, &fcs, NIC_FCS);
    s->rx_write = (at + space_for(len)) & (ring_size(s) - 1);
    return true;
}
