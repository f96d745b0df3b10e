/* monitor.h - the monitor's command table, for gdb's `monitor`, the console and scripts */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GDBSTUB_MONITOR_H
#define GDBSTUB_MONITOR_H

#include "emu/buf.h"
#include "gdbstub/session.h"

/* How a command ends. A move (goto, cont, ...) has been asked of the session when it says so: the
 * caller shows the outcome when it ended. */
enum monitor_result { MONITOR_DONE, MONITOR_ERROR, MONITOR_MOVING };

/* Executes one line; text for the user is appended to out, also that of an error. */
enum monitor_result monitor_execute(struct session *s, const char *line, struct buf *out, void *by);
/* The same for a command whose arguments are words already, blanks and all. */
enum monitor_result monitor_execute_words(struct session *s, const char *name, unsigned n,
                                          const char *const *word, struct buf *out, void *by);
bool monitor_has(const char *name); /* a command of that name */
/* Names that complete `prefix`, one a line (for readline and gdb). */
void monitor_complete(struct session *s, const char *prefix, struct buf *out);
/* One line that tells where and why a move ended, for people. */
void monitor_describe(struct session *s, const struct move *mv, struct buf *out);

#endif
