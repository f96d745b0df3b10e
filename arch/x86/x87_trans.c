/* x87_trans.c - x87 transcendental functions, the same on every host */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values are carried with 128 bits and series are summed in 128-bit fixed point until what is left
 * is below 2^-126, so that the error before the one rounding is some 2^-120 and the result is the
 * correctly rounded one but in cases nobody will meet. The argument of the trigonometric functions
 * is reduced, exactly, by the 66-bit pi that the SDM gives (vol. 1, 8.3.8): guests see sin(pi) as
 * real processors have it. Results are never exact except where said, so a bit below all others is
 * set in them.
 *
 * Special cases: SDM vol. 2, the tables of each instruction. Operands outside of F2XM1's range
 * leave ST(0) as it was.
 */
#include "arch/x86/x87.h"

#define TOP ((u128)1 << 127)
#define WIDE(hi, lo) ((u128)(hi) << 64 | (lo))

static const struct fp_ctx plain_ctx = {.masked = FP_ALL};

static u128 sig_of(struct fp_num n)
{
    return WIDE(n.sig, n.lo);
}

static struct fp_num wide(bool sign, i32 exp, u128 sig) /* sig * 2^(exp - 127) */
{
    return fp_normalize(sign, exp, sig >> 64, (u64)sig);
}

static struct fp_num inexact(struct fp_num n)
{
    n.lo |= 1;
    return n;
}

static struct fp_num add(struct fp_num a, struct fp_num b)
{
    struct fp_ctx c = plain_ctx;
    return fp_add(&c, a, b);
}

static u128 mul_high(u128 a, u128 b)
{
    u64 a1 = a >> 64, a0 = a, b1 = b >> 64, b0 = b;
    u128 p00 = (u128)a0 * b0, p01 = (u128)a0 * b1, p10 = (u128)a1 * b0, p11 = (u128)a1 * b1;
    u128 mid = (p00 >> 64) + (u64)p01 + (u64)p10;
    return p11 + (p01 >> 64) + (p10 >> 64) + (mid >> 64);
}

static struct fp_num mul(struct fp_num a, struct fp_num b)
{
    return wide(a.sign != b.sign, a.exp + b.exp + 1, mul_high(sig_of(a), sig_of(b)));
}

/* Significands with their top bits set. */
static struct fp_num div(struct fp_num a, struct fp_num b)
{
    u128 r = sig_of(a), d = sig_of(b), q = 0;
    i32 exp = a.exp - b.exp - 1;
    unsigned steps = 128;
    if (r >= d) {
        r -= d;
        q = 1;
        exp++;
        steps--;
    }
    while (steps--) {
        bool carry = r >> 127;
        r <<= 1;
        q <<= 1;
        if (carry || r >= d) {
            r -= d;
            q |= 1;
        }
    }
    return wide(a.sign != b.sign, exp, q);
}

/* Fixed point: one is TOP (or TOP / 2 where sums may reach two). */
static u128 fixed(struct fp_num n)
{
    return n.kind == FP_KIND_ZERO || n.exp < -127 ? 0 : sig_of(n) >> -n.exp;
}

static u128 fixed_mul(u128 a, u128 b)
{
    return mul_high(a, b) << 1;
}

/* n times a factor in fixed point. */
static struct fp_num times(struct fp_num n, u128 f)
{
    return wide(n.sign, n.exp + 1, mul_high(sig_of(n), f));
}

static u128 below_one(u128 f)
{
    return f >= TOP ? TOP - 1 : f;
}

/* ---- sine, cosine, tangent ---- */

struct reduced {
    struct fp_num r; /* |x| = quadrant * pi/2 + r, |r| <= pi/4 */
    u128 square;
    unsigned quadrant;
};

static struct reduced reduce(struct fp_num a)
{
    const u128 half_pi = WIDE(3, 0x243f6a8885a308d3); /* in units of 2^-65 */
    struct reduced d = {.r = a};
    d.r.sign = false;
    if (a.exp >= -1) {
        u128 v = (u128)a.sig << (a.exp + 2), n = v / half_pi, r = v % half_pi;
        bool over = 2 * r > half_pi;
        d.quadrant = (unsigned)(n + over) & 3;
        d.r = wide(over, 127 - 65, over ? half_pi - r : r);
    }
    u128 f = fixed(d.r);
    d.square = fixed_mul(f, f);
    return d;
}

