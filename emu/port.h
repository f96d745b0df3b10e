/* port.h - where a guest's character stream meets the host: serial ports, consoles */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guest side (a UART) owns a port: it sends bytes out and is given bytes that came through the
 * door. The host side (emu/host) attaches a backend. Output never influences the guest: with no
 * backend, or while history is being re-run silently, it goes nowhere.
 */
#ifndef EMU_PORT_H
#define EMU_PORT_H

#include "emu/types.h"

struct machine;
struct port;

/* receive(): bytes from outside, at a step boundary; it must take all of them (a device drops what
 * it has no room for). room(): how many it could take now; asked only of a live machine, by the
 * host side. */
struct port_ops {
    void (*receive)(void *opaque, const u8 *data, u32 len);
    u32 (*room)(void *opaque);
};

/* Adds a source to the machine's door under `name` ("serial0"), which is copied. Owned by the
 * machine. */
struct port *port_new(struct machine *m, const char *name, const struct port_ops *ops, void *opaque);
void port_delete(struct port *p); /* by the machine */
const char *port_name(const struct port *p);

/* Guest side: a byte goes out. */
void port_send(struct port *p, u8 byte);

/* Host side. sink() gets what the guest sends. */
void port_attach(struct port *p, void (*sink)(void *opaque, const u8 *data, u32 len), void *opaque);
u32 port_room(struct port *p);                            /* 0 while the door is fed */
bool port_post(struct port *p, const u8 *data, u32 len);  /* into the door */

/* A second sink for the recorder: sees everything that is sent, with its icount from the clock. */
void port_set_tap(struct port *p, void (*tap)(void *opaque, struct port *p, u8 byte), void *opaque);
/* While muted the sink gets nothing (the tap still does). The timeline mutes re-execution. */
void port_set_muted(struct port *p, bool muted);

#endif
