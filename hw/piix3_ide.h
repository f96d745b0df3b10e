/* piix3_ide.h - the south bridge's IDE controller: two channels, bus-master DMA */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PIIX3_IDE_H
#define HW_PIIX3_IDE_H

#include "emu/disk.h"
#include "hw/pci.h"

#define PIIX3_IDE_DEVFN PCI_DEVFN(1, 1)

struct piix3_ide_drive {
    struct disk *disk; /* NULL: there is none in this place */
    bool cd;
};

/* Function 1: drives 0 and 1 are master and slave of the first channel, 2 and 3 of the second. */
struct device *piix3_ide_new(struct machine *m, struct pci_bus *bus, struct irq irq14,
                             struct irq irq15, const struct piix3_ide_drive drive[4]);

#endif
