/* virt_fdt.c - the device tree of the board "virt" */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sources: Devicetree Specification 0.4; Linux Documentation/devicetree/bindings. */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "hw/fw_cfg.h"
#include "hw/pci_ecam.h"
#include "hw/pflash_banks.h"
#include "hw/virt.h"
#include "hw/virtio.h"

enum { PHANDLE_GIC = 1, PHANDLE_CLOCK = 2, PHANDLE_GPIO = 3 };
enum { IRQ_SPI = 0, IRQ_PPI = 1, IRQ_EDGE_RISING = 1, IRQ_LEVEL_HIGH = 4, PPI_CPU0 = 1 << 8 };
enum { TREE_BYTES = 64 * 1024, KEY_POWER = 116 };

struct tree {
    u8 bytes[TREE_BYTES];
};

static void begin(struct tree *t, const char *name)
{
    CHECK(!fdt_begin_node(t->bytes, name));
}

static void end(struct tree *t)
{
    CHECK(!fdt_end_node(t->bytes));
}

static void text(struct tree *t, const char *name, const char *value)
{
    CHECK(!fdt_property_string(t->bytes, name, value));
}

/* n strings behind each other, each with its 0. */
static void texts(struct tree *t, const char *name, const char *values, size_t bytes)
{
    CHECK(!fdt_property(t->bytes, name, values, (int)bytes));
}

static void empty(struct tree *t, const char *name)
{
    CHECK(!fdt_property(t->bytes, name, NULL, 0));
}

static void cells(struct tree *t, const char *name, const u32 *values, unsigned n)
{
    fdt32_t big[128];
    CHECK(n <= ARRAY_SIZE(big));
    for (unsigned i = 0; i < n; i++)
        big[i] = cpu_to_fdt32(values[i]);
    CHECK(!fdt_property(t->bytes, name, big, (int)(n * 4)));
}

static void cell(struct tree *t, const char *name, u32 value)
{
    cells(t, name, &value, 1);
}

static void reg(struct tree *t, u64 addr, u64 size)
{
    u32 v[] = {(u32)(addr >> 32), (u32)addr, (u32)(size >> 32), (u32)size};
    cells(t, "reg", v, 4);
}

static void interrupt(struct tree *t, u32 spi)
{
    u32 v[] = {IRQ_SPI, spi, IRQ_LEVEL_HIGH};
    cells(t, "interrupts", v, 3);
}

static void chosen(struct tree *t, const struct machine_config *cfg, u64 start, u64 stop)
{
    begin(t, "chosen");
    if (cfg->append)
        text(t, "bootargs", cfg->append);
    if (cfg->n_serial)
        text(t, "stdout-path", "/pl011@9000000");
    if (stop) {
        cell(t, "linux,initrd-start", (u32)start);
        cell(t, "linux,initrd-end", (u32)stop);
    }
    end(t);
}

static void processor(struct tree *t, const struct machine_config *cfg)
{
    char compatible[64];
    size_t n = strcspn(cfg->cpu, ",");
    snprintf(compatible, sizeof(compatible), "arm,%.*s", (int)MIN(n, (size_t)32), cfg->cpu);
    begin(t, "cpus");
    cell(t, "#address-cells", 1);
    cell(t, "#size-cells", 0);
    begin(t, "cpu@0");
    text(t, "device_type", "cpu");
    text(t, "compatible", strncmp(cfg->cpu, "max", n) ? compatible : "arm,cortex-a15");
    cell(t, "reg", 0);
    end(t);
    end(t);

    begin(t, "psci");
    texts(t, "compatible", "arm,psci-0.2\0arm,psci", sizeof("arm,psci-0.2\0arm,psci"));
    text(t, "method", "hvc");
    end(t);

    u32 timers[] = {IRQ_PPI, VIRT_TIMER_SECURE_PPI, IRQ_LEVEL_HIGH | PPI_CPU0,
                    IRQ_PPI, VIRT_TIMER_PHYS_PPI, IRQ_LEVEL_HIGH | PPI_CPU0,
                    IRQ_PPI, VIRT_TIMER_VIRT_PPI, IRQ_LEVEL_HIGH | PPI_CPU0,
                    IRQ_PPI, VIRT_TIMER_HYP_PPI, IRQ_LEVEL_HIGH | PPI_CPU0};
    begin(t, "timer");
    text(t, "compatible", "arm,armv7-timer");
    cells(t, "interrupts", timers, ARRAY_SIZE(timers));
    empty(t, "always-on");
    end(t);
}

