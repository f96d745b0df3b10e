/* cli_pcap.c - the verb `pcap`: the frames of a recording's network card, as a file */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/cli_session.h"
#include "emu/log.h"

/* The one that is named, or the only one. NULL (reported). */
static struct net_port *choose(struct machine *m, const struct cli *c)
{
    struct buf all = {0};
    struct net_port *found = NULL;
    unsigned n = 0;

    for (u32 i = 0; i < m->n_nets; i++) {
        const char *id = net_port_id(m->net[i]);
        if (!c->pcap_netdev || !strcmp(id, c->pcap_netdev)) {
            found = m->net[i];
            n++;
        }
        buf_printf(&all, "%s%s", i ? ", " : "", id);
    }
    if (n != 1) {
        found = NULL;
        if (!all.len)
            error_report("%s: this machine has no network card", c->file);
        else
            error_report("%s: say which netdev with --netdev: %s", c->file, buf_cstr(&all));
    }
    buf_fini(&all);
    return found;
}

/* Once through the whole recording: what the guest sends is not in it, but comes again. */
static bool play(struct timeline *t, const struct cli *c)
{
    struct move mv;
    do
        mv = timeline_forward(t, NEVER);
    while (mv.end == MOVE_STOP && mv.stop.kind != STOP_USER);
    return mv.end == MOVE_END ||
           error_report("%s: the replay ends at step %" PRIu64, c->file, timeline_now(t));
}

static bool make(struct machine *m, struct rec_reader *r, const struct cli *c)
{
    struct timeline_options o = {0};
    struct timeline *t = timeline_new_replay(m, r, &o);
    struct net_port *port = t ? choose(m, c) : NULL;
    struct net_pcap *p = port ? net_pcap_open(c->file2, m, port, 0) : NULL;
    bool ok = p && play(t, c);

    if (p)
        ok = net_pcap_close(p) && ok;
    if (t)
        timeline_delete(t);
    return ok;
}

int cli_pcap(struct cli *c)
{
    struct machine_config cfg;
    struct rec_reader *r = rec_open(c->file);
    struct machine *m = NULL;

    config_init(&cfg);
    if (r && cli_recorded_config(c, r, &cfg) && cli_drives_open(&cfg, MODE_REPLAY, true)) {
        free(cfg.accel);
        cfg.accel = xstrdup(c->config.accel);
        m = cli_machine_new(&cfg);
    }
    bool ok = m && make(m, r, c);
    machine_delete(m);
    if (r)
        rec_close(r);
    config_fini(&cfg);
    return ok ? 0 : 1;
}
