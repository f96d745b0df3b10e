/* segment.c - segment registers, descriptors, limit checks and the stack */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDM vol. 3, chapters 3 and 5; vol. 2, MOV, POP, PUSH. */
#include "arch/x86/segment.h"

#include "arch/x86/translate.h"

void x86_raise_sel(struct x86_cpu *x, enum x86_vector v, u16 sel, u32 ext)
{
    x86_raise_error(x, v, (sel & 0xfffc) | ext);
}

/* ---- descriptors ---- */

static u64 table_linear(const struct x86_cpu *x, u64 va)
{
    return x->efer & EFER_LMA ? va : (u32)va;
}

static bool desc_locate(const struct x86_cpu *x, u16 sel, unsigned size, u64 *addr)
{
    u64 base = x->gdt_base;
    u32 limit = x->gdt_limit, off = sel & 0xfff8;
    if (sel & 4) {
        const struct x86_segment *ldt = &x->seg[SEG_LDTR];
        if (!(ldt->attr & ATTR_P))
            return false;
        base = ldt->base;
        limit = ldt->limit;
    }
    if (off + size - 1 > limit)
        return false;
    *addr = table_linear(x, base + off);
    return true;
}

bool x86_desc_fetch(struct x86_cpu *x, u16 sel, struct x86_desc *d)
{
    *d = (struct x86_desc){0};
    if (!desc_locate(x, sel, 8, &d->addr))
        return false;
    u64 v = mem_read(&x->base, d->addr, 8, MMU_KERNEL);
    d->lo = v;
    d->hi = v >> 32;
    return true;
}

bool x86_desc_fetch_system(struct x86_cpu *x, u16 sel, struct x86_desc *d)
{
    if (!x86_desc_fetch(x, sel, d))
        return false;
    if (!(x->efer & EFER_LMA) || (d->hi & ATTR_S))
        return true;
    if (!desc_locate(x, sel, 16, &d->addr))
        return false;
    u64 v = mem_read(&x->base, d->addr + 8, 8, MMU_KERNEL);
    d->base_hi = v;
    d->top = v >> 32;
    return true;
}

u32 x86_desc_limit(const struct x86_desc *d)
{
    u32 limit = (d->lo & 0xffff) | (d->hi & 0xf0000);
    return d->hi & ATTR_G ? limit << 12 | 0xfff : limit;
}

u64 x86_desc_base(const struct x86_desc *d)
{
    return d->lo >> 16 | (d->hi & 0xff) << 16 | (d->hi & 0xff000000) | (u64)d->base_hi << 32;
}

void x86_desc_set_accessed(struct x86_cpu *x, struct x86_desc *d)
{
    if (d->hi & ATTR_A)
        return;
    mem_write(&x->base, d->addr + 4, d->hi | ATTR_A, 4, MMU_KERNEL);
    d->hi |= ATTR_A;
}

/* ---- segment registers ---- */

void x86_seg_set(struct x86_cpu *x, enum x86_seg s, u16 sel, const struct x86_desc *d)
{
    x->seg[s] = (struct x86_segment){.selector = sel, .base = x86_desc_base(d),
                                     .limit = x86_desc_limit(d), .attr = d->hi & ATTR_KEPT};
}

void x86_seg_set_null(struct x86_cpu *x, enum x86_seg s, u16 sel)
{
    /* SS keeps the privilege level in its DPL (null SS is possible in 64-bit code). */
    u32 attr = s == SEG_SS ? (u32)(sel & 3) << 13 : 0;
    x->seg[s] = (struct x86_segment){.selector = sel, .attr = attr};
}

void x86_seg_set_real(struct x86_cpu *x, enum x86_seg s, u16 sel)
{
    struct x86_segment *seg = &x->seg[s];
    seg->selector = sel;
    seg->base = (u32)sel << 4;
    /* Limit and attributes stay ("unreal mode"), but a null segment becomes usable again. */
    if (!(seg->attr & ATTR_P)) {
        seg->attr = ATTR_REAL;
        seg->limit = 0xffff;
    }
}

void x86_seg_set_vm86(struct x86_cpu *x, enum x86_seg s, u16 sel)
{
    x->seg[s] = (struct x86_segment){.selector = sel, .base = (u32)sel << 4, .limit = 0xffff,
                                     .attr = ATTR_VM86};
}

void x86_seg_set_flat(struct x86_cpu *x, enum x86_seg s, u16 sel, u32 attr)
{
    x->seg[s] = (struct x86_segment){.selector = sel, .base = 0, .limit = 0xffffffff, .attr = attr};
}

static void load_ss(struct x86_cpu *x, u16 sel)
{
    struct x86_desc d;
    unsigned cpl = x86_cpl(x), rpl = sel & 3;
    if (x86_sel_null(sel)) {
        if (!(x->base.mode & MODE_CS64) || cpl == 3 || rpl != cpl)
            x86_raise_error(x, EXC_GP, 0);
        x86_seg_set_null(x, SEG_SS, sel);
        return;
    }
    if (!x86_desc_fetch(x, sel, &d) || rpl != cpl || !x86_desc_is_writable_data(&d) ||
        ATTR_GET_DPL(d.hi) != cpl)
        x86_raise_sel(x, EXC_GP, sel, 0);
    if (!(d.hi & ATTR_P))
        x86_raise_sel(x, EXC_SS, sel, 0);
    x86_desc_set_accessed(x, &d);
    x86_seg_set(x, SEG_SS, sel, &d);
}

