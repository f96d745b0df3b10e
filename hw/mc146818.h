/* mc146818.h - the real-time clock and its CMOS memory */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_MC146818_H
#define HW_MC146818_H

#include "emu/irq.h"
#include "emu/machine.h"

struct mc146818;

/* Ports 0x70 and 0x71. The date comes from the machine's configuration; false base text is reported
 * by mc146818_check_base() before. Adds the source "rtc" to the door. */
struct mc146818 *mc146818_new(struct machine *m, struct irq irq);

/* What the firmware would have stored at a CMOS address of 0x0e or above; kept over resets. */
void mc146818_set_cmos(struct mc146818 *s, u8 index, u8 value);

/* Is this a -rtc base we understand: "utc", "localtime", YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS? NULL
 * counts as "utc". For a date, its Unix time goes to *seconds and *fixed is set. Not reported. */
bool mc146818_check_base(const char *text, bool *fixed, i64 *seconds);

#endif
