/* task.c - hardware task switches */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SDM vol. 3, chapter 7 (7.3: the steps, table 7-1: the checks). A switch has a point of no return:
 * a fault before it belongs to the old task and leaves everything as it was; one after it belongs
 * to the new task and finds the new EIP. So the part after that point runs with a place of its own
 * to land on.
 */
#include <setjmp.h>

#include "arch/x86/debugreg.h"
#include "arch/x86/segment.h"

enum { TSS32_MIN = 0x67, TSS16_MIN = 0x2b };

struct tss { /* what is loaded from one; sel in the order of enum x86_seg, up to LDTR */
    u32 cr3, eip, eflags, gpr[8];
    u16 sel[SEG_LDTR + 1];
    bool trap;
};

struct layout { /* offsets (figures 7-2 and 7-10) */
    u8 size, eip, eflags, gpr, seg, n_segs, seg_size, ldt;
};
static const struct layout tss32 = {4, 0x20, 0x24, 0x28, 0x48, 6, 4, 0x60};
static const struct layout tss16 = {2, 0x0e, 0x10, 0x12, 0x22, 4, 2, 0x2a};
/* Both have ES, CS, SS, DS(, FS, GS) and AX, CX, DX, BX, SP, BP, SI, DI in
 * the order of our enums. */

static const struct layout *layout_of(u32 attr)
{
    return ATTR_GET_TYPE(attr) & 8 ? &tss32 : &tss16;
}

static u64 get(struct x86_cpu *x, u64 base, unsigned off, unsigned size)
{
    return mem_read(&x->base, (u32)(base + off), size, MMU_KERNEL);
}

static void put(struct x86_cpu *x, u64 base, unsigned off, u64 v, unsigned size)
{
    mem_write(&x->base, (u32)(base + off), v, size, MMU_KERNEL);
}

/* ---- before the point of no return ---- */

static void check_target(struct x86_cpu *x, u16 sel, enum x86_task_cause cause, struct x86_desc *d)
{
    u32 ext = cause == TASK_INT ? x->exc_ext : 0;
    enum x86_vector bad = cause == TASK_IRET ? EXC_TS : EXC_GP;
    if (x86_sel_null(sel) || (sel & 4) || !x86_desc_fetch(x, sel, d) || (d->hi & ATTR_S))
        x86_raise_sel(x, bad, sel, ext);
    unsigned type = ATTR_GET_TYPE(d->hi);
    bool busy = cause == TASK_IRET;
    if (type != (busy ? SYS_TSS_BUSY : SYS_TSS) && type != (busy ? SYS_TSS16_BUSY : SYS_TSS16))
        x86_raise_sel(x, bad, sel, ext);
    if (!(d->hi & ATTR_P))
        x86_raise_sel(x, EXC_NP, sel, ext);
    if (x86_desc_limit(d) < (type & 8 ? TSS32_MIN : TSS16_MIN))
        x86_raise_sel(x, EXC_TS, sel, ext);
}

static void read_tss(struct x86_cpu *x, u64 base, const struct layout *l, struct tss *t)
{
    *t = (struct tss){0};
    t->eip = get(x, base, l->eip, l->size);
    t->eflags = get(x, base, l->eflags, l->size);
    for (unsigned i = 0; i < 8; i++)
        t->gpr[i] = get(x, base, l->gpr + i * l->size, l->size);
    for (unsigned i = 0; i < l->n_segs; i++)
        t->sel[i] = get(x, base, l->seg + i * l->seg_size, 2);
    t->sel[SEG_LDTR] = get(x, base, l->ldt, 2);
    if (l->size == 4) {
        t->cr3 = get(x, base, 0x1c, 4);
        t->trap = get(x, base, 0x64, 1) & 1;
    }
}

/* Makes sure that none of the stores to come can fault. */
static void probe_stores(struct x86_cpu *x, const struct x86_desc *target, u16 old_sel)
{
    struct cpu *c = &x->base;
    const struct x86_segment *tr = &x->seg[SEG_TR];
    struct x86_desc old;
    mem_probe(c, (u32)tr->base, layout_of(tr->attr) == &tss32 ? 0x60 : 0x2a, MEM_WRITE, MMU_KERNEL);
    mem_probe(c, (u32)x86_desc_base(target), 2, MEM_WRITE, MMU_KERNEL);
    mem_probe(c, target->addr + 4, 4, MEM_WRITE, MMU_KERNEL);
    if (x86_desc_fetch(x, old_sel, &old))
        mem_probe(c, old.addr + 4, 4, MEM_WRITE, MMU_KERNEL);
}

