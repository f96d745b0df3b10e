/* test_disk.c - disks over images: the overlay, its snapshots' pages, digests, commit */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/disk.h"

/* An image in memory that counts what is done to it. */
struct memory {
    struct disk_image image;
    u8 *data;
    u64 hole_from; /* from here on there are zeros, and it says so */
    unsigned reads, writes;
};

static bool memory_read(struct disk_image *i, u64 offset, void *out, size_t n)
{
    struct memory *m = (struct memory *)i;
    cr_assert_leq(offset + n, i->size);
    m->reads++;
    memcpy(out, m->data + offset, n);
    return true;
}

static bool memory_write(struct disk_image *i, u64 offset, const void *data, size_t n)
{
    struct memory *m = (struct memory *)i;
    cr_assert_leq(offset + n, i->size);
    m->writes++;
    memcpy(m->data + offset, data, n);
    return true;
}

static bool memory_flush(struct disk_image *i)
{
    (void)i;
    return true;
}

static u64 memory_extent(struct disk_image *i, u64 offset, bool *zeros)
{
    struct memory *m = (struct memory *)i;
    *zeros = offset >= m->hole_from;
    return (*zeros ? i->size : MIN(m->hole_from, i->size)) - offset;
}

static const struct disk_image_type memory_type = {
    .name = "memory", .read = memory_read, .write = memory_write, .flush = memory_flush,
    .extent = memory_extent};

enum { SIZE = 100 * 1024 + 512, RAM = 64 * 1024 };

static struct machine_config config;
static struct machine *m;
static struct memory image;
static struct disk *disk;

static void set_up(void)
{
    config_init(&config);
    m = machine_new(&config);
    struct ram *ram = machine_add_ram(m, "ram", RAM);
    bus_map_ram(m->mem, "ram", 0, RAM, ram, 0, false);
    image = (struct memory){.image = {.type = &memory_type, .path = "x", .size = SIZE,
                                      .writable = true},
                            .data = malloc(SIZE), .hole_from = SIZE};
    for (unsigned i = 0; i < SIZE; i++)
        image.data[i] = i * 7 + i / 256;
    disk = disk_new(m, "d", &image.image, false, false);
}

static void tear_down(void)
{
    machine_delete(m);
    config_fini(&config);
    free(image.data);
}

TestSuite(disk, .init = set_up, .fini = tear_down);

static void expect(u64 offset, size_t n, const u8 *want)
{
    u8 *got = malloc(n);
    cr_assert(disk_read(disk, offset, got, n));
    cr_assert(!memcmp(got, want, n), "wrong bytes at %lu", (unsigned long)offset);
    free(got);
}

Test(disk, reads_the_image)
{
    expect(0, SIZE, image.data);
    expect(4095, 2, image.data + 4095);
}

Test(disk, writes_go_to_the_overlay)
{
    u8 *model = malloc(SIZE), bytes[9000];
    memcpy(model, image.data, SIZE);
    memset(bytes, 0xab, sizeof(bytes));
    static const struct { u64 at; size_t n; } writes[] = {
        {512, 512}, {4096, 4096}, {8000, 9000}, {SIZE - 512, 512}, {4095, 1}, {20480, 8192}};
    for (unsigned i = 0; i < ARRAY_SIZE(writes); i++) {
        bytes[0] = i;
        cr_assert(disk_write(disk, writes[i].at, bytes, writes[i].n));
        memcpy(model + writes[i].at, bytes, writes[i].n);
        expect(0, SIZE, model);
    }
    cr_assert(disk_write_zeros(disk, 9000, 40000));
    memset(model + 9000, 0, 40000);
    expect(0, SIZE, model);
    cr_assert_eq(image.writes, 0, "the image is not touched");
    cr_assert(disk_commit(disk));
    cr_assert(!memcmp(image.data, model, SIZE));
    free(model);
}

