/* decode.h - instruction rows, a decoded instruction, and the lookup */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An instruction is one row: its encoding drawn as in the Arm ARM, and the function that emits its IR.
 *
 *     {"cccc0000100Snnnnddddiiiiitt0mmmm", "ADD (register)", emit_alu_shift_imm, ALU_ADD},
 *     {"0001100mmmnnnddd",                 "ADD (register)", t16_add, ...},
 *     {"11101011000SnnnnXiiiddddiittmmmm", ...},      32 bits of T32: first halfword first
 *
 * 0 and 1 must match. A letter is a field, `insn_field(in, 'n')`; a letter that stands in several places is one field,
 * its parts put together from left to right (i:imm3:imm8 is iiii...). X is a bit that is not looked at; x is one that
 * should be zero and ! one that should be one: where they are not the instruction is UNPREDICTABLE, and undefined here,
 * as it is for QEMU. Blanks are for the eye.
 * Rows are tried in their order: the special ones before the general. 'c' in the first four bits of an A32 row
 * is the condition, and never 1111.
 *
 * Advanced SIMD's rows are A32's; T32's encodings are brought into that form before they are looked up
 * (A7.4, A7.7), and VFP's are the same with condition 1110.
 */
#ifndef ARCH_ARM_DECODE_H
#define ARCH_ARM_DECODE_H

#include "emu/types.h"

struct arm_tr;
struct arm_insn;

enum arm_row_flag {
    ROW_PRIV = 1 << 0,     /* undefined in USR mode */
    ROW_VFP = 1 << 1,      /* needs VFP enabled */
    ROW_NEON = 1 << 2,     /* needs Advanced SIMD enabled */
    ROW_END = 1 << 3,      /* ends the block, pc = next instruction, and the run loop looks round */
    ROW_UNCOND = 1 << 4,   /* T32: not allowed in an IT block, or (B, IT) looks after it by itself */
};

struct arm_row {
    const char *encoding, *name;
    void (*emit)(struct arm_tr *t, const struct arm_insn *in);
    u64 arg;               /* the emit function's own; may be a pointer cast */
    u16 flags;
    u16 feature;           /* enum arm_feature that must be there, or 0: else undefined */
};

enum { ARM_MAX_PARTS = 24 };

struct arm_insn {
    const struct arm_row *row;
    u32 bits;              /* 16-bit instructions in the low half; 32-bit T32: first halfword on top */
    u64 pc, next_pc;
    u8 len;                /* 2 or 4 */
    bool thumb;
    u8 cond;               /* 0 to 14; in T32 from ITSTATE, or 14 */
    bool in_it;
    u32 field[64];         /* by letter: see insn_field() */
};

/* A letter's place in field[]: 'A' to 'Z', 'a' to 'z'. */
#define INSN_FIELD(letter) ((letter) - 'A')
static inline u32 insn_field(const struct arm_insn *in, char letter)
{
    return in->field[INSN_FIELD(letter)];
}

struct arm_decoder;

/* The tables, each ended by a row without encoding. */
struct arm_row_tables {
    const struct arm_row *const *a32; /* with a condition in the first four bits */
    const struct arm_row *const *a32_uncond; /* whose first four bits are 1111 */
    const struct arm_row *const *t16;
    const struct arm_row *const *t32;
}; /* arrays of tables, NULL at the end */

/* The rows there are. */
extern const struct arm_row arm_rows_a32[];        /* rows_a32.c: all but VFP; coprocessors and system too */
extern const struct arm_row arm_rows_a32_uncond[]; /* rows_a32.c: condition field 1111, but Advanced SIMD */
extern const struct arm_row arm_rows_t16[];        /* rows_t16.c */
extern const struct arm_row arm_rows_t32[];        /* rows_t32.c */
extern const struct arm_row arm_rows_vfp[];        /* rows_vfp.c: in A32's form, with condition */
extern const struct arm_row arm_rows_neon[];       /* rows_neon.c: in A32's form, with 1111 */

struct arm_decoder *arm_decoder_new(const struct arm_row_tables *tables);
void arm_decoder_delete(struct arm_decoder *d);

/* Fills row and fields for these bits; false: there is no such instruction. in->bits, pc, len, thumb
 * and cond are the caller's. */
bool arm_decode_a32(const struct arm_decoder *d, struct arm_insn *in);
bool arm_decode_t16(const struct arm_decoder *d, struct arm_insn *in);
bool arm_decode_t32(const struct arm_decoder *d, struct arm_insn *in);
/* Is this halfword the first one of a 32-bit instruction (A6.1)? */
static inline bool arm_t32_is_wide(u32 halfword)
{
    return (halfword >> 11) >= 0x1d;
}

/* A5.2.4, A6.3.2: modified immediate constants. carry: 0 or 1, or -1 when it does not change. */
u32 arm_expand_imm_a32(u32 imm12, int *carry);
u32 arm_expand_imm_t32(u32 imm12, int *carry);

#endif
