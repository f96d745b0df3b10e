/* test_fp.c - software floating point against the host's, value and flags */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/fp.h"

#if defined(__x86_64__)

static u64 rng_state;
static u64 rng(void)
{
    u64 x = rng_state += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/* A significand field of n bits in which the hard cases are frequent. */
static u64 pick_frac(unsigned n)
{
    u64 mask = n == 64 ? ~(u64)0 : ((u64)1 << n) - 1;
    switch (rng() % 8) {
    case 0: return 0;
    case 1: return mask;
    case 2: return (u64)1 << (rng() % n);
    case 3: return mask & ~((u64)1 << (rng() % n));
    case 4: return mask << (rng() % n) & mask;
    case 5: return rng() & 3;
    case 6: return rng() & mask & (mask << (n / 2));
    default: return rng() & mask;
    }
}

static u32 pick_exp(u32 max)
{
    u32 bias = max / 2;
    switch (rng() % 8) {
    case 0: return 0;
    case 1: return max;
    case 2: return rng() % 4;
    case 3: return max - rng() % 4;
    case 4: return rng() % (max + 1);
    case 5: return (bias + rng() % 70 - 2) & max;
    default: return (bias - 3 + rng() % 7) & max;
    }
}

static u64 pick(unsigned bits)
{
    if (bits == 32)
        return (rng() & 1) << 31 | (u64)pick_exp(255) << 23 | pick_frac(23);
    return rng() << 63 | (u64)pick_exp(2047) << 52 | pick_frac(52);
}

static struct fp_ext pick_ext(void)
{
    struct fp_ext v = {pick_frac(64), (u16)(rng() << 15 | pick_exp(32767))};
    if (v.exp & 0x7fff && rng() % 16)
        v.mant |= (u64)1 << 63;
    else if (!(v.exp & 0x7fff) && rng() % 8)
        v.mant &= ~((u64)1 << 63);
    return v;
}

enum { ADD, SUB, MUL, DIV, SQRT, CVT, ROUND, N_ARITH, UCOM = N_ARITH, COM, TO32, TO64, TO32T, TO64T,
       N_SSE };

#define SSE(insn) __asm__ volatile("ldmxcsr %2\n\t" insn " %3, %0\n\tstmxcsr %1\n\tldmxcsr %4"           \
                                   : "+x"(x), "=m"(after) : "m"(mxcsr), "x"(y), "m"(normal))
#define SSE_INT(insn, r) __asm__ volatile("ldmxcsr %2\n\t" insn " %3, %0\n\tstmxcsr %1\n\tldmxcsr %4"    \
                                   : "=r"(r), "=m"(after) : "m"(mxcsr), "x"(y), "m"(normal))
#define SSE_CMP(insn) __asm__ volatile("ldmxcsr %2\n\t" insn " %3, %4\n\tpushf\n\tpop %0\n\tstmxcsr %1\n\tldmxcsr %5"   \
                                   : "=r"(r), "=m"(after) : "m"(mxcsr), "x"(y), "x"(x), "m"(normal) : "cc")
#define BOTH(name) (d ? ({ SSE(name "sd"); 0; }) : ({ SSE(name "ss"); 0; }))

static u64 host_sse(int op, bool d, u64 a, u64 b, u32 mxcsr, u8 *flags)
{
    typedef u64 v2 __attribute__((vector_size(16)));
    v2 x = {a, 0}, y = {b, 0};
    u32 after = 0, normal = 0x1f80, r32;
    u64 r = 0;
    bool is_int = false;
    switch (op) {
    case ADD: BOTH("add"); break;
    case SUB: BOTH("sub"); break;
    case MUL: BOTH("mul"); break;
    case DIV: BOTH("div"); break;
    case SQRT: BOTH("sqrt"); break;
    case CVT:
        if (d)
            SSE("cvtsd2ss");
        else
            SSE("cvtss2sd");
        break;
    case ROUND:
        if (d)
            SSE("roundsd $4,");
        else
            SSE("roundss $4,");
        break;
    default: is_int = true;
    }
    switch (op) {
    case UCOM: d ? ({ SSE_CMP("ucomisd"); 0; }) : ({ SSE_CMP("ucomiss"); 0; }); r &= 0x45; break;
    case COM: d ? ({ SSE_CMP("comisd"); 0; }) : ({ SSE_CMP("comiss"); 0; }); r &= 0x45; break;
    case TO32:
        d ? ({
            SSE_INT("cvtsd2si", r32);
            0;
        })
          : ({
                SSE_INT("cvtss2si", r32);
                0;
            });
        r = r32;
        break;
    case TO64: d ? ({ SSE_INT("cvtsd2si", r); 0; }) : ({ SSE_INT("cvtss2si", r); 0; }); break;
    case TO32T:
        d ? ({
            SSE_INT("cvttsd2si", r32);
            0;
        })
          : ({
                SSE_INT("cvttss2si", r32);
                0;
            });
        r = r32;
        break;
    case TO64T: d ? ({ SSE_INT("cvttsd2si", r); 0; }) : ({ SSE_INT("cvttss2si", r); 0; }); break;
    }
    *flags = after & 63;
    if (is_int)
        return r;
    return (op == CVT ? !d : d) ? x[0] : (u32)x[0];
}

