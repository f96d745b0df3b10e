/* monitor.c - the monitor: find a command in the tables, run it, complete it, describe moves */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "gdbstub/monitor_internal.h"

static const struct monitor_command *const tables[] = {
    monitor_commands, monitor_replay_commands, monitor_memory_commands, monitor_key_commands,
    monitor_screen_commands, monitor_media_commands};

enum monitor_result monitor_error(struct monitor *m, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    buf_printf(m->out, "%s\n", text);
    return MONITOR_ERROR;
}

static u64 scale_of(char c)
{
    return c == 'k' || c == 'K' ? 1000 : c == 'M' ? 1000000 : c == 'G' ? 1000000000 : 0;
}

bool monitor_number(const char *s, u64 *value)
{
    unsigned base = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10;
    u64 v = 0;
    bool any = false;
    for (s += base == 16 ? 2 : 0; *s; s++) {
        int digit = *s >= '0' && *s <= '9'                 ? *s - '0'
                    : base == 16 && *s >= 'a' && *s <= 'f' ? *s - 'a' + 10
                    : base == 16 && *s >= 'A' && *s <= 'F' ? *s - 'A' + 10
                                                           : -1;
        if (*s == '_' && any)
            continue;
        if (digit < 0)
            break;
        if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit, &v))
            return false;
        any = true;
    }
    u64 scale = base == 10 && *s ? scale_of(*s++) : 1;
    return any && scale && !*s && !__builtin_mul_overflow(v, scale, value);
}

bool monitor_stopped(struct monitor *m)
{
    if (session_running(m->session))
        monitor_error(m, "The machine is running; `stop` it first.");
    return !session_running(m->session);
}

bool monitor_door_open(struct monitor *m)
{
    bool live = timeline_is_live(m->timeline);
    if (!door_is_fed(m->machine->door)) {
        if (!live && !timeline_in_branch(m->timeline))
            monitor_error(m, "The guest is over: nothing comes in any more%s.",
                          m->machine->config->no_reboot ? "" : "; system_reset starts it again");
        return live || timeline_in_branch(m->timeline);
    }
    monitor_error(m, live ? "Here in the past nothing comes in from outside; `goto end` first."
                          : "This is a replay: nothing comes in from outside.");
    return false;
}

static bool is_backward(const struct monitor *m, const struct move_request *r)
{
    return r->kind == MOVE_REVERSE_CONTINUE || r->kind == MOVE_REVERSE_STEP ||
           (r->kind == MOVE_SEEK && r->arg < timeline_now(m->timeline));
}

enum monitor_result monitor_move(struct monitor *m, const struct move_request *r)
{
    if (!monitor_stopped(m))
        return MONITOR_ERROR;
    if (is_backward(m, r) && timeline_start(m->timeline) && timeline_at_head(m->timeline) &&
        timeline_start(m->timeline) == timeline_head(m->timeline))
        return monitor_error(m, "This run keeps no history to go back to: record it, or run it with "
                                "-gdb, -S or -monitor.");
    if (!session_request(m->session, r, m->by))
        return monitor_error(m, "The program is ending.");
    return MONITOR_MOVING;
}

void monitor_put_seconds(struct buf *out, u64 ns)
{
    buf_printf(out, "%" PRIu64 ".%09" PRIu64 " s", ns / NS_PER_S, ns % NS_PER_S);
}

static void put_place(struct session *s, struct buf *out)
{
    struct machine *mc = session_machine(s);
    buf_printf(out, "icount %" PRIu64 ", ", mc->clock.icount);
    monitor_put_seconds(out, clock_ns(&mc->clock));
    buf_printf(out, ", pc %#" PRIx64, mc->cpu->arch->linear_pc(mc->cpu));
}

void monitor_put_place(struct monitor *m)
{
    put_place(m->session, m->out);
}

static void put_watch(const struct watch_hit *h, struct buf *out)
{
    buf_printf(out, "watchpoint at %#" PRIx64 ": %s of %u byte%s at %#" PRIx64, h->addr,
               h->access_write ? "a write" : "a read", h->access_size,
               h->access_size == 1 ? "" : "s", h->access_addr);
}

