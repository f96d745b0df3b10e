/* i6300esb.c - the watchdog timer of the Intel 6300ESB I/O controller hub */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Intel 6300ESB ICH data sheet (300641), chapter 16. Two stages of 35 bits are counted down
 * by the PCI clock, each from its preload value: the end of the first may interrupt, that of the
 * second is the watchdog's bark. What then happens to the machine is -action's to say. The
 * interrupt would go to pin 10 of a second I/O APIC, or be an SMI; this board has neither, so it is
 * only remembered.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/clock.h"
#include "emu/log.h"
#include "hw/pc_cards.h"

enum { PCI_CLOCK_HZ = 33000000, MEMORY_SIZE = 16, PRELOAD_MASK = 0xfffff };
enum { R_CONFIG = 0x60, R_LOCK = 0x68 }; /* in configuration space */
enum { CONFIG_BITS = 0x27, CONFIG_FAST = 1 << 2, CONFIG_NO_OUTPUT = 1 << 5 };
enum { LOCK_LOCKED = 1, LOCK_ENABLE = 2, LOCK_FREE_RUNNING = 4, LOCK_BITS = 7 };
enum { M_PRELOAD1 = 0, M_PRELOAD2 = 4, M_INTERRUPT = 8, M_RELOAD = 12 };
enum { RELOAD = 1 << 8, TIMEOUT = 1 << 9, UNLOCK_FIRST = 0x80, UNLOCK_SECOND = 0x86 };

#define I6300ESB_STATE(F, A, S, T)                                                                 \
    S(T, struct pci_function, pci_function_state, pci, 1)                                          \
    A(T, u32, preload, 2)                                                                          \
    F(T, u8, stage)    /* 0 or 1: which is counted, if the deadline says that one is */            \
    F(T, u8, unlocked) /* how much of the sequence was written that allows one write */            \
    F(T, bool, enabled)                                                                            \
    F(T, bool, interrupt)                                                                          \
    F(T, bool, timeout) /* it barked; kept by a reset */

struct i6300esb {
    struct device dev;
    STATE_MEMBERS(I6300ESB_STATE)
    enum watchdog_action action;
};
STATE_DESC(i6300esb_state, "i6300esb", struct i6300esb, I6300ESB_STATE);

/* 16.3.1: the preload value is the upper 20 bits of the counter, or bits 5 to 24. */
static void start_stage(struct i6300esb *s, u8 stage)
{
    unsigned shift = pci_get16(s->pci, R_CONFIG) & CONFIG_FAST ? 5 : 15;
    u64 ticks = MAX((u64)s->preload[stage], (u64)1) << shift;
    s->stage = stage;
    device_set_deadline(&s->dev, machine_now_ns(s->dev.machine) +
                                     clock_ns_of_tick(ticks, PCI_CLOCK_HZ));
}

static void bark(struct i6300esb *s)
{
    s->timeout = true;
    if (s->pci->config[R_LOCK] & LOCK_FREE_RUNNING)
        start_stage(s, 0);
    if (!(pci_get16(s->pci, R_CONFIG) & CONFIG_NO_OUTPUT))
        machine_watchdog(s->dev.machine, s->action);
}

static void tick(struct device *d)
{
    struct i6300esb *s = (struct i6300esb *)d;
    device_set_deadline(d, NEVER);
    if (s->stage) {
        bark(s);
    } else {
        s->interrupt = true;
        start_stage(s, 1);
    }
}

static void update_lock(struct i6300esb *s)
{
    s->pci->writable[R_LOCK] = s->pci->config[R_LOCK] & LOCK_LOCKED ? 0 : LOCK_BITS;
}

static void written(void *opaque, unsigned offset, unsigned size)
{
    struct i6300esb *s = opaque;
    if (offset > R_LOCK || offset + size <= R_LOCK)
        return;
    bool enabled = s->pci->config[R_LOCK] & LOCK_ENABLE;
    if (enabled && !s->enabled)
        start_stage(s, 0);
    else if (!enabled)
        device_set_deadline(&s->dev, NEVER);
    s->enabled = enabled;
    update_lock(s);
}

