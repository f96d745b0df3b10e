/* decoder.c - make a lookup of the instruction rows, and find an instruction in it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each table is indexed by some bits of the instruction that tell most rows apart. A bucket is the
 * list of the rows that can match, in the order of the tables, each compiled into a mask, a value
 * and the parts of its fields.
 */
#include "arch/arm/decode.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"

struct part { /* of a field: `len` bits of the instruction, from bit `shift` on */
    u8 field, shift, len;
};

struct compiled {
    const struct arm_row *row;
    u32 mask, value;
    struct part part[ARM_MAX_PARTS];
    u8 n_parts;
};

struct bucket {
    u16 *row; /* indices of compiled rows */
    u16 n;
};

/* The index is made of the high run of bits and the low run: (bits >> hi_shift, hi_len), (lo...).
 */
struct index {
    u8 hi_shift, hi_len, lo_shift, lo_len;
};

struct lookup {
    struct index index;
    struct compiled *row;
    u16 n_rows;
    struct bucket *bucket;
};

struct arm_decoder {
    struct lookup a32, a32_uncond, t16, t32;
};

/* ---- a row ---- */

static void add_part(struct compiled *c, char letter, unsigned bit)
{
    struct part *p = c->n_parts ? &c->part[c->n_parts - 1] : NULL;
    if (p && p->field == INSN_FIELD(letter) && p->shift == bit + 1) {
        p->shift = bit;
        p->len++;
        return;
    }
    CHECK(c->n_parts < ARM_MAX_PARTS);
    c->part[c->n_parts++] = (struct part){INSN_FIELD(letter), bit, 1};
}

