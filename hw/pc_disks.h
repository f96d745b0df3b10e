/* pc_disks.h - the board's disks: which drive is where */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PC_DISKS_H
#define HW_PC_DISKS_H

#include "hw/isa.h"
#include "hw/pci.h"

/* Is this -device one that is added by pc_disks_new()? */
bool pc_disks_is_device(const char *text);

/* The drive of that id, behind a name that may be another one's; NULL (reported). */
const struct config_drive *pc_disks_resolve(const struct machine_config *cfg, const char *id);
/* A disk of it; NULL (reported). */
struct disk *pc_disks_add(struct machine *m, const struct config_drive *d, bool cd);

/* Adds what -drive and -device ask for: the IDE controller if it has drives, and virtio-blk. The
 * disks that have a bootindex are named in `boot`, as firmware names devices, a line each in their
 * order. False (reported). */
bool pc_disks_new(struct machine *m, struct pci_bus *pci, struct isa *isa, struct buf *boot);

#endif
