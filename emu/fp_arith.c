/* fp_arith.c - IEEE 754 add, subtract, multiply, divide, square root, remainder */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/fp.h"

/* |a| + |b|, both normal. One bit of headroom is made first; 63 bits lie below a significand, so
 * that what is lost in aligning cannot change the rounding. */
static struct fp_num add_magnitudes(bool sign, struct fp_num a, struct fp_num b)
{
    if (a.exp < b.exp) {
        struct fp_num t = a;
        a = b;
        b = t;
    }
    u64 bh = b.sig, bl = b.lo;
    fp_shift_right(&a.sig, &a.lo, 1);
    fp_shift_right(&bh, &bl, 1 + (u32)(a.exp - b.exp));
    u128 v = ((u128)a.sig << 64 | a.lo) + ((u128)bh << 64 | bl);
    return fp_normalize(sign, a.exp + 1, v >> 64, (u64)v);
}

/* a - b by magnitude; sign is that of a. */
static struct fp_num sub_magnitudes(struct fp_ctx *c, bool sign, struct fp_num a, struct fp_num b)
{
    if (a.exp < b.exp || (a.exp == b.exp && (a.sig < b.sig || (a.sig == b.sig && a.lo < b.lo)))) {
        struct fp_num t = a;
        a = b;
        b = t;
        sign = !sign;
    }
    u64 bh = b.sig, bl = b.lo;
    fp_shift_right(&bh, &bl, (u32)(a.exp - b.exp));
    u128 v = ((u128)a.sig << 64 | a.lo) - ((u128)bh << 64 | bl);
    if (!v)
        return fp_zero(c->rounding == FP_DOWN);
    return fp_normalize(sign, a.exp, v >> 64, (u64)v);
}

static struct fp_num plain(struct fp_num a)
{
    a.denormal = false;
    return a;
}

/* a + b with b's sign as given: so a subtracted NaN keeps its own. */
static struct fp_num add_signed(struct fp_ctx *c, struct fp_num a, struct fp_num b, bool b_sign)
{
    struct fp_num nan;
    if (a.kind == FP_KIND_INF && b.kind == FP_KIND_INF && a.sign != b_sign)
        return fp_invalid(c);
    if (fp_nan2(c, a, b, &nan))
        return nan;
    b.sign = b_sign;
    if (a.kind == FP_KIND_INF || b.kind == FP_KIND_INF)
        return a.kind == FP_KIND_INF ? a : b;
    if (a.kind == FP_KIND_ZERO && b.kind == FP_KIND_ZERO)
        return fp_zero(a.sign == b.sign ? a.sign : c->rounding == FP_DOWN);
    if (a.kind == FP_KIND_ZERO || b.kind == FP_KIND_ZERO)
        return plain(a.kind == FP_KIND_ZERO ? b : a);
    return a.sign == b.sign ? add_magnitudes(a.sign, a, b) : sub_magnitudes(c, a.sign, a, b);
}

struct fp_num fp_add(struct fp_ctx *c, struct fp_num a, struct fp_num b)
{
    return add_signed(c, a, b, b.sign);
}

struct fp_num fp_sub(struct fp_ctx *c, struct fp_num a, struct fp_num b)
{
    return add_signed(c, a, b, !b.sign);
}

struct fp_num fp_mul(struct fp_ctx *c, struct fp_num a, struct fp_num b)
{
    struct fp_num nan;
    bool sign = a.sign != b.sign;
    if ((a.kind == FP_KIND_INF && b.kind == FP_KIND_ZERO) ||
        (a.kind == FP_KIND_ZERO && b.kind == FP_KIND_INF))
        return fp_invalid(c);
    if (fp_nan2(c, a, b, &nan))
        return nan;
    if (a.kind == FP_KIND_INF || b.kind == FP_KIND_INF)
        return fp_inf(sign);
    if (a.kind == FP_KIND_ZERO || b.kind == FP_KIND_ZERO)
        return fp_zero(sign);
    u128 v = (u128)a.sig * b.sig;
    return fp_normalize(sign, a.exp + b.exp + 1, v >> 64, (u64)v);
}

struct fp_num fp_div(struct fp_ctx *c, struct fp_num a, struct fp_num b)
{
    struct fp_num nan;
    bool sign = a.sign != b.sign;
    if ((a.kind == FP_KIND_INF && b.kind == FP_KIND_INF) ||
        (a.kind == FP_KIND_ZERO && b.kind == FP_KIND_ZERO))
        return fp_invalid(c);
    if (b.kind == FP_KIND_ZERO && a.kind == FP_KIND_NORMAL) {
        c->flags |= FP_DIVZERO;
        return fp_inf(sign);
    }
    if (fp_nan2(c, a, b, &nan))
        return nan;
    if (a.kind == FP_KIND_INF || b.kind == FP_KIND_ZERO)
        return fp_inf(sign);
    if (a.kind == FP_KIND_ZERO || b.kind == FP_KIND_INF)
        return fp_zero(sign);

