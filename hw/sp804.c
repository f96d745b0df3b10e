/* sp804.c - Arm's dual timer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm Dual-Timer Module (SP804) TRM (DDI 0271). Both are clocked with 1 MHz. */
#include "hw/sp804.h"

#include "emu/check.h"
#include "hw/arm_down_counter.h"

enum { TIMERS = 2, TIMER_BYTES = 0x20, PERIPH_ID = 0xfe0 };
enum { LOAD = 0x00, VALUE = 0x04, CONTROL = 0x08, INT_CLR = 0x0c, RIS = 0x10, MIS = 0x14, BG_LOAD = 0x18 };
enum { ONE_SHOT = 1, SIZE_32 = 2, PRESCALE = 3 << 2, INT_ENABLE = 1 << 5, PERIODIC = 1 << 6, ENABLE = 1 << 7 };

#define SP804_STATE(F, A, S, T)                                                                    \
    A(T, u32, control, TIMERS)                                                                     \
    A(T, u32, load, TIMERS)                                                                        \
    S(T, struct arm_down_counter, arm_down_counter_state, counter, TIMERS)

struct sp804 {
    struct device dev;
    STATE_MEMBERS(SP804_STATE)
    struct irq irq;
};
STATE_DESC(sp804_state, "sp804", struct sp804, SP804_STATE);

/* 3.2.3: the prescaler divides by 1, 16 or 256. */
static u64 hz(const struct sp804 *s, unsigned n)
{
    static const u16 divisor[4] = {1, 16, 256, 256};
    return SP804_HZ / divisor[s->control[n] >> 2 & 3];
}

static u64 now(struct sp804 *s, unsigned n)
{
    return clock_ticks(machine_now_ns(s->dev.machine), hz(s, n));
}

static u32 mask(const struct sp804 *s, unsigned n)
{
    return s->control[n] & SIZE_32 ? UINT32_MAX : UINT16_MAX;
}

/* A free-running counter begins again at its largest value. */
static u64 period(const struct sp804 *s, unsigned n)
{
    if (s->control[n] & ONE_SHOT)
        return 0;
    return (s->control[n] & PERIODIC ? (u64)(s->load[n] & mask(s, n)) : (u64)mask(s, n)) + 1;
}

static void update(struct sp804 *s)
{
    u64 next = NEVER;
    bool level = false;
    for (unsigned n = 0; n < TIMERS; n++) {
        struct arm_down_counter *c = &s->counter[n];
        arm_down_counter_update(c, now(s, n), period(s, n));
        level |= c->expired && (s->control[n] & INT_ENABLE);
        u64 tick = arm_down_counter_next(c);
        if (tick != NEVER && (s->control[n] & INT_ENABLE) && !c->expired)
            next = MIN(next, clock_ns_of_tick(tick, hz(s, n)));
    }
    irq_set(s->irq, level);
    device_set_deadline(&s->dev, next);
}

static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    static const u8 id[] = {0x04, 0x18, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct sp804 *s = opaque;
    unsigned n = offset / TIMER_BYTES;
    (void)size;
    if (n >= TIMERS)
        return offset >= PERIPH_ID && offset < 0x1000 ? id[(offset - PERIPH_ID) / 4] : 0;
    struct arm_down_counter *c = &s->counter[n];
    arm_down_counter_update(c, now(s, n), period(s, n));
    switch (offset % TIMER_BYTES) {
    case LOAD: case BG_LOAD: return s->load[n];
    case VALUE: return arm_down_counter_value(c, now(s, n), period(s, n)) & mask(s, n);
    case CONTROL: return s->control[n];
    case RIS: return c->expired;
    case MIS: return c->expired && (s->control[n] & INT_ENABLE);
    default: return 0;
    }
}

/* Only a counter that runs is cut to its size: 16 or 32 bits. */
static void start(struct sp804 *s, unsigned n, u32 value)
{
    bool running = s->control[n] & ENABLE;
    arm_down_counter_set(&s->counter[n], now(s, n), running ? value & mask(s, n) : value, running);
}

static void write_control(struct sp804 *s, unsigned n, u32 v)
{
    struct arm_down_counter *c = &s->counter[n];
    u32 value = arm_down_counter_value(c, now(s, n), period(s, n));
    s->control[n] = v & 0xff;
    start(s, n, value);
}

static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct sp804 *s = opaque;
    unsigned n = offset / TIMER_BYTES;
    (void)size;
    if (n >= TIMERS)
        return;
    arm_down_counter_update(&s->counter[n], now(s, n), period(s, n));
    switch (offset % TIMER_BYTES) {
    case LOAD:
        s->load[n] = (u32)value;
        start(s, n, (u32)value);
        break;
    case CONTROL: write_control(s, n, (u32)value); break;
    case INT_CLR: s->counter[n].expired = false; break;
    case BG_LOAD: s->load[n] = (u32)value; break;
    }
    update(s);
}

static const struct mmio_ops ops = {read_register, write_register, 4, 4};

static void tick(struct device *d)
{
    update((struct sp804 *)d);
}

static void reset(struct device *d)
{
    struct sp804 *s = (struct sp804 *)d;
    for (unsigned n = 0; n < TIMERS; n++) {
        s->control[n] = INT_ENABLE;
        s->load[n] = 0;
        s->counter[n] = (struct arm_down_counter){.value = UINT32_MAX};
    }
    update(s);
}

static const struct device_type sp804_type = {
    .name = "sp804",
    .state = &sp804_state,
    .reset = reset,
    .tick = tick,
};

struct device *sp804_new(struct machine *m, u64 base, struct irq irq)
{
    struct sp804 *s = xcalloc(1, sizeof(*s));
    s->irq = irq;
    bus_map_mmio(m->mem, "sp804", base, 0x1000, &ops, s);
    device_attach(m, &s->dev, &sp804_type);
    return &s->dev;
}
