/* gen_int.h - what the files that make cases share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Some registers are pointers into the window and one is a small index; instructions are not given
 * them as destinations, so most accesses hit the window, near each other. All loops count down a
 * word in memory, so most cases end.
 */
#ifndef TESTS_FUZZ_GEN_INT_H
#define TESTS_FUZZ_GEN_INT_H

#include "form.h"

#define GEN_COUNTER 0x20u  /* in the window: what all loops count down */
#define GEN_COUNTER2 0x24u /* set anew before a loop */

struct gen {
    struct fuzz_case *c;
    struct rng r;
    unsigned theme[FORM_CLASSES]; /* weights */
    bool faults;
    unsigned hot_page, hot_space; /* of system cases */
};

static inline enum fuzz_mode gen_mode(const struct gen *g)
{
    return g->c->mode == FUZZ_SYSTEM ? FUZZ_64 : g->c->mode;
}

static inline u32 gen_window_base(const struct gen *g) /* as addresses count */
{
    return gen_mode(g) == FUZZ_16 ? 0 : FUZZ_WINDOW;
}

/* gen_insn.c */
struct item *gen_item(struct gen *g, const char *name); /* a new one */
void gen_put(struct item *it, const void *p, unsigned n);
#define PUT(it, ...) gen_put(it, (const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))
void gen_put_int(struct item *it, u64 v, unsigned n);
/* size bytes that are filled in when the case is laid out; `after` more belong to the instruction.
 */
void gen_put_fix(struct item *it, enum fix_kind kind, unsigned size, unsigned to, u32 add,
                 unsigned after);
unsigned gen_n_pointers(const struct gen *g);
unsigned gen_pointer_reg(const struct gen *g, unsigned i);
unsigned gen_index_reg(const struct gen *g);
unsigned gen_pointer(struct gen *g); /* any of them */
unsigned gen_free_reg(struct gen *g);
void gen_insn(struct gen *g, enum form_class class); /* or none, if it would not be fit */

/* gen_code.c */
void gen_one(struct gen *g); /* an instruction, as the theme says */
void gen_any(struct gen *g); /* or something with branches, strings, stacks ... */
void gen_loop(struct gen *g, void (*body)(struct gen *));
void gen_back(struct gen *g, u32 counter, unsigned to);

/* gen_system.c */
void gen_system(struct gen *g);
void gen_system_end(struct gen *g);

/* gen_state.c */
void gen_state(struct gen *g);

#endif
