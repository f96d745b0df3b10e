/* test_segment.c - segment loads, limits, far transfers, gates, returns */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "common_sys.h"

/* MOV DS, AX; HLT with AX = sel; -1: it worked. */
static int load_ds(u16 sel, bool user, u64 *error)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    if (user)
        sys_user(s);
    SYS_PROGRAM(s, 0x8e, 0xd8, 0xf4);
    s->x->gpr[RAX] = sel;
    s->x->seg[SEG_DS].selector = 0xffff;
    sys_steps(s, 1);
    int v = s->x->seg[SEG_DS].selector == sel && s->x->base.pc == AT_CODE + 2 ? -1 : 0;
    if (v == 0) {
        sys_run(s);
        v = sys_vector(s);
        *error = sys_stack(s, 0);
    }
    sys_delete(s);
    return v;
}

Test(segment, mov_ds)
{
    static const struct { u16 sel; bool user; int vector; u64 error; } cases[] = {
        {SEL_DATA0, false, -1, 0}, {SEL_DATA3, false, -1, 0}, {0, false, -1, 0}, {3, true, -1, 0},
        {SEL_DATA3, true, -1, 0}, {SEL_CODE0, false, -1, 0}, {SEL_READONLY, false, -1, 0},
        {SEL_CONFORMING | 3, true, -1, 0},
        {SEL_DATA0, true, EXC_GP, SEL_DATA0}, {SEL_DATA0 | 3, false, EXC_GP, SEL_DATA0},
        {SEL_EXECONLY, false, EXC_GP, SEL_EXECONLY}, {SEL_TSS, false, EXC_GP, SEL_TSS},
        {SEL_ABSENT, false, EXC_NP, SEL_ABSENT}, {SEL_BEYOND, false, EXC_GP, SEL_BEYOND},
        {SEL_DATA0 | 4, false, EXC_GP, SEL_DATA0 | 4} /* no LDT */};
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        u64 error = 0;
        int v = load_ds(cases[i].sel, cases[i].user, &error);
        cr_assert_eq(v, cases[i].vector, "case %u: vector %d", i, v);
        if (v >= 0)
            cr_assert_eq(error, cases[i].error, "case %u: error %llx", i,
                         (unsigned long long)error);
    }
}

static int load_ss(u16 sel, u64 *error)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    SYS_PROGRAM(s, 0x8e, 0xd0, 0xf4);
    s->x->gpr[RAX] = sel;
    sys_run(s);
    int v = sys_vector(s);
    *error = v < 0 ? 0 : sys_stack(s, 0);
    sys_delete(s);
    return v;
}

Test(segment, mov_ss)
{
    static const struct { u16 sel; int vector; u64 error; } cases[] = {
        {SEL_DATA0, -1, 0}, {SEL_DOWN, -1, 0}, {0, EXC_GP, 0}, {SEL_DATA3, EXC_GP, 0x20},
        {SEL_DATA0 | 3, EXC_GP, SEL_DATA0}, {SEL_READONLY, EXC_GP, SEL_READONLY}, {SEL_CODE0, EXC_GP, SEL_CODE0},
        {SEL_ABSENT, EXC_SS, SEL_ABSENT}};
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        u64 error;
        cr_assert_eq(load_ss(cases[i].sel, &error), cases[i].vector, "case %u", i);
        cr_assert_eq(error, cases[i].error, "case %u", i);
    }
}

Test(segment, accessed_bit_and_hidden_part)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    sys_desc(s, SEL_GATE, 0x12345678, 0x54321, ATTR_P | ATTR_S | ATTR_W | ATTR_G | ATTR_D);
    SYS_PROGRAM(s, 0x8e, 0xc0, 0xf4); /* mov es, ax */
    s->x->gpr[RAX] = SEL_GATE;
    sys_run(s);
    cr_assert(sys_get(s, AT_GDT + SEL_GATE + 5, 1) & 1);
    cr_assert_eq(s->x->seg[SEG_ES].base, 0x12345678);
    cr_assert_eq(s->x->seg[SEG_ES].limit, 0x54321fff);
    cr_assert_eq(s->x->seg[SEG_ES].attr, ATTR_P | ATTR_S | ATTR_W | ATTR_A | ATTR_G | ATTR_D);
    sys_delete(s);
}

