/* cpu.c - the processor as an object: reset, modes and banked registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/arm/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "arch/arm/debugreg.h"
#include "arch/arm/model.h"
#include "arch/arm/security.h"
#include "arch/arm/traps.h"
#include "arch/arm/translate.h"
#include "arch/arm/vfp.h"
#include "emu/check.h"

#define SCTLR_A (1u << 1)
#define SCTLR_M (1u << 0)
#define SCTLR_TE (1u << 30)
#define SCTLR_EE (1u << 25)
#define SCTLR_V (1u << 13)
#define TTBCR_EAE (1u << 31)
#define HSCTLR_M (1u << 0)
#define HSCTLR_A (1u << 1)
#define CPACR_ASEDIS (1u << 31)
#define FPEXC_EN (1u << 30)
#define HCPTR_TCP10_11 (3u << 10)
#define HCPTR_TASE (1u << 15)

STATE_DESC(arm_state, "arm", struct arm_cpu, ARM_CPU_STATE);

/* ---- modes ---- */

enum arm_bank arm_bank_of(unsigned mode)
{
    switch (mode) {
    case ARM_FIQ: return ARM_BANK_FIQ;
    case ARM_IRQ: return ARM_BANK_IRQ;
    case ARM_SVC: return ARM_BANK_SVC;
    case ARM_ABT: return ARM_BANK_ABT;
    case ARM_UND: return ARM_BANK_UND;
    case ARM_MON: return ARM_BANK_MON;
    case ARM_HYP: return ARM_BANK_HYP;
    }
    return ARM_BANK_USR;
}

bool arm_mode_exists(const struct arm_cpu *a, unsigned mode)
{
    switch (mode) {
    case ARM_MON: return arm_has(a, ARM_SECURITY);
    case ARM_HYP: return arm_has(a, ARM_VIRT);
    case ARM_USR: case ARM_SYS: return true;
    }
    return arm_bank_of(mode) != ARM_BANK_USR;
}

static void exchange_fiq(struct arm_cpu *a, u64 *save, const u64 *load)
{
    memcpy(save, &a->r[8], 5 * sizeof(*save));
    memcpy(&a->r[8], load, 5 * sizeof(*load));
}

/* HYP mode has the link register of USR (B1.3.2), and returns by ELR_hyp. */
static enum arm_bank lr_bank(enum arm_bank b)
{
    return b == ARM_BANK_HYP ? ARM_BANK_USR : b;
}

void arm_switch_mode(struct arm_cpu *a, unsigned mode)
{
    enum arm_bank from = arm_bank_of(a->psr & PSR_M), to = arm_bank_of(mode);
    a->psr = (a->psr & ~(u64)PSR_M) | mode;
    if (from == to)
        return;
    a->bank_sp[from] = a->r[ARM_SP];
    a->bank_lr[lr_bank(from)] = a->r[ARM_LR];
    a->bank_spsr[from] = a->spsr;
    if (from == ARM_BANK_FIQ)
        exchange_fiq(a, a->bank_fiq, a->bank_usr);
    else if (to == ARM_BANK_FIQ)
        exchange_fiq(a, a->bank_usr, a->bank_fiq);
    a->r[ARM_SP] = a->bank_sp[to];
    a->r[ARM_LR] = a->bank_lr[lr_bank(to)];
    a->spsr = a->bank_spsr[to];
    if (from == ARM_BANK_MON || to == ARM_BANK_MON)
        arm_update_security(a);
}

/* B1.11: who may use VFP and Advanced SIMD. */
static u32 vfp_bits(const struct arm_cpu *a, bool priv, bool hyp)
{
    u32 cpacr = arm_nonsecure_cpacr(a, (u32)a->cpacr), traps = arm_traps_fp(a);
    unsigned access = cpacr >> 20 & 3;
    bool allowed = hyp || access == 3 || (access == 1 && priv);
    if (!arm_has(a, ARM_VFP3) || !allowed || (hyp && (a->hcptr & HCPTR_TCP10_11)))
        return 0;
    return MODE_VFP_ACCESS | (a->fpexc & FPEXC_EN ? MODE_VFP : 0) |
           (cpacr & CPACR_ASEDIS || (hyp && (a->hcptr & HCPTR_TASE)) ? 0 : MODE_NEON) |
           (a->fpscr & FPSCR_LEN_STRIDE ? MODE_VEC : 0) | (a->fpscr & FPSCR_FZ ? MODE_FZ : 0) |
           (a->fpscr >> FPSCR_RMODE_SHIFT & 3 ? MODE_RMODE : 0) | (traps & 1 ? MODE_FP_TRAP : 0) |
           (traps & 2 ? MODE_NEON_TRAP : 0);
}

