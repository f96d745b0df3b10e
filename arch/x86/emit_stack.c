/* emit_stack.c - PUSH, POP and their families, ENTER, LEAVE */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/emit.h"
#include "arch/x86/translate_int.h"

X86_EMIT(push)
{
    /* PUSH of a segment register pushes zeros above the selector. */
    unsigned size =
        in->op[0].kind == OPD_SEG || in->op[0].kind == OPD_IMM ? in->opsize : in->op[0].size;

    x86_emit_push(t, in, x86_read_raw(t, in, 0), size);
}

static void pop_mem(struct x86_tr *t, const struct x86_insn *in)
{
    unsigned size = in->op[0].size;
    ir_val v = x86_emit_pop(t, in, size);
    struct x86_mem m;

    /* An address by RSP is computed after RSP was moved (SDM vol. 2, POP). */
    if (in->base == RSP) {
        struct x86_insn moved = *in;
        moved.disp += size;
        m = x86_mem_operand(t, &moved, size, true);
    } else {
        m = x86_mem_operand(t, in, size, true);
    }
    ir_st(t->b, x86_ir_size(size), m.addr, m.off, v);
    x86_emit_add_sp(t, in, size);
}

X86_EMIT(pop)
{
    const struct x86_operand *o = &in->op[0];
    ir_val v;

    if (o->kind == OPD_MEM) {
        pop_mem(t, in);
        return;
    }
    v = x86_emit_pop(t, in, o->size);
    x86_emit_add_sp(t, in, o->size);
    x86_write_operand(t, in, 0, v);
}

/* ---- helpers that make several accesses: all are checked before the first is made ---- */

static u64 stack_mask(const struct x86_cpu *x)
{
    u32 mode = x->base.mode;
    return mode & MODE_CS64 ? ~(u64)0 : mode & MODE_SS32 ? 0xffffffff : 0xffff;
}

static void put_reg(struct x86_cpu *x, unsigned reg, u64 v, u64 mask)
{
    if (mask == 0xffff)
        x->gpr[reg] = (x->gpr[reg] & ~mask) | (v & mask);
    else
        x->gpr[reg] = v & mask;
}

/* The linear address of the stack slot at sp, checked for the access. */
static u64 slot(struct x86_cpu *x, u64 sp, unsigned size, bool write)
{
    u64 va = x86_seg_addr(x, SEG_SS, sp & stack_mask(x), size, write);

    mem_probe(&x->base, va, size, write ? MEM_WRITE : MEM_READ, (enum mmu_mode)x->base.mmu);
    return va;
}

static u64 help_pusha(struct cpu *c, u64 size, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    u64 va[8], sp = x->gpr[RSP];

    (void)b, (void)d;
    for (unsigned i = 0; i < 8; i++)
        va[i] = slot(x, sp - (i + 1) * size, (unsigned)size, true);
    for (unsigned i = 0; i < 8; i++)
        x86_st(x, va[i], x->gpr[i], (unsigned)size);
    put_reg(x, RSP, sp - 8 * size, stack_mask(x));
    return 0;
}

static u64 help_popa(struct cpu *c, u64 size, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    u64 v[8], sp = x->gpr[RSP];

    (void)b, (void)d;
    for (unsigned i = 0; i < 8; i++)
        v[i] = x86_ld(x, slot(x, sp + i * size, (unsigned)size, false), (unsigned)size);
    for (unsigned i = 0; i < 8; i++)
        if (7 - i != RSP)
            put_reg(x, 7 - i, v[i], size == 2 ? 0xffff : 0xffffffff);
    put_reg(x, RSP, sp + 8 * size, stack_mask(x));
    return 0;
}

X86_EMIT(pusha)
{
    x86_emit_call_imm(t, help_pusha, in->opsize);
}

X86_EMIT(popa)
{
    x86_emit_call_imm(t, help_popa, in->opsize);
}

/* what: operand size, nesting level << 8, bytes to allocate << 16 (SDM vol. 2, ENTER). */
static u64 help_enter(struct cpu *c, u64 what, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    unsigned size = what & 0xff, level = what >> 8 & 31, n = 0;
    u64 mask = stack_mask(x), sp = x->gpr[RSP], bp = x->gpr[RBP], frame = sp - size;
    u64 va[33], v[33];

    (void)b, (void)d;
    va[n] = slot(x, sp -= size, size, true);
    v[n++] = bp;
    for (unsigned i = 1; i < level; i++) {
        v[n] = x86_ld(x, slot(x, bp -= size, size, false), size);
        va[n++] = slot(x, sp -= size, size, true);
    }
    if (level) {
        va[n] = slot(x, sp -= size, size, true);
        v[n++] = frame;
    }
    sp -= what >> 16;
    slot(x, sp, size, true); /* a write there must be possible */
    for (unsigned i = 0; i < n; i++)
        x86_st(x, va[i], v[i], size);
    put_reg(x, RSP, sp, mask);
    put_reg(x, RBP, frame, size == 2 ? 0xffff : mask);
    return 0;
}

