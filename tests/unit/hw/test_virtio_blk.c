/* test_virtio_blk.c - a virtio disk by its ports and rings */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "emu/disk.h"
#include "hw/virtio.h"

enum { SECTORS = 4096, RAM = 512 * 1024, IO = 0xc000, MEM = 0x10000000, QUEUE = 0x10000 };
enum { SIZE = VIRTIO_QUEUE_SIZE, AVAIL = QUEUE + 16 * SIZE, USED = QUEUE + 0x1000 };
enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };

static struct board *b;
static struct ram *ram;
static u8 *content;
static struct disk *disk;
static struct device *blk;
static bool level;

static bool image_read(struct disk_image *i, u64 offset, void *out, size_t n)
{
    (void)i;
    memcpy(out, content + offset, n);
    return true;
}

static u64 image_extent(struct disk_image *i, u64 offset, bool *zeros)
{
    *zeros = false;
    return i->size - offset;
}

static const struct disk_image_type type = {.name = "memory", .read = image_read,
                                            .extent = image_extent};
static struct disk_image image = {&type, "x", SECTORS * DISK_SECTOR, false};

static void route(void *opaque, int pirq, bool l)
{
    (void)opaque, (void)pirq;
    level = l;
}

static unsigned n_messages;
static u64 message_addr;
static u32 message_data;

static void message(void *opaque, u64 addr, u32 data)
{
    (void)opaque;
    n_messages++;
    message_addr = addr;
    message_data = data;
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
    content = malloc(SECTORS * DISK_SECTOR);
    for (unsigned i = 0; i < SECTORS * DISK_SECTOR; i++)
        content[i] = i / DISK_SECTOR * 3 + i;
    disk = disk_new(b->m, "the-disk", &image, false, false);
    struct pci_bus *pci = pci_bus_new(b->m);
    pci_set_router(pci, route, NULL);
    pci_set_msi(pci, message, NULL);
    n_messages = 0;
    blk = virtio_blk_new(b->m, virtio_in_slot(pci, PCI_DEVFN(3, 0)), disk);
    level = false;
    board_reset(b);
    config(0x10, IO | 1);
    config(0x20, MEM);
    config(4, 7);
}

static void tear_down(void)
{
    board_delete(b);
    free(content);
}

TestSuite(virtio_blk, .init = set_up, .fini = tear_down);

static void start_legacy(void)
{
    board_out(b, IO + 18, 3);
    board_out32(b, IO + 4, 1u << VIRTIO_F_INDIRECT_DESC);
    bus_write(b->m->io, IO + 14, 0, 2);
    cr_assert_eq(bus_read(b->m->io, IO + 12, 2), SIZE);
    board_out32(b, IO + 8, QUEUE >> PAGE_BITS);
    board_out(b, IO + 18, 7);
}

static void desc_at(u64 table, unsigned i, u64 addr, u32 len, u16 flags, u16 next)
{
    u8 *p = ram->host + table + 16 * i;
    memcpy(p, &addr, 8);
    memcpy(p + 8, &len, 4);
    memcpy(p + 12, &flags, 2);
    memcpy(p + 14, &next, 2);
}

static u16 get(u64 at)
{
    return ram->host[at] | ram->host[at + 1] << 8;
}

static void offer(u16 head)
{
    u16 idx = get(AVAIL + 2);
    memcpy(ram->host + AVAIL + 4 + 2 * (idx % SIZE), &head, 2);
    idx++;
    memcpy(ram->host + AVAIL + 2, &idx, 2);
}

static void notify(void)
{
    bus_write(b->m->io, IO + 16, 0, 2);
}

/* Request number k: header, data and status at places of its own, from descriptor 4 * k on. */
static void request(unsigned k, u32 what, u64 sector, u32 len)
{
    u64 header = 0x20000 + k * 64, status = header + 32;
    memcpy(ram->host + header, &what, 4);
    memcpy(ram->host + header + 8, &sector, 8);
    ram->host[status] = 0xee;
    desc_at(QUEUE, 4 * k, header, 16, NEXT, 4 * k + 1);
    desc_at(QUEUE, 4 * k + 1, 0x30000 + k * 0x4000, len, NEXT | (what == 1 ? 0 : WRITE), 4 * k + 2);
    desc_at(QUEUE, 4 * k + 2, status, 1, WRITE, 0);
    offer(4 * k);
}

