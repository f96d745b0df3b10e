/* cpu.h - the Arm processor's state, and what the files of arch/arm share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm Architecture Reference Manual, ARMv7-A and ARMv7-R edition (DDI 0406C), "the Arm ARM"
 * below, and the Technical Reference Manuals of the processors.
 *
 *     decode.h decoder.c   instruction rows; the lookup made of them
 *     rows_*.c             the rows: A32, T32 (16 and 32 bits), VFP, Advanced SIMD
 *     translate*.c emit_*.c  a block of IR from guest code; one function per row
 *     cpu.c                the object; reset; modes and banked registers
 *     exception.c          taking and leaving exceptions
 *     mmu*.c               page tables: short descriptors and LPAE
 *     cp15*.c              system registers, a row each
 *     vfp*.c neon*.c       floating point and vectors
 *     security.c traps.c   the two security states; what HYP mode is told of
 *     pmu.c                performance monitors
 *     debugreg.c           the guest's own breakpoints and watchpoints
 *     debug.c              gdb's view
 *     model.c              the processors there are
 */
#ifndef ARCH_ARM_CPU_H
#define ARCH_ARM_CPU_H

#include "arch/arm/arm.h"
#include "emu/ir.h"
#include "emu/machine.h"
#include "emu/tlb.h"

enum { ARM_SP = 13, ARM_LR = 14, ARM_PC = 15 };

/* B1.3.1: processor modes, as in CPSR.M. */
enum arm_mode {
    ARM_USR = 0x10, ARM_FIQ = 0x11, ARM_IRQ = 0x12, ARM_SVC = 0x13, ARM_MON = 0x16, ARM_ABT = 0x17,
    ARM_HYP = 0x1a, ARM_UND = 0x1b, ARM_SYS = 0x1f,
};

/* B1.3.3: the program status registers. */
#define PSR_N (1u << 31)
#define PSR_Z (1u << 30)
#define PSR_C (1u << 29)
#define PSR_V (1u << 28)
#define PSR_NZCV (15u << 28)
#define PSR_Q (1u << 27)
#define PSR_IT_LOW (3u << 25)   /* ITSTATE<1:0> */
#define PSR_J (1u << 24)
#define PSR_GE (15u << 16)
#define PSR_IT_HIGH (0x3fu << 10) /* ITSTATE<7:2> */
#define PSR_E (1u << 9)
#define PSR_A (1u << 8)
#define PSR_I (1u << 7)
#define PSR_F (1u << 6)
#define PSR_T (1u << 5)
#define PSR_M 0x1fu

/* Banked registers are kept by bank; those of the present mode are in r[] and spsr. */
enum arm_bank { ARM_BANK_USR, ARM_BANK_FIQ, ARM_BANK_IRQ, ARM_BANK_SVC, ARM_BANK_ABT, ARM_BANK_UND,
                ARM_BANK_MON, ARM_BANK_HYP, ARM_BANKS };

enum { ARM_N_BANKED = 24 }; /* system registers that each security state has */

enum arm_exception { /* in the order of the vectors (B1.8.1), and what a HYP trap is */
    ARM_EXC_RESET, ARM_EXC_UNDEF, ARM_EXC_SVC, ARM_EXC_PREFETCH_ABORT, ARM_EXC_DATA_ABORT,
    ARM_EXC_HYP_TRAP, ARM_EXC_IRQ, ARM_EXC_FIQ, ARM_EXC_HVC, ARM_EXC_SMC, ARM_EXC_STAGE2_PREFETCH, ARM_EXC_STAGE2_DATA,
};