    bool less = a.sig < b.sig;
    u128 n = (u128)a.sig << (less ? 64 : 63);
    u64 q = (u64)(n / b.sig), r = (u64)(n % b.sig);
    n = (u128)r << 64;
    u64 lo = (u64)(n / b.sig);
    return (struct fp_num){.kind = FP_KIND_NORMAL, .sign = sign, .exp = a.exp - b.exp - less,
                           .sig = q, .lo = lo | (n % b.sig != 0)};
}

/* floor(sqrt(n)) with the remainder, digit by digit; n >= 2^126. */
static u64 isqrt(u128 n, u128 *rem)
{
    u64 root = 0;
    u128 r = 0;
    for (int i = 63; i >= 0; i--) {
        r = r << 2 | (n >> (2 * i) & 3);
        u128 trial = (u128)root << 2 | 1;
        root <<= 1;
        if (r >= trial) {
            r -= trial;
            root |= 1;
        }
    }
    *rem = r;
    return root;
}

struct fp_num fp_sqrt(struct fp_ctx *c, struct fp_num a)
{
    struct fp_num nan;
    if (a.sign && (a.kind == FP_KIND_NORMAL || a.kind == FP_KIND_INF))
        return fp_invalid(c);
    if (fp_nan1(c, a, &nan))
        return nan;
    if (a.kind != FP_KIND_NORMAL)
        return a;

    /* a = n * 2^(2e - 126) with n in [2^126, 2^128): the root is sqrt(n) * 2^(e - 63). */
    i32 e = a.exp >> 1;
    u128 rem, n = (u128)a.sig << (a.exp & 1 ? 64 : 63);
    u64 root = isqrt(n, &rem);
    /* (root + 1/2)^2 is never a whole number: the next bit is 1 when rem > root. */
    u64 lo = (u64)(rem > root) << 63 | (rem != 0);
    return (struct fp_num){.kind = FP_KIND_NORMAL, .exp = e, .sig = root, .lo = lo};
}

/* Long division of a by b * 2^(d - steps): the remainder in units of b's last place times that
 * power. */
static u128 divide(u64 a, u64 b, u32 steps, u64 *quotient)
{
    u128 r = a;
    u64 q = 0;
    for (u32 i = 0; i <= steps; i++) {
        if (i)
            r <<= 1;
        q <<= 1;
        if (r >= b) {
            r -= b;
            q |= 1;
        }
    }
    *quotient = q;
    return r;
}

static struct fp_num rem_finite(struct fp_num a, struct fp_num b, bool nearest, u64 *quotient,
                                bool *partial)
{
    i32 d = a.exp - b.exp;
    if (d < (nearest ? -1 : 0))
        return plain(a);
    if (d >= 64) {
        u32 n = 32 + (d & 31);
        u128 r = divide(a.sig, b.sig, n, quotient);
        *quotient = 0;
        *partial = true;
        return fp_normalize(a.sign, b.exp + d - (i32)n, (u64)r, 0);
    }
    u64 q = 0;
    bool sign = a.sign;
    i32 exp = b.exp;
    u128 r, twice_b;
    if (d < 0) { /* count in halves of b's last place */
        r = a.sig;
        exp--;
        twice_b = (u128)b.sig << 2;
    } else {
        r = divide(a.sig, b.sig, d, &q);
        twice_b = (u128)b.sig << 1;
    }
    /* r against b / 2 */
    if (nearest && (4 * r > twice_b || (4 * r == twice_b && q & 1))) {
        r = (twice_b >> 1) - r;
        sign = !sign;
        q++;
    }
    *quotient = q;
    if (!r)
        return fp_zero(a.sign);
    return fp_normalize(sign, exp + 64, (u64)(r >> 64), (u64)r);
}

struct fp_num fp_rem(struct fp_ctx *c, struct fp_num a, struct fp_num b, bool nearest,
                     u64 *quotient, bool *partial)
{
    struct fp_num nan;
    *quotient = 0;
    *partial = false;
    if (fp_is_nan(a) || fp_is_nan(b)) {
        fp_nan2(c, a, b, &nan);
        return nan;
    }
    if (a.kind == FP_KIND_INF || b.kind == FP_KIND_ZERO)
        return fp_invalid(c);
    fp_nan2(c, a, b, &nan);
    if (a.kind == FP_KIND_ZERO || b.kind == FP_KIND_INF)
        return plain(a);
    return rem_finite(a, b, nearest, quotient, partial);
}
