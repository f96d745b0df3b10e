/* event_words.c - an input event in words */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "replay/event_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emu/medium.h"

#define MOST 64 /* bytes shown of a long event */

void event_hex(const struct door_event *ev, u32 most, struct buf *out)
{
    for (u32 i = 0; i < MIN(ev->len, most); i++)
        buf_printf(out, "%02x", ev->data[i]);
    if (ev->len > most)
        buf_printf(out, "...");
}

void event_text(const u8 *data, u32 len, u32 most, struct buf *out)
{
    for (u32 i = 0; i < MIN(len, most); i++) {
        u8 c = data[i];
        if (c == '\r')
            buf_printf(out, "\\r");
        else if (c == '\n')
            buf_printf(out, "\\n");
        else if (c == '\t')
            buf_printf(out, "\\t");
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c >= 32 && c < 127)
            buf_put_u8(out, c);
        else
            buf_printf(out, "\\x%02x", c);
    }
    if (len > most)
        buf_printf(out, "...");
}

static void serial_words(const struct door_event *ev, struct buf *out)
{
    buf_printf(out, "receives \"");
    event_text(ev->data, ev->len, MOST, out);
    buf_printf(out, "\"");
}

static void system_words(const struct door_event *ev, struct buf *out)
{
    switch (ev->len == 1 ? ev->data[0] : 0) {
    case 'r':
        buf_printf(out, "reset button");
        break;
    case 'p':
        buf_printf(out, "power button");
        break;
    case 's':
        buf_printf(out, "interrupted while idle (counts as a step)");
        break;
    default:
        event_words_ill_formed(ev, out);
    }
}

static void rtc_words(const struct door_event *ev, struct buf *out)
{
    struct reader r = reader_of(ev->data, ev->len);
    time_t seconds = (time_t)reader_u64(&r);
    struct tm tm;
    char text[64];

    if (r.bad || !gmtime_r(&seconds, &tm) ||
        !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
        event_words_ill_formed(ev, out);
    else
        buf_printf(out, "the date is %s UTC", text);
}

static void random_words(const struct door_event *ev, struct buf *out)
{
    buf_printf(out, "%u random byte%s: ", ev->len, ev->len == 1 ? "" : "s");
    event_hex(ev, MOST, out);
}

/* 16-bit stereo frames. */
static void audio_words(const struct door_event *ev, struct buf *out)
{
    struct reader r = reader_of(ev->data, ev->len);
    unsigned peak[2] = {0};

    for (unsigned i = 0; reader_left(&r) > 1; i ^= 1) {
        i16 v = (i16)reader_u16(&r);
        peak[i] = MAX(peak[i], (unsigned)abs(v));
    }
    buf_printf(out, "captures %u frames, peaks %u %u%s", ev->len / 4, peak[0], peak[1],
               ev->len % 4 ? ", ill-formed" : "");
}

/* See machine_debug.c. */
static void debugger_words(const struct door_event *ev, struct buf *out)
{
    struct reader r = reader_of(ev->data, ev->len);
    u8 kind = reader_u8(&r);
    char *view = kind == 2 ? reader_str(&r) : NULL;
    u64 where = reader_varint(&r);
    struct door_event rest = {.data = r.p, .len = reader_left(&r)};

    if (r.bad || kind > 2)
        buf_printf(out, "ill-formed: "), rest = *ev;
    else if (kind == 2)
        buf_printf(out, "writes register %" PRIu64 " (%s) = ", where, view);
    else
        buf_printf(out, "writes %u bytes at %s %#" PRIx64 ": ", rest.len,
                   kind ? "physical" : "linear", where);
    event_hex(&rest, MOST, out);
    free(view);
}

void event_words_ill_formed(const struct door_event *ev, struct buf *out)
{
    buf_printf(out, "ill-formed: ");
    event_hex(ev, MOST, out);
}

static void medium_words(const struct door_event *ev, struct buf *out)
{
    struct medium_event e;
    if (!medium_event_parse(ev->data, ev->len, &e)) {
        event_words_ill_formed(ev, out);
        return;
    }
    if (e.op == MEDIUM_EJECT) {
        buf_printf(out, "medium taken out");
    } else if (e.op == MEDIUM_BUTTON) {
        buf_printf(out, "eject button");
    } else {
        buf_printf(out, "medium ");
        event_text((const u8 *)e.path, strlen(e.path), 200, out);
        buf_printf(out, " put in (%" PRIu64 " bytes, digest %016" PRIx64 ")", e.size, e.digest);
    }
    medium_event_fini(&e);
}

static void other_words(const struct door_event *ev, struct buf *out)
{
    buf_printf(out, "%u byte%s: ", ev->len, ev->len == 1 ? "" : "s");
    event_hex(ev, MOST, out);
}

/* A name with a number, or a colon and somebody's name, behind it is the same. */
static const struct {
    const char *name;
    void (*words)(const struct door_event *ev, struct buf *out);
} sources[] = {
    {"system", system_words},
    {"debugger", debugger_words},
    {"serial", serial_words},
    {"keyboard", event_words_keyboard},
    {"mouse", event_words_mouse},
    {"tablet", event_words_tablet},
    {"virtio-keyboard", event_words_keyboard},
    {"virtio-mouse", event_words_mouse},
    {"virtio-tablet", event_words_tablet},
    {"cd", medium_words},
    {"net", event_words_frame},
    {"audio", audio_words},
    {"rtc", rtc_words},
    {"rng", random_words},
    {"rdrand", random_words},
    {"random", random_words},
};

static bool is_called(const char *source, const char *name)
{
    size_t n = strlen(name);
    return !strncmp(source, name, n) &&
           (!source[n] || source[n] == ':' || (source[n] >= '0' && source[n] <= '9'));
}

void event_words(const char *source, const struct door_event *ev, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
        if (is_called(source, sources[i].name)) {
            sources[i].words(ev, out);
            return;
        }
    }
    other_words(ev, out);
}
