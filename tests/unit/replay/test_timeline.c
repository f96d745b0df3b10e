/* test_timeline.c - seeks and moves both ways, against a run that is traced step by step */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common_guest.h"

#define STEPS 60000u

/* The state at every icount of a recording, from a plain forward run in single steps. */
struct trace {
    u64 digest[STEPS + 1];
    u64 pc[STEPS + 1];
    bool breakable[STEPS + 1]; /* the next step executes the instruction at pc */
    u64 r0[STEPS + 1];
};

struct replay {
    struct small g;
    struct rec_reader *r;
    struct timeline *t;
    char *path;
};

static void open_replay(struct replay *p, const char *path, enum guest_kind kind)
{
    guest_new(&p->g, kind);
    p->r = rec_open(path);
    cr_assert(p->r);
    p->t = timeline_new_replay(p->g.m, p->r, test_options());
    cr_assert(p->t);
}

static void close_replay(struct replay *p)
{
    timeline_delete(p->t);
    rec_close(p->r);
    small_delete(&p->g);
}

static struct trace *trace_of(const char *path, enum guest_kind kind, u64 n)
{
    struct trace *tr = xcalloc(1, sizeof(*tr));
    struct replay p;

    open_replay(&p, path, kind);
    for (u64 i = 0; i <= n; i++) {
        struct cpu *c = p.g.m->cpu;
        cr_assert_eq(timeline_now(p.t), i);
        tr->digest[i] = machine_digest(p.g.m);
        tr->pc[i] = c->pc;
        tr->r0[i] = p.g.cpu->r[0];
        tr->breakable[i] = !c->halted && !c->arch->interrupt_ready(c);
        if (i < n)
            timeline_forward(p.t, i + 1);
    }
    close_replay(&p);
    return tr;
}

static void must_be_at(struct replay *p, const struct trace *tr, u64 n)
{
    cr_assert_eq(timeline_now(p->t), n, "at %lu, not %lu", timeline_now(p->t), n);
    cr_assert_eq(machine_digest(p->g.m), tr->digest[n], "another state at %lu", n);
}

static void random_seeks(enum guest_kind kind)
{
    char *path = temp_path("seek");
    struct replay p;
    u64 seed = 1;

    record_to(path, kind, STEPS, test_options(), true);
    struct trace *tr = trace_of(path, kind, STEPS);
    open_replay(&p, path, kind);
    cr_assert_eq(timeline_head(p.t), STEPS);
    for (int i = 0; i < 300; i++) {
        u64 n = i % 3               ? random_below(&seed, STEPS + 1)
                : timeline_now(p.t) ? timeline_now(p.t) - 1
                                    : 0;
        struct move mv = timeline_seek(p.t, n);
        cr_assert_neq(mv.end, MOVE_FAILED);
        must_be_at(&p, tr, n);
    }
    close_replay(&p);
    free(tr);
    unlink(path);
    free(path);
}

/* Interrupted while the guest idles in a replay, a place can be named all the same. */
Test(timeline, names_of_idle_places)
{
    char *path = temp_path("stopped"), name[16];
    unsigned halted = 0;
    struct replay p;

    record_to(path, GUEST_IDLER, STEPS, test_options(), true);
    struct trace *tr = trace_of(path, GUEST_IDLER, STEPS);
    open_replay(&p, path, GUEST_IDLER);
    for (u64 n = 100; n < STEPS && halted < 20; n += 97) {
        timeline_seek(p.t, n);
        if (!p.g.m->cpu->halted)
            continue;
        machine_interrupt(p.g.m);
        struct move mv = timeline_forward(p.t, NEVER);
        cr_assert_eq(mv.stop.kind, STOP_USER);
        cr_assert_eq(timeline_now(p.t), n);
        snprintf(name, sizeof(name), "n%u", halted++);
        cr_assert(timeline_savevm(p.t, name), "at %lu", n);
        must_be_at(&p, tr, n);
    }
    cr_assert_eq(halted, 20, "only %u places were idle", halted);
    timeline_forward(p.t, NEVER);
    must_be_at(&p, tr, STEPS);
    cr_assert_eq(timeline_loadvm(p.t, "n3").end, MOVE_STOP);
    must_be_at(&p, tr, timeline_now(p.t));
    close_replay(&p);
    free(tr);
    unlink(path);
    free(path);
}

Test(timeline, seeks_of_a_busy_guest)
{
    random_seeks(GUEST_LOOP);
}

