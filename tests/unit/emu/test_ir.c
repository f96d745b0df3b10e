/* test_ir.c - op meanings, the optimiser against no optimiser, dump and verify */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "emu/block.h"
#include "emu/ir_opt.h"
#include "emu/jit.h"
#include "tests/unit/emu/toy.h"

#define R(n) ((ir_val)(IR_WORD(struct toy, r) + (n)))
#define CC_WORD IR_WORD(struct toy, cc_x)

/* What the next translation builds. */
static void (*build)(struct cpu *c, struct ir_block *b);
static u64 build_seed;

static void translate(struct cpu *c, struct ir_block *b, unsigned max_insns)
{
    (void)max_insns;
    build(c, b);
}

/* A toy machine whose code is what `build` makes, at pc 0x1000. */
static struct toy_machine *new_machine(struct arch *arch, unsigned passes_off)
{
    struct toy_machine *t = toy_new(0);
    *arch = *t->cpu->base.arch;
    arch->translate = translate;
    t->cpu->base.arch = arch;
    t->cpu->base.attention = false; /* of the reset */
    t->m->engine->passes_off = passes_off;
    return t;
}

static void insn(struct ir_block *b, unsigned n)
{
    bool ok = true;
    cr_assert(ir_begin_insn(b, 0x1000 + n, 0x1000 + n, 64));
    ir_fetch(b, 1, &ok);
    cr_assert(ok);
}

/* ---- meanings ---- */

static struct {
    enum ir_opcode op;
    enum ir_size size;
    bool imm, branch;
    u64 b;
} one;

static void build_one(struct cpu *c, struct ir_block *b)
{
    (void)c;
    insn(b, 0);
    unsigned l = one.branch ? ir_label(b) : 0;
    if (one.branch) {
        if (one.imm)
            ir_bri(b, one.op, one.size, R(1), one.b, l);
        else
            ir_br(b, one.op, one.size, R(1), R(2), l);
        ir_movi(b, R(0), 0);
        ir_exit(b, 0x2000);
        ir_bind(b, l);
        ir_movi(b, R(0), 1);
        ir_exit(b, 0x2000);
        return;
    }
    if (one.op < IR_ADD)
        ir_1(b, one.op, one.size, R(0), R(1));
    else if (one.imm)
        ir_2i(b, one.op, one.size, R(0), R(1), one.b);
    else
        ir_2(b, one.op, one.size, R(0), R(1), R(2));
    ir_exit(b, 0x2000);
}

static u64 run_one(enum ir_opcode op, enum ir_size size, bool imm, u64 x, u64 y)
{
    struct arch arch;
    struct toy_machine *t = new_machine(&arch, 0);
    one.op = op;
    one.size = size;
    one.imm = imm;
    one.branch = op >= IR_BR_EQ && op <= IR_BR_LES;
    one.b = y;
    build = build_one;
    t->cpu->r[0] = 0x5555;
    t->cpu->r[1] = x;
    t->cpu->r[2] = y;
    cr_assert_eq(engine_run(t->m->engine, &t->cpu->base, 1, false), ENGINE_BUDGET);
    cr_assert_eq(t->cpu->base.pc, 0x2000);
    u64 r = t->cpu->r[0];
    toy_delete(t);
    return r;
}

