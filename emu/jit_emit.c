/* jit_emit.c - one emitter for each op of the IR */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An emitter finds its operands in e->x, e->y, e->z. Registers hold words of 64 bits; an operand's
 * bits above the op's size are not looked at, the result's are zero.
 */
#include "emu/jit_emit.h"

#include "emu/ir_live.h"
#include "emu/jit_region.h"
#include "emu/machine.h"

static unsigned bits_of(const struct ir_op *o)
{
    return 8u << o->size;
}

static unsigned at_least_32(unsigned size)
{
    return size < IR_32 ? IR_32 : size;
}

/* ---- operands ---- */

void jit_into(struct emit *e, u8 reg, struct host_rm v, unsigned size)
{
    if (!rm_is(v, reg))
        asm_load(&e->a, at_least_32(size), reg, v);
}

u8 jit_in_reg(struct emit *e, struct host_rm v, unsigned size, u8 scratch)
{
    if (!v.mem)
        return v.base;
    jit_into(e, scratch, v, size);
    return scratch;
}

u8 jit_target(struct host_rm d)
{
    return d.mem ? HR_AX : d.base;
}

void jit_finish(struct emit *e, struct host_rm d, u8 reg)
{
    if (d.mem)
        asm_store(&e->a, IR_64, d, reg);
    else if (d.base != reg)
        asm_mov(&e->a, IR_64, d.base, reg);
    if (e->through != IR_NONE)
        jit_late_dirty(e, d.base, e->through);
    e->through = IR_NONE;
}

/* A result made with 32 bits, cut to the op's size. */
static void cut(struct emit *e, unsigned size, u8 reg)
{
    if (size < IR_32)
        asm_movzx(&e->a, size, reg, rm_reg(reg));
}

/* reg = v, extended to 64 bits from the op's size. */
static void extended(struct emit *e, unsigned size, bool sign, u8 reg, struct host_rm v)
{
    if (sign)
        asm_movsx(&e->a, size, IR_64, reg, v);
    else
        asm_movzx(&e->a, size, reg, v);
}

/* The second operand: memory or a register; immediates that do not fit go to RDX. True: it is
 * *imm. */
static bool second_imm(struct emit *e, const struct ir_op *o, i32 *imm)
{
    if (!o->b_imm)
        return false;
    i64 v = o->size == IR_64 ? (i64)o->imm
            : o->size == IR_32 ? (i32)o->imm
            : o->size == IR_16 ? (i16)o->imm : (i8)o->imm;
    *imm = (i32)v;
    if (fits_i32(v))
        return true;
    asm_movi(&e->a, HR_DX, o->imm);
    e->y = rm_reg(HR_DX);
    return false;
}

static void sum_slowly(struct emit *e, u8 reg, unsigned size, const struct host_rm *a,
                       const struct host_rm *b, unsigned shift, u64 imm)
{
    if (b)
        jit_into(e, HR_DX, *b, IR_64);
    if (b && shift)
        asm_shift_imm(&e->a, SHIFT_SHL, IR_64, rm_reg(HR_DX), (u8)shift);
    if (a && b)
        asm_alu(&e->a, ALU_ADD, IR_64, HR_DX, *a);
    else if (a)
        jit_into(e, HR_DX, *a, IR_64);
    asm_movi(&e->a, HR_AX, imm);
    if (a || b)
        asm_lea(&e->a, size, reg, rm_index(HR_AX, HR_DX, 0, 0));
    else
        asm_mov(&e->a, size, reg, HR_AX);
}

void jit_sum(struct emit *e, u8 reg, unsigned size, const struct host_rm *a, const struct host_rm *b,
             unsigned shift, u64 imm)
{
    if (!a && !b) {
        asm_movi(&e->a, reg, size == IR_64 ? imm : (u32)imm);
        return;
    }
    if (!fits_imm32(imm) || shift > 3 || !a) {
        sum_slowly(e, reg, size, a, b, shift, imm);
        return;
    }
    u8 base = jit_in_reg(e, *a, size, HR_AX);
    struct host_rm from = rm_mem(base, (i32)imm);
    if (b)
        from = rm_index(base, jit_in_reg(e, *b, size, HR_DX), (u8)shift, (i32)imm);
    if (!b && !imm)
        asm_mov(&e->a, size, reg, base);
    else
        asm_lea(&e->a, size, reg, from);
}

/* ---- one operand ---- */

