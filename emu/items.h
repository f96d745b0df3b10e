/* items.h - an option's comma list: "value,key=value,..." as QEMU writes it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_ITEMS_H
#define EMU_ITEMS_H

#include "emu/types.h"

#define ITEM_MAX 4096

/* One item. A comma inside a value is written twice. An item without "=" has its text in value and
 * no key. */
struct item {
    char key[32];
    char value[ITEM_MAX];
    bool has_key;
};

/* Takes the next item of a list; false at its end. A key that is too long matches nothing. */
bool item_next(const char **p, struct item *it);
bool item_is(const struct item *it, const char *key);
/* "key=on|off|yes|no", or only "key", which means on. False when the item is not that. */
bool item_flag(const struct item *it, const char *key, bool *v);
bool item_on_off(const char *text, bool *v);
/* Reports an item that is not known; false. */
bool item_unknown(const char *option, const struct item *it);

#endif
