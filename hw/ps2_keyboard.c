/* ps2_keyboard.c - the keyboard of a PS/2: scan codes and commands */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: IBM Personal System/2 Hardware Interface Technical Reference, "Keyboard (101- and
 * 102-Key)". A key that finds no room in the queue is lost, as with the original.
 */
#include "hw/ps2.h"

#include <string.h>

static const struct state_field keyboard_fields[] = {
    PS2_KEYBOARD_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct ps2_keyboard)};
const struct state_desc ps2_keyboard_state = {"keyboard", keyboard_fields,
                                              ARRAY_SIZE(keyboard_fields)};

enum command {
    SET_LEDS = 0xed,
    ECHO = 0xee,
    SCAN_CODE_SET = 0xf0,
    READ_ID = 0xf2,
    SET_RATE = 0xf3,
    ENABLE = 0xf4,
    DEFAULT_DISABLE = 0xf5,
    SET_DEFAULT = 0xf6,
    ALL_TYPEMATIC = 0xf7, /* to 0xfa: the types of all keys, in set 3 */
    ALL_TYPEMATIC_MAKE_BREAK = 0xfa,
    KEY_TYPEMATIC = 0xfb, /* to 0xfd: of the keys that follow */
    KEY_MAKE = 0xfd,
    RESEND = 0xfe,
    RESET = 0xff,
};
enum { EXTENDED = 0xe0, EXTENDED_PAUSE = 0xe1, BREAK = 0xf0, DEFAULT_RATE = 0x2b, MOST_BYTES = 8 };

/* Scan code set 2 to 1; 0x83 and 0x84 are extra. */
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

u8 ps2_set1_of_set2(u8 code)
{
    return code < 0x80 ? set1_of_set2[code] : code == 0x83 ? 0x41 : code == 0x84 ? 0x54 : code;
}

u8 ps2_set2_of_set1(u8 code)
{
    if (code == 0x41)
        return 0x83; /* F7, which 0x02 would name too */
    if (code == 0x54)
        return 0x84; /* SysRq */
    for (unsigned i = 0; i < 128; i++)
        if (set1_of_set2[i] == code)
            return i;
    return 0;
}

/* ---- keys ---- */

static void put(struct ps2_keyboard *k, const u8 *bytes, unsigned n)
{
    if (ps2_queue_room(k->data) < n)
        return;
    for (unsigned i = 0; i < n; i++)
        ps2_queue_put(k->data, bytes[i]);
}

/* It is pressed and released at once. */
static void put_pause(struct ps2_keyboard *k)
{
    static const u8 set1[] = {EXTENDED_PAUSE, 0x1d, 0x45, EXTENDED_PAUSE, 0x9d, 0xc5};
    static const u8 set2[] = {EXTENDED_PAUSE, 0x14, 0x77, EXTENDED_PAUSE, BREAK, 0x14, BREAK, 0x77};
    if (k->set == 1)
        put(k, set1, sizeof(set1));
    else
        put(k, set2, sizeof(set2));
}

static void put_set1(struct ps2_keyboard *k, u8 code, bool pressed)
{
    u8 bytes[] = {EXTENDED, (code & 0x7f) | (pressed ? 0 : 0x80)};
    bool extended = code & 0x80;
    put(k, bytes + !extended, 1 + extended);
}

static void put_set2(struct ps2_keyboard *k, u8 code, bool pressed)
{
    u8 bytes[3], n = 0, set2 = ps2_set2_of_set1(code & 0x7f);
    if (!set2)
        return;
    if (code & 0x80)
        bytes[n++] = EXTENDED;
    if (!pressed)
        bytes[n++] = BREAK;
    bytes[n++] = set2;
    put(k, bytes, n);
}

static void put_set3(struct ps2_keyboard *k, u8 code, bool pressed)
{
    const struct hid_key *key = hid_key_of(code);
    u8 bytes[] = {BREAK, key ? key->set3 : 0};
    if (bytes[1])
        put(k, bytes + pressed, 2 - pressed);
}

void ps2_keyboard_key(struct ps2_keyboard *k, u8 code, bool pressed)
{
    if (!k->scanning)
        return;
    if (code == HID_KEY_PAUSE && k->set != 3) {
        if (pressed)
            put_pause(k);
    } else if (k->set == 1) {
        put_set1(k, code, pressed);
    } else if (k->set == 2) {
        put_set2(k, code, pressed);
    } else {
        put_set3(k, code, pressed);
    }
}

bool ps2_keyboard_room(const struct ps2_keyboard *k)
{
    return ps2_queue_room(k->data) >= MOST_BYTES;
}

bool ps2_keyboard_read(struct ps2_keyboard *k, u8 *byte)
{
    struct ps2_queue *q = k->reply->count ? k->reply : k->data;
    if (!q->count)
        return false;
    *byte = k->last = ps2_queue_get(q);
    return true;
}

/* ---- commands ---- */

static void reply(struct ps2_keyboard *k, u8 byte)
{
    ps2_queue_put(k->reply, byte);
}

static void set_defaults(struct ps2_keyboard *k)
{
    ps2_queue_clear(k->data);
    k->command = 0;
    k->rate = DEFAULT_RATE;
    k->set = 2;
    k->scanning = true;
}

void ps2_keyboard_reset(struct ps2_keyboard *k)
{
    memset(k, 0, sizeof(*k));
    set_defaults(k);
}

static void argument(struct ps2_keyboard *k, u8 value)
{
    u8 command = k->command;
    if (command < KEY_TYPEMATIC) /* lists of keys go on until the next command */
        k->command = 0;
    if (command == SCAN_CODE_SET && value > 3) {
        reply(k, PS2_RESEND);
        return;
    }
    reply(k, PS2_ACK);
    if (command == SET_LEDS)
        k->leds = value & 7;
    else if (command == SET_RATE)
        k->rate = value & 0x7f;
    else if (command == SCAN_CODE_SET && value == 0)
        reply(k, k->set);
    else if (command == SCAN_CODE_SET) {
        ps2_queue_clear(k->data);
        k->set = value;
    }
}

static void reset_by_command(struct ps2_keyboard *k)
{
    set_defaults(k);
    k->leds = 0;
    ps2_queue_clear(k->reply);
    reply(k, PS2_ACK);
    reply(k, PS2_SELF_TEST_PASSED);
}

void ps2_keyboard_write(struct ps2_keyboard *k, u8 value)
{
    if (k->command && value < SET_LEDS) {
        argument(k, value);
        return;
    }
    k->command = 0;
    switch (value) {
    case ECHO: reply(k, ECHO); return;
    case RESEND: reply(k, k->last); return;
    case RESET: reset_by_command(k); return;
    case SET_LEDS: case SCAN_CODE_SET: case SET_RATE: case KEY_TYPEMATIC ... KEY_MAKE:
        k->command = value;
        break;
    case READ_ID:
        reply(k, PS2_ACK);
        reply(k, 0xab);
        reply(k, 0x83);
        return;
    case ENABLE:
        ps2_queue_clear(k->data);
        k->scanning = true;
        break;
    case DEFAULT_DISABLE: case SET_DEFAULT:
        set_defaults(k);
        k->scanning = value == SET_DEFAULT;
        break;
    case ALL_TYPEMATIC ... ALL_TYPEMATIC_MAKE_BREAK: break; /* all send make and break */
    default: reply(k, PS2_RESEND); return;
    }
    reply(k, PS2_ACK);
}

void ps2_keyboard_after_load(struct ps2_keyboard *k)
{
    ps2_queue_after_load(k->reply);
    ps2_queue_after_load(k->data);
}
