/* boot_elf.c - load an ELF kernel: PVH, multiboot, or a bare vmlinux */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: System V ABI (ELF); Xen "x86/HVM direct boot ABI" (PVH); Multiboot Specification 0.6.96;
 * Linux Documentation/arch/x86/boot.rst. The file is hostile: every offset in it is checked against
 * its size.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "hw/boot.h"

enum { MAX_SEGMENTS = 64, NOTE_PHYS32_ENTRY = 18 };
enum { MULTIBOOT_MAGIC = 0x1badb002, MULTIBOOT_LOADER = 0x2badb002, MULTIBOOT_SEARCH = 8192 };
enum { MULTIBOOT_NEEDS_ADDRESSES = 1 << 16, MULTIBOOT_NEEDS_VIDEO = 1 << 2 };
#define PVH_MAGIC 0x336ec578u

struct segment { /* a program header, of either class */
    u32 type;
    u64 offset, paddr, filesz, memsz, align;
};

struct elf {
    const struct config_file *file;
    bool is64;
    u64 entry;
    struct segment segment[MAX_SEGMENTS];
    unsigned n_segments;
};

bool boot_elf_matches(const struct config_file *kernel)
{
    return kernel->size >= sizeof(Elf32_Ehdr) && !memcmp(kernel->data, ELFMAG, SELFMAG);
}

static bool ill_formed(const struct elf *e, const char *what)
{
    return error_report("-kernel %s: is not an ELF kernel that can be loaded: %s", e->file->path,
                        what);
}

static struct segment segment64(const u8 *p)
{
    Elf64_Phdr h;
    memcpy(&h, p, sizeof(h));
    return (struct segment){h.p_type, h.p_offset, h.p_paddr, h.p_filesz, h.p_memsz, h.p_align};
}

static struct segment segment32(const u8 *p)
{
    Elf32_Phdr h;
    memcpy(&h, p, sizeof(h));
    return (struct segment){h.p_type, h.p_offset, h.p_paddr, h.p_filesz, h.p_memsz, h.p_align};
}

static bool read_headers(struct elf *e)
{
    const u8 *p = e->file->data;
    size_t size = e->file->size;
    u64 phoff;
    unsigned n, entsize, machine;
    e->is64 = p[EI_CLASS] == ELFCLASS64;
    if (p[EI_DATA] != ELFDATA2LSB || (!e->is64 && p[EI_CLASS] != ELFCLASS32))
        return ill_formed(e, "it is neither 32- nor 64-bit little-endian");
    if (e->is64) {
        Elf64_Ehdr h;
        if (size < sizeof(h))
            return ill_formed(e, "it is cut short");
        memcpy(&h, p, sizeof(h));
        e->entry = h.e_entry, phoff = h.e_phoff, n = h.e_phnum, entsize = h.e_phentsize,
        machine = h.e_machine;
    } else {
        Elf32_Ehdr h;
        memcpy(&h, p, sizeof(h));
        e->entry = h.e_entry, phoff = h.e_phoff, n = h.e_phnum, entsize = h.e_phentsize,
        machine = h.e_machine;
    }
    if (machine != EM_386 && machine != EM_X86_64)
        return ill_formed(e, "it is for another processor");
    if (entsize != (e->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) || n > MAX_SEGMENTS)
        return ill_formed(e, "its program headers have an unknown form");
    if (phoff > size || (u64)n * entsize > size - phoff)
        return ill_formed(e, "it is cut short");
    for (unsigned i = 0; i < n; i++) {
        struct segment s =
            e->is64 ? segment64(p + phoff + i * entsize) : segment32(p + phoff + i * entsize);
        if (s.offset > size || s.filesz > size - s.offset)
            return ill_formed(e, "a segment lies past its end");
        e->segment[e->n_segments++] = s;
    }
    return true;
}

static bool load_segments(struct elf *e, struct boot_image *img)
{
    unsigned loaded = 0;
    for (unsigned i = 0; i < e->n_segments; i++) {
        const struct segment *s = &e->segment[i];
        if (s->type != PT_LOAD || !s->memsz)
            continue;
        if (s->filesz > s->memsz)
            return ill_formed(e, "a segment is larger in the file than in memory");
        if (s->paddr < BOOT_KERNEL)
            return ill_formed(e, "it wants to be loaded below 1 MiB");
        if (s->paddr > BOOT_PCI_HOLE || s->memsz > BOOT_PCI_HOLE - s->paddr)
            return ill_formed(e, "it wants to be loaded above the low memory");
        if (!boot_put_borrowed(img, "-kernel", s->paddr, e->file->data + s->offset, s->filesz,
                               s->memsz - s->filesz))
            return false;
        img->kernel_end = MAX(img->kernel_end, s->paddr + s->memsz);
        loaded++;
    }
    return loaded ? true : ill_formed(e, "it has no segment to load");
}

