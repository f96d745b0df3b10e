/* mc146818.h - the real-time clock and its CMOS memory */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_MC146818_H
#define HW_MC146818_H

#include "emu/irq.h"
#include "emu/machine.h"

struct mc146818;

/* Ports 0x70 and 0x71. The date comes from the machine's configuration (rtc_date.h). */
struct mc146818 *mc146818_new(struct machine *m, struct irq irq);

/* What the firmware would have stored at a CMOS address of 0x0e or above; kept over resets. */
void mc146818_set_cmos(struct mc146818 *s, u8 index, u8 value);

#endif
