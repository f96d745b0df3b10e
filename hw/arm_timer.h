/* arm_timer.h - the generic timer of Arm processors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_ARM_TIMER_H
#define HW_ARM_TIMER_H

#include "emu/irq.h"
#include "emu/machine.h"

#define ARM_TIMER_HZ 62500000 /* of the counter, by virtual time */

enum arm_timer_irq { ARM_TIMER_PHYS, ARM_TIMER_VIRT, ARM_TIMER_HYP, ARM_TIMERS };

/* Serves the processor's timer registers (cpu.sysregs); one output for each timer. */
struct device *arm_timer_new(struct machine *m, const struct irq irq[ARM_TIMERS]);

#endif
