/* emit_neon_vop.c - Advanced SIMD by VOPs: what the host's SSE instructions do as Arm's */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, A7.4 and A8.8. An instruction that is here is made of operations on whole
 * vectors, with temporaries between them; what is not here, or only for other sizes, is a loop over
 * its elements (neon.c). Both mean the same.
 */
#include "arch/arm/emit_neon.h"
#include "arch/arm/vfp_vop.h"
#include "emu/vop.h"

struct vec_tr {
    struct ir_block *b;
    struct neon_args g;
    enum ir_size size; /* of what is being worked on */
    bool float_ok;     /* FPSCR rounds to nearest, as the standard mode does */
    ir_val d, n, m;
};

/* ---- one operation each ---- */

static ir_val temp(struct vec_tr *v)
{
    return ir_vec_temp(v->b);
}

static void to(struct vec_tr *v, enum vec_host op, ir_val d, ir_val a, ir_val b)
{
    ir_vop(v->b, &vop_fns[op], v->size, d, a, b, 0, VOP_ALWAYS);
}

static ir_val op2(struct vec_tr *v, enum vec_host op, ir_val a, ir_val b)
{
    ir_val r = temp(v);
    to(v, op, r, a, b);
    return r;
}

static ir_val op1(struct vec_tr *v, enum vec_host op, ir_val b)
{
    return op2(v, op, IR_NONE, b);
}

static ir_val shuffle(struct vec_tr *v, enum vec_host op, ir_val b, u8 imm)
{
    ir_val r = temp(v);
    ir_vop(v->b, &vop_fns[op], v->size, r, IR_NONE, b, imm, VOP_ALWAYS);
    return r;
}

static ir_val shift(struct vec_tr *v, enum vec_host op, ir_val a, unsigned n)
{
    ir_val r = temp(v);
    ir_vop(v->b, &vop_fns[op], v->size, r, a, IR_NONE, (u8)n, VOP_ALWAYS);
    return r;
}

static ir_val constant(struct vec_tr *v, enum vec_host op)
{
    ir_val r = temp(v);
    to(v, op, r, r, r);
    return r;
}

static ir_val ones(struct vec_tr *v)
{
    return constant(v, VEC_PCMPEQD);
}

static ir_val zeros(struct vec_tr *v)
{
    return constant(v, VEC_PXOR);
}

static ir_val inverted(struct vec_tr *v, ir_val x)
{
    return op2(v, VEC_PXOR, x, ones(v));
}

static void move(struct vec_tr *v, ir_val d, ir_val x)
{
    to(v, VEC_MOVAPS, d, IR_NONE, x);
}

/* Of 128 bits, made of what is in the low 64 of operands. */
static ir_val low2(struct vec_tr *v, enum vec_host op, ir_val a, ir_val b, u8 imm)
{
    ir_val r = temp(v);
    ir_vop(v->b, &vop_fns[op], IR_128, r, a, b, imm, VOP_LOW);
    return r;
}

static ir_val floats(struct vec_tr *v, enum arm_fops_packed op, ir_val d, ir_val a, ir_val b)
{
    static const u8 imm[FOPVS] = {[FOPV_CEQ] = 0, [FOPV_CLT] = 1, [FOPV_CLE] = 2}; /* CMPPS' */
    bool adds = op == FOPV_FMA || op == FOPV_FMS;
    ir_vop(v->b, &arm_fops_packed[op], v->size, d, a, b, imm[op],
           VOP_FLUSH | (adds ? VOP_ADDS : 0));
    return d;
}

/* ---- by the element's size ---- */

