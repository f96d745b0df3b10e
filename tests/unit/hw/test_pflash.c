/* test_pflash.c - flash memory: commands, the query, and a disk behind it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "hw/pflash.h"

#define BASE UINT64_C(0x04000000)
enum { SIZE = 2 * MiB, SECTOR = PFLASH_SECTOR };

static struct board *b;
static struct pflash *flash;

/* An image in memory. */
static u8 content[SIZE];

static bool image_read(struct disk_image *i, u64 offset, void *out, size_t n)
{
    (void)i;
    memcpy(out, content + offset, n);
    return true;
}

static bool image_write(struct disk_image *i, u64 offset, const void *data, size_t n)
{
    (void)i;
    memcpy(content + offset, data, n);
    return true;
}

static const struct disk_image_type image_type = {.name = "memory", .read = image_read, .write = image_write};
static struct disk_image image = {.type = &image_type, .path = "memory", .size = SIZE, .writable = true};

static void set_up(void)
{
    b = board_new();
    flash = pflash_new(b->m, "flash", BASE, SIZE);
    pflash_fill(flash, "firmware", 8);
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(pflash, .init = set_up, .fini = tear_down);

static u32 get(u32 offset)
{
    return board_read(b, BASE + offset);
}

/* To both chips. */
static void command(u32 offset, u16 value)
{
    board_write(b, BASE + offset, value * 0x10001u);
}

static bool is_memory(void)
{
    return bus_find(b->m->mem, BASE)->kind == REGION_ROM;
}

Test(pflash, shows_its_array)
{
    cr_assert(is_memory());
    cr_assert_eq(get(0), 0x6d726966, "firm");
    command(0, 0xff);
    cr_assert(is_memory());
}

Test(pflash, says_what_it_is)
{
    command(0x154, 0x98);
    cr_assert_not(is_memory());
    cr_assert_eq(get(0x40), 'Q' * 0x10001);
    cr_assert_eq(get(0x44), 'R' * 0x10001);
    cr_assert_eq(get(0x48), 'Y' * 0x10001);
    cr_assert_eq(get(0x27 * 4) & 0xff, 20, "a chip has 1 MiB");
    cr_assert_eq(get(0x2d * 4) & 0xff, SIZE / SECTOR - 1);
    cr_assert_eq(get(0x30 * 4) & 0xff, 2, "sectors of 128 KiB each");
    cr_assert_eq(bus_read(b->m->mem, BASE + 0x46, 1), 'R');
    command(0, 0x90);
    cr_assert_eq(get(0), 0x890089);
    cr_assert_eq(get(4), 0x180018);
    cr_assert_eq(get(SECTOR + 8), 0, "not locked");
    command(0, 0xff);
    cr_assert_eq(get(0), 0x6d726966);
}

Test(pflash, a_program_clears_bits_and_an_erasure_sets_them)
{
    command(SECTOR, 0x20);
    command(SECTOR, 0xd0);
    cr_assert_eq(get(0), 0x800080, "ready");
    command(0, 0xff);
    cr_assert_eq(get(SECTOR), 0xffffffff);
    cr_assert_eq(get(2 * SECTOR - 4), 0xffffffff);
    cr_assert_eq(get(SECTOR - 4), 0);
    cr_assert_eq(get(2 * SECTOR), 0);
    command(SECTOR, 0x40);
    board_write(b, BASE + SECTOR + 4, 0x1234ff0f);
    command(SECTOR, 0x10);
    board_write(b, BASE + SECTOR + 4, 0xf0ffffff);
    command(0, 0xff);
    cr_assert_eq(get(SECTOR + 4), 0x1034ff0f);
}

Test(pflash, a_buffer_is_written)
{
    command(SECTOR, 0x20);
    command(SECTOR, 0xd0);
    command(SECTOR, 0xe8);
    cr_assert_eq(get(SECTOR), 0x800080);
    command(SECTOR, 3);
    for (u32 i = 0; i < 4; i++)
        board_write(b, BASE + SECTOR + 0x8040 + 4 * i, 0x01010101 * (i + 1));
    command(SECTOR, 0xd0);
    cr_assert_eq(get(0), 0x800080);
    command(0, 0xff);
    for (u32 i = 0; i < 4; i++)
        cr_assert_eq(get(SECTOR + 0x8040 + 4 * i), 0x01010101 * (i + 1));
    cr_assert_eq(get(SECTOR + 0x8050), 0xffffffff);
}

Test(pflash, what_makes_no_sense_is_an_error)
{
    command(0, 0x20);
    command(0, 0x40);
    cr_assert_eq(get(0), 0xb000b0);
    command(0, 0x50);
    cr_assert(is_memory());
    cr_assert_eq(get(0), 0x6d726966, "nothing was erased");
    command(0, 0xe8);
    command(0, 1);
    command(SECTOR - 4, 5);
    command(SECTOR, 5); /* outside of the buffer's block */
    cr_assert_eq(get(0), 0xb000b0);
    command(0, 0x50);
    command(0, 0xe8);
    command(0, 0);
    command(0, 0xffff);
    command(0, 0xff); /* no confirmation */
    cr_assert_eq(get(0), 0xb000b0);
    board_reset(b);
    command(0, 0x70);
    cr_assert_eq(get(0), 0x800080);
}

Test(pflash, a_restored_state_shows_what_it_showed)
{
    struct buf state = {0};
    struct device *d = b->m->device[0];
    command(0, 0x90);
    state_save(d->type->state, d, &state);
    command(0, 0xff);
    struct reader in = reader_of(state.data, state.len);
    state_load(d->type->state, d, &in);
    d->type->after_load(d);
    cr_assert_eq(get(0), 0x890089);
    buf_fini(&state);
}

/* ---- with a disk ---- */

static void with_disk(bool readonly, bool write_through)
{
    tear_down();
    memset(content, 0, sizeof(content));
    strcpy((char *)content + SECTOR, "saved");
    b = board_new();
    struct disk *disk = disk_new(b->m, "pflash1", &image, readonly, write_through);
    flash = pflash_new(b->m, "flash", BASE, SIZE);
    cr_assert(pflash_put_disk(flash, disk));
    board_reset(b);
}

static void change(void)
{
    command(SECTOR, 0x20);
    command(SECTOR, 0xd0);
    command(SECTOR, 0x40);
    board_write(b, BASE + SECTOR, 0x64636261);
}

Test(pflash, keeps_the_image_as_it_is)
{
    u8 now[4];
    with_disk(false, false);
    cr_assert_eq(get(SECTOR), 0x65766173);
    change();
    cr_assert_str_eq((char *)content + SECTOR, "saved");
    cr_assert(disk_read(disk_find(b->m, "pflash1"), SECTOR, now, 4));
    cr_assert(!memcmp(now, "abcd", 4), "the overlay has it");
}

Test(pflash, writes_through)
{
    with_disk(false, true);
    change();
    cr_assert(!memcmp(content + SECTOR, "abcd\xff", 5));
    cr_assert_eq(content[2 * SECTOR - 1], 0xff);
    cr_assert_eq(content[2 * SECTOR], 0);
}

Test(pflash, one_that_is_read_only_refuses)
{
    with_disk(true, false);
    change();
    cr_assert_eq(get(0) & 0xff, 0xb0);
    command(0, 0xff);
    cr_assert_eq(get(SECTOR), 0x65766173);
}
