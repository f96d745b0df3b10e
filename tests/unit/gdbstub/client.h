/* client.h - a debugger's end of the wire, for tests */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_UNIT_GDBSTUB_CLIENT_H
#define TESTS_UNIT_GDBSTUB_CLIENT_H

#include "guest.h"

struct client {
    struct guest guest;
    struct gdb_server *server;
    struct buf wire;    /* what the server sent since the last packet */
    struct buf reply;   /* the last packet in it that is no console output */
    struct buf console; /* the text of O packets */
};

void client_init(struct client *c); /* connected, features exchanged, no acknowledgements */
void client_fini(struct client *c);
void client_send(struct client *c, const void *packet, size_t n); /* and makes moves that are wanted */
const char *client_ask(struct client *c, const char *packet);     /* the reply */
const char *client_monitor(struct client *c, const char *command); /* the text */
u64 client_reg(struct client *c, u32 regno);
u64 client_pc(struct client *c);
/* Takes the server's output apart into reply and console. */
void client_read(struct client *c);

#endif
