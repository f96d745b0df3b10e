/* flags.c - RFLAGS, and the arithmetic flags that are computed when somebody looks */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sources: SDM vol. 1, 3.4.3 and appendix A; undefined flags: docs/undefined-flags.md. */
#include "arch/x86/cpu.h"
#include "arch/x86/translate_int.h"

static u64 cut(u64 v, unsigned size)
{
    return size == 3 ? v : v & (((u64)1 << (8 << size)) - 1);
}

static bool sign(u64 v, unsigned size)
{
    return v >> ((8 << size) - 1) & 1;
}

static u64 result_flags(u64 r, unsigned size)
{
    return (cut(r, size) == 0 ? FL_ZF : 0) | (sign(r, size) ? FL_SF : 0) |
           (__builtin_parity((u8)r) ? 0 : FL_PF);
}

static u64 add_flags(u64 x, u64 y, unsigned size)
{
    u64 r = cut(x + y, size);
    return result_flags(r, size) | (r < cut(x, size) ? FL_CF : 0) | ((x ^ y ^ r) & FL_AF) |
           (sign((x ^ r) & (y ^ r), size) ? FL_OF : 0);
}

static u64 sub_flags(u64 x, u64 y, unsigned size)
{
    u64 r = cut(x - y, size);
    return result_flags(r, size) | (cut(x, size) < cut(y, size) ? FL_CF : 0) |
           ((x ^ y ^ r) & FL_AF) | (sign((x ^ y) & (x ^ r), size) ? FL_OF : 0);
}

/* Adds and subtractions of one that leave CF alone: r is the result. */
static u64 inc_dec_flags(u64 r, u64 cf, unsigned size, bool dec)
{
    u64 before = dec ? r + 1 : r - 1;
    u64 of = dec ? sign(before & ~r, size) : sign(~before & r, size);
    return result_flags(r, size) | (cf & FL_CF) | ((before ^ 1 ^ r) & FL_AF) | (of ? FL_OF : 0);
}

u64 x86_arith_flags(u64 cc_op, u64 x, u64 y)
{
    unsigned size = cc_op & 3;

    switch (cc_op & ~(u64)3) {
    case CC_ADD: return add_flags(x, y, size);
    case CC_SUB: return sub_flags(x, y, size);
    case CC_LOGIC: return result_flags(x, size);
    case CC_RES: return result_flags(x, size) | (y & (FL_CF | FL_OF | FL_AF));
    case CC_INC: return inc_dec_flags(x, y, size, false);
    case CC_DEC: return inc_dec_flags(x, y, size, true);
    case CC_SHL:
        return result_flags(x, size) | (sign(y, size) ? FL_CF : 0) |
               (sign(x ^ y, size) ? FL_OF : 0);
    case CC_CARRY:
        return result_flags(x, size) | (sign(y, size) ? FL_CF : 0) | (y >> 3 & 1 ? FL_AF : 0) |
               (sign(y ^ y << 1, size) ? FL_OF : 0);
    case CC_MUL: return result_flags(x, size) | (cut(y, size) ? FL_CF | FL_OF : 0);
    case CC_IMUL: return result_flags(x, size) | (cut(y + sign(x, size), size) ? FL_CF | FL_OF : 0);
    case CC_SHR: return result_flags(x, size) | (y & FL_CF) | (sign(x ^ y, size) ? FL_OF : 0);
    }
    return x & FL_ARITH;
}

u64 x86_get_rflags(const struct x86_cpu *x)
{
    return (x->rflags & ~(u64)FL_ARITH) | FL_FIXED | x86_arith_flags(x->cc_op, x->cc_x, x->cc_y);
}

void x86_put_rflags(struct x86_cpu *x, u64 v)
{
    x->rflags = v | FL_FIXED;
    x->cc_op = CC_FLAGS;
    x->cc_x = v & FL_ARITH;
    x->cc_y = 0;
}

void x86_set_rflags(struct x86_cpu *x, u64 v)
{
    x86_put_rflags(x, v);
    x86_update_mode(x);
}

/* SDM vol. 1, appendix B. */
static bool condition(u64 f, unsigned cc)
{
    bool of = f & FL_OF, sf = f & FL_SF, zf = f & FL_ZF;

    switch (cc >> 1) {
    case 0: return of;
    case 1: return f & FL_CF;
    case 2: return zf;
    case 3: return f & (FL_CF | FL_ZF);
    case 4: return sf;
    case 5: return f & FL_PF;
    case 6: return sf != of;
    default: return zf || sf != of;
    }
}

bool x86_cond(const struct x86_cpu *x, unsigned cc)
{
    return condition(x86_arith_flags(x->cc_op, x->cc_x, x->cc_y), cc) != (cc & 1);
}

u64 x86_help_fold_flags(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);

    (void)a, (void)b, (void)d;
    x->cc_x = x86_arith_flags(x->cc_op, x->cc_x, x->cc_y);
    x->cc_op = CC_FLAGS;
    return x->cc_x;
}
