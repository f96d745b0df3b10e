/* jit_region.h - hot blocks that lead to each other, compiled as one piece */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A region has one entry, its *head*. The members are on one page, in one mode; what was rightly
 * entered at the head leads rightly to the others as links within a page do (see jit.c). A member
 * may be in many regions, and be compiled alone as well. When one member goes, so do the regions
 * that it is in.
 */
#ifndef EMU_JIT_REGION_H
#define EMU_JIT_REGION_H

#include "emu/jit_emit.h"

struct jit_region_ref {
    struct jit_region *region;
    struct jit_region_ref *next;
};

/* How often b was executed since that is counted, as far as is known; at most j->heat. */
u32 jit_region_heat(const struct jit *j, const struct block *b);
/* What is to be compiled with b. False: nothing would be better than now. */
bool jit_region_choose(struct jit *j, struct block *b, struct jit_region *out);
/* Does this op of b often access another page than the last time? */
bool jit_region_is_wild(const struct jit *j, const struct block *b, u32 op);
/* It was compiled. */
void jit_region_attach(struct jit *j, const struct jit_region *r);

#endif
