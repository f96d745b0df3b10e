/* neon_fp.c - Advanced SIMD: floating-point operations on elements */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A2.7 and A8.8: in the standard mode whatever FPSCR says; elements are singles.
 */
#include "arch/arm/neon.h"
#include "arch/arm/vfp.h"

#define SIGN 0x80000000u
#define DEFAULT_NAN 0x7fc00000u

static u64 binary(const struct neon_op *o, arm_fp_op *fn, u64 x, u64 y)
{
    struct fp_ctx c = arm_fp_begin(o->a, true);
    u64 r = fn(&c, &fp_single, x, y);
    arm_fp_end(o->a, &c);
    return r;
}

static u64 fused(const struct neon_op *o, u64 d, u64 x, u64 y)
{
    struct fp_ctx c = arm_fp_begin(o->a, true);
    u64 r = arm_fp_fma(&c, &fp_single, d, x, y);
    arm_fp_end(o->a, &c);
    return r;
}

enum { EQUAL = 1, GREATER = 2 };

static u64 compare(const struct neon_op *o, u64 x, u64 y, unsigned wanted)
{
    struct fp_ctx c = arm_fp_begin(o->a, true);
    u32 flags = arm_fp_compare(&c, &fp_single, x, y, wanted == EQUAL);
    bool equal = flags & PSR_Z, greater = (flags & (PSR_C | PSR_Z | PSR_V)) == PSR_C;
    arm_fp_end(o->a, &c);
    return (equal && (wanted & EQUAL)) || (greater && (wanted & GREATER)) ? UINT64_MAX : 0;
}

#define OP(name, expr)                                                                             \
    u64 neon_##name(const struct neon_op *o, u64 x, u64 y, u64 d)                                  \
    {                                                                                              \
        (void)o, (void)x, (void)y, (void)d;                                                        \
        return expr;                                                                               \
    }

OP(fadd, binary(o, arm_fp_add, x, y))
OP(fsub, binary(o, arm_fp_sub, x, y))
OP(fabd, binary(o, arm_fp_sub, x, y) & ~(u64)SIGN)
OP(fmul, binary(o, arm_fp_mul, x, y))
OP(fmla, binary(o, arm_fp_add, d, binary(o, arm_fp_mul, x, y)))
OP(fmls, binary(o, arm_fp_add, d, binary(o, arm_fp_mul, x, y) ^ SIGN))
OP(ffma, fused(o, d, x, y))
OP(ffms, fused(o, d, x ^ SIGN, y))
OP(fmax, binary(o, arm_fp_max, x, y))
OP(fmin, binary(o, arm_fp_min, x, y))
OP(fceq, compare(o, x, y, EQUAL))
OP(fcge, compare(o, x, y, EQUAL | GREATER))
OP(fcgt, compare(o, x, y, GREATER))
OP(facge, compare(o, x & ~(u64)SIGN, y & ~(u64)SIGN, EQUAL | GREATER))
OP(facgt, compare(o, x & ~(u64)SIGN, y & ~(u64)SIGN, GREATER))
OP(fabs, x & ~(u64)SIGN)
OP(fneg, x ^ SIGN)
OP(fceq0, compare(o, x, 0, EQUAL))
OP(fcge0, compare(o, x, 0, EQUAL | GREATER))
OP(fcgt0, compare(o, x, 0, GREATER))
OP(fcle0, compare(o, 0, x, EQUAL | GREATER))
OP(fclt0, compare(o, 0, x, GREATER))

/* ---- steps and estimates (A2.7.7, A2.7.8) ---- */

static bool is_zero(u64 v) /* denormal numbers count as zeros */
{
    return !(v >> 23 & 0xff);
}

static bool is_inf(u64 v)
{
    return (v & 0x7fffffff) == 0x7f800000;
}

static bool inf_times_zero(u64 x, u64 y)
{
    return (is_inf(x) && is_zero(y)) || (is_zero(x) && is_inf(y));
}

/* A product of infinity and zero counts as 0, without a flag but that of denormal operands. */
static u64 step_product(const struct neon_op *o, u64 x, u64 y)
{
    if (!inf_times_zero(x, y))
        return binary(o, arm_fp_mul, x, y);
    struct fp_ctx c = arm_fp_begin(o->a, true);
    arm_fp_operand(&c, &fp_single, x);
    arm_fp_operand(&c, &fp_single, y);
    arm_fp_end(o->a, &c);
    return 0;
}
OP(recps, binary(o, arm_fp_sub, 0x40000000, step_product(o, x, y)))
OP(rsqrts, inf_times_zero(x, y)
               ? (step_product(o, x, y), 0x3fc00000)
               : binary(o, arm_fp_div, binary(o, arm_fp_sub, 0x40400000, step_product(o, x, y)),
                        0x40000000))

/* The integers that the manual's pseudocode makes: nine bits of 2^k / a, in the middle of a's
 * interval. */
