/* monitor_keys.c - sendkey: names of keys, and how a PC keyboard says them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gdbstub/monitor_internal.h"
const struct monitor_command monitor_key_commands[] = {{0}};
