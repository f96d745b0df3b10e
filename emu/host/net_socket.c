/* net_socket.c - a cable between two emulators: frames over a TCP connection */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * As QEMU's `-netdev socket`, which can be at the other end: each frame is its length, four bytes
 * big-endian, and its bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/host/chardev.h"
#include "emu/host/net.h"
#include "emu/items.h"
#include "emu/log.h"

enum { LENGTH_BYTES = 4, ROOM = 65536 };

struct net_socket {
    struct net_backend base;
    struct net_port *port;
    struct host_loop *loop;
    struct chardev *stream;
    struct net_queue queue;
    struct buf in; /* an unfinished frame with its length */
};

static void sink(void *opaque, const u8 *frame, u32 len)
{
    struct net_socket *s = opaque;
    const u8 head[LENGTH_BYTES] = {len >> 24, len >> 16, len >> 8, len};
    if (!chardev_connected(s->stream))
        return;
    chardev_write(s->stream, head, sizeof(head));
    chardev_write(s->stream, frame, len);
}

static void resume(void *opaque)
{
    struct net_socket *s = opaque;
    net_queue_flush(&s->queue);
}

static u32 room(void *opaque)
{
    struct net_socket *s = opaque;
    return net_queue_is_full(&s->queue) ? 0 : ROOM;
}

static u32 length_at(const u8 *p)
{
    return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void receive(void *opaque, const u8 *data, u32 len)
{
    struct net_socket *s = opaque;
    size_t at = 0;

    buf_put(&s->in, data, len);
    while (s->in.len - at >= LENGTH_BYTES) {
        u32 n = length_at(s->in.data + at);
        if (!n || n > NET_FRAME_MAX) {
            error_report("-netdev socket: what is at the other end (%s) does not send frames",
                         chardev_where(s->stream));
            chardev_disconnect(s->stream);
            buf_clear(&s->in);
            return;
        }
        if (s->in.len - at - LENGTH_BYTES < n)
            break;
        net_queue_put(&s->queue, s->in.data + at + LENGTH_BYTES, n);
        at += LENGTH_BYTES + n;
    }
    memmove(s->in.data, s->in.data + at, s->in.len - at);
    s->in.len -= at;
}

static void closed(void *opaque)
{
    struct net_socket *s = opaque;
    buf_clear(&s->in);
}

/* After a time in the past nobody else posts what was kept. */
static void hook(void *opaque)
{
    struct net_socket *s = opaque;
    net_queue_flush(&s->queue);
}

/* The stream's specification as chardev_open() takes it; NULL (reported). Owned by the caller. */
static char *stream_of(const char *text)
{
    char *spec = NULL;
    struct item it;

    while (item_next(&text, &it)) {
        bool listens = item_is(&it, "listen");
        if (!spec && (listens || item_is(&it, "connect"))) {
            spec = xasprintf("tcp:%s%s", it.value, listens ? ",server=on,wait=off" : "");
        } else if (!item_is(&it, "id")) {
            item_unknown("netdev socket", &it);
            free(spec);
            return NULL;
        }
    }
    if (!spec)
        error_report("-netdev socket: say listen=[HOST]:PORT or connect=HOST:PORT");
    return spec;
}

static void socket_close(struct net_backend *b)
{
    struct net_socket *s = CONTAINER_OF(b, struct net_socket, base);
    net_port_attach(s->port, NULL, NULL, NULL);
    host_loop_remove_hook(s->loop, s);
    chardev_delete(s->stream);
    net_queue_fini(&s->queue);
    buf_fini(&s->in);
    free(s);
}

static struct net_backend *socket_open(struct machine *m, struct net_port *port,
                                       struct host_loop *l, const char *text)
{
    char *spec = stream_of(text);
    struct chardev *stream = spec ? chardev_open(l, "-netdev", spec) : NULL;

    (void)m;
    free(spec);
    if (!stream)
        return NULL;
    struct net_socket *s = xcalloc(1, sizeof(*s));
    s->port = port;
    s->loop = l;
    s->stream = stream;
    net_queue_init(&s->queue, port);
    chardev_set_client(stream, &(struct chardev_client){.room = room, .receive = receive,
                                                        .closed = closed, .opaque = s});
    host_loop_add_hook(l, hook, s);
    net_port_attach(port, sink, resume, s);
    return &s->base;
}

const struct net_backend_type net_socket_type = {"socket", socket_open, socket_close};
