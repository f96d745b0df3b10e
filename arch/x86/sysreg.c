/* sysreg.c - control registers, LDTR and TR, selector probes, and the I/O permission map */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDM vol. 3, 2.5; vol. 2, MOV CR, LLDT, LTR, LAR, LSL, VERR, INVPCID; vol. 1, 18.5. */
#include "arch/x86/sysreg.h"

#include "arch/x86/features.h"
#include "arch/x86/paging.h"
#include "arch/x86/segment.h"

#define CR0_WRITABLE                                                                               \
    (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG)
#define CR3_NOFLUSH ((u64)1 << 63)

static NORETURN void gp(struct x86_cpu *x)
{
    x86_raise_error(x, EXC_GP, 0);
}

static bool pae_paging(u64 cr0, u64 cr4, u64 efer)
{
    return (cr0 & CR0_PG) && (cr4 & CR4_PAE) && !(efer & EFER_LMA);
}

/* ---- control registers ---- */

static void enter_long_mode(struct x86_cpu *x)
{
    unsigned tss = ATTR_GET_TYPE(x->seg[SEG_TR].attr);
    bool tss16 = (x->seg[SEG_TR].attr & ATTR_P) && (tss == SYS_TSS16 || tss == SYS_TSS16_BUSY);
    if (!(x->cr4 & CR4_PAE) || (x->seg[SEG_CS].attr & ATTR_L) || tss16)
        gp(x);
}

static void write_cr0(struct x86_cpu *x, u64 v)
{
    u64 old = x->cr0;
    if ((v >> 32) || ((v & CR0_PG) && !(v & CR0_PE)) || ((v & CR0_NW) && !(v & CR0_CD)))
        gp(x);
    v = (v & CR0_WRITABLE) | CR0_ET;
    u64 changed = v ^ old, efer = x->efer;
    if ((changed & CR0_PG) && (v & CR0_PG) && (efer & EFER_LME)) {
        enter_long_mode(x);
        efer |= EFER_LMA;
    } else if ((changed & CR0_PG) && !(v & CR0_PG)) {
        if ((x->base.mode & MODE_CS64) || (x->cr4 & CR4_PCIDE))
            gp(x);
        efer &= ~(u64)EFER_LMA;
    }
    if ((changed & (CR0_PG | CR0_CD | CR0_NW)) && pae_paging(v, x->cr4, efer))
        x86_load_pdptes(x, x->cr3, true);
    x->cr0 = v;
    x->efer = efer;
    if (changed & (CR0_PG | CR0_WP | CR0_PE))
        tlb_flush(&x->base);
    x86_set_root(x);
    x86_update_mode(x);
}

static void write_cr3(struct x86_cpu *x, u64 v)
{
    if (x->efer & EFER_LMA) {
        if (x->cr4 & CR4_PCIDE)
            v &= ~CR3_NOFLUSH;
        if (v >> X86_PHYS_BITS)
            gp(x);
    } else {
        v = (u32)v;
        if (pae_paging(x->cr0, x->cr4, x->efer))
            x86_load_pdptes(x, v, true);
    }
    x->cr3 = v;
    x86_set_root(x);
}

static u64 cr4_allowed(const struct x86_cpu *x)
{
    static const struct { u16 feature; u32 bits; } bits[] = {
        {X86_FEATURE_VME, CR4_VME | CR4_PVI}, {X86_FEATURE_TSC, CR4_TSD}, {X86_FEATURE_DE, CR4_DE},
        {X86_FEATURE_PSE, CR4_PSE}, {X86_FEATURE_PAE, CR4_PAE}, {X86_FEATURE_MCE, CR4_MCE},
        {X86_FEATURE_PGE, CR4_PGE}, {X86_FEATURE_MMX, CR4_PCE}, {X86_FEATURE_FXSR, CR4_OSFXSR},
        {X86_FEATURE_SSE, CR4_OSXMMEXCPT}, {X86_FEATURE_UMIP, CR4_UMIP}, {X86_FEATURE_FSGSBASE, CR4_FSGSBASE},
        {X86_FEATURE_PCID, CR4_PCIDE}, {X86_FEATURE_XSAVE, CR4_OSXSAVE}, {X86_FEATURE_SMEP, CR4_SMEP},
        {X86_FEATURE_SMAP, CR4_SMAP}};
    u64 v = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
        v |= x86_has(x, bits[i].feature) ? bits[i].bits : 0;
    return v;
}

static void write_cr4(struct x86_cpu *x, u64 v)
{
    u64 changed = v ^ x->cr4;
    bool lma = x->efer & EFER_LMA;
    if ((v & ~cr4_allowed(x)) || (lma && !(v & CR4_PAE)))
        gp(x);
    if ((changed & v & CR4_PCIDE) && (!lma || (x->cr3 & 0xfff)))
        gp(x);
    if ((changed & (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP)) && pae_paging(x->cr0, v, x->efer))
        x86_load_pdptes(x, x->cr3, true);
    x->cr4 = v;
    if (changed & (CR4_PSE | CR4_PAE | CR4_SMEP | CR4_SMAP))
        tlb_flush(&x->base);
    x86_set_root(x);
    x86_update_mode(x);
}

u64 x86_cr8(struct x86_cpu *x)
{
    u64 v = 0;
    const struct cpu_sysreg_ops *ops = x->base.sysregs;
    if (!ops || !ops->read(x->base.sysregs_opaque, MSR_X2APIC + 8, &v))
        return 0;
    return v >> 4 & 15;
}

static void write_cr8(struct x86_cpu *x, u64 v)
{
    if (v > 15)
        gp(x);
    x86_board_write(x, MSR_X2APIC + 8, v << 4);
    x->base.attention = true; /* what was held back by the priority may come now */
}