/* mov [eax], ecx with DS = sel */
static int access_ds(u16 sel, u32 off, bool write)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    SYS_PROGRAM(s, 0x8e, 0xdb, write ? 0x89 : 0x8b, 0x08, 0xf4); /* mov ds, bx; mov [eax], ecx */
    s->x->gpr[RBX] = sel;
    s->x->gpr[RAX] = off;
    sys_run(s);
    int v = sys_vector(s);
    sys_delete(s);
    return v;
}

Test(segment, limits_and_types)
{
    cr_assert_eq(access_ds(SEL_DATA0, 0x80000, true), -1);
    cr_assert_eq(access_ds(SEL_READONLY, 0x80000, false), -1);
    cr_assert_eq(access_ds(SEL_READONLY, 0x80000, true), EXC_GP);
    cr_assert_eq(access_ds(SEL_CODE0, 0x80000, false), -1);
    cr_assert_eq(access_ds(SEL_CODE0, 0x80000, true), EXC_GP);
    cr_assert_eq(access_ds(0, 0x80000, false), EXC_GP);
    /* Expand-down, G, limit 0xf: offsets above 0xffff. */
    cr_assert_eq(access_ds(SEL_DOWN, 0x10000, true), -1);
    cr_assert_eq(access_ds(SEL_DOWN, 0xffff, true), EXC_GP);
    cr_assert_eq(access_ds(SEL_DOWN, 0xfffffffd, true), EXC_GP);
    cr_assert_eq(access_ds(SEL_CODE16, 0xfffc, false), -1);
    cr_assert_eq(access_ds(SEL_CODE16, 0xfffd, false), EXC_GP);
}

/* ---- far transfers ---- */

Test(segment, far_jump_and_call)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    static const u8 ret_hlt[] = {0xcb}, conforming[] = {0x8c, 0xca, 0xcb}; /* mov edx, cs; retf */
    sys_put(s, 0x11000, ret_hlt, 1);
    sys_put(s, 0x12000, conforming, 3);
    SYS_PROGRAM(s, 0x9a, 0x00, 0x10, 0x01, 0x00, SEL_CODE0, 0x00,      /* call 8:0x11000 */
                0x9a, 0x00, 0x20, 0x01, 0x00, SEL_CONFORMING, 0x00,     /* call conforming:0x12000 */
                0xea, 0x20, 0x00, 0x01, 0x00, SEL_CODE0, 0x00);         /* jmp 8:0x10020 */
    static const u8 hlt = 0xf4;
    sys_put(s, AT_CODE + 0x20, &hlt, 1);
    sys_run(s);
    cr_assert_eq(s->x->base.pc, AT_CODE + 0x21);
    cr_assert_eq(s->x->gpr[RSP], AT_STACK0);
    cr_assert_eq(s->x->gpr[RDX] & 0xffff, SEL_CONFORMING);
    cr_assert_eq(sys_get(s, AT_STACK0 - 4, 4), SEL_CODE0);
    cr_assert_eq(sys_get(s, AT_STACK0 - 8, 4), AT_CODE + 14);
    sys_delete(s);
}

static int far_jump(u16 sel, u64 *error)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    static const u8 hlt = 0xf4;
    sys_put(s, 0xb000, &hlt, 1);
    sys_program(s, (const u8[]){0xea, 0x00, 0xb0, 0x00, 0x00, sel & 0xff, sel >> 8}, 7);
    sys_run(s);
    int v = sys_vector(s);
    *error = v < 0 ? 0 : sys_stack(s, 0);
    sys_delete(s);
    return v;
}

Test(segment, far_jump_faults)
{
    static const struct { u16 sel; int vector; u64 error; } cases[] = {
        {SEL_CODE0, -1, 0}, {SEL_CONFORMING | 3, -1, 0}, {0, EXC_GP, 0}, {2, EXC_GP, 0},
        {SEL_CODE0 | 1, EXC_GP, SEL_CODE0}, {SEL_CODE3, EXC_GP, 0x18}, {SEL_DATA0, EXC_GP, SEL_DATA0},
        {SEL_BEYOND, EXC_GP, SEL_BEYOND}, {SEL_LDT, EXC_GP, SEL_LDT}, {SEL_TSS, EXC_GP, SEL_TSS} /* busy */};
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        u64 error;
        cr_assert_eq(far_jump(cases[i].sel, &error), cases[i].vector, "case %u", i);
        cr_assert_eq(error, cases[i].error, "case %u", i);
    }
}

