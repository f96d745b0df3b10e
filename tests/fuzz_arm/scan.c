/* scan.c - one instruction of any bits: is it undefined here, and under qemu-arm? */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All 65536 encodings of 16 bits in T32, or random ones of 32. What is compared is only whether there is such an
 * instruction; what it does is what the other cases are for. Instructions that leave for the host or go anywhere are left
 * out: they are branches and calls, which exist.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "arch/arm/cpu.h"
#include "arch/arm/decode.h"
#include "fuzz_arm.h"

enum { T32_FIRST = 0xe800 };

static bool in_range(u32 v, u32 low, u32 high)
{
    return v >= low && v <= high;
}

static bool is_call(enum scan_set set, u32 bits)
{
    switch (set) {
    case SCAN_T16: /* B, SVC, BKPT, HLT, CBZ */
        return bits >> 12 == 0xd || bits >> 11 == 0x1c || bits >> 8 == 0xbe || bits >> 6 == 0x2ea || (bits & 0xf500) == 0xb100;
    case SCAN_T32: /* branches */
        return (bits & 0xf8008000) == 0xf0008000 && ((bits & 0x1000) || (bits >> 23 & 7) != 7 || (bits & 0x4000));
    case SCAN_A32: /* B, BL, BLX, SVC; HLT, BKPT; floating point of before VFP, which qemu-arm emulates as Linux could */
        return ((bits >> 24 & 15) >= 12 && (bits >> 25 & 7) != 5 && in_range(bits >> 8 & 15, 1, 2)) || (bits >> 25 & 7) == 5 || ((bits >> 24 & 15) == 15) || (bits & 0x0f9000f0) == 0x01000070;
    }
    return false;
}

static void fill(struct arm_case *c, u32 number, enum scan_set set, u32 bits)
{
    bool thumb = set != SCAN_A32;
    memset(c, 0, sizeof(*c));
    c->number = number;
    for (unsigned i = 0; i < 15; i++)
        c->in.r[i] = CASE_WINDOW;
    c->in.cpsr = 0x10 | (thumb ? 0x20 : 0);
    for (u32 at = 0; at < sizeof(c->code); at += 2) { /* undefined in both instruction sets */
        u32 end = thumb ? 0xde00 : at % 4 ? 0xe7f0 : 0x00f0;
        memcpy(c->code + at, &end, 2);
    }
    if (set == SCAN_T32) { /* first halfword first */
        u16 half[2] = {(u16)(bits >> 16), (u16)bits};
        memcpy(c->code, half, 4);
        c->code_bytes = 4;
    } else {
        c->code_bytes = set == SCAN_T16 ? 2 : 4;
        memcpy(c->code, &bits, c->code_bytes);
    }
}

static u32 choose(struct rng *r, enum scan_set set)
{
    for (;;) {
        u32 bits = (u32)rng_u64(r);
        if (set == SCAN_T32)
            bits = (bits & 0x1fffffff) | 0xe0000000; /* 111xx with xx not 00 */
        else if (bits >> 28 != 15) /* where a condition fails it is up to the processor (A5.1) */
            bits = (bits & 0x0fffffff) | 0xe0000000;
        if (!is_call(set, bits) && (set == SCAN_A32 || bits >> 16 >= T32_FIRST))
            return bits;
    }
}

static bool undefined(const struct arm_case *c, const struct case_result *r)
{
    return r->out.signal == SIGILL && r->out.r[15] == c->in.r[15];
}

static const char *row_of(struct ours *o, const struct arm_case *c)
{
    struct arm_insn in = {0};
    memcpy(&in.bits, c->code, c->code_bytes);
    if ((c->in.cpsr & 0x20) && c->code_bytes == 4)
        in.bits = in.bits << 16 | in.bits >> 16;
    return ours_decode(o, &in, c->in.cpsr & 0x20, c->code_bytes) ? in.row->name : "no row";
}

/* UNPREDICTABLE encodings that are undefined on one side and executed on the other, by rows; both may be. See docs/arm.md. */
static const struct { const char *row; bool here; } explained[] = {
    {"data-processing", true},  /* SUBS PC and the like, in USR mode */
    {"data-processing", false}, /* A32: MOV with n, TST with d that are not 0 */
    {"LDM", false},             /* empty lists, one register in T32, the base in the list */
    {"STREX", false},           /* the status in a register that is another operand's */
    {"LDREX", false},
    {"STRD", true}, {"LDRD", true}, /* the pc; the base written back and loaded */
    {"VLD1", true},             /* beyond d31; the pc as base */
    {"VMOV", true}, {"VDUP", true}, {"VLDM", true}, {"BFI", true}, {"SWP", true}, {"LDR, STR", true}, /* the pc */
    {"VCVT (from fixed", true}, {"VCVT (to fixed", true}, /* more fraction bits than there are bits */
};

static bool is_explained(const char *row, bool here, u32 bits)
{
    if (!strcmp(row, "no row")) /* QEMU 7.2 has VLDR.16, of Armv8.2, on all processors */
        return (bits & 0x0f200f00) == 0x0d000900;
    for (unsigned i = 0; i < ARRAY_SIZE(explained); i++)
        if (explained[i].here == here && !strncmp(row, explained[i].row, strlen(explained[i].row)))
            return true;
    return false;
}

u64 scan(enum scan_set set, u64 seed, u64 count, struct ours *o, scan_qemu *run, const void *options)
{
    static struct arm_case cases[CASE_BATCH + CASE_PADDING];
    static struct case_result theirs[CASE_BATCH], r;
    struct rng rng = {seed};
    u64 done = 0, different = 0, steps;
    u32 next = 0;

    for (count = set == SCAN_T16 ? T32_FIRST : count; done < count;) {
        u32 n = 0;
        for (; n < CASE_BATCH && done < count; done++) {
            u32 bits = set == SCAN_T16 ? next++ : choose(&rng, set);
            if (is_call(set, bits))
                continue;
            fill(&cases[n], n, set, bits);
            cases[n].in.r[15] = CASE_BASE + (u32)((u8 *)&cases[n].code - (u8 *)cases);
            n++;
        }
        if (!n || !run(options, cases, n, theirs))
            return n ? 1 : different;
        ours_load(o, cases, n + CASE_PADDING);
        for (u32 i = 0; i < n; i++) {
            ours_run(o, i, &r, &steps);
            bool here = undefined(&cases[i], &r), there = undefined(&cases[i], &theirs[i]);
            if (here == there)
                continue;
            u32 bits = 0;
            memcpy(&bits, cases[i].code, cases[i].code_bytes);
            if (set == SCAN_T32)
                bits = bits << 16 | bits >> 16;
            const char *row = row_of(o, &cases[i]);
            if (is_explained(row, here, bits))
                continue;
            printf("%s %08x: %s: undefined %s\n", set == SCAN_A32 ? "a32" : "t32", bits, row, here ? "here" : "in qemu-arm");
            different++;
        }
    }
    return different;
}
