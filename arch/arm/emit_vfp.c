/* emit_vfp.c - VFP arithmetic and conversions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A8.8 (V instructions). There are no short vectors: with FPSCR.LEN or STRIDE set,
 * arithmetic is undefined. */
#include "arch/arm/emit_vfp.h"
#include "arch/arm/vfp.h"
#include "arch/arm/vfp_vop.h"
#include "emu/vop.h"

#define F(letter) insn_field(in, letter)

/* ---- registers ---- */

ir_val arm_vfp_get_s(struct arm_tr *t, unsigned n)
{
    ir_val v = ir_temp(t->b);
    ir_extract(t->b, v, ARM_D(n / 2), n & 1 ? 32 : 0, 32);
    return v;
}

void arm_vfp_set_s(struct arm_tr *t, unsigned n, ir_val v)
{
    ir_insert(t->b, ARM_D(n / 2), v, n & 1 ? 32 : 0, 32);
}

static ir_val get(struct arm_tr *t, bool is_double, u32 field, u32 bit)
{
    return is_double ? ARM_D(arm_vfp_double(field, bit))
                     : arm_vfp_get_s(t, arm_vfp_single(field, bit));
}

static void set(struct arm_tr *t, bool is_double, u32 field, u32 bit, ir_val v)
{
    if (is_double)
        ir_mov(t->b, ARM_D(arm_vfp_double(field, bit)), v);
    else
        arm_vfp_set_s(t, arm_vfp_single(field, bit), v);
}

#define GET(letter, upper) get(t, F('z'), F(letter), F(upper))
#define SET_D(v) set(t, F('z'), F('d'), F('D'), v)

static bool short_vectors(struct arm_tr *t)
{
    if (t->mode & MODE_VEC)
        arm_undefined(t);
    return t->mode & MODE_VEC;
}

/* ---- arithmetic: VOPs, which find the mode in FPSCR ---- */

struct reg {
    ir_val word;
    bool high; /* half of it, of a single */
};

static struct reg reg_of(bool is_double, u32 field, u32 bit)
{
    unsigned s = arm_vfp_single(field, bit);
    if (is_double)
        return (struct reg){ARM_D(arm_vfp_double(field, bit)), false};
    return (struct reg){ARM_D(s / 2), s & 1};
}

#define REG(letter, upper) reg_of(F('z'), F(letter), F(upper))

static const struct reg none = {IR_NONE, false};

static struct reg temporary(struct arm_tr *t)
{
    return (struct reg){ir_temp(t->b), false};
}

static u8 halves(struct reg d, struct reg a, struct reg b)
{
    return (d.high ? VOP_D_HIGH : 0) | (a.high ? VOP_A_HIGH : 0) | (b.high ? VOP_B_HIGH : 0);
}

static u8 how(const struct arm_tr *t)
{
    return t->mode & MODE_FZ ? VOP_FLUSH : VOP_IEEE;
}

static void apply(struct arm_tr *t, enum arm_fop op, bool is_double, struct reg d, struct reg a, struct reg b)
{
    bool adds = op >= FOP_FMA && op <= FOP_FNMA;
    ir_vop(t->b, &arm_fops[op][is_double], is_double ? IR_64 : IR_32, d.word, a.word, b.word, halves(d, a, b),
           how(t) | (adds ? VOP_ADDS : 0));
}

/* Operations on bits, which raise nothing. */
static void bits(struct arm_tr *t, enum vec_host op, bool is_double, struct reg d, struct reg a, struct reg b)
{
    ir_vop(t->b, &vop_fns[op], is_double ? IR_64 : IR_32, d.word, a.word, b.word, halves(d, a, b), VOP_ALWAYS);
}

static void shift(struct arm_tr *t, bool left, bool is_double, struct reg d, struct reg a, u8 n)
{
    enum vec_host op = is_double ? (left ? VEC_PSLLQ_I : VEC_PSRLQ_I) : left ? VEC_PSLLD_I : VEC_PSRLD_I;
    ir_vop(t->b, &vop_fns[op], IR_64, d.word, a.word, IR_NONE, n, VOP_ALWAYS);
}