/* Level 3 calls level 0 through a gate with two parameters, which returns with RETF 8. */
Test(segment, call_gate_to_inner_level)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    sys_call_gate(s, SEL_GATE, SEL_CODE0, 0x11000, 2, 3);
    static const u8 inner[] = {0x8b, 0x44, 0x24, 0x08, /* mov eax, [esp+8]: the first parameter's neighbour */
                               0x8b, 0x5c, 0x24, 0x0c, /* mov ebx, [esp+12] */
                               0x8c, 0xd1,             /* mov ecx, ss */
                               0x89, 0xe2,             /* mov edx, esp */
                               0xbe, 0x10, 0, 0, 0, 0x8e, 0xc6, /* mov esi, 0x10; mov es, si */
                               0xca, 0x08, 0x00};      /* retf 8 */
    sys_put(s, 0x11000, inner, sizeof(inner));
    sys_user(s);
    SYS_PROGRAM(s, 0x68, 0x11, 0x11, 0, 0,              /* push 0x1111 */
                0x68, 0x22, 0x22, 0, 0,                 /* push 0x2222 */
                0x9a, 0, 0, 0, 0, SEL_GATE | 3, 0,      /* call gate */
                0x8c, 0xcf,                             /* mov edi, cs */
                0xeb, 0xfe);                            /* jmp . */
    sys_steps(s, 30);
    struct x86_cpu *x = s->x;
    cr_assert_eq(x->gpr[RAX], 0x2222);
    cr_assert_eq(x->gpr[RBX], 0x1111);
    cr_assert_eq(x->gpr[RCX], SEL_DATA0);
    cr_assert_eq(x->gpr[RDX], AT_TSS_STACK - 24);
    cr_assert_eq(sys_get(s, AT_TSS_STACK - 4, 4), SEL_DATA3);
    cr_assert_eq(sys_get(s, AT_TSS_STACK - 8, 4), AT_STACK3 - 8);
    cr_assert_eq(sys_get(s, AT_TSS_STACK - 20, 4), SEL_CODE3);
    cr_assert_eq(sys_get(s, AT_TSS_STACK - 24, 4), AT_CODE + 17);
    cr_assert_eq(x->gpr[RDI], SEL_CODE3);
    cr_assert_eq(x86_cpl(x), 3);
    cr_assert_eq(x->gpr[RSP], AT_STACK3, "both stacks were popped: %llx",
                 (unsigned long long)x->gpr[RSP]);
    cr_assert_eq(x->seg[SEG_ES].selector, 0, "a level 0 segment does not stay in ES");
    cr_assert_eq(x->seg[SEG_ES].attr, 0);
    cr_assert_eq(x->seg[SEG_DS].selector, SEL_DATA3);
    sys_delete(s);
}

Test(segment, gate_of_too_low_privilege)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    sys_call_gate(s, SEL_GATE, SEL_CODE0, 0x11000, 0, 0);
    sys_user(s);
    SYS_PROGRAM(s, 0x9a, 0, 0, 0, 0, SEL_GATE | 3, 0);
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_GP);
    cr_assert_eq(sys_stack(s, 0), SEL_GATE);
    cr_assert_eq(sys_stack(s, 1), AT_CODE);
    sys_delete(s);
}

/* 64-bit code calls a 64-bit gate from level 3; the new SS is null. */
Test(segment, call_gate_64)
{
    struct sys *s = sys_new("max");
    sys_long(s);
    sys_call_gate(s, SEL_GATE, SEL_CODE0, 0x11000, 0, 3);
    static const u8 inner[] = {0x8c, 0xd1, 0x48, 0xcb}; /* mov ecx, ss; retfq */
    sys_put(s, 0x11000, inner, sizeof(inner));
    sys_put_int(s, 0x15000, 0, 4);
    sys_put_int(s, 0x15004, SEL_GATE | 3, 2);
    sys_user(s);
    SYS_PROGRAM(s, 0xff, 0x1c, 0x25, 0x00, 0x50, 0x01, 0x00, 0xeb, 0xfe); /* call far [0x15000] */
    s->x->gpr[RCX] = 99;
    sys_steps(s, 6);
    cr_assert_eq(s->x->gpr[RCX], 0);
    cr_assert_eq(s->x->base.pc, AT_CODE + 7);
    cr_assert_eq(s->x->gpr[RSP], AT_STACK3);
    cr_assert_eq(s->x->seg[SEG_SS].selector, SEL_DATA3);
    cr_assert_eq(sys_get(s, AT_TSS_STACK - 8, 8), SEL_DATA3);
    cr_assert_eq(sys_get(s, AT_TSS_STACK - 32, 8), AT_CODE + 7);
    sys_delete(s);
}

