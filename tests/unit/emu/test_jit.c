/* test_jit.c - the JIT against the interpreter, on garbage and on programs that change themselves */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "emu/jit.h"
#include "tests/unit/emu/common_chaos.h"

#define SAMPLES 150
#define SEEDS 16

static struct chaos_jit made; /* by all machines */

static void compare_seeds(const struct chaos_how *h)
{
    for (u64 seed = CHAOS_SELFMOD; seed <= SEEDS; seed++)
        chaos_compare(h, seed, SAMPLES, &made);
    cr_assert_gt(made.blocks, 100);
}

static void compare_disturbed(const char *accel, u64 piece)
{
    compare_seeds(&(struct chaos_how){.accel = accel,
                                      .piece = piece,
                                      .flush_tlb = true,
                                      .flush_code = true,
                                      .digests = true,
                                      .breaks = true,
                                      .watches = true});
}

Test(jit, everything_compiled)
{
    compare_seeds(&(struct chaos_how){.accel = "jit,warm=1"});
}

Test(jit, regions)
{
    compare_seeds(&(struct chaos_how){.accel = "jit,warm=1,heat=1"});
    cr_assert_gt(made.regions, 100);
}

Test(jit, regions_in_pieces)
{
    compare_seeds(&(struct chaos_how){.accel = "jit,warm=1,heat=1", .piece = 40});
    compare_seeds(&(struct chaos_how){.accel = "jit,warm=1,heat=2", .piece = 3});
    compare_seeds(&(struct chaos_how){.accel = "jit,warm=2,heat=3", .piece = 900, .max_insns = 2});
    cr_assert_gt(made.regions, 100);
}

Test(jit, regions_disturbed)
{
    compare_disturbed("jit,warm=1,heat=1", 900);
    compare_disturbed("jit,warm=1,heat=4", 200);
    cr_assert_gt(made.regions, 100);
}

Test(jit, only_what_is_warm)
{
    compare_seeds(&(struct chaos_how){.accel = "jit,warm=3"});
}

Test(jit, one_insn_blocks)
{
    compare_seeds(&(struct chaos_how){.accel = "jit,warm=1", .max_insns = 1});
}

Test(jit, three_insn_blocks)
{
    compare_seeds(&(struct chaos_how){.accel = "jit,warm=1", .max_insns = 3});
}

Test(jit, in_pieces)
{
    compare_seeds(&(struct chaos_how){.accel = "jit,warm=1", .piece = 60});
}

Test(jit, disturbed)
{
    compare_disturbed("jit,warm=1", 90);
}

/* When the memory for code is full, everything is forgotten, and made again. */
Test(jit, little_memory)
{
    compare_seeds(&(struct chaos_how){.accel = "jit,warm=1", .jit_bytes = 1});
}
