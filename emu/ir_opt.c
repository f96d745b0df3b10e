/* ir_opt.c - passes over a block's ops before it is executed: values, addresses, branches */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One walk forward through the block keeps a *fact* for each temporary and for the flags' words: a
 * constant, a copy of another word, an address sum, a comparison. A fact speaks of other words as
 * they were then: it counts while their versions are the same. Where paths meet (at a label) all
 * facts are forgotten.
 */
#include "emu/ir_opt.h"

#include <string.h>

#include "emu/check.h"
#include "emu/ir_live.h"

#define MAX_WORDS 1024 /* words beyond are not spoken of */

enum fact_kind { FACT_NONE, FACT_CONST, FACT_COPY, FACT_SUM, FACT_COMPARE };

struct fact {
    u8 kind;
    u8 bits;      /* COPY: of src; SUM: 32 or 64 */
    u8 op, size;  /* COMPARE */
    bool b_imm;   /* SUM: no index; COMPARE: with imm */
    u8 shift;
    u16 a, b;
    u64 a_version, b_version;
    u64 imm;
};

struct forward {
    struct ir_block *b;
    unsigned passes_off;
    struct fact fact[IR_TEMPS + 3];
    u8 width[IR_TEMPS + 3]; /* significant bits, at most */
    u16 cc;                 /* first of the flags' words, or 0 */
    u32 version[MAX_WORDS];
    u64 calls;              /* each may change every word but temporaries */
    bool target[IR_MAX_OPS];
};

/* Index of what is known of a word, or -1. */
static int slot(const struct forward *f, ir_val v)
{
    if (ir_is_temp(v))
        return v - IR_NONE;
    if (f->cc && v >= f->cc && v < f->cc + 3)
        return IR_TEMPS + (v - f->cc);
    return -1;
}

static u64 version(const struct forward *f, ir_val v)
{
    return ir_is_temp(v) ? f->version[v] : f->version[v] | f->calls << 32;
}

static bool speakable(ir_val v)
{
    return v < MAX_WORDS && v != IR_NONE;
}

static void wrote(struct forward *f, ir_val d, unsigned width)
{
    int i = slot(f, d);
    if (d < MAX_WORDS)
        f->version[d]++;
    if (i < 0)
        return;
    f->fact[i].kind = FACT_NONE;
    f->width[i] = (u8)width;
}

static void wrote_vec(struct forward *f, ir_val d)
{
    wrote(f, d, 64);
    wrote(f, d + 1, 64);
}

static unsigned width_of(const struct forward *f, ir_val v)
{
    int i = slot(f, v);
    return i < 0 ? 64 : f->width[i];
}

static const struct fact *fact_of(const struct forward *f, ir_val v, enum fact_kind kind)
{
    int i = slot(f, v);
    return i >= 0 && f->fact[i].kind == kind ? &f->fact[i] : NULL;
}

static void learn(struct forward *f, ir_val d, struct fact fact)
{
    int i = slot(f, d);
    if (i < 0 || (fact.kind != FACT_CONST && (!speakable(fact.a) || fact.a == d)))
        return;
    if (fact.kind >= FACT_SUM && !fact.b_imm && (!speakable(fact.b) || fact.b == d))
        return;
    if (fact.kind != FACT_CONST)
        fact.a_version = version(f, fact.a);
    if (fact.kind >= FACT_SUM && !fact.b_imm)
        fact.b_version = version(f, fact.b);
    f->fact[i] = fact;
}

static bool fresh(const struct forward *f, const struct fact *k)
{
    if (k->a_version != version(f, k->a))
        return false;
    return k->kind < FACT_SUM || k->b_imm || k->b_version == version(f, k->b);
}

static u64 cut(u64 v, unsigned bits)
{
    return bits >= 64 ? v : v & (((u64)1 << bits) - 1);
}

/* Where else the low `bits` bits of v can be read, preferably from where they came. */
static ir_val source(const struct forward *f, ir_val v, unsigned bits)
{
    if (f->passes_off & IR_PASS_COPY)
        return v;
    const struct fact *k = fact_of(f, v, FACT_COPY);
    if (k && fresh(f, k) && (k->bits >= bits || width_of(f, k->a) <= k->bits))
        return k->a;
    return v;
}

static bool constant(const struct forward *f, ir_val v, u64 *value)
{
    const struct fact *k = fact_of(f, v, FACT_CONST);
    if (!k || (f->passes_off & IR_PASS_COPY))
        return false;
    *value = k->imm;
    return true;
}

/* ---- op by op ---- */

static unsigned bits_of(const struct ir_op *o)
{
    return 8u << o->size;
}

static void learn_constant(struct forward *f, ir_val d, u64 value)
{
    unsigned width = value ? 64 - (unsigned)__builtin_clzll(value) : 1;
    wrote(f, d, width);
    learn(f, d, (struct fact){.kind = FACT_CONST, .imm = value});
}

