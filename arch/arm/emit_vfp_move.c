/* emit_vfp_move.c - loads, stores and moves of VFP and Advanced SIMD registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Arm ARM, A7.6, A7.8, A7.9. */
#include "arch/arm/emit_neon.h"
#include "arch/arm/emit_vfp.h"
#include "arch/arm/model.h"
#include "arch/arm/traps.h"
#include "arch/arm/vfp.h"

#define F(letter) insn_field(in, letter)

/* ---- memory ---- */

/* A double is two words, in the order of the data's endianness; both are in one access. */
static ir_val load_double(struct arm_tr *t, ir_val addr, i32 off)
{
    ir_val v = arm_load(t, 8, false, addr, off);
    if (t->mode & MODE_E)
        ir_2i(t->b, IR_ROR, IR_64, v, v, 32);
    return v;
}

static void store_double(struct arm_tr *t, ir_val addr, i32 off, ir_val v)
{
    if (t->mode & MODE_E) {
        ir_val swapped = ir_temp(t->b);
        ir_2i(t->b, IR_ROR, IR_64, swapped, v, 32);
        v = swapped;
    }
    arm_store(t, 8, addr, off, v);
}

static ir_val base_of(struct arm_tr *t, unsigned n)
{
    return n == ARM_PC ? arm_imm(t, arm_pc(t) & ~3u) : ARM_R(n);
}

void arm_vfp_load_store(struct arm_tr *t, const struct arm_insn *in)
{
    i32 off = 4 * (F('U') ? (i32)F('i') : -(i32)F('i'));
    ir_val addr = arm_2i(t, IR_ADD, base_of(t, F('n')), (u32)off);
    unsigned s = arm_vfp_single(F('d'), F('D')), d = arm_vfp_double(F('d'), F('D'));

    if (!(t->mode & MODE_E)) {
        if (F('z'))
            (F('L') ? arm_vec_load : arm_vec_store)(t, d, 1, addr, 4);
        else
            (F('L') ? arm_vec_load_s : arm_vec_store_s)(t, s, addr, 4);
        return;
    }
    arm_check_alignment(t, addr, 4, !F('L'));
    if (F('z') && F('L'))
        ir_mov(t->b, ARM_D(d), load_double(t, addr, 0));
    else if (F('z'))
        store_double(t, addr, 0, ARM_D(d));
    else if (F('L'))
        arm_vfp_set_s(t, s, arm_load(t, 4, false, addr, 0));
    else
        arm_store(t, 4, addr, 0, arm_vfp_get_s(t, s));
}

/* All words are loaded before a register is written, and asked for before one is stored. */
static u64 help_load_words(struct cpu *c, u64 addr, u64 first, u64 n)
{
    struct arm_cpu *a = arm_of(c);
    u32 v[64], *regs = (u32 *)a->d;
    for (unsigned i = 0; i < n; i++)
        v[i] = (u32)mem_read(c, (u32)(addr + 4 * i), 4, c->mmu);
    for (unsigned i = 0; i < n; i++)
        regs[first + i] = c->mode & MODE_E ? __builtin_bswap32(v[i]) : v[i];
    return 0;
}

static u64 help_store_words(struct cpu *c, u64 addr, u64 first, u64 n)
{
    const u32 *regs = (const u32 *)arm_of(c)->d;
    unsigned here = (unsigned)MIN(4 * n, PAGE_SIZE - PAGE_OFFSET(addr));
    mem_probe(c, (u32)addr, here, MEM_WRITE, c->mmu);
    if (here < 4 * n)
        mem_probe(c, (u32)(addr + here), (unsigned)(4 * n) - here, MEM_WRITE, c->mmu);
    for (unsigned i = 0; i < n; i++) {
        u32 v = regs[first + i];
        mem_write(c, (u32)(addr + 4 * i), c->mode & MODE_E ? __builtin_bswap32(v) : v, 4, c->mmu);
    }
    return 0;
}

/* With doubles swapped words would be in the wrong order. */
static u64 help_load_doubles_be(struct cpu *c, u64 addr, u64 first, u64 n)
{
    struct arm_cpu *a = arm_of(c);
    u64 v[32];
    for (unsigned i = 0; i < n; i++)
        v[i] = __builtin_bswap64(mem_read(c, (u32)(addr + 8 * i), 8, c->mmu));
    for (unsigned i = 0; i < n; i++)
        a->d[first + i] = v[i];
    return 0;
}

static u64 help_store_doubles_be(struct cpu *c, u64 addr, u64 first, u64 n)
{
    for (unsigned i = 0; i < n; i++)
        mem_write(c, (u32)(addr + 8 * i), __builtin_bswap64(arm_of(c)->d[first + i]), 8, c->mmu);
    return 0;
}

