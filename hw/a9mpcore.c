/* a9mpcore.c - the private registers of a Cortex-A9 MPCore: snoop control unit and private timer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Cortex-A9 MPCore TRM (DDI 0407), chapters 2 and 4. One processor. The global timer and the watchdog are
 * not there: they read as zero.
 */
#include "hw/a9mpcore.h"

#include "emu/check.h"
#include "hw/arm_down_counter.h"

enum { SCU_BYTES = 0x100, AT_TIMERS = 0x200, TIMERS_BYTES = 0xe00, PRIVATE_TIMER = 0x600 - AT_TIMERS };
enum { SCU_CONTROL = 0x00, SCU_POWER = 0x08, SCU_FILTER_START = 0x40, SCU_FILTER_END = 0x44, SCU_SAC = 0x50 };
enum { T_LOAD = 0x00, T_COUNTER = 0x04, T_CONTROL = 0x08, T_STATUS = 0x0c };
enum { T_ENABLE = 1, T_RELOAD = 2, T_IRQ = 4 };

#define A9MPCORE_STATE(F, A, S, T)                                                                 \
    F(T, u32, scu_control)                                                                         \
    F(T, u32, scu_power)                                                                           \
    F(T, u32, scu_access)                                                                          \
    F(T, u32, load)                                                                                \
    F(T, u32, control)                                                                             \
    S(T, struct arm_down_counter, arm_down_counter_state, counter, 1)

struct a9mpcore {
    struct device dev;
    STATE_MEMBERS(A9MPCORE_STATE)
    struct irq irq;
};
STATE_DESC(a9mpcore_state, "a9mpcore", struct a9mpcore, A9MPCORE_STATE);

/* ---- snoop control unit ---- */

static u64 read_scu(void *opaque, u64 offset, unsigned size)
{
    const struct a9mpcore *s = opaque;
    (void)size;
    switch (offset) {
    case SCU_CONTROL: return s->scu_control;
    case SCU_POWER: return s->scu_power;
    case SCU_SAC: return s->scu_access;
    default: return 0; /* the configuration: one processor, tag RAMs of 16 KiB */
    }
}

static void write_scu(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct a9mpcore *s = opaque;
    (void)size;
    switch (offset) {
    case SCU_CONTROL: s->scu_control = value & 0x7f; break;
    case SCU_POWER: s->scu_power = value & 3; break;
    case SCU_SAC: s->scu_access = value & 15; break;
    }
}

static const struct mmio_ops scu_ops = {read_scu, write_scu, 4, 4};

/* ---- the private timer (4.1) ---- */

static u64 hz(const struct a9mpcore *s)
{
    return A9MPCORE_TIMER_HZ / ((s->control >> 8 & 0xff) + 1);
}

static u64 now(struct a9mpcore *s)
{
    return clock_ticks(machine_now_ns(s->dev.machine), hz(s));
}

static u64 period(const struct a9mpcore *s)
{
    return s->control & T_RELOAD ? (u64)s->load + 1 : 0;
}

static void update(struct a9mpcore *s)
{
    arm_down_counter_update(s->counter, now(s), period(s));
    bool waits = (s->control & T_IRQ) && !s->counter->expired;
    u64 tick = waits ? arm_down_counter_next(s->counter) : NEVER;
    irq_set(s->irq, s->counter->expired && (s->control & T_IRQ));
    device_set_deadline(&s->dev, tick == NEVER ? NEVER : clock_ns_of_tick(tick, hz(s)));
}

static u64 read_timer(void *opaque, u64 offset, unsigned size)
{
    struct a9mpcore *s = opaque;
    (void)size;
    arm_down_counter_update(s->counter, now(s), period(s));
    switch (offset - PRIVATE_TIMER) {
    case T_LOAD: return s->load;
    case T_COUNTER: return arm_down_counter_value(s->counter, now(s), period(s));
    case T_CONTROL: return s->control;
    case T_STATUS: return s->counter->expired;
    default: return 0;
    }
}

/* A counter at zero stays there until it is loaded. */
static void start(struct a9mpcore *s, u32 value)
{
    arm_down_counter_set(s->counter, now(s), value, (s->control & T_ENABLE) && value);
}

static void write_timer(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct a9mpcore *s = opaque;
    u32 left;
    (void)size;
    arm_down_counter_update(s->counter, now(s), period(s));
    switch (offset - PRIVATE_TIMER) {
    case T_LOAD:
        s->load = (u32)value;
        start(s, (u32)value);
        break;
    case T_COUNTER: start(s, (u32)value); break;
    case T_CONTROL:
        left = arm_down_counter_value(s->counter, now(s), period(s));
        s->control = value & 0xff07;
        start(s, left || !(s->control & T_RELOAD) ? left : s->load);
        break;
    case T_STATUS: s->counter->expired = s->counter->expired && !(value & 1); break;
    }
    update(s);
}

static const struct mmio_ops timer_ops = {read_timer, write_timer, 4, 4};

static void tick(struct device *d)
{
    update((struct a9mpcore *)d);
}

static void reset(struct device *d)
{
    struct a9mpcore *s = (struct a9mpcore *)d;
    s->scu_control = s->scu_power = s->load = s->control = 0;
    s->scu_access = 15;
    *s->counter = (struct arm_down_counter){0};
    update(s);
}

static const struct device_type a9mpcore_type = {
    .name = "a9mpcore",
    .state = &a9mpcore_state,
    .reset = reset,
    .tick = tick,
};

struct device *a9mpcore_new(struct machine *m, u64 base, struct irq timer)
{
    struct a9mpcore *s = xcalloc(1, sizeof(*s));
    s->irq = timer;
    bus_map_mmio(m->mem, "a9-scu", base, SCU_BYTES, &scu_ops, s);
    bus_map_mmio(m->mem, "a9-timers", base + AT_TIMERS, TIMERS_BYTES, &timer_ops, s);
    device_attach(m, &s->dev, &a9mpcore_type);
    return &s->dev;
}
