/* traps.h - what HYP mode has asked to be told of */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_ARM_TRAPS_H
#define ARCH_ARM_TRAPS_H

#include "arch/arm/cp15.h"

/* B3.13.6: the exception classes of HSR. */
enum arm_hsr_ec {
    HSR_EC_UNKNOWN = 0x00, HSR_EC_WFX = 0x01, HSR_EC_CP15 = 0x03, HSR_EC_CP15_64 = 0x04, HSR_EC_CP14 = 0x05,
    HSR_EC_FP = 0x07, HSR_EC_VMRS = 0x08, HSR_EC_BXJ = 0x0a, HSR_EC_CP14_64 = 0x0c, HSR_EC_SVC = 0x11, HSR_EC_HVC = 0x12,
    HSR_EC_SMC = 0x13, HSR_EC_PREFETCH = 0x20, HSR_EC_DATA = 0x24 /* the last two plus 1 from HYP mode */
};
/* B4.1.50 HCR */
enum { HCR_VM = 1 << 0, HCR_PTW = 1 << 2, HCR_FMO = 1 << 3, HCR_IMO = 1 << 4, HCR_AMO = 1 << 5, HCR_VF = 1 << 6,
       HCR_VI = 1 << 7, HCR_VA = 1 << 8, HCR_DC = 1 << 12, HCR_TWI = 1 << 13, HCR_TWE = 1 << 14, HCR_TID0 = 1 << 15,
       HCR_TID1 = 1 << 16, HCR_TID2 = 1 << 17, HCR_TID3 = 1 << 18, HCR_TSC = 1 << 19, HCR_TIDCP = 1 << 20,
       HCR_TAC = 1 << 21, HCR_TSW = 1 << 22, HCR_TPC = 1 << 23, HCR_TPU = 1 << 24, HCR_TTLB = 1 << 25,
       HCR_TVM = 1 << 26, HCR_TGE = 1 << 27 };

/* A register that an instruction accesses, with its operands: the number has them above its bits. */
#define ARM_CP_WITH_REGS(number, rt, rt2) ((number) | (u32)(rt) << 20 | (u32)(rt2) << 24)
#define ARM_CP_NUMBER(x) ((u32)(x) & 0xfffff)

/* Are there traps for system registers now? Then each access asks (MODE_CP_TRAP). */
bool arm_traps_sysregs(const struct arm_cpu *a);
/* Raises the trap if the access is to be told of; x: see above. */
void arm_check_trap(struct arm_cpu *a, u64 x, bool write);
/* The same for those of the board (the generic timer, CNTHCTL); also where arm_traps_sysregs() says
 * no. */
void arm_check_timer_trap(struct arm_cpu *a, u64 x, bool write);
/* HCPTR, for Non-secure PL1 and PL0: bit 0 floating point, bit 1 Advanced SIMD. */
unsigned arm_traps_fp(const struct arm_cpu *a);
NORETURN void arm_raise_hyp_trap(struct arm_cpu *a, enum arm_hsr_ec ec, u32 iss);
/* IR helpers that raise. a: whether it is Advanced SIMD; the ID register and r`t` that VMRS reads. */
u64 arm_help_fp_trap(struct cpu *c, u64 simd, u64 b, u64 d);
void arm_check_vmrs_trap(struct arm_cpu *a, unsigned reg, unsigned rt);
/* Is this Non-secure PL1 or PL0 below a hypervisor? */
bool arm_below_hyp(const struct arm_cpu *a);

#endif
