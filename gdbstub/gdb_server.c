/* gdb_server.c - the GDB remote server: connection, acknowledgements, dispatch */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A handler fills one reply and says what becomes of it; only this file sends. A packet that moves
 * the machine is answered when the session says that the move has ended; what gdb sends meanwhile,
 * but for ^C, waits.
 */
#include "gdbstub/gdb_server.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "gdbstub/monitor.h"

#define CONSOLE_CHUNK 4096u
#define QUEUE_MAX (2 * GDB_PACKET_MAX)

static void send_packet(struct gdb_server *g, const u8 *data, size_t n)
{
    buf_clear(&g->sent);
    gdb_packet_frame(&g->sent, data, n);
    LOG(LOG_TRACE, "-> %.*s", (int)MIN(n, (size_t)200), data ? (const char *)data : "");
    g->send(g->opaque, g->sent.data, g->sent.len);
}

static void send_reply(struct gdb_server *g)
{
    send_packet(g, g->reply.data, g->reply.len);
}

void gdb_send_console(struct gdb_server *g, const struct buf *text)
{
    struct buf packet = {0};
    for (size_t at = 0; at < text->len; at += CONSOLE_CHUNK) {
        buf_clear(&packet);
        buf_put_u8(&packet, 'O');
        gdb_put_hex(&packet, text->data + at, MIN(text->len - at, (size_t)CONSOLE_CHUNK));
        send_packet(g, packet.data, packet.len);
    }
    buf_fini(&packet);
}

enum gdb_outcome gdb_error(struct gdb_server *g, u8 number)
{
    buf_clear(&g->reply);
    buf_printf(&g->reply, "E%02x", number);
    return GDB_REPLY;
}

enum gdb_outcome gdb_ok(struct gdb_server *g)
{
    buf_clear(&g->reply);
    buf_printf(&g->reply, "OK");
    return GDB_REPLY;
}

bool gdb_thread_known(const struct gdb_thread *t)
{
    return t->pid >= -1 && t->pid <= 1 && t->tid >= -1 && t->tid <= 1;
}

const char *gdb_thread_text(const struct gdb_server *g)
{
    return g->multiprocess ? "p1.1" : "1";
}

/* Dispatch. */

static bool ends_word(u8 c)
{
    return c == ':' || c == ';' || c == ',' || c == '?';
}

const struct gdb_command *gdb_find_command(const struct gdb_command *table, const u8 *p, size_t n)
{
    for (; table->name; table++) {
        size_t len = strlen(table->name);
        if (n < len || memcmp(p, table->name, len))
            continue;
        if (table->match == MATCH_PREFIX || n == len || ends_word(p[len]))
            return table;
    }
    return NULL;
}

enum gdb_outcome gdb_run_command(struct gdb_server *g, const struct gdb_command *table, const u8 *p,
                                 size_t n)
{
    const struct gdb_command *c = gdb_find_command(table, p, n);
    struct gdb_args args;
    if (!c)
        return GDB_REPLY; /* empty: not supported */
    size_t len = strlen(c->name);
    enum gdb_outcome outcome = gdb_args_parse(&args, c->args, p + len, n - len)
                                   ? c->handle(g, &args)
                                   : gdb_error(g, GDB_EINVAL);
    gdb_args_fini(&args);
    return outcome;
}

static void dispatch(struct gdb_server *g, const u8 *p, size_t n)
{
    LOG(LOG_TRACE, "<- %.*s", (int)MIN(n, (size_t)200), (const char *)p);
    buf_clear(&g->reply);
    switch (gdb_run_command(g, gdb_commands, p, n)) {
    case GDB_REPLY:
        send_reply(g);
        break;
    case GDB_CLOSE:
        send_reply(g);
        g->wants_close = true;
        break;
    case GDB_LATER:
    case GDB_SILENT:
        break;
    }
}

