/* test_ide.c - IDE by its registers: PIO, DMA by tables, packets, requests in flight as state */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "emu/disk.h"
#include "emu/medium.h"
#include "hw/ide.h"
#include "hw/piix3_ide.h"

enum { SECTORS = 4096, RAM = 256 * 1024, BM = 0xc000 };

static struct board *b;
static struct ram *ram;
static u8 *content;
static struct disk *disk;
static struct medium *medium;
static struct device *ide;
static struct probe irq14, irq15;

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

static void config(unsigned offset, u32 value)
{
    board_out32(b, 0xcf8, UINT32_C(0x80000000) | PIIX3_IDE_DEVFN << 8 | offset);
    board_out32(b, 0xcfc, value);
}

static void set_up(void)
{
    struct piix3_ide_drive drives[4] = {0};
    b = board_new();
    ram = machine_add_ram(b->m, "ram", RAM);
    bus_map_ram(b->m->mem, "ram", 0, RAM, ram, 0, false);
    content = malloc(SECTORS * DISK_SECTOR);
    for (unsigned i = 0; i < SECTORS * DISK_SECTOR; i++)
        content[i] = i / DISK_SECTOR * 3 + i;
    disk = disk_new(b->m, "d", &image, false, false);
    drives[0].disk = disk;
    drives[2] = (struct piix3_ide_drive){disk_new(b->m, "cd", &image, true, false), true};
    medium = medium_new(b->m, drives[2].disk, &image, 7);
    irq14 = irq15 = (struct probe){0};
    ide = piix3_ide_new(b->m, pci_bus_new(b->m), probe_irq(&irq14), probe_irq(&irq15), drives);
    board_reset(b);
    config(0x20, BM | 1);
    config(4, 5);
}

static void tear_down(void)
{
    board_delete(b);
    free(content);
}

TestSuite(ide, .init = set_up, .fini = tear_down);

static u16 in16(u16 port)
{
    return bus_read(b->m->io, port, 2);
}

static void out16(u16 port, u16 value)
{
    bus_write(b->m->io, port, value, 2);
}

static void command(u16 base, u8 cmd, u32 lba, u8 count)
{
    board_out(b, base + 6, 0xe0 | (lba >> 24 & 15));
    board_out(b, base + 2, count);
    board_out(b, base + 3, lba);
    board_out(b, base + 4, lba >> 8);
    board_out(b, base + 5, lba >> 16);
    board_out(b, base + 7, cmd);
}

static void wait_for(struct probe *p)
{
    for (unsigned i = 0; i < 10000 && !p->level; i++)
        board_run(b, 100);
    cr_assert(p->level, "no interrupt");
}

static void take(u16 base, void *out, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i += 2) {
        u16 v = in16(base);
        memcpy((u8 *)out + i, &v, 2);
    }
}

Test(ide, signatures)
{
    cr_assert_eq(board_in(b, 0x1f7), 0x50);
    cr_assert_eq(board_in(b, 0x1f4) | board_in(b, 0x1f5) << 8, 0);
    cr_assert_eq(board_in(b, 0x174) | board_in(b, 0x175) << 8, 0xeb14, "a CD");
    board_out(b, 0x1f6, 0xb0);
    cr_assert_eq(board_in(b, 0x1f7), 0, "no slave beside a master");
}

Test(ide, identify)
{
    u16 w[256];
    command(0x1f0, 0xec, 0, 0);
    cr_assert(irq14.level);
    cr_assert_eq(board_in(b, 0x1f7), 0x58);
    cr_assert_not(irq14.level, "reading the status takes it back");
    take(0x1f0, w, 512);
    cr_assert_eq(w[60] | w[61] << 16, SECTORS);
    cr_assert_eq(w[100], SECTORS);
    cr_assert_eq(board_in(b, 0x1f7), 0x50);
}

Test(ide, reads_in_blocks_after_their_latency)
{
    u8 got[3 * DISK_SECTOR];
    command(0x1f0, 0x20, 1000, 3);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(board_in(b, 0x3f6) & 0x88, 0x80, "busy");
        board_run(b, disk_latency(DISK_SECTOR) - 1);
        cr_assert_not(irq14.level);
        board_run(b, 1);
        cr_assert(irq14.level);
        cr_assert_eq(board_in(b, 0x1f7), 0x58);
        take(0x1f0, got + i * DISK_SECTOR, DISK_SECTOR);
    }
    cr_assert(!memcmp(got, content + 1000 * DISK_SECTOR, sizeof(got)));
    cr_assert_eq(board_in(b, 0x1f7), 0x50);
    cr_assert_not(irq14.level);
}