static void emit_mov(struct emit *e, const struct ir_op *o)
{
    struct host_rm d = jit_define(e, o->d);
    u8 reg = d.mem && !e->x.mem && o->size == IR_64 ? e->x.base : jit_target(d);
    if (!rm_is(e->x, reg) || o->size != IR_64)
        asm_movzx(&e->a, o->size, reg, e->x);
    jit_finish(e, d, reg);
}

static void unary(struct emit *e, const struct ir_op *o, unsigned field)
{
    struct host_rm d = jit_define(e, o->d);
    u8 reg = jit_target(d);
    jit_into(e, reg, e->x, o->size);
    asm_op(&e->a, 0xf7, at_least_32(o->size), field, rm_reg(reg));
    cut(e, o->size, reg);
    jit_finish(e, d, reg);
}

static void emit_not(struct emit *e, const struct ir_op *o)
{
    unary(e, o, 2);
}

static void emit_neg(struct emit *e, const struct ir_op *o)
{
    unary(e, o, 3);
}

static void sign_extend(struct emit *e, const struct ir_op *o, unsigned from)
{
    struct host_rm d = jit_define(e, o->d);
    u8 reg = jit_target(d);
    if (from >= o->size)
        asm_movzx(&e->a, o->size, reg, e->x);
    else
        asm_movsx(&e->a, from, at_least_32(o->size), reg, e->x);
    if (from < o->size)
        cut(e, o->size, reg);
    jit_finish(e, d, reg);
}

static void emit_sext8(struct emit *e, const struct ir_op *o)
{
    sign_extend(e, o, IR_8);
}

static void emit_sext16(struct emit *e, const struct ir_op *o)
{
    sign_extend(e, o, IR_16);
}

static void emit_sext32(struct emit *e, const struct ir_op *o)
{
    sign_extend(e, o, IR_32);
}

static void emit_bswap(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    struct host_rm d = jit_define(e, o->d);
    u8 reg = jit_target(d);
    jit_into(e, reg, e->x, o->size);
    if (o->size == IR_16)
        asm_shift_imm(a, SHIFT_ROL, IR_16, rm_reg(reg), 8);
    if (o->size < IR_32) {
        cut(e, o->size, reg);
    } else {
        unsigned rex = (o->size == IR_64 ? 0x48 : 0x40) | (reg & 8 ? 1 : 0);
        asm_8(a, rex);
        asm_8(a, 0x0f);
        asm_8(a, 0xc8 | (reg & 7));
    }
    jit_finish(e, d, reg);
}

/* RAX = the first (BSF) or last (BSR) set bit of the operand, or `none`. */
static void scan(struct emit *e, const struct ir_op *o, u32 opcode, u32 none)
{
    extended(e, o->size, false, HR_DX, e->x);
    asm_movi(&e->a, HR_CX, none);
    asm_modrm(&e->a, opcode, at_least_32(o->size), false, HR_AX, rm_reg(HR_DX));
    asm_modrm(&e->a, 0x0f40 | CC_E, IR_32, false, HR_AX, rm_reg(HR_CX));
}

static void emit_clz(struct emit *e, const struct ir_op *o)
{
    scan(e, o, 0x0fbd, 2 * bits_of(o) - 1);
    asm_alu_imm(&e->a, ALU_XOR, IR_32, rm_reg(HR_AX), (i32)bits_of(o) - 1);
    jit_finish(e, jit_define(e, o->d), HR_AX);
}

static void emit_ctz(struct emit *e, const struct ir_op *o)
{
    scan(e, o, 0x0fbc, bits_of(o));
    jit_finish(e, jit_define(e, o->d), HR_AX);
}

static void emit_popcnt(struct emit *e, const struct ir_op *o)
{
    extended(e, o->size, false, HR_DX, e->x);
    asm_modrm(&e->a, 0xf3000fb8, at_least_32(o->size), false, HR_AX, rm_reg(HR_DX));
    jit_finish(e, jit_define(e, o->d), HR_AX);
}

/* ---- two operands ---- */