static struct fp_num sin_reduced(const struct reduced *d)
{
    u128 s = TOP;
    for (unsigned k = 18; k >= 1; k--)
        s = TOP - fixed_mul(d->square, s) / (2 * k * (2 * k + 1));
    return times(d->r, below_one(s));
}

static struct fp_num cos_reduced(const struct reduced *d)
{
    u128 s = TOP;
    for (unsigned k = 18; k >= 1; k--)
        s = TOP - fixed_mul(d->square, s) / ((2 * k - 1) * 2 * k);
    return wide(false, 0, below_one(s));
}

static struct fp_num sine(const struct reduced *d, bool negative)
{
    struct fp_num v = d->quadrant & 1 ? cos_reduced(d) : sin_reduced(d);
    v.sign ^= d->quadrant >> 1 ^ negative;
    return inexact(v);
}

static struct fp_num cosine(const struct reduced *d)
{
    struct fp_num v = d->quadrant & 1 ? sin_reduced(d) : cos_reduced(d);
    v.sign ^= (d->quadrant >> 1 ^ d->quadrant) & 1;
    return inexact(v);
}

static struct fp_num tangent(const struct reduced *d, bool negative)
{
    struct fp_num s = sin_reduced(d), c = cos_reduced(d);
    struct fp_num v = d->quadrant & 1 ? div(c, s) : div(s, c);
    v.sign ^= (d->quadrant & 1) ^ negative;
    return inexact(v);
}

/* What the four instructions have in common; true if there is something to calculate. `pushes`:
 * room is needed. */
static bool trig_start(struct x86_cpu *x, struct fp_ctx *c, u64 info, u64 ea, bool pushes)
{
    x87_wait(x);
    x87_note(x, info, ea);
    *c = x87_ctx(x);
    c->precision = 0;
    if (!x87_empty(x, 0) && (!pushes || x87_empty(x, 7))) {
        struct fp_num a = x87_num(x, 0);
        x->fpu_sw &= ~(SW_C1 | SW_C2);
        if (a.kind != FP_KIND_NORMAL || a.exp < 63)
            return true;
        x->fpu_sw |= SW_C2; /* out of range */
        return false;
    }
    if (x87_empty(x, 0) ? x87_underflow(x) : x87_overflow(x)) {
        x87_set(x, 0, X87_DEFAULT_NAN);
        if (pushes)
            x87_push(x, X87_DEFAULT_NAN);
    }
    return false;
}

/* A NaN or infinity gives its result. */
static bool trig_special(struct fp_ctx *c, struct fp_num a, struct fp_num *out)
{
    if (fp_nan1(c, a, out))
        return true;
    if (a.kind == FP_KIND_INF) {
        *out = fp_invalid(c);
        return true;
    }
    return false;
}

static struct fp_num sin_value(struct fp_ctx *c, struct fp_num a)
{
    struct fp_num v;
    if (trig_special(c, a, &v))
        return v;
    if (a.kind == FP_KIND_ZERO)
        return a;
    struct reduced d = reduce(a);
    return sine(&d, a.sign);
}

static struct fp_num cos_value(struct fp_ctx *c, struct fp_num a)
{
    struct fp_num v;
    if (trig_special(c, a, &v))
        return v;
    if (a.kind == FP_KIND_ZERO)
        return fp_from_int(false, 1);
    struct reduced d = reduce(a);
    return cosine(&d);
}

u64 x87_fsin(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c;
    (void)la;
    if (trig_start(x, &c, info, ea, false)) {
        struct fp_num v = sin_value(&c, x87_num(x, 0));
        x87_result(x, &c, 0, v);
    }
    return 0;
}

u64 x87_fcos(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c;
    (void)la;
    if (trig_start(x, &c, info, ea, false)) {
        struct fp_num v = cos_value(&c, x87_num(x, 0));
        x87_result(x, &c, 0, v);
    }
    return 0;
}

/* Two results: first into ST(0), then second pushed. */
static void two_results(struct x86_cpu *x, struct fp_ctx *c, struct fp_num first,
                        struct fp_num second)
{
    struct fp_ext a = fp_pack_ext(c, first), b = fp_pack_ext(c, second);
    if (x87_flags(x, c)) {
        x87_set(x, 0, a);
        x87_push(x, b);
    }
}

