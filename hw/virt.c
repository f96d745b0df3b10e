/* virt.c - the board "virt": a virtual Arm machine that its device tree describes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/virt.h"

#include <inttypes.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "hw/arm_boot.h"
#include "hw/arm_timer.h"
#include "hw/fw_cfg.h"
#include "hw/gic.h"
#include "hw/pci_ecam.h"
#include "hw/pflash_banks.h"
#include "hw/pl011.h"
#include "hw/pl031.h"
#include "hw/pl061.h"
#include "hw/rtc_date.h"
#include "hw/semihosting.h"
#include "hw/virt_devices.h"

enum { APPEND_MAX = 4096 };
#define RAM_MIN (16 * MiB)
#define RAM_MAX (UINT64_C(255) * GiB)

static bool check_config(const struct machine_config *cfg)
{
    bool fixed;
    i64 seconds;
    if (cfg->ram_size < RAM_MIN || cfg->ram_size > RAM_MAX || cfg->ram_size % PAGE_SIZE)
        return error_report("-m: %" PRIu64 " bytes of memory do not fit this board: 16 MiB to 255 GiB, in whole pages",
                            cfg->ram_size);
    if (cfg->n_serial > 1)
        return error_report("-serial: this board has one serial port");
    if (cfg->append && strlen(cfg->append) > APPEND_MAX)
        return error_report("-append: a command line of more than %d bytes is more than kernels take", APPEND_MAX);
    if (!cfg->kernel.size && !virt_has_firmware(cfg))
        return error_report("-M virt: give a kernel with -kernel, or firmware with -bios or -pflash");
    return rtc_date_check(cfg->rtc_base, &fixed, &seconds) ||
           error_report("-rtc base=%s: give utc, localtime, or a date like 2026-02-28T12:30:00 (1970 to 2099)",
                        cfg->rtc_base);
}

/* ---- flash ---- */

bool virt_has_firmware(const struct machine_config *cfg)
{
    return cfg->bios.size || pflash_banks_drive(cfg, 0);
}

static bool check_bios(const struct machine_config *cfg)
{
    if (cfg->bios.size > PFLASH_BANK)
        return error_report("-bios %s: it is larger than the board's flash of 64 MiB", cfg->bios.path);
    return !cfg->bios.size || !pflash_banks_drive(cfg, 0) ||
           error_report("-bios %s: the first bank of flash memory has a -drive already; give it index=1, or leave "
                        "-bios out", cfg->bios.path);
}

/* With a kernel that is started directly the first bank has the code that does it. */
static bool add_flash(struct machine *m)
{
    static const u64 base[PFLASH_BANKS] = {VIRT_FLASH, VIRT_FLASH + PFLASH_BANK};
    const struct config_file *bios = &m->config->bios;
    struct pflash *bank[PFLASH_BANKS];
    if (!check_bios(m->config) || !pflash_banks_new(m, base, bank))
        return false;
    if (bios->size)
        pflash_fill(bank[0], bios->data, bios->size);
    return true;
}

/* ---- what is started ---- */

/* Firmware starts the kernel that it finds here, if it wants. */
static void add_kernel(struct fw_cfg *fw, const struct machine_config *cfg)
{
    fw_cfg_add_u32(fw, FW_CFG_KERNEL_SIZE, (u32)cfg->kernel.size);
    fw_cfg_add(fw, FW_CFG_KERNEL_DATA, cfg->kernel.data, cfg->kernel.size);
    if (cfg->initrd.size) {
        fw_cfg_add_u32(fw, FW_CFG_INITRD_SIZE, (u32)cfg->initrd.size);
        fw_cfg_add(fw, FW_CFG_INITRD_DATA, cfg->initrd.data, cfg->initrd.size);
    }
    if (cfg->append) {
        fw_cfg_add_u32(fw, FW_CFG_CMDLINE_SIZE, (u32)strlen(cfg->append) + 1);
        fw_cfg_add(fw, FW_CFG_CMDLINE_DATA, cfg->append, strlen(cfg->append) + 1);
    }
}

