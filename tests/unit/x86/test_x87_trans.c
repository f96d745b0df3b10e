/* test_x87_trans.c - transcendental functions against the host's within one unit in the last place;
 * known values */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/sse.h"
#include "arch/x86/x87.h"
#include "emu/check.h"

static struct x86_cpu *fresh(u16 cw)
{
    struct x86_cpu *x = xcalloc(1, sizeof(*x));
    x86_fpu_init(x);
    x->fpu_cw = cw;
    x->cr0 = CR0_PE | CR0_NE;
    return x;
}

static void load(struct x86_cpu *x, struct fp_ext v)
{
    x87_push(x, v);
}

static struct fp_ext top(struct x86_cpu *x)
{
    return (struct fp_ext){x87_reg(x, 0)->mant, x87_reg(x, 0)->exp};
}

typedef u64 helper_fn(struct cpu *c, u64 info, u64 la, u64 ea);
enum { F2XM1, FYL2X, FYL2XP1, FPTAN, FPATAN, FSIN, FCOS, FSINCOS, N_FUNCTIONS };
static helper_fn *const helpers[] = {x87_f2xm1, x87_fyl2x, x87_fyl2xp1, x87_fptan,
                                     x87_fpatan, x87_fsin, x87_fcos, x87_fsincos};
static const char *const names[] = {"f2xm1", "fyl2x", "fyl2xp1", "fptan", "fpatan", "fsin", "fcos", "fsincos"};

/* Results: one or two (the one below the top), and the status word. */
struct result {
    struct fp_ext v[2];
    u16 sw;
};

static struct result ours(int f, struct fp_ext st0, struct fp_ext st1, u16 cw)
{
    struct x86_cpu *x = fresh(cw);
    struct result r = {0};
    load(x, st1);
    load(x, st0);
    helpers[f](&x->base, 0, 0, 0);
    r.v[0] = top(x);
    r.sw = x86_fpu_get_sw(x);
    if ((f == FPTAN || f == FSINCOS) && !(r.sw & SW_C2))
        r.v[1] = (struct fp_ext){x87_reg(x, 1)->mant, x87_reg(x, 1)->exp};
    free(x);
    return r;
}

/* Values from the functions' definitions to 100 digits; sin and cos of pi by the 66-bit pi. */
Test(x87_trans, known)
{
    static const struct { int f; struct fp_ext st0, st1, want; } known[] = {
        {FSIN, {0x8000000000000000, 0x3fff}, {0}, {0xd76aa47848677021, 0x3ffe}},     /* sin 1 */
        {FCOS, {0x8000000000000000, 0x3fff}, {0}, {0x8a51407da8345c92, 0x3ffe}},     /* cos 1 */
        {FSIN, {0xc90fdaa22168c235, 0x4000}, {0}, {0x8000000000000000, 0xbfbf}},     /* -2^-64 */
        {F2XM1, {0x8000000000000000, 0x3ffe}, {0}, {0xd413cccfe7799211, 0x3ffd}},    /* sqrt 2 - 1 */
        {FYL2X, {0xa000000000000000, 0x4002}, {0x8000000000000000, 0x3fff}, {0xd49a784bcd1b8afe, 0x4000}},
        {FPATAN, {0x8000000000000000, 0x3fff}, {0x8000000000000000, 0x3fff}, {0xc90fdaa22168c235, 0x3ffe}},
        {FYL2X, {0x8000000000000000, 0x4009}, {0xc000000000000000, 0x3fff}, {0xf000000000000000, 0x4002}},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
        struct result r = ours(known[i].f, known[i].st0, known[i].st1, 0x37f);
        cr_expect(r.v[0].mant == known[i].want.mant && r.v[0].exp == known[i].want.exp,
                  "%s %u: %04x.%016" PRIx64, names[known[i].f], i, r.v[0].exp, r.v[0].mant);
    }
    cr_expect(ours(FSIN, (struct fp_ext){(u64)1 << 63, 0x403e}, X87_DEFAULT_NAN, 0x37f).sw & SW_C2);
    /* An exact power of two: no precision exception. */
    cr_expect_eq(ours(FYL2X, known[6].st0, known[6].st1, 0x37f).sw & FP_INEXACT, 0);
}

/* SDM: a relative error of at most 1.5 * 2^-12, for every exponent and all that changes the
 * approximation. */
Test(x87_trans, sse_approximations)
{
    struct x86_cpu *x = fresh(0x37f);
    u64 ops = X86_XMM(0) | (u64)X86_XMM(1) << 16;
    for (u32 exp = 1; exp < 253; exp += 7) {
        for (u32 i = 0; i < 4096; i++) {
            u32 a = exp << 23 | i << 11 | (i * 2654435761u >> 21);
            float v, r;
            memcpy(&v, &a, 4);
            x->xmm[1].q[0] = a;
            x86_sse_RCPSS(&x->base, ops, 0, 0);
            memcpy(&r, &x->xmm[0].q[0], 4);
            double e = (double)v * r - 1;
            cr_assert(e < 1.5 / 4096 && e > -1.5 / 4096, "rcpss %08x: error %g", a, e);
            x86_sse_RSQRTSS(&x->base, ops, 0, 0);
            memcpy(&r, &x->xmm[0].q[0], 4);
            e = ((double)v * r * r - 1) / 2;
            cr_assert(e < 1.5 / 4096 && e > -1.5 / 4096, "rsqrtss %08x: error %g", a, e);
        }
    }
    free(x);
}

#if defined(__x86_64__)

