/* cpu.h - what the engine and the machine know of a processor, and what an architecture provides */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An architecture's CPU struct begins with struct cpu. Guest code works on 64-bit *words* of that
 * struct: IR operands are word numbers from its start, so temporaries and guest registers are
 * operands alike (see ir.h).
 */
#ifndef EMU_CPU_H
#define EMU_CPU_H

#include <setjmp.h>

#include "emu/buf.h"
#include "emu/state.h"
#include "emu/semihost.h"
#include "emu/types.h"

struct block;
struct cpu;
struct ir_block;
struct ir_op;
struct machine;
struct tlb;
struct touched;

#define IR_TEMPS 96

enum mem_access { MEM_READ, MEM_WRITE, MEM_EXEC };

/* How an access is made; indexes the TLB. An architecture maps its privileges to these. */
enum mmu_mode {
    MMU_KERNEL,      /* supervisor */
    MMU_USER,        /* user */
    MMU_KERNEL_OPEN, /* supervisor allowed to touch user pages although SMAP (PAN) is on */
    MMU_MODES
};

struct page_walk { /* the result of arch->walk */
    u64 pa;        /* of the address walked */
    bool read, write, exec; /* what this mapping allows now; write only if the dirty bit is set */
    bool wrapped;  /* the address was cut to what the mode has: nothing is remembered under it */
    u64 fault;     /* when the walk failed: for arch->raise_walk_fault */
};

/* Flags to arch->walk. A debug walk changes nothing in the guest. */
enum { WALK_DEBUG = 1 };

struct arch {
    const char *name;               /* "x86_64", "i386" */
    const struct state_desc *state; /* of the whole CPU struct, without struct cpu's own */
    void (*reset)(struct cpu *c);
    void (*fini)(struct cpu *c);    /* frees what the CPU owns, and the CPU */

    /* Makes one block from the guest code at c->pc (see ir.h). At most max_insns instructions. May
     * leave by raising a fault if the first instruction cannot be fetched. */
    void (*translate)(struct cpu *c, struct ir_block *b, unsigned max_insns);
    /* c->pc as a linear address: what breakpoints and the code lookup use. */
    u64 (*linear_pc)(struct cpu *c);
    u32 linear_modes; /* bits of cpu.mode: when one is set, the linear address is c->pc itself */

    /* Address translation. Sets accessed and dirty bits as the access demands, through
     * tlb_walk_read() and tlb_walk_write(). False: w->fault says why, and raise_walk_fault() raises
     * it. */
    bool (*walk)(struct cpu *c, u64 va, enum mem_access access, enum mmu_mode mode, unsigned flags,
                 struct page_walk *w);
    NORETURN void (*raise_walk_fault)(struct cpu *c, u64 va, const struct page_walk *w);
    u64 table_present; /* bits of a page table entry one of which is set in each that is present; 0: any bit */
    /* The guest's own data watchpoints: called by the TLB's slow path for accesses to pages that
     * page_watched() says yes to (then no access to the page is made directly). */
    bool (*page_watched)(struct cpu *c, u64 va);
    void (*watched_access)(struct cpu *c, u64 va, unsigned size, bool write);

    /* At a step boundary: would the next step take an interrupt, trap or the like instead of
     * executing an instruction? If so, take() takes it: exactly one step (the run loop counts it).
     */
    bool (*interrupt_ready)(struct cpu *c);
    void (*interrupt_take)(struct cpu *c);
    /* A fault raised with cpu_raise() inside an instruction: enters the handler. c->pc and the
     * registers are those before the instruction. Also one step. A fault inside the delivery is
     * dealt with here (double fault); shutdown by machine_request(). */
    void (*exception_take)(struct cpu *c);

    /* Lazy flags and the like put into their canonical form (before save and digest), and
     * what derives from saved state rebuilt (after load, or a debugger's register write). */
    void (*sync)(struct cpu *c);
    void (*after_load)(struct cpu *c);
    /* A block was left in its middle, before an instruction that is to be made alone: what derives
     * from words that its ops have changed is rebuilt. NULL: there is no such thing. */
    void (*left)(struct cpu *c);
    /* Raises the fault of a vector access at an address that is not as aligned as it must be. */
    NORETURN void (*raise_misaligned)(struct cpu *c, u64 va, bool write);

