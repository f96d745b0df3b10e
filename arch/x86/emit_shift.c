/* emit_shift.c - shifts and rotates */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A count of zero (after masking) changes no flags. The value before the last one-bit step (y of
 * CC_SHL and CC_SHR) gives CF, and OF in the way the manual defines it for a count of one.
 */
#include "arch/x86/emit.h"
#include "arch/x86/translate_int.h"

static unsigned count_mask(unsigned size)
{
    return size == 8 ? 63 : 31;
}

static enum ir_opcode shift_ir(unsigned op)
{
    return op == SHIFT_SHL ? IR_SHL : op == SHIFT_SHR ? IR_SHR : IR_SAR;
}

/* Bytes and words are shifted as 32 bits, so that counts up to 31 do what they should. */
static ir_val widen(struct x86_tr *t, unsigned op, unsigned size, ir_val x)
{
    ir_val w;

    if (op != SHIFT_SAR || size >= 4)
        return x;
    w = ir_temp(t->b);
    ir_1(t->b, size == 1 ? IR_SEXT8 : IR_SEXT16, IR_32, w, x);
    return w;
}

static void shift_imm(struct x86_tr *t, const struct x86_insn *in, unsigned op, unsigned n)
{
    unsigned size = in->op[0].size;
    enum ir_size s = x86_ir_size(MAX(size, 4u));
    bool in_place = in->op[0].kind == OPD_REG && size >= 4;
    ir_val addr, x, y, r;

    if (in_place)
        x = X86_GPR(in->op[0].reg);
    else
        x = widen(t, op, size, x86_read_for_write(t, in, 0, &addr));
    r = ir_temp(t->b);
    ir_2i(t->b, shift_ir(op), s, r, x, n);
    if (n == 0) {
        x86_write_back(t, in, 0, in_place ? IR_NONE : addr, r);
        return;
    }
    if (in->op[0].kind == OPD_MEM)
        x86_write_back(t, in, 0, addr, r);
    y = x;
    if (n > 1) {
        y = ir_temp(t->b);
        ir_2i(t->b, shift_ir(op), s, y, x, n - 1);
    }
    x86_set_cc(t, op == SHIFT_SHL ? CC_SHL : CC_SHR, size, r, y);
    if (in->op[0].kind != OPD_MEM)
        x86_write_back(t, in, 0, IR_NONE, r);
}

static void shift_cl(struct x86_tr *t, const struct x86_insn *in, unsigned op)
{
    unsigned size = in->op[0].size, skip = ir_label(t->b);
    enum ir_size s = x86_ir_size(MAX(size, 4u));
    ir_val addr, x = widen(t, op, size, x86_read_for_write(t, in, 0, &addr));
    ir_val n = ir_temp(t->b), r = ir_temp(t->b), y = ir_temp(t->b);

    ir_2i(t->b, IR_AND, IR_32, n, X86_GPR(RCX), count_mask(size));
    ir_2(t->b, shift_ir(op), s, r, x, n);
    if (in->op[0].kind == OPD_MEM)
        x86_write_back(t, in, 0, addr, r);
    ir_bri(t->b, IR_BR_EQ, IR_32, n, 0, skip);
    ir_2i(t->b, IR_SUB, IR_32, y, n, 1);
    ir_2(t->b, shift_ir(op), s, y, x, y);
    x86_set_cc(t, op == SHIFT_SHL ? CC_SHL : CC_SHR, size, r, y);
    ir_bind(t->b, skip);
    x86_cc_unknown(t);
    if (in->op[0].kind != OPD_MEM)
        x86_write_back(t, in, 0, addr, r);
}

X86_EMIT(shift)
{
    unsigned op = (unsigned)in->row->arg;

    if (in->op[1].kind == OPD_IMM)
        shift_imm(t, in, op, in->op[1].imm & count_mask(in->op[0].size));
    else
        shift_cl(t, in, op);
}

/* ---- ROL, ROR ---- */

/* CF and OF of the result r; OF for other counts than 1 is by the same formula. */
static void rotate_flags(struct x86_cpu *x, u64 r, unsigned size, bool right)
{
    unsigned top = (8 << size) - 1;
    bool high = r >> top & 1, cf = right ? high : r & 1;
    bool of = right ? high != (r >> (top - 1) & 1) : high != cf;
    u64 f = x86_arith_flags(x->cc_op, x->cc_x, x->cc_y) & ~(u64)(FL_CF | FL_OF);

    x->cc_x = f | (cf ? FL_CF : 0) | (of ? FL_OF : 0);
    x->cc_op = CC_FLAGS;
}

