/* rows_mmx.c - the instructions on MMX registers, in opcode order */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: SDM vol. 2, appendix A.3; features: each instruction's own page. */
#include "arch/x86/sse_emit.h"

#define MMX_OP(enc, name, opd, op, feature)                                                        \
    {"NP 0F " enc, name, opd, sse_emit_op, SSE_FN(x86_mmx_##op, NONE), ROW_MMX, X86_FEATURE_##feature}
#define M(enc, name) MMX_OP(enc " /r", #name, "Pq,Qq", name, MMX)
#define MS(enc, name) MMX_OP(enc " /r", #name, "Pq,Qq", name, SSE)
#define MS2(enc, name) MMX_OP(enc " /r", #name, "Pq,Qq", name, SSE2)
#define MS3(enc, name) MMX_OP(enc " /r", #name, "Pq,Qq", name, SSSE3)
#define MLOW(enc, name) MMX_OP(enc " /r", #name, "Pq,Qd", name, MMX)
#define MSHIFT(enc, name)                                                                          \
    {"NP 0F " enc, #name, "Nq,Ib", sse_emit_shift, SSE_FN(x86_mmx_##name, NONE), ROW_MMX, X86_FEATURE_MMX}
#define MPLAIN(enc, name, opd, fn, arg, feature)                                                   \
    {enc, name, opd, fn, arg, ROW_MMX, X86_FEATURE_##feature}

const struct x86_row x86_rows_mmx[] = {
    MLOW("60", PUNPCKLBW), MLOW("61", PUNPCKLWD), MLOW("62", PUNPCKLDQ), M("63", PACKSSWB),
    M("64", PCMPGTB), M("65", PCMPGTW), M("66", PCMPGTD), M("67", PACKUSWB),
    M("68", PUNPCKHBW), M("69", PUNPCKHWD), M("6A", PUNPCKHDQ), M("6B", PACKSSDW),
    MPLAIN("NP 0F 6E /r", "MOVD", "Pd,Ey", sse_emit_load, 0, MMX),
    MPLAIN("NP 0F 6F /r", "MOVQ", "Pq,Qq", sse_emit_load, 0, MMX),

    MMX_OP("70 /r", "PSHUFW", "Pq,Qq,Ib", PSHUFW, SSE),
    MSHIFT("71 /2", PSRLW), MSHIFT("71 /4", PSRAW), MSHIFT("71 /6", PSLLW),
    MSHIFT("72 /2", PSRLD), MSHIFT("72 /4", PSRAD), MSHIFT("72 /6", PSLLD),
    MSHIFT("73 /2", PSRLQ), MSHIFT("73 /6", PSLLQ),
    M("74", PCMPEQB), M("75", PCMPEQW), M("76", PCMPEQD),
    MPLAIN("NP 0F 77", "EMMS", "", sse_emit_emms, 0, MMX),
    MPLAIN("NP 0F 7E /r", "MOVD", "Ey,Pd", sse_emit_store, 0, MMX),
    MPLAIN("NP 0F 7F /r", "MOVQ", "Qq,Pq", sse_emit_store, 0, MMX),

    MPLAIN("NP 0F C4 /r", "PINSRW", "Pq,Rd/Mw,Ib", sse_emit_insert, 2, SSE),
    MPLAIN("NP 0F C5 /r", "PEXTRW", "Gd,Nq,Ib", sse_emit_extract, 2, SSE),

    M("D1", PSRLW), M("D2", PSRLD), M("D3", PSRLQ), MS2("D4", PADDQ), M("D5", PMULLW),
    MPLAIN("NP 0F D7 /r", "PMOVMSKB", "Gd,Nq", sse_emit_to_gpr, SSE_FN(x86_mmx_PMOVMSKB, NONE), SSE),
    M("D8", PSUBUSB), M("D9", PSUBUSW), MS("DA", PMINUB),
    MPLAIN("NP 0F DB /r", "PAND", "Pq,Qq", sse_emit_logic_mm, IR_AND, MMX),
    M("DC", PADDUSB), M("DD", PADDUSW), MS("DE", PMAXUB),
    MPLAIN("NP 0F DF /r", "PANDN", "Pq,Qq", sse_emit_logic_mm, IR_ANDN, MMX),

    MS("E0", PAVGB), M("E1", PSRAW), M("E2", PSRAD), MS("E3", PAVGW), MS("E4", PMULHUW),
    M("E5", PMULHW),
    MPLAIN("NP 0F E7 /r", "MOVNTQ", "Mq,Pq", sse_emit_store, 0, SSE),
    M("E8", PSUBSB), M("E9", PSUBSW), MS("EA", PMINSW),
    MPLAIN("NP 0F EB /r", "POR", "Pq,Qq", sse_emit_logic_mm, IR_OR, MMX),
    M("EC", PADDSB), M("ED", PADDSW), MS("EE", PMAXSW),
    MPLAIN("NP 0F EF /r", "PXOR", "Pq,Qq", sse_emit_logic_mm, IR_XOR, MMX),

    M("F1", PSLLW), M("F2", PSLLD), M("F3", PSLLQ), MS2("F4", PMULUDQ), M("F5", PMADDWD),
    MS("F6", PSADBW),
    MPLAIN("NP 0F F7 /r", "MASKMOVQ", "Pq,Nq", sse_emit_masked, SSE_ARG(x86_sse_MASKMOVQ), SSE),
    M("F8", PSUBB), M("F9", PSUBW), M("FA", PSUBD), MS2("FB", PSUBQ), M("FC", PADDB), M("FD", PADDW),
    M("FE", PADDD),

    MS3("38 00", PSHUFB), MS3("38 01", PHADDW), MS3("38 02", PHADDD), MS3("38 03", PHADDSW),
    MS3("38 04", PMADDUBSW), MS3("38 05", PHSUBW), MS3("38 06", PHSUBD), MS3("38 07", PHSUBSW),
    MS3("38 08", PSIGNB), MS3("38 09", PSIGNW), MS3("38 0A", PSIGND), MS3("38 0B", PMULHRSW),
    MS3("38 1C", PABSB), MS3("38 1D", PABSW), MS3("38 1E", PABSD),
    MMX_OP("3A 0F /r", "PALIGNR", "Pq,Qq,Ib", PALIGNR, SSSE3),
    {0},
};