static void access_list(struct arm_tr *t, const struct arm_insn *in, ir_val addr, unsigned first,
                        unsigned n)
{
    bool dbl = F('z'), load = F('L'), big = (t->mode & MODE_E) && dbl;
    ir_helper words = load ? help_load_words : help_store_words;
    ir_helper doubles = load ? help_load_doubles_be : help_store_doubles_be;
    if (big)
        arm_call(t, IR_NONE, doubles, addr, arm_imm(t, first), arm_imm(t, n));
    else
        arm_call(t, IR_NONE, words, addr, arm_imm(t, dbl ? 2 * first : first),
                 arm_imm(t, dbl ? 2 * n : n));
}

void arm_vfp_multiple(struct arm_tr *t, const struct arm_insn *in)
{
    bool dbl = F('z'), up = F('U'), before = F('P'), back = F('W');
    unsigned imm = F('i'), n = dbl ? imm / 2 : imm, base = F('n');
    unsigned first = dbl ? arm_vfp_double(F('d'), F('D')) : arm_vfp_single(F('d'), F('D'));

    if (before == up || (before && !back) || !n || first + n > 32 || (dbl && n > 16) ||
        (base == ARM_PC && (back || t->in->thumb))) {
        arm_undefined(t);
        return;
    }
    ir_val addr = arm_reg_copy(t, base);
    if (!up)
        addr = arm_2i(t, IR_SUB, addr, 4 * imm);
    if (!(t->mode & MODE_E) && dbl) {
        (F('L') ? arm_vec_load : arm_vec_store)(t, first, n, addr, 4);
    } else if (!(t->mode & MODE_E) && n == 1) {
        (F('L') ? arm_vec_load_s : arm_vec_store_s)(t, first, addr, 4);
    } else {
        arm_check_alignment(t, addr, 4, !F('L'));
        access_list(t, in, addr, first, n);
    }
    if (back)
        ir_2i(t->b, IR_ADD, IR_32, ARM_R(base), ARM_R(base), up ? 4 * imm : (u32)(-4 * (i32)imm));
}

/* ---- core registers ---- */

static bool not_pc(struct arm_tr *t, u32 reg)
{
    if (reg == ARM_PC)
        arm_undefined(t); /* UNPREDICTABLE */
    return reg != ARM_PC;
}

void arm_vfp_move_core(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned s = arm_vfp_single(F('n'), F('N'));
    if (!not_pc(t, F('d')))
        return;
    if (F('L'))
        ir_mov(t->b, ARM_R(F('d')), arm_vfp_get_s(t, s));
    else
        arm_vfp_set_s(t, s, ARM_R(F('d')));
}

/* arg: a double, else two singles that are next to each other */
void arm_vfp_move_pair(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned low = F('d'), high = F('T'), s = arm_vfp_single(F('m'), F('M'));
    ir_val v[2];
    if (!not_pc(t, low) || !not_pc(t, high))
        return;
    if (in->row->arg)
        s = 2 * arm_vfp_double(F('m'), F('M'));
    else if (s == 31) {
        arm_undefined(t);
        return;
    }
    if (!F('L')) {
        arm_vfp_set_s(t, s, ARM_R(low));
        arm_vfp_set_s(t, s + 1, ARM_R(high));
        return;
    }
    v[0] = arm_vfp_get_s(t, s);
    v[1] = arm_vfp_get_s(t, s + 1);
    ir_mov(t->b, ARM_R(low), v[0]);
    ir_mov(t->b, ARM_R(high), v[1]);
}

/* opc1:opc2 say which element of which size (A8.8.341): false: none. */
static bool element(const struct arm_insn *in, unsigned *shift, unsigned *bits)
{
    unsigned o = F('o') & 3, p = F('p');
    unsigned top = (o & 1) * 32;
    *bits = o & 2 ? 8 : p & 1 ? 16 : 32;
    *shift = top + (*bits == 8 ? 8 * p : *bits == 16 ? 8 * (p & 2) : 0);
    return *bits != 32 || !p;
}

void arm_vfp_to_scalar(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned shift, bits;
    if (!element(in, &shift, &bits) || !not_pc(t, F('d'))) {
        if (!t->ended)
            arm_undefined(t);
        return;
    }
    ir_insert(t->b, ARM_D(arm_vfp_double(F('n'), F('N'))), ARM_R(F('d')), shift, bits);
}

void arm_vfp_from_scalar(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned shift, bits;
    if (!element(in, &shift, &bits) || (bits == 32 && F('U')) || F('d') == ARM_PC) {
        arm_undefined(t);
        return;
    }
    ir_val v = ir_temp(t->b);
    ir_extract(t->b, v, ARM_D(arm_vfp_double(F('n'), F('N'))), shift, bits);
    if (bits < 32 && !F('U'))
        ir_1(t->b, bits == 8 ? IR_SEXT8 : IR_SEXT16, IR_32, v, v);
    ir_mov(t->b, ARM_R(F('d')), v);
}