#define BY_SIZE(name, b, h, w, l) static const u16 name[4] = {b, h, w, l}
BY_SIZE(add_ops, VEC_PADDB, VEC_PADDW, VEC_PADDD, VEC_PADDQ);
BY_SIZE(sub_ops, VEC_PSUBB, VEC_PSUBW, VEC_PSUBD, VEC_PSUBQ);
BY_SIZE(mul_ops, 0, VEC_PMULLW, VEC_PMULLD, 0);
BY_SIZE(eq_ops, VEC_PCMPEQB, VEC_PCMPEQW, VEC_PCMPEQD, 0);
BY_SIZE(gt_ops, VEC_PCMPGTB, VEC_PCMPGTW, VEC_PCMPGTD, 0);
BY_SIZE(abs_ops, VEC_PABSB, VEC_PABSW, VEC_PABSD, 0);
BY_SIZE(sll_ops, 0, VEC_PSLLW_I, VEC_PSLLD_I, VEC_PSLLQ_I);
BY_SIZE(srl_ops, 0, VEC_PSRLW_I, VEC_PSRLD_I, VEC_PSRLQ_I);
BY_SIZE(sra_ops, 0, VEC_PSRAW_I, VEC_PSRAD_I, 0);
static const u16 max_ops[2][4] = {{VEC_PMAXSB, VEC_PMAXSW, VEC_PMAXSD, 0},
                                  {VEC_PMAXUB, VEC_PMAXUW, VEC_PMAXUD, 0}};
static const u16 min_ops[2][4] = {{VEC_PMINSB, VEC_PMINSW, VEC_PMINSD, 0},
                                  {VEC_PMINUB, VEC_PMINUW, VEC_PMINUD, 0}};
static const u16 widen_ops[2][4] = {{VEC_PMOVSXBW, VEC_PMOVSXWD, VEC_PMOVSXDQ, 0},
                                    {VEC_PMOVZXBW, VEC_PMOVZXWD, VEC_PMOVZXDQ, 0}};
static const u16 unpack_low[4] = {VEC_PUNPCKLBW, VEC_PUNPCKLWD, VEC_PUNPCKLDQ, VEC_PUNPCKLQDQ};
static const u16 unpack_high[4] = {VEC_PUNPCKHBW, VEC_PUNPCKHWD, VEC_PUNPCKHDQ, VEC_PUNPCKHQDQ};

static ir_val by_size(struct vec_tr *v, const u16 *ops, ir_val a, ir_val b)
{
    return op2(v, ops[v->g.size], a, b);
}

/* ---- of one length ---- */

static ir_val difference(struct vec_tr *v, ir_val n, ir_val m)
{
    ir_val most = by_size(v, max_ops[v->g.u], n, m);
    return by_size(v, sub_ops, most, by_size(v, min_ops[v->g.u], n, m));
}

static ir_val at_least(struct vec_tr *v, ir_val n, ir_val m)
{
    return by_size(v, eq_ops, by_size(v, max_ops[v->g.u], n, m), n);
}

static bool logic(struct vec_tr *v, neon_fn *fn, ir_val n, ir_val m)
{
    ir_val d = v->d;
    if (fn == neon_and)
        to(v, VEC_PAND, d, n, m);
    else if (fn == neon_bic)
        to(v, VEC_PANDN, d, m, n);
    else if (fn == neon_orr && n == m)
        move(v, d, n);
    else if (fn == neon_orr)
        to(v, VEC_POR, d, n, m);
    else if (fn == neon_orn)
        to(v, VEC_POR, d, n, inverted(v, m));
    else if (fn == neon_eor)
        to(v, VEC_PXOR, d, n, m);
    else if (fn == neon_bsl) /* m where d is 0 */
        to(v, VEC_PXOR, d, m, op2(v, VEC_PAND, d, op2(v, VEC_PXOR, n, m)));
    else if (fn == neon_bit) /* n where m is 1 */
        to(v, VEC_PXOR, d, d, op2(v, VEC_PAND, m, op2(v, VEC_PXOR, d, n)));
    else if (fn == neon_bif)
        to(v, VEC_PXOR, d, d, op2(v, VEC_PANDN, m, op2(v, VEC_PXOR, d, n)));
    else
        return false;
    return true;
}

