/* ioapic.h - the I/O interrupt controller */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_IOAPIC_H
#define HW_IOAPIC_H

#include "emu/irq.h"
#include "emu/machine.h"

#define IOAPIC_BASE UINT64_C(0xfec00000)
#define IOAPIC_PINS 24

struct ioapic;
struct apic;

/* Sends its messages to apic, and is told of ends of interrupts by it. */
struct ioapic *ioapic_new(struct machine *m, struct apic *apic);

/* Inputs. A level here means "asserted": the polarity bit of a redirection entry is stored and not
 * used. */
struct irq ioapic_irq(struct ioapic *s, int pin);

#endif
