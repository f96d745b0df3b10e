/* x87_arith.c - x87 arithmetic, comparison, and the exact operations on exponents and remainders */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: SDM vol. 2, and vol. 1, 8.3. */
#include "arch/x86/x87.h"

/* ---- add, subtract, multiply, divide, by the opcode's reg field; 2 and 3 are comparisons ---- */

enum { OP_ADD, OP_MUL, OP_COM, OP_COMP, OP_SUB, OP_SUBR, OP_DIV, OP_DIVR };

static struct fp_num calculate(struct fp_ctx *c, unsigned op, struct fp_num a, struct fp_num b)
{
    switch (op) {
    case OP_ADD: return fp_add(c, a, b);
    case OP_MUL: return fp_mul(c, a, b);
    case OP_SUB: return fp_sub(c, a, b);
    case OP_SUBR: return fp_sub(c, b, a);
    case OP_DIV: return fp_div(c, a, b);
    default: return fp_div(c, b, a);
    }
}

static void set_cc(struct x86_cpu *x, u16 cc)
{
    x->fpu_sw = (x->fpu_sw & ~SW_CC) | cc;
}

static u16 order_cc(enum fp_order o)
{
    switch (o) {
    case FP_LESS: return SW_C0;
    case FP_EQUAL: return SW_C3;
    case FP_GREATER: return 0;
    default: return SW_C3 | SW_C2 | SW_C0;
    }
}

/* Compares; false if an unmasked exception kept the condition codes from being set. */
static bool compare(struct x86_cpu *x, struct fp_num a, struct fp_num b, bool quiet)
{
    struct fp_ctx c = x87_ctx(x);
    enum fp_order o = fp_compare(&c, a, b, quiet);
    if (!x87_flags(x, &c))
        return false;
    set_cc(x, order_cc(o));
    return true;
}

static bool compare_empty(struct x86_cpu *x)
{
    if (!x87_underflow(x))
        return false;
    set_cc(x, order_cc(FP_UNORDERED));
    return true;
}

static bool fill_empty(struct x86_cpu *x, unsigned i)
{
    if (!x87_underflow(x))
        return false;
    x87_set(x, i, X87_DEFAULT_NAN);
    return true;
}

static struct fp_num load_operand(struct x86_cpu *x, u64 info, u64 la)
{
    struct fp_ctx c = {0};
    i64 v;
    switch (x87_escape(info)) {
    case 0: return fp_unpack(&c, &fp_single, x86_ld(x, la, 4));
    case 4: return fp_unpack(&c, &fp_double, x86_ld(x, la, 8));
    case 2: v = (i32)x86_ld(x, la, 4); break;
    default: v = (i16)x86_ld(x, la, 2); break;
    }
    return fp_from_int(v < 0, v < 0 ? -(u64)v : (u64)v);
}

/* D8, DC, DA, DE with a memory operand */
u64 x87_arith_mem(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    unsigned op = x87_reg_field(info);
    x87_wait(x);
    struct fp_num b = load_operand(x, info, la);
    x87_note(x, info, ea);
    if (op == OP_COM || op == OP_COMP) {
        bool done = x87_empty(x, 0) ? compare_empty(x) : compare(x, x87_num(x, 0), b, false);
        if (done && op == OP_COMP)
            x87_pop(x);
        return 0;
    }
    if (x87_empty(x, 0)) {
        fill_empty(x, 0);
        return 0;
    }
    struct fp_ctx c = x87_ctx(x);
    struct fp_num r = calculate(&c, op, x87_num(x, 0), b);
    x87_result(x, &c, 0, r);
    return 0;
}

static void arith_to(struct cpu *cpu, u64 info, u64 ea, unsigned to, bool pop)
{
    struct x86_cpu *x = x86_of(cpu);
    unsigned i = x87_sti(info);
    bool done;
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0) || x87_empty(x, i)) {
        done = fill_empty(x, to);
    } else {
        struct fp_ctx c = x87_ctx(x);
        struct fp_num r = calculate(&c, x87_reg_field(info), x87_num(x, 0), x87_num(x, i));
        done = x87_result(x, &c, to, r);
    }
    if (done && pop)
        x87_pop(x);
}

