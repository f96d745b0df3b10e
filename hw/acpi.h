/* acpi.h - the tables that describe the board to an operating system */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_ACPI_H
#define HW_ACPI_H

#include "emu/buf.h"
#include "emu/types.h"

struct acpi_board {
    u64 base;        /* where the tables will be, 16-byte aligned, below 4 GiB */
    u32 pci_hole;    /* first address of the PCI memory window; it ends at 0xfec00000 */
    u16 pm_base;     /* of the PIIX4's power management registers */
    u8 pirq[4];      /* ISA interrupts that PIRQA to PIRQD are routed to */
    unsigned n_serial;
};

/* Appends all tables, the RSDP first. */
void acpi_build(const struct acpi_board *board, struct buf *out);

#endif
