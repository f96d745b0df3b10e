/* apic.c - the processor's local interrupt controller */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Intel SDM volume 3, chapter "Advanced Programmable Interrupt Controller (APIC)" (11 in
 * 2023). */
#include "hw/apic.h"

#include <string.h>

#include "emu/check.h"
#include "emu/log.h"

/* The task priority's MSR is there in all modes: the processor reaches it so for CR8. */
enum { MSR_APIC_BASE = 0x1b, MSR_X2APIC = 0x800, MSR_TPR = 0x808, MSR_X2APIC_END = 0x840 };
enum { BASE_BSP = 1 << 8, BASE_X2APIC = 1 << 10, BASE_ENABLE = 1 << 11 };
#define BASE_ADDRESS UINT64_C(0xffffff000)
#define DEFAULT_BASE UINT64_C(0xfee00000)

/* Register numbers: MMIO offset / 16, and MSR - 0x800. */
enum {
    R_ID = 0x02,
    R_VERSION = 0x03,
    R_TPR = 0x08,
    R_APR = 0x09,
    R_PPR = 0x0a,
    R_EOI = 0x0b,
    R_RRD = 0x0c,
    R_LDR = 0x0d,
    R_DFR = 0x0e,
    R_SVR = 0x0f,
    R_ISR = 0x10,
    R_TMR = 0x18,
    R_IRR = 0x20,
    R_ESR = 0x28,
    R_LVT_CMCI = 0x2f,
    R_ICR = 0x30,
    R_ICR_HIGH = 0x31,
    R_LVT = 0x32,
    R_LVT_END = 0x38,
    R_INITIAL = 0x38,
    R_CURRENT = 0x39,
    R_DIVIDE = 0x3e,
    R_SELF_IPI = 0x3f,
};
enum { LVT_TIMER, LVT_THERMAL, LVT_PERF, LVT_LINT0, LVT_LINT1, LVT_ERROR, N_LVT };
enum { LVT_MASKED = 1 << 16, LVT_PERIODIC = 1 << 17, LVT_LEVEL = 1 << 15 };
enum { SVR_ENABLE = 1 << 8 };
enum { ESR_SEND_ILLEGAL = 1 << 5, ESR_RECEIVE_ILLEGAL = 1 << 6, ESR_REGISTER = 1 << 7 };
enum { VERSION = 0x14 | (N_LVT - 1) << 16 };

#define APIC_STATE(F, A, S, T)                                                                     \
    F(T, u64, base) /* the MSR */                                                                  \
    F(T, u8, id)                                                                                   \
    F(T, u8, tpr)                                                                                  \
    F(T, u32, ldr)                                                                                 \
    F(T, u32, dfr)                                                                                 \
    F(T, u32, svr)                                                                                 \
    F(T, u32, esr)                                                                                 \
    F(T, u32, errors) /* since the last write to the ESR */                                        \
    F(T, u64, icr)                                                                                 \
    A(T, u32, lvt, N_LVT)                                                                          \
    A(T, u32, isr, 8)                                                                              \
    A(T, u32, tmr, 8)                                                                              \
    A(T, u32, irr, 8)                                                                              \
    F(T, bool, lint0)       /* level of the pin */                                                 \
    F(T, u32, initial)      /* timer: the initial count register */                                \
    F(T, u32, divide)                                                                              \
    F(T, u32, count)        /* the current count at */                                             \
    F(T, u64, count_at)     /* this virtual time */

struct apic {
    struct device dev;
    STATE_MEMBERS(APIC_STATE)
    struct irq intr, nmi;
    int (*pic)(void *opaque);
    void *pic_opaque;
    void (*eoi)(void *opaque, u8 vector);
    void *eoi_opaque;
    int map;
};
STATE_DESC(apic_state, "apic", struct apic, APIC_STATE);

static bool x2apic(const struct apic *s)
{
    return s->base & BASE_X2APIC;
}

static bool globally_enabled(const struct apic *s)
{
    return s->base & BASE_ENABLE;
}

static bool software_enabled(const struct apic *s)
{
    return s->svr & SVR_ENABLE;
}

static bool get_bit(const u32 *v, u8 n)
{
    return v[n >> 5] >> (n & 31) & 1;
}

static void put_bit(u32 *v, u8 n, bool on)
{
    v[n >> 5] = on ? v[n >> 5] | 1u << (n & 31) : v[n >> 5] & ~(1u << (n & 31));
}

