/* vexpress.c - the board "vexpress-a9": Versatile Express with a CoreTile Express A9x4 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: Motherboard Express uATX TRM (DUI 0447), CoreTile Express A9x4 TRM (DUI 0448): the legacy memory map.
 * What is not there (sound, CompactFlash, USB, I2C) reads as nothing does, so that a kernel which looks for a
 * PrimeCell's identity finds none. One of the four processors is there.
 */
#include "hw/vexpress.h"

#include <inttypes.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "hw/a9mpcore.h"
#include "hw/arm_boot.h"
#include "hw/gic.h"
#include "hw/l2c310.h"
#include "hw/pflash_banks.h"
#include "hw/pl011.h"
#include "hw/pl031.h"
#include "hw/pl050.h"
#include "hw/pl111.h"
#include "hw/pl180.h"
#include "hw/rtc_date.h"
#include "hw/semihosting.h"
#include "hw/sp804.h"
#include "hw/sp805.h"
#include "hw/vexpress_devices.h"
#include "hw/vexpress_sysreg.h"

#define BOOT_ROM UINT64_C(0x00000000)
#define SYSREG UINT64_C(0x10000000)
#define MMCI UINT64_C(0x10005000)
#define KMI0 UINT64_C(0x10006000)
#define KMI1 UINT64_C(0x10007000)
#define UART0 UINT64_C(0x10009000)
#define WATCHDOG UINT64_C(0x1000f000)
#define TIMER01 UINT64_C(0x10011000)
#define TIMER23 UINT64_C(0x10012000)
#define RTC UINT64_C(0x10017000)
#define LCD UINT64_C(0x1001f000)
#define TILE_LCD UINT64_C(0x10020000)
#define TILE_WATCHDOG UINT64_C(0x100e5000)
#define PRIVATE UINT64_C(0x1e000000)
#define L2_CACHE UINT64_C(0x1e00a000)
#define FLASH0 UINT64_C(0x40000000)
#define FLASH1 UINT64_C(0x44000000)
#define SRAM UINT64_C(0x48000000)
#define VIDEO_RAM UINT64_C(0x4c000000)
#define ETHERNET UINT64_C(0x4e000000)
#define RAM UINT64_C(0x60000000)
#define RAM_MAX (1 * GiB)
enum { WATCHDOG_SPI = 0, TIMER01_SPI = 2, TIMER23_SPI = 3, RTC_SPI = 4, UART0_SPI = 5, MMCI0_SPI = 9, MMCI1_SPI = 10,
       KMI0_SPI = 12, KMI1_SPI = 13, LCD_SPI = 14, ETHERNET_SPI = 15, TILE_LCD_SPI = 44, TILE_WATCHDOG_SPI = 51 };
enum { IRQS = 96, SRAM_BYTES = 32 * MiB, VIDEO_RAM_BYTES = 8 * MiB };
enum { LCD_HZ = 23750000, WATCHDOG_HZ = 32768, TILE_WATCHDOG_HZ = 66670000 };
enum { MACHINE_ID = 2272, CORETILE_A9 = 0x0c000191, MIN_RAM = 16 * MiB };

static bool check_config(const struct machine_config *cfg)
{
    bool fixed;
    i64 seconds;
    if (cfg->ram_size < MIN_RAM || cfg->ram_size > RAM_MAX || cfg->ram_size % PAGE_SIZE)
        return error_report("-m: %" PRIu64 " bytes of memory do not fit this board: 16 MiB to 1 GiB, in whole pages",
                            cfg->ram_size);
    if (strcmp(cfg->cpu, "cortex-a9"))
        return error_report("-cpu %.64s: the processor of -M vexpress-a9 is cortex-a9", cfg->cpu);
    if (!cfg->kernel.size || !cfg->dtb.size)
        return error_report("-M vexpress-a9: give a kernel with -kernel, and its device tree with -dtb");
    return rtc_date_check(cfg->rtc_base, &fixed, &seconds) ||
           error_report("-rtc base=%s: give utc, localtime, or a date like 2026-02-28T12:30:00 (1970 to 2099)",
                        cfg->rtc_base);
}

static void map_ram(struct machine *m, const char *name, u64 base, u64 size, bool rom)
{
    bus_map_ram(m->mem, name, base, size, machine_add_ram(m, name, size), 0, rom);
}

