/* ps2.h - PS/2 keyboard and mouse, as the keyboard controller sees them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device has two queues of bytes for the controller: answers to commands, which go first, and
 * what was typed or moved.
 */
#ifndef HW_PS2_H
#define HW_PS2_H

#include "emu/hid.h"
#include "emu/machine.h"

enum { PS2_ACK = 0xfa, PS2_RESEND = 0xfe, PS2_SELF_TEST_PASSED = 0xaa };

#define PS2_QUEUE_SIZE 64
#define PS2_QUEUE_STATE(F, A, S, T)                                                                \
    A(T, u8, byte, PS2_QUEUE_SIZE)                                                                 \
    F(T, u8, head)                                                                                 \
    F(T, u8, count)

struct ps2_queue {
    STATE_MEMBERS(PS2_QUEUE_STATE)
};
extern const struct state_desc ps2_queue_state;

unsigned ps2_queue_room(const struct ps2_queue *q);
bool ps2_queue_put(struct ps2_queue *q, u8 byte); /* false: it is full */
u8 ps2_queue_get(struct ps2_queue *q);            /* of one that has some */
void ps2_queue_clear(struct ps2_queue *q);
void ps2_queue_after_load(struct ps2_queue *q); /* the state may be hostile */

/* ---- ps2_keyboard.c ---- */

#define PS2_KEYBOARD_STATE(F, A, S, T)                                                             \
    S(T, struct ps2_queue, ps2_queue_state, reply, 1)                                              \
    S(T, struct ps2_queue, ps2_queue_state, data, 1)                                               \
    F(T, u8, command)  /* that waits for its argument, or 0 */                                     \
    F(T, u8, set)      /* scan code set 1 to 3 */                                                  \
    F(T, bool, scanning)                                                                           \
    F(T, u8, leds)                                                                                 \
    F(T, u8, rate)     /* typematic; only remembered: who holds a key says so again */             \
    F(T, u8, last)     /* byte that was answered, for RESEND */

struct ps2_keyboard {
    STATE_MEMBERS(PS2_KEYBOARD_STATE)
};
extern const struct state_desc ps2_keyboard_state;

void ps2_keyboard_reset(struct ps2_keyboard *k); /* power-on */
void ps2_keyboard_after_load(struct ps2_keyboard *k);
void ps2_keyboard_write(struct ps2_keyboard *k, u8 value);
void ps2_keyboard_key(struct ps2_keyboard *k, u8 code, bool pressed); /* see emu/hid.h */
bool ps2_keyboard_room(const struct ps2_keyboard *k); /* for the longest key */
/* The next byte for the controller; false: there is none. */
bool ps2_keyboard_read(struct ps2_keyboard *k, u8 *byte);

/* The controller's translation of set 2 to set 1, and back; 0: there is no such code. */
u8 ps2_set1_of_set2(u8 code);
u8 ps2_set2_of_set1(u8 code);

/* ---- ps2_mouse.c ---- */

#define PS2_MOUSE_STATE(F, A, S, T)                                                                \
    S(T, struct ps2_queue, ps2_queue_state, reply, 1)                                              \
    S(T, struct ps2_queue, ps2_queue_state, data, 1)                                               \
    F(T, u8, command)                                                                              \
    F(T, u8, id)         /* 0; 3 with a wheel; 4 with five buttons */                              \
    A(T, u8, knock, 2)   /* the sample rates set before this one */                                \
    F(T, u8, rate)                                                                                 \
    F(T, u8, resolution)                                                                           \
    F(T, bool, enabled)                                                                            \
    F(T, bool, remote)                                                                             \
    F(T, bool, scaling)  /* 2:1 */                                                                 \
    F(T, bool, wrap)                                                                               \
    F(T, u8, buttons)    /* now, enum hid_button */                                                \
    F(T, u8, reported)   /* in the last packet */                                                  \
    F(T, i32, dx)        /* not reported yet; y upwards, z towards the user */                     \
    F(T, i32, dy)                                                                                  \
    F(T, i32, dz)                                                                                  \
    F(T, u8, last)

struct ps2_mouse {
    STATE_MEMBERS(PS2_MOUSE_STATE)
};
extern const struct state_desc ps2_mouse_state;

void ps2_mouse_reset(struct ps2_mouse *m); /* power-on */
void ps2_mouse_after_load(struct ps2_mouse *m);
void ps2_mouse_write(struct ps2_mouse *m, u8 value);
void ps2_mouse_move(struct ps2_mouse *m, const struct hid_move *mv);
bool ps2_mouse_room(const struct ps2_mouse *m); /* for the longest packet */
bool ps2_mouse_read(struct ps2_mouse *m, u8 *byte);

#endif
