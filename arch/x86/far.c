/* far.c - far jumps, calls and returns, call gates, and IRET */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDM vol. 2: JMP, CALL, RET, IRET; vol. 3, 5.8 (privilege checks) and chapter 20 (virtual-8086
 * mode). All that can fault comes before anything is changed. */
#include "arch/x86/segment.h"

#define OPSIZE_MASK(n) ((n) == 8 ? UINT64_MAX : (n) == 4 ? 0xffffffffULL : 0xffffULL)

struct gate {
    u16 selector, sel; /* of the gate itself; of its target */
    u64 offset;
    unsigned params, size;
};

static bool long_mode(const struct x86_cpu *x)
{
    return x->efer & EFER_LMA;
}

static void set_cs(struct x86_cpu *x, u16 sel, const struct x86_desc *d, unsigned cpl)
{
    x86_seg_set(x, SEG_CS, (sel & 0xfffc) | cpl, d);
}

static void finish(struct x86_cpu *x, u64 pc)
{
    x->base.pc = pc;
    x86_update_mode(x);
    x86_look(x);
}

/* ---- real and virtual-8086 mode ---- */

static void set_cs_real(struct x86_cpu *x, u16 sel)
{
    if (x->base.mode & MODE_VM)
        x86_seg_set_vm86(x, SEG_CS, sel);
    else
        x86_seg_set_real(x, SEG_CS, sel);
}

static void check_real_offset(struct x86_cpu *x, u64 off)
{
    if (off > x->seg[SEG_CS].limit)
        x86_raise_error(x, EXC_GP, 0);
}

/* ---- targets ---- */

/* The code segment of a direct JMP or CALL, which stays at the same privilege. */
static void fetch_direct_code(struct x86_cpu *x, u16 sel, const struct x86_desc *d)
{
    unsigned cpl = x86_cpl(x), dpl = ATTR_GET_DPL(d->hi), rpl = sel & 3;
    bool ok = d->hi & ATTR_C ? dpl <= cpl : rpl <= cpl && dpl == cpl;
    if (!ok || (long_mode(x) && (d->hi & ATTR_L) && (d->hi & ATTR_D)))
        x86_raise_sel(x, EXC_GP, sel, 0);
    if (!(d->hi & ATTR_P))
        x86_raise_sel(x, EXC_NP, sel, 0);
}

static void fetch_target(struct x86_cpu *x, u16 sel, struct x86_desc *d)
{
    if (x86_sel_null(sel))
        x86_raise_error(x, EXC_GP, 0);
    if (!x86_desc_fetch_system(x, sel, d))
        x86_raise_sel(x, EXC_GP, sel, 0);
}

static void check_gate_access(struct x86_cpu *x, u16 sel, const struct x86_desc *d)
{
    unsigned dpl = ATTR_GET_DPL(d->hi);
    if (dpl < x86_cpl(x) || (sel & 3u) > dpl)
        x86_raise_sel(x, EXC_GP, sel, 0);
}

/* A call gate: its target's descriptor is checked but for privilege. */
static struct gate read_call_gate(struct x86_cpu *x, u16 sel, const struct x86_desc *g,
                                  struct x86_desc *cs)
{
    bool gate32 = ATTR_GET_TYPE(g->hi) == SYS_CALL;
    struct gate out = {
        .selector = sel, .sel = g->lo >> 16, .params = g->hi & 31, .size = gate32 ? 4 : 2};
    out.offset = (g->lo & 0xffff) | (gate32 ? g->hi & 0xffff0000 : 0);
    check_gate_access(x, sel, g);
    if (!(g->hi & ATTR_P))
        x86_raise_sel(x, EXC_NP, sel, 0);
    if (long_mode(x)) {
        if (g->top & 0x1f00)
            x86_raise_sel(x, EXC_GP, sel, 0);
        out.offset |= (u64)g->base_hi << 32;
        out.params = 0;
        out.size = 8;
    }
    if (x86_sel_null(out.sel))
        x86_raise_error(x, EXC_GP, 0);
    if (!x86_desc_fetch(x, out.sel, cs) || !x86_desc_is_code(cs) ||
        ATTR_GET_DPL(cs->hi) > x86_cpl(x))
        x86_raise_sel(x, EXC_GP, out.sel, 0);
    if (long_mode(x) && (cs->hi & (ATTR_L | ATTR_D)) != ATTR_L)
        x86_raise_sel(x, EXC_GP, out.sel, 0);
    if (!(cs->hi & ATTR_P))
        x86_raise_sel(x, EXC_NP, out.sel, 0);
    return out;
}

