/* boot_linux.c - load a Linux bzImage, and everything else that follows its boot protocol */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sources: Linux Documentation/arch/x86/boot.rst and zero-page.rst. The file is hostile. */
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "hw/boot.h"

enum { /* offsets in the zero page, and in the first sectors of the file */
       ZP_SCREEN_MODE = 0x006,
       ZP_SCREEN_COLUMNS = 0x007,
       ZP_SCREEN_EGA_BX = 0x00a,
       ZP_SCREEN_LINES = 0x00e,
       ZP_SCREEN_IS_VGA = 0x00f,
       ZP_SCREEN_POINTS = 0x010,
       ZP_ACPI_RSDP = 0x070,
       ZP_ALT_MEM_K = 0x1e0,
       ZP_E820_ENTRIES = 0x1e8,
       H_SETUP_SECTS = 0x1f1,
       H_VID_MODE = 0x1fa,
       H_BOOT_FLAG = 0x1fe,
       H_JUMP_END = 0x201,
       H_MAGIC = 0x202,
       H_VERSION = 0x206,
       H_LOADER = 0x210,
       H_LOADFLAGS = 0x211,
       H_CODE32_START = 0x214,
       H_RAMDISK = 0x218,
       H_RAMDISK_SIZE = 0x21c,
       H_CMDLINE = 0x228,
       H_INITRD_MAX = 0x22c,
       H_ALIGNMENT = 0x230,
       H_RELOCATABLE = 0x234,
       H_XLOADFLAGS = 0x236,
       H_CMDLINE_SIZE = 0x238,
       H_PREF_ADDRESS = 0x258,
       H_INIT_SIZE = 0x260,
       H_END_MAX = 0x290,
       ZP_E820_TABLE = 0x2d0,
};
enum { LOADED_HIGH = 1, XLF_KERNEL_64 = 1, LOADER_UNKNOWN = 0xff, VID_MODE_NORMAL = 0xffff };
enum { ENTRY64 = 0x200 }; /* from where the protected-mode code was loaded */

static u16 get16(const u8 *p, unsigned at)
{
    u16 v;
    memcpy(&v, p + at, 2);
    return v;
}

static u32 get32(const u8 *p, unsigned at)
{
    u32 v;
    memcpy(&v, p + at, 4);
    return v;
}

static u64 get64(const u8 *p, unsigned at)
{
    u64 v;
    memcpy(&v, p + at, 8);
    return v;
}

static void put32(u8 *p, unsigned at, u32 v)
{
    memcpy(p + at, &v, 4);
}

static void put64(u8 *p, unsigned at, u64 v)
{
    memcpy(p + at, &v, 8);
}

bool boot_linux_matches(const struct config_file *kernel)
{
    return kernel->size >= H_END_MAX && !memcmp(kernel->data + H_MAGIC, "HdrS", 4) &&
           get16(kernel->data, H_BOOT_FLAG) == 0xaa55;
}

/* struct screen_info of include/uapi/linux/screen_info.h: mode 3 on a colour display. */
static void put_text_screen(u8 page[4096])
{
    page[ZP_SCREEN_MODE] = 3;
    page[ZP_SCREEN_COLUMNS] = 80;
    page[ZP_SCREEN_EGA_BX] = 3; /* 256 KiB */
    page[ZP_SCREEN_LINES] = 25;
    page[ZP_SCREEN_IS_VGA] = 1;
    page[ZP_SCREEN_POINTS] = 16;
}

void boot_zero_page(const struct boot_image *img, u8 page[4096])
{
    struct boot_e820 map[BOOT_E820_MAX];
    unsigned n = boot_e820(&img->memory, map);
    memset(page, 0, 4096);
    for (unsigned i = 0; i < n; i++) {
        put64(page, ZP_E820_TABLE + 20 * i, map[i].addr);
        put64(page, ZP_E820_TABLE + 20 * i + 8, map[i].size);
        put32(page, ZP_E820_TABLE + 20 * i + 16, map[i].type);
    }
    page[ZP_E820_ENTRIES] = n;
    if (img->text_screen)
        put_text_screen(page);
    put32(page, ZP_ALT_MEM_K, MIN((img->memory.low - MiB) / KiB, (u64)UINT32_MAX));
    put64(page, ZP_ACPI_RSDP, BOOT_TABLES);
    page[H_VID_MODE] = VID_MODE_NORMAL & 0xff;
    page[H_VID_MODE + 1] = VID_MODE_NORMAL >> 8;
    page[H_LOADER] = LOADER_UNKNOWN;
    put32(page, H_CMDLINE, BOOT_CMDLINE);
}