static void alu(struct emit *e, const struct ir_op *o, enum host_alu op, bool commutes)
{
    unsigned size = at_least_32(o->size);
    i32 imm = 0;
    bool is_imm = second_imm(e, o, &imm);
    struct host_rm d = jit_define(e, o->d);
    u8 to = jit_target(d), reg = to;
    if (!is_imm && rm_is(e->y, reg) && !rm_is(e->x, reg)) {
        if (commutes) {
            e->y = e->x;
            e->x = rm_reg(reg);
        } else {
            reg = HR_AX;
        }
    }
    jit_into(e, reg, e->x, o->size);
    if (is_imm)
        asm_alu_imm(&e->a, op, size, rm_reg(reg), imm);
    else
        asm_alu(&e->a, op, size, reg, e->y);
    cut(e, o->size, reg);
    if (reg != to)
        asm_mov(&e->a, size, to, reg);
    jit_finish(e, d, to);
}

static void emit_add(struct emit *e, const struct ir_op *o)
{
    struct host_rm d = e->x;
    bool lea = o->size >= IR_32 && !e->x.mem && (o->b_imm ? fits_imm32(o->imm) : !e->y.mem);
    if (lea)
        d = jit_define(e, o->d);
    if (!lea || rm_is(d, e->x.base) || (!o->b_imm && rm_is(d, e->y.base))) {
        alu(e, o, ALU_ADD, true);
        return;
    }
    u8 reg = jit_target(d);
    jit_sum(e, reg, o->size, &e->x, o->b_imm ? NULL : &e->y, 0, o->b_imm ? o->imm : 0);
    jit_finish(e, d, reg);
}

static void emit_sub(struct emit *e, const struct ir_op *o)
{
    alu(e, o, ALU_SUB, false);
}

/* Is the next op a branch by whether this result is 0, that nobody else wants? */
static bool feeds_branch(const struct emit *e, const struct ir_op *o)
{
    u32 next = e->i + 1;
    const struct ir_op *b = &e->ops[next];
    return next < e->n_ops && (b->op == IR_BR_EQ || b->op == IR_BR_NE) && b->a == o->d && ir_is_temp(o->d) &&
           b->b_imm && !b->imm && b->size >= o->size && (e->plan[next] & DIES_A) && !e->target[next] &&
           !(e->j->passes_off & JIT_PASS_FUSE);
}

/* The next op, by the host's flags. What is stored late is stored before them. */
static void branch_by_test(struct emit *e, const struct ir_op *o)
{
    const struct ir_op *b = o + 1;
    enum host_cc cc = b->op == IR_BR_EQ ? CC_E : CC_NE;
    i32 imm = 0;
    e->i++;
    jit_late_before(e, b);
    bool is_imm = second_imm(e, o, &imm);
    u8 x = jit_in_reg(e, e->x, o->size, HR_AX);
    if (!is_imm)
        asm_op(&e->a, 0x85, o->size, jit_in_reg(e, e->y, o->size, HR_DX), rm_reg(x));
    else
        asm_test_imm(&e->a, o->size, x, (u32)imm);
    if (!jit_emit_two_ways(e, b, cc))
        e->jump[e->i] = asm_jcc(&e->a, cc, NULL);
    e->skip++;
}

static void emit_and(struct emit *e, const struct ir_op *o)
{
    if (o->size == IR_32 && feeds_branch(e, o))
        branch_by_test(e, o);
    else
        alu(e, o, ALU_AND, true);
}

static void emit_or(struct emit *e, const struct ir_op *o)
{
    alu(e, o, ALU_OR, true);
}

static void emit_xor(struct emit *e, const struct ir_op *o)
{
    alu(e, o, ALU_XOR, true);
}

static void emit_andn(struct emit *e, const struct ir_op *o)
{
    unsigned size = at_least_32(o->size);
    if (o->b_imm)
        asm_movi(&e->a, HR_DX, o->imm);
    else
        jit_into(e, HR_DX, e->y, o->size);
    asm_op(&e->a, 0xf7, size, 2, rm_reg(HR_DX));
    asm_alu(&e->a, ALU_AND, size, HR_DX, e->x);
    cut(e, o->size, HR_DX);
    jit_finish(e, jit_define(e, o->d), HR_DX);
}

/* SHR and SAR need the bits above the size right; rotates of 8 and 16 bits have instructions. */
static void shift_with_bmi(struct emit *e, const struct ir_op *o, enum host_shift op)
{
    u8 count = jit_in_reg(e, e->y, IR_32, HR_CX);
    struct host_rm d = jit_define(e, o->d);
    u8 reg = jit_target(d);
    asm_shiftx(&e->a, op, o->size, reg, e->x, count);
    jit_finish(e, d, reg);
}

