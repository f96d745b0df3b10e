/* board.c - a small machine, and scripts of accesses to it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/tlb.h"
#include "hostile.h"

enum { DISK_BYTES = 40 * 1024 };
enum { OP_OUT, OP_IN, OP_POKE, OP_TIME, OP_TAMPER, OP_FILL, OP_RESET, OP_EXTRA, N_OPS };

static void cpu_reset(struct cpu *c)
{
    c->lines = 0;
}

static void cpu_fini(struct cpu *c)
{
    free(c);
}

static void cpu_nothing(struct cpu *c)
{
    (void)c;
}

static const struct arch no_arch = {.name = "none", .state = &cpu_state, .reset = cpu_reset,
                                    .fini = cpu_fini, .sync = cpu_nothing,
                                    .after_load = cpu_nothing};

static bool image_read(struct disk_image *i, u64 offset, void *out, size_t n)
{
    struct hostile_board *b = CONTAINER_OF(i, struct hostile_board, image);
    CHECK(offset <= i->size && n <= i->size - offset);
    memcpy(out, b->content + offset, n);
    return true;
}

static u64 image_extent(struct disk_image *i, u64 offset, bool *zeros)
{
    *zeros = false;
    return i->size - offset;
}

static const struct disk_image_type image_type = {.name = "memory", .read = image_read,
                                                  .extent = image_extent};

void hostile_board_init(struct hostile_board *b, bool readonly)
{
    *b = (struct hostile_board){.image = {.type = &image_type, .path = "memory",
                                          .size = DISK_BYTES}};
    b->content = xcalloc(1, DISK_BYTES);
    config_init(&b->config);
    b->config.icount_shift = 0;
    b->m = machine_new(&b->config);
    struct cpu *c = xcalloc(1, sizeof(*c));
    c->arch = &no_arch;
    machine_set_cpu(b->m, c);
    struct ram *ram = machine_add_ram(b->m, "ram", HOSTILE_RAM);
    bus_map_ram(b->m->mem, "ram", 0, HOSTILE_RAM, ram, 0, false);
    b->disk = disk_new(b->m, "d", &b->image, readonly, false);
}

void hostile_board_fini(struct hostile_board *b)
{
    machine_delete(b->m);
    config_fini(&b->config);
    free(b->content);
}

void hostile_board_reset(struct hostile_board *b)
{
    for (u32 i = 0; i < b->m->n_devices; i++) {
        struct device *d = b->m->device[i];
        d->deadline = NEVER;
        if (d->type->reset)
            d->type->reset(d);
    }
}

void hostile_board_run(struct hostile_board *b, u64 ns)
{
    b->m->clock.icount += ns;
    for (unsigned k = 0; k < 256 && door_deliver_due(b->m->door); k++)
        ;
    for (unsigned k = 0; k < 64; k++) {
        bool any = false;
        for (u32 i = 0; i < b->m->n_devices; i++) {
            struct device *d = b->m->device[i];
            if (d->deadline > machine_now_ns(b->m))
                continue;
            d->deadline = NEVER;
            d->type->tick(d);
            any = true;
        }
        if (!any)
            return;
    }
}

void hostile_board_tamper(struct hostile_board *b, struct reader *in)
{
    struct buf state = {0};
    machine_save(b->m, &state);
    for (unsigned n = reader_u8(in) % 8; n; n--) {
        u32 at = reader_u16(in) | (u32)reader_u8(in) << 16;
        state.data[at % state.len] = reader_u8(in);
    }
    struct reader r = reader_of(state.data, state.len);
    u64 was = b->m->clock.icount;
    machine_load(b->m, &r);
    b->m->clock.icount = was;
    b->m->clock.idle_ns = 0;
    buf_fini(&state);
}

static void poke(struct hostile_board *b, struct reader *in)
{
    u8 bytes[64];
    u16 at = reader_u16(in);
    unsigned n = reader_u8(in) % (sizeof(bytes) + 1);
    reader_get(in, bytes, n);
    bus_write_bytes(b->m->mem, at, bytes, n, false);
}

static u16 port(const struct hostile_ports *ports, unsigned n, struct reader *in)
{
    u8 which = reader_u8(in);
    const struct hostile_ports *p = &ports[(which >> 6) % n];
    return p->base + (which & 63) % p->size;
}

static void step(struct hostile_board *b, const struct hostile_ports *ports, unsigned n_ports,
                 struct reader *in)
{
    static const u8 sizes[] = {1, 1, 2, 4};
    u8 op = reader_u8(in);
    unsigned size = sizes[op >> 6];

    switch ((op & 63) % N_OPS) {
    case OP_OUT: {
        u16 at = port(ports, n_ports, in);
        u32 v = size == 1 ? reader_u8(in) : size == 2 ? reader_u16(in) : reader_u32(in);
        bus_write(b->m->io, at, v, size);
        break;
    }
    case OP_IN: bus_read(b->m->io, port(ports, n_ports, in), size); break;
    case OP_POKE: poke(b, in); break;
    case OP_TIME: hostile_board_run(b, reader_u16(in) * (u64)16); break;
    case OP_TAMPER: hostile_board_tamper(b, in); break;
    case OP_FILL: { /* the data port, many times */
        u16 at = port(ports, n_ports, in);
        for (unsigned i = reader_u8(in); i; i--)
            if (op & 64)
                bus_write(b->m->io, at, i * 0x1020304, 2);
            else
                bus_read(b->m->io, at, 2);
        break;
    }
    case OP_EXTRA:
        if (b->extra)
            b->extra(b, in);
        break;
    default: hostile_board_reset(b); break;
    }
}

void hostile_board_play(struct hostile_board *b, const struct hostile_ports *ports,
                        unsigned n_ports, const u8 *data, size_t n)
{
    struct reader in = reader_of(data, n);
    while (reader_left(&in) && !in.bad)
        step(b, ports, n_ports, &in);
    hostile_board_run(b, 10000000);
    machine_digest(b->m);
}
