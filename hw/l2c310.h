/* l2c310.h - the registers of Arm's level 2 cache controller */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_L2C310_H
#define HW_L2C310_H

#include "emu/machine.h"

struct device *l2c310_new(struct machine *m, u64 base);

#endif
