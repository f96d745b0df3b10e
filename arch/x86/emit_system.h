/* emit_system.h - the emit functions of the system instructions, by file */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_X86_EMIT_SYSTEM_H
#define ARCH_X86_EMIT_SYSTEM_H

#include "arch/x86/features.h"
#include "arch/x86/sysreg.h"
#include "arch/x86/translate.h"

#define X86_EMIT_SYS(name) void x86_op_##name(struct x86_tr *t, const struct x86_insn *in)

/* emit_io.c */
X86_EMIT_SYS(in); X86_EMIT_SYS(out); X86_EMIT_SYS(ins); X86_EMIT_SYS(outs);
X86_EMIT_SYS(cli); X86_EMIT_SYS(sti); X86_EMIT_SYS(hlt);

/* emit_segment.c; row arguments: */
enum { FAR_JUMP, FAR_CALL };
X86_EMIT_SYS(mov_to_seg); X86_EMIT_SYS(pop_seg);
X86_EMIT_SYS(load_far); X86_EMIT_SYS(far_imm); X86_EMIT_SYS(far_mem); X86_EMIT_SYS(far_ret);
X86_EMIT_SYS(iret); X86_EMIT_SYS(syscall); X86_EMIT_SYS(sysret); X86_EMIT_SYS(sysenter);
X86_EMIT_SYS(sysexit);

/* emit_system.c; row arguments: */
enum { TABLE_GDT, TABLE_IDT };
X86_EMIT_SYS(store_table); X86_EMIT_SYS(load_table); X86_EMIT_SYS(store_selector);
X86_EMIT_SYS(load_selector); X86_EMIT_SYS(probe); X86_EMIT_SYS(arpl); X86_EMIT_SYS(smsw);
X86_EMIT_SYS(lmsw); X86_EMIT_SYS(clts); X86_EMIT_SYS(mov_from_cr); X86_EMIT_SYS(mov_to_cr);
X86_EMIT_SYS(mov_from_dr); X86_EMIT_SYS(mov_to_dr); X86_EMIT_SYS(wrmsr); X86_EMIT_SYS(rdmsr);
X86_EMIT_SYS(swapgs); X86_EMIT_SYS(read_base); X86_EMIT_SYS(write_base); X86_EMIT_SYS(set_ac);
X86_EMIT_SYS(system_nop); X86_EMIT_SYS(invpcid); X86_EMIT_SYS(clflush); X86_EMIT_SYS(cpuid);
X86_EMIT_SYS(rdtsc); X86_EMIT_SYS(rdpid); X86_EMIT_SYS(rdpmc); X86_EMIT_SYS(xgetbv);
X86_EMIT_SYS(xsetbv);

/* random.c */
X86_EMIT_SYS(random);

#endif
