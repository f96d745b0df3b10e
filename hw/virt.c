/* virt.c - the board "virt": a virtual Arm machine that its device tree describes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/virt.h"

#include <inttypes.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "hw/arm_boot.h"
#include "hw/arm_timer.h"
#include "hw/gic.h"
#include "hw/pl011.h"
#include "hw/pl031.h"
#include "hw/pl061.h"
#include "hw/rtc_date.h"
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
    if (!cfg->kernel.size && !cfg->bios.size)
        return error_report("-M virt: give a kernel with -kernel, or firmware with -bios");
    return rtc_date_check(cfg->rtc_base, &fixed, &seconds) ||
           error_report("-rtc base=%s: give utc, localtime, or a date like 2026-02-28T12:30:00 (1970 to 2099)",
                        cfg->rtc_base);
}

/* ROM: with a kernel it has the stub that starts it, else the firmware. */
static bool map_flash(struct machine *m)
{
    const struct config_file *bios = &m->config->bios;
    struct ram *flash = machine_add_ram(m, "flash", VIRT_FLASH_BYTES);
    bus_map_ram(m->mem, "flash", VIRT_FLASH, VIRT_FLASH_BYTES, flash, 0, true);
    if (bios->size > VIRT_FLASH_BYTES / 2)
        return error_report("-bios %s: it is larger than the board's flash of 64 MiB", bios->path);
    return !bios->size || bus_write_bytes(m->mem, VIRT_FLASH, bios->data, bios->size, true);
}

static bool add_boot(struct machine *m)
{
    const struct machine_config *cfg = m->config;
    struct arm_boot_place place = {VIRT_RAM, cfg->ram_size, VIRT_FLASH, UINT32_MAX};
    struct buf dtb = {0};
    u64 start, end;
    bool ok = arm_boot_initrd(cfg, &place, &start, &end);
    if (ok) {
        if (cfg->dtb.size)
            ok = arm_fdt_of_file(cfg, &place, start, end, &dtb);
        else
            virt_fdt(cfg, start, end, &dtb);
        /* Firmware finds the tree at the start of memory. */
        ok = ok && (cfg->bios.size ? bus_write_bytes(m->mem, VIRT_RAM, dtb.data, dtb.len, false)
                                   : arm_boot_new(m, &place, dtb.data, dtb.len));
    }
    buf_put(&m->device_tree, dtb.data, dtb.len);
    buf_fini(&dtb);
    return ok;
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
    if (!map_flash(m))
        return false;
    m->cpu->firmware = CPU_FIRMWARE_HVC;
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
    if (!virt_devices_new(m, gic))
        return false;
    /* Boot is last: when it loads, all the others have been reset. */
    return add_boot(m);
}
