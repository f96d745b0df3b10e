/* interrupt.c - exceptions and interrupts: raising them, and entering their handlers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDM vol. 3, chapter 6 (6.15: double faults), 20.2 (real mode), 20.3 (virtual-8086 mode). */
#include <setjmp.h>

#include "arch/x86/debugreg.h"
#include "arch/x86/paging.h"
#include "arch/x86/segment.h"
#include "emu/log.h"

/* What is to be delivered. ext is the EXT bit of error codes of faults in the delivery (6.13). */
struct event {
    u8 vector;
    bool software;  /* INT n, INT3, INTO: the gate's DPL counts */
    bool interrupt; /* came in from outside: never part of a double fault as the first */
    bool has_error;
    bool set_rf;    /* fault: RF is set in the pushed flags */
    u32 error, ext;
    u64 pc;         /* to be pushed */
};

/* ---- raising ---- */

static NORETURN void raise(struct x86_cpu *x, enum x86_vector v, bool has_error, u32 error)
{
    x->exc_vector = v;
    x->exc_has_error = has_error;
    x->exc_error = error;
    cpu_raise(&x->base);
}

void x86_raise(struct x86_cpu *x, enum x86_vector v)
{
    x->exc_dr6 = 0;
    raise(x, v, false, 0);
}

void x86_raise_error(struct x86_cpu *x, enum x86_vector v, u32 error)
{
    raise(x, v, true, error & 0xffff);
}

void x86_raise_pf(struct x86_cpu *x, u64 va, u32 error)
{
    x->exc_cr2 = va;
    raise(x, EXC_PF, true, error);
}

/* ---- what all deliveries share ---- */

static u64 pushed_flags(const struct x86_cpu *x, const struct event *e)
{
    return x86_get_rflags(x) | (e->set_rf ? FL_RF : 0);
}

/* The mode is updated when all is done. */
static void enter_code(struct x86_cpu *x, u64 pc, u64 clear_flags)
{
    x->base.pc = pc;
    x86_put_rflags(x, x86_get_rflags(x) & ~clear_flags);
}

static NORETURN void raise_idt(struct x86_cpu *x, enum x86_vector v, const struct event *e)
{
    x86_raise_error(x, v, e->vector * 8u + 2 + e->ext);
}

/* The code segment of an interrupt or trap gate; returns the new privilege level. */
static unsigned fetch_handler_code(struct x86_cpu *x, u16 sel, u32 ext, struct x86_desc *cs)
{
    unsigned cpl = x86_cpl(x);
    if (x86_sel_null(sel))
        x86_raise_error(x, EXC_GP, ext);
    if (!x86_desc_fetch(x, sel, cs) || !x86_desc_is_code(cs) || ATTR_GET_DPL(cs->hi) > cpl)
        x86_raise_sel(x, EXC_GP, sel, ext);
    if ((x->efer & EFER_LMA) && (cs->hi & (ATTR_L | ATTR_D)) != ATTR_L)
        x86_raise_sel(x, EXC_GP, sel, ext);
    if (!(cs->hi & ATTR_P))
        x86_raise_sel(x, EXC_NP, sel, ext);
    unsigned new_cpl = cs->hi & ATTR_C ? cpl : ATTR_GET_DPL(cs->hi);
    if ((x->base.mode & MODE_VM) && new_cpl != 0)
        x86_raise_sel(x, EXC_GP, sel, ext);
    return new_cpl;
}

static void check_gate(struct x86_cpu *x, const struct event *e, u32 hi)
{
    if (e->software && ATTR_GET_DPL(hi) < x86_cpl(x))
        raise_idt(x, EXC_GP, e);
    if (!(hi & ATTR_P))
        raise_idt(x, EXC_NP, e);
}

/* ---- real mode ---- */

static void deliver_vector_table(struct x86_cpu *x, const struct event *e, u64 table, u64 flags,
                                 u64 clear)
{
    u32 entry = mem_read(&x->base, (u32)(table + e->vector * 4), 4, MMU_KERNEL);
    struct x86_stack st = x86_stack_current(x);
    if ((entry & 0xffff) > x->seg[SEG_CS].limit)
        x86_raise_error(x, EXC_GP, e->ext);
    x86_stack_push(&st, flags & 0xffff, 2);
    x86_stack_push(&st, x->seg[SEG_CS].selector, 2);
    x86_stack_push(&st, e->pc & 0xffff, 2);
    x86_stack_commit(&st);
    if (x->base.mode & MODE_VM)
        x86_seg_set_vm86(x, SEG_CS, entry >> 16);
    else
        x86_seg_set_real(x, SEG_CS, entry >> 16);
    enter_code(x, entry & 0xffff, clear);
}