#define ROTATE_HELPER(name, size, right)                                                           \
    static u64 name(struct cpu *c, u64 r, u64 b, u64 d)                                            \
    {                                                                                              \
        (void)b, (void)d;                                                                          \
        rotate_flags(x86_of(c), r, size, right);                                                   \
        return 0;                                                                                  \
    }
ROTATE_HELPER(help_rol8, 0, false)
ROTATE_HELPER(help_rol16, 1, false)
ROTATE_HELPER(help_rol32, 2, false)
ROTATE_HELPER(help_rol64, 3, false)
ROTATE_HELPER(help_ror8, 0, true)
ROTATE_HELPER(help_ror16, 1, true)
ROTATE_HELPER(help_ror32, 2, true)
ROTATE_HELPER(help_ror64, 3, true)

static const ir_helper rotate_helpers[2][4] = {
    {help_rol8, help_rol16, help_rol32, help_rol64},
    {help_ror8, help_ror16, help_ror32, help_ror64},
};

bool x86_is_rotate_flags(ir_helper fn)
{
    for (unsigned i = 0; i < 8; i++)
        if (rotate_helpers[i / 4][i % 4] == fn)
            return true;
    return false;
}

static void emit_rotate_flags(struct x86_tr *t, unsigned op, enum ir_size s, ir_val r)
{
    x86_drop_dead_rotate(t);
    ir_call(t->b, IR_NONE, rotate_helpers[op == SHIFT_ROR][s], r, IR_NONE, IR_NONE);
    t->cc_op = CC_FLAGS;
}

static void rotate_imm(struct x86_tr *t, const struct x86_insn *in, unsigned op, unsigned n)
{
    enum ir_size s = x86_ir_size(in->op[0].size);
    ir_val addr, x = x86_read_for_write(t, in, 0, &addr), r = ir_temp(t->b);

    ir_2i(t->b, op == SHIFT_ROR ? IR_ROR : IR_ROL, s, r, x, n);
    x86_write_back(t, in, 0, addr, r);
    if (n)
        emit_rotate_flags(t, op, s, r);
}

static void rotate_cl(struct x86_tr *t, const struct x86_insn *in, unsigned op)
{
    enum ir_size s = x86_ir_size(in->op[0].size);
    ir_val addr, x = x86_read_for_write(t, in, 0, &addr), r = ir_temp(t->b), n = ir_temp(t->b);
    unsigned skip = ir_label(t->b);

    ir_2i(t->b, IR_AND, IR_32, n, X86_GPR(RCX), count_mask(in->op[0].size));
    ir_2(t->b, op == SHIFT_ROR ? IR_ROR : IR_ROL, s, r, x, n);
    x86_write_back(t, in, 0, addr, r);
    ir_bri(t->b, IR_BR_EQ, IR_32, n, 0, skip);
    emit_rotate_flags(t, op, s, r);
    ir_bind(t->b, skip);
    x86_cc_unknown(t);
}

X86_EMIT(rotate)
{
    unsigned op = (unsigned)in->row->arg;

    if (in->op[1].kind == OPD_IMM)
        rotate_imm(t, in, op, in->op[1].imm & count_mask(in->op[0].size));
    else
        rotate_cl(t, in, op);
}

/* ---- RCL, RCR ---- */

struct through_carry {
    u64 r;
    bool cf;
};

static struct through_carry through_carry(u64 x, unsigned n, bool cf, unsigned bits, bool right)
{
    struct through_carry v = {x, cf};
    unsigned top = bits - 1;

    for (n %= bits + 1; n; n--) {
        bool out = right ? v.r & 1 : v.r >> top & 1;
        v.r = right ? v.r >> 1 | (u64)v.cf << top : v.r << 1 | v.cf;
        if (bits < 64)
            v.r &= ((u64)1 << bits) - 1;
        v.cf = out;
    }
    return v;
}

/* how: size, right << 2, carry in << 3. */
static u64 help_through_carry(struct cpu *c, u64 x, u64 n, u64 how)
{
    (void)c;
    return through_carry(x, (unsigned)n, how >> 3 & 1, 8u << (how & 3), how >> 2 & 1).r;
}

static u64 help_through_carry_flags(struct cpu *c, u64 x, u64 n, u64 how)
{
    struct x86_cpu *cpu = x86_of(c);
    unsigned bits = 8u << (how & 3), top = bits - 1;
    bool right = how >> 2 & 1, of;
    struct through_carry v = through_carry(x, (unsigned)n, how >> 3 & 1, bits, right);

    if (n == 0)
        return 0;
    of = (v.r >> top & 1) != (right ? v.r >> (top - 1) & 1 : v.cf);
    cpu->cc_x = (x86_arith_flags(cpu->cc_op, cpu->cc_x, cpu->cc_y) & ~(u64)(FL_CF | FL_OF)) |
                (v.cf ? FL_CF : 0) | (of ? FL_OF : 0);
    cpu->cc_op = CC_FLAGS;
    return 0;
}

