/* store.h - inside snapshot/: what a snapshot and a store are made of */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SNAPSHOT_STORE_H
#define SNAPSHOT_STORE_H

#include <pthread.h>

#include "snapshot/snapshot.h"
#include "snapshot/table.h"

struct snapshot_store {
    struct machine *machine;
    struct page_pool pool;
    struct snapshot *base;  /* what memory was last equal to; a reference, or NULL: zeros */
    pthread_mutex_t lock;   /* of the list below: the last reference may go in another thread */
    struct snapshot *first; /* all snapshots */
};

struct snapshot {
    _Atomic u32 refs;
    struct snapshot_store *store;
    struct snapshot *next, *prev; /* in the store's list */
    u64 icount;
    u64 digest;
    bool has_digest;
    u64 own_pages;
    struct buf state;
    u32 n_tables;
    struct table table[MACHINE_MAX_RAMS]; /* in the order of machine->ram */
};

/* A new snapshot whose tables are those of `from` (NULL: zeros), in the list, with one
 * reference. */
struct snapshot *snapshot_new(struct snapshot_store *st, const struct snapshot *from);

#endif
