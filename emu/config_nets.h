/* config_nets.h - the network backends of a machine's configuration */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_CONFIG_NETS_H
#define EMU_CONFIG_NETS_H

#include "emu/buf.h"
#include "emu/config_drives.h" /* CONFIG_MAX_ID */
#include "emu/types.h"

#define CONFIG_MAX_NETS 8

/* -netdev. A recording keeps which there are, not how they reach the world: a replay does not.
 * Strings are owned. */
struct config_net {
    char *id;   /* NULL: there is no such one, nor any after it */
    char *kind; /* "user", "socket": for people */
    char *spec; /* the option's text, not kept: NULL in a replay */
};

void config_nets_fini(struct config_net *n); /* all CONFIG_MAX_NETS, here and below */
/* False (reported) when there is one of that id, or too many; spec may be NULL. */
bool config_net_add(struct config_net *n, const char *id, const char *kind, const char *spec);
const struct config_net *config_net_find(const struct config_net *n, const char *id); /* or NULL */
bool config_net_id_ok(const char *id);
/* Is this -device a network card? */
bool config_net_is_card(const char *device);
/* The kept form, one line; and back (false when ill-formed; hostile bytes). */
void config_nets_save(const struct config_net *n, struct buf *out);
bool config_nets_load(struct config_net *n, const char *text, size_t size);
void config_nets_print(const struct config_net *n, struct buf *out); /* as options */
/* How many of the saved line's bytes say what the guest depends on: the ids. */
size_t config_nets_counted(const char *text, size_t size);

#endif
