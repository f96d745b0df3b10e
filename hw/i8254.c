/* i8254.c - the interval timer, and port 0x61 that gates its third counter */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: Intel 82C54 data sheet (231244-006); port 0x61: Intel 82371SB data sheet, "NMI status
 * and control".
 *
 * Nothing is counted: each counter remembers in which CLK tick its counting element was loaded, and
 * what it holds and puts out now follows from the clock. Only the edges of counter 0's OUT need a
 * deadline.
 */
#include "hw/i8254.h"

#include "emu/check.h"

enum { RW_LATCH, RW_LSB, RW_MSB, RW_BOTH };
#define NO_TICK INT64_MAX

#define COUNTER_STATE(F, A, S, T)                                                                  \
    F(T, u8, control)      /* RW, mode and BCD bits of the control word */                         \
    F(T, bool, gate)                                                                               \
    F(T, bool, loaded)     /* the counting element has been loaded since the control word */       \
    F(T, bool, triggered)  /* modes 1 and 5: by the gate */                                        \
    F(T, bool, counting)   /* false: stopped, with `elapsed` ticks counted */                      \
    F(T, u32, count)       /* that the counting element was loaded with: 1 to 65536 */             \
    F(T, i64, start)       /* CLK tick in which it was loaded */                                   \
    F(T, i64, elapsed)                                                                             \
    F(T, bool, has_next)   /* a new count waits to be loaded: */                                   \
    F(T, u32, next)                                                                                \
    F(T, i64, load_at)     /* periodic modes: at this tick */                                      \
    F(T, bool, write_high) /* the next byte written is the high one */                             \
    F(T, u8, write_low)                                                                            \
    F(T, bool, read_high)                                                                          \
    F(T, bool, count_latched)                                                                      \
    F(T, u16, latch)                                                                               \
    F(T, bool, status_latched)                                                                     \
    F(T, u8, status)

struct counter {
    STATE_MEMBERS(COUNTER_STATE)
};
STATE_DESC(counter_state, "counter", struct counter, COUNTER_STATE);

#define I8254_STATE(F, A, S, T)                                                                    \
    S(T, struct counter, counter_state, counter, 3)                                                \
    F(T, u8, port61) /* bits 0 to 3: gate 2, speaker, NMI enables */                               \
    F(T, bool, out)  /* counter 0's, as the interrupt line has it */                               \
    F(T, i64, seen)  /* tick up to which OUT's edges were delivered */

struct i8254 {
    struct device dev;
    STATE_MEMBERS(I8254_STATE)
    struct irq irq;
};
STATE_DESC(i8254_state, "i8254", struct i8254, I8254_STATE);

static unsigned mode_of(const struct counter *c)
{
    unsigned mode = c->control >> 1 & 7;
    return mode > 5 ? mode - 4 : mode; /* x10 and x11 */
}

static i64 tick_now(struct i8254 *s)
{
    return clock_ticks(machine_now_ns(s->dev.machine), I8254_HZ);
}

/* In mode 3 OUT is high for the first and longer half. */
static i64 high_half(const struct counter *c)
{
    return (c->count + 1) / 2;
}

static i64 elapsed(const struct counter *c, i64 now)
{
    i64 n = c->counting ? now - c->start : c->elapsed;
    return MAX(n, 0);
}

/* The tick at which a waiting count is loaded in the periodic modes: the end of the period, or in
 * mode 3 of the half. */
static i64 reload_tick(const struct counter *c, i64 from)
{
    i64 n = elapsed(c, from);
    i64 in_period = n % c->count, base = c->start + n - in_period;
    if (mode_of(c) == 3 && in_period < high_half(c))
        return base + high_half(c);
    return base + c->count;
}

static bool load_waits(const struct counter *c)
{
    return c->has_next && c->counting && (mode_of(c) == 2 || mode_of(c) == 3);
}

static void load_due(struct counter *c, i64 now)
{
    if (!load_waits(c) || c->load_at > now)
        return;
    bool low_half = mode_of(c) == 3 && (c->load_at - c->start) % c->count == high_half(c);
    c->count = c->next;
    c->has_next = false;
    c->start = low_half ? c->load_at - high_half(c) : c->load_at;
}

