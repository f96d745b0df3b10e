/* test_boot.c - memory maps, direct boot by the protocols' documents, firmware images, and hostile
 * files */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "hw/boot.h"
#include "hw/pc.h"

static struct board *b;

static void set_up(void)
{
    b = board_new();
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(boot, .init = set_up, .fini = tear_down);

static void give(struct config_file *f, const char *name, const void *data, size_t n)
{
    free(f->path);
    free(f->data);
    f->path = xstrdup(name);
    f->data = xmalloc(n);
    memcpy(f->data, data, n);
    f->size = n;
}

static void put16(u8 *p, unsigned at, u16 v)
{
    memcpy(p + at, &v, 2);
}

static void put32(u8 *p, unsigned at, u32 v)
{
    memcpy(p + at, &v, 4);
}

static void put64(u8 *p, unsigned at, u64 v)
{
    memcpy(p + at, &v, 8);
}

/* A bzImage of 3 setup sectors and 64 KiB of code. */
enum { SETUP = 4 * 512, CODE = 64 * 1024 };
static u8 image[SETUP + CODE];

static void make_image(void)
{
    memset(image, 0, sizeof(image));
    image[0x1f1] = 3;
    put16(image, 0x1fe, 0xaa55);
    image[0x201] = 0x6a;
    memcpy(image + 0x202, "HdrS", 4);
    put16(image, 0x206, 0x20f);
    image[0x211] = 1;
    put32(image, 0x22c, 0x7fffffff);
    put32(image, 0x230, 0x200000);
    image[0x234] = 1;
    put16(image, 0x236, 1);
    put32(image, 0x238, 2047);
    put64(image, 0x258, 0x1000000);
    put32(image, 0x260, 0x200000);
    memset(image + SETUP, 0xc5, CODE);
}

static bool build_with(const void *kernel, size_t n)
{
    give(&b->config.kernel, "kernel", kernel, n);
    return pc_build(b->m);
}

static u64 read_mem(u64 addr, unsigned size)
{
    return bus_read(b->m->mem, addr, size);
}

/* ---- memory map ---- */

static void check_map(u64 low, u64 high)
{
    struct boot_e820 map[BOOT_E820_MAX];
    unsigned n = boot_e820(&(struct boot_memory){low, high}, map);
    u64 total = 0, end = 0;
    for (unsigned i = 0; i < n; i++) {
        cr_assert_geq(map[i].addr, end, "in order and without overlap");
        end = map[i].addr + map[i].size;
        if (map[i].type == BOOT_RAM)
            total += map[i].size;
    }
    /* All of it but the EBDA and what lies between 640 KiB and 1 MiB. */
    cr_assert_eq(total, low + high - MiB + 0x9fc00);
}

Test(boot, e820)
{
    check_map(2 * MiB, 0);
    check_map(256 * MiB, 0);
    check_map(3 * GiB, 0);
    check_map(3 * GiB, 5 * GiB);
}

Test(boot, large_memory_goes_round_the_pci_hole)
{
    make_image();
    b->config.ram_size = 5 * GiB;
    cr_assert(build_with(image, sizeof(image)));
    board_reset(b);
    cr_assert_eq(bus_find(b->m->mem, 3 * GiB - 1)->kind, REGION_RAM);
    cr_assert_eq(bus_find(b->m->mem, 3 * GiB)->kind, REGION_NONE);
    cr_assert_eq(bus_find(b->m->mem, 4 * GiB)->kind, REGION_RAM);
    cr_assert_eq(bus_find(b->m->mem, 6 * GiB - 1)->kind, REGION_RAM);
    cr_assert_eq(bus_find(b->m->mem, 6 * GiB)->kind, REGION_NONE);
    board_write(b, 4 * GiB, 1);
    cr_assert_eq(read_mem(0, 4), 0, "no alias");
    cr_assert_eq(bus_find(b->m->mem, 0xa0000)->kind, REGION_MMIO);
    /* The firmware's CMOS bytes: 64 KiB units from 16 MiB to 4 GiB, and above. */
    board_out(b, 0x70, 0x35);
    cr_assert_eq(board_in(b, 0x71), (3 * GiB - 16 * MiB) / (64 * KiB) >> 8);
    board_out(b, 0x70, 0x5c);
    cr_assert_eq(board_in(b, 0x71), 2 * GiB / (64 * KiB) >> 8);
}

/* ---- Linux ---- */

Test(boot, linux_zero_page)
{
    make_image();
    static u8 initrd[5000];
    memset(initrd, 0x3a, sizeof(initrd));
    give(&b->config.initrd, "initrd", initrd, sizeof(initrd));
    free(b->config.append);
    b->config.append = xstrdup("console=ttyS0 quiet");
    cr_assert(build_with(image, sizeof(image)));
    board_reset(b);

    cr_assert_eq(read_mem(0x100000, 4), 0xc5c5c5c5);
    cr_assert_eq(read_mem(BOOT_PARAMS + 0x202, 4), 0x53726448);
    cr_assert_eq(read_mem(BOOT_PARAMS + 0x210, 1), 0xff);
    cr_assert_eq(read_mem(BOOT_PARAMS + 0x214, 4), 0x100000);
    char line[32] = "";
    bus_read_bytes(b->m->mem, read_mem(BOOT_PARAMS + 0x228, 4), line, sizeof(line));
    cr_assert_str_eq(line, "console=ttyS0 quiet");
    u64 rd = read_mem(BOOT_PARAMS + 0x218, 4);
    cr_assert_eq(read_mem(BOOT_PARAMS + 0x21c, 4), sizeof(initrd));
    cr_assert_eq(rd, 128 * MiB - 8192, "at the top, on a page");
    cr_assert_eq(read_mem(rd + 4999, 1), 0x3a);
    cr_assert_eq(read_mem(BOOT_PARAMS + 0x70, 8), BOOT_TABLES);
    cr_assert_eq(read_mem(BOOT_TABLES, 8), UINT64_C(0x2052545020445352), "the RSDP");
    unsigned n = read_mem(BOOT_PARAMS + 0x1e8, 1);
    cr_assert_eq(n, 5);
    cr_assert_eq(read_mem(BOOT_PARAMS + 0x2d0 + 3 * 20, 8), MiB);
    cr_assert_eq(read_mem(BOOT_PARAMS + 0x2d0 + 3 * 20 + 8, 8), 127 * MiB);
}

Test(boot, reset_loads_again)
{
    make_image();
    cr_assert(build_with(image, sizeof(image)));
    board_reset(b);
    board_write(b, 0x100000, 0);
    board_write(b, BOOT_PARAMS + 0x202, 0);
    board_reset(b);
    cr_assert_eq(read_mem(0x100000, 4), 0xc5c5c5c5);
    cr_assert_eq(read_mem(BOOT_PARAMS + 0x202, 4), 0x53726448);
}

Test(boot, reset_vector_and_stub_parameters)
{
    make_image();
    cr_assert(build_with(image, sizeof(image)));
    board_reset(b);
    cr_assert_eq(read_mem(0xfffffff0, 1), 0xe9);
    u16 target = 0xfff3 + (u16)read_mem(0xfffffff1, 2);
    cr_assert_eq(target, 0xf000);
    cr_assert_eq(read_mem(0xfffff000, 1), 0xfa, "cli");
    cr_assert_eq(read_mem(0xffffff08, 4), BOOT_PARAMS, "ESI");
    cr_assert_eq(read_mem(0xffffff0c, 4), 0x100000);
    cr_assert_eq(read_mem(0xffffff10, 8), 0x100200);
    board_write(b, 0xfffff000, 0);
    cr_assert_eq(read_mem(0xfffff000, 1), 0xfa, "it is ROM");
}

Test(boot, old_or_broken_images_are_refused)
{
    make_image();
    put16(image, 0x206, 0x205);
    cr_assert_not(build_with(image, sizeof(image)));
}

Test(boot, image_cut_inside_its_setup_is_refused)
{
    make_image();
    cr_assert_not(build_with(image, SETUP - 1));
}

Test(boot, too_little_memory_is_said)
{
    make_image();
    b->config.ram_size = 16 * MiB;
    cr_assert_not(build_with(image, sizeof(image)));
}

Test(boot, too_long_command_line_is_refused)
{
    make_image();
    put32(image, 0x238, 10);
    free(b->config.append);
    b->config.append = xstrdup("0123456789a");
    cr_assert_not(build_with(image, sizeof(image)));
}

Test(boot, initrd_that_does_not_fit_is_refused)
{
    make_image();
    b->config.ram_size = 32 * MiB;
    u8 *big = xcalloc(1, 20 * MiB);
    give(&b->config.initrd, "initrd", big, 20 * MiB);
    free(big);
    cr_assert_not(build_with(image, sizeof(image)));
}

/* ---- ELF ---- */

static u8 elf[8192];

static size_t make_elf32(u32 type2)
{
    Elf32_Ehdr h = {.e_type = ET_EXEC,
                    .e_machine = EM_386,
                    .e_version = 1,
                    .e_entry = 0x100040,
                    .e_phoff = sizeof(h),
                    .e_ehsize = sizeof(h),
                    .e_phentsize = sizeof(Elf32_Phdr),
                    .e_phnum = 2};
    memcpy(h.e_ident, ELFMAG "\1\1\1", 7);
    Elf32_Phdr load = {.p_type = PT_LOAD,
                       .p_offset = 4096,
                       .p_paddr = 0x100000,
                       .p_vaddr = 0xc0100000,
                       .p_filesz = 256,
                       .p_memsz = 8192};
    Elf32_Phdr note = {.p_type = type2,
                       .p_offset = 4096 + 128,
                       .p_paddr = 0x100080,
                       .p_filesz = 20,
                       .p_memsz = 20,
                       .p_align = 4};
    memset(elf, 0, sizeof(elf));
    memcpy(elf, &h, sizeof(h));
    memcpy(elf + sizeof(h), &load, sizeof(load));
    memcpy(elf + sizeof(h) + sizeof(load), &note, sizeof(note));
    memset(elf + 4096, 0x77, 256);
    memcpy(elf + 4096 + 128, "\4\0\0\0\4\0\0\0\x12\0\0\0Xen\0\x55\x00\x10\x00", 20);
    return 4096 + 256;
}

Test(boot, pvh)
{
    cr_assert(build_with(elf, make_elf32(PT_NOTE)));
    board_reset(b);
    board_write(b, 0x100000 + 4096, 0x99);
    board_reset(b);
    cr_assert_eq(read_mem(0x100000, 1), 0x77);
    cr_assert_eq(read_mem(0x100000 + 4096, 4), 0,
                 "the rest of the segment is cleared at each reset");
    cr_assert_eq(read_mem(0xffffff0c, 4), 0x100055, "the note's entry, not the header's");
    cr_assert_eq(read_mem(0xffffff10, 8), 0);
    u32 info = read_mem(0xffffff04, 4);
    cr_assert_eq(read_mem(info, 4), 0x336ec578);
    cr_assert_eq(read_mem(info + 4, 4), 1);
    cr_assert_eq(read_mem(info + 32, 8), BOOT_TABLES);
    cr_assert_eq(read_mem(info + 48, 4), 5);
    cr_assert_eq(read_mem(read_mem(info + 40, 8) + 8, 8), BOOT_EBDA);
}

Test(boot, multiboot)
{
    size_t n = make_elf32(PT_NULL);
    put32(elf, 4096 + 192, 0x1badb002);
    put32(elf, 4096 + 196, 3);
    put32(elf, 4096 + 200, -(0x1badb002 + 3));
    give(&b->config.initrd, "module", "abcd", 4);
    cr_assert(build_with(elf, n));
    board_reset(b);
    cr_assert_eq(read_mem(0xffffff00, 4), 0x2badb002);
    cr_assert_eq(read_mem(0xffffff0c, 4), 0x100040);
    u32 info = read_mem(0xffffff04, 4);
    cr_assert_eq(read_mem(info, 4) & 0x4d, 0x4d);
    cr_assert_eq(read_mem(info + 4, 4), 639);
    cr_assert_eq(read_mem(info + 8, 4), 127 * 1024);
    cr_assert_eq(read_mem(info + 20, 4), 1);
    u32 module = read_mem(read_mem(info + 24, 4), 4);
    cr_assert_eq(read_mem(module, 4), 0x64636261);
    cr_assert_eq(read_mem(info + 44, 4), 5 * 24);
    cr_assert_eq(read_mem(read_mem(info + 48, 4), 4), 20);
}

Test(boot, vmlinux_by_the_linux_protocol)
{
    cr_assert(build_with(elf, make_elf32(PT_NULL)));
    board_reset(b);
    cr_assert_eq(read_mem(0xffffff08, 4), BOOT_PARAMS);
    cr_assert_eq(read_mem(0xffffff0c, 4), 0x100040);
    cr_assert_eq(read_mem(BOOT_PARAMS + 0x202, 4), 0x53726448);
}

static bool try_file(const u8 *data, size_t n)
{
    struct board *t = board_new();
    struct board *keep = b;
    b = t;
    t->config.ram_size = 32 * MiB;
    bool ok = build_with(data, n);
    if (ok)
        board_reset(t);
    b = keep;
    board_delete(t);
    return ok;
}

/* Flipped and cut files load or are refused; nothing is read or written outside of file and guest
 * (the sanitizers' build says so). */
Test(boot, hostile_files)
{
    u64 seed = 12345;
    unsigned refused = 0;
    for (unsigned i = 0; i < 300; i++) {
        bool linux_image = i & 1;
        u8 *data;
        size_t n;
        if (linux_image) {
            make_image();
            data = image, n = sizeof(image);
        } else {
            n = make_elf32(i & 2 ? PT_NOTE : PT_NULL);
            data = elf;
        }
        for (unsigned k = 0; k < 1 + i % 8; k++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            size_t at = (seed >> 33) % (linux_image ? 0x270 : 0x80);
            data[linux_image ? (at < 0x1f0 ? at + 0x80 : at) : at] ^= 1 << (seed >> 60 & 7);
        }
        if (i % 5 == 0)
            n = seed >> 20 & (n - 1) & 0x1fff;
        refused += !try_file(data, n);
    }
    cr_assert_gt(refused, 50);
    cr_assert_lt(refused, 300);
}

Test(boot, nothing_to_start)
{
    cr_assert_not(pc_build(b->m));
}

Test(boot, text_is_no_kernel)
{
    cr_assert_not(build_with("hello", 5));
}

/* ---- firmware ---- */

Test(boot, firmware_is_mapped_twice)
{
    u8 *rom = xmalloc(256 * KiB);
    for (unsigned i = 0; i < 256 * KiB; i++)
        rom[i] = i >> 12;
    give(&b->config.bios, "rom", rom, 256 * KiB);
    free(rom);
    cr_assert(pc_build(b->m));
    board_reset(b);
    cr_assert_eq(read_mem(0xfffff000, 1), 63);
    cr_assert_eq(read_mem(4 * GiB - 256 * KiB, 1), 0);
    cr_assert_eq(read_mem(0xfffff, 1), 63);
    cr_assert_eq(read_mem(0xe0000, 1), 32);
    cr_assert_eq(bus_find(b->m->mem, 0xdffff)->kind, REGION_NONE);
}

Test(boot, firmware_of_a_wrong_size_is_refused)
{
    u8 rom[100] = {0};
    give(&b->config.bios, "rom", rom, sizeof(rom));
    cr_assert_not(pc_build(b->m));
}

/* ---- the board's options ---- */

static bool build_with_device(const char *text)
{
    make_image();
    b->config.device[0] = xstrdup(text);
    return build_with(image, sizeof(image));
}

Test(boot, debug_exit)
{
    cr_assert(build_with_device("isa-debug-exit,iobase=0xf4,iosize=4"));
    board_reset(b);
    board_out(b, 0xf4, 0x10);
    cr_assert_eq(b->m->request, REQUEST_EXIT);
    cr_assert_eq(b->m->request_code, 0x21);
}

Test(boot, unknown_device_is_refused)
{
    cr_assert_not(build_with_device("floppy-of-ninety-tracks"));
}

Test(boot, unknown_property_is_refused)
{
    cr_assert_not(build_with_device("isa-debug-exit,color=red"));
}

Test(boot, property_without_a_number_is_refused)
{
    cr_assert_not(build_with_device("isa-debug-exit,iobase="));
}

Test(boot, four_serial_ports)
{
    make_image();
    b->config.n_serial = 4;
    cr_assert(build_with(image, sizeof(image)));
    cr_assert_eq(b->m->n_ports, 4);
    cr_assert_str_eq(port_name(b->m->port[3]), "serial3");
    board_reset(b);
    static const u16 base[] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};
    for (unsigned i = 0; i < 4; i++) {
        board_out(b, base[i] + 7, i + 1);
        cr_assert_eq(board_in(b, base[i] + 7), i + 1);
    }
}

