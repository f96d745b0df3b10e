/* pc.c - the board "pc": a PC with the i440FX chipset */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/pc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "hw/apic.h"
#include "hw/boot.h"
#include "hw/firmware.h"
#include "hw/hpet.h"
#include "hw/i440fx.h"
#include "hw/i8042.h"
#include "hw/i8254.h"
#include "hw/i8259.h"
#include "hw/ioapic.h"
#include "hw/isa.h"
#include "hw/mc146818.h"
#include "hw/ns16550.h"
#include "hw/pc_devices.h"
#include "hw/pc_disks.h"
#include "hw/pci.h"
#include "hw/piix3.h"
#include "hw/rtc_date.h"
#include "hw/system_ports.h"
#include "hw/vga.h"

#define RAM_MIN (2 * MiB)
#define RAM_MAX (64 * GiB)

static bool check_config(const struct machine_config *cfg)
{
    bool fixed;
    i64 seconds;
    if (cfg->ram_size < RAM_MIN || cfg->ram_size > RAM_MAX || cfg->ram_size % PAGE_SIZE)
        return error_report(
            "-m: %" PRIu64
            " bytes of memory do not fit this board: 2 MiB to 64 GiB, in whole pages",
            cfg->ram_size);
    if (cfg->n_serial > CONFIG_MAX_SERIAL)
        return error_report("-serial: this board has at most %d serial ports", CONFIG_MAX_SERIAL);
    if (strcmp(cfg->vga, "std") && strcmp(cfg->vga, "none"))
        return error_report("-vga %.32s: this board has std and none", cfg->vga);
    if (!rtc_date_check(cfg->rtc_base, &fixed, &seconds))
        return error_report(
            "-rtc base=%s: give utc, localtime, or a date like 2026-02-28T12:30:00 (1970 to 2099)",
            cfg->rtc_base);
    return true;
}

/* RAM up to the PCI hole, the rest from 4 GiB on; between 640 KiB and 1 MiB the host bridge
 * decides. */
static struct boot_memory map_memory(struct machine *m, struct ram **ram)
{
    u64 size = m->config->ram_size;
    struct boot_memory mem = {.low = MIN(size, BOOT_PCI_HOLE)};
    mem.high = size - mem.low;
    *ram = machine_add_ram(m, "ram", size);
    bus_map_ram(m->mem, "ram", 0, 0xa0000, *ram, 0, false);
    bus_map_ram(m->mem, "ram", MiB, mem.low - MiB, *ram, MiB, false);
    if (mem.high)
        bus_map_ram(m->mem, "ram-high", 4 * GiB, mem.high, *ram, mem.low, false);
    return mem;
}

/* The sizes, where firmware looks for them (as SeaBIOS and U-Boot know them from QEMU). */
static void store_memory_size(struct mc146818 *rtc, struct boot_memory mem)
{
    u64 extended = MIN((mem.low - MiB) / KiB, (u64)UINT16_MAX);
    u64 above16 = mem.low > 16 * MiB ? MIN((mem.low - 16 * MiB) / (64 * KiB), (u64)UINT16_MAX) : 0;
    u64 high = mem.high / (64 * KiB);
    mc146818_set_cmos(rtc, 0x14, 0x06); /* equipment: x87, PS/2 mouse */
    mc146818_set_cmos(rtc, 0x15, 640 & 0xff);
    mc146818_set_cmos(rtc, 0x16, 640 >> 8);
    mc146818_set_cmos(rtc, 0x17, extended);
    mc146818_set_cmos(rtc, 0x18, extended >> 8);
    mc146818_set_cmos(rtc, 0x30, extended);
    mc146818_set_cmos(rtc, 0x31, extended >> 8);
    mc146818_set_cmos(rtc, 0x34, above16);
    mc146818_set_cmos(rtc, 0x35, above16 >> 8);
    mc146818_set_cmos(rtc, 0x5b, high);
    mc146818_set_cmos(rtc, 0x5c, high >> 8);
    mc146818_set_cmos(rtc, 0x5d, high >> 16);
}

static void add_serial_ports(struct machine *m, struct isa *isa)
{
    static const struct {
        const char *name;
        u16 base;
        int irq;
    } ports[CONFIG_MAX_SERIAL] = {
        {"serial0", 0x3f8, 4}, {"serial1", 0x2f8, 3}, {"serial2", 0x3e8, 4}, {"serial3", 0x2e8, 3},
    };
    for (unsigned i = 0; i < m->config->n_serial; i++)
        ns16550_new(m, ports[i].name, ports[i].base, isa_irq(isa, ports[i].irq));
}

static int acknowledge_pic(void *opaque)
{
    return i8259_acknowledge(opaque);
}

bool pc_build(struct machine *m)
{
    struct ram *ram;
    if (!check_config(m->config))
        return false;
    struct boot_memory mem = map_memory(m, &ram);

    struct apic *apic = apic_new(m);
    struct ioapic *ioapic = ioapic_new(m, apic);
    struct i8259 *pic = i8259_new(m, apic_lint0(apic));
    apic_set_pic(apic, acknowledge_pic, pic);
    struct isa *isa = isa_new(m, i8259_irq(pic, 0), ioapic_irq(ioapic, 0));

    random_new(m);
    struct pci_bus *pci = pci_bus_new(m);
    pci_set_msi(pci, apic_deliver_msi, apic);
    if (!boot_map_firmware(m))
        return false;
    if (!strcmp(m->config->vga, "std") && !vga_new(m, pci, &m->config->vgabios))
        return false;
    i440fx_new(m, pci, ram);
    piix3_new(m, pci, isa);
    piix4_pm_new(m, pci, isa_irq(isa, 9));

    i8237_new(m);
    struct irq irq0 = isa_irq(isa, 0), irq8 = isa_irq(isa, 8);
    if (m->config->hpet) {
        struct hpet *hpet = hpet_new(m, irq0, irq8, ioapic_irq(ioapic, 2));
        irq0 = hpet_pit_irq(hpet);
        irq8 = hpet_rtc_irq(hpet);
    }
    i8254_new(m, irq0);
    struct mc146818 *rtc = mc146818_new(m, irq8);
    store_memory_size(rtc, mem);
    i8042_new(m, isa_irq(isa, 1), isa_irq(isa, 12));
    system_ports_new(m, isa_irq(isa, 13));
    add_serial_ports(m, isa);
    struct buf boot_devices = {0};
    bool ok = pc_disks_new(m, pci, isa, &boot_devices);
    if (ok)
        firmware_new(m, &mem, rtc, &boot_devices);
    buf_fini(&boot_devices);
    /* Boot is last: when it loads, all the others have been reset. */
    struct pc_board board = {m, pci, isa, PC_FIRST_SLOT};
    return ok && pc_devices_add(&board) && boot_new(m, mem);
}
