/* nic.h - what network cards have in common: checksums, filters, segmentation */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_NIC_H
#define HW_NIC_H

#include "emu/types.h"
#include "hw/pci.h"

/* On the bus both masters let the driver write more than others: cache line size, latency and the
 * use of memory write and invalidate. */
void nic_open_registers(struct pci_function *f);
void nic_reset_registers(struct pci_function *f); /* pci_reset(), and these */

enum { NIC_HEADER = 14, NIC_MIN_FRAME = 60, NIC_FCS = 4 }; /* without check sequence */
/* What a card gathers from descriptors before it goes out: more than 64 KiB of segments' data. */
#define NIC_PACKET_MAX (96 * 1024)

/* Ethernet's check sequence (IEEE 802.3, 3.2.9), eight bytes at a time. A card makes the tables
 * once. */
struct nic_crc {
    u32 table[8][256];
};
void nic_crc_init(struct nic_crc *c);
u32 nic_fcs(const struct nic_crc *c, const u8 *p, u32 n);
/* The CRC of an address with the first bit in the highest place, of which hash filters take some
 * bits. */
u32 nic_hash(const u8 mac[6]);

static inline bool nic_is_multicast(const u8 *frame)
{
    return frame[0] & 1;
}
bool nic_is_broadcast(const u8 *frame);

/* Adds what comes behind it to a sum in one's complement; fold gives its 16 bits (RFC 1071). */
u64 nic_sum(const u8 *p, u32 n, u64 sum);
u16 nic_fold(u64 sum);

static inline u16 nic_get16(const u8 *p)
{
    return p[0] << 8 | p[1];
}

static inline u32 nic_get32(const u8 *p)
{
    return (u32)nic_get16(p) << 16 | nic_get16(p + 2);
}

static inline void nic_put16(u8 *p, u16 v)
{
    p[0] = v >> 8;
    p[1] = v;
}

static inline void nic_put32(u8 *p, u32 v)
{
    nic_put16(p, v >> 16);
    nic_put16(p + 2, v);
}

/* Where the layers of a frame are; offsets lie in it, headers are whole. */
struct nic_layers {
    bool ipv4, ipv6, tcp, udp; /* tcp and udp: not in a fragment */
    u32 l3, l4, end;           /* end: of the IP packet, padding excluded */
};
struct nic_layers nic_parse(const u8 *frame, u32 len);
/* The sum of the pseudo header, for a payload of so many bytes. */
u64 nic_pseudo_sum(const u8 *frame, const struct nic_layers *l, u32 bytes);
bool nic_ip_sum_ok(const u8 *frame, const struct nic_layers *l);
bool nic_l4_sum_ok(const u8 *frame, const struct nic_layers *l); /* of TCP or UDP */

/* What a card does to a packet before it goes out. Offsets may be anything. */
struct nic_offload {
    bool ip, l4;              /* which checksums are put in */
    u32 ip_start, ip_at;      /* sum from start to the end (inclusive; 0: of the packet), stored at */
    u32 ip_end;
    u32 l4_start, l4_at, l4_end;
    bool udp;                 /* a sum of 0 is sent as 0xffff */
    /* Cut behind `header` into pieces of mss bytes; at l4_at is the pseudo header's sum without a
     * length. */
    bool segment, ipv4, tcp;
    u32 header, mss;
};

/* Calls send() for each frame that the packet makes. The packet has room for NIC_PACKET_MAX bytes;
 * scratch is as large. Both are changed. */
void nic_offload_send(const struct nic_offload *o, u8 *packet, u32 len, u8 *scratch,
                      void (*send)(void *opaque, u8 *frame, u32 len), void *opaque);

#endif
