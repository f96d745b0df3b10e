/* sp804.h - Arm's dual timer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_SP804_H
#define HW_SP804_H

#include "emu/irq.h"
#include "emu/machine.h"

enum { SP804_HZ = 1000000 };

struct device *sp804_new(struct machine *m, u64 base, struct irq irq); /* both timers' interrupts together */

#endif
