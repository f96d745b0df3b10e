/* test_ps2.c - keyboard and mouse of a PS/2, by IBM's technical reference */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "hw/ps2.h"

static struct ps2_keyboard k;
static struct ps2_mouse m;

static void set_up(void)
{
    ps2_keyboard_reset(&k);
    ps2_mouse_reset(&m);
}

TestSuite(ps2, .init = set_up);

/* What the device says next, byte by byte, and then nothing. */
#define EXPECT(device, ...)                                                                        \
    do {                                                                                           \
        static const u8 expected_[] = {__VA_ARGS__};                                               \
        u8 byte_;                                                                                  \
        for (unsigned i_ = 0; i_ < sizeof(expected_); i_++) {                                      \
            cr_assert(ps2_##device##_read(device##_(), &byte_), "byte %u is missing", i_);         \
            cr_assert_eq(byte_, expected_[i_], "byte %u is %#x", i_, byte_);                       \
        }                                                                                          \
        cr_assert_not(ps2_##device##_read(device##_(), &byte_), "one more: %#x", byte_);           \
    } while (0)

static bool mouse_is_silent(void)
{
    u8 byte;
    return !ps2_mouse_read(&m, &byte);
}

static struct ps2_keyboard *keyboard_(void)
{
    return &k;
}

static struct ps2_mouse *mouse_(void)
{
    return &m;
}

static void keyboard(u8 value)
{
    ps2_keyboard_write(&k, value);
}

static void mouse(u8 value)
{
    ps2_mouse_write(&m, value);
}

static void move(u8 buttons, i16 x, i16 y, i16 z)
{
    ps2_mouse_move(&m, &(struct hid_move){buttons, x, y, z});
}

static void press(u8 code)
{
    ps2_keyboard_key(&k, code, true);
    ps2_keyboard_key(&k, code, false);
}

Test(ps2, keyboard_commands)
{
    keyboard(0xff);
    EXPECT(keyboard, 0xfa, 0xaa);
    keyboard(0xf2);
    EXPECT(keyboard, 0xfa, 0xab, 0x83);
    keyboard(0xee);
    EXPECT(keyboard, 0xee);
    keyboard(0xfe);
    EXPECT(keyboard, 0xee);
    keyboard(0xed);
    keyboard(0x02);
    EXPECT(keyboard, 0xfa, 0xfa);
    cr_assert_eq(k.leds, 2);
    keyboard(0xf3);
    keyboard(0x20);
    EXPECT(keyboard, 0xfa, 0xfa);
    cr_assert_eq(k.rate, 0x20);
    keyboard(0x12);
    EXPECT(keyboard, 0xfe);
    keyboard(0xed); /* a command in place of the argument */
    keyboard(0xf4);
    EXPECT(keyboard, 0xfa, 0xfa);
    cr_assert_eq(k.leds, 2);
    keyboard(0xf6);
    EXPECT(keyboard, 0xfa);
    cr_assert_eq(k.rate, 0x2b);
}

Test(ps2, scan_code_sets)
{
    keyboard(0xf0);
    keyboard(0);
    EXPECT(keyboard, 0xfa, 0xfa, 2);
    press(0x1e);
    press(0xc8);
    press(HID_KEY_PAUSE);
    EXPECT(keyboard, 0x1c, 0xf0, 0x1c, 0xe0, 0x75, 0xe0, 0xf0, 0x75, 0xe1, 0x14, 0x77, 0xe1, 0xf0,
           0x14, 0xf0, 0x77);
    keyboard(0xf0);
    keyboard(1);
    press(0x1e);
    press(0xc8);
    EXPECT(keyboard, 0xfa, 0xfa, 0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8);
    keyboard(0xf0);
    keyboard(3);
    press(0x1e);
    press(0xc8);
    press(0x9d);
    press(HID_KEY_PAUSE);
    EXPECT(keyboard, 0xfa, 0xfa, 0x1c, 0xf0, 0x1c, 0x63, 0xf0, 0x63, 0x58, 0xf0, 0x58, 0x62, 0xf0,
           0x62);
    keyboard(0xf0);
    keyboard(0);
    EXPECT(keyboard, 0xfa, 0xfa, 3);
    keyboard(0xf0);
    keyboard(4);
    EXPECT(keyboard, 0xfa, 0xfe);
}

Test(ps2, key_types_of_set_3_are_taken)
{
    keyboard(0xfc);
    keyboard(0x1c);
    keyboard(0x63);
    keyboard(0xf4);
    EXPECT(keyboard, 0xfa, 0xfa, 0xfa, 0xfa);
    for (u8 c = 0xf7; c <= 0xfa; c++)
        keyboard(c);
    EXPECT(keyboard, 0xfa, 0xfa, 0xfa, 0xfa);
}

Test(ps2, an_answer_goes_before_keys)
{
    press(0x1e);
    keyboard(0xed);
    EXPECT(keyboard, 0xfa, 0x1c, 0xf0, 0x1c);
    keyboard(0);
    keyboard(0xf5);
    press(0x1e);
    EXPECT(keyboard, 0xfa, 0xfa);
    keyboard(0xf4);
    press(0x1e);
    EXPECT(keyboard, 0xfa, 0x1c, 0xf0, 0x1c);
}

Test(ps2, a_key_that_finds_no_room_is_lost_as_a_whole)
{
    u8 byte, last = 0;
    unsigned n = 0;
    for (unsigned i = 0; i < 100; i++)
        press(0xc8);
    cr_assert_not(ps2_keyboard_room(&k));
    for (; ps2_keyboard_read(&k, &byte); n++)
        last = byte;
    cr_assert_leq(n, PS2_QUEUE_SIZE);
    cr_assert_eq(last, 0x75, "not in the middle of a code");
    cr_assert(ps2_keyboard_room(&k));
}

Test(ps2, every_key_has_its_codes)
{
    const struct hid_key *key;
    u8 seen[256] = {0};
    for (unsigned i = 0; (key = hid_key_at(i)); i++) {
        cr_assert(key->code & 0x7f);
        cr_assert(key->evdev);
        if (key->set3 && key->code != 0xb7 && key->code != 0xdd)
            cr_assert_eq(seen[key->set3]++, 0, "%s", key->name);
        if (key->code == HID_KEY_PAUSE)
            continue;
        u8 set2 = ps2_set2_of_set1(key->code & 0x7f);
        cr_assert(set2, "%s", key->name);
        cr_assert_eq(ps2_set1_of_set2(set2), key->code & 0x7f, "%s", key->name);
        cr_assert_eq(hid_key_named(key->name, strlen(key->name)), key);
    }
}

Test(ps2, mouse_reset_and_identity)
{
    mouse(0xff);
    EXPECT(mouse, 0xfa, 0xaa, 0x00);
    mouse(0xf2);
    EXPECT(mouse, 0xfa, 0x00);
    mouse(0xe9);
    EXPECT(mouse, 0xfa, 0x00, 0x02, 100);
    mouse(0xe8);
    mouse(3);
    mouse(0xf3);
    mouse(40);
    mouse(0xe7);
    mouse(0xf4);
    EXPECT(mouse, 0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0xfa);
    mouse(0xe9);
    EXPECT(mouse, 0xfa, 0x30, 0x03, 40);
    mouse(0xf6);
    mouse(0xe9);
    EXPECT(mouse, 0xfa, 0xfa, 0x00, 0x02, 100);
    mouse(0xe1);
    EXPECT(mouse, 0xfe);
}

Test(ps2, mouse_packets)
{
    move(HID_LEFT, 1, 1, 0);
    cr_assert(mouse_is_silent()); /* it is not enabled */
    mouse(0xf4);
    EXPECT(mouse, 0xfa);
    move(0, 10, 3, 0);
    EXPECT(mouse, 0x28, 10, (u8)-3);
    move(HID_LEFT | HID_MIDDLE, -5, -6, 0);
    EXPECT(mouse, 0x1d, (u8)-5, 6);
    move(HID_RIGHT, 0, 0, 0);
    EXPECT(mouse, 0x0a, 0, 0);
    move(HID_RIGHT, 0, 0, 4);
    cr_assert(mouse_is_silent()); /* it has no wheel, and nothing else changed */
    move(0, 300, 0, 0);
    EXPECT(mouse, 0x08, 127, 0, 0x08, 127, 0, 0x08, 46, 0);
    mouse(0xe9);
    EXPECT(mouse, 0xfa, 0x20, 2, 100);
}

Test(ps2, wheel_and_five_buttons_by_sample_rates)
{
    static const u8 knock[] = {200, 100, 80};
    for (unsigned i = 0; i < 3; i++) {
        mouse(0xf3);
        mouse(knock[i]);
    }
    mouse(0xf2);
    mouse(0xf4);
    EXPECT(mouse, 0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0x03, 0xfa);
    move(0, 1, 0, 1);
    EXPECT(mouse, 0x08, 1, 0, 0xff);
    move(0, 0, 0, -9);
    EXPECT(mouse, 0x08, 0, 0, 7, 0x08, 0, 0, 2);
    static const u8 again[] = {200, 200, 80};
    for (unsigned i = 0; i < 3; i++) {
        mouse(0xf3);
        mouse(again[i]);
    }
    mouse(0xf2);
    EXPECT(mouse, 0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0x04);
    move(HID_SIDE, 0, 0, 1);
    EXPECT(mouse, 0x08, 0, 0, 0x1f);
    move(HID_EXTRA, 0, 0, 0);
    EXPECT(mouse, 0x08, 0, 0, 0x20);
    mouse(0xff);
    mouse(0xf2);
    EXPECT(mouse, 0xfa, 0xaa, 0x00, 0xfa, 0x00);
}

Test(ps2, remote_mode_and_scaling)
{
    mouse(0xf0);
    EXPECT(mouse, 0xfa);
    move(0, 4, -4, 0);
    move(0, 4, -4, 0);
    cr_assert(mouse_is_silent());
    mouse(0xeb);
    EXPECT(mouse, 0xfa, 0x08, 8, 8);
    mouse(0xeb);
    EXPECT(mouse, 0xfa, 0x08, 0, 0);
    mouse(0xea);
    mouse(0xe7);
    mouse(0xf4);
    EXPECT(mouse, 0xfa, 0xfa, 0xfa);
    move(0, 4, -7, 0);
    EXPECT(mouse, 0x08, 6, 14);
    move(0, -3, 0, 0);
    EXPECT(mouse, 0x18, (u8)-3, 0);
}

Test(ps2, wrap_mode)
{
    mouse(0xee);
    mouse(0x12);
    mouse(0xf4);
    mouse(0xec);
    EXPECT(mouse, 0xfa, 0x12, 0xf4, 0xfa);
    mouse(0xe9);
    EXPECT(mouse, 0xfa, 0x00, 2, 100);
}

Test(ps2, what_finds_no_room_is_added_up)
{
    u8 byte;
    int x = 0, packets = 0;
    mouse(0xf4);
    EXPECT(mouse, 0xfa);
    for (unsigned i = 0; i < 1000; i++)
        move(i < 999 ? HID_LEFT : 0, 1, 0, 0);
    cr_assert_not(ps2_mouse_room(&m));
    u8 first = 0;
    for (unsigned i = 0; ps2_mouse_read(&m, &byte); i++) {
        if (i % 3 == 0)
            first = byte;
        if (i % 3 == 1)
            x += (i8)byte, packets++;
    }
    cr_assert_eq(x, 1000);
    cr_assert_lt(packets, 60);
    cr_assert_eq(first, 0x08, "the button was released at last");
}
