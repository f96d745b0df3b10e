/* emit_neon_mem.c - Advanced SIMD loads and stores of elements and structures */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, A7.7 and A8.8.320 to A8.8.331, A8.8.404 to A8.8.411. A helper moves all the
 * bytes: it loads them before it writes a register, and asks for the pages before it stores.
 */
#include <string.h>

#include "arch/arm/emit_neon.h"
#include "arch/arm/emit_vfp.h"

#define F(letter) insn_field(in, letter)

/* What a helper is to do, in one word. */
struct plan {
    u8 first;     /* register of the first element of the first structure */
    u8 n;         /* elements in a structure: 1 to 4 */
    u8 stride;    /* registers from one element of a structure to the next */
    u8 size;      /* log2 of an element's bytes */
    u8 count;     /* structures */
    u8 index;     /* of the first one's lane */
    bool all;     /* one structure for all lanes, of `stride` registers more when copies is 2 */
    u8 copies;
};

static u64 pack(struct plan p)
{
    return p.first | (u64)p.n << 8 | (u64)p.stride << 16 | (u64)p.size << 20 | (u64)p.count << 24 |
           (u64)p.index << 32 | (u64)p.all << 36 | (u64)p.copies << 40;
}

static struct plan unpack(u64 v)
{
    return (struct plan){v & 31,       v >> 8 & 7,  v >> 16 & 3, v >> 20 & 3,
                         v >> 24 & 63, v >> 32 & 7, v >> 36 & 1, v >> 40 & 3};
}

static u8 *lane(struct arm_cpu *a, const struct plan *p, unsigned structure, unsigned element)
{
    unsigned lanes = 8u >> p->size, at = p->index + structure;
    unsigned reg = p->first + element * p->stride + at / lanes;
    return (u8 *)&a->d[reg & 31] + ((at % lanes) << p->size);
}

static u64 in_order(struct cpu *c, u64 v, unsigned size)
{
    if (!(c->mode & MODE_E))
        return v;
    return size == 0 ? v : __builtin_bswap64(v) >> (64 - (8u << size));
}

static void load_to_all(struct arm_cpu *a, const struct plan *p, const u64 *v)
{
    for (unsigned e = 0; e < p->n; e++)
        for (unsigned k = 0; k < p->copies; k++)
            for (unsigned i = 0; i < 8u >> p->size; i++)
                memcpy((u8 *)&a->d[(p->first + e * p->stride + k) & 31] + (i << p->size), &v[e],
                       (size_t)1 << p->size);
}

static u64 help_load(struct cpu *c, u64 addr, u64 what, u64 d)
{
    struct plan p = unpack(what);
    struct arm_cpu *a = arm_of(c);
    u64 v[64];
    (void)d;
    for (unsigned i = 0; i < p.count * p.n; i++)
        v[i] = in_order(c, mem_read(c, (u32)(addr + ((u64)i << p.size)), 1u << p.size, c->mmu),
                        p.size);
    if (p.all) {
        load_to_all(a, &p, v);
        return 0;
    }
    for (unsigned i = 0; i < p.count * p.n; i++)
        memcpy(lane(a, &p, i / p.n, i % p.n), &v[i], (size_t)1 << p.size);
    return 0;
}

static u64 help_store(struct cpu *c, u64 addr, u64 what, u64 d)
{
    struct plan p = unpack(what);
    unsigned bytes = (unsigned)(p.count * p.n) << p.size,
             here = MIN(bytes, (unsigned)(PAGE_SIZE - PAGE_OFFSET(addr)));
    (void)d;
    mem_probe(c, (u32)addr, here, MEM_WRITE, c->mmu);
    if (here < bytes)
        mem_probe(c, (u32)(addr + here), bytes - here, MEM_WRITE, c->mmu);
    for (unsigned i = 0; i < p.count * p.n; i++) {
        u64 v = 0;
        memcpy(&v, lane(arm_of(c), &p, i / p.n, i % p.n), (size_t)1 << p.size);
        mem_write(c, (u32)(addr + ((u64)i << p.size)), in_order(c, v, p.size), 1u << p.size,
                  c->mmu);
    }
    return 0;
}

/* m 15: no write-back; 13: by the bytes transferred; else by a register. */
static void write_back(struct arm_tr *t, unsigned n, unsigned m, unsigned bytes)
{
    if (m == ARM_SP)
        ir_2i(t->b, IR_ADD, IR_32, ARM_R(n), ARM_R(n), bytes);
    else if (m != ARM_PC)
        ir_2(t->b, IR_ADD, IR_32, ARM_R(n), ARM_R(n), ARM_R(m));
}

/* Whole registers one behind the other, or an element for all lanes. */
static void transfer_plain(struct arm_tr *t, struct plan p, unsigned n, bool load, unsigned align)
{
    unsigned regs = (unsigned)(p.count << p.size) / 8;
    if (p.all) {
        if (align > 1)
            arm_check_alignment(t, ARM_R(n), align, false);
        arm_neon_spread(t, p.first, p.copies == 2, p.size, arm_load(t, 1u << p.size, false, ARM_R(n), 0));
    } else {
        (load ? arm_vec_load : arm_vec_store)(t, p.first, regs, arm_reg_copy(t, n), align);
    }
}

