/* qmp_jobs.c - snapshots by the JSON protocol: jobs, as QEMU has them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job is told of by JOB_STATUS_CHANGE, and stays to be looked at until it is dismissed. */
#include <stdio.h>
#include <string.h>

#include "gdbstub/qmp_int.h"

static void set_status(struct qmp *q, struct qmp_job *j, const char *status)
{
    j->status = status;
    qmp_event(q, "JOB_STATUS_CHANGE", json_pack("{s:s,s:s}", "status", status, "id", j->id));
}

static struct qmp_job *find_job(struct qmp *q, const char *id)
{
    for (unsigned i = 0; i < QMP_MAX_JOBS; i++)
        if (q->job[i].status && !strcmp(q->job[i].id, id))
            return &q->job[i];
    return NULL;
}

/* NULL: failed. */
static struct qmp_job *new_job(struct qmp *q, json_t *args, const char *type)
{
    const char *id = qmp_arg(args, "job-id"), *tag = qmp_arg(args, "tag");
    struct qmp_job *j = NULL;

    if (find_job(q, id))
        return qmp_fail(q, "Job ID '%.200s' already in use", id), NULL;
    if (!*id || strlen(id) >= sizeof(j->id))
        return qmp_fail(q, "Invalid job ID '%.64s'", id), NULL;
    if (!*tag || strlen(tag) >= sizeof(((struct session_aside *)0)->name))
        return qmp_fail(q, "A snapshot's name has 1 to 63 characters"), NULL;
    for (unsigned i = 0; i < QMP_MAX_JOBS && !j; i++)
        if (!q->job[i].status)
            j = &q->job[i];
    if (!j)
        return qmp_fail(q, "There are %d jobs; dismiss some", QMP_MAX_JOBS), NULL;
    *j = (struct qmp_job){.type = type};
    snprintf(j->id, sizeof(j->id), "%s", id);
    set_status(q, j, "created");
    set_status(q, j, "running");
    return j;
}

static void conclude(struct qmp *q, struct qmp_job *j)
{
    if (*j->error) {
        set_status(q, j, "aborting");
    } else {
        set_status(q, j, "waiting");
        set_status(q, j, "pending");
    }
    set_status(q, j, "concluded");
}

static void fail_job(struct qmp *q, struct qmp_job *j, const char *fmt, const char *tag)
{
    snprintf(j->error, sizeof(j->error), fmt, tag);
    conclude(q, j);
}

static void aside_done(void *opaque, bool ok)
{
    struct qmp *q = opaque;
    struct qmp_job *j = q->running;

    q->running = NULL;
    if (ok)
        conclude(q, j);
    else
        fail_job(q, j, "The snapshot could not be %s; the console says why",
                 strcmp(j->type, "snapshot-save") ? "loaded" : "saved");
}

static bool have(struct qmp *q, const char *tag)
{
    for (u32 i = 0; i < timeline_n_snapshots(q->timeline); i++) {
        const char *name = timeline_snapshot_info(q->timeline, i).name;
        if (name && !strcmp(name, tag))
            return true;
    }
    return false;
}

static void start(struct qmp *q, struct qmp_job *j, enum session_aside_kind kind, const char *tag)
{
    struct session_aside a = {.kind = kind, .done = aside_done, .opaque = q};

    snprintf(a.name, sizeof(a.name), "%s", tag);
    q->running = j;
    if (session_aside(q->session, &a))
        return;
    q->running = NULL;
    fail_job(q, j, "Another snapshot is being saved or loaded%s", "");
}

json_t *qmp_snapshot_save(struct qmp *q, json_t *args)
{
    const char *tag = qmp_arg(args, "tag");
    struct qmp_job *j = new_job(q, args, "snapshot-save");

    if (!j)
        return NULL;
    if (have(q, tag))
        fail_job(q, j, "Snapshot '%s' already exists in one or more devices", tag);
    else
        start(q, j, ASIDE_SAVEVM, tag);
    return json_object();
}

json_t *qmp_snapshot_load(struct qmp *q, json_t *args)
{
    const char *tag = qmp_arg(args, "tag");
    struct qmp_job *j = new_job(q, args, "snapshot-load");

    if (!j)
        return NULL;
    if (!have(q, tag))
        fail_job(q, j, "Snapshot '%s' does not exist in one or more devices", tag);
    else
        start(q, j, ASIDE_LOADVM, tag);
    return json_object();
}

json_t *qmp_snapshot_delete(struct qmp *q, json_t *args)
{
    const char *tag = qmp_arg(args, "tag");
    struct qmp_job *j = new_job(q, args, "snapshot-delete");

    if (!j)
        return NULL;
    if (have(q, tag) && !timeline_delvm(q->timeline, tag))
        fail_job(q, j, "The snapshot '%s' could not be deleted", tag);
    else
        conclude(q, j); /* as in QEMU, also when there is none */
    return json_object();
}

json_t *qmp_query_jobs(struct qmp *q, json_t *args)
{
    json_t *list = json_array();

    (void)args;
    for (unsigned i = 0; i < QMP_MAX_JOBS; i++) {
        const struct qmp_job *j = &q->job[i];
        if (!j->status)
            continue;
        json_t *o = json_pack("{s:i,s:s,s:i,s:s,s:s}", "current-progress", j != q->running,
                              "status", j->status, "total-progress", 1, "type", j->type, "id",
                              j->id);
        if (*j->error)
            json_object_set_new(o, "error", json_string(j->error));
        json_array_append_new(list, o);
    }
    return list;
}

json_t *qmp_job_dismiss(struct qmp *q, json_t *args)
{
    struct qmp_job *j = find_job(q, qmp_arg(args, "id"));

    if (!j)
        return qmp_fail(q, "Job not found");
    if (strcmp(j->status, "concluded"))
        return qmp_fail(q, "Job '%.200s' in state '%s' cannot accept command verb 'dismiss'", j->id,
                        j->status);
    set_status(q, j, "null");
    j->status = NULL;
    return json_object();
}
