/* net_user.c - a network of the user's own: libslirp answers the guest, and makes its
 * connections */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What libslirp answers by itself (ARP, DHCP, refusals) comes from within the guest's send, so it
 * depends on the guest alone. Its clock is the guest's, and so are its timeouts: they are an alarm
 * (emu/alarm.h). Its sockets are looked at in the host's loop, and it is told of them only when one
 * of them is ready. So without sockets, in a closed world (restrict=on), all that it does repeats.
 * What it draws at random, when router advertisements are sent, is a fixed interval here.
 *
 * Where the guest's clock stands still or goes back (the past, a branch), libslirp's stands still.
 */
#include <poll.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/host/net.h"
#include "emu/host/net_ra.h"
#include "emu/host/net_user_options.h"
#include "emu/log.h"

#define NS_PER_MS UINT64_C(1000000)
#define RA_INTERVAL_NS (300 * NS_PER_S) /* RFC 4861, 6.2.1: between 200 and 600 s by default */
#define NO_TIMEOUT_MS 1000              /* what libslirp says when it waits for nothing */
#define STALE_NS (100 * NS_PER_MS)      /* libslirp's own idea of the time may be as old */

struct net_user {
    struct net_backend base;
    struct machine *machine;
    struct net_port *port;
    struct host_loop *loop;
    Slirp *slirp;
    bool closed; /* restrict=on */
    struct net_queue queue;
    struct alarm timeouts, router; /* of connections; of router advertisements */
    u64 now_ns, served_ns;         /* libslirp's clock; when it last looked at it */
    void *router_opaque;
    struct host_loop_fds *fill;    /* while the loop asks for descriptors */
    const struct pollfd *ready;    /* while it says which are ready */
    size_t n_ready;
};

/* ---- time ---- */

static u64 now_of(struct net_user *u)
{
    struct machine *m = u->machine;
    if (!door_is_fed(m->door) && !m->unplugged)
        u->now_ns = MAX(u->now_ns, machine_now_ns(m));
    return u->now_ns;
}

static int no_poll(int fd, int events, void *opaque)
{
    (void)fd, (void)events, (void)opaque;
    return -1;
}

static int nothing_ready(int index, void *opaque)
{
    (void)index, (void)opaque;
    return 0;
}

/* An alarm that is set already stays where it is if that is earlier: who talks all the time must
 * not keep timeouts away. */
static void set_timeouts(struct net_user *u)
{
    u32 ms = UINT32_MAX;
    slirp_pollfds_fill(u->slirp, &ms, no_poll, u);
    if (ms < NO_TIMEOUT_MS)
        alarm_set(&u->timeouts, MIN(u->timeouts.ns, now_of(u) + MAX(ms, 1u) * NS_PER_MS));
}

static void serve_timeouts(struct net_user *u)
{
    u32 ms = UINT32_MAX;
    slirp_pollfds_fill(u->slirp, &ms, no_poll, u);
    u->served_ns = now_of(u);
    slirp_pollfds_poll(u->slirp, 0, nothing_ready, u);
}

static void ring_timeouts(void *opaque)
{
    serve_timeouts(opaque);
    set_timeouts(opaque);
}

static void ring_router(void *opaque)
{
    struct net_user *u = opaque;
    slirp_handle_timer(u->slirp, SLIRP_TIMER_RA, u->router_opaque);
}

/* ---- what libslirp calls ---- */

static ssize_t send_packet(const void *frame, size_t len, void *opaque)
{
    struct net_user *u = opaque;
    u8 advertisement[NET_RA_MAX];
    if (u->closed && net_ra_is(frame, len)) {
        memcpy(advertisement, frame, len);
        net_queue_put(&u->queue, advertisement, net_ra_drop_dns(advertisement, len));
    } else {
        net_queue_put(&u->queue, frame, len);
    }
    return len;
}

static void guest_error(const char *message, void *opaque)
{
    (void)opaque;
    LOG(LOG_INFO, "%s", message);
}

static int64_t clock_get_ns(void *opaque)
{
    return now_of(opaque);
}

static void *timer_new(SlirpTimerId id, void *cb_opaque, void *opaque)
{
    struct net_user *u = opaque;
    CHECK(id == SLIRP_TIMER_RA);
    u->router_opaque = cb_opaque;
    return &u->router;
}

static void timer_free(void *timer, void *opaque)
{
    (void)opaque;
    alarm_set(timer, NEVER);
}

/* When is drawn at random by libslirp. */
static void timer_mod(void *timer, int64_t expire_ms, void *opaque)
{
    (void)expire_ms;
    alarm_set(timer, now_of(opaque) + RA_INTERVAL_NS);
}

static void poll_fd(int fd, void *opaque)
{
    (void)fd, (void)opaque; /* each poll asks for them anew */
}

static void notify(void *opaque)
{
    struct net_user *u = opaque;
    machine_poll_soon(u->machine);
}

static const SlirpCb callbacks = {
    .send_packet = send_packet,
    .guest_error = guest_error,
    .clock_get_ns = clock_get_ns,
    .timer_free = timer_free,
    .timer_mod = timer_mod,
    .register_poll_fd = poll_fd,
    .unregister_poll_fd = poll_fd,
    .notify = notify,
    .timer_new_opaque = timer_new,
};

/* ---- the host's loop ---- */

static const struct {
    int slirp;
    short host;
} events[] = {{SLIRP_POLL_IN, POLLIN},
              {SLIRP_POLL_OUT, POLLOUT},
              {SLIRP_POLL_PRI, POLLPRI},
              {SLIRP_POLL_ERR, POLLERR},
              {SLIRP_POLL_HUP, POLLHUP}};

