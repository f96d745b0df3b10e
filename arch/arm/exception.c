/* exception.c - taking exceptions and interrupts, and coming back from them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, B1.8 and B1.9; PSCI: Arm DEN 0022.
 *
 * WFI ends with any interrupt, also a masked one (B1.8.14). Ending it is a step: then a halted processor's
 * state at an icount is one state.
 */
#include <inttypes.h>

#include "arch/arm/cp15.h"
#include "arch/arm/debugreg.h"
#include "arch/arm/model.h"
#include "arch/arm/security.h"
#include "arch/arm/traps.h"
#include "emu/check.h"
#include "emu/log.h"

#define SCTLR_V (1u << 13)
#define SCTLR_EE (1u << 25)
#define SCTLR_TE (1u << 30)
#define LINE_IRQ (1u << CPU_LINE_IRQ)
#define LINE_FIQ (1u << CPU_LINE_FIQ)

enum { HDCR_TDE = 1 << 8 };

static unsigned mode_of(const struct arm_cpu *a)
{
    return a->psr & PSR_M;
}

static bool in_thumb(const struct arm_cpu *a)
{
    return a->psr & PSR_T;
}

/* ---- raising ---- */

void arm_raise(struct arm_cpu *a, enum arm_exception e)
{
    a->exc = e;
    cpu_raise(&a->base);
}

void arm_raise_undef(struct arm_cpu *a)
{
    arm_raise(a, ARM_EXC_UNDEF);
}

void arm_raise_data_abort(struct arm_cpu *a, u64 va, u32 fsr)
{
    a->exc_far = va;
    a->exc_fsr = fsr;
    arm_raise(a, ARM_EXC_DATA_ABORT);
}

/* B1.9.6: BKPT is a prefetch abort, with the status of a debug event. */
void arm_raise_bkpt(struct arm_cpu *a)
{
    bool lpae = a->ttbcr >> 31 & 1;
    a->exc_fsr = lpae ? 1u << 9 | 0x22 : 2;
    a->exc_far = a->ifar;
    a->exc_moe = ARM_MOE_BKPT;
    arm_raise(a, ARM_EXC_PREFETCH_ABORT);
}

/* ---- entering a handler ---- */

/* What the exception's mode, vector and masks are (B1.8.3). */
static const struct {
    u8 mode, vector;
    bool mask_a, mask_f;
} entry[] = {
    [ARM_EXC_UNDEF] = {ARM_UND, 0x04, false, false},
    [ARM_EXC_SVC] = {ARM_SVC, 0x08, false, false},
    [ARM_EXC_PREFETCH_ABORT] = {ARM_ABT, 0x0c, true, false},
    [ARM_EXC_DATA_ABORT] = {ARM_ABT, 0x10, true, false},
    [ARM_EXC_IRQ] = {ARM_IRQ, 0x18, true, false},
    [ARM_EXC_FIQ] = {ARM_FIQ, 0x1c, true, true},
};

static void set_psr_for(struct arm_cpu *a, unsigned mode, u64 sctlr, bool mask_a, bool mask_f)
{
    arm_switch_mode(a, mode);
    a->it = 0;
    a->psr &= ~(u64)(PSR_J | PSR_T | PSR_E);
    a->psr |= PSR_I | (mask_a ? PSR_A : 0) | (mask_f ? PSR_F : 0) | (sctlr & SCTLR_TE ? PSR_T : 0) |
              (sctlr & SCTLR_EE ? PSR_E : 0);
}

static u64 vectors(const struct arm_cpu *a)
{
    return a->sctlr & SCTLR_V ? 0xffff0000 : a->vbar;
}

static void entered(struct arm_cpu *a, u32 spsr, u64 pc)
{
    a->spsr = spsr;
    a->base.pc = (u32)pc;
    a->base.halted = false;
    a->handler_depth++;
    arm_update_mode(a);
    arm_set_root(a);
    arm_look_for_interrupts(a);
}