/* cpu.mode: everything a translation depends on. arm_update_mode() derives it from state. */
enum {
    MODE_ALWAYS = 1 << 0,     /* set; for arch.linear_modes: pc is the linear address */
    MODE_T = 1 << 1,          /* T32 */
    MODE_E = 1 << 2,          /* big-endian data */
    MODE_PRIV = 1 << 3,       /* not USR */
    MODE_HYP = 1 << 4,
    MODE_SYS_OR_USR = 1 << 5, /* there is no SPSR */
    MODE_VFP = 1 << 6,        /* VFP instructions are enabled (CPACR, HCPTR, FPEXC.EN) */
    MODE_VFP_ACCESS = 1 << 7, /* access to cp10 and cp11 is allowed, whatever FPEXC.EN says */
    MODE_NEON = 1 << 8,       /* and Advanced SIMD is not switched off (CPACR.ASEDIS) */
    MODE_ALIGN = 1 << 9,      /* SCTLR.A: unaligned accesses are aborted */
    MODE_U_ALIGN = 1 << 10,   /* the MMU is off: all memory is strongly ordered, which wants alignment */
    MODE_VEC = 1 << 11,       /* FPSCR.LEN and STRIDE are not both 0 (VFP short vectors) */
    MODE_DEBUG = 1 << 12,     /* each instruction may be a debug event */
    MODE_MON = 1 << 13,
    MODE_NS = 1 << 14,        /* Non-secure */
    MODE_CP_TRAP = 1 << 15,   /* HYP mode may want to know of accesses to system registers */
    MODE_FP_TRAP = 1 << 16,   /* and of VFP instructions, */
    MODE_NEON_TRAP = 1 << 17, /* and of Advanced SIMD */
    MODE_FZ = 1 << 18,        /* FPSCR.FZ */
    MODE_RMODE = 1 << 19,     /* FPSCR.RMode is not to nearest */
    MODE_OPEN = 1 << 20,      /* MMU_KERNEL_OPEN: other domains may be accessed, also to fetch (arm_update_mode) */
    MODE_IT_SHIFT = 24,       /* ITSTATE of the first instruction, 8 bits */
};
#define MODE_IT (0xffu << MODE_IT_SHIFT)

/* Flags. N and Z are those of a result: N is bit 31 of nz, and Z that its low 32 bits are 0; only
 * where both are set bit 63 stands for N (arm_set_nzcv). C and V are lazy: three words written by
 * the IR op CC; cc_op says how they are made of cc_x and cc_y.
 * CC_CV   cc_x is C (0 or 1), cc_y is V (0 or 1)
 * CC_ADD  of cc_x + cc_y        CC_SUB  of cc_x - cc_y (C is: no borrow)
 * and in addition to one of these
 * CC_NZ   N and Z are those of cc_x + cc_y or cc_x - cc_y too, and nz does not count
 * CC_C    C is the word carry (0 or 1), which a shift made
 * So CMP, ADDS and SUBS only store operands; MOVS, ANDS and the like only nz, and carry with a shift. */
enum arm_cc { CC_CV, CC_ADD, CC_SUB, CC_NZ = 4, CC_C = 8 };

/* Words that IR code touches are 8-byte aligned u64. The high halves of r[] are 0. Not in the list: nz,
 * carry, cc_*; sync() folds them into `flags`, and after_load() makes them of it. */