/* The whole board's state is complete: saved, changed, loaded, it is the same. */
Test(boot, state_survives_a_round_trip)
{
    make_image();
    cr_assert(build_with(image, sizeof(image)));
    board_reset(b);
    board_out(b, 0x43, 0x34), board_out(b, 0x40, 0x10), board_out(b, 0x40, 0x20);
    board_out(b, 0x21, 0x55);
    board_run(b, 123456);
    struct buf saved[64] = {{0}};
    for (u32 i = 0; i < b->m->n_devices; i++)
        state_save(b->m->device[i]->type->state, b->m->device[i], &saved[i]);
    board_run(b, 987654);
    board_out(b, 0x21, 0xaa), board_out(b, 0x43, 0xb6), board_out(b, 0x64, 0xaa);
    board_out32(b, 0xcf8, 0x80000058), board_out32(b, 0xcfc, 0);
    board_reset(b);
    for (u32 i = 0; i < b->m->n_devices; i++) {
        struct device *d = b->m->device[i];
        struct reader r = reader_of(saved[i].data, saved[i].len);
        state_load(d->type->state, d, &r);
        cr_assert_not(r.bad);
        cr_assert_eq(reader_left(&r), 0);
        if (d->type->after_load)
            d->type->after_load(d);
        struct buf again = {0};
        state_save(d->type->state, d, &again);
        cr_assert_eq(again.len, saved[i].len);
        cr_assert(!memcmp(again.data, saved[i].data, again.len), "%s", d->name);
        buf_fini(&again);
        buf_fini(&saved[i]);
    }
    cr_assert_eq(bus_find(b->m->mem, 0xf0000)->kind, REGION_RAM, "the map follows the registers");
}

