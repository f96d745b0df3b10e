/* vec.c - operations on 128-bit (and 64-bit) vectors of integers, made from their list */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/vec.h"

#include <string.h>

static inline i8 vec_sat_i8(i32 v)
{
    return v < -128 ? -128 : v > 127 ? 127 : v;
}

static inline i16 vec_sat_i16(i32 v)
{
    return v < -32768 ? -32768 : v > 32767 ? 32767 : v;
}

static inline u8 vec_sat_u8(i32 v)
{
    return v < 0 ? 0 : v > 255 ? 255 : v;
}

static inline u16 vec_sat_u16(i32 v)
{
    return v < 0 ? 0 : v > 65535 ? 65535 : v;
}

static inline u64 vec_sad(u64 a, u64 b)
{
    u32 sum = 0;
    for (u32 i = 0; i < 64; i += 8) {
        i32 d = (i32)(a >> i & 0xff) - (i32)(b >> i & 0xff);
        sum += d < 0 ? -d : d;
    }
    return sum;
}

static inline u16 vec_sad4(const u8 *a, const u8 *b)
{
    u32 sum = 0;
    for (u32 i = 0; i < 4; i++)
        sum += a[i] < b[i] ? b[i] - a[i] : a[i] - b[i];
    return sum;
}

/* PHMINPOSUW: element 0 is the minimum, element 1 its place. */
static inline u16 vec_min_pos(const u16 *b, u32 i)
{
    u32 at = 0;
    for (u32 k = 1; k < 8; k++)
        if (b[k] < b[at])
            at = k;
    return i == 0 ? b[at] : i == 1 ? at : 0;
}

#define LANES(name, T, expr, bytes)                                                                \
    T x[bytes / sizeof(T)], y[bytes / sizeof(T)];                                                  \
    (void)imm;                                                                                     \
    memcpy(x, &va, bytes);                                                                         \
    memcpy(y, &vb, bytes);                                                                         \
    for (u32 i = 0; i < bytes / sizeof(T); i++) {                                                  \
        T a = x[i], b = y[i];                                                                      \
        (void)a;                                                                                   \
        x[i] = (T)(expr);                                                                          \
    }                                                                                              \
    memcpy(&va, x, bytes);                                                                         \
    return va;

#define X(name, T, expr)                                                                           \
    struct vec vec_##name(struct vec va, struct vec vb, u32 imm) { LANES(name, T, expr, 16) }      \
    u64 vec64_##name(u64 va, u64 vb, u32 imm) { LANES(name, T, expr, 8) }
VEC_OPS_LANE(X)
#undef X

/* Sources have room for what a 64-bit form of an operation that has none would read; it is zero. */
#define WHOLE(S, D, expr, bytes, count_expr)                                                       \
    S a[32 / sizeof(S)] = {0}, b[32 / sizeof(S)] = {0};                                            \
    D r[bytes / sizeof(D)];                                                                        \
    const u32 n = bytes / sizeof(D);                                                               \
    u64 count = (count_expr);                                                                      \
    (void)a, (void)b, (void)count, (void)imm;                                                      \
    memcpy(a, &va, bytes);                                                                         \
    memcpy(b, &vb, bytes);                                                                         \
    for (u32 i = 0; i < n; i++)                                                                    \
        r[i] = (D)(expr);                                                                          \
    memcpy(&va, r, bytes);                                                                         \
    return va;

#define X(name, S, D, expr)                                                                        \
    struct vec vec_##name(struct vec va, struct vec vb, u32 imm){                                  \
        WHOLE(S, D, expr, 16, vb.q[0])} u64 vec64_##name(u64 va, u64 vb, u32 imm)                  \
    {                                                                                              \
        WHOLE(S, D, expr, 8, vb)                                                                   \
    }
VEC_OPS_WHOLE(X)
#undef X

#define X(name, T)                                                                                 \
    struct vec vec_##name(struct vec va, struct vec vb, struct vec mask)                           \
    {                                                                                              \
        T a[16 / sizeof(T)], b[16 / sizeof(T)], m[16 / sizeof(T)];                                 \
        memcpy(a, &va, 16);                                                                        \
        memcpy(b, &vb, 16);                                                                        \
        memcpy(m, &mask, 16);                                                                      \
        for (u32 i = 0; i < 16 / sizeof(T); i++)                                                   \
            a[i] = m[i] < 0 ? b[i] : a[i];                                                         \
        memcpy(&va, a, 16);                                                                        \
        return va;                                                                                 \
    }
VEC_OPS_MASK(X)
#undef X

#define SIGNS(T, bytes)                                                                            \
    T x[bytes / sizeof(T)];                                                                        \
    u64 r = 0;                                                                                     \
    memcpy(x, &a, bytes);                                                                          \
    for (u32 i = 0; i < bytes / sizeof(T); i++)                                                    \
        r |= (u64)(x[i] >> (8 * sizeof(T) - 1)) << i;                                              \
    return r;

#define X(name, T)                                                                                 \
    u64 vec_##name(struct vec a) { SIGNS(T, 16) }                                                  \
    u64 vec64_##name(u64 a) { SIGNS(T, 8) }
VEC_OPS_SIGNS(X)
#undef X

struct vec vec_clmul(u64 a, u64 b)
{
    u128 r = 0;
    for (u32 i = 0; i < 64; i++)
        if (b >> i & 1)
            r ^= (u128)a << i;
    return (struct vec){{(u64)r, (u64)(r >> 64)}};
}
