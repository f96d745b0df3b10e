/* ir.h - the intermediate representation: what a translator builds and the engines execute */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A block is a straight run of guest instructions with forward branches inside and exits. Operands
 * are word numbers in the CPU struct (see cpu.h): guest registers, and temporaries that live for
 * one block.
 *
 * Rules for translators:
 *  - Precise state: no guest-visible write (register, memory) before the last op of its instruction
 * that can fault, so that a fault leaves the state before the instruction. pc is not written inside
 * a block.
 *  - An instruction that reads the clock, touches ports, changes the CPU's mode, unmasks interrupts
 * or otherwise wants the run loop's attention is the last of its block; helpers it calls may rely
 * on cpu_alone(). One that changes what translation depended on ends its block with EXIT or
 * EXIT_PC.
 *  - A repeated string instruction is the last of its block; its helper executes as many iterations
 * as engine_steps_left() allows and says so with engine_take_steps().
 *  - A block never extends over a page boundary, except that its only instruction may.
 */
#ifndef EMU_IR_H
#define EMU_IR_H

#include "emu/cpu.h"
#include "emu/ir_ops.h"
#include "emu/types.h"

enum ir_opcode {
#define X(name, expr) IR_##name,
    IR_OPS_1(X) IR_OPS_2(X) IR_OPS_BRANCH(X)
#undef X
#define X(name) IR_##name,
    IR_OPS_OTHER(X)
#undef X
    IR_N_OPS
};

enum ir_size { IR_8, IR_16, IR_32, IR_64, IR_128 /* VLD, VST */ }; /* log2 of bytes */

typedef u64 (*ir_helper)(struct cpu *c, u64 a, u64 b, u64 d);

struct ir_op {
    u8 op;        /* enum ir_opcode */
    u8 size;      /* enum ir_size */
    u16 d, a, b, c; /* word numbers */
    u16 aux;
    u8 b_imm;     /* the second operand is imm; VLD, VST: enum vec_part; VOP: enum vop_how */
    u8 form;      /* of LD and ST: enum ir_form, set by ir_opt.c; VEC, VGET, VPUT, VOP: imm8 */
    u32 insn;     /* which instruction of the block: index into ir_block.insns */
    i32 handler;  /* the interpreter's; set when the block is finished */
    u64 imm;
};

struct ir_insn {
    u64 pc;       /* as cpu.pc counts (before segmentation) */
    u32 first_op;
    u8 len;       /* guest bytes */
};

#define IR_MAX_INSNS 64
#define IR_MAX_OPS 2048
#define IR_MAX_LABELS 256

struct ir_block {
    struct ir_op ops[IR_MAX_OPS];
    u32 n_ops;
    struct ir_insn insns[IR_MAX_INSNS];
    u32 n_insns;
    u32 labels[IR_MAX_LABELS]; /* op index, or UINT32_MAX while unbound */
    u32 n_labels;
    u16 next_temp;
    u8 n_exits;

    /* The fetch window. */
    struct cpu *cpu;
    u64 fetch_start, fetch_va; /* linear: of the current instruction, and of the next byte */
    u8 bytes[16];              /* of the current instruction so far */
    u8 n_bytes;
    bool crosses;              /* the (only) instruction continues on the next page */
};

typedef u16 ir_val; /* a word number */

#define IR_WORD(type, member) ((ir_val)(offsetof(type, member) / sizeof(u64)))
#define IR_NONE IR_WORD(struct cpu, tmp) /* tmp[0]: written and never read; operand not used */

/*
 * Fetching. ir_begin_insn() starts the next instruction at pc (linear address va); false when the
 * block must end before it: it would be past max_insns, on another page, at a breakpoint, or there
 * is no room. ir_fetch() returns the next n (1 to 8) bytes, little-endian. When the instruction
 * runs over the page's end and is not the first of the block, or is longer than max_len bytes,
 * ir_fetch sets `*ok` false: undo with ir_drop_insn() and end the block before it (the first one
 * raises the fault itself when its second page is absent; for "too long" the translator raises its
 * own).
 */
