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
    bool hpet;
};

/* Appends all tables, the RSDP first. */
void acpi_build(const struct acpi_board *board, struct buf *out);

#define ACPI_RSDP_BYTES 36
#define ACPI_MAX_FIXUPS 16

/* Something that depends on where the tables are: an address of a table (pointer_size 4 or 8), or
 * else a checksum over a range. */
struct acpi_fixup {
    bool in_rsdp;
    u8 pointer_size;
    u32 at, start, length;
};

/* The same for tables that firmware will move (board->base is 0). Returns how many fixups there
 * are; pointers come before the checksums over them. */
unsigned acpi_build_relocatable(const struct acpi_board *board, struct buf *out,
                                struct acpi_fixup fixup[ACPI_MAX_FIXUPS]);

#endif