static u8 status_of(unsigned k)
{
    return ram->host[0x20000 + k * 64 + 32];
}

Test(virtio_blk, read_and_write)
{
    start_legacy();
    request(0, 0, 100, 4096);
    notify();
    board_run(b, disk_latency(4096) - 1);
    cr_assert_eq(status_of(0), 0xee, "not yet");
    board_run(b, 1);
    cr_assert_eq(status_of(0), 0);
    cr_assert(level);
    cr_assert_eq(board_in(b, IO + 19), 1);
    cr_assert_not(level, "reading the ISR takes it back");
    cr_assert_eq(get(USED + 2), 1);
    cr_assert_eq(get(USED + 8), 4097, "written: data and status");
    cr_assert(!memcmp(ram->host + 0x30000, content + 100 * 512, 4096));

    memset(ram->host + 0x34000, 0x33, 1024);
    request(1, 1, 200, 1024);
    notify();
    board_run(b, 1000000);
    u8 sector[512];
    cr_assert_eq(status_of(1), 0);
    cr_assert(disk_read(disk, 201 * 512, sector, 512));
    cr_assert_eq(sector[9], 0x33);
}

/* A long one and a short one at once: each at its own time. */
Test(virtio_blk, requests_do_not_wait_for_each_other)
{
    start_legacy();
    request(0, 0, 0, 16384);
    request(1, 0, 50, 512);
    notify();
    board_run(b, disk_latency(512));
    cr_assert_eq(status_of(1), 0);
    cr_assert_eq(status_of(0), 0xee);
    cr_assert_eq(get(USED + 4), 4, "the short one's head");
    board_run(b, disk_latency(16384) - disk_latency(512));
    cr_assert_eq(status_of(0), 0);
    cr_assert_eq(get(USED + 2), 2);
}

Test(virtio_blk, errors)
{
    start_legacy();
    request(0, 0, SECTORS - 1, 1024);
    request(1, 0, UINT64_MAX / 512, 512);
    request(2, 0, 1, 500);
    request(3, 99, 0, 512);
    notify();
    board_run(b, 1000000);
    cr_assert_eq(status_of(0), 1);
    cr_assert_eq(status_of(1), 1);
    cr_assert_eq(status_of(2), 1, "not whole sectors");
    cr_assert_eq(status_of(3), 2, "not supported");
}

Test(virtio_blk, id_and_indirect)
{
    start_legacy();
    u32 what = 8;
    memcpy(ram->host + 0x20000, &what, 4);
    desc_at(0x40000, 0, 0x20000, 16, NEXT, 1);
    desc_at(0x40000, 1, 0x30000, 20, NEXT | WRITE, 2);
    desc_at(0x40000, 2, 0x20020, 1, WRITE, 0);
    desc_at(QUEUE, 5, 0x40000, 48, INDIRECT, 0);
    offer(5);
    notify();
    board_run(b, 1000000);
    cr_assert_str_eq((char *)ram->host + 0x30000, "the-disk");
}

static void expect_broken(const char *what)
{
    notify();
    board_run(b, 1000000);
    cr_assert(board_in(b, IO + 18) & VIRTIO_NEEDS_RESET, "%s", what);
    board_out(b, IO + 18, 0);
    cr_assert_eq(board_in(b, IO + 18), 0);
    memset(ram->host + QUEUE, 0, 0x3000);
    start_legacy();
}

Test(virtio_blk, hostile_rings)
{
    start_legacy();
    desc_at(QUEUE, 0, 0x20000, 16, NEXT, 0); /* a loop */
    offer(0);
    expect_broken("loop");
    offer(SIZE); /* no such descriptor */
    expect_broken("head");
    desc_at(QUEUE, 0, 0x20000, 16, INDIRECT, 0); /* a table of one that is itself indirect */
    desc_at(0x20000, 0, 0x20000, 16, INDIRECT, 0);
    offer(0);
    expect_broken("indirect in indirect");
    desc_at(QUEUE, 0, 0x20000, 16, 0, 0); /* no place for the status */
    offer(0);
    expect_broken("no status");
    ram->host[AVAIL + 3] = 0x70; /* far too many */
    expect_broken("index");
    /* And then it works again. */
    request(0, 0, 7, 512);
    notify();
    board_run(b, 1000000);
    cr_assert_eq(status_of(0), 0);
}

