/* gic.h - the Arm Generic Interrupt Controller, version 2, for one processor */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_GIC_H
#define HW_GIC_H

#include "emu/irq.h"
#include "emu/machine.h"

#define GIC_MAX_IRQS 320 /* identifiers 0 to 319; a multiple of 32 */
#define GIC_SPI(n) (32 + (n))
#define GIC_PPI(n) (16 + (n))

struct gic;

/* Distributor and CPU interface at these addresses (4 KiB and 8 KiB); irqs: identifiers, a multiple of
 * 32; irq and fiq: the processor's lines. Where the two overlap there is
 * the distributor. */
struct gic *gic_new(struct machine *m, u64 distributor, u64 cpu_interface, unsigned irqs, struct irq irq,
                    struct irq fiq);
/* The input of an identifier: GIC_SPI(n) or GIC_PPI(n). */
struct irq gic_irq(struct gic *s, unsigned id);

#endif
