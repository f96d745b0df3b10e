/* pl050.c - Arm's PrimeCell keyboard and mouse interface */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: PrimeCell PS2 Keyboard/Mouse Interface (PL050) TRM (DDI 0143). A byte takes no time in
 * either direction: what the device has ready is received as soon as the last byte was read, and
 * what is sent has gone at once.
 */
#include "hw/pl050.h"

#include "emu/check.h"
#include "hw/ps2.h"

enum { CR = 0x00, STAT = 0x04, DATA = 0x08, CLKDIV = 0x0c, IR = 0x10, PERIPH_ID = 0xfe0 };
enum { CR_FORCE_CLOCK = 1, CR_FORCE_DATA = 2, CR_ENABLE = 4, CR_TX_INT = 8, CR_RX_INT = 16, CR_BITS = 0x3f };
enum { STAT_DATA_IN = 1, STAT_CLOCK_IN = 2, STAT_PARITY = 4, STAT_RX_FULL = 16, STAT_TX_EMPTY = 64 };
enum { IR_RX = 1, IR_TX = 2 };

#define PL050_STATE(F, A, S, T)                                                                    \
    F(T, u8, control)                                                                              \
    F(T, u8, divisor)                                                                              \
    F(T, u8, received)                                                                             \
    F(T, bool, full)    /* that was not read yet */

#define PL050_KEYBOARD_PART(F, A, S, T)                                                            \
    S(T, struct ps2_keyboard, ps2_keyboard_state, keyboard, 1)                                     \
    S(T, struct hid_script, hid_script_state, script, 1)

#define PL050_MOUSE_PART(F, A, S, T) S(T, struct ps2_mouse, ps2_mouse_state, mouse, 1)

#define PL050_KEYBOARD_STATE(F, A, S, T) PL050_STATE(F, A, S, T) PL050_KEYBOARD_PART(F, A, S, T)
#define PL050_MOUSE_STATE(F, A, S, T) PL050_STATE(F, A, S, T) PL050_MOUSE_PART(F, A, S, T)

/* Of either kind; the parts of the other one are not used. */
struct pl050 {
    struct device dev;
    STATE_MEMBERS(PL050_STATE)
    STATE_MEMBERS(PL050_KEYBOARD_PART)
    STATE_MEMBERS(PL050_MOUSE_PART)
    bool is_mouse;
    struct irq irq;
    struct hid_keyboard *hid;
};
STATE_DESC(pl050_keyboard_state, "pl050-keyboard", struct pl050, PL050_KEYBOARD_STATE);
STATE_DESC(pl050_mouse_state, "pl050-mouse", struct pl050, PL050_MOUSE_STATE);

static u32 interrupts(const struct pl050 *s)
{
    u32 v = s->full && (s->control & CR_RX_INT) ? IR_RX : 0;
    return v | ((s->control & CR_ENABLE) && (s->control & CR_TX_INT) ? IR_TX : 0);
}

/* The device sends while its clock is not held low. */
static void move_on(struct pl050 *s)
{
    if (!s->full && (s->control & CR_ENABLE) && !(s->control & CR_FORCE_CLOCK))
        s->full = s->is_mouse ? ps2_mouse_read(s->mouse, &s->received)
                              : ps2_keyboard_read(s->keyboard, &s->received);
    irq_set(s->irq, interrupts(s));
}

static void send(struct pl050 *s, u8 byte)
{
    if (!(s->control & CR_ENABLE))
        return;
    if (s->is_mouse)
        ps2_mouse_write(s->mouse, byte);
    else
        ps2_keyboard_write(s->keyboard, byte);
}

/* 3.3.2: the parity bit is of the byte received last; it is odd. */
static u32 status(const struct pl050 *s)
{
    u32 v = STAT_TX_EMPTY | (s->full ? STAT_RX_FULL : 0) | (__builtin_parity(s->received) ? 0 : STAT_PARITY);
    return v | (s->control & CR_FORCE_CLOCK ? 0 : STAT_CLOCK_IN) | (s->control & CR_FORCE_DATA ? 0 : STAT_DATA_IN);
}

