/* ir_opt.h - passes over a block's ops before it is executed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pass never changes what the guest can see at an op that may leave the block (LD, ST, CALL,
 * exits): all words of the CPU struct but temporaries are right there. Each can be switched off, to
 * bisect a miscompile.
 */
#ifndef EMU_IR_OPT_H
#define EMU_IR_OPT_H

#include "emu/ir.h"

enum ir_pass {
    IR_PASS_COPY = 1 << 0,    /* use a value where it came from, and constants as immediates */
    IR_PASS_TARGET = 1 << 1,  /* compute a value where it is going to be moved to */
    IR_PASS_ADDRESS = 1 << 2, /* LEA before LD or ST becomes part of it */
    IR_PASS_BRANCH = 1 << 3,  /* compare, then branch on the result: one op */
    IR_PASS_CC = 1 << 4,      /* flags that are overwritten before anybody can look */
    IR_PASS_DEAD = 1 << 5,    /* temporaries that nobody reads */
};

/* How an LD or ST makes its address; in ir_op.form. */
enum ir_form {
    IR_FORM_BASE,      /* base + imm */
    IR_FORM_INDEX,     /* base + (index << aux) + imm; LD: index in b, ST: index in c */
    IR_FORM_BASE32,    /* the same, cut to 32 bits */
    IR_FORM_INDEX32,
    IR_FORM_ABS,       /* imm alone */
};

void ir_optimise(struct ir_block *b, unsigned passes_off); /* passes_off: a set of enum ir_pass */

#endif