static int highest(const u32 *v)
{
    for (int i = 7; i >= 0; i--)
        if (v[i])
            return i * 32 + 31 - __builtin_clz(v[i]);
    return -1;
}

static u8 processor_priority(const struct apic *s)
{
    int isr = highest(s->isr);
    u8 serviced = isr < 0 ? 0 : isr & 0xf0;
    return (s->tpr & 0xf0) >= serviced ? s->tpr : serviced;
}

/* The vector that the APIC would hand to the processor now, or -1. */
static int pending(const struct apic *s)
{
    if (!globally_enabled(s) || !software_enabled(s))
        return -1;
    int irr = highest(s->irr);
    return irr >= 0 && (irr & 0xf0) > (processor_priority(s) & 0xf0) ? irr : -1;
}

/* Does the PIC's request reach the processor? */
static bool extint(const struct apic *s)
{
    if (!s->lint0)
        return false;
    u32 lvt = s->lvt[LVT_LINT0];
    return !globally_enabled(s) || (!(lvt & LVT_MASKED) && (lvt >> 8 & 7) == APIC_EXTINT);
}

static void update(struct apic *s)
{
    irq_set(s->intr, pending(s) >= 0 || extint(s));
}

static void accept_vector(struct apic *s, u8 vector, bool level)
{
    put_bit(s->irr, vector, true);
    put_bit(s->tmr, vector, level);
    update(s);
}

static void note_error(struct apic *s, u32 bit)
{
    bool first = !(s->errors & bit);
    s->errors |= bit;
    u32 lvt = s->lvt[LVT_ERROR];
    if (first && !(lvt & LVT_MASKED) && (lvt & 0xff) >= 16)
        accept_vector(s, lvt, false);
}

static bool accept(struct apic *s, enum apic_delivery mode, u8 vector, bool level)
{
    switch (mode) {
    case APIC_FIXED:
    case APIC_LOWEST:
        if (!software_enabled(s))
            return false;
        if (vector < 16)
            note_error(s, ESR_RECEIVE_ILLEGAL);
        else
            accept_vector(s, vector, level);
        return true;
    case APIC_NMI:
        irq_raise(s->nmi); /* taking it lowers it */
        return true;
    case APIC_INIT: /* the only processor starts over */
        machine_request(s->dev.machine, REQUEST_RESET, 0);
        return true;
    default: /* ExtINT comes by LINT0 only; start-up finds a processor that runs; there is no SMM */
        return false;
    }
}

static bool is_logical_dest(const struct apic *s, u8 dest)
{
    u8 id = s->ldr >> 24;
    if (dest == 0xff)
        return true;
    if (s->dfr >> 28 == 0xf) /* flat model */
        return id & dest;
    return id >> 4 == dest >> 4 && (id & dest & 0x0f);
}

bool apic_deliver(struct apic *s, u8 dest, bool logical, enum apic_delivery mode, u8 vector,
                  bool level)
{
    if (!globally_enabled(s))
        return false;
    if (x2apic(s) && logical) { /* the x2APIC ID of this processor is 0: cluster 0, bit 0 */
        if (dest != 0xff && dest != 1)
            return false;
    } else if (logical ? !is_logical_dest(s, dest) : dest != 0xff && dest != s->id) {
        return false;
    }
    return accept(s, mode, vector, level);
}

/* SDM vol. 3, 10.11: where the message goes, and what it is. */
void apic_deliver_msi(void *opaque, u64 addr, u32 data)
{
    if (addr >> 20 != 0xfee) {
        LOG(LOG_DEBUG, "a message to %llx is lost", (unsigned long long)addr);
        return;
    }
    apic_deliver(opaque, addr >> 12, addr & 4, data >> 8 & 7, data, data >> 15 & 1);
}

static void deliver_lvt(struct apic *s, unsigned which)
{
    u32 lvt = s->lvt[which];
    if (lvt & LVT_MASKED)
        return;
    enum apic_delivery mode = which == LVT_TIMER ? APIC_FIXED : (lvt >> 8 & 7);
    if (mode != APIC_EXTINT)
        accept(s, mode, lvt, false);
}

static void set_lint0(void *opaque, int line, bool level)
{
    (void)line;
    struct apic *s = opaque;
    bool rise = level && !s->lint0;
    s->lint0 = level;
    if (rise && globally_enabled(s))
        deliver_lvt(s, LVT_LINT0);
    update(s);
}

struct irq apic_lint0(struct apic *s)
{
    return (struct irq){set_lint0, s, 0};
}