/* From monitor mode to the Secure state's modes (B1.8.3). */
static void enter(struct arm_cpu *a, enum arm_exception e, u64 lr)
{
    u32 spsr = arm_get_cpsr(a), locked = arm_psr_locked(a);
    if (mode_of(a) == ARM_MON)
        a->scr &= ~(u64)ARM_SCR_NS;
    set_psr_for(a, entry[e].mode, a->sctlr, entry[e].mask_a && !(locked & PSR_A), entry[e].mask_f && !(locked & PSR_F));
    a->r[ARM_LR] = (u32)lr;
    entered(a, spsr, vectors(a) + entry[e].vector);
}

static void enter_monitor(struct arm_cpu *a, unsigned vector, u64 lr)
{
    u32 spsr = arm_get_cpsr(a);
    if (mode_of(a) == ARM_MON)
        a->scr &= ~(u64)ARM_SCR_NS;
    arm_switch_mode(a, ARM_MON); /* from here on SCTLR is the Secure one */
    set_psr_for(a, ARM_MON, a->sctlr, true, true);
    a->r[ARM_LR] = (u32)lr;
    entered(a, spsr, a->mvbar + vector);
}

/* To HYP mode: ELR_hyp has the place to return to, HSR says why. */
static void enter_hyp(struct arm_cpu *a, unsigned vector, u64 elr, u32 hsr)
{
    u32 spsr = arm_get_cpsr(a);
    set_psr_for(a, ARM_HYP, a->hsctlr, true, true);
    a->elr_hyp = (u32)elr;
    a->hsr = hsr;
    entered(a, spsr, a->hvbar + vector);
}

static u32 syndrome(unsigned ec, bool wide, u32 iss)
{
    return (u32)ec << 26 | (wide ? 1u << 25 : 0) | iss;
}

/* In HYP mode exceptions stay there (B1.8.4), and HCR.TGE sends those of USR mode there. */
static bool goes_to_hyp(const struct arm_cpu *a)
{
    return mode_of(a) == ARM_HYP || (mode_of(a) == ARM_USR && (a->hcr & HCR_TGE) && arm_below_hyp(a));
}

static void abort_in_hyp(struct arm_cpu *a, bool data)
{
    bool same = mode_of(a) == ARM_HYP;
    /* Without LPAE only two can come here: alignment faults and debug exceptions. */
    u32 status = a->exc_fsr & 1u << 9 ? a->exc_fsr & 0x3f : (a->exc_fsr & 3) == 1 ? 0x21 : 0x22;
    u32 iss = status | (data && a->exc_fsr & 1u << 11 ? 1u << 6 : 0);
    if (data)
        a->hdfar = (u32)a->exc_far;
    else
        a->hifar = (u32)a->exc_far;
    enter_hyp(a, same ? (data ? 0x10 : 0x0c) : 0x14, a->base.pc,
              syndrome((data ? HSR_EC_DATA : HSR_EC_PREFETCH) + same, true, iss));
}

static void take_abort(struct arm_cpu *a, bool data)
{
    u64 pc = a->base.pc;
    bool debug = arm_debug_taken(a);
    if (goes_to_hyp(a) || (debug && (a->hdcr & HDCR_TDE) && arm_below_hyp(a))) {
        abort_in_hyp(a, data);
        return;
    }
    if (data) {
        a->dfsr = a->exc_fsr;
        a->dfar = (u32)a->exc_far;
        enter(a, ARM_EXC_DATA_ABORT, pc + 8);
    } else {
        a->ifsr = a->exc_fsr;
        a->ifar = (u32)a->exc_far;
        enter(a, ARM_EXC_PREFETCH_ABORT, pc + 4);
    }
}

static void take_stage2(struct arm_cpu *a, u64 *far)
{
    *far = a->exc_far;
    a->hpfar = a->exc_ipa >> 12 << 4;
    enter_hyp(a, 0x14, a->base.pc, a->exc_hsr);
}