static void load_data(struct x86_cpu *x, enum x86_seg s, u16 sel)
{
    struct x86_desc d;
    if (x86_sel_null(sel)) {
        x86_seg_set_null(x, s, sel);
        return;
    }
    if (!x86_desc_fetch(x, sel, &d) || !(d.hi & ATTR_S) ||
        (x86_desc_is_code(&d) && !(d.hi & ATTR_R)))
        x86_raise_sel(x, EXC_GP, sel, 0);
    bool conforming = x86_desc_is_code(&d) && (d.hi & ATTR_C);
    unsigned dpl = ATTR_GET_DPL(d.hi);
    if (!conforming && ((sel & 3u) > dpl || x86_cpl(x) > dpl))
        x86_raise_sel(x, EXC_GP, sel, 0);
    if (!(d.hi & ATTR_P))
        x86_raise_sel(x, EXC_NP, sel, 0);
    x86_desc_set_accessed(x, &d);
    x86_seg_set(x, s, sel, &d);
}

/* Most often a kernel is entered from itself, and loads what is there. */
void x86_load_seg(struct x86_cpu *x, enum x86_seg s, u16 sel)
{
    const struct x86_segment *now = &x->seg[s], was = *now;
    if (x->base.mode & MODE_VM)
        x86_seg_set_vm86(x, s, sel);
    else if (!(x->base.mode & MODE_PE))
        x86_seg_set_real(x, s, sel);
    else if (s == SEG_SS)
        load_ss(x, sel);
    else
        load_data(x, s, sel);
    if (now->base != was.base || now->limit != was.limit || now->attr != was.attr)
        x86_update_mode(x);
}

void x86_seg_drop_inner(struct x86_cpu *x, unsigned cpl)
{
    static const enum x86_seg segs[] = {SEG_ES, SEG_DS, SEG_FS, SEG_GS};
    for (unsigned i = 0; i < ARRAY_SIZE(segs); i++) {
        u32 attr = x->seg[segs[i]].attr;
        bool conforming = (attr & (ATTR_CODE | ATTR_C)) == (ATTR_CODE | ATTR_C);
        if (!(attr & ATTR_P)) /* null already: its base, which 64-bit code uses, stays */
            continue;
        /* A null one stays as it is: in 64-bit mode FS and GS have bases all the same. */
        if ((attr & ATTR_P) && !conforming && ATTR_GET_DPL(attr) < cpl)
            x86_seg_set_null(x, segs[i], 0);
    }
}

/* ---- limit checks ---- */

bool x86_seg_limit_ok(const struct x86_segment *s, u64 off, unsigned size)
{
    u64 last = off + size - 1;
    bool expand_down = (s->attr & (ATTR_S | ATTR_CODE | ATTR_E)) == (ATTR_S | ATTR_E);
    if (expand_down)
        return off > s->limit && last <= (s->attr & ATTR_D ? 0xffffffffu : 0xffffu);
    return last <= s->limit;
}

u64 x86_seg_addr(struct x86_cpu *x, enum x86_seg n, u64 off, unsigned size, bool write)
{
    const struct x86_segment *s = &x->seg[n];
    enum x86_vector v = n == SEG_SS ? EXC_SS : EXC_GP;
    unsigned span = size ? size : 1;
    if (x->base.mode & MODE_CS64) {
        u64 va = off + (n == SEG_FS || n == SEG_GS ? s->base : 0);
        if (!x86_canonical(va) || !x86_canonical(va + span - 1))
            x86_raise_error(x, v, 0);
        return va;
    }
    off = (u32)off;
    bool ok = (s->attr & ATTR_P) && x86_seg_limit_ok(s, off, span);
    if (!x86_real(x)) {
        bool code = s->attr & ATTR_CODE;
        if (write ? code || !(s->attr & ATTR_W) : code && !(s->attr & ATTR_R))
            ok = false;
    }
    if (!ok)
        x86_raise_error(x, v, 0);
    return (u32)(s->base + off);
}

void x86_check_code_offset(struct x86_cpu *x, const struct x86_desc *cs, u64 off, u32 ext)
{
    bool code64 = (x->efer & EFER_LMA) && (cs->hi & ATTR_L);
    if (code64 ? !x86_canonical(off) : off > x86_desc_limit(cs))
        x86_raise_error(x, EXC_GP, ext);
}

/* ---- the stack ---- */

u8 x86_mmu_of(const struct x86_cpu *x, unsigned cpl)
{
    if (cpl == 3)
        return MMU_USER;
    return (x->cr4 & CR4_SMAP) && (x->rflags & FL_AC) ? MMU_KERNEL_OPEN : MMU_KERNEL;
}

