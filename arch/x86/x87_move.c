/* x87_move.c - x87 loads, stores, BCD, and what moves within the register stack */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: SDM vol. 2; exceptions of loads and stores: vol. 1, 8.5. */
#include "arch/x86/x87.h"

/* A store's flags: with an unmasked exception other than precision nothing is stored, and nothing
 * popped. */
static bool may_store(const struct fp_ctx *c)
{
    return !(c->flags & ~c->masked & ~FP_INEXACT);
}

/* Stores v, or only sees whether it could be. */
static void store(struct x86_cpu *x, u64 la, u64 v, unsigned size, bool really)
{
    if (really)
        x86_st(x, la, v, size);
    else
        mem_probe(&x->base, la, size, MEM_WRITE, x->base.mmu);
}

/* The top is needed and empty; true: masked, store the indefinite value. */
static bool empty_top(struct x86_cpu *x, u64 info, u64 ea)
{
    x87_note(x, info, ea);
    return x87_underflow(x);
}

/* ---- loads ---- */

static void push_num(struct x86_cpu *x, struct fp_ctx *c, struct fp_num n)
{
    if (!x87_empty(x, 7)) {
        if (x87_overflow(x))
            x87_push(x, X87_DEFAULT_NAN);
        return;
    }
    struct fp_ext v = fp_pack_ext(c, n);
    x87_flags(x, c);
    if (!(c->flags & ~c->masked & FP_INVALID)) /* a denormal operand is loaded all the same */
        x87_push(x, v);
}

static void push_ext(struct x86_cpu *x, struct fp_ext v)
{
    if (!x87_empty(x, 7)) {
        if (x87_overflow(x))
            x87_push(x, X87_DEFAULT_NAN);
        return;
    }
    x87_clear_c1(x);
    x87_push(x, v);
}

/* D9 /0 (single), DD /0 (double), DB /5 (extended) */
u64 x87_fld_mem(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = x87_ctx(x);
    unsigned escape = x87_escape(info);
    c.precision = 0;
    x87_wait(x);
    if (escape == 3) {
        u64 mant = x86_ld(x, la, 8);
        u16 exp = x86_ld(x, x87_at(x, la, 8), 2);
        x87_note(x, info, ea);
        push_ext(x, (struct fp_ext){mant, exp});
        return 0;
    }
    const struct fp_format *f = escape == 1 ? &fp_single : &fp_double;
    u64 bits = x86_ld(x, la, escape == 1 ? 4 : 8);
    x87_note(x, info, ea);
    struct fp_num n = fp_convert(&c, fp_unpack(&c, f, bits));
    push_num(x, &c, n);
    return 0;
}

static unsigned int_size(u64 info) /* DF /0 to /3: 16 bits; DB, DA: 32; DF /5 /7, DD /1: 64 */
{
    unsigned escape = x87_escape(info), reg = x87_reg_field(info);
    if (escape == 5)
        return 8;
    return escape == 7 ? (reg >= 4 ? 8 : 2) : 4;
}

u64 x87_fild(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = x87_ctx(x);
    unsigned size = int_size(info), shift = 64 - 8 * size;
    c.precision = 0;
    x87_wait(x);
    i64 v = (i64)(x86_ld(x, la, size) << shift) >> shift;
    x87_note(x, info, ea);
    push_num(x, &c, fp_from_int(v < 0, v < 0 ? -(u64)v : (u64)v));
    return 0;
}

u64 x87_fbld(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = x87_ctx(x);
    c.precision = 0;
    x87_wait(x);
    u64 low = x86_ld(x, la, 8);
    u16 high = x86_ld(x, x87_at(x, la, 8), 2);
    x87_note(x, info, ea);
    u64 v = (high >> 4 & 15) * 10 + (high & 15);
    for (int i = 60; i >= 0; i -= 4)
        v = v * 10 + (low >> i & 15);
    struct fp_num n = fp_from_int(high >> 15, v);
    n.sign = high >> 15;
    push_num(x, &c, n);
    return 0;
}

static const struct { u16 exp; u64 sig, lo; } constants[7] = { /* to 128 bits; D9 E8 to EE */
    {0x3fff, 0x8000000000000000, 0},
    {0x4000, 0xd49a784bcd1b8afe, 0x492bf6ff4dafdb4c}, /* log2 10 */
    {0x3fff, 0xb8aa3b295c17f0bb, 0xbe87fed0691d3e88}, /* log2 e */
    {0x4000, 0xc90fdaa22168c234, 0xc4c6628b80dc1cd1}, /* pi */
    {0x3ffd, 0x9a209a84fbcff798, 0x8f8959ac0b7c9178}, /* log10 2 */
    {0x3ffe, 0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af}, /* ln 2 */
    {0, 0, 0},
};

