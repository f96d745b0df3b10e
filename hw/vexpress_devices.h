/* vexpress_devices.h - what -drive, -nic and -device add to the board "vexpress-a9" */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_VEXPRESS_DEVICES_H
#define HW_VEXPRESS_DEVICES_H

#include "emu/disk.h"
#include "emu/machine.h"

/* The card in the slot, in `card`, or NULL. False (reported): no card, or there is no such slot. */
bool vexpress_card(struct machine *m, struct disk **card);
/* The Ethernet controller, with a cable if there is a network. False (reported): something else was
 * asked for. */
bool vexpress_ethernet(struct machine *m, u64 base, struct irq irq);

#endif
