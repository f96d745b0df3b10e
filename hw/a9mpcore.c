/* a9mpcore.c - the private registers of a Cortex-A9 MPCore: snoop control unit, private timer and watchdog */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Cortex-A9 MPCore TRM (DDI 0407), chapters 2 and 4. One processor. */
#include "hw/a9mpcore.h"

#include "emu/check.h"
#include "hw/arm_down_counter.h"

enum { SCU_BYTES = 0x100, AT_GLOBAL = 0x200, AT_TIMERS = 0x220, TIMERS_BYTES = 0xde0 };
enum { PRIVATE_TIMER = 0x600 - AT_TIMERS, UNIT_BYTES = 0x20 };
enum { SCU_CONTROL = 0x00, SCU_POWER = 0x08, SCU_SAC = 0x50 };
enum { T_LOAD = 0x00, T_COUNTER = 0x04, T_CONTROL = 0x08, T_STATUS = 0x0c, W_RESET_STATUS = 0x10, W_DISABLE = 0x14 };
enum { T_ENABLE = 1, T_RELOAD = 2, T_IRQ = 4, W_WATCHDOG = 8 };
enum { TIMER, WATCHDOG, UNITS };
#define DISABLE_FIRST 0x12345678u
#define DISABLE_SECOND 0x87654321u

#define A9_UNIT_STATE(F, A, S, T)                                                                  \
    F(T, u32, load)                                                                                \
    F(T, u32, control)                                                                             \
    S(T, struct arm_down_counter, arm_down_counter_state, counter, 1)

struct a9_unit {
    STATE_MEMBERS(A9_UNIT_STATE)
};
STATE_DESC(a9_unit_state, "unit", struct a9_unit, A9_UNIT_STATE);

#define A9MPCORE_STATE(F, A, S, T)                                                                 \
    F(T, u32, scu_control)                                                                         \
    F(T, u32, scu_power)                                                                           \
    F(T, u32, scu_access)                                                                          \
    S(T, struct a9_unit, a9_unit_state, unit, UNITS)                                               \
    F(T, bool, watchdog_reset)  /* the watchdog made a reset, which does not clear this */         \
    F(T, bool, disable_begun)   /* the first of the two words that end watchdog mode has come */

