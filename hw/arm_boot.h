/* arm_boot.h - start a kernel on an Arm board */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Linux Documentation/arm/booting.rst. hw/ knows no processor, so a kernel is not started by setting registers: a few
 * instructions in ROM at the reset vector load r0 to r2 and jump.
 */
#ifndef HW_ARM_BOOT_H
#define HW_ARM_BOOT_H

#include "emu/config.h"
#include "emu/machine.h"

struct arm_boot_place {
    u64 ram_base, ram_size;
    u64 stub;        /* where the reset vector's ROM is; a page of it is made here */
    u32 machine_id;  /* r1; UINT32_MAX: the device tree says what it is */
};

/* Where the initial RAM disk will be, for the device tree; 0 and 0: there is none. False (reported): no room. */
bool arm_boot_initrd(const struct machine_config *cfg, const struct arm_boot_place *p, u64 *start, u64 *end);
/* Prepares the start of -kernel with this device tree (copied); an ELF file starts at its entry. False (reported). */
bool arm_boot_new(struct machine *m, const struct arm_boot_place *p, const void *dtb, size_t dtb_size);

/* With firmware: at each reset it finds the device tree (copied) there, with room behind it: a megabyte is the tree's,
 * since U-Boot adds to it where it is. */
void arm_boot_firmware(struct machine *m, u64 dtb_addr, const void *dtb, size_t dtb_size);

/* arm_fdt.c: the tree of -dtb, with the memory, the command line and where the initial RAM disk is (or 0) put
 * in. False (reported). */
bool arm_fdt_of_file(const struct machine_config *cfg, const struct arm_boot_place *p, u64 initrd_start,
                     u64 initrd_end, struct buf *out);

#endif
