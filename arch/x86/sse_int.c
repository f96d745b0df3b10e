/* sse_int.c - helpers of MMX and SSE integer instructions, stores, MXCSR */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "arch/x86/sse.h"
#include "arch/x86/translate.h"
#include "arch/x86/x87.h"

#define X(name, ...)                                                                               \
    u64 x86_vec_##name(struct cpu *c, u64 ops, u64 y, u64 z)                                       \
    {                                                                                              \
        struct vec *d = sse_dst(c, ops);                                                           \
        (void)y, (void)z;                                                                          \
        *d = vec_##name(*d, sse_src(c, ops), sse_imm(ops));                                        \
        return 0;                                                                                  \
    }                                                                                              \
    u64 x86_mmx_##name(struct cpu *c, u64 ops, u64 y, u64 z)                                       \
    {                                                                                              \
        struct vec *d = sse_dst(c, ops);                                                           \
        (void)y, (void)z;                                                                          \
        d->q[0] = vec64_##name(d->q[0], sse_src(c, ops).q[0], sse_imm(ops));                       \
        d->q[1] = 0xffff;                                                                          \
        return 0;                                                                                  \
    }
VEC_OPS_LANE(X)
VEC_OPS_WHOLE(X)
#undef X

#define X(name, ...)                                                                               \
    u64 x86_vec_##name(struct cpu *c, u64 ops, u64 y, u64 z)                                       \
    {                                                                                              \
        (void)y, (void)z;                                                                          \
        return vec_##name(sse_src(c, ops));                                                        \
    }                                                                                              \
    u64 x86_mmx_##name(struct cpu *c, u64 ops, u64 y, u64 z)                                       \
    {                                                                                              \
        (void)y, (void)z;                                                                          \
        return vec64_##name(sse_src(c, ops).q[0]);                                                 \
    }
VEC_OPS_SIGNS(X)
#undef X

#define X(name)                                                                                    \
    u64 x86_vec_##name##_I(struct cpu *c, u64 ops, u64 y, u64 z)                                   \
    {                                                                                              \
        struct vec *d = sse_dst(c, ops);                                                           \
        (void)y, (void)z;                                                                          \
        *d = vec_##name(*d, (struct vec){{sse_imm(ops), 0}}, 0);                                   \
        return 0;                                                                                  \
    }
SSE_SHIFTS(X)
#undef X

/* The mask is XMM0. */
#define X(name, T)                                                                                 \
    u64 x86_sse_##name(struct cpu *c, u64 ops, u64 y, u64 z)                                       \
    {                                                                                              \
        struct x86_xmm *m = &x86_of(c)->xmm[0];                                                    \
        struct vec *d = sse_dst(c, ops);                                                           \
        (void)y, (void)z;                                                                          \
        *d = vec_##name(*d, sse_src(c, ops), (struct vec){{m->q[0], m->q[1]}});                    \
        return 0;                                                                                  \
    }
VEC_OPS_MASK(X)
#undef X

u64 x86_sse_PTEST(struct cpu *c, u64 ops, u64 y, u64 z)
{
    struct vec a = *sse_dst(c, ops), b = sse_src(c, ops);
    (void)y, (void)z;
    bool zf = !(a.q[0] & b.q[0]) && !(a.q[1] & b.q[1]);
    bool cf = !(~a.q[0] & b.q[0]) && !(~a.q[1] & b.q[1]);
    return (zf ? FL_ZF : 0) | (cf ? FL_CF : 0);
}

u64 x86_sse_INSERTPS(struct cpu *c, u64 ops, u64 y, u64 z)
{
    struct vec b = sse_src(c, ops), *d = sse_dst(c, ops);
    u32 imm = sse_imm(ops);
    (void)y, (void)z;
    sse_set_lane(d, false, imm >> 4 & 3, sse_lane(&b, false, imm >> 6));
    for (unsigned i = 0; i < 4; i++)
        if (imm >> i & 1)
            sse_set_lane(d, false, i, 0);
    return 0;
}