static void shift(struct emit *e, const struct ir_op *o, enum host_shift op)
{
    if (e->j->bmi && !o->b_imm && o->size >= IR_32 && (op == SHIFT_SHL || op == SHIFT_SHR || op == SHIFT_SAR)) {
        shift_with_bmi(e, o, op);
        return;
    }
    bool rotate = op == SHIFT_ROL || op == SHIFT_ROR;
    unsigned size = rotate ? o->size : at_least_32(o->size);
    u8 mask = (u8)(bits_of(o) - 1);
    if (!o->b_imm) {
        jit_into(e, HR_CX, e->y, IR_32);
        if (o->size < IR_32)
            asm_alu_imm(&e->a, ALU_AND, IR_32, rm_reg(HR_CX), mask);
    }
    struct host_rm d = jit_define(e, o->d);
    u8 reg = jit_target(d);
    if (o->size < IR_32 && op == SHIFT_SAR)
        asm_movsx(&e->a, o->size, IR_32, reg, e->x);
    else if (o->size < IR_32)
        asm_movzx(&e->a, o->size, reg, e->x);
    else
        jit_into(e, reg, e->x, o->size);
    if (o->b_imm)
        asm_shift_imm(&e->a, op, size, rm_reg(reg), (u8)o->imm & mask);
    else
        asm_shift_cl(&e->a, op, size, rm_reg(reg));
    /* A count of 0 may leave the upper half as it was. */
    if (o->size == IR_32 && rm_is(e->x, reg) && !(o->b_imm && (o->imm & mask)))
        asm_mov(&e->a, IR_32, reg, reg);
    cut(e, o->size, reg);
    jit_finish(e, d, reg);
}

static void emit_shl(struct emit *e, const struct ir_op *o)
{
    shift(e, o, SHIFT_SHL);
}

static void emit_shr(struct emit *e, const struct ir_op *o)
{
    shift(e, o, SHIFT_SHR);
}

static void emit_sar(struct emit *e, const struct ir_op *o)
{
    shift(e, o, SHIFT_SAR);
}

static void emit_rol(struct emit *e, const struct ir_op *o)
{
    shift(e, o, SHIFT_ROL);
}

static void emit_ror(struct emit *e, const struct ir_op *o)
{
    shift(e, o, SHIFT_ROR);
}

static void emit_mul(struct emit *e, const struct ir_op *o)
{
    unsigned size = at_least_32(o->size);
    i32 imm = 0;
    bool is_imm = second_imm(e, o, &imm);
    struct host_rm d = jit_define(e, o->d);
    u8 reg = jit_target(d);
    if (is_imm) {
        asm_modrm(&e->a, 0x69, size, false, reg, e->x);
        asm_32(&e->a, (u32)imm);
    } else {
        struct host_rm other = e->y;
        if (rm_is(e->y, reg))
            other = e->x;
        else
            jit_into(e, reg, e->x, o->size);
        asm_modrm(&e->a, 0x0faf, size, false, reg, other);
    }
    cut(e, o->size, reg);
    jit_finish(e, d, reg);
}

/* The product's upper half: of 64 bits in RDX, else by shifting what 64 bits hold. */
static void mul_high(struct emit *e, const struct ir_op *o, bool sign)
{
    struct asm_buf *a = &e->a;
    if (o->b_imm) {
        asm_movi(a, HR_CX, o->imm);
        e->y = rm_reg(HR_CX);
    }
    extended(e, o->size, sign, HR_CX, e->y);
    extended(e, o->size, sign, HR_AX, e->x);
    if (o->size == IR_64) {
        asm_op(a, 0xf7, IR_64, sign ? 5 : 4, rm_reg(HR_CX));
        jit_finish(e, jit_define(e, o->d), HR_DX);
        return;
    }
    asm_modrm(a, 0x0faf, IR_64, false, HR_AX, rm_reg(HR_CX));
    asm_shift_imm(a, SHIFT_SHR, IR_64, rm_reg(HR_AX), (u8)bits_of(o));
    asm_movzx(a, o->size, HR_AX, rm_reg(HR_AX));
    jit_finish(e, jit_define(e, o->d), HR_AX);
}

static void emit_mulhu(struct emit *e, const struct ir_op *o)
{
    mul_high(e, o, false);
}

static void emit_mulhs(struct emit *e, const struct ir_op *o)
{
    mul_high(e, o, true);
}

