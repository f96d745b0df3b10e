/* emit_mul.c - multiplication and division */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A4.4.3, A4.4.8 and A8.8. Products of halfwords and sums are made in 64 bits. */
#include "arch/arm/emit.h"

#define F(letter) insn_field(in, letter)

static ir_val op64(struct arm_tr *t, enum ir_opcode op, ir_val a, ir_val b)
{
    ir_val v = ir_temp(t->b);
    ir_2(t->b, op, IR_64, v, a, b);
    return v;
}

static ir_val shift64(struct arm_tr *t, enum ir_opcode op, ir_val a, unsigned n)
{
    ir_val v = ir_temp(t->b);
    ir_2i(t->b, op, IR_64, v, a, n);
    return v;
}

static ir_val widen(struct arm_tr *t, bool is_signed, ir_val x)
{
    if (!is_signed)
        return x;
    ir_val v = ir_temp(t->b);
    ir_1(t->b, IR_SEXT32, IR_64, v, x);
    return v;
}

/* A halfword of a register, sign-extended to 64 bits. */
static ir_val half(struct arm_tr *t, ir_val x, bool top)
{
    ir_val v = ir_temp(t->b);
    if (top)
        x = arm_2i(t, IR_SHR, x, 16);
    ir_1(t->b, IR_SEXT16, IR_64, v, x);
    return v;
}

static ir_val pair(struct arm_tr *t, unsigned h, unsigned l)
{
    return op64(t, IR_OR, shift64(t, IR_SHL, ARM_R(h), 32), ARM_R(l));
}

static void set_pair(struct arm_tr *t, unsigned h, unsigned l, ir_val v)
{
    ir_1(t->b, IR_MOV, IR_32, ARM_R(l), v);
    ir_2i(t->b, IR_SHR, IR_64, ARM_R(h), v, 32);
}

/* MUL, and with a other than 15 (arg: 1) MLA */
void arm_mul(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r = arm_2(t, IR_MUL, arm_reg(t, F('n')), arm_reg(t, F('m')));
    if (in->row->arg)
        r = arm_2(t, IR_ADD, r, arm_reg(t, F('a')));
    if (F('S'))
        arm_set_nz(t, r);
    arm_set_reg(t, F('d'), r);
}

void arm_mls(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r = arm_2(t, IR_MUL, arm_reg(t, F('n')), arm_reg(t, F('m')));
    arm_set_reg(t, F('d'), arm_2(t, IR_SUB, arm_reg(t, F('a')), r));
}

/* UMULL, UMLAL, SMULL, SMLAL; arg: bit 0 accumulate, bit 1 signed */
void arm_mull(struct arm_tr *t, const struct arm_insn *in)
{
    bool is_signed = in->row->arg & 2;
    ir_val r = op64(t, IR_MUL, widen(t, is_signed, arm_reg(t, F('n'))),
                    widen(t, is_signed, arm_reg(t, F('m'))));
    if (in->row->arg & 1)
        r = op64(t, IR_ADD, r, pair(t, F('h'), F('l')));
    if (F('S')) { /* N is bit 63; Z says that all are 0 */
        ir_val high = shift64(t, IR_SHR, r, 32), low = ir_temp(t->b);
        ir_2i(t->b, IR_NE, IR_32, low, r, 0);
        arm_set_nz(t, arm_2(t, IR_OR, high, low));
    }
    set_pair(t, F('h'), F('l'), r);
}

void arm_umaal(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r = op64(t, IR_MUL, arm_reg(t, F('n')), arm_reg(t, F('m')));
    r = op64(t, IR_ADD, op64(t, IR_ADD, r, ARM_R(F('h'))), ARM_R(F('l')));
    set_pair(t, F('h'), F('l'), r);
}

/* By zero the result is zero; -2^31 / -1 is -2^31 (A4.4.8). */
static u64 leaf_sdiv(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)c, (void)d;
    return (u32)b ? (u32)((i64)(i32)a / (i32)b) : 0;
}

static u64 leaf_udiv(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)c, (void)d;
    return (u32)b ? (u32)a / (u32)b : 0;
}

/* arg: signed */
void arm_div(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r = ir_temp(t->b);
    ir_leaf(t->b, r, in->row->arg ? leaf_sdiv : leaf_udiv, arm_reg(t, F('n')), arm_reg(t, F('m')));
    arm_set_reg(t, F('d'), r);
}

/* ---- sums that set Q when they do not fit (and wrap) ---- */

