/* piix4_pm.c - power management: ACPI events, soft-off and the PM timer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: Intel 82371AB (PIIX4) data sheet, chapters 7.1 (configuration) and 7.2 (I/O registers);
 * ACPI specification 2.0, 4.7. There is no SMM, so there is no mode but ACPI's:
 * SCI_EN is set from the start; with it clear, events raise nothing.
 */
#include "emu/check.h"
#include "emu/log.h"
#include "hw/piix3.h"

enum { R_PMBASE = 0x40, R_DEVACTB = 0x58, R_PMREGMISC = 0x80, PMREGMISC_ENABLE = 1 };
enum { DEVACTB_APMC_EN = 1 << 25 };
enum {
    TMR_STS = 1 << 0,
    GBL_STS = 1 << 5,
    PWRBTN_STS = 1 << 8,
    RTC_STS = 1 << 10,
    WAK_STS = 1 << 15
};
enum { PM_STS_BITS = TMR_STS | GBL_STS | PWRBTN_STS | RTC_STS | WAK_STS };
enum { PM_EN_BITS = TMR_STS | GBL_STS | PWRBTN_STS | RTC_STS };
enum { SCI_EN = 1, SLP_TYP_SHIFT = 10, SLP_EN = 1 << 13 };
enum { SLP_SOFT_OFF = 0 };

#define PM_STATE(F, A, S, T)                                                                       \
    S(T, struct pci_function, pci_function_state, pci, 1)                                          \
    F(T, u16, status)                                                                              \
    F(T, u16, enable)                                                                              \
    F(T, u16, control)                                                                             \
    F(T, u64, overflows_seen) /* of the timer's bit 23, since power-on */                          \
    F(T, u16, gpe_status)                                                                          \
    F(T, u16, gpe_enable)                                                                          \
    A(T, u8, other, PM_SIZE)  /* registers without an effect here */

struct pm {
    struct device dev;
    STATE_MEMBERS(PM_STATE)
    struct irq sci;
    int map;
};
STATE_DESC(pm_state, "piix4_pm", struct pm, PM_STATE);

static u64 timer_ticks(struct pm *s)
{
    return clock_ticks(machine_now_ns(s->dev.machine), PM_TIMER_HZ);
}

/* TMR_STS is set whenever the counter's highest bit changes. */
static void catch_up(struct pm *s)
{
    u64 n = timer_ticks(s) >> 23;
    if (n != s->overflows_seen)
        s->status |= TMR_STS;
    s->overflows_seen = n;
}

static void update(struct pm *s)
{
    bool pending = (s->status & s->enable & PM_EN_BITS) || (s->gpe_status & s->gpe_enable);
    irq_set(s->sci, pending && (s->control & SCI_EN));
    u64 at = NEVER;
    if ((s->enable & TMR_STS) && !(s->status & TMR_STS))
        at = clock_ns_of_tick((s->overflows_seen + 1) << 23, PM_TIMER_HZ);
    device_set_deadline(&s->dev, at);
}

static void tick(struct device *d)
{
    struct pm *s = (struct pm *)d;
    catch_up(s);
    update(s);
}

static void write_control(struct pm *s, u16 value)
{
    s->control = value & 0x1c07 & ~SLP_EN;
    if (!(value & SLP_EN))
        return;
    unsigned type = value >> SLP_TYP_SHIFT & 7;
    if (type == SLP_SOFT_OFF)
        machine_request(s->dev.machine, REQUEST_POWEROFF, 0);
    else
        LOG(LOG_WARN, "sleep type %u is not supported", type);
}

static u64 read_register(struct pm *s, unsigned offset)
{
    switch (offset) {
    case PM_EVENT:
        return s->status;
    case PM_EVENT + 2:
        return s->enable;
    case PM_CONTROL:
        return s->control;
    case PM_TIMER:
        return timer_ticks(s) & 0xffff;
    case PM_TIMER + 2:
        return timer_ticks(s) >> 16 & 0xff; /* 24 bits */
    case PM_GPE:
        return s->gpe_status;
    case PM_GPE + 2:
        return s->gpe_enable;
    default:
        return s->other[offset] | s->other[offset + 1] << 8;
    }
}

