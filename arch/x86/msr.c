/* msr.c - model-specific registers and the time-stamp counter */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDM vol. 4, chapter 2; vol. 3, 11.11 (MTRRs) and 15 (machine check). */
#include "arch/x86/features.h"
#include "arch/x86/segment.h"
#include "arch/x86/sysreg.h"
#include "emu/log.h"

#define N_VARIABLE_MTRRS 8
#define MTRR_CAP (N_VARIABLE_MTRRS | 1 << 8 | 1 << 10)
#define MISC_ENABLE_FIXED 0x1

u64 x86_tsc(struct x86_cpu *x)
{
    return machine_now_ns(x->base.machine) + x->tsc_offset;
}

/* ---- the board's ---- */

bool x86_board_read(struct x86_cpu *x, u32 n, u64 *v)
{
    const struct cpu_sysreg_ops *ops = x->base.sysregs;
    if (!ops)
        return false;
    cpu_alone(&x->base);
    return ops->read(x->base.sysregs_opaque, n, v);
}

bool x86_board_write(struct x86_cpu *x, u32 n, u64 v)
{
    const struct cpu_sysreg_ops *ops = x->base.sysregs;
    if (!ops)
        return false;
    cpu_alone(&x->base);
    return ops->write(x->base.sysregs_opaque, n, v);
}

static bool is_board_msr(u32 n)
{
    return n == MSR_APIC_BASE || (n >= MSR_X2APIC && n <= MSR_X2APIC + 0x3f);
}

/* ---- plain registers: where they are, and what may be written ---- */

enum check { ANY, CANONICAL, LOW32 };

struct plain {
    u32 n;
    u32 offset;
    enum check check;
    u16 feature;
};

#define PLAIN(n, member, check, feature) {n, offsetof(struct x86_cpu, member), check, feature}
static const struct plain plain[] = {
    PLAIN(MSR_FEATURE_CONTROL, feature_control, ANY, 0),
    PLAIN(MSR_SYSENTER_CS, sysenter_cs, LOW32, X86_FEATURE_SEP),
    PLAIN(MSR_SYSENTER_ESP, sysenter_esp, CANONICAL, X86_FEATURE_SEP),
    PLAIN(MSR_SYSENTER_EIP, sysenter_eip, CANONICAL, X86_FEATURE_SEP),
    PLAIN(MSR_MCG_STATUS, mcg_status, ANY, X86_FEATURE_MCA),
    PLAIN(MSR_STAR, star, ANY, X86_FEATURE_SYSCALL),
    PLAIN(MSR_LSTAR, lstar, CANONICAL, X86_FEATURE_SYSCALL),
    PLAIN(MSR_CSTAR, cstar, CANONICAL, X86_FEATURE_SYSCALL),
    PLAIN(MSR_FMASK, fmask, LOW32, X86_FEATURE_SYSCALL),
    PLAIN(MSR_FS_BASE, seg[SEG_FS].base, CANONICAL, X86_FEATURE_LM),
    PLAIN(MSR_GS_BASE, seg[SEG_GS].base, CANONICAL, X86_FEATURE_LM),
    PLAIN(MSR_KERNEL_GS_BASE, kernel_gs_base, CANONICAL, X86_FEATURE_LM),
    PLAIN(MSR_TSC_AUX, tsc_aux, LOW32, X86_FEATURE_RDTSCP),
};

static u64 *find_plain(struct x86_cpu *x, u32 n, enum check *check)
{
    for (unsigned i = 0; i < ARRAY_SIZE(plain); i++) {
        if (plain[i].n != n || (plain[i].feature && !x86_has(x, plain[i].feature)))
            continue;
        *check = plain[i].check;
        return (u64 *)((char *)x + plain[i].offset);
    }
    return NULL;
}

static u64 *find_mtrr(struct x86_cpu *x, u32 n)
{
    if (!x86_has(x, X86_FEATURE_MTRR))
        return NULL;
    if (n >= MSR_MTRR_PHYS && n < MSR_MTRR_PHYS + 2 * N_VARIABLE_MTRRS)
        return &x->mtrr_phys[n - MSR_MTRR_PHYS];
    if (n == MSR_MTRR_FIX64K)
        return &x->mtrr_fix[0];
    if (n == MSR_MTRR_FIX16K || n == MSR_MTRR_FIX16K + 1)
        return &x->mtrr_fix[1 + n - MSR_MTRR_FIX16K];
    if (n >= MSR_MTRR_FIX4K && n < MSR_MTRR_FIX4K + 8)
        return &x->mtrr_fix[3 + n - MSR_MTRR_FIX4K];
    if (n == MSR_MTRR_DEF_TYPE)
        return &x->mtrr_def_type;
    return NULL;
}

/* ---- those with a meaning of their own ---- */

static bool valid_memory_types(u64 v, bool pat)
{
    for (unsigned i = 0; i < 64; i += 8) {
        u8 t = v >> i;
        if (t > 7 || t == 2 || t == 3 || (!pat && t == 7))
            return false;
    }
    return true;
}

