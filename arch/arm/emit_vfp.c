/* emit_vfp.c - VFP arithmetic and conversions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A8.8 (V instructions). There are no short vectors: with FPSCR.LEN or STRIDE set,
 * arithmetic is undefined. */
#include "arch/arm/emit_vfp.h"
#include "arch/arm/vfp.h"
#include "emu/check.h"

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

/* ---- arithmetic: leaves, which find the mode in FPSCR ---- */

#define BINARY(name, op)                                                                           \
    static u64 name##_s(struct cpu *c, u64 a, u64 b, u64 d)                                        \
    {                                                                                              \
        struct fp_ctx f = arm_fp_begin(arm_of(c), false);                                          \
        u64 r = op(&f, &fp_single, (u32)a, (u32)b);                                                \
        (void)d;                                                                                   \
        arm_fp_end(arm_of(c), &f);                                                                 \
        return r;                                                                                  \
    }                                                                                              \
    static u64 name##_d(struct cpu *c, u64 a, u64 b, u64 d)                                        \
    {                                                                                              \
        struct fp_ctx f = arm_fp_begin(arm_of(c), false);                                          \
        u64 r = op(&f, &fp_double, a, b);                                                          \
        (void)d;                                                                                   \
        arm_fp_end(arm_of(c), &f);                                                                 \
        return r;                                                                                  \
    }
BINARY(leaf_add, arm_fp_add)
BINARY(leaf_sub, arm_fp_sub)
BINARY(leaf_mul, arm_fp_mul)
BINARY(leaf_div, arm_fp_div)
BINARY(leaf_sqrt, arm_fp_sqrt)

static const ir_helper leaves[][2] = {
    [VFP_ADD] = {leaf_add_s, leaf_add_d}, [VFP_SUB] = {leaf_sub_s, leaf_sub_d},
    [VFP_MUL] = {leaf_mul_s, leaf_mul_d}, [VFP_NMUL] = {leaf_mul_s, leaf_mul_d},
    [VFP_DIV] = {leaf_div_s, leaf_div_d}, [VFP_SQRT] = {leaf_sqrt_s, leaf_sqrt_d},
};

static ir_val apply(struct arm_tr *t, enum arm_vfp_op op, bool is_double, ir_val a, ir_val b)
{
    ir_val r = ir_temp(t->b);
    ir_leaf(t->b, r, leaves[op][is_double], a, b);
    return r;
}

static ir_val negated(struct arm_tr *t, bool is_double, ir_val v)
{
    ir_val r = ir_temp(t->b), sign = ir_temp(t->b);
    ir_movi(t->b, sign, is_double ? UINT64_C(1) << 63 : UINT64_C(1) << 31);
    ir_2(t->b, IR_XOR, IR_64, r, v, sign);
    return r;
}

void arm_vfp_binary(struct arm_tr *t, const struct arm_insn *in)
{
    if (short_vectors(t))
        return;
    ir_val r = apply(t, in->row->arg, F('z'), GET('n', 'N'), GET('m', 'M'));
    SET_D(in->row->arg == VFP_NMUL ? negated(t, F('z'), r) : r);
}

/* arg: bit 0: the product is subtracted; bit 1: the other operand is negated. VNMLS: -d + p; VNMLA:
 * -d - p. */
void arm_vfp_accumulate(struct arm_tr *t, const struct arm_insn *in)
{
    bool dbl = F('z');
    if (short_vectors(t))
        return;
    ir_val product = apply(t, VFP_MUL, dbl, GET('n', 'N'), GET('m', 'M'));
    ir_val d = GET('d', 'D');
    if (in->row->arg & 1)
        product = negated(t, dbl, product);
    SET_D(apply(t, VFP_ADD, dbl, in->row->arg & 2 ? negated(t, dbl, d) : d, product));
}

static u64 help_fma_s(struct cpu *c, u64 d, u64 n, u64 m)
{
    struct fp_ctx f = arm_fp_begin(arm_of(c), false);
    u64 r = arm_fp_fma(&f, &fp_single, (u32)d, (u32)n, (u32)m);
    arm_fp_end(arm_of(c), &f);
    return r;
}

static u64 help_fma_d(struct cpu *c, u64 d, u64 n, u64 m)
{
    struct fp_ctx f = arm_fp_begin(arm_of(c), false);
    u64 r = arm_fp_fma(&f, &fp_double, d, n, m);
    arm_fp_end(arm_of(c), &f);
    return r;
}

