/* translate.h - the decoder's rows, a decoded instruction, and what emit functions build with */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An instruction is one row: its encoding and operands written as in the SDM, and the function that emits its
 * IR. The tables are lists of such rows, one per group of instructions; decoder.c reads them all when
 * the CPU is made and builds its lookup from them.
 *
 *     {"00 /r",          "ADD",   "Eb,Gb",    emit_add,      0, ROW_LOCK},
 *     {"0F B6 /r",       "MOVZX", "Gv,Eb",    emit_movzx},
 *     {"F3 0F 58 /r",    "ADDSS", "Vss,Wss",  emit_sse,      VEC_ADDSS, ROW_SSE},
 *     {"NP 0F 38 F0 /r", "MOVBE", "Gv,Mv",    emit_movbe},
 *     {"D9 F8",          "FPREM", "",         emit_x87, ...},  two bytes, the second a modrm with mod 3
 *     {"D8 C0+i",        "FADD",  "",         ...}
 *
 * Encoding: opcode bytes in hex; before them NP (no 66, F3, F2), 66, F3 or F2 where it selects the
 * instruction (rows without one accept any); then /r (a modrm), /0 to /7 (a modrm with that reg field), +r (register
 * in the low three opcode bits; eight opcodes). "/r" with "Ed" style operands take memory or register; "M" operands memory
 * only and "R", "U", "N" registers only: a modrm of the other kind does not match, so two rows may share an encoding.
 * Operand letters are those of SDM vol. 2, appendix A.2 (E G M R C D S V W U P Q N I J O A X Y Z, and registers by name: AL, eAX, rAX,
 * DX, CL, 1), sizes those of A.2.2 (b w d q v y z p dq ps pd ss sd s a).
 */
#ifndef ARCH_X86_TRANSLATE_H
#define ARCH_X86_TRANSLATE_H

#include "arch/x86/cpu.h"

struct x86_tr;

enum x86_operand_kind { OPD_NONE, OPD_REG, OPD_REG8H, OPD_MEM, OPD_IMM, OPD_REL, OPD_SEG, OPD_CR, OPD_DR, OPD_XMM, OPD_MM,
                        OPD_FAR /* ptr16:16/32 in imm (offset) and imm2 (selector) */ };

struct x86_operand {
    u8 kind;
    u8 size;   /* bytes: 1, 2, 4, 6, 8, 10, 16; 0 where it has none (LEA's M) */
    u8 reg;    /* OPD_REG.. by number; OPD_REG8H: 0 to 3 for AH CH DH BH */
    u64 imm;   /* sign- or zero-extended to 64 bits as the operand says; OPD_REL: the target pc, wrapped */
    u16 imm2;
};

enum x86_row_flag {
    ROW_LOCK = 1 << 0,    /* LOCK allowed with a memory destination */
    ROW_NO64 = 1 << 1,    /* #UD in 64-bit code */
    ROW_ONLY64 = 1 << 2,  /* does not exist elsewhere (the byte may mean another row there) */
    ROW_DEF64 = 1 << 3,   /* operand size 64 by default in 64-bit code (PUSH, POP, ...) */
    ROW_FORCE64 = 1 << 4, /* operand size 64 always in 64-bit code (near branches) */
    ROW_REP = 1 << 5,     /* string instruction: REP applies */
    ROW_SSE = 1 << 6,     /* #UD if CR0.EM or !CR4.OSFXSR; #NM if CR0.TS */
    ROW_MMX = 1 << 7,     /* #UD if CR0.EM; #NM if CR0.TS; pending x87 fault; enters MMX state */
    ROW_X87 = 1 << 8,     /* #NM if CR0.EM or CR0.TS */
    ROW_CPL0 = 1 << 9,    /* #GP(0) unless CPL 0 */
    ROW_PE = 1 << 10,     /* #UD in real and virtual-8086 mode */
    ROW_END = 1 << 11,    /* ends the block, pc = next instruction, run loop looks round (mode, I/O, clock) */
    ROW_NO_ALIGN = 1 << 12, /* SSE memory operand of 16 bytes need not be aligned (MOVUPS, LDDQU, ...) */
};

struct x86_insn;

struct x86_row {
    const char *encoding, *mnemonic, *operands;
    void (*emit)(struct x86_tr *t, const struct x86_insn *in);
    u64 arg;           /* the emit function's own; may be a pointer cast */
    u32 flags;
    u16 feature;       /* enum x86_feature that must be there, or 0: else #UD */
};

struct x86_insn {
    const struct x86_row *row;
    u64 pc, next_pc;          /* wrapped to the code size */
    u8 len;
    u8 opcode;                /* last opcode byte */
    u8 opsize, addrsize, stacksize; /* bytes: 2, 4, 8 */
    bool lock, rep, repne, p66, rex, rexw;
    u8 rex_r, rex_x, rex_b;   /* 0 or 8 */
    bool has_modrm;
    u8 modrm, mod, reg, rm;   /* reg and rm without REX bits */
    /* memory operand */
    u8 seg;                   /* effective segment, override applied */
    u8 base, index, scale;    /* enum x86_reg; 0xff: none; 0xfe as base: RIP-relative (disp is then absolute) */
    u64 disp;
    struct x86_operand op[4];
    u8 n_ops;
};

