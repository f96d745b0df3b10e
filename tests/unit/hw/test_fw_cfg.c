/* test_fw_cfg.c - files for firmware: by port, by DMA, and with hostile requests */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <endian.h>
#include <string.h>

#include "board.h"
#include "hw/acpi.h"
#include "hw/fw_cfg.h"

static struct board *b;
static struct fw_cfg *cfg;
static struct ram *ram;

static void set_up(void)
{
    b = board_new();
    ram = machine_add_ram(b->m, "ram", 64 * KiB);
    bus_map_ram(b->m->mem, "ram", 0, 64 * KiB, ram, 0, false);
    cfg = fw_cfg_new(b->m);
    fw_cfg_add_u16(cfg, FW_CFG_NB_CPUS, 0x1234);
    fw_cfg_add_file(cfg, "etc/one", "first", 5);
    fw_cfg_add_file(cfg, "etc/two", "the second", 10);
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(fw_cfg, .init = set_up, .fini = tear_down);

static void select_key(u16 key)
{
    bus_write(b->m->io, 0x510, key, 2);
}

static void read_bytes(void *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((u8 *)out)[i] = board_in(b, 0x511);
}

Test(fw_cfg, signature_and_id)
{
    char text[5] = {0};
    select_key(0);
    read_bytes(text, 4);
    cr_assert_str_eq(text, "QEMU");
    cr_assert_eq(board_in(b, 0x511), 0, "behind the end there are zeros");
    select_key(1);
    cr_assert_eq(board_in(b, 0x511), 3);
    cr_assert_eq(board_in32(b, 0x514), 0x554d4551, "QEMU");
    cr_assert_eq(board_in32(b, 0x518), 0x47464320, " CFG");
}

/* The key of a file, from the directory; its size in *size. */
static u16 look_up(const char *name, u32 *size)
{
    u32 count;
    select_key(0x19);
    read_bytes(&count, 4);
    for (u32 i = 0; i < be32toh(count); i++) {
        struct {
            u32 size;
            u16 key, reserved;
            char name[56];
        } entry;
        read_bytes(&entry, 64);
        *size = be32toh(entry.size);
        if (!strcmp(entry.name, name))
            return be16toh(entry.key);
    }
    cr_assert_fail("%s is not in the directory", name);
    return 0;
}

Test(fw_cfg, files)
{
    char text[16] = {0};
    u32 size;
    select_key(look_up("etc/two", &size));
    cr_assert_eq(size, 10);
    read_bytes(text, 10);
    cr_assert_str_eq(text, "the second");
    look_up("etc/one", &size);
    cr_assert_eq(size, 5);
}

static u32 dma(u32 control, u32 length, u64 address)
{
    u32 c = htobe32(control), l = htobe32(length);
    u64 a = htobe64(address);
    memcpy(ram->host + 0x100, &c, 4);
    memcpy(ram->host + 0x104, &l, 4);
    memcpy(ram->host + 0x108, &a, 8);
    board_out32(b, 0x514, 0);
    board_out32(b, 0x518, htobe32(0x100));
    memcpy(&c, ram->host + 0x100, 4);
    return be32toh(c);
}

Test(fw_cfg, dma_reads_and_skips)
{
    u32 size;
    u16 key = look_up("etc/two", &size);
    memset(ram->host + 0x200, 0xee, 32);
    cr_assert_eq(dma((u32)key << 16 | 8 | 4, 4, 0), 0); /* select and skip "the " */
    cr_assert_eq(dma(2, 16, 0x200), 0);
    cr_assert(!memcmp(ram->host + 0x200, "second\0\0\0\0\0\0\0\0\0\0\xee", 17));
}

Test(fw_cfg, hostile_dma)
{
    u32 size;
    u16 key = look_up("etc/two", &size);
    cr_assert_eq(dma((u32)key << 16 | 8 | 2, 0xffffffff, 0x200), 1, "memory ends");
    cr_assert_eq(dma((u32)key << 16 | 8 | 2, 16, UINT64_MAX - 4), 1);
    cr_assert_eq(dma((u32)key << 16 | 8 | 16, 4, 0x200), 1, "nothing can be written");
    cr_assert_eq(dma(0xffff0000 | 8 | 4, 0xffffffff, 0), 0);
    board_out32(b, 0x514, 0xffffffff); /* a request that is nowhere */
    board_out32(b, 0x518, 0xffffffff);
    select_key(0xffff);
    cr_assert_eq(board_in(b, 0x511), 0);
}

Test(fw_cfg, position_is_state)
{
    struct buf state = {0};
    u32 size;
    select_key(look_up("etc/one", &size));
    board_in(b, 0x511);
    state_save(b->m->device[0]->type->state, b->m->device[0], &state);
    cr_assert_eq(board_in(b, 0x511), 'i');
    select_key(0);
    struct reader in = reader_of(state.data, state.len);
    state_load(b->m->device[0]->type->state, b->m->device[0], &in);
    cr_assert_eq(board_in(b, 0x511), 'i');
    buf_fini(&state);
}

/* ---- behind registers ---- */

#define WINDOW UINT64_C(0x09020000)

Test(fw_cfg, registers_are_big_endian)
{
    struct fw_cfg *other = fw_cfg_new_mmio(b->m, WINDOW);
    fw_cfg_add_u32(other, FW_CFG_KERNEL_SIZE, 0x12345678);
    fw_cfg_add_file(other, "etc/three", "in memory", 9);
    board_reset(b);
    cr_assert_eq(bus_read(b->m->mem, WINDOW, 8), 0x554d4551, "QEMU, and zeros behind it");
    bus_write(b->m->mem, WINDOW + 8, 0x0800, 2);
    cr_assert_eq(bus_read(b->m->mem, WINDOW, 4), 0x12345678);
    cr_assert_eq(bus_read(b->m->mem, WINDOW + 16, 8), UINT64_C(0x47464320554d4551));
    bus_write(b->m->mem, WINDOW + 8, 0x2000, 2);
    cr_assert_eq(bus_read(b->m->mem, WINDOW, 1), 'i');
    cr_assert_eq(bus_read(b->m->mem, WINDOW, 2), 'n' | ' ' << 8);
}

Test(fw_cfg, dma_by_register)
{
    struct fw_cfg *other = fw_cfg_new_mmio(b->m, WINDOW);
    fw_cfg_add_file(other, "etc/three", "in memory", 9);
    board_reset(b);
    u32 request[4] = {htobe32(0x20 << 16 | 8 | 2), htobe32(9), 0, htobe32(0x300)};
    memcpy(ram->host + 0x100, request, 16);
    bus_write(b->m->mem, WINDOW + 16, htobe64(0x100), 8);
    cr_assert(!memcmp(ram->host + 0x300, "in memory", 9));
    cr_assert(!memcmp(ram->host + 0x100, "\0\0\0\0", 4));
    memset(ram->host + 0x300, 0, 9);
    memcpy(ram->host + 0x100, request, 16);
    board_write(b, WINDOW + 16, 0);
    board_write(b, WINDOW + 20, htobe32(0x100));
    cr_assert(!memcmp(ram->host + 0x300, "in memory", 9));
}

/* What firmware does with the fixups gives the tables as they are made for that place. */
Test(fw_cfg, acpi_tables_are_relocatable)
{
    enum { AT = 0x7ffe0000 };
    struct acpi_board board = {.pci_hole = 0xc0000000, .pm_base = 0x600, .pirq = {10, 10, 11, 11},
                               .n_serial = 1};
    struct acpi_fixup fixup[ACPI_MAX_FIXUPS];
    struct buf moved = {0}, there = {0};
    unsigned n = acpi_build_relocatable(&board, &moved, fixup);
    for (unsigned i = 0; i < n; i++) {
        const struct acpi_fixup *f = &fixup[i];
        u64 v = 0;
        memcpy(&v, moved.data + f->at, f->pointer_size);
        v += AT;
        memcpy(moved.data + f->at, &v, f->pointer_size);
        u8 sum = 0;
        for (u32 k = 0; k < f->length; k++)
            sum += moved.data[f->start + k];
        moved.data[f->at] -= f->pointer_size ? 0 : sum;
    }
    board.base = AT;
    acpi_build(&board, &there);
    cr_assert_eq(moved.len, there.len);
    cr_assert(!memcmp(moved.data, there.data, there.len));
    buf_fini(&moved);
    buf_fini(&there);
}
