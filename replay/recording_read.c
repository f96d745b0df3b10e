/* recording_read.c - open a recording, whole or cut short, and read what is in it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small things (configuration, events, digests, what snapshots there are) are read when the file is
 * opened; pages and console output when they are asked for. Every byte is hostile: lengths are
 * bounded before they are believed, and a chunk is used only if its CRC is right.
 *
 * A file without an end was cut short, and is used up to its last whole chunk. A chunk in the
 * middle whose CRC is wrong is another matter: that is damage, and an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/log.h"
#include "emu/machine.h"
#include "replay/chunk.h"
#include "replay/recording.h"
#include "replay/recording_media.h"

#define MAX_SOURCES 4096
#define MAX_EVENT_BYTES (2 * GiB) /* of all event chunks of a recording */
#define PIECE (1 * MiB)

struct chunk_ref {
    u32 type;
    u64 offset;
};

struct rec_snap {
    struct rec_snapshot s;
    u64 pages_at; /* offset of its CHUNK_PAGES */
};

struct rec_reader {
    char *path;
    int fd;
    u64 size;
    struct chunk_ref *chunk;
    u64 n_chunks, cap_chunks;

    bool complete;
    enum rec_end end;
    int code;
    u64 length;
    char *config;
    char **source;
    u32 n_sources;
    struct buf *events_raw; /* contents of event chunks; what events point into */
    u64 n_events_raw, event_bytes;
    struct door_event *event;
    u64 n_events, cap_events;
    struct rec_digest *digest;
    u64 n_digests, cap_digests;
    struct rec_snap *snap;
    u64 n_snaps, cap_snaps;
};

#define PUSH(array, n, cap)                                                                        \
    ((n) == (cap)                                                                                  \
         ? ((cap) = MAX((cap)*2, (u64)64), (array) = xrealloc((array), (cap) * sizeof(*(array))))  \
         : (array),                                                                                \
     &(array)[(n)++])

static bool damaged(const struct rec_reader *r, u64 offset, const char *what)
{
    return error_report("%s: the recording is damaged at byte %" PRIu64 " (%s); it cannot be used",
                        r->path, offset, what);
}

static bool read_at(const struct rec_reader *r, u64 offset, void *out, u64 n)
{
    u8 *p = out;
    while (n) {
        ssize_t k = pread(r->fd, p, MIN(n, GiB), offset);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        p += k;
        n -= k;
        offset += k;
    }
    return true;
}

/* Chunks in the file. */

enum chunk_find { FOUND_WHOLE, FOUND_CUT, FOUND_DAMAGED };

/* The chunk at offset: header into h, its stored bytes into out (NULL: only checked). */
static enum chunk_find find_chunk(const struct rec_reader *r, u64 offset, struct chunk_header *h,
                                  struct buf *out)
{
    u8 head[CHUNK_HEADER_BYTES], *piece;

    if (offset > r->size || r->size - offset < CHUNK_HEADER_BYTES ||
        !read_at(r, offset, head, sizeof(head)))
        return FOUND_CUT;
    *h = chunk_parse_header(head);
    if (!h->type)
        return FOUND_CUT; /* a file grown by a file system that then lost its content */
    offset += CHUNK_HEADER_BYTES;
    if (h->stored_len > r->size - offset)
        return FOUND_CUT;

    u32 crc = chunk_crc_start(head);
    piece = out ? NULL : xmalloc(PIECE);
    bool ok = true;
    for (u64 left = h->stored_len, n; ok && left; left -= n, offset += n) {
        n = MIN(left, PIECE);
        u8 *to = out ? buf_grow(out, n) : piece;
        ok = read_at(r, offset, to, n);
        crc = ok ? chunk_crc_more(crc, to, n) : 0;
    }
    free(piece);
    return ok && crc == h->crc ? FOUND_WHOLE : FOUND_DAMAGED;
}

/* The content of the chunk at offset; false (reported) unless it is a whole one of that type. */
static bool read_chunk(const struct rec_reader *r, u64 offset, u32 type, u64 max, struct buf *out)
{
    struct chunk_header h;
    struct buf stored = {0};
    const char *wrong = NULL;

    if (find_chunk(r, offset, &h, &stored) != FOUND_WHOLE)
        wrong = "a checksum is wrong";
    else if (h.type != type)
        wrong = "another kind of chunk is expected";
    else if (!chunk_decode(&h, stored.data, max, out))
        wrong = "a chunk cannot be unpacked";
    buf_fini(&stored);
    return wrong ? damaged(r, offset, wrong) : true;
}

