/* sysreg.h - control registers, MSRs and the time-stamp counter, for the system instructions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_X86_SYSREG_H
#define ARCH_X86_SYSREG_H

#include "arch/x86/cpu.h"

enum x86_msr { /* SDM vol. 4, table 2-2 */
    MSR_TSC = 0x10, MSR_PLATFORM_ID = 0x17, MSR_APIC_BASE = 0x1b, MSR_FEATURE_CONTROL = 0x3a,
    MSR_TSC_ADJUST = 0x3b, MSR_MICROCODE = 0x8b, MSR_PLATFORM_INFO = 0xce, MSR_MTRR_CAP = 0xfe, MSR_SYSENTER_CS = 0x174,
    MSR_SYSENTER_ESP = 0x175, MSR_SYSENTER_EIP = 0x176, MSR_MCG_CAP = 0x179, MSR_MCG_STATUS = 0x17a,
    MSR_MISC_ENABLE = 0x1a0, MSR_MTRR_PHYS = 0x200, MSR_MTRR_FIX64K = 0x250, MSR_MTRR_FIX16K = 0x258,
    MSR_MTRR_FIX4K = 0x268, MSR_PAT = 0x277, MSR_MTRR_DEF_TYPE = 0x2ff, MSR_X2APIC = 0x800,
};
#define MSR_EFER 0xc0000080u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_CSTAR 0xc0000083u
#define MSR_FMASK 0xc0000084u
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_TSC_AUX 0xc0000103u

u64 x86_read_msr(struct x86_cpu *x, u32 n); /* both raise #GP(0) */
void x86_write_msr(struct x86_cpu *x, u32 n, u64 v);

/* A local APIC register through the board, by its x2APIC MSR number; false: there is none. */
bool x86_board_read(struct x86_cpu *x, u32 n, u64 *v);
bool x86_board_write(struct x86_cpu *x, u32 n, u64 v);

u64 x86_cr8(struct x86_cpu *x); /* without side effects */

/* System descriptor tables. */
void x86_load_ldt(struct x86_cpu *x, u16 sel);
void x86_load_tr(struct x86_cpu *x, u16 sel);
/* LAR, LSL, VERR, VERW: false if ZF is to be cleared; out is LAR's or LSL's result. */
enum x86_probe { PROBE_LAR, PROBE_LSL, PROBE_VERR, PROBE_VERW };
bool x86_probe_selector(struct x86_cpu *x, u16 sel, enum x86_probe what, u32 *out);
void x86_invpcid(struct x86_cpu *x, u64 type, u64 va);

/* Raises #GP(0) unless the I/O permission map lets this code use the ports (SDM vol. 1, 18.5.2). */
void x86_check_io(struct x86_cpu *x, u16 port, unsigned size);

/* syscall.c: the quick system calls. next_pc is that of the next instruction. */
void x86_syscall(struct x86_cpu *x, u64 next_pc);
void x86_sysret(struct x86_cpu *x, unsigned opsize);
void x86_sysenter(struct x86_cpu *x);
void x86_sysexit(struct x86_cpu *x, unsigned opsize);

#endif
