/* vec_mem.h - loads and stores of up to 16 bytes that the inline lookup in the TLB did not find */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_VEC_MEM_H
#define EMU_VEC_MEM_H

#include "emu/cpu.h"

/* The data are in c->vec. what: the size in bytes (4, 8, 16), plus VEC_MEM_ALIGNED: a misaligned address is
 * a fault. 16 bytes are accessed as two halves, low one first; nothing is stored before the last
 * possible fault. */
#define VEC_MEM_ALIGNED 0x100u

void vec_read_slow(struct cpu *c, u64 va, u32 what);
void vec_write_slow(struct cpu *c, u64 va, u32 what);

#endif