/* What a block knows of the x87 unit at this place (emit_x87.c). */
struct x86_x87_known {
    bool top_known, no_error, masked, c1_clear, cs_noted;
    bool kept;        /* the instruction in hand has brought this up to date itself */
    u8 top;           /* the physical register that is ST(0) */
    u8 full, empty;   /* physical registers that are known to be so */
    u8 ds_noted;      /* the segment fpu_ds was set from, plus 1; or 0 */
};

struct x86_tr {
    struct x86_cpu *x;
    struct ir_block *b;
    u32 mode;          /* cpu.mode */
    int cc_op;         /* known kind of the lazy flags at this place, or -1 */
    int cc_guess;      /* when it is not known: what it is likely to be */
    bool ended;        /* an emit function made the final exit */
    const struct x86_insn *in; /* the instruction being emitted */
    struct x86_x87_known x87;
    bool step_ended;   /* what TF, RF and the shadow ask for after it was emitted */
};

/* The row tables, each ended by a row without encoding. */
extern const struct x86_row x86_rows_integer[]; /* rows_integer.c: data movement, arithmetic, logic, control, strings */
extern const struct x86_row x86_rows_system[];  /* rows_system.c: segments, far control, system instructions, I/O */
extern const struct x86_row x86_rows_x87[];     /* rows_x87.c */
extern const struct x86_row x86_rows_mmx[];     /* rows_mmx.c */
extern const struct x86_row x86_rows_sse[];     /* rows_sse.c */

struct x86_decoder *x86_decoder_new(const struct x86_row *const *tables, unsigned n);
void x86_decoder_delete(struct x86_decoder *d);
void x86_translate(struct cpu *c, struct ir_block *b, unsigned max_insns);

/* For emit functions (translate.c). Values of less than 64 bits are zero-extended. */
ir_val x86_temp_imm(struct x86_tr *t, u64 imm);
/* Linear address of the memory operand for an access of `size` bytes, with segment checks emitted
 * where the mode needs them; size 0: only the effective address without segment base (LEA). The
 * value is a temporary. */
ir_val x86_mem_addr(struct x86_tr *t, const struct x86_insn *in, unsigned size, bool write);
ir_val x86_effective_address(struct x86_tr *t, const struct x86_insn *in);
/* Reads operand n (register, memory, immediate, segment selector) zero-extended; for a memory
 * operand that will be written back use x86_read_for_write(), which gives its address, to be passed
 * to x86_write_back(). */
ir_val x86_read_operand(struct x86_tr *t, const struct x86_insn *in, unsigned n);
ir_val x86_read_for_write(struct x86_tr *t, const struct x86_insn *in, unsigned n, ir_val *addr);
void x86_write_back(struct x86_tr *t, const struct x86_insn *in, unsigned n, ir_val addr, ir_val v);
void x86_write_operand(struct x86_tr *t, const struct x86_insn *in, unsigned n, ir_val v);
void x86_write_gpr(struct x86_tr *t, unsigned reg, unsigned size, ir_val v); /* 1: low byte; 4 zero-extends */
ir_val x86_read_gpr(struct x86_tr *t, unsigned reg, unsigned size);
/* Flags: the op CC, remembering the kind; and after a helper changed the flags in its own way. */
void x86_set_cc(struct x86_tr *t, enum x86_cc kind, unsigned size, ir_val x, ir_val y);
void x86_cc_unknown(struct x86_tr *t);
ir_val x86_emit_cond(struct x86_tr *t, unsigned cc); /* 0 or 1 */
/* Exceptions known at translation time; nothing more of the instruction is to be emitted. */
void x86_emit_raise(struct x86_tr *t, enum x86_vector v);
void x86_emit_raise_error(struct x86_tr *t, enum x86_vector v, u32 error);
void x86_emit_undefined(struct x86_tr *t, const struct x86_insn *in); /* #UD, logged with its bytes */
/* Calls a helper that may set pc and mode (far transfers, MOV CR, ...) and ends the block. The
 * helper must set pc. */
void x86_emit_call_end(struct x86_tr *t, ir_helper fn, ir_val a, ir_val b, ir_val c);
/* Ends the block with pc = next instruction; `look` makes the run loop look round first. */
void x86_emit_end(struct x86_tr *t, const struct x86_insn *in, bool look);
/* Is the op being executed the load of a read-modify-write? Its fault says "write" (as processors
 * do, though the SDM leaves it open). */
bool x86_at_rmw_load(const struct cpu *c);
/* Does the op being executed access the stack, or memory through SS, in 64-bit code? Its
 * non-canonical address is #SS. */
bool x86_at_stack_access(struct cpu *c);
/* For helpers called from IR that need the instruction's mode: ordinary data accesses of the
 * current privilege. */
static inline u64 x86_ld(struct x86_cpu *x, u64 va, unsigned size)
{
    return mem_read(&x->base, va, size, x->base.mmu);
}
static inline void x86_st(struct x86_cpu *x, u64 va, u64 v, unsigned size)
{
    mem_write(&x->base, va, v, size, x->base.mmu);
}

#endif
