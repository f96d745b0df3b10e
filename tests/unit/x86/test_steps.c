/* test_steps.c - what a step is: repeated strings, traps, the shadow; wrapping addresses and 16-bit
 * code */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "common_sys.h"

#define DR6_BS (1u << 14)

/* REP STOSB; NOP; HLT, over the page boundary at 0x41000. */
static struct sys *fill(void)
{
    struct sys *s = sys_new("max");

    sys_long(s);
    SYS_PROGRAM(s, 0xf3, 0xaa, 0x90, 0xf4);
    s->x->gpr[RAX] = 0x5a;
    s->x->gpr[RCX] = 100;
    s->x->gpr[RDI] = 0x40fc0;
    return s;
}

Test(steps, an_iteration_is_a_step)
{
    struct sys *s = fill();
    u64 start = s->m->clock.icount;

    sys_steps(s, 37);
    cr_expect_eq(s->x->gpr[RCX], 63);
    cr_expect_eq(s->x->gpr[RDI], 0x40fc0 + 37);
    cr_expect_eq(s->x->base.pc, AT_CODE);
    cr_expect_eq(sys_get(s, 0x40fc0 + 36, 1), 0x5a);
    cr_expect_eq(sys_get(s, 0x40fc0 + 37, 1), 0);
    sys_steps(s, 62);
    cr_expect_eq(s->x->gpr[RCX], 1);
    cr_expect_eq(s->x->base.pc, AT_CODE);
    sys_steps(s, 1);
    cr_expect_eq(s->x->gpr[RCX], 0);
    cr_expect_eq(s->x->base.pc, AT_CODE + 2);
    cr_expect_eq(s->m->clock.icount, start + 100);
    sys_delete(s);
}

Test(steps, no_iteration_is_one_step)
{
    struct sys *s = fill();

    s->x->gpr[RCX] = 0;
    sys_steps(s, 1);
    cr_expect_eq(s->x->base.pc, AT_CODE + 2);
    cr_expect_eq(s->x->gpr[RDI], 0x40fc0);
    sys_delete(s);
}

Test(steps, partition_of_a_repeated_string_is_invisible)
{
    struct sys *a = fill(), *b = fill();

    sys_steps(a, 90);
    for (unsigned i = 0; i < 90; i++)
        sys_steps(b, 1);
    cr_expect_eq(machine_digest(a->m), machine_digest(b->m));
    sys_delete(a);
    sys_delete(b);
}

Test(steps, a_trap_after_each_iteration)
{
    struct sys *s = fill();

    x86_set_rflags(s->x, x86_get_rflags(s->x) | FL_TF);
    sys_steps(s, 1);
    cr_expect_eq(s->x->gpr[RCX], 99);
    cr_expect_eq(s->x->pending_db, DR6_BS);
    sys_delete(s);
}

Test(steps, trap_after_the_instruction_that_follows_pop_ss)
{
    struct sys *s = sys_new("max");

    sys_protected(s);
    SYS_PROGRAM(s, 0x16, 0x17, 0x90, 0x90, 0xf4); /* PUSH SS; POP SS; NOP; NOP; HLT */
    sys_steps(s, 1);
    x86_set_rflags(s->x, x86_get_rflags(s->x) | FL_TF);
    sys_steps(s, 1);
    cr_expect(s->x->shadow);
    cr_expect_eq(s->x->pending_db, 0);
    sys_steps(s, 1);
    cr_expect_not(s->x->shadow);
    cr_expect_eq(s->x->pending_db, DR6_BS);
    sys_delete(s);
}

Test(steps, resume_flag_lasts_one_instruction)
{
    struct sys *s = sys_new("max");

    sys_protected(s);
    SYS_PROGRAM(s, 0x90, 0x90, 0xf4);
    x86_set_rflags(s->x, x86_get_rflags(s->x) | FL_RF);
    sys_steps(s, 1);
    cr_expect_eq(s->x->rflags & FL_RF, 0);
    cr_expect_eq(s->x->base.pc, AT_CODE + 1);
    sys_delete(s);
}

/* EBX + disp wraps at 4 GiB. */
Test(steps, a_32_bit_address_wraps)
{
    struct sys *s = sys_new("max");

    sys_protected(s);
    SYS_PROGRAM(s, 0x8b, 0x83, 0x00, 0x00, 0x05, 0x00, 0xf4); /* MOV EAX, [EBX + 50000] */
    sys_put_int(s, 0x4fff0, 0x12345678, 4);
    s->x->gpr[RBX] = 0xfffffff0;
    sys_run(s);
    cr_expect_eq(s->x->gpr[RAX], 0x12345678);
    sys_delete(s);
}

