/* emit_mem.c - loads and stores of one register or two, and exclusive ones */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A3.2 (alignment), A3.4 (exclusive accesses), A8.8. */
#include "arch/arm/emit.h"

#define F(letter) insn_field(in, letter)

static const u8 bytes[] = {
    [ACC_W] = 4, [ACC_B] = 1, [ACC_H] = 2, [ACC_SB] = 1, [ACC_SH] = 2, [ACC_D] = 8};

/* Where an access goes, and what becomes of the base register n. */
struct place {
    ir_val addr;     /* a register or a temporary */
    i32 off;         /* added to it */
    unsigned n;
    bool write_back; /* the base register gets base, which is: */
    ir_val base;
};

/* ---- as a user: LDRT and the like, which are rare ---- */

static u64 help_load_user(struct cpu *c, u64 va, u64 size, u64 d)
{
    (void)d;
    arm_sync_user_domains(arm_of(c));
    return mem_read(c, (u32)va, (unsigned)size, MMU_USER);
}

static u64 help_store_user(struct cpu *c, u64 va, u64 v, u64 size)
{
    arm_sync_user_domains(arm_of(c));
    mem_write(c, (u32)va, v, (unsigned)size, MMU_USER);
    return 0;
}

static ir_val swapped(struct arm_tr *t, unsigned size, ir_val v)
{
    if (!(t->mode & MODE_E) || size == 1)
        return v;
    ir_val r = ir_temp(t->b);
    ir_1(t->b, IR_BSWAP, size == 2 ? IR_16 : IR_32, r, v);
    return r;
}

static ir_val load_user(struct arm_tr *t, unsigned acc, ir_val addr)
{
    unsigned size = bytes[acc & 7];
    ir_val v = ir_temp(t->b);
    arm_call(t, v, help_load_user, addr, arm_imm(t, size), IR_NONE);
    v = swapped(t, size, v);
    if ((acc & 7) == ACC_SB || (acc & 7) == ACC_SH)
        v = arm_1(t, size == 1 ? IR_SEXT8 : IR_SEXT16, v);
    return v;
}

/* ---- one access ---- */

static void write_back(struct arm_tr *t, const struct place *p)
{
    if (p->write_back)
        ir_1(t->b, IR_MOV, IR_32, ARM_R(p->n), p->base);
}

static ir_val absolute(struct arm_tr *t, const struct place *p)
{
    return p->off ? arm_2i(t, IR_ADD, p->addr, (u32)p->off) : p->addr;
}

static void load_one(struct arm_tr *t, unsigned acc, unsigned d, const struct place *p)
{
    unsigned size = bytes[acc & 7];
    bool sign = (acc & 7) == ACC_SB || (acc & 7) == ACC_SH;
    ir_val v;

    arm_check_unaligned(t, p->addr, p->off, size, false);
    if (acc & ACC_USER)
        v = load_user(t, acc, absolute(t, p));
    else
        v = arm_load(t, size, sign, p->addr, p->off);
    write_back(t, p);
    if (d == ARM_PC)
        arm_write_pc(t, v, true);
    else
        ir_1(t->b, IR_MOV, IR_32, ARM_R(d), v);
}

static void store_one(struct arm_tr *t, unsigned acc, unsigned d, const struct place *p)
{
    unsigned size = bytes[acc & 7];
    ir_val v = arm_reg(t, d);

    arm_check_unaligned(t, p->addr, p->off, size, true);
    if (acc & ACC_USER)
        arm_call(t, IR_NONE, help_store_user, absolute(t, p), swapped(t, size, v),
                 arm_imm(t, size));
    else
        arm_store(t, size, p->addr, p->off, v);
    write_back(t, p);
}

/* LDRD and STRD want words aligned (A3.2.1). */
static void check_words(struct arm_tr *t, const struct place *p, bool write)
{
    if (p->addr == ARM_R(p->n) && p->off % 4 == 0)
        arm_check_register(t, p->n, p->off, 4, write);
    else
        arm_check_alignment(t, absolute(t, p), 4, write);
}

