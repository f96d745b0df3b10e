/* emit_multiple.c - loads and stores of register lists, and of return states */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, A8.8.57 to A8.8.62, A8.8.131 to A8.8.133, A8.8.199 to A8.8.202, B9.3.
 *
 * Loads go to temporaries first. Before stores that may run over the end of a page both pages are
 * asked for, so that an abort finds nothing stored.
 */
#include "arch/arm/emit.h"
#include "emu/check.h"

#define F(letter) insn_field(in, letter)

struct list {
    unsigned regs;   /* a bit each */
    unsigned n;      /* base register */
    bool up, before; /* U, P */
    bool write_back;
};

static i32 size_of(const struct list *l)
{
    return 4 * __builtin_popcount(l->regs);
}

/* The lowest address, relative to the base. */
static i32 lowest(const struct list *l)
{
    i32 start = l->up ? 0 : -size_of(l);
    return start + (l->before == l->up ? 4 : 0);
}

static void write_back(struct arm_tr *t, const struct list *l)
{
    if (l->write_back)
        ir_2i(t->b, IR_ADD, IR_32, ARM_R(l->n), ARM_R(l->n),
              (u32)(l->up ? size_of(l) : -size_of(l)));
}

static u64 help_probe(struct cpu *c, u64 va, u64 size, u64 d)
{
    unsigned first = PAGE_SIZE - PAGE_OFFSET(va);
    (void)d;
    mem_probe(c, (u32)va, first, MEM_WRITE, c->mmu);
    mem_probe(c, (u32)(va + first), (unsigned)size - first, MEM_WRITE, c->mmu);
    return 0;
}

void arm_probe_stores(struct arm_tr *t, ir_val start, unsigned size)
{
    unsigned ok = ir_label(t->b);
    if (size <= 4)
        return;
    ir_bri(t->b, IR_BR_LEU, IR_32, arm_2i(t, IR_AND, start, PAGE_SIZE - 1), PAGE_SIZE - size, ok);
    arm_call(t, IR_NONE, help_probe, start, arm_imm(t, size), IR_NONE);
    ir_bind(t->b, ok);
}

/* The registers of the list but the pc are written, and the base; what the pc is to be. */
static ir_val load_registers(struct arm_tr *t, const struct list *l)
{
    i32 off = 0;

    arm_check_register(t, l->n, lowest(l), 4, false);
    ir_val start = arm_2i(t, IR_ADD, ARM_R(l->n), (u32)lowest(l)), v[16] = {0};
    for (unsigned i = 0; i < 16; i++) {
        if (!(l->regs >> i & 1))
            continue;
        v[i] = arm_load(t, 4, false, start, off);
        off += 4;
    }
    if (!(l->regs >> l->n & 1)) /* what was loaded stays */
        write_back(t, l);
    for (unsigned i = 0; i < ARM_PC; i++)
        if (l->regs >> i & 1)
            ir_mov(t->b, ARM_R(i), v[i]);
    return v[ARM_PC];
}

static void load_list(struct arm_tr *t, const struct list *l)
{
    ir_val pc = load_registers(t, l);
    if (l->regs >> ARM_PC & 1)
        arm_write_pc(t, pc, true);
}

/* Goes on here if the address is aligned, and the last byte in the same page as the first. */
static void if_in_one_page(struct arm_tr *t, const struct list *l)
{
    i32 size = size_of(l), back = l->write_back ? (l->up ? size : -size) : 0;
    unsigned slow = arm_slow_store_list(t, l->n, lowest(l), l->regs, back);
    ir_bri(t->b, IR_BR_NE, IR_32, arm_2i(t, IR_AND, ARM_R(l->n), 3), 0, slow);
    if (size <= 4)
        return;
    ir_val last = arm_2i(t, IR_ADD, ARM_R(l->n), (u32)(lowest(l) + size - 1));
    ir_bri(t->b, IR_BR_LTU, IR_32, arm_2i(t, IR_AND, last, PAGE_SIZE - 1), (u64)size - 1, slow);
}

