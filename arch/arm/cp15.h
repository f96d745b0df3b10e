/* cp15.h - system registers: the rows, and how MRC, MCR, MRRC and MCRR find them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each register is a row: its number, who may access it, where it is kept, and what reading or writing it does
 * beyond that. Registers that are not here belong to the board (struct cpu_sysreg_ops: the generic timer), or
 * are undefined.
 */
#ifndef ARCH_ARM_CP15_H
#define ARCH_ARM_CP15_H

#include "arch/arm/cpu.h"

enum { /* access: by whom */
       CP_UR = 1, CP_UW = 2,  /* USR mode */
       CP_PR = 4, CP_PW = 8,  /* the others */
       CP_HR = 16, CP_HW = 32, /* only HYP (and monitor) mode */
       CP_PRW = CP_PR | CP_PW, CP_ALL = CP_PRW | CP_UR | CP_UW, CP_HRW = CP_HR | CP_HW,
};
enum { CP_SR = 64, CP_SW = 128, CP_SRW = CP_SR | CP_SW }; /* the Secure state's privileged modes */
enum { /* what an access needs */
       CP_PLAIN = 1,   /* the field is all there is: IR reads and writes it */
       CP_NOTHING = 2, /* a write has no effect here (cache and TLB maintenance, see emu/tlb.h) */
       CP_CLOCK = 4,   /* depends on the clock: the last of its block */
};

struct arm_sysreg {
    u32 number;        /* CPU_ARM_SYSREG */
    const char *name;
    u8 access, flags;
    u16 feature;       /* enum arm_feature, or 0 */
    ir_val word;       /* where it is kept, or IR_NONE */
    u64 (*read)(struct arm_cpu *a, const struct arm_sysreg *r);  /* NULL: the word, or 0 */
    void (*write)(struct arm_cpu *a, const struct arm_sysreg *r, u64 v); /* NULL: the word, or nothing */
    u32 value;         /* for read functions */
};

extern const struct arm_sysreg arm_sysregs[];
extern const unsigned arm_n_sysregs;

/* How an instruction may access a register. reg NULL: it may not; the instruction is undefined. */
struct arm_sysreg_use {
    bool reg, nothing, ends; /* the write does nothing; the read ends its block */
    ir_val word;             /* IR reads and writes it as a word; or IR_NONE */
};
struct arm_sysreg_use arm_cp_lookup(struct arm_cpu *a, u32 number, bool write);
/* IR helpers; a: the number, b: the value. */
u64 arm_help_cp_read(struct cpu *c, u64 number, u64 b, u64 d);
u64 arm_help_cp_write(struct cpu *c, u64 number, u64 v, u64 d);
/* For the debugger: in the order of the rows; false: it has no value. */
bool arm_sysreg_peek(struct arm_cpu *a, const struct arm_sysreg *r, u64 *v);

/* exception.c, for emit_system.c */
u64 arm_help_check_call(struct cpu *c, u64 exception, u64 b, u64 d); /* raises if HVC or SMC may not be */
u64 arm_help_call(struct cpu *c, u64 exception, u64 next_pc, u64 imm); /* SVC, HVC, SMC */
NORETURN void arm_raise_bkpt(struct arm_cpu *a);
void arm_wait(struct arm_cpu *a);                                   /* WFI; or its trap to HYP mode */
bool arm_wait_over(const struct arm_cpu *a);                         /* WFI would not wait */
bool arm_may_switch_to(const struct arm_cpu *a, unsigned mode);     /* by CPS and MSR */
void arm_write_cpsr(struct arm_cpu *a, u32 v, u32 mask);            /* MSR: by the rules of B9.3.11 */
u64 *arm_banked(struct arm_cpu *a, unsigned which);                 /* R:M:SYSm, B9.2.3; raises where there is none */

#endif
