/* pc_disks.c - the board's disks: which drive is where */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/pc_disks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/disk.h"
#include "emu/log.h"
#include "emu/medium.h"
#include "hw/pc_devices.h"
#include "hw/piix3_ide.h"
#include "hw/virtio.h"

enum { IDE_PLACES = 4 };

struct wiring {
    struct machine *machine;
    struct pci_bus *pci;
    struct piix3_ide_drive ide[IDE_PLACES];
    bool ide_wanted;
    struct {
        int index;
        char path[64]; /* Open Firmware's, as SeaBIOS knows it from QEMU */
    } boot[CONFIG_MAX_DEVICES];
    unsigned n_boot;
};

enum kind { NO_DISK, IDE_HD, IDE_CD, VIRTIO_BLK };

static enum kind kind_of(const char *text)
{
    static const struct {
        const char *name;
        enum kind kind;
    } names[] = {{"ide-hd", IDE_HD}, {"ide-cd", IDE_CD}, {"virtio-blk-pci", VIRTIO_BLK},
                 {"virtio-blk", VIRTIO_BLK}};
    size_t n = strcspn(text, ",");
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (n == strlen(names[i].name) && !memcmp(text, names[i].name, n))
            return names[i].kind;
    return NO_DISK;
}

bool pc_disks_is_device(const char *text)
{
    return kind_of(text) != NO_DISK;
}

/* ---- drives ---- */

static const struct config_drive *find_drive(const struct machine_config *cfg, const char *id)
{
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES && cfg->drive[i].id; i++)
        if (!strcmp(cfg->drive[i].id, id))
            return &cfg->drive[i];
    return NULL;
}

/* The drive with an image behind a name that may be another one's; NULL (reported). */
const struct config_drive *pc_disks_resolve(const struct machine_config *cfg, const char *id)
{
    const struct config_drive *d = find_drive(cfg, id);
    for (unsigned n = 0; d && *d->image && n < CONFIG_MAX_DRIVES; n++)
        d = find_drive(cfg, d->image);
    if (!d || *d->image) {
        error_report("-device ...,drive=%.64s: there is no drive with this id, or it has no file",
                     id);
        return NULL;
    }
    return d;
}

struct disk *pc_disks_add(struct machine *m, const struct config_drive *d, bool cd)
{
    if (disk_find(m, d->id)) {
        error_report("-drive id=%s: it is used by two devices", d->id);
        return NULL;
    }
    CHECK(d->opened);
    return disk_new(m, d->id, d->opened, d->readonly || cd, d->write_through && !cd);
}

/* What may be in a CD drive, now and later. */
static void add_media(struct machine *m, struct disk *disk, const struct config_drive *d)
{
    const struct machine_config *cfg = m->config;
    struct medium *md = medium_new(m, disk, d->opened, d->digest);
    for (unsigned i = 0; i < cfg->n_media; i++)
        if (!strcmp(cfg->medium[i].drive, d->id) && cfg->medium[i].opened)
            medium_add(md, cfg->medium[i].opened, cfg->medium[i].digest);
}

static bool put_ide(struct wiring *w, const struct config_drive *d, unsigned place, bool cd)
{
    if (place >= IDE_PLACES || w->ide[place].disk)
        return error_report("-drive id=%s: its place on the IDE channels is taken, or there is "
                            "none: they have four",
                            d->id);
    struct disk *disk = pc_disks_add(w->machine, d, cd);
    if (disk && cd)
        add_media(w->machine, disk, d);
    w->ide[place] = (struct piix3_ide_drive){disk, cd};
    w->ide_wanted = true;
    return disk != NULL;
}

static bool put_virtio(struct wiring *w, const struct config_drive *d)
{
    u8 devfn = pci_free_slot(w->pci, PC_FIRST_SLOT);
    if (!devfn)
        return error_report("-drive id=%s: there is no free slot on the PCI bus", d->id);
    struct disk *disk = pc_disks_add(w->machine, d, d->cdrom);
    if (disk)
        virtio_blk_new(w->machine, virtio_in_slot(w->pci, devfn), disk);
    return disk != NULL;
}

/* ---- -device ---- */

struct properties {
    char drive[CONFIG_MAX_ID + 1];
    int bus, unit, boot; /* -1: not given */
};

