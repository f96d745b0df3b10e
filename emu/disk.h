/* disk.h - a disk: what the guest wrote, over an image that is never changed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk's content is that of its image, except for the pages that the guest has written: these are
 * in an overlay, a page-tracked ram like the guest's memory, so that snapshots, digests and the
 * recording cover them. A page of the overlay that was never written costs nothing.
 *
 * When nothing will ever go back in history (a plain run), a disk may write through to its image.
 *
 * The guest's devices decide when a request takes effect: at the time of its issue plus a latency
 * that depends on the request alone. Then they read or write here, and the machine waits for the
 * host. Before that, disk_prefetch() lets the host begin to fetch. So a request in flight is a few
 * numbers in a device's state, and nobody's thread decides about the guest's order of events.
 */
#ifndef EMU_DISK_H
#define EMU_DISK_H

#include "emu/device.h"
#include "emu/machine.h"
#include "emu/types.h"

#define DISK_SECTOR 512
#define DISK_MAX_SIZE ((u64)2 << 40)

/* An image of the host's; emu/host/ opens them. Offsets and sizes are in bytes and lie within
 * size. False: the host could not (reported). */
struct disk_image {
    const struct disk_image_type *type;
    char *path;
    u64 size; /* a multiple of DISK_SECTOR */
    bool writable;
};

struct disk_image_type {
    const char *name;
    bool (*read)(struct disk_image *i, u64 offset, void *out, size_t n);
    bool (*write)(struct disk_image *i, u64 offset, const void *data, size_t n);
    bool (*flush)(struct disk_image *i);
    /* That range will be read soon. */
    void (*prefetch)(struct disk_image *i, u64 offset, u64 n);
    /* How many bytes from offset on are alike: certainly zeros, or perhaps data. At least 1. */
    u64 (*extent)(struct disk_image *i, u64 offset, bool *zeros);
    void (*close)(struct disk_image *i); /* frees it */
};

/* A digest of the content, the same whatever the format: zeros count for nothing, and need not even
 * be read where the image knows of them. False: the host could not read it. */
bool disk_image_digest(struct disk_image *i, u64 *digest);
void disk_image_close(struct disk_image *i); /* NULL is allowed */

struct disk;

/* A disk of the machine, over an image that outlives it. With write_through there is no overlay. */
struct disk *disk_new(struct machine *m, const char *id, struct disk_image *image, bool readonly,
                      bool write_through);

/* What a read-only disk reads from now on: another image, or none (NULL), and then its size is
 * 0. See emu/medium.h. */
void disk_set_image(struct disk *d, struct disk_image *image);

u64 disk_size(const struct disk *d);
bool disk_is_readonly(const struct disk *d);
const struct disk_image *disk_image_of(const struct disk *d); /* NULL: there is no medium in it */
const char *disk_id(const struct disk *d);

/* False: the range is not within the disk, the disk is read-only, or the host failed (reported). */
bool disk_read(struct disk *d, u64 offset, void *out, size_t n);
bool disk_write(struct disk *d, u64 offset, const void *data, size_t n);
bool disk_write_zeros(struct disk *d, u64 offset, u64 n);
bool disk_flush(struct disk *d);
void disk_prefetch(struct disk *d, u64 offset, u64 n);
/* From the issue of a request for n bytes to its completion, in ns of virtual time. */
u64 disk_latency(u64 n);

/* From the disk to guest memory and back; parts where there is no memory are left out, and read as
 * ones. Results as of disk_read() and disk_write(). */
bool disk_read_to_memory(struct disk *d, u64 offset, u64 addr, size_t n);
bool disk_write_from_memory(struct disk *d, u64 offset, u64 addr, size_t n);

/* How many bytes from offset on are alike: written by the guest, or as in the image and there
 * zeros or perhaps data. For export and commit. */
enum disk_extent { DISK_WRITTEN, DISK_IMAGE_DATA, DISK_IMAGE_ZEROS };
u64 disk_extent(struct disk *d, u64 offset, enum disk_extent *kind);
/* Puts what the guest wrote into the (writable) image. */
bool disk_commit(struct disk *d);
/* The machine's disks, by number and by id; NULL when there are no more, or none. */
struct disk *disk_of_machine(struct machine *m, unsigned n);
struct disk *disk_find(struct machine *m, const char *id);

#endif