static void compile(struct compiled *c, const struct arm_row *row, unsigned bits)
{
    unsigned bit = bits;
    *c = (struct compiled){.row = row};
    for (const char *s = row->encoding; *s; s++) {
        if (*s == ' ')
            continue;
        CHECK(bit);
        bit--;
        if (strchr("01x!", *s)) {
            c->mask |= 1u << bit;
            c->value |= (u32)(*s == '1' || *s == '!') << bit;
        } else if (*s != 'X') {
            CHECK((*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z'));
            add_part(c, *s, bit);
        }
    }
    CHECK(bit == 0);
}

static bool take_fields(const struct compiled *c, struct arm_insn *in)
{
    memset(in->field, 0, sizeof(in->field)); /* a field that a row has not is 0 */
    for (unsigned i = 0; i < c->n_parts; i++) {
        const struct part *p = &c->part[i];
        in->field[p->field] = in->field[p->field] << p->len |
                              (in->bits >> p->shift & (u32)((UINT64_C(1) << p->len) - 1));
    }
    in->row = c->row;
    return true;
}

/* ---- a table ---- */

static unsigned index_bits(const struct index *x)
{
    return x->hi_len + x->lo_len;
}

static u32 index_of(const struct index *x, u32 bits)
{
    return (bits >> x->hi_shift & ((1u << x->hi_len) - 1)) << x->lo_len |
           (bits >> x->lo_shift & ((1u << x->lo_len) - 1));
}

/* Bits of an instruction that has this index, the others zero. */
static u32 spread(const struct index *x, u32 i)
{
    return (i >> x->lo_len) << x->hi_shift | (i & ((1u << x->lo_len) - 1)) << x->lo_shift;
}

static void count_or_fill(struct lookup *l, bool fill)
{
    u32 all = spread(&l->index, (1u << index_bits(&l->index)) - 1);
    for (u32 i = 0; i < 1u << index_bits(&l->index); i++) {
        struct bucket *b = &l->bucket[i];
        u32 have = spread(&l->index, i);
        if (fill)
            b->row = xcalloc(b->n ? b->n : 1, sizeof(*b->row));
        b->n = 0;
        for (u16 r = 0; r < l->n_rows; r++) {
            if ((l->row[r].value ^ have) & l->row[r].mask & all)
                continue;
            if (fill)
                b->row[b->n] = r;
            b->n++;
        }
    }
}

static unsigned rows_in(const struct arm_row *const *tables)
{
    unsigned n = 0;
    for (; tables && *tables; tables++)
        for (const struct arm_row *r = *tables; r->encoding; r++)
            n++;
    return n;
}

static void lookup_init(struct lookup *l, struct index index, const struct arm_row *const *tables,
                        unsigned bits)
{
    unsigned n = rows_in(tables);
    CHECK(n < UINT16_MAX);
    *l = (struct lookup){.index = index, .n_rows = 0};
    l->row = xcalloc(n ? n : 1, sizeof(*l->row));
    for (; tables && *tables; tables++)
        for (const struct arm_row *r = *tables; r->encoding; r++)
            compile(&l->row[l->n_rows++], r, bits);
    l->bucket = xcalloc((size_t)1 << index_bits(&index), sizeof(*l->bucket));
    count_or_fill(l, false);
    count_or_fill(l, true);
}

static void lookup_fini(struct lookup *l)
{
    for (u32 i = 0; i < 1u << index_bits(&l->index); i++)
        free(l->bucket[i].row);
    free(l->bucket);
    free(l->row);
}

static bool find(const struct lookup *l, struct arm_insn *in)
{
    const struct bucket *b = &l->bucket[index_of(&l->index, in->bits)];
    for (u16 i = 0; i < b->n; i++) {
        const struct compiled *c = &l->row[b->row[i]];
        if (!((in->bits ^ c->value) & c->mask))
            return take_fields(c, in);
    }
    return false;
}

/* ---- all ---- */

struct arm_decoder *arm_decoder_new(const struct arm_row_tables *t)
{
    static const struct index a32 = {20, 8, 4, 4}, t16 = {6, 10, 0, 0}, t32 = {20, 9, 4, 4};
    struct arm_decoder *d = xcalloc(1, sizeof(*d));
    lookup_init(&d->a32, a32, t->a32, 32);
    lookup_init(&d->a32_uncond, a32, t->a32_uncond, 32);
    lookup_init(&d->t16, t16, t->t16, 16);
    lookup_init(&d->t32, t32, t->t32, 32);
    return d;
}

void arm_decoder_delete(struct arm_decoder *d)
{
    if (!d)
        return;
    lookup_fini(&d->a32);
    lookup_fini(&d->a32_uncond);
    lookup_fini(&d->t16);
    lookup_fini(&d->t32);
    free(d);
}

bool arm_decode_a32(const struct arm_decoder *d, struct arm_insn *in)
{
    return find(in->bits >> 28 == 15 ? &d->a32_uncond : &d->a32, in);
}

bool arm_decode_t16(const struct arm_decoder *d, struct arm_insn *in)
{
    return find(&d->t16, in);
}

/* A7.4, A7.7: Advanced SIMD data processing is 111U1111 in T32 and 1111001U in A32; loads and
 * stores of elements are 11111001 and 11110100. VFP and other coprocessor instructions are A32's
 * with condition 1110. */
static bool find_shared(const struct arm_decoder *d, struct arm_insn *in)
{
    u32 bits = in->bits;
    bool found;
    if ((bits & 0xef000000) == 0xef000000)
        in->bits = 0xf2000000 | (bits >> 28 & 1) << 24 | (bits & 0x00ffffff);
    else if ((bits & 0xff100000) == 0xf9000000)
        in->bits = 0xf4000000 | (bits & 0x00ffffff);
    else if (bits >> 26 != 0x3b && bits >> 26 != 0x3f)
        return false;
    found = arm_decode_a32(d, in);
    in->bits = bits;
    return found;
}

bool arm_decode_t32(const struct arm_decoder *d, struct arm_insn *in)
{
    return find(&d->t32, in) || find_shared(d, in);
}

/* ---- modified immediate constants ---- */

static u32 rotate_right(u32 v, unsigned n)
{
    n &= 31;
    return n ? v >> n | v << (32 - n) : v;
}

u32 arm_expand_imm_a32(u32 imm12, int *carry)
{
    unsigned rotation = 2 * (imm12 >> 8 & 15);
    u32 v = rotate_right(imm12 & 0xff, rotation);
    *carry = rotation ? (int)(v >> 31) : -1;
    return v;
}

u32 arm_expand_imm_t32(u32 imm12, int *carry)
{
    u32 byte = imm12 & 0xff;
    *carry = -1;
    if (imm12 >> 10 == 0) {
        switch (imm12 >> 8 & 3) {
        case 0: return byte;
        case 1: return byte << 16 | byte;
        case 2: return byte << 24 | byte << 8;
        default: return byte << 24 | byte << 16 | byte << 8 | byte;
        }
    }
    u32 v = rotate_right(0x80 | (imm12 & 0x7f), imm12 >> 7);
    *carry = (int)(v >> 31);
    return v;
}
