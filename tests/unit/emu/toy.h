/* toy.h - a made-up processor and machine for testing the engine */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sixteen registers, two-operand instructions of 1 to 6 bytes, lazy flags, two-level paging with
 * accessed and dirty bits, one exception vector, a timer device that also scribbles over memory,
 * and a mode that changes what an instruction means. Data addresses are cut to 21 bits, so that any
 * garbage is a program.
 */
#ifndef TESTS_UNIT_EMU_TOY_H
#define TESTS_UNIT_EMU_TOY_H

#include "emu/block.h"
#include "emu/check.h"
#include "emu/ir_opt.h"
#include "emu/machine.h"
#include "emu/tlb.h"

enum toy_opcode {
    TOY_NOP,
    TOY_MOVI,  /* rd, imm32 */
    TOY_ADD,   /* rd, rs: sets the flags */
    TOY_SUB,   /* rd, rs: sets the flags */
    TOY_LD64,  /* rd, [rs + disp8] */
    TOY_LD8,
    TOY_ST64,  /* [rd + disp8], rs */
    TOY_ST32,
    TOY_ST8,
    TOY_LDX,   /* rd, [rs + (r(s+1) & 0xff) * 4 + disp8] by LEA */
    TOY_STX,   /* the same, storing rd; 32-bit address */
    TOY_ADDM,  /* [rd + disp8] += rs, flags */
    TOY_JNZ,   /* rel16: if the flags say not zero */
    TOY_JMP,   /* rel16 */
    TOY_JR,    /* rs, cut to 20 bits */
    TOY_SKIP,  /* rd, rs: add 1 to rd unless rd < rs (a branch inside) */
    TOY_XORI,  /* rd, imm32; in mode 1 it adds */
    TOY_SHL8,  /* rd low byte <<= imm8 & 7, other bits kept */
    TOY_CLK,   /* rd = icount */
    TOY_SETPT, /* rs: page table root; 0 is no paging */
    TOY_INVPG, /* rs */
    TOY_FILL,  /* repeated: byte r3 to [r1], r2 times */
    TOY_MODE,  /* mode = bit 1 of r15 */
    TOY_IRET,
    TOY_RDF,   /* rd = flags x + y */
    TOY_N_OPCODES
};

#define TOY_STATE(F, A, S, T)                                                                      \
    A(T, u64, r, 16)                                                                               \
    F(T, u64, cc_x) F(T, u64, cc_y) F(T, u64, cc_kind)                                             \
    F(T, u64, root) F(T, u64, saved_root) F(T, u64, epc) F(T, u64, cause) F(T, u64, fault_va) F(T, u64, vector)          \
    F(T, u32, toy_mode) F(T, bool, in_handler)

struct toy {
    struct cpu base;
    STATE_MEMBERS(TOY_STATE)
    /* Not state: what the test wants to know. */
    u64 new_cause, new_va;
    u64 walks;
    u64 guest_watch; /* a page that the guest itself watches; 0: none */
    u64 guest_watch_hits;
};

enum { TOY_CAUSE_UNDEFINED = 1, TOY_CAUSE_PAGE = 2, TOY_CAUSE_IRQ = 3 };
enum { PTE_P = 1, PTE_W = 2, PTE_A = 32, PTE_D = 64 };
#define PTE_NX ((u64)1 << 63)

/* Physical map: RAM, then a device page, then a ROM page. */
#define TOY_RAM_SIZE (256 * KiB)
#define TOY_MMIO 0x40000
#define TOY_ROM 0x41000
#define TOY_ROOT 0x8000   /* page tables made by toy_map_identity() */
#define TOY_LEAF 0x9000
#define TOY_VECTOR 0x3000

#define TOY_TIMER_STATE(F, A, S, T) F(T, u64, seed) F(T, u64, reads) F(T, u64, last) F(T, bool, chaos)
struct toy_timer {
    struct device dev;
    STATE_MEMBERS(TOY_TIMER_STATE)
    struct irq irq;
};

struct toy_machine {
    struct machine_config config;
    struct machine *m;
    struct toy *cpu;
    struct ram *ram, *rom;
    struct toy_timer *timer;
};

struct toy_machine *toy_new(unsigned max_insns);
void toy_delete(struct toy_machine *t);
void toy_map_identity(struct toy_machine *t); /* page tables for the first 4 MiB, 1:1, all allowed */
u64 toy_pte(struct toy_machine *t, u64 va);
u64 toy_random(u64 *seed);
/* Fills all of RAM with likely instructions, and starts the timer that keeps scribbling. */
void toy_chaos(struct toy_machine *t, u64 seed);

/* A loop that changes its own instructions, one of them across a page's end, and the page table in
 * use. */
void toy_selfmod(struct toy_machine *t);

/* An assembler: appends to memory at `at`. */
struct toy_asm {
    struct toy_machine *t;
    u64 at;
};
void toy_put(struct toy_asm *a, const u8 *bytes, unsigned n);
#define TOY(a, ...) toy_put(a, (const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))
#define IMM32(v) (u8)(v), (u8)((v) >> 8), (u8)((v) >> 16), (u8)((v) >> 24)
#define REL16(v) (u8)(v), (u8)((v) >> 8)

u64 toy_peek(struct toy_machine *t, u64 pa); /* 8 bytes */
void toy_poke(struct toy_machine *t, u64 pa, u64 v);

#endif
