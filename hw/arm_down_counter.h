/* arm_down_counter.h - what Arm's timers have in common: a counter that goes down */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing ticks: a running counter is the time at which it comes to zero, in ticks of its own clock. */
#ifndef HW_ARM_DOWN_COUNTER_H
#define HW_ARM_DOWN_COUNTER_H

#include "emu/clock.h"
#include "emu/state.h"

#define ARM_DOWN_COUNTER_STATE(F, A, S, T)                                                         \
    F(T, bool, running)                                                                            \
    F(T, u32, value)   /* while it stands */                                                       \
    F(T, u64, zero)    /* when it comes to zero, while it runs */                                  \
    F(T, bool, expired)

struct arm_down_counter {
    STATE_MEMBERS(ARM_DOWN_COUNTER_STATE)
};

extern const struct state_desc arm_down_counter_state;

/* Everywhere `now` is in ticks. From now on it runs, or stands. */
void arm_down_counter_set(struct arm_down_counter *c, u64 now, u32 value, bool running);
/* period: the ticks between two zeros, or 0 when it stops at the first. */
u32 arm_down_counter_value(const struct arm_down_counter *c, u64 now, u64 period);
/* Has it come to zero? Then `expired` is set, and the next time is a period later. */
void arm_down_counter_update(struct arm_down_counter *c, u64 now, u64 period);
/* The tick at which to update it next; NEVER. */
u64 arm_down_counter_next(const struct arm_down_counter *c);

#endif
