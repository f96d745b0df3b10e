/* test_machine.c - the run loop: time, idling, input, stops, replay, saved state */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common_small.h"
#include "emu/check.h"

/* Counts and stores for ever; the timer interrupts it, and a fault comes by now and then. */
static const u8 busy[] = {SMALL_STI, SMALL_INC, SMALL_STORE, SMALL_LOAD, SMALL_INC, SMALL_NOP, SMALL_CLOCK, SMALL_FAULT,
                          SMALL_INC, SMALL_JMP, 1};
/* Sleeps, and counts how often it was woken. */
static const u8 sleepy[] = {SMALL_STI, SMALL_HLT, SMALL_JMP, 1};
static const u8 counting[] = {SMALL_INC, SMALL_CLOCK, SMALL_IRET};

static void start(struct small *t, const u8 *program, unsigned n, u64 period)
{
    small_new(t, program, n, counting, sizeof(counting));
    t->timer->period = period;
    device_set_deadline(&t->timer->base, period ? period : NEVER);
}

#define START(t, program, period) start(t, program, sizeof(program), period)

/* ---- time and steps ---- */

Test(machine, runs_end_exactly_where_asked)
{
    struct small t = {0};
    START(&t, busy, 777);
    for (u64 n = 1; n < 500; n++) {
        struct stop s = machine_run(t.m, n);
        cr_assert_eq(s.kind, STOP_UNTIL);
        cr_assert_eq(s.icount, n);
        cr_assert_eq(t.m->clock.icount, n);
    }
    cr_assert(t.timer->ticks > 4);
    small_delete(&t);
}

static u64 digest_at(u64 n, u64 stride, unsigned block_insns)
{
    struct small t = {0};
    config_init(&t.config);
    t.config.block_insns = block_insns;
    START(&t, busy, 777);
    for (u64 at = stride; at < n; at += stride)
        machine_run(t.m, at);
    machine_run(t.m, n);
    u64 digest = machine_digest(t.m);
    small_delete(&t);
    return digest;
}

Test(machine, how_a_run_is_cut_is_invisible)
{
    for (u64 n = 1; n < 2000; n += 131) {
        u64 one_go = digest_at(n, NEVER / 2, 0);
        cr_assert_eq(one_go, digest_at(n, 1, 0));
        cr_assert_eq(one_go, digest_at(n, 7, 3));
        cr_assert_eq(one_go, digest_at(n, NEVER / 2, 1));
    }
}

Test(machine, digests_differ_when_anything_does)
{
    cr_assert_neq(digest_at(100, NEVER / 2, 0), digest_at(101, NEVER / 2, 0));
}

Test(machine, a_tick_happens_before_the_machine_stops_at_its_time)
{
    struct small t = {0};
    static const u8 nops[] = {SMALL_NOP, SMALL_NOP, SMALL_JMP, 0};
    START(&t, nops, 80); /* ten steps of 8 ns */
    machine_run(t.m, 9);
    cr_assert_eq(t.timer->ticks, 0);
    machine_run(t.m, 10);
    cr_assert_eq(t.timer->ticks, 1);
    machine_run(t.m, 20);
    cr_assert_eq(t.timer->ticks, 2);
    small_delete(&t);
}

Test(machine, a_deadline_set_by_the_guest_cuts_the_run)
{
    struct small t = {0};
    static const u8 program[] = {SMALL_STI, SMALL_SETTIMER, SMALL_INC, SMALL_INC, SMALL_INC, SMALL_INC, SMALL_JMP, 2};
    static const u8 handler[] = {SMALL_HLT};
    small_new(&t, program, sizeof(program), handler, 1);
    t.cpu->r[4] = 24; /* executed at step 1 (8 ns): due at 32 ns, so 2 INCs are done before it */
    struct stop s = machine_run(t.m, 1000);
    cr_assert_eq(s.kind, STOP_HALTED);
    cr_assert_eq(t.cpu->r[0], 2);
    cr_assert_eq(t.cpu->saved_pc, SMALL_START + 4);
    small_delete(&t);
}

