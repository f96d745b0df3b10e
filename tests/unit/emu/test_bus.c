/* test_bus.c - overlapping regions, and cutting accesses to what a device takes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "emu/bus.h"

struct dev {
    char log[256];
    struct bus *bus;
    int handle;
};

static u64 dev_read(void *opaque, u64 offset, unsigned size)
{
    struct dev *d = opaque;
    size_t n = strlen(d->log);
    snprintf(d->log + n, sizeof(d->log) - n, "r%llx/%u ", (unsigned long long)offset, size);
    u64 v = 0;
    for (unsigned i = 0; i < size; i++)
        v |= (0x10 + offset + i) << (8 * i);
    return v;
}

static void dev_write(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct dev *d = opaque;
    size_t n = strlen(d->log);
    snprintf(d->log + n, sizeof(d->log) - n, "w%llx=%llx/%u ", (unsigned long long)offset,
             (unsigned long long)value, size);
    if (d->bus)
        bus_move(d->bus, d->handle, 0x8000);
}

static const struct mmio_ops any = {dev_read, dev_write, 1, 8};
static const struct mmio_ops bytes = {dev_read, dev_write, 1, 1};
static const struct mmio_ops dwords = {dev_read, dev_write, 4, 4};
static const struct mmio_ops plain = {dev_read, dev_write, 0, 0};
static const struct mmio_ops write_only = {NULL, dev_write, 1, 4};

static void expect_log(struct dev *d, const char *text)
{
    cr_assert_str_eq(d->log, text);
    d->log[0] = 0;
}

Test(bus, unmapped_reads_ones)
{
    struct bus *b = bus_new("b", 0x10000, NULL);
    cr_assert_eq(bus_read(b, 0x1234, 4), 0xffffffff);
    cr_assert_eq(bus_read(b, 0x1234, 8), UINT64_MAX);
    cr_assert_eq(bus_read(b, 0xffff, 2), 0xffff);
    cr_assert_eq(bus_read(b, 0x10000, 1), 0xff);
    cr_assert_eq(bus_read(b, UINT64_MAX, 1), 0xff);
    bus_write(b, 0x1234, 1, 4);
    bus_write(b, UINT64_MAX - 3, 1, 8);
    cr_assert_eq(bus_find(b, 0x1234)->kind, REGION_NONE);
    bus_delete(b);
}

Test(bus, later_regions_cover_earlier_ones)
{
    struct bus *b = bus_new("b", 0x100000, NULL);
    struct ram *r = ram_new("r", 0x8000), *s = ram_new("s", 0x2000);
    struct dev d = {0};
    bus_map_ram(b, "ram", 0, 0x8000, r, 0, false);
    int over = bus_map_ram(b, "shadow", 0x3000, 0x2000, s, 0, true);
    int dev = bus_map_mmio(b, "dev", 0x4800, 0x10, &any, &d);
    r->host[0x3010] = 0x11;
    s->host[0x10] = 0x22;
    cr_assert_eq(bus_read(b, 0x3010, 1), 0x22);
    cr_assert_eq(bus_find(b, 0x2fff)->size, 0x3000);
    cr_assert_eq(bus_find(b, 0x4810)->start, 0x4810);
    cr_assert_eq(bus_find(b, 0x4810)->ram_offset, 0x1810);
    cr_assert_eq(bus_find(b, 0x5000)->ram_offset, 0x5000);
    cr_assert_eq(bus_find(b, 0x8000)->kind, REGION_NONE);
    cr_assert_eq(bus_read(b, 0x4802, 1), 0x12);
    expect_log(&d, "r2/1 ");
    bus_write(b, 0x3010, 0x99, 1); /* ROM */
    cr_assert_eq(s->host[0x10], 0x22);
    bus_enable(b, over, false);
    cr_assert_eq(bus_read(b, 0x3010, 1), 0x11);
    cr_assert_eq(bus_find(b, 0x4810)->ram, r);
    bus_move(b, dev, 0x9000);
    cr_assert_eq(bus_find(b, 0x4802)->kind, REGION_RAM);
    cr_assert_eq(bus_read(b, 0x9003, 1), 0x13);
    bus_enable(b, over, true);
    cr_assert_eq(bus_read(b, 0x3010, 1), 0x22);
    bus_delete(b);
    ram_delete(r);
    ram_delete(s);
}

Test(bus, a_region_covered_in_the_middle_keeps_its_offsets)
{
    struct bus *b = bus_new("b", 0x10000, NULL);
    struct dev low = {0}, high = {0};
    bus_map_mmio(b, "low", 0x100, 0x100, &any, &low);
    bus_map_mmio(b, "high", 0x140, 0x10, &any, &high);
    bus_read(b, 0x13f, 1);
    bus_read(b, 0x150, 1);
    expect_log(&low, "r3f/1 r50/1 ");
    bus_read(b, 0x13e, 4); /* over the seam */
    expect_log(&low, "r3e/2 ");
    expect_log(&high, "r0/2 ");
    bus_delete(b);
}

