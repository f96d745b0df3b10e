/* vexpress_devices.c - what -drive, -nic and -device add to the board "vexpress-a9" */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing can be added but what goes into the slot, and a cable. */
#include "hw/vexpress_devices.h"

#include <string.h>

#include "emu/log.h"
#include "hw/lan9118.h"
#include "hw/pc_disks.h"
#include "hw/pc_net.h"
#include "hw/sd_card.h"

static bool check_drive(const struct config_drive *d)
{
    if (!d->id || d->interface == DRIVE_NONE || d->interface == DRIVE_PFLASH)
        return true;
    if (d->interface != DRIVE_SD || d->index)
        return error_report("-drive id=%s: -M vexpress-a9 has a slot for one SD card: say if=sd",
                            d->id);
    if (*d->image)
        return error_report("-drive id=%s: driver=blkreplay goes with if=none and a -device",
                            d->id);
    return sd_card_size_ok(d->id, d->size);
}

bool vexpress_card(struct machine *m, struct disk **card)
{
    const struct machine_config *cfg = m->config;
    *card = NULL;
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++) {
        const struct config_drive *d = &cfg->drive[i];
        if (!check_drive(d))
            return false;
        if (d->id && d->interface == DRIVE_SD && !(*card = pc_disks_add(m, d, false)))
            return false;
    }
    return true;
}

bool vexpress_ethernet(struct machine *m, u64 base, struct irq irq)
{
    static const char name[] =
        "lan9118"; /* and without properties: no cable, and the usual address */
    const struct machine_config *cfg = m->config;
    struct pc_board board = {.machine = m};
    struct pc_net_card card;
    const char *text = cfg->device[0] ? cfg->device[0] : name;
    size_t n = strcspn(text, ",");

    if (cfg->device[0] && cfg->device[1])
        return error_report(
            "-device %.200s: there is one network card on -M vexpress-a9, and no place for more",
            cfg->device[1]);
    if (n != strlen(name) || memcmp(text, name, n))
        return error_report(
            "-device %.200s: nothing can be added to -M vexpress-a9; its network card is lan9118",
            text);
    if (!pc_net_card(&board, text, &card))
        return false;
    lan9118_new(m, base, irq, cfg->device[0] ? card.netdev : NULL, card.mac);
    return true;
}
