/* emit_segment.c - segment registers, far transfers, system calls */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/emit_system.h"
#include "arch/x86/segment.h"

/* ---- MOV, PUSH and POP of segment registers ---- */

static u64 help_load_seg(struct cpu *c, u64 seg, u64 sel, u64 hold)
{
    struct x86_cpu *x = x86_of(c);
    x86_load_seg(x, (enum x86_seg)seg, (u16)sel);
    if (hold) {
        x->shadow = true;
        x86_update_mode(x);
    }
    return 0;
}

static u64 help_pop_seg(struct cpu *c, u64 seg, u64 size, u64 unused)
{
    struct x86_cpu *x = x86_of(c);
    struct x86_stack st = x86_stack_current(x);
    u16 sel = (u16)x86_stack_pop(&st, (unsigned)size);
    (void)unused;
    x86_load_seg(x, (enum x86_seg)seg, sel);
    x86_stack_commit(&st);
    if (seg == SEG_SS) {
        x->shadow = true;
        x86_update_mode(x);
    }
    return 0;
}

void x86_op_mov_to_seg(struct x86_tr *t, const struct x86_insn *in)
{
    unsigned seg = in->op[0].reg;
    if (seg == SEG_CS || seg > SEG_GS) {
        x86_emit_undefined(t, in);
        return;
    }
    ir_val sel = x86_read_operand(t, in, 1);
    ir_call(t->b, IR_NONE, help_load_seg, x86_temp_imm(t, seg), sel,
            x86_temp_imm(t, seg == SEG_SS));
    x86_emit_end(t, in, false);
}

void x86_op_pop_seg(struct x86_tr *t, const struct x86_insn *in)
{
    ir_call(t->b, IR_NONE, help_pop_seg, x86_temp_imm(t, in->op[0].reg),
            x86_temp_imm(t, in->opsize), IR_NONE);
    x86_emit_end(t, in, false);
}

/* ---- far pointers ---- */

static void read_far(struct x86_tr *t, const struct x86_insn *in, ir_val *off, ir_val *sel)
{
    enum ir_size size = in->opsize == 8 ? IR_64 : in->opsize == 4 ? IR_32 : IR_16;
    ir_val addr = x86_mem_addr(t, in, in->opsize + 2, false);
    *off = ir_temp(t->b);
    *sel = ir_temp(t->b);
    ir_ld(t->b, size, *off, addr, 0);
    ir_ld(t->b, IR_16, *sel, addr, in->opsize);
}

void x86_op_load_far(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val off, sel;
    read_far(t, in, &off, &sel);
    ir_call(t->b, IR_NONE, help_load_seg, x86_temp_imm(t, in->row->arg), sel, x86_temp_imm(t, 0));
    x86_write_operand(t, in, 0, off);
    x86_emit_end(t, in, false);
}

/* how: the selector, the operand size from bit 16, FAR_... from bit 24. */
static u64 help_far(struct cpu *c, u64 how, u64 off, u64 next_pc)
{
    struct x86_cpu *x = x86_of(c);
    unsigned opsize = how >> 16 & 0xff;
    if (how >> 24 == FAR_CALL)
        x86_far_call(x, (u16)how, off, next_pc, opsize);
    else
        x86_far_jump(x, (u16)how, off, next_pc, opsize);
    return 0;
}

static u64 how_far(const struct x86_insn *in)
{
    return (u64)in->opsize << 16 | in->row->arg << 24;
}

void x86_op_far_imm(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val how = x86_temp_imm(t, how_far(in) | in->op[0].imm2);
    x86_emit_call_end(t, help_far, how, x86_temp_imm(t, in->op[0].imm),
                      x86_temp_imm(t, in->next_pc));
}

void x86_op_far_mem(struct x86_tr *t, const struct x86_insn *in)
{
    ir_val off, sel, how = ir_temp(t->b);
    read_far(t, in, &off, &sel);
    ir_2i(t->b, IR_OR, IR_64, how, sel, how_far(in));
    x86_emit_call_end(t, help_far, how, off, x86_temp_imm(t, in->next_pc));
}

static u64 help_far_ret(struct cpu *c, u64 opsize, u64 bytes, u64 unused)
{
    (void)unused;
    x86_far_ret(x86_of(c), (unsigned)opsize, (u16)bytes);
    return 0;
}

void x86_op_far_ret(struct x86_tr *t, const struct x86_insn *in)
{
    u64 bytes = in->n_ops ? in->op[0].imm : 0;
    x86_emit_call_end(t, help_far_ret, x86_temp_imm(t, in->opsize), x86_temp_imm(t, bytes),
                      IR_NONE);
}

static u64 help_iret(struct cpu *c, u64 opsize, u64 next_pc, u64 unused)
{
    (void)unused;
    x86_iret(x86_of(c), (unsigned)opsize, next_pc);
    return 0;
}

void x86_op_iret(struct x86_tr *t, const struct x86_insn *in)
{
    x86_emit_call_end(t, help_iret, x86_temp_imm(t, in->opsize), x86_temp_imm(t, in->next_pc),
                      IR_NONE);
}

/* ---- SYSCALL and the like ---- */

static u64 help_syscall(struct cpu *c, u64 next_pc, u64 a, u64 b)
{
    (void)a, (void)b;
    x86_syscall(x86_of(c), next_pc);
    return 0;
}

static u64 help_sysret(struct cpu *c, u64 opsize, u64 a, u64 b)
{
    (void)a, (void)b;
    x86_sysret(x86_of(c), (unsigned)opsize);
    return 0;
}

static u64 help_sysenter(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    x86_sysenter(x86_of(c));
    return 0;
}

static u64 help_sysexit(struct cpu *c, u64 opsize, u64 a, u64 b)
{
    (void)a, (void)b;
    x86_sysexit(x86_of(c), (unsigned)opsize);
    return 0;
}

void x86_op_syscall(struct x86_tr *t, const struct x86_insn *in)
{
    x86_emit_call_end(t, help_syscall, x86_temp_imm(t, in->next_pc), IR_NONE, IR_NONE);
}

void x86_op_sysret(struct x86_tr *t, const struct x86_insn *in)
{
    x86_emit_call_end(t, help_sysret, x86_temp_imm(t, in->opsize), IR_NONE, IR_NONE);
}

void x86_op_sysenter(struct x86_tr *t, const struct x86_insn *in)
{
    (void)in;
    x86_emit_call_end(t, help_sysenter, IR_NONE, IR_NONE, IR_NONE);
}

void x86_op_sysexit(struct x86_tr *t, const struct x86_insn *in)
{
    x86_emit_call_end(t, help_sysexit, x86_temp_imm(t, in->opsize), IR_NONE, IR_NONE);
}
