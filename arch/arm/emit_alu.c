/* emit_alu.c - data processing: arithmetic, logic, shifts, bit fields, extension */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A8.4 (shifts) and A8.8. */
#include "arch/arm/emit.h"
#include "emu/check.h"

/* ---- the second operand ---- */

struct arm_operand arm_operand_imm(struct arm_tr *t, u32 value, int carry)
{
    return (struct arm_operand){arm_imm(t, value),
                                carry < 0 ? IR_NONE : arm_imm(t, (u32)carry)};
}

static ir_val bit(struct arm_tr *t, ir_val x, unsigned n)
{
    ir_val v = ir_temp(t->b);
    ir_extract(t->b, v, x, n, 1);
    return v;
}

static struct arm_operand rrx(struct arm_tr *t, ir_val x, bool carry)
{
    ir_val c = arm_2i(t, IR_SHL, arm_get_carry(t), 31);
    return (struct arm_operand){arm_2(t, IR_OR, arm_2i(t, IR_SHR, x, 1), c),
                                carry ? bit(t, x, 0) : IR_NONE};
}

struct arm_operand arm_shift_imm(struct arm_tr *t, ir_val x, unsigned type, unsigned n, bool carry)
{
    static const u8 ops[] = {IR_SHL, IR_SHR, IR_SAR, IR_ROR};
    struct arm_operand o = {x, IR_NONE};

    if (!n && type == SHIFT_LSL)
        return o;
    if (!n && type == SHIFT_ROR)
        return rrx(t, x, carry);
    if (!n) { /* by 32 */
        o.value = type == SHIFT_LSR ? arm_imm(t, 0) : arm_2i(t, IR_SAR, x, 31);
        o.carry = carry ? bit(t, x, 31) : IR_NONE;
        return o;
    }
    o.value = arm_2i(t, ops[type], x, n);
    if (carry)
        o.carry = bit(t, x, type == SHIFT_LSL ? 32 - n : n - 1);
    return o;
}

static ir_val op64(struct arm_tr *t, enum ir_opcode op, ir_val a, ir_val b)
{
    ir_val v = ir_temp(t->b);
    ir_2(t->b, op, IR_64, v, a, b);
    return v;
}

static ir_val op64i(struct arm_tr *t, enum ir_opcode op, ir_val a, u64 imm)
{
    ir_val v = ir_temp(t->b);
    ir_2i(t->b, op, IR_64, v, a, imm);
    return v;
}

/* In 64 bits, where a shift by 32 and more needs no case of its own: to the left the carry is bit
 * 32 of the result; to the right the operand is put on top, and it is bit 31. */
static struct arm_operand shift_wide(struct arm_tr *t, ir_val x, unsigned type, ir_val amount)
{
    ir_val small = arm_2i(t, IR_LTU, amount, 64), n = ir_temp(t->b);
    struct arm_operand o;

    ir_select(t->b, n, small, amount, arm_imm(t, 63));
    if (type == SHIFT_LSL) {
        ir_val w = op64(t, IR_SHL, x, n);
        o.value = arm_1(t, IR_MOV, w);
        o.carry = bit(t, w, 32);
    } else {
        ir_val w = op64(t, type == SHIFT_LSR ? IR_SHR : IR_SAR, op64i(t, IR_SHL, x, 32), n);
        o.value = op64i(t, IR_SHR, w, 32);
        o.carry = bit(t, w, 31);
    }
    return o;
}

struct arm_operand arm_shift_reg(struct arm_tr *t, ir_val x, unsigned type, ir_val amount,
                                 bool carry)
{
    ir_val n = arm_2i(t, IR_AND, amount, 0xff);
    struct arm_operand o;

    if (type == SHIFT_ROR) {
        o.value = arm_2(t, IR_ROR, x, n);
        o.carry = bit(t, o.value, 31);
    } else {
        o = shift_wide(t, x, type, n);
    }
    if (!carry) {
        o.carry = IR_NONE;
        return o;
    }
    ir_val old = arm_get_carry(t), c = ir_temp(t->b);
    ir_select(t->b, c, n, o.carry, old);
    o.carry = c;
    return o;
}

/* ---- operations ---- */

static void set_logic_flags(struct arm_tr *t, ir_val r, ir_val carry)
{
    if (carry != IR_NONE)
        arm_set_carry(t, carry);
    arm_set_nz(t, r);
}

