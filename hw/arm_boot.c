/* arm_boot.c - start a kernel on an Arm board */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/arm_boot.h"

#include <elf.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"

/* As Linux wants it: the kernel low, where its decompressor has room behind it, the rest above 128 MiB, or half of a
 * small memory. */
enum { KERNEL_OFFSET = 0x10000, PAGE = 4096, DTB_ALIGN = 2 * MiB, DTB_ROOM = MiB };

#define ARM_BOOT_STATE(F, A, S, T) F(T, u32, starts) /* how often the machine was reset */

struct arm_boot {
    struct device dev;
    STATE_MEMBERS(ARM_BOOT_STATE)
    struct arm_boot_place place;
    u8 *dtb;
    size_t dtb_size;
    u64 dtb_addr, kernel_addr, initrd_addr;
    u64 kernel_start, kernel_end; /* with the memory that an ELF file asks for */
    u64 entry;
    bool firmware; /* starts the kernel itself: there is only the tree to be put */
    u8 rom[PAGE];
};
STATE_DESC(arm_boot_state, "arm_boot", struct arm_boot, ARM_BOOT_STATE);

static u64 high_part(const struct arm_boot_place *p)
{
    return p->ram_base + MIN(p->ram_size / 2, (u64)128 * MiB);
}

static u64 align_up(u64 v, u64 to)
{
    return (v + to - 1) / to * to;
}

bool arm_boot_initrd(const struct machine_config *cfg, const struct arm_boot_place *p, u64 *start, u64 *end)
{
    u64 low_end = p->ram_base + MIN(p->ram_size, (u64)768 * MiB); /* within what a kernel maps at first */
    *start = *end = 0;
    if (!cfg->initrd.size)
        return true;
    *start = high_part(p);
    *end = *start + cfg->initrd.size;
    return *end + DTB_ALIGN + MiB <= low_end ||
           error_report("-initrd %s: it does not fit into %" PRIu64 " MiB of memory: give more with -m",
                        cfg->initrd.path, p->ram_size / MiB);
}

/* ---- the kernel ---- */

static bool is_elf(const struct config_file *f)
{
    return f->size >= sizeof(Elf32_Ehdr) && !memcmp(f->data, ELFMAG, SELFMAG) && f->data[EI_CLASS] == ELFCLASS32 &&
           f->data[EI_DATA] == ELFDATA2LSB;
}

static bool bad_elf(const struct config_file *f)
{
    return error_report("-kernel %s: this ELF file cannot be loaded: it is damaged, or of no 32-bit Arm program that lies "
                        "in the board's memory", f->path);
}

/* Segment i of a file that is hostile; false: there is none, or it lies outside. */
static bool segment(const struct config_file *f, unsigned i, Elf32_Phdr *ph)
{
    Elf32_Ehdr eh;
    memcpy(&eh, f->data, sizeof(eh));
    u64 at = eh.e_phoff + (u64)i * sizeof(*ph);
    if (i >= eh.e_phnum || eh.e_phentsize != sizeof(*ph) || at + sizeof(*ph) > f->size)
        return false;
    memcpy(ph, f->data + at, sizeof(*ph));
    return ph->p_type != PT_LOAD || ((u64)ph->p_offset + ph->p_filesz <= f->size && ph->p_filesz <= ph->p_memsz);
}

static bool check_elf(struct arm_boot *s, const struct config_file *f)
{
    const struct arm_boot_place *p = &s->place;
    Elf32_Ehdr eh;
    Elf32_Phdr ph;
    memcpy(&eh, f->data, sizeof(eh));
    if (eh.e_machine != EM_ARM || !eh.e_phnum)
        return bad_elf(f);
    s->kernel_start = UINT64_MAX;
    for (unsigned i = 0; i < eh.e_phnum; i++) {
        if (!segment(f, i, &ph))
            return bad_elf(f);
        if (ph.p_type == PT_LOAD) {
            s->kernel_start = MIN(s->kernel_start, (u64)ph.p_paddr);
            s->kernel_end = MAX(s->kernel_end, ph.p_paddr + (u64)ph.p_memsz);
        }
        if (ph.p_type == PT_LOAD && (ph.p_paddr < p->ram_base || ph.p_paddr + (u64)ph.p_memsz > p->ram_base + p->ram_size))
            return bad_elf(f);
    }
    s->entry = eh.e_entry;
    return true;
}

static void load_segment(struct bus *mem, const Elf32_Phdr *ph, const u8 *data)
{
    static const u8 zeros[PAGE];
    bus_write_bytes(mem, ph->p_paddr, data, ph->p_filesz, false);
    for (u32 at = ph->p_filesz, n; at < ph->p_memsz; at += n) {
        n = MIN(ph->p_memsz - at, (u32)sizeof(zeros));
        bus_write_bytes(mem, ph->p_paddr + at, zeros, n, false);
    }
}

static void load_elf(struct arm_boot *s, const struct config_file *f)
{
    Elf32_Ehdr eh;
    Elf32_Phdr ph;
    memcpy(&eh, f->data, sizeof(eh));
    for (unsigned i = 0; i < eh.e_phnum; i++)
        if (segment(f, i, &ph) && ph.p_type == PT_LOAD)
            load_segment(s->dev.machine->mem, &ph, f->data + ph.p_offset);
}