Test(ir, meanings)
{
    static const struct {
        enum ir_opcode op;
        enum ir_size size;
        u64 a, b, result;
    } table[] = {
        {IR_MOV, IR_8, 0x1234, 0, 0x34},
        {IR_MOV, IR_32, 0xffffffff80000001, 0, 0x80000001},
        {IR_NOT, IR_16, 0x10f0f, 0, 0xf0f0},
        {IR_NEG, IR_8, 1, 0, 0xff},
        {IR_NEG, IR_64, 1, 0, UINT64_MAX},
        {IR_SEXT8, IR_32, 0x80, 0, 0xffffff80},
        {IR_SEXT16, IR_64, 0x8000, 0, 0xffffffffffff8000},
        {IR_SEXT32, IR_64, 0x80000000, 0, 0xffffffff80000000},
        {IR_BSWAP, IR_32, 0x11223344, 0, 0x44332211},
        {IR_BSWAP, IR_64, 0x1122334455667788, 0, 0x8877665544332211},
        {IR_CLZ, IR_16, 0xff0001, 0, 15},
        {IR_CLZ, IR_64, 0, 0, 64},
        {IR_CTZ, IR_8, 0x100, 0, 8},
        {IR_CTZ, IR_32, 0x80000000, 0, 31},
        {IR_POPCNT, IR_16, 0xfffff, 0, 16},
        {IR_ADD, IR_8, 0xff, 2, 1},
        {IR_SUB, IR_16, 0, 1, 0xffff},
        {IR_ANDN, IR_32, 0xff, 0x0f, 0xf0},
        {IR_SHL, IR_8, 0x81, 1, 2},
        {IR_SHL, IR_32, 1, 33, 2},
        {IR_SHR, IR_64, UINT64_MAX, 63, 1},
        {IR_SAR, IR_8, 0x80, 7, 0xff},
        {IR_SAR, IR_32, 0x80000000, 4, 0xf8000000},
        {IR_ROL, IR_8, 0x81, 1, 3},
        {IR_ROL, IR_16, 0x8001, 16, 0x8001},
        {IR_ROR, IR_32, 1, 1, 0x80000000},
        {IR_ROR, IR_64, 1, 0, 1},
        {IR_MUL, IR_16, 0x100, 0x101, 0x100},
        {IR_MULHU, IR_8, 0xff, 0xff, 0xfe},
        {IR_MULHU, IR_64, UINT64_MAX, UINT64_MAX, UINT64_MAX - 1},
        {IR_MULHS, IR_8, 0xff, 0xff, 0},
        {IR_MULHS, IR_64, UINT64_MAX, 2, UINT64_MAX},
        {IR_EQ, IR_8, 0x101, 0x201, 1},
        {IR_NE, IR_64, 0x101, 0x201, 1},
        {IR_LTU, IR_8, 0x7f, 0x80, 1},
        {IR_LTS, IR_8, 0x7f, 0x80, 0},
        {IR_LES, IR_16, 0x8000, 0x8000, 1},
        {IR_LEU, IR_32, 2, 1, 0},
        {IR_BR_EQ, IR_8, 0x101, 0x201, 1},
        {IR_BR_NE, IR_16, 5, 5, 0},
        {IR_BR_LTU, IR_32, 1, 0x100000000, 0},
        {IR_BR_LEU, IR_64, 7, 7, 1},
        {IR_BR_LTS, IR_64, UINT64_MAX, 0, 1},
        {IR_BR_LES, IR_8, 0x80, 0x7f, 1},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(table); i++)
        for (unsigned imm = 0; imm < (table[i].op < IR_ADD ? 1 : 2); imm++)
            cr_assert_eq(run_one(table[i].op, table[i].size, imm, table[i].a, table[i].b),
                         table[i].result, "row %u imm %u", i, imm);
}

static void build_others(struct cpu *c, struct ir_block *b)
{
    (void)c;
    insn(b, 0);
    ir_lea(b, IR_32, R(2), R(0), R(1), 3, 0x10);
    ir_lea(b, IR_64, R(3), IR_NONE, R(1), 1, 1);
    ir_lea(b, IR_16, R(4), R(0), IR_NONE, 0, (u64)-1);
    ir_lea(b, IR_32, R(5), IR_NONE, IR_NONE, 0, UINT64_MAX);
    ir_select(b, R(6), R(14), R(0), R(1));
    ir_select(b, R(7), R(1), R(0), R(1));
    ir_insert(b, R(8), R(0), 8, 8);
    ir_extract(b, R(9), R(0), 8, 12);
    ir_insert(b, R(10), R(0), 0, 64);
    ir_cc(b, CC_WORD, R(0), R(1), 77);
    ir_exit_ind(b, R(1));
}

