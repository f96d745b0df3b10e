/* neon_ops.c - Advanced SIMD: integer operations on elements */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A8.8 (V instructions). */
#include "arch/arm/neon.h"
#include "arch/arm/vfp.h"

static u64 mask(unsigned bits)
{
    return bits == 64 ? UINT64_MAX : ((u64)1 << bits) - 1;
}

static i64 sext(u64 v, unsigned bits)
{
    return (i64)(v << (64 - bits)) >> (64 - bits);
}

/* As a number of more bits than any operand has. */
static i128 number(const struct neon_op *o, u64 v)
{
    return o->u ? (i128)(v & mask(o->bits)) : (i128)sext(v, o->bits);
}

static u64 all(bool yes)
{
    return yes ? UINT64_MAX : 0;
}

static u64 saturate(const struct neon_op *o, i128 v, unsigned bits, bool u)
{
    i128 low = u ? 0 : -((i128)1 << (bits - 1)),
         high = u ? ((i128)1 << bits) - 1 : ((i128)1 << (bits - 1)) - 1;
    if (v >= low && v <= high)
        return (u64)v;
    o->a->fp_flags |= FPSCR_QC;
    return (u64)(v < low ? low : high);
}

#define OP(name, expr)                                                                             \
    u64 neon_##name(const struct neon_op *o, u64 x, u64 y, u64 d)                                  \
    {                                                                                              \
        (void)o, (void)x, (void)y, (void)d;                                                        \
        return expr;                                                                               \
    }
#define X number(o, x)
#define Y number(o, y)

/* ---- of one length ---- */

OP(add, x + y)
OP(sub, x - y)
OP(hadd, (u64)((X + Y) >> 1))
OP(rhadd, (u64)((X + Y + 1) >> 1))
OP(hsub, (u64)((X - Y) >> 1))
OP(qadd, saturate(o, X + Y, o->bits, o->u))
OP(qsub, saturate(o, X - Y, o->bits, o->u))
OP(cgt, all(X > Y))
OP(cge, all(X >= Y))
OP(ceq, all(((x ^ y) & mask(o->bits)) == 0))
OP(tst, all((x & y) != 0))
OP(max, X > Y ? x : y)
OP(min, X < Y ? x : y)
OP(abd, (u64)(X > Y ? X - Y : Y - X))
OP(aba, d + (u64)(X > Y ? X - Y : Y - X))
OP(mul, x * y)
OP(mla, d + x * y)
OP(mls, d - x * y)

static u64 polynomial(u64 x, u64 y, unsigned bits)
{
    u64 r = 0;
    for (unsigned i = 0; i < bits; i++)
        r ^= x >> i & 1 ? y << i : 0;
    return r;
}
OP(pmul, polynomial(x, y, o->bits))
OP(qdmulh, saturate(o, ((i128)sext(x, o->bits) * sext(y, o->bits) * 2) >> o->bits, o->bits, false))
OP(qrdmulh,
   saturate(o,
            ((i128)sext(x, o->bits) * sext(y, o->bits) * 2 + ((i128)1 << (o->bits - 1))) >> o->bits,
            o->bits, false))

OP(and, x & y)
OP(bic, x & ~y)
OP(orr, x | y)
OP(orn, x | ~y)
OP(eor, x ^ y)
OP(bsl, (x & d) | (y & ~d))
OP(bit, (x & y) | (d & ~y))
OP(bif, (d & y) | (x & ~y))

/* ---- shifts by registers: of m, by n's low byte, which is signed ---- */

/* v * 2^n, rounded down, or to the nearest; n is at most 63. */
static i128 shift(i128 v, int n, bool round)
{
    if (n >= 0)
        return v * ((i128)1 << n);
    if (n < -65)
        n = -65;
    return (v + (round ? (i128)1 << (-n - 1) : 0)) >> -n;
}

static u64 shifted(const struct neon_op *o, u64 v, u64 by, bool round, bool saturating)
{
    int n = (i8)by;
    i128 x = number(o, v);
    if (n >= (int)o->bits) /* too large in any case */
        return saturating && x
                   ? saturate(o, x < 0 ? -((i128)1 << 100) : (i128)1 << 100, o->bits, o->u)
                   : 0;
    x = shift(x, n, round);
    return saturating ? saturate(o, x, o->bits, o->u) : (u64)x;
}
OP(shl, shifted(o, y, x, false, false))
OP(rshl, shifted(o, y, x, true, false))
OP(qshl, shifted(o, y, x, false, true))
OP(qrshl, shifted(o, y, x, true, true))

/* ---- of two lengths ---- */

OP(addl, (u64)(X + Y))
OP(subl, (u64)(X - Y))
OP(addw, x + (u64)Y)
OP(subw, x - (u64)Y)
OP(abdl, (u64)(X > Y ? X - Y : Y - X))
OP(abal, d + (u64)(X > Y ? X - Y : Y - X))
OP(mull, (u64)(X * Y))
OP(mlal, d + (u64)(X * Y))
OP(mlsl, d - (u64)(X * Y))
OP(pmull, polynomial(x, y, o->bits))