X86_EMIT(rotate_carry)
{
    unsigned mask = count_mask(in->op[0].size);
    enum ir_size s = x86_ir_size(in->op[0].size);
    ir_val how = x86_emit_cond(t, 2);
    ir_val addr, x = x86_read_for_write(t, in, 0, &addr), r = ir_temp(t->b), n = ir_temp(t->b);

    if (in->op[1].kind == OPD_IMM)
        ir_movi(t->b, n, in->op[1].imm & mask);
    else
        ir_2i(t->b, IR_AND, IR_32, n, X86_GPR(RCX), mask);
    ir_2i(t->b, IR_SHL, IR_32, how, how, 3);
    ir_2i(t->b, IR_OR, IR_32, how, how, s | (in->row->arg == SHIFT_RCR ? 4 : 0));
    ir_call(t->b, r, help_through_carry, x, n, how);
    x86_write_back(t, in, 0, addr, r);
    ir_call(t->b, IR_NONE, help_through_carry_flags, x, n, how);
    x86_cc_unknown(t);
}

/* ---- SHLD, SHRD ---- */

struct double_shift {
    u64 r, before; /* the result, and the value before the last step */
};

/* One bit at a time; bits of a 16-bit operand's count over 16 come from the destination again. */
static struct double_shift double_shift(u64 x, u64 y, unsigned n, unsigned bits, bool right)
{
    struct double_shift v = {x, x};
    unsigned top = bits - 1;
    u64 first = x;

    for (unsigned i = 0; i < n; i++) {
        u64 from = i < bits ? y : first;
        unsigned k = i % bits;
        v.before = v.r;
        if (right)
            v.r = v.r >> 1 | (from >> k & 1) << top;
        else
            v.r = v.r << 1 | (from >> (top - k) & 1);
        if (bits < 64)
            v.r &= ((u64)1 << bits) - 1;
    }
    return v;
}

static struct double_shift double_shift_how(u64 x, u64 y, u64 how)
{
    return double_shift(x, y, how >> 8 & 63, 8u << (how & 3), how >> 2 & 1);
}

static u64 help_double_shift(struct cpu *c, u64 x, u64 y, u64 how)
{
    (void)c;
    return double_shift_how(x, y, how).r;
}

static u64 help_double_shift_flags(struct cpu *c, u64 x, u64 y, u64 how)
{
    struct x86_cpu *cpu = x86_of(c);
    struct double_shift v = double_shift_how(x, y, how);
    bool right = how >> 2 & 1;
    unsigned size = how & 3, top = (8u << size) - 1;

    if ((how >> 8 & 63) == 0)
        return 0;
    cpu->cc_x = v.r;
    cpu->cc_y = ((right ? v.before & 1 : v.before >> top & 1) ? FL_CF : 0) |
                ((v.before ^ v.r) >> top & 1 ? FL_OF : 0);
    cpu->cc_op = CC_RES | size;
    return 0;
}

/* how: size, right << 2, count << 8. */
static void double_shift_slow(struct x86_tr *t, const struct x86_insn *in, bool right)
{
    enum ir_size s = x86_ir_size(in->op[0].size);
    unsigned mask = count_mask(in->op[0].size);
    ir_val addr, x = x86_read_for_write(t, in, 0, &addr), y = x86_read_operand(t, in, 1);
    ir_val r = ir_temp(t->b), how = ir_temp(t->b);

    if (in->op[2].kind == OPD_IMM) {
        ir_movi(t->b, how, (in->op[2].imm & mask) << 8);
    } else {
        ir_2i(t->b, IR_AND, IR_32, how, X86_GPR(RCX), mask);
        ir_2i(t->b, IR_SHL, IR_32, how, how, 8);
    }
    ir_2i(t->b, IR_OR, IR_32, how, how, s | (u64)right << 2);
    ir_call(t->b, r, help_double_shift, x, y, how);
    x86_write_back(t, in, 0, addr, r);
    ir_call(t->b, IR_NONE, help_double_shift_flags, x, y, how);
    x86_cc_unknown(t);
}

