/* test_recording.c - the file: what is put in is read back, and bad files end in a sentence */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common_guest.h"
#include "emu/tlb.h"
#include "replay/chunk.h"
#include "replay/tools.h"

#define STEPS 30000u

static void put_events(struct rec_writer *w, int n)
{
    u8 data[300];
    u64 seed = 1, icount = 0, idle = 0;
    for (int i = 0; i < n; i++) {
        icount += random_below(&seed, 100000);
        idle += random_below(&seed, 3) ? 0 : random_below(&seed, 1000);
        u32 len = random_below(&seed, sizeof(data));
        memset(data, i, sizeof(data));
        struct door_event ev = {icount, idle, i % 3, len, data};
        cr_assert(rec_put_event(w, &ev));
    }
}

static void collect(void *opaque, u64 icount, const u8 *data, u32 n)
{
    (void)icount;
    buf_put(opaque, data, n);
}

Test(recording, everything_is_read_back)
{
    char *path = temp_path("all");
    struct small g;
    struct buf out = {0};
    guest_new(&g, GUEST_LOOP);
    struct rec_writer *w = rec_create(path, &g.config, g.m->door);
    put_events(w, 500);
    for (int i = 0; i < 10000; i++)
        cr_assert(rec_put_output(w, 0, i * 100, &(u8){i}, 1));
    cr_assert(rec_put_digest(w, 7, 0x1122334455667788));
    cr_assert(rec_put_digest(w, 8, 9));
    cr_assert(rec_finish(w, REC_END_EXIT, 100000000, -5));

    struct rec_reader *r = rec_open(path);
    cr_assert(r != NULL);
    cr_assert_eq(rec_end(r), REC_END_EXIT);
    cr_assert_eq(rec_end_code(r), -5);
    cr_assert_eq(rec_length(r), 100000000);
    cr_assert_eq(rec_n_events(r), 500);
    u64 seed = 1, icount = 0, idle = 0;
    for (int i = 0; i < 500; i++) {
        struct door_event ev;
        cr_assert(rec_event(r, i, &ev));
        icount += random_below(&seed, 100000);
        idle += random_below(&seed, 3) ? 0 : random_below(&seed, 1000);
        cr_assert_eq(ev.icount, icount);
        cr_assert_eq(ev.idle_ns, idle);
        cr_assert_eq(ev.source, i % 3);
        cr_assert_eq(ev.len, random_below(&seed, 300));
        for (u32 k = 0; k < ev.len; k++)
            cr_assert_eq(ev.data[k], (u8)i);
    }
    cr_assert_eq(rec_n_digests(r), 2);
    cr_assert_eq(rec_digest(r, 0).digest, 0x1122334455667788);
    cr_assert(rec_each_output(r, 0, collect, &out));
    cr_assert_eq(out.len, 10000);
    for (int i = 0; i < 10000; i++)
        cr_assert_eq(out.data[i], (u8)i);
    cr_assert(rec_check_chunks(r));
    rec_close(r);
    buf_fini(&out);
    small_delete(&g);
    unlink(path);
    free(path);
}

Test(recording, flushes_do_not_show)
{
    char *path[2] = {temp_path("f0"), temp_path("f1")};
    struct buf file[2] = {{0}};
    for (int k = 0; k < 2; k++) {
        struct small g;
        guest_new(&g, GUEST_LOOP);
        struct rec_writer *w = rec_create(path[k], &g.config, g.m->door);
        for (u64 i = 0; i < 300; i++) {
            struct door_event ev = {i * 1000, i / 7, 2, 1, (const u8 *)"x"};
            rec_put_event(w, &ev);
            if (k && i % 7 == 6) /* the machine idles now */
                rec_flush(w);
            if (i % 10 == 0)
                rec_put_output(w, 0, i * 1000, (const u8 *)"hello", 5);
            if (i % 50 == 0)
                rec_put_digest(w, i * 1000, i);
        }
        cr_assert(rec_finish(w, REC_END_QUIT, 300000, 0));
        small_delete(&g);
        read_file(path[k], &file[k]);
        unlink(path[k]);
        free(path[k]);
    }
    cr_assert_eq(file[0].len, file[1].len);
    cr_assert(!memcmp(file[0].data, file[1].data, file[0].len));
    buf_fini(&file[0]);
    buf_fini(&file[1]);
}