u64 x87_fsincos(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c;
    (void)la;
    if (trig_start(x, &c, info, ea, true)) {
        struct fp_num a = x87_num(x, 0), s = sin_value(&c, a);
        two_results(x, &c, s, cos_value(&c, a));
    }
    return 0;
}

u64 x87_fptan(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c;
    (void)la;
    if (!trig_start(x, &c, info, ea, true))
        return 0;
    struct fp_num a = x87_num(x, 0), v = a, one = fp_from_int(false, 1);
    if (trig_special(&c, a, &v)) {
        one = v;
    } else if (a.kind == FP_KIND_NORMAL) {
        struct reduced d = reduce(a);
        v = tangent(&d, a.sign);
    }
    struct fp_ext t = fp_pack_ext(&c, v);
    bool up = c.rounded_up;
    struct fp_ext second = fp_pack_ext(&c, one);
    c.rounded_up = up;
    if (x87_flags(x, &c)) {
        x87_set(x, 0, t);
        x87_push(x, second);
    }
    return 0;
}

/* ---- arctangent ---- */

static const struct { u64 hi, lo; } atan_eighths[9] = { /* atan(i / 8) * 2^127 */
    {0x0000000000000000, 0x0000000000000000}, {0x0feadd4d5617b6e3, 0x2c897989f3e888ef},
    {0x1f5b75f92c80dd62, 0xadb8f3debef442fc}, {0x2dec3283c9bde11c, 0xe2a8c848b73f9120},
    {0x3b58ce0ac3769ed1, 0x5bf9117b2f0ea340}, {0x47802eaf7bfacfcd, 0xae41af0b32e21ba3},
    {0x525e3e8c9a7b8492, 0x0cd43f9522bed64f}, {0x5c029f15e118cf39, 0xe596d2a90852221e},
    {0x6487ed5110b4611a, 0x62633145c06e0e68},
};

static struct fp_num pi_times_2(i32 power) /* pi * 2^power */
{
    return (struct fp_num){.kind = FP_KIND_NORMAL, .exp = 1 + power, .sig = 0xc90fdaa22168c234,
                           .lo = 0xc4c6628b80dc1cd1};
}

/* u * (1 - u^2/3 + u^4/5 - ...), |u| <= 1/16 */
static struct fp_num atan_series(struct fp_num u)
{
    u128 f = fixed(u), z = fixed_mul(f, f), s = 0;
    for (int k = 17; k >= 0; k--)
        s = TOP / (2 * k + 1) - fixed_mul(z, s);
    return times(u, below_one(s));
}

/* atan(t) for 0 < t <= 1: with t = c + ..., c = i/8, atan t = atan c +
 * atan((t - c) / (1 + t c)). */
static struct fp_num atan_unit(struct fp_num t)
{
    if (t.exp < -4)
        return atan_series(t);
    u128 f = fixed(t);
    unsigned i = (unsigned)((f + ((u128)1 << 123)) >> 124);
    u128 c = (u128)i << 124;
    struct fp_num num = f >= c ? wide(false, 0, f - c) : wide(true, 0, c - f);
    struct fp_num base = wide(false, 0, WIDE(atan_eighths[i].hi, atan_eighths[i].lo));
    if (num.kind == FP_KIND_ZERO)
        return base;
    struct fp_num den = wide(false, 1, (TOP >> 1) + (fixed_mul(f, c) >> 1));
    return add(base, atan_series(div(num, den)));
}

static struct fp_num negate(struct fp_num a)
{
    a.sign = !a.sign;
    return a;
}

static struct fp_num atan2_normal(struct fp_num y, struct fp_num x)
{
    bool swap = y.exp > x.exp || (y.exp == x.exp && y.sig > x.sig), left = x.sign;
    y.sign = x.sign = false;
    struct fp_num v = atan_unit(swap ? div(x, y) : div(y, x));
    if (swap)
        v = add(pi_times_2(-1), negate(v));
    return left ? add(pi_times_2(0), negate(v)) : v;
}