    /* For dumps: 16, 32 or 64, how x86 code of this mode is decoded; NULL: it is other code. */
    unsigned (*code_bits)(u32 mode);

    /* Words that guest code uses most, most used first, 0 at the end, or NULL: the JIT keeps the first ones in
     * registers, and in loops those that the loop uses. */
    const u16 *hot_words;
    /* The same for vectors (their first words); and the byte offset of a u32 with the layout of x86's MXCSR, by whose
     * rules vector operations on floating-point numbers compute while it masks all exceptions; 0: there is none. */
    const u16 *hot_vecs;
    u32 mxcsr;

    /* Debugger's view: gdbstub knows an architecture by these only. */
    const struct arch_debug *debug;
};

/* A register as the debugger sees it. Values are little-endian bytes in the size of the
 * description. */
struct debug_reg {
    const char *name;
    u16 bits;            /* 8 to 128 */
    const char *type;    /* gdb's type: "int64", "code_ptr", "data_ptr", "i387_ext", "vec128", ... */
    const char *group;   /* "general", "float", "vector", "system" or NULL for gdb's default */
    bool readonly;
};

struct debug_feature { /* one <feature> of the target description; registers numbered through */
    const char *name;        /* "org.gnu.gdb.i386.core" */
    const char *types_xml;   /* <vector>, <union>, <flags> elements the registers use, or NULL */
    const struct debug_reg *regs;
    u32 n_regs;
};

struct debug_view { /* chosen by the CPU's mode when a debugger connects */
    const char *architecture; /* gdb's: "i8086", "i386", "i386:x86-64" */
    const char *osabi;        /* or NULL */
    const struct debug_feature *const *features;
    u32 n_features;
    const u16 *expedited;     /* register numbers sent along with each stop reply: pc, sp, fp */
    u32 n_expedited;
    u16 pc_reg;
    bool watch_before; /* gdb thinks that this processor stops before a watched access, not after */
};

struct arch_debug {
    const struct debug_view *(*view)(struct cpu *c);
    /* regno is an index through all registers of the view. Return bytes, 0 if there is no such
     * register or (write) it is read-only or the value is not allowed. */
    unsigned (*read)(struct cpu *c, const struct debug_view *v, u32 regno, u8 out[16]);
    unsigned (*write)(struct cpu *c, const struct debug_view *v, u32 regno, const u8 *in);
    /* Monitor texts: `info registers`, `info mem`, `info tlb`. */
    void (*info_registers)(struct cpu *c, struct buf *out);
    void (*info_mem)(struct cpu *c, struct buf *out);
    void (*info_tlb)(struct cpu *c, struct buf *out);
    /* True while the CPU runs an interrupt or exception handler entered since `depth` was taken, so
     * that steps can pass over handlers: see `monitor sstep`. Counts handler nesting. */
    i64 (*handler_depth)(struct cpu *c);
    /* All there are, NULL at the end, each with an architecture name of its own: a recorded
     * register write finds its numbering again by it. NULL: only the present view is looked at. */
    const struct debug_view *const *views;
};

/* Arm: the number of a system register, from the fields of MRC and MCR (opc2 0 to 7), or of MRRC and MCRR. */
#define CPU_ARM_SYSREG(coproc, opc1, crn, crm, opc2)                                               \
    ((u32)(coproc) << 16 | (u32)(opc1) << 12 | (u32)(crn) << 8 | (u32)(crm) << 4 | (u32)(opc2))
#define CPU_ARM_SYSREG_USER (1u << 31) /* with the number: it is asked for in user mode */
#define CPU_ARM_SYSREG64(coproc, opc1, crm) CPU_ARM_SYSREG(coproc, opc1, 0, crm, 8)

/* Arm: calls to firmware that the processor answers itself (PSCI), and by which instruction. */
enum cpu_firmware { CPU_FIRMWARE_NONE, CPU_FIRMWARE_HVC, CPU_FIRMWARE_SMC };

