/* smbios.h - SMBIOS structures that describe the board */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_SMBIOS_H
#define HW_SMBIOS_H

#include "emu/buf.h"
#include "hw/boot.h"

/* Appends the structures, and the entry point whose address and checksums firmware fills in. */
void smbios_build(const struct boot_memory *mem, struct buf *anchor, struct buf *tables);

#endif
