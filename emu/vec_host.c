/* vec_host.c - the list of vector operations that x86 hosts have, as a table */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/vec_host.h"

const struct vec_host_op vec_host_ops[VEC_N_HOST] = {
#define X(name, opcode, form, flags) [VEC_##name] = {opcode, form, flags},
    VEC_HOST_OPS(X)
#undef X
};