static void set_sum(struct arm_tr *t, unsigned d, ir_val sum)
{
    ir_val low = arm_1(t, IR_MOV, sum), wide = ir_temp(t->b), lost = ir_temp(t->b);
    ir_1(t->b, IR_SEXT32, IR_64, wide, low);
    ir_2(t->b, IR_NE, IR_64, lost, wide, sum);
    ir_2(t->b, IR_OR, IR_64, ARM_Q_FLAG, ARM_Q_FLAG, lost);
    arm_set_reg(t, d, low);
}

/* SMLAxy, and with arg 0 SMULxy; x and y choose the halves of n and m. */
void arm_smlaxy(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r =
        op64(t, IR_MUL, half(t, arm_reg(t, F('n')), F('v')), half(t, arm_reg(t, F('m')), F('y')));
    if (in->row->arg)
        set_sum(t, F('d'), op64(t, IR_ADD, r, widen(t, true, arm_reg(t, F('a')))));
    else
        arm_set_reg(t, F('d'), r);
}

/* SMLAWy, and with arg 0 SMULWy */
void arm_smlaw(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r =
        op64(t, IR_MUL, widen(t, true, arm_reg(t, F('n'))), half(t, arm_reg(t, F('m')), F('y')));
    r = shift64(t, IR_SAR, r, 16);
    if (in->row->arg)
        set_sum(t, F('d'), op64(t, IR_ADD, r, widen(t, true, arm_reg(t, F('a')))));
    else
        arm_set_reg(t, F('d'), r);
}

void arm_smlalxy(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r =
        op64(t, IR_MUL, half(t, arm_reg(t, F('n')), F('v')), half(t, arm_reg(t, F('m')), F('y')));
    set_pair(t, F('h'), F('l'), op64(t, IR_ADD, r, pair(t, F('h'), F('l'))));
}

/* Both products of halves: x exchanges m's; s, in T32 the row's arg, subtracts. */
static ir_val dual(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val n = arm_reg(t, F('n')), m = arm_reg(t, F('m'));
    bool x = F('v');
    ir_val low = op64(t, IR_MUL, half(t, n, false), half(t, m, x));
    ir_val high = op64(t, IR_MUL, half(t, n, true), half(t, m, !x));
    return op64(t, F('s') || in->row->arg ? IR_SUB : IR_ADD, low, high);
}

/* SMLAD, SMLSD; with a 15 SMUAD, SMUSD */
void arm_smlad(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r = dual(t, in);
    if (F('a') != ARM_PC)
        r = op64(t, IR_ADD, r, widen(t, true, ARM_R(F('a'))));
    set_sum(t, F('d'), r);
}

void arm_smlald(struct arm_tr *t, const struct arm_insn *in)
{
    set_pair(t, F('h'), F('l'), op64(t, IR_ADD, dual(t, in), pair(t, F('h'), F('l'))));
}

/* SMMLA (with a 15 SMMUL) and, with arg 1, SMMLS; r rounds. */
void arm_smmla(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r =
        op64(t, IR_MUL, widen(t, true, arm_reg(t, F('n'))), widen(t, true, arm_reg(t, F('m'))));
    ir_val a = F('a') == ARM_PC ? arm_imm(t, 0) : shift64(t, IR_SHL, ARM_R(F('a')), 32);
    r = op64(t, in->row->arg ? IR_SUB : IR_ADD, a, r);
    if (F('r')) {
        ir_val rounded = ir_temp(t->b);
        ir_2i(t->b, IR_ADD, IR_64, rounded, r, 0x80000000);
        r = rounded;
    }
    arm_set_reg(t, F('d'), shift64(t, IR_SHR, r, 32));
}

static u64 leaf_sad(struct cpu *c, u64 x, u64 y, u64 d)
{
    u32 sum = 0;
    (void)c, (void)d;
    for (unsigned i = 0; i < 32; i += 8) {
        i32 diff = (i32)(x >> i & 0xff) - (i32)(y >> i & 0xff);
        sum += diff < 0 ? -diff : diff;
    }
    return sum;
}

/* USADA8, and with a 15 USAD8 */
void arm_usada8(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r = ir_temp(t->b);
    ir_leaf(t->b, r, leaf_sad, arm_reg(t, F('n')), arm_reg(t, F('m')));
    if (F('a') != ARM_PC)
        r = arm_2(t, IR_ADD, r, ARM_R(F('a')));
    arm_set_reg(t, F('d'), r);
}
