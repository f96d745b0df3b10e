/* chunk.h - inside replay/: the chunks a recording file is made of */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* docs/recording-format.md describes every byte. */
#ifndef REPLAY_CHUNK_H
#define REPLAY_CHUNK_H

#include "emu/buf.h"
#include "emu/types.h"

#define REC_MAGIC "\x89HSREC\r\n" /* 8 bytes; a transfer as text would damage it visibly */
#define REC_VERSION 3u
#define REC_HEADER_BYTES 16u
#define REC_TRAILER_MAGIC "HSINDEX\n"
#define REC_TRAILER_BYTES 16u
#define CHUNK_HEADER_BYTES 28u

#define CHUNK_TYPE(a, b, c, d) ((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16 | (u32)(d) << 24)
enum chunk_type {
    CHUNK_CONFIG = CHUNK_TYPE('C', 'O', 'N', 'F'),
    CHUNK_SOURCES = CHUNK_TYPE('S', 'R', 'C', 'S'),
    CHUNK_EVENTS = CHUNK_TYPE('E', 'V', 'N', 'T'),
    CHUNK_DIGEST = CHUNK_TYPE('D', 'G', 'S', 'T'),
    CHUNK_OUTPUT = CHUNK_TYPE('O', 'U', 'T', 'P'),
    CHUNK_SNAPSHOT = CHUNK_TYPE('S', 'N', 'A', 'P'),
    CHUNK_PAGES = CHUNK_TYPE('P', 'A', 'G', 'E'), /* right behind its SNAP */
    CHUNK_UNNAME = CHUNK_TYPE('U', 'N', 'A', 'M'),
    CHUNK_END = CHUNK_TYPE('E', 'N', 'D', '.'),
    CHUNK_INDEX = CHUNK_TYPE('I', 'N', 'D', 'X'),
};

enum chunk_flag { CHUNK_ZSTD = 1 };

/* Bound of a chunk's content before compression, but for CHUNK_PAGES. */
#define CHUNK_MAX_RAW (64 * MiB)

struct chunk_header {
    u32 type, flags;
    u64 raw_len, stored_len;
    u32 crc;
};

/* Appends header and content to out, compressed if that is smaller. With a packer, which may be
 * NULL, the next chunk needs no new memory to be compressed. */
struct chunk_packer;
struct chunk_packer *chunk_packer_new(void);
void chunk_packer_delete(struct chunk_packer *p);
void chunk_encode(struct chunk_packer *p, u32 type, const void *raw, u64 n, struct buf *out);
struct chunk_header chunk_parse_header(const u8 bytes[CHUNK_HEADER_BYTES]);
/* CRC of header and stored content, as the header should have it; content may come in pieces. */
u32 chunk_crc_start(const u8 bytes[CHUNK_HEADER_BYTES]);
u32 chunk_crc_more(u32 crc, const void *data, u64 n);
/* The content of a chunk whose CRC is right, appended to out; false when it is ill-formed or longer
 * than max. */
bool chunk_decode(const struct chunk_header *h, const u8 *stored, u64 max, struct buf *out);

#endif
