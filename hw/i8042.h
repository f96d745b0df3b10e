/* i8042.h - keyboard controller, PS/2 keyboard and mouse */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_I8042_H
#define HW_I8042_H

#include "emu/irq.h"
#include "emu/machine.h"

/* Ports 0x60 and 0x64. Adds the source "keyboard" to the door: scan codes of set 1, as sent by
 * keys. */
struct device *i8042_new(struct machine *m, struct irq keyboard_irq, struct irq aux_irq);

/* Types keys from outside: names joined by '-' are pressed together and then released ("a", "ret",
 * "ctrl-alt-delete"). Returns false and says in `error` (which names the key) what is wrong: no
 * such key, no keyboard, or the input is not taken at present. */
bool i8042_send_keys(struct machine *m, const char *keys, struct buf *error);

/* The names that i8042_send_keys() knows; NULL past the end. */
const char *i8042_key_name(unsigned n);

#endif
