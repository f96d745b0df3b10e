/* emit_system.c - hints, exception-generating and status register instructions, system registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A8.8 and B9.3. */
#include "arch/arm/cp15.h"
#include "arch/arm/emit.h"
#include "arch/arm/model.h"
#include "arch/arm/security.h"
#include "arch/arm/traps.h"

#define F(letter) insn_field(in, letter)
#define PSR IR_WORD(struct arm_cpu, psr)

/* ---- hints and barriers ---- */

void arm_nop(struct arm_tr *t, const struct arm_insn *in)
{
    (void)t, (void)in;
}

enum { HINT_YIELD = 1, HINT_WFE, HINT_WFI, HINT_SEV };

/* HCR.TWI and TWE trap what would wait (B1.14.9); so the Event Register, and an interrupt that is there, let it pass. */
static void check_wait(struct arm_cpu *a, bool event)
{
    if (arm_below_hyp(a) && (a->hcr & (event ? HCR_TWE : HCR_TWI)) && !arm_wait_over(a))
        arm_raise_hyp_trap(a, HSR_EC_WFX, 1u << 24 | 14u << 20 | event);
}

static u64 help_wait(struct cpu *c, u64 next, u64 it, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    (void)d;
    cpu_alone(c);
    check_wait(a, false);
    a->it = it;
    arm_wait(a);
    c->pc = next;
    arm_update_mode(a);
    return 0;
}

/* B1.8.13: WFE clears the Event Register, or waits if it is clear already. It may end at any time, and here does so at
 * once: there is no other processor that would send an event. */
static u64 help_wait_event(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct arm_cpu *p = arm_of(c);
    (void)a, (void)b, (void)d;
    if (!p->event)
        check_wait(p, true);
    p->event = 0;
    return 0;
}

/* arg: 1 where the hint is i's four bits alone (16 bits). */
void arm_hint(struct arm_tr *t, const struct arm_insn *in)
{
    switch (F('i')) {
    case HINT_WFE: arm_call(t, IR_NONE, help_wait_event, IR_NONE, IR_NONE, IR_NONE); break;
    case HINT_WFI: arm_call_end(t, help_wait, arm_imm(t, (u32)in->next_pc), arm_imm(t, t->it_next), IR_NONE); break;
    case HINT_SEV: ir_movi(t->b, IR_WORD(struct arm_cpu, event), 1); break;
    }
}

/* Nothing is out of order here, and nothing that was fetched is ever old: ISB too has nothing to do. */
void arm_barrier(struct arm_tr *t, const struct arm_insn *in)
{
    (void)t, (void)in;
}

/* ---- exceptions on purpose ---- */

/* The block is left with ITSTATE moved on: the exception returns behind this instruction. */
static void raise(struct arm_tr *t, const struct arm_insn *in, enum arm_exception e)
{
    ir_movi(t->b, ARM_IT, t->it_next);
    arm_call_end(t, arm_help_call, arm_imm(t, e), arm_imm(t, (u32)in->next_pc), arm_imm(t, F('i')));
}

/* A call to the debugger's host, if there is one and this mode may make it. */
static bool is_semihosting(const struct arm_tr *t)
{
    const struct semihost_calls *s = &t->a->base.semihost;
    return s->call && (s->user || (t->mode & MODE_PRIV));
}

static u64 help_semihosting(struct cpu *c, u64 next_pc, u64 b, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    (void)b, (void)d;
    cpu_alone(c);
    c->pc = next_pc;
    a->r[0] = c->semihost.call(c->semihost.opaque, (u32)a->r[0], (u32)a->r[1]);
    arm_update_mode(a);
    c->attention = true;
    return 0;
}

static void semihosting(struct arm_tr *t, const struct arm_insn *in)
{
    ir_movi(t->b, ARM_IT, t->it_next);
    arm_call_end(t, help_semihosting, arm_imm(t, (u32)in->next_pc), IR_NONE, IR_NONE);
}

enum { SEMIHOSTING_A32_SVC = 0x123456, SEMIHOSTING_T32_SVC = 0xab, SEMIHOSTING_A32_HLT = 0xf000,
       SEMIHOSTING_T32_HLT = 0x3c };

