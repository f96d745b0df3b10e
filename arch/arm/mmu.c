/* mmu.c - address translation: Short-descriptor and Long-descriptor tables */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm ARM, B3.5 (Short-descriptor format), B3.6 (Long-descriptor format), B3.7 (memory access control),
 * B3.13 (fault status). Stage 2 is in stage2.c.
 */
#include "arch/arm/cpu.h"
#include "arch/arm/model.h"
#include "arch/arm/stage2.h"
#include "arch/arm/traps.h"

#define SCTLR_M (1u << 0)
#define SCTLR_WXN (1u << 19)
#define SCTLR_UWXN (1u << 20)
#define SCTLR_AFE (1u << 29)
#define TTBCR_EAE (1u << 31)
#define TTBCR_PD0 (1u << 4)
#define TTBCR_PD1 (1u << 5)
#define TTBCR_EPD0 (1u << 7)
#define TTBCR_EPD1 (1u << 23)
#define FSR_WNR (1u << 11)
#define FSR_LPAE (1u << 9)
#define PA_MASK UINT64_C(0x000000fffffff000)

enum { /* B3.13.3: fault status, short format; the level 2 ones are 2 more */
       FS_ALIGNMENT = 1, FS_ACCESS_FLAG = 3, FS_TRANSLATION = 5, FS_DOMAIN = 9, FS_PERMISSION = 13,
       FS_WALK_1 = 12, FS_WALK_2 = 14 };
enum { /* long format; plus the level */
       LFS_TRANSLATION = 4, LFS_ACCESS_FLAG = 8, LFS_PERMISSION = 12, LFS_WALK = 0x14 };

struct walk {
    struct arm_cpu *a;
    u64 va;
    bool write, exec, user, debug, hyp;
    u64 pa;
    bool can_read, can_write, can_exec;
    u32 fsr; /* why it failed */
    bool stage2;         /* there is one, and */
    bool of_stage2, ptw; /* it failed there; for an entry of a stage 1 table */
    u64 ipa;
};

static bool fail(struct walk *w, u32 fs)
{
    w->fsr = fs;
    return false;
}

static bool fail_stage2(struct walk *w, u64 ipa, unsigned fault)
{
    w->of_stage2 = true;
    w->ipa = ipa;
    return fail(w, FSR_LPAE | fault);
}

/* Where a stage 1 table is; HCR.PTW keeps walks from memory that is a device's. */
static bool table_address(struct walk *w, u64 ipa, u64 *pa)
{
    struct arm_stage2 s;
    *pa = ipa;
    if (LIKELY(!w->stage2))
        return true;
    w->ptw = true;
    if (!arm_stage2_walk(w->a, ipa, w->va, w->exec, w->debug, &s))
        return fail_stage2(w, ipa, s.fault);
    if (!s.read || (s.device && (w->a->hcr & HCR_PTW)))
        return fail_stage2(w, ipa, LFS_PERMISSION + s.level);
    w->ptw = false;
    *pa = s.pa;
    return true;
}

static bool read_entry(struct walk *w, u64 pa, unsigned size, unsigned shift, u64 *d)
{
    struct tlb_use use = {.va = w->va, .shift = (u8)shift, .bits = 64, .exec = w->exec};
    if (!table_address(w, pa, &pa))
        return false;
    *d = tlb_walk_read(&w->a->base, pa, size, w->debug ? NULL : &use);
    if (w->hyp ? w->a->hsctlr >> 25 & 1 : w->a->sctlr >> 25 & 1) /* SCTLR.EE */
        *d = size == 4 ? __builtin_bswap32((u32)*d) : __builtin_bswap64(*d);
    return true;
}

/* AP[2:1] as the simplified model has them: bit 1 read-only, bit 0 also for USR mode (B3.7.1). */
static void allow(struct walk *w, unsigned ap21, bool xn, bool pxn)
{
    u32 sctlr = (u32)(w->hyp ? w->a->hsctlr : w->a->sctlr);
    bool user_too = ap21 & 1, read_only = ap21 & 2;
    w->can_read = !w->user || user_too;
    w->can_write = w->can_read && !read_only;
    w->can_exec = w->can_read && !xn && !(pxn && !w->user);
    if ((sctlr & SCTLR_WXN) && w->can_write)
        w->can_exec = false;
    if (!w->hyp && (sctlr & SCTLR_UWXN) && !w->user && user_too && !read_only)
        w->can_exec = false;
}

