/* arm_down_counter.c - what Arm's timers have in common: a counter that goes down */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/arm_down_counter.h"

static const struct state_field fields[] = {
    ARM_DOWN_COUNTER_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct arm_down_counter)};
const struct state_desc arm_down_counter_state = {"counter", fields, ARRAY_SIZE(fields)};

void arm_down_counter_set(struct arm_down_counter *c, u64 now, u32 value, bool running)
{
    c->value = value;
    c->zero = now + value;
    c->running = running;
}

/* One period before the next zero is the last one. */
u32 arm_down_counter_value(const struct arm_down_counter *c, u64 now, u64 period)
{
    if (!c->running)
        return c->value;
    u64 left = c->zero > now ? c->zero - now : 0;
    return left == period ? 0 : (u32)left;
}

void arm_down_counter_update(struct arm_down_counter *c, u64 now, u64 period)
{
    if (!c->running || now < c->zero)
        return;
    c->expired = true;
    if (period)
        c->zero += ((now - c->zero) / period + 1) * period;
    else
        arm_down_counter_set(c, now, 0, false);
}

u64 arm_down_counter_next(const struct arm_down_counter *c)
{
    return c->running ? c->zero : NEVER;
}