/* ---- comparisons ---- */

static enum host_cc cc_of(unsigned n)
{
    static const u8 cc[] = {CC_E, CC_NE, CC_B, CC_BE, CC_L, CC_LE};
    return cc[n];
}

/* Sets the host's flags by a - b. */
static void compare(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    i32 imm = 0;
    bool is_imm = second_imm(e, o, &imm);
    if (is_imm && !imm && !e->x.mem) {
        asm_op(a, 0x85, o->size, e->x.base, rm_reg(e->x.base));
    } else if (is_imm) {
        asm_alu_imm(a, ALU_CMP, o->size, e->x, imm);
    } else if (!e->y.mem && e->x.mem) {
        asm_op(a, ALU_CMP * 8 + 1, o->size, e->y.base, e->x);
    } else {
        u8 x = jit_in_reg(e, e->x, o->size, HR_AX);
        asm_alu(a, ALU_CMP, o->size, x, e->y);
    }
}

/* Is the next op a SELECT by the result of this one, that nobody else wants? */
static bool feeds_select(const struct emit *e, const struct ir_op *o)
{
    u32 next = e->i + 1;
    const struct ir_op *s = &e->ops[next];
    return next < e->n_ops && s->op == IR_SELECT && s->c == o->d && ir_is_temp(o->d) && s->a != o->d &&
           s->b != o->d && (e->plan[next] & DIES_C) && !e->target[next] && !(e->j->passes_off & JIT_PASS_FUSE);
}

/* The next op, by the host's flags: what is emitted before CMOV leaves them alone. */
static void select_by_flags(struct emit *e, enum host_cc cc)
{
    const struct ir_op *o = &e->ops[++e->i];
    e->skip = 1;
    jit_regs_operands(e, o);
    struct host_rm d = jit_define(e, o->d);
    u8 reg = jit_target(d);
    bool swap = rm_is(e->x, reg) && !rm_is(e->y, reg);
    jit_into(e, reg, swap ? e->x : e->y, IR_64);
    asm_modrm(&e->a, 0x0f40 | (swap ? cc ^ 1 : cc), IR_64, false, reg, swap ? e->y : e->x);
    jit_finish(e, d, reg);
    jit_regs_after(e, o);
}

static void emit_compare(struct emit *e, const struct ir_op *o)
{
    compare(e, o);
    if (feeds_select(e, o)) {
        select_by_flags(e, cc_of(o->op - IR_EQ));
        return;
    }
    struct host_rm d = jit_define(e, o->d);
    u8 reg = jit_target(d);
    asm_modrm(&e->a, 0x0f90 | cc_of(o->op - IR_EQ), IR_8, true, 0, rm_reg(HR_AX));
    asm_movzx(&e->a, IR_8, reg, rm_reg(HR_AX));
    jit_finish(e, d, reg);
}

static void emit_branch(struct emit *e, const struct ir_op *o)
{
    enum host_cc cc = cc_of(o->op - IR_BR_EQ);
    compare(e, o);
    if (!jit_emit_two_ways(e, o, cc))
        e->jump[e->i] = asm_jcc(&e->a, cc, NULL);
}

/* ---- the others ---- */

static void emit_movi(struct emit *e, const struct ir_op *o)
{
    struct host_rm d = jit_define(e, o->d);
    if (d.mem && fits_imm32(o->imm)) {
        asm_store_imm(&e->a, d, (i32)o->imm);
        return;
    }
    asm_movi(&e->a, jit_target(d), o->imm);
    jit_finish(e, d, jit_target(d));
}

static void emit_lea(struct emit *e, const struct ir_op *o)
{
    struct host_rm d = jit_define(e, o->d);
    u8 reg = jit_target(d);
    jit_sum(e, reg, at_least_32(o->size), o->a == IR_NONE ? NULL : &e->x, o->b_imm ? NULL : &e->y, o->aux,
            o->imm);
    cut(e, o->size, reg);
    jit_finish(e, d, reg);
}

static void emit_select(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    if (e->z.mem)
        asm_alu_imm(a, ALU_CMP, IR_64, e->z, 0);
    else
        asm_op(a, 0x85, IR_64, e->z.base, e->z);
    jit_into(e, HR_AX, e->y, IR_64);
    asm_modrm(a, 0x0f40 | CC_NE, IR_64, false, HR_AX, e->x);
    jit_finish(e, jit_define(e, o->d), HR_AX);
}

