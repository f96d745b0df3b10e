/* mc146818.c - the real-time clock and its CMOS memory */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Motorola MC146818A data sheet (MC146818A/D); the uses of CMOS bytes above 0x0d are those
 * of the IBM AT and of what followed it.
 *
 * The date is virtual time plus an offset. With -rtc clock=host the offset is asked for once,
 * through the door, when the guest first looks at the clock; with clock=vm it is a constant.
 */
#include "hw/mc146818.h"

#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "hw/rtc_date.h"

enum {
    R_SEC = 0,
    R_SEC_ALARM = 1,
    R_MIN = 2,
    R_MIN_ALARM = 3,
    R_HOUR = 4,
    R_HOUR_ALARM = 5,
    R_WEEKDAY = 6,
    R_DAY = 7,
    R_MONTH = 8,
    R_YEAR = 9,
    R_A = 10,
    R_B = 11,
    R_C = 12,
    R_D = 13,
    R_CENTURY = 0x32,
};
enum { A_UIP = 0x80, A_DV = 0x70, A_DV_RESET = 0x60, A_RS = 0x0f };
enum {
    B_SET = 0x80,
    B_PIE = 0x40,
    B_AIE = 0x20,
    B_UIE = 0x10,
    B_SQWE = 0x08,
    B_BINARY = 0x04,
    B_24H = 0x02
};
enum { C_IRQF = 0x80, C_PF = 0x40, C_AF = 0x20, C_UF = 0x10 };
enum { D_VRT = 0x80 };
enum { CLOCK_HZ = 32768, UPDATE_NS = 244000 + 1984000 }; /* t_BUC + t_UC */

#define MC146818_STATE(F, A, S, T)                                                                 \
    A(T, u8, cmos, 128)                                                                            \
    F(T, u8, index)                                                                                \
    F(T, bool, have_offset)                                                                        \
    F(T, i64, offset_ns)    /* Unix time in ns minus virtual time */                               \
    F(T, i64, seen_seconds) /* Unix time up to which updates and alarms were looked at */          \
    F(T, u64, seen_period)  /* periods of the rate selected, likewise */

struct mc146818 {
    struct device dev;
    STATE_MEMBERS(MC146818_STATE)
    struct irq irq;
    int source;
};
STATE_DESC(mc146818_state, "mc146818", struct mc146818, MC146818_STATE);

static u8 encode(const struct mc146818 *s, int v)
{
    return s->cmos[R_B] & B_BINARY ? v : v / 10 % 10 << 4 | v % 10;
}

static int decode(const struct mc146818 *s, u8 v)
{
    return s->cmos[R_B] & B_BINARY ? v : (v >> 4) * 10 + (v & 15);
}

static u8 encode_hour(const struct mc146818 *s, int hour)
{
    if (s->cmos[R_B] & B_24H)
        return encode(s, hour);
    return encode(s, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? 0x80 : 0);
}

static int decode_hour(const struct mc146818 *s, u8 v)
{
    if (s->cmos[R_B] & B_24H)
        return decode(s, v);
    return decode(s, v & 0x7f) % 12 + (v & 0x80 ? 12 : 0);
}

static i64 now_ns(struct mc146818 *s)
{
    return machine_now_ns(s->dev.machine);
}

static i64 unix_seconds(struct mc146818 *s)
{
    return rtc_date_floor_div(now_ns(s) + s->offset_ns, NS_PER_S);
}

static i64 second_fraction(struct mc146818 *s)
{
    return now_ns(s) + s->offset_ns - unix_seconds(s) * (i64)NS_PER_S;
}

static void have_date(struct mc146818 *s)
{
    if (s->have_offset)
        return;
    s->offset_ns = rtc_date_offset_ns(s->dev.machine, s->source);
    s->have_offset = true;
    s->seen_seconds = unix_seconds(s);
}

/* The time registers stand still while SET is on or the divider is held in reset. */
static bool frozen(const struct mc146818 *s)
{
    return (s->cmos[R_B] & B_SET) || (s->cmos[R_A] & A_DV_RESET) == A_DV_RESET;
}

static void show_date(struct mc146818 *s)
{
    struct rtc_date d = rtc_date_of(unix_seconds(s));
    s->cmos[R_SEC] = encode(s, d.sec);
    s->cmos[R_MIN] = encode(s, d.min);
    s->cmos[R_HOUR] = encode_hour(s, d.hour);
    s->cmos[R_WEEKDAY] = encode(s, d.weekday);
    s->cmos[R_DAY] = encode(s, d.day);
    s->cmos[R_MONTH] = encode(s, d.month);
    s->cmos[R_YEAR] = encode(s, d.year % 100);
    s->cmos[R_CENTURY] = d.year / 1000 << 4 | d.year / 100 % 10;
}

