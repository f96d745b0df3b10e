/* common_arm.h - a bare Arm machine for tests of the system architecture */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_ARM_COMMON_ARM_H
#define TESTS_ARM_COMMON_ARM_H

#include "arch/arm/cp15.h"
#include "arch/arm/model.h"

/* 8 MiB of RAM from 0, filled with `B .` (in both instruction sets) up to AT_DATA: where an exception goes can be seen by
 * the pc. VBAR is AT_VECTORS, and the program begins at AT_CODE in SVC mode. */
enum { AT_VECTORS = 0x1000, AT_HVECTORS = 0x2000, AT_MVECTORS = 0x3000, AT_CODE = 0x10000, AT_CODE2 = 0x18000,
       AT_STACK = 0x30000, AT_DATA = 0x100000, AT_TABLES = 0x200000 };

struct bare {
    struct machine_config config;
    struct machine *m;
    struct arm_cpu *a;
    struct ram *ram;
};

/* insns: at most so many in a block. */
struct bare *bare_new(const char *model, const char *accel, unsigned insns);
void bare_delete(struct bare *s);
void bare_put(struct bare *s, u64 pa, const u32 *words, size_t n);
void bare_put16(struct bare *s, u64 pa, const u16 *halfwords, size_t n);
void bare_set(struct bare *s, u64 pa, u64 value, unsigned size);
u64 bare_get(struct bare *s, u64 pa, unsigned size);
/* A32 or T32 at AT_CODE, then `steps` steps. */
#define BARE_RUN(s, steps, ...)                                                                                        \
    bare_run(s, steps, (const u32[]){__VA_ARGS__}, sizeof((const u32[]){__VA_ARGS__}) / 4)
void bare_run(struct bare *s, u64 steps, const u32 *words, size_t n);
#define BARE_RUN16(s, steps, ...)                                                                                      \
    bare_run16(s, steps, (const u16[]){__VA_ARGS__}, sizeof((const u16[]){__VA_ARGS__}) / 2)
void bare_run16(struct bare *s, u64 steps, const u16 *halfwords, size_t n);
void bare_steps(struct bare *s, u64 steps);
void bare_at(struct bare *s, unsigned mode, u32 pc); /* goes on there, in A32 */
/* A system register as its row has it. */
u64 bare_sysreg(struct bare *s, const char *name);

/* One test on both engines, with long blocks and with single instructions. */
#define BARE_TEST(suite, name, model)                                                                                  \
    static void suite##_##name(struct bare *s);                                                                        \
    Test(suite, name)                                                                                                  \
    {                                                                                                                  \
        bare_on_all(model, suite##_##name);                                                                            \
    }                                                                                                                  \
    static void suite##_##name(struct bare *s)
void bare_on_all(const char *model, void (*test)(struct bare *s));

/* MCR and MRC to r`t` of CP15 or CP14 (AL). */
#define MCR(cp, o, t, n, m, q) (0xee000010u | (o) << 21 | (n) << 16 | (t) << 12 | (cp) << 8 | (q) << 5 | (m))
#define MRC(cp, o, t, n, m, q) (MCR(cp, o, t, n, m, q) | 1u << 20)
#define MCRR(cp, o, t, t2, m) (0xec400000u | (t2) << 16 | (t) << 12 | (cp) << 8 | (o) << 4 | (m))
#define MRRC(cp, o, t, t2, m) (MCRR(cp, o, t, t2, m) | 1u << 20)
#define MOVW(d, i) (0xe3000000u | ((i) >> 12 & 15) << 16 | (d) << 12 | ((i) & 0xfff))
#define MOVT(d, i) (MOVW(d, i) | 1u << 22)
#define MOV32(d, i) MOVW(d, (u32)(i) & 0xffff), MOVT(d, (u32)(i) >> 16)
#define LDR(t, n) (0xe5900000u | (n) << 16 | (t) << 12)
#define STR(t, n) (0xe5800000u | (n) << 16 | (t) << 12)
enum { A32_NOP = 0xe320f000u, A32_WFI = 0xe320f003u, A32_WFE = 0xe320f002u, A32_SEV = 0xe320f004u, A32_LOOP = 0xeafffffe,
       A32_SVC = 0xef000000u, A32_HVC = 0xe1400070u, A32_SMC = 0xe1600070u, A32_ERET = 0xe160006eu,
       A32_MOVS_PC_LR = 0xe1b0f00eu, A32_UDF = 0xe7f000f0u };

#endif
