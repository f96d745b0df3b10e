/* virt_devices.h - disks, network cards and what else -drive, -nic and -device add to the board "virt" */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_VIRT_DEVICES_H
#define HW_VIRT_DEVICES_H

#include "hw/gic.h"

struct pci_bus;

/* The board's virtio-mmio slots, and what is asked for in them or on the PCI bus: the first device is in the last
 * slot, as QEMU has it. False (reported). */
bool virt_devices_new(struct machine *m, struct gic *gic, struct pci_bus *pci);

#endif
