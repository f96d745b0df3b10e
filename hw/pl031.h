/* pl031.h - Arm's PrimeCell real-time clock */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PL031_H
#define HW_PL031_H

#include "emu/irq.h"
#include "emu/machine.h"

/* At base (4 KiB). Its date is as rtc_date.h says. */
struct device *pl031_new(struct machine *m, u64 base, struct irq irq);

#endif