Test(bus, accesses_are_cut_and_widened)
{
    struct bus *b = bus_new("b", 0x10000, NULL);
    struct dev d = {0};
    bus_map_mmio(b, "bytes", 0x100, 0x10, &bytes, &d);
    bus_map_mmio(b, "dwords", 0x200, 0x10, &dwords, &d);
    bus_map_mmio(b, "plain", 0x300, 0x10, &plain, &d);
    bus_map_mmio(b, "write only", 0x400, 0x10, &write_only, &d);
    cr_assert_eq(bus_read(b, 0x101, 4), 0x14131211);
    expect_log(&d, "r1/1 r2/1 r3/1 r4/1 ");
    cr_assert_eq(bus_read(b, 0x205, 1), 0x15);
    expect_log(&d, "r4/4 ");
    cr_assert_eq(bus_read(b, 0x204, 8), 0x1b1a191817161514);
    expect_log(&d, "r4/4 r8/4 ");
    bus_write(b, 0x206, 0xabcd, 2);
    expect_log(&d, "w4=abcd0000/4 ");
    bus_write(b, 0x301, 0x44332211, 4);
    expect_log(&d, "w1=11/1 w2=3322/2 w4=44/1 ");
    bus_write(b, 0x300, 0x8877665544332211, 8);
    expect_log(&d, "w0=44332211/4 w4=88776655/4 ");
    cr_assert_eq(bus_read(b, 0x400, 4), 0xffffffff);
    bus_write(b, 0x400, 0x12345678, 4);
    expect_log(&d, "w0=12345678/4 ");
    bus_delete(b);
}

Test(bus, a_device_may_move_itself_while_accessed)
{
    struct bus *b = bus_new("b", 0x10000, NULL);
    struct dev d = {.bus = b};
    d.handle = bus_map_mmio(b, "dev", 0x100, 0x10, &bytes, &d);
    bus_write(b, 0x100, 0x2211, 2);
    expect_log(&d, "w0=11/1 ");
    cr_assert_eq(bus_find(b, 0x8000)->kind, REGION_MMIO);
    bus_delete(b);
}

Test(bus, bytes_go_to_memory_only)
{
    struct bus *b = bus_new("b", 0x10000, NULL);
    struct ram *r = ram_new("r", 0x2000), *rom = ram_new("rom", 0x1000);
    struct dev d = {0};
    u8 data[0x30], back[0x30];
    memset(data, 0x5a, sizeof(data));
    bus_map_ram(b, "ram", 0, 0x2000, r, 0, false);
    bus_map_ram(b, "rom", 0x2000, 0x1000, rom, 0, true);
    bus_map_mmio(b, "dev", 0xff0, 0x8, &any, &d);
    cr_assert_not(bus_write_bytes(b, 0xfe0, data, sizeof(data), false));
    expect_log(&d, "");
    cr_assert_eq(r->host[0xfef], 0x5a);
    cr_assert_eq(r->host[0xff0], 0);
    cr_assert_eq(r->host[0xff8], 0x5a);
    cr_assert_not(bus_read_bytes(b, 0xfe0, back, sizeof(back)));
    cr_assert_eq(back[0x0f], 0x5a);
    cr_assert_eq(back[0x10], 0xff);
    cr_assert_not(bus_write_bytes(b, 0x1ff0, data, 0x20, false));
    cr_assert_eq(rom->host[0], 0);
    cr_assert(bus_write_bytes(b, 0x1ff0, data, 0x20, true));
    cr_assert_eq(rom->host[0xf], 0x5a);
    cr_assert_not(bus_read_bytes(b, UINT64_MAX - 2, back, 8));
    bus_delete(b);
    ram_delete(r);
    ram_delete(rom);
}

static void list(void *opaque, const struct region *r)
{
    size_t n = strlen(opaque);
    snprintf((char *)opaque + n, 200 - n, "%s@%llx+%llx ", r->name, (unsigned long long)r->start,
             (unsigned long long)r->size);
}

Test(bus, each_visible_region)
{
    struct bus *b = bus_new("b", 0x10000, NULL);
    struct ram *r = ram_new("r", 0x4000);
    char text[200] = "";
    bus_map_ram(b, "ram", 0, 0x4000, r, 0, false);
    bus_map_mmio(b, "dev", 0x1000, 0x1000, &any, NULL);
    bus_map_mmio(b, "off", 0x3000, 0x1000, &any, NULL);
    bus_enable(b, 2, false);
    bus_each(b, list, text);
    cr_assert_str_eq(text, "ram@0+1000 dev@1000+1000 ram@2000+2000 ");
    bus_delete(b);
    ram_delete(r);
}