/* x + y + carry, and its flags in 64 bits. */
static ir_val add_with_carry(struct arm_tr *t, bool s, ir_val x, ir_val y)
{
    ir_val sum = op64(t, IR_ADD, op64(t, IR_ADD, x, y), arm_get_carry(t));
    ir_val r = arm_1(t, IR_MOV, sum);

    if (s) {
        ir_val v = arm_2(t, IR_AND, arm_2(t, IR_XOR, r, x), arm_2(t, IR_XOR, r, y));
        arm_set_cv(t, bit(t, sum, 32), arm_2i(t, IR_SHR, v, 31));
        arm_set_nz(t, r);
    }
    return r;
}

static ir_val arithmetic(struct arm_tr *t, enum arm_alu op, bool s, ir_val x, ir_val y)
{
    bool add = op == ALU_ADD || op == ALU_CMN;
    switch (op) {
    case ALU_ADC: return add_with_carry(t, s, x, y);
    case ALU_SBC: return add_with_carry(t, s, x, arm_1(t, IR_NOT, y));
    case ALU_RSC: return add_with_carry(t, s, y, arm_1(t, IR_NOT, x));
    case ALU_RSB: return arithmetic(t, ALU_SUB, s, y, x);
    default: break;
    }
    if (s) /* before the operation: it may change x */
        arm_set_flags(t, add ? CC_ADD : CC_SUB, x, y);
    return arm_2(t, add ? IR_ADD : IR_SUB, x, y);
}

static ir_val logic(struct arm_tr *t, enum arm_alu op, ir_val x, ir_val y)
{
    switch (op) {
    case ALU_AND: case ALU_TST: return arm_2(t, IR_AND, x, y);
    case ALU_EOR: case ALU_TEQ: return arm_2(t, IR_XOR, x, y);
    case ALU_ORR: return arm_2(t, IR_OR, x, y);
    case ALU_ORN: return arm_2(t, IR_OR, x, arm_1(t, IR_NOT, y));
    case ALU_BIC: return arm_2(t, IR_ANDN, x, y);
    case ALU_MVN: return arm_1(t, IR_NOT, y);
    default: CHECK(op == ALU_MOV); return y;
    }
}

static bool is_arithmetic(enum arm_alu op)
{
    return (op >= ALU_SUB && op <= ALU_RSC) || op == ALU_CMP || op == ALU_CMN;
}

void arm_alu(struct arm_tr *t, enum arm_alu op, bool s, unsigned d, ir_val x, struct arm_operand y)
{
    bool test = op >= ALU_TST && op <= ALU_CMN;
    bool leave = s && d == ARM_PC && !test; /* B9.3.20: SUBS PC, LR and related instructions */

    if (leave && (t->mode & MODE_SYS_OR_USR)) {
        arm_undefined(t);
        return;
    }
    ir_val r =
        is_arithmetic(op) ? arithmetic(t, op, s && !leave, x, y.value) : logic(t, op, x, y.value);
    if (s && !leave && !is_arithmetic(op))
        set_logic_flags(t, r, y.carry);
    if (leave)
        arm_call_end(t, arm_help_return, r, IR_NONE, IR_NONE);
    else if (!test)
        arm_set_reg(t, d, r);
    if (s && op != ALU_ADC && op != ALU_SBC && op != ALU_RSC && is_arithmetic(op) && !test)
        arm_flags_result(t, ARM_R(d));
}

#define F(letter) insn_field(in, letter)

/* ---- A32 ---- */

/* TST to CMN without S are other instructions. */
static bool is_hole(const struct arm_insn *in)
{
    return F('o') >> 2 == 2 && !F('S');
}

static void a32(struct arm_tr *t, const struct arm_insn *in, struct arm_operand y)
{
    enum arm_alu op = F('o');
    bool no_x = op == ALU_MOV || op == ALU_MVN;
    arm_alu(t, op, F('S'), F('d'), no_x ? IR_NONE : arm_reg(t, F('n')), y);
}

void arm_a32_alu_imm(struct arm_tr *t, const struct arm_insn *in)
{
    int carry;
    u32 v = arm_expand_imm_a32(F('i'), &carry);
    if (is_hole(in))
        arm_undefined(t);
    else
        a32(t, in, arm_operand_imm(t, v, F('S') ? carry : -1));
}

