/* engine.h - execute guest code: the block cache, and the engines behind one signature */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Steps are paid for when a block is entered: budget -= its instructions. A block that is larger
 * than the budget is translated again, shorter, so that a run ends at exactly the icount that was
 * asked for; where a block is left in the middle, the unused steps are given back. Nothing is
 * checked per instruction.
 *
 * Blocks are found by linear pc and CPU mode in a lookup that dies with the TLB's exec permissions,
 * and behind it by the physical page, pc and mode. A page's blocks are checked against its bytes
 * when the page was written, so code survives flushes, snapshots being restored, and writes beside
 * it.
 */
#ifndef EMU_ENGINE_H
#define EMU_ENGINE_H

#include "emu/cpu.h"
#include "emu/ram.h"
#include "emu/types.h"

struct engine;

enum engine_leave {
    ENGINE_BUDGET,    /* the budget is used up */
    ENGINE_ATTENTION, /* c->attention was set */
    ENGINE_EXCEPTION, /* cpu_raise(): state before the faulting instruction; call arch->exception_take */
    ENGINE_BREAK,     /* a breakpoint at pc; not at the first instruction executed by this call */
};

struct engine_config {
    unsigned max_insns;    /* block length limit, 1 to IR_MAX_INSNS; 0 means the maximum */
    u64 code_bytes;        /* bound of the translation memory; 0: as accel says */
    const char *accel;     /* see accel.h; NULL means interp */
    const struct dump *dump; /* what of translations is shown, or NULL; borrowed */
    unsigned passes_off;   /* a set of enum pass (passes.h) that is not run, to bisect with */
};

struct engine *engine_new(struct machine *m, const struct engine_config *cfg);
void engine_delete(struct engine *e);

/* Runs from the CPU's state for at most `steps` steps and leaves at a step boundary, with
 * clock.icount and c->pc exact. skip_break: do not stop at a breakpoint at the very first
 * instruction. */
enum engine_leave engine_run(struct engine *e, struct cpu *c, u64 steps, bool skip_break);

/* The page's bytes changed, from outside of guest stores or by them (off, n within the page). */
void engine_page_written(struct engine *e, struct ram *r, u32 page, unsigned off, unsigned n);
/* Breakpoints in this linear range changed. */
void engine_break_changed(struct engine *e, u64 addr);
void engine_flush(struct engine *e); /* forget all translations */
/* Does this page have blocks that contain any byte of [off, off+n)? */
bool engine_page_has_code(struct engine *e, struct ram *r, u32 page, unsigned off, unsigned n);

/* For helpers of repeated string instructions: steps that may still be taken, at least 1, the one
 * already paid for included; and to take n of them in all (n >= 1). When the last iteration is not
 * reached the helper leaves pc at the instruction. */
u64 engine_steps_left(const struct cpu *c);
void engine_take_steps(struct cpu *c, u64 n);
bool engine_pay_step(struct cpu *c); /* for one more, if there is one left */
/* For helpers: an EXIT that follows leaves the block after this instruction, though it is not the
 * last. */
void engine_leave_early(struct cpu *c);

struct engine_stats {
    u64 blocks_made, blocks_live, blocks_dropped, lookups_missed, code_bytes;
};
struct engine_stats engine_stats(const struct engine *e);

#endif