static void jump_through_gate(struct x86_cpu *x, u16 sel, const struct x86_desc *g)
{
    struct x86_desc cs;
    struct gate gate = read_call_gate(x, sel, g, &cs);
    unsigned cpl = x86_cpl(x);
    if (!(cs.hi & ATTR_C) && ATTR_GET_DPL(cs.hi) != cpl)
        x86_raise_sel(x, EXC_GP, gate.sel, 0);
    x86_check_code_offset(x, &cs, gate.offset, 0);
    x86_desc_set_accessed(x, &cs);
    set_cs(x, gate.sel, &cs, cpl);
    finish(x, gate.offset);
}

/* A far transfer to a system descriptor: false if it is none that can be a target here. */
static bool task_target(struct x86_cpu *x, u16 sel, const struct x86_desc *d,
                        enum x86_task_cause cause, u64 next_pc)
{
    unsigned type = ATTR_GET_TYPE(d->hi);
    if (long_mode(x))
        return false;
    if (type != SYS_TASK_GATE && type != SYS_TSS && type != SYS_TSS16)
        return false;
    check_gate_access(x, sel, d);
    if (!(d->hi & ATTR_P))
        x86_raise_sel(x, EXC_NP, sel, 0);
    x86_task_switch(x, type == SYS_TASK_GATE ? d->lo >> 16 : sel, cause, next_pc, false, 0);
    return true;
}

static bool is_call_gate(const struct x86_cpu *x, const struct x86_desc *d)
{
    unsigned type = ATTR_GET_TYPE(d->hi);
    return type == SYS_CALL || (type == SYS_CALL16 && !long_mode(x));
}

void x86_far_jump(struct x86_cpu *x, u16 sel, u64 off, u64 next_pc, unsigned opsize)
{
    struct x86_desc d;
    off &= OPSIZE_MASK(opsize);
    if (x86_real(x)) {
        check_real_offset(x, off);
        set_cs_real(x, sel);
        finish(x, off);
        return;
    }
    fetch_target(x, sel, &d);
    if (x86_desc_is_code(&d)) {
        fetch_direct_code(x, sel, &d);
        x86_check_code_offset(x, &d, off, 0);
        x86_desc_set_accessed(x, &d);
        set_cs(x, sel, &d, x86_cpl(x));
        finish(x, off);
    } else if (!(d.hi & ATTR_S) && is_call_gate(x, &d)) {
        jump_through_gate(x, sel, &d);
    } else if ((d.hi & ATTR_S) || !task_target(x, sel, &d, TASK_JUMP, next_pc)) {
        x86_raise_sel(x, EXC_GP, sel, 0);
    }
}

/* ---- CALL ---- */

static void push_return(struct x86_stack *st, struct x86_cpu *x, u64 next_pc, unsigned size)
{
    x86_stack_push(st, x->seg[SEG_CS].selector, size);
    x86_stack_push(st, next_pc, size);
}

static void call_same_level(struct x86_cpu *x, u16 sel, struct x86_desc *cs, u64 off, u64 next_pc,
                            unsigned size)
{
    struct x86_stack st = x86_stack_current(x);
    x86_check_code_offset(x, cs, off, 0);
    push_return(&st, x, next_pc, size);
    x86_desc_set_accessed(x, cs);
    x86_stack_commit(&st);
    set_cs(x, sel, cs, x86_cpl(x));
    finish(x, off);
}

static struct x86_stack inner_stack(struct x86_cpu *x, unsigned dpl, struct x86_segment *ss)
{
    if (long_mode(x)) {
        *ss = (struct x86_segment){.selector = dpl, .attr = dpl << 13};
        return x86_stack_new64(x, x86_tss_rsp(x, dpl, 0), dpl, 0);
    }
    u64 sp;
    x86_tss_stack(x, dpl, 0, ss, &sp);
    return x86_stack_new(x, ss, sp, dpl, ss->selector & 0xfffc);
}