static bool arithmetic(struct vec_tr *v, neon_fn *fn, ir_val n, ir_val m)
{
    unsigned s = v->g.size;
    ir_val d = v->d;
    if (fn == neon_add)
        to(v, add_ops[s], d, n, m);
    else if (fn == neon_sub)
        to(v, sub_ops[s], d, n, m);
    else if (s == 3)
        return false;
    else if (fn == neon_max)
        to(v, max_ops[v->g.u][s], d, n, m);
    else if (fn == neon_min)
        to(v, min_ops[v->g.u][s], d, n, m);
    else if (fn == neon_abd)
        move(v, d, difference(v, n, m));
    else if (fn == neon_aba)
        to(v, add_ops[s], d, d, difference(v, n, m));
    else if (fn == neon_rhadd && v->g.u && s < 2)
        to(v, s ? VEC_PAVGW : VEC_PAVGB, d, n, m);
    else if (fn == neon_mul && s)
        to(v, mul_ops[s], d, n, m);
    else if (fn == neon_mla && s)
        to(v, add_ops[s], d, d, by_size(v, mul_ops, n, m));
    else if (fn == neon_mls && s)
        to(v, sub_ops[s], d, d, by_size(v, mul_ops, n, m));
    else
        return false;
    return true;
}

static bool comparison(struct vec_tr *v, neon_fn *fn, ir_val n, ir_val m)
{
    unsigned s = v->g.size;
    ir_val d = v->d;
    if (s == 3)
        return false;
    if (fn == neon_ceq)
        to(v, eq_ops[s], d, n, m);
    else if (fn == neon_cgt && !v->g.u)
        to(v, gt_ops[s], d, n, m);
    else if (fn == neon_cgt)
        to(v, VEC_PXOR, d, at_least(v, m, n), ones(v));
    else if (fn == neon_cge)
        move(v, d, at_least(v, n, m));
    else if (fn == neon_tst)
        to(v, VEC_PXOR, d, by_size(v, eq_ops, op2(v, VEC_PAND, n, m), zeros(v)), ones(v));
    else
        return false;
    return true;
}

static bool float_same(struct vec_tr *v, neon_fn *fn, ir_val n, ir_val m)
{
    ir_val d = v->d;
    if (!v->float_ok)
        return false;
    if (fn == neon_fadd)
        floats(v, FOPV_ADD, d, n, m);
    else if (fn == neon_fsub)
        floats(v, FOPV_SUB, d, n, m);
    else if (fn == neon_fmul)
        floats(v, FOPV_MUL, d, n, m);
    else if (fn == neon_fmla)
        floats(v, FOPV_ADD, d, d, floats(v, FOPV_MUL, temp(v), n, m));
    else if (fn == neon_fmls)
        floats(v, FOPV_ADD_NEG, d, d, floats(v, FOPV_MUL, temp(v), n, m));
    else if (fn == neon_ffma)
        floats(v, FOPV_FMA, d, n, m);
    else if (fn == neon_ffms)
        floats(v, FOPV_FMS, d, n, m);
    else if (fn == neon_fmax)
        floats(v, FOPV_MAX, d, n, m);
    else if (fn == neon_fmin)
        floats(v, FOPV_MIN, d, n, m);
    else if (fn == neon_fabd)
        to(v, VEC_PAND, d, floats(v, FOPV_SUB, temp(v), n, m), shift(v, VEC_PSRLD_I, ones(v), 1));
    else if (fn == neon_fceq)
        floats(v, FOPV_CEQ, d, n, m);
    else if (fn == neon_fcge)
        floats(v, FOPV_CLE, d, m, n);
    else if (fn == neon_fcgt)
        floats(v, FOPV_CLT, d, m, n);
    else
        return false;
    return true;
}

static bool same(struct vec_tr *v, neon_fn *fn)
{
    return logic(v, fn, v->n, v->m) || arithmetic(v, fn, v->n, v->m) ||
           comparison(v, fn, v->n, v->m) || float_same(v, fn, v->n, v->m);
}

/* ---- of one operand ---- */

/* Bytes have no shifts of their own: bits that come from a neighbour are masked away. */
static ir_val shift_bytes(struct vec_tr *v, ir_val x, unsigned n, bool left)
{
    ir_val half = shift(v, left ? VEC_PSLLW_I : VEC_PSRLW_I, ones(v), 8 + n);
    ir_val mask = op2(v, VEC_POR, half, shift(v, left ? VEC_PSRLW_I : VEC_PSLLW_I, half, 8));
    return op2(v, VEC_PAND, mask, shift(v, left ? VEC_PSLLW_I : VEC_PSRLW_I, x, n));
}

