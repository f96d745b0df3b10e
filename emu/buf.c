/* buf.c - a growing byte buffer, and a reader that cannot run past its end */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"

void buf_fini(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
}

u8 *buf_grow(struct buf *b, size_t n)
{
    if (n > b->cap - b->len) {
        size_t cap = MAX(b->cap * 2, b->len + n);
        b->data = xrealloc(b->data, MAX(cap, (size_t)64));
        b->cap = MAX(cap, (size_t)64);
    }
    u8 *p = b->data + b->len;
    b->len += n;
    return p;
}

void buf_put(struct buf *b, const void *data, size_t n)
{
    if (n)
        memcpy(buf_grow(b, n), data, n);
}

static void put_le(struct buf *b, u64 v, int n)
{
    u8 *p = buf_grow(b, n);
    for (int i = 0; i < n; i++)
        p[i] = v >> (8 * i);
}

void buf_put_u8(struct buf *b, u8 v)
{
    put_le(b, v, 1);
}

void buf_put_u16(struct buf *b, u16 v)
{
    put_le(b, v, 2);
}

void buf_put_u32(struct buf *b, u32 v)
{
    put_le(b, v, 4);
}

void buf_put_u64(struct buf *b, u64 v)
{
    put_le(b, v, 8);
}

void buf_put_varint(struct buf *b, u64 v)
{
    for (; v >= 0x80; v >>= 7)
        buf_put_u8(b, v | 0x80);
    buf_put_u8(b, v);
}

void buf_put_str(struct buf *b, const char *s)
{
    buf_put_varint(b, strlen(s));
    buf_put(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    char *s;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    CHECK(n >= 0);
    buf_put(b, s, n);
    free(s);
}

const char *buf_cstr(struct buf *b)
{
    *buf_grow(b, 1) = 0;
    b->len--;
    return (const char *)b->data;
}

struct reader reader_of(const void *data, size_t n)
{
    return (struct reader){.p = data, .end = (const u8 *)data + n};
}

size_t reader_left(const struct reader *r)
{
    return r->end - r->p;
}

const u8 *reader_bytes(struct reader *r, size_t n)
{
    if (n > reader_left(r)) {
        r->bad = true;
        r->p = r->end;
        return NULL;
    }
    const u8 *p = r->p;
    r->p += n;
    return p;
}

void reader_get(struct reader *r, void *out, size_t n)
{
    const u8 *p = reader_bytes(r, n);
    if (p && n)
        memcpy(out, p, n);
    else
        memset(out, 0, n);
}

static u64 get_le(struct reader *r, int n)
{
    const u8 *p = reader_bytes(r, n);
    u64 v = 0;
    for (int i = 0; p && i < n; i++)
        v |= (u64)p[i] << (8 * i);
    return v;
}

u8 reader_u8(struct reader *r)
{
    return get_le(r, 1);
}

u16 reader_u16(struct reader *r)
{
    return get_le(r, 2);
}

u32 reader_u32(struct reader *r)
{
    return get_le(r, 4);
}

u64 reader_u64(struct reader *r)
{
    return get_le(r, 8);
}

u64 reader_varint(struct reader *r)
{
    u64 v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        u8 byte = reader_u8(r);
        v |= (u64)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            if (shift == 63 && byte > 1)
                break;
            return v;
        }
    }
    r->bad = true;
    return 0;
}

char *reader_str(struct reader *r)
{
    u64 n = reader_varint(r);
    const u8 *p = n <= reader_left(r) ? reader_bytes(r, n) : NULL;
    if (!p) {
        r->bad = true;
        n = 0;
    }
    char *s = xmalloc(n + 1);
    if (n)
        memcpy(s, p, n);
    s[n] = 0;
    return s;
}
