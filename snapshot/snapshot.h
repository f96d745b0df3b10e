/* snapshot.h - whole-machine snapshots: a small state record and a table of shared pages */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A page's content is kept once, reference-counted, however many snapshots hold it. A snapshot's
 * page table is a tree whose unchanged parts are shared with the snapshot before it, so taking one
 * costs the pages written since the last, and restoring one rewrites only pages that differ.
 *
 * A store belongs to one machine and remembers which snapshot the machine's memory was last equal
 * to (its base); what was written since is known to the rams (PAGE_UNSAVED).
 */
#ifndef SNAPSHOT_SNAPSHOT_H
#define SNAPSHOT_SNAPSHOT_H

#include "emu/buf.h"
#include "emu/machine.h"
#include "emu/types.h"

struct snapshot;
struct snapshot_store;

struct snapshot_store *snapshot_store_new(struct machine *m);
void snapshot_store_delete(struct snapshot_store *s); /* and all its snapshots */

/* The machine as it is now, at the state at clock.icount. Never fails. One reference, the
 * caller's. */
struct snapshot *snapshot_take(struct snapshot_store *s);
struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s);
/* The machine is then in exactly that state. False only for a decoded snapshot whose state record
 * is ill-formed: the machine must then be restored to another one before it runs. */
bool snapshot_restore(struct snapshot *s);

u64 snapshot_icount(const struct snapshot *s);
u64 snapshot_idle_ns(const struct snapshot *s);
const struct buf *snapshot_state(const struct snapshot *s); /* machine_save()'s bytes */
u64 snapshot_digest(const struct snapshot *s); /* machine_digest() at it; computed when asked for */
u64 snapshot_own_bytes(const struct snapshot *s); /* pages stored when it was taken, in bytes */
u64 snapshot_store_bytes(const struct snapshot_store *s); /* all pages held */
u64 snapshot_pages_since(const struct snapshot *s,
                         const struct snapshot *parent); /* NULL: all but zeros */
/* Calls fn for each page that differs between two snapshots, with its content in each. */
typedef void (*snapshot_page_fn)(void *opaque, const struct ram *r, u32 page, const u8 *a,
                                 const u8 *b);
void snapshot_each_difference(const struct snapshot *a, const struct snapshot *b,
                              snapshot_page_fn fn, void *opaque);

/*
 * On-disk form. A snapshot is written as its state and the pages that differ from `parent` (NULL:
 * from an all-zero machine): the recording keeps chains of them. snapshot_encode() may be called
 * from another thread than the machine's for a snapshot that thread holds a reference to.
 * snapshot_decode() is given hostile bytes: NULL when ill-formed or made for another machine.
 */
void snapshot_encode(const struct snapshot *s, const struct snapshot *parent, struct buf *out);
u64 snapshot_encoded_max(const struct snapshot_store *st); /* no valid encoding is longer */
struct snapshot *snapshot_decode(struct snapshot_store *st, struct snapshot *parent,
                                 struct reader *in);

#endif
