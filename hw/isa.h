/* isa.h - the sixteen ISA interrupt lines, as PIC and I/O APIC both see them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_ISA_H
#define HW_ISA_H

#include "emu/irq.h"
#include "emu/machine.h"

struct isa;

/* IRQ n goes to input n of pic and to pin n of ioapic; IRQ 0 to pin 2, as the MADT says. */
struct isa *isa_new(struct machine *m, struct irq pic, struct irq ioapic);

/* The line of an ISA device. */
struct irq isa_irq(struct isa *s, int n);

/* The level that the PCI interrupt router puts on a line, or-ed with the device's. */
void isa_set_routed(struct isa *s, int n, bool level);

#endif
