/* emit_branch.c - near branches, software interrupts, BOUND, UD */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/emit.h"
#include "arch/x86/segment.h"
#include "arch/x86/translate_int.h"

static void check_target(struct x86_tr *t, u64 target)
{
    if (t->mode & MODE_CS64 ? !x86_canonical(target) : !(t->mode & MODE_FLAT_CS))
        x86_emit_check_target(t, x86_temp_imm(t, target));
}

static void exit_to(struct x86_tr *t, const struct x86_insn *in, u64 target)
{
    check_target(t, target);
    x86_emit_exit(t, in, target);
}

X86_EMIT(jcc)
{
    struct x86_cond_ir k;
    unsigned holds = ir_label(t->b);
    u64 taken = in->op[0].imm;

    x86_emit_step_end(t, in);
    k = x86_cond_of(t, in->opcode & 15);
    x86_emit_cond_br(t, &k, holds);
    exit_to(t, in, k.negate ? taken : in->next_pc);
    ir_bind(t->b, holds);
    exit_to(t, in, k.negate ? in->next_pc : taken);
}

X86_EMIT(jmp)
{
    ir_val target;

    if (in->op[0].kind == OPD_REL) {
        exit_to(t, in, in->op[0].imm);
        return;
    }
    target = x86_read_operand(t, in, 0);
    x86_emit_check_target(t, target);
    x86_emit_exit_ind(t, in, target);
}

X86_EMIT(call)
{
    bool relative = in->op[0].kind == OPD_REL;
    ir_val target = IR_NONE;

    if (relative) {
        check_target(t, in->op[0].imm);
    } else { /* CALL RSP and the like: read before RSP moves */
        target = x86_read_operand(t, in, 0);
        x86_emit_check_target(t, target);
    }
    x86_emit_push(t, in, x86_temp_imm(t, in->next_pc), in->opsize);
    if (relative)
        x86_emit_exit(t, in, in->op[0].imm);
    else
        x86_emit_exit_ind(t, in, target);
}

X86_EMIT(ret)
{
    ir_val target = x86_emit_pop(t, in, in->opsize);

    x86_emit_check_target(t, target);
    x86_emit_add_sp(t, in, in->opsize + (in->n_ops ? in->op[0].imm : 0));
    x86_emit_exit_ind(t, in, target);
}

/* LOOPNE, LOOPE, LOOP are E0, E1, E2; the count register is that of the address size. */
X86_EMIT(loop)
{
    enum ir_size s = x86_ir_size(in->addrsize);
    ir_val n = ir_temp(t->b);
    unsigned leave = ir_label(t->b);

    x86_emit_step_end(t, in);
    ir_2i(t->b, IR_SUB, s, n, X86_GPR(RCX), 1);
    ir_val go = ir_temp(t->b);
    ir_2i(t->b, IR_NE, s, go, n, 0);
    if (in->opcode != 0xe2) {
        ir_val z = x86_emit_cond(t, in->opcode == 0xe1 ? 4 : 5);
        ir_2(t->b, IR_AND, IR_32, go, go, z);
    }
    ir_bri(t->b, IR_BR_EQ, IR_32, go, 0, leave);
    check_target(t, in->op[0].imm);
    x86_write_gpr(t, RCX, in->addrsize, n);
    x86_emit_exit(t, in, in->op[0].imm);
    ir_bind(t->b, leave);
    x86_write_gpr(t, RCX, in->addrsize, n);
    x86_emit_exit(t, in, in->next_pc);
}

X86_EMIT(jcxz)
{
    unsigned zero = ir_label(t->b);

    x86_emit_step_end(t, in);
    ir_bri(t->b, IR_BR_EQ, x86_ir_size(in->addrsize), X86_GPR(RCX), 0, zero);
    x86_emit_exit(t, in, in->next_pc);
    ir_bind(t->b, zero);
    exit_to(t, in, in->op[0].imm);
}

/* ---- software interrupts ---- */

static u64 help_int(struct cpu *c, u64 vector, u64 next_pc, u64 is_int_n)
{
    x86_software_interrupt(x86_of(c), (u8)vector, next_pc, is_int_n);
    return 0;
}

static void software_interrupt(struct x86_tr *t, const struct x86_insn *in, unsigned vector,
                               bool is_int_n)
{
    ir_call(t->b, IR_NONE, help_int, x86_temp_imm(t, vector), x86_temp_imm(t, in->next_pc),
            x86_temp_imm(t, is_int_n));
}

/* INT n; INT3 and INT1 have their vector as the row's argument. */
X86_EMIT(int)
{
    bool is_int_n = in->n_ops;

    software_interrupt(t, in, is_int_n ? (unsigned)in->op[0].imm : (unsigned)in->row->arg,
                       is_int_n);
    x86_emit_step_end(t, in);
    ir_exit_pc(t->b);
    t->ended = true;
}

X86_EMIT(into)
{
    struct x86_cond_ir k = x86_cond_of(t, 0);
    unsigned overflow = ir_label(t->b);

    x86_emit_cond_br(t, &k, overflow);
    x86_emit_exit(t, in, in->next_pc);
    ir_bind(t->b, overflow);
    software_interrupt(t, in, EXC_OF, false);
    x86_emit_step_end_no_trap(t);
    ir_exit_pc(t->b);
}

static u64 help_bound(struct cpu *c, u64 index, u64 low, u64 high)
{
    if ((i64)index < (i64)low || (i64)index > (i64)high)
        x86_raise(x86_of(c), EXC_BR);
    return 0;
}

X86_EMIT(bound)
{
    unsigned size = in->op[0].size;
    enum ir_size s = x86_ir_size(size);
    enum ir_opcode sext = size == 2 ? IR_SEXT16 : IR_SEXT32;
    ir_val addr = x86_mem_addr(t, in, 2 * size, false);
    ir_val index = ir_temp(t->b), low = ir_temp(t->b), high = ir_temp(t->b);

    ir_ld(t->b, s, low, addr, 0);
    ir_ld(t->b, s, high, addr, size);
    ir_1(t->b, sext, IR_64, index, X86_GPR(in->op[0].reg));
    ir_1(t->b, sext, IR_64, low, low);
    ir_1(t->b, sext, IR_64, high, high);
    ir_call(t->b, IR_NONE, help_bound, index, low, high);
}

X86_EMIT(ud)
{
    (void)in;
    x86_emit_raise(t, EXC_UD);
}