void arm_svc(struct arm_tr *t, const struct arm_insn *in)
{
    if (is_semihosting(t) && F('i') == (t->mode & MODE_T ? SEMIHOSTING_T32_SVC : SEMIHOSTING_A32_SVC))
        semihosting(t, in);
    else
        raise(t, in, ARM_EXC_SVC);
}

/* Of ARMv8; before it there is no such instruction but for this. */
void arm_hlt(struct arm_tr *t, const struct arm_insn *in)
{
    if (is_semihosting(t) && F('i') == (t->mode & MODE_T ? SEMIHOSTING_T32_HLT : SEMIHOSTING_A32_HLT))
        semihosting(t, in);
    else
        arm_undefined(t);
}

/* To HYP or monitor mode, or to firmware. */
static void call_up(struct arm_tr *t, const struct arm_insn *in, enum arm_exception e)
{
    if (!(t->mode & MODE_PRIV)) {
        arm_undefined(t);
        return;
    }
    arm_call(t, IR_NONE, arm_help_check_call, arm_imm(t, e), IR_NONE, IR_NONE);
    raise(t, in, e);
}

void arm_hvc(struct arm_tr *t, const struct arm_insn *in)
{
    call_up(t, in, ARM_EXC_HVC);
}

void arm_smc(struct arm_tr *t, const struct arm_insn *in)
{
    call_up(t, in, ARM_EXC_SMC);
}

static u64 help_bkpt(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    arm_raise_bkpt(arm_of(c));
}

void arm_bkpt(struct arm_tr *t, const struct arm_insn *in)
{
    arm_call(t, IR_NONE, help_bkpt, IR_NONE, IR_NONE, IR_NONE);
    ir_exit(t->b, (u32)in->pc);
    t->ended = true;
}

void arm_udf(struct arm_tr *t, const struct arm_insn *in)
{
    (void)in;
    arm_undefined(t);
}

static u64 help_eret(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct arm_cpu *p = arm_of(c);
    bool hyp = (p->psr & PSR_M) == ARM_HYP;
    (void)a, (void)b, (void)d;
    arm_exception_return(p, (u32)p->spsr, hyp ? p->elr_hyp : p->r[ARM_LR]);
    return 0;
}

void arm_eret(struct arm_tr *t, const struct arm_insn *in)
{
    (void)in;
    if (t->mode & MODE_SYS_OR_USR)
        arm_undefined(t);
    else
        arm_call_end(t, help_eret, IR_NONE, IR_NONE, IR_NONE);
}

/* T32: SUBS PC, LR, #i; in HYP mode, and with i 0, it is ERET. */
void arm_t32_subs_pc(struct arm_tr *t, const struct arm_insn *in)
{
    if ((t->mode & MODE_SYS_OR_USR) || ((t->mode & MODE_HYP) && F('i')))
        arm_undefined(t);
    else if (t->mode & MODE_HYP)
        arm_eret(t, in);
    else
        arm_call_end(t, arm_help_return, arm_2i(t, IR_SUB, ARM_R(ARM_LR), F('i')), IR_NONE, IR_NONE);
}

/* ---- status registers ---- */

void arm_setend(struct arm_tr *t, const struct arm_insn *in)
{
    ir_insert(t->b, PSR, arm_imm(t, F('E')), 9, 1);
    arm_end(t);
}

static u64 help_cps(struct cpu *c, u64 set, u64 clear, u64 mode)
{
    struct arm_cpu *a = arm_of(c);
    u32 locked = arm_psr_locked(a);
    if (mode && arm_may_switch_to(a, (unsigned)mode))
        arm_switch_mode(a, (unsigned)mode);
    a->psr = (a->psr & ~(clear & ~(u64)locked)) | (set & ~(u64)locked);
    return 0;
}

static u64 help_unmasked(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    arm_look_for_interrupts(arm_of(c));
    return 0;
}

/* p: 2 enables, 3 disables, 0 neither; k with M: the new mode; arg 1: 16 bits, where p is disable.
 */