static void call_inner_level(struct x86_cpu *x, const struct gate *gate, struct x86_desc *cs,
                             u64 next_pc)
{
    unsigned dpl = ATTR_GET_DPL(cs->hi);
    struct x86_segment ss;
    struct x86_stack old = x86_stack_current(x), st = inner_stack(x, dpl, &ss);
    u64 param[32];
    x86_check_code_offset(x, cs, gate->offset, 0);
    for (unsigned i = 0; i < gate->params; i++)
        param[i] = x86_stack_pop(&old, gate->size);
    x86_stack_push(&st, x->seg[SEG_SS].selector, gate->size);
    x86_stack_push(&st, x->gpr[RSP], gate->size);
    for (unsigned i = gate->params; i-- > 0;)
        x86_stack_push(&st, param[i], gate->size);
    push_return(&st, x, next_pc, gate->size);
    x86_desc_set_accessed(x, cs);
    x->seg[SEG_SS] = ss;
    x86_stack_commit(&st);
    set_cs(x, gate->sel, cs, dpl);
    finish(x, gate->offset);
}

static void call_through_gate(struct x86_cpu *x, u16 sel, const struct x86_desc *g, u64 next_pc)
{
    struct x86_desc cs;
    struct gate gate = read_call_gate(x, sel, g, &cs);
    if (!(cs.hi & ATTR_C) && ATTR_GET_DPL(cs.hi) < x86_cpl(x))
        call_inner_level(x, &gate, &cs, next_pc);
    else
        call_same_level(x, gate.sel, &cs, gate.offset, next_pc, gate.size);
}

void x86_far_call(struct x86_cpu *x, u16 sel, u64 off, u64 next_pc, unsigned opsize)
{
    struct x86_desc d;
    off &= OPSIZE_MASK(opsize);
    if (x86_real(x)) {
        struct x86_stack st = x86_stack_current(x);
        check_real_offset(x, off);
        push_return(&st, x, next_pc, opsize);
        x86_stack_commit(&st);
        set_cs_real(x, sel);
        finish(x, off);
        return;
    }
    fetch_target(x, sel, &d);
    if (x86_desc_is_code(&d)) {
        fetch_direct_code(x, sel, &d);
        call_same_level(x, sel, &d, off, next_pc, opsize);
    } else if (!(d.hi & ATTR_S) && is_call_gate(x, &d)) {
        call_through_gate(x, sel, &d, next_pc);
    } else if ((d.hi & ATTR_S) || !task_target(x, sel, &d, TASK_CALL, next_pc)) {
        x86_raise_sel(x, EXC_GP, sel, 0);
    }
}

/* ---- returns ---- */

/* The checks that RET and IRET have in common for the CS they return to. */
static void fetch_return_code(struct x86_cpu *x, u16 sel, struct x86_desc *d)
{
    unsigned rpl = sel & 3;
    if (x86_sel_null(sel))
        x86_raise_error(x, EXC_GP, 0);
    if (!x86_desc_fetch(x, sel, d) || !x86_desc_is_code(d) || rpl < x86_cpl(x))
        x86_raise_sel(x, EXC_GP, sel, 0);
    unsigned dpl = ATTR_GET_DPL(d->hi);
    if (d->hi & ATTR_C ? dpl > rpl : dpl != rpl)
        x86_raise_sel(x, EXC_GP, sel, 0);
    if (long_mode(x) && (d->hi & ATTR_L) && (d->hi & ATTR_D))
        x86_raise_sel(x, EXC_GP, sel, 0);
    if (!(d->hi & ATTR_P))
        x86_raise_sel(x, EXC_NP, sel, 0);
}

/* And for the SS; it may be null when 64-bit code of an inner level follows. */
static void fetch_return_stack(struct x86_cpu *x, u16 sel, u16 cs_sel, const struct x86_desc *cs,
                               struct x86_segment *ss)
{
    struct x86_desc d;
    unsigned rpl = cs_sel & 3;
    if (x86_sel_null(sel)) {
        if (!long_mode(x) || !(cs->hi & ATTR_L) || rpl == 3 || (sel & 3u) != rpl)
            x86_raise_error(x, EXC_GP, 0);
        *ss = (struct x86_segment){.selector = sel, .attr = rpl << 13};
        return;
    }
    if (!x86_desc_fetch(x, sel, &d) || (sel & 3u) != rpl || !x86_desc_is_writable_data(&d) ||
        ATTR_GET_DPL(d.hi) != rpl)
        x86_raise_sel(x, EXC_GP, sel, 0);
    if (!(d.hi & ATTR_P))
        x86_raise_sel(x, EXC_SS, sel, 0);
    x86_desc_set_accessed(x, &d);
    *ss = (struct x86_segment){.selector = sel,
                               .base = x86_desc_base(&d),
                               .limit = x86_desc_limit(&d),
                               .attr = d.hi & ATTR_KEPT};
}

