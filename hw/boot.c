/* boot.c - start a guest: a kernel that is loaded directly, or a firmware image */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/boot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "hw/acpi.h"
#include "hw/piix3.h"
#include "hw/vga.h"

#define ROM_BASE UINT64_C(0xfffff000)
enum {
    ROM_PARAMS = 0xf00,
    ROM_GDTR32 = 0xf40,
    ROM_GDTR64 = 0xf48,
    ROM_GDT32 = 0xf50,
    ROM_GDT64 = 0xf70,
    ROM_RESET = 0xff0
};
enum { LOCAL_APIC = 0xfee00000u };

static const u8 pirq_route[4] = BOOT_PIRQ_ROUTE;

#define BOOT_STATE(F, A, S, T) F(T, u32, starts) /* how often the machine was reset */

struct boot {
    struct device dev;
    STATE_MEMBERS(BOOT_STATE)
    struct boot_image image;
    u8 rom[4096];
};
STATE_DESC(boot_state, "boot", struct boot, BOOT_STATE);

/* At 0xfffff000, reached from the reset vector. Its parameters are at 0xffffff00: EAX, EBX, ESI,
 * 32-bit entry, 64-bit entry (a quadword), CR3, ESP. */
static const u8 stub[] = {
    /* real mode, CS base 0xffff0000, here is IP 0xf000 */
    0xfa,                                           /* cli */
    0xfc,                                           /* cld */
    0x2e, 0x66, 0x0f, 0x01, 0x16, 0x40, 0xff,       /* lgdtl %cs:0xff40 */
    0x0f, 0x20, 0xc0,                               /* mov %cr0,%eax */
    0x0c, 0x01,                                     /* or $0x1,%al */
    0x0f, 0x22, 0xc0,                               /* mov %eax,%cr0 */
    0x66, 0xea, 0x19, 0xf0, 0xff, 0xff, 0x10, 0x00, /* ljmpl $0x10,$0xfffff019 */
    /* protected mode */
    0xb8, 0x18, 0x00, 0x00, 0x00,                   /* mov $0x18,%eax */
    0x8e, 0xd8,                                     /* mov %eax,%ds */
    0x8e, 0xc0,                                     /* mov %eax,%es */
    0x8e, 0xe0,                                     /* mov %eax,%fs */
    0x8e, 0xe8,                                     /* mov %eax,%gs */
    0x8e, 0xd0,                                     /* mov %eax,%ss */
    0xbf, 0x00, 0xff, 0xff, 0xff,                   /* mov $0xffffff00,%edi */
    0x8b, 0x67, 0x1c,                               /* mov 0x1c(%edi),%esp */
    0x83, 0x7f, 0x10, 0x00,                         /* cmpl $0x0,0x10(%edi): a 64-bit entry? */
    0x74, 0x4e,                                     /* je enter32 */
    0xb8, 0x00, 0x00, 0x00, 0x80,                   /* mov $0x80000000,%eax */
    0x0f, 0xa2,                                     /* cpuid */
    0x3d, 0x01, 0x00, 0x00, 0x80,                   /* cmp $0x80000001,%eax */
    0x72, 0x40,                                     /* jb enter32 */
    0xb8, 0x01, 0x00, 0x00, 0x80,                   /* mov $0x80000001,%eax */
    0x0f, 0xa2,                                     /* cpuid */
    0x0f, 0xba, 0xe2, 0x1d,                         /* bt $29,%edx: long mode? */
    0x73, 0x33,                                     /* jae enter32 */
    0x0f, 0x20, 0xe0,                               /* mov %cr4,%eax */
    0x83, 0xc8, 0x20,                               /* or $0x20,%eax: PAE */
    0x0f, 0x22, 0xe0,                               /* mov %eax,%cr4 */
    0x8b, 0x47, 0x18,                               /* mov 0x18(%edi),%eax */
    0x0f, 0x22, 0xd8,                               /* mov %eax,%cr3 */
    0xb9, 0x80, 0x00, 0x00, 0xc0,                   /* mov $0xc0000080,%ecx: EFER */
    0x0f, 0x32,                                     /* rdmsr */
    0x0d, 0x00, 0x01, 0x00, 0x00,                   /* or $0x100,%eax: LME */
    0x0f, 0x30,                                     /* wrmsr */
    0x0f, 0x20, 0xc0,                               /* mov %cr0,%eax */
    0x0d, 0x00, 0x00, 0x00, 0x80,                   /* or $0x80000000,%eax: PG */
    0x0f, 0x22, 0xc0,                               /* mov %eax,%cr0 */
    0x0f, 0x01, 0x57, 0x48,                         /* lgdtl 0x48(%edi) */
    0xea, 0x9e, 0xf0, 0xff, 0xff, 0x10, 0x00,       /* ljmp $0x10,$0xfffff09e */
    /* enter32: */
    0x8b, 0x07,                                     /* mov (%edi),%eax */
    0x8b, 0x5f, 0x04,                               /* mov 0x4(%edi),%ebx */
    0x8b, 0x77, 0x08,                               /* mov 0x8(%edi),%esi */
    0x8b, 0x4f, 0x0c,                               /* mov 0xc(%edi),%ecx */
    0x85, 0xc9,                                     /* test %ecx,%ecx */
    0x74, 0x08,                                     /* je none */
    0x31, 0xd2,                                     /* xor %edx,%edx */
    0x31, 0xed,                                     /* xor %ebp,%ebp */
    0x31, 0xff,                                     /* xor %edi,%edi */
    0xff, 0xe1,                                     /* jmp *%ecx */
    0xf4,                                           /* none: hlt, for good */
    0xeb, 0xfd,                                     /* jmp none */
    /* 64-bit mode */
    0xbf, 0x00, 0xff, 0xff, 0xff,                   /* mov $0xffffff00,%edi */
    0xb8, 0x18, 0x00, 0x00, 0x00,                   /* mov $0x18,%eax */
    0x8e, 0xd8,                                     /* mov %eax,%ds */
    0x8e, 0xc0,                                     /* mov %eax,%es */
    0x8e, 0xd0,                                     /* mov %eax,%ss */
    0x8b, 0x77, 0x08,                               /* mov 0x8(%rdi),%esi */
    0x48, 0x8b, 0x4f, 0x10,                         /* mov 0x10(%rdi),%rcx */
    0x31, 0xc0,                                     /* xor %eax,%eax */
    0x31, 0xdb,                                     /* xor %ebx,%ebx */
    0x31, 0xd2,                                     /* xor %edx,%edx */
    0x31, 0xed,                                     /* xor %ebp,%ebp */
    0x31, 0xff,                                     /* xor %edi,%edi */
    0xff, 0xe1,                                     /* jmp *%rcx */
};

