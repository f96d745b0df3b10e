/* test_sysregs.c - control registers, MSRs, CPUID and -cpu */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/cpuid.h"
#include "arch/x86/sysreg.h"
#include "arch/x86/x86.h"
#include "common_sys.h"

/* ---- models ---- */

static bool parse(const char *text, bool system64)
{
    struct x86_model *m = x86_model_parse(text, system64);
    free(m);
    return m != NULL;
}

Test(sysregs, cpu_option)
{
    cr_assert(parse("qemu64", true));
    cr_assert(parse("qemu32", true));
    cr_assert(parse("max", false));
    cr_assert(parse("max,-sse4.2,+smep", true));
    cr_assert(parse("qemu64,rdtscp=on,nx=off", true));
    cr_assert(!parse("qemu64", false));
    cr_assert(!parse("nothing", true));
    cr_assert(!parse("", true));
    cr_assert(!parse("max,", true));
    cr_assert(!parse("max,+nothing", true));
    cr_assert(!parse("max,sse=maybe", true));
    cr_assert(!parse("max,+lm", false));
    cr_assert(!parse("max,+avx", true), "what is not implemented is not offered");
    struct x86_model *m = x86_model_parse("max,-sse4.2,smap=off", true);
    cr_assert(!x86_model_has(m, X86_FEATURE_SSE42) && x86_model_has(m, X86_FEATURE_SSE41));
    cr_assert(!x86_model_has(m, X86_FEATURE_SMAP));
    free(m);
}

static void cpuid(struct sys *s, u32 leaf, u32 sub)
{
    s->x->gpr[RAX] = leaf;
    s->x->gpr[RCX] = sub;
    x86_cpuid(s->x);
}

Test(sysregs, cpuid)
{
    struct sys *s = sys_new("max");
    struct x86_cpu *x = s->x;
    sys_long(s);
    cpuid(s, 0, 0);
    cr_assert_eq(x->gpr[RAX], 0x16);
    u32 vendor[3] = {(u32)x->gpr[RBX], (u32)x->gpr[RDX], (u32)x->gpr[RCX]};
    cr_assert_arr_eq(vendor, "GenuineIntel", 12);
    cpuid(s, 1, 0);
    cr_assert_eq(x->gpr[RAX], 0x106ca);
    cr_assert(x->gpr[RDX] & 1 << 26, "SSE2");
    cr_assert_eq(x->gpr[RCX] >> 26 & 3, 1, "XSAVE is there, OSXSAVE is off");
    x->cr4 |= CR4_OSXSAVE;
    cpuid(s, 1, 0);
    cr_assert_eq(x->gpr[RCX] >> 26 & 3, 3);
    cpuid(s, 0xd, 0);
    cr_assert(x->gpr[RAX] == 3 && x->gpr[RBX] == 576 && x->gpr[RCX] == 576 && x->gpr[RDX] == 0);
    cpuid(s, 0xd, 1);
    cr_assert_eq(x->gpr[RAX], 0, "no XSAVEOPT, XSAVEC, XGETBV1, XSAVES");
    cpuid(s, 7, 0);
    cr_assert(x->gpr[RBX] & 1 << 20);
    cpuid(s, 7, 1);
    cr_assert_eq(x->gpr[RBX], 0);
    cpuid(s, 0x15, 0); /* crystal * ebx / eax = 1 GHz */
    cr_assert_eq(x->gpr[RCX] * x->gpr[RBX] / x->gpr[RAX], 1000000000);
    cpuid(s, 0x80000001, 0);
    cr_assert(x->gpr[RDX] & 1 << 29);
    cr_assert(x->gpr[RDX] & 1 << 11);
    cpuid(s, 0x80000008, 0);
    cr_assert_eq(x->gpr[RAX], 48 << 8 | 40);
    cpuid(s, 0x12345678, 0);
    u64 highest = x->gpr[RAX];
    cpuid(s, 0x16, 0);
    cr_assert_eq(x->gpr[RAX], highest);
    sys_delete(s);
}

/* ---- XGETBV, XSETBV ---- */

