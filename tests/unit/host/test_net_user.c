/* test_net_user.c - what follows "-netdev user,", and frames that wait for a card */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include "emu/config.h"
#include "emu/host/net.h"
#include "emu/host/net_ra.h"
#include "emu/host/net_user_options.h"

static bool parse(struct net_user_options *o, const char *text)
{
    static struct net_user_options mine;
    if (!o)
        o = &mine;
    bool ok = net_user_options_parse(o, text);
    if (o == &mine)
        net_user_options_fini(o);
    return ok;
}

static const char *text_of(struct in_addr a)
{
    return inet_ntoa(a);
}

Test(net_user, defaults_are_qemus)
{
    struct net_user_options o;
    cr_assert(parse(&o, "id=net0"));
    cr_assert_str_eq(text_of(o.net), "10.0.2.0");
    cr_assert_str_eq(text_of(o.mask), "255.255.255.0");
    cr_assert_str_eq(text_of(o.host), "10.0.2.2");
    cr_assert_str_eq(text_of(o.dns), "10.0.2.3");
    cr_assert_str_eq(text_of(o.dhcp_start), "10.0.2.15");
    cr_assert(o.ipv4 && o.ipv6 && !o.restricted);
    net_user_options_fini(&o);
}

Test(net_user, what_may_be_said)
{
    struct net_user_options o;
    cr_assert(parse(&o, "id=n,net=192.168.7.0/25,host=192.168.7.100,restrict=on,ipv6=off,hostname=guest,"
                        "hostfwd=tcp:127.0.0.1:2222-:22,hostfwd=udp::53-192.168.7.9:5353,"
                        "guestfwd=tcp:192.168.7.50:80-cmd:cat"));
    cr_assert_str_eq(text_of(o.mask), "255.255.255.128");
    cr_assert_str_eq(text_of(o.host), "192.168.7.100");
    cr_assert_str_eq(text_of(o.dns), "192.168.7.3");
    cr_assert(o.restricted && !o.ipv6);
    cr_assert_eq(o.n_forwards, 3);
    cr_assert_eq(o.forward[0].host_port, 2222);
    cr_assert_eq(o.forward[0].guest_port, 22);
    cr_assert_str_eq(text_of(o.forward[0].host), "127.0.0.1");
    cr_assert(o.forward[1].udp);
    cr_assert_str_eq(text_of(o.forward[1].guest), "192.168.7.9");
    cr_assert_str_eq(o.forward[2].command, "cat");
    net_user_options_fini(&o);
    cr_assert(parse(NULL, "restrict"));
    cr_assert(parse(NULL, "net=10.1.0.0/255.255.0.0"));
    cr_assert(parse(NULL, "net=10.0.2.7/24"));
}

