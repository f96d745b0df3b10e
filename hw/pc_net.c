/* pc_net.c - what the network cards of the board have in common: their properties */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/pc_net.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/items.h"
#include "emu/log.h"

static const u8 default_mac[NET_MAC_BYTES] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static bool bad(const char *text, const char *why)
{
    return error_report("-device %.200s: %s", text, why);
}

/* Six hexadecimal numbers with colons, and of one card only. */
static bool parse_mac(const char *s, u8 *mac)
{
    for (unsigned i = 0; i < NET_MAC_BYTES; i++) {
        char *end;
        unsigned long v = isxdigit((unsigned char)*s) ? strtoul(s, &end, 16) : 256;
        if (v > 255 || end - s > 2 || *end != (i + 1 < NET_MAC_BYTES ? ':' : 0))
            return false;
        mac[i] = v;
        s = end + 1;
    }
    return !(mac[0] & 1);
}

/* What QEMU's cards also have and makes no difference here. */
static bool is_ignored(const struct item *it)
{
    static const char *const keys[] = {"id", "bus", "romfile", "rombar", "vectors",
                                       "multifunction"};
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (item_is(it, keys[i]))
            return true;
    return false;
}

/* How many cards there are on the board before this one that were not given a MAC. */
static unsigned cards_before(const struct pc_board *b, const char *text)
{
    char *const *device = b->machine->config->device;
    unsigned n = 0;
    for (unsigned i = 0; i < CONFIG_MAX_DEVICES && device[i] && device[i] != text; i++)
        n += config_net_is_card(device[i]) && !strstr(device[i], ",mac=");
    return n;
}

static bool check_netdev(const struct pc_board *b, const char *text, const char *id)
{
    const struct machine *m = b->machine;
    if (!config_net_find(m->config->net, id))
        return error_report("-device %.200s: there is no -netdev with the id %s", text, id);
    for (u32 i = 0; i < m->n_nets; i++)
        if (!strcmp(net_port_id(m->net[i]), id))
            return error_report("-device %.200s: netdev %s is another card's already", text, id);
    return true;
}

static bool parse(const struct pc_board *b, const char *text, struct pc_net_card *card, char *addr,
                  size_t addr_size)
{
    const char *p = pc_device_properties(text);
    struct item it;

    while (item_next(&p, &it)) {
        if (item_is(&it, "netdev")) {
            if (!config_net_id_ok(it.value))
                return bad(text, "netdev is the id of a -netdev");
            snprintf(card->netdev, sizeof(card->netdev), "%.*s", CONFIG_MAX_ID, it.value);
        } else if (item_is(&it, "mac")) {
            if (!parse_mac(it.value, card->mac))
                return bad(text, "mac is like 52:54:00:12:34:56, and not a group's");
        } else if (item_is(&it, "addr")) {
            snprintf(addr, addr_size, "%.*s", (int)addr_size - 1, it.value);
        } else if (item_is(&it, "bootindex")) {
            notice("-device %.200s: bootindex: nothing is booted over the network here", text);
        } else if (!is_ignored(&it)) {
            return item_unknown("device", &it);
        }
    }
    return !*card->netdev || check_netdev(b, text, card->netdev);
}

bool pc_net_card(const struct pc_board *b, const char *text, struct pc_net_card *card)
{
    char addr[16] = "";

    if (b->machine->n_nets == MACHINE_MAX_NETS)
        return bad(text, "there are too many network cards");
    *card = (struct pc_net_card){0};
    memcpy(card->mac, default_mac, NET_MAC_BYTES);
    card->mac[5] += cards_before(b, text);
    if (!parse(b, text, card, addr, sizeof(addr)))
        return false;
    if (!*card->netdev) /* no -netdev's id has a blank */
        snprintf(card->netdev, sizeof(card->netdev), "card %u", b->machine->n_nets);
    if (!b->pci)
        return !*addr || bad(text, "addr is a slot of a PCI bus, which this board does not have");
    card->devfn = pc_device_slot(b, text, *addr ? addr : NULL);
    return card->devfn != 0;
}