Test(ir, the_other_ops)
{
    struct arch arch;
    struct toy_machine *t = new_machine(&arch, 0);
    build = build_others;
    t->cpu->r[0] = 0xfffff234;
    t->cpu->r[1] = 0x4321;
    t->cpu->r[8] = 0x1111111111111111;
    engine_run(t->m->engine, &t->cpu->base, 1, false);
    const u64 *r = t->cpu->r;
    cr_assert_eq(r[2], (u32)(0xfffff234 + 0x4321 * 8 + 0x10));
    cr_assert_eq(r[3], 0x8643);
    cr_assert_eq(r[4], 0xf233);
    cr_assert_eq(r[5], 0xffffffff);
    cr_assert_eq(r[6], 0x4321);
    cr_assert_eq(r[7], 0xfffff234);
    cr_assert_eq(r[8], 0x1111111111113411);
    cr_assert_eq(r[9], 0xff2);
    cr_assert_eq(r[10], 0xfffff234);
    cr_assert_eq(t->cpu->cc_x, 0xfffff234);
    cr_assert_eq(t->cpu->cc_y, 0x4321);
    cr_assert_eq(t->cpu->cc_kind, 77);
    cr_assert_eq(t->cpu->base.pc, 0x4321);
    toy_delete(t);
}

/* ---- the optimiser ---- */

struct gen {
    struct ir_block *b;
    u64 seed;
    ir_val temp[24];
    unsigned n_temps;
};

static unsigned pick(struct gen *g, unsigned n)
{
    return (unsigned)(toy_random(&g->seed) >> 20) % n;
}

static ir_val any_word(struct gen *g)
{
    unsigned n = pick(g, 20);
    if (n < 8 && g->n_temps)
        return g->temp[g->n_temps - 1 - pick(g, MIN(g->n_temps, 4u))];
    if (n < 17)
        return R(pick(g, 6));
    return (ir_val)(CC_WORD + (n - 17));
}

static u64 any_imm(struct gen *g)
{
    u64 v = toy_random(&g->seed);
    return pick(g, 2) ? v & 15 : v >> pick(g, 64);
}

static ir_val new_temp(struct gen *g, bool again)
{
    if (again && g->n_temps && !pick(g, 4)) /* translators may set one twice */
        return g->temp[pick(g, g->n_temps)];
    if (g->n_temps == ARRAY_SIZE(g->temp))
        return g->temp[pick(g, g->n_temps)];
    return g->temp[g->n_temps++] = ir_temp(g->b);
}

static enum ir_size any_size(struct gen *g)
{
    return (enum ir_size)(const u8[]){IR_8, IR_16, IR_32, IR_32, IR_64, IR_64}[pick(g, 6)];
}

/* An op without effects but its result in d. */
static void pure_op(struct gen *g, ir_val d)
{
    struct ir_block *b = g->b;
    ir_val x = any_word(g), y = any_word(g), z = any_word(g);
    unsigned pos = pick(g, 50), len = 1 + pick(g, 14);
    switch (pick(g, 12)) {
    case 0:
        ir_movi(b, d, any_imm(g));
        break;
    case 1:
        ir_1(b, (enum ir_opcode)pick(g, IR_ADD), any_size(g), d, x);
        break;
    case 2:
    case 3:
        ir_1(b, IR_MOV, any_size(g), d, x);
        break;
    case 4:
        ir_lea(b, any_size(g), d, x, y, pick(g, 4), any_imm(g));
        break;
    case 5:
        ir_lea(b, pick(g, 2) ? IR_64 : IR_32, d, x, IR_NONE, 0, any_imm(g));
        break;
    case 6:
        ir_select(b, d, x, y, z);
        break;
    case 7:
        ir_insert(b, d, x, pos, len);
        break;
    case 8:
        ir_extract(b, d, x, pos, len);
        break;
    case 9:
        ir_2i(b, (enum ir_opcode)(IR_ADD + pick(g, IR_BR_EQ - IR_ADD)), any_size(g), d, x, any_imm(g));
        break;
    default:
        ir_2(b, (enum ir_opcode)(IR_ADD + pick(g, IR_BR_EQ - IR_ADD)), any_size(g), d, x, y);
    }
}

static u64 help_mix(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct toy *t = (struct toy *)c;
    t->r[3] = t->r[3] * 3 + a;
    t->cc_y ^= b + t->cc_kind;
    return a ^ (b >> 3) ^ d ^ t->cc_x;
}

