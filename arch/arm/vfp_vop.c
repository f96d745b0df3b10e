/* vfp_vop.c - floating point as VOPs: exact functions, and host instructions that agree */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/arm/vfp_vop.h"

#include "arch/arm/vfp.h"
#include "emu/vop.h"

/* ---- scalars, as FPSCR says ---- */

static const struct fp_format *format_of(u64 args)
{
    return vop_size(args) == 8 ? &fp_double : &fp_single;
}

static u64 sign_of(u64 args)
{
    return vop_size(args) == 8 ? UINT64_C(1) << 63 : UINT64_C(1) << 31;
}

static u64 finish(struct cpu *c, u64 args, const struct fp_ctx *f, u64 r)
{
    arm_fp_end(arm_of(c), f);
    vop_set_d(c, args, (struct vec){{r, 0}});
    return 0;
}

#define A vop_a(c, args).q[0]
#define B vop_b(c, args).q[0]
#define D vop_old_d(c, args).q[0]
#define SIGN sign_of(args)

#define SCALAR(name, expr)                                                                         \
    static u64 name(struct cpu *c, u64 args, u64 y, u64 z)                                         \
    {                                                                                              \
        struct fp_ctx f = arm_fp_begin(arm_of(c), false);                                          \
        const struct fp_format *t = format_of(args);                                               \
        (void)y, (void)z;                                                                          \
        return finish(c, args, &f, expr);                                                          \
    }
SCALAR(add, arm_fp_add(&f, t, A, B))
SCALAR(sub, arm_fp_sub(&f, t, A, B))
SCALAR(mul, arm_fp_mul(&f, t, A, B))
SCALAR(divide, arm_fp_div(&f, t, A, B))
SCALAR(root, arm_fp_sqrt(&f, t, B, 0))
SCALAR(add_neg, arm_fp_add(&f, t, A, B ^ SIGN))
SCALAR(neg_add, arm_fp_add(&f, t, B ^ SIGN, A))
SCALAR(fused_add, arm_fp_fma(&f, t, D, A, B))
SCALAR(fused_sub, arm_fp_fma(&f, t, D, A ^ SIGN, B))
SCALAR(fused_neg_add, arm_fp_fma(&f, t, D ^ SIGN, A, B))
SCALAR(fused_neg_sub, arm_fp_fma(&f, t, D ^ SIGN, A ^ SIGN, B))

static u64 from_int(struct cpu *c, u64 args, u64 y, u64 z)
{
    struct fp_ctx f = arm_fp_begin(arm_of(c), false);
    u32 v = (u32)((const u64 *)c)[args & 0xffff];
    i64 n = args >> 32 & VOP_WORD ? (i64)v : (i64)(i32)v;
    (void)y, (void)z;
    return finish(c, args, &f,
                  arm_fp_from_int(&f, format_of(args), n < 0, (u64)(n < 0 ? -n : n), 0));
}

SCALAR(single_to_double, arm_fp_convert(&f, t, &fp_single, vop_b_of(c, args, 4)))
SCALAR(double_to_single, arm_fp_convert(&f, t, &fp_double, vop_b_of(c, args, 8)))

/* ---- to words ---- */

static u64 set_word(struct cpu *c, u64 args, const struct fp_ctx *f, u64 v)
{
    arm_fp_end(arm_of(c), f);
    ((u64 *)c)[args >> 48] = v;
    return 0;
}

#define TO_WORD(name, expr)                                                                        \
    static u64 name(struct cpu *c, u64 args, u64 y, u64 z)                                         \
    {                                                                                              \
        struct fp_ctx f = arm_fp_begin(arm_of(c), false);                                          \
        const struct fp_format *t = format_of(args);                                               \
        (void)y, (void)z;                                                                          \
        return set_word(c, args, &f, expr);                                                        \
    }

enum { CF = 1, PF = 4, ZF = 0x40 };

static u64 as_rflags(u32 nzcv)
{
    return nzcv == PSR_N ? CF : nzcv == PSR_C ? 0 : nzcv == (PSR_C | PSR_V) ? CF | PF | ZF : ZF;
}
TO_WORD(compare_quiet, as_rflags(arm_fp_compare(&f, t, A, B, true)))
TO_WORD(compare_signalling, as_rflags(arm_fp_compare(&f, t, A, B, false)))
TO_WORD(to_int, (u32)arm_fp_to_int(&f, t, B, 32, !(args >> 32 & VOP_WORD), 0, true))

