/* pc.h - the board "pc": a PC with the i440FX chipset */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PC_H
#define HW_PC_H

#include "emu/config.h"
#include "emu/machine.h"

/* Adds RAM, devices and ports to a machine whose CPU is set, and prepares booting (kernel,
 * firmware). False (reported, naming the option) when the configuration does not fit. */
bool pc_build(struct machine *m);

#endif