static void walk_one(struct forward *f, struct ir_op *o)
{
    unsigned bits = bits_of(o);
    unsigned read = o->op == IR_SEXT8 ? 8 : o->op == IR_SEXT16 ? 16 : o->op == IR_SEXT32 ? 32 : bits;
    u64 value;
    o->a = source(f, o->a, MIN(read, bits));
    if (o->op == IR_MOV && constant(f, o->a, &value)) {
        *o = (struct ir_op){.op = IR_MOVI, .size = IR_64, .insn = o->insn, .d = o->d, .a = IR_NONE,
                            .b = IR_NONE, .c = IR_NONE, .imm = cut(value, bits)};
        learn_constant(f, o->d, o->imm);
        return;
    }
    bool whole = o->op == IR_MOV && width_of(f, o->a) <= bits;
    unsigned width = whole ? width_of(f, o->a) : bits;
    ir_val from = o->a;
    bool self = from == o->d;
    wrote(f, o->d, width);
    if (o->op == IR_MOV && !self)
        learn(f, o->d, (struct fact){.kind = FACT_COPY, .a = from, .bits = whole ? 64 : (u8)bits});
}

static bool commutes(unsigned op)
{
    return op == IR_ADD || op == IR_AND || op == IR_OR || op == IR_XOR || op == IR_MUL || op == IR_EQ ||
           op == IR_NE || op == IR_BR_EQ || op == IR_BR_NE;
}

static void operands_of_two(struct forward *f, struct ir_op *o)
{
    unsigned bits = bits_of(o);
    u64 value;
    o->a = source(f, o->a, bits);
    if (o->b_imm)
        return;
    o->b = source(f, o->b, bits);
    if (constant(f, o->a, &value) && commutes(o->op)) {
        ir_val a = o->a;
        o->a = o->b;
        o->b = a;
    }
    if (!constant(f, o->b, &value))
        return;
    o->b = IR_NONE;
    o->b_imm = 1;
    o->imm = value;
}

static unsigned width_of_two(const struct forward *f, const struct ir_op *o)
{
    if (o->op >= IR_EQ && o->op <= IR_LES)
        return 1;
    if (o->op != IR_AND)
        return bits_of(o);
    unsigned w = MIN(width_of(f, o->a), bits_of(o));
    if (!o->b_imm)
        return MIN(w, width_of(f, o->b));
    return o->imm ? MIN(w, 64 - (unsigned)__builtin_clzll(o->imm)) : 1;
}

static void walk_two(struct forward *f, struct ir_op *o)
{
    operands_of_two(f, o);
    wrote(f, o->d, width_of_two(f, o));
    if (o->op >= IR_EQ && o->op <= IR_LES)
        learn(f, o->d, (struct fact){.kind = FACT_COMPARE, .op = o->op, .size = o->size, .a = o->a,
                                     .b = o->b, .b_imm = o->b_imm, .imm = o->imm});
    else if (o->op == IR_ADD && o->size >= IR_32)
        learn(f, o->d, (struct fact){.kind = FACT_SUM, .bits = (u8)bits_of(o), .a = o->a, .b = o->b,
                                     .b_imm = o->b_imm, .imm = o->b_imm ? o->imm : 0});
}

static void walk_lea(struct forward *f, struct ir_op *o)
{
    u64 value;
    if (o->a != IR_NONE)
        o->a = source(f, o->a, bits_of(o));
    if (!o->b_imm)
        o->b = source(f, o->b, bits_of(o));
    if (!o->b_imm && o->a != IR_NONE && constant(f, o->b, &value)) {
        o->b = IR_NONE;
        o->b_imm = 1;
        o->imm += value << o->aux;
    }
    wrote(f, o->d, bits_of(o));
    if (o->a != IR_NONE && o->size >= IR_32)
        learn(f, o->d, (struct fact){.kind = FACT_SUM, .bits = (u8)bits_of(o), .a = o->a, .b = o->b,
                                     .b_imm = o->b_imm, .shift = (u8)o->aux, .imm = o->imm});
}

/* What the address is the sum of becomes part of the op. */
static void fold_address(struct forward *f, struct ir_op *o)
{
    u64 value;
    if (f->passes_off & IR_PASS_ADDRESS)
        return;
    if (constant(f, o->a, &value)) {
        o->form = IR_FORM_ABS;
        o->imm += value;
        o->a = IR_NONE;
        return;
    }
    const struct fact *k = fact_of(f, o->a, FACT_COPY);
    if (k && fresh(f, k) && k->bits == 32 && !o->imm) {
        o->form = IR_FORM_BASE32;
        o->a = k->a;
        return;
    }
    k = fact_of(f, o->a, FACT_SUM);
    if (!k || !fresh(f, k) || (k->bits == 32 && o->imm))
        return;
    o->form = k->bits == 32 ? IR_FORM_BASE32 : IR_FORM_BASE;
    o->a = k->a;
    o->imm += k->imm;
    if (k->b_imm)
        return;
    o->form = k->bits == 32 ? IR_FORM_INDEX32 : IR_FORM_INDEX;
    o->aux = k->shift;
    if (ir_is_load(o))
        o->b = k->b;
    else
        o->c = k->b;
}

