/* random.h - random bytes for the guest: asked of the host, or computed from a seed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * With -seed they are a function of the seed and of how many were drawn, which is state. Otherwise
 * each draw is a question through the door (source "random"; the bytes are the answer).
 */
#ifndef EMU_RANDOM_H
#define EMU_RANDOM_H

#include "emu/types.h"

#define RANDOM_MAX_BYTES 4096 /* in one call */

struct machine;
struct random;

struct random *random_new(struct machine *m); /* owned by the machine, as its device "random" */
/* For devices and processors, where they may ask the door: n is 1 to RANDOM_MAX_BYTES. */
void random_draw(struct random *r, void *out, u32 n);

#endif
