/* gdb_args.c - read the arguments of a packet, by a schema */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gdbstub/gdb_args.h"

#include "emu/check.h"
#include "gdbstub/gdb_packet.h"

bool gdb_cursor_char(struct gdb_cursor *c, char wanted)
{
    if (c->p == c->end || *c->p != (u8)wanted)
        return false;
    c->p++;
    return true;
}

bool gdb_cursor_hex(struct gdb_cursor *c, u64 *value)
{
    u64 v = 0;
    const u8 *first = c->p;
    for (; c->p < c->end && gdb_hex_digit(*c->p) >= 0; c->p++) {
        if (v >> 60)
            return false;
        v = v << 4 | gdb_hex_digit(*c->p);
    }
    *value = v;
    return c->p > first;
}

static bool cursor_id(struct gdb_cursor *c, i64 *id)
{
    u64 v;
    bool negative = gdb_cursor_char(c, '-');
    if (!gdb_cursor_hex(c, &v) || v > INT32_MAX || (negative && v != 1))
        return false;
    *id = negative ? -1 : (i64)v;
    return true;
}

bool gdb_cursor_thread(struct gdb_cursor *c, struct gdb_thread *t)
{
    *t = (struct gdb_thread){.pid = 0, .tid = -1};
    if (!gdb_cursor_char(c, 'p'))
        return cursor_id(c, &t->tid);
    if (!cursor_id(c, &t->pid))
        return false;
    return !gdb_cursor_char(c, '.') || cursor_id(c, &t->tid);
}

bool gdb_cursor_bytes(struct gdb_cursor *c, size_t n, struct buf *out)
{
    if ((size_t)(c->end - c->p) / 2 < n)
        return false;
    for (; n; n--, c->p += 2) {
        int high = gdb_hex_digit(c->p[0]), low = gdb_hex_digit(c->p[1]);
        if (high < 0 || low < 0)
            return false;
        buf_put_u8(out, high << 4 | low);
    }
    return true;
}

static bool take(struct gdb_args *a, char what, struct gdb_cursor *c)
{
    switch (what) {
    case 'N':
        CHECK(a->count < GDB_ARGS_NUMBERS);
        return gdb_cursor_hex(c, &a->n[a->count++]);
    case 'T':
        a->has_thread = true;
        return gdb_cursor_thread(c, &a->thread);
    case 'H':
        if ((c->end - c->p) % 2 || !gdb_cursor_bytes(c, (c->end - c->p) / 2, &a->decoded))
            return false;
        a->data = a->decoded.data;
        a->len = a->decoded.len;
        return true;
    case 'S':
        a->data = c->p;
        a->len = c->end - c->p;
        c->p = c->end;
        return true;
    default:
        return gdb_cursor_char(c, what);
    }
}

bool gdb_args_parse(struct gdb_args *a, const char *schema, const u8 *p, size_t n)
{
    struct gdb_cursor c = {p, p + n};
    bool optional = false;
    *a = (struct gdb_args){0};
    for (; *schema; schema++) {
        if (*schema == '|')
            optional = true;
        else if (optional && c.p == c.end)
            return true;
        else if (!take(a, *schema, &c))
            return false;
    }
    return c.p == c.end;
}

void gdb_args_fini(struct gdb_args *a)
{
    buf_fini(&a->decoded);
}
