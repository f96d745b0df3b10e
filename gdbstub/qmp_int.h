/* qmp_int.h - what the files of the JSON protocol share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *     qmp.c           the connection: greeting, requests, replies, events
 *     qmp_stream.c    where a JSON value begins and ends
 *     qmp_commands.c  the table of commands; those that do something
 *     qmp_query.c     those that ask
 *     qmp_jobs.c      snapshot-save and its like, which are jobs
 */
#ifndef GDBSTUB_QMP_INT_H
#define GDBSTUB_QMP_INT_H

#include <jansson.h>

#include "emu/buf.h"
#include "gdbstub/qmp.h"
#include "gdbstub/qmp_stream.h"

#define QMP_MAX_JOBS 16
#define QMP_TEXT 256

enum qmp_wait {
    QMP_FREE,
    QMP_UNTIL_STOPPED, /* then the answer is {} */
    QMP_AGAIN_STOPPED, /* then the request is looked at again */
    QMP_UNTIL_MOVED,   /* then the answer is q->text, and how the move ended */
    QMP_UNTIL_ASIDE,   /* a snapshot is being made or loaded; then the answer is q->text */
    QMP_UNTIL_EXIT,    /* then the answer is {} */
};

struct qmp_job {
    char id[QMP_TEXT], error[QMP_TEXT];
    const char *type, *status; /* status NULL: the place is free */
};

struct qmp {
    struct session *session;
    struct machine *machine;
    struct timeline *timeline;
    struct qmp_host host;
    void (*send)(void *opaque, const u8 *data, size_t n);
    void *opaque;

    bool connected, negotiated;
    struct qmp_stream stream;
    struct buf in; /* bytes that wait for the request before them */
    size_t in_done;

    json_t *request;    /* the one that is being answered, or NULL */
    enum qmp_wait wait; /* what its answer waits for */
    struct buf text;
    const char *error_class; /* set: it fails */
    char error[QMP_TEXT];

    struct qmp_job job[QMP_MAX_JOBS];
    struct qmp_job *running; /* waits for the session, or NULL */
};

/* A handler returns the answer (the caller's to free), or NULL: then it failed with qmp_fail(), or
 * has said what it waits for. */
struct qmp_command {
    const char *name;
    const char *args;    /* "icount:i ?device:s": name and type, '?' before what may be left out */
    const char *monitor; /* the monitor's command that does it; its words are the arguments */
    json_t *(*run)(struct qmp *q, json_t *args);
};
extern const struct qmp_command qmp_commands[]; /* qmp_commands.c; ends with a row without name */
bool qmp_command_is_here(const struct qmp_command *c);

/* qmp_query.c */
json_t *qmp_version(void);
json_t *qmp_query_status(struct qmp *q, json_t *args);
json_t *qmp_query_version(struct qmp *q, json_t *args);
json_t *qmp_query_name(struct qmp *q, json_t *args);
json_t *qmp_query_commands(struct qmp *q, json_t *args);
json_t *qmp_query_replay(struct qmp *q, json_t *args);
json_t *qmp_query_block(struct qmp *q, json_t *args);
json_t *qmp_query_cpus_fast(struct qmp *q, json_t *args);
json_t *qmp_query_chardev(struct qmp *q, json_t *args);
json_t *qmp_query_target(struct qmp *q, json_t *args);
json_t *qmp_query_kvm(struct qmp *q, json_t *args);
json_t *qmp_query_uuid(struct qmp *q, json_t *args);
json_t *qmp_query_memory_size(struct qmp *q, json_t *args);
json_t *qmp_query_iothreads(struct qmp *q, json_t *args);

/* qmp_jobs.c */
json_t *qmp_snapshot_save(struct qmp *q, json_t *args);
json_t *qmp_snapshot_load(struct qmp *q, json_t *args);
json_t *qmp_snapshot_delete(struct qmp *q, json_t *args);
json_t *qmp_query_jobs(struct qmp *q, json_t *args);
json_t *qmp_job_dismiss(struct qmp *q, json_t *args);

/* For handlers. Returns NULL. */
json_t *qmp_fail(struct qmp *q, const char *fmt, ...) PRINTF_LIKE(2, 3);
json_t *qmp_wait(struct qmp *q, enum qmp_wait wait);
/* data is taken over, and may be NULL. */
void qmp_event(struct qmp *q, const char *name, json_t *data);
const char *qmp_arg(json_t *args, const char *name); /* a string argument, or NULL */

#endif
