/* chardev_impl.h - what the kinds of character stream share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_CHARDEV_IMPL_H
#define EMU_HOST_CHARDEV_IMPL_H

#include "emu/buf.h"
#include "emu/host/chardev.h"

/* A kind's own behaviour; any may be NULL. */
struct chardev_ops {
    void (*write)(struct chardev *c, const u8 *data, size_t n); /* instead of to wfd */
    void (*client_set)(struct chardev *c);
    void (*ended)(struct chardev *c); /* the peer went; the descriptors are closed */
    void (*fini)(struct chardev *c);
};

struct chardev {
    struct host_loop *loop;
    const struct chardev_ops *ops;
    void *impl;
    struct chardev_client client;
    char *where;       /* owned */
    int rfd, wfd;      /* -1: none; may be the same */
    int lfd;           /* a server's listening socket, or -1 */
    bool keep_fds;     /* standard input and output are not ours to close */
    bool paused;       /* rfd is not looked at: the client has no room */
    struct buf out;    /* not yet written */
    size_t out_done;
    bool out_full;     /* said so */
    bool out_failed;   /* said so */
    char *unlink_path; /* removed at the end, or NULL; owned */
};

extern const struct chardev_ops chardev_plain_ops;

struct chardev *chardev_alloc(struct host_loop *l, const struct chardev_ops *ops, char *where);
/* Starts using these descriptors (non-blocking where they may be), and tells the client. */
void chardev_start(struct chardev *c, int rfd, int wfd);
/* Closes them; the client is told if `tell`. */
void chardev_stop(struct chardev *c, bool tell);
u32 chardev_client_room(const struct chardev *c);

struct chardev *chardev_socket_open(struct host_loop *l, const char *option, const char *spec);
struct chardev *chardev_pty_open(struct host_loop *l, const char *option);

#endif
