/* translate.c - make a block of IR from guest code: the loop, conditions, memory, ways out */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arch/arm/translate.h"

#include "arch/arm/debugreg.h"
#include "arch/arm/model.h"
#include "arch/arm/traps.h"
#include "emu/check.h"
#include "emu/ir_live.h"
#include "emu/log.h"

enum { COND_AL = 14 };

/* ---- values and registers ---- */

ir_val arm_imm(struct arm_tr *t, u32 value)
{
    ir_val v = ir_temp(t->b);
    ir_movi(t->b, v, value);
    return v;
}

u32 arm_pc(const struct arm_tr *t)
{
    return (u32)t->in->pc + (t->in->thumb ? 4 : 8);
}

ir_val arm_reg(struct arm_tr *t, unsigned n)
{
    return n == ARM_PC ? arm_imm(t, arm_pc(t)) : ARM_R(n);
}

ir_val arm_reg_copy(struct arm_tr *t, unsigned n)
{
    if (n == ARM_PC)
        return arm_imm(t, arm_pc(t));
    return arm_1(t, IR_MOV, ARM_R(n));
}

void arm_set_reg(struct arm_tr *t, unsigned n, ir_val v)
{
    if (n == ARM_PC)
        arm_write_pc(t, v, !t->in->thumb);
    else
        ir_1(t->b, IR_MOV, IR_32, ARM_R(n), v);
}

ir_val arm_1(struct arm_tr *t, enum ir_opcode op, ir_val a)
{
    ir_val v = ir_temp(t->b);
    ir_1(t->b, op, IR_32, v, a);
    return v;
}

ir_val arm_2(struct arm_tr *t, enum ir_opcode op, ir_val a, ir_val b)
{
    ir_val v = ir_temp(t->b);
    ir_2(t->b, op, IR_32, v, a, b);
    return v;
}

ir_val arm_2i(struct arm_tr *t, enum ir_opcode op, ir_val a, u32 imm)
{
    ir_val v = ir_temp(t->b);
    ir_2i(t->b, op, IR_32, v, a, imm);
    return v;
}

/* ---- memory ---- */

static enum ir_size ir_size_of(unsigned bytes)
{
    switch (bytes) {
    case 1: return IR_8;
    case 2: return IR_16;
    case 4: return IR_32;
    }
    CHECK(bytes == 8);
    return IR_64;
}

/* The address of an access is cut to 32 bits. */
static ir_val offset(struct arm_tr *t, ir_val addr, i32 off)
{
    return off ? arm_2i(t, IR_ADD, addr, (u32)off) : addr;
}

ir_val arm_load(struct arm_tr *t, unsigned size, bool sign, ir_val addr, i32 off)
{
    enum ir_size s = ir_size_of(size);
    ir_val v = ir_temp(t->b);
    ir_ld(t->b, s, v, offset(t, addr, off), 0);
    if ((t->mode & MODE_E) && size > 1) {
        ir_1(t->b, IR_BSWAP, s, v, v);
        if (size == 8)
            ir_2i(t->b, IR_ROR, IR_64, v, v, 32);
    }
    if (sign && size < 4)
        ir_1(t->b, size == 1 ? IR_SEXT8 : IR_SEXT16, IR_32, v, v);
    return v;
}

void arm_store(struct arm_tr *t, unsigned size, ir_val addr, i32 off, ir_val v)
{
    enum ir_size s = ir_size_of(size);
    if ((t->mode & MODE_E) && size > 1) {
        ir_val swapped = ir_temp(t->b);
        ir_1(t->b, IR_BSWAP, s, swapped, v);
        if (size == 8)
            ir_2i(t->b, IR_ROR, IR_64, swapped, swapped, 32);
        v = swapped;
    }
    ir_st(t->b, s, offset(t, addr, off), 0, v);
}

enum {
    FSR_ALIGNMENT = 1,
    FSR_LPAE_ALIGNMENT = 0x21,
    FSR_LPAE = 1 << 9,
    FSR_WNR = 1 << 11,
    TTBCR_EAE_BIT = 31
};