static u64 help_leaf(struct cpu *c, u64 a, u64 b, u64 d)
{
    struct toy *t = (struct toy *)c;
    t->r[3] = t->r[3] * 5 + a; /* not a hot word */
    (void)d;
    return b ^ (a >> 5) ^ t->r[1];
}

/* A temporary that is mostly a good address: 0x20000 to 0x2ffff, sometimes 0x3f... which faults. */
static ir_val make_address(struct gen *g)
{
    ir_val a = new_temp(g, false), d = new_temp(g, false), i = new_temp(g, false);
    ir_2i(g->b, IR_AND, IR_64, a, any_word(g), 0xff8);
    ir_2i(g->b, IR_AND, IR_64, i, any_word(g), 7);
    switch (pick(g, 7)) {
    case 6: /* just below 4 GiB, which an offset added later must not wrap */
        ir_lea(g->b, IR_32, d, i, IR_NONE, 0, 0xfffffff8);
        break;
    case 0:
        ir_movi(g->b, d, 0x20000 + pick(g, 0x2000));
        break;
    case 1:
        ir_lea(g->b, pick(g, 2) ? IR_32 : IR_64, d, a, i, pick(g, 4),
               0x20000 + pick(g, 2) * 0x20000);
        break;
    case 2:
        ir_2i(g->b, IR_ADD, pick(g, 2) ? IR_32 : IR_64, d, a, 0x20000);
        break;
    case 3: /* wraps at 32 bits */
        ir_2i(g->b, IR_OR, IR_64, a, a, 0xfffffff100020000);
        ir_1(g->b, IR_MOV, IR_32, d, a);
        break;
    case 4:
        ir_2i(g->b, IR_OR, IR_64, a, a, 0x20000);
        ir_2(g->b, IR_ADD, IR_64, d, a, i);
        break;
    default:
        ir_2i(g->b, IR_OR, IR_64, d, a, 0x20000);
    }
    return d;
}

/* Several accesses through one base, which moves; the last may be a store. */
static void accesses_nearby(struct gen *g)
{
    ir_val base = new_temp(g, false), at = make_address(g);
    u64 moved = 0;
    ir_mov(g->b, base, at);
    for (unsigned i = 2 + pick(g, 3); i > 0; i--) {
        u64 off = pick(g, 64) - moved;
        if (i == 1 && pick(g, 2))
            ir_st(g->b, any_size(g), base, off, any_word(g));
        else
            ir_ld(g->b, any_size(g), new_temp(g, false), base, off);
        u64 by = pick(g, 3) * 8;
        ir_2i(g->b, pick(g, 2) ? IR_ADD : IR_SUB, IR_64, base, base, by);
        moved += g->b->ops[g->b->n_ops - 1].op == IR_ADD ? by : -by;
    }
}

/* Some ops, the last that can fault, and only then writes that the guest can see. */
static void random_insn(struct gen *g, unsigned n)
{
    struct ir_block *b = g->b;
    insn(b, n);
    unsigned skip = 0;
    bool label = !pick(g, 3);
    for (unsigned i = pick(g, 4); i > 0; i--)
        pure_op(g, new_temp(g, true));
    if (label) {
        skip = ir_label(b);
        if (pick(g, 2) && g->n_temps) {
            ir_val k = new_temp(g, false);
            ir_2(b, (enum ir_opcode)(IR_EQ + pick(g, 6)), any_size(g), k, any_word(g), any_word(g));
            if (pick(g, 3) == 0)
                pure_op(g, new_temp(g, true));
            ir_bri(b, pick(g, 2) ? IR_BR_EQ : IR_BR_NE, IR_64, k, 0, skip);
        } else {
            ir_br(b, (enum ir_opcode)(IR_BR_EQ + pick(g, 6)), any_size(g), any_word(g), any_word(g), skip);
        }
    }
    switch (pick(g, 8)) {
    case 0:
        ir_ld(b, any_size(g), new_temp(g, true), make_address(g), pick(g, 2) * 8);
        break;
    case 6:
    case 7:
        accesses_nearby(g);
        break;
    case 1:
        ir_ld(b, any_size(g), R(pick(g, 6)), make_address(g), pick(g, 2) * 8);
        break;
    case 2:
        ir_st(b, any_size(g), make_address(g), pick(g, 2) * 8, any_word(g));
        break;
    case 3:
        ir_call(b, pick(g, 2) ? new_temp(g, true) : R(pick(g, 6)), help_mix, any_word(g),
                any_word(g), any_word(g));
        break;
    case 4:
        ir_leaf(b, pick(g, 2) ? new_temp(g, true) : R(pick(g, 6)), help_leaf, any_word(g), any_word(g));
        break;
    }
    for (unsigned i = pick(g, 3); i > 0; i--)
        pure_op(g, new_temp(g, true));
    if (pick(g, 3))
        ir_cc(b, CC_WORD, any_word(g), any_word(g), pick(g, 2) ? pick(g, 9) : 0x123456789);
    for (unsigned i = pick(g, 3); i > 0; i--)
        pure_op(g, R(pick(g, 6)));
    if (label)
        ir_bind(b, skip);
    if (pick(g, 3) == 0 && g->n_temps)
        ir_1(b, IR_MOV, pick(g, 2) ? IR_32 : IR_64, R(pick(g, 6)), g->temp[g->n_temps - 1]);
}

