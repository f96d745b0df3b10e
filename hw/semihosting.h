/* semihosting.h - what a guest's semihosting calls mean: console, files, clock, exit */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_SEMIHOSTING_H
#define HW_SEMIHOSTING_H

#include "emu/machine.h"

/* Makes the device, and connects the processor to it, if the configuration says so. False
 * (reported). */
bool semihosting_new(struct machine *m);

#endif
