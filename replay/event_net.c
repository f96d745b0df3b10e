/* event_net.c - an Ethernet frame in one line */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IEEE 802.3; RFC 826 (ARP), 791 (IPv4), 8200 (IPv6), 792 and 4443 (ICMP), 768 (UDP), 9293 (TCP),
 * 2131 and 2132 (DHCP), 1035 (DNS). A frame may hold anything: what is cut short is said to be.
 */
#include "replay/event_words.h"

enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, TYPE_VLAN = 0x8100, TYPE_IPV6 = 0x86dd };
enum { PROTO_ICMP = 1, PROTO_IGMP = 2, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58 };
enum { PORT_DNS = 53, PORT_DHCP_SERVER = 67, PORT_DHCP_CLIENT = 68 };

#define MAX_NAME 64 /* of a name in DNS, as far as it is shown */

static u16 get_be16(struct reader *r)
{
    u16 hi = reader_u8(r);
    return hi << 8 | reader_u8(r);
}

static u32 get_be32(struct reader *r)
{
    u32 hi = get_be16(r);
    return hi << 16 | get_be16(r);
}

static void skip(struct reader *r, size_t n)
{
    reader_bytes(r, n);
}

/* The next n bytes, or fewer if there are no more, as a reader of their own. */
static struct reader part(struct reader *r, size_t n)
{
    n = MIN(n, reader_left(r));
    return reader_of(reader_bytes(r, n), n);
}

static void put_mac(struct reader *r, struct buf *out)
{
    for (unsigned i = 0; i < 6; i++)
        buf_printf(out, "%s%02x", i ? ":" : "", reader_u8(r));
}

static void put_ipv4(struct reader *r, struct buf *out)
{
    for (unsigned i = 0; i < 4; i++)
        buf_printf(out, "%s%u", i ? "." : "", reader_u8(r));
}

/* With the longest run of zeros left out (RFC 5952). */
static void put_ipv6(struct reader *r, struct buf *out)
{
    u16 w[8];
    unsigned best = 8, best_len = 1;

    for (unsigned i = 0; i < 8; i++)
        w[i] = get_be16(r);
    for (unsigned i = 0; i < 8; i++) {
        unsigned n = 0;
        while (i + n < 8 && !w[i + n])
            n++;
        if (n > best_len)
            best = i, best_len = n;
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            buf_printf(out, "::");
            i += best_len - 1;
        } else {
            buf_printf(out, "%s%x", i && i != best + best_len ? ":" : "", w[i]);
        }
    }
}

static void put_arp(struct reader *r, struct buf *out)
{
    u16 hardware = get_be16(r), protocol = get_be16(r), sizes = get_be16(r), op = get_be16(r);
    struct reader sender_mac, sender, target;

    if (hardware != 1 || protocol != TYPE_IPV4 || sizes != 0x604) {
        buf_printf(out, "ARP of another kind");
        return;
    }
    sender_mac = part(r, 6);
    sender = part(r, 4);
    skip(r, 6);
    target = part(r, 4);
    if (op == 1) {
        buf_printf(out, "ARP who has ");
        put_ipv4(&target, out);
        buf_printf(out, "? tell ");
        put_ipv4(&sender, out);
    } else {
        buf_printf(out, "ARP ");
        put_ipv4(&sender, out);
        buf_printf(out, " is at ");
        put_mac(&sender_mac, out);
    }
}

/* ---- DHCP ---- */

static void put_dhcp_option(u8 code, struct reader *r, struct buf *out)
{
    static const char *const types[] = {"0",   "discover", "offer",   "request", "decline",
                                        "ack", "nak",      "release", "inform"};
    u8 type;

    switch (code) {
    case 53:
        type = reader_u8(r);
        buf_printf(out, " %s", type < ARRAY_SIZE(types) ? types[type] : "?");
        break;
    case 1:
        buf_printf(out, " mask ");
        put_ipv4(r, out);
        break;
    case 3:
        buf_printf(out, " router ");
        put_ipv4(r, out);
        break;
    case 6:
        buf_printf(out, " DNS ");
        put_ipv4(r, out);
        break;
    case 51:
        buf_printf(out, " lease %u s", get_be32(r));
        break;
    case 54:
        buf_printf(out, " server ");
        put_ipv4(r, out);
        break;
    }
}

static void put_dhcp(struct reader *r, struct buf *out)
{
    u8 op = reader_u8(r);
    struct reader yours;

    skip(r, 15);
    yours = part(r, 4);
    skip(r, 8 + 16 + 64 + 128);
    bool dhcp = get_be32(r) == 0x63825363;
    buf_printf(out, dhcp ? "DHCP" : "BOOTP");
    while (dhcp && reader_left(r)) {
        u8 code = reader_u8(r);
        if (code == 255)
            break;
        if (!code)
            continue;
        struct reader value = part(r, reader_u8(r));
        put_dhcp_option(code, &value, out);
    }
    if (op == 2) {
        buf_printf(out, " address ");
        put_ipv4(&yours, out);
    }
}

