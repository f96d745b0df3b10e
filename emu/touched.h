/* touched.h - which pages were executed, read and written in a stretch of history */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A search backwards need not run an interval that cannot contain what is sought. So for each
 * interval a small set of linear page numbers is kept for each kind of access: a bit per hashed
 * page, so "no" is certain and "yes" means perhaps. The TLB's slow path fills it in: where one is
 * attached to the CPU (cpu.touched), the TLB starts empty and permits an access directly only once
 * it was noted here.
 */
#ifndef EMU_TOUCHED_H
#define EMU_TOUCHED_H

#include "emu/cpu.h"
#include "emu/ram.h"
#include "emu/types.h"

#define TOUCHED_BITS 13

struct touched {
    u64 bit[3][(1 << TOUCHED_BITS) / 64]; /* by enum mem_access */
};

static inline unsigned touched_hash(u64 va)
{
    return (unsigned)(((va >> PAGE_BITS) * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - TOUCHED_BITS));
}

static inline void touched_add(struct touched *t, enum mem_access access, u64 va)
{
    unsigned h = touched_hash(va);
    t->bit[access][h / 64] |= (u64)1 << (h % 64);
}

/* Was the page at va accessed so? Perhaps, if true. */
static inline bool touched_has(const struct touched *t, enum mem_access access, u64 va)
{
    unsigned h = touched_hash(va);
    return t->bit[access][h / 64] >> (h % 64) & 1;
}

#endif
