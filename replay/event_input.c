/* event_input.c - what is typed and moved, in words */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* emu/hid.h says what the bytes are. */
#include "emu/hid.h"
#include "replay/event_words.h"

static void put_key(u8 code, bool released, struct buf *out)
{
    const struct hid_key *k = hid_key_of(code);

    buf_printf(out, "%s", released ? "-" : "+");
    if (k)
        buf_printf(out, "%s", k->name);
    else
        buf_printf(out, "0x%02x", code);
}

/* +ctrl +c (100 ms) -c -ctrl */
void event_words_keyboard(const struct door_event *ev, struct buf *out)
{
    struct reader r = reader_of(ev->data, ev->len);
    const char *blank = "";

    buf_printf(out, "keys ");
    while (reader_left(&r)) {
        u8 first = reader_u8(&r);
        buf_printf(out, "%s", blank);
        blank = " ";
        if (!first) {
            buf_printf(out, "(%u ms)", reader_u16(&r));
        } else {
            u8 code = first == 0xe0 ? reader_u8(&r) : first;
            put_key((code & 0x7f) | (first == 0xe0 ? 0x80 : 0), code >> 7, out);
        }
    }
    if (r.bad)
        buf_printf(out, ", cut short");
}

static void put_buttons(u8 buttons, struct buf *out)
{
    static const char *const names[] = {"left", "right", "middle", "side", "extra"};
    bool any = false;

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (buttons >> i & 1) {
            buf_printf(out, "%s%s", any ? "+" : ", buttons ", names[i]);
            any = true;
        }
}

static void pointer_words(const struct door_event *ev, bool tablet, struct buf *out)
{
    struct reader r = reader_of(ev->data, ev->len);
    u8 buttons = reader_u8(&r);
    i16 x = (i16)reader_u16(&r), y = (i16)reader_u16(&r), z = (i16)reader_u16(&r);

    if (r.bad || reader_left(&r)) {
        event_words_ill_formed(ev, out);
        return;
    }
    buf_printf(out, tablet ? "at %d %d" : "moves %+d %+d", x, y);
    if (z)
        buf_printf(out, ", wheel %+d", z);
    put_buttons(buttons, out);
}

void event_words_mouse(const struct door_event *ev, struct buf *out)
{
    pointer_words(ev, false, out);
}

void event_words_tablet(const struct door_event *ev, struct buf *out)
{
    pointer_words(ev, true, out);
}