/* IR_NONE: there is none. */
static ir_val shift_right(struct vec_tr *v, ir_val x, unsigned n)
{
    unsigned s = v->g.size;
    if (v->g.u)
        return s ? shift(v, srl_ops[s], x, n) : shift_bytes(v, x, n, false);
    return s == 1 || s == 2 ? shift(v, sra_ops[s], x, n) : IR_NONE;
}

/* What is rounded up is the last bit that is shifted out. */
static ir_val shift_round(struct vec_tr *v, ir_val x, unsigned n)
{
    unsigned s = v->g.size, bits = 8u << s;
    if (!s || (s == 3 && !v->g.u))
        return IR_NONE;
    ir_val bit = shift(v, srl_ops[s], x, n - 1);
    bit = shift(v, srl_ops[s], shift(v, sll_ops[s], bit, bits - 1), bits - 1);
    return by_size(v, add_ops, shift_right(v, x, n), bit);
}

static bool shifts(struct vec_tr *v, neon_fn *fn)
{
    unsigned s = v->g.size, n = v->g.imm;
    bool right = fn == neon_shr_imm || fn == neon_sra_imm,
         round = fn == neon_rshr_imm || fn == neon_rsra_imm;
    if (fn == neon_shl_imm) {
        move(v, v->d, s ? shift(v, sll_ops[s], v->m, n) : shift_bytes(v, v->m, n, true));
        return true;
    }
    if (!right && !round)
        return false;
    ir_val r = right ? shift_right(v, v->m, n) : shift_round(v, v->m, n);
    if (r == IR_NONE)
        return false;
    if (fn == neon_sra_imm || fn == neon_rsra_imm)
        to(v, add_ops[s], v->d, v->d, r);
    else
        move(v, v->d, r);
    return true;
}

static ir_val swap_bytes(struct vec_tr *v, ir_val x)
{
    return op2(v, VEC_POR, shift(v, VEC_PSLLW_I, x, 8), shift(v, VEC_PSRLW_I, x, 8));
}

/* g.imm: the element; g.size: within which it is reversed. */
static bool reverse(struct vec_tr *v)
{
    unsigned within = v->g.size;
    ir_val x = v->m;
    if (v->g.imm == 2) {
        move(v, v->d, shuffle(v, VEC_PSHUFD, x, 0xb1));
        return true;
    }
    if (v->g.imm == 0)
        x = swap_bytes(v, x);
    if (within > 1) {
        u8 order = within == 2 ? 0xb1 : 0x1b;
        x = shuffle(v, VEC_PSHUFHW, shuffle(v, VEC_PSHUFLW, x, order), order);
    }
    move(v, v->d, x);
    return true;
}

static bool unary(struct vec_tr *v, neon_fn *fn)
{
    unsigned s = v->g.size;
    ir_val d = v->d, m = v->m;
    if (fn == neon_rev)
        return reverse(v);
    if (fn == neon_mvn)
        to(v, VEC_PXOR, d, m, ones(v));
    else if (fn == neon_neg)
        to(v, sub_ops[s], d, zeros(v), m);
    else if (fn == neon_abs && s < 3)
        to(v, abs_ops[s], d, IR_NONE, m);
    else if (fn == neon_fneg)
        to(v, VEC_PXOR, d, m, shift(v, VEC_PSLLD_I, ones(v), 31));
    else if (fn == neon_fabs)
        to(v, VEC_PAND, d, m, shift(v, VEC_PSRLD_I, ones(v), 1));
    else if (fn == neon_ceq0 && s < 3)
        to(v, eq_ops[s], d, m, zeros(v));
    else if (fn == neon_cgt0 && s < 3)
        to(v, gt_ops[s], d, m, zeros(v));
    else if (fn == neon_clt0 && s < 3)
        to(v, gt_ops[s], d, zeros(v), m);
    else if (fn == neon_from_int && v->float_ok && !v->g.u)
        floats(v, FOPV_FROM_INT, d, IR_NONE, m);
    else if (fn == neon_to_int && v->float_ok && !v->g.u)
        floats(v, FOPV_TO_INT, d, IR_NONE, m);
    else
        return shifts(v, fn);
    return true;
}

/* ---- of two lengths: the wide elements are those of 128 bits ---- */

static ir_val widened(struct vec_tr *v, ir_val x)
{
    return low2(v, widen_ops[v->g.u][v->g.size], IR_NONE, x, 0);
}

