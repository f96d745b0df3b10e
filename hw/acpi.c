/* acpi.c - the tables that describe the board to an operating system */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: ACPI specification 6.4, chapter 5.2; the tables have the form of revision 2.0. */
#include "hw/acpi.h"

#include <string.h>

#include "emu/check.h"
#include "hw/aml.h"
#include "hw/apic.h"
#include "hw/hpet.h"
#include "hw/ioapic.h"
#include "hw/piix3.h"

#define OEM_ID "HNDSGT"
#define OEM_TABLE "HINDSGHT"
#define LOCAL_APIC_BASE 0xfee00000u

enum { SCI = 9, SLP_TYP_S5 = 0 };
enum { MAX_ROOT_ENTRIES = 3 }; /* FADT, MADT, HPET */

static void put_at(struct buf *b, size_t at, u32 value, unsigned size)
{
    memcpy(b->data + at, &value, size);
}

static u8 checksum(const u8 *p, size_t n)
{
    u8 sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i];
    return -sum;
}

static void align(struct buf *b, size_t to)
{
    while (b->len % to)
        buf_put_u8(b, 0);
}

/* The header that all tables but RSDP and FACS have; finish_table() fills in
 * length and checksum. */
static size_t begin_table(struct buf *b, const char *signature, u8 revision)
{
    align(b, 16);
    size_t at = b->len;
    buf_put(b, signature, 4);
    buf_put_u32(b, 0);
    buf_put_u8(b, revision);
    buf_put_u8(b, 0);
    buf_put(b, OEM_ID, 6);
    buf_put(b, OEM_TABLE, 8);
    buf_put_u32(b, 1);
    buf_put(b, "HNDS", 4);
    buf_put_u32(b, 1);
    return at;
}

static void finish_table(struct buf *b, size_t at)
{
    put_at(b, at + 4, b->len - at, 4);
    b->data[at + 9] = checksum(b->data + at, b->len - at);
}

static void put_id(struct buf *b, const char *id)
{
    aml_name(b, "_HID");
    aml_eisa_id(b, id);
}

/* A device with one or two I/O ranges (size 0: none) and an interrupt (-1: none). */
static void add_isa(struct buf *b, const char *name, const char *id, u16 io1, u8 size1, u16 io2,
                    u8 size2, int irq)
{
    struct aml_open device = aml_device(b, name);
    put_id(b, id);
    aml_name(b, "_CRS");
    struct aml_open resources = aml_resources(b);
    if (size1)
        aml_io(b, io1, size1);
    if (size2)
        aml_io(b, io2, size2);
    if (irq >= 0)
        aml_irq(b, irq);
    aml_close_resources(b, resources);
    aml_close(b, device);
}

static void add_serial(struct buf *b, unsigned n)
{
    static const u16 base[] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};
    char name[] = "COM1";
    name[3] += n;
    struct aml_open device = aml_device(b, name);
    put_id(b, "PNP0501");
    aml_name(b, "_UID");
    aml_int(b, n + 1);
    aml_name(b, "_CRS");
    struct aml_open resources = aml_resources(b);
    aml_io(b, base[n], 8);
    aml_irq(b, n & 1 ? 3 : 4);
    aml_close_resources(b, resources);
    aml_close(b, device);
}

static void add_dma(struct buf *b)
{
    struct aml_open device = aml_device(b, "DMAC");
    put_id(b, "PNP0200");
    aml_name(b, "_CRS");
    struct aml_open resources = aml_resources(b);
    aml_io(b, 0x00, 16);
    aml_io(b, 0x81, 15);
    aml_io(b, 0xc0, 32);
    aml_dma(b, 4);
    aml_close_resources(b, resources);
    aml_close(b, device);
}

/* Ports of the board itself, so that nothing else is put there. */
static void add_board_resources(struct buf *b, const struct acpi_board *board)
{
    struct aml_open device = aml_device(b, "MBRD");
    put_id(b, "PNP0C02");
    aml_name(b, "_CRS");
    struct aml_open resources = aml_resources(b);
    aml_io(b, 0x80, 1);
    aml_io(b, 0x92, 1);
    aml_io(b, 0x4d0, 2);
    aml_io(b, board->pm_base, PM_SIZE);
    aml_close_resources(b, resources);
    aml_close(b, device);
}

