/* hid.h - keyboards and pointers, between those who press and move and the devices */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A viewer or the monitor says what a hand does; which device of the machine gets it is found here:
 * the one added last to which the guest listens, a tablet before a mouse for whoever knows places,
 * unless one was chosen.
 *
 * What passes the door, and so is in recordings, is the same for all devices of a kind:
 *
 *     keyboard   a key is one byte, its scan code of set 1, or two, 0xe0 and that, with 0x80 in the
 *                code when it is released. 0x00 and two bytes (little-endian) are a pause: what
 *                follows comes so many ms of virtual time later.
 *     pointer    7 bytes: buttons that are down (enum hid_button), then x, y and z, 16 bits each,
 *                little-endian and signed. Of a mouse: how far it moved, y downwards. Of a tablet:
 *                where it is, 0 to 32767 each. z: the wheel's notches, away from the user.
 */
#ifndef EMU_HID_H
#define EMU_HID_H

#include "emu/device.h"

#define HID_TABLET_MAX 32767
#define HID_SCRIPT_BYTES 512
#define HID_HOLD_MS 100 /* a key that is only named is down so long */

enum hid_button { HID_LEFT = 1, HID_RIGHT = 2, HID_MIDDLE = 4, HID_SIDE = 8, HID_EXTRA = 16 };

struct hid_move {
    u8 buttons;
    i16 x, y, z;
};

struct hid;
struct hid *hid_new(struct machine *m); /* by the machine, as delete */
void hid_delete(struct hid *h);

#define HID_MAX_KEYBOARDS 4
#define HID_MAX_POINTERS 8
unsigned hid_n_keyboards(const struct hid *h);
unsigned hid_n_pointers(const struct hid *h);

/* ---- keys (hid_keys.c) ---- */

/* A number each: the scan code of set 1, with 0x80 for those behind 0xe0. */

#define HID_KEY_PAUSE 0xc6 /* 0xe0 0x46: what it sends with ctrl; its own code is six bytes */

struct hid_key {
    const char *name; /* QEMU's */
    u8 code;
    u8 set3;          /* its code of scan code set 3, 0: none */
    u8 evdev;         /* Linux's number of it */
};

const struct hid_key *hid_key_at(unsigned n);     /* NULL past the end */
const struct hid_key *hid_key_of(u8 code);        /* NULL: there is no such key */
const struct hid_key *hid_key_named(const char *name, size_t len);

/* ---- for devices ---- */

/* What was posted to a keyboard and is still to come. A keyboard embeds it, lists it as
 * S(T, struct hid_script, hid_script_state, script, 1), and leaves its deadline to it. */
#define HID_SCRIPT_STATE(F, A, S, T)                                                               \
    A(T, u8, byte, HID_SCRIPT_BYTES)                                                               \
    F(T, u16, len)                                                                                 \
    F(T, bool, waiting)

struct hid_script {
    STATE_MEMBERS(HID_SCRIPT_STATE)
};
extern const struct state_desc hid_script_state;

struct hid_keyboard_ops {
    void (*key)(void *opaque, u8 code, bool pressed);
    /* Asked only of a live machine, by the host's side: would a key be taken now, without being
     * lost? Does the guest listen to this device? */
    bool (*room)(void *opaque);
    bool (*listens)(void *opaque);
};
struct hid_keyboard;
/* Adds the source `name`, which must outlive the machine, to the door. Owned by the machine. */
struct hid_keyboard *hid_keyboard_new(struct machine *m, const char *name, struct device *d,
                                      struct hid_script *script,
                                      const struct hid_keyboard_ops *ops, void *opaque);
void hid_keyboard_tick(struct hid_keyboard *k); /* from the device's */
void hid_script_reset(struct hid_script *s);
void hid_script_after_load(struct hid_script *s);

struct hid_pointer_ops {
    void (*move)(void *opaque, const struct hid_move *mv); /* of a tablet x and y are in bounds */
    bool (*room)(void *opaque);
    bool (*listens)(void *opaque);
};
/* The same for a mouse, or a tablet. */
void hid_pointer_new(struct machine *m, const char *name, bool tablet,
                     const struct hid_pointer_ops *ops, void *opaque);

/* ---- for those who press and move ---- */

/* Would what is posted now be taken at once, or be lost anyway because there is no such device? No
 * while the door is fed, or something waits in it. */
bool hid_key_room(struct hid *h);
bool hid_move_room(struct hid *h);

/* False: this is the past, or there is no such device. */
bool hid_post_key(struct hid *h, u8 code, bool pressed);
/* Names joined by '-' are pressed together, and released after hold_ms of virtual time. "0x1e"
 * names a key by its number. False, and in `error` a sentence (with a newline) that says why. */
bool hid_post_keys(struct hid *h, const char *names, u32 hold_ms, struct buf *error);
/* Moves a mouse by so much. */
bool hid_post_mouse(struct hid *h, i32 dx, i32 dy, i32 dz);
/* Is a place of the screen (a tablet) what the guest takes? Then x and y of hid_post_place() are
 * one, 0 to HID_TABLET_MAX; else how far away the pointer is from where it was is said by
 * hid_post_mouse(). */
bool hid_wants_place(struct hid *h);
bool hid_post_place(struct hid *h, u32 x, u32 y, i32 dz);
/* Presses and releases: enum hid_button. Of the pointer that was moved last. */
bool hid_post_buttons(struct hid *h, u8 buttons);

/* For the monitor: "* Mouse #1: mouse" lines, and which of them is to be moved. */
void hid_list_pointers(struct hid *h, struct buf *out);
bool hid_choose_pointer(struct hid *h, unsigned n); /* false: there is no such */

#endif