static void save_old(struct x86_cpu *x, enum x86_task_cause cause, u64 next_pc)
{
    u64 base = x->seg[SEG_TR].base, flags = x86_get_rflags(x);
    const struct layout *l = layout_of(x->seg[SEG_TR].attr);
    if (cause == TASK_IRET)
        flags &= ~(u64)FL_NT;
    put(x, base, l->eip, next_pc, l->size);
    put(x, base, l->eflags, flags, l->size);
    for (unsigned i = 0; i < 8; i++)
        put(x, base, l->gpr + i * l->size, x->gpr[i], l->size);
    for (unsigned i = 0; i < l->n_segs; i++)
        put(x, base, l->seg + i * l->seg_size, x->seg[i].selector, 2);
}

static void set_busy(struct x86_cpu *x, u16 sel, bool busy)
{
    struct x86_desc d;
    if (!x86_desc_fetch(x, sel & 0xfff8, &d))
        return;
    u32 hi = busy ? d.hi | ATTR_TSS_BUSY : d.hi & ~(u32)ATTR_TSS_BUSY;
    put(x, d.addr, 4, hi, 4);
}

/* ---- after it ---- */

static void commit(struct x86_cpu *x, u16 sel, const struct x86_desc *d, const struct tss *t,
                   enum x86_task_cause cause)
{
    const struct layout *l = layout_of(d->hi);
    u64 flags = t->eflags | (cause == TASK_CALL || cause == TASK_INT ? FL_NT : 0);
    x86_seg_set(x, SEG_TR, sel, d);
    x->seg[SEG_TR].attr |= ATTR_TSS_BUSY;
    x->cr0 |= CR0_TS;
    if ((x->cr0 & CR0_PG) && l->size == 4 && t->cr3 != x->cr3) {
        x->cr3 = t->cr3;
        x86_set_root(x);
    }
    x->dr[7] &= ~(u64)(0x55 | DR7_LE);
    tlb_flush_watched(&x->base);
    for (unsigned i = 0; i < 8; i++)
        x->gpr[i] = t->gpr[i];
    for (unsigned i = 0; i <= SEG_LDTR; i++)
        x86_seg_set_null(x, (enum x86_seg)i, t->sel[i]);
    /* CPL is SS.DPL; while its descriptor is being loaded the new CS's RPL stands in. */
    x->seg[SEG_SS].attr = (t->sel[SEG_CS] & 3u) << 13;
    x->base.pc = t->eip;
    x86_set_rflags(x, (flags & 0x3f7fd5) | FL_FIXED);
    if (t->trap)
        x->pending_db |= DR6_BT;
}

static void load_ldt(struct x86_cpu *x, u16 sel)
{
    struct x86_desc d;
    if (x86_sel_null(sel))
        return;
    if ((sel & 4) || !x86_desc_fetch(x, sel, &d) || (d.hi & ATTR_S) ||
        ATTR_GET_TYPE(d.hi) != SYS_LDT || !(d.hi & ATTR_P))
        x86_raise_sel(x, EXC_TS, sel, 0);
    x86_seg_set(x, SEG_LDTR, sel, &d);
}

static void load_cs(struct x86_cpu *x, u16 sel)
{
    struct x86_desc d;
    if (x86_sel_null(sel) || !x86_desc_fetch(x, sel, &d) || !x86_desc_is_code(&d))
        x86_raise_sel(x, EXC_TS, sel, 0);
    unsigned dpl = ATTR_GET_DPL(d.hi), rpl = sel & 3;
    if (d.hi & ATTR_C ? dpl > rpl : dpl != rpl)
        x86_raise_sel(x, EXC_TS, sel, 0);
    if (!(d.hi & ATTR_P))
        x86_raise_sel(x, EXC_NP, sel, 0);
    x86_desc_set_accessed(x, &d);
    x86_seg_set(x, SEG_CS, sel, &d);
}

