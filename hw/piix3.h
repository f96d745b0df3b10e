/* piix3.h - the south bridge: PCI interrupt routing, reset, power management */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PIIX3_H
#define HW_PIIX3_H

#include "emu/machine.h"
#include "hw/isa.h"
#include "hw/pci.h"

#define PIIX3_DEVFN PCI_DEVFN(1, 0)
#define PIIX4_PM_DEVFN PCI_DEVFN(1, 3)
#define PM_TIMER_HZ 3579545

/* Offsets from the power management base (PIIX4 data sheet, 7.2), as the ACPI tables name them. */
enum { PM_EVENT = 0x00, PM_CONTROL = 0x04, PM_TIMER = 0x08, PM_GPE = 0x0c, PM_SIZE = 0x40 };

/* The ISA bridge (function 0): routes PIRQA to PIRQD to ISA interrupts; port 0xcf9. */
struct device *piix3_new(struct machine *m, struct pci_bus *bus, struct isa *isa);

/* The PIIX4's power management (function 3), with ACPI event registers, soft-off and the PM timer;
 * sci is IRQ 9. Also the machine's power button. */
struct device *piix4_pm_new(struct machine *m, struct pci_bus *bus, struct irq sci);

#endif