Test(machine, idle_time_is_jumped_over_without_a_host)
{
    struct small t = {0};
    START(&t, sleepy, 1000000);
    struct stop s = machine_run(t.m, 1 + 6 * 10);
    cr_assert_eq(s.kind, STOP_UNTIL);
    /* each round: HLT, interrupt, INC, CLOCK, IRET, JMP */
    cr_assert_eq(t.cpu->r[0], 10);
    cr_assert_eq(t.timer->ticks, 10);
    cr_assert(t.cpu->r[3] >= 10 * 1000000 && t.cpu->r[3] < 10 * 1000000 + 1000);
    small_delete(&t);
}

Test(machine, halted_without_anything_to_come)
{
    struct small t = {0};
    static const u8 program[] = {SMALL_INC, SMALL_HLT};
    START(&t, program, 0);
    struct stop s = machine_run(t.m, NEVER);
    cr_assert_eq(s.kind, STOP_HALTED);
    cr_assert_eq(s.icount, 2);
    s = machine_run(t.m, NEVER);
    cr_assert_eq(s.kind, STOP_HALTED);
    cr_assert_eq(s.icount, 2);
    small_delete(&t);
}

/* ---- requests ---- */

Test(machine, poweroff_and_exit)
{
    struct small t = {0};
    static const u8 program[] = {SMALL_INC, SMALL_POWEROFF, SMALL_EXIT};
    START(&t, program, 0);
    struct stop s = machine_run(t.m, 2);
    cr_assert_eq(s.kind, STOP_POWEROFF, "also when that is where the run ends");
    cr_assert_eq(s.icount, 2);
    s = machine_run(t.m, NEVER);
    cr_assert_eq(s.kind, STOP_EXIT);
    cr_assert_eq(s.code, 7);
    cr_assert_eq(s.icount, 3);
    small_delete(&t);
}

Test(machine, reset_goes_on_unless_it_must_not)
{
    static const u8 program[] = {SMALL_INC, SMALL_STORE, SMALL_RESET};
    struct small t = {0}, n = {0};

    START(&t, program, 0);
    cr_assert_eq(machine_run(t.m, 3).kind, STOP_UNTIL);
    cr_assert_eq(t.cpu->base.pc, SMALL_START);
    cr_assert_eq(t.cpu->r[0], 0);
    cr_assert_eq(t.ram->host[SMALL_VAR + 1], 1, "memory survives");
    cr_assert_eq(machine_run(t.m, 31).icount, 31);
    small_delete(&t);

    config_init(&n.config);
    n.config.no_reboot = true;
    START(&n, program, 0);
    struct stop s = machine_run(n.m, NEVER);
    cr_assert_eq(s.kind, STOP_RESET);
    cr_assert_eq(s.icount, 3);
    small_delete(&n);
}

/* ---- stops ---- */

Test(machine, a_breakpoint_stops_before_its_instruction_and_not_where_the_run_began)
{
    struct small t = {0};
    static const u8 program[] = {SMALL_INC, SMALL_INC, SMALL_INC, SMALL_JMP, 0};
    START(&t, program, 0);
    watch_add_break(t.m->watch, SMALL_START);
    watch_add_break(t.m->watch, SMALL_START + 2);
    static const u64 where[] = {2, 4, 6, 8};
    for (unsigned i = 0; i < ARRAY_SIZE(where); i++) {
        struct stop s = machine_run(t.m, NEVER);
        cr_assert_eq(s.kind, STOP_BREAK);
        cr_assert_eq(s.icount, where[i]);
        cr_assert_eq(t.cpu->base.pc, i % 2 ? SMALL_START : SMALL_START + 2);
    }
    cr_assert_eq(machine_run(t.m, 10).kind, STOP_BREAK, "it is not lost when the run ends there");
    watch_set_armed(t.m->watch, false);
    cr_assert_eq(machine_run(t.m, 100).kind, STOP_UNTIL);
    small_delete(&t);
}

