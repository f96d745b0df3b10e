/* qmp_query.c - the JSON protocol's questions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Objects have the members of QEMU's schema (qapi/) that mean something here. */
#include <string.h>
#include <unistd.h>

#include "emu/disk.h"
#include "gdbstub/qmp_int.h"

#ifndef HINDSIGHT_VERSION
#define HINDSIGHT_VERSION "0.1.0"
#endif

/* The protocol's version is QEMU's: programs decide by it what they may ask. */
json_t *qmp_version(void)
{
    return json_pack("{s:{s:i,s:i,s:i},s:s}", "qemu", "micro", 0, "minor", 2, "major", 7, "package",
                     "Hindsight " HINDSIGHT_VERSION);
}

json_t *qmp_query_version(struct qmp *q, json_t *args)
{
    (void)q, (void)args;
    return qmp_version();
}

static const char *status_of(struct qmp *q)
{
    struct move last;

    if (session_running(q->session))
        return "running";
    if (!session_last_move(q->session, &last))
        return "prelaunch";
    if (last.end == MOVE_FAILED)
        return "internal-error";
    if (last.end == MOVE_END && last.stop.kind != STOP_UNTIL && !timeline_is_live(q->timeline))
        return "shutdown";
    if (last.end == MOVE_STOP && (last.stop.kind == STOP_BREAK || last.stop.kind == STOP_WATCH))
        return "debug";
    return "paused";
}

json_t *qmp_query_status(struct qmp *q, json_t *args)
{
    (void)args;
    return json_pack("{s:s,s:b,s:b}", "status", status_of(q), "singlestep", 0, "running",
                     session_running(q->session));
}

/* A string of the user's, which may be no Unicode. */
static json_t *string_of(const char *s)
{
    json_t *v = json_string(s);
    return v ? v : json_string("?");
}

json_t *qmp_query_name(struct qmp *q, json_t *args)
{
    const char *name = q->machine->config->name;
    json_t *v = json_object();

    (void)args;
    if (name && *name)
        json_object_set_new(v, "name", string_of(name));
    return v;
}

json_t *qmp_query_commands(struct qmp *q, json_t *args)
{
    json_t *list = json_array();

    (void)q, (void)args;
    for (const struct qmp_command *c = qmp_commands; c->name; c++)
        if (qmp_command_is_here(c))
            json_array_append_new(list, json_pack("{s:s}", "name", c->name));
    return list;
}

json_t *qmp_query_replay(struct qmp *q, json_t *args)
{
    json_t *v = json_pack("{s:I,s:s}", "icount", (json_int_t)timeline_now(q->timeline), "mode",
                          q->host.replay_mode);

    (void)args;
    if (q->host.replay_file)
        json_object_set_new(v, "filename", string_of(q->host.replay_file));
    return v;
}

static json_t *block_of(const struct config_drive *d)
{
    const char *format = d->opened ? d->opened->type->name : "raw";
    json_t *path = string_of(d->path ? d->path : "");
    json_t *v = json_pack(
        "{s:s,s:b,s:b,s:s,s:{s:O,s:s,s:b,s:s,s:{s:o,s:s,s:I}}}", "device", d->id, "locked", 0,
        "removable", d->cdrom, "type", "unknown", "inserted", "file", path, "node-name", d->id,
        "ro", d->readonly, "drv", format, "image", "filename", path, "format", format,
        "virtual-size", (json_int_t)d->size);
    return v;
}

json_t *qmp_query_block(struct qmp *q, json_t *args)
{
    json_t *list = json_array();

    (void)args;
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++) {
        const struct config_drive *d = &q->machine->config->drive[i];
        if (d->id && !(d->image && *d->image))
            json_array_append_new(list, block_of(d));
    }
    return list;
}

json_t *qmp_query_cpus_fast(struct qmp *q, json_t *args)
{
    (void)args;
    return json_pack("[{s:i,s:s,s:i,s:s,s:{s:i,s:i,s:i}}]", "cpu-index", 0, "qom-path",
                     "/machine/unattached/device[0]", "thread-id", (int)getpid(), "target",
                     q->machine->config->arch, "props", "core-id", 0, "thread-id", 0, "socket-id",
                     0);
}

json_t *qmp_query_chardev(struct qmp *q, json_t *args)
{
    json_t *list = json_array();
    const char *label, *where;
    bool open;

    (void)args;
    for (unsigned i = 0; q->host.chardev; i++) {
        if (!q->host.chardev(q->host.opaque, i, &label, &where, &open))
            break;
        json_array_append_new(list, json_pack("{s:b,s:o,s:s}", "frontend-open", open, "filename",
                                              string_of(where), "label", label));
    }
    return list;
}

json_t *qmp_query_target(struct qmp *q, json_t *args)
{
    (void)args;
    return json_pack("{s:s}", "arch", q->machine->config->arch);
}

json_t *qmp_query_kvm(struct qmp *q, json_t *args)
{
    (void)q, (void)args;
    return json_pack("{s:b,s:b}", "enabled", 0, "present", 0);
}

json_t *qmp_query_uuid(struct qmp *q, json_t *args)
{
    (void)q, (void)args;
    return json_pack("{s:s}", "UUID", "00000000-0000-0000-0000-000000000000");
}

json_t *qmp_query_memory_size(struct qmp *q, json_t *args)
{
    (void)args;
    return json_pack("{s:I,s:i}", "base-memory", (json_int_t)q->machine->config->ram_size,
                     "plugged-memory", 0);
}

json_t *qmp_query_iothreads(struct qmp *q, json_t *args)
{
    (void)q, (void)args;
    return json_array();
}
