/* block.h - translated blocks and the cache that holds them (for the engine's own files) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A block is the translation of guest bytes at a linear pc, in a CPU mode, from a physical page. It
 * is *valid* while these bytes are what they were: `version` says for which content of its page
 * that was last looked at. Blocks with a page's present version are *claimed*: their bytes are in
 * the page's granules, the page is PAGE_CODE, and a store to a granule makes all of them unclaimed
 * at once, whereupon the page may be stored to directly again. A lookup compares the bytes of an
 * unclaimed block, and claims it again or drops it.
 *
 * Blocks are remembered outside of the cache, by links between them and in the jump cache. These
 * die when the code they lead to may have become something else: the TLB says so for each half of
 * the address space (tlb->low, tlb->high), the cache itself (code_generation) when a page becomes
 * unclaimed, a block is dropped or reflagged. All of these grow tlb->changes, and block_sync()
 * makes what is remembered right again: it must be called, or found to be unnecessary by comparing
 * e->synced, between whatever may change something and the next use. c->mode must tell user from
 * supervisor.
 */
#ifndef EMU_BLOCK_H
#define EMU_BLOCK_H

#include "emu/cpu.h"
#include "emu/engine.h"
#include "emu/ir.h"
#include "emu/tlb.h"

/* Where an EXIT goes; for the interpreter valid while `changes` is the TLB's. The op's imm is its
 * address in a finished block. */
struct block_link {
    u64 pc;
    struct block *to;
    u64 changes;
    struct jit_slot *slot; /* the same for the JIT, when the block is compiled; see jit.h */
};

struct block {
    u32 n_insns;
    u32 mode;
    u64 lpc, pc;           /* linear, and as cpu.pc counts; lpc - pc is the code segment's base */
    const struct ir_insn *insns;
    struct ram *ram;       /* NULL: fetched from where there is no memory */
    u32 page;
    u16 off, len;          /* guest bytes: from off in the page, */
    u16 len2;              /* of which so many are on a second page (one-instruction blocks only) */
    u16 limit;             /* instructions it was allowed when it was made */
    bool breaks;           /* a breakpoint at its first instruction: every entry goes by the engine */
    bool cut_by_break;     /* it ended before a breakpoint */
    u8 left_alone;         /* how often it was left for the sake of one instruction */
    struct ram *ram2;
    u32 page2;
    u64 version, version2; /* of the pages' content that the bytes were last found equal to */
    const u8 *bytes;       /* len guest bytes */
    const void *code;      /* JIT: where to jump to; a way out as long as it is not compiled */
    u32 runs, n_ops;
    u32 first_slot, n_slots; /* of its exits */
    i32 *heat;             /* executions until it is worth more than being compiled alone, or NULL */
    const struct jit_site *sites; /* of what it was compiled to alone */
    u32 n_sites;
    struct jit_region_ref *regions; /* that it is a member of */
    bool compiled;
    size_t size;           /* of the allocation */
    struct block *hash_next;
    struct block *near_next, *near_prev; /* others that start on this linear page, more or less */
    struct ir_op ops[];
};

#define JUMP_BITS 14

struct jump_entry {
    u64 lpc;             /* one that is never looked for in this place: not valid now */
    struct block *block; /* also when not valid; NULL: none */
};

struct jump_list { /* those of one half of the address space that are valid */
    u32 n;
    u16 entry[1 << JUMP_BITS];
    bool listed[1 << JUMP_BITS];
};

#define HASH_BITS 16
#define NEAR_BITS 10
#define HINT_BITS 8

struct page_code { /* of one RAM page */
    u64 version;
    u64 granules; /* 64-byte pieces that claimed blocks were made from */
};

struct ram_code { /* ram->code */
    struct ram *ram;
    struct page_code **page;
};

/* Where a block should end so that the instruction that must be alone is its last. */
struct block_hint {
    u64 lpc;
    u16 insns;
};

struct engine {
    struct machine *machine;
    unsigned max_insns;
    u64 code_limit;
    const struct dump *dump; /* or NULL */
    unsigned passes_off;
    struct jump_entry jump[1 << JUMP_BITS];
    struct jump_list jumps[2]; /* of the low half, of the high half */
    u64 synced, low, high, code; /* the TLB's, and code_generation, that jump is right for */
    struct block *hash[1 << HASH_BITS];
    struct block *near[1 << NEAR_BITS];
    struct block_hint hint[1 << HINT_BITS];
    struct block *dead;        /* dropped, perhaps still being executed; by hash_next */
    bool flush_asked;
    struct ram_code **rams;
    u32 n_rams;
    struct ir_block *ir;       /* where translators build */
    struct jit *jit;           /* NULL: all is interpreted */
    u64 code_generation;       /* grows when a block, not only its place, may have become wrong */
    struct engine_stats stats;
    void (*made)(void *opaque, const struct block *b); /* tests: told of each block that is made; or NULL */
    void *made_opaque;

    /* The run in progress; here because locals do not survive a longjmp. */
    struct block_link *miss;   /* the link that the last block left by, to be set to the next block */
    bool alone;                /* the next instruction is to be executed alone */
    bool first, skip_break;
};

/* What setjmp() in the engine returns. */
enum { LEAVE_FAULT = 1, LEAVE_ALONE };

static inline struct jump_entry *jump_slot(struct engine *e, u64 lpc)
{
    return &e->jump[(lpc ^ (lpc >> JUMP_BITS)) & ((1 << JUMP_BITS) - 1)];
}

/* The block to be executed at the CPU's pc with at most `most` instructions: found or made. May
 * raise the fault of fetching it. */
struct block *block_get(struct engine *e, struct cpu *c, unsigned most);
/* Lets those who look for this block find it in the jump cache. */
void block_remember(struct engine *e, struct block *b);
/* Makes what is remembered of blocks right again; cheap when nothing changed. */
void block_sync(struct engine *e);
/* The block at pc on the page that `from` is on, in its mode, when its bytes are known to be right;
 * or NULL. */
struct block *block_near(struct engine *e, const struct block *from, u64 pc);
/* Are its bytes what they were (on its first page)? Then a store to them will be noticed from now
 * on. */
bool block_claim(struct engine *e, struct block *b);
/* Frees what was dropped, and everything when a flush was asked for. Nothing may be executing. */
void block_reap(struct engine *e);
void block_init(struct engine *e);
void block_delete_all(struct engine *e);
/* A block was left before its instruction number `insn`, which must be alone. */
void block_was_left(struct engine *e, struct block *b, u32 insn);

#endif