Test(machine, a_breakpoint_where_an_interrupt_comes_first_stops_after_it)
{
    struct small t = {0};
    static const u8 program[] = {SMALL_STI, SMALL_NOP, SMALL_NOP, SMALL_NOP, SMALL_JMP, 1};
    START(&t, program, 0);
    device_set_deadline(&t.timer->base, 16); /* at step 2: before the instruction at START + 2 */
    watch_add_break(t.m->watch, SMALL_START + 2);
    struct stop s = machine_run(t.m, NEVER);
    cr_assert_eq(s.kind, STOP_BREAK);
    cr_assert_eq(s.icount, 2 + 1 + 3, "the interrupt, and its handler of three");
    cr_assert_eq(t.cpu->base.pc, SMALL_START + 2);
    small_delete(&t);
}

Test(machine, watchpoints_stop_after_the_access)
{
    struct small t = {0};
    static const u8 program[] = {SMALL_INC, SMALL_STORE, SMALL_INC, SMALL_LOAD, SMALL_INC, SMALL_JMP, 1};
    START(&t, program, 0);
    watch_add(t.m->watch, SMALL_VAR + 1, 1, WATCH_WRITE);
    watch_add(t.m->watch, SMALL_VAR, 1, WATCH_READ);
    struct stop s = machine_run(t.m, NEVER);
    cr_assert_eq(s.kind, STOP_WATCH);
    cr_assert_eq(s.icount, 2);
    cr_assert_eq(s.watch.addr, SMALL_VAR + 1);
    cr_assert_eq(s.watch.access_size, 1);
    cr_assert_eq(t.cpu->base.pc, SMALL_START + 2);
    s = machine_run(t.m, NEVER);
    cr_assert_eq(s.kind, STOP_WATCH);
    cr_assert_eq(s.icount, 4);
    cr_assert_eq(s.watch.kind, WATCH_READ);
    small_delete(&t);
}

Test(machine, watching_changes_nothing)
{
    struct small t = {0};
    START(&t, busy, 777);
    watch_add_break(t.m->watch, SMALL_START + 4);
    watch_add(t.m->watch, SMALL_VAR, 256, WATCH_ACCESS);
    while (machine_run(t.m, 1500).kind != STOP_UNTIL)
        machine_digest(t.m);
    cr_assert_eq(machine_digest(t.m), digest_at(1500, NEVER / 2, 0));
    small_delete(&t);
}

Test(machine, an_interruption_stops_and_is_forgotten)
{
    struct small t = {0};
    START(&t, busy, 777);
    machine_run(t.m, 10);
    machine_interrupt(t.m);
    struct stop s = machine_run(t.m, 100);
    cr_assert_eq(s.kind, STOP_USER);
    cr_assert_eq(s.icount, 10);
    cr_assert_eq(machine_run(t.m, 100).kind, STOP_UNTIL);
    small_delete(&t);
}

/* ---- a host, and its recording replayed ---- */

struct log {
    struct door_event ev[256];
    u8 data[256][64];
    u32 n, at;
    char why[256];
};

static void tap(void *opaque, const struct door_event *ev)
{
    struct log *l = opaque;
    cr_assert(l->n < ARRAY_SIZE(l->ev) && ev->len <= sizeof(l->data[0]));
    memcpy(l->data[l->n], ev->data, ev->len);
    l->ev[l->n] = *ev;
    l->ev[l->n].data = l->data[l->n];
    l->n++;
}

static bool peek(void *opaque, struct door_event *ev)
{
    struct log *l = opaque;
    if (l->at == l->n)
        return false;
    *ev = l->ev[l->at];
    return true;
}

static void pop(void *opaque)
{
    ((struct log *)opaque)->at++;
}

static void diverged(void *opaque, const char *message)
{
    strncpy(((struct log *)opaque)->why, message, 255);
}

static void feed_from(struct small *t, struct log *l)
{
    struct door_feed f = {peek, pop, diverged, l};
    door_set_feed(t->m->door, &f);
}

/* A host whose clock only goes on while it is asked to wait, and which types at times. */
struct host {
    struct small *t;
    u64 now, type_every, typed_at;
    u32 polls, interrupt_at;
    bool press_reset;
};

static u64 host_now(void *opaque)
{
    return ((struct host *)opaque)->now;
}