static u32 recip_estimate(u32 a) /* 256 to 511: a / 512 */
{
    u32 b = (1u << 19) / (2 * a + 1);
    return (b + 1) / 2; /* 256 to 511 */
}

static u32 rsqrt_estimate(u32 a) /* 128 to 511: a / 512 */
{
    u32 b = 512;
    a = a < 256 ? 2 * a + 1 : 2 * (a | 1);
    while ((u64)a * (b + 1) * (b + 1) < (u64)1 << 28)
        b++;
    return (b + 1) / 2; /* 256 to 511 */
}

static u64 unsigned_recpe(u32 v)
{
    return v & SIGN ? (u64)recip_estimate(v >> 23) << 23 : 0xffffffff;
}

static u64 unsigned_rsqrte(u32 v)
{
    if (!(v >> 30))
        return 0xffffffff;
    return (u64)rsqrt_estimate(v >> 23) << 23;
}

OP(recpe, unsigned_recpe((u32)x))
OP(rsqrte, unsigned_rsqrte((u32)x))

static void raise(const struct neon_op *o, u32 flag)
{
    o->a->fp_flags |= flag;
}

/* A NaN's result in the standard mode; true if v was one. */
static bool is_nan(const struct neon_op *o, u64 v, u64 *r)
{
    if ((v & 0x7fffffff) <= 0x7f800000)
        return false;
    if (!(v & 0x400000))
        raise(o, FPSCR_IOC);
    *r = DEFAULT_NAN;
    return true;
}

static void note_denormal(const struct neon_op *o, u64 v)
{
    if (is_zero(v) && (v & 0x7fffff))
        raise(o, FPSCR_IDC);
}

static u64 float_recpe(const struct neon_op *o, u64 v)
{
    u64 r, sign = v & SIGN;
    i32 exp = (i32)(v >> 23 & 0xff);
    note_denormal(o, v);
    if (is_nan(o, v, &r))
        return r;
    if (is_zero(v)) {
        raise(o, FPSCR_DZC);
        return sign | 0x7f800000;
    }
    if (is_inf(v))
        return sign;
    if (exp >= 253) { /* 2^126 and more: the result is flushed */
        raise(o, FPSCR_UFC);
        return sign;
    }
    u32 estimate = recip_estimate(256 | (u32)(v >> 15 & 0xff));
    return sign | (u64)(253 - exp) << 23 | (u64)(estimate & 0xff) << 15;
}

static u64 float_rsqrte(const struct neon_op *o, u64 v)
{
    u64 r;
    i32 exp = (i32)(v >> 23 & 0xff);
    note_denormal(o, v);
    if (is_nan(o, v, &r))
        return r;
    if (is_zero(v)) {
        raise(o, FPSCR_DZC);
        return (v & SIGN) | 0x7f800000;
    }
    if (v & SIGN) {
        raise(o, FPSCR_IOC);
        return DEFAULT_NAN;
    }
    if (is_inf(v))
        return 0;
    /* An even exponent: the significand is halved once, else twice, to lie between 0.25 and 1. */
    u32 a = exp & 1 ? 128 | (u32)(v >> 16 & 0x7f) : 256 | (u32)(v >> 15 & 0xff);
    return (u64)((380 - exp) / 2) << 23 | (u64)(rsqrt_estimate(a) & 0xff) << 15;
}
OP(frecpe, float_recpe(o, x))
OP(frsqrte, float_rsqrte(o, x))

/* ---- conversions ---- */

static u64 from_int(const struct neon_op *o, u64 x, unsigned fraction)
{
    struct fp_ctx c = arm_fp_begin(o->a, true);
    i64 v = o->u ? (i64)(u32)x : (i64)(i32)x;
    u64 r = arm_fp_from_int(&c, &fp_single, v < 0, (u64)(v < 0 ? -v : v), fraction);
    arm_fp_end(o->a, &c);
    return r;
}

static u64 to_int(const struct neon_op *o, u64 x, unsigned fraction)
{
    struct fp_ctx c = arm_fp_begin(o->a, true);
    u64 r = arm_fp_to_int(&c, &fp_single, x, 32, !o->u, fraction, true);
    arm_fp_end(o->a, &c);
    return r;
}
OP(from_int, from_int(o, x, 0))
OP(to_int, to_int(o, x, 0))
OP(from_fixed, from_int(o, x, o->imm))
OP(to_fixed, to_int(o, x, o->imm))

static u64 half(const struct neon_op *o, u64 x, bool to)
{
    struct fp_ctx c = arm_fp_begin(o->a, true);
    bool ahp = o->a->fpscr & FPSCR_AHP;
    u64 r =
        to ? arm_fp_to_half(&c, &fp_single, x, ahp) : arm_fp_from_half(&c, &fp_single, (u16)x, ahp);
    arm_fp_end(o->a, &c);
    return r;
}
OP(to_half, half(o, x, true))
OP(from_half, half(o, x, false))
