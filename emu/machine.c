/* machine.c - put a guest together, and the run loop */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/machine.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "emu/tlb.h"

#define POLL_NS (2 * 1000 * 1000)  /* wanted distance of host polls */
#define SLICE_MIN 256
#define SLICE_MAX (1 << 24)
#define IDLE_COST 64               /* one jump over idle time, in steps of host work */
#define MAX_TICKS 65536            /* at one boundary: only a hostile saved state has more */
#define MAX_IDLE_JUMPS 4096        /* at one icount, before an interruption is heeded there */

/* Events of the source "system", one byte each. */
enum { SYSTEM_RESET = 'r', SYSTEM_POWERDOWN = 'p', SYSTEM_PAUSE = 's' };

static void happened(struct machine *m, enum machine_event what)
{
    if (m->happened)
        m->happened(m->happened_opaque, what);
}

static void deliver_system(void *opaque, const u8 *data, u32 len)
{
    struct machine *m = opaque;

    switch (len == 1 ? data[0] : 0) {
    case SYSTEM_RESET:
        happened(m, MACHINE_RESET_BUTTON);
        machine_request(m, REQUEST_RESET, 0);
        break;
    case SYSTEM_POWERDOWN:
        happened(m, MACHINE_POWER_BUTTON);
        if (m->power_button)
            m->power_button(m->power_opaque);
        else
            LOG(LOG_WARN, "this board has no power button");
        break;
    case SYSTEM_PAUSE:
        m->clock.icount++;
        break;
    default:
        LOG(LOG_WARN, "ill-formed event of source 'system' ignored");
    }
}

static u64 diag_pc(void *opaque)
{
    struct machine *m = opaque;
    return m->cpu ? m->cpu->pc : 0;
}

struct machine *machine_new(const struct machine_config *cfg)
{
    struct machine *m = xcalloc(1, sizeof(*m));

    m->config = cfg;
    m->clock.shift = cfg->icount_shift;
    m->door = door_new(&m->clock);
    m->hid = hid_new(m);
    m->watch = watch_new(m);
    m->mem = bus_new("memory", UINT64_C(1) << 52, m);
    m->io = bus_new("io", 65536, m);
    m->next_deadline = m->next_alarm = NEVER;
    m->realtime = cfg->sleep;
    m->slice_steps = m->slice_left = SLICE_MIN;
    m->source_system = door_add_source(m->door, "system", deliver_system, NULL, m);
    m->source_debugger = door_add_source(m->door, "debugger", machine_deliver_debugger, NULL, m);
    diag_attach(&m->clock.icount, diag_pc, m);
    return m;
}

void machine_delete(struct machine *m)
{
    if (!m)
        return;
    diag_attach(NULL, NULL, NULL);
    if (m->engine)
        engine_delete(m->engine);
    m->engine = NULL;
    for (u32 i = 0; i < m->n_devices; i++) {
        struct device *d = m->device[i];
        if (d->type->fini)
            d->type->fini(d);
        free(d->name);
        free(d);
    }
    for (u32 i = 0; i < m->n_ports; i++)
        port_delete(m->port[i]);
    for (u32 i = 0; i < m->n_nets; i++)
        net_port_delete(m->net[i]);
    for (u32 i = 0; i < m->n_audios; i++)
        audio_delete(m->audio[i]);
    bus_delete(m->mem);
    bus_delete(m->io);
    watch_delete(m->watch);
    buf_fini(&m->device_tree);
    hid_delete(m->hid);
    door_delete(m->door);
    if (m->cpu) {
        tlb_delete(m->cpu->tlb);
        m->cpu->arch->fini(m->cpu);
    }
    for (u32 i = 0; i < m->n_rams; i++)
        ram_delete(m->ram[i]);
    free(m);
}

void machine_set_cpu(struct machine *m, struct cpu *c)
{
    CHECK(!m->cpu);
    m->cpu = c;
    c->machine = m;
    c->tlb = tlb_new();
}

struct ram *machine_add_ram(struct machine *m, const char *name, u64 size)
{
    CHECK(m->n_rams < MACHINE_MAX_RAMS);
    struct ram *r = ram_new(name, size);
    m->ram[m->n_rams++] = r;
    return r;
}

void machine_start(struct machine *m)
{
    struct engine_config ec = {.max_insns = m->config->block_insns, .dump = &m->config->dump,
                               .accel = m->config->accel};

    CHECK(m->cpu && !m->engine);
    m->engine = engine_new(m, &ec);
    machine_reset(m);
    m->clock.icount = 0;
    m->clock.idle_ns = 0;
    machine_settle(m);
}

