/* fpu.c - the x87 unit's state: exceptions, control instructions, and the images in memory */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: SDM vol. 1, 8.1 (registers and images), 8.5 to 8.7 (exceptions), 10.5 (FXSAVE), 13.4
 * (XSAVE). */
#include <string.h>

#include "arch/x86/x87.h"

/* ---- exceptions ---- */

/* With CR0.NE clear an error is signalled as on a PC: through FERR#, and the
 * instruction goes on. */
void x87_wait(struct x86_cpu *x)
{
    if (LIKELY(!(x->fpu_sw & SW_ES)))
        return;
    if (x->cr0 & CR0_NE)
        x86_raise(x, EXC_MF);
    if (!x->base.ferr.set)
        return;
    cpu_alone(&x->base);
    x->base.ferr.set(x->base.ferr.opaque, x->base.ferr.line, true);
}

/* Before the exception flags are overwritten: nothing is signalled any more. */
static void lower_ferr(struct x86_cpu *x)
{
    if (!(x->fpu_sw & SW_ES) || x->cr0 & CR0_NE || !x->base.ferr.set)
        return;
    cpu_alone(&x->base);
    x->base.ferr.set(x->base.ferr.opaque, x->base.ferr.line, false);
}

void x87_note(struct x86_cpu *x, u64 info, u64 ea)
{
    x->fpu_opcode = info & 0x7ff;
    x->fpu_cs = x->seg[SEG_CS].selector;
    if (info & X87_MEM) {
        x->fpu_ds = x->seg[info >> X87_SEG_SHIFT & 7].selector;
        x->fpu_dp = ea;
    }
}

struct fp_ctx x87_ctx(const struct x86_cpu *x)
{
    static const u8 precision[4] = {24, 64, 53, 64};
    return (struct fp_ctx){.rounding = x->fpu_cw >> 10 & 3,
                           .precision = precision[x->fpu_cw >> 8 & 3],
                           .masked = x->fpu_cw & FP_ALL,
                           .nan_rule = FP_NAN_LARGER,
                           .wrap = true};
}

void x87_update_es(struct x86_cpu *x)
{
    x->fpu_sw &= ~(SW_ES | SW_B);
    if (x->fpu_sw & ~x->fpu_cw & FP_ALL)
        x->fpu_sw |= SW_ES | SW_B;
}

bool x87_flags(struct x86_cpu *x, const struct fp_ctx *c)
{
    u8 stop = c->flags & ~c->masked & (FP_INVALID | FP_DENORMAL | FP_DIVZERO);
    /* What would have come after the calculation did not happen. */
    u8 flags = stop ? c->flags & (FP_INVALID | FP_DENORMAL | FP_DIVZERO) : c->flags;
    x->fpu_sw = (x->fpu_sw & ~SW_C1) | flags | (c->rounded_up && !stop ? SW_C1 : 0);
    if (flags)
        x87_update_es(x);
    return !stop;
}

bool x87_result_at(struct x86_cpu *x, struct fp_ctx *c, unsigned reg, struct fp_num n)
{
    struct fp_ext v = fp_pack_ext(c, n);
    if (!x87_flags(x, c))
        return false;
    x->st[reg & 7] = (struct x86_st){.mant = v.mant, .exp = v.exp};
    x->fpu_tag_empty &= ~(1 << (reg & 7));
    return true;
}

bool x87_result(struct x86_cpu *x, struct fp_ctx *c, unsigned i, struct fp_num n)
{
    return x87_result_at(x, c, (unsigned)x->fpu_top + i, n);
}

static bool stack_fault(struct x86_cpu *x, u16 c1)
{
    x->fpu_sw = (x->fpu_sw & ~SW_C1) | FP_INVALID | SW_SF | c1;
    x87_update_es(x);
    return x->fpu_cw & FP_INVALID;
}

bool x87_underflow(struct x86_cpu *x)
{
    return stack_fault(x, 0);
}

bool x87_overflow(struct x86_cpu *x)
{
    return stack_fault(x, SW_C1);
}

/* ---- status and tag words ---- */

u16 x86_fpu_get_sw(const struct x86_cpu *x)
{
    return (x->fpu_sw & ~(7 << 11)) | (x->fpu_top & 7) << 11;
}