void arm_cps(struct arm_tr *t, const struct arm_insn *in)
{
    bool narrow = in->row->arg == 1;
    unsigned p = narrow ? 2 + F('p') : F('p');
    u32 bits = (F('A') ? PSR_A : 0) | (F('I') ? PSR_I : 0) | (F('F') ? PSR_F : 0);

    if (!(t->mode & MODE_PRIV))
        return;
    if (F('M') || bits != PSR_I) {
        arm_call(t, IR_NONE, help_cps, arm_imm(t, p == 3 ? bits : 0), arm_imm(t, p == 2 ? bits : 0),
                 arm_imm(t, F('M') ? F('k') : 0));
        arm_end(t);
    } else if (p == 3) {
        ir_2i(t->b, IR_OR, IR_32, PSR, PSR, bits);
    } else if (p == 2) {
        ir_2i(t->b, IR_AND, IR_32, PSR, PSR, ~bits);
        arm_call(t, IR_NONE, help_unmasked, IR_NONE, IR_NONE, IR_NONE);
        arm_exit_next(t);
    }
}

static u64 help_mrs(struct cpu *c, u64 spsr, u64 b, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    (void)b, (void)d;
    if (spsr)
        return (u32)a->spsr;
    u32 v = arm_get_cpsr(a) & ~(PSR_IT_LOW | PSR_IT_HIGH | PSR_J | PSR_T);
    return (a->psr & PSR_M) == ARM_USR ? v & (PSR_NZCV | PSR_Q | PSR_GE | PSR_E | PSR_M) : v;
}

/* r: SPSR */
void arm_mrs(struct arm_tr *t, const struct arm_insn *in)
{
    if (F('d') == ARM_PC || (F('r') && (t->mode & MODE_SYS_OR_USR))) {
        arm_undefined(t);
        return;
    }
    arm_call(t, ARM_R(F('d')), help_mrs, arm_imm(t, F('r')), IR_NONE, IR_NONE);
}

static u32 byte_mask(unsigned k)
{
    return (k & 1 ? 0xff : 0) | (k & 2 ? 0xff00 : 0) | (k & 4 ? 0xff0000 : 0) |
           (k & 8 ? 0xff000000 : 0);
}

static u64 help_msr_cpsr(struct cpu *c, u64 v, u64 mask, u64 d)
{
    (void)d;
    arm_write_cpsr(arm_of(c), (u32)v, (u32)mask);
    arm_look_for_interrupts(arm_of(c));
    return 0;
}

static void msr(struct arm_tr *t, const struct arm_insn *in, ir_val v)
{
    u32 mask = byte_mask(F('k'));
    if (F('r') && (t->mode & MODE_SYS_OR_USR)) {
        arm_undefined(t);
    } else if (F('r')) {
        ir_val spsr = IR_WORD(struct arm_cpu, spsr);
        ir_val kept = arm_2i(t, IR_AND, spsr, ~mask);
        ir_2(t->b, IR_OR, IR_32, spsr, kept, arm_2i(t, IR_AND, v, mask));
    } else {
        arm_call(t, IR_NONE, help_msr_cpsr, v, arm_imm(t, mask), IR_NONE);
        arm_flags_unknown(t);
        if (mask & 0xffff)
            arm_exit_next(t);
    }
}

void arm_msr(struct arm_tr *t, const struct arm_insn *in)
{
    msr(t, in, arm_reg(t, F('n')));
}

void arm_msr_imm(struct arm_tr *t, const struct arm_insn *in)
{
    int carry;
    msr(t, in, arm_imm(t, arm_expand_imm_a32(F('i'), &carry)));
}

static u64 help_mrs_banked(struct cpu *c, u64 which, u64 b, u64 d)
{
    (void)b, (void)d;
    return *arm_banked(arm_of(c), (unsigned)which);
}

static u64 help_msr_banked(struct cpu *c, u64 which, u64 v, u64 d)
{
    (void)d;
    *arm_banked(arm_of(c), (unsigned)which) = (u32)v;
    return 0;
}

/* r:M:m say which register of which mode. */
static unsigned banked(const struct arm_insn *in)
{
    return F('r') << 5 | F('M') << 4 | F('m');
}

void arm_mrs_banked(struct arm_tr *t, const struct arm_insn *in)
{
    if (F('d') == ARM_PC)
        arm_undefined(t);
    else
        arm_call(t, ARM_R(F('d')), help_mrs_banked, arm_imm(t, banked(in)), IR_NONE, IR_NONE);
}

