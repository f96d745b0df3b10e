/* monitor_keys.c - sendkey: type on the machine's keyboard */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gdbstub/monitor_internal.h"

static enum monitor_result run_sendkey(struct monitor *m)
{
    if (!m->machine->send_keys)
        return monitor_error(m, "This machine has no keyboard.");
    if (!monitor_door_open(m))
        return MONITOR_ERROR;
    return m->machine->send_keys(m->machine, m->word[0], m->out) ? MONITOR_DONE : MONITOR_ERROR;
}

const struct monitor_command monitor_key_commands[] = {
    {"sendkey", NULL, "KEY[-KEY]...", "press keys together: a, ret, ctrl-alt-delete", 1, 1,
     run_sendkey},
    {0},
};
