/* passes.h - the optimisations of both engines, each of which can be switched off */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * To bisect a miscompile, and to measure what each is worth (docs/engine.md). With or without any of
 * them the guest sees the same. A set of them is `engine_config.passes_off`.
 */
#ifndef EMU_PASSES_H
#define EMU_PASSES_H

#include "emu/types.h"

/* X(constant, bit, name, what it does). Bits 0 to 7: ir_opt.c, both engines; from 8 on: the JIT's. */
#define PASSES(X)                                                                                  \
    X(IR_PASS_COPY, 0, "copy", "use a value where it came from, and constants as immediates")      \
    X(IR_PASS_TARGET, 1, "target", "compute a value where it is going to be moved to")             \
    X(IR_PASS_ADDRESS, 2, "address", "LEA before LD or ST becomes part of it")                     \
    X(IR_PASS_BRANCH, 3, "branch", "compare, then branch on the result: one op")                   \
    X(IR_PASS_CC, 4, "cc", "flags that are overwritten before anybody can look")                   \
    X(IR_PASS_DEAD, 5, "dead", "temporaries that nobody reads")                                    \
    X(JIT_PASS_SHARE, 8, "share", "accesses near each other share a lookup in the TLB")            \
    X(JIT_PASS_WORDS, 9, "words", "registers for words that are read again")                       \
    X(JIT_PASS_REGIONS, 10, "regions", "blocks that lead to each other are one piece of code")     \
    X(JIT_PASS_GUESS, 11, "guess", "a lookup in the TLB guesses the entry that it had last")       \
    X(JIT_PASS_FUSE, 12, "fuse", "comparisons and their consumers meet in the host's flags")       \
    X(JIT_PASS_NEAR, 13, "near", "links within a page survive flushes")                            \
    X(JIT_PASS_INDIRECT, 14, "indirect", "the jump cache is looked up inline")                     \
    X(JIT_PASS_VECTOR, 15, "vector", "SSE by the host's instructions")                             \
    X(JIT_PASS_BMI, 16, "bmi", "the host's BMI and BMI2 instructions")                             \
    X(JIT_PASS_LATE, 17, "late", "words are stored where they could be seen, not where they change")

enum pass {
#define X(constant, bit, name, what) constant = 1 << (bit),
    PASSES(X)
#undef X
    PASSES_ALL = -1
};

struct pass_info {
    u32 bit;
    const char *name, *what;
};

extern const struct pass_info passes[]; /* ends with a bit of 0 */

/* The set that "name+name+..." says ("all" too). False: `*unknown` is where a name begins that is none.
 * A list ends at ',' or at the end of the string. */
bool passes_parse(const char *names, u32 *set, const char **unknown);

#endif
