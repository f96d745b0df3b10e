/* sse_fp.c - helpers of SSE floating-point arithmetic and comparison */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: SDM vol. 1, 11.4 and 11.5; vol. 2. */
#include "arch/x86/sse.h"
#include "emu/fp.h"

enum { MXCSR_DAZ = 1 << 6, MXCSR_FTZ = 1 << 15 };

struct fp_ctx sse_ctx(const struct x86_cpu *x)
{
    return (struct fp_ctx){.rounding = x->mxcsr >> 13 & 3,
                           .nan_rule = FP_NAN_FIRST,
                           .masked = x->mxcsr >> 7 & FP_ALL,
                           .daz = x->mxcsr & MXCSR_DAZ,
                           .ftz = x->mxcsr & MXCSR_FTZ};
}

void sse_flags(struct x86_cpu *x, const struct fp_ctx *c)
{
    const u8 before = FP_INVALID | FP_DENORMAL | FP_DIVZERO; /* the calculation */
    u8 flags = c->flags & ~c->masked & before ? c->flags & before : c->flags;
    x->mxcsr |= flags;
    if (UNLIKELY(flags & ~c->masked))
        x86_raise(x, x->cr4 & CR4_OSXMMEXCPT ? EXC_XM : EXC_UD);
}

static const struct fp_format *format(bool wide)
{
    return wide ? &fp_double : &fp_single;
}

/* ---- two operands to one, of an element ---- */

typedef u64 element_op(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b, u32 imm);

#define SIMPLE(name, fn)                                                                           \
    static u64 do_##name(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b, u32 imm)       \
    {                                                                                              \
        (void)imm;                                                                                 \
        return fp_pack(c, f, fn(c, fp_unpack(c, f, a), fp_unpack(c, f, b)));                       \
    }
SIMPLE(ADD, fp_add)
SIMPLE(SUB, fp_sub)
SIMPLE(MUL, fp_mul)
SIMPLE(DIV, fp_div)

/* The second operand if they are equal or one is a NaN; unchanged, but a denormal one counts as
 * zero with DAZ. */
static u64 choose(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b, enum fp_order first)
{
    struct fp_num x = fp_unpack(c, f, a), y = fp_unpack(c, f, b);
    bool take_a = fp_compare(c, x, y, false) == first;
    struct fp_num n = take_a ? x : y;
    if (n.kind == FP_KIND_ZERO)
        return fp_pack(c, f, n);
    return take_a ? a : b;
}

static u64 do_MIN(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b, u32 imm)
{
    (void)imm;
    return choose(c, f, a, b, FP_LESS);
}

static u64 do_MAX(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b, u32 imm)
{
    (void)imm;
    return choose(c, f, a, b, FP_GREATER);
}

static u64 do_SQRT(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b, u32 imm)
{
    (void)a, (void)imm;
    return fp_pack(c, f, fp_sqrt(c, fp_unpack(c, f, b)));
}

/* EQ LT LE UNORD NEQ NLT NLE ORD */
static u64 do_CMP(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b, u32 imm)
{
    bool quiet = (imm & 3) == 0 || (imm & 3) == 3, r;
    enum fp_order o = fp_compare(c, fp_unpack(c, f, a), fp_unpack(c, f, b), quiet);
    switch (imm & 3) {
    case 0: r = o == FP_EQUAL; break;
    case 1: r = o == FP_LESS; break;
    case 2: r = o == FP_LESS || o == FP_EQUAL; break;
    default: r = o == FP_UNORDERED; break;
    }
    return r != (imm >> 2 & 1) ? ~(u64)0 : 0;
}

static u64 do_ROUND(struct fp_ctx *c, const struct fp_format *f, u64 a, u64 b, u32 imm)
{
    struct fp_num n = fp_unpack(c, f, b);
    (void)a;
    n.denormal = false; /* not reported */
    return fp_pack(c, f, fp_round_int(c, n, imm & 4 ? c->rounding : imm & 3, !(imm & 8)));
}

/* ---- over a vector; of a scalar operation the other elements stay ---- */