static void host_poll(void *opaque, u64 timeout)
{
    struct host *h = opaque;
    u64 next = h->type_every ? h->typed_at + h->type_every : NEVER;

    if (++h->polls == h->interrupt_at)
        machine_interrupt(h->t->m);
    cr_assert(timeout != NEVER || next != NEVER || h->interrupt_at, "nothing would ever happen");
    if (!timeout)
        return;
    if (next == NEVER || next > h->now + timeout) {
        h->now += timeout == NEVER ? 1000 : timeout;
        return;
    }
    h->now = h->typed_at = next;
    port_post(h->t->console->port, (const u8 *)"key", 3);
    port_post(h->t->console->port, (const u8 *)"!", 1);
    if (h->press_reset) {
        h->press_reset = false;
        machine_post_reset(h->t->m);
    }
}

static void attach_host(struct small *t, struct host *h)
{
    h->t = t;
    t->m->host = (struct host_ops){host_poll, host_now, h};
    t->m->host_attached = true;
}

static const u8 gambler[] = {SMALL_STI, SMALL_ASK, SMALL_HLT, SMALL_STORE, SMALL_JMP, 1};

/* Records `steps` of gambler with that host, then replays it in another machine: same digest at
 * each place. */
static void record_and_replay(struct host h, u64 period, u64 steps, bool sleep)
{
    struct small live = {0}, again = {0};
    struct log log = {.n = 0};
    u64 *digest = xcalloc(steps + 1, sizeof(u64));

    config_init(&live.config);
    live.config.sleep = sleep;
    START(&live, gambler, period);
    attach_host(&live, &h);
    door_set_tap(live.m->door, tap, &log);
    u64 users = 0;
    for (u64 n = 1; n <= steps; n++) {
        struct stop s = machine_run(live.m, n);
        users += s.kind == STOP_USER;
        cr_assert(s.kind == STOP_UNTIL || s.kind == STOP_USER);
        if (s.icount == n)
            digest[n] = machine_digest(live.m);
    }
    cr_assert(users <= 1);

    START(&again, gambler, period);
    feed_from(&again, &log);
    for (u64 n = 1; n <= steps; n++) {
        cr_assert_eq(machine_run(again.m, n).kind, STOP_UNTIL, "at %u: %s", (unsigned)n, log.why);
        if (digest[n])
            cr_assert_eq(machine_digest(again.m), digest[n], "at %u", (unsigned)n);
    }
    cr_assert_eq(log.at, log.n);
    cr_assert(log.n > 10);
    free(digest);
    small_delete(&live);
    small_delete(&again);
}

Test(machine, input_while_idle_replays)
{
    record_and_replay((struct host){.type_every = 2500}, 10000, 300, true);
}

Test(machine, input_that_comes_with_a_deadline_replays)
{
    record_and_replay((struct host){.type_every = 10000}, 10000, 300, true);
}

Test(machine, input_without_any_timer_replays)
{
    record_and_replay((struct host){.type_every = 3000}, 0, 200, true);
    record_and_replay((struct host){.type_every = 3000}, 0, 200, false);
}

Test(machine, a_reset_button_between_keys_replays)
{
    record_and_replay((struct host){.type_every = 3000, .press_reset = true}, 10000, 200, true);
}

Test(machine, an_interruption_while_idle_replays)
{
    for (u32 at = 1; at < 12; at++)
        record_and_replay((struct host){.type_every = 2500, .interrupt_at = at}, 10000, 200, true);
}

Test(machine, sleeping_lands_exactly_on_the_deadline)
{
    struct small t = {0}, fast = {0};
    struct host h = {.now = 5};
    START(&t, sleepy, 1000);
    attach_host(&t, &h);
    machine_run(t.m, 61);
    cr_assert(h.now > 9000, "it waited for real: %u", (unsigned)h.now);
    u64 digest = machine_digest(t.m);
    START(&fast, sleepy, 1000);
    machine_run(fast.m, 61);
    cr_assert_eq(machine_digest(fast.m), digest);
    small_delete(&t);
    small_delete(&fast);
}

