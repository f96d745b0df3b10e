/* test_interrupt.c - exceptions and interrupts in all modes, system calls, traps and breakpoints */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "arch/x86/debugreg.h"
#include "common_sys.h"

static int vector_to_give;

static int intack(void *opaque)
{
    struct sys *s = opaque;
    irq_lower(cpu_irq(&s->x->base, CPU_LINE_IRQ));
    return vector_to_give;
}

static void raise_irq(struct sys *s, int vector)
{
    vector_to_give = vector;
    s->x->base.intack = intack;
    s->x->base.intack_opaque = s;
    irq_raise(cpu_irq(&s->x->base, CPU_LINE_IRQ));
}

/* ---- protected mode ---- */

Test(interrupt, frame_and_flags)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    sys_gate32(s, 0x41, SEL_CODE0, AT_HANDLERS + 0x410, SYS_TRAP, 0);
    SYS_PROGRAM(s, 0xcd, 0x40);
    x86_set_rflags(s->x, FL_FIXED | FL_IF | FL_NT | FL_CF);
    sys_run(s);
    cr_assert_eq(sys_vector(s), 0x40);
    cr_assert_eq(sys_stack(s, 0), AT_CODE + 2);
    cr_assert_eq(sys_stack(s, 1), SEL_CODE0);
    cr_assert_eq(sys_stack(s, 2), FL_FIXED | FL_IF | FL_NT | FL_CF);
    cr_assert_eq(x86_get_rflags(s->x), FL_FIXED | FL_CF, "interrupt gate: IF, TF, NT cleared");
    cr_assert_eq(s->x->handler_depth, 1);
    SYS_PROGRAM(s, 0xcd, 0x41);
    x86_set_rflags(s->x, FL_FIXED | FL_IF);
    sys_run(s);
    cr_assert_eq(x86_get_rflags(s->x), FL_FIXED | FL_IF, "trap gate: IF stays");
    sys_delete(s);
}

Test(interrupt, from_user)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    sys_gate32(s, 0x80, SEL_CODE0, AT_HANDLERS + 0x800, SYS_INT, 3);
    sys_user(s);
    SYS_PROGRAM(s, 0xcd, 0x80);
    sys_run(s);
    cr_assert_eq(sys_vector(s), 0x80);
    cr_assert_eq(s->x->gpr[RSP], AT_TSS_STACK - 20);
    cr_assert_eq(sys_stack(s, 1), SEL_CODE3);
    cr_assert_eq(sys_stack(s, 3), AT_STACK3);
    cr_assert_eq(sys_stack(s, 4), SEL_DATA3);
    cr_assert_eq(s->x->seg[SEG_SS].selector, SEL_DATA0);
    cr_assert_eq(x86_cpl(s->x), 0);
    sys_delete(s);
}

Test(interrupt, user_may_not_use_a_kernel_gate)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    sys_user(s);
    SYS_PROGRAM(s, 0xcd, 0x40);
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_GP);
    cr_assert_eq(sys_stack(s, 0), 0x40 * 8 + 2, "IDT bit, no EXT");
    cr_assert_eq(sys_stack(s, 1), AT_CODE);
    cr_assert(sys_stack(s, 3) & FL_RF, "a fault pushes RF");
    sys_delete(s);
}

Test(interrupt, external_has_ext_bit)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    sys_gate32(s, 0x50, SEL_ABSENT, 0, SYS_INT, 0); /* not code */
    SYS_PROGRAM(s, 0x90);
    x86_set_rflags(s->x, FL_FIXED | FL_IF);
    raise_irq(s, 0x50);
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_GP);
    cr_assert_eq(sys_stack(s, 0), SEL_ABSENT | 1);
    cr_assert_eq(sys_stack(s, 1), AT_CODE);
    sys_delete(s);
}

Test(interrupt, not_present_gate)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    sys_put_int(s, AT_IDT + 0x40 * 8 + 5, 0x0e, 1);
    SYS_PROGRAM(s, 0xcd, 0x40);
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_NP);
    cr_assert_eq(sys_stack(s, 0), 0x40 * 8 + 2);
    sys_delete(s);
}

