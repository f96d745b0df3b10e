/* session_step.h - the moves that are more than one call of the timeline; for session.c only */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GDBSTUB_SESSION_STEP_H
#define GDBSTUB_SESSION_STEP_H

#include "gdbstub/session.h"

/* session.c */
struct move session_place(struct session *s,
                          enum stop_kind kind); /* here and now, for that reason */
bool session_stop_asked(const struct session *s);
/* Is it a breakpoint whose conditions nobody finds true? */
bool session_break_refused(struct session *s, const struct move *mv);

/* session_step.c */
struct move session_step(struct session *s, u64 count);
struct move session_reverse_step(struct session *s, u64 count);
struct move session_step_range(struct session *s, u64 start, u64 end);
/* Back to the last breakpoint whose conditions hold, or watched access, not before until. */
struct move session_backward(struct session *s, u64 until);

#endif
