/* ir_live.h - what ops read and write, and removing those whose result nobody sees */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_IR_LIVE_H
#define EMU_IR_LIVE_H

#include "emu/ir.h"

static inline bool ir_is_temp(ir_val v)
{
    return v > IR_NONE && v < IR_NONE + IR_TEMPS;
}

bool ir_leaves(const struct ir_op *o);   /* LD, ST, VLD, VST, CALL, exits: the guest's state must be right there */
bool ir_branches(const struct ir_op *o); /* has a label */
static inline bool ir_is_load(const struct ir_op *o)
{
    return o->op == IR_LD || o->op == IR_VLD;
}

static inline bool ir_is_store(const struct ir_op *o)
{
    return o->op == IR_ST || o->op == IR_VST;
}

/* Its operands a and b are vectors: VEC, VGET, VPUT. */
static inline bool ir_is_vec(const struct ir_op *o)
{
    return o->op >= IR_VEC && o->op <= IR_VPUT;
}

/* A VOP of a temporary with itself, which gives zeros or ones whatever was in it. */
static inline bool ir_vop_is_constant(const struct ir_op *o)
{
    return o->a == o->b && o->a == o->d && ir_is_temp(o->d);
}

bool ir_vop_to_word(const struct ir_op *o); /* a VOP whose result is a word, as integer ops have it */

/* A set of temporaries. */
struct ir_live {
    u64 temp[(IR_TEMPS + 63) / 64];
};

static inline bool ir_live_has(const struct ir_live *l, ir_val v)
{
    unsigned i = v - IR_NONE;
    return l->temp[i / 64] >> (i % 64) & 1;
}

static inline void ir_live_set(struct ir_live *l, ir_val v, bool on)
{
    unsigned i = v - IR_NONE;
    u64 bit = (u64)1 << (i % 64);
    l->temp[i / 64] = on ? l->temp[i / 64] | bit : l->temp[i / 64] & ~bit;
}

static inline void ir_live_join(struct ir_live *l, const struct ir_live *other)
{
    for (unsigned i = 0; i < sizeof(l->temp) / sizeof(l->temp[0]); i++)
        l->temp[i] |= other->temp[i];
}

bool ir_reads(const struct ir_op *o, ir_val v);
bool ir_writes(const struct ir_op *o, ir_val v);
void ir_replace_reads(struct ir_op *o, ir_val from, ir_val to);

/* Removes ops that set a temporary nobody reads (if temps), and CC ops on the words from `cc` on
 * that are overwritten before anybody can have looked (if cc is not 0). */
void ir_remove_dead(struct ir_block *b, bool temps, u16 cc);

#endif
