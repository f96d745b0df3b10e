/* pl031.c - Arm's PrimeCell real-time clock */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: PrimeCell Real Time Clock (PL031) TRM (DDI 0224). It counts seconds, and interrupts when they match. */
#include "hw/pl031.h"

#include "emu/check.h"
#include "hw/rtc_date.h"

enum { DR = 0x00, MR = 0x04, LR = 0x08, CR = 0x0c, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c,
       PERIPH_ID = 0xfe0 };

#define PL031_STATE(F, A, S, T)                                                                    \
    F(T, bool, have_offset)                                                                        \
    F(T, i64, offset_ns) /* Unix time in ns minus virtual time */                                  \
    F(T, u32, match)                                                                               \
    F(T, u32, load)                                                                                \
    F(T, bool, matched)                                                                            \
    F(T, bool, mask)

struct pl031 {
    struct device dev;
    STATE_MEMBERS(PL031_STATE)
    struct irq irq;
    int source;
};
STATE_DESC(pl031_state, "pl031", struct pl031, PL031_STATE);

static u32 seconds(struct pl031 *s)
{
    if (!s->have_offset) {
        s->offset_ns = rtc_date_offset_ns(s->dev.machine, s->source);
        s->have_offset = true;
    }
    return (u32)rtc_date_floor_div((i64)machine_now_ns(s->dev.machine) + s->offset_ns, NS_PER_S);
}

static void update_irq(struct pl031 *s)
{
    irq_set(s->irq, s->matched && s->mask);
}

/* When the counter is at the match register the next time; nobody waits while it is masked. */
static void set_alarm(struct pl031 *s)
{
    if (!s->mask || s->matched) {
        device_set_deadline(&s->dev, NEVER);
        return;
    }
    u32 left = s->match - seconds(s);
    i64 now = (i64)machine_now_ns(s->dev.machine) + s->offset_ns;
    i64 at = (rtc_date_floor_div(now, NS_PER_S) + left) * (i64)NS_PER_S - s->offset_ns;
    device_set_deadline(&s->dev, (u64)at);
}

static void tick(struct device *d)
{
    struct pl031 *s = (struct pl031 *)d;
    if (s->mask && !s->matched && seconds(s) == s->match)
        s->matched = true;
    set_alarm(s);
    update_irq(s);
}

static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    static const u8 id[] = {0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct pl031 *s = opaque;
    (void)size;
    switch (offset) {
    case DR: return seconds(s);
    case MR: return s->match;
    case LR: return s->load;
    case CR: return 1;
    case IMSC: return s->mask;
    case RIS: return s->matched;
    case MIS: return s->matched && s->mask;
    }
    return offset >= PERIPH_ID && offset < 0x1000 ? id[(offset - PERIPH_ID) / 4] : 0;
}

static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pl031 *s = opaque;
    u32 now = seconds(s);
    (void)size;
    switch (offset) {
    case MR: s->match = (u32)value; break;
    case LR:
        s->offset_ns += (i64)(i32)((u32)value - now) * (i64)NS_PER_S;
        s->load = (u32)value;
        break;
    case IMSC: s->mask = value & 1; break;
    case ICR: s->matched = s->matched && !(value & 1); break;
    }
    set_alarm(s);
    update_irq(s);
}

static const struct mmio_ops ops = {read_register, write_register, 4, 4};

static void reset(struct device *d)
{
    struct pl031 *s = (struct pl031 *)d;
    s->match = s->load = 0;
    s->matched = s->mask = false;
    set_alarm(s);
    update_irq(s);
}

static const struct device_type pl031_type = {
    .name = "pl031",
    .state = &pl031_state,
    .reset = reset,
    .tick = tick,
};

struct device *pl031_new(struct machine *m, u64 base, struct irq irq)
{
    struct pl031 *s = xcalloc(1, sizeof(*s));
    s->irq = irq;
    s->source = rtc_date_source(m);
    bus_map_mmio(m->mem, "pl031", base, 0x1000, &ops, s);
    device_attach(m, &s->dev, &pl031_type);
    return &s->dev;
}
