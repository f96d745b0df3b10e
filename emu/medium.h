/* medium.h - what is in a drive whose medium can be changed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Taking a medium out, and putting another in, come through the door like anything from outside. An
 * event names the image by its content: size and digest. Where it is on the host is in the event
 * too, for the replay to find it: all images that a recording needs are opened, and compared,
 * before anything runs. They stay open, so that every place in history has the one it had.
 */
#ifndef EMU_MEDIUM_H
#define EMU_MEDIUM_H

#include "emu/disk.h"

struct medium;

/* A drive of the guest's; opaque goes to all. */
struct medium_drive {
    void (*changed)(void *opaque, bool inserted); /* also when one took another's place */
    void (*asked)(void *opaque);                  /* somebody pressed the eject button */
    bool (*is_locked)(void *opaque);              /* the guest wants to keep it */
    void *opaque;
};

/* Of a read-only disk; what is in it has that digest. Lives as long as the machine. */
struct medium *medium_new(struct machine *m, struct disk *d, struct disk_image *first, u64 digest);
void medium_set_drive(struct medium *md, const struct medium_drive *drive);
/* One that will be put in; who adds it closes it, after the machine is gone. */
void medium_add(struct medium *md, struct disk_image *i, u64 digest);

struct medium *medium_of(const struct disk *d); /* NULL: it cannot be changed */
struct medium *medium_find(struct machine *m, const char *id); /* by the disk's id */
struct medium *medium_of_machine(struct machine *m, unsigned n);
const char *medium_id(const struct medium *md);
bool medium_is_locked(const struct medium *md);

/* From outside, through the door. False: not taken, or (reported) the image cannot be read. It is
 * the machine's in any case. */
bool medium_eject(struct medium *md);
bool medium_press_button(struct medium *md);
bool medium_insert(struct medium *md, struct disk_image *i);

/* An event's bytes, which may be hostile. Strings are owned by who asks. */
enum medium_op { MEDIUM_EJECT, MEDIUM_INSERT, MEDIUM_BUTTON, MEDIUM_OPS };
struct medium_event {
    enum medium_op op;
    u64 size, digest; /* of what is inserted, as are: */
    char *format, *path;
};
bool medium_event_parse(const u8 *data, u32 len, struct medium_event *e);
void medium_event_fini(struct medium_event *e);
#define MEDIUM_SOURCE "cd" /* the door's sources are called cd:ID */

#endif
