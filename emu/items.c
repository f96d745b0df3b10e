/* items.c - an option's comma list: "value,key=value,..." as QEMU writes it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/items.h"

#include <stdio.h>
#include <string.h>

#include "emu/log.h"

bool item_next(const char **p, struct item *it)
{
    const char *s = *p;
    size_t key = strcspn(s, "=,"), n = 0;

    if (!*s)
        return false;
    it->has_key = s[key] == '=';
    it->key[0] = 0;
    if (it->has_key) {
        snprintf(it->key, sizeof(it->key), "%.*s", (int)MIN(key, (size_t)ITEM_MAX), s);
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

bool item_is(const struct item *it, const char *key)
{
    return it->has_key && !strcmp(it->key, key);
}

bool item_on_off(const char *text, bool *v)
{
    *v = !strcmp(text, "on") || !strcmp(text, "yes") || !strcmp(text, "true");
    return *v || !strcmp(text, "off") || !strcmp(text, "no") || !strcmp(text, "false");
}

bool item_flag(const struct item *it, const char *key, bool *v)
{
    if (!it->has_key && !strcmp(it->value, key))
        return *v = true;
    return item_is(it, key) && item_on_off(it->value, v);
}

bool item_unknown(const char *option, const struct item *it)
{
    return error_report("-%s: \"%s%s%.200s\" is not known here", option, it->key,
                        it->has_key ? "=" : "", it->value);
}
