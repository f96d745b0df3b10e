/* a9_global_timer.c - the global timer of a Cortex-A9 MPCore */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Cortex-A9 MPCore TRM (DDI 0407), 4.4. Of a revision after r2p0: it compares with "at or
 * past". */
#include "emu/check.h"
#include "hw/a9mpcore.h"

enum { COUNTER_LOW = 0x00, COUNTER_HIGH = 0x04, CONTROL = 0x08, STATUS = 0x0c, COMPARE_LOW = 0x10,
       COMPARE_HIGH = 0x14, INCREMENT = 0x18, BYTES = 0x20 };
enum { ENABLE = 1, COMPARE = 2, IRQ = 4, AUTO_INCREMENT = 8, CONTROL_BITS = 0xff0f };
#define FAR ((u64)1 << 62) /* in ticks: hundreds of years */

#define A9_GLOBAL_TIMER_STATE(F, A, S, T)                                                          \
    F(T, u32, control)                                                                             \
    F(T, u64, base)       /* what it counted until it ran from ... */                              \
    F(T, u64, since)      /* ... this tick on */                                                   \
    F(T, u64, compare)                                                                             \
    F(T, u32, increment)                                                                           \
    F(T, bool, event)

struct a9_global_timer {
    struct device dev;
    STATE_MEMBERS(A9_GLOBAL_TIMER_STATE)
    struct irq irq;
};
STATE_DESC(a9_global_timer_state, "a9_global_timer", struct a9_global_timer, A9_GLOBAL_TIMER_STATE);

static u64 hz(const struct a9_global_timer *s)
{
    return A9MPCORE_TIMER_HZ / ((s->control >> 8 & 0xff) + 1);
}

static u64 ticks(struct a9_global_timer *s)
{
    return clock_ticks(machine_now_ns(s->dev.machine), hz(s));
}

static u64 counter(struct a9_global_timer *s)
{
    return s->control & ENABLE ? s->base + (ticks(s) - s->since) : s->base;
}

static void set_counter(struct a9_global_timer *s, u64 value)
{
    s->base = value;
    s->since = ticks(s);
}

static bool compares(const struct a9_global_timer *s)
{
    return (s->control & (ENABLE | COMPARE)) == (ENABLE | COMPARE);
}

/* The comparator moves on by whole increments to behind now, as it did one by one. */
static void update(struct a9_global_timer *s)
{
    u64 now = counter(s), next = NEVER;
    if (compares(s) && now >= s->compare) {
        s->event = true;
        if ((s->control & AUTO_INCREMENT) && s->increment)
            s->compare += ((now - s->compare) / s->increment + 1) * s->increment;
    }
    if (compares(s) && (s->control & IRQ) && !s->event && s->compare - now < FAR)
        next = clock_ns_of_tick(ticks(s) + (s->compare - now), hz(s));
    irq_set(s->irq, s->event && (s->control & IRQ));
    device_set_deadline(&s->dev, next);
}

static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    struct a9_global_timer *s = opaque;
    (void)size;
    update(s);
    switch (offset) {
    case COUNTER_LOW: return (u32)counter(s);
    case COUNTER_HIGH: return counter(s) >> 32;
    case CONTROL: return s->control;
    case STATUS: return s->event;
    case COMPARE_LOW: return (u32)s->compare;
    case COMPARE_HIGH: return s->compare >> 32;
    case INCREMENT: return s->increment;
    default: return 0;
    }
}

static u64 with_low(u64 v, u64 low)
{
    return v >> 32 << 32 | (u32)low;
}

static u64 with_high(u64 v, u64 high)
{
    return high << 32 | (u32)v;
}

static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct a9_global_timer *s = opaque;
    u64 now = counter(s);
    (void)size;
    update(s);
    switch (offset) {
    case COUNTER_LOW: set_counter(s, with_low(now, value)); break;
    case COUNTER_HIGH: set_counter(s, with_high(now, value)); break;
    case CONTROL:
        s->control = value & CONTROL_BITS;
        set_counter(s, now);
        break;
    case STATUS: s->event = s->event && !(value & 1); break;
    case COMPARE_LOW: s->compare = with_low(s->compare, value); break;
    case COMPARE_HIGH: s->compare = with_high(s->compare, value); break;
    case INCREMENT: s->increment = (u32)value; break;
    }
    update(s);
}

static const struct mmio_ops ops = {read_register, write_register, 4, 4};

static void tick(struct device *d)
{
    update((struct a9_global_timer *)d);
}

static void reset(struct device *d)
{
    struct a9_global_timer *s = (struct a9_global_timer *)d;
    s->control = s->increment = 0;
    s->base = s->since = s->compare = 0;
    s->event = false;
    update(s);
}

static const struct device_type a9_global_timer_type = {
    .name = "a9_global_timer",
    .state = &a9_global_timer_state,
    .reset = reset,
    .tick = tick,
};

struct device *a9_global_timer_new(struct machine *m, u64 base, struct irq irq)
{
    struct a9_global_timer *s = xcalloc(1, sizeof(*s));
    s->irq = irq;
    bus_map_mmio(m->mem, "a9-global-timer", base, BYTES, &ops, s);
    device_attach(m, &s->dev, &a9_global_timer_type);
    return &s->dev;
}
