/* jit_emit.h - one block being compiled, and what its emitters build with */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_JIT_EMIT_H
#define EMU_JIT_EMIT_H

#include "emu/check.h"
#include "emu/ir_opt.h"
#include "emu/jit_int.h"

/* Which operands are temporaries that nobody reads after the op. */
enum { DIES_A = 1, DIES_B = 2, DIES_C = 4, DIES_D = 8 };

/* What is done out of the block's way, after its code. */
struct jit_stub {
    const struct ir_op *op;
    u8 *jump;                 /* to here */
    const u8 *back;           /* and then there */
    u8 va;                    /* LD and ST: where the address is, */
    struct host_rm value;     /* ST: and the value; LD: the register to load */
};

struct emit {
    struct jit *j;
    struct asm_buf a;
    struct block *b;
    u32 i;                    /* the op in hand, */
    struct host_rm x, y, z;   /* its operands a, b, c, */
    bool called;              /* and whether a helper was called before */
    u8 *code_at[IR_MAX_OPS];  /* of each op */
    u8 *jump[IR_MAX_OPS];     /* of a branch, to be patched */
    bool target[IR_MAX_OPS];
    struct jit_stub stub[IR_MAX_OPS];
    u32 n_stubs;

    /* Temporaries. */
    u8 dies[IR_MAX_OPS];
    u8 reg[IR_TEMPS];         /* where it is, or HR_NONE: in memory */
    bool in_memory[IR_TEMPS]; /* always: it lives across a label */
    u32 free;                 /* a set of host registers */
};

/* jit_temps.c */
void jit_temps_plan(struct emit *e);
struct host_rm jit_where(const struct emit *e, ir_val v);  /* as an operand */
struct host_rm jit_define(struct emit *e, ir_val v);       /* as a destination */
void jit_temps_release(struct emit *e, unsigned dies);
void jit_temps_release_all(struct emit *e);

/* jit_emit.c, for the other emitters */
u8 jit_in_reg(struct emit *e, struct host_rm v, unsigned size, u8 scratch);
void jit_into(struct emit *e, u8 reg, struct host_rm v, unsigned size);
u8 jit_target(struct host_rm d);                           /* the register to compute into */
void jit_finish(struct emit *e, struct host_rm d, u8 reg); /* from there to where it belongs */
/* reg = a + (b << shift) + imm, cut to size (32 or 64). Either may be absent. Clobbers RAX and RDX. */
void jit_sum(struct emit *e, u8 reg, unsigned size, const struct host_rm *a, const struct host_rm *b,
             unsigned shift, u64 imm);

/* jit_mem.c */
void jit_emit_ld(struct emit *e, const struct ir_op *o);
void jit_emit_st(struct emit *e, const struct ir_op *o);
void jit_emit_stub(struct emit *e, const struct jit_stub *s);
/* Says to C code which op this is. Clobbers `scratch`. */
void jit_emit_at(struct emit *e, const struct ir_op *o, u8 scratch);

/* jit_exit.c */
void jit_emit_entry(struct emit *e);
void jit_emit_exit(struct emit *e, const struct ir_op *o);
void jit_emit_exit_ind(struct emit *e, const struct ir_op *o);
void jit_emit_exit_pc(struct emit *e, const struct ir_op *o);

#endif
