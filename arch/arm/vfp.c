/* vfp.c - floating-point arithmetic as FPSCR says */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/arm/vfp.h"

/* ---- FPSCR, whose cumulative flags are in three places ---- */

/* MXCSR (SDM vol. 1, 10.2.3); its flags are in the places of enum fp_flag. */
enum { MXCSR_MASKED = 0x1f80, MXCSR_RC_SHIFT = 13 };

static u32 cumulative(unsigned flags)
{
    return (flags & FP_INVALID ? FPSCR_IOC : 0) | (flags & FP_DIVZERO ? FPSCR_DZC : 0) |
           (flags & FP_OVERFLOW ? FPSCR_OFC : 0) | (flags & FP_UNDERFLOW ? FPSCR_UFC : 0) |
           (flags & FP_INEXACT ? FPSCR_IXC : 0);
}

u32 arm_get_fpscr(const struct arm_cpu *a)
{
    return ((u32)a->fpscr & ~PSR_NZCV) | (u32)a->fp_nzcv | (u32)a->fp_flags | cumulative(a->mxcsr);
}

void arm_set_fpscr(struct arm_cpu *a, u32 v)
{
    static const u8 rc[] = {0, 2, 1, 3}; /* up and down are the other way round */
    a->fpscr = v;
    a->fp_nzcv = v & PSR_NZCV;
    a->fp_flags = 0;
    a->mxcsr = MXCSR_MASKED | (u32)rc[v >> FPSCR_RMODE_SHIFT & 3] << MXCSR_RC_SHIFT;
}

/* ---- contexts ---- */

struct fp_ctx arm_fp_begin(const struct arm_cpu *a, bool standard)
{
    static const u8 modes[] = {FP_NEAREST, FP_UP, FP_DOWN, FP_TOWARD_ZERO};
    u32 s = standard ? FPSCR_FZ | FPSCR_DN : (u32)a->fpscr;
    return (struct fp_ctx){.rounding = modes[s >> FPSCR_RMODE_SHIFT & 3],
                           .masked = FP_ALL,
                           .ftz = s & FPSCR_FZ,
                           .tiny_before = true,
                           .nan_rule = s & FPSCR_DN ? FP_NAN_DEFAULT : FP_NAN_SIGNALLING_FIRST,
                           .positive_default_nan = true};
}

/* A denormal operand is only noted here, where one was flushed: fp.c notes them for x86. */
void arm_fp_end(struct arm_cpu *a, const struct fp_ctx *c)
{
    a->fp_flags |= cumulative(c->flags) | (c->daz ? FPSCR_IDC : 0);
}

struct fp_num arm_fp_operand(struct fp_ctx *c, const struct fp_format *f, u64 bits)
{
    struct fp_ctx plain = *c;
    plain.daz = false;
    struct fp_num n = fp_unpack(&plain, f, bits);
    if (n.denormal && c->ftz && f != &fp_half) {
        c->daz = true; /* says that it happened */
        return fp_zero(n.sign);
    }
    return n;
}

#define UNPACK2                                                                                    \
    struct fp_num x = arm_fp_operand(c, f, a), y = arm_fp_operand(c, f, b), r;

u64 arm_fp_add(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b)
{
    UNPACK2
    if (!fp_nan2(c, x, y, &r))
        r = fp_add(c, x, y);
    return fp_pack(c, f, r);
}

u64 arm_fp_sub(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b)
{
    UNPACK2
    if (!fp_nan2(c, x, y, &r))
        r = fp_sub(c, x, y);
    return fp_pack(c, f, r);
}

u64 arm_fp_mul(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b)
{
    UNPACK2
    if (!fp_nan2(c, x, y, &r))
        r = fp_mul(c, x, y);
    return fp_pack(c, f, r);
}

u64 arm_fp_div(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b)
{
    UNPACK2
    if (!fp_nan2(c, x, y, &r))
        r = fp_div(c, x, y);
    return fp_pack(c, f, r);
}

u64 arm_fp_sqrt(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b)
{
    struct fp_num x = arm_fp_operand(c, f, a), r;
    (void)b;
    if (!fp_nan1(c, x, &r))
        r = fp_sqrt(c, x);
    return fp_pack(c, f, r);
}

/* Of zeros the positive one is larger (A2.7.4). */
static u64 choose(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b, bool max)
{
    UNPACK2
    if (fp_nan2(c, x, y, &r))
        return fp_pack(c, f, r);
    enum fp_order o = fp_compare(c, x, y, true);
    if (o == FP_EQUAL)
        r = max ? (x.sign ? y : x) : (x.sign ? x : y);
    else
        r = (o == FP_GREATER) == max ? x : y;
    return fp_pack(c, f, r);
}

u64 arm_fp_max(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b)
{
    return choose(c, f, a, b, true);
}

u64 arm_fp_min(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b)
{
    return choose(c, f, a, b, false);
}

