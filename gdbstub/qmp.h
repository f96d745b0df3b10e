/* qmp.h - QEMU's machine protocol: JSON commands and events, on the session and the monitor's
 * table */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * docs/qmp.md lists the commands and what differs from QEMU's. Like the GDB server, a connection is
 * bytes in and bytes out, with no socket in it.
 *
 * Commands are answered in their order. One that waits for the machine (`stop`, until it has
 * stopped) holds back those behind it; qmp_room() is 0 then.
 */
#ifndef GDBSTUB_QMP_H
#define GDBSTUB_QMP_H

#include "gdbstub/session.h"

struct qmp;

/* What the protocol tells of its surroundings; strings live as long as the connection. */
struct qmp_host {
    const char *replay_mode; /* "none", "record" or "play" */
    const char *replay_file; /* or NULL */
    /* The character stream number i; false past the last one. */
    bool (*chardev)(void *opaque, unsigned i, const char **label, const char **where, bool *open);
    void *opaque;
};

struct qmp *qmp_new(struct session *s, const struct qmp_host *host,
                    void (*send)(void *opaque, const u8 *data, size_t n), void *opaque);
void qmp_delete(struct qmp *q);
void qmp_connected(struct qmp *q); /* greets */
void qmp_disconnected(struct qmp *q);
u32 qmp_room(const struct qmp *q); /* bytes that it will take now */
void qmp_receive(struct qmp *q, const u8 *data, size_t n); /* hostile, cut anywhere */
/* Goes on with what had to wait; to be called now and then, between moves. True if it did. */
bool qmp_continue(struct qmp *q);

#endif
