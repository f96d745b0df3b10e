/* medium.c - what is in a drive whose medium can be changed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/medium.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"

enum { MOST_IMAGES = CONFIG_MAX_MEDIA + 1 };

#define MEDIUM_STATE(F, A, S, T)                                                                   \
    F(T, bool, inserted)                                                                           \
    F(T, u64, size)                                                                                \
    F(T, u64, digest)                                                                              \
    F(T, u64, changes)

struct medium {
    struct device dev;
    STATE_MEMBERS(MEDIUM_STATE)
    struct disk *disk;
    char *source_name;
    int source;
    struct medium_drive drive;
    struct {
        struct disk_image *image;
        u64 digest;
        bool owned;
    } known[MOST_IMAGES];
    unsigned n_known;
};
STATE_DESC(medium_state, "medium", struct medium, MEDIUM_STATE);

static struct disk_image *find_image(const struct medium *md, u64 size, u64 digest)
{
    for (unsigned i = 0; i < md->n_known; i++)
        if (md->known[i].image->size == size && md->known[i].digest == digest)
            return md->known[i].image;
    return NULL;
}

/* The image that the state says is in it. */
static void show(struct medium *md)
{
    disk_set_image(md->disk, md->inserted ? find_image(md, md->size, md->digest) : NULL);
}

/* ---- events ---- */

bool medium_event_parse(const u8 *data, u32 len, struct medium_event *e)
{
    struct reader r = reader_of(data, len);
    *e = (struct medium_event){.op = reader_u8(&r)};
    if (e->op == MEDIUM_INSERT) {
        e->size = reader_u64(&r);
        e->digest = reader_u64(&r);
        e->format = reader_str(&r);
        e->path = reader_str(&r);
    }
    if (!r.bad && !reader_left(&r) && e->op < MEDIUM_OPS)
        return true;
    medium_event_fini(e);
    return false;
}

void medium_event_fini(struct medium_event *e)
{
    free(e->format);
    free(e->path);
    *e = (struct medium_event){0};
}

static void change(struct medium *md, const struct medium_event *e)
{
    md->inserted = e->op == MEDIUM_INSERT && find_image(md, e->size, e->digest);
    md->size = md->inserted ? e->size : 0;
    md->digest = md->inserted ? e->digest : 0;
    md->changes++;
    show(md);
    if (md->drive.changed)
        md->drive.changed(md->drive.opaque, md->inserted);
}

static void deliver(void *opaque, const u8 *data, u32 len)
{
    struct medium *md = opaque;
    struct medium_event e;
    if (!medium_event_parse(data, len, &e)) {
        LOG(LOG_WARN, "%s: an ill-formed event", disk_id(md->disk));
        return;
    }
    if (e.op != MEDIUM_BUTTON)
        change(md, &e);
    else if (md->drive.asked)
        md->drive.asked(md->drive.opaque);
    medium_event_fini(&e);
}

static bool post_op(struct medium *md, enum medium_op op)
{
    u8 byte = op;
    return door_post(md->dev.machine->door, md->source, &byte, 1);
}

bool medium_eject(struct medium *md)
{
    return post_op(md, MEDIUM_EJECT);
}

bool medium_press_button(struct medium *md)
{
    return post_op(md, MEDIUM_BUTTON);
}

static bool add(struct medium *md, struct disk_image *i, u64 digest, bool owned)
{
    if (md->n_known == MOST_IMAGES)
        return false;
    md->known[md->n_known].image = i;
    md->known[md->n_known].digest = digest;
    md->known[md->n_known++].owned = owned;
    return true;
}

static bool post_insert(struct medium *md, const struct disk_image *i, u64 digest)
{
    struct buf b = {0};
    buf_put_u8(&b, MEDIUM_INSERT);
    buf_put_u64(&b, i->size);
    buf_put_u64(&b, digest);
    buf_put_str(&b, i->type->name);
    buf_put_str(&b, i->path);
    bool taken = door_post(md->dev.machine->door, md->source, b.data, b.len);
    buf_fini(&b);
    return taken;
}

/* Besides those that the drives start with. As many as a recording may need. */
static unsigned n_put_in(struct machine *m)
{
    struct medium *md;
    unsigned n = 0;
    for (unsigned i = 0; (md = medium_of_machine(m, i)); i++)
        n += md->n_known - 1;
    return n;
}

bool medium_insert(struct medium *md, struct disk_image *i)
{
    u64 digest;
    struct disk_image *known = NULL;
    bool ok = disk_image_digest(i, &digest);

    if (ok && (known = find_image(md, i->size, digest)) == NULL) {
        ok = (n_put_in(md->dev.machine) < CONFIG_MAX_MEDIA && add(md, i, digest, true)) ||
             error_report("%s: %d media were put into drives: no more than that", medium_id(md),
                          CONFIG_MAX_MEDIA);
        known = ok ? i : NULL;
    }
    if (known != i)
        disk_image_close(i);
    return ok && post_insert(md, known, digest);
}

/* ---- the device ---- */

static void after_load(struct device *d)
{
    show((struct medium *)d);
}

static void fini(struct device *d)
{
    struct medium *md = (struct medium *)d;
    for (unsigned i = 0; i < md->n_known; i++)
        if (md->known[i].owned)
            disk_image_close(md->known[i].image);
    free(md->source_name);
}

static const struct device_type medium_type = {
    .name = "medium",
    .state = &medium_state,
    .after_load = after_load,
    .fini = fini,
};

void medium_add(struct medium *md, struct disk_image *i, u64 digest)
{
    CHECK(add(md, i, digest, false));
}

void medium_set_drive(struct medium *md, const struct medium_drive *drive)
{
    md->drive = *drive;
}

struct medium *medium_of_machine(struct machine *m, unsigned n)
{
    for (u32 i = 0; i < m->n_devices; i++)
        if (m->device[i]->type == &medium_type && !n--)
            return (struct medium *)m->device[i];
    return NULL;
}

struct medium *medium_of(const struct disk *d)
{
    struct machine *m = ((const struct device *)d)->machine;
    struct medium *md;
    for (unsigned i = 0; (md = medium_of_machine(m, i)) && md->disk != d; i++)
        ;
    return md;
}

struct medium *medium_find(struct machine *m, const char *id)
{
    struct medium *md;
    for (unsigned i = 0; (md = medium_of_machine(m, i)) && strcmp(disk_id(md->disk), id); i++)
        ;
    return md;
}

const char *medium_id(const struct medium *md)
{
    return disk_id(md->disk);
}

bool medium_is_locked(const struct medium *md)
{
    return md->drive.is_locked && md->drive.is_locked(md->drive.opaque);
}

struct medium *medium_new(struct machine *m, struct disk *d, struct disk_image *first, u64 digest)
{
    CHECK(disk_is_readonly(d));
    struct medium *md = xcalloc(1, sizeof(*md));
    md->disk = d;
    md->inserted = true;
    md->size = first->size;
    md->digest = digest;
    md->source_name = xasprintf(MEDIUM_SOURCE ":%s", disk_id(d));
    md->source = door_add_source(m->door, md->source_name, deliver, NULL, md);
    device_attach(m, &md->dev, &medium_type);
    medium_add(md, first, digest);
    return md;
}
