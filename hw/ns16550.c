/* ns16550.c - a serial port */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: National Semiconductor PC16550D data sheet (SNLS378).
 *
 * Sending takes no time: a character leaves when it is written, so the transmitter is always empty
 * and nothing depends on the baud rate. A receiver FIFO that holds less than its trigger level
 * times out at once.
 */
#include "hw/ns16550.h"

#include "emu/check.h"
#include "emu/log.h"

enum { IER_ERBFI = 1, IER_ETBEI = 2, IER_ELSI = 4, IER_EDSSI = 8 };
enum {
    IIR_NONE = 1,
    IIR_MODEM = 0,
    IIR_THRE = 2,
    IIR_DATA = 4,
    IIR_LINE = 6,
    IIR_TIMEOUT = 12,
    IIR_FIFOS = 0xc0
};
enum { FCR_ENABLE = 1, FCR_CLEAR_RX = 2, FCR_CLEAR_TX = 4 };
enum { LCR_DLAB = 0x80 };
enum { MCR_DTR = 1, MCR_RTS = 2, MCR_OUT1 = 4, MCR_OUT2 = 8, MCR_LOOP = 16 };
enum { LSR_DR = 1, LSR_OE = 2, LSR_ERRORS = 0x1e, LSR_THRE = 0x20, LSR_TEMT = 0x40 };
enum { MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80, MSR_TERI = 4 };
enum { FIFO_SIZE = 16 };

#define NS16550_STATE(F, A, S, T)                                                                  \
    F(T, u16, divisor)                                                                             \
    F(T, u8, ier)                                                                                  \
    F(T, u8, fcr)                                                                                  \
    F(T, u8, lcr)                                                                                  \
    F(T, u8, mcr)                                                                                  \
    F(T, u8, lsr) /* the error bits only */                                                        \
    F(T, u8, msr)                                                                                  \
    F(T, u8, scr)                                                                                  \
    F(T, bool, thre_pending) /* the transmitter-empty interrupt */                                 \
    A(T, u8, fifo, FIFO_SIZE)                                                                      \
    F(T, u8, head)                                                                                 \
    F(T, u8, count)

struct ns16550 {
    struct device dev;
    STATE_MEMBERS(NS16550_STATE)
    struct irq irq;
    struct port *port;
};
STATE_DESC(ns16550_state, "ns16550", struct ns16550, NS16550_STATE);

static unsigned capacity(const struct ns16550 *s)
{
    return s->fcr & FCR_ENABLE ? FIFO_SIZE : 1;
}

static unsigned trigger_level(const struct ns16550 *s)
{
    static const u8 level[4] = {1, 4, 8, 14};
    return s->fcr & FCR_ENABLE ? level[s->fcr >> 6] : 1;
}

/* The cause with the highest priority (data sheet, table V). */
static u8 cause(const struct ns16550 *s)
{
    if ((s->ier & IER_ELSI) && (s->lsr & LSR_ERRORS))
        return IIR_LINE;
    if ((s->ier & IER_ERBFI) && s->count)
        return s->count >= trigger_level(s) ? IIR_DATA : IIR_TIMEOUT;
    if ((s->ier & IER_ETBEI) && s->thre_pending)
        return IIR_THRE;
    if ((s->ier & IER_EDSSI) && (s->msr & 0x0f))
        return IIR_MODEM;
    return IIR_NONE;
}

