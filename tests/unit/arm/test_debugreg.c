/* test_debugreg.c - hardware breakpoints, watchpoints and vector catch */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "common_arm.h"

enum { MDBGEN = 1 << 15, OSLAR_KEY = 0xc5acce55 };
enum { ALL_MODES = 3 << 1, BAS_WORD = 15 << 5, BAS_LOW = 3 << 5, BAS_HIGH = 12 << 5, MISMATCH = 4 << 20, LINKED = 1 << 20 };
enum { LOADS = 1 << 3, STORES = 2 << 3 };

static unsigned moe(struct bare *s)
{
    return s->a->dbgdscr >> 2 & 15;
}

/* As a debugger's kernel does it: unlocks, enables, and sets number 0. */
static void arm_breakpoint(struct bare *s, u32 value, u32 control)
{
    s->a->r[0] = value;
    s->a->r[1] = control;
    BARE_RUN(s, 8, MOVW(2, 0), MCR(14, 0, 2, 1, 0, 4), MOV32(2, MDBGEN), MCR(14, 0, 2, 0, 2, 2),
             MCR(14, 0, 0, 0, 0, 4), MCR(14, 0, 1, 0, 0, 5));
    bare_at(s, ARM_SVC, AT_CODE2);
}

BARE_TEST(debugreg, breakpoint_before_its_instruction, "cortex-a15")
{
    bare_put(s, AT_CODE2, (const u32[]){MOVW(5, 1), MOVW(5, 2), MOVW(5, 3), A32_LOOP}, 4);
    arm_breakpoint(s, AT_CODE2 + 8, 1 | ALL_MODES | BAS_WORD);
    bare_steps(s, 10);
    cr_expect_eq(s->a->r[5], 2, "r5 %llx", (unsigned long long)s->a->r[5]);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 0xc);
    cr_expect_eq(s->a->r[ARM_LR], AT_CODE2 + 8 + 4);
    cr_expect_eq(s->a->ifsr, 2);
    cr_expect_eq(moe(s), 1);
}

BARE_TEST(debugreg, privileges, "cortex-a15")
{
    bare_put(s, AT_CODE2, (const u32[]){MOVW(5, 1), MOVW(5, 2), A32_LOOP}, 3);
    arm_breakpoint(s, AT_CODE2 + 4, 1 | 2 << 1 | BAS_WORD); /* USR mode only */
    bare_steps(s, 10);
    cr_expect_eq(s->a->base.pc, AT_CODE2 + 8);
    bare_at(s, ARM_USR, AT_CODE2);
    bare_steps(s, 10);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 0xc);
}

/* How a kernel steps: the next address that is not this one. */
BARE_TEST(debugreg, mismatch_steps, "cortex-a7")
{
    bare_put(s, AT_CODE2, (const u32[]){MOVW(5, 1), MOVW(5, 2), MOVW(5, 3), A32_LOOP}, 4);
    arm_breakpoint(s, AT_CODE2, 1 | 2 << 1 | BAS_WORD | MISMATCH);
    bare_at(s, ARM_USR, AT_CODE2);
    bare_steps(s, 10);
    cr_expect_eq(s->a->r[5], 1);
    cr_expect_eq(s->a->r[ARM_LR], AT_CODE2 + 4 + 4);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 0xc);
}

BARE_TEST(debugreg, halfwords_of_t32, "cortex-a15")
{
    bare_put16(s, AT_CODE2, (const u16[]){0x2501, 0x2502, 0x2503, 0xe7fe}, 4); /* MOVS r5, #n */
    arm_breakpoint(s, AT_CODE2, 1 | ALL_MODES | BAS_HIGH);
    arm_set_cpsr(s->a, ARM_SVC | PSR_T);
    bare_steps(s, 10);
    cr_expect_eq(s->a->r[5], 1);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 0xc);
}

BARE_TEST(debugreg, linked_to_a_context, "cortex-a15")
{
    bare_put(s, AT_CODE2, (const u32[]){MOVW(5, 1), MOVW(5, 2), A32_LOOP}, 3);
    s->a->dbgbvr[4] = 0x1234;
    s->a->dbgbcr[4] = 1 | ALL_MODES | BAS_WORD | 3 << 20;
    arm_breakpoint(s, AT_CODE2 + 4, 1 | ALL_MODES | BAS_WORD | LINKED | 4 << 16);
    bare_steps(s, 10);
    cr_expect_eq(s->a->base.pc, AT_CODE2 + 8);
    bare_at(s, ARM_SVC, AT_CODE2);
    s->a->contextidr = 0x1234;
    bare_steps(s, 10);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 0xc);
}

