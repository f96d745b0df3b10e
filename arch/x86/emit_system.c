/* emit_system.c - descriptor tables, control registers, MSRs, identification, time */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/emit_system.h"

#include "arch/x86/cpuid.h"
#include "arch/x86/debugreg.h"
#include "arch/x86/segment.h"

static unsigned native_size(const struct x86_tr *t)
{
    return t->mode & MODE_CS64 ? 8 : 4;
}

/* CR4.UMIP keeps user code from reading system state; true if that was emitted. */
static bool umip_blocks(struct x86_tr *t)
{
    if (!(t->mode & MODE_UMIP) || !(t->mode & MODE_CPL))
        return false;
    x86_emit_raise_error(t, EXC_GP, 0);
    return true;
}

/* ---- GDTR, IDTR ---- */

static u64 help_store_table(struct cpu *c, u64 addr, u64 which, u64 base_size)
{
    struct x86_cpu *x = x86_of(c);
    bool gdt = which == TABLE_GDT;
    mem_probe(c, addr, 2 + (unsigned)base_size, MEM_WRITE, c->mmu);
    x86_st(x, addr, gdt ? x->gdt_limit : x->idt_limit, 2);
    x86_st(x, addr + 2, gdt ? x->gdt_base : x->idt_base, (unsigned)base_size);
    return 0;
}

static u64 help_load_table(struct cpu *c, u64 limit, u64 base, u64 which)
{
    struct x86_cpu *x = x86_of(c);
    if (!x86_canonical(base))
        x86_raise_error(x, EXC_GP, 0);
    if (which == TABLE_GDT) {
        x->gdt_limit = (u32)limit;
        x->gdt_base = base;
    } else {
        x->idt_limit = (u32)limit;
        x->idt_base = base;
    }
    return 0;
}

void x86_op_store_table(struct x86_tr *t, const struct x86_insn *in)
{
    unsigned size = native_size(t);
    if (umip_blocks(t))
        return;
    ir_val addr = x86_mem_addr(t, in, 2 + size, true);
    ir_call(t->b, IR_NONE, help_store_table, addr, x86_temp_imm(t, in->row->arg),
            x86_temp_imm(t, size));
}

void x86_op_load_table(struct x86_tr *t, const struct x86_insn *in)
{
    unsigned size = native_size(t);
    ir_val addr = x86_mem_addr(t, in, 2 + size, false), limit = ir_temp(t->b), base = ir_temp(t->b);
    ir_ld(t->b, IR_16, limit, addr, 0);
    ir_ld(t->b, size == 8 ? IR_64 : IR_32, base, addr, 2);
    if (size == 4 && in->opsize == 2)
        ir_2i(t->b, IR_AND, IR_32, base, base, 0xffffff);
    ir_call(t->b, IR_NONE, help_load_table, limit, base, x86_temp_imm(t, in->row->arg));
}

/* ---- LDTR, TR ---- */

static u64 help_selector(struct cpu *c, u64 seg, u64 a, u64 b)
{
    (void)a, (void)b;
    return x86_of(c)->seg[seg].selector;
}

static u64 help_load_selector(struct cpu *c, u64 seg, u64 sel, u64 unused)
{
    (void)unused;
    if (seg == SEG_TR)
        x86_load_tr(x86_of(c), (u16)sel);
    else
        x86_load_ldt(x86_of(c), (u16)sel);
    return 0;
}

void x86_op_store_selector(struct x86_tr *t, const struct x86_insn *in)
{
    if (umip_blocks(t))
        return;
    ir_val v = ir_temp(t->b);
    ir_call(t->b, v, help_selector, x86_temp_imm(t, in->row->arg), IR_NONE, IR_NONE);
    x86_write_operand(t, in, 0, v);
}

void x86_op_load_selector(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val sel = x86_read_operand(t, in, 0);
    ir_call(t->b, IR_NONE, help_load_selector, x86_temp_imm(t, in->row->arg), sel, IR_NONE);
}

/* ---- LAR, LSL, VERR, VERW, ARPL ---- */

static void set_zf(struct x86_cpu *x, bool zf)
{
    x86_set_rflags(x, (x86_get_rflags(x) & ~(u64)FL_ZF) | (zf ? FL_ZF : 0));
}

