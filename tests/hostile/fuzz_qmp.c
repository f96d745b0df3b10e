/* fuzz_qmp.c - QEMU's machine protocol, with any bytes from the client */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first byte says in pieces of how many bytes the rest comes. */
#include <string.h>

#include "gdbstub/qmp.h"
#include "hostile.h"
#include "tests/unit/gdbstub/guest.h"

static struct guest g;
static unsigned polls;
static u64 host_ns;

/* A guest that runs for ever is stopped. */
static void poll_host(void *opaque, u64 timeout)
{
    (void)opaque, (void)timeout;
    if (++polls % 16 == 0)
        session_stop(g.session);
}

static u64 host_now(void *opaque)
{
    (void)opaque;
    return host_ns += 1000000;
}

static void take(void *opaque, const u8 *data, size_t n)
{
    (void)data;
    *(u64 *)opaque += n;
}

static void settle(struct qmp *q)
{
    do
        guest_move(&g);
    while ((qmp_continue(q) || session_wants_move(g.session)) && !session_quit(g.session));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    static const struct qmp_host host = {.replay_mode = "none"};
    u64 sent = 0;
    size_t piece = n ? data[0] % 128 + 1 : 1;

    guest_init(&g);
    g.machine->host = (struct host_ops){.poll = poll_host, .now_ns = host_now};
    g.machine->host_attached = true;
    struct qmp *q = qmp_new(g.session, &host, take, &sent);
    qmp_connected(q);
    for (size_t at = 1; at < n && !session_quit(g.session); at += piece) {
        qmp_receive(q, data + at, MIN(piece, n - at));
        settle(q);
    }
    qmp_disconnected(q);
    settle(q);
    qmp_delete(q);
    guest_fini(&g);
    return 0;
}

size_t hostile_seed(u8 *data, size_t most)
{
    static const char seed[] =
        "\x3f{\"execute\": \"qmp_capabilities\"}{'execute': 'query-status', 'id': [1, {}]}"
        "{\"execute\": \"replay-break\", \"arguments\": {\"icount\": 300}} {'execute': 'cont'}"
        "{'execute': 'snapshot-save', 'arguments': {'job-id': 'j', 'tag': 't', 'vmstate': 'x', "
        "'devices': []}} {'execute': 'query-jobs'} {'execute': 'replay-seek', 'arguments': "
        "{'icount': 20}} {'execute': 'human-monitor-command', 'arguments': {'command-line': "
        "'goto 100'}} {'execute': 'human-monitor-command', 'arguments': {'command-line': "
        "'info snapshots'}} {'execute': 'snapshot-load', 'arguments': {'job-id': 'k', 'tag': 't', "
        "'vmstate': 'x', 'devices': ['a']}} {'execute': 'job-dismiss', 'arguments': {'id': 'j'}}"
        "{'execute': 'send-key', 'arguments': {'keys': [{'type': 'qcode', 'data': 'a'}], "
        "'hold-time': 5}} {'execute': 'query-block'} {'execute': 'query-replay'} "
        "{'execute': 'system_reset'} {'execute': 'stop'} 5 \"x\\u00e9\" ] } @ {'execute': 'quit'}";
    memcpy(data, seed, MIN(sizeof(seed) - 1, most));
    return MIN(sizeof(seed) - 1, most);
}
