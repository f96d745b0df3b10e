/* test_virtio_input.c - keyboard, mouse and tablet by their rings and configuration */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "board.h"
#include "hw/virtio.h"

enum { RAM = 256 * 1024, SIZE = VIRTIO_QUEUE_SIZE, WRITE = 2 };
enum { COMMON = 0x0000, CONFIG = 0x2000, NOTIFY = 0x3000 };
enum { DESC = 0x10000, AVAIL = 0x12000, USED = 0x13000, BUFFERS = 0x20000 };

static struct board *b;
static bool level;
static u64 bar;
static u16 next_used, n_given;

static void route(void *opaque, int pirq, bool l)
{
    (void)opaque, (void)pirq;
    level = l;
}

static void put(u64 at, u64 value, unsigned size)
{
    bus_write(b->m->mem, at, value, size);
}

static u64 get(u64 at, unsigned size)
{
    return bus_read(b->m->mem, at, size);
}

static void config(unsigned slot, unsigned offset, u32 value)
{
    board_out32(b, 0xcf8, 0x80000000 | slot << 11 | offset);
    board_out32(b, 0xcfc, value);
}

static u32 config_read(unsigned slot, unsigned offset)
{
    board_out32(b, 0xcf8, 0x80000000 | slot << 11 | offset);
    return board_in32(b, 0xcfc);
}

/* As a driver finds the device in this slot, and gives it `buffers`. */
static void start(unsigned slot, u16 buffers)
{
    bar = 0xe0000000 + slot * 0x10000;
    config(slot, 0x20, bar);
    config(slot, 0x04, 6);
    put(bar + COMMON + 0x14, 1, 1);
    put(bar + COMMON + 0x14, 3, 1);
    put(bar + COMMON + 0x08, 1, 4);
    put(bar + COMMON + 0x0c, 1, 4); /* VERSION_1 */
    put(bar + COMMON + 0x14, 11, 1);
    put(bar + COMMON + 0x16, 0, 2);
    put(bar + COMMON + 0x20, DESC, 4);
    put(bar + COMMON + 0x28, AVAIL, 4);
    put(bar + COMMON + 0x30, USED, 4);
    put(bar + COMMON + 0x1c, 1, 2);
    put(bar + COMMON + 0x14, 15, 1);
    next_used = n_given = 0;
    for (unsigned i = 0; i < SIZE; i++) {
        put(DESC + 16 * i, BUFFERS + 8 * i, 8);
        put(DESC + 16 * i + 8, 8, 4);
        put(DESC + 16 * i + 12, WRITE, 4);
        put(AVAIL + 4 + 2 * i, i, 2);
    }
    n_given = buffers;
    put(AVAIL + 2, n_given, 2);
}

static void give(u16 n)
{
    n_given += n;
    put(AVAIL + 2, n_given, 2);
    put(bar + NOTIFY, 0, 2);
}

static void expect(u16 type, u16 code, i32 value)
{
    cr_assert_neq((u16)get(USED + 2, 2), next_used, "there is no event");
    u64 at = BUFFERS + 8 * get(USED + 4 + 8 * (next_used % SIZE), 4);
    cr_assert_eq(get(USED + 8 + 8 * (next_used % SIZE), 4), 8);
    next_used++;
    cr_assert_eq(get(at, 2), type);
    cr_assert_eq(get(at + 2, 2), code, "code %#x", (unsigned)get(at + 2, 2));
    cr_assert_eq((i32)get(at + 4, 4), value, "value %d", (i32)get(at + 4, 4));
}

static void expect_nothing(void)
{
    cr_assert_eq((u16)get(USED + 2, 2), next_used);
}

static void deliver(void)
{
    while (door_deliver_due(b->m->door))
        ;
}

