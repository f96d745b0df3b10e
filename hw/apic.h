/* apic.h - the processor's local interrupt controller */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_APIC_H
#define HW_APIC_H

#include "emu/irq.h"
#include "emu/machine.h"

/* The timer's input clock, before its divider. */
#define APIC_HZ 1000000000

enum apic_delivery { /* SDM vol. 3, figure 11-12 */
                     APIC_FIXED,
                     APIC_LOWEST,
                     APIC_SMI,
                     APIC_RESERVED,
                     APIC_NMI,
                     APIC_INIT,
                     APIC_STARTUP,
                     APIC_EXTINT,
};

struct apic;

/* Maps the registers, and wires itself to m->cpu: interrupt lines, acknowledge and MSRs. */
struct apic *apic_new(struct machine *m);

/* The input for the PIC's INT: LINT0, or the processor's INTR itself while the APIC is globally
 * disabled. The PIC's acknowledge gives the vector. */
struct irq apic_lint0(struct apic *s);
void apic_set_pic(struct apic *s, int (*acknowledge)(void *opaque), void *opaque);

/* Where the end of a level-triggered interrupt is told (the I/O APIC). */
void apic_set_eoi(struct apic *s, void (*eoi)(void *opaque, u8 vector), void *opaque);

/* An interrupt message. dest is an xAPIC destination; true if the APIC took it. */
bool apic_deliver(struct apic *s, u8 dest, bool logical, enum apic_delivery mode, u8 vector,
                  bool level);

/* The same as a message of PCI's; opaque is the struct apic. One that goes elsewhere is lost. */
void apic_deliver_msi(void *opaque, u64 addr, u32 data);

#endif
