/* vec.h - operations on 128-bit (and 64-bit) vectors of integers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One function per line of vec_ops.h: vec_NAME() on 128 bits, vec64_NAME() on 64. They have no
 * state and no side effects, so that a JIT may put a host instruction in the place of a call.
 */
#ifndef EMU_VEC_H
#define EMU_VEC_H

#include "emu/types.h"
#include "emu/vec_ops.h"

struct vec { u64 q[2]; }; /* element 0 in the low bits of q[0] */

#define X(name, ...)                                                                               \
    struct vec vec_##name(struct vec a, struct vec b, u32 imm);                                    \
    u64 vec64_##name(u64 a, u64 b, u32 imm);
VEC_OPS_LANE(X)
VEC_OPS_WHOLE(X)
#undef X

#define X(name, T) struct vec vec_##name(struct vec a, struct vec b, struct vec mask);
VEC_OPS_MASK(X)
#undef X

#define X(name, T)                                                                                 \
    u64 vec_##name(struct vec a);                                                                  \
    u64 vec64_##name(u64 a);
VEC_OPS_SIGNS(X)
#undef X

/* Carry-less product (PCLMULQDQ). */
struct vec vec_clmul(u64 a, u64 b);

#endif
