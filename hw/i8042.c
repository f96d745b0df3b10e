/* i8042.c - keyboard controller */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: IBM Personal System/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary
 * Device Controller"; Intel UPI-42 data sheet. A byte that a device has ready is put into the
 * output buffer as soon as that is empty. Address line 20 always passes; its switch is only
 * remembered.
 */
#include "hw/i8042.h"

#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "hw/ps2.h"

enum {
    STATUS_OBF = 1,
    STATUS_SYSTEM = 4,
    STATUS_COMMAND = 8,
    STATUS_UNLOCKED = 16,
    STATUS_AUX = 32
};
enum {
    CTR_KEYBOARD_IRQ = 1, CTR_AUX_IRQ = 2, CTR_SYSTEM = 4, CTR_KEYBOARD_OFF = 16, CTR_AUX_OFF = 32,
    CTR_TRANSLATE = 64,
};
enum {
    OUT_RESET_N = 1, OUT_A20 = 2, OUT_AUX_FULL = 32, OUT_KEYBOARD_FULL = 16,
};

#define I8042_STATE(F, A, S, T)                                                                    \
    F(T, u8, status)                                                                               \
    F(T, u8, ctr)         /* the command byte */                                                   \
    F(T, u8, command)     /* that waits for its data byte, or 0 */                                 \
    F(T, u8, output)      /* the output buffer */                                                  \
    F(T, u8, output_port)                                                                          \
    A(T, u8, ram, 32)                                                                              \
    F(T, bool, broken)    /* translation saw the 0xf0 prefix */                                    \
    S(T, struct ps2_queue, ps2_queue_state, reply, 1) /* the controller's own answers, */          \
    S(T, struct ps2_queue, ps2_queue_state, aux, 1)   /* and bytes "as if from the mouse" */       \
    S(T, struct ps2_keyboard, ps2_keyboard_state, keyboard, 1)                                     \
    S(T, struct ps2_mouse, ps2_mouse_state, mouse, 1)                                              \
    S(T, struct hid_script, hid_script_state, script, 1)

struct i8042 {
    struct device dev;
    STATE_MEMBERS(I8042_STATE)
    struct irq keyboard_irq, aux_irq;
    struct hid_keyboard *hid;
};
STATE_DESC(i8042_state, "i8042", struct i8042, I8042_STATE);

/* The queues are bounded when a state is loaded. */
static void after_load(struct device *d)
{
    struct i8042 *s = (struct i8042 *)d;
    ps2_queue_after_load(s->reply);
    ps2_queue_after_load(s->aux);
    ps2_keyboard_after_load(s->keyboard);
    ps2_mouse_after_load(s->mouse);
    hid_script_after_load(s->script);
}

static void update_irqs(struct i8042 *s)
{
    bool full = s->status & STATUS_OBF, aux = s->status & STATUS_AUX;
    irq_set(s->keyboard_irq, full && !aux && (s->ctr & CTR_KEYBOARD_IRQ));
    irq_set(s->aux_irq, full && aux && (s->ctr & CTR_AUX_IRQ));
}

static void fill(struct i8042 *s, u8 byte, bool aux)
{
    s->output = byte;
    s->status |= STATUS_OBF;
    s->status = aux ? s->status | STATUS_AUX : s->status & ~STATUS_AUX;
}

/* The keyboard's next byte; in translation the 0xf0 prefix becomes bit 7 of the code behind it. */
static bool fill_from_keyboard(struct i8042 *s)
{
    u8 byte;
    while (ps2_keyboard_read(s->keyboard, &byte)) {
        if (s->ctr & CTR_TRANSLATE) {
            if (byte == 0xf0) {
                s->broken = true;
                continue;
            }
            byte = ps2_set1_of_set2(byte) | (s->broken ? 0x80 : 0);
            s->broken = false;
        }
        fill(s, byte, false);
        return true;
    }
    return false;
}

