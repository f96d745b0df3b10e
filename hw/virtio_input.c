/* virtio_input.c - a keyboard, a mouse or a tablet behind virtio queues */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: VIRTIO 1.1, 5.8; types and codes of events are Linux's (input-event-codes.h). Events that
 * find no buffer wait in a queue of ours; those of one movement or key go in together or not at
 * all.
 */
#include <string.h>

#include "emu/check.h"
#include "emu/hid.h"
#include "emu/log.h"
#include "hw/virtio.h"

enum { ID_INPUT = 18, CLASS_KEYBOARD = 0x0900, CLASS_MOUSE = 0x0902, CLASS_INPUT = 0x0980 };
enum { Q_EVENTS, Q_STATUS, N_QUEUES };
enum { /* 5.8.2: what the configuration shows */
       CFG_NAME = 0x01, CFG_SERIAL = 0x02, CFG_IDS = 0x03, CFG_PROPERTIES = 0x10, CFG_BITS = 0x11,
       CFG_ABS = 0x12 };
enum { CONFIG_BYTES = 136, SELECT = 0, SUBSELECT = 1, SIZE = 2, DATA = 8, DATA_BYTES = 128 };
enum { EV_SYN = 0, EV_KEY = 1, EV_REL = 2, EV_ABS = 3, EV_LED = 0x11, EV_REP = 0x14 };
enum { X = 0, Y = 1, REL_WHEEL = 8, BTN_LEFT = 0x110, N_BUTTONS = 5, N_LEDS = 3 };
enum { BUS_VIRTUAL = 6, VENDOR = 0x0627, WAITING = 128, MOST_EVENTS = 10, EVENT_BYTES = 8 };

enum kind { KEYBOARD = 1, MOUSE, TABLET };

#define VIRTIO_INPUT_STATE(F, A, S, T)                                                             \
    S(T, struct virtio, virtio_state, virtio, 1)                                                   \
    F(T, u8, select)                                                                               \
    F(T, u8, subselect)                                                                            \
    F(T, u8, buttons)                                                                              \
    F(T, u8, leds)                                                                                 \
    F(T, u32, n_waiting)         /* events for which there was no buffer */                        \
    A(T, u16, type, WAITING)                                                                       \
    A(T, u16, code, WAITING)                                                                       \
    A(T, u32, value, WAITING)                                                                      \
    S(T, struct hid_script, hid_script_state, script, 1)

struct virtio_input {
    struct device dev;
    STATE_MEMBERS(VIRTIO_INPUT_STATE)
    enum kind kind;
    struct hid_keyboard *hid;
    struct virtio_chain chain; /* scratch */
};
STATE_DESC(virtio_input_state, "virtio-input", struct virtio_input, VIRTIO_INPUT_STATE);

/* ---- events to the driver ---- */

/* As many as there are buffers for. */
static void send(struct virtio_input *s)
{
    u32 n = 0;
    u16 head;
    while (n < s->n_waiting && (s->virtio->status & VIRTIO_DRIVER_OK) &&
           virtio_pop(s->virtio, Q_EVENTS, &head)) {
        u8 e[EVENT_BYTES];
        pci_put16(e, 0, s->type[n]);
        pci_put16(e, 2, s->code[n]);
        pci_put32(e, 4, s->value[n]);
        if (!virtio_walk(s->virtio, Q_EVENTS, head, &s->chain))
            break;
        size_t written = virtio_write_in(s->virtio, &s->chain, 0, e, sizeof(e));
        virtio_push(s->virtio, Q_EVENTS, head, written);
        n++;
    }
    if (!n)
        return;
    s->n_waiting -= n;
    memmove(s->type, s->type + n, s->n_waiting * sizeof(s->type[0]));
    memmove(s->code, s->code + n, s->n_waiting * sizeof(s->code[0]));
    memmove(s->value, s->value + n, s->n_waiting * sizeof(s->value[0]));
    virtio_signal(s->virtio, Q_EVENTS);
}

static bool has_room(const struct virtio_input *s)
{
    return s->n_waiting + MOST_EVENTS <= WAITING;
}

static void put(struct virtio_input *s, u16 type, u16 code, i32 value)
{
    s->type[s->n_waiting] = type;
    s->code[s->n_waiting] = code;
    s->value[s->n_waiting++] = value;
}

static bool listens(void *opaque)
{
    return ((struct virtio_input *)opaque)->virtio->status & VIRTIO_DRIVER_OK;
}

static bool room(void *opaque)
{
    struct virtio_input *s = opaque;
    return s->n_waiting < WAITING / 2 || !listens(s);
}