static u64 mask_of(unsigned len)
{
    return len == 64 ? UINT64_MAX : ((u64)1 << len) - 1;
}

static void insert_slowly(struct emit *e, struct host_rm old, struct host_rm d, unsigned pos, unsigned len)
{
    struct asm_buf *a = &e->a;
    jit_into(e, HR_AX, e->x, IR_64);
    asm_movi(a, HR_DX, mask_of(len));
    asm_alu(a, ALU_AND, IR_64, HR_AX, rm_reg(HR_DX));
    if (pos) {
        asm_shift_imm(a, SHIFT_SHL, IR_64, rm_reg(HR_AX), (u8)pos);
        asm_shift_imm(a, SHIFT_SHL, IR_64, rm_reg(HR_DX), (u8)pos);
    }
    asm_op(a, 0xf7, IR_64, 2, rm_reg(HR_DX));
    asm_alu(a, ALU_AND, IR_64, HR_DX, old);
    asm_alu(a, ALU_OR, IR_64, HR_AX, rm_reg(HR_DX));
    jit_finish(e, d, HR_AX);
}

/* The destination's low byte or 16 bits, also in memory, are changed in a register: a store of them
 * would make the next load of the whole word wait until it is in the cache. */
static void emit_insert(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    unsigned pos = o->aux >> 8, len = o->aux & 0xff;
    struct host_rm old = jit_where(e, o->d), d = jit_define(e, o->d);
    if (len != 8 && len != 16) {
        insert_slowly(e, old, d, pos, len);
        return;
    }
    u8 reg = jit_target(d);
    u8 from = jit_in_reg(e, e->x, IR_32, HR_DX);
    if (from == reg && (pos || !rm_is(old, reg))) {
        asm_mov(a, IR_32, HR_DX, from);
        from = HR_DX;
    }
    jit_into(e, reg, old, IR_64);
    if (pos)
        asm_shift_imm(a, SHIFT_ROR, IR_64, rm_reg(reg), (u8)pos);
    asm_load(a, len == 8 ? IR_8 : IR_16, reg, rm_reg(from));
    if (pos)
        asm_shift_imm(a, SHIFT_ROL, IR_64, rm_reg(reg), (u8)pos);
    jit_finish(e, d, reg);
}

static void emit_extract(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    unsigned pos = o->aux >> 8, len = o->aux & 0xff;
    struct host_rm d = jit_define(e, o->d);
    u8 reg = jit_target(d);
    unsigned size = len == 8 ? IR_8 : len == 16 ? IR_16 : len == 32 ? IR_32 : IR_64;
    bool whole = len == 8 || len == 16 || len == 32 || len == 64;
    if (whole && pos % 8 == 0 && (e->x.mem || !pos)) {
        e->x.disp += (i32)pos / 8;
        asm_movzx(a, size, reg, e->x);
    } else {
        jit_into(e, reg, e->x, pos + len > 32 ? IR_64 : IR_32);
        if (pos)
            asm_shift_imm(a, SHIFT_SHR, pos + len > 32 ? IR_64 : IR_32, rm_reg(reg), (u8)pos);
        if (whole) {
            asm_movzx(a, size, reg, rm_reg(reg));
        } else if (len < 32) {
            asm_alu_imm(a, ALU_AND, IR_32, rm_reg(reg), (i32)mask_of(len));
        } else {
            asm_movi(a, HR_DX, mask_of(len));
            asm_alu(a, ALU_AND, IR_64, reg, rm_reg(HR_DX));
        }
    }
    jit_finish(e, d, reg);
}

static void store_word(struct emit *e, ir_val to, struct host_rm v)
{
    asm_store(&e->a, IR_64, jit_where(e, to), jit_in_reg(e, v, IR_64, HR_AX));
}

static void store_word_imm(struct emit *e, ir_val to, u64 imm)
{
    if (fits_imm32(imm)) {
        asm_store_imm(&e->a, jit_where(e, to), (i32)imm);
        return;
    }
    asm_movi(&e->a, HR_AX, imm);
    asm_store(&e->a, IR_64, jit_where(e, to), HR_AX);
}