/* ---- probes ---- */

Test(segment, lar_lsl_verr_verw)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    SYS_PROGRAM(s, 0x0f, 0x02, 0xd0, 0x0f, 0x94, 0xc1, /* lar edx, ax; sete cl */
                0x0f, 0x03, 0xf0, 0x0f, 0x94, 0xc5,    /* lsl esi, ax; sete ch */
                0x0f, 0x00, 0xe0, 0x0f, 0x94, 0xc3,    /* verr ax; sete bl */
                0x0f, 0x00, 0xe8, 0x0f, 0x94, 0xc7,    /* verw ax; sete bh */
                0xf4);
    static const struct { u16 sel; u32 ok; u32 lar, lsl; } cases[] = {
        {SEL_DATA0, 0x01010101, 0xc09300, 0xffffffff}, /* accessed: it is loaded */
        {SEL_READONLY, 0x00010101, 0xc09000, 0xffffffff}, {SEL_EXECONLY, 0x00000101, 0xc09800, 0xffffffff},
        {SEL_TSS, 0x00000101, 0x8b00, 0x20ff}, {SEL_BEYOND, 0, 0x55, 0x66}, {0, 0, 0x55, 0x66},
        {SEL_DATA0 | 3, 0, 0x55, 0x66}};
    sys_put_int(s, AT_GDT + SEL_DATA0 + 5, 0x93, 1);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        s->x->base.pc = AT_CODE;
        s->x->gpr[RAX] = cases[i].sel;
        s->x->gpr[RDX] = 0x55;
        s->x->gpr[RSI] = 0x66;
        s->x->gpr[RCX] = s->x->gpr[RBX] = 0;
        sys_run(s);
        u32 ok = (u32)s->x->gpr[RCX] | (u32)s->x->gpr[RBX] << 16;
        cr_assert_eq(ok, cases[i].ok, "case %u: %08x", i, ok);
        cr_assert_eq(s->x->gpr[RDX], cases[i].lar, "case %u: %llx", i,
                     (unsigned long long)s->x->gpr[RDX]);
        cr_assert_eq(s->x->gpr[RSI], cases[i].lsl, "case %u", i);
    }
    sys_delete(s);
}

Test(segment, arpl)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    SYS_PROGRAM(s, 0x63, 0xc8, 0x0f, 0x94, 0xc3, 0xf4); /* arpl ax, cx; sete bl */
    s->x->gpr[RAX] = 0x12340010;
    s->x->gpr[RCX] = 3;
    sys_run(s);
    cr_assert_eq(s->x->gpr[RAX], 0x12340013);
    cr_assert_eq(s->x->gpr[RBX] & 0xff, 1);
    s->x->base.pc = AT_CODE;
    s->x->gpr[RCX] = 2;
    sys_run(s);
    cr_assert_eq(s->x->gpr[RAX], 0x12340013);
    cr_assert_eq(s->x->gpr[RBX] & 0xff, 0);
    sys_delete(s);
}

/* ---- real mode ---- */

SYS_ASM(real, ".code16\n"
              "  lcall $0x1000, $(1f - real_start)\n"
              "  mov $0x1234, %bx\n"
              "  int $0x40\n"
              "  hlt\n"
              "1: mov %sp, %si\n"
              "  mov %cs, %cx\n"
              "  lret\n")