Test(interrupt, double_and_triple_fault)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    sys_put_int(s, AT_IDT + EXC_GP * 8 + 5, 0x0e, 1); /* #GP's gate is absent: #GP, #NP: double fault */
    SYS_PROGRAM(s, 0x0f, 0x0b);                       /* ud2: benign, delivered */
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_UD);
    SYS_PROGRAM(s, 0xcd, 0x40);
    sys_put_int(s, AT_IDT + 0x40 * 8 + 5, 0x00, 1);
    sys_run(s); /* #GP(0x202) -> #NP in its delivery -> #DF */
    cr_assert_eq(sys_vector(s), EXC_DF);
    cr_assert_eq(sys_stack(s, 0), 0);
    cr_assert_eq(sys_stack(s, 1), AT_CODE);
    u64 before = s->m->clock.icount;
    sys_put_int(s, AT_IDT + EXC_DF * 8 + 5, 0x0e, 1);
    s->x->base.pc = AT_CODE;
    struct stop stop = sys_run(s);
    cr_assert_eq(stop.kind, STOP_CRASH);
    cr_assert_eq(stop.icount, before + 1, "all of it is one step");
    sys_delete(s);
}

Test(interrupt, page_fault_then_gp_is_served_in_turn)
{
    /* #GP first, then #PF in its delivery: no double fault. */
    struct sys *s = sys_new("max");
    sys_long(s);
    s->x->idt_base = AT_IDT;
    sys_gate64(s, EXC_GP, SEL_CODE0, AT_HANDLERS, SYS_INT, 0, 1); /* IST 1 is not mapped */
    sys_gate64(s, EXC_PF, SEL_CODE0, AT_HANDLERS + EXC_PF * 16, SYS_INT, 0, 2);
    sys_put_int(s, AT_TSS + 36, 0x7000000000, 8);
    sys_put_int(s, AT_TSS + 44, 0x27000, 8);
    SYS_PROGRAM(s, 0x8e, 0xd8); /* mov ds, ax */
    s->x->gpr[RAX] = SEL_BEYOND;
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_PF);
    cr_assert_eq(s->x->cr2, 0x7000000000 - 8);
    cr_assert_eq(sys_stack(s, 0), 2);
    cr_assert_eq(sys_stack(s, 1), AT_CODE);
    sys_delete(s);
}

/* ---- interrupts, NMI, shadow ---- */

Test(interrupt, waits_for_if_and_shadow)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    SYS_PROGRAM(s, 0x90, 0x90, 0xfb, 0x40, 0x40, 0xf4); /* nop; nop; sti; inc eax; inc eax; hlt */
    raise_irq(s, 0x33);
    sys_run(s);
    cr_assert_eq(sys_vector(s), 0x33);
    cr_assert_eq(s->x->gpr[RAX], 1, "one instruction behind STI is executed");
    cr_assert_eq(sys_stack(s, 0), AT_CODE + 4);
    sys_delete(s);
}

Test(interrupt, mov_ss_shadow)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    SYS_PROGRAM(s, 0x8e, 0xd1, 0xbc, 0x00, 0x80, 0x02, 0x00, 0x90, 0xf4); /* mov ss, cx; mov esp, 0x28000 */
    s->x->gpr[RCX] = SEL_DATA0;
    x86_set_rflags(s->x, FL_FIXED | FL_IF);
    sys_steps(s, 1);
    raise_irq(s, 0x33);
    sys_run(s);
    cr_assert_eq(sys_stack(s, 0), AT_CODE + 7);
    cr_assert_eq(s->x->gpr[RSP], 0x28000 - 12);
    sys_delete(s);
}