static void add_chunk(struct rec_reader *r, u32 type, u64 offset)
{
    *PUSH(r->chunk, r->n_chunks, r->cap_chunks) = (struct chunk_ref){type, offset};
}

static bool scan(struct rec_reader *r)
{
    u64 offset = REC_HEADER_BYTES;

    r->n_chunks = 0;
    for (;;) {
        struct chunk_header h = {0};
        switch (find_chunk(r, offset, &h, NULL)) {
        case FOUND_CUT:
            return true;
        case FOUND_DAMAGED:
            return damaged(r, offset, "a checksum is wrong");
        case FOUND_WHOLE:
            add_chunk(r, h.type, offset);
            offset += CHUNK_HEADER_BYTES + h.stored_len;
            if (h.type == CHUNK_INDEX)
                return true;
        }
    }
}

/* Fills the list of chunks from the index; false (not reported) if there is no good one. */
static bool load_index(struct rec_reader *r)
{
    u8 trailer[REC_TRAILER_BYTES];
    struct buf raw = {0}, stored = {0};
    struct chunk_header h;

    if (r->size < REC_HEADER_BYTES + REC_TRAILER_BYTES ||
        !read_at(r, r->size - REC_TRAILER_BYTES, trailer, sizeof(trailer)) ||
        memcmp(trailer + 8, REC_TRAILER_MAGIC, 8))
        return false;
    struct reader in = reader_of(trailer, 8);
    u64 at = reader_u64(&in), offset = 0;
    bool ok = find_chunk(r, at, &h, &stored) == FOUND_WHOLE && h.type == CHUNK_INDEX &&
              at + CHUNK_HEADER_BYTES + h.stored_len == r->size - REC_TRAILER_BYTES &&
              chunk_decode(&h, stored.data, CHUNK_MAX_RAW, &raw);
    in = reader_of(raw.data, raw.len);
    u64 n = ok ? reader_varint(&in) : 0;
    for (u64 i = 0; ok && i < n; i++) {
        u32 type = reader_u32(&in);
        u64 delta = reader_varint(&in);
        ok = !in.bad && delta >= (i ? CHUNK_HEADER_BYTES : REC_HEADER_BYTES) && delta < at - offset;
        offset += delta;
        if (ok)
            add_chunk(r, type, offset);
    }
    ok = ok && n && !reader_left(&in) && r->chunk[n - 1].type == CHUNK_END;
    buf_fini(&raw);
    buf_fini(&stored);
    return ok;
}

/* What is in the chunks. Each takes the content and says what is wrong with it, or NULL. */

static const char *take_config(struct rec_reader *r, struct buf *raw)
{
    if (r->config)
        return "a second configuration";
    if (memchr(raw->data, 0, raw->len))
        return "ill-formed configuration";
    r->config = xstrdup(buf_cstr(raw));
    return NULL;
}

static const char *take_sources(struct rec_reader *r, struct buf *raw)
{
    struct reader in = reader_of(raw->data, raw->len);
    u64 n = reader_varint(&in);

    if (r->source || in.bad || n > MAX_SOURCES)
        return "ill-formed list of sources";
    r->source = xcalloc(n + 1, sizeof(*r->source));
    for (; r->n_sources < n; r->n_sources++)
        r->source[r->n_sources] = reader_str(&in);
    return in.bad ? "ill-formed list of sources" : NULL;
}

static const char *take_events(struct rec_reader *r, struct buf *raw)
{
    struct reader in = reader_of(raw->data, raw->len);
    struct door_event ev = {0};
    u64 first = reader_varint(&in), n = reader_varint(&in);

    if (first != r->n_events || n > raw->len)
        return "events are missing";
    for (u64 i = 0; i < n; i++) {
        u64 icount = reader_varint(&in), source = reader_varint(&in);
        u64 idle = reader_varint(&in), len = reader_varint(&in);
        if (in.bad || source >= r->n_sources || len > reader_left(&in) ||
            icount >= NEVER - ev.icount || idle >= NEVER - ev.idle_ns)
            return "ill-formed event";
        ev.icount += icount;
        ev.idle_ns += idle;
        ev.source = source;
        ev.len = len;
        ev.data = reader_bytes(&in, len);
        const struct door_event *before = r->n_events ? &r->event[r->n_events - 1] : NULL;
        if (before && (ev.icount < before->icount || ev.idle_ns < before->idle_ns))
            return "events are out of order";
        *PUSH(r->event, r->n_events, r->cap_events) = ev;
    }
    r->event_bytes += raw->len;
    if (in.bad || reader_left(&in) || r->event_bytes > MAX_EVENT_BYTES)
        return "ill-formed events";
    r->length = MAX(r->length, ev.icount);
    r->events_raw = xrealloc(r->events_raw, (r->n_events_raw + 1) * sizeof(*r->events_raw));
    r->events_raw[r->n_events_raw++] = *raw;
    *raw = (struct buf){0};
    return NULL;
}