Test(ide, writes)
{
    u8 sector[DISK_SECTOR];
    command(0x1f0, 0x30, 77, 2);
    cr_assert_eq(board_in(b, 0x1f7), 0x58);
    for (unsigned s = 0; s < 2; s++) {
        for (unsigned i = 0; i < 256; i++)
            out16(0x1f0, 0x1100 * s + i);
        cr_assert_eq(board_in(b, 0x3f6) & 0x80, 0x80);
        wait_for(&irq14);
        board_in(b, 0x1f7);
    }
    cr_assert_eq(board_in(b, 0x1f7), 0x50);
    cr_assert(disk_read(disk, 78 * DISK_SECTOR, sector, DISK_SECTOR));
    cr_assert_eq(sector[4], 2);
    cr_assert_eq(sector[5], 0x11);
}

Test(ide, refuses_what_is_not_there)
{
    command(0x1f0, 0x20, SECTORS - 1, 2);
    cr_assert_eq(board_in(b, 0x1f7), 0x51);
    cr_assert_eq(board_in(b, 0x1f1), IDE_IDNF);
    command(0x1f0, 0xff, 0, 0);
    cr_assert_eq(board_in(b, 0x1f1), IDE_ABRT);
    command(0x170, 0xec, 0, 0);
    cr_assert_eq(board_in(b, 0x177) & 1, 1, "a CD does not say what a disk is");
    cr_assert_eq(board_in(b, 0x174), 0x14);
}

/* Two entries: 1 KiB at 0x4000, the rest at 0x8000. */
static void put_table(u32 second)
{
    u32 prd[4] = {0x4000, 0x400, 0x8000, second | 0x80000000};
    memcpy(ram->host + 0x1000, prd, sizeof(prd));
    board_out32(b, BM + 4, 0x1000);
}

Test(ide, dma)
{
    put_table(0xc00);
    command(0x1f0, 0xc8, 500, 8);
    board_run(b, 1000000);
    cr_assert_not(irq14.level, "the bus master is not started");
    board_out(b, BM, 9);
    wait_for(&irq14);
    cr_assert_eq(board_in(b, BM + 2) & 7, 4, "interrupt, not active");
    cr_assert_eq(board_in(b, 0x1f7), 0x50);
    cr_assert(!memcmp(ram->host + 0x4000, content + 500 * 512, 1024));
    cr_assert(!memcmp(ram->host + 0x8000, content + 502 * 512, 3072));
    board_out(b, BM, 0);
    board_out(b, BM + 2, 4);

    memset(ram->host + 0x4000, 0x5a, 1024);
    board_out(b, BM, 1);
    command(0x1f0, 0xca, 900, 8);
    wait_for(&irq14);
    u8 sector[DISK_SECTOR];
    cr_assert(disk_read(disk, 901 * DISK_SECTOR, sector, DISK_SECTOR));
    cr_assert_eq(sector[511], 0x5a);
}

Test(ide, dma_table_too_short_or_too_long)
{
    put_table(0x400);
    board_out(b, BM, 9);
    command(0x1f0, 0xc8, 0, 8);
    board_run(b, 1000000);
    cr_assert_not(irq14.level);
    cr_assert_eq(board_in(b, BM + 2) & 7, 0, "stopped without an interrupt");
    board_out(b, BM, 0);
    board_out(b, 0x3f6, 4); /* as a driver would */
    board_out(b, 0x3f6, 0);
    cr_assert_eq(board_in(b, 0x1f7), 0x50);
    put_table(0x4000);
    board_out(b, BM, 9);
    command(0x1f0, 0xc8, 0, 8);
    wait_for(&irq14);
    cr_assert_eq(board_in(b, BM + 2) & 7, 5, "interrupt, still active");
}

static void packet(const u8 *p, u16 limit)
{
    board_out(b, 0x176, 0xa0);
    board_out(b, 0x171, 0);
    board_out(b, 0x174, limit);
    board_out(b, 0x175, limit >> 8);
    board_out(b, 0x177, 0xa0);
    cr_assert_eq(board_in(b, 0x177) & 0x88, 0x08);
    for (unsigned i = 0; i < 12; i += 2)
        out16(0x170, p[i] | p[i + 1] << 8);
}