static void put_stop(struct session *s, const struct stop *stop, struct buf *out)
{
    switch (stop->kind) {
    case STOP_UNTIL:
        buf_printf(out, "stopped");
        break;
    case STOP_BREAK:
        buf_printf(out, "breakpoint");
        break;
    case STOP_WATCH:
        put_watch(&stop->watch, out);
        break;
    case STOP_USER:
        buf_printf(out, "interrupted");
        break;
    case STOP_POWEROFF:
        buf_printf(out, "the guest powered off");
        break;
    case STOP_RESET:
        buf_printf(out, "the guest reset");
        break;
    case STOP_EXIT:
        buf_printf(out, "the guest exited with code %d", stop->code);
        break;
    case STOP_CRASH:
        buf_printf(out, "the guest crashed");
        break;
    case STOP_HALTED:
        buf_printf(out, "the guest halted for good");
        break;
    case STOP_DIVERGED:
        buf_printf(out, "the replay diverged");
        if (timeline_divergence(session_timeline(s)))
            buf_printf(out, " (%s)", timeline_divergence(session_timeline(s)));
        break;
    }
}

void monitor_describe(struct session *s, const struct move *mv, struct buf *out)
{
    const char *divergence = timeline_divergence(session_timeline(s));
    switch (mv->end) {
    case MOVE_STOP:
        put_stop(s, &mv->stop, out);
        break;
    case MOVE_START:
        buf_printf(out, "the beginning of history");
        break;
    case MOVE_END:
        if (mv->stop.kind == STOP_UNTIL)
            buf_printf(out, "the end of the recording");
        else
            put_stop(s, &mv->stop, out);
        break;
    case MOVE_FAILED:
        buf_printf(out, "cannot go on: %s",
                   divergence ? divergence : "see the message on the console");
        break;
    }
    buf_printf(out, ": ");
    put_place(s, out);
    if (timeline_in_branch(session_timeline(s)))
        buf_printf(out, " (in a branch)");
    buf_printf(out, "\n");
}

/* help [COMMAND] */
static void put_help(struct monitor *m, const struct monitor_command *c)
{
    char usage[128];
    snprintf(usage, sizeof(usage), "%s%s%s%s%s", c->name, c->alias ? "|" : "",
             c->alias ? c->alias : "", *c->args ? " " : "", c->args);
    buf_printf(m->out, "%-34s %s\n", usage, c->help);
}

static const struct monitor_command *find(const char *name)
{
    for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
        for (const struct monitor_command *c = tables[t]; c->name; c++)
            if (!strcmp(c->name, name) || (c->alias && !strcmp(c->alias, name)))
                return c;
    return NULL;
}

static enum monitor_result run_help(struct monitor *m)
{
    if (m->n_words) {
        const struct monitor_command *c = find(m->word[0]);
        if (!c)
            return monitor_error(m, "There is no command '%.64s'.", m->word[0]);
        put_help(m, c);
        if (c->run == monitor_info)
            for (const struct monitor_topic *t = monitor_topics; t->name; t++)
                buf_printf(m->out, "  info %-27s %s\n", t->name, t->help);
        return MONITOR_DONE;
    }
    for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
        for (const struct monitor_command *c = tables[t]; c->name; c++)
            put_help(m, c);
    return MONITOR_DONE;
}

static enum monitor_result run_stop(struct monitor *m)
{
    session_stop(m->session);
    return MONITOR_DONE;
}

static enum monitor_result run_reset(struct monitor *m)
{
    if (timeline_restart(m->timeline))
        return MONITOR_DONE; /* when it goes on */
    if (!monitor_door_open(m))
        return MONITOR_ERROR;
    machine_post_reset(m->machine);
    return MONITOR_DONE;
}

static enum monitor_result run_powerdown(struct monitor *m)
{
    if (!monitor_door_open(m))
        return MONITOR_ERROR;
    machine_post_powerdown(m->machine);
    return MONITOR_DONE;
}

static enum monitor_result run_quit(struct monitor *m)
{
    session_request_quit(m->session, 0);
    return MONITOR_DONE;
}

static enum monitor_result run_log(struct monitor *m)
{
    char why[LOG_WHY_MAX];
    return log_configure(m->word[0], why) ? MONITOR_DONE : monitor_error(m, "log: %s", why);
}