/* XSETBV (op 0xd1) or XGETBV (0xd0); the vector of the fault it makes, or -1 */
static int xcr(struct sys *s, u8 op, u64 n, u64 v)
{
    SYS_PROGRAM(s, 0x0f, 0x01, op, 0xf4);
    s->x->gpr[RCX] = n;
    s->x->gpr[RAX] = (u32)v;
    s->x->gpr[RDX] = v >> 32;
    sys_run(s);
    return sys_vector(s);
}

Test(sysregs, extended_control_register)
{
    struct sys *s = sys_new("max");
    sys_long(s);
    cr_assert_eq(xcr(s, 0xd0, 0, 0), EXC_UD, "CR4.OSXSAVE is off");
    s->x->cr4 |= CR4_OSXSAVE;
    x86_update_mode(s->x);
    cr_assert_eq(xcr(s, 0xd0, 0, 7), -1);
    cr_assert(s->x->gpr[RAX] == 1 && s->x->gpr[RDX] == 0, "after reset: x87 only");
    cr_assert_eq(xcr(s, 0xd1, 0, 3), -1);
    cr_assert_eq(s->x->xcr0, 3);
    cr_assert_eq(xcr(s, 0xd1, 0, 2), EXC_GP, "x87 cannot be switched off");
    cr_assert_eq(xcr(s, 0xd1, 0, 7), EXC_GP, "no AVX");
    cr_assert_eq(xcr(s, 0xd1, 0, (u64)1 << 63 | 3), EXC_GP);
    cr_assert_eq(xcr(s, 0xd1, 1, 3), EXC_GP, "no such register");
    cr_assert_eq(xcr(s, 0xd0, 1, 0), EXC_GP);
    cr_assert_eq(s->x->xcr0, 3);
    sys_delete(s);
}

/* ---- MOV CR ---- */

/* mov crN, rax; the vector of the fault it makes, or -1 */
static int write_cr(struct sys *s, unsigned n, u64 v)
{
    SYS_PROGRAM(s, 0x0f, 0x22, 0xc0 | n << 3, 0xf4);
    s->x->gpr[RAX] = v;
    sys_run(s);
    return sys_vector(s);
}

Test(sysregs, control_register_checks)
{
    struct sys *s = sys_new("max");
    sys_long(s);
    cr_assert_eq(write_cr(s, 0, CR0_PE | CR0_PG | CR0_NW), EXC_GP, "NW without CD");
    cr_assert_eq(write_cr(s, 0, CR0_PG), EXC_GP, "PG without PE");
    cr_assert_eq(write_cr(s, 0, CR0_PE), EXC_GP, "PG off in 64-bit code");
    cr_assert_eq(write_cr(s, 0, s->x->cr0 | (u64)1 << 32), EXC_GP);
    cr_assert_eq(write_cr(s, 0, s->x->cr0 | CR0_TS), -1);
    cr_assert(s->x->base.mode & MODE_TS);
    cr_assert_eq(write_cr(s, 4, s->x->cr4 & ~(u64)CR4_PAE), EXC_GP, "PAE off in long mode");
    cr_assert_eq(write_cr(s, 4, s->x->cr4 | 1 << 22), EXC_GP, "no such feature");
    cr_assert_eq(write_cr(s, 4, s->x->cr4 | CR4_PGE | CR4_UMIP), -1);
    cr_assert_eq(write_cr(s, 3, s->x->cr3 | (u64)1 << 45), EXC_GP);
    cr_assert_eq(write_cr(s, 3, s->x->cr3 | 8), -1);
    cr_assert_eq(write_cr(s, 4, s->x->cr4 | CR4_PCIDE), EXC_GP, "a PCID is set");
    cr_assert_eq(write_cr(s, 3, s->x->cr3 & ~(u64)0xfff), -1);
    cr_assert_eq(write_cr(s, 4, s->x->cr4 | CR4_PCIDE), -1);
    cr_assert_eq(write_cr(s, 3, s->x->cr3 | 5 | (u64)1 << 63), -1);
    cr_assert_eq(s->x->cr3, AT_TABLES | 5);
    cr_assert_eq(write_cr(s, 1, 0), EXC_UD);
    sys_user(s);
    cr_assert_eq(write_cr(s, 0, s->x->cr0), EXC_GP);
    sys_delete(s);
}

