/* common_sys.h - a bare machine for tests of the system architecture */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_X86_COMMON_SYS_H
#define TESTS_X86_COMMON_SYS_H

#include "arch/x86/cpu.h"
#include "arch/x86/segment.h"

/*
 * 4 MiB of RAM from 0. sys_protected() and sys_long() put in place, as if firmware had run:
 *   GDT at 0x1000, IDT at 0x2000 (every vector to a HLT of its own), TSS at 0x3000, code at
 * 0x10000, stacks that grow down from 0x20000 (level 0), 0x30000 (level 3) and 0x28000 (level 0 in
 * the TSS).
 */
enum {
    AT_GDT = 0x1000, AT_IDT = 0x2000, AT_TSS = 0x3000, AT_TSS2 = 0x4000, AT_LDT = 0x5000, AT_TABLES = 0x200000,
    AT_HANDLERS = 0x9000, AT_CODE = 0x10000, AT_STACK0 = 0x20000, AT_STACK3 = 0x30000, AT_TSS_STACK = 0x28000,
};
/* Selectors. */
enum {
    SEL_CODE0 = 0x08, SEL_DATA0 = 0x10, SEL_CODE3 = 0x1b, SEL_DATA3 = 0x23, SEL_TSS = 0x28 /* two slots */,
    SEL_TSS2 = 0x38, SEL_LDT = 0x48 /* two slots */, SEL_GATE = 0x58 /* two slots: free for a test */, SEL_CODE16 = 0x68,
    SEL_CONFORMING = 0x70, SEL_ABSENT = 0x78, SEL_DOWN = 0x80 /* expand-down data */, SEL_READONLY = 0x88,
    SEL_EXECONLY = 0x90, SEL_TSS16 = 0x98, SEL_CODE32_LONG = 0xa0, SEL_BEYOND = 0x100,
};

struct sys {
    struct machine_config config;
    struct machine *m;
    struct x86_cpu *x;
    struct ram *ram;
};

struct sys *sys_new(const char *model);
void sys_delete(struct sys *s);

void sys_put(struct sys *s, u64 pa, const void *data, size_t n);
void sys_put_int(struct sys *s, u64 pa, u64 v, unsigned size);
u64 sys_get(struct sys *s, u64 pa, unsigned size);

/* 32-bit protected mode without paging; 64-bit mode with the first GiB mapped one to one for
 * everybody. */
void sys_protected(struct sys *s);
void sys_long(struct sys *s);
/* Code of privilege 3 instead: its segments and stack. */
void sys_user(struct sys *s);

void sys_desc(struct sys *s, u16 sel, u32 base, u32 limit, u32 attr); /* limit in units as in the descriptor */
void sys_gate32(struct sys *s, u8 vector, u16 sel, u32 off, unsigned type, unsigned dpl);
void sys_gate64(struct sys *s, u8 vector, u16 sel, u64 off, unsigned type, unsigned dpl, unsigned ist);
void sys_call_gate(struct sys *s, u16 at, u16 sel, u32 off, unsigned params, unsigned dpl);

/* Puts code at AT_CODE and pc on it. */
#define SYS_PROGRAM(s, ...) sys_program(s, (const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))
void sys_program(struct sys *s, const u8 *code, size_t n);
/* Runs until HLT or any other stop (at most a million steps), or n steps. */
struct stop sys_run(struct sys *s);
void sys_steps(struct sys *s, u64 n);

/* The vector whose handler the CPU halted in, or -1. Its error code, where it has one, is at the
 * stack's top. */
int sys_vector(const struct sys *s);
u64 sys_stack(struct sys *s, unsigned n); /* n-th word of the stack, in its natural width */

/* Bytes between two labels of top-level assembly. */
#define SYS_ASM(name, text)                                                                        \
    __asm__(".section .rodata\n.global " #name "_start, " #name "_end\n" #name "_start:\n" text    \
            "\n" #name "_end:\n.code64\n.text\n");                                                 \
    extern const u8 name##_start[], name##_end[];
#define SYS_ASM_PROGRAM(s, name) sys_program(s, name##_start, (size_t)(name##_end - name##_start))

#endif
