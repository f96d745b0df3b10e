/* vexpress_sysreg.h - the system registers of a Versatile Express motherboard */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_VEXPRESS_SYSREG_H
#define HW_VEXPRESS_SYSREG_H

#include "emu/machine.h"
#include "hw/pl111.h"

enum { VEXPRESS_CARD_IN = 1, VEXPRESS_CARD_READONLY = 2 }; /* SYS_MCI */

struct vexpress_sysreg_wiring {
    u32 daughterboard_id;
    u32 mci;             /* what the card slot's switches say */
    struct pl111 *lcd[2]; /* the motherboard's and the daughterboard's: which one is seen is said here */
};

struct device *vexpress_sysreg_new(struct machine *m, u64 base, const struct vexpress_sysreg_wiring *w);

#endif
