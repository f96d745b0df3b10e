/* gen_state.c - what a case starts from */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "gen_int.h"
#include "system.h"

static void random_fx(struct gen *g, u8 *fx)
{
    static const u8 precision[] = {0, 2, 3, 3, 3};
    struct rng *r = &g->r;
    bool mask = g->c->host || rng_below(r, 4);
    u16 cw = (u16)(0x7f | rng_below(r, 4) << 10 | precision[rng_below(r, 5)] << 8),
        sw = rng_u64(r) & 0x7f00;
    u32 mxcsr = 0x1f80 | rng_below(r, 4) << 13 | (rng_one_in(r, 4) ? 1u << 6 : 0) |
                (rng_one_in(r, 4) ? 1u << 15 : 0);

    if (!mask)
        cw &= (u16) ~(1u << rng_below(r, 6));
    if (rng_one_in(r, mask ? 12 : 4))
        mxcsr &= ~(1u << (7 + rng_below(r, 6)));
    memcpy(fx, &cw, 2);
    memcpy(fx + 2, &sw, 2);
    fx[4] = (u8)(rng_below(r, 3) ? 0xff : rng_u64(r));
    memcpy(fx + 24, &mxcsr, 4);
    for (unsigned i = 0; i < 8; i++) {
        u64 mant = rng_fraction(r, 63), exp = rng_exponent(r, 32767);
        if (rng_below(r, 16) ? exp != 0 : rng_below(r, 2))
            mant |= (u64)1 << 63;
        exp |= rng_below(r, 2) << 15;
        memcpy(fx + 32 + 16 * i, &mant, 8);
        memcpy(fx + 40 + 16 * i, &exp, 2);
    }
    for (unsigned i = 160; i < (g->c->mode == FUZZ_64 ? 416 : 288); i += 8) {
        u64 v = rng_half(r);
        memcpy(fx + i, &v, 8);
    }
}

static void random_window(struct gen *g, u8 *w)
{
    struct rng fixed = {1}, *r = &g->r;
    u64 few[16];

    for (unsigned i = 0; i < 16; i++)
        few[i] = rng_half(r);
    for (unsigned i = 0; i < FUZZ_WRITABLE; i += 8) {
        u64 v = few[(i >> 3) & 15] + (i >> 7) * UINT64_C(0x100000001);
        memcpy(w + i, &v, 8);
    }
    for (unsigned i = FUZZ_WRITABLE; i < FUZZ_WINDOW_SIZE; i += 8) { /* the same in all cases */
        u64 v = rng_u64(&fixed);
        memcpy(w + i, &v, 8);
    }
    u32 count = rng_one_in(r, 5) ? 300 : 1 + rng_below(r, 40);
    memcpy(w + GEN_COUNTER, &count, 4);
    memcpy(w + GEN_COUNTER2, &count, 4);
}

void gen_state(struct gen *g)
{
    struct fuzz_state *s = &g->c->in;
    struct rng *r = &g->r;
    bool code64 = gen_mode(g) == FUZZ_64;

    memset(s->fx, 0, sizeof(s->fx));
    for (unsigned i = 0; i < 16; i++)
        s->gpr[i] = code64 ? rng_value(r) : i < 8 ? (u32)rng_value(r) : 0;
    for (unsigned i = 0; i < gen_n_pointers(g); i++) {
        u32 at = 0x100 + rng_below(r, FUZZ_WRITABLE - 0x200);
        s->gpr[gen_pointer_reg(g, i)] = gen_window_base(g) + (rng_below(r, 4) ? at & ~15u : at) +
                                        (g->c->high && rng_one_in(r, 2) ? SYSTEM_HIGH : 0);
    }
    s->gpr[gen_index_reg(g)] = rng_below(r, 64);
    s->gpr[RSP] = gen_window_base(g) + FUZZ_STACK + (rng_one_in(r, 6) ? rng_below(r, 8) : 0);
    s->rflags = rng_u64(r) & FL_ARITH;
    if (rng_one_in(r, 3)) { /* lengths for PCMPESTRx */
        s->gpr[RAX] = rng_below(r, 20);
        s->gpr[RDX] = rng_below(r, 20);
    }
    random_fx(g, s->fx);
    random_window(g, s->window);
    s->pc = fuzz_code_base(g->c) +
            (rng_one_in(r, 3) ? PAGE_SIZE - rng_below(r, 600) : rng_below(r, 1500));
}
