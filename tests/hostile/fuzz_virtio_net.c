/* fuzz_virtio_net.c - a virtio network card, with any rings, accesses and frames */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "hostile.h"
#include "hw/virtio.h"

/* Each frame that the guest sends comes back, and a piece of it once more. */
static void echo(void *opaque, const u8 *frame, u32 len)
{
    struct net_port *p = opaque;
    if (!net_port_room(p))
        return;
    net_port_post(p, frame, len);
    net_port_post(p, frame, 1 + frame[len - 1] % len);
}

static void resumed(void *opaque)
{
    static const u8 frame[2000] = {255, 255, 255, 255, 255, 255};
    struct net_port *p = opaque;
    if (net_port_room(p))
        net_port_post(p, frame, sizeof(frame));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    static const struct hostile_ports ports[] = {{0xc000, 64}, {0xc000, 20}};
    static const u8 mac[NET_MAC_BYTES] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    struct hostile_board b;

    hostile_board_init(&b, false);
    struct pci_bus *pci = pci_bus_new(b.m);
    virtio_net_new(b.m, virtio_in_slot(pci, PCI_DEVFN(3, 0)), "n", mac);
    net_port_attach(b.m->net[0], echo, resumed, b.m->net[0]);
    hostile_board_reset(&b);
    bus_write(b.m->io, 0xcf8, 0x80001810, 4);
    bus_write(b.m->io, 0xcfc, 0xc001, 4);
    bus_write(b.m->io, 0xcf8, 0x80001804, 4);
    bus_write(b.m->io, 0xcfc, 5, 4);
    hostile_board_play(&b, ports, 2, data, n);
    hostile_board_fini(&b);
    return 0;
}

/* Three queues, at 0x1000, 0x5000 and 0x9000: a buffer to receive into, a frame to send with its checksum to be
 * finished, and a command. */
size_t hostile_seed(u8 *data, size_t most)
{
    static const u8 seed[] = {
        2, 0x00, 0x10, 32,
        0x00, 0x40, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 2, 0, 0, 0,
        0x00, 0x44, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 2, 0, 0, 0,
        2, 0x00, 0x18, 8, 0, 0, 2, 0, 0, 0, 1, 0,
        2, 0x00, 0x50, 32,
        0x00, 0x48, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 1, 0, 1, 0,
        0x00, 0x4c, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0,
        2, 0x00, 0x48, 12, 1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 0, 0,
        2, 0x00, 0x4c, 12, 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1,
        2, 0x00, 0x58, 6, 0, 0, 1, 0, 0, 0,
        2, 0x00, 0x90, 48,
        0x00, 0x4e, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0,
        0x10, 0x4e, 0, 0, 0, 0, 0, 0, 14, 0, 0, 0, 1, 0, 2, 0,
        0x30, 0x4e, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0,
        2, 0x00, 0x4e, 2, 1, 0,
        2, 0x00, 0x98, 6, 0, 0, 1, 0, 0, 0,
        0, 0x12, 3,
        0xc0, 0x04, 0, 0x80, 0x07, 0x30,
        0x80, 0x0e, 0, 0, 0xc0, 0x08, 1, 0, 0, 0,
        0x80, 0x0e, 1, 0, 0xc0, 0x08, 5, 0, 0, 0,
        0x80, 0x0e, 2, 0, 0xc0, 0x08, 9, 0, 0, 0,
        0, 0x12, 7,
        0x80, 0x10, 0, 0, 0x80, 0x10, 1, 0, 0x80, 0x10, 2, 0,
        3, 0xff, 0xff, 1, 0x13, 1, 0x12,
        2, 0x02, 0x58, 4, 2, 0, 0, 0, 0x80, 0x10, 1, 0, 4, 2, 9, 0, 0, 7, 200, 1, 0, 255,
        3, 0xff, 0xff,
    };
    memcpy(data, seed, MIN(sizeof(seed), most));
    return MIN(sizeof(seed), most);
}