static u32 read_data(struct pl050 *s)
{
    u8 byte = s->received;
    s->full = false;
    move_on(s);
    return byte;
}

static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    static const u8 id[] = {0x50, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct pl050 *s = opaque;
    (void)size;
    switch (offset) {
    case CR: return s->control;
    case STAT: return status(s);
    case DATA: return read_data(s);
    case CLKDIV: return s->divisor;
    case IR: return interrupts(s);
    default: return offset >= PERIPH_ID && offset < 0x1000 ? id[(offset - PERIPH_ID) / 4] : 0;
    }
}

static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pl050 *s = opaque;
    (void)size;
    switch (offset) {
    case CR: s->control = value & CR_BITS; break;
    case DATA: send(s, (u8)value); break;
    case CLKDIV: s->divisor = value & 15; break;
    }
    move_on(s);
}

static const struct mmio_ops ops = {read_register, write_register, 4, 4};

/* ---- from outside ---- */

static bool listens(void *opaque)
{
    const struct pl050 *s = opaque;
    return (s->control & CR_ENABLE) && (!s->is_mouse || s->mouse->enabled || s->mouse->remote);
}

static void key(void *opaque, u8 code, bool pressed)
{
    struct pl050 *s = opaque;
    ps2_keyboard_key(s->keyboard, code, pressed);
    move_on(s);
}

static bool key_room(void *opaque)
{
    return ps2_keyboard_room(((struct pl050 *)opaque)->keyboard);
}

static const struct hid_keyboard_ops keyboard_ops = {key, key_room, listens};

static void move(void *opaque, const struct hid_move *mv)
{
    struct pl050 *s = opaque;
    ps2_mouse_move(s->mouse, mv);
    move_on(s);
}

static bool move_room(void *opaque)
{
    return ps2_mouse_room(((struct pl050 *)opaque)->mouse);
}

static const struct hid_pointer_ops pointer_ops = {move, move_room, listens};

/* ---- the device ---- */

static void keyboard_tick(struct device *d)
{
    hid_keyboard_tick(((struct pl050 *)d)->hid);
}

static void reset(struct device *d)
{
    struct pl050 *s = (struct pl050 *)d;
    s->control = s->divisor = s->received = 0;
    s->full = false;
    if (s->is_mouse) {
        ps2_mouse_reset(s->mouse);
    } else {
        ps2_keyboard_reset(s->keyboard);
        hid_script_reset(s->script);
    }
    irq_lower(s->irq);
}

static void after_load(struct device *d)
{
    struct pl050 *s = (struct pl050 *)d;
    if (s->is_mouse) {
        ps2_mouse_after_load(s->mouse);
    } else {
        ps2_keyboard_after_load(s->keyboard);
        hid_script_after_load(s->script);
    }
}

static const struct device_type keyboard_type = {
    .name = "pl050-keyboard",
    .state = &pl050_keyboard_state,
    .reset = reset,
    .tick = keyboard_tick,
    .after_load = after_load,
};

static const struct device_type mouse_type = {
    .name = "pl050-mouse",
    .state = &pl050_mouse_state,
    .reset = reset,
    .after_load = after_load,
};

static struct pl050 *make(struct machine *m, u64 base, struct irq irq, bool is_mouse)
{
    struct pl050 *s = xcalloc(1, sizeof(*s));
    s->irq = irq;
    s->is_mouse = is_mouse;
    bus_map_mmio(m->mem, "pl050", base, 0x1000, &ops, s);
    device_attach(m, &s->dev, is_mouse ? &mouse_type : &keyboard_type);
    return s;
}

struct device *pl050_keyboard_new(struct machine *m, u64 base, struct irq irq)
{
    struct pl050 *s = make(m, base, irq, false);
    s->hid = hid_keyboard_new(m, "keyboard", &s->dev, s->script, &keyboard_ops, s);
    return &s->dev;
}

struct device *pl050_mouse_new(struct machine *m, u64 base, struct irq irq)
{
    struct pl050 *s = make(m, base, irq, true);
    hid_pointer_new(m, "mouse", false, &pointer_ops, s);
    return &s->dev;
}
