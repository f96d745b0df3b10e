/* ps2_mouse.c - the mouse of a PS/2: packets and commands */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: IBM Personal System/2 Hardware Interface Technical Reference, "Auxiliary Device";
 * Microsoft, "IntelliMouse PS/2 protocol" for the wheel (id 3) and for five buttons (id 4), which a
 * driver asks for by setting certain sample rates one after the other.
 *
 * The rate itself is only remembered: the hand that moves this mouse is sampled by somebody else.
 * What finds no room in the queue is added up, as it is between two samples.
 */
#include "hw/ps2.h"

#include <string.h>

static const struct state_field mouse_fields[] = {
    PS2_MOUSE_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct ps2_mouse)};
const struct state_desc ps2_mouse_state = {"mouse", mouse_fields, ARRAY_SIZE(mouse_fields)};

enum command {
    SCALING_1_1 = 0xe6,
    SCALING_2_1 = 0xe7,
    SET_RESOLUTION = 0xe8,
    READ_STATUS = 0xe9,
    STREAM_MODE = 0xea,
    READ_DATA = 0xeb,
    LEAVE_WRAP = 0xec,
    WRAP_MODE = 0xee,
    REMOTE_MODE = 0xf0,
    READ_ID = 0xf2,
    SET_RATE = 0xf3,
    ENABLE = 0xf4,
    DISABLE = 0xf5,
    SET_DEFAULT = 0xf6,
    RESEND = 0xfe,
    RESET = 0xff,
};
enum { ID_PLAIN = 0, ID_WHEEL = 3, ID_FIVE = 4 };
enum { MOST_XY = 127, MOST_Z = 7, MOST_WAITING = 1 << 20, MOST_BYTES = 4 };

/* ---- packets ---- */

static i32 clamp(i32 v, i32 most)
{
    return MAX(-most, MIN(v, most));
}

/* In the order of packets: left, right, middle; as enum hid_button has it. */
static u8 first_byte(const struct ps2_mouse *m, i32 dx, i32 dy)
{
    return (m->buttons & 7) | 0x08 | (dx < 0 ? 0x10 : 0) | (dy < 0 ? 0x20 : 0);
}

/* 2:1 scaling: small movements get smaller, large ones larger. */
static i32 scale(i32 v)
{
    static const u8 small[] = {0, 1, 1, 3, 6, 9};
    u32 size = v < 0 ? -v : v;
    i32 scaled = size < ARRAY_SIZE(small) ? small[size] : MIN(2 * size, 255);
    return v < 0 ? -scaled : scaled;
}

static bool has_news(const struct ps2_mouse *m)
{
    u8 mask = m->id == ID_FIVE ? 31 : 7;
    return m->dx || m->dy || (m->id != ID_PLAIN && m->dz) ||
           (m->buttons & mask) != (m->reported & mask);
}

static void put_packet(struct ps2_mouse *m, struct ps2_queue *q, bool scaled)
{
    i32 dx = clamp(m->dx, MOST_XY), dy = clamp(m->dy, MOST_XY), dz = clamp(m->dz, MOST_Z);
    m->dx -= dx;
    m->dy -= dy;
    m->dz -= m->id == ID_PLAIN ? m->dz : dz;
    m->reported = m->buttons;
    if (scaled) {
        dx = scale(dx);
        dy = scale(dy);
    }
    ps2_queue_put(q, first_byte(m, dx, dy));
    ps2_queue_put(q, dx);
    ps2_queue_put(q, dy);
    if (m->id == ID_WHEEL)
        ps2_queue_put(q, dz);
    else if (m->id == ID_FIVE)
        ps2_queue_put(q, (dz & 0x0f) | (m->buttons & (HID_SIDE | HID_EXTRA)) << 1);
}

static void report(struct ps2_mouse *m)
{
    while (m->enabled && !m->remote && !m->wrap && has_news(m) && ps2_mouse_room(m))
        put_packet(m, m->data, m->scaling);
}

void ps2_mouse_move(struct ps2_mouse *m, const struct hid_move *mv)
{
    m->buttons = mv->buttons;
    if (!m->enabled && !m->remote) {
        m->reported = m->buttons; /* it does not look */
        return;
    }
    m->dx = clamp(m->dx + mv->x, MOST_WAITING);
    m->dy = clamp(m->dy - mv->y, MOST_WAITING);
    m->dz = clamp(m->dz - mv->z, MOST_WAITING);
    report(m);
}