static const u8 order_flags[] = {0x01, 0x40, 0x00, 0x45};

static u64 soft_sse(int op, bool d, u64 a, u64 b, u32 mxcsr, u8 *flags)
{
    struct fp_ctx c = {.rounding = mxcsr >> 13 & 3, .masked = FP_ALL, .daz = mxcsr >> 6 & 1,
                       .ftz = mxcsr >> 15 & 1};
    const struct fp_format *f = d ? &fp_double : &fp_single, *to = f;
    struct fp_num x = fp_unpack(&c, f, a), y = fp_unpack(&c, f, b), r = {0};
    u64 v = 0;
    switch (op) {
    case ADD: r = fp_add(&c, x, y); break;
    case SUB: r = fp_sub(&c, x, y); break;
    case MUL: r = fp_mul(&c, x, y); break;
    case DIV: r = fp_div(&c, x, y); break;
    case SQRT: r = fp_sqrt(&c, y); break;
    case CVT: r = fp_convert(&c, y); to = d ? &fp_single : &fp_double; break;
    case ROUND: y.denormal = false; r = fp_round_int(&c, y, c.rounding, true); break;
    case UCOM: v = order_flags[fp_compare(&c, x, y, true) + 1]; break;
    case COM: v = order_flags[fp_compare(&c, x, y, false) + 1]; break;
    case TO32: v = (u32)fp_to_int(&c, y, c.rounding, 32, true, false); break;
    case TO64: v = fp_to_int(&c, y, c.rounding, 64, true, false); break;
    case TO32T: v = (u32)fp_to_int(&c, y, FP_TOWARD_ZERO, 32, true, false); break;
    case TO64T: v = fp_to_int(&c, y, FP_TOWARD_ZERO, 64, true, false); break;
    }
    if (op < N_ARITH)
        v = fp_pack(&c, to, r);
    *flags = c.flags;
    return v;
}

static const char *const sse_names[] = {"add", "sub", "mul", "div", "sqrt", "cvt", "round",
                                        "ucomi", "comi", "to32", "to64", "to32t", "to64t"};

static void check_sse(bool d)
{
    unsigned bad = 0;
    rng_state = 1 + d;
    for (int i = 0; i < 400000 && bad < 20; i++) {
        int op = rng() % N_SSE;
        u32 mxcsr = 0x1f80 | (rng() & 3) << 13 | (rng() % 4 == 0) << 6 | (rng() % 4 == 0) << 15;
        u64 a = pick(d ? 64 : 32), b = rng() % 8 ? pick(d ? 64 : 32) : a;
        u8 hf, sf;
        u64 h = host_sse(op, d, a, b, mxcsr, &hf), s = soft_sse(op, d, a, b, mxcsr, &sf);
        if (h != s || hf != sf) {
            printf("%s%s %016" PRIx64 " %016" PRIx64 " mxcsr %04x: host %016" PRIx64 " %02x, ours %016" PRIx64
                   " %02x\n", sse_names[op], d ? "sd" : "ss", a, b, mxcsr, h, hf, s, sf);
            bad++;
        }
    }
    cr_assert_eq(bad, 0);
}

Test(fp, sse_single) { check_sse(false); }
Test(fp, sse_double) { check_sse(true); }

/* x87: operands and result through memory, so that the status word is all that is compared besides.
 */
enum { XADD, XSUB, XMUL, XDIV, XSQRT, XRND, XPREM1, XSCALED_N, XST32 = XSCALED_N, XST64, XI16, XI32, XI64,
       XCOM, XUCOM, XLD32, XLD64, N_X87 };