/* The flags' words are never hot; they may be operands too: read before written. */
static void emit_cc(struct emit *e, const struct ir_op *o)
{
    for (unsigned i = 0; i < 3; i++)
        jit_regs_changed(e, o->d + i);
    if (jit_late_cc(e, o))
        return;
    struct host_rm x = jit_where(e, o->d);
    bool swap = !o->b_imm && e->y.mem && e->y.base == x.base && e->y.disp == x.disp;
    if (swap)
        jit_into(e, HR_DX, e->y, IR_64);
    store_word(e, o->d, e->x);
    if (o->b_imm)
        store_word_imm(e, o->d + 1, o->imm);
    else
        store_word(e, o->d + 1, swap ? rm_reg(HR_DX) : e->y);
    store_word_imm(e, o->d + 2, o->b_imm ? o->aux : o->imm);
}

static void emit_call(struct emit *e, const struct ir_op *o)
{
    jit_emit_at(e, o, HR_AX);
    if (o->c != IR_NONE)
        jit_into(e, HR_CX, e->z, IR_64);
    if (o->b != IR_NONE)
        jit_into(e, HR_DX, e->y, IR_64);
    if (o->a != IR_NONE)
        jit_into(e, HR_AX, e->x, IR_64);
    asm_call(&e->a, e->pins->call);
    e->called = true;
    e->vec_level = 0;
    jit_regs_forget_words(e);
    if (o->d != IR_NONE)
        jit_finish(e, jit_define(e, o->d), HR_AX);
}

static void emit_leaf(struct emit *e, const struct ir_op *o)
{
    if (o->b != IR_NONE)
        jit_into(e, HR_DX, e->y, IR_64);
    if (o->a != IR_NONE)
        jit_into(e, HR_AX, e->x, IR_64);
    asm_movi(&e->a, HR_CX, o->imm);
    asm_call(&e->a, e->pins->leaf);
    e->vec_level = 0;
    jit_regs_forget_words(e);
    if (o->d != IR_NONE)
        jit_finish(e, jit_define(e, o->d), HR_AX);
}

static void emit_jump(struct emit *e, const struct ir_op *o)
{
    (void)o;
    e->jump[e->i] = asm_jmp(&e->a, NULL);
}

typedef void (*emitter)(struct emit *e, const struct ir_op *o);

static const emitter emitters[IR_N_OPS + 1] = {
    [JIT_ENTER] = jit_emit_enter,
    [IR_MOV] = emit_mov, [IR_NOT] = emit_not, [IR_NEG] = emit_neg,
    [IR_SEXT8] = emit_sext8, [IR_SEXT16] = emit_sext16, [IR_SEXT32] = emit_sext32,
    [IR_BSWAP] = emit_bswap, [IR_CLZ] = emit_clz, [IR_CTZ] = emit_ctz, [IR_POPCNT] = emit_popcnt,
    [IR_ADD] = emit_add, [IR_SUB] = emit_sub, [IR_AND] = emit_and, [IR_OR] = emit_or,
    [IR_XOR] = emit_xor, [IR_ANDN] = emit_andn,
    [IR_SHL] = emit_shl, [IR_SHR] = emit_shr, [IR_SAR] = emit_sar, [IR_ROL] = emit_rol,
    [IR_ROR] = emit_ror,
    [IR_MUL] = emit_mul, [IR_MULHU] = emit_mulhu, [IR_MULHS] = emit_mulhs,
    [IR_EQ] = emit_compare, [IR_NE] = emit_compare, [IR_LTU] = emit_compare, [IR_LEU] = emit_compare,
    [IR_LTS] = emit_compare, [IR_LES] = emit_compare,
    [IR_BR_EQ] = emit_branch, [IR_BR_NE] = emit_branch, [IR_BR_LTU] = emit_branch,
    [IR_BR_LEU] = emit_branch, [IR_BR_LTS] = emit_branch, [IR_BR_LES] = emit_branch,
    [IR_MOVI] = emit_movi, [IR_LEA] = emit_lea, [IR_SELECT] = emit_select,
    [IR_INSERT] = emit_insert, [IR_EXTRACT] = emit_extract,
    [IR_LD] = jit_emit_ld, [IR_ST] = jit_emit_st,
    [IR_CC] = emit_cc, [IR_CALL] = emit_call, [IR_LEAF] = emit_leaf,
    [IR_JUMP] = emit_jump,
    [IR_VLD] = jit_emit_vld, [IR_VST] = jit_emit_vst, [IR_VEC] = jit_emit_vec, [IR_VGET] = jit_emit_vget,
    [IR_VPUT] = jit_emit_vput, [IR_VOP] = jit_emit_vop,
    [IR_EXIT] = jit_emit_exit, [IR_EXIT_IND] = jit_emit_exit_ind, [IR_EXIT_PC] = jit_emit_exit_pc,
};

