/* test_task.c - hardware task switches */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "arch/x86/debugreg.h"
#include "common_sys.h"

/* A task of level 0 in TSS 2: starts at 0xb000 with its own registers. */
static struct sys *two_tasks(u32 eflags)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    static const struct { u8 at; u32 v; } fields[] = {
        {0x20, 0xb000}, {0x28, 0xa}, {0x2c, 0xc}, {0x30, 0xd}, {0x34, 0xb}, {0x38, 0x26000}, {0x3c, 0xbb},
        {0x40, 0x51}, {0x44, 0xd1}, {0x48, SEL_DATA0}, {0x4c, SEL_CODE0}, {0x50, SEL_DATA0}, {0x54, SEL_DATA3},
        {0x58, 0}, {0x5c, SEL_CONFORMING}, {0x60, SEL_LDT}};
    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
        sys_put_int(s, AT_TSS2 + fields[i].at, fields[i].v, 4);
    sys_put_int(s, AT_TSS2 + 0x24, eflags, 4);
    static const u8 hlt = 0xf4;
    sys_put(s, 0xb000, &hlt, 1);
    return s;
}

static unsigned type_of(struct sys *s, u16 sel)
{
    return sys_get(s, AT_GDT + sel + 5, 1) & 0xf;
}

static void check_new_task(struct sys *s)
{
    struct x86_cpu *x = s->x;
    static const u32 gpr[] = {0xa, 0xc, 0xd, 0xb, 0x26000, 0xbb, 0x51, 0xd1};
    for (unsigned i = 0; i < 8; i++)
        if (i != RSP)
            cr_assert_eq(x->gpr[i], gpr[i], "register %u", i);
    cr_assert_eq(x->seg[SEG_TR].selector, SEL_TSS2);
    cr_assert_eq(x->seg[SEG_LDTR].selector, SEL_LDT);
    cr_assert_eq(x->seg[SEG_LDTR].base, AT_LDT);
    cr_assert_eq(x->seg[SEG_DS].selector, SEL_DATA3);
    cr_assert_eq(x->seg[SEG_GS].selector, SEL_CONFORMING);
    cr_assert_eq(x->seg[SEG_FS].attr, 0);
    cr_assert(x->cr0 & CR0_TS);
    cr_assert_eq(type_of(s, SEL_TSS2), SYS_TSS_BUSY);
}

Test(task, jump)
{
    struct sys *s = two_tasks(FL_FIXED | FL_CF);
    SYS_PROGRAM(s, 0xea, 0, 0, 0, 0, SEL_TSS2, 0);
    s->x->gpr[RSI] = 0x1234;
    x86_set_rflags(s->x, FL_FIXED | FL_ZF);
    sys_run(s);
    cr_assert_eq(s->x->base.pc, 0xb001);
    check_new_task(s);
    cr_assert_eq(s->x->gpr[RSP], 0x26000);
    cr_assert_eq(x86_get_rflags(s->x), FL_FIXED | FL_CF);
    cr_assert_eq(type_of(s, SEL_TSS), SYS_TSS, "the old task is not busy any more");
    cr_assert_eq(sys_get(s, AT_TSS + 0x20, 4), AT_CODE + 7);
    cr_assert_eq(sys_get(s, AT_TSS + 0x24, 4), FL_FIXED | FL_ZF);
    cr_assert_eq(sys_get(s, AT_TSS + 0x40, 4), 0x1234);
    cr_assert_eq(sys_get(s, AT_TSS + 0x4c, 4), SEL_CODE0);
    sys_delete(s);
}

