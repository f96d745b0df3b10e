/* syscall.c - SYSCALL, SYSRET, SYSENTER and SYSEXIT */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDM vol. 2. */
#include "arch/x86/segment.h"
#include "arch/x86/sysreg.h"

enum {
    FLAT_DATA = ATTR_P | ATTR_S | ATTR_W | ATTR_A | ATTR_D | ATTR_G | 0xf0000,
    FLAT_CODE = ATTR_P | ATTR_S | ATTR_CODE | ATTR_R | ATTR_A | ATTR_G | 0xf0000,
};

static void set_flat(struct x86_cpu *x, u16 cs, u16 ss, unsigned cpl, bool code64)
{
    u32 code = FLAT_CODE | cpl << 13 | (code64 ? ATTR_L : ATTR_D);
    x86_seg_set_flat(x, SEG_CS, cs, code & ATTR_KEPT);
    x86_seg_set_flat(x, SEG_SS, ss, (FLAT_DATA | cpl << 13) & ATTR_KEPT);
}

void x86_syscall(struct x86_cpu *x, u64 next_pc)
{
    if (!(x->base.mode & MODE_CS64) || !(x->efer & EFER_SCE))
        x86_raise(x, EXC_UD);
    u64 flags = x86_get_rflags(x);
    u16 cs = x->star >> 32 & 0xfffc;
    x->gpr[RCX] = next_pc;
    x->gpr[R11] = flags & ~(u64)FL_RF;
    x->base.pc = x->lstar;
    set_flat(x, cs, cs + 8, 0, true);
    x86_set_rflags(x, flags & ~(x->fmask | FL_RF));
}

void x86_sysret(struct x86_cpu *x, unsigned opsize)
{
    if (!(x->base.mode & MODE_CS64) || !(x->efer & EFER_SCE))
        x86_raise(x, EXC_UD);
    if (x86_cpl(x) != 0 || (opsize == 8 && !x86_canonical(x->gpr[RCX])))
        x86_raise_error(x, EXC_GP, 0);
    u16 sel = x->star >> 48;
    x->base.pc = opsize == 8 ? x->gpr[RCX] : (u32)x->gpr[RCX];
    set_flat(x, (opsize == 8 ? sel + 16 : sel) | 3, (sel + 8) | 3, 3, opsize == 8);
    x86_set_rflags(x, (x->gpr[R11] & 0x3c7fd7) | FL_FIXED);
    x86_look(x);
}

void x86_sysenter(struct x86_cpu *x)
{
    bool lma = x->efer & EFER_LMA;
    if (!(x->base.mode & MODE_PE) || x86_sel_null(x->sysenter_cs))
        x86_raise_error(x, EXC_GP, 0);
    u16 cs = x->sysenter_cs & 0xfffc;
    x->gpr[RSP] = lma ? x->sysenter_esp : (u32)x->sysenter_esp;
    x->base.pc = lma ? x->sysenter_eip : (u32)x->sysenter_eip;
    set_flat(x, cs, cs + 8, 0, lma);
    x86_set_rflags(x, x86_get_rflags(x) & ~(u64)(FL_VM | FL_IF | FL_RF));
}

void x86_sysexit(struct x86_cpu *x, unsigned opsize)
{
    bool to64 = opsize == 8;
    if (!(x->base.mode & MODE_PE) || x86_sel_null(x->sysenter_cs) || x86_cpl(x) != 0)
        x86_raise_error(x, EXC_GP, 0);
    if (to64 && (!x86_canonical(x->gpr[RCX]) || !x86_canonical(x->gpr[RDX])))
        x86_raise_error(x, EXC_GP, 0);
    u16 cs = (x->sysenter_cs & 0xfffc) + (to64 ? 32 : 16);
    x->gpr[RSP] = to64 ? x->gpr[RCX] : (u32)x->gpr[RCX];
    x->base.pc = to64 ? x->gpr[RDX] : (u32)x->gpr[RDX];
    set_flat(x, cs | 3, (cs + 8) | 3, 3, to64);
    x86_update_mode(x);
    x86_look(x);
}