static u32 read32(const u8 *p)
{
    u32 v;
    memcpy(&v, p, 4);
    return v;
}

/* The entry that a PVH note in this segment names, or 0. */
static u32 find_note(const struct elf *e, const struct segment *s)
{
    const u8 *p = e->file->data + s->offset, *end = p + s->filesz;
    u64 align = s->align == 8 ? 8 : 4;
    while (end - p >= 12) {
        u64 namesz = read32(p), descsz = read32(p + 4);
        u32 type = read32(p + 8);
        u64 desc = 12 + (namesz + align - 1) / align * align;
        u64 next = desc + (descsz + align - 1) / align * align;
        if (desc + descsz > (u64)(end - p))
            return 0;
        if (type == NOTE_PHYS32_ENTRY && namesz == 4 && !memcmp(p + 12, "Xen", 4) && descsz >= 4)
            return read32(p + desc);
        if (next >= (u64)(end - p))
            return 0;
        p += next;
    }
    return 0;
}

static u32 pvh_entry(const struct elf *e)
{
    for (unsigned i = 0; i < e->n_segments; i++)
        if (e->segment[i].type == PT_NOTE) {
            u32 entry = find_note(e, &e->segment[i]);
            if (entry)
                return entry;
        }
    return 0;
}

/* Offset of the multiboot header in the file, or -1. */
static i64 multiboot_header(const struct config_file *f)
{
    for (size_t at = 0; at + 12 <= MIN(f->size, (size_t)MULTIBOOT_SEARCH); at += 4) {
        const u8 *p = f->data + at;
        if (read32(p) == MULTIBOOT_MAGIC && read32(p) + read32(p + 4) + read32(p + 8) == 0)
            return at;
    }
    return -1;
}

static bool put_module(struct boot_image *img, const struct machine_config *cfg, u64 limit,
                       u64 *addr)
{
    *addr = 0;
    return !cfg->initrd.size || boot_place_initrd(img, &cfg->initrd, limit, addr);
}

static bool enter_pvh(struct boot_image *img, const struct machine_config *cfg, u32 entry)
{
    struct boot_e820 map[BOOT_E820_MAX];
    unsigned n = boot_e820(&img->memory, map);
    struct buf b = {0}, m = {0};
    u64 module;
    if (!boot_put_cmdline(img, cfg->append, BOOT_CMDLINE_MAX) ||
        !put_module(img, cfg, BOOT_PCI_HOLE, &module))
        return false;
    buf_put_u32(&b, PVH_MAGIC);
    buf_put_u32(&b, 1); /* version: with a memory map */
    buf_put_u32(&b, 0);
    buf_put_u32(&b, module ? 1 : 0);
    buf_put_u64(&b, module ? BOOT_INFO_MODULES : 0);
    buf_put_u64(&b, BOOT_CMDLINE);
    buf_put_u64(&b, BOOT_TABLES); /* RSDP */
    buf_put_u64(&b, BOOT_INFO_MAP);
    buf_put_u32(&b, n);
    buf_put_u32(&b, 0);
    bool ok = boot_put(img, "-kernel", BOOT_INFO, b.data, b.len);
    for (unsigned i = 0; i < n; i++) {
        buf_put_u64(&m, map[i].addr);
        buf_put_u64(&m, map[i].size);
        buf_put_u32(&m, map[i].type);
        buf_put_u32(&m, 0);
    }
    ok = ok && boot_put(img, "-kernel", BOOT_INFO_MAP, m.data, m.len);
    if (module) {
        buf_clear(&m);
        buf_put_u64(&m, module);
        buf_put_u64(&m, cfg->initrd.size);
        buf_put_u64(&m, 0);
        buf_put_u64(&m, 0);
        ok = ok && boot_put(img, "-initrd", BOOT_INFO_MODULES, m.data, m.len);
    }
    buf_fini(&b);
    buf_fini(&m);
    img->entry32 = entry;
    img->ebx = BOOT_INFO;
    return ok;
}

