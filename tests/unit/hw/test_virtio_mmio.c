/* test_virtio_mmio.c - virtio behind a window of registers: a source of random bytes in one slot of four */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "board.h"
#include "emu/random.h"
#include "hw/virtio.h"

#define SLOTS UINT64_C(0x0a000000)
#define SLOT (SLOTS + 3 * VIRTIO_MMIO_BYTES)
enum { RAM = 256 * 1024, DESC = 0x10000, AVAIL = 0x11000, USED = 0x12000, BUFFER = 0x20000, WRITE = 2 };
enum { MAGIC = 0, VERSION = 4, DEVICE_ID = 8, FEATURES = 0x10, FEATURE_SELECT = 0x14, DRIVER_FEATURES = 0x20,
       DRIVER_SELECT = 0x24, QUEUE_SELECT = 0x30, QUEUE_MAX = 0x34, QUEUE_SIZE = 0x38, READY = 0x44, NOTIFY = 0x50,
       ISR = 0x60, ACK = 0x64, STATUS = 0x70, AT_DESC = 0x80, AT_AVAIL = 0x90, AT_USED = 0xa0 };

static struct board *b;
static struct ram *ram;
static struct probe irq;

static void set_up(void)
{
    b = board_new();
    b->config.has_seed = true;
    irq = (struct probe){0};
    ram = machine_add_ram(b->m, "ram", RAM);
    bus_map_ram(b->m->mem, "ram", 0, RAM, ram, 0, false);
    random_new(b->m);
    virtio_mmio_slots(b->m, SLOTS, 4);
    virtio_rng_new(b->m, (struct virtio_place){.mmio = SLOT, .irq = probe_irq(&irq)});
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(virtio_mmio, .init = set_up, .fini = tear_down);

static void set(unsigned offset, u32 value)
{
    board_write(b, SLOT + offset, value);
}

static u32 get(unsigned offset)
{
    return board_read(b, SLOT + offset);
}

static void start_driver(void)
{
    set(STATUS, 3);
    set(DRIVER_SELECT, 1);
    set(DRIVER_FEATURES, 1);
    set(STATUS, 11);
    set(QUEUE_SIZE, 8);
    set(AT_DESC, DESC);
    set(AT_AVAIL, AVAIL);
    set(AT_USED, USED);
    set(READY, 1);
    set(STATUS, 15);
}

Test(virtio_mmio, slots_say_what_is_in_them)
{
    cr_assert_eq(get(MAGIC), 0x74726976);
    cr_assert_eq(get(VERSION), 2);
    cr_assert_eq(get(DEVICE_ID), 4);
    cr_assert_eq(board_read(b, SLOTS), 0x74726976);
    cr_assert_eq(board_read(b, SLOTS + DEVICE_ID), 0, "nothing is in the first one");
    set(FEATURE_SELECT, 1);
    cr_assert(get(FEATURES) & 1, "version 1");
    set(QUEUE_SELECT, 1);
    cr_assert_eq(get(QUEUE_MAX), 0, "there is one queue");
    set(QUEUE_SELECT, 0x10000);
    cr_assert_eq(get(QUEUE_MAX), 0);
}

Test(virtio_mmio, a_request_is_carried_out)
{
    static const u8 zeros[64];
    struct {
        u64 addr;
        u32 len;
        u16 flags, next;
    } d = {BUFFER, 64, WRITE, 0};
    u16 one = 1, used;
    start_driver();
    memcpy(ram->host + DESC, &d, sizeof(d));
    memcpy(ram->host + AVAIL + 2, &one, 2);
    set(NOTIFY, 0);
    cr_assert_not(irq.level, "not at once");
    board_run(b, 100000);
    memcpy(&used, ram->host + USED + 2, 2);
    cr_assert_eq(used, 1);
    cr_assert(memcmp(ram->host + BUFFER, zeros, 64));
    cr_assert(irq.level);
    cr_assert_eq(get(ISR), 1);
    cr_assert(irq.level, "reading does not acknowledge");
    set(ACK, 1);
    cr_assert_not(irq.level);
}

Test(virtio_mmio, a_queue_in_use_stays_as_it_is)
{
    start_driver();
    set(QUEUE_SIZE, 4);
    set(AT_DESC, 0);
    cr_assert_eq(get(READY), 1);
    set(READY, 0);
    cr_assert_eq(get(READY), 0);
    set(STATUS, 0);
    cr_assert_eq(get(STATUS), 0);
}
