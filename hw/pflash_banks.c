/* pflash_banks.c - an Arm board's two banks of flash memory, and the drives in them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/pflash_banks.h"

#include "emu/log.h"
#include "hw/pc_disks.h"

const struct config_drive *pflash_banks_drive(const struct machine_config *cfg, unsigned bank)
{
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++)
        if (cfg->drive[i].id && cfg->drive[i].interface == DRIVE_PFLASH &&
            cfg->drive[i].index == bank)
            return &cfg->drive[i];
    return NULL;
}

static bool check(const struct machine_config *cfg)
{
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++)
        if (cfg->drive[i].id && cfg->drive[i].interface == DRIVE_PFLASH &&
            cfg->drive[i].index >= PFLASH_BANKS)
            return error_report("-drive id=%s: this board has two banks of flash memory",
                                cfg->drive[i].id);
    return true;
}

static bool fill(struct machine *m, struct pflash *flash, const struct config_drive *d)
{
    if (*d->image)
        return error_report("-drive id=%s: driver=blkreplay goes with if=none and a -device",
                            d->id);
    if (d->opened->size != PFLASH_BANK)
        return error_report("-drive %s: a bank of flash memory has 64 MiB, and so must this file: "
                            "`truncate -s 64M` "
                            "makes it longer",
                            d->path);
    struct disk *disk = pc_disks_add(m, d, false);
    return disk && pflash_put_disk(flash, disk);
}

bool pflash_banks_new(struct machine *m, const u64 base[PFLASH_BANKS],
                      struct pflash *bank[PFLASH_BANKS])
{
    static const char *const names[PFLASH_BANKS] = {"flash0", "flash1"};
    if (!check(m->config))
        return false;
    for (unsigned i = 0; i < PFLASH_BANKS; i++) {
        const struct config_drive *d = pflash_banks_drive(m->config, i);
        bank[i] = pflash_new(m, names[i], base[i], PFLASH_BANK);
        if (d && !fill(m, bank[i], d))
            return false;
    }
    return true;
}
