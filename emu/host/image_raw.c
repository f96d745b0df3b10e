/* image_raw.c - a disk image that is the disk's content, byte by byte */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "emu/check.h"
#include "emu/host/image_file.h"

struct raw {
    struct disk_image image;
    struct image_file file;
};

static bool raw_read(struct disk_image *i, u64 offset, void *out, size_t n)
{
    return image_file_read(&((struct raw *)i)->file, offset, out, n);
}

static bool raw_write(struct disk_image *i, u64 offset, const void *data, size_t n)
{
    return image_file_write(&((struct raw *)i)->file, offset, data, n);
}

static bool raw_flush(struct disk_image *i)
{
    return image_file_flush(&((struct raw *)i)->file);
}

static void raw_prefetch(struct disk_image *i, u64 offset, u64 n)
{
    image_file_prefetch(&((struct raw *)i)->file, offset, n);
}

static u64 raw_extent(struct disk_image *i, u64 offset, bool *zeros)
{
    u64 n = image_file_extent(&((struct raw *)i)->file, offset, zeros);
    return MIN(n, i->size - offset);
}

static void raw_close(struct disk_image *i)
{
    struct raw *r = (struct raw *)i;
    image_file_close(&r->file);
    free(i->path);
    free(r);
}

static const struct disk_image_type raw_type = {
    .name = "raw",
    .read = raw_read,
    .write = raw_write,
    .flush = raw_flush,
    .prefetch = raw_prefetch,
    .extent = raw_extent,
    .close = raw_close,
};

/* What is missing of the last sector is zeros. */
struct disk_image *image_raw_new(struct image_file *f)
{
    struct raw *r = xcalloc(1, sizeof(*r));
    r->file = *f;
    r->image = (struct disk_image){
        .type = &raw_type,
        .path = xstrdup(f->path),
        .size = (f->size + DISK_SECTOR - 1) / DISK_SECTOR * DISK_SECTOR,
        .writable = f->writable,
    };
    return &r->image;
}