Test(segment, real_mode)
{
    struct sys *s = sys_new("max");
    struct x86_cpu *x = s->x;
    SYS_ASM_PROGRAM(s, real);
    static const u8 handler[] = {0x43, 0x9c, 0x58, 0xcf}; /* inc bx; pushf; pop ax; iret */
    sys_put(s, 0x600, handler, sizeof(handler));
    sys_put_int(s, 0x40 * 4, 0x00600000, 4); /* 0060:0000 */
    x86_seg_set_real(x, SEG_CS, 0x1000);
    x86_seg_set_real(x, SEG_SS, 0x2000);
    x->base.pc = 0;
    x->gpr[RSP] = 0xaaaa0100;
    x86_set_rflags(x, FL_FIXED | FL_IF | FL_CF);
    sys_run(s);
    cr_assert_eq(x->gpr[RBX] & 0xffff, 0x1235);
    cr_assert_eq(x->gpr[RCX] & 0xffff, 0x1000);
    cr_assert_eq(x->gpr[RSI] & 0xffff, 0xfc);
    cr_assert_eq(x->gpr[RSP], 0xaaaa0100);
    cr_assert(!(x->gpr[RAX] & FL_IF), "the handler runs with IF clear");
    cr_assert_eq(x86_get_rflags(x), FL_FIXED | FL_IF | FL_CF);
    cr_assert_eq(sys_get(s, 0x200fe, 2), FL_FIXED | FL_IF | FL_CF);
    cr_assert_eq(x->handler_depth, 0);
    sys_delete(s);
}

/* From the reset vector to flat 32-bit code and back to big real mode, as firmware does. */
SYS_ASM(boot, ".set AT, 0x10000\n"
              ".code16\n"
              "  lgdtl %cs:(gdtr - boot_start)\n"
              "  mov %cr0, %eax\n  or $1, %al\n  mov %eax, %cr0\n"
              "  ljmpl $8, $(AT + 1f - boot_start)\n"
              ".code32\n"
              "1: mov $0x10, %ax\n  mov %ax, %ds\n  mov %ax, %ss\n  mov $0x8000, %esp\n"
              "  movl $0xcafe, 0x200010\n" /* beyond 1 MiB */
              "  ljmp $0x18, $(1f - boot_start)\n"
              ".code16\n"
              "1: mov %cr0, %eax\n  and $0xfe, %al\n  mov %eax, %cr0\n"
              "  ljmp $0x1000, $(1f - boot_start)\n"
              "1: xor %ax, %ax\n  mov %ax, %ds\n"
              "  mov $0x200010, %ebx\n"
              "  addr32 mov (%ebx), %ecx\n" /* unreal: the limit stayed 4 GiB */
              "  hlt\n"
              ".balign 8\n"
              "gdt: .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00009a010000ffff\n"
              "gdtr: .word 31\n .long AT + gdt - boot_start\n")

Test(segment, real_to_protected_to_unreal)
{
    struct sys *s = sys_new("max");
    SYS_ASM_PROGRAM(s, boot);
    x86_seg_set_real(s->x, SEG_CS, 0x1000);
    x86_update_mode(s->x);
    s->x->base.pc = 0;
    sys_run(s);
    cr_assert_eq(s->x->base.mode & MODE_PE, 0);
    cr_assert_eq(s->x->gpr[RCX] & 0xffff, 0xcafe);
    cr_assert_eq(s->x->seg[SEG_DS].limit, 0xffffffff);
    cr_assert_eq(s->x->seg[SEG_DS].base, 0);
    cr_assert_eq(s->x->seg[SEG_CS].base, 0x10000);
    sys_delete(s);
}

Test(segment, reset_state)
{
    struct sys *s = sys_new("qemu32");
    struct x86_cpu *x = s->x;
    cr_assert_eq(x->base.pc, 0xfff0);
    cr_assert_eq(x->base.arch->linear_pc(&x->base), 0xfffffff0);
    cr_assert_eq(x->seg[SEG_CS].selector, 0xf000);
    cr_assert_eq(x->cr0, 0x60000010);
    cr_assert_eq(x86_get_rflags(x), 2);
    cr_assert_eq(x->gpr[RDX], 0x106ca); /* family 6, model 28, stepping 10 */
    cr_assert_eq(x->dr[6], 0xffff0ff0);
    cr_assert_eq(x->dr[7], 0x400);
    cr_assert_eq(x->mxcsr, 0x1f80);
    sys_delete(s);
}
