/* sse_string.c - helpers of PCMPISTRI, PCMPISTRM, PCMPESTRI, PCMPESTRM */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: SDM vol. 2, 4.1 (imm8 control byte). */
#include <string.h>

#include "arch/x86/sse.h"

struct strings { /* a is the first operand, b the second; elements as the immediate says */
    i32 a[16], b[16];
    unsigned n, a_len, b_len;
};

static i32 get_element(const struct vec *v, u32 imm, unsigned i)
{
    const u8 *p = (const u8 *)v;
    u16 w;
    if (!(imm & 1))
        return imm & 2 ? (i8)p[i] : p[i];
    memcpy(&w, p + 2 * i, 2);
    return imm & 2 ? (i16)w : w;
}

static unsigned implicit_length(const i32 *e, unsigned n)
{
    unsigned i = 0;
    while (i < n && e[i])
        i++;
    return i;
}

static unsigned explicit_length(u64 v, bool wide, unsigned n)
{
    i64 i = wide ? (i64)v : (i32)v;
    u64 m = i < 0 ? -(u64)i : (u64)i;
    return m < n ? m : n;
}

static bool equal_any(const struct strings *s, unsigned j)
{
    for (unsigned i = 0; i < s->a_len; i++)
        if (s->a[i] == s->b[j])
            return true;
    return false;
}

static bool in_ranges(const struct strings *s, unsigned j)
{
    for (unsigned i = 0; i + 1 < s->a_len; i += 2)
        if (s->a[i] <= s->b[j] && s->b[j] <= s->a[i + 1])
            return true;
    return false;
}

static bool equal_each(const struct strings *s, unsigned j)
{
    if (j < s->a_len && j < s->b_len)
        return s->a[j] == s->b[j];
    return j >= s->a_len && j >= s->b_len;
}

/* Does a, as far as b reaches, start at j? Beyond b's end it does not; beyond
 * the register it may. */
static bool equal_ordered(const struct strings *s, unsigned j)
{
    for (unsigned i = 0; i < s->a_len && i + j < s->n; i++)
        if (i + j >= s->b_len || s->a[i] != s->b[i + j])
            return false;
    return true;
}

static u32 result(const struct strings *s, u32 imm)
{
    u32 r = 0, all = (1u << s->n) - 1;
    for (unsigned j = 0; j < s->n; j++) {
        bool bit = false;
        switch (imm >> 2 & 3) {
        case 0: bit = j < s->b_len && equal_any(s, j); break;
        case 1: bit = j < s->b_len && in_ranges(s, j); break;
        case 2: bit = equal_each(s, j); break;
        case 3: bit = equal_ordered(s, j); break;
        }
        r |= (u32)bit << j;
    }
    if (imm & 0x10)
        r ^= imm & 0x20 ? (1u << s->b_len) - 1 : all;
    return r;
}

static void read_strings(struct strings *s, struct cpu *c, u64 ops)
{
    struct vec a = *sse_dst(c, ops), b = sse_src(c, ops);
    s->n = sse_imm(ops) & 1 ? 8 : 16;
    for (unsigned i = 0; i < s->n; i++) {
        s->a[i] = get_element(&a, sse_imm(ops), i);
        s->b[i] = get_element(&b, sse_imm(ops), i);
    }
}

static u64 flags_of(const struct strings *s, u32 r)
{
    return (r ? FL_CF : 0) | (s->b_len < s->n ? FL_ZF : 0) | (s->a_len < s->n ? FL_SF : 0) |
           (r & 1 ? FL_OF : 0);
}

/* Flags in the low 32 bits; for the index forms the index above. */
static u64 compare(struct cpu *c, u64 ops, struct strings *s, bool index)
{
    u32 imm = sse_imm(ops), r = result(s, imm);
    u64 flags = flags_of(s, r);
    if (index) {
        u32 at = !r ? s->n : (u32)(imm & 0x40 ? 31 - __builtin_clz(r) : __builtin_ctz(r));
        return flags | (u64)at << 32;
    }
    struct vec mask = {{r, 0}};
    for (unsigned i = 0; imm & 0x40 && i < 16; i++) {
        unsigned bit = imm & 1 ? i / 2 : i;
        ((u8 *)&mask)[i] = r >> bit & 1 ? 0xff : 0;
    }
    x86_of(c)->xmm[0] = (struct x86_xmm){.q = {mask.q[0], mask.q[1]}};
    return flags;
}

static u64 implicit(struct cpu *c, u64 ops, bool index)
{
    struct strings s;
    read_strings(&s, c, ops);
    s.a_len = implicit_length(s.a, s.n);
    s.b_len = implicit_length(s.b, s.n);
    return compare(c, ops, &s, index);
}

/* wide: REX.W, lengths are RAX and RDX. */
static u64 explicit(struct cpu *c, u64 ops, bool wide, bool index)
{
    struct strings s;
    read_strings(&s, c, ops);
    s.a_len = explicit_length(x86_of(c)->gpr[RAX], wide, s.n);
    s.b_len = explicit_length(x86_of(c)->gpr[RDX], wide, s.n);
    return compare(c, ops, &s, index);
}

u64 x86_sse_PCMPISTRI(struct cpu *c, u64 ops, u64 wide, u64 z)
{
    (void)wide, (void)z;
    return implicit(c, ops, true);
}

u64 x86_sse_PCMPISTRM(struct cpu *c, u64 ops, u64 wide, u64 z)
{
    (void)wide, (void)z;
    return implicit(c, ops, false);
}

u64 x86_sse_PCMPESTRI(struct cpu *c, u64 ops, u64 wide, u64 z)
{
    (void)z;
    return explicit(c, ops, wide, true);
}

u64 x86_sse_PCMPESTRM(struct cpu *c, u64 ops, u64 wide, u64 z)
{
    (void)z;
    return explicit(c, ops, wide, false);
}