static inline void elements(struct cpu *cpu, u64 ops, bool wide, unsigned n, element_op *op)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = sse_ctx(x);
    struct vec *d = sse_dst(cpu, ops), a = *d, b = sse_src(cpu, ops), r = a;
    for (unsigned i = 0; i < n; i++)
        sse_set_lane(&r, wide, i, op(&c, format(wide), sse_lane(&a, wide, i), sse_lane(&b, wide, i),
                                     sse_imm(ops)));
    sse_flags(x, &c);
    *d = r;
}

#define FORM(name, suffix, wide, n)                                                                \
    u64 x86_sse_##name##suffix(struct cpu *c, u64 ops, u64 y, u64 z)                               \
    {                                                                                              \
        (void)y, (void)z;                                                                          \
        elements(c, ops, wide, n, do_##name);                                                      \
        return 0;                                                                                  \
    }
#define X(name) FORM(name, PS, false, 4) FORM(name, PD, true, 2) FORM(name, SS, false, 1)          \
    FORM(name, SD, true, 1)
SSE_FP_FORMS(X)
#undef X

/* ---- neighbours ---- */

static void add_sub(struct cpu *cpu, u64 ops, bool wide)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = sse_ctx(x);
    struct vec *d = sse_dst(cpu, ops), a = *d, b = sse_src(cpu, ops), r = a;
    for (unsigned i = 0; i < (wide ? 2 : 4); i++)
        sse_set_lane(&r, wide, i, (i & 1 ? do_ADD : do_SUB)(&c, format(wide), sse_lane(&a, wide, i),
                                                            sse_lane(&b, wide, i), 0));
    sse_flags(x, &c);
    *d = r;
}

static void horizontal(struct cpu *cpu, u64 ops, bool wide, element_op *op)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = sse_ctx(x);
    struct vec *d = sse_dst(cpu, ops), a = *d, b = sse_src(cpu, ops), r = a;
    unsigned n = wide ? 2 : 4;
    for (unsigned i = 0; i < n; i++) {
        const struct vec *from = i < n / 2 ? &a : &b;
        unsigned k = i % (n / 2) * 2;
        sse_set_lane(&r, wide, i, op(&c, format(wide), sse_lane(from, wide, k),
                                     sse_lane(from, wide, k + 1), 0));
    }
    sse_flags(x, &c);
    *d = r;
}

/* Products first, then sums pairwise, each rounded. An unmasked exception of one stage keeps the
 * next from being made. */
static void dot_product(struct cpu *cpu, u64 ops, bool wide)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = sse_ctx(x);
    const struct fp_format *f = format(wide);
    struct vec *d = sse_dst(cpu, ops), a = *d, b = sse_src(cpu, ops);
    unsigned n = wide ? 2 : 4;
    u32 imm = sse_imm(ops);
    u64 p[4] = {0};
    for (unsigned i = 0; i < n; i++)
        if (imm >> (4 + i) & 1)
            p[i] = do_MUL(&c, f, sse_lane(&a, wide, i), sse_lane(&b, wide, i), 0);
    sse_flags(x, &c);
    u64 sum = do_ADD(&c, f, p[0], p[1], 0), high = wide ? 0 : do_ADD(&c, f, p[2], p[3], 0);
    sse_flags(x, &c);
    if (!wide)
        sum = do_ADD(&c, f, sum, high, 0);
    sse_flags(x, &c);
    for (unsigned i = 0; i < n; i++)
        sse_set_lane(d, wide, i, imm >> i & 1 ? sum : 0);
}

#define HELPER(name, call)                                                                         \
    u64 x86_sse_##name(struct cpu *c, u64 ops, u64 y, u64 z)                                       \
    {                                                                                              \
        (void)y, (void)z;                                                                          \
        call;                                                                                      \
        return 0;                                                                                  \
    }
HELPER(ADDSUBPS, add_sub(c, ops, false))
HELPER(ADDSUBPD, add_sub(c, ops, true))
HELPER(HADDPS, horizontal(c, ops, false, do_ADD))
HELPER(HADDPD, horizontal(c, ops, true, do_ADD))
HELPER(HSUBPS, horizontal(c, ops, false, do_SUB))
HELPER(HSUBPD, horizontal(c, ops, true, do_SUB))
HELPER(DPPS, dot_product(c, ops, false))
HELPER(DPPD, dot_product(c, ops, true))