/* arg: as above, but that n is negated instead of the product. VFNMS: -d + n m; VFNMA: -d - n m. */
void arm_vfp_fused(struct arm_tr *t, const struct arm_insn *in)
{
    bool dbl = F('z');
    if (short_vectors(t))
        return;
    ir_val n = GET('n', 'N'), d = GET('d', 'D'), r = ir_temp(t->b);
    if (in->row->arg & 1)
        n = negated(t, dbl, n);
    if (in->row->arg & 2)
        d = negated(t, dbl, d);
    arm_call(t, r, dbl ? help_fma_d : help_fma_s, d, n, GET('m', 'M'));
    SET_D(r);
}

void arm_vfp_unary(struct arm_tr *t, const struct arm_insn *in)
{
    bool dbl = F('z');
    u64 sign = dbl ? UINT64_C(1) << 63 : UINT64_C(1) << 31;
    if (short_vectors(t))
        return;
    ir_val v = GET('m', 'M'), r = ir_temp(t->b);
    switch (in->row->arg) {
    case VFP_ABS: ir_2i(t->b, IR_AND, IR_64, r, v, sign - 1); break;
    case VFP_NEG: r = negated(t, dbl, v); break;
    case VFP_SQRT: r = apply(t, VFP_SQRT, dbl, v, v); break;
    default: ir_mov(t->b, r, v);
    }
    SET_D(r);
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

enum { CMP_SIGNALS = 1, CMP_DOUBLE = 2 };

static u64 help_compare(struct cpu *c, u64 a, u64 b, u64 how)
{
    struct arm_cpu *p = arm_of(c);
    struct fp_ctx f = arm_fp_begin(p, false);
    u32 flags =
        arm_fp_compare(&f, how & CMP_DOUBLE ? &fp_double : &fp_single, a, b, !(how & CMP_SIGNALS));
    p->fpscr = (p->fpscr & ~(u64)PSR_NZCV) | flags;
    arm_fp_end(p, &f);
    return 0;
}

/* arg: with zero */
void arm_vfp_compare(struct arm_tr *t, const struct arm_insn *in)
{
    u32 how = (F('E') ? CMP_SIGNALS : 0) | (F('z') ? CMP_DOUBLE : 0);
    ir_val m = in->row->arg ? arm_imm(t, 0) : GET('m', 'M');
    arm_call(t, IR_NONE, help_compare, GET('d', 'D'), m, arm_imm(t, how));
}

/* ---- conversions ---- */

static u64 leaf_to_double(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct fp_ctx f = arm_fp_begin(arm_of(c), false);
    u64 r = arm_fp_convert(&f, &fp_double, &fp_single, (u32)a);
    (void)b, (void)d;
    arm_fp_end(arm_of(c), &f);
    return r;
}

static u64 leaf_to_single(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct fp_ctx f = arm_fp_begin(arm_of(c), false);
    u64 r = arm_fp_convert(&f, &fp_single, &fp_double, a);
    (void)b, (void)d;
    arm_fp_end(arm_of(c), &f);
    return r;
}

/* z says what m is; d is the other. */
void arm_vfp_resize(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r = ir_temp(t->b);
    bool to_single = F('z');
    ir_leaf(t->b, r, to_single ? leaf_to_single : leaf_to_double, GET('m', 'M'), IR_NONE);
    set(t, !to_single, F('d'), F('D'), r);
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
    u32 how = (F('z') ? FIX_DOUBLE : 0) | (F('s') ? FIX_SIGNED : 0);
    ir_val r = ir_temp(t->b);
    ir_leaf(t->b, r, leaf_from_int, arm_vfp_get_s(t, arm_vfp_single(F('m'), F('M'))),
            arm_imm(t, how));
    SET_D(r);
}

/* Z: toward zero, else as FPSCR says */
void arm_vfp_to_int(struct arm_tr *t, const struct arm_insn *in)
{
    u32 how = (F('z') ? FIX_DOUBLE : 0) | (F('s') ? FIX_SIGNED : 0) | (F('Z') ? FIX_TO_ZERO : 0);
    ir_val r = ir_temp(t->b);
    ir_leaf(t->b, r, leaf_to_int, GET('m', 'M'), arm_imm(t, how));
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