static bool out_at(const struct counter *c, i64 now)
{
    i64 n = elapsed(c, now);
    bool started = c->loaded && (!c->counting || now >= c->start);
    switch (mode_of(c)) {
    case 0:
        return started && n >= c->count;
    case 1:
        return !c->triggered || (now >= c->start && n >= c->count);
    case 2:
        return !started || !c->gate || n % c->count != c->count - 1 || c->count == 1;
    case 3:
        return !started || !c->gate || n % c->count < high_half(c);
    case 4:
        return !started || n != c->count;
    default:
        return !c->triggered || n != c->count;
    }
}

/* The first tick after `now` at which OUT may change, or NO_TICK. */
static i64 next_change(const struct counter *c, i64 now)
{
    if (!c->loaded || !c->counting)
        return NO_TICK;
    i64 n = elapsed(c, now), left = c->count - n;
    if (now < c->start)
        return c->start;
    switch (mode_of(c)) {
    case 0:
    case 1:
        return left > 0 ? now + left : NO_TICK;
    case 2: {
        i64 in = n % c->count;
        return now + (in < c->count - 1 ? c->count - 1 - in : 1);
    }
    case 3: {
        i64 in = n % c->count;
        return now + (in < high_half(c) ? high_half(c) - in : c->count - in);
    }
    default: /* the strobe is one tick long */
        return left > 0 ? now + left : left == 0 ? now + 1 : NO_TICK;
    }
}

static u16 to_bcd(u32 v)
{
    return v % 10 | v / 10 % 10 << 4 | v / 100 % 10 << 8 | v / 1000 % 10 << 12;
}

static u16 value_at(const struct counter *c, i64 now)
{
    u32 wrap = c->control & 1 ? 10000 : 65536;
    i64 n = elapsed(c, now), v;
    switch (mode_of(c)) {
    case 2:
        v = c->count - n % c->count;
        break;
    case 3: {
        i64 in = n % c->count, half = high_half(c);
        v = (c->count & ~1u) - 2 * (in < half ? in : in - half);
        break;
    }
    default:
        v = ((c->count - n) % (i64)wrap + wrap) % wrap;
    }
    return c->control & 1 ? to_bcd(v % wrap) : v;
}

static void set_out(struct i8254 *s, bool level)
{
    if (level != s->out) {
        s->out = level;
        irq_set(s->irq, level);
    }
}

/* Delivers counter 0's edges up to now, one by one, so that a strobe shorter than a step is not
 * lost. */
static void deliver_edges(struct i8254 *s, i64 now)
{
    struct counter *c = &s->counter[0];
    if (s->seen > now ||
        now - s->seen > 4 * 65536) /* nothing had been due, or a hostile state says so */
        s->seen = now;
    for (;;) {
        i64 t = next_change(c, s->seen);
        if (load_waits(c))
            t = MIN(t, MAX(c->load_at, s->seen + 1));
        if (t > now)
            break;
        load_due(c, t);
        set_out(s, out_at(c, t));
        s->seen = t;
    }
    s->seen = now;
    set_out(s, out_at(c, now));
}

static void bring_up_to_date(struct i8254 *s, i64 now)
{
    deliver_edges(s, now);
    load_due(&s->counter[1], now);
    load_due(&s->counter[2], now);
}

/* After any change to counter 0. */
static void schedule(struct i8254 *s, i64 now)
{
    struct counter *c = &s->counter[0];
    set_out(s, out_at(c, now));
    s->seen = now;
    i64 t = next_change(c, now);
    device_set_deadline(&s->dev, t == NO_TICK ? NEVER : clock_ns_of_tick(t, I8254_HZ));
}

static void tick(struct device *d)
{
    struct i8254 *s = (struct i8254 *)d;
    i64 now = tick_now(s);
    bring_up_to_date(s, now);
    schedule(s, now);
}