u64 x87_fld_const(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = x87_ctx(x);
    unsigned i = info & 7;
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    c.precision = 0;
    struct fp_ext v = {0, 0};
    if (constants[i].sig)
        v = fp_pack_ext(&c, (struct fp_num){.kind = FP_KIND_NORMAL, .exp = constants[i].exp - 16383,
                                            .sig = constants[i].sig, .lo = constants[i].lo});
    push_ext(x, v); /* no precision exception */
    return 0;
}

/* ---- stores ---- */

/* D9 /2 /3 (single), DD /2 /3 (double), DB /7 (extended, pops) */
static void store_ext(struct x86_cpu *x, u64 info, u64 la, u64 ea)
{
    bool empty = x87_empty(x, 0);
    struct fp_ext v = {x87_reg(x, 0)->mant, x87_reg(x, 0)->exp};
    if (empty)
        v = X87_DEFAULT_NAN;
    mem_probe(&x->base, la, 10, MEM_WRITE, x->base.mmu);
    if (empty && !(x->fpu_cw & FP_INVALID)) {
        empty_top(x, info, ea);
        return;
    }
    x86_st(x, la, v.mant, 8);
    x86_st(x, x87_at(x, la, 8), v.exp, 2);
    if (empty) {
        empty_top(x, info, ea);
    } else {
        x87_note(x, info, ea);
        x87_clear_c1(x);
    }
    x87_pop(x);
}

u64 x87_fst_mem(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = x87_ctx(x);
    unsigned escape = x87_escape(info), size = escape == 1 ? 4 : 8;
    const struct fp_format *f = escape == 1 ? &fp_single : &fp_double;
    x87_wait(x);
    if (escape == 3) {
        store_ext(x, info, la, ea);
        return 0;
    }
    bool empty = x87_empty(x, 0), done;
    struct fp_num n = x87_num(x, 0);
    n.denormal = false; /* only a tiny result is reported */
    u64 v;
    c.wrap = false;
    if (empty) {
        v = fp_pack(&c, f, fp_default_nan(&c));
        done = c.masked & FP_INVALID;
    } else {
        v = fp_pack(&c, f, fp_convert(&c, n));
        done = may_store(&c);
        if (!done) {
            c.flags &= ~FP_INEXACT;
            c.rounded_up = false;
        }
    }
    store(x, la, v, size, done);
    if (empty) {
        empty_top(x, info, ea);
    } else {
        x87_note(x, info, ea);
        x87_flags(x, &c);
    }
    if (done && x87_reg_field(info) & 1)
        x87_pop(x);
    return 0;
}

static void store_int(struct x86_cpu *x, u64 info, u64 la, u64 ea, enum fp_rounding r, bool pop)
{
    struct fp_ctx c = x87_ctx(x);
    unsigned size = int_size(info);
    bool empty = x87_empty(x, 0), done;
    u64 v = (u64)1 << (8 * size - 1);
    if (empty) {
        done = c.masked & FP_INVALID;
    } else {
        v = fp_to_int(&c, x87_num(x, 0), r, 8 * size, true, false);
        done = may_store(&c);
    }
    store(x, la, v, size, done);
    if (empty) {
        empty_top(x, info, ea);
    } else {
        x87_note(x, info, ea);
        x87_flags(x, &c);
    }
    if (done && pop)
        x87_pop(x);
}

/* DB and DF /2 (no pop), /3, DF /7 */
u64 x87_fist(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    x87_wait(x);
    store_int(x, info, la, ea, x->fpu_cw >> 10 & 3, x87_reg_field(info) & 1);
    return 0;
}

u64 x87_fisttp(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    x87_wait(x86_of(cpu));
    store_int(x86_of(cpu), info, la, ea, FP_TOWARD_ZERO, true);
    return 0;
}

