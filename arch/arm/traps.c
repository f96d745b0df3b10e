/* traps.c - what HYP mode has asked to be told of */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, B1.14 (traps to the hypervisor), B3.13.6 (HSR), B4.1 (HCR, HSTR, HCPTR, HDCR). A
 * trapped instruction has done nothing; HSR says what it was, always with condition AL, since it
 * would have been executed.
 */
#include "arch/arm/traps.h"

#include "arch/arm/model.h"
#include "arch/arm/security.h"

#define HCR_OF_SYSREGS (HCR_TID0 | HCR_TID1 | HCR_TID2 | HCR_TID3 | HCR_TIDCP | HCR_TAC | HCR_TSW | HCR_TPC | HCR_TPU | \
                        HCR_TTLB | HCR_TVM)
#define HCPTR_TCPAC (1u << 31)
enum { HCPTR_TCP10 = 1 << 10, HCPTR_TASE = 1 << 15 };
enum { HDCR_TPMCR = 1 << 5, HDCR_TPM = 1 << 6, HDCR_TDE = 1 << 8, HDCR_TDA = 1 << 9, HDCR_TDOSA = 1 << 10,
       HDCR_TDRA = 1 << 11 };
enum { CNTHCTL_PL1PCTEN = 1, CNTHCTL_PL1PCEN = 2 };

#define ISS_AL (1u << 24 | 14u << 20) /* CV, COND */

bool arm_below_hyp(const struct arm_cpu *a)
{
    return arm_has(a, ARM_VIRT) && (a->psr & PSR_M) != ARM_HYP && !arm_is_secure(a);
}

void arm_raise_hyp_trap(struct arm_cpu *a, enum arm_hsr_ec ec, u32 iss)
{
    a->exc_hsr = (u32)ec << 26 | 1u << 25 | iss;
    if (a->psr & PSR_T) { /* IL: the length of an instruction of 16 bits that can trap (WFI, WFE) */
        u64 insn = 0;
        cpu_sync_position(&a->base);
        if (mem_debug_read(&a->base, a->base.pc, &insn, 2) == 2 && insn >> 11 < 0x1d)
            a->exc_hsr &= ~(1u << 25);
    }
    arm_raise(a, ARM_EXC_HYP_TRAP);
}

/* ---- system registers ---- */

bool arm_traps_sysregs(const struct arm_cpu *a)
{
    return arm_below_hyp(a) &&
           ((a->hcr & HCR_OF_SYSREGS) || a->hstr || (a->hcptr & HCPTR_TCPAC) ||
            (a->hdcr & (HDCR_TPMCR | HDCR_TPM | HDCR_TDE | HDCR_TDA | HDCR_TDOSA | HDCR_TDRA)));
}

/* The fields of an MRC or MCR (or of the 64-bit forms: then n is none). */
struct access {
    unsigned cp, o, n, m, q;
    bool wide, write;
};
enum { NO_CRN = 16 };

static struct access access_of(u64 x, bool write)
{
    struct access r = {(unsigned)x >> 16 & 15,
                       (unsigned)x >> 12 & 15,
                       (unsigned)x >> 8 & 15,
                       (unsigned)x >> 4 & 15,
                       (unsigned)x & 7,
                       x & 8,
                       write};
    if (r.wide)
        r.n = NO_CRN;
    return r;
}

static bool in(unsigned n, u32 set)
{
    return n < 32 && set >> n & 1;
}

/* HCR.TVM: the registers that say how memory is mapped, and what goes with them (B1.14.13). */
static bool is_memory_control(const struct access *r)
{
    if (r->wide)
        return r->m == 2; /* TTBR0, TTBR1 */
    if (r->o)
        return false;
    switch (r->n) {
    case 1: return !r->m && !r->q;
    case 2: case 3: case 5: case 6: return true;
    case 10: return in(r->m, 1 << 2 | 1 << 3);
    case 13: return !r->m && r->q == 1;
    }
    return false;
}

/* HCR.TIDCP (B1.14.4): where processors keep registers of their own. */
static bool is_implementation_defined(const struct access *r)
{
    static const u32 crm[] = {[9] = 0x01e7, [10] = 0x0113, [11] = 0x81ff};
    return r->n >= 9 && r->n <= 11 && in(r->m, crm[r->n]);
}

static u32 hcr_of_cache(const struct access *r)
{
    switch (r->m << 4 | r->q) {
    case 0x10: case 0x50: case 0x51: case 0xb1: return HCR_TPU;
    case 0x61: case 0xa1: case 0xe1: return HCR_TPC;
    case 0x62: case 0xa2: case 0xe2: return HCR_TSW;
    }
    return 0;
}

static u32 hcr_of_id(const struct access *r)
{
    if (r->o == 0)
        return in(r->m, 0xfe) ? HCR_TID3 : r->m ? 0 : r->q == 1 ? HCR_TID2 : in(r->q, 0x4c) ? HCR_TID1 : 0;
    if (r->o == 1)
        return r->m ? 0 : r->q == 7 ? HCR_TID1 : HCR_TID2;
    return r->o == 2 ? HCR_TID2 : 0;
}

