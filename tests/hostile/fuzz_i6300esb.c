/* fuzz_i6300esb.c - the watchdog, with any registers, times and states */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "hostile.h"
#include "hw/pc_cards.h"

enum { BASE = 0x10000000, SLOT = 3 };

static void config(struct machine *m, unsigned offset, u32 value, unsigned size)
{
    bus_write(m->io, 0xcf8, UINT32_C(0x80000000) | SLOT << 11 | (offset & 0xfc), 4);
    bus_write(m->io, 0xcfc + (offset & 3), value, size);
}

/* A register, mostly behind the sequence that unlocks it; or configuration space. */
static void extra(struct hostile_board *b, struct reader *in)
{
    u8 what = reader_u8(in), at = what >> 2 & 15;
    if (what & 1) {
        config(b->m, 0x60 + at, reader_u16(in), 1 + (what >> 1 & 1));
        return;
    }
    if (what & 2) {
        bus_write(b->m->mem, BASE + 12, 0x80, 2);
        bus_write(b->m->mem, BASE + 12, 0x86, 2);
    }
    bus_write(b->m->mem, BASE + at, reader_u32(in) >> (what >> 6) * 8, what & 0x80 ? 2 : 4);
    bus_read(b->m->mem, BASE + at, 4);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    static const struct hostile_ports ports[] = {{0xcf8, 8}};
    struct hostile_board b;

    hostile_board_init(&b, false);
    b.extra = extra;
    struct pci_bus *pci = pci_bus_new(b.m);
    i6300esb_new(b.m, pci, PCI_DEVFN(SLOT, 0), n ? data[0] % WATCHDOG_ACTIONS : WATCHDOG_NONE);
    hostile_board_reset(&b);
    config(b.m, 0x10, BASE, 4);
    config(b.m, 4, 2, 2);
    hostile_board_play(&b, ports, 1, data, n);
    hostile_board_fini(&b);
    return 0;
}

/* A short heartbeat, enabled, and time until it has barked twice. */
size_t hostile_seed(u8 *data, size_t most)
{
    static const u8 seed[] = {
        7, 0x02, 1, 0, 0, 0,  7, 0x12, 1, 0, 0, 0,  7, 0x21, 2, 0,
        3, 0xff, 0xff,  3, 0xff, 0xff,  7, 0x32, 0, 1, 0, 0,  3, 0xff, 0xff,
    };
    memcpy(data, seed, MIN(sizeof(seed), most));
    return MIN(sizeof(seed), most);
}
