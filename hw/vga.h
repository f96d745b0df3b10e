/* vga.h - the display: a VGA with Bochs's VBE extensions, on the PCI bus */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_VGA_H
#define HW_VGA_H

#include "emu/config.h"
#include "emu/machine.h"
#include "hw/pci.h"

#define VGA_DEVFN PCI_DEVFN(2, 0)
enum { VGA_BAR_FRAMEBUFFER = 0, VGA_BAR_REGISTERS = 2 };

/* bios is the expansion ROM, if it has data. To be called before the host bridge is made, whose
 * SMRAM covers the window at 0xa0000. False (reported) when the ROM's size is wrong. */
bool vga_new(struct machine *m, struct pci_bus *bus, const struct config_file *bios);

/* In any slot, without a ROM, and without the window at 0xa0000, where boards that are no PCs have something else. */
void vga_new_card(struct machine *m, struct pci_bus *bus, u8 devfn);

/* vga_mode3.c: for a kernel that is started without firmware. Sets 80x25 text as a BIOS does it;
 * the font is the ROM's, if there is one. */
void vga_set_text_mode(struct machine *m, const struct config_file *bios);

#endif
