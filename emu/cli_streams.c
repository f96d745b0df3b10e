/* cli_streams.c - open the streams that the options name, and put the serial ports on them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/cli_session.h"
#include "emu/log.h"

#define DISCARD_ROOM 4096

u8 cli_serial_ports(const struct cli *c)
{
    if (!c->n_serial)
        return 1;
    unsigned n = c->n_serial;
    while (n && !strcmp(c->serial[n - 1], "none"))
        n--;
    return n;
}

static void quit(void *opaque)
{
    struct cli_streams *s = opaque;
    if (s->session)
        session_request_quit(s->session, 0);
    else
        _exit(0);
}

/* "chardev:ID", and what it stands for. A stream has one user. False (reported). */
static bool resolve(struct cli_streams *s, const char *option, const char **spec)
{
    const struct cli_chardev *d;
    if (strncmp(*spec, "chardev:", 8))
        return true;
    if (!(d = cli_chardev_find(s->cli, *spec + 8)))
        return error_report("%s %s: there is no -chardev of this name", option, *spec);
    bool *used = &s->used[d - s->cli->chardev];
    if (*used)
        return error_report("%s %s: this stream is in use by another option; a serial port and the "
                            "monitor can share one with mux=on",
                            option, *spec);
    *used = true;
    *spec = d->spec;
    return true;
}

static struct chardev *open_stream(struct cli_streams *s, const char *option, const char *spec)
{
    if (!resolve(s, option, &spec))
        return NULL;
    struct chardev *c = chardev_open(s->loop, option, spec);
    if (c)
        s->owned[s->n_owned++] = c;
    return c;
}

