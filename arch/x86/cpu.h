/* cpu.h - the x86 processor's state, and what the files of arch/x86 share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sources: Intel 64 and IA-32 Architectures Software Developer's Manual (SDM), volumes 1 to 4. */
#ifndef ARCH_X86_CPU_H
#define ARCH_X86_CPU_H

#include "emu/cpu.h"
#include "emu/ir.h"
#include "emu/machine.h"
#include "emu/tlb.h"

enum x86_reg { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };
enum x86_seg { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_LDTR, SEG_TR, N_SEGS };

/* RFLAGS (SDM vol. 1, 3.4.3). */
enum {
    FL_CF = 1 << 0, FL_FIXED = 1 << 1, FL_PF = 1 << 2, FL_AF = 1 << 4, FL_ZF = 1 << 6, FL_SF = 1 << 7,
    FL_TF = 1 << 8, FL_IF = 1 << 9, FL_DF = 1 << 10, FL_OF = 1 << 11, FL_IOPL = 3 << 12, FL_NT = 1 << 14,
    FL_RF = 1 << 16, FL_VM = 1 << 17, FL_AC = 1 << 18, FL_VIF = 1 << 19, FL_VIP = 1 << 20, FL_ID = 1 << 21,
    FL_ARITH = FL_CF | FL_PF | FL_AF | FL_ZF | FL_SF | FL_OF,
    FL_OF_MODE = FL_TF | FL_IOPL | FL_RF | FL_VM | FL_AC, /* that cpu.mode depends on */
};

/* Control registers, XCR0 and EFER (SDM vol. 3, 2.5, 2.6 and 2.2.1). */
enum {
    CR0_PE = 1 << 0, CR0_MP = 1 << 1, CR0_EM = 1 << 2, CR0_TS = 1 << 3, CR0_ET = 1 << 4, CR0_NE = 1 << 5,
    CR0_WP = 1 << 16, CR0_AM = 1 << 18, CR0_NW = 1 << 29, CR0_CD = 1 << 30,
    CR4_VME = 1 << 0, CR4_PVI = 1 << 1, CR4_TSD = 1 << 2, CR4_DE = 1 << 3, CR4_PSE = 1 << 4, CR4_PAE = 1 << 5,
    CR4_MCE = 1 << 6, CR4_PGE = 1 << 7, CR4_PCE = 1 << 8, CR4_OSFXSR = 1 << 9, CR4_OSXMMEXCPT = 1 << 10,
    CR4_UMIP = 1 << 11, CR4_FSGSBASE = 1 << 16, CR4_PCIDE = 1 << 17, CR4_OSXSAVE = 1 << 18,
    CR4_SMEP = 1 << 20, CR4_SMAP = 1 << 21,
    XCR0_X87 = 1 << 0, XCR0_SSE = 1 << 1, XCR0_IMPLEMENTED = XCR0_X87 | XCR0_SSE,
    EFER_SCE = 1 << 0, EFER_LME = 1 << 8, EFER_LMA = 1 << 10, EFER_NXE = 1 << 11,
};
#define CR0_PG 0x80000000u

enum x86_vector { /* SDM vol. 3, table 6-1 */
    EXC_DE = 0, EXC_DB = 1, EXC_NMI = 2, EXC_BP = 3, EXC_OF = 4, EXC_BR = 5, EXC_UD = 6, EXC_NM = 7, EXC_DF = 8,
    EXC_TS = 10, EXC_NP = 11, EXC_SS = 12, EXC_GP = 13, EXC_PF = 14, EXC_MF = 16, EXC_AC = 17, EXC_MC = 18,
    EXC_XM = 19,
};

