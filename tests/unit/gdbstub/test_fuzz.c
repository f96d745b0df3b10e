/* test_fuzz.c - nothing that comes over the wire can break the server */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "gdbstub/gdb_packet.h"

static struct client c;
static unsigned polls, answers;
static u64 host_ns;

static u64 rnd(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Guests that were written over may run for ever: a debugger's ^C. */
static void poll_host(void *opaque, u64 timeout)
{
    (void)opaque, (void)timeout;
    if (++polls % 4 == 0)
        gdb_server_receive(c.server, (const u8 *)"\x03", 1);
    if (polls % 64 == 0) /* however the wire is garbled */
        session_stop(c.guest.session);
}

static u64 host_now(void *opaque)
{
    (void)opaque;
    return host_ns += 1000000;
}

static void begin(void)
{
    client_init(&c);
    c.guest.machine->host = (struct host_ops){.poll = poll_host, .now_ns = host_now};
    c.guest.machine->host_attached = true;
}

static void settle(void)
{
    guest_move(&c.guest);
    answers += c.wire.len > 1;
    buf_clear(&c.wire);
    if (session_quit(c.guest.session)) {
        client_fini(&c);
        begin();
    } else if (gdb_server_wants_close(c.server)) {
        gdb_server_disconnected(c.server);
        session_stop(c.guest.session);
        gdb_server_connected(c.server);
        guest_move(&c.guest);
    }
}

static void quiet(void)
{
    cr_assert(freopen("/dev/null", "w", stderr));
}

Test(fuzz, random_bytes, .init = quiet)
{
    u64 seed = 0x9e3779b97f4a7c15;
    begin();
    for (unsigned i = 0; i < 60000; i++) {
        static const u8 favourites[] = "$$$##+-\x03}*0123456789abcdef,;:=gGmMpPxXzZcCsSvqQHTDkR?!b";
        u8 bytes[64];
        size_t n = rnd(&seed) % sizeof(bytes);
        for (size_t k = 0; k < n; k++)
            bytes[k] =
                rnd(&seed) % 3 ? favourites[rnd(&seed) % (sizeof(favourites) - 1)] : rnd(&seed);
        if (i % 2) { /* as noise, or as a packet of noise */
            gdb_server_receive(c.server, bytes, n);
        } else {
            struct buf framed = {0};
            gdb_packet_frame(&framed, bytes, n);
            gdb_server_receive(c.server, framed.data, framed.len);
            buf_fini(&framed);
        }
        settle();
    }
    cr_assert_gt(answers, 1000, "only %u were packets at all", answers);
    client_fini(&c);
}

static const char *const good[] = {
    "qSupported:multiprocess+;swbreak+;hwbreak+;xmlRegisters=i386", "QStartNoAckMode", "?", "g", "p8",
    "P1=78563412", "m7c00,40", "M5000,4:01020304", "X5000,4:abcd", "x7c00,80", "Z0,7c00,1", "z0,7c00,1",
    "Z2,5000,4", "z2,5000,4", "Z4,5004,4", "Z1,7c40,1;X9,24000050001922071327", "vCont;c:p1.-1",
    "vCont;s:p1.1;c", "vCont;r7c00,7d00:p1.1", "vCont?", "c", "s", "bs", "bc", "C05", "S05;7c00", "D;1",
    "qC", "qfThreadInfo", "qXfer:features:read:target.xml:0,fff", "qXfer:features:read:0-core.xml:10,ff",
    "qXfer:memory-map:read::0,fff", "qXfer:exec-file:read:1:0,fff", "qSearch:memory:7c00;1000;ab",
    "qCRC:7c00,100", "qThreadExtraInfo,p1.1", "qRcmd,68656c70", "qRcmd,696e666f20726567697374657273",
    "qRcmd,676f746f203530", "qRcmd,786d2f3136786220307837633030", "qRcmd,78702f3878773020", "Hgp1.1", "T1",
    "Qqemu.sstep=7", "Qqemu.PhyMemMode:1", "qqemu.PhyMemMode", "R00", "!", "vKill;1", "k",
    "G0000000000000000", "qRcmd,7361766576206d61", "qRcmd,696e666f206d656d", "qAttached:1",
};

static size_t mutate(u64 *seed, u8 *out, size_t cap)
{
    const char *from = good[rnd(seed) % ARRAY_SIZE(good)];
    size_t n = strlen(from);
    memcpy(out, from, n);
    for (unsigned k = rnd(seed) % 4; k > 0; k--) {
        size_t at = rnd(seed) % (n + 1);
        switch (rnd(seed) % 5) {
        case 0:
            if (n)
                out[at % n] = rnd(seed);
            break;
        case 1: /* a digit: numbers far off */
            if (n)
                out[at % n] = "0123456789abcdef"[rnd(seed) % 16];
            break;
        case 2:
            n = at;
            break;
        case 3: /* a part of it again */
            if (n + (n - at) <= cap) {
                memmove(out + n, out + at, n - at);
                n += n - at;
            }
            break;
        default: {
            const char *more = good[rnd(seed) % ARRAY_SIZE(good)];
            size_t m = MIN(strlen(more), cap - n);
            memcpy(out + n, more, m);
            n += m;
        }
        }
    }
    return n;
}

Test(fuzz, mutated_packets, .init = quiet)
{
    u64 seed = 0xda942042e4dd58b5;
    begin();
    for (unsigned i = 0; i < 40000; i++) {
        u8 packet[1024];
        struct buf framed = {0};
        size_t n = mutate(&seed, packet, sizeof(packet));
        gdb_packet_frame(&framed, packet, n);
        gdb_server_receive(c.server, framed.data, framed.len);
        if (rnd(&seed) % 8)
            settle(); /* else the next comes while this one's move is owed */
        buf_fini(&framed);
    }
    cr_assert_gt(answers, 20000, "only %u were answered", answers);
    client_fini(&c);
}
