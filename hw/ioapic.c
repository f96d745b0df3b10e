/* ioapic.c - the I/O interrupt controller */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Intel 82093AA data sheet (290566-001). */
#include "hw/ioapic.h"

#include "emu/check.h"
#include "hw/apic.h"

enum { IOREGSEL = 0x00, IOWIN = 0x10 };
enum { R_ID = 0, R_VERSION = 1, R_ARBITRATION = 2, R_TABLE = 0x10 };
enum { VERSION = 0x11 | (IOAPIC_PINS - 1) << 16 };
enum { E_LOGICAL = 1 << 11, E_REMOTE_IRR = 1 << 14, E_LEVEL = 1 << 15, E_MASKED = 1 << 16 };
#define E_WRITABLE UINT64_C(0xff0000000001afff)

#define IOAPIC_STATE(F, A, S, T)                                                                   \
    F(T, u8, select)                                                                               \
    F(T, u8, id)                                                                                   \
    F(T, u32, lines)                                                                               \
    A(T, u64, entry, IOAPIC_PINS)

struct ioapic {
    struct device dev;
    STATE_MEMBERS(IOAPIC_STATE)
    struct apic *apic;
};
STATE_DESC(ioapic_state, "ioapic", struct ioapic, IOAPIC_STATE);

static bool send(struct ioapic *s, unsigned pin)
{
    u64 e = s->entry[pin];
    return apic_deliver(s->apic, e >> 56, e & E_LOGICAL, e >> 8 & 7, e, e & E_LEVEL);
}

/* A level-triggered input asks again as long as it is high and not being served. */
static void serve_level(struct ioapic *s, unsigned pin)
{
    u64 *e = &s->entry[pin];
    if (!(*e & E_LEVEL) || (*e & (E_MASKED | E_REMOTE_IRR)) || !(s->lines >> pin & 1))
        return;
    if (send(s, pin))
        *e |= E_REMOTE_IRR;
}

static void set_pin(void *opaque, int pin, bool level)
{
    struct ioapic *s = opaque;
    u32 bit = 1u << pin;
    bool rise = level && !(s->lines & bit);
    s->lines = level ? s->lines | bit : s->lines & ~bit;
    if (s->entry[pin] & E_LEVEL)
        serve_level(s, pin);
    else if (rise && !(s->entry[pin] & E_MASKED)) /* an edge on a masked input is lost */
        send(s, pin);
}

struct irq ioapic_irq(struct ioapic *s, int pin)
{
    CHECK(pin >= 0 && pin < IOAPIC_PINS);
    return (struct irq){set_pin, s, pin};
}

static void eoi(void *opaque, u8 vector)
{
    struct ioapic *s = opaque;
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        u64 *e = &s->entry[pin];
        if (!(*e & E_LEVEL) || (u8)*e != vector || !(*e & E_REMOTE_IRR))
            continue;
        *e &= ~(u64)E_REMOTE_IRR;
        serve_level(s, pin);
    }
}

static void write_entry(struct ioapic *s, unsigned pin, bool high, u32 value)
{
    u64 *e = &s->entry[pin];
    u64 v = high ? (u32)*e | (u64)value << 32 : (*e & ~(u64)UINT32_MAX) | value;
    *e = (v & E_WRITABLE) | (*e & E_REMOTE_IRR);
    if (!(*e & E_LEVEL)) /* the bit has no meaning, and is cleared, when the input is an edge */
        *e &= ~(u64)E_REMOTE_IRR;
    serve_level(s, pin);
}

static void write_register(struct ioapic *s, u32 value)
{
    unsigned n = s->select;
    if (n == R_ID)
        s->id = value >> 24 & 0x0f;
    else if (n >= R_TABLE && n < R_TABLE + 2 * IOAPIC_PINS)
        write_entry(s, (n - R_TABLE) / 2, n & 1, value);
}

static u32 read_register(struct ioapic *s)
{
    unsigned n = s->select;
    if (n == R_ID || n == R_ARBITRATION)
        return (u32)s->id << 24;
    if (n == R_VERSION)
        return VERSION;
    if (n < R_TABLE || n >= R_TABLE + 2 * IOAPIC_PINS)
        return 0;
    u64 e = s->entry[(n - R_TABLE) / 2];
    return n & 1 ? e >> 32 : e;
}

static u64 read_mmio(void *opaque, u64 offset, unsigned size)
{
    (void)size;
    struct ioapic *s = opaque;
    return offset == IOREGSEL ? s->select : offset == IOWIN ? read_register(s) : 0;
}

static void write_mmio(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)size;
    struct ioapic *s = opaque;
    if (offset == IOREGSEL)
        s->select = value;
    else if (offset == IOWIN)
        write_register(s, value);
}

static const struct mmio_ops mmio = {read_mmio, write_mmio, 4, 4};

static void reset(struct device *d)
{
    struct ioapic *s = (struct ioapic *)d;
    s->select = s->id = 0;
    s->lines = 0;
    for (unsigned i = 0; i < IOAPIC_PINS; i++)
        s->entry[i] = E_MASKED;
}

static void info(struct device *d, struct buf *out)
{
    struct ioapic *s = (struct ioapic *)d;
    for (unsigned i = 0; i < IOAPIC_PINS; i++)
        if (!(s->entry[i] & E_MASKED))
            buf_printf(out, "pin %u: vector %#x, %s, destination %#x%s%s\n", i, (u8)s->entry[i],
                       s->entry[i] & E_LEVEL ? "level" : "edge", (unsigned)(s->entry[i] >> 56),
                       s->lines >> i & 1 ? ", high" : "",
                       s->entry[i] & E_REMOTE_IRR ? ", in service" : "");
}

static const struct device_type ioapic_type = {
    .name = "ioapic",
    .state = &ioapic_state,
    .reset = reset,
    .info = info,
};

struct ioapic *ioapic_new(struct machine *m, struct apic *apic)
{
    struct ioapic *s = xcalloc(1, sizeof(*s));
    s->apic = apic;
    bus_map_mmio(m->mem, "ioapic", IOAPIC_BASE, PAGE_SIZE, &mmio, s);
    device_attach(m, &s->dev, &ioapic_type);
    apic_set_eoi(apic, eoi, s);
    return s;
}
