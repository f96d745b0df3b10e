/* pl061.c - Arm's PrimeCell general-purpose inputs and outputs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: PrimeCell General Purpose Input/Output (PL061) TRM (DDI 0190). */
#include "hw/pl061.h"

#include "emu/check.h"

enum { DATA_END = 0x400, DIR = 0x400, IS = 0x404, IBE = 0x408, IEV = 0x40c, IE = 0x410, RIS = 0x414, MIS = 0x418,
       IC = 0x41c, AFSEL = 0x420, PERIPH_ID = 0xfe0 };
enum { PRESS_NS = 100000000 };

#define PL061_STATE(F, A, S, T)                                                                    \
    F(T, u8, output)                                                                               \
    F(T, u8, input)                                                                                \
    F(T, u8, dir)      /* a bit is set: the pin is an output */                                    \
    F(T, u8, level)    /* GPIOIS */                                                                \
    F(T, u8, both)     /* GPIOIBE */                                                               \
    F(T, u8, event)    /* GPIOIEV: rising, or high */                                              \
    F(T, u8, enabled)                                                                              \
    F(T, u8, latched)  /* edges */                                                                 \
    F(T, u8, afsel)                                                                                \
    F(T, u8, pressed)  /* buttons, until the deadline */

struct pl061 {
    struct device dev;
    STATE_MEMBERS(PL061_STATE)
    struct irq irq;
};
STATE_DESC(pl061_state, "pl061", struct pl061, PL061_STATE);

static u8 pins(const struct pl061 *s)
{
    return (s->output & s->dir) | (s->input & ~s->dir);
}

/* 3.3.8: raw status. */
static u8 raw(const struct pl061 *s)
{
    u8 active = ~(pins(s) ^ s->event);
    return (s->latched & ~s->level) | (active & s->level);
}

static void update(struct pl061 *s)
{
    irq_set(s->irq, raw(s) & s->enabled);
}

void pl061_set_input(struct pl061 *s, unsigned pin, bool level)
{
    u8 was = s->input, bit = (u8)(1 << pin);
    s->input = level ? was | bit : was & ~bit;
    u8 changed = (was ^ s->input) & ~s->dir & ~s->level;
    s->latched |= changed & (s->both | ~(s->input ^ s->event));
    update(s);
}

void pl061_press(struct pl061 *s, unsigned pin)
{
    s->pressed |= (u8)(1 << pin);
    pl061_set_input(s, pin, true);
    device_set_deadline(&s->dev, machine_now_ns(s->dev.machine) + PRESS_NS);
}

static void tick(struct device *d)
{
    struct pl061 *s = (struct pl061 *)d;
    device_set_deadline(d, NEVER);
    for (unsigned pin = 0; pin < 8; pin++)
        if (s->pressed >> pin & 1)
            pl061_set_input(s, pin, false);
    s->pressed = 0;
}

static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    static const u8 id[] = {0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    const struct pl061 *s = opaque;
    (void)size;
    if (offset < DATA_END) /* 3.3.1: the address says which bits */
        return pins(s) & offset >> 2;
    switch (offset) {
    case DIR: return s->dir;
    case IS: return s->level;
    case IBE: return s->both;
    case IEV: return s->event;
    case IE: return s->enabled;
    case RIS: return raw(s);
    case MIS: return raw(s) & s->enabled;
    case AFSEL: return s->afsel;
    }
    return offset >= PERIPH_ID && offset < 0x1000 ? id[(offset - PERIPH_ID) / 4] : 0;
}

static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pl061 *s = opaque;
    u8 v = (u8)value, mask = (u8)(offset >> 2);
    (void)size;
    if (offset < DATA_END)
        s->output = (s->output & ~mask) | (v & mask);
    switch (offset) {
    case DIR: s->dir = v; break;
    case IS: s->level = v; break;
    case IBE: s->both = v; break;
    case IEV: s->event = v; break;
    case IE: s->enabled = v; break;
    case IC: s->latched &= ~v; break;
    case AFSEL: s->afsel = v; break;
    }
    update(s);
}

static const struct mmio_ops ops = {read_register, write_register, 4, 4};

static void reset(struct device *d)
{
    struct pl061 *s = (struct pl061 *)d;
    s->output = s->input = s->dir = s->level = s->both = s->event = s->enabled = s->latched = s->afsel = 0;
    s->pressed = 0;
    device_set_deadline(d, NEVER);
    update(s);
}

static const struct device_type pl061_type = {
    .name = "pl061",
    .state = &pl061_state,
    .reset = reset,
    .tick = tick,
};

struct pl061 *pl061_new(struct machine *m, u64 base, struct irq irq)
{
    struct pl061 *s = xcalloc(1, sizeof(*s));
    s->irq = irq;
    bus_map_mmio(m->mem, "pl061", base, 0x1000, &ops, s);
    device_attach(m, &s->dev, &pl061_type);
    return s;
}
