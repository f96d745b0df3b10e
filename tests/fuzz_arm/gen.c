/* gen.c - make cases of random code from the decoder's rows */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A row's letters are filled at random, within what keeps a case useful: r3 holds a small number
 * and is an index, r4 to r6 and sp point into the window and are bases; none of them is written but
 * by write-back. UNPREDICTABLE encodings are left out as far as they are known: processors differ
 * in them.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/arm/emit_neon.h"
#include "arch/arm/emit_vfp.h"
#include "emu/check.h"
#include "fuzz_arm.h"

enum { INDEX = 3, BASE_FIRST = 4, BASE_LAST = 6, SP = 13, LR = 14, PC = 15 };
enum { MOST_ROWS = 2048 };
#define A32_END 0xe7f000f0u
#define T16_END 0xde00u

struct gen {
    const struct arm_row *a32[MOST_ROWS], *t16[MOST_ROWS], *t32[MOST_ROWS];
    unsigned n_a32, n_t16, n_t32, kinds, most;
};

u64 rng_u64(struct rng *r) /* splitmix64 */
{
    u64 z = r->s += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

u32 rng_below(struct rng *r, u32 n)
{
    return (u32)(rng_u64(r) % n);
}

static u32 interesting(struct rng *r)
{
    static const u32 edges[] = {
        0,      1,       2,          0x7f,       0x80,       0xff,       0x7fff,     0x8000,
        0xffff, 0x10000, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x55555555};
    switch (rng_below(r, 4)) {
    case 0: return edges[rng_below(r, ARRAY_SIZE(edges))];
    case 1: return (u32)rng_u64(r) & 0xff;
    default: return (u32)rng_u64(r);
    }
}

/* ---- which rows ---- */

static bool leaves(const struct arm_row *row)
{
    static arm_emit *const out[] = {
        arm_a32_b,       arm_a32_bl,     arm_a32_blx, arm_bx,     arm_blx_reg,    arm_t16_b,
        arm_t16_b_cond,  arm_t16_cbz,    arm_t16_it,  arm_t32_b,  arm_t32_b_cond, arm_t32_bl,
        arm_t32_blx,     arm_t32_tbb,    arm_hint,    arm_svc,    arm_bkpt,       arm_hvc,
        arm_smc,         arm_eret,       arm_udf,     arm_hlt,    arm_cps,        arm_mrs,
        arm_mrs_banked,  arm_msr_banked, arm_mcr,     arm_mrc,    arm_mcrr,       arm_mrrc,
        arm_t32_subs_pc, arm_srs,        arm_rfe,     arm_strex,  arm_swp,        arm_vmsr};
    for (unsigned i = 0; i < ARRAY_SIZE(out); i++)
        if (row->emit == out[i])
            return true;
    return row->flags & ROW_PRIV;
}

static void take(const struct arm_row **list, unsigned *n, const struct arm_row *rows)
{
    for (; rows->encoding; rows++)
        if (!leaves(rows)) {
            CHECK(*n < MOST_ROWS);
            list[(*n)++] = rows;
        }
}

struct gen *gen_new(unsigned kinds, unsigned most)
{
    struct gen *g = xcalloc(1, sizeof(*g));
    g->kinds = kinds;
    g->most = most;
    if (kinds & GEN_INTEGER) {
        take(g->a32, &g->n_a32, arm_rows_a32);
        take(g->a32, &g->n_a32, arm_rows_a32_uncond);
        take(g->t16, &g->n_t16, arm_rows_t16);
        take(g->t32, &g->n_t32, arm_rows_t32);
    }
    if (kinds & GEN_VFP)
        take(g->a32, &g->n_a32, arm_rows_vfp);
    if (kinds & GEN_NEON)
        take(g->a32, &g->n_a32, arm_rows_neon);
    return g;
}

void gen_delete(struct gen *g)
{
    free(g);
}

/* ---- one instruction ---- */

struct filled {
    u32 bits;
    u32 field[64];
    u8 len[64];
    unsigned width;
};

static bool has(const struct filled *f, char letter)
{
    return f->len[INSN_FIELD(letter)];
}

static u32 get(const struct filled *f, char letter)
{
    return f->field[INSN_FIELD(letter)];
}

static void set(struct filled *f, char letter, u32 v)
{
    f->field[INSN_FIELD(letter)] = v;
}

static void choose(struct filled *f, const struct arm_row *row, struct rng *r)
{
    memset(f, 0, sizeof(*f));
    for (const char *s = row->encoding; *s; s++)
        if ((*s >= 'A' && *s <= 'Z' && *s != 'X') || (*s >= 'a' && *s <= 'z' && *s != 'x'))
            f->len[INSN_FIELD(*s)]++;
    for (unsigned i = 0; i < 64; i++)
        f->field[i] = f->len[i] ? (u32)rng_u64(r) & (u32)((UINT64_C(1) << f->len[i]) - 1) : 0;
}

static void assemble(struct filled *f, const struct arm_row *row)
{
    u8 left[64];
    memcpy(left, f->len, sizeof(left));
    f->bits = f->width = 0;
    for (const char *s = row->encoding; *s; s++) {
        u32 bit;
        if (*s == ' ')
            continue;
        if (*s == '0' || *s == '1')
            bit = *s - '0';
        else if (*s == 'X' || *s == 'x' || *s == '!')
            bit = *s == '!';
        else
            bit = f->field[INSN_FIELD(*s)] >> --left[INSN_FIELD(*s)] & 1;
        f->bits = f->bits << 1 | bit;
        f->width++;
    }
}

static bool is_special(u32 reg)
{
    return reg == INDEX || (reg >= BASE_FIRST && reg <= BASE_LAST) || reg >= SP;
}

static u32 base(const struct filled *f, struct rng *r)
{
    return f->len[INSN_FIELD('n')] == 4 && rng_one_in(r, 5) ? SP : BASE_FIRST + rng_below(r, 3);
}

static bool is_one_of(const struct arm_row *row, arm_emit *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (row->emit == list[i])
            return true;
    return false;
}

/* Loads and stores: their bases and offsets. */
static bool tame_memory(struct filled *f, const struct arm_row *row, struct rng *r)
{
    static arm_emit *const imm[] = {arm_a32_mem_imm,  arm_a32_extra_imm, arm_t32_mem_imm12,
                                    arm_t32_mem_imm8, arm_t32_dual,      arm_t16_mem_imm,
                                    arm_ldrex,        arm_preload};
    static arm_emit *const reg[] = {arm_a32_mem_reg, arm_a32_extra_reg, arm_t32_mem_reg,
                                    arm_t16_mem_reg};
    static arm_emit *const multiple[] = {arm_ldm_stm, arm_t16_ldm_stm, arm_t16_push, arm_t16_pop};
    if (is_one_of(row, imm, ARRAY_SIZE(imm))) {
        set(f, 'n', base(f, r));
    } else if (is_one_of(row, reg, ARRAY_SIZE(reg))) {
        set(f, 'n', base(f, r));
        set(f, 'm', INDEX);
        set(f, 't', 0);
        if (row->emit == arm_a32_mem_reg)
            set(f, 'i', rng_below(r, 3));
    } else if (is_one_of(row, multiple, ARRAY_SIZE(multiple))) {
        set(f, 'n', base(f, r));
        set(f, 'S', 0);
        set(f, 'R', 0);
        set(f, 'r', get(f, 'r') & 0x5f87 & ((1u << f->len[INSN_FIELD('r')]) - 1));
        if (__builtin_popcount(get(f, 'r')) < 2)
            set(f, 'r', 0x83);
    } else if (row->emit == arm_neon_multiple || row->emit == arm_neon_single ||
               row->emit == arm_neon_all) {
        set(f, 'n', base(f, r));
        set(f, 'm', rng_one_in(r, 3) ? 15 : rng_one_in(r, 2) ? 13 : INDEX);
        set(f, 'D', 0); /* not past the last register */
        if (row->emit == arm_neon_multiple && get(f, 'a') == 3)
            set(f, 'a', 2); /* qemu-arm does not look for 32 bytes */
    } else if (row->emit == arm_vfp_load_store || row->emit == arm_vfp_multiple) {
        set(f, 'n', base(f, r));
        if (row->emit == arm_vfp_multiple)
            set(f, 'i', get(f, 'z') ? 2 * (1 + rng_below(r, 6)) : 1 + rng_below(r, 10));
    } else {
        return row->emit == arm_t16_mem_sp || row->emit == arm_t16_literal ||
               row->emit == arm_t32_mem_literal;
    }
    return true;
}

/* Do d, n and m number VFP's registers? Of these all may be used. */
static bool has_core_registers(const struct arm_row *row)
{
    static arm_emit *const moves[] = {arm_vfp_move_core,   arm_vfp_move_pair, arm_vfp_to_scalar,
                                      arm_vfp_from_scalar, arm_vfp_dup,       arm_vmrs};
    return !(row->flags & (ROW_VFP | ROW_NEON)) || is_one_of(row, moves, ARRAY_SIZE(moves));
}

/* Mostly sizes that there are, and quad registers with even numbers: what is UNDEFINED ends a case. */
static void tame_neon(struct filled *f, const struct arm_row *row, struct rng *r)
{
    static arm_emit *const sized[] = {arm_neon_same, arm_neon_scalar, arm_neon_misc,
                                      arm_neon_misc_narrow, arm_neon_permute};
    if (!(row->flags & ROW_NEON) || has_core_registers(row) || rng_one_in(r, 30))
        return;
    if (is_one_of(row, sized, ARRAY_SIZE(sized))) {
        const struct neon_row *n = (const struct neon_row *)(uintptr_t)row->arg;
        if (f->len[INSN_FIELD('s')] == 1)
            set(f, 's', 0);
        while (f->len[INSN_FIELD('s')] == 2 && !(n->sizes >> get(f, 's') & 1))
            set(f, 's', rng_below(r, 4));
        if (n->flags & NEON_NO_Q)
            set(f, 'Q', 0);
    }
    if (has(f, 'Q') ? get(f, 'Q') : !rng_one_in(r, 4))
        for (const char *c = "dnm"; *c; c++)
            set(f, *c, get(f, *c) & ~1u);
}

static bool loads_or_is_tame(const struct filled *f, bool thumb)
{
    static const char written[] = "dhlD", read[] = "nmsa";
    for (const char *c = written; *c; c++)
        if (has(f, *c) && (f->len[INSN_FIELD(*c)] == 4 || f->len[INSN_FIELD(*c)] == 3) &&
            is_special(get(f, *c)))
            return false;
    for (const char *c = read; *c; c++)
        if (f->len[INSN_FIELD(*c)] == 4 && (get(f, *c) == PC || (thumb && get(f, *c) == SP)))
            return false;
    return true;
}

/* Fields that an operation does not use should be zero. */
static void zero_unused(struct filled *f, const struct arm_row *row)
{
    if (row->emit == arm_rev || row->emit == arm_clz)
        set(f, 'n', get(f, 'm')); /* T32 says it twice */
    if (row->emit != arm_a32_alu_imm && row->emit != arm_a32_alu_reg &&
        row->emit != arm_a32_alu_shift)
        return;
    if (get(f, 'o') >> 2 == 2) {
        set(f, 'd', 0);
        set(f, 'S', 1); /* else it is another instruction */
    }
    if (get(f, 'o') == ALU_MOV || get(f, 'o') == ALU_MVN)
        set(f, 'n', 0);
}

/* What the manual calls UNPREDICTABLE. */
static bool is_predictable(const struct filled *f, const struct arm_row *row)
{
    if (has(f, 'h') && has(f, 'l') && get(f, 'h') == get(f, 'l'))
        return false;
    if ((row->emit == arm_a32_extra_imm || row->emit == arm_a32_extra_reg) &&
        (row->arg & 7) == ACC_D &&
        ((get(f, 'd') & 1) || is_special(get(f, 'd') + 1) || (!get(f, 'P') && get(f, 'W'))))
        return false;
    if (row->emit == arm_ldrex && row->arg == ACC_D && !has(f, 'D') &&
        ((get(f, 'd') & 1) || is_special(get(f, 'd') + 1)))
        return false;
    if (has(f, 'D') && get(f, 'D') == get(f, 'd'))
        return false;
    if ((row->emit == arm_vfp_from_fixed || row->emit == arm_vfp_to_fixed) && !get(f, 'w') &&
        2 * get(f, 'i') + get(f, 'I') > 16)
        return false;
    if (row->emit == arm_neon_permute && get(f, 'd') == get(f, 'm') && get(f, 'D') == get(f, 'M'))
        return false;
    if (strstr(row->encoding, "1Dss nnnn") && get(f, 's') == 3)
        return false; /* it is another instruction */
    if (row->emit == arm_neon_tbl && (get(f, 'N') << 4 | get(f, 'n')) + get(f, 'l') > 31)
        return false;
    if (row->emit == arm_vmrs)
        return get(f, 'r') == 1;
    if (row->emit == arm_vfp_move_pair && (is_special(get(f, 'T')) || get(f, 'T') == get(f, 'd') ||
                                           (!row->arg && get(f, 'm') == 15 && get(f, 'M'))))
        return false;
    if (row->emit == arm_vfp_multiple) {
        u32 first = get(f, 'z') ? get(f, 'D') << 4 | get(f, 'd') : get(f, 'd') << 1 | get(f, 'D');
        return get(f, 'P') != get(f, 'U') && (!get(f, 'P') || get(f, 'W')) &&
               first + get(f, 'i') / (get(f, 'z') ? 2 : 1) <= 32;
    }
    if (row->emit == arm_bitfield && get(f, 'l') + get(f, 'w') > 31)
        return false;
    if (row->emit == arm_bfi && get(f, 'm') < get(f, 'l'))
        return false;
    if (row->emit == arm_msr || row->emit == arm_msr_imm)
        return !get(f, 'r') && !(get(f, 'k') & 3) && get(f, 'k');
    if (row->emit == arm_t32_mem_imm8 && !get(f, 'P') && !get(f, 'W'))
        return false;
    if (row->emit == arm_t32_dual && !get(f, 'P') && !get(f, 'W'))
        return false;
    return true;
}

/* One instruction of the row into bits; its width in bits. In T32 the comparisons have d 15. */
static unsigned fill(const struct arm_row *row, struct rng *r, bool thumb, u32 *bits)
{
    struct filled f;
    for (unsigned tries = 0; tries < 200; tries++) {
        choose(&f, row, r);
        bool memory = tame_memory(&f, row, r);
        zero_unused(&f, row);
        if (!memory)
            tame_neon(&f, row, r);
        if (has(&f, 'c') && f.len[INSN_FIELD('c')] == 4)
            set(&f, 'c', rng_one_in(r, 3) ? rng_below(r, 15) : 14);
        u32 n = get(&f, 'n'), m = get(&f, 'm');
        if (memory)
            set(&f, 'n', 0), set(&f, 'm', 0);
        bool ok =
            (!has_core_registers(row) || loads_or_is_tame(&f, thumb && row->encoding[0] == '1')) &&
            is_predictable(&f, row);
        if (memory)
            set(&f, 'n', n), set(&f, 'm', m);
        if (!ok)
            continue;
        assemble(&f, row);
        *bits = f.bits;
        return f.width;
    }
    return 0;
}

/* ---- a case ---- */

struct writer {
    struct arm_case *c;
    bool thumb;
};

static bool put16(struct writer *w, u32 v)
{
    if (w->c->code_bytes + 2 > CASE_CODE_BYTES)
        return false;
    w->c->code[w->c->code_bytes++] = (u8)v;
    w->c->code[w->c->code_bytes++] = (u8)(v >> 8);
    return true;
}

static bool put(struct writer *w, u32 bits, unsigned width)
{
    if (width == 16)
        return put16(w, bits);
    if (w->c->code_bytes + 4 > CASE_CODE_BYTES)
        return false;
    return w->thumb ? put16(w, bits >> 16) && put16(w, bits)
                    : put16(w, bits) && put16(w, bits >> 16);
}

/* T32 has A32's VFP and NEON in another place. */
static u32 to_t32(u32 bits)
{
    if (bits >> 25 == 0x79) /* 1111001U */
        return 0xef000000 | (bits >> 24 & 1) << 28 | (bits & 0x00ffffff);
    if (bits >> 24 == 0xf4)
        return 0xf9000000 | (bits & 0x00ffffff);
    return (bits & 0x0fffffff) | 0xe0000000;
}

static bool put_row(struct gen *g, struct writer *w, struct rng *r, bool in_it)
{
    u32 bits;
    unsigned width, n_own = w->thumb ? g->n_t16 + g->n_t32 : 0, n = n_own + g->n_a32;
    const struct arm_row *row;

    if (w->thumb && n_own && (!(g->kinds & (GEN_VFP | GEN_NEON)) || rng_one_in(r, 3))) {
        u32 k = rng_below(r, 2) ? rng_below(r, g->n_t16) : g->n_t16 + rng_below(r, g->n_t32);
        row = k < g->n_t16 ? g->t16[k] : g->t32[k - g->n_t16];
        if (in_it && (row->flags & ROW_UNCOND))
            return true;
        width = fill(row, r, true, &bits);
        return !width || put(w, bits, width);
    }
    (void)n;
    row = g->a32[rng_below(r, g->n_a32)];
    if (w->thumb && !(row->flags & (ROW_VFP | ROW_NEON)) && row->emit != arm_vmrs)
        return true; /* an integer one of A32 */
    width = fill(row, r, w->thumb, &bits);
    if (!width)
        return true;
    return put(w, w->thumb ? to_t32(bits) : bits, width);
}

static bool put_it(struct gen *g, struct writer *w, struct rng *r)
{
    u32 cond = rng_below(r, 14), mask = 1 + rng_below(r, 15);
    if (!put16(w, 0xbf00 | cond << 4 | mask))
        return false;
    for (unsigned n = 4 - (unsigned)__builtin_ctz(mask); n;) {
        u32 at = w->c->code_bytes;
        if (!put_row(g, w, r, true))
            return false;
        n -= w->c->code_bytes > at; /* a row that did not fit is tried again */
    }
    return true;
}

/* A short way forward, over a few instructions. */
static bool put_branch(struct gen *g, struct writer *w, struct rng *r)
{
    u32 at = w->c->code_bytes;
    if (!w->thumb)
        return put(w, rng_below(r, 15) << 28 | 0x0a000000 | rng_below(r, 4), 32);
    bool ok = put16(w, 0xd000 | rng_below(r, 14) << 8);
    for (u32 n = rng_below(r, 4); ok && n; n--)
        ok = put_row(g, w, r, false);
    if (w->c->code_bytes > at)
        w->c->code[at] = (u8)((i32)(w->c->code_bytes - at - 4) / 2);
    return ok;
}

static void put_state(struct arm_case *c, struct rng *r, bool thumb)
{
    struct case_state *s = &c->in;
    for (unsigned i = 0; i < 15; i++)
        s->r[i] = interesting(r);
    s->r[INDEX] = rng_below(r, 32);
    for (unsigned i = BASE_FIRST; i <= BASE_LAST; i++)
        s->r[i] = CASE_WINDOW + 8 * rng_below(r, 16) + (rng_one_in(r, 8) ? rng_below(r, 8) : 0);
    s->r[SP] = CASE_WINDOW + 4 * rng_below(r, 32);
    s->cpsr = (u32)rng_u64(r) & (0xf8000000 | 0x000f0000);
    s->cpsr |= 0x10 | (thumb ? 0x20 : 0);
    s->fpscr = (u32)rng_u64(r) & (rng_one_in(r, 2) ? 0xf3c0009f : 0xf0000000);
    for (unsigned i = 0; i < 32; i++) {
        u64 single = (u64)interesting(r) << 32 | interesting(r), v = rng_u64(r);
        u64 near = UINT64_C(0x3ff0000000000000) ^ (v & 0x807fffffffffffff);
        u64 nears = (UINT64_C(0x3f8000003f800000)) ^ (v & 0x83ffffff83ffffff);
        s->d[i] = rng_one_in(r, 4)   ? single
                  : rng_one_in(r, 3) ? near
                  : rng_one_in(r, 2) ? nears
                                     : v;
    }
}

void gen_case(struct gen *g, u64 seed, u32 number, bool thumb, struct arm_case *c)
{
    struct rng r = {seed * UINT64_C(0x2545f4914f6cdd1d) + number};
    struct writer w = {c, thumb};
    unsigned n = 1 + rng_below(&r, g->most);

    memset(c, 0, sizeof(*c));
    c->number = number;
    put_state(c, &r, thumb);
    while (n--) {
        bool ok = thumb && rng_one_in(&r, 8) ? put_it(g, &w, &r)
                  : rng_one_in(&r, 12)       ? put_branch(g, &w, &r)
                                             : put_row(g, &w, &r, false);
        if (!ok)
            break;
    }
    for (u32 at = c->code_bytes; at < sizeof(c->code); at += 2) {
        u32 end = thumb ? T16_END : at % 4 ? A32_END >> 16 : A32_END & 0xffff;
        c->code[at] = (u8)end;
        c->code[at + 1] = (u8)(end >> 8);
    }
}

unsigned gen_count(const struct arm_case *c)
{
    return c->code_bytes / (c->in.cpsr & 0x20 ? 3 : 4);
}
