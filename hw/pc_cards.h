/* pc_cards.h - small things that -device adds to the board */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PC_CARDS_H
#define HW_PC_CARDS_H

#include "hw/pc_devices.h"

/* Constructors as struct pc_device has them. */
bool pc_cards_add_ac97(const struct pc_board *b, const char *text);
bool pc_cards_add_virtio_rng(const struct pc_board *b, const char *text);
bool pc_cards_add_i6300esb(const struct pc_board *b, const char *text);

/* i6300esb.c */
struct device *i6300esb_new(struct machine *m, struct pci_bus *bus, u8 devfn,
                            enum watchdog_action action);

#endif