/* The base in the list is stored as it was: it is changed last. */
static void store_list(struct arm_tr *t, const struct list *l)
{
    i32 off = 0;

    if (!t->it && !(t->mode & MODE_IT) && arm_slow_has_room(t)) {
        if_in_one_page(t, l);
    } else {
        ir_val start = arm_2i(t, IR_ADD, ARM_R(l->n), (u32)lowest(l));
        arm_check_alignment(t, start, 4, true);
        arm_probe_stores(t, start, (unsigned)size_of(l));
    }
    ir_val start = arm_2i(t, IR_ADD, ARM_R(l->n), (u32)lowest(l));
    for (unsigned i = 0; i < 16; i++) {
        if (!(l->regs >> i & 1))
            continue;
        arm_store(t, 4, start, off, arm_reg(t, i));
        off += 4;
    }
    write_back(t, l);
}

static void access_list(struct arm_tr *t, bool load, struct list l)
{
    if (!l.regs || l.n == ARM_PC) {
        arm_undefined(t); /* UNPREDICTABLE */
        return;
    }
    if (load)
        load_list(t, &l);
    else
        store_list(t, &l);
}

/* ---- the user's registers, or a return from an exception (S) ---- */

/* Where register n of USR mode is kept now. */
static u64 *user_reg(struct arm_cpu *a, unsigned n)
{
    enum arm_bank bank = arm_bank_of(a->psr & PSR_M);
    if (bank == ARM_BANK_FIQ && n >= 8 && n <= 12)
        return &a->bank_usr[n - 8];
    if (bank != ARM_BANK_USR && n == ARM_SP)
        return &a->bank_sp[ARM_BANK_USR];
    if (bank != ARM_BANK_USR && bank != ARM_BANK_HYP && n == ARM_LR)
        return &a->bank_lr[ARM_BANK_USR];
    return &a->r[n];
}

static u32 swap_for(struct cpu *c, u64 v)
{
    return c->mode & MODE_E ? __builtin_bswap32((u32)v) : (u32)v;
}

static u64 help_load_users(struct cpu *c, u64 va, u64 regs, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    u32 v[16], n = 0;
    (void)d;
    for (unsigned i = 0; i < ARM_PC; i++)
        if (regs >> i & 1)
            v[i] = swap_for(c, mem_read(c, (u32)(va + 4 * n++), 4, c->mmu));
    for (unsigned i = 0; i < ARM_PC; i++)
        if (regs >> i & 1)
            *user_reg(a, i) = v[i];
    return 0;
}

static u64 help_store_users(struct cpu *c, u64 va, u64 regs, u64 pc)
{
    struct arm_cpu *a = arm_of(c);
    u32 n = 0;
    for (unsigned i = 0; i < 16; i++)
        if (regs >> i & 1)
            mem_write(c, (u32)(va + 4 * n++), swap_for(c, i == ARM_PC ? pc : *user_reg(a, i)), 4,
                      c->mmu);
    return 0;
}

static void access_special(struct arm_tr *t, bool load, struct list *l)
{
    if ((t->mode & (MODE_SYS_OR_USR | MODE_HYP)) || !l->regs || l->n == ARM_PC) {
        arm_undefined(t);
        return;
    }
    if (load && l->regs >> ARM_PC & 1) { /* also CPSR from SPSR */
        arm_call_end(t, arm_help_return, load_registers(t, l), IR_NONE, IR_NONE);
        return;
    }
    ir_val start = arm_2i(t, IR_ADD, ARM_R(l->n), (u32)lowest(l));
    arm_check_alignment(t, start, 4, !load);
    if (!load)
        arm_probe_stores(t, start, (unsigned)size_of(l));
    arm_call(t, IR_NONE, load ? help_load_users : help_store_users, start, arm_imm(t, l->regs),
             load ? IR_NONE : arm_imm(t, arm_pc(t)));
    write_back(t, l);
}

/* ---- rows ---- */

