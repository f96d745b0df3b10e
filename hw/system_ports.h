/* system_ports.h - what else sits at fixed ports of a PC: DMA controllers, port 0x92, the x87 error
 * latch */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_SYSTEM_PORTS_H
#define HW_SYSTEM_PORTS_H

#include "emu/irq.h"
#include "emu/machine.h"

/* The two 8237A DMA controllers and the page registers (0x80 among them, where firmware writes its
 * progress). Nothing on this board asks for DMA, so they only remember. */
struct device *i8237_new(struct machine *m);

/* Port 0x92 (fast A20 and reset), port 0xf0 and the x87 error: m->cpu's FERR# raises irq13 until
 * 0xf0 is written. Also the ports of two IDE channels to which nothing is connected. */
struct device *system_ports_new(struct machine *m, struct irq irq13);

/* isa-debug-exit from its -device text: "isa-debug-exit[,iobase=N][,iosize=N]". A write of v ends
 * the program with code v << 1 | 1. False (reported) when the text is ill-formed. */
bool debug_exit_new(struct machine *m, const char *text);

#endif