u64 x87_arith_reg(struct cpu *cpu, u64 info, u64 la, u64 ea) /* D8: to ST(0) */
{
    (void)la;
    arith_to(cpu, info, ea, 0, false);
    return 0;
}

u64 x87_arith_rev(struct cpu *cpu, u64 info, u64 la, u64 ea) /* DC: to ST(i); DE: and pop */
{
    (void)la;
    arith_to(cpu, info, ea, x87_sti(info), x87_escape(info) == 6);
    return 0;
}

/* ---- comparison ---- */

/* FCOM D8 D0+i, FCOMP D8 D8+i, FUCOM DD E0+i, FUCOMP DD E8+i and aliases: bit 3 says pop (also of
 * DE D0). */
u64 x87_com_reg(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    unsigned i = x87_sti(info);
    bool quiet = x87_escape(info) == 5, done;
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0) || x87_empty(x, i))
        done = compare_empty(x);
    else
        done = compare(x, x87_num(x, 0), x87_num(x, i), quiet);
    if (done && (info & 8 || x87_escape(info) == 6))
        x87_pop(x);
    return 0;
}

u64 x87_com_pp(struct cpu *cpu, u64 info, u64 la, u64 ea) /* FCOMPP DE D9, FUCOMPP DA E9 */
{
    struct x86_cpu *x = x86_of(cpu);
    bool done;
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0) || x87_empty(x, 1))
        done = compare_empty(x);
    else
        done = compare(x, x87_num(x, 0), x87_num(x, 1), x87_escape(info) == 2);
    if (done) {
        x87_pop(x);
        x87_pop(x);
    }
    return 0;
}

/* FUCOMI DB E8+i, FCOMI DB F0+i, with pop: DF. Returns the arithmetic flags. */
u64 x87_comi(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    static const u8 flags[4] = {FL_CF, FL_ZF, 0, FL_ZF | FL_PF | FL_CF};
    struct x86_cpu *x = x86_of(cpu);
    unsigned i = x87_sti(info);
    enum fp_order o = FP_UNORDERED;
    bool done;
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0) || x87_empty(x, i)) {
        done = x87_underflow(x);
    } else {
        struct fp_ctx c = x87_ctx(x);
        o = fp_compare(&c, x87_num(x, 0), x87_num(x, i), x87_reg_field(info) == 5);
        done = x87_flags(x, &c);
    }
    if (!done)
        return x86_get_rflags(x) & FL_ARITH;
    if (x87_escape(info) == 7)
        x87_pop(x);
    return flags[o + 1];
}

u64 x87_ftst(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0))
        compare_empty(x);
    else
        compare(x, x87_num(x, 0), fp_zero(false), false);
    return 0;
}

u64 x87_fxam(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    u16 cc;
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    struct fp_num n = x87_num(x, 0);
    switch (n.kind) {
    case FP_KIND_ZERO: cc = SW_C3; break;
    case FP_KIND_NORMAL: cc = n.denormal ? SW_C3 | SW_C2 : SW_C2; break;
    case FP_KIND_INF: cc = SW_C2 | SW_C0; break;
    case FP_KIND_UNSUPPORTED: cc = 0; break;
    default: cc = SW_C0; break;
    }
    if (x87_empty(x, 0))
        cc = SW_C3 | SW_C0;
    set_cc(x, cc | (n.sign ? SW_C1 : 0));
    return 0;
}

/* ---- one operand ---- */

u64 x87_fsqrt(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0)) {
        fill_empty(x, 0);
        return 0;
    }
    struct fp_ctx c = x87_ctx(x);
    struct fp_num r = fp_sqrt(&c, x87_num(x, 0));
    x87_result(x, &c, 0, r);
    return 0;
}

u64 x87_frndint(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0)) {
        fill_empty(x, 0);
        return 0;
    }
    struct fp_ctx c = x87_ctx(x);
    c.precision = 0;
    struct fp_num r = fp_round_int(&c, x87_num(x, 0), c.rounding, true);
    bool up = c.rounded_up;
    struct fp_ext v = fp_pack_ext(&c, r);
    c.rounded_up = up;
    if (x87_flags(x, &c))
        x87_set(x, 0, v);
    return 0;
}

