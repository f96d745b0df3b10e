/* test_pmu.c - performance monitors: counters that are functions of icount */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "common_arm.h"

#define PM_READ(t, m, q) MRC(15, 0, t, 9, m, q)
#define PM_WRITE(t, m, q) MCR(15, 0, t, 9, m, q)

/* Each instruction between two readings is one more. */
BARE_TEST(pmu, cycles_are_instructions, "cortex-a15")
{
    BARE_RUN(s, 30, MOV32(0, 0x80000000), PM_WRITE(0, 12, 1), MOVW(1, 1), PM_WRITE(1, 12, 0), PM_READ(3, 13, 0), A32_NOP,
             A32_NOP, A32_NOP, PM_READ(4, 13, 0));
    cr_expect_eq(s->a->r[4] - s->a->r[3], 4);
    cr_expect_eq(s->a->r[3], 1);
}

/* Counter 0 of retired instructions; it stands while it is off, and keeps its count. */
BARE_TEST(pmu, instructions, "cortex-a15")
{
    BARE_RUN(s, 40, MOVW(0, 0), PM_WRITE(0, 12, 5), MOVW(0, 8), PM_WRITE(0, 13, 1), MOVW(0, 1), PM_WRITE(0, 12, 1),
             PM_WRITE(0, 12, 0), A32_NOP, A32_NOP, PM_WRITE(0, 12, 2) /* off */, A32_NOP, PM_READ(3, 13, 2), A32_NOP,
             PM_READ(4, 13, 2), PM_READ(5, 13, 1));
    cr_expect_eq(s->a->r[3], 3, "r3 %llx", (unsigned long long)s->a->r[3]);
    cr_expect_eq(s->a->r[4], 3);
    cr_expect_eq(s->a->r[5], 8);
}

BARE_TEST(pmu, overflow, "cortex-a7")
{
    BARE_RUN(s, 40, MOVW(0, 3), PM_WRITE(0, 12, 5), MOVW(0, 0x11), PM_WRITE(0, 13, 1), MOV32(0, 0xfffffffe),
             PM_WRITE(0, 13, 2), MOVW(0, 8), PM_WRITE(0, 12, 1), MOVW(1, 1), PM_WRITE(1, 12, 0), PM_READ(3, 12, 3),
             A32_NOP, PM_READ(4, 12, 3), PM_READ(5, 13, 2), PM_WRITE(0, 12, 3), PM_READ(6, 12, 3));
    cr_expect_eq(s->a->r[3], 0);
    cr_expect_eq(s->a->r[4], 8);
    cr_expect_eq(s->a->r[5], 2);
    cr_expect_eq(s->a->r[6], 0);
}

BARE_TEST(pmu, by_software, "cortex-a15")
{
    BARE_RUN(s, 40, MOVW(0, 2), PM_WRITE(0, 12, 5), MOVW(1, 0), PM_WRITE(1, 13, 1), MOVW(0, 4), PM_WRITE(0, 12, 1),
             PM_WRITE(0, 12, 4), MOVW(1, 1), PM_WRITE(1, 12, 0), PM_WRITE(0, 12, 4), PM_WRITE(0, 12, 4), A32_NOP,
             PM_READ(3, 13, 2));
    cr_expect_eq(s->a->r[3], 2);
}

/* PMCR.N is how many there are; the rest is not there. */
BARE_TEST(pmu, how_many, "cortex-a7")
{
    BARE_RUN(s, 20, PM_READ(3, 12, 0), MOVW(0, 5), PM_WRITE(0, 12, 5), MOVW(1, 8), PM_WRITE(1, 13, 1),
             PM_READ(4, 13, 1), MOV32(0, 0xffffffff), PM_WRITE(0, 12, 1), PM_READ(5, 12, 1), PM_READ(6, 12, 6));
    cr_expect_eq(s->a->r[3] >> 11 & 31, 4);
    cr_expect_eq(s->a->r[4], 0);
    cr_expect_eq(s->a->r[5], 0x8000000f);
    cr_expect_eq(s->a->r[6], 0x20101);
}

/* From USR mode where PMUSERENR lets it. */
BARE_TEST(pmu, user, "cortex-a15")
{
    bare_at(s, ARM_USR, AT_CODE);
    BARE_RUN(s, 1, PM_READ(3, 13, 0));
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 4);
    s->a->pmuserenr = 1;
    bare_at(s, ARM_USR, AT_CODE);
    bare_steps(s, 1);
    cr_expect_eq(s->a->base.pc, AT_CODE + 4);
}

/* What the monitor shows changes nothing. */
BARE_TEST(pmu, looking, "cortex-a15")
{
    BARE_RUN(s, 20, MOV32(0, 0x80000000), PM_WRITE(0, 12, 1), MOVW(1, 1), PM_WRITE(1, 12, 0));
    u64 word = s->a->pmccntr;
    cr_expect_eq(bare_sysreg(s, "pmccntr"), 20 - 4);
    cr_expect_eq(s->a->pmccntr, word);
}
