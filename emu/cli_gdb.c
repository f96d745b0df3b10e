/* cli_gdb.c - the GDB server on a character stream */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "emu/check.h"
#include "emu/cli_session.h"
#include "gdbstub/gdbstub.h"

struct cli_gdb {
    struct chardev *dev;
    struct host_loop *loop;
    struct session *session;
    struct gdb_server *server;
    bool connected;
    bool leave_with_guest; /* not a replay: when gdb has gone and the guest is over, so are we */
};

static void send_bytes(void *opaque, const u8 *data, size_t n)
{
    struct cli_gdb *g = opaque;
    chardev_write(g->dev, data, n);
}

static void opened(void *opaque)
{
    struct cli_gdb *g = opaque;
    g->connected = true;
    gdb_server_connected(g->server);
}

static void closed(void *opaque)
{
    struct cli_gdb *g = opaque;
    if (!g->connected)
        return;
    g->connected = false;
    gdb_server_disconnected(g->server);
    if (!g->leave_with_guest || session_running(g->session) ||
        timeline_is_live(session_timeline(g->session)))
        return;
    struct move_request r = {
        .kind = MOVE_CONTINUE}; /* to the guest's end, which then ends the program */
    session_request(g->session, &r, g);
    host_loop_wake(g->loop);
}

/* Not from inside the server: it may still be using the connection. */
static void close_if_wanted(void *opaque)
{
    struct cli_gdb *g = opaque;
    if (!g->connected || !gdb_server_wants_close(g->server))
        return;
    chardev_disconnect(g->dev);
    closed(g);
}

static void receive(void *opaque, const u8 *data, u32 len)
{
    struct cli_gdb *g = opaque;
    gdb_server_receive(g->server, data, len);
    close_if_wanted(g);
}

struct cli_gdb *cli_gdb_new(struct session *s, struct host_loop *l, struct chardev *c,
                            bool leave_with_guest)
{
    struct cli_gdb *g = xcalloc(1, sizeof(*g));
    struct chardev_client cl = {
        .receive = receive, .opened = opened, .closed = closed, .opaque = g};

    g->dev = c;
    g->loop = l;
    g->session = s;
    g->leave_with_guest = leave_with_guest;
    g->server = gdb_server_new(s, send_bytes, g);
    host_loop_add_hook(l, close_if_wanted, g);
    chardev_set_client(c, &cl);
    return g;
}

void cli_gdb_delete(struct cli_gdb *g)
{
    if (!g)
        return;
    host_loop_remove_hook(g->loop, g);
    chardev_set_client(g->dev, NULL);
    gdb_server_delete(g->server);
    free(g);
}