/* libslirp's own, where the host knows an IPv6 name server and where it does not. */
Test(net_user, a_closed_world_announces_no_name_server)
{
    static const u8 with[] = {
        0x33, 0x33, 0x00, 0x00, 0x00, 0x01, 0x52, 0x56, 0x00, 0x00, 0x00, 0x02, 0x86, 0xdd,
        0x60, 0x00, 0x00, 0x00, 0x00, 0x50, 0x3a, 0xff, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0x02, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x86, 0x00,
        0xad, 0xec, 0x40, 0x00, 0x07, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x01, 0x01, 0x52, 0x56, 0x00, 0x00, 0x00, 0x02, 0x03, 0x04, 0x40, 0xc0, 0x00, 0x01,
        0x51, 0x80, 0x00, 0x00, 0x38, 0x40, 0x00, 0x00, 0x00, 0x00, 0xfe, 0xc0, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x19, 0x03,
        0x00, 0x00, 0x00, 0x12, 0x4f, 0x80, 0xfe, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03};
    static const u8 without[] = {
        0x33, 0x33, 0x00, 0x00, 0x00, 0x01, 0x52, 0x56, 0x00, 0x00, 0x00, 0x02, 0x86, 0xdd,
        0x60, 0x00, 0x00, 0x00, 0x00, 0x38, 0x3a, 0xff, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0x02, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x86, 0x00,
        0x15, 0x5e, 0x40, 0x00, 0x07, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x01, 0x01, 0x52, 0x56, 0x00, 0x00, 0x00, 0x02, 0x03, 0x04, 0x40, 0xc0, 0x00, 0x01,
        0x51, 0x80, 0x00, 0x00, 0x38, 0x40, 0x00, 0x00, 0x00, 0x00, 0xfe, 0xc0, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    u8 frame[sizeof(with)];
    memcpy(frame, with, sizeof(with));
    cr_assert(net_ra_is(frame, sizeof(with)));
    cr_assert_eq(net_ra_drop_dns(frame, sizeof(with)), sizeof(without));
    cr_assert_arr_eq(frame, without, sizeof(without));
    cr_assert_eq(net_ra_drop_dns(frame, sizeof(without)), sizeof(without));
    cr_assert_arr_eq(frame, without, sizeof(without));
    cr_assert_not(net_ra_is(frame, 69));
    frame[54] = 135; /* another message */
    cr_assert_not(net_ra_is(frame, sizeof(without)));
}

Test(net_user, what_may_not)
{
    static const char *const wrong[] = {
        "net=10.0.2", "net=10.0.2.0/33", "net=10.0.2.0/24x", "host=10.0.3.2", "dns=10.0.2.2",
        "dhcpstart=10.0.2.255", "restrict=maybe", "hostfwd=tcp::2222", "hostfwd=tcp::0-:22",
        "hostfwd=tcp::70000-:22", "hostfwd=icmp::1-:2", "guestfwd=tcp:10.0.2.9:80-tcp:1.2.3.4:5",
        "unknown=1", "unknown", "ipv4=off,ipv6=off",
    };
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        cr_assert_not(parse(NULL, wrong[i]), "%s", wrong[i]);
}

/* ---- frames that wait ---- */

struct card {
    struct machine_config config;
    struct machine *m;
    struct net_port *port;
    struct net_queue queue;
    bool room;
    unsigned n;
    u8 last;
};

static void receive(void *opaque, const u8 *frame, u32 len)
{
    struct card *c = opaque;
    (void)len;
    cr_assert_eq(frame[0], (u8)(c->last + 1), "in their order");
    c->last = frame[0];
    c->n++;
}

static bool has_room(void *opaque)
{
    return ((struct card *)opaque)->room;
}

static void no_sink(void *opaque, const u8 *frame, u32 len)
{
    (void)opaque, (void)frame, (void)len;
}

static void flush(void *opaque)
{
    net_queue_flush(&((struct card *)opaque)->queue);
}

static void card_new(struct card *c)
{
    *c = (struct card){0};
    config_init(&c->config);
    c->m = machine_new(&c->config);
    c->port = net_port_new(c->m, "n", &(struct net_port_ops){receive, has_room}, c);
    net_queue_init(&c->queue, c->port);
    net_port_attach(c->port, no_sink, flush, c);
}

static void card_delete(struct card *c)
{
    net_queue_fini(&c->queue);
    machine_delete(c->m);
    config_fini(&c->config);
}

static void put(struct card *c, u8 first)
{
    u8 frame[1500] = {first};
    net_queue_put(&c->queue, frame, sizeof(frame));
}

static void deliver(struct card *c)
{
    while (door_deliver_due(c->m->door))
        ;
}

Test(net_queue, waits_for_room_and_loses_nothing)
{
    struct card c;
    card_new(&c);
    for (unsigned i = 1; i <= 100; i++)
        put(&c, i);
    deliver(&c);
    cr_assert_eq(c.n, 0);
    c.room = true;
    flush(&c);
    deliver(&c);
    cr_assert_eq(c.n, 0, "the card has not said so");
    net_port_resume(c.port);
    deliver(&c);
    cr_assert_eq(c.n, 100, "one brings the next");
    put(&c, 101);
    put(&c, 102);
    deliver(&c);
    cr_assert_eq(c.n, 102);
    card_delete(&c);
}

Test(net_queue, waits_while_history_is_fed)
{
    static const struct door_feed none = {.peek = NULL};
    struct card c;
    card_new(&c);
    c.room = true;
    put(&c, 1);
    put(&c, 2);
    door_set_feed(c.m->door, &none);
    put(&c, 3);
    net_port_resume(c.port);
    cr_assert_eq(c.n, 0);
    door_set_feed(c.m->door, NULL);
    deliver(&c);
    flush(&c);
    deliver(&c);
    cr_assert_eq(c.n, 3);
    card_delete(&c);
}

Test(net_queue, does_not_grow_without_end)
{
    struct card c;
    card_new(&c);
    for (unsigned i = 0; i < 20000; i++)
        put(&c, 1);
    cr_assert(net_queue_is_full(&c.queue));
    cr_assert(c.queue.dropped);
    cr_assert_leq(c.queue.bytes, 8 * MiB);
    card_delete(&c);
}
