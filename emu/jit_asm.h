/* jit_asm.h - an assembler for x86-64: what the JIT's emitters write instructions with */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Code is written through one mapping of its memory and runs in another: `at` is where the next
 * byte is written, `delta` what to add for the address at which it will run. Whoever writes sees to
 * it that there is room: a single instruction has at most 15 bytes.
 */
#ifndef EMU_JIT_ASM_H
#define EMU_JIT_ASM_H

#include <string.h>

#include "emu/ir.h"
#include "emu/types.h"

enum host_reg { HR_AX, HR_CX, HR_DX, HR_BX, HR_SP, HR_BP, HR_SI, HR_DI, HR_8, HR_9, HR_10, HR_11, HR_12,
                HR_13, HR_14, HR_15, HR_NONE };

/* Condition codes, as in Jcc. */
enum host_cc { CC_O, CC_NO, CC_B, CC_AE, CC_E, CC_NE, CC_BE, CC_A, CC_S, CC_NS, CC_P, CC_NP, CC_L, CC_GE,
               CC_LE, CC_G };

/* The opcodes of `add r/m, r` and so on divided by 8; also the reg field with an immediate. */
enum host_alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };
enum host_shift { SHIFT_ROL, SHIFT_ROR, SHIFT_SHL = 4, SHIFT_SHR, SHIFT_SAR = 7 };

/* A register, or memory at [base + index * 2^scale + disp]. */
struct host_rm {
    u8 base;  /* the register itself when !mem; HR_NONE: relative to the next instruction */
    u8 index; /* or HR_NONE */
    u8 scale;
    bool mem;
    i32 disp;
};

struct asm_buf {
    u8 *at;
    intptr_t delta;
};

static inline struct host_rm rm_reg(u8 reg)
{
    return (struct host_rm){.base = reg, .index = HR_NONE};
}

static inline struct host_rm rm_mem(u8 base, i32 disp)
{
    return (struct host_rm){.base = base, .index = HR_NONE, .mem = true, .disp = disp};
}

static inline struct host_rm rm_index(u8 base, u8 index, u8 scale, i32 disp)
{
    return (struct host_rm){.base = base, .index = index, .scale = scale, .mem = true, .disp = disp};
}

static inline bool rm_is(struct host_rm rm, u8 reg)
{
    return !rm.mem && rm.base == reg;
}

static inline bool fits_i8(i64 v)
{
    return v == (i8)v;
}

static inline bool fits_i32(i64 v)
{
    return v == (i32)v;
}

/* As an immediate of 32 bits that the host extends with its sign. */
static inline bool fits_imm32(u64 v)
{
    return fits_i32((i64)v);
}

static inline u8 *asm_run(const struct asm_buf *a, u8 *written)
{
    return written + a->delta;
}

static inline void asm_8(struct asm_buf *a, unsigned v)
{
    *a->at++ = (u8)v;
}

static inline void asm_32(struct asm_buf *a, u32 v)
{
    memcpy(a->at, &v, 4);
    a->at += 4;
}

static inline void asm_64(struct asm_buf *a, u64 v)
{
    memcpy(a->at, &v, 8);
    a->at += 8;
}

/*
 * An instruction with a ModRM. `opcode` has one to three bytes, first byte highest, after a
 * mandatory prefix in bits 24 to 31, if any. size: IR_16 adds the 66 prefix, IR_64 REX.W.
 * byte_regs: registers are byte registers (SPL to DIL need a REX).
 */
void asm_modrm(struct asm_buf *a, u32 opcode, unsigned size, bool byte_regs, unsigned reg,
               struct host_rm rm);

/* The same with a VEX prefix. map: 1 to 3 for 0F, 0F38, 0F3A; pp: 0 to 3 for none, 66, F3, F2. */
void asm_vex(struct asm_buf *a, unsigned map, unsigned pp, u8 opcode, unsigned size, unsigned reg, unsigned v,
             struct host_rm rm);

/* Most integer instructions have a byte form whose opcode is one less. */
static inline void asm_op(struct asm_buf *a, u32 opcode, unsigned size, unsigned reg, struct host_rm rm)
{
    asm_modrm(a, size == IR_8 ? opcode - 1 : opcode, size, size == IR_8, reg, rm);
}

static inline void asm_load(struct asm_buf *a, unsigned size, u8 reg, struct host_rm rm)
{
    asm_op(a, 0x8b, size, reg, rm);
}

static inline void asm_store(struct asm_buf *a, unsigned size, struct host_rm rm, u8 reg)
{
    asm_op(a, 0x89, size, reg, rm);
}

static inline void asm_mov(struct asm_buf *a, unsigned size, u8 to, u8 from)
{
    asm_op(a, 0x8b, size, to, rm_reg(from));
}

static inline void asm_alu(struct asm_buf *a, enum host_alu op, unsigned size, u8 reg, struct host_rm rm)
{
    asm_op(a, (u32)op * 8 + 3, size, reg, rm);
}

static inline void asm_lea(struct asm_buf *a, unsigned size, u8 reg, struct host_rm rm)
{
    asm_modrm(a, 0x8d, size, false, reg, rm);
}

/* size: of the source; the result has 32 bits, zero-extended to 64 (sx: to `to`). */
void asm_movzx(struct asm_buf *a, unsigned size, u8 reg, struct host_rm rm);
void asm_movsx(struct asm_buf *a, unsigned size, unsigned to, u8 reg, struct host_rm rm);
void asm_movi(struct asm_buf *a, u8 reg, u64 imm);              /* leaves the host's flags alone */
void asm_store_imm(struct asm_buf *a, struct host_rm rm, i32 imm); /* 64 bits */
void asm_alu_imm(struct asm_buf *a, enum host_alu op, unsigned size, struct host_rm rm, i32 imm);
void asm_test_imm(struct asm_buf *a, unsigned size, u8 reg, u32 imm);
void asm_shift_imm(struct asm_buf *a, enum host_shift op, unsigned size, struct host_rm rm, u8 n);
void asm_shift_cl(struct asm_buf *a, enum host_shift op, unsigned size, struct host_rm rm);
/* BMI2: leave the flags and the source alone. */
void asm_rorx(struct asm_buf *a, unsigned size, u8 to, struct host_rm from, u8 n);
void asm_shiftx(struct asm_buf *a, enum host_shift op, unsigned size, u8 to, struct host_rm from, u8 count);
void asm_push(struct asm_buf *a, u8 reg);
void asm_pop(struct asm_buf *a, u8 reg);
void asm_ret(struct asm_buf *a);
/* Jumps; `to` is where the target is written, or NULL: then asm_patch() sets it, given what was
 * returned. */
u8 *asm_jcc(struct asm_buf *a, enum host_cc cc, const u8 *to);
u8 *asm_jmp(struct asm_buf *a, const u8 *to);
void asm_call(struct asm_buf *a, const u8 *to);
void asm_patch(u8 *jump, const u8 *to);
void asm_jmp_rm(struct asm_buf *a, struct host_rm rm);
void asm_call_rm(struct asm_buf *a, struct host_rm rm);

#endif
