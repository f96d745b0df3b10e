/* translate.h - what emit functions build with */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An emit function is called once for each instruction of its row, after its condition was dealt with:
 * what it emits is executed when the condition holds. It writes no register before its last op that can
 * fault. Values of 32 bits are zero-extended words.
 *
 * ITSTATE (A2.5.2) is known while translating. Its word in the CPU struct is set before each instruction
 * of an IT block, so that a fault finds it; the mode, which has it too, is only brought up to date
 * where a block ends inside an IT block, or began in one.
 */
#ifndef ARCH_ARM_TRANSLATE_H
#define ARCH_ARM_TRANSLATE_H

#include "arch/arm/cpu.h"
#include "arch/arm/decode.h"

/* How the flags are kept at a place. x, y and r are registers that had operands and result at ops x_at
 * and r_at, or IR_NONE. */
struct arm_flags {
    int cc_op;                 /* enum arm_cc, or -1: not known, but for */
    bool nz, carry;            /* that it is without CC_NZ; with CC_C */
    bool y_imm;                /* y is imm */
    u32 imm;
    ir_val x, y, r;
    u32 x_at, r_at;
};

/* What is emitted at the end of the block, for one of its instructions: translate_slow.c */
enum arm_slow_kind { ARM_SLOW_MISALIGNED, ARM_SLOW_STORE_LIST, ARM_SLOW_SWITCH };
struct arm_slow {
    enum arm_slow_kind kind;
    unsigned label;
    u32 insn, pc, next_pc;
    ir_val a;
    i32 off, back;
    u32 arg;
};

struct arm_tr {
    struct arm_cpu *a;
    struct ir_block *b;
    u32 mode;                  /* cpu.mode */
    const struct arm_insn *in; /* the instruction being emitted */
    struct arm_flags flags;
    u8 it, it_next;            /* ITSTATE of this instruction and of the next; 0 outside IT blocks */
    u8 it_stored;              /* what its word holds at this place */
    bool ended;                /* an emit function made the final exit */
    struct arm_slow slow[32];
    unsigned n_slow;
};

void arm_translate(struct cpu *c, struct ir_block *b, unsigned max_insns);

/* ---- values and registers (translate.c) ---- */

ir_val arm_imm(struct arm_tr *t, u32 value);
/* Register n as a word to be read at once; the pc reads as the Arm ARM says (A2.3): the address of
 * the instruction plus 8, in T32 plus 4. */
ir_val arm_reg(struct arm_tr *t, unsigned n);
ir_val arm_reg_copy(struct arm_tr *t, unsigned n); /* the same, in a temporary that may be changed */
u32 arm_pc(const struct arm_tr *t);                /* as it reads */
/* Writes register n; the pc by arm_write_pc(..., true) in A32, and without interworking in T32 (ALUWritePC). */
void arm_set_reg(struct arm_tr *t, unsigned n, ir_val v);
ir_val arm_2(struct arm_tr *t, enum ir_opcode op, ir_val a, ir_val b);   /* a 32-bit op into a new temporary */
ir_val arm_2i(struct arm_tr *t, enum ir_opcode op, ir_val a, u32 imm);
ir_val arm_1(struct arm_tr *t, enum ir_opcode op, ir_val a);

/* ---- memory: addresses are 32 bits; size in bytes: 1, 2, 4, 8 ---- */

/* addr + off, zero-extended (or sign-extended to 32 bits). Data are big-endian where the mode says so; 8 bytes
 * only in little-endian order of words as LDRD wants it: low word first. */
