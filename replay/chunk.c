/* chunk.c - put a chunk of a recording into bytes, and get it back */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "replay/chunk.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "emu/check.h"

#define PIECE (256 * KiB)
#define LEVEL 1      /* pages: speed counts */
#define LEVEL_TEXT 3 /* everything else is small */
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

/* It is nothing but Zstandard's context. */
struct chunk_packer *chunk_packer_new(void)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();

    CHECK(z);
    return (struct chunk_packer *)z;
}

void chunk_packer_delete(struct chunk_packer *p)
{
    ZSTD_freeCCtx((ZSTD_CCtx *)p);
}

/* Appends the compressed form; false if that is longer than `most` bytes. */
static bool compress_to(struct chunk_packer *p, const void *raw, u64 n, int level, u64 most,
                        struct buf *out)
{
    size_t start = out->len, room = ZSTD_compressBound(n);
    u8 *to = buf_grow(out, room);
    size_t got = p ? ZSTD_compressCCtx((ZSTD_CCtx *)p, to, room, raw, n, level)
                   : ZSTD_compress(to, room, raw, n, level);

    CHECK(!ZSTD_isError(got)); /* the room is enough, and else it fails for lack of memory only */
    out->len = start + got;
    return got <= most;
}

void chunk_encode(struct chunk_packer *p, u32 type, const void *raw, u64 n, struct buf *out)
{
    size_t start = out->len;
    int level = type == CHUNK_PAGES ? LEVEL : LEVEL_TEXT;
    struct buf header = {0};
    bool packed;

    buf_grow(out, CHUNK_HEADER_BYTES);
    packed = n >= 64 && compress_to(p, raw, n, level, n - n / 16, out);
    if (!packed) {
        out->len = start + CHUNK_HEADER_BYTES;
        buf_put(out, raw, n);
    }
    u64 stored = out->len - start - CHUNK_HEADER_BYTES;
    buf_put_u32(&header, type);
    buf_put_u32(&header, packed ? CHUNK_ZSTD : 0);
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

/* In pieces: raw_len is what a hostile header says. One frame, and all of it. */
static bool decompress_to(const u8 *stored, u64 n, u64 raw_len, struct buf *out)
{
    ZSTD_DCtx *z = ZSTD_createDCtx();
    ZSTD_inBuffer in = {stored, n, 0};
    size_t start = out->len, left;
    bool stuck;

    CHECK(z);
    do {
        size_t was = in.pos;
        ZSTD_outBuffer piece = {buf_grow(out, PIECE), PIECE, 0};
        left = ZSTD_decompressStream(z, &piece, &in);
        out->len -= PIECE - piece.pos;
        stuck = in.pos == was && !piece.pos; /* the frame is cut short */
    } while (left && !ZSTD_isError(left) && !stuck && out->len - start <= raw_len);
    ZSTD_freeDCtx(z);
    return !left && in.pos == n && out->len - start == raw_len;
}

bool chunk_decode(const struct chunk_header *h, const u8 *stored, u64 max, struct buf *out)
{
    if (h->raw_len > max || h->flags & ~(u32)CHUNK_ZSTD)
        return false;
    if (h->flags & CHUNK_ZSTD)
        return decompress_to(stored, h->stored_len, h->raw_len, out);
    if (h->raw_len != h->stored_len)
        return false;
    buf_put(out, stored, h->stored_len);
    return true;
}
