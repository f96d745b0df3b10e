/* fuzz_vga.c - the VGA: any registers, memory accesses and saved states; and what they look like */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "hostile.h"
#include "hw/vga.h"

enum { LFB = 0xe0000000, MMIO = 0xe2000000, ROM = 0xe3000000 };
enum { OP_OUT, OP_IN, OP_WRITE, OP_READ, OP_FRAME, OP_VBE, OP_MMIO, OP_FILL, OP_LOOK, OP_TAMPER,
       OP_TIME, OP_RESET, N_OPS };

static void map(struct machine *m)
{
    static const u32 values[][2] = {{0x10, LFB}, {0x18, MMIO}, {0x30, ROM | 1}, {4, 3}};
    for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
        bus_write(m->io, 0xcf8, UINT32_C(0x80001000) | values[i][0], 4);
        bus_write(m->io, 0xcfc, values[i][1], 4);
    }
}

static u32 window(struct reader *in)
{
    u8 high = reader_u8(in);
    return 0xa0000 + ((high & 1) << 16 | reader_u16(in));
}

static void look(struct machine *m)
{
    struct screen s = {0};
    struct buf text = {0};
    m->screen.render(m->screen.opaque, &s);
    m->screen.text(m->screen.opaque, &text);
    screen_fini(&s);
    buf_fini(&text);
}

static void step(struct hostile_board *b, struct reader *in)
{
    struct machine *m = b->m;
    u8 op = reader_u8(in);
    unsigned size = 1u << (op >> 6 & 1);

    switch ((op & 63) % N_OPS) {
    case OP_OUT: {
        u16 port = 0x3b0 + reader_u8(in) % 0x30;
        bus_write(m->io, port, reader_u16(in), size);
        break;
    }
    case OP_IN: bus_read(m->io, 0x3b0 + reader_u8(in) % 0x30, size); break;
    case OP_WRITE: {
        u32 at = window(in);
        bus_write(m->mem, at, reader_u32(in), size * 2);
        break;
    }
    case OP_READ: bus_read(m->mem, window(in), size * 2); break;
    case OP_FRAME: {
        u32 at = reader_u32(in) % (17 << 20);
        bus_write(m->mem, LFB + at, reader_u32(in), 4);
        break;
    }
    case OP_VBE: {
        u8 index = reader_u8(in) % 12;
        bus_write(m->io, 0x1ce, index, 2);
        bus_write(m->io, 0x1cf, reader_u16(in), 2);
        break;
    }
    case OP_MMIO: {
        u16 at = reader_u16(in) & 0xfff;
        bus_write(m->mem, MMIO + at, reader_u16(in), size);
        bus_read(m->mem, MMIO + at, size);
        break;
    }
    case OP_FILL: {
        u32 at = window(in);
        for (unsigned i = reader_u8(in); i; i--)
            bus_write(m->mem, at + i, i * 77, 1);
        break;
    }
    case OP_LOOK: look(m); break;
    case OP_TAMPER: hostile_board_tamper(b, in); break;
    case OP_TIME: hostile_board_run(b, reader_u32(in)); break;
    default:
        hostile_board_reset(b);
        map(m);
        break;
    }
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    static u8 rom[4096];
    const struct config_file bios = {.data = rom, .size = sizeof(rom)};
    struct hostile_board b;
    struct reader in = reader_of(data, n);

    hostile_board_init(&b, false);
    struct pci_bus *pci = pci_bus_new(b.m);
    vga_new(b.m, pci, &bios);
    hostile_board_reset(&b);
    map(b.m);
    vga_set_text_mode(b.m, &bios);
    /* Each look costs a whole picture. */
    for (unsigned i = 0; reader_left(&in) && !in.bad && i < 400; i++)
        step(&b, &in);
    look(b.m);
    machine_digest(b.m);
    hostile_board_fini(&b);
    return 0;
}

/* Text; mode 13h; planes; VBE at 800x600 in several depths. */
size_t hostile_seed(u8 *data, size_t most)
{
    static const u8 seed[] = {
        2, 1, 0x00, 0x80, 0x41, 0x07, 0x42, 0x1f,  8,
        0x40, 0x14, 0x02, 0x0f,  0x40, 0x14, 0x04, 0x0e,  0x40, 0x1e, 0x05, 0x40,
        0x40, 0x1e, 0x06, 0x05,  7, 0, 0x00, 0x10, 200,  8,
        0x40, 0x14, 0x04, 0x06,  0x40, 0x1e, 0x05, 0x02,  0x40, 0x1e, 0x08, 0xf0,
        3, 0, 0x10, 0x00,  2, 0, 0x10, 0x00, 1, 2, 3, 4,  8,
        5, 1, 0x20, 0x03,  5, 2, 0x58, 0x02,  5, 3, 32, 0,  5, 4, 0x41, 0,
        4, 0x00, 0x10, 0x00, 0x00, 1, 2, 3, 4,  5, 6, 0, 8,  5, 8, 10, 0,  5, 9, 20, 0,  8,
        5, 4, 0, 0,  5, 3, 4, 0,  5, 4, 0x41, 0,  7, 0, 0x00, 0x10, 200,  8,
        6, 0x0c, 0x05, 5, 0,  9, 2, 0x40, 1, 0, 7, 0x80, 1, 0, 9,  8,  10, 0, 0, 0, 1,  1, 0x2a,
    };
    memcpy(data, seed, MIN(sizeof(seed), most));
    return MIN(sizeof(seed), most);
}
