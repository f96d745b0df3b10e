/* debugreg.c - hardware breakpoints, watchpoints and vector catch */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, part C: C3 (debug events), C4 (debug exceptions), C11 (registers). v7.1 Debug in
 * Monitor debug-mode, by the CP14 interface: a debug event is an abort. There is no Halting
 * debug-mode, and no communications channel.
 *
 * While an event by an address of code is possible at all, each instruction asks for itself
 * (MODE_DEBUG): then nothing that was translated depends on the registers.
 */
#include "arch/arm/debugreg.h"

#include "arch/arm/model.h"

enum { DSCR_MOE = 15 << 2, DSCR_UDCCDIS = 1 << 12, DSCR_HDBGEN = 1 << 14, DSCR_MDBGEN = 1 << 15,
       DSCR_NS = 1 << 18 };
enum { MOE_BREAKPOINT = 1, MOE_VECTOR_CATCH = 5, MOE_WATCHPOINT = 10 }; /* C11.11.20: the last one synchronous */
enum { OSLSR_IMPLEMENTED = 1 << 3, OSLSR_LOCKED = 1 << 1 };
#define OSLAR_KEY 0xc5acce55u

enum { CR_E = 1, BCR_MISMATCH = 1 << 22, WCR_LOAD = 1 << 3, WCR_STORE = 1 << 4 };
enum { BT_ADDRESS = 0, BT_CONTEXT = 2, BT_LINKED_CONTEXT = 3, BT_MISMATCH = 4 }; /* plus 1: linked */

static unsigned breakpoints(const struct arm_cpu *a)
{
    return (a->model->id.didr >> 24 & 15) + 1;
}

static unsigned watchpoints(const struct arm_cpu *a)
{
    return (a->model->id.didr >> 28) + 1;
}

/* C4.1: whether software debug events cause exceptions. */
static bool debug_on(const struct arm_cpu *a)
{
    return (a->dbgdscr & DSCR_MDBGEN) && !(a->dbgoslsr & OSLSR_LOCKED);
}

bool arm_breaks_enabled(const struct arm_cpu *a)
{
    u64 any = a->dbgvcr;
    if (LIKELY(!debug_on(a)))
        return false;
    for (unsigned i = 0; i < breakpoints(a); i++)
        any |= a->dbgbcr[i] & CR_E;
    return any;
}

/* ---- conditions that both have ---- */

/* C3.2.2, C3.3.2: SSC, HMC and the privileges (PMC, PAC): bit 0 PL1, bit 1 PL0. */
static bool state_matches(const struct arm_cpu *a, u32 control)
{
    unsigned mode = a->psr & PSR_M, privileges = control >> 1 & 3, security = control >> 14 & 3;
    bool higher = control >> 13 & 1, secure = arm_is_secure(a);
    if (mode == ARM_HYP)
        return higher && (security == 3 || (privileges & 1));
    if (security == 3 || (security == 1 && secure) || (security == 2 && !secure))
        return false;
    if (!privileges) /* breakpoints only: where an operating system's debugger looks */
        return mode == ARM_USR || mode == ARM_SYS || mode == ARM_SVC;
    return privileges & (mode == ARM_USR ? 2 : 1);
}

static bool context_matches(const struct arm_cpu *a, unsigned n, unsigned type)
{
    return n < breakpoints(a) && (a->dbgbcr[n] & CR_E) && (a->dbgbcr[n] >> 20 & 15) == type &&
           (u32)a->dbgbvr[n] == (u32)a->contextidr && (a->psr & PSR_M) != ARM_HYP;
}

static bool link_matches(const struct arm_cpu *a, u32 control)
{
    return context_matches(a, control >> 16 & 15, BT_LINKED_CONTEXT);
}

/* ---- code ---- */

static bool address_matches(const struct arm_cpu *a, unsigned n, u32 pc)
{
    u32 control = (u32)a->dbgbcr[n], bits = control >> 24 & 31;
    if (bits)
        return !((pc ^ (u32)a->dbgbvr[n]) >> bits);
    return !((pc ^ (u32)a->dbgbvr[n]) & ~3u) && (control >> (5 + (pc & 2)) & 3) == 3;
}

static bool breakpoint_matches(const struct arm_cpu *a, unsigned n, u32 pc)
{
    u32 control = (u32)a->dbgbcr[n];
    unsigned type = control >> 20 & 15;
    if (!(control & CR_E) || !state_matches(a, control))
        return false;
    switch (type & ~1u) {
    case BT_ADDRESS: return address_matches(a, n, pc) && (!(type & 1) || link_matches(a, control));
    case BT_MISMATCH: return !address_matches(a, n, pc) && (!(type & 1) || link_matches(a, control));
    }
    return type == BT_CONTEXT && context_matches(a, n, type);
}

/* C3.4, by address: a bit for each vector, those of the Non-secure state 24 higher. */
static bool vector_matches(const struct arm_cpu *a, u32 pc)
{
    u32 base = a->sctlr >> 13 & 1 ? 0xffff0000 : (u32)a->vbar;
    unsigned vector = (pc - base) / 4;
    if (pc - base >= 32 || (pc & 3) || (a->psr & PSR_M) == ARM_HYP || (a->psr & PSR_M) == ARM_USR)
        return false;
    bool upper = arm_has(a, ARM_SECURITY) && !arm_is_secure(a);
    return (a->dbgvcr & 0xde0000de) >> (vector + (upper ? 24 : 0)) & 1;
}

