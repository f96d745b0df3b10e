/* translate_flags.c - N, Z, C and V in IR: setting them, and conditions as comparisons */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the translator knows how the flags are kept (enum arm_cc in cpu.h), a condition becomes a
 * comparison of the operands ("CMP x, y; BLT" is x < y). Where they come from before the block it
 * looks whether they are kept as they were when the block was made, as they nearly always are; else
 * a helper says whether the condition holds.
 *
 * Operands and result are often in registers still: those are compared then, and the flags' own
 * words need not be stored.
 */
#include "arch/arm/translate.h"
#include "emu/check.h"
#include "emu/ir_live.h"

#define CC_X ARM_CC
#define CC_Y ((ir_val)(ARM_CC + 1))
#define CC_OP ((ir_val)(ARM_CC + 2))
#define BASE(cc_op) ((cc_op) & 3)

enum { EQ, NE, CS, CC, MI, PL, VS, VC, HI, LS, GE, LT, GT, LE };

/* ---- what is known ---- */

static bool has_nz(const struct arm_flags *f)
{
    return f->cc_op < 0 ? f->nz : !(f->cc_op & CC_NZ);
}

static bool has_carry(const struct arm_flags *f)
{
    return f->cc_op < 0 ? f->carry : f->cc_op & CC_C;
}

void arm_flags_unknown(struct arm_tr *t)
{
    t->flags = (struct arm_flags){.cc_op = -1};
}

void arm_flags_join(struct arm_tr *t, const struct arm_flags *other)
{
    struct arm_flags *f = &t->flags, was = *f;
    bool same = was.cc_op == other->cc_op;
    f->cc_op = same ? was.cc_op : -1;
    f->nz = has_nz(&was) && has_nz(other);
    f->carry = has_carry(&was) && has_carry(other);
    if (!same || was.x != other->x || was.x_at != other->x_at)
        f->x = IR_NONE;
    if (!same || was.r != other->r || was.r_at != other->r_at)
        f->r = IR_NONE;
}

/* Has this word still the value that it had before op `since`? */
static bool untouched(const struct arm_tr *t, ir_val v, u32 since)
{
    if (v == IR_NONE)
        return false;
    for (u32 i = since; i < t->b->n_ops; i++)
        if (t->b->ops[i].op == IR_CALL || ir_writes(&t->b->ops[i], v))
            return false;
    return true;
}

/* The two operands to be compared: registers, or an immediate, or the flags' words. */
struct operands {
    ir_val x, y;
    bool y_imm;
    u32 imm;
};

static struct operands operands(const struct arm_tr *t)
{
    const struct arm_flags *f = &t->flags;
    struct operands o = {CC_X, CC_Y, false, 0};
    if (!untouched(t, f->x, f->x_at))
        return o;
    if (!f->y_imm && !untouched(t, f->y, f->x_at))
        return o;
    return (struct operands){f->x, f->y, f->y_imm, f->imm};
}

static bool has_result(const struct arm_tr *t)
{
    return untouched(t, t->flags.r, t->flags.r_at);
}

/* ---- setting ---- */

static bool is_register(ir_val v)
{
    return v >= ARM_R(0) && v < ARM_R(ARM_PC);
}

/* The value of a temporary that was just made, if it is constant. */
static bool constant(const struct arm_tr *t, ir_val v, u32 *value)
{
    const struct ir_block *b = t->b;
    for (u32 i = b->n_ops; i-- > 0 && b->ops[i].insn == b->n_insns - 1;) {
        if (!ir_writes(&b->ops[i], v))
            continue;
        *value = (u32)b->ops[i].imm;
        return b->ops[i].op == IR_MOVI;
    }
    return false;
}

static void note_operands(struct arm_tr *t, ir_val x, ir_val y)
{
    struct arm_flags *f = &t->flags;
    f->x = f->r = IR_NONE;
    f->y_imm = !is_register(y) && constant(t, y, &f->imm);
    if (!is_register(x) || (!is_register(y) && !f->y_imm))
        return;
    f->x = x;
    f->y = y;
    f->x_at = t->b->n_ops;
}

void arm_set_flags(struct arm_tr *t, enum arm_cc how, ir_val x, ir_val y)
{
    CHECK(how == CC_ADD || how == CC_SUB);
    note_operands(t, x, y);
    t->flags.cc_op = (int)how | CC_NZ;
    ir_cc(t->b, ARM_CC, x, y, how | CC_NZ);
    t->flags.x_at = t->b->n_ops;
}

void arm_flags_result(struct arm_tr *t, ir_val r)
{
    if (!is_register(r))
        return;
    t->flags.r = r;
    t->flags.r_at = t->b->n_ops;
}