void arm_a32_alu_reg(struct arm_tr *t, const struct arm_insn *in)
{
    if (is_hole(in))
        arm_undefined(t);
    else
        a32(t, in,
            arm_shift_imm(t, arm_reg(t, F('m')), F('t'), F('i'), F('S') && !is_arithmetic(F('o'))));
}

void arm_a32_alu_shift(struct arm_tr *t, const struct arm_insn *in)
{
    if (is_hole(in))
        arm_undefined(t);
    else
        a32(t, in, arm_shift_reg(t, arm_reg(t, F('m')), F('t'), arm_reg(t, F('s')),
                                 F('S') && !is_arithmetic(F('o'))));
}

/* In T32 four of the bits stand apart: j. */
static u32 imm16(const struct arm_insn *in)
{
    return F('j') << 12 | F('i');
}

void arm_movw(struct arm_tr *t, const struct arm_insn *in)
{
    ir_movi(t->b, ARM_R(F('d')), imm16(in));
}

void arm_movt(struct arm_tr *t, const struct arm_insn *in)
{
    ir_insert(t->b, ARM_R(F('d')), arm_imm(t, imm16(in)), 16, 16);
}

/* ---- T32, 32 bits ---- */

/* A6.3.1: op is not A32's; with d or n 15 some are others. */
static void t32(struct arm_tr *t, const struct arm_insn *in, u32 op, struct arm_operand y)
{
    static const u8 ops[16] = {ALU_AND, ALU_BIC, ALU_ORR, ALU_ORN, ALU_EOR, 0xff, 0xff, 0xff,
                               ALU_ADD, 0xff, ALU_ADC, ALU_SBC, 0xff, ALU_SUB, ALU_RSB, 0xff};
    unsigned alu = ops[op], d = F('d'), n = F('n');
    bool s = F('S');

    if (alu == 0xff) {
        arm_undefined(t);
        return;
    }
    if (d == ARM_PC && s) { /* the comparisons */
        switch (alu) {
        case ALU_AND: alu = ALU_TST; break;
        case ALU_EOR: alu = ALU_TEQ; break;
        case ALU_ADD: alu = ALU_CMN; break;
        case ALU_SUB: alu = ALU_CMP; break;
        default: arm_undefined(t); return;
        }
    }
    if (n == ARM_PC && (alu == ALU_ORR || alu == ALU_ORN))
        arm_alu(t, alu == ALU_ORR ? ALU_MOV : ALU_MVN, s, d, IR_NONE, y);
    else
        arm_alu(t, alu, s, d, arm_reg(t, n), y);
}

void arm_t32_alu_imm(struct arm_tr *t, const struct arm_insn *in)
{
    int carry;
    u32 v = arm_expand_imm_t32(F('i'), &carry);
    t32(t, in, F('o'), arm_operand_imm(t, v, F('S') ? carry : -1));
}

/* Is it one whose carry comes from the shifter? The first eight of A6.3.11. */
void arm_t32_alu_reg(struct arm_tr *t, const struct arm_insn *in)
{
    u32 op = F('o');
    t32(t, in, op, arm_shift_imm(t, arm_reg(t, F('m')), F('t'), F('i'), F('S') && op < 8));
}

void arm_t32_shift(struct arm_tr *t, const struct arm_insn *in)
{
    arm_alu(t, ALU_MOV, F('S'), F('d'), IR_NONE,
            arm_shift_reg(t, arm_reg(t, F('n')), F('t'), arm_reg(t, F('m')), F('S')));
}

/* ADDW and SUBW; arg: ALU_ADD or ALU_SUB */
void arm_t32_add_imm12(struct arm_tr *t, const struct arm_insn *in)
{
    struct arm_operand y = arm_operand_imm(t, F('i'), -1);
    arm_alu(t, in->row->arg, false, F('d'), arm_reg(t, F('n')), y);
}

void arm_t32_adr(struct arm_tr *t, const struct arm_insn *in)
{
    u32 base = arm_pc(t) & ~3u;
    arm_set_reg(t, F('d'), arm_imm(t, in->row->arg == ALU_SUB ? base - F('i') : base + F('i')));
}