static bool parse_property(const char *text, size_t n, struct properties *p)
{
    const char *eq = memchr(text, '=', n);
    size_t key = eq ? (size_t)(eq - text) : n, len = eq ? n - key - 1 : 0;
    char value[CONFIG_MAX_ID + 1];

    if (!eq || len >= sizeof(value))
        return false;
    memcpy(value, eq + 1, len);
    value[len] = 0;
    if (key == 5 && !memcmp(text, "drive", 5))
        strcpy(p->drive, value);
    else if (key == 3 && !memcmp(text, "bus", 3))
        p->bus = !strcmp(value, "ide.1") ? 1 : !strcmp(value, "ide.0") ? 0 : -1;
    else if (key == 4 && !memcmp(text, "unit", 4))
        p->unit = value[0] - '0';
    else if (key == 9 && !memcmp(text, "bootindex", 9))
        return len && len < 6 && strspn(value, "0123456789") == len && (p->boot = atoi(value)) >= 0;
    else
        return (key == 2 && !memcmp(text, "id", 2)) || (key == 4 && !memcmp(text, "addr", 4));
    return true;
}

static bool parse_properties(const char *text, struct properties *p)
{
    *p = (struct properties){.bus = -1, .unit = -1, .boot = -1};
    for (const char *s = text + strcspn(text, ","); *s;) {
        size_t n = strcspn(++s, ",");
        if (!parse_property(s, n, p))
            return error_report("-device %.200s: \"%.*s\" is not known here: it has drive, id, "
                                "bus=ide.0|ide.1, unit=0|1 and bootindex=N",
                                text, (int)MIN(n, (size_t)64), s);
        s += n;
    }
    return *p->drive ||
           error_report("-device %.200s: drive=ID is missing: which -drive it is", text);
}

/* The first free place that fits bus and unit. */
static unsigned ide_place(const struct wiring *w, const struct properties *p)
{
    for (unsigned i = 0; i < IDE_PLACES; i++)
        if (!w->ide[i].disk && (p->bus < 0 || (unsigned)p->bus == i / 2) &&
            (p->unit < 0 || (unsigned)p->unit == i % 2))
            return i;
    return IDE_PLACES;
}

/* Called before the device is there: a virtio device will be in the first free slot. */
static void add_boot(struct wiring *w, enum kind kind, unsigned place, int index)
{
    unsigned i = w->n_boot++;
    for (; i && w->boot[i - 1].index > index; i--)
        w->boot[i] = w->boot[i - 1];
    w->boot[i].index = index;
    if (kind == VIRTIO_BLK)
        snprintf(w->boot[i].path, sizeof(w->boot[i].path), "/pci@i0cf8/scsi@%x/disk@0,0",
                 pci_free_slot(w->pci, PC_FIRST_SLOT) >> 3);
    else
        snprintf(w->boot[i].path, sizeof(w->boot[i].path), "/pci@i0cf8/ide@1,1/drive@%u/disk@%u",
                 place / 2, place % 2);
}

static bool add_device(struct wiring *w, const char *text)
{
    struct properties p;
    if (!parse_properties(text, &p))
        return false;
    const struct config_drive *d = pc_disks_resolve(w->machine->config, p.drive);
    if (!d)
        return false;
    if (d->interface != DRIVE_NONE)
        return error_report("-device %.200s: this drive is on the board by its -drive already; "
                            "say if=none there",
                            text);
    unsigned place = ide_place(w, &p);
    if (p.boot >= 0)
        add_boot(w, kind_of(text), place, p.boot);
    if (kind_of(text) == VIRTIO_BLK)
        return put_virtio(w, d);
    return put_ide(w, d, place, d->cdrom || kind_of(text) == IDE_CD);
}

/* ---- all ---- */

static bool add_drive(struct wiring *w, const struct config_drive *d)
{
    if (!d->id || d->interface == DRIVE_NONE)
        return true;
    if (*d->image)
        return error_report("-drive id=%s: driver=blkreplay goes with if=none and a -device",
                            d->id);
    if (d->interface == DRIVE_IDE)
        return put_ide(w, d, d->index, d->cdrom);
    if (d->interface == DRIVE_PFLASH)
        return error_report("-drive id=%s: this board has no flash memory: firmware is given with -bios", d->id);
    if (d->interface == DRIVE_SD)
        return error_report("-drive id=%s: this board has no slot for an SD card", d->id);
    return put_virtio(w, d);
}

bool pc_disks_new(struct machine *m, struct pci_bus *pci, struct isa *isa, struct buf *boot)
{
    struct wiring w = {.machine = m, .pci = pci};

    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++)
        if (!add_drive(&w, &m->config->drive[i]))
            return false;
    for (unsigned i = 0; i < CONFIG_MAX_DEVICES && m->config->device[i]; i++)
        if (pc_disks_is_device(m->config->device[i]) && !add_device(&w, m->config->device[i]))
            return false;
    for (unsigned i = 0; i < w.n_boot; i++)
        buf_printf(boot, "%s\n", w.boot[i].path);
    if (w.ide_wanted)
        piix3_ide_new(m, pci, isa_irq(isa, 14), isa_irq(isa, 15), w.ide);
    return true;
}