static void add_fw_cfg(struct machine *m)
{
    const struct machine_config *cfg = m->config;
    struct fw_cfg *fw = fw_cfg_new_mmio(m, VIRT_FW_CFG);
    fw_cfg_add(fw, FW_CFG_RAM_SIZE, &cfg->ram_size, sizeof(cfg->ram_size));
    fw_cfg_add_u16(fw, FW_CFG_NB_CPUS, 1);
    fw_cfg_add_u16(fw, FW_CFG_MAX_CPUS, 1);
    fw_cfg_add_u16(fw, FW_CFG_BOOT_MENU, cfg->boot_menu);
    if (virt_has_firmware(cfg) && cfg->kernel.size)
        add_kernel(fw, cfg);
}

static bool add_boot(struct machine *m)
{
    const struct machine_config *cfg = m->config;
    struct arm_boot_place place = {VIRT_RAM, cfg->ram_size, VIRT_FLASH, UINT32_MAX};
    struct buf dtb = {0};
    u64 start = 0, end = 0;
    bool firmware = virt_has_firmware(cfg), ok = firmware || arm_boot_initrd(cfg, &place, &start, &end);
    if (ok) {
        if (cfg->dtb.size)
            ok = arm_fdt_of_file(cfg, &place, start, end, &dtb);
        else
            virt_fdt(cfg, start, end, &dtb);
        if (ok && firmware)
            arm_boot_firmware(m, VIRT_RAM, dtb.data, dtb.len);
        else
            ok = ok && arm_boot_new(m, &place, dtb.data, dtb.len);
    }
    buf_put(&m->device_tree, dtb.data, dtb.len);
    buf_fini(&dtb);
    return ok;
}

static struct pci_bus *add_pci(struct machine *m, struct gic *gic)
{
    static const struct pci_ecam_windows windows = {VIRT_PCI_CONFIG, VIRT_PCI_CONFIG_BYTES, VIRT_PCI_MEMORY,
                                                    VIRT_PCI_MEMORY_BYTES, VIRT_PCI_PORTS};
    struct irq irq[PCI_ECAM_PINS];
    for (unsigned i = 0; i < PCI_ECAM_PINS; i++)
        irq[i] = gic_irq(gic, GIC_SPI(VIRT_PCI_SPI + i));
    return pci_ecam_new(m, &windows, irq);
}

static void press_power(void *opaque)
{
    pl061_press(opaque, VIRT_POWER_PIN);
}

bool virt_build(struct machine *m)
{
    const struct machine_config *cfg = m->config;
    if (!check_config(cfg))
        return false;
    struct ram *ram = machine_add_ram(m, "ram", cfg->ram_size);
    bus_map_ram(m->mem, "ram", VIRT_RAM, cfg->ram_size, ram, 0, false);
    if (!add_flash(m))
        return false;
    m->cpu->firmware = CPU_FIRMWARE_HVC;
    m->cpu->states = CPU_NO_HYP | CPU_NO_SECURE;
    m->cpu->peripherals = VIRT_GIC_DISTRIBUTOR;

    struct gic *gic = gic_new(m, VIRT_GIC_DISTRIBUTOR, VIRT_GIC_CPU, VIRT_IRQS, cpu_irq(m->cpu, CPU_LINE_IRQ),
                              cpu_irq(m->cpu, CPU_LINE_FIQ));
    arm_timer_new(m, (const struct irq[ARM_TIMERS]){
                         [ARM_TIMER_PHYS] = gic_irq(gic, GIC_PPI(VIRT_TIMER_PHYS_PPI)),
                         [ARM_TIMER_VIRT] = gic_irq(gic, GIC_PPI(VIRT_TIMER_VIRT_PPI)),
                         [ARM_TIMER_HYP] = gic_irq(gic, GIC_PPI(VIRT_TIMER_HYP_PPI))});
    if (cfg->n_serial)
        pl011_new(m, "serial0", VIRT_UART, gic_irq(gic, GIC_SPI(VIRT_UART_SPI)));
    pl031_new(m, VIRT_RTC, gic_irq(gic, GIC_SPI(VIRT_RTC_SPI)));
    m->power_button = press_power;
    m->power_opaque = pl061_new(m, VIRT_GPIO, gic_irq(gic, GIC_SPI(VIRT_GPIO_SPI)));
    random_new(m);
    add_fw_cfg(m);
    if (!semihosting_new(m))
        return false;
    if (!virt_devices_new(m, gic, add_pci(m, gic)))
        return false;
    /* Boot is last: when it loads, all the others have been reset. */
    return add_boot(m);
}
