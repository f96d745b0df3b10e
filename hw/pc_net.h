/* pc_net.h - what the network cards of the board have in common: their properties */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PC_NET_H
#define HW_PC_NET_H

#include "emu/config_nets.h"
#include "emu/net.h"
#include "hw/pc_devices.h"

struct pc_net_card {
    char netdev[CONFIG_MAX_ID + 1]; /* for net_port_new() */
    u8 mac[NET_MAC_BYTES];
    u8 devfn;
};

/* Reads "rtl8139,netdev=net1,mac=52:54:00:12:34:56,addr=3,id=,bootindex=": the netdev must be there
 * and not be another card's; without one, the card's cable goes nowhere. The first card's MAC is
 * 52:54:00:12:34:56, the second one's ends with 57, unless they are given. False (reported). */
bool pc_net_card(const struct pc_board *b, const char *text, struct pc_net_card *card);

#endif
