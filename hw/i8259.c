/* i8259.c - the pair of interrupt controllers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sources: Intel 8259A data sheet (231468-003); ELCR: Intel 82371SB (PIIX3) data sheet, 2.5.7. */
#include "hw/i8259.h"

#include "emu/check.h"
#include "emu/log.h"

enum { ICW1_INIT = 0x10, ICW1_LTIM = 0x08, ICW1_SNGL = 0x02, ICW1_IC4 = 0x01 };
enum { ICW4_SFNM = 0x10, ICW4_AEOI = 0x02 };
enum {
    OCW3 = 0x08,
    OCW3_ESMM = 0x40,
    OCW3_SMM = 0x20,
    OCW3_POLL = 0x04,
    OCW3_RR = 0x02,
    OCW3_RIS = 0x01
};
enum { CASCADE = 2 };

#define CHIP_STATE(F, A, S, T)                                                                     \
    F(T, u8, lines) /* inputs */                                                                   \
    F(T, u8, irr)                                                                                  \
    F(T, u8, isr)                                                                                  \
    F(T, u8, imr)                                                                                  \
    F(T, u8, elcr)                                                                                 \
    F(T, u8, vector)                                                                               \
    F(T, u8, lowest)    /* the input that has the lowest priority */                               \
    F(T, u8, init_step) /* the ICW expected next, or 0 */                                          \
    F(T, u8, icw1)                                                                                 \
    F(T, u8, icw4)                                                                                 \
    F(T, bool, read_isr)                                                                           \
    F(T, bool, poll)                                                                               \
    F(T, bool, special_mask)                                                                       \
    F(T, bool, rotate_aeoi)

struct chip {
    STATE_MEMBERS(CHIP_STATE)
};
STATE_DESC(chip_state, "chip", struct chip, CHIP_STATE);

#define I8259_STATE(F, A, S, T)                                                                    \
    S(T, struct chip, chip_state, chip, 2)                                                         \
    F(T, bool, intr)

struct i8259 {
    struct device dev;
    STATE_MEMBERS(I8259_STATE)
    struct irq out;
};
STATE_DESC(i8259_state, "i8259", struct i8259, I8259_STATE);

static bool is_level(const struct chip *c, int n)
{
    return (c->icw1 & ICW1_LTIM) || (c->elcr >> n & 1);
}

/* Of the set bits, the one with the highest priority as a distance from it (0 to 7), or 8. */
static int first_priority(const struct chip *c, u8 bits)
{
    for (int p = 0; p < 8; p++)
        if (bits >> ((c->lowest + 1 + p) & 7) & 1)
            return p;
    return 8;
}

/* The input to be acknowledged next, or -1 when INT is low. */
static int pending(const struct i8259 *s, int which)
{
    const struct chip *c = &s->chip[which];
    if (c->init_step)
        return -1;
    int request = first_priority(c, c->irr & ~c->imr);
    if (request == 8)
        return -1;

    /* Special mask mode: an in-service level that is masked does not hold back lower ones. In
     * special fully nested mode the slave may interrupt again while the master still has it in
     * service. */
    u8 serviced = c->isr;
    if (c->special_mask)
        serviced &= ~c->imr;
    if (which == 0 && (c->icw4 & ICW4_SFNM))
        serviced &= ~(1 << CASCADE);
    if (request >= first_priority(c, serviced))
        return -1;
    return (c->lowest + 1 + request) & 7;
}

static void set_input(struct chip *c, int n, bool level)
{
    u8 bit = 1 << n;
    if (level) {
        if (is_level(c, n) || !(c->lines & bit))
            c->irr |= bit;
        c->lines |= bit;
    } else {
        /* Also an edge request is withdrawn when its input falls before the acknowledge. */
        c->irr &= ~bit;
        c->lines &= ~bit;
    }
}

static void update(struct i8259 *s)
{
    bool slave = pending(s, 1) >= 0;
    if (slave != (s->chip[0].lines >> CASCADE & 1))
        set_input(&s->chip[0], CASCADE, slave);
    bool intr = pending(s, 0) >= 0;
    if (intr != s->intr) {
        s->intr = intr;
        irq_set(s->out, intr);
    }
}

static void set_irq(void *opaque, int line, bool level)
{
    struct i8259 *s = opaque;
    set_input(&s->chip[line >> 3], line & 7, level);
    update(s);
}

struct irq i8259_irq(struct i8259 *s, int line)
{
    CHECK(line >= 0 && line < 16);
    return (struct irq){set_irq, s, line};
}

static void acknowledge_input(struct chip *c, int n)
{
    if (!is_level(c, n))
        c->irr &= ~(1 << n);
    if (!(c->icw4 & ICW4_AEOI))
        c->isr |= 1 << n;
    else if (c->rotate_aeoi)
        c->lowest = n;
}

int i8259_acknowledge(struct i8259 *s)
{
    int n = pending(s, 0);
    int vector;
    if (n < 0) {
        vector = s->chip[0].vector + 7;
    } else {
        acknowledge_input(&s->chip[0], n);
        vector = s->chip[0].vector + n;
    }
    if (n == CASCADE && !(s->chip[0].icw1 & ICW1_SNGL)) {
        int k = pending(s, 1);
        if (k >= 0)
            acknowledge_input(&s->chip[1], k);
        vector = s->chip[1].vector + (k >= 0 ? k : 7);
        /* The slave's INT fell and may have risen again: an edge for the master. */
        set_input(&s->chip[0], CASCADE, false);
    }
    /* INT falls during the acknowledge, so that another request is a new edge. */
    if (s->intr) {
        s->intr = false;
        irq_lower(s->out);
    }
    update(s);
    return vector;
}