static struct fp_num atan2_value(struct fp_ctx *c, struct fp_num y, struct fp_num x)
{
    struct fp_num v;
    bool sign = y.sign;
    if (fp_nan2(c, y, x, &v))
        return v;
    if (y.kind == FP_KIND_INF && x.kind == FP_KIND_INF)
        v = x.sign ? add(pi_times_2(-1), pi_times_2(-2)) : pi_times_2(-2);
    else if (y.kind == FP_KIND_ZERO || x.kind == FP_KIND_INF)
        v = x.sign ? pi_times_2(0) : fp_zero(false);
    else if (y.kind == FP_KIND_INF || x.kind == FP_KIND_ZERO)
        v = pi_times_2(-1);
    else
        v = atan2_normal(y, x);
    if (v.kind == FP_KIND_NORMAL)
        v = inexact(v);
    v.sign = sign;
    return v;
}

/* ---- 2^x - 1 ---- */

static const struct fp_num ln_2 = {.kind = FP_KIND_NORMAL, .exp = -1, .sig = 0xb17217f7d1cf79ab,
                                   .lo = 0xc9e3b39803f2f6af};

/* e^y - 1 = y (1 + y/2 (1 + y/3 (...))), |y| <= ln 2; one is TOP / 2 here. */
static struct fp_num exp_minus_1(struct fp_num y)
{
    const u128 one = TOP >> 1;
    u128 f = fixed(y), s = one;
    for (unsigned k = 36; k >= 2; k--) {
        u128 term = fixed_mul(f, s) / k;
        s = y.sign ? one - term : one + term;
    }
    return wide(y.sign, y.exp + 2, mul_high(sig_of(y), s));
}

static struct fp_num exp2_minus_1(struct fp_ctx *c, struct fp_num a)
{
    struct fp_num v;
    if (fp_nan1(c, a, &v))
        return v;
    if (a.kind == FP_KIND_INF)
        return a.sign ? fp_from_int(true, 1) : a;
    if (a.kind == FP_KIND_ZERO || a.exp > 0)
        return a;
    if (a.exp == 0) {
        if (a.sig << 1)
            return a; /* out of range */
        a.exp = a.sign ? -1 : 0;
        return a;
    }
    return inexact(exp_minus_1(mul(a, ln_2)));
}

u64 x87_f2xm1(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0)) {
        if (x87_underflow(x))
            x87_set(x, 0, X87_DEFAULT_NAN);
        return 0;
    }
    struct fp_ctx c = x87_ctx(x);
    c.precision = 0;
    struct fp_num v = exp2_minus_1(&c, x87_num(x, 0));
    x87_result(x, &c, 0, v);
    return 0;
}

/* ---- logarithm ---- */

static const struct fp_num two_over_ln_2 = {
    .kind = FP_KIND_NORMAL, .exp = 1, .sig = 0xb8aa3b295c17f0bb, .lo = 0xbe87fed0691d3e88};

/* log2((1+s)/(1-s)) = 2/ln2 * s (1 + s^2/3 + s^4/5 + ...), |s| <= 1/3 */
static struct fp_num log2_series(struct fp_num s)
{
    u128 f = fixed(s), z = fixed_mul(f, f), t = 0;
    for (int k = 42; k >= 0; k--)
        t = (TOP >> 1) / (2 * k + 1) + fixed_mul(z, t);
    struct fp_num v = wide(s.sign, s.exp + 2, mul_high(sig_of(s), t));
    return mul(v, two_over_ln_2);
}

/* log2 of a positive normal number that is not a power of two. */
static struct fp_num log2_normal(struct fp_num a)
{
    u128 m = sig_of(a); /* 1 to 2 */
    i32 e = a.exp;
    struct fp_num num, den;
    if (a.sig < 0xb504f333f9de6484) {
        num = wide(false, 0, m - TOP);
        den = wide(false, 1, (m >> 1) + (TOP >> 1));
    } else { /* as m / 2 - 1, m / 2 + 1 */
        e++;
        num = wide(true, -1, -m);
        den = wide(false, 1, (m >> 2) + (TOP >> 1));
    }
    struct fp_num v = log2_series(div(num, den));
    return e ? add(fp_from_int(e < 0, e < 0 ? -e : e), v) : v;
}

