/* fp.c - IEEE 754 formats: unpack, round and pack, NaNs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/fp.h"

const struct fp_format fp_half = {11, 5}, fp_single = {24, 8}, fp_double = {53, 11},
                       fp_extended = {64, 15};

#define QUIET_BIT ((u64)1 << 62)
#define TOP_BIT ((u64)1 << 63)
#define WRAP_BIAS 24576 /* SDM vol. 1, 8.5.4 and 8.5.5 */

static i32 bias_of(const struct fp_format *f)
{
    return (1 << (f->exp_bits - 1)) - 1;
}

struct fp_num fp_zero(bool sign)
{
    return (struct fp_num){.kind = FP_KIND_ZERO, .sign = sign};
}

struct fp_num fp_inf(bool sign)
{
    return (struct fp_num){.kind = FP_KIND_INF, .sign = sign};
}

struct fp_num fp_default_nan(const struct fp_ctx *c)
{
    return (struct fp_num){
        .kind = FP_KIND_QNAN, .sign = !c->positive_default_nan, .sig = TOP_BIT | QUIET_BIT};
}

struct fp_num fp_invalid(struct fp_ctx *c)
{
    c->flags |= FP_INVALID;
    return fp_default_nan(c);
}

struct fp_num fp_normalize(bool sign, i32 exp, u64 hi, u64 lo)
{
    if (!hi && !lo)
        return fp_zero(sign);
    u128 v = (u128)hi << 64 | lo;
    u32 n = hi ? __builtin_clzll(hi) : 64 + __builtin_clzll(lo);
    v <<= n;
    return (struct fp_num){.kind = FP_KIND_NORMAL, .sign = sign, .exp = exp - (i32)n,
                           .sig = v >> 64, .lo = (u64)v};
}

struct fp_num fp_from_int(bool sign, u64 magnitude)
{
    return fp_normalize(magnitude ? sign : false, 63, magnitude, 0);
}

struct fp_num fp_unpack(const struct fp_ctx *c, const struct fp_format *f, u64 bits)
{
    u32 frac_bits = f->sig_bits - 1, shift = 64 - f->sig_bits;
    u32 exp_max = (1u << f->exp_bits) - 1;
    u64 frac = (bits & (((u64)1 << frac_bits) - 1)) << shift;
    u32 exp = (bits >> frac_bits) & exp_max;
    bool sign = bits >> (frac_bits + f->exp_bits) & 1;

    struct fp_num n = {.kind = FP_KIND_NORMAL, .sign = sign, .sig = frac | TOP_BIT};
    if (exp == exp_max) {
        n.kind = !frac ? FP_KIND_INF : frac & QUIET_BIT ? FP_KIND_QNAN : FP_KIND_SNAN;
    } else if (exp) {
        n.exp = (i32)exp - bias_of(f);
    } else if (!frac || c->daz) {
        return fp_zero(sign);
    } else {
        n = fp_normalize(sign, 1 - bias_of(f), frac, 0);
        n.denormal = true;
    }
    return n;
}

struct fp_num fp_unpack_ext(struct fp_ext v)
{
    bool sign = v.exp >> 15;
    u32 exp = v.exp & 0x7fff;
    struct fp_num n = {
        .kind = FP_KIND_NORMAL, .sign = sign, .sig = v.mant, .exp = (i32)exp - 16383};
    if (!exp) { /* with the leading bit set, a pseudo-denormal of the value it seems to have */
        n = fp_normalize(sign, -16382, v.mant, 0);
        n.denormal = n.kind == FP_KIND_NORMAL;
    } else if (!(v.mant >> 63)) {
        n.kind = FP_KIND_UNSUPPORTED;
    } else if (exp == 0x7fff) {
        n.kind = !(v.mant << 1) ? FP_KIND_INF : v.mant & QUIET_BIT ? FP_KIND_QNAN : FP_KIND_SNAN;
    }
    return n;
}

