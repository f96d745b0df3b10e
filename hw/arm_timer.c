/* arm_timer.c - the generic timer of Arm processors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm Architecture Reference Manual, ARMv7-A (DDI 0406C), chapter B8. The counter is virtual time. A timer's
 * output is asserted while it is enabled, not masked, and its count has been reached.
 */
#include "hw/arm_timer.h"

#include <stdlib.h>

#include "emu/check.h"

enum { CTL_ENABLE = 1, CTL_IMASK = 2, CTL_ISTATUS = 4 };
enum { PL0PCTEN = 1, PL0VCTEN = 2, PL0VTEN = 1 << 8, PL0PTEN = 1 << 9 }; /* CNTKCTL: open to USR mode */

#define ARM_TIMER_STATE(F, A, S, T)                                                                \
    F(T, u32, frequency)                                                                           \
    F(T, u32, kctl)                                                                                \
    F(T, u32, hctl)                                                                                \
    F(T, u64, voff)                                                                                \
    A(T, u32, ctl, ARM_TIMERS)                                                                     \
    A(T, u64, cval, ARM_TIMERS)

struct arm_timer {
    struct device dev;
    STATE_MEMBERS(ARM_TIMER_STATE)
    struct irq irq[ARM_TIMERS];
};
STATE_DESC(arm_timer_state, "arm_timer", struct arm_timer, ARM_TIMER_STATE);

static u64 count(struct arm_timer *s)
{
    return clock_ticks(machine_now_ns(s->dev.machine), ARM_TIMER_HZ);
}

/* What a timer counts against; the virtual one is behind by an offset. */
static u64 count_of(struct arm_timer *s, unsigned n)
{
    return n == ARM_TIMER_VIRT ? count(s) - s->voff : count(s);
}

static bool reached(struct arm_timer *s, unsigned n)
{
    return (i64)(count_of(s, n) - s->cval[n]) >= 0;
}

static void update(struct arm_timer *s)
{
    u64 next = NEVER;
    for (unsigned n = 0; n < ARM_TIMERS; n++) {
        bool on = s->ctl[n] & CTL_ENABLE, now = on && reached(s, n);
        irq_set(s->irq[n], now && !(s->ctl[n] & CTL_IMASK));
        if (!on || now)
            continue;
        u64 left = s->cval[n] - count_of(s, n);
        u64 tick = count(s) + MIN(left, (u64)1 << 56);
        next = MIN(next, clock_ns_of_tick(tick, ARM_TIMER_HZ));
    }
    device_set_deadline(&s->dev, next);
}

static void tick(struct device *d)
{
    update((struct arm_timer *)d);
}

static u32 read_ctl(struct arm_timer *s, unsigned n)
{
    bool now = (s->ctl[n] & CTL_ENABLE) && reached(s, n);
    return s->ctl[n] | (now ? CTL_ISTATUS : 0);
}

/* ---- the registers ---- */

enum field { FRQ, KCTL, HCTL, CNT, VCNT, VOFF, TVAL, CTL, CVAL };

static const struct timer_register {
    u32 number;
    u8 field, timer;
    u32 user_read, user_write; /* bits of CNTKCTL that open it to USR mode; 0: never */
} registers[] = {
    {CPU_ARM_SYSREG(15, 0, 14, 0, 0), FRQ, 0, PL0PCTEN | PL0VCTEN, 0},
    {CPU_ARM_SYSREG(15, 0, 14, 1, 0), KCTL, 0, 0, 0},
    {CPU_ARM_SYSREG(15, 0, 14, 2, 0), TVAL, ARM_TIMER_PHYS, PL0PTEN, PL0PTEN},
    {CPU_ARM_SYSREG(15, 0, 14, 2, 1), CTL, ARM_TIMER_PHYS, PL0PTEN, PL0PTEN},
    {CPU_ARM_SYSREG(15, 0, 14, 3, 0), TVAL, ARM_TIMER_VIRT, PL0VTEN, PL0VTEN},
    {CPU_ARM_SYSREG(15, 0, 14, 3, 1), CTL, ARM_TIMER_VIRT, PL0VTEN, PL0VTEN},
    {CPU_ARM_SYSREG(15, 4, 14, 1, 0), HCTL, 0, 0, 0},
    {CPU_ARM_SYSREG(15, 4, 14, 2, 0), TVAL, ARM_TIMER_HYP, 0, 0},
    {CPU_ARM_SYSREG(15, 4, 14, 2, 1), CTL, ARM_TIMER_HYP, 0, 0},
    {CPU_ARM_SYSREG64(15, 0, 14), CNT, 0, PL0PCTEN, 0},
    {CPU_ARM_SYSREG64(15, 1, 14), VCNT, 0, PL0VCTEN, 0},
    {CPU_ARM_SYSREG64(15, 2, 14), CVAL, ARM_TIMER_PHYS, PL0PTEN, PL0PTEN},
    {CPU_ARM_SYSREG64(15, 3, 14), CVAL, ARM_TIMER_VIRT, PL0VTEN, PL0VTEN},
    {CPU_ARM_SYSREG64(15, 4, 14), VOFF, 0, 0, 0},
    {CPU_ARM_SYSREG64(15, 6, 14), CVAL, ARM_TIMER_HYP, 0, 0},
};

