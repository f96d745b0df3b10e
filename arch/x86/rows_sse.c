/* rows_sse.c - the instructions on XMM registers, in opcode order: SSE to SSE4.2 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: SDM vol. 2, appendix A.3; features: each instruction's own page. */
#include "arch/x86/sse_emit.h"
#include "arch/x86/x87.h"

#define ROW(enc, name, opd, fn, arg, flags, feature)                                               \
    {enc, name, opd, fn, arg, ROW_SSE | (flags), X86_FEATURE_##feature}
#define MOVE(enc, name, opd, fn, feature) ROW(enc, name, opd, fn, 0, 0, feature)
#define UNALIGNED(enc, name, opd, fn, feature) ROW(enc, name, opd, fn, 0, ROW_NO_ALIGN, feature)

/* The four forms of a floating-point instruction. */
#define FP4(op, name)                                                                              \
    ROW("NP 0F " op " /r", #name "PS", "Vps,Wps", sse_emit_op, SSE_FN(x86_sse_##name##PS, name##PS), 0, SSE),   \
    ROW("66 0F " op " /r", #name "PD", "Vpd,Wpd", sse_emit_op, SSE_FN(x86_sse_##name##PD, name##PD), 0, SSE2),  \
    ROW("F3 0F " op " /r", #name "SS", "Vss,Wss", sse_emit_op, SSE_FN(x86_sse_##name##SS, name##SS), 0, SSE),   \
    ROW("F2 0F " op " /r", #name "SD", "Vsd,Wsd", sse_emit_op, SSE_FN(x86_sse_##name##SD, name##SD), 0, SSE2)
#define LOGIC(op, name, vec)                                                                       \
    VEC("NP 0F " op, name "PS", "Vps,Wps", vec, SSE), VEC("66 0F " op, name "PD", "Vpd,Wpd", vec, SSE2)

/* By a helper of sse_*.c; by an integer operation of vec_ops.h, the name of which may be another's. */
#define FN(enc, name, opd, feature) ROW(enc " /r", #name, opd, sse_emit_op, SSE_FN(x86_sse_##name, name), 0, feature)
#define VEC(enc, name, opd, op, feature) ROW(enc " /r", name, opd, sse_emit_op, SSE_FN(x86_vec_##op, op), 0, feature)
#define V2(enc, name) VEC("66 0F " enc, #name, "Vdq,Wdq", name, SSE2)
#define V3(enc, name) VEC("66 0F 38 " enc, #name, "Vdq,Wdq", name, SSSE3)
#define V41(enc, name) VEC("66 0F 38 " enc, #name, "Vdq,Wdq", name, SSE41)
#define V41P(enc, name, opd) VEC("66 0F 38 " enc, #name, opd, name, SSE41)
#define V41I(enc, name) VEC("66 0F 3A " enc, #name, "Vdq,Wdq,Ib", name, SSE41)
#define F41I(enc, name, opd) FN("66 0F 3A " enc, name, opd, SSE41)
#define SHIFT(enc, name) ROW("66 0F " enc, #name, "Udq,Ib", sse_emit_op, SSE_FN(x86_vec_##name##_I, name##_I), 0, SSE2)
#define TO_GPR(enc, name, opd, feature) ROW(enc " /r", #name, opd, sse_emit_to_gpr, SSE_FN(x86_sse_##name, name), 0, feature)
#define SIGNS(enc, name, opd, feature) ROW(enc " /r", #name, opd, sse_emit_to_gpr, SSE_FN(x86_vec_##name, name), 0, feature)
#define FLAGS(enc, name, opd, feature) ROW(enc " /r", #name, opd, sse_emit_flags, SSE_FN(x86_sse_##name, name), 0, feature)
#define STRING(op, name)                                                                           \
    ROW("66 0F 3A " op " /r", #name, "Vdq,Wdq,Ib", sse_emit_string, SSE_ARG(x86_sse_##name), ROW_NO_ALIGN, SSE42)
#define BOTH_MMX(enc, name, opd, feature)                                                          \
    ROW(enc " /r", #name, opd, sse_emit_op, SSE_FN(x86_sse_##name, NONE), ROW_MMX, feature)

const struct x86_row x86_rows_sse[] = {
    UNALIGNED("NP 0F 10 /r", "MOVUPS", "Vps,Wps", sse_emit_load, SSE),
    UNALIGNED("66 0F 10 /r", "MOVUPD", "Vpd,Wpd", sse_emit_load, SSE2),
    MOVE("F3 0F 10 /r", "MOVSS", "Vss,Md", sse_emit_load, SSE),
    MOVE("F3 0F 10 /r", "MOVSS", "Vss,Uss", sse_emit_low, SSE),
    MOVE("F2 0F 10 /r", "MOVSD", "Vsd,Mq", sse_emit_load, SSE2),
    MOVE("F2 0F 10 /r", "MOVSD", "Vsd,Usd", sse_emit_low, SSE2),
    UNALIGNED("NP 0F 11 /r", "MOVUPS", "Wps,Vps", sse_emit_store, SSE),
    UNALIGNED("66 0F 11 /r", "MOVUPD", "Wpd,Vpd", sse_emit_store, SSE2),
    MOVE("F3 0F 11 /r", "MOVSS", "Md,Vss", sse_emit_store, SSE),
    MOVE("F3 0F 11 /r", "MOVSS", "Uss,Vss", sse_emit_low, SSE),
    MOVE("F2 0F 11 /r", "MOVSD", "Mq,Vsd", sse_emit_store, SSE2),
    MOVE("F2 0F 11 /r", "MOVSD", "Usd,Vsd", sse_emit_low, SSE2),
    MOVE("NP 0F 12 /r", "MOVLPS", "Vq,Mq", sse_emit_low, SSE),
    MOVE("NP 0F 12 /r", "MOVHLPS", "Vq,Uq", sse_emit_low_high, SSE),
    MOVE("66 0F 12 /r", "MOVLPD", "Vq,Mq", sse_emit_low, SSE2),
    VEC("F3 0F 12", "MOVSLDUP", "Vdq,Wdq", MOVSLDUP, SSE3),
    VEC("F2 0F 12", "MOVDDUP", "Vdq,Wq", MOVDDUP, SSE3),
    MOVE("NP 0F 13 /r", "MOVLPS", "Mq,Vq", sse_emit_store, SSE),
    MOVE("66 0F 13 /r", "MOVLPD", "Mq,Vq", sse_emit_store, SSE2),
    VEC("NP 0F 14", "UNPCKLPS", "Vps,Wps", PUNPCKLDQ, SSE),
    VEC("66 0F 14", "UNPCKLPD", "Vpd,Wpd", PUNPCKLQDQ, SSE2),
    VEC("NP 0F 15", "UNPCKHPS", "Vps,Wps", PUNPCKHDQ, SSE),
    VEC("66 0F 15", "UNPCKHPD", "Vpd,Wpd", PUNPCKHQDQ, SSE2),
    MOVE("NP 0F 16 /r", "MOVHPS", "Vq,Mq", sse_emit_high, SSE),
    MOVE("NP 0F 16 /r", "MOVLHPS", "Vq,Uq", sse_emit_high, SSE),
    MOVE("66 0F 16 /r", "MOVHPD", "Vq,Mq", sse_emit_high, SSE2),
    VEC("F3 0F 16", "MOVSHDUP", "Vdq,Wdq", MOVSHDUP, SSE3),
    MOVE("NP 0F 17 /r", "MOVHPS", "Mq,Vq", sse_emit_store_high, SSE),
    MOVE("66 0F 17 /r", "MOVHPD", "Mq,Vq", sse_emit_store_high, SSE2),
    MOVE("NP 0F 28 /r", "MOVAPS", "Vps,Wps", sse_emit_load, SSE),
    MOVE("66 0F 28 /r", "MOVAPD", "Vpd,Wpd", sse_emit_load, SSE2),
    MOVE("NP 0F 29 /r", "MOVAPS", "Wps,Vps", sse_emit_store, SSE),
    MOVE("66 0F 29 /r", "MOVAPD", "Wpd,Vpd", sse_emit_store, SSE2),
    BOTH_MMX("NP 0F 2A", CVTPI2PS, "Vps,Qq", SSE),
    FN("66 0F 2A", CVTPI2PD, "Vpd,Mq", SSE2), /* enters MMX state only with an MMX register */
    BOTH_MMX("66 0F 2A", CVTPI2PD, "Vpd,Nq", SSE2),
    ROW("F3 0F 2A /r", "CVTSI2SS", "Vss,Ey", sse_emit_from_gpr, SSE_FN(x86_sse_CVTSI2SS, CVTSI2SS), 0, SSE),
    ROW("F2 0F 2A /r", "CVTSI2SD", "Vsd,Ey", sse_emit_from_gpr, SSE_FN(x86_sse_CVTSI2SD, CVTSI2SD), 0, SSE2),
    MOVE("NP 0F 2B /r", "MOVNTPS", "Mps,Vps", sse_emit_store, SSE),
    MOVE("66 0F 2B /r", "MOVNTPD", "Mpd,Vpd", sse_emit_store, SSE2),
    BOTH_MMX("NP 0F 2C", CVTTPS2PI, "Pq,Wq", SSE), BOTH_MMX("66 0F 2C", CVTTPD2PI, "Pq,Wpd", SSE2),
    TO_GPR("F3 0F 2C", CVTTSS2SI, "Gy,Wss", SSE), TO_GPR("F2 0F 2C", CVTTSD2SI, "Gy,Wsd", SSE2),
    BOTH_MMX("NP 0F 2D", CVTPS2PI, "Pq,Wq", SSE), BOTH_MMX("66 0F 2D", CVTPD2PI, "Pq,Wpd", SSE2),
    TO_GPR("F3 0F 2D", CVTSS2SI, "Gy,Wss", SSE), TO_GPR("F2 0F 2D", CVTSD2SI, "Gy,Wsd", SSE2),
    FLAGS("NP 0F 2E", UCOMISS, "Vss,Wss", SSE), FLAGS("66 0F 2E", UCOMISD, "Vsd,Wsd", SSE2),
    FLAGS("NP 0F 2F", COMISS, "Vss,Wss", SSE), FLAGS("66 0F 2F", COMISD, "Vsd,Wsd", SSE2),

    SIGNS("NP 0F 50", MOVMSKPS, "Gd,Ups", SSE), SIGNS("66 0F 50", MOVMSKPD, "Gd,Upd", SSE2),
    FP4("51", SQRT), FN("NP 0F 52", RSQRTPS, "Vps,Wps", SSE), FN("F3 0F 52", RSQRTSS, "Vss,Wss", SSE),
    FN("NP 0F 53", RCPPS, "Vps,Wps", SSE), FN("F3 0F 53", RCPSS, "Vss,Wss", SSE),
    LOGIC("54", "AND", PAND), LOGIC("55", "ANDN", PANDN), LOGIC("56", "OR", POR),
    LOGIC("57", "XOR", PXOR), FP4("58", ADD), FP4("59", MUL),
    FN("NP 0F 5A", CVTPS2PD, "Vpd,Wq", SSE2), FN("66 0F 5A", CVTPD2PS, "Vps,Wpd", SSE2),
    FN("F3 0F 5A", CVTSS2SD, "Vsd,Wss", SSE2), FN("F2 0F 5A", CVTSD2SS, "Vss,Wsd", SSE2),
    FN("NP 0F 5B", CVTDQ2PS, "Vps,Wdq", SSE2), FN("66 0F 5B", CVTPS2DQ, "Vdq,Wps", SSE2),
    FN("F3 0F 5B", CVTTPS2DQ, "Vdq,Wps", SSE2), FP4("5C", SUB), FP4("5D", MIN), FP4("5E", DIV),
    FP4("5F", MAX),

    V2("60", PUNPCKLBW), V2("61", PUNPCKLWD), V2("62", PUNPCKLDQ), V2("63", PACKSSWB),
    V2("64", PCMPGTB), V2("65", PCMPGTW), V2("66", PCMPGTD), V2("67", PACKUSWB), V2("68", PUNPCKHBW),
    V2("69", PUNPCKHWD), V2("6A", PUNPCKHDQ), V2("6B", PACKSSDW), V2("6C", PUNPCKLQDQ),
    V2("6D", PUNPCKHQDQ), MOVE("66 0F 6E /r", "MOVD", "Vdq,Ey", sse_emit_load, SSE2),
    MOVE("66 0F 6F /r", "MOVDQA", "Vdq,Wdq", sse_emit_load, SSE2),
    UNALIGNED("F3 0F 6F /r", "MOVDQU", "Vdq,Wdq", sse_emit_load, SSE2),

    VEC("66 0F 70", "PSHUFD", "Vdq,Wdq,Ib", PSHUFD, SSE2),
    VEC("F3 0F 70", "PSHUFHW", "Vdq,Wdq,Ib", PSHUFHW, SSE2),
    VEC("F2 0F 70", "PSHUFLW", "Vdq,Wdq,Ib", PSHUFLW, SSE2),
    SHIFT("71 /2", PSRLW), SHIFT("71 /4", PSRAW), SHIFT("71 /6", PSLLW), SHIFT("72 /2", PSRLD),
    SHIFT("72 /4", PSRAD), SHIFT("72 /6", PSLLD), SHIFT("73 /2", PSRLQ), SHIFT("73 /3", PSRLDQ),
    SHIFT("73 /6", PSLLQ), SHIFT("73 /7", PSLLDQ), V2("74", PCMPEQB), V2("75", PCMPEQW),
    V2("76", PCMPEQD), FN("66 0F 7C", HADDPD, "Vpd,Wpd", SSE3), FN("F2 0F 7C", HADDPS, "Vps,Wps", SSE3),
    FN("66 0F 7D", HSUBPD, "Vpd,Wpd", SSE3), FN("F2 0F 7D", HSUBPS, "Vps,Wps", SSE3),
    MOVE("66 0F 7E /r", "MOVD", "Ey,Vdq", sse_emit_store, SSE2),
    MOVE("F3 0F 7E /r", "MOVQ", "Vq,Wq", sse_emit_load, SSE2),
    MOVE("66 0F 7F /r", "MOVDQA", "Wdq,Vdq", sse_emit_store, SSE2),
    UNALIGNED("F3 0F 7F /r", "MOVDQU", "Wdq,Vdq", sse_emit_store, SSE2),

    /* 0F AE with a memory operand */
    {"NP 0F AE /0", "FXSAVE", "M", sse_emit_state, SSE_ARG(x87_fxsave), ROW_X87, X86_FEATURE_FXSR},
    {"NP 0F AE /1", "FXRSTOR", "M", sse_emit_fxrstor, SSE_ARG(x87_fxrstor), ROW_X87, X86_FEATURE_FXSR},
    ROW("NP 0F AE /2", "LDMXCSR", "Md", sse_emit_address_end, SSE_ARG(x86_sse_LDMXCSR), 0, SSE),
    ROW("NP 0F AE /3", "STMXCSR", "Md", sse_emit_address_write, SSE_ARG(x86_sse_STMXCSR), 0, SSE),
    {"NP 0F AE /4", "XSAVE", "M", sse_emit_xstate, SSE_ARG(x87_xsave), 0, X86_FEATURE_XSAVE},
    {"NP 0F AE /5", "XRSTOR", "M", sse_emit_xrstor, SSE_ARG(x87_xrstor), 0, X86_FEATURE_XSAVE},

    ROW("NP 0F C2 /r", "CMPPS", "Vps,Wps,Ib", sse_emit_op, SSE_FN(x86_sse_CMPPS, CMPPS), 0, SSE),
    ROW("66 0F C2 /r", "CMPPD", "Vpd,Wpd,Ib", sse_emit_op, SSE_FN(x86_sse_CMPPD, CMPPD), 0, SSE2),
    ROW("F3 0F C2 /r", "CMPSS", "Vss,Wss,Ib", sse_emit_op, SSE_FN(x86_sse_CMPSS, CMPSS), 0, SSE),
    ROW("F2 0F C2 /r", "CMPSD", "Vsd,Wsd,Ib", sse_emit_op, SSE_FN(x86_sse_CMPSD, CMPSD), 0, SSE2),
    {"NP 0F C3 /r", "MOVNTI", "My,Gy", sse_emit_movnti, 0, 0, X86_FEATURE_SSE2},
    ROW("66 0F C4 /r", "PINSRW", "Vdq,Rd/Mw,Ib", sse_emit_insert, 2, 0, SSE2),
    ROW("66 0F C5 /r", "PEXTRW", "Gd,Udq,Ib", sse_emit_extract, 2, 0, SSE2),
    VEC("NP 0F C6", "SHUFPS", "Vps,Wps,Ib", SHUFPS, SSE),
    VEC("66 0F C6", "SHUFPD", "Vpd,Wpd,Ib", SHUFPD, SSE2),

    FN("66 0F D0", ADDSUBPD, "Vpd,Wpd", SSE3), FN("F2 0F D0", ADDSUBPS, "Vps,Wps", SSE3),
    V2("D1", PSRLW), V2("D2", PSRLD), V2("D3", PSRLQ), V2("D4", PADDQ), V2("D5", PMULLW),
    MOVE("66 0F D6 /r", "MOVQ", "Wq,Vq", sse_emit_store, SSE2),
    ROW("F3 0F D6 /r", "MOVQ2DQ", "Vdq,Nq", sse_emit_load, 0, ROW_MMX, SSE2),
    ROW("F2 0F D6 /r", "MOVDQ2Q", "Pq,Uq", sse_emit_dq_to_q, 0, ROW_MMX, SSE2),
    SIGNS("66 0F D7", PMOVMSKB, "Gd,Udq", SSE2), V2("D8", PSUBUSB), V2("D9", PSUBUSW),
    V2("DA", PMINUB), V2("DB", PAND),
    V2("DC", PADDUSB), V2("DD", PADDUSW), V2("DE", PMAXUB),
    V2("DF", PANDN),
    V2("E0", PAVGB), V2("E1", PSRAW), V2("E2", PSRAD), V2("E3", PAVGW), V2("E4", PMULHUW),
    V2("E5", PMULHW), FN("66 0F E6", CVTTPD2DQ, "Vdq,Wpd", SSE2), FN("F3 0F E6", CVTDQ2PD, "Vpd,Wq", SSE2),
    FN("F2 0F E6", CVTPD2DQ, "Vdq,Wpd", SSE2), MOVE("66 0F E7 /r", "MOVNTDQ", "Mdq,Vdq", sse_emit_store, SSE2),
    V2("E8", PSUBSB), V2("E9", PSUBSW), V2("EA", PMINSW),
    V2("EB", POR),
    V2("EC", PADDSB), V2("ED", PADDSW), V2("EE", PMAXSW),
    V2("EF", PXOR),
    UNALIGNED("F2 0F F0 /r", "LDDQU", "Vdq,Mdq", sse_emit_load, SSE3),
    V2("F1", PSLLW), V2("F2", PSLLD), V2("F3", PSLLQ), V2("F4", PMULUDQ), V2("F5", PMADDWD),
    V2("F6", PSADBW),
    ROW("66 0F F7 /r", "MASKMOVDQU", "Vdq,Udq", sse_emit_masked, SSE_ARG(x86_sse_MASKMOVDQU), ROW_NO_ALIGN, SSE2),
    V2("F8", PSUBB), V2("F9", PSUBW), V2("FA", PSUBD), V2("FB", PSUBQ), V2("FC", PADDB), V2("FD", PADDW),
    V2("FE", PADDD),

    V3("00", PSHUFB), V3("01", PHADDW), V3("02", PHADDD), V3("03", PHADDSW), V3("04", PMADDUBSW),
    V3("05", PHSUBW), V3("06", PHSUBD), V3("07", PHSUBSW), V3("08", PSIGNB), V3("09", PSIGNW),
    V3("0A", PSIGND), V3("0B", PMULHRSW), FN("66 0F 38 10", PBLENDVB, "Vdq,Wdq", SSE41),
    FN("66 0F 38 14", BLENDVPS, "Vdq,Wdq", SSE41), FN("66 0F 38 15", BLENDVPD, "Vdq,Wdq", SSE41),
    FLAGS("66 0F 38 17", PTEST, "Vdq,Wdq", SSE41), V3("1C", PABSB), V3("1D", PABSW), V3("1E", PABSD),
    V41P("20", PMOVSXBW, "Vdq,Wq"), V41P("21", PMOVSXBD, "Vdq,Wd"), V41P("22", PMOVSXBQ, "Vdq,Ww"),
    V41P("23", PMOVSXWD, "Vdq,Wq"), V41P("24", PMOVSXWQ, "Vdq,Wd"), V41P("25", PMOVSXDQ, "Vdq,Wq"),
    V41("28", PMULDQ), V41("29", PCMPEQQ), MOVE("66 0F 38 2A /r", "MOVNTDQA", "Vdq,Mdq", sse_emit_load, SSE41),
    V41("2B", PACKUSDW),
    V41P("30", PMOVZXBW, "Vdq,Wq"), V41P("31", PMOVZXBD, "Vdq,Wd"), V41P("32", PMOVZXBQ, "Vdq,Ww"),
    V41P("33", PMOVZXWD, "Vdq,Wq"), V41P("34", PMOVZXWQ, "Vdq,Wd"), V41P("35", PMOVZXDQ, "Vdq,Wq"),
    VEC("66 0F 38 37", "PCMPGTQ", "Vdq,Wdq", PCMPGTQ, SSE42), V41("38", PMINSB), V41("39", PMINSD),
    V41("3A", PMINUW), V41("3B", PMINUD), V41("3C", PMAXSB), V41("3D", PMAXSD), V41("3E", PMAXUW),
    V41("3F", PMAXUD), V41("40", PMULLD), V41("41", PHMINPOSUW),

    F41I("08", ROUNDPS, "Vps,Wps,Ib"), F41I("09", ROUNDPD, "Vpd,Wpd,Ib"), F41I("0A", ROUNDSS, "Vss,Wss,Ib"),
    F41I("0B", ROUNDSD, "Vsd,Wsd,Ib"), V41I("0C", BLENDPS), V41I("0D", BLENDPD), V41I("0E", PBLENDW),
    VEC("66 0F 3A 0F", "PALIGNR", "Vdq,Wdq,Ib", PALIGNR, SSSE3),
    ROW("66 0F 3A 14 /r", "PEXTRB", "Rd/Mb,Vdq,Ib", sse_emit_extract, 1, 0, SSE41),
    ROW("66 0F 3A 15 /r", "PEXTRW", "Rd/Mw,Vdq,Ib", sse_emit_extract, 2, 0, SSE41),
    ROW("66 0F 3A 16 /r", "PEXTRD", "Ey,Vdq,Ib", sse_emit_extract, 0, 0, SSE41),
    ROW("66 0F 3A 17 /r", "EXTRACTPS", "Ed,Vdq,Ib", sse_emit_extract, 4, 0, SSE41),
    ROW("66 0F 3A 20 /r", "PINSRB", "Vdq,Rd/Mb,Ib", sse_emit_insert, 1, 0, SSE41),
    ROW("66 0F 3A 21 /r", "INSERTPS", "Vdq,Udq/Md,Ib", sse_emit_insertps, SSE_FN(x86_sse_INSERTPS, INSERTPS), 0, SSE41),
    ROW("66 0F 3A 22 /r", "PINSRD", "Vdq,Ey,Ib", sse_emit_insert, 0, 0, SSE41),
    F41I("40", DPPS, "Vps,Wps,Ib"), F41I("41", DPPD, "Vpd,Wpd,Ib"), V41I("42", MPSADBW),
    FN("66 0F 3A 44", PCLMULQDQ, "Vdq,Wdq,Ib", PCLMUL),
    STRING("60", PCMPESTRM), STRING("61", PCMPESTRI), STRING("62", PCMPISTRM), STRING("63", PCMPISTRI),
    {0},
};
