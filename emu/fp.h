/* fp.h - IEEE 754 arithmetic in software, the same on every host */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests see floating-point results to the last bit, and their flags, and the makers of hosts
 * differ in some of them. So nothing here uses the host's floating point. Numbers are unpacked
 * (fp_unpack) to a sign, an exponent and a significand with its leading bit at the top; an
 * operation gives an exact result, or one with the bits that were lost gathered in its lowest bit;
 * fp_pack() rounds once. Mixed formats, and x87's precision control, come for nothing: only
 * unpacking and packing know of a format.
 *
 * Sources: IEEE 754-2008; SDM vol. 1, chapters 4.8, 8 and 11 for what x86 adds (denormal operand,
 * NaN rules, flush to zero, biased results of unmasked overflow).
 */
#ifndef EMU_FP_H
#define EMU_FP_H

#include "emu/types.h"

enum fp_rounding { FP_NEAREST, FP_DOWN, FP_UP, FP_TOWARD_ZERO, FP_NEAREST_AWAY };

enum fp_flag { /* x86's places */
               FP_INVALID = 1,
               FP_DENORMAL = 2,
               FP_DIVZERO = 4,
               FP_OVERFLOW = 8,
               FP_UNDERFLOW = 16,
               FP_INEXACT = 32,
               FP_ALL = 63,
};

enum fp_nan_rule {
    FP_NAN_FIRST,  /* SSE: the first operand that is a NaN */
    FP_NAN_LARGER, /* x87: a quiet one before a signalling one, else the larger significand */
    FP_NAN_SIGNALLING_FIRST, /* Arm: the first signalling one, else the first quiet one */
    FP_NAN_DEFAULT, /* Arm FPCR.DN: always the default NaN */
};

struct fp_ctx {
    u8 rounding;     /* enum fp_rounding */
    u8 precision;    /* 24, 53 or 64 bits for results in extended format; 0 means 64 */
    u8 nan_rule;
    u8 masked;       /* flags that do not trap: FP_ALL unless the guest wants traps */
    bool daz;        /* denormal operands count as zeros */
    bool ftz;        /* tiny results become zeros (when underflow is masked) */
    bool wrap; /* x87: an unmasked overflow or underflow gives a result with a biased exponent */
    bool tiny_before; /* Arm: underflow is looked for before rounding, and what is flushed is not inexact */
    bool positive_default_nan; /* Arm's; x86's is negative */
    u8 flags;        /* out: only ever set here */
    bool rounded_up; /* out: of the last fp_pack: the magnitude grew */
};

struct fp_format {
    u8 sig_bits; /* with the leading one */
    u8 exp_bits;
};
extern const struct fp_format fp_half, fp_single, fp_double, fp_extended;

struct fp_ext { u64 mant; u16 exp; }; /* x87's 80 bits; exp with the sign on top */

enum fp_kind { FP_KIND_ZERO, FP_KIND_NORMAL, FP_KIND_INF, FP_KIND_QNAN, FP_KIND_SNAN,
               FP_KIND_UNSUPPORTED /* x87 encodings that are none of these */ };

/* A number. Normal: (sig + lo / 2^64) * 2^(exp - 63), sig's top bit set; a set lowest bit of lo may
 * stand for anything smaller. NaN: sig is the payload, left-justified below the two top bits. */
struct fp_num {
    u8 kind;
    bool sign, denormal;
    i32 exp;
    u64 sig, lo;
};

struct fp_num fp_unpack(const struct fp_ctx *c, const struct fp_format *f, u64 bits);
struct fp_num fp_unpack_ext(struct fp_ext v);
u64 fp_pack(struct fp_ctx *c, const struct fp_format *f, struct fp_num n);
struct fp_ext fp_pack_ext(struct fp_ctx *c, struct fp_num n);

struct fp_num fp_zero(bool sign);
struct fp_num fp_inf(bool sign);
struct fp_num fp_default_nan(const struct fp_ctx *c);
struct fp_num fp_from_int(bool sign, u64 magnitude); /* exact */
/* An unnormalised wide value, (hi + lo / 2^64) * 2^(exp - 63), brought to form. */
struct fp_num fp_normalize(bool sign, i32 exp, u64 hi, u64 lo);
struct fp_num fp_invalid(struct fp_ctx *c); /* sets the flag, gives the default NaN */

/* What comes before every operation. If an operand is a NaN (or unsupported) they give the result
 * and true; else they note a denormal operand. */
bool fp_nan1(struct fp_ctx *c, struct fp_num a, struct fp_num *out);
bool fp_nan2(struct fp_ctx *c, struct fp_num a, struct fp_num b, struct fp_num *out);
static inline bool fp_is_nan(struct fp_num a)
{
    return a.kind >= FP_KIND_QNAN;
}

/* fp_arith.c */
struct fp_num fp_add(struct fp_ctx *c, struct fp_num a, struct fp_num b);
struct fp_num fp_sub(struct fp_ctx *c, struct fp_num a, struct fp_num b);
struct fp_num fp_mul(struct fp_ctx *c, struct fp_num a, struct fp_num b);
struct fp_num fp_div(struct fp_ctx *c, struct fp_num a, struct fp_num b);
struct fp_num fp_sqrt(struct fp_ctx *c, struct fp_num a);
/* Remainder, exact. nearest: of the quotient rounded to nearest even (FPREM1), else truncated
 * (FPREM). When the exponents are 64 or more apart it reduces by at least 32 bits and says so in
 * *partial. *quotient: its low bits. */
struct fp_num fp_rem(struct fp_ctx *c, struct fp_num a, struct fp_num b, bool nearest,
                     u64 *quotient, bool *partial);

/* fp_convert.c */
enum fp_order { FP_LESS = -1, FP_EQUAL, FP_GREATER, FP_UNORDERED };
/* quiet: only a signalling NaN is invalid. */
enum fp_order fp_compare(struct fp_ctx *c, struct fp_num a, struct fp_num b, bool quiet);
/* For pack into another format: settles NaNs and the denormal flag. */
struct fp_num fp_convert(struct fp_ctx *c, struct fp_num a);
struct fp_num fp_round_int(struct fp_ctx *c, struct fp_num a, enum fp_rounding r, bool exact_flag);
/* To a signed or unsigned integer of so many bits, as 64 bits (sign-extended). What does not fit is
 * invalid, and gives the integer indefinite 1 << (bits - 1), or the nearest when `saturate` (NaN:
 * 0). */
u64 fp_to_int(struct fp_ctx *c, struct fp_num a, enum fp_rounding r, unsigned bits, bool is_signed,
              bool saturate);

/* Shifts right, gathering what is lost in the lowest bit. */
static inline void fp_shift_right(u64 *hi, u64 *lo, u32 n)
{
    u128 v = (u128)*hi << 64 | *lo;
    if (n >= 128)
        v = v != 0;
    else if (n)
        v = v >> n | ((v << (128 - n)) != 0);
    *hi = v >> 64;
    *lo = (u64)v;
}
/* Rounds sig.lo to `bits` bits (1 to 64) at the top of sig; true: it overflowed to 1 << 63, one
 * exponent up. */
bool fp_round_sig(enum fp_rounding r, bool sign, unsigned bits, u64 *sig, u64 lo, bool *inexact,
                  bool *up);

#endif
