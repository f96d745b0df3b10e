/* cli_display.c - -vnc and -display: who looks at the machine's screen */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/cli_session.h"
#include "emu/host/vnc.h"
#include "emu/log.h"

struct cli_display {
    struct session *session;
    struct vnc *vnc;
    char *title;
};

bool cli_vnc_option(struct cli *c, const char *option, const char *arg)
{
    (void)option;
    free(c->vnc);
    c->vnc = strcmp(arg, "none") ? xstrdup(arg) : NULL;
    return true; /* what is wrong with it is found when it is opened */
}

bool cli_display_option(struct cli *c, const char *option, const char *arg)
{
    if (!strcmp(arg, "none"))
        return true;
    if (!strncmp(arg, "vnc=", 4))
        return cli_vnc_option(c, option, arg + 4);
    return error_report("-%s %s: there is no window here: use none or vnc=ADDRESS, and see the "
                        "monitor's screendump",
                        option, arg);
}

static char *title_of(const struct cli *c, const struct machine *m)
{
    static const char *const how[] = {"", " (recording)", " (replay: only to look at)"};
    const char *name = m->config->name;
    return xasprintf("Hindsight%s%s%s", name ? " " : "", name ? name : "", how[c->mode]);
}

static bool set_password(void *opaque, const char *password)
{
    return vnc_set_password(opaque, password);
}

bool cli_display_open(struct cli_display **d, const struct cli *c, struct host_loop *l,
                      struct machine *m)
{
    if (!c->vnc)
        return true;
    *d = xcalloc(1, sizeof(**d));
    (*d)->title = title_of(c, m);
    (*d)->vnc = vnc_open(l, c->vnc, (*d)->title);
    if (!(*d)->vnc)
        return false;
    vnc_attach((*d)->vnc, m);
    m->vnc_password = set_password;
    m->vnc_opaque = (*d)->vnc;
    notice("VNC: listening at %s", vnc_where((*d)->vnc));
    return true;
}

static void stopped(void *opaque, const struct move *mv)
{
    struct cli_display *d = opaque;
    (void)mv;
    vnc_refresh(d->vnc);
}

void cli_display_attach(struct cli_display *d, struct session *s)
{
    if (!d)
        return;
    struct session_listener l = {.stopped = stopped, .opaque = d};
    d->session = s;
    session_add_listener(s, &l);
}

void cli_display_close(struct cli_display *d)
{
    if (!d)
        return;
    if (d->session)
        session_remove_listener(d->session, d);
    vnc_close(d->vnc);
    free(d->title);
    free(d);
}