/* 32-bit code turns long mode on and off again, as the kernel's decompressor and a reboot do. */
SYS_ASM(lm, ".set LM, 0x10000\n"
            ".code32\n"
            "  mov %cr4, %eax\n  or $0x20, %eax\n  mov %eax, %cr4\n"
            "  mov $0x200000, %eax\n  mov %eax, %cr3\n"
            "  mov $0xc0000080, %ecx\n  rdmsr\n  or $0x100, %eax\n  wrmsr\n"
            "  mov %cr0, %eax\n  or $0x80000000, %eax\n  mov %eax, %cr0\n"
            "  rdmsr\n  mov %eax, %esi\n" /* LMA is set; this is compatibility mode */
            "  ljmp $0xa8, $(LM + 1f - lm_start)\n"
            ".code64\n"
            "1: movabs $0x123456789abcdef0, %rbx\n"
            "  push $0x08\n  push $(LM + 1f - lm_start)\n  lretq\n"
            ".code32\n"
            "1: mov %cr0, %eax\n  and $0x7fffffff, %eax\n  mov %eax, %cr0\n"
            "  rdmsr\n"
            "  hlt\n")

Test(sysregs, long_mode_on_and_off)
{
    struct sys *s = sys_new("max");
    sys_long(s); /* for its page tables */
    sys_protected(s);
    s->x->cr4 = s->x->cr3 = s->x->efer = 0;
    sys_desc(s, 0xa8, 0, 0xfffff, ATTR_P | ATTR_S | ATTR_CODE | ATTR_R | ATTR_L | ATTR_G);
    x86_update_mode(s->x);
    SYS_ASM_PROGRAM(s, lm);
    sys_run(s);
    cr_assert_eq(sys_vector(s), -1);
    cr_assert_eq(s->x->gpr[RBX], 0x123456789abcdef0);
    cr_assert_eq(s->x->gpr[RSI], EFER_LME | EFER_LMA);
    cr_assert_eq(s->x->gpr[RAX], EFER_LME);
    cr_assert(!(s->x->base.mode & MODE_LMA));
    sys_delete(s);
}

/* ---- MSRs ---- */

static int wrmsr(struct sys *s, u32 n, u64 v)
{
    SYS_PROGRAM(s, 0x0f, 0x30, 0x0f, 0x32, 0xf4); /* wrmsr; rdmsr */
    s->x->gpr[RCX] = n;
    s->x->gpr[RAX] = (u32)v;
    s->x->gpr[RDX] = v >> 32;
    sys_run(s);
    return sys_vector(s);
}

Test(sysregs, msrs)
{
    struct sys *s = sys_new("max");
    struct x86_cpu *x = s->x;
    sys_long(s);
    cr_assert_eq(wrmsr(s, MSR_LSTAR, 0xffffffff81000000), -1);
    cr_assert_eq(x->lstar, 0xffffffff81000000);
    cr_assert_eq(x->gpr[RDX] << 32 | x->gpr[RAX], 0xffffffff81000000);
    cr_assert_eq(wrmsr(s, MSR_LSTAR, (u64)1 << 50), EXC_GP);
    cr_assert_eq(wrmsr(s, MSR_GS_BASE, 0xffff888000000000), -1);
    cr_assert_eq(x->seg_base[SEG_GS], 0xffff888000000000, "seen by the next access");
    cr_assert_eq(wrmsr(s, 0x12345, 0), EXC_GP);
    cr_assert_eq(wrmsr(s, MSR_EFER, 1 << 20), EXC_GP);
    cr_assert_eq(wrmsr(s, MSR_EFER, EFER_NXE), EXC_GP, "LME does not change under paging");
    cr_assert_eq(wrmsr(s, MSR_PAT, 0x0007040600070406), -1);
    cr_assert_eq(wrmsr(s, MSR_PAT, 2), EXC_GP);
    cr_assert_eq(wrmsr(s, MSR_MTRR_PHYS + 2, 0xc0000006), -1);
    cr_assert_eq(wrmsr(s, MSR_MTRR_PHYS + 16, 0), EXC_GP);
    cr_assert_eq(wrmsr(s, MSR_APIC_BASE, 0), EXC_GP, "no board, no APIC");
    sys_delete(s);
}

