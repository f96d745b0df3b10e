/* alarm.h - timers of the host's side that run on the guest's time */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A network stack that answers the guest has timeouts of its own. They are no state of the guest's, but what
 * they cause should come at the same step each time: so they run on virtual time. The run loop stops at an alarm
 * as it stops at a device's deadline; that shows in nothing but what the alarm's owner then posts to the door.
 * Alarms ring only at the head of history: never in a replay, in the past, or in a debugger's branch.
 */
#ifndef EMU_ALARM_H
#define EMU_ALARM_H

#include "emu/types.h"

struct machine;

/* Embedded in its owner; all but ring and opaque belongs to alarm.c. */
struct alarm {
    void (*ring)(void *opaque); /* at a step boundary; the alarm is off until it is set again */
    void *opaque;
    struct machine *machine;
    u64 ns; /* NEVER: off */
    struct alarm *next;
};

void alarm_attach(struct machine *m, struct alarm *a); /* off */
void alarm_detach(struct alarm *a);
/* To virtual time ns: any time at or before now means the next step boundary. */
void alarm_set(struct alarm *a, u64 ns);

/* For the run loop: when the next one rings, NEVER where none does; and rings what is due. */
u64 alarm_next(const struct machine *m);
void alarm_ring_due(struct machine *m);

#endif