u64 x87_fbstp(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    struct fp_ctx c = x87_ctx(x);
    x87_wait(x);
    bool empty = x87_empty(x, 0);
    struct fp_num n = x87_num(x, 0);
    i64 v = fp_to_int(&c, n, c.rounding, 64, true, false);
    u64 m = v < 0 ? -(u64)v : (u64)v, low = 0;
    u16 high = (u16)n.sign << 15;
    if (empty || c.flags & FP_INVALID || m > 999999999999999999) {
        if (!empty)
            c.flags = FP_INVALID, c.rounded_up = false;
        low = 0xc000000000000000;
        high = 0xffff;
    } else {
        for (unsigned i = 0; i < 64; i += 4, m /= 10)
            low |= m % 10 << i;
        high |= m % 10 | m / 10 << 4;
    }
    bool done = empty ? c.masked & FP_INVALID : may_store(&c);
    mem_probe(cpu, la, 10, MEM_WRITE, cpu->mmu);
    if (done) {
        x86_st(x, la, low, 8);
        x86_st(x, x87_at(x, la, 8), high, 2);
    }
    if (empty) {
        empty_top(x, info, ea);
    } else {
        x87_note(x, info, ea);
        x87_flags(x, &c);
    }
    if (done)
        x87_pop(x);
    return 0;
}

/* ---- within the stack ---- */

u64 x87_fld_sti(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    unsigned i = x87_sti(info);
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    struct fp_ext v = {x87_reg(x, i)->mant, x87_reg(x, i)->exp};
    if (x87_empty(x, i)) {
        if (x87_underflow(x))
            x87_push(x, X87_DEFAULT_NAN);
        return 0;
    }
    push_ext(x, v);
    return 0;
}

/* DD D0+i FST, DD D8+i and its aliases DF D0+i, DF D8+i FSTP */
u64 x87_fst_sti(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    bool pop = (info & 0x7f8) != 0x5d0;
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    struct fp_ext v = {x87_reg(x, 0)->mant, x87_reg(x, 0)->exp};
    if (x87_empty(x, 0)) {
        if (!x87_underflow(x))
            return 0;
        v = X87_DEFAULT_NAN;
    } else {
        x87_clear_c1(x);
    }
    x87_set(x, x87_sti(info), v);
    if (pop)
        x87_pop(x);
    return 0;
}

u64 x87_fxch(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    unsigned i = x87_sti(info);
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    x87_clear_c1(x);
    if (x87_empty(x, 0) || x87_empty(x, i)) {
        if (!x87_underflow(x))
            return 0;
        if (x87_empty(x, 0))
            x87_set(x, 0, X87_DEFAULT_NAN);
        if (x87_empty(x, i))
            x87_set(x, i, X87_DEFAULT_NAN);
    }
    struct x86_st t = *x87_reg(x, 0);
    *x87_reg(x, 0) = *x87_reg(x, i);
    *x87_reg(x, i) = t;
    return 0;
}

/* la: does the condition hold? */
u64 x87_fcmov(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    unsigned i = x87_sti(info);
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0) || x87_empty(x, i)) {
        if (x87_underflow(x))
            x87_set(x, 0, X87_DEFAULT_NAN);
        return 0;
    }
    if (la)
        *x87_reg(x, 0) = *x87_reg(x, i);
    return 0;
}

u64 x87_ffree(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(cpu);
    (void)la;
    x87_wait(x);
    x87_note(x, info, ea);
    x87_clear_c1(x); /* undefined, like the others */
    x->fpu_tag_empty |= 1 << ((x->fpu_top + x87_sti(info)) & 7);
    return 0;
}

u64 x87_ffreep(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    x87_ffree(cpu, info, la, ea);
    x87_pop(x86_of(cpu));
    return 0;
}

static void rotate(struct cpu *cpu, u64 info, u64 ea, unsigned by)
{
    struct x86_cpu *x = x86_of(cpu);
    x87_wait(x);
    x87_note(x, info, ea);
    x87_clear_c1(x);
    x->fpu_top = (x->fpu_top + by) & 7;
}

u64 x87_fincstp(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    (void)la;
    rotate(cpu, info, ea, 1);
    return 0;
}

u64 x87_fdecstp(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    (void)la;
    rotate(cpu, info, ea, 7);
    return 0;
}

static void change_sign(struct cpu *cpu, u64 info, u64 ea, u16 keep, u16 flip)
{
    struct x86_cpu *x = x86_of(cpu);
    x87_wait(x);
    x87_note(x, info, ea);
    if (x87_empty(x, 0)) {
        if (x87_underflow(x))
            x87_set(x, 0, X87_DEFAULT_NAN);
        return;
    }
    x87_clear_c1(x);
    x87_reg(x, 0)->exp = (x87_reg(x, 0)->exp & keep) ^ flip;
}

u64 x87_fchs(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    (void)la;
    change_sign(cpu, info, ea, 0xffff, 0x8000);
    return 0;
}

u64 x87_fabs(struct cpu *cpu, u64 info, u64 la, u64 ea)
{
    (void)la;
    change_sign(cpu, info, ea, 0x7fff, 0);
    return 0;
}
