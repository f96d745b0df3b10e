/* vexpress_sysreg.c - the system registers of a Versatile Express motherboard */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Motherboard Express uATX TRM (DUI 0447), chapter 4 "Programmer's model", and CoreTile Express A9x4 TRM
 * (DUI 0448), 3.2, for the clocks and voltages that the configuration controllers tell of.
 */
#include "hw/vexpress_sysreg.h"

#include "emu/check.h"
#include "emu/log.h"

enum { SYS_ID = 0x00, SYS_SW = 0x04, SYS_LED = 0x08, SYS_100HZ = 0x24, SYS_FLAGS = 0x30, SYS_FLAGSCLR = 0x34,
       SYS_NVFLAGS = 0x38, SYS_NVFLAGSCLR = 0x3c, SYS_MCI = 0x48, SYS_FLASH = 0x4c, SYS_CFGSW = 0x58, SYS_24MHZ = 0x5c,
       SYS_MISC = 0x60, SYS_PROCID0 = 0x84, SYS_PROCID1 = 0x88, SYS_CFGDATA = 0xa0, SYS_CFGCTRL = 0xa4,
       SYS_CFGSTAT = 0xa8 };
enum { CFG_START = 1u << 31, CFG_WRITE = 1 << 30, CFG_COMPLETE = 1, CFG_ERROR = 2 };
enum { F_OSC = 1, F_VOLT = 2, F_RESET = 5, F_MUXFPGA = 7, F_SHUTDOWN = 8, F_REBOOT = 9, F_DVIMODE = 11 };
enum { SITE_MOTHERBOARD = 0, SITE_DAUGHTERBOARD = 1, OSCILLATORS = 3 };
#define MOTHERBOARD_ID 0x1190f500u /* HBI-0190, V2M-P1 */

#define VEXPRESS_SYSREG_STATE(F, A, S, T)                                                          \
    F(T, u32, led)                                                                                 \
    F(T, u32, flags)                                                                               \
    F(T, u32, nvflags)                                                                             \
    F(T, u32, flash)                                                                               \
    F(T, u32, cfgsw)                                                                               \
    F(T, u32, misc)                                                                                \
    F(T, u32, cfgdata)                                                                             \
    F(T, u32, cfgctrl)                                                                             \
    F(T, u32, cfgstat)                                                                             \
    A(T, u32, clock, 2 * OSCILLATORS) /* Hz; the motherboard's, then the daughterboard's */        \
    F(T, u32, mux)                                                                                 \
    F(T, u32, dvimode)

struct vexpress_sysreg {
    struct device dev;
    STATE_MEMBERS(VEXPRESS_SYSREG_STATE)
    struct vexpress_sysreg_wiring wiring;
};
STATE_DESC(vexpress_sysreg_state, "vexpress_sysreg", struct vexpress_sysreg, VEXPRESS_SYSREG_STATE);

static u32 count(struct vexpress_sysreg *s, u64 hz)
{
    return (u32)clock_ticks(machine_now_ns(s->dev.machine), hz);
}

/* ---- the configuration bus (4.3.14) ---- */

static bool volts(unsigned site, unsigned device, u32 *microvolts)
{
    static const u32 daughterboard[] = {1000000, 1000000, 1000000, 1800000, 900000, 3300000};
    if (site == SITE_MOTHERBOARD)
        *microvolts = 3300000;
    else if (device < ARRAY_SIZE(daughterboard))
        *microvolts = daughterboard[device];
    return site == SITE_MOTHERBOARD ? !device : device < ARRAY_SIZE(daughterboard);
}

static u32 *place(struct vexpress_sysreg *s, unsigned function, unsigned site, unsigned device)
{
    switch (function) {
    case F_OSC: return site <= SITE_DAUGHTERBOARD && device < OSCILLATORS ? &s->clock[site * OSCILLATORS + device] : NULL;
    case F_MUXFPGA: return site == SITE_MOTHERBOARD && !device ? &s->mux : NULL;
    case F_DVIMODE: return site == SITE_MOTHERBOARD && !device ? &s->dvimode : NULL;
    default: return NULL;
    }
}

static bool act(struct vexpress_sysreg *s, unsigned function)
{
    struct machine *m = s->dev.machine;
    switch (function) {
    case F_SHUTDOWN: machine_request(m, REQUEST_POWEROFF, 0); return true;
    case F_RESET: case F_REBOOT: machine_request(m, REQUEST_RESET, 0); return true;
    default: return false;
    }
}