static void write_register(struct pm *s, unsigned offset, u16 value, u16 mask)
{
    u16 merged = (read_register(s, offset) & ~mask) | (value & mask);
    switch (offset) {
    case PM_EVENT:
        s->status &= ~(value & mask & PM_STS_BITS);
        break;
    case PM_EVENT + 2:
        s->enable = merged & PM_EN_BITS;
        break;
    case PM_CONTROL:
        write_control(s, merged);
        break;
    case PM_TIMER:
    case PM_TIMER + 2:
    case PM_CONTROL + 2:
        break;
    case PM_GPE:
        s->gpe_status &= ~(value & mask);
        break;
    case PM_GPE + 2:
        s->gpe_enable = merged;
        break;
    default:
        s->other[offset] = merged;
        s->other[offset + 1] = merged >> 8;
    }
}

/* All registers are words; bytes and dwords are cut and put together here. */
static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    struct pm *s = opaque;
    catch_up(s);
    if (size == 4)
        return read_register(s, offset) | read_register(s, offset + 2) << 16;
    u64 v = read_register(s, offset & ~(u64)1);
    return offset & 1 ? v >> 8 : v;
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pm *s = opaque;
    catch_up(s);
    if (size == 1) {
        unsigned shift = 8 * (offset & 1);
        write_register(s, offset & ~(u64)1, value << shift, 0xff << shift);
    } else {
        write_register(s, offset, value, 0xffff);
        if (size == 4)
            write_register(s, offset + 2, value >> 16, 0xffff);
    }
    update(s);
}

static const struct mmio_ops ops = {read_port, write_port, 1, 4};

static void update_map(struct pm *s)
{
    u16 base = pci_get16(s->pci, R_PMBASE) & 0xffc0;
    bool on = (s->pci->config[R_PMREGMISC] & PMREGMISC_ENABLE) && base;
    if (on)
        bus_move(s->dev.machine->io, s->map, base);
    bus_enable(s->dev.machine->io, s->map, on);
}

static void written(void *opaque, unsigned offset, unsigned size)
{
    (void)offset, (void)size;
    update_map(opaque);
}

static void power_button(void *opaque)
{
    struct pm *s = opaque;
    s->status |= PWRBTN_STS;
    update(s);
}

static void reset(struct device *d)
{
    struct pm *s = (struct pm *)d;
    pci_reset(s->pci);
    pci_put16(s->pci->config, PCI_STATUS, 0x0280);
    pci_put32(s->pci->config, R_PMBASE, 1);
    s->pci->config[R_PMREGMISC] = 0;
    /* Set up already, to firmware that would install an SMM handler. */
    pci_put32(s->pci->config, R_DEVACTB, DEVACTB_APMC_EN);
    s->status = s->enable = s->gpe_status = s->gpe_enable = 0;
    s->control = SCI_EN;
    for (unsigned i = 0; i < PM_SIZE; i++)
        s->other[i] = 0;
    s->overflows_seen = timer_ticks(s) >> 23;
    irq_lower(s->sci);
    update_map(s);
}

static void after_load(struct device *d)
{
    update_map((struct pm *)d);
}

static const struct device_type pm_type = {
    .name = "piix4_pm",
    .state = &pm_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
};

struct device *piix4_pm_new(struct machine *m, struct pci_bus *bus, struct irq sci)
{
    struct pm *s = xcalloc(1, sizeof(*s));
    s->sci = sci;
    device_attach(m, &s->dev, &pm_type);
    s->map = bus_map_mmio(m->io, "pm", 0, PM_SIZE, &ops, s);
    bus_enable(m->io, s->map, false);
    pci_attach(bus, s->pci, PIIX4_PM_DEVFN, 0x8086, 0x7113, 0x0680, 3);
    s->pci->written = written;
    s->pci->opaque = s;
    s->pci->writable[PCI_COMMAND] |= PCI_COMMAND_IO;
    pci_put32(s->pci->writable, R_PMBASE, 0xffc0);
    s->pci->writable[R_PMREGMISC] = PMREGMISC_ENABLE;
    m->power_button = power_button;
    m->power_opaque = s;
    return &s->dev;
}
