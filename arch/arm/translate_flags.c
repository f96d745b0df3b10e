/* translate_flags.c - N, Z, C and V in IR: setting them, and conditions as comparisons */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * N and Z are always those of the word nz. Where the translator knows how C and V are kept, a
 * condition becomes a comparison of the operands ("CMP x, y; BLT" is x < y); else they are computed
 * once, and known from then on.
 */
#include "arch/arm/translate.h"
#include "emu/check.h"

#define CC_X ARM_CC
#define CC_Y ((ir_val)(ARM_CC + 1))

enum { EQ, NE, CS, CC, MI, PL, VS, VC, HI, LS, GE, LT, GT, LE };

/* ---- setting ---- */

void arm_set_nz(struct arm_tr *t, ir_val result)
{
    ir_1(t->b, IR_MOV, IR_32, ARM_NZ, result);
    t->nz_of_cc = false;
}

void arm_set_flags(struct arm_tr *t, enum arm_cc how, ir_val result, ir_val x, ir_val y)
{
    CHECK(how == CC_ADD || how == CC_SUB);
    ir_cc(t->b, ARM_CC, x, y, how);
    ir_1(t->b, IR_MOV, IR_32, ARM_NZ, result);
    t->cc_op = how;
    t->nz_of_cc = true;
}

void arm_set_cv(struct arm_tr *t, ir_val c, ir_val v)
{
    ir_cc(t->b, ARM_CC, c, v, CC_CV);
    t->cc_op = CC_CV;
    t->nz_of_cc = false;
}

void arm_set_carry(struct arm_tr *t, ir_val c)
{
    arm_set_cv(t, c, arm_get_overflow(t));
}

void arm_flags_unknown(struct arm_tr *t)
{
    t->cc_op = -1;
    t->nz_of_cc = false;
}

/* ---- getting ---- */

static u64 help_fold(struct cpu *c, u64 x, u64 y, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    u64 carry = arm_carry(a->cc_op, a->cc_x, a->cc_y);
    (void)x, (void)y, (void)d;
    a->cc_y = arm_overflow(a->cc_op, a->cc_x, a->cc_y);
    a->cc_x = carry;
    a->cc_op = CC_CV;
    return 0;
}

static void know(struct arm_tr *t)
{
    if (t->cc_op >= 0)
        return;
    ir_call(t->b, IR_NONE, help_fold, IR_NONE, IR_NONE, IR_NONE);
    t->cc_op = CC_CV;
    t->nz_of_cc = false;
}

ir_val arm_get_carry(struct arm_tr *t)
{
    know(t);
    switch (t->cc_op) {
    case CC_ADD: return arm_2(t, IR_LTU, arm_2(t, IR_ADD, CC_X, CC_Y), CC_X);
    case CC_SUB: return arm_2(t, IR_LEU, CC_Y, CC_X);
    }
    return arm_1(t, IR_MOV, CC_X);
}

/* ADD: the operands have one sign and the result the other; SUB: the operands have two, and the
 * result not the first one's. */
ir_val arm_get_overflow(struct arm_tr *t)
{
    know(t);
    if (t->cc_op == CC_CV)
        return arm_1(t, IR_MOV, CC_Y);
    bool add = t->cc_op == CC_ADD;
    ir_val r = arm_2(t, add ? IR_ADD : IR_SUB, CC_X, CC_Y);
    ir_val with_x = arm_2(t, IR_XOR, r, CC_X);
    ir_val other = add ? arm_2(t, IR_XOR, r, CC_Y) : arm_2(t, IR_XOR, CC_X, CC_Y);
    return arm_2i(t, IR_SHR, arm_2(t, IR_AND, with_x, other), 31);
}

/* ---- conditions ---- */

/* N as something that is 0 or not; see the word nz in cpu.h. */
static ir_val negative(struct arm_tr *t)
{
    ir_val v = ir_temp(t->b);
    ir_2i(t->b, IR_SHR, IR_64, v, ARM_NZ, 31);
    return v;
}

/* To the label if C is (not) set. */
static void on_carry(struct arm_tr *t, bool set, unsigned label)
{
    know(t);
    if (t->cc_op == CC_CV) {
        ir_bri(t->b, set ? IR_BR_NE : IR_BR_EQ, IR_32, CC_X, 0, label);
    } else if (t->cc_op == CC_SUB) {
        ir_br(t->b, set ? IR_BR_LEU : IR_BR_LTU, IR_32, set ? CC_Y : CC_X, set ? CC_X : CC_Y,
              label);
    } else {
        ir_val r = arm_2(t, IR_ADD, CC_X, CC_Y);
        ir_br(t->b, set ? IR_BR_LTU : IR_BR_LEU, IR_32, set ? r : CC_X, set ? CC_X : r, label);
    }
}

static void on_zero(struct arm_tr *t, bool set, unsigned label)
{
    if (t->cc_op == CC_SUB && t->nz_of_cc)
        ir_br(t->b, set ? IR_BR_EQ : IR_BR_NE, IR_32, CC_X, CC_Y, label);
    else
        ir_bri(t->b, set ? IR_BR_EQ : IR_BR_NE, IR_32, ARM_NZ, 0, label);
}

static void on_value(struct arm_tr *t, bool set, ir_val v, unsigned label)
{
    ir_bri(t->b, set ? IR_BR_NE : IR_BR_EQ, IR_64, v, 0, label);
}

/* To the label if N and V differ (or do not). */
static void on_less(struct arm_tr *t, bool less, unsigned label)
{
    ir_val v = arm_get_overflow(t), n = ir_temp(t->b);
    ir_2i(t->b, IR_NE, IR_64, n, negative(t), 0);
    ir_br(t->b, less ? IR_BR_NE : IR_BR_EQ, IR_32, n, v, label);
}

/* After CMP x, y: the opposite of each condition as one comparison; false where it is not one. */
static bool skip_compared(struct arm_tr *t, unsigned cond, unsigned label)
{
    static const struct { u8 op; bool swap; } opposite[] = {
        [HI] = {IR_BR_LEU, false}, [LS] = {IR_BR_LTU, true}, [GE] = {IR_BR_LTS, false},
        [LT] = {IR_BR_LES, true},  [GT] = {IR_BR_LES, false}, [LE] = {IR_BR_LTS, true},
    };
    if (cond < HI || t->cc_op != CC_SUB || !t->nz_of_cc)
        return false;
    bool swap = opposite[cond].swap;
    ir_br(t->b, opposite[cond].op, IR_32, swap ? CC_Y : CC_X, swap ? CC_X : CC_Y, label);
    return true;
}

void arm_skip_unless(struct arm_tr *t, unsigned cond, unsigned label)
{
    unsigned holds;

    if (cond >= CS && cond != MI && cond != PL)
        know(t);
    if (skip_compared(t, cond, label))
        return;
    switch (cond) {
    case EQ: case NE: on_zero(t, cond == NE, label); return;
    case CS: case CC: on_carry(t, cond == CC, label); return;
    case MI: case PL: on_value(t, cond == PL, negative(t), label); return;
    case VS: case VC: on_value(t, cond == VC, arm_get_overflow(t), label); return;
    case GE: case LT: on_less(t, cond == GE, label); return;
    case HI:
        on_carry(t, false, label);
        on_zero(t, true, label);
        return;
    case GT:
        on_zero(t, true, label);
        on_less(t, true, label);
        return;
    }
    CHECK(cond == LS || cond == LE);
    holds = ir_label(t->b);
    on_zero(t, true, holds);
    if (cond == LS)
        on_carry(t, true, label);
    else
        on_less(t, false, label);
    ir_bind(t->b, holds);
}
