/* pc_input.c - keyboards and pointers that -device adds */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/pc_input.h"

#include <stdlib.h>

#include "emu/check.h"
#include "emu/items.h"
#include "emu/log.h"
#include "hw/virtio.h"

typedef struct device *(*constructor)(struct machine *m, struct virtio_place at);

static bool add(const struct pc_board *b, const char *text, bool fits, constructor make)
{
    const char *p = pc_device_properties(text);
    char *addr = NULL;
    struct item it;
    bool ok = true;

    while (ok && item_next(&p, &it)) {
        ok = item_is(&it, "id") || item_is(&it, "addr") || item_unknown("device", &it);
        if (ok && item_is(&it, "addr")) {
            free(addr);
            addr = xstrdup(it.value);
        }
    }
    if (ok && !fits)
        ok = error_report("-device %.200s: there are enough of these already", text);
    u8 devfn = ok ? pc_device_slot(b, text, addr) : 0;
    free(addr);
    if (devfn)
        make(b->machine, virtio_in_slot(b->pci, devfn));
    return devfn != 0;
}

bool pc_input_add_keyboard(const struct pc_board *b, const char *text)
{
    return add(b, text, hid_n_keyboards(b->machine->hid) < HID_MAX_KEYBOARDS, virtio_keyboard_new);
}

bool pc_input_add_mouse(const struct pc_board *b, const char *text)
{
    return add(b, text, hid_n_pointers(b->machine->hid) < HID_MAX_POINTERS, virtio_mouse_new);
}

bool pc_input_add_tablet(const struct pc_board *b, const char *text)
{
    return add(b, text, hid_n_pointers(b->machine->hid) < HID_MAX_POINTERS, virtio_tablet_new);
}