static const char *const x87_names[] = {"fadd", "fsub", "fmul", "fdiv", "fsqrt", "frndint", "fprem1",
    "fst32", "fst64", "fist16", "fist32", "fist64", "fcom", "fucom", "fld32", "fld64"};

struct host80 { u64 mant; u16 exp; } __attribute__((packed));

#define X87(body) __asm__ volatile("fninit\n\tfldt %3\n\tfldt %2\n\tfldcw %4\n\t" body                    \
    "\n\tfninit" : "=m"(out), "=m"(sw) : "m"(x), "m"(y), "m"(cw) : "st", "st(1)", "rax", "cc", "memory")

static void host_x87(int op, struct fp_ext a, struct fp_ext b, u16 cw, struct fp_ext *r, u16 *flags)
{
    struct host80 x = {a.mant, a.exp}, y = {b.mant, b.exp}, out = {0, 0};
    u16 sw = 0;
    switch (op) {
    case XADD: X87("fadd %%st(1), %%st\n\tfnstsw %1\n\tfstpt %0"); break;
    case XSUB: X87("fsub %%st(1), %%st\n\tfnstsw %1\n\tfstpt %0"); break;
    case XMUL: X87("fmul %%st(1), %%st\n\tfnstsw %1\n\tfstpt %0"); break;
    case XDIV: X87("fdiv %%st(1), %%st\n\tfnstsw %1\n\tfstpt %0"); break;
    case XSQRT: X87("fsqrt\n\tfnstsw %1\n\tfstpt %0"); break;
    case XRND: X87("frndint\n\tfnstsw %1\n\tfstpt %0"); break;
    case XPREM1:
        X87("1: fprem1\n\tfnstsw %%ax\n\ttest $0x400, %%eax\n\tjnz 1b\n\tfnstsw %1\n\tfstpt %0");
        break;
    case XST32: X87("fsts %0\n\tfnstsw %1"); break;
    case XST64: X87("fstl %0\n\tfnstsw %1"); break;
    case XI16: X87("fistps %0\n\tfnstsw %1"); break;
    case XI32: X87("fistpl %0\n\tfnstsw %1"); break;
    case XI64: X87("fistpll %0\n\tfnstsw %1"); break;
    case XCOM: X87("fcom\n\tfnstsw %1"); break;
    case XUCOM: X87("fucom\n\tfnstsw %1"); break;
    case XLD32: X87("flds %2\n\tfnstsw %1\n\tfstpt %0"); break;
    case XLD64: X87("fldl %2\n\tfnstsw %1\n\tfstpt %0"); break;
    }
    *r = (struct fp_ext){out.mant, out.exp};
    *flags = sw;
}

static struct fp_ext as_int(u64 v, unsigned bits)
{
    return (struct fp_ext){bits == 64 ? v : v & (((u64)1 << bits) - 1), 0};
}

static void soft_x87(int op, struct fp_ext a, struct fp_ext b, u16 cw, struct fp_ext *r, u16 *flags)
{
    static const u8 precision[] = {24, 64, 53, 64};
    static const u16 order[] = {0x100, 0x4000, 0, 0x4500};
    struct fp_ctx c = {.rounding = cw >> 10 & 3, .masked = FP_ALL, .nan_rule = FP_NAN_LARGER,
                       .precision = precision[cw >> 8 & 3]};
    struct fp_num x = fp_unpack_ext(a), y = fp_unpack_ext(b), v = x;
    u64 q;
    bool partial;
    *flags = 0;
    *r = (struct fp_ext){0, 0};
    if (op > XDIV && op != XSQRT)
        c.precision = 0;
    switch (op) {
    case XADD: v = fp_add(&c, x, y); break;
    case XSUB: v = fp_sub(&c, x, y); break;
    case XMUL: v = fp_mul(&c, x, y); break;
    case XDIV: v = fp_div(&c, x, y); break;
    case XSQRT: v = fp_sqrt(&c, x); break;
    case XRND: v = fp_round_int(&c, x, c.rounding, true); break;
    case XPREM1:
        do {
            v = fp_rem(&c, v, y, true, &q, &partial);
        } while (partial);
        *flags = (q & 1) << 9 | (q >> 1 & 1) << 14 | (q >> 2 & 1) << 8;
        break;
    case XST32: case XST64:
        x.denormal = false;
        r->mant = fp_pack(&c, op == XST32 ? &fp_single : &fp_double, fp_convert(&c, x));
        break;
    case XI16: *r = as_int(fp_to_int(&c, x, c.rounding, 16, true, false), 16); break;
    case XI32: *r = as_int(fp_to_int(&c, x, c.rounding, 32, true, false), 32); break;
    case XI64: *r = as_int(fp_to_int(&c, x, c.rounding, 64, true, false), 64); break;
    case XCOM: *flags = order[fp_compare(&c, x, y, false) + 1]; break;
    case XUCOM: *flags = order[fp_compare(&c, x, y, true) + 1]; break;
    case XLD32: v = fp_convert(&c, fp_unpack(&c, &fp_single, (u32)a.mant)); break;
    case XLD64: v = fp_convert(&c, fp_unpack(&c, &fp_double, a.mant)); break;
    }
    bool up = c.rounded_up;
    if (op < XSCALED_N || op >= XLD32) {
        *r = fp_pack_ext(&c, v);
        up |= c.rounded_up;
    } else {
        up = c.rounded_up;
    }
    if (op != XPREM1 && op != XCOM && op != XUCOM)
        *flags |= up << 9;
    *flags |= c.flags;
}