struct x86_stack x86_stack_new(struct x86_cpu *x, const struct x86_segment *ss, u64 sp,
                               unsigned cpl, u32 error)
{
    u64 mask = ss->attr & ATTR_D ? 0xffffffff : 0xffff;
    return (struct x86_stack){.x = x, .ss = *ss, .sp = sp & mask, .mask = mask,
                              .mmu = x86_mmu_of(x, cpl), .error = error};
}

struct x86_stack x86_stack_new64(struct x86_cpu *x, u64 rsp, unsigned cpl, u32 error)
{
    return (struct x86_stack){.x = x, .sp = rsp, .mask = UINT64_MAX, .flat64 = true,
                              .mmu = x86_mmu_of(x, cpl), .error = error};
}

struct x86_stack x86_stack_current(struct x86_cpu *x)
{
    if (x->base.mode & MODE_CS64)
        return x86_stack_new64(x, x->gpr[RSP], x86_cpl(x), 0);
    return x86_stack_new(x, &x->seg[SEG_SS], x->gpr[RSP], x86_cpl(x), 0);
}

static u64 stack_addr(struct x86_stack *st, u64 sp, unsigned size)
{
    if (st->flat64) {
        if (!x86_canonical(sp) || !x86_canonical(sp + size - 1))
            x86_raise_error(st->x, EXC_SS, st->error);
        return sp;
    }
    if (!(st->ss.attr & ATTR_P) || !x86_seg_limit_ok(&st->ss, sp, size))
        x86_raise_error(st->x, EXC_SS, st->error);
    return (u32)(st->ss.base + sp);
}

void x86_stack_push(struct x86_stack *st, u64 v, unsigned size)
{
    u64 sp = (st->sp - size) & st->mask;
    mem_write(&st->x->base, stack_addr(st, sp, size), v, size, st->mmu);
    st->sp = sp;
}

u64 x86_stack_pop(struct x86_stack *st, unsigned size)
{
    u64 v = mem_read(&st->x->base, stack_addr(st, st->sp, size), size, st->mmu);
    st->sp = (st->sp + size) & st->mask;
    return v;
}

void x86_stack_commit(const struct x86_stack *st)
{
    u64 *rsp = &st->x->gpr[RSP];
    *rsp = st->mask == 0xffff ? (*rsp & ~(u64)0xffff) | st->sp : st->sp;
}

void x86_push(struct x86_cpu *x, u64 v, unsigned size)
{
    struct x86_stack st = x86_stack_current(x);
    x86_stack_push(&st, v, size);
    x86_stack_commit(&st);
}

u64 x86_pop(struct x86_cpu *x, unsigned size)
{
    struct x86_stack st = x86_stack_current(x);
    u64 v = x86_stack_pop(&st, size);
    x86_stack_commit(&st);
    return v;
}

/* ---- the stacks of the TSS ---- */

static void check_tss_ss(struct x86_cpu *x, u16 sel, unsigned dpl, u32 ext, struct x86_segment *out)
{
    struct x86_desc d;
    if (x86_sel_null(sel))
        x86_raise_error(x, EXC_TS, ext);
    if (!x86_desc_fetch(x, sel, &d) || (sel & 3u) != dpl || ATTR_GET_DPL(d.hi) != dpl ||
        !x86_desc_is_writable_data(&d))
        x86_raise_sel(x, EXC_TS, sel, ext);
    if (!(d.hi & ATTR_P))
        x86_raise_sel(x, EXC_SS, sel, ext);
    x86_desc_set_accessed(x, &d);
    *out = (struct x86_segment){.selector = sel, .base = x86_desc_base(&d),
                                .limit = x86_desc_limit(&d), .attr = d.hi & ATTR_KEPT};
}

void x86_tss_stack(struct x86_cpu *x, unsigned dpl, u32 ext, struct x86_segment *ss, u64 *sp)
{
    const struct x86_segment *tr = &x->seg[SEG_TR];
    bool tss32 = ATTR_GET_TYPE(tr->attr) & 8;
    unsigned size = tss32 ? 4 : 2, off = tss32 ? dpl * 8 + 4 : dpl * 4 + 2;
    if (off + size + 1 > tr->limit)
        x86_raise_sel(x, EXC_TS, tr->selector, ext);
    u64 at = table_linear(x, tr->base + off);
    *sp = mem_read(&x->base, at, size, MMU_KERNEL);
    check_tss_ss(x, mem_read(&x->base, at + size, 2, MMU_KERNEL), dpl, ext, ss);
}

u64 x86_tss_rsp(struct x86_cpu *x, unsigned slot, u32 ext)
{
    const struct x86_segment *tr = &x->seg[SEG_TR];
    unsigned off = slot < 3 ? slot * 8 + 4 : 36 + (slot - 4) * 8;
    if (off + 7 > tr->limit)
        x86_raise_sel(x, EXC_TS, tr->selector, ext);
    u64 rsp = mem_read(&x->base, tr->base + off, 8, MMU_KERNEL);
    if (!x86_canonical(rsp))
        x86_raise_error(x, EXC_SS, ext);
    return rsp;
}
