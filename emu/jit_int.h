/* jit_int.h - what the JIT's files share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Host registers, while compiled code runs:
 *
 *     RBP        struct cpu, plus JIT_BIAS
 *     R15        the step budget; in loops that would rather have a word there it is in memory
 *     RAX RCX RDX  scratch, within one op
 *     R12 R13 R14  the block's: see jit_regs.c
 *     RBX RSI RDI R8-R11  guest words that the architecture names (arch->hot_words); in loops those of
 *                them that the loop uses most: see jit_pins.h
 *     XMM0-XMM15  vectors: see jit_vec.c
 *     GS's base, or [RSP]  the TLB's entries for the CPU's present mmu mode
 *
 * The hot words are in memory only while C code runs: the way to each helper or slow path goes by
 * code that stores them all and loads them again. So C code may longjmp() away at any time.
 */
#ifndef EMU_JIT_INT_H
#define EMU_JIT_INT_H

#include "emu/jit.h"
#include "emu/jit_asm.h"
#include "emu/jit_dump.h"
#include "emu/jit_pins.h"
#include "emu/vec_host.h"

/* RBP points into the middle of what is used most, so that it is reached with short
 * displacements. */
#define JIT_BIAS ((i32)sizeof(struct cpu) + 64)
#define JIT_WORD(v) rm_mem(HR_BP, (v) * 8 - JIT_BIAS)
#define JIT_CPU(member) rm_mem(HR_BP, (i32)offsetof(struct cpu, member) - JIT_BIAS)

#define JIT_BUDGET HR_15
#define JIT_VEC_PINS 14

struct emit;
struct jit_region;

struct jit_slot {
    const void *to;   /* a block's code, or `out` */
    const void *out;
    u32 mode;         /* cpu.mode there */
    bool listed;
    u8 kind;          /* and in which list: enum link_kind */
    const struct block *from;
    struct jit_slot *other;  /* of the same link, in code made earlier */
    struct jit_slot **place; /* what points to this one; NULL: it is not to be found by its link any more */
};

/* What an access to memory, or an entry that is counted, remembers. */
struct jit_site {
    i32 value;        /* the distance of the TLB's entry that it had last; or executions left */
    u16 misses, op;   /* how often it was another; which op of its block this is */
};

struct jit_data { /* next to the code, writable */
    u64 pad[2];
    struct jit_slot slot[];
};

/* Where a slot leads: to the same page, to another in the low or the high half of the address
 * space. */
enum link_kind { LINK_NEAR, LINK_LOW, LINK_HIGH, LINK_KINDS };

struct jit_list {
    struct jit_slot **slot;
    u32 n;
};

struct jit_checks { /* blocks whose regions are to be looked at */
    struct block **block;
    u32 n, max;
    bool busy;
};

struct jit {
    struct engine *engine;
    struct emit *emit;    /* working space */
    u8 *base;             /* where the code runs; behind it is data */
    u8 *write;            /* where it is written */
    size_t code_size, data_size;
    struct jit_data *data;
    u32 n_slots, max_slots;
    struct jit_list links[LINK_KINDS]; /* those in use */
    /* As written: next free bytes. What is seldom executed is kept apart, so that it takes no room
     * in the host's caches. */
    u8 *at, *cold_at;
    u8 *first;            /* byte of code that is not a thunk */
    struct jit_dump *dump; /* or NULL */
    u64 compiled;
    unsigned warm;        /* a block is compiled when it is executed for this time */
    unsigned heat;        /* and again, with those it leads to, after so many executions; 0: never */
    u32 n_sites, max_sites; /* in use at the end of data */
    u64 regions;          /* made so far */
    u32 passes_off;
    bool gs;              /* the host lets us set GS's base */
    bool bmi;             /* the host has BMI and BMI2, and they are to be used */
    struct jit_pins pins; /* between blocks */
    struct jit_checks checks;

    /* Vectors: see jit_vec.c. */
    bool vec_native[VEC_N_HOST]; /* enum vec_host: the host has it */
    bool fma;                    /* and fused multiplication and addition */
    u8 vec_pin[JIT_WORDS];       /* host register of a vector, or HR_NONE */
    bool vec_word[JIT_WORDS];    /* is it one of the words of these? */
    u16 vec_pinned[JIT_VEC_PINS];
    unsigned n_vec_pins;

    /* Thunks, as written. */
    u8 *vec_load[3];
    u8 *enter, *leave, *leave_miss;
};

/* jit.c: what b was compiled to is not entered any more. */
void jit_unlink(struct jit *j, struct block *b);
/* jit_emit.c: its code goes to j->at and j->cold_at; there is room. */
void jit_emit(struct jit *j, const struct jit_region *r);
struct emit *jit_emit_new(void);
/* jit_thunk.c */
/* A thunk that calls C with the CPU as the first argument, before and after the call. They keep
 * RAX, RDX. */
void jit_thunk_begin(struct jit *j, struct asm_buf *a, const struct jit_pins *p);
void jit_thunk_end(struct jit *j, struct asm_buf *a, const struct jit_pins *p);
void jit_make_thunks(struct jit *j);
/* Ways to C code, for what is pinned. */
void jit_make_call(struct jit *j, struct asm_buf *a, struct jit_pins *p);
void jit_make_leaf(struct jit *j, struct asm_buf *a, struct jit_pins *p);
void jit_make_memory(struct jit *j, struct asm_buf *a, struct jit_pins *p, unsigned size, bool write);

/* jit_vec.c */
void jit_vec_init(struct jit *j, const struct arch *arch);
void jit_vec_thunks(struct jit *j, struct asm_buf *a);
void jit_vec_make_access(struct jit *j, struct asm_buf *a, struct jit_pins *p, bool write);
/* C code is going to run. Keeps all general registers. */
void jit_vec_to_c(struct jit *j, struct asm_buf *a);

#endif