static int acknowledge(void *opaque)
{
    struct apic *s = opaque;
    int vector = pending(s);
    if (vector >= 0) {
        put_bit(s->irr, vector, false);
        put_bit(s->isr, vector, true);
    } else if (extint(s) && s->pic) {
        vector = s->pic(s->pic_opaque);
    } else {
        vector = s->svr & 0xff; /* it went away: spurious, not in service */
    }
    update(s);
    return vector;
}

static void end_of_interrupt(struct apic *s)
{
    int vector = highest(s->isr);
    if (vector < 0)
        return;
    put_bit(s->isr, vector, false);
    if (get_bit(s->tmr, vector) && s->eoi)
        s->eoi(s->eoi_opaque, vector);
    update(s);
}

/* Timer. The count is worked out from the clock; only an expiry that
 * interrupts needs a deadline. */

static u64 tick_ns(const struct apic *s)
{
    unsigned code = (s->divide & 3) | (s->divide >> 1 & 4);
    unsigned divisor = code == 7 ? 1 : 2u << code;
    _Static_assert(APIC_HZ == NS_PER_S, "a tick before the divider is a nanosecond");
    return divisor;
}

/* Brings count and count_at to the last whole tick. Returns whether the timer
 * expired on the way. */
static bool run_timer(struct apic *s)
{
    u64 n = (machine_now_ns(s->dev.machine) - s->count_at) / tick_ns(s);
    s->count_at += n * tick_ns(s);
    if (!s->count || n < s->count) {
        s->count -= s->count ? n : 0;
        return false;
    }
    bool periodic = s->lvt[LVT_TIMER] & LVT_PERIODIC;
    s->count = periodic && s->initial ? s->initial - (n - s->count) % s->initial : 0;
    return true;
}

static void schedule(struct apic *s)
{
    u64 at = NEVER;
    if (s->count && !(s->lvt[LVT_TIMER] & LVT_MASKED))
        at = s->count_at + s->count * tick_ns(s);
    device_set_deadline(&s->dev, at);
}

static void tick(struct device *d)
{
    struct apic *s = (struct apic *)d;
    if (run_timer(s))
        deliver_lvt(s, LVT_TIMER);
    schedule(s);
}

/* Before an access to the timer's registers: an expiry that is due at this
 * very time counts first. */
static void sync_timer(struct apic *s)
{
    if (run_timer(s))
        deliver_lvt(s, LVT_TIMER);
}

static void send_ipi(struct apic *s)
{
    u32 low = s->icr;
    u8 vector = low;
    enum apic_delivery mode = low >> 8 & 7;
    bool logical = low & 1 << 11, level = low & 1 << 15, assert = low & 1 << 14;
    if (mode == APIC_INIT && level && !assert)
        return; /* INIT level de-assert: synchronises arbitration IDs of old processors */
    if ((mode == APIC_FIXED || mode == APIC_LOWEST) && vector < 16) {
        note_error(s, ESR_SEND_ILLEGAL);
        return;
    }
    u32 dest = x2apic(s) ? s->icr >> 32 : s->icr >> 56;
    switch (low >> 18 & 3) {
    case 0:
        if (dest == UINT32_MAX)
            dest = 0xff;
        if (dest <= 0xff)
            apic_deliver(s, dest, logical, mode, vector, false);
        break;
    case 1: /* self */
    case 2: /* all including self */
        accept(s, mode, vector, false);
        break;
    }
}

static void write_lvt(struct apic *s, unsigned which, u32 value)
{
    static const u32 allowed[N_LVT] = {0x300ff, 0x107ff, 0x107ff, 0x1a7ff, 0x1a7ff, 0x100ff};
    sync_timer(s);
    s->lvt[which] = value & allowed[which];
    if (!software_enabled(s))
        s->lvt[which] |= LVT_MASKED;
    schedule(s);
    update(s);
}

static void write_svr(struct apic *s, u32 value)
{
    sync_timer(s);
    s->svr = value & 0x1ff;
    if (!software_enabled(s))
        for (int i = 0; i < N_LVT; i++)
            s->lvt[i] |= LVT_MASKED;
    schedule(s);
    update(s);
}

static u32 x2apic_ldr(void)
{
    return 1; /* cluster 0, processor 0 */
}