Test(interrupt, nmi_is_blocked_until_iret)
{
    struct sys *s = sys_new("max");
    static const u8 handler[] = {0x43, 0xeb, 0xfe}; /* inc ebx; jmp . */
    sys_protected(s);
    sys_put(s, 0xb000, handler, 3);
    sys_gate32(s, EXC_NMI, SEL_CODE0, 0xb000, SYS_INT, 0);
    SYS_PROGRAM(s, 0xeb, 0xfe);
    irq_raise(cpu_irq(&s->x->base, CPU_LINE_NMI));
    sys_steps(s, 10);
    cr_assert_eq(s->x->gpr[RBX], 1);
    irq_raise(cpu_irq(&s->x->base, CPU_LINE_NMI));
    sys_steps(s, 10);
    cr_assert_eq(s->x->gpr[RBX], 1, "held back");
    static const u8 iret[] = {0xcf};
    sys_put(s, 0xb001, iret, 1);
    engine_flush(s->m->engine);
    sys_steps(s, 2); /* the IRET, and the second NMI */
    cr_assert_eq(s->x->base.pc, 0xb000);
    cr_assert(s->x->nmi_blocked);
    sys_delete(s);
}

Test(interrupt, halt_and_wake)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    SYS_PROGRAM(s, 0xfb, 0xf4);
    struct stop stop = sys_run(s);
    cr_assert_eq(stop.kind, STOP_HALTED);
    cr_assert_eq(s->x->base.pc, AT_CODE + 2);
    raise_irq(s, 0x21);
    machine_run(s->m, s->m->clock.icount + 10);
    cr_assert_eq(sys_vector(s), 0x21);
    cr_assert_eq(sys_stack(s, 0), AT_CODE + 2);
    sys_delete(s);
}

/* ---- virtual-8086 mode ---- */

static struct sys *vm86(unsigned iopl, u64 cr4)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    s->x->cr4 = cr4;
    sys_gate32(s, 0x80, SEL_CODE0, AT_HANDLERS + 0x800, SYS_INT, 3);
    SYS_PROGRAM(s, 0xcf); /* iretd */
    const u32 frame[] = {0x100, 0x1234, FL_FIXED | FL_VM | FL_IF | iopl << 12, 0xfff0, 0x2000, 0x3000, 0x3100, 0x3200,
                         0x3300};
    s->x->gpr[RSP] = AT_STACK0 - sizeof(frame);
    sys_put(s, AT_STACK0 - sizeof(frame), frame, sizeof(frame));
    return s;
}

Test(interrupt, vm86_and_back)
{
    struct sys *s = vm86(3, 0);
    static const u8 code[] = {0x8c, 0xd8, 0xcd, 0x80}; /* mov ax, ds; int 0x80 */
    sys_put(s, 0x12340 + 0x100, code, sizeof(code));
    sys_steps(s, 1);
    cr_assert(s->x->base.mode & MODE_VM);
    cr_assert_eq(x86_cpl(s->x), 3);
    cr_assert_eq(s->x->seg[SEG_CS].base, 0x12340);
    cr_assert_eq(s->x->seg[SEG_GS].selector, 0x3300);
    sys_run(s);
    cr_assert_eq(sys_vector(s), 0x80);
    cr_assert_eq(s->x->gpr[RAX] & 0xffff, 0x3100);
    static const u32 frame[] = {0x104, 0x1234, FL_FIXED | FL_VM | FL_IF | 3 << 12, 0xfff0, 0x2000, 0x3000, 0x3100,
                                0x3200, 0x3300};
    for (unsigned i = 0; i < 9; i++)
        cr_assert_eq(sys_stack(s, i), frame[i], "word %u", i);
    cr_assert_eq(s->x->gpr[RSP], AT_TSS_STACK - 36);
    cr_assert(!(s->x->base.mode & MODE_VM));
    cr_assert_eq(s->x->seg[SEG_DS].selector, 0);
    sys_delete(s);
}

Test(interrupt, vm86_iopl)
{
    static const u8 sensitive[][2] = {{0xcd, 0x80}, {0xfa}, {0xfb}, {0x9c}, {0x9d}, {0xcf}};
    for (unsigned i = 0; i < ARRAY_SIZE(sensitive); i++) {
        struct sys *s = vm86(0, 0);
        sys_put(s, 0x12340 + 0x100, sensitive[i], 2);
        sys_run(s);
        cr_assert_eq(sys_vector(s), EXC_GP, "instruction %u", i);
        cr_assert_eq(sys_stack(s, 0), 0);
        cr_assert_eq(sys_stack(s, 1), 0x100);
        sys_delete(s);
    }
}