static void negate(struct arm_tr *t, bool is_double, struct reg d, struct reg v)
{
    struct reg ones = temporary(t), sign = temporary(t);
    ir_vop(t->b, &vop_fns[VEC_PCMPEQD], IR_64, ones.word, ones.word, ones.word, 0, VOP_ALWAYS);
    shift(t, true, is_double, sign, ones, is_double ? 63 : 31);
    bits(t, VEC_PXOR, is_double, d, v, sign);
}

static void absolute(struct arm_tr *t, bool is_double, struct reg d, struct reg v)
{
    struct reg ones = temporary(t), mask = temporary(t);
    ir_vop(t->b, &vop_fns[VEC_PCMPEQD], IR_64, ones.word, ones.word, ones.word, 0, VOP_ALWAYS);
    shift(t, false, is_double, mask, ones, 1);
    bits(t, VEC_PAND, is_double, d, v, mask);
}

void arm_vfp_binary(struct arm_tr *t, const struct arm_insn *in)
{
    static const u8 ops[] = {[VFP_ADD] = FOP_ADD, [VFP_SUB] = FOP_SUB, [VFP_MUL] = FOP_MUL, [VFP_NMUL] = FOP_MUL,
                             [VFP_DIV] = FOP_DIV};
    bool dbl = F('z'), negative = in->row->arg == VFP_NMUL;
    if (short_vectors(t))
        return;
    struct reg r = negative ? temporary(t) : REG('d', 'D');
    apply(t, ops[in->row->arg], dbl, r, REG('n', 'N'), REG('m', 'M'));
    if (negative)
        negate(t, dbl, REG('d', 'D'), r);
}

/* arg: bit 0: the product is subtracted; bit 1: the other operand is negated. VNMLS: -d + p; VNMLA:
 * -d - p. */
void arm_vfp_accumulate(struct arm_tr *t, const struct arm_insn *in)
{
    bool dbl = F('z');
    struct reg d = REG('d', 'D');
    if (short_vectors(t))
        return;
    struct reg product = temporary(t), minus = temporary(t);
    apply(t, FOP_MUL, dbl, product, REG('n', 'N'), REG('m', 'M'));
    switch (in->row->arg) {
    case 0: apply(t, FOP_ADD, dbl, d, d, product); break;
    case 1: apply(t, FOP_ADD_NEG, dbl, d, d, product); break;
    case 2: apply(t, FOP_NEG_ADD, dbl, d, product, d); break;
    default:
        negate(t, dbl, minus, d);
        apply(t, FOP_ADD_NEG, dbl, d, minus, product);
    }
}

/* arg: as above, but that n is negated instead of the product. VFNMS: -d + n m; VFNMA: -d - n m. */
void arm_vfp_fused(struct arm_tr *t, const struct arm_insn *in)
{
    static const u8 ops[] = {FOP_FMA, FOP_FMS, FOP_FNMS, FOP_FNMA};
    if (!short_vectors(t))
        apply(t, ops[in->row->arg], F('z'), REG('d', 'D'), REG('n', 'N'), REG('m', 'M'));
}

void arm_vfp_unary(struct arm_tr *t, const struct arm_insn *in)
{
    bool dbl = F('z');
    struct reg d = REG('d', 'D'), m = REG('m', 'M');
    if (short_vectors(t))
        return;
    switch (in->row->arg) {
    case VFP_ABS: absolute(t, dbl, d, m); break;
    case VFP_NEG: negate(t, dbl, d, m); break;
    case VFP_SQRT: apply(t, FOP_SQRT, dbl, d, none, m); break;
    default: bits(t, VEC_MOVAPS, dbl, d, none, m);
    }
}

u64 arm_vfp_expand_imm(u32 imm8, bool is_double)
{
    u64 sign = imm8 >> 7, b = imm8 >> 6 & 1, low = imm8 & 0x3f;
    if (is_double)
        return sign << 63 | (b ? UINT64_C(0xff) << 54 : UINT64_C(1) << 62) | low << 48;
    return sign << 31 | (b ? UINT64_C(0x1f) << 25 : UINT64_C(1) << 30) | low << 19;
}

