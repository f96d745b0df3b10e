/* common_client.c - a debugger's end of the wire, for tests */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client.h"

#include <string.h>

#include "emu/check.h"
#include "gdbstub/gdb_args.h"
#include "gdbstub/gdb_packet.h"

static void take(void *opaque, const u8 *data, size_t n)
{
    struct client *c = opaque;
    buf_put(&c->wire, data, n);
}

static void put_console(struct client *c, const struct buf *packet)
{
    struct gdb_cursor cursor = {packet->data + 1, packet->data + packet->len};
    CHECK(gdb_cursor_bytes(&cursor, packet->len / 2, &c->console));
}

void client_read(struct client *c)
{
    struct gdb_packet_reader r;
    gdb_packet_init(&r);
    for (size_t i = 0; i < c->wire.len; i++) {
        enum gdb_packet_event e = gdb_packet_byte(&r, c->wire.data[i]);
        CHECK(e != PACKET_BAD_SUM && e != PACKET_TOO_LONG);
        if (e != PACKET_COMPLETE)
            continue;
        if (r.data.len > 2 && r.data.data[0] == 'O') {
            put_console(c, &r.data);
        } else {
            buf_clear(&c->reply);
            buf_put(&c->reply, r.data.data, r.data.len);
        }
    }
    buf_clear(&c->wire);
    gdb_packet_fini(&r);
}

void client_send(struct client *c, const void *packet, size_t n)
{
    struct buf framed = {0};
    buf_clear(&c->reply);
    buf_clear(&c->console);
    gdb_packet_frame(&framed, packet, n);
    gdb_server_receive(c->server, framed.data, framed.len);
    guest_move(&c->guest);
    client_read(c);
    buf_fini(&framed);
}

const char *client_ask(struct client *c, const char *packet)
{
    client_send(c, packet, strlen(packet));
    return buf_cstr(&c->reply);
}

const char *client_monitor(struct client *c, const char *command)
{
    struct buf b = {0};
    buf_printf(&b, "qRcmd,");
    gdb_put_hex(&b, command, strlen(command));
    client_send(c, b.data, b.len);
    CHECK(!strcmp(buf_cstr(&c->reply), "OK"));
    buf_fini(&b);
    return buf_cstr(&c->console);
}

u64 client_reg(struct client *c, u32 regno)
{
    struct buf packet = {0}, bytes = {0};
    u64 v = 0;
    buf_printf(&packet, "p%x", regno);
    client_send(c, packet.data, packet.len);
    struct gdb_cursor cursor = {c->reply.data, c->reply.data + c->reply.len};
    CHECK(gdb_cursor_bytes(&cursor, c->reply.len / 2, &bytes) && bytes.len);
    memcpy(&v, bytes.data, MIN(bytes.len, sizeof(v)));
    buf_fini(&packet);
    buf_fini(&bytes);
    return v;
}

u64 client_pc(struct client *c)
{
    struct cpu *cpu = c->guest.machine->cpu;
    return client_reg(c, cpu->arch->debug->view(cpu)->pc_reg);
}

void client_init(struct client *c)
{
    memset(c, 0, sizeof(*c));
    guest_init(&c->guest);
    c->server = gdb_server_new(c->guest.session, take, c);
    gdb_server_connected(c->server);
    client_ask(c, "qSupported:multiprocess+;swbreak+;hwbreak+");
    client_ask(c, "QStartNoAckMode");
}

void client_fini(struct client *c)
{
    gdb_server_delete(c->server);
    guest_fini(&c->guest);
    buf_fini(&c->wire);
    buf_fini(&c->reply);
    buf_fini(&c->console);
}
