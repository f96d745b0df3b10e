/* i8259.h - the pair of interrupt controllers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_I8259_H
#define HW_I8259_H

#include "emu/irq.h"
#include "emu/machine.h"

struct i8259;

/* Ports 0x20, 0xa0 and the edge/level registers at 0x4d0. intr is the master's INT output. */
struct i8259 *i8259_new(struct machine *m, struct irq intr);

/* Inputs: line 0 to 15, all but 2. */
struct irq i8259_irq(struct i8259 *s, int line);

/* The processor's two INTA cycles: the vector; that of a spurious IRQ 7 when nothing asks. */
int i8259_acknowledge(struct i8259 *s);

#endif
