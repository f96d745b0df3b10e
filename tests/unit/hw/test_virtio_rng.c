/* test_virtio_rng.c - random bytes from a seed and through the door, by a virtio queue */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "board.h"
#include "emu/random.h"
#include "hw/virtio.h"

enum { RAM = 256 * 1024, IO = 0xc000, QUEUE = 0x10000, BUFFER = 0x20000, WRITE = 2 };
enum { SIZE = VIRTIO_QUEUE_SIZE, AVAIL = QUEUE + 16 * SIZE, USED = QUEUE + 0x1000 };

static struct board *b;
static struct ram *ram;
static unsigned asked, asked_bytes;

static void tap(void *opaque, const struct door_event *ev)
{
    (void)opaque;
    asked++;
    asked_bytes += ev->len;
}

static void config(unsigned offset, u32 value)
{
    board_out32(b, 0xcf8, UINT32_C(0x80001800) | offset);
    board_out32(b, 0xcfc, value);
}

static void set_up(void)
{
    b = board_new();
    ram = machine_add_ram(b->m, "ram", RAM);
    bus_map_ram(b->m->mem, "ram", 0, RAM, ram, 0, false);
    random_new(b->m);
    virtio_rng_new(b->m, virtio_in_slot(pci_bus_new(b->m), PCI_DEVFN(3, 0)));
    door_set_tap(b->m->door, tap, NULL);
    asked = asked_bytes = 0;
    board_reset(b);
    config(0x10, IO | 1);
    config(4, 7);
    board_out(b, IO + 18, 3);
    bus_write(b->m->io, IO + 14, 0, 2);
    board_out32(b, IO + 8, QUEUE >> PAGE_BITS);
    board_out(b, IO + 18, 7);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(virtio_rng, .init = set_up, .fini = tear_down);

static u16 get(u64 at)
{
    return ram->host[at] | ram->host[at + 1] << 8;
}

/* Descriptor i for len bytes at its place, made available and told of. */
static void offer(u16 i, u32 len)
{
    u64 addr = BUFFER + i * 8192;
    u16 flags = WRITE, idx = get(AVAIL + 2);
    memcpy(ram->host + QUEUE + 16 * i, &addr, 8);
    memcpy(ram->host + QUEUE + 16 * i + 8, &len, 4);
    memcpy(ram->host + QUEUE + 16 * i + 12, &flags, 2);
    memcpy(ram->host + AVAIL + 4 + 2 * (idx % SIZE), &i, 2);
    idx++;
    memcpy(ram->host + AVAIL + 2, &idx, 2);
    bus_write(b->m->io, IO + 16, 0, 2);
}

Test(virtio_rng, bytes_come_through_the_door)
{
    static const u8 zeros[64];
    offer(0, 64);
    offer(1, 8192);
    cr_assert_eq(get(USED + 2), 0, "not at once");
    board_run(b, 100000);
    cr_assert_eq(get(USED + 2), 2);
    cr_assert_eq(get(USED + 8), 64);
    cr_assert_eq(get(USED + 16), RANDOM_MAX_BYTES, "some of a large buffer");
    cr_assert(asked == 2 && asked_bytes == 64 + RANDOM_MAX_BYTES);
    cr_assert(memcmp(ram->host + BUFFER, zeros, 64));
    cr_assert_eq(board_in(b, IO + 19), 1, "the interrupt");
}

Test(virtio_rng, a_seed_asks_nobody)
{
    b->config.has_seed = true;
    b->config.seed = 5;
    offer(0, 20);
    offer(1, 20);
    board_run(b, 100000);
    cr_assert_eq(asked, 0);
    cr_assert(memcmp(ram->host + BUFFER, ram->host + BUFFER + 8192, 20), "they go on");
    /* SplitMix64's first number from seed 5. */
    u64 z = 5 + UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    cr_assert(!memcmp(ram->host + BUFFER, &z, 8));
}

Test(virtio_rng, no_buffer_for_the_device)
{
    offer(0, 0);
    board_run(b, 100000);
    cr_assert_eq(get(USED + 2), 1);
    cr_assert_eq(get(USED + 8), 0);
    cr_assert_eq(asked, 0);
}
