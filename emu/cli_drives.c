/* cli_drives.c - -drive and its relatives: what disks there are, and their images opened */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/cli.h"
#include "emu/items.h"
#include "emu/disk.h"
#include "emu/host/image.h"
#include "emu/log.h"

#define AUTO_INDEX 0xff
enum { IDE_PLACES = 4 };

static void set(char **p, const char *s)
{
    free(*p);
    *p = xstrdup(s);
}

static bool bad(const char *option, const char *arg, const char *want)
{
    return error_report("-%s %.200s: %s", option, arg, want);
}

static struct config_drive *free_place(struct cli *c, const char *option, const char *arg)
{
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++)
        if (!c->config.drive[i].path)
            return &c->config.drive[i];
    bad(option, arg, "there are too many drives");
    return NULL;
}

/* ---- the options ---- */

struct parsing {
    struct config_drive *d;
    const char *option, *arg;
    unsigned bus, unit;
    bool has_bus, has_unit, is_alias;
};

static const char *const interfaces[] = {"none", "ide", "virtio", "pflash", "sd"};

static bool parse_interface(struct parsing *p, const char *value)
{
    for (unsigned i = 0; i < ARRAY_SIZE(interfaces); i++) {
        if (strcmp(value, interfaces[i]))
            continue;
        p->d->interface = i;
        return true;
    }
    return bad(p->option, p->arg, "if is ide, virtio, sd, pflash or none");
}

static bool parse_small(const char *s, unsigned *v)
{
    char *end;
    unsigned long n = strtoul(s, &end, 10);
    *v = (unsigned)n;
    return *s >= '0' && *s <= '9' && !*end && n < AUTO_INDEX;
}

static bool parse_place(struct parsing *p, const struct item *it)
{
    unsigned v;
    if (!parse_small(it->value, &v))
        return bad(p->option, p->arg, "index, bus and unit are small numbers");
    if (!strcmp(it->key, "index"))
        p->d->index = v;
    else if (!strcmp(it->key, "bus"))
        p->bus = v, p->has_bus = true;
    else
        p->unit = v, p->has_unit = true;
    return true;
}

static bool parse_media(struct parsing *p, const char *value)
{
    p->d->cdrom = !strcmp(value, "cdrom");
    return p->d->cdrom || !strcmp(value, "disk") ||
           bad(p->option, p->arg, "media is disk or cdrom");
}

static bool parse_driver(struct parsing *p, const char *value)
{
    p->is_alias = !strcmp(value, "blkreplay");
    if (!p->is_alias && strcmp(value, "raw") && strcmp(value, "qcow2"))
        return bad(p->option, p->arg, "driver is raw, qcow2 or blkreplay");
    if (!p->is_alias)
        set(&p->d->format, value);
    return true;
}

static bool parse_id(struct parsing *p, char **to, const char *value)
{
    if (!config_drive_id_ok(value))
        return bad(p->option, p->arg, "an id is made of letters, digits, -, . and _");
    set(to, value);
    return true;
}

/* How QEMU is to reach the file, and what it does on errors, is not ours. */
static bool is_ignored(const struct item *it)
{
    static const char *const keys[] = {"cache", "aio", "discard", "detect-zeroes", "werror",
                                       "rerror", "copy-on-read", "unit-attention"};
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
        if (item_is(it, keys[i]))
            return true;
    return false;
}

static bool parse_item(struct parsing *p, const struct item *it)
{
    struct config_drive *d = p->d;
    if (item_is(it, "file"))
        return set(&d->path, it->value), true;
    if (item_is(it, "format"))
        return set(&d->format, it->value), true;
    if (item_is(it, "if"))
        return parse_interface(p, it->value);
    if (item_is(it, "id"))
        return parse_id(p, &d->id, it->value);
    if (item_is(it, "image"))
        return parse_id(p, &d->image, it->value);
    if (item_is(it, "driver"))
        return parse_driver(p, it->value);
    if (item_is(it, "media"))
        return parse_media(p, it->value);
    if (item_is(it, "index") || item_is(it, "bus") || item_is(it, "unit"))
        return parse_place(p, it);
    return item_flag(it, "snapshot", &d->snapshot) ||
           item_flag(it, "readonly", &d->readonly) ||
           item_flag(it, "read-only", &d->readonly) || is_ignored(it) ||
           item_unknown(p->option, it);
}