/* Changes how some of the flags are kept, and leaves the others as they are. */
static void change_kind(struct arm_tr *t, unsigned set, unsigned clear)
{
    struct arm_flags *f = &t->flags;
    if (f->cc_op >= 0) {
        int now = (int)((unsigned)f->cc_op & ~clear) | (int)set;
        if (now != f->cc_op)
            ir_movi(t->b, CC_OP, (u64)now);
        f->cc_op = now;
        return;
    }
    if ((clear & CC_NZ) && !f->nz)
        ir_2i(t->b, IR_AND, IR_32, CC_OP, CC_OP, ~(u32)CC_NZ);
    if ((set & CC_C) && !f->carry)
        ir_2i(t->b, IR_OR, IR_32, CC_OP, CC_OP, CC_C);
    f->nz |= (clear & CC_NZ) != 0;
    f->carry |= (set & CC_C) != 0;
}

void arm_set_nz(struct arm_tr *t, ir_val result)
{
    ir_1(t->b, IR_MOV, IR_32, ARM_NZ, result);
    change_kind(t, 0, CC_NZ);
    t->flags.r = IR_NONE;
}

void arm_set_cv(struct arm_tr *t, ir_val c, ir_val v)
{
    ir_cc(t->b, ARM_CC, c, v, CC_CV);
    t->flags.cc_op = CC_CV;
    t->flags.x = t->flags.r = IR_NONE;
}

void arm_set_carry(struct arm_tr *t, ir_val c)
{
    ir_mov(t->b, ARM_CARRY, c);
    change_kind(t, CC_C, 0);
}

/* ---- getting ---- */

static u64 help_carry(struct cpu *c, u64 x, u64 y, u64 d)
{
    (void)x, (void)y, (void)d;
    return arm_get_nzcv(arm_of(c)) & PSR_C ? 1 : 0;
}

static u64 help_overflow(struct cpu *c, u64 x, u64 y, u64 d)
{
    (void)x, (void)y, (void)d;
    return arm_get_nzcv(arm_of(c)) & PSR_V ? 1 : 0;
}

static u64 help_condition(struct cpu *c, u64 cond, u64 y, u64 d)
{
    u32 f = arm_get_nzcv(arm_of(c));
    bool n = f & PSR_N, z = f & PSR_Z, carry = f & PSR_C, v = f & PSR_V, holds = false;
    (void)y, (void)d;
    switch (cond & ~1u) {
    case EQ: holds = z; break;
    case CS: holds = carry; break;
    case MI: holds = n; break;
    case VS: holds = v; break;
    case HI: holds = carry && !z; break;
    case GE: holds = n == v; break;
    case GT: holds = n == v && !z; break;
    }
    return holds != (cond & 1);
}

/* How the flags are probably kept where the block does not know it. */
static int guess(const struct arm_tr *t)
{
    return (int)(t->a->cc_op & (CC_C | CC_NZ | 3));
}

/* To the label if they are kept so. */
static void if_kept(struct arm_tr *t, int how, unsigned label)
{
    ir_bri(t->b, IR_BR_EQ, IR_32, CC_OP, (u64)how, label);
}

static ir_val known_carry(struct arm_tr *t)
{
    struct operands o = operands(t);
    if (has_carry(&t->flags))
        return arm_1(t, IR_MOV, ARM_CARRY);
    switch (BASE(t->flags.cc_op)) {
    case CC_ADD:
        if (has_result(t) && o.x != CC_X)
            return arm_2(t, IR_LTU, t->flags.r, o.x);
        return arm_2(t, IR_LTU, arm_2(t, IR_ADD, CC_X, CC_Y), CC_X);
    case CC_SUB:
        return arm_2(t, IR_LEU, o.y_imm ? arm_imm(t, o.imm) : o.y, o.x);
    }
    return arm_1(t, IR_MOV, CC_X);
}

ir_val arm_get_carry(struct arm_tr *t)
{
    if (t->flags.cc_op >= 0 || t->flags.carry)
        return known_carry(t);
    struct arm_flags unknown = t->flags;
    unsigned kept = ir_label(t->b), done = ir_label(t->b);
    ir_val v = ir_temp(t->b);
    if_kept(t, guess(t), kept);
    ir_call(t->b, v, help_carry, IR_NONE, IR_NONE, IR_NONE);
    ir_jump(t->b, done);
    ir_bind(t->b, kept);
    t->flags = (struct arm_flags){.cc_op = guess(t)};
    ir_mov(t->b, v, known_carry(t));
    ir_bind(t->b, done);
    t->flags = unknown;
    return v;
}

/* ADD: the operands have one sign and the result the other; SUB: the operands have two, and the
 * result not the first one's. */
ir_val arm_get_overflow(struct arm_tr *t)
{
    if (t->flags.cc_op < 0) {
        ir_val v = ir_temp(t->b);
        ir_call(t->b, v, help_overflow, IR_NONE, IR_NONE, IR_NONE);
        return v;
    }
    if (BASE(t->flags.cc_op) == CC_CV)
        return arm_1(t, IR_MOV, CC_Y);
    bool add = BASE(t->flags.cc_op) == CC_ADD;
    ir_val r = arm_2(t, add ? IR_ADD : IR_SUB, CC_X, CC_Y);
    ir_val with_x = arm_2(t, IR_XOR, r, CC_X);
    ir_val other = add ? arm_2(t, IR_XOR, r, CC_Y) : arm_2(t, IR_XOR, CC_X, CC_Y);
    return arm_2i(t, IR_SHR, arm_2(t, IR_AND, with_x, other), 31);
}