/* Arm: what a board does without, and how it starts. A set, before the reset. */
enum cpu_states { CPU_NO_HYP = 1, CPU_NO_SECURE = 2, CPU_START_NONSECURE = 4 };

/* Registers that a board, not the CPU, implements: x86 MSRs of the local APIC, Arm system registers
 * of the GIC and the generic timer. False: no such register (the guest gets a fault). reg is the
 * architecture's number. */
struct cpu_sysreg_ops {
    bool (*read)(void *opaque, u32 reg, u64 *value);
    bool (*write)(void *opaque, u32 reg, u64 value);
};

enum cpu_line { CPU_LINE_IRQ, CPU_LINE_NMI, CPU_LINE_SMI, CPU_LINE_FIQ, CPU_LINES };

/* The state that every CPU has. */
#define CPU_STATE(F, A, S, T)                                                                      \
    F(T, u64, pc)                                                                                  \
    F(T, u32, lines) /* levels of enum cpu_line, a bit each */                                     \
    F(T, bool, halted)

struct cpu {
    STATE_MEMBERS(CPU_STATE)
    /* Below: wiring and caches. */
    u32 mode;     /* derived from state by the architecture: everything that translation depends on */
    u8 mmu;       /* enum mmu_mode of ordinary accesses now; derived */
    /* The engine leaves for the run loop at the next step boundary when this is set: an interrupt
     * line changed, an interrupt was unmasked, a request to the machine was made. */
    bool attention;
    u64 tmp[IR_TEMPS];
    u64 vec[2];   /* the data of a vector access that is made by vec_mem.c */
    u32 vec_mxcsr; /* the JIT's: the host's MXCSR for C code; */
    u8 vec_live;  /* and what of the guest's vector state the host's registers hold; 0 while C code runs */

    const struct arch *arch;
    struct machine *machine;
    struct tlb *tlb;
    struct touched *touched; /* the timeline's: pages accessed are noted there; or NULL */

    /* Wired by the board. intack: the interrupt controller's answer to an acknowledge: the vector.
     */
    int (*intack)(void *opaque);
    void *intack_opaque;
    const struct cpu_sysreg_ops *sysregs;
    void *sysregs_opaque;
    u8 firmware;      /* enum cpu_firmware */
    struct semihost_calls semihost; /* Arm */
    u8 states;        /* Arm: enum cpu_states */
    u64 peripherals;  /* Arm: where the processor's private peripherals are (CBAR) */
    struct irq_fanout { void (*set)(void *, int, bool); void *opaque; int line; } ferr; /* x87 FERR# */

    /* The engine's. */
    const struct ir_op *at;   /* the op being executed, while it may leave the block */
    struct block *block;      /* the block being executed, or NULL */
    u64 budget;               /* steps left until the run loop wants control; see engine.h */
    u64 icount_end;           /* clock.icount when budget is 0 */
    jmp_buf *leave;           /* where cpu_raise() and cpu_retry_alone() go */
};

extern const struct state_desc cpu_state;

/* From the board: level of an input line. Sets attention. A struct irq for it: */
struct irq cpu_irq(struct cpu *c, enum cpu_line line);

/* Raises a guest fault from inside an instruction: what it is was stored in the arch's own fields
 * before. Never returns: the block is left, the instruction's pc and icount restored, and
 * arch->exception_take called. */
NORETURN void cpu_raise(struct cpu *c);

/*
 * An effect that must be the last thing in its block: a device access, a store to code or to a page
 * table, a hit watchpoint, reading the clock. If the instruction being executed is not the last one
 * of its block, this leaves the block before the instruction and has it executed alone; else it
 * returns, with machine->clock.icount exact (the steps retired before this instruction) and
 * `attention` set, so that the run loop looks round after the instruction. Outside a block
 * (exception delivery) it returns at once.
 */
void cpu_alone(struct cpu *c);

/* Brings machine->clock.icount and c->pc up to date for the instruction being executed (for
 * messages). */
void cpu_sync_position(struct cpu *c);

#endif