/* ---- domains ---- */

/* Short descriptors belong to domains (B3.12.3), whatever their number of levels. */
static bool has_domains(const struct arm_cpu *a, bool hyp)
{
    return !hyp && (a->sctlr & SCTLR_M) && !(a->ttbcr & TTBCR_EAE);
}

static void use_domains(struct arm_cpu *a, enum mmu_mode mode)
{
    if (LIKELY(a->domains[mode] == (u32)a->dacr))
        return;
    tlb_flush_mode(&a->base, mode);
    a->domains[mode] = (u32)a->dacr;
}

void arm_sync_user_domains(struct arm_cpu *a)
{
    if (has_domains(a, (a->psr & PSR_M) == ARM_HYP))
        use_domains(a, MMU_USER);
}

/* The mode whose entries were made under the present DACR, or else the one that was not used for
 * longer. */
static enum mmu_mode supervisor(struct arm_cpu *a, bool hyp)
{
    if (!has_domains(a, hyp))
        return MMU_KERNEL;
    if (a->domains[a->last_open] != (u32)a->dacr) {
        a->last_open = a->last_open == MMU_KERNEL ? MMU_KERNEL_OPEN : MMU_KERNEL;
        use_domains(a, a->last_open);
    }
    return a->last_open;
}

void arm_update_mode(struct arm_cpu *a)
{
    unsigned mode = a->psr & PSR_M;
    bool priv = mode != ARM_USR, hyp = mode == ARM_HYP;
    u64 sctlr = hyp ? a->hsctlr : a->sctlr;
    u32 m = MODE_ALWAYS | (u32)(a->it & 0xff) << MODE_IT_SHIFT | vfp_bits(a, priv, hyp);
    if (a->psr & PSR_T)
        m |= MODE_T;
    if (a->psr & PSR_E)
        m |= MODE_E;
    if (priv)
        m |= MODE_PRIV;
    if (hyp)
        m |= MODE_HYP;
    if (mode == ARM_SYS || mode == ARM_USR)
        m |= MODE_SYS_OR_USR;
    if (sctlr & SCTLR_A)
        m |= MODE_ALIGN;
    if (!(sctlr & SCTLR_M))
        m |= MODE_U_ALIGN;
    if (mode == ARM_MON)
        m |= MODE_MON;
    if (!arm_is_secure(a))
        m |= MODE_NS;
    if (UNLIKELY(arm_traps_sysregs(a)))
        m |= MODE_CP_TRAP;
    if (UNLIKELY(arm_breaks_enabled(a)))
        m |= MODE_DEBUG;
    a->base.mmu = priv ? supervisor(a, hyp) : MMU_USER;
    if (!priv)
        arm_sync_user_domains(a);
    if (a->base.mmu == MMU_KERNEL_OPEN)
        m |= MODE_OPEN;
    a->base.mode = m;
}

/* ---- reset ---- */

/* Where it starts (B1.9.1): in the highest state there is, or where a boot loader would have left it. */
static unsigned first_mode(struct arm_cpu *a)
{
    bool hyp = arm_has(a, ARM_VIRT);
    if (!arm_has(a, ARM_SECURITY))
        return hyp ? ARM_HYP : ARM_SVC;
    if (!(a->base.states & CPU_START_NONSECURE))
        return ARM_SVC;
    a->scr = ARM_SCR_NS | ARM_SCR_HCE;
    a->nsacr = 3 << 10;
    return hyp ? ARM_HYP : ARM_SVC;
}

