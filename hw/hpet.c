/* hpet.c - the high precision event timers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: IA-PC HPET Specification 1.0a, 2.3 and 2.4. Three timers; the counter counts 100 MHz. A
 * timer's comparator matches when the counter is equal to it: one that was set to the past waits
 * for the counter to come round.
 *
 * Nothing is counted: the counter follows from the clock, and each timer knows at which of the
 * clock's ticks (10 ns, from power-on) it matches next.
 */
#include "hw/hpet.h"

#include "emu/check.h"

enum { TIMERS = 3, TICK_NS = 10, PERIOD_FS = 10000000 };
enum { R_ID = 0x00, R_CONFIG = 0x10, R_STATUS = 0x20, R_COUNTER = 0xf0, R_TIMER = 0x100 };
enum { T_CONFIG = 0x00, T_COMPARATOR = 0x08, TIMER_BYTES = 0x20 };
enum { C_ENABLE = 1, C_LEGACY = 2 };
enum { /* 2.3.8: timer n configuration */
       TC_LEVEL = 1 << 1,
       TC_ENABLE = 1 << 2,
       TC_PERIODIC = 1 << 3,
       TC_CAN_PERIODIC = 1 << 4,
       TC_CAN_64 = 1 << 5,
       TC_SET = 1 << 6,
       TC_32 = 1 << 8,
       TC_ROUTE_SHIFT = 9,
};
enum { TC_WRITABLE = TC_LEVEL | TC_ENABLE | TC_PERIODIC | TC_SET | TC_32 | 31 << TC_ROUTE_SHIFT };
enum { ROUTES = 1 << 2 }; /* the I/O APIC's inputs that a timer can have: 2 */

#define TIMER_STATE(F, A, S, T)                                                                    \
    F(T, u32, config)     /* what can be written */                                                \
    F(T, u64, comparator)                                                                          \
    F(T, u64, period)                                                                              \
    F(T, u64, due)        /* tick at which it matches, or NEVER */

struct timer {
    STATE_MEMBERS(TIMER_STATE)
};
STATE_DESC(timer_state, "timer", struct timer, TIMER_STATE);

#define HPET_STATE(F, A, S, T)                                                                     \
    F(T, u32, config)                                                                              \
    F(T, u32, status)                                                                              \
    F(T, u64, counter)    /* while it stands; while it runs, what is added to the tick */          \
    F(T, bool, pit_level) /* as the devices drive the lines that they may not have now */          \
    F(T, bool, rtc_level)                                                                          \
    S(T, struct timer, timer_state, timer, TIMERS)

struct hpet {
    struct device dev;
    STATE_MEMBERS(HPET_STATE)
    struct irq irq0, irq8, pin2;
};
STATE_DESC(hpet_state, "hpet", struct hpet, HPET_STATE);

static u64 tick_now(struct hpet *s)
{
    return machine_now_ns(s->dev.machine) / TICK_NS;
}

static bool is_on(const struct hpet *s)
{
    return s->config & C_ENABLE;
}

static u64 counter(struct hpet *s)
{
    return is_on(s) ? tick_now(s) + s->counter : s->counter;
}

static u64 mask_of(const struct timer *t)
{
    return t->config & TC_32 ? UINT32_MAX : UINT64_MAX;
}

/* ---- interrupts ---- */

static bool legacy(const struct hpet *s)
{
    return (s->config & (C_LEGACY | C_ENABLE)) == (C_LEGACY | C_ENABLE);
}

/* 2.3.5: timer 0 instead of the interval timer, timer 1 instead of the RTC. */
static struct irq line_of(struct hpet *s, unsigned n)
{
    if (legacy(s) && n < 2)
        return n ? s->irq8 : s->irq0;
    if ((s->timer[n].config >> TC_ROUTE_SHIFT & 31) == 2)
        return s->pin2;
    return (struct irq){0};
}

static void fire(struct hpet *s, unsigned n)
{
    struct timer *t = &s->timer[n];
    if (t->config & TC_LEVEL)
        s->status |= 1u << n;
    if (!(t->config & TC_ENABLE))
        return;
    /* The edge is the rising one; the line rests high, so that a PIC that looks later sees it. */
    if (!(t->config & TC_LEVEL))
        irq_lower(line_of(s, n));
    irq_raise(line_of(s, n));
}

/* The lines go to whom they belong now. */
static void hand_over(struct hpet *s)
{
    irq_set(s->irq0, !legacy(s) && s->pit_level);
    irq_set(s->irq8, !legacy(s) && s->rtc_level);
}

