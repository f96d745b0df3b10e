/* i8042.c - keyboard controller, PS/2 keyboard and mouse */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: IBM Personal System/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary
 * Device Controller", "Keyboard", "Auxiliary Device"; Intel UPI-42 data sheet. A byte that a device
 * has ready is put into the output buffer as soon as that is empty. Address line 20 always passes;
 * its switch is only remembered.
 */
#include "hw/i8042.h"

#include <string.h>

#include "emu/check.h"
#include "emu/log.h"

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
enum { OUT_RESET_N = 1, OUT_A20 = 2, OUT_KEYBOARD_FULL = 16, OUT_AUX_FULL = 32 };
enum { ACK = 0xfa, RESEND = 0xfe, SELF_TEST_PASSED = 0xaa };
enum { QUEUE_SIZE = 64 };

#define QUEUE_STATE(F, A, S, T)                                                                    \
    A(T, u8, byte, QUEUE_SIZE)                                                                     \
    F(T, u8, head)                                                                                 \
    F(T, u8, count)

struct queue {
    STATE_MEMBERS(QUEUE_STATE)
};
STATE_DESC(queue_state, "queue", struct queue, QUEUE_STATE);

#define I8042_STATE(F, A, S, T)                                                                    \
    F(T, u8, status)                                                                               \
    F(T, u8, ctr)         /* the command byte */                                                   \
    F(T, u8, command)     /* that waits for its data byte, or 0 */                                 \
    F(T, u8, output)      /* the output buffer */                                                  \
    F(T, u8, output_port)                                                                          \
    A(T, u8, ram, 32)                                                                              \
    S(T, struct queue, queue_state, reply, 1) /* the controller's own answers */                   \
    S(T, struct queue, queue_state, keyboard, 1)                                                   \
    S(T, struct queue, queue_state, mouse, 1)                                                      \
    F(T, u8, kbd_command)                                                                          \
    F(T, u8, kbd_set)     /* scan code set 1 to 3 */                                               \
    F(T, bool, kbd_scanning)                                                                       \
    F(T, u8, kbd_leds)                                                                             \
    F(T, u8, kbd_last)    /* for RESEND */                                                         \
    F(T, bool, kbd_break) /* translation saw the 0xf0 prefix */                                    \
    F(T, u8, mouse_command)                                                                        \
    F(T, u8, mouse_status)                                                                         \
    F(T, u8, mouse_rate)                                                                           \
    F(T, u8, mouse_resolution)                                                                     \
    F(T, bool, mouse_wrap)

struct i8042 {
    struct device dev;
    STATE_MEMBERS(I8042_STATE)
    struct irq keyboard_irq, aux_irq;
    int source;
};
STATE_DESC(i8042_state, "i8042", struct i8042, I8042_STATE);

/* The controller's translation of scan code set 2 to set 1; 0x83 and 0x84 are extra. */
static const u8 set1_of_set2[128] = {
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
    0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
    0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
    0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
    0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
    0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
};

static u8 translate(u8 code)
{
    return code < 0x80 ? set1_of_set2[code] : code == 0x83 ? 0x41 : code == 0x84 ? 0x54 : code;
}

static u8 set2_of_set1(u8 code)
{
    if (code == 0x41)
        return 0x83; /* F7, which 0x02 would name too */
    for (unsigned i = 0; i < 128; i++)
        if (set1_of_set2[i] == code)
            return i;
    return 0;
}

static bool queue_put(struct queue *q, u8 byte)
{
    if (q->count >= QUEUE_SIZE)
        return false;
    q->byte[(q->head + q->count++) % QUEUE_SIZE] = byte;
    return true;
}

static u8 queue_get(struct queue *q)
{
    u8 byte = q->byte[q->head % QUEUE_SIZE];
    q->head = (q->head + 1) % QUEUE_SIZE;
    q->count--;
    return byte;
}

/* In the order that the guest sees them; the queues are bounded when a state is loaded. */
static void after_load(struct device *d)
{
    struct i8042 *s = (struct i8042 *)d;
    struct queue *q[] = {s->reply, s->keyboard, s->mouse};
    for (unsigned i = 0; i < ARRAY_SIZE(q); i++) {
        q[i]->head %= QUEUE_SIZE;
        q[i]->count = MIN(q[i]->count, QUEUE_SIZE);
    }
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
    while (s->keyboard->count) {
        u8 byte = queue_get(s->keyboard);
        if (s->ctr & CTR_TRANSLATE) {
            if (byte == 0xf0) {
                s->kbd_break = true;
                continue;
            }
            byte = translate(byte) | (s->kbd_break ? 0x80 : 0);
            s->kbd_break = false;
        }
        fill(s, byte, false);
        return true;
    }
    return false;
}