static void move_on(struct i8042 *s)
{
    u8 byte;
    if (!(s->status & STATUS_OBF)) {
        if (s->reply->count)
            fill(s, ps2_queue_get(s->reply), false);
        else if (s->aux->count)
            fill(s, ps2_queue_get(s->aux), true);
        else if (!(s->ctr & CTR_KEYBOARD_OFF) && fill_from_keyboard(s))
            ;
        else if (!(s->ctr & CTR_AUX_OFF) && ps2_mouse_read(s->mouse, &byte))
            fill(s, byte, true);
    }
    update_irqs(s);
}

static void write_output_port(struct i8042 *s, u8 value)
{
    s->output_port = value & (OUT_RESET_N | OUT_A20);
    if (!(value & OUT_RESET_N))
        machine_request(s->dev.machine, REQUEST_RESET, 0);
}

static u8 buffer_bits(const struct i8042 *s)
{
    if (!(s->status & STATUS_OBF))
        return 0;
    return s->status & STATUS_AUX ? OUT_AUX_FULL : OUT_KEYBOARD_FULL;
}

static void controller_command(struct i8042 *s, u8 value)
{
    s->status |= STATUS_COMMAND;
    s->command = 0;
    switch (value) {
    case 0x20:
        ps2_queue_put(s->reply, s->ctr);
        break;
    case 0x21 ... 0x3f:
        ps2_queue_put(s->reply, s->ram[value & 31]);
        break;
    case 0x60 ... 0x7f: /* write the command byte or RAM */
    case 0xd1:          /* write the output port */
    case 0xd2:          /* put a byte as if from the keyboard, */
    case 0xd3:          /* from the mouse; */
    case 0xd4:          /* send a byte to the mouse */
        s->command = value;
        break;
    case 0xa7:
        s->ctr |= CTR_AUX_OFF;
        break;
    case 0xa8:
        s->ctr &= ~CTR_AUX_OFF;
        break;
    case 0xa9: /* interface tests */
    case 0xab:
        ps2_queue_put(s->reply, 0);
        break;
    case 0xaa:
        s->status |= STATUS_SYSTEM;
        s->ctr |= CTR_SYSTEM;
        ps2_queue_put(s->reply, 0x55);
        break;
    case 0xad:
        s->ctr |= CTR_KEYBOARD_OFF;
        break;
    case 0xae:
        s->ctr &= ~CTR_KEYBOARD_OFF;
        break;
    case 0xc0: /* input port: not locked */
        ps2_queue_put(s->reply, 0x80);
        break;
    case 0xd0:
        ps2_queue_put(s->reply, s->output_port | buffer_bits(s));
        break;
    case 0xdd:
        s->output_port &= ~OUT_A20;
        break;
    case 0xdf:
        s->output_port |= OUT_A20;
        break;
    case 0xf0 ... 0xff: /* pulse the output port's bits that are zero here */
        if (!(value & OUT_RESET_N))
            machine_request(s->dev.machine, REQUEST_RESET, 0);
        break;
    default:
        LOG(LOG_DEBUG, "controller command %#x is not known", value);
    }
}

static void controller_data(struct i8042 *s, u8 command, u8 value)
{
    switch (command) {
    case 0x60:
        s->ctr = value;
        s->status = value & CTR_SYSTEM ? s->status | STATUS_SYSTEM : s->status & ~STATUS_SYSTEM;
        break;
    case 0x61 ... 0x7f:
        s->ram[command & 31] = value;
        break;
    case 0xd1:
        write_output_port(s, value);
        break;
    case 0xd2:
        ps2_queue_put(s->reply, value);
        break;
    case 0xd3: /* comes from the controller: a disabled port does not hold it back */
        ps2_queue_put(s->aux, value);
        break;
    case 0xd4:
        s->ctr &= ~CTR_AUX_OFF; /* sending to a device enables its interface */
        ps2_mouse_write(s->mouse, value);
        break;
    }
}