Test(interrupt, vme_redirects_into_the_task)
{
    struct sys *s = vm86(0, CR4_VME);
    static const u8 code[] = {0xfa, 0xcd, 0x21}; /* cli: clears VIF only; int 0x21 */
    sys_put(s, 0x12340 + 0x100, code, sizeof(code));
    sys_put_int(s, AT_TSS + 102, 0x88, 2); /* the redirection map is at 0x68, all zero */
    memset(s->ram->host + AT_TSS + 0x68, 0, 32);
    sys_put_int(s, 0x21 * 4, 0x40000010, 4);
    sys_steps(s, 3);
    cr_assert(s->x->base.mode & MODE_VM);
    cr_assert_eq(s->x->seg[SEG_CS].selector, 0x4000);
    cr_assert_eq(s->x->base.pc, 0x10);
    cr_assert_eq(s->x->gpr[RSP], 0xffea);
    cr_assert_eq(sys_get(s, 0x20000 + 0xffea, 2), 0x103);
    cr_assert_eq(sys_get(s, 0x20000 + 0xffec, 2), 0x1234);
    cr_assert_eq(sys_get(s, 0x20000 + 0xffee, 2), FL_FIXED | FL_IOPL, "IF is VIF's image");
    cr_assert(s->x->rflags & FL_IF, "the real IF stays");
    sys_delete(s);
}

/* ---- long mode ---- */

Test(interrupt, long_frame_is_aligned)
{
    struct sys *s = sys_new("max");
    sys_long(s);
    SYS_PROGRAM(s, 0xcd, 0x40);
    s->x->gpr[RSP] = AT_STACK0 - 5;
    sys_run(s);
    cr_assert_eq(sys_vector(s), 0x40);
    cr_assert_eq(s->x->gpr[RSP], (AT_STACK0 - 16) - 40);
    cr_assert_eq(sys_stack(s, 0), AT_CODE + 2);
    cr_assert_eq(sys_stack(s, 1), SEL_CODE0);
    cr_assert_eq(sys_stack(s, 3), AT_STACK0 - 5);
    cr_assert_eq(sys_stack(s, 4), SEL_DATA0);
    sys_delete(s);
}

Test(interrupt, long_from_user_and_iretq)
{
    struct sys *s = sys_new("max");
    static const u8 handler[] = {0x8c, 0xd0, 0x48, 0xcf}; /* mov eax, ss; iretq */
    sys_long(s);
    sys_put(s, 0xb000, handler, sizeof(handler));
    sys_gate64(s, 0x80, SEL_CODE0, 0xb000, SYS_INT, 3, 0);
    sys_user(s);
    SYS_PROGRAM(s, 0xcd, 0x80, 0xeb, 0xfe);
    s->x->gpr[RAX] = 77;
    x86_seg_set_null(s->x, SEG_FS, 0);
    s->x->seg[SEG_FS].base = 0x7f0000001000; /* by WRMSR */
    x86_set_rflags(s->x, FL_FIXED | FL_IF);
    sys_steps(s, 2);
    cr_assert_eq(s->x->gpr[RAX], 0, "SS is null at the inner level");
    cr_assert_eq(s->x->gpr[RSP], AT_TSS_STACK - 40);
    sys_steps(s, 1);
    cr_assert_eq(s->x->base.pc, AT_CODE + 2);
    cr_assert_eq(s->x->gpr[RSP], AT_STACK3);
    cr_assert_eq(x86_cpl(s->x), 3);
    cr_assert_eq(x86_get_rflags(s->x), FL_FIXED | FL_IF);
    cr_assert_eq(s->x->handler_depth, 0);
    cr_assert_eq(s->x->seg_base[SEG_FS], 0x7f0000001000, "the base under a null selector stays");
    sys_delete(s);
}

