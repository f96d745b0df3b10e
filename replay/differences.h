/* differences.h - inside replay/: two states of one machine, compared in words */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPLAY_DIFFERENCES_H
#define REPLAY_DIFFERENCES_H

#include "emu/machine.h"
#include "snapshot/snapshot.h"

/* Appends the fields that differ by name, then pages of memory with the first byte that differs in
 * each; at most `most` lines of either. Returns how many there are. */
u64 differences_print(struct machine *m, const struct snapshot *a, const struct snapshot *b,
                      unsigned most, struct buf *out);

#endif
