/* test_qmp.c - QEMU's machine protocol: framing, requests, replies, events, jobs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdbstub/qmp.h"
#include "gdbstub/qmp_stream.h"
#include "guest.h"

static struct guest g;
static struct qmp *q;
static struct buf wire;

static void take(void *opaque, const u8 *data, size_t n)
{
    (void)opaque;
    buf_put(&wire, data, n);
}

static void settle(void)
{
    do
        guest_move(&g);
    while (qmp_continue(q) || session_wants_move(g.session));
}

static void setup(void)
{
    static const struct qmp_host host = {.replay_mode = "none"};
    guest_init(&g);
    q = qmp_new(g.session, &host, take, NULL);
    qmp_connected(q);
}

static void teardown(void)
{
    qmp_delete(q);
    buf_fini(&wire);
    guest_fini(&g);
}

TestSuite(qmp, .init = setup, .fini = teardown);

/* What is sent back, as one text. */
static const char *say(const char *text)
{
    buf_clear(&wire);
    qmp_receive(q, (const u8 *)text, strlen(text));
    settle();
    return buf_cstr(&wire);
}

static void assert_has(const char *text, const char *wanted)
{
    cr_assert(strstr(text, wanted), "no '%s' in: %s", wanted, text);
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

static void negotiate(void)
{
    cr_assert_str_eq(say("{\"execute\": \"qmp_capabilities\"}"), "{\"return\": {}}\r\n");
}

Test(qmp, greeting_and_negotiation)
{
    assert_has(buf_cstr(&wire), "{\"QMP\": {\"version\": {\"qemu\": ");
    assert_has(say("{'execute':'query-status'}"),
               "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"Expecting capabilities "
               "negotiation with 'qmp_capabilities'\"}}");
    assert_has(say("{'execute':'qmp_capabilities','arguments':{'enable':['oob']},'id':1}"),
               "Capability 'oob' not available");
    negotiate();
    assert_has(say("{'execute':'qmp_capabilities'}"), "already complete");
    qmp_disconnected(q);
    qmp_connected(q);
    assert_has(say("{'execute':'query-status'}"), "Expecting capabilities");
}

Test(qmp, ids_come_back)
{
    negotiate();
    assert_has(say("{\"execute\": \"stop\", \"id\": {\"a\": [1, \"x\"]}}"),
               "{\"return\": {}, \"id\": {\"a\": [1, \"x\"]}}");
    assert_has(say("{\"execute\": \"nosuch\", \"id\": 7}"), "\"id\": 7}");
}

Test(qmp, ill_formed_requests)
{
    static const struct { const char *request, *wanted; } cases[] = {
        {"[1]", "QMP input must be a JSON object"},
        {"{'exec': 1}", "QMP input member 'exec' is unexpected"},
        {"{'execute': 5}", "QMP input member 'execute' must be a string"},
        {"{'arguments': {}}", "QMP input lacks member 'execute'"},
        {"{'execute': 'stop', 'arguments': 5}", "QMP input member 'arguments' must be an object"},
        {"{'execute': 'stop', 'arguments': {'x': 1}}", "Parameter 'x' is unexpected"},
        {"{'execute': 'replay-seek'}", "Parameter 'icount' is missing"},
        {"{'execute': 'replay-seek', 'arguments': {'icount': 'x'}}",
         "Invalid parameter type for 'icount', expected: integer"},
        {"{'execute': 'replay-seek', 'arguments': {'icount': -1}}", "not a negative number"},
        {"{'execute': 'replay-seek', 'arguments': {'icount': 99}}",
         "cannot seek to the specified instruction count"},
        {"{'execute': 'nosuch'}", "The command nosuch has not been found"},
        {"{'execute': 'send-key', 'arguments': {'keys': [{'type': 'qcode'}]}}",
         "Parameter 'keys[0].data' is missing"},
        {"{'execute': 'send-key', 'arguments': {'keys': [5]}}",
         "Invalid parameter type for 'keys[0]', expected: object"},
        {"{'a': 1, 'a': 2}", "JSON parse error"},
        {"{'a': tru}", "JSON parse error"},
        {"}", "JSON parse error, expecting value"},
        {"{'a': \"\\q\"}", "JSON parse error"},
        {"{'execute': '\\u0000'}", "JSON parse error"},
    };
    negotiate();
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *reply = say(cases[i].request);
        assert_has(reply, cases[i].wanted);
        cr_assert_eq(count(reply, "\r\n"), 1, "%s: %s", cases[i].request, reply);
        assert_has(say("{'execute': 'query-status', 'id': 5}"), "\"id\": 5");
    }
}

