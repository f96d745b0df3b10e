/* image_file.h - inside emu/host/: a file that holds an image */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_IMAGE_FILE_H
#define EMU_HOST_IMAGE_FILE_H

#include "emu/host/image.h"

struct image_file {
    char *path;
    int fd;
    u64 size;
    bool writable;
};

/* False (reported) when it is no regular file or block device, or somebody else writes to it. */
bool image_file_open(struct image_file *f, const char *option, const char *path, bool writable);
void image_file_close(struct image_file *f);
/* Behind the end there are zeros. False: reported. */
bool image_file_read(const struct image_file *f, u64 offset, void *out, size_t n);
bool image_file_write(struct image_file *f, u64 offset, const void *data, size_t n);
bool image_file_flush(struct image_file *f);
void image_file_prefetch(const struct image_file *f, u64 offset, u64 n);
/* How many bytes from offset on are a hole, or are not. */
u64 image_file_extent(const struct image_file *f, u64 offset, bool *hole);

/* image_raw.c, image_qcow2.c: take over the open file, also when they fail (reported). */
struct disk_image *image_raw_new(struct image_file *f);
struct disk_image *image_qcow2_new(const char *option, struct image_file *f, unsigned depth);
bool image_qcow2_matches(const struct image_file *f);
/* Like image_open(), for a backing file that is `depth` deep. */
struct disk_image *image_open_backing(const char *option, const char *path, const char *format,
                                      unsigned depth);

#endif
