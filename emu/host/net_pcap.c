/* net_pcap.c - a file of the frames that pass a card */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: draft-ietf-opsawg-pcap (PCAP Capture File Format). Times are virtual, in ns since
 * power-on: what a replay writes is what was written live.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/host/net.h"
#include "emu/log.h"

enum { MAGIC_NS = 0xa1b23c4d, VERSION = 0x00040002, LINK_ETHERNET = 1 };

struct net_pcap {
    char *path;
    FILE *file;
    struct machine *machine;
    struct net_port *port;
    u32 maxlen;
};

static void put_words(struct net_pcap *p, const u32 *word, size_t n)
{
    fwrite(word, sizeof(*word), n, p->file);
}

static void seen(void *opaque, bool sent, const u8 *frame, u32 len)
{
    struct net_pcap *p = opaque;
    u64 now = machine_now_ns(p->machine);
    u32 kept = MIN(len, p->maxlen);
    const u32 head[4] = {now / NS_PER_S, now % NS_PER_S, kept, len};

    (void)sent;
    put_words(p, head, 4);
    fwrite(frame, 1, kept, p->file);
}

struct net_pcap *net_pcap_open(const char *path, struct machine *m, struct net_port *port,
                               u32 maxlen)
{
    FILE *file = fopen(path, "wbe");
    if (!file) {
        error_report("%s: cannot create the file: %s", path, strerror(errno));
        return NULL;
    }
    struct net_pcap *p = xcalloc(1, sizeof(*p));
    *p = (struct net_pcap){xstrdup(path), file, m, port, maxlen ? maxlen : NET_FRAME_MAX};
    const u32 head[6] = {MAGIC_NS, VERSION, 0, 0, p->maxlen, LINK_ETHERNET};
    put_words(p, head, 6);
    net_port_set_tap(port, seen, p);
    return p;
}

const struct net_port *net_pcap_port(const struct net_pcap *p)
{
    return p->port;
}

bool net_pcap_close(struct net_pcap *p)
{
    net_port_set_tap(p->port, NULL, NULL);
    bool ok = !ferror(p->file);
    ok = !fclose(p->file) && ok;
    if (!ok)
        error_report("%s: cannot write the file: %s", p->path, strerror(errno));
    free(p->path);
    free(p);
    return ok;
}
