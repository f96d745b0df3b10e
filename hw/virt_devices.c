/* virt_devices.c - disks, network cards and what else -drive, -nic and -device add to the board "virt" */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked for without saying which transport goes into the virtio-mmio slots. */
#include "hw/virt_devices.h"

#include <stdio.h>
#include <string.h>

#include "emu/disk.h"
#include "emu/items.h"
#include "emu/log.h"
#include "hw/pc_disks.h"
#include "hw/pc_net.h"
#include "hw/vga.h"
#include "hw/virt.h"
#include "hw/virtio.h"

struct slots {
    struct machine *machine;
    struct gic *gic;
    struct pc_board pci; /* cards are the same as a PC's */
    unsigned used;
};

static bool next_slot(struct slots *s, const char *what, struct virtio_place *at)
{
    if (s->used == VIRT_MMIO_SLOTS)
        return error_report("%.200s: all %d virtio-mmio slots have a device", what, VIRT_MMIO_SLOTS);
    unsigned n = VIRT_MMIO_SLOTS - 1 - s->used++;
    *at = (struct virtio_place){.mmio = VIRT_MMIO + n * VIRTIO_MMIO_BYTES,
                                .irq = gic_irq(s->gic, GIC_SPI(VIRT_MMIO_SPI + n))};
    return true;
}

static bool put_disk(struct slots *s, const struct config_drive *d, struct virtio_place at)
{
    struct disk *disk = pc_disks_add(s->machine, d, d->cdrom);
    if (disk)
        virtio_blk_new(s->machine, at, disk);
    return disk != NULL;
}

static bool is_ignored(const struct item *it)
{
    static const char *const keys[] = {"id", "bus", "bootindex", "rng", "max-bytes", "period"};
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (item_is(it, keys[i]))
            return true;
    return false;
}

/* The drive that a -device names, and its addr if there can be one. NULL (reported). */
static const struct config_drive *drive_of(struct slots *s, const char *text, char *addr, size_t addr_size)
{
    char drive[CONFIG_MAX_ID + 1] = "";
    struct item it;
    for (const char *p = pc_device_properties(text); item_next(&p, &it);) {
        if (item_is(&it, "drive"))
            snprintf(drive, sizeof(drive), "%.*s", CONFIG_MAX_ID, it.value);
        else if (addr_size && item_is(&it, "addr"))
            snprintf(addr, addr_size, "%.*s", (int)addr_size - 1, it.value);
        else if (!is_ignored(&it)) {
            item_unknown("device", &it);
            return NULL;
        }
    }
    if (!*drive) {
        error_report("-device %.200s: drive=ID is missing: which -drive it is", text);
        return NULL;
    }
    const struct config_drive *d = pc_disks_resolve(s->machine->config, drive);
    if (!d || d->interface == DRIVE_NONE)
        return d;
    error_report("-device %.200s: this drive is on the board by its -drive already; say if=none there", text);
    return NULL;
}

static bool add_disk(struct slots *s, const char *text)
{
    struct virtio_place at;
    const struct config_drive *d = drive_of(s, text, NULL, 0);
    return d && next_slot(s, text, &at) && put_disk(s, d, at);
}

static bool add_pci_disk(struct slots *s, const char *text)
{
    char addr[16] = "";
    const struct config_drive *d = drive_of(s, text, addr, sizeof(addr));
    u8 devfn = d ? pc_device_slot(&s->pci, text, *addr ? addr : NULL) : 0;
    return devfn && put_disk(s, d, virtio_in_slot(s->pci.pci, devfn));
}

static bool add_net(struct slots *s, const char *text)
{
    struct pc_board board = {.machine = s->machine};
    struct pc_net_card card;
    struct virtio_place at;
    if (!pc_net_card(&board, text, &card) || !next_slot(s, text, &at))
        return false;
    virtio_net_new(s->machine, at, card.netdev, card.mac);
    return true;
}

static bool add_rng(struct slots *s, const char *text)
{
    struct virtio_place at;
    struct item it;
    for (const char *p = pc_device_properties(text); item_next(&p, &it);)
        if (!is_ignored(&it))
            return item_unknown("device", &it);
    if (!next_slot(s, text, &at))
        return false;
    virtio_rng_new(s->machine, at);
    return true;
}