Test(recording, two_recordings_are_one_file)
{
    char *a = temp_path("a"), *b = temp_path("b");
    struct buf x = {0}, y = {0};
    record_to(a, GUEST_LOOP, STEPS, test_options(), true);
    record_to(b, GUEST_LOOP, STEPS, test_options(), true);
    read_file(a, &x);
    read_file(b, &y);
    cr_assert_eq(x.len, y.len);
    cr_assert(!memcmp(x.data, y.data, x.len));
    struct rec_reader *r = rec_open(a);
    cr_assert_geq(rec_n_snapshots(r), 3);
    cr_assert_geq(rec_n_digests(r), 14);
    rec_close(r);
    buf_fini(&x);
    buf_fini(&y);
    unlink(a);
    unlink(b);
    free(a);
    free(b);
}

/* History kept for a debugger or not: the same file. */
Test(recording, without_history_the_same)
{
    char *a = temp_path("a"), *b = temp_path("b");
    struct buf x = {0}, y = {0};
    struct timeline_options o = *test_options();
    record_to(a, GUEST_LOOP, STEPS, &o, true);
    o.history = false;
    record_to(b, GUEST_LOOP, STEPS, &o, true);
    read_file(a, &x);
    read_file(b, &y);
    cr_assert_eq(x.len, y.len);
    cr_assert(!memcmp(x.data, y.data, x.len));
    buf_fini(&x);
    buf_fini(&y);
    unlink(a);
    unlink(b);
    free(a);
    free(b);
}

/* 0: refused when opened; 1: verified; 2: verify says no. */
static int verify(const char *path, enum guest_kind kind)
{
    struct rec_reader *r = rec_open(path);
    struct buf out = {0};
    struct small g;
    struct machine_config cfg;
    if (!r)
        return 0;
    config_init(&cfg);
    rec_config(r, &cfg);
    tool_info(r, &out);
    tool_dump(r, &(struct tool_events){.to = NEVER, .json = true}, &out);
    tool_dump(r, &(struct tool_events){.to = NEVER}, &out);
    config_fini(&cfg);
    guest_new(&g, kind);
    bool ok = tool_verify(r, g.m, &out);
    /* And to the end by way of the snapshots in the file. */
    struct timeline *t = timeline_new_replay(g.m, r, test_options());
    if (t) {
        timeline_seek(t, rec_length(r));
        timeline_seek(t, rec_length(r) / 2);
    }
    timeline_delete(t);
    rec_close(r);
    small_delete(&g);
    buf_fini(&out);
    return ok ? 1 : 2;
}

Test(recording, cut_short_anywhere)
{
    char *path = temp_path("cut"), *cut = temp_path("cut2");
    struct buf file = {0};
    u64 seed = 4, last = 0, at = REC_HEADER_BYTES;
    int opened = 0, tried = 0;

    silence();
    record_to(path, GUEST_IDLER, STEPS, test_options(), true);
    read_file(path, &file);
    while (at < file.len) { /* at each chunk's beginning, and somewhere in it */
        struct chunk_header h = chunk_parse_header(file.data + at);
        u64 next = at + CHUNK_HEADER_BYTES + h.stored_len;
        for (int k = 0; k < 2; k++) {
            u64 n = k ? at + 1 + random_below(&seed, next - at - 1) : at;
            write_file(cut, file.data, n);
            struct rec_reader *r = rec_open(cut);
            tried++;
            if (!r)
                continue;
            opened++;
            bool complete = rec_end(r) != REC_END_CUT_SHORT;
            cr_assert(h.type == CHUNK_INDEX || !complete);
            cr_assert_geq(rec_length(r), last, "an event was lost");
            last = rec_length(r);
            rec_close(r);
            cr_assert_eq(verify(cut, GUEST_IDLER), 1, "cut at %lu", n);
        }
        at = h.type == CHUNK_INDEX ? file.len : next;
    }
    cr_assert_geq(opened, tried - 5); /* only without configuration and sources it cannot be used */
    cr_assert_eq(last, STEPS);
    buf_fini(&file);
    unlink(path);
    unlink(cut);
    free(path);
    free(cut);
}