static i128 doubled(const struct neon_op *o, u64 x, u64 y)
{
    return sext(saturate(o, (i128)sext(x, o->bits) * sext(y, o->bits) * 2, 2 * o->bits, false),
                2 * o->bits);
}
OP(qdmull, (u64)doubled(o, x, y))
OP(qdmlal, saturate(o, (i128)sext(d, 2 * o->bits) + doubled(o, x, y), 2 * o->bits, false))
OP(qdmlsl, saturate(o, (i128)sext(d, 2 * o->bits) - doubled(o, x, y), 2 * o->bits, false))

/* The high half; bits are the operands'. */
OP(addhn, (x + y) >> o->bits / 2)
OP(raddhn, (x + y + ((u64)1 << (o->bits / 2 - 1))) >> o->bits / 2)
OP(subhn, (x - y) >> o->bits / 2)
OP(rsubhn, (x - y + ((u64)1 << (o->bits / 2 - 1))) >> o->bits / 2)

/* ---- shifts by constants: imm is how far ---- */

static u64 shr(const struct neon_op *o, u64 x, bool round)
{
    return (u64)shift(number(o, x), -(int)o->imm, round);
}
OP(shr_imm, shr(o, x, false))
OP(sra_imm, d + shr(o, x, false))
OP(rshr_imm, shr(o, x, true))
OP(rsra_imm, d + shr(o, x, true))
OP(shl_imm, x << o->imm)

static u64 insert_right(const struct neon_op *o, u64 x, u64 d)
{
    u64 m = o->imm >= o->bits ? 0 : (x & mask(o->bits)) >> o->imm,
        kept = o->imm >= o->bits ? mask(o->bits) : ~(mask(o->bits) >> o->imm);
    return m | (d & kept);
}
OP(sri_imm, insert_right(o, x, d))
OP(sli_imm, (x << o->imm) | (d & (((u64)1 << o->imm) - 1)))
OP(qshl_imm, saturate(o, shift(number(o, x), (int)o->imm, false), o->bits, o->u))
OP(qshlu_imm, saturate(o, shift((i128)sext(x, o->bits), (int)o->imm, false), o->bits, true))

/* Narrowing: bits are the wide operand's. */
OP(shrn_imm, (x & mask(o->bits)) >> o->imm)
OP(rshrn_imm, (u64)shift((i128)(x & mask(o->bits)), -(int)o->imm, true))
OP(qshrn_imm, saturate(o, shift(X, -(int)o->imm, false), o->bits / 2, o->u))
OP(qrshrn_imm, saturate(o, shift(X, -(int)o->imm, true), o->bits / 2, o->u))
OP(qshrun_imm, saturate(o, shift((i128)sext(x, o->bits), -(int)o->imm, false), o->bits / 2, true))
OP(qrshrun_imm, saturate(o, shift((i128)sext(x, o->bits), -(int)o->imm, true), o->bits / 2, true))
OP(shll_imm, (u64)X << o->imm)

/* ---- of one operand ---- */

/* Elements of 8 << imm bits within one of `bits`, in reverse order. */
static u64 reverse(u64 x, unsigned bits, unsigned within)
{
    u64 r = 0;
    for (unsigned at = 0; at < bits; at += within)
        r |= (x >> at & mask(within)) << (bits - within - at);
    return r;
}
OP(rev, reverse(x, o->bits, 8u << o->imm))

static u64 leading_zeros(u64 x, unsigned bits)
{
    return x ? (u64)__builtin_clzll(x) - (64 - bits) : bits;
}
OP(clz, leading_zeros(x, o->bits))
OP(cls, leading_zeros((x ^ (u64)(sext(x, o->bits) >> 1)) & mask(o->bits), o->bits) - 1)
OP(cnt, (u64)__builtin_popcountll(x))
OP(mvn, ~x)
OP(abs, sext(x, o->bits) < 0 ? -x : x)
OP(neg, -x)
OP(qabs,
   saturate(o, sext(x, o->bits) < 0 ? -(i128)sext(x, o->bits) : sext(x, o->bits), o->bits, false))
OP(qneg, saturate(o, -(i128)sext(x, o->bits), o->bits, false))
OP(cgt0, all(sext(x, o->bits) > 0))
OP(cge0, all(sext(x, o->bits) >= 0))
OP(ceq0, all(x == 0))
OP(cle0, all(sext(x, o->bits) <= 0))
OP(clt0, all(sext(x, o->bits) < 0))
OP(movn, x)
OP(qmovn, saturate(o, X, o->bits / 2, o->u))
OP(qmovun, saturate(o, (i128)sext(x, o->bits), o->bits / 2, true))
OP(paddl, (u64)(X + Y))
OP(padal, d + (u64)(X + Y))
