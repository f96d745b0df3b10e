/* pc_devices.h - what -device can add to the board, and what it is given */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PC_DEVICES_H
#define HW_PC_DEVICES_H

#include "hw/isa.h"
#include "hw/pci.h"

enum { PC_FIRST_SLOT = 3 /* of -device; 2 is the display's, as QEMU has it */ };

struct pc_board {
    struct machine *machine;
    struct pci_bus *pci;
    struct isa *isa;
    u8 first_slot; /* that is searched when none is named */
};

/* A constructor is given the whole text, "rtl8139,netdev=net1": it reads its properties with
 * emu/items.h behind the name. False (reported). */
struct pc_device {
    const char *name;
    bool (*add)(const struct pc_board *b, const char *text);
};

/* The constructor of a card that any board with a PCI bus can have; NULL: it is none. names:
 * adds them. */
const struct pc_device *pc_devices_find_card(const char *text);
void pc_devices_card_names(struct buf *names);

/* Adds all that -device names, but for disks (pc_disks.h). False (reported). */
bool pc_devices_add(const struct pc_board *b);

/* For constructors: where the properties begin, behind the name and its comma. */
const char *pc_device_properties(const char *text);
/* The slot of a new PCI device: "addr=" if it was given (hexadecimal, "5" or "5.0"; NULL: not),
 * else the first free one; 0 (reported): there is none, or it is taken. */
u8 pc_device_slot(const struct pc_board *b, const char *text, const char *addr);

#endif
