/* tool_dump.c - the log of a recording, event by event */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "replay/event_words.h"
#include "replay/tools.h"

/* Text inside JSON quotes. */
static void put_json(const char *s, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        u8 c = s[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 32 || c >= 127)
            buf_printf(out, "\\u%04x", c);
        else
            buf_put_u8(out, c);
    }
}

static void dump_json(const char *source, const struct door_event *ev, struct buf *out)
{
    struct buf words = {0};

    event_words(source, ev, &words);
    buf_printf(out, "{\"icount\": %" PRIu64 ", \"idle_ns\": %" PRIu64 ", \"source\": \"",
               ev->icount, ev->idle_ns);
    put_json(source, __builtin_strlen(source), out);
    buf_printf(out, "\", \"hex\": \"");
    event_hex(ev, UINT32_MAX, out);
    buf_printf(out, "\", \"words\": \"");
    put_json((const char *)words.data, words.len, out);
    buf_printf(out, "\"}\n");
    buf_fini(&words);
}

/* A source's name is the file's: it may hold anything. */
static void dump_line(const char *source, const struct door_event *ev, struct buf *out)
{
    struct buf name = {0};

    event_text((const u8 *)source, __builtin_strlen(source), 32, &name);
    buf_printf(out, "%14" PRIu64 "  %-10s ", ev->icount, buf_cstr(&name));
    event_words(source, ev, out);
    buf_put_u8(out, '\n');
    buf_fini(&name);
}

void tool_dump(struct rec_reader *r, u64 from, u64 to, bool json, struct buf *out)
{
    struct door_event ev;

    for (u64 i = 0; rec_event(r, i, &ev); i++) {
        if (ev.icount < from || ev.icount >= to)
            continue;
        if (json)
            dump_json(rec_source_name(r, ev.source), &ev, out);
        else
            dump_line(rec_source_name(r, ev.source), &ev, out);
    }
}