Test(recording, flipped_bits)
{
    char *path = temp_path("flip"), *bad = temp_path("flip2");
    struct buf file = {0};
    u64 seed = 8;
    int outcome[3] = {0};

    silence();
    record_to(path, GUEST_LOOP, STEPS, test_options(), true);
    read_file(path, &file);
    for (int i = 0; i < 500; i++) {
        u32 where = random_below(&seed, file.len), bit = 1u << random_below(&seed, 8);
        file.data[where] ^= bit;
        write_file(bad, file.data, file.len);
        file.data[where] ^= bit;
        outcome[verify(bad, GUEST_LOOP)]++;
    }
    cr_assert_gt(outcome[0], 0);
    cr_assert_lt(outcome[1], 100, "%d of 500 flips were not noticed", outcome[1]);
    buf_fini(&file);
    unlink(path);
    unlink(bad);
    free(path);
    free(bad);
}

/* Chunks with a right CRC and random content: whoever wrote this file meant harm. */
Test(recording, hostile_chunks)
{
    char *path = temp_path("evil"), *bad = temp_path("evil2");
    struct buf file = {0};
    u64 seed = 15;

    silence();
    record_to(path, GUEST_LOOP, STEPS, test_options(), true);
    read_file(path, &file);
    for (int i = 0; i < 300; i++) {
        struct buf out = {0};
        buf_put(&out, file.data, REC_HEADER_BYTES);
        for (u64 at = REC_HEADER_BYTES; at < file.len - REC_TRAILER_BYTES;) {
            struct chunk_header h = chunk_parse_header(file.data + at);
            struct buf raw = {0};
            cr_assert(chunk_decode(&h, file.data + at + CHUNK_HEADER_BYTES, NEVER, &raw));
            if (h.type != CHUNK_CONFIG && raw.len && !random_below(&seed, 12))
                raw.data[random_below(&seed, raw.len)] = random_below(&seed, 256);
            if (h.type != CHUNK_INDEX)
                chunk_encode(NULL, h.type, raw.data, raw.len, &out);
            buf_fini(&raw);
            at += CHUNK_HEADER_BYTES + h.stored_len;
        }
        write_file(bad, out.data, out.len);
        buf_fini(&out);
        verify(bad, GUEST_LOOP);
    }
    buf_fini(&file);
    unlink(path);
    unlink(bad);
    free(path);
    free(bad);
}

Test(recording, foreign_files)
{
    char *path = temp_path("foreign");
    silence();
    cr_assert_null(rec_open("/nonexistent/file"));
    cr_assert_null(rec_open("/tmp"));
    write_file(path, "", 0);
    cr_assert_null(rec_open(path));
    write_file(path,
               "\x7f"
               "ELF and more than sixteen bytes",
               30);
    cr_assert_null(rec_open(path));
    write_file(path, REC_MAGIC "\x02\0\0\0\0\0\0\0", 16);
    cr_assert_null(rec_open(path));
    unlink(path);
    free(path);
}

/* A recording of another guest does not replay, and verify names where and what. */
Test(recording, a_divergence_is_located)
{
    char *path = temp_path("diverged");
    struct buf out = {0};
    struct small g;
    silence();
    record_to(path, GUEST_LOOP, STEPS, test_options(), false);
    struct rec_reader *r = rec_open(path);
    guest_new(&g, GUEST_LOOP);
    /* The same at the start, but not after the first time that this byte of code is looked at
     * again. */
    struct timeline *t = timeline_new_replay(g.m, r, test_options());
    timeline_forward(t, 5000);
    ram_write(&g.cpu->base, g.ram, 0x5555, "!", 1);
    struct move mv = timeline_forward(t, NEVER);
    cr_assert_eq(mv.end, MOVE_FAILED);
    cr_assert_eq(timeline_now(t), 6144); /* the next digest */
    cr_assert_eq(timeline_last_good(t), 4096);
    cr_assert(timeline_divergence(t) != NULL);
    mv = timeline_seek(t, 20000); /* and from the beginning all is well */
    timeline_seek(t, 3000);
    cr_assert_eq(timeline_seek(t, 20000).end, MOVE_STOP);
    timeline_delete(t);
    rec_close(r);
    small_delete(&g);
    buf_fini(&out);
    unlink(path);
    free(path);
}

/* The machine of the first of two recordings, or of the other. */
struct kinds {
    const char *first;
    enum guest_kind kind[2];
};

static struct machine *make(void *opaque, struct rec_reader *r)
{
    const struct kinds *k = opaque;
    struct small *g = calloc(1, sizeof(*g));
    guest_new(g, k->kind[strcmp(rec_path(r), k->first) != 0]);
    return g->m;
}

