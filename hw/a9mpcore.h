/* a9mpcore.h - the private registers of a Cortex-A9 MPCore: snoop control unit and private timer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_A9MPCORE_H
#define HW_A9MPCORE_H

#include "emu/irq.h"
#include "emu/machine.h"

#define A9MPCORE_GIC_CPU 0x100 /* from the base */
#define A9MPCORE_GIC_DISTRIBUTOR 0x1000
enum { A9MPCORE_TIMER_PPI = 13, A9MPCORE_TIMER_HZ = 100000000 };

/* Covers what lies beneath it but for the interrupt controller, which is made before. */
struct device *a9mpcore_new(struct machine *m, u64 base, struct irq timer);

#endif
