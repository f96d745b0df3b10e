/* config_media.h - the images that are put into a machine's drives while it runs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_CONFIG_MEDIA_H
#define EMU_CONFIG_MEDIA_H

#include "emu/types.h"

#define CONFIG_MAX_MEDIA 32

struct disk_image;

/* As a recording's events say. Strings are owned. */
struct config_medium {
    char *name;  /* for people: "ide1-cd0.1" */
    char *drive; /* the id of the drive it is put into */
    char *format, *path;
    u64 size, digest;
    struct disk_image *opened; /* owned */
};

void config_medium_fini(struct config_medium *cm);

#endif