void machine_reset(struct machine *m)
{
    m->request = REQUEST_NONE;
    m->request_code = 0;
    /* The processor first: a device may set up how it starts (a kernel that is booted directly). */
    m->cpu->arch->reset(m->cpu);
    for (u32 i = 0; i < m->n_devices; i++) {
        m->device[i]->deadline = NEVER;
        if (m->device[i]->type->reset)
            m->device[i]->type->reset(m->device[i]);
    }
    tlb_flush(m->cpu);
    machine_update_deadline(m);
    m->cpu->attention = true;
}

void machine_request(struct machine *m, enum machine_request r, int code)
{
    if (m->request == REQUEST_NONE) {
        m->request = r;
        m->request_code = code;
    }
    if (m->cpu)
        m->cpu->attention = true;
}

static const char *const watchdog_names[WATCHDOG_ACTIONS] = {
    [WATCHDOG_RESET] = "reset", [WATCHDOG_SHUTDOWN] = "shutdown", [WATCHDOG_POWEROFF] = "poweroff",
    [WATCHDOG_PAUSE] = "pause", [WATCHDOG_DEBUG] = "debug",       [WATCHDOG_NONE] = "none",
};

bool machine_watchdog_action(const char *name, enum watchdog_action *action)
{
    for (unsigned i = 0; i < WATCHDOG_ACTIONS; i++)
        if (!strcmp(name, watchdog_names[i])) {
            *action = i;
            return true;
        }
    return false;
}

const char *machine_watchdog_name(enum watchdog_action action)
{
    return watchdog_names[action];
}

void machine_watchdog(struct machine *m, enum watchdog_action action)
{
    m->watchdog = action;
    happened(m, MACHINE_WATCHDOG);
    if (action == WATCHDOG_RESET)
        machine_request(m, REQUEST_RESET, 0);
    else if (action == WATCHDOG_POWEROFF)
        machine_request(m, REQUEST_POWEROFF, 0);
    else if (action == WATCHDOG_SHUTDOWN && m->power_button)
        m->power_button(m->power_opaque);
    LOG(LOG_INFO, "the watchdog's time is over: %s", watchdog_names[action]);
}

void machine_interrupt(struct machine *m)
{
    m->interrupted = true;
    if (m->cpu)
        m->cpu->attention = true;
}

void machine_poll_soon(struct machine *m)
{
    m->poll_wanted = true;
    if (m->cpu)
        m->cpu->attention = true;
}

static void post_system(struct machine *m, u8 what)
{
    if (!door_post(m->door, m->source_system, &what, 1))
        notice("this is a replay: the machine takes no input but what was recorded");
    else if (m->cpu)
        m->cpu->attention = true;
}

void machine_post_reset(struct machine *m)
{
    post_system(m, SYSTEM_RESET);
}

bool machine_is_reset_button(const struct machine *m, const struct door_event *ev)
{
    return (int)ev->source == m->source_system && ev->len == 1 && ev->data[0] == SYSTEM_RESET;
}

void machine_post_powerdown(struct machine *m)
{
    post_system(m, SYSTEM_POWERDOWN);
}

u64 machine_now_ns(struct machine *m)
{
    return clock_ns(&m->clock);
}

struct device *machine_find_device(struct machine *m, const char *name)
{
    for (u32 i = 0; i < m->n_devices; i++)
        if (!strcmp(m->device[i]->name, name))
            return m->device[i];
    return NULL;
}

void machine_update_deadline(struct machine *m)
{
    m->next_deadline = NEVER;
    for (u32 i = 0; i < m->n_devices; i++)
        m->next_deadline = MIN(m->next_deadline, m->device[i]->deadline);
}

static void tick_due(struct machine *m)
{
    u64 now = clock_ns(&m->clock);

    for (unsigned n = 0; m->next_deadline <= now && n < MAX_TICKS; n++) {
        struct device *due = NULL;
        for (u32 i = 0; i < m->n_devices; i++)
            if (!due || m->device[i]->deadline < due->deadline)
                due = m->device[i];
        if (!due || due->deadline > now) {
            machine_update_deadline(m);
            continue;
        }
        u64 was = due->deadline;
        CHECK(due->type->tick);
        due->type->tick(due);
        /* "Now" asked for from a tick means the next boundary, and time does not stand still. */
        if (due->deadline <= was)
            due->deadline = now + 1;
        machine_update_deadline(m);
    }
}

