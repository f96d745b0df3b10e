/* device.c - link devices into a machine, and keep their deadlines */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/device.h"

#include <stdlib.h>

#include "emu/check.h"
#include "emu/machine.h"

static char *unique_name(struct machine *m, const char *base)
{
    if (!machine_find_device(m, base))
        return xstrdup(base);
    for (unsigned n = 1;; n++) {
        char *name = xasprintf("%s.%u", base, n);
        if (!machine_find_device(m, name))
            return name;
        free(name);
    }
}

void device_attach(struct machine *m, struct device *d, const struct device_type *type)
{
    CHECK(m->n_devices < MACHINE_MAX_DEVICES);
    CHECK(type->name && type->state);
    d->type = type;
    if (!d->name)
        d->name = unique_name(m, type->name);
    d->deadline = NEVER;
    d->machine = m;
    m->device[m->n_devices++] = d;
}

void device_set_deadline(struct device *d, u64 ns)
{
    struct machine *m = d->machine;
    u64 old = d->deadline;

    d->deadline = ns;
    if (ns < m->next_deadline) {
        m->next_deadline = ns;
        if (m->cpu)
            m->cpu->attention = true; /* the engine's budget was made for a later deadline */
    } else if (old == m->next_deadline) {
        machine_update_deadline(m);
    }
}
