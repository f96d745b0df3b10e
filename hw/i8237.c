/* i8237.c - the two DMA controllers' registers, and the page registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Intel 8237A data sheet (231466). No device of this board asks for DMA: the registers only
 * remember. */
#include <string.h>

#include "emu/check.h"
#include "hw/system_ports.h"

enum {
    STATUS_COMMAND = 8,
    REQUEST = 9,
    SINGLE_MASK = 10,
    MODE = 11,
    CLEAR_FLIPFLOP = 12,
    MASTER_CLEAR = 13,
    CLEAR_MASK = 14,
    WRITE_MASK = 15
};

#define CHIP_STATE(F, A, S, T)                                                                     \
    A(T, u16, base, 8)    /* address and count of four channels */                                 \
    A(T, u16, current, 8)                                                                          \
    A(T, u8, mode, 4)                                                                              \
    F(T, u8, command)                                                                              \
    F(T, u8, request)                                                                              \
    F(T, u8, mask)                                                                                 \
    F(T, bool, high) /* the flip-flop: the next byte is the high one */

struct chip {
    STATE_MEMBERS(CHIP_STATE)
};
STATE_DESC(chip_state, "chip", struct chip, CHIP_STATE);

#define I8237_STATE(F, A, S, T)                                                                    \
    S(T, struct chip, chip_state, chip, 2)                                                         \
    A(T, u8, page, 16)

struct i8237 {
    struct device dev;
    STATE_MEMBERS(I8237_STATE)
};
STATE_DESC(i8237_state, "i8237", struct i8237, I8237_STATE);

static void clear(struct chip *c)
{
    c->command = c->request = 0;
    c->mask = 15;
    c->high = false;
}

static void write_count(struct chip *c, unsigned n, u8 value)
{
    u16 keep = c->high ? c->base[n] & 0x00ff : c->base[n] & 0xff00;
    c->base[n] = c->current[n] = keep | (c->high ? value << 8 : value);
    c->high = !c->high;
}

static void write_chip(struct chip *c, unsigned n, u8 value)
{
    u8 bit = 1 << (value & 3);
    switch (n) {
    case 0 ... 7:
        write_count(c, n, value);
        break;
    case STATUS_COMMAND:
        c->command = value;
        break;
    case REQUEST:
        c->request = value & 4 ? c->request | bit : c->request & ~bit;
        break;
    case SINGLE_MASK:
        c->mask = value & 4 ? c->mask | bit : c->mask & ~bit;
        break;
    case MODE:
        c->mode[value & 3] = value;
        break;
    case CLEAR_FLIPFLOP:
        c->high = false;
        break;
    case MASTER_CLEAR:
        clear(c);
        break;
    case CLEAR_MASK:
        c->mask = 0;
        break;
    case WRITE_MASK:
        c->mask = value & 15;
        break;
    }
}

static u8 read_chip(struct chip *c, unsigned n)
{
    if (n < 8) {
        u8 v = c->high ? c->current[n] >> 8 : c->current[n];
        c->high = !c->high;
        return v;
    }
    return n == STATUS_COMMAND ? c->request << 4 : 0;
}

static u64 read_first(void *opaque, u64 offset, unsigned size)
{
    (void)size;
    return read_chip(&((struct i8237 *)opaque)->chip[0], offset);
}

static void write_first(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)size;
    write_chip(&((struct i8237 *)opaque)->chip[0], offset, value);
}

/* The second controller's registers are two ports apart. */
static u64 read_second(void *opaque, u64 offset, unsigned size)
{
    (void)size;
    return read_chip(&((struct i8237 *)opaque)->chip[1], offset >> 1);
}

static void write_second(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)size;
    write_chip(&((struct i8237 *)opaque)->chip[1], offset >> 1, value);
}

static u64 read_page(void *opaque, u64 offset, unsigned size)
{
    (void)size;
    return ((struct i8237 *)opaque)->page[offset];
}

static void write_page(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)size;
    ((struct i8237 *)opaque)->page[offset] = value;
}

static const struct mmio_ops first_ops = {read_first, write_first, 1, 1};
static const struct mmio_ops second_ops = {read_second, write_second, 1, 1};
static const struct mmio_ops page_ops = {read_page, write_page, 1, 1};

static void reset(struct device *d)
{
    struct i8237 *s = (struct i8237 *)d;
    for (int i = 0; i < 2; i++) {
        memset(&s->chip[i], 0, sizeof(s->chip[i]));
        clear(&s->chip[i]);
    }
    memset(s->page, 0, sizeof(s->page));
}

static const struct device_type i8237_type = {
    .name = "i8237",
    .state = &i8237_state,
    .reset = reset,
};

struct device *i8237_new(struct machine *m)
{
    struct i8237 *s = xcalloc(1, sizeof(*s));
    bus_map_mmio(m->io, "dma", 0x00, 16, &first_ops, s);
    bus_map_mmio(m->io, "dma-page", 0x80, 16, &page_ops, s);
    bus_map_mmio(m->io, "dma", 0xc0, 32, &second_ops, s);
    device_attach(m, &s->dev, &i8237_type);
    return &s->dev;
}