static bool allowed(const struct walk *w)
{
    return w->exec ? w->can_exec : w->write ? w->can_write : w->can_read;
}

/* ---- Short-descriptor format ---- */

/* B3.7.1 without AFE: AP[2:0] may also say that nobody may, or USR mode read only. */
static void allow_ap(struct walk *w, unsigned ap, bool xn, bool pxn)
{
    if (w->a->sctlr & SCTLR_AFE) {
        allow(w, ap >> 1, xn, pxn);
        return;
    }
    switch (ap) {
    case 0: w->can_read = w->can_write = w->can_exec = false; return;
    case 1: allow(w, 0, xn, pxn); return;
    case 2:
        allow(w, 1, xn, pxn);
        w->can_write = w->can_write && !w->user;
        return;
    case 3: allow(w, 1, xn, pxn); return;
    case 5: allow(w, 2, xn, pxn); return;
    default: allow(w, 3, xn, pxn);
    }
}

/* Domain access (B3.12.3): none, as a client, or without checks. */
static bool check_domain(struct walk *w, unsigned domain, unsigned level2)
{
    unsigned how = (u32)w->a->dacr >> 2 * domain & 3;
    if (!(how & 1))
        return fail(w, FS_DOMAIN + level2);
    if (how == 3)
        w->can_read = w->can_write = w->can_exec = true;
    return true;
}

static bool finish_short(struct walk *w, unsigned ap, bool xn, bool pxn, unsigned domain, unsigned level2)
{
    if ((w->a->sctlr & SCTLR_AFE) && !(ap & 1))
        return fail(w, (FS_ACCESS_FLAG + (level2 ? 3 : 0)) | domain << 4);
    allow_ap(w, ap, xn, pxn);
    if (!check_domain(w, domain, level2))
        return w->fsr |= domain << 4, false;
    return allowed(w) || fail(w, (FS_PERMISSION + level2) | domain << 4);
}

static bool walk_section(struct walk *w, u32 d)
{
    unsigned ap = (d >> 15 & 1) << 2 | (d >> 10 & 3);
    bool super = d & 1u << 18;
    if (super) {
        w->pa = (d & 0xff000000) | (u64)(d >> 20 & 15) << 32 | (u64)(d >> 5 & 15) << 36 | (w->va & 0x00ffffff);
        return finish_short(w, ap, d & 1u << 4, d & 1, 0, 0);
    }
    w->pa = (d & 0xfff00000) | (w->va & 0x000fffff);
    return finish_short(w, ap, d & 1u << 4, d & 1, d >> 5 & 15, 0);
}

static bool walk_page(struct walk *w, u32 l1)
{
    unsigned domain = l1 >> 5 & 15;
    u64 entry;
    if (!read_entry(w, (l1 & 0xfffffc00) | (w->va >> 10 & 0x3fc), 4, 12, &entry))
        return false;
    u32 d = (u32)entry;
    unsigned ap = (d >> 9 & 1) << 2 | (d >> 4 & 3);

    switch (d & 3) {
    case 0: return fail(w, (FS_TRANSLATION + 2) | domain << 4);
    case 1:
        w->pa = (d & 0xffff0000) | (w->va & 0xffff);
        return finish_short(w, ap, d & 1u << 15, l1 & 4, domain, 2);
    }
    w->pa = (d & 0xfffff000) | (w->va & 0xfff);
    return finish_short(w, ap, d & 1, l1 & 4, domain, 2);
}

static bool walk_short(struct walk *w)
{
    struct arm_cpu *a = w->a;
    u32 ttbcr = (u32)a->ttbcr;
    unsigned n = ttbcr & 7;
    bool second = n && w->va >> (32 - n);
    u64 base = second ? a->ttbr1 & 0xffffc000 : a->ttbr0 & ~(UINT64_C(0x3fff) >> n) & 0xffffffff;

    if (ttbcr & (second ? TTBCR_PD1 : TTBCR_PD0))
        return fail(w, FS_TRANSLATION);
    u32 index = (u32)(w->va >> 20) & (second ? 0xfff : 0xfff >> n);
    u64 entry;
    if (!read_entry(w, base | index << 2, 4, 20, &entry))
        return false;
    u32 d = (u32)entry;
    switch (d & 3) {
    case 0: return fail(w, FS_TRANSLATION);
    case 1: return walk_page(w, d);
    case 3: /* PXN, where it is there, else reserved */
        if (!arm_has(a, ARM_LPAE))
            return fail(w, FS_TRANSLATION);
    }
    return walk_section(w, d);
}