void ir_reset(struct ir_block *b, struct cpu *c); /* the engine calls it before arch->translate */
bool ir_begin_insn(struct ir_block *b, u64 pc, u64 va, unsigned max_insns);
u64 ir_fetch(struct ir_block *b, unsigned n, bool *ok);
void ir_drop_insn(struct ir_block *b);

/* Building. */
ir_val ir_temp(struct ir_block *b);
void ir_1(struct ir_block *b, enum ir_opcode op, enum ir_size s, ir_val d, ir_val a);
void ir_2(struct ir_block *b, enum ir_opcode op, enum ir_size s, ir_val d, ir_val a, ir_val bb);
void ir_2i(struct ir_block *b, enum ir_opcode op, enum ir_size s, ir_val d, ir_val a, u64 imm);
void ir_movi(struct ir_block *b, ir_val d, u64 imm);
void ir_mov(struct ir_block *b, ir_val d, ir_val a); /* all 64 bits */
/* Base or index may be IR_NONE: absent. */
void ir_lea(struct ir_block *b, enum ir_size s, ir_val d, ir_val a, ir_val index, unsigned shift, u64 disp);
void ir_select(struct ir_block *b, ir_val d, ir_val cond, ir_val a, ir_val bb);
void ir_insert(struct ir_block *b, ir_val d, ir_val a, unsigned pos, unsigned len);
void ir_extract(struct ir_block *b, ir_val d, ir_val a, unsigned pos, unsigned len);
void ir_ld(struct ir_block *b, enum ir_size s, ir_val d, ir_val addr, u64 off);
void ir_st(struct ir_block *b, enum ir_size s, ir_val addr, u64 off, ir_val v);
void ir_cc(struct ir_block *b, ir_val d, ir_val a, ir_val bb, u64 kind);
void ir_call(struct ir_block *b, ir_val d, ir_helper fn, ir_val a, ir_val bb, ir_val cc);
void ir_leaf(struct ir_block *b, ir_val d, ir_helper fn, ir_val a, ir_val bb);
unsigned ir_label(struct ir_block *b);               /* a new label, */
void ir_bind(struct ir_block *b, unsigned label);    /* placed here */
void ir_br(struct ir_block *b, enum ir_opcode op, enum ir_size s, ir_val a, ir_val bb, unsigned label);
void ir_bri(struct ir_block *b, enum ir_opcode op, enum ir_size s, ir_val a, u64 imm, unsigned label);
void ir_jump(struct ir_block *b, unsigned label);
/*
 * Vectors are two words that are next to each other. VEC, VGET and VPUT mean what their function
 * does: it is called as fn(cpu, ir_vec_args(), c, anything), finds the vectors by their word
 * numbers, and is like LEAF's: it neither faults nor looks at pc, hot words or the lazy flags.
 * `host` (enum vec_host) names the host's instruction for the same, which the JIT may use in its
 * place.
 */
struct vec_fn {
    ir_helper fn;
    u16 host;
};
ir_val ir_vec_temp(struct ir_block *b); /* dies with the instruction; at most one at a time */
/* What VLD and VST have beside the size. PART: VLD writes just its bytes, as VOP does, HIGH: (of 4) to the high half of
 * the word; VST stores from there. */
