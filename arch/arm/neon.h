/* neon.h - Advanced SIMD: operations on elements, and the loops that apply them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An operation is a function of elements; a loop (the IR's leaf) reads the registers that are packed into one word,
 * applies it to each element, and writes the result when all operands were read. Elements are in the low bits of a
 * u64, zero-extended.
 */
#ifndef ARCH_ARM_NEON_H
#define ARCH_ARM_NEON_H

#include "arch/arm/cpu.h"

/* Of a loop: registers by their number as doubles, and what its operation is to know. */
struct neon_args {
    u8 d, n, m;
    bool q;        /* 128 bits */
    u8 size;       /* log2 of the element's bytes: of the narrow one, where there are two */
    bool u;        /* unsigned; or what the row means by it */
    u8 imm;        /* a shift, an index */
};

static inline u64 neon_pack(struct neon_args a)
{
    return a.d | (u64)a.n << 8 | (u64)a.m << 16 | (u64)a.q << 24 | (u64)a.size << 28 | (u64)a.u << 32 | (u64)a.imm << 40;
}

static inline struct neon_args neon_unpack(u64 v)
{
    return (struct neon_args){v & 31, v >> 8 & 31, v >> 16 & 31, v >> 24 & 1, v >> 28 & 3, v >> 32 & 1, v >> 40 & 0xff};
}

struct neon_op { /* what an operation is told beside its operands */
    struct arm_cpu *a;
    unsigned bits; /* of an operand's element */
    bool u;
    unsigned imm;
};
/* x: of n (or the only operand), y: of m, d: of the destination. */
typedef u64 neon_fn(const struct neon_op *o, u64 x, u64 y, u64 d);

/* The loops: IR helpers; a: neon_pack(), b: the neon_fn. */
u64 neon_same(struct cpu *c, u64 args, u64 fn, u64 unused);    /* d[i] = f(n[i], m[i], d[i]) */
u64 neon_unary(struct cpu *c, u64 args, u64 fn, u64 unused);   /* d[i] = f(m[i], 0, d[i]) */
u64 neon_pairs(struct cpu *c, u64 args, u64 fn, u64 unused);   /* of neighbours, n's then m's; 64 bits */
u64 neon_pairs_long(struct cpu *c, u64 args, u64 fn, u64 unused); /* d[i] of twice the size = f(m[2i], m[2i+1], d[i]) */
u64 neon_long(struct cpu *c, u64 args, u64 fn, u64 unused);    /* d[i] of twice the size = f(n[i], m[i], d[i]) */
u64 neon_wide(struct cpu *c, u64 args, u64 fn, u64 unused);    /* the same, and n[i] too */
u64 neon_narrow(struct cpu *c, u64 args, u64 fn, u64 unused);  /* d[i] of half the size = f(n[i], m[i]) */
u64 neon_narrow1(struct cpu *c, u64 args, u64 fn, u64 unused); /* d[i] of half the size = f(m[i]) */
u64 neon_scalar(struct cpu *c, u64 args, u64 fn, u64 unused);  /* d[i] = f(n[i], m[imm], d[i]) */
u64 neon_scalar_long(struct cpu *c, u64 args, u64 fn, u64 unused);
/* Permutations. */
u64 neon_ext(struct cpu *c, u64 args, u64 b, u64 d);
u64 neon_tbl(struct cpu *c, u64 args, u64 length, u64 d);      /* u: VTBX */
u64 neon_trn(struct cpu *c, u64 args, u64 b, u64 d);
u64 neon_zip(struct cpu *c, u64 args, u64 b, u64 d);
u64 neon_uzp(struct cpu *c, u64 args, u64 b, u64 d);
u64 neon_swap(struct cpu *c, u64 args, u64 b, u64 d);
u64 neon_dup(struct cpu *c, u64 args, u64 b, u64 d);           /* imm: which element of m */

/* neon_ops.c: the operations, by their instructions' names. */
neon_fn neon_hadd, neon_qadd, neon_rhadd, neon_hsub, neon_qsub, neon_cgt, neon_cge, neon_shl, neon_qshl, neon_rshl,
    neon_qrshl, neon_max, neon_min, neon_abd, neon_aba, neon_add, neon_sub, neon_tst, neon_ceq, neon_mla, neon_mls,
    neon_mul, neon_pmul, neon_qdmulh, neon_qrdmulh;
neon_fn neon_and, neon_bic, neon_orr, neon_orn, neon_eor, neon_bsl, neon_bit, neon_bif;
neon_fn neon_addl, neon_subl, neon_abal, neon_abdl, neon_mlal, neon_mlsl, neon_mull, neon_qdmlal, neon_qdmlsl,
    neon_qdmull, neon_pmull, neon_addw, neon_subw, neon_addhn, neon_raddhn, neon_subhn, neon_rsubhn;
neon_fn neon_shr_imm, neon_sra_imm, neon_rshr_imm, neon_rsra_imm, neon_sri_imm, neon_shl_imm, neon_sli_imm,
    neon_qshl_imm, neon_qshlu_imm, neon_shrn_imm, neon_rshrn_imm, neon_qshrn_imm, neon_qrshrn_imm, neon_qshrun_imm,
    neon_qrshrun_imm, neon_shll_imm;
neon_fn neon_rev, neon_cls, neon_clz, neon_cnt, neon_mvn, neon_qabs, neon_qneg, neon_abs, neon_neg, neon_cgt0,
    neon_cge0, neon_ceq0, neon_cle0, neon_clt0, neon_movn, neon_qmovn, neon_qmovun, neon_paddl, neon_padal;
/* neon_fp.c */
neon_fn neon_fadd, neon_fsub, neon_fabd, neon_fmla, neon_fmls, neon_fmul, neon_ffma, neon_ffms, neon_fceq, neon_fcge,
    neon_fcgt, neon_facge, neon_facgt, neon_fmax, neon_fmin, neon_recps, neon_rsqrts, neon_fabs, neon_fneg, neon_fcgt0,
    neon_fcge0, neon_fceq0, neon_fcle0, neon_fclt0, neon_recpe, neon_rsqrte, neon_frecpe, neon_frsqrte, neon_from_int,
    neon_to_int, neon_from_fixed, neon_to_fixed, neon_to_half, neon_from_half;

#endif