ir_val arm_load(struct arm_tr *t, unsigned size, bool sign, ir_val addr, i32 off);
void arm_store(struct arm_tr *t, unsigned size, ir_val addr, i32 off, ir_val v);
NORETURN void arm_raise_misaligned(struct cpu *c, u64 va, bool write); /* an alignment fault */
/* emit_multiple.c: before so many bytes are stored by several ops: faults now if it would then. */
void arm_probe_stores(struct arm_tr *t, ir_val start, unsigned size);
/* Faults now unless addr is a multiple of `align` (A3.2.1): for what always wants alignment. */
void arm_check_alignment(struct arm_tr *t, ir_val addr, unsigned align, bool write);
/* The same of register n + off, where off is a multiple of align too. */
void arm_check_register(struct arm_tr *t, unsigned n, i32 off, unsigned align, bool write);
/* The same for ordinary LDR, STR and halfwords: only where SCTLR.A or the memory's type wants it. */
void arm_check_unaligned(struct arm_tr *t, ir_val addr, i32 off, unsigned size, bool write);

/* ---- flags (translate_flags.c) ---- */

void arm_set_nz(struct arm_tr *t, ir_val result);
/* N, Z, C and V of x + y or x - y. */
void arm_set_flags(struct arm_tr *t, enum arm_cc how, ir_val x, ir_val y);
void arm_flags_result(struct arm_tr *t, ir_val r);           /* which is now in this word; may be none that counts */
void arm_set_carry(struct arm_tr *t, ir_val c);              /* C alone; V stays */
void arm_set_cv(struct arm_tr *t, ir_val c, ir_val v);       /* arm_set_nz() has to follow */
void arm_flags_unknown(struct arm_tr *t);                    /* a helper changed them */
void arm_flags_join(struct arm_tr *t, const struct arm_flags *other); /* paths meet: here the flags may also be so */
ir_val arm_get_carry(struct arm_tr *t);                      /* 0 or 1 */
ir_val arm_get_overflow(struct arm_tr *t);
/* Goes to the label unless the condition (0 to 13) holds. */
void arm_skip_unless(struct arm_tr *t, unsigned cond, unsigned label);

/* ---- out of the way (translate_slow.c) ---- */

/* Each gives a label to go to, where there is room for one more: */
bool arm_slow_has_room(const struct arm_tr *t);
/* an alignment fault at addr + off; addr is a register that has not changed yet, */
unsigned arm_slow_misaligned(struct arm_tr *t, ir_val addr, i32 off, bool write);
/* a whole STM, at base + off, which then adds `back` to the base; outside of IT blocks, */
unsigned arm_slow_store_list(struct arm_tr *t, unsigned base, i32 off, u32 regs, i32 back);
/* a branch to the other instruction set. */
unsigned arm_slow_switch(struct arm_tr *t, ir_val target);
void arm_slow_emit(struct arm_tr *t); /* behind the block's last exit */

/* ---- ways out (translate.c) ---- */

u64 arm_help_misaligned(struct cpu *c, u64 va, u64 write, u64 d);
u64 arm_help_switch(struct cpu *c, u64 target, u64 b, u64 d);

void arm_jump(struct arm_tr *t, u32 target);                 /* to code of the same instruction set */
/* To an address in a register. interwork: bit 0 says which instruction set (BXWritePC, LoadWritePC);
 * else the present one (BranchWritePC). */
void arm_write_pc(struct arm_tr *t, ir_val v, bool interwork);
void arm_jump_switch(struct arm_tr *t, u32 target);          /* to code of the other one (BLX immediate) */
/* Calls a helper that sets pc, and perhaps everything else, and ends the block. */
void arm_call_end(struct arm_tr *t, ir_helper fn, ir_val a, ir_val b, ir_val c);
void arm_call(struct arm_tr *t, ir_val d, ir_helper fn, ir_val a, ir_val b, ir_val c);
/* Ends the block behind this instruction. For what may have changed the mode, interrupts, or
 * memory's mapping. */
void arm_end(struct arm_tr *t);
void arm_exit_next(struct arm_tr *t); /* the same where the mode is right and interrupts were looked for */
void arm_undefined(struct arm_tr *t); /* the Undefined Instruction exception, logged with its bits */

#endif