/* B:E say 32, 16 or 8 bits. */
void arm_vfp_dup(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned how = F('B') << 1 | F('E'), d = arm_vfp_double(F('n'), F('N'));
    if (how == 3 || (F('Q') && (d & 1)) || F('d') == ARM_PC) {
        arm_undefined(t);
        return;
    }
    arm_neon_spread(t, d, F('Q'), how == 0 ? 2 : how == 1 ? 1 : 0, arm_1(t, IR_MOV, ARM_R(F('d'))));
}

/* ---- system registers (A8.8.348, B9.3.24) ---- */

enum { REG_FPSID = 0, REG_FPSCR = 1, REG_MVFR1 = 6, REG_MVFR0 = 7, REG_FPEXC = 8 };
#define FPEXC_EN (1u << 30)

static u64 help_read(struct cpu *c, u64 reg, u64 rt, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    (void)d;
    arm_check_vmrs_trap(a, (unsigned)reg, (unsigned)rt);
    switch (reg) {
    case REG_FPSID: return a->model->id.fpsid;
    case REG_MVFR0: return a->model->id.mvfr0;
    case REG_MVFR1: return a->model->id.mvfr1;
    case REG_FPEXC: return a->fpexc;
    }
    return 0;
}

/* Which registers may be reached: FPSCR when VFP is enabled; the others never in USR mode. */
static bool may_access(const struct arm_tr *t, unsigned reg)
{
    if (reg == REG_FPSCR)
        return t->mode & MODE_VFP;
    if (!(t->mode & MODE_VFP_ACCESS) || !(t->mode & MODE_PRIV))
        return false;
    return reg == REG_FPSID || reg == REG_MVFR0 || reg == REG_MVFR1 || reg == REG_FPEXC;
}

static void tell_hyp(struct arm_tr *t)
{
    if (UNLIKELY(t->mode & MODE_FP_TRAP))
        arm_call(t, IR_NONE, arm_help_fp_trap, arm_imm(t, 0), IR_NONE, IR_NONE);
}

static u64 leaf_fpscr(struct cpu *c, u64 a, u64 b, u64 d)
{
    (void)a, (void)b, (void)d;
    return arm_get_fpscr(arm_of(c));
}

/* d 15: the flags go to the CPSR. */
void arm_vmrs(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned reg = F('r'), d = F('d');
    if (!may_access(t, reg) || (d == ARM_PC && reg != REG_FPSCR)) {
        arm_undefined(t);
        return;
    }
    tell_hyp(t);
    if (reg != REG_FPSCR) {
        arm_call(t, ARM_R(d), help_read, arm_imm(t, reg), arm_imm(t, d), IR_NONE);
    } else if (d != ARM_PC) {
        ir_val v = ir_temp(t->b);
        ir_leaf(t->b, v, leaf_fpscr, IR_NONE, IR_NONE);
        ir_1(t->b, IR_MOV, IR_32, ARM_R(d), v);
    } else {
        ir_val c = ir_temp(t->b), v = ir_temp(t->b), z = ir_temp(t->b), both = ir_temp(t->b);
        ir_extract(t->b, c, ARM_FP_NZCV, 29, 1);
        ir_extract(t->b, v, ARM_FP_NZCV, 28, 1);
        arm_set_cv(t, c, v);
        /* As arm_set_nzcv() has it: no comparison sets both, but VMSR may have. */
        ir_val n = arm_2i(t, IR_AND, ARM_FP_NZCV, PSR_N), not_z = arm_2i(t, IR_OR, n, 1);
        ir_2i(t->b, IR_SHL, IR_64, both, n, 1);
        ir_extract(t->b, z, ARM_FP_NZCV, 30, 1);
        ir_select(t->b, z, z, both, not_z);
        ir_mov(t->b, ARM_NZ, z); /* where they are kept after arm_set_cv() */
    }
}

static u64 help_write(struct cpu *c, u64 reg, u64 v, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    (void)d;
    if (reg == REG_FPSCR)
        arm_set_fpscr(a, (u32)v & FPSCR_WRITABLE);
    else if (reg == REG_FPEXC)
        a->fpexc = v & FPEXC_EN;
    return 0;
}

void arm_vmsr(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned reg = F('r');
    if (!may_access(t, reg) || F('d') == ARM_PC) {
        arm_undefined(t);
        return;
    }
    tell_hyp(t);
    arm_call(t, IR_NONE, help_write, arm_imm(t, reg), ARM_R(F('d')), IR_NONE);
    arm_end(t);
}
