/* cli_object.c - -object: what QEMU makes by its name and properties */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "emu/buf.h"
#include "emu/cli.h"
#include "emu/items.h"
#include "emu/log.h"

/* The guest's random bytes are the host's getrandom(), whatever is named: or -seed's. */
static bool random_source(struct cli *c, const char *option, const char *arg, const char *list)
{
    struct item it;
    bool id = false;
    (void)c;
    while (item_next(&list, &it)) {
        id |= item_is(&it, "id");
        if (item_is(&it, "filename") && strcmp(it.value, "/dev/random") &&
            strcmp(it.value, "/dev/urandom"))
            return error_report("-%s %.200s: filename is /dev/urandom or /dev/random", option, arg);
        if (!item_is(&it, "id") && !item_is(&it, "filename"))
            return item_unknown(option, &it);
    }
    return id || error_report("-%s %.200s: id=ID is missing", option, arg);
}

/* list: the properties, behind the name and its comma. */
static const struct {
    const char *name;
    bool (*parse)(struct cli *c, const char *option, const char *arg, const char *list);
} objects[] = {
    {"filter-dump", cli_filter_dump},
    {"filter-replay", cli_filter_replay},
    {"rng-builtin", random_source},
    {"rng-random", random_source},
};

bool cli_object_option(struct cli *c, const char *option, const char *arg)
{
    size_t n = strcspn(arg, ",");
    struct buf names = {0};

    for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
        if (n == strlen(objects[i].name) && !memcmp(arg, objects[i].name, n))
            return objects[i].parse(c, option, arg, arg + n + (arg[n] == ','));
        buf_printf(&names, "%s%s", i ? ", " : "", objects[i].name);
    }
    error_report("-%s %.200s: there is no such object; there are %s", option, arg, buf_cstr(&names));
    buf_fini(&names);
    return false;
}
