/* pmu.c - performance monitors: counters that are functions of icount */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, chapter C12 and B4.1.116 on. An instruction is a cycle. So a counter that runs
 * needs no work: its word is what has to be added to the steps. Two events are counted besides what
 * software says (SW_INCR): instructions, and cycles. There are no filters by mode, and the overflow
 * interrupt is not wired; the overflow flags are there.
 */
#include "arch/arm/pmu.h"

#include "arch/arm/model.h"

enum { PMCR_E = 1, PMCR_P = 2, PMCR_C = 4, PMCR_D = 8, PMCR_WRITABLE = 0x39 };
enum { EVENT_SW_INCR = 0x00, EVENT_INST_RETIRED = 0x08, EVENT_CPU_CYCLES = 0x11 };
enum { CYCLES = 31, TYPE_OF_CYCLES = 8 };

static u32 all_counters(const struct arm_cpu *a)
{
    return 1u << CYCLES | ((1u << a->model->id.counters) - 1);
}

static u64 steps(const struct arm_cpu *a)
{
    return a->base.machine->clock.icount;
}

static bool runs(const struct arm_cpu *a, unsigned n)
{
    if (!(a->pmcr & PMCR_E) || !(a->pmcnten >> n & 1))
        return false;
    return n == CYCLES || a->pmevtyper[n] == EVENT_INST_RETIRED ||
           a->pmevtyper[n] == EVENT_CPU_CYCLES;
}

static u64 *word(struct arm_cpu *a, unsigned n)
{
    return n == CYCLES ? &a->pmccntr : &a->pmevcntr[n];
}

/* PMCR.D: the register of cycles shows each 64th. */
static unsigned bits(const struct arm_cpu *a, unsigned n)
{
    return n == CYCLES && (a->pmcr & PMCR_D) ? 38 : 32;
}

/* Since it was last looked at, with what went over. */
static u64 raw(struct arm_cpu *a, unsigned n)
{
    return *word(a, n) + (runs(a, n) ? steps(a) : 0);
}

static u32 value(struct arm_cpu *a, unsigned n)
{
    return (u32)(bits(a, n) == 38 ? raw(a, n) >> 6 : raw(a, n));
}

static u32 overflowed(struct arm_cpu *a)
{
    u32 set = (u32)a->pmovsr;
    for (u32 left = all_counters(a); left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);
        set |= (u32)(raw(a, n) >> bits(a, n) != 0) << n;
    }
    return set;
}

/* Around any change: first all counters stand, then those that run do so again. */
static void stop(struct arm_cpu *a)
{
    cpu_alone(&a->base);
    a->pmovsr = overflowed(a);
    for (u32 left = all_counters(a); left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);
        *word(a, n) = raw(a, n) & (((u64)1 << bits(a, n)) - 1);
    }
}

static void start(struct arm_cpu *a)
{
    for (u32 left = all_counters(a); left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);
        if (runs(a, n))
            *word(a, n) -= steps(a);
    }
}

/* ---- the registers ---- */

u64 arm_read_pmcr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    return (a->model->id.midr & 0xff000000) | (a->model->id.midr >> 4 & 0xff) << 16 |
           a->model->id.counters << 11 | (a->pmcr & PMCR_WRITABLE);
}

void arm_write_pmcr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    stop(a);
    a->pmcr = v & PMCR_WRITABLE;
    if (v & PMCR_C)
        a->pmccntr = 0;
    for (unsigned i = 0; (v & PMCR_P) && i < a->model->id.counters; i++)
        a->pmevcntr[i] = 0;
    start(a);
}

u64 arm_read_pmccntr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    cpu_alone(&a->base);
    return value(a, CYCLES);
}

void arm_write_pmccntr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    stop(a);
    a->pmccntr = a->pmcr & PMCR_D ? (u64)(u32)v << 6 : (u32)v;
    start(a);
}

/* r->value 1: sets bits, 0: clears them. */
void arm_write_pmcnten(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    u64 set = v & all_counters(a);
    stop(a);
    a->pmcnten = r->value ? a->pmcnten | set : a->pmcnten & ~set;
    start(a);
}

void arm_write_pminten(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    u64 set = v & all_counters(a);
    a->pminten = r->value ? a->pminten | set : a->pminten & ~set;
}

u64 arm_read_pmovsr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    cpu_alone(&a->base);
    return overflowed(a);
}

void arm_write_pmovsr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    u64 set = v & all_counters(a);
    stop(a);
    a->pmovsr = r->value ? a->pmovsr | set : a->pmovsr & ~set;
    start(a);
}

void arm_write_pmswinc(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    stop(a);
    for (unsigned n = 0; n < a->model->id.counters; n++)
        if ((a->pmcr & PMCR_E) && (v & a->pmcnten) >> n & 1 && a->pmevtyper[n] == EVENT_SW_INCR)
            a->pmevcntr[n]++; /* beyond 32 bits it is seen by overflowed() */
    start(a);
}

void arm_write_pmselr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    a->pmselr = v & 31;
}

u64 arm_read_pmceid(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)a, (void)r;
    return 1u << EVENT_SW_INCR | 1u << EVENT_INST_RETIRED | 1u << EVENT_CPU_CYCLES;
}

static bool selected(const struct arm_cpu *a)
{
    return (a->pmselr & 31) < a->model->id.counters;
}

u64 arm_read_pmxevtyper(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    return (a->pmselr & 31) == CYCLES ? a->pmevtyper[TYPE_OF_CYCLES] : selected(a) ? a->pmevtyper[a->pmselr & 31] : 0;
}

void arm_write_pmxevtyper(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    if (!selected(a))
        return;
    stop(a);
    a->pmevtyper[a->pmselr & 31] = v & 0xff;
    start(a);
}

u64 arm_read_pmxevcntr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    cpu_alone(&a->base);
    return selected(a) ? value(a, a->pmselr & 31) : 0;
}

void arm_write_pmxevcntr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    if (!selected(a))
        return;
    stop(a);
    a->pmevcntr[a->pmselr & 31] = (u32)v;
    start(a);
}
