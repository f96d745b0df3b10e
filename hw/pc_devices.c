/* pc_devices.c - what -device can add to the board */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/pc_devices.h"

#include <stdlib.h>
#include <string.h>

#include "emu/config.h"
#include "emu/log.h"
#include "hw/pc_cards.h"
#include "hw/e1000.h"
#include "hw/firmware.h"
#include "hw/pc_disks.h"
#include "hw/pc_input.h"
#include "hw/pc_net.h"
#include "hw/rtl8139.h"
#include "hw/system_ports.h"
#include "hw/virtio.h"

static bool add_debug_exit(const struct pc_board *b, const char *text)
{
    return debug_exit_new(b->machine, text);
}

static bool add_debugcon(const struct pc_board *b, const char *text)
{
    return debugcon_add(b->machine, text);
}

static bool add_e1000(const struct pc_board *b, const char *text)
{
    struct pc_net_card card;
    return pc_net_card(b, text, &card) &&
           e1000_new(b->machine, b->pci, card.devfn, card.netdev, card.mac);
}

static bool add_rtl8139(const struct pc_board *b, const char *text)
{
    struct pc_net_card card;
    return pc_net_card(b, text, &card) &&
           rtl8139_new(b->machine, b->pci, card.devfn, card.netdev, card.mac);
}

static bool add_virtio_net(const struct pc_board *b, const char *text)
{
    struct pc_net_card card;
    if (!pc_net_card(b, text, &card))
        return false;
    virtio_net_new(b->machine, virtio_in_slot(b->pci, card.devfn), card.netdev, card.mac);
    return true;
}

/* In the order of their names. */
static const struct pc_device devices[] = {
    {"AC97", pc_cards_add_ac97},
    {"e1000", add_e1000},
    {"e1000-82540em", add_e1000},
    {"i6300esb", pc_cards_add_i6300esb},
    {"isa-debug-exit", add_debug_exit},
    {"isa-debugcon", add_debugcon},
    {"rtl8139", add_rtl8139},
    {"virtio-keyboard-pci", pc_input_add_keyboard},
    {"virtio-mouse-pci", pc_input_add_mouse},
    {"virtio-net", add_virtio_net},
    {"virtio-net-pci", add_virtio_net},
    {"virtio-rng", pc_cards_add_virtio_rng},
    {"virtio-rng-pci", pc_cards_add_virtio_rng},
    {"virtio-tablet-pci", pc_input_add_tablet},
};

static const struct pc_device *find(const char *text)
{
    size_t n = strcspn(text, ",");
    for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
        if (n == strlen(devices[i].name) && !memcmp(text, devices[i].name, n))
            return &devices[i];
    return NULL;
}

/* Names say what is on a PC's ports. */
static bool is_card(const struct pc_device *d)
{
    return strncmp(d->name, "isa-", 4);
}

const struct pc_device *pc_devices_find_card(const char *text)
{
    const struct pc_device *d = find(text);
    return d && is_card(d) ? d : NULL;
}

void pc_devices_card_names(struct buf *names)
{
    for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
        if (is_card(&devices[i]))
            buf_printf(names, "%s, ", devices[i].name);
}

static bool unknown(const char *text)
{
    struct buf names = {0};
    for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
        buf_printf(&names, "%s, ", devices[i].name);
    error_report("-device %.*s: there is no such device; this board knows %side-hd, ide-cd and "
                 "virtio-blk-pci",
                 (int)MIN(strcspn(text, ","), (size_t)64), text, buf_cstr(&names));
    buf_fini(&names);
    return false;
}

bool pc_devices_add(const struct pc_board *b)
{
    char *const *text = b->machine->config->device;
    for (unsigned i = 0; i < CONFIG_MAX_DEVICES && text[i]; i++) {
        if (pc_disks_is_device(text[i]))
            continue; /* it is there */
        const struct pc_device *d = find(text[i]);
        if (!d)
            return unknown(text[i]);
        if (!d->add(b, text[i]))
            return false;
    }
    return true;
}

const char *pc_device_properties(const char *text)
{
    size_t n = strcspn(text, ",");
    return text + n + (text[n] == ',');
}

u8 pc_device_slot(const struct pc_board *b, const char *text, const char *addr)
{
    char *end = NULL;
    unsigned long slot = addr ? strtoul(addr, &end, 16) : b->first_slot;
    if (end && (end == addr || (*end && strcmp(end, ".0")) || slot < 1 || slot > 31)) {
        error_report("-device %.200s: addr is a slot of the PCI bus, 1 to 1f", text);
        return 0;
    }
    u8 devfn = pci_free_slot(b->pci, slot);
    if (!devfn || (addr && devfn != PCI_DEVFN(slot, 0))) {
        error_report("-device %.200s: there is no free slot on the PCI bus, or this one is taken",
                     text);
        return 0;
    }
    return devfn;
}
