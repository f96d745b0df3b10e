/* firmware.h - what SeaBIOS and U-Boot are told of the board: memory, boot order, ACPI, SMBIOS */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_FIRMWARE_H
#define HW_FIRMWARE_H

#include "hw/boot.h"
#include "hw/mc146818.h"

/* The devices that only firmware looks at (fw_cfg, the debug console), when the configuration has
 * firmware; and the CMOS bytes that say what to boot from. */
void firmware_new(struct machine *m, const struct boot_memory *mem, struct mc146818 *rtc);

/* debugcon.c: a port that firmware writes its messages to. They are logged, a line at a time, by
 * the module "debugcon" at level info. */
struct device *debugcon_new(struct machine *m, u16 port);

#endif
