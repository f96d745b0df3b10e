/* fp_convert.c - IEEE 754 comparison, and conversion between formats and integers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/fp.h"

static enum fp_order compare_magnitude(struct fp_num a, struct fp_num b)
{
    if (a.kind != b.kind) /* zero, normal, infinity: in this order */
        return a.kind < b.kind ? FP_LESS : FP_GREATER;
    if (a.kind != FP_KIND_NORMAL)
        return FP_EQUAL;
    if (a.exp != b.exp)
        return a.exp < b.exp ? FP_LESS : FP_GREATER;
    return a.sig == b.sig ? FP_EQUAL : a.sig < b.sig ? FP_LESS : FP_GREATER;
}

enum fp_order fp_compare(struct fp_ctx *c, struct fp_num a, struct fp_num b, bool quiet)
{
    struct fp_num nan;
    if (fp_nan2(c, a, b, &nan)) {
        if (!quiet)
            c->flags |= FP_INVALID;
        return FP_UNORDERED;
    }
    if (a.kind == FP_KIND_ZERO && b.kind == FP_KIND_ZERO)
        return FP_EQUAL;
    if (a.sign != b.sign)
        return a.sign ? FP_LESS : FP_GREATER;
    enum fp_order o = compare_magnitude(a, b);
    return a.sign ? (enum fp_order)-o : o;
}

struct fp_num fp_convert(struct fp_ctx *c, struct fp_num a)
{
    struct fp_num nan;
    if (fp_nan1(c, a, &nan))
        return nan;
    return a;
}

/* The magnitude of a normal number below 2^64 as an integer, rounded. */
static u64 round_magnitude(const struct fp_num *a, enum fp_rounding r, bool *inexact, bool *up,
                           bool *carry)
{
    u64 hi = a->sig, lo = a->lo;
    fp_shift_right(&hi, &lo, 63 - a->exp);
    *carry = fp_round_sig(r, a->sign, 64, &hi, lo, inexact, up);
    return hi;
}

struct fp_num fp_round_int(struct fp_ctx *c, struct fp_num a, enum fp_rounding r, bool exact_flag)
{
    struct fp_num nan;
    bool inexact, up, carry;
    c->rounded_up = false;
    if (fp_nan1(c, a, &nan))
        return nan;
    if (a.kind != FP_KIND_NORMAL || a.exp >= 63)
        return a;
    u64 v = round_magnitude(&a, r, &inexact, &up, &carry);
    if (inexact && exact_flag)
        c->flags |= FP_INEXACT;
    c->rounded_up = up;
    return fp_normalize(a.sign, 63, v, 0);
}

static u64 does_not_fit(struct fp_ctx *c, struct fp_num a, unsigned bits, bool is_signed,
                        bool saturate)
{
    c->flags |= FP_INVALID;
    c->rounded_up = false;
    if (!saturate)
        return is_signed || bits == 64 ? (u64)((i64)((u64)1 << 63) >> (64 - bits))
                                       : (u64)1 << (bits - 1);
    if (fp_is_nan(a))
        return 0;
    if (is_signed)
        return a.sign ? (u64)((i64)((u64)1 << 63) >> (64 - bits)) : ((u64)1 << (bits - 1)) - 1;
    return a.sign ? 0 : ~(u64)0 >> (64 - bits);
}

u64 fp_to_int(struct fp_ctx *c, struct fp_num a, enum fp_rounding r, unsigned bits, bool is_signed,
              bool saturate)
{
    bool inexact = false, up = false, carry = false;
    c->rounded_up = false;
    if (a.kind == FP_KIND_ZERO)
        return 0;
    if (a.kind != FP_KIND_NORMAL || a.exp > 63)
        return does_not_fit(c, a, bits, is_signed, saturate);

    u64 v = round_magnitude(&a, r, &inexact, &up, &carry);
    u64 most = is_signed ? ((u64)1 << (bits - 1)) - !a.sign : a.sign ? 0 : ~(u64)0 >> (64 - bits);
    if (carry || v > most)
        return does_not_fit(c, a, bits, is_signed, saturate);
    if (inexact)
        c->flags |= FP_INEXACT;
    c->rounded_up = up;
    return a.sign ? -v : v;
}