/* ---- conditions of flags that are kept in a known way ---- */

/* Where N and Z are of cc's operation: its result. */
static ir_val result(struct arm_tr *t)
{
    struct operands o = operands(t);
    if (has_result(t))
        return t->flags.r;
    enum ir_opcode op = BASE(t->flags.cc_op) == CC_ADD ? IR_ADD : IR_SUB;
    return o.y_imm ? arm_2i(t, op, o.x, o.imm) : arm_2(t, op, o.x, o.y);
}

/* To the label if a op b, where b may be immediate. */
static void on_operands(struct arm_tr *t, enum ir_opcode op, bool swap, unsigned label)
{
    struct operands o = operands(t);
    if (swap)
        ir_br(t->b, op, IR_32, o.y_imm ? arm_imm(t, o.imm) : o.y, o.x, label);
    else if (o.y_imm)
        ir_bri(t->b, op, IR_32, o.x, o.imm, label);
    else
        ir_br(t->b, op, IR_32, o.x, o.y, label);
}

/* N as something whose bit 31 it is not, but that is 0 or not; see the word nz in cpu.h. */
static ir_val negative(struct arm_tr *t)
{
    ir_val v = ir_temp(t->b);
    if (has_nz(&t->flags))
        ir_2i(t->b, IR_SHR, IR_64, v, ARM_NZ, 31);
    else
        ir_2i(t->b, IR_SHR, IR_32, v, result(t), 31);
    return v;
}

static void on_negative(struct arm_tr *t, bool set, unsigned label)
{
    if (!has_nz(&t->flags) && set)
        ir_bri(t->b, IR_BR_LTS, IR_32, result(t), 0, label);
    else if (!has_nz(&t->flags))
        ir_bri(t->b, IR_BR_EQ, IR_32, arm_2i(t, IR_SHR, result(t), 31), 0, label);
    else
        ir_bri(t->b, set ? IR_BR_NE : IR_BR_EQ, IR_64, negative(t), 0, label);
}

/* To the label if C is (not) set. */
static void on_carry(struct arm_tr *t, bool set, unsigned label)
{
    if (!has_carry(&t->flags) && BASE(t->flags.cc_op) == CC_SUB)
        on_operands(t, set ? IR_BR_LEU : IR_BR_LTU, set, label);
    else
        ir_bri(t->b, set ? IR_BR_NE : IR_BR_EQ, IR_32, known_carry(t), 0, label);
}

static void on_zero(struct arm_tr *t, bool set, unsigned label)
{
    enum ir_opcode op = set ? IR_BR_EQ : IR_BR_NE;
    if (has_nz(&t->flags))
        ir_bri(t->b, op, IR_32, ARM_NZ, 0, label);
    else if (BASE(t->flags.cc_op) == CC_SUB && !has_result(t))
        on_operands(t, op, false, label);
    else
        ir_bri(t->b, op, IR_32, result(t), 0, label);
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
    if (cond < HI || t->flags.cc_op != (CC_SUB | CC_NZ))
        return false;
    on_operands(t, opposite[cond].op, opposite[cond].swap, label);
    return true;
}

static void skip_known(struct arm_tr *t, unsigned cond, unsigned label)
{
    unsigned holds;

    if (skip_compared(t, cond, label))
        return;
    switch (cond) {
    case EQ: case NE: on_zero(t, cond == NE, label); return;
    case CS: case CC: on_carry(t, cond == CC, label); return;
    case MI: case PL: on_negative(t, cond == PL, label); return;
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

/* ---- conditions ---- */

static bool is_known(const struct arm_flags *f, unsigned cond)
{
    switch (cond & ~1u) {
    case EQ: case MI: return f->cc_op >= 0 || f->nz;
    case CS: return f->cc_op >= 0 || f->carry;
    case HI: return f->cc_op >= 0 || (f->nz && f->carry);
    }
    return f->cc_op >= 0;
}

void arm_skip_unless(struct arm_tr *t, unsigned cond, unsigned label)
{
    if (is_known(&t->flags, cond)) {
        skip_known(t, cond, label);
        return;
    }
    struct arm_flags unknown = t->flags;
    unsigned kept = ir_label(t->b), holds = ir_label(t->b);
    ir_val v = ir_temp(t->b);
    if_kept(t, guess(t), kept);
    ir_call(t->b, v, help_condition, arm_imm(t, cond), IR_NONE, IR_NONE);
    ir_bri(t->b, IR_BR_NE, IR_32, v, 0, holds);
    ir_jump(t->b, label);
    ir_bind(t->b, kept);
    t->flags = (struct arm_flags){.cc_op = guess(t)};
    skip_known(t, cond, label);
    ir_bind(t->b, holds);
    t->flags = unknown;
}
