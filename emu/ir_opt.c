/* ir_opt.c - passes over a block's ops before it is executed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/ir_opt.h"

void ir_optimise(struct ir_block *b, unsigned passes_off)
{
    (void)b;
    (void)passes_off;
}
