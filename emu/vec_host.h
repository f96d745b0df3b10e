/* vec_host.h - the vector operations that x86 hosts have instructions for, one per line */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * X(name, encoding, form, flags). The encoding is that of SDM vol. 2 as asm_modrm() takes it: a
 * mandatory prefix in bits 24 to 31, and two or three bytes of opcode. 0: the operation has a name,
 * for its flags, but is always a call: the host has no such thing, or makers differ in it
 * (approximations; which of two NaNs is chosen where operands are combined horizontally).
 */
#ifndef EMU_VEC_HOST_H
#define EMU_VEC_HOST_H

#include "emu/types.h"

enum vec_form {
    VEC_F_OP,        /* VEC: xmm, xmm */
    VEC_F_IMM,       /* VEC: xmm, xmm, imm8 */
    VEC_F_GET,       /* VGET: r, xmm */
    VEC_F_FLAGS,     /* VGET: xmm, xmm: ZF, PF and CF in their RFLAGS places */
    VEC_F_PUT,       /* VPUT: xmm, r */
    VEC_F_PUT_IMM,   /* VPUT: xmm, r, imm8 */
    VEC_F_SHIFT,     /* VEC: xmm, imm8, with this and the next seven the number in the ModRM */
    VEC_F_END = VEC_F_SHIFT + 8
};

enum vec_flag {
    VEC_FP = 1 << 0,     /* by the rules of MXCSR; may raise there */
    VEC_SSE3 = 1 << 1,   /* what the host must have beyond SSE2 */
    VEC_SSSE3 = 1 << 2,
    VEC_SSE41 = 1 << 3,
    VEC_SSE42 = 1 << 4,
    VEC_PCLMUL = 1 << 5,
    VEC_XMM0 = 1 << 6,   /* the third operand is the vector number 0 */
};

#define VEC_HOST_MOVES(X)                                                                          \
    X(MOVAPS, 0x0f28, VEC_F_OP, 0) X(MOVSS, 0xf3000f10, VEC_F_OP, 0)                                 \
    X(MOVSD, 0xf2000f10, VEC_F_OP, 0) X(MOVQ, 0xf3000f7e, VEC_F_OP, 0)                                 \
    X(MOVHLPS, 0x0f12, VEC_F_OP, 0) X(MOVLHPS, 0x0f16, VEC_F_OP, 0)                                \
    X(MOVD, 0x66000f6e, VEC_F_PUT, 0) X(PINSRB, 0x660f3a20, VEC_F_PUT_IMM, VEC_SSE41)              \
    X(PINSRW, 0x66000fc4, VEC_F_PUT_IMM, 0) X(PINSRD, 0x660f3a22, VEC_F_PUT_IMM, VEC_SSE41)        \
    X(MOVMSKPS, 0x0f50, VEC_F_GET, 0) X(MOVMSKPD, 0x66000f50, VEC_F_GET, 0)                        \
    X(PMOVMSKB, 0x66000fd7, VEC_F_GET, 0) X(PTEST, 0x660f3817, VEC_F_FLAGS, VEC_SSE41)

