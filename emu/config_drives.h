/* config_drives.h - the drives of a machine's configuration */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_CONFIG_DRIVES_H
#define EMU_CONFIG_DRIVES_H

#include "emu/buf.h"
#include "emu/types.h"

#define CONFIG_MAX_DRIVES 10
#define CONFIG_MAX_ID 64

struct disk_image;

enum drive_interface { DRIVE_NONE, DRIVE_IDE, DRIVE_VIRTIO, DRIVE_PFLASH /* its size is the bank's */, DRIVE_SD };

/* -drive. Kept in a recording, as far as marked. Strings are owned. */
struct config_drive {
    char *id;                       /* kept; NULL: there is no such drive */
    enum drive_interface interface; /* kept; NONE: a -device names it */
    u8 index;                       /* kept: of the interface's places */
    bool cdrom, readonly;           /* kept */
    char *image;                    /* kept: it is another name for the drive of this id; or "" */
    u64 size, digest;               /* kept: the image's size, and what disk_image_digest() says */
    bool snapshot;                  /* kept, but makes no difference to a replay, as do: */
    char *format;                   /* "raw", "qcow2" or "" for what it looks like */
    char *path;
    /* Not kept. */
    bool write_through;
    struct disk_image *opened;      /* owned */
};

void config_drive_fini(struct config_drive *d);
/* Letters, digits and -._ only, as it is kept in a comma list. */
bool config_drive_id_ok(const char *id);
/* The kept form, one line; back (false when ill-formed; hostile bytes); and for people. */
void config_drive_save(const struct config_drive *d, struct buf *out);
bool config_drive_load(struct config_drive *d, const char *text, size_t n);
void config_drive_print(const char *text, size_t n, struct buf *out);
void config_drive_print_option(const struct config_drive *d, struct buf *out);
/* How many of the saved line's bytes say what the guest depends on. */
size_t config_drive_counted(const char *text, size_t n);

#endif
