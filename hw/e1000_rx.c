/* e1000_rx.c - the gigabit card receives: filters, checksums, frames to descriptors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: 8254x SDM, 3.2, 13.4.22 (RCTL), 13.5 (filters), 13.4.44 (RXCSUM). */
#include <string.h>

#include "hw/e1000.h"

enum { DESCRIPTOR = 16, FRAME_MOST = 16384, FRAME_NORMAL = 1522 };
enum {
    RCTL_EN = 1 << 1,
    RCTL_UPE = 1 << 3,
    RCTL_MPE = 1 << 4,
    RCTL_LPE = 1 << 5,
    RCTL_BAM = 1 << 15,
    RCTL_VFE = 1 << 18,
    RCTL_BSEX = 1 << 25,
    RCTL_SECRC = 1 << 26,
};
enum { S_DD = 1, S_EOP = 2, S_IXSM = 4, S_VP = 8, S_TCPCS = 0x20, S_IPCS = 0x40, S_PIF = 0x80 };
enum { E_TCPE = 0x20, E_IPE = 0x40, SUM_IP = 0x100, SUM_L4 = 0x200 };

struct descriptor {
    u64 address;
    u16 length, sum;
    u8 status, errors;
    u16 special;
};

static u32 ring_size(const struct e1000 *s)
{
    return s->rdlen / DESCRIPTOR;
}

static u32 buffer_size(const struct e1000 *s)
{
    unsigned code = s->rctl >> 16 & 3;
    if ((s->rctl & RCTL_BSEX) && code)
        return 32768u >> code;
    return 2048u >> code;
}

static u32 free_descriptors(const struct e1000 *s)
{
    u32 n = ring_size(s);
    if (s->rdh >= n || s->rdt >= n)
        return 0;
    return (s->rdt + n - s->rdh) % n;
}

static u32 descriptors_for(const struct e1000 *s, u32 bytes)
{
    return (bytes + buffer_size(s) - 1) / buffer_size(s);
}

static bool listens(const struct e1000 *s)
{
    return (s->rctl & RCTL_EN) && e1000_can_dma(s);
}

/* A card that does not listen has room: it drops what comes. */
bool e1000_room(void *opaque)
{
    struct e1000 *s = opaque;
    return !listens(s) || free_descriptors(s) >= descriptors_for(s, FRAME_NORMAL);
}

/* ---- filters ---- */

/* 13.5.2: one of the sixteen addresses. */
static bool is_ours(const struct e1000 *s, const u8 *frame)
{
    u32 low = frame[0] | frame[1] << 8 | frame[2] << 16 | (u32)frame[3] << 24;
    u16 high = frame[4] | frame[5] << 8;
    for (unsigned i = 0; i < E1000_RA; i += 2)
        if (s->ra[i] == low && (s->ra[i + 1] & 0x8003ffff) == (0x80000000 | high))
            return true;
    return false;
}

/* 13.5.1: twelve bits of the address, which ones RCTL says. */
static bool hash_has(const struct e1000 *s, const u8 *frame)
{
    static const u8 shift[] = {4, 3, 2, 0};
    unsigned bits = (frame[4] | frame[5] << 8) >> shift[s->rctl >> 12 & 3] & 0xfff;
    return s->mta[bits >> 5] >> (bits & 31) & 1;
}

static bool accepts_address(const struct e1000 *s, const u8 *frame, u8 *status)
{
    if (is_ours(s, frame))
        return true;
    if (nic_is_broadcast(frame) && (s->rctl & RCTL_BAM))
        return true;
    *status = S_PIF;
    if (nic_is_multicast(frame))
        return (s->rctl & RCTL_MPE) || hash_has(s, frame);
    return s->rctl & RCTL_UPE;
}

static bool is_tagged(const struct e1000 *s, const u8 *frame)
{
    return nic_get16(frame + 12) == (u16)s->vet && s->vet;
}

static bool accepts(struct e1000 *s, const u8 *frame, u32 len, u8 *status)
{
    if (len + NIC_FCS > (s->rctl & RCTL_LPE ? FRAME_MOST : FRAME_NORMAL)) {
        e1000_count(s, E1000_ROC);
        return false;
    }
    if ((s->rctl & RCTL_VFE) && is_tagged(s, frame)) {
        unsigned id = nic_get16(frame + 14) & 0xfff;
        if (!(s->vfta[id >> 5] >> (id & 31) & 1))
            return false;
    }
    return accepts_address(s, frame, status);
}

/* ---- a frame ---- */

