/* fuzz_ac97.c - a sound card, with any registers and descriptors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "hostile.h"
#include "hw/ac97.h"

static void sink(void *opaque, u32 rate, const i16 *frames, u32 n)
{
    (void)rate;
    for (u32 i = 0; i < 2 * n; i++)
        *(u32 *)opaque += frames[i];
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    static const struct hostile_ports ports[] = {
        {0xc400, 56}, {0xc000, 64}, {0xc040, 64}, {0xc400, 56}};
    struct hostile_board b;
    u32 sum = 0;

    hostile_board_init(&b, false);
    struct pci_bus *pci = pci_bus_new(b.m);
    struct audio *audio = audio_new(b.m, "a");
    audio_set_sink(audio, sink, &sum);
    ac97_new(b.m, pci, PCI_DEVFN(3, 0), audio);
    hostile_board_reset(&b);
    bus_write(b.m->io, 0xcf8, 0x80001810, 4);
    bus_write(b.m->io, 0xcfc, 0xc001, 4);
    bus_write(b.m->io, 0xcf8, 0x80001814, 4);
    bus_write(b.m->io, 0xcfc, 0xc401, 4);
    bus_write(b.m->io, 0xcf8, 0x80001804, 4);
    bus_write(b.m->io, 0xcfc, 5, 4);
    hostile_board_play(&b, ports, 4, data, n);
    hostile_board_fini(&b);
    return 0;
}

/* Two descriptors at 0x1000 for samples at 0x8000, played and captured. */
size_t hostile_seed(u8 *data, size_t most)
{
    static const u8 seed[] = {
        2, 0x00, 0x10, 16, 0x00, 0x80, 0, 0, 200, 0, 0, 0x80, 0x00, 0x90, 0, 0, 0, 8, 0, 0x80,
        0xc0, 0x10, 0x00, 0x10, 0, 0,  0x00, 0x15, 1,  0x00, 0x1b, 0x1d,
        3, 0xff, 0xff,  1, 0x18,  0x81, 0x18,  1, 0x14,  0x80, 0x16, 0x1c, 0,  0x00, 0x15, 3,
        0xc0, 0x00, 0x00, 0x10, 0, 0,  0x00, 0x05, 31,  0x00, 0x0b, 0x15,  3, 0xff, 0xff,
        0x80, 0x6a, 1, 0,  0x80, 0x6c, 0x40, 0x1f,  0x80, 0x42, 0, 0,  3, 0xff, 0xff,
        4, 2, 40, 1, 0, 7, 80, 1, 0, 255,  3, 0xff, 0xff,  1, 0x30,  1, 0x34,
    };
    memcpy(data, seed, MIN(sizeof(seed), most));
    return MIN(sizeof(seed), most);
}