static const char *take_digest(struct rec_reader *r, struct buf *raw)
{
    struct reader in = reader_of(raw->data, raw->len);
    struct rec_digest d;

    d.icount = reader_varint(&in);
    d.digest = reader_u64(&in);
    if (in.bad || reader_left(&in) || d.icount == NEVER ||
        (r->n_digests && d.icount <= r->digest[r->n_digests - 1].icount))
        return "ill-formed digest";
    *PUSH(r->digest, r->n_digests, r->cap_digests) = d;
    r->length = MAX(r->length, d.icount);
    return NULL;
}

static const char *take_snapshot(struct rec_reader *r, struct buf *raw, u64 pages_at)
{
    struct reader in = reader_of(raw->data, raw->len);
    struct rec_snap p = {.pages_at = pages_at};
    u64 index = reader_varint(&in), parent;

    p.s.icount = reader_varint(&in);
    p.s.digest = reader_u64(&in);
    p.s.events = reader_varint(&in);
    parent = reader_varint(&in);
    char *name = reader_str(&in);
    strncpy(p.s.name, name, sizeof(p.s.name) - 1);
    free(name);
    p.s.idle_ns = reader_left(&in) ? reader_varint(&in) : NEVER;
    if (in.bad || reader_left(&in) || index != r->n_snaps || parent > r->n_snaps ||
        p.s.events > r->n_events || p.s.icount == NEVER)
        return "ill-formed snapshot";
    p.s.parent = (i64)parent - 1;
    p.s.file_offset = pages_at;
    *PUSH(r->snap, r->n_snaps, r->cap_snaps) = p;
    r->length = MAX(r->length, p.s.icount);
    return NULL;
}

static const char *take_unname(struct rec_reader *r, struct buf *raw)
{
    struct reader in = reader_of(raw->data, raw->len);
    u64 index = reader_varint(&in);

    if (in.bad || index >= r->n_snaps)
        return "ill-formed removal of a snapshot's name";
    r->snap[index].s.name[0] = 0;
    return NULL;
}

static const char *take_end(struct rec_reader *r, struct buf *raw)
{
    struct reader in = reader_of(raw->data, raw->len);
    u8 end = reader_u8(&in);
    u64 icount = reader_varint(&in);

    r->code = (int)reader_u32(&in);
    if (in.bad || end == REC_END_CUT_SHORT || end > REC_END_HALTED || icount < r->length ||
        icount == NEVER)
        return "ill-formed end";
    r->end = end;
    r->length = icount;
    r->complete = true;
    return NULL;
}

static bool is_small(u32 type)
{
    switch (type) {
    case CHUNK_CONFIG:
    case CHUNK_SOURCES:
    case CHUNK_EVENTS:
    case CHUNK_DIGEST:
    case CHUNK_SNAPSHOT:
    case CHUNK_UNNAME:
    case CHUNK_END:
        return true;
    default:
        return false;
    }
}

