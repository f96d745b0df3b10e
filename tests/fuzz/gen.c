/* gen.c - make a case */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "emu/check.h"
#include "gen_int.h"
#include "system.h"

static void choose_theme(struct gen *g)
{
    static const u8 themes[][FORM_CLASSES] = {
        {10, 0, 0, 0, 0}, {10, 0, 3, 0, 0}, {5, 0, 10, 0, 0},
        {5, 0, 0, 10, 0}, {5, 10, 3, 1, 0}, {10, 3, 5, 3, 0},
    };
    const u8 *t = themes[rng_below(&g->r, ARRAY_SIZE(themes))];

    for (unsigned i = 0; i < FORM_CLASSES; i++)
        g->theme[i] = t[i] * 20;
    if (g->c->mode == FUZZ_SYSTEM)
        g->theme[FORM_SYSTEM] = rng_one_in(&g->r, 6);
    else if (!g->c->host)
        g->theme[FORM_SYSTEM] = 3;
}

static void subroutines(struct gen *g, unsigned *first)
{
    for (unsigned k = 0; k < 3; k++) {
        first[k] = g->c->n;
        for (unsigned i = 1 + rng_below(&g->r, 5); i; i--)
            gen_one(g);
        struct item *it = gen_item(g, "ret");
        if (rng_one_in(&g->r, 6))
            PUT(it, 0xc2, 8, 0);
        else
            PUT(it, 0xc3);
        it->keep = true;
    }
}

static void resolve(struct fuzz_case *c, const unsigned *sub, unsigned end)
{
    for (unsigned i = 0; i < c->n; i++)
        for (unsigned k = 0; k < c->item[i].n_fix; k++) {
            struct fix *f = &c->item[i].fix[k];
            if (f->to >= 0x8000)
                f->to = (u16)sub[f->to - 0x8000];
            else if (i < end && f->to > end)
                f->to = (u16)end;
            else if (f->to > c->n)
                f->to = (u16)c->n;
        }
}

static void gen_raw(struct gen *g)
{
    for (unsigned n = 4 + rng_below(&g->r, 20); n; n--) {
        struct item *it = gen_item(g, "raw");
        gen_put_int(it, rng_u64(&g->r), 1 + rng_below(&g->r, 6));
        if (rng_one_in(&g->r, 3))
            gen_one(g);
    }
}

static unsigned bytes(const struct gen *g)
{
    unsigned n = 0;
    for (unsigned i = 0; i < g->c->n; i++)
        n += g->c->item[i].len;
    return n;
}

static void gen_structured(struct gen *g)
{
    unsigned length = 10 + rng_below(&g->r, rng_one_in(&g->r, 3) ? 180 : 60), sub[3];

    void (*any)(struct gen *) = g->c->mode == FUZZ_SYSTEM ? gen_system : gen_any;

    while (g->c->n < length && bytes(g) < 2800)
        if (rng_one_in(&g->r, 14))
            gen_loop(g, any);
        else
            any(g);
    if (rng_one_in(&g->r, 2)) /* the whole once more, and again */
        gen_back(g, GEN_COUNTER, rng_below(&g->r, g->c->n));
    if (g->c->mode == FUZZ_SYSTEM)
        gen_system_end(g);
    else
        PUT(gen_item(g, "end"), 0x0f, 0x0b);
    g->c->item[g->c->n - 1].keep = true;
    unsigned at = g->c->n - 1;
    subroutines(g, sub);
    resolve(g->c, sub, at);
}

void gen_case(struct fuzz_case *c, u64 seed, u64 number, enum fuzz_mode mode)
{
    struct gen g = {.c = c, .r = {seed * UINT64_C(0x9e3779b97f4a7c15) + number * 3 + mode}};

    rng_u64(&g.r);
    c->seed = seed;
    c->number = number;
    c->mode = mode;
    c->n = 0;
    c->host = rng_below(&g.r, 4) != 0 && mode != FUZZ_SYSTEM;
    c->raw = rng_one_in(&g.r, 16);
    c->user_code = rng_one_in(&g.r, 2);
    c->high = mode == FUZZ_SYSTEM && rng_one_in(&g.r, 2);
    c->shared_high = rng_one_in(&g.r, 2);
    g.faults = rng_one_in(&g.r, 3);
    g.hot_page = rng_below(&g.r, 3);
    g.hot_space = rng_below(&g.r, 3);
    choose_theme(&g);
    gen_state(&g);
    if (c->raw) {
        gen_raw(&g);
        PUT(gen_item(&g, "end"), 0x0f, 0x0b);
    } else {
        gen_structured(&g);
    }
    gen_lay_out(c);
}

u64 fuzz_code_base(const struct fuzz_case *c)
{
    return c->mode == FUZZ_16 ? 0 : c->high ? SYSTEM_HIGH + FUZZ_CODE : FUZZ_CODE;
}

static void apply_fix(struct fuzz_case *c, unsigned at, const struct fix *f)
{
    u32 base = (u32)fuzz_code_base(c);
    u32 target = c->at[MIN(f->to, c->n)], v;

    switch (f->kind) {
    case FIX_REL:
        v = target - (at + f->end);
        break;
    case FIX_ABS:
        v = base + target + f->add;
        break;
    default:
        v = f->add - (FUZZ_CODE + at + f->end);
    }
    if (f->size == 1 && (i32)v != (i8)v)
        v = 0; /* too far: to the next one */
    memcpy(c->in.code + at + f->at, &v, f->size);
}

void gen_lay_out(struct fuzz_case *c)
{
    unsigned at = c->in.pc & (FUZZ_CODE_SIZE - 1);

    memset(c->in.code, 0xf4, FUZZ_CODE_SIZE); /* HLT */
    for (unsigned i = 0; i < c->n; i++) {
        c->at[i] = (u16)at;
        at += c->item[i].gone ? 0 : c->item[i].len;
    }
    c->at[c->n] = (u16)at;
    CHECK(at < FUZZ_CODE_SIZE);
    for (unsigned i = 0; i < c->n; i++) {
        const struct item *it = &c->item[i];
        if (it->gone)
            continue;
        memcpy(c->in.code + c->at[i], it->bytes, it->len);
        for (unsigned k = 0; k < it->n_fix; k++)
            apply_fix(c, c->at[i], &it->fix[k]);
    }
    memcpy(c->alt, c->in.code, FUZZ_CODE_SIZE);
    for (unsigned i = 0; i < c->n; i++)
        if (c->item[i].alters && !c->item[i].gone)
            c->alt[c->at[i] + 1] ^= 0x55;
}
