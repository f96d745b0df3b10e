/* qmp_stream.c - cut a stream of bytes into JSON values */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gdbstub/qmp_stream.h"

#include <stdio.h>
#include <string.h>

enum byte_use { USED, WHOLE, WHOLE_BEFORE, WRONG, LOST };

void qmp_stream_fini(struct qmp_stream *s)
{
    buf_fini(&s->text);
    *s = (struct qmp_stream){0};
}

static void begin(struct qmp_stream *s)
{
    struct buf text = s->text;
    buf_clear(&text);
    *s = (struct qmp_stream){.text = text};
}

static bool is_word(u8 c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '+' || c == '.' || c == '_';
}

static bool is_blank(u8 c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where a reader that has lost the thread goes on. */
static bool is_landmark(u8 c)
{
    return c < ' ' || c >= 0xfe || strchr("[]{}", c);
}

static enum byte_use no_value(char why[64])
{
    snprintf(why, 64, "JSON parse error, expecting value");
    return WRONG;
}

static enum byte_use stray(u8 c, char why[64])
{
    if (c >= ' ' && c < 0x7f)
        snprintf(why, 64, "JSON parse error, stray '%c'", c);
    else
        snprintf(why, 64, "JSON parse error, stray byte 0x%02x", c);
    return LOST;
}

static enum byte_use in_string(struct qmp_stream *s, u8 c, char why[64])
{
    if (c < ' ' || c >= 0xfe)
        return stray(c, why);
    if (s->escape) {
        s->escape = false;
        if (c == '\'') /* known in single quotes only; needs no escape where it goes */
            s->text.len--;
        buf_put_u8(&s->text, c);
        return USED;
    }
    if (c == s->quote) {
        s->quote = 0;
        buf_put_u8(&s->text, '"');
        return s->depth ? USED : WHOLE;
    }
    s->escape = c == '\\';
    if (c == '"')
        buf_put_u8(&s->text, '\\');
    buf_put_u8(&s->text, c);
    return USED;
}

static enum byte_use bracket(struct qmp_stream *s, u8 c, char why[64])
{
    if (c == '{' || c == '[') {
        if (++s->depth > QMP_STREAM_MAX_DEPTH) {
            snprintf(why, 64, "JSON nesting depth limit exceeded");
            return WRONG;
        }
        buf_put_u8(&s->text, c);
        return USED;
    }
    if (!s->depth)
        return no_value(why);
    buf_put_u8(&s->text, c);
    return --s->depth ? USED : WHOLE;
}

static enum byte_use take_byte(struct qmp_stream *s, u8 c, char why[64])
{
    if (s->lost && !is_landmark(c))
        return USED;
    if (s->lost) {
        s->lost = false;
        if (c < ' ' || c >= 0xfe)
            return USED;
    }
    if (s->quote)
        return in_string(s, c, why);
    if (s->word && !is_word(c)) {
        s->word = false;
        if (!s->depth)
            return WHOLE_BEFORE;
    }
    if (is_word(c)) {
        s->word = true;
        buf_put_u8(&s->text, c);
    } else if (c == '"' || c == '\'') {
        s->quote = c;
        buf_put_u8(&s->text, '"');
    } else if (strchr("{}[]", c) && c) {
        return bracket(s, c, why);
    } else if ((c == ',' || c == ':') && s->depth) {
        buf_put_u8(&s->text, c);
    } else if (c == ',' || c == ':') {
        return no_value(why);
    } else if (is_blank(c)) {
        if (s->depth)
            buf_put_u8(&s->text, ' ');
    } else {
        return stray(c, why);
    }
    return USED;
}

enum qmp_stream_result qmp_stream_take(struct qmp_stream *s, const u8 *data, size_t n, size_t *used,
                                       char why[64])
{
    if (s->taken)
        begin(s);
    for (*used = 0; *used < n;) {
        enum byte_use use = take_byte(s, data[*used], why);
        *used += use != WHOLE_BEFORE;
        if (use == USED && s->text.len > QMP_STREAM_MAX_BYTES) {
            snprintf(why, 64, "JSON token size limit exceeded");
            use = LOST;
        }
        if (use == WHOLE || use == WHOLE_BEFORE) {
            s->taken = true;
            return QMP_STREAM_VALUE;
        }
        if (use == WRONG || use == LOST) {
            begin(s);
            s->lost = use == LOST;
            return QMP_STREAM_ERROR;
        }
    }
    return QMP_STREAM_MORE;
}
