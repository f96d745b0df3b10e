/* gdbstub.h - the GDB remote server */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GDBSTUB_GDBSTUB_H
#define GDBSTUB_GDBSTUB_H

#include "gdbstub/session.h"

struct gdb_server;

/* A connection is bytes in, bytes out: no socket in here, so it can be fuzzed. send() may be called
 * from any function below; it takes all bytes. */
struct gdb_server *gdb_server_new(struct session *s,
                                  void (*send)(void *opaque, const u8 *data, size_t n),
                                  void *opaque);
void gdb_server_delete(struct gdb_server *g);
/* A debugger connected (the machine stops) or went away (what D would do). */
void gdb_server_connected(struct gdb_server *g);
void gdb_server_disconnected(struct gdb_server *g);
/* Bytes from the debugger, hostile, cut anywhere. */
void gdb_server_receive(struct gdb_server *g, const u8 *data, size_t n);
bool gdb_server_wants_close(const struct gdb_server *g); /* after D, k: the host end closes */

#endif
