/* translate_flags.c - lazy flags in IR: setting them, and conditions as comparisons of their
 * operands */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the translator knows how the flags were made, a condition becomes one comparison of the
 * operands ("CMP x, y; JL" is x < y); else the six flags are computed once, and the condition tests
 * their bits.
 */
#include <string.h>

#include "arch/x86/emit.h"
#include "arch/x86/translate_int.h"

#define CC_X X86_CC
#define CC_Y ((ir_val)(X86_CC + 1))

/* Does this op neither leave the block nor look at the flags? */
static bool harmless(const struct ir_op *op)
{
    bool pure = op->op < IR_BR_EQ || op->op == IR_MOVI || op->op == IR_LEA || op->op == IR_SELECT ||
                op->op == IR_INSERT || op->op == IR_EXTRACT;
    unsigned cc = X86_CC;

    return pure && op->a - cc > 2u && op->b - cc > 2u && op->c - cc > 2u && op->d - cc > 2u;
}

/* A rotate changes two flags and keeps four, so it calls a helper; but hash functions rotate a lot,
 * and mostly nobody can have seen the flags before they are set anew. (For the op CC the optimiser
 * does this.) */
void x86_drop_dead_rotate(struct x86_tr *t)
{
    struct ir_block *b = t->b;
    u32 i = b->n_ops;

    while (i > 0 && harmless(&b->ops[i - 1]))
        i--;
    if (i == 0 || b->ops[i - 1].op != IR_CALL ||
        !x86_is_rotate_flags((ir_helper)(uintptr_t)b->ops[i - 1].imm))
        return;
    for (u32 k = 0; k < b->n_labels; k++)
        if (b->labels[k] != UINT32_MAX && b->labels[k] >= i - 1)
            return;
    memmove(&b->ops[i - 1], &b->ops[i], (b->n_ops - i) * sizeof(b->ops[0]));
    b->n_ops--;
    for (u32 k = 0; k < b->n_insns; k++)
        if (b->insns[k].first_op > i - 1)
            b->insns[k].first_op--;
}

void x86_set_cc(struct x86_tr *t, enum x86_cc kind, unsigned size, ir_val x, ir_val y)
{
    t->cc_op = (int)(kind | x86_ir_size(size));
    if ((unsigned)(x - X86_CC) > 2 && (unsigned)(y - X86_CC) > 2)
        x86_drop_dead_rotate(t);
    ir_cc(t->b, X86_CC, x, y, (u64)t->cc_op);
}

ir_val x86_cf_word(struct x86_tr *t)
{
    ir_val v;

    switch (t->cc_op < 0 ? -1 : t->cc_op & ~3) {
    case CC_RES: case CC_INC: case CC_DEC: case CC_SHR: return CC_Y;
    case CC_LOGIC: return x86_temp_imm(t, 0);
    case CC_SUB:
        v = ir_temp(t->b);
        ir_2(t->b, IR_LTU, (enum ir_size)(t->cc_op & 3), v, CC_X, CC_Y);
        return v;
    }
    return x86_emit_cond(t, 2);
}

void x86_cc_unknown(struct x86_tr *t)
{
    if (t->cc_op >= 0)
        t->cc_guess = t->cc_op;
    t->cc_op = -1;
}

void x86_emit_fold_flags(struct x86_tr *t)
{
    if (t->cc_op >= 0 && (t->cc_op & ~3) == CC_FLAGS)
        return;
    ir_call(t->b, IR_NONE, x86_help_fold_flags, IR_NONE, IR_NONE, IR_NONE);
    t->cc_op = CC_FLAGS;
}

static struct x86_cond_ir compare(enum ir_opcode op, enum ir_size s, ir_val a, ir_val b)
{
    return (struct x86_cond_ir){.op = op, .size = s, .a = a, .b = b};
}

static struct x86_cond_ir compare_imm(enum ir_opcode op, enum ir_size s, ir_val a, u64 value)
{
    return (struct x86_cond_ir){.op = op, .size = s, .a = a, .imm = true, .value = value};
}

