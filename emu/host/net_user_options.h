/* net_user_options.h - what follows "-netdev user," */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_NET_USER_OPTIONS_H
#define EMU_HOST_NET_USER_OPTIONS_H

#include <netinet/in.h>

#include "emu/types.h"

#define NET_USER_MAX_FORWARDS 64
#define NET_USER_MAX_SEARCH 16

struct net_user_forward { /* hostfwd: host to guest; guestfwd: guest's address to a command */
    bool udp;
    struct in_addr host, guest; /* guest 0.0.0.0: the first that DHCP gives */
    u16 host_port, guest_port;
    char *command;              /* guestfwd: NULL otherwise */
};

struct net_user_options { /* strings are owned; NULL: not given */
    bool ipv4, ipv6, restricted;
    struct in_addr net, mask, host, dhcp_start, dns;
    char *hostname, *domain, *tftp, *tftp_server, *bootfile;
    char *search[NET_USER_MAX_SEARCH + 1];
    struct net_user_forward forward[NET_USER_MAX_FORWARDS];
    unsigned n_forwards;
};

/* Call fini in either case. False (reported). */
bool net_user_options_parse(struct net_user_options *o, const char *text);
void net_user_options_fini(struct net_user_options *o);

#endif