static bool take_chunk(struct rec_reader *r, u64 i)
{
    struct chunk_ref c = r->chunk[i];
    const struct chunk_ref *next = i + 1 < r->n_chunks ? &r->chunk[i + 1] : NULL;
    struct buf raw = {0};
    const char *wrong = NULL;

    if (!is_small(c.type))
        return true;
    if (c.type == CHUNK_SNAPSHOT && !next)
        return true; /* cut off before its pages */
    if (!read_chunk(r, c.offset, c.type, CHUNK_MAX_RAW, &raw)) {
        buf_fini(&raw);
        return false;
    }
    if (!raw.len)
        wrong = "an empty chunk";
    else if (c.type != CHUNK_CONFIG && !r->config)
        wrong = "the configuration is missing";
    else if (c.type != CHUNK_CONFIG && c.type != CHUNK_SOURCES && !r->source)
        wrong = "the list of sources is missing";
    else if (r->complete)
        wrong = "more after the end";
    else if (c.type == CHUNK_CONFIG)
        wrong = take_config(r, &raw);
    else if (c.type == CHUNK_SOURCES)
        wrong = take_sources(r, &raw);
    else if (c.type == CHUNK_EVENTS)
        wrong = take_events(r, &raw);
    else if (c.type == CHUNK_DIGEST)
        wrong = take_digest(r, &raw);
    else if (c.type == CHUNK_SNAPSHOT && next->type != CHUNK_PAGES)
        wrong = "a snapshot without pages";
    else if (c.type == CHUNK_SNAPSHOT)
        wrong = take_snapshot(r, &raw, next->offset);
    else if (c.type == CHUNK_UNNAME)
        wrong = take_unname(r, &raw);
    else
        wrong = take_end(r, &raw);
    buf_fini(&raw);
    return wrong ? damaged(r, c.offset, wrong) : true;
}

static u64 chunk_end(const struct rec_reader *r, u64 offset)
{
    for (u64 i = 0; i + 1 < r->n_chunks; i++)
        if (r->chunk[i].offset == offset)
            return r->chunk[i + 1].offset;
    return r->size;
}

static bool open_file(struct rec_reader *r)
{
    u8 head[REC_HEADER_BYTES];
    struct stat st;

    r->fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not to wait for a fifo's writer */
    if (r->fd < 0)
        return error_report("%s: cannot open the recording: %s", r->path, strerror(errno));
    if (fstat(r->fd, &st) || !S_ISREG(st.st_mode))
        return error_report("%s: not a recording (not a regular file)", r->path);
    r->size = st.st_size;
    if (r->size < sizeof(head) || !read_at(r, 0, head, sizeof(head)) || memcmp(head, REC_MAGIC, 8))
        return error_report("%s: not a recording of Hindsight's", r->path);
    struct reader in = reader_of(head + 8, 8);
    u32 version = reader_u32(&in), flags = reader_u32(&in);
    if (version != REC_VERSION || flags)
        return error_report("%s: a recording of format version %u; this program knows version %u",
                            r->path, version, REC_VERSION);
    return true;
}

static bool load(struct rec_reader *r)
{
    if (!open_file(r))
        return false;
    bool indexed = load_index(r);
    if (!indexed && !scan(r))
        return false;
    for (u64 i = 0; i < r->n_chunks; i++)
        if (!take_chunk(r, i))
            return false;
    if (!r->source)
        return error_report("%s: the recording ends before its configuration; nothing was recorded",
                            r->path);
    for (u64 i = 0; i < r->n_snaps; i++)
        r->snap[i].s.file_bytes = chunk_end(r, r->snap[i].pages_at) - r->snap[i].pages_at;
    if (!indexed && rec_end(r) != REC_END_CUT_SHORT)
        notice("%s: the index at the end is damaged or missing; nothing else is lost", r->path);
    return true;
}

struct rec_reader *rec_open(const char *path)
{
    struct rec_reader *r = xcalloc(1, sizeof(*r));

    r->path = xstrdup(path);
    r->fd = -1;
    if (load(r))
        return r;
    rec_close(r);
    return NULL;
}

void rec_close(struct rec_reader *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    for (u32 i = 0; i < r->n_sources; i++)
        free(r->source[i]);
    for (u64 i = 0; i < r->n_events_raw; i++)
        buf_fini(&r->events_raw[i]);
    free(r->source);
    free(r->events_raw);
    free(r->event);
    free(r->digest);
    free(r->snap);
    free(r->chunk);
    free(r->config);
    free(r->path);
    free(r);
}

const char *rec_path(const struct rec_reader *r)
{
    return r->path;
}

enum rec_end rec_end(const struct rec_reader *r)
{
    return r->complete ? r->end : REC_END_CUT_SHORT;
}

int rec_end_code(const struct rec_reader *r)
{
    return r->code;
}

u64 rec_length(const struct rec_reader *r)
{
    return r->length;
}

u64 rec_file_bytes(const struct rec_reader *r)
{
    return r->size;
}

const char *rec_config_text(const struct rec_reader *r)
{
    return r->config;
}

