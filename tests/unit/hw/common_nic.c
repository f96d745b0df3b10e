/* common_nic.c - a network card under test */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nic.h"

#include <stdlib.h>
#include <string.h>

const u8 wire_mac[NET_MAC_BYTES] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static void sink(void *opaque, const u8 *frame, u32 len)
{
    struct wire *w = opaque;
    cr_assert_lt(w->n, WIRE_MOST);
    w->frame[w->n] = malloc(len);
    memcpy(w->frame[w->n], frame, len);
    w->len[w->n++] = len;
}

static void resume(void *opaque)
{
    ((struct wire *)opaque)->resumed++;
}

static void route(void *opaque, int pirq, bool level)
{
    struct wire *w = opaque;
    if (pirq != pci_pirq_of(PCI_DEVFN(3, 0), 0))
        return;
    w->rises += level && !w->level;
    w->level = level;
}

static void config(struct wire *w, unsigned offset, u32 value)
{
    board_out32(w->b, 0xcf8, UINT32_C(0x80001800) | offset);
    board_out32(w->b, 0xcfc, value);
}

struct wire *wire_new(wire_card card, const u32 bar[6])
{
    struct wire *w = xcalloc(1, sizeof(*w));
    w->b = board_new();
    w->ram = machine_add_ram(w->b->m, "ram", WIRE_RAM);
    bus_map_ram(w->b->m->mem, "ram", 0, WIRE_RAM, w->ram, 0, false);
    struct pci_bus *pci = pci_bus_new(w->b->m);
    pci_set_router(pci, route, w);
    w->card = card(w->b->m, pci, PCI_DEVFN(3, 0), "n", wire_mac);
    w->port = w->b->m->net[0];
    net_port_attach(w->port, sink, resume, w);
    board_reset(w->b);
    for (unsigned i = 0; i < 6; i++)
        if (bar[i])
            config(w, 0x10 + 4 * i, bar[i]);
    config(w, 4, 7);
    return w;
}

void wire_forget(struct wire *w)
{
    while (w->n)
        free(w->frame[--w->n]);
}

void wire_delete(struct wire *w)
{
    wire_forget(w);
    board_delete(w->b);
    free(w);
}

bool wire_receive(struct wire *w, const u8 *frame, u32 len)
{
    bool room = net_port_room(w->port);
    cr_assert(net_port_post(w->port, frame, len));
    cr_assert(door_deliver_due(w->b->m->door));
    return room;
}

void wire_put16(struct wire *w, u64 at, u16 v)
{
    memcpy(w->ram->host + at, &v, 2);
}

void wire_put32(struct wire *w, u64 at, u32 v)
{
    memcpy(w->ram->host + at, &v, 4);
}

void wire_put64(struct wire *w, u64 at, u64 v)
{
    memcpy(w->ram->host + at, &v, 8);
}

u16 wire_get16(struct wire *w, u64 at)
{
    u16 v;
    memcpy(&v, w->ram->host + at, 2);
    return v;
}

u32 wire_get32(struct wire *w, u64 at)
{
    u32 v;
    memcpy(&v, w->ram->host + at, 4);
    return v;
}

static void put_be(u8 *p, unsigned n, u32 v)
{
    while (n--) {
        p[n] = v;
        v >>= 8;
    }
}

u32 wire_tcp(u8 *frame, u32 payload)
{
    u8 *ip = frame + 14, *tcp = ip + 20;
    memset(frame, 0, 54);
    memcpy(frame, wire_mac, 6);
    put_be(frame + 6, 4, 0x52555544);
    put_be(frame + 12, 2, 0x0800);
    ip[0] = 0x45;
    put_be(ip + 2, 2, 40 + payload);
    put_be(ip + 4, 2, 0x1fff);
    ip[8] = 64;
    ip[9] = 6;
    put_be(ip + 12, 4, 0x0a000202);
    put_be(ip + 16, 4, 0x0a00020f);
    put_be(tcp, 4, 0x00501234);
    put_be(tcp + 4, 4, 0xfffffff0);
    tcp[12] = 0x50;
    tcp[13] = 0x19; /* ACK, PSH, FIN */
    for (u32 i = 0; i < payload; i++)
        tcp[20 + i] = i * 7 + (i >> 8);
    return 54 + payload;
}

static u32 sum(const u8 *p, u32 n, u32 v)
{
    for (u32 i = 0; i < n; i++)
        v += i & 1 ? p[i] : (u32)p[i] << 8;
    while (v >> 16)
        v = (v & 0xffff) + (v >> 16);
    return v;
}

bool wire_sums_ok(const u8 *frame, u32 len)
{
    const u8 *ip = frame + 14;
    u32 bytes = (ip[2] << 8 | ip[3]) - 20;
    return bytes + 34 <= len && sum(ip, 20, 0) == 0xffff &&
           sum(ip + 20, bytes, sum(ip + 12, 8, 6 + bytes)) == 0xffff;
}
