/* recording.h - the recording file: chunks of events, digests, console output and snapshots */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One append-only file; docs/recording-format.md describes every byte. A writer hands chunks to one
 * thread that compresses and writes them in order; which chunks exist, and where, depends on the
 * guest alone (I1). A reader takes a complete file by its index, and one that was cut short by
 * scanning it. Everything read is hostile (I7).
 */
#ifndef REPLAY_RECORDING_H
#define REPLAY_RECORDING_H

#include "emu/buf.h"
#include "emu/config.h"
#include "emu/input.h"
#include "emu/types.h"
#include "snapshot/snapshot.h"

struct rec_writer;
struct rec_reader;

/* Why a recording ends. */
enum rec_end {
    REC_END_CUT_SHORT,
    REC_END_POWEROFF,
    REC_END_RESET,
    REC_END_EXIT,
    REC_END_CRASH,
    REC_END_QUIT,
    REC_END_HALTED
};

/* A point whose digest the recording keeps. */
struct rec_digest {
    u64 icount;
    u64 digest;
};

struct rec_snapshot { /* a snapshot in the file */
    u64 icount, digest;
    i64 parent; /* index of the one it is a difference to, or -1 */
    u64 file_offset, file_bytes;
    char name[64]; /* savevm's, or "" for an automatic one */
    u64 events;    /* how many events were delivered before it */
    u64 idle_ns;   /* of its clock, or NEVER: not known */
};

/* Writing. `sources` are the door's, `n` of them. All return false (reported once) on a full disk
 * etc.; the machine then goes on unrecorded only if the user says so: the caller stops. */
struct rec_writer *rec_create(const char *path, const struct machine_config *cfg,
                              const struct door *door);
bool rec_put_event(struct rec_writer *w, const struct door_event *ev);
bool rec_put_digest(struct rec_writer *w, u64 icount, u64 digest);
bool rec_put_output(struct rec_writer *w, u32 port, u64 icount, const u8 *data, u32 n);
/* Holds a reference until written. parent must have been put before, or be NULL. name may be
 * NULL. */
bool rec_put_snapshot(struct rec_writer *w, struct snapshot *s, struct snapshot *parent,
                      const char *name);
/* The same of a place in the past, before which `events` were delivered. */
bool rec_put_past_snapshot(struct rec_writer *w, struct snapshot *s, struct snapshot *parent,
                           const char *name, u64 events);
/* The named snapshot of that name is to be an automatic one from here (delvm). */
bool rec_put_unname(struct rec_writer *w, const char *name);
/* Events put since the last flush or push: it has something to do. */
bool rec_has_unflushed(const struct rec_writer *w);
/* Hands events to the thread now: they are on disk as soon as what was put before them is. */
bool rec_push(struct rec_writer *w);
/* Waits for that: a crash after this loses nothing put before it. */
bool rec_flush(struct rec_writer *w);
u64 rec_bytes_written(struct rec_writer *w);
/* Writes the end (why, at which icount, with which exit code) and the index, closes, frees. */
bool rec_finish(struct rec_writer *w, enum rec_end end, u64 icount, int code);

/* Reading. NULL (reported) when it is not a recording, or of another version. */
struct rec_reader *rec_open(const char *path);
void rec_close(struct rec_reader *r);
const char *rec_path(const struct rec_reader *r);
enum rec_end rec_end(const struct rec_reader *r);
int rec_end_code(const struct rec_reader *r);
u64 rec_length(
    const struct rec_reader *r); /* icount of its end; of its last event or digest if cut short */
u64 rec_file_bytes(const struct rec_reader *r);
/* False: reported. config_load_files() then sees to it that the files are those recorded with. */
bool rec_config(struct rec_reader *r, struct machine_config *cfg);
const char *rec_config_text(const struct rec_reader *r);
/* Reads every chunk and checks it. False (reported) at the first damaged one. */
bool rec_check_chunks(struct rec_reader *r);
u32 rec_n_sources(const struct rec_reader *r);
const char *rec_source_name(const struct rec_reader *r, u32 source);
u64 rec_n_events(const struct rec_reader *r);
u64 rec_event_bytes(const struct rec_reader *r); /* that events take, before compression */
bool rec_event(struct rec_reader *r, u64 index,
               struct door_event *ev); /* data valid until closed */
u64 rec_n_digests(const struct rec_reader *r);
struct rec_digest rec_digest(const struct rec_reader *r, u64 index);
u64 rec_n_snapshots(const struct rec_reader *r);
struct rec_snapshot rec_snapshot(const struct rec_reader *r, u64 index);
/* Reads snapshot `index` and the chain it needs. NULL (reported) when damaged. */
struct snapshot *rec_load_snapshot(struct rec_reader *r, u64 index, struct snapshot_store *store);
/* One link of a chain: snapshot `index`, given its parent loaded (NULL if it has none). */
struct snapshot *rec_load_link(struct rec_reader *r, u64 index, struct snapshot *parent,
                               struct snapshot_store *store);
/* The recorded output of a port, in order; fn gets runs of bytes with the icount of their first. */
bool rec_each_output(struct rec_reader *r, u32 port,
                     void (*fn)(void *opaque, u64 icount, const u8 *data, u32 n), void *opaque);

#endif
