/* pl050.h - Arm's PrimeCell keyboard and mouse interface */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PL050_H
#define HW_PL050_H

#include "emu/irq.h"
#include "emu/machine.h"

/* With a PS/2 keyboard or mouse (hw/ps2.h) behind it: the sources "keyboard" and "mouse" of the
 * door. */
struct device *pl050_keyboard_new(struct machine *m, u64 base, struct irq irq);
struct device *pl050_mouse_new(struct machine *m, u64 base, struct irq irq);

#endif