/* ---- Long-descriptor format ---- */

static bool fail_long(struct walk *w, unsigned fs, unsigned level)
{
    return fail(w, FSR_LPAE | (fs + level));
}

/* Table attributes restrict what is below them. */
struct restrictions {
    unsigned ap;
    bool xn, pxn;
};

static bool finish_long(struct walk *w, u64 d, unsigned level, unsigned shift, struct restrictions t)
{
    u64 within = ((u64)1 << shift) - 1;
    unsigned ap21 = d >> 6 & 3;
    if (!(d >> 10 & 1))
        return fail_long(w, LFS_ACCESS_FLAG, level);
    w->pa = (d & PA_MASK & ~within) | (w->va & within);
    if (w->hyp)
        ap21 &= 2;
    if (t.ap & 1)
        ap21 &= 2; /* not for USR mode */
    ap21 |= t.ap & 2;
    allow(w, ap21, t.xn || d >> 54 & 1, !w->hyp && (t.pxn || d >> 53 & 1));
    return allowed(w) || fail_long(w, LFS_PERMISSION, level);
}

/* bits: how many of the address the region has. */
static bool walk_long_from(struct walk *w, u64 base, unsigned bits)
{
    unsigned level = bits > 30 ? 1 : 2;
    struct restrictions t = {0};

    for (;; level++) {
        unsigned shift = 39 - 9 * level, index_bits = MIN(9u, bits > shift ? bits - shift : 0);
        u64 index = w->va >> shift & ((1u << index_bits) - 1);
        u64 d;
        if (!read_entry(w, base + 8 * index, 8, shift, &d))
            return false;
        if (!(d & 1) || (level == 3 && !(d & 2)))
            return fail_long(w, LFS_TRANSLATION, level);
        if (level == 3 || !(d & 2))
            return finish_long(w, d, level, shift, t);
        t.ap |= d >> 61 & 3;
        t.xn |= d >> 60 & 1;
        t.pxn |= d >> 59 & 1;
        base = d & PA_MASK;
        bits = shift; /* the tables below are full */
    }
}

/* The first table may be smaller than a page: it is aligned to its size. */
static u64 table_base(u64 ttbr, unsigned bits)
{
    unsigned shift = bits > 30 ? 30 : 21, entries = bits > shift ? bits - shift : 0;
    return ttbr & UINT64_C(0xffffffffff) & ~(((u64)8 << entries) - 1);
}

static bool walk_long(struct walk *w)
{
    const struct arm_cpu *a = w->a;
    u32 ttbcr = (u32)a->ttbcr;
    unsigned t0 = ttbcr & 7, t1 = ttbcr >> 16 & 7;

    if (w->hyp) {
        unsigned t = (u32)a->htcr & 7;
        if (t && w->va >> (32 - t))
            return fail_long(w, LFS_TRANSLATION, 1);
        return walk_long_from(w, table_base(a->httbr, 32 - t), 32 - t);
    }
    bool low = t0 ? !(w->va >> (32 - t0)) : !t1 || ~(u32)w->va >> (32 - t1);
    if (low)
        return ttbcr & TTBCR_EPD0 ? fail_long(w, LFS_TRANSLATION, 1)
                                  : walk_long_from(w, table_base(a->ttbr0, 32 - t0), 32 - t0);
    if (t1 && ~(u32)w->va >> (32 - t1)) /* between the regions */
        return fail_long(w, LFS_TRANSLATION, 1);
    return ttbcr & TTBCR_EPD1 ? fail_long(w, LFS_TRANSLATION, 1)
                              : walk_long_from(w, table_base(a->ttbr1, 32 - t1), 32 - t1);
}

/* ---- all ---- */

