/* net_user_options.c - read what follows "-netdev user,", as QEMU has it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/host/net_user_options.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/items.h"
#include "emu/log.h"

static bool bad(const struct item *it, const char *want)
{
    return error_report("-netdev user,%s=%.200s: %s", it->key, it->value, want);
}

static bool parse_address(const struct item *it, struct in_addr *a)
{
    return inet_pton(AF_INET, it->value, a) == 1 || bad(it, "not an address like 10.0.2.2");
}

/* "10.0.2.0/24", "10.0.2.0/255.255.255.0"; without a mask that of the address's class. */
static bool parse_net(struct net_user_options *o, const struct item *it)
{
    char text[64], *end;
    const char *slash = strchr(it->value, '/');
    size_t n = slash ? (size_t)(slash - it->value) : strlen(it->value);

    if (n >= sizeof(text))
        return bad(it, "not a network like 10.0.2.0/24");
    memcpy(text, it->value, n);
    text[n] = 0;
    if (inet_pton(AF_INET, text, &o->net) != 1)
        return bad(it, "not a network like 10.0.2.0/24");
    u32 first = ntohl(o->net.s_addr) >> 24;
    unsigned bits = first < 128 ? 8 : first < 192 ? 16 : 24;
    if (slash && inet_pton(AF_INET, slash + 1, &o->mask) == 1)
        return true;
    if (slash)
        bits = strtoul(slash + 1, &end, 10);
    if (slash && (end == slash + 1 || *end || bits < 4 || bits > 30))
        return bad(it, "not a network like 10.0.2.0/24");
    o->mask.s_addr = htonl(~(u32)0 << (32 - bits));
    return true;
}

/* A port at *p, which ends with `stop`. */
static bool parse_port(const char **p, char stop, u16 *port)
{
    char *end;
    unsigned long v = **p >= '0' && **p <= '9' ? strtoul(*p, &end, 10) : 0;
    if (!v || v > 65535 || *end != stop)
        return false;
    *port = v;
    *p = end + (stop != 0);
    return true;
}

/* An address, perhaps empty, and the colon behind it. */
static bool parse_host(const char **p, struct in_addr *a)
{
    char text[64];
    const char *colon = strchr(*p, ':');
    if (!colon || colon - *p >= (ptrdiff_t)sizeof(text))
        return false;
    memcpy(text, *p, colon - *p);
    text[colon - *p] = 0;
    *p = colon + 1;
    a->s_addr = INADDR_ANY;
    return !*text || inet_pton(AF_INET, text, a) == 1;
}

static bool parse_protocol(const char **p, bool *udp)
{
    *udp = !strncmp(*p, "udp:", 4);
    bool known = *udp || !strncmp(*p, "tcp:", 4) || **p == ':';
    *p += known ? strcspn(*p, ":") + 1 : 0;
    return known;
}

static struct net_user_forward *new_forward(struct net_user_options *o, const struct item *it)
{
    if (o->n_forwards == NET_USER_MAX_FORWARDS) {
        bad(it, "there are too many of them");
        return NULL;
    }
    return &o->forward[o->n_forwards++];
}

static bool parse_hostfwd(struct net_user_options *o, const struct item *it)
{
    struct net_user_forward *f = new_forward(o, it);
    const char *p = it->value;

    if (!f)
        return false;
    return (parse_protocol(&p, &f->udp) && parse_host(&p, &f->host) &&
            parse_port(&p, '-', &f->host_port) && parse_host(&p, &f->guest) &&
            parse_port(&p, 0, &f->guest_port)) ||
           bad(it, "say [tcp|udp]:[HOST]:PORT-[GUEST]:PORT, as in tcp:127.0.0.1:2222-:22");
}

static bool parse_guestfwd(struct net_user_options *o, const struct item *it)
{
    struct net_user_forward *f = new_forward(o, it);
    const char *p = it->value;

    if (!f)
        return false;
    if (!parse_protocol(&p, &f->udp) || f->udp || !parse_host(&p, &f->guest) ||
        !parse_port(&p, '-', &f->guest_port) || strncmp(p, "cmd:", 4) || !p[4])
        return bad(it, "say tcp:ADDRESS:PORT-cmd:COMMAND");
    f->command = xstrdup(p + 4);
    return true;
}

