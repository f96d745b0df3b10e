/* alarm.c - timers of the host's side that run on the guest's time */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/alarm.h"

#include "emu/machine.h"

static void update(struct machine *m)
{
    u64 next = NEVER;
    for (const struct alarm *a = m->alarms; a; a = a->next)
        next = MIN(next, a->ns);
    if (next < m->next_alarm && m->cpu)
        m->cpu->attention = true; /* the engine's budget was made for a later one */
    m->next_alarm = next;
}

void alarm_attach(struct machine *m, struct alarm *a)
{
    struct alarm **end = &m->alarms; /* they ring in the order of being attached */
    while (*end)
        end = &(*end)->next;
    a->machine = m;
    a->ns = NEVER;
    a->next = NULL;
    *end = a;
}

void alarm_detach(struct alarm *a)
{
    struct alarm **p = &a->machine->alarms;
    while (*p != a)
        p = &(*p)->next;
    *p = a->next;
    update(a->machine);
}

void alarm_set(struct alarm *a, u64 ns)
{
    a->ns = ns;
    update(a->machine);
}

u64 alarm_next(const struct machine *m)
{
    return m->next_alarm == NEVER || m->unplugged || door_is_fed(m->door) ? NEVER : m->next_alarm;
}

void alarm_ring_due(struct machine *m)
{
    u64 now = clock_ns(&m->clock);
    for (struct alarm *a = m->alarms, *next; a; a = next) {
        next = a->next;
        if (a->ns > now)
            continue;
        a->ns = NEVER;
        a->ring(a->opaque);
    }
    update(m);
}