Test(qmp, values_cut_anywhere_and_run_together)
{
    static const char text[] = "{'execute': 'query-status', 'id': '\"{['}"
                               "{\"execute\": \"query-status\", \"id\": \"a\\\"}\\\\\"} 5 ";
    negotiate();
    for (size_t piece = 1; piece < sizeof(text); piece++) {
        buf_clear(&wire);
        for (size_t at = 0; at < sizeof(text) - 1; at += piece)
            qmp_receive(q, (const u8 *)text + at, MIN(piece, sizeof(text) - 1 - at));
        const char *reply = buf_cstr(&wire);
        assert_has(reply, "\"id\": \"\\\"{[\"}");
        assert_has(reply, "\"id\": \"a\\\"}\\\\\"}");
        cr_assert_eq(count(reply, "\r\n"), 3, "%zu: %s", piece, reply);
    }
}

Test(qmp, garbage_is_answered_and_left_behind)
{
    negotiate();
    const char *reply = say("@@@@{'execute': 'query-status'}\xff{'execute': 'query-status'}");
    cr_assert_eq(count(reply, "\"error\""), 2, "%s", reply);
    cr_assert_eq(count(reply, "\"return\""), 2, "%s", reply);
    reply = say("{\"a\": \"x\ny\"} {'execute': 'query-status'}");
    cr_assert_eq(count(reply, "\"return\""), 1, "%s", reply);
}

Test(qmp, bounds)
{
    struct buf b = {0};
    negotiate();
    for (unsigned i = 0; i <= QMP_STREAM_MAX_DEPTH; i++)
        buf_put_u8(&b, '[');
    assert_has(say(buf_cstr(&b)), "nesting depth limit exceeded");
    buf_clear(&b);
    buf_put_u8(&b, '"');
    for (size_t i = 0; i <= QMP_STREAM_MAX_BYTES; i++)
        buf_put_u8(&b, 'x');
    assert_has(say(buf_cstr(&b)), "size limit exceeded");
    assert_has(say("\n{'execute': 'query-status'}"), "\"return\"");
    buf_fini(&b);
}

Test(qmp, moves_and_events)
{
    negotiate();
    assert_has(say("{'execute': 'query-status'}"), "\"status\": \"prelaunch\"");
    session_set_replay_break(g.session, 1000);
    const char *reply = say("{'execute': 'cont'}");
    const char *resume = strstr(reply, "\"event\": \"RESUME\""), *done = strstr(reply, "\"return\"");
    const char *stop = strstr(reply, "\"event\": \"STOP\"");
    cr_assert(resume && done && stop && resume < done && done < stop, "%s", reply);
    assert_has(reply, "{\"timestamp\": {\"seconds\": ");
    assert_has(say("{'execute': 'query-replay'}"), "\"icount\": 1000, \"mode\": \"none\"");
    assert_has(say("{'execute': 'replay-seek', 'arguments': {'icount': 500}}"), "\"STOP\"");
    assert_has(say("{'execute': 'query-replay'}"), "\"icount\": 500,");
    assert_has(say("{'execute': 'query-status'}"), "\"paused\", \"singlestep\": false");
    say("{'execute': 'replay-break', 'arguments': {'icount': 700}} {'execute': 'cont'}");
    cr_assert_eq(guest_icount(&g), 700);
    say("{'execute': 'replay-delete-break'}");
    assert_has(say("{'execute': 'human-monitor-command', 'arguments': {'command-line': 'goto 600'}}"),
               "icount 600");
    cr_assert_eq(guest_icount(&g), 600);
}

