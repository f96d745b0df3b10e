/* fuzz_log.c - the reader of recordings, and what looks at them, with any file */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first byte chooses: 0: the rest is the file. Else the rest is a list of chunks, each its type's
 * number in the table below, two bytes of length, and its content; they are put into a file with
 * right checksums, with an index (1) or without (2), so that what is inside is looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/tlb.h"
#include "hostile.h"
#include "replay/chunk.h"
#include "replay/tools.h"

static const u32 types[] = {CHUNK_CONFIG,   CHUNK_SOURCES, CHUNK_EVENTS, CHUNK_DIGEST, CHUNK_OUTPUT,
                            CHUNK_SNAPSHOT, CHUNK_PAGES,   CHUNK_UNNAME, CHUNK_END};

static void build(const u8 *data, size_t n, struct buf *file)
{
    struct buf index = {0}, list = {0};
    struct reader in = reader_of(data, n);
    bool indexed = reader_u8(&in) == 1;
    u64 count = 0, last = 0;

    buf_put(file, REC_MAGIC, 8);
    buf_put_u32(file, REC_VERSION);
    buf_put_u32(file, 0);
    while (reader_left(&in)) {
        u32 type = types[reader_u8(&in) % ARRAY_SIZE(types)];
        size_t len = reader_u16(&in);
        len = MIN(len, reader_left(&in));
        buf_put_u32(&list, type);
        buf_put_varint(&list, file->len - last);
        last = file->len;
        count++;
        chunk_encode(NULL, type, reader_bytes(&in, len), len, file);
    }
    if (indexed) {
        u64 at = file->len;
        buf_put_varint(&index, count);
        buf_put(&index, list.data, list.len);
        chunk_encode(NULL, CHUNK_INDEX, index.data, index.len, file);
        buf_put_u64(file, at);
        buf_put(file, REC_TRAILER_MAGIC, 8);
    }
    buf_fini(&index);
    buf_fini(&list);
}

static void take_output(void *opaque, u64 icount, const u8 *data, u32 n)
{
    *(u64 *)opaque += icount + (n ? data[n - 1] : 0);
}

static void empty(struct buf *out)
{
    buf_clear(out);
}

static void look(struct rec_reader *r)
{
    struct tool_events f = {.to = NEVER, .flush = empty};
    struct buf out = {0};
    u64 sum = 0;
    bool differ;

    rec_check_chunks(r);
    tool_info(r, &out);
    tool_dump(r, &f, &out);
    f.json = true;
    f.sources = "serial,net";
    tool_dump(r, &f, &out);
    f.sources = NULL;
    CHECK(tool_compare(r, r, &f, &out, &differ) && !differ);
    tool_diff(r, r, NULL, &out);
    for (u32 port = 0; port < MACHINE_MAX_PORTS; port++)
        rec_each_output(r, port, take_output, &sum);
    buf_fini(&out);
}

static void load(struct rec_reader *r)
{
    struct hostile_board b;

    hostile_board_init(&b, false);
    struct snapshot_store *store = snapshot_store_new(b.m);
    for (u64 i = 0; i < MIN(rec_n_snapshots(r), (u64)8); i++) {
        struct snapshot *s = rec_load_snapshot(r, i, store);
        if (s && snapshot_restore(s))
            machine_digest(b.m);
        snapshot_unref(s);
    }
    snapshot_store_delete(store);
    hostile_board_fini(&b);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    struct buf file = {0};
    char path[64];
    int fd = memfd_create("log", 0);

    if (n && data[0])
        build(data, n, &file);
    else if (n)
        buf_put(&file, data + 1, n - 1);
    if (fd < 0 || (file.len && write(fd, file.data, file.len) != (ssize_t)file.len))
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct rec_reader *r = rec_open(path);
    if (r) {
        look(r);
        load(r);
        rec_close(r);
    }
    close(fd);
    buf_fini(&file);
    return 0;
}

static void put_chunk(struct buf *out, u32 type, const struct buf *content)
{
    u8 number = 0;
    while (types[number] != type)
        number++;
    buf_put_u8(out, number);
    buf_put_u16(out, content->len);
    buf_put(out, content->data, content->len);
}

static void put_small(struct buf *out, u32 type, const char *bytes, size_t n)
{
    struct buf b = {0};
    buf_put(&b, bytes, n);
    put_chunk(out, type, &b);
    buf_fini(&b);
}

#define SMALL(out, type, bytes) put_small(out, type, bytes, sizeof(bytes) - 1)

/* Of the small board: configuration, sources, events, a digest, output, a snapshot with a page, its
 * name's end, the end. */
size_t hostile_seed(u8 *data, size_t most)
{
    struct hostile_board b;
    struct buf out = {0}, config = {0}, pages = {0}, snap = {0};

    hostile_board_init(&b, false);
    config_save(&b.config, &config);
    ram_write(NULL, b.m->ram[0], 5 * PAGE_SIZE, "page", 4);
    struct snapshot_store *store = snapshot_store_new(b.m);
    struct snapshot *s = snapshot_take(store);
    snapshot_encode(s, NULL, &pages);

    buf_put_u8(&out, 1);
    put_chunk(&out, CHUNK_CONFIG, &config);
    SMALL(&out, CHUNK_SOURCES, "\x05\x06system\x08" "debugger\x07serial0\x05net:a\x08keyboard");
    SMALL(&out, CHUNK_EVENTS, "\x00\x04\x05\x02\x00\x03ls\r\x01\x00\x00\x01r\x02\x03\x00\x0e"
                              "RT\x00\x12\x34\x56RU\x0a\x00\x02\x02\x08\x06\x03\x04\x00\x02\x1e\x9e");
    SMALL(&out, CHUNK_DIGEST, "\x20\x01\x02\x03\x04\x05\x06\x07\x08");
    SMALL(&out, CHUNK_OUTPUT, "\x00\x03\x05hello\x02\x01!");
    buf_put(&snap, "\x00\x00", 2);
    buf_put_u64(&snap, snapshot_digest(s));
    buf_put(&snap, "\x04\x00\x04name\x05", 8);
    put_chunk(&out, CHUNK_SNAPSHOT, &snap);
    put_chunk(&out, CHUNK_PAGES, &pages);
    SMALL(&out, CHUNK_UNNAME, "\x00");
    SMALL(&out, CHUNK_END, "\x01\x40\x00\x00\x00\x00");

    snapshot_unref(s);
    snapshot_store_delete(store);
    hostile_board_fini(&b);
    size_t n = MIN(out.len, most);
    memcpy(data, out.data, n);
    buf_fini(&out);
    buf_fini(&config);
    buf_fini(&pages);
    buf_fini(&snap);
    return n;
}
