/* sse.h - what the files of MMX and SSE share: helpers called from IR */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A helper's first argument says where its operands are, as ir_vec_args() does: bits 0 to 15 the
 * word of the destination (and first source), 16 to 31 that of the second source, 32 to 39 the
 * immediate, 40 to 47 the size in bytes of an operand in a general register; that is the second
 * argument. Helpers of instructions with a result elsewhere return it.
 */
#ifndef ARCH_X86_SSE_H
#define ARCH_X86_SSE_H

#include "arch/x86/cpu.h"
#include "emu/vec.h"

#define X86_SSE_SCRATCH IR_WORD(struct x86_cpu, sse_scratch)
#define X86_MM(n) ((ir_val)(IR_WORD(struct x86_cpu, st) + 2 * (n)))

static inline struct vec *sse_dst(struct cpu *c, u64 ops)
{
    return (struct vec *)((u64 *)c + (ops & 0xffff));
}

static inline struct vec sse_src(struct cpu *c, u64 ops)
{
    return *(struct vec *)((u64 *)c + (ops >> 16 & 0xffff));
}

static inline u32 sse_imm(u64 ops)
{
    return ops >> 32 & 0xff;
}

static inline u32 sse_size(u64 ops)
{
    return ops >> 40 & 0xff;
}

/* Integer operations of vec_ops.h: on XMM registers, and on MMX registers (whose exponents become
 * ones). */
#define X(name, ...)                                                                               \
    u64 x86_vec_##name(struct cpu *c, u64 ops, u64 y, u64 z);                                      \
    u64 x86_mmx_##name(struct cpu *c, u64 ops, u64 y, u64 z);
VEC_OPS_LANE(X)
VEC_OPS_WHOLE(X)
VEC_OPS_SIGNS(X)
#undef X

/* Shifts by an immediate. */
#define SSE_SHIFTS(X)                                                                              \
    X(PSRLW) X(PSRLD) X(PSRLQ) X(PSRLDQ) X(PSRAW) X(PSRAD) X(PSLLW) X(PSLLD) X(PSLLQ) X(PSLLDQ)
#define X(name) u64 x86_vec_##name##_I(struct cpu *c, u64 ops, u64 y, u64 z);
SSE_SHIFTS(X)
#undef X

#define SSE_FP_FORMS(X) X(ADD) X(SUB) X(MUL) X(DIV) X(MIN) X(MAX) X(SQRT) X(CMP) X(ROUND)

#define SSE_HELPERS(X)                                                                             \
    /* sse_int.c */                                                                                \
    X(PBLENDVB) X(BLENDVPS) X(BLENDVPD) X(PTEST) X(INSERTPS) X(PCLMULQDQ) X(MASKMOVQ)              \
    X(MASKMOVDQU) X(LDMXCSR) X(STMXCSR) X(MOVAPS) X(MOVSS) X(MOVSD) X(MOVQ) X(MOVHLPS) X(MOVLHPS)  \
    X(MOVD) X(PINSRB) X(PINSRW) X(PINSRD)                                                          \
    /* sse_fp.c */                                                                                 \
    X(ADDSUBPS) X(ADDSUBPD) X(HADDPS) X(HADDPD) X(HSUBPS) X(HSUBPD) X(DPPS) X(DPPD)                \
    X(RCPPS) X(RCPSS) X(RSQRTPS) X(RSQRTSS) X(UCOMISS) X(UCOMISD) X(COMISS) X(COMISD)              \
    /* sse_convert.c */                                                                            \
    X(CVTPI2PS) X(CVTPI2PD) X(CVTPS2PI) X(CVTTPS2PI) X(CVTPD2PI) X(CVTTPD2PI)                      \
    X(CVTSI2SS) X(CVTSI2SD) X(CVTSS2SI) X(CVTTSS2SI) X(CVTSD2SI) X(CVTTSD2SI)                      \
    X(CVTPS2PD) X(CVTPD2PS) X(CVTSS2SD) X(CVTSD2SS) X(CVTDQ2PS) X(CVTPS2DQ) X(CVTTPS2DQ)           \
    X(CVTDQ2PD) X(CVTPD2DQ) X(CVTTPD2DQ)                                                           \
    /* sse_string.c */                                                                             \
    X(PCMPISTRI) X(PCMPISTRM) X(PCMPESTRI) X(PCMPESTRM)

#define X(name) u64 x86_sse_##name(struct cpu *c, u64 ops, u64 y, u64 z);
SSE_HELPERS(X)
#undef X
#define X(name)                                                                                    \
    u64 x86_sse_##name##PS(struct cpu *c, u64 ops, u64 y, u64 z);                                  \
    u64 x86_sse_##name##PD(struct cpu *c, u64 ops, u64 y, u64 z);                                  \
    u64 x86_sse_##name##SS(struct cpu *c, u64 ops, u64 y, u64 z);                                  \
    u64 x86_sse_##name##SD(struct cpu *c, u64 ops, u64 y, u64 z);
SSE_FP_FORMS(X)
#undef X

struct fp_ctx;
struct fp_ctx sse_ctx(const struct x86_cpu *x); /* from MXCSR */
/* Merges the flags into MXCSR; raises #XM if one is unmasked: before any register is written. */
void sse_flags(struct x86_cpu *x, const struct fp_ctx *c);

static inline u64 sse_lane(const struct vec *v, bool wide, unsigned i)
{
    return wide ? v->q[i] : (u32)(v->q[i >> 1] >> 32 * (i & 1));
}

static inline void sse_set_lane(struct vec *v, bool wide, unsigned i, u64 bits)
{
    if (wide)
        v->q[i] = bits;
    else if (i & 1)
        v->q[i >> 1] = (u32)v->q[i >> 1] | bits << 32;
    else
        v->q[i >> 1] = (v->q[i >> 1] & ~(u64)UINT32_MAX) | (u32)bits;
}

#endif