static void handle_packet(struct gdb_server *g)
{
    const struct buf *d = &g->in.data;
    if (g->owed == OWED_NOTHING) {
        dispatch(g, d->data, d->len);
    } else if (g->queue.len + d->len + 4 <= QUEUE_MAX) {
        buf_put_u32(&g->queue, d->len);
        buf_put(&g->queue, d->data, d->len);
    } else {
        LOG(LOG_WARN, "a debugger sends packet upon packet without waiting; one is dropped");
    }
}

/* Those that waited for the move that has now ended; one of them may start the next. */
static void drain_queue(struct gdb_server *g)
{
    while (g->queue.len && g->owed == OWED_NOTHING && !g->wants_close) {
        struct reader r = reader_of(g->queue.data, g->queue.len);
        struct buf packet = {0};
        u32 n = reader_u32(&r);
        const u8 *p = reader_bytes(&r, n);
        CHECK(p);
        buf_put(&packet, p, n);
        memmove(g->queue.data, g->queue.data + n + 4, g->queue.len - n - 4);
        g->queue.len -= n + 4;
        dispatch(g, packet.data, packet.len);
        buf_fini(&packet);
    }
}

static void acknowledge(struct gdb_server *g, char c)
{
    if (!g->no_ack)
        g->send(g->opaque, (const u8 *)&c, 1);
}

static void handle_event(struct gdb_server *g, enum gdb_packet_event event)
{
    switch (event) {
    case PACKET_BAD_SUM:
        if (!g->no_ack) {
            LOG(LOG_INFO, "a packet with a wrong checksum is asked for again");
            acknowledge(g, '-');
            break;
        }
        LOG(LOG_INFO, "a packet with a wrong checksum is ignored");
        break;
    case PACKET_COMPLETE:
        acknowledge(g, '+');
        handle_packet(g);
        break;
    case PACKET_TOO_LONG:
        LOG(LOG_INFO, "a packet longer than %u bytes is refused", GDB_PACKET_MAX);
        acknowledge(g, '+');
        if (g->owed == OWED_NOTHING) {
            gdb_error(g, GDB_EINVAL);
            send_reply(g);
        }
        break;
    case PACKET_INTERRUPT:
        gdb_interrupt(g);
        break;
    case PACKET_NAK:
        if (!g->no_ack && g->sent.len)
            g->send(g->opaque, g->sent.data, g->sent.len);
        break;
    case PACKET_ACK:
    case PACKET_NOTHING:
        break;
    }
}

void gdb_server_receive(struct gdb_server *g, const u8 *data, size_t n)
{
    for (size_t i = 0; i < n && g->connected && !g->wants_close; i++) {
        enum gdb_packet_event event = gdb_packet_byte(&g->in, data[i]);
        if (event != PACKET_NOTHING)
            handle_event(g, event);
    }
}

/* What the session tells. */

static void pay_stop(struct gdb_server *g, const struct move *mv)
{
    if (mv->end == MOVE_END || mv->end == MOVE_FAILED) {
        struct buf text = {0};
        buf_printf(&text, "Hindsight: ");
        monitor_describe(g->target.session, mv, &text);
        gdb_send_console(g, &text);
        buf_fini(&text);
    }
    buf_clear(&g->reply);
    gdb_stop_reply(g, mv, &g->reply);
    send_reply(g);
}

static void pay_monitor(struct gdb_server *g, const struct move *mv)
{
    monitor_describe(g->target.session, mv, &g->text);
    gdb_send_console(g, &g->text);
    buf_clear(&g->text);
    gdb_ok(g);
    send_reply(g);
}

static void on_stopped(void *opaque, const struct move *mv)
{
    struct gdb_server *g = opaque;
    enum gdb_owed owed = g->owed;
    g->owed = OWED_NOTHING;
    if (g->go_on && !g->target.attached) {
        g->go_on = false;
        gdb_target_move(&g->target, &(struct move_request){.kind = MOVE_CONTINUE}, g);
        return;
    }
    if (!g->connected)
        return;
    if (owed == OWED_STOP)
        pay_stop(g, mv);
    else if (owed == OWED_STATUS)
        pay_stop(g, &(struct move){.end = MOVE_STOP, .stop = {.kind = STOP_UNTIL}});
    else if (owed == OWED_MONITOR)
        pay_monitor(g, mv);
    drain_queue(g);
}

