/* pflash_banks.h - an Arm board's two banks of flash memory, and the drives in them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PFLASH_BANKS_H
#define HW_PFLASH_BANKS_H

#include "hw/pflash.h"

enum { PFLASH_BANKS = 2 };
#define PFLASH_BANK (64 * MiB)

/* What -drive says is in a bank, or NULL. */
const struct config_drive *pflash_banks_drive(const struct machine_config *cfg, unsigned bank);
/* Both, each of 64 MiB. False (reported): a drive does not fit. */
bool pflash_banks_new(struct machine *m, const u64 base[PFLASH_BANKS],
                      struct pflash *bank[PFLASH_BANKS]);

#endif