static void load_two(struct arm_tr *t, unsigned d, unsigned d2, const struct place *p)
{
    check_words(t, p, false);
    ir_val v = arm_load(t, 8, false, p->addr, p->off);
    write_back(t, p);
    ir_1(t->b, IR_MOV, IR_32, ARM_R(d), v);
    ir_2i(t->b, IR_SHR, IR_64, ARM_R(d2), v, 32);
}

static void store_two(struct arm_tr *t, unsigned d, unsigned d2, const struct place *p)
{
    ir_val v = ir_temp(t->b);
    check_words(t, p, true);
    ir_2i(t->b, IR_SHL, IR_64, v, ARM_R(d2), 32);
    ir_2(t->b, IR_OR, IR_64, v, v, ARM_R(d));
    arm_store(t, 8, p->addr, p->off, v);
    write_back(t, p);
}

static void access_one(struct arm_tr *t, unsigned acc, unsigned d, const struct place *p)
{
    if (acc & ACC_LOAD)
        load_one(t, acc, d, p);
    else
        store_one(t, acc, d, p);
}

static void access_two(struct arm_tr *t, unsigned acc, unsigned d, unsigned d2,
                       const struct place *p)
{
    if (d == ARM_PC || d2 >= ARM_PC)
        arm_undefined(t); /* UNPREDICTABLE */
    else if (acc & ACC_LOAD)
        load_two(t, d, d2, p);
    else
        store_two(t, d, d2, p);
}

/* ---- addressing ---- */

/* The base, where the pc counts from a word's start. */
static ir_val base_of(struct arm_tr *t, unsigned n)
{
    return n == ARM_PC ? arm_imm(t, arm_pc(t) & ~3u) : ARM_R(n);
}

static struct place place_imm(struct arm_tr *t, unsigned n, i32 off, bool index, bool back)
{
    struct place p = {base_of(t, n), index ? off : 0, n, back && n != ARM_PC, IR_NONE};
    if (p.write_back)
        p.base = arm_2i(t, IR_ADD, ARM_R(n), (u32)off);
    return p;
}

static struct place place_reg(struct arm_tr *t, unsigned n, ir_val off, bool add, bool index,
                              bool back)
{
    ir_val sum = arm_2(t, add ? IR_ADD : IR_SUB, base_of(t, n), off);
    return (struct place){index ? sum : base_of(t, n), 0, n, back && n != ARM_PC, sum};
}

/* A32: P is 0 for post-indexed; then W means "as a user" (A8.8.69), else that the base is written
 * back. */
static bool as_user(const struct arm_insn *in)
{
    return !F('P') && F('W');
}

/* T32: a store relative to the pc is undefined, and a load is its own encoding. */
static void t32_access(struct arm_tr *t, unsigned acc, const struct arm_insn *in,
                       const struct place *p)
{
    if (F('n') == ARM_PC)
        arm_undefined(t);
    else
        access_one(t, acc, F('d'), p);
}

static unsigned word_access(const struct arm_insn *in)
{
    return (F('B') ? ACC_B : ACC_W) | (F('L') ? ACC_LOAD : 0) | (as_user(in) ? ACC_USER : 0);
}

void arm_a32_mem_imm(struct arm_tr *t, const struct arm_insn *in)
{
    i32 off = F('U') ? (i32)F('i') : -(i32)F('i');
    struct place p = place_imm(t, F('n'), off, F('P'), !F('P') || F('W'));
    access_one(t, word_access(in), F('d'), &p);
}

void arm_a32_mem_reg(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val off = arm_shift_imm(t, arm_reg(t, F('m')), F('t'), F('i'), false).value;
    struct place p = place_reg(t, F('n'), off, F('U'), F('P'), !F('P') || F('W'));
    access_one(t, word_access(in), F('d'), &p);
}

