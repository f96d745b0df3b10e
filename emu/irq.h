/* irq.h - an interrupt line: a small value that the board hands to a device */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_IRQ_H
#define EMU_IRQ_H

#include "emu/types.h"

struct irq {
    void (*set)(void *opaque, int line, bool level); /* NULL: connected to nothing */
    void *opaque;
    int line;
};

static inline void irq_set(struct irq i, bool level)
{
    if (i.set)
        i.set(i.opaque, i.line, level);
}

static inline void irq_raise(struct irq i)
{
    irq_set(i, true);
}

static inline void irq_lower(struct irq i)
{
    irq_set(i, false);
}

#endif