static void walk_memory(struct forward *f, struct ir_op *o)
{
    o->a = source(f, o->a, 64);
    if (o->op == IR_ST)
        o->b = source(f, o->b, bits_of(o));
    fold_address(f, o);
    if (o->op == IR_LD)
        wrote(f, o->d, bits_of(o));
    if (o->op == IR_VLD)
        wrote_vec(f, o->d);
}

/* Not (a op b), for the comparisons whose negation is one that there is. */
static bool negate(struct fact *k)
{
    static const u8 other[] = {[IR_EQ - IR_EQ] = IR_NE, [IR_NE - IR_EQ] = IR_EQ,
                               [IR_LTU - IR_EQ] = IR_LEU, [IR_LEU - IR_EQ] = IR_LTU,
                               [IR_LTS - IR_EQ] = IR_LES, [IR_LES - IR_EQ] = IR_LTS};
    bool swap = k->op > IR_NE;
    if (swap && k->b_imm)
        return false;
    k->op = other[k->op - IR_EQ];
    if (swap) {
        u16 a = k->a;
        k->a = k->b;
        k->b = a;
    }
    return true;
}

static void walk_branch(struct forward *f, struct ir_op *o)
{
    ir_val tested = o->a;
    bool zero = o->b_imm && !cut(o->imm, bits_of(o)) && (o->op == IR_BR_NE || o->op == IR_BR_EQ);
    operands_of_two(f, o);
    const struct fact *k = fact_of(f, tested, FACT_COMPARE);
    if (!zero || !k || !fresh(f, k) || (f->passes_off & IR_PASS_BRANCH))
        return;
    struct fact test = *k;
    if (o->op == IR_BR_EQ && !negate(&test))
        return;
    o->op = (u8)(IR_BR_EQ + (test.op - IR_EQ));
    o->size = test.size;
    o->a = test.a;
    o->b = test.b_imm ? IR_NONE : test.b;
    o->b_imm = test.b_imm;
    o->imm = test.b_imm ? test.imm : 0;
}

static void walk_cc(struct forward *f, struct ir_op *o)
{
    u64 value, kind = o->imm;
    bool constant_b = false;
    o->a = source(f, o->a, 64);
    if (!o->b_imm) {
        o->b = source(f, o->b, 64);
        constant_b = kind <= UINT16_MAX && constant(f, o->b, &value);
    }
    if (constant_b) {
        o->b = IR_NONE;
        o->b_imm = 1;
        o->aux = (u16)kind;
        o->imm = value;
    }
    unsigned width_a = width_of(f, o->a), width_b = width_of(f, o->b);
    wrote(f, o->d, width_a);
    wrote(f, o->d + 1, o->b_imm ? 64 : width_b);
    wrote(f, o->d + 2, 64);
    if (!ir_writes(o, o->a)) /* else it has changed now */
        learn(f, o->d, (struct fact){.kind = FACT_COPY, .a = o->a, .bits = 64});
    if (constant_b)
        learn_constant(f, o->d + 1, value);
    else if (!ir_writes(o, o->b))
        learn(f, o->d + 1, (struct fact){.kind = FACT_COPY, .a = o->b, .bits = 64});
}

static void walk_call(struct forward *f, struct ir_op *o)
{
    o->a = source(f, o->a, 64);
    o->b = source(f, o->b, 64);
    o->c = source(f, o->c, 64);
    f->calls++;
    for (unsigned i = 0; i < 3 && f->cc; i++)
        wrote(f, f->cc + i, 64);
    wrote(f, o->d, 64);
}

static void walk_other(struct forward *f, struct ir_op *o)
{
    unsigned pos = o->aux >> 8, len = o->aux & 0xff;
    switch (o->op) {
    case IR_MOVI:
        learn_constant(f, o->d, o->imm);
        break;
    case IR_LEA:
        walk_lea(f, o);
        break;
    case IR_SELECT:
        o->a = source(f, o->a, 64);
        o->b = source(f, o->b, 64);
        o->c = source(f, o->c, 64);
        wrote(f, o->d, 64);
        break;
    case IR_INSERT:
        o->a = source(f, o->a, len);
        wrote(f, o->d, 64);
        break;
    case IR_EXTRACT:
        o->a = source(f, o->a, pos + len);
        wrote(f, o->d, len);
        break;
    case IR_LD:
    case IR_ST:
    case IR_VLD:
    case IR_VST:
        walk_memory(f, o);
        break;
    case IR_CC:
        walk_cc(f, o);
        break;
    case IR_CALL:
    case IR_LEAF:
        walk_call(f, o);
        break;
    case IR_EXIT_IND:
        o->a = source(f, o->a, 64);
        break;
    case IR_VEC:
        wrote_vec(f, o->a);
        break;
    case IR_VPUT:
        o->c = source(f, o->c, bits_of(o));
        wrote_vec(f, o->a);
        break;
    case IR_VOP:
        if (o->size == IR_128)
            wrote(f, o->d + 1, 64);
        wrote(f, o->d, 64);
        break;
    case IR_VGET:
        wrote(f, o->d, 64);
        break;
    }
}

