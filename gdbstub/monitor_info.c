/* monitor_info.c - `info`: what the machine, its devices and its history are like now */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/log.h"
#include "gdbstub/monitor_internal.h"

#ifndef HINDSIGHT_VERSION
#define HINDSIGHT_VERSION "0.1.0"
#endif

static void info_status(struct monitor *m)
{
    buf_printf(m->out, "VM status: %s\n", session_running(m->session) ? "running" : "paused");
    monitor_put_place(m);
    buf_printf(m->out, "\n");
}

static void info_version(struct monitor *m)
{
    buf_printf(m->out, "Hindsight " HINDSIGHT_VERSION "\n");
}

static void info_replay(struct monitor *m)
{
    struct timeline *t = m->timeline;
    u64 rb = session_replay_break(m->session);
    bool live = timeline_is_live(t);
    buf_printf(m->out, "%s", live ? "live, with history" : "replaying a recording");
    if (timeline_in_branch(t))
        buf_printf(m->out, "; in a branch that a debugger's write opened");
    else if (!timeline_at_head(t))
        buf_printf(m->out, "; before its %s", live ? "head" : "end");
    else
        buf_printf(m->out, "; at its %s", live ? "head" : "end");
    buf_printf(m->out, "\nnow:     ");
    monitor_put_place(m);
    buf_printf(m->out, "\nhistory: icount %" PRIu64 " to %" PRIu64 ", %u snapshots\n",
               timeline_start(t), timeline_head(t), timeline_n_snapshots(t));
    if (rb != NEVER)
        buf_printf(m->out, "replay_break: icount %" PRIu64 "\n", rb);
    if (timeline_divergence(t))
        buf_printf(m->out, "diverged: %s\n", timeline_divergence(t));
}

/* 1.7 MiB, as QEMU says it; out has 16 bytes. */
static const char *human_bytes(u64 bytes, char *out)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned i = 0;
    double v = (double)bytes;
    for (; v >= 1000 && i + 1 < ARRAY_SIZE(units); i++)
        v /= 1024;
    snprintf(out, 16, "%.3g %s", v, units[i]);
    return out;
}

static const char *human_clock(u64 ns, char *out)
{
    u64 ms = ns / 1000000, s = ms / 1000;
    if (ns == NEVER)
        snprintf(out, 32, "-");
    else
        snprintf(out, 32, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64, s / 3600,
                 s / 60 % 60, s % 60, ms % 1000);
    return out;
}

static void put_all_snapshots(struct monitor *m)
{
    buf_printf(m->out, "%16s %12s  %-9s %s\n", "icount", "own bytes", "kept in", "name");
    for (u32 i = 0; i < timeline_n_snapshots(m->timeline); i++) {
        struct timeline_snapshot_info s = timeline_snapshot_info(m->timeline, i);
        buf_printf(m->out, "%16" PRIu64 " %12" PRIu64 "  %-9s %s\n", s.icount, s.own_bytes,
                   s.in_file ? "recording" : "memory", s.name ? s.name : "");
    }
}

/* The named ones in QEMU's columns. There is no date: nothing of the host's time is kept. */
static void put_named_snapshots(struct monitor *m)
{
    u32 n = timeline_n_snapshots(m->timeline), named = 0;

    for (u32 i = 0; i < n; i++) {
        struct timeline_snapshot_info s = timeline_snapshot_info(m->timeline, i);
        char size[16], clock[32];
        if (!s.name || !*s.name)
            continue;
        if (!named++)
            buf_printf(m->out, "List of snapshots present on all disks:\n"
                               "%-7s %-16s %8s %20s %15s %12s  %s\n",
                       "ID", "TAG", "VM SIZE", "DATE", "VM CLOCK", "ICOUNT", "KEPT IN");
        buf_printf(m->out, "%-7s %-16s %8s %20s %15s %12" PRIu64 "  %s\n", "--", s.name,
                   human_bytes(s.own_bytes, size), "-", human_clock(s.ns, clock), s.icount,
                   s.in_file ? "recording" : "memory");
    }
    if (!named)
        buf_printf(m->out, "There is no snapshot available.\n");
    if (n > named)
        buf_printf(m->out, "%s%u automatic one%s: `info snapshots all` lists them.\n",
                   named ? "And " : "", n - named, n - named == 1 ? "" : "s");
}

static void info_snapshots(struct monitor *m)
{
    if (m->n_words > 1 && !strcmp(m->word[1], "all"))
        put_all_snapshots(m);
    else
        put_named_snapshots(m);
}

static void info_registers(struct monitor *m)
{
    m->machine->cpu->arch->debug->info_registers(m->machine->cpu, m->out);
}

static void info_mem(struct monitor *m)
{
    m->machine->cpu->arch->debug->info_mem(m->machine->cpu, m->out);
}

static void info_tlb(struct monitor *m)
{
    m->machine->cpu->arch->debug->info_tlb(m->machine->cpu, m->out);
}

static void info_cpus(struct monitor *m)
{
    struct cpu *c = m->machine->cpu;
    buf_printf(m->out, "* CPU #0: pc %#" PRIx64 "%s\n", c->arch->linear_pc(c),
               c->halted ? " (halted)" : "");
}

