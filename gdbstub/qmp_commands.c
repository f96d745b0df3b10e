/* qmp_commands.c - the table of the JSON protocol's commands, and those that do something */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows with the name of a monitor command are that command. */
#include <stdio.h>
#include <string.h>

#include "gdbstub/monitor.h"
#include "gdbstub/qmp_int.h"

static json_t *run_capabilities(struct qmp *q, json_t *args)
{
    json_t *enable = json_object_get(args, "enable"), *v;
    size_t i;

    json_array_foreach(enable, i, v)
        return json_is_string(v)
                   ? qmp_fail(q, "Capability '%.64s' not available", json_string_value(v))
                   : qmp_fail(q, "Invalid parameter type for 'enable[%zu]', expected: string", i);
    q->negotiated = true;
    return json_object();
}

static json_t *run_stop(struct qmp *q, json_t *args)
{
    (void)args;
    if (!session_running(q->session))
        return json_object();
    session_stop(q->session);
    return qmp_wait(q, QMP_UNTIL_STOPPED);
}

static json_t *run_cont(struct qmp *q, json_t *args)
{
    struct move_request r = {.kind = MOVE_CONTINUE};
    struct move last;

    (void)args;
    if (session_running(q->session))
        return json_object();
    if (session_last_move(q->session, &last) && last.end == MOVE_END &&
        timeline_at_head(q->timeline) && last.stop.kind != STOP_UNTIL &&
        !timeline_is_live(q->timeline))
        return qmp_fail(q, "Resetting the Virtual Machine is required");
    if (!session_request(q->session, &r, NULL))
        return qmp_fail(q, "The program is ending");
    return json_object();
}

static json_t *run_quit(struct qmp *q, json_t *args)
{
    (void)args;
    qmp_wait(q, QMP_UNTIL_EXIT); /* told of at once if the machine is stopped */
    session_request_quit(q->session, 0);
    return NULL;
}

static bool icount_ok(struct qmp *q, json_t *args)
{
    return json_integer_value(json_object_get(args, "icount")) >= 0 ||
           qmp_fail(q, "Parameter 'icount' expects a number of steps, not a negative number");
}

static json_t *run_replay_break(struct qmp *q, json_t *args)
{
    if (!icount_ok(q, args))
        return NULL;
    session_set_replay_break(q->session, json_integer_value(json_object_get(args, "icount")));
    return json_object();
}

static json_t *run_replay_seek(struct qmp *q, json_t *args)
{
    struct move_request r = {.kind = MOVE_SEEK,
                             .arg = json_integer_value(json_object_get(args, "icount"))};

    if (!icount_ok(q, args))
        return NULL;
    if (session_running(q->session)) {
        session_stop(q->session);
        return qmp_wait(q, QMP_AGAIN_STOPPED);
    }
    if (r.arg > timeline_head(q->timeline) || r.arg < timeline_start(q->timeline))
        return qmp_fail(q, "cannot seek to the specified instruction count");
    if (!session_request(q->session, &r, NULL))
        return qmp_fail(q, "The program is ending");
    return json_object();
}

static json_t *run_human(struct qmp *q, json_t *args)
{
    const char *line = qmp_arg(args, "command-line");

    switch (monitor_execute(q->session, line, &q->text, NULL)) {
    case MONITOR_MOVING:
        if (session_move_kind(q->session) != MOVE_CONTINUE)
            return qmp_wait(q, QMP_UNTIL_MOVED);
        break;
    default:
        break;
    }
    return qmp_wait(q, QMP_UNTIL_ASIDE); /* mostly there is none to wait for */
}

/* One of `keys`, as the monitor's sendkey names it. */
static const char *key_name(struct qmp *q, json_t *key, size_t i, char number[16])
{
    const char *type = json_string_value(json_object_get(key, "type"));
    json_t *data = json_object_get(key, "data");

    if (!json_is_object(key))
        qmp_fail(q, "Invalid parameter type for 'keys[%zu]', expected: object", i);
    else if (!type)
        qmp_fail(q, "Parameter 'keys[%zu].type' is missing", i);
    else if (strcmp(type, "qcode") && strcmp(type, "number"))
        qmp_fail(q, "Parameter 'type' does not accept value '%.64s'", type);
    else if (!data)
        qmp_fail(q, "Parameter 'keys[%zu].data' is missing", i);
    else if (!strcmp(type, "number") != json_is_integer(data) || json_is_null(data))
        qmp_fail(q, "Invalid parameter type for 'keys[%zu].data', expected: %s", i,
                 strcmp(type, "number") ? "string" : "integer");
    else if (json_is_string(data))
        return json_string_value(data);
    else
        return snprintf(number, 16, "0x%x", (unsigned)json_integer_value(data)), number;
    return NULL;
}

/* "a-b-c" of the keys; false: failed. */
static bool join_keys(struct qmp *q, json_t *keys, struct buf *names)
{
    json_t *key;
    size_t i;

    json_array_foreach(keys, i, key) {
        char number[16];
        const char *name = key_name(q, key, i, number);
        if (!name)
            return false;
        if (!*name || strchr(name, '-'))
            return qmp_fail(q, "Parameter 'data' does not accept value '%.64s'", name);
        buf_printf(names, "%s%s", i ? "-" : "", name);
    }
    return true;
}

