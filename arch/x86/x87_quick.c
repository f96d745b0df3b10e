/* x87_quick.c - x87 operations as leaves: without stack faults, all exceptions masked */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * x87_guard.c has seen to that before they are called. Ordinary numbers in the ordinary control (to
 * nearest, 64 bits) are dealt with here in integer registers, whatever the host; everything else
 * goes to emu/fp.h. Operands are physical registers.
 *
 * Source: SDM vol. 1, 8.1.5 (control word), 8.3, 8.5.
 */
#include "arch/x86/x87.h"

#define TOP_BIT ((u64)1 << 63)
#define EXP_BIAS 16383

struct num {
    u64 mant;
    u32 exp, sign; /* the sign in its place: 0x8000 */
};

static inline struct num num_of(const struct x86_cpu *x, u64 reg)
{
    const struct x86_st *r = &x->st[reg & 7];
    return (struct num){r->mant, r->exp & 0x7fff, r->exp & 0x8000};
}

static inline bool is_normal(struct num n)
{
    return n.exp - 1 < 0x7ffe && n.mant >> 63;
}

static inline bool is_zero(struct num n)
{
    return !n.exp && !n.mant;
}

static inline void put_st(struct x86_cpu *x, u64 reg, u64 mant, u32 exp)
{
    x->st[reg & 7] = (struct x86_st){.mant = mant, .exp = exp};
}

static inline bool plain_control(const struct x86_cpu *x)
{
    return (x->fpu_cw & 0xf00) == 0x300;
}

static struct fp_num unpack(const struct x86_cpu *x, u64 reg)
{
    return fp_unpack_ext((struct fp_ext){x->st[reg & 7].mant, (u16)x->st[reg & 7].exp});
}

/* ---- arithmetic ---- */

/* Rounds hi.lo, with its leading bit at the top; false if the exponent is out of range. */
static inline bool put_rounded(struct x86_cpu *x, u64 to, u32 sign, i32 exp, u64 hi, u64 lo)
{
    u64 up = lo >> 63 & (lo << 1 != 0 || (hi & 1));

    hi += up;
    if (UNLIKELY(!hi)) {
        hi = TOP_BIT;
        exp++;
    }
    if (UNLIKELY((u32)exp - 1 >= 0x7ffe))
        return false;
    put_st(x, to, hi, (u32)exp | sign);
    x->fpu_sw = (x->fpu_sw & ~(u64)SW_C1) | (lo ? FP_INEXACT : 0) | (up ? SW_C1 : 0);
    return true;
}

static inline bool put_exact(struct x86_cpu *x, u64 to, struct num n)
{
    put_st(x, to, n.mant, n.exp | n.sign);
    x->fpu_sw &= ~(u64)SW_C1;
    return true;
}

/* b shifted right by d places to below a's, what is lost gathered in the lowest bit. */
static inline u128 aligned(u64 mant, u32 d)
{
    if (LIKELY(d < 64))
        return (u128)mant << 64 >> d;
    return d < 128 ? mant >> (d - 64) | ((u128)mant << 64 << (128 - d) != 0) : 1;
}

static inline bool quick_add(struct x86_cpu *x, u64 to, struct num a, struct num b)
{
    if (UNLIKELY(!is_normal(a) || !is_normal(b))) {
        if (is_zero(b) && is_zero(a))
            a.sign &= b.sign;
        else if (is_zero(a) && is_normal(b))
            a = b;
        else if (!is_zero(b) || !is_normal(a))
            return false;
        return put_exact(x, to, a);
    }
    if (a.exp < b.exp || (a.exp == b.exp && a.mant < b.mant)) {
        struct num t = a;
        a = b;
        b = t;
    }
    u128 big = (u128)a.mant << 64, small = aligned(b.mant, a.exp - b.exp);
    i32 exp = (i32)a.exp;
    if (a.sign == b.sign) {
        u128 sum = big + small;
        if (sum < big) {
            sum = sum >> 1 | (sum & 1) | (u128)1 << 127;
            exp++;
        }
        return put_rounded(x, to, a.sign, exp, (u64)(sum >> 64), (u64)sum);
    }
    big -= small;
    if (!big)
        return put_exact(x, to, (struct num){0});
    u64 hi = (u64)(big >> 64);
    int n = hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((u64)big);
    big <<= n;
    return put_rounded(x, to, a.sign, exp - n, (u64)(big >> 64), (u64)big);
}