static ir_val product(struct vec_tr *v, ir_val x, ir_val y)
{
    static const u16 ops[2][3] = {{VEC_PMULLW, VEC_PMULLD, VEC_PMULDQ},
                                  {VEC_PMULLW, VEC_PMULLD, VEC_PMULUDQ}};
    return op2(v, ops[v->g.u][v->g.size], x, y);
}

static bool is_long(neon_fn *fn)
{
    return fn == neon_addl || fn == neon_subl || fn == neon_mull || fn == neon_mlal ||
           fn == neon_mlsl || fn == neon_abdl || fn == neon_abal;
}

/* x and y are wide already. */
static bool longer(struct vec_tr *v, neon_fn *fn, ir_val x, ir_val y)
{
    unsigned wide = v->g.size + 1u;
    ir_val d = v->d;
    if (fn == neon_addl)
        to(v, add_ops[wide], d, x, y);
    else if (fn == neon_subl)
        to(v, sub_ops[wide], d, x, y);
    else if (fn == neon_mull)
        move(v, d, product(v, x, y));
    else if (fn == neon_mlal)
        to(v, add_ops[wide], d, d, product(v, x, y));
    else if (fn == neon_mlsl)
        to(v, sub_ops[wide], d, d, product(v, x, y));
    else if (wide == 3)
        return false;
    else if (fn == neon_abdl)
        to(v, abs_ops[wide], d, IR_NONE, op2(v, sub_ops[wide], x, y));
    else if (fn == neon_abal)
        to(v, add_ops[wide], d, d, op1(v, abs_ops[wide], op2(v, sub_ops[wide], x, y)));
    else
        return false;
    return true;
}

static bool lengthen(struct vec_tr *v, neon_fn *fn)
{
    v->size = IR_128;
    if (fn == neon_shll_imm) {
        ir_val x = widened(v, v->m);
        move(v, v->d, v->g.imm ? shift(v, sll_ops[v->g.size + 1u], x, v->g.imm) : x);
        return true;
    }
    if (!is_long(fn) || (v->g.size == 2 && (fn == neon_abdl || fn == neon_abal)))
        return false;
    return longer(v, fn, widened(v, v->n), widened(v, v->m));
}

static bool add_wide(struct vec_tr *v, neon_fn *fn)
{
    v->size = IR_128;
    to(v, (fn == neon_addw ? add_ops : sub_ops)[v->g.size + 1u], v->d, v->n, widened(v, v->m));
    return true;
}

/* The low halves of wide elements, from two vectors. */
static ir_val packed(struct vec_tr *v, unsigned narrow, ir_val a, ir_val b)
{
    if (narrow == 2) {
        ir_val r = temp(v);
        ir_vop(v->b, &vop_fns[VEC_SHUFPS], IR_128, r, a, b, 0x88, VOP_ALWAYS);
        return r;
    }
    unsigned bits = 8u << narrow, wide = narrow + 1u;
    ir_val x = shift(v, srl_ops[wide], shift(v, sll_ops[wide], a, bits), bits), y = x;
    if (a != b)
        y = shift(v, srl_ops[wide], shift(v, sll_ops[wide], b, bits), bits);
    return op2(v, narrow ? VEC_PACKUSDW : VEC_PACKUSWB, x, y);
}

static void finish_low(struct vec_tr *v, ir_val d, ir_val x)
{
    ir_vop(v->b, &vop_fns[VEC_MOVAPS], IR_64, d, IR_NONE, x, 0, VOP_ALWAYS);
}

static bool narrow(struct vec_tr *v, neon_fn *fn)
{
    v->size = IR_128;
    ir_val x = v->m;
    if (fn == neon_shrn_imm)
        x = shift(v, srl_ops[v->g.size + 1u], x, v->g.imm);
    else if (fn != neon_movn)
        return false;
    finish_low(v, v->d, packed(v, v->g.size, x, x));
    return true;
}

