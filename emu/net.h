/* net.h - the wire between a network card and the host: Ethernet frames */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A card owns a net port: it sends frames out, and is given frames that came through the door. The
 * host side (emu/host) attaches a sink. Frames are Ethernet's without preamble and check sequence.
 * What is sent never influences the guest but by what comes back through the door.
 */
#ifndef EMU_NET_H
#define EMU_NET_H

#include "emu/types.h"

#define NET_FRAME_MAX 65550 /* bytes; more than Ethernet's, for cards that segment */
#define NET_MAC_BYTES 6

struct machine;
struct net_port;

/* receive(): a frame from outside, at a step boundary; the card drops what it has no room for. The
 * bytes may come from a hostile file; len is 1 to NET_FRAME_MAX. room(): would it take a frame now?
 * Asked only of a live machine, by the host side: it changes nothing, not even in the guest's
 * memory. After a no the card is not asked again before it calls net_port_resume(), so that when
 * the host looks does not matter. */
struct net_port_ops {
    void (*receive)(void *opaque, const u8 *frame, u32 len);
    bool (*room)(void *opaque);
};

/* Adds a source "net:ID" to the machine's door; id is the -netdev's and is copied. Owned by the
 * machine. */
struct net_port *net_port_new(struct machine *m, const char *id, const struct net_port_ops *ops,
                              void *opaque);
void net_port_delete(struct net_port *p); /* by the machine */
const char *net_port_id(const struct net_port *p);

/* ---- the card ---- */

void net_port_send(struct net_port *p, const u8 *frame, u32 len);
/* There is room again (buffers were given, the receiver was switched on): the host side, if there
 * is one and it holds frames back, posts them now. The card need not call it from receive(). */
void net_port_resume(struct net_port *p);

/* ---- the host side ---- */

/* sink() gets what the guest sends, in the middle of its step. resume() (may be NULL) is
 * net_port_resume(), and also comes after a frame was taken: frames that wait are posted one after
 * the other, at one step boundary, as long as there is room. */
void net_port_attach(struct net_port *p, void (*sink)(void *opaque, const u8 *frame, u32 len),
                     void (*resume)(void *opaque), void *opaque);
/* Is there none in the door, and would the card take one? No in the past or in a branch. */
bool net_port_room(struct net_port *p);
bool net_port_post(struct net_port *p, const u8 *frame, u32 len); /* false: this is the past */

/* Sees every frame in both directions as it passes the card, also in a replay. */
void net_port_set_tap(struct net_port *p,
                      void (*tap)(void *opaque, bool sent, const u8 *frame, u32 len),
                      void *opaque);
/* While muted, neither sink nor tap gets anything, and there is no room. The timeline mutes
 * re-execution and branches. */
void net_port_set_muted(struct net_port *p, bool muted);

#endif