static void set_up(void)
{
    b = board_new();
    struct ram *ram = machine_add_ram(b->m, "ram", RAM);
    bus_map_ram(b->m->mem, "ram", 0, RAM, ram, 0, false);
    struct pci_bus *pci = pci_bus_new(b->m);
    pci_set_router(pci, route, NULL);
    virtio_keyboard_new(b->m, virtio_in_slot(pci, PCI_DEVFN(3, 0)));
    virtio_mouse_new(b->m, virtio_in_slot(pci, PCI_DEVFN(4, 0)));
    virtio_tablet_new(b->m, virtio_in_slot(pci, PCI_DEVFN(5, 0)));
    level = false;
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(virtio_input, .init = set_up, .fini = tear_down);

static unsigned select_config(u8 select, u8 subselect)
{
    put(bar + CONFIG, select, 1);
    put(bar + CONFIG + 1, subselect, 1);
    return get(bar + CONFIG + 2, 1);
}

Test(virtio_input, only_modern_on_the_bus)
{
    cr_assert_eq(config_read(3, 0), 0x10521af4);
    cr_assert_eq(config_read(3, 8) >> 16, 0x0900);
    cr_assert_eq(config_read(3, 8) & 0xff, 1);
    config(3, 0x10, 0xffffffff);
    cr_assert_eq(config_read(3, 0x10), 0, "no legacy ports");
}

Test(virtio_input, configuration)
{
    start(3, 0);
    unsigned n = select_config(1, 0);
    cr_assert_gt(n, 8);
    cr_assert_eq(get(bar + CONFIG + 8, 1), 'H');
    n = select_config(0x11, 1);
    cr_assert_geq(n, 13);
    cr_assert_eq(get(bar + CONFIG + 8 + 30 / 8, 1) >> 30 % 8 & 1, 1, "there is a key A");
    cr_assert_eq(select_config(0x11, 3), 0, "a keyboard has no axes");
    cr_assert_eq(select_config(0x11, 0x11), 1);
    start(5, 0);
    cr_assert_eq(select_config(0x12, 1), 20);
    cr_assert_eq(get(bar + CONFIG + 8, 4), 0);
    cr_assert_eq(get(bar + CONFIG + 12, 4), 32767);
    cr_assert_eq(select_config(0x12, 2), 0);
    cr_assert_eq(select_config(0x11, 3), 1);
    cr_assert_eq(get(bar + CONFIG + 8, 1), 3);
    cr_assert_eq(select_config(0x77, 1), 0);
    for (unsigned i = 0; i < 128; i++)
        cr_assert_eq(get(bar + CONFIG + 8 + i, 1), 0);
}

Test(virtio_input, keys)
{
    struct buf error = {0};
    start(3, SIZE);
    cr_assert(hid_post_keys(b->m->hid, "ctrl-up", 20, &error));
    deliver();
    expect(1, 29, 1);
    expect(0, 0, 0);
    expect(1, 103, 1);
    expect(0, 0, 0);
    expect_nothing();
    cr_assert(level);
    cr_assert_eq(get(bar + 0x1000, 1), 1);
    cr_assert_not(level);
    board_run(b, 20000000);
    expect(1, 103, 0);
    expect(0, 0, 0);
    expect(1, 29, 0);
    expect(0, 0, 0);
    expect_nothing();
    buf_fini(&error);
}

Test(virtio_input, a_tablet_knows_places)
{
    start(5, SIZE);
    cr_assert(hid_wants_place(b->m->hid));
    cr_assert(hid_post_place(b->m->hid, 100, 40000, -1));
    cr_assert(hid_post_buttons(b->m->hid, HID_LEFT | HID_EXTRA));
    deliver();
    expect(3, 0, 100);
    expect(3, 1, 32767);
    expect(2, 8, -1);
    expect(0, 0, 0);
    expect(3, 0, 100);
    expect(3, 1, 32767);
    expect(1, 0x110, 1);
    expect(1, 0x114, 1);
    expect(0, 0, 0);
    expect_nothing();
}

Test(virtio_input, a_mouse_moves)
{
    start(4, SIZE);
    cr_assert_not(hid_wants_place(b->m->hid), "nobody drives the tablet");
    cr_assert(hid_post_mouse(b->m->hid, -3, 0, 0));
    deliver();
    expect(2, 0, -3);
    expect(0, 0, 0);
    expect_nothing();
}

Test(virtio_input, events_wait_for_buffers)
{
    start(4, 1);
    cr_assert(hid_post_mouse(b->m->hid, 1, 2, 0));
    deliver();
    expect(2, 0, 1);
    expect_nothing();
    give(2);
    expect(2, 1, 2);
    expect(0, 0, 0);
    expect_nothing();
    for (unsigned i = 0; i < 200; i++) {
        cr_assert(hid_post_mouse(b->m->hid, 1, 0, 0));
        deliver();
    }
    cr_assert_not(hid_move_room(b->m->hid), "whoever asks waits");
    give(SIZE - 8);
    for (unsigned i = 0; i < 50; i++) {
        expect(2, 0, 1);
        expect(0, 0, 0);
    }
    cr_assert(hid_move_room(b->m->hid));
}

Test(virtio_input, without_a_driver_nothing_is_kept)
{
    cr_assert(hid_post_mouse(b->m->hid, 1, 2, 0));
    deliver();
    start(4, SIZE);
    give(0);
    expect_nothing();
}