static void set_pit(void *opaque, int line, bool level)
{
    (void)line;
    struct hpet *s = opaque;
    s->pit_level = level;
    if (!legacy(s))
        irq_set(s->irq0, level);
}

static void set_rtc(void *opaque, int line, bool level)
{
    (void)line;
    struct hpet *s = opaque;
    s->rtc_level = level;
    if (!legacy(s))
        irq_set(s->irq8, level);
}

/* ---- time ---- */

/* After a change to the timer or the counter: when does it match next? */
static void arm(struct hpet *s, struct timer *t)
{
    u64 left = (t->comparator - counter(s)) & mask_of(t), now = tick_now(s);
    if (!left) /* the counter is there already, and will be again when it has come round */
        left = t->config & TC_32 ? (u64)1 << 32 : NEVER;
    t->due = is_on(s) && left < NEVER - now ? now + left : NEVER;
}

/* It has matched, perhaps more than once since somebody looked. One that matches often has its
 * comparator where the counter is next equal. */
static void advance(struct timer *t, u64 now)
{
    u64 period = t->config & TC_PERIODIC ? t->period & mask_of(t) : 0;
    u64 every = period ? period : t->config & TC_32 ? (u64)1 << 32 : NEVER;
    u64 times = (now - t->due) / every + 1;
    if (period)
        t->comparator = (t->comparator + times * period) & mask_of(t);
    t->due = times * every < NEVER - t->due ? t->due + times * every : NEVER;
}

static void match_due(struct hpet *s)
{
    u64 now = tick_now(s);
    for (unsigned i = 0; i < TIMERS; i++) {
        struct timer *t = &s->timer[i];
        if (t->due > now)
            continue;
        fire(s, i);
        advance(t, now);
    }
}

/* Nobody needs to know of a match that interrupts nobody, but for the comparator of a periodic
 * timer, which match_due() brings up to date when it is looked at. */
static void schedule(struct hpet *s)
{
    u64 first = NEVER;
    for (unsigned i = 0; i < TIMERS; i++)
        if (s->timer[i].config & (TC_ENABLE | TC_LEVEL))
            first = MIN(first, s->timer[i].due);
    device_set_deadline(&s->dev, first < NEVER / TICK_NS ? first * TICK_NS : NEVER);
}

static void tick(struct device *d)
{
    struct hpet *s = (struct hpet *)d;
    match_due(s);
    schedule(s);
}

/* ---- registers ---- */

static u64 read_timer(const struct timer *t, unsigned reg)
{
    switch (reg) {
    case T_CONFIG: return t->config | TC_CAN_PERIODIC | TC_CAN_64 | (u64)ROUTES << 32;
    case T_COMPARATOR: return t->comparator & mask_of(t);
    default: return 0;
    }
}

static u64 read_register(struct hpet *s, unsigned at)
{
    if (at >= R_TIMER && at < R_TIMER + TIMERS * TIMER_BYTES)
        return read_timer(&s->timer[(at - R_TIMER) / TIMER_BYTES], at % TIMER_BYTES);
    switch (at) {
    case R_ID: return HPET_ID | (u64)PERIOD_FS << 32;
    case R_CONFIG: return s->config;
    case R_STATUS: return s->status;
    case R_COUNTER: return counter(s);
    default: return 0;
    }
}

static void write_config(struct hpet *s, u32 value)
{
    u64 now = tick_now(s), was = counter(s);
    s->config = value & (C_ENABLE | C_LEGACY);
    s->counter = is_on(s) ? was - now : was;
    for (unsigned i = 0; i < TIMERS; i++)
        arm(s, &s->timer[i]);
    hand_over(s);
}

static void write_counter(struct hpet *s, u64 value)
{
    s->counter = is_on(s) ? value - tick_now(s) : value;
    for (unsigned i = 0; i < TIMERS; i++)
        arm(s, &s->timer[i]);
}

/* Status bits of level-triggered timers; writing ones takes the interrupts back. */
static void write_status(struct hpet *s, u32 value)
{
    u32 cleared = s->status & value;
    s->status &= ~value;
    for (unsigned i = 0; i < TIMERS; i++)
        if (cleared >> i & 1)
            irq_lower(line_of(s, i));
}

static void write_timer_config(struct hpet *s, unsigned n, u32 value)
{
    struct timer *t = &s->timer[n];
    u32 was = t->config;
    irq_lower(line_of(s, n));
    t->config = value & TC_WRITABLE;
    if (!((u32)ROUTES >> (t->config >> TC_ROUTE_SHIFT & 31) & 1))
        t->config &= ~(31u << TC_ROUTE_SHIFT); /* 2.3.8: not a route that there is */
    if ((was ^ t->config) & (TC_32 | TC_PERIODIC))
        arm(s, t);
    if ((s->status >> n & 1) && (t->config & TC_ENABLE) && (t->config & TC_LEVEL))
        irq_raise(line_of(s, n));
}

