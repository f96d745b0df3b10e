/* isa.c - the sixteen ISA interrupt lines, as PIC and I/O APIC both see them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/isa.h"

#include "emu/check.h"

#define ISA_STATE(F, A, S, T)                                                                      \
    F(T, u16, lines)  /* driven by ISA devices */                                                  \
    F(T, u16, routed) /* driven by the PCI interrupt router */

struct isa {
    struct device dev;
    STATE_MEMBERS(ISA_STATE)
    struct irq pic, ioapic;
};
STATE_DESC(isa_state, "isa", struct isa, ISA_STATE);

static void drive(struct isa *s, int n)
{
    bool level = ((s->lines | s->routed) >> n) & 1;
    struct irq pic = s->pic, ioapic = s->ioapic;
    pic.line = n;
    ioapic.line = n == 0 ? 2 : n;
    irq_set(pic, level);
    if (n != 2)
        irq_set(ioapic, level);
}

static void set_bit(u16 *word, int n, bool level)
{
    *word = level ? *word | 1u << n : *word & ~(1u << n);
}

static void set_line(void *opaque, int n, bool level)
{
    struct isa *s = opaque;
    set_bit(&s->lines, n, level);
    drive(s, n);
}

void isa_set_routed(struct isa *s, int n, bool level)
{
    set_bit(&s->routed, n, level);
    drive(s, n);
}

struct irq isa_irq(struct isa *s, int n)
{
    CHECK(n >= 0 && n < 16 && n != 2);
    return (struct irq){set_line, s, n};
}

static void reset(struct device *d)
{
    struct isa *s = (struct isa *)d;
    s->lines = s->routed = 0;
}

static const struct device_type isa_type = {
    .name = "isa",
    .state = &isa_state,
    .reset = reset,
};

struct isa *isa_new(struct machine *m, struct irq pic, struct irq ioapic)
{
    struct isa *s = xcalloc(1, sizeof(*s));
    s->pic = pic;
    s->ioapic = ioapic;
    device_attach(m, &s->dev, &isa_type);
    return s;
}
