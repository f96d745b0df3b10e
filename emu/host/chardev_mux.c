/* chardev_mux.c - a guest's console and the monitor on one stream */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/host/chardev_impl.h"
#include "emu/host/terminal.h"

#define ESCAPE 0x01 /* ctrl-a */
#define QUEUE_MAX 4096
#define SIDES 2

/* Keys for a side that has no room wait here, so that ctrl-a is always seen. */
struct side {
    struct chardev *dev;
    struct chardev_mux *mux;
    u8 queue[QUEUE_MAX];
    u32 n;
};

struct chardev_mux {
    struct chardev *under;
    struct side side[SIDES];
    unsigned focus;
    bool escaped;
    void (*quit)(void *opaque);
    void *opaque;
};

static void drain(struct side *s)
{
    u32 n = MIN(s->n, chardev_client_room(s->dev));
    if (!n)
        return;
    u8 data[QUEUE_MAX];
    memcpy(data, s->queue, n);
    s->n -= n;
    memmove(s->queue, s->queue + n, s->n);
    s->dev->client.receive(s->dev->client.opaque, data, n);
}

static void drain_all(void *opaque)
{
    struct chardev_mux *m = opaque;
    for (unsigned i = 0; i < SIDES; i++)
        drain(&m->side[i]);
}

static void say(struct chardev_mux *m, const char *text)
{
    chardev_write(m->under, (const u8 *)text, strlen(text));
}

static void help(struct chardev_mux *m)
{
    say(m, "\n"
           "ctrl-a c       to the monitor, and back to the guest\n"
           "ctrl-a x       quit\n"
           "ctrl-a h       this help\n"
           "ctrl-a ctrl-a  a ctrl-a for the guest\n");
}

static void switch_focus(struct chardev_mux *m)
{
    struct chardev_client *old = &m->side[m->focus].dev->client;
    m->focus = (m->focus + 1) % SIDES;
    struct chardev_client *now = &m->side[m->focus].dev->client;
    if (old->closed)
        old->closed(old->opaque);
    if (now->opened)
        now->opened(now->opaque);
}

static void put(struct side *s, u8 byte)
{
    if (s->n < QUEUE_MAX)
        s->queue[s->n++] = byte;
}

static void command(struct chardev_mux *m, u8 key)
{
    switch (key) {
    case 'c': switch_focus(m); break;
    case 'x': m->quit(m->opaque); break;
    case 'h': case '?': help(m); break;
    case ESCAPE: put(&m->side[m->focus], ESCAPE); break;
    default: break;
    }
}

static void mux_receive(void *opaque, const u8 *data, u32 len)
{
    struct chardev_mux *m = opaque;
    for (u32 i = 0; i < len; i++) {
        if (m->escaped) {
            m->escaped = false;
            command(m, data[i]);
        } else if (data[i] == ESCAPE) {
            m->escaped = true;
        } else {
            put(&m->side[m->focus], data[i]);
        }
    }
    drain_all(m);
}

static u32 mux_room(void *opaque)
{
    struct chardev_mux *m = opaque;
    u32 used = MAX(m->side[0].n, m->side[1].n);
    return QUEUE_MAX - used;
}

static void side_write(struct chardev *c, const u8 *data, size_t n)
{
    struct side *s = c->impl;
    chardev_write(s->mux->under, data, n);
}

/* The side that has the keys is the one that is connected. */
static void side_client_set(struct chardev *c)
{
    struct side *s = c->impl;
    if (s->dev == s->mux->side[s->mux->focus].dev && c->client.opened)
        c->client.opened(c->client.opaque);
}

static const struct chardev_ops side_ops = {.write = side_write, .client_set = side_client_set};

struct chardev_mux *chardev_mux_new(struct chardev *c, void (*quit)(void *opaque), void *opaque)
{
    struct chardev_mux *m = xcalloc(1, sizeof(*m));
    struct chardev_client cl = {.room = mux_room, .receive = mux_receive, .opaque = m};

    m->under = c;
    m->quit = quit;
    m->opaque = opaque;
    for (unsigned i = 0; i < SIDES; i++) {
        m->side[i].mux = m;
        m->side[i].dev = chardev_alloc(c->loop, &side_ops, xasprintf("%s (shared)", c->where));
        m->side[i].dev->impl = &m->side[i];
    }
    if (c->keep_fds)
        terminal_set_raw(false); /* ctrl-c is for the guest */
    host_loop_add_hook(c->loop, drain_all, m);
    chardev_set_client(c, &cl);
    return m;
}

void chardev_mux_delete(struct chardev_mux *m)
{
    if (!m)
        return;
    host_loop_remove_hook(m->under->loop, m);
    chardev_set_client(m->under, NULL);
    for (unsigned i = 0; i < SIDES; i++)
        chardev_delete(m->side[i].dev);
    free(m);
}

struct chardev *chardev_mux_side(struct chardev_mux *m, unsigned side)
{
    CHECK(side < SIDES);
    return m->side[side].dev;
}