static void forget(struct forward *f)
{
    for (unsigned i = 0; i < ARRAY_SIZE(f->fact); i++) {
        f->fact[i].kind = FACT_NONE;
        f->width[i] = 64;
    }
}

static void walk(struct forward *f)
{
    forget(f);
    for (u32 i = 0; i < f->b->n_ops; i++) {
        struct ir_op *o = &f->b->ops[i];
        if (f->target[i])
            forget(f);
        if (o->op < IR_ADD)
            walk_one(f, o);
        else if (o->op < IR_BR_EQ)
            walk_two(f, o);
        else if (o->op <= IR_BR_LES)
            walk_branch(f, o);
        else
            walk_other(f, o);
    }
}

/* ---- compute where it goes ---- */

static bool full_move(const struct ir_op *o)
{
    return o->op == IR_MOV && o->size >= IR_32 && ir_is_temp(o->a) && !ir_is_temp(o->d) && o->d != IR_NONE;
}

/* May this op's destination be another word, and does its result fit into `size`? */
static bool can_aim(const struct ir_op *o, unsigned size)
{
    if (o->op < IR_BR_EQ || o->op == IR_LD)
        return o->size <= size;
    return size == IR_64 && (o->op == IR_LEA || o->op == IR_SELECT || o->op == IR_EXTRACT);
}

/* The op that makes the value moved at `at`, if all between leaves both words alone; else -1. */
static int find_maker(const struct forward *f, u32 at)
{
    const struct ir_op *move = &f->b->ops[at];
    for (u32 i = at; i-- > 0;) {
        const struct ir_op *o = &f->b->ops[i];
        if (f->target[i + 1])
            return -1;
        if (o->d == move->a && o->op != IR_CC && o->op != IR_INSERT)
            return can_aim(o, move->size) ? (int)i : -1;
        if (ir_leaves(o) || o->op == IR_LEAF || ir_branches(o) || ir_reads(o, move->d) ||
            ir_writes(o, move->d) || ir_writes(o, move->a))
            return -1;
    }
    return -1;
}

static void aim(struct forward *f)
{
    struct ir_block *b = f->b;
    for (u32 at = 1; at < b->n_ops; at++) {
        struct ir_op *move = &b->ops[at];
        int maker = full_move(move) ? find_maker(f, at) : -1;
        if (maker < 0)
            continue;
        ir_val temp = move->a, to = move->d;
        b->ops[maker].d = to;
        for (u32 i = (u32)maker + 1; i < at; i++)
            ir_replace_reads(&b->ops[i], temp, to);
        move->a = to;
        move->d = temp;
        move->size = IR_64;
    }
}

static u16 flags_word(const struct ir_block *b)
{
    for (u32 i = 0; i < b->n_ops; i++)
        if (b->ops[i].op == IR_CC)
            return b->ops[i].d;
    return 0;
}

static void note_targets(struct forward *f)
{
    for (u32 i = 0; i < f->b->n_labels; i++)
        if (f->b->labels[i] < IR_MAX_OPS)
            f->target[f->b->labels[i]] = true;
}

void ir_optimise(struct ir_block *b, unsigned passes_off)
{
    struct forward f;
    memset(&f, 0, sizeof(f));
    f.b = b;
    f.passes_off = passes_off;
    f.cc = flags_word(b);
    /* Flags that nobody sees would look at values on their way. */
    if (!(passes_off & (IR_PASS_TARGET | IR_PASS_CC)))
        ir_remove_dead(b, !(passes_off & IR_PASS_DEAD), f.cc);
    note_targets(&f);
    if (!(passes_off & IR_PASS_TARGET))
        aim(&f);
    if ((passes_off & (IR_PASS_COPY | IR_PASS_ADDRESS | IR_PASS_BRANCH)) !=
        (IR_PASS_COPY | IR_PASS_ADDRESS | IR_PASS_BRANCH))
        walk(&f);
    ir_remove_dead(b, !(passes_off & IR_PASS_DEAD), passes_off & IR_PASS_CC ? 0 : f.cc);
}
