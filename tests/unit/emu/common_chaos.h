/* common_chaos.h - garbage programs of the toy machine, run in two ways that must agree */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_UNIT_EMU_COMMON_CHAOS_H
#define TESTS_UNIT_EMU_COMMON_CHAOS_H

#include "tests/unit/emu/toy.h"

#define CHAOS_SELFMOD 0 /* this seed: not garbage, but a program that changes itself */
#define CHAOS_DISTANCE 467 /* between samples */

struct chaos_how {
    const char *name;
    const char *accel; /* "jit,...", or "interp"; NULL: as tests run by default */
    u64 jit_bytes;     /* 0: a MiB */
    unsigned max_insns, passes_off;
    u64 piece;         /* steps per machine_run(), at most; 0: all */
    bool small_cache;
    /* Between the pieces, at random. */
    bool flush_tlb, flush_code, digests, breaks, watches;
};

struct chaos_jit { /* what was compiled */
    u64 blocks, regions;
};

struct toy_machine *chaos_new(const struct chaos_how *h, u64 seed);
/* The digests at that many places must be those of a plain run: of the interpreter, where h says
 * what is to execute it. Adds to `jit`, if that is not NULL. */
void chaos_compare(const struct chaos_how *h, u64 seed, unsigned samples, struct chaos_jit *jit);

#endif
