/* flags.c - the lazy flags, and the program status register as a whole */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/arm/cpu.h"

u64 arm_carry(u64 cc_op, u64 x, u64 y)
{
    switch (cc_op) {
    case CC_ADD: return (u32)((u32)x + (u32)y) < (u32)x;
    case CC_SUB: return (u32)x >= (u32)y;
    }
    return x;
}

u64 arm_overflow(u64 cc_op, u64 x, u64 y)
{
    u32 a = (u32)x, b = (u32)y;
    switch (cc_op) {
    case CC_ADD: return ((a + b) ^ a) & ((a + b) ^ b) & PSR_N ? 1 : 0;
    case CC_SUB: return ((a - b) ^ a) & (a ^ b) & PSR_N ? 1 : 0;
    }
    return y;
}

u32 arm_get_nzcv(const struct arm_cpu *a)
{
    return (a->nz >> 31 ? PSR_N : 0) | ((u32)a->nz ? 0 : PSR_Z) |
           (arm_carry(a->cc_op, a->cc_x, a->cc_y) ? PSR_C : 0) |
           (arm_overflow(a->cc_op, a->cc_x, a->cc_y) ? PSR_V : 0);
}

void arm_set_nzcv(struct arm_cpu *a, u32 v)
{
    a->nz = v & PSR_Z ? 0 : v & PSR_N ? PSR_N : 1;
    if ((v & PSR_Z) && (v & PSR_N))
        a->nz = (u64)1 << 32; /* no result has both */
    a->cc_x = v & PSR_C ? 1 : 0;
    a->cc_y = v & PSR_V ? 1 : 0;
    a->cc_op = CC_CV;
}

u32 arm_get_cpsr(const struct arm_cpu *a)
{
    return arm_get_nzcv(a) | (a->q_flag ? PSR_Q : 0) | (u32)a->ge << 16 |
           ((u32)a->it & 3) << 25 | ((u32)a->it >> 2 & 0x3f) << 10 | (u32)a->psr;
}

void arm_set_cpsr(struct arm_cpu *a, u32 v)
{
    arm_set_nzcv(a, v);
    a->q_flag = v & PSR_Q ? 1 : 0;
    a->ge = v >> 16 & 15;
    a->it = (v >> 25 & 3) | (v >> 10 & 0x3f) << 2;
    if ((v & PSR_M) != (a->psr & PSR_M))
        arm_switch_mode(a, v & PSR_M);
    a->psr = v & (PSR_J | PSR_E | PSR_A | PSR_I | PSR_F | PSR_T | PSR_M);
    arm_update_mode(a);
}