Test(timeline, seeks_of_an_idle_guest)
{
    random_seeks(GUEST_IDLER);
}

/* What a backward move must find, by looking at every place. */
static u64 last_break(const struct trace *tr, const u64 *addr, u64 now)
{
    while (now-- > 0)
        if (tr->breakable[now] && (tr->pc[now] == addr[0] || tr->pc[now] == addr[1]))
            return now;
    return NEVER;
}

static u64 first_break(const struct trace *tr, const u64 *addr, u64 now)
{
    while (++now <= STEPS)
        if (tr->breakable[now] && (tr->pc[now] == addr[0] || tr->pc[now] == addr[1]))
            return now;
    return NEVER;
}

static void walk(enum guest_kind kind, u64 rare)
{
    char *path = temp_path("walk");
    struct replay p;
    u64 seed = 7;
    const u64 addr[2] = {SMALL_IRQ_PC, rare};

    record_to(path, kind, STEPS, test_options(), true);
    struct trace *tr = trace_of(path, kind, STEPS);
    open_replay(&p, path, kind);
    timeline_seek(p.t, STEPS / 2);
    watch_add_break(p.g.m->watch, addr[0]);
    watch_add_break(p.g.m->watch, addr[1]);
    for (int i = 0; i < 400; i++) {
        u64 now = timeline_now(p.t), want;
        struct move mv;
        switch (random_below(&seed, 5)) {
        case 0:
            want = first_break(tr, addr, now);
            mv = timeline_forward(p.t, NEVER);
            if (want == NEVER)
                cr_assert_eq(mv.end, MOVE_END);
            must_be_at(&p, tr, MIN(want, (u64)STEPS));
            break;
        case 1:
        case 2:
            want = last_break(tr, addr, now);
            mv = timeline_backward(p.t, 0);
            cr_assert_eq(mv.end, want == NEVER ? MOVE_START : MOVE_STOP);
            must_be_at(&p, tr, want == NEVER ? 0 : want);
            break;
        case 3:
            mv = timeline_backward(p.t, now ? now - 1 : 0);
            must_be_at(&p, tr, now ? now - 1 : 0);
            break;
        default:
            mv = timeline_seek(p.t, random_below(&seed, STEPS + 1));
            must_be_at(&p, tr, timeline_now(p.t));
        }
        cr_assert_neq(mv.end, MOVE_FAILED);
    }
    close_replay(&p);
    free(tr);
    unlink(path);
    free(path);
}

Test(timeline, walks_of_a_busy_guest)
{
    walk(GUEST_LOOP, SMALL_START + 8);
}

Test(timeline, walks_of_an_idle_guest)
{
    walk(GUEST_IDLER, SMALL_START + 4);
}

/* A breakpoint at the very place of a snapshot, which is where a run of an interval begins. */
Test(timeline, breakpoints_where_snapshots_are)
{
    char *path = temp_path("at-snapshot");
    struct replay p;
    int tried = 0;

    record_to(path, GUEST_LOOP, STEPS, test_options(), true);
    struct trace *tr = trace_of(path, GUEST_LOOP, STEPS);
    open_replay(&p, path, GUEST_LOOP);
    timeline_seek(p.t, STEPS);
    for (u32 i = 1; i < timeline_n_snapshots(p.t); i++) {
        u64 n = timeline_snapshot_info(p.t, i).icount, pc = tr->pc[n];
        if (!tr->breakable[n] || n + 500 > STEPS)
            continue;
        for (u64 from = n + 1; from <= n + 3; from += 2) {
            timeline_seek(p.t, from);
            watch_add_break(p.g.m->watch, pc);
            struct move mv = timeline_backward(p.t, 0);
            cr_assert_eq(mv.stop.kind, STOP_BREAK);
            must_be_at(&p, tr, last_break(tr, (u64[]){pc, pc}, from));
            watch_remove_break(p.g.m->watch, pc);
        }
        tried++;
    }
    cr_assert_gt(tried, 30);
    close_replay(&p);
    free(tr);
    unlink(path);
    free(path);
}