static void add_isa_bridge(struct buf *b, const struct acpi_board *board)
{
    struct aml_open bridge = aml_device(b, "ISA");
    aml_name(b, "_ADR");
    aml_int(b, (PIIX3_DEVFN >> 3) << 16 | (PIIX3_DEVFN & 7));
    add_isa(b, "PIC", "PNP0000", 0x20, 2, 0xa0, 2, 2);
    add_isa(b, "TIMR", "PNP0100", 0x40, 4, 0, 0, 0);
    add_isa(b, "RTC", "PNP0B00", 0x70, 2, 0, 0, 8);
    add_isa(b, "SPKR", "PNP0800", 0x61, 1, 0, 0, -1);
    add_isa(b, "FPU", "PNP0C04", 0xf0, 2, 0, 0, 13);
    add_isa(b, "KBD", "PNP0303", 0x60, 1, 0x64, 1, 1);
    add_isa(b, "MOU", "PNP0F13", 0, 0, 0, 0, 12);
    add_dma(b);
    add_board_resources(b, board);
    for (unsigned i = 0; i < board->n_serial; i++)
        add_serial(b, i);
    aml_close(b, bridge);
}

/* Each slot's four pins, rotated over the PIRQs, which the board routed to ISA
 * interrupts for good. */
static void add_routing(struct buf *b, const struct acpi_board *board)
{
    aml_name(b, "_PRT");
    struct aml_open table = aml_package(b, 31 * 4);
    for (unsigned slot = 1; slot < 32; slot++) {
        for (unsigned pin = 0; pin < 4; pin++) {
            struct aml_open entry = aml_package(b, 4);
            aml_int(b, slot << 16 | 0xffff);
            aml_int(b, pin);
            aml_int(b, 0);
            aml_int(b, board->pirq[pci_pirq_of(PCI_DEVFN(slot, 0), pin)]);
            aml_close(b, entry);
        }
    }
    aml_close(b, table);
}

static void add_host_bridge(struct buf *b, const struct acpi_board *board)
{
    struct aml_open bridge = aml_device(b, "PCI0");
    aml_name(b, "_HID");
    aml_eisa_id(b, "PNP0A03");
    aml_name(b, "_UID");
    aml_int(b, 0);
    aml_name(b, "_BBN");
    aml_int(b, 0);
    aml_name(b, "_CRS");
    struct aml_open resources = aml_resources(b);
    aml_bus_numbers(b, 0, 255);
    aml_io(b, 0xcf8, 8);
    aml_io_window(b, 0x0000, 0x0cf7);
    aml_io_window(b, 0x0d00, 0xffff);
    aml_memory_window(b, 0xa0000, 0xbffff, true);
    aml_memory_window(b, board->pci_hole, IOAPIC_BASE - 1, false);
    aml_close_resources(b, resources);
    add_routing(b, board);
    add_isa_bridge(b, board);
    aml_close(b, bridge);
}

static size_t put_dsdt(struct buf *b, const struct acpi_board *board)
{
    size_t at = begin_table(b, "DSDT", 2);
    struct aml_open scope = aml_scope(b, "\\_SB");
    struct aml_open cpu = aml_device(b, "CPU0");
    aml_name(b, "_HID");
    aml_string(b, "ACPI0007");
    aml_name(b, "_UID");
    aml_int(b, 0);
    aml_close(b, cpu);
    add_host_bridge(b, board);
    aml_close(b, scope);

    aml_name(b, "\\_S5");
    struct aml_open s5 = aml_package(b, 4);
    aml_int(b, SLP_TYP_S5); /* PM1a_CNT.SLP_TYP */
    aml_int(b, SLP_TYP_S5);
    aml_int(b, 0);
    aml_int(b, 0);
    aml_close(b, s5);
    finish_table(b, at);
    return at;
}

static size_t put_facs(struct buf *b)
{
    align(b, 64);
    size_t at = b->len;
    buf_put(b, "FACS", 4);
    buf_put_u32(b, 64);
    for (unsigned i = 8; i < 64; i++)
        buf_put_u8(b, i == 32); /* version 1 */
    return at;
}

static void put_gas(struct buf *b, u8 bits, u16 port)
{
    buf_put_u8(b, 1); /* system I/O */
    buf_put_u8(b, bits);
    buf_put_u8(b, 0);
    buf_put_u8(b, 0); /* access size: as the registers are */
    buf_put_u64(b, port);
}

/* 5.2.9. No SMI command port: the board is in ACPI mode from the start. The power button is the
 * fixed-feature one. */