static int add_poll(int fd, int wanted, void *opaque)
{
    struct net_user *u = opaque;
    short host = 0;
    for (size_t i = 0; i < ARRAY_SIZE(events); i++)
        host |= wanted & events[i].slirp ? events[i].host : 0;
    return host_loop_fds_add(u->fill, fd, host);
}

static int get_revents(int index, void *opaque)
{
    const struct net_user *u = opaque;
    int found = 0;
    for (size_t i = 0; (size_t)index < u->n_ready && i < ARRAY_SIZE(events); i++)
        found |= u->ready[index].revents & events[i].host ? events[i].slirp : 0;
    return found;
}

/* While the guest takes nothing the host's bytes wait in their sockets. */
static void fill(void *opaque, struct host_loop_fds *f)
{
    struct net_user *u = opaque;
    u32 ms = UINT32_MAX;

    net_queue_flush(&u->queue); /* after a time in the past */
    if (net_queue_is_full(&u->queue))
        return;
    u->fill = f;
    slirp_pollfds_fill(u->slirp, &ms, add_poll, u);
    u->fill = NULL;
}

static void ready(void *opaque, const struct pollfd *p, size_t n)
{
    struct net_user *u = opaque;
    u->ready = p;
    u->n_ready = n;
    u->served_ns = now_of(u);
    slirp_pollfds_poll(u->slirp, 0, get_revents, u);
    u->ready = NULL;
    set_timeouts(u);
}

/* ---- the card ---- */

static void sink(void *opaque, const u8 *frame, u32 len)
{
    struct net_user *u = opaque;
    if (now_of(u) - u->served_ns > STALE_NS)
        serve_timeouts(u);
    slirp_input(u->slirp, frame, len);
    set_timeouts(u);
}

static void resume(void *opaque)
{
    struct net_user *u = opaque;
    net_queue_flush(&u->queue);
}

/* ---- open and close ---- */

static bool add_forwards(struct net_user *u, const struct net_user_options *o)
{
    for (unsigned i = 0; i < o->n_forwards; i++) {
        const struct net_user_forward *f = &o->forward[i];
        struct in_addr guest = f->guest;
        bool ok;
        if (f->command)
            ok = !slirp_add_exec(u->slirp, f->command, &guest, f->guest_port);
        else
            ok = !slirp_add_hostfwd(u->slirp, f->udp, f->host, f->host_port, guest, f->guest_port);
        if (!ok && f->command)
            return error_report("-netdev user,guestfwd: port %u cannot be had: its address is not "
                                "of the network, or the host's own",
                                f->guest_port);
        if (!ok)
            return error_report("-netdev user,hostfwd: the host's port %u cannot be had; another "
                                "program has it, or it is a privileged one",
                                f->host_port);
    }
    return true;
}

static SlirpConfig config_of(const struct net_user_options *o)
{
    SlirpConfig c = {
        .version = 4,
        .restricted = o->restricted,
        .in_enabled = o->ipv4,
        .vnetwork = o->net,
        .vnetmask = o->mask,
        .vhost = o->host,
        .in6_enabled = o->ipv6,
        .vprefix_len = 64,
        .vhostname = o->hostname,
        .tftp_server_name = o->tftp_server,
        .tftp_path = o->tftp,
        .bootfile = o->bootfile,
        .vdhcp_start = o->dhcp_start,
        .vnameserver = o->dns,
        .vdnssearch = (const char **)o->search,
        .vdomainname = o->domain,
    };
    /* fec0::/64 with the host at ::2 and DNS at ::3, as QEMU has it. */
    c.vprefix_addr6.s6_addr[0] = c.vhost6.s6_addr[0] = c.vnameserver6.s6_addr[0] = 0xfe;
    c.vprefix_addr6.s6_addr[1] = c.vhost6.s6_addr[1] = c.vnameserver6.s6_addr[1] = 0xc0;
    c.vhost6.s6_addr[15] = 2;
    c.vnameserver6.s6_addr[15] = 3;
    return c;
}

static void user_close(struct net_backend *b)
{
    struct net_user *u = CONTAINER_OF(b, struct net_user, base);
    net_port_attach(u->port, NULL, NULL, NULL);
    host_loop_remove_set(u->loop, u);
    if (u->slirp)
        slirp_cleanup(u->slirp);
    alarm_detach(&u->timeouts);
    alarm_detach(&u->router);
    net_queue_fini(&u->queue);
    free(u);
}

static struct net_backend *user_open(struct machine *m, struct net_port *port, struct host_loop *l,
                                     const char *text)
{
    struct net_user_options o;
    struct net_user *u = NULL;

    if (net_user_options_parse(&o, text)) {
        u = xcalloc(1, sizeof(*u));
        *u = (struct net_user){.machine = m, .port = port, .loop = l,
                               .closed = o.restricted,
                               .timeouts = {ring_timeouts, u, NULL, 0, NULL},
                               .router = {ring_router, u, NULL, 0, NULL}};
        net_queue_init(&u->queue, port);
        alarm_attach(m, &u->timeouts);
        alarm_attach(m, &u->router);
        const SlirpConfig c = config_of(&o);
        u->slirp = slirp_new(&c, &callbacks, u);
        if (!u->slirp)
            error_report("-netdev user: libslirp does not take these options");
        host_loop_add_set(l, &(struct host_loop_set){fill, ready, u});
        net_port_attach(port, sink, resume, u);
        if (!u->slirp || !add_forwards(u, &o)) {
            user_close(&u->base);
            u = NULL;
        }
    }
    net_user_options_fini(&o);
    return u ? &u->base : NULL;
}

const struct net_backend_type net_user_type = {"user", user_open, user_close};
