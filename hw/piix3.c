/* piix3.c - the ISA bridge: PCI interrupt routing and the reset port */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Intel 82371SB (PIIX3) data sheet: 2.2.4 (PIRQRC), 2.5.8 (reset control, port 0xcf9). */
#include "hw/piix3.h"

#include "emu/check.h"

enum { R_XBCS = 0x4e, R_PIRQ = 0x60, PIRQ_DISABLED = 0x80 };
enum { RCR_CPU = 4, RCR_HARD = 2 };

#define PIIX3_STATE(F, A, S, T)                                                                    \
    S(T, struct pci_function, pci_function_state, pci, 1)                                          \
    F(T, u8, pirq_lines) /* levels of PIRQA to PIRQD */                                            \
    F(T, u16, driven)    /* ISA interrupts that they hold high */                                  \
    F(T, u8, rcr)

struct piix3 {
    struct device dev;
    STATE_MEMBERS(PIIX3_STATE)
    struct isa *isa;
};
STATE_DESC(piix3_state, "piix3", struct piix3, PIIX3_STATE);

static void route_all(struct piix3 *s)
{
    u16 driven = 0;
    for (unsigned i = 0; i < 4; i++) {
        u8 route = s->pci->config[R_PIRQ + i];
        if ((s->pirq_lines >> i & 1) && !(route & PIRQ_DISABLED))
            driven |= 1u << (route & 15);
    }
    /* 0, 1, 2, 8 and 13 are reserved values. */
    driven &= 0xdef8;
    u16 changed = driven ^ s->driven;
    s->driven = driven;
    for (unsigned n = 0; n < 16; n++)
        if (changed >> n & 1)
            isa_set_routed(s->isa, n, driven >> n & 1);
}

static void set_pirq(void *opaque, int pirq, bool level)
{
    struct piix3 *s = opaque;
    s->pirq_lines = level ? s->pirq_lines | 1u << pirq : s->pirq_lines & ~(1u << pirq);
    route_all(s);
}

static void written(void *opaque, unsigned offset, unsigned size)
{
    if (offset < R_PIRQ + 4 && offset + size > R_PIRQ)
        route_all(opaque);
}

static u64 read_rcr(void *opaque, u64 offset, unsigned size)
{
    (void)offset, (void)size;
    return ((struct piix3 *)opaque)->rcr;
}

/* The reset happens when RCPU goes from 0 to 1. */
static void write_rcr(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)offset, (void)size;
    struct piix3 *s = opaque;
    if ((value & RCR_CPU) && !(s->rcr & RCR_CPU))
        machine_request(s->dev.machine, REQUEST_RESET, 0);
    s->rcr = value & (RCR_CPU | RCR_HARD);
}

static const struct mmio_ops rcr_ops = {read_rcr, write_rcr, 1, 1};

static void reset(struct device *d)
{
    struct piix3 *s = (struct piix3 *)d;
    pci_reset(s->pci);
    pci_put16(s->pci->config, PCI_COMMAND, 0x0007);
    pci_put16(s->pci->config, PCI_STATUS, 0x0200);
    pci_put16(s->pci->config, R_XBCS, 0x0003);
    for (unsigned i = 0; i < 4; i++)
        s->pci->config[R_PIRQ + i] = PIRQ_DISABLED;
    s->pirq_lines = s->rcr = 0;
    s->driven = 0;
}

static const struct device_type piix3_type = {
    .name = "piix3",
    .state = &piix3_state,
    .reset = reset,
};

struct device *piix3_new(struct machine *m, struct pci_bus *bus, struct isa *isa)
{
    struct piix3 *s = xcalloc(1, sizeof(*s));
    s->isa = isa;
    device_attach(m, &s->dev, &piix3_type);
    pci_attach(bus, s->pci, PIIX3_DEVFN, 0x8086, 0x7000, 0x0601, 0);
    s->pci->config[PCI_HEADER_TYPE] = 0x80; /* multi-function */
    s->pci->written = written;
    s->pci->opaque = s;
    pci_put16(s->pci->writable, R_XBCS, 0x01ff);
    for (unsigned i = 0; i < 4; i++)
        s->pci->writable[R_PIRQ + i] = 0x8f;
    pci_set_router(bus, set_pirq, s);
    pci_set_cf9(bus, &rcr_ops, s);
    return &s->dev;
}