static void end_of_interrupt(struct chip *c, u8 value)
{
    int level = value & 7;
    int highest = first_priority(c, c->special_mask ? c->isr & ~c->imr : c->isr);
    int serviced = (c->lowest + 1 + highest) & 7;
    switch (value >> 5) {
    case 0: /* rotate in automatic EOI mode: clear */
        c->rotate_aeoi = false;
        break;
    case 4: /* set */
        c->rotate_aeoi = true;
        break;
    case 1: /* non-specific EOI */
    case 5: /* and rotate */
        if (highest == 8)
            break;
        c->isr &= ~(1 << serviced);
        if (value >> 5 == 5)
            c->lowest = serviced;
        break;
    case 3: /* specific EOI */
        c->isr &= ~(1 << level);
        break;
    case 7: /* and rotate */
        c->isr &= ~(1 << level);
        c->lowest = level;
        break;
    case 6: /* set priority */
        c->lowest = level;
        break;
    }
}

static void start_init(struct chip *c, u8 value)
{
    u8 lines = c->lines, elcr = c->elcr;
    *c = (struct chip){.lines = lines, .elcr = elcr, .icw1 = value, .init_step = 2, .lowest = 7};
    /* The edge sense circuit is reset: an input must make a new low-to-high transition. */
    for (int n = 0; n < 8; n++)
        if (is_level(c, n))
            c->irr |= lines & 1 << n;
}

static void write_command(struct chip *c, u8 value)
{
    if (value & ICW1_INIT) {
        start_init(c, value);
    } else if (value & OCW3) {
        if (value & OCW3_ESMM)
            c->special_mask = value & OCW3_SMM;
        c->poll = value & OCW3_POLL;
        if (value & OCW3_RR)
            c->read_isr = value & OCW3_RIS;
    } else {
        end_of_interrupt(c, value);
    }
}

static void write_data(struct chip *c, u8 value)
{
    switch (c->init_step) {
    case 0:
        c->imr = value;
        return;
    case 2:
        c->vector = value & 0xf8;
        if (!(c->icw1 & ICW1_SNGL)) {
            c->init_step = 3;
            return;
        }
        break;
    case 3: /* which inputs have slaves: wired */
        break;
    case 4:
        c->icw4 = value;
        c->init_step = 0;
        return;
    }
    c->init_step = c->icw1 & ICW1_IC4 ? 4 : 0;
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)size;
    struct i8259 *s = opaque;
    int which = offset >> 1 & 1;
    if (offset & 1)
        write_data(&s->chip[which], value);
    else
        write_command(&s->chip[which], value);
    update(s);
}

/* A poll is an acknowledge whose answer is read by the program (data sheet, "Poll command"). */
static u8 poll(struct i8259 *s, int which)
{
    struct chip *c = &s->chip[which];
    c->poll = false;
    int n = pending(s, which);
    if (n < 0)
        return 0;
    acknowledge_input(c, n);
    if (which == 1)
        set_input(&s->chip[0], CASCADE, false);
    update(s);
    return 0x80 | n;
}

static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    (void)size;
    struct i8259 *s = opaque;
    int which = offset >> 1 & 1;
    struct chip *c = &s->chip[which];
    if (c->poll)
        return poll(s, which);
    if (offset & 1)
        return c->imr;
    return c->read_isr ? c->isr : c->irr;
}

/* One region for each chip; the slave's offsets get bit 1. */
static u64 read_slave(void *opaque, u64 offset, unsigned size)
{
    return read_port(opaque, offset | 2, size);
}

static void write_slave(void *opaque, u64 offset, u64 value, unsigned size)
{
    write_port(opaque, offset | 2, value, size);
}

static u64 read_elcr(void *opaque, u64 offset, unsigned size)
{
    (void)size;
    return ((struct i8259 *)opaque)->chip[offset].elcr;
}

static void write_elcr(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)size;
    struct i8259 *s = opaque;
    struct chip *c = &s->chip[offset];
    c->elcr = value & (offset ? 0xde : 0xf8); /* IRQ 0, 1, 2, 8 and 13 are always edges */
    for (int n = 0; n < 8; n++)
        if (is_level(c, n))
            c->irr = (c->irr & ~(1 << n)) | (c->lines & 1 << n);
    update(s);
}

static const struct mmio_ops master_ops = {read_port, write_port, 1, 1};
static const struct mmio_ops slave_ops = {read_slave, write_slave, 1, 1};
static const struct mmio_ops elcr_ops = {read_elcr, write_elcr, 1, 1};

static void reset(struct device *d)
{
    struct i8259 *s = (struct i8259 *)d;
    for (int i = 0; i < 2; i++)
        s->chip[i] = (struct chip){.imr = 0xff, .lowest = 7};
    s->intr = false;
    irq_lower(s->out);
}

static void info(struct device *d, struct buf *out)
{
    struct i8259 *s = (struct i8259 *)d;
    for (int i = 0; i < 2; i++)
        buf_printf(out, "%s: next input %d\n", i ? "slave" : "master", pending(s, i));
}

static const struct device_type i8259_type = {
    .name = "i8259",
    .state = &i8259_state,
    .reset = reset,
    .info = info,
};

struct i8259 *i8259_new(struct machine *m, struct irq intr)
{
    struct i8259 *s = xcalloc(1, sizeof(*s));
    s->out = intr;
    bus_map_mmio(m->io, "pic", 0x20, 2, &master_ops, s);
    bus_map_mmio(m->io, "pic", 0xa0, 2, &slave_ops, s);
    bus_map_mmio(m->io, "elcr", 0x4d0, 2, &elcr_ops, s);
    device_attach(m, &s->dev, &i8259_type);
    return s;
}