/* how: enum x86_probe, the destination register from bit 8, its size from bit 16. */
static u64 help_probe(struct cpu *c, u64 sel, u64 how, u64 unused)
{
    struct x86_cpu *x = x86_of(c);
    enum x86_probe what = (enum x86_probe)(how & 0xff);
    u64 *reg = &x->gpr[how >> 8 & 15];
    u32 v = 0;
    (void)unused;
    bool ok = x86_probe_selector(x, (u16)sel, what, &v);
    if (ok && what <= PROBE_LSL)
        *reg = how >> 16 == 2 ? (*reg & ~(u64)0xffff) | (v & 0xffff) : v;
    set_zf(x, ok);
    return 0;
}

void x86_op_probe(struct x86_tr *t, const struct x86_insn *in)
{
    u64 how = in->row->arg;
    if (how <= PROBE_LSL)
        how |= (u64)in->op[0].reg << 8 | (u64)in->op[0].size << 16;
    ir_val sel = x86_read_operand(t, in, in->n_ops - 1u);
    ir_call(t->b, IR_NONE, help_probe, sel, x86_temp_imm(t, how), IR_NONE);
    x86_cc_unknown(t);
}

static u64 help_arpl(struct cpu *c, u64 dst, u64 src, u64 unused)
{
    (void)c, (void)unused;
    bool raise = (dst & 3) < (src & 3);
    return raise ? (dst & 0xfffc) | (src & 3) | 0x10000 : dst & 0xffff;
}

static u64 help_set_zf(struct cpu *c, u64 arpl, u64 a, u64 b)
{
    (void)a, (void)b;
    set_zf(x86_of(c), arpl >> 16);
    return 0;
}

void x86_op_arpl(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val addr, dst = x86_read_for_write(t, in, 0, &addr), r = ir_temp(t->b);
    ir_call(t->b, r, help_arpl, dst, x86_read_operand(t, in, 1), IR_NONE);
    x86_write_back(t, in, 0, addr, r);
    ir_call(t->b, IR_NONE, help_set_zf, r, IR_NONE, IR_NONE);
    x86_cc_unknown(t);
}

/* ---- control and debug registers ---- */

static u64 help_read_cr(struct cpu *c, u64 n, u64 a, u64 b)
{
    (void)a, (void)b;
    return x86_read_cr(x86_of(c), (unsigned)n);
}

static u64 help_write_cr(struct cpu *c, u64 n, u64 v, u64 unused)
{
    (void)unused;
    x86_write_cr(x86_of(c), (unsigned)n, v);
    return 0;
}

static u64 help_lmsw(struct cpu *c, u64 v, u64 a, u64 b)
{
    struct x86_cpu *x = x86_of(c);
    (void)a, (void)b;
    x86_write_cr(x, 0, (x->cr0 & ~(u64)(CR0_MP | CR0_EM | CR0_TS)) | (v & 15));
    return 0;
}

static u64 help_clts(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    (void)a, (void)b, (void)d;
    x->cr0 &= ~(u64)CR0_TS;
    x86_update_mode(x);
    return 0;
}

static u64 help_read_dr(struct cpu *c, u64 n, u64 a, u64 b)
{
    (void)a, (void)b;
    return x86_read_dr(x86_of(c), (unsigned)n);
}

static u64 help_write_dr(struct cpu *c, u64 n, u64 v, u64 unused)
{
    (void)unused;
    x86_write_dr(x86_of(c), (unsigned)n, v);
    return 0;
}

static void from_special(struct x86_tr *t, const struct x86_insn *in, ir_helper fn)
{
    ir_val v = ir_temp(t->b);
    ir_call(t->b, v, fn, x86_temp_imm(t, in->reg | in->rex_r), IR_NONE, IR_NONE);
    x86_write_gpr(t, in->rm | in->rex_b, native_size(t), v);
}

static void to_special(struct x86_tr *t, const struct x86_insn *in, ir_helper fn)
{
    ir_val v = x86_read_gpr(t, in->rm | in->rex_b, native_size(t));
    ir_call(t->b, IR_NONE, fn, x86_temp_imm(t, in->reg | in->rex_r), v, IR_NONE);
    x86_emit_end(t, in, true);
}

void x86_op_mov_from_cr(struct x86_tr *t, const struct x86_insn *in)
{
    from_special(t, in, help_read_cr);
}

void x86_op_mov_to_cr(struct x86_tr *t, const struct x86_insn *in)
{
    to_special(t, in, help_write_cr);
}

