/* fuzz_virtio_input.c - a virtio tablet and keyboard, with any rings, accesses and events */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "hostile.h"
#include "hw/virtio.h"

static void config(struct machine *m, unsigned slot, unsigned offset, u32 value)
{
    bus_write(m->io, 0xcf8, 0x80000000 | slot << 11 | offset, 4);
    bus_write(m->io, 0xcfc, value, 4);
}

/* A driver's beginning, the same for each: eventq at `base`. */
static void start(struct machine *m, u64 bar, u64 base)
{
    bus_write(m->mem, bar + 0x14, 15, 1);
    bus_write(m->mem, bar + 0x20, base, 4);
    bus_write(m->mem, bar + 0x28, base + 0x1000, 4);
    bus_write(m->mem, bar + 0x30, base + 0x2000, 4);
    bus_write(m->mem, bar + 0x1c, 1, 2);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    static const struct hostile_ports ports[] = {{0xcf8, 8}};
    struct hostile_board b;
    struct reader in = reader_of(data, n);

    hostile_board_init(&b, false);
    struct pci_bus *pci = pci_bus_new(b.m);
    virtio_keyboard_new(b.m, virtio_in_slot(pci, PCI_DEVFN(3, 0)));
    virtio_tablet_new(b.m, virtio_in_slot(pci, PCI_DEVFN(4, 0)));
    hostile_board_reset(&b);
    for (unsigned slot = 3; slot < 5; slot++) {
        config(b.m, slot, 0x20, 0xe0000000 + (slot << 16));
        config(b.m, slot, 4, 6);
        start(b.m, 0xe0000000 + (slot << 16), 0x1000 + 0x4000 * (slot - 3));
    }
    while (reader_left(&in) && !in.bad) {
        u8 op = reader_u8(&in), bytes[64];
        u32 len = reader_u8(&in) % sizeof(bytes);
        reader_get(&in, bytes, len);
        if (op % 4 == 0)
            door_post(b.m->door, 2 + (op >> 2) % 2, bytes, len);
        else if (op % 4 == 1 && len > 4)
            bus_write(b.m->mem, (op & 4 ? 0xe0040000 : 0xe0030000) +
                                    ((bytes[0] | bytes[1] << 8) & 0x3fff),
                      bytes[2] | bytes[3] << 8, 1 << bytes[4] % 3);
        else if (op % 4 == 2 && len > 2)
            bus_write_bytes(b.m->mem, (bytes[0] | bytes[1] << 8), bytes + 2, len - 2, false);
        else
            hostile_board_play(&b, ports, 1, bytes, len);
        door_deliver_due(b.m->door);
    }
    machine_digest(b.m);
    hostile_board_fini(&b);
    return 0;
}

/* Buffers for the keyboard at 0x8000, then keys; the tablet is told of its own ring, and moves. */
size_t hostile_seed(u8 *data, size_t most)
{
    static const u8 seed[] = {
        2, 34, 0x00, 0x10, 0, 0x80, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0,
        8, 0x80, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0,
        2, 10, 0x00, 0x20, 0, 0, 4, 0, 0, 0, 1, 0, 0, 2, 0x1e, 0x9e, 1, 5, 0, 0x30, 0, 0, 1,
        2, 18, 0x00, 0x50, 0, 0x90, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0,
        2, 10, 0x00, 0x60, 0, 0, 9, 0, 0, 0, 0, 0, 4, 7, 1, 5, 0, 0xff, 0x7f, 1, 0,
        5, 5, 0, 0x20, 0x11, 0, 0, 5, 5, 1, 0x20, 1, 0, 0,
    };
    memcpy(data, seed, MIN(sizeof(seed), most));
    return MIN(sizeof(seed), most);
}