#define VEC_HOST_SSE2(X)                                                                           \
    X(PUNPCKLBW, 0x66000f60, VEC_F_OP, 0) X(PUNPCKLWD, 0x66000f61, VEC_F_OP, 0)                    \
    X(PUNPCKLDQ, 0x66000f62, VEC_F_OP, 0) X(PACKSSWB, 0x66000f63, VEC_F_OP, 0)                     \
    X(PCMPGTB, 0x66000f64, VEC_F_OP, 0) X(PCMPGTW, 0x66000f65, VEC_F_OP, 0)                        \
    X(PCMPGTD, 0x66000f66, VEC_F_OP, 0) X(PACKUSWB, 0x66000f67, VEC_F_OP, 0)                       \
    X(PUNPCKHBW, 0x66000f68, VEC_F_OP, 0) X(PUNPCKHWD, 0x66000f69, VEC_F_OP, 0)                    \
    X(PUNPCKHDQ, 0x66000f6a, VEC_F_OP, 0) X(PACKSSDW, 0x66000f6b, VEC_F_OP, 0)                     \
    X(PUNPCKLQDQ, 0x66000f6c, VEC_F_OP, 0) X(PUNPCKHQDQ, 0x66000f6d, VEC_F_OP, 0)                  \
    X(PSHUFD, 0x66000f70, VEC_F_IMM, 0) X(PSHUFHW, 0xf3000f70, VEC_F_IMM, 0)                       \
    X(PSHUFLW, 0xf2000f70, VEC_F_IMM, 0)                                                           \
    X(PSRLW_I, 0x66000f71, VEC_F_SHIFT + 2, 0) X(PSRAW_I, 0x66000f71, VEC_F_SHIFT + 4, 0)          \
    X(PSLLW_I, 0x66000f71, VEC_F_SHIFT + 6, 0) X(PSRLD_I, 0x66000f72, VEC_F_SHIFT + 2, 0)          \
    X(PSRAD_I, 0x66000f72, VEC_F_SHIFT + 4, 0) X(PSLLD_I, 0x66000f72, VEC_F_SHIFT + 6, 0)          \
    X(PSRLQ_I, 0x66000f73, VEC_F_SHIFT + 2, 0) X(PSRLDQ_I, 0x66000f73, VEC_F_SHIFT + 3, 0)         \
    X(PSLLQ_I, 0x66000f73, VEC_F_SHIFT + 6, 0) X(PSLLDQ_I, 0x66000f73, VEC_F_SHIFT + 7, 0)         \
    X(PCMPEQB, 0x66000f74, VEC_F_OP, 0) X(PCMPEQW, 0x66000f75, VEC_F_OP, 0)                        \
    X(PCMPEQD, 0x66000f76, VEC_F_OP, 0)                                                            \
    X(SHUFPS, 0x0fc6, VEC_F_IMM, 0) X(SHUFPD, 0x66000fc6, VEC_F_IMM, 0)                            \
    X(PSRLW, 0x66000fd1, VEC_F_OP, 0) X(PSRLD, 0x66000fd2, VEC_F_OP, 0)                            \
    X(PSRLQ, 0x66000fd3, VEC_F_OP, 0) X(PADDQ, 0x66000fd4, VEC_F_OP, 0)                            \
    X(PMULLW, 0x66000fd5, VEC_F_OP, 0) X(PSUBUSB, 0x66000fd8, VEC_F_OP, 0)                         \
    X(PSUBUSW, 0x66000fd9, VEC_F_OP, 0) X(PMINUB, 0x66000fda, VEC_F_OP, 0)                         \
    X(PAND, 0x66000fdb, VEC_F_OP, 0) X(PADDUSB, 0x66000fdc, VEC_F_OP, 0)                           \
    X(PADDUSW, 0x66000fdd, VEC_F_OP, 0) X(PMAXUB, 0x66000fde, VEC_F_OP, 0)                         \
    X(PANDN, 0x66000fdf, VEC_F_OP, 0) X(PAVGB, 0x66000fe0, VEC_F_OP, 0)                            \
    X(PSRAW, 0x66000fe1, VEC_F_OP, 0) X(PSRAD, 0x66000fe2, VEC_F_OP, 0)                            \
    X(PAVGW, 0x66000fe3, VEC_F_OP, 0) X(PMULHUW, 0x66000fe4, VEC_F_OP, 0)                          \
    X(PMULHW, 0x66000fe5, VEC_F_OP, 0) X(PSUBSB, 0x66000fe8, VEC_F_OP, 0)                          \
    X(PSUBSW, 0x66000fe9, VEC_F_OP, 0) X(PMINSW, 0x66000fea, VEC_F_OP, 0)                          \
    X(POR, 0x66000feb, VEC_F_OP, 0) X(PADDSB, 0x66000fec, VEC_F_OP, 0)                             \
    X(PADDSW, 0x66000fed, VEC_F_OP, 0) X(PMAXSW, 0x66000fee, VEC_F_OP, 0)                          \
    X(PXOR, 0x66000fef, VEC_F_OP, 0) X(PSLLW, 0x66000ff1, VEC_F_OP, 0)                             \
    X(PSLLD, 0x66000ff2, VEC_F_OP, 0) X(PSLLQ, 0x66000ff3, VEC_F_OP, 0)                            \
    X(PMULUDQ, 0x66000ff4, VEC_F_OP, 0) X(PMADDWD, 0x66000ff5, VEC_F_OP, 0)                        \
    X(PSADBW, 0x66000ff6, VEC_F_OP, 0) X(PSUBB, 0x66000ff8, VEC_F_OP, 0)                           \
    X(PSUBW, 0x66000ff9, VEC_F_OP, 0) X(PSUBD, 0x66000ffa, VEC_F_OP, 0)                            \
    X(PSUBQ, 0x66000ffb, VEC_F_OP, 0) X(PADDB, 0x66000ffc, VEC_F_OP, 0)                            \
    X(PADDW, 0x66000ffd, VEC_F_OP, 0) X(PADDD, 0x66000ffe, VEC_F_OP, 0)

