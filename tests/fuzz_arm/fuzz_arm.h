/* fuzz_arm.h - random Arm code on our engines and under qemu-arm */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *     gen.c      makes cases, from the decoder's own rows: so each row is met
 *     ours.c     runs a case on one of our engines
 *     runner.c   the program that runs under qemu-arm (built by the Arm compiler)
 *     scan.c     one instruction of any bits: whether it is undefined
 *     main.c     compares
 */
#ifndef FUZZ_ARM_H
#define FUZZ_ARM_H

#include "case.h"
#include "emu/types.h"

struct rng {
    u64 s;
};
u64 rng_u64(struct rng *r);
u32 rng_below(struct rng *r, u32 n);
static inline bool rng_one_in(struct rng *r, u32 n)
{
    return rng_below(r, n) == 0;
}

enum gen_kind { GEN_INTEGER = 1, GEN_VFP = 2, GEN_NEON = 4, GEN_WILD = 8 /* any bits at all, now and then */ };

struct gen;
struct gen *gen_new(unsigned kinds, unsigned most); /* most: instructions in a case */
void gen_delete(struct gen *g);
/* Fills c; `number` is the case's, and decides about all of it together with seed. */
void gen_case(struct gen *g, u64 seed, u32 number, bool thumb, struct arm_case *c);
unsigned gen_count(const struct arm_case *c); /* instructions in it, about */

struct ours;
struct ours *ours_new(const char *accel, unsigned max_insns);
void ours_delete(struct ours *o);
/* All of a batch is put in memory at once; then each can be run. */
void ours_load(struct ours *o, const struct arm_case *cases, u32 n);
void ours_run(struct ours *o, u32 i, struct case_result *out, u64 *steps);
struct arm_insn;
bool ours_decode(const struct ours *o, struct arm_insn *in, bool thumb, unsigned bytes); /* in->bits */
u64 ours_compiled(const struct ours *o); /* blocks that the JIT made, so far */

enum scan_set { SCAN_T16, SCAN_T32, SCAN_A32 };
/* Runs n cases under qemu-arm. */
typedef bool scan_qemu(const void *options, const struct arm_case *cases, u32 n, struct case_result *out);
/* Prints what is undefined here or there only, and says how much that was. count: of 32 bits. */
u64 scan(enum scan_set set, u64 seed, u64 count, struct ours *o, scan_qemu *run, const void *options);

#endif
