/* sse_emit.h - emit functions of the MMX and SSE rows: one per shape of operands */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_X86_SSE_EMIT_H
#define ARCH_X86_SSE_EMIT_H

#include "arch/x86/features.h"
#include "arch/x86/sse.h"
#include "arch/x86/translate_int.h"
#include "emu/vec_host.h"

typedef void x86_emit_fn(struct x86_tr *t, const struct x86_insn *in);

/* row.arg is a struct vec_fn: */
x86_emit_fn sse_emit_op;       /* (V or P), (W, Q or M) and perhaps an immediate; U, Ib */
x86_emit_fn sse_emit_shift;    /* N, Ib: the count is the second operand */
x86_emit_fn sse_emit_to_gpr;   /* G, (W, U or N): the result goes to the register */
x86_emit_fn sse_emit_from_gpr; /* V, E */
x86_emit_fn sse_emit_flags;    /* V, W: the result is the flags */
x86_emit_fn sse_emit_insertps;
/* row.arg is a helper: */
x86_emit_fn sse_emit_string;   /* V, W, Ib: flags, and for the index forms RCX */
x86_emit_fn sse_emit_masked;   /* (V or P), (U or N) to DS:rDI */
x86_emit_fn sse_emit_address;  /* helper(address), memory to read */
x86_emit_fn sse_emit_address_write;
x86_emit_fn sse_emit_address_end; /* it may change the mode: ends the block */

/* Moves. */
x86_emit_fn sse_emit_load;      /* V or P, W, M or Q: all of the operand, zeros above */
x86_emit_fn sse_emit_store;     /* W, M or Q, V or P */
x86_emit_fn sse_emit_low;       /* MOVSS, MOVSD, MOVLPS: from a register or 64-bit memory, the rest stays */
x86_emit_fn sse_emit_high;      /* MOVHPS, MOVLHPS: to the upper half, from memory or a lower half */
x86_emit_fn sse_emit_low_high;  /* MOVHLPS: to the lower half, from the upper */
x86_emit_fn sse_emit_store_high;
x86_emit_fn sse_emit_insert;    /* PINSRx: arg is the size of an element; 0: as the operand's */
x86_emit_fn sse_emit_extract;   /* PEXTRx: the same */
x86_emit_fn sse_emit_logic_mm;  /* P, Q; arg: enum ir_opcode; IR_ANDN: of the first operand's complement */
x86_emit_fn sse_emit_dq_to_q;   /* MOVDQ2Q */
x86_emit_fn sse_emit_movnti;
x86_emit_fn sse_emit_state;     /* FXSAVE; arg: a helper of x87.h */
x86_emit_fn sse_emit_fxrstor;   /* these two load MXCSR: they end the block */
x86_emit_fn sse_emit_xrstor;
x86_emit_fn sse_emit_xstate;    /* XSAVE */
x86_emit_fn sse_emit_emms;

#define SSE_ARG(fn) ((u64)(uintptr_t)(fn))
#define SSE_FN(fn, host) ((u64)(uintptr_t)&(const struct vec_fn){fn, VEC_##host})

#endif