static struct x86_cond_ir test_bits(struct x86_tr *t, ir_val v, u64 bits)
{
    ir_val r = ir_temp(t->b);
    ir_2i(t->b, IR_AND, IR_32, r, v, bits);
    return compare_imm(IR_NE, IR_32, r, 0);
}

/* CC_FLAGS: the flags are in cc_x. */
static struct x86_cond_ir cond_flags(struct x86_tr *t, unsigned cc)
{
    static const u16 bits[] = {FL_OF, FL_CF, FL_ZF, FL_CF | FL_ZF, FL_SF, FL_PF};
    ir_val r;

    if (cc < 12)
        return test_bits(t, CC_X, bits[cc >> 1]);
    r = ir_temp(t->b);
    ir_2i(t->b, IR_SHR, IR_32, r, CC_X, 4); /* OF to SF's place */
    ir_2(t->b, IR_XOR, IR_32, r, r, CC_X);
    if (cc < 14)
        return test_bits(t, r, FL_SF);
    ir_2i(t->b, IR_AND, IR_32, r, r, FL_SF);
    ir_val z = ir_temp(t->b);
    ir_2i(t->b, IR_AND, IR_32, z, CC_X, FL_ZF);
    ir_2(t->b, IR_OR, IR_32, r, r, z);
    return compare_imm(IR_NE, IR_32, r, 0);
}

/* In the functions below false means: not as one comparison, go by the flags. */
static bool cond_sub(struct x86_tr *t, unsigned cc, enum ir_size s, struct x86_cond_ir *k)
{
    ir_val r;

    switch (cc >> 1) {
    case 1: *k = compare(IR_LTU, s, CC_X, CC_Y); return true;
    case 2: *k = compare(IR_EQ, s, CC_X, CC_Y); return true;
    case 3: *k = compare(IR_LEU, s, CC_X, CC_Y); return true;
    case 4:
        r = ir_temp(t->b);
        ir_2(t->b, IR_SUB, s, r, CC_X, CC_Y);
        *k = compare_imm(IR_LTS, s, r, 0);
        return true;
    case 6: *k = compare(IR_LTS, s, CC_X, CC_Y); return true;
    case 7: *k = compare(IR_LES, s, CC_X, CC_Y); return true;
    }
    return false;
}

static bool cond_add(struct x86_tr *t, unsigned cc, enum ir_size s, struct x86_cond_ir *k)
{
    ir_val r;

    if (cc >> 1 != 1 && cc >> 1 != 2 && cc >> 1 != 4)
        return false;
    r = ir_temp(t->b);
    ir_2(t->b, IR_ADD, s, r, CC_X, CC_Y);
    if (cc >> 1 == 1)
        *k = compare(IR_LTU, s, r, CC_X);
    else
        *k = compare_imm(cc >> 1 == 2 ? IR_EQ : IR_LTS, s, r, 0);
    return true;
}

static bool cond_logic(unsigned cc, enum ir_size s, struct x86_cond_ir *k)
{
    switch (cc >> 1) {
    case 0: case 1: *k = compare_imm(IR_LTU, s, CC_X, 0); return true; /* never */
    case 2: case 3: *k = compare_imm(IR_EQ, s, CC_X, 0); return true;
    case 4: case 6: *k = compare_imm(IR_LTS, s, CC_X, 0); return true;
    case 7: *k = compare_imm(IR_LES, s, CC_X, 0); return true;
    }
    return false;
}

/* Kinds with the result in x: ZF and SF are plain, CF differs. */
static bool cond_result(struct x86_tr *t, unsigned cc, unsigned kind, enum ir_size s,
                        struct x86_cond_ir *k)
{
    ir_val r;