/* A constant count, 32 or 64 bits, a left shift: inline. Its flags are those of CC_SHL. */
static void shld_imm(struct x86_tr *t, const struct x86_insn *in, unsigned n)
{
    unsigned size = in->op[0].size, bits = size * 8;
    enum ir_size s = x86_ir_size(size);
    ir_val addr, x = x86_read_for_write(t, in, 0, &addr), y = x86_read_operand(t, in, 1);
    ir_val r = ir_temp(t->b), before = x;

    ir_2i(t->b, IR_SHL, s, r, x, n);
    ir_2i(t->b, IR_SHR, s, y, y, bits - n);
    ir_2(t->b, IR_OR, s, r, r, y);
    if (in->op[0].kind == OPD_MEM)
        x86_write_back(t, in, 0, addr, r);
    if (n > 1) {
        before = ir_temp(t->b);
        ir_2i(t->b, IR_SHL, s, before, x, n - 1);
    }
    x86_set_cc(t, CC_SHL, size, r, before);
    if (in->op[0].kind != OPD_MEM)
        x86_write_back(t, in, 0, addr, r);
}

static void shrd_imm(struct x86_tr *t, const struct x86_insn *in, unsigned n)
{
    unsigned size = in->op[0].size, bits = size * 8;
    enum ir_size s = x86_ir_size(size);
    ir_val addr, x = x86_read_for_write(t, in, 0, &addr), y = x86_read_operand(t, in, 1);
    ir_val r = ir_temp(t->b), before = x, high;

    ir_2i(t->b, IR_SHR, s, r, x, n);
    if (n > 1) { /* x:y shifted by n - 1 */
        before = ir_temp(t->b);
        high = ir_temp(t->b);
        ir_2i(t->b, IR_SHR, s, before, x, n - 1);
        ir_2i(t->b, IR_SHL, s, high, y, bits - n + 1);
        ir_2(t->b, IR_OR, s, before, before, high);
    }
    ir_2i(t->b, IR_SHL, s, y, y, bits - n);
    ir_2(t->b, IR_OR, s, r, r, y);
    if (in->op[0].kind == OPD_MEM)
        x86_write_back(t, in, 0, addr, r);
    x86_set_cc(t, CC_SHR, size, r, before);
    if (in->op[0].kind != OPD_MEM)
        x86_write_back(t, in, 0, addr, r);
}

/* x shifted by n, which may be 0, y following from the other side. */
static ir_val shifted_pair(struct x86_tr *t, enum ir_size s, ir_val x, ir_val y, ir_val n, bool right)
{
    ir_val r = ir_temp(t->b), rest = ir_temp(t->b), other = ir_temp(t->b);

    ir_2(t->b, right ? IR_SHR : IR_SHL, s, r, x, n);
    ir_2i(t->b, right ? IR_SHL : IR_SHR, s, other, y, 1); /* in two parts: all bits may have to go */
    ir_2i(t->b, IR_XOR, IR_32, rest, n, (8u << s) - 1);
    ir_2(t->b, right ? IR_SHL : IR_SHR, s, other, other, rest);
    ir_2(t->b, IR_OR, s, r, r, other);
    return r;
}

/* A count in CL, 32 or 64 bits. */
static void shd_cl(struct x86_tr *t, const struct x86_insn *in, bool right)
{
    unsigned size = in->op[0].size, skip = ir_label(t->b);
    enum ir_size s = x86_ir_size(size);
    ir_val addr, x = x86_read_for_write(t, in, 0, &addr), y = x86_read_operand(t, in, 1);
    ir_val n = ir_temp(t->b), less = ir_temp(t->b), r;

    ir_2i(t->b, IR_AND, IR_32, n, X86_GPR(RCX), count_mask(size));
    r = shifted_pair(t, s, x, y, n, right);
    if (in->op[0].kind == OPD_MEM)
        x86_write_back(t, in, 0, addr, r);
    ir_bri(t->b, IR_BR_EQ, IR_32, n, 0, skip);
    ir_2i(t->b, IR_SUB, IR_32, less, n, 1);
    x86_set_cc(t, right ? CC_SHR : CC_SHL, size, r, shifted_pair(t, s, x, y, less, right));
    ir_bind(t->b, skip);
    x86_cc_unknown(t);
    if (in->op[0].kind != OPD_MEM)
        x86_write_back(t, in, 0, addr, r);
}

X86_EMIT(shd)
{
    unsigned n = in->op[2].imm & count_mask(in->op[0].size);
    bool right = in->row->arg;

    if (in->op[2].kind != OPD_IMM && in->op[0].size >= 4)
        shd_cl(t, in, right);
    else if (in->op[2].kind != OPD_IMM || in->op[0].size < 4 || n == 0)
        double_shift_slow(t, in, right);
    else if (right)
        shrd_imm(t, in, n);
    else
        shld_imm(t, in, n);
}