static void extra(struct arm_tr *t, const struct arm_insn *in, const struct place *p)
{
    unsigned acc = in->row->arg | (as_user(in) ? ACC_USER : 0);
    if ((acc & 7) != ACC_D)
        access_one(t, acc, F('d'), p);
    else if (F('d') & 1 || acc & ACC_USER)
        arm_undefined(t);
    else
        access_two(t, acc, F('d'), F('d') + 1, p);
}

void arm_a32_extra_imm(struct arm_tr *t, const struct arm_insn *in)
{
    i32 off = F('U') ? (i32)F('i') : -(i32)F('i');
    struct place p = place_imm(t, F('n'), off, F('P'), !F('P') || F('W'));
    extra(t, in, &p);
}

void arm_a32_extra_reg(struct arm_tr *t, const struct arm_insn *in)
{
    struct place p = place_reg(t, F('n'), arm_reg(t, F('m')), F('U'), F('P'), !F('P') || F('W'));
    extra(t, in, &p);
}

void arm_t32_mem_imm12(struct arm_tr *t, const struct arm_insn *in)
{
    struct place p = place_imm(t, F('n'), (i32)F('i'), true, false);
    t32_access(t, in->row->arg, in, &p);
}

void arm_t32_mem_imm8(struct arm_tr *t, const struct arm_insn *in)
{
    i32 off = F('U') ? (i32)F('i') : -(i32)F('i');
    bool user = F('P') && F('U') && !F('W');
    struct place p = place_imm(t, F('n'), off, F('P'), F('W'));
    if (!F('P') && !F('W'))
        arm_undefined(t);
    else
        t32_access(t, in->row->arg | (user ? ACC_USER : 0), in, &p);
}

void arm_t32_mem_reg(struct arm_tr *t, const struct arm_insn *in)
{
    ir_val off = arm_shift_imm(t, arm_reg(t, F('m')), SHIFT_LSL, F('i'), false).value;
    struct place p = place_reg(t, F('n'), off, true, true, false);
    t32_access(t, in->row->arg, in, &p);
}

void arm_t32_mem_literal(struct arm_tr *t, const struct arm_insn *in)
{
    struct place p = place_imm(t, ARM_PC, F('U') ? (i32)F('i') : -(i32)F('i'), true, false);
    access_one(t, in->row->arg, F('d'), &p);
}

/* LDRD, STRD: D is the second register. */
void arm_t32_dual(struct arm_tr *t, const struct arm_insn *in)
{
    i32 off = 4 * (F('U') ? (i32)F('i') : -(i32)F('i'));
    struct place p = place_imm(t, F('n'), off, F('P'), F('W'));
    if (!F('P') && !F('W'))
        arm_undefined(t);
    else
        access_two(t, in->row->arg, F('d'), F('D'), &p);
}

void arm_t16_mem_reg(struct arm_tr *t, const struct arm_insn *in)
{
    struct place p = place_reg(t, F('n'), ARM_R(F('m')), true, true, false);
    access_one(t, in->row->arg, F('d'), &p);
}

void arm_t16_mem_imm(struct arm_tr *t, const struct arm_insn *in)
{
    struct place p = place_imm(t, F('n'), (i32)(F('i') * bytes[in->row->arg & 7]), true, false);
    access_one(t, in->row->arg, F('d'), &p);
}

void arm_t16_mem_sp(struct arm_tr *t, const struct arm_insn *in)
{
    struct place p = place_imm(t, ARM_SP, 4 * (i32)F('i'), true, false);
    access_one(t, in->row->arg, F('d'), &p);
}

void arm_t16_literal(struct arm_tr *t, const struct arm_insn *in)
{
    struct place p = place_imm(t, ARM_PC, 4 * (i32)F('i'), true, false);
    access_one(t, ACC_W | ACC_LOAD, F('d'), &p);
}

void arm_preload(struct arm_tr *t, const struct arm_insn *in)
{
    (void)t, (void)in; /* a hint, which changes nothing here */
}

/* ---- exclusive accesses: the local monitor keeps an address ---- */