/* SMALL_STORE writes one byte at VAR + (r0 & 0xff). */
Test(timeline, watchpoints_backward)
{
    char *path = temp_path("watch");
    struct replay p;
    u64 seed = 3;

    record_to(path, GUEST_LOOP, STEPS, test_options(), true);
    struct trace *tr = trace_of(path, GUEST_LOOP, STEPS);
    open_replay(&p, path, GUEST_LOOP);
    watch_add(p.g.m->watch, SMALL_VAR + 0x40, 1, WATCH_WRITE);
    for (int i = 0; i < 100; i++) {
        u64 now = 1 + random_below(&seed, STEPS), want = now;
        timeline_seek(p.t, now);
        must_be_at(&p, tr, now);
        u8 insn;
        while (want-- > 0) {
            bus_read_bytes(p.g.m->mem, tr->pc[want], &insn, 1);
            if (tr->breakable[want] && insn == SMALL_STORE && (tr->r0[want] & 0xff) == 0x40)
                break;
        }
        struct move mv = timeline_backward(p.t, 0);
        if (want == NEVER) {
            cr_assert_eq(mv.end, MOVE_START);
            continue;
        }
        cr_assert_eq(mv.end, MOVE_STOP);
        cr_assert_eq(mv.stop.kind, STOP_WATCH);
        cr_assert_eq(mv.stop.watch.access_addr, SMALL_VAR + 0x40);
        must_be_at(&p, tr, want);
        mv = timeline_forward(p.t, NEVER);
        cr_assert_eq(mv.stop.kind, STOP_WATCH);
        must_be_at(&p, tr, want + 1);
    }
    close_replay(&p);
    free(tr);
    unlink(path);
    free(path);
}

Test(timeline, looking_while_recording_changes_nothing)
{
    char *plain = temp_path("plain"), *looked = temp_path("looked");
    struct buf a = {0}, b = {0};
    struct small g;
    u64 seed = 5;

    record_to(plain, GUEST_LOOP, STEPS, test_options(), false);
    guest_new(&g, GUEST_LOOP);
    struct timeline *t =
        timeline_new_live(g.m, rec_create(looked, &g.config, g.m->door), test_options());
    watch_add_break(g.m->watch, SMALL_START + 8);
    while (timeline_head(t) < STEPS - 6000) {
        timeline_forward(t, timeline_now(t) + random_below(&seed, 3000));
        machine_digest(g.m);
    }
    watch_remove_break(g.m->watch, SMALL_START + 8);
    timeline_forward(t, STEPS);
    cr_assert(timeline_finish(t));
    timeline_delete(t);
    small_delete(&g);
    read_file(plain, &a);
    read_file(looked, &b);
    cr_assert_eq(a.len, b.len);
    cr_assert(!memcmp(a.data, b.data, a.len));
    buf_fini(&a);
    buf_fini(&b);
    unlink(plain);
    unlink(looked);
    free(plain);
    free(looked);
}

Test(timeline, back_and_on_again_while_recording)
{
    char *path = temp_path("live");
    struct small g;
    struct replay p;
    u64 seed = 11, seen[200], at[200];
    int n = 0;

    guest_new(&g, GUEST_IDLER);
    struct timeline *t =
        timeline_new_live(g.m, rec_create(path, &g.config, g.m->door), test_options());
    while (n < 200) {
        struct move mv = timeline_forward(t, timeline_head(t) + 1 + random_below(&seed, 600));
        cr_assert_eq(mv.end, MOVE_STOP);
        cr_assert(timeline_at_head(t));
        at[n] = timeline_now(t);
        seen[n++] = machine_digest(g.m);
        if (n % 3 == 0)
            cr_assert(port_post(g.console->port, (const u8 *)"x", 1));
        if (n % 5 == 0) {
            int k = random_below(&seed, n);
            mv = timeline_seek(t, at[k]);
            cr_assert_eq(machine_digest(g.m), seen[k]);
            cr_assert(k == n - 1 || !timeline_at_head(t));
            cr_assert(k == n - 1 || !port_post(g.console->port, (const u8 *)"y", 1),
                      "input taken in the past");
            if (n % 2) {
                timeline_seek(t, timeline_head(t)); /* at once, not by way of what is between */
                cr_assert(timeline_at_head(t));
                cr_assert_eq(machine_digest(g.m), seen[n - 1]);
            }
        }
        if (n % 7 == 0) {
            const u64 value = 1000 + n;
            timeline_forward(t, timeline_head(t));
            cr_assert(timeline_at_head(t));
            cr_assert(timeline_write_mem(t, SMALL_VAR + 0x80, &value, 8));
            cr_assert(!timeline_in_branch(t));
        }
    }
    u64 length = timeline_head(t);
    cr_assert(timeline_finish(t));
    timeline_delete(t);
    small_delete(&g);

    open_replay(&p, path, GUEST_IDLER);
    cr_assert_eq(timeline_head(p.t), length);
    for (int i = 0; i < n; i++) {
        timeline_forward(p.t, at[i]);
        cr_assert_eq(timeline_now(p.t), at[i]);
        cr_assert_eq(machine_digest(p.g.m), seen[i]);
    }
    cr_assert_eq(timeline_forward(p.t, NEVER).end, MOVE_END);
    close_replay(&p);
    unlink(path);
    free(path);
}

