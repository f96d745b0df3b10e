/* chunk.c - put a chunk of a recording into bytes, and get it back */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "replay/chunk.h"

#include <string.h>
#include <zlib.h>

#include "emu/check.h"

#define PIECE (256 * KiB)
#define ZLIB_LEVEL 1      /* pages: speed counts */
#define ZLIB_LEVEL_TEXT 6 /* everything else is small */
#define CRC_BYTES 24u     /* of the header: all but the CRC itself */

u32 chunk_crc_start(const u8 bytes[CHUNK_HEADER_BYTES])
{
    return crc32(crc32(0, NULL, 0), bytes, CRC_BYTES);
}

u32 chunk_crc_more(u32 crc, const void *data, u64 n)
{
    const u8 *p = data;
    for (; n; p += MIN(n, GiB), n -= MIN(n, GiB))
        crc = crc32(crc, p, MIN(n, GiB));
    return crc;
}

/* Appends at most `most` bytes; false if the compressed form is longer. */
static bool deflate_to(const u8 *raw, u64 n, int level, u64 most, struct buf *out)
{
    z_stream z = {0};
    size_t start = out->len;
    int rc;

    CHECK(deflateInit(&z, level) == Z_OK);
    do {
        if (!z.avail_in && n) {
            z.next_in = (u8 *)raw;
            z.avail_in = MIN(n, GiB);
            raw += z.avail_in;
            n -= z.avail_in;
        }
        z.next_out = buf_grow(out, PIECE);
        z.avail_out = PIECE;
        rc = deflate(&z, n ? Z_NO_FLUSH : Z_FINISH);
        out->len -= z.avail_out;
    } while (rc == Z_OK && out->len - start <= most);
    deflateEnd(&z);
    return rc == Z_STREAM_END && out->len - start <= most;
}

void chunk_encode(u32 type, const void *raw, u64 n, struct buf *out)
{
    size_t start = out->len;
    int level = type == CHUNK_PAGES ? ZLIB_LEVEL : ZLIB_LEVEL_TEXT;
    struct buf header = {0};
    bool packed;

    buf_grow(out, CHUNK_HEADER_BYTES);
    packed = n >= 64 && deflate_to(raw, n, level, n - n / 16, out);
    if (!packed) {
        out->len = start + CHUNK_HEADER_BYTES;
        buf_put(out, raw, n);
    }
    u64 stored = out->len - start - CHUNK_HEADER_BYTES;
    buf_put_u32(&header, type);
    buf_put_u32(&header, packed ? CHUNK_ZLIB : 0);
    buf_put_u64(&header, n);
    buf_put_u64(&header, stored);
    u32 crc = chunk_crc_more(chunk_crc_start(header.data), out->data + start + CHUNK_HEADER_BYTES,
                             stored);
    buf_put_u32(&header, crc);
    memcpy(out->data + start, header.data, CHUNK_HEADER_BYTES);
    buf_fini(&header);
}

struct chunk_header chunk_parse_header(const u8 bytes[CHUNK_HEADER_BYTES])
{
    struct reader r = reader_of(bytes, CHUNK_HEADER_BYTES);
    struct chunk_header h;

    h.type = reader_u32(&r);
    h.flags = reader_u32(&r);
    h.raw_len = reader_u64(&r);
    h.stored_len = reader_u64(&r);
    h.crc = reader_u32(&r);
    return h;
}

static bool inflate_to(const u8 *stored, u64 n, u64 raw_len, struct buf *out)
{
    z_stream z = {0};
    size_t start = out->len;
    int rc;

    if (inflateInit(&z) != Z_OK)
        return false;
    do {
        if (!z.avail_in && n) {
            z.next_in = (u8 *)stored;
            z.avail_in = MIN(n, GiB);
            stored += z.avail_in;
            n -= z.avail_in;
        }
        z.next_out = buf_grow(out, PIECE);
        z.avail_out = PIECE;
        rc = inflate(&z, Z_NO_FLUSH);
        out->len -= z.avail_out;
    } while (rc == Z_OK && out->len - start <= raw_len);
    inflateEnd(&z);
    return rc == Z_STREAM_END && !z.avail_in && !n && out->len - start == raw_len;
}

bool chunk_decode(const struct chunk_header *h, const u8 *stored, u64 max, struct buf *out)
{
    if (h->raw_len > max || h->flags & ~(u32)CHUNK_ZLIB)
        return false;
    if (h->flags & CHUNK_ZLIB)
        return inflate_to(stored, h->stored_len, h->raw_len, out);
    if (h->raw_len != h->stored_len)
        return false;
    buf_put(out, stored, h->stored_len);
    return true;
}