void arm_vfp_imm(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val v = ir_temp(t->b);
    if (short_vectors(t))
        return;
    ir_movi(t->b, v, arm_vfp_expand_imm(F('i'), F('z')));
    SET_D(v);
}

/* ---- comparison ---- */

/* FPSCR's flags: less is N, equal Z and C, greater C, unordered C and V. Four nibbles, chosen by CF and ZF (unordered
 * is both). arg: with zero */
void arm_vfp_compare(struct arm_tr *t, const struct arm_insn *in)
{
    bool dbl = F('z');
    struct reg m = temporary(t), rflags = temporary(t);
    if (in->row->arg)
        ir_vop(t->b, &vop_fns[VEC_PXOR], dbl ? IR_64 : IR_32, m.word, m.word, m.word, 0, VOP_ALWAYS);
    else
        m = REG('m', 'M');
    apply(t, F('E') ? FOP_CMPE : FOP_CMP, dbl, rflags, REG('d', 'D'), m);
    ir_val at = arm_2i(t, IR_AND, rflags.word, 1), zf = arm_2i(t, IR_SHR, rflags.word, 3);
    at = arm_2(t, IR_OR, arm_2i(t, IR_SHL, at, 2), arm_2i(t, IR_AND, zf, 8));
    ir_val flags = arm_2(t, IR_SHR, arm_imm(t, 0x3682), at);
    ir_2i(t->b, IR_SHL, IR_32, ARM_FP_NZCV, flags, 28);
}

/* ---- conversions ---- */

/* z says what m is; d is the other. */
void arm_vfp_resize(struct arm_tr *t, const struct arm_insn *in)
{
    bool from_double = F('z');
    apply(t, FOP_RESIZE, !from_double, reg_of(!from_double, F('d'), F('D')), none, REG('m', 'M'));
}

static u64 leaf_from_half(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct arm_cpu *p = arm_of(c);
    struct fp_ctx f = arm_fp_begin(p, false);
    u64 r = arm_fp_from_half(&f, &fp_single, (u16)a, p->fpscr & FPSCR_AHP);
    (void)b, (void)d;
    arm_fp_end(p, &f);
    return r;
}

static u64 leaf_to_half(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct arm_cpu *p = arm_of(c);
    struct fp_ctx f = arm_fp_begin(p, false);
    u64 r = arm_fp_to_half(&f, &fp_single, (u32)a, p->fpscr & FPSCR_AHP);
    (void)b, (void)d;
    arm_fp_end(p, &f);
    return r;
}

/* T: the top half of the single register that has it. arg: to half */
void arm_vfp_half(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned d = arm_vfp_single(F('d'), F('D'));
    ir_val m = arm_vfp_get_s(t, arm_vfp_single(F('m'), F('M'))), r = ir_temp(t->b);
    if (in->row->arg) {
        ir_leaf(t->b, r, leaf_to_half, m, IR_NONE);
        ir_insert(t->b, ARM_D(d / 2), r, (d & 1 ? 32 : 0) + (F('T') ? 16 : 0), 16);
    } else {
        ir_leaf(t->b, r, leaf_from_half, F('T') ? arm_2i(t, IR_SHR, m, 16) : m, IR_NONE);
        arm_vfp_set_s(t, d, r);
    }
}

/* How a number is converted, in one word: what, how many bits behind the point, and how many in
 * all. */
enum { FIX_DOUBLE = 1, FIX_SIGNED = 2, FIX_16 = 4, FIX_TO_ZERO = 8, FIX_FRACTION_SHIFT = 8 };

