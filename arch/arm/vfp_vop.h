/* vfp_vop.h - floating point as VOPs: exact functions, and host instructions that agree */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_ARM_VFP_VOP_H
#define ARCH_ARM_VFP_VOP_H

#include "emu/ir.h"

/* What d becomes of a and b; of a single operand it is b. */
enum arm_fop {
    FOP_ADD, FOP_SUB, FOP_MUL, FOP_DIV, FOP_SQRT,
    FOP_ADD_NEG,     /* a + -b, which is a - b but for NaNs */
    FOP_NEG_ADD,     /* -b + a, likewise */
    FOP_FMA,         /* d + a * b */
    FOP_FMS,         /* d + -a * b */
    FOP_FNMS,        /* -d + a * b */
    FOP_FNMA,        /* -d + -a * b */
    FOP_CMP, FOP_CMPE, /* ZF, PF and CF in their RFLAGS places, as UCOMISD and COMISD set them */
    FOP_FROM_INT,    /* of a word; VOP_WORD: unsigned */
    FOP_TO_INT,      /* toward zero; VOP_WORD: unsigned */
    FOP_RESIZE,      /* from the other size */
    FOPS
};
extern const struct vec_fn
    arm_fops[FOPS][2]; /* of singles, and of doubles: of the size that is read or written as the
                          VOP's size says; FOP_TO_INT: of what is read */

/* Vectors of singles in the standard mode. */
enum arm_fops_packed {
    FOPV_ADD, FOPV_SUB, FOPV_MUL, FOPV_ADD_NEG, FOPV_FMA, FOPV_FMS,
    FOPV_CEQ, FOPV_CLE, FOPV_CLT, /* of a and b: all ones where it holds */
    FOPV_MAX, FOPV_MIN,
    FOPV_FROM_INT, FOPV_TO_INT,   /* signed */
    FOPVS
};
extern const struct vec_fn arm_fops_packed[FOPVS];

#endif
