/* test_acpi.c - the ACPI tables: checksums, pointers, and what ACPICA's disassembler makes of them
 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "hw/acpi.h"
#include "hw/aml.h"

enum { BASE = 0xe0000 };

static struct buf tables;

static void set_up(void)
{
    struct acpi_board board = {
        .base = BASE,
        .pci_hole = 0xc0000000,
        .pm_base = 0x600,
        .pirq = {10, 11, 10, 11},
        .n_serial = 2,
        .hpet = true,
    };
    acpi_build(&board, &tables);
}

static void tear_down(void)
{
    buf_fini(&tables);
}

TestSuite(acpi, .init = set_up, .fini = tear_down);

static u64 get(size_t at, unsigned size)
{
    u64 v = 0;
    cr_assert_leq(at + size, tables.len);
    memcpy(&v, tables.data + at, size);
    return v;
}

static u8 sum(size_t at, size_t n)
{
    u8 s = 0;
    cr_assert_leq(at + n, tables.len);
    for (size_t i = 0; i < n; i++)
        s += tables.data[at + i];
    return s;
}

/* The table with this signature, by way of the RSDP and one of the two roots. */
static size_t find(const char *signature, bool xsdt)
{
    size_t root = (xsdt ? get(24, 8) : get(16, 4)) - BASE;
    unsigned width = xsdt ? 8 : 4;
    for (size_t at = root + 36; at < root + get(root + 4, 4); at += width) {
        size_t table = get(at, width) - BASE;
        if (!memcmp(tables.data + table, signature, 4))
            return table;
    }
    cr_assert_fail("no %s", signature);
    return 0;
}

Test(acpi, rsdp)
{
    cr_assert(!memcmp(tables.data, "RSD PTR ", 8));
    cr_assert_eq(sum(0, 20), 0);
    cr_assert_eq(sum(0, 36), 0);
    cr_assert_eq(tables.data[15], 2);
}

Test(acpi, both_roots_lead_to_the_same_tables)
{
    static const char *const names[] = {"FACP", "APIC"};
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        size_t at = find(names[i], false);
        cr_assert_eq(find(names[i], true), at);
        cr_assert_eq(sum(at, get(at + 4, 4)), 0, "%s", names[i]);
    }
    cr_assert_eq(sum(get(16, 4) - BASE, get(get(16, 4) - BASE + 4, 4)), 0);
    cr_assert_eq(sum(get(24, 8) - BASE, get(get(24, 8) - BASE + 4, 4)), 0);
}

Test(acpi, fadt)
{
    size_t fadt = find("FACP", true), dsdt = get(fadt + 40, 4) - BASE,
           facs = get(fadt + 36, 4) - BASE;
    cr_assert(!memcmp(tables.data + dsdt, "DSDT", 4));
    cr_assert_eq(get(fadt + 140, 8) - BASE, dsdt);
    cr_assert_eq(sum(dsdt, get(dsdt + 4, 4)), 0);
    cr_assert(!memcmp(tables.data + facs, "FACS", 4));
    cr_assert_eq((BASE + facs) % 64, 0);
    cr_assert_eq(get(fadt + 46, 2), 9);
    cr_assert_eq(get(fadt + 56, 4), 0x600);
    cr_assert_eq(get(fadt + 64, 4), 0x604);
    cr_assert_eq(get(fadt + 76, 4), 0x608);
    cr_assert_eq(get(fadt + 108, 1), 0x32);
    cr_assert_eq(get(fadt + 120, 8), 0xcf9);
    cr_assert_eq(get(fadt + 128, 1), 0x06);
}

Test(acpi, madt)
{
    size_t madt = find("APIC", true);
    cr_assert_eq(get(madt + 36, 4), 0xfee00000);
    unsigned seen[8] = {0};
    for (size_t at = madt + 44; at < madt + get(madt + 4, 4); at += get(at + 1, 1)) {
        cr_assert_gt(get(at + 1, 1), 0);
        seen[get(at, 1) & 7]++;
    }
    cr_assert_eq(seen[0], 1);
    cr_assert_eq(seen[1], 1);
    cr_assert_eq(seen[2], 2);
}

Test(acpi, package_lengths_of_all_sizes)
{
    static const struct {
        unsigned content;
        u8 bytes[3], n;
    } cases[] = {
        {58, {63}, 1},
        {59, {0x41, 0x04}, 2},
        {4089, {0x4f, 0xff}, 2},
        {4090, {0x81, 0x00, 0x01}, 3},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf b = {0};
        struct aml_open open = aml_scope(&b, "\\_SB"); /* the name takes 5 */
        memset(buf_grow(&b, cases[i].content - 1), 0, cases[i].content - 1);
        aml_close(&b, open);
        cr_assert(!memcmp(b.data + 1, cases[i].bytes, cases[i].n), "content %u", cases[i].content);
        buf_fini(&b);
    }
}

Test(acpi, eisa_ids)
{
    struct buf b = {0};
    aml_eisa_id(&b, "PNP0A03");
    cr_assert_eq(b.len, 5);
    cr_assert(!memcmp(b.data, "\x0c\x41\xd0\x0a\x03", 5));
    buf_fini(&b);
}

static char *disassemble(const char *folder)
{
    char command[512], path[256];
    size_t dsdt = get(find("FACP", true) + 40, 4) - BASE;
    snprintf(path, sizeof(path), "%s/dsdt.aml", folder);
    FILE *f = fopen(path, "wb");
    cr_assert(f);
    cr_assert_eq(fwrite(tables.data + dsdt, 1, get(dsdt + 4, 4), f), get(dsdt + 4, 4));
    fclose(f);
    snprintf(command, sizeof(command),
             "cd %s && iasl -d dsdt.aml >log 2>&1 && iasl -tc dsdt.dsl >log2 2>&1 && cat log2",
             folder);
    FILE *p = popen(command, "r");
    cr_assert(p);
    char *text = xcalloc(1, 65536);
    size_t n = fread(text, 1, 65535, p);
    (void)n;
    cr_assert_eq(pclose(p), 0, "iasl does not accept the DSDT");
    return text;
}

Test(acpi, dsdt_disassembles_and_compiles_again)
{
    if (system("iasl -v >/dev/null 2>&1")) {
        fprintf(stderr, "SKIPPED: iasl (package acpica-tools) is not installed\n");
        cr_skip_test("iasl is not installed");
    }
    char folder[] = "/tmp/test_acpi.XXXXXX", command[256];
    cr_assert(mkdtemp(folder));
    char *log = disassemble(folder);
    cr_assert(strstr(log, "0 Errors"), "%s", log);
    snprintf(command, sizeof(command), "grep -q '_S5' %s/dsdt.dsl && grep -q '_PRT' %s/dsdt.dsl && "
             "grep -q 'PNP0A03' %s/dsdt.dsl", folder, folder, folder);
    cr_assert_eq(system(command), 0);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
    free(log);
}
