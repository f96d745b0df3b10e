/* interp.h - execute finished blocks, op by op */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_INTERP_H
#define EMU_INTERP_H

#include "emu/block.h"

/* Makes an op that is otherwise finished ready to be executed. */
void interp_prepare(struct ir_op *op);

/* Executes b, for which the budget suffices, and the blocks that follow it as long as they can be
 * found by links and the jump cache, the budget suffices and nobody wants attention. Returns at a
 * step boundary with pc exact (when there is a JIT, after one block); e->miss is the link that it would have liked to follow, or NULL.
 * Faults leave by c->leave. */
void interp_run(struct engine *e, struct cpu *c, struct block *b);

#endif
