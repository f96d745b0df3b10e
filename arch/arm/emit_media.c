/* emit_media.c - parallel and saturating arithmetic */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A4.4.5 to A4.4.7 and A8.8. */
#include "arch/arm/emit.h"

#define F(letter) insn_field(in, letter)

static i64 clamp(i64 v, i64 low, i64 high, bool *cut)
{
    *cut = v < low || v > high;
    return v < low ? low : v > high ? high : v;
}

/* ---- parallel addition and subtraction (A5.4.1, A5.4.2) ---- */

enum { PAR_PLAIN = 1, PAR_SATURATE = 2, PAR_HALVE = 3, PAR_UNSIGNED = 4 }; /* as encoded */
enum { ADD16, ASX, SAX, SUB16, ADD8, SUB8 = 7 };

static i64 element(u64 v, unsigned at, unsigned bits, bool is_unsigned)
{
    u32 e = (u32)(v >> at) & ((1u << bits) - 1);
    return is_unsigned ? (i64)e : (i64)((i32)(e << (32 - bits)) >> (32 - bits));
}

/* One element; *ge: whether its GE bits are set, where they are. */
static u32 combine(unsigned kind, i64 x, i64 y, bool subtract, unsigned bits, bool *ge)
{
    bool is_unsigned = kind & PAR_UNSIGNED, cut;
    i64 r = subtract ? x - y : x + y, top = (i64)1 << bits;

    *ge = is_unsigned && !subtract ? r >= top : r >= 0;
    if ((kind & 3) == PAR_SATURATE)
        r = is_unsigned ? clamp(r, 0, top - 1, &cut) : clamp(r, -(top >> 1), (top >> 1) - 1, &cut);
    else if ((kind & 3) == PAR_HALVE)
        r >>= 1;
    return (u32)r & (u32)(top - 1);
}

static u32 parallel(struct arm_cpu *a, unsigned kind, unsigned op, u64 n, u64 m)
{
    unsigned bits = op == ADD8 || op == SUB8 ? 8 : 16;
    u32 r = 0, all_ge = 0;

    for (unsigned at = 0; at < 32; at += bits) {
        bool crossed = op == ASX || op == SAX, ge;
        bool subtract = op == SUB16 || op == SUB8 || (op == ASX && !at) || (op == SAX && at);
        i64 x = element(n, at, bits, kind & PAR_UNSIGNED);
        i64 y = element(m, crossed ? 16 - at : at, bits, kind & PAR_UNSIGNED);
        r |= combine(kind, x, y, subtract, bits, &ge) << at;
        all_ge |= ge ? (bits == 8 ? 1u : 3u) << at / 8 : 0;
    }
    if ((kind & 3) == PAR_PLAIN)
        a->ge = all_ge;
    return r;
}

/* A leaf has two operands: kind and op are above n's 32 bits. */
static u64 leaf_parallel(struct cpu *c, u64 n, u64 m, u64 d)
{
    (void)d;
    return parallel(arm_of(c), n >> 32 & 7, n >> 36 & 7, (u32)n, (u32)m);
}

/* In A32 k is unsigned:kind and o the operation; T32 (arg 1) numbers both otherwise. */
void arm_parallel(struct arm_tr *t, const struct arm_insn *in)
{
    static const u8 t32_ops[] = {ADD8, ADD16, ASX, 0xff, SUB8, SUB16, SAX, 0xff};
    unsigned kind = F('k'), op = F('o');

    if (in->row->arg) {
        op = t32_ops[op];
        kind = (kind & PAR_UNSIGNED) | ((kind & 3) == 3 ? 0 : (kind & 3) + 1);
    }
    if (!(kind & 3) || op == 5 || op == 6 || op == 0xff) {
        arm_undefined(t);
        return;
    }
    ir_val packed = ir_temp(t->b), r = ir_temp(t->b);
    ir_movi(t->b, packed, (u64)kind << 32 | (u64)op << 36);
    ir_2(t->b, IR_OR, IR_64, packed, packed, arm_reg(t, F('n')));
    ir_leaf(t->b, r, leaf_parallel, packed, arm_reg(t, F('m')));
    arm_set_reg(t, F('d'), r);
}

