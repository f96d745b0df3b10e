/* i8042.h - keyboard controller */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_I8042_H
#define HW_I8042_H

#include "emu/irq.h"
#include "emu/machine.h"

/* Ports 0x60 and 0x64, with a keyboard and a mouse (hw/ps2.h) behind them: the sources "keyboard"
 * and "mouse" of the door. */
struct device *i8042_new(struct machine *m, struct irq keyboard_irq, struct irq aux_irq);

#endif