static bool on_terminal(const struct cli_streams *s, const char *spec)
{
    spec = cli_chardev_spec(s->cli, spec);
    return !strcmp(spec, "stdio") && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static struct chardev *open_mux(struct cli_streams *s, const char *spec)
{
    if (s->mux) {
        error_report("-serial mon:%s: there can only be one mon:", spec);
        return NULL;
    }
    struct chardev *c = open_stream(s, "-serial", spec);
    if (!c)
        return NULL;
    s->mux = chardev_mux_new(c, quit, s);
    s->monitor = chardev_mux_side(s->mux, 1);
    s->monitor_on_terminal = on_terminal(s, spec);
    return chardev_mux_side(s->mux, 0);
}

/* Is it on a -chardev with mux=on that is the monitor's too? */
static bool shares(const struct cli_streams *s, const char *spec)
{
    const char *monitor = s->cli->monitor;
    if (!monitor || strcmp(monitor, spec) || strncmp(spec, "chardev:", 8))
        return false;
    const struct cli_chardev *d = cli_chardev_find(s->cli, spec + 8);
    return d && d->mux;
}

static bool open_serial(struct cli_streams *s, const char *spec)
{
    const char *shared = !strncmp(spec, "mon:", 4) ? spec + 4 : shares(s, spec) ? spec : NULL;
    struct chardev *c = shared ? open_mux(s, shared) : open_stream(s, "-serial", spec);
    s->serial[s->n_serial++].dev = c;
    return c != NULL;
}

/* Where the first port goes when nothing is said: the terminal, if it is free. */
static const char *default_serial(const struct cli *c)
{
    const char *monitor = c->monitor ? cli_chardev_spec(c, c->monitor) : NULL;
    if (c->style == CLI_DEBUG || (monitor && !strcmp(monitor, "stdio")))
        return "null";
    return c->monitor ? "stdio" : "mon:stdio";
}

/* gdb connects to us, at any time, unless told otherwise. */
static struct chardev *open_gdb(struct cli_streams *s, const char *where)
{
    bool plain = strcmp(where, "pty") && !strstr(where, ",");
    char *spec = plain ? xasprintf("%s,server=on,wait=off", where) : xstrdup(where);
    struct chardev *c = open_stream(s, "-gdb", spec);
    free(spec);
    return c;
}

static bool open_monitor(struct cli_streams *s, const char *spec)
{
    if (!strcmp(spec, "none") || !strcmp(spec, "null"))
        return true;
    if (s->mux && shares(s, spec))
        return true;
    if (s->mux)
        return error_report("-monitor %s: the monitor is on the stream of mon: already", spec);
    s->monitor = open_stream(s, "-monitor", spec);
    s->monitor_on_terminal = on_terminal(s, spec);
    return s->monitor != NULL;
}

bool cli_streams_open(struct cli_streams *s, const struct cli *c, struct host_loop *l)
{
    *s = (struct cli_streams){.cli = c, .loop = l};
    if (c->gdb && strcmp(c->gdb, "none") && !(s->gdb = open_gdb(s, c->gdb)))
        return false;
    if (!c->n_serial && !open_serial(s, default_serial(c)))
        return false;
    for (unsigned i = 0; i < c->n_serial; i++)
        if (!open_serial(s, c->serial[i]))
            return false;
    for (unsigned i = 0; i < c->n_qmp; i++)
        if (!(s->qmp[s->n_qmp++] = open_stream(s, "-qmp", c->qmp[i])))
            return false;
    return !c->monitor || open_monitor(s, c->monitor);
}

void cli_streams_close(struct cli_streams *s)
{
    chardev_mux_delete(s->mux);
    for (unsigned i = 0; i < s->n_owned; i++)
        chardev_delete(s->owned[i]);
    *s = (struct cli_streams){0};
}

/* Where history is fed to the guest, what is typed waits until the machine is live again. It is
 * lost where that will never be, as is said in the manual. */
static u32 serial_room(void *opaque)
{
    struct cli_serial *s = opaque;
    struct session *session = s->streams->session;
    if (!door_is_fed(s->streams->machine->door))
        return port_room(s->port);
    return session && timeline_is_live(session_timeline(session)) ? 0 : DISCARD_ROOM;
}

static void serial_receive(void *opaque, const u8 *data, u32 len)
{
    struct cli_serial *s = opaque;
    if (!port_post(s->port, data, len))
        LOG(LOG_INFO, "%s: %u bytes of input are lost: this is the past", port_name(s->port), len);
}

static void serial_sink(void *opaque, const u8 *data, u32 len)
{
    struct cli_serial *s = opaque;
    chardev_write(s->dev, data, len);
}

static struct port *find_port(struct machine *m, unsigned i)
{
    char name[16] = "serial0";
    name[6] = '0' + i;
    for (u32 k = 0; k < m->n_ports; k++)
        if (!strcmp(port_name(m->port[k]), name))
            return m->port[k];
    return NULL;
}

/* The ports of isa-debugcon name their streams. In a replay they go nowhere unless one is given. */
static bool attach_debugcons(struct cli_streams *s, struct machine *m)
{
    for (u32 i = 0; i < m->n_ports; i++) {
        const char *name = port_name(m->port[i]);
        if (strncmp(name, "debugcon:", 9))
            continue;
        if (s->cli->mode == MODE_REPLAY && !cli_chardev_find(s->cli, name + 9))
            continue;
        char *spec = xasprintf("chardev:%s", name + 9);
        struct cli_serial *p = &s->debugcon[s->n_debugcons++];
        *p = (struct cli_serial){open_stream(s, "-device isa-debugcon", spec), m->port[i], s};
        free(spec);
        if (!p->dev)
            return false;
        port_attach(p->port, serial_sink, p);
    }
    return true;
}

static void stderr_sink(void *opaque, const u8 *data, u32 len)
{
    (void)opaque;
    fwrite(data, 1, len, stderr);
}

/* The console of semihosting calls. */
static bool attach_semihosting(struct cli_streams *s, struct machine *m)
{
    const char *id = s->cli->semihosting.chardev;
    struct port *port = NULL;
    for (u32 i = 0; i < m->n_ports; i++)
        if (!strcmp(port_name(m->port[i]), SEMIHOST_PORT))
            port = m->port[i];
    if (!port)
        return true;
    if (!id) {
        port_attach(port, stderr_sink, s);
        return true;
    }
    char *spec = xasprintf("chardev:%s", id);
    struct cli_serial *p = &s->debugcon[s->n_debugcons++];
    *p = (struct cli_serial){open_stream(s, "-semihosting-config", spec), port, s};
    free(spec);
    if (p->dev)
        port_attach(port, serial_sink, p);
    return p->dev != NULL;
}

bool cli_streams_attach(struct cli_streams *s, struct machine *m)
{
    s->machine = m;
    if (!attach_debugcons(s, m) || !attach_semihosting(s, m))
        return false;
    for (unsigned i = 0; i < s->n_serial; i++) {
        struct cli_serial *p = &s->serial[i];
        struct chardev_client cl = {.room = serial_room, .receive = serial_receive, .opaque = p};
        p->port = find_port(m, i);
        p->streams = s;
        if (!p->port) {
            if (i < m->config->n_serial || !strcmp(chardev_where(p->dev), "null"))
                continue;
            return error_report("-serial: the machine has only %u serial port%s",
                                m->config->n_serial, m->config->n_serial == 1 ? "" : "s");
        }
        port_attach(p->port, serial_sink, p);
        chardev_set_client(p->dev, &cl);
    }
    return true;
}