static void begin(const struct cli *c, struct config_drive *d)
{
    config_drive_fini(d);
    *d = (struct config_drive){.interface = cli_arch_is_x86(c->config.arch) ? DRIVE_IDE : DRIVE_VIRTIO, .index = AUTO_INDEX, .image = xstrdup(""),
                               .format = xstrdup("")};
}

bool cli_drive_option(struct cli *c, const char *option, const char *arg)
{
    struct parsing p = {.d = free_place(c, option, arg), .option = option, .arg = arg};
    struct item it;

    if (!p.d)
        return false;
    begin(c, p.d);
    for (const char *text = arg; item_next(&text, &it);)
        if (!parse_item(&p, &it))
            return false;
    if (p.is_alias != (*p.d->image != 0))
        return bad(option, arg, "driver=blkreplay needs image=ID, the drive that it stands for");
    if (p.is_alias)
        set(&p.d->path, "");
    if (!p.d->path)
        return bad(option, arg, "file=FILE is missing");
    if (p.d->interface == DRIVE_IDE && (p.has_bus || p.has_unit))
        p.d->index = p.bus * 2 + p.unit;
    if (p.d->interface == DRIVE_PFLASH && p.has_unit)
        p.d->index = p.unit;
    p.d->readonly |= p.d->cdrom;
    return true;
}

static struct config_drive *add_file(struct cli *c, const char *option, const char *path, u8 index)
{
    struct config_drive *d = free_place(c, option, path);
    if (!d)
        return NULL;
    begin(c, d);
    d->path = xstrdup(path);
    d->index = index;
    return d;
}

/* -hda to -hdd */
bool cli_drive_hd_option(struct cli *c, const char *option, const char *arg)
{
    return add_file(c, option, arg, option[2] - 'a') != NULL;
}

bool cli_drive_cdrom_option(struct cli *c, const char *option, const char *arg)
{
    struct config_drive *d = add_file(c, option, arg, 2);
    if (d)
        d->cdrom = d->readonly = true;
    return d != NULL;
}

bool cli_drive_pflash_option(struct cli *c, const char *option, const char *arg)
{
    struct config_drive *d = add_file(c, option, arg, AUTO_INDEX);
    if (d) {
        d->interface = DRIVE_PFLASH;
        set(&d->format, "raw");
    }
    return d != NULL;
}

bool cli_drive_sd_option(struct cli *c, const char *option, const char *arg)
{
    struct config_drive *d = add_file(c, option, arg, AUTO_INDEX);
    if (d)
        d->interface = DRIVE_SD;
    return d != NULL;
}

bool cli_drive_snapshot_option(struct cli *c, const char *option, const char *arg)
{
    (void)option, (void)arg;
    return c->all_snapshot = true;
}

/* ---- all of them ---- */

static bool is_taken(const struct machine_config *cfg, const struct config_drive *me, u8 index)
{
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES && cfg->drive[i].path; i++)
        if (&cfg->drive[i] != me && cfg->drive[i].interface == me->interface &&
            cfg->drive[i].index == index)
            return true;
    return false;
}

static bool place(const struct machine_config *cfg, struct config_drive *d)
{
    if (d->interface == DRIVE_NONE) {
        d->index = 0;
        return true;
    }
    if (d->index == AUTO_INDEX)
        for (d->index = 0; is_taken(cfg, d, d->index);)
            d->index++;
    else if (is_taken(cfg, d, d->index))
        return error_report("-drive %s: there are two drives in one place (index %u)", d->path,
                            d->index);
    if (d->interface == DRIVE_IDE && d->index >= IDE_PLACES)
        return error_report("-drive %s: there are only four places for IDE drives", d->path);
    return true;
}

static void name(struct config_drive *d, unsigned n)
{
    if (d->id)
        return;
    if (d->interface == DRIVE_IDE)
        d->id = xasprintf("ide%u-%s%u", d->index / 2, d->cdrom ? "cd" : "hd", d->index % 2);
    else if (d->interface != DRIVE_NONE)
        d->id = xasprintf("%s%u", interfaces[d->interface], d->index);
    else
        d->id = xasprintf("drive%u", n);
}