static void deliver_real(struct x86_cpu *x, const struct event *e)
{
    if (e->vector * 4u + 3 > x->idt_limit)
        raise_idt(x, EXC_GP, e);
    deliver_vector_table(x, e, x->idt_base, pushed_flags(x, e), FL_IF | FL_TF | FL_AC | FL_RF);
}

/* ---- protected mode ---- */

static void push_vm86_segments(struct x86_cpu *x, struct x86_stack *st, unsigned size)
{
    static const enum x86_seg order[] = {SEG_GS, SEG_FS, SEG_DS, SEG_ES};
    for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
        x86_stack_push(st, x->seg[order[i]].selector, size);
}

static void drop_vm86_segments(struct x86_cpu *x)
{
    static const enum x86_seg order[] = {SEG_GS, SEG_FS, SEG_DS, SEG_ES};
    for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
        x86_seg_set_null(x, order[i], 0);
}

static void deliver_gate(struct x86_cpu *x, const struct event *e, u32 lo, u32 hi)
{
    unsigned type = ATTR_GET_TYPE(hi), size = type & 8 ? 4 : 2;
    u64 offset = (lo & 0xffff) | (type & 8 ? hi & 0xffff0000 : 0);
    u16 sel = lo >> 16;
    struct x86_desc cs;
    unsigned cpl = fetch_handler_code(x, sel, e->ext, &cs);
    bool inner = cpl < x86_cpl(x), vm = x->base.mode & MODE_VM;
    struct x86_stack st = x86_stack_current(x);
    struct x86_segment ss = x->seg[SEG_SS];
    st.error = e->ext;
    if (inner) {
        u64 sp;
        x86_tss_stack(x, cpl, e->ext, &ss, &sp);
        st = x86_stack_new(x, &ss, sp, cpl, (ss.selector & 0xfffc) | e->ext);
        if (vm)
            push_vm86_segments(x, &st, size);
        x86_stack_push(&st, x->seg[SEG_SS].selector, size);
        x86_stack_push(&st, x->gpr[RSP], size);
    }
    x86_stack_push(&st, pushed_flags(x, e), size);
    x86_stack_push(&st, x->seg[SEG_CS].selector, size);
    x86_stack_push(&st, e->pc, size);
    if (e->has_error)
        x86_stack_push(&st, e->error, size);
    x86_check_code_offset(x, &cs, offset, e->ext);
    x86_desc_set_accessed(x, &cs);

    x->seg[SEG_SS] = ss;
    x86_stack_commit(&st);
    if (vm)
        drop_vm86_segments(x);
    x86_seg_set(x, SEG_CS, (sel & 0xfffc) | cpl, &cs);
    enter_code(x, offset, FL_TF | FL_NT | FL_RF | FL_VM | (type & 1 ? 0 : FL_IF));
}

static void deliver_task(struct x86_cpu *x, const struct event *e, u16 tss)
{
    if (e->set_rf)
        x->rflags |= FL_RF;
    x->exc_ext = e->ext;
    x86_task_switch(x, tss, TASK_INT, e->pc, e->has_error, e->error);
}

static void deliver_protected(struct x86_cpu *x, const struct event *e)
{
    if (e->vector * 8u + 7 > x->idt_limit)
        raise_idt(x, EXC_GP, e);
    u64 gate = mem_read(&x->base, (u32)(x->idt_base + e->vector * 8), 8, MMU_KERNEL);
    u32 lo = gate, hi = gate >> 32;
    switch (hi >> 8 & 0x1f) {
    case SYS_TASK_GATE:
        check_gate(x, e, hi);
        deliver_task(x, e, lo >> 16);
        return;
    case SYS_INT16:
    case SYS_TRAP16:
    case SYS_INT:
    case SYS_TRAP:
        check_gate(x, e, hi);
        deliver_gate(x, e, lo, hi);
        return;
    }
    raise_idt(x, EXC_GP, e);
}

/* ---- long mode (6.14) ---- */