/* A block that the interpreter has made must not outlive a change of its bytes by its own
 * instruction. */
Test(steps, a_string_store_over_the_next_instruction)
{
    struct sys *s = sys_new("max");

    sys_long(s);
    /* CLD; STOSB (at AT_CODE + 2: over the INC's opcode byte); INC EAX becomes DEC EAX; HLT */
    SYS_PROGRAM(s, 0xfc, 0xaa, 0xff, 0xc0, 0xf4);
    s->x->gpr[RDI] = AT_CODE + 3;
    s->x->gpr[RAX] = 0xc8;
    sys_run(s);
    cr_expect_eq(s->x->gpr[RAX], 0xc7);
    sys_delete(s);
}

/* Real mode, as after reset: 64 KiB segments, IP and SP of 16 bits. */
static struct sys *real_mode(const u8 *code, size_t n)
{
    struct sys *s = sys_new("max");
    struct x86_cpu *x = s->x;

    x->seg[SEG_CS].selector = 0x1000;
    x->seg[SEG_CS].base = 0x10000;
    x->seg[SEG_DS].base = x->seg[SEG_ES].base = 0x20000;
    x->seg[SEG_SS].base = 0x30000;
    x->idt_limit = 0x3ff;
    x->base.pc = 0;
    x86_update_mode(x);
    sys_put(s, 0x10000, code, n);
    return s;
}
#define REAL_MODE(...) real_mode((const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))

Test(steps, real_mode_stack_wraps)
{
    struct sys *s = REAL_MODE(0x50, 0xf4); /* PUSH AX */

    s->x->gpr[RSP] = 0xabcd0000;
    s->x->gpr[RAX] = 0x1234;
    sys_run(s);
    cr_expect_eq(s->x->gpr[RSP], 0xabcdfffe);
    cr_expect_eq(sys_get(s, 0x3fffe, 2), 0x1234);
    sys_delete(s);
}

Test(steps, real_mode_address_wraps_and_limit_faults)
{
    struct sys *s = REAL_MODE(0x8a, 0x40, 0x01, 0x8b, 0x48, 0xff, 0xf4); /* MOV AL, [BX+SI+1]; MOV CX, [BX+SI-1] */

    sys_put_int(s, 0x20000, 0x77, 1);
    sys_put_int(s, 13 * 4, 0x20000000 | 0x100, 4); /* #GP: 2000:0100 */
    sys_put_int(s, 0x20100, 0xf4, 1);
    s->x->gpr[RBX] = 0xfff0;
    s->x->gpr[RSI] = 0xf;
    s->x->gpr[RSP] = 0x100;
    sys_steps(s, 1);
    cr_expect_eq(s->x->gpr[RAX] & 0xff, 0x77);
    s->x->gpr[RSI] = 0x10; /* offset FFFF: the second byte is beyond */
    sys_steps(s, 1);
    cr_expect_eq(s->x->seg[SEG_CS].selector, 0x2000);
    cr_expect_eq(s->x->base.pc, 0x100);
    sys_delete(s);
}

Test(steps, rep_movsw_in_real_mode_wraps_at_64k)
{
    struct sys *s = REAL_MODE(0xf3, 0xa5, 0xf4);

    for (unsigned i = 0; i < 4; i++)
        sys_put_int(s, 0x20000 + ((0xfffc + 2 * i) & 0xffff), 0x1111 * (i + 1), 2);
    s->x->gpr[RCX] = 4;
    s->x->gpr[RSI] = 0xfffc;
    s->x->gpr[RDI] = 0x200;
    sys_run(s);
    cr_expect_eq(sys_get(s, 0x20200, 8), 0x4444333322221111);
    cr_expect_eq(s->x->gpr[RSI], 4);
    cr_expect_eq(s->x->gpr[RCX], 0);
    sys_delete(s);
}

Test(steps, branch_out_of_a_small_code_segment)
{
    struct sys *s = REAL_MODE(0x66, 0xe9, 0x00, 0x00, 0x01, 0x00); /* JMP to 10006: beyond 64 KiB */

    sys_put_int(s, 13 * 4, 0x20000000 | 0x100, 4);
    s->x->gpr[RSP] = 0x100;
    sys_steps(s, 1);
    cr_expect_eq(s->x->base.pc, 0x100);
    cr_expect_eq(sys_get(s, 0x300fa, 2), 0, "the saved IP is the branch's own");
    sys_delete(s);
}