static void start_counting(struct counter *c, i64 tick)
{
    c->start = tick;
    c->counting = true;
    c->elapsed = 0;
}

static void stop_counting(struct counter *c, i64 now)
{
    if (!c->counting)
        return;
    c->elapsed = elapsed(c, now);
    c->counting = false;
}

/* A whole count was written. The counting element is loaded with the next CLK, or when the mode
 * says. */
static void write_count(struct counter *c, u16 value, i64 now)
{
    u32 count = value;
    if (c->control & 1)
        count = (value >> 12 & 15) * 1000 + (value >> 8 & 15) * 100 + (value >> 4 & 15) * 10 +
                (value & 15);
    if (!count)
        count = c->control & 1 ? 10000 : 65536;

    unsigned mode = mode_of(c);
    bool periodic = mode == 2 || mode == 3;
    if (periodic && c->loaded && c->counting) {
        c->next = count;
        c->has_next = true;
        c->load_at = now < c->start ? now + 1 : reload_tick(c, now);
        return;
    }
    if ((mode == 1 || mode == 5) && c->triggered) {
        c->next = count;
        c->has_next = true;
        return;
    }
    c->count = count;
    c->loaded = true;
    c->has_next = false;
    if (mode == 1 || mode == 5)
        return; /* waits for the trigger */
    start_counting(c, now + 1);
    if (!c->gate)
        stop_counting(c, now);
}

static void write_counter(struct counter *c, u8 value, i64 now)
{
    switch (c->control >> 4 & 3) {
    case RW_LSB:
        write_count(c, value, now);
        break;
    case RW_MSB:
        write_count(c, value << 8, now);
        break;
    case RW_BOTH:
        if (c->write_high) {
            write_count(c, value << 8 | c->write_low, now);
        } else {
            c->write_low = value;
            if (mode_of(c) == 0) { /* "writing the first byte disables counting, OUT is set low" */
                c->loaded = false;
                c->counting = false;
                c->elapsed = 0;
            }
        }
        c->write_high = !c->write_high;
        break;
    }
}

static void latch_count(struct counter *c, i64 now)
{
    if (c->count_latched)
        return;
    c->latch = value_at(c, now);
    c->count_latched = true;
}

static void latch_status(struct counter *c, i64 now)
{
    if (c->status_latched)
        return;
    bool waits = (mode_of(c) == 1 || mode_of(c) == 5) && !c->triggered;
    bool null_count = !c->loaded || c->has_next || waits || (c->counting && now < c->start);
    c->status = (out_at(c, now) ? 0x80 : 0) | (null_count ? 0x40 : 0) | (c->control & 0x3f);
    c->status_latched = true;
}

static void write_control(struct i8254 *s, u8 value, i64 now)
{
    unsigned select = value >> 6;
    if (select == 3) { /* read-back */
        for (int i = 0; i < 3; i++) {
            if (!(value >> (i + 1) & 1))
                continue;
            if (!(value & 0x20))
                latch_count(&s->counter[i], now);
            if (!(value & 0x10))
                latch_status(&s->counter[i], now);
        }
        return;
    }
    struct counter *c = &s->counter[select];
    if ((value >> 4 & 3) == RW_LATCH) {
        latch_count(c, now);
        return;
    }
    bool gate = c->gate;
    u32 count = MAX(c->count, 1);
    *c = (struct counter){.control = value & 0x3f, .gate = gate, .count = count};
}

static u8 read_counter(struct counter *c, i64 now)
{
    if (c->status_latched) {
        c->status_latched = false;
        return c->status;
    }
    u16 v = c->count_latched ? c->latch : value_at(c, now);
    switch (c->control >> 4 & 3) {
    case RW_MSB:
        c->count_latched = false;
        return v >> 8;
    case RW_BOTH:
        c->read_high = !c->read_high;
        if (c->read_high)
            return v;
        c->count_latched = false;
        return v >> 8;
    default:
        c->count_latched = false;
        return v;
    }
}