/* Any bytes may be loaded as state; nothing may be reached outside of it afterwards. */
static void load_junk(struct device *d, u64 *seed)
{
    size_t n = state_size(d->type->state);
    u8 *junk = xmalloc(n);
    for (size_t i = 0; i < n; i++) {
        *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        junk[i] = *seed >> 56;
    }
    struct reader r = reader_of(junk, n);
    state_load(d->type->state, d, &r);
    if (d->type->after_load)
        d->type->after_load(d);
    free(junk);
}

Test(boot, hostile_state)
{
    u64 seed = 99;
    make_image();
    b->config.n_serial = 2;
    cr_assert(build_with(image, sizeof(image)));
    board_reset(b);
    for (unsigned round = 0; round < 50; round++) {
        for (u32 i = 0; i < b->m->n_devices; i++)
            load_junk(b->m->device[i], &seed);
        for (unsigned k = 0; k < 2000; k++) {
            u16 port = seed >> 40 & (k & 1 ? 0xff : 0x3ff);
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            board_out(b, port, seed >> 33);
            board_in(b, seed >> 45 & 0xff);
        }
        for (u32 i = 0; i < b->m->n_devices; i++) {
            struct buf text = {0};
            struct device *d = b->m->device[i];
            b->m->clock.icount += 12345;
            if (d->type->tick)
                d->type->tick(d);
            if (d->type->info)
                d->type->info(d, &text);
            buf_fini(&text);
        }
        for (u32 i = 0; i < b->m->n_ports; i++) {
            port_post(b->m->port[i], (const u8 *)"0123456789abcdefghij", 20);
            door_deliver_due(b->m->door);
        }
    }
    board_reset(b);
    cr_assert_eq(read_mem(0xfffffff0, 1), 0xe9);
}
