/* emit_x87.h - the emit functions of the x87 instructions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_X86_EMIT_X87_H
#define ARCH_X86_EMIT_X87_H

#include "arch/x86/translate_int.h"
#include "arch/x86/x87.h"

/*
 * A row's argument is the helper that does all of the instruction (FCMOV: the condition). Where
 * nothing out of the ordinary can happen, which is seen once in a block, IR and leaves do it
 * instead: see x87_guard.c.
 */
#define X87_EMIT(name) void x87_emit_##name(struct x86_tr *t, const struct x86_insn *in)

/* emit_x87.c */
X87_EMIT(arith_mem); X87_EMIT(arith_reg); X87_EMIT(com_reg); X87_EMIT(com_pp); X87_EMIT(comi);
X87_EMIT(one_operand); X87_EMIT(ftst);
/* emit_x87_move.c */
X87_EMIT(fld); X87_EMIT(fst); X87_EMIT(fild); X87_EMIT(fist); X87_EMIT(fld_sti); X87_EMIT(fst_sti);
X87_EMIT(fld_const); X87_EMIT(fxch); X87_EMIT(sign); X87_EMIT(ffree); X87_EMIT(rotate);
X87_EMIT(fcmov); X87_EMIT(fnstsw_ax); X87_EMIT(fnstsw); X87_EMIT(fnstcw); X87_EMIT(fldcw);
X87_EMIT(fwait); X87_EMIT(fnop);
/* x87_guard.c: by the helper alone */
X87_EMIT(load); X87_EMIT(store); X87_EMIT(reg); X87_EMIT(control_load); X87_EMIT(control_store);
X87_EMIT(control);

/* x87_guard.c, for the other two */
struct x87_mem {
    struct x86_mem at;     /* linear */
    struct x86_mem offset; /* in its segment */
};

enum { X87_MASKED = 1, X87_NO_STACK = 2 };

/*
 * What must hold before an instruction is done the quick way: ST(i) full, or empty, for each bit of
 * these masks; no exception waiting; X87_MASKED: all exceptions masked; and extra, if it is not
 * IR_NONE, zero. What the block does not know already is tested; if it does not hold the helper is
 * called, and the block left. False: nothing but calling the helper, which was done, is of use.
 */
bool x87_guard(struct x86_tr *t, const struct x86_insn *in, unsigned full, unsigned empty,
               unsigned how, ir_val extra);
struct x87_mem x87_mem(struct x86_tr *t, const struct x86_insn *in, unsigned size, bool write);
/* Notes it as the last instruction. m: its operand, or NULL. */
void x87_emit_note(struct x86_tr *t, const struct x86_insn *in, const struct x87_mem *m);
void x87_emit_clear_c1(struct x86_tr *t);
void x87_emit_push(struct x86_tr *t); /* the register is filled already */
void x87_emit_pop(struct x86_tr *t);

static inline unsigned x87_phys(const struct x86_tr *t, unsigned i)
{
    return (t->x87.top + i) & 7;
}

#define X87_WORD(member) IR_WORD(struct x86_cpu, member)
#define X87_MANT(reg) ((ir_val)(IR_WORD(struct x86_cpu, st) + 2 * (reg)))
#define X87_EXP(reg) ((ir_val)(X87_MANT(reg) + 1))

#endif
