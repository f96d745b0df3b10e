/* fuzz_nic.c - the network cards, with any registers, rings and frames */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "emu/net.h"
#include "hostile.h"
#include "hw/e1000.h"
#include "hw/rtl8139.h"

enum { RTL_PORTS = 0xc000, E1000_PORTS = 0xd000, MOST = 2048 };

static void sink(void *opaque, const u8 *frame, u32 len)
{
    u64 *seen = opaque;
    *seen = *seen * 31 + digest_bytes(frame, len, 0); /* reads it all */
}

/* A frame from outside, with addresses that a filter may let in; or a register of the gigabit card,
 * by its two ports. */
static void extra(struct hostile_board *b, struct reader *in)
{
    static const u8 mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    u8 frame[MOST] = {0};
    u8 what = reader_u8(in);
    if (what & 0x80) {
        static const u16 bases[] = {0, 0x2800, 0x3800, 0x0100, 0x5000, 0x00c0, 0x4000, 0x5400};
        bus_write(b->m->io, E1000_PORTS, bases[what & 7] + 4 * (what >> 3 & 15), 4);
        bus_write(b->m->io, E1000_PORTS + 4, reader_u32(in), 4);
        return;
    }
    u32 len = 1 + reader_u16(in) % MOST, given = reader_u8(in) % 64;
    memset(frame, what & 2 ? 0xff : 0, 6);
    if (what & 4)
        memcpy(frame, mac, 6);
    reader_get(in, frame + 12, MIN(given, MOST - 12u));
    struct net_port *p = b->m->net[what & 1];
    net_port_room(p);
    if (net_port_post(p, frame, len))
        door_deliver_due(b->m->door);
}

static void place(struct hostile_board *b, unsigned slot, unsigned bar, u32 at)
{
    u32 config = 0x80000000 | slot << 11;
    bus_write(b->m->io, 0xcf8, config | (0x10 + 4 * bar), 4);
    bus_write(b->m->io, 0xcfc, at | 1, 4);
    bus_write(b->m->io, 0xcf8, config | 4, 4);
    bus_write(b->m->io, 0xcfc, 5, 4);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    static const u8 mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    static const struct hostile_ports ports[] = {{RTL_PORTS, 64}, {RTL_PORTS + 64, 64},
                                                 {RTL_PORTS + 0xc0, 64}, {E1000_PORTS, 8}};
    struct hostile_board b;
    u64 seen = 0;

    hostile_board_init(&b, false);
    b.extra = extra;
    struct pci_bus *pci = pci_bus_new(b.m);
    rtl8139_new(b.m, pci, PCI_DEVFN(3, 0), "a", mac);
    e1000_new(b.m, pci, PCI_DEVFN(4, 0), "b", mac);
    for (unsigned i = 0; i < 2; i++)
        net_port_attach(b.m->net[i], sink, NULL, &seen);
    hostile_board_reset(&b);
    place(&b, 3, 0, RTL_PORTS);
    place(&b, 4, 2, E1000_PORTS);
    hostile_board_play(&b, ports, ARRAY_SIZE(ports), data, n);
    hostile_board_fini(&b);
    return 0;
}

/* Both cards send and receive: RealTek's in its old mode and then in C+ mode (rings at 0x2000 and
 * 0x3000), Intel's with a context, a packet and two receive buffers (rings at 0x4000 and 0x5000). */
size_t hostile_seed(u8 *data, size_t most)
{
    static const u8 seed[] = {
        /* RealTek's: CR, RBSTART, RCR, IMR; buffer and status of the first to be sent; a frame */
        0, 0x37, 12,  0xc0, 0x30, 0, 0x10, 0, 0,  0x80 | 0x40, 0x04 | 0x40, 0x0f, 0, 0, 0,
        0x80, 0x3c, 0xff, 0xff,  0xc0, 0x20, 0, 8, 0, 0,  0xc0, 0x10, 60, 0, 0, 0,
        7, 6, 80, 0, 4, 8, 0, 1, 2,
        /* C+: descriptors to send (a TCP packet in pieces) and to receive; CPCR, rings, poll */
        2, 0x00, 0x20, 32, 60, 0, 0x40, 0x38, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0,
        0x60, 0, 4, 0xd8, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0,
        2, 0x00, 0x30, 16, 0, 6, 0, 0xc0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 0, 0,
        2, 0x0c, 0x08, 26, 8, 0, 0x45, 0, 0, 0x80, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 2, 15, 10, 0, 2, 2,
        0, 80, 0, 80,
        0x80, 0x80 | 0x20, 0x63, 0,  0xc0, 0x20, 0, 0x20, 0, 0,  0xc0, 0x80 | 0x24, 0, 0x30, 0, 0,
        0, 0x80 | 0x19, 0x40,  7, 4, 100, 0, 12, 8, 0, 0x45, 0, 0, 60, 0, 0, 0, 0, 64, 6,
        /* Intel's: descriptors; rings; RCTL, TCTL, IMS; tails; frames; time */
        2, 0x00, 0x40, 32, 14, 24, 33, 0, 34, 50, 0, 0, 64, 0, 0, 0x2f, 0, 54, 20, 0,
        0, 8, 0, 0, 0, 0, 0, 0, 100, 0, 0x10, 0x2d, 0, 3, 0, 0,
        2, 0x00, 0x50, 16, 0, 0x70, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        7, 0x82, 0, 0x40, 0, 0,  7, 0x92, 128, 0, 0, 0,  7, 0x81, 0, 0x50, 0, 0,
        7, 0x91, 128, 0, 0, 0,  7, 0xb1, 7, 0, 0, 0,  7, 0x83, 2, 0x80, 0, 0,
        7, 0xa5, 0xff, 0xff, 0, 0,  0xc0, 0xc0, 0, 4, 0, 0,  0xc0, 0xc4, 10, 0, 0, 0,
        7, 0xb2, 2, 0, 0, 0,  7, 5, 100, 0, 4, 8, 0, 0x45, 0,  7, 3, 200, 2, 0,
        3, 0xff, 0xff,  4, 2, 9, 1, 0, 7, 200, 1, 0, 255,  3, 0xff, 0xff,
    };
    memcpy(data, seed, MIN(sizeof(seed), most));
    return MIN(sizeof(seed), most);
}