struct a9mpcore {
    struct device dev;
    STATE_MEMBERS(A9MPCORE_STATE)
    struct irq irq[UNITS];
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

/* ---- the private timer (4.1), and the watchdog (4.2), which can be one more of these ---- */

static u64 hz(const struct a9_unit *u)
{
    return A9MPCORE_TIMER_HZ / ((u->control >> 8 & 0xff) + 1);
}

static u64 now(struct a9mpcore *s, const struct a9_unit *u)
{
    return clock_ticks(machine_now_ns(s->dev.machine), hz(u));
}

static u64 period(const struct a9_unit *u)
{
    return u->control & T_RELOAD ? (u64)u->load + 1 : 0;
}

static bool is_watchdog(const struct a9_unit *u)
{
    return u->control & W_WATCHDOG;
}

static void count(struct a9mpcore *s, struct a9_unit *u)
{
    bool was = u->counter->expired;
    arm_down_counter_update(u->counter, now(s, u), period(u));
    if (is_watchdog(u) && u->counter->expired && !was) {
        s->watchdog_reset = true;
        machine_watchdog(s->dev.machine, WATCHDOG_RESET);
    }
}

/* When something has to happen to it next. */
static u64 due(const struct a9_unit *u)
{
    bool waits = (is_watchdog(u) || (u->control & T_IRQ)) && !u->counter->expired;
    u64 tick = waits ? arm_down_counter_next(u->counter) : NEVER;
    return tick == NEVER ? NEVER : clock_ns_of_tick(tick, hz(u));
}

static void update(struct a9mpcore *s)
{
    u64 next = NEVER;
    for (unsigned i = 0; i < UNITS; i++) {
        struct a9_unit *u = &s->unit[i];
        count(s, u);
        irq_set(s->irq[i], u->counter->expired && (u->control & T_IRQ) && !is_watchdog(u));
        next = MIN(next, due(u));
    }
    device_set_deadline(&s->dev, next);
}

static u64 read_timers(void *opaque, u64 offset, unsigned size)
{
    struct a9mpcore *s = opaque;
    unsigned n = (offset - PRIVATE_TIMER) / UNIT_BYTES;
    (void)size;
    if (offset < PRIVATE_TIMER || n >= UNITS)
        return 0;
    struct a9_unit *u = &s->unit[n];
    count(s, u);
    switch (offset % UNIT_BYTES) {
    case T_LOAD: return u->load;
    case T_COUNTER: return arm_down_counter_value(u->counter, now(s, u), period(u));
    case T_CONTROL: return u->control;
    case T_STATUS: return u->counter->expired;
    case W_RESET_STATUS: return n == WATCHDOG && s->watchdog_reset;
    default: return 0;
    }
}

/* A counter at zero stays there until it is loaded. */
static void start(struct a9mpcore *s, struct a9_unit *u, u32 value)
{
    arm_down_counter_set(u->counter, now(s, u), value, (u->control & T_ENABLE) && value);
}

/* A watchdog is one until the two words were written. */
static void write_control(struct a9mpcore *s, struct a9_unit *u, u32 v)
{
    u32 left = arm_down_counter_value(u->counter, now(s, u), period(u));
    u32 writable = 0xff07 | (u == &s->unit[WATCHDOG] ? W_WATCHDOG : 0);
    u->control = (v & writable) | (u->control & W_WATCHDOG);
    start(s, u, left || !(u->control & T_RELOAD) ? left : u->load);
}

static void write_disable(struct a9mpcore *s, u32 v)
{
    if (s->disable_begun && v == DISABLE_SECOND)
        s->unit[WATCHDOG].control &= ~(u32)W_WATCHDOG;
    s->disable_begun = v == DISABLE_FIRST;
}

static void write_unit(struct a9mpcore *s, unsigned n, u64 offset, u32 v)
{
    struct a9_unit *u = &s->unit[n];
    count(s, u);
    switch (offset) {
    case T_LOAD:
        u->load = v;
        start(s, u, v);
        break;
    case T_COUNTER: /* 4.2.2: a watchdog's is not written */
        if (!is_watchdog(u))
            start(s, u, v);
        break;
    case T_CONTROL: write_control(s, u, v); break;
    case T_STATUS: u->counter->expired = u->counter->expired && !(v & 1); break;
    case W_RESET_STATUS: s->watchdog_reset = s->watchdog_reset && !(n == WATCHDOG && (v & 1)); break;
    case W_DISABLE:
        if (n == WATCHDOG)
            write_disable(s, v);
        break;
    }
    update(s);
}

static void write_timers(void *opaque, u64 offset, u64 value, unsigned size)
{
    unsigned n = (offset - PRIVATE_TIMER) / UNIT_BYTES;
    (void)size;
    if (offset >= PRIVATE_TIMER && n < UNITS)
        write_unit(opaque, n, offset % UNIT_BYTES, (u32)value);
}

static const struct mmio_ops timer_ops = {read_timers, write_timers, 4, 4};

static void tick(struct device *d)
{
    update((struct a9mpcore *)d);
}

static void reset(struct device *d)
{
    struct a9mpcore *s = (struct a9mpcore *)d;
    s->scu_control = s->scu_power = 0;
    s->scu_access = 15;
    s->disable_begun = false;
    for (unsigned i = 0; i < UNITS; i++)
        s->unit[i] = (struct a9_unit){0};
    update(s);
}

static const struct device_type a9mpcore_type = {
    .name = "a9mpcore",
    .state = &a9mpcore_state,
    .reset = reset,
    .tick = tick,
};

struct device *a9mpcore_new(struct machine *m, u64 base, struct a9mpcore_irqs irqs)
{
    struct a9mpcore *s = xcalloc(1, sizeof(*s));
    s->irq[TIMER] = irqs.timer;
    s->irq[WATCHDOG] = irqs.watchdog;
    bus_map_mmio(m->mem, "a9-scu", base, SCU_BYTES, &scu_ops, s);
    bus_map_mmio(m->mem, "a9-timers", base + AT_TIMERS, TIMERS_BYTES, &timer_ops, s);
    device_attach(m, &s->dev, &a9mpcore_type);
    a9_global_timer_new(m, base + AT_GLOBAL, irqs.global);
    return &s->dev;
}