static const struct config_drive *find(const struct machine_config *cfg, const char *id)
{
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES && cfg->drive[i].id; i++)
        if (!strcmp(cfg->drive[i].id, id))
            return &cfg->drive[i];
    return NULL;
}

static bool check_names(const struct machine_config *cfg)
{
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES && cfg->drive[i].id; i++) {
        const struct config_drive *d = &cfg->drive[i];
        if (find(cfg, d->id) != d)
            return error_report("-drive: there are two drives with the id %s", d->id);
        if (*d->image && !find(cfg, d->image))
            return error_report("-drive id=%s: there is no drive with the id %s", d->id, d->image);
    }
    return true;
}

bool cli_drives_finish(struct cli *c)
{
    struct machine_config *cfg = &c->config;
    /* Those that say where they are come first. */
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < CONFIG_MAX_DRIVES && cfg->drive[i].path; i++)
            if ((cfg->drive[i].index == AUTO_INDEX) == pass && !place(cfg, &cfg->drive[i]))
                return false;
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES && cfg->drive[i].path; i++) {
        cfg->drive[i].snapshot |= c->all_snapshot;
        name(&cfg->drive[i], i);
    }
    return check_names(cfg);
}

/* ---- their images ---- */

static bool is_as_recorded(struct disk_image *i, u64 size, u64 digest, u64 *now)
{
    if (!disk_image_digest(i, now))
        return false;
    return (*now == digest && i->size == size) ||
           error_report("-drive %s: the image has changed since the recording was made "
                        "(%" PRIu64 " bytes, digest %016" PRIx64 " then; %" PRIu64
                        " bytes, %016" PRIx64 " now); put the old one back to replay",
                        i->path, size, digest, i->size, *now);
}

static bool check_digest(struct config_drive *d)
{
    if (!d->size && !d->digest)
        return disk_image_digest(d->opened, &d->digest);
    return is_as_recorded(d->opened, d->size, d->digest, &d->digest);
}

static bool open_drive(struct config_drive *d, enum cli_mode mode, bool history)
{
    bool writable = mode == MODE_RUN && !d->readonly && !d->snapshot;

    if (!d->id || *d->image || d->opened)
        return true;
    d->opened = image_open("-drive", d->path, d->format, writable);
    if (!d->opened || (mode != MODE_RUN && !check_digest(d)))
        return false;
    d->size = d->opened->size;
    d->write_through = writable && !history;
    return true;
}

/* One that was put into a drive while it was recorded. */
static bool open_medium(struct config_medium *cm)
{
    u64 now;
    if (cm->opened)
        return true;
    cm->opened = image_open("-drive", cm->path, cm->format, false);
    return cm->opened && is_as_recorded(cm->opened, cm->size, cm->digest, &now);
}

bool cli_drives_open(struct machine_config *cfg, enum cli_mode mode, bool history)
{
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++)
        if (!open_drive(&cfg->drive[i], mode, history))
            return false;
    for (unsigned i = 0; i < cfg->n_media; i++)
        if (!open_medium(&cfg->medium[i]))
            return false;
    return true;
}

struct disk_image *cli_drive_open_medium(const char *path, const char *format)
{
    char *absolute = realpath(path, NULL); /* for a replay from any folder */
    struct disk_image *i = image_open("change", absolute ? absolute : path, format, false);
    free(absolute);
    return i;
}

void cli_drives_move(struct machine_config *to, struct machine_config *from)
{
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++) {
        struct config_drive *a = &to->drive[i], *b = &from->drive[i];
        if (!a->id || !b->id)
            continue;
        free(a->path);
        a->path = xstrdup(b->path);
        a->opened = b->opened;
        b->opened = NULL;
    }
}

bool cli_drives_commit(struct machine *m)
{
    const struct machine_config *cfg = m->config;
    bool ok = true;

    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++) {
        const struct config_drive *d = &cfg->drive[i];
        struct disk *disk = d->id ? disk_find(m, d->id) : NULL;
        if (!disk || !d->opened || !d->opened->writable || disk_is_readonly(disk))
            continue;
        ok = (d->write_through ? disk_flush(disk) : disk_commit(disk)) && ok;
    }
    return ok;
}
