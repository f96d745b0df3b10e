/* gdb_agent.h - gdb's agent expressions: the bytecode of breakpoint conditions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GDBSTUB_GDB_AGENT_H
#define GDBSTUB_GDB_AGENT_H

#include "gdbstub/gdb_target.h"

/* Evaluates hostile bytecode: false if it is ill-formed, reads unmapped memory or does not end
 * soon. Changes nothing. */
bool gdb_agent_eval(struct gdb_target *t, const u8 *code, size_t n, u64 *value);

#endif
