/* dispatch.c - which form of dispatch the interpreter should use: measured, not believed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same ops, in the mix that blocks of ordinary x86 code have, over a few hundred different
 * blocks, executed by four loops that differ in nothing but how they get from one op to the next:
 *
 *     switch     one switch in a loop
 *     token      goto *table[op->code] at the end of each handler
 *     direct     goto *op->address: no table, but 8 bytes more in each op
 *     call       a function for each op, called in a loop through a table
 *     tail       the same functions, each jumping to the next (sibling calls; needs -O2)
 *
 *     cc -O2 -fno-gcse -fno-crossjumping -o /tmp/dispatch tests/bench/dispatch.c && /tmp/dispatch
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint16_t u16;
typedef uint8_t u8;

#define OPS(X)                                                                                     \
    X(MOVI, w[op->d] = op->imm)                                                                    \
    X(MOV, w[op->d] = w[op->a])                                                                    \
    X(MOV32, w[op->d] = (u32)w[op->a])                                                             \
    X(ADD32, w[op->d] = (u32)(w[op->a] + w[op->b]))                                                \
    X(ADD64I, w[op->d] = w[op->a] + op->imm)                                                       \
    X(SUB64, w[op->d] = w[op->a] - w[op->b])                                                       \
    X(AND32I, w[op->d] = (u32)w[op->a] & (u32)op->imm)                                             \
    X(XOR32, w[op->d] = (u32)(w[op->a] ^ w[op->b]))                                                \
    X(SHL64I, w[op->d] = w[op->a] << (op->imm & 63))                                               \
    X(LEA, w[op->d] = w[op->a] + (w[op->b] << 3) + op->imm)                                        \
    X(LD64, w[op->d] = *(u64 *)(memory + ((w[op->a] + op->imm) & 0x7ff8)))                         \
    X(LD32, w[op->d] = *(u32 *)(memory + ((w[op->a] + op->imm) & 0x7ff8)))                         \
    X(ST64, *(u64 *)(memory + ((w[op->a] + op->imm) & 0x7ff8)) = w[op->b])                         \
    X(CC, w[20] = w[op->a]; w[21] = w[op->b]; w[22] = op->imm)                                     \
    X(CCI, w[20] = w[op->a]; w[21] = op->imm; w[22] = op->d)

enum {
#define X(name, effect) name,
    OPS(X)
#undef X
    BR, /* two out of three times taken or not, by data */
    EXIT,
    STOP,
    N_CODES
};

struct op {
    u16 code;
    u8 op, size;
    u16 d, a, b, c, aux;
    u8 b_imm, form;
    u32 insn;
    u64 imm;
};

struct direct_op {
    struct op o;
    const void *address;
};

static u8 memory[0x8000];

/* Percentages after the passes, roughly; the rest is BR and EXIT, made at the ends of blocks. */
static const u8 mix[] = {CC,   CC,    CC,   CCI,  CCI,   CCI,    LD64,   LD64,  LD64,   LD64,
                         LD32, LD32,  ST64, ST64, ST64,  ADD64I, ADD64I, ADD32, ADD32,  MOV,
                         MOV,  MOV32, MOVI, MOVI, SUB64, SUB64,  AND32I, XOR32, SHL64I, LEA};

static struct op *make_program(unsigned blocks, size_t *n)
{
    struct op *p = calloc(blocks * 20 + 1, sizeof(*p));
    u64 seed = 1;
    *n = 0;
    for (unsigned i = 0; i < blocks; i++) {
        unsigned length = 6 + (seed >> 40) % 10;
        for (unsigned k = 0; k < length; k++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            p[(*n)++] = (struct op){.code = mix[(seed >> 33) % sizeof(mix)],
                                    .d = (seed >> 20) & 15,
                                    .a = (seed >> 24) & 15,
                                    .b = (seed >> 28) & 15,
                                    .imm = seed >> 50};
        }
        p[(*n)++] = (struct op){.code = BR, .a = (seed >> 24) & 15, .aux = 1};
        p[(*n)++] = (struct op){.code = EXIT};
    }
    p[(*n)++].code = STOP;
    return p;
}

/* BR skips to the next op either way: what counts is that its outcome selects between two handlers'
 * ends. */
#define TAKEN() ((w[op->a] & 3) == 0)

static void run_switch(u64 *w, const struct op *op)
{
    for (;; op++) {
        switch (op->code) {
#define X(name, effect)                                                                            \
    case name:                                                                                     \
        effect;                                                                                    \
        break;
            OPS(X)
#undef X
        case BR:
            if (TAKEN())
                w[23]++;
            break;
        case EXIT:
            w[24] -= 5;
            break;
        default:
            return;
        }
    }
}

