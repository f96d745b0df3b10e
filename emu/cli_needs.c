/* cli_needs.c - the host's files that a recording needs, and where they are now */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/cli.h"
#include "emu/log.h"

/* A file by its name here: "kernel", or a drive's id. */
struct need {
    const char *name;
    char **path;
    u64 size;
};

enum { MAX_NEEDS = 5 + CONFIG_MAX_DRIVES + CONFIG_MAX_MEDIA };

static unsigned list_needs(struct machine_config *cfg, struct need *out)
{
    struct config_file *file[] = {&cfg->kernel, &cfg->initrd, &cfg->dtb, &cfg->bios, &cfg->vgabios};
    static const char *const names[] = {"kernel", "initrd", "dtb", "bios", "vgabios"};
    unsigned n = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(file); i++)
        if (file[i]->path && !file[i]->data)
            out[n++] = (struct need){names[i], &file[i]->path, file[i]->size};
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++) {
        struct config_drive *d = &cfg->drive[i];
        if (d->id && !(d->image && *d->image) && !d->opened)
            out[n++] = (struct need){d->id, &d->path, d->size};
    }
    for (unsigned i = 0; i < cfg->n_media; i++)
        out[n++] = (struct need){cfg->medium[i].name, &cfg->medium[i].path, cfg->medium[i].size};
    return n;
}

bool cli_file_option(struct cli *c, const char *option, const char *arg)
{
    const char *eq = strchr(arg, '=');

    if (!eq || eq == arg || !eq[1])
        return error_report("-%s %s: say which file is where, as in -%s kernel=PATH; `hindsight "
                            "info` names them",
                            option, arg, option);
    if (c->n_moved == CLI_MAX_MOVED)
        return error_report("-%s %s: too many of them", option, arg);
    c->moved[c->n_moved++] = xstrdup(arg);
    return true;
}

static bool move(const char *moved, struct need *need, unsigned n)
{
    size_t len = strcspn(moved, "=");

    for (unsigned i = 0; i < n; i++) {
        if (strlen(need[i].name) != len || memcmp(need[i].name, moved, len))
            continue;
        free(*need[i].path);
        *need[i].path = xstrdup(moved + len + 1);
        return true;
    }
    return error_report("--file %s: the recording needs no file of that name; `hindsight info` "
                        "says which it needs",
                        moved);
}

bool cli_needs_find(const struct cli *c, struct machine_config *cfg)
{
    struct need need[MAX_NEEDS];
    unsigned n = list_needs(cfg, need);

    for (unsigned i = 0; i < c->n_moved; i++)
        if (!move(c->moved[i], need, n))
            return false;
    for (unsigned i = 0; i < n; i++) {
        if (!*need[i].path || access(*need[i].path, R_OK))
            return error_report("%s: the recording needs %s, recorded from %s (%" PRIu64
                                " bytes): %s; if it is elsewhere now, say --file %s=PATH",
                                c->file, need[i].name, *need[i].path ? *need[i].path : "nowhere",
                                need[i].size, strerror(errno), need[i].name);
    }
    return true;
}

bool cli_recorded_config(const struct cli *c, struct rec_reader *r, struct machine_config *cfg)
{
    return rec_config(r, cfg) && cli_needs_find(c, cfg) && config_load_files(cfg);
}
