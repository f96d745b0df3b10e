/* virtio_net.c - a network card of virtio queues */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: VIRTIO 1.1, 5.1. Frames are sent when the driver notifies, and received when they come
 * through the door. The card can finish checksums for the driver, so that a guest need not touch
 * the bytes that it sends.
 */
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "hw/nic.h"
#include "hw/virtio.h"

enum { ID_NET = 1, CLASS_ETHERNET = 0x0200 };
enum { Q_RECEIVE, Q_SEND, Q_CONTROL, N_QUEUES };
enum { F_CSUM = 0, F_MAC = 5, F_MRG_RXBUF = 15, F_STATUS = 16, F_CTRL_VQ = 17, F_CTRL_RX = 18,
       F_CTRL_MAC_ADDR = 23 };
enum { LINK_UP = 1, NEEDS_CSUM = 1 };
enum { CTRL_RX = 0, CTRL_RX_PROMISC = 0, CTRL_RX_ALLMULTI = 1 };
enum { CTRL_MAC = 1, CTRL_MAC_TABLE_SET = 0, CTRL_MAC_ADDR_SET = 1 };
enum { CTRL_OK = 0, CTRL_ERROR = 1 };
enum { TABLE = 32, HEADER = 12, SHORT_HEADER = 10 };

#define VIRTIO_NET_STATE(F, A, S, T)                                                               \
    S(T, struct virtio, virtio_state, virtio, 1)                                                   \
    A(T, u8, mac, NET_MAC_BYTES)                                                                   \
    F(T, bool, promisc)                                                                            \
    F(T, bool, allmulti)                                                                           \
    F(T, u32, n_unicast)  /* addresses in the table: first unicast, */                             \
    F(T, u32, n_multicast) /* then multicast */                                                    \
    A(T, u8, table, TABLE * NET_MAC_BYTES)

struct virtio_net {
    struct device dev;
    STATE_MEMBERS(VIRTIO_NET_STATE)
    u8 own_mac[NET_MAC_BYTES];
    struct net_port *port;
    struct virtio_chain chain;
    u8 frame[NET_FRAME_MAX];
};
STATE_DESC(virtio_net_state, "virtio-net", struct virtio_net, VIRTIO_NET_STATE);

struct header { /* 5.1.6 */
    u8 flags, gso_type;
    u16 hdr_len, gso_size, csum_start, csum_offset, num_buffers;
};

static bool is_modern(const struct virtio_net *s)
{
    return virtio_has(s->virtio, VIRTIO_F_VERSION_1);
}

/* 5.1.6.1: num_buffers is there only if it could be used. */
static unsigned header_bytes(const struct virtio_net *s)
{
    return is_modern(s) || virtio_has(s->virtio, F_MRG_RXBUF) ? HEADER : SHORT_HEADER;
}

/* ---- sending ---- */

/* 5.1.6.2: the sum of the pseudo header is in the field. */
static bool finish_checksum(struct virtio_net *s, const struct header *h, size_t n)
{
    size_t at = (size_t)h->csum_start + h->csum_offset;
    if (h->csum_start >= n || at + 2 > n)
        return false;
    u16 sum = ~nic_fold(nic_sum(s->frame + h->csum_start, n - h->csum_start, 0));
    if (!sum)
        sum = 0xffff; /* of UDP, 0 means that there is none */
    nic_put16(s->frame + at, sum);
    return true;
}

static void send(struct virtio_net *s)
{
    unsigned head = header_bytes(s);
    struct header h = {0};
    u64 n = s->chain.out_bytes;

    if (n <= head || n - head > NET_FRAME_MAX)
        return;
    n -= head;
    virtio_read_out(s->virtio, &s->chain, 0, &h, head);
    virtio_read_out(s->virtio, &s->chain, head, s->frame, n);
    if (h.gso_type || ((h.flags & NEEDS_CSUM) && !finish_checksum(s, &h, n)))
        return;
    net_port_send(s->port, s->frame, n);
}

/* No more than a queue holds: rings that lie over each other could go on for ever. */
static void serve_send(struct virtio_net *s)
{
    u16 head;
    for (unsigned n = 0; n < VIRTIO_QUEUE_SIZE && virtio_pop(s->virtio, Q_SEND, &head); n++) {
        if (!virtio_walk(s->virtio, Q_SEND, head, &s->chain))
            return;
        send(s);
        virtio_push(s->virtio, Q_SEND, head, 0);
    }
    virtio_want_notify(s->virtio, Q_SEND);
    virtio_signal(s->virtio, Q_SEND);
}

/* ---- receiving ---- */

static bool in_table(const struct virtio_net *s, const u8 *mac)
{
    for (u32 i = 0; i < s->n_unicast + s->n_multicast; i++)
        if (!memcmp(s->table + NET_MAC_BYTES * i, mac, NET_MAC_BYTES))
            return true;
    return false;
}

