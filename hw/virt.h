/* virt.h - the board "virt": a virtual Arm machine that its device tree describes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_VIRT_H
#define HW_VIRT_H

#include "emu/buf.h"
#include "emu/machine.h"

/* Addresses and interrupts are those of QEMU's board of this name, so that what was built for it runs. */
#define VIRT_FLASH UINT64_C(0x00000000)
#define VIRT_GIC_DISTRIBUTOR UINT64_C(0x08000000)
#define VIRT_GIC_CPU UINT64_C(0x08010000)
#define VIRT_UART UINT64_C(0x09000000)
#define VIRT_RTC UINT64_C(0x09010000)
#define VIRT_FW_CFG UINT64_C(0x09020000)
#define VIRT_GPIO UINT64_C(0x09030000)
#define VIRT_MMIO UINT64_C(0x0a000000)
#define VIRT_PCI_MEMORY UINT64_C(0x10000000)
#define VIRT_PCI_MEMORY_BYTES UINT64_C(0x2eff0000)
#define VIRT_PCI_PORTS UINT64_C(0x3eff0000)
#define VIRT_PCI_CONFIG UINT64_C(0x3f000000)
#define VIRT_PCI_CONFIG_BYTES UINT64_C(0x01000000) /* of 16 buses */
#define VIRT_RAM UINT64_C(0x40000000)
enum { VIRT_IRQS = 288, VIRT_UART_SPI = 1, VIRT_RTC_SPI = 2, VIRT_GPIO_SPI = 7, VIRT_POWER_PIN = 3, VIRT_PCI_SPI = 3, VIRT_MMIO_SPI = 16, VIRT_MMIO_SLOTS = 32 };
enum { VIRT_TIMER_VIRT_PPI = 11, VIRT_TIMER_HYP_PPI = 10, VIRT_TIMER_SECURE_PPI = 13, VIRT_TIMER_PHYS_PPI = 14 };

bool virt_build(struct machine *m); /* False (reported). */

/* Firmware is in the flash: by -bios, or in its first bank by -drive. It starts the kernel, if there is one. */
bool virt_has_firmware(const struct machine_config *cfg);

/* virt_fdt.c: the device tree. start and end: of the initial RAM disk, or 0. */
void virt_fdt(const struct machine_config *cfg, u64 initrd_start, u64 initrd_end, struct buf *out);

#endif
