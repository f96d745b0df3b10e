/* vec_mem.h - loads and stores of up to 16 bytes that the inline lookup in the TLB did not find */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_VEC_MEM_H
#define EMU_VEC_MEM_H

#include "emu/ir.h"

/* The data are in c->vec. what: the size in bytes (4, 8, 16), and from VEC_MEM_ALIGN_SHIFT on what the address must be a
 * multiple of, or it is a fault. 16 bytes are accessed as two halves, low one first; nothing is stored before the last
 * possible fault. */
#define VEC_MEM_ALIGN_SHIFT 8
static inline u32 vec_mem_what(const struct ir_op *o)
{
    return (1u << o->size) | ir_vec_alignment(o) << VEC_MEM_ALIGN_SHIFT;
}

void vec_read_slow(struct cpu *c, u64 va, u32 what);
void vec_write_slow(struct cpu *c, u64 va, u32 what);

#endif