static u64 rng_state;
static u64 rng(void)
{
    u64 x = rng_state += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

struct host80 { u64 mant; u16 exp; } __attribute__((packed));

#define RUN1(insn)                                                                                 \
    __asm__ volatile("fninit\n\tfldt %3\n\tfldt %2\n\tfldcw %4\n\t" insn "\n\tfnstsw %1\n\tfstpt %0\n\tfninit" \
                     : "=m"(a), "=m"(r.sw) : "m"(x), "m"(y), "m"(cw) : "st", "st(1)", "memory")
#define RUN2(insn)                                                                                 \
    __asm__ volatile("fninit\n\tfldt %4\n\tfldt %3\n\tfldcw %5\n\t" insn                           \
                     "\n\tfnstsw %1\n\tfstpt %0\n\tfstpt %2\n\tfninit"                             \
                     : "=m"(a), "=m"(r.sw), "=m"(b) : "m"(x), "m"(y), "m"(cw) : "st", "st(1)", "memory")

static struct result host(int f, struct fp_ext st0, struct fp_ext st1, u16 cw)
{
    struct host80 x = {st0.mant, st0.exp}, y = {st1.mant, st1.exp}, a = {0, 0}, b = {0, 0};
    struct result r = {0};
    switch (f) {
    case F2XM1: RUN1("f2xm1"); break;
    case FYL2X: RUN1("fyl2x"); break;
    case FYL2XP1: RUN1("fyl2xp1"); break;
    case FPTAN: RUN2("fptan"); break;
    case FPATAN: RUN1("fpatan"); break;
    case FSIN: RUN1("fsin"); break;
    case FCOS: RUN1("fcos"); break;
    case FSINCOS: RUN2("fsincos"); break;
    }
    r.v[0] = (struct fp_ext){a.mant, a.exp};
    r.v[1] = (struct fp_ext){b.mant, b.exp};
    if (r.sw & SW_C2)
        r.v[1] = (struct fp_ext){0, 0};
    return r;
}

/* A number of the function's range, or near its ends; now and then a special one. */
static struct fp_ext argument(int max_exp)
{
    static const struct fp_ext special[] = {
        {0, 0}, {0, 0x8000}, {(u64)1 << 63, 0x7fff}, {(u64)1 << 63, 0xffff}, {0xc000000000000000, 0x7fff},
        {0xa000000000000001, 0x7fff}, {(u64)1 << 63, 0x3fff}, {(u64)1 << 63, 0xbfff}, {1, 0}, {(u64)1 << 62, 0x8000},
        {(u64)1 << 63, 0x4000},
    };
    if (rng() % 10 == 0)
        return special[rng() % ARRAY_SIZE(special)];
    u16 exp = rng() % 4 ? max_exp - rng() % 6 : max_exp - rng() % 90;
    if (rng() % 40 == 0)
        exp = 1 + rng() % (max_exp - 1);
    u64 mant = rng() % 4 ? rng() : rng() & rng() & rng() & rng();
    return (struct fp_ext){mant | (u64)1 << 63, exp | (rng() & 1) << 15};
}

static u64 distance(struct fp_ext a, struct fp_ext b)
{
    if (a.exp == b.exp)
        return a.mant > b.mant ? a.mant - b.mant : b.mant - a.mant;
    if ((a.exp ^ b.exp) & 0x8000)
        return UINT64_MAX;
    if (a.exp > b.exp)
        return distance(b, a);
    if (b.exp == a.exp + 1 && (a.exp & 0x7fff)) /* over a power of two: in units of the smaller */
        return (b.mant << 1) - a.mant;
    return a.exp & 0x7fff ? UINT64_MAX : distance((struct fp_ext){a.mant, b.exp}, b);
}

static bool defined(int f, struct fp_ext st0)
{
    u32 exp = st0.exp & 0x7fff;
    if (exp == 0x7fff)
        return true;
    if (f == F2XM1)
        return exp < 0x3fff || (exp == 0x3fff && st0.mant == (u64)1 << 63);
    if (f == FYL2XP1)
        return exp < 0x3ffd; /* within 1 - sqrt(1/2) */
    return true;
}

Test(x87_trans, host)
{
    static const int max_exp[] = {0x3ffe, 0x4010, 0x3ffc, 0x4004, 0x4004, 0x4004, 0x4004, 0x4004};
    unsigned bad = 0, apart[3] = {0};
    rng_state = 7;
    for (int i = 0; i < 60000 && bad < 20; i++) {
        int f = rng() % N_FUNCTIONS;
        u16 cw = 0x37f | (rng() & 3) << 10;
        struct fp_ext a = argument(max_exp[f]), b = argument(0x4004);
        if (!defined(f, a))
            continue;
        struct result h = host(f, a, b, cw), o = ours(f, a, b, cw);
        u64 d0 = distance(h.v[0], o.v[0]), d1 = distance(h.v[1], o.v[1]);
        u16 flags = (h.sw ^ o.sw) & (SW_C2 | FP_INVALID | FP_DIVZERO | FP_OVERFLOW);
        apart[MIN(MAX(d0, d1), 2)]++;
        if (d0 > 1 || d1 > 1 || flags) {
            printf("%s %04x.%016" PRIx64 " %04x.%016" PRIx64 " cw %04x: host %04x.%016" PRIx64
                   " %04x.%016" PRIx64 " %04x, ours %04x.%016" PRIx64 " %04x.%016" PRIx64 " %04x\n",
                   names[f], a.exp, a.mant, b.exp, b.mant, cw, h.v[0].exp, h.v[0].mant, h.v[1].exp,
                   h.v[1].mant, h.sw, o.v[0].exp, o.v[0].mant, o.v[1].exp, o.v[1].mant, o.sw);
            bad++;
        }
    }
    printf("equal %u, one apart %u\n", apart[0], apart[1]);
    cr_assert_eq(bad, 0);
}

#else
Test(x87_trans, host)
{
    cr_skip("needs an x86-64 host to compare with");
}
#endif