static inline bool quick_mul(struct x86_cpu *x, u64 to, struct num a, struct num b)
{
    u32 sign = a.sign ^ b.sign;

    if (UNLIKELY(!is_normal(a) || !is_normal(b))) {
        if ((!is_zero(a) && !is_normal(a)) || (!is_zero(b) && !is_normal(b)))
            return false;
        return put_exact(x, to, (struct num){.sign = sign});
    }
    u128 v = (u128)a.mant * b.mant;
    i32 exp = (i32)(a.exp + b.exp) - EXP_BIAS + 1;
    if (!(v >> 127)) {
        v <<= 1;
        exp--;
    }
    return put_rounded(x, to, sign, exp, (u64)(v >> 64), (u64)v);
}

static inline bool quick_div(struct x86_cpu *x, u64 to, struct num a, struct num b)
{
    u32 sign = a.sign ^ b.sign;

    if (UNLIKELY(!is_normal(a) || !is_normal(b)))
        return is_zero(a) && is_normal(b) && put_exact(x, to, (struct num){.sign = sign});
    bool less = a.mant < b.mant;
    u128 n = (u128)a.mant << (less ? 64 : 63);
    u64 q = (u64)(n / b.mant), r = (u64)n - q * b.mant;
    /* Below the quotient: half or more, and whether anything is left. */
    u64 lo = (u64)(r >= b.mant - r) << 63 | (r && r != b.mant - r);
    return put_rounded(x, to, sign, (i32)(a.exp - b.exp) + EXP_BIAS - less, q, lo);
}

enum op { OP_ADD, OP_SUB, OP_MUL, OP_DIV };

static void soft(struct x86_cpu *x, enum op op, u64 to, struct fp_num a, struct fp_num b)
{
    struct fp_ctx c = x87_ctx(x);
    struct fp_num r;

    switch (op) {
    case OP_ADD: r = fp_add(&c, a, b); break;
    case OP_SUB: r = fp_sub(&c, a, b); break;
    case OP_MUL: r = fp_mul(&c, a, b); break;
    default: r = fp_div(&c, a, b); break;
    }
    x87_result_at(x, &c, to, r);
}

static inline bool quick(struct x86_cpu *x, enum op op, u64 to, struct num a, struct num b)
{
    if (UNLIKELY(!plain_control(x)))
        return false;
    switch (op) {
    case OP_SUB: b.sign ^= 0x8000; /* fall through */
    case OP_ADD: return quick_add(x, to, a, b);
    case OP_MUL: return quick_mul(x, to, a, b);
    default: return quick_div(x, to, a, b);
    }
}

/* ---- operands from memory ---- */

static inline struct num from_single(u64 bits)
{
    u32 exp = bits >> 23 & 0xff, sign = bits >> 16 & 0x8000;
    u64 frac = bits << 40 & ~TOP_BIT;

    if (LIKELY(exp - 1 < 0xfe))
        return (struct num){frac | TOP_BIT, exp + EXP_BIAS - 127, sign};
    return (struct num){frac, exp || frac ? 0x7fff : 0, sign}; /* not normal: for soft() */
}

static inline struct num from_double(u64 bits)
{
    u32 exp = bits >> 52 & 0x7ff, sign = bits >> 48 & 0x8000;
    u64 frac = bits << 11 & ~TOP_BIT;

    if (LIKELY(exp - 1 < 0x7fe))
        return (struct num){frac | TOP_BIT, exp + EXP_BIAS - 1023, sign};
    return (struct num){frac, exp || frac ? 0x7fff : 0, sign};
}

static inline struct num from_int(u64 bits)
{
    u64 m = (i64)bits < 0 ? -bits : bits;

    if (!m)
        return (struct num){0};
    int n = __builtin_clzll(m);
    return (struct num){m << n, (u32)(EXP_BIAS + 63 - n), (i64)bits < 0 ? 0x8000 : 0};
}

static struct fp_num soft_single(u64 bits)
{
    struct fp_ctx c = {0};
    return fp_unpack(&c, &fp_single, bits);
}

static struct fp_num soft_double(u64 bits)
{
    struct fp_ctx c = {0};
    return fp_unpack(&c, &fp_double, bits);
}

static struct fp_num soft_int(u64 bits)
{
    bool sign = (i64)bits < 0;
    return fp_from_int(sign, sign ? -bits : bits);
}

/* regs: the operands and the destination, eight bits each. */
#define ARITH_REG(name, op)                                                                        \
    u64 x87_leaf_##name##_reg(struct cpu *c, u64 regs, u64 b, u64 d)                               \
    {                                                                                              \
        struct x86_cpu *x = x86_of(c);                                                             \
        (void)b, (void)d;                                                                          \
        if (!quick(x, op, regs >> 16, num_of(x, regs), num_of(x, regs >> 8)))                      \
            soft(x, op, regs >> 16, unpack(x, regs), unpack(x, regs >> 8));                        \
        return 0;                                                                                  \
    }