/* ---- DNS ---- */

/* A name at r, which moves past it; what it points to is shown as well, from `all`. */
static void put_name(struct reader *r, const struct reader *all, struct buf *out)
{
    struct reader at = *r;
    size_t start = out->len;
    bool jumped = false;

    for (unsigned labels = 0; labels < 128; labels++) {
        u8 n = reader_u8(&at);
        if (n >= 0xc0) {
            size_t to = (size_t)(n & 0x3f) << 8 | reader_u8(&at);
            if (!jumped)
                *r = at;
            jumped = true;
            at = to < reader_left(all) ? reader_of(all->p + to, reader_left(all) - to)
                                       : reader_of(NULL, 0);
            continue;
        }
        if (!n || at.bad)
            break;
        struct reader label = part(&at, n);
        if (out->len - start < MAX_NAME) {
            if (out->len > start)
                buf_put_u8(out, '.');
            event_text(label.p, reader_left(&label), MAX_NAME, out);
        }
    }
    if (out->len == start)
        buf_put_u8(out, '.');
    if (!jumped)
        *r = at;
}

static void put_dns_type(u16 type, struct buf *out)
{
    static const struct { u16 type; const char *name; } types[] = {
        {1, "A"}, {2, "NS"}, {5, "CNAME"}, {6, "SOA"}, {12, "PTR"}, {15, "MX"}, {16, "TXT"},
        {28, "AAAA"}, {33, "SRV"}, {255, "ANY"}};
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (types[i].type == type) {
            buf_printf(out, "%s", types[i].name);
            return;
        }
    buf_printf(out, "type %u", type);
}

static void put_dns_answer(struct reader *r, const struct reader *all, struct buf *out)
{
    struct buf name = {0};

    put_name(r, all, &name);
    buf_fini(&name);
    u16 type = get_be16(r);
    skip(r, 6);
    struct reader value = part(r, get_be16(r));
    if (r->bad)
        return;
    buf_put_u8(out, ' ');
    put_dns_type(type, out);
    buf_put_u8(out, ' ');
    if (type == 1)
        put_ipv4(&value, out);
    else if (type == 28)
        put_ipv6(&value, out);
    else if (type == 5 || type == 2 || type == 12)
        put_name(&value, all, out);
    else
        buf_printf(out, "(%zu bytes)", reader_left(&value));
}

static void put_dns(struct reader *r, struct buf *out)
{
    static const char *const codes[] = {"", ", format error", ", server failure", ", no such name",
                                        ", not implemented", ", refused"};
    const struct reader all = *r;
    u16 id = get_be16(r), flags = get_be16(r), questions = get_be16(r), answers = get_be16(r);

    skip(r, 4);
    buf_printf(out, "DNS %s %04x", flags >> 15 ? "answer" : "question", id);
    for (unsigned i = 0; i < MIN(questions, 4) && reader_left(r); i++) {
        buf_put_u8(out, ' ');
        put_name(r, &all, out);
        buf_put_u8(out, ' ');
        put_dns_type(get_be16(r), out);
        skip(r, 2);
    }
    if (flags >> 15)
        buf_printf(out, "%s:", (flags & 15) < ARRAY_SIZE(codes) ? codes[flags & 15] : ", failed");
    for (unsigned i = 0; i < MIN(answers, 8) && reader_left(r); i++)
        put_dns_answer(r, &all, out);
    if (flags >> 15 && !answers)
        buf_printf(out, " none");
}

/* ---- over IP ---- */

static void put_udp(struct reader *r, struct buf *out)
{
    u16 from = get_be16(r), to = get_be16(r), length = get_be16(r);

    skip(r, 2);
    struct reader data = part(r, length < 8 ? 0 : length - 8);
    buf_printf(out, "UDP %u > %u, %zu bytes", from, to, reader_left(&data));
    if (from == PORT_DHCP_SERVER || to == PORT_DHCP_SERVER) {
        buf_printf(out, ": ");
        put_dhcp(&data, out);
    } else if (from == PORT_DNS || to == PORT_DNS) {
        buf_printf(out, ": ");
        put_dns(&data, out);
    }
}

static void put_tcp(struct reader *r, struct buf *out)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
    size_t length = reader_left(r);
    u16 from = get_be16(r), to = get_be16(r);
    u32 seq = get_be32(r), ack = get_be32(r);
    unsigned header = (reader_u8(r) >> 4) * 4, flags = reader_u8(r), window = get_be16(r), shown = 0;

    buf_printf(out, "TCP %u > %u ", from, to);
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (flags >> i & 1)
            buf_printf(out, "%s%s", shown++ ? "," : "", names[i]);
    buf_printf(out, "%s seq %u", shown ? "" : "-", seq);
    if (flags & 0x10)
        buf_printf(out, " ack %u", ack);
    buf_printf(out, " window %u, %zu bytes", window, length - MIN(length, header));
}