Test(timeline, the_end_is_remembered)
{
    char *path = temp_path("end");
    struct small g;
    struct replay p;

    guest_new(&g, GUEST_ENDER);
    struct timeline *t =
        timeline_new_live(g.m, rec_create(path, &g.config, g.m->door), test_options());
    struct move mv = timeline_forward(t, NEVER);
    cr_assert_eq(mv.end, MOVE_END);
    cr_assert_eq(mv.stop.kind, STOP_POWEROFF);
    u64 end = mv.stop.icount, digest = machine_digest(g.m);
    for (int i = 0; i < 3; i++) {
        timeline_seek(t, i);
        cr_assert_eq(timeline_now(t), i);
        mv = timeline_forward(t, NEVER);
        cr_assert_eq(mv.end, MOVE_END);
        cr_assert_eq(mv.stop.kind, STOP_POWEROFF);
        cr_assert_eq(machine_digest(g.m), digest);
        cr_assert_eq(timeline_forward(t, NEVER).end, MOVE_END);
    }
    timeline_seek(t, 1);
    cr_assert(timeline_finish(t));
    timeline_delete(t);
    small_delete(&g);

    open_replay(&p, path, GUEST_ENDER);
    cr_assert_eq(rec_end(p.r), REC_END_POWEROFF);
    cr_assert_eq(rec_length(p.r), end);
    for (int i = 0; i < 2; i++) {
        mv = timeline_forward(p.t, NEVER);
        cr_assert_eq(mv.end, MOVE_END);
        cr_assert_eq(mv.stop.kind, STOP_POWEROFF);
        cr_assert_eq(machine_digest(p.g.m), digest);
        timeline_seek(p.t, 0);
    }
    close_replay(&p);
    unlink(path);
    free(path);
}

Test(timeline, branches)
{
    char *path = temp_path("branch");
    struct replay p;
    const u64 value = 0x1234;

    silence();
    record_to(path, GUEST_LOOP, STEPS, test_options(), true);
    struct trace *tr = trace_of(path, GUEST_LOOP, STEPS);
    open_replay(&p, path, GUEST_LOOP);
    timeline_seek(p.t, 20000);

    cr_assert(!timeline_write_mem(p.t, SMALL_VAR + MiB, &value, 8), "an unmapped address");
    cr_assert(!timeline_in_branch(p.t));
    must_be_at(&p, tr, 20000);
    timeline_forward(p.t, 20010);
    must_be_at(&p, tr, 20010);

    cr_assert(timeline_write_mem(p.t, SMALL_VAR + 0x1000, &value, 8));
    cr_assert(timeline_in_branch(p.t));
    cr_assert_eq(timeline_now(p.t), 20011);
    cr_assert_eq(timeline_forward(p.t, 30000).end, MOVE_STOP);
    u64 there = machine_digest(p.g.m), seen;
    cr_assert_neq(there, tr->digest[30000]);

    timeline_backward(p.t, 25000); /* inside it */
    cr_assert(timeline_in_branch(p.t));
    cr_assert_eq(timeline_now(p.t), 25000);
    cr_assert(bus_read_bytes(p.g.m->mem, SMALL_VAR + 0x1000, &seen, 8));
    cr_assert_eq(seen, value);
    timeline_forward(p.t, 30000);
    cr_assert_eq(machine_digest(p.g.m), there);

    timeline_backward(p.t, 15000); /* past its beginning */
    cr_assert(!timeline_in_branch(p.t));
    must_be_at(&p, tr, 15000);

    cr_assert(timeline_write_phys(p.t, SMALL_VAR, &value, 8));
    timeline_forward(p.t, 16000);
    timeline_seek(p.t, 16000);
    cr_assert(!timeline_in_branch(p.t));
    must_be_at(&p, tr, 16000);
    timeline_seek(p.t, STEPS);
    cr_assert(timeline_write_phys(p.t, SMALL_VAR, &value, 8), "after the end of a recording");
    timeline_forward(p.t, STEPS + 100);
    cr_assert_eq(timeline_now(p.t), STEPS + 100);
    timeline_backward(p.t, STEPS - 5);
    must_be_at(&p, tr, STEPS - 5);
    close_replay(&p);
    free(tr);
    unlink(path);
    free(path);
}

