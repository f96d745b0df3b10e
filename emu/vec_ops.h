/* vec_ops.h - the vector operations, one per line with its meaning per element */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names are those of the SDM (vol. 2); nothing else here is x86's. Every operation takes
 * vectors a and b and an immediate, and gives a vector; in the 64-bit forms the vectors have half
 * as many elements.
 */
#ifndef EMU_VEC_OPS_H
#define EMU_VEC_OPS_H

/* X(name, T, expr): element by element; a and b are elements of type T, and so is the result. */
#define VEC_OPS_LANE(X)                                                                            \
    X(PADDB, u8, a + b) X(PADDW, u16, a + b) X(PADDD, u32, a + b) X(PADDQ, u64, a + b)             \
    X(PSUBB, u8, a - b) X(PSUBW, u16, a - b) X(PSUBD, u32, a - b) X(PSUBQ, u64, a - b)             \
    X(PADDSB, i8, vec_sat_i8(a + b)) X(PADDSW, i16, vec_sat_i16(a + b))                            \
    X(PADDUSB, u8, vec_sat_u8(a + b)) X(PADDUSW, u16, vec_sat_u16(a + b))                          \
    X(PSUBSB, i8, vec_sat_i8(a - b)) X(PSUBSW, i16, vec_sat_i16(a - b))                            \
    X(PSUBUSB, u8, vec_sat_u8(a - b)) X(PSUBUSW, u16, vec_sat_u16(a - b))                          \
    X(PMULLW, i16, a * b) X(PMULHW, i16, (a * b) >> 16)                                            \
    X(PMULHUW, u16, ((u32)a * b) >> 16) X(PMULLD, u32, a * b)                                      \
    X(PMULHRSW, i16, (((a * b) >> 14) + 1) >> 1)                                                   \
    X(PMULUDQ, u64, (u64)(u32)a * (u32)b) X(PMULDQ, i64, (i64)(i32)a * (i32)b)                     \
    X(PMADDWD, u32, (u32)((i16)a * (i16)b) + (u32)((i16)(a >> 16) * (i16)(b >> 16)))               \
    X(PMADDUBSW, u16, vec_sat_i16((u8)a * (i8)b + (u8)(a >> 8) * (i8)(b >> 8)))                    \
    X(PSADBW, u64, vec_sad(a, b))                                                                  \
    X(PAVGB, u8, (a + b + 1) >> 1) X(PAVGW, u16, (a + b + 1) >> 1)                                 \
    X(PMINSB, i8, MIN(a, b)) X(PMINUB, u8, MIN(a, b)) X(PMINSW, i16, MIN(a, b))                    \
    X(PMINUW, u16, MIN(a, b)) X(PMINSD, i32, MIN(a, b)) X(PMINUD, u32, MIN(a, b))                  \
    X(PMAXSB, i8, MAX(a, b)) X(PMAXUB, u8, MAX(a, b)) X(PMAXSW, i16, MAX(a, b))                    \
    X(PMAXUW, u16, MAX(a, b)) X(PMAXSD, i32, MAX(a, b)) X(PMAXUD, u32, MAX(a, b))                  \
    X(PCMPEQB, i8, -(a == b)) X(PCMPEQW, i16, -(a == b)) X(PCMPEQD, i32, -(a == b))                \
    X(PCMPEQQ, i64, -(i64)(a == b)) X(PCMPGTB, i8, -(a > b)) X(PCMPGTW, i16, -(a > b))             \
    X(PCMPGTD, i32, -(a > b)) X(PCMPGTQ, i64, -(i64)(a > b))                                       \
    X(PAND, u64, a & b) X(PANDN, u64, ~a & b) X(POR, u64, a | b) X(PXOR, u64, a ^ b)               \
    X(PABSB, i8, b < 0 ? -b : b) X(PABSW, i16, b < 0 ? -b : b) X(PABSD, i32, b < 0 ? -b : b)       \
    X(PSIGNB, i8, b < 0 ? -a : b ? a : 0) X(PSIGNW, i16, b < 0 ? -a : b ? a : 0)                   \
    X(PSIGND, i32, b < 0 ? -a : b ? a : 0)

/* X(name, S, D, expr): the result's element i of type D, from the elements of a[] and b[] of type
 * S. `n` is the number of elements of type D, `count` the low 64 bits of b, `imm` the immediate. */