Test(fp, x87)
{
    unsigned bad = 0;
    rng_state = 3;
    for (int i = 0; i < 400000 && bad < 20; i++) {
        int op = rng() % N_X87;
        u16 cw = 0x7f | (rng() & 3) << 10 | (rng() % 2 ? 3 : (rng() % 2) * 2) << 8;
        struct fp_ext a = pick_ext(), b = rng() % 8 ? pick_ext() : a, h, s;
        u16 hf, sf;
        host_x87(op, a, b, cw, &h, &hf);
        soft_x87(op, a, b, cw, &s, &sf);
        u16 mask = op == XPREM1 && !(sf & 1)   ? 0x433f | 0x4000
                   : op == XCOM || op == XUCOM ? 0x453f
                                               : 0x23f;
        if (op == XPREM1 && sf & 1)
            mask = 0x3f;
        if (op == XPREM1 && (a.exp & 0x7fff) - (b.exp & 0x7fff) >= 63) /* a partial remainder may be denormal, */
            mask &= ~2;                                                /* as hosts choose the steps */
        if (h.mant != s.mant || h.exp != s.exp || (hf ^ sf) & mask) {
            printf("%s %04x.%016" PRIx64 " %04x.%016" PRIx64 " cw %04x: host %04x.%016" PRIx64
                   " %04x, ours %04x.%016" PRIx64 " %04x\n", x87_names[op], a.exp, a.mant, b.exp, b.mant,
                   cw, h.exp, h.mant, hf, s.exp, s.mant, sf);
            bad++;
        }
    }
    cr_assert_eq(bad, 0);
}

#else
Test(fp, host_fpu)
{
    cr_skip("needs an x86-64 host to compare with");
}
#endif

/* Rules that x86 hosts cannot be asked about. */
Test(fp, arm_rules)
{
    struct fp_ctx c = {
        .masked = FP_ALL, .nan_rule = FP_NAN_SIGNALLING_FIRST, .positive_default_nan = true};
    u64 qnan = 0x7ff8000000000001, snan = 0x7ff0000000000002;
    struct fp_num q = fp_unpack(&c, &fp_double, qnan), s = fp_unpack(&c, &fp_double, snan);
    cr_expect_eq(fp_pack(&c, &fp_double, fp_add(&c, q, s)), 0x7ff8000000000002);
    cr_expect_eq(c.flags, FP_INVALID);
    c.nan_rule = FP_NAN_DEFAULT;
    cr_expect_eq(fp_pack(&c, &fp_double, fp_add(&c, q, q)), 0x7ff8000000000000);
    struct fp_num half = fp_unpack(&c, &fp_double, 0x3fe0000000000000);
    cr_expect_eq(fp_to_int(&c, half, FP_NEAREST_AWAY, 32, true, true), 1);
    cr_expect_eq(fp_to_int(&c, half, FP_NEAREST, 32, true, true), 0);
    cr_expect_eq(fp_to_int(&c, fp_inf(true), FP_NEAREST, 32, true, true),
                 (u64)INT64_C(-0x80000000));
    cr_expect_eq(fp_to_int(&c, fp_inf(false), FP_NEAREST, 16, false, true), 0xffff);
    cr_expect_eq(fp_to_int(&c, fp_inf(true), FP_NEAREST, 16, false, true), 0);
    cr_expect_eq(fp_pack(&c, &fp_half, fp_from_int(true, 65504)), 0xfbff);
    cr_expect_eq(fp_pack(&c, &fp_half, fp_from_int(false, 65520)), 0x7c00);
}