static void interrupt_controller(struct tree *t)
{
    u32 where[] = {0, VIRT_GIC_DISTRIBUTOR, 0, 0x10000, 0, VIRT_GIC_CPU, 0, 0x10000};
    begin(t, "intc@8000000");
    text(t, "compatible", "arm,cortex-a15-gic");
    cell(t, "#interrupt-cells", 3);
    cell(t, "#address-cells", 0);
    empty(t, "interrupt-controller");
    cells(t, "reg", where, ARRAY_SIZE(where));
    cell(t, "phandle", PHANDLE_GIC);
    end(t);
}

static void primecell(struct tree *t, const char *name, const char *compatible, size_t bytes, u64 addr, u32 spi,
                      const char *clock_names, size_t clock_bytes, unsigned clocks)
{
    u32 v[] = {PHANDLE_CLOCK, PHANDLE_CLOCK};
    begin(t, name);
    texts(t, "compatible", compatible, bytes);
    reg(t, addr, 0x1000);
    interrupt(t, spi);
    cells(t, "clocks", v, clocks);
    texts(t, "clock-names", clock_names, clock_bytes);
    end(t);
}

#define STRINGS(s) s, sizeof(s)

/* The power button, as a key. */
static void gpio(struct tree *t)
{
    u32 clock = PHANDLE_CLOCK, pin[] = {PHANDLE_GPIO, VIRT_POWER_PIN, 0};
    begin(t, "pl061@9030000");
    texts(t, "compatible", STRINGS("arm,pl061\0arm,primecell"));
    reg(t, VIRT_GPIO, 0x1000);
    interrupt(t, VIRT_GPIO_SPI);
    cell(t, "#gpio-cells", 2);
    empty(t, "gpio-controller");
    cells(t, "clocks", &clock, 1);
    text(t, "clock-names", "apb_pclk");
    cell(t, "phandle", PHANDLE_GPIO);
    end(t);
    begin(t, "gpio-keys");
    text(t, "compatible", "gpio-keys");
    begin(t, "poweroff");
    text(t, "label", "GPIO Key Poweroff");
    cell(t, "linux,code", KEY_POWER);
    cells(t, "gpios", pin, 3);
    end(t);
    end(t);
}

static void flash(struct tree *t)
{
    u32 banks[] = {0, VIRT_FLASH, 0, PFLASH_BANK, 0, VIRT_FLASH + PFLASH_BANK, 0, PFLASH_BANK};
    begin(t, "flash@0");
    text(t, "compatible", "cfi-flash");
    cells(t, "reg", banks, ARRAY_SIZE(banks));
    cell(t, "bank-width", 4);
    end(t);
}

static void fw_cfg(struct tree *t)
{
    begin(t, "fw-cfg@9020000");
    text(t, "compatible", "qemu,fw-cfg-mmio");
    reg(t, VIRT_FW_CFG, FW_CFG_MMIO_BYTES);
    empty(t, "dma-coherent");
    end(t);
}

enum { PCI_IO = 0x01000000, PCI_MEMORY = 0x02000000, PCI_CELLS = 8 /* of one line of the interrupt map */ };