#define VEC_HOST_SSE3_TO_42(X)                                                                     \
    X(MOVSLDUP, 0xf3000f12, VEC_F_OP, VEC_SSE3) X(MOVDDUP, 0xf2000f12, VEC_F_OP, VEC_SSE3)         \
    X(MOVSHDUP, 0xf3000f16, VEC_F_OP, VEC_SSE3)                                                    \
    X(PSHUFB, 0x660f3800, VEC_F_OP, VEC_SSSE3) X(PHADDW, 0x660f3801, VEC_F_OP, VEC_SSSE3)          \
    X(PHADDD, 0x660f3802, VEC_F_OP, VEC_SSSE3) X(PHADDSW, 0x660f3803, VEC_F_OP, VEC_SSSE3)         \
    X(PMADDUBSW, 0x660f3804, VEC_F_OP, VEC_SSSE3) X(PHSUBW, 0x660f3805, VEC_F_OP, VEC_SSSE3)       \
    X(PHSUBD, 0x660f3806, VEC_F_OP, VEC_SSSE3) X(PHSUBSW, 0x660f3807, VEC_F_OP, VEC_SSSE3)         \
    X(PSIGNB, 0x660f3808, VEC_F_OP, VEC_SSSE3) X(PSIGNW, 0x660f3809, VEC_F_OP, VEC_SSSE3)          \
    X(PSIGND, 0x660f380a, VEC_F_OP, VEC_SSSE3) X(PMULHRSW, 0x660f380b, VEC_F_OP, VEC_SSSE3)        \
    X(PABSB, 0x660f381c, VEC_F_OP, VEC_SSSE3) X(PABSW, 0x660f381d, VEC_F_OP, VEC_SSSE3)            \
    X(PABSD, 0x660f381e, VEC_F_OP, VEC_SSSE3) X(PALIGNR, 0x660f3a0f, VEC_F_IMM, VEC_SSSE3)         \
    X(PBLENDVB, 0x660f3810, VEC_F_OP, VEC_SSE41 | VEC_XMM0)                                        \
    X(BLENDVPS, 0x660f3814, VEC_F_OP, VEC_SSE41 | VEC_XMM0)                                        \
    X(BLENDVPD, 0x660f3815, VEC_F_OP, VEC_SSE41 | VEC_XMM0)                                        \
    X(PMOVSXBW, 0x660f3820, VEC_F_OP, VEC_SSE41) X(PMOVSXBD, 0x660f3821, VEC_F_OP, VEC_SSE41)      \
    X(PMOVSXBQ, 0x660f3822, VEC_F_OP, VEC_SSE41) X(PMOVSXWD, 0x660f3823, VEC_F_OP, VEC_SSE41)      \
    X(PMOVSXWQ, 0x660f3824, VEC_F_OP, VEC_SSE41) X(PMOVSXDQ, 0x660f3825, VEC_F_OP, VEC_SSE41)      \
    X(PMULDQ, 0x660f3828, VEC_F_OP, VEC_SSE41) X(PCMPEQQ, 0x660f3829, VEC_F_OP, VEC_SSE41)         \
    X(PACKUSDW, 0x660f382b, VEC_F_OP, VEC_SSE41)                                                   \
    X(PMOVZXBW, 0x660f3830, VEC_F_OP, VEC_SSE41) X(PMOVZXBD, 0x660f3831, VEC_F_OP, VEC_SSE41)      \
    X(PMOVZXBQ, 0x660f3832, VEC_F_OP, VEC_SSE41) X(PMOVZXWD, 0x660f3833, VEC_F_OP, VEC_SSE41)      \
    X(PMOVZXWQ, 0x660f3834, VEC_F_OP, VEC_SSE41) X(PMOVZXDQ, 0x660f3835, VEC_F_OP, VEC_SSE41)      \
    X(PCMPGTQ, 0x660f3837, VEC_F_OP, VEC_SSE42) X(PMINSB, 0x660f3838, VEC_F_OP, VEC_SSE41)         \
    X(PMINSD, 0x660f3839, VEC_F_OP, VEC_SSE41) X(PMINUW, 0x660f383a, VEC_F_OP, VEC_SSE41)          \
    X(PMINUD, 0x660f383b, VEC_F_OP, VEC_SSE41) X(PMAXSB, 0x660f383c, VEC_F_OP, VEC_SSE41)          \
    X(PMAXSD, 0x660f383d, VEC_F_OP, VEC_SSE41) X(PMAXUW, 0x660f383e, VEC_F_OP, VEC_SSE41)          \
    X(PMAXUD, 0x660f383f, VEC_F_OP, VEC_SSE41) X(PMULLD, 0x660f3840, VEC_F_OP, VEC_SSE41)          \
    X(PHMINPOSUW, 0x660f3841, VEC_F_OP, VEC_SSE41)                                                 \
    X(BLENDPS, 0x660f3a0c, VEC_F_IMM, VEC_SSE41) X(BLENDPD, 0x660f3a0d, VEC_F_IMM, VEC_SSE41)      \
    X(PBLENDW, 0x660f3a0e, VEC_F_IMM, VEC_SSE41) X(INSERTPS, 0x660f3a21, VEC_F_IMM, VEC_SSE41)     \
    X(MPSADBW, 0x660f3a42, VEC_F_IMM, VEC_SSE41) X(PCLMULQDQ, 0x660f3a44, VEC_F_IMM, VEC_PCLMUL)

