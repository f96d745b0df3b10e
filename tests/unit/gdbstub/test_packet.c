/* test_packet.c - framing and arguments of packets, hostile ones too */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "gdbstub/gdb_args.h"
#include "gdbstub/gdb_packet.h"

static enum gdb_packet_event feed(struct gdb_packet_reader *r, const void *data, size_t n)
{
    enum gdb_packet_event last = PACKET_NOTHING;
    for (size_t i = 0; i < n; i++) {
        enum gdb_packet_event e = gdb_packet_byte(r, ((const u8 *)data)[i]);
        if (e != PACKET_NOTHING)
            last = e;
    }
    return last;
}

static enum gdb_packet_event feed_text(struct gdb_packet_reader *r, const char *text)
{
    return feed(r, text, strlen(text));
}

Test(packet, what_is_framed_is_read_back)
{
    struct gdb_packet_reader r;
    struct buf wire = {0};
    u8 all[512];
    for (unsigned i = 0; i < sizeof(all); i++)
        all[i] = i;
    gdb_packet_init(&r);
    gdb_packet_frame(&wire, all, sizeof(all));
    cr_assert_eq(feed(&r, wire.data, wire.len), PACKET_COMPLETE);
    cr_assert_eq(r.data.len, sizeof(all));
    cr_assert_arr_eq(r.data.data, all, sizeof(all));
    for (size_t i = 1; i + 3 < wire.len; i++)
        cr_assert(!strchr("$#*", wire.data[i]) || !wire.data[i], "byte %zu is not escaped", i);
    buf_fini(&wire);
    gdb_packet_fini(&r);
}

Test(packet, checksums_and_single_bytes)
{
    struct gdb_packet_reader r;
    gdb_packet_init(&r);
    cr_assert_eq(feed_text(&r, "$m0,4#fd"), PACKET_COMPLETE);
    cr_assert_eq(feed_text(&r, "$m0,4#fc"), PACKET_BAD_SUM);
    cr_assert_eq(feed_text(&r, "$m0,4#xd"), PACKET_BAD_SUM);
    cr_assert_eq(feed_text(&r, "+"), PACKET_ACK);
    cr_assert_eq(feed_text(&r, "-"), PACKET_NAK);
    cr_assert_eq(feed_text(&r, "\x03"), PACKET_INTERRUPT);
    cr_assert_eq(feed_text(&r, "junk"), PACKET_NOTHING);
    cr_assert_eq(feed_text(&r, "$cut$?#3f"), PACKET_COMPLETE, "a packet that was cut is dropped");
    cr_assert_eq(r.data.len, 1);
    cr_assert_eq(feed_text(&r, "$#00"), PACKET_COMPLETE);
    cr_assert_eq(r.data.len, 0);
    gdb_packet_fini(&r);
}

Test(packet, too_long_is_refused_and_the_next_is_read)
{
    struct gdb_packet_reader r;
    u8 sum = 0;
    char tail[8];
    gdb_packet_init(&r);
    feed_text(&r, "$");
    for (unsigned i = 0; i < GDB_PACKET_MAX + 1; i++, sum += 'a')
        cr_assert_eq(gdb_packet_byte(&r, 'a'), PACKET_NOTHING);
    cr_assert_leq(r.data.len, GDB_PACKET_MAX);
    snprintf(tail, sizeof(tail), "#%02x", sum);
    cr_assert_eq(feed_text(&r, tail), PACKET_TOO_LONG);
    cr_assert_eq(feed_text(&r, "$?#3f"), PACKET_COMPLETE);
    gdb_packet_fini(&r);
}

static bool parse(struct gdb_args *a, const char *schema, const char *text)
{
    return gdb_args_parse(a, schema, (const u8 *)text, strlen(text));
}

Test(args, numbers_threads_and_data)
{
    struct gdb_args a;
    cr_assert(parse(&a, "N,N", "ffffffffffffffff,10"));
    cr_assert_eq(a.n[0], UINT64_MAX);
    cr_assert_eq(a.n[1], 16);
    cr_assert_not(parse(&a, "N,N", "10000000000000000,10"), "more than 64 bits");
    cr_assert_not(parse(&a, "N,N", "1"));
    cr_assert_not(parse(&a, "N,N", "1,2,3"), "something is left");
    cr_assert_not(parse(&a, "N", ""));
    cr_assert(parse(&a, "|N", ""));
    cr_assert_eq(a.count, 0);
    cr_assert(parse(&a, "N|;N", "5;7"));
    cr_assert_eq(a.n[1], 7);
    cr_assert_not(parse(&a, "N|;N", "5,7"));

    cr_assert(parse(&a, "T", "p1.-1"));
    cr_assert_eq(a.thread.pid, 1);
    cr_assert_eq(a.thread.tid, -1);
    cr_assert(parse(&a, "T", "2"));
    cr_assert_eq(a.thread.tid, 2);
    cr_assert(parse(&a, "T", "p1"));
    cr_assert_eq(a.thread.tid, -1);
    cr_assert_not(parse(&a, "T", "-2"));
    cr_assert_not(parse(&a, "T", "p1."));

    cr_assert(parse(&a, "N:H", "1:00ff"));
    cr_assert_eq(a.len, 2);
    cr_assert_eq(a.data[1], 0xff);
    gdb_args_fini(&a);
    cr_assert_not(parse(&a, "H", "0"));
    gdb_args_fini(&a);
    cr_assert_not(parse(&a, "H", "0g"));
    gdb_args_fini(&a);
}