/* ---- T32, 16 bits: they set the flags outside of IT blocks ---- */

void arm_t16_shift_imm(struct arm_tr *t, const struct arm_insn *in)
{
    bool s = !in->in_it;
    arm_alu(t, ALU_MOV, s, F('d'), IR_NONE, arm_shift_imm(t, ARM_R(F('m')), F('t'), F('i'), s));
}

/* arg: ALU_ADD or ALU_SUB */
void arm_t16_add3(struct arm_tr *t, const struct arm_insn *in)
{
    bool imm = F('I');
    struct arm_operand y = {imm ? arm_imm(t, F('m')) : ARM_R(F('m')), IR_NONE};
    arm_alu(t, in->row->arg, !in->in_it, F('d'), ARM_R(F('n')), y);
}

/* d is also the first operand; arg: ALU_MOV, ALU_CMP, ALU_ADD or ALU_SUB */
void arm_t16_add_imm(struct arm_tr *t, const struct arm_insn *in)
{
    bool compare = in->row->arg == ALU_CMP;
    arm_alu(t, in->row->arg, compare || !in->in_it, F('d'), ARM_R(F('d')),
            arm_operand_imm(t, F('i'), -1));
}

void arm_t16_alu(struct arm_tr *t, const struct arm_insn *in)
{
    enum arm_alu op = in->row->arg;
    bool test = op >= ALU_TST && op <= ALU_CMN;
    struct arm_operand y = {ARM_R(F('m')), IR_NONE};
    arm_alu(t, op, test || !in->in_it, F('d'), ARM_R(F('d')), y);
}

void arm_t16_shift_reg(struct arm_tr *t, const struct arm_insn *in)
{
    bool s = !in->in_it;
    arm_alu(t, ALU_MOV, s, F('d'), IR_NONE,
            arm_shift_reg(t, ARM_R(F('d')), in->row->arg, ARM_R(F('m')), s));
}

void arm_t16_rsb(struct arm_tr *t, const struct arm_insn *in)
{
    arm_alu(t, ALU_RSB, !in->in_it, F('d'), ARM_R(F('m')), arm_operand_imm(t, 0, -1));
}

void arm_t16_mul(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val r = arm_2(t, IR_MUL, ARM_R(F('d')), ARM_R(F('n')));
    if (!in->in_it)
        arm_set_nz(t, r);
    arm_set_reg(t, F('d'), r);
}

/* Any of the sixteen registers; arg: ALU_ADD, ALU_CMP or ALU_MOV */
void arm_t16_hi(struct arm_tr *t, const struct arm_insn *in)
{
    struct arm_operand y = {arm_reg(t, F('m')), IR_NONE};
    arm_alu(t, in->row->arg, in->row->arg == ALU_CMP, F('d'), arm_reg(t, F('d')), y);
}

void arm_t16_adr(struct arm_tr *t, const struct arm_insn *in)
{
    ir_movi(t->b, ARM_R(F('d')), (arm_pc(t) & ~3u) + 4 * F('i'));
}

void arm_t16_add_sp(struct arm_tr *t, const struct arm_insn *in)
{
    ir_2i(t->b, IR_ADD, IR_32, ARM_R(F('d')), ARM_R(ARM_SP), 4 * F('i'));
}

/* arg: IR_ADD or IR_SUB */
void arm_t16_adjust_sp(struct arm_tr *t, const struct arm_insn *in)
{
    ir_2i(t->b, in->row->arg, IR_32, ARM_R(ARM_SP), ARM_R(ARM_SP), 4 * F('i'));
}

/* ---- bits ---- */

void arm_clz(struct arm_tr *t, const struct arm_insn *in)
{
    arm_set_reg(t, F('d'), arm_1(t, IR_CLZ, arm_reg(t, F('m'))));
}