/* Neighbours added, of bytes by a multiplication by 1. */
static bool add_pairs_long(struct vec_tr *v, neon_fn *fn)
{
    unsigned s = v->g.size, bits = 8u << s;
    ir_val m = v->m, one, sum;
    if (s == 0) {
        one = op1(v, VEC_PABSB, ones(v));
        sum = v->g.u ? op2(v, VEC_PMADDUBSW, m, one) : op2(v, VEC_PMADDUBSW, one, m);
    } else if (s == 1 && !v->g.u) {
        sum = op2(v, VEC_PMADDWD, m, op1(v, VEC_PABSW, ones(v)));
    } else if (v->g.u) {
        sum = op2(v, add_ops[s + 1], shift(v, srl_ops[s + 1], m, bits),
                  shift(v, srl_ops[s + 1], shift(v, sll_ops[s + 1], m, bits), bits));
    } else {
        return false;
    }
    if (fn == neon_padal)
        to(v, add_ops[s + 1], v->d, v->d, sum);
    else
        move(v, v->d, sum);
    return true;
}

static bool add_pairs(struct vec_tr *v, neon_fn *fn)
{
    unsigned s = v->g.size;
    bool f = fn == neon_fadd;
    if (!(f && v->float_ok) && !(fn == neon_add && (s == 1 || s == 2)))
        return false;
    ir_val both = low2(v, VEC_PUNPCKLQDQ, v->n, v->m, 0);
    v->size = IR_128;
    if (!f) {
        finish_low(v, v->d, op2(v, s == 1 ? VEC_PHADDW : VEC_PHADDD, both, both));
        return true;
    }
    ir_val even = temp(v), odd = temp(v);
    finish_low(v, even, shuffle(v, VEC_PSHUFD, both, 0x88));
    finish_low(v, odd, shuffle(v, VEC_PSHUFD, both, 0xdd));
    v->size = IR_64;
    floats(v, FOPV_ADD, v->d, even, odd);
    return true;
}

/* ---- an element for all ---- */

/* Element `at` of x's low 64 bits, in all of 128 bits. */
static ir_val spread(struct vec_tr *v, ir_val x, unsigned size, unsigned at)
{
    enum ir_size was = v->size;
    ir_val r;
    v->size = IR_128;
    if (size == 2) {
        r = low2(v, VEC_PSHUFD, IR_NONE, x, (u8)(at * 0x55));
    } else if (size == 1) {
        r = shuffle(v, VEC_PSHUFD, low2(v, VEC_PSHUFLW, IR_NONE, x, (u8)(at * 0x55)), 0);
    } else {
        r = low2(v, VEC_PUNPCKLBW, x, x, 0); /* of halfwords, four of which are in the low half */
        if (at < 4)
            r = shuffle(v, VEC_PSHUFD, shuffle(v, VEC_PSHUFLW, r, (u8)(at * 0x55)), 0);
        else
            r = shuffle(v, VEC_PSHUFD, shuffle(v, VEC_PSHUFHW, r, (u8)((at - 4) * 0x55)), 0xaa);
    }
    v->size = was;
    return r;
}

static ir_val of_size(struct vec_tr *v, ir_val x)
{
    if (v->size == IR_128)
        return x;
    ir_val low = temp(v);
    finish_low(v, low, x);
    return low;
}

static bool scalar(struct vec_tr *v, neon_fn *fn)
{
    bool f = fn == neon_fmul || fn == neon_fmla || fn == neon_fmls;
    if (!(f && v->float_ok) && fn != neon_mul && fn != neon_mla && fn != neon_mls)
        return false;
    ir_val m = of_size(v, spread(v, v->m, v->g.size, v->g.imm));
    return f ? float_same(v, fn, v->n, m) : arithmetic(v, fn, v->n, m);
}

static bool scalar_long(struct vec_tr *v, neon_fn *fn)
{
    if (!is_long(fn))
        return false;
    v->size = IR_128;
    ir_val m = widened(v, spread(v, v->m, v->g.size, v->g.imm));
    return longer(v, fn, widened(v, v->n), m);
}

/* ---- permutations ---- */

static bool extract(struct vec_tr *v)
{
    if (v->size == IR_128) {
        ir_vop(v->b, &vop_fns[VEC_PALIGNR], IR_128, v->d, v->m, v->n, v->g.imm, VOP_ALWAYS);
        return true;
    }
    v->size = IR_128;
    finish_low(v, v->d, shift(v, VEC_PSRLDQ_I, low2(v, VEC_PUNPCKLQDQ, v->n, v->m, 0), v->g.imm));
    return true;
}

