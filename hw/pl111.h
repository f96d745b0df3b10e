/* pl111.h - Arm's PrimeCell colour LCD controller */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PL111_H
#define HW_PL111_H

#include "emu/irq.h"
#include "emu/machine.h"
#include "emu/screen.h"

struct pl111;

/* hz: of the pixel clock. */
struct pl111 *pl111_new(struct machine *m, u64 base, u64 hz, struct irq irq);
bool pl111_is_on(const struct pl111 *s);
void pl111_render(const struct pl111 *s, struct screen *out); /* see emu/screen.h */

#endif
