/* test_virtio_net.c - a virtio network card by its rings, and its wire */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "board.h"
#include "hw/virtio.h"

enum { RAM = 512 * 1024, IO = 0xc000, SIZE = VIRTIO_QUEUE_SIZE };
enum { RX, TX, CONTROL };
enum { NEXT = 1, WRITE = 2 };
enum { F_CSUM = 0, F_MRG_RXBUF = 15 };

static const u8 mac[NET_MAC_BYTES] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
static struct board *b;
static struct ram *ram;
static bool level;
static struct net_port *port;
static u8 sent[2000];
static u32 sent_len;
static unsigned n_sent, n_resumed;

static void route(void *opaque, int pirq, bool l)
{
    (void)opaque, (void)pirq;
    level = l;
}

static void sink(void *opaque, const u8 *frame, u32 len)
{
    (void)opaque;
    n_sent++;
    sent_len = len;
    memcpy(sent, frame, MIN(len, (u32)sizeof(sent)));
}

static void resume(void *opaque)
{
    (void)opaque;
    n_resumed++;
}

static void set_up(void)
{
    b = board_new();
    ram = machine_add_ram(b->m, "ram", RAM);
    bus_map_ram(b->m->mem, "ram", 0, RAM, ram, 0, false);
    struct pci_bus *pci = pci_bus_new(b->m);
    pci_set_router(pci, route, NULL);
    virtio_net_new(b->m, virtio_in_slot(pci, PCI_DEVFN(3, 0)), "net0", mac);
    port = b->m->net[0];
    net_port_attach(port, sink, resume, NULL);
    level = false;
    n_sent = n_resumed = 0;
    board_reset(b);
    board_out32(b, 0xcf8, 0x80001810);
    board_out32(b, 0xcfc, IO | 1);
    board_out32(b, 0xcf8, 0x80001804);
    board_out32(b, 0xcfc, 7);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(virtio_net, .init = set_up, .fini = tear_down);

static u64 queue_at(unsigned q)
{
    return 0x10000 + q * 0x4000;
}

static void start(u32 features)
{
    board_out(b, IO + 18, 3);
    board_out32(b, IO + 4, features);
    for (unsigned q = RX; q <= CONTROL; q++) {
        bus_write(b->m->io, IO + 14, q, 2);
        cr_assert_eq(bus_read(b->m->io, IO + 12, 2), SIZE);
        board_out32(b, IO + 8, queue_at(q) >> PAGE_BITS);
    }
    board_out(b, IO + 18, 7);
}

static void desc(unsigned q, unsigned i, u64 addr, u32 len, u16 flags, u16 next)
{
    u8 *p = ram->host + queue_at(q) + 16 * i;
    memcpy(p, &addr, 8);
    memcpy(p + 8, &len, 4);
    memcpy(p + 12, &flags, 2);
    memcpy(p + 14, &next, 2);
}

static u16 get(u64 at)
{
    return ram->host[at] | ram->host[at + 1] << 8;
}

static u16 used(unsigned q)
{
    return get(queue_at(q) + 0x1002);
}

static u32 used_len(unsigned q, unsigned i)
{
    return board_read(b, queue_at(q) + 0x1004 + 8 * i + 4);
}

static void offer(unsigned q, u16 head)
{
    u64 avail = queue_at(q) + 16 * SIZE;
    u16 idx = get(avail + 2);
    memcpy(ram->host + avail + 4 + 2 * (idx % SIZE), &head, 2);
    idx++;
    memcpy(ram->host + avail + 2, &idx, 2);
}

static void notify(unsigned q)
{
    bus_write(b->m->io, IO + 16, q, 2);
}

/* Buffer number i of the receive queue, at a place of its own. */
static u64 give(unsigned i, u32 len)
{
    u64 at = 0x40000 + i * 0x1000;
    memset(ram->host + at, 0xee, len);
    desc(RX, i, at, len, WRITE, 0);
    offer(RX, i);
    return at;
}

static bool post(const void *frame, u32 len)
{
    if (!net_port_room(port))
        return false;
    cr_assert(net_port_post(port, frame, len));
    cr_assert(door_deliver_due(b->m->door));
    return true;
}

/* To us, with something to recognise in it. */
static void make_frame(u8 *frame, u32 len)
{
    for (u32 i = 0; i < len; i++)
        frame[i] = i * 7;
    memcpy(frame, mac, NET_MAC_BYTES);
}

Test(virtio_net, config_has_mac_and_link)
{
    for (unsigned i = 0; i < NET_MAC_BYTES; i++)
        cr_assert_eq(board_in(b, IO + 20 + i), mac[i]);
    cr_assert_eq(board_in(b, IO + 26), 1);
}

Test(virtio_net, sends)
{
    start(0);
    memset(ram->host + 0x30000, 0, 10);
    make_frame(ram->host + 0x30100, 100);
    desc(TX, 0, 0x30000, 10, NEXT, 1);
    desc(TX, 1, 0x30100, 100, 0, 0);
    offer(TX, 0);
    notify(TX);
    cr_assert_eq(n_sent, 1);
    cr_assert_eq(sent_len, 100);
    cr_assert(!memcmp(sent, ram->host + 0x30100, 100));
    cr_assert_eq(used(TX), 1);
    cr_assert(level);
}

/* RFC 1071's own example: 0001 f203 f4f5 f6f7 sum up to ddf2. */
Test(virtio_net, finishes_checksums)
{
    start(1 << F_CSUM);
    static const u8 header[10] = {1, 0, 0, 0, 0, 0, 4, 0, 8, 0};
    static const u8 frame[] = {9, 9, 9, 9, 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7, 0, 0};
    memcpy(ram->host + 0x30000, header, 10);
    memcpy(ram->host + 0x3000a, frame, sizeof(frame));
    desc(TX, 0, 0x30000, 10 + sizeof(frame), 0, 0);
    offer(TX, 0);
    notify(TX);
    cr_assert_eq(n_sent, 1);
    cr_assert_eq(sent[12], 0x22);
    cr_assert_eq(sent[13], 0x0d);

    ram->host[0x30008] = 40; /* beyond the frame */
    offer(TX, 0);
    notify(TX);
    cr_assert_eq(n_sent, 1, "what cannot be is not sent");
    cr_assert_eq(used(TX), 2);
}

Test(virtio_net, receives_and_waits_for_room)
{
    u8 frame[200];
    make_frame(frame, sizeof(frame));
    cr_assert_not(post(frame, sizeof(frame)), "there is no driver");
    start(0);
    cr_assert_eq(n_resumed, 1, "the driver is ready: there may be buffers already");
    cr_assert_not(post(frame, sizeof(frame)), "there are none");
    u64 at = give(0, 1600);
    cr_assert_not(net_port_room(port), "it is asked again only when it resumes");
    notify(RX);
    cr_assert_eq(n_resumed, 2);
    cr_assert(post(frame, sizeof(frame)));
    cr_assert_eq(n_resumed, 3, "after a frame the next one may come");
    cr_assert_eq(used(RX), 1);
    cr_assert_eq(used_len(RX, 0), 210);
    cr_assert(!memcmp(ram->host + at + 10, frame, sizeof(frame)));
    cr_assert(level);
    cr_assert_not(post(frame, sizeof(frame)));
}

Test(virtio_net, merges_buffers)
{
    u8 frame[1000];
    make_frame(frame, sizeof(frame));
    start(1 << F_MRG_RXBUF);
    u64 at = give(0, 512);
    u64 second = give(1, 512);
    give(2, 512);
    notify(RX);
    cr_assert(post(frame, sizeof(frame)));
    cr_assert_eq(used(RX), 2);
    cr_assert_eq(used_len(RX, 0), 512);
    cr_assert_eq(used_len(RX, 1), 500);
    cr_assert_eq(get(at + 10), 2, "num_buffers");
    cr_assert(!memcmp(ram->host + at + 12, frame, 500));
    cr_assert(!memcmp(ram->host + second, frame + 500, 500));

    cr_assert(post(frame, sizeof(frame)), "there is one more buffer");
    cr_assert_eq(used(RX), 2, "but it takes two");
    give(3, 1500);
    notify(RX);
    cr_assert(post(frame, 300));
    cr_assert_eq(used(RX), 3, "the one that did not suffice is still there");
    cr_assert_eq(board_read(b, queue_at(RX) + 0x1004 + 16), 2);
}

static u8 command(u8 class, u8 what, const void *data, u32 len)
{
    ram->host[0x30000] = class;
    ram->host[0x30001] = what;
    memcpy(ram->host + 0x30010, data, len);
    ram->host[0x30200] = 0xee;
    desc(CONTROL, 0, 0x30000, 2, NEXT, 1);
    desc(CONTROL, 1, 0x30010, len, NEXT, 2);
    desc(CONTROL, 2, 0x30200, 1, WRITE, 0);
    offer(CONTROL, 0);
    notify(CONTROL);
    return ram->host[0x30200];
}

static bool takes(const u8 *to)
{
    u8 frame[64] = {0};
    u16 before = used(RX);
    memcpy(frame, to, NET_MAC_BYTES);
    cr_assert(post(frame, sizeof(frame)));
    return used(RX) != before;
}

Test(virtio_net, filters)
{
    static const u8 other[6] = {2, 3, 4, 5, 6, 7}, group[6] = {1, 0, 0x5e, 0, 0, 1},
                    all[6] = {255, 255, 255, 255, 255, 255};
    static const u8 off = 0, on = 1;
    start(1 << 17 | 1 << 18);
    for (unsigned i = 0; i < 32; i++)
        give(i, 1600);
    notify(RX);
    cr_assert(takes(other), "until it is told what to take");
    cr_assert_eq(command(0, 0, &off, 1), 0);
    cr_assert_not(takes(other));
    cr_assert_not(takes(group));
    cr_assert(takes(all));
    cr_assert(takes(mac));
    cr_assert_eq(command(0, 1, &on, 1), 0);
    cr_assert(takes(group));
    cr_assert_eq(command(0, 1, &off, 1), 0);

    u8 table[20] = {1, 0, 0, 0, 2, 3, 4, 5, 6, 7, 1, 0, 0, 0, 1, 0, 0x5e, 0, 0, 1};
    cr_assert_eq(command(1, 0, table, sizeof(table)), 0);
    cr_assert(takes(other));
    cr_assert(takes(group));
    table[0] = 200;
    cr_assert_eq(command(1, 0, table, sizeof(table)), 1, "there are not so many");
    cr_assert_eq(command(1, 1, other, 6), 0);
    cr_assert_not(takes(mac));
    cr_assert(takes(other));
    cr_assert_eq(command(9, 9, &on, 1), 1);
}

Test(virtio_net, nothing_from_the_past)
{
    static const struct door_feed none = {0};
    u8 frame[64] = {0};
    start(0);
    give(0, 1600);
    notify(RX);
    cr_assert(net_port_room(port));
    net_port_set_muted(port, true);
    cr_assert_not(net_port_room(port));
    net_port_set_muted(port, false);
    door_set_feed(b->m->door, &none);
    cr_assert_not(net_port_room(port));
    cr_assert_not(net_port_post(port, frame, sizeof(frame)));
    door_set_feed(b->m->door, NULL);
    cr_assert(post(frame, sizeof(frame)));
}