Test(timeline, named_snapshots)
{
    char *path = temp_path("named");
    struct small g;
    struct replay p;

    silence();
    guest_new(&g, GUEST_LOOP);
    struct timeline *t =
        timeline_new_live(g.m, rec_create(path, &g.config, g.m->door), test_options());
    timeline_forward(t, 12345);
    u64 digest = machine_digest(g.m);
    cr_assert(timeline_savevm(t, "here"));
    timeline_forward(t, 15000);
    cr_assert(timeline_savevm(t, "gone"));
    cr_assert(timeline_delvm(t, "gone"));
    cr_assert(!timeline_delvm(t, "gone"));
    cr_assert(!timeline_savevm(t, ""));
    timeline_forward(t, 30000);
    timeline_loadvm(t, "here");
    cr_assert_eq(timeline_now(t), 12345);
    cr_assert_eq(machine_digest(g.m), digest);
    cr_assert_eq(timeline_loadvm(t, "nowhere").end, MOVE_FAILED);
    timeline_forward(t, 40000);
    cr_assert(timeline_finish(t));
    timeline_delete(t);
    small_delete(&g);

    open_replay(&p, path, GUEST_LOOP);
    struct move mv = timeline_loadvm(p.t, "here");
    cr_assert_eq(mv.end, MOVE_STOP);
    cr_assert_eq(timeline_now(p.t), 12345);
    cr_assert_eq(machine_digest(p.g.m), digest);
    cr_assert_eq(timeline_loadvm(p.t, "gone").end, MOVE_FAILED);
    bool found = false;
    for (u32 i = 0; i < timeline_n_snapshots(p.t); i++)
        found |= !strcmp(timeline_snapshot_info(p.t, i).name, "here") &&
                 timeline_snapshot_info(p.t, i).in_file;
    cr_assert(found);
    close_replay(&p);
    unlink(path);
    free(path);
}

static u64 shown, shown_bytes;

static void show(void *opaque, const u8 *data, u32 len)
{
    (void)opaque;
    shown = digest_bytes(data, len, shown);
    shown_bytes += len;
}

static void collect(void *opaque, u64 icount, const u8 *data, u32 n)
{
    (void)icount;
    buf_put(opaque, data, n);
}

Test(timeline, output_is_shown_once)
{
    char *path = temp_path("output");
    struct replay p;
    struct buf out = {0};
    u64 recorded = 0, seed = 9;

    record_to(path, GUEST_LOOP, STEPS, test_options(), false);
    open_replay(&p, path, GUEST_LOOP);
    port_attach(p.g.console->port, show, NULL);
    while (timeline_now(p.t) < STEPS) {
        timeline_seek(p.t, timeline_now(p.t) + random_below(&seed, 4000));
        timeline_backward(p.t, timeline_now(p.t) -
                                   MIN(timeline_now(p.t), (u64)random_below(&seed, 3000)));
    }
    timeline_seek(p.t, 0);
    timeline_seek(p.t, STEPS);
    cr_assert(rec_each_output(p.r, 0, collect, &out));
    for (size_t i = 0; i < out.len; i++)
        recorded = digest_bytes(&out.data[i], 1, recorded);
    cr_assert_gt(out.len, 50);
    cr_assert_eq(shown_bytes, out.len);
    cr_assert_eq(shown, recorded);
    buf_fini(&out);
    close_replay(&p);
    unlink(path);
    free(path);
}

Test(timeline, a_small_memory_budget)
{
    char *path = temp_path("budget");
    struct timeline_options o = *test_options();
    struct small g;
    u64 seed = 2;

    record_to(path, GUEST_LOOP, STEPS, test_options(), true);
    struct trace *tr = trace_of(path, GUEST_LOOP, STEPS);
    guest_new(&g, GUEST_LOOP);
    o.memory_budget = 12 * PAGE_SIZE;
    struct rec_reader *r = rec_open(path);
    struct timeline *t = timeline_new_replay(g.m, r, &o);
    for (int i = 0; i < 100; i++) {
        u64 n = random_below(&seed, STEPS + 1);
        timeline_seek(t, n);
        cr_assert_eq(machine_digest(g.m), tr->digest[n]);
    }
    timeline_delete(t);
    rec_close(r);
    small_delete(&g);
    free(tr);
    unlink(path);
    free(path);
}