static void set_gate(struct counter *c, bool gate, i64 now)
{
    if (gate == c->gate)
        return;
    c->gate = gate;
    switch (mode_of(c)) {
    case 0:
    case 4:
        if (!c->loaded)
            break;
        if (!gate) {
            stop_counting(c, now);
        } else if (!c->counting) {
            start_counting(c, now - c->elapsed);
        }
        break;
    case 1:
    case 5:
        if (gate && c->loaded) {
            c->triggered = true;
            if (c->has_next)
                c->count = c->next;
            c->has_next = false;
            start_counting(c, now + 1);
        }
        break;
    default:
        if (!c->loaded)
            break;
        if (!gate) {
            stop_counting(c, now);
        } else { /* the rising edge reloads */
            if (c->has_next)
                c->count = c->next;
            c->has_next = false;
            start_counting(c, now + 1);
        }
    }
}

static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    (void)size;
    struct i8254 *s = opaque;
    i64 now = tick_now(s);
    if (offset == 3)
        return 0xff;
    bring_up_to_date(s, now);
    return read_counter(&s->counter[offset], now);
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)size;
    struct i8254 *s = opaque;
    i64 now = tick_now(s);
    bring_up_to_date(s, now);
    if (offset == 3)
        write_control(s, value, now);
    else
        write_counter(&s->counter[offset], value, now);
    schedule(s, now);
}

/* Port 0x61: bit 4 toggles with each refresh (every 15 us), bit 5 is counter 2's OUT. */
static u64 read_port61(void *opaque, u64 offset, unsigned size)
{
    (void)offset, (void)size;
    struct i8254 *s = opaque;
    i64 now = tick_now(s);
    bring_up_to_date(s, now);
    u8 refresh = machine_now_ns(s->dev.machine) / 15085 & 1;
    return s->port61 | refresh << 4 | out_at(&s->counter[2], now) << 5;
}

static void write_port61(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)offset, (void)size;
    struct i8254 *s = opaque;
    i64 now = tick_now(s);
    bring_up_to_date(s, now);
    s->port61 = value & 0x0f;
    set_gate(&s->counter[2], value & 1, now);
}

static const struct mmio_ops counter_ops = {read_port, write_port, 1, 1};
static const struct mmio_ops port61_ops = {read_port61, write_port61, 1, 1};

static void reset(struct device *d)
{
    struct i8254 *s = (struct i8254 *)d;
    for (int i = 0; i < 3; i++) /* undefined in the data sheet: mode 0, nothing loaded, OUT low */
        s->counter[i] = (struct counter){.control = 0x30, .gate = i < 2, .count = 65536};
    s->port61 = 0;
    s->out = false;
    irq_lower(s->irq);
    schedule(s, tick_now(s));
}

/* A loaded state may be hostile: counts are divided by. */
static void after_load(struct device *d)
{
    struct i8254 *s = (struct i8254 *)d;
    for (int i = 0; i < 3; i++) {
        struct counter *c = &s->counter[i];
        c->count = c->count >= 1 && c->count <= 65536 ? c->count : 65536;
        c->has_next = c->has_next && c->next >= 1 && c->next <= 65536;
    }
}

static void info(struct device *d, struct buf *out)
{
    struct i8254 *s = (struct i8254 *)d;
    i64 now = tick_now(s);
    for (int i = 0; i < 3; i++)
        buf_printf(out, "counter %d: mode %u, value %u, OUT %d\n", i, mode_of(&s->counter[i]),
                   value_at(&s->counter[i], now), out_at(&s->counter[i], now));
}

static const struct device_type i8254_type = {
    .name = "i8254",
    .state = &i8254_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
    .info = info,
};

struct device *i8254_new(struct machine *m, struct irq irq)
{
    struct i8254 *s = xcalloc(1, sizeof(*s));
    s->irq = irq;
    bus_map_mmio(m->io, "pit", 0x40, 4, &counter_ops, s);
    bus_map_mmio(m->io, "port61", 0x61, 1, &port61_ops, s);
    device_attach(m, &s->dev, &i8254_type);
    return &s->dev;
}