static void drop(void *opaque, struct machine *m)
{
    (void)opaque;
    (void)m; /* the test program ends soon */
}

Test(recording, diff_in_words)
{
    char *a = temp_path("da"), *b = temp_path("db");
    struct kinds kinds = {a, {GUEST_LOOP, GUEST_LOOP}};
    struct tool_maker mk = {make, drop, &kinds};
    struct buf out = {0};
    silence();
    record_to(a, GUEST_LOOP, STEPS, test_options(), true);
    record_to(b, GUEST_LOOP, STEPS, test_options(), true);
    struct rec_reader *x = rec_open(a), *y = rec_open(b);
    cr_assert(!tool_diff(x, y, &mk, &out), "%s", buf_cstr(&out));
    rec_close(y);
    record_to(b, GUEST_LOOP, STEPS, test_options(), false);
    y = rec_open(b);
    cr_assert(tool_diff(x, y, &mk, &out));
    cr_assert(strstr(buf_cstr(&out), "input event"), "%s", buf_cstr(&out));
    rec_close(x);
    rec_close(y);
    buf_fini(&out);
    unlink(a);
    unlink(b);
    free(a);
    free(b);
}

/* A machine that is not deterministic, or another version: the input is the same, what comes of it
 * is not. */
Test(recording, diff_finds_the_step)
{
    char *a = temp_path("sa"), *b = temp_path("sb");
    struct kinds kinds = {a, {GUEST_PLAIN, GUEST_DEAF}};
    struct tool_maker mk = {make, drop, &kinds};
    struct buf out = {0};
    silence();
    record_to(a, GUEST_PLAIN, STEPS, test_options(), false);
    record_to(b, GUEST_DEAF, STEPS, test_options(), false);
    struct rec_reader *x = rec_open(a), *y = rec_open(b);
    cr_assert(tool_diff(x, y, &mk, &out));
    /* 20000 ns are 2500 steps. */
    cr_assert(strstr(buf_cstr(&out), "equal at icount 2048, different at 4096"), "%s",
              buf_cstr(&out));
    cr_assert(strstr(buf_cstr(&out), "from icount 2499 to 2500"), "%s", buf_cstr(&out));
    cr_assert(strstr(buf_cstr(&out), "cpu.lines: 0x1, 0"), "%s", buf_cstr(&out));
    rec_close(x);
    rec_close(y);
    buf_fini(&out);
    unlink(a);
    unlink(b);
    free(a);
    free(b);
}

Test(recording, verify_names_interval_and_fields)
{
    char *path = temp_path("bad");
    struct buf out = {0};
    struct small g;
    silence();
    record_to(path, GUEST_PLAIN, STEPS, test_options(), false);
    struct rec_reader *r = rec_open(path);
    guest_new(&g, GUEST_DEAF);
    cr_assert(!tool_verify(r, g.m, &out));
    cr_assert(strstr(buf_cstr(&out), "after icount 2048 and not after 4096"), "%s", buf_cstr(&out));
    cr_assert(strstr(buf_cstr(&out), "at icount 8192, replayed and recorded state differ"), "%s",
              buf_cstr(&out));
    cr_assert(strstr(buf_cstr(&out), "cpu.r[0]"), "%s", buf_cstr(&out));
    rec_close(r);
    small_delete(&g);
    buf_fini(&out);
    unlink(path);
    free(path);
}

Test(recording, a_full_disk)
{
    char *path = temp_path("full");
    struct rlimit limit = {20000, 20000};
    struct small g;
    silence();
    guest_new(&g, GUEST_LOOP);
    cr_assert_null(rec_create("/dev/full", &g.config, g.m->door));
    cr_assert_null(rec_create("/nonexistent/file", &g.config, g.m->door));
    signal(SIGXFSZ, SIG_IGN);
    struct rec_writer *w = rec_create(path, &g.config, g.m->door);
    struct timeline *t = timeline_new_live(g.m, w, test_options());
    setrlimit(RLIMIT_FSIZE, &limit);
    struct move mv = timeline_forward(t, 10000000);
    cr_assert_eq(mv.end, MOVE_FAILED);
    cr_assert(!timeline_finish(t));
    timeline_delete(t);
    small_delete(&g);
    struct rec_reader *r = rec_open(path);
    cr_assert(r != NULL, "what was written is good");
    cr_assert_eq(rec_end(r), REC_END_CUT_SHORT);
    rec_close(r);
    unlink(path);
    free(path);
}