static json_t *run_send_key(struct qmp *q, json_t *args)
{
    json_t *hold = json_object_get(args, "hold-time");
    struct buf names = {0}, out = {0};
    char ms[24];

    snprintf(ms, sizeof(ms), "%lld", (long long)json_integer_value(hold));
    if (join_keys(q, json_object_get(args, "keys"), &names) && names.len) {
        const char *word[] = {buf_cstr(&names), ms};
        if (monitor_execute_words(q->session, "sendkey", hold ? 2 : 1, word, &out, NULL) !=
            MONITOR_DONE)
            qmp_fail(q, "%.*s", (int)MIN(strcspn(buf_cstr(&out), "\n"), (size_t)200),
                     buf_cstr(&out));
    }
    buf_fini(&names);
    buf_fini(&out);
    return q->error_class ? NULL : json_object();
}

/* The monitor's command of these words; what it says is why it fails. */
static json_t *run_words(struct qmp *q, const char *name, unsigned n, const char *const *word)
{
    struct buf out = {0};
    if (monitor_execute_words(q->session, name, n, word, &out, NULL) != MONITOR_DONE)
        qmp_fail(q, "%.*s", (int)MIN(strcspn(buf_cstr(&out), "\n"), (size_t)200), buf_cstr(&out));
    buf_fini(&out);
    return q->error_class ? NULL : json_object();
}

static json_t *run_screendump(struct qmp *q, json_t *args)
{
    const char *format = qmp_arg(args, "format");
    const char *word[] = {qmp_arg(args, "filename"), "-f", format};
    return run_words(q, "screendump", format ? 3 : 1, word);
}

static const char *drive_named(struct qmp *q, json_t *args)
{
    const char *id = qmp_arg(args, "id");
    if (!id)
        id = qmp_arg(args, "device");
    if (!id)
        qmp_fail(q, "Parameter 'id' is missing");
    return id;
}

static json_t *run_eject(struct qmp *q, json_t *args)
{
    bool force = json_is_true(json_object_get(args, "force"));
    const char *word[] = {"-f", drive_named(q, args)};
    return word[1] ? run_words(q, "eject", 1 + force, word + !force) : NULL;
}

static json_t *run_change_medium(struct qmp *q, json_t *args)
{
    const char *format = qmp_arg(args, "format");
    const char *word[] = {drive_named(q, args), qmp_arg(args, "filename"), format};
    return word[0] ? run_words(q, "change", format ? 3 : 2, word) : NULL;
}

static json_t *run_set_password(struct qmp *q, json_t *args)
{
    const char *protocol = qmp_arg(args, "protocol");
    const char *word[] = {protocol ? protocol : "vnc", qmp_arg(args, "password")};
    return run_words(q, "set_password", 2, word);
}

#define SNAPSHOT "job-id:s tag:s vmstate:s devices:a"

const struct qmp_command qmp_commands[] = {
    {"qmp_capabilities", "?enable:a", NULL, run_capabilities},
    {"query-commands", "", NULL, qmp_query_commands},
    {"query-version", "", NULL, qmp_query_version},
    {"query-name", "", NULL, qmp_query_name},
    {"query-status", "", NULL, qmp_query_status},
    {"query-target", "", NULL, qmp_query_target},
    {"query-kvm", "", NULL, qmp_query_kvm},
    {"query-uuid", "", NULL, qmp_query_uuid},
    {"query-cpus-fast", "", NULL, qmp_query_cpus_fast},
    {"query-memory-size-summary", "", NULL, qmp_query_memory_size},
    {"query-iothreads", "", NULL, qmp_query_iothreads},
    {"query-block", "", NULL, qmp_query_block},
    {"query-chardev", "", NULL, qmp_query_chardev},
    {"stop", "", NULL, run_stop},
    {"cont", "", NULL, run_cont},
    {"quit", "", NULL, run_quit},
    {"system_reset", "", "system_reset", NULL},
    {"system_powerdown", "", "system_powerdown", NULL},
    {"query-replay", "", NULL, qmp_query_replay},
    {"replay-break", "icount:i", NULL, run_replay_break},
    {"replay-delete-break", "", "replay_delete_break", NULL},
    {"replay-seek", "icount:i", NULL, run_replay_seek},
    {"human-monitor-command", "command-line:s ?cpu-index:i", NULL, run_human},
    {"screendump", "filename:s ?device:s ?head:i ?format:s", "screendump",
     run_screendump},
    {"send-key", "keys:a ?hold-time:i", NULL, run_send_key},
    {"set_password", "protocol:s password:s ?connected:s", NULL, run_set_password},
    {"change-vnc-password", "password:s", NULL, run_set_password},
    {"eject", "?device:s ?id:s ?force:b", NULL, run_eject},
    {"blockdev-change-medium",
     "?device:s ?id:s filename:s ?format:s ?force:b ?read-only-mode:s", NULL, run_change_medium},
    {"snapshot-save", SNAPSHOT, NULL, qmp_snapshot_save},
    {"snapshot-load", SNAPSHOT, NULL, qmp_snapshot_load},
    {"snapshot-delete", "job-id:s tag:s devices:a", NULL, qmp_snapshot_delete},
    {"query-jobs", "", NULL, qmp_query_jobs},
    {"job-dismiss", "id:s", NULL, qmp_job_dismiss},
    {0},
};

bool qmp_command_is_here(const struct qmp_command *c)
{
    return !c->monitor || monitor_has(c->monitor);
}