static bool put_multiboot_info(struct boot_image *img, const struct machine_config *cfg, u64 module)
{
    enum { MEM = 1, CMDLINE = 4, MODULES = 8, MEMORY_MAP = 64 };
    struct boot_e820 map[BOOT_E820_MAX];
    unsigned n = boot_e820(&img->memory, map);
    u32 info[29] = {0};
    info[0] = MEM | CMDLINE | MEMORY_MAP | (module ? MODULES : 0);
    info[1] = BOOT_EBDA / KiB;
    info[2] = (img->memory.low - MiB) / KiB;
    info[4] = BOOT_CMDLINE;
    info[5] = module ? 1 : 0;
    info[6] = module ? BOOT_INFO_MODULES : 0;
    info[11] = 24 * n;
    info[12] = BOOT_INFO_MAP;
    struct buf b = {0};
    for (unsigned i = 0; i < n; i++) {
        buf_put_u32(&b, 20); /* size of what follows */
        buf_put_u64(&b, map[i].addr);
        buf_put_u64(&b, map[i].size);
        buf_put_u32(&b, map[i].type);
    }
    u32 entry[4] = {module, module + cfg->initrd.size, 0, 0};
    bool ok = boot_put(img, "-kernel", BOOT_INFO, info, sizeof(info)) &&
              boot_put(img, "-kernel", BOOT_INFO_MAP, b.data, b.len) &&
              (!module || boot_put(img, "-initrd", BOOT_INFO_MODULES, entry, sizeof(entry)));
    buf_fini(&b);
    return ok;
}

static bool enter_multiboot(struct elf *e, struct boot_image *img, const struct machine_config *cfg,
                            size_t header)
{
    u32 flags = read32(e->file->data + header + 4);
    u64 module;
    if (flags & (MULTIBOOT_NEEDS_ADDRESSES | MULTIBOOT_NEEDS_VIDEO))
        return ill_formed(
            e,
            "its multiboot header asks for load addresses or a video mode; neither is supported");
    if (!boot_put_cmdline(img, cfg->append, BOOT_CMDLINE_MAX) ||
        !put_module(img, cfg, BOOT_PCI_HOLE, &module))
        return false;
    img->eax = MULTIBOOT_LOADER;
    img->ebx = BOOT_INFO;
    img->entry32 = e->entry;
    return put_multiboot_info(img, cfg, module);
}

/* A vmlinux by itself: entered as its decompressor would, with a zero page that has a header of our
 * own. */
static bool enter_linux(struct elf *e, struct boot_image *img, const struct machine_config *cfg)
{
    enum { RAMDISK = 0x218, RAMDISK_SIZE = 0x21c, CMDLINE_SIZE = 2047 };
    u8 page[4096];
    u64 module;
    boot_zero_page(img, page);
    memcpy(page + 0x1fe, (u8[]){0x55, 0xaa}, 2);
    memcpy(page + 0x202, "HdrS\x0f\x02", 6); /* protocol 2.15 */
    page[0x211] = 1;                         /* loaded high */
    if (!boot_put_cmdline(img, cfg->append, CMDLINE_SIZE) ||
        !put_module(img, cfg, 0x38000000, &module))
        return false;
    u32 at = module, size = cfg->initrd.size;
    memcpy(page + RAMDISK, &at, 4);
    memcpy(page + RAMDISK_SIZE, &size, 4);
    img->esi = BOOT_PARAMS;
    if (e->is64)
        img->entry64 = e->entry;
    else
        img->entry32 = e->entry;
    return boot_put(img, "-kernel", BOOT_PARAMS, page, sizeof(page));
}

bool boot_elf(struct boot_image *img, const struct machine_config *cfg)
{
    struct elf *e = xcalloc(1, sizeof(*e));
    e->file = &cfg->kernel;
    bool ok = read_headers(e) && load_segments(e, img);
    if (ok) {
        u32 pvh = pvh_entry(e);
        i64 header = multiboot_header(e->file);
        if (pvh)
            ok = enter_pvh(img, cfg, pvh);
        else if (e->entry > UINT32_MAX || e->entry < BOOT_KERNEL)
            ok = ill_formed(
                e, "its entry is not a physical address below 4 GiB, and it has no PVH note");
        else if (header >= 0)
            ok = enter_multiboot(e, img, cfg, header);
        else if (e->is64 && !strcmp(cfg->arch, "i386"))
            ok = ill_formed(e, "it is for 64 bits and this system has 32");
        else
            ok = enter_linux(e, img, cfg);
    }
    free(e);
    return ok;
}