static void move_on(struct i8042 *s)
{
    if (!(s->status & STATUS_OBF)) {
        if (s->reply->count)
            fill(s, queue_get(s->reply), false);
        else if (!(s->ctr & CTR_KEYBOARD_OFF) && fill_from_keyboard(s))
            ;
        else if (!(s->ctr & CTR_AUX_OFF) && s->mouse->count)
            fill(s, queue_get(s->mouse), true);
    }
    update_irqs(s);
}

static void reset_keyboard(struct i8042 *s)
{
    s->keyboard->head = s->keyboard->count = 0;
    s->kbd_set = 2;
    s->kbd_scanning = true;
    s->kbd_leds = s->kbd_command = 0;
    s->kbd_break = false;
}

static void kbd_reply(struct i8042 *s, u8 byte)
{
    queue_put(s->keyboard, byte);
    s->kbd_last = byte;
}

static void kbd_data(struct i8042 *s, u8 value)
{
    u8 command = s->kbd_command;
    s->kbd_command = 0;
    kbd_reply(s, ACK);
    if (command == 0xed)
        s->kbd_leds = value & 7;
    else if (command == 0xf0 && value == 0)
        kbd_reply(s, s->kbd_set);
    else if (command == 0xf0 && value <= 3)
        s->kbd_set = value;
}

static void kbd_write(struct i8042 *s, u8 value)
{
    if (s->kbd_command && value < 0xed) {
        kbd_data(s, value);
        return;
    }
    s->kbd_command = 0;
    switch (value) {
    case 0xee: /* echo */
        kbd_reply(s, 0xee);
        return;
    case 0xfe:
        queue_put(s->keyboard, s->kbd_last);
        return;
    case 0xff:
        reset_keyboard(s);
        kbd_reply(s, ACK);
        kbd_reply(s, SELF_TEST_PASSED);
        return;
    case 0xed: /* LEDs */
    case 0xf0: /* scan code set */
    case 0xf3: /* typematic rate */
        s->kbd_command = value;
        break;
    case 0xf2:
        kbd_reply(s, ACK);
        kbd_reply(s, 0xab);
        kbd_reply(s, 0x83);
        return;
    case 0xf4:
        s->kbd_scanning = true;
        break;
    case 0xf5: /* default, disable */
    case 0xf6: /* default */
        reset_keyboard(s);
        s->kbd_scanning = value == 0xf6;
        break;
    case 0xf7 ... 0xfd: /* key types of set 3 */
        break;
    default:
        kbd_reply(s, RESEND);
        return;
    }
    kbd_reply(s, ACK);
}

static void reset_mouse(struct i8042 *s)
{
    s->mouse->head = s->mouse->count = 0;
    s->mouse_command = 0;
    s->mouse_status = 0; /* stream mode, disabled, 1:1 */
    s->mouse_rate = 100;
    s->mouse_resolution = 2;
    s->mouse_wrap = false;
}

static void mouse_data(struct i8042 *s, u8 value)
{
    if (s->mouse_command == 0xf3)
        s->mouse_rate = value;
    else
        s->mouse_resolution = value & 3;
    s->mouse_command = 0;
    queue_put(s->mouse, ACK);
}

static void mouse_reply(struct i8042 *s, const u8 *bytes, unsigned n)
{
    queue_put(s->mouse, ACK);
    for (unsigned i = 0; i < n; i++)
        queue_put(s->mouse, bytes[i]);
}

static void mouse_write(struct i8042 *s, u8 value)
{
    if (s->mouse_wrap && value != 0xec && value != 0xff) {
        queue_put(s->mouse, value);
        return;
    }
    if (s->mouse_command) {
        mouse_data(s, value);
        return;
    }
    switch (value) {
    case 0xff:
        reset_mouse(s);
        mouse_reply(s, (u8[]){SELF_TEST_PASSED, 0x00}, 2);
        return;
    case 0xf6:
        reset_mouse(s);
        break;
    case 0xf5:
    case 0xf4:
        s->mouse_status = (s->mouse_status & ~0x20) | (value == 0xf4 ? 0x20 : 0);
        break;
    case 0xf3:
    case 0xe8:
        s->mouse_command = value;
        break;
    case 0xf2:
        mouse_reply(s, (u8[]){0x00}, 1);
        return;
    case 0xf0: /* remote mode */
    case 0xea: /* stream mode */
        s->mouse_status = (s->mouse_status & ~0x40) | (value == 0xf0 ? 0x40 : 0);
        break;
    case 0xee:
        s->mouse_wrap = true;
        break;
    case 0xec:
        s->mouse_wrap = false;
        break;
    case 0xeb: /* read data: it has not moved */
        mouse_reply(s, (u8[]){0x08, 0, 0}, 3);
        return;
    case 0xe9:
        mouse_reply(s, (u8[]){s->mouse_status, s->mouse_resolution, s->mouse_rate}, 3);
        return;
    case 0xe7:
    case 0xe6:
        s->mouse_status = (s->mouse_status & ~0x10) | (value == 0xe7 ? 0x10 : 0);
        break;
    default:
        queue_put(s->mouse, RESEND);
        return;
    }
    queue_put(s->mouse, ACK);
}