Test(interrupt, ist)
{
    struct sys *s = sys_new("max");
    sys_long(s);
    sys_gate64(s, EXC_UD, SEL_CODE0, AT_HANDLERS + EXC_UD * 16, SYS_INT, 0, 7);
    sys_put_int(s, AT_TSS + 36 + 6 * 8, 0x27008, 8);
    SYS_PROGRAM(s, 0x0f, 0x0b);
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_UD);
    cr_assert_eq(s->x->gpr[RSP], 0x27000 - 40);
    cr_assert_eq(s->x->seg[SEG_SS].selector, SEL_DATA0, "no change of level: SS stays");
    sys_delete(s);
}

/* From 64-bit code to 32-bit code of level 3 by IRETQ, and back by INT. */
Test(interrupt, compatibility_mode)
{
    struct sys *s = sys_new("max");
    static const u8 code32[] = {0x40, 0xcd, 0x80}; /* inc eax (a REX prefix in 64-bit code); int 0x80 */
    sys_long(s);
    sys_desc(s, SEL_CODE32_LONG, 0, 0xfffff,
             ATTR_P | ATTR_S | ATTR_CODE | ATTR_R | ATTR_D | ATTR_G | ATTR_DPL);
    sys_gate64(s, 0x80, SEL_CODE0, AT_HANDLERS + 0x800, SYS_INT, 3, 0);
    sys_put(s, 0xb000, code32, sizeof(code32));
    const u64 frame[] = {0xb000, SEL_CODE32_LONG | 3, FL_FIXED, 0x30000, SEL_DATA3};
    sys_put(s, AT_STACK0 - 40, frame, sizeof(frame));
    s->x->gpr[RSP] = AT_STACK0 - 40;
    s->x->gpr[RAX] = 0xffffffff;
    SYS_PROGRAM(s, 0x48, 0xcf);
    sys_run(s);
    cr_assert_eq(sys_vector(s), 0x80);
    cr_assert_eq(s->x->gpr[RAX], 0);
    cr_assert_eq(sys_stack(s, 1), SEL_CODE32_LONG | 3);
    cr_assert_eq(sys_stack(s, 3), 0x30000);
    sys_delete(s);
}

/* ---- SYSCALL, SYSENTER ---- */

Test(interrupt, syscall_sysret)
{
    struct sys *s = sys_new("max");
    static const u8 kernel[] = {0x48, 0x0f, 0x07}; /* sysretq */
    struct x86_cpu *x = s->x;
    sys_long(s);
    sys_put(s, 0xb000, kernel, sizeof(kernel));
    x->star = (u64)0x0008 << 32 | (u64)0x0013 << 48;
    x->lstar = 0xb000;
    x->fmask = FL_IF | FL_TF | FL_DF;
    sys_user(s);
    SYS_PROGRAM(s, 0x0f, 0x05, 0xeb, 0xfe);
    x86_set_rflags(x, FL_FIXED | FL_IF | FL_DF | FL_ZF);
    sys_steps(s, 1);
    cr_assert_eq(x->base.pc, 0xb000);
    cr_assert_eq(x->gpr[RCX], AT_CODE + 2);
    cr_assert_eq(x->gpr[R11], FL_FIXED | FL_IF | FL_DF | FL_ZF);
    cr_assert_eq(x86_get_rflags(x), FL_FIXED | FL_ZF);
    cr_assert_eq(x->seg[SEG_CS].selector, 8);
    cr_assert_eq(x->seg[SEG_SS].selector, 16);
    cr_assert_eq(x86_cpl(x), 0);
    cr_assert_eq(x->gpr[RSP], AT_STACK3);
    sys_steps(s, 1);
    cr_assert_eq(x->base.pc, AT_CODE + 2);
    cr_assert_eq(x->seg[SEG_CS].selector, 0x23);
    cr_assert_eq(x->seg[SEG_SS].selector, 0x1b);
    cr_assert(x->base.mode & MODE_CS64);
    cr_assert_eq(x86_cpl(x), 3);
    cr_assert_eq(x86_get_rflags(x), FL_FIXED | FL_IF | FL_DF | FL_ZF);
    cr_assert_eq(x->handler_depth, 0);
    sys_delete(s);
}

