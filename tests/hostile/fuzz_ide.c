/* fuzz_ide.c - the IDE channels and their bus master, with any accesses */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "emu/medium.h"
#include "hostile.h"
#include "hw/piix3_ide.h"

static void config(struct machine *m, unsigned offset, u32 value)
{
    bus_write(m->io, 0xcf8, UINT32_C(0x80000000) | PIIX3_IDE_DEVFN << 8 | offset, 4);
    bus_write(m->io, 0xcfc, value, 4);
}

/* An event of the CD drive's, as a recording may have it. */
static void extra(struct hostile_board *b, struct reader *in)
{
    static const u8 insert[] = {1, 0, 0xa0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 'r', 1, 'x'};
    u8 event[sizeof(insert)], what = reader_u8(in);
    memcpy(event, insert, sizeof(insert));
    if (what & 0x40)
        event[reader_u8(in) % sizeof(event)] = reader_u8(in);
    if (!(what & 1))
        event[0] = what >> 1 & 3;
    for (u32 i = 0; i < door_n_sources(b->m->door); i++)
        if (!strcmp(door_source_name(b->m->door, i), "cd:cd"))
            door_post(b->m->door, i, event, what & 1 ? sizeof(event) : 1);
    door_deliver_due(b->m->door);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    static const struct hostile_ports ports[] = {{0x1f0, 8}, {0xc000, 16}, {0x170, 8}, {0x3f6, 1}};
    struct hostile_board b;
    struct piix3_ide_drive drives[4] = {0};
    struct irq none = {0};

    hostile_board_init(&b, false);
    struct pci_bus *pci = pci_bus_new(b.m);
    drives[0].disk = b.disk;
    drives[2] = (struct piix3_ide_drive){disk_new(b.m, "cd", &b.image, true, false), true};
    medium_new(b.m, drives[2].disk, &b.image, 1);
    b.extra = extra;
    piix3_ide_new(b.m, pci, none, none, drives);
    hostile_board_reset(&b);
    config(b.m, 0x20, 0xc001);
    config(b.m, 4, 5);
    hostile_board_play(&b, ports, 4, data, n);
    hostile_board_fini(&b);
    return 0;
}

/* READ SECTORS, WRITE DMA by a table of two entries, READ(10) by packet. */
size_t hostile_seed(u8 *data, size_t most)
{
    static const u8 seed[] = {
        0, 0x02, 2,  0, 0x03, 1,  0, 0x04, 0,  0, 0x05, 0,  0, 0x06, 0xe0,  0, 0x07, 0x20,
        3, 0xff, 0xff,  0x85, 0x00, 255,  3, 0xff, 0xff,  5, 0x00, 255,
        2, 0x00, 0x10, 16, 0x00, 0x20, 0, 0, 0x00, 0x02, 0, 0,
        0x00, 0x40, 0, 0, 0x00, 0x02, 0, 0x80,
        0xc0, 0x44, 0x00, 0x10, 0, 0,
        0, 0x02, 2,  0, 0x03, 9,  0, 0x06, 0xe0,  0, 0x07, 0xca,  0, 0x40, 1,  3, 0xff, 0xff,
        1, 0x42,  0, 0x40, 0,
        0, 0x86, 0xa0,  0, 0x84, 0,  0, 0x85, 8,  0, 0x87, 0xa0,
        0x80, 0x80, 0x28, 0,  0x80, 0x80, 0, 0,  0x80, 0x80, 0, 4,  0x80, 0x80, 0, 0,
        0x80, 0x80, 2, 0,  0x80, 0x80, 0, 0,
        3, 0xff, 0xff,  5, 0x80, 255,  3, 0xff, 0xff,
    };
    memcpy(data, seed, MIN(sizeof(seed), most));
    return MIN(sizeof(seed), most);
}