bool fp_round_sig(enum fp_rounding r, bool sign, unsigned bits, u64 *sig, u64 lo, bool *inexact,
                  bool *up)
{
    u64 unit = bits == 64 ? 1 : (u64)1 << (64 - bits);
    u64 base = *sig & ~(unit - 1);
    bool half = bits == 64 ? lo >> 63 : (*sig & (unit >> 1)) != 0;
    bool rest = bits == 64 ? (lo << 1) != 0 : (*sig & ((unit >> 1) - 1)) | lo;
    bool inc = false;

    *inexact = half || rest;
    switch (r) {
    case FP_NEAREST: inc = half && (rest || (base & unit)); break;
    case FP_NEAREST_AWAY: inc = half; break;
    case FP_DOWN: inc = sign && *inexact; break;
    case FP_UP: inc = !sign && *inexact; break;
    case FP_TOWARD_ZERO: break;
    }
    *up = inc;
    *sig = base + (inc ? unit : 0);
    if (inc && !*sig) {
        *sig = TOP_BIT;
        return true;
    }
    return false;
}

struct packed { /* biased exponent, and significand with its leading bit at the top */
    u32 exp;
    u64 sig;
};

static struct packed overflow(struct fp_ctx *c, bool sign, u32 exp_max, unsigned bits)
{
    bool to_inf = c->rounding == FP_NEAREST || c->rounding == FP_NEAREST_AWAY ||
                  c->rounding == (sign ? FP_DOWN : FP_UP);
    c->flags |= FP_OVERFLOW | FP_INEXACT;
    c->rounded_up = to_inf;
    if (to_inf)
        return (struct packed){exp_max, TOP_BIT};
    return (struct packed){exp_max - 1, ~(u64)0 << (64 - bits)};
}

/* A result that after (or, Arm, before) rounding, with unbounded exponent, is smaller than the
 * smallest normal number. */
static struct packed tiny(struct fp_ctx *c, const struct fp_num *n, i32 emin, unsigned bits)
{
    u64 sig = n->sig, lo = n->lo;
    bool inexact;
    if (c->ftz && c->masked & FP_UNDERFLOW) {
        c->flags |= FP_UNDERFLOW | (c->tiny_before ? 0 : FP_INEXACT);
        c->rounded_up = false;
        return (struct packed){0, 0};
    }
    fp_shift_right(&sig, &lo, emin - n->exp);
    fp_round_sig(c->rounding, n->sign, bits, &sig, lo, &inexact, &c->rounded_up);
    if (inexact)
        c->flags |= FP_UNDERFLOW | FP_INEXACT;
    return (struct packed){sig >> 63, sig};
}

static struct packed round_normal(struct fp_ctx *c, const struct fp_format *f,
                                  const struct fp_num *n, unsigned bits)
{
    i32 bias = bias_of(f), exp = n->exp;
    u64 sig = n->sig;
    bool inexact, up;
    exp += fp_round_sig(c->rounding, n->sign, bits, &sig, n->lo, &inexact, &up);

    c->rounded_up = up;
    u8 trap = exp > bias ? FP_OVERFLOW
              : (c->tiny_before ? n->exp : exp) < 1 - bias ? FP_UNDERFLOW : 0;
    if (trap && !(c->masked & trap)) {
        c->flags |= trap | (inexact ? FP_INEXACT : 0);
        exp += trap == FP_OVERFLOW ? -WRAP_BIAS : WRAP_BIAS;
        if (c->wrap && (exp > bias || exp < 1 - bias)) { /* beyond even that (FSCALE) */
            c->flags |= FP_INEXACT;
            c->rounded_up = trap == FP_OVERFLOW;
        }
        if (!c->wrap || exp > bias || exp < 1 - bias) /* no result; or the limit */
            return trap == FP_OVERFLOW ? (struct packed){2 * bias + 1, TOP_BIT}
                                       : (struct packed){0, 0};
        return (struct packed){exp + bias, sig};
    }
    if (trap == FP_OVERFLOW)
        return overflow(c, n->sign, 2 * bias + 1, bits);
    if (trap)
        return tiny(c, n, 1 - bias, bits);
    if (inexact)
        c->flags |= FP_INEXACT;
    return (struct packed){exp + bias, sig};
}