#define ARM_CPU_STATE(F, A, S, T)                                                                  \
    A(T, u64, r, 16)      /* r[15] is always 0: the pc is cpu.pc */                                \
    F(T, u64, flags)      /* NZCV in the PSR's places: valid only after sync() */                  \
    F(T, u64, q_flag)     /* CPSR.Q: 0 or 1 */                                                     \
    F(T, u64, ge)         /* CPSR.GE: 4 bits */                                                    \
    F(T, u64, it)         /* ITSTATE of the next instruction */                                    \
    F(T, u64, psr)        /* the rest of the CPSR: M, T, F, I, A, E, J */                          \
    F(T, u64, spsr)       /* of the present mode */                                                \
    A(T, u64, bank_sp, ARM_BANKS) A(T, u64, bank_lr, ARM_BANKS) A(T, u64, bank_spsr, ARM_BANKS)    \
    A(T, u64, bank_usr, 5) /* r8 to r12 while in FIQ mode */                                       \
    A(T, u64, bank_fiq, 5) /* r8 to r12 of FIQ mode while in another */                            \
    F(T, u64, elr_hyp)                                                                             \
    F(T, u64, exclusive)  /* the local monitor (A3.4): 1 while exclusive, and for which address */ \
    F(T, u64, exclusive_addr)                                                                      \
    /* VFP and Advanced SIMD (A2.6): D0 to D31; a Q register is two of them */                     \
    A(T, u64, d, 32)                                                                               \
    F(T, u64, fpscr)      /* N, Z, C, V and all cumulative flags only after sync() */              \
    F(T, u64, fpexc)                                                                               \
    /* System control registers (B4.1), by their names. See security.c for those that are banked */ \
    F(T, u64, sctlr) F(T, u64, actlr) F(T, u64, cpacr) F(T, u64, scr) F(T, u64, sder)              \
    F(T, u64, nsacr) F(T, u64, mvbar) F(T, u64, vbar)                                              \
    F(T, u64, ttbr0) F(T, u64, ttbr1) F(T, u64, ttbcr) F(T, u64, dacr)                             \
    F(T, u64, mair0) F(T, u64, mair1) /* PRRR and NMRR where TTBCR.EAE is 0 */                     \
    F(T, u64, amair0) F(T, u64, amair1)                                                            \
    F(T, u64, dfsr) F(T, u64, ifsr) F(T, u64, adfsr) F(T, u64, aifsr) F(T, u64, dfar) F(T, u64, ifar) \
    F(T, u64, par) F(T, u64, contextidr) F(T, u64, fcseidr)                                        \
    F(T, u64, tpidrurw) F(T, u64, tpidruro) F(T, u64, tpidrprw) F(T, u64, csselr)                  \
    F(T, u64, teecr) F(T, u64, teehbr)                                                             \
    A(T, u64, other, ARM_N_BANKED) F(T, u64, held_ns) /* the words above are the Non-secure state's */ \
    /* Virtualization extensions */                                                                \
    F(T, u64, hcr) F(T, u64, hcptr) F(T, u64, hdcr) F(T, u64, hstr) F(T, u64, hsctlr) F(T, u64, hactlr) \
    F(T, u64, htcr) F(T, u64, httbr) F(T, u64, vttbr) F(T, u64, vtcr) F(T, u64, hmair0)            \
    F(T, u64, hmair1) F(T, u64, hamair0) F(T, u64, hamair1) F(T, u64, hvbar) F(T, u64, hsr)        \
    F(T, u64, hdfar) F(T, u64, hifar) F(T, u64, hpfar) F(T, u64, htpidr) F(T, u64, vpidr)          \
    F(T, u64, vmpidr)                                                                              \
    /* Performance monitors (B6): the cycle counter is a function of icount */                     \
    F(T, u64, pmcr) F(T, u64, pmcnten) F(T, u64, pmovsr) F(T, u64, pmselr) F(T, u64, pmuserenr)    \
    F(T, u64, pminten) F(T, u64, pmccntr) /* minus the steps since it was set, while it runs */    \
    A(T, u64, pmevcntr, 8) A(T, u64, pmevtyper, 9)                                                 \
    /* Debug (C11), in the Monitor debug-mode */                                                   \
    F(T, u64, dbgdscr) F(T, u64, dbgvcr) F(T, u64, dbgoslsr) F(T, u64, dbgosdlr) F(T, u64, dbgprcr) \
    F(T, u64, dbgclaim) F(T, u64, dbgwfar)                                                         \
    A(T, u64, dbgbvr, 16) A(T, u64, dbgbcr, 16) A(T, u64, dbgwvr, 16) A(T, u64, dbgwcr, 16)         \
    A(T, u64, dbgbxvr, 16)                                                                         \
    /* Processor-specific registers that only remember */                                          \
    A(T, u64, impl, 16)                                                                            \
    F(T, u64, event)      /* the Event Register (B1.8.13): 0 or 1 */                               \
    F(T, u64, handler_depth) /* exceptions entered minus returns: see monitor sstep */

struct arm_model;
struct arm_sysreg;

struct arm_cpu {
    struct cpu base;
    STATE_MEMBERS(ARM_CPU_STATE)
    u64 nz, carry;             /* see enum arm_cc */
    u64 cc_x, cc_y, cc_op;     /* adjacent, in this order */
    /* FPSCR (vfp.c): its N, Z, C and V; cumulative flags that are not in fpscr yet, those of functions in
     * their places, and those of compiled code in the places of the host's MXCSR, as which it is used. */
    u64 fp_nzcv, fp_flags;
    u32 mxcsr;

    /* Rows of system registers by number: a cache. */
    struct arm_sysreg_found { u32 number; const struct arm_sysreg *reg; } found[64];

    /* The DACR that the TLB's entries of each mode are for: a cache. Linux writes it at each entry and exit, and
     * around accesses to user memory, with two values: then no entry is lost (see arm_update_mode()). */
    u32 domains[MMU_MODES];
    u8 last_open;              /* enum mmu_mode: of the two that supervisors have the one used last */