static void build_random(struct cpu *c, struct ir_block *b)
{
    struct gen g = {.b = b, .seed = build_seed};
    (void)c;
    insn(b, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(g.temp); i++) /* so that every path sets what it reads */
        ir_1(b, IR_MOV, IR_64, g.temp[g.n_temps++] = ir_temp(b), R(8 + i % 8));
    for (unsigned n = 1; n < 12; n++)
        random_insn(&g, n);
    if (pick(&g, 2))
        ir_exit(b, 0x2000);
    else
        ir_exit_ind(b, R(14));
}

static void use_jit(struct toy_machine *t, bool jit)
{
    struct engine *e = t->m->engine;
    jit_delete(e->jit);
    e->jit = jit ? jit_new(e, MiB, "jit,warm=1") : NULL;
}

static u64 end_state(u64 seed, unsigned passes_off, bool jit, struct toy *out, enum engine_leave *why)
{
    struct arch arch;
    struct toy_machine *t = new_machine(&arch, passes_off);
    use_jit(t, jit);
    toy_map_identity(t);
    for (u64 page = 0x22; page < 0x200; page++)
        toy_poke(t, TOY_LEAF + page * 8, 0); /* faults */
    u64 rng = seed;
    for (unsigned i = 0; i < 16; i++)
        t->cpu->r[i] = toy_random(&rng) >> (toy_random(&rng) & 63);
    t->cpu->cc_x = toy_random(&rng);
    t->cpu->cc_y = toy_random(&rng);
    for (u64 a = 0x20000; a < 0x22000; a += 8)
        toy_poke(t, a, toy_random(&rng) >> (a & 63));
    t->cpu->r[14] = 0x2000;
    build = build_random;
    build_seed = seed;
    *why = engine_run(t->m->engine, &t->cpu->base, 12, false);
    *out = *t->cpu;
    u64 digest = machine_digest(t->m);
    toy_delete(t);
    return digest;
}

static void check_passes(unsigned passes_off, bool jit)
{
    unsigned faults = 0;
    for (u64 seed = 1; seed <= 3000; seed++) {
        struct toy a, b;
        enum engine_leave why_a, why_b;
        u64 da = end_state(seed, ~0u, false, &a, &why_a), db = end_state(seed, passes_off, jit, &b, &why_b);
        cr_assert_eq(why_a, why_b, "seed %llu", (unsigned long long)seed);
        for (unsigned i = 0; i < 16; i++)
            cr_assert_eq(a.r[i], b.r[i], "seed %llu r%u: %llx %llx", (unsigned long long)seed, i,
                         (unsigned long long)a.r[i], (unsigned long long)b.r[i]);
        cr_assert(a.cc_x == b.cc_x && a.cc_y == b.cc_y && a.cc_kind == b.cc_kind, "seed %llu flags",
                  (unsigned long long)seed);
        cr_assert_eq(a.base.pc, b.base.pc);
        cr_assert_eq(da, db, "seed %llu", (unsigned long long)seed);
        faults += why_a == ENGINE_EXCEPTION;
    }
    cr_assert_gt(faults, 100);
    cr_assert_lt(faults, 2900);
}

