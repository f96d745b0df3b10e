/* segment.h - descriptors, stacks and transfers: shared by the files that change segments */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_X86_SEGMENT_H
#define ARCH_X86_SEGMENT_H

#include "arch/x86/cpu.h"

/* A descriptor's second dword, and the attr of a loaded segment (SDM vol. 3, 3.4.5). */
enum {
    ATTR_A = 1 << 8, ATTR_W = 1 << 9 /* of data */, ATTR_R = 1 << 9 /* of code */,
    ATTR_E = 1 << 10 /* of data: expand down */, ATTR_C = 1 << 10 /* of code: conforming */,
    ATTR_CODE = 1 << 11, ATTR_S = 1 << 12, ATTR_DPL = 3 << 13, ATTR_P = 1 << 15,
    ATTR_AVL = 1 << 20, ATTR_L = 1 << 21, ATTR_D = 1 << 22, ATTR_G = 1 << 23,
    ATTR_TYPE = 0xf << 8, ATTR_TSS_BUSY = 1 << 9,
    ATTR_KEPT = 0xf0ff00,
    ATTR_REAL = ATTR_P | ATTR_S | ATTR_W | ATTR_A,       /* what real mode loads */
    ATTR_VM86 = ATTR_REAL | ATTR_DPL,
};
#define ATTR_GET_DPL(a) (((a) >> 13) & 3)
#define ATTR_GET_TYPE(a) (((a) >> 8) & 0xf)

enum x86_system_type { /* SDM vol. 3, table 3-2 */
    SYS_TSS16 = 1, SYS_LDT = 2, SYS_TSS16_BUSY = 3, SYS_CALL16 = 4, SYS_TASK_GATE = 5, SYS_INT16 = 6,
    SYS_TRAP16 = 7, SYS_TSS = 9, SYS_TSS_BUSY = 11, SYS_CALL = 12, SYS_INT = 14, SYS_TRAP = 15,
};

struct x86_desc {
    u64 addr; /* linear, of the descriptor */
    u32 lo, hi;
    u32 base_hi, top; /* of a 16-byte one */
};

static inline bool x86_sel_null(u16 sel)
{
    return (sel & 0xfffc) == 0;
}

static inline bool x86_canonical(u64 va)
{
    return (u64)((i64)(va << 16) >> 16) == va;
}

static inline bool x86_real(const struct x86_cpu *x) /* addresses as in real mode: also virtual-8086 */
{
    return !(x->base.mode & MODE_PE) || (x->base.mode & MODE_VM);
}

static inline bool x86_desc_is_code(const struct x86_desc *d)
{
    return (d->hi & (ATTR_S | ATTR_CODE)) == (ATTR_S | ATTR_CODE);
}

static inline bool x86_desc_is_writable_data(const struct x86_desc *d)
{
    return (d->hi & (ATTR_S | ATTR_CODE | ATTR_W)) == (ATTR_S | ATTR_W);
}

/* Faults with a selector's error code. ext is 1 while an external event is being delivered. */
NORETURN void x86_raise_sel(struct x86_cpu *x, enum x86_vector v, u16 sel, u32 ext);

/* False when the selector is beyond its table. Reads it as a supervisor; may raise #PF. The second
 * form reads 16 bytes in long mode (call gates, LDT, TSS). */
bool x86_desc_fetch(struct x86_cpu *x, u16 sel, struct x86_desc *d);
bool x86_desc_fetch_system(struct x86_cpu *x, u16 sel, struct x86_desc *d);
u32 x86_desc_limit(const struct x86_desc *d);
u64 x86_desc_base(const struct x86_desc *d);
void x86_desc_set_accessed(struct x86_cpu *x, struct x86_desc *d); /* in memory, if it is not yet */

/* Fills a segment register's hidden part; x86_update_mode() is the caller's. */
void x86_seg_set(struct x86_cpu *x, enum x86_seg s, u16 sel, const struct x86_desc *d);
void x86_seg_set_null(struct x86_cpu *x, enum x86_seg s, u16 sel);
void x86_seg_set_real(struct x86_cpu *x, enum x86_seg s, u16 sel);
void x86_seg_set_vm86(struct x86_cpu *x, enum x86_seg s, u16 sel);
void x86_seg_set_flat(struct x86_cpu *x, enum x86_seg s, u16 sel, u32 attr); /* SYSCALL and the like */
bool x86_seg_limit_ok(const struct x86_segment *s, u64 off, unsigned size);
/* After a return to an outer level: DS, ES, FS, GS that the new level may not use become null. */
void x86_seg_drop_inner(struct x86_cpu *x, unsigned cpl);

/* A stack being worked on: nothing of the CPU changes until x86_stack_commit(). */
struct x86_stack {
    struct x86_cpu *x;
    struct x86_segment ss;
    u64 sp, mask;
    bool flat64;
    u8 mmu;
    u32 error; /* code of the #SS when it overflows */
};
struct x86_stack x86_stack_current(struct x86_cpu *x);
/* A stack with this SS for code of privilege cpl; sp is cut to the stack's size. */
struct x86_stack x86_stack_new(struct x86_cpu *x, const struct x86_segment *ss, u64 sp, unsigned cpl, u32 error);
struct x86_stack x86_stack_new64(struct x86_cpu *x, u64 rsp, unsigned cpl, u32 error);
void x86_stack_push(struct x86_stack *st, u64 v, unsigned size);
u64 x86_stack_pop(struct x86_stack *st, unsigned size);
void x86_stack_commit(const struct x86_stack *st); /* RSP only */
u8 x86_mmu_of(const struct x86_cpu *x, unsigned cpl);

/* The stack pointer (and SS) that the TSS has for privilege dpl, SS checked and its descriptor
 * read. slot: 0 to 2 by privilege; 3 + n for IST n (long mode). */
void x86_tss_stack(struct x86_cpu *x, unsigned dpl, u32 ext, struct x86_segment *ss, u64 *sp);
u64 x86_tss_rsp(struct x86_cpu *x, unsigned slot, u32 ext);

/* Raises #GP(0) unless off may be the pc in the code segment described. */
void x86_check_code_offset(struct x86_cpu *x, const struct x86_desc *cs, u64 off, u32 ext);

#endif