static void key(void *opaque, u8 code, bool pressed)
{
    struct virtio_input *s = opaque;
    const struct hid_key *k = hid_key_of(code);
    if (!k || !listens(s) || !has_room(s))
        return;
    put(s, EV_KEY, k->evdev, pressed);
    put(s, EV_SYN, 0, 0);
    send(s);
}

/* HID_LEFT and so on are in Linux's order. */
static void put_buttons(struct virtio_input *s, u8 buttons)
{
    for (unsigned i = 0; i < N_BUTTONS; i++)
        if ((s->buttons ^ buttons) >> i & 1)
            put(s, EV_KEY, BTN_LEFT + i, buttons >> i & 1);
    s->buttons = buttons;
}

static void move(void *opaque, const struct hid_move *mv)
{
    struct virtio_input *s = opaque;
    if (!listens(s) || !has_room(s))
        return;
    if (s->kind == TABLET || mv->x)
        put(s, s->kind == TABLET ? EV_ABS : EV_REL, X, mv->x);
    if (s->kind == TABLET || mv->y)
        put(s, s->kind == TABLET ? EV_ABS : EV_REL, Y, mv->y);
    if (mv->z)
        put(s, EV_REL, REL_WHEEL, mv->z);
    put_buttons(s, mv->buttons);
    put(s, EV_SYN, 0, 0);
    send(s);
}

static const struct hid_keyboard_ops keyboard_ops = {key, room, listens};
static const struct hid_pointer_ops pointer_ops = {move, room, listens};

/* ---- from the driver ---- */

/* Lights: kept to be looked at. No more than a queue holds: a ring of a hostile state, whose
 * indices are one word, would never be empty. */
static void take_status(struct virtio_input *s)
{
    u16 head;
    for (unsigned n = 0; n < VIRTIO_QUEUE_SIZE && virtio_pop(s->virtio, Q_STATUS, &head); n++) {
        u8 e[EVENT_BYTES] = {0};
        if (!virtio_walk(s->virtio, Q_STATUS, head, &s->chain))
            return;
        virtio_read_out(s->virtio, &s->chain, 0, e, sizeof(e));
        unsigned type = e[0] | e[1] << 8, led = e[2] | e[3] << 8;
        if (type == EV_LED && led < N_LEDS)
            s->leds = (s->leds & ~(1 << led)) | (e[4] & 1) << led;
        virtio_push(s->virtio, Q_STATUS, head, 0);
    }
    virtio_want_notify(s->virtio, Q_STATUS);
    virtio_signal(s->virtio, Q_STATUS);
}

static void notify(void *opaque, unsigned queue)
{
    struct virtio_input *s = opaque;
    if (queue == Q_EVENTS)
        send(s);
    else
        take_status(s);
}

/* ---- configuration ---- */

static void set_bit(u8 *bits, unsigned n)
{
    bits[n / 8] |= 1 << n % 8;
}

static void key_bits(const struct virtio_input *s, u8 *bits)
{
    const struct hid_key *k;
    for (unsigned i = 0; s->kind == KEYBOARD && (k = hid_key_at(i)); i++)
        set_bit(bits, k->evdev);
    for (unsigned i = 0; s->kind != KEYBOARD && i < N_BUTTONS; i++)
        set_bit(bits, BTN_LEFT + i);
}

static void event_bits(const struct virtio_input *s, u8 *bits)
{
    switch (s->subselect) {
    case EV_KEY: key_bits(s, bits); break;
    case EV_REL:
        if (s->kind == MOUSE)
            bits[0] |= 1 << X | 1 << Y;
        if (s->kind != KEYBOARD)
            set_bit(bits, REL_WHEEL);
        break;
    case EV_ABS: bits[0] |= s->kind == TABLET ? 1 << X | 1 << Y : 0; break;
    case EV_LED: bits[0] |= s->kind == KEYBOARD ? (1 << N_LEDS) - 1 : 0; break;
    case EV_REP: bits[0] |= s->kind == KEYBOARD ? 3 : 0; break;
    default: break;
    }
}

static const char *name_of(const struct virtio_input *s)
{
    static const char *const names[] = {"", "Hindsight Virtio Keyboard", "Hindsight Virtio Mouse",
                                        "Hindsight Virtio Tablet"};
    return names[s->kind];
}

static unsigned used(const u8 *data)
{
    unsigned n = DATA_BYTES;
    while (n && !data[n - 1])
        n--;
    return n;
}