BARE_TEST(debugreg, locked_is_off, "cortex-a15")
{
    bare_put(s, AT_CODE2, (const u32[]){MOVW(5, 1), A32_LOOP}, 2);
    arm_breakpoint(s, AT_CODE2, 1 | ALL_MODES | BAS_WORD);
    BARE_RUN(s, 6, MOV32(2, OSLAR_KEY), MCR(14, 0, 2, 1, 0, 4), MRC(14, 0, 3, 1, 1, 4));
    cr_expect_eq(s->a->r[3], 0xa);
    bare_at(s, ARM_SVC, AT_CODE2);
    bare_steps(s, 10);
    cr_expect_eq(s->a->r[5], 1);
}

static void arm_watchpoint(struct bare *s, u32 value, u32 control)
{
    s->a->r[0] = value;
    s->a->r[1] = control;
    BARE_RUN(s, 8, MOVW(2, 0), MCR(14, 0, 2, 1, 0, 4), MOV32(2, MDBGEN), MCR(14, 0, 2, 0, 2, 2),
             MCR(14, 0, 0, 0, 0, 6), MCR(14, 0, 1, 0, 0, 7));
    bare_at(s, ARM_SVC, AT_CODE2);
}

BARE_TEST(debugreg, watchpoint_keeps_the_store_back, "cortex-a15")
{
    bare_set(s, AT_DATA, 0x11, 4);
    bare_put(s, AT_CODE2, (const u32[]){LDR(5, 6), 0xe5865004, STR(7, 6), MOVW(8, 1), A32_LOOP}, 5);
    arm_watchpoint(s, AT_DATA, 1 | ALL_MODES | STORES | 15 << 5);
    s->a->r[6] = AT_DATA;
    s->a->r[7] = 0x22;
    bare_steps(s, 20);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 0x10);
    cr_expect_eq(s->a->r[5], 0x11);
    cr_expect_eq(bare_get(s, AT_DATA, 4), 0x11);
    cr_expect_eq(bare_get(s, AT_DATA + 4, 4), 0x11);
    cr_expect_eq(s->a->r[8], 0);
    cr_expect_eq(s->a->dfar, AT_DATA);
    cr_expect_eq(s->a->dfsr & ~(1u << 11), 2);
    cr_expect_eq(s->a->r[ARM_LR], AT_CODE2 + 8 + 8);
    cr_expect_eq(moe(s), 10);
}

BARE_TEST(debugreg, watched_bytes, "cortex-a15")
{
    /* LDRB of bytes 4 to 6; byte 6 is watched. */
    bare_put(s, AT_CODE2, (const u32[]){0xe5d65004, 0xe5d65005, 0xe5d65006, A32_LOOP}, 4);
    arm_watchpoint(s, AT_DATA, 1 | ALL_MODES | LOADS | 0x40 << 5);
    s->a->r[6] = AT_DATA;
    bare_steps(s, 20);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 0x10);
    cr_expect_eq(s->a->dfar, AT_DATA + 6);
}

BARE_TEST(debugreg, vector_catch, "cortex-a15")
{
    BARE_RUN(s, 30, MOVW(2, 0), MCR(14, 0, 2, 1, 0, 4), MOVW(2, 4), MCR(14, 0, 2, 0, 7, 0), MOV32(2, MDBGEN),
             MCR(14, 0, 2, 0, 2, 2), A32_SVC);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 0xc);
    cr_expect_eq(s->a->r[ARM_LR], AT_VECTORS + 8 + 4);
    cr_expect_eq(moe(s), 5);
}

BARE_TEST(debugreg, bkpt_says_how, "cortex-a15")
{
    BARE_RUN(s, 3, 0xe1200070);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 0xc);
    cr_expect_eq(moe(s), 3);
}

/* What is not there is not there: the A9 has the baseline registers only. */
BARE_TEST(debugreg, baseline_only, "cortex-a9")
{
    BARE_RUN(s, 4, MRC(14, 0, 3, 0, 0, 0), MRC(14, 0, 4, 0, 0, 4));
    cr_expect_eq(s->a->r[3] >> 16 & 15, 4);
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 4);
}
