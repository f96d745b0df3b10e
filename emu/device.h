/* device.h - what every device has: a type, a name, its state, one deadline */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_DEVICE_H
#define EMU_DEVICE_H

#include "emu/buf.h"
#include "emu/state.h"
#include "emu/types.h"

struct device;
struct machine;

/* All callbacks but none of the others may be NULL. A device struct begins with its struct device.
 */
struct device_type {
    const char *name;               /* "i8254": also the monitor's `info i8254` */
    const struct state_desc *state; /* of the whole device struct */
    void (*reset)(struct device *d);
    void (*tick)(struct device *d);        /* d->deadline was reached; set a new one or NEVER first */
    void (*after_load)(struct device *d);  /* state was replaced: rebuild what derives from it */
    void (*info)(struct device *d, struct buf *out); /* more for the monitor than the fields say */
    void (*fini)(struct device *d);        /* frees what the device owns, not the device itself */
};

struct device {
    const struct device_type *type;
    char *name;      /* unique in the machine: the type's name, with a number if there are several */
    u64 deadline;    /* virtual ns at which tick() is called, or NEVER; saved with the state */
    /* Its deadlines are of its own making (a disk's latency): nobody outside waits for them in real time, and an idle
     * machine need not sleep until then. Set by the constructor. */
    bool prompt;
    struct machine *machine;
};

/* Links a zeroed device (allocated with xcalloc by its constructor; from here owned by the machine,
 * which frees it) into the machine. Attach order is the order of ticks at one deadline, of saved
 * state and of reset. */
void device_attach(struct machine *m, struct device *d, const struct device_type *type);

/* Sets when tick() is called next: any time at or before now means at the next step boundary. */
void device_set_deadline(struct device *d, u64 ns);

#endif
