/* test_stage2.c - a guest of a hypervisor: both stages of its translation, and what is told of their faults */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "common_arm.h"

enum { EC_PREFETCH = 0x20, EC_DATA = 0x24 };
enum { S2_L1 = AT_TABLES, S2_L2 = AT_TABLES + 0x1000, S2_L3 = AT_TABLES + 0x2000, S1_L1 = 0x280000, S1_L2 = 0x284000 };
enum { TABLE = 3, PAGE = 3, BLOCK = 1, AF = 1 << 10, READ = 1 << 6, WRITE = 2 << 6, MEMORY = 15 << 2 };
#define XN (1ull << 54)
#define S2_ALL (AF | READ | WRITE | MEMORY)

/* The guest's first 2 MiB are pages, each at its own address; page 0x50 of it is AT_DATA's. */
static void make_stage2(struct bare *s)
{
    bare_set(s, S2_L1, S2_L2 | TABLE, 8);
    bare_set(s, S2_L2, S2_L3 | TABLE, 8);
    bare_set(s, S2_L2 + 8, 0x200000 | BLOCK | S2_ALL, 8); /* where the tables are */
    for (u32 i = 0; i < 512; i++)
        bare_set(s, S2_L3 + 8 * i, i << 12 | PAGE | S2_ALL, 8);
    bare_set(s, S2_L3 + 8 * 0x50, AT_DATA | PAGE | S2_ALL, 8);
    s->a->vttbr = S2_L1 | (u64)7 << 48;
    s->a->vtcr = 1 << 6 | 1u << 31; /* SL0 1, T0SZ 0 */
}

static void guest(struct bare *s)
{
    make_stage2(s);
    s->a->scr = 0x101;
    s->a->hvbar = AT_HVECTORS;
    bare_at(s, ARM_MON, AT_CODE);
    bare_at(s, ARM_SVC, AT_CODE);
    s->a->vbar = AT_VECTORS;
    s->a->hcr = 1;
    bare_at(s, ARM_SVC, AT_CODE);
}

static void entry(struct bare *s, u32 page, u64 value)
{
    bare_set(s, S2_L3 + 8 * page, value, 8);
}

BARE_TEST(stage2, maps, "cortex-a15")
{
    guest(s);
    s->a->r[6] = 0x50010;
    s->a->r[7] = 0x1234;
    BARE_RUN(s, 3, STR(7, 6), LDR(8, 6));
    cr_expect_eq(bare_get(s, AT_DATA + 0x10, 4), 0x1234);
    cr_expect_eq(s->a->r[8], 0x1234);
    cr_expect_eq(bare_get(s, 0x50010, 4), A32_LOOP);
}

static void expect_fault(struct bare *s, unsigned ec, u32 iss, u32 va, u32 ipa)
{
    cr_expect_eq(s->a->base.pc, AT_HVECTORS + 0x14, "pc %#llx", (unsigned long long)s->a->base.pc);
    cr_expect_eq(s->a->hsr, (ec << 26 | 1u << 25 | iss), "HSR %#llx", (unsigned long long)s->a->hsr);
    cr_expect_eq(ec == EC_DATA ? s->a->hdfar : s->a->hifar, va);
    cr_expect_eq(s->a->hpfar, ipa >> 12 << 4);
}

/* What a hypervisor needs in order to act for the instruction: ISV, size, sign, register, direction. */
BARE_TEST(stage2, faults_say_what_was_to_be_done, "cortex-a15")
{
    static const struct { u32 insn, iss; } tries[] = {
        {LDR(3, 6), 1u << 24 | 2 << 22 | 3 << 16},
        {STR(4, 6), 1u << 24 | 2 << 22 | 4 << 16 | 1 << 6},
        {0xe5d63000 /* LDRB r3, [r6] */, 1u << 24 | 3 << 16},
        {0xe1d650f0 /* LDRSH r5, [r6] */, 1u << 24 | 1 << 22 | 1 << 21 | 5 << 16},
        {0xe4963004 /* LDR r3, [r6], #4: not with a base that changes */, 0},
        {0xe8960030 /* LDM r6, {r4, r5} */, 0},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(tries); i++) {
        guest(s);
        entry(s, 0x60, 0);
        s->a->r[6] = 0x60124;
        BARE_RUN(s, 1, tries[i].insn);
        expect_fault(s, EC_DATA, tries[i].iss | 7 /* translation, third level */, 0x60124, 0x60124);
        cr_expect_eq(s->a->elr_hyp, AT_CODE);
        cr_expect_eq(s->a->r[6], 0x60124);
    }
}

BARE_TEST(stage2, permissions, "cortex-a15")
{
    guest(s);
    entry(s, 0x60, 0x60000 | PAGE | AF | READ | MEMORY);
    s->a->r[6] = 0x60000;
    BARE_RUN(s, 2, LDR(3, 6), STR(3, 6));
    expect_fault(s, EC_DATA, 1u << 24 | 2 << 22 | 3 << 16 | 1 << 6 | 15, 0x60000, 0x60000);
    guest(s);
    entry(s, 0x60, 0x60000 | PAGE | READ | WRITE | MEMORY); /* access flag */
    BARE_RUN(s, 1, LDR(3, 6));
    expect_fault(s, EC_DATA, 1u << 24 | 2 << 22 | 3 << 16 | 11, 0x60000, 0x60000);
    guest(s);
    entry(s, AT_CODE2 >> 12, AT_CODE2 | PAGE | S2_ALL | XN);
    s->a->r[6] = AT_CODE2;
    BARE_RUN(s, 2, 0xe12fff16 /* BX r6 */);
    expect_fault(s, EC_PREFETCH, 15, AT_CODE2, AT_CODE2);
}