void machine_settle(struct machine *m)
{
    bool again;
    do {
        tick_due(m);
        again = !m->config->no_reboot &&
                (m->request == REQUEST_RESET || m->request == REQUEST_CRASH);
        if (again) {
            machine_reset(m);
            happened(m, MACHINE_WAS_RESET);
        }
    } while (again && m->next_deadline <= clock_ns(&m->clock));
}

/* One call of machine_run(). */
struct run {
    struct machine *m;
    u64 start, until;
    u64 at;          /* icount of the boundary that the next two are about */
    bool unsettled;  /* input was delivered or time passed here: no longer the state at `at` */
    unsigned jumps;  /* over idle time, here */
    bool over;
    struct stop stop;
};

/* Ends the run here. What happened here without a step gets one, so that the place is unique. */
static void stop_at(struct run *r, enum stop_kind kind)
{
    struct machine *m = r->m;

    if (r->unsettled && kind != STOP_DIVERGED) {
        const u8 pause = SYSTEM_PAUSE;
        if (kind == STOP_USER && !door_is_fed(m->door))
            door_tap_event(m->door, m->source_system, &pause, 1);
        if (kind != STOP_USER || !door_is_fed(m->door)) {
            m->clock.icount++;
            machine_settle(m);
        }
    }
    r->over = true;
    r->stop.kind = kind;
    r->stop.icount = m->clock.icount;
}

static void stop_for_request(struct run *r)
{
    struct machine *m = r->m;
    enum machine_request request = m->request;

    r->stop.code = m->request_code;
    m->request = REQUEST_NONE;
    m->request_code = 0;
    switch (request) {
    case REQUEST_POWEROFF: stop_at(r, STOP_POWEROFF); break;
    case REQUEST_EXIT: stop_at(r, STOP_EXIT); break;
    case REQUEST_RESET: stop_at(r, STOP_RESET); break;
    default: stop_at(r, STOP_CRASH);
    }
}

static bool interrupt_ready(struct cpu *c)
{
    return c->arch->interrupt_ready(c);
}

static bool break_here(struct machine *m)
{
    struct cpu *c = m->cpu;
    return watch_is_armed(m->watch) && !c->halted && watch_break_at(m->watch, c->arch->linear_pc(c)) &&
           !interrupt_ready(c);
}

/* Stops that are about the state at this icount. A breakpoint comes before `until` and before an
 * interruption, so that none is lost when the next run starts here. */
static void check_stops(struct run *r)
{
    struct machine *m = r->m;
    struct watch_hit hit = watch_take_hit(m->watch);

    if (m->request != REQUEST_NONE) {
        stop_for_request(r);
    } else if (door_diverged(m->door)) {
        stop_at(r, STOP_DIVERGED);
    } else if (r->unsettled) {
        return;
    } else if (hit.access_size && m->clock.icount > r->start) {
        r->stop.watch = hit;
        stop_at(r, STOP_WATCH);
    } else if (m->clock.icount > r->start && break_here(m)) {
        stop_at(r, STOP_BREAK);
    } else if (m->clock.icount >= r->until) {
        stop_at(r, STOP_UNTIL);
    } else if (m->interrupted) {
        m->interrupted = false;
        stop_at(r, STOP_USER);
    }
}

/* Lets the host in when about POLL_NS went by; how many steps that is was learned from the last
 * time. */
static void poll_host(struct machine *m)
{
    if (!m->host_attached || (m->slice_left && !m->poll_wanted))
        return;
    m->poll_wanted = false;
    m->host.poll(m->host.opaque, 0);
    if (m->slice_left)
        return; /* out of turn */
    u64 now = m->host.now_ns(m->host.opaque);
    u64 took = now - m->polled_ns;
    if (took < POLL_NS / 2)
        m->slice_steps = MIN(m->slice_steps * 2, (u64)SLICE_MAX);
    else if (took > POLL_NS * 2)
        m->slice_steps = MAX(m->slice_steps / 2, (u64)SLICE_MIN);
    m->slice_left = m->slice_steps;
    m->polled_ns = now;
}

static void spend_slice(struct machine *m, u64 steps)
{
    m->slice_left -= MIN(m->slice_left, steps);
}

/* Live, sleep=on: waits for `target` (ns of virtual time, or NEVER) in real time, until there is
 * input. */
