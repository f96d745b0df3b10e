/* recording_media.c - the images that were put into drives while a recording was made */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "replay/recording_media.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "emu/medium.h"

static const char *drive_of(struct rec_reader *r, u32 source)
{
    const char *name = rec_source_name(r, source);
    size_t n = strlen(MEDIUM_SOURCE);
    return strncmp(name, MEDIUM_SOURCE, n) || name[n] != ':' ? NULL : name + n + 1;
}

static bool has_drives(struct rec_reader *r)
{
    for (u32 i = 0; i < rec_n_sources(r); i++)
        if (drive_of(r, i))
            return true;
    return false;
}

/* The one that the drive starts with was given back: that is needed anyway. */
static bool is_first(const struct machine_config *cfg, const char *drive, const struct medium_event *e)
{
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++) {
        const struct config_drive *d = &cfg->drive[i];
        if (d->id && !strcmp(d->id, drive) && d->size == e->size && d->digest == e->digest)
            return true;
    }
    return false;
}

/* Appends one that is not listed yet; its strings go there. */
static bool add(struct rec_reader *r, struct machine_config *cfg, const char *drive,
                struct medium_event *e)
{
    unsigned nth = 1;
    if (is_first(cfg, drive, e))
        return true;
    for (unsigned i = 0; i < cfg->n_media; i++) {
        const struct config_medium *cm = &cfg->medium[i];
        bool same_drive = !strcmp(cm->drive, drive);
        if (same_drive && cm->size == e->size && cm->digest == e->digest)
            return true;
        nth += same_drive;
    }
    if (cfg->n_media == CONFIG_MAX_MEDIA)
        return error_report("%s: more than %d media were put into drives", rec_path(r),
                            CONFIG_MAX_MEDIA);
    cfg->medium[cfg->n_media++] = (struct config_medium){
        .name = xasprintf("%s.%u", drive, nth), .drive = xstrdup(drive), .format = e->format,
        .path = e->path, .size = e->size, .digest = e->digest};
    e->format = e->path = NULL;
    return true;
}

bool rec_media(struct rec_reader *r, struct machine_config *cfg)
{
    struct door_event ev;
    struct medium_event e;
    bool ok = true;

    if (!has_drives(r))
        return true;
    for (u64 i = 0; ok && rec_event(r, i, &ev); i++) {
        const char *drive = drive_of(r, ev.source);
        if (!drive || !medium_event_parse(ev.data, ev.len, &e))
            continue;
        if (e.op == MEDIUM_INSERT)
            ok = add(r, cfg, drive, &e);
        medium_event_fini(&e);
    }
    return ok;
}