static bool configure(struct vexpress_sysreg *s)
{
    unsigned function = s->cfgctrl >> 20 & 0x3f, site = s->cfgctrl >> 16 & 3, device = s->cfgctrl & 0xfff;
    bool write = s->cfgctrl & CFG_WRITE;
    if (s->cfgctrl >> 26 & 15) /* another daughterboard stack */
        return false;
    u32 *p = place(s, function, site, device);
    if (p && write)
        *p = s->cfgdata;
    else if (p)
        s->cfgdata = *p;
    else if (write)
        return act(s, function);
    else
        return function == F_VOLT && volts(site, device, &s->cfgdata);
    return true;
}

static void write_cfgctrl(struct vexpress_sysreg *s, u32 v)
{
    s->cfgctrl = v & ~CFG_START;
    if (v & CFG_START)
        s->cfgstat = CFG_COMPLETE | (configure(s) ? 0 : CFG_ERROR);
}

/* ---- registers ---- */

static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    struct vexpress_sysreg *s = opaque;
    (void)size;
    switch (offset) {
    case SYS_ID: return MOTHERBOARD_ID;
    case SYS_LED: return s->led;
    case SYS_100HZ: return count(s, 100);
    case SYS_FLAGS: return s->flags;
    case SYS_NVFLAGS: return s->nvflags;
    case SYS_MCI: return s->wiring.mci;
    case SYS_FLASH: return s->flash;
    case SYS_CFGSW: return s->cfgsw;
    case SYS_24MHZ: return count(s, 24000000);
    case SYS_MISC: return s->misc;
    case SYS_PROCID0: return s->wiring.daughterboard_id;
    case SYS_PROCID1: return 0xff000000; /* no second daughterboard */
    case SYS_CFGDATA: return s->cfgdata;
    case SYS_CFGCTRL: return s->cfgctrl;
    case SYS_CFGSTAT: return s->cfgstat;
    default: return 0; /* switches off */
    }
}

static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct vexpress_sysreg *s = opaque;
    u32 v = (u32)value;
    (void)size;
    switch (offset) {
    case SYS_LED: s->led = v & 0xff; break;
    case SYS_FLAGS: s->flags |= v; break;
    case SYS_FLAGSCLR: s->flags &= ~v; break;
    case SYS_NVFLAGS: s->nvflags |= v; break;
    case SYS_NVFLAGSCLR: s->nvflags &= ~v; break;
    case SYS_FLASH: s->flash = v & 1; break;
    case SYS_CFGSW: s->cfgsw = v; break;
    case SYS_MISC: s->misc = v; break;
    case SYS_CFGDATA: s->cfgdata = v; break;
    case SYS_CFGCTRL: write_cfgctrl(s, v); break;
    case SYS_CFGSTAT: s->cfgstat = v & 3; break;
    }
}

static const struct mmio_ops ops = {read_register, write_register, 4, 4};

static void reset(struct device *d)
{
    static const u32 clocks[] = {50000000, 23750000, 24000000, 45000000, 23750000, 66670000};
    struct vexpress_sysreg *s = (struct vexpress_sysreg *)d;
    s->led = s->flags = s->flash = s->cfgsw = s->misc = 0;
    s->cfgdata = s->cfgctrl = s->cfgstat = s->mux = s->dvimode = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(clocks); i++)
        s->clock[i] = clocks[i];
}

/* ---- the DVI connector ---- */

/* That of the multiplexer; but who switches the other one on wants to see it. */
static void render(void *opaque, struct screen *out)
{
    const struct vexpress_sysreg *s = opaque;
    struct pl111 *const *lcd = s->wiring.lcd;
    unsigned n = s->mux != SITE_MOTHERBOARD;
    pl111_render(lcd[pl111_is_on(lcd[n]) || !pl111_is_on(lcd[!n]) ? n : !n], out);
}

static bool no_text(void *opaque, struct buf *out)
{
    (void)opaque, (void)out;
    return false;
}

static const struct device_type vexpress_sysreg_type = {
    .name = "vexpress_sysreg",
    .state = &vexpress_sysreg_state,
    .reset = reset,
};

struct device *vexpress_sysreg_new(struct machine *m, u64 base, const struct vexpress_sysreg_wiring *w)
{
    struct vexpress_sysreg *s = xcalloc(1, sizeof(*s));
    s->wiring = *w;
    bus_map_mmio(m->mem, "vexpress-sysreg", base, 0x1000, &ops, s);
    device_attach(m, &s->dev, &vexpress_sysreg_type);
    m->screen = (struct screen_source){render, no_text, s};
    return &s->dev;
}