static void common(unsigned at, u32 v, unsigned size)
{
    bus_write(b->m->mem, MEM + at, v, size);
}

Test(virtio_blk, modern)
{
    common(0x14, 3, 1);
    common(0x00, 1, 4);
    cr_assert_eq(bus_read(b->m->mem, MEM + 4, 4), 1, "VERSION_1");
    common(0x08, 1, 4);
    common(0x0c, 1, 4);
    common(0x14, 11, 1);
    cr_assert_eq(bus_read(b->m->mem, MEM + 0x14, 1), 11);
    common(0x16, 0, 2);
    common(0x20, QUEUE, 4);
    common(0x28, AVAIL, 4);
    common(0x30, USED, 4);
    common(0x1c, 1, 2);
    common(0x14, 15, 1);
    cr_assert_eq(bus_read(b->m->mem, MEM + 0x2000, 4), SECTORS);
    request(0, 0, 3, 512);
    bus_write(b->m->mem, MEM + 0x3000, 0, 2);
    board_run(b, 1000000);
    cr_assert_eq(status_of(0), 0);
    cr_assert(level);
    cr_assert_eq(bus_read(b->m->mem, MEM + 0x1000, 1), 1);
    cr_assert_not(level);
    /* A feature that is not offered is not agreed on. */
    common(0x14, 0, 1);
    common(0x08, 1, 4);
    common(0x0c, 0x80000001, 4);
    common(0x14, 11, 1);
    cr_assert_eq(bus_read(b->m->mem, MEM + 0x14, 1) & 8, 0);
}

static u32 read_config(unsigned offset)
{
    board_out32(b, 0xcf8, UINT32_C(0x80001800) | offset);
    return board_in32(b, 0xcfc);
}

enum { TABLE = 0x10100000, PENDING = TABLE + 2048, ON = 1 << 15 };

static void entry(unsigned i, u64 addr, u32 data, u32 control)
{
    const u32 words[4] = {(u32)addr, addr >> 32, data, control};
    for (unsigned k = 0; k < 4; k++)
        bus_write(b->m->mem, TABLE + 16 * i + 4 * k, words[k], 4);
}

Test(virtio_blk, messages)
{
    unsigned cap = read_config(0x34) & 0xff;
    while (cap && (read_config(cap) & 0xff) != 0x11)
        cap = read_config(cap) >> 8 & 0xff;
    cr_assert_eq(read_config(cap) >> 16, 1, "two vectors");
    config(0x14, TABLE);
    cr_assert_eq(read_config(cap + 4), 1);
    cr_assert_eq(bus_read(b->m->mem, TABLE + 12, 4), 1, "masked");
    entry(0, 0xfee01000, 0x31, 0);
    entry(1, 0xfee02000, 0x4032, 1);
    board_out32(b, 0xcf8, UINT32_C(0x80001800) | cap);
    board_out32(b, 0xcfc, (u32)ON << 16);
    config(4, 3);
    start_legacy();
    bus_write(b->m->io, IO + 22, 2, 2);
    cr_assert_eq(bus_read(b->m->io, IO + 22, 2), 0xffff, "there is no such vector");
    bus_write(b->m->io, IO + 22, 1, 2);
    cr_assert_eq(bus_read(b->m->io, IO + 22, 2), 1);
    cr_assert_eq(bus_read(b->m->io, IO + 24, 4), SECTORS, "the configuration has moved");
    request(0, 0, 3, 512);
    notify();
    board_run(b, 1000000);
    cr_assert_eq(status_of(0), 0);
    cr_assert(!level && !n_messages);
    cr_assert_eq(bus_read(b->m->mem, PENDING, 4), 2, "it is masked");
    entry(1, 0xfee02000, 0x4032, 0);
    cr_assert_eq(n_messages, 0, "it is not bus master");
    config(4, 7);
    request(1, 0, 3, 512);
    notify();
    board_run(b, 1000000);
    cr_assert_eq(n_messages, 1);
    cr_assert_eq(message_addr, 0xfee02000);
    cr_assert_eq(message_data, 0x4032);
    cr_assert_eq(bus_read(b->m->io, IO + 19, 1), 0, "the ISR register says nothing");
    /* Without it, the pin. */
    board_out32(b, 0xcf8, UINT32_C(0x80001800) | cap);
    board_out32(b, 0xcfc, 0);
    request(2, 0, 3, 512);
    notify();
    board_run(b, 1000000);
    cr_assert(level);
    cr_assert_eq(n_messages, 1);
}