u64 x86_sse_PCLMULQDQ(struct cpu *c, u64 ops, u64 y, u64 z)
{
    struct vec *d = sse_dst(c, ops), b = sse_src(c, ops);
    (void)y, (void)z;
    *d = vec_clmul(d->q[ops >> 32 & 1], b.q[ops >> 36 & 1]);
    return 0;
}

/* ---- moves ---- */

#define MOVE(name, low, high)                                                                      \
    u64 x86_sse_##name(struct cpu *c, u64 ops, u64 y, u64 z)                                       \
    {                                                                                              \
        struct vec *d = sse_dst(c, ops), s = sse_src(c, ops);                                      \
        (void)y, (void)z, (void)s;                                                                 \
        *d = (struct vec){{low, high}};                                                            \
        return 0;                                                                                  \
    }
MOVE(MOVAPS, s.q[0], s.q[1])
MOVE(MOVSS, (d->q[0] & ~(u64)UINT32_MAX) | (u32)s.q[0], d->q[1])
MOVE(MOVSD, s.q[0], d->q[1])
MOVE(MOVQ, s.q[0], 0)
MOVE(MOVHLPS, s.q[1], d->q[1])
MOVE(MOVLHPS, d->q[0], s.q[0])
MOVE(MOVD, sse_size(ops) == 8 ? y : (u32)y, 0)

static void insert(struct cpu *c, u64 ops, u64 v, unsigned size)
{
    u8 *to = (u8 *)sse_dst(c, ops) + sse_imm(ops) * size;
    memcpy(to, &v, size);
}

u64 x86_sse_PINSRB(struct cpu *c, u64 ops, u64 v, u64 z)
{
    (void)z;
    insert(c, ops, v, 1);
    return 0;
}

u64 x86_sse_PINSRW(struct cpu *c, u64 ops, u64 v, u64 z)
{
    (void)z;
    insert(c, ops, v, 2);
    return 0;
}

u64 x86_sse_PINSRD(struct cpu *c, u64 ops, u64 v, u64 z)
{
    (void)z;
    insert(c, ops, v, sse_size(ops));
    return 0;
}

/* ---- stores ---- */

/* The whole range is accessed as far as faults are concerned, also where the mask is zero. */
static void masked_store(struct x86_cpu *x, const u64 *data, const u64 *mask, u64 la, unsigned n)
{
    mem_probe(&x->base, la, n, MEM_WRITE, x->base.mmu);
    for (unsigned i = 0; i < n; i++)
        if (mask[i / 8] >> (i % 8 * 8 + 7) & 1)
            x86_st(x, x87_at(x, la, i), data[i / 8] >> (i % 8 * 8) & 0xff, 1);
}

u64 x86_sse_MASKMOVQ(struct cpu *c, u64 ops, u64 la, u64 z)
{
    struct vec mask = sse_src(c, ops);
    (void)z;
    masked_store(x86_of(c), sse_dst(c, ops)->q, mask.q, la, 8);
    return 0;
}

u64 x86_sse_MASKMOVDQU(struct cpu *c, u64 ops, u64 la, u64 z)
{
    struct vec mask = sse_src(c, ops);
    (void)z;
    masked_store(x86_of(c), sse_dst(c, ops)->q, mask.q, la, 16);
    return 0;
}

/* ---- of 0F AE ---- */

u64 x86_sse_LDMXCSR(struct cpu *c, u64 la, u64 y, u64 z)
{
    struct x86_cpu *x = x86_of(c);
    (void)y, (void)z;
    x->mxcsr = x86_check_mxcsr(x, x86_ld(x, la, 4));
    x86_update_mode(x);
    return 0;
}

u64 x86_sse_STMXCSR(struct cpu *c, u64 la, u64 y, u64 z)
{
    (void)y, (void)z;
    x86_st(x86_of(c), la, x86_of(c)->mxcsr, 4);
    return 0;
}