void x86_op_mov_from_dr(struct x86_tr *t, const struct x86_insn *in)
{
    from_special(t, in, help_read_dr);
}

void x86_op_mov_to_dr(struct x86_tr *t, const struct x86_insn *in)
{
    to_special(t, in, help_write_dr);
}

void x86_op_smsw(struct x86_tr *t, const struct x86_insn *in)
{
    if (umip_blocks(t))
        return;
    x86_write_operand(t, in, 0, IR_WORD(struct x86_cpu, cr0));
}

void x86_op_lmsw(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val v = x86_read_operand(t, in, 0);
    ir_call(t->b, IR_NONE, help_lmsw, v, IR_NONE, IR_NONE);
    x86_emit_end(t, in, true);
}

void x86_op_clts(struct x86_tr *t, const struct x86_insn *in)
{
    ir_call(t->b, IR_NONE, help_clts, IR_NONE, IR_NONE, IR_NONE);
    x86_emit_end(t, in, false);
}

/* ---- MSRs and bases ---- */

static void set_edx_eax(struct x86_cpu *x, u64 v)
{
    x->gpr[RAX] = (u32)v;
    x->gpr[RDX] = v >> 32;
}

static u64 help_rdmsr(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    (void)a, (void)b, (void)d;
    set_edx_eax(x, x86_read_msr(x, (u32)x->gpr[RCX]));
    return 0;
}

static u64 help_wrmsr(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    (void)a, (void)b, (void)d;
    x86_write_msr(x, (u32)x->gpr[RCX], (u32)x->gpr[RAX] | x->gpr[RDX] << 32);
    return 0;
}

/* XCR0 is the only one there is (SDM vol. 2, XGETBV and XSETBV). */
static void check_xcr(struct x86_cpu *x)
{
    if ((u32)x->gpr[RCX])
        x86_raise_error(x, EXC_GP, 0);
}

static u64 help_xgetbv(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    (void)a, (void)b, (void)d;
    check_xcr(x);
    set_edx_eax(x, x->xcr0);
    return 0;
}

static u64 help_xsetbv(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    u64 v = (u32)x->gpr[RAX] | x->gpr[RDX] << 32;
    (void)a, (void)b, (void)d;
    check_xcr(x);
    if (x86_cpl(x) || (v & ~(u64)XCR0_IMPLEMENTED) || !(v & XCR0_X87))
        x86_raise_error(x, EXC_GP, 0);
    x->xcr0 = v;
    return 0;
}

static u64 help_swapgs(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    u64 base = x->seg[SEG_GS].base;
    (void)a, (void)b, (void)d;
    x->seg[SEG_GS].base = x->seg_base[SEG_GS] = x->kernel_gs_base;
    x->kernel_gs_base = base;
    return 0;
}

static void check_fsgsbase(struct x86_cpu *x)
{
    if (!(x->cr4 & CR4_FSGSBASE))
        x86_raise(x, EXC_UD);
}

static u64 help_read_base(struct cpu *c, u64 seg, u64 a, u64 b)
{
    (void)a, (void)b;
    check_fsgsbase(x86_of(c));
    return x86_of(c)->seg[seg].base;
}

static u64 help_write_base(struct cpu *c, u64 seg, u64 v, u64 unused)
{
    struct x86_cpu *x = x86_of(c);
    (void)unused;
    check_fsgsbase(x);
    if (!x86_canonical(v))
        x86_raise_error(x, EXC_GP, 0);
    x->seg[seg].base = x->seg_base[seg] = v;
    return 0;
}

void x86_op_rdmsr(struct x86_tr *t, const struct x86_insn *in)
{
    ir_call(t->b, IR_NONE, help_rdmsr, IR_NONE, IR_NONE, IR_NONE);
    x86_emit_end(t, in, false);
}

void x86_op_wrmsr(struct x86_tr *t, const struct x86_insn *in)
{
    ir_call(t->b, IR_NONE, help_wrmsr, IR_NONE, IR_NONE, IR_NONE);
    x86_emit_end(t, in, true);
}

static bool xsave_is_off(struct x86_tr *t)
{
    if (!(t->mode & MODE_OSXSAVE))
        x86_emit_raise(t, EXC_UD);
    return !(t->mode & MODE_OSXSAVE);
}

void x86_op_xgetbv(struct x86_tr *t, const struct x86_insn *in)
{
    (void)in;
    if (!xsave_is_off(t))
        ir_call(t->b, IR_NONE, help_xgetbv, IR_NONE, IR_NONE, IR_NONE);
}