void arm_exception_take(struct cpu *c)
{
    struct arm_cpu *a = arm_of(c);
    switch ((enum arm_exception)a->exc) {
    case ARM_EXC_PREFETCH_ABORT: take_abort(a, false); break;
    case ARM_EXC_DATA_ABORT: take_abort(a, true); break;
    case ARM_EXC_STAGE2_PREFETCH: take_stage2(a, &a->hifar); break;
    case ARM_EXC_STAGE2_DATA: take_stage2(a, &a->hdfar); break;
    case ARM_EXC_HYP_TRAP: enter_hyp(a, 0x14, c->pc, a->exc_hsr); break;
    default:
        CHECK(a->exc == ARM_EXC_UNDEF);
        if (goes_to_hyp(a))
            enter_hyp(a, mode_of(a) == ARM_HYP ? 0x04 : 0x14, c->pc, syndrome(HSR_EC_UNKNOWN, true, 0));
        else
            enter(a, ARM_EXC_UNDEF, c->pc + (in_thumb(a) ? 2 : 4));
    }
}

/* ---- interrupts ---- */

/* Where a physical one goes (B1.8.4), and whether the CPSR's mask counts. */
enum route { ROUTE_HERE, ROUTE_HYP, ROUTE_MONITOR };

static enum route route_of(const struct arm_cpu *a, bool fiq)
{
    if (arm_has(a, ARM_SECURITY) && (a->scr & (fiq ? ARM_SCR_FIQ : ARM_SCR_IRQ)))
        return ROUTE_MONITOR;
    if (mode_of(a) == ARM_HYP || (arm_below_hyp(a) && (a->hcr & (fiq ? HCR_FMO : HCR_IMO))))
        return ROUTE_HYP;
    return ROUTE_HERE;
}

static bool masked(const struct arm_cpu *a, bool fiq)
{
    if (arm_below_hyp(a) && (a->hcr & (fiq ? HCR_FMO : HCR_IMO)))
        return false;
    if (fiq && arm_below_hyp(a) && arm_has(a, ARM_SECURITY) && (a->scr & ARM_SCR_FIQ) && !(a->scr & ARM_SCR_FW))
        return false;
    return a->psr & (fiq ? PSR_F : PSR_I);
}

/* Those of a hypervisor's making: HCR.VI and VF, for the modes below it. */
static u32 virtual_lines(const struct arm_cpu *a)
{
    if (!(a->hcr & (HCR_VI | HCR_VF)) || !arm_below_hyp(a))
        return 0;
    return ((a->hcr & HCR_VI) && (a->hcr & HCR_IMO) ? LINE_IRQ : 0) |
           ((a->hcr & HCR_VF) && (a->hcr & HCR_FMO) ? LINE_FIQ : 0);
}

static u32 unmasked(const struct arm_cpu *a)
{
    u32 lines = a->base.lines & (LINE_IRQ | LINE_FIQ);
    return (lines & LINE_IRQ && !masked(a, false) ? LINE_IRQ : 0) | (lines & LINE_FIQ && !masked(a, true) ? LINE_FIQ : 0);
}

static u32 virtual_unmasked(const struct arm_cpu *a)
{
    u32 open = (a->psr & PSR_I ? 0 : LINE_IRQ) | (a->psr & PSR_F ? 0 : LINE_FIQ);
    return virtual_lines(a) & open;
}

bool arm_wait_over(const struct arm_cpu *a)
{
    return (a->base.lines & (LINE_IRQ | LINE_FIQ)) || virtual_lines(a);
}

bool arm_interrupt_ready(struct cpu *c)
{
    const struct arm_cpu *a = arm_of(c);
    if (c->halted)
        return arm_wait_over(a);
    return unmasked(a) || UNLIKELY(virtual_unmasked(a));
}

