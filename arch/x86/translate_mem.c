/* translate_mem.c - addresses of memory operands and the stack, in IR */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In 64-bit code, and where the mode says that a segment is flat, an offset is the linear address,
 * or the base is all that is added. Elsewhere it is compared with where the segment ends, and
 * x86_seg_addr() looks at what is not below. A non-canonical address is found by the page walk.
 */
#include "arch/x86/translate_int.h"
#include "emu/check.h"

static u64 help_seg_addr(struct cpu *c, u64 off, u64 what, u64 d)
{
    (void)d;
    return x86_seg_addr(x86_of(c), (enum x86_seg)(what & 0xff), off, what >> 8 & 0xff,
                        what >> 16 & 1);
}

static u64 help_raise(struct cpu *c, u64 vector, u64 b, u64 d)
{
    (void)b, (void)d;
    x86_raise_error(x86_of(c), (enum x86_vector)vector, 0);
}

bool x86_seg_is_flat(const struct x86_tr *t, unsigned seg, bool write)
{
    if (t->mode & MODE_CS64)
        return true;
    if (seg == SEG_DS || seg == SEG_ES || seg == SEG_SS)
        return t->mode & MODE_FLAT_DATA;
    return seg == SEG_CS && !write && (t->mode & MODE_FLAT_CS);
}

/* Raises unless the address is a multiple of align. */
static void check_aligned(struct x86_tr *t, struct x86_mem m, unsigned align, enum x86_vector v)
{
    unsigned ok = ir_label(t->b);
    ir_val r = ir_temp(t->b);

    if (m.off)
        ir_2i(t->b, IR_ADD, IR_64, r, m.addr, m.off);
    ir_2i(t->b, IR_AND, IR_64, r, m.off ? r : m.addr, align - 1);
    ir_bri(t->b, IR_BR_EQ, IR_64, r, 0, ok);
    x86_emit_call_imm(t, help_raise, v);
    ir_bind(t->b, ok);
}

/* 16 bytes are looked at by VLD and VST themselves. */
static void check_alignment(struct x86_tr *t, struct x86_mem m, unsigned size)
{
    if ((t->mode & MODE_AC) && (size == 2 || size == 4 || size == 8))
        check_aligned(t, m, size, EXC_AC);
}

static bool has_base_only(const struct x86_tr *t, unsigned seg)
{
    return !(t->mode & MODE_CS64) && ((seg == SEG_FS && (t->mode & MODE_FLAT_FS)) ||
                                      (seg == SEG_GS && (t->mode & MODE_FLAT_GS)));
}

/* The offset is one word, of at most 32 bits. */
static struct x86_mem checked(struct x86_tr *t, unsigned seg, struct x86_mem off, unsigned size, bool write)
{
    ir_val o = off.addr, r = ir_temp(t->b), last = ir_temp(t->b);
    unsigned below = ir_label(t->b);

    if (off.off) {
        o = ir_temp(t->b);
        ir_2i(t->b, IR_ADD, IR_64, o, off.addr, off.off);
    }
    ir_lea(t->b, IR_32, r, o, X86_SEG_BASE(seg), 0, 0);
    ir_2i(t->b, IR_ADD, IR_64, last, o, MAX(size, 1u) - 1);
    ir_br(t->b, IR_BR_LTU, IR_64, last, X86_SEG_END(seg, write), below);
    ir_call(t->b, r, help_seg_addr, o, x86_temp_imm(t, seg | size << 8 | (u64)write << 16), IR_NONE);
    ir_bind(t->b, below);
    return (struct x86_mem){r, 0};
}

struct x86_mem x86_seg_mem(struct x86_tr *t, unsigned seg, struct x86_mem off, unsigned size,
                           bool write)
{
    struct x86_mem m = off;

    if (has_base_only(t, seg)) {
        ir_val r = ir_temp(t->b);
        ir_lea(t->b, IR_32, r, m.addr, X86_SEG_BASE(seg), 0, m.off);
        m = (struct x86_mem){r, 0};
    } else if (!x86_seg_is_flat(t, seg, write)) {
        m = checked(t, seg, off, size, write);
    } else if ((t->mode & MODE_CS64) && (seg == SEG_FS || seg == SEG_GS)) {
        ir_val r = ir_temp(t->b);
        ir_2(t->b, IR_ADD, IR_64, r, m.addr, X86_SEG_BASE(seg));
        m.addr = r;
    }
    check_alignment(t, m, size);
    return m;
}

