/* debugexit.c - isa-debug-exit: a port whose write ends the program with a code */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "emu/check.h"
#include "emu/items.h"
#include "emu/log.h"
#include "hw/pc_devices.h"
#include "hw/system_ports.h"

#define DEBUG_EXIT_STATE(F, A, S, T) F(T, u32, last)

struct debug_exit {
    struct device dev;
    STATE_MEMBERS(DEBUG_EXIT_STATE)
};
STATE_DESC(debug_exit_state, "isa-debug-exit", struct debug_exit, DEBUG_EXIT_STATE);

static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)offset, (void)size;
    return 0;
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)offset, (void)size;
    struct debug_exit *s = opaque;
    s->last = value;
    machine_request(s->dev.machine, REQUEST_EXIT, (int)(u32)(value << 1 | 1));
}

static const struct mmio_ops ops = {read_port, write_port, 1, 4};

static void reset(struct device *d)
{
    ((struct debug_exit *)d)->last = 0;
}

static const struct device_type debug_exit_type = {
    .name = "isa-debug-exit",
    .state = &debug_exit_state,
    .reset = reset,
};

static bool number(const struct item *it, const char *key, unsigned long *v)
{
    char *end;
    if (!item_is(it, key))
        return false;
    *v = strtoul(it->value, &end, 0);
    return *it->value && !*end;
}

bool debug_exit_new(struct machine *m, const char *text)
{
    unsigned long iobase = 0x501, iosize = 2;
    struct item it;
    for (const char *p = pc_device_properties(text); item_next(&p, &it);)
        if (!number(&it, "iobase", &iobase) && !number(&it, "iosize", &iosize))
            return error_report("-device %.200s: it has iobase and iosize, which are numbers", text);
    if (iosize < 1 || iosize > 4 || iobase > 0x10000 - iosize)
        return error_report("-device %s: iosize is 1 to 4, and iobase + iosize at most 0x10000",
                            text);
    struct debug_exit *s = xcalloc(1, sizeof(*s));
    bus_map_mmio(m->io, "isa-debug-exit", iobase, iosize, &ops, s);
    device_attach(m, &s->dev, &debug_exit_type);
    return true;
}