Test(qmp, commands_of_the_monitor)
{
    negotiate();
    assert_has(say("{'execute': 'human-monitor-command', 'arguments': {'command-line': 'info status'}}"),
               "{\"return\": \"VM status: paused\\r\\n");
    assert_has(say("{'execute': 'human-monitor-command', 'arguments': {'command-line': 'foo'}}"),
               "There is no command 'foo'");
    cr_assert_str_eq(say("{'execute': 'system_reset'}"), "{\"return\": {}}\r\n");
    assert_has(say("{'execute': 'send-key', 'arguments': {'keys': [{'type': 'qcode', 'data': 'a'}]}}"),
               "no keyboard");
    assert_has(say("{'execute': 'query-commands'}"), "{\"name\": \"replay-seek\"}");
}

Test(qmp, a_reset_is_told_of)
{
    negotiate();
    session_set_replay_break(g.session, 100);
    const char *reply = say("{'execute': 'system_reset'} {'execute': 'cont'}");
    assert_has(reply, "\"event\": \"RESET\", \"data\": {\"guest\": false, \"reason\": "
                      "\"host-qmp-system-reset\"}");
}

Test(qmp, snapshots_are_jobs)
{
    static const char *const order[] = {"created", "running", "waiting", "pending", "concluded"};
    negotiate();
    session_set_replay_break(g.session, 300);
    say("{'execute': 'cont'}");
#define ARGS "'vmstate': 'd', 'devices': ['d']}}"
    const char *reply = say("{'execute': 'snapshot-save', 'arguments': {'job-id': 'j', 'tag': 't', " ARGS);
    for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
        reply = strstr(reply, order[i]);
        cr_assert(reply, "%s", order[i]);
    }
    assert_has(say("{'execute': 'snapshot-save', 'arguments': {'job-id': 'j', 'tag': 'u', " ARGS),
               "Job ID 'j' already in use");
    assert_has(say("{'execute': 'snapshot-save', 'arguments': {'job-id': 'k', 'tag': 't', " ARGS),
               "aborting");
    assert_has(say("{'execute': 'query-jobs'}"), "Snapshot 't' already exists");
    assert_has(say("{'execute': 'job-dismiss', 'arguments': {'id': 'k'}}"), "\"null\"");
    assert_has(say("{'execute': 'job-dismiss', 'arguments': {'id': 'k'}}"), "Job not found");
    session_set_replay_break(g.session, 400);
    say("{'execute': 'cont'}");
    cr_assert_eq(guest_icount(&g), 400);
    assert_has(say("{'execute': 'snapshot-load', 'arguments': {'job-id': 'l', 'tag': 't', " ARGS),
               "concluded");
    cr_assert_eq(guest_icount(&g), 300);
    assert_has(say("{'execute': 'snapshot-delete', 'arguments': {'job-id': 'm', 'tag': 't', 'devices': []}}"),
               "concluded");
    assert_has(say("{'execute': 'snapshot-load', 'arguments': {'job-id': 'n', 'tag': 't', " ARGS),
               "aborting");
}

Test(qmp, the_end_of_the_guest)
{
    negotiate();
    const char *reply = say("{'execute': 'cont'}");
    assert_has(reply, "\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": "
                      "\"guest-shutdown\"}");
    cr_assert(session_quit(g.session));
}

Test(qmp, quit)
{
    negotiate();
    const char *reply = say("{'execute': 'quit', 'id': 3} {'execute': 'query-status'}");
    assert_has(reply, "\"SHUTDOWN\", \"data\": {\"guest\": false, \"reason\": \"host-qmp-quit\"}");
    assert_has(reply, "{\"return\": {}, \"id\": 3}");
    cr_assert(session_quit(g.session));
}