static void reset(struct cpu *c)
{
    struct arm_cpu *a = arm_of(c);
    u32 missing = (c->states & CPU_NO_HYP ? 1u << ARM_VIRT : 0) | (c->states & CPU_NO_SECURE ? 1u << ARM_SECURITY : 0);
    size_t n = offsetof(struct arm_cpu, cc_op) + sizeof(a->cc_op) - offsetof(struct arm_cpu, r);

    memset(a->r, 0, n); /* the whole list, and the lazy flags */
    a->features = a->model->features & ~missing;
    arm_set_fpscr(a, 0);
    memset(a->found, 0, sizeof(a->found));
    a->sctlr = a->model->id.sctlr_reset;
    a->hsctlr = 0x30c50830;
    a->vpidr = a->model->id.midr;
    a->vmpidr = a->model->id.mpidr;
    a->dbgoslsr = 0xa; /* there is an OS Lock, and it is locked */
    c->halted = false;
    c->lines = 0;
    c->pc = a->sctlr & SCTLR_V ? 0xffff0000 : 0;
    a->psr = first_mode(a);
    arm_security_reset(a);
    arm_set_cpsr(a, (u32)a->psr | PSR_A | PSR_I | PSR_F | (a->sctlr & SCTLR_TE ? PSR_T : 0) |
                        (a->sctlr & SCTLR_EE ? PSR_E : 0));
    tlb_flush(c);
}

/* ---- the processor as an object ---- */

static void sync(struct cpu *c)
{
    struct arm_cpu *a = arm_of(c);
    a->flags = arm_get_nzcv(a);
    arm_set_nzcv(a, (u32)a->flags);
    arm_set_fpscr(a, arm_get_fpscr(a));
}

/* A hostile recording may hold anything: words keep what a register can have. */
static void after_load(struct cpu *c)
{
    struct arm_cpu *a = arm_of(c);
    for (unsigned i = 0; i < 16; i++)
        a->r[i] = (u32)a->r[i];
    a->r[ARM_PC] = 0;
    c->pc = (u32)c->pc & (a->psr & PSR_T ? ~1u : ~3u);
    a->it &= a->psr & PSR_T ? 0xff : 0;
    a->ge &= 15;
    a->q_flag &= 1;
    a->event &= 1;
    a->held_ns = !arm_is_secure(a);
    arm_set_nzcv(a, (u32)a->flags);
    arm_set_fpscr(a, (u32)a->fpscr);
    arm_update_mode(a);
    arm_set_root(a);
}

static u64 linear_pc(struct cpu *c)
{
    return c->pc;
}

static void fini(struct cpu *c)
{
    struct arm_cpu *a = arm_of(c);
    arm_decoder_delete((struct arm_decoder *)a->decoder);
    free((void *)a->model);
    free(a);
}

static void left(struct cpu *c)
{
    arm_update_mode(arm_of(c)); /* ITSTATE, inside an IT block */
}

static const u16 hot_words[] = {
    ARM_R(0), ARM_R(1), ARM_R(2), ARM_R(3), ARM_R(ARM_SP), ARM_R(4), ARM_R(5), ARM_R(6), ARM_R(7),
    ARM_R(12), ARM_R(ARM_LR), ARM_R(8), ARM_R(9), ARM_R(10), ARM_R(11), 0};

static const struct arch arch_arm = {
    .name = "arm", .state = &arm_state, .reset = reset, .fini = fini, .translate = arm_translate,
    .linear_pc = linear_pc, .linear_modes = MODE_ALWAYS, .walk = arm_walk,
    .raise_walk_fault = arm_raise_walk_fault, .table_present = 3, .page_watched = arm_page_watched,
    .watched_access = arm_watched_access, .interrupt_ready = arm_interrupt_ready,
    .interrupt_take = arm_interrupt_take, .exception_take = arm_exception_take, .sync = sync,
    .after_load = after_load, .left = left, .raise_misaligned = arm_raise_misaligned,
    .hot_words = hot_words, .mxcsr = offsetof(struct arm_cpu, mxcsr), .debug = &arm_debug};

struct cpu *arm_cpu_new(const char *model)
{
    static const struct arm_row *const a32[] = {arm_rows_a32, arm_rows_vfp, NULL};
    static const struct arm_row *const a32_uncond[] = {arm_rows_a32_uncond, arm_rows_neon, NULL};
    static const struct arm_row *const t16[] = {arm_rows_t16, NULL};
    static const struct arm_row *const t32[] = {arm_rows_t32, NULL};
    static const struct arm_row_tables tables = {a32, a32_uncond, t16, t32};
    struct arm_model *m = arm_model_parse(model);
    if (!m)
        return NULL;
    struct arm_cpu *a = xcalloc(1, sizeof(*a));
    a->base.arch = &arch_arm;
    a->model = m;
    a->features = m->features;
    a->decoder = arm_decoder_new(&tables);
    return &a->base;
}