static bool hcr_traps(const struct arm_cpu *a, const struct access *r)
{
    u32 bits = 0;
    if (r->cp == 14)
        return (a->hcr & HCR_TID0) && r->o == 7 && !r->n && !r->m; /* JIDR */
    if (r->write && is_memory_control(r))
        bits |= HCR_TVM;
    if (r->n == 0)
        bits |= hcr_of_id(r);
    if (r->n == 1 && !r->o && !r->m && r->q == 1)
        bits |= HCR_TAC;
    if (r->n == 7 && !r->o)
        bits |= hcr_of_cache(r);
    if (r->n == 8 && !r->o)
        bits |= HCR_TTLB;
    if (is_implementation_defined(r))
        bits |= HCR_TIDCP;
    return a->hcr & bits;
}

/* HDCR: the debug registers and the performance monitors. */
static bool hdcr_traps(const struct arm_cpu *a, const struct access *r)
{
    if (r->cp == 15)
        return r->n == 9 && !r->o && r->m >= 12 && r->m <= 14 &&
               (a->hdcr & (HDCR_TPM | (r->m == 12 && !r->q ? HDCR_TPMCR : 0)));
    if (r->wide || (r->o == 0 && in(r->n, 6) && !r->m && !r->q))
        return a->hdcr & (HDCR_TDRA | HDCR_TDE);
    if (r->o)
        return false;
    return a->hdcr & (r->n == 1 && !(r->q != 4) ? HDCR_TDOSA : HDCR_TDA | HDCR_TDE);
}

static bool traps(const struct arm_cpu *a, const struct access *r)
{
    unsigned line = r->wide ? r->m : r->n;
    if (r->cp == 15 && line != 4 && line != 14 && (a->hstr >> line & 1))
        return true;
    if (r->cp == 15 && !r->o && r->n == 1 && !r->m && r->q == 2 && (a->hcptr & HCPTR_TCPAC))
        return true; /* CPACR */
    return hcr_traps(a, r) || hdcr_traps(a, r);
}

static NORETURN void raise_access(struct arm_cpu *a, u64 x, const struct access *r)
{
    u32 rt = (u32)x >> 20 & 15, rt2 = (u32)x >> 24 & 15, read = !r->write;
    if (r->wide)
        arm_raise_hyp_trap(a, r->cp == 15 ? HSR_EC_CP15_64 : HSR_EC_CP14_64,
                           ISS_AL | r->o << 16 | rt2 << 10 | rt << 5 | r->m << 1 | read);
    arm_raise_hyp_trap(a, r->cp == 15 ? HSR_EC_CP15 : HSR_EC_CP14,
                       ISS_AL | r->q << 17 | r->o << 14 | r->n << 10 | rt << 5 | r->m << 1 | read);
}

void arm_check_trap(struct arm_cpu *a, u64 x, bool write)
{
    struct access r = access_of(x, write);
    if (arm_traps_sysregs(a) && traps(a, &r))
        raise_access(a, x, &r);
}

void arm_check_timer_trap(struct arm_cpu *a, u64 x, bool write)
{
    struct access r = access_of(x, write);
    u64 control = 3;
    bool counter = r.wide && r.o == 0, timer = r.wide ? r.o == 2 : r.n == 14 && r.m == 2;
    if (r.cp != 15 || (r.wide ? r.m != 14 : r.n != 14) || r.o == 4 || !(counter || timer) ||
        !arm_below_hyp(a))
        return;
    a->base.sysregs->read(a->base.sysregs_opaque, CPU_ARM_SYSREG(15, 4, 14, 1, 0), &control);
    if (!(control & (counter ? CNTHCTL_PL1PCTEN : CNTHCTL_PL1PCEN)))
        raise_access(a, x, &r);
}

/* ---- floating point ---- */

unsigned arm_traps_fp(const struct arm_cpu *a)
{
    if (!arm_below_hyp(a))
        return 0;
    return (a->hcptr & HCPTR_TCP10 ? 3 : 0) | (a->hcptr & HCPTR_TASE ? 2 : 0);
}

u64 arm_help_fp_trap(struct cpu *c, u64 simd, u64 b, u64 d)
{
    (void)b, (void)d;
    arm_raise_hyp_trap(arm_of(c), HSR_EC_FP, ISS_AL | (simd ? 1u << 5 : 10));
}

/* FPSID is of group 0, MVFR0 and MVFR1 are of group 3 (B1.14.3). */
void arm_check_vmrs_trap(struct arm_cpu *a, unsigned reg, unsigned rt)
{
    u64 bit = reg == 0 ? HCR_TID0 : reg == 6 || reg == 7 ? HCR_TID3 : 0;
    if (arm_below_hyp(a) && (a->hcr & bit))
        arm_raise_hyp_trap(a, HSR_EC_VMRS, ISS_AL | 7u << 14 | reg << 10 | rt << 5 | 1);
}
