/* common_rows.c - templates for host_fuzz() made from the decoder's own rows */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common_rows.h"

#include <stdio.h>
#include <string.h>

#include "emu/check.h"

bool rows_named(const struct x86_row *r, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(r->mnemonic, *names))
            return true;
    return false;
}

static u8 memory_size(const char *size)
{
    static const struct { const char *name; u8 bytes; } sizes[] = {
        {"b", 1}, {"w", 2}, {"d", 4}, {"ss", 4}, {"q", 8}, {"sd", 8}, {"t", 10}, {"dq", 16},
        {"ps", 16}, {"pd", 16}, {"y", 0},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
        if (!strcmp(size, sizes[i].name))
            return sizes[i].bytes;
    return 16;
}

/* One operand such as "Wps", "Rd/Mb", "Ib". */
static void add_operand(struct host_template *t, char *text, const char *opd)
{
    const char *slash = strchr(opd, '/');
    if (slash) {
        t->mem = memory_size(slash + 2);
        t->flags |= opd[0] == 'U' ? HT_XM : 0;
        return;
    }
    switch (opd[0]) {
    case 'V': t->flags |= HT_XR; break;
    case 'P': t->flags |= HT_MMR; break;
    case 'W': t->flags |= HT_XM; break;
    case 'Q': t->flags |= HT_MMM; break;
    case 'U': t->flags |= HT_XM | HT_REG; break;
    case 'N': t->flags |= HT_MMM | HT_REG; break;
    case 'R': t->flags |= HT_REG; break;
    case 'M': t->flags |= HT_MEM; break;
    case 'I': strcat(text, " ib"); break;
    }
    if (strchr("WQME", opd[0]))
        t->mem = memory_size(opd + 1);
    if (opd[1] == 'y')
        t->flags |= HT_Y;
}

/* MASKMOVQ and MASKMOVDQU store at rDI. */
static void gen_masked(struct host_gen *g)
{
    host_mov_imm(g, 7, host_place(g, 16, false));
}

/* FINCSTP, FDECSTP: C1 becomes 0. Whether FCOMI and its like do that differs between makers. */
static void gen_clear_c1(struct host_gen *g)
{
    HOST_EMIT(g, 0xd9, 0xf7, 0xd9, 0xf6);
}

/* From the stack, without AMD's own bit 17 (misaligned exception mask). */
static void gen_ldmxcsr(struct host_gen *g)
{
    u64 v = host_below(g, 4) ? host_rand(g) & 0xffff : host_value(g);
    host_mov_imm(g, 0, v & ~(u64)0x20000);
    HOST_EMIT(g, 0x50, 0x0f, 0xae, 0x14, 0x24, 0x58); /* PUSH RAX; LDMXCSR [RSP]; POP RAX */
}

static void add(struct row_templates *out, const struct x86_row *r, int i)
{
    CHECK(out->n < ARRAY_SIZE(out->t));
    struct host_template *t = &out->t[out->n];
    char *text = out->text[out->n++], operands[32], *save = NULL, *plus;
    snprintf(text, 28, "%s", !strncmp(r->encoding, "NP ", 3) ? r->encoding + 3 : r->encoding);
    plus = strstr(text, "+i");
    if (plus) {
        *plus = 0;
        plus[-1] = "0123456789ABCDEF"[(plus[-1] == '8' ? 8 : 0) + i];
    }
    *t = (struct host_template){.encoding = text, .name = r->mnemonic};
    snprintf(operands, sizeof(operands), "%s", r->operands);
    for (char *p = strtok_r(operands, ",", &save); p; p = strtok_r(NULL, ",", &save))
        add_operand(t, text, p);
    if (!r->operands[0])
        t->flags |= HT_FIXED;
    if (t->mem == 16 && r->flags & ROW_SSE && !(r->flags & ROW_NO_ALIGN))
        t->flags |= HT_ALIGN;
    if (!strcmp(r->mnemonic, "CVTPI2PS")) /* whether the memory form enters MMX state differs between makers */
        t->flags |= HT_REG;
    if (!strcmp(r->mnemonic, "LDMXCSR")) {
        t->gen = gen_ldmxcsr;
        t->encoding = NULL;
    }
    if (strstr(r->mnemonic, "COMI") && r->flags & ROW_X87)
        t->gen = gen_clear_c1;
    if (!strncmp(r->mnemonic, "MASKMOV", 7))
        t->gen = gen_masked;
}

void rows_add(struct row_templates *out, const struct x86_row *rows, bool (*skip)(const struct x86_row *r))
{
    for (const struct x86_row *r = rows; r->encoding; r++) {
        if (skip && skip(r))
            continue;
        bool eight = strstr(r->encoding, "+i") != NULL;
        for (int i = 0; i < (eight ? 8 : 1); i++)
            add(out, r, i);
    }
}

/* ---- numbers ---- */

static u64 fraction(struct host_gen *g, unsigned bits)
{
    u64 mask = ((u64)1 << bits) - 1;
    switch (host_below(g, 6)) {
    case 0: return 0;
    case 1: return mask;
    case 2: return (u64)1 << host_below(g, bits);
    case 3: return mask << host_below(g, bits) & mask;
    default: return host_rand(g) & mask;
    }
}

static u64 exponent(struct host_gen *g, u64 max)
{
    switch (host_below(g, 10)) {
    case 0: return 0;
    case 1: return max;
    case 2: return 1 + host_below(g, 3);
    case 3: return max - 1 - host_below(g, 3);
    case 4: return host_rand(g) & max;
    case 5: return max / 2 + host_below(g, 70);
    default: return max / 2 - 3 + host_below(g, 7);
    }
}

u64 rows_single(struct host_gen *g)
{
    return (u64)host_below(g, 2) << 31 | exponent(g, 255) << 23 | fraction(g, 23);
}

u64 rows_double(struct host_gen *g)
{
    return (u64)host_below(g, 2) << 63 | exponent(g, 2047) << 52 | fraction(g, 52);
}

u64 rows_vector_half(struct host_gen *g)
{
    switch (host_below(g, 6)) {
    case 0: case 1: return rows_single(g) | rows_single(g) << 32;
    case 2: case 3: return rows_double(g);
    case 4: return host_value(g);
    default: return host_rand(g);
    }
}

static void put(u8 *p, u64 v, unsigned n)
{
    memcpy(p, &v, n);
}

void rows_random_fx(struct host_gen *g, struct host_state *s)
{
    u32 mxcsr = 0x1f80 | host_below(g, 4) << 13;
    if (host_below(g, 4) == 0)
        mxcsr |= 1 << 6;
    if (host_below(g, 4) == 0)
        mxcsr |= 1 << 15;
    if (host_below(g, 5) == 0)
        mxcsr &= ~(1u << (7 + host_below(g, 6)));
    put(s->fx + 24, mxcsr, 4);
    for (unsigned i = 160; i < 416; i += 8)
        put(s->fx + i, rows_vector_half(g), 8);
    for (unsigned i = 0; i < HOST_WINDOW_SIZE; i += 8)
        put(s->window + i, rows_vector_half(g), 8);
    s->gpr[0] = host_below(g, 2) ? host_below(g, 20) : host_value(g); /* lengths for PCMPESTRx */
    s->gpr[2] = host_below(g, 2) ? host_below(g, 20) : host_value(g);
}

void rows_random_x87(struct host_gen *g, struct host_state *s)
{
    rows_random_x87_masked(g, s);
    if (host_below(g, 2))
        s->fx[0] &= ~(1u << host_below(g, 6));
}

void rows_random_x87_masked(struct host_gen *g, struct host_state *s)
{
    static const u8 precision[] = {0, 2, 3, 3, 3};
    u16 cw = 0x7f | host_below(g, 4) << 10 | precision[host_below(g, 5)] << 8;
    put(s->fx, cw, 2);
    put(s->fx + 2, host_rand(g) & 0x7f00, 2);
    put(s->fx + 4, host_below(g, 3) ? 0xff : host_rand(g) & 0xff, 1);
    for (unsigned i = 0; i < 8; i++) {
        u64 exp = exponent(g, 32767), mant = fraction(g, 63);
        if (host_below(g, 16) ? exp != 0 : host_below(g, 2))
            mant |= (u64)1 << 63;
        put(s->fx + 32 + 16 * i, mant, 8);
        put(s->fx + 40 + 16 * i, exp | host_below(g, 2) << 15, 2);
    }
}