/* RSP for the stack segment that is loaded now; a 16-bit stack keeps the upper part. */
static void set_rsp(struct x86_cpu *x, const struct x86_desc *cs, u64 sp)
{
    bool code64 = long_mode(x) && (cs->hi & ATTR_L);
    if (code64 || (x->seg[SEG_SS].attr & ATTR_D))
        x->gpr[RSP] = code64 ? sp : (u32)sp;
    else
        x->gpr[RSP] = (x->gpr[RSP] & ~(u64)0xffff) | (sp & 0xffff);
}

void x86_far_ret(struct x86_cpu *x, unsigned opsize, u16 pop_bytes)
{
    struct x86_stack st = x86_stack_current(x);
    u64 pc = x86_stack_pop(&st, opsize);
    u16 sel = x86_stack_pop(&st, opsize);
    if (x86_real(x)) {
        check_real_offset(x, pc);
        st.sp = (st.sp + pop_bytes) & st.mask;
        x86_stack_commit(&st);
        set_cs_real(x, sel);
        finish(x, pc);
        return;
    }
    struct x86_desc cs;
    fetch_return_code(x, sel, &cs);
    unsigned cpl = sel & 3;
    st.sp = (st.sp + pop_bytes) & st.mask;
    if (cpl == x86_cpl(x)) {
        x86_check_code_offset(x, &cs, pc, 0);
        x86_desc_set_accessed(x, &cs);
        x86_stack_commit(&st);
        set_cs(x, sel, &cs, cpl);
        finish(x, pc);
        return;
    }
    struct x86_segment ss;
    u64 sp = x86_stack_pop(&st, opsize);
    u16 ss_sel = x86_stack_pop(&st, opsize);
    fetch_return_stack(x, ss_sel, sel, &cs, &ss);
    x86_check_code_offset(x, &cs, pc, 0);
    x86_desc_set_accessed(x, &cs);
    x->seg[SEG_SS] = ss;
    set_rsp(x, &cs, sp + pop_bytes);
    set_cs(x, sel, &cs, cpl);
    x86_seg_drop_inner(x, cpl);
    finish(x, pc);
}

/* ---- IRET ---- */

static void leave_handler(struct x86_cpu *x)
{
    if (x->handler_depth)
        x->handler_depth--;
    x->nmi_blocked = false;
}

/* Which flags an IRET at this privilege may change. */
static u64 iret_flags_mask(const struct x86_cpu *x, unsigned opsize)
{
    unsigned cpl = x86_cpl(x);
    u64 mask = FL_ARITH | FL_TF | FL_DF | FL_NT;
    if (opsize > 2)
        mask |= FL_RF | FL_AC | FL_ID;
    if (cpl <= (x->rflags & FL_IOPL) >> 12)
        mask |= FL_IF;
    if (cpl == 0)
        mask |= FL_IOPL | (opsize > 2 ? FL_VIF | FL_VIP : 0);
    return mask;
}

/* The mode is updated by finish(). */
static void set_flags(struct x86_cpu *x, u64 v, u64 mask)
{
    x86_put_rflags(x, (x86_get_rflags(x) & ~mask) | (v & mask));
}

static void iret_real(struct x86_cpu *x, unsigned opsize)
{
    struct x86_stack st = x86_stack_current(x);
    u64 pc = x86_stack_pop(&st, opsize);
    u16 sel = x86_stack_pop(&st, opsize);
    u64 flags = x86_stack_pop(&st, opsize);
    u64 mask = FL_ARITH | FL_TF | FL_DF | FL_NT | FL_IF;
    check_real_offset(x, pc);
    if (!(x->base.mode & MODE_VM))
        mask |= FL_IOPL;
    if (opsize > 2)
        mask |= FL_RF | FL_AC | FL_ID;
    x86_stack_commit(&st);
    set_cs_real(x, sel);
    set_flags(x, flags, mask);
    leave_handler(x);
    finish(x, pc);
}

