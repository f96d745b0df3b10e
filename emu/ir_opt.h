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
#include "emu/passes.h"

/* How an LD or ST makes its address; in ir_op.form. */
enum ir_form {
    IR_FORM_BASE,      /* base + imm */
    IR_FORM_INDEX,     /* base + (index << aux) + imm; LD: index in b, ST: index in c */
    IR_FORM_BASE32,    /* the same, cut to 32 bits */
    IR_FORM_INDEX32,
    IR_FORM_ABS,       /* imm alone */
};

void ir_optimise(struct ir_block *b, unsigned passes_off); /* passes_off: a set of enum pass */

#endif
