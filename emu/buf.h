/* buf.h - a growing byte buffer, and a reader that cannot run past its end */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything that is written to a file or a wire goes through these two, little-endian. A reader
 * never fails half-way: a read past the end, or an ill-formed varint, yields zeros and sets `bad`,
 * which the caller checks once at the end. Data in a reader is hostile; lengths read from it are
 * bounded here.
 */
#ifndef EMU_BUF_H
#define EMU_BUF_H

#include "emu/types.h"

struct buf {
    u8 *data; /* owned */
    size_t len, cap;
};

void buf_fini(struct buf *b); /* frees, and leaves an empty buffer */
void buf_clear(struct buf *b);
u8 *buf_grow(struct buf *b, size_t n); /* appends n bytes of undefined content, returns where they are */
void buf_put(struct buf *b, const void *data, size_t n);
void buf_put_u8(struct buf *b, u8 v);
void buf_put_u16(struct buf *b, u16 v);
void buf_put_u32(struct buf *b, u32 v);
void buf_put_u64(struct buf *b, u64 v);
void buf_put_varint(struct buf *b, u64 v);       /* LEB128, 1 to 10 bytes */
void buf_put_str(struct buf *b, const char *s);  /* varint length, then the bytes */
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3); /* text, no NUL counted */
const char *buf_cstr(struct buf *b);             /* the content with a NUL behind it (not counted) */

struct reader {
    const u8 *p, *end; /* borrowed */
    bool bad;
};

struct reader reader_of(const void *data, size_t n);
size_t reader_left(const struct reader *r);
void reader_get(struct reader *r, void *out, size_t n);
const u8 *reader_bytes(struct reader *r, size_t n); /* n bytes in place, or NULL (and bad) */
u8 reader_u8(struct reader *r);
u16 reader_u16(struct reader *r);
u32 reader_u32(struct reader *r);
u64 reader_u64(struct reader *r);
u64 reader_varint(struct reader *r);
char *reader_str(struct reader *r); /* to be freed; "" when bad */

#endif
