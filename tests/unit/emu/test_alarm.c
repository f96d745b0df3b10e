/* test_alarm.c - alarms ring at their steps, and show in nothing else */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "common_small.h"

static const u8 busy[] = {SMALL_STI, SMALL_INC, SMALL_STORE, SMALL_LOAD, SMALL_CLOCK, SMALL_JMP, 1};
static const u8 sleepy[] = {SMALL_STI, SMALL_HLT, SMALL_JMP, 1};
static const u8 counting[] = {SMALL_INC, SMALL_CLOCK, SMALL_IRET};

struct ringing {
    struct small t;
    struct alarm alarm;
    u64 again; /* ns until it rings again; 0: no more */
    u64 at[16];
    unsigned n;
};

static void ring(void *opaque)
{
    struct ringing *r = opaque;
    if (r->n < ARRAY_SIZE(r->at))
        r->at[r->n] = machine_now_ns(r->t.m);
    r->n++;
    if (r->again)
        alarm_set(&r->alarm, machine_now_ns(r->t.m) + r->again);
}

static void start(struct ringing *r, const u8 *program, unsigned n)
{
    small_new(&r->t, program, n, counting, sizeof(counting));
    r->t.timer->period = 1000;
    device_set_deadline(&r->t.timer->base, 1000);
    r->alarm = (struct alarm){.ring = ring, .opaque = r};
    alarm_attach(r->t.m, &r->alarm);
}

Test(alarm, rings_at_the_first_step_of_its_time)
{
    struct ringing r = {0};
    start(&r, busy, sizeof(busy));
    alarm_set(&r.alarm, 81); /* a step is 8 ns */
    machine_run(r.t.m, 5);
    machine_run(r.t.m, 11);
    cr_assert_eq(r.n, 0, "who stops at its step is there before it");
    machine_run(r.t.m, 12);
    cr_assert_eq(r.n, 1);
    cr_assert_eq(r.at[0], 88);
    machine_run(r.t.m, 1000);
    cr_assert_eq(r.n, 1, "once");
    alarm_detach(&r.alarm);
    cr_assert_eq(alarm_next(r.t.m), NEVER);
    small_delete(&r.t);
}

Test(alarm, cuts_idle_time)
{
    struct ringing r = {0};
    start(&r, sleepy, sizeof(sleepy));
    r.t.m->realtime = false;
    alarm_set(&r.alarm, 300);
    machine_run(r.t.m, 10);
    cr_assert_eq(r.n, 1);
    cr_assert_eq(r.at[0], 300);
    small_delete(&r.t);
}

static u64 digest(const u8 *program, unsigned n, u64 again)
{
    struct ringing r = {.again = again};
    start(&r, program, n);
    r.t.m->realtime = false;
    if (again)
        alarm_set(&r.alarm, again);
    machine_run(r.t.m, 20000);
    cr_assert_eq(r.n > 0, again > 0);
    u64 d = machine_digest(r.t.m);
    small_delete(&r.t);
    return d;
}

Test(alarm, shows_in_nothing)
{
    cr_assert_eq(digest(busy, sizeof(busy), 0), digest(busy, sizeof(busy), 37));
    cr_assert_eq(digest(sleepy, sizeof(sleepy), 0), digest(sleepy, sizeof(sleepy), 333));
}

Test(alarm, never_rings_in_the_past)
{
    static const struct door_feed none = {.peek = NULL};
    struct ringing r = {0};
    start(&r, busy, sizeof(busy));
    alarm_set(&r.alarm, 80);
    cr_assert_eq(alarm_next(r.t.m), 80);
    r.t.m->unplugged = true;
    cr_assert_eq(alarm_next(r.t.m), NEVER);
    r.t.m->unplugged = false;
    door_set_feed(r.t.m->door, &none);
    cr_assert_eq(alarm_next(r.t.m), NEVER);
    door_set_feed(r.t.m->door, NULL);
    cr_assert_eq(alarm_next(r.t.m), 80);
    small_delete(&r.t);
}
