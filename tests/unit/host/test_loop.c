/* test_loop.c - the host's event loop */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <unistd.h>

#include "emu/host/loop.h"

struct end {
    struct host_loop *loop;
    int fd[2];
    int reads, hooks;
    bool remove_self;
};

static void readable(void *opaque)
{
    struct end *e = opaque;
    char byte;
    cr_assert(read(e->fd[0], &byte, 1) == 1);
    e->reads++;
    if (e->remove_self)
        host_loop_remove(e->loop, e->fd[0]);
}

static void hook(void *opaque)
{
    ((struct end *)opaque)->hooks++;
}

static void setup(struct end *e, struct host_loop *l)
{
    *e = (struct end){.loop = l};
    cr_assert(pipe(e->fd) == 0);
    host_loop_add(l, e->fd[0], readable, e);
}

static void teardown(struct end *e)
{
    close(e->fd[0]);
    close(e->fd[1]);
}

Test(loop, serves_what_is_ready_and_only_that)
{
    struct host_loop *l = host_loop_new();
    struct end a, b;
    setup(&a, l);
    setup(&b, l);
    host_loop_poll(l, 0);
    cr_assert(a.reads == 0 && b.reads == 0);
    cr_assert(write(a.fd[1], "x", 1) == 1);
    host_loop_poll(l, NEVER);
    cr_assert(a.reads == 1 && b.reads == 0);
    teardown(&a);
    teardown(&b);
    host_loop_delete(l);
}

/* ---- a set ---- */

struct changing {
    struct end end;
    bool wanted;
    int filled, served;
};

static void fill(void *opaque, struct host_loop_fds *f)
{
    struct changing *c = opaque;
    c->filled++;
    cr_assert_eq(host_loop_fds_add(f, -1, POLLIN), 0);
    if (c->wanted)
        cr_assert_eq(host_loop_fds_add(f, c->end.fd[0], POLLIN), 1);
}

static void ready(void *opaque, const struct pollfd *p, size_t n)
{
    struct changing *c = opaque;
    char byte;
    cr_assert_eq(n, 2);
    cr_assert_eq(p[1].revents, POLLIN);
    cr_assert(read(p[1].fd, &byte, 1) == 1);
    c->served++;
}

Test(loop, sets_are_asked_anew_each_time)
{
    struct host_loop *l = host_loop_new();
    struct changing a = {.wanted = true}, b = {.wanted = true};
    struct end other;
    setup(&other, l);
    cr_assert(pipe(a.end.fd) == 0 && pipe(b.end.fd) == 0);
    host_loop_add_set(l, &(struct host_loop_set){fill, ready, &a});
    host_loop_add_set(l, &(struct host_loop_set){fill, ready, &b});
    cr_assert(write(b.end.fd[1], "x", 1) == 1 && write(other.fd[1], "x", 1) == 1);
    host_loop_poll(l, NEVER);
    cr_assert(a.filled == 1 && a.served == 0 && b.served == 1 && other.reads == 1);
    cr_assert(write(a.end.fd[1], "xx", 2) == 2);
    host_loop_poll(l, NEVER);
    cr_assert(a.served == 1);
    a.wanted = false;
    host_loop_poll(l, 0);
    cr_assert(a.served == 1);
    a.wanted = true;
    host_loop_remove_set(l, &a);
    host_loop_poll(l, 0);
    cr_assert(a.served == 1 && b.filled == 4);
    host_loop_delete(l);
    teardown(&a.end);
    teardown(&b.end);
    teardown(&other);
}

Test(loop, waits_as_long_as_it_was_told)
{
    struct host_loop *l = host_loop_new();
    u64 from = host_loop_now_ns();
    host_loop_poll(l, 20 * 1000 * 1000);
    cr_assert(host_loop_now_ns() - from >= 19 * 1000 * 1000);
    host_loop_delete(l);
}

Test(loop, a_paused_descriptor_is_not_looked_at)
{
    struct host_loop *l = host_loop_new();
    struct end a;
    setup(&a, l);
    cr_assert(write(a.fd[1], "xy", 2) == 2);
    host_loop_pause(l, a.fd[0], true);
    host_loop_poll(l, 0);
    cr_assert_eq(a.reads, 0);
    close(a.fd[1]);
    a.fd[1] = -1;
    u64 from = host_loop_now_ns();
    host_loop_poll(l, 10 * 1000 * 1000);
    cr_assert(host_loop_now_ns() - from >= 9 * 1000 * 1000,
              "its end does not wake a loop that does not look");
    host_loop_pause(l, a.fd[0], false);
    host_loop_poll(l, NEVER);
    cr_assert_eq(a.reads, 1);
    teardown(&a);
    host_loop_delete(l);
}

Test(loop, callbacks_may_remove_descriptors)
{
    struct host_loop *l = host_loop_new();
    struct end a, b;
    setup(&a, l);
    setup(&b, l);
    a.remove_self = true;
    cr_assert(write(a.fd[1], "xy", 2) == 2 && write(b.fd[1], "x", 1) == 1);
    host_loop_poll(l, 0);
    host_loop_poll(l, 0);
    cr_assert(a.reads == 1 && b.reads == 1);
    teardown(&a);
    teardown(&b);
    host_loop_delete(l);
}

Test(loop, hooks_are_called_before_each_poll)
{
    struct host_loop *l = host_loop_new();
    struct end a;
    setup(&a, l);
    host_loop_add_hook(l, hook, &a);
    host_loop_poll(l, 0);
    host_loop_poll(l, 0);
    cr_assert_eq(a.hooks, 2);
    host_loop_remove_hook(l, &a);
    host_loop_poll(l, 0);
    cr_assert_eq(a.hooks, 2);
    teardown(&a);
    host_loop_delete(l);
}

static void waking_hook(void *opaque)
{
    struct end *e = opaque;
    if (!e->hooks++)
        host_loop_wake(e->loop);
}

Test(loop, a_woken_poll_does_not_wait)
{
    struct host_loop *l = host_loop_new();
    struct end a = {.loop = l};
    host_loop_add_hook(l, waking_hook, &a);
    host_loop_poll(l, NEVER);
    cr_assert_eq(a.hooks, 1);
    host_loop_wake(l);
    host_loop_poll(l, NEVER);
    u64 before = host_loop_now_ns();
    host_loop_poll(l, 20000000);
    cr_assert_geq(host_loop_now_ns() - before, 20000000, "once only");
    host_loop_delete(l);
}

Test(loop, standard_input_is_claimed_once)
{
    struct host_loop *l = host_loop_new();
    cr_assert(host_loop_claim_stdio(l));
    cr_assert_not(host_loop_claim_stdio(l));
    host_loop_delete(l);
}
