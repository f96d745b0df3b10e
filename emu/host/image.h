/* image.h - open disk images of the host's: raw and qcow2 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_IMAGE_H
#define EMU_HOST_IMAGE_H

#include "emu/disk.h"

/* format: "raw", "qcow2", or "" for what the file looks like. NULL (reported as a matter of
 * `option`) when it cannot be opened or is not sound. */
struct disk_image *image_open(const char *option, const char *path, const char *format,
                              bool writable);
/* A new, empty qcow2 image, open for writing. NULL (reported), also when there is such a file. */
struct disk_image *image_create(const char *option, const char *path, u64 size);

#endif