/* cpu.mode: everything a translation depends on. x86_update_mode() derives it from state. */
enum {
    MODE_CS32 = 1 << 0,    /* default operand and address size 32 (not in 64-bit code) */
    MODE_CS64 = 1 << 1,    /* 64-bit code: EFER.LMA and CS.L */
    MODE_SS32 = 1 << 2,    /* stack address size 32 (64 in 64-bit code) */
    MODE_PE = 1 << 3,      /* protected mode (also in virtual-8086 mode) */
    MODE_VM = 1 << 4,      /* virtual-8086 mode */
    MODE_CPL_SHIFT = 5,    /* 2 bits */
    MODE_CPL = 3 << 5,
    MODE_LMA = 1 << 7,     /* long mode active (64-bit or compatibility) */
    MODE_FLAT_DATA = 1 << 8, /* DS, ES, SS: present, writable, base 0, limit 4 GiB: no checks needed */
    MODE_FLAT_CS = 1 << 9,   /* CS: base 0, limit 4 GiB */
    MODE_TF = 1 << 10,     /* single-step trap: blocks of one instruction */
    MODE_SHADOW = 1 << 11, /* interrupts held back for one instruction (STI, MOV SS, POP SS) */
    MODE_EM = 1 << 12,     /* CR0.EM, CR0.TS, CR0.MP: who may use x87, MMX, SSE */
    MODE_TS = 1 << 13,
    MODE_MP = 1 << 14,
    MODE_OSFXSR = 1 << 15, /* CR4.OSFXSR */
    MODE_AC = 1 << 16,     /* alignment checks are on: CR0.AM, RFLAGS.AC, CPL 3 */
    MODE_CODE_BP = 1 << 17, /* DR7 enables an instruction breakpoint: blocks of one instruction */
    MODE_IOPL_OK = 1 << 18, /* CPL <= IOPL */
    MODE_RF = 1 << 19,     /* RFLAGS.RF is set: one-instruction block that clears it */
    MODE_OSXSAVE = 1 << 20,
    MODE_UMIP = 1 << 21,
    MODE_UNMASKED = 1 << 22, /* MXCSR does not mask all exceptions */
    /* Outside of 64-bit code: */
    MODE_FLAT_FS = 1 << 23, /* as MODE_FLAT_DATA, but with any base */
    MODE_FLAT_GS = 1 << 24,
    MODE_CODE_64K = 1 << 25, /* CS: limit 64 KiB - 1, or more */
};

/* Lazy arithmetic flags: three words, written by the IR op CC. cc_op's low two bits are enum ir_size.
 * CC_FLAGS  cc_x is the six flags themselves, in their RFLAGS places
 * CC_ADD    of x + y       CC_SUB  of x - y (CMP)
 * CC_LOGIC  of the result x: CF = OF = 0, AF = 0 (documented value of an undefined flag)
 * CC_RES    ZF, SF, PF of the result x; CF, OF, AF are in y, in their RFLAGS places
 * CC_INC, CC_DEC  of the result x of INC or DEC; y is CF (0 or 1)
 * CC_SHL    of the result x of a left shift, y being the value before its last one-bit step; CC_SHR the same
 *           for right shifts (SHR and SAR). AF = 0; OF is that of the last one-bit step
 * CC_CARRY  of the result x of ADC or SBB; each bit of y is the carry (borrow) out of that place
 * CC_MUL, CC_IMUL  of a product, x being its low and y its high half: CF = OF = the low half does not say it all
 */
enum x86_cc { CC_FLAGS = 0, CC_ADD = 4, CC_SUB = 8, CC_LOGIC = 12, CC_RES = 16, CC_INC = 20, CC_DEC = 24,
              CC_SHL = 28, CC_SHR = 32, CC_MUL = 36, CC_IMUL = 40,
              CC_CARRY = 44 };

enum { X86_MXCSR_MASKS = 0x3f << 7, X86_MXCSR_MASK = 0xffff }; /* exception masks; the bits there are */

enum { X86_XSAVE_SIZE = 512 + 64 }; /* the legacy region and the header: there are no other components */

struct xmm { u64 q[2]; };

#define X86_SEG_STATE(F, A, S, T)                                                                  \
    F(T, u16, selector)                                                                            \
    F(T, u64, base)                                                                                \
    F(T, u32, limit)  /* in bytes, inclusive, granularity applied */                               \
    F(T, u32, attr)   /* the descriptor's second dword, bits 8-23 kept (type, S, DPL, P, AVL, L, D, G); 0: unusable */

struct x86_segment { STATE_MEMBERS(X86_SEG_STATE) };

#define X86_XMM_STATE(F, A, S, T) A(T, u64, q, 2)
struct x86_xmm { STATE_MEMBERS(X86_XMM_STATE) };
#define X86_ST_STATE(F, A, S, T) F(T, u64, mant) F(T, u64, exp) /* sign and exponent: 16 bits */
struct x86_st { STATE_MEMBERS(X86_ST_STATE) };

/* All words that IR code touches (gpr, cc_*, xmm, bases...) are 8-byte aligned. Not in the list:
 * cc_op, cc_x, cc_y; sync() folds them into rflags' arithmetic bits, and after_load() sets cc_op =
 * CC_FLAGS from there. */