/* Below a hypervisor that takes all exceptions (HCR.TGE) or sets the default (DC) stage 1 is off. */
static bool is_on(const struct arm_cpu *a, bool hyp)
{
    if (hyp)
        return a->hsctlr & SCTLR_M;
    return (a->sctlr & SCTLR_M) && !((a->hcr & (HCR_TGE | HCR_DC)) && arm_below_hyp(a));
}

static bool walk_stage1(struct walk *w)
{
    if (!is_on(w->a, w->hyp)) {
        w->pa = w->va;
        w->can_read = w->can_write = w->can_exec = true;
        return true;
    }
    return w->hyp || (w->a->ttbcr & TTBCR_EAE) ? walk_long(w) : walk_short(w);
}

/* Both stages have to allow an access. */
static bool walk_stage2(struct walk *w)
{
    struct arm_stage2 s;
    u64 ipa = w->pa;
    if (!arm_stage2_walk(w->a, ipa, w->va, w->exec, w->debug, &s))
        return fail_stage2(w, ipa, s.fault);
    w->pa = s.pa;
    w->can_read = w->can_read && s.read;
    w->can_write = w->can_write && s.write;
    w->can_exec = w->can_exec && s.exec;
    return allowed(w) || fail_stage2(w, ipa, LFS_PERMISSION + s.level);
}

static bool walk(struct walk *w)
{
    bool ok = walk_stage1(w) && (LIKELY(!w->stage2) || walk_stage2(w));
    if (!ok && w->write)
        w->fsr |= FSR_WNR;
    return ok;
}

/* page_walk.fault: the status; what failed; the page of the intermediate physical address. */
enum { FAULT_EXEC = 12, FAULT_STAGE2 = 13, FAULT_PTW = 14, FAULT_IPA = 36 };

static u64 fault_of(const struct walk *w)
{
    return w->fsr | (u64)w->exec << FAULT_EXEC | (u64)w->of_stage2 << FAULT_STAGE2 | (u64)w->ptw << FAULT_PTW |
           (w->ipa >> 12) << FAULT_IPA;
}

bool arm_walk(struct cpu *c, u64 va, enum mem_access access, enum mmu_mode mode, unsigned flags,
              struct page_walk *out)
{
    struct arm_cpu *a = arm_of(c);
    struct walk w = {.a = a, .va = (u32)va, .write = access == MEM_WRITE, .exec = access == MEM_EXEC,
                     .user = mode == MMU_USER, .debug = flags & WALK_DEBUG,
                     .hyp = (a->psr & PSR_M) == ARM_HYP, .stage2 = arm_stage2_on(a)};
    bool ok = walk(&w);
    *out = (struct page_walk){.pa = w.pa, .read = w.can_read, .write = w.can_write, .exec = w.can_exec,
                              .wrapped = va >> 32, .fault = fault_of(&w)};
    return ok;
}

static NORETURN void raise_stage2(struct arm_cpu *a, u64 va, u64 fault)
{
    bool exec = fault >> FAULT_EXEC & 1, ptw = fault >> FAULT_PTW & 1, write = fault & FSR_WNR;
    u32 iss = (fault & 0x3f) | (ptw ? 1u << 7 : 0) | (!exec && write ? 1u << 6 : 0);
    if (!exec && !ptw) {
        cpu_sync_position(&a->base);
        iss |= arm_stage2_syndrome(a);
    }
    a->exc_far = (u32)va;
    a->exc_ipa = fault >> FAULT_IPA << 12;
    a->exc_hsr = (u32)(exec ? HSR_EC_PREFETCH : HSR_EC_DATA) << 26 | 1u << 25 | iss;
    arm_raise(a, exec ? ARM_EXC_STAGE2_PREFETCH : ARM_EXC_STAGE2_DATA);
}

void arm_raise_walk_fault(struct cpu *c, u64 va, const struct page_walk *w)
{
    struct arm_cpu *a = arm_of(c);
    if (UNLIKELY(w->fault >> FAULT_STAGE2 & 1))
        raise_stage2(a, va, w->fault);
    if (!(w->fault >> FAULT_EXEC & 1))
        arm_raise_data_abort(a, (u32)va, (u32)w->fault & 0xfff);
    a->exc_far = (u32)va;
    a->exc_fsr = (u32)w->fault & (a->ttbcr & TTBCR_EAE ? 0x23f : 0x40f); /* IFSR has no domain */
    arm_raise(a, ARM_EXC_PREFETCH_ABORT);
}