static u64 leaf_sel(struct cpu *c, u64 n, u64 m, u64 d)
{
    u64 ge = arm_of(c)->ge;
    u32 mask = 0;
    (void)d;
    for (unsigned i = 0; i < 4; i++)
        mask |= ge >> i & 1 ? 0xffu << 8 * i : 0;
    return ((u32)n & mask) | ((u32)m & ~mask);
}

void arm_sel(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r = ir_temp(t->b);
    ir_leaf(t->b, r, leaf_sel, arm_reg(t, F('n')), arm_reg(t, F('m')));
    arm_set_reg(t, F('d'), r);
}

/* PKHBT, and with T PKHTB: the halves of n and of m, shifted. */
void arm_pkh(struct arm_tr *t, const struct arm_insn *in)
{
    bool tb = F('T');
    ir_val n = arm_reg(t, F('n'));
    ir_val m =
        arm_shift_imm(t, arm_reg(t, F('m')), tb ? SHIFT_ASR : SHIFT_LSL, F('i'), false).value;
    ir_val low = arm_2i(t, IR_AND, tb ? m : n, 0xffff),
           high = arm_2i(t, IR_AND, tb ? n : m, 0xffff0000);
    arm_set_reg(t, F('d'), arm_2(t, IR_OR, low, high));
}

/* ---- saturation: Q is set where it happens ---- */

static u32 saturate(struct arm_cpu *a, i64 v, unsigned to, bool is_unsigned)
{
    bool cut;
    v = is_unsigned ? clamp(v, 0, ((i64)1 << to) - 1, &cut)
                    : clamp(v, -((i64)1 << to), ((i64)1 << to) - 1, &cut);
    a->q_flag |= cut;
    return (u32)v;
}

/* b: bits 0 to 4 the bound, bit 5 unsigned */
static u64 leaf_saturate(struct cpu *c, u64 x, u64 b, u64 d)
{
    (void)d;
    return saturate(arm_of(c), (i32)x, b & 31, b & 32);
}

static u64 leaf_saturate16(struct cpu *c, u64 x, u64 b, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    (void)d;
    u32 low = saturate(a, (i16)x, b & 31, b & 32),
        high = saturate(a, (i16)(x >> 16), b & 31, b & 32);
    return (low & 0xffff) | high << 16;
}

static void emit_saturate(struct arm_tr *t, const struct arm_insn *in, ir_helper fn, ir_val x)
{
    ir_val r = ir_temp(t->b);
    ir_leaf(t->b, r, fn, x, arm_imm(t, F('s') | (u32)in->row->arg << 5));
    arm_set_reg(t, F('d'), r);
}

/* SSAT, USAT (arg 1): to s bits (plus 1, signed), of n shifted left, or right with T (by 32 for 0).
 */
void arm_saturate(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val x =
        arm_shift_imm(t, arm_reg(t, F('n')), F('T') ? SHIFT_ASR : SHIFT_LSL, F('i'), false).value;
    emit_saturate(t, in, leaf_saturate, x);
}

void arm_saturate16(struct arm_tr *t, const struct arm_insn *in)
{
    emit_saturate(t, in, leaf_saturate16, arm_reg(t, F('n')));
}

/* b: the second operand; above it bit 32: subtract, bit 33: double it first */
static u64 leaf_qadd(struct cpu *c, u64 m, u64 b, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    i64 n = (i32)b;
    (void)d;
    if (b >> 33 & 1)
        n = (i32)saturate(a, n * 2, 31, false);
    return saturate(a, b >> 32 & 1 ? (i32)m - n : (i32)m + n, 31, false);
}

/* QADD, QSUB, QDADD, QDSUB: o is double:subtract; in T32 (arg 1) subtract:double. */
void arm_qadd(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val how = ir_temp(t->b), r = ir_temp(t->b);
    u64 o = in->row->arg ? F('o') >> 1 | (F('o') & 1) << 1 : F('o');
    ir_movi(t->b, how, o << 32);
    ir_2(t->b, IR_OR, IR_64, how, how, arm_reg(t, F('n')));
    ir_leaf(t->b, r, leaf_qadd, arm_reg(t, F('m')), how);
    arm_set_reg(t, F('d'), r);
}