X86_EMIT(enter)
{
    x86_emit_call_imm(t, help_enter, in->opsize | (in->op[1].imm & 31) << 8 | in->op[0].imm << 16);
}

X86_EMIT(leave)
{
    enum ir_size ss = x86_ir_size(in->stacksize);
    ir_val sp = ir_temp(t->b), v = ir_temp(t->b);
    struct x86_mem m;

    ir_1(t->b, IR_MOV, ss, sp, X86_GPR(RBP));
    m = (struct x86_mem){in->stacksize == 8 ? X86_GPR(RBP) : sp, 0};
    m = x86_seg_mem(t, SEG_SS, m, in->opsize, false);
    ir_ld(t->b, x86_ir_size(in->opsize), v, m.addr, m.off);
    ir_2i(t->b, IR_ADD, ss, sp, sp, in->opsize);
    x86_write_gpr(t, RSP, in->stacksize, sp);
    x86_write_gpr(t, RBP, in->opsize, v);
}

/* ---- PUSHF, POPF (SDM vol. 2; virtual-8086 mode: vol. 3, 20.3) ---- */

static bool vm86(const struct x86_cpu *x)
{
    return x->base.mode & MODE_VM;
}

static bool iopl3(const struct x86_cpu *x)
{
    return (x->rflags & FL_IOPL) == FL_IOPL;
}

static u64 help_pushf(struct cpu *c, u64 size, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    u64 v = x86_get_rflags(x) & ~(u64)(FL_VM | FL_RF);

    (void)b, (void)d;
    if (vm86(x) && !iopl3(x)) {
        if (size != 2 || !(x->cr4 & CR4_VME))
            x86_raise_error(x, EXC_GP, 0);
        v = (v & ~(u64)FL_IF) | FL_IOPL | (v & FL_VIF ? FL_IF : 0);
    }
    x86_push(x, v, (unsigned)size);
    return 0;
}

/* Which flags POPF may change here; IF and IOPL as the privilege says. */
static u64 popf_mask(const struct x86_cpu *x, unsigned size)
{
    u64 mask = FL_ARITH | FL_TF | FL_DF | FL_NT | FL_AC | FL_ID;
    unsigned iopl = x->rflags >> 12 & 3;

    if (!(x->cr0 & CR0_PE))
        mask |= FL_IF | FL_IOPL;
    else if (vm86(x))
        mask |= FL_IF;
    else
        mask |= (x86_cpl(x) == 0 ? FL_IOPL : 0) | (x86_cpl(x) <= iopl ? FL_IF : 0);
    return size == 2 ? mask & 0xffff : mask;
}

/* The virtual interrupt flag in place of IF: virtual-8086 mode with VME and IOPL below 3. */
static u64 popf_vme(struct x86_cpu *x, u64 v)
{
    u64 mask = popf_mask(x, 2) & ~(u64)FL_IF;

    if ((v & FL_TF) || ((v & FL_IF) && (x->rflags & FL_VIP)))
        x86_raise_error(x, EXC_GP, 0);
    return (x86_get_rflags(x) & ~(mask | FL_VIF)) | (v & mask) | (v & FL_IF ? FL_VIF : 0);
}

static u64 help_popf(struct cpu *c, u64 size, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    bool restricted = vm86(x) && !iopl3(x);
    u64 sp = x->gpr[RSP], va, v, mask;

    (void)b, (void)d;
    if (restricted && (size != 2 || !(x->cr4 & CR4_VME)))
        x86_raise_error(x, EXC_GP, 0);
    va = x86_seg_addr(x, SEG_SS, sp & stack_mask(x), (unsigned)size, false);
    v = x86_ld(x, va, (unsigned)size);
    mask = popf_mask(x, (unsigned)size);
    v = restricted ? popf_vme(x, v) : (x86_get_rflags(x) & ~mask) | (v & mask);
    put_reg(x, RSP, sp + size, stack_mask(x));
    bool same_mode = !((x->rflags ^ v) & FL_OF_MODE);
    x86_put_rflags(x, v);
    if (!same_mode)
        x86_update_mode(x);
    return 0;
}

X86_EMIT(pushf)
{
    x86_emit_call_imm(t, help_pushf, in->opsize);
}

/* Modes, and whether interrupts are allowed, may change. */
X86_EMIT(popf)
{
    x86_emit_call_imm(t, help_popf, in->opsize);
    x86_emit_end(t, in, true);
}