static void write_data(struct i8042 *s, u8 value)
{
    u8 command = s->command;
    s->command = 0;
    s->status &= ~STATUS_COMMAND;
    if (command) {
        controller_data(s, command, value);
    } else {
        s->ctr &= ~CTR_KEYBOARD_OFF;
        ps2_keyboard_write(s->keyboard, value);
    }
}

static u64 read_data_port(void *opaque, u64 offset, unsigned size)
{
    (void)offset, (void)size;
    struct i8042 *s = opaque;
    u8 v = s->output;
    s->status &= ~STATUS_OBF;
    update_irqs(s); /* low before the next byte raises it again: an edge for each */
    move_on(s);
    return v;
}

static void write_data_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)offset, (void)size;
    write_data(opaque, value);
    move_on(opaque);
}

static u64 read_status_port(void *opaque, u64 offset, unsigned size)
{
    (void)offset, (void)size;
    return ((struct i8042 *)opaque)->status;
}

static void write_command_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)offset, (void)size;
    controller_command(opaque, value);
    move_on(opaque);
}

static const struct mmio_ops data_ops = {read_data_port, write_data_port, 1, 1};
static const struct mmio_ops command_ops = {read_status_port, write_command_port, 1, 1};

/* ---- from outside ---- */

static void key(void *opaque, u8 code, bool pressed)
{
    struct i8042 *s = opaque;
    ps2_keyboard_key(s->keyboard, code, pressed);
    move_on(s);
}

static bool key_room(void *opaque)
{
    return ps2_keyboard_room(((struct i8042 *)opaque)->keyboard);
}

static bool listens_to_keys(void *opaque)
{
    (void)opaque;
    return true;
}

static const struct hid_keyboard_ops keyboard_ops = {key, key_room, listens_to_keys};

static void move(void *opaque, const struct hid_move *mv)
{
    struct i8042 *s = opaque;
    ps2_mouse_move(s->mouse, mv);
    move_on(s);
}

static bool move_room(void *opaque)
{
    return ps2_mouse_room(((struct i8042 *)opaque)->mouse);
}

static bool listens_to_moves(void *opaque)
{
    const struct ps2_mouse *m = ((struct i8042 *)opaque)->mouse;
    return m->enabled || m->remote;
}

static const struct hid_pointer_ops pointer_ops = {move, move_room, listens_to_moves};

/* ---- the device ---- */

static void tick(struct device *d)
{
    hid_keyboard_tick(((struct i8042 *)d)->hid);
}

static void reset(struct device *d)
{
    struct i8042 *s = (struct i8042 *)d;
    memset(s->ram, 0, sizeof(s->ram));
    s->status = STATUS_SYSTEM | STATUS_UNLOCKED;
    s->ctr = CTR_TRANSLATE | CTR_SYSTEM | CTR_KEYBOARD_IRQ;
    s->command = s->output = 0;
    s->output_port = OUT_RESET_N | OUT_A20;
    s->broken = false;
    ps2_queue_clear(s->reply);
    ps2_queue_clear(s->aux);
    ps2_keyboard_reset(s->keyboard);
    ps2_mouse_reset(s->mouse);
    hid_script_reset(s->script);
    irq_lower(s->keyboard_irq);
    irq_lower(s->aux_irq);
}

static const struct device_type i8042_type = {
    .name = "i8042",
    .state = &i8042_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
};

struct device *i8042_new(struct machine *m, struct irq keyboard_irq, struct irq aux_irq)
{
    struct i8042 *s = xcalloc(1, sizeof(*s));
    s->keyboard_irq = keyboard_irq;
    s->aux_irq = aux_irq;
    bus_map_mmio(m->io, "i8042-data", 0x60, 1, &data_ops, s);
    bus_map_mmio(m->io, "i8042-command", 0x64, 1, &command_ops, s);
    device_attach(m, &s->dev, &i8042_type);
    s->hid = hid_keyboard_new(m, "keyboard", &s->dev, s->script, &keyboard_ops, s);
    hid_pointer_new(m, "mouse", false, &pointer_ops, s);
    return &s->dev;
}
