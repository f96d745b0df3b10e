/* cli_chardev.c - -chardev and what refers to one: -mon, -debugcon, and "chardev:ID" as a stream */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "emu/buf.h"
#include "emu/check.h"
#include "emu/cli.h"
#include "emu/items.h"
#include "emu/log.h"

#define MAX_ID 32
#define DEBUGCON_ID "debugcon"

/* A -chardev as it is written. */
struct given {
    char *id, *path, *host, *port; /* owned */
    bool mux, server, wait;
};

static void given_fini(struct given *g)
{
    free(g->id);
    free(g->path);
    free(g->host);
    free(g->port);
}

static bool take_text(const struct item *it, const char *key, char **text)
{
    if (!item_is(it, key))
        return false;
    free(*text);
    *text = xstrdup(it->value);
    return true;
}

static bool take(struct given *g, const struct item *it)
{
    bool unused; /* a terminal's signals are the monitor's or the guest's here, as the stream is */
    if (!it->has_key && !strcmp(it->value, "nowait"))
        return !(g->wait = false);
    return take_text(it, "id", &g->id) || take_text(it, "path", &g->path) ||
           take_text(it, "host", &g->host) || take_text(it, "port", &g->port) ||
           item_flag(it, "mux", &g->mux) || item_flag(it, "server", &g->server) ||
           item_flag(it, "wait", &g->wait) || item_flag(it, "signal", &unused);
}

/* As -serial has it; NULL when something is missing, or too much. */
static char *spec_of(const char *kind, const struct given *g)
{
    const char *server = g->server ? g->wait ? ",server=on" : ",server=on,wait=off" : "";
    bool socket = !strcmp(kind, "socket"), on_file = !strcmp(kind, "file") || !strcmp(kind, "pipe");

    if (on_file && g->path && *g->path && !g->port)
        return xasprintf("%s:%s", kind, g->path);
    if (socket && g->path && !g->port)
        return xasprintf("unix:%s%s", g->path, server);
    if (socket && g->port && !g->path)
        return xasprintf("tcp:%s:%s%s", g->host ? g->host : "", g->port, server);
    bool plain = !strcmp(kind, "stdio") || !strcmp(kind, "null") || !strcmp(kind, "pty");
    return plain && !g->path && !g->port ? xstrdup(kind) : NULL;
}

static const struct cli_chardev *find(const struct cli *c, const char *id)
{
    for (unsigned i = 0; i < c->n_chardevs; i++)
        if (!strcmp(c->chardev[i].id, id))
            return &c->chardev[i];
    return NULL;
}

/* id and spec are owned by it from here. */
static bool add(struct cli *c, const char *option, const char *arg, char *id, char *spec, bool mux)
{
    bool ok = false;
    if (!id || !*id || strlen(id) >= MAX_ID || strcspn(id, ", \t\n\\") != strlen(id))
        error_report("-%s %.200s: id=ID is missing, or is no name", option, arg);
    else if (!spec)
        error_report("-%s %.200s: it is stdio, null, pty, file,path=FILE, pipe,path=FILE, "
                     "socket,path=FILE or socket,host=HOST,port=PORT, with server=on|off and "
                     "wait=on|off, and id=ID",
                     option, arg);
    else if (find(c, id))
        error_report("-%s %.200s: there is another stream of this name", option, arg);
    else if (c->n_chardevs == CLI_MAX_CHARDEVS)
        error_report("-%s %.200s: too many of them", option, arg);
    else
        ok = true;
    if (ok) {
        c->chardev[c->n_chardevs++] = (struct cli_chardev){id, spec, mux};
        return true;
    }
    free(id);
    free(spec);
    return false;
}

bool cli_chardev_option(struct cli *c, const char *option, const char *arg)
{
    struct given g = {.wait = true};
    const char *p = arg;
    struct item it;
    char kind[16] = "";

    if (item_next(&p, &it) && !it.has_key && strlen(it.value) < sizeof(kind))
        strcpy(kind, it.value);
    while (item_next(&p, &it)) {
        if (take(&g, &it))
            continue;
        given_fini(&g);
        return item_unknown(option, &it);
    }
    char *id = g.id;
    g.id = NULL;
    bool ok = add(c, option, arg, id, spec_of(kind, &g), g.mux);
    given_fini(&g);
    return ok;
}

bool cli_mon_option(struct cli *c, const char *option, const char *arg)
{
    struct item it;
    char *id = NULL;
    bool control = false, ok = true;

    for (const char *p = arg; ok && item_next(&p, &it);) {
        bool unused;
        if (item_is(&it, "chardev") || (!it.has_key && !id)) {
            free(id);
            id = xstrdup(it.value);
        } else if (item_is(&it, "mode") &&
                   (!strcmp(it.value, "control") || !strcmp(it.value, "readline"))) {
            control = !strcmp(it.value, "control");
        } else if (!item_flag(&it, "pretty", &unused)) {
            ok = item_unknown(option, &it);
        }
    }
    if (ok && !id)
        ok = error_report("-%s %.200s: chardev=ID is missing", option, arg);
    if (ok && control && c->n_qmp == CLI_MAX_QMP)
        ok = error_report("-%s %.200s: too many of them", option, arg);
    if (ok) {
        char **to = control ? &c->qmp[c->n_qmp++] : &c->monitor;
        free(*to);
        *to = xasprintf("chardev:%s", id);
    }
    free(id);
    return ok;
}

/* The device is the machine's, its stream is not: a replay says only where the stream goes. */
bool cli_debugcon_option(struct cli *c, const char *option, const char *arg)
{
    const char *named = strncmp(arg, "chardev:", 8) ? DEBUGCON_ID : arg + 8;
    if (named == (const char *)DEBUGCON_ID &&
        !add(c, option, arg, xstrdup(DEBUGCON_ID), xstrdup(arg), false))
        return false;
    if (c->debugcon)
        return error_report("-%s %.200s: there is one already", option, arg);
    c->debugcon = xstrdup(named);
    return true;
}

bool cli_global_option(struct cli *c, const char *option, const char *arg)
{
    static const char iobase[] = "isa-debugcon.iobase=";
    if (strncmp(arg, iobase, strlen(iobase)) || strpbrk(arg, ", \t\n"))
        return error_report("-%s %.200s: what can be said here is isa-debugcon.iobase=PORT", option,
                            arg);
    free(c->debugcon_iobase);
    c->debugcon_iobase = xstrdup(arg + strlen(iobase));
    return true;
}

bool cli_chardevs_finish(struct cli *c)
{
    if (!c->debugcon || c->style == CLI_REPLAY || c->style == CLI_DEBUG)
        return true;
    char *text = xasprintf("isa-debugcon,iobase=%s,chardev=%s",
                           c->debugcon_iobase ? c->debugcon_iobase : "0xe9", c->debugcon);
    bool ok = config_add_device(&c->config, text) ||
              error_report("-debugcon: there are too many devices");
    free(text);
    return ok;
}

void cli_chardevs_fini(struct cli *c)
{
    for (unsigned i = 0; i < c->n_chardevs; i++) {
        free(c->chardev[i].id);
        free(c->chardev[i].spec);
    }
    free(c->debugcon);
    free(c->debugcon_iobase);
}

const struct cli_chardev *cli_chardev_find(const struct cli *c, const char *id)
{
    return find(c, id);
}

const char *cli_chardev_spec(const struct cli *c, const char *spec)
{
    const struct cli_chardev *d = !strncmp(spec, "chardev:", 8) ? find(c, spec + 8) : NULL;
    return d ? d->spec : spec;
}