static void write_efer(struct x86_cpu *x, u64 v)
{
    u64 allowed = EFER_LMA;
    if (x86_has(x, X86_FEATURE_SYSCALL))
        allowed |= EFER_SCE;
    if (x86_has(x, X86_FEATURE_LM))
        allowed |= EFER_LME;
    if (x86_has(x, X86_FEATURE_NX))
        allowed |= EFER_NXE;
    if ((v & ~allowed) || ((x->cr0 & CR0_PG) && ((v ^ x->efer) & EFER_LME)))
        x86_raise_error(x, EXC_GP, 0);
    u64 changed = v ^ x->efer;
    x->efer = (v & ~(u64)EFER_LMA) | (x->efer & EFER_LMA);
    if (changed & EFER_NXE)
        tlb_flush(&x->base);
    x86_set_root(x);
    x86_update_mode(x);
}

static bool has_efer(const struct x86_cpu *x)
{
    return x86_has(x, X86_FEATURE_LM) || x86_has(x, X86_FEATURE_NX) ||
           x86_has(x, X86_FEATURE_SYSCALL);
}

static bool read_special(struct x86_cpu *x, u32 n, u64 *v)
{
    switch (n) {
    case MSR_TSC:
        if (!x86_has(x, X86_FEATURE_TSC))
            return false;
        cpu_alone(&x->base);
        *v = x86_tsc(x);
        return true;
    case MSR_PLATFORM_ID: case MSR_MICROCODE: *v = 0; return true;
    case MSR_PLATFORM_INFO: *v = 10 << 8; return true; /* base ratio: 10 * 100 MHz */
    case MSR_MTRR_CAP: *v = MTRR_CAP; return x86_has(x, X86_FEATURE_MTRR);
    case MSR_MCG_CAP: *v = 0; return x86_has(x, X86_FEATURE_MCA); /* no banks */
    case MSR_MISC_ENABLE: *v = x->misc_enable | MISC_ENABLE_FIXED; return true;
    case MSR_PAT: *v = x->pat; return x86_has(x, X86_FEATURE_PAT);
    case MSR_EFER: *v = x->efer; return has_efer(x);
    }
    return false;
}

static bool write_special(struct x86_cpu *x, u32 n, u64 v)
{
    switch (n) {
    case MSR_TSC:
        if (!x86_has(x, X86_FEATURE_TSC))
            return false;
        cpu_alone(&x->base);
        x->tsc_offset += v - x86_tsc(x);
        return true;
    case MSR_MICROCODE: return true;
    case MSR_MISC_ENABLE: x->misc_enable = v; return true;
    case MSR_PAT:
        if (!x86_has(x, X86_FEATURE_PAT) || !valid_memory_types(v, true))
            return false;
        x->pat = v;
        return true;
    case MSR_EFER:
        if (!has_efer(x))
            return false;
        write_efer(x, v);
        return true;
    }
    return false;
}

static bool mtrr_value_ok(u32 n, u64 v)
{
    if (n == MSR_MTRR_DEF_TYPE)
        return !(v & ~(u64)0xcff) && valid_memory_types(v & 0xff, false);
    if (n < MSR_MTRR_FIX64K && !(n & 1))
        return valid_memory_types(v & 0xff, false);
    return n < MSR_MTRR_FIX64K || valid_memory_types(v, false);
}

static bool value_ok(const u64 v, enum check check)
{
    return check == CANONICAL ? x86_canonical(v) : check == LOW32 ? !(v >> 32) : true;
}

static NORETURN void unknown(struct x86_cpu *x, const char *what, u32 n, u64 v)
{
    LOG(LOG_INFO, "%s of MSR %#x (%#llx): #GP", what, n, (unsigned long long)v);
    x86_raise_error(x, EXC_GP, 0);
}

u64 x86_read_msr(struct x86_cpu *x, u32 n)
{
    enum check check;
    u64 v = 0, *p = find_plain(x, n, &check);
    if (!p)
        p = find_mtrr(x, n);
    if (p)
        return *p;
    if (is_board_msr(n) ? !x86_board_read(x, n, &v) : !read_special(x, n, &v))
        unknown(x, "read", n, 0);
    return v;
}

void x86_write_msr(struct x86_cpu *x, u32 n, u64 v)
{
    enum check check = ANY;
    u64 *p = find_plain(x, n, &check);
    if (!p && (p = find_mtrr(x, n)) && !mtrr_value_ok(n, v))
        unknown(x, "write", n, v);
    if (p && !value_ok(v, check))
        unknown(x, "write", n, v);
    if (p) {
        *p = v;
        x86_update_mode(x); /* FS and GS bases */
        return;
    }
    if (is_board_msr(n) ? !x86_board_write(x, n, v) : !write_special(x, n, v))
        unknown(x, "write", n, v);
}
