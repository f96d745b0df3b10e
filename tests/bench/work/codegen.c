/* codegen.c - a program that keeps making code, as a JIT for JavaScript does, and throws it away */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "work.h"

#define REGIONS 48
#define MOST_PAGES 12
#define CALLS 24

/* Functions like these, in machine code that means the same in 32 and 64-bit mode:
 *     mov eax, A; mov ecx, N; again: some of (add, xor, imul, rol eax); dec ecx; jnz again; ret
 * and what they return, worked out beside them. */
struct function {
    unsigned offset;
    uint32_t value;
};

struct region {
    unsigned char *base;
    size_t size;
    unsigned n;
    struct function function[MOST_PAGES * 4096 / 32];
};

struct body {
    unsigned kind[6], n, times;
    uint32_t start, operand[6];
};

static void must(int fine, const char *what)
{
    if (fine)
        return;
    printf("@@ failed: %s\n", what);
    exit(1);
}

static struct body invent(uint32_t *seed)
{
    struct body b = {.n = 1 + work_random(seed) % 6, .times = 1 + work_random(seed) % 5};
    b.start = work_random(seed);
    for (unsigned i = 0; i < b.n; i++) {
        b.kind[i] = work_random(seed) % 4;
        b.operand[i] = work_random(seed);
    }
    return b;
}

static uint32_t evaluate(const struct body *b)
{
    uint32_t v = b->start;
    for (unsigned t = 0; t < b->times; t++)
        for (unsigned i = 0; i < b->n; i++) {
            uint32_t x = b->operand[i], r = x % 31 + 1;
            v = b->kind[i] == 0   ? v + x
                : b->kind[i] == 1 ? v ^ x
                : b->kind[i] == 2 ? v * x
                                  : v << r | v >> (32 - r);
        }
    return v;
}

static unsigned char *put32(unsigned char *p, uint32_t v)
{
    memcpy(p, &v, 4);
    return p + 4;
}

static unsigned char *put_op(unsigned char *p, unsigned kind, uint32_t operand)
{
    static const unsigned char add = 0x05, xor = 0x35,
                               imul[] =
                                   {
                                       0x69, 0xc0},
                               rol[] = {0xc1, 0xc0};
    if (kind == 3) {
        memcpy(p, rol, 2);
        p[2] = (unsigned char)(operand % 31 + 1);
        return p + 3;
    }
    if (kind == 2) {
        memcpy(p, imul, 2);
        return put32(p + 2, operand);
    }
    *p = kind ? xor : add;
    return put32(p + 1, operand);
}

static unsigned char *generate(unsigned char *p, const struct body *b)
{
    *p++ = 0xb8;
    p = put32(p, b->start);
    *p++ = 0xb9;
    p = put32(p, b->times);
    unsigned char *again = p;
    for (unsigned i = 0; i < b->n; i++)
        p = put_op(p, b->kind[i], b->operand[i]);
    *p++ = 0xff;
    *p++ = 0xc9;
    *p++ = 0x75;
    *p = (unsigned char)(again - (p + 1));
    p++;
    *p++ = 0xc3;
    return p;
}

static uint32_t call(const unsigned char *p)
{
    uint32_t (*f)(void);
    memcpy(&f, &p, sizeof(f));
    return f();
}

/* A fresh mapping, or the old one again. */
static void place(struct region *r, uint32_t *seed)
{
    if (r->base && work_random(seed) % 2)
        return;
    if (r->base)
        munmap(r->base, r->size);
    r->size = (1 + work_random(seed) % MOST_PAGES) * 4096;
    r->base =
        mmap(NULL, r->size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(r->base != MAP_FAILED, "mmap");
}

static void fill(struct region *r, uint32_t *seed)
{
    unsigned char *p = r->base;
    for (r->n = 0; p + 80 < r->base + r->size; r->n++) {
        struct body b = invent(seed);
        r->function[r->n] = (struct function){(unsigned)(p - r->base), evaluate(&b)};
        p = generate(p, &b);
        p = r->base + ((p - r->base + 15) & ~15);
    }
}

static void call_all(const struct region *r, unsigned times)
{
    for (unsigned t = 0; t < times; t++)
        for (unsigned i = 0; i < r->n; i++)
            must(call(r->base + r->function[i].offset) == r->function[i].value,
                 "a generated function");
}

static void round_of(struct region *r, uint32_t *seed)
{
    place(r, seed);
    fill(r, seed);
    int strict = work_random(seed) % 3 == 0; /* writable or executable, not both */
    if (strict)
        must(!mprotect(r->base, r->size, PROT_READ | PROT_EXEC), "mprotect");
    call_all(r, CALLS);
    if (strict)
        must(!mprotect(r->base, r->size, PROT_READ | PROT_WRITE | PROT_EXEC), "mprotect");
}

/* n rounds; without end when n is 0. */
uint64_t work_codegen(unsigned n)
{
    static struct region region[REGIONS];
    uint32_t seed = 2463534242;
    uint64_t sum = 0;
    for (unsigned i = 0; !n || i < n; i++) {
        struct region *r = &region[work_random(&seed) % REGIONS];
        round_of(r, &seed);
        sum += r->n;
        call_all(&region[work_random(&seed) % REGIONS], 1); /* old code must still be there */
        if (i % 64 == 0) {
            printf("@@ beat %u: %llu functions\n", i, (unsigned long long)sum);
            fflush(stdout);
        }
    }
    return sum;
}
