/* code.c - an interpreter with a jump behind each instruction */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "work.h"

/* ---- a machine with eight registers, whose program counts primes ---- */

enum { SET, MOVE, ADD, ADDI, LOAD, STORE, LESS, GOTO, STOP };

struct insn {
    int op, a, b, target;
};

#define LIMIT 50000

static const struct insn program[] = {
    {SET, 0, 2, 0},     /*  0: r0 = 2, the candidate */
    {SET, 1, 0, 0},     /*  1: r1 = 0, primes seen */
    {SET, 2, LIMIT, 0}, /*  2: r2 = the limit */
    {LOAD, 3, 0, 0},    /*  3: r3 = memory[r0] */
    {LESS, 4, 3, 11},   /*  4: r4 (zero) < r3: crossed out */
    {ADDI, 1, 1, 0},    /*  5: a prime */
    {MOVE, 5, 0, 0},    /*  6: r5 = its multiples */
    {ADD, 5, 0, 0},     /*  7 */
    {LESS, 2, 5, 11},   /*  8: beyond the limit */
    {STORE, 5, 0, 0},   /*  9: memory[r5] = r0 */
    {GOTO, 0, 0, 7},    /* 10 */
    {ADDI, 0, 1, 0},    /* 11 */
    {LESS, 0, 2, 3},    /* 12 */
    {STOP, 0, 0, 0},
};

static long interpret(const struct insn *code, long *memory)
{
    static const void *const labels[] = {&&set,   &&move, &&add, &&addi, &&load,
                                         &&store, &&less, &&go,  &&stop};
    long r[8] = {0};
    const struct insn *p = code;
#define NEXT(to)                                                                                   \
    do {                                                                                           \
        p = (to);                                                                                  \
        goto *labels[p->op];                                                                       \
    } while (0)
    goto *labels[p->op];
set:
    r[p->a] = p->b;
    NEXT(p + 1);
move:
    r[p->a] = r[p->b];
    NEXT(p + 1);
add:
    r[p->a] += r[p->b];
    NEXT(p + 1);
addi:
    r[p->a] += p->b;
    NEXT(p + 1);
load:
    r[p->a] = memory[r[p->b]];
    NEXT(p + 1);
store:
    memory[r[p->a]] = r[p->b];
    NEXT(p + 1);
less:
    NEXT(r[p->a] < r[p->b] ? code + p->target : p + 1);
go:
    NEXT(code + p->target);
stop:
    return r[1];
#undef NEXT
}

uint64_t work_threaded(unsigned n)
{
    long *memory = malloc((LIMIT + 1) * sizeof(*memory));
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++) {
        memset(memory, 0, (LIMIT + 1) * sizeof(*memory));
        sum = sum * 31 + (uint64_t)interpret(program, memory);
    }
    free(memory);
    return sum;
}
