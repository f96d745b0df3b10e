/* emit_bit.c - bit tests, scans, counts, byte order, CRC32 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/emit.h"
#include "arch/x86/translate_int.h"

/* The memory operand of a bit test with a register offset: the offset, signed, selects the unit. */
static struct x86_mem bit_mem(struct x86_tr *t, const struct x86_insn *in, ir_val offset,
                              bool write)
{
    unsigned size = in->op[0].size;
    enum ir_size a = x86_ir_size(in->addrsize);
    ir_val delta = ir_temp(t->b), ea = ir_temp(t->b);
    struct x86_mem m = x86_mem_offset(t, in);

    if (size == 2)
        ir_1(t->b, IR_SEXT16, IR_64, delta, offset);
    else if (size == 4)
        ir_1(t->b, IR_SEXT32, IR_64, delta, offset);
    else
        ir_mov(t->b, delta, offset);
    ir_2i(t->b, IR_SAR, IR_64, delta, delta, 3);
    ir_2i(t->b, IR_AND, IR_64, delta, delta, ~(u64)(size - 1));
    ir_2(t->b, IR_ADD, a, ea, m.addr, delta);
    if (m.off)
        ir_2i(t->b, IR_ADD, a, ea, ea, m.off);
    return x86_seg_mem(t, in->seg, (struct x86_mem){ea, 0}, size, write);
}

/* CF = bit 0 of v; the undefined flags, and ZF, which is not, stay. */
static void set_cf(struct x86_tr *t, ir_val v)
{
    x86_emit_fold_flags(t);
    ir_2i(t->b, IR_AND, IR_64, X86_CC, X86_CC, ~(u64)FL_CF);
    ir_2(t->b, IR_OR, IR_64, X86_CC, X86_CC, v);
}

static void change_bit(struct x86_tr *t, unsigned how, enum ir_size s, ir_val r, ir_val x,
                       ir_val bit)
{
    ir_val mask = x86_temp_imm(t, 1);

    ir_2(t->b, IR_SHL, s, mask, mask, bit);
    ir_2(t->b, how == BIT_SET ? IR_OR : how == BIT_RESET ? IR_ANDN : IR_XOR, s, r, x, mask);
}

X86_EMIT(bt)
{
    unsigned how = (unsigned)in->row->arg, size = in->op[0].size;
    enum ir_size s = x86_ir_size(size);
    bool mem = in->op[0].kind == OPD_MEM, write = how != BIT_TEST;
    struct x86_mem m = {IR_NONE, 0};
    ir_val bit = ir_temp(t->b), cf = ir_temp(t->b), r = ir_temp(t->b), x;

    if (in->op[1].kind == OPD_IMM)
        ir_movi(t->b, bit, in->op[1].imm & (size * 8 - 1));
    else
        ir_2i(t->b, IR_AND, IR_32, bit, X86_GPR(in->op[1].reg), size * 8 - 1);
    if (mem) {
        m = in->op[1].kind == OPD_IMM ? x86_mem_operand(t, in, size, write)
                                      : bit_mem(t, in, X86_GPR(in->op[1].reg), write);
        x = ir_temp(t->b);
        if (write)
            x = x86_load_to_modify(t, m, size);
        else
            ir_ld(t->b, s, x, m.addr, m.off);
    } else {
        x = x86_read_operand(t, in, 0);
    }
    ir_2(t->b, IR_SHR, s, cf, x, bit);
    ir_2i(t->b, IR_AND, IR_32, cf, cf, 1);
    if (write)
        change_bit(t, how, s, r, x, bit);
    if (write && mem)
        ir_st(t->b, s, m.addr, m.off, r);
    set_cf(t, cf);
    if (write && !mem)
        x86_write_operand(t, in, 0, r);
}

/* A source of zero leaves the destination as it was, in all 64 bits. The undefined flags are as
 * after TEST of the source. */
static void scan(struct x86_tr *t, const struct x86_insn *in, bool reverse)
{
    unsigned size = in->op[0].size;
    enum ir_size s = x86_ir_size(size);
    ir_val x = x86_read_operand(t, in, 1), r = ir_temp(t->b);

    ir_1(t->b, reverse ? IR_CLZ : IR_CTZ, s, r, x);
    if (reverse)
        ir_2i(t->b, IR_XOR, s, r, r, size * 8 - 1);
    ir_select(t->b, r, x, r, X86_GPR(in->op[0].reg));
    x86_set_cc(t, CC_LOGIC, size, x, x);
    x86_write_gpr(t, in->op[0].reg, size == 2 ? 2 : 8, r);
}

X86_EMIT(bsf)
{
    scan(t, in, false);
}

X86_EMIT(bsr)
{
    scan(t, in, true);
}

X86_EMIT(popcnt)
{
    unsigned size = in->op[0].size;
    ir_val x = x86_read_operand(t, in, 1), r = ir_temp(t->b), f = ir_temp(t->b);

    ir_1(t->b, IR_POPCNT, x86_ir_size(size), r, x);
    ir_2i(t->b, IR_EQ, IR_64, f, x, 0);
    ir_2i(t->b, IR_SHL, IR_32, f, f, 6); /* ZF */
    x86_set_cc(t, CC_FLAGS, size, f, f);
    t->cc_op = CC_FLAGS;
    x86_write_gpr(t, in->op[0].reg, size, r);
}

/* Undefined for 16 bits: the result is zero. */
X86_EMIT(bswap)
{
    unsigned size = in->op[0].size, reg = in->op[0].reg;

    if (size == 2)
        x86_write_gpr(t, reg, 2, x86_temp_imm(t, 0));
    else
        ir_1(t->b, IR_BSWAP, x86_ir_size(size), X86_GPR(reg), X86_GPR(reg));
}

X86_EMIT(movbe)
{
    ir_val x = x86_read_operand(t, in, 1), r = ir_temp(t->b);

    ir_1(t->b, IR_BSWAP, x86_ir_size(in->op[0].size), r, x);
    x86_write_operand(t, in, 0, r);
}

/* Castagnoli's polynomial 11EDC6F41, bits reflected (SDM vol. 2, CRC32). */
static u64 help_crc32(struct cpu *c, u64 crc, u64 v, u64 bytes)
{
    u32 r = (u32)crc;

    (void)c;
    for (u64 i = 0; i < bytes; i++) {
        r ^= (u8)(v >> 8 * i);
        for (unsigned k = 0; k < 8; k++)
            r = r >> 1 ^ (r & 1 ? 0x82f63b78 : 0);
    }
    return r;
}

X86_EMIT(crc32)
{
    ir_val v = x86_read_operand(t, in, 1), r = ir_temp(t->b);

    ir_call(t->b, r, help_crc32, X86_GPR(in->op[0].reg), v, x86_temp_imm(t, in->op[1].size));
    x86_write_gpr(t, in->op[0].reg, 8, r);
}
