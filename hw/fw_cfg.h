/* fw_cfg.h - what the board tells firmware: named files behind two ports, or a window of registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_FW_CFG_H
#define HW_FW_CFG_H

#include "emu/machine.h"

/* Keys of items that firmware knows by number. */
enum {
    FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NB_CPUS = 0x05,
    FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_NUMA = 0x0d,
    FW_CFG_BOOT_MENU = 0x0e,
    FW_CFG_MAX_CPUS = 0x0f,
    FW_CFG_KERNEL_DATA = 0x11,
    FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15,
    FW_CFG_IRQ0_OVERRIDE = 0x8002,
};

struct fw_cfg;

/* The device: selector 0x510, data 0x511, DMA 0x514. */
struct fw_cfg *fw_cfg_new(struct machine *m);
/* Behind registers: data, selector, DMA. */
enum { FW_CFG_MMIO_BYTES = 0x18 };
struct fw_cfg *fw_cfg_new_mmio(struct machine *m, u64 base);
/* Adds an item; the bytes are copied. All are added before the machine starts: they are
 * configuration, not state. */
void fw_cfg_add(struct fw_cfg *s, u16 key, const void *data, size_t len);
void fw_cfg_add_u16(struct fw_cfg *s, u16 key, u16 value);
void fw_cfg_add_u32(struct fw_cfg *s, u16 key, u32 value);
void fw_cfg_add_file(struct fw_cfg *s, const char *name, const void *data, size_t len);

#endif
