/* nic.c - what network cards have in common */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sources: IEEE 802.3 (frames, check sequence), RFC 791, 8200, 9293, 768, 1071. */
#include "hw/nic.h"

#include <string.h>

#include "emu/net.h"

enum { PCI_CACHE_LINE = 0x0c, PCI_LATENCY = 0x0d, COMMAND_INVALIDATE = 0x10 };
enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86dd, TYPE_VLAN = 0x8100, PROTO_TCP = 6, PROTO_UDP = 17 };
enum { TCP_FIN = 1, TCP_PSH = 8, TCP_FLAGS = 13, TCP_HEADER = 20, UDP_HEADER = 8 };

/* ---- configuration space ---- */

void nic_open_registers(struct pci_function *f)
{
    f->writable[PCI_COMMAND] |= COMMAND_INVALIDATE;
    f->writable[PCI_CACHE_LINE] = f->writable[PCI_LATENCY] = 0xff;
}

void nic_reset_registers(struct pci_function *f)
{
    f->config[PCI_CACHE_LINE] = f->config[PCI_LATENCY] = 0;
    pci_reset(f);
}

/* ---- CRC ---- */

void nic_crc_init(struct nic_crc *c)
{
    for (u32 i = 0; i < 256; i++) {
        u32 v = i;
        for (unsigned k = 0; k < 8; k++)
            v = v >> 1 ^ (v & 1 ? 0xedb88320 : 0);
        c->table[0][i] = v;
    }
    for (unsigned t = 1; t < 8; t++)
        for (u32 i = 0; i < 256; i++)
            c->table[t][i] = c->table[t - 1][i] >> 8 ^ c->table[0][c->table[t - 1][i] & 0xff];
}

u32 nic_fcs(const struct nic_crc *c, const u8 *p, u32 n)
{
    u32 crc = ~(u32)0;
    for (; n >= 8; n -= 8, p += 8) {
        u32 a, b;
        memcpy(&a, p, 4);
        memcpy(&b, p + 4, 4);
        a ^= crc;
        crc = c->table[7][a & 0xff] ^ c->table[6][a >> 8 & 0xff] ^ c->table[5][a >> 16 & 0xff] ^
              c->table[4][a >> 24] ^ c->table[3][b & 0xff] ^ c->table[2][b >> 8 & 0xff] ^
              c->table[1][b >> 16 & 0xff] ^ c->table[0][b >> 24];
    }
    while (n--)
        crc = crc >> 8 ^ c->table[0][(crc ^ *p++) & 0xff];
    return ~crc;
}

u32 nic_hash(const u8 mac[6])
{
    u32 crc = ~(u32)0;
    for (unsigned i = 0; i < 6; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bool carry = crc >> 31 ^ (mac[i] >> bit & 1);
            crc = crc << 1 ^ (carry ? 0x04c11db7 : 0);
        }
    return crc;
}

bool nic_is_broadcast(const u8 *frame)
{
    static const u8 all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    return !memcmp(frame, all, 6);
}

/* ---- sums ---- */

/* In host order, eight bytes at a time: the one's complement sum does not mind byte order, so only
 * the result is swapped. */
u64 nic_sum(const u8 *p, u32 n, u64 sum)
{
    u64 words = 0;
    for (; n >= 4; n -= 4, p += 4) {
        u32 w;
        memcpy(&w, p, 4);
        words += w;
    }
    if (n >= 2) {
        words += p[0] | p[1] << 8;
        p += 2;
        n -= 2;
    }
    if (n)
        words += *p;
    u16 folded = nic_fold(words);
    return sum + (u16)(folded << 8 | folded >> 8);
}

