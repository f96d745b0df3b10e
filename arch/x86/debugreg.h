/* debugreg.h - DR6 and DR7, and what hits guest breakpoints */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_X86_DEBUGREG_H
#define ARCH_X86_DEBUGREG_H

#include "arch/x86/cpu.h"

enum { /* SDM vol. 3, 17.2 */
    DR6_BD = 1 << 13, DR6_BS = 1 << 14, DR6_BT = 1 << 15,
    DR7_LE = 1 << 8, DR7_GD = 1 << 13,
};
#define DR6_FIXED 0xffff0ff0u
#define DR7_FIXED 0x400u

void x86_enter_db(struct x86_cpu *x, u64 dr6_bits); /* #DB is about to be delivered */
bool x86_code_breaks_enabled(const struct x86_cpu *x);
void x86_watched_port(struct x86_cpu *x, u16 port, unsigned size); /* I/O breakpoints (CR4.DE) */
u64 x86_read_dr(struct x86_cpu *x, unsigned n);           /* they raise */
void x86_write_dr(struct x86_cpu *x, unsigned n, u64 v);

#endif