void x86_write_cr(struct x86_cpu *x, unsigned n, u64 v)
{
    switch (n) {
    case 0: write_cr0(x, v); return;
    case 2: x->cr2 = v; return;
    case 3: write_cr3(x, v); return;
    case 4: write_cr4(x, v); return;
    case 8: write_cr8(x, v); return;
    }
    x86_raise(x, EXC_UD);
}

u64 x86_read_cr(struct x86_cpu *x, unsigned n)
{
    switch (n) {
    case 0: return x->cr0;
    case 2: return x->cr2;
    case 3: return x->cr3;
    case 4: return x->cr4;
    case 8:
        cpu_alone(&x->base);
        return x86_cr8(x);
    }
    x86_raise(x, EXC_UD);
}

/* The TLB never holds anything stale (emu/tlb.h), so there is nothing to do; but it may fault. */
void x86_invpcid(struct x86_cpu *x, u64 type, u64 desc)
{
    u64 pcid = x86_canonical(desc) ? mem_read(&x->base, desc, 8, x->base.mmu) : 0;
    u64 va = mem_read(&x->base, desc + 8, 8, x->base.mmu);
    if (type > 3 || (type < 2 && (pcid >> 12 || (!(x->cr4 & CR4_PCIDE) && pcid))) ||
        (type == 0 && !x86_canonical(va)))
        gp(x);
}

/* ---- LDTR and TR ---- */

void x86_load_ldt(struct x86_cpu *x, u16 sel)
{
    struct x86_desc d;
    if (x86_sel_null(sel)) {
        x86_seg_set_null(x, SEG_LDTR, sel);
        return;
    }
    if ((sel & 4) || !x86_desc_fetch_system(x, sel, &d) || (d.hi & ATTR_S) ||
        ATTR_GET_TYPE(d.hi) != SYS_LDT)
        x86_raise_sel(x, EXC_GP, sel, 0);
    if (!(d.hi & ATTR_P))
        x86_raise_sel(x, EXC_NP, sel, 0);
    x86_seg_set(x, SEG_LDTR, sel, &d);
}

void x86_load_tr(struct x86_cpu *x, u16 sel)
{
    struct x86_desc d;
    if (x86_sel_null(sel))
        gp(x);
    if ((sel & 4) || !x86_desc_fetch_system(x, sel, &d) || (d.hi & ATTR_S))
        x86_raise_sel(x, EXC_GP, sel, 0);
    unsigned type = ATTR_GET_TYPE(d.hi);
    if (type != SYS_TSS && (type != SYS_TSS16 || (x->efer & EFER_LMA)))
        x86_raise_sel(x, EXC_GP, sel, 0);
    if (!(d.hi & ATTR_P))
        x86_raise_sel(x, EXC_NP, sel, 0);
    mem_write(&x->base, d.addr + 4, d.hi | ATTR_TSS_BUSY, 4, MMU_KERNEL);
    d.hi |= ATTR_TSS_BUSY;
    x86_seg_set(x, SEG_TR, sel, &d);
}

/* ---- LAR, LSL, VERR, VERW ---- */

static bool system_type_ok(const struct x86_cpu *x, unsigned type, enum x86_probe what)
{
    bool lma = x->efer & EFER_LMA;
    switch (type) {
    case SYS_TSS16: case SYS_TSS16_BUSY: return !lma;
    case SYS_LDT: case SYS_TSS: case SYS_TSS_BUSY: return true;
    case SYS_CALL16: case SYS_TASK_GATE: return what == PROBE_LAR && !lma;
    case SYS_CALL: return what == PROBE_LAR;
    }
    return false;
}

bool x86_probe_selector(struct x86_cpu *x, u16 sel, enum x86_probe what, u32 *out)
{
    struct x86_desc d;
    if (x86_sel_null(sel) || !x86_desc_fetch(x, sel, &d))
        return false;
    bool code = x86_desc_is_code(&d);
    if (!(d.hi & ATTR_S) && (what >= PROBE_VERR || !system_type_ok(x, ATTR_GET_TYPE(d.hi), what)))
        return false;
    unsigned dpl = ATTR_GET_DPL(d.hi);
    if (!(code && (d.hi & ATTR_C)) && (x86_cpl(x) > dpl || (sel & 3u) > dpl))
        return false;
    if (what == PROBE_VERR && code && !(d.hi & ATTR_R))
        return false;
    if (what == PROBE_VERW && (code || !(d.hi & ATTR_W)))
        return false;
    *out = what == PROBE_LSL ? x86_desc_limit(&d) : d.hi & 0xf0ff00;
    return true;
}

/* ---- the I/O permission map ---- */

void x86_check_io(struct x86_cpu *x, u16 port, unsigned size)
{
    u32 mode = x->base.mode;
    if (!(mode & MODE_PE) || ((mode & MODE_IOPL_OK) && !(mode & MODE_VM)))
        return;
    const struct x86_segment *tr = &x->seg[SEG_TR];
    unsigned type = ATTR_GET_TYPE(tr->attr);
    if (!(tr->attr & ATTR_P) || !(type & 8) || tr->limit < 103)
        gp(x);
    u64 lin = x->efer & EFER_LMA ? UINT64_MAX : 0xffffffff;
    u32 at = mem_read(&x->base, (tr->base + 102) & lin, 2, MMU_KERNEL) + port / 8u;
    if (at + 1 > tr->limit)
        gp(x);
    u32 bits = mem_read(&x->base, (tr->base + at) & lin, 2, MMU_KERNEL) >> (port & 7);
    if (bits & ((1u << size) - 1))
        gp(x);
}