Test(ir, optimised_is_the_same)
{
    check_passes(0, false);
}

Test(ir, compiled_is_the_same)
{
    check_passes(0, true);
    check_passes(~0u, true);
}

Test(ir, each_pass_alone_is_the_same)
{
    for (unsigned pass = 1; pass <= IR_PASS_DEAD; pass *= 2)
        check_passes(~pass, false);
}

/* ---- what the passes are for ---- */

static struct ir_block *optimised(void (*fn)(struct cpu *, struct ir_block *), unsigned passes_off)
{
    struct toy_machine *t = toy_new(0);
    struct ir_block *b = xcalloc(1, sizeof(*b));
    ir_reset(b, &t->cpu->base);
    fn(&t->cpu->base, b);
    cr_assert_null(ir_verify(b, UINT16_MAX));
    ir_optimise(b, passes_off);
    toy_delete(t);
    return b;
}

static void build_foldable(struct cpu *c, struct ir_block *b)
{
    (void)c;
    insn(b, 0);
    ir_val a = ir_temp(b), v = ir_temp(b), k = ir_temp(b);
    ir_lea(b, IR_64, a, R(0), R(1), 2, 0x30);
    ir_ld(b, IR_64, v, a, 8);
    ir_cc(b, CC_WORD, v, R(1), 1); /* dead */
    ir_mov(b, R(2), v);
    insn(b, 1);
    unsigned l = ir_label(b);
    ir_cc(b, CC_WORD, R(2), R(3), 2);
    ir_2(b, IR_LTS, IR_32, k, CC_WORD, (ir_val)(CC_WORD + 1));
    ir_bri(b, IR_BR_NE, IR_8, k, 0, l);
    ir_exit(b, 1);
    ir_bind(b, l);
    ir_exit(b, 2);
}

Test(ir, passes_do_what_they_are_for)
{
    struct ir_block *b = optimised(build_foldable, 0);
    cr_assert_eq(b->n_ops, 5);
    cr_assert_eq(b->ops[0].op, IR_LD);
    cr_assert_eq(b->ops[0].form, IR_FORM_INDEX);
    cr_assert_eq(b->ops[0].imm, 0x38);
    cr_assert_eq(b->ops[0].d, R(2));
    cr_assert_eq(b->ops[1].op, IR_CC);
    cr_assert_eq(b->ops[1].imm, 2);
    cr_assert_eq(b->ops[2].op, IR_BR_LTS);
    cr_assert_eq(b->ops[2].a, R(2));
    cr_assert_eq(b->ops[2].b, R(3));
    cr_assert_eq(b->labels[b->ops[2].aux], 4);
    free(b);
    b = optimised(build_foldable, ~0u);
    cr_assert_eq(b->n_ops, 9);
    free(b);
}

Test(ir, dump_names_every_op)
{
    struct ir_block *b = optimised(build_foldable, ~0u);
    struct buf out = {0};
    ir_dump(b, &out);
    cr_assert(strstr(buf_cstr(&out), "0x1001:"));
    cr_assert(strstr(buf_cstr(&out), "LEA.64 t1"));
    cr_assert(strstr(buf_cstr(&out), "BR_NE.8"));
    buf_fini(&out);
    free(b);
}

Test(ir, verify_finds_what_is_wrong)
{
    struct ir_block *b = optimised(build_foldable, ~0u);
    cr_assert_null(ir_verify(b, UINT16_MAX));
    cr_assert_str_eq(ir_verify(b, 100), "operand out of range");
    b->n_ops--;
    cr_assert_str_eq(ir_verify(b, UINT16_MAX), "branch past the end");
    b->n_ops++;
    b->labels[0] = UINT32_MAX;
    cr_assert_str_eq(ir_verify(b, UINT16_MAX), "branch to an unbound label");
    b->labels[0] = 2;
    cr_assert_str_eq(ir_verify(b, UINT16_MAX), "branch backwards");
    b->labels[0] = 8;
    b->ops[b->n_ops - 1].op = IR_MOVI;
    cr_assert_str_eq(ir_verify(b, UINT16_MAX), "no exit at the end");
    free(b);
}
