/* debugreg.h - hardware breakpoints and watchpoints, and their registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_ARM_DEBUGREG_H
#define ARCH_ARM_DEBUGREG_H

#include "arch/arm/cp15.h"

enum { /* C11.11.20 DBGDSCR.MOE, set with an exception's status */
       ARM_MOE_BKPT = 3 };

/* MODE_DEBUG: may an instruction's address cause a debug event? */
bool arm_breaks_enabled(const struct arm_cpu *a);
/* IR helper before each instruction in MODE_DEBUG: raises when there is one. */
u64 arm_help_breakpoint(struct cpu *c, u64 pc, u64 b, u64 d);
/* For struct arch. */
bool arm_page_watched(struct cpu *c, u64 va);
void arm_watched_access(struct cpu *c, u64 va, unsigned size, bool write);
/* An abort is taken: if it is a debug exception, DBGDSCR says how it came. */
bool arm_debug_taken(struct arm_cpu *a);

/* For cp15.c's rows. */
u64 arm_read_dbgdscr(struct arm_cpu *a, const struct arm_sysreg *r);
void arm_write_dbgdscr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v);
void arm_write_dbgoslar(struct arm_cpu *a, const struct arm_sysreg *r, u64 v);
void arm_write_dbgvalue(struct arm_cpu *a, const struct arm_sysreg *r,
                        u64 v); /* the bits of r->value */
void arm_write_dbgclaimset(struct arm_cpu *a, const struct arm_sysreg *r, u64 v);
u64 arm_read_dbgclaimset(struct arm_cpu *a, const struct arm_sysreg *r);
void arm_write_dbgclaimclr(struct arm_cpu *a, const struct arm_sysreg *r, u64 v);

#endif