/* False: no such register. */
static bool read_register(struct apic *s, unsigned n, u32 *value)
{
    switch (n) {
    case R_ID:
        *value = x2apic(s) ? s->id : (u32)s->id << 24;
        return true;
    case R_VERSION:
        *value = VERSION;
        return true;
    case R_TPR:
        *value = s->tpr;
        return true;
    case R_APR:
    case R_RRD:
        *value = 0;
        return !x2apic(s);
    case R_PPR:
        *value = processor_priority(s);
        return true;
    case R_EOI:
        *value = 0;
        return !x2apic(s);
    case R_LDR:
        *value = x2apic(s) ? x2apic_ldr() : s->ldr;
        return true;
    case R_DFR:
        *value = s->dfr;
        return !x2apic(s);
    case R_SVR:
        *value = s->svr;
        return true;
    case R_ISR ... R_ISR + 7:
        *value = s->isr[n - R_ISR];
        return true;
    case R_TMR ... R_TMR + 7:
        *value = s->tmr[n - R_TMR];
        return true;
    case R_IRR ... R_IRR + 7:
        *value = s->irr[n - R_IRR];
        return true;
    case R_ESR:
        *value = s->esr;
        return true;
    case R_ICR:
        *value = s->icr;
        return true;
    case R_ICR_HIGH:
        *value = s->icr >> 32;
        return !x2apic(s);
    case R_LVT ... R_LVT_END - 1:
        *value = s->lvt[n - R_LVT];
        return true;
    case R_INITIAL:
        *value = s->initial;
        return true;
    case R_CURRENT:
        sync_timer(s);
        *value = s->count;
        return true;
    case R_DIVIDE:
        *value = s->divide;
        return true;
    }
    *value = 0;
    return false;
}

static bool write_register(struct apic *s, unsigned n, u32 value)
{
    switch (n) {
    case R_ID:
        s->id = value >> 24;
        return !x2apic(s);
    case R_TPR:
        s->tpr = value;
        break;
    case R_EOI:
        end_of_interrupt(s);
        break;
    case R_LDR:
        s->ldr = value & 0xff000000;
        return !x2apic(s);
    case R_DFR:
        s->dfr = value | 0x0fffffff;
        return !x2apic(s);
    case R_SVR:
        write_svr(s, value);
        break;
    case R_ESR:
        s->esr = s->errors;
        s->errors = 0;
        break;
    case R_ICR:
        s->icr = (s->icr & ~(u64)UINT32_MAX) | (value & 0xccfff);
        send_ipi(s);
        break;
    case R_ICR_HIGH:
        s->icr = (u32)s->icr | (u64)(value & 0xff000000) << 32;
        return !x2apic(s);
    case R_LVT ... R_LVT_END - 1:
        write_lvt(s, n - R_LVT, value);
        break;
    case R_INITIAL:
        sync_timer(s);
        s->initial = s->count = value;
        s->count_at = machine_now_ns(s->dev.machine);
        schedule(s);
        break;
    case R_DIVIDE:
        sync_timer(s);
        s->divide = value & 0x0b;
        schedule(s);
        break;
    default:
        return false;
    }
    update(s);
    return true;
}

static u64 read_mmio(void *opaque, u64 offset, unsigned size)
{
    (void)size;
    struct apic *s = opaque;
    u32 v = 0;
    if (!(offset & 0x0f) && !read_register(s, offset >> 4, &v))
        note_error(s, ESR_REGISTER);
    return v;
}

static void write_mmio(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)size;
    struct apic *s = opaque;
    if (!(offset & 0x0f) && !write_register(s, offset >> 4, value))
        note_error(s, ESR_REGISTER);
}

static const struct mmio_ops mmio = {read_mmio, write_mmio, 4, 4};

/* In x2APIC mode the registers are in MSRs only. */
static void map_registers(struct apic *s)
{
    struct bus *mem = s->dev.machine->mem;
    bus_move(mem, s->map, s->base & BASE_ADDRESS);
    bus_enable(mem, s->map, globally_enabled(s) && !x2apic(s));
}

static void set_defaults(struct apic *s)
{
    s->id = s->tpr = 0;
    s->ldr = 0;
    s->dfr = UINT32_MAX;
    s->svr = 0xff;
    s->esr = s->errors = 0;
    s->icr = 0;
    for (int i = 0; i < N_LVT; i++)
        s->lvt[i] = LVT_MASKED;
    memset(s->isr, 0, sizeof(s->isr));
    memset(s->tmr, 0, sizeof(s->tmr));
    memset(s->irr, 0, sizeof(s->irr));
    s->initial = s->divide = s->count = 0;
    s->count_at = machine_now_ns(s->dev.machine);
    device_set_deadline(&s->dev, NEVER);
}