static bool is_wanted(const struct virtio_net *s, const u8 *frame, u32 len)
{
    static const u8 broadcast[NET_MAC_BYTES] = {255, 255, 255, 255, 255, 255};
    if (len < NET_MAC_BYTES)
        return false;
    if (s->promisc || !memcmp(frame, broadcast, NET_MAC_BYTES) ||
        !memcmp(frame, s->mac, NET_MAC_BYTES))
        return true;
    return ((frame[0] & 1) && s->allmulti) || in_table(s, frame);
}

static bool can_receive(const struct virtio_net *s)
{
    return s->virtio->queue[Q_RECEIVE].enabled && (s->virtio->status & VIRTIO_DRIVER_OK) &&
           !(s->virtio->status & VIRTIO_NEEDS_RESET);
}

/* The frame with its header, over as many chains as it takes (one, if they cannot be merged).
 * False: there are too few. */
static bool put_frame(struct virtio_net *s, const u8 *frame, u32 len)
{
    struct virtio *v = s->virtio;
    struct virtio_queue *q = &v->queue[Q_RECEIVE];
    struct {
        u16 head;
        u32 written;
    } used[VIRTIO_QUEUE_SIZE];
    const unsigned head = header_bytes(s), most = virtio_has(v, F_MRG_RXBUF) ? q->size : 1;
    u16 begin = q->next_avail, n = 0;
    struct header h = {0};
    u32 done = 0;

    while (done < len && n < most && virtio_pop(v, Q_RECEIVE, &used[n].head)) {
        if (!virtio_walk(v, Q_RECEIVE, used[n].head, &s->chain))
            return false;
        u32 skip = n ? 0 : head;
        if (s->chain.in_bytes < skip)
            break;
        if (!n) /* num_buffers comes when it is known; the chain is then another one */
            virtio_write_in(v, &s->chain, 0, &h, head);
        used[n].written = skip;
        used[n++].written += virtio_write_in(v, &s->chain, skip, frame + done, len - done);
        done += used[n - 1].written - skip;
    }
    if (done < len) {
        q->next_avail = begin;
        return false;
    }
    if (head == HEADER) {
        if (n > 1 && !virtio_walk(v, Q_RECEIVE, used[0].head, &s->chain))
            return false;
        virtio_write_in(v, &s->chain, offsetof(struct header, num_buffers), &n, sizeof(n));
    }
    for (u16 i = 0; i < n; i++)
        virtio_push(v, Q_RECEIVE, used[i].head, used[i].written);
    return true;
}

static void receive(void *opaque, const u8 *frame, u32 len)
{
    struct virtio_net *s = opaque;
    if (!can_receive(s) || !is_wanted(s, frame, len))
        return;
    if (!put_frame(s, frame, len))
        LOG(LOG_DEBUG, "a frame of %u bytes is lost: there are too few buffers", len);
    virtio_want_notify(s->virtio, Q_RECEIVE);
    virtio_signal(s->virtio, Q_RECEIVE);
}

static bool room(void *opaque)
{
    struct virtio_net *s = opaque;
    return can_receive(s) && virtio_has_buffers(s->virtio, Q_RECEIVE);
}

static const struct net_port_ops port_ops = {receive, room};

/* ---- control ---- */

static u8 set_rx(struct virtio_net *s, u8 command)
{
    u8 on;
    if (virtio_read_out(s->virtio, &s->chain, 2, &on, 1) != 1)
        return CTRL_ERROR;
    switch (command) {
    case CTRL_RX_PROMISC: s->promisc = on; return CTRL_OK;
    case CTRL_RX_ALLMULTI: s->allmulti = on; return CTRL_OK;
    default: return CTRL_ERROR;
    }
}

/* One of the two lists: a count and addresses. What does not fit is as if all were wanted. */
static bool read_list(struct virtio_net *s, u64 *at, u32 *first, u32 *n, bool *all)
{
    u32 count;
    if (virtio_read_out(s->virtio, &s->chain, *at, &count, sizeof(count)) != sizeof(count) ||
        (u64)count * NET_MAC_BYTES > s->chain.out_bytes - *at - sizeof(count))
        return false;
    *at += sizeof(count);
    if (*first + (u64)count > TABLE) {
        *n = 0;
        *all = true;
    } else {
        virtio_read_out(s->virtio, &s->chain, *at, s->table + *first * NET_MAC_BYTES,
                        count * NET_MAC_BYTES);
        *n = count;
    }
    *at += (u64)count * NET_MAC_BYTES;
    *first += *n;
    return true;
}

