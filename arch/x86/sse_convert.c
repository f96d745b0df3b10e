/* sse_convert.c - helpers of the SSE conversions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/sse.h"
#include "emu/fp.h"

enum kind { I32, F32, F64 };

/* What becomes of the elements of the destination that get no result. */
enum rest { KEEP, ZERO };

static u64 element(struct fp_ctx *c, enum kind from, enum kind to, u64 v, bool truncate)
{
    struct fp_num n;
    if (from == I32)
        n = fp_from_int((i32)v < 0, (i32)v < 0 ? -(u64)(i32)v : v);
    else
        n = fp_unpack(c, from == F64 ? &fp_double : &fp_single, v);
    if (to == I32)
        return (u32)fp_to_int(c, n, truncate ? FP_TOWARD_ZERO : c->rounding, 32, true, false);
    return fp_pack(c, to == F64 ? &fp_double : &fp_single, fp_convert(c, n));
}

static struct vec convert(struct cpu *cpu, struct vec old, struct vec b, enum kind from,
                          enum kind to, unsigned n, bool truncate, enum rest rest)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = sse_ctx(x);
    struct vec r = rest == KEEP ? old : (struct vec){{0, 0}};
    for (unsigned i = 0; i < n; i++)
        sse_set_lane(&r, to == F64, i,
                     element(&c, from, to, sse_lane(&b, from == F64, i), truncate));
    sse_flags(x, &c);
    return r;
}

#define VECTOR(name, from, to, n, truncate, rest)                                                  \
    u64 x86_sse_##name(struct cpu *c, u64 ops, u64 y, u64 z)                                       \
    {                                                                                              \
        struct vec *d = sse_dst(c, ops);                                                           \
        (void)y, (void)z;                                                                          \
        *d = convert(c, *d, sse_src(c, ops), from, to, n, truncate, rest);                         \
        return 0;                                                                                  \
    }
VECTOR(CVTPI2PS, I32, F32, 2, false, KEEP)
VECTOR(CVTPI2PD, I32, F64, 2, false, KEEP)
VECTOR(CVTPS2PD, F32, F64, 2, false, KEEP)
VECTOR(CVTPD2PS, F64, F32, 2, false, ZERO)
VECTOR(CVTSS2SD, F32, F64, 1, false, KEEP)
VECTOR(CVTSD2SS, F64, F32, 1, false, KEEP)
VECTOR(CVTDQ2PS, I32, F32, 4, false, KEEP)
VECTOR(CVTPS2DQ, F32, I32, 4, false, KEEP)
VECTOR(CVTTPS2DQ, F32, I32, 4, true, KEEP)
VECTOR(CVTDQ2PD, I32, F64, 2, false, KEEP)
VECTOR(CVTPD2DQ, F64, I32, 2, false, ZERO)
VECTOR(CVTTPD2DQ, F64, I32, 2, true, ZERO)

#define TO_MMX(name, from, truncate)                                                               \
    u64 x86_sse_##name(struct cpu *c, u64 ops, u64 y, u64 z)                                       \
    {                                                                                              \
        struct vec *d = sse_dst(c, ops);                                                           \
        (void)y, (void)z;                                                                          \
        d->q[0] = convert(c, *d, sse_src(c, ops), from, I32, 2, truncate, ZERO).q[0];              \
        d->q[1] = 0xffff;                                                                          \
        return 0;                                                                                  \
    }
TO_MMX(CVTPS2PI, F32, false)
TO_MMX(CVTTPS2PI, F32, true)
TO_MMX(CVTPD2PI, F64, false)
TO_MMX(CVTTPD2PI, F64, true)

/* ---- with general registers: the second argument is the integer ---- */

static void from_gpr(struct cpu *cpu, u64 ops, u64 v, unsigned size, bool wide)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = sse_ctx(x);
    i64 i = size == 8 ? (i64)v : (i32)v;
    u64 r =
        fp_pack(&c, wide ? &fp_double : &fp_single, fp_from_int(i < 0, i < 0 ? -(u64)i : (u64)i));
    sse_flags(x, &c);
    sse_set_lane(sse_dst(cpu, ops), wide, 0, r);
}

static u64 to_gpr(struct cpu *cpu, u64 ops, unsigned size, bool wide, bool truncate)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = sse_ctx(x);
    struct vec b = sse_src(cpu, ops);
    struct fp_num n = fp_unpack(&c, wide ? &fp_double : &fp_single, sse_lane(&b, wide, 0));
    u64 v = fp_to_int(&c, n, truncate ? FP_TOWARD_ZERO : c.rounding, 8 * size, true, false);
    sse_flags(x, &c);
    return size == 8 ? v : (u32)v;
}

u64 x86_sse_CVTSI2SS(struct cpu *c, u64 ops, u64 v, u64 z)
{
    (void)z;
    from_gpr(c, ops, v, sse_size(ops), false);
    return 0;
}

u64 x86_sse_CVTSI2SD(struct cpu *c, u64 ops, u64 v, u64 z)
{
    (void)z;
    from_gpr(c, ops, v, sse_size(ops), true);
    return 0;
}

#define TO_GPR(name, wide, truncate)                                                               \
    u64 x86_sse_##name(struct cpu *c, u64 ops, u64 y, u64 z)                                       \
    {                                                                                              \
        (void)y, (void)z;                                                                          \
        return to_gpr(c, ops, sse_size(ops), wide, truncate);                                               \
    }
TO_GPR(CVTSS2SI, false, false)
TO_GPR(CVTTSS2SI, false, true)
TO_GPR(CVTSD2SI, true, false)
TO_GPR(CVTTSD2SI, true, true)
