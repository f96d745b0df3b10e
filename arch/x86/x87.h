/* x87.h - what the files of the x87 unit share: the stack, flags, and the helpers called from IR */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A helper's arguments: `info` (below), the linear address of the memory operand and its offset in
 * the segment. A helper first raises what can be raised (#MF, page faults), then changes the state.
 */
#ifndef ARCH_X86_X87_H
#define ARCH_X86_X87_H

#include "arch/x86/cpu.h"
#include "arch/x86/translate.h"
#include "emu/fp.h"

/* Status word (SDM vol. 1, 8.1.3). The low six bits are enum fp_flag. */
enum {
    SW_SF = 1 << 6, SW_ES = 1 << 7, SW_C0 = 1 << 8, SW_C1 = 1 << 9, SW_C2 = 1 << 10, SW_C3 = 1 << 14,
    SW_B = 1 << 15, SW_CC = SW_C0 | SW_C1 | SW_C2 | SW_C3,
};

/* info: bits 0 to 10 the opcode as in FOP, 16 to 18 the operand's segment, 20 set if there is a
 * memory operand, 21: 64-bit code, 22: 16-bit operands (environment images), 24: these are in
 * real-mode format. */
enum {
    X87_SEG_SHIFT = 16, X87_MEM = 1 << 20, X87_CODE64 = 1 << 21, X87_OP16 = 1 << 22, X87_REAL = 1 << 24,
};

static inline unsigned x87_sti(u64 info)
{
    return info & 7;
}

static inline unsigned x87_reg_field(u64 info)
{
    return info >> 3 & 7;
}

static inline unsigned x87_escape(u64 info) /* 0 to 7 for D8 to DF */
{
    return info >> 8 & 7;
}

/* The address of the byte n after a linear address; linear addresses wrap outside of 64-bit code.
 */
static inline u64 x87_at(const struct x86_cpu *x, u64 la, unsigned n)
{
    return x->base.mode & MODE_CS64 ? la + n : (u32)(la + n);
}

static inline struct x86_st *x87_reg(struct x86_cpu *x, unsigned i)
{
    return &x->st[(x->fpu_top + i) & 7];
}

static inline bool x87_empty(const struct x86_cpu *x, unsigned i)
{
    return x->fpu_tag_empty >> ((x->fpu_top + i) & 7) & 1;
}

static inline struct fp_num x87_num(struct x86_cpu *x, unsigned i)
{
    return fp_unpack_ext((struct fp_ext){x87_reg(x, i)->mant, x87_reg(x, i)->exp});
}

static inline void x87_set(struct x86_cpu *x, unsigned i, struct fp_ext v)
{
    *x87_reg(x, i) = (struct x86_st){.mant = v.mant, .exp = v.exp};
    x->fpu_tag_empty &= ~(1 << ((x->fpu_top + i) & 7));
}

static inline void x87_pop(struct x86_cpu *x)
{
    x->fpu_tag_empty |= 1 << (x->fpu_top & 7);
    x->fpu_top = (x->fpu_top + 1) & 7;
}

static inline void x87_push(struct x86_cpu *x, struct fp_ext v)
{
    x->fpu_top = (x->fpu_top - 1) & 7;
    x87_set(x, 0, v);
}

#define X87_DEFAULT_NAN ((struct fp_ext){0xc000000000000000, 0xffff})

/* fpu.c */
void x87_wait(struct x86_cpu *x); /* an exception that waits is raised now: #MF or FERR# */
/* After everything that can raise: notes the instruction's opcode, code segment and operand. */
void x87_note(struct x86_cpu *x, u64 info, u64 ea);
struct fp_ctx x87_ctx(const struct x86_cpu *x); /* with the control word's precision */
void x87_update_es(struct x86_cpu *x);
/* Merges the flags and C1. False: an unmasked invalid, denormal or zero-divide exception, no result
 * is written. */
bool x87_flags(struct x86_cpu *x, const struct fp_ctx *c);
/* Packs n into ST(i), with flags; false if it was not written. */
bool x87_result_at(struct x86_cpu *x, struct fp_ctx *c, unsigned reg, struct fp_num n); /* physical */
bool x87_result(struct x86_cpu *x, struct fp_ctx *c, unsigned i, struct fp_num n);
/* Stack faults; true: masked, the default NaN is the result. */
bool x87_underflow(struct x86_cpu *x);
bool x87_overflow(struct x86_cpu *x);
static inline void x87_clear_c1(struct x86_cpu *x)
{
    x->fpu_sw &= ~SW_C1;
}
u64 x86_check_mxcsr(struct x86_cpu *x, u64 v); /* #GP(0) for reserved bits */

#define X87_HELPERS(X)                                                                             \
    /* fpu.c */                                                                                    \
    X(fldcw) X(fnstcw) X(fnstsw) X(fnstsw_ax) X(fnclex) X(fninit) X(fldenv) X(fnstenv) X(frstor)    \
    X(fnsave) X(fwait) X(fnop) X(fnop_8087) X(emms) X(fxsave) X(fxrstor) X(xsave) X(xrstor)                     \
    /* x87_move.c */                                                                               \
    X(fld_mem) X(fst_mem) X(fild) X(fist) X(fisttp) X(fbld) X(fbstp) X(fld_sti) X(fst_sti) X(fxch) \
    X(fcmov) X(ffree) X(ffreep) X(fincstp) X(fdecstp) X(fld_const) X(fchs) X(fabs)                 \
    /* x87_arith.c */                                                                              \
    X(arith_mem) X(arith_reg) X(arith_rev) X(com_reg) X(com_pp) X(comi) X(ftst) X(fxam)            \
    X(fsqrt) X(frndint) X(fscale) X(fxtract) X(fprem) X(fprem1)                                    \
    /* x87_trans.c */                                                                              \
    X(f2xm1) X(fyl2x) X(fyl2xp1) X(fptan) X(fpatan) X(fsin) X(fcos) X(fsincos)

#define X(name) u64 x87_##name(struct cpu *c, u64 info, u64 la, u64 ea);
X87_HELPERS(X)
#undef X

/* x87_quick.c: LEAF calls, by emit_x87.c. */
#define X87_LEAF_ARITH(X, name)                                                                    \
    X(name##_reg) X(name##_single) X(name##_double) X(name##_int)                                  \
    X(name##r_single) X(name##r_double) X(name##r_int)
#define X87_LEAVES(X)                                                                              \
    X87_LEAF_ARITH(X, add) X87_LEAF_ARITH(X, sub) X87_LEAF_ARITH(X, mul) X87_LEAF_ARITH(X, div)    \
    X(com_reg) X(com_single) X(com_double) X(com_int) X(comi)                                      \
    X(load_single) X(load_double) X(load_int) X(store_single) X(store_double) X(store_int)         \
    X(fsqrt) X(frndint)
#define X(name) u64 x87_leaf_##name(struct cpu *c, u64 a, u64 b, u64 d);
X87_LEAVES(X)
#undef X

#endif
