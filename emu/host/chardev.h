/* chardev.h - character streams of the host: stdio, null, file, unix and tcp sockets, pty */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_CHARDEV_H
#define EMU_HOST_CHARDEV_H

#include "emu/host/loop.h"
#include "emu/types.h"

struct chardev;

struct chardev_client { /* who uses the stream; callbacks may be NULL */
    u32 (*room)(void *opaque); /* how many bytes receive() may be given now */
    void (*receive)(void *opaque, const u8 *data, u32 len);
    void (*opened)(void *opaque); /* a peer connected */
    void (*closed)(void *opaque); /* and went */
    void *opaque;
};

/* Spec is QEMU's: "stdio", "null", "none", "file:PATH", "pipe:PATH", "pty",
 * "unix:PATH[,server][,nowait]", "tcp:[HOST]:PORT[,server][,nowait]" with the newer
 * ",server=on,wait=off" forms too. `option` is named in errors ("-serial"). NULL (reported).
 * Listens on loopback unless a host is given. Server without nowait blocks here until a client is
 * there, saying so. */
struct chardev *chardev_open(struct host_loop *l, const char *option, const char *spec);
void chardev_delete(struct chardev *c);
void chardev_set_client(struct chardev *c, const struct chardev_client *cl);
void chardev_write(struct chardev *c, const u8 *data, size_t n); /* takes all; drops when no peer */
bool chardev_connected(const struct chardev *c);
void chardev_disconnect(struct chardev *c); /* closes the peer; a server listens on */
const char *chardev_where(const struct chardev *c); /* "pty /dev/pts/3", "tcp 127.0.0.1:1234" */

/* "mon:stdio": two streams behind one, switched by ctrl-a c; ctrl-a x quits, ctrl-a h helps. */
struct chardev_mux;
struct chardev_mux *chardev_mux_new(struct chardev *c, void (*quit)(void *opaque), void *opaque);
void chardev_mux_delete(struct chardev_mux *m); /* not the chardev */
struct chardev *chardev_mux_side(struct chardev_mux *m, unsigned side); /* 0: guest, 1: monitor */

#endif