static void take_physical(struct arm_cpu *a, bool fiq)
{
    u64 pc = a->base.pc;
    switch (route_of(a, fiq)) {
    case ROUTE_MONITOR: enter_monitor(a, fiq ? 0x1c : 0x18, pc + 4); break;
    case ROUTE_HYP: enter_hyp(a, fiq ? 0x1c : 0x18, pc, (u32)a->hsr); break;
    case ROUTE_HERE: enter(a, fiq ? ARM_EXC_FIQ : ARM_EXC_IRQ, pc + 4); break;
    }
}

void arm_look_for_interrupts(struct arm_cpu *a)
{
    if (arm_interrupt_ready(&a->base))
        a->base.attention = true;
}

void arm_interrupt_take(struct cpu *c)
{
    struct arm_cpu *a = arm_of(c);
    u32 which = unmasked(a), of_hyp = virtual_unmasked(a);

    c->halted = false;
    if (which)
        take_physical(a, which & LINE_FIQ);
    else if (of_hyp)
        enter(a, of_hyp & LINE_FIQ ? ARM_EXC_FIQ : ARM_EXC_IRQ, c->pc + 4);
    /* else only WFI is over */
}

void arm_wait(struct arm_cpu *a)
{
    a->base.halted = true;
    a->base.attention = true;
}

/* ---- calls ---- */

enum { PSCI_VERSION = 0x84000000, PSCI_CPU_SUSPEND = 0x84000001, PSCI_CPU_OFF = 0x84000002,
       PSCI_CPU_ON = 0x84000003, PSCI_AFFINITY_INFO = 0x84000004, PSCI_MIGRATE_INFO_TYPE = 0x84000006,
       PSCI_SYSTEM_OFF = 0x84000008, PSCI_SYSTEM_RESET = 0x84000009, PSCI_FEATURES = 0x8400000a };
enum { PSCI_SUCCESS = 0, PSCI_NOT_SUPPORTED = -1, PSCI_ALREADY_ON = -4, PSCI_NO_MIGRATION = 2 };

static bool psci_known(u32 function)
{
    switch (function) {
    case PSCI_VERSION: case PSCI_CPU_SUSPEND: case PSCI_CPU_OFF: case PSCI_CPU_ON: case PSCI_AFFINITY_INFO:
    case PSCI_MIGRATE_INFO_TYPE: case PSCI_SYSTEM_OFF: case PSCI_SYSTEM_RESET: case PSCI_FEATURES: return true;
    }
    return false;
}

static i32 psci_call(struct arm_cpu *a)
{
    switch ((u32)a->r[0]) {
    case PSCI_VERSION: return 2; /* 0.2 */
    case PSCI_CPU_SUSPEND: case PSCI_CPU_OFF: arm_wait(a); return PSCI_SUCCESS;
    case PSCI_CPU_ON: return PSCI_ALREADY_ON; /* there is one processor */
    case PSCI_AFFINITY_INFO: return 0;        /* which is on */
    case PSCI_MIGRATE_INFO_TYPE: return PSCI_NO_MIGRATION;
    case PSCI_SYSTEM_OFF: machine_request(a->base.machine, REQUEST_POWEROFF, 0); return PSCI_SUCCESS;
    case PSCI_SYSTEM_RESET: machine_request(a->base.machine, REQUEST_RESET, 0); return PSCI_SUCCESS;
    case PSCI_FEATURES: return psci_known((u32)a->r[1]) ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
    }
    return PSCI_NOT_SUPPORTED;
}

static bool is_psci(const struct arm_cpu *a, enum arm_exception e)
{
    return a->base.firmware == (e == ARM_EXC_HVC ? CPU_FIRMWARE_HVC : CPU_FIRMWARE_SMC);
}

