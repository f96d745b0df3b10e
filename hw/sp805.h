/* sp805.h - Arm's watchdog */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_SP805_H
#define HW_SP805_H

#include "emu/irq.h"
#include "emu/machine.h"

struct device *sp805_new(struct machine *m, u64 base, u64 hz,
                         struct irq irq); /* hz: of its clock */

#endif