Test(task, call_and_return)
{
    struct sys *s = two_tasks(FL_FIXED);
    static const u8 iret[] = {0xcf};
    sys_put(s, 0xb000, iret, 1);
    SYS_PROGRAM(s, 0x9a, 0, 0, 0, 0, SEL_TSS2, 0, 0xf4);
    s->x->gpr[RBX] = 0x5555;
    sys_steps(s, 1);
    check_new_task(s);
    cr_assert_eq(sys_get(s, AT_TSS2, 2), SEL_TSS, "link");
    cr_assert(s->x->rflags & FL_NT);
    cr_assert_eq(type_of(s, SEL_TSS), SYS_TSS_BUSY, "the caller stays busy");
    sys_run(s);
    cr_assert_eq(s->x->base.pc, AT_CODE + 8);
    cr_assert_eq(s->x->gpr[RBX], 0x5555);
    cr_assert_eq(s->x->seg[SEG_TR].selector, SEL_TSS);
    cr_assert_eq(type_of(s, SEL_TSS2), SYS_TSS);
    cr_assert_eq(type_of(s, SEL_TSS), SYS_TSS_BUSY);
    cr_assert(!(s->x->rflags & FL_NT));
    cr_assert(!(sys_get(s, AT_TSS2 + 0x24, 4) & FL_NT), "NT is saved clear by IRET");
    cr_assert_eq(sys_get(s, AT_TSS2 + 0x20, 4), 0xb001);
    sys_delete(s);
}

/* As Linux on i386 has it for the double fault: the error code goes to the new task's stack. */
Test(task, double_fault_gate)
{
    struct sys *s = two_tasks(FL_FIXED);
    sys_put_int(s, AT_IDT + EXC_DF * 8, (u64)SEL_TSS2 << 16 | (u64)(ATTR_P | SYS_TASK_GATE << 8) << 32, 8);
    SYS_PROGRAM(s, 0x50); /* push eax */
    s->x->gpr[RSP] = 0x100;
    x86_seg_set(s->x, SEG_SS, SEL_DATA0,
                &(struct x86_desc){.lo = 0x10, .hi = ATTR_P | ATTR_S | ATTR_W | ATTR_D});
    s->x->gpr[RAX] = 0x99;
    x86_update_mode(s->x);
    sys_run(s); /* #SS; its delivery has no stack either: #SS: double fault */
    cr_assert_eq(s->x->base.pc, 0xb001);
    check_new_task(s);
    cr_assert_eq(s->x->gpr[RSP], 0x26000 - 4);
    cr_assert_eq(sys_stack(s, 0), 0);
    cr_assert_eq(sys_get(s, AT_TSS + 0x20, 4), AT_CODE);
    cr_assert_eq(sys_get(s, AT_TSS + 0x38, 4), 0x100);
    cr_assert_eq(sys_get(s, AT_TSS2, 2), SEL_TSS);
    cr_assert(s->x->rflags & FL_NT);
    sys_delete(s);
}

static int jump_to(struct sys *s, u16 sel, u64 *error)
{
    sys_program(s, (const u8[]){0xea, 0, 0, 0, 0, sel & 0xff, sel >> 8}, 7);
    sys_run(s);
    *error = sys_vector(s) < 0 ? 0 : sys_stack(s, 0);
    return sys_vector(s);
}

Test(task, checks_before_the_switch)
{
    u64 error;
    struct sys *s = two_tasks(FL_FIXED);
    cr_assert_eq(jump_to(s, SEL_TSS, &error), EXC_GP, "busy");
    cr_assert_eq(error, SEL_TSS);
    sys_desc(s, SEL_TSS2, AT_TSS2, 0x66, ATTR_P | SYS_TSS << 8);
    cr_assert_eq(jump_to(s, SEL_TSS2, &error), EXC_TS, "limit");
    cr_assert_eq(error, SEL_TSS2);
    sys_desc(s, SEL_TSS2, AT_TSS2, 0x67, SYS_TSS << 8);
    cr_assert_eq(jump_to(s, SEL_TSS2, &error), EXC_NP);
    cr_assert_eq(s->x->seg[SEG_TR].selector, SEL_TSS);
    cr_assert(!(s->x->cr0 & CR0_TS));
    sys_delete(s);
}