/* ---- approximations ---- */
/*
 * Processors differ in these; the SDM asks for a relative error of at most 1.5 * 2^-12. Here the
 * operand's significand is replaced by the middle of its 2^-12 interval and the exact function of
 * that is cut to 16 bits: an error below 2^-13 + 2^-15. No exceptions; denormal operands are zeros,
 * tiny results become zeros.
 */

enum { APPROX_BITS = 12 };

static u64 middle(u32 a) /* of the significand's interval, in units of 2^-13 */
{
    return 2 * ((1 << APPROX_BITS) | (a >> (23 - APPROX_BITS) & ((1 << APPROX_BITS) - 1))) + 1;
}

static u32 make_single(u32 sign, i32 exp, u64 sig) /* sig of 24 bits */
{
    if (exp <= 0)
        return sign;
    return sign | (u32)exp << 23 | (sig & 0x7fff00);
}

static u32 square_root(u64 v)
{
    u64 root = 0;
    for (u64 bit = (u64)1 << 31; bit; bit >>= 1)
        if ((root | bit) * (root | bit) <= v)
            root |= bit;
    return root;
}

static u32 reciprocal(u32 a)
{
    u32 sign = a & 0x80000000, exp = a >> 23 & 0xff;
    if (exp == 0xff)
        return a << 9 ? a | 0x400000 : sign;
    if (!exp)
        return sign | 0x7f800000;
    return make_single(sign, 253 - (i32)exp, ((u64)1 << 37) / middle(a));
}

static u32 reciprocal_root(u32 a)
{
    u32 sign = a & 0x80000000, exp = a >> 23 & 0xff;
    if (exp == 0xff && a << 9)
        return a | 0x400000;
    if (!exp)
        return sign | 0x7f800000;
    if (sign)
        return 0xffc00000;
    if (exp == 0xff)
        return 0;
    i32 e = (i32)exp - 127;
    u64 m = middle(a) << (e & 1);
    return make_single(0, 126 - (e >> 1), square_root(((u64)1 << 61) / m));
}

static void approximate(struct cpu *c, u64 ops, unsigned n, u32 (*fn)(u32))
{
    struct vec *d = sse_dst(c, ops), b = sse_src(c, ops);
    for (unsigned i = 0; i < n; i++)
        sse_set_lane(d, false, i, fn(sse_lane(&b, false, i)));
}

HELPER(RCPPS, approximate(c, ops, 4, reciprocal))
HELPER(RCPSS, approximate(c, ops, 1, reciprocal))
HELPER(RSQRTPS, approximate(c, ops, 4, reciprocal_root))
HELPER(RSQRTSS, approximate(c, ops, 1, reciprocal_root))

/* ---- comparison into the flags ---- */

static u64 compare(struct cpu *cpu, u64 ops, bool wide, bool quiet)
{
    static const u8 flags[4] = {FL_CF, FL_ZF, 0, FL_ZF | FL_PF | FL_CF};
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = sse_ctx(x);
    struct vec a = *sse_dst(cpu, ops), b = sse_src(cpu, ops);
    enum fp_order o = fp_compare(&c, fp_unpack(&c, format(wide), sse_lane(&a, wide, 0)),
                                 fp_unpack(&c, format(wide), sse_lane(&b, wide, 0)), quiet);
    sse_flags(x, &c);
    return flags[o + 1];
}

#define COMPARE(name, wide, quiet)                                                                 \
    u64 x86_sse_##name(struct cpu *c, u64 ops, u64 y, u64 z)                                       \
    {                                                                                              \
        (void)y, (void)z;                                                                          \
        return compare(c, ops, wide, quiet);                                                       \
    }
COMPARE(UCOMISS, false, true)
COMPARE(UCOMISD, true, true)
COMPARE(COMISS, false, false)
COMPARE(COMISD, true, false)
