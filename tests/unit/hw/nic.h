/* nic.h - a network card under test: memory, a PCI bus, and a wire that remembers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_HW_NIC_H
#define TESTS_HW_NIC_H

#include "board.h"
#include "emu/net.h"
#include "hw/pci.h"

enum { WIRE_RAM = 1024 * 1024, WIRE_MOST = 128 };

struct wire {
    struct board *b;
    struct ram *ram;
    struct device *card;
    struct net_port *port;
    bool level;        /* of its interrupt */
    unsigned rises;
    unsigned resumed;
    unsigned n;        /* frames that were sent */
    u32 len[WIRE_MOST];
    u8 *frame[WIRE_MOST];
};

typedef struct device *(*wire_card)(struct machine *m, struct pci_bus *bus, u8 devfn,
                                    const char *netdev, const u8 mac[NET_MAC_BYTES]);

extern const u8 wire_mac[NET_MAC_BYTES];

/* The card is in slot 3, with all decoding and bus mastering on, its base addresses as given. */
struct wire *wire_new(wire_card card, const u32 bar[6]);
void wire_delete(struct wire *w);
void wire_forget(struct wire *w); /* what was sent so far */
/* A frame comes from outside; false: it would have had to wait. */
bool wire_receive(struct wire *w, const u8 *frame, u32 len);

void wire_put16(struct wire *w, u64 at, u16 v); /* in memory, little-endian */
void wire_put32(struct wire *w, u64 at, u32 v);
void wire_put64(struct wire *w, u64 at, u64 v);
u16 wire_get16(struct wire *w, u64 at);
u32 wire_get32(struct wire *w, u64 at);

/* A frame with a TCP segment over IPv4, without checksums; returns its length. */
u32 wire_tcp(u8 *frame, u32 payload);
/* Are the sums of a frame right? By arithmetic of the tests' own. */
bool wire_sums_ok(const u8 *frame, u32 len);

#endif