static void put_device(struct monitor *m, struct device *d)
{
    buf_printf(m->out, "%s:\n", d->name);
    if (d->type->state)
        state_print(d->type->state, d, m->out);
    if (d->deadline != NEVER)
        buf_printf(m->out, "deadline = %" PRIu64 " ns\n", d->deadline);
    if (d->type->info)
        d->type->info(d, m->out);
}

static void info_irq(struct monitor *m)
{
    static const char *const controllers[] = {"8259", "ioapic", "lapic", "gic"};
    static const char *const lines[CPU_LINES] = {"IRQ", "NMI", "SMI", "FIQ"};
    struct cpu *c = m->machine->cpu;
    buf_printf(m->out, "CPU lines raised:");
    for (int i = 0; i < CPU_LINES; i++)
        if (c->lines >> i & 1)
            buf_printf(m->out, " %s", lines[i]);
    buf_printf(m->out, "%s; %s\n", c->lines ? "" : " none",
               c->arch->interrupt_ready(c) ? "the next step takes an interrupt"
                                           : "no interrupt to be taken next");
    for (u32 i = 0; i < m->machine->n_devices; i++) {
        struct device *d = m->machine->device[i];
        for (size_t k = 0; k < ARRAY_SIZE(controllers); k++)
            if (strstr(d->type->name, controllers[k])) {
                put_device(m, d);
                break;
            }
    }
}

static void put_region(void *opaque, const struct region *r)
{
    static const char *const kinds[] = {"-", "ram", "rom", "mmio"};
    buf_printf(opaque, "  %016" PRIx64 "-%016" PRIx64 " %-4s %s\n", r->start,
               r->start + (r->size - 1), kinds[r->kind & 3], r->name ? r->name : "");
}

static void info_mtree(struct monitor *m)
{
    buf_printf(m->out, "memory\n");
    bus_each(m->machine->mem, put_region, m->out);
    buf_printf(m->out, "I/O ports\n");
    bus_each(m->machine->io, put_region, m->out);
}

static void info_qtree(struct monitor *m)
{
    buf_printf(m->out, "cpu        %s%s%s\n", m->machine->cpu->arch->name,
               m->machine->config->cpu ? ", model " : "",
               m->machine->config->cpu ? m->machine->config->cpu : "");
    for (u32 i = 0; i < m->machine->n_rams; i++)
        buf_printf(m->out, "ram        %s, %" PRIu64 " KiB\n", m->machine->ram[i]->name,
                   m->machine->ram[i]->size / KiB);
    for (u32 i = 0; i < m->machine->n_devices; i++)
        buf_printf(m->out, "device     %s (%s)\n", m->machine->device[i]->name,
                   m->machine->device[i]->type->name);
    for (u32 i = 0; i < m->machine->n_ports; i++)
        buf_printf(m->out, "port       %s\n", port_name(m->machine->port[i]));
    for (u32 i = 0; i < door_n_sources(m->machine->door); i++)
        buf_printf(m->out, "input      %u %s\n", i, door_source_name(m->machine->door, i));
}

static void info_jit(struct monitor *m)
{
    struct engine_stats s = engine_stats(m->machine->engine);
    buf_printf(m->out, "blocks: %" PRIu64 " made, %" PRIu64 " live, %" PRIu64 " dropped; %" PRIu64
                       " lookups missed; %" PRIu64 " bytes\n",
               s.blocks_made, s.blocks_live, s.blocks_dropped, s.lookups_missed, s.code_bytes);
}

static void info_config(struct monitor *m)
{
    config_print(m->machine->config, m->out);
    if (m->out->len && m->out->data[m->out->len - 1] != '\n')
        buf_printf(m->out, "\n");
}

const struct monitor_topic monitor_topics[] = {
    {"status", "is it running, and where", info_status},
    {"replay", "the history, and where in it we are", info_replay},
    {"snapshots", "named places (savevm); `all`: and what is kept to be quick", info_snapshots},
    {"registers", "the CPU", info_registers},
    {"cpus", "what the CPUs do", info_cpus},
    {"mem", "mapped linear memory, by permission", info_mem},
    {"tlb", "linear to physical, page by page", info_tlb},
    {"irq", "interrupt lines and controllers", info_irq},
    {"mtree", "what answers at which address and port", info_mtree},
    {"qtree", "devices, memories, ports and sources of input", info_qtree},
    {"jit", "the block cache", info_jit},
    {"block", "disks, and what is in their drives", monitor_info_block},
    {"mice", "what `mouse_move` can move", monitor_info_mice},
    {"config", "the machine's options", info_config},
    {"version", "of this program", info_version},
    {0},
};

enum monitor_result monitor_info(struct monitor *m)
{
    if (!m->n_words) {
        for (const struct monitor_topic *t = monitor_topics; t->name; t++)
            buf_printf(m->out, "info %-12s %s\n", t->name, t->help);
        buf_printf(m->out, "info DEVICE       one device; `info qtree` names them\n");
        return MONITOR_DONE;
    }
    for (const struct monitor_topic *t = monitor_topics; t->name; t++)
        if (!strcmp(t->name, m->word[0])) {
            t->run(m);
            return MONITOR_DONE;
        }
    struct device *d = machine_find_device(m->machine, m->word[0]);
    if (!d)
        return monitor_error(m,
                             "There is no topic and no device '%.64s'; `info` lists topics, `info "
                             "qtree` devices.",
                             m->word[0]);
    put_device(m, d);
    return MONITOR_DONE;
}