static void count(struct e1000 *s, const u8 *frame, u32 len)
{
    e1000_count(s, E1000_GPRC);
    e1000_count(s, E1000_TPR);
    e1000_count_bytes(s, E1000_GORC, len + NIC_FCS);
    e1000_count_bytes(s, E1000_TOR, len + NIC_FCS);
    e1000_count_size(s, E1000_PRC64, len + NIC_FCS);
    if (nic_is_broadcast(frame))
        e1000_count(s, E1000_BPRC);
    else if (nic_is_multicast(frame))
        e1000_count(s, E1000_MPRC);
}

/* 3.2.9: what was checked, and what of it was wrong. */
static void check_sums(const struct e1000 *s, const u8 *frame, u32 len, struct descriptor *d)
{
    struct nic_layers l = nic_parse(frame, len);
    u32 start = MIN(s->rxcsum & 0xff, len);
    d->sum = nic_fold(nic_sum(frame + start, len - start, 0));
    d->sum = d->sum << 8 | d->sum >> 8; /* in the order of the wire */
    if (!(s->rxcsum & (SUM_IP | SUM_L4))) {
        d->status |= S_IXSM;
        return;
    }
    if ((s->rxcsum & SUM_IP) && l.ipv4) {
        d->status |= S_IPCS;
        d->errors |= nic_ip_sum_ok(frame, &l) ? 0 : E_IPE;
    }
    if ((s->rxcsum & SUM_L4) && (l.tcp || (l.udp && nic_get16(frame + l.l4 + 6)))) {
        d->status |= S_TCPCS;
        d->errors |= nic_l4_sum_ok(frame, &l) ? 0 : E_TCPE;
    }
}

/* The frame as it will be in memory, in s->frame: without its tag, with its check sequence, as RCTL
 * and CTRL have it. */
static u32 prepare(struct e1000 *s, const u8 *frame, u32 len, struct descriptor *d)
{
    bool strip = (s->ctrl & E1000_CTRL_VME) && is_tagged(s, frame);
    u32 skip = strip ? 4 : 0;
    if (strip) {
        d->status |= S_VP;
        d->special = nic_get16(frame + 14);
    }
    memcpy(s->frame, frame, 12);
    memcpy(s->frame + 12, frame + 12 + skip, len - 12 - skip);
    len -= skip;
    if (s->rctl & RCTL_SECRC)
        return len;
    u32 fcs = nic_fcs(&s->crc, s->frame, len);
    memcpy(s->frame + len, &fcs, NIC_FCS);
    return len + NIC_FCS;
}

/* Everything of the descriptor but the address, which stays. */
static void put(struct e1000 *s, u32 total, const struct descriptor *result)
{
    struct bus *mem = s->dev.machine->mem;
    u64 ring = (u64)s->rdbah << 32 | s->rdbal;
    for (u32 done = 0; done < total;) {
        u64 at = ring + (u64)s->rdh * DESCRIPTOR;
        struct descriptor d = *result;
        u32 n = MIN(buffer_size(s), total - done);
        bus_read_bytes(mem, at, &d.address, 8);
        bus_write_bytes(mem, d.address, s->frame + done, n, false);
        done += n;
        d.length = n;
        d.status |= S_DD | (done == total ? S_EOP : 0);
        bus_write_bytes(mem, at + 8, &d.length, 8, false);
        s->rdh = (s->rdh + 1) % ring_size(s);
    }
}

static void announce(struct e1000 *s)
{
    u32 least = ring_size(s) >> ((s->rctl >> 8 & 3) + 1);
    if (s->rdtr)
        e1000_interrupt_later(s, &s->rx_due, &s->rx_latest, s->rdtr, s->radv);
    e1000_interrupt(s, (s->rdtr ? 0 : E1000_RXT0) |
                           (free_descriptors(s) <= least ? E1000_RXDMT0 : 0));
}

void e1000_take_frame(struct e1000 *s, const u8 *frame, u32 len)
{
    u8 padded[NIC_MIN_FRAME] = {0};
    struct descriptor d = {0};

    if (!listens(s) || len < NIC_HEADER)
        return;
    if (len < NIC_MIN_FRAME) {
        frame = memcpy(padded, frame, len);
        len = NIC_MIN_FRAME;
    }
    if (!accepts(s, frame, len, &d.status))
        return;
    check_sums(s, frame, len, &d);
    u32 total = prepare(s, frame, len, &d);
    if (free_descriptors(s) < descriptors_for(s, total)) {
        e1000_count(s, E1000_MPC);
        e1000_count(s, E1000_RNBC);
        e1000_interrupt(s, E1000_RXO);
        return;
    }
    count(s, frame, len);
    put(s, total, &d);
    announce(s);
}

void e1000_receive(void *opaque, const u8 *frame, u32 len)
{
    struct e1000 *s = opaque;
    if (!e1000_loops_back(s))
        e1000_take_frame(s, frame, len);
}
