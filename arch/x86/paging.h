/* paging.h - page fault error codes, and a walk over all that is mapped */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_X86_PAGING_H
#define ARCH_X86_PAGING_H

#include "arch/x86/cpu.h"

#define X86_PHYS_BITS 40 /* MAXPHYADDR, as CPUID 8000_0008 says */

enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };

struct x86_page { /* one mapping, of 4 KiB to 1 GiB */
    u64 va, pa, size, entry;
    bool write, user, nx; /* of all levels together */
};

/* Every mapping in address order, without side effects; fn returns false to stop. Nothing when
 * paging is off. */
typedef bool (*x86_page_fn)(void *opaque, const struct x86_page *p);
void x86_each_page(struct x86_cpu *x, x86_page_fn fn, void *opaque);

#endif