static void ranges(u32 what, u64 sector, u32 sectors, u32 flags)
{
    memcpy(ram->host + 0x30000, &sector, 8);
    memcpy(ram->host + 0x30008, &sectors, 4);
    memcpy(ram->host + 0x3000c, &flags, 4);
    request(0, what, 0, 16);
    desc_at(QUEUE, 1, 0x30000, 16, NEXT, 2); /* read by the device */
    notify();
    board_run(b, 1000000);
}

Test(virtio_blk, discard_and_write_zeroes)
{
    enum { DISCARD = 11, ZEROES = 13 };
    u8 got[24 * DISK_SECTOR];
    cr_assert_eq(board_in32(b, IO) >> 13 & 3, 3, "both are offered");
    start_legacy();
    ranges(DISCARD, 8, 8, 0);
    cr_assert_eq(status_of(0), 0);
    ranges(ZEROES, 11, 10, 1);
    cr_assert_eq(status_of(0), 0);
    cr_assert(disk_read(disk, 0, got, sizeof(got)));
    for (unsigned i = 0; i < sizeof(got); i++)
        cr_assert_eq(got[i], i / DISK_SECTOR >= 11 && i / DISK_SECTOR < 21 ? 0 : content[i], "byte %u", i);
    /* Over what was written, and a write over what was cleared. */
    cr_assert(disk_write(disk, 16 * DISK_SECTOR, "data", 4));
    cr_assert(disk_read(disk, 16 * DISK_SECTOR, got, 6) && !memcmp(got, "data\0\0", 6));
    ranges(ZEROES, 16, 8, 0);
    cr_assert(disk_read(disk, 16 * DISK_SECTOR, got, 6) && !memcmp(got, "\0\0\0\0\0\0", 6));
    static const struct {
        u64 sector;
        u32 what, sectors, flags;
        u8 status;
    } bad[] = {{0, DISCARD, 1, 1, 2}, {0, ZEROES, 1, 2, 2}, {SECTORS, ZEROES, 1, 0, 1},
               {UINT64_MAX, ZEROES, 2, 0, 1}, {0, ZEROES, UINT32_MAX, 0, 1}};
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        ranges(bad[i].what, bad[i].sector, bad[i].sectors, bad[i].flags);
        cr_assert_eq(status_of(0), bad[i].status, "%u", i);
    }
}

Test(virtio_blk, in_flight)
{
    struct buf state = {0}, again = {0};
    start_legacy();
    request(0, 0, 100, 4096);
    request(1, 0, 300, 512);
    notify();
    board_run(b, 10);
    u64 at = b->m->clock.icount, deadline = blk->deadline;
    state_save(blk->type->state, blk, &state);
    blk->type->after_load(blk);
    state_save(blk->type->state, blk, &again);
    cr_assert(!memcmp(state.data, again.data, state.len), "loading changes nothing");
    board_run(b, 1000000);
    cr_assert_eq(status_of(0), 0);
    memset(ram->host + 0x30000, 0, 0x8000);
    memset(ram->host + USED, 0, 64);
    ram->host[0x20020] = 0xee;
    struct reader in = reader_of(state.data, state.len);
    state_load(blk->type->state, blk, &in);
    b->m->clock.icount = at;
    blk->deadline = deadline;
    blk->type->after_load(blk);
    board_run(b, 1000000);
    cr_assert_eq(status_of(0), 0);
    cr_assert_eq(get(USED + 2), 2);
    cr_assert(!memcmp(ram->host + 0x30000, content + 100 * 512, 4096));
    buf_fini(&state);
    buf_fini(&again);
}
