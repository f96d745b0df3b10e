/* firmware.h - what SeaBIOS and U-Boot are told of the board: memory, boot order, ACPI, SMBIOS */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_FIRMWARE_H
#define HW_FIRMWARE_H

#include "hw/boot.h"
#include "hw/mc146818.h"

/* Makes the devices that only firmware looks at (fw_cfg, the debug console), when the configuration
 * has firmware; and sets the CMOS bytes that say what to boot from. `boot` names devices to boot
 * from, as pc_disks_new() does. */
void firmware_new(struct machine *m, const struct boot_memory *mem, struct mc146818 *rtc,
                  struct buf *boot);

/* debugcon.c: a port that firmware writes its messages to. They are logged, a line at a time, by
 * the module "debugcon" at level info. */
struct device *debugcon_new(struct machine *m, u16 port);
/* One from its -device text, "isa-debugcon,chardev=ID[,iobase=N]": to the port "debugcon:ID". False
 * (reported). */
bool debugcon_add(struct machine *m, const char *text);

#endif
