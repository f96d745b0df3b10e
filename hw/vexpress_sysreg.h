/* vexpress_sysreg.h - the system registers of a Versatile Express motherboard */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_VEXPRESS_SYSREG_H
#define HW_VEXPRESS_SYSREG_H

#include "emu/machine.h"

struct device *vexpress_sysreg_new(struct machine *m, u64 base, u32 daughterboard_id);

#endif