const struct monitor_command monitor_commands[] = {
    {"help", "?", "[COMMAND]", "this list, or one command", 0, 1, run_help},
    {"info", NULL, "TOPIC|DEVICE", "show something; `help info` lists what", 0, 8, monitor_info},
    {"stop", NULL, "", "stop the machine", 0, 0, run_stop},
    {"system_reset", NULL, "", "press the reset button", 0, 0, run_reset},
    {"system_powerdown", NULL, "", "press the power button", 0, 0, run_powerdown},
    {"log", NULL, "MODULE[:LEVEL],...", "log more, as HINDSIGHT_LOG does", 1, 1, run_log},
    {"quit", "q", "", "end the program", 0, 0, run_quit},
    {0},
};

/* Splits line in place: its first word is the command, and what is behind its '/' the format. */
static const char *split(struct monitor *m, char *line)
{
    char *name = line + strspn(line, " \t\r\n");
    char *end = name + strcspn(name, " \t\r\n");
    char *at = *end ? end + 1 : end;
    *end = 0;
    at += strspn(at, " \t\r\n");
    m->rest = at;
    char *slash = strchr(name, '/');
    m->format = "";
    if (slash) {
        *slash = 0;
        m->format = slash + 1;
    }
    return name;
}

static bool split_words(struct monitor *m, char *at)
{
    m->n_words = 0;
    for (char *save, *w = strtok_r(at, " \t\r\n", &save); w; w = strtok_r(NULL, " \t\r\n", &save)) {
        if (m->n_words == MONITOR_MAX_WORDS)
            return false;
        m->word[m->n_words++] = w;
    }
    return true;
}

static enum monitor_result run_command(struct monitor *m, const struct monitor_command *c)
{
    if (m->n_words < c->min_words || m->n_words > c->max_words)
        return monitor_error(m, "usage: %s%s%s", c->name, *c->args ? " " : "", c->args);
    return c->run(m);
}

static enum monitor_result run_line(struct monitor *m, char *line)
{
    const char *name = split(m, line);
    if (!*name)
        return MONITOR_DONE;
    const struct monitor_command *c = find(name);
    if (!c)
        return monitor_error(m, "There is no command '%.64s'; `help` lists them.", name);
    char *words = xstrdup(m->rest);
    if (!split_words(m, words))
        m->n_words = c->max_words + 1;
    enum monitor_result r = run_command(m, c);
    free(words);
    return r;
}

static struct monitor monitor_of(struct session *s, struct buf *out, void *by)
{
    return (struct monitor){.session = s,
                            .machine = session_machine(s),
                            .timeline = session_timeline(s),
                            .out = out,
                            .by = by,
                            .format = "",
                            .rest = ""};
}

enum monitor_result monitor_execute(struct session *s, const char *line, struct buf *out, void *by)
{
    struct monitor m = monitor_of(s, out, by);
    char *copy = xstrdup(line);
    enum monitor_result r = run_line(&m, copy);
    free(copy);
    return r;
}

enum monitor_result monitor_execute_words(struct session *s, const char *name, unsigned n,
                                          const char *const *word, struct buf *out, void *by)
{
    struct monitor m = monitor_of(s, out, by);
    const struct monitor_command *c = find(name);

    CHECK(n <= MONITOR_MAX_WORDS);
    if (!c)
        return monitor_error(&m, "There is no command '%.64s'.", name);
    m.n_words = n;
    for (unsigned i = 0; i < n; i++)
        m.word[i] = xstrdup(word[i]);
    m.rest = n ? m.word[n - 1] : "";
    enum monitor_result r = run_command(&m, c);
    for (unsigned i = 0; i < n; i++)
        free(m.word[i]);
    return r;
}

bool monitor_has(const char *name)
{
    return find(name) != NULL;
}

static void complete_one(const char *prefix, const char *before, const char *name, struct buf *out)
{
    if (!strncmp(name, prefix, strlen(prefix)))
        buf_printf(out, "%s%s\n", before, name);
}

void monitor_complete(struct session *s, const char *prefix, struct buf *out)
{
    prefix += strspn(prefix, " ");
    if (!strncmp(prefix, "info ", 5)) {
        struct machine *m = session_machine(s);
        const char *topic = prefix + 5 + strspn(prefix + 5, " ");
        for (const struct monitor_topic *t = monitor_topics; t->name; t++)
            complete_one(topic, "info ", t->name, out);
        for (u32 i = 0; i < m->n_devices; i++)
            complete_one(topic, "info ", m->device[i]->name, out);
        return;
    }
    for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
        for (const struct monitor_command *c = tables[t]; c->name; c++)
            complete_one(prefix, "", c->name, out);
}
