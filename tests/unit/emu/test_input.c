/* test_input.c - the door: order, tap, feed and divergence */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "emu/buf.h"
#include "emu/clock.h"
#include "emu/input.h"

struct fixture {
    struct clock clock;
    struct door *door;
    struct buf got;    /* bytes delivered, each event followed by '.' */
    struct buf tapped; /* "icount:source:bytes " */
    int keys, dice;
    u8 roll;
};

static void deliver(void *opaque, const u8 *data, u32 len)
{
    struct fixture *f = opaque;
    buf_put(&f->got, data, len);
    buf_put_u8(&f->got, '.');
}

static void answer(void *opaque, u8 *data, u32 len)
{
    struct fixture *f = opaque;
    memset(data, f->roll, len);
}

static void tap(void *opaque, const struct door_event *ev)
{
    struct fixture *f = opaque;
    buf_printf(&f->tapped, "%d:%u:%.*s ", (int)ev->icount, ev->source, (int)ev->len, ev->data);
}

static void setup(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    f->door = door_new(&f->clock);
    f->keys = door_add_source(f->door, "keys", deliver, NULL, f);
    f->dice = door_add_source(f->door, "dice", NULL, answer, f);
    f->roll = 'x';
    door_set_tap(f->door, tap, f);
}

static void teardown(struct fixture *f)
{
    door_delete(f->door);
    buf_fini(&f->got);
    buf_fini(&f->tapped);
}

/* A feed from an array. */
struct future {
    const struct door_event *ev;
    u32 n, at;
    char why[256];
};

static bool peek(void *opaque, struct door_event *ev)
{
    struct future *t = opaque;
    if (t->at == t->n)
        return false;
    *ev = t->ev[t->at];
    return true;
}

static void pop(void *opaque)
{
    ((struct future *)opaque)->at++;
}

static void diverged(void *opaque, const char *message)
{
    struct future *t = opaque;
    strncpy(t->why, message, sizeof(t->why) - 1);
}

static void feed(struct fixture *f, struct future *t, const struct door_event *ev, u32 n)
{
    *t = (struct future){.ev = ev, .n = n};
    struct door_feed df = {peek, pop, diverged, t};
    door_set_feed(f->door, &df);
}

#define BYTES(s) strlen(s), (const u8 *)(s)

Test(input, posts_come_out_in_order_one_at_a_time_and_are_tapped)
{
    struct fixture f;
    setup(&f);
    f.clock.icount = 7;
    cr_assert(door_post(f.door, f.keys, "ab", 2));
    cr_assert(door_post(f.door, f.keys, "c", 1));
    cr_assert(door_has_posts(f.door));
    cr_assert(door_deliver_due(f.door));
    cr_assert_str_eq(buf_cstr(&f.got), "ab.");
    f.clock.icount = 9;
    cr_assert(door_deliver_due(f.door));
    cr_assert_not(door_deliver_due(f.door));
    cr_assert_not(door_has_posts(f.door));
    cr_assert_str_eq(buf_cstr(&f.got), "ab.c.");
    cr_assert_str_eq(buf_cstr(&f.tapped), "7:0:ab 9:0:c ");
    teardown(&f);
}

Test(input, a_question_is_answered_live_and_tapped)
{
    struct fixture f;
    u8 out[3];
    setup(&f);
    f.clock.icount = 5;
    door_ask(f.door, f.dice, out, 3);
    cr_assert_arr_eq(out, "xxx", 3);
    cr_assert_str_eq(buf_cstr(&f.tapped), "5:1:xxx ");
    teardown(&f);
}

Test(input, a_feed_delivers_exactly_at_its_icount_and_refuses_posts)
{
    struct fixture f;
    struct future t;
    const struct door_event ev[] = {
        {10, 0, 0, BYTES("k")}, {12, 0, 1, BYTES("zz")}, {12, 4, 0, BYTES("l")}};
    u64 icount, idle;
    u8 out[2];

    setup(&f);
    feed(&f, &t, ev, 3);
    cr_assert_not(door_post(f.door, f.keys, "no", 2));
    cr_assert(door_is_fed(f.door));
    f.clock.icount = 9;
    cr_assert_not(door_deliver_due(f.door));
    cr_assert(door_next(f.door, &icount, &idle));
    cr_assert_eq(icount, 10);
    f.clock.icount = 10;
    cr_assert(door_deliver_due(f.door));
    cr_assert_not(door_next(f.door, &icount, &idle), "an answer is not a post");
    f.clock.icount = 12;
    cr_assert_not(door_deliver_due(f.door));
    f.roll = '?';
    door_ask(f.door, f.dice, out, 2);
    cr_assert_arr_eq(out, "zz", 2);
    cr_assert_not(door_deliver_due(f.door), "not before the machine has idled so long");
    f.clock.idle_ns = 4;
    cr_assert(door_deliver_due(f.door));
    cr_assert_str_eq(buf_cstr(&f.got), "k.l.");
    cr_assert_eq(f.tapped.len, 0, "what is replayed is not recorded again");
    cr_assert_not(door_diverged(f.door));
    teardown(&f);
}

Test(input, an_overdue_event_diverges)
{
    struct fixture f;
    struct future t;
    const struct door_event ev[] = {{10, 3, 0, BYTES("k")}};
    setup(&f);
    feed(&f, &t, ev, 1);
    f.clock.icount = 10;
    f.clock.idle_ns = 4;
    cr_assert_not(door_deliver_due(f.door));
    cr_assert(door_diverged(f.door));
    cr_assert(strstr(t.why, "'keys'"));
    door_set_feed(f.door, NULL);
    cr_assert_not(door_diverged(f.door));
    teardown(&f);
}

static void ask_wrongly(const struct door_event *ev, u32 n, u32 len)
{
    struct fixture f;
    struct future t;
    u8 out[8];
    setup(&f);
    memset(out, 0xff, sizeof(out));
    feed(&f, &t, ev, n);
    f.clock.icount = 10;
    door_ask(f.door, f.dice, out, len);
    cr_assert(door_diverged(f.door));
    cr_assert(*t.why);
    for (u32 i = 0; i < len; i++)
        cr_assert_eq(out[i], 0);
    cr_assert_eq(t.at, 0);
    teardown(&f);
}

Test(input, a_question_that_was_not_recorded_diverges_and_gives_zeros)
{
    const struct door_event other_source = {10, 0, 0, BYTES("kk")}, later = {11, 0, 1, BYTES("kk")},
                            other_length = {10, 0, 1, BYTES("kkk")},
                            no_such = {10, 0, 77, BYTES("kk")};
    ask_wrongly(&other_source, 1, 2);
    ask_wrongly(&later, 1, 2);
    ask_wrongly(&other_length, 1, 2);
    ask_wrongly(&no_such, 1, 2);
    ask_wrongly(NULL, 0, 2);
}

Test(input, posts_survive_a_feed)
{
    struct fixture f;
    struct future t;
    setup(&f);
    door_post(f.door, f.keys, "early", 5);
    feed(&f, &t, NULL, 0);
    cr_assert_not(door_deliver_due(f.door));
    cr_assert_not(door_has_posts(f.door));
    door_set_feed(f.door, NULL);
    cr_assert(door_deliver_due(f.door));
    cr_assert_str_eq(buf_cstr(&f.got), "early.");
    teardown(&f);
}