unsigned boot_e820(const struct boot_memory *mem, struct boot_e820 out[BOOT_E820_MAX])
{
    unsigned n = 0;
    out[n++] = (struct boot_e820){0, BOOT_EBDA, BOOT_RAM};
    out[n++] = (struct boot_e820){BOOT_EBDA, 0xa0000 - BOOT_EBDA, BOOT_RESERVED};
    out[n++] = (struct boot_e820){BOOT_TABLES, 0x100000 - BOOT_TABLES, BOOT_RESERVED};
    out[n++] = (struct boot_e820){0x100000, mem->low - 0x100000, BOOT_RAM};
    out[n++] = (struct boot_e820){ROM_BASE, 4096, BOOT_RESERVED};
    if (mem->high)
        out[n++] = (struct boot_e820){4 * GiB, mem->high, BOOT_RAM};
    return n;
}

static bool fits(const struct boot_image *img, u64 addr, u64 len)
{
    if (addr < BOOT_KERNEL)
        return len <= BOOT_KERNEL - addr; /* our own things */
    return addr <= img->memory.low && len <= img->memory.low - addr;
}

bool boot_put_borrowed(struct boot_image *img, const char *option, u64 addr, const void *data,
                       size_t len, size_t zeros)
{
    if (!fits(img, addr, (u64)len + zeros))
        return error_report("%s: %zu bytes at %#" PRIx64 " do not fit into the %" PRIu64
                            " MiB of low memory; "
                            "give more with -m",
                            option, len + zeros, addr, img->memory.low / MiB);
    img->chunk = xrealloc(img->chunk, (img->n_chunks + 1) * sizeof(*img->chunk));
    img->chunk[img->n_chunks++] = (struct boot_chunk){addr, data, len, zeros, NULL};
    return true;
}

bool boot_put(struct boot_image *img, const char *option, u64 addr, const void *data, size_t len)
{
    if (!boot_put_borrowed(img, option, addr, NULL, len, 0))
        return false;
    struct boot_chunk *c = &img->chunk[img->n_chunks - 1];
    c->owned = xmalloc(MAX(len, (size_t)1));
    memcpy(c->owned, data, len);
    c->data = c->owned;
    return true;
}