/* 2.3.9.2.2: of a periodic timer the period is written, and the comparator only with TC_SET. */
static void write_comparator(struct hpet *s, struct timer *t, u64 comparator, u64 period)
{
    bool periodic = t->config & TC_PERIODIC;
    if (!periodic || (t->config & TC_SET))
        t->comparator = comparator & mask_of(t);
    if (periodic)
        t->period = period & mask_of(t);
    t->config &= ~(u32)TC_SET;
    arm(s, t);
}

/* Half of a register: the other stays as it is. TC_SET is for one half, then, or for a whole. */
static u64 with_half(u64 was, bool high, u32 value)
{
    return high ? (was & UINT32_MAX) | (u64)value << 32 : (was & ~(u64)UINT32_MAX) | value;
}

static void write_timer(struct hpet *s, unsigned n, unsigned reg, bool high, u32 value)
{
    struct timer *t = &s->timer[n];
    if (reg == T_CONFIG && !high)
        write_timer_config(s, n, value);
    else if (reg == T_COMPARATOR && !(high && (t->config & TC_32)))
        write_comparator(s, t, with_half(t->comparator, high, value),
                         with_half(t->period, high, value));
}

static u64 read_mem(void *opaque, u64 offset, unsigned size)
{
    struct hpet *s = opaque;
    match_due(s);
    schedule(s);
    u64 v = read_register(s, offset & ~7u);
    return size == 8 ? v : (u32)(v >> 8 * (offset & 4));
}

static void write_dword(struct hpet *s, u64 offset, u32 value)
{
    unsigned at = offset & ~7u;
    bool high = offset & 4;

    if (at >= R_TIMER && at < R_TIMER + TIMERS * TIMER_BYTES)
        write_timer(s, (at - R_TIMER) / TIMER_BYTES, at % TIMER_BYTES, high, value);
    else if (at == R_CONFIG && !high)
        write_config(s, value);
    else if (at == R_STATUS && !high)
        write_status(s, value);
    else if (at == R_COUNTER)
        write_counter(s, with_half(counter(s), high, value));
}

static struct timer *comparator_at(struct hpet *s, u64 offset)
{
    bool is = offset >= R_TIMER && offset < R_TIMER + TIMERS * TIMER_BYTES &&
              offset % TIMER_BYTES == T_COMPARATOR;
    return is ? &s->timer[(offset - R_TIMER) / TIMER_BYTES] : NULL;
}

static void write_mem(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct hpet *s = opaque;
    struct timer *t = size == 8 ? comparator_at(s, offset) : NULL;

    match_due(s);
    if (t) {
        write_comparator(s, t, value, value);
    } else {
        write_dword(s, offset, value);
        if (size == 8)
            write_dword(s, offset + 4, value >> 32);
    }
    schedule(s);
}

static const struct mmio_ops ops = {read_mem, write_mem, 4, 8};

static void reset(struct device *d)
{
    struct hpet *s = (struct hpet *)d;
    s->config = s->status = 0;
    s->counter = 0;
    s->pit_level = s->rtc_level = false;
    for (unsigned i = 0; i < TIMERS; i++)
        s->timer[i] = (struct timer){.comparator = UINT64_MAX, .due = NEVER};
    schedule(s);
}

static void info(struct device *d, struct buf *out)
{
    struct hpet *s = (struct hpet *)d;
    buf_printf(out, "%s%s, counter %llx\n", is_on(s) ? "on" : "off",
               legacy(s) ? ", legacy replacement" : "", (unsigned long long)counter(s));
}

static const struct device_type hpet_type = {
    .name = "hpet",
    .state = &hpet_state,
    .reset = reset,
    .tick = tick,
    .info = info,
};

struct hpet *hpet_new(struct machine *m, struct irq irq0, struct irq irq8, struct irq pin2)
{
    struct hpet *s = xcalloc(1, sizeof(*s));
    s->irq0 = irq0;
    s->irq8 = irq8;
    s->pin2 = pin2;
    bus_map_mmio(m->mem, "hpet", HPET_BASE, HPET_BYTES, &ops, s);
    device_attach(m, &s->dev, &hpet_type);
    return s;
}

struct irq hpet_pit_irq(struct hpet *s)
{
    return (struct irq){set_pit, s, 0};
}

struct irq hpet_rtc_irq(struct hpet *s)
{
    return (struct irq){set_rtc, s, 0};
}