static void transfer(struct arm_tr *t, const struct arm_insn *in, struct plan p, unsigned align)
{
    unsigned n = F('n'), m = F('m'), bytes = (unsigned)(p.count * p.n) << p.size;
    bool load = F('L') || p.all;
    unsigned last = p.first + (p.n - 1) * p.stride +
                    (p.all ? p.copies - 1u : (p.index + p.count - 1u) / (8u >> p.size));

    if (n == ARM_PC || last > 31) {
        arm_undefined(t); /* UNPREDICTABLE */
        return;
    }
    if (!(t->mode & (MODE_E | MODE_ALIGN | MODE_U_ALIGN)) && p.n == 1 && (p.all || p.index + p.count >= 8u >> p.size) &&
        !p.index) {
        transfer_plain(t, p, F('n'), load, align);
        write_back(t, n, m, bytes);
        return;
    }
    ir_val what = ir_temp(t->b);
    ir_movi(t->b, what, pack(p));
    if (align > 1)
        arm_check_alignment(t, ARM_R(n), align, !load);
    else
        arm_check_unaligned(t, ARM_R(n), 0, 1u << MIN(p.size, 2), !load);
    arm_call(t, IR_NONE, load ? help_load : help_store, ARM_R(n), what, IR_NONE);
    write_back(t, n, m, bytes);
}

/* A7.7, table A7-20: the type says how many elements a structure has, in how many registers. */
void arm_neon_multiple(struct arm_tr *t, const struct arm_insn *in)
{
    static const struct { u8 n, regs, stride, aligns;
    } types[16] = {
        [0] = {4, 1, 1, 15}, [1] = {4, 1, 2, 15}, [2] = {1, 4, 1, 15}, [3] = {2, 2, 2, 15},
        [4] = {3, 1, 1, 3},  [5] = {3, 1, 2, 3},  [6] = {1, 3, 1, 3},  [7] = {1, 1, 1, 3},
        [8] = {2, 1, 1, 7},  [9] = {2, 1, 2, 7},  [10] = {1, 2, 1, 7}};
    unsigned type = F('t'), size = F('s'), align = F('a');
    if (type > 10 || !(types[type].aligns >> align & 1) || (size == 3 && types[type].n > 1)) {
        arm_undefined(t);
        return;
    }
    struct plan p = {.first = (u8)arm_vfp_double(F('d'), F('D')),
                     .n = types[type].n,
                     .stride = types[type].stride,
                     .size = (u8)size,
                     .count = (u8)(types[type].regs * (8u >> size)),
                     .copies = 1};
    transfer(t, in, p, align ? 4u << align : 1);
}

/* One lane: k says the index, the stride and the alignment, by size (A7.7.1). N: elements minus 1.
 */
void arm_neon_single(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned size = F('s'), k = F('k'), n = F('N') + 1, index = k >> (size + 1),
             low = k & ((2u << size) - 1);
    unsigned stride = size && low >> size & 1 ? 2 : 1, a = low & ((1u << size) - 1), align = 1;
    bool ok = size < 3; /* to all lanes nothing is stored */

    if (size == 0) {
        a = low & 1;
        stride = 1;
    }
    switch (n) {
    case 1: /* no stride: its bit must be 0; words: 00 or 11 */
        ok = ok && (size == 0 ? !a : size == 1 ? stride == 1 : stride == 1 && (a == 0 || a == 3));
        align = a ? 1u << size : 1;
        break;
    case 2:
        ok = ok && (size < 2 || !(a & 2));
        align = a ? 2u << size : 1;
        break;
    case 3:
        ok = ok && !a;
        break;
    default:
        ok = ok && (size < 2 || a != 3);
        align = !a ? 1 : size < 2 ? 4u << size : 4u << a;
    }
    if (!ok) {
        arm_undefined(t);
        return;
    }
    struct plan p = {.first = (u8)arm_vfp_double(F('d'), F('D')),
                     .n = (u8)n,
                     .stride = (u8)stride,
                     .size = (u8)size,
                     .count = 1,
                     .index = (u8)index,
                     .copies = 1};
    transfer(t, in, p, align);
}

/* To all lanes: T is the stride, or with one element that there are two registers; a: aligned. */
void arm_neon_all(struct arm_tr *t, const struct arm_insn *in)
{
    unsigned size = F('s'), n = F('N') + 1, align = 1;
    bool a = F('a'), ok = size < 3;

    switch (n) {
    case 1: ok = ok && !(size == 0 && a); align = a ? 1u << size : 1; break;
    case 2: align = a ? 2u << size : 1; break;
    case 3: ok = ok && !a; break;
    default:
        ok = size < 3 || a;
        align = !a ? 1 : size == 3 ? 16 : size == 2 ? 8 : 4u << size;
        size = MIN(size, 2u);
    }
    if (!ok) {
        arm_undefined(t);
        return;
    }
    struct plan p = {.first = (u8)arm_vfp_double(F('d'), F('D')),
                     .n = (u8)n,
                     .stride = (u8)(n > 1 ? 1 + F('T') : 1),
                     .size = (u8)size,
                     .count = 1,
                     .all = true,
                     .copies = (u8)(n == 1 ? 1 + F('T') : 1)};
    transfer(t, in, p, align);
}
