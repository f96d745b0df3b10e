/* flags.c - the lazy flags, and the program status register as a whole */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/arm/cpu.h"

static bool carry(const struct arm_cpu *a)
{
    u32 x = (u32)a->cc_x, y = (u32)a->cc_y;
    if (a->cc_op & CC_C)
        return a->carry;
    switch (a->cc_op & 3) {
    case CC_ADD: return x + y < x;
    case CC_SUB: return x >= y;
    }
    return x;
}

static bool overflow(const struct arm_cpu *a)
{
    u32 x = (u32)a->cc_x, y = (u32)a->cc_y;
    switch (a->cc_op & 3) {
    case CC_ADD: return ((x + y) ^ x) & ((x + y) ^ y) & PSR_N;
    case CC_SUB: return ((x - y) ^ x) & (x ^ y) & PSR_N;
    }
    return y;
}

/* As the word nz, wherever it is kept. */
static u64 get_nz(const struct arm_cpu *a)
{
    if (!(a->cc_op & CC_NZ))
        return a->nz;
    return (u32)((a->cc_op & 3) == CC_ADD ? a->cc_x + a->cc_y : a->cc_x - a->cc_y);
}

u32 arm_get_nzcv(const struct arm_cpu *a)
{
    u64 nz = get_nz(a);
    return (nz >> 31 ? PSR_N : 0) | ((u32)nz ? 0 : PSR_Z) | (carry(a) ? PSR_C : 0) | (overflow(a) ? PSR_V : 0);
}

/* Most flags can be had by a subtraction, which code expects most: x and y of N, Z, C and V as bits 3 to
 * 0; both 0: they cannot. */
static const u32 subtraction[16][2] = {
    [0x0] = {1, 0xffffffff}, [0x2] = {2, 1}, [0x3] = {0x80000000, 1}, [0x6] = {1, 1},
    [0x8] = {1, 2}, [0x9] = {0x7fffffff, 0xffffffff}, [0xa] = {0xffffffff, 1},
};

void arm_set_nzcv(struct arm_cpu *a, u32 v)
{
    const u32 *sub = subtraction[v >> 28];
    if (sub[0]) {
        a->cc_x = sub[0];
        a->cc_y = sub[1];
        a->cc_op = CC_SUB | CC_NZ;
        return;
    }
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
