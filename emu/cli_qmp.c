/* cli_qmp.c - QEMU's machine protocol on a character stream */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "emu/check.h"
#include "emu/cli_session.h"
#include "gdbstub/qmp.h"

struct cli_qmp {
    struct qmp *qmp;
    struct chardev *dev;
    struct host_loop *loop;
    const struct cli_streams *streams;
};

static bool describe(const char **where, bool *open, const struct chardev *dev)
{
    *where = chardev_where(dev);
    *open = chardev_connected(dev);
    return true;
}

static bool chardev(void *opaque, unsigned i, const char **label, const char **where, bool *open)
{
    static const char *const serial[] = {"serial0", "serial1", "serial2", "serial3"};
    static const char *const qmp[] = {"compat_monitor1", "compat_monitor2", "compat_monitor3",
                                      "compat_monitor4"};
    const struct cli_streams *s = ((struct cli_qmp *)opaque)->streams;

    if (i < s->n_serial && i < ARRAY_SIZE(serial))
        return *label = serial[i], describe(where, open, s->serial[i].dev);
    i -= s->n_serial;
    if (s->monitor && i-- == 0)
        return *label = "compat_monitor0", describe(where, open, s->monitor);
    if (s->gdb && i-- == 0)
        return *label = "gdb", describe(where, open, s->gdb);
    if (i < s->n_qmp && i < ARRAY_SIZE(qmp))
        return *label = qmp[i], describe(where, open, s->qmp[i]);
    return false;
}

static void send_bytes(void *opaque, const u8 *data, size_t n)
{
    struct cli_qmp *c = opaque;
    chardev_write(c->dev, data, n);
}

static u32 room(void *opaque)
{
    struct cli_qmp *c = opaque;
    return qmp_room(c->qmp);
}

static void receive(void *opaque, const u8 *data, u32 len)
{
    struct cli_qmp *c = opaque;
    qmp_receive(c->qmp, data, len);
}

static void opened(void *opaque)
{
    struct cli_qmp *c = opaque;
    qmp_connected(c->qmp);
}

static void closed(void *opaque)
{
    struct cli_qmp *c = opaque;
    qmp_disconnected(c->qmp);
}

static void go_on(void *opaque)
{
    struct cli_qmp *c = opaque;
    if (qmp_continue(c->qmp))
        host_loop_wake(c->loop);
}

struct cli_qmp *cli_qmp_new(struct session *s, struct host_loop *l, struct chardev *dev,
                            const struct cli_streams *streams, const struct cli *cli)
{
    static const char *const modes[] = {
        [MODE_RUN] = "none", [MODE_RECORD] = "record", [MODE_REPLAY] = "play"};
    struct cli_qmp *c = xcalloc(1, sizeof(*c));
    struct chardev_client cl = {
        .room = room, .receive = receive, .opened = opened, .closed = closed, .opaque = c};
    struct qmp_host host = {modes[cli->mode], cli->file, chardev, c};

    c->dev = dev;
    c->loop = l;
    c->streams = streams;
    c->qmp = qmp_new(s, &host, send_bytes, c);
    host_loop_add_hook(l, go_on, c);
    chardev_set_client(dev, &cl);
    return c;
}

void cli_qmp_delete(struct cli_qmp *c)
{
    if (!c)
        return;
    host_loop_remove_hook(c->loop, c);
    chardev_set_client(c->dev, NULL);
    qmp_delete(c->qmp);
    free(c);
}