/* The register, if whoever asks may have it. */
static const struct timer_register *find(const struct arm_timer *s, u32 number, bool write)
{
    bool user = number & CPU_ARM_SYSREG_USER;
    number &= ~CPU_ARM_SYSREG_USER;
    for (unsigned i = 0; i < ARRAY_SIZE(registers); i++) {
        const struct timer_register *r = &registers[i];
        if (r->number == number)
            return !user || (s->kctl & (write ? r->user_write : r->user_read)) ? r : NULL;
    }
    return NULL;
}

static bool read_register(void *opaque, u32 number, u64 *v)
{
    struct arm_timer *s = opaque;
    const struct timer_register *r = find(s, number, false);
    if (!r)
        return false;
    switch ((enum field)r->field) {
    case FRQ: *v = s->frequency; break;
    case KCTL: *v = s->kctl; break;
    case HCTL: *v = s->hctl; break;
    case CNT: *v = count(s); break;
    case VCNT: *v = count(s) - s->voff; break;
    case VOFF: *v = s->voff; break;
    case TVAL: *v = (u32)(s->cval[r->timer] - count_of(s, r->timer)); break;
    case CTL: *v = read_ctl(s, r->timer); break;
    case CVAL: *v = s->cval[r->timer]; break;
    }
    return true;
}

static bool write_register(void *opaque, u32 number, u64 v)
{
    struct arm_timer *s = opaque;
    const struct timer_register *r = find(s, number, true);
    if (!r)
        return false;
    switch ((enum field)r->field) {
    case FRQ: s->frequency = (u32)v; break;
    case KCTL: s->kctl = (u32)v; break;
    case HCTL: s->hctl = (u32)v; break;
    case CNT: case VCNT: return false;
    case VOFF: s->voff = v; break;
    case TVAL: s->cval[r->timer] = count_of(s, r->timer) + (u64)(i64)(i32)v; break;
    case CTL: s->ctl[r->timer] = v & (CTL_ENABLE | CTL_IMASK); break;
    case CVAL: s->cval[r->timer] = v; break;
    }
    update(s);
    return true;
}

static const struct cpu_sysreg_ops sysreg_ops = {read_register, write_register};

static void reset(struct device *d)
{
    struct arm_timer *s = (struct arm_timer *)d;
    s->frequency = ARM_TIMER_HZ;
    s->kctl = PL0PCTEN | PL0VCTEN;
    s->hctl = 3;
    s->voff = 0;
    for (unsigned n = 0; n < ARM_TIMERS; n++) {
        s->ctl[n] = 0;
        s->cval[n] = 0;
    }
    update(s);
}

static const struct device_type arm_timer_type = {
    .name = "arm_timer",
    .state = &arm_timer_state,
    .reset = reset,
    .tick = tick,
};

struct device *arm_timer_new(struct machine *m, const struct irq irq[ARM_TIMERS])
{
    struct arm_timer *s = xcalloc(1, sizeof(*s));
    for (unsigned n = 0; n < ARM_TIMERS; n++)
        s->irq[n] = irq[n];
    m->cpu->sysregs = &sysreg_ops;
    m->cpu->sysregs_opaque = s;
    device_attach(m, &s->dev, &arm_timer_type);
    return &s->dev;
}