/* A bad segment in the new TSS: the fault is the new task's. */
Test(task, fault_in_the_new_task)
{
    static const struct { u8 at; u32 sel; int vector; u32 error; } cases[] = {
        {0x54, SEL_EXECONLY, EXC_TS, SEL_EXECONLY}, {0x48, SEL_ABSENT, EXC_NP, SEL_ABSENT},
        {0x60, SEL_DATA0, EXC_TS, SEL_DATA0}};
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        u64 error;
        struct sys *s = two_tasks(FL_FIXED);
        sys_put_int(s, AT_TSS2 + cases[i].at, cases[i].sel, 4);
        if (cases[i].at == 0x60) { /* before SS is loaded: the handler needs a stack of its own */
            sys_gate32(s, EXC_TS, SEL_CODE0, AT_HANDLERS + EXC_TS * 16, SYS_INT, 0);
            sys_put_int(s, AT_TSS2 + 0x4c, SEL_CODE3, 4);
            sys_put_int(s, AT_TSS2 + 4, 0x25000, 4);
            sys_put_int(s, AT_TSS2 + 8, SEL_DATA0, 4);
        }
        u64 before = s->m->clock.icount;
        cr_assert_eq(jump_to(s, SEL_TSS2, &error), cases[i].vector, "case %u: %d", i,
                     sys_vector(s));
        cr_assert_eq(error, cases[i].error);
        cr_assert_eq(sys_stack(s, 1), 0xb000, "the new EIP is saved");
        cr_assert_eq(s->x->seg[SEG_TR].selector, SEL_TSS2);
        cr_assert_eq(s->m->clock.icount, before + 2,
                     "the switch with its fault is one step, HLT another");
        sys_delete(s);
    }
}

Test(task, into_vm86)
{
    struct sys *s = two_tasks(FL_FIXED | FL_VM | 3 << 12);
    for (unsigned at = 0x48; at <= 0x5c; at += 4)
        sys_put_int(s, AT_TSS2 + at, 0x1000 + at, 4);
    sys_put_int(s, AT_TSS2 + 0x20, 0x10, 4);
    SYS_PROGRAM(s, 0xea, 0, 0, 0, 0, SEL_TSS2, 0);
    sys_steps(s, 1);
    cr_assert(s->x->base.mode & MODE_VM);
    cr_assert_eq(s->x->seg[SEG_CS].base, 0x104c0);
    cr_assert_eq(s->x->seg[SEG_GS].base, 0x105c0);
    cr_assert_eq(s->x->base.pc, 0x10);
    cr_assert_eq(x86_cpl(s->x), 3);
    sys_delete(s);
}

Test(task, tss16)
{
    struct sys *s = two_tasks(FL_FIXED);
    static const struct { u8 at; u16 v; } fields[] = {
        {0x0e, 0xb000}, {0x10, FL_FIXED | FL_CF}, {0x12, 1}, {0x14, 2}, {0x16, 3}, {0x18, 4}, {0x1a, 0x7000}, {0x1c, 6},
        {0x1e, 7}, {0x20, 8}, {0x22, SEL_DATA0}, {0x24, SEL_CODE0}, {0x26, SEL_DATA0}, {0x28, SEL_DATA0}, {0x2a, 0}};
    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
        sys_put_int(s, AT_TSS2 + fields[i].at, fields[i].v, 2);
    SYS_PROGRAM(s, 0xea, 0, 0, 0, 0, SEL_TSS16, 0);
    sys_run(s);
    cr_assert_eq(s->x->base.pc, 0xb001);
    cr_assert_eq(s->x->gpr[RAX] & 0xffff, 1);
    cr_assert_eq(s->x->gpr[RDI] & 0xffff, 8);
    cr_assert_eq(s->x->gpr[RSP] & 0xffff, 0x7000);
    cr_assert(x86_get_rflags(s->x) & FL_CF);
    sys_delete(s);
}

Test(task, debug_trap_flag)
{
    struct sys *s = two_tasks(FL_FIXED);
    sys_put_int(s, AT_TSS2 + 0x64, 1, 2);
    SYS_PROGRAM(s, 0xea, 0, 0, 0, 0, SEL_TSS2, 0);
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_DB);
    cr_assert_eq(sys_stack(s, 0), 0xb000);
    cr_assert(s->x->dr[6] & DR6_BT);
    sys_delete(s);
}
