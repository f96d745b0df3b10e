/* net.h - what the host's side of a network is made of: backends, by -netdev's kinds */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_NET_H
#define EMU_HOST_NET_H

#include "emu/host/loop.h"
#include "emu/machine.h"
#include "emu/net.h"
#include "emu/types.h"

struct net_backend;

struct net_backend_type {
    const char *kind; /* "user": the option's first word */
    /* text: what follows the kind. NULL (reported). */
    struct net_backend *(*open)(struct machine *m, struct net_port *port, struct host_loop *l,
                                const char *text);
    void (*close)(struct net_backend *b);
};

struct net_backend { /* embedded, first */
    const struct net_backend_type *type;
};

/* Is this a kind of -netdev's? */
bool net_backend_known(const char *kind);
/* spec is the whole option, "user,id=net0,restrict=on". NULL (reported). The machine must outlive
 * it. */
struct net_backend *net_backend_open(struct machine *m, struct net_port *port,
                                     struct host_loop *l, const char *spec);
void net_backend_close(struct net_backend *b); /* NULL: nothing */

extern const struct net_backend_type net_user_type, net_socket_type;

/* ---- net_queue.c: frames for a card that has no room now ---- */

struct net_queue_frame;
struct net_queue {
    struct net_port *port;
    struct net_queue_frame *first, **last;
    size_t bytes;
    u64 dropped;
};

void net_queue_init(struct net_queue *q, struct net_port *port);
void net_queue_fini(struct net_queue *q);
/* Posts the frame, or keeps it; drops it when far too many are kept. */
void net_queue_put(struct net_queue *q, const u8 *frame, u32 len);
void net_queue_flush(struct net_queue *q); /* there may be room */
bool net_queue_is_full(const struct net_queue *q); /* a backend does well to bring no more */

/* ---- net_pcap.c: a file of the frames that pass a card ---- */

struct net_pcap;
/* maxlen: of each frame no more is kept; 0: all of it. NULL (reported). */
struct net_pcap *net_pcap_open(const char *path, struct machine *m, struct net_port *port,
                               u32 maxlen);
const struct net_port *net_pcap_port(const struct net_pcap *p);
bool net_pcap_close(struct net_pcap *p); /* false (reported) when it could not be written */

#endif
