/* gdb_args.h - read the arguments of a packet, by a schema */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GDBSTUB_GDB_ARGS_H
#define GDBSTUB_GDB_ARGS_H

#include "emu/buf.h"
#include "emu/types.h"

/*
 * A schema is a string; each of its characters takes something from the packet:
 *
 *   N  a hexadecimal number of up to 64 bits          -> the next of n[]
 *   T  a thread: TID, pPID or pPID.TID, -1 for all    -> thread
 *   H  all the rest, hexadecimal bytes, decoded       -> data, len
 *   S  all the rest as it is, text or binary          -> data, len
 *   |  nothing; the packet may end here, or at any place behind it that is not inside an argument
 *
 * and any other character stands for itself. Nothing may be left over. A packet is hostile.
 */
#define GDB_ARGS_NUMBERS 6

struct gdb_thread { /* -1: all; 0: any */
    i64 pid, tid;
};

struct gdb_args {
    u64 n[GDB_ARGS_NUMBERS];
    unsigned count; /* of numbers there were */
    struct gdb_thread thread;
    bool has_thread;
    const u8 *data; /* borrowed from the packet or from `decoded` */
    size_t len;
    struct buf decoded; /* owned: gdb_args_fini() */
};

bool gdb_args_parse(struct gdb_args *a, const char *schema, const u8 *p, size_t n);
void gdb_args_fini(struct gdb_args *a);

/* For handlers whose arguments repeat: each reads, advances and checks in one. */
struct gdb_cursor {
    const u8 *p, *end;
};
bool gdb_cursor_char(struct gdb_cursor *c, char wanted);
bool gdb_cursor_hex(struct gdb_cursor *c, u64 *value); /* at least a digit; no more than 64 bits */
bool gdb_cursor_thread(struct gdb_cursor *c, struct gdb_thread *t);
/* n bytes, two digits each, appended to out. */
bool gdb_cursor_bytes(struct gdb_cursor *c, size_t n, struct buf *out);

#endif