/* On a PC, OUT2 gates the interrupt line; in loopback mode it is disconnected. */
static void update_irq(struct ns16550 *s)
{
    bool connected = (s->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;
    irq_set(s->irq, connected && cause(s) != IIR_NONE);
}

static void receive_byte(struct ns16550 *s, u8 byte)
{
    if (s->count >= capacity(s)) {
        s->lsr |= LSR_OE;
        if (capacity(s) == 1) /* without FIFOs the new character takes the old one's place */
            s->fifo[s->head] = byte;
        return;
    }
    s->fifo[(s->head + s->count++) % FIFO_SIZE] = byte;
}

static u8 take_byte(struct ns16550 *s)
{
    u8 byte = s->fifo[s->head];
    if (s->count) {
        s->head = (s->head + 1) % FIFO_SIZE;
        s->count--;
    }
    return byte;
}

static void transmit(struct ns16550 *s, u8 byte)
{
    /* THRE falls and comes back: an edge on the line even if the cause had been pending. */
    s->thre_pending = false;
    update_irq(s);
    if (s->mcr & MCR_LOOP)
        receive_byte(s, byte);
    else
        port_send(s->port, byte);
    s->thre_pending = true;
}

static u8 modem_lines(const struct ns16550 *s)
{
    if (!(s->mcr & MCR_LOOP))
        return MSR_CTS | MSR_DSR | MSR_DCD; /* somebody is always there */
    return (s->mcr & MCR_RTS ? MSR_CTS : 0) | (s->mcr & MCR_DTR ? MSR_DSR : 0) |
           (s->mcr & MCR_OUT1 ? MSR_RI : 0) | (s->mcr & MCR_OUT2 ? MSR_DCD : 0);
}

static void update_modem(struct ns16550 *s)
{
    u8 lines = modem_lines(s), changed = lines ^ (s->msr & 0xf0);
    u8 delta = changed >> 4;
    if (lines & MSR_RI) /* only its trailing edge is noted */
        delta &= ~MSR_TERI;
    s->msr = lines | (s->msr & 0x0f) | delta;
}

static void write_fcr(struct ns16550 *s, u8 value)
{
    bool toggled = (value ^ s->fcr) & FCR_ENABLE;
    if (toggled || (value & FCR_CLEAR_RX)) {
        s->count = s->head = 0;
        s->lsr &= ~LSR_ERRORS;
    }
    if (toggled || (value & FCR_CLEAR_TX))
        s->thre_pending = true;
    /* With bit 0 clear the other bits are not programmed. */
    s->fcr = value & FCR_ENABLE ? value & (FCR_ENABLE | 0xc8) : 0;
}

static void write_ier(struct ns16550 *s, u8 value)
{
    if ((value & IER_ETBEI) && !(s->ier & IER_ETBEI))
        s->thre_pending = true; /* enabling it with the transmitter empty interrupts */
    s->ier = value & 0x0f;
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)size;
    struct ns16550 *s = opaque;
    switch (offset) {
    case 0:
        if (s->lcr & LCR_DLAB)
            s->divisor = (s->divisor & 0xff00) | (u8)value;
        else
            transmit(s, value);
        break;
    case 1:
        if (s->lcr & LCR_DLAB)
            s->divisor = (s->divisor & 0xff) | (u8)value << 8;
        else
            write_ier(s, value);
        break;
    case 2:
        write_fcr(s, value);
        break;
    case 3:
        s->lcr = value;
        break;
    case 4:
        s->mcr = value & 0x1f;
        update_modem(s);
        break;
    case 7:
        s->scr = value;
        break;
    }
    update_irq(s);
}

static u8 read_iir(struct ns16550 *s)
{
    u8 iir = cause(s);
    if (iir == IIR_THRE)
        s->thre_pending = false;
    return iir | (s->fcr & FCR_ENABLE ? IIR_FIFOS : 0);
}

static u8 read_lsr(struct ns16550 *s)
{
    u8 v = s->lsr | (s->count ? LSR_DR : 0) | LSR_THRE | LSR_TEMT;
    s->lsr &= ~LSR_ERRORS;
    return v;
}

static u8 read_msr(struct ns16550 *s)
{
    u8 v = s->msr;
    s->msr &= 0xf0;
    return v;
}

static u8 read_register(struct ns16550 *s, unsigned n)
{
    switch (n) {
    case 0:
        return s->lcr & LCR_DLAB ? (u8)s->divisor : take_byte(s);
    case 1:
        return s->lcr & LCR_DLAB ? s->divisor >> 8 : s->ier;
    case 2:
        return read_iir(s);
    case 3:
        return s->lcr;
    case 4:
        return s->mcr;
    case 5:
        return read_lsr(s);
    case 6:
        return read_msr(s);
    default:
        return s->scr;
    }
}

static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    (void)size;
    struct ns16550 *s = opaque;
    u8 v = read_register(s, offset);
    update_irq(s);
    return v;
}

static const struct mmio_ops ops = {read_port, write_port, 1, 1};

static void receive(void *opaque, const u8 *data, u32 len)
{
    struct ns16550 *s = opaque;
    if (s->mcr & MCR_LOOP)
        return; /* the receiver's input is disconnected */
    for (u32 i = 0; i < len; i++)
        receive_byte(s, data[i]);
    update_irq(s);
}

static u32 room(void *opaque)
{
    struct ns16550 *s = opaque;
    return s->mcr & MCR_LOOP || s->count >= capacity(s) ? 0 : capacity(s) - s->count;
}

static const struct port_ops port_callbacks = {receive, room};

static void reset(struct device *d)
{
    struct ns16550 *s = (struct ns16550 *)d;
    s->divisor = 12; /* undefined in the data sheet */
    s->ier = s->fcr = s->lcr = s->mcr = s->lsr = s->scr = 0;
    s->msr = modem_lines(s);
    s->thre_pending = false;
    s->head = s->count = 0;
    irq_lower(s->irq);
}

/* A loaded state may be hostile. */
static void after_load(struct device *d)
{
    struct ns16550 *s = (struct ns16550 *)d;
    s->head %= FIFO_SIZE;
    s->count = MIN(s->count, FIFO_SIZE);
}

static const struct device_type ns16550_type = {
    .name = "ns16550",
    .state = &ns16550_state,
    .reset = reset,
    .after_load = after_load,
};

struct device *ns16550_new(struct machine *m, const char *name, u16 base, struct irq irq)
{
    struct ns16550 *s = xcalloc(1, sizeof(*s));
    s->irq = irq;
    bus_map_mmio(m->io, "serial", base, 8, &ops, s);
    device_attach(m, &s->dev, &ns16550_type);
    s->port = port_new(m, name, &port_callbacks, s);
    return &s->dev;
}
