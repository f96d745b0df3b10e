/* a9mpcore.h - the private registers of a Cortex-A9 MPCore: snoop control unit and timers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_A9MPCORE_H
#define HW_A9MPCORE_H

#include "emu/irq.h"
#include "emu/machine.h"

#define A9MPCORE_GIC_CPU 0x100 /* from the base */
#define A9MPCORE_GIC_DISTRIBUTOR 0x1000
enum { A9MPCORE_GLOBAL_PPI = 11, A9MPCORE_TIMER_PPI = 13, A9MPCORE_WATCHDOG_PPI = 14, A9MPCORE_TIMER_HZ = 100000000 };

struct a9mpcore_irqs {
    struct irq timer, watchdog, global;
};

/* Covers what lies beneath it but for the interrupt controller, which is made before. */
struct device *a9mpcore_new(struct machine *m, u64 base, struct a9mpcore_irqs irqs);

/* a9_global_timer.c: made by the above, 32 bytes. */
struct device *a9_global_timer_new(struct machine *m, u64 base, struct irq irq);

#endif
