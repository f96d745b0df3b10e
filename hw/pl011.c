/* pl011.c - Arm's PrimeCell UART */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: PrimeCell UART (PL011) TRM (DDI 0183). Sending takes no time, as in ns16550.c; a receiver
 * FIFO below its level times out at once.
 */
#include "hw/pl011.h"

#include "emu/check.h"

enum { DR = 0x00, RSR = 0x04, FR = 0x18, ILPR = 0x20, IBRD = 0x24, FBRD = 0x28, LCR_H = 0x2c, CR = 0x30,
       IFLS = 0x34, IMSC = 0x38, RIS = 0x3c, MIS = 0x40, ICR = 0x44, DMACR = 0x48, PERIPH_ID = 0xfe0 };
enum { FR_CTS = 1, FR_DSR = 2, FR_DCD = 4, FR_RXFE = 1 << 4, FR_RXFF = 1 << 6, FR_TXFE = 1 << 7 };
enum { LCR_FEN = 1 << 4, CR_UARTEN = 1, CR_LBE = 1 << 7, CR_TXE = 1 << 8, CR_RXE = 1 << 9 };
enum { INT_RX = 1 << 4, INT_TX = 1 << 5, INT_RT = 1 << 6, INT_OE = 1 << 10, INT_ALL = 0x7ff };
enum { FIFO_SIZE = 16 };

#define PL011_STATE(F, A, S, T)                                                                    \
    F(T, u32, ilpr)                                                                                \
    F(T, u32, ibrd)                                                                                \
    F(T, u32, fbrd)                                                                                \
    F(T, u32, lcr_h)                                                                               \
    F(T, u32, cr)                                                                                  \
    F(T, u32, ifls)                                                                                \
    F(T, u32, imsc)                                                                                \
    F(T, u32, ris)                                                                                 \
    F(T, u32, dmacr)                                                                               \
    F(T, bool, overrun)                                                                            \
    A(T, u8, fifo, FIFO_SIZE)                                                                      \
    F(T, u8, head)                                                                                 \
    F(T, u8, count)

struct pl011 {
    struct device dev;
    STATE_MEMBERS(PL011_STATE)
    struct irq irq;
    struct port *port;
};
STATE_DESC(pl011_state, "pl011", struct pl011, PL011_STATE);

static unsigned capacity(const struct pl011 *s)
{
    return s->lcr_h & LCR_FEN ? FIFO_SIZE : 1;
}

/* 3.3.12: 1/8, 1/4, 1/2, 3/4, 7/8 */
static unsigned trigger(const struct pl011 *s)
{
    static const u8 level[8] = {2, 4, 8, 12, 14, 14, 14, 14};
    return s->lcr_h & LCR_FEN ? level[s->ifls >> 3 & 7] : 1;
}

static void update(struct pl011 *s)
{
    s->ris &= ~(u32)(INT_RX | INT_RT);
    if (s->count)
        s->ris |= s->count >= trigger(s) ? INT_RX : INT_RT;
    irq_set(s->irq, s->ris & s->imsc);
}

static void receive_byte(struct pl011 *s, u8 byte)
{
    if (s->count >= capacity(s)) {
        s->overrun = true;
        s->ris |= INT_OE;
        return;
    }
    s->fifo[(s->head + s->count++) % FIFO_SIZE] = byte;
}

static u32 take(struct pl011 *s)
{
    u32 v = s->fifo[s->head] | (s->overrun ? 1u << 11 : 0);
    if (!s->count)
        return 0;
    s->head = (s->head + 1) % FIFO_SIZE;
    s->count--;
    s->overrun = false;
    return v;
}

static void send(struct pl011 *s, u8 byte)
{
    if (s->cr & CR_LBE)
        receive_byte(s, byte);
    else
        port_send(s->port, byte);
    s->ris |= INT_TX; /* it has gone, and there is room again */
}

static u32 flags(const struct pl011 *s)
{
    return FR_CTS | FR_DSR | FR_DCD | FR_TXFE | (s->count ? 0 : FR_RXFE) |
           (s->count >= capacity(s) ? FR_RXFF : 0);
}

static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    static const u8 id[] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct pl011 *s = opaque;
    u32 v = 0;
    (void)size;
    switch (offset) {
    case DR: v = take(s); break;
    case RSR: v = s->overrun ? 8 : 0; break;
    case FR: v = flags(s); break;
    case ILPR: v = s->ilpr; break;
    case IBRD: v = s->ibrd; break;
    case FBRD: v = s->fbrd; break;
    case LCR_H: v = s->lcr_h; break;
    case CR: v = s->cr; break;
    case IFLS: v = s->ifls; break;
    case IMSC: v = s->imsc; break;
    case RIS: v = s->ris; break;
    case MIS: v = s->ris & s->imsc; break;
    case DMACR: v = s->dmacr; break;
    default:
        if (offset >= PERIPH_ID && offset < 0x1000)
            v = id[(offset - PERIPH_ID) / 4];
    }
    update(s);
    return v;
}

static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pl011 *s = opaque;
    u32 v = (u32)value;
    (void)size;
    switch (offset) {
    case DR: send(s, (u8)v); break;
    case RSR: s->overrun = false; break;
    case ILPR: s->ilpr = v & 0xff; break;
    case IBRD: s->ibrd = v & 0xffff; break;
    case FBRD: s->fbrd = v & 0x3f; break;
    case LCR_H:
        if ((v ^ s->lcr_h) & LCR_FEN)
            s->head = s->count = 0;
        s->lcr_h = v & 0xff;
        break;
    case CR: s->cr = v & 0xffff; break;
    case IFLS: s->ifls = v & 0x3f; break;
    case IMSC: s->imsc = v & INT_ALL; break;
    case ICR: s->ris &= ~v; break;
    case DMACR: s->dmacr = v & 7; break;
    }
    update(s);
}

static const struct mmio_ops ops = {read_register, write_register, 4, 4};

static void receive(void *opaque, const u8 *data, u32 len)
{
    struct pl011 *s = opaque;
    for (u32 i = 0; i < len; i++)
        receive_byte(s, data[i]);
    update(s);
}

static u32 room(void *opaque)
{
    const struct pl011 *s = opaque;
    return capacity(s) - MIN((unsigned)s->count, capacity(s));
}

static const struct port_ops port_callbacks = {receive, room};

static void reset(struct device *d)
{
    struct pl011 *s = (struct pl011 *)d;
    s->ilpr = s->ibrd = s->fbrd = s->lcr_h = s->imsc = s->ris = s->dmacr = 0;
    s->cr = CR_TXE | CR_RXE;
    s->ifls = 0x12;
    s->overrun = false;
    s->head = s->count = 0;
    update(s);
}

static void after_load(struct device *d)
{
    struct pl011 *s = (struct pl011 *)d;
    s->head %= FIFO_SIZE;
    s->count = MIN(s->count, FIFO_SIZE);
}

static const struct device_type pl011_type = {
    .name = "pl011",
    .state = &pl011_state,
    .reset = reset,
    .after_load = after_load,
};

struct device *pl011_new(struct machine *m, const char *name, u64 base, struct irq irq)
{
    struct pl011 *s = xcalloc(1, sizeof(*s));
    s->irq = irq;
    bus_map_mmio(m->mem, "pl011", base, 0x1000, &ops, s);
    device_attach(m, &s->dev, &pl011_type);
    s->port = port_new(m, name, &port_callbacks, s);
    return &s->dev;
}