bool boot_place_initrd(struct boot_image *img, const struct config_file *initrd, u64 limit,
                       u64 *addr)
{
    u64 top = MIN(img->memory.low, limit);
    if (initrd->size > top || ((top - initrd->size) & ~(PAGE_SIZE - 1)) < img->kernel_end)
        return error_report(
            "-initrd %s: its %zu bytes do not fit into memory behind the kernel, which ends at "
            "%" PRIu64 " MiB; give more with -m",
            initrd->path, initrd->size, (img->kernel_end + MiB - 1) / MiB);
    *addr = (top - initrd->size) & ~(PAGE_SIZE - 1);
    return boot_put_borrowed(img, "-initrd", *addr, initrd->data, initrd->size, 0);
}

bool boot_put_cmdline(struct boot_image *img, const char *append, size_t most)
{
    size_t n = append ? strlen(append) : 0;
    most = MIN(most, (size_t)BOOT_CMDLINE_MAX - 1);
    if (n > most)
        return error_report("-append: %zu characters are too long: this kernel takes %zu", n, most);
    return boot_put(img, "-append", BOOT_CMDLINE, append ? append : "", n + 1);
}

/* The processor's start: stub, parameters, descriptors, and the reset vector's jump. */
static void make_rom(struct boot *s)
{
    static const u8 gdtr32[6] = {31, 0, 0x50, 0xff, 0xff, 0xff},
                    gdtr64[6] = {31, 0, 0x70, 0xff, 0xff, 0xff};
    /* Flat code and data with their accessed bits set, as ROM cannot take them. Selectors 0x10 and
     * 0x18. */
    static const u64 code32 = UINT64_C(0x00cf9b000000ffff), code64 = UINT64_C(0x00af9b000000ffff),
                     data = UINT64_C(0x00cf93000000ffff);
    const struct boot_image *img = &s->image;
    u32 params[8] = {img->eax,     img->ebx, img->esi,         img->entry32,
                     img->entry64, 0,        BOOT_PAGE_TABLES, BOOT_STACK};

    _Static_assert(sizeof(stub) <= ROM_PARAMS, "the stub ends before its parameters");
    memset(s->rom, 0xff, sizeof(s->rom));
    memcpy(s->rom, stub, sizeof(stub));
    memcpy(s->rom + ROM_PARAMS, params, sizeof(params));
    memcpy(s->rom + ROM_GDTR32, gdtr32, sizeof(gdtr32));
    memcpy(s->rom + ROM_GDTR64, gdtr64, sizeof(gdtr64));
    memset(s->rom + ROM_GDT32, 0, 64);
    memcpy(s->rom + ROM_GDT32 + 0x10, &code32, 8);
    memcpy(s->rom + ROM_GDT32 + 0x18, &data, 8);
    memcpy(s->rom + ROM_GDT64 + 0x08, &code32, 8);
    memcpy(s->rom + ROM_GDT64 + 0x10, &code64, 8);
    memcpy(s->rom + ROM_GDT64 + 0x18, &data, 8);
    memcpy(s->rom + ROM_RESET, (u8[]){0xe9, 0x0d, 0xf0}, 3); /* jmp 0xf000 */
}

/* The first 4 GiB, each at its own address, in pages of 2 MiB. */
static bool put_page_tables(struct boot_image *img)
{
    enum { PRESENT = 1, WRITE = 2, ACCESSED = 32, DIRTY = 64, LARGE = 128, N_DIRECTORIES = 4 };
    u64 table[2 + N_DIRECTORIES][512] = {0};
    u64 at = BOOT_PAGE_TABLES;
    table[0][0] = (at + PAGE_SIZE) | PRESENT | WRITE | ACCESSED;
    for (unsigned d = 0; d < N_DIRECTORIES; d++) {
        table[1][d] = (at + (2 + d) * PAGE_SIZE) | PRESENT | WRITE | ACCESSED;
        for (unsigned i = 0; i < 512; i++)
            table[2 + d][i] = (d * GiB + i * 2 * MiB) | PRESENT | WRITE | ACCESSED | DIRTY | LARGE;
    }
    return boot_put(img, "-kernel", at, table, sizeof(table));
}

/* What an operating system looks for in the BIOS data area: serial ports, size of low memory, the
 * EBDA, the video mode. */
