/* clock.h - virtual time: a number of steps, and the time an idle machine slept */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_CLOCK_H
#define EMU_CLOCK_H

#include "emu/types.h"

/* A step takes 2^CLOCK_DEFAULT_SHIFT ns unless -icount shift=N says otherwise. */
#define CLOCK_DEFAULT_SHIFT 3
#define CLOCK_MAX_SHIFT 10

struct clock {
    u64 icount;  /* steps since power-on: an instruction retired, one iteration of a repeated string
                    instruction, an exception or interrupt taken, a debugger's write */
    u64 idle_ns; /* virtual time that passed while the machine was halted */
    u8 shift;    /* configuration, not state */
};

/* Virtual time in ns. */
static inline u64 clock_ns(const struct clock *c)
{
    return (c->icount << c->shift) + c->idle_ns;
}

/* The first icount at which clock_ns() is at least ns, if the machine does not idle on the way;
 * NEVER for ns == NEVER. Not before the present icount. */
static inline u64 clock_icount_at(const struct clock *c, u64 ns)
{
    if (ns == NEVER)
        return NEVER;
    if (ns <= clock_ns(c))
        return c->icount;
    return (ns - c->idle_ns + ((u64)1 << c->shift) - 1) >> c->shift;
}

/* ticks = ns * hz / 10^9, exact, without overflow; and the first ns at which a counter of that
 * frequency has counted `ticks`, or NEVER when that is too far away. */
static inline u64 clock_ticks(u64 ns, u64 hz)
{
    return (u128)ns * hz / NS_PER_S;
}

static inline u64 clock_ns_of_tick(u64 ticks, u64 hz)
{
    u128 ns = ((u128)ticks * NS_PER_S + hz - 1) / hz;
    return ns < NEVER ? (u64)ns : NEVER;
}

#endif
