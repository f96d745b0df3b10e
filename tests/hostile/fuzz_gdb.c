/* fuzz_gdb.c - the GDB server, with any packets */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of the input is a packet's content; one that begins with '!' goes over the wire as it is. */
#include <string.h>

#include "gdbstub/gdb_packet.h"
#include "hostile.h"
#include "tests/unit/gdbstub/guest.h"

static struct guest g;
static struct gdb_server *server;
static unsigned polls;
static u64 host_ns;

/* Guests that were written over may run for ever: a debugger's ^C. */
static void poll_host(void *opaque, u64 timeout)
{
    (void)opaque, (void)timeout;
    if (++polls % 4 == 0)
        gdb_server_receive(server, (const u8 *)"\x03", 1);
    if (polls % 16 == 0) /* however the wire is garbled */
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

static void settle(void)
{
    guest_move(&g);
    if (!session_quit(g.session) && gdb_server_wants_close(server)) {
        gdb_server_disconnected(server);
        session_stop(g.session);
        gdb_server_connected(server);
        guest_move(&g);
    }
}

static void say(const u8 *line, size_t n)
{
    struct buf framed = {0};

    if (n && line[0] == '!')
        buf_put(&framed, line + 1, n - 1);
    else
        gdb_packet_frame(&framed, line, n);
    gdb_server_receive(server, framed.data, framed.len);
    buf_fini(&framed);
    settle();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    const u8 *end = data + n;
    u64 sent = 0;

    guest_init(&g);
    g.machine->host = (struct host_ops){.poll = poll_host, .now_ns = host_now};
    g.machine->host_attached = true;
    server = gdb_server_new(g.session, take, &sent);
    gdb_server_connected(server);
    guest_move(&g);
    while (data < end && !session_quit(g.session)) {
        const u8 *stop = memchr(data, '\n', end - data);
        size_t k = (stop ? stop : end) - data;
        say(data, k);
        data += k + (stop != NULL);
    }
    gdb_server_disconnected(server);
    session_stop(g.session);
    guest_move(&g);
    gdb_server_delete(server);
    guest_fini(&g);
    return 0;
}

size_t hostile_seed(u8 *data, size_t most)
{
    static const char seed[] =
        "qSupported:multiprocess+;swbreak+;hwbreak+\nQStartNoAckMode\n!+\n?\ng\np8\nP1=78563412\n"
        "m7c00,40\nM5000,4:01020304\nX5000,4:abcd\nx7c00,80\nZ0,7c00,1\nz0,7c00,1\nZ2,5000,4\n"
        "Z4,5004,4\nZ1,7c40,1;X9,24000050001922071327\nvCont;s:p1.1;c\nvCont;r7c00,7d00:p1.1\n"
        "vCont?\ns\nbs\nbc\nqC\nqfThreadInfo\nqXfer:features:read:target.xml:0,fff\n"
        "qSearch:memory:7c00;1000;ab\nqCRC:7c00,100\nqRcmd,68656c70\nqRcmd,676f746f203530\n"
        "qRcmd,786d2f3136786220307837633030\nHgp1.1\nT1\nQqemu.sstep=7\nQqemu.PhyMemMode:1\nc\n"
        "!$m0,4#00\n!\x03\nG00000000\nqRcmd,7361766576206d61\nD;1\nk";
    memcpy(data, seed, MIN(sizeof(seed) - 1, most));
    return MIN(sizeof(seed) - 1, most);
}
