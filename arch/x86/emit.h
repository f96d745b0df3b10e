/* emit.h - the emit functions of the integer instructions, by file */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_X86_EMIT_H
#define ARCH_X86_EMIT_H

#include "arch/x86/translate.h"

#define X86_EMIT(name) void x86_op_##name(struct x86_tr *t, const struct x86_insn *in)

/* emit_alu.c; row argument of alu: */
enum { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };
X86_EMIT(alu); X86_EMIT(test); X86_EMIT(inc); X86_EMIT(dec); X86_EMIT(neg); X86_EMIT(not);
X86_EMIT(mul); X86_EMIT(imul); X86_EMIT(imul2); X86_EMIT(div); X86_EMIT(cbw); X86_EMIT(cwd);


/* emit_shift.c; row argument: */
enum { SHIFT_ROL, SHIFT_ROR, SHIFT_RCL, SHIFT_RCR, SHIFT_SHL, SHIFT_SHR, SHIFT_SAR };
X86_EMIT(shift); X86_EMIT(rotate); X86_EMIT(rotate_carry);
X86_EMIT(shd); /* argument: 1 for SHRD */
bool x86_is_rotate_flags(ir_helper fn); /* a helper that does nothing but set flags */

/* emit_bit.c; row argument of bt: */
enum { BIT_TEST, BIT_SET, BIT_RESET, BIT_COMPLEMENT };
X86_EMIT(bt); X86_EMIT(bsf); X86_EMIT(bsr); X86_EMIT(popcnt); X86_EMIT(bswap); X86_EMIT(movbe);
X86_EMIT(crc32);

/* emit_move.c */
X86_EMIT(mov); X86_EMIT(mov_from_seg); X86_EMIT(movzx); X86_EMIT(movsx); X86_EMIT(lea); X86_EMIT(xchg); X86_EMIT(xadd);
X86_EMIT(cmpxchg); X86_EMIT(cmpxchg8b); X86_EMIT(cmov); X86_EMIT(setcc); X86_EMIT(xlat);
X86_EMIT(nop); X86_EMIT(pause);

/* emit_stack.c */
X86_EMIT(push); X86_EMIT(pop); X86_EMIT(pusha); X86_EMIT(popa); X86_EMIT(pushf); X86_EMIT(popf);
X86_EMIT(enter); X86_EMIT(leave);

/* emit_branch.c */
X86_EMIT(jcc); X86_EMIT(jmp); X86_EMIT(call); X86_EMIT(ret); X86_EMIT(loop); X86_EMIT(jcxz);
X86_EMIT(int); X86_EMIT(into); X86_EMIT(bound); X86_EMIT(ud);

/* emit_flag.c; row argument of decimal: */
enum { DECIMAL_AAA, DECIMAL_AAS, DECIMAL_DAA, DECIMAL_DAS };
X86_EMIT(lahf); X86_EMIT(sahf); X86_EMIT(clc); X86_EMIT(stc); X86_EMIT(cmc); X86_EMIT(cld);
X86_EMIT(std); X86_EMIT(salc); X86_EMIT(decimal); X86_EMIT(aam); X86_EMIT(aad);

/* emit_string.c; row argument: */
enum { STRING_MOVS, STRING_STOS, STRING_LODS, STRING_SCAS, STRING_CMPS };
X86_EMIT(string);

#endif