static bool put_bda(struct boot_image *img, unsigned n_serial)
{
    static const u16 base[CONFIG_MAX_SERIAL] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};
    u8 bda[256] = {0};
    u16 ebda = BOOT_EBDA >> 4, kilobytes = BOOT_EBDA / KiB;
    memcpy(bda, base, 2 * MIN(n_serial, (unsigned)CONFIG_MAX_SERIAL));
    memcpy(bda + 0x0e, &ebda, 2);
    memcpy(bda + 0x13, &kilobytes, 2);
    if (img->text_screen) {
        memcpy(bda + 0x49, (u8[]){3, 80, 0, 0, 0x10}, 5);         /* mode, columns, size of a page */
        memcpy(bda + 0x60, (u8[]){0x0e, 0x0d, 0, 0xd4, 0x03}, 5); /* cursor, page, CRTC's port */
        memcpy(bda + 0x84, (u8[]){24, 16, 0}, 3);                 /* last row, lines in a row */
    }
    return boot_put(img, "-kernel", BOOT_BDA, bda, sizeof(bda));
}

static bool put_tables(struct boot_image *img, unsigned n_serial, bool hpet)
{
    struct acpi_board board = {
        .base = BOOT_TABLES,
        .pci_hole = BOOT_PCI_HOLE,
        .pm_base = BOOT_PM_BASE,
        .n_serial = n_serial,
        .hpet = hpet,
    };
    struct buf tables = {0};
    memcpy(board.pirq, pirq_route, sizeof(pirq_route));
    acpi_build(&board, &tables);
    bool ok = boot_put(img, "-kernel", BOOT_TABLES, tables.data, tables.len);
    buf_fini(&tables);
    return ok;
}

static void set_config(struct machine *m, unsigned devfn, unsigned offset, u32 value, unsigned size)
{
    bus_write(m->io, 0xcf8, UINT32_C(0x80000000) | devfn << 8 | (offset & 0xfc), 4);
    bus_write(m->io, 0xcfc + (offset & 3), value, size);
}

