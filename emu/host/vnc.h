/* vnc.h - the guest's screen, keyboard and pointer over VNC */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *     vnc.c          on the machine's thread: renders what is wanted, passes on what is typed
 *     vnc_server.c   on a thread of its own: libvncserver and its clients
 *     vnc_messages.c what it is given to read of what they say
 *     vnc_listen.c   addresses and sockets
 *     vnc_keys.c     from the letters that a client sends to keys
 *
 * libvncserver waits for clients that are slow to take what they asked for, so it has a thread. The
 * two halves share a picture and a ring of events under a lock that is held for no longer than
 * a copy takes; the server's half knows nothing of the machine. A picture is rendered
 * when a client wants one, at most thirty times a second, of whatever state the machine is in; in
 * the past it shows the past. Nothing is passed to the guest then.
 */
#ifndef EMU_HOST_VNC_H
#define EMU_HOST_VNC_H

#include "emu/host/loop.h"
#include "emu/machine.h"

struct vnc;

/* Listens: "[HOST]:N" (TCP port 5900 + N; without a host on loopback) or "unix:PATH", then options
 * ",to=N" and ",password=on". NULL (reported). */
struct vnc *vnc_open(struct host_loop *l, const char *spec, const char *title);
void vnc_close(struct vnc *v);
void vnc_attach(struct vnc *v, struct machine *m);
/* The machine has stopped, or is somewhere else: show that now. */
void vnc_refresh(struct vnc *v);
/* That clients are asked for from now on; "" lets nobody in. False: none is asked for. */
bool vnc_set_password(struct vnc *v, const char *password);
const char *vnc_where(const struct vnc *v); /* "127.0.0.1:5900" */

#endif
