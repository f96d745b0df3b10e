/* common_board.c - devices under test on a machine without a real processor */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "board.h"

static void cpu_reset(struct cpu *c)
{
    c->lines = 0;
}

static void cpu_fini(struct cpu *c)
{
    free(c);
}

static void cpu_nothing(struct cpu *c)
{
    (void)c;
}

static const struct arch fake_arch = {.name = "none", .state = &cpu_state, .reset = cpu_reset,
                                      .fini = cpu_fini, .sync = cpu_nothing,
                                      .after_load = cpu_nothing};

struct board *board_new(void)
{
    struct board *b = xcalloc(1, sizeof(*b));
    config_init(&b->config);
    b->config.icount_shift = 0;
    b->config.rtc_clock = RTC_CLOCK_VM;
    b->m = machine_new(&b->config);
    struct cpu *c = xcalloc(1, sizeof(*c));
    c->arch = &fake_arch;
    machine_set_cpu(b->m, c);
    return b;
}

void board_delete(struct board *b)
{
    machine_delete(b->m);
    config_fini(&b->config);
    free(b);
}

void board_reset(struct board *b)
{
    b->m->cpu->arch->reset(b->m->cpu);
    for (u32 i = 0; i < b->m->n_devices; i++) {
        b->m->device[i]->deadline = NEVER;
        if (b->m->device[i]->type->reset)
            b->m->device[i]->type->reset(b->m->device[i]);
    }
}

static struct device *first_due(struct machine *m)
{
    struct device *due = m->device[0];
    for (u32 i = 1; i < m->n_devices; i++)
        if (m->device[i]->deadline < due->deadline)
            due = m->device[i];
    return due;
}

void board_run_to(struct board *b, u64 ns)
{
    for (struct device *d; (d = first_due(b->m))->deadline <= ns;) {
        if (d->deadline > b->m->clock.icount)
            b->m->clock.icount = d->deadline;
        u64 was = d->deadline;
        d->type->tick(d);
        cr_assert_gt(d->deadline, was, "%s does not move on", d->name);
    }
    b->m->clock.icount = ns;
}

void board_run(struct board *b, u64 ns)
{
    board_run_to(b, b->m->clock.icount + ns);
}

u8 board_in(struct board *b, u16 port)
{
    return bus_read(b->m->io, port, 1);
}

void board_out(struct board *b, u16 port, u8 value)
{
    bus_write(b->m->io, port, value, 1);
}

u32 board_in32(struct board *b, u16 port)
{
    return bus_read(b->m->io, port, 4);
}

void board_out32(struct board *b, u16 port, u32 value)
{
    bus_write(b->m->io, port, value, 4);
}

u32 board_read(struct board *b, u64 addr)
{
    return bus_read(b->m->mem, addr, 4);
}

void board_write(struct board *b, u64 addr, u32 value)
{
    bus_write(b->m->mem, addr, value, 4);
}

static void set_probe(void *opaque, int line, bool level)
{
    (void)line;
    struct probe *p = opaque;
    p->rises += level && !p->level;
    p->level = level;
}

struct irq probe_irq(struct probe *p)
{
    return (struct irq){set_probe, p, 0};
}
