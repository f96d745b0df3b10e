/* config_media.c - the images that are put into a machine's drives while it runs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/config_media.h"

#include <stdlib.h>

#include "emu/disk.h"

void config_medium_fini(struct config_medium *cm)
{
    free(cm->name);
    free(cm->drive);
    free(cm->format);
    free(cm->path);
    disk_image_close(cm->opened);
    *cm = (struct config_medium){0};
}
