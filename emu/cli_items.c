/* cli_items.c - an option's comma list: "value,key=value,..." as QEMU writes it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/cli_items.h"

#include <stdio.h>
#include <string.h>

#include "emu/log.h"

bool cli_item_next(const char **p, struct cli_item *it)
{
    const char *s = *p;
    size_t key = strcspn(s, "=,"), n = 0;

    if (!*s)
        return false;
    it->has_key = s[key] == '=';
    it->key[0] = 0;
    if (it->has_key) {
        snprintf(it->key, sizeof(it->key), "%.*s", (int)MIN(key, (size_t)CLI_ITEM_MAX), s);
        s += key + 1;
    }
    for (; *s && (*s != ',' || s[1] == ','); s++) {
        if (*s == ',')
            s++;
        if (n + 1 < sizeof(it->value))
            it->value[n++] = *s;
    }
    it->value[n] = 0;
    *p = s + (*s == ',');
    return true;
}

bool cli_item_is(const struct cli_item *it, const char *key)
{
    return it->has_key && !strcmp(it->key, key);
}

bool cli_item_on_off(const char *text, bool *v)
{
    *v = !strcmp(text, "on") || !strcmp(text, "yes") || !strcmp(text, "true");
    return *v || !strcmp(text, "off") || !strcmp(text, "no") || !strcmp(text, "false");
}

bool cli_item_flag(const struct cli_item *it, const char *key, bool *v)
{
    if (!it->has_key && !strcmp(it->value, key))
        return *v = true;
    return cli_item_is(it, key) && cli_item_on_off(it->value, v);
}

bool cli_item_unknown(const char *option, const struct cli_item *it)
{
    return error_report("-%s: \"%s%s%.200s\" is not known here", option, it->key,
                        it->has_key ? "=" : "", it->value);
}
