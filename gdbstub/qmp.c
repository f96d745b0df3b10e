/* qmp.c - QEMU's machine protocol: the connection, requests, replies and events */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QEMU's docs/interop/qmp-spec.txt; texts of errors are QEMU's, which programs look at. */
#include "gdbstub/qmp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emu/check.h"
#include "gdbstub/monitor.h"
#include "gdbstub/qmp_int.h"

#define ROOM 4096
#define NOT_FOUND "CommandNotFound"
#define GENERIC "GenericError"

/* ---- sending ---- */

static void send_json(struct qmp *q, json_t *v)
{
    char *text = json_dumps(v, JSON_ENSURE_ASCII);
    CHECK(text);
    if (q->connected) {
        q->send(q->opaque, (const u8 *)text, strlen(text));
        q->send(q->opaque, (const u8 *)"\r\n", 2);
    }
    free(text);
    json_decref(v);
}

static json_t *error_of(const char *class, const char *text)
{
    json_t *desc = json_string(text);
    /* A text may quote what is no Unicode. */
    return json_pack("{s:{s:s,s:o}}", "error", "class", class, "desc",
                     desc ? desc : json_string("an error in a text that is not UTF-8"));
}

static void finish(struct qmp *q, json_t *answer)
{
    json_t *reply = q->error_class ? error_of(q->error_class, q->error)
                                   : json_pack("{s:o}", "return", answer);
    json_t *id = json_object_get(q->request, "id");

    if (id)
        json_object_set(reply, "id", id);
    json_decref(q->request);
    q->request = NULL;
    q->wait = QMP_FREE;
    q->error_class = NULL;
    buf_clear(&q->text);
    send_json(q, reply);
}

void qmp_event(struct qmp *q, const char *name, json_t *data)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    json_t *e = json_pack("{s:{s:I,s:I},s:s}", "timestamp", "seconds", (json_int_t)now.tv_sec,
                          "microseconds", (json_int_t)(now.tv_nsec / 1000), "event", name);
    if (data)
        json_object_set_new(e, "data", data);
    if (q->negotiated)
        send_json(q, e);
    else
        json_decref(e);
}

/* ---- for handlers ---- */

json_t *qmp_fail(struct qmp *q, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(q->error, sizeof(q->error), fmt, ap);
    va_end(ap);
    q->error_class = GENERIC;
    return NULL;
}

json_t *qmp_wait(struct qmp *q, enum qmp_wait wait)
{
    q->wait = wait;
    return NULL;
}

const char *qmp_arg(json_t *args, const char *name)
{
    return json_string_value(json_object_get(args, name));
}

/* ---- arguments ---- */

struct arg {
    char name[32];
    char type;
    bool optional;
};

static bool next_arg(const char **p, struct arg *a)
{
    *p += strspn(*p, " ");
    if (!**p)
        return false;
    a->optional = **p == '?';
    *p += a->optional;
    size_t n = strcspn(*p, ":");
    CHECK(n < sizeof(a->name) && (*p)[n]);
    snprintf(a->name, sizeof(a->name), "%.*s", (int)n, *p);
    a->type = (*p)[n + 1];
    *p += n + 2;
    return true;
}

static const char *wrong_type(char type, const json_t *v)
{
    switch (type) {
    case 'i':
        return json_is_integer(v) ? NULL : "integer";
    case 'b':
        return json_is_boolean(v) ? NULL : "boolean";
    case 'a':
        return json_is_array(v) ? NULL : "array";
    default:
        return json_is_string(v) ? NULL : "string";
    }
}

static bool known_arg(const char *args, const char *name)
{
    struct arg a;
    while (next_arg(&args, &a))
        if (!strcmp(a.name, name))
            return true;
    return false;
}

static bool args_ok(struct qmp *q, const struct qmp_command *c, json_t *args)
{
    const char *p = c->args, *name;
    struct arg a;
    json_t *v;

    while (next_arg(&p, &a)) {
        v = json_object_get(args, a.name);
        if (!v && a.optional)
            continue;
        if (!v)
            return qmp_fail(q, "Parameter '%s' is missing", a.name);
        const char *wanted = wrong_type(a.type, v);
        if (wanted)
            return qmp_fail(q, "Invalid parameter type for '%s', expected: %s", a.name, wanted);
    }
    json_object_foreach(args, name, v)
        if (!known_arg(c->args, name))
            return qmp_fail(q, "Parameter '%.128s' is unexpected", name);
    return true;
}

/* ---- requests ---- */

/* Its words are the command's arguments in the order of the table. */
static json_t *run_monitor(struct qmp *q, const struct qmp_command *c, json_t *args)
{
    const char *word[8], *p = c->args;
    char number[8][24];
    struct buf out = {0};
    struct arg a;
    unsigned n = 0;

    for (; n < 8 && next_arg(&p, &a); n++) {
        json_t *v = json_object_get(args, a.name);
        if (!v)
            break;
        snprintf(number[n], sizeof(number[n]), "%lld", (long long)json_integer_value(v));
        word[n] = a.type == 'i' ? number[n] : json_string_value(v);
    }
    enum monitor_result r = monitor_execute_words(q->session, c->monitor, n, word, &out, NULL);
    const char *text = buf_cstr(&out);
    if (r == MONITOR_ERROR)
        qmp_fail(q, "%.*s", (int)MIN(strcspn(text, "\n"), sizeof(q->error) - 1), text);
    buf_fini(&out);
    return r == MONITOR_ERROR ? NULL : json_object();
}

