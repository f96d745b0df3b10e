/* translate_int.h - what the integer emit functions share beyond translate.h */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_X86_TRANSLATE_INT_H
#define ARCH_X86_TRANSLATE_INT_H

#include "arch/x86/translate.h"

/* A linear address as LD and ST take it: a word and a constant. The word may
 * be a guest register. */
struct x86_mem {
    ir_val addr;
    u64 off;
};

/* Modes in which a block is one instruction, with work at its end. */
#define MODE_ONE_INSN (MODE_TF | MODE_SHADOW | MODE_CODE_BP | MODE_RF)

static inline enum ir_size x86_ir_size(unsigned bytes)
{
    return bytes == 1 ? IR_8 : bytes == 2 ? IR_16 : bytes == 4 ? IR_32 : IR_64;
}

/* translate.c */
/* Operand n with its upper bits unspecified (for ops that cut to size); a register is the register
 * itself. */
ir_val x86_read_raw(struct x86_tr *t, const struct x86_insn *in, unsigned n);
/* The load of a read-modify-write: see x86_at_rmw_load(). */
ir_val x86_load_to_modify(struct x86_tr *t, struct x86_mem m, unsigned size);
/* Emits what TF, RF and the interrupt shadow ask for after the instruction;
 * must precede each exit. */
void x86_emit_step_end(struct x86_tr *t, const struct x86_insn *in);
/* Raises unless the near branch target lies within CS; nothing where CS is flat. */
void x86_emit_check_target(struct x86_tr *t, ir_val target);
void x86_emit_step_end_no_trap(struct x86_tr *t); /* for a second way out: a handler was entered */
void x86_emit_exit(struct x86_tr *t, const struct x86_insn *in, u64 pc);
void x86_emit_exit_ind(struct x86_tr *t, const struct x86_insn *in, ir_val pc);
/* Helpers' arguments as one word: calls fn(cpu, imm, 0, 0). */
void x86_emit_call_imm(struct x86_tr *t, ir_helper fn, u64 imm);

/* translate_mem.c */
struct x86_mem x86_mem_operand(struct x86_tr *t, const struct x86_insn *in, unsigned size,
                               bool write);
/* Its offset, without the segment. */
struct x86_mem x86_mem_offset(struct x86_tr *t, const struct x86_insn *in);
ir_val x86_mem_word(struct x86_tr *t, struct x86_mem m); /* as one temporary */
/* Linear address of size bytes at offset off (already cut to the address size) in segment seg. */
struct x86_mem x86_seg_mem(struct x86_tr *t, unsigned seg, struct x86_mem off, unsigned size,
                           bool write);
bool x86_seg_is_flat(const struct x86_tr *t, unsigned seg, bool write);
void x86_emit_push(struct x86_tr *t, const struct x86_insn *in, ir_val v, unsigned size);
/* Loads the top of the stack, leaving RSP; x86_emit_add_sp() then moves it. */
ir_val x86_emit_pop(struct x86_tr *t, const struct x86_insn *in, unsigned size);
void x86_emit_add_sp(struct x86_tr *t, const struct x86_insn *in, u64 n);

/* x87_guard.c: around the emission of an MMX instruction */
void x86_emit_mmx_begin(struct x86_tr *t);
void x86_emit_mmx_end(struct x86_tr *t, const struct x86_insn *in);

/* translate_flags.c */
/* A condition as one comparison (op is IR_EQ, IR_NE, IR_LTU, IR_LEU, IR_LTS or IR_LES), perhaps
 * negated. */
struct x86_cond_ir {
    enum ir_opcode op;
    enum ir_size size;
    ir_val a, b;
    bool imm;
    u64 value;
    bool negate;
};
struct x86_cond_ir x86_cond_of(struct x86_tr *t, unsigned cc);
/* Branches to the label if the comparison holds, whatever `negate` says. */
void x86_emit_cond_br(struct x86_tr *t, const struct x86_cond_ir *k, unsigned label);
ir_val x86_cf_word(struct x86_tr *t); /* a word whose lowest bit is CF; not cc_x */
/* Before flags are set: drops a rotate's setting of them if nothing can have seen it. */
void x86_drop_dead_rotate(struct x86_tr *t);
void x86_emit_fold_flags(struct x86_tr *t); /* the six flags into cc_x, as CC_FLAGS */
u64 x86_help_fold_flags(struct cpu *c, u64 a, u64 b, u64 d);

#endif