#define VEC_OPS_WHOLE(X)                                                                           \
    X(PSLLW, u16, u16, count < 16 ? a[i] << count : 0)                                             \
    X(PSLLD, u32, u32, count < 32 ? a[i] << count : 0)                                             \
    X(PSLLQ, u64, u64, count < 64 ? a[i] << count : 0)                                             \
    X(PSRLW, u16, u16, count < 16 ? a[i] >> count : 0)                                             \
    X(PSRLD, u32, u32, count < 32 ? a[i] >> count : 0)                                             \
    X(PSRLQ, u64, u64, count < 64 ? a[i] >> count : 0)                                             \
    X(PSRAW, i16, i16, a[i] >> (count < 15 ? count : 15))                                          \
    X(PSRAD, i32, i32, a[i] >> (count < 31 ? count : 31))                                          \
    X(PSLLDQ, u8, u8, (u64)i >= count ? a[i - count] : 0)                                          \
    X(PSRLDQ, u8, u8, count < n - (u64)i ? a[i + count] : 0)                                       \
    X(PUNPCKLBW, u8, u8, (i & 1 ? b : a)[i / 2])                                                   \
    X(PUNPCKLWD, u16, u16, (i & 1 ? b : a)[i / 2])                                                 \
    X(PUNPCKLDQ, u32, u32, (i & 1 ? b : a)[i / 2])                                                 \
    X(PUNPCKLQDQ, u64, u64, (i & 1 ? b : a)[0])                                                    \
    X(PUNPCKHBW, u8, u8, (i & 1 ? b : a)[n / 2 + i / 2])                                           \
    X(PUNPCKHWD, u16, u16, (i & 1 ? b : a)[n / 2 + i / 2])                                         \
    X(PUNPCKHDQ, u32, u32, (i & 1 ? b : a)[n / 2 + i / 2])                                         \
    X(PUNPCKHQDQ, u64, u64, (i & 1 ? b : a)[n / 2])                                                \
    X(PACKSSWB, i16, i8, vec_sat_i8(i < n / 2 ? a[i] : b[i - n / 2]))                              \
    X(PACKSSDW, i32, i16, vec_sat_i16(i < n / 2 ? a[i] : b[i - n / 2]))                            \
    X(PACKUSWB, i16, u8, vec_sat_u8(i < n / 2 ? a[i] : b[i - n / 2]))                              \
    X(PACKUSDW, i32, u16, vec_sat_u16(i < n / 2 ? a[i] : b[i - n / 2]))                            \
    X(PSHUFB, u8, u8, b[i] & 0x80 ? 0 : a[b[i] & (n - 1)])                                         \
    X(PSHUFW, u16, u16, b[imm >> 2 * i & 3])                                                       \
    X(PSHUFD, u32, u32, b[imm >> 2 * i & 3])                                                       \
    X(PSHUFLW, u16, u16, i < 4 ? b[imm >> 2 * i & 3] : b[i])                                       \
    X(PSHUFHW, u16, u16, i < 4 ? b[i] : b[4 + (imm >> 2 * (i - 4) & 3)])                           \
    X(SHUFPS, u32, u32, (i < 2 ? a : b)[imm >> 2 * i & 3])                                         \
    X(SHUFPD, u64, u64, (i ? b : a)[imm >> i & 1])                                                 \
    X(PALIGNR, u8, u8, i + imm < n ? b[i + imm] : i + imm < 2 * n ? a[i + imm - n] : 0)            \
    X(PBLENDW, u16, u16, (imm >> i & 1 ? b : a)[i])                                                \
    X(BLENDPS, u32, u32, (imm >> i & 1 ? b : a)[i])                                                \
    X(BLENDPD, u64, u64, (imm >> i & 1 ? b : a)[i])                                                \
    X(PHADDW, i16, i16, i < n / 2 ? a[2 * i] + a[2 * i + 1] : b[2 * i - n] + b[2 * i - n + 1])     \
    X(PHADDD, u32, u32, i < n / 2 ? a[2 * i] + a[2 * i + 1] : b[2 * i - n] + b[2 * i - n + 1])     \
    X(PHADDSW, i16, i16,                                                                           \
      vec_sat_i16(i < n / 2 ? a[2 * i] + a[2 * i + 1] : b[2 * i - n] + b[2 * i - n + 1]))          \
    X(PHSUBW, i16, i16, i < n / 2 ? a[2 * i] - a[2 * i + 1] : b[2 * i - n] - b[2 * i - n + 1])     \
    X(PHSUBD, u32, u32, i < n / 2 ? a[2 * i] - a[2 * i + 1] : b[2 * i - n] - b[2 * i - n + 1])     \
    X(PHSUBSW, i16, i16,                                                                           \
      vec_sat_i16(i < n / 2 ? a[2 * i] - a[2 * i + 1] : b[2 * i - n] - b[2 * i - n + 1]))          \
    X(PMOVSXBW, i8, i16, b[i]) X(PMOVSXBD, i8, i32, b[i]) X(PMOVSXBQ, i8, i64, b[i])               \
    X(PMOVSXWD, i16, i32, b[i]) X(PMOVSXWQ, i16, i64, b[i]) X(PMOVSXDQ, i32, i64, b[i])            \
    X(PMOVZXBW, u8, u16, b[i]) X(PMOVZXBD, u8, u32, b[i]) X(PMOVZXBQ, u8, u64, b[i])               \
    X(PMOVZXWD, u16, u32, b[i]) X(PMOVZXWQ, u16, u64, b[i]) X(PMOVZXDQ, u32, u64, b[i])            \
    X(PHMINPOSUW, u16, u16, vec_min_pos(b, i))                                                     \
    X(MPSADBW, u8, u16, vec_sad4(a + (imm & 4) + i, b + 4 * (imm & 3)))                            \
    X(MOVSLDUP, u32, u32, b[i & ~1u]) X(MOVSHDUP, u32, u32, b[i | 1]) X(MOVDDUP, u64, u64, b[0])

/* X(name, T): element of b where the top bit of the mask's element is set, else of a. */
#define VEC_OPS_MASK(X) X(PBLENDVB, i8) X(BLENDVPS, i32) X(BLENDVPD, i64)

/* X(name, T): the top bits of a's elements as a number. */
#define VEC_OPS_SIGNS(X) X(PMOVMSKB, u8) X(MOVMSKPS, u32) X(MOVMSKPD, u64)

#endif