static bool zip(struct vec_tr *v)
{
    unsigned s = v->g.size;
    if (v->size == IR_128) {
        ir_val low = op2(v, unpack_low[s], v->d, v->m), high = op2(v, unpack_high[s], v->d, v->m);
        move(v, v->d, low);
        move(v, v->m, high);
        return true;
    }
    ir_val all = low2(v, unpack_low[s], v->d, v->m, 0);
    v->size = IR_128;
    ir_val high = shift(v, VEC_PSRLDQ_I, all, 8);
    finish_low(v, v->d, all);
    finish_low(v, v->m, high);
    return true;
}

static bool unzip(struct vec_tr *v)
{
    unsigned s = v->g.size;
    if (v->size != IR_128)
        return false;
    ir_val even = packed(v, s, v->d, v->m), odd;
    if (s == 2) {
        odd = temp(v);
        ir_vop(v->b, &vop_fns[VEC_SHUFPS], IR_128, odd, v->d, v->m, 0xdd, VOP_ALWAYS);
    } else {
        ir_val a = shift(v, srl_ops[s + 1], v->d, 8u << s), b = shift(v, srl_ops[s + 1], v->m, 8u << s);
        odd = op2(v, s ? VEC_PACKUSDW : VEC_PACKUSWB, a, b);
    }
    move(v, v->d, even);
    move(v, v->m, odd);
    return true;
}

/* Of words only. */
static bool transpose(struct vec_tr *v)
{
    if (v->g.size != 2)
        return false;
    if (v->size != IR_128)
        return zip(v);
    ir_val even = op2(v, VEC_PUNPCKLDQ, shuffle(v, VEC_PSHUFD, v->d, 0x08),
                      shuffle(v, VEC_PSHUFD, v->m, 0x08));
    ir_val odd = op2(v, VEC_PUNPCKLDQ, shuffle(v, VEC_PSHUFD, v->d, 0x0d),
                     shuffle(v, VEC_PSHUFD, v->m, 0x0d));
    move(v, v->d, even);
    move(v, v->m, odd);
    return true;
}

static bool swap(struct vec_tr *v)
{
    ir_val was = temp(v);
    move(v, was, v->d);
    move(v, v->d, v->m);
    move(v, v->m, was);
    return true;
}

/* ---- all ---- */

static bool emit(struct vec_tr *v, ir_helper loop, neon_fn *fn)
{
    if (loop == neon_same) return same(v, fn);
    if (loop == neon_unary) return unary(v, fn);
    if (loop == neon_long) return lengthen(v, fn);
    if (loop == neon_wide) return add_wide(v, fn);
    if (loop == neon_narrow1) return narrow(v, fn);
    if (loop == neon_pairs) return add_pairs(v, fn);
    if (loop == neon_pairs_long) return add_pairs_long(v, fn);
    if (loop == neon_scalar) return scalar(v, fn);
    if (loop == neon_scalar_long) return scalar_long(v, fn);
    if (loop == neon_ext) return extract(v);
    if (loop == neon_zip) return zip(v);
    if (loop == neon_uzp) return unzip(v);
    if (loop == neon_trn) return transpose(v);
    if (loop == neon_swap) return swap(v);
    if (loop == neon_dup) {
        move(v, v->d, of_size(v, spread(v, v->m, v->g.size, v->g.imm)));
        return true;
    }
    return false;
}

bool arm_neon_vop(struct arm_tr *t, ir_helper loop, neon_fn *fn, struct neon_args g)
{
    struct vec_tr v = {.b = t->b, .g = g, .size = g.q ? IR_128 : IR_64, .float_ok = !(t->mode & MODE_RMODE),
                       .d = ARM_D(g.d), .n = ARM_D(g.n), .m = ARM_D(g.m)};
    return emit(&v, loop, fn);
}

void arm_neon_spread(struct arm_tr *t, unsigned d, bool q, unsigned size, ir_val word)
{
    struct vec_tr v = {.b = t->b, .size = q ? IR_128 : IR_64, .d = ARM_D(d)};
    move(&v, v.d, of_size(&v, spread(&v, word, size, 0)));
}