static void write_output_port(struct i8042 *s, u8 value)
{
    s->output_port = value & (OUT_RESET_N | OUT_A20);
    if (!(value & OUT_RESET_N))
        machine_request(s->dev.machine, REQUEST_RESET, 0);
}

static void controller_command(struct i8042 *s, u8 value)
{
    s->status |= STATUS_COMMAND;
    s->command = 0;
    switch (value) {
    case 0x20:
        queue_put(s->reply, s->ctr);
        break;
    case 0x21 ... 0x3f:
        queue_put(s->reply, s->ram[value & 31]);
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
        queue_put(s->reply, 0);
        break;
    case 0xaa:
        s->status |= STATUS_SYSTEM;
        s->ctr |= CTR_SYSTEM;
        queue_put(s->reply, 0x55);
        break;
    case 0xad:
        s->ctr |= CTR_KEYBOARD_OFF;
        break;
    case 0xae:
        s->ctr &= ~CTR_KEYBOARD_OFF;
        break;
    case 0xc0: /* input port: not locked */
        queue_put(s->reply, 0x80);
        break;
    case 0xd0:
        queue_put(s->reply, s->output_port | (s->status & STATUS_OBF ? OUT_KEYBOARD_FULL : 0));
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
        queue_put(s->reply, value);
        break;
    case 0xd3: /* comes from the controller: a disabled port does not hold it back */
        if (s->status & STATUS_OBF)
            queue_put(s->mouse, value);
        else
            fill(s, value, true);
        break;
    case 0xd4:
        s->ctr &= ~CTR_AUX_OFF; /* sending to a device enables its interface */
        mouse_write(s, value);
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
        kbd_write(s, value);
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

/* From the door: bytes of scan code set 1. */
static void deliver(void *opaque, const u8 *data, u32 len)
{
    struct i8042 *s = opaque;
    for (u32 i = 0; i < len && s->kbd_scanning; i++) {
        u8 code = data[i];
        bool prefix = code == 0xe0 || code == 0xe1;
        u8 set2 = prefix ? code : set2_of_set1(code & 0x7f);
        if (s->keyboard->count + 2 > QUEUE_SIZE || (!prefix && !set2))
            continue; /* overrun: the key is lost */
        if (s->kbd_set == 1) {
            queue_put(s->keyboard, code);
        } else {
            if (!prefix && (code & 0x80))
                queue_put(s->keyboard, 0xf0);
            queue_put(s->keyboard, set2);
        }
    }
    move_on(s);
}

static void reset(struct device *d)
{
    struct i8042 *s = (struct i8042 *)d;
    memset(s->ram, 0, sizeof(s->ram));
    s->status = STATUS_SYSTEM | STATUS_UNLOCKED;
    s->ctr = CTR_TRANSLATE | CTR_SYSTEM | CTR_KEYBOARD_IRQ;
    s->command = s->output = 0;
    s->output_port = OUT_RESET_N | OUT_A20;
    s->reply->head = s->reply->count = 0;
    reset_keyboard(s);
    s->kbd_last = 0;
    reset_mouse(s);
    irq_lower(s->keyboard_irq);
    irq_lower(s->aux_irq);
}

static const struct device_type i8042_type = {
    .name = "i8042",
    .state = &i8042_state,
    .reset = reset,
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
    s->source = door_add_source(m->door, "keyboard", deliver, NULL, s);
    m->send_keys = i8042_send_keys;
    return &s->dev;
}

/* Keys by name: scan code of set 1, with 0x80 for those behind the prefix 0xe0. */
static const struct key {
    const char *name;
    u8 code;
} keys[] = {
    {"esc", 0x01},
    {"1", 0x02},
    {"2", 0x03},
    {"3", 0x04},
    {"4", 0x05},
    {"5", 0x06},
    {"6", 0x07},
    {"7", 0x08},
    {"8", 0x09},
    {"9", 0x0a},
    {"0", 0x0b},
    {"minus", 0x0c},
    {"equal", 0x0d},
    {"backspace", 0x0e},
    {"tab", 0x0f},
    {"q", 0x10},
    {"w", 0x11},
    {"e", 0x12},
    {"r", 0x13},
    {"t", 0x14},
    {"y", 0x15},
    {"u", 0x16},
    {"i", 0x17},
    {"o", 0x18},
    {"p", 0x19},
    {"bracket_left", 0x1a},
    {"bracket_right", 0x1b},
    {"ret", 0x1c},
    {"ctrl", 0x1d},
    {"a", 0x1e},
    {"s", 0x1f},
    {"d", 0x20},
    {"f", 0x21},
    {"g", 0x22},
    {"h", 0x23},
    {"j", 0x24},
    {"k", 0x25},
    {"l", 0x26},
    {"semicolon", 0x27},
    {"apostrophe", 0x28},
    {"grave_accent", 0x29},
    {"shift", 0x2a},
    {"backslash", 0x2b},
    {"z", 0x2c},
    {"x", 0x2d},
    {"c", 0x2e},
    {"v", 0x2f},
    {"b", 0x30},
    {"n", 0x31},
    {"m", 0x32},
    {"comma", 0x33},
    {"dot", 0x34},
    {"slash", 0x35},
    {"shift_r", 0x36},
    {"kp_multiply", 0x37},
    {"alt", 0x38},
    {"spc", 0x39},
    {"caps_lock", 0x3a},
    {"f1", 0x3b},
    {"f2", 0x3c},
    {"f3", 0x3d},
    {"f4", 0x3e},
    {"f5", 0x3f},
    {"f6", 0x40},
    {"f7", 0x41},
    {"f8", 0x42},
    {"f9", 0x43},
    {"f10", 0x44},
    {"num_lock", 0x45},
    {"scroll_lock", 0x46},
    {"kp_7", 0x47},
    {"kp_8", 0x48},
    {"kp_9", 0x49},
    {"kp_subtract", 0x4a},
    {"kp_4", 0x4b},
    {"kp_5", 0x4c},
    {"kp_6", 0x4d},
    {"kp_add", 0x4e},
    {"kp_1", 0x4f},
    {"kp_2", 0x50},
    {"kp_3", 0x51},
    {"kp_0", 0x52},
    {"kp_decimal", 0x53},
    {"sysrq", 0x54},
    {"less", 0x56},
    {"f11", 0x57},
    {"f12", 0x58},
    {"kp_enter", 0x9c},
    {"ctrl_r", 0x9d},
    {"kp_divide", 0xb5},
    {"print", 0xb7},
    {"alt_r", 0xb8},
    {"home", 0xc7},
    {"up", 0xc8},
    {"pgup", 0xc9},
    {"left", 0xcb},
    {"right", 0xcd},
    {"end", 0xcf},
    {"down", 0xd0},
    {"pgdn", 0xd1},
    {"insert", 0xd2},
    {"delete", 0xd3},
    {"meta_l", 0xdb},
    {"meta_r", 0xdc},
    {"menu", 0xdd},
};

const char *i8042_key_name(unsigned n)
{
    return n < ARRAY_SIZE(keys) ? keys[n].name : NULL;
}

static const struct key *find_key(const char *name, size_t len)
{
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
        if (strlen(keys[i].name) == len && !memcmp(keys[i].name, name, len))
            return &keys[i];
    return NULL;
}

static void put_key(struct buf *b, u8 code, bool release)
{
    if (code & 0x80)
        buf_put_u8(b, 0xe0);
    buf_put_u8(b, (code & 0x7f) | (release ? 0x80 : 0));
}

static bool compile_keys(const char *names, struct buf *codes, struct buf *error)
{
    u8 pressed[16];
    unsigned n = 0;
    for (const char *p = names;;) {
        size_t len = strcspn(p, "-");
        const struct key *k = find_key(p, len);
        if (!k) {
            buf_printf(error, "sendkey: there is no key called \"%.*s\"\n", (int)len, p);
            return false;
        }
        if (n == ARRAY_SIZE(pressed)) {
            buf_printf(error, "sendkey: more than %u keys at once\n", n);
            return false;
        }
        pressed[n++] = k->code;
        put_key(codes, k->code, false);
        if (!p[len])
            break;
        p += len + 1;
    }
    while (n > 0)
        put_key(codes, pressed[--n], true);
    return true;
}

bool i8042_send_keys(struct machine *m, const char *names, struct buf *error)
{
    struct i8042 *s = (struct i8042 *)machine_find_device(m, "i8042");
    struct buf codes = {0};
    bool ok = false;
    if (!s)
        buf_printf(error, "sendkey: this machine has no keyboard\n");
    else if (!compile_keys(names, &codes, error))
        ;
    else if (!door_post(m->door, s->source, codes.data, codes.len))
        buf_printf(error, "sendkey: a replay takes no input\n");
    else
        ok = true;
    buf_fini(&codes);
    return ok;
}