static void set_sw(struct x86_cpu *x, u16 v)
{
    x->fpu_sw = v & ~(7 << 11);
    x->fpu_top = v >> 11 & 7;
}

u16 x86_fpu_get_tag(const struct x86_cpu *x)
{
    u16 tag = 0;
    for (unsigned i = 0; i < 8; i++) {
        const struct x86_st *r = &x->st[i];
        u32 exp = r->exp & 0x7fff;
        unsigned kind = 0;
        if (x->fpu_tag_empty >> i & 1)
            kind = 3;
        else if (!exp && !r->mant)
            kind = 1;
        else if (!exp || exp == 0x7fff || !(r->mant >> 63))
            kind = 2;
        tag |= kind << (2 * i);
    }
    return tag;
}

void x86_fpu_set_tag(struct x86_cpu *x, u16 tag)
{
    x->fpu_tag_empty = 0;
    for (unsigned i = 0; i < 8; i++)
        if ((tag >> (2 * i) & 3) == 3)
            x->fpu_tag_empty |= 1 << i;
}

static void set_cw(struct x86_cpu *x, u16 v)
{
    x->fpu_cw = (v & 0x1f3f) | 0x40;
    x87_update_es(x);
}

void x86_fpu_init(struct x86_cpu *x)
{
    x->fpu_cw = 0x37f;
    x->fpu_sw = 0;
    x->fpu_top = 0;
    x->fpu_tag_empty = 0xff;
    x->fpu_opcode = 0;
    x->fpu_ip = x->fpu_dp = 0;
    x->fpu_cs = x->fpu_ds = 0;
}

/* ---- control instructions ---- */

u64 x87_fldcw(struct cpu *c, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(c);
    (void)info, (void)ea;
    x87_wait(x);
    set_cw(x, x86_ld(x, la, 2));
    return 0;
}

u64 x87_fnstcw(struct cpu *c, u64 info, u64 la, u64 ea)
{
    (void)info, (void)ea;
    x86_st(x86_of(c), la, x86_of(c)->fpu_cw, 2);
    return 0;
}

u64 x87_fnstsw(struct cpu *c, u64 info, u64 la, u64 ea)
{
    (void)info, (void)ea;
    x86_st(x86_of(c), la, x86_fpu_get_sw(x86_of(c)), 2);
    return 0;
}

u64 x87_fnstsw_ax(struct cpu *c, u64 info, u64 la, u64 ea)
{
    (void)info, (void)la, (void)ea;
    return x86_fpu_get_sw(x86_of(c));
}

u64 x87_fnclex(struct cpu *c, u64 info, u64 la, u64 ea)
{
    (void)info, (void)la, (void)ea;
    lower_ferr(x86_of(c));
    x86_of(c)->fpu_sw &= SW_CC;
    return 0;
}

u64 x87_fninit(struct cpu *c, u64 info, u64 la, u64 ea)
{
    (void)info, (void)la, (void)ea;
    lower_ferr(x86_of(c));
    x86_fpu_init(x86_of(c));
    return 0;
}

u64 x87_fwait(struct cpu *c, u64 info, u64 la, u64 ea)
{
    (void)info, (void)la, (void)ea;
    x87_wait(x86_of(c));
    return 0;
}

u64 x87_fnop(struct cpu *c, u64 info, u64 la, u64 ea)
{
    (void)la;
    x87_wait(x86_of(c));
    x87_note(x86_of(c), info, ea);
    return 0;
}

/* FENI, FDISI and FSETPM of the 8087 and 80287 */
u64 x87_fnop_8087(struct cpu *c, u64 info, u64 la, u64 ea)
{
    (void)c, (void)info, (void)la, (void)ea;
    return 0;
}

u64 x87_emms(struct cpu *c, u64 info, u64 la, u64 ea)
{
    (void)info, (void)la, (void)ea;
    x87_wait(x86_of(c));
    x86_of(c)->fpu_tag_empty = 0xff;
    x86_of(c)->fpu_top = 0;
    return 0;
}

/* ---- environment images (SDM vol. 1, figures 8-9 to 8-12) ---- */

static unsigned env_size(u64 info)
{
    return info & X87_OP16 ? 14 : 28;
}