void arm_raise_misaligned(struct cpu *c, u64 va, bool write)
{
    struct arm_cpu *a = arm_of(c);
    bool lpae = a->ttbcr >> TTBCR_EAE_BIT & 1 || (c->mode & MODE_HYP);
    arm_raise_data_abort(
        a, va, (lpae ? FSR_LPAE | FSR_LPAE_ALIGNMENT : FSR_ALIGNMENT) | (write ? FSR_WNR : 0));
}

u64 arm_help_misaligned(struct cpu *c, u64 va, u64 write, u64 d)
{
    (void)d;
    arm_raise_misaligned(c, va, write);
}

void arm_check_alignment(struct arm_tr *t, ir_val addr, unsigned align, bool write)
{
    unsigned ok = ir_label(t->b);
    ir_bri(t->b, IR_BR_EQ, IR_32, arm_2i(t, IR_AND, addr, align - 1), 0, ok);
    arm_call(t, IR_NONE, arm_help_misaligned, addr, arm_imm(t, write), IR_NONE);
    ir_bind(t->b, ok);
}

void arm_check_register(struct arm_tr *t, unsigned n, i32 off, unsigned align, bool write)
{
    if (n == ARM_PC || !arm_slow_has_room(t)) {
        arm_check_alignment(t, offset(t, arm_reg(t, n), off), align, write);
        return;
    }
    ir_bri(t->b, IR_BR_NE, IR_32, arm_2i(t, IR_AND, ARM_R(n), align - 1), 0,
           arm_slow_misaligned(t, ARM_R(n), off, write));
}

void arm_check_unaligned(struct arm_tr *t, ir_val addr, i32 off, unsigned size, bool write)
{
    if (size > 1 && (t->mode & (MODE_ALIGN | MODE_U_ALIGN)))
        arm_check_alignment(t, offset(t, addr, off), size, write);
}

/* ---- ways out ---- */

static u64 help_update_mode(struct cpu *c, u64 pc, u64 b, u64 d)
{
    (void)b, (void)d;
    c->pc = pc;
    arm_update_mode(arm_of(c));
    return 0;
}

/* Does the mode that this block is for also fit the instruction that follows it? */
static bool mode_stays(const struct arm_tr *t)
{
    return (t->mode & MODE_IT) >> MODE_IT_SHIFT == t->it_next;
}

static void store_it(struct arm_tr *t, u8 it)
{
    if (t->it_stored != it)
        ir_movi(t->b, ARM_IT, it);
}

/* All direct exits come by here. */
static void exit_to(struct arm_tr *t, u32 target)
{
    store_it(t, t->it_next);
    if (mode_stays(t)) {
        ir_exit(t->b, target);
    } else {
        ir_call(t->b, IR_NONE, help_update_mode, arm_imm(t, target), IR_NONE, IR_NONE);
        ir_exit_pc(t->b);
    }
    t->ended = true;
}

u64 arm_help_switch(struct cpu *c, u64 target, u64 b, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    (void)b, (void)d;
    a->psr = target & 1 ? a->psr | PSR_T : a->psr & ~(u64)PSR_T;
    a->it = 0;
    c->pc = target & 1 ? target & ~(u64)1 : target & ~(u64)3;
    arm_update_mode(a);
    return 0;
}

/* A branch leaves the IT block, of which it is the last instruction. */
static void end_it(struct arm_tr *t)
{
    t->it_next = 0;
    store_it(t, 0);
}

void arm_jump(struct arm_tr *t, u32 target)
{
    t->it_next = 0;
    exit_to(t, target);
}

void arm_jump_switch(struct arm_tr *t, u32 target)
{
    arm_call_end(t, arm_help_switch, arm_imm(t, t->in->thumb ? target & ~3u : target | 1), IR_NONE,
                 IR_NONE);
}

/* Goes on here if bit 0 says that the instruction set stays. */
static void unless_switched(struct arm_tr *t, ir_val v)
{
    ir_val bit = arm_2i(t, IR_AND, v, 1);
    bool thumb = t->in->thumb;
    if (arm_slow_has_room(t)) {
        ir_bri(t->b, thumb ? IR_BR_EQ : IR_BR_NE, IR_32, bit, 0, arm_slow_switch(t, v));
        return;
    }
    unsigned same = ir_label(t->b);
    ir_bri(t->b, thumb ? IR_BR_NE : IR_BR_EQ, IR_32, bit, 0, same);
    ir_call(t->b, IR_NONE, arm_help_switch, v, IR_NONE, IR_NONE);
    ir_exit_pc(t->b);
    ir_bind(t->b, same);
}