/* ---- the whole ---- */

const struct jit_member *jit_member_of(const struct emit *e, u32 i)
{
    const struct jit_member *m = &e->member[e->n_members - 1];
    while (m->first > i)
        m--;
    return m;
}

void jit_emit_note(struct emit *e, u32 i, const char *what)
{
    if (LIKELY(!e->j->dump))
        return;
    const struct jit_member *m = jit_member_of(e, i);
    bool enter = m->first == i;
    jit_dump_note(e->j->dump, e->a.at, m->b, enter ? 0 : i - m->first - 1, enter ? "entry" : what);
}

static void emit_op(struct emit *e, u32 i)
{
    const struct ir_op *o = &e->ops[i];
    e->i = i;
    jit_late_before(e, o);
    jit_vop_before(e, o);
    e->code_at[i] = e->a.at;
    jit_emit_note(e, i, NULL);
    if (e->target[i]) {
        jit_regs_forget_all(e);
        e->vec_level = 0;
    }
    CHECK(ir_is_vec(o) || o->op == IR_VLD || o->d >= JIT_WORDS || !e->j->vec_word[o->d]);
    jit_regs_operands(e, o);
    emitters[o->op](e, o);
    for (u32 k = 1; k <= e->skip; k++)
        jit_vop_skipped(e, o + k);
    if (!e->skip)
        jit_regs_after(e, o);
}

static void emit_ops(struct emit *e)
{
    e->skip = 0;
    for (u32 i = 0; i < e->n_ops; i += 1 + e->skip) {
        e->skip = 0;
        emit_op(e, i);
    }
}

static void emit_stub(struct emit *e, struct jit_stub *s)
{
    if (s->op->op == IR_VLD || s->op->op == IR_VST)
        jit_vec_stub(e, s);
    else
        jit_emit_stub(e, s);
}

static void patch_jumps(struct emit *e)
{
    for (u32 i = 0; i < e->n_ops; i++)
        if (e->jump[i])
            asm_patch(e->jump[i], e->code_at[i + e->ops[i].aux]);
    for (u32 i = 0; i < e->n_gos; i++)
        asm_patch(e->go[i].jump, e->member[e->go[i].member].at);
}

struct emit *jit_emit_new(void)
{
    struct emit *e = xcalloc(1, sizeof(*e));
    jit_pins_init(&e->own);
    return e;
}

void jit_emit(struct jit *j, const struct jit_region *r)
{
    struct block *const *b = r->member;
    struct emit *e = j->emit;
    u32 n_sites = j->n_sites;
    e->j = j;
    e->region = r;
    e->n_stubs = e->n_vop_stubs = e->n_ways_out = e->n_gos = e->n_side_exits = 0;
    e->called = false;
    e->late = (struct jit_late){0};
    jit_members_gather(e);
    e->pins = &j->pins;
    e->a = (struct asm_buf){j->cold_at, j->base - j->write};
    if (r->loop && !r->counted)
        jit_pins_choose(e);
    jit_regs_plan(e);
    jit_mem_plan(e);
    jit_late_plan(e);
    jit_vec_plan(e);
    jit_vop_begin(e);
    b[0]->first_slot = j->n_slots;
    u8 *after_thunks = e->a.at;
    e->a.at = j->at;
    jit_emit_entry(e);
    emit_ops(e);
    patch_jumps(e);
    u8 *code = j->at;
    j->at = e->a.at;
    e->a.at = after_thunks;
    for (u32 i = 0; i < e->n_stubs; i++)
        emit_stub(e, &e->stub[i]);
    jit_vop_stubs(e);
    jit_vec_loads(e);
    jit_emit_exits(e);
    jit_dump_code(j->dump, b[0], "code", code, j->at); /* now its jumps to cold code are known */
    jit_dump_code(j->dump, b[0], "cold code", j->cold_at, e->a.at);
    j->cold_at = e->a.at;
    b[0]->n_slots = j->n_slots - b[0]->first_slot;
    if (!r->counted)
        return;
    b[0]->n_sites = j->n_sites - n_sites;
    b[0]->sites = (struct jit_site *)((u8 *)j->data + j->data_size) - j->n_sites;
}