u16 nic_fold(u64 sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* ---- layers ---- */

static void parse_transport(const u8 *frame, u8 protocol, struct nic_layers *l)
{
    u32 n = l->end - l->l4;
    l->tcp = protocol == PROTO_TCP && n >= TCP_HEADER;
    l->udp = protocol == PROTO_UDP && n >= UDP_HEADER && nic_get16(frame + l->l4 + 4) >= UDP_HEADER &&
             nic_get16(frame + l->l4 + 4) <= n;
}

static void parse_ipv4(const u8 *frame, u32 len, struct nic_layers *l)
{
    const u8 *ip = frame + l->l3;
    if (len - l->l3 < 20 || ip[0] >> 4 != 4)
        return;
    u32 header = (ip[0] & 15) * 4, total = nic_get16(ip + 2);
    if (header < 20 || total < header || total > len - l->l3)
        return;
    l->ipv4 = true;
    l->l4 = l->l3 + header;
    l->end = l->l3 + total;
    if (!(nic_get16(ip + 6) & 0x3fff))
        parse_transport(frame, ip[9], l);
}

static void parse_ipv6(const u8 *frame, u32 len, struct nic_layers *l)
{
    const u8 *ip = frame + l->l3;
    if (len - l->l3 < 40 || ip[0] >> 4 != 6 || nic_get16(ip + 4) > len - l->l3 - 40)
        return;
    l->ipv6 = true;
    l->l4 = l->l3 + 40;
    l->end = l->l4 + nic_get16(ip + 4);
    parse_transport(frame, ip[6], l);
}

struct nic_layers nic_parse(const u8 *frame, u32 len)
{
    struct nic_layers l = {.l3 = NIC_HEADER};
    if (len < NIC_HEADER)
        return l;
    u16 type = nic_get16(frame + 12);
    if (type == TYPE_VLAN && len >= NIC_HEADER + 4) {
        type = nic_get16(frame + 16);
        l.l3 += 4;
    }
    if (type == TYPE_IPV4)
        parse_ipv4(frame, len, &l);
    else if (type == TYPE_IPV6)
        parse_ipv6(frame, len, &l);
    return l;
}

u64 nic_pseudo_sum(const u8 *frame, const struct nic_layers *l, u32 bytes)
{
    u64 sum = bytes + (l->tcp ? PROTO_TCP : PROTO_UDP);
    return l->ipv4 ? nic_sum(frame + l->l3 + 12, 8, sum) : nic_sum(frame + l->l3 + 8, 32, sum);
}

bool nic_ip_sum_ok(const u8 *frame, const struct nic_layers *l)
{
    return nic_fold(nic_sum(frame + l->l3, l->l4 - l->l3, 0)) == 0xffff;
}

bool nic_l4_sum_ok(const u8 *frame, const struct nic_layers *l)
{
    u32 n = l->end - l->l4;
    if (l->udp) {
        if (!nic_get16(frame + l->l4 + 6)) /* none was sent */
            return true;
        n = nic_get16(frame + l->l4 + 4);
    }
    return nic_fold(nic_sum(frame + l->l4, n, nic_pseudo_sum(frame, l, n))) == 0xffff;
}

/* ---- on the way out ---- */

static void insert_sum(u8 *frame, u32 len, u32 start, u32 at, u32 end, bool udp)
{
    if (!end || end >= len)
        end = len - 1;
    if (start > end || len < 2 || at > len - 2)
        return;
    u16 sum = ~nic_fold(nic_sum(frame + start, end - start + 1, 0));
    nic_put16(frame + at, udp && !sum ? 0xffff : sum);
}

static void insert_sums(const struct nic_offload *o, u8 *frame, u32 len)
{
    if (o->ip)
        insert_sum(frame, len, o->ip_start, o->ip_at, o->ip_end, false);
    if (o->l4)
        insert_sum(frame, len, o->l4_start, o->l4_at, o->l4_end, o->udp);
}

/* What differs from the prototype in the headers of piece number n, which is `done` bytes in. */
static void adjust_headers(const struct nic_offload *o, u8 *frame, u32 len, u32 n, u32 done,
                           bool last)
{
    u8 *ip = frame + o->ip_start, *l4 = frame + o->l4_start;
    if (o->ipv4) {
        nic_put16(ip + 2, len - o->ip_start);
        nic_put16(ip + 4, nic_get16(ip + 4) + n);
        if (o->ip)
            nic_put16(frame + o->ip_at, 0);
    } else {
        nic_put16(ip + 4, len - o->ip_start - 40);
    }
    if (o->tcp) {
        nic_put32(l4 + 4, nic_get32(l4 + 4) + done);
        if (!last)
            l4[TCP_FLAGS] &= ~(TCP_FIN | TCP_PSH);
    } else {
        nic_put16(l4 + 4, len - o->l4_start);
    }
    u8 *sum = frame + o->l4_at;
    if (o->l4)
        nic_put16(sum, nic_fold((u64)nic_get16(sum) + (len - o->l4_start)));
}

static bool headers_fit(const struct nic_offload *o, u32 len)
{
    return o->mss && o->header <= len && o->header < NET_FRAME_MAX / 2 &&
           o->ip_start + (o->ipv4 ? 20 : 40) <= o->header && o->l4_start >= o->ip_start &&
           o->l4_start + (o->tcp ? TCP_HEADER : UDP_HEADER) <= o->header &&
           o->l4_at + 2 <= o->header && (!o->ip || o->ip_at + 2 <= o->header);
}

static void send_pieces(const struct nic_offload *o, const u8 *packet, u32 len, u8 *frame,
                        void (*send)(void *opaque, u8 *frame, u32 len), void *opaque)
{
    u32 mss = MIN(o->mss, (u32)(NET_FRAME_MAX - o->header)), left = len - o->header;
    for (u32 n = 0, done = 0; left; n++) {
        u32 piece = MIN(mss, left);
        memcpy(frame, packet, o->header);
        memcpy(frame + o->header, packet + o->header + done, piece);
        left -= piece;
        adjust_headers(o, frame, o->header + piece, n, done, !left);
        insert_sums(o, frame, o->header + piece);
        send(opaque, frame, o->header + piece);
        done += piece;
    }
}

void nic_offload_send(const struct nic_offload *o, u8 *packet, u32 len, u8 *scratch,
                      void (*send)(void *opaque, u8 *frame, u32 len), void *opaque)
{
    if (o->segment) {
        if (headers_fit(o, len))
            send_pieces(o, packet, len, scratch, send, opaque);
    } else if (len && len <= NET_FRAME_MAX) {
        insert_sums(o, packet, len);
        send(opaque, packet, len);
    }
}