static void on_exited(void *opaque, const struct move *mv)
{
    struct gdb_server *g = opaque;
    enum gdb_owed owed = g->owed;
    (void)mv;
    g->owed = OWED_NOTHING;
    if (!g->connected || owed == OWED_NOTHING)
        return;
    buf_clear(&g->reply);
    if (owed == OWED_STOP || owed == OWED_STATUS)
        buf_printf(&g->reply, "W%02x%s", session_exit_code(g->target.session) & 0xff,
                   g->multiprocess ? ";process:1" : "");
    else
        gdb_ok(g);
    send_reply(g);
    g->wants_close = true;
}

static void on_resumed(void *opaque)
{
    struct gdb_server *g = opaque;
    gdb_target_apply_breaks(&g->target);
}

static bool on_break(void *opaque, u64 pc)
{
    struct gdb_server *g = opaque;
    return gdb_target_break_wanted(&g->target, pc);
}

/* For gdb takes a step of its own then, with watchpoints out, and looks whether the value changed.
 * Who just goes on instead, knowing of the access, does not meet it again. */
static bool on_watch(void *opaque, const struct stop *stop, bool backward)
{
    struct gdb_server *g = opaque;
    u64 before = backward ? stop->icount + 1 : stop->icount - 1;
    if (g->owed != OWED_STOP || !g->target.view->watch_before || before == g->watch_told_before ||
        !gdb_target_watch_wanted(&g->target, &stop->watch))
        return false;
    g->watch_told = before;
    return true;
}

/* Connection. */

struct gdb_server *gdb_server_new(struct session *s,
                                  void (*send)(void *opaque, const u8 *data, size_t n),
                                  void *opaque)
{
    struct gdb_server *g = xcalloc(1, sizeof(*g));
    g->send = send;
    g->opaque = opaque;
    gdb_target_init(&g->target, s);
    gdb_packet_init(&g->in);
    const struct session_listener l = {.stopped = on_stopped,
                                       .resumed = on_resumed,
                                       .exited = on_exited,
                                       .break_wanted = on_break,
                                       .watch_before = on_watch,
                                       .opaque = g};
    session_add_listener(s, &l);
    return g;
}

static void forget_connection(struct gdb_server *g)
{
    gdb_packet_fini(&g->in);
    gdb_packet_init(&g->in);
    buf_fini(&g->reply);
    buf_fini(&g->sent);
    buf_fini(&g->queue);
    buf_fini(&g->text);
    g->no_ack = g->multiprocess = g->swbreak = g->hwbreak = false;
    g->owed = OWED_NOTHING;
    g->late_interrupt = 0;
    g->watch_told = g->watch_told_before = NEVER;
    g->wants_close = false;
}

void gdb_server_delete(struct gdb_server *g)
{
    if (!g)
        return;
    session_remove_listener(g->target.session, g);
    forget_connection(g);
    gdb_target_fini(&g->target);
    free(g);
}

void gdb_server_connected(struct gdb_server *g)
{
    if (g->connected)
        gdb_server_disconnected(g);
    forget_connection(g);
    g->connected = true;
    g->go_on = false;
    gdb_target_attach(&g->target);
}

void gdb_let_go(struct gdb_server *g)
{
    struct gdb_target *t = &g->target;
    if (!t->attached)
        return;
    gdb_target_detach(t);
    g->owed = OWED_NOTHING;
    if (gdb_target_running(t)) {
        g->go_on = gdb_target_is_live(t);
        gdb_target_stop(t);
    } else if (gdb_target_is_live(t)) {
        gdb_target_move(t, &(struct move_request){.kind = MOVE_CONTINUE}, g);
    }
}

void gdb_server_disconnected(struct gdb_server *g)
{
    if (!g->connected)
        return;
    gdb_let_go(g);
    g->connected = false;
    forget_connection(g);
}

bool gdb_server_wants_close(const struct gdb_server *g)
{
    return g->wants_close;
}