static size_t put_fadt(struct buf *b, const struct acpi_board *board, size_t facs, size_t dsdt)
{
    enum {
        WBINVD = 1,
        PROC_C1 = 4,
        NO_SLEEP_BUTTON = 32,
        NO_FIXED_RTC = 64,
        RESET_REGISTER = 1024
    };
    enum { BOOT_LEGACY_DEVICES = 1, BOOT_8042 = 2, BOOT_NO_VGA = 4 };
    size_t at = begin_table(b, "FACP", 3);
    buf_put_u32(b, board->base + facs);
    buf_put_u32(b, board->base + dsdt);
    buf_put_u8(b, 0);
    buf_put_u8(b, 0);          /* profile: unspecified */
    buf_put_u16(b, SCI);
    buf_put_u32(b, 0);         /* SMI_CMD */
    buf_put_u32(b, 0);         /* ACPI_ENABLE, ACPI_DISABLE, S4BIOS_REQ, PSTATE_CNT */
    buf_put_u32(b, board->pm_base + PM_EVENT);
    buf_put_u32(b, 0);
    buf_put_u32(b, board->pm_base + PM_CONTROL);
    buf_put_u32(b, 0);
    buf_put_u32(b, 0);         /* PM2_CNT */
    buf_put_u32(b, board->pm_base + PM_TIMER);
    buf_put_u32(b, board->pm_base + PM_GPE);
    buf_put_u32(b, 0);
    buf_put(b, (u8[]){4, 2, 0, 4, 4, 0, 0, 0}, 8); /* lengths of these; GPE1_BASE, CST_CNT */
    buf_put_u16(b, 0xfff);     /* C2 and C3: not supported */
    buf_put_u16(b, 0xfff);
    buf_put_u32(b, 0);         /* FLUSH_SIZE, FLUSH_STRIDE */
    buf_put(b, (u8[]){0, 0, 0, 0, 0x32}, 5); /* DUTY_*, DAY_ALRM, MON_ALRM, CENTURY */
    buf_put_u16(b, BOOT_LEGACY_DEVICES | BOOT_8042 | BOOT_NO_VGA);
    buf_put_u8(b, 0);
    buf_put_u32(b, WBINVD | PROC_C1 | NO_SLEEP_BUTTON | NO_FIXED_RTC | RESET_REGISTER);
    put_gas(b, 8, 0xcf9);
    buf_put_u8(b, 0x06);       /* written there: hard reset, RCPU */
    buf_put(b, (u8[]){0, 0, 0}, 3);
    buf_put_u64(b, 0); /* X_FIRMWARE_CTRL: the 32-bit field is used */
    buf_put_u64(b, board->base + dsdt);
    put_gas(b, 32, board->pm_base + PM_EVENT);
    buf_put(b, (u8[12]){0}, 12);
    put_gas(b, 16, board->pm_base + PM_CONTROL);
    buf_put(b, (u8[12]){0}, 12);
    buf_put(b, (u8[12]){0}, 12); /* X_PM2_CNT */
    put_gas(b, 32, board->pm_base + PM_TIMER);
    put_gas(b, 32, board->pm_base + PM_GPE);
    buf_put(b, (u8[12]){0}, 12);
    CHECK(b->len - at == 244);
    finish_table(b, at);
    return at;
}

static void put_override(struct buf *b, u8 irq, u32 pin, u16 flags)
{
    buf_put(b, (u8[]){2, 10, 0, irq}, 4);
    buf_put_u32(b, pin);
    buf_put_u16(b, flags);
}

static size_t put_madt(struct buf *b)
{
    enum { PCAT_COMPAT = 1, HIGH_LEVEL = 0x0d };
    size_t at = begin_table(b, "APIC", 2);
    buf_put_u32(b, LOCAL_APIC_BASE);
    buf_put_u32(b, PCAT_COMPAT);
    buf_put(b, (u8[]){0, 8, 0, 0, 1, 0, 0, 0}, 8); /* local APIC: UID 0, ID 0, enabled */
    buf_put(b, (u8[]){1, 12, 0, 0}, 4);            /* I/O APIC: ID 0 */
    buf_put_u32(b, IOAPIC_BASE);
    buf_put_u32(b, 0);
    put_override(b, 0, 2, 0);
    put_override(b, SCI, SCI, HIGH_LEVEL);
    buf_put(b, (u8[]){4, 6, 0xff, 0, 0, 1}, 6);    /* NMI on LINT1 of all processors */
    finish_table(b, at);
    return at;
}

