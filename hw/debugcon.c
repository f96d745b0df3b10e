/* debugcon.c - a port that firmware writes its messages to: they are logged, line by line */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As Bochs has it at port 0xe9, and SeaBIOS expects it at 0x402: reading yields 0xe9. */
#include "emu/check.h"
#include "emu/log.h"
#include "hw/firmware.h"

#define DEBUGCON_STATE(F, A, S, T) F(T, u64, written) /* bytes, ever */

struct debugcon {
    struct device dev;
    STATE_MEMBERS(DEBUGCON_STATE)
    char line[240]; /* not of the guest's state: it goes nowhere but into the log */
    unsigned len;
};
STATE_DESC(debugcon_state, "debugcon", struct debugcon, DEBUGCON_STATE);

static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)offset, (void)size;
    return 0xe9;
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)offset, (void)size;
    struct debugcon *s = opaque;
    char c = (char)value;
    s->written++;
    if (c == '\n' || s->len == sizeof(s->line)) {
        LOG(LOG_INFO, "%.*s", (int)s->len, s->line);
        s->len = 0;
    }
    if (c != '\n')
        s->line[s->len++] = c >= 32 && c < 127 ? c : c == '\t' ? ' ' : '?';
}

static const struct mmio_ops ops = {read_port, write_port, 1, 1};

static const struct device_type debugcon_type = {
    .name = "debugcon",
    .state = &debugcon_state,
};

struct device *debugcon_new(struct machine *m, u16 port)
{
    struct debugcon *s = xcalloc(1, sizeof(*s));
    bus_map_mmio(m->io, "debugcon", port, 1, &ops, s);
    device_attach(m, &s->dev, &debugcon_type);
    return &s->dev;
}