Test(sysregs, tsc)
{
    struct sys *s = sys_new("max");
    sys_long(s);
    SYS_PROGRAM(s, 0x90, 0x0f, 0x31, 0x89, 0xc3, 0x90, 0x90, 0x0f, 0x31, 0xf4); /* rdtsc; mov ebx, eax; ... rdtsc */
    u64 start = machine_now_ns(s->m);
    sys_run(s);
    cr_assert_eq(s->x->gpr[RBX], start + (1 << s->m->clock.shift), "one step before it");
    cr_assert_eq(s->x->gpr[RAX] - s->x->gpr[RBX], 4 << s->m->clock.shift);
    s->x->cr4 |= CR4_TSD;
    sys_user(s);
    s->x->base.pc = AT_CODE;
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_GP);
    cr_assert_eq(wrmsr(s, MSR_TSC, 0), -1);
    cr_assert_lt(s->x->gpr[RAX], 100u);
    sys_delete(s);
}

Test(sysregs, swapgs_and_bases)
{
    struct sys *s = sys_new("max");
    struct x86_cpu *x = s->x;
    sys_long(s);
    x->seg[SEG_GS].base = 0x1000;
    x->kernel_gs_base = 0x15000;
    x86_update_mode(x);
    sys_put_int(s, 0x15010, 0xabcd, 8);
    SYS_PROGRAM(s, 0x0f, 0x01, 0xf8,                                     /* swapgs */
                0x65, 0x48, 0x8b, 0x04, 0x25, 0x10, 0x00, 0x00, 0x00,     /* mov rax, gs:[0x10] */
                0xf3, 0x48, 0x0f, 0xae, 0xcb,                             /* rdgsbase rbx */
                0xf3, 0x48, 0x0f, 0xae, 0xd3, 0xf4);                      /* wrfsbase rbx */
    x->cr4 |= CR4_FSGSBASE;
    sys_run(s);
    cr_assert_eq(sys_vector(s), -1);
    cr_assert_eq(x->gpr[RAX], 0xabcd);
    cr_assert_eq(x->gpr[RBX], 0x15000);
    cr_assert_eq(x->seg[SEG_FS].base, 0x15000);
    cr_assert_eq(x->kernel_gs_base, 0x1000);
    x->cr4 &= ~(u64)CR4_FSGSBASE;
    x->base.pc = AT_CODE + 12;
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_UD);
    sys_delete(s);
}

Test(sysregs, umip)
{
    struct sys *s = sys_new("max");
    sys_protected(s);
    sys_user(s);
    SYS_PROGRAM(s, 0x0f, 0x01, 0xe0, 0xf4); /* smsw eax */
    sys_steps(s, 1);
    cr_assert_eq(s->x->gpr[RAX], s->x->cr0);
    s->x->cr4 |= CR4_UMIP;
    x86_update_mode(s->x);
    s->x->base.pc = AT_CODE;
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_GP);
    sys_delete(s);
}

Test(sysregs, stac_opens_user_pages)
{
    struct sys *s = sys_new("max");
    sys_long(s); /* everything is mapped for users */
    for (u64 va = 0; va < 0x40000; va += 0x1000) /* but what the kernel uses must not be */
        sys_put_int(s, AT_TABLES + 0x3000 + va / 512, va | 3, 8);
    sys_put_int(s, AT_TABLES + 0x2000, (AT_TABLES + 0x3000) | 7, 8);
    s->x->cr4 |= CR4_SMAP;
    SYS_PROGRAM(s, 0x0f, 0x01, 0xcb, 0x8b, 0x03, 0x0f, 0x01, 0xca, 0x8b, 0x03); /* stac; mov; clac; mov */
    tlb_flush(&s->x->base);
    s->x->gpr[RBX] = 0x340000;
    sys_run(s);
    cr_assert_eq(sys_vector(s), EXC_PF);
    cr_assert_eq(sys_stack(s, 1), AT_CODE + 8, "the first load was allowed");
    cr_assert_eq(sys_stack(s, 0), 1);
    sys_delete(s);
}
