/* vop.h - what the functions of the IR op VOP share, and those that are no architecture's */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_VOP_H
#define EMU_VOP_H

#include "emu/ir.h"
#include "emu/vec.h"
#include "emu/vec_host.h"

/* An operand, with zeros above. */
struct vec vop_a(const struct cpu *c, u64 args);
struct vec vop_b(const struct cpu *c, u64 args);
struct vec vop_old_d(const struct cpu *c, u64 args);
/* Those with another size than the result: 4 or 8 bytes. */
u64 vop_b_of(const struct cpu *c, u64 args, unsigned bytes);
void vop_set_d(struct cpu *c, u64 args, struct vec v);
static inline unsigned vop_size(u64 args) /* in bytes */
{
    return args >> 40 & 0xff;
}

/* Operations on integers, by their enum vec_host: those of vop.c's list. */
extern const struct vec_fn vop_fns[VEC_N_HOST];

#endif