/* In T32 there are two of the four ways: decrement before, and increment after (arg 1). */
static struct list list_of(const struct arm_insn *in, unsigned regs)
{
    bool after = in->row->arg;
    struct list l = {regs, F('n'), F('U'), F('P'), F('W')};
    if (in->thumb)
        l.up = after, l.before = !after;
    return l;
}

void arm_ldm_stm(struct arm_tr *t, const struct arm_insn *in)
{
    struct list l = list_of(in, F('r'));
    if (F('S'))
        access_special(t, F('L'), &l);
    else
        access_list(t, F('L'), l);
}

/* R: lr, or the pc */
void arm_t16_push(struct arm_tr *t, const struct arm_insn *in)
{
    access_list(t, false, (struct list){F('r') | F('R') << ARM_LR, ARM_SP, false, true, true});
}

void arm_t16_pop(struct arm_tr *t, const struct arm_insn *in)
{
    access_list(t, true, (struct list){F('r') | F('R') << ARM_PC, ARM_SP, true, false, true});
}

/* arg: load */
void arm_t16_ldm_stm(struct arm_tr *t, const struct arm_insn *in)
{
    access_list(t, in->row->arg, (struct list){F('r'), F('n'), true, false, true});
}

/* ---- SRS: lr and SPSR to the stack of another mode ---- */

static u64 help_srs_base(struct cpu *c, u64 mode, u64 b, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    enum arm_bank bank = arm_bank_of((unsigned)mode);
    (void)b, (void)d;
    if (!arm_mode_exists(a, (unsigned)mode) || bank == ARM_BANK_HYP)
        arm_raise_undef(a);
    return bank == arm_bank_of(a->psr & PSR_M) ? a->r[ARM_SP] : a->bank_sp[bank];
}

static u64 help_srs_write_back(struct cpu *c, u64 mode, u64 v, u64 d)
{
    struct arm_cpu *a = arm_of(c);
    enum arm_bank bank = arm_bank_of((unsigned)mode);
    (void)d;
    *(bank == arm_bank_of(a->psr & PSR_M) ? &a->r[ARM_SP] : &a->bank_sp[bank]) = (u32)v;
    return 0;
}

/* k: the mode whose stack it is */
void arm_srs(struct arm_tr *t, const struct arm_insn *in)
{
    struct list l = list_of(in, 3);
    ir_val mode = arm_imm(t, F('k')), base = ir_temp(t->b);

    if (t->mode & (MODE_SYS_OR_USR | MODE_HYP)) {
        arm_undefined(t);
        return;
    }
    arm_call(t, base, help_srs_base, mode, IR_NONE, IR_NONE);
    ir_val start = arm_2i(t, IR_ADD, base, (u32)lowest(&l));
    arm_check_alignment(t, start, 4, true);
    arm_probe_stores(t, start, 8);
    arm_store(t, 4, start, 0, ARM_R(ARM_LR));
    arm_store(t, 4, start, 4, IR_WORD(struct arm_cpu, spsr));
    if (F('W'))
        arm_call(t, IR_NONE, help_srs_write_back, mode,
                 arm_2i(t, IR_ADD, base, (u32)(l.up ? size_of(&l) : -size_of(&l))), IR_NONE);
}

static u64 help_rfe(struct cpu *c, u64 pc, u64 cpsr, u64 d)
{
    (void)d;
    arm_exception_return(arm_of(c), (u32)cpsr, pc);
    return 0;
}

void arm_rfe(struct arm_tr *t, const struct arm_insn *in)
{
    struct list l = list_of(in, 3);
    if (!(t->mode & MODE_PRIV) || (t->mode & MODE_HYP) || l.n == ARM_PC) {
        arm_undefined(t);
        return;
    }
    ir_val start = arm_2i(t, IR_ADD, ARM_R(l.n), (u32)lowest(&l));
    arm_check_alignment(t, start, 4, false);
    ir_val pc = arm_load(t, 4, false, start, 0), cpsr = arm_load(t, 4, false, start, 4);
    write_back(t, &l);
    arm_call_end(t, help_rfe, pc, cpsr, IR_NONE);
}
