/* net.c - the kinds of network backends */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/host/net.h"

#include <string.h>

#include "emu/log.h"

static const struct net_backend_type *const types[] = {&net_user_type, &net_socket_type};

static const struct net_backend_type *find(const char *spec)
{
    size_t n = strcspn(spec, ",");
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (n == strlen(types[i]->kind) && !memcmp(spec, types[i]->kind, n))
            return types[i];
    return NULL;
}

bool net_backend_known(const char *kind)
{
    return find(kind) != NULL;
}

struct net_backend *net_backend_open(struct machine *m, struct net_port *port,
                                     struct host_loop *l, const char *spec)
{
    const struct net_backend_type *t = find(spec);
    if (!t) {
        error_report("-netdev %.200s: there is no such kind: it is user or socket", spec);
        return NULL;
    }
    size_t n = strlen(t->kind);
    struct net_backend *b = t->open(m, port, l, spec + n + (spec[n] == ','));
    if (b)
        b->type = t;
    return b;
}

void net_backend_close(struct net_backend *b)
{
    if (b)
        b->type->close(b);
}
