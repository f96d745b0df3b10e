/* firmware.c - what SeaBIOS and U-Boot are told of the board: memory, boot order, ACPI, SMBIOS */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which file means what: QEMU's docs/specs/fw_cfg, SeaBIOS's docs/Runtime_config, and the commands
 * of "etc/table-loader" in SeaBIOS's and U-Boot's loaders: a table is loaded by ALLOCATE, then
 * ADD_POINTER adds a loaded file's address to a number in one, and ADD_CHECKSUM makes a range sum
 * up to zero.
 */
#include "hw/firmware.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "hw/acpi.h"
#include "hw/fw_cfg.h"
#include "hw/smbios.h"

#define DEBUG_PORT 0x402
#define FILE_TABLES "etc/acpi/tables"
#define FILE_RSDP "etc/acpi/rsdp"

enum { LOAD_ALLOCATE = 1, LOAD_ADD_POINTER = 2, LOAD_ADD_CHECKSUM = 3 };
enum { ZONE_HIGH = 1, ZONE_FSEG = 2 };
enum { LOAD_ENTRY = 128, LOAD_NAME = 56 };
enum { CMOS_BOOT_FLAGS1 = 0x38, CMOS_BOOT_FLAGS2 = 0x3d, NO_FLOPPY_CHECK = 1 };

/* ---- the loader's script ---- */

static u8 *add_command(struct buf *script, u32 command)
{
    u8 *entry = buf_grow(script, LOAD_ENTRY);
    memset(entry, 0, LOAD_ENTRY);
    memcpy(entry, &command, 4);
    return entry + 4;
}

static void allocate(struct buf *script, const char *file, u32 alignment, u8 zone)
{
    u8 *p = add_command(script, LOAD_ALLOCATE);
    strcpy((char *)p, file);
    memcpy(p + LOAD_NAME, &alignment, 4);
    p[LOAD_NAME + 4] = zone;
}

/* The number at `offset` of `file` is an offset in the tables: make it an address. */
static void add_pointer(struct buf *script, const char *file, u32 offset, u8 size)
{
    u8 *p = add_command(script, LOAD_ADD_POINTER);
    strcpy((char *)p, file);
    strcpy((char *)p + LOAD_NAME, FILE_TABLES);
    memcpy(p + 2 * LOAD_NAME, &offset, 4);
    p[2 * LOAD_NAME + 4] = size;
}

static void add_checksum(struct buf *script, const char *file, u32 at, u32 start, u32 length)
{
    u8 *p = add_command(script, LOAD_ADD_CHECKSUM);
    strcpy((char *)p, file);
    memcpy(p + LOAD_NAME, &at, 4);
    memcpy(p + LOAD_NAME + 4, &start, 4);
    memcpy(p + LOAD_NAME + 8, &length, 4);
}

/* The tables are made for address 0; firmware moves them. */
static void add_acpi(struct fw_cfg *s, const struct machine_config *cfg)
{
    struct acpi_board board = {
        .base = 0,
        .pci_hole = BOOT_PCI_HOLE,
        .pm_base = BOOT_PM_BASE,
        .pirq = BOOT_PIRQ_ROUTE,
        .n_serial = MIN(cfg->n_serial, CONFIG_MAX_SERIAL),
        .hpet = cfg->hpet,
    };
    struct buf tables = {0}, script = {0};
    struct acpi_fixup fixup[ACPI_MAX_FIXUPS];
    unsigned n = acpi_build_relocatable(&board, &tables, fixup);

    allocate(&script, FILE_RSDP, 16, ZONE_FSEG);
    allocate(&script, FILE_TABLES, 64, ZONE_HIGH);
    for (unsigned i = 0; i < n; i++) {
        const struct acpi_fixup *f = &fixup[i];
        const char *file = f->in_rsdp ? FILE_RSDP : FILE_TABLES;
        if (f->pointer_size)
            add_pointer(&script, file, f->at, f->pointer_size);
        else
            add_checksum(&script, file, f->at, f->start, f->length);
    }
    fw_cfg_add_file(s, FILE_RSDP, tables.data, ACPI_RSDP_BYTES);
    memset(tables.data, 0, ACPI_RSDP_BYTES);
    fw_cfg_add_file(s, FILE_TABLES, tables.data, tables.len);
    fw_cfg_add_file(s, "etc/table-loader", script.data, script.len);
    buf_fini(&tables);
    buf_fini(&script);
}