    switch (cc >> 1) {
    case 1:
        if (kind == CC_MUL || kind == CC_IMUL)
            return false;
        if (kind == CC_SHL || kind == CC_CARRY)
            *k = compare_imm(IR_LTS, s, CC_Y, 0);
        else
            *k = test_bits(t, CC_Y, 1);
        return true;
    case 2: *k = compare_imm(IR_EQ, s, CC_X, 0); return true;
    case 4: *k = compare_imm(IR_LTS, s, CC_X, 0); return true;
    case 6: case 7:
        if (kind == CC_CARRY && cc >> 1 == 6) { /* CMP, SBB, JL: a comparison of twice the size */
            r = ir_temp(t->b);
            ir_2(t->b, IR_ADD, IR_64, r, CC_Y, CC_Y); /* OF is where it differs from CC_Y */
            ir_2(t->b, IR_XOR, IR_64, r, r, CC_Y);
            ir_2(t->b, IR_XOR, IR_64, r, r, CC_X);
            *k = compare_imm(IR_LTS, s, r, 0);
            return true;
        }
        /* DEC compares the value before with 1, INC with -1 */
        if (kind != CC_INC && kind != CC_DEC)
            return false;
        r = ir_temp(t->b);
        ir_2i(t->b, IR_ADD, s, r, CC_X, kind == CC_INC ? (u64)-1 : 1);
        *k = compare_imm(cc >> 1 == 6 ? IR_LTS : IR_LES, s, r, kind == CC_INC ? (u64)-1 : 1);
        return true;
    }
    return false;
}

/* By how the flags were made. */
static bool cond_kind(struct x86_tr *t, int cc_op, unsigned cc, struct x86_cond_ir *k)
{
    unsigned kind = (unsigned)cc_op & ~3u;
    enum ir_size s = (enum ir_size)(cc_op & 3);

    switch (kind) {
    case CC_SUB: return cond_sub(t, cc, s, k);
    case CC_ADD: return cond_add(t, cc, s, k);
    case CC_LOGIC: return cond_logic(cc, s, k);
    case CC_FLAGS: *k = cond_flags(t, cc); return true;
    default: return cond_result(t, cc, kind, s, k);
    }
}

static void set_to_cond(struct x86_tr *t, ir_val r, const struct x86_cond_ir *k)
{
    if (k->imm)
        ir_2i(t->b, k->op, k->size, r, k->a, k->value);
    else
        ir_2(t->b, k->op, k->size, r, k->a, k->b);
}

/* The flags come from before the block, or depend on the way here. Mostly they are always made in the
 * same way. */
static bool cond_guessed(struct x86_tr *t, unsigned cc, struct x86_cond_ir *k)
{
    unsigned go = ir_label(t->b), done = ir_label(t->b);
    ir_val r = ir_temp(t->b);
    u32 start = t->b->n_ops;

    ir_bri(t->b, IR_BR_NE, IR_32, X86_CC + 2, (u64)t->cc_guess, go);
    if (!cond_kind(t, t->cc_guess, cc, k)) {
        t->b->n_ops = start;
        ir_bind(t->b, go);
        ir_bind(t->b, done);
        return false;
    }
    set_to_cond(t, r, k);
    ir_jump(t->b, done);
    ir_bind(t->b, go);
    ir_call(t->b, IR_NONE, x86_help_fold_flags, IR_NONE, IR_NONE, IR_NONE);
    *k = cond_flags(t, cc);
    set_to_cond(t, r, k);
    ir_bind(t->b, done);
    *k = compare_imm(IR_NE, IR_32, r, 0);
    return true;
}

struct x86_cond_ir x86_cond_of(struct x86_tr *t, unsigned cc)
{
    struct x86_cond_ir k = {0};
    bool done = t->cc_op >= 0 ? cond_kind(t, t->cc_op, cc, &k) : cond_guessed(t, cc, &k);

    if (!done) {
        x86_emit_fold_flags(t);
        k = cond_flags(t, cc);
    }
    k.negate = cc & 1;
    return k;
}

void x86_emit_cond_br(struct x86_tr *t, const struct x86_cond_ir *k, unsigned label)
{
    enum ir_opcode op = (enum ir_opcode)(k->op - IR_EQ + IR_BR_EQ);

    if (k->imm)
        ir_bri(t->b, op, k->size, k->a, k->value, label);
    else
        ir_br(t->b, op, k->size, k->a, k->b, label);
}

ir_val x86_emit_cond(struct x86_tr *t, unsigned cc)
{
    struct x86_cond_ir k = x86_cond_of(t, cc);
    ir_val r = ir_temp(t->b);

    set_to_cond(t, r, &k);
    if (k.negate)
        ir_2i(t->b, IR_XOR, IR_32, r, r, 1);
    return r;
}