#define EXCLUSIVE IR_WORD(struct arm_cpu, exclusive)
#define EXCLUSIVE_ADDR IR_WORD(struct arm_cpu, exclusive_addr)

static ir_val exclusive_address(struct arm_tr *t, const struct arm_insn *in)
{
    u32 off = F('i'); /* 0 where the encoding has none */
    return off ? arm_2i(t, IR_ADD, ARM_R(F('n')), 4 * off) : arm_reg_copy(t, F('n'));
}

/* arg: ACC_W, ACC_B, ACC_H or ACC_D; D: the second register (in A32 the next one) */
void arm_ldrex(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned acc = in->row->arg, size = bytes[acc], d = F('d');
    unsigned d2 = in->thumb ? F('D') : d + 1;
    if (F('n') == ARM_PC || d == ARM_PC || (acc == ACC_D && d2 >= ARM_PC)) {
        arm_undefined(t);
        return;
    }
    ir_val addr = exclusive_address(t, in);
    if (size > 1)
        arm_check_register(t, F('n'), (i32)(4 * F('i')), size, false);
    ir_val v = arm_load(t, size, false, addr, 0);
    ir_movi(t->b, EXCLUSIVE, 1);
    ir_mov(t->b, EXCLUSIVE_ADDR, addr);
    ir_1(t->b, IR_MOV, IR_32, ARM_R(d), v);
    if (acc == ACC_D)
        ir_2i(t->b, IR_SHR, IR_64, ARM_R(d2), v, 32);
}

static ir_val stored_value(struct arm_tr *t, const struct arm_insn *in, unsigned acc)
{
    unsigned m = F('m'), m2 = in->thumb ? F('D') : m + 1;
    if (acc != ACC_D)
        return ARM_R(m);
    ir_val v = ir_temp(t->b);
    ir_2i(t->b, IR_SHL, IR_64, v, ARM_R(m2), 32);
    ir_2(t->b, IR_OR, IR_64, v, v, ARM_R(m));
    return v;
}

/* d gets 0 when m was stored, else 1. */
void arm_strex(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned acc = in->row->arg, size = bytes[acc], d = F('d');
    unsigned m2 = in->thumb ? F('D') : F('m') + 1;
    if (F('n') == ARM_PC || d == ARM_PC || F('m') == ARM_PC || (acc == ACC_D && m2 >= ARM_PC)) {
        arm_undefined(t);
        return;
    }
    unsigned failed = ir_label(t->b), done = ir_label(t->b);
    ir_val addr = exclusive_address(t, in), status = ir_temp(t->b);
    if (size > 1)
        arm_check_register(t, F('n'), (i32)(4 * F('i')), size, true);
    ir_bri(t->b, IR_BR_EQ, IR_64, EXCLUSIVE, 0, failed);
    ir_br(t->b, IR_BR_NE, IR_32, EXCLUSIVE_ADDR, addr, failed);
    arm_store(t, size, addr, 0, stored_value(t, in, acc));
    ir_movi(t->b, status, 0);
    ir_jump(t->b, done);
    ir_bind(t->b, failed);
    ir_movi(t->b, status, 1);
    ir_bind(t->b, done);
    ir_movi(t->b, EXCLUSIVE, 0);
    ir_mov(t->b, ARM_R(d), status);
}

void arm_clrex(struct arm_tr *t, const struct arm_insn *in)
{
    (void)in;
    ir_movi(t->b, EXCLUSIVE, 0);
}

/* SWP and SWPB (B) */
void arm_swp(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned size = F('B') ? 1 : 4;
    ir_val addr = arm_reg_copy(t, F('n'));
    if (F('n') == ARM_PC || F('d') == ARM_PC || F('m') == ARM_PC) {
        arm_undefined(t);
        return;
    }
    if (size > 1)
        arm_check_alignment(t, addr, size, true);
    ir_val v = arm_load(t, size, false, addr, 0);
    arm_store(t, size, addr, 0, ARM_R(F('m')));
    ir_mov(t->b, ARM_R(F('d')), v);
}
