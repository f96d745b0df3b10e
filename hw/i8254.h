/* i8254.h - the interval timer, and port 0x61 that gates its third counter */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_I8254_H
#define HW_I8254_H

#include "emu/irq.h"
#include "emu/machine.h"

#define I8254_HZ 1193182

/* Ports 0x40 to 0x43 and 0x61. irq is counter 0's OUT. */
struct device *i8254_new(struct machine *m, struct irq irq);

#endif