/* HVC is of the Non-secure state, where SCR.HCE allows it; SMC may be trapped, or switched off (B1.14.5, B4.1.129). */
u64 arm_help_check_call(struct cpu *c, u64 exception, u64 b, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    (void)b, (void)d;
    if (exception == ARM_EXC_SMC && arm_below_hyp(a) && (a->hcr & HCR_TSC))
        arm_raise_hyp_trap(a, HSR_EC_SMC, 1u << 24 | 14u << 20);
    if (is_psci(a, (enum arm_exception)exception))
        return 0;
    bool hce = !arm_has(a, ARM_SECURITY) || (a->scr & ARM_SCR_HCE) || mode_of(a) == ARM_HYP;
    if (exception == ARM_EXC_HVC ? !arm_has(a, ARM_VIRT) || arm_is_secure(a) || !hce
                                 : !arm_has(a, ARM_SECURITY) || (!arm_is_secure(a) && (a->scr & ARM_SCR_SCD)))
        arm_raise_undef(a);
    return 0;
}

u64 arm_help_call(struct cpu *c, u64 exception, u64 next_pc, u64 imm)
{
    struct arm_cpu *a = arm_of(c);
    bool hyp = mode_of(a) == ARM_HYP;

    if (exception != ARM_EXC_SVC && is_psci(a, exception)) {
        cpu_alone(c);
        c->pc = next_pc;
        a->r[0] = (u32)psci_call(a);
        arm_update_mode(a);
        c->attention = true;
        return 0;
    }
    if (exception == ARM_EXC_SMC)
        enter_monitor(a, 0x08, next_pc);
    else if (exception == ARM_EXC_HVC)
        enter_hyp(a, hyp ? 0x08 : 0x14, next_pc, syndrome(HSR_EC_HVC, true, imm & 0xffff));
    else if (exception == ARM_EXC_SVC && goes_to_hyp(a))
        enter_hyp(a, hyp ? 0x08 : 0x14, next_pc, syndrome(HSR_EC_SVC, true, imm & 0xffff));
    else
        enter(a, exception, next_pc);
    return 0;
}

/* ---- coming back ---- */

/* HYP mode is entered by exceptions, and left by returning from them; monitor mode is of the Secure state. */
bool arm_may_switch_to(const struct arm_cpu *a, unsigned mode)
{
    unsigned now = mode_of(a);
    if (!arm_mode_exists(a, mode) || mode == now)
        return mode == now;
    return mode != ARM_HYP && now != ARM_HYP && (mode != ARM_MON || arm_is_secure(a));
}

void arm_exception_return(struct arm_cpu *a, u32 spsr, u64 pc)
{
    unsigned mode = spsr & PSR_M, now = mode_of(a);
    bool allowed = arm_mode_exists(a, mode) &&
                   (mode != ARM_HYP || now == ARM_HYP || (now == ARM_MON && (a->scr & ARM_SCR_NS))) &&
                   (mode != ARM_MON || arm_is_secure(a));
    if (!allowed) { /* UNPREDICTABLE */
        LOG(LOG_INFO, "return to mode %#x from mode %#x", mode, now);
        spsr = (spsr & ~PSR_M) | now;
    }
    u32 locked = arm_psr_locked(a);
    arm_set_cpsr(a, (spsr & ~locked) | (u32)(a->psr & locked));
    a->base.pc = (u32)pc & (spsr & PSR_T ? ~1u : ~3u);
    a->handler_depth--;
    a->event = 1;
    arm_set_root(a);
    arm_look_for_interrupts(a);
}

u64 arm_help_return(struct cpu *c, u64 pc, u64 b, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    (void)b, (void)d;
    arm_exception_return(a, (u32)a->spsr, pc);
    return 0;
}

static void write_flags(struct arm_cpu *a, u32 v, u32 mask)
{
    if (mask & PSR_NZCV)
        arm_set_nzcv(a, v);
    if (mask & PSR_Q)
        a->q_flag = v & PSR_Q ? 1 : 0;
    if (mask & PSR_GE)
        a->ge = v >> 16 & 15;
}