static u64 leaf_rbit(struct cpu *c, u64 x, u64 b, u64 d)
{
    u32 v = (u32)x;
    (void)c, (void)b, (void)d;
    v = (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
    v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
    v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
    return __builtin_bswap32(v);
}

enum { REV, REV16, RBIT, REVSH };

static ir_val reverse(struct arm_tr *t, unsigned how, ir_val x)
{
    ir_val r = arm_1(t, IR_BSWAP, x);
    switch (how) {
    case REV16: return arm_2i(t, IR_ROR, r, 16);
    case REVSH: return arm_2i(t, IR_SAR, r, 16);
    case RBIT: ir_leaf(t->b, r, leaf_rbit, x, IR_NONE); return r;
    }
    return r;
}

/* arg: which */
void arm_rev(struct arm_tr *t, const struct arm_insn *in)
{
    arm_set_reg(t, F('d'), reverse(t, in->row->arg, arm_reg(t, F('m'))));
}

/* SBFX (arg 1) and UBFX: w is the width minus 1. */
void arm_bitfield(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned lsb = F('l'), width = F('w') + 1;
    if (lsb + width > 32) { /* UNPREDICTABLE */
        arm_undefined(t);
        return;
    }
    ir_val x = arm_reg(t, F('n'));
    if (in->row->arg) {
        arm_set_reg(t, F('d'),
                    arm_2i(t, IR_SAR, arm_2i(t, IR_SHL, x, 32 - width - lsb), 32 - width));
    } else {
        ir_val r = ir_temp(t->b);
        ir_extract(t->b, r, x, lsb, width);
        arm_set_reg(t, F('d'), r);
    }
}

/* BFI, and with n 15 BFC: m is the most significant bit. */
void arm_bfi(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned lsb = F('l'), msb = F('m'), d = F('d');
    if (msb < lsb || d == ARM_PC) {
        arm_undefined(t);
        return;
    }
    ir_insert(t->b, ARM_R(d), F('n') == ARM_PC ? arm_imm(t, 0) : ARM_R(F('n')), lsb, msb - lsb + 1);
}

enum { EXT_B16 = 0, EXT_B = 2, EXT_H = 3, EXT_UNSIGNED = 4 };

static ir_val extend(struct arm_tr *t, unsigned how, ir_val x)
{
    switch (how) {
    case EXT_B: return arm_1(t, IR_SEXT8, x);
    case EXT_H: return arm_1(t, IR_SEXT16, x);
    case EXT_B | EXT_UNSIGNED: return arm_2i(t, IR_AND, x, 0xff);
    case EXT_H | EXT_UNSIGNED: return arm_2i(t, IR_AND, x, 0xffff);
    case EXT_B16 | EXT_UNSIGNED: return arm_2i(t, IR_AND, x, 0x00ff00ff);
    }
    /* Each half's low byte, with its sign: bytes to the top of the halves, and back. */
    ir_val low = arm_1(t, IR_SEXT8, x), high = arm_1(t, IR_SEXT8, arm_2i(t, IR_SHR, x, 16));
    return arm_2(t, IR_OR, arm_2i(t, IR_AND, low, 0xffff), arm_2i(t, IR_SHL, high, 16));
}

static ir_val add_halves(struct arm_tr *t, ir_val x, ir_val y)
{
    ir_val low = arm_2i(t, IR_AND, arm_2(t, IR_ADD, x, y), 0xffff);
    ir_val high =
        arm_2(t, IR_ADD, arm_2i(t, IR_AND, x, 0xffff0000), arm_2i(t, IR_AND, y, 0xffff0000));
    return arm_2(t, IR_OR, low, high);
}

/* SXTB to UXTAH: e is how (in T32 the row's arg), r the rotation in bytes, and something is added
 * unless n is 15. */
void arm_extend(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned how = in->thumb ? in->row->arg : F('e'), n = F('n');
    if ((how & 3) == 1) {
        arm_undefined(t);
        return;
    }
    ir_val x = arm_reg(t, F('m'));
    if (F('r'))
        x = arm_2i(t, IR_ROR, x, 8 * F('r'));
    x = extend(t, how, x);
    if (n != ARM_PC)
        x = (how & 3) == EXT_B16 ? add_halves(t, ARM_R(n), x) : arm_2(t, IR_ADD, ARM_R(n), x);
    arm_set_reg(t, F('d'), x);
}

/* o: 0 SXTH, 1 SXTB, 2 UXTH, 3 UXTB */
void arm_t16_extend(struct arm_tr *t, const struct arm_insn *in)
{
    static const u8 how[] = {EXT_H, EXT_B, EXT_H | EXT_UNSIGNED, EXT_B | EXT_UNSIGNED};
    arm_set_reg(t, F('d'), extend(t, how[F('o')], ARM_R(F('m'))));
}