/* FPProcessNaNs3: signalling ones in the order addend, first, second; then quiet ones likewise. */
static bool nan3(struct fp_ctx *c, struct fp_num a, struct fp_num x, struct fp_num y,
                 struct fp_num *r)
{
    struct fp_num unused;
    if (!fp_is_nan(a) && !fp_is_nan(x) && !fp_is_nan(y))
        return false;
    const struct fp_num in[] = {a, x, y};
    for (unsigned kind = 0; kind < 2; kind++)
        for (unsigned i = 0; i < 3; i++)
            if (in[i].kind == (kind ? FP_KIND_QNAN : FP_KIND_SNAN))
                return fp_nan2(c, in[i], in[i], r);
    return fp_nan2(c, x, y, &unused);
}

u64 arm_fp_fma(struct fp_ctx *c, const struct fp_format *f, u64 addend, u64 a, u64 b)
{
    struct fp_num z = arm_fp_operand(c, f, addend);
    UNPACK2
    bool invalid = (x.kind == FP_KIND_INF && y.kind == FP_KIND_ZERO) ||
                   (x.kind == FP_KIND_ZERO && y.kind == FP_KIND_INF);
    if (z.kind == FP_KIND_QNAN && invalid)
        return fp_pack(c, f, fp_invalid(c));
    if (!nan3(c, z, x, y, &r)) {
        r = fp_mul(c, x, y);
        if (!fp_is_nan(r))
            r = fp_add(c, z, r);
    }
    return fp_pack(c, f, r);
}

u32 arm_fp_compare(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b, bool quiet)
{
    struct fp_num x = arm_fp_operand(c, f, a), y = arm_fp_operand(c, f, b);
    switch (fp_compare(c, x, y, quiet)) {
    case FP_LESS: return PSR_N;
    case FP_EQUAL: return PSR_Z | PSR_C;
    case FP_GREATER: return PSR_C;
    default: return PSR_C | PSR_V;
    }
}

/* ---- conversions ---- */

u64 arm_fp_convert(struct fp_ctx *c, const struct fp_format *to, const struct fp_format *from,
                   u64 v)
{
    struct fp_num n = arm_fp_operand(c, from, v), r;
    if (!fp_nan1(c, n, &r))
        r = n;
    return fp_pack(c, to, r);
}

/* The alternative format has numbers where the other has infinity and NaNs (A2.7.5). */
u64 arm_fp_from_half(struct fp_ctx *c, const struct fp_format *to, u32 half, bool ahp)
{
    if (!ahp || (half >> 10 & 31) != 31)
        return arm_fp_convert(c, to, &fp_half, half);
    u64 sig = (u64)(0x400 | (half & 0x3ff)) << 53;
    return fp_pack(c, to, fp_normalize(half >> 15 & 1, 16, sig, 0));
}

static u32 to_alternative(struct fp_ctx *c, struct fp_num n)
{
    struct fp_format wide = {11, 6};
    u32 sign = (u32)n.sign << 15;
    if (fp_is_nan(n) || n.kind == FP_KIND_INF) {
        c->flags |= FP_INVALID;
        return fp_is_nan(n) ? sign : sign | 0x7fff;
    }
    if (n.kind == FP_KIND_ZERO)
        return sign;
    if (n.exp < -14) /* as the ordinary format's */
        return (u32)fp_pack(c, &fp_half, n);
    u8 before = c->flags;
    u32 v = (u32)fp_pack(c, &wide, n);
    i32 exp = (i32)(v >> 10 & 63) - 31 + 15;
    if (exp > 31) {
        c->flags = before | FP_INVALID;
        return sign | 0x7fff;
    }
    return sign | (u32)exp << 10 | (v & 0x3ff);
}

u32 arm_fp_to_half(struct fp_ctx *c, const struct fp_format *from, u64 v, bool ahp)
{
    struct fp_num n = arm_fp_operand(c, from, v), r;
    bool ftz = c->ftz;
    u32 half;
    c->ftz = false; /* half-precision numbers are never flushed */
    if (ahp)
        half = to_alternative(c, n);
    else
        half = (u32)fp_pack(c, &fp_half, fp_nan1(c, n, &r) ? r : n);
    c->ftz = ftz;
    return half;
}

u64 arm_fp_from_int(struct fp_ctx *c, const struct fp_format *f, bool negative, u64 magnitude,
                    unsigned fraction)
{
    struct fp_num n = fp_from_int(negative, magnitude);
    if (n.kind == FP_KIND_NORMAL)
        n.exp -= (i32)fraction;
    else
        n.sign = false;
    return fp_pack(c, f, n);
}

u64 arm_fp_to_int(struct fp_ctx *c, const struct fp_format *f, u64 v, unsigned bits, bool is_signed,
                  unsigned fraction, bool to_zero)
{
    struct fp_num n = arm_fp_operand(c, f, v);
    if (n.kind == FP_KIND_NORMAL)
        n.exp += (i32)fraction;
    return fp_to_int(c, n, to_zero ? FP_TOWARD_ZERO : (enum fp_rounding)c->rounding, bits,
                     is_signed, true);
}