static void put(u8 *p, u64 v, unsigned size)
{
    memcpy(p, &v, size);
}

static u64 get(const u8 *p, unsigned size)
{
    u64 v = 0;
    memcpy(&v, p, size);
    return v;
}

static void make_env(const struct x86_cpu *x, u64 info, u8 env[28])
{
    unsigned step = info & X87_OP16 ? 2 : 4;
    u32 f[7] = {x->fpu_cw, x86_fpu_get_sw(x), x86_fpu_get_tag(x), x->fpu_ip,
                x->fpu_cs, x->fpu_dp,         x->fpu_ds};
    u32 op = x->fpu_opcode & 0x7ff;

    if (info & X87_REAL) {
        u32 ip = x->fpu_ip + ((u32)x->fpu_cs << 4), dp = x->fpu_dp + ((u32)x->fpu_ds << 4);
        f[3] = ip & 0xffff;
        f[4] = ip >> 16 << 12 | op;
        f[5] = dp & 0xffff;
        f[6] = dp >> 16 << 12;
    } else if (step == 4) {
        f[4] |= op << 16;
        f[6] |= 0xffff0000;
    }
    if (step == 4) {
        for (unsigned i = 0; i < 3; i++)
            f[i] |= 0xffff0000;
        if (info & X87_REAL)
            f[3] |= 0xffff0000, f[5] |= 0xffff0000;
    }
    for (unsigned i = 0; i < 7; i++)
        put(env + i * step, f[i], step);
}

static void take_env(struct x86_cpu *x, u64 info, const u8 env[28])
{
    unsigned step = info & X87_OP16 ? 2 : 4;
    u32 f[7];
    for (unsigned i = 0; i < 7; i++)
        f[i] = get(env + i * step, step);

    x->fpu_cw = (f[0] & 0x1f3f) | 0x40;
    set_sw(x, f[1]);
    x86_fpu_set_tag(x, f[2]);
    if (info & X87_REAL) {
        x->fpu_ip = (f[3] & 0xffff) | f[4] >> 12 << 16;
        x->fpu_dp = (f[5] & 0xffff) | f[6] >> 12 << 16;
        x->fpu_opcode = f[4] & 0x7ff;
        x->fpu_cs = x->fpu_ds = 0;
    } else {
        x->fpu_ip = f[3];
        x->fpu_cs = (u16)f[4];
        x->fpu_opcode = step == 4 ? f[4] >> 16 & 0x7ff : 0;
        x->fpu_dp = f[5];
        x->fpu_ds = (u16)f[6];
    }
    x87_update_es(x);
}

static void store_bytes(struct x86_cpu *x, u64 la, const u8 *p, unsigned n)
{
    unsigned i = 0;
    mem_probe(&x->base, la, n, MEM_WRITE, x->base.mmu);
    for (; i + 8 <= n; i += 8)
        x86_st(x, x87_at(x, la, i), get(p + i, 8), 8);
    for (; i + 2 <= n; i += 2)
        x86_st(x, x87_at(x, la, i), get(p + i, 2), 2);
}

static void load_bytes(struct x86_cpu *x, u64 la, u8 *p, unsigned n)
{
    unsigned i = 0;
    for (; i + 8 <= n; i += 8)
        put(p + i, x86_ld(x, x87_at(x, la, i), 8), 8);
    for (; i + 2 <= n; i += 2)
        put(p + i, x86_ld(x, x87_at(x, la, i), 2), 2);
}

u64 x87_fnstenv(struct cpu *c, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(c);
    u8 env[28];
    (void)ea;
    lower_ferr(x);
    make_env(x, info, env);
    store_bytes(x, la, env, env_size(info));
    x->fpu_cw |= FP_ALL;
    x87_update_es(x);
    return 0;
}

u64 x87_fldenv(struct cpu *c, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(c);
    u8 env[28];
    (void)ea;
    x87_wait(x);
    load_bytes(x, la, env, env_size(info));
    take_env(x, info, env);
    return 0;
}