/* ---- scaling ---- */

static struct fp_num scale(struct fp_ctx *c, struct fp_num a, struct fp_num b)
{
    struct fp_num nan;
    if (!fp_is_nan(a) && b.kind == FP_KIND_INF && a.kind == (b.sign ? FP_KIND_INF : FP_KIND_ZERO))
        return fp_invalid(c);
    if (fp_nan2(c, a, b, &nan))
        return nan;
    if (a.kind == FP_KIND_INF || a.kind == FP_KIND_ZERO || b.kind == FP_KIND_ZERO)
        return a;
    if (b.kind == FP_KIND_INF)
        return b.sign ? fp_zero(a.sign) : fp_inf(a.sign);
    /* Beyond 2^17 every number over- or underflows. */
    i32 by = b.exp < 0 ? 0 : b.exp > 17 ? 1 << 18 : (i32)(b.sig >> (63 - b.exp));
    a.exp += b.sign ? -by : by;
    return a;
}

u64 x87_fscale(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0) || x87_empty(x, 1)) {
        fill_empty(x, 0);
        return 0;
    }
    struct fp_ctx c = x87_ctx(x);
    c.precision = 0;
    struct fp_num r = scale(&c, x87_num(x, 0), x87_num(x, 1));
    x87_result(x, &c, 0, r);
    return 0;
}

/* Exponent and significand of n; both the same NaN, or the special pair of zero or infinity. */
static void extract(struct fp_ctx *c, struct fp_num n, struct fp_num *exp, struct fp_num *sig)
{
    struct fp_num nan;
    if (fp_nan1(c, n, &nan)) {
        *exp = *sig = nan;
        return;
    }
    *sig = n;
    sig->exp = 0;
    if (n.kind == FP_KIND_ZERO) {
        c->flags |= FP_DIVZERO;
        *exp = fp_inf(true);
    } else if (n.kind == FP_KIND_INF) {
        *exp = fp_inf(false);
    } else {
        *exp = fp_from_int(n.exp < 0, n.exp < 0 ? -n.exp : n.exp);
    }
}

u64 x87_fxtract(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0) || !x87_empty(x, 7)) {
        if (x87_empty(x, 0) ? x87_underflow(x) : x87_overflow(x)) {
            x87_set(x, 0, X87_DEFAULT_NAN);
            x87_push(x, X87_DEFAULT_NAN);
        }
        return 0;
    }
    struct fp_ctx c = x87_ctx(x);
    struct fp_num exp, sig;
    c.precision = 0;
    extract(&c, x87_num(x, 0), &exp, &sig);
    struct fp_ext e = fp_pack_ext(&c, exp), s = fp_pack_ext(&c, sig);
    if (x87_flags(x, &c)) {
        x87_set(x, 0, e);
        x87_push(x, s);
    }
    return 0;
}

/* ---- remainder ---- */

static void partial_remainder(struct cpu *cpu, u64 info, u64 ea, bool nearest)
{
    struct x86_cpu *x = x86_of(cpu);
    u64 q;
    bool partial;
    x87_wait(x);
    x87_note(x, info, ea);
    x->fpu_sw &= ~SW_C2;
    if (x87_empty(x, 0) || x87_empty(x, 1)) {
        fill_empty(x, 0);
        return;
    }
    struct fp_ctx c = x87_ctx(x);
    c.precision = 0;
    struct fp_num r = fp_rem(&c, x87_num(x, 0), x87_num(x, 1), nearest, &q, &partial);
    if (!x87_result(x, &c, 0, r) || fp_is_nan(r)) /* there is no quotient: C0 and C3 stay */
        return;
    u16 cc = partial ? SW_C2 : (q & 1 ? SW_C1 : 0) | (q & 2 ? SW_C3 : 0) | (q & 4 ? SW_C0 : 0);
    set_cc(x, cc);
}

u64 x87_fprem(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    (void)la;
    partial_remainder(cpu, info, ea, false);
    return 0;
}

u64 x87_fprem1(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    (void)la;
    partial_remainder(cpu, info, ea, true);
    return 0;
}
