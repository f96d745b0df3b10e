/* sp805.c - Arm's watchdog */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm Watchdog Module (SP805) TRM (DDI 0270). The counter comes to zero and interrupts;
 * when it does so again before that was cleared, it resets the machine. The integration test
 * registers are not there.
 */
#include "hw/sp805.h"

#include "emu/check.h"
#include "hw/arm_down_counter.h"

enum { LOAD = 0x00, VALUE = 0x04, CONTROL = 0x08, INT_CLR = 0x0c, RIS = 0x10, MIS = 0x14, LOCK = 0xc00,
       PERIPH_ID = 0xfe0 };
enum { INT_ENABLE = 1, RESET_ENABLE = 2 };
#define UNLOCK 0x1acce551u

#define SP805_STATE(F, A, S, T)                                                                    \
    F(T, u32, load)                                                                                \
    F(T, u32, control)                                                                             \
    F(T, bool, locked)                                                                             \
    F(T, bool, interrupt)                                                                          \
    S(T, struct arm_down_counter, arm_down_counter_state, counter, 1)

struct sp805 {
    struct device dev;
    STATE_MEMBERS(SP805_STATE)
    u64 hz;
    struct irq irq;
};
STATE_DESC(sp805_state, "sp805", struct sp805, SP805_STATE);

static u64 now(struct sp805 *s)
{
    return clock_ticks(machine_now_ns(s->dev.machine), s->hz);
}

static u64 period(const struct sp805 *s)
{
    return (u64)s->load + 1;
}

/* 3.3.3: the counter goes as long as its interrupt is enabled. */
static void start(struct sp805 *s, u32 value)
{
    arm_down_counter_set(s->counter, now(s), value, s->control & INT_ENABLE);
}

static void update(struct sp805 *s)
{
    irq_set(s->irq, s->interrupt && (s->control & INT_ENABLE));
    u64 tick = arm_down_counter_next(s->counter);
    device_set_deadline(&s->dev, tick == NEVER ? NEVER : clock_ns_of_tick(tick, s->hz));
}

static void tick(struct device *d)
{
    struct sp805 *s = (struct sp805 *)d;
    arm_down_counter_update(s->counter, now(s), period(s));
    if (s->counter->expired) {
        if (s->interrupt && (s->control & RESET_ENABLE))
            machine_watchdog(s->dev.machine, WATCHDOG_RESET);
        s->interrupt = true;
    }
    s->counter->expired = false;
    update(s);
}

static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    static const u8 id[] = {0x05, 0x18, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct sp805 *s = opaque;
    (void)size;
    switch (offset) {
    case LOAD: return s->load;
    case VALUE: return arm_down_counter_value(s->counter, now(s), period(s));
    case CONTROL: return s->control;
    case RIS: return s->interrupt;
    case MIS: return s->interrupt && (s->control & INT_ENABLE);
    case LOCK: return s->locked;
    default: return offset >= PERIPH_ID && offset < 0x1000 ? id[(offset - PERIPH_ID) / 4] : 0;
    }
}

/* 3.3.3: it starts again from the load register when the interrupt was disabled before. */
static void write_control(struct sp805 *s, u32 v)
{
    bool was = s->control & INT_ENABLE;
    u32 left = arm_down_counter_value(s->counter, now(s), period(s));
    s->control = v & (INT_ENABLE | RESET_ENABLE);
    start(s, was ? left : s->load);
}

static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct sp805 *s = opaque;
    u32 v = (u32)value;
    (void)size;
    if (offset == LOCK)
        s->locked = v != UNLOCK;
    if (s->locked)
        return;
    switch (offset) {
    case LOAD:
        s->load = v;
        start(s, v);
        break;
    case CONTROL: write_control(s, v); break;
    case INT_CLR:
        s->interrupt = false;
        start(s, s->load);
        break;
    }
    update(s);
}

static const struct mmio_ops ops = {read_register, write_register, 4, 4};

static void reset(struct device *d)
{
    struct sp805 *s = (struct sp805 *)d;
    s->load = UINT32_MAX;
    s->control = 0;
    s->locked = s->interrupt = false;
    *s->counter = (struct arm_down_counter){.value = UINT32_MAX};
    update(s);
}

static const struct device_type sp805_type = {
    .name = "sp805",
    .state = &sp805_state,
    .reset = reset,
    .tick = tick,
};

struct device *sp805_new(struct machine *m, u64 base, u64 hz, struct irq irq)
{
    struct sp805 *s = xcalloc(1, sizeof(*s));
    s->hz = hz;
    s->irq = irq;
    bus_map_mmio(m->mem, "sp805", base, 0x1000, &ops, s);
    device_attach(m, &s->dev, &sp805_type);
    return &s->dev;
}
