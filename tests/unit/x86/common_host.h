/* common_host.h - random user-mode code, executed by the host's processor and by our engine,
 * compared */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A test is a table of templates. Each case is a short random sequence of them with random
 * operands, between the same initial state on both sides and an UD2. Memory operands point into a
 * window that is mapped at the same address on both sides, with nothing around it. After the UD2,
 * or an earlier fault, everything must be equal: vector, error code, fault address, pc, registers,
 * flags, x87, MXCSR, XMM and the window.
 *
 *     static const struct host_template templates[] = {
 *         {.encoding = "0F AF /r", .name = "imul", .flags = HT_V, .undefined = HOST_SF | ...},
 *     };
 *     Test(host_integer, long_mode) { host_fuzz(templates, ARRAY_SIZE(templates), &options); }
 *
 * HOST_FUZZ_SEED and HOST_FUZZ_COUNT override seed and number of cases. A case that differs is
 * shortened to its first guilty instruction and printed as bytes with the words that differ.
 */
#ifndef TESTS_X86_COMMON_HOST_H
#define TESTS_X86_COMMON_HOST_H

#include "emu/types.h"

#define HOST_CODE 0x10000000u       /* one page; also reachable by 32-bit code */
#define HOST_WINDOW 0x20000000u
#define HOST_WINDOW_SIZE 0x2000u
#define HOST_STACK (HOST_WINDOW + 0x1800u)

enum { HOST_CF = 1, HOST_PF = 4, HOST_AF = 0x10, HOST_ZF = 0x40, HOST_SF = 0x80, HOST_DF = 0x400, HOST_OF = 0x800 };

struct host_state {
    u64 gpr[16]; /* in encoding order: RAX RCX RDX RBX RSP RBP RSI RDI R8... */
    u64 rflags, pc;
    u8 fx[512] __attribute__((aligned(16))); /* FXSAVE image; FOP, FIP, FDP and reserved parts are not compared */
    u8 window[HOST_WINDOW_SIZE];
    /* How it ended. */
    u32 vector, error;
    u64 address; /* of a page fault */
};

struct host_gen;

/* Operand forms. The encoding is in the style of translate.h's rows: prefixes 66 F2 F3 first,
 * opcode bytes, "+r", then /r or /0 to /7 or a fixed modrm byte, then ib, iw, id, iz (2 or 4
 * bytes), iv (2, 4 or 8). */
enum host_flag {
    HT_B = 1 << 0,     /* byte registers */
    HT_V = 1 << 1,     /* operand size 16, 32 or 64 at random */
    HT_Y = 1 << 2,     /* 32 or 64 */
    HT_D64 = 1 << 3,   /* with HT_V: 64 or 16 in 64-bit code without REX.W (PUSH) */
    HT_MEM = 1 << 4,   /* memory form only */
    HT_REG = 1 << 5,   /* register form only; neither: either */
    HT_LOCK = 1 << 6,  /* LOCK at random with memory */
    HT_XR = 1 << 7,    /* modrm.reg is an XMM register */
    HT_XM = 1 << 8,    /* modrm.rm is an XMM register if not memory */
    HT_MMR = 1 << 9,   /* the same for MMX */
    HT_MMM = 1 << 10,
    HT_ALIGN = 1 << 11, /* memory aligned to 16 */
    HT_NO64 = 1 << 12,
    HT_ONLY64 = 1 << 13,
    HT_FIXED = 1 << 14, /* no operand by a register field: x87, CLC */
};

struct host_template {
    const char *encoding, *name;
    u32 flags;
    u32 undefined;  /* flags that are not compared after it: the sequence then clears them */
    u8 mem;         /* bytes of the memory operand; 0: the operand size */
    u8 weight;      /* 0 counts as 1 */
    /* Emits what must precede it; or, without an encoding, all of it. */
    void (*gen)(struct host_gen *g);
};

struct host_options {
    bool code32;
    unsigned count;           /* cases */
    unsigned max_length;      /* templates in a case; 0: 12 */
    const char *cpu;          /* our CPU model; NULL: "max" */
    /* May change the random initial state (x87 and MXCSR are as after FNINIT, XMM random). */
    void (*init)(struct host_gen *g, struct host_state *s);
    bool faults;              /* some memory operands outside of the window */
    /* For results the architecture leaves open: may make `ours` equal to `host` after a look at
     * both. */
    void (*forgive)(const struct host_state *host, struct host_state *ours);
};

/* Skips the Criterion test with a reason if the host cannot run it; fails it at the first
 * difference. */
void host_fuzz(const struct host_template *t, unsigned n, const struct host_options *o);

/* ---- for gen functions ---- */

u64 host_rand(struct host_gen *g);
unsigned host_below(struct host_gen *g, unsigned n);
u64 host_value(struct host_gen *g);           /* an interesting 64-bit number */
bool host_is32(const struct host_gen *g);
void host_emit(struct host_gen *g, const void *bytes, unsigned n);
#define HOST_EMIT(g, ...)                                                                          \
    host_emit(g, (const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))
void host_emit_int(struct host_gen *g, u64 v, unsigned bytes);
void host_mov_imm(struct host_gen *g, unsigned reg, u64 v); /* MOV reg, imm */
unsigned host_gpr(struct host_gen *g);        /* any but RSP */
u32 host_place(struct host_gen *g, unsigned size, bool aligned); /* a window address for so many bytes */
/* The template's encoding with random operands, as without gen. */
void host_emit_template(struct host_gen *g, const struct host_template *t);

#endif