    /* The exception being raised (set before cpu_raise). */
    u8 exc;                    /* enum arm_exception */
    u32 exc_fsr;               /* of an abort: DFSR or IFSR in the present format */
    u64 exc_far;
    u8 exc_moe;                /* of a debug exception */
    u32 exc_hsr;               /* of a trap to HYP mode, */
    u64 exc_ipa;               /* and of a fault of stage 2 */
    u32 features;              /* bits by enum arm_feature: of the model, as far as the board has them */

    const struct arm_model *model;
    const struct arm_decoder *decoder;
};

static inline struct arm_cpu *arm_of(struct cpu *c)
{
    return (struct arm_cpu *)c;
}

#define ARM_R(n) ((ir_val)(IR_WORD(struct arm_cpu, r) + (n)))
#define ARM_D(n) ((ir_val)(IR_WORD(struct arm_cpu, d) + (n)))
#define ARM_NZ IR_WORD(struct arm_cpu, nz)
#define ARM_CARRY IR_WORD(struct arm_cpu, carry)
#define ARM_CC IR_WORD(struct arm_cpu, cc_x)
#define ARM_FP_NZCV IR_WORD(struct arm_cpu, fp_nzcv)
#define ARM_Q_FLAG IR_WORD(struct arm_cpu, q_flag)
#define ARM_GE IR_WORD(struct arm_cpu, ge)
#define ARM_IT IR_WORD(struct arm_cpu, it)

/* cpu.c */
/* Entries of MMU_USER are for the present DACR from now on: for accesses of LDRT and the like, too. */
void arm_sync_user_domains(struct arm_cpu *a);
void arm_update_mode(struct arm_cpu *a); /* mode and mmu: after any change of what they derive from */
enum arm_bank arm_bank_of(unsigned mode); /* ARM_BANK_USR also for SYS, and for what is no mode */
bool arm_mode_exists(const struct arm_cpu *a, unsigned mode);
/* Exchanges the banked registers; the rest of the PSR stays. Does not update the mode. */
void arm_switch_mode(struct arm_cpu *a, unsigned mode);

/* flags.c: the PSRs as registers. The lazy flags are computed; nothing changes. */
u32 arm_get_cpsr(const struct arm_cpu *a);
/* All of it as given, with the registers of the new mode; updates the mode. The caller masks. */
void arm_set_cpsr(struct arm_cpu *a, u32 v);
u32 arm_get_nzcv(const struct arm_cpu *a);
void arm_set_nzcv(struct arm_cpu *a, u32 v);

/* exception.c. Raising: none returns; the state is put back to before the instruction. */
NORETURN void arm_raise(struct arm_cpu *a, enum arm_exception e);
NORETURN void arm_raise_undef(struct arm_cpu *a);
NORETURN void arm_raise_data_abort(struct arm_cpu *a, u64 va, u32 fsr);
/* Interrupts may have been unmasked: if one is there, it is taken behind this instruction. */
void arm_look_for_interrupts(struct arm_cpu *a);
bool arm_interrupt_ready(struct cpu *c);
void arm_interrupt_take(struct cpu *c);
void arm_exception_take(struct cpu *c);
/* Returns from an exception: CPSR from the SPSR given (checked), and pc. Sets pc. */
void arm_exception_return(struct arm_cpu *a, u32 spsr, u64 pc);
/* The same as an IR helper: by the SPSR of the present mode, to a. */
u64 arm_help_return(struct cpu *c, u64 pc, u64 b, u64 d);

/* mmu.c */
bool arm_walk(struct cpu *c, u64 va, enum mem_access access, enum mmu_mode mode, unsigned flags,
              struct page_walk *w);
NORETURN void arm_raise_walk_fault(struct cpu *c, u64 va, const struct page_walk *w);
void arm_set_root(struct arm_cpu *a); /* what translation depends on may have changed: tells the TLB */
/* Address translation operations (B4.2.4): whose and which. The value is for the PAR. */
enum arm_ats { ARM_ATS_PRIV, ARM_ATS_USER, ARM_ATS_BOTH_PRIV, ARM_ATS_BOTH_USER, ARM_ATS_HYP };
u64 arm_translate_address(struct arm_cpu *a, u64 va, enum mem_access access, enum arm_ats kind);

/* debug.c */
extern const struct arch_debug arm_debug;

#endif
