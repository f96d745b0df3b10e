/* test_flags.c - lazy flags and conditions against expectations written by hand */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "arch/x86/cpu.h"

enum { C = FL_CF, P = FL_PF, A = FL_AF, Z = FL_ZF, S = FL_SF, O = FL_OF };
enum { B8, B16, B32, B64 };

static const struct {
    const char *what;
    u32 op;
    u64 x, y;
    u32 flags;
} expected[] = {
    {"1 + 1", CC_ADD | B8, 1, 1, 0},
    {"FF + 1", CC_ADD | B8, 0xff, 1, C | P | A | Z},
    {"7F + 1", CC_ADD | B8, 0x7f, 1, O | S | A},
    {"80 + 80", CC_ADD | B8, 0x80, 0x80, C | O | Z | P},
    {"FFFF + 1 in 16 bits", CC_ADD | B16, 0xffff, 1, C | P | A | Z},
    {"FFFF + 1 in 32 bits", CC_ADD | B32, 0xffff, 1, A | P},
    {"garbage above is not looked at", CC_ADD | B8, 0xaa01, 0xbb02, P},
    {"2^63 + 2^63", CC_ADD | B64, 0x8000000000000000, 0x8000000000000000, C | O | Z | P},
    {"5 - 5", CC_SUB | B32, 5, 5, Z | P},
    {"5 - 6", CC_SUB | B32, 5, 6, C | S | A | P},
    {"80 - 1", CC_SUB | B8, 0x80, 1, O | A},
    {"7F - FF", CC_SUB | B8, 0x7f, 0xff, C | O | S},
    {"0 - 2^63", CC_SUB | B64, 0, 0x8000000000000000, C | O | S | P},
    {"logic 0", CC_LOGIC | B32, 0xf00000000, 0, Z | P},
    {"logic 80000001", CC_LOGIC | B32, 0x80000001, 0, S},
    {"INC to 80 keeps CF", CC_INC | B8, 0x80, 1, C | O | S | A},
    {"INC to 0", CC_INC | B8, 0x100, 0, Z | P | A},
    {"DEC to 7F", CC_DEC | B8, 0x7f, 0, O | A},
    {"DEC to FF", CC_DEC | B8, 0xff, 1, C | S | P | A},
    {"DEC to 0", CC_DEC | B16, 0, 0, Z | P},
    {"SHL C0 by 1", CC_SHL | B8, 0x80, 0xc0, C | S},
    {"SHL 40 by 1", CC_SHL | B8, 0x80, 0x40, O | S},
    {"SHR 81 by 1", CC_SHR | B8, 0x40, 0x81, C | O},
    {"SAR 81 by 1", CC_SHR | B8, 0xc0, 0x81, C | S | P},
    {"ADC 70 + 0F + 1", CC_CARRY | B8, 0x80, 0x7f, A | S | O},
    {"ADC FF + FF + 1", CC_CARRY | B8, 0xff, 0xff, A | C | S | P},
    {"SBB 80 - 00 - 1", CC_CARRY | B8, 0x7f, 0x7f, A | O},
    {"SBB 0000 - FFFF - 1", CC_CARRY | B16, 0, 0xffff, A | C | Z | P},
    {"MUL, high half 0", CC_MUL | B8, 0x10, 0, 0},
    {"MUL, high half 1", CC_MUL | B8, 0x10, 1, C | O},
    {"IMUL FFFF:8000", CC_IMUL | B16, 0x8000, 0xffff, S | P},
    {"IMUL 0000:8000", CC_IMUL | B16, 0x8000, 0, C | O | S | P},
    {"IMUL 0000:7FFF", CC_IMUL | B16, 0x7fff, 0, P},
    {"RES", CC_RES | B8, 0, C | O, C | O | Z | P},
    {"as they are", CC_FLAGS, C | S, 0, C | S},
};

Test(flags, of_operations)
{
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
        cr_expect_eq(
            x86_arith_flags(expected[i].op, expected[i].x, expected[i].y), expected[i].flags,
            "%s: %llx, not %x", expected[i].what,
            (unsigned long long)x86_arith_flags(expected[i].op, expected[i].x, expected[i].y),
            expected[i].flags);
}

Test(flags, conditions)
{
    static const struct {
        u32 flags;
        u16 true_ones; /* bit n: condition n holds */
    } rows[] = {
        /*   G LE GE L NP P NS S A BE NE E AE B NO O */
        {0,     0xaaaa},
        {C,     0xaa66},
        {Z,     0x6a5a},
        {S,     0x59aa},
        {O,     0x5aa9},
        {S | O, 0xa9a9},
        {P,     0xa6aa},
    };
    struct x86_cpu *x = calloc(1, sizeof(*x));

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        unsigned got = 0;
        x->cc_op = CC_FLAGS;
        x->cc_x = rows[i].flags;
        for (unsigned cc = 0; cc < 16; cc++)
            got |= (unsigned)x86_cond(x, cc) << cc;
        cr_expect_eq(got, rows[i].true_ones, "flags %x: %04x, not %04x", rows[i].flags, got,
                     rows[i].true_ones);
    }
    free(x);
}

Test(flags, reading_changes_nothing)
{
    struct x86_cpu *x = calloc(1, sizeof(*x));

    x->rflags = FL_FIXED | FL_IF | FL_ZF; /* the arithmetic bits here are stale */
    x->cc_op = CC_SUB | B32;
    x->cc_x = 1;
    x->cc_y = 2;
    cr_expect_eq(x86_get_rflags(x), FL_FIXED | FL_IF | C | S | A | P);
    cr_expect_eq(x->cc_op, CC_SUB | B32);
    cr_expect_eq(x->rflags, FL_FIXED | FL_IF | FL_ZF);
    free(x);
}