/* The registers as firmware leaves them. */
static void set_up_chipset(struct machine *m)
{
    set_config(m, PCI_DEVFN(0, 0), 0x59, 0x30, 1); /* PAM: 0xc0000 to 0xfffff is RAM */
    for (unsigned i = 0; i < 6; i++)
        set_config(m, PCI_DEVFN(0, 0), 0x5a + i, 0x33, 1);
    for (unsigned i = 0; i < 4; i++)
        set_config(m, PIIX3_DEVFN, 0x60 + i, pirq_route[i], 1);
    bus_write(m->io, 0x4d1, 0x0e, 1); /* IRQ 9, 10 and 11 are level-triggered */

    set_config(m, PIIX4_PM_DEVFN, 0x40, BOOT_PM_BASE | 1, 4);
    set_config(m, PIIX4_PM_DEVFN, 0x80, 1, 1);
    set_config(m, PIIX4_PM_DEVFN, PCI_COMMAND, PCI_COMMAND_IO, 2);
    set_config(m, PIIX4_PM_DEVFN, PCI_INT_LINE, 9, 1);
    bus_write(m->io, BOOT_PM_BASE + PM_CONTROL, 1, 2); /* SCI_EN */
    /* The IDE controller, where there is one: channels decoded, bus master on. */
    set_config(m, PCI_DEVFN(1, 1), 0x40, 0x80008000, 4);
    set_config(m, PCI_DEVFN(1, 1), 0x20, BOOT_IDE_BASE | 1, 4);
    set_config(m, PCI_DEVFN(1, 1), PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
    /* And the display. */
    set_config(m, VGA_DEVFN, PCI_BAR0 + 4 * VGA_BAR_FRAMEBUFFER, BOOT_FRAMEBUFFER, 4);
    set_config(m, VGA_DEVFN, PCI_BAR0 + 4 * VGA_BAR_REGISTERS, BOOT_VGA_REGISTERS, 4);
    set_config(m, VGA_DEVFN, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY, 2);
    bus_write(m->io, 0xcf8, 0, 4);

    bus_write(m->mem, LOCAL_APIC + 0x0f0, 0x10f, 4); /* virtual wire: the PIC through LINT0, */
    bus_write(m->mem, LOCAL_APIC + 0x350, 0x700, 4);
    bus_write(m->mem, LOCAL_APIC + 0x360, 0x400, 4); /* NMI through LINT1 */
}

static void put_zeros(struct bus *mem, u64 addr, size_t n)
{
    static const u8 zeros[4096];
    for (size_t k; n; n -= k, addr += k) {
        k = MIN(n, sizeof(zeros));
        bus_write_bytes(mem, addr, zeros, k, false);
    }
}

/* Who jumps to the reset vector in real mode (Linux with reboot=bios) wants a reset. */
static void put_restart(struct bus *mem)
{
    static const u8 code[] = {
        0xba, 0xf9, 0x0c, /*    mov $0xcf9, %dx */
        0xb0, 0x06,       /*    mov $6, %al */
        0xee,             /*    out %al, %dx */
        0xf4, 0xeb, 0xfd, /* 1: hlt; jmp 1b */
    };
    bus_write_bytes(mem, 0xffff0, code, sizeof(code), false);
}

static void reset(struct device *d)
{
    struct boot *s = (struct boot *)d;
    struct machine *m = d->machine;
    s->starts++;
    if (!s->image.n_chunks)
        return; /* firmware does it all */
    set_up_chipset(m);
    bus_write_bytes(m->mem, ROM_BASE, s->rom, sizeof(s->rom), true);
    put_restart(m->mem);
    if (s->image.text_screen)
        vga_set_text_mode(m, &m->config->vgabios);
    for (unsigned i = 0; i < s->image.n_chunks; i++) {
        const struct boot_chunk *c = &s->image.chunk[i];
        bus_write_bytes(m->mem, c->addr, c->data, c->len, false);
        put_zeros(m->mem, c->addr + c->len, c->zeros);
    }
}

static void fini(struct device *d)
{
    struct boot *s = (struct boot *)d;
    for (unsigned i = 0; i < s->image.n_chunks; i++)
        free(s->image.chunk[i].owned);
    free(s->image.chunk);
}

static const struct device_type boot_type = {
    .name = "boot",
    .state = &boot_state,
    .reset = reset,
    .fini = fini,
};

static bool load_kernel(struct boot *s, const struct machine_config *cfg)
{
    struct boot_image *img = &s->image;
    unsigned n_serial = MIN(cfg->n_serial, CONFIG_MAX_SERIAL);
    if (!put_page_tables(img) || !put_bda(img, n_serial) ||
        !put_tables(img, n_serial, cfg->hpet))
        return false;
    if (boot_linux_matches(&cfg->kernel))
        return boot_linux(img, cfg);
    if (boot_elf_matches(&cfg->kernel))
        return boot_elf(img, cfg);
    return error_report("-kernel %s: is neither a Linux bzImage nor an ELF file", cfg->kernel.path);
}

/* The image ends at 4 GiB; its last 128 KiB are also below 1 MiB. */
bool boot_map_firmware(struct machine *m)
{
    const struct config_file *bios = &m->config->bios;
    if (!bios->data)
        return true;
    if (bios->size < 64 * KiB || bios->size > 16 * MiB || bios->size % (64 * KiB))
        return error_report(
            "-bios %s: its size is %zu bytes; it must be a multiple of 64 KiB, up to 16 MiB",
            bios->path, bios->size);
    struct ram *rom = machine_add_ram(m, "firmware", bios->size);
    u64 shadow = MIN((u64)bios->size, 128 * KiB);
    rom->readonly_to_guest = true;
    bus_map_ram(m->mem, "firmware", 4 * GiB - bios->size, bios->size, rom, 0, true);
    bus_map_ram(m->mem, "firmware", MiB - shadow, shadow, rom, bios->size - shadow, true);
    bus_write_bytes(m->mem, 4 * GiB - bios->size, bios->data, bios->size, true);
    return true;
}

bool boot_new(struct machine *m, struct boot_memory memory)
{
    const struct machine_config *cfg = m->config;
    if (cfg->kernel.data && cfg->bios.data)
        return error_report("-kernel and -bios cannot both be given: choose one");
    if (!cfg->kernel.data && !cfg->bios.data)
        return error_report("there is nothing to start: give -kernel or -bios");
    if (cfg->initrd.data && !cfg->kernel.data)
        return error_report("-initrd needs -kernel");

    struct boot *s = xcalloc(1, sizeof(*s));
    s->image.memory = memory;
    s->image.text_screen = !strcmp(cfg->vga, "std");
    device_attach(m, &s->dev, &boot_type);
    if (cfg->bios.data)
        return true;
    if (!load_kernel(s, cfg))
        return false;
    make_rom(s);
    struct ram *rom = machine_add_ram(m, "boot-rom", PAGE_SIZE);
    rom->readonly_to_guest = true;
    bus_map_ram(m->mem, "boot-rom", ROM_BASE, PAGE_SIZE, rom, 0, true);
    return true;
}