void arm_write_pc(struct arm_tr *t, ir_val v, bool interwork)
{
    bool thumb = t->in->thumb;

    if (interwork)
        unless_switched(t, v);
    ir_val target = arm_2i(t, IR_AND, v, thumb ? ~1u : ~3u);
    end_it(t);
    if (mode_stays(t)) {
        ir_exit_ind(t->b, target);
    } else {
        ir_call(t->b, IR_NONE, help_update_mode, target, IR_NONE, IR_NONE);
        ir_exit_pc(t->b);
    }
    t->ended = true;
}

void arm_call(struct arm_tr *t, ir_val d, ir_helper fn, ir_val a, ir_val b, ir_val c)
{
    ir_call(t->b, d, fn, a, b, c);
}

void arm_call_end(struct arm_tr *t, ir_helper fn, ir_val a, ir_val b, ir_val c)
{
    ir_call(t->b, IR_NONE, fn, a, b, c);
    ir_exit_pc(t->b);
    t->ended = true;
}

static u64 help_end(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    arm_update_mode(arm_of(c));
    arm_look_for_interrupts(arm_of(c));
    return 0;
}

void arm_exit_next(struct arm_tr *t)
{
    exit_to(t, (u32)t->in->next_pc);
}

void arm_end(struct arm_tr *t)
{
    store_it(t, t->it_next);
    t->it_stored = t->it_next;
    arm_call(t, IR_NONE, help_end, IR_NONE, IR_NONE, IR_NONE);
    arm_exit_next(t);
}

static u64 help_undefined(struct cpu *c, u64 bits, u64 len, u64 d)
{
    (void)d;
    cpu_sync_position(c);
    LOG(LOG_INFO, "undefined instruction at %#llx: %0*llx", (unsigned long long)c->pc, (int)len * 2,
        (unsigned long long)bits);
    arm_raise_undef(arm_of(c));
}

void arm_undefined(struct arm_tr *t)
{
    ir_call(t->b, IR_NONE, help_undefined, arm_imm(t, t->in->bits), arm_imm(t, t->in->len),
            IR_NONE);
    ir_exit(t->b,
            (u32)t->in->pc); /* a block needs an exit, also behind a helper that never returns */
    t->ended = true;
}

/* ---- one instruction ---- */

/* False: it runs over the end of the page, and is not the first of the block. */
static bool fetch(struct arm_tr *t, struct arm_insn *in)
{
    bool ok = true;
    in->thumb = t->mode & MODE_T;
    in->len = in->thumb ? 2 : 4;
    in->bits = (u32)ir_fetch(t->b, in->len, &ok);
    if (ok && in->thumb && arm_t32_is_wide(in->bits)) {
        in->len = 4;
        in->bits = in->bits << 16 | (u32)ir_fetch(t->b, 2, &ok);
    }
    in->next_pc = (u32)(in->pc + in->len);
    return ok;
}

static bool decode(struct arm_tr *t, struct arm_insn *in)
{
    const struct arm_decoder *d = t->a->decoder;
    in->in_it = in->thumb && (t->it & 15);
    if (in->thumb) {
        in->cond = in->in_it ? t->it >> 4 : COND_AL;
        return in->len == 2 ? arm_decode_t16(d, in) : arm_decode_t32(d, in);
    }
    in->cond = in->bits >> 28 == 15 ? COND_AL : in->bits >> 28;
    return arm_decode_a32(d, in);
}

static bool available(struct arm_tr *t, const struct arm_row *row)
{
    u32 f = row->flags;
    return !((f & ROW_PRIV) && !(t->mode & MODE_PRIV)) &&
           !((f & ROW_VFP) && !(t->mode & MODE_VFP)) &&
           !((f & ROW_NEON) && !((t->mode & MODE_VFP) && (t->mode & MODE_NEON))) &&
           (!row->feature || arm_has(t->a, row->feature));
}

