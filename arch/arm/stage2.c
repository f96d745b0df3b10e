/* stage2.c - stage 2 of the translation: what a hypervisor gives its guests as memory */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, B3.6 (the Long-descriptor format at stage 2), B3.7.5, B3.13.6 (HSR of aborts).
 *
 * A stage 2 table is read for whatever linear address leads to it, so a store to one concerns all
 * of them (tlb_use.whole).
 */
#include "arch/arm/stage2.h"

#include "arch/arm/decode.h"
#include "arch/arm/emit.h"
#include "arch/arm/traps.h"

#define PA_MASK UINT64_C(0x000000fffffff000)
enum { FAULT_TRANSLATION = 4, FAULT_ACCESS_FLAG = 8 }; /* plus the level */

bool arm_stage2_on(const struct arm_cpu *a)
{
    return (a->hcr & HCR_VM) && arm_below_hyp(a);
}

static bool fail(struct arm_stage2 *s, unsigned fault, unsigned level)
{
    s->fault = fault + level;
    return false;
}

static bool finish(struct arm_stage2 *s, u64 ipa, u64 d, unsigned level, unsigned shift)
{
    u64 within = ((u64)1 << shift) - 1;
    if (!(d >> 10 & 1))
        return fail(s, FAULT_ACCESS_FLAG, level);
    s->pa = (d & PA_MASK & ~within) | (ipa & within);
    s->read = d >> 6 & 1;
    s->write = d >> 7 & 1;
    s->exec = s->read && !(d >> 54 & 1);
    s->device = !(d >> 4 & 3);
    s->level = level;
    return true;
}

static u64 read_entry(struct arm_cpu *a, u64 pa, u64 va, bool exec, bool debug)
{
    struct tlb_use use = {.va = va, .shift = 12, .bits = 64, .exec = exec, .whole = true};
    u64 d = tlb_walk_read(&a->base, pa, 8, debug ? NULL : &use);
    return a->hsctlr >> 25 & 1 ? __builtin_bswap64(d) : d;
}

/* VTCR: T0SZ is signed, and SL0 says where the walk begins; both must fit (B3.6.6). */
bool arm_stage2_walk(struct arm_cpu *a, u64 ipa, u64 va, bool exec, bool debug,
                     struct arm_stage2 *s)
{
    int t0sz = (int)((a->vtcr & 15) ^ 8) - 8;
    unsigned bits = (unsigned)(32 - t0sz), level = a->vtcr >> 6 & 3 ? 1 : 2, shift = 39 - 9 * level;
    *s = (struct arm_stage2){0};
    if ((a->vtcr >> 6 & 2) || bits <= shift || bits > shift + 13 || ipa >> bits)
        return fail(s, FAULT_TRANSLATION, 1);
    unsigned index_bits = bits - shift;
    u64 base = a->vttbr & UINT64_C(0xffffffffff) & ~(((u64)8 << index_bits) - 1);
    for (;; level++) {
        u64 index = ipa >> shift & (((u64)1 << index_bits) - 1);
        u64 d = read_entry(a, base + 8 * index, va, exec, debug);
        if (!(d & 1) || (level == 3 && !(d & 2)))
            return fail(s, FAULT_TRANSLATION, level);
        if (level == 3 || !(d & 2))
            return finish(s, ipa, d, level, shift);
        base = d & PA_MASK;
        shift -= 9;
        index_bits = 9;
    }
}

/* ---- what HSR says of a data abort ---- */

enum { ISV = 1 << 24, SSE = 1 << 21 };

static u32 syndrome_of(unsigned access, unsigned rt)
{
    static const u32 size[] = {[ACC_W] = 2, [ACC_B] = 0, [ACC_H] = 1, [ACC_SB] = 0, [ACC_SH] = 1};
    unsigned kind = access & 7;
    if (kind == ACC_D || rt == ARM_PC)
        return 0;
    return ISV | size[kind] << 22 | (kind == ACC_SB || kind == ACC_SH ? SSE : 0) | rt << 16;
}

static bool decode(const struct arm_cpu *a, struct arm_insn *in)
{
    u16 half[2] = {0};
    struct cpu *c = (struct cpu *)&a->base;
    if (!(a->psr & PSR_T)) {
        in->len = 4;
        return mem_debug_read(c, c->pc, &in->bits, 4) == 4 && arm_decode_a32(a->decoder, in);
    }
    if (mem_debug_read(c, c->pc, half, 2) != 2)
        return false;
    in->thumb = true;
    in->len = arm_t32_is_wide(half[0]) ? 4 : 2;
    in->bits = half[0];
    if (in->len == 2)
        return arm_decode_t16(a->decoder, in);
    if (mem_debug_read(c, c->pc + 2, &half[1], 2) != 2)
        return false;
    in->bits = (u32)half[0] << 16 | half[1];
    return arm_decode_t32(a->decoder, in);
}

#define F(letter) insn_field(&in, letter)

/* Of one register's load or store that does not write its base back: size, sign and register. */
u32 arm_stage2_syndrome(const struct arm_cpu *a)
{
    struct arm_insn in = {0};
    if (!decode(a, &in))
        return 0;
    arm_emit *emit = in.row->emit;
    unsigned access = (unsigned)in.row->arg, rt = F('d');
    if (emit == arm_a32_mem_imm || emit == arm_a32_mem_reg)
        return F('P') && !F('W') ? syndrome_of(F('B') ? ACC_B : ACC_W, rt) : 0;
    if (emit == arm_a32_extra_imm || emit == arm_a32_extra_reg)
        return F('P') && !F('W') ? syndrome_of(access, rt) : 0;
    if (emit == arm_t32_mem_imm8)
        return !F('W') ? syndrome_of(access, rt) : 0;
    if (emit == arm_t32_mem_imm12 || emit == arm_t32_mem_reg || emit == arm_t32_mem_literal ||
        emit == arm_t16_mem_reg || emit == arm_t16_mem_imm || emit == arm_t16_mem_sp)
        return syndrome_of(access, rt);
    return emit == arm_t16_literal ? syndrome_of(ACC_W, rt) : 0;
}