/* What the guest wrote into the time registers becomes the date; the fraction of the second runs
 * on. */
static void take_date(struct mc146818 *s)
{
    i64 fraction = second_fraction(s);
    int century = (s->cmos[R_CENTURY] >> 4) * 10 + (s->cmos[R_CENTURY] & 15);
    int year = century * 100 + decode(s, s->cmos[R_YEAR]);
    int month = decode(s, s->cmos[R_MONTH]), day = decode(s, s->cmos[R_DAY]);
    if (year < 1900 || year > 2999)
        year = 2000 + year % 100;
    month = month < 1 ? 1 : month > 12 ? 12 : month;
    day = day < 1 ? 1 : day > 31 ? 31 : day;
    i64 seconds = rtc_date_days(year, month, day) * RTC_SECONDS_PER_DAY +
                  decode_hour(s, s->cmos[R_HOUR]) % 24 * 3600 +
                  decode(s, s->cmos[R_MIN]) % 60 * 60 + decode(s, s->cmos[R_SEC]) % 60;
    /* Later years do not fit a signed count of ns. */
    seconds = MIN(seconds, rtc_date_days(2250, 1, 1) * RTC_SECONDS_PER_DAY);
    s->offset_ns = seconds * (i64)NS_PER_S + fraction - now_ns(s);
    s->seen_seconds = seconds;
}

/* Periods of the rate that register A selects, since virtual time 0; 0 when it selects none. */
static unsigned period_ticks(const struct mc146818 *s)
{
    unsigned rs = s->cmos[R_A] & A_RS;
    if (!rs || (s->cmos[R_A] & A_DV_RESET) == A_DV_RESET)
        return 0;
    return 1u << ((rs < 3 ? rs + 7 : rs) - 1);
}

static u64 periods(struct mc146818 *s)
{
    unsigned ticks = period_ticks(s);
    return ticks ? clock_ticks(now_ns(s), CLOCK_HZ) / ticks : 0;
}

static bool alarm_field(int alarm, u8 raw, int now)
{
    return (raw & 0xc0) == 0xc0 || alarm == now;
}

static bool alarm_at(const struct mc146818 *s, i64 seconds)
{
    i64 of_day = seconds - rtc_date_floor_div(seconds, RTC_SECONDS_PER_DAY) * RTC_SECONDS_PER_DAY;
    const u8 *r = s->cmos;
    return alarm_field(decode(s, r[R_SEC_ALARM]), r[R_SEC_ALARM], of_day % 60) &&
           alarm_field(decode(s, r[R_MIN_ALARM]), r[R_MIN_ALARM], of_day / 60 % 60) &&
           alarm_field(decode_hour(s, r[R_HOUR_ALARM]), r[R_HOUR_ALARM], of_day / 3600);
}

static void update_irq(struct mc146818 *s)
{
    u8 *c = &s->cmos[R_C];
    bool irq = *c & s->cmos[R_B] & (C_PF | C_AF | C_UF);
    *c = irq ? *c | C_IRQF : *c & ~C_IRQF;
    irq_set(s->irq, irq);
}

/* Sets the flags of what has happened since this was last called. */
static void catch_up(struct mc146818 *s)
{
    have_date(s);
    if (period_ticks(s)) {
        u64 n = periods(s);
        if (n != s->seen_period)
            s->cmos[R_C] |= C_PF;
        s->seen_period = n;
    }
    i64 now = unix_seconds(s);
    if (!frozen(s) && now > s->seen_seconds) {
        s->cmos[R_C] |= C_UF;
        i64 t = MAX(s->seen_seconds, now - RTC_SECONDS_PER_DAY);
        while (t < now && !(s->cmos[R_C] & C_AF))
            if (alarm_at(s, ++t))
                s->cmos[R_C] |= C_AF;
    }
    s->seen_seconds = now;
    update_irq(s);
}

static void schedule(struct mc146818 *s)
{
    u64 at = NEVER;
    if ((s->cmos[R_B] & B_PIE) && period_ticks(s))
        at = clock_ns_of_tick((periods(s) + 1) * period_ticks(s), CLOCK_HZ);
    if ((s->cmos[R_B] & (B_AIE | B_UIE)) && !frozen(s))
        at = MIN(at, (u64)((unix_seconds(s) + 1) * (i64)NS_PER_S - s->offset_ns));
    device_set_deadline(&s->dev, at);
}