static struct packed pack(struct fp_ctx *c, const struct fp_format *f, const struct fp_num *n,
                          unsigned bits)
{
    u32 exp_max = (1u << f->exp_bits) - 1;
    c->rounded_up = false;
    switch (n->kind) {
    case FP_KIND_ZERO: return (struct packed){0, 0};
    case FP_KIND_INF: return (struct packed){exp_max, TOP_BIT};
    case FP_KIND_NORMAL: return round_normal(c, f, n, bits);
    default: return (struct packed){exp_max, n->sig | TOP_BIT | QUIET_BIT};
    }
}

u64 fp_pack(struct fp_ctx *c, const struct fp_format *f, struct fp_num n)
{
    struct packed p = pack(c, f, &n, f->sig_bits);
    u32 frac_bits = f->sig_bits - 1;
    u64 frac = p.sig >> (64 - f->sig_bits) & (((u64)1 << frac_bits) - 1);
    return (u64)n.sign << (frac_bits + f->exp_bits) | (u64)p.exp << frac_bits | frac;
}

struct fp_ext fp_pack_ext(struct fp_ctx *c, struct fp_num n)
{
    struct packed p = pack(c, &fp_extended, &n, c->precision ? c->precision : 64);
    return (struct fp_ext){p.sig, (u16)(p.exp | (u32)n.sign << 15)};
}

/* The NaN as a result: quiet. */
static struct fp_num quieted(const struct fp_ctx *c, struct fp_num a)
{
    if (c->nan_rule == FP_NAN_DEFAULT)
        return fp_default_nan(c);
    a.kind = FP_KIND_QNAN;
    a.sig |= QUIET_BIT;
    return a;
}

bool fp_nan1(struct fp_ctx *c, struct fp_num a, struct fp_num *out)
{
    if (!fp_is_nan(a)) {
        if (a.denormal)
            c->flags |= FP_DENORMAL;
        return false;
    }
    if (a.kind != FP_KIND_QNAN)
        c->flags |= FP_INVALID;
    *out = a.kind == FP_KIND_UNSUPPORTED ? fp_default_nan(c) : quieted(c, a);
    return true;
}

/* SDM vol. 1, table 4-7, x87 column. */
static struct fp_num larger_nan(struct fp_num a, struct fp_num b)
{
    if (!fp_is_nan(b))
        return a;
    if (!fp_is_nan(a))
        return b;
    if (a.kind != b.kind)
        return a.kind == FP_KIND_QNAN ? a : b;
    if (a.sig != b.sig)
        return a.sig > b.sig ? a : b;
    return a.sign ? b : a;
}

bool fp_nan2(struct fp_ctx *c, struct fp_num a, struct fp_num b, struct fp_num *out)
{
    if (!fp_is_nan(a) && !fp_is_nan(b)) {
        if (a.denormal || b.denormal)
            c->flags |= FP_DENORMAL;
        return false;
    }
    if (a.kind > FP_KIND_QNAN || b.kind > FP_KIND_QNAN)
        c->flags |= FP_INVALID;
    if (a.kind == FP_KIND_UNSUPPORTED || b.kind == FP_KIND_UNSUPPORTED)
        *out = fp_default_nan(c);
    else if (c->nan_rule == FP_NAN_LARGER)
        *out = quieted(c, larger_nan(a, b));
    else if (c->nan_rule == FP_NAN_SIGNALLING_FIRST && a.kind != FP_KIND_SNAN &&
             b.kind == FP_KIND_SNAN)
        *out = quieted(c, b);
    else
        *out = quieted(c, fp_is_nan(a) ? a : b);
    return true;
}