/* HCPTR: what is enabled, but of which HYP mode wants to know. */
static bool emit_fp_trap(struct arm_tr *t, const struct arm_row *row)
{
    bool simd = row->flags & ROW_NEON, vfp = row->flags & ROW_VFP;
    if (!((vfp || simd) && (t->mode & MODE_FP_TRAP)) && !(simd && (t->mode & MODE_NEON_TRAP)))
        return false;
    arm_call(t, IR_NONE, arm_help_fp_trap, arm_imm(t, simd), IR_NONE, IR_NONE);
    return true;
}

static void emit_body(struct arm_tr *t, const struct arm_insn *in)
{
    if (!available(t, in->row)) {
        arm_undefined(t);
        return;
    }
    if (UNLIKELY(t->mode & (MODE_FP_TRAP | MODE_NEON_TRAP)) && emit_fp_trap(t, in->row)) {
        ir_exit(t->b, (u32)in->pc);
        t->ended = true;
        return;
    }
    in->row->emit(t, in);
    if (!t->ended && (in->row->flags & ROW_END))
        arm_end(t);
}

/* When the condition fails, only ITSTATE and the pc move on. */
static void emit_conditional(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned skip = ir_label(t->b);
    arm_skip_unless(t, in->cond, skip);
    struct arm_flags flags = t->flags; /* when the instruction is skipped */
    u8 it_next = t->it_next, it_stored = t->it_stored;

    emit_body(t, in);
    ir_bind(t->b, skip);
    if (t->ended)
        t->flags = flags;
    else
        arm_flags_join(t, &flags);
    t->it_next = it_next;
    t->it_stored = it_stored;
    if (t->ended)
        exit_to(t, (u32)in->next_pc);
}

/* ITSTATE was stored by op `first`; but it is not seen where the instruction cannot be left. */
static void drop_store_of_it(struct arm_tr *t, u32 first, u8 stored)
{
    struct ir_block *b = t->b;
    for (u32 i = first; i < b->n_ops; i++)
        if (ir_leaves(&b->ops[i]))
            return;
    b->ops[first].d = IR_NONE + 1; /* a temporary that nobody reads */
    t->it_stored = stored;
}

static void emit_one(struct arm_tr *t, struct arm_insn *in)
{
    if (UNLIKELY(t->mode & MODE_DEBUG))
        arm_call(t, IR_NONE, arm_help_breakpoint, arm_imm(t, (u32)in->pc), IR_NONE, IR_NONE);
    if (!decode(t, in)) {
        in->row = NULL;
        arm_undefined(t);
    } else if (in->cond < COND_AL && !(in->row->flags & ROW_UNCOND)) {
        emit_conditional(t, in);
    } else {
        emit_body(t, in);
    }
}

static void emit(struct arm_tr *t, struct arm_insn *in)
{
    u32 first = t->b->n_ops;
    u8 stored = t->it_stored;
    t->in = in;
    t->it_next = t->it & 7 ? (t->it & 0xe0) | (t->it << 1 & 0x1f) : 0;
    store_it(t, t->it);
    t->it_stored = t->it;
    emit_one(t, in);
    if (stored != t->it)
        drop_store_of_it(t, first, stored);
    t->it = t->it_next;
}

void arm_translate(struct cpu *c, struct ir_block *b, unsigned max_insns)
{
    struct arm_cpu *a = arm_of(c);
    struct arm_insn in = {0};
    struct arm_tr t = {.a = a, .b = b, .mode = c->mode, .flags = {.cc_op = -1},
                       .it = (c->mode & MODE_IT) >> MODE_IT_SHIFT};

    t.it_stored = t.it;
    for (u32 pc = (u32)c->pc;; pc = (u32)in.next_pc) {
        in.pc = pc;
        t.it_next = t.it; /* for an exit before this instruction */
        b->next_temp = 1; /* no value is kept from instruction to instruction */
        if (!ir_begin_insn(b, pc, pc, max_insns))
            break;
        if (!fetch(&t, &in)) {
            ir_drop_insn(b);
            break;
        }
        emit(&t, &in);
        if (t.ended)
            break;
    }
    if (!t.ended)
        exit_to(&t, (u32)in.pc);
    arm_slow_emit(&t);
}
