/* vexpress.h - the board "vexpress-a9": Versatile Express with a CoreTile Express A9x4 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_VEXPRESS_H
#define HW_VEXPRESS_H

#include "emu/machine.h"

bool vexpress_build(struct machine *m); /* False (reported). */

#endif