Test(interrupt, sysret_checks_canonical)
{
    struct sys *s = sys_new("max");
    sys_long(s);
    SYS_PROGRAM(s, 0x48, 0x0f, 0x07);
    s->x->gpr[RCX] = (u64)1 << 47;
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_GP);
    cr_assert_eq(sys_stack(s, 1), AT_CODE);
    sys_delete(s);
}

Test(interrupt, sysenter_sysexit)
{
    struct sys *s = sys_new("max");
    static const u8 kernel[] = {0x0f, 0x35};
    struct x86_cpu *x = s->x;
    sys_protected(s);
    sys_put(s, 0xb000, kernel, sizeof(kernel));
    x->sysenter_cs = SEL_CODE0;
    x->sysenter_esp = 0x21000;
    x->sysenter_eip = 0xb000;
    sys_user(s);
    SYS_PROGRAM(s, 0x0f, 0x34);
    x->gpr[RCX] = AT_STACK3;
    x->gpr[RDX] = AT_CODE + 2;
    x86_set_rflags(x, FL_FIXED | FL_IF);
    sys_steps(s, 1);
    cr_assert_eq(x->base.pc, 0xb000);
    cr_assert_eq(x->gpr[RSP], 0x21000);
    cr_assert_eq(x86_cpl(x), 0);
    cr_assert(!(x->rflags & FL_IF));
    sys_steps(s, 1);
    cr_assert_eq(x->base.pc, AT_CODE + 2);
    cr_assert_eq(x->gpr[RSP], AT_STACK3);
    cr_assert_eq(x->seg[SEG_CS].selector, (SEL_CODE0 + 16) | 3);
    cr_assert_eq(x->seg[SEG_SS].selector, (SEL_CODE0 + 24) | 3);
    cr_assert_eq(x86_cpl(x), 3);
    x->sysenter_cs = 0;
    SYS_PROGRAM(s, 0x0f, 0x34);
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_GP);
    sys_delete(s);
}

/* ---- traps and breakpoints ---- */

Test(interrupt, single_step)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    SYS_PROGRAM(s, 0x40, 0x43, 0x43); /* inc eax; inc ebx */
    x86_set_rflags(s->x, FL_FIXED | FL_TF);
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_DB);
    cr_assert_eq(s->x->gpr[RAX], 1);
    cr_assert_eq(s->x->gpr[RBX], 0);
    cr_assert_eq(sys_stack(s, 0), AT_CODE + 1);
    cr_assert_eq(sys_stack(s, 2), FL_FIXED | FL_TF);
    cr_assert_eq(s->x->dr[6], DR6_FIXED | DR6_BS);
    sys_delete(s);
}

Test(interrupt, instruction_that_faults_does_not_trap)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    SYS_PROGRAM(s, 0x0f, 0x0b);
    x86_set_rflags(s->x, FL_FIXED | FL_TF);
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_UD);
    cr_assert_eq(s->x->dr[6], DR6_FIXED);
    sys_delete(s);
}

Test(interrupt, instruction_breakpoint_and_rf)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    SYS_PROGRAM(s, 0x40, 0x43, 0x43, 0xf4);
    s->x->dr[1] = AT_CODE + 1;
    s->x->dr[7] = DR7_FIXED | 2 << 2;
    x86_update_mode(s->x);
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_DB);
    cr_assert_eq(s->x->gpr[RBX], 0, "a fault: before the instruction");
    cr_assert_eq(sys_stack(s, 0), AT_CODE + 1);
    cr_assert_eq(s->x->dr[6], DR6_FIXED | 2);
    s->x->base.pc = AT_CODE + 1;
    x86_set_rflags(s->x, FL_FIXED | FL_RF);
    sys_run(s);
    cr_assert_eq(s->x->base.pc, AT_CODE + 4, "RF lets it pass once");
    cr_assert_eq(s->x->gpr[RBX], 2);
    cr_assert(!(s->x->rflags & FL_RF));
    sys_delete(s);
}