/* A hypervisor changes an entry: at once nothing of the old one is used. */
BARE_TEST(stage2, stores_to_its_tables_count, "cortex-a15")
{
    guest(s);
    s->a->r[6] = 0x50000;
    BARE_RUN(s, 2, LDR(3, 6));
    bare_at(s, ARM_HYP, AT_CODE2);
    s->a->r[0] = S2_L3 + 8 * 0x50;
    s->a->r[1] = 0x51000 | PAGE | S2_ALL;
    bare_put(s, AT_CODE2, (const u32[]){STR(1, 0), A32_LOOP}, 2);
    bare_steps(s, 2);
    bare_set(s, 0x51000, 0x777, 4);
    bare_at(s, ARM_SVC, AT_CODE);
    bare_steps(s, 2);
    cr_expect_eq(s->a->r[3], 0x777);
}

/* Both stages: the guest's page tables, in its own memory, map 0x40000000 to its page 0x50. */
static void with_stage1(struct bare *s)
{
    guest(s);
    bare_set(s, S1_L1 + 4 * 0x400, S1_L2 | 1, 4);
    bare_set(s, S1_L2, 0x50000 | 0x32, 4);
    bare_set(s, S1_L1, 0x0 | 0xc02, 4); /* and the first MiB at its place */
    s->a->ttbr0 = S1_L1;
    s->a->dacr = 1;
    s->a->sctlr |= 1;
    bare_at(s, ARM_SVC, AT_CODE);
    s->a->r[6] = 0x40000020;
}

BARE_TEST(stage2, behind_stage1, "cortex-a15")
{
    with_stage1(s);
    bare_set(s, AT_DATA + 0x20, 0x4321, 4);
    BARE_RUN(s, 2, LDR(3, 6));
    cr_expect_eq(s->a->r[3], 0x4321);
    entry(s, 0x50, 0);
    bare_at(s, ARM_SVC, AT_CODE);
    bare_steps(s, 1);
    expect_fault(s, EC_DATA, 1u << 24 | 2 << 22 | 3 << 16 | 7, 0x40000020, 0x50020);
}

/* A fault of stage 2 while reading the guest's page table: S1PTW, and the table's address. */
BARE_TEST(stage2, for_a_table_of_stage1, "cortex-a15")
{
    with_stage1(s);
    bare_set(s, S2_L2 + 8, 0, 8);
    BARE_RUN(s, 1, LDR(3, 6));
    expect_fault(s, EC_PREFETCH, 1 << 7 | 6, AT_CODE, S1_L1);
}

/* Stage 1 is the guest's own affair: its faults go to it. */
BARE_TEST(stage2, faults_of_stage1_stay, "cortex-a15")
{
    with_stage1(s);
    s->a->r[6] = 0x50000000;
    BARE_RUN(s, 1, LDR(3, 6));
    cr_expect_eq(s->a->base.pc, AT_VECTORS + 0x10);
    cr_expect_eq(s->a->dfsr, 5);
    cr_expect_eq(s->a->dfar, 0x50000000);
}

/* Address translation for a hypervisor: of both stages, and of the first. */
BARE_TEST(stage2, address_translation, "cortex-a15")
{
    with_stage1(s);
    bare_at(s, ARM_HYP, AT_CODE);
    BARE_RUN(s, 7, MCR(15, 0, 6, 7, 8, 4), MRRC(15, 0, 4, 5, 7), MCR(15, 0, 6, 7, 8, 0), MRC(15, 0, 7, 7, 4, 0));
    cr_expect_eq(s->a->r[4] & 0xfffff001, AT_DATA);
    cr_expect_eq(s->a->r[7] & 0xfffff001, 0x50000);
    entry(s, 0x50, 0);
    bare_at(s, ARM_HYP, AT_CODE);
    bare_steps(s, 3);
    cr_expect_eq(s->a->r[4], 1 | 7 << 1 | 1 << 9 | 1 << 11);
}

/* What of VTCR cannot be: no walk, no reading outside of the tables. */
BARE_TEST(stage2, nonsense_in_vtcr, "cortex-a15")
{
    for (u32 v = 0; v < 256; v++) {
        guest(s);
        s->a->vtcr = v;
        s->a->vttbr = UINT64_C(0x00ffffffffffffff);
        bare_at(s, ARM_SVC, AT_CODE);
        bare_steps(s, 1);
        cr_expect_eq(s->a->psr & PSR_M, ARM_HYP, "VTCR %#x", v);
    }
}

/* Everything from USR mode goes to a hypervisor that wants it (HCR.TGE). */
BARE_TEST(stage2, general_exceptions, "cortex-a15")
{
    with_stage1(s);
    s->a->hcr = 1u << 27;
    bare_at(s, ARM_USR, AT_CODE);
    s->a->r[6] = AT_DATA + 2;
    s->a->sctlr |= 2;
    bare_at(s, ARM_USR, AT_CODE);
    BARE_RUN(s, 1, LDR(3, 6)); /* stage 1 is off, and alignment checked */
    cr_expect_eq(s->a->base.pc, AT_HVECTORS + 0x14);
    cr_expect_eq(s->a->hsr, (EC_DATA << 26 | 1u << 25 | 0x21));
    bare_at(s, ARM_USR, AT_CODE);
    BARE_RUN(s, 1, A32_SVC | 0x42);
    cr_expect_eq(s->a->hsr, (0x11u << 26 | 1u << 25 | 0x42));
}