static void put_icmp(struct reader *r, struct buf *out)
{
    static const struct { u8 type; const char *name; } names[] = {
        {0, "echo reply"}, {3, "unreachable"}, {5, "redirect"}, {8, "echo request"},
        {11, "time exceeded"}};
    u8 type = reader_u8(r), code = reader_u8(r);

    skip(r, 2);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (names[i].type != type)
            continue;
        buf_printf(out, "ICMP %s", names[i].name);
        if (type == 0 || type == 8) {
            unsigned id = get_be16(r);
            buf_printf(out, " id %u seq %u", id, get_be16(r));
        } else {
            buf_printf(out, " code %u", code);
        }
        return;
    }
    buf_printf(out, "ICMP type %u code %u", type, code);
}

static void put_icmpv6(struct reader *r, struct buf *out)
{
    static const struct { u8 type; const char *name; } names[] = {
        {1, "unreachable"}, {2, "packet too big"}, {3, "time exceeded"}, {128, "echo request"},
        {129, "echo reply"}, {130, "listener query"}, {131, "listener report"},
        {132, "listener done"}, {133, "router solicitation"}, {134, "router advertisement"},
        {135, "neighbour solicitation"}, {136, "neighbour advertisement"}, {137, "redirect"},
        {143, "listener report"}};
    u8 type = reader_u8(r), code = reader_u8(r);

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (names[i].type != type)
            continue;
        buf_printf(out, "ICMPv6 %s", names[i].name);
        if (type == 135 || type == 136) {
            skip(r, 6);
            buf_put_u8(out, ' ');
            put_ipv6(r, out);
        }
        return;
    }
    buf_printf(out, "ICMPv6 type %u code %u", type, code);
}

static void put_protocol(u8 protocol, struct reader *r, struct buf *out)
{
    switch (protocol) {
    case PROTO_ICMP: put_icmp(r, out); break;
    case PROTO_TCP: put_tcp(r, out); break;
    case PROTO_UDP: put_udp(r, out); break;
    case PROTO_ICMPV6: put_icmpv6(r, out); break;
    case PROTO_IGMP: buf_printf(out, "IGMP"); break;
    default: buf_printf(out, "protocol %u, %zu bytes", protocol, reader_left(r));
    }
}

static void put_ipv4_packet(struct reader *r, struct buf *out)
{
    u8 version = reader_u8(r);
    unsigned header = (version & 15) * 4;

    skip(r, 1);
    u16 length = get_be16(r);
    skip(r, 2);
    u16 fragment = get_be16(r);
    skip(r, 1);
    u8 protocol = reader_u8(r);
    skip(r, 2);
    buf_printf(out, "IPv4 ");
    put_ipv4(r, out);
    buf_printf(out, " > ");
    put_ipv4(r, out);
    buf_put_u8(out, ' ');
    if (version >> 4 != 4 || header < 20 || length < header) {
        buf_printf(out, "ill-formed");
        return;
    }
    skip(r, header - 20);
    struct reader data = part(r, length - header);
    if (fragment & 0x1fff)
        buf_printf(out, "fragment at %u, %zu bytes", (fragment & 0x1fff) * 8, reader_left(&data));
    else
        put_protocol(protocol, &data, out);
    r->bad |= data.bad;
}

static void put_ipv6_packet(struct reader *r, struct buf *out)
{
    skip(r, 4);
    u16 length = get_be16(r);
    u8 next = reader_u8(r);

    skip(r, 1);
    buf_printf(out, "IPv6 ");
    put_ipv6(r, out);
    buf_printf(out, " > ");
    put_ipv6(r, out);
    buf_put_u8(out, ' ');
    struct reader data = part(r, length);
    for (unsigned i = 0; i < 8 && (next == 0 || next == 43 || next == 60); i++) {
        next = reader_u8(&data); /* hop-by-hop, routing, destination options */
        skip(&data, 6 + 8 * (size_t)reader_u8(&data));
    }
    put_protocol(next, &data, out);
    r->bad |= data.bad;
}

void event_words_frame(const struct door_event *ev, struct buf *out)
{
    struct reader r = reader_of(ev->data, ev->len), to = part(&r, 6), from = part(&r, 6);
    u16 type = get_be16(&r);

    if (type == TYPE_VLAN) {
        buf_printf(out, "VLAN %u ", get_be16(&r) & 0xfff);
        type = get_be16(&r);
    }
    if (r.bad) {
        event_words_ill_formed(ev, out);
        return;
    }
    switch (type) {
    case TYPE_ARP: put_arp(&r, out); break;
    case TYPE_IPV4: put_ipv4_packet(&r, out); break;
    case TYPE_IPV6: put_ipv6_packet(&r, out); break;
    default:
        buf_printf(out, "Ethernet ");
        put_mac(&from, out);
        buf_printf(out, " > ");
        put_mac(&to, out);
        buf_printf(out, " type %04x", type);
    }
    buf_printf(out, "%s (%u bytes)", r.bad ? ", cut short" : "", ev->len);
}