static void tick(struct device *d)
{
    struct mc146818 *s = (struct mc146818 *)d;
    catch_up(s);
    schedule(s);
}

static u8 read_register(struct mc146818 *s, u8 index)
{
    catch_up(s);
    switch (index) {
    case R_A: {
        bool uip = !frozen(s) && second_fraction(s) >= (i64)NS_PER_S - UPDATE_NS;
        return s->cmos[R_A] | (uip ? A_UIP : 0);
    }
    case R_C: {
        u8 v = s->cmos[R_C];
        s->cmos[R_C] = 0;
        update_irq(s);
        return v;
    }
    case R_D:
        return D_VRT;
    default:
        if (!frozen(s))
            show_date(s);
        return s->cmos[index];
    }
}

static bool is_time(u8 index)
{
    return (index <= R_YEAR && index != R_SEC_ALARM && index != R_MIN_ALARM &&
            index != R_HOUR_ALARM) ||
           index == R_CENTURY;
}

/* Registers A and B: they may stop the clock, let it go, or change how it is shown. */
static void write_control(struct mc146818 *s, u8 index, u8 value)
{
    bool was_frozen = frozen(s), was_reset = (s->cmos[R_A] & A_DV_RESET) == A_DV_RESET;
    if (!was_frozen)
        show_date(s);
    if (index == R_A)
        s->cmos[R_A] = value & ~A_UIP;
    else
        s->cmos[R_B] = value & B_SET ? value & ~B_UIE : value; /* SET clears UIE */
    if (was_frozen && !frozen(s)) {
        take_date(s);
        if (was_reset) /* out of divider reset the first update comes half a second later */
            s->offset_ns += (i64)NS_PER_S / 2 - second_fraction(s);
    }
    s->seen_period = periods(s);
}

static void write_register(struct mc146818 *s, u8 index, u8 value)
{
    catch_up(s);
    if (index == R_A || index == R_B) {
        write_control(s, index, value);
    } else if (is_time(index)) {
        if (!frozen(s))
            show_date(s);
        s->cmos[index] = value;
        if (!frozen(s))
            take_date(s);
    } else if (index != R_C && index != R_D) {
        s->cmos[index] = value;
    }
    update_irq(s);
    schedule(s);
}

static bool is_clock(u8 index)
{
    return index <= R_D || index == R_CENTURY;
}

static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    (void)size;
    struct mc146818 *s = opaque;
    if (offset == 0)
        return 0xff; /* write-only */
    return is_clock(s->index) ? read_register(s, s->index) : s->cmos[s->index];
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)size;
    struct mc146818 *s = opaque;
    if (offset == 0)
        s->index = value & 0x7f; /* bit 7 masks NMI, of which there is none */
    else if (is_clock(s->index))
        write_register(s, s->index, value);
    else
        s->cmos[s->index] = value;
}

static const struct mmio_ops ops = {read_port, write_port, 1, 1};

/* The battery keeps the date; RESET clears the interrupt enables and flags. */
static void reset(struct device *d)
{
    struct mc146818 *s = (struct mc146818 *)d;
    s->cmos[R_B] &= ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    s->cmos[R_C] = 0;
    s->index = 0;
    irq_lower(s->irq);
    device_set_deadline(d, NEVER);
}

/* A loaded state may be hostile. */
static void after_load(struct device *d)
{
    ((struct mc146818 *)d)->index &= 0x7f;
}

static void info(struct device *d, struct buf *out)
{
    struct mc146818 *s = (struct mc146818 *)d;
    if (!s->have_offset) {
        buf_printf(out, "the guest has not looked at the clock yet\n");
        return;
    }
    struct rtc_date t = rtc_date_of(unix_seconds(s));
    buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d\n", t.year, t.month, t.day, t.hour, t.min,
               t.sec);
}

static const struct device_type mc146818_type = {
    .name = "mc146818",
    .state = &mc146818_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
    .info = info,
};

void mc146818_set_cmos(struct mc146818 *s, u8 index, u8 value)
{
    CHECK(index > R_D && index < sizeof(s->cmos));
    s->cmos[index] = value;
}

struct mc146818 *mc146818_new(struct machine *m, struct irq irq)
{
    struct mc146818 *s = xcalloc(1, sizeof(*s));
    s->irq = irq;
    s->cmos[R_A] = 0x26; /* 32768 Hz, 1024 Hz */
    s->cmos[R_B] = B_24H;
    bus_map_mmio(m->io, "rtc", 0x70, 2, &ops, s);
    device_attach(m, &s->dev, &mc146818_type);
    s->source = rtc_date_source(m);
    return s;
}