static const struct qmp_command *find(const char *name)
{
    for (const struct qmp_command *c = qmp_commands; c->name; c++)
        if (!strcmp(c->name, name) && qmp_command_is_here(c))
            return c;
    return NULL;
}

static json_t *not_found(struct qmp *q, const char *fmt, const char *name)
{
    snprintf(q->error, sizeof(q->error), fmt, name);
    q->error_class = NOT_FOUND;
    return NULL;
}

static json_t *execute(struct qmp *q, const char *name, json_t *args)
{
    bool negotiation = !strcmp(name, "qmp_capabilities");
    const struct qmp_command *c = find(name);

    if (!q->negotiated && !negotiation)
        return not_found(
            q, "Expecting capabilities negotiation with 'qmp_capabilities'", name);
    if (q->negotiated && negotiation)
        return not_found(
            q, "Capabilities negotiation is already complete, command ignored", name);
    if (!c)
        return not_found(q, "The command %.128s has not been found", name);
    if (!args_ok(q, c, args))
        return NULL;
    return c->run ? c->run(q, args) : run_monitor(q, c, args);
}

static bool request_ok(struct qmp *q, json_t *request)
{
    const char *key;
    json_t *v;

    if (!json_is_object(request))
        return qmp_fail(q, "QMP input must be a JSON object");
    json_object_foreach(request, key, v) {
        if (!strcmp(key, "execute") && !json_is_string(v))
            return qmp_fail(q, "QMP input member 'execute' must be a string");
        if (!strcmp(key, "arguments") && !json_is_object(v))
            return qmp_fail(q, "QMP input member 'arguments' must be an object");
        if (strcmp(key, "execute") && strcmp(key, "arguments") && strcmp(key, "id"))
            return qmp_fail(q, "QMP input member '%.128s' is unexpected", key);
    }
    return json_object_get(request, "execute") ||
           qmp_fail(q, "QMP input lacks member 'execute'");
}

/* Looks at q->request, which is new or had to wait. */
static void handle(struct qmp *q)
{
    json_t *answer = NULL;

    q->wait = QMP_FREE;
    if (request_ok(q, q->request)) {
        json_t *none = json_object(), *args = json_object_get(q->request, "arguments");
        answer = execute(q, qmp_arg(q->request, "execute"), args ? args : none);
        json_decref(none);
    }
    if (!q->request)
        return; /* answered already: the program ends */
    CHECK(!answer + !q->error_class + !q->wait == 2);
    if (!q->wait)
        finish(q, answer);
}