static void pci(struct tree *t)
{
    u32 where[] = {0, VIRT_PCI_CONFIG, 0, VIRT_PCI_CONFIG_BYTES}, buses[] = {0, VIRT_PCI_CONFIG_BYTES / MiB - 1};
    u32 ranges[] = {PCI_IO, 0, 0, 0, VIRT_PCI_PORTS, 0, PCI_ECAM_PORTS,
                    PCI_MEMORY, 0, VIRT_PCI_MEMORY, 0, VIRT_PCI_MEMORY, 0, VIRT_PCI_MEMORY_BYTES};
    u32 map[PCI_ECAM_PINS * PCI_ECAM_PINS * PCI_CELLS], mask[] = {3 << 11, 0, 0, 7};
    for (u32 i = 0; i < PCI_ECAM_PINS * PCI_ECAM_PINS; i++) {
        u32 slot = i / PCI_ECAM_PINS, pin = i % PCI_ECAM_PINS;
        u32 line[PCI_CELLS] = {slot << 11, 0, 0, pin + 1, PHANDLE_GIC,
                               IRQ_SPI, VIRT_PCI_SPI + (slot + pin) % PCI_ECAM_PINS, IRQ_LEVEL_HIGH};
        memcpy(map + i * PCI_CELLS, line, sizeof(line));
    }
    begin(t, "pcie@10000000");
    text(t, "compatible", "pci-host-ecam-generic");
    text(t, "device_type", "pci");
    cell(t, "linux,pci-domain", 0);
    cell(t, "#address-cells", 3);
    cell(t, "#size-cells", 2);
    cells(t, "bus-range", buses, ARRAY_SIZE(buses));
    empty(t, "dma-coherent");
    cells(t, "reg", where, ARRAY_SIZE(where));
    cells(t, "ranges", ranges, ARRAY_SIZE(ranges));
    cell(t, "#interrupt-cells", 1);
    cells(t, "interrupt-map", map, ARRAY_SIZE(map));
    cells(t, "interrupt-map-mask", mask, ARRAY_SIZE(mask));
    end(t);
}

static void virtio_slot(struct tree *t, unsigned n)
{
    u32 spi[] = {IRQ_SPI, VIRT_MMIO_SPI + n, IRQ_EDGE_RISING};
    char name[32];
    u64 at = VIRT_MMIO + n * VIRTIO_MMIO_BYTES;
    snprintf(name, sizeof(name), "virtio_mmio@%llx", (unsigned long long)at);
    begin(t, name);
    text(t, "compatible", "virtio,mmio");
    reg(t, at, VIRTIO_MMIO_BYTES);
    cells(t, "interrupts", spi, 3);
    empty(t, "dma-coherent");
    end(t);
}

static void devices(struct tree *t, const struct machine_config *cfg)
{
    begin(t, "apb-pclk");
    text(t, "compatible", "fixed-clock");
    cell(t, "#clock-cells", 0);
    cell(t, "clock-frequency", 24000000);
    text(t, "clock-output-names", "clk24mhz");
    cell(t, "phandle", PHANDLE_CLOCK);
    end(t);
    if (cfg->n_serial)
        primecell(t, "pl011@9000000", STRINGS("arm,pl011\0arm,primecell"), VIRT_UART, VIRT_UART_SPI,
                  STRINGS("uartclk\0apb_pclk"), 2);
    primecell(t, "pl031@9010000", STRINGS("arm,pl031\0arm,primecell"), VIRT_RTC, VIRT_RTC_SPI,
              STRINGS("apb_pclk"), 1);
    gpio(t);
    flash(t);
    fw_cfg(t);
    pci(t);
    for (unsigned i = 0; i < VIRT_MMIO_SLOTS; i++)
        virtio_slot(t, i);
}

void virt_fdt(const struct machine_config *cfg, u64 initrd_start, u64 initrd_end, struct buf *out)
{
    struct tree *t = xcalloc(1, sizeof(*t));
    CHECK(!fdt_create(t->bytes, sizeof(t->bytes)));
    CHECK(!fdt_finish_reservemap(t->bytes));
    begin(t, "");
    text(t, "model", "linux,dummy-virt");
    text(t, "compatible", "linux,dummy-virt");
    cell(t, "#address-cells", 2);
    cell(t, "#size-cells", 2);
    cell(t, "interrupt-parent", PHANDLE_GIC);
    chosen(t, cfg, initrd_start, initrd_end);
    begin(t, "memory@40000000");
    text(t, "device_type", "memory");
    reg(t, VIRT_RAM, cfg->ram_size);
    end(t);
    processor(t, cfg);
    interrupt_controller(t);
    devices(t, cfg);
    end(t);
    CHECK(!fdt_finish(t->bytes));
    buf_put(out, t->bytes, fdt_totalsize(t->bytes));
    free(t);
}