bool rec_config(struct rec_reader *r, struct machine_config *cfg)
{
    return config_load(cfg, r->config, strlen(r->config)) && rec_media(r, cfg);
}

u32 rec_n_sources(const struct rec_reader *r)
{
    return r->n_sources;
}

const char *rec_source_name(const struct rec_reader *r, u32 source)
{
    return source < r->n_sources ? r->source[source] : "unknown";
}

u64 rec_n_events(const struct rec_reader *r)
{
    return r->n_events;
}

u64 rec_event_bytes(const struct rec_reader *r)
{
    return r->event_bytes;
}

bool rec_event(struct rec_reader *r, u64 index, struct door_event *ev)
{
    if (index >= r->n_events)
        return false;
    *ev = r->event[index];
    return true;
}

u64 rec_n_digests(const struct rec_reader *r)
{
    return r->n_digests;
}

struct rec_digest rec_digest(const struct rec_reader *r, u64 index)
{
    CHECK(index < r->n_digests);
    return r->digest[index];
}

u64 rec_n_snapshots(const struct rec_reader *r)
{
    return r->n_snaps;
}

struct rec_snapshot rec_snapshot(const struct rec_reader *r, u64 index)
{
    CHECK(index < r->n_snaps);
    return r->snap[index].s;
}

struct snapshot *rec_load_link(struct rec_reader *r, u64 index, struct snapshot *parent,
                               struct snapshot_store *store)
{
    CHECK(index < r->n_snaps);
    const struct rec_snap *p = &r->snap[index];
    struct buf raw = {0};
    struct snapshot *s = NULL;

    CHECK(!parent == (p->s.parent < 0));
    if (read_chunk(r, p->pages_at, CHUNK_PAGES, snapshot_encoded_max(store), &raw)) {
        struct reader in = reader_of(raw.data, raw.len);
        s = snapshot_decode(store, parent, &in);
        if (!s || reader_left(&in) || snapshot_icount(s) != p->s.icount) {
            damaged(r, p->pages_at, "a snapshot does not fit this machine");
            snapshot_unref(s);
            s = NULL;
        }
    }
    buf_fini(&raw);
    return s;
}

struct snapshot *rec_load_snapshot(struct rec_reader *r, u64 index, struct snapshot_store *store)
{
    CHECK(index < r->n_snaps);
    u64 n = 0, *chain = xcalloc(index + 1, sizeof(*chain));
    struct snapshot *s = NULL;

    for (i64 i = index; i >= 0; i = r->snap[i].s.parent)
        chain[n++] = i; /* parents are older: this ends */
    while (n--) {
        struct snapshot *next = rec_load_link(r, chain[n], s, store);
        snapshot_unref(s);
        s = next;
        if (!s)
            break;
    }
    free(chain);
    return s;
}

static bool output_runs(struct reader *in, void (*fn)(void *, u64, const u8 *, u32), void *opaque)
{
    u64 icount = 0;

    while (reader_left(in)) {
        icount += reader_varint(in);
        u64 n = reader_varint(in);
        const u8 *data = n <= reader_left(in) ? reader_bytes(in, n) : NULL;
        if (in->bad || !data)
            return false;
        fn(opaque, icount, data, n);
    }
    return true;
}

bool rec_each_output(struct rec_reader *r, u32 port,
                     void (*fn)(void *opaque, u64 icount, const u8 *data, u32 n), void *opaque)
{
    for (u64 i = 0; i < r->n_chunks; i++) {
        struct buf raw = {0};
        if (r->chunk[i].type != CHUNK_OUTPUT)
            continue;
        bool ok = read_chunk(r, r->chunk[i].offset, CHUNK_OUTPUT, CHUNK_MAX_RAW, &raw);
        struct reader in = reader_of(raw.data, raw.len);
        if (ok && reader_varint(&in) == port && !output_runs(&in, fn, opaque))
            ok = damaged(r, r->chunk[i].offset, "ill-formed console output");
        buf_fini(&raw);
        if (!ok)
            return false;
    }
    return true;
}

bool rec_check_chunks(struct rec_reader *r)
{
    for (u64 i = 0; i < r->n_chunks; i++) {
        struct chunk_header h;
        if (find_chunk(r, r->chunk[i].offset, &h, NULL) != FOUND_WHOLE ||
            h.type != r->chunk[i].type)
            return damaged(r, r->chunk[i].offset, "a checksum is wrong");
    }
    return true;
}
