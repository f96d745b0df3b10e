/* pl061.h - Arm's PrimeCell general-purpose inputs and outputs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PL061_H
#define HW_PL061_H

#include "emu/irq.h"
#include "emu/machine.h"

struct pl061;

struct pl061 *pl061_new(struct machine *m, u64 base, struct irq irq);
/* An input pin, 0 to 7. */
void pl061_set_input(struct pl061 *s, unsigned pin, bool level);
/* A push button at this pin: down for 100 ms. */
void pl061_press(struct pl061 *s, unsigned pin);

#endif