/* base + index * scale + disp, cut to the address size; only in 64-bit addressing may it be in two
 * parts. */
struct x86_mem x86_mem_offset(struct x86_tr *t, const struct x86_insn *in)
{
    enum ir_size s = x86_ir_size(in->addrsize);
    ir_val r;

    if (in->base >= 0xfe && in->index == 0xff)
        return (struct x86_mem){x86_temp_imm(t, in->addrsize == 8   ? in->disp
                                                : in->addrsize == 4 ? (u32)in->disp
                                                                    : (u16)in->disp),
                                0};
    if (s == IR_64 && in->index == 0xff)
        return (struct x86_mem){X86_GPR(in->base), in->disp};
    r = ir_temp(t->b);
    ir_lea(t->b, s, r, in->base == 0xff ? IR_NONE : X86_GPR(in->base),
           in->index == 0xff ? IR_NONE : X86_GPR(in->index), in->scale, in->disp);
    return (struct x86_mem){r, 0};
}

ir_val x86_mem_word(struct x86_tr *t, struct x86_mem m)
{
    ir_val r = ir_temp(t->b);

    if (m.off)
        ir_2i(t->b, IR_ADD, IR_64, r, m.addr, m.off);
    else
        ir_mov(t->b, r, m.addr);
    return r;
}

struct x86_mem x86_mem_operand(struct x86_tr *t, const struct x86_insn *in, unsigned size,
                               bool write)
{
    return x86_seg_mem(t, in->seg, x86_mem_offset(t, in), size, write);
}

ir_val x86_mem_addr(struct x86_tr *t, const struct x86_insn *in, unsigned size, bool write)
{
    if (size == 0)
        return x86_effective_address(t, in);
    return x86_mem_word(t, x86_mem_operand(t, in, size, write));
}

ir_val x86_effective_address(struct x86_tr *t, const struct x86_insn *in)
{
    return x86_mem_word(t, x86_mem_offset(t, in));
}

/* ---- the stack (SDM vol. 1, 6.2) ---- */

static void write_sp(struct x86_tr *t, const struct x86_insn *in, ir_val sp)
{
    x86_write_gpr(t, RSP, in->stacksize, sp);
}

void x86_emit_push(struct x86_tr *t, const struct x86_insn *in, ir_val v, unsigned size)
{
    enum ir_size s = x86_ir_size(size);

    if (in->stacksize == 8) {
        struct x86_mem m = {X86_GPR(RSP), (u64)-(i64)size};
        check_alignment(t, m, size);
        ir_st(t->b, s, m.addr, m.off, v);
        ir_2i(t->b, IR_SUB, IR_64, X86_GPR(RSP), X86_GPR(RSP), size);
        return;
    }
    ir_val sp = ir_temp(t->b);
    ir_2i(t->b, IR_SUB, x86_ir_size(in->stacksize), sp, X86_GPR(RSP), size);
    struct x86_mem m = x86_seg_mem(t, SEG_SS, (struct x86_mem){sp, 0}, size, true);
    ir_st(t->b, s, m.addr, m.off, v);
    write_sp(t, in, sp);
}

ir_val x86_emit_pop(struct x86_tr *t, const struct x86_insn *in, unsigned size)
{
    ir_val v = ir_temp(t->b);
    struct x86_mem m = {X86_GPR(RSP), 0};

    if (in->stacksize == 8) {
        check_alignment(t, m, size);
    } else {
        ir_val sp = ir_temp(t->b);
        ir_1(t->b, IR_MOV, x86_ir_size(in->stacksize), sp, X86_GPR(RSP));
        m = x86_seg_mem(t, SEG_SS, (struct x86_mem){sp, 0}, size, false);
    }
    ir_ld(t->b, x86_ir_size(size), v, m.addr, m.off);
    return v;
}

void x86_emit_add_sp(struct x86_tr *t, const struct x86_insn *in, u64 n)
{
    if (in->stacksize == 2) {
        ir_val sp = ir_temp(t->b);
        ir_2i(t->b, IR_ADD, IR_16, sp, X86_GPR(RSP), n);
        write_sp(t, in, sp);
    } else {
        ir_2i(t->b, IR_ADD, x86_ir_size(in->stacksize), X86_GPR(RSP), X86_GPR(RSP), n);
    }
}
