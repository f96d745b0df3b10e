/* fuzz.h - random code executed by the interpreter, the JIT and the host's processor, compared */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A *case* is an initial state and a list of items: an instruction, or a few that belong together.
 * Branches name items, not addresses, so that a case can be made shorter by leaving items out. It
 * is executed from the same state by several *variants* of our engine, which must agree in every
 * bit of the saved state, in memory and in the number of steps; and by the host's processor, with
 * which they must agree in what a user program can see.
 *
 * Memory: two pages of code, and a window of four pages, of which the last is read-only; nothing
 * else is mapped in the first 4 GiB. In 16-bit code the segments begin there.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdio.h>

#include "arch/x86/decode.h"
#include "emu/types.h"

#define FUZZ_CODE 0x10000000u
#define FUZZ_CODE_SIZE 0x2000u
#define FUZZ_WINDOW 0x20000000u
#define FUZZ_WINDOW_SIZE 0x4000u
#define FUZZ_WRITABLE 0x3000u /* bytes of the window */
#define FUZZ_STACK 0x1800u    /* in the window */
#define FUZZ_GS                                                                                    \
    0x800u /* GS: the window from there; in 16-bit code the code, so that it can be written */
#define FUZZ_MAX_ITEMS 320
#define FUZZ_LIMIT 30000 /* steps; what takes more is not compared with the host */

enum fuzz_mode { FUZZ_16, FUZZ_32, FUZZ_64, FUZZ_SYSTEM /* see system.h */, FUZZ_MODES };

/* ---- random numbers ---- */

struct rng {
    u64 s;
};
u64 rng_u64(struct rng *r);
unsigned rng_below(struct rng *r, unsigned n);
static inline bool rng_one_in(struct rng *r, unsigned n)
{
    return rng_below(r, n) == 0;
}
u64 rng_value(struct rng *r); /* an interesting one */
u64 rng_half(struct rng *r);  /* of a vector: two singles, a double or an integer */
u64 rng_exponent(struct rng *r, u64 max);
u64 rng_fraction(struct rng *r, unsigned bits);

/* ---- states ---- */

/* What a user program can see, and how its run ended. */
struct fuzz_state {
    u64 gpr[16];
    u64 rflags, pc;
    u8 fx[512] __attribute__((aligned(16))); /* FXSAVE image */
    u8 window[FUZZ_WINDOW_SIZE], code[FUZZ_CODE_SIZE];
    u32 vector, error; /* vector: enum x86_vector or FUZZ_END_* */
    u64 address;       /* of a page fault */
    u64 steps;         /* not the host's */
};
enum { FUZZ_END_LIMIT = 0xf0, FUZZ_END_TRAP, FUZZ_END_HALT, FUZZ_END_HANGS, FUZZ_END_SYSCALL };

/* ---- cases ---- */

enum fix_kind { FIX_REL, FIX_ABS, FIX_RIP };
struct fix {
    u8 kind, at, size, end; /* end: of the instruction, in the item */
    u16 to;                 /* FIX_REL, FIX_ABS: the item; n_items: the end */
    u32 add;                /* FIX_RIP: the address */
};
struct item {
    u8 bytes[44];
    u8 len, n_fix;
    bool gone, keep, alters; /* alters: its second byte is another one in alt */
    struct fix fix[2];
    const char *name;
};
struct fuzz_case {
    u64 seed, number;
    enum fuzz_mode mode;
    bool host;        /* to be compared with the host: no instruction of which processors differ */
    bool raw;         /* random bytes, not items */
    bool user_code;   /* system: user mode can execute it; */
    bool high;        /* it runs in the high half, */
    bool shared_high; /* which the address spaces have in common */
    struct item item[FUZZ_MAX_ITEMS];
    unsigned n;
    struct fuzz_state in; /* in.code as laid out, in.pc */
    u16 at[FUZZ_MAX_ITEMS + 1];
    u8 alt[FUZZ_CODE_SIZE]; /* other code for the same place, behind other physical pages */
};

void gen_start(void); /* once: compiles the decoder's rows */
void gen_case(struct fuzz_case *c, u64 seed, u64 number, enum fuzz_mode mode);
/* Where its code begins, as addresses count. */
u64 fuzz_code_base(const struct fuzz_case *c);
void gen_lay_out(struct fuzz_case *c); /* in.code from the items that are not gone */
u32 gen_undefined_flags(
    const char *mnemonic); /* on this host, compared with docs/undefined-flags.md */
bool gen_host_differs_in_16(const char *mnemonic); /* with operands of 16 bits makers do */
bool gen_host_runs(const struct x86_row *r); /* harmless on the host, and the same everywhere */

/* ---- our side ---- */

struct variant {
    const char *name, *accel;
    unsigned block_insns;
    bool disturbed; /* cut at random places, with breakpoints, flushes and digests in between */
};
struct ours;
struct ours *ours_new(const struct variant *v);
void ours_delete(struct ours *o);
void ours_print_stats(const struct ours *o); /* whether the JIT has anything to do with it */
/* Runs the case. If `cut` is not 0, the state there is kept for ours_differ(). */
void ours_run(struct ours *o, const struct fuzz_case *c, u64 cut, struct fuzz_state *out);
/* Do they differ in anything, at the cut or at the end? out (or NULL) gets it by name. */
bool ours_differ(struct ours *a, struct ours *b, FILE *out);
/* Is what the case executes harmless on the host? *undefined: flags that are not to be compared at
 * its end. */
bool ours_trace(struct ours *o, const struct fuzz_case *c, u64 steps, u32 *undefined);
void ours_disassemble(struct ours *o, const struct fuzz_case *c, FILE *out);

/* ---- the host ---- */

/* NULL, or why it cannot run anything. not_ours gets the signals that are not a case's: of bugs,
 * and SIGALRM twice a second. */
const char *host_start(void (*not_ours)(int sig));
const char *host_cannot(enum fuzz_mode mode);
void host_run(const struct fuzz_case *c, struct fuzz_state *out);

#endif