#define X86_CPU_STATE(F, A, S, T)                                                                  \
    A(T, u64, gpr, 16)                                                                             \
    F(T, u64, rflags) /* arithmetic bits valid only after sync() */                                \
    S(T, struct x86_segment, x86_seg_state, seg, N_SEGS)                                           \
    F(T, u64, gdt_base) F(T, u64, idt_base) F(T, u32, gdt_limit) F(T, u32, idt_limit)              \
    F(T, u64, cr0) F(T, u64, cr2) F(T, u64, cr3) F(T, u64, cr4)                                    \
    A(T, u64, dr, 8)                                                                               \
    A(T, u64, pdpte, 4) /* PAE paging: loaded by MOV CR3 */                                        \
    F(T, u64, efer) F(T, u64, star) F(T, u64, lstar) F(T, u64, cstar) F(T, u64, fmask)             \
    F(T, u64, kernel_gs_base) F(T, u64, sysenter_cs) F(T, u64, sysenter_esp) F(T, u64, sysenter_eip) \
    F(T, u64, tsc_offset) F(T, u64, tsc_aux) F(T, u64, pat) F(T, u64, misc_enable) F(T, u64, xcr0) \
    F(T, u64, mtrr_def_type) A(T, u64, mtrr_phys, 16) A(T, u64, mtrr_fix, 11)                      \
    F(T, u64, mcg_status) F(T, u64, feature_control) F(T, u64, spec_ctrl)                          \
    /* x87 (SDM vol. 1, 8.1): physical registers; top in fpu_top. Words, for IR, though some have 16 bits only */ \
    S(T, struct x86_st, x86_st_state, st, 8)                                                       \
    F(T, u64, fpu_cw) F(T, u64, fpu_sw) /* without TOP */ F(T, u64, fpu_top) F(T, u64, fpu_tag_empty) \
    F(T, u64, fpu_opcode) F(T, u64, fpu_ip) F(T, u64, fpu_dp) F(T, u64, fpu_cs) F(T, u64, fpu_ds)  \
    F(T, u32, mxcsr)                                                                               \
    S(T, struct x86_xmm, x86_xmm_state, xmm, 16)                                                   \
    F(T, bool, shadow)       /* interrupts are held back until after the next instruction */       \
    F(T, bool, nmi_blocked)                                                                        \
    F(T, u64, pending_db)    /* DR6 bits of a #DB trap to be taken before the next instruction; 0: none */ \
    F(T, u64, handler_depth) /* interrupts and exceptions entered minus IRETs: see monitor sstep */ \
    F(T, bool, shutdown)

struct x86_cpu {
    struct cpu base;
    STATE_MEMBERS(X86_CPU_STATE)
    u64 cc_x, cc_y, cc_op;          /* adjacent, in this order */
    u64 seg_base[N_SEGS];           /* copies of seg[].base as words for IR; derived */
    /* Outside of 64-bit code: accesses that end below are allowed without a look at the descriptor; derived. */
    u64 seg_end[2][N_SEGS];         /* by whether it is a write */

    /* The fault being raised (set by x86_raise* before cpu_raise). */
    u8 exc_vector;
    bool exc_has_error;
    u32 exc_error;
    u64 exc_cr2;
    u64 exc_dr6;
    u8 exc_ext; /* EXT bit for a task switch made by a task gate */

    const struct x86_model *model;  /* CPUID data */
    const struct x86_decoder *decoder;
    bool system64;

    u64 fpu_new_sw;     /* what a store of the x87 unit will add to the status word, within one instruction */
    u64 sse_scratch[2]; /* a vector operand from memory, within one instruction */
};

extern const struct state_desc x86_seg_state, x86_xmm_state, x86_st_state, x86_cpu_state;

static inline struct x86_cpu *x86_of(struct cpu *c)
{
    return (struct x86_cpu *)c;
}

#define X86_GPR(n) ((ir_val)(IR_WORD(struct x86_cpu, gpr) + (n)))
#define X86_XMM(n) ((ir_val)(IR_WORD(struct x86_cpu, xmm) + 2 * (n)))
#define X86_SEG_BASE(s) ((ir_val)(IR_WORD(struct x86_cpu, seg_base) + (s)))
#define X86_SEG_END(s, write) ((ir_val)(IR_WORD(struct x86_cpu, seg_end) + ((write) ? N_SEGS : 0) + (s)))
#define X86_CC IR_WORD(struct x86_cpu, cc_x)
#define X86_RFLAGS IR_WORD(struct x86_cpu, rflags)

static inline unsigned x86_cpl(const struct x86_cpu *x)
{
    return (x->base.mode & MODE_CPL) >> MODE_CPL_SHIFT;
}