static u64 leaf_from_int(struct cpu *c, u64 v, u64 how, u64 d)
{
    struct arm_cpu *p = arm_of(c);
    struct fp_ctx f = arm_fp_begin(p, false);
    i64 n = how & FIX_16       ? (how & FIX_SIGNED ? (i64)(i16)v : (i64)(u16)v)
            : how & FIX_SIGNED ? (i64)(i32)v
                               : (i64)(u32)v;
    (void)d;
    if (how >> FIX_FRACTION_SHIFT)
        f.rounding = FP_NEAREST; /* fixed point (A8.8.306) */
    u64 r = arm_fp_from_int(&f, how & FIX_DOUBLE ? &fp_double : &fp_single, n < 0,
                            (u64)(n < 0 ? -n : n), (unsigned)(how >> FIX_FRACTION_SHIFT) & 63);
    arm_fp_end(p, &f);
    return r;
}

static u64 leaf_to_int(struct cpu *c, u64 v, u64 how, u64 d)
{
    struct arm_cpu *p = arm_of(c);
    struct fp_ctx f = arm_fp_begin(p, false);
    u64 r = arm_fp_to_int(&f, how & FIX_DOUBLE ? &fp_double : &fp_single, v, how & FIX_16 ? 16 : 32,
                          how & FIX_SIGNED, (unsigned)(how >> FIX_FRACTION_SHIFT) & 63,
                          how & FIX_TO_ZERO);
    (void)d;
    arm_fp_end(p, &f);
    return r;
}

/* The integer is in a single register. */
void arm_vfp_from_int(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val v = arm_vfp_get_s(t, arm_vfp_single(F('m'), F('M')));
    struct reg d = REG('d', 'D');
    ir_vop(t->b, &arm_fops[FOP_FROM_INT][F('z')], F('z') ? IR_64 : IR_32, d.word, v, IR_NONE,
           (d.high ? VOP_D_HIGH : 0) | (F('s') ? 0 : VOP_WORD), VOP_ALWAYS);
}

/* Z: toward zero, else as FPSCR says */
void arm_vfp_to_int(struct arm_tr *t, const struct arm_insn *in)
{
    u32 fixed = (F('z') ? FIX_DOUBLE : 0) | (F('s') ? FIX_SIGNED : 0);
    struct reg m = REG('m', 'M');
    ir_val r = ir_temp(t->b);
    if (F('Z'))
        ir_vop(t->b, &arm_fops[FOP_TO_INT][F('z')], F('z') ? IR_64 : IR_32, r, IR_NONE, m.word,
               (m.high ? VOP_B_HIGH : 0) | (F('s') ? 0 : VOP_WORD), how(t));
    else
        ir_leaf(t->b, r, leaf_to_int, GET('m', 'M'), arm_imm(t, fixed));
    arm_vfp_set_s(t, arm_vfp_single(F('d'), F('D')), r);
}

/* w: 32 bits, else 16; i:I is how many are before the point. False: more than there are. */
static bool fixed(const struct arm_insn *in, u32 *how)
{
    unsigned size = F('w') ? 32 : 16, before = F('i') << 1 | F('I');
    *how = (F('z') ? FIX_DOUBLE : 0) | (F('u') ? 0 : FIX_SIGNED) | (F('w') ? 0 : FIX_16) |
           FIX_TO_ZERO | (size - before) << FIX_FRACTION_SHIFT | 1u << 16;
    return before <= size;
}

void arm_vfp_from_fixed(struct arm_tr *t, const struct arm_insn *in)
{
    u32 how;
    if (!fixed(in, &how)) {
        arm_undefined(t);
        return;
    }
    ir_val r = ir_temp(t->b);
    ir_leaf(t->b, r, leaf_from_int, GET('d', 'D'), arm_imm(t, how));
    SET_D(r);
}

void arm_vfp_to_fixed(struct arm_tr *t, const struct arm_insn *in)
{
    u32 how;
    if (!fixed(in, &how)) {
        arm_undefined(t);
        return;
    }
    ir_val r = ir_temp(t->b);
    ir_leaf(t->b, r, leaf_to_int, GET('d', 'D'), arm_imm(t, how));
    if (how & FIX_SIGNED) /* extended to the register's size */
        ir_1(t->b, how & FIX_16 ? IR_SEXT16 : IR_SEXT32, F('z') ? IR_64 : IR_32, r, r);
    else
        ir_extract(t->b, r, r, 0, how & FIX_16 ? 16 : 32);
    SET_D(r);
}