const struct vec_fn arm_fops[FOPS][2] = {
    [FOP_ADD] = {{add, VEC_ADDSS}, {add, VEC_ADDSD}},
    [FOP_SUB] = {{sub, VEC_SUBSS}, {sub, VEC_SUBSD}},
    [FOP_MUL] = {{mul, VEC_MULSS}, {mul, VEC_MULSD}},
    [FOP_DIV] = {{divide, VEC_DIVSS}, {divide, VEC_DIVSD}},
    [FOP_SQRT] = {{root, VEC_SQRTSS}, {root, VEC_SQRTSD}},
    [FOP_ADD_NEG] = {{add_neg, VEC_SUBSS}, {add_neg, VEC_SUBSD}},
    [FOP_NEG_ADD] = {{neg_add, VEC_SUBSS}, {neg_add, VEC_SUBSD}},
    [FOP_FMA] = {{fused_add, VEC_FMADD}, {fused_add, VEC_FMADD}},
    [FOP_FMS] = {{fused_sub, VEC_FNMADD}, {fused_sub, VEC_FNMADD}},
    [FOP_FNMS] = {{fused_neg_add, VEC_FMSUB}, {fused_neg_add, VEC_FMSUB}},
    [FOP_FNMA] = {{fused_neg_sub, VEC_FNMSUB}, {fused_neg_sub, VEC_FNMSUB}},
    [FOP_CMP] = {{compare_quiet, VEC_UCOMISS}, {compare_quiet, VEC_UCOMISD}},
    [FOP_CMPE] = {{compare_signalling, VEC_COMISS}, {compare_signalling, VEC_COMISD}},
    [FOP_FROM_INT] = {{from_int, VEC_CVTSI2SS}, {from_int, VEC_CVTSI2SD}},
    [FOP_TO_INT] = {{to_int, VEC_CVTTSS2SI}, {to_int, VEC_CVTTSD2SI}},
    [FOP_RESIZE] = {{double_to_single, VEC_CVTSD2SS}, {single_to_double, VEC_CVTSS2SD}},
};

/* ---- vectors of singles, in the standard mode ---- */

typedef u64 lane_fn(struct fp_ctx *f, u64 a, u64 b, u64 d);

static u64 lanes(struct cpu *c, u64 args, lane_fn *fn)
{
    struct vec a = vop_a(c, args), b = vop_b(c, args), d = vop_old_d(c, args), r = {{0, 0}};
    struct fp_ctx f = arm_fp_begin(arm_of(c), true);
    for (unsigned i = 0; i < vop_size(args) / 4; i++) {
        unsigned at = 32 * (i & 1);
        u64 v = fn(&f, (u32)(a.q[i / 2] >> at), (u32)(b.q[i / 2] >> at), (u32)(d.q[i / 2] >> at));
        r.q[i / 2] |= (u64)(u32)v << at;
    }
    arm_fp_end(arm_of(c), &f);
    vop_set_d(c, args, r);
    return 0;
}

#define SIGN32 UINT64_C(0x80000000)
#define PACKED(name, expr)                                                                         \
    static u64 lane_##name(struct fp_ctx *f, u64 a, u64 b, u64 d)                                  \
    {                                                                                              \
        (void)f, (void)a, (void)b, (void)d;                                                        \
        return expr;                                                                               \
    }                                                                                              \
    static u64 packed_##name(struct cpu *c, u64 args, u64 y, u64 z)                                \
    {                                                                                              \
        (void)y, (void)z;                                                                          \
        return lanes(c, args, lane_##name);                                                        \
    }
PACKED(add, arm_fp_add(f, &fp_single, a, b))
PACKED(sub, arm_fp_sub(f, &fp_single, a, b))
PACKED(mul, arm_fp_mul(f, &fp_single, a, b))
PACKED(add_neg, arm_fp_add(f, &fp_single, a, b ^ SIGN32))
PACKED(fma, arm_fp_fma(f, &fp_single, d, a, b))
PACKED(fms, arm_fp_fma(f, &fp_single, d, a ^ SIGN32, b))
PACKED(ceq, arm_fp_compare(f, &fp_single, a, b, true) & PSR_Z ? UINT32_MAX : 0)
PACKED(cle, arm_fp_compare(f, &fp_single, b, a, false) == PSR_C ||
                    (arm_fp_compare(f, &fp_single, a, b, false) & PSR_Z)
                ? UINT32_MAX
                : 0)
PACKED(clt, arm_fp_compare(f, &fp_single, b, a, false) == PSR_C ? UINT32_MAX : 0)
PACKED(max, arm_fp_max(f, &fp_single, a, b))
PACKED(min, arm_fp_min(f, &fp_single, a, b))
PACKED(from_int, arm_fp_from_int(f, &fp_single, (i32)b < 0, (i32)b < 0 ? -(u64)(i64)(i32)b : b, 0))
PACKED(to_int, arm_fp_to_int(f, &fp_single, b, 32, true, 0, true))

const struct vec_fn arm_fops_packed[FOPVS] = {
    [FOPV_ADD] = {packed_add, VEC_ADDPS},         [FOPV_SUB] = {packed_sub, VEC_SUBPS},
    [FOPV_MUL] = {packed_mul, VEC_MULPS},         [FOPV_ADD_NEG] = {packed_add_neg, VEC_SUBPS},
    [FOPV_FMA] = {packed_fma, VEC_FMADDPS},       [FOPV_FMS] = {packed_fms, VEC_FNMADDPS},
    [FOPV_CEQ] = {packed_ceq, VEC_CMPPS},         [FOPV_CLE] = {packed_cle, VEC_CMPPS},
    [FOPV_CLT] = {packed_clt, VEC_CMPPS},         [FOPV_MAX] = {packed_max, VEC_MAXPS},
    [FOPV_MIN] = {packed_min, VEC_MINPS},         [FOPV_FROM_INT] = {packed_from_int, VEC_CVTDQ2PS},
    [FOPV_TO_INT] = {packed_to_int, VEC_CVTTPS2DQ},
};