static void run_token(u64 *w, const struct op *op)
{
    static const void *const table[] = {
#define X(name, effect) &&L_##name,
        OPS(X)
#undef X
        &&L_BR, &&L_EXIT, &&L_STOP};
#define NEXT() goto *table[(++op)->code]
    goto *table[op->code];
#define X(name, effect)                                                                            \
    L_##name:                                                                                      \
    effect;                                                                                        \
    NEXT();
    OPS(X)
#undef X
L_BR:
    if (TAKEN())
        w[23]++;
    NEXT();
L_EXIT:
    w[24] -= 5;
    NEXT();
L_STOP:;
#undef NEXT
}

static void run_direct(u64 *w, struct direct_op *d, size_t n)
{
    static const void *const table[] = {
#define X(name, effect) &&L_##name,
        OPS(X)
#undef X
        &&L_BR, &&L_EXIT, &&L_STOP};
    if (!d->address)
        for (size_t i = 0; i < n; i++)
            d[i].address = table[d[i].o.code];
    const struct op *op = &d->o;
#define NEXT()                                                                                     \
    do {                                                                                           \
        d++;                                                                                       \
        op = &d->o;                                                                                \
        goto *d->address;                                                                          \
    } while (0)
    goto *d->address;
#define X(name, effect)                                                                            \
    L_##name:                                                                                      \
    effect;                                                                                        \
    NEXT();
    OPS(X)
#undef X
L_BR:
    if (TAKEN())
        w[23]++;
    NEXT();
L_EXIT:
    w[24] -= 5;
    NEXT();
L_STOP:;
}

#define X(name, effect)                                                                            \
    static void call_##name(u64 *w, const struct op *op)                                           \
    {                                                                                              \
        effect;                                                                                    \
    }
OPS(X)
#undef X
static void call_BR(u64 *w, const struct op *op)
{
    if (TAKEN())
        w[23]++;
}
static void call_EXIT(u64 *w, const struct op *op)
{
    (void)op;
    w[24] -= 5;
}
static void (*const calls[])(u64 *, const struct op *) = {
#define X(name, effect) call_##name,
    OPS(X)
#undef X
    call_BR, call_EXIT};

static void run_call(u64 *w, const struct op *op)
{
    for (; op->code != STOP; op++)
        calls[op->code](w, op);
}

typedef void tail_fn(u64 *w, const struct op *op);
static tail_fn *const tails[];
#define X(name, effect)                                                                            \
    static void tail_##name(u64 *w, const struct op *op)                                           \
    {                                                                                              \
        effect;                                                                                    \
        op++;                                                                                      \
        tails[op->code](w, op);                                                                    \
    }
OPS(X)
#undef X
static void tail_BR(u64 *w, const struct op *op)
{
    if (TAKEN())
        w[23]++;
    op++;
    tails[op->code](w, op);
}
static void tail_EXIT(u64 *w, const struct op *op)
{
    w[24] -= 5;
    op++;
    tails[op->code](w, op);
}
static void tail_STOP(u64 *w, const struct op *op)
{
    (void)w, (void)op;
}
static tail_fn *const tails[] = {
#define X(name, effect) tail_##name,
    OPS(X)
#undef X
    tail_BR, tail_EXIT, tail_STOP};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void run(unsigned form, u64 *w, const struct op *p, struct direct_op *d, size_t n)
{
    switch (form) {
    case 0:
        run_switch(w, p);
        break;
    case 1:
        run_token(w, p);
        break;
    case 2:
        run_direct(w, d, n);
        break;
    case 3:
        run_call(w, p);
        break;
    default:
        tails[p->code](w, p);
    }
}

static double measure(unsigned form, const struct op *p, struct direct_op *d, size_t n, u64 *check)
{
    unsigned times = (unsigned)(2000000 / n);
    u64 w[32];
    for (unsigned i = 0; i < 32; i++)
        w[i] = i * 0x123456789;
    memset(memory, 0, sizeof(memory));
    double start = now();
    for (unsigned i = 0; i < times; i++)
        run(form, w, p, d, n);
    *check = w[0] ^ w[7] ^ w[23];
    return (now() - start) / ((double)times * n) * 1e9;
}

static void compare(unsigned blocks)
{
    static const char *const names[] = {"switch", "token", "direct", "call", "tail"};
    size_t n;
    struct op *p = make_program(blocks, &n);
    struct direct_op *d = calloc(n, sizeof(*d));
    for (size_t i = 0; i < n; i++)
        d[i].o = p[i];
    double best[5] = {1e9, 1e9, 1e9, 1e9, 1e9};
    u64 check[5];
    for (unsigned round = 0; round < 7; round++) {
        for (unsigned form = 0; form < 5; form++) {
            double each = measure(form, p, d, n, &check[form]);
            best[form] = each < best[form] ? each : best[form];
        }
    }
    printf("%u blocks, %zu ops:", blocks, n);
    for (unsigned form = 0; form < 5; form++)
        printf("  %s %.2f ns (%.2f)%s", names[form], best[form], best[form] / best[1],
               check[form] == check[0] ? "" : " WRONG");
    printf("\n");
    free(p);
    free(d);
}

int main(void)
{
    static const unsigned sizes[] = {5, 20, 60, 150, 500};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        compare(sizes[i]);
    return 0;
}