Test(ide, cd)
{
    static const u8 ready[12] = {0}, sense[12] = {3, 0, 0, 0, 18}, capacity[12] = {0x25},
                    read[12] = {0x28, 0, 0, 0, 0, 100, 0, 0, 3},
                    far[12] = {0x28, 0, 9, 0, 0, 0, 0, 0, 1};
    u8 got[3 * CD_SECTOR];
    packet(ready, 0);
    cr_assert_eq(board_in(b, 0x177) & 1, 1, "the medium is new");
    packet(sense, 18);
    take(0x170, got, 18);
    cr_assert_eq(got[2], 6);
    cr_assert_eq(got[12], 0x28);
    packet(ready, 0);
    cr_assert_eq(board_in(b, 0x177) & 1, 0);
    packet(capacity, 8);
    take(0x170, got, 8);
    cr_assert_eq(got[2] << 8 | got[3], SECTORS / 4 - 1);

    packet(read, 4096);
    for (unsigned done = 0, n; done < sizeof(got); done += n) {
        wait_for(&irq15);
        cr_assert_eq(board_in(b, 0x177), 0x58);
        cr_assert_eq(board_in(b, 0x172), 2);
        n = board_in(b, 0x174) | board_in(b, 0x175) << 8;
        cr_assert_eq(n, done ? 2048 : 4096);
        take(0x170, got + done, n);
    }
    cr_assert(irq15.level);
    cr_assert_eq(board_in(b, 0x172), 3, "over");
    cr_assert(!memcmp(got, content + 100 * CD_SECTOR, sizeof(got)));
    packet(far, 2048);
    cr_assert_eq(board_in(b, 0x177) & 1, 1);
    cr_assert_eq(board_in(b, 0x171) >> 4, 5);
}

/* ---- the medium ---- */

static void deliver(void)
{
    while (door_deliver_due(b->m->door))
        ;
}

/* A command's sense key and code; 0: it went well. */
static unsigned outcome(u8 op, u8 byte4)
{
    const u8 p[12] = {op, 0, 0, 0, byte4}, sense[12] = {3, 0, 0, 0, 18};
    u8 got[18];
    packet(p, 18);
    if (!(board_in(b, 0x177) & 1))
        return 0;
    packet(sense, 18);
    take(0x170, got, 18);
    return got[2] << 8 | got[12];
}

static unsigned media_event(void)
{
    static const u8 p[12] = {0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8};
    u8 got[8];
    packet(p, 8);
    take(0x170, got, 8);
    return got[4] << 8 | got[5];
}

enum { READY = 0x00, TRAY = 0x1b, KEEP = 0x1e, OPEN = 2, SHUT = 3, NEW = 0x628, NONE = 0x23a };

Test(ide, the_guest_moves_the_tray)
{
    cr_assert_eq(outcome(READY, 0), NEW);
    cr_assert_eq(media_event(), 0x002);
    cr_assert_eq(outcome(KEEP, 1), 0);
    cr_assert(medium_is_locked(medium));
    cr_assert_eq(outcome(TRAY, OPEN), 0x553, "removal is prevented");
    cr_assert_eq(outcome(KEEP, 0), 0);
    cr_assert_eq(outcome(TRAY, OPEN), 0);
    cr_assert_eq(outcome(READY, 0), NONE);
    cr_assert_eq(media_event(), 0x301, "removed, and the tray is open");
    cr_assert_eq(outcome(TRAY, SHUT), 0);
    cr_assert_eq(media_event(), 0x202);
    cr_assert_eq(outcome(READY, 0), NEW);
    cr_assert_eq(outcome(READY, 0), 0);
}

static u64 closed;

static void other_close(struct disk_image *i)
{
    closed += i->size;
}

static bool other_read(struct disk_image *i, u64 offset, void *out, size_t n)
{
    (void)i;
    memset(out, 0x5a + offset % 2, n);
    return true;
}

static const struct disk_image_type other_type = {.name = "other", .read = other_read,
                                                  .extent = image_extent, .close = other_close};

