/* hpet.h - the high precision event timers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_HPET_H
#define HW_HPET_H

#include "emu/irq.h"
#include "emu/machine.h"

#define HPET_BASE 0xfed00000u
#define HPET_BYTES 0x400
#define HPET_ID 0x8086a201u /* the low half of the capabilities: 3 timers of 64 bits */

struct hpet;

/* Stands between the interval timer, the RTC and their lines irq0 and irq8, which it takes over
 * while its legacy replacement is on. pin2 is the I/O APIC's, for timers that are routed there. */
struct hpet *hpet_new(struct machine *m, struct irq irq0, struct irq irq8, struct irq pin2);
struct irq hpet_pit_irq(struct hpet *s); /* for the interval timer */
struct irq hpet_rtc_irq(struct hpet *s); /* for the RTC */

#endif