static void wait_for_host(struct run *r, u64 target)
{
    struct machine *m = r->m;
    u64 from = m->host.now_ns(m->host.opaque), waited = 0;
    u64 now = clock_ns(&m->clock);
    u64 wanted = target == NEVER ? NEVER : MAX(target, now) - now;

    while (waited < wanted && !door_has_posts(m->door) && !m->interrupted) {
        m->host.poll(m->host.opaque, wanted == NEVER ? NEVER : wanted - waited);
        waited = m->host.now_ns(m->host.opaque) - from;
    }
    m->slice_left = m->slice_steps;
    m->polled_ns = m->host.now_ns(m->host.opaque);
    if (m->interrupted && waited < wanted) {
        /* Virtual time stands still: this is still the place where the wait began. */
        m->interrupted = false;
        stop_at(r, STOP_USER);
        return;
    }
    /* The only place where the host's clock decides about the guest's; the event to come records
     * it. */
    if (m->realtime)
        m->clock.idle_ns += MIN(waited, wanted);
    r->unsettled = true;
}

static void idle_to(struct run *r, u64 ns)
{
    struct machine *m = r->m;
    m->clock.idle_ns += MAX(ns, clock_ns(&m->clock)) - clock_ns(&m->clock);
    r->unsettled = true;
    spend_slice(m, IDLE_COST);
    /* A guest that is halted for good with a timer running would never let go of us. */
    if (++r->jumps > MAX_IDLE_JUMPS && m->interrupted) {
        m->interrupted = false;
        stop_at(r, STOP_USER);
    }
}

static void idle_replayed(struct run *r)
{
    struct machine *m = r->m;
    u64 icount, idle_ns, shifted = m->clock.icount << m->clock.shift;
    bool event = door_next(m->door, &icount, &idle_ns);

    if (event && icount == m->clock.icount && shifted + idle_ns < m->next_deadline)
        idle_to(r, shifted + idle_ns);
    else if (m->next_deadline != NEVER)
        idle_to(r, m->next_deadline);
    else if (door_diverged(m->door))
        return;
    else if (event)
        door_declare_diverged(m->door, "the guest is halted for good, but the recording has input for a "
                              "later step");
    else
        stop_at(r, STOP_HALTED);
}

/* Is there nothing to sleep for? */
static bool is_prompt(const struct machine *m, u64 target)
{
    for (u32 i = 0; i < m->n_devices; i++)
        if (m->device[i]->prompt && target != NEVER && m->device[i]->deadline <= target)
            return true;
    return false;
}

static void idle(struct run *r)
{
    struct machine *m = r->m;
    u64 target = m->next_deadline;

    /* A machine that sleeps no time away and has no deadline waits for input, however many alarms
     * there are. */
    if (target != NEVER || m->realtime)
        target = MIN(target, alarm_next(m));
    if (door_is_fed(m->door))
        idle_replayed(r);
    else if (m->host_attached && (m->realtime || target == NEVER) && !is_prompt(m, target))
        wait_for_host(r, target);
    else if (target != NEVER)
        idle_to(r, target);
    else
        stop_at(r, STOP_HALTED);
}

/* How many steps may go by before the run loop has something to do. */
static u64 budget(struct run *r)
{
    struct machine *m = r->m;
    u64 end = MIN(r->until, clock_icount_at(&m->clock, MIN(m->next_deadline, alarm_next(m))));
    u64 icount, idle_ns;

    if (door_next(m->door, &icount, &idle_ns))
        end = MIN(end, icount);
    u64 n = end > m->clock.icount ? end - m->clock.icount : 1;
    if (m->host_attached)
        n = MIN(n, MAX(m->slice_left, (u64)1));
    return n;
}

static void step(struct run *r)
{
    struct machine *m = r->m;
    struct cpu *c = m->cpu;
    u64 before = m->clock.icount;

    if (interrupt_ready(c)) {
        c->arch->interrupt_take(c);
        m->clock.icount++;
    } else if (engine_run(m->engine, c, budget(r), true) == ENGINE_EXCEPTION) {
        c->arch->exception_take(c);
        m->clock.icount++;
    }
    spend_slice(m, m->clock.icount - before);
}

struct stop machine_run(struct machine *m, u64 until)
{
    struct run r = {.m = m, .start = m->clock.icount, .at = m->clock.icount, .until = until};

    watch_take_hit(m->watch); /* of a debugger's own accesses */
    for (;;) {
        m->cpu->attention = false;
        machine_settle(m);
        if (r.at != m->clock.icount) {
            r.at = m->clock.icount;
            r.unsettled = false;
            r.jumps = 0;
        }
        check_stops(&r);
        if (r.over)
            return r.stop;
        if (alarm_next(m) <= clock_ns(&m->clock))
            alarm_ring_due(m);
        poll_host(m);
        if (door_deliver_due(m->door)) {
            r.unsettled = true;
            continue;
        }
        if (m->cpu->halted && !interrupt_ready(m->cpu))
            idle(&r);
        else
            step(&r);
        if (r.over)
            return r.stop;
    }
}