/* Flags alone leave the mode as it is: the block goes on behind them. */
void arm_write_cpsr(struct arm_cpu *a, u32 v, u32 mask)
{
    const u32 others = PSR_E | PSR_A | PSR_I | PSR_F | PSR_M;

    if (mode_of(a) == ARM_USR)
        mask &= PSR_NZCV | PSR_Q | PSR_GE | PSR_E;
    mask &= ~arm_psr_locked(a);
    if ((mask & PSR_M) && !arm_may_switch_to(a, v & PSR_M))
        mask &= ~PSR_M;
    write_flags(a, v, mask);
    if (!(mask & others))
        return;
    u64 before = a->psr;
    if (mask & PSR_M)
        arm_switch_mode(a, v & PSR_M);
    a->psr = (a->psr & ~(u64)(mask & others)) | (v & mask & others);
    if (!((before ^ a->psr) & (PSR_M | PSR_E)))
        return; /* masks */
    arm_update_mode(a);
    if (mask & PSR_M)
        arm_set_root(a);
}

/* ---- banked registers by name (B9.2.3) ---- */

static u64 *user_register(struct arm_cpu *a, unsigned n)
{
    enum arm_bank bank = arm_bank_of(mode_of(a));
    if (n <= 12)
        return bank == ARM_BANK_FIQ ? &a->bank_usr[n - 8] : NULL;
    if (bank == ARM_BANK_USR || (n == ARM_LR && bank == ARM_BANK_HYP))
        return NULL; /* UNPREDICTABLE: it is not banked now */
    return n == ARM_SP ? &a->bank_sp[ARM_BANK_USR] : &a->bank_lr[ARM_BANK_USR];
}

static u64 *fiq_register(struct arm_cpu *a, unsigned n)
{
    if (mode_of(a) == ARM_FIQ)
        return NULL;
    return n <= 12 ? &a->bank_fiq[n - 8] : n == ARM_SP ? &a->bank_sp[ARM_BANK_FIQ] : &a->bank_lr[ARM_BANK_FIQ];
}

static u64 *register_of_mode(struct arm_cpu *a, unsigned sysm)
{
    static const u8 banks[] = {ARM_BANK_IRQ, ARM_BANK_SVC, ARM_BANK_ABT, ARM_BANK_UND};
    bool sp = sysm & 1;
    if (sysm >= 0x10 && sysm <= 0x17) {
        enum arm_bank b = banks[(sysm - 0x10) / 2];
        return arm_bank_of(mode_of(a)) == b ? NULL : sp ? &a->bank_sp[b] : &a->bank_lr[b];
    }
    if (sysm == 0x1c || sysm == 0x1d)
        return mode_of(a) == ARM_MON ? NULL : sp ? &a->bank_sp[ARM_BANK_MON] : &a->bank_lr[ARM_BANK_MON];
    if (sysm == 0x1e)
        return &a->elr_hyp;
    if (sysm == 0x1f)
        return mode_of(a) == ARM_HYP ? NULL : &a->bank_sp[ARM_BANK_HYP];
    if (sysm < 7)
        return user_register(a, 8 + sysm);
    return sysm >= 8 && sysm < 15 ? fiq_register(a, sysm) : NULL;
}

static u64 *spsr_of_mode(struct arm_cpu *a, unsigned sysm)
{
    static const struct { u8 sysm, bank; } spsrs[] = {
        {0x0e, ARM_BANK_FIQ}, {0x10, ARM_BANK_IRQ}, {0x12, ARM_BANK_SVC}, {0x14, ARM_BANK_ABT},
        {0x16, ARM_BANK_UND}, {0x1c, ARM_BANK_MON}, {0x1e, ARM_BANK_HYP}};
    for (unsigned i = 0; i < ARRAY_SIZE(spsrs); i++)
        if (spsrs[i].sysm == sysm && arm_bank_of(mode_of(a)) != spsrs[i].bank)
            return &a->bank_spsr[spsrs[i].bank];
    return NULL;
}

u64 *arm_banked(struct arm_cpu *a, unsigned which)
{
    u64 *r = which >> 5 & 1 ? spsr_of_mode(a, which & 31) : register_of_mode(a, which & 31);
    if (!r)
        arm_raise_undef(a);
    return r;
}