#define VEC_HOST_FP4(X, name, op)                                                                  \
    X(name##PS, 0x0f00 | op, VEC_F_OP, VEC_FP) X(name##PD, 0x66000f00 | op, VEC_F_OP, VEC_FP)      \
    X(name##SS, 0xf3000f00 | op, VEC_F_OP, VEC_FP) X(name##SD, 0xf2000f00 | op, VEC_F_OP, VEC_FP)

#define VEC_HOST_FP(X)                                                                             \
    VEC_HOST_FP4(X, SQRT, 0x51) VEC_HOST_FP4(X, ADD, 0x58) VEC_HOST_FP4(X, MUL, 0x59)              \
    VEC_HOST_FP4(X, SUB, 0x5c) VEC_HOST_FP4(X, MIN, 0x5d) VEC_HOST_FP4(X, DIV, 0x5e)               \
    VEC_HOST_FP4(X, MAX, 0x5f)                                                                     \
    X(CMPPS, 0x0fc2, VEC_F_IMM, VEC_FP) X(CMPPD, 0x66000fc2, VEC_F_IMM, VEC_FP)                    \
    X(CMPSS, 0xf3000fc2, VEC_F_IMM, VEC_FP) X(CMPSD, 0xf2000fc2, VEC_F_IMM, VEC_FP)                \
    X(ROUNDPS, 0x660f3a08, VEC_F_IMM, VEC_FP | VEC_SSE41)                                          \
    X(ROUNDPD, 0x660f3a09, VEC_F_IMM, VEC_FP | VEC_SSE41)                                          \
    X(ROUNDSS, 0x660f3a0a, VEC_F_IMM, VEC_FP | VEC_SSE41)                                          \
    X(ROUNDSD, 0x660f3a0b, VEC_F_IMM, VEC_FP | VEC_SSE41)                                          \
    X(ADDSUBPD, 0x66000fd0, VEC_F_OP, VEC_FP | VEC_SSE3)                                           \
    X(ADDSUBPS, 0xf2000fd0, VEC_F_OP, VEC_FP | VEC_SSE3)                                           \
    X(HADDPS, 0, VEC_F_OP, VEC_FP) X(HADDPD, 0, VEC_F_OP, VEC_FP) X(HSUBPS, 0, VEC_F_OP, VEC_FP)   \
    X(HSUBPD, 0, VEC_F_OP, VEC_FP) X(DPPS, 0, VEC_F_IMM, VEC_FP) X(DPPD, 0, VEC_F_IMM, VEC_FP)     \
    X(RCPPS, 0, VEC_F_OP, 0) X(RCPSS, 0, VEC_F_OP, 0) X(RSQRTPS, 0, VEC_F_OP, 0)                   \
    X(RSQRTSS, 0, VEC_F_OP, 0)                                                                     \
    X(UCOMISS, 0x0f2e, VEC_F_FLAGS, VEC_FP) X(UCOMISD, 0x66000f2e, VEC_F_FLAGS, VEC_FP)            \
    X(COMISS, 0x0f2f, VEC_F_FLAGS, VEC_FP) X(COMISD, 0x66000f2f, VEC_F_FLAGS, VEC_FP)              \
    X(CVTSI2SS, 0xf3000f2a, VEC_F_PUT, VEC_FP) X(CVTSI2SD, 0xf2000f2a, VEC_F_PUT, VEC_FP)          \
    X(CVTTSS2SI, 0xf3000f2c, VEC_F_GET, VEC_FP) X(CVTTSD2SI, 0xf2000f2c, VEC_F_GET, VEC_FP)        \
    X(CVTSS2SI, 0xf3000f2d, VEC_F_GET, VEC_FP) X(CVTSD2SI, 0xf2000f2d, VEC_F_GET, VEC_FP)          \
    X(CVTPS2PD, 0x0f5a, VEC_F_OP, VEC_FP) X(CVTPD2PS, 0x66000f5a, VEC_F_OP, VEC_FP)                \
    X(CVTSS2SD, 0xf3000f5a, VEC_F_OP, VEC_FP) X(CVTSD2SS, 0xf2000f5a, VEC_F_OP, VEC_FP)            \
    X(CVTDQ2PS, 0x0f5b, VEC_F_OP, VEC_FP) X(CVTPS2DQ, 0x66000f5b, VEC_F_OP, VEC_FP)                \
    X(CVTTPS2DQ, 0xf3000f5b, VEC_F_OP, VEC_FP) X(CVTTPD2DQ, 0x66000fe6, VEC_F_OP, VEC_FP)          \
    X(CVTDQ2PD, 0xf3000fe6, VEC_F_OP, VEC_FP) X(CVTPD2DQ, 0xf2000fe6, VEC_F_OP, VEC_FP)            \
    X(CVTPI2PD, 0xf3000fe6, VEC_F_OP, VEC_FP) /* from memory the same */                            \
    /* Of VOP: d + a * b, d - a * b, -d + a * b, -d - a * b, rounded once; by VEX instructions of their own. */ \
    X(FMADD, 0, VEC_F_OP, VEC_FP) X(FNMADD, 0, VEC_F_OP, VEC_FP) X(FMSUB, 0, VEC_F_OP, VEC_FP)     \
    X(FNMSUB, 0, VEC_F_OP, VEC_FP) X(FMADDPS, 0, VEC_F_OP, VEC_FP) X(FNMADDPS, 0, VEC_F_OP, VEC_FP)

#define VEC_HOST_OPS(X) VEC_HOST_MOVES(X) VEC_HOST_SSE2(X) VEC_HOST_SSE3_TO_42(X) VEC_HOST_FP(X)

enum vec_host {
    VEC_NONE,
#define X(name, ...) VEC_##name,
    VEC_HOST_OPS(X)
#undef X
    VEC_N_HOST
};

struct vec_host_op {
    u32 opcode;
    u8 form;  /* enum vec_form */
    u8 flags; /* enum vec_flag */
};

extern const struct vec_host_op vec_host_ops[VEC_N_HOST];

static inline bool vec_is_fp(unsigned host)
{
    return vec_host_ops[host].flags & VEC_FP;
}

#endif