static void deliver_long(struct x86_cpu *x, const struct event *e)
{
    if (e->vector * 16u + 15 > x->idt_limit)
        raise_idt(x, EXC_GP, e);
    u64 at = x->idt_base + e->vector * 16;
    u64 gate = mem_read(&x->base, at, 8, MMU_KERNEL);
    u64 top = mem_read(&x->base, at + 8, 8, MMU_KERNEL);
    u32 hi = gate >> 32;
    unsigned type = hi >> 8 & 0x1f, ist = hi & 7;
    u64 offset = (gate & 0xffff) | (hi & 0xffff0000) | top << 32;
    u16 sel = gate >> 16;
    if (type != SYS_INT && type != SYS_TRAP)
        raise_idt(x, EXC_GP, e);
    check_gate(x, e, hi);
    struct x86_desc cs;
    unsigned cpl = fetch_handler_code(x, sel, e->ext, &cs);
    bool inner = cpl < x86_cpl(x);
    u64 rsp = x->gpr[RSP];
    if (ist)
        rsp = x86_tss_rsp(x, 3 + ist, e->ext);
    else if (inner)
        rsp = x86_tss_rsp(x, cpl, e->ext);
    struct x86_stack st = x86_stack_new64(x, rsp & ~(u64)15, cpl, e->ext);
    x86_stack_push(&st, x->seg[SEG_SS].selector, 8);
    x86_stack_push(&st, x->gpr[RSP], 8);
    x86_stack_push(&st, pushed_flags(x, e), 8);
    x86_stack_push(&st, x->seg[SEG_CS].selector, 8);
    x86_stack_push(&st, e->pc, 8);
    if (e->has_error)
        x86_stack_push(&st, e->error, 8);
    x86_check_code_offset(x, &cs, offset, e->ext);
    x86_desc_set_accessed(x, &cs);

    if (inner)
        x86_seg_set_null(x, SEG_SS, cpl);
    x86_stack_commit(&st);
    x86_seg_set(x, SEG_CS, (sel & 0xfffc) | cpl, &cs);
    enter_code(x, offset, FL_TF | FL_NT | FL_RF | FL_VM | (type & 1 ? 0 : FL_IF));
}

/* ---- taking an event ---- */

static void deliver(struct x86_cpu *x, const struct event *e)
{
    if (!(x->base.mode & MODE_PE))
        deliver_real(x, e);
    else if (x->efer & EFER_LMA)
        deliver_long(x, e);
    else
        deliver_protected(x, e);
    x->handler_depth++;
    x->base.halted = false;
    x->shadow = false;
    x86_update_mode(x);
    x86_look(x);
}

/* False when the delivery itself faulted: what it was is in exc_*. */
static bool try_deliver(struct x86_cpu *x, const struct event *e)
{
    jmp_buf here, *outer = x->base.leave;
    bool done = false;
    x->base.leave = &here;
    if (setjmp(here) == 0) {
        deliver(x, e);
        done = true;
    }
    x->base.leave = outer;
    return done;
}

enum exception_class { BENIGN, CONTRIBUTORY, PAGE_FAULT, DOUBLE_FAULT }; /* table 6-4 */

static enum exception_class class_of(const struct event *e)
{
    if (e->interrupt || e->software)
        return BENIGN;
    switch (e->vector) {
    case EXC_DE: case EXC_TS: case EXC_NP: case EXC_SS: case EXC_GP: return CONTRIBUTORY;
    case EXC_PF: return PAGE_FAULT;
    case EXC_DF: return DOUBLE_FAULT;
    }
    return BENIGN;
}

/* The fault in exc_* as an event; its side effects on CR2 and DR6 are made here. */
static struct event take_fault(struct x86_cpu *x)
{
    struct event e = {.vector = x->exc_vector, .has_error = x->exc_has_error, .error = x->exc_error,
                      .set_rf = x->exc_vector != EXC_DB, .ext = 1, .pc = x->base.pc};
    if (e.vector == EXC_PF)
        x->cr2 = x->exc_cr2;
    if (e.vector == EXC_DB)
        x86_enter_db(x, x->exc_dr6);
    return e;
}

static void shut_down(struct x86_cpu *x)
{
    LOG(LOG_WARN, "triple fault at %04x:%llx: the processor shuts down", x->seg[SEG_CS].selector,
        (unsigned long long)x->base.pc);
    x->shutdown = true;
    x->base.halted = true;
    machine_request(x->base.machine, REQUEST_CRASH, 0);
}

static void take(struct x86_cpu *x, struct event e)
{
    while (!try_deliver(x, &e)) {
        struct event next = take_fault(x);
        enum exception_class first = class_of(&e), second = class_of(&next);
        LOG(LOG_DEBUG, "vector %u: fault %u (error %x) in its delivery", e.vector, next.vector,
            next.error);
        if (first == DOUBLE_FAULT && second != BENIGN) {
            shut_down(x);
            return;
        }
        bool doubled = (first == CONTRIBUTORY && second == CONTRIBUTORY) ||
                       (first == PAGE_FAULT && (second == CONTRIBUTORY || second == PAGE_FAULT));
        if (doubled)
            next = (struct event){.vector = EXC_DF, .has_error = true, .ext = 1, .pc = x->base.pc};
        e = next;
    }
}