/* Whether its header is one that we can follow; reported if not. */
static bool check_header(const struct config_file *k, size_t *setup_size)
{
    const u8 *h = k->data;
    unsigned version = get16(h, H_VERSION), sectors = h[H_SETUP_SECTS] ? h[H_SETUP_SECTS] : 4;
    *setup_size = (sectors + 1) * 512;
    if (version < 0x206)
        return error_report(
            "-kernel %s: follows boot protocol %u.%02u; 2.06 is the oldest supported", k->path,
            version >> 8, version & 0xff);
    if (!(h[H_LOADFLAGS] & LOADED_HIGH))
        return error_report("-kernel %s: is a zImage, which is loaded low; use a bzImage", k->path);
    if (*setup_size >= k->size)
        return error_report("-kernel %s: is cut short: it ends inside its setup code", k->path);
    return true;
}

/* Up to where the kernel uses memory before it has read the map: where it was loaded, and where it
 * will decompress itself to. */
static u64 kernel_end(const u8 *h, u64 load, size_t size)
{
    u64 end = load + size;
    if (get16(h, H_VERSION) < 0x20a)
        return end;
    u64 init_size = get32(h, H_INIT_SIZE), align = MAX(get32(h, H_ALIGNMENT), 1u);
    u64 start = get64(h, H_PREF_ADDRESS);
    if (h[H_RELOCATABLE] && start < load)
        start = (load + align - 1) / align * align;
    return start < BOOT_PCI_HOLE ? MAX(end, start + init_size) : end;
}

bool boot_linux(struct boot_image *img, const struct machine_config *cfg)
{
    const struct config_file *k = &cfg->kernel;
    const u8 *h = k->data;
    size_t setup_size;
    if (!check_header(k, &setup_size))
        return false;
    unsigned version = get16(h, H_VERSION);
    u64 load = BOOT_KERNEL;
    size_t size = k->size - setup_size;
    if (!boot_put_borrowed(img, "-kernel", load, h + setup_size, size, 0))
        return false;
    img->kernel_end = kernel_end(h, load, size);
    if (img->kernel_end > img->memory.low)
        return error_report("-kernel %s: needs %llu MiB of memory to start; give more with -m",
                            k->path, (unsigned long long)((img->kernel_end + MiB - 1) / MiB));

    u8 page[4096];
    boot_zero_page(img, page);
    u8 ours[H_END_MAX];
    memcpy(ours, page, sizeof(ours));
    size_t header_end = MIN((size_t)H_MAGIC + h[H_JUMP_END], (size_t)H_END_MAX);
    memcpy(page + H_SETUP_SECTS, h + H_SETUP_SECTS, header_end - H_SETUP_SECTS);
    memcpy(page + H_VID_MODE, ours + H_VID_MODE, 2);
    page[H_LOADER] = LOADER_UNKNOWN;
    put32(page, H_CODE32_START, load);
    put32(page, H_CMDLINE, BOOT_CMDLINE);

    if (!boot_put_cmdline(img, cfg->append,
                          get32(h, H_CMDLINE_SIZE) ? get32(h, H_CMDLINE_SIZE) : 255))
        return false;
    if (cfg->initrd.size) {
        u64 at;
        if (!boot_place_initrd(img, &cfg->initrd, (u64)get32(h, H_INITRD_MAX) + 1, &at))
            return false;
        put32(page, H_RAMDISK, at);
        put32(page, H_RAMDISK_SIZE, cfg->initrd.size);
    }
    img->esi = BOOT_PARAMS;
    img->entry32 = load;
    if (version >= 0x20c && (get16(h, H_XLOADFLAGS) & XLF_KERNEL_64))
        img->entry64 = load + ENTRY64;
    return boot_put(img, "-kernel", BOOT_PARAMS, page, sizeof(page));
}