static bool add_input(struct slots *s, const char *text, bool fits,
                      struct device *(*make)(struct machine *m, struct virtio_place at))
{
    struct virtio_place at;
    struct item it;
    for (const char *p = pc_device_properties(text); item_next(&p, &it);)
        if (!is_ignored(&it))
            return item_unknown("device", &it);
    if (!fits)
        return error_report("-device %.200s: there are enough of these already", text);
    if (!next_slot(s, text, &at))
        return false;
    make(s->machine, at);
    return true;
}

static bool add_keyboard(struct slots *s, const char *text)
{
    return add_input(s, text, hid_n_keyboards(s->machine->hid) < HID_MAX_KEYBOARDS, virtio_keyboard_new);
}

static bool add_mouse(struct slots *s, const char *text)
{
    return add_input(s, text, hid_n_pointers(s->machine->hid) < HID_MAX_POINTERS, virtio_mouse_new);
}

static bool add_tablet(struct slots *s, const char *text)
{
    return add_input(s, text, hid_n_pointers(s->machine->hid) < HID_MAX_POINTERS, virtio_tablet_new);
}

static bool add_vga(struct slots *s, const char *text)
{
    char addr[16] = "";
    struct item it;
    for (const char *p = pc_device_properties(text); item_next(&p, &it);) {
        if (item_is(&it, "addr"))
            snprintf(addr, sizeof(addr), "%.*s", (int)sizeof(addr) - 1, it.value);
        else if (!is_ignored(&it))
            return item_unknown("device", &it);
    }
    if (s->machine->screen.render)
        return error_report("-device %.200s: there is a display already", text);
    u8 devfn = pc_device_slot(&s->pci, text, *addr ? addr : NULL);
    if (devfn)
        vga_new_card(s->machine, s->pci.pci, devfn);
    return devfn != 0;
}

static const struct {
    const char *name;
    bool (*add)(struct slots *s, const char *text);
} devices[] = {
    {"VGA", add_vga},
    {"virtio-blk", add_disk},
    {"virtio-blk-device", add_disk},
    {"virtio-blk-pci", add_pci_disk},
    {"virtio-keyboard-device", add_keyboard},
    {"virtio-mouse-device", add_mouse},
    {"virtio-net", add_net},
    {"virtio-net-device", add_net},
    {"virtio-rng", add_rng},
    {"virtio-rng-device", add_rng},
    {"virtio-tablet-device", add_tablet},
};

static bool unknown(const char *text)
{
    struct buf names = {0};
    pc_devices_card_names(&names);
    for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
        buf_printf(&names, "%s%s", i == 0 ? "" : i + 1 < ARRAY_SIZE(devices) ? ", " : " and ", devices[i].name);
    error_report("-device %.*s: there is no such device; this board knows %s",
                 (int)MIN(strcspn(text, ","), (size_t)64), text, buf_cstr(&names));
    buf_fini(&names);
    return false;
}

static bool add_device(struct slots *s, const char *text)
{
    size_t n = strcspn(text, ",");
    for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
        if (n == strlen(devices[i].name) && !memcmp(text, devices[i].name, n))
            return devices[i].add(s, text);
    const struct pc_device *card = pc_devices_find_card(text);
    return card ? card->add(&s->pci, text) : unknown(text);
}

static bool add_drive(struct slots *s, const struct config_drive *d)
{
    if (!d->id || d->interface == DRIVE_NONE || d->interface == DRIVE_PFLASH)
        return true;
    if (*d->image)
        return error_report("-drive id=%s: driver=blkreplay goes with if=none and a -device", d->id);
    if (d->interface != DRIVE_VIRTIO)
        return error_report("-drive id=%s: this board has only virtio disks: say if=virtio", d->id);
    struct virtio_place at;
    return next_slot(s, "-drive", &at) && put_disk(s, d, at);
}

bool virt_devices_new(struct machine *m, struct gic *gic, struct pci_bus *pci)
{
    struct slots s = {.machine = m, .gic = gic, .pci = {.machine = m, .pci = pci, .first_slot = 1}};
    const struct machine_config *cfg = m->config;
    virtio_mmio_slots(m, VIRT_MMIO, VIRT_MMIO_SLOTS);
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++)
        if (!add_drive(&s, &cfg->drive[i]))
            return false;
    for (unsigned i = 0; i < CONFIG_MAX_DEVICES && cfg->device[i]; i++)
        if (!add_device(&s, cfg->device[i]))
            return false;
    return true;
}
