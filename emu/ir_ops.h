/* ir_ops.h - the op list of the intermediate representation, one op per line with its meaning */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In the expressions, `a` and `b` are operands of the unsigned type of the op's size (u8, u16, u32 or u64:
 * type U, its signed twin I, its number of bits BITS). The result is zero-extended into the 64-bit
 * destination. The second operand of a two-operand op may be an immediate.
 */
#ifndef EMU_IR_OPS_H
#define EMU_IR_OPS_H

/* d = f(a) */
#define IR_OPS_1(X)                                                                                \
    X(MOV, a)                                                                                      \
    X(NOT, ~a)                                                                                     \
    X(NEG, -a)                                                                                     \
    X(SEXT8, (U)(I)(i8)a)                                                                          \
    X(SEXT16, (U)(I)(i16)a)                                                                        \
    X(SEXT32, (U)(I)(i32)a)                                                                        \
    X(BSWAP, (U)(__builtin_bswap64(a) >> (64 - BITS)))                                             \
    X(CLZ, a ? __builtin_clzll(a) - (64 - BITS) : BITS)                                            \
    X(CTZ, a ? __builtin_ctzll(a) : BITS)                                                          \
    X(POPCNT, __builtin_popcountll(a))

/* d = f(a, b); shift and rotate counts are taken modulo BITS (SHL and SHR by 64 are not possible) */
#define IR_OPS_2(X)                                                                                \
    X(ADD, a + b)                                                                                  \
    X(SUB, a - b)                                                                                  \
    X(AND, a & b)                                                                                  \
    X(OR, a | b)                                                                                   \
    X(XOR, a ^ b)                                                                                  \
    X(ANDN, a & ~b)                                                                                \
    X(SHL, a << (b & (BITS - 1)))                                                                  \
    X(SHR, a >> (b & (BITS - 1)))                                                                  \
    X(SAR, (U)((I)a >> (b & (BITS - 1))))                                                          \
    X(ROL, (U)(a << (b & (BITS - 1))) | (U)(a >> (-b & (BITS - 1))))                               \
    X(ROR, (U)(a >> (b & (BITS - 1))) | (U)(a << (-b & (BITS - 1))))                               \
    X(MUL, (U)((u64)a * (u64)b))                                                                   \
    X(MULHU, (U)(((u128)a * b) >> BITS))                                                           \
    X(MULHS, (U)(((i128)(I)a * (I)b) >> BITS))                                                     \
    X(EQ, a == b)                                                                                  \
    X(NE, a != b)                                                                                  \
    X(LTU, a < b)                                                                                  \
    X(LEU, a <= b)                                                                                 \
    X(LTS, (I)a < (I)b)                                                                            \
    X(LES, (I)a <= (I)b)

/* Branches within the block: if the comparison holds, go to the label in `aux`. Forward only. */
#define IR_OPS_BRANCH(X)                                                                           \
    X(BR_EQ, a == b)                                                                               \
    X(BR_NE, a != b)                                                                               \
    X(BR_LTU, a < b)                                                                               \
    X(BR_LEU, a <= b)                                                                              \
    X(BR_LTS, (I)a < (I)b)                                                                         \
    X(BR_LES, (I)a <= (I)b)

/* Everything whose meaning is not an expression; see the builders in ir.h. `size` matters for LD, ST, LEA. */
#define IR_OPS_OTHER(X)                                                                            \
    X(MOVI)     /* d = imm */                                                                      \
    X(LEA)      /* d = a + (b << aux) + imm, cut to size */                                        \
    X(SELECT)   /* d = c ? a : b, all 64 bits */                                                   \
    X(INSERT)   /* d = d with the low `aux & 0xff` bits of a at bit `aux >> 8` */                  \
    X(EXTRACT)  /* d = (a >> (aux >> 8)) cut to `aux & 0xff` bits */                               \
    X(LD)       /* d = memory[a + imm], zero-extended; may fault */                                \
    X(ST)       /* memory[a + imm] = b; may fault */                                               \
    X(CC)       /* words d, d+1, d+2 = a, b, imm: the lazy flags' operands and kind */             \
    X(CALL)     /* d = fn(cpu, a, b, c); fn is imm; may fault */                                   \
    X(LEAF)     /* d = fn(cpu, a, b, anything); fn is imm; cheap: fn may change words of the CPU struct only, */ \
                /* and neither fault nor look at pc, hot words (cpu.h) or the lazy flags */        \
    X(JUMP)     /* go to the label in aux; forward only */                                         \
    X(EXIT)     /* pc = imm; end of the block (aux: exit number, for chaining) */                  \
    X(EXIT_IND) /* pc = a; end of the block */                                                     \
    X(EXIT_PC)  /* pc was set by a helper; end of the block */                                     \
    X(VLD)      /* vector d = the 4, 8 or 16 bytes at memory[a + imm], zeros above; may fault */   \
    X(VST)      /* memory[a + imm] = the low bytes of vector b; may fault */                       \
    X(VEC)      /* vector a = f(vector a, vector b, imm8): see ir_vec() */                         \
    X(VGET)     /* d = f(vector a, vector b, imm8) */                                              \
    X(VPUT)     /* vector a = f(vector a, c, imm8) */                                              \
    X(VOP)      /* d = f(a, b), of 4, 8 or 16 bytes in words: see ir_vop() */

#endif