/* SDM vol. 3, "x2APIC state transitions": which changes of EN and EXTD are allowed. */
static bool write_base(struct apic *s, u64 value)
{
    u64 reserved = ~(BASE_ADDRESS | BASE_BSP | BASE_X2APIC | BASE_ENABLE);
    bool en = value & BASE_ENABLE, extd = value & BASE_X2APIC;
    if ((value & reserved) || (extd && !en))
        return false;
    if (extd && !x2apic(s) && !globally_enabled(s))
        return false; /* disabled to x2APIC */
    if (!extd && en && x2apic(s))
        return false; /* x2APIC to xAPIC */
    if (!en && globally_enabled(s))
        set_defaults(s);
    s->base = value;
    map_registers(s);
    update(s);
    return true;
}

static bool read_x2apic(struct apic *s, unsigned n, u64 *value)
{
    u32 v;
    if (n == R_ICR) {
        *value = s->icr;
        return true;
    }
    if (!read_register(s, n, &v))
        return false;
    *value = v;
    return true;
}

static bool write_x2apic(struct apic *s, unsigned n, u64 value)
{
    if (n == R_ICR) {
        if (value & UINT64_C(0xfff33000))
            return false;
        s->icr = value;
        send_ipi(s);
        update(s);
        return true;
    }
    if (n == R_SELF_IPI) {
        if (value > 0xff)
            return false;
        accept(s, APIC_FIXED, value, false);
        return true;
    }
    if (value >> 32 || ((n == R_EOI || n == R_ESR) && value))
        return false;
    if (n == R_ID || n == R_LDR || n == R_DFR || n == R_ICR_HIGH)
        return false;
    return write_register(s, n, value);
}

static bool read_sysreg(void *opaque, u32 reg, u64 *value)
{
    struct apic *s = opaque;
    if (reg == MSR_APIC_BASE) {
        *value = s->base;
        return true;
    }
    if (reg == MSR_TPR) {
        *value = s->tpr;
        return true;
    }
    return x2apic(s) && reg >= MSR_X2APIC && reg < MSR_X2APIC_END &&
           read_x2apic(s, reg - MSR_X2APIC, value);
}

static bool write_sysreg(void *opaque, u32 reg, u64 value)
{
    struct apic *s = opaque;
    if (reg == MSR_APIC_BASE)
        return write_base(s, value);
    if (reg == MSR_TPR) {
        if (value > 0xff)
            return false;
        s->tpr = value;
        update(s);
        return true;
    }
    return x2apic(s) && reg >= MSR_X2APIC && reg < MSR_X2APIC_END &&
           write_x2apic(s, reg - MSR_X2APIC, value);
}

static const struct cpu_sysreg_ops sysregs = {read_sysreg, write_sysreg};

static void reset(struct device *d)
{
    struct apic *s = (struct apic *)d;
    s->base = DEFAULT_BASE | BASE_ENABLE | BASE_BSP;
    s->lint0 = false;
    set_defaults(s);
    map_registers(s);
    update(s);
}

static void after_load(struct device *d)
{
    map_registers((struct apic *)d);
}

static void info(struct device *d, struct buf *out)
{
    struct apic *s = (struct apic *)d;
    buf_printf(out, "PPR %#x, highest in IRR %d, in ISR %d, to be delivered %d, ExtINT %d\n",
               processor_priority(s), highest(s->irr), highest(s->isr), pending(s), extint(s));
}

static const struct device_type apic_type = {
    .name = "apic",
    .state = &apic_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
    .info = info,
};

void apic_set_pic(struct apic *s, int (*ack)(void *opaque), void *opaque)
{
    s->pic = ack;
    s->pic_opaque = opaque;
}

void apic_set_eoi(struct apic *s, void (*eoi)(void *opaque, u8 vector), void *opaque)
{
    s->eoi = eoi;
    s->eoi_opaque = opaque;
}

struct apic *apic_new(struct machine *m)
{
    struct apic *s = xcalloc(1, sizeof(*s));
    s->map = bus_map_mmio(m->mem, "apic", DEFAULT_BASE, PAGE_SIZE, &mmio, s);
    device_attach(m, &s->dev, &apic_type);
    if (m->cpu) {
        s->intr = cpu_irq(m->cpu, CPU_LINE_IRQ);
        s->nmi = cpu_irq(m->cpu, CPU_LINE_NMI);
        m->cpu->intack = acknowledge;
        m->cpu->intack_opaque = s;
        m->cpu->sysregs = &sysregs;
        m->cpu->sysregs_opaque = s;
    }
    return s;
}