static u8 set_mac(struct virtio_net *s, u8 command)
{
    u64 at = 2;
    u32 first = 0;

    if (command == CTRL_MAC_ADDR_SET)
        return s->chain.out_bytes == 2 + NET_MAC_BYTES &&
                       virtio_read_out(s->virtio, &s->chain, 2, s->mac, NET_MAC_BYTES)
                   ? CTRL_OK
                   : CTRL_ERROR;
    if (command != CTRL_MAC_TABLE_SET)
        return CTRL_ERROR;
    s->n_unicast = s->n_multicast = 0;
    memset(s->table, 0, sizeof(s->table));
    return read_list(s, &at, &first, &s->n_unicast, &s->promisc) &&
                   read_list(s, &at, &first, &s->n_multicast, &s->allmulti)
               ? CTRL_OK
               : CTRL_ERROR;
}

static void serve_control(struct virtio_net *s)
{
    u16 head;
    for (unsigned n = 0; n < VIRTIO_QUEUE_SIZE && virtio_pop(s->virtio, Q_CONTROL, &head); n++) {
        u8 what[2] = {0xff, 0}, ack;
        if (!virtio_walk(s->virtio, Q_CONTROL, head, &s->chain))
            return;
        virtio_read_out(s->virtio, &s->chain, 0, what, sizeof(what));
        ack = what[0] == CTRL_RX    ? set_rx(s, what[1])
              : what[0] == CTRL_MAC ? set_mac(s, what[1])
                                    : CTRL_ERROR;
        virtio_push(s->virtio, Q_CONTROL, head, virtio_write_in(s->virtio, &s->chain, 0, &ack, 1));
    }
    virtio_want_notify(s->virtio, Q_CONTROL);
    virtio_signal(s->virtio, Q_CONTROL);
}

/* ---- the device ---- */

static void notify(void *opaque, unsigned queue)
{
    struct virtio_net *s = opaque;
    switch (queue) {
    case Q_RECEIVE: net_port_resume(s->port); break;
    case Q_SEND: serve_send(s); break;
    default: serve_control(s);
    }
}

/* A driver that has put buffers into its queue before need not say so again. */
static void ready(void *opaque)
{
    struct virtio_net *s = opaque;
    net_port_resume(s->port);
}

static u64 features(void *opaque)
{
    (void)opaque;
    return 1 << F_CSUM | 1 << F_MAC | 1 << F_MRG_RXBUF | 1 << F_STATUS | 1 << F_CTRL_VQ |
           1 << F_CTRL_RX | 1 << F_CTRL_MAC_ADDR;
}

static u8 read_config(void *opaque, unsigned offset)
{
    struct virtio_net *s = opaque;
    if (offset < NET_MAC_BYTES)
        return s->mac[offset];
    return offset == NET_MAC_BYTES ? LINK_UP : 0;
}

/* 5.1.4.3: legacy drivers set the MAC here. */
static void write_config(void *opaque, unsigned offset, u8 value)
{
    struct virtio_net *s = opaque;
    if (!is_modern(s) && offset < NET_MAC_BYTES)
        s->mac[offset] = value;
}

static void driver_reset(void *opaque)
{
    struct virtio_net *s = opaque;
    memcpy(s->mac, s->own_mac, NET_MAC_BYTES);
    s->promisc = true; /* 5.1.6.5.1: until the driver says what it wants */
    s->allmulti = false;
    s->n_unicast = s->n_multicast = 0;
    memset(s->table, 0, sizeof(s->table));
}

static const struct virtio_type net_type = {
    .id = ID_NET,
    .class = CLASS_ETHERNET,
    .n_queues = N_QUEUES,
    .config_bytes = 8,
    .features = features,
    .read_config = read_config,
    .write_config = write_config,
    .notify = notify,
    .ready = ready,
    .reset = driver_reset,
};

static void reset(struct device *d)
{
    virtio_device_reset(((struct virtio_net *)d)->virtio);
}

/* The state may be hostile. */
static void after_load(struct device *d)
{
    struct virtio_net *s = (struct virtio_net *)d;
    s->n_unicast = MIN(s->n_unicast, (u32)TABLE);
    s->n_multicast = MIN(s->n_multicast, TABLE - s->n_unicast);
    virtio_after_load(s->virtio);
}

static const struct device_type virtio_net_type = {
    .name = "virtio-net",
    .state = &virtio_net_state,
    .reset = reset,
    .after_load = after_load,
};

struct device *virtio_net_new(struct machine *m, struct virtio_place at, const char *netdev,
                              const u8 *mac)
{
    struct virtio_net *s = xcalloc(1, sizeof(*s));
    memcpy(s->own_mac, mac, NET_MAC_BYTES);
    device_attach(m, &s->dev, &virtio_net_type);
    s->port = net_port_new(m, netdev, &port_ops, s);
    virtio_attach(s->virtio, &net_type, m, &at, s);
    return &s->dev;
}
