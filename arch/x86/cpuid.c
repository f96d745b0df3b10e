/* cpuid.c - the CPUID instruction */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDM vol. 2, CPUID. */
#include "arch/x86/cpuid.h"

#include <string.h>

#include "arch/x86/cpu.h"
#include "arch/x86/paging.h"

struct regs {
    u32 a, b, c, d;
};

bool x86_has(const struct x86_cpu *x, unsigned feature)
{
    return x86_model_has(x->model, feature);
}

static u32 max_basic(const struct x86_model *m)
{
    return m->family >= 6 ? 0x16 : 1;
}

static u32 word_at(const char *text, unsigned n) /* four characters, zeros behind the end */
{
    char bytes[4] = {0};
    size_t len = strlen(text);
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = n * 4 + i < len ? text[n * 4 + i] : 0;
    u32 v;
    memcpy(&v, bytes, 4);
    return v;
}

/* The APIC ID and "APIC on" are the local APIC's, which is the board's. */
static u64 apic_reg(const struct x86_cpu *x, u32 reg, u64 otherwise)
{
    u64 v;
    const struct cpu_sysreg_ops *ops = x->base.sysregs;
    return ops && ops->read(x->base.sysregs_opaque, reg, &v) ? v : otherwise;
}

static struct regs leaf_1(const struct x86_cpu *x)
{
    const struct x86_model *m = x->model;
    struct regs r = {x86_signature(m), 0, m->words[WORD_1C], m->words[WORD_1D]};
    r.b = 1 << 16 | (x86_has(x, X86_FEATURE_CLFLUSH) ? 64 / 8 << 8 : 0);
    if (!(apic_reg(x, 0x1b, 1 << 11) & 1 << 11))
        r.d &= ~(1u << 9);
    if (x->cr4 & CR4_OSXSAVE)
        r.c |= 1u << 27;
    return r;
}

/* Deterministic cache parameters: what would be usual. Nothing depends on them. */
static struct regs leaf_4(u32 sub)
{
    static const struct { u8 type, level, ways; u16 sets; } caches[] = {
        {1, 1, 8, 64}, {2, 1, 8, 64}, {3, 2, 16, 1024}};
    if (sub >= ARRAY_SIZE(caches))
        return (struct regs){0};
    return (struct regs){caches[sub].type | caches[sub].level << 5 | 1 << 8,
                         63 | (u32)(caches[sub].ways - 1) << 22, caches[sub].sets - 1u, 0};
}

/* One thread, one core (x2APIC topology). */
static struct regs leaf_b(u32 sub)
{
    if (sub == 0)
        return (struct regs){0, 1, 0x100, 0};
    if (sub == 1)
        return (struct regs){0, 1, 0x201, 0};
    return (struct regs){0, 0, sub & 0xff, 0};
}

/* The extended state: x87 and SSE, both in the legacy region. */
static struct regs leaf_d(const struct x86_cpu *x, u32 sub)
{
    if (sub || !x86_has(x, X86_FEATURE_XSAVE))
        return (struct regs){0};
    return (struct regs){XCR0_IMPLEMENTED, X86_XSAVE_SIZE, X86_XSAVE_SIZE, 0};
}

static struct regs basic(const struct x86_cpu *x, u32 leaf, u32 sub)
{
    const struct x86_model *m = x->model;
    switch (leaf) {
    case 0:
        return (struct regs){max_basic(m), word_at(m->vendor, 0), word_at(m->vendor, 2),
                             word_at(m->vendor, 1)};
    case 1: return leaf_1(x);
    case 2: return (struct regs){0x0000ff01, 0, 0, 0}; /* "see leaf 4" */
    case 4: return leaf_4(sub);
    case 6: return (struct regs){1 << 2, 0, 0, 0}; /* the APIC timer always runs */
    case 7:
        return sub ? (struct regs){0}
                   : (struct regs){0, m->words[WORD_7B], m->words[WORD_7C], m->words[WORD_7D]};
    case 0xb: return leaf_b(sub);
    case 0xd: return leaf_d(x, sub);
    /* The TSC counts 1 GHz, and so does the clock of the local APIC: nothing needs calibration. */
    case 0x15: return (struct regs){1, 1, 1000000000, 0};
    case 0x16: return (struct regs){1000, 1000, 1000, 0};
    }
    return (struct regs){0};
}

static struct regs extended(const struct x86_cpu *x, u32 leaf)
{
    const struct x86_model *m = x->model;
    if (leaf >= 0x80000002 && leaf <= 0x80000004) {
        unsigned n = (leaf - 0x80000002) * 4;
        return (struct regs){word_at(m->brand, n), word_at(m->brand, n + 1),
                             word_at(m->brand, n + 2), word_at(m->brand, n + 3)};
    }
    switch (leaf) {
    case 0x80000000: return (struct regs){0x80000008, 0, 0, 0};
    case 0x80000001: {
        struct regs r = {0, 0, m->words[WORD_81C], m->words[WORD_81D]};
        /* Intel: SYSCALL is reported in 64-bit code only. */
        if (!(x->base.mode & MODE_CS64))
            r.d &= ~(1u << 11);
        return r;
    }
    case 0x80000006: return (struct regs){0, 0, 64 | 8 << 12 | 1024 << 16, 0};
    case 0x80000007: return (struct regs){0, 0, 0, 1 << 8}; /* invariant TSC */
    case 0x80000008:
        return (struct regs){X86_PHYS_BITS | (x86_has(x, X86_FEATURE_LM) ? 48 : 32) << 8, 0, 0, 0};
    }
    return (struct regs){0};
}

static struct regs query(const struct x86_cpu *x, u32 leaf, u32 sub)
{
    bool has_extended = x->model->family >= 6;
    if (leaf == 0x40000000 && x86_has(x, X86_FEATURE_HYPERVISOR))
        return (struct regs){0x40000000, word_at("HindsightEmu", 0), word_at("HindsightEmu", 1),
                             word_at("HindsightEmu", 2)};
    if (leaf >= 0x80000000 && has_extended && leaf <= 0x80000008)
        return extended(x, leaf);
    if (leaf > max_basic(x->model)) /* Intel: as the highest basic leaf */
        leaf = max_basic(x->model);
    return basic(x, leaf, sub);
}

void x86_cpuid(struct x86_cpu *x)
{
    struct regs r = query(x, x->gpr[RAX], x->gpr[RCX]);
    x->gpr[RAX] = r.a;
    x->gpr[RBX] = r.b;
    x->gpr[RCX] = r.c;
    x->gpr[RDX] = r.d;
}
