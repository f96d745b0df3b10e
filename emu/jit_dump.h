/* jit_dump.h - compiled code shown beside what it was made from, and named to profilers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Emitters note where the code of what begins; when a piece of code is complete, it is shown with
 * the notes in it. Without -d out_asm and -perfmap there is no struct jit_dump and nothing is
 * noted.
 */
#ifndef EMU_JIT_DUMP_H
#define EMU_JIT_DUMP_H

#include "emu/block.h"
#include "emu/dump.h"

struct jit_dump;

/* NULL when nothing is asked for. delta: from where code is written to where it runs. */
struct jit_dump *jit_dump_new(const struct dump *d, const struct arch *a, i64 delta);
void jit_dump_delete(struct jit_dump *d);

/* Code for op number i of b begins at `at`; what: NULL, or in words what of it, when it is not the
 * op itself. d may be NULL. */
void jit_dump_note(struct jit_dump *d, const u8 *at, const struct block *b, u32 i, const char *what);
/* Of b: these bytes, as written, are complete. Notes before `to` are forgotten. */
void jit_dump_code(struct jit_dump *d, const struct block *b, const char *title, const u8 *from, const u8 *to);
/* Names other code to profilers. */
void jit_dump_name(struct jit_dump *d, const char *name, const u8 *from, const u8 *to);

#endif