Test(disk, refuses_what_is_not_there)
{
    u8 b[1024];
    cr_assert_not(disk_read(disk, SIZE - 512, b, 1024));
    cr_assert_not(disk_read(disk, UINT64_MAX - 511, b, 512));
    cr_assert_not(disk_write(disk, SIZE, b, 1));
    cr_assert_not(disk_write_zeros(disk, 0, UINT64_MAX));
    struct disk *ro = disk_new(m, "ro", &image.image, true, false);
    cr_assert_not(disk_write(ro, 0, b, 512));
    cr_assert(disk_find(m, "ro") == ro && disk_of_machine(m, 0) == disk);
    cr_assert_null(disk_of_machine(m, 2));
}

/* Only what the guest wrote counts, in whatever order; and what is unwritten again does not. */
Test(disk, overlay_is_digested)
{
    struct ram *overlay = m->ram[1];
    u64 before = ram_digest(overlay);
    u8 b[512] = {1};
    cr_assert(disk_write(disk, 1024, b, 512));
    u64 after = ram_digest(overlay);
    cr_assert_neq(before, after);
    u8 same[512];
    cr_assert(disk_read(disk, 1024, same, 512));
    cr_assert_eq(ram_digest(overlay), after, "reading leaves no trace");
    /* A page of zeros that was written is not one that was not. */
    struct disk *other = disk_new(m, "other", &image.image, false, false);
    u64 empty = ram_digest(m->ram[2]);
    cr_assert(disk_write_zeros(other, 4096, 4096));
    cr_assert_neq(ram_digest(m->ram[2]), empty);
}

Test(disk, write_through)
{
    u8 b[700];
    memset(b, 0x55, sizeof(b));
    struct disk *d = disk_new(m, "through", &image.image, false, true);
    cr_assert(disk_write(d, 1000, b, 700));
    cr_assert(!memcmp(image.data + 1000, b, 700));
    cr_assert(disk_write_zeros(d, 1000, 700));
    cr_assert_eq(image.data[1699], 0);
}

Test(disk, moves_to_and_from_memory)
{
    u8 zeros[512] = {0};
    cr_assert(disk_read_to_memory(disk, 512, 0x1003, 8192));
    cr_assert(!memcmp(m->ram[0]->host + 0x1003, image.data + 512, 8192));
    cr_assert(disk_write_from_memory(disk, 40960, 0x1003, 512));
    expect(40960, 512, image.data + 512);
    /* Where there is no memory. */
    cr_assert(disk_read_to_memory(disk, 0, RAM - 256, 4096));
    cr_assert(disk_write_from_memory(disk, 0, UINT64_C(1) << 51, 512));
    memset(zeros, 0xff, 512);
    expect(0, 512, zeros);
}

Test(disk, digest_of_an_image_is_of_its_content)
{
    u64 a, b;
    memset(image.data + 65536, 0, SIZE - 65536);
    cr_assert(disk_image_digest(&image.image, &a));
    image.hole_from = 65536;
    image.reads = 0;
    cr_assert(disk_image_digest(&image.image, &b));
    cr_assert_eq(a, b, "zeros are zeros, known or read");
    cr_assert_eq(image.reads, 1, "and known ones are not read");
    image.hole_from = 70000;
    cr_assert(disk_image_digest(&image.image, &b));
    cr_assert_eq(a, b);
    image.data[5] ^= 1;
    cr_assert(disk_image_digest(&image.image, &b));
    cr_assert_neq(a, b);
}

Test(disk, a_large_one_costs_nothing)
{
    struct memory large = image;
    large.image.size = DISK_MAX_SIZE;
    struct disk *d = disk_new(m, "large", &large.image, false, false);
    u8 b[4096] = {1, 2, 3};
    cr_assert(disk_write(d, DISK_MAX_SIZE - 4096, b, 4096));
    cr_assert(disk_write(d, 0, b, 4096));
    cr_assert_eq(m->ram[2]->unsaved.n, 4, "two pages of data, two of the map");
}
