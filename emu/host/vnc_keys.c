/* vnc_keys.c - from the letters that a VNC client sends to keys */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: RFC 6143, 7.5.4: a client says which symbol its key means, not which key it is. The guest
 * is taken to have a US layout. Where the symbol needs Shift and the client holds none, or the
 * other way about (its own layout differs), Shift is pressed or released around the key.
 */
#include <string.h>

#include "emu/hid.h"
#include "emu/host/vnc_int.h"

enum { SHIFT = 0x2a, SHIFT_R = 0x36, CTRL = 0x1d, ALT = 0x38, CTRL_R = 0x9d, CAPS_LOCK = 0x3a };

/* By scan code, from 0x02 on; 0: no letter. */
static const char plain[] = "1234567890-=\0\0qwertyuiop[]\0\0asdfghjkl;'`\0\\zxcvbnm,./";
static const char shifted[] = "!@#$%^&*()_+\0\0QWERTYUIOP{}\0\0ASDFGHJKL:\"~\0|ZXCVBNM<>?";

static const struct {
    u16 keysym;
    u8 code;
} others[] = {
    {0x0020, 0x39}, {0xff08, 0x0e}, {0xff09, 0x0f}, {0xfe20, 0x0f}, {0xff0a, 0x1c}, {0xff0d, 0x1c},
    {0xff13, HID_KEY_PAUSE}, {0xff6b, HID_KEY_PAUSE}, {0xff14, 0x46}, {0xff15, 0x54},
    {0xff1b, 0x01}, {0xff50, 0xc7}, {0xff51, 0xcb}, {0xff52, 0xc8}, {0xff53, 0xcd}, {0xff54, 0xd0},
    {0xff55, 0xc9}, {0xff56, 0xd1}, {0xff57, 0xcf}, {0xff61, 0xb7}, {0xff63, 0xd2}, {0xffff, 0xd3},
    {0xff67, 0xdd}, {0xff7f, 0x45},
    /* the keypad, with and without Num Lock */
    {0xff8d, 0x9c}, {0xffaa, 0x37}, {0xffab, 0x4e}, {0xffac, 0x7e}, {0xffad, 0x4a}, {0xffae, 0x53},
    {0xffaf, 0xb5}, {0xffb0, 0x52}, {0xffb1, 0x4f}, {0xffb2, 0x50}, {0xffb3, 0x51}, {0xffb4, 0x4b},
    {0xffb5, 0x4c}, {0xffb6, 0x4d}, {0xffb7, 0x47}, {0xffb8, 0x48}, {0xffb9, 0x49}, {0xff95, 0x47},
    {0xff96, 0x4b}, {0xff97, 0x48}, {0xff98, 0x4d}, {0xff99, 0x50}, {0xff9a, 0x49}, {0xff9b, 0x51},
    {0xff9c, 0x4f}, {0xff9d, 0x4c}, {0xff9e, 0x52}, {0xff9f, 0x53},
    /* F1 to F12 */
    {0xffbe, 0x3b}, {0xffbf, 0x3c}, {0xffc0, 0x3d}, {0xffc1, 0x3e}, {0xffc2, 0x3f}, {0xffc3, 0x40},
    {0xffc4, 0x41}, {0xffc5, 0x42}, {0xffc6, 0x43}, {0xffc7, 0x44}, {0xffc8, 0x57}, {0xffc9, 0x58},
    /* what is held with others */
    {0xffe1, SHIFT}, {0xffe2, SHIFT_R}, {0xffe3, CTRL}, {0xffe4, CTRL_R}, {0xffe5, CAPS_LOCK},
    {0xffe7, 0xdb}, {0xffe8, 0xdc}, {0xffe9, ALT}, {0xffea, 0xb8}, {0xfe03, 0xb8}, {0xffeb, 0xdb},
    {0xffec, 0xdc},
};

static bool is_down(const struct vnc_keys *k, u8 code)
{
    return k->down[code / 8] >> code % 8 & 1;
}

static void put(struct vnc_keys *k, u8 code, bool pressed, struct vnc_stroke *out, unsigned *n)
{
    u8 bit = 1 << code % 8;
    k->down[code / 8] = pressed ? k->down[code / 8] | bit : k->down[code / 8] & ~bit;
    out[(*n)++] = (struct vnc_stroke){code, pressed};
}

static u8 find_letter(const char *row, size_t n, u32 keysym)
{
    const char *at = keysym ? memchr(row, (int)keysym, n) : NULL;
    return at ? at - row + 2 : 0;
}

/* The key of a letter, and whether it takes Shift; 0: it is none. */
static u8 letter(u32 keysym, bool *shift)
{
    if (keysym <= 0x20 || keysym >= 0x7f)
        return 0;
    u8 code = find_letter(plain, sizeof(plain) - 1, keysym);
    *shift = !code;
    return code ? code : find_letter(shifted, sizeof(shifted) - 1, keysym);
}

static u8 other(u32 keysym)
{
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (others[i].keysym == keysym)
            return others[i].code;
    return 0;
}

static bool is_alphabetic(u32 keysym)
{
    u32 lower = keysym | 0x20;
    return lower >= 'a' && lower <= 'z';
}

static unsigned press_letter(struct vnc_keys *k, u8 code, bool shift, struct vnc_stroke *out)
{
    static const u8 both[] = {SHIFT, SHIFT_R};
    bool held[] = {is_down(k, SHIFT), is_down(k, SHIFT_R)};
    bool command = is_down(k, CTRL) || is_down(k, CTRL_R) || is_down(k, ALT);
    bool differs = !command && shift != (held[0] || held[1]);
    unsigned n = 0;

    if (differs && shift)
        put(k, SHIFT, true, out, &n);
    for (unsigned i = 0; i < 2; i++)
        if (differs && !shift && held[i])
            put(k, both[i], false, out, &n);
    put(k, code, true, out, &n);
    if (differs && shift)
        put(k, SHIFT, false, out, &n);
    for (unsigned i = 0; i < 2; i++)
        if (differs && !shift && held[i])
            put(k, both[i], true, out, &n);
    return n;
}

unsigned vnc_keys_of(struct vnc_keys *k, u32 keysym, bool down,
                     struct vnc_stroke out[VNC_MAX_STROKES])
{
    bool shift = false;
    unsigned n = 0;
    u8 code = letter(keysym, &shift);

    if (code && down) {
        if (is_alphabetic(keysym))
            shift ^= k->caps;
        return press_letter(k, code, shift, out);
    }
    if (!code)
        code = other(keysym);
    if (!code || (!down && !is_down(k, code)))
        return 0;
    if (code == CAPS_LOCK && down && !is_down(k, code))
        k->caps = !k->caps;
    put(k, code, down, out, &n);
    return n;
}

bool vnc_keys_release(struct vnc_keys *k, struct vnc_stroke *out)
{
    unsigned n = 0;
    for (unsigned code = 1; code < 256; code++)
        if (is_down(k, code)) {
            put(k, code, false, out, &n);
            return true;
        }
    return false;
}