static bool add_boot(struct machine *m)
{
    const struct machine_config *cfg = m->config;
    struct arm_boot_place place = {RAM, cfg->ram_size, BOOT_ROM, MACHINE_ID};
    struct buf dtb = {0};
    u64 start, end;
    bool ok = arm_boot_initrd(cfg, &place, &start, &end) && arm_fdt_of_file(cfg, &place, start, end, &dtb) &&
              arm_boot_new(m, &place, dtb.data, dtb.len);
    buf_put(&m->device_tree, dtb.data, dtb.len);
    buf_fini(&dtb);
    return ok;
}

static void add_serial_ports(struct machine *m, struct gic *gic)
{
    static const char *const names[CONFIG_MAX_SERIAL] = {"serial0", "serial1", "serial2", "serial3"};
    for (unsigned i = 0; i < m->config->n_serial; i++)
        pl011_new(m, names[i], UART0 + i * 0x1000, gic_irq(gic, GIC_SPI(UART0_SPI + i)));
}

/* With a processor's own devices. */
static struct gic *add_tile(struct machine *m)
{
    struct gic *gic = gic_new(m, PRIVATE + A9MPCORE_GIC_DISTRIBUTOR, PRIVATE + A9MPCORE_GIC_CPU, IRQS,
                              cpu_irq(m->cpu, CPU_LINE_IRQ), cpu_irq(m->cpu, CPU_LINE_FIQ));
    a9mpcore_new(m, PRIVATE, (struct a9mpcore_irqs){.timer = gic_irq(gic, GIC_PPI(A9MPCORE_TIMER_PPI)),
                                                    .watchdog = gic_irq(gic, GIC_PPI(A9MPCORE_WATCHDOG_PPI)),
                                                    .global = gic_irq(gic, GIC_PPI(A9MPCORE_GLOBAL_PPI))});
    l2c310_new(m, L2_CACHE);
    sp805_new(m, TILE_WATCHDOG, TILE_WATCHDOG_HZ, gic_irq(gic, GIC_SPI(TILE_WATCHDOG_SPI)));
    return gic;
}

static void add_timers(struct machine *m, struct gic *gic)
{
    sp804_new(m, TIMER01, gic_irq(gic, GIC_SPI(TIMER01_SPI)));
    sp804_new(m, TIMER23, gic_irq(gic, GIC_SPI(TIMER23_SPI)));
    sp805_new(m, WATCHDOG, WATCHDOG_HZ, gic_irq(gic, GIC_SPI(WATCHDOG_SPI)));
    pl031_new(m, RTC, gic_irq(gic, GIC_SPI(RTC_SPI)));
}

bool vexpress_build(struct machine *m)
{
    struct vexpress_sysreg_wiring wiring = {.daughterboard_id = CORETILE_A9};
    static const u64 flash[PFLASH_BANKS] = {FLASH0, FLASH1};
    struct pflash *banks[PFLASH_BANKS];
    struct disk *card;
    if (!check_config(m->config) || !vexpress_card(m, &card))
        return false;
    if (card)
        wiring.mci = VEXPRESS_CARD_IN | (disk_is_readonly(card) ? VEXPRESS_CARD_READONLY : 0);
    map_ram(m, "ram", RAM, m->config->ram_size, false);
    map_ram(m, "boot", BOOT_ROM, PAGE_SIZE, true);
    map_ram(m, "sram", SRAM, SRAM_BYTES, false);
    map_ram(m, "video-ram", VIDEO_RAM, VIDEO_RAM_BYTES, false);
    if (!pflash_banks_new(m, flash, banks))
        return false;
    m->cpu->peripherals = PRIVATE;

    struct gic *gic = add_tile(m);
    wiring.lcd[0] = pl111_new(m, LCD, LCD_HZ, gic_irq(gic, GIC_SPI(LCD_SPI)));
    wiring.lcd[1] = pl111_new(m, TILE_LCD, LCD_HZ, gic_irq(gic, GIC_SPI(TILE_LCD_SPI)));
    vexpress_sysreg_new(m, SYSREG, &wiring);
    add_timers(m, gic);
    add_serial_ports(m, gic);
    pl050_keyboard_new(m, KMI0, gic_irq(gic, GIC_SPI(KMI0_SPI)));
    pl050_mouse_new(m, KMI1, gic_irq(gic, GIC_SPI(KMI1_SPI)));
    pl180_new(m, MMCI, card, gic_irq(gic, GIC_SPI(MMCI0_SPI)), gic_irq(gic, GIC_SPI(MMCI1_SPI)));
    if (!vexpress_ethernet(m, ETHERNET, gic_irq(gic, GIC_SPI(ETHERNET_SPI))))
        return false;
    random_new(m);
    if (!semihosting_new(m))
        return false;
    /* Boot is last: when it loads, all the others have been reset. */
    return add_boot(m);
}