static bool set(char **p, const char *value)
{
    free(*p);
    *p = xstrdup(value);
    return true;
}

static bool parse_search(struct net_user_options *o, const struct item *it)
{
    unsigned n = 0;
    while (o->search[n])
        n++;
    return n < NET_USER_MAX_SEARCH ? set(&o->search[n], it->value)
                                   : bad(it, "there are too many of them");
}

static bool parse_flag(const struct item *it, const char *key, bool *v, bool *known)
{
    *known = item_is(it, key) || (!it->has_key && !strcmp(it->value, key));
    return !*known || item_flag(it, key, v) || bad(it, "on or off");
}

static bool parse_item(struct net_user_options *o, const struct item *it)
{
    const struct {
        const char *key;
        struct in_addr *address;
        char **string;
        bool *flag;
        bool (*parse)(struct net_user_options *o, const struct item *it);
    } keys[] = {
        {.key = "net", .parse = parse_net},
        {.key = "host", .address = &o->host},
        {.key = "dhcpstart", .address = &o->dhcp_start},
        {.key = "dns", .address = &o->dns},
        {.key = "restrict", .flag = &o->restricted},
        {.key = "ipv4", .flag = &o->ipv4},
        {.key = "ipv6", .flag = &o->ipv6},
        {.key = "hostname", .string = &o->hostname},
        {.key = "domainname", .string = &o->domain},
        {.key = "dnssearch", .parse = parse_search},
        {.key = "tftp", .string = &o->tftp},
        {.key = "tftp-server-name", .string = &o->tftp_server},
        {.key = "bootfile", .string = &o->bootfile},
        {.key = "hostfwd", .parse = parse_hostfwd},
        {.key = "guestfwd", .parse = parse_guestfwd},
    };
    bool known;

    if (item_is(it, "id"))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (keys[i].flag) {
            if (!parse_flag(it, keys[i].key, keys[i].flag, &known))
                return false;
            if (known)
                return true;
        }
        if (!item_is(it, keys[i].key))
            continue;
        return keys[i].address  ? parse_address(it, keys[i].address)
               : keys[i].string ? set(keys[i].string, it->value)
                                : keys[i].parse(o, it);
    }
    return item_unknown("netdev user", it);
}

static bool inside(const struct net_user_options *o, struct in_addr a)
{
    u32 host = ntohl(a.s_addr) & ~ntohl(o->mask.s_addr);
    return (a.s_addr & o->mask.s_addr) == o->net.s_addr && host && host != ~ntohl(o->mask.s_addr);
}

/* Those not given are where QEMU has them. */
static bool settle(struct net_user_options *o)
{
    struct {
        struct in_addr *a;
        u32 offset;
        const char *name;
    } all[] = {{&o->host, 2, "host"}, {&o->dns, 3, "dns"}, {&o->dhcp_start, 15, "dhcpstart"}};

    o->net.s_addr &= o->mask.s_addr;
    u32 size = ~ntohl(o->mask.s_addr);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (!all[i].a->s_addr)
            all[i].a->s_addr = o->net.s_addr | htonl(all[i].offset & size);
        if (!inside(o, *all[i].a))
            return error_report("-netdev user: %s is not an address of the network", all[i].name);
    }
    if (o->host.s_addr == o->dns.s_addr)
        return error_report("-netdev user: host and dns are one address");
    return o->ipv4 || o->ipv6 || error_report("-netdev user: neither IPv4 nor IPv6 is on");
}

bool net_user_options_parse(struct net_user_options *o, const char *text)
{
    struct item it;

    *o = (struct net_user_options){.ipv4 = true, .ipv6 = true};
    o->net.s_addr = htonl(0x0a000200);
    o->mask.s_addr = htonl(0xffffff00);
    while (item_next(&text, &it))
        if (!parse_item(o, &it))
            return false;
    return settle(o);
}

void net_user_options_fini(struct net_user_options *o)
{
    free(o->hostname);
    free(o->domain);
    free(o->tftp);
    free(o->tftp_server);
    free(o->bootfile);
    for (unsigned i = 0; o->search[i]; i++)
        free(o->search[i]);
    for (unsigned i = 0; i < o->n_forwards; i++)
        free(o->forward[i].command);
}
