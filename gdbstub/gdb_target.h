/* gdb_target.h - the machine as packet handlers see it, and all that they can do to it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses are linear, also in real mode, where gdb knows nothing of segments: there the program
 * counter is reported as CS base + IP, so that what gdb disassembles, breaks at and compares is one
 * thing.
 */
#ifndef GDBSTUB_GDB_TARGET_H
#define GDBSTUB_GDB_TARGET_H

#include "emu/buf.h"
#include "gdbstub/session.h"

enum gdb_break_kind {
    BREAK_SOFT,
    BREAK_HARD,
    BREAK_WRITE,
    BREAK_READ,
    BREAK_ACCESS
}; /* Z0 to Z4 */

struct gdb_break {
    enum gdb_break_kind kind;
    u64 addr, len;
    bool wanted;     /* gdb has it inserted */
    bool set;        /* the machine has it */
    struct buf cond; /* conditions, each u32 length and agent bytecode; empty: none */
};

struct gdb_target {
    struct session *session;
    const struct debug_view *view; /* chosen when the debugger connected */
    bool attached;
    bool physical;                 /* memory is addressed physically (Qqemu.PhyMemMode) */
    u8 sstep;                      /* qemu.sstep bits */
    struct gdb_break *brk;
    u32 n_breaks, cap_breaks;
};

enum { SSTEP_ENABLE = 1, SSTEP_NOIRQ = 2, SSTEP_NOTIMER = 4 };

void gdb_target_init(struct gdb_target *t, struct session *s);
void gdb_target_fini(struct gdb_target *t);
void gdb_target_attach(struct gdb_target *t); /* holds and stops the machine */
void gdb_target_detach(struct gdb_target *t); /* takes all breakpoints out and lets go */
void gdb_target_choose_view(struct gdb_target *t);

u32 gdb_target_n_regs(const struct gdb_target *t);
const struct debug_reg *gdb_target_reg(const struct gdb_target *t, u32 regno); /* NULL: none */
/* Bytes of the value; 0: no such register. */
unsigned gdb_target_read_reg(struct gdb_target *t, u32 regno, u8 out[16]);
/* False if it could not be written. Left alone, and true: a value that it already has, a read-only
 * register. */
bool gdb_target_write_reg(struct gdb_target *t, u32 regno, const u8 *value, unsigned n);
bool gdb_target_write_pc(struct gdb_target *t, u64 pc);
bool gdb_target_halted(const struct gdb_target *t);

size_t gdb_target_read(struct gdb_target *t, u64 addr, void *out, size_t n); /* bytes done */
bool gdb_target_write(struct gdb_target *t, u64 addr, const void *data, size_t n);
void gdb_target_memory_map(struct gdb_target *t, struct buf *xml);
const char *gdb_target_exec_file(struct gdb_target *t); /* the kernel if gdb can read it; "" */

/* Inserting twice is one; conditions replace those before. False: too many, or too long. */
bool gdb_target_insert(struct gdb_target *t, enum gdb_break_kind kind, u64 addr, u64 len,
                       const struct buf *cond);
bool gdb_target_remove(struct gdb_target *t, enum gdb_break_kind kind, u64 addr, u64 len);
const struct gdb_break *gdb_target_break_at(const struct gdb_target *t, u64 pc);
bool gdb_target_watch_wanted(const struct gdb_target *t, const struct watch_hit *hit);
/* Somebody else moves the machine: it is to have exactly what gdb has inserted. */
void gdb_target_apply_breaks(struct gdb_target *t);
/* For the session: is a breakpoint at pc inserted, and one of its conditions true? */
bool gdb_target_break_wanted(struct gdb_target *t, u64 pc);

bool gdb_target_running(const struct gdb_target *t);
bool gdb_target_move(struct gdb_target *t, const struct move_request *r, void *by);
void gdb_target_stop(struct gdb_target *t);
bool gdb_target_is_live(const struct gdb_target *t);
void gdb_target_set_sstep(struct gdb_target *t, u8 bits);
u8 gdb_target_sstep(const struct gdb_target *t);

#endif
