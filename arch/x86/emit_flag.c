/* emit_flag.c - instructions on flags, and decimal arithmetic, which works through them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/x86/emit.h"
#include "arch/x86/translate_int.h"

#define FL_AH (FL_CF | FL_PF | FL_AF | FL_ZF | FL_SF) /* what LAHF and SAHF move */

X86_EMIT(lahf)
{
    ir_val v = ir_temp(t->b);

    (void)in;
    x86_emit_fold_flags(t);
    ir_2i(t->b, IR_AND, IR_32, v, X86_CC, FL_AH);
    ir_2i(t->b, IR_OR, IR_32, v, v, FL_FIXED);
    ir_insert(t->b, X86_GPR(RAX), v, 8, 8);
}

X86_EMIT(sahf)
{
    ir_val v = ir_temp(t->b);

    (void)in;
    x86_emit_fold_flags(t);
    ir_extract(t->b, v, X86_GPR(RAX), 8, 8);
    ir_2i(t->b, IR_AND, IR_32, v, v, FL_AH);
    ir_2i(t->b, IR_AND, IR_64, X86_CC, X86_CC, FL_OF);
    ir_2(t->b, IR_OR, IR_64, X86_CC, X86_CC, v);
}

static void change_cf(struct x86_tr *t, enum ir_opcode op)
{
    x86_emit_fold_flags(t);
    ir_2i(t->b, op, IR_64, X86_CC, X86_CC, op == IR_AND ? ~(u64)FL_CF : FL_CF);
}

X86_EMIT(clc)
{
    (void)in;
    change_cf(t, IR_AND);
}

X86_EMIT(stc)
{
    (void)in;
    change_cf(t, IR_OR);
}

X86_EMIT(cmc)
{
    (void)in;
    change_cf(t, IR_XOR);
}

X86_EMIT(cld)
{
    (void)in;
    ir_2i(t->b, IR_AND, IR_64, X86_RFLAGS, X86_RFLAGS, ~(u64)FL_DF);
}

X86_EMIT(std)
{
    (void)in;
    ir_2i(t->b, IR_OR, IR_64, X86_RFLAGS, X86_RFLAGS, FL_DF);
}

X86_EMIT(salc)
{
    ir_val v = x86_emit_cond(t, 2);

    (void)in;
    ir_1(t->b, IR_NEG, IR_8, v, v);
    x86_write_gpr(t, RAX, 1, v);
}

/* ---- decimal adjustment (SDM vol. 2, each instruction's pseudo-code) ---- */

static void put_ax(struct x86_cpu *x, u16 ax)
{
    x->gpr[RAX] = (x->gpr[RAX] & ~(u64)0xffff) | ax;
}

/* SF, ZF, PF of AL; with the others given. */
static void put_flags(struct x86_cpu *x, u64 cf_af_of)
{
    x->cc_x = x->gpr[RAX] & 0xff;
    x->cc_y = cf_af_of;
    x->cc_op = CC_RES;
}

static void ascii_adjust(struct x86_cpu *x, u64 flags, bool subtract)
{
    u16 ax = (u16)x->gpr[RAX];
    bool adjust = (ax & 15) > 9 || (flags & FL_AF);

    if (adjust)
        ax = (u16)(subtract ? ax - 0x106 : ax + 0x106);
    put_ax(x, ax & 0xff0f);
    put_flags(x, adjust ? FL_CF | FL_AF : 0);
}

static void decimal_adjust(struct x86_cpu *x, u64 flags, bool subtract)
{
    u8 al = (u8)x->gpr[RAX], old = al;
    bool cf = flags & FL_CF, af = (al & 15) > 9 || (flags & FL_AF), high = old > 0x99 || cf;
    bool carry = high;

    if (af) {
        carry |= subtract ? old < 6 : old > 0xf9;
        al = (u8)(subtract ? al - 6 : al + 6);
    }
    if (high)
        al = (u8)(subtract ? al - 0x60 : al + 0x60);
    put_ax(x, (u16)((x->gpr[RAX] & 0xff00) | al));
    put_flags(x, (carry ? FL_CF : 0) | (af ? FL_AF : 0));
}

static u64 help_decimal(struct cpu *c, u64 what, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    u64 flags = x86_help_fold_flags(c, 0, 0, 0);

    (void)b, (void)d;
    if (what == DECIMAL_AAA || what == DECIMAL_AAS)
        ascii_adjust(x, flags, what == DECIMAL_AAS);
    else
        decimal_adjust(x, flags, what == DECIMAL_DAS);
    return 0;
}

static u64 help_aam(struct cpu *c, u64 base, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);
    u8 al = (u8)x->gpr[RAX];

    (void)b, (void)d;
    if (base == 0)
        x86_raise(x, EXC_DE);
    put_ax(x, (u16)(al / base << 8 | al % base));
    put_flags(x, 0);
    return 0;
}

static u64 help_aad(struct cpu *c, u64 base, u64 b, u64 d)
{
    struct x86_cpu *x = x86_of(c);

    (void)b, (void)d;
    put_ax(x, (u8)((x->gpr[RAX] & 0xff) + (x->gpr[RAX] >> 8 & 0xff) * base));
    put_flags(x, 0);
    return 0;
}

static void flags_byte_result(struct x86_tr *t)
{
    t->cc_op = CC_RES | IR_8;
}

X86_EMIT(decimal)
{
    x86_emit_call_imm(t, help_decimal, in->row->arg);
    flags_byte_result(t);
}

X86_EMIT(aam)
{
    x86_emit_call_imm(t, help_aam, in->op[0].imm);
    flags_byte_result(t);
}

X86_EMIT(aad)
{
    x86_emit_call_imm(t, help_aad, in->op[0].imm);
    flags_byte_result(t);
}