/* IRET in virtual-8086 mode with IOPL < 3 and CR4.VME: IF stands for VIF (20.3). */
static void iret_vme(struct x86_cpu *x)
{
    struct x86_stack st = x86_stack_current(x);
    u64 pc = x86_stack_pop(&st, 2);
    u16 sel = x86_stack_pop(&st, 2);
    u64 flags = x86_stack_pop(&st, 2);
    check_real_offset(x, pc);
    if ((flags & FL_TF) || ((flags & FL_IF) && (x->rflags & FL_VIP)))
        x86_raise_error(x, EXC_GP, 0);
    x86_stack_commit(&st);
    set_cs_real(x, sel);
    set_flags(x, flags | (flags & FL_IF ? FL_VIF : 0), FL_ARITH | FL_TF | FL_DF | FL_NT | FL_VIF);
    leave_handler(x);
    finish(x, pc);
}

static void iret_vm86(struct x86_cpu *x, unsigned opsize)
{
    if (x->base.mode & MODE_IOPL_OK)
        iret_real(x, opsize);
    else if ((x->cr4 & CR4_VME) && opsize == 2)
        iret_vme(x);
    else
        x86_raise_error(x, EXC_GP, 0);
}

/* From protected mode into virtual-8086 mode: st is behind EFLAGS. */
static void iret_to_vm86(struct x86_cpu *x, struct x86_stack *st, u64 pc, u16 cs, u64 flags)
{
    static const enum x86_seg order[] = {SEG_SS, SEG_ES, SEG_DS, SEG_FS, SEG_GS};
    u16 sel[5];
    u64 sp = x86_stack_pop(st, 4);
    for (unsigned i = 0; i < 5; i++)
        sel[i] = x86_stack_pop(st, 4);
    if (pc > 0xffff)
        x86_raise_error(x, EXC_GP, 0);
    x86_seg_set_vm86(x, SEG_CS, cs);
    for (unsigned i = 0; i < 5; i++)
        x86_seg_set_vm86(x, order[i], sel[i]);
    x->gpr[RSP] = (u32)sp;
    set_flags(x, flags, iret_flags_mask(x, 4) | FL_VM | FL_IF | FL_IOPL | FL_VIF | FL_VIP);
    leave_handler(x);
    finish(x, pc);
}

static void iret_protected(struct x86_cpu *x, unsigned opsize)
{
    struct x86_stack st = x86_stack_current(x);
    u64 pc = x86_stack_pop(&st, opsize);
    u16 sel = x86_stack_pop(&st, opsize);
    u64 flags = x86_stack_pop(&st, opsize);
    u64 mask = iret_flags_mask(x, opsize);
    struct x86_desc cs;
    struct x86_segment ss = x->seg[SEG_SS];
    if ((flags & FL_VM) && opsize == 4 && x86_cpl(x) == 0 && !long_mode(x)) {
        iret_to_vm86(x, &st, pc, sel, flags);
        return;
    }
    fetch_return_code(x, sel, &cs);
    unsigned cpl = sel & 3;
    bool pops_stack = cpl != x86_cpl(x) || (x->base.mode & MODE_CS64);
    u64 sp = 0;
    if (pops_stack) {
        sp = x86_stack_pop(&st, opsize);
        fetch_return_stack(x, x86_stack_pop(&st, opsize), sel, &cs, &ss);
    }
    x86_check_code_offset(x, &cs, pc, 0);
    x86_desc_set_accessed(x, &cs);
    bool outer = cpl != x86_cpl(x);
    if (pops_stack) {
        x->seg[SEG_SS] = ss;
        set_rsp(x, &cs, sp);
    } else {
        x86_stack_commit(&st);
    }
    set_cs(x, sel, &cs, cpl);
    set_flags(x, flags, mask);
    if (outer)
        x86_seg_drop_inner(x, cpl);
    leave_handler(x);
    finish(x, pc);
}

void x86_iret(struct x86_cpu *x, unsigned opsize, u64 next_pc)
{
    if (!(x->base.mode & MODE_PE)) {
        iret_real(x, opsize);
    } else if (x->base.mode & MODE_VM) {
        iret_vm86(x, opsize);
    } else if (!(x->rflags & FL_NT)) {
        iret_protected(x, opsize);
    } else if (long_mode(x)) {
        x86_raise_error(x, EXC_GP, 0);
    } else {
        const struct x86_segment *tr = &x->seg[SEG_TR];
        u16 link = mem_read(&x->base, (u32)tr->base, 2, MMU_KERNEL);
        x86_task_switch(x, link, TASK_IRET, next_pc, false, 0);
        leave_handler(x);
        x86_look(x);
    }
}