static void take_value(struct qmp *q)
{
    json_error_t e;
    const struct buf *text = &q->stream.text;

    q->request = json_loadb((const char *)text->data, text->len,
                            JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (q->request) {
        handle(q);
        return;
    }
    char why[QMP_TEXT];
    snprintf(why, sizeof(why), "JSON parse error, %.200s", e.text);
    send_json(q, error_of(GENERIC, why));
}

/* As far as it goes: to the end, or to a request that waits. */
static void take_input(struct qmp *q)
{
    while (!q->request && q->in_done < q->in.len) {
        char why[64];
        size_t used;
        switch (qmp_stream_take(&q->stream, q->in.data + q->in_done, q->in.len - q->in_done, &used,
                                why)) {
        case QMP_STREAM_VALUE:
            q->in_done += used;
            take_value(q);
            break;
        case QMP_STREAM_ERROR:
            q->in_done += used;
            send_json(q, error_of(GENERIC, why));
            break;
        case QMP_STREAM_MORE:
            q->in_done += used;
        }
    }
    if (q->in_done == q->in.len) {
        buf_clear(&q->in);
        q->in_done = 0;
    }
}

void qmp_receive(struct qmp *q, const u8 *data, size_t n)
{
    buf_put(&q->in, data, n);
    take_input(q);
}

u32 qmp_room(const struct qmp *q)
{
    return q->request || q->in.len ? 0 : ROOM;
}

/* ---- what the machine does meanwhile ---- */

/* QEMU's human monitor ends its lines so. Bytes above `last` are not sent. */
static json_t *text_up_to(const struct buf *text, u8 last)
{
    struct buf out = {0};
    for (size_t i = 0; i < text->len; i++) {
        u8 c = text->data[i];
        if (c == '\n')
            buf_put_u8(&out, '\r');
        buf_put_u8(&out, c && c <= last ? c : '?');
    }
    json_t *s = json_stringn(out.len ? (const char *)out.data : "", out.len);
    buf_fini(&out);
    return s;
}

/* Text in UTF-8, which the display's is; or only its ASCII, if it is not. */
static json_t *text_answer(struct buf *text)
{
    json_t *s = text_up_to(text, 0xff);
    return s ? s : text_up_to(text, 0x7f);
}

bool qmp_continue(struct qmp *q)
{
    if (!q->request && !q->in.len)
        return false;
    if (!q->request)
        ; /* only now the next one is looked at */
    else if (q->wait == QMP_AGAIN_STOPPED && !session_running(q->session))
        handle(q);
    else if (q->wait == QMP_UNTIL_ASIDE && !session_aside_waits(q->session))
        finish(q, text_answer(&q->text));
    else
        return false;
    take_input(q);
    return true;
}

static const char *shutdown_reason(struct session *s, const struct move *mv, bool *guest)
{
    bool over = mv->end == MOVE_END;

    *guest = true;
    if (over && mv->stop.kind == STOP_RESET && session_reset_by_button(s))
        return *guest = false, "host-qmp-system-reset";
    if (over && (mv->stop.kind == STOP_RESET || mv->stop.kind == STOP_CRASH))
        return "guest-reset";
    if (over && mv->stop.kind != STOP_UNTIL)
        return "guest-shutdown";
    *guest = false;
    if (mv->end == MOVE_FAILED)
        return "host-error";
    return session_was_signalled(s) ? "host-signal" : "host-qmp-quit";
}

static void send_shutdown(struct qmp *q, const struct move *mv)
{
    bool guest;
    const char *reason = shutdown_reason(q->session, mv, &guest);
    qmp_event(q, "SHUTDOWN", json_pack("{s:b,s:s}", "guest", guest, "reason", reason));
}

static void on_stopped(void *opaque, const struct move *mv)
{
    struct qmp *q = opaque;
    bool guest;

    if (mv->end == MOVE_END && (shutdown_reason(q->session, mv, &guest), guest))
        send_shutdown(q, mv);
    qmp_event(q, "STOP", NULL);
    if (q->wait == QMP_UNTIL_STOPPED) {
        finish(q, json_object());
    } else if (q->wait == QMP_UNTIL_MOVED) {
        monitor_describe(q->session, mv, &q->text);
        finish(q, text_answer(&q->text));
    }
    /* What waits behind it is for qmp_continue(): the others are still to be told of this. */
}

static void on_resumed(void *opaque)
{
    qmp_event(opaque, "RESUME", NULL);
}

static void on_exited(void *opaque, const struct move *mv)
{
    struct qmp *q = opaque;
    send_shutdown(q, mv);
    if (!q->request)
        return;
    if (q->wait != QMP_UNTIL_EXIT && q->wait != QMP_UNTIL_STOPPED)
        qmp_fail(q, "The program is ending");
    finish(q, q->error_class ? NULL : json_object());
}

static void on_happened(void *opaque, enum machine_event what)
{
    struct qmp *q = opaque;
    bool button = session_reset_by_button(q->session);

    if (what == MACHINE_POWER_BUTTON)
        qmp_event(q, "POWERDOWN", NULL);
    else if (what == MACHINE_WATCHDOG)
        qmp_event(q, "WATCHDOG",
                  json_pack("{s:s}", "action",
                            machine_watchdog_name(session_machine(q->session)->watchdog)));
    else if (what == MACHINE_WAS_RESET)
        qmp_event(q, "RESET", json_pack("{s:b,s:s}", "guest", !button, "reason",
                                        button ? "host-qmp-system-reset" : "guest-reset"));
}

/* ---- the connection ---- */

struct qmp *qmp_new(struct session *s, const struct qmp_host *host,
                    void (*send)(void *opaque, const u8 *data, size_t n), void *opaque)
{
    struct qmp *q = xcalloc(1, sizeof(*q));
    struct session_listener l = {.stopped = on_stopped,
                                 .resumed = on_resumed,
                                 .exited = on_exited,
                                 .happened = on_happened,
                                 .opaque = q};
    q->session = s;
    q->machine = session_machine(s);
    q->timeline = session_timeline(s);
    q->host = *host;
    q->send = send;
    q->opaque = opaque;
    session_add_listener(s, &l);
    return q;
}

void qmp_connected(struct qmp *q)
{
    q->connected = true;
    send_json(q, json_pack("{s:{s:o,s:[]}}", "QMP", "version", qmp_version(), "capabilities"));
}

/* What was asked is done to its end, but nobody hears of it. */
void qmp_disconnected(struct qmp *q)
{
    q->connected = q->negotiated = false;
    json_decref(q->request);
    q->request = NULL;
    q->wait = QMP_FREE;
    q->error_class = NULL;
    buf_clear(&q->text);
    buf_clear(&q->in);
    q->in_done = 0;
    qmp_stream_fini(&q->stream);
}

void qmp_delete(struct qmp *q)
{
    if (!q)
        return;
    session_remove_listener(q->session, q);
    session_aside_forget(q->session, q);
    qmp_disconnected(q);
    buf_fini(&q->in);
    buf_fini(&q->text);
    free(q);
}