u64 x87_fnsave(struct cpu *c, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(c);
    u8 image[108];
    unsigned n = env_size(info);
    (void)ea;
    lower_ferr(x);
    make_env(x, info, image);
    for (unsigned i = 0; i < 8; i++) {
        put(image + n + 10 * i, x87_reg(x, i)->mant, 8);
        put(image + n + 10 * i + 8, x87_reg(x, i)->exp, 2);
    }
    store_bytes(x, la, image, n + 80);
    x86_fpu_init(x);
    return 0;
}

u64 x87_frstor(struct cpu *c, u64 info, u64 la, u64 ea)
{
    struct x86_cpu *x = x86_of(c);
    u8 image[108];
    unsigned n = env_size(info);
    (void)ea;
    x87_wait(x);
    load_bytes(x, la, image, n + 80);
    take_env(x, info, image);
    for (unsigned i = 0; i < 8; i++)
        *x87_reg(x, i) = (struct x86_st){.mant = get(image + n + 10 * i, 8),
                                         .exp = (u16)get(image + n + 10 * i + 8, 2)};
    return 0;
}

/* ---- FXSAVE (SDM vol. 1, 10.5.1), XSAVE (13.4 to 13.8): `off` is in info's segment ---- */

enum {
    FX_SIZE = 512,
    FX_MXCSR = 24,
    FX_ST = 32,
    FX_XMM = 160,
    XSAVE_SIZE = X86_XSAVE_SIZE,
    MXCSR_MASK = X86_MXCSR_MASK,
};

u64 x86_check_mxcsr(struct x86_cpu *x, u64 v)
{
    if (v & ~(u64)MXCSR_MASK)
        x86_raise_error(x, EXC_GP, 0);
    return v;
}

static u64 area(struct x86_cpu *x, u64 info, u64 off, unsigned size, unsigned align, bool write)
{
    u64 la = x86_seg_addr(x, info >> X87_SEG_SHIFT & 7, off, size, write);
    if (la & (align - 1))
        x86_raise_error(x, EXC_GP, 0);
    return la;
}

static unsigned n_xmm(u64 info)
{
    return info & X87_CODE64 ? 16 : 8;
}

/* info's bit 0: REX.W is there (FXSAVE64, XSAVE64) */
static void make_fx_x87(struct x86_cpu *x, bool wide, u8 *p)
{
    put(p, x->fpu_cw, 2);
    put(p + 2, x86_fpu_get_sw(x), 2);
    put(p + 4, (u8)~x->fpu_tag_empty, 2);
    put(p + 6, x->fpu_opcode, 2);
    if (wide) {
        put(p + 8, x->fpu_ip, 8);
        put(p + 16, x->fpu_dp, 8);
    } else {
        put(p + 8, (u32)x->fpu_ip | (u64)x->fpu_cs << 32, 8);
        put(p + 16, (u32)x->fpu_dp | (u64)x->fpu_ds << 32, 8);
    }
    for (unsigned i = 0; i < 8; i++) {
        put(p + FX_ST + 16 * i, x87_reg(x, i)->mant, 8);
        put(p + FX_ST + 16 * i + 8, x87_reg(x, i)->exp, 8);
    }
}

static void take_fx_x87(struct x86_cpu *x, bool wide, const u8 *p)
{
    x->fpu_cw = (get(p, 2) & 0x1f3f) | 0x40;
    set_sw(x, get(p + 2, 2));
    x->fpu_tag_empty = (u8)~p[4];
    x->fpu_opcode = get(p + 6, 2) & 0x7ff;
    x->fpu_ip = get(p + 8, wide ? 8 : 4);
    x->fpu_dp = get(p + 16, wide ? 8 : 4);
    x->fpu_cs = wide ? 0 : get(p + 12, 2);
    x->fpu_ds = wide ? 0 : get(p + 20, 2);
    for (unsigned i = 0; i < 8; i++)
        *x87_reg(x, i) = (struct x86_st){.mant = get(p + FX_ST + 16 * i, 8),
                                         .exp = (u16)get(p + FX_ST + 16 * i + 8, 2)};
    x87_update_es(x);
}