void x86_exception_take(struct cpu *c)
{
    struct x86_cpu *x = x86_of(c);
    x->pending_db = 0;
    struct event e = take_fault(x);
    LOG(LOG_TRACE, "exception %u, error %x, at %04x:%llx", e.vector, e.error,
        x->seg[SEG_CS].selector, (unsigned long long)c->pc);
    take(x, e);
}

/* ---- interrupts ---- */

/* The NMI line counts edges: taking one lowers it again, so a board only ever raises it. */
static bool nmi_ready(const struct x86_cpu *x)
{
    return (x->base.lines & 1u << CPU_LINE_NMI) && !x->nmi_blocked && !x->shadow;
}

static bool intr_ready(const struct x86_cpu *x)
{
    return (x->base.lines & 1u << CPU_LINE_IRQ) && (x->rflags & FL_IF) && !x->shadow;
}

bool x86_interrupt_ready(struct cpu *c)
{
    const struct x86_cpu *x = x86_of(c);
    return !x->shutdown && (x->pending_db || nmi_ready(x) || intr_ready(x));
}

void x86_look(struct x86_cpu *x)
{
    if (UNLIKELY(x->base.halted || x86_interrupt_ready(&x->base)))
        x->base.attention = true;
}

void x86_interrupt_take(struct cpu *c)
{
    struct x86_cpu *x = x86_of(c);
    struct event e = {.ext = 1, .pc = c->pc};
    if (x->pending_db) {
        e.vector = EXC_DB;
        x86_enter_db(x, x->pending_db);
        x->pending_db = 0;
    } else if (nmi_ready(x)) {
        e.vector = EXC_NMI;
        e.interrupt = true;
        c->lines &= ~(1u << CPU_LINE_NMI);
        x->nmi_blocked = true;
    } else {
        int vector = c->intack ? c->intack(c->intack_opaque) : -1;
        if (vector < 0) {
            LOG(LOG_WARN, "an interrupt was acknowledged, but there is no vector for it");
            return;
        }
        e.vector = (u8)vector;
        e.interrupt = true;
    }
    LOG(LOG_TRACE, "interrupt %u", e.vector);
    take(x, e);
}

/* ---- INT n, INT3, INTO, INT1 ---- */

/* The bitmap below the I/O permission map says which interrupts of virtual-8086 code stay there
 * (20.3.3.1). */
static bool vme_redirected_to_handler(struct x86_cpu *x, u8 vector)
{
    const struct x86_segment *tr = &x->seg[SEG_TR];
    if (tr->limit < 103)
        return true;
    u16 map = mem_read(&x->base, (u32)(tr->base + 102), 2, MMU_KERNEL);
    u32 at = map - 32u + vector / 8;
    if (map < 32 || at > tr->limit)
        return true;
    return mem_read(&x->base, (u32)(tr->base + at), 1, MMU_KERNEL) >> (vector & 7) & 1;
}

static void deliver_vme(struct x86_cpu *x, const struct event *e)
{
    u64 flags = x86_get_rflags(x);
    if (x->base.mode & MODE_IOPL_OK) {
        deliver_vector_table(x, e, 0, flags, FL_IF | FL_TF | FL_AC | FL_RF);
    } else {
        u64 image = (flags & ~(u64)FL_IF) | FL_IOPL | (flags & FL_VIF ? FL_IF : 0);
        deliver_vector_table(x, e, 0, image, FL_VIF | FL_TF | FL_AC | FL_RF);
    }
    x->handler_depth++;
    x86_update_mode(x);
}

void x86_software_interrupt(struct x86_cpu *x, u8 vector, u64 next_pc, bool is_int_n)
{
    bool icebp = vector == EXC_DB && !is_int_n;
    struct event e = {.vector = vector, .software = !icebp, .ext = icebp, .pc = next_pc};
    if ((x->base.mode & MODE_VM) && is_int_n) {
        if ((x->cr4 & CR4_VME) && !vme_redirected_to_handler(x, vector)) {
            deliver_vme(x, &e);
            return;
        }
        if (!(x->base.mode & MODE_IOPL_OK))
            x86_raise_error(x, EXC_GP, 0);
    }
    deliver(x, &e);
}