/* ---- the rest ---- */

static void add_memory_map(struct fw_cfg *s, const struct boot_memory *mem)
{
    struct buf map = {0};
    u64 size = mem->low + mem->high;
    buf_put_u64(&map, 0);
    buf_put_u64(&map, mem->low);
    buf_put_u32(&map, BOOT_RAM);
    if (mem->high) {
        buf_put_u64(&map, 4 * GiB);
        buf_put_u64(&map, mem->high);
        buf_put_u32(&map, BOOT_RAM);
    }
    fw_cfg_add_file(s, "etc/e820", map.data, map.len);
    fw_cfg_add(s, FW_CFG_RAM_SIZE, &size, sizeof(size));
    buf_fini(&map);
}

static void add_smbios(struct fw_cfg *s, const struct boot_memory *mem)
{
    struct buf anchor = {0}, tables = {0};
    smbios_build(mem, &anchor, &tables);
    fw_cfg_add_file(s, "etc/smbios/smbios-anchor", anchor.data, anchor.len);
    fw_cfg_add_file(s, "etc/smbios/smbios-tables", tables.data, tables.len);
    buf_fini(&anchor);
    buf_fini(&tables);
}

/* The order's letters as SeaBIOS reads them from CMOS: a nibble each. */
static void store_boot_order(struct mc146818 *rtc, const char *order)
{
    u16 nibbles = 0;
    for (unsigned i = 0; order[i] && i < 3; i++)
        nibbles |= (order[i] == 'a' ? 1 : order[i] == 'c' ? 2 : order[i] == 'd' ? 3 : 4) << (4 * i);
    mc146818_set_cmos(rtc, CMOS_BOOT_FLAGS2, nibbles & 0xff);
    mc146818_set_cmos(rtc, CMOS_BOOT_FLAGS1, (nibbles >> 8 & 15) << 4 | NO_FLOPPY_CHECK);
}

void firmware_new(struct machine *m, const struct boot_memory *mem, struct mc146818 *rtc,
                  struct buf *boot)
{
    static const u64 no_numa_nodes = 0, serial_port = 0x3f8;
    static const u8 overridden = 1; /* IRQ 0 is at pin 2 of the I/O APIC, as the MADT says */
    const struct machine_config *cfg = m->config;

    if (!cfg->bios.data)
        return;
    struct fw_cfg *s = fw_cfg_new(m);
    fw_cfg_add_u16(s, FW_CFG_NB_CPUS, 1);
    fw_cfg_add_u16(s, FW_CFG_MAX_CPUS, 1);
    fw_cfg_add_u16(s, FW_CFG_BOOT_MENU, cfg->boot_menu);
    fw_cfg_add(s, FW_CFG_NUMA, &no_numa_nodes, sizeof(no_numa_nodes));
    fw_cfg_add(s, FW_CFG_IRQ0_OVERRIDE, &overridden, sizeof(overridden));
    add_memory_map(s, mem);
    add_acpi(s, cfg);
    add_smbios(s, mem);
    if (cfg->n_serial) /* there is no display: text goes to the serial port */
        fw_cfg_add_file(s, "etc/sercon-port", &serial_port, 2);
    if (boot->len) /* with its NUL */
        fw_cfg_add_file(s, "bootorder", buf_cstr(boot), boot->len + 1);
    store_boot_order(rtc, cfg->boot_order);
    debugcon_new(m, DEBUG_PORT);
}