static void load_ss(struct x86_cpu *x, u16 sel, unsigned cpl)
{
    struct x86_desc d;
    if (x86_sel_null(sel) || !x86_desc_fetch(x, sel, &d) || !x86_desc_is_writable_data(&d) ||
        ATTR_GET_DPL(d.hi) != cpl || (sel & 3u) != cpl)
        x86_raise_sel(x, EXC_TS, sel, 0);
    if (!(d.hi & ATTR_P))
        x86_raise_sel(x, EXC_SS, sel, 0);
    x86_desc_set_accessed(x, &d);
    x86_seg_set(x, SEG_SS, sel, &d);
}

static void load_data(struct x86_cpu *x, enum x86_seg s, u16 sel, unsigned cpl)
{
    struct x86_desc d;
    if (x86_sel_null(sel))
        return;
    if (!x86_desc_fetch(x, sel, &d) || !(d.hi & ATTR_S) ||
        (x86_desc_is_code(&d) && !(d.hi & ATTR_R)))
        x86_raise_sel(x, EXC_TS, sel, 0);
    bool conforming = x86_desc_is_code(&d) && (d.hi & ATTR_C);
    unsigned dpl = ATTR_GET_DPL(d.hi);
    if (!conforming && ((sel & 3u) > dpl || cpl > dpl))
        x86_raise_sel(x, EXC_TS, sel, 0);
    if (!(d.hi & ATTR_P))
        x86_raise_sel(x, EXC_NP, sel, 0);
    x86_desc_set_accessed(x, &d);
    x86_seg_set(x, s, sel, &d);
}

static void load_segments(struct x86_cpu *x, const struct tss *t)
{
    static const enum x86_seg data[] = {SEG_ES, SEG_DS, SEG_FS, SEG_GS};
    unsigned cpl = t->sel[SEG_CS] & 3;
    load_ldt(x, t->sel[SEG_LDTR]);
    if (t->eflags & FL_VM) {
        for (unsigned i = SEG_ES; i <= SEG_GS; i++)
            x86_seg_set_vm86(x, (enum x86_seg)i, t->sel[i]);
        return;
    }
    load_cs(x, t->sel[SEG_CS]);
    load_ss(x, t->sel[SEG_SS], cpl);
    for (unsigned i = 0; i < ARRAY_SIZE(data); i++)
        load_data(x, data[i], t->sel[data[i]], cpl);
}

static void load_new(struct x86_cpu *x, const struct tss *t, const struct layout *l, bool has_error,
                     u32 error)
{
    if ((x->cr0 & CR0_PG) && (x->cr4 & CR4_PAE) && l->size == 4)
        x86_load_pdptes(x, x->cr3, true);
    load_segments(x, t);
    x86_update_mode(x);
    if (has_error)
        x86_push(x, error, l->size);
    if (t->eip > x->seg[SEG_CS].limit)
        x86_raise_error(x, EXC_GP, 0);
}

/* Outside of any block, so that a fault keeps the new pc; the fault is then delivered in the new
 * task. */
static void run_in_new_task(struct x86_cpu *x, const struct tss *t, const struct layout *l,
                            bool has_error, u32 error)
{
    struct cpu *c = &x->base;
    jmp_buf here, *outer = c->leave;
    struct block *block = c->block;
    c->block = NULL;
    c->leave = &here;
    if (setjmp(here) == 0) {
        load_new(x, t, l, has_error, error);
        c->leave = outer;
    } else {
        c->leave = outer;
        x86_update_mode(x);
        x86_exception_take(c);
    }
    c->block = block;
}

void x86_task_switch(struct x86_cpu *x, u16 sel, enum x86_task_cause cause, u64 next_pc,
                     bool has_error, u32 error)
{
    struct x86_desc d;
    struct tss t;
    u16 old_sel = x->seg[SEG_TR].selector;
    cpu_alone(&x->base);
    check_target(x, sel, cause, &d);
    const struct layout *l = layout_of(d.hi);
    probe_stores(x, &d, old_sel);
    read_tss(x, x86_desc_base(&d), l, &t);

    save_old(x, cause, next_pc);
    if (cause == TASK_JUMP || cause == TASK_IRET)
        set_busy(x, old_sel, false);
    if (cause == TASK_CALL || cause == TASK_INT)
        put(x, x86_desc_base(&d), 0, old_sel, 2);
    if (cause != TASK_IRET)
        set_busy(x, sel, true);
    commit(x, sel, &d, &t, cause);
    run_in_new_task(x, &t, l, has_error, error);
    x86_update_mode(x);
    x->base.attention = true;
}