/* IA-PC HPET 1.0a, 3.2.4. */
static size_t put_hpet(struct buf *b)
{
    size_t at = begin_table(b, "HPET", 1);
    buf_put_u32(b, HPET_ID);
    buf_put(b, (u8[4]){0}, 4); /* system memory */
    buf_put_u64(b, HPET_BASE);
    buf_put(b, (u8[4]){0}, 4); /* number 0, least periodic tick, page protection */
    finish_table(b, at);
    return at;
}

static size_t put_root(struct buf *b, const char *signature, u64 base, const size_t *tables,
                       unsigned n, bool wide)
{
    size_t at = begin_table(b, signature, 1);
    for (unsigned i = 0; i < n; i++) {
        if (wide)
            buf_put_u64(b, base + tables[i]);
        else
            buf_put_u32(b, base + tables[i]);
    }
    finish_table(b, at);
    return at;
}

/* Where the tables with addresses in them are. */
struct layout {
    size_t fadt, rsdt, xsdt;
    unsigned n_tables;
};

static struct layout build(const struct acpi_board *board, struct buf *out)
{
    struct buf b = {0};
    /* RSDP, filled in at the end */
    memset(buf_grow(&b, ACPI_RSDP_BYTES), 0, ACPI_RSDP_BYTES);

    size_t facs = put_facs(&b);
    size_t dsdt = put_dsdt(&b, board);
    size_t tables[MAX_ROOT_ENTRIES];
    unsigned n = 0;
    tables[n++] = put_fadt(&b, board, facs, dsdt);
    tables[n++] = put_madt(&b);
    if (board->hpet)
        tables[n++] = put_hpet(&b);
    size_t rsdt = put_root(&b, "RSDT", board->base, tables, n, false);
    size_t xsdt = put_root(&b, "XSDT", board->base, tables, n, true);

    u64 xsdt_address = board->base + xsdt;
    memcpy(b.data, "RSD PTR ", 8);
    memcpy(b.data + 9, OEM_ID, 6);
    b.data[15] = 2;
    put_at(&b, 16, board->base + rsdt, 4);
    put_at(&b, 20, 36, 4);
    memcpy(b.data + 24, &xsdt_address, 8);
    b.data[8] = checksum(b.data, 20);
    b.data[32] = checksum(b.data, 36);

    buf_put(out, b.data, b.len);
    buf_fini(&b);
    return (struct layout){tables[0], rsdt, xsdt, n};
}

void acpi_build(const struct acpi_board *board, struct buf *out)
{
    build(board, out);
}

static struct acpi_fixup pointer(bool in_rsdp, size_t at, u8 size)
{
    return (struct acpi_fixup){.in_rsdp = in_rsdp, .at = at, .pointer_size = size};
}

static struct acpi_fixup sum(bool in_rsdp, size_t at, size_t start, size_t length)
{
    return (struct acpi_fixup){.in_rsdp = in_rsdp, .at = at, .start = start, .length = length};
}

static struct acpi_fixup table_sum(const struct buf *b, size_t table)
{
    u32 length;
    memcpy(&length, b->data + table + 4, 4);
    return sum(false, table + 9, table, length);
}

unsigned acpi_build_relocatable(const struct acpi_board *board, struct buf *out,
                                struct acpi_fixup fixup[ACPI_MAX_FIXUPS])
{
    enum { FADT_FACS = 36, FADT_DSDT = 40, FADT_X_DSDT = 140, ENTRIES = 36 };
    unsigned n = 0;
    CHECK(!board->base && !out->len);
    struct layout l = build(board, out);
    fixup[n++] = pointer(false, l.fadt + FADT_FACS, 4);
    fixup[n++] = pointer(false, l.fadt + FADT_DSDT, 4);
    fixup[n++] = pointer(false, l.fadt + FADT_X_DSDT, 8);
    for (unsigned i = 0; i < l.n_tables; i++) {
        fixup[n++] = pointer(false, l.rsdt + ENTRIES + 4 * i, 4);
        fixup[n++] = pointer(false, l.xsdt + ENTRIES + 8 * i, 8);
    }
    fixup[n++] = pointer(true, 16, 4);
    fixup[n++] = pointer(true, 24, 8);
    fixup[n++] = table_sum(out, l.fadt);
    fixup[n++] = table_sum(out, l.rsdt);
    fixup[n++] = table_sum(out, l.xsdt);
    fixup[n++] = sum(true, 8, 0, 20);
    fixup[n++] = sum(true, 32, 0, ACPI_RSDP_BYTES);
    CHECK(n <= ACPI_MAX_FIXUPS);
    return n;
}
