/* pci_ecam.h - a PCI host bridge whose configuration space is memory: "pci-host-ecam-generic" */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PCI_ECAM_H
#define HW_PCI_ECAM_H

#include "hw/pci.h"

enum { PCI_ECAM_PINS = 4, PCI_ECAM_PORTS = 0x10000 };

struct pci_ecam_windows {
    u64 config, config_bytes; /* 1 MiB for each bus number */
    u64 memory, memory_bytes; /* where base addresses may lie: they are the processor's, too */
    u64 ports;                /* of 64 KiB */
};

/* Pin n of slot s goes to irq[(s + n) % 4]. */
struct pci_bus *pci_ecam_new(struct machine *m, const struct pci_ecam_windows *w,
                             const struct irq irq[PCI_ECAM_PINS]);

#endif