#define ARITH_MEM(name, op, type)                                                                  \
    u64 x87_leaf_##name##_##type(struct cpu *c, u64 reg, u64 bits, u64 d)                          \
    {                                                                                              \
        struct x86_cpu *x = x86_of(c);                                                             \
        (void)d;                                                                                   \
        if (!quick(x, op, reg, num_of(x, reg), from_##type(bits)))                                 \
            soft(x, op, reg, unpack(x, reg), soft_##type(bits));                                   \
        return 0;                                                                                  \
    }                                                                                              \
    u64 x87_leaf_##name##r_##type(struct cpu *c, u64 reg, u64 bits, u64 d)                         \
    {                                                                                              \
        struct x86_cpu *x = x86_of(c);                                                             \
        (void)d;                                                                                   \
        if (!quick(x, op, reg, from_##type(bits), num_of(x, reg)))                                 \
            soft(x, op, reg, soft_##type(bits), unpack(x, reg));                                   \
        return 0;                                                                                  \
    }
#define ARITH(name, op)                                                                            \
    ARITH_REG(name, op)                                                                            \
    ARITH_MEM(name, op, single) ARITH_MEM(name, op, double) ARITH_MEM(name, op, int)

ARITH(add, OP_ADD)
ARITH(sub, OP_SUB)
ARITH(mul, OP_MUL)
ARITH(div, OP_DIV)

/* ---- comparison ---- */

static inline bool quick_order(struct num a, struct num b, enum fp_order *o)
{
    if (UNLIKELY((!is_normal(a) && !is_zero(a)) || (!is_normal(b) && !is_zero(b))))
        return false;
    bool less = a.exp < b.exp || (a.exp == b.exp && a.mant < b.mant);

    if (a.exp == b.exp && a.mant == b.mant && (a.sign == b.sign || !a.exp))
        *o = FP_EQUAL;
    else if (a.sign != b.sign)
        *o = a.sign ? FP_LESS : FP_GREATER;
    else
        *o = less != (a.sign != 0) ? FP_LESS : FP_GREATER;
    return true;
}

static enum fp_order soft_order(struct x86_cpu *x, struct fp_num a, struct fp_num b, bool quiet)
{
    struct fp_ctx c = x87_ctx(x);
    enum fp_order o = fp_compare(&c, a, b, quiet);

    x87_flags(x, &c);
    return o;
}

static void set_order(struct x86_cpu *x, enum fp_order o)
{
    static const u16 cc[4] = {SW_C0, SW_C3, 0, SW_C3 | SW_C2 | SW_C0};
    x->fpu_sw = (x->fpu_sw & ~(u64)SW_CC) | cc[o + 1];
}

/* regs: the two, and from bit 16 on whether only signalling NaNs are invalid. */
static inline enum fp_order order_reg(struct x86_cpu *x, u64 regs)
{
    enum fp_order o;

    if (quick_order(num_of(x, regs), num_of(x, regs >> 8), &o))
        return o;
    return soft_order(x, unpack(x, regs), unpack(x, regs >> 8), regs >> 16);
}

u64 x87_leaf_com_reg(struct cpu *c, u64 regs, u64 b, u64 d)
{
    (void)b, (void)d;
    set_order(x86_of(c), order_reg(x86_of(c), regs));
    return 0;
}

/* The arithmetic flags. */
u64 x87_leaf_comi(struct cpu *c, u64 regs, u64 b, u64 d)
{
    static const u8 flags[4] = {FL_CF, FL_ZF, 0, FL_ZF | FL_PF | FL_CF};
    struct x86_cpu *x = x86_of(c);
    enum fp_order o = order_reg(x, regs);

    (void)b, (void)d;
    x87_clear_c1(x);
    return flags[o + 1];
}

#define COM_MEM(type)                                                                              \
    u64 x87_leaf_com_##type(struct cpu *c, u64 reg, u64 bits, u64 d)                               \
    {                                                                                              \
        struct x86_cpu *x = x86_of(c);                                                             \
        enum fp_order o;                                                                           \
        (void)d;                                                                                   \
        if (!quick_order(num_of(x, reg), from_##type(bits), &o))                                   \
            o = soft_order(x, unpack(x, reg), soft_##type(bits), false);                           \
        set_order(x, o);                                                                           \
        return 0;                                                                                  \
    }
COM_MEM(single)
COM_MEM(double)
COM_MEM(int)

/* ---- loads: into a register, which the caller makes the top ---- */

static void soft_load(struct x86_cpu *x, u64 to, struct fp_num n)
{
    struct fp_ctx c = x87_ctx(x);

    c.precision = 0;
    struct fp_ext v = fp_pack_ext(&c, fp_convert(&c, n));
    x87_flags(x, &c);
    put_st(x, to, v.mant, v.exp);
}

#define LOAD(type)                                                                                 \
    u64 x87_leaf_load_##type(struct cpu *c, u64 to, u64 bits, u64 d)                               \
    {                                                                                              \
        struct x86_cpu *x = x86_of(c);                                                             \
        struct num n = from_##type(bits);                                                          \
        (void)d;                                                                                   \
        if (LIKELY(n.exp != 0x7fff))                                                               \
            put_exact(x, to, n);                                                                   \
        else                                                                                       \
            soft_load(x, to, soft_##type(bits));                                                   \
        return 0;                                                                                  \
    }
LOAD(single)
LOAD(double)
LOAD(int)

/* ---- stores: the value is returned; what it does to the status word waits in fpu_new_sw ---- */

static u64 note_sw(struct x86_cpu *x, const struct fp_ctx *c, u64 v)
{
    x->fpu_new_sw = c->flags | (c->rounded_up ? SW_C1 : 0);
    return v;
}

static u64 soft_store(struct x86_cpu *x, u64 reg, const struct fp_format *f)
{
    struct fp_ctx c = x87_ctx(x);
    struct fp_num n = unpack(x, reg);

    n.denormal = false; /* only a tiny result is reported */
    c.wrap = false;
    u64 v = fp_pack(&c, f, fp_convert(&c, n));
    return note_sw(x, &c, v);
}

/* To nearest: exp_max is that of infinity, low the number of bits that are cut off. */
static inline bool quick_store(struct x86_cpu *x, u64 reg, unsigned low, i32 bias, i32 exp_max,
                               u64 *v)
{
    struct num n = num_of(x, reg);
    i32 exp = (i32)n.exp - EXP_BIAS + bias;
    unsigned frac_bits = 63 - low, sign_bit = low == 11 ? 63 : 31;

    if (UNLIKELY((x->fpu_cw & 0xc00) || !is_normal(n) || exp < 1 || exp >= exp_max)) {
        x->fpu_new_sw = 0;
        *v = (u64)(n.sign >> 15) << sign_bit;
        return is_zero(n);
    }
    u64 lost = n.mant << (64 - low), m = n.mant >> low;
    u64 up = lost >> 63 & (lost << 1 != 0 || (m & 1));
    m = ((u64)(exp - 1) << frac_bits) + m + up; /* the leading bit adds one to the exponent */
    x->fpu_new_sw = (lost ? FP_INEXACT : 0) | (up ? SW_C1 : 0);
    *v = m | (u64)(n.sign >> 15) << sign_bit;
    return m >> frac_bits < (u64)exp_max;
}

u64 x87_leaf_store_single(struct cpu *c, u64 reg, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    u64 v;

    (void)b, (void)d;
    return quick_store(x, reg, 40, 127, 0xff, &v) ? v : soft_store(x, reg, &fp_single);
}

u64 x87_leaf_store_double(struct cpu *c, u64 reg, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    u64 v;

    (void)b, (void)d;
    return quick_store(x, reg, 11, 1023, 0x7ff, &v) ? v : soft_store(x, reg, &fp_double);
}

/* how: bytes, and from bit 8 on whether to cut instead of to round. */
u64 x87_leaf_store_int(struct cpu *c, u64 reg, u64 how, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    struct fp_ctx ctx = x87_ctx(x);
    enum fp_rounding r = how >> 8 ? FP_TOWARD_ZERO : (enum fp_rounding)(x->fpu_cw >> 10 & 3);

    (void)d;
    u64 v = fp_to_int(&ctx, unpack(x, reg), r, 8 * (how & 0xff), true, false);
    return note_sw(x, &ctx, v);
}

/* ---- one operand ---- */

u64 x87_leaf_fsqrt(struct cpu *c, u64 reg, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    struct fp_ctx ctx = x87_ctx(x);

    (void)b, (void)d;
    x87_result_at(x, &ctx, reg, fp_sqrt(&ctx, unpack(x, reg)));
    return 0;
}

u64 x87_leaf_frndint(struct cpu *c, u64 reg, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    struct fp_ctx ctx = x87_ctx(x);

    (void)b, (void)d;
    ctx.precision = 0;
    struct fp_num r = fp_round_int(&ctx, unpack(x, reg), ctx.rounding, true);
    bool up = ctx.rounded_up;
    struct fp_ext v = fp_pack_ext(&ctx, r);
    ctx.rounded_up = up;
    x87_flags(x, &ctx);
    put_st(x, reg, v.mant, v.exp);
    return 0;
}
