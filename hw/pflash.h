/* pflash.h - parallel NOR flash with Intel's command set, as two 16-bit chips side by side */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PFLASH_H
#define HW_PFLASH_H

#include "emu/disk.h"
#include "emu/machine.h"

enum { PFLASH_SECTOR = 256 * 1024 }; /* of the pair */

struct pflash;

/* A bank of `size` bytes at base, erased by nobody yet: all zeros. name is the memory's and must
 * outlive the machine. */
struct pflash *pflash_new(struct machine *m, const char *name, u64 base, u64 size);
/* What it has at power-on, before the machine starts: these bytes; or what is on the disk, which
 * hears of every change from then on. False (reported): the host cannot read it. */
void pflash_fill(struct pflash *s, const void *data, size_t n);
bool pflash_put_disk(struct pflash *s, struct disk *disk);

#endif
