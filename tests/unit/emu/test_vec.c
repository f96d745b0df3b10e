/* test_vec.c - vector operations against the host's instructions of the same names */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/vec.h"

#if defined(__x86_64__)

typedef u64 host_vec __attribute__((vector_size(16)));

static u64 rng_state;
static u64 rng(void)
{
    u64 x = rng_state += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/* Extreme elements are frequent, and small counts. */
static u64 pick(void)
{
    static const u64 special[] = {0, ~(u64)0, 0x8080808080808080, 0x7f7f7f7f7f7f7f7f, 0x8000800080008000,
                                  0x7fff7fff7fff7fff, 0x8000000080000000, 0x7fffffff7fffffff,
                                  0x00ff00ff00ff00ff, 0x0102030405060708};
    switch (rng() % 4) {
    case 0: return special[rng() % ARRAY_SIZE(special)];
    case 1: return rng() % 80;
    case 2: return rng() & rng() & rng();
    default: return rng();
    }
}

static unsigned n_bad;
static void report(const char *name, struct vec a, struct vec b, u64 imm, struct vec host, struct vec ours)
{
    if (host.q[0] == ours.q[0] && host.q[1] == ours.q[1])
        return;
    n_bad++;
    printf("%s %016" PRIx64 "%016" PRIx64 " %016" PRIx64 "%016" PRIx64 " imm %#" PRIx64 ": host %016" PRIx64
           "%016" PRIx64 ", ours %016" PRIx64 "%016" PRIx64 "\n", name, a.q[1], a.q[0], b.q[1], b.q[0], imm,
           host.q[1], host.q[0], ours.q[1], ours.q[0]);
}

#define CHECK_OP(name)                                                                             \
    for (int i = 0; i < 500; i++) {                                                                \
        struct vec a = {{pick(), pick()}}, b = {{pick(), pick()}}, h;                              \
        host_vec x = {a.q[0], a.q[1]}, y = {b.q[0], b.q[1]};                                       \
        __asm__(#name " %1, %0" : "+x"(x) : "x"(y));                                               \
        h = (struct vec){{x[0], x[1]}};                                                            \
        report(#name, a, b, 0, h, vec_##name(a, b, 0));                                            \
    }
#define CHECK_IMM(name, imm)                                                                       \
    for (int i = 0; i < 50; i++) {                                                                 \
        struct vec a = {{pick(), pick()}}, b = {{pick(), pick()}}, h;                              \
        host_vec x = {a.q[0], a.q[1]}, y = {b.q[0], b.q[1]};                                       \
        __asm__(#name " %2, %1, %0" : "+x"(x) : "x"(y), "i"(imm));                                 \
        h = (struct vec){{x[0], x[1]}};                                                            \
        report(#name, a, b, imm, h, vec_##name(a, b, imm));                                        \
    }
#define CHECK_IMMS(name)                                                                           \
    CHECK_IMM(name, 0) CHECK_IMM(name, 1) CHECK_IMM(name, 2) CHECK_IMM(name, 5) CHECK_IMM(name, 7)  \
    CHECK_IMM(name, 0x0f) CHECK_IMM(name, 0x10) CHECK_IMM(name, 0x13) CHECK_IMM(name, 0x1b)        \
    CHECK_IMM(name, 0x1f) CHECK_IMM(name, 0x4e) CHECK_IMM(name, 0x93) CHECK_IMM(name, 0xe4) CHECK_IMM(name, 0xff)
#define CHECK_MMX(name)                                                                            \
    for (int i = 0; i < 200; i++) {                                                                \
        u64 a = pick(), b = pick(), h;                                                             \
        __asm__("movq %1, %%mm0\n\tmovq %2, %%mm1\n\t" #name " %%mm1, %%mm0\n\tmovq %%mm0, %0\n\temms"  \
                : "=m"(h) : "m"(a), "m"(b) : "mm0", "mm1");                                        \
        report(#name " (64 bits)", (struct vec){{a}}, (struct vec){{b}}, 0, (struct vec){{h}},      \
               (struct vec){{vec64_##name(a, b, 0)}});                                             \
    }
#define CHECK_MMX_IMM(name, imm)                                                                   \
    for (int i = 0; i < 50; i++) {                                                                 \
        u64 a = pick(), b = pick(), h;                                                             \
        __asm__("movq %1, %%mm0\n\tmovq %2, %%mm1\n\t" #name " %3, %%mm1, %%mm0\n\tmovq %%mm0, %0\n\temms" \
                : "=m"(h) : "m"(a), "m"(b), "i"(imm) : "mm0", "mm1");                              \
        report(#name " (64 bits)", (struct vec){{a}}, (struct vec){{b}}, imm, (struct vec){{h}},    \
               (struct vec){{vec64_##name(a, b, imm)}});                                           \
    }

Test(vec, lanes)
{
    rng_state = 1;
#define X(name, T, expr) CHECK_OP(name)
    VEC_OPS_LANE(X)
#undef X
    cr_assert_eq(n_bad, 0);
}

#define WHOLE_PLAIN(X)                                                                             \
    X(PSLLW) X(PSLLD) X(PSLLQ) X(PSRLW) X(PSRLD) X(PSRLQ) X(PSRAW) X(PSRAD) X(PUNPCKLBW)           \
    X(PUNPCKLWD) X(PUNPCKLDQ) X(PUNPCKLQDQ) X(PUNPCKHBW) X(PUNPCKHWD) X(PUNPCKHDQ) X(PUNPCKHQDQ)   \
    X(PACKSSWB) X(PACKSSDW) X(PACKUSWB) X(PACKUSDW) X(PSHUFB) X(PHADDW) X(PHADDD) X(PHADDSW)       \
    X(PHSUBW) X(PHSUBD) X(PHSUBSW) X(PMOVSXBW) X(PMOVSXBD) X(PMOVSXBQ) X(PMOVSXWD) X(PMOVSXWQ)     \
    X(PMOVSXDQ) X(PMOVZXBW) X(PMOVZXBD) X(PMOVZXBQ) X(PMOVZXWD) X(PMOVZXWQ) X(PMOVZXDQ)            \
    X(PHMINPOSUW) X(MOVSLDUP) X(MOVSHDUP) X(MOVDDUP)

Test(vec, whole)
{
    rng_state = 2;
    WHOLE_PLAIN(CHECK_OP)
    CHECK_IMMS(PSHUFD) CHECK_IMMS(PSHUFLW) CHECK_IMMS(PSHUFHW) CHECK_IMMS(SHUFPS) CHECK_IMMS(SHUFPD)
    CHECK_IMMS(PALIGNR) CHECK_IMMS(PBLENDW) CHECK_IMMS(BLENDPS) CHECK_IMMS(BLENDPD) CHECK_IMMS(MPSADBW)
    cr_assert_eq(n_bad, 0);
}

#define MMX_PLAIN(X)                                                                               \
    X(PADDB) X(PADDW) X(PADDD) X(PADDQ) X(PSUBB) X(PSUBUSW) X(PADDSB) X(PMULLW) X(PMULHW)          \
    X(PMULHUW) X(PMULHRSW) X(PMULUDQ) X(PMADDWD) X(PMADDUBSW) X(PSADBW) X(PAVGB) X(PCMPGTB)        \
    X(PCMPEQD) X(PANDN) X(PABSW) X(PSIGNB) X(PSLLW) X(PSLLQ) X(PSRLD) X(PSRAW) X(PSRAD)            \
    X(PUNPCKLBW) X(PUNPCKLWD) X(PUNPCKLDQ) X(PUNPCKHBW) X(PUNPCKHWD) X(PUNPCKHDQ) X(PACKSSWB)      \
    X(PACKSSDW) X(PACKUSWB) X(PSHUFB) X(PHADDW) X(PHADDD) X(PHADDSW) X(PHSUBW) X(PHSUBD) X(PHSUBSW)

Test(vec, mmx)
{
    rng_state = 3;
    MMX_PLAIN(CHECK_MMX)
    CHECK_MMX_IMM(PSHUFW, 0x1b) CHECK_MMX_IMM(PSHUFW, 0x93)
    CHECK_MMX_IMM(PALIGNR, 0) CHECK_MMX_IMM(PALIGNR, 5) CHECK_MMX_IMM(PALIGNR, 8)
    CHECK_MMX_IMM(PALIGNR, 11) CHECK_MMX_IMM(PALIGNR, 16) CHECK_MMX_IMM(PALIGNR, 255)
    cr_assert_eq(n_bad, 0);
}

Test(vec, masks_and_signs)
{
    rng_state = 4;
    for (int i = 0; i < 500; i++) {
        struct vec a = {{pick(), pick()}}, b = {{pick(), pick()}}, m = {{pick(), pick()}};
        u32 h;
#define X(name, T)                                                                                 \
    {                                                                                              \
        host_vec x = {a.q[0], a.q[1]}, y = {b.q[0], b.q[1]};                                       \
        register host_vec mask __asm__("xmm0") = {m.q[0], m.q[1]};                                 \
        __asm__(#name " %%xmm0, %1, %0" : "+x"(x) : "x"(y), "x"(mask));                            \
        report(#name, a, b, 0, (struct vec){{x[0], x[1]}}, vec_##name(a, b, m));                   \
    }
        VEC_OPS_MASK(X)
#undef X
#define X(name, T)                                                                                 \
    {                                                                                              \
        host_vec x = {a.q[0], a.q[1]};                                                             \
        __asm__(#name " %1, %0" : "=r"(h) : "x"(x));                                               \
        cr_expect_eq(h, vec_##name(a));                                                            \
    }
        VEC_OPS_SIGNS(X)
#undef X
        host_vec x = {a.q[0], 0}, y = {b.q[0], 0};
        __asm__("pclmulqdq $0, %1, %0" : "+x"(x) : "x"(y));
        report("PCLMULQDQ", a, b, 0, (struct vec){{x[0], x[1]}}, vec_clmul(a.q[0], b.q[0]));
    }
    cr_assert_eq(n_bad, 0);
}

#else
Test(vec, host)
{
    cr_skip("needs an x86-64 host to compare with");
}
#endif

Test(vec, byte_shifts)
{
    struct vec a = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}}, r;
    r = vec_PSLLDQ(a, (struct vec){{3, 0}}, 0);
    cr_expect(r.q[0] == 0x0403020100000000 && r.q[1] == 0x0c0b0a0908070605);
    r = vec_PSRLDQ(a, (struct vec){{9, 0}}, 0);
    cr_expect(r.q[0] == 0x000f0e0d0c0b0a09 + 0 && r.q[1] == 0);
    r = vec_PSRLDQ(a, (struct vec){{16, 0}}, 0);
    cr_expect(!r.q[0] && !r.q[1]);
    r = vec_PSLLDQ(a, (struct vec){{255, 0}}, 0);
    cr_expect(!r.q[0] && !r.q[1]);
}
