/* cli_action.c - -watchdog, -watchdog-action and -action: what becomes of the machine, and when */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/cli.h"
#include "emu/items.h"
#include "emu/log.h"

bool cli_watchdog_option(struct cli *c, const char *option, const char *arg)
{
    if (strcmp(arg, "i6300esb"))
        return error_report("-%s %.64s: there is i6300esb", option, arg);
    return config_add_device(&c->config, arg) ||
           error_report("-%s %.64s: there are too many devices", option, arg);
}

bool cli_watchdog_action_option(struct cli *c, const char *option, const char *arg)
{
    enum watchdog_action unused;
    if (!machine_watchdog_action(arg, &unused))
        return error_report("-%s %.64s: a watchdog's action is reset, shutdown, poweroff, pause, "
                            "debug or none",
                            option, arg);
    free(c->watchdog_action);
    c->watchdog_action = xstrdup(arg);
    return true;
}

static bool one_of_two(const char *value, const char *off, const char *on, bool *v)
{
    *v = !strcmp(value, on);
    return *v || !strcmp(value, off);
}

bool cli_action_option(struct cli *c, const char *option, const char *arg)
{
    struct item it;

    for (const char *p = arg; item_next(&p, &it);) {
        bool ok = false;
        if (item_is(&it, "watchdog"))
            ok = cli_watchdog_action_option(c, option, it.value);
        else if (item_is(&it, "reboot"))
            ok = one_of_two(it.value, "reset", "shutdown", &c->config.no_reboot) ||
                 item_unknown(option, &it);
        else if (item_is(&it, "shutdown"))
            ok = one_of_two(it.value, "poweroff", "pause", &c->config.no_shutdown) ||
                 item_unknown(option, &it);
        else
            item_unknown(option, &it);
        if (!ok)
            return false;
    }
    return true;
}

static bool is_watchdog(const char *device)
{
    size_t n = strcspn(device, ",");
    return n == strlen("i6300esb") && !memcmp(device, "i6300esb", n) && !strstr(device, ",action=");
}

void cli_actions_finish(struct cli *c)
{
    for (unsigned i = 0; i < CONFIG_MAX_DEVICES && c->config.device[i]; i++) {
        char *old = c->config.device[i];
        if (!c->watchdog_action || !is_watchdog(old))
            continue;
        c->config.device[i] = xasprintf("%s,action=%s", old, c->watchdog_action);
        free(old);
    }
}