void arm_msr_banked(struct arm_tr *t, const struct arm_insn *in)
{
    if (F('n') == ARM_PC)
        arm_undefined(t);
    else
        arm_call(t, IR_NONE, help_msr_banked, arm_imm(t, banked(in)), arm_reg(t, F('n')), IR_NONE);
}

/* ---- system registers: 111p is coprocessor 14 or 15 ---- */

static u32 sysreg(const struct arm_insn *in)
{
    return CPU_ARM_SYSREG(14 + F('p'), F('o'), F('n'), F('m'), F('q'));
}

static u32 sysreg64(const struct arm_insn *in)
{
    return CPU_ARM_SYSREG64(14 + F('p'), F('o'), F('m'));
}

/* For helpers, which may have to tell HYP mode. */
static ir_val with_regs(struct arm_tr *t, const struct arm_insn *in, u32 number)
{
    return arm_imm(t, ARM_CP_WITH_REGS(number, F('d'), F('T')));
}

/* Reads into d, or with d 15 into the flags; a write may change anything. */
void arm_mrc(struct arm_tr *t, const struct arm_insn *in)
{
    struct arm_sysreg_use use = arm_cp_lookup(t->a, sysreg(in), false);
    ir_val v = ir_temp(t->b);

    if (!use.reg) {
        arm_undefined(t);
        return;
    }
    if (use.word != IR_NONE && F('d') != ARM_PC) {
        ir_1(t->b, IR_MOV, IR_32, ARM_R(F('d')), use.word);
        return;
    }
    arm_call(t, v, arm_help_cp_read, with_regs(t, in, sysreg(in)), IR_NONE, IR_NONE);
    if (F('d') != ARM_PC) {
        ir_1(t->b, IR_MOV, IR_32, ARM_R(F('d')), v);
    } else {
        arm_call(t, IR_NONE, help_msr_cpsr, v, arm_imm(t, PSR_NZCV), IR_NONE);
        arm_flags_unknown(t);
    }
    if (use.ends)
        arm_end(t);
}

void arm_mcr(struct arm_tr *t, const struct arm_insn *in)
{
    struct arm_sysreg_use use = arm_cp_lookup(t->a, sysreg(in), true);
    if (!use.reg || F('d') == ARM_PC) {
        arm_undefined(t);
        return;
    }
    if (use.word != IR_NONE) {
        ir_1(t->b, IR_MOV, IR_32, use.word, ARM_R(F('d')));
        return;
    }
    if (use.nothing)
        return;
    arm_call(t, IR_NONE, arm_help_cp_write, with_regs(t, in, sysreg(in)), arm_reg(t, F('d')), IR_NONE);
    arm_end(t);
}

void arm_mrrc(struct arm_tr *t, const struct arm_insn *in)
{
    struct arm_sysreg_use use = arm_cp_lookup(t->a, sysreg64(in), false);
    ir_val v = ir_temp(t->b);
    if (!use.reg || F('d') == ARM_PC || F('T') == ARM_PC) {
        arm_undefined(t);
        return;
    }
    arm_call(t, v, arm_help_cp_read, with_regs(t, in, sysreg64(in)), IR_NONE, IR_NONE);
    ir_1(t->b, IR_MOV, IR_32, ARM_R(F('d')), v);
    ir_2i(t->b, IR_SHR, IR_64, ARM_R(F('T')), v, 32);
    if (use.ends)
        arm_end(t);
}

void arm_mcrr(struct arm_tr *t, const struct arm_insn *in)
{
    struct arm_sysreg_use use = arm_cp_lookup(t->a, sysreg64(in), true);
    ir_val v = ir_temp(t->b);
    if (!use.reg || F('d') == ARM_PC || F('T') == ARM_PC) {
        arm_undefined(t);
        return;
    }
    ir_2i(t->b, IR_SHL, IR_64, v, ARM_R(F('T')), 32);
    ir_2(t->b, IR_OR, IR_64, v, v, ARM_R(F('d')));
    arm_call(t, IR_NONE, arm_help_cp_write, with_regs(t, in, sysreg64(in)), v, IR_NONE);
    arm_end(t);
}
