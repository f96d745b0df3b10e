/* vec_mem.c - loads and stores of up to 16 bytes that the inline lookup in the TLB did not find */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/vec_mem.h"

#include "emu/tlb.h"

static unsigned size_of(struct cpu *c, u64 va, u32 what, bool write)
{
    if (va & ((what >> VEC_MEM_ALIGN_SHIFT) - 1))
        c->arch->raise_misaligned(c, va, write);
    return what & ((1u << VEC_MEM_ALIGN_SHIFT) - 1);
}

void vec_read_slow(struct cpu *c, u64 va, u32 what)
{
    unsigned size = size_of(c, va, what, false);
    u64 low = mem_read(c, va, MIN(size, 8u), c->mmu);
    c->vec[1] = size == 16 ? mem_read(c, va + 8, 8, c->mmu) : 0;
    c->vec[0] = low;
}

void vec_write_slow(struct cpu *c, u64 va, u32 what)
{
    unsigned size = size_of(c, va, what, true);
    if (size == 16)
        mem_probe(c, va, 16, MEM_WRITE, c->mmu);
    mem_write(c, va, c->vec[0], MIN(size, 8u), c->mmu);
    if (size == 16)
        mem_write(c, va + 8, c->vec[1], 8, c->mmu);
}