static u32 debug_status(const struct arm_cpu *a)
{
    return a->ttbcr >> 31 & 1 ? 1u << 9 | 0x22 : 2;
}

u64 arm_help_breakpoint(struct cpu *c, u64 pc, u64 b, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    bool hit = false, vector = a->dbgvcr && vector_matches(a, (u32)pc);
    (void)b, (void)d;
    for (unsigned i = 0; i < breakpoints(a) && !hit; i++)
        hit = breakpoint_matches(a, i, (u32)pc);
    if (!hit && !vector)
        return 0;
    a->exc_moe = hit ? MOE_BREAKPOINT : MOE_VECTOR_CATCH;
    a->exc_fsr = debug_status(a);
    a->exc_far = a->ifar;
    arm_raise(a, ARM_EXC_PREFETCH_ABORT);
}

/* ---- data ---- */

/* The bytes that watchpoint n is for: those of [start, start + 8) in the set, or 2^k bytes. */
static bool watch_overlaps(const struct arm_cpu *a, unsigned n, u32 va, unsigned size)
{
    u32 control = (u32)a->dbgwcr[n], bits = control >> 24 & 31, start = (u32)a->dbgwvr[n] & ~3u;
    if (bits) {
        u32 first = start & ~((1u << bits) - 1);
        return va - first < 1u << bits || first - va < size;
    }
    for (unsigned i = 0; i < 8; i++)
        if ((control >> (5 + i) & 1) && start + i - va < size)
            return true;
    return false;
}

bool arm_page_watched(struct cpu *c, u64 va)
{
    const struct arm_cpu *a = arm_of(c);
    if (LIKELY(!debug_on(a)))
        return false;
    for (unsigned i = 0; i < watchpoints(a); i++)
        if ((a->dbgwcr[i] & CR_E) &&
            watch_overlaps(a, i, (u32)va & ~(u32)(PAGE_SIZE - 1), PAGE_SIZE))
            return true;
    return false;
}

static bool watchpoint_matches(const struct arm_cpu *a, unsigned n, u32 va, unsigned size,
                               bool write)
{
    u32 control = (u32)a->dbgwcr[n];
    return (control & CR_E) && (control & (write ? WCR_STORE : WCR_LOAD)) && (control >> 1 & 3) &&
           state_matches(a, control) && watch_overlaps(a, n, va, size) &&
           (!(control >> 20 & 1) || link_matches(a, control));
}

/* Watchpoints are synchronous: the access is not made. */
void arm_watched_access(struct cpu *c, u64 va, unsigned size, bool write)
{
    struct arm_cpu *a = arm_of(c);
    for (unsigned i = 0; i < watchpoints(a); i++) {
        if (!watchpoint_matches(a, i, (u32)va, size, write))
            continue;
        a->exc_moe = MOE_WATCHPOINT;
        arm_raise_data_abort(a, (u32)va, debug_status(a) | (write ? 1u << 11 : 0));
    }
}

bool arm_debug_taken(struct arm_cpu *a)
{
    bool lpae = a->exc_fsr >> 9 & 1, debug = (a->exc_fsr & (lpae ? 0x3f : 0x40f)) == (lpae ? 0x22 : 2);
    if (debug)
        a->dbgdscr = (a->dbgdscr & ~(u64)DSCR_MOE) | (u64)a->exc_moe << 2;
    return debug;
}

/* ---- the registers ---- */

u64 arm_read_dbgdscr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)r;
    if ((a->psr & PSR_M) == ARM_USR && (a->dbgdscr & DSCR_UDCCDIS))
        arm_raise_undef(a);
    return a->dbgdscr | (arm_is_secure(a) ? 0 : DSCR_NS);
}

void arm_write_dbgdscr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    a->dbgdscr = v & (DSCR_MOE | DSCR_UDCCDIS | DSCR_HDBGEN | DSCR_MDBGEN);
    tlb_flush_watched(&a->base);
}

void arm_write_dbgoslar(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    a->dbgoslsr = OSLSR_IMPLEMENTED | ((u32)v == OSLAR_KEY ? OSLSR_LOCKED : 0);
    tlb_flush_watched(&a->base);
}

/* r->value: which register of how many there are, and which of its bits are kept. */
static u64 *slot(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return (u64 *)a + r->word;
}

void arm_write_dbgvalue(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    *slot(a, r) = v & r->value;
    tlb_flush_watched(&a->base);
}

void arm_write_dbgclaimset(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    a->dbgclaim |= v & 0xff;
}

u64 arm_read_dbgclaimset(struct arm_cpu *a, const struct arm_sysreg *r)
{
    (void)a, (void)r;
    return 0xff; /* so many tags there are */
}

void arm_write_dbgclaimclr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v)
{
    (void)r;
    a->dbgclaim &= ~(v & 0xff);
}
