/* pl180.h - Arm's PrimeCell multimedia card interface */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PL180_H
#define HW_PL180_H

#include "emu/disk.h"
#include "emu/irq.h"
#include "emu/machine.h"

/* With an SD card (hw/sd_card.h) in its slot, unless disk is NULL. irq: one for each of its two
 * masks. */
struct device *pl180_new(struct machine *m, u64 base, struct disk *disk, struct irq irq0,
                         struct irq irq1);

#endif
