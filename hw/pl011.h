/* pl011.h - Arm's PrimeCell UART */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PL011_H
#define HW_PL011_H

#include "emu/irq.h"
#include "emu/machine.h"

/* At base (4 KiB); its character stream is the port of this name. */
struct device *pl011_new(struct machine *m, const char *name, u64 base, struct irq irq);

#endif