/* flags.c */
u64 x86_get_rflags(const struct x86_cpu *x);  /* with the lazy ones computed; changes nothing */
void x86_set_rflags(struct x86_cpu *x, u64 v); /* all bits as given; fixes bit 1; caller masks; updates the mode */
void x86_put_rflags(struct x86_cpu *x, u64 v); /* the same, but for the mode: that is the caller's */
u64 x86_arith_flags(u64 cc_op, u64 x, u64 y);  /* the six flags */
bool x86_cond(const struct x86_cpu *x, unsigned cc); /* condition code 0 to 15 as in Jcc */

/* cpu.c */
void x86_update_mode(struct x86_cpu *x); /* mode, mmu, seg_base: after any change of what they derive from */

/* interrupt.c: raising; none of them returns. Inside a block the state is put back to before the
 * instruction. */
NORETURN void x86_raise(struct x86_cpu *x, enum x86_vector v);
NORETURN void x86_raise_error(struct x86_cpu *x, enum x86_vector v, u32 error);
NORETURN void x86_raise_pf(struct x86_cpu *x, u64 va, u32 error);
bool x86_interrupt_ready(struct cpu *c);
void x86_look(struct x86_cpu *x); /* has the run loop look round, if there is something to be seen */
void x86_interrupt_take(struct cpu *c);
void x86_exception_take(struct cpu *c);
/* INT n, INT3, INTO, INT1 as instructions, with pc already that of the next one; sets pc. */
void x86_software_interrupt(struct x86_cpu *x, u8 vector, u64 next_pc, bool is_int_n);

/* paging.c */
bool x86_walk(struct cpu *c, u64 va, enum mem_access access, enum mmu_mode mode, unsigned flags, struct page_walk *w);
NORETURN void x86_raise_walk_fault(struct cpu *c, u64 va, const struct page_walk *w);
bool x86_load_pdptes(struct x86_cpu *x, u64 cr3, bool raise);
void x86_set_root(struct x86_cpu *x); /* CR3, or how it is used, may have changed: tells the TLB */

/* segment.c: far transfers and segment loads, with every check of the SDM. They raise. */
void x86_load_seg(struct x86_cpu *x, enum x86_seg s, u16 selector);      /* MOV/POP to a segment register */
void x86_far_jump(struct x86_cpu *x, u16 sel, u64 off, u64 next_pc, unsigned opsize);
void x86_far_call(struct x86_cpu *x, u16 sel, u64 off, u64 next_pc, unsigned opsize);
void x86_far_ret(struct x86_cpu *x, unsigned opsize, u16 pop_bytes);
void x86_iret(struct x86_cpu *x, unsigned opsize, u64 next_pc);
/* Checks an access of size bytes at off in segment s (limit, type, canonical), and returns the
 * linear address. */
u64 x86_seg_addr(struct x86_cpu *x, enum x86_seg s, u64 off, unsigned size, bool write);
/* The stack, by SS and its size; addresses wrap as the SDM says. Push changes RSP last. */
void x86_push(struct x86_cpu *x, u64 v, unsigned size);
u64 x86_pop(struct x86_cpu *x, unsigned size);

/* task.c */
enum x86_task_cause { TASK_JUMP, TASK_CALL, TASK_IRET, TASK_INT };
void x86_task_switch(struct x86_cpu *x, u16 selector, enum x86_task_cause cause, u64 next_pc, bool has_error, u32 error);

/* cpuid.c, msr.c, sysreg.c */
bool x86_has(const struct x86_cpu *x, unsigned feature); /* enum x86_feature in features.h */
void x86_write_cr(struct x86_cpu *x, unsigned n, u64 v); /* with all checks; raises */
u64 x86_read_cr(struct x86_cpu *x, unsigned n);
u64 x86_tsc(struct x86_cpu *x); /* 1 GHz: machine_now_ns() plus the offset */

/* debugreg.c */
/* IR helper (a: linear address of the instruction): the first op of an instruction in a block of
 * MODE_CODE_BP raises a hit instruction breakpoint. */
u64 x86_help_code_break(struct cpu *c, u64 linear_pc, u64 unused1, u64 unused2);
bool x86_page_watched(struct cpu *c, u64 va);
void x86_watched_access(struct cpu *c, u64 va, unsigned size, bool write);

/* debug.c */
extern const struct arch_debug x86_debug;

/* fpu.c, used by the context instructions and the debugger */
u16 x86_fpu_get_sw(const struct x86_cpu *x);  /* with TOP */
u16 x86_fpu_get_tag(const struct x86_cpu *x); /* the full 16-bit tag word */
void x86_fpu_set_tag(struct x86_cpu *x, u16 tag);
void x86_fpu_init(struct x86_cpu *x);         /* FNINIT */

#endif
