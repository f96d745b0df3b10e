/* dump.h - what of translated blocks is shown, and the showing */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* docs/debugging-the-engine.md says how to use it. Nothing of it shows in the guest. */
#ifndef EMU_DUMP_H
#define EMU_DUMP_H

#include "emu/buf.h"
#include "emu/types.h"

struct cpu;
struct ir_block;

/* -d; the names are QEMU's. */
enum {
    DUMP_IN_ASM = 1,  /* guest instructions of each block that is made */
    DUMP_OP = 2,      /* its ops as they were translated, */
    DUMP_OP_OPT = 4,  /* and as they are executed */
    DUMP_OUT_ASM = 8, /* of each compiled block: guest instructions, ops and host code side by side */
};

#define DUMP_MAX_RANGES 16

struct dump {
    u32 what;
    bool perfmap; /* name compiled blocks to `perf report` */
    struct { u64 first, last; } range[DUMP_MAX_RANGES];
    unsigned n_ranges; /* none: all */
};

/* -dfilter: A+SIZE, A-SIZE or A..B, separated by commas, as in QEMU. False: ill-formed, or too many. */
bool dump_add_ranges(struct dump *d, const char *text);
/* Is any of `what` to be shown of the code at this linear address? */
bool dump_wants(const struct dump *d, u32 what, u64 lpc);

/* A block at lpc has just been translated; and optimised. */
void dump_translated(const struct dump *d, struct cpu *c, const struct ir_block *b, u64 lpc);
void dump_optimised(const struct dump *d, const struct ir_block *b, u64 lpc);

#endif