static bool is_power_of_2(struct fp_num a)
{
    return a.sig == (u64)1 << 63 && !a.lo;
}

/* y * log2(a) where a is 0, positive or infinite, y any number. The
 * logarithm's kind decides first. */
static struct fp_num y_log2(struct fp_ctx *c, struct fp_num y, struct fp_num a)
{
    bool one = a.kind == FP_KIND_NORMAL && a.exp == 0 && is_power_of_2(a);
    bool small = a.kind == FP_KIND_ZERO || (a.kind == FP_KIND_NORMAL && a.exp < 0);
    bool sign = y.sign != small;
    if (a.kind != FP_KIND_NORMAL) { /* log is infinite */
        if (y.kind == FP_KIND_ZERO)
            return fp_invalid(c);
        if (a.kind == FP_KIND_ZERO && y.kind == FP_KIND_NORMAL)
            c->flags |= FP_DIVZERO;
        return fp_inf(sign);
    }
    if (y.kind == FP_KIND_INF)
        return one ? fp_invalid(c) : fp_inf(sign);
    if (y.kind == FP_KIND_ZERO || one)
        return fp_zero(sign);
    if (!is_power_of_2(a))
        return inexact(mul(log2_normal(a), y));
    u128 v = (u128)y.sig * (u64)(a.exp < 0 ? -a.exp : a.exp); /* exact */
    return wide(sign, y.exp + 64, v);
}

/* After a zero divide there was no denormal operand: it comes after in priority. */
static struct fp_num fyl2x_value(struct fp_ctx *c, struct fp_num y, struct fp_num a)
{
    struct fp_num v;
    if (!fp_is_nan(y) && !fp_is_nan(a)) {
        if (a.sign && a.kind != FP_KIND_ZERO)
            return fp_invalid(c);
        if (a.kind == FP_KIND_ZERO && y.kind == FP_KIND_NORMAL)
            return y_log2(c, y, a);
    }
    if (fp_nan2(c, y, a, &v))
        return v;
    return y_log2(c, y, a);
}

static struct fp_num fyl2xp1_value(struct fp_ctx *c, struct fp_num y, struct fp_num a)
{
    struct fp_num v;
    if (fp_nan2(c, y, a, &v))
        return v;
    if (a.kind == FP_KIND_ZERO) {
        if (y.kind == FP_KIND_INF)
            return fp_invalid(c);
        return fp_zero(a.sign != y.sign);
    }
    if (a.kind == FP_KIND_INF || a.exp >= -1) {
        if (a.sign && (a.kind == FP_KIND_INF || a.exp > 0 || (a.exp == 0 && !is_power_of_2(a))))
            return fp_invalid(c);
        return y_log2(c, y, a.kind == FP_KIND_INF ? a : add(fp_from_int(false, 1), a));
    }
    if (y.kind == FP_KIND_INF)
        return fp_inf(a.sign != y.sign);
    if (y.kind == FP_KIND_ZERO)
        return fp_zero(a.sign != y.sign);
    v = log2_series(div(a, add(fp_from_int(false, 2), a))); /* s = a / (2 + a) */
    return inexact(mul(v, y));
}

/* ---- two operands, the result to ST(1), and pop ---- */

typedef struct fp_num two_operands(struct fp_ctx *c, struct fp_num st1, struct fp_num st0);

static void binary(struct cpu *cpu, u64 info, u64 ea, two_operands *fn)
{
    struct x86_cpu *x = x86_of(cpu);
    bool done;
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0) || x87_empty(x, 1)) {
        done = x87_underflow(x);
        if (done)
            x87_set(x, 1, X87_DEFAULT_NAN);
    } else {
        struct fp_ctx c = x87_ctx(x);
        c.precision = 0;
        struct fp_num v = fn(&c, x87_num(x, 1), x87_num(x, 0));
        done = x87_result(x, &c, 1, v);
    }
    if (done)
        x87_pop(x);
}

u64 x87_fpatan(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    (void)la;
    binary(cpu, info, ea, atan2_value);
    return 0;
}

u64 x87_fyl2x(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    (void)la;
    binary(cpu, info, ea, fyl2x_value);
    return 0;
}

u64 x87_fyl2xp1(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    (void)la;
    binary(cpu, info, ea, fyl2xp1_value);
    return 0;
}