/* A recording has to open each of them again. */
Test(ide, media_are_counted)
{
    static struct disk_image other[CONFIG_MAX_MEDIA + 1];

    for (unsigned round = 0; round < 2; round++) /* the second time they are known */
        for (unsigned i = 0; i <= CONFIG_MAX_MEDIA; i++) {
            other[i] = (struct disk_image){&other_type, "y", (64 + i) * CD_SECTOR, false};
            cr_assert_eq(medium_insert(medium, &other[i]), i < CONFIG_MAX_MEDIA);
            deliver();
        }
}

Test(ide, a_medium_is_changed)
{
    static struct disk_image other = {&other_type, "y", 64 * CD_SECTOR, false};
    static const u8 read[12] = {0x28, 0, 0, 0, 0, 63, 0, 0, 1};
    struct buf before = {0};
    u8 got[CD_SECTOR];

    outcome(READY, 0);
    state_save(((struct device *)medium)->type->state, medium, &before);
    cr_assert(medium_press_button(medium));
    deliver();
    cr_assert_eq(media_event(), 0x102, "somebody wants it");
    /* It is taken out in the middle of a command. */
    packet(read, 2048);
    cr_assert(medium_eject(medium));
    deliver();
    wait_for(&irq15);
    cr_assert_eq(board_in(b, 0x177) & 1, 1);
    cr_assert_eq(outcome(READY, 0), NONE);
    cr_assert_eq(media_event(), 0x301);
    cr_assert(medium_insert(medium, &other));
    deliver();
    cr_assert_eq(media_event(), 0x202);
    cr_assert_eq(outcome(READY, 0), NEW);
    packet(read, 2048);
    wait_for(&irq15);
    take(0x170, got, sizeof(got));
    cr_assert_eq(got[0], 0x5a);
    /* Its state says which image it is; one that nobody knows is none. */
    struct reader in = reader_of(before.data, before.len);
    state_load(((struct device *)medium)->type->state, medium, &in);
    ((struct device *)medium)->type->after_load((struct device *)medium);
    cr_assert_eq(disk_image_of(disk_find(b->m, "cd")), &image);
    before.data[before.len - 9] ^= 1; /* of the digest */
    in = reader_of(before.data, before.len);
    state_load(((struct device *)medium)->type->state, medium, &in);
    ((struct device *)medium)->type->after_load((struct device *)medium);
    cr_assert_null(disk_image_of(disk_find(b->m, "cd")));
    cr_assert_eq(outcome(READY, 0), NONE);
    buf_fini(&before);
    cr_assert_eq(closed, 0);
}

Test(ide, an_ill_formed_event_changes_nothing)
{
    static const u8 events[][24] = {{MEDIUM_OPS}, {MEDIUM_INSERT}, {MEDIUM_INSERT, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 250},
                                    {MEDIUM_EJECT, 0}};
    static const u32 length[] = {1, 1, 18, 2};
    int source = -1;
    for (u32 i = 0; i < door_n_sources(b->m->door); i++)
        if (!strcmp(door_source_name(b->m->door, i), "cd:cd"))
            source = i;
    cr_assert_geq(source, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(events); i++)
        cr_assert(door_post(b->m->door, source, events[i], length[i]));
    deliver();
    cr_assert_eq(disk_image_of(disk_find(b->m, "cd")), &image);
}

/* A request in flight is saved and carried out again after a restore. */
Test(ide, in_flight)
{
    struct buf state = {0};
    put_table(0xc00);
    board_out(b, BM, 9);
    command(0x1f0, 0xc8, 500, 8);
    board_run(b, 100);
    u64 at = b->m->clock.icount, deadline = ide->deadline;
    state_save(ide->type->state, ide, &state);
    wait_for(&irq14);
    u64 done = b->m->clock.icount;
    memset(ram->host + 0x4000, 0, 0x8000);
    struct reader in = reader_of(state.data, state.len);
    b->m->clock.icount = at;
    irq14 = (struct probe){0};
    state_load(ide->type->state, ide, &in);
    ide->deadline = deadline;
    ide->type->after_load(ide);
    wait_for(&irq14);
    cr_assert_eq(b->m->clock.icount, done);
    cr_assert(!memcmp(ram->host + 0x8000, content + 502 * 512, 3072));
    struct buf again = {0};
    state_save(ide->type->state, ide, &again);
    ide->type->after_load(ide);
    buf_clear(&state);
    state_save(ide->type->state, ide, &state);
    cr_assert(!memcmp(state.data, again.data, again.len), "loading changes nothing");
    buf_fini(&state);
    buf_fini(&again);
}