enum vec_part {
    VEC_ALIGNED = 1, /* the address must be a multiple of the size, */
    VEC_PART = 2, VEC_HIGH = 4,
    VEC_ALIGN_SHIFT = 3, /* or, of a part, of 1 << (b_imm >> this) */
};
static inline unsigned ir_vec_alignment(const struct ir_op *o)
{
    return o->b_imm & VEC_ALIGNED ? 1u << o->size : 1u << (o->b_imm >> VEC_ALIGN_SHIFT);
}
void ir_vld_part(struct ir_block *b, enum ir_size s, ir_val d, ir_val addr, u64 off, bool high, unsigned align_log2);
void ir_vst_part(struct ir_block *b, enum ir_size s, ir_val addr, u64 off, ir_val v, bool high, unsigned align_log2);
void ir_vld(struct ir_block *b, enum ir_size s, ir_val d, ir_val addr, u64 off, bool aligned);
void ir_vst(struct ir_block *b, enum ir_size s, ir_val addr, u64 off, ir_val v, bool aligned);
void ir_vec(struct ir_block *b, const struct vec_fn *f, ir_val a, ir_val bb, u8 imm);
void ir_vget(struct ir_block *b, const struct vec_fn *f, enum ir_size s, ir_val d, ir_val a,
             ir_val bb, u8 imm);
void ir_vput(struct ir_block *b, const struct vec_fn *f, enum ir_size s, ir_val a, ir_val c,
             u8 imm);
/* Bits 0 to 15 the word of vector a, 16 to 31 that of vector b, 32 to 39 imm8, 40 to 47 the size in
 * bytes. */
static inline u64 ir_vec_args(const struct ir_op *o)
{
    return o->a | (u64)o->b << 16 | (u64)o->form << 32 | (u64)1 << (40 + o->size);
}
/*
 * VOP: d = f(a, b), where each is 4 bytes (half of a word, the high one if `form` says so), 8 (a word) or 16 (two
 * words that are next to each other); nothing else is written. f is applied to 16 bytes, of which those beyond the
 * operand are zeros (or, where f makes wide elements of narrow ones, anything that does not matter), and the low ones
 * are the result. Operations of one operand have it in b; those of enum vec_form GET and FLAGS give a temporary for
 * integer ops, those of PUT take a word of them, a. The function is called as fn(cpu, ir_vop_args(), 0, 0), finds the
 * words by their numbers and writes d; it may change words that no op names besides (cumulative flags). A temporary in all three places gives
 * a constant: zeros by PXOR, ones by PCMPEQD. What is in temporaries by a VOP must be used up before the next label, LD, ST, CALL or LEAF.
 */
enum vop_half { VOP_D_HIGH = 1, VOP_A_HIGH = 2, VOP_B_HIGH = 4, VOP_WORD = 8 /* PUT, GET: an integer of 64 bits */ };
enum vop_how { /* where the host's floating point is as the guest's; elsewhere the function is called */
    VOP_ALWAYS,
    VOP_IEEE,       /* unless the result is a NaN, or may be tiny before it is rounded but not after */
    VOP_FLUSH,      /* and unless an operand is denormal or a result may be: those are flushed */
    VOP_HOW = 3,
    VOP_ADDS = 4,   /* d is an operand too: d + a * b and the like */
    VOP_LOW = 8,    /* of operands the low 8 bytes are all that matters for a result of 16 */
};
void ir_vop(struct ir_block *b, const struct vec_fn *f, enum ir_size s, ir_val d, ir_val a, ir_val bb, u8 imm, u8 how);
/* As ir_vec_args(); bits 48 to 63 are the word of d. */
static inline u64 ir_vop_args(const struct ir_op *o)
{
    return o->a | (u64)o->b << 16 | (u64)o->form << 32 | (u64)1 << (40 + o->size) | (u64)o->d << 48;
}
void ir_exit(struct ir_block *b, u64 pc);
void ir_exit_ind(struct ir_block *b, ir_val pc);
void ir_exit_pc(struct ir_block *b);

/* One line per op, for -d op. */
void ir_dump(const struct ir_block *b, struct buf *out);
void ir_dump_op(const struct ir_op *o, u32 i, u32 target, struct buf *out); /* target: of a branch */
/* NULL if well-formed, else what is wrong: unbound label, no exit at the end, operand out of range.
 */
const char *ir_verify(const struct ir_block *b, u16 n_words);

#endif
