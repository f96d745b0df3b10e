/* i440fx.h - the host bridge: what is visible between 640 KiB and 1 MiB */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_I440FX_H
#define HW_I440FX_H

#include "emu/machine.h"
#include "hw/pci.h"

/* ram is the memory whose first megabyte it shadows. What else is mapped below 1 MiB (ROM) must be
 * so before: the segments that the PAM registers open cover it. */
struct device *i440fx_new(struct machine *m, struct pci_bus *bus, struct ram *ram);

#endif
