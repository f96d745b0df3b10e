/* system.h - the machine of system cases: privilege 0, page tables, interrupts */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * 64-bit code of privilege 0 that changes page tables, CR3, CR4 and breakpoints, and goes to user
 * mode and back. All memory is mapped at FUZZ_TABLES, physical address 0 first, for privilege 0
 * only; code and tables are also in the high half, and in half of the cases used there. There are
 * three address spaces, which differ in their window. Any fault goes to a handler that jumps to
 * R15; interrupts come from a timer at random times. No host does this: the engine's variants are
 * compared with each other.
 */
#ifndef TESTS_FUZZ_SYSTEM_H
#define TESTS_FUZZ_SYSTEM_H

#include "arch/x86/cpu.h"
#include "fuzz.h"

#define FUZZ_RAM 0x20000u
#define FUZZ_TABLES 0x30000000u
#define FUZZ_SPACES 3
#define SYSTEM_HIGH UINT64_C(0xffffffff80000000) /* the first 1 GiB is there, too */

/* Physical addresses. */
enum {
    PA_PML4 = 0x1000,
    PA_PDPT = 0x2000,
    PA_PD = 0x3000,
    PA_PT_CODE = 0x4000,
    PA_PT_WINDOW = 0x5000,
    PA_CODE0 = 0x9000,
    PA_CODE1 = 0x6000,
    PA_ALT0 = 0xf000,
    PA_ALT1 = 0xe000,
    PA_PDPT_HIGH = 0x7000, /* if the spaces share it */
    PA_PD_HIGH = 0xc000,
    PA_SPACES = 0x10000, /* of each further one: PML4, PDPT, PD, window's PT */
    PA_PT_TABLES = 0x18000,
    PA_IDT = 0x19000,
    PA_GDT = 0x1a000,
    PA_TSS = 0x1b000,
    PA_KERNEL_STACK = 0x1d000,
    PA_DATA = 0x1e000,
    PA_HANDLER = 0x1f000,
    PA_TIMER = 0x100000 /* registers */
};
enum { SYSTEM_GATE = 0x20, SYSTEM_TIMER = 0x21, SYSTEM_END = 0x22 }; /* vectors */
enum { KERNEL_CS = 0x08, KERNEL_SS = 0x10, USER_SS = 0x2b, USER_CS = 0x33 };

static inline u32 system_pml4(unsigned space)
{
    return space ? PA_SPACES + (space - 1) * 0x4000 : PA_PML4;
}

static inline u32 system_pd(unsigned space)
{
    return space ? PA_SPACES + (space - 1) * 0x4000 + 0x2000 : PA_PD;
}

static inline u32 system_pt_window(unsigned space)
{
    return space ? PA_SPACES + (space - 1) * 0x4000 + 0x3000 : PA_PT_WINDOW;
}

/* Where tables, handlers and stack are mapped. */
static inline u64 system_tables(const struct fuzz_case *c)
{
    return FUZZ_TABLES + (c->high ? SYSTEM_HIGH : 0);
}

extern const u32 system_pa_window[FUZZ_WINDOW_SIZE / 0x1000];

void system_attach(struct machine *m); /* the timer; before machine_start() */
void system_start_timer(struct machine *m, u64 seed);
void system_make_ram(u8 *ram, const struct fuzz_case *c); /* all tables, and the other code */
void system_set_state(struct x86_cpu *x, const struct fuzz_case *c);

#endif