bool ps2_mouse_room(const struct ps2_mouse *m)
{
    return ps2_queue_room(m->data) >= MOST_BYTES;
}

bool ps2_mouse_read(struct ps2_mouse *m, u8 *byte)
{
    struct ps2_queue *q = m->reply->count ? m->reply : m->data;
    if (!q->count)
        return false;
    *byte = m->last = ps2_queue_get(q);
    report(m);
    return true;
}

/* ---- commands ---- */

static void reply(struct ps2_mouse *m, u8 byte)
{
    ps2_queue_put(m->reply, byte);
}

static void forget_movement(struct ps2_mouse *m)
{
    ps2_queue_clear(m->data);
    m->dx = m->dy = m->dz = 0;
    m->reported = m->buttons;
}

static void set_defaults(struct ps2_mouse *m)
{
    forget_movement(m);
    m->command = 0;
    m->rate = 100;
    m->resolution = 2;
    m->enabled = m->remote = m->scaling = m->wrap = false;
}

void ps2_mouse_reset(struct ps2_mouse *m)
{
    memset(m, 0, sizeof(*m));
    set_defaults(m);
}

static void reset_by_command(struct ps2_mouse *m)
{
    u8 buttons = m->buttons;
    ps2_mouse_reset(m);
    m->buttons = m->reported = buttons;
    reply(m, PS2_ACK);
    reply(m, PS2_SELF_TEST_PASSED);
    reply(m, ID_PLAIN);
}

static void set_rate(struct ps2_mouse *m, u8 rate)
{
    if (m->knock[0] == 200 && m->knock[1] == 100 && rate == 80)
        m->id = ID_WHEEL;
    else if (m->knock[0] == 200 && m->knock[1] == 200 && rate == 80 && m->id == ID_WHEEL)
        m->id = ID_FIVE;
    m->knock[0] = m->knock[1];
    m->knock[1] = rate;
    m->rate = rate;
}

static void argument(struct ps2_mouse *m, u8 value)
{
    if (m->command == SET_RATE)
        set_rate(m, value);
    else
        m->resolution = value & 3;
    m->command = 0;
    reply(m, PS2_ACK);
}

static void reply_status(struct ps2_mouse *m)
{
    u8 b = m->buttons;
    reply(m, PS2_ACK);
    reply(m, (b & HID_LEFT ? 4 : 0) | (b & HID_MIDDLE ? 2 : 0) | (b & HID_RIGHT ? 1 : 0) |
                 (m->scaling ? 0x10 : 0) | (m->enabled ? 0x20 : 0) | (m->remote ? 0x40 : 0));
    reply(m, m->resolution);
    reply(m, m->rate);
}

static void execute(struct ps2_mouse *m, u8 value)
{
    switch (value) {
    case SCALING_1_1: case SCALING_2_1: m->scaling = value == SCALING_2_1; break;
    case SET_RESOLUTION: case SET_RATE: m->command = value; break;
    case READ_STATUS: reply_status(m); return;
    case READ_DATA:
        reply(m, PS2_ACK);
        put_packet(m, m->reply, false);
        return;
    case STREAM_MODE: case REMOTE_MODE:
        forget_movement(m);
        m->remote = value == REMOTE_MODE;
        break;
    case WRAP_MODE: case LEAVE_WRAP:
        ps2_queue_clear(m->data);
        m->wrap = value == WRAP_MODE;
        break;
    case READ_ID:
        reply(m, PS2_ACK);
        reply(m, m->id);
        return;
    case ENABLE: case DISABLE:
        forget_movement(m);
        m->enabled = value == ENABLE;
        break;
    case SET_DEFAULT: set_defaults(m); break;
    case RESEND: reply(m, m->last); return;
    default: reply(m, PS2_RESEND); return;
    }
    reply(m, PS2_ACK);
}

void ps2_mouse_write(struct ps2_mouse *m, u8 value)
{
    if (m->wrap && value != LEAVE_WRAP && value != RESET)
        reply(m, value);
    else if (value == RESET)
        reset_by_command(m);
    else if (m->command)
        argument(m, value);
    else
        execute(m, value);
}

void ps2_mouse_after_load(struct ps2_mouse *m)
{
    ps2_queue_after_load(m->reply);
    ps2_queue_after_load(m->data);
    m->dx = clamp(m->dx, MOST_WAITING);
    m->dy = clamp(m->dy, MOST_WAITING);
    m->dz = clamp(m->dz, MOST_WAITING);
}