void x86_op_xsetbv(struct x86_tr *t, const struct x86_insn *in)
{
    (void)in;
    if (!xsave_is_off(t))
        ir_call(t->b, IR_NONE, help_xsetbv, IR_NONE, IR_NONE, IR_NONE);
}

void x86_op_swapgs(struct x86_tr *t, const struct x86_insn *in)
{
    (void)in;
    ir_call(t->b, IR_NONE, help_swapgs, IR_NONE, IR_NONE, IR_NONE);
}

void x86_op_read_base(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val v = ir_temp(t->b);
    ir_call(t->b, v, help_read_base, x86_temp_imm(t, in->row->arg), IR_NONE, IR_NONE);
    x86_write_operand(t, in, 0, v);
}

void x86_op_write_base(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val v = x86_read_operand(t, in, 0);
    ir_call(t->b, IR_NONE, help_write_base, x86_temp_imm(t, in->row->arg), v, IR_NONE);
}

/* ---- CLAC, STAC; caches ---- */

static u64 help_set_ac(struct cpu *c, u64 on, u64 a, u64 b)
{
    struct x86_cpu *x = x86_of(c);
    (void)a, (void)b;
    if (x86_cpl(x) || (c->mode & MODE_VM))
        x86_raise(x, EXC_UD);
    x->rflags = on ? x->rflags | FL_AC : x->rflags & ~(u64)FL_AC;
    x86_update_mode(x);
    return 0;
}

static u64 help_invpcid(struct cpu *c, u64 type, u64 desc, u64 unused)
{
    (void)unused;
    x86_invpcid(x86_of(c), type, desc);
    return 0;
}

static u64 help_clflush(struct cpu *c, u64 addr, u64 a, u64 b)
{
    (void)a, (void)b;
    mem_probe(c, addr, 1, MEM_READ, c->mmu);
    return 0;
}

void x86_op_set_ac(struct x86_tr *t, const struct x86_insn *in)
{
    ir_call(t->b, IR_NONE, help_set_ac, x86_temp_imm(t, in->row->arg), IR_NONE, IR_NONE);
    x86_emit_end(t, in, false);
}

void x86_op_system_nop(struct x86_tr *t, const struct x86_insn *in)
{
    (void)t, (void)in;
}

void x86_op_invpcid(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val addr = x86_mem_addr(t, in, 16, false);
    ir_call(t->b, IR_NONE, help_invpcid, x86_read_operand(t, in, 0), addr, IR_NONE);
}

void x86_op_clflush(struct x86_tr *t, const struct x86_insn *in)
{
    ir_call(t->b, IR_NONE, help_clflush, x86_mem_addr(t, in, 1, false), IR_NONE, IR_NONE);
}

/* ---- identification and time ---- */

static u64 help_cpuid(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    x86_cpuid(x86_of(c));
    return 0;
}

static u64 help_rdtsc(struct cpu *c, u64 with_aux, u64 a, u64 b)
{
    struct x86_cpu *x = x86_of(c);
    (void)a, (void)b;
    if ((x->cr4 & CR4_TSD) && x86_cpl(x))
        x86_raise_error(x, EXC_GP, 0);
    cpu_sync_position(c); /* the clock reads exactly; the run loop has nothing to do */
    set_edx_eax(x, x86_tsc(x));
    if (with_aux)
        x->gpr[RCX] = (u32)x->tsc_aux;
    return 0;
}

void x86_op_cpuid(struct x86_tr *t, const struct x86_insn *in)
{
    (void)in;
    ir_call(t->b, IR_NONE, help_cpuid, IR_NONE, IR_NONE, IR_NONE);
}

void x86_op_rdtsc(struct x86_tr *t, const struct x86_insn *in)
{
    ir_call(t->b, IR_NONE, help_rdtsc, x86_temp_imm(t, in->row->arg), IR_NONE, IR_NONE);
    x86_emit_end(t, in, false);
}

void x86_op_rdpid(struct x86_tr *t, const struct x86_insn *in)
{
    x86_write_operand(t, in, 0, IR_WORD(struct x86_cpu, tsc_aux));
}

void x86_op_rdpmc(struct x86_tr *t, const struct x86_insn *in)
{
    (void)in;
    x86_emit_raise_error(t, EXC_GP, 0); /* there are no counters */
}
