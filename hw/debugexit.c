/* debugexit.c - isa-debug-exit: a port whose write ends the program with a code */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
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

/* One ",key=value"; *p moves behind it. */
static bool parse_property(const char **p, unsigned long *iobase, unsigned long *iosize)
{
    const char *key = *p + 1;
    size_t len = strcspn(key, "=,");
    unsigned long *value = len == 6 && !memcmp(key, "iobase", 6)   ? iobase
                           : len == 6 && !memcmp(key, "iosize", 6) ? iosize
                                                                   : NULL;
    if (!value)
        return error_report(
            "-device isa-debug-exit has no property \"%.*s\": it has iobase and iosize", (int)len,
            key);
    char *end = NULL;
    if (key[len] == '=')
        *value = strtoul(key + len + 1, &end, 0);
    if (!end || end == key + len + 1 || (*end && *end != ','))
        return error_report("-device isa-debug-exit: %.*s needs a number", (int)len, key);
    *p = end;
    return true;
}

bool debug_exit_new(struct machine *m, const char *text)
{
    unsigned long iobase = 0x501, iosize = 2;
    for (const char *p = text + strcspn(text, ","); *p;)
        if (!parse_property(&p, &iobase, &iosize))
            return false;
    if (iosize < 1 || iosize > 4 || iobase > 0x10000 - iosize)
        return error_report("-device %s: iosize is 1 to 4, and iobase + iosize at most 0x10000",
                            text);
    struct debug_exit *s = xcalloc(1, sizeof(*s));
    bus_map_mmio(m->io, "isa-debug-exit", iobase, iosize, &ops, s);
    device_attach(m, &s->dev, &debug_exit_type);
    return true;
}
