/* boot.h - start a guest: a kernel that is loaded directly, or a firmware image */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hw/ knows no processor, so a kernel is not started by setting registers. A page of ROM at the
 * reset vector holds a stub that goes to protected mode, to long mode where there is one and the
 * kernel wants it, loads the registers that the kernel's boot protocol asks for, and jumps. What
 * firmware would have done before (chipset registers, tables in memory) is done by the boot
 * device's reset, which also loads the kernel.
 */
#ifndef HW_BOOT_H
#define HW_BOOT_H

#include "emu/buf.h"
#include "emu/config.h"
#include "emu/machine.h"
#include "emu/types.h"

struct boot_memory {
    u64 low;  /* RAM from 0 on (with the hole below 1 MiB); at most BOOT_PCI_HOLE */
    u64 high; /* RAM from 4 GiB on */
};

#define BOOT_PCI_HOLE UINT64_C(0xc0000000)
#define BOOT_PM_BASE 0x600
#define BOOT_IDE_BASE 0xc000
#define BOOT_FRAMEBUFFER 0xfd000000u
#define BOOT_VGA_REGISTERS 0xfebf0000u
/* ISA interrupts that the PIRQs are routed to, as SeaBIOS does it on this chipset. */
#define BOOT_PIRQ_ROUTE {10, 10, 11, 11}

/* Where things are put in low memory. Kernels are loaded at 1 MiB and above. */
enum {
    BOOT_BDA = 0x400,
    BOOT_PAGE_TABLES = 0x2000,
    BOOT_STACK = 0x9000,
    BOOT_PARAMS = 0x10000,
    BOOT_INFO = 0x11000,
    BOOT_INFO_MAP = 0x12000,
    BOOT_INFO_MODULES = 0x13000,
    BOOT_CMDLINE = 0x20000,
    BOOT_CMDLINE_MAX = 0x10000,
    BOOT_EBDA = 0x9fc00,
    BOOT_TABLES = 0xe0000,
    BOOT_KERNEL = 0x100000,
};

enum boot_e820_type { BOOT_RAM = 1, BOOT_RESERVED = 2 };
#define BOOT_E820_MAX 16

struct boot_e820 {
    u64 addr, size;
    u32 type;
};

struct boot_chunk { /* bytes to be put into memory at each reset */
    u64 addr;
    const u8 *data;
    size_t len, zeros; /* zeros: that many behind it */
    u8 *owned;         /* data, if it is to be freed */
};

struct boot_image {
    struct boot_memory memory;
    struct boot_chunk *chunk;
    unsigned n_chunks;
    bool text_screen;           /* there is a display, and it will show 80x25 text */
    u64 kernel_end;             /* first address past the kernel and the memory it needs at once */
    u32 entry64;                /* 0: none, as entry32 */
    u32 entry32, eax, ebx, esi; /* esi: also for the 64-bit entry */
};

/* The memory map, as E820 reports it; returns how many entries. */
unsigned boot_e820(const struct boot_memory *mem, struct boot_e820 out[BOOT_E820_MAX]);

/* Adds a chunk; data is copied, or (put_borrowed) must outlive the machine. False (reported as a
 * matter of `option`) when it does not lie in RAM at or above 1 MiB; low addresses of the list
 * above always fit. */
bool boot_put(struct boot_image *img, const char *option, u64 addr, const void *data, size_t len);
bool boot_put_borrowed(struct boot_image *img, const char *option, u64 addr, const void *data,
                       size_t len, size_t zeros);

/* The highest place below `limit` for an initial RAM disk of this size; false (reported) when there
 * is none. */
bool boot_place_initrd(struct boot_image *img, const struct config_file *initrd, u64 limit,
                       u64 *addr);
/* Puts the command line at BOOT_CMDLINE; false (reported) when it is longer
 * than the kernel takes. */
bool boot_put_cmdline(struct boot_image *img, const char *append, size_t most);

/* boot_linux.c: Linux boot protocol (Documentation/arch/x86/boot.rst). */
bool boot_linux_matches(const struct config_file *kernel);
bool boot_linux(struct boot_image *img, const struct machine_config *cfg);
/* A zero page with the memory map, for entries of that protocol; the caller
 * completes and puts it. */
void boot_zero_page(const struct boot_image *img, u8 page[4096]);

/* boot_elf.c: ELF kernels: PVH, multiboot, and vmlinux by the Linux protocol. */
bool boot_elf_matches(const struct config_file *kernel);
bool boot_elf(struct boot_image *img, const struct machine_config *cfg);

/* Maps the firmware image of -bios, if there is one, before the host bridge covers parts of it.
 * False (reported) when its size is wrong. */
bool boot_map_firmware(struct machine *m);

/* Prepares the start of what the machine's configuration names. Called when everything else is on
 * the board. False (reported, naming the option). */
bool boot_new(struct machine *m, struct boot_memory memory);

#endif