/* 5.8.4: what the two selectors choose, and its size. */
static unsigned config_data(const struct virtio_input *s, u8 *data)
{
    switch (s->select) {
    case CFG_NAME:
        if (s->subselect)
            return 0;
        memcpy(data, name_of(s), strlen(name_of(s)));
        return used(data);
    case CFG_IDS:
        pci_put16(data, 0, BUS_VIRTUAL);
        pci_put16(data, 2, VENDOR);
        pci_put16(data, 4, s->kind);
        pci_put16(data, 6, 1);
        return s->subselect ? 0 : 8;
    case CFG_BITS: event_bits(s, data); return used(data);
    case CFG_ABS:
        if (s->kind != TABLET || s->subselect > Y)
            return 0;
        pci_put32(data, 4, HID_TABLET_MAX);
        return 20;
    default: return 0;
    }
}

static u8 read_config(void *opaque, unsigned offset)
{
    struct virtio_input *s = opaque;
    u8 data[DATA_BYTES] = {0};
    if (offset == SELECT)
        return s->select;
    if (offset == SUBSELECT)
        return s->subselect;
    unsigned size = config_data(s, data);
    if (offset == SIZE)
        return size;
    return offset >= DATA && offset - DATA < size ? data[offset - DATA] : 0;
}

static void write_config(void *opaque, unsigned offset, u8 value)
{
    struct virtio_input *s = opaque;
    if (offset == SELECT)
        s->select = value;
    else if (offset == SUBSELECT)
        s->subselect = value;
}

/* ---- the device ---- */

static u64 features(void *opaque)
{
    (void)opaque;
    return 0;
}

static void driver_reset(void *opaque)
{
    struct virtio_input *s = opaque;
    s->n_waiting = 0;
    memset(s->type, 0, sizeof(s->type));
    memset(s->code, 0, sizeof(s->code));
    memset(s->value, 0, sizeof(s->value));
    s->select = s->subselect = 0;
    s->buttons = s->leds = 0;
}

#define VIRTIO_TYPE(pci_class)                                                                     \
    {                                                                                              \
        .id = ID_INPUT, .class = pci_class, .n_queues = N_QUEUES, .config_bytes = CONFIG_BYTES,    \
        .features = features, .read_config = read_config, .write_config = write_config,            \
        .notify = notify, .reset = driver_reset                                                    \
    }
static const struct virtio_type virtio_types[] = {
    [KEYBOARD] = VIRTIO_TYPE(CLASS_KEYBOARD),
    [MOUSE] = VIRTIO_TYPE(CLASS_MOUSE),
    [TABLET] = VIRTIO_TYPE(CLASS_INPUT),
};

static void reset(struct device *d)
{
    struct virtio_input *s = (struct virtio_input *)d;
    virtio_device_reset(s->virtio);
    hid_script_reset(s->script);
}

static void tick(struct device *d)
{
    hid_keyboard_tick(((struct virtio_input *)d)->hid);
}

static void no_tick(struct device *d)
{
    device_set_deadline(d, NEVER); /* only a hostile state has one */
}

/* The state may be hostile. */
static void after_load(struct device *d)
{
    struct virtio_input *s = (struct virtio_input *)d;
    s->n_waiting = MIN(s->n_waiting, (u32)WAITING);
    hid_script_after_load(s->script);
    virtio_after_load(s->virtio);
}

#define DEVICE_TYPE(called, ticks)                                                                 \
    {                                                                                              \
        .name = called, .state = &virtio_input_state, .reset = reset, .tick = ticks,               \
        .after_load = after_load                                                                   \
    }
static const struct device_type device_types[] = {
    [KEYBOARD] = DEVICE_TYPE("virtio-keyboard", tick),
    [MOUSE] = DEVICE_TYPE("virtio-mouse", no_tick),
    [TABLET] = DEVICE_TYPE("virtio-tablet", no_tick),
};

static struct device *make(struct machine *m, struct virtio_place at, enum kind kind)
{
    struct virtio_input *s = xcalloc(1, sizeof(*s));
    s->kind = kind;
    device_attach(m, &s->dev, &device_types[kind]);
    virtio_attach(s->virtio, &virtio_types[kind], m, &at, s);
    if (kind == KEYBOARD)
        s->hid = hid_keyboard_new(m, s->dev.name, &s->dev, s->script, &keyboard_ops, s);
    else
        hid_pointer_new(m, s->dev.name, kind == TABLET, &pointer_ops, s);
    return &s->dev;
}

struct device *virtio_keyboard_new(struct machine *m, struct virtio_place at)
{
    return make(m, at, KEYBOARD);
}

struct device *virtio_mouse_new(struct machine *m, struct virtio_place at)
{
    return make(m, at, MOUSE);
}

struct device *virtio_tablet_new(struct machine *m, struct virtio_place at)
{
    return make(m, at, TABLET);
}
