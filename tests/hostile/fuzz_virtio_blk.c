/* fuzz_virtio_blk.c - a virtio disk, with any rings and accesses */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "hostile.h"
#include "hw/virtio.h"

enum { MSIX = 0x10000000 };

static void message(void *opaque, u64 addr, u32 data)
{
    u64 *seen = opaque;
    *seen += addr + data;
}

static void config(struct hostile_board *b, unsigned offset, u32 value)
{
    bus_write(b->m->io, 0xcf8, 0x80001800 | offset, 4);
    bus_write(b->m->io, 0xcfc, value, 4);
}

/* The table of MSI-X, its control word, and device configuration that MSI-X moves. */
static void extra(struct hostile_board *b, struct reader *in)
{
    u8 what = reader_u8(in);
    if (what & 1)
        config(b, 0x84, reader_u32(in));
    else if (what & 2)
        bus_write(b->m->io, 0xc000 + 20 + (what >> 2), reader_u16(in), 2);
    else
        bus_write(b->m->mem, MSIX + (what & 0xfc), reader_u32(in), 4);
    bus_read(b->m->mem, MSIX + (what >> 1) * 32, 4);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    static const struct hostile_ports ports[] = {{0xc000, 64}, {0xc000, 20}};
    struct hostile_board b;
    u64 seen = 0;

    hostile_board_init(&b, false);
    b.extra = extra;
    struct pci_bus *pci = pci_bus_new(b.m);
    pci_set_msi(pci, message, &seen);
    virtio_blk_new(b.m, virtio_in_slot(pci, PCI_DEVFN(3, 0)), b.disk);
    hostile_board_reset(&b);
    config(&b, 0x10, 0xc001);
    config(&b, 0x14, MSIX);
    config(&b, 4, 7);
    hostile_board_play(&b, ports, 2, data, n);
    hostile_board_fini(&b);
    return 0;
}

/* A queue at 0x1000 with one request: header at 0x4000, data at 0x5000, status at 0x4100. */
size_t hostile_seed(u8 *data, size_t most)
{
    static const u8 seed[] = {
        2, 0x00, 0x10, 48,
        0x00, 0x40, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0,
        0x00, 0x50, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 3, 0, 2, 0,
        0x00, 0x41, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0,
        2, 0x00, 0x40, 16, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
        2, 0x00, 0x18, 6, 0, 0, 1, 0, 0, 0,
        0, 0x12, 3,  0xc0, 0x04, 0, 0, 0, 0x30,  0xc0, 0x08, 1, 0, 0, 0,  0, 0x12, 7,
        0x80, 0x10, 0, 0,  3, 0xff, 0xff,  1, 0x13,  1, 0x12,
        2, 0x02, 0x18, 4, 2, 0, 0, 0,  0x80, 0x10, 0, 0,  4, 2, 9, 0, 0, 7, 200, 1, 0, 255,
        3, 0xff, 0xff,
    };
    memcpy(data, seed, MIN(sizeof(seed), most));
    return MIN(sizeof(seed), most);
}