/* ---- starting ---- */

static void put32(u8 *p, unsigned at, u32 v)
{
    memcpy(p + at, &v, 4);
}

static void make_stub(struct arm_boot *s)
{
    static const u32 code[] = {
        0xe3a00000, /* mov r0, #0 */
        0xe59f1004, /* ldr r1, [pc, #4] */
        0xe59f2004, /* ldr r2, [pc, #4] */
        0xe59ff004, /* ldr pc, [pc, #4] */
    };
    for (unsigned i = 0; i < ARRAY_SIZE(code); i++)
        put32(s->rom, 4 * i, code[i]);
    put32(s->rom, 16, s->place.machine_id);
    put32(s->rom, 20, (u32)s->dtb_addr);
    put32(s->rom, 24, (u32)s->entry);
}

static void reset(struct device *d)
{
    struct arm_boot *s = (struct arm_boot *)d;
    const struct machine_config *cfg = d->machine->config;
    struct bus *mem = d->machine->mem;
    s->starts++;
    bus_write_bytes(mem, s->dtb_addr, s->dtb, s->dtb_size, false);
    if (s->firmware)
        return;
    bus_write_bytes(mem, s->place.stub, s->rom, sizeof(s->rom), true);
    /* What is no Linux looks for the tree at the start of memory. */
    if (is_elf(&cfg->kernel) && s->kernel_start >= s->place.ram_base + s->dtb_size)
        bus_write_bytes(mem, s->place.ram_base, s->dtb, s->dtb_size, false);
    if (is_elf(&cfg->kernel))
        load_elf(s, &cfg->kernel);
    else
        bus_write_bytes(mem, s->kernel_addr, cfg->kernel.data, cfg->kernel.size, false);
    if (cfg->initrd.size)
        bus_write_bytes(mem, s->initrd_addr, cfg->initrd.data, cfg->initrd.size, false);
}

static void fini(struct device *d)
{
    free(((struct arm_boot *)d)->dtb);
}

static const struct device_type arm_boot_type = {
    .name = "arm_boot",
    .state = &arm_boot_state,
    .reset = reset,
    .fini = fini,
};

static bool place_all(struct arm_boot *s, const struct machine_config *cfg)
{
    u64 end;
    if (!arm_boot_initrd(cfg, &s->place, &s->initrd_addr, &end))
        return false;
    s->dtb_addr = align_up(end ? end : high_part(&s->place), DTB_ALIGN);
    s->kernel_addr = s->place.ram_base + KERNEL_OFFSET;
    s->entry = s->kernel_start = s->kernel_addr;
    s->kernel_end = s->kernel_addr + cfg->kernel.size;
    if (is_elf(&cfg->kernel))
        return check_elf(s, &cfg->kernel);
    return s->kernel_addr + cfg->kernel.size <= high_part(&s->place) ||
           error_report("-kernel %s: it does not fit into %" PRIu64 " MiB of memory: give more with -m",
                        cfg->kernel.path, s->place.ram_size / MiB);
}

/* Behind the kernel, or behind the tree, which is behind the initial RAM disk: where there is more. */
static void find_free_memory(const struct arm_boot *s, struct machine *m)
{
    u64 low = align_up(s->kernel_end, PAGE), low_end = s->initrd_addr ? s->initrd_addr : s->dtb_addr;
    u64 high = align_up(s->dtb_addr + s->dtb_size, PAGE);
    u64 high_end = MIN(s->place.ram_base + s->place.ram_size, (u64)UINT32_MAX & ~(u64)(PAGE - 1));
    bool in_low = low_end > low && (high_end < high || low_end - low >= high_end - high);
    m->free_memory = in_low ? low : high;
    m->free_memory_end = in_low ? low_end : high_end;
}

static void attach(struct arm_boot *s, struct machine *m, const void *dtb, size_t dtb_size)
{
    s->dtb = xmalloc(dtb_size);
    memcpy(s->dtb, dtb, dtb_size);
    s->dtb_size = dtb_size;
    device_attach(m, &s->dev, &arm_boot_type);
}

bool arm_boot_new(struct machine *m, const struct arm_boot_place *p, const void *dtb, size_t dtb_size)
{
    struct arm_boot *s = xcalloc(1, sizeof(*s));
    s->dev.machine = m;
    s->place = *p;
    if (!place_all(s, m->config)) {
        free(s);
        return false;
    }
    attach(s, m, dtb, dtb_size);
    make_stub(s);
    find_free_memory(s, m);
    return true;
}

void arm_boot_firmware(struct machine *m, u64 dtb_addr, const void *dtb, size_t dtb_size)
{
    struct arm_boot *s = xcalloc(1, sizeof(*s));
    s->firmware = true;
    s->dtb_addr = dtb_addr;
    attach(s, m, dtb, dtb_size);
    fdt_set_totalsize(s->dtb, MAX((u32)dtb_size, (u32)DTB_ROOM));
}