Test(machine, stopping_an_unsettled_idle_machine_is_a_step)
{
    /* The timer ticks but cannot wake it: interrupts are off. */
    static const u8 program[] = {SMALL_HLT};
    struct small t = {0};
    struct log log = {.n = 0};
    struct host h = {.interrupt_at = 5};
    START(&t, program, 1000);
    attach_host(&t, &h);
    door_set_tap(t.m->door, tap, &log);
    struct stop s = machine_run(t.m, NEVER);
    cr_assert_eq(s.kind, STOP_USER);
    cr_assert_eq(s.icount, 2);
    cr_assert_eq(log.n, 1);
    cr_assert_eq(log.ev[0].icount, 1);
    u64 ticks = t.timer->ticks, digest = machine_digest(t.m);
    cr_assert(ticks > 0);
    small_delete(&t);

    struct small again = {0};
    START(&again, program, 1000);
    feed_from(&again, &log);
    cr_assert_eq(machine_run(again.m, 2).kind, STOP_UNTIL);
    cr_assert_eq(again.timer->ticks, ticks);
    cr_assert_eq(machine_digest(again.m), digest);
    small_delete(&again);
}

static void expect_divergence(struct door_event ev, u64 period)
{
    struct small t = {0};
    struct log log = {.n = 1};
    static const u8 key[] = "k";
    ev.data = key;
    log.ev[0] = ev;
    START(&t, sleepy, period);
    feed_from(&t, &log);
    struct stop s = machine_run(t.m, 5000);
    cr_assert_eq(s.kind, STOP_DIVERGED);
    cr_assert(*log.why);
    small_delete(&t);
}

Test(machine, impossible_recordings_diverge)
{
    struct small t = {0};
    START(&t, sleepy, 0);
    u32 console = 0;
    while (strcmp(door_source_name(t.m->door, console), "serial0"))
        console++;
    small_delete(&t);
    expect_divergence((struct door_event){.icount = 1, .idle_ns = 5, .source = console, .len = 1},
                      0);
    expect_divergence((struct door_event){.icount = 100, .source = console, .len = 1}, 1000);
    expect_divergence((struct door_event){.icount = 100, .source = console, .len = 1}, 0);
    expect_divergence((struct door_event){.icount = 10, .source = 1000, .len = 1}, 1000);
    expect_divergence((struct door_event){.icount = 3, .source = console + 1, .len = 1}, 1000);
}

/* ---- a debugger's writes ---- */

Test(machine, a_debuggers_writes_are_steps_and_replay)
{
    struct small t = {0}, again = {0};
    struct log log = {.n = 0};
    const u8 forty[8] = {40};

    START(&t, busy, 777);
    door_set_tap(t.m->door, tap, &log);
    const struct debug_view *v = t.cpu->base.arch->debug->view(&t.cpu->base);
    machine_run(t.m, 100);
    cr_assert(machine_debug_write_reg(t.m, v, 0, forty, 8));
    cr_assert_eq(t.m->clock.icount, 101);
    cr_assert_eq(t.cpu->r[0], 40);
    cr_assert(machine_debug_write_mem(t.m, 0x2ffe, "abcd", 4));
    cr_assert(machine_debug_write_phys(t.m, SMALL_START, "\0", 1)); /* code: STI becomes NOP */
    cr_assert_eq(t.m->clock.icount, 103);
    u64 before = machine_digest(t.m);
    cr_assert_not(machine_debug_write_reg(t.m, v, 0, forty, 4), "wrong size");
    cr_assert_not(machine_debug_write_reg(t.m, v, 1, forty, 8), "read-only");
    cr_assert_not(machine_debug_write_reg(t.m, v, 99, forty, 8));
    cr_assert_not(machine_debug_write_mem(t.m, 0xfffe, "abcd", 4), "half unmapped");
    cr_assert_not(machine_debug_write_phys(t.m, 0xfffe, "abcd", 4));
    cr_assert_eq(machine_digest(t.m), before);
    machine_run(t.m, 1000);

    START(&again, busy, 777);
    feed_from(&again, &log);
    u64 counts[] = {50, 100, 101, 102, 103, 1000};
    for (unsigned i = 0; i < ARRAY_SIZE(counts); i++)
        cr_assert_eq(machine_run(again.m, counts[i]).kind, STOP_UNTIL);
    cr_assert_eq(machine_digest(again.m), machine_digest(t.m));
    small_delete(&t);
    small_delete(&again);
}