u64 x87_fxsave(struct cpu *c, u64 info, u64 off, u64 ea)
{
    struct x86_cpu *x = x86_of(c);
    u8 p[FX_XMM + 256] = {0};
    u64 la = area(x, info, off, FX_SIZE, 16, true);
    unsigned n = n_xmm(info);
    (void)ea;
    make_fx_x87(x, info & 1, p);
    put(p + FX_MXCSR, x->mxcsr | (u64)MXCSR_MASK << 32, 8);
    memcpy(p + FX_XMM, x->xmm, 16 * n);
    mem_probe(c, la, FX_SIZE, MEM_WRITE, c->mmu);
    store_bytes(x, la, p, FX_XMM + 16 * n);
    return 0;
}

u64 x87_fxrstor(struct cpu *c, u64 info, u64 off, u64 ea)
{
    struct x86_cpu *x = x86_of(c);
    u8 p[FX_SIZE];
    u64 la = area(x, info, off, FX_SIZE, 16, false);
    (void)ea;
    load_bytes(x, la, p, FX_SIZE);
    u32 mxcsr = x86_check_mxcsr(x, get(p + FX_MXCSR, 4));
    take_fx_x87(x, info & 1, p);
    x->mxcsr = mxcsr;
    x86_update_mode(x);
    memcpy(x->xmm, p + FX_XMM, 16 * n_xmm(info));
    return 0;
}

/* `ea` is EDX:EAX, the components asked for. Nothing is left out for being in its initial
 * configuration, so XSAVEOPT is the same (13.9 allows it). */
u64 x87_xsave(struct cpu *c, u64 info, u64 off, u64 ea)
{
    struct x86_cpu *x = x86_of(c);
    u8 p[FX_XMM + 256] = {0};
    u64 la = area(x, info, off, XSAVE_SIZE, 64, true), want = ea & x->xcr0 & (XCR0_X87 | XCR0_SSE);
    unsigned n = n_xmm(info);
    mem_probe(c, la, XSAVE_SIZE, MEM_WRITE, c->mmu);
    u64 bv = x86_ld(x, x87_at(x, la, FX_SIZE), 8);
    if (want & XCR0_X87) {
        make_fx_x87(x, info & 1, p);
        store_bytes(x, la, p, FX_MXCSR);
        store_bytes(x, x87_at(x, la, FX_ST), p + FX_ST, 128);
    }
    if (want & XCR0_SSE) {
        put(p + FX_MXCSR, x->mxcsr | (u64)MXCSR_MASK << 32, 8);
        store_bytes(x, x87_at(x, la, FX_MXCSR), p + FX_MXCSR, 8);
        memcpy(p + FX_XMM, x->xmm, 16 * n);
        store_bytes(x, x87_at(x, la, FX_XMM), p + FX_XMM, 16 * n);
    }
    x86_st(x, x87_at(x, la, FX_SIZE), bv | want, 8);
    return 0;
}

u64 x87_xrstor(struct cpu *c, u64 info, u64 off, u64 ea)
{
    struct x86_cpu *x = x86_of(c);
    u8 p[XSAVE_SIZE];
    u64 la = area(x, info, off, XSAVE_SIZE, 64, false), want = ea & x->xcr0 & (XCR0_X87 | XCR0_SSE);
    load_bytes(x, la, p, XSAVE_SIZE);
    u64 bv = get(p + FX_SIZE, 8), compact = get(p + FX_SIZE + 8, 8);
    bool reserved = bv & ~x->xcr0 || compact;
    for (unsigned i = 16; i < 24; i++)
        reserved |= p[FX_SIZE + i] != 0;
    if (reserved)
        x86_raise_error(x, EXC_GP, 0);
    u32 mxcsr = want & XCR0_SSE ? x86_check_mxcsr(x, get(p + FX_MXCSR, 4)) : x->mxcsr;

    if (want & XCR0_X87 && bv & XCR0_X87) {
        take_fx_x87(x, info & 1, p);
    } else if (want & XCR0_X87) {
        x86_fpu_init(x);
        memset(x->st, 0, sizeof(x->st));
    }
    x->mxcsr = mxcsr;
    x86_update_mode(x);
    if (want & XCR0_SSE && bv & XCR0_SSE)
        memcpy(x->xmm, p + FX_XMM, 16 * n_xmm(info));
    else if (want & XCR0_SSE)
        memset(x->xmm, 0, 16 * n_xmm(info));
    return 0;
}
