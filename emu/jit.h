/* jit.h - compile finished blocks to the host's code, and run them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compiled blocks follow each other through *slots*: an exit jumps to where its slot says, which is
 * either the next block or the exit's own way out. Slots that may be wrong are reset before
 * anything runs (block_sync()), so following one needs no check.
 */
#ifndef EMU_JIT_H
#define EMU_JIT_H

#include "emu/block.h"

struct jit;

/* NULL when this host cannot. code_bytes bounds the memory for code, slots and their lists.
 * options: see accel.h; only the JIT's own are looked at. */
struct jit *jit_new(struct engine *e, u64 code_bytes, const char *options);
void jit_delete(struct jit *j);

/* Makes b ready to be counted and compiled. */
void jit_prepare(struct jit *j, struct block *b);
/* Is b compiled? A block that was here often is, now; false for a cold one, or when there is no
 * room: then engine_flush() was called. */
bool jit_is_hot(struct jit *j, struct block *b);
/* Like interp_run(), with a block that jit_is_hot(). */
void jit_run(struct jit *j, struct cpu *c, struct block *b);
/* From now on `from` leads to the compiled block b. */
void jit_link(struct jit *j, struct block_link *from, const struct block *b);
/* Resets the slots that lead to another page, by the half of the address space that it is in, or
 * (code) those within a page. For block_sync(). */
void jit_forget_links(struct jit *j, bool low, bool high, bool code);
/* b changed, was dropped or must be looked at when entered: code that contains it is not entered
 * any more. */
void jit_forget_regions(struct jit *j, struct block *b);
/* b was found right, after its page was written: are those that are compiled together with it? */
void jit_check_regions(struct jit *j, struct block *b);
u64 jit_compiled(const struct jit *j); /* how many blocks were, so far */
u64 jit_regions(const struct jit *j);  /* the same for regions */
void jit_flush(struct jit *j); /* forgets all code; no block may be left */

#endif
