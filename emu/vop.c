/* vop.c - the functions of the IR op VOP: operations of vec.h on words of the CPU struct */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/vop.h"

#include <string.h>

static struct vec get(const struct cpu *c, u64 word, u64 args, unsigned high, unsigned bytes)
{
    struct vec v = {{0, 0}};
    const u8 *p = (const u8 *)((const u64 *)c + (word & 0xffff));
    memcpy(&v, p + (bytes == 4 && (args >> 32 & high) ? 4 : 0), bytes);
    return v;
}

struct vec vop_a(const struct cpu *c, u64 args)
{
    return get(c, args, args, VOP_A_HIGH, vop_size(args));
}

struct vec vop_b(const struct cpu *c, u64 args)
{
    return get(c, args >> 16, args, VOP_B_HIGH, vop_size(args));
}

struct vec vop_old_d(const struct cpu *c, u64 args)
{
    return get(c, args >> 48, args, VOP_D_HIGH, vop_size(args));
}

u64 vop_b_of(const struct cpu *c, u64 args, unsigned bytes)
{
    return get(c, args >> 16, args, VOP_B_HIGH, bytes).q[0];
}

void vop_set_d(struct cpu *c, u64 args, struct vec v)
{
    u8 *p = (u8 *)((u64 *)c + (args >> 48));
    memcpy(p + (vop_size(args) == 4 && (args >> 32 & VOP_D_HIGH) ? 4 : 0), &v, vop_size(args));
}

#define LANES(X)                                                                                   \
    X(PADDB) X(PADDW) X(PADDD) X(PADDQ) X(PSUBB) X(PSUBW) X(PSUBD) X(PSUBQ) X(PMULLW) X(PMULLD)    \
    X(PMULDQ) X(PMULUDQ) X(PAND) X(PANDN) X(POR) X(PXOR) X(PCMPEQB) X(PCMPEQW) X(PCMPEQD)          \
    X(PCMPGTB) X(PCMPGTW) X(PCMPGTD) X(PMINSB) X(PMINUB) X(PMINSW) X(PMINUW) X(PMINSD) X(PMINUD)   \
    X(PMAXSB) X(PMAXUB) X(PMAXSW) X(PMAXUW) X(PMAXSD) X(PMAXUD) X(PABSB) X(PABSW) X(PABSD)         \
    X(PAVGB) X(PAVGW) X(PMADDUBSW) X(PMADDWD) X(PMOVSXBW) X(PMOVSXWD) X(PMOVSXDQ) X(PMOVZXBW)      \
    X(PMOVZXWD) X(PMOVZXDQ) X(PUNPCKLBW) X(PUNPCKLWD) X(PUNPCKLDQ) X(PUNPCKLQDQ) X(PUNPCKHBW)      \
    X(PUNPCKHWD) X(PUNPCKHDQ) X(PUNPCKHQDQ) X(PACKUSWB) X(PACKUSDW) X(PSHUFD) X(PSHUFLW)           \
    X(PSHUFHW) X(SHUFPS) X(PALIGNR) X(PHADDW) X(PHADDD) X(PSHUFB) X(PBLENDW)
#define SHIFTS(X)                                                                                  \
    X(PSRLW) X(PSRAW) X(PSLLW) X(PSRLD) X(PSRAD) X(PSLLD) X(PSRLQ) X(PSLLQ) X(PSRLDQ) X(PSLLDQ)

#define X(name)                                                                                    \
    static u64 op_##name(struct cpu *c, u64 args, u64 y, u64 z)                                    \
    {                                                                                              \
        (void)y, (void)z;                                                                          \
        vop_set_d(c, args, vec_##name(vop_a(c, args), vop_b(c, args), args >> 32 & 0xff));         \
        return 0;                                                                                  \
    }
LANES(X)
#undef X

#define X(name)                                                                                    \
    static u64 op_##name##_I(struct cpu *c, u64 args, u64 y, u64 z)                                \
    {                                                                                              \
        (void)y, (void)z;                                                                          \
        struct vec n = {{args >> 32 & 0xff, 0}};                                                   \
        vop_set_d(c, args, vec_##name(vop_a(c, args), n, 0));                                      \
        return 0;                                                                                  \
    }
SHIFTS(X)
#undef X

static u64 op_MOVAPS(struct cpu *c, u64 args, u64 y, u64 z)
{
    (void)y, (void)z;
    vop_set_d(c, args, vop_b(c, args));
    return 0;
}

const struct vec_fn vop_fns[VEC_N_HOST] = {
#define X(name) [VEC_##name] = {op_##name, VEC_##name},
    LANES(X) X(MOVAPS)
#undef X
#define X(name) [VEC_##name##_I] = {op_##name##_I, VEC_##name##_I},
    SHIFTS(X)
#undef X
};
