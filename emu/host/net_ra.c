/* net_ra.c - router advertisements without a name server */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libslirp announces its name server if the host's /etc/resolv.conf has one with an IPv6 address,
 * so this file of the host's would be seen by the guest. In a closed world, where nobody answers
 * there, it is left out.
 *
 * Sources: RFC 4861, 4.2 (the message), 4.6 (options); RFC 8106, 5.1; RFC 4443, 2.3 (the sum).
 */
#include "emu/host/net_ra.h"

#include <string.h>

enum { AT_TYPE = 12, AT_IP = 14, AT_ICMP = AT_IP + 40, AT_OPTIONS = AT_ICMP + 16 };
enum { IP_LENGTH = 4, IP_NEXT = 6, IP_ADDRESSES = 8, IP_ADDRESSES_BYTES = 32, ICMP_SUM = 2 };
enum { TYPE_IPV6 = 0x86dd, PROTO_ICMPV6 = 58, ADVERTISEMENT = 134, OPTION_RDNSS = 25 };

static void put16(u8 *p, u16 v)
{
    p[0] = v >> 8;
    p[1] = v;
}

/* RFC 1071; n is even. */
static u32 add_words(const u8 *p, u32 n, u32 sum)
{
    for (u32 i = 0; i < n; i += 2)
        sum += p[i] << 8 | p[i + 1];
    return sum;
}

bool net_ra_is(const u8 *frame, u32 len)
{
    return len >= AT_OPTIONS && len <= NET_RA_MAX && len % 2 == 0 &&
           (frame[AT_TYPE] << 8 | frame[AT_TYPE + 1]) == TYPE_IPV6 &&
           frame[AT_IP + IP_NEXT] == PROTO_ICMPV6 && frame[AT_ICMP] == ADVERTISEMENT;
}

u32 net_ra_drop_dns(u8 *frame, u32 len)
{
    for (u32 at = AT_OPTIONS, n; at + 2 <= len; at += n) {
        n = 8 * frame[at + 1];
        if (!n || n > len - at)
            break;
        if (frame[at] != OPTION_RDNSS)
            continue;
        memmove(frame + at, frame + at + n, len - at - n);
        len -= n;
        n = 0;
    }
    u32 message = len - AT_ICMP, sum;
    put16(frame + AT_IP + IP_LENGTH, message);
    put16(frame + AT_ICMP + ICMP_SUM, 0);
    sum = add_words(frame + AT_IP + IP_ADDRESSES, IP_ADDRESSES_BYTES, message + PROTO_ICMPV6);
    sum = add_words(frame + AT_ICMP, message, sum);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    put16(frame + AT_ICMP + ICMP_SUM, ~sum);
    return len;
}
