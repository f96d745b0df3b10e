/* cli_boot.c - -boot, and the firmware that is used when nothing else is given to start */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/cli.h"
#include "emu/items.h"
#include "emu/log.h"

#define FIRMWARE_FOLDER "/usr/share/seabios/"
#define FIRMWARE FIRMWARE_FOLDER "bios-256k.bin"
#define VGA_BIOS FIRMWARE_FOLDER "vgabios-stdvga.bin"

static bool order_ok(const char *order)
{
    return *order && strlen(order) <= 3 && strspn(order, "acdn") == strlen(order);
}

bool cli_boot_option(struct cli *c, const char *option, const char *arg)
{
    struct item it;
    const char *p = arg;

    for (bool first = true; item_next(&p, &it); first = false) {
        if (item_is(&it, "order") || item_is(&it, "once") || (first && !it.has_key)) {
            if (!order_ok(it.value))
                return error_report("-boot %s: the order is up to three of the letters a (floppy), "
                                    "c (disk), d (CD), n (network)",
                                    arg);
            free(c->config.boot_order);
            c->config.boot_order = xstrdup(it.value);
        } else if (item_is(&it, "strict") || item_is(&it, "splash-time")) {
            continue; /* there is no other way, and no picture */
        } else if (!item_flag(&it, "menu", &c->config.boot_menu)) {
            return item_unknown(option, &it);
        }
    }
    return true;
}

/* A name without a folder may mean a file that Debian's package has. */
static void find_firmware(struct config_file *bios)
{
    if (strchr(bios->path, '/') || !access(bios->path, F_OK))
        return;
    char *path = xasprintf(FIRMWARE_FOLDER "%s", bios->path);
    if (access(path, F_OK)) {
        free(path);
        return;
    }
    free(bios->path);
    bios->path = path;
}

/* A kernel that is started directly does without it, but then text has no font. */
static void find_vga_bios(struct machine_config *cfg)
{
    if (!cfg->vgabios.path && !strcmp(cfg->vga, "std") && !access(VGA_BIOS, R_OK))
        cfg->vgabios.path = xstrdup(VGA_BIOS);
}

bool cli_boot_default(struct machine_config *cfg)
{
    if (!cli_arch_is_x86(cfg->arch)) {
        if (cfg->bios.path)
            find_firmware(&cfg->bios);
        return true; /* whether there is enough to start is the board's to say */
    }
    find_vga_bios(cfg);
    if (cfg->bios.path)
        find_firmware(&cfg->bios);
    if (cfg->bios.path || cfg->kernel.path)
        return true;
    if (access(FIRMWARE, R_OK))
        return error_report("there is nothing to start: give -kernel or -bios, or install the "
                            "package seabios, whose " FIRMWARE " is used then");
    cfg->bios.path = xstrdup(FIRMWARE);
    return true;
}
