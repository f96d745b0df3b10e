/* l2c310.c - the registers of Arm's level 2 cache controller */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: CoreLink Level 2 Cache Controller L2C-310 TRM (DDI 0246). Nothing is cached: all maintenance is done at once. */
#include "hw/l2c310.h"

#include "emu/check.h"

enum { CACHE_ID = 0x000, CACHE_TYPE = 0x004, CONTROL = 0x100, AUX = 0x104, TAG_LATENCY = 0x108, DATA_LATENCY = 0x10c,
       FILTER_START = 0xc00, FILTER_END = 0xc04, PREFETCH = 0xf60, POWER = 0xf80 };
#define L2C310_ID 0x410000c8u    /* r3p2 */
#define L2C310_TYPE 0x1c100100u  /* 8 ways, lines of 32 bytes */

#define L2C310_STATE(F, A, S, T)                                                                   \
    F(T, u32, control)                                                                             \
    F(T, u32, aux)                                                                                 \
    F(T, u32, tag_latency)                                                                         \
    F(T, u32, data_latency)                                                                        \
    F(T, u32, filter_start)                                                                        \
    F(T, u32, filter_end)                                                                          \
    F(T, u32, prefetch)                                                                            \
    F(T, u32, power)

struct l2c310 {
    struct device dev;
    STATE_MEMBERS(L2C310_STATE)
};
STATE_DESC(l2c310_state, "l2c310", struct l2c310, L2C310_STATE);

/* Those that remember; NULL: another one. */
static u32 *word(struct l2c310 *s, u64 offset)
{
    switch (offset) {
    case CONTROL: return &s->control;
    case AUX: return &s->aux;
    case TAG_LATENCY: return &s->tag_latency;
    case DATA_LATENCY: return &s->data_latency;
    case FILTER_START: return &s->filter_start;
    case FILTER_END: return &s->filter_end;
    case PREFETCH: return &s->prefetch;
    case POWER: return &s->power;
    default: return NULL;
    }
}

static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    const u32 *p = word(opaque, offset);
    (void)size;
    return p ? *p : offset == CACHE_ID ? L2C310_ID : offset == CACHE_TYPE ? L2C310_TYPE : 0;
}

static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    u32 *p = word(opaque, offset);
    (void)size;
    if (p)
        *p = (u32)(offset == CONTROL ? value & 1 : value);
}

static const struct mmio_ops ops = {read_register, write_register, 4, 4};

static void reset(struct device *d)
{
    struct l2c310 *s = (struct l2c310 *)d;
    s->control = s->filter_start = s->filter_end = s->prefetch = s->power = 0;
    s->aux = 0x02020000; /* 8 ways of 16 KiB */
    s->tag_latency = s->data_latency = 0x777;
}

static const struct device_type l2c310_type = {
    .name = "l2c310",
    .state = &l2c310_state,
    .reset = reset,
};

struct device *l2c310_new(struct machine *m, u64 base)
{
    struct l2c310 *s = xcalloc(1, sizeof(*s));
    bus_map_mmio(m->mem, "l2c310", base, 0x1000, &ops, s);
    device_attach(m, &s->dev, &l2c310_type);
    return &s->dev;
}