Test(interrupt, data_breakpoint)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    SYS_PROGRAM(s, 0xa1, 0x02, 0x50, 0x01, 0x00,       /* mov eax, [0x15002]: a read */
                0x66, 0xa3, 0x01, 0x50, 0x01, 0x00,     /* mov [0x15001], ax: beside it */
                0xa2, 0x05, 0x50, 0x01, 0x00,           /* mov [0x15005], al: hit */
                0x43, 0xf4);
    s->x->dr[2] = 0x15004;
    s->x->dr[7] = DR7_FIXED | 1 << 4 | 0xd << 24; /* 4 bytes, writes */
    x86_update_mode(s->x);
    tlb_flush_watched(&s->x->base);
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_DB);
    cr_assert_eq(sys_stack(s, 0), AT_CODE + 16, "a trap: behind the instruction");
    cr_assert_eq(s->x->gpr[RBX], 0);
    cr_assert_eq(s->x->dr[6], DR6_FIXED | 4);
    sys_delete(s);
}

Test(interrupt, general_detect)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    SYS_PROGRAM(s, 0x0f, 0x21, 0xc0); /* mov eax, dr0 */
    s->x->dr[7] = DR7_FIXED | DR7_GD;
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_DB);
    cr_assert_eq(s->x->dr[6], DR6_FIXED | DR6_BD);
    cr_assert_eq(s->x->dr[7], DR7_FIXED, "GD is cleared for the handler");
    sys_delete(s);
}

/* ---- ports ---- */

Test(interrupt, io_permission_map)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    sys_user(s);
    sys_put_int(s, AT_TSS + 104 + 0x80 / 8, 0x02, 1); /* port 0x81 is closed */
    SYS_PROGRAM(s, 0xe6, 0x80, 0xe6, 0x81);
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_GP);
    cr_assert_eq(sys_stack(s, 1), AT_CODE + 2);
    s->x->base.pc = AT_CODE;
    sys_user(s);
    SYS_PROGRAM(s, 0x66, 0xe7, 0x80); /* out 0x80, ax covers it too */
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_GP);
    cr_assert_eq(sys_stack(s, 1), AT_CODE);
    sys_delete(s);
}

static u64 port_value;
static unsigned port_writes;

static u64 port_read(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)offset, (void)size;
    return port_value++;
}

static void port_write(void *opaque, u64 offset, u64 v, unsigned size)
{
    (void)opaque, (void)offset, (void)size;
    port_value = port_value * 16 + v;
    port_writes++;
}

static const struct mmio_ops port_ops = {.read = port_read, .write = port_write, .min_size = 1, .max_size = 2};

Test(interrupt, rep_ins_and_outs)
{
    struct sys *s = sys_new("max");
    struct x86_cpu *x = s->x;
    sys_protected(s);
    bus_map_mmio(s->m->io, "port", 0x300, 2, &port_ops, NULL);
    SYS_PROGRAM(s, 0xf3, 0x6c, 0x31, 0xc0, 0xb1, 0x03, 0xbe, 0x00, 0x50, 0x01, 0x00, 0xf3, 0x6e,
                0xf4);
    x->gpr[RDX] = 0x300;
    x->gpr[RDI] = 0x15000;
    x->gpr[RCX] = 3;
    port_value = 1;
    u64 before = s->m->clock.icount;
    sys_steps(s, 2);
    cr_assert_eq(x->gpr[RCX], 1);
    cr_assert_eq(x->base.pc, AT_CODE);
    sys_run(s);
    cr_assert_eq(s->m->clock.icount - before, 3 + 3 + 3 + 1, "each iteration is a step");
    cr_assert_eq(sys_get(s, 0x15000, 3), 0x030201);
    cr_assert_eq(x->gpr[RDI], 0x15003);
    cr_assert_eq(x->gpr[RSI], 0x15003);
    cr_assert_eq(port_value, 4 * 4096 + 0x123);
    cr_assert_eq(port_writes, 3);
    sys_delete(s);
}
