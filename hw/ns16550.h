/* ns16550.h - a serial port */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_NS16550_H
#define HW_NS16550_H

#include "emu/irq.h"
#include "emu/machine.h"

/* Eight I/O ports at base. Its characters go through the port called name ("serial0"). */
struct device *ns16550_new(struct machine *m, const char *name, u16 base, struct irq irq);

#endif