/* ---- state ---- */

Test(machine, saved_and_loaded_goes_on_the_same)
{
    struct small t = {0};
    struct buf saved = {0}, now = {0};
    START(&t, sleepy, 777); /* no stores: state is all there is */
    machine_run(t.m, 500);
    machine_save(t.m, &saved);
    u64 digest = machine_digest(t.m);
    machine_run(t.m, 900);
    u64 later = machine_digest(t.m);
    struct reader r = reader_of(saved.data, saved.len);
    cr_assert(machine_load(t.m, &r));
    cr_assert_eq(reader_left(&r), 0);
    cr_assert_eq(machine_digest(t.m), digest);
    machine_run(t.m, 900);
    cr_assert_eq(machine_digest(t.m), later);
    machine_save(t.m, &now);

    struct buf text = {0};
    cr_assert_eq(machine_diff(t.m, &saved, &saved, &text, 10), 0);
    cr_assert(machine_diff(t.m, &saved, &now, &text, 100) > 2);
    cr_assert(strstr(buf_cstr(&text), "clock.icount: 0x1f4, 0x384"));
    cr_assert(strstr(buf_cstr(&text), "cpu.r[0]: "));
    cr_assert(strstr(buf_cstr(&text), "timer.ticks: "));
    buf_fini(&saved);
    buf_fini(&now);
    buf_fini(&text);
    small_delete(&t);
}

Test(machine, hostile_state_is_refused_or_runs)
{
    struct small t = {0};
    struct buf saved = {0};
    START(&t, busy, 777);
    machine_run(t.m, 300);
    machine_save(t.m, &saved);
    for (size_t cut = 0; cut < saved.len; cut++) {
        struct reader r = reader_of(saved.data, cut);
        cr_assert_not(machine_load(t.m, &r));
    }
    for (size_t at = 0; at < saved.len; at++) {
        saved.data[at] ^= 0x80;
        struct reader r = reader_of(saved.data, saved.len);
        if (machine_load(t.m, &r))
            machine_run(t.m, t.m->clock.icount + 50);
        saved.data[at] ^= 0x80;
    }
    buf_fini(&saved);
    small_delete(&t);
}

/* ---- ports and names ---- */

static void sink(void *opaque, const u8 *data, u32 len)
{
    buf_put(opaque, data, len);
}

static void port_tap(void *opaque, struct port *p, u8 byte)
{
    (void)p;
    buf_put_u8(opaque, byte);
}

Test(machine, ports_send_and_have_room)
{
    static const u8 program[] = {SMALL_INC, SMALL_SEND, SMALL_JMP, 0};
    struct small t = {0};
    struct buf out = {0}, tapped = {0};
    START(&t, program, 0);
    port_attach(t.console->port, sink, &out);
    port_set_tap(t.console->port, port_tap, &tapped);
    machine_run(t.m, 6);
    port_set_muted(t.console->port, true);
    machine_run(t.m, 12);
    cr_assert_eq(out.len, 2);
    cr_assert_eq(out.data[1], 2);
    cr_assert_eq(tapped.len, 4, "the tap is never muted");

    cr_assert_eq(port_room(t.console->port), 4);
    port_post(t.console->port, (const u8 *)"abc", 3);
    cr_assert_eq(port_room(t.console->port), 1, "what waits in the door counts");
    machine_run(t.m, 13);
    cr_assert_eq(port_room(t.console->port), 4);
    cr_assert_eq(t.console->last, 'c');
    buf_fini(&out);
    buf_fini(&tapped);
    small_delete(&t);
}

Test(machine, devices_of_a_kind_get_names_of_their_own)
{
    struct small t = {0};
    START(&t, busy, 0);
    struct small_timer *more = xcalloc(1, sizeof(*more));
    device_attach(t.m, &more->base, t.timer->base.type);
    cr_assert_str_eq(t.timer->base.name, "timer");
    cr_assert_str_eq(more->base.name, "timer.1");
    cr_assert_eq(machine_find_device(t.m, "timer.1"), &more->base);
    cr_assert_null(machine_find_device(t.m, "timer.2"));
    small_delete(&t);
}