static u64 read_memory(void *opaque, u64 offset, unsigned size)
{
    struct i6300esb *s = opaque;
    u32 v = 0;
    (void)size;
    switch (offset & ~(u64)3) {
    case M_PRELOAD1: v = s->preload[0]; break;
    case M_PRELOAD2: v = s->preload[1]; break;
    case M_INTERRUPT: v = s->interrupt; break;
    default: v = s->timeout ? TIMEOUT : 0;
    }
    return v >> 8 * (offset & 3);
}

static void write_reload(struct i6300esb *s, u32 value)
{
    if (value & TIMEOUT)
        s->timeout = false;
    if ((value & RELOAD) && s->enabled)
        start_stage(s, 0);
}

/* 16.4.4: 80h and 86h, written to the reload register, allow the next write. */
static bool unlock(struct i6300esb *s, u64 offset, u64 value)
{
    bool first = offset == M_RELOAD && value == UNLOCK_FIRST;
    bool second = offset == M_RELOAD && value == UNLOCK_SECOND && s->unlocked == 1;
    if (first || second)
        s->unlocked = first ? 1 : 2;
    return first || second;
}

static void write_memory(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct i6300esb *s = opaque;
    unsigned shift = 8 * (offset & 3);
    u32 mask = (size == 4 ? UINT32_MAX : (1u << 8 * size) - 1) << shift, v = (u32)value << shift;

    if ((offset & ~(u64)3) == M_INTERRUPT) {
        s->interrupt &= !(v & 1);
        return;
    }
    if (unlock(s, offset, value))
        return;
    bool allowed = s->unlocked == 2;
    s->unlocked = 0;
    if (!allowed)
        return;
    if (offset >= M_RELOAD) {
        write_reload(s, v);
        return;
    }
    u32 *preload = &s->preload[offset >> 2];
    *preload = ((*preload & ~mask) | v) & PRELOAD_MASK;
}

static const struct mmio_ops ops = {read_memory, write_memory, 1, 4};

static void reset(struct device *d)
{
    struct i6300esb *s = (struct i6300esb *)d;
    pci_reset(s->pci);
    pci_put16(s->pci->config, PCI_STATUS, 0x0280);
    pci_put16(s->pci->config, R_CONFIG, 0);
    s->pci->config[R_LOCK] = 0;
    s->preload[0] = s->preload[1] = PRELOAD_MASK;
    s->stage = s->unlocked = 0;
    s->enabled = s->interrupt = false;
    update_lock(s);
}

static void after_load(struct device *d)
{
    struct i6300esb *s = (struct i6300esb *)d;
    s->stage &= 1;
    s->preload[0] &= PRELOAD_MASK;
    s->preload[1] &= PRELOAD_MASK;
    pci_update_maps(s->pci);
    update_lock(s);
}

static const struct device_type i6300esb_type = {
    .name = "i6300esb",
    .state = &i6300esb_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
};

struct device *i6300esb_new(struct machine *m, struct pci_bus *bus, u8 devfn,
                            enum watchdog_action action)
{
    struct i6300esb *s = xcalloc(1, sizeof(*s));
    s->action = action;
    device_attach(m, &s->dev, &i6300esb_type);
    pci_attach(bus, s->pci, devfn, 0x8086, 0x25ab, 0x0880, 0);
    pci_put16(s->pci->config, PCI_SUBSYSTEM, 0x1af4); /* as QEMU's */
    pci_put16(s->pci->config, PCI_SUBSYSTEM + 2, 0x1100);
    s->pci->written = written;
    s->pci->opaque = s;
    pci_put16(s->pci->writable, R_CONFIG, CONFIG_BITS);
    pci_add_bar(s->pci, 0, false, MEMORY_SIZE, "i6300esb", &ops, s);
    return &s->dev;
}