static void set_root_of_both(struct arm_cpu *a, u32 bits)
{
    u64 on = is_on(a, false), hcr = (a->hcr & HCR_PTW) != 0;
    struct tlb_root r = {.id = {on ? a->ttbr0 : 0, on ? a->ttbr1 : 0, (on ? a->ttbcr : 0) | (a->vtcr & 0xff) << 32,
                                on ? (a->sctlr & bits) | (u64)(u32)a->dacr << 32 : 0,
                                (a->vttbr & UINT64_C(0xffffffffffffff)) | (3 + on + 2 * hcr) << 60},
                         .split = UINT64_MAX, .bits = 64};
    tlb_set_root(&a->base, &r);
}

/* What decides about a translation, but the tables' entries. The control bits change what they allow, and so
 * does the domain register, after which the modes are chosen: see arm_update_mode(). */
void arm_set_root(struct arm_cpu *a)
{
    bool hyp = (a->psr & PSR_M) == ARM_HYP;
    u32 bits = SCTLR_M | SCTLR_WXN | SCTLR_UWXN | SCTLR_AFE | 1u << 25;
    struct tlb_root r = {.split = UINT64_MAX, .bits = 64};

    if (UNLIKELY(arm_stage2_on(a))) {
        set_root_of_both(a, bits);
        return;
    }
    if (!is_on(a, hyp)) {
        r.id[0] = UINT64_MAX;
    } else if (hyp) {
        r = (struct tlb_root){.id = {a->httbr, a->htcr, a->hsctlr & bits, 0, 1}, .split = UINT64_MAX, .bits = 64};
    } else {
        r = (struct tlb_root){.id = {a->ttbr0, a->ttbr1, a->ttbcr, a->sctlr & bits, 2},
                              .split = UINT64_MAX, .bits = 64};
        if (!(a->ttbcr & (TTBCR_EAE | 7))) { /* Linux: the kernel's part is alike in all tables */
            r.split = 0xc0000000;
            r.high_id = a->sctlr & bits;
            r.high_pa = (a->ttbr0 & 0xffffc000) + 0xc00 * 4;
            r.high_bytes = 0x400 * 4;
            r.shift = 20;
            r.size = 4;
        }
    }
    tlb_set_root(&a->base, &r);
}

/* ---- address translation operations ---- */

enum { PAR_F = 1, PAR_S2WLK = 1 << 8, PAR_FSTAGE = 1 << 9, PAR_LPAE = 1 << 11 };

/* B4.2.4, B4.1.112: in the 64-bit format where the tables are, or for what only a hypervisor asks. */
u64 arm_translate_address(struct arm_cpu *a, u64 va, enum mem_access access, enum arm_ats kind)
{
    bool hyp = kind == ARM_ATS_HYP, both = kind == ARM_ATS_BOTH_PRIV || kind == ARM_ATS_BOTH_USER;
    struct walk w = {.a = a, .va = (u32)va, .write = access == MEM_WRITE, .debug = true, .hyp = hyp,
                     .user = kind == ARM_ATS_USER || kind == ARM_ATS_BOTH_USER,
                     .stage2 = arm_has(a, ARM_VIRT) && !hyp && (a->hcr & HCR_VM) && (both || arm_below_hyp(a))};
    bool lpae = hyp || (a->ttbcr & TTBCR_EAE) || (both && w.stage2);
    bool ok = walk_stage1(&w) && (!both || !w.stage2 || walk_stage2(&w));
    if (ok)
        return lpae ? (w.pa & PA_MASK) | PAR_LPAE : (w.pa & 0xfffff000);
    if (lpae || w.of_stage2)
        return (w.fsr & 0x3f) << 1 | PAR_F | PAR_LPAE | (w.of_stage2 ? PAR_FSTAGE : 0) | (w.ptw ? PAR_S2WLK : 0);
    return ((w.fsr & 15) | (w.fsr >> 10 & 1) << 4) << 1 | PAR_F;
}
