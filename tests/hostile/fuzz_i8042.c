/* fuzz_i8042.c - keyboard controller, keyboard and mouse, with any accesses, keys and moves */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "hostile.h"
#include "hw/i8042.h"

/* The first bytes are events of the door, as a recording could hold them; the rest is played. */
static void post_events(struct machine *m, struct reader *in)
{
    for (unsigned n = reader_u8(in) % 16; n; n--) {
        u8 bytes[64];
        u32 source = 2 + reader_u8(in) % 2, len = reader_u8(in) % sizeof(bytes);
        reader_get(in, bytes, len);
        door_post(m->door, source, bytes, len);
    }
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    static const struct hostile_ports ports[] = {{0x60, 1}, {0x64, 1}};
    struct reader in = reader_of(data, n);
    struct hostile_board b;
    struct irq none = {0};

    hostile_board_init(&b, false);
    i8042_new(b.m, none, none);
    hostile_board_reset(&b);
    bus_write(b.m->io, 0x64, 0xd4, 1);
    bus_write(b.m->io, 0x60, 0xf4, 1);
    post_events(b.m, &in);
    for (unsigned i = 0; i < 8; i++)
        door_deliver_due(b.m->door);
    size_t left = reader_left(&in);
    hostile_board_play(&b, ports, 2, in.p, left / 2);
    while (door_deliver_due(b.m->door))
        ;
    hostile_board_play(&b, ports, 2, in.p + left / 2, left - left / 2);
    hostile_board_fini(&b);
    return 0;
}

/* Keys that are held, a move; then commands to both, and all that they say. */
size_t hostile_seed(u8 *data, size_t most)
{
    static const u8 seed[] = {
        3, 0, 8, 0x2a, 0x1e, 0, 100, 0, 0xe0, 0xc8, 0x9e, 1, 7, 1, 5, 0, 0xfb, 0xff, 1, 0,
        0, 4, 0xe0, 0x46, 0, 1,
        0, 0x40, 0xd4, 0, 0, 0xff, 5, 0, 30,
        0, 0x40, 0xd4, 0, 0, 0xf3, 0, 0x40, 0xd4, 0, 0, 200, 0, 0x40, 0xd4, 0, 0, 0xe9, 5, 0, 30,
        0, 0, 0xff, 0, 0, 0xf0, 0, 0, 3, 5, 0, 30, 3, 0xff, 0xff, 0, 0x40, 0x20, 5, 0, 9,
        0, 0x40, 0x60, 0, 0, 0x47, 0, 0x40, 0xd3, 0, 0, 0x5a, 1, 0, 1, 0x40,
    };
    memcpy(data, seed, MIN(sizeof(seed), most));
    return MIN(sizeof(seed), most);
}
